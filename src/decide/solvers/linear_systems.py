"""Many small linear systems side by side, the games contiguous in memory.

Gaussian elimination without pivoting, one step for all games at once: about half the time that LAPACK takes, called
once a matrix, for thousands of games with up to some ten unknowns. Where that could lose digits, which shows in large
multiples of rows, and everywhere for large matrices or few games, LAPACK inverts, with pivoting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from decide.games.values import FloatArray

__all__ = ["Systems", "factor", "inverted"]

#: Up to so many unknowns, and from so many games on, elimination side by side is the faster way (measured).
MOST_UNKNOWNS = 12
FEWEST_GAMES = 512
#: Multiples of a row up to which elimination is as good as with pivoting, for corrections that are repeated.
LARGEST = 100.0


@dataclass(frozen=True, eq=False)
class Systems:
    """Factored matrices, one a game.

    Attributes
    ----------
    sign : numpy.ndarray, shape (n,)
        Of the determinants; 0, or NaN, where a matrix is singular or not finite.
    factors : numpy.ndarray, shape (m, m, n)
        Unit lower and upper triangles; empty where all are inverted.
    rows : numpy.ndarray of int
        The games whose matrices are inverted.
    inverses : numpy.ndarray, shape (n_rows, m, m)
        NaN where a matrix is singular.
    """

    sign: FloatArray
    factors: FloatArray
    rows: NDArray[np.intp]
    inverses: FloatArray

    def solve(self, right: FloatArray) -> FloatArray:
        """Return the solutions, shape (m, n), for right-hand sides of that shape; NaN where there is none."""
        if len(self.rows) == len(self.sign):
            return np.asarray((self.inverses @ right.T[..., None])[..., 0].T)
        found = right.copy()
        m = len(right)
        for p in range(m - 1):
            found[p + 1 :] -= self.factors[p + 1 :, p] * found[p]
        for p in reversed(range(m)):
            found[p] /= self.factors[p, p]
            found[:p] -= self.factors[:p, p] * found[p]
        if len(self.rows):
            found[:, self.rows] = (self.inverses @ right[:, self.rows].T[..., None])[..., 0].T
        return found

    def take(self, games: NDArray[np.intp]) -> Systems:
        """Return those of some of the games, in ascending order."""
        at = np.searchsorted(self.rows, games)
        at = np.minimum(at, max(len(self.rows) - 1, 0))
        held = self.rows[at] == games if len(self.rows) else np.zeros(len(games), dtype=np.bool_)
        factors = self.factors[:, :, games] if len(self.factors) else self.factors
        return Systems(self.sign[games], factors, np.flatnonzero(held), self.inverses[at[held]])


def factor(matrix: FloatArray) -> Systems:
    """Factor matrices, shape (m, m, n); they are written over.

    Notes
    -----
    Cost: m^3 / 3 operations on arrays of n.
    """
    m, n = matrix.shape[1:]
    if m > MOST_UNKNOWNS or n < FEWEST_GAMES:
        inverses, sign = inverted(np.moveaxis(matrix, 2, 0))
        return Systems(sign, np.empty((0, 0, n)), np.arange(n), inverses)
    given, largest = matrix.copy(), np.zeros(n)
    with np.errstate(all="ignore"):  # what comes of that is inverted with pivoting
        for p in range(m - 1):
            matrix[p + 1 :, p] /= matrix[p, p]
            matrix[p + 1 :, p + 1 :] -= matrix[p + 1 :, p, None] * matrix[p, None, p + 1 :]
            largest = np.maximum(largest, np.abs(matrix[p + 1 :, p]).max(axis=0))
    diagonal = matrix[np.arange(m), np.arange(m)]
    sign = np.sign(diagonal).prod(axis=0)
    rows = np.flatnonzero(~((largest <= LARGEST) & (np.abs(diagonal).max(axis=0) < np.inf) & (sign != 0)))
    matrix[:, :, rows] = np.eye(m)[:, :, None]
    inverses, sign[rows] = inverted(np.moveaxis(given[:, :, rows], 2, 0))
    return Systems(sign, matrix, rows, inverses)


def inverted(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Inverses of matrices (n, m, m), NaN where one is singular, and the signs of their determinants."""
    finite = np.asarray(np.isfinite(matrix).all(axis=(1, 2)))
    safe = np.where(finite[:, None, None], matrix, np.eye(matrix.shape[1]))
    sign, size = np.linalg.slogdet(safe)
    try:
        found = np.linalg.inv(safe)
    except np.linalg.LinAlgError:
        found = np.full(matrix.shape, np.nan)
        for row in np.flatnonzero(size > -np.inf):
            found[row] = np.linalg.inv(safe[row])
    found[~finite] = np.nan
    return np.asarray(found), np.where(finite, sign, np.nan)
