"""Regions of a rectangle in which an answer is the same: their boundaries, placed by root-finding, and their areas.

The answer is looked at on a grid of nodes. Wherever it differs between neighbours, the edge between them is narrowed,
33 points at a time, until the place of the change is known to a millionth of the edge (the grid alone says no more
than *somewhere between*). In each cell the corners of one answer and the changes on the sides span a polygon: exact for
straight boundaries, with an error of the order of the cell's side squared for curved ones, which is estimated from a
grid twice as coarse. A cell that the polygons do not cover (three answers meet in it, or a boundary turns a corner) is
measured by counting 32 x 32 points in it. So is one beside a boundary that has one answer at all corners and another
inside, where a region runs out in a wedge between the nodes. A region that holds no node at all may be missed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Regions", "area_error", "map_regions"]

FloatArray = NDArray[np.float64]
Codes = NDArray[np.integer]

SPLIT = 33
#: Splits of an edge: its change is placed to 32**-4 of it, a millionth.
SPLITS = 4
#: Points along each side of a cell that is measured by counting, and how many cells are.
COUNTED = 32
MOST_COUNTED = 100
#: Points along each side of a cell in which a hidden answer is looked for.
INSIDE = 4
#: A boundary is straight enough if it keeps within this share of the cell's sides.
NEAR = 0.1


class Regions(NamedTuple):
    """What a map shows.

    Attributes
    ----------
    area : numpy.ndarray, shape (n_codes,)
        Share of the rectangle of each answer.
    unsettled : float
        Share that neither polygons nor counting settled.
    segments : numpy.ndarray, shape (n, 2, 2)
        Pieces of boundary: two ends, each x and y.
    sides : numpy.ndarray of int, shape (n, 2)
        The two answers that each piece parts.
    """

    area: FloatArray
    unsettled: float
    segments: FloatArray
    sides: NDArray[np.int64]


def map_regions(
    look: Callable[[FloatArray, FloatArray], Codes], x: FloatArray, y: FloatArray, codes: Codes, n_codes: int
) -> Regions:
    """Place the boundaries between answers that are known at the nodes of a grid.

    Parameters
    ----------
    look : callable
        Points x (n,) and y (n,) to answers (n,).
    x, y : numpy.ndarray, shape (nx,) and (ny,)
        Ascending.
    codes : numpy.ndarray of int, shape (nx, ny)
        The answer at each node.
    n_codes : int

    Returns
    -------
    Regions
    """
    across = _changes(look, codes[:-1], codes[1:], x[:-1], x[1:], y, axis=0)
    along = _changes(look, codes[:, :-1], codes[:, 1:], y[:-1], y[1:], x, axis=1)
    total = float((x[-1] - x[0]) * (y[-1] - y[0]))
    area = np.zeros(n_codes)
    corner = np.stack([codes[:-1, :-1], codes[1:, :-1], codes[1:, 1:], codes[:-1, 1:]])  # around each cell
    size = np.diff(x)[:, None] * np.diff(y)[None, :]
    same = (corner == corner[0]).all(axis=0)
    unsettled, counted = 0.0, 0
    hidden = _hidden(look, x, y, corner[0], same)
    for i, j in np.argwhere(hidden):
        if counted < MOST_COUNTED:
            ends = np.array([(x[i], y[j]), (x[i + 1], y[j]), (x[i + 1], y[j + 1]), (x[i], y[j + 1])])
            for code, part in _count(look, ends, n_codes).items():
                area[code] += part
            counted += 1
            unsettled += float(size[i, j]) / COUNTED / total
        else:
            area[corner[0, i, j]] += size[i, j]
            unsettled += float(size[i, j]) / total
    plain = same & ~hidden
    np.add.at(area, corner[0][plain], size[plain])
    segments: list[FloatArray] = []
    sides: list[tuple[int, int]] = []
    cells = [
        _Cell(
            np.array([(x[i], y[j]), (x[i + 1], y[j]), (x[i + 1], y[j + 1]), (x[i], y[j + 1])]),
            [int(c) for c in corner[:, i, j]],
            # the change on each side, seen from its first and from its second corner, in the order of the walk
            [across[i, j], along[i + 1, j], across[i, j + 1][::-1], along[i, j][::-1]],
        )
        for i, j in np.argwhere(~same)
    ]
    for cell, straight in zip(cells, _are_straight(look, cells), strict=True):
        own = {code: cell.polygon(code) for code in set(cell.corner)}
        whole = float(np.prod(cell.at[2] - cell.at[0]))
        rest = whole - sum(own.values())
        if not straight and counted < MOST_COUNTED:
            own = _count(look, cell.at, n_codes)
            rest, counted = 0.0, counted + 1
            unsettled += whole / COUNTED / total if len(own) > 1 else 0.0
        unsettled += abs(rest) / total
        for code, covered in own.items():
            area[code] += covered + rest / len(own)
        for segment, pair in cell.pieces():
            segments.append(segment)
            sides.append(pair)
    return Regions(
        area / total,
        unsettled,
        np.array(segments).reshape(-1, 2, 2),
        np.array(sides, dtype=np.int64).reshape(-1, 2),
    )


def area_error(fine: Regions, coarse: Regions) -> FloatArray:
    """Error of areas, estimated from a grid twice as coarse, whose error is four times as large."""
    return np.asarray(np.abs(fine.area - coarse.area) / 3 + fine.unsettled)


def _hidden(
    look: Callable[[FloatArray, FloatArray], Codes], x: FloatArray, y: FloatArray, code: Codes, same: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Cells of one answer at all corners that hold another one inside: a region runs out in a wedge between nodes.

    They lie next to a boundary, or next to another such cell.
    """
    share = (np.arange(INSIDE) + 0.5) / INSIDE
    hidden, checked = np.zeros_like(same), ~same
    front = ~same
    while True:
        i, j = np.nonzero(_around(front) & ~checked)
        if not len(i):
            return hidden
        checked[i, j] = True
        px = x[i, None, None] + (x[i + 1] - x[i])[:, None, None] * share[None, :, None]
        py = y[j, None, None] + (y[j + 1] - y[j])[:, None, None] * share[None, None, :]
        px, py = np.broadcast_arrays(px, py)
        seen = np.asarray(look(px.reshape(-1), py.reshape(-1))).reshape(px.shape)
        other = (seen != code[i, j][:, None, None]).any(axis=(1, 2))
        front = np.zeros_like(same)
        front[i[other], j[other]] = True
        hidden |= front


