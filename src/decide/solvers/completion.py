"""What an equilibrium of the normal form leaves unsaid: play at sets that a player's own moves rule out.

A plan says nothing there, and whatever is said is as much a Nash equilibrium. A best reply to the others is said where
their play and chance would lead there, and equal weights where they would not; so nothing is called incredible that was
only never thought about. Everybody's play at other sets is left as it is.

Cost: players x nodes x games.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from decide.games.extensive import CHANCE, ExtensiveForm
from decide.games.values import FloatArray
from decide.solvers.base import TIE

__all__ = ["completed"]

#: Own play that leads to a set with less than this does not lead there.
NEVER = 1e-12


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
    s = tree.structure
    found = list(strategies)
    if not found or not len(found[0]):
        return tuple(found)
    pool = tree.flat_pool()
    for player in range(len(s.players)):
        table = s.sequence_table[player]
        own: list[Any] = [1.0] * len(table)  # how often the player's own play follows each sequence
        for q, (before, h, a) in enumerate(table):
            if before >= 0:
                own[q] = own[before] * strategies[h][:, a]
        sets = {h: s.sequences[player][i.nodes[0]] for h, i in enumerate(s.infosets) if i.player == player}
        ruled_out = {h: np.asarray(own[q]) <= NEVER for h, q in sets.items() if q}
        if not any(never.any() for never in ruled_out.values()):
            continue
        worth = _worth_of_sequences(tree, pool, strategies, player)
        step = {pair: q for q, pair in enumerate(table)}
        span = np.asarray(_span(tree, pool, player))
        for h in sorted(sets, key=sets.__getitem__, reverse=True):  # later sequences continue earlier ones
            n = len(strategies[h])
            each = np.stack([np.broadcast_to(worth[step[sets[h], h, a]], (n,)) for a in range(strategies[h].shape[1])])
            top = each.max(axis=0)
            if h in ruled_out and ruled_out[h].any():
                best = np.eye(len(each))[each.argmax(axis=0)]
                told = ruled_out[h] & (top - each.min(axis=0) > TIE * span)
                found[h] = np.where(told[:, None], best, strategies[h])
            worth[sets[h]] = worth[sets[h]] + top
    return tuple(found)


def _worth_of_sequences(
    tree: ExtensiveForm, pool: list[Any], strategies: Sequence[FloatArray], player: int
) -> list[Any]:
    """What each of a player's sequences collects at the leaves it ends in, by the others' play and chance."""
    s = tree.structure
    reach: list[Any] = [1.0] * len(s.rows)
    for node in range(1, len(s.rows)):
        up = s.parent[node]
        if s.kind[up] == CHANCE:
            reach[node] = reach[up] * pool[s.rows[up][3][s.branch[node]]]
        else:
            h = s.infoset_of[up]
            mine = s.infosets[h].player == player
            reach[node] = reach[up] if mine else reach[up] * strategies[h][:, s.branch[node]]
    low = _lowest(tree, pool, player)
    worth: list[Any] = [0.0] * len(s.sequence_table[player])
    for leaf in s.leaves:
        q = s.sequences[player][leaf]
        worth[q] = worth[q] + reach[leaf] * (pool[s.rows[leaf][3][player]] - low)
    return worth


def _payoffs(tree: ExtensiveForm, pool: list[Any], player: int) -> list[Any]:
    s = tree.structure
    return [pool[k] for k in dict.fromkeys(s.rows[leaf][3][player] for leaf in s.leaves)]


def _lowest(tree: ExtensiveForm, pool: list[Any], player: int) -> Any:
    low, *rest = _payoffs(tree, pool, player)
    for value in rest:
        low = np.minimum(low, value)
    return low


def _span(tree: ExtensiveForm, pool: list[Any], player: int) -> Any:
    high, *rest = _payoffs(tree, pool, player)
    for value in rest:
        high = np.maximum(high, value)
    return high - _lowest(tree, pool, player)
