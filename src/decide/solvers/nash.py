"""All equilibria of small two-player games, batched: support enumeration by signed minors.

In a nondegenerate game both players of an equilibrium mix over equally many actions (Dickhaut & Kaplan 1991; von
Stengel 2007). For each pair of supports ``(I, J)`` of size k, the weights ``y`` that make the row player indifferent
over ``I`` solve ``D y = 0``, where the k - 1 rows of ``D`` are payoff differences; by Cramer's rule ``y_j`` is
proportional to ``(-1)^j det D_j``, ``D_j`` being ``D`` without column j. So nothing is divided before the end, and
one formula serves all games of a batch at once.

A pair of supports gives an equilibrium if all weights have one sign and no action outside the support does better.
Payoffs are first scaled to [0, 1] for each player and game. Wherever a weight or a payoff difference comes within a
relative 1e-9 of the boundary between yes and no, the game is flagged: it is degenerate or nearly so, and the list is
then not called complete.

Cost: for m x n actions, sum over k of C(m,k) C(n,k) pairs of supports, each a few k x k minors.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from decide.games.values import FloatArray
from decide.solvers.base import TIE, Found

if TYPE_CHECKING:
    from decide.games.normal import NormalForm

__all__ = ["LARGEST", "nash", "support_pairs"]

#: The most actions a player may have.
LARGEST = 4
CHUNK = 16_384

Bools = NDArray[np.bool_]


def nash(game: NormalForm) -> Found:
    """Find all equilibria of two-player games of up to 4 x 4 actions."""
    entries = game.entries()
    n = entries.shape[-1]
    owners, rows, columns, flags = [], [], [], [np.zeros(0, dtype=np.bool_)]
    for start in range(0, n, CHUNK):
        part = entries[..., start : start + CHUNK]
        owner, x, y, near = enumerate_supports(part[0], part[1])
        owners.append(owner + start)
        rows.append(x)
        columns.append(y)
        flags.append(near)
    m, k = game.n_actions
    owner = np.concatenate(owners) if owners else np.zeros(0, dtype=np.intp)
    x = np.concatenate(rows) if rows else np.zeros((0, m))
    y = np.concatenate(columns) if columns else np.zeros((0, k))
    near = np.concatenate(flags)
    some = np.bincount(owner, minlength=n) > 0  # every game has an equilibrium: none found means not all found
    return Found(owner, (x, y), ~near & some, near)


def enumerate_supports(A: FloatArray, B: FloatArray) -> tuple[NDArray[np.intp], FloatArray, FloatArray, Bools]:
    """Find the equilibria of every game of a batch.

    Parameters
    ----------
    A, B : numpy.ndarray, shape (m, n, g)
        Payoffs of the row and the column player, games last.

    Returns
    -------
    owner : numpy.ndarray of int, shape (e,)
        Ascending.
    x, y : numpy.ndarray, shape (e, m) and (e, n)
    near : numpy.ndarray of bool, shape (g,)
        Games with a near-tie somewhere.
    """
    (m, n), near = A.shape[:2], np.zeros(A.shape[-1], dtype=np.bool_)
    A, B = _unit(A), _unit(B)
    owners, xs, ys = [], [], []
    for rows, columns in support_pairs(m, n):
        y, y_good, y_near = _indifferent(A, rows, columns)
        x, x_good, x_near = _indifferent(B.swapaxes(0, 1), columns, rows)
        near |= y_near | x_near
        hit = np.flatnonzero(x_good & y_good)
        if len(hit):
            owners.append(hit)
            xs.append(_spread(x[:, hit], rows, m))
            ys.append(_spread(y[:, hit], columns, n))
    if not owners:
        return np.zeros(0, dtype=np.intp), np.zeros((0, m)), np.zeros((0, n)), near
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    return owner[order], np.concatenate(xs)[order], np.concatenate(ys)[order], near


def support_pairs(m: int, n: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield all pairs of supports of equal size, the smallest first."""
    for k in range(1, min(m, n) + 1):
        yield from itertools.product(itertools.combinations(range(m), k), itertools.combinations(range(n), k))


def _unit(payoffs: FloatArray) -> FloatArray:
    """Scale one player's payoffs to [0, 1] in every game; constant payoffs become 0."""
    low = payoffs.min(axis=(0, 1))
    scale = payoffs.max(axis=(0, 1)) - low
    return np.asarray((payoffs - low) / np.where(scale > 0, scale, 1.0))


def _indifferent(U: FloatArray, own: Sequence[int], other: Sequence[int]) -> tuple[FloatArray, Bools, Bools]:
    """Find the other player's weights over `other` that make the actions `own` best replies.

    Returns
    -------
    weights : numpy.ndarray, shape (k, g)
        Meaningful where `good`.
    good : numpy.ndarray of bool, shape (g,)
        All weights positive, and no action outside `own` better.
    near : numpy.ndarray of bool, shape (g,)
        A weight or an outside action is within tolerance of changing the answer.
    """
    first = U[own[0]]
    D = [[U[i, j] - first[j] for j in other] for i in own[1:]]
    minors = np.stack(
        [(-1.0) ** j * _det([row[:j] + row[j + 1 :] for row in D]) * np.ones(U.shape[-1]) for j in range(len(other))]
    )
    total = minors.sum(axis=0)
    largest = np.abs(minors).max(axis=0)
    weights = minors / np.where(np.abs(total) > TIE * largest, total, np.inf)  # a sum of 0: signs differ, no solution
    singular = largest <= TIE
    inside = (weights > TIE).all(axis=0) & ~singular
    edge = (weights > -TIE).all(axis=0) & ~inside & ~singular & (weights.sum(axis=0) > 0.5)
    tied = np.zeros(U.shape[-1], dtype=np.bool_)
    for i in range(len(U)):
        if i in own:
            continue
        gain = sum(weights[k] * (U[i, j] - first[j]) for k, j in enumerate(other))
        inside &= gain <= TIE
        edge &= gain <= TIE
        tied |= gain >= -TIE
        beaten = [U[i, j] > U[list(own), j].max(axis=0) + TIE for j in other]  # then `own` is never a best reply
        singular &= ~np.logical_and.reduce(beaten)
    return weights, inside, (inside & tied) | edge | singular


def _det(rows: list[list[FloatArray]]) -> FloatArray | float:
    """Determinant of a small matrix of arrays, by its first row; 1 for the empty matrix."""
    if not rows:
        return 1.0
    if len(rows) == 1:
        return rows[0][0]
    if len(rows) == 2:
        return rows[0][0] * rows[1][1] - rows[0][1] * rows[1][0]
    terms = (
        (-1.0) ** j * entry * _det([row[:j] + row[j + 1 :] for row in rows[1:]]) for j, entry in enumerate(rows[0])
    )
    return sum(terms, start=0.0)


def _spread(weights: FloatArray, support: Sequence[int], n: int) -> FloatArray:
    """Write weights over a support as strategies over all n actions, shape (games, n)."""
    full = np.zeros((weights.shape[1], n))
    full[:, list(support)] = weights.T
    return full
