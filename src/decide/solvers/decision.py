"""The decision under study: which options there are, and what each is worth when the others keep their strategies.

In a normal form the options are the decider's actions. In a tree they are the paths of the decider's own moves from
an information set before which it has not moved; everything about them is conditional on being there, by the reach
that chance and the others' strategies give its nodes, and the decider's later moves are the best ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from decide.errors import SolveError, unknown
from decide.games.extensive import CHANCE, ExtensiveForm, Structure
from decide.games.normal import NormalForm
from decide.games.values import FloatArray, Number

__all__ = ["Decision", "find_decision", "normal_options", "tree_options"]


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
            raise SolveError(f"at is {at!r}, before which {decider} has moved; expected its first decision")
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
    game: NormalForm, decider: str, owner: NDArray[np.intp], strategies: Sequence[FloatArray]
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

    Returns
    -------
    value : numpy.ndarray, shape (e, n_options)
    others : numpy.ndarray, shape (e, n_profiles of the others)
        How likely the others play each of their profiles, the last player's action fastest.
    """
    i = game.player_index(decider)
    entries = np.moveaxis(game.entries()[i], i, 0)[..., owner]
    others = np.ones((1, len(owner)))
    for j, x in enumerate(strategies):
        if j != i:
            others = (others[:, None, :] * x.T[None, :, :]).reshape(-1, len(owner))
    value = (entries.reshape(len(game.actions[i]), -1, len(owner)) * others[None]).sum(axis=1)
    return value.T, others.T


def tree_options(
    tree: ExtensiveForm, decision: Decision, strategies: Sequence[FloatArray]
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Value the options of a decision in any tree, the others' behaviour strategies given.

    Parameters
    ----------
    tree : ExtensiveForm
        One game, or a flat batch of as many games as there are rows.
    decision : Decision
    strategies : sequence of numpy.ndarray, shape (e, n_actions)
        Per information set.

    Returns
    -------
    value, choice : numpy.ndarray, shape (e, n_options)
    reached : numpy.ndarray of bool, shape (e,)
        Whether chance and the others lead to the decision at all; values are 0 where they do not.
    """
    s, pool, n = tree.structure, tree.flat_pool(), len(strategies[0])
    player = decision.player
    weight: list[Number] = [1.0] * len(s.rows)
    for node in range(1, len(s.rows)):
        up = s.parent[node]
        if s.kind[up] == CHANCE:
            weight[node] = weight[up] * pool[s.rows[up][3][s.branch[node]]]
        elif s.infosets[s.infoset_of[up]].player == player:
            weight[node] = weight[up]
        else:
            weight[node] = weight[up] * strategies[s.infoset_of[up]][:, s.branch[node]]
    worth: list[Number] = [0.0] * len(s.sequence_table[player])
    for leaf in s.leaves:
        q = s.sequences[player][leaf]
        worth[q] = worth[q] + weight[leaf] * pool[s.rows[leaf][3][player]]
    step = {pair: q for q, pair in enumerate(s.sequence_table[player])}
    own = [h for h, info in enumerate(s.infosets) if info.player == player]
    before = {h: s.sequences[player][s.infosets[h].nodes[0]] for h in own}
    inside = {h for path in decision.paths for h, _ in path}
    for h in sorted(own, key=before.__getitem__, reverse=True):
        if h not in inside:
            best = worth[step[before[h], h, 0]]
            for a in range(1, len(s.infosets[h].actions)):
                best = np.maximum(best, worth[step[before[h], h, a]])
            worth[before[h]] = worth[before[h]] + best
    reach = np.zeros(n) + sum(np.maximum(weight[node], 0.0) for node in s.infosets[decision.infoset].nodes)
    reached = reach > 0
    value, choice = np.empty((len(decision.paths), n)), np.ones((len(decision.paths), n))
    for k, path in enumerate(decision.paths):
        h, a = path[-1]
        value[k] = np.where(reached, worth[step[before[h], h, a]] / np.where(reached, reach, 1.0), 0.0)
        for h, a in path:
            choice[k] *= strategies[h][:, a]
    return value.T, choice.T, reached
