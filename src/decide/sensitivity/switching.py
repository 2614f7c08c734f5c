"""Where the answer changes along one axis: scan, bracket, bisect, and find the root of what crosses there.

The function under study maps points to labels and to the values that the labels come from. The scan takes
``resolution + 1`` equally spaced points, so every region wider than (high - low)/resolution holds at least one and is
found; a narrower one may be missed. Between neighbours with different labels, 33 points at a time narrow the bracket
to 1e-10 of the range; new labels that turn up on the way get brackets of their own. A boundary is a *crossing* if the
two options' values meet there, a *jump* if the values (an equilibrium) change abruptly.

Ties are told with a tolerance, and where values run nearly parallel that tolerance is a wide band of points. A crossing
is therefore placed at the root of the two values' difference, not in the middle of its band, and the edge of a range of
true ties where the lead of what is best beside it goes to zero, not where it leaves the tolerance.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["PRECISION", "SLIVER", "Boundary", "Scan", "Seen", "regions"]

FloatArray = NDArray[np.float64]

#: Boundaries are placed to within this share of the range.
PRECISION = 1e-10
SPLIT = 33
JUMP = 1e-6
#: More changes than these inside one step of the scan are noise, of which the first and the last are followed.
MOST_CHANGES = 2
#: With more cells than these, values differ by rounding error alone: one change in each is followed.
MOST_CELLS = 256
#: Steps towards the place where a lead goes to zero.
MOST_STEPS = 60
#: A lead below this share of the scale is rounding error.
ROUNDING = 1e-15
#: An answer that holds over less than this share of the range is a knife's edge (somebody's tie), not a region.
SLIVER = 1e-7


class Seen(NamedTuple):
    """What the function gives at n points.

    Attributes
    ----------
    label : numpy.ndarray of int, shape (n,)
    value : numpy.ndarray, shape (n, k)
        The values the labels come from: first those of the options, then any others whose jumps matter.
    scale : numpy.ndarray, shape (n,)
        What a change of value is measured against.
    options : int
        Labels below this number are options; the others are classes (ties).
    """

    label: NDArray[np.integer]
    value: FloatArray
    scale: FloatArray
    options: int


Look: TypeAlias = Callable[[FloatArray], Seen]


class _Point(NamedTuple):
    """The function at one point."""

    at: float
    label: int
    value: tuple[float, ...]
    scale: float
    options: int


class Boundary(NamedTuple):
    """A place where the label changes: the points just before and after it, how it changes, and where exactly."""

    before: _Point
    after: _Point
    kind: str
    at: float


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


def regions(
    look: Callable[[FloatArray], Seen], low: float, high: float, *, resolution: int, first: Seen | None = None
) -> Scan:
    """Find all regions of constant label on [low, high].

    Parameters
    ----------
    look : callable
        Points (n,) to `Seen`.
    low, high : float
    resolution : int
        Number of equal steps of the first scan.
    first : Seen, optional
        What the scan sees, where somebody has looked already.

    Returns
    -------
    Scan
    """
    points = np.linspace(low, high, resolution + 1)
    seen = look(points) if first is None else first
    width = PRECISION * (high - low)
    ends = [_point(seen, k, at) for k, at in enumerate(points)]
    cells = [(a, b) for a, b in itertools.pairwise(ends) if a.label != b.label]
    found: list[Boundary] = []
    while cells:
        found += [_classify(a, b) for a, b in cells if _narrow(a, b, width)]
        wide = [(a, b) for a, b in cells if not _narrow(a, b, width)]
        cells = _split(look, wide) if wide else []
    found.sort(key=lambda boundary: boundary.at)
    kept = _without_slivers(look, found, low, high)
    return _join(ends[0].label, _at_edges_of_ties(look, kept, low, high), low, high)


def _point(seen: Seen, k: int, at: float) -> _Point:
    return _Point(float(at), int(seen.label[k]), tuple(map(float, seen.value[k])), float(seen.scale[k]), seen.options)


def _narrow(a: _Point, b: _Point, width: float) -> bool:
    return b.at - a.at <= width or not a.at < (a.at + b.at) / 2 < b.at


def _split(look: Look, cells: list[tuple[_Point, _Point]]) -> list[tuple[_Point, _Point]]:
    """Cut every cell into 32 and keep the pieces whose ends differ; one call for all."""
    inner = [np.linspace(a.at, b.at, SPLIT)[1:-1] for a, b in cells]
    seen = look(np.concatenate(inner))
    pieces: list[list[tuple[_Point, _Point]]] = []
    for k, (a, b) in enumerate(cells):
        own = [_point(seen, k * (SPLIT - 2) + j, at) for j, at in enumerate(inner[k])]
        changes = [(p, q) for p, q in itertools.pairwise([a, *own, b]) if p.label != q.label]
        pieces.append(changes if len(changes) <= MOST_CHANGES else [changes[0], changes[-1]])
    if sum(map(len, pieces)) > MOST_CELLS:
        pieces = [changes[:1] for changes in pieces]
    return list(itertools.chain.from_iterable(pieces))


def _classify(a: _Point, b: _Point) -> Boundary:
    """Say how the label changes between two neighbouring points, and place the root if values cross."""
    move = max((abs(y - x) for x, y in zip(a.value, b.value, strict=True)), default=0.0)
    kind = "jump" if move > JUMP * max(a.scale, b.scale) else "crossing"
    at = (a.at + b.at) / 2
    if kind == "crossing" and a.label < a.options and b.label < b.options:
        before, after = _lead(a, a.label, b.label), _lead(b, a.label, b.label)
        if before > 0 > after:
            at = a.at + (b.at - a.at) * before / (before - after)
    return Boundary(a, b, kind, at)


def _lead(p: _Point, option: int, other: int) -> float:
    """By how much one option is worth more than another; than the best other one if they are the same."""
    if option != other:
        return p.value[option] - p.value[other]
    return p.value[option] - max(
        (v for k, v in enumerate(p.value[: p.options]) if k != option), default=p.value[option]
    )


def _without_slivers(look: Look, found: list[Boundary], low: float, high: float) -> list[Boundary]:
    """Replace the band of a tie that two crossing values pass through by the crossing itself.

    Values closer than a tolerance are tied, so each crossing has such a band, wide where the lines are nearly parallel.
    It differs from a range of true ties by the lead in it, which goes on changing.
    """
    kept: list[Boundary] = []
    bounds: list[Boundary | None] = [None, *found, None]
    for into, out in itertools.pairwise(bounds):  # one region each
        if not _is_sliver(look, into, out, low, high):
            kept += [out] if out is not None else []
        elif into is None:
            kept += [out._replace(at=low)] if out is not None else []  # no region of its own: see _join
        else:
            kept.pop()
            kept += [_meet(look, into, out, low, high)] if out is not None else []
    return kept


def _is_sliver(look: Look, into: Boundary | None, out: Boundary | None, low: float, high: float) -> bool:
    """Whether a region is a tie that values only pass through, between two options or at an end of the range."""
    inner = into.after if into is not None else out.before if out is not None else None
    outer = [p for p in (into and into.before, out and out.after) if p is not None]
    left, right = into.at if into is not None else low, out.at if out is not None else high
    if inner is None:
        return False
    if right - left <= SLIVER * (high - low):
        return True
    if inner.label != inner.options or any(p.label >= p.options for p in outer):
        return False
    if any(b is not None and b.kind == "jump" for b in (into, out)):
        return False
    quarters = np.array([left + (right - left) / 4, right - (right - left) / 4])
    seen = look(quarters)
    inside = [abs(_lead(_point(seen, j, at), outer[0].label, outer[-1].label)) for j, at in enumerate(quarters)]
    edge = max(abs(_lead(p, outer[0].label, outer[-1].label)) for p in outer)
    if max(inside) > 10 * edge:  # others are tied there, or mixed, and the option beside them is out of it
        return False
    return (min(inside) if len(outer) == 2 else max(inside)) > 0.02 * edge


def _meet(look: Look, into: Boundary, out: Boundary, low: float, high: float) -> Boundary:
    """The crossing, touching or jump in the middle of a band of ties."""
    if any(p.label >= p.options for p in (into.before, out.after)):
        return Boundary(into.before, out.after, into.kind, into.at)
    move = max(abs(y - x) for x, y in zip(into.before.value, out.after.value, strict=True))
    kind = "jump" if move > JUMP * max(into.before.scale, out.after.scale) else "crossing"
    if out.after.at - into.before.at > SLIVER * (high - low):  # in a wide band values may move a lot, and still cross
        kind = "crossing"
        at = _root(look, into.before, out.after, PRECISION * (high - low))
    else:
        at = _secant(into.before, out.after, (into.before.label, out.after.label), exact=kind == "crossing")
    return Boundary(into.before, out.after, kind, at)


def _secant(a: _Point, b: _Point, pair: tuple[int, int], *, exact: bool = True) -> float:
    """Where the line through one option's lead over another at two points is zero; half-way where it is not between."""
    left, right = _lead(a, *pair), _lead(b, *pair)
    share = left / (left - right) if exact and left > 0 > right else 0.5
    return a.at + (b.at - a.at) * share


