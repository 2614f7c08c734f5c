"""Signed minors of payoff differences: everything that support enumeration needs to know about one player's payoffs.

For a set R of k + 1 of a player's actions and a set J of k of the opponent's, ::

    D(R, J) = det [ 1 | U[R, J] ],

the determinant of the payoffs bordered by a column of ones, which is the determinant of payoff *differences* to the
first action of R. By Cramer's rule the D say it all. For supports I (own) and J (the opponent's) of size k, the
opponent's weights that make the player indifferent over I are ``y_p`` proportional to ``W_p = (-1)^p D(I, J less its
p-th)``, p = 1, ..., k; and against them an action r outside I gains ``(-1)^q D(I + r, J) / sum(W)`` over those in I,
q being the place of r in I + r. So the signs of the D decide which weights are positive and which actions are best
replies, nothing is divided, and each D is shared by all pairs of supports it belongs to.

Minors of order k come from those of order k - 1 by expansion along the first column, ::

    D(R, J) = sum over q = 1..k of (-1)^(q - 1) (U[r_q, j_0] - U[r_0, j_0]) D(R less r_q, J less j_0).

The same lines run on floats, games side by side, and on Python integers, which are exact.

Cost: C(m + n, n + 1) - m + 1 minors of order at most min(m - 1, n), each as many products as its order.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Basis", "Level", "Plan", "minors", "plan_of"]

Index = NDArray[np.intp]

#: Number of games from which it is faster (measured) to compute minors one by one than to gather them.
ROW_BY_ROW = 512


@dataclass(frozen=True, eq=False)
class Level:
    """The minors of one order k >= 2: row e is ``sum_q sign_q D[first[e, q]] D[second[e, q]]``, signs alternating."""

    start: int
    stop: int
    first: Index
    second: Index


@dataclass(frozen=True, eq=False)
class Basis:
    """All pairs of supports (I, J) of one size k.

    Attributes
    ----------
    own, other : numpy.ndarray of int, shape (pairs, k)
        The supports.
    outside : numpy.ndarray of int, shape (pairs, m - k)
        The player's actions outside I.
    weight, gain : numpy.ndarray of int, shapes (pairs, k) and (pairs, m - k)
        Where the minors of the weights and of the outside gains stand.
    weight_sign, gain_sign : numpy.ndarray of float, shapes (k,) and (pairs, m - k)
    """

    own: Index
    other: Index
    outside: Index
    weight: Index
    gain: Index
    weight_sign: NDArray[np.float64]
    gain_sign: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Plan:
    """Where every minor of an m x n table stands, how it is computed, and what it is used for.

    Minor 0 is the empty one, 1; then those of `pairs`, (r_0, r_1, j) each; then those of `levels`. `order` is the order
    of each.
    """

    m: int
    n: int
    size: int
    pairs: Index
    levels: tuple[Level, ...]
    bases: tuple[Basis, ...]
    order: NDArray[np.intp]


@lru_cache(maxsize=64)
def plan_of(m: int, n: int) -> Plan:
    """Lay out the minors of a player with m actions against n."""
    place: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {((r,), ()): 0 for r in range(m)}
    pairs: list[tuple[int, int, int]] = []
    for r in itertools.combinations(range(m), 2):
        for j in range(n):
            place[r, (j,)] = 1 + len(pairs)
            pairs.append((*r, j))
    size, levels, order = 1 + len(pairs), [], [0] + [1] * len(pairs)
    for k in range(2, min(m - 1, n) + 1):
        start, first, second = size, [], []
        for R in itertools.combinations(range(m), k + 1):
            for J in itertools.combinations(range(n), k):
                first.append([place[(R[0], R[q]), J[:1]] for q in range(1, k + 1)])
                second.append([place[R[:q] + R[q + 1 :], J[1:]] for q in range(1, k + 1)])
                place[R, J] = size
                size += 1
        order += [k] * (size - start)
        levels.append(Level(start, size, np.array(first), np.array(second)))
    bases = tuple(_basis(m, n, k, place) for k in range(1, min(m, n) + 1))
    return Plan(m, n, size, np.array(pairs, dtype=np.intp).reshape(-1, 3), tuple(levels), bases, np.array(order))


def _basis(m: int, n: int, k: int, place: dict[Any, int]) -> Basis:
    own, other, outside, weight, gain, sign = [], [], [], [], [], []
    for I, J in itertools.product(itertools.combinations(range(m), k), itertools.combinations(range(n), k)):  # noqa: E741
        rest = [r for r in range(m) if r not in I]
        wider = [tuple(sorted((*I, r))) for r in rest]
        own.append(I)
        other.append(J)
        outside.append(rest)
        weight.append([place[I, J[:p] + J[p + 1 :]] for p in range(k)])
        gain.append([place[R, J] for R in wider])
        sign.append([(-1.0) ** R.index(r) for r, R in zip(rest, wider, strict=True)])
    count = math.comb(m, k) * math.comb(n, k)
    return Basis(
        own=np.array(own).reshape(count, k),
        other=np.array(other).reshape(count, k),
        outside=np.array(outside, dtype=np.intp).reshape(count, m - k),
        weight=np.array(weight).reshape(count, k),
        gain=np.array(gain, dtype=np.intp).reshape(count, m - k),
        weight_sign=np.array([(-1.0) ** p for p in range(1, k + 1)]),
        gain_sign=np.array(sign, dtype=np.float64).reshape(count, m - k),
    )


def minors(U: NDArray[Any], plan: Plan, *, magnitudes: bool = False) -> NDArray[Any]:
    """Compute all minors.

    Parameters
    ----------
    U : numpy.ndarray, shape (m, n, g)
        The player's payoffs, games last: floats, or objects holding Python integers.
    magnitudes : bool
        Add the absolute values of all terms instead: what the rounding errors of the minors are measured by.

    Returns
    -------
    numpy.ndarray, shape (plan.size, g), of the same kind
    """
    D = np.empty((plan.size, U.shape[-1]), dtype=U.dtype)
    D[0] = 1
    if U.dtype == object or U.shape[-1] < ROW_BY_ROW:
        low, high, column = plan.pairs.T
        D[1 : 1 + len(low)] = U[high, column] - U[low, column]
    else:
        for at, (r0, r1, j) in enumerate(plan.pairs.tolist(), 1):
            np.subtract(U[r1, j], U[r0, j], out=D[at])
    if magnitudes:
        np.abs(D, out=D)
    fill = _at_once if U.dtype == object or U.shape[-1] < ROW_BY_ROW else _row_by_row
    fill(D, plan, magnitudes)
    return D


def _at_once(D: NDArray[Any], plan: Plan, magnitudes: bool) -> None:
    """Compute all minors of one order in one step: few calls, best for few games."""
    for level in plan.levels:
        here = D[level.first[:, 0]] * D[level.second[:, 0]]
        for q in range(1, level.first.shape[1]):
            term = D[level.first[:, q]] * D[level.second[:, q]]
            here = here - term if q % 2 and not magnitudes else here + term
        D[level.start : level.stop] = here


def _row_by_row(D: NDArray[Any], plan: Plan, magnitudes: bool) -> None:
    """Compute one minor after the other, in place: nothing is gathered, best for many games."""
    term = np.empty_like(D[0])
    for level in plan.levels:
        for at, (first, second) in enumerate(
            zip(level.first.tolist(), level.second.tolist(), strict=True), level.start
        ):
            here = D[at]
            np.multiply(D[first[0]], D[second[0]], out=here)
            for q in range(1, len(first)):
                np.multiply(D[first[q]], D[second[q]], out=term)
                (np.subtract if q % 2 and not magnitudes else np.add)(here, term, out=here)