def _around(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The cells and those that touch them."""
    wide = np.pad(cells, 1)
    nx, ny = cells.shape
    shifted = [wide[i : i + nx, j : j + ny] for i in range(3) for j in range(3)]
    return np.asarray(np.logical_or.reduce(shifted))


class _Cell(NamedTuple):
    """A cell: its corners (counter-clockwise), their answers, and where the answer changes on each side."""

    at: FloatArray
    corner: list[int]
    change: list[FloatArray]

    def point(self, side: int, end: int) -> FloatArray:
        """The change on a side, as seen from its first (0) or second (1) corner."""
        a, b = self.at[side], self.at[(side + 1) % 4]
        axis = int(a[1] != b[1])
        point = a.copy()
        point[axis] = self.change[side][end]
        return np.asarray(point)

    def polygon(self, code: int) -> float:
        """Area of the polygon of the corners that have an answer and the changes next to them."""
        points = []
        for k in range(4):
            here, there = self.corner[k], self.corner[(k + 1) % 4]
            if here == code:
                points.append(self.at[k])
            if here != there and code in (here, there):
                points.append(self.point(k, 0 if here == code else 1))
        p = np.array(points)
        q = np.roll(p, -1, axis=0)
        return abs(float((p[:, 0] * q[:, 1] - q[:, 0] * p[:, 1]).sum())) / 2

    def pieces(self) -> list[tuple[FloatArray, tuple[int, int]]]:
        """Pieces of boundary inside the cell: between two sides that part the same two answers."""
        crossed: dict[tuple[int, int], list[FloatArray]] = {}
        for k in range(4):
            here, there = self.corner[k], self.corner[(k + 1) % 4]
            if here != there:
                crossed.setdefault((min(here, there), max(here, there)), []).append(self.point(k, 0))
        centre = np.mean([p for points in crossed.values() for p in points], axis=0)
        found = []
        for pair, points in crossed.items():
            if len(points) == 2:
                found.append((np.array(points), pair))
            else:  # where several boundaries meet, each runs to the middle
                found += [(np.array([point, centre]), pair) for point in points]
        return found


def _are_straight(look: Callable[[FloatArray, FloatArray], Codes], cells: list[_Cell]) -> list[bool]:
    """Whether one boundary crosses each cell, and keeps near the straight line between its two ends."""
    pieces = [cell.pieces() for cell in cells]
    alone = [k for k, found in enumerate(pieces) if len(found) == 1]
    if not alone:
        return [False] * len(cells)
    points, expected, outside = [], [], []  # a boundary along a side has nothing on its other side here
    for k in alone:
        cell, (ends, pair) = cells[k], pieces[k][0]
        side = cell.at[2] - cell.at[0]
        way = (ends[1] - ends[0]) / side
        normal = np.array([-way[1], way[0]]) / (float(np.hypot(*way)) or 1.0)
        first = np.mean([at for at, code in zip(cell.at, cell.corner, strict=True) if code == pair[0]], axis=0)
        middle = ends.mean(axis=0)
        towards = normal if float(((first - middle) / side) @ normal) > 0 else -normal
        beside = [middle + sign * NEAR * towards * side for sign in (1, -1)]
        points += beside
        outside += [bool((p < cell.at[0]).any() or (p > cell.at[2]).any()) for p in beside]
        expected += list(pair)
    at = np.array(points)
    seen = outside | (np.asarray(look(at[:, 0], at[:, 1])) == expected)
    good = set(np.array(alone)[seen.reshape(-1, 2).all(axis=1)].tolist())
    return [k in good for k in range(len(cells))]


def _count(look: Callable[[FloatArray, FloatArray], Codes], at: FloatArray, n_codes: int) -> dict[int, float]:
    """Areas of the answers in a cell, by counting points spread evenly over it."""
    share = (np.arange(COUNTED) + 0.5) / COUNTED
    aside = (1.5 - np.sqrt(2)) / COUNTED  # off the diagonals, along which answers often tie: now above, now below
    across, up = np.meshgrid(share, share)
    up[:, ::2], up[:, 1::2] = up[:, ::2] + aside, up[:, 1::2] - aside
    (low_x, low_y), (high_x, high_y) = at[0], at[2]
    x, y = low_x + (high_x - low_x) * across, low_y + (high_y - low_y) * up
    found = np.bincount(np.asarray(look(x.reshape(-1), y.reshape(-1))), minlength=n_codes) / COUNTED**2
    return {code: float(part * (high_x - low_x) * (high_y - low_y)) for code, part in enumerate(found) if part}


def _changes(
    look: Callable[[FloatArray, FloatArray], Codes],
    first: Codes,
    second: Codes,
    low: FloatArray,
    high: FloatArray,
    other: FloatArray,
    *,
    axis: int,
) -> FloatArray:
    """Where the answer stops being that of the first end, and starts being that of the second; (nx, ny, 2) on edges."""
    found = np.full((*first.shape, 2), np.nan)
    where = np.argwhere(first != second)
    if not len(where):
        return found
    step, fixed = where[:, axis], other[where[:, 1 - axis]]
    n = len(where)
    own = np.concatenate([array[where[:, 0], where[:, 1]] for array in (first, second)])
    from_second = np.arange(2 * n) >= n  # both ends at once: the answer of the first is left, that of the second met
    a, b = np.tile(low[step], 2), np.tile(high[step], 2)
    rest, rows = np.repeat(np.tile(fixed, 2), SPLIT), np.arange(2 * n)
    for _ in range(SPLITS):
        points = a[:, None] + (b - a)[:, None] * np.linspace(0.0, 1.0, SPLIT)
        flat = points.reshape(-1)
        seen = (look(flat, rest) if axis == 0 else look(rest, flat)).reshape(points.shape) == own[:, None]
        seen[:, 0], seen[:, -1] = ~from_second, from_second
        k = np.where(from_second, SPLIT - (~seen[:, ::-1]).argmax(axis=1), (~seen).argmax(axis=1))
        a, b = points[rows, k - 1], points[rows, k]
    found[where[:, 0], where[:, 1]] = ((a + b) / 2).reshape(2, n).T
    return found
