"""Where the answer changes along one axis: scan, bracket, bisect, and find the root of what crosses there.

The function under study maps points to labels and to the values that the labels come from. The scan takes
``resolution + 1`` equally spaced points, so every region wider than (high - low)/resolution holds at least one and is
found; a narrower one may be missed. Between neighbours with different labels, 33 points at a time narrow the bracket
to 1e-10 of the range; new labels that turn up on the way get brackets of their own. A boundary is a *crossing* if the
two options' values meet there, a *jump* if the values (an equilibrium) change abruptly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["PRECISION", "Boundary", "Scan", "Seen", "regions"]

FloatArray = NDArray[np.float64]

#: Boundaries are placed to within this share of the range.
PRECISION = 1e-10
SPLIT = 33
JUMP = 1e-6


class Seen(NamedTuple):
    """What the function gives at n points: labels (n,), values (n, k), and the values' scale (n,)."""

    label: NDArray[np.integer]
    value: FloatArray
    scale: FloatArray


class Boundary(NamedTuple):
    """A place where the label changes, and how."""

    at: float
    before: int
    after: int
    kind: str


@dataclass(frozen=True)
class Scan:
    """Regions of constant label, from low to high.

    Attributes
    ----------
    edges : tuple of float
        One more than regions.
    labels : tuple of int
    kinds : tuple of str
        Of every edge: ``range`` at the two ends, else ``crossing`` or ``jump``.
    """

    edges: tuple[float, ...]
    labels: tuple[int, ...]
    kinds: tuple[str, ...]


def regions(look: Callable[[FloatArray], Seen], low: float, high: float, *, resolution: int, options: int) -> Scan:
    """Find all regions of constant label on [low, high].

    Parameters
    ----------
    look : callable
        Points (n,) to `Seen`.
    low, high : float
    resolution : int
        Number of equal steps of the first scan.
    options : int
        Labels below this number are options, whose values are columns of ``Seen.value``; the others are classes (ties).

    Returns
    -------
    Scan
    """
    points = np.linspace(low, high, resolution + 1)
    seen = look(points)
    width = PRECISION * (high - low)
    cells = [
        (float(points[k]), float(points[k + 1]), _row(seen, k), _row(seen, k + 1))
        for k in map(int, np.flatnonzero(seen.label[1:] != seen.label[:-1]))
    ]
    found: list[Boundary] = []
    while cells:
        narrow = [c for c in cells if c[1] - c[0] <= width or not c[0] < (c[0] + c[1]) / 2 < c[1]]
        found += [_classify(*c, options) for c in narrow]
        wide = [c for c in cells if c not in narrow] if narrow else cells
        cells = _split(look, wide) if wide else []
    found.sort(key=lambda b: b.at)
    return _merge(int(seen.label[0]), found, low, high, options)


def _row(seen: Seen, k: int) -> tuple[int, tuple[float, ...], float]:
    return int(seen.label[k]), tuple(map(float, seen.value[k])), float(seen.scale[k])


_Cell = tuple[float, float, tuple[int, tuple[float, ...], float], tuple[int, tuple[float, ...], float]]


def _split(look: Callable[[FloatArray], Seen], cells: list[_Cell]) -> list[_Cell]:
    """Cut every cell into 32 and keep the pieces whose ends differ; one call for all."""
    inner = np.concatenate([np.linspace(a, b, SPLIT)[1:-1] for a, b, _, _ in cells])
    seen = look(inner)
    pieces: list[_Cell] = []
    for k, (a, b, left, right) in enumerate(cells):
        at = [a, *inner[k * (SPLIT - 2) : (k + 1) * (SPLIT - 2)], b]
        rows = [left, *(_row(seen, k * (SPLIT - 2) + j) for j in range(SPLIT - 2)), right]
        pieces += [
            (float(at[j]), float(at[j + 1]), rows[j], rows[j + 1])
            for j in range(SPLIT - 1)
            if rows[j][0] != rows[j + 1][0]
        ]
    return pieces


def _classify(
    a: float,
    b: float,
    left: tuple[int, tuple[float, ...], float],
    right: tuple[int, tuple[float, ...], float],
    options: int,
) -> Boundary:
    """Say how the label changes between two neighbouring points, and place the root if values cross."""
    move = np.abs(np.subtract(right[1], left[1])).max(initial=0.0)
    kind = "jump" if move > JUMP * max(left[2], right[2]) else "crossing"
    at = (a + b) / 2
    if kind == "crossing" and left[0] < options and right[0] < options:
        before = left[1][left[0]] - left[1][right[0]]
        after = right[1][left[0]] - right[1][right[0]]
        if before > 0 > after:
            at = a + (b - a) * before / (before - after)
    return Boundary(float(at), left[0], right[0], kind)


def _merge(first: int, found: list[Boundary], low: float, high: float, options: int) -> Scan:
    """Join boundaries into regions, dropping the sliver of a tie that every crossing passes through."""
    sliver = 1e-7 * (high - low)
    edges, labels, kinds = [low], [first], ["range"]
    for b in found:
        if labels[-1] >= options and b.at - edges[-1] <= sliver and (len(labels) > 1 or b.at - low <= sliver):
            if len(labels) == 1:  # a tie right at the low end
                labels[0] = b.after
                continue
            middle = (edges[-1] + b.at) / 2
            labels.pop()
            if labels[-1] == b.after:  # touched and went back
                edges.pop()
                kinds.pop()
            else:
                edges[-1] = middle
                kinds[-1] = "jump" if "jump" in (kinds[-1], b.kind) else "crossing"
                labels.append(b.after)
            continue
        edges.append(b.at)
        labels.append(b.after)
        kinds.append(b.kind)
    if len(labels) > 1 and labels[-1] >= options and high - edges[-1] <= sliver:  # a tie right at the high end
        edges.pop()
        labels.pop()
        kinds.pop()
    return Scan((*edges, high), tuple(labels), (*kinds, "range"))