def _root(look: Look, a: _Point, b: _Point, width: float) -> float:
    """Where the lead of the option that is best at `a` over the one that is best at `b` goes to zero."""
    pair = (a.label, b.label)
    while not _narrow(a, b, width) and _lead(a, *pair) > 0 > _lead(b, *pair):
        inner = np.linspace(a.at, b.at, SPLIT)[1:-1]
        seen = look(inner)
        own = [a, *(_point(seen, k, at) for k, at in enumerate(inner)), b]
        first = next(k for k, p in enumerate(own) if _lead(p, *pair) <= 0)
        a, b = own[first - 1], own[first]
    return b.at if _lead(b, *pair) == 0 else _secant(a, b, pair)


def _at_edges_of_ties(look: Look, found: list[Boundary], low: float, high: float) -> list[Boundary]:
    """Move boundaries between a range of ties and an option to where the option's lead goes to zero."""
    stops = [low, *(boundary.at for boundary in found), high]
    moved = []
    for k, boundary in enumerate(found):
        a, b = boundary.before, boundary.after
        one_tied = min(a.label, b.label) < a.options == max(a.label, b.label)
        inside = low < boundary.at < high  # one at an end of the range has no region beside it: see _join
        if inside and boundary.kind == "crossing" and one_tied:
            tied, best, end = (b, a, stops[k]) if b.label == b.options else (a, b, stops[k + 2])
            until = stops[k + 2] if tied is b else stops[k]
            boundary = boundary._replace(at=_zero_of_lead(look, best, tied, end, until, high - low))
        moved.append(boundary)
    return moved


