"""The decision under study: which options there are, and what each is worth when the others keep their strategies.

In a normal form the options are the decider's actions. In a tree they are the paths of the decider's own moves from
an information set before which it has not moved; everything about them is conditional on being there, by the reach
that chance and the others' strategies give its nodes (or, where they never lead there, by what the method says of such
places), and the decider's later moves are the best ones. (States of stochastic games: `decide.states`.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.errors import SolveError, unknown
from decide.games.extensive import CHANCE, ExtensiveForm, Structure
from decide.games.normal import NormalForm
from decide.games.subgames import subgame_roots
from decide.games.values import FloatArray, Number

__all__ = ["Decision", "TreeOptions", "find_decision", "normal_options", "tree_options"]

#: Where exact play leads with less probability than this, rounding led there.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Decision:
    """The decision under study in a tree.

    Attributes
    ----------
    infoset : int
        The decider's information set.
    options : tuple of str
        The paths of the decider's own moves, `` / `` between them.
    paths : tuple of tuple of (int, int)
        Of each option, the (information set, action) pairs it consists of.
    """

    infoset: int
    player: int
    options: tuple[str, ...]
    paths: tuple[tuple[tuple[int, int], ...], ...]


def find_decision(structure: Structure, decider: str, at: str | None) -> Decision:
    """Find the decider's decision and its options.

    Parameters
    ----------
    structure : Structure
    decider : str
    at : str or None
        Name of the information set; needed where the decider has several first ones.

    Raises
    ------
    UnknownNameError
        If the player or the set does not exist.
    SolveError
        If the decider has no move, several first ones and no `at`, or has moved before `at`.
    """
    if decider not in structure.players:
        raise unknown("player (the decider)", decider, structure.players)
    player = structure.players.index(decider)
    first = [
        h
        for h, info in enumerate(structure.infosets)
        if info.player == player and structure.sequences[player][info.nodes[0]] == 0
    ]
    if at is not None:
        h = structure.infoset_index(at, decider)
        if h not in first:
            raise SolveError(
                f"at is {at!r}, before which {decider} has moved; expected its first decision "
                "(to study a later one, make a game of what follows: ExtensiveForm(game.subtree(path)))"
            )
    elif len(first) == 1:
        h = first[0]
    else:
        names = ", ".join(repr(structure.infosets[k].name) for k in first) or "none"
        raise SolveError(f"{decider} has {len(first)} first information sets ({names}); name the decision with at=")
    paths: list[tuple[tuple[int, int], ...]] = []
    stack: list[tuple[tuple[int, int], ...]] = []
    stack.extend(((h, a),) for a in range(len(structure.infosets[h].actions))[::-1])
    while stack:
        path = stack.pop()
        then = {structure.infoset_of[structure.children[n][path[-1][1]]] for n in structure.infosets[path[-1][0]].nodes}
        follow = then.pop() if len(then) == 1 else -1
        if follow >= 0 and structure.infosets[follow].player == player:
            stack.extend((*path, (follow, a)) for a in range(len(structure.infosets[follow].actions))[::-1])
        else:
            paths.append(path)
    names_of = tuple(" / ".join(structure.infosets[k].actions[a] for k, a in path) for path in paths)
    return Decision(h, player, names_of, tuple(paths))


def normal_options(
    game: NormalForm,
    decider: str,
    owner: NDArray[np.intp],
    strategies: Sequence[FloatArray],
    joint: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Value the decider's actions against the others' strategies.

    Parameters
    ----------
    game : NormalForm
        A flat batch.
    decider : str
    owner : numpy.ndarray of int, shape (e,)
        The game each row of the strategies belongs to.
    strategies : sequence of numpy.ndarray, shape (e, n_actions)
    joint : numpy.ndarray, shape (e, n_profiles), optional
        Where players do not mix independently: the others play as if the decider had not heard what to do.

    Returns
    -------
    value : numpy.ndarray, shape (e, n_options)
    others : numpy.ndarray, shape (e, n_profiles of the others)
        How likely the others play each of their profiles, the last player's action fastest.
    """
    i = game.player_index(decider)
    entries = np.moveaxis(game.entries()[i], i, 0)[..., owner]
    if joint is not None and joint.size:
        table = joint.T.reshape(*game.n_actions, len(owner))
        others = table.sum(axis=i).reshape(-1, len(owner))
    else:
        others = np.ones((1, len(owner)))
        for x in (x for j, x in enumerate(strategies) if j != i):
            others = (others[:, None, :] * x.T[None, :, :]).reshape(len(others) * x.shape[1], len(owner))
    value = (entries.reshape(len(game.actions[i]), len(others), len(owner)) * others[None]).sum(axis=1)
    return value.T, others.T


