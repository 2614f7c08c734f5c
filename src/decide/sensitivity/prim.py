"""Scenario discovery: a box of few parameters inside which something happens often, and outside which it does not.

The patient rule induction method (PRIM, Friedman & Fisher 1999), made for boxes that are read aloud (Bryant & Lempert
2010):

1. Peel: of all parameters, cut off the twentieth of the worlds at one end whose loss leaves the highest density; again,
   until few worlds are left. Of the boxes on the way the one of highest `merit` is kept.
2. Drop: limits that hardly matter, restrictions that chance would explain (quasi-p-value above the level), then, while
   there are too many, the one whose removal costs least merit.
3. Settle: with these parameters alone, move every limit in turn to where merit is highest (all places are tried at
   once, by running sums), which pastes back what peeling took too much of; then drop again.
4. Grow: start from everything instead, and add the parameter whose two limits gain most, one after the other, all
   limits settled each time. Peeling is patient with many weak parameters, growing finds one strong one. The better box
   is kept.
5. Round the limits to a step of each parameter, so that what is measured is what is said.

Coverage is the share of all hits that lie in the box; density the share of worlds in the box that are hits. Merit is
``coverage * (density - share) / (1 - share)`` with the share of hits everywhere: 0 for the box that is everything, and
the coverage for a box of hits alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["Limits", "confirm", "discover", "inside", "measures", "quasi_p"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Peel so much at a time, and stop when so few worlds are left.
PEEL = 0.05
FEWEST = 20
#: Rules are made from at most so many worlds, drawn from those given.
LARGEST = 16_384
#: Rounds in which limits are moved, at most.
ROUNDS = 20
#: A single limit that raises merit by less than this share of it is taken away.
MATTERS = 0.02


@dataclass(frozen=True, eq=False)
class Limits:
    """A box: the lowest and highest value of each parameter, infinite where it is not restricted; shape (d,) each."""

    low: FloatArray
    high: FloatArray

    @property
    def restricted(self) -> NDArray[np.intp]:
        """Places of the parameters that are restricted."""
        return np.flatnonzero(np.isfinite(self.low) | np.isfinite(self.high))

    def without(self, k: int) -> Limits:
        """Return the box with one parameter set free."""
        low, high = self.low.copy(), self.high.copy()
        low[k], high[k] = -np.inf, np.inf
        return Limits(low, high)


def inside(points: FloatArray, box: Limits) -> BoolArray:
    """Which points (n, d) lie in a box, its edges included."""
    kept = np.ones(len(points), dtype=np.bool_)
    for k in box.restricted:
        kept &= (points[:, k] >= box.low[k]) & (points[:, k] <= box.high[k])
    return kept


def measures(points: FloatArray, hits: BoolArray, box: Limits) -> tuple[float, float, float]:
    """Return coverage, density and the share of all points in the box; 0 where there is nothing to divide by."""
    kept = inside(points, box)
    both, size, all_hits = int((kept & hits).sum()), int(kept.sum()), int(hits.sum())
    return both / max(all_hits, 1), both / max(size, 1), size / max(len(points), 1)


def merit(both: FloatArray, size: FloatArray, hits: int, n: int) -> FloatArray:
    """Coverage times the gain in density, for boxes with `both` hits among `size` points; see the module."""
    share = hits / n
    density = both / np.maximum(size, 1)
    return np.asarray(both / max(hits, 1) * (density - share) / max(1 - share, 1e-300))


def quasi_p(points: FloatArray, hits: BoolArray, box: Limits) -> FloatArray:
    """Probability that chance alone would give each restriction its gain in density, shape (number restricted,).

    The box without the restriction has some density; a random subset of its worlds, as many as the box holds, would
    have as many hits with this (binomial) probability. "Quasi": the same worlds chose the restriction.

    References
    ----------
    Bryant & Lempert 2010, Technological Forecasting and Social Change 77, appendix A.
    """
    from scipy.special import betainc

    both, size, more = _opened(points, hits, box)
    wider_both, wider_size = both + more[0].sum(axis=0), size + more[1].sum(axis=0)
    if both == 0:
        return np.ones(len(box.restricted))
    density = wider_both / np.maximum(wider_size, 1)
    # P(Binomial(size, density) >= both), as a regularised incomplete beta function
    return np.asarray(betainc(both, size - both + 1, density))


def _opened(points: FloatArray, hits: BoolArray, box: Limits) -> tuple[int, int, NDArray[np.intp]]:
    """Hits and worlds in a box, and how many more there would be if one limit were taken away.

    Returns
    -------
    both, size : int
    more : numpy.ndarray of int, shape (2, 2, r)
        Hits, then worlds, gained by opening the low, then the high limit of each restricted parameter.
    """
    places = box.restricted
    columns = points[:, places]
    beyond = np.stack([columns < box.low[places], columns > box.high[places]], axis=1)  # (n, 2, r)
    broken = beyond.sum(axis=(1, 2))
    near = beyond[broken == 1]  # worlds that one limit alone keeps out
    kept = broken == 0
    more = np.stack([near[hits[broken == 1]].sum(axis=0), near.sum(axis=0)])
    return int((kept & hits).sum()), int(kept.sum()), more


def discover(
    points: FloatArray,
    hits: BoolArray,
    step: FloatArray,
    *,
    most: int = 3,
    density: float | None = None,
    level: float = 0.05,
) -> Limits:
    """Find a box that holds many of the hits and little else.

    Parameters
    ----------
    points : numpy.ndarray, shape (n, d)
        The worlds.
    hits : numpy.ndarray of bool, shape (n,)
    step : numpy.ndarray, shape (d,)
        Limits are rounded to these.
    most : int
        Restrict at most so many parameters.
    density : float, optional
        Among the boxes met, take the one of greatest coverage that is at least so dense, where there is one; of
        highest merit unless given.
    level : float
        Restrictions with a quasi-p-value above this are dropped.

    Returns
    -------
    Limits
        Without any restriction if nothing helps.
    """
    everything = Limits(np.full(points.shape[1], -np.inf), np.full(points.shape[1], np.inf))
    if not hits.any() or hits.all() or not points.shape[1]:
        return everything
    if len(hits) > LARGEST:
        some = np.sort(np.random.default_rng(0).choice(len(hits), LARGEST, replace=False))
        points, hits = points[some], hits[some]
    search = _Search(points, hits, density, level)
    peeled = search.peel(everything, range(points.shape[1]))
    few = search.trim(peeled, 2 * most, settle=False)  # moving limits costs more the more there are
    box = search.trim(search.settle(few), most)
    again = search.trim(search.settle(search.peel(everything, box.restricted.tolist())), most)
    grown = search.trim(search.grow(everything, most), most)
    return _rounded(max((box, again, grown), key=search.rank), step)


def confirm(points: FloatArray, hits: BoolArray, box: Limits, level: float) -> Limits:
    """Drop restrictions that worlds which did not choose them do not confirm, the least likely first."""
    while len(places := box.restricted):
        p = quasi_p(points, hits, box)
        if p.max() <= level:
            break
        box = box.without(int(places[p.argmax()]))
    return box


@dataclass(frozen=True, eq=False)
class _Search:
    """One search: the worlds, and what is asked of a box."""

    points: FloatArray
    hits: BoolArray
    density: float | None
    level: float

    def scores(self, both: FloatArray, size: FloatArray) -> FloatArray:
        """Merit of boxes with so many hits among so many worlds; or coverage, once dense enough."""
        hits, n = int(self.hits.sum()), len(self.hits)
        if self.density is None:
            return merit(both, size, hits, n)
        found = both / np.maximum(size, 1)
        return np.where((found >= self.density) & (size > 0), 1.0 + both / hits, found - 1.0)

    def rank(self, box: Limits) -> float:
        """Score of one box."""
        kept = inside(self.points, box)
        return float(self.scores(np.array((kept & self.hits).sum()), np.array(kept.sum())))

    def peel(self, box: Limits, places: range | list[int]) -> Limits:
        """Cut slices off, the one that leaves the highest density first; return the best box on the way."""
        best, rank = box, self.rank(box)
        columns = np.ascontiguousarray(self.points[:, list(places)].T)  # one row a parameter
        hits = self.hits
        while len(hits) > FEWEST and len(columns):
            k, end, left = _best_slice(columns, hits)
            if left is None:
                break
            rest, gone = columns[k, left], columns[k, ~left]
            edge = float(rest.min() + gone.max() if end == "low" else rest.max() + gone.min()) / 2  # between two worlds
            columns, hits = columns[:, left], hits[left]
            box = replace(box, **{end: np.where(np.arange(len(box.low)) == places[k], edge, getattr(box, end))})
            now = float(self.scores(np.array(hits.sum()), np.array(len(hits))))
            if now > rank:
                best, rank = box, now
        return best

    def settle(self, box: Limits) -> Limits:
        """Move every limit of the restricted parameters in turn to where the score is highest, until none moves."""
        rank = self.rank(box)
        for _ in range(ROUNDS):
            before = rank
            for k in box.restricted:
                for end in ("low", "high"):
                    moved = self._best_limit(box, int(k), end)
                    if (now := self.rank(moved)) > rank + 1e-12:
                        box, rank = moved, now
            if rank <= before + 1e-12:
                break
        return box

    def grow(self, box: Limits, most: int) -> Limits:
        """Add one parameter after the other, the one whose limits gain most first."""
        for _ in range(most):
            tried = []
            for k in range(self.points.shape[1]):
                if k not in box.restricted:
                    one, other = self._best_limit(box, k, "low"), self._best_limit(box, k, "high")
                    tried += [self._best_limit(one, k, "high"), self._best_limit(other, k, "low")]
            best = self.settle(max(tried, key=self.rank, default=box))
            if not self.rank(best) > self.rank(box):
                break
            box = best
        return box

    def _best_limit(self, box: Limits, k: int, end: str) -> Limits:
        """One limit put where the score is highest, all else as it is."""
        sign = 1.0 if end == "low" else -1.0
        free = Limits(box.low.copy(), box.high.copy())
        getattr(free, end)[k] = -sign * np.inf
        rows = np.flatnonzero(inside(self.points, free))
        column = sign * self.points[rows, k]
        order = np.argsort(column, kind="stable")
        sorted_column = column[order]
        first = np.flatnonzero(
            np.concatenate([[True], sorted_column[1:] > sorted_column[:-1]])
        )  # worlds kept from here
        hits = np.concatenate([np.cumsum(self.hits[rows][order][::-1])[::-1], [0]])
        score = self.scores(hits[first].astype(float), (len(rows) - first).astype(float))
        best = int(np.argmax(score))
        if best > 0:  # half-way between the last world outside and the first inside
            getattr(free, end)[k] = sign * (sorted_column[first[best]] + sorted_column[first[best] - 1]) / 2
        return free

    def trim(self, box: Limits, most: int, *, settle: bool = True) -> Limits:
        """Drop restrictions that chance would explain; then those that matter least, while there are too many."""

        def after(smaller: Limits) -> Limits:
            return self.settle(smaller) if settle else smaller

        box = self.open_sides(box)
        while len(places := box.restricted):
            p = quasi_p(self.points, self.hits, box)
            if p.max() <= self.level and len(places) <= most:
                break
            if p.max() > self.level:
                least = int(p.argmax())
            else:
                both, size, more = _opened(self.points, self.hits, box)
                least = int(self.scores(both + more[0].sum(axis=0), size + more[1].sum(axis=0)).argmax())
            box = self.open_sides(after(box.without(int(places[least]))))
        return box

    def open_sides(self, box: Limits) -> Limits:
        """Take away single limits that hardly matter, the least first: a rule is read aloud."""
        while len(places := box.restricted):
            both, size, more = _opened(self.points, self.hits, box)
            rank = float(self.scores(np.array(both), np.array(size)))
            score = np.where([np.isfinite(box.low[places]), np.isfinite(box.high[places])],
                             self.scores(both + more[0], size + more[1]), -np.inf)  # fmt: skip
            if score.max() < rank - (MATTERS * rank if self.density is None else 0.0):
                break
            end, k = np.unravel_index(int(score.argmax()), score.shape)
            low, high = box.low.copy(), box.high.copy()
            (low, high)[end][places[k]] = (-np.inf, np.inf)[end]
            box = Limits(low, high)
        return box


def _best_slice(columns: FloatArray, hits: BoolArray) -> tuple[int, str, BoolArray | None]:
    """The slice whose removal leaves the highest density: parameter, end, and the worlds left; None if none can be."""
    n = columns.shape[1]
    at = min(int(PEEL * n), n - 1)
    ends = np.partition(columns, (at, n - 1 - at), axis=1)
    found: tuple[float, int, str] = (-1.0, 0, "low")
    for end, edges in (("low", ends[:, at]), ("high", ends[:, n - 1 - at])):
        left = columns > edges[:, None] if end == "low" else columns < edges[:, None]
        size = left.sum(axis=1)
        density = np.where(size > 0, (left & hits).sum(axis=1) / np.maximum(size, 1), -1.0)
        k = int(density.argmax())
        if density[k] > found[0]:
            found = (float(density[k]), k, end)
    _, k, end = found
    if found[0] < 0:  # every parameter is at one value, which cannot be divided
        return k, end, None
    edge = ends[k, at] if end == "low" else ends[k, n - 1 - at]
    return k, end, columns[k] > edge if end == "low" else columns[k] < edge


def _rounded(box: Limits, step: FloatArray) -> Limits:
    """Limits rounded to steps; infinite ones stay."""
    with np.errstate(invalid="ignore"):
        low, high = (np.round(end / step) * step for end in (box.low, box.high))
        low, high = (np.array([float(f"{x:.12g}") for x in end]) for end in (low, high))  # 2.9, not 2.9000000000000004
    return Limits(np.where(np.isfinite(box.low), low, box.low), np.where(np.isfinite(box.high), high, box.high))
