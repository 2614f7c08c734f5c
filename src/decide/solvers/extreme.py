"""All extreme equilibria of two-player games, degenerate ones included, from the signs of minors.

An equilibrium is extreme if its strategies are vertices of the players' best-reply polyhedra (Mangasarian 1964; Winkels
1979); every equilibrium is a mixture of extreme ones. The vertices of ``{(y, v): U y <= v, y >= 0, sum(y) = 1}`` are
the points of pairs of supports (I, J) of equal size whose system is not singular: the weights W of `minors`, none of
the wrong sign, zero allowed, and no action outside I better. A vertex has as *labels* the player's best replies and the
opponent's unplayed actions; where it has more labels than the dimension asks for, the game is degenerate, and one
vertex belongs to several bases. A pair of vertices is an equilibrium if every action of both players is a label of one
or the other: it is unplayed or a best reply.

All this takes signs alone. Floats will do where payoffs are whole numbers and not too large (`whole_numbers`), or where
every minor is larger than its rounding error (`sure_signs`). Where floats cannot tell a sign, `integers` turns payoffs
into the integers they are (every float is a whole number times a power of two; fractions have a common denominator),
and the minors are exact.

Cost: for m x n actions, C(m + n, n) bases a player and the pairs of vertices found among them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.games.values import FloatArray
from decide.solvers.base import TIE
from decide.solvers.minors import Basis, Plan, minors, plan_of

__all__ = ["Extreme", "extreme_equilibria", "integers", "sure_signs", "whole_numbers"]

Bools = NDArray[np.bool_]
Index = NDArray[np.intp]
Labels = NDArray[np.uint64]

#: Floats hold whole numbers exactly up to here.
WHOLE = 2.0**53
#: Products above this have lost nothing to underflow.
UNDERFLOW = 1e-280


class Extreme(NamedTuple):
    """Extreme equilibria of a batch of g games.

    Attributes
    ----------
    owner : numpy.ndarray of int, shape (e,)
        Ascending; within a game the smallest supports first.
    x, y : numpy.ndarray, shape (e, m) and (e, n)
        Floats, or fractions where they were asked for.
    degenerate : numpy.ndarray of bool, shape (g,)
        Whether some vertex has more labels than the dimension asks for.
    near : numpy.ndarray of bool, shape (g,)
        Whether at some vertex a weight, or an outside action's gain over the payoff range, is within 1e-9 of 0.
    """

    owner: Index
    x: NDArray[Any]
    y: NDArray[Any]
    degenerate: Bools
    near: Bools


class _Vertices(NamedTuple):
    """Vertices of one player's best-reply polyhedra, sorted by game.

    `labels` are bits, the player's own actions first; `weights` are the opponent's strategy.
    """

    game: Index
    labels: Labels
    weights: NDArray[Any]
    degenerate: Bools
    near: Bools


def extreme_equilibria(A: NDArray[Any], B: NDArray[Any], *, fractions: bool = False) -> Extreme:
    """Find all extreme equilibria by the signs the minors have.

    Parameters
    ----------
    A, B : numpy.ndarray, shape (m, n, g)
        Payoffs, games last: Python integers, or floats whose minors have the right signs.
    fractions : bool
        Return strategies as fractions (Python integers only).
    """
    m, n, g = A.shape
    to_y = _vertices(A, plan_of(m, n), 0, fractions)
    to_x = _vertices(B.swapaxes(0, 1), plan_of(n, m), m, fractions)
    i, j = _labelled(to_y, to_x, m + n, g)
    x, y, owner = to_x.weights[j], to_y.weights[i], to_y.game[i]
    order = _in_order(owner, x > 0, y > 0)
    return Extreme(owner[order], x[order], y[order], to_x.degenerate | to_y.degenerate, to_x.near | to_y.near)


def _vertices(U: NDArray[Any], plan: Plan, offset: int, fractions: bool) -> _Vertices:
    """Find the vertices of one player's best-reply polyhedra; its own labels start at `offset`."""
    n, g = U.shape[1:]
    D = minors(U, plan)
    sign = np.empty((2, *D.shape), dtype=np.int8)
    np.subtract(D > 0, D < 0, out=sign[0], dtype=np.int8)
    np.negative(sign[0], out=sign[1])
    signs = sign.reshape(2 * plan.size, g)  # the second half is the first with its sign changed
    parts = [_feasible(signs, plan, basis, offset) for basis in plan.bases]
    size = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    b, game, labels, crowded = (np.concatenate(column) for column in zip(*parts, strict=True))
    degenerate, near = np.zeros(g, dtype=np.bool_), np.zeros(g, dtype=np.bool_)
    degenerate[game[crowded]] = True
    kept = _different(game, labels)
    size, b, game, labels = size[kept], b[kept], game[kept], labels[kept]
    scale = U.max(axis=(0, 1)) - U.min(axis=(0, 1))
    scale = np.where(scale > 0, scale, 1)
    weights = np.zeros((n, len(game)), dtype=object if fractions else np.float64)
    if fractions:
        weights[:] = Fraction(0)
    for k, basis in enumerate(plan.bases):
        rows = np.flatnonzero(size == k)
        share, close = _weights(D, basis, b[rows], game[rows], scale, fractions)
        weights[basis.other[b[rows]].T, rows] = share
        near[game[rows[close]]] = True
    return _Vertices(game, labels, weights.T, degenerate, near)