class TreeOptions(NamedTuple):
    """Options of a decision in a tree: value and choice (e, n_options), outcome (e, n_options, n_outcomes)."""

    value: FloatArray
    choice: FloatArray
    outcome: FloatArray
    speaks: NDArray[np.bool_]


def tree_options(
    tree: ExtensiveForm,
    decision: Decision,
    strategies: Sequence[FloatArray],
    *,
    check: str = "regret",
    beliefs: FloatArray | None = None,
) -> TreeOptions:
    """Value the options of a decision in any tree, the others' behaviour strategies given.

    Parameters
    ----------
    tree : ExtensiveForm
        One game, or a flat batch of as many games as there are rows.
    decision : Decision
    strategies : sequence of numpy.ndarray, shape (e, n_actions)
        Per information set.
    check : {"regret", "local", "subgames"}
        What the method answers for (`decide.solvers.base.Method`), which decides what it says where nobody goes.
    beliefs : numpy.ndarray, shape (e, n_nodes), optional
        What the method holds at the decision, NaN where it holds nothing; used by ``local``, where nobody goes.

    Returns
    -------
    TreeOptions
        ``speaks`` says whether an equilibrium says anything of the decision; values are 0 where it does not.

    Notes
    -----
    Where chance and the others lead to the decision, Bayes' rule gives the beliefs (the decider has not moved before).
    Where they do not, ``local`` takes what chance gives where it alone tells the nodes apart, else `beliefs`, and
    ``subgames`` takes play from the start of the smallest subgame around the decision. Who answers for the
    equilibrium path alone (``regret``) says nothing there. Nobody speaks where chance never leads there.

    Leaves are weighted by chance and the others, and summed by the decider's own sequences; its later information sets
    pass on their best action, the deepest first (equal weights on ties).
    """
    s, pool, n = tree.structure, tree.flat_pool(), len(strategies[0])
    player = decision.player
    weight, reach, speaks = _weights(tree, pool, decision, strategies, check, beliefs)
    safe = np.where(speaks, reach, 1.0)
    worth: list[Any] = [np.zeros(n)] * len(s.sequence_table[player])
    for leaf in s.leaves:
        q = s.sequences[player][leaf]
        worth[q] = worth[q] + weight[leaf] * pool[s.rows[leaf][3][player]]
    step = {pair: q for q, pair in enumerate(s.sequence_table[player])}
    own = [h for h, info in enumerate(s.infosets) if info.player == player]
    before = {h: s.sequences[player][s.infosets[h].nodes[0]] for h in own}
    on_the_way = {h for path in decision.paths for h, _ in path}
    later: dict[int, FloatArray] = {}
    for h in sorted(own, key=before.__getitem__, reverse=True):
        if h not in on_the_way:
            actions = np.stack([worth[step[before[h], h, a]] for a in range(len(s.infosets[h].actions))])
            best = actions >= actions.max(axis=0)
            later[h] = best / best.sum(axis=0)
            worth[before[h]] = worth[before[h]] + actions.max(axis=0)
    value, choice = np.empty((len(decision.paths), n)), np.ones((len(decision.paths), n))
    outcome = np.zeros((len(decision.paths), len(s.outcomes), n))
    for k, path in enumerate(decision.paths):
        last = step[before[path[-1][0]], *path[-1]]
        value[k] = np.where(speaks, worth[last] / safe, 0.0)
        for h, a in path:
            choice[k] *= strategies[h][:, a]
        plays = _own_play(s, player, last, later)
        for leaf in s.leaves:
            if (q := s.sequences[player][leaf]) in plays:
                odds = np.where(speaks, weight[leaf] * plays[q] / safe, 0.0)
                for label in dict.fromkeys(s.rows[leaf][4]):
                    outcome[k, s.outcomes.index(label)] += odds
    return TreeOptions(value.T, choice.T, np.moveaxis(outcome, -1, 0), speaks)


