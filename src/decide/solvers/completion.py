"""What an equilibrium of the normal form leaves unsaid: play at sets that a player's own moves rule out.

A plan says nothing there, and whatever is said is as much a Nash equilibrium: the player itself does not go there, and
nobody else can lead there. What is said is a best reply, from the ends of the tree up, to everybody's play from there
on; what is believed of the way there follows from the fewest mistakes by the others that explain it, equally likely
ones (so it is Bayes' rule where their play and chance lead there, own moves aside, and consistent with trembles where
they do not). Actions that are equally good get equal weights. So nothing is called incredible that was only never
thought about. Everybody's play at other sets is left as it is.

What is believed may depend on replies that are filled in further up; that is settled by going over the tree again, up
to `PASSES` times.

Cost: players x nodes x games a pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.games.extensive import CHANCE, LEAF, ExtensiveForm, Structure
from decide.games.values import FloatArray
from decide.solvers.base import TIE

__all__ = ["completed"]

#: Own play that leads to a set with less than this does not lead there.
NEVER = 1e-12
#: How often the tree is gone over at most.
PASSES = 4
#: No way is less likely than this: a long one might be rounded to 0.
SMALLEST = 1e-300
#: So many mistakes explain nothing: chance rules the node out.
IMPOSSIBLE = 1e9

Bools = NDArray[np.bool_]


def completed(tree: ExtensiveForm, strategies: Sequence[FloatArray]) -> tuple[FloatArray, ...]:
    """Fill in best replies at sets that own moves rule out.

    Parameters
    ----------
    tree : ExtensiveForm
        One game, or a flat batch of n, one a row of the strategies.
    strategies : sequence of numpy.ndarray, shape (n, n_actions) each
        Per information set.

    Returns
    -------
    tuple of numpy.ndarray, shape (n, n_actions) each
    """
    found = list(strategies)
    if not found or not len(found[0]):
        return tuple(found)
    never = _ruled_out(tree.structure, strategies)
    if not never:
        return tuple(found)
    pool = tree.flat_pool()
    for h, here in never.items():
        found[h] = np.where(here[:, None], 1 / found[h].shape[1], found[h])
    players = sorted({tree.structure.infosets[h].player for h in never})
    value = {i: _Value(tree, pool, i, len(found[0])) for i in players}
    for _ in range(PASSES):
        before = list(found)
        _fill(tree, pool, found, never, value)
        if all(np.array_equal(found[h], before[h]) for h in never):
            break
    return tuple(found)


def _ruled_out(s: Structure, strategies: Sequence[FloatArray]) -> dict[int, Bools]:
    """Which sets each player's own moves rule out, in which games; sets that are never ruled out are left out."""
    found: dict[int, Bools] = {}
    for player in range(len(s.players)):
        table = s.sequence_table[player]
        own: list[Any] = [1.0] * len(table)  # how often the player's own play follows each sequence
        for q, (before, h, a) in enumerate(table):
            if before >= 0:
                own[q] = own[before] * strategies[h][:, a]
        for h, info in enumerate(s.infosets):
            q = s.sequences[player][info.nodes[0]]
            if info.player == player and q and (np.asarray(own[q]) <= NEVER).any():
                found[h] = np.asarray(own[q]) <= NEVER
    return found


class _Value:
    """What a player expects from every node on, above its lowest payoff, filled in from the ends up.

    Parameters
    ----------
    tree : ExtensiveForm
    pool : list
        Its numbers, flat.
    player : int
    n : int
        Games.
    """

    def __init__(self, tree: ExtensiveForm, pool: list[Any], player: int, n: int) -> None:
        s = tree.structure
        ids = dict.fromkeys(s.rows[leaf][3][player] for leaf in s.leaves)
        low = np.min(np.stack([np.broadcast_to(pool[k], (n,)) for k in ids]), axis=0)
        above = {k: pool[k] - low for k in ids}  # offsets must not drown differences
        self.span = np.max(np.stack(list(above.values())), axis=0)
        if n == 1:  # plain floats, as in _by_action
            above = {k: float(v[0]) for k, v in above.items()}
        self.at: list[Any] = [above[s.rows[x][3][player]] if s.kind[x] == LEAF else 0.0 for x in range(len(s.rows))]


