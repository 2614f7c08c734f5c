"""Lemke's path for two-player trees: from best replies to a prior to an equilibrium of the sequence form.

Write ``x`` and ``y`` for the players' realization plans, ``E x = e`` and ``F y = f``, which pay ``x A y`` and
``x B y``. They are an equilibrium if there are prices ``p`` and ``q``, one an information set, with
``w = E^T p - A y >= 0`` and ``v = F^T q - B^T x >= 0``, and no sequence both is played and has a positive ``w`` or
``v``. Lemke's algorithm (1965) reaches such a point by complementary pivoting along a covering vector (Koller, Megiddo
& von Stengel 1996). Here the covering vector is a prior pair of plans ``(s, t)``, as in von Stengel, van den Elzen &
Talman (2002)::

    E x = e (1 - z),  w = E^T p - A (y + z t),  and the same for the other player.

At ``z = 1`` both reply best to the prior; at ``z = 0`` is an equilibrium. In between, ``x + z s`` and ``y + z t`` are
plans, so the path is bounded and cannot run off along a ray. Ties in the ratio test are broken lexicographically, as if
the basic variables of the start were raised by powers of a vanishing number, so the path does not go round in circles.

The free prices are eliminated: at every information set the sequence of the best reply at the start is solved for by
``E``, and so are its prices. What is left has one row and one complementary pair a sequence, and a row for ``z``.

The tableau holds the nonbasic columns only, in floats. It is computed anew from the first one every `REFRESH` pivots
(less often where it is large), and so is the end point: rounding does not add up along the path.

Cost: (sequences of both)^2 a pivot; random trees take about as many pivots as there are sequences.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from decide.games.values import FloatArray

__all__ = ["Side", "best_choices", "follow"]

MOST_PIVOTS = 20_000
REFRESH = 50
#: Entries of the tableau that are smaller than this are rounding error (payoffs lie in [0, 1]).
ZERO = 1e-11
#: And these are set to 0 when it is computed anew, which keeps it sparse.
NOISE = 1e-14
#: Rows and columns are picked out of the tableau if they are fewer than one in so many of its entries (measured).
SPARSE = 4

Index = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Side:
    """One player's sequences.

    Attributes
    ----------
    before : tuple of int
        For each of its information sets, the sequence that leads there; sets in an order in which later ones never
        come first.
    after : tuple of tuple of int
        For each set, the sequences that its actions continue with.
    size : int
        The number of sequences; 0 is the empty one.
    infosets : tuple of int
        Which set of the tree each is.
    """

    before: tuple[int, ...]
    after: tuple[tuple[int, ...], ...]
    size: int
    infosets: tuple[int, ...]

    def constraints(self) -> FloatArray:
        """Return E, shape (1 + n_sets, n_sequences): the empty sequence has weight 1, and sets pass weight on."""
        E = np.zeros((1 + len(self.before), self.size))
        E[0, 0] = 1.0
        for k, (before, after) in enumerate(zip(self.before, self.after, strict=True), start=1):
            E[k, before] = -1.0
            E[k, list(after)] = 1.0
        return E

    def plan(self, behaviour: list[FloatArray]) -> FloatArray:
        """Return the realization plan of a behaviour strategy, one array of probabilities a set."""
        x = np.zeros(self.size)
        x[0] = 1.0
        for before, after, odds in zip(self.before, self.after, behaviour, strict=True):
            x[list(after)] = x[before] * odds
        return x


def best_choices(side: Side, worth: FloatArray) -> tuple[list[int], FloatArray]:
    """Find the best reply at every information set, the deepest first.

    Parameters
    ----------
    side : Side
    worth : numpy.ndarray, shape (n_sequences,)
        What each sequence earns at the leaves where it ends.

    Returns
    -------
    choices : list of int
        Per set, the position of the (first) best action.
    worth : numpy.ndarray, shape (n_sequences,)
        With what the best replies further on earn added.
    """
    worth = worth.copy()
    choices = [0] * len(side.before)
    for k in reversed(range(len(side.before))):
        own = worth[list(side.after[k])]
        choices[k] = int(own.argmax())
        worth[side.before[k]] += own[choices[k]]
    return choices, worth


def follow(
    A: FloatArray, B: FloatArray, sides: tuple[Side, Side], prior: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray] | None:
    """Follow the path from a prior.

    Parameters
    ----------
    A, B : numpy.ndarray, shape (n_sequences, n_sequences)
        Payoffs by pairs of sequences, weighted by chance.
    sides : pair of Side
    prior : pair of numpy.ndarray
        Realization plans.

    Returns
    -------
    x, y : numpy.ndarray
        Realization plans; None if the path did not end within `MOST_PIVOTS`, or rounding lost it.
    """
    start = _start(A, B, sides, prior)
    basis = _walk(start)
    if basis is None:
        return None
    values = _solve(start, basis, start.right)
    if values is None:
        return None
    z = np.zeros(2 * start.n + 2)
    z[basis] = values
    x, y = z[: sides[0].size], z[sides[0].size : start.n]
    return np.maximum(x, 0.0), np.maximum(y, 0.0)


@dataclass(frozen=True, eq=False)
class _Start:
    """The first tableau: ``basic + table @ nonbasic = right``.

    Variables are numbered: 0 to n-1 the weights of the sequences (the first player's, then the second's), n to 2n-1
    their slacks, 2n what is left of the prior, ``z``, and 2n+1 its complement ``1 - z``.
    """

    n: int
    table: FloatArray
    right: FloatArray
    basic: Index
    nonbasic: Index


def _start(A: FloatArray, B: FloatArray, sides: tuple[Side, Side], prior: tuple[FloatArray, FloatArray]) -> _Start:
    """Both players reply best to the prior, at every information set."""
    payoffs, others = (A, B.T), (prior[1], prior[0])
    offset = (0, sides[0].size)
    n = sides[0].size + sides[1].size
    picked, rest, R, head = [], [], [], []
    for side, U, other in zip(sides, payoffs, others, strict=True):
        choices, _ = best_choices(side, U @ other)
        best = np.array([0, *(after[c] for after, c in zip(side.after, choices, strict=True))], dtype=np.intp)
        E = side.constraints()
        left = np.setdiff1d(np.arange(side.size), best)
        solved = np.linalg.solve(E[:, best], np.column_stack([E[:, left], np.eye(len(best))[:, 0]]))
        picked.append(best)
        rest.append(left)
        R.append(np.rint(solved[:, :-1]))  # E is totally unimodular here: whole numbers
        head.append(np.rint(solved[:, -1]))
    where: list[Index] = [np.concatenate([own[k] + offset[k] for k in (0, 1)]) for own in (picked, rest)]
    basic = np.concatenate([where[0], where[1] + n, [2 * n]])
    nonbasic = np.concatenate([where[1], where[0] + n, [2 * n + 1]])
    row, column = ({int(v): k for k, v in enumerate(own)} for own in (basic, nonbasic))
    table, right = np.zeros((n + 1, n + 1)), np.zeros(n + 1)
    last = n
    for k in (0, 1):
        o = 1 - k
        rows_x = [row[int(v) + offset[k]] for v in picked[k]]
        rows_w = [row[int(v) + offset[k] + n] for v in rest[k]]
        own_x = [column[int(v) + offset[k]] for v in rest[k]]
        own_w = [column[int(v) + offset[k] + n] for v in picked[k]]
        other_x = [column[int(v) + offset[o]] for v in rest[o]]
        # x_best + R x_rest - head (1 - z) = 0
        table[np.ix_(rows_x, own_x)] = R[k]
        table[rows_x, last] = -head[k]
        # w_rest - R^T w_best - G (y + z t) = 0, where y_best = head (1 - z) - R y_rest
        G = R[k].T @ payoffs[k][picked[k]] - payoffs[k][rest[k]]
        prior_loss = G @ others[k]
        table[np.ix_(rows_w, own_w)] = -R[k].T
        table[np.ix_(rows_w, other_x)] = G[:, picked[o]] @ R[o] - G[:, rest[o]]
        table[rows_w, last] = prior_loss - G[:, picked[o]] @ head[o]
        right[rows_w] = np.maximum(prior_loss, 0.0)
    table[last, last] = right[last] = 1.0
    return _Start(n, table, right, basic, nonbasic)


def _walk(start: _Start) -> Index | None:
    """Pivot until the prior has no weight left; return the basis there."""
    table, right = start.table.copy(), start.right.copy()
    basic, nonbasic = start.basic.copy(), start.nonbasic.copy()
    n = start.n
    place = {int(v): k for k, v in enumerate(nonbasic)}
    entering = 2 * n + 1
    for step in range(1, MOST_PIVOTS + 1):
        column = place.pop(entering)
        row = _leaving(table, right, column, basic, place, start.basic)
        if row is None:
            return None
        leaving = int(basic[row])
        _exchange(table, right, row, column)
        basic[row], nonbasic[column] = entering, leaving
        place[leaving] = column
        if leaving == 2 * n:
            return basic
        entering = leaving + n if leaving < n else leaving - n
        if leaving > 2 * n or entering not in place:
            return None
        if step % max(REFRESH, n // 16) == 0:
            fresh = _solve(start, basic, np.column_stack([_columns(start, nonbasic), start.right]))
            if fresh is None:
                return None
            fresh[np.abs(fresh) <= NOISE] = 0.0
            table, right = np.ascontiguousarray(fresh[:, :-1]), np.ascontiguousarray(fresh[:, -1])
    return None


def _leaving(
    table: FloatArray, right: FloatArray, column: int, basic: Index, place: dict[int, int], first: Index
) -> int | None:
    """The row of the lexicographically least ratio; the row of the prior's weight wherever that is among them."""
    pivots = table[:, column]
    can = pivots > ZERO
    if not can.any():
        return None
    safe = np.where(can, pivots, 1.0)
    ratio = np.where(can, np.maximum(right, 0.0) / safe, np.inf)
    rows = np.flatnonzero(ratio <= ratio.min() + ZERO)
    z = int(first[-1])
    for row in rows:
        if basic[row] == z:
            return int(row)
    for variable in first if len(rows) > 1 else ():
        at = place.get(int(variable))
        tied = (basic[rows] == variable if at is None else table[rows, at]) / pivots[rows]
        rows = rows[tied <= tied.min() + ZERO]
        if len(rows) == 1:
            break
    return int(rows[0])