def _weights(
    tree: ExtensiveForm,
    pool: list[Number],
    decision: Decision,
    strategies: Sequence[FloatArray],
    check: str,
    beliefs: FloatArray | None,
) -> tuple[list[Any], FloatArray, NDArray[np.bool_]]:
    """Weights of all nodes given that the decision is come to: the set's own total, and where they mean something."""
    s = tree.structure
    nodes = s.infosets[decision.infoset].nodes
    by_chance = len({s.history[node] for node in nodes}) == 1
    noisy = any(info.rationality >= 0 for info in s.infosets)  # logit choice leads everywhere, if seldom
    least = 0.0 if by_chance or noisy else ROUNDING

    def total(weight: list[Any]) -> FloatArray:
        there = sum(np.maximum(weight[node], 0.0) for node in nodes)
        return np.asarray(np.zeros(len(strategies[0])) + there)

    weight = _others_reach(tree, pool, strategies, decision.player, {})
    reach = total(weight)
    speaks = reach > least
    if check == "regret" or speaks.all():
        return weight, reach, speaks
    chance = _others_reach(tree, pool, None, decision.player, {})
    if check == "subgames":
        start = {max(root for root in subgame_roots(s) if _is_above(s, root, nodes)): np.ones(())}
        least = 0.0 if len(nodes) == 1 else least
    elif by_chance or beliefs is None:
        start = {node: np.asarray(chance[node] if by_chance else 0.0) for node in nodes}
    else:
        possible = total(chance) > 0
        start = {node: np.where(possible, np.nan_to_num(beliefs[:, k]), 0.0) for k, node in enumerate(nodes)}
    there = _others_reach(tree, pool, strategies, decision.player, start)
    weight = [np.where(speaks, on, off) for on, off in zip(weight, there, strict=True)]
    reach = total(weight)
    return weight, reach, speaks | (reach > least)


def _is_above(structure: Structure, root: int, nodes: Sequence[int]) -> bool:
    """Whether all nodes are the root or follow it."""

    def follows(node: int) -> bool:
        while node > root:
            node = structure.parent[node]
        return node == root

    return all(map(follows, nodes))


def _others_reach(
    tree: ExtensiveForm,
    pool: list[Number],
    strategies: Sequence[FloatArray] | None,
    player: int,
    start: Mapping[int, FloatArray],
) -> list[Any]:
    """Probability that chance and the others lead to each node, the player's own moves given.

    Without strategies chance alone counts. Nodes in `start` have these weights, wherever they stand.
    """
    s = tree.structure
    weight: list[Any] = [1.0] * len(s.rows)
    for node in range(1, len(s.rows)):
        up = s.parent[node]
        if node in start:
            weight[node] = start[node]
        elif s.kind[up] == CHANCE:
            weight[node] = weight[up] * pool[s.rows[up][3][s.branch[node]]]
        elif strategies is None or s.infosets[s.infoset_of[up]].player == player:
            weight[node] = weight[up]
        else:
            weight[node] = weight[up] * strategies[s.infoset_of[up]][:, s.branch[node]]
    return weight


def _own_play(structure: Structure, player: int, last: int, later: dict[int, FloatArray]) -> dict[int, Any]:
    """How likely the player plays each of its sequences that continue `last`, choosing as in `later`."""
    plays: dict[int, Any] = {last: 1.0}
    for q, (previous, h, a) in enumerate(structure.sequence_table[player]):
        if previous in plays and h in later:  # a sequence comes after the one it continues
            plays[q] = plays[previous] * later[h][a]
    return plays


# ------------------------------------------------------------------ stochastic games