def _zero_of_lead(look: Look, best: _Point, tied: _Point, end: float, until: float, width: float) -> float:
    """Follow the lead of the best option down to zero, by secants, from the edge of the band of near-ties inwards.

    `end` is the far end of the option's own region, `until` that of the ties': the step backwards, from which the slope
    is read, stays in the first, and what is found in the second.
    """
    pair = (best.label, best.label)
    back = best.at + float(np.clip((end - best.at) / 4, -1e-6 * width, 1e-6 * width))
    one, two = _point(look(np.array([back])), 0, back), best
    for _ in range(MOST_STEPS):
        x, y = _lead(one, *pair), _lead(two, *pair)
        if not x > y > ROUNDING * two.scale:
            break
        at = two.at + (two.at - one.at) * y / (x - y)
        if abs(at - two.at) < 0.01 * PRECISION * width or not min(best.at, until) <= at <= max(best.at, until):
            break
        there = _point(look(np.array([at])), 0, at)
        if there.label != tied.label:
            break
        one, two = two, there
    return (best.at + tied.at) / 2 if two is best else two.at


def _join(first: int, found: list[Boundary], low: float, high: float) -> Scan:
    """Make regions of boundaries."""
    edges, labels, kinds = [low], [first], ["range"]
    for boundary in found:
        if boundary.at == low:
            labels = [boundary.after.label]
        elif boundary.after.label != labels[-1]:
            edges.append(boundary.at)
            labels.append(boundary.after.label)
            kinds.append(boundary.kind)
    return Scan((*edges, high), tuple(labels), (*kinds, "range"))
