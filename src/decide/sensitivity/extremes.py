"""The least and greatest values of functions over a range: looked for inside it, not read off its two ends.

A grid of equal steps is looked at first. Around the lowest and highest few of its local extremes 33 points at a time
narrow the bracket to 1e-8 of the range. Every value returned was taken at a point looked at, so where a function jumps
nothing is claimed beyond it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Extremes", "extremes", "extremes_of_lines"]

FloatArray = NDArray[np.float64]

SPLIT = 33
WIDTH = 1e-8
#: So many local extremes of the grid are followed.
FOLLOWED = 3


class Extremes(NamedTuple):
    """Least and greatest value of m functions, and where they are taken; shape (m,) each."""

    low: FloatArray
    at_low: FloatArray
    high: FloatArray
    at_high: FloatArray


def extremes(look: Callable[[FloatArray], FloatArray], low: float, high: float, *, resolution: int) -> Extremes:
    """Find the least and greatest values of functions on [low, high].

    Parameters
    ----------
    look : callable
        Points (n,) to values (n, m) of m functions; NaN where a function has none.
    low, high : float
    resolution : int
        Equal steps of the first grid: extremes of functions that turn no more than once in a step are found.

    Returns
    -------
    Extremes
    """
    ends = np.array([low], dtype=np.float64), np.array([high], dtype=np.float64)
    return extremes_of_lines(lambda _, points: look(points), *ends, resolution=resolution)[0]


def extremes_of_lines(
    look: Callable[[NDArray[np.intp], FloatArray], FloatArray], low: FloatArray, high: FloatArray, *, resolution: int
) -> list[Extremes]:
    """Find the least and greatest values of functions along several lines at once: few calls, however many lines.

    Parameters
    ----------
    look : callable
        Lines (n,) and points on them (n,) to values (n, m).
    low, high : numpy.ndarray, shape (l,)
        The ends of each line.
    resolution : int

    Returns
    -------
    list of Extremes
        One a line; NaN for a function that has no value anywhere on it.
    """
    lines, steps = len(low), np.linspace(0.0, 1.0, resolution + 1)
    grid = low[:, None] + (high - low)[:, None] * steps
    grid[:, -1] = high
    seen = look(np.repeat(np.arange(lines), resolution + 1), grid.reshape(-1))
    m = seen.shape[1]
    # every search is for a greatest value: one column a line, a function and a sign
    signed = np.moveaxis(_both_signs(seen).reshape(lines, resolution + 1, 2 * m), 1, 0).reshape(resolution + 1, -1)
    line_of = np.repeat(np.arange(lines), 2 * m)
    best, where = signed.max(axis=0), grid[line_of, signed.argmax(axis=0)]
    column, centre = _peaks(signed)
    line = line_of[column]
    left, right = grid[line, np.maximum(centre - 1, 0)], grid[line, np.minimum(centre + 1, resolution)]
    while len(column) and float(((right - left) / (high - low)[line]).max()) > WIDTH:
        points = left[:, None] + (right - left)[:, None] * np.linspace(0.0, 1.0, SPLIT)
        inner = look(np.repeat(line, SPLIT), points.reshape(-1))
        values = _both_signs(inner).reshape(*points.shape, 2 * m)
        own = np.take_along_axis(values, (column % (2 * m))[:, None, None], axis=2)[:, :, 0]
        k, rows = own.argmax(axis=1), np.arange(len(column))
        for row in np.argsort(own[rows, k]):  # the best of a column is written last
            if own[row, k[row]] > best[column[row]]:
                best[column[row]], where[column[row]] = own[row, k[row]], points[row, k[row]]
        left, right = points[rows, np.maximum(k - 1, 0)], points[rows, np.minimum(k + 1, SPLIT - 1)]
    best, where = (np.where(np.isfinite(best), x, np.nan).reshape(lines, 2 * m) for x in (best, where))
    return [Extremes(-b[m:] + 0.0, at[m:], b[:m], at[:m]) for b, at in zip(best, where, strict=True)]


def _both_signs(values: FloatArray) -> FloatArray:
    both = np.concatenate([values, -values], axis=1)
    return np.where(np.isnan(both), -np.inf, both)


def _peaks(values: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Columns and places of the highest few local maxima of a grid (n, m)."""
    beyond = np.full((1, values.shape[1]), -np.inf)
    before, after = np.concatenate([beyond, values[:-1]]), np.concatenate([values[1:], beyond])
    height = np.where((values >= before) & (values >= after), values, -np.inf)
    order = np.argsort(-height, axis=0, kind="stable")[:FOLLOWED]
    rows, columns = order.reshape(-1), np.tile(np.arange(values.shape[1]), len(order))
    kept = np.isfinite(height[rows, columns])
    return columns[kept], rows[kept]