def _feasible(signs: NDArray[np.int8], plan: Plan, basis: Basis, offset: int) -> tuple[Index, Index, Labels, Bools]:
    """Return the vertices of the bases of one size: basis, game, labels, and whether there are too many labels."""
    W = signs[basis.weight + plan.size * (basis.weight_sign < 0)]
    low, high = W.min(axis=1), W.max(axis=1)
    b, game = np.nonzero((low >= 0) & (high > 0) | (high <= 0) & (low < 0))
    positive = high[b, game] > 0
    lost = []  # the sign of what each outside action would lose
    for at, sign in zip(basis.gain.T, basis.gain_sign.T, strict=True):
        lost.append(signs[at[b] + plan.size * ((sign[b] > 0) == positive), game])
        good = lost[-1] >= 0
        b, game, positive, lost = b[good], game[good], positive[good], [column[good] for column in lost]
    labels = _bits(plan, basis, offset)[b]
    others = plan.m if offset == 0 else 0
    crowded = np.zeros(len(b), dtype=np.bool_)
    for column, r in zip(lost, basis.outside.T, strict=True):
        crowded |= _mark(labels, column == 0, offset + r[b])
    for p, j in enumerate(basis.other.T):
        crowded |= _mark(labels, W[b, p, game] == 0, others + j[b])
    return b, game, labels, crowded


