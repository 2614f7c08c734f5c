"""One equilibrium of a two-player game of any size: the path of Lemke and Howson (1964), with a lexicographic rule.

The best-reply polytopes ``{x >= 0, B^T x <= 1}`` and ``{y >= 0, A y <= 1}``, payoffs made positive, are tableaux.
Every variable has a label: an action, unplayed in one polytope or a best reply in the other. One label is dropped at
the artificial vertex 0; a pivot in one tableau picks up a label twice, which the next pivot, in the other, drops; the
path ends where the first label comes back, and there every action is unplayed or a best reply. Ties in the ratio test
are broken lexicographically, as if payoffs were perturbed by powers of a vanishing number, so the path does not cycle
in degenerate games (von Stengel 2007).

Which label is dropped is free, and path lengths differ by orders of magnitude. Paths of two pivots end in a pure
equilibrium, so these are read off the best replies; then the paths of several labels are tried with a budget of
pivots that doubles until one ends.

Strategies are solved for anew from the payoffs in the last basis, so that rounding does not add up along the path. If
what comes out fails to be an equilibrium the path is followed again in whole numbers, without rounding.

Cost: a pivot costs (m + n)^2; random games take some tens of pivots, the worst known exponentially many (Savani &
von Stengel 2006); the path is given up after `MOST_PIVOTS`.

When not to use it: it finds one equilibrium and nothing says which; where all are feasible take `nash`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decide.games.values import FloatArray, to_unit
from decide.points import Status
from decide.solvers.base import TIE, Found
from decide.solvers.extreme import integers

if TYPE_CHECKING:
    from decide.games.normal import NormalForm

__all__ = ["follow", "lemke_howson"]

MOST_PIVOTS = 100_000
FIRST_BUDGET = 32
LABELS = 8
#: Entries of a tableau that are smaller than this are rounding error (payoffs lie in [1, 2]).
ZERO = 1e-11

Pair = tuple[FloatArray, FloatArray]


def lemke_howson(game: NormalForm) -> Found:
    """Find one equilibrium of each game.

    Parameters
    ----------
    game : NormalForm
        One game of two players, or a batch, which is solved one game after the other.

    Returns
    -------
    Found
        At most one row a game. Where no path ended within `MOST_PIVOTS` pivots, the last one in whole numbers, the game
        has no row, is not complete, and has the status ``FAILED``: there is an equilibrium, but it was not found. Where
        rounding spoiled what a path ended in, certification drops it, and the status is ``NOT_CERTIFIED``. `tied` is
        never set.
    """
    A, B = game.entries()
    m, n, g = A.shape
    x, y, found = np.zeros((g, m)), np.zeros((g, n)), np.zeros(g, dtype=np.bool_)
    for k in range(g):
        pair = _first(A[..., k], B[..., k])
        if pair is not None:
            found[k] = True
            x[k], y[k] = pair
    status = np.where(found, Status.SOLVED, Status.FAILED).astype(np.int8)
    return Found(np.flatnonzero(found), (x[found], y[found]), found, np.zeros(g, dtype=np.bool_), status=status)


def _first(A: FloatArray, B: FloatArray) -> Pair | None:
    """The end of a path that ends in an equilibrium; in floats, then in whole numbers."""
    A, B = to_unit(A), to_unit(B)
    pure = np.argwhere((A.max(axis=0) == A) & (B.max(axis=1, keepdims=True) == B))
    if len(pure):
        return np.eye(A.shape[0])[pure[0, 0]], np.eye(A.shape[1])[pure[0, 1]]
    labels = np.unique(np.linspace(0, sum(A.shape) - 1, LABELS).astype(int)).tolist()
    budget = FIRST_BUDGET
    while labels and budget < MOST_PIVOTS:
        for label in tuple(labels):
            pair = follow(A + 1.0, B + 1.0, label, budget)
            if pair is not None:
                if _is_equilibrium(A, B, pair):
                    return pair
                labels.remove(label)  # rounding has spoilt this path
        budget *= 4
    whole, other = (integers(U[..., None])[..., 0] + 1 for U in (A, B))
    return follow(whole, other, 0, MOST_PIVOTS)


def _is_equilibrium(A: FloatArray, B: FloatArray, pair: Pair) -> bool:
    """A first look, so that a path spoiled by rounding is not taken for the answer; `decide.certify` has the last."""
    x, y = pair
    rows, columns = A @ y, x @ B
    return bool(max(rows.max() - x @ rows, columns.max() - columns @ y) <= TIE)


def follow(A: NDArray[Any], B: NDArray[Any], label: int, most: int = MOST_PIVOTS) -> Pair | None:
    """Follow one path.

    Parameters
    ----------
    A, B : numpy.ndarray, shape (m, n)
        Positive payoffs: floats from 1 to 2, or Python integers.
    label : int
        The action dropped first: a row, or m plus a column.
    most : int
        The number of pivots after which to give up.

    Returns
    -------
    x, y : numpy.ndarray
        Or None if the path did not end.
    """
    m, n = A.shape
    exact = A.dtype == object
    one = np.ones((m + n, 1), dtype=A.dtype)
    eye_m, eye_n = np.eye(m, dtype=A.dtype), np.eye(n, dtype=A.dtype)
    # the column of a variable is its label: rows first, then columns
    tables = [np.hstack([B.T, eye_n, one[:n]]), np.hstack([eye_m, A, one[:m]])]
    bases = [np.arange(m, m + n), np.arange(m)]
    scales: list[Any] = [1, 1]
    entering, side = label, 0 if label < m else 1
    slacks = [np.arange(m, m + n), np.arange(m)]
    for _ in range(most):
        table = tables[side]
        row = _leaving_whole(table, entering, slacks[side]) if exact else _leaving(table, entering, slacks[side])
        if row is None:
            return None
        leaving = int(bases[side][row])
        bases[side][row] = entering
        if exact:
            scales[side] = _pivot_whole(table, row, entering, scales[side])
        else:
            _pivot(table, row, entering)
        if leaving == label:
            return _strategies(A, B, tables, bases, exact)
        entering, side = leaving, 1 - side
    return None


def _leaving(table: FloatArray, entering: int, slack: NDArray[np.intp]) -> int | None:
    """The row of the lexicographically least ratio; None if there is none."""
    column = table[:, entering]
    can = column > ZERO
    safe = np.where(can, column, 1.0)
    ratio = np.where(can, table[:, -1] / safe, np.inf)
    row = int(ratio.argmin())
    if not can[row]:
        return None
    rows = (ratio <= ratio[row] + ZERO).nonzero()[0]
    for at in slack if len(rows) > 1 else ():
        ratio = table[rows, at] / column[rows]
        rows = rows[ratio <= ratio.min() + ZERO]
        if len(rows) == 1:
            break
    return int(rows[0])


def _leaving_whole(table: NDArray[np.object_], entering: int, slack: NDArray[np.intp]) -> int | None:
    """The same without rounding."""
    column = table[:, entering]
    rows = np.flatnonzero(column > 0)
    if not len(rows):
        return None
    for at in (-1, *slack):
        rows = _least_whole(table[rows, at], column[rows], rows)
        if len(rows) == 1:
            break
    return int(rows[0])


def _least_whole(top: NDArray[Any], bottom: NDArray[Any], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Rows with the least of some fractions, compared without dividing."""
    best = 0
    for k in range(1, len(top)):
        if top[k] * bottom[best] < top[best] * bottom[k]:
            best = k
    least = [t * bottom[best] == top[best] * b for t, b in zip(top, bottom, strict=True)]
    return np.asarray(rows[np.array(least)])


