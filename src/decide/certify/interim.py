"""The interim view of a tree: what a player believes and expects at an information set, everyone's play given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from decide.frozen import ByValue, FrozenMap
from decide.games.extensive import CHANCE, LEAF, ExtensiveForm
from decide.games.structure import PATH
from decide.games.values import FloatArray

__all__ = ["Interim", "interim_views"]


@dataclass(frozen=True, eq=False)
class Interim(ByValue):
    """What holds at one information set, in an equilibrium.

    Attributes
    ----------
    reach : float
        The probability that play gets here.
    beliefs : mapping of str to float
        What chance did, as the player believes: the probability of each path of chance events, `` / `` between them.
        In a Bayesian game these are the posterior odds of the types or states, and signals. Empty where there are none.
    values : mapping of str to float
        What the player expects from each action under these beliefs, everyone's later play given; empty without them.
    payoff : float or None
        What it expects from what it does; None without beliefs.
    """

    reach: float
    beliefs: FrozenMap[str, float]
    values: FrozenMap[str, float]
    payoff: float | None


def interim_views(
    tree: ExtensiveForm, strategies: Sequence[FloatArray], beliefs: Sequence[Sequence[float]]
) -> list[Interim]:
    """Return the view from every information set of one tree.

    Parameters
    ----------
    tree : ExtensiveForm
        One game.
    strategies : sequence of numpy.ndarray, shape (n_actions,) each
        Per information set.
    beliefs : sequence of sequence of float
        Per information set the probabilities of its nodes; empty where there are none.
    """
    s = tree.structure
    edge, reach, events = [1.0] * len(s.rows), [1.0] * len(s.rows), [""] * len(s.rows)
    for node in range(1, len(s.rows)):
        up = s.parent[node]
        events[node] = events[up]
        if s.kind[up] == CHANCE:
            edge[node] = float(tree.pool[s.rows[up][3][s.branch[node]]])
            label = s.rows[up][4][s.branch[node]]
            events[node] = f"{events[up]}{PATH}{label}" if events[up] else label
        else:
            edge[node] = float(strategies[s.infoset_of[up]][s.branch[node]])
        reach[node] = reach[up] * edge[node]
    worth = [[0.0] * len(s.rows) for _ in s.players]
    for i, own in enumerate(worth):
        for node in reversed(range(len(s.rows))):
            if s.kind[node] == LEAF:
                own[node] = float(tree.pool[s.rows[node][3][i]])
            else:
                own[node] = sum(edge[child] * own[child] for child in s.children[node])
    found = []
    for info, play, believed in zip(s.infosets, strategies, beliefs, strict=True):
        here = sum(max(reach[node], 0.0) for node in info.nodes)
        if not len(believed):
            found.append(Interim(here, FrozenMap({}), FrozenMap({}), None))
            continue
        odds: dict[str, float] = {}
        values = dict.fromkeys(info.actions, 0.0)
        for node, p in zip(info.nodes, believed, strict=True):
            odds[events[node]] = odds.get(events[node], 0.0) + float(p)
            for action, child in zip(info.actions, s.children[node], strict=True):
                values[action] += float(p) * worth[info.player][child]
        payoff = sum(float(x) * v for x, v in zip(play, values.values(), strict=True))
        said = {} if list(odds) == [""] else odds  # chance never moves before it
        found.append(Interim(here, FrozenMap(said), FrozenMap(values), payoff))
    return found