def _mark(labels: Labels, where: Bools, place: Index) -> Bools:
    """Add a label to some vertices, in place."""
    bit = where.astype(np.uint64) << (place % 64).astype(np.uint64)
    if labels.shape[1] == 1:
        labels[:, 0] |= bit
    else:
        labels[np.arange(len(labels)), place // 64] |= bit
    return where


def _weights(
    D: NDArray[Any], basis: Basis, b: Index, game: Index, scale: NDArray[Any], fractions: bool
) -> tuple[NDArray[Any], Bools]:
    """Return the weights of some vertices, shape (k, v), and which have a near-tie."""
    w = D[basis.weight[b].T, game] * _like(D, basis.weight_sign)[:, None]
    total = w.sum(axis=0)
    share = _ratio(w, total, fractions)
    loss = _ratio(np.abs(D[basis.gain[b].T, game]), np.abs(total) * scale[game])
    return share, np.asarray(np.concatenate([share <= TIE, loss <= TIE]).any(axis=0))


@lru_cache(maxsize=256)
def _bits(plan: Plan, basis: Basis, offset: int) -> Labels:
    """Labels that the vertices of each basis have at least: best replies I, and what is unplayed outside J."""
    own, others = (0, plan.m) if offset == 0 else (plan.n, 0)
    words = -(-(plan.m + plan.n) // 64)
    labels = np.zeros((len(basis.own), 64 * words), dtype=np.bool_)
    labels[:, others : others + plan.n] = True
    rows = np.arange(len(basis.own))[:, None]
    labels[rows, others + basis.other] = False
    labels[rows, own + basis.own] = True
    return _words(labels)


def _words(labels: Bools) -> Labels:
    """Pack labels into words of 64 bits, the first label lowest."""
    return np.packbits(labels, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def _different(game: Index, labels: Labels) -> Index:
    """Sort vertices by game, each once: a vertex is known by its labels."""
    order = np.lexsort([*labels.T, game])
    game, labels = game[order], labels[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (game[1:] != game[:-1]) | (labels[1:] != labels[:-1]).any(axis=1)
    return order[new]


def _like(D: NDArray[Any], signs: NDArray[np.float64]) -> NDArray[Any]:
    """Give signs the kind of the minors: Python integers stay integers."""
    return signs.astype(np.int64).astype(object) if D.dtype == object else signs


def _ratio(top: NDArray[Any], bottom: NDArray[Any], fractions: bool = False) -> NDArray[Any]:
    """Divide; integers of any size give the nearest floats, or fractions."""
    if top.dtype != object:
        return np.asarray(top / bottom)
    bottom = np.broadcast_to(bottom, top.shape)
    pairs = zip(top.flat, bottom.flat, strict=True)
    found = [Fraction(a, b) if fractions else a / b for a, b in pairs]
    made = np.empty(top.size, dtype=object if fractions else np.float64)
    made[:] = found
    return made.reshape(top.shape)


def _labelled(P: _Vertices, Q: _Vertices, n_labels: int, g: int) -> tuple[Index, Index]:
    """Pair the vertices of each game that together carry every label."""
    every = np.arange(64 * P.labels.shape[1]) < n_labels
    full = _words(every[None])
    count = np.bincount(Q.game, minlength=g)
    start = np.cumsum(count) - count
    many = count[P.game]
    i = np.repeat(np.arange(len(P.game)), many)
    j = np.arange(len(i)) - np.repeat(np.cumsum(many) - many, many) + np.repeat(start[P.game], many)
    good = np.ones(len(i), dtype=np.bool_)
    for word in range(full.shape[1]):
        good &= (P.labels[i, word] | Q.labels[j, word]) == full[0, word]
    return i[good], j[good]


def _in_order(owner: Index, x_plays: Bools, y_plays: Bools) -> Index:
    """Sort by game, then the sizes of the supports, then the supports as lists of actions."""
    keys = [~y_plays[:, k] for k in reversed(range(y_plays.shape[1]))]
    keys += [~x_plays[:, k] for k in reversed(range(x_plays.shape[1]))]
    return np.lexsort([*keys, y_plays.sum(axis=1), x_plays.sum(axis=1), owner])


# ------------------------------------------------------------------ payoffs as whole numbers


def whole_numbers(U: FloatArray) -> tuple[FloatArray, Bools]:
    """Shift and scale one player's payoffs to whole numbers from 0, by powers of two, exactly.

    Parameters
    ----------
    U : numpy.ndarray, shape (m, n, g)

    Returns
    -------
    scaled : numpy.ndarray, shape (m, n, g)
    exact : numpy.ndarray of bool, shape (g,)
        Whether all minors of the scaled payoffs are exact in floats.
    """
    m, n, _ = U.shape
    mantissa, exponent = np.frexp(U)
    digits = np.ldexp(mantissa, 53).astype(np.int64)
    lowest = np.frexp((digits & -digits).astype(np.float64))[1] - 1 + exponent - 53
    unit = np.where(digits == 0, 2000, lowest).min(axis=(0, 1))
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.ldexp(U, -np.where(unit == 2000, 0, unit))
        small = (np.abs(scaled) < WHOLE).all(axis=(0, 1))
        scaled = np.where(small, scaled, 0.0)
        scaled = scaled - scaled.min(axis=(0, 1))
        order = max(min(m - 1, n, m, n - 1), 1)
        bound = math.factorial(order + 1) * scaled.max(axis=(0, 1)) ** order
    return scaled, small & (bound < WHOLE)


def sure_signs(U: FloatArray, plan: Plan) -> tuple[FloatArray, Bools]:
    """Scale one player's payoffs by a power of two, and tell where rounding cannot have changed any minor's sign.

    A minor of order k, computed by expansion, errs by at most ``k (k + 3) / 2`` roundings of the sum of the absolute
    values of all its terms (Higham 2002, lemma 3.1; half of that would do), as long as nothing underflows.

    Parameters
    ----------
    U : numpy.ndarray, shape (m, n, g)
    plan : Plan
        Of m x n.

    Returns
    -------
    scaled : numpy.ndarray, shape (m, n, g)
    sure : numpy.ndarray of bool, shape (g,)
    """
    power = np.frexp(np.abs(U).max(axis=(0, 1)))[1]
    scaled = np.ldexp(U, -power)
    whole = (np.ldexp(scaled, power) == U).all(axis=(0, 1))
    D, room = np.abs(minors(scaled, plan)), minors(scaled, plan, magnitudes=True)
    order = plan.order[:, None]
    error = order * (order + 3) / 2 * np.finfo(np.float64).eps * room
    sure = (error < D) | (room == 0)
    steps = room[1 : 1 + len(plan.pairs)]
    for values in (np.abs(scaled).reshape(-1, U.shape[-1]), steps):  # nothing may have underflowed
        least = np.where(values > 0, values, 1.0).min(axis=0, initial=1.0)
        sure &= least ** max(int(plan.order[-1]), 1) > UNDERFLOW
    return scaled, np.asarray(sure.all(axis=0) & whole)


def integers(U: NDArray[Any]) -> NDArray[np.object_]:
    """Scale one player's payoffs in every game to Python integers with no common unit lost.

    Parameters
    ----------
    U : numpy.ndarray, shape (m, n, g)
        Floats, or fractions as objects.
    """
    m, n, g = U.shape
    made = np.empty((m * n, g), dtype=object)
    for k in range(g):
        made[:, k] = _whole([Fraction(x) for x in U[..., k].flat])
    return made.reshape(m, n, g)


def _whole(values: Sequence[Fraction]) -> list[int]:
    unit = math.lcm(*(v.denominator for v in values))
    whole = [v.numerator * (unit // v.denominator) for v in values]
    low = min(whole)
    common = math.gcd(*(v - low for v in whole)) or 1
    return [(v - low) // common for v in whole]