def _pivot(table: FloatArray, row: int, column: int) -> None:
    table[row] /= table[row, column]
    factor = table[:, column].copy()
    factor[row] = 0.0
    table -= factor[:, None] * table[row]


def _pivot_whole(table: NDArray[np.object_], row: int, column: int, scale: int) -> int:
    """Pivot in whole numbers: all entries share one denominator, which divides without rest (Edmonds 1967)."""
    pivot, line = table[row, column], table[row].copy()
    factor = table[:, column].copy()
    table[:] = (table * pivot - factor[:, None] * line) // scale
    table[row] = line
    return int(pivot)


def _strategies(
    A: NDArray[Any], B: NDArray[Any], tables: list[NDArray[Any]], bases: list[NDArray[np.intp]], exact: bool
) -> Pair | None:
    m, n = A.shape
    found = []
    for side, own in ((0, np.arange(m)), (1, np.arange(m, m + n))):
        values = _values(A, B, side, bases[side]) if not exact else tables[side][:, -1]
        if values is None:
            return None
        full = np.zeros(m + n, dtype=values.dtype)
        full[bases[side]] = values
        total = full[own].sum()
        mixed = [a / total for a in full[own]]  # whole numbers of any size divide to the nearest float
        found.append(np.maximum(np.array(mixed, dtype=np.float64), 0.0))
    return found[0], found[1]


def _values(A: FloatArray, B: FloatArray, side: int, basis: NDArray[np.intp]) -> FloatArray | None:
    """Solve for the variables in the basis, from the payoffs."""
    m, n = A.shape
    columns = np.hstack([B.T, np.eye(n)]) if side == 0 else np.hstack([np.eye(m), A])
    try:
        return np.asarray(np.linalg.solve(columns[:, basis], np.ones(len(basis))))
    except np.linalg.LinAlgError:
        return None
