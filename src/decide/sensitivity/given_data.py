"""First-order indices from any draws that are there: no paired design is needed, and inputs may be dependent.

The share of an output's variance that is explained by the input's value alone is Var(E[Y | X]) / Var(Y). The values of
X are put into bins of as many draws each (values that are few have a bin of their own), and the means of Y in the bins
stand for E[Y | X] (Plischke, Borgonovo & Smith 2013). Means of few draws scatter even where X does nothing; so the
variance *within* bins is divided by its own degrees of freedom (Kelley's epsilon squared), which takes the bias out.
What is left is that Y may move with X inside a bin: a linear effect is underestimated by one part in bins**2.

References
----------
Kelley, T. L. (1935). An unbiased correlation ratio measure. PNAS 21.
Plischke, E., Borgonovo, E. & Smith, C. L. (2013). Global sensitivity measures from given data. European Journal of
    Operational Research 226.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from decide.sensitivity.indices import FloatArray, Partials, left_out

__all__ = ["bins_of", "given_partials", "number_of_bins", "positions"]


def number_of_bins(n: int) -> int:
    """Return how many bins n draws are put into: a third of their root, from 2 to 100."""
    return int(np.clip(round(np.sqrt(n) / 3), 2, 100))


def positions(x: FloatArray) -> FloatArray:
    """Return where each value stands among all, in (0, 1): the middle of the ranks of those equal to it."""
    _, place, counts = np.unique(x, return_inverse=True, return_counts=True)
    return np.asarray(((np.cumsum(counts) - 0.5 * counts) / len(x))[place])


def bins_of(x: FloatArray, most: int) -> NDArray[np.intp]:
    """Put values into at most so many bins of about as many draws each; equal values are never parted.

    Parameters
    ----------
    x : numpy.ndarray, shape (n,)
    most : int

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        The bin of each value, from 0 up, larger values in later bins.
    """
    values, place = np.unique(x, return_inverse=True)
    if len(values) <= most:
        return np.asarray(place, dtype=np.intp)
    return np.asarray(np.unique((positions(x) * most).astype(np.intp), return_inverse=True)[1], dtype=np.intp)


def given_partials(x: Sequence[FloatArray], y: FloatArray, replicate: NDArray[np.integer]) -> Partials:
    """Return first-order partial variances from draws as they are.

    Parameters
    ----------
    x : sequence of numpy.ndarray, shape (n,)
        One array an input.
    y : numpy.ndarray, shape (n, n_outputs)
    replicate : numpy.ndarray of int, shape (n,)
        The independent replicate of each draw, from 0 up.

    Returns
    -------
    Partials

    Notes
    -----
    Cost: n log n for each input.
    """
    count = int(replicate.max()) + 1
    y = y - y.mean(axis=0)
    sizes = left_out(np.bincount(replicate, minlength=count).astype(np.float64))
    sums, squares = (_by_cell(replicate, count, z) for z in (y, y**2))
    sums, squares = left_out(sums), left_out(squares)
    spread = squares - sums**2 / sizes[:, None]
    whole = spread / np.maximum(sizes - 1, 1)[:, None]
    partial = [_between(bins_of(column, number_of_bins(len(y))), y, replicate, count, squares, whole) for column in x]
    return Partials(np.stack(partial, axis=1), whole)


def _between(
    bins: NDArray[np.intp],
    y: FloatArray,
    replicate: NDArray[np.integer],
    count: int,
    squares: FloatArray,
    whole: FloatArray,
) -> FloatArray:
    """The variance less the variance within bins, shape (1 + count, n_outputs)."""
    n_bins = int(bins.max()) + 1
    cell = replicate * n_bins + bins
    number = left_out(np.bincount(cell, minlength=count * n_bins).reshape(count, n_bins).astype(np.float64))
    total = left_out(_by_cell(cell, count * n_bins, y).reshape(count, n_bins, -1))
    seen = number > 0
    explained = (total**2 / np.where(seen, number, 1.0)[..., None]).sum(axis=1)
    free = np.maximum(number.sum(axis=1) - seen.sum(axis=1), 1.0)
    return np.asarray(
        np.where(seen.sum(axis=1) > 1, 1.0, 0.0)[:, None] * (whole - (squares - explained) / free[:, None])
    )


def _by_cell(cell: NDArray[np.integer], count: int, y: FloatArray) -> FloatArray:
    """Sums of every column over the rows of each cell, shape (count, n_columns)."""
    return np.stack([np.bincount(cell, weights=column, minlength=count) for column in y.T], axis=1)