def _exchange(table: FloatArray, right: FloatArray, row: int, column: int) -> None:
    """Solve one row for a nonbasic variable, and put it in for it everywhere."""
    pivot = table[row, column]
    line, factor = table[row] / pivot, table[:, column].copy()
    line[column] = 1.0 / pivot
    factor[row] = 0.0
    level = right[row] / pivot
    rows, columns = np.flatnonzero(factor), np.flatnonzero(line)
    if SPARSE * len(rows) * len(columns) < table.size:
        table[np.ix_(rows, columns)] -= np.multiply.outer(factor[rows], line[columns])
    else:
        table -= np.multiply.outer(factor, line)
    table[:, column] = -factor / pivot
    table[row] = line
    right -= factor * level
    right[row] = level


def _columns(start: _Start, variables: Index) -> FloatArray:
    """Columns of variables in the first system, which has the identity for the first basis."""
    n = len(start.right)
    columns = np.zeros((n, len(variables)))
    row = {int(v): k for k, v in enumerate(start.basic)}
    at = {int(v): k for k, v in enumerate(start.nonbasic)}
    for k, v in enumerate(variables.tolist()):
        if v in row:
            columns[row[v], k] = 1.0
        else:
            columns[:, k] = start.table[:, at[v]]
    return columns


def _solve(start: _Start, basis: Index, right: FloatArray) -> FloatArray | None:
    """Solve the first system for the variables of a basis; None if they are none."""
    try:
        return np.asarray(np.linalg.solve(_columns(start, basis), right))
    except np.linalg.LinAlgError:
        return None