def _fill(
    tree: ExtensiveForm, pool: list[Any], found: list[FloatArray], never: dict[int, Bools], value: dict[int, _Value]
) -> None:
    """Go over the tree once, from its ends up, and write replies into `found`."""
    s = tree.structure
    plays = [_by_action(x) for x in found]
    ways = {i: _ways(tree, pool, plays, i) for i in value}
    for node, h in _order(s):
        if node < 0:
            if h in never:
                player = s.infosets[h].player
                reply = _reply(s, h, *ways[player], value[player])
                found[h] = np.where(never[h][:, None], reply, found[h])
                plays[h] = _by_action(found[h])
            continue
        h = s.infoset_of[node]
        for own in value.values():
            total: Any = 0.0
            for child in s.children[node]:
                a = s.branch[child]
                total = total + (pool[s.rows[node][3][a]] if h < 0 else plays[h][a]) * own.at[child]
            own.at[node] = total


def _by_action(strategy: FloatArray) -> Any:
    """The odds of each action over the games; of one game as plain floats, which is ten times as quick."""
    return strategy[0].tolist() if len(strategy) == 1 else strategy.T


def _ways(tree: ExtensiveForm, pool: list[Any], plays: list[Any], player: int) -> tuple[list[Any], list[Any]]:
    """How many mistakes of others lead to each node, own moves aside, and how likely the rest of the way is."""
    s = tree.structure
    mistakes: list[Any] = [0.0] * len(s.rows)
    odds: list[Any] = [1.0] * len(s.rows)
    for node in range(1, len(s.rows)):
        up = s.parent[node]
        mistakes[node], odds[node] = mistakes[up], odds[up]
        h = s.infoset_of[up]
        if s.kind[up] == CHANCE:
            cost, share = _explained(pool[s.rows[up][3][s.branch[node]]], 0.0, IMPOSSIBLE)
        elif s.infosets[h].player != player:
            cost, share = _explained(plays[h][s.branch[node]], TIE, 1.0)
        else:
            continue
        mistakes[node], odds[node] = mistakes[node] + cost, odds[node] * share
    return mistakes, odds


def _explained(p: Any, least: float, cost: float) -> tuple[Any, Any]:
    """What a move of these odds costs in mistakes, and by how much it makes the way less likely."""
    if isinstance(p, float):
        return (0.0, p) if p > least else (cost, 1.0)
    return np.where(p > least, 0.0, cost), np.where(p > least, p, 1.0)


def _reply(s: Structure, h: int, mistakes: list[Any], odds: list[Any], value: _Value) -> FloatArray:
    """Best actions at a set, equal weights on ties, under beliefs that need the fewest mistakes."""
    nodes = s.infosets[h].nodes
    n = len(value.span)
    count = np.stack([np.broadcast_to(mistakes[x], (n,)) for x in nodes])
    weight = np.stack([np.broadcast_to(odds[x], (n,)) for x in nodes])
    fewest = count == count.min(axis=0)
    weight = np.where(fewest, np.maximum(weight, SMALLEST), 0.0)
    belief = weight / weight.sum(axis=0)
    each = np.zeros((len(s.infosets[h].actions), n))
    for k, node in enumerate(nodes):
        for child in s.children[node]:
            each[s.branch[child]] += belief[k] * value.at[child]
    best = each >= each.max(axis=0) - TIE * value.span
    return np.asarray((best / best.sum(axis=0)).T)


@lru_cache(maxsize=16)
def _order(s: Structure) -> tuple[tuple[int, int], ...]:
    """Every set after all that follows any of its nodes, and every node after its set: (node, -1) or (-1, set).

    Where sets follow each other both ways (players who do not know who moves first), one of them comes too early, and
    what follows it is as it was in the pass before.
    """
    left = [len(c) for c in s.children]  # children whose value is not there yet
    waiting = [sum(left[node] for node in info.nodes) for info in s.infosets]
    settled = [False] * len(s.infosets)
    steps: list[tuple[int, int]] = []
    ready = [node for node in reversed(range(len(s.rows))) if s.kind[node] == LEAF][::-1]
    rest = list(range(len(s.infosets)))
    while True:
        while ready:
            node = ready.pop()
            if s.kind[node] != LEAF:
                steps.append((node, -1))
            up = s.parent[node]
            if up < 0:
                continue
            left[up] -= 1
            h = s.infoset_of[up]
            if h < 0:
                ready += [up] if not left[up] else []
                continue
            waiting[h] -= 1
            if settled[h]:
                ready += [up] if not left[up] else []
            elif not waiting[h]:
                settled[h] = True
                steps.append((-1, h))
                ready += s.infosets[h].nodes
        rest = [h for h in rest if not settled[h]]
        if not rest:
            return tuple(steps)
        early = min(reversed(rest), key=waiting.__getitem__)
        settled[early] = True
        steps.append((-1, early))
        ready += [node for node in s.infosets[early].nodes if not left[node]]
