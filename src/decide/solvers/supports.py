"""Support enumeration for batches of nondegenerate two-player games: signs of minors, and bits.

In a nondegenerate game both players of an equilibrium mix over equally many actions (Dickhaut & Kaplan 1991; von
Stengel 2007). A pair of supports (I, J) carries an equilibrium if the opponent's weights over J that make the player
indifferent over I all have one sign, no action outside I does better, and the same holds the other way round. All this
is read off the signs of the minors of payoff differences (`decide.solvers.minors`): nothing is divided, and a game
costs a few dozen products and some hundred operations on bits. Weights are computed for the pairs that hit, no others.

A sign counts only if the minor is larger than ``1e-9 c_k`` times the k-th power of the player's payoff range, k being
its order and ``c_k = (k + 1) d_k`` with Hadamard's bound ``d_k = (k + 1)^((k + 1) / 2) / 2^k`` on minors of payoffs
between 0 and 1. That is far above rounding error, so in a game whose signs all count the list is proved; and as no sum
of weights exceeds ``k d_(k-1)`` or ``(k + 1) d_k``, every weight, and every gain of an outside action, within 1e-9 of
the boundary is noticed. Games in which some sign does not count are *unsure* and left to `decide.solvers.extreme`.

Cost: the minors of both players, and for each pair of supports as many tests of signs as the player has actions.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.games.values import FloatArray
from decide.solvers.base import TIE
from decide.solvers.minors import Plan, minors, plan_of

__all__ = ["Hits", "chunk_of", "enumerate_supports", "hit_supports"]

Bools = NDArray[np.bool_]
Index = NDArray[np.intp]
Words = NDArray[Any]  # of uint64; of uint8 for one game

#: Games taken at once (measured), and minors kept at a time.
MOST_GAMES = 16_384
MINORS_KEPT = 1 << 20


class Hits(NamedTuple):
    """Which pairs of supports carry an equilibrium in which game of a batch of g.

    Attributes
    ----------
    bits : numpy.ndarray of uint64 (one game: uint8), shape (pairs, words)
        One bit a game; pairs by size, then I, then J.
    unsure : numpy.ndarray of bool, shape (g,)
        Games in which a sign does not count; they have no hits.
    """

    bits: Words
    unsure: Bools


def chunk_of(m: int, n: int) -> int:
    """How many games to take at once, so that all minors stay near the processor."""
    return min(MOST_GAMES, max(16, MINORS_KEPT // (plan_of(m, n).size + plan_of(n, m).size)))


def hit_supports(A: FloatArray, B: FloatArray) -> Hits:
    """Find the pairs of supports that carry an equilibrium, for games of shape (m, n, g), games last."""
    m, n, g = A.shape
    with np.errstate(all="ignore"):  # what overflows is unsure
        rows, row_sure = _replies(A, plan_of(m, n))
        columns, column_sure = _replies(B.swapaxes(0, 1), plan_of(n, m))
    sure = row_sure & column_sure
    rows &= columns[_swapped(m, n)]
    rows &= sure
    return Hits(rows, ~_unpack(sure, g))


@lru_cache(maxsize=64)
def _swapped(m: int, n: int) -> Index:
    """Where the pairs (I, J), listed by I and then J, stand in a list by J and then I."""
    found, start = [], 0
    for k in range(1, min(m, n) + 1):
        a, b = math.comb(m, k), math.comb(n, k)
        found.append(start + np.arange(a * b).reshape(b, a).T.ravel())
        start += a * b
    return np.concatenate(found)


def _replies(U: FloatArray, plan: Plan) -> tuple[Words, Words]:
    """Mark the pairs of supports whose weights have one sign and that no outside action beats.

    Returns
    -------
    good : numpy.ndarray of uint64, shape (pairs, words)
    sure : numpy.ndarray of uint64, shape (words,)
    """
    D = minors(U, plan)
    flat = U.reshape(plan.m * plan.n, U.shape[-1])
    scale = flat.max(axis=0) - flat.min(axis=0)
    counts = np.ones((2, *D.shape), dtype=np.bool_)  # D is positive, and D is negative, beyond doubt
    start = 1
    for k in range(1, int(plan.order[-1]) + 1):
        stop = int(np.searchsorted(plan.order, k, side="right"))
        least = scale**k * (TIE * (k + 1) * (k + 1) ** ((k + 1) / 2) / 2**k)
        np.greater(D[start:stop], least, out=counts[0, start:stop])
        np.less(D[start:stop], -least, out=counts[1, start:stop])
        start = stop
    bits = _pack(counts.reshape(2 * plan.size, U.shape[-1]))
    sure = np.bitwise_and.reduce(bits[: plan.size] | bits[plan.size :], axis=0)
    return np.concatenate([_every(bits, below) | _every(bits, above) for below, above in _tests(plan)]), sure


def _every(bits: Words, tests: Index) -> Words:
    """For each column of tests, the games that pass them all."""
    if bits.shape[1] > 1 or len(tests) < 4:
        return np.asarray(np.bitwise_and.reduce(bits[tests], axis=0))
    word = bits[:, 0]  # few games: most columns are out after three tests
    left = word[tests[0]] & word[tests[1]] & word[tests[2]]
    rows = np.flatnonzero(left)
    kept = left[rows]
    for test in tests[3:]:
        kept &= word[test[rows]]
    left[rows] = kept
    return np.asarray(left[:, None])


@lru_cache(maxsize=64)
def _tests(plan: Plan) -> tuple[tuple[Index, Index], ...]:
    """For all pairs of supports of a size, a column each: which signs must count if the weights are below or above 0.

    Rows of the minors that are positive come first, `plan.size` further down those that are negative.
    """
    found = []
    for basis in plan.bases:
        weight = basis.weight + plan.size * (basis.weight_sign > 0)
        gain = basis.gain + plan.size * (basis.gain_sign < 0)
        if basis.own.shape[1] == 1:  # the weight is -1 whatever the game, never above 0
            weight = basis.weight
            below = np.concatenate([weight, gain], axis=1).T
            found.append((np.ascontiguousarray(below),) * 2)
            continue
        below = np.ascontiguousarray(np.concatenate([weight, gain], axis=1).T)
        found.append((below, np.where(below < plan.size, below + plan.size, below - plan.size)))
    return tuple(found)


def _pack(rows: Bools) -> Words:
    """Pack truth values into words of 64, the first lowest; shape (rows, words). One game: words of 8."""
    g = rows.shape[1]
    if g == 1:  # packing so many bytes of one bit would take longer than all the rest
        return rows.view(np.uint8)
    packed = np.packbits(rows, axis=1, bitorder="little")
    words = -(-packed.shape[1] // 8)
    if packed.shape[1] != 8 * words:
        wide = np.zeros((len(rows), 8 * words), dtype=np.uint8)
        wide[:, : packed.shape[1]] = packed
        packed = wide
    return packed.view("<u8").astype(np.uint64, copy=False)


def _unpack(words: Words, g: int) -> Bools:
    """Undo `_pack`: shape (..., g)."""
    flat = words if words.dtype == np.uint8 else words.astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(flat, axis=-1, count=g, bitorder="little").view(np.bool_)


def enumerate_supports(
    A: FloatArray, B: FloatArray, hits: Hits, start: int = 0
) -> tuple[Index, FloatArray, FloatArray]:
    """Write out the equilibria that were hit, sorted by game.

    Parameters
    ----------
    A, B : numpy.ndarray, shape (m, n, g)
    hits : Hits
    start : int
        Added to the games' numbers.

    Returns
    -------
    owner : numpy.ndarray of int, shape (e,)
    x, y : numpy.ndarray, shape (e, m) and (e, n)
    """
    m, n, g = A.shape
    hit = np.flatnonzero(hits.bits.any(axis=1))
    row, game = np.divmod(np.flatnonzero(_unpack(hits.bits[hit], g)), g)
    pair = hit[row]
    order = np.argsort(game.astype(np.uint16) if g <= 1 << 16 else game, kind="stable")
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    count = len(order)
    x, y = np.zeros((m, count)), np.zeros((n, count))
    x_flat, y_flat = x.reshape(-1), y.reshape(-1)
    begin, first = 0, 0
    for basis in plan_of(m, n).bases:
        stop = first + len(basis.own)
        end = int(np.searchsorted(pair, stop))
        which, here, at = pair[begin:end] - first, game[begin:end], place[begin:end]
        own, other = basis.own.T.take(which, axis=1), basis.other.T.take(which, axis=1)
        if len(own) == 1:
            x_flat[own[0] * count + at] = y_flat[other[0] * count + at] = 1.0
        elif end > begin:
            rows, columns = own * (n * g), other * g
            y_flat[other * count + at] = _mix(A.reshape(-1), rows, columns + here)
            x_flat[own * count + at] = _mix(B.reshape(-1), columns, rows + here)
        begin, first = end, stop
    return game[order] + start, x.T, y.T


def _mix(payoffs: FloatArray, own: Index, other: Index) -> FloatArray:
    """Weights that make a player indifferent over its support, shape (k, e).

    Payoffs are flat; entry (a, b) of the e-th table stands at ``own[a, e] + other[b, e]``.
    """
    table = payoffs.take(own[:, None] + other[None])
    plan = plan_of(len(own), len(own))
    basis = plan.bases[-1]
    w = minors(table, plan)[basis.weight[0]] * basis.weight_sign[:, None]
    return np.asarray(w / w.sum(axis=0))
