"""The greatest values of functions over a box, searched rather than sampled.

Every function is climbed from several points at once, all in a few batched calls a round:

1. Starts: the base, the best few of a random sample of the box and of its corners, and, where a function moves one way
   in every parameter wherever that was checked, the corner it moves to.
2. A round tries, for every climb and every coordinate, both ends and a step either way, an eighth of it and an eighth
   of that, all else as it is. The best of them is taken, or the point where every coordinate takes its own best, or a
   step aside in a few coordinates at once, at random, which is how a climb follows an edge at which values jump:
   whichever is highest. Where none gains anything, the next round's steps are the next three eighths. Coordinates along
   which the function moved one way wherever that was checked are tried at their ends alone, until a last climb of every
   function's best point tries all.
3. From where the climbs of all functions ended, and from mixtures of two ends, every function is climbed again: what is
   bad for one option is a good start for what is lost by choosing another.
4. With few coordinates all corners are looked at; where all coordinates are discrete and combinations few, all of them.
5. Coordinates that gain nothing are put back to the base.

What is returned was taken at a point looked at, so it is a bound *found*: the true greatest value is no less. It is
proved where all worlds were looked at; and it is exact if what was seen of the function's form on random lines holds
everywhere (`forms`): linear in each parameter and all corners looked at, or moving one way in each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["FOUND", "LINEAR", "MONOTONE", "PROVED", "Forms", "Greatest", "forms", "greatest"]

FloatArray = NDArray[np.float64]
#: Points (n, d) of the unit box to values (n, m); NaN where a function has none.
Look = Callable[[FloatArray], FloatArray]

#: What is known of a bound.
PROVED = "proved: every world was looked at"
LINEAR = "exact if linear in each parameter, as on all lines checked"
MONOTONE = "exact if monotone in each parameter, as on all lines checked"
FOUND = "the largest found"

SAMPLE = 2_048
STARTS = 3
#: After the climbs: so often once more, from where all of them ended and from mixtures of two ends.
EXCHANGES = 1
MIXTURES = 512
ROUNDS = 200
FIRST_STEP, LAST_STEP = 0.25, 1e-7
#: Steps tried in one round, as parts of the first: a call costs more than the points in it.
SCALES = (1.0, 1 / 8, 1 / 64)
#: Steps aside in a round, each in about so many coordinates; they have to gain so much of a function's spread.
ASIDE, MOVED, WORTH_WHILE = 24, 3.0, 1e-7
#: At most so many corners, or combinations of choices, are all looked at.
CORNERS = 4_096
LINES = 12
BATCH = 65_536


@dataclass(frozen=True, eq=False)
class Forms:
    """How m functions moved along random lines, one parameter at a time.

    Attributes
    ----------
    linear : numpy.ndarray of bool, shape (m,)
        Whether they were straight on every line.
    up, down : numpy.ndarray of bool, shape (m, d)
        Whether they never fell, or never rose, along a parameter.
    """

    linear: NDArray[np.bool_]
    up: NDArray[np.bool_]
    down: NDArray[np.bool_]

    @property
    def monotone(self) -> NDArray[np.bool_]:
        """Which functions moved one way along every parameter, shape (m,)."""
        return np.asarray((self.up | self.down).all(axis=1))

    def summit(self, k: int) -> FloatArray:
        """The corner to which function k moves, shape (d,)."""
        return np.where(self.up[k], 1.0, 0.0)


@dataclass(frozen=True, eq=False)
class Greatest:
    """The greatest values found of m functions.

    Attributes
    ----------
    value : numpy.ndarray, shape (m,)
        NaN for a function that has no value anywhere.
    point : numpy.ndarray, shape (m, d)
        Where it was taken.
    everywhere : bool
        Whether all worlds there are were looked at.
    corners : bool
        Whether all corners were.
    looked, failed : int
        Points looked at, and those of the sample (corners included) that had no value.
    """

    value: FloatArray
    point: FloatArray
    everywhere: bool
    corners: bool
    looked: int
    failed: int


def forms(look: Look, d: int, rng: np.random.Generator) -> Forms:
    """See how functions move along random lines of the unit box, parallel to its edges.

    Parameters
    ----------
    look : callable
    d : int
    rng : numpy.random.Generator

    Returns
    -------
    Forms
        Nothing is claimed of a function that had no value somewhere on them.
    """
    start, middle = rng.random((LINES, 1, 1, d)), rng.uniform(0.1, 0.9, (LINES, d))
    lines = np.broadcast_to(start, (LINES, d, 3, d)).copy()
    for k in range(d):
        lines[:, k, 0, k], lines[:, k, 1, k], lines[:, k, 2, k] = 0.0, middle[:, k], 1.0
    seen = _in_batches(look, lines.reshape(-1, d)).reshape(LINES, d, 3, -1)
    low, mid, high = seen[:, :, 0], seen[:, :, 1], seen[:, :, 2]
    slack = 1e-9 * np.nanmax(np.abs(seen), axis=(0, 1, 2), initial=0.0)
    with np.errstate(invalid="ignore"):
        bend = np.abs(mid - (low + middle[..., None] * (high - low)))
        up = ((mid >= low - slack) & (high >= mid - slack)).all(axis=0)
        down = ((mid <= low + slack) & (high <= mid + slack)).all(axis=0)
        linear = (bend <= slack).all(axis=(0, 1))
    return Forms(linear, up.T, down.T)


def greatest(
    look: Look,
    grids: Sequence[FloatArray | None],
    starts: FloatArray,
    rng: np.random.Generator,
    *,
    form: Forms | None = None,
    sample: int = SAMPLE,
    corners: int = CORNERS,
) -> Greatest:
    """Find the greatest values of functions on the unit box.

    Parameters
    ----------
    look : callable
    grids : sequence of numpy.ndarray or None, one a coordinate
        The only values a discrete coordinate takes; None for one that is continuous.
    starts : numpy.ndarray, shape (s, d)
        Points to start from, beside those the module names; the first is the base.
    rng : numpy.random.Generator
    form : Forms, optional
        How the functions move, of this box or of a larger one.
    sample : int
        Random points looked at first, half of them corners.
    corners : int
        Look at all corners (or all combinations, where every coordinate is discrete) if there are no more.

    Returns
    -------
    Greatest
    """
    d = len(grids)
    ends = [np.array([0.0, 1.0]) if g is None else np.unique(g) for g in grids]
    count = float(np.prod([float(len(e)) for e in ends]))
    every = count <= corners
    points = [starts, _mesh(ends) if every else np.empty((0, d)), _sample(ends, grids, sample, rng)]
    if form is not None:
        points.append(_on_grid(np.array([form.summit(k) for k in range(len(form.linear))]), grids))
    climbs = _Climbs(look, grids, np.concatenate(points), form, rng)
    if d and np.isfinite(climbs.value).any() and not (every and all(g is not None for g in grids)):
        climbs.climb()
        for _ in range(EXCHANGES):
            before = np.where(np.isfinite(climbs.value), climbs.value, -np.finfo(np.float64).max)
            climbs.exchange()
            climbs.climb()
            if not (climbs.value > before + 1e-12 * np.abs(before)).any():
                break
        climbs.finish()
    climbs.put_back(starts[0])
    value = climbs.value
    return Greatest(
        value=np.where(np.isfinite(value), value, np.nan),
        point=climbs.point,
        everywhere=every and all(g is not None for g in grids),
        corners=every,
        looked=climbs.looked,
        failed=climbs.failed,
    )


def _mesh(ends: Sequence[FloatArray]) -> FloatArray:
    """All combinations, shape (product of the lengths, d)."""
    if not ends:
        return np.empty((1, 0))
    return np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, len(ends))


def _on_grid(points: FloatArray, grids: Sequence[FloatArray | None]) -> FloatArray:
    """Move discrete coordinates to the nearest value possible."""
    points = points.copy()
    for k, grid in enumerate(grids):
        if grid is not None:
            points[:, k] = grid[np.abs(points[:, k, None] - grid).argmin(axis=1)]
    return points


def _sample(
    ends: Sequence[FloatArray], grids: Sequence[FloatArray | None], n: int, rng: np.random.Generator
) -> FloatArray:
    """Random corners, then random points."""
    found = np.empty((n, len(ends)))
    for k, (own, grid) in enumerate(zip(ends, grids, strict=True)):
        found[: n // 2, k] = rng.choice(own, n // 2)
        found[n // 2 :, k] = rng.random(n - n // 2) if grid is None else rng.choice(own, n - n // 2)
    return found


def _in_batches(look: Look, points: FloatArray) -> FloatArray:
    return np.concatenate([look(points[k : k + BATCH]) for k in range(0, max(len(points), 1), BATCH)])


class _Climbs:
    """Several climbs a function; each stands at the best point it has found."""

    def __init__(
        self,
        look: Look,
        grids: Sequence[FloatArray | None],
        points: FloatArray,
        form: Forms | None,
        rng: np.random.Generator,
    ) -> None:
        self._look, self.grids, self.rng = look, grids, rng
        self.looked = 0
        seen = self.look(points)
        known = np.isfinite(seen)
        most = np.max(seen, axis=0, where=known, initial=-np.inf)
        least = np.min(seen, axis=0, where=known, initial=np.inf)
        self.span = np.where(known.any(axis=0), most, 0.0) - np.where(known.any(axis=0), least, 0.0)
        self.failed = int(np.isneginf(seen).all(axis=1).sum())
        self.m = seen.shape[1]
        self.stand(points, seen)
        none = np.zeros((self.m, len(grids)), dtype=np.bool_)
        self.up: NDArray[np.bool_] = none if form is None else form.up
        self.down: NDArray[np.bool_] = none if form is None else form.down

    def stand(self, points: FloatArray, seen: FloatArray) -> None:
        """Begin the climbs of every function at its best few of these points."""
        order = np.argsort(-seen, axis=0, kind="stable")[:STARTS]  # (s, m)
        self.function = np.tile(np.arange(self.m), len(order))
        self.at = points[order.reshape(-1)]
        self.height = np.take_along_axis(seen, order, axis=0).reshape(-1)
        self.step = np.full(len(self.at), FIRST_STEP)

    def exchange(self) -> None:
        """Begin again at the best ends of all climbs, and at mixtures of two of them."""
        one, other = self.rng.integers(len(self.at), size=(2, MIXTURES))
        mixed = np.where(self.rng.random((MIXTURES, self.at.shape[1])) < 0.5, self.at[one], self.at[other])
        points = np.unique(np.concatenate([self.at, mixed]), axis=0)
        self.stand(points, self.look(points))

    def finish(self) -> None:
        """Climb once more from the best point of every function, along all coordinates but those that do nothing."""
        best = self._best
        self.function, self.at, self.height = self.function[best], self.at[best], self.height[best]
        self.step = np.full(len(best), FIRST_STEP)
        self.up = self.down = self.up & self.down
        self.climb()

    def look(self, points: FloatArray) -> FloatArray:
        """Values, -inf where there is none."""
        self.looked += len(points)
        seen = _in_batches(self._look, points)
        return np.where(np.isnan(seen), -np.inf, seen)

    @property
    def _best(self) -> NDArray[np.intp]:
        """The climb that stands highest, of every function."""
        own = [np.flatnonzero(self.function == k) for k in range(self.m)]
        return np.array([climbs[self.height[climbs].argmax()] for climbs in own])

    @property
    def value(self) -> FloatArray:
        """The greatest value of every function, shape (m,)."""
        return np.asarray(self.height[self._best])

    @property
    def point(self) -> FloatArray:
        """Where it was found, shape (m, d)."""
        return np.asarray(self.at[self._best])

    def climb(self) -> None:
        """Go on until no step is left that gains anything."""
        alive = np.flatnonzero(np.isfinite(self.height))
        fresh = np.ones(len(self.height), dtype=np.bool_)  # whether ends have to be tried (again)
        for _ in range(ROUNDS):
            if not len(alive):
                return
            gained = self._round(alive, fresh[alive])
            fresh[alive] = gained
            self.step[alive[~gained]] *= SCALES[-1] / 8
            self._drop_twins(alive)
            alive = alive[self.step[alive] >= LAST_STEP]

    def _round(self, alive: NDArray[np.intp], fresh: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Try every coordinate of every climb; return which climbs rose."""
        at, own, height = self.at[alive], self.function[alive], self.height[alive]
        moves = self._moves(at, self.step[alive], own, fresh)  # (c, d, w), NaN where nothing is to be tried
        climb, k, w = np.nonzero(~np.isnan(moves))
        if not len(climb):  # what moves one way only, and stands at its end: no step aside can help
            return np.zeros(len(alive), dtype=np.bool_)
        tried = at[climb]
        tried[np.arange(len(climb)), k] = moves[climb, k, w]
        seen = np.full(moves.shape, -np.inf)
        seen[climb, k, w] = self.look(tried)[np.arange(len(climb)), own[climb]]
        best = seen.argmax(axis=2)  # of each coordinate
        top = np.take_along_axis(seen, best[..., None], axis=2)[..., 0]
        goal = np.take_along_axis(moves, best[..., None], axis=2)[..., 0]
        rises = top > (height + 1e-15 * np.abs(height))[:, None]
        rows, one = np.arange(len(at)), top.argmax(axis=1)
        alone = at.copy()
        alone[rows, one] = np.where(rises[rows, one], goal[rows, one], at[rows, one])
        others = np.concatenate([np.where(rises, goal, at)[:, None], self._aside(alone, self.step[alive], own)], axis=1)
        joint = self.look(others.reshape(-1, at.shape[1])).reshape(*others.shape[:2], self.m)[rows, :, own]
        firm = np.maximum(np.where(rises.any(axis=1), top[rows, one], height), joint[:, 0])
        pick = np.where(joint.max(axis=1) > firm + WORTH_WHILE * self.span[own], joint.argmax(axis=1), 0)
        together, joint = others[rows, pick], joint[rows, pick]
        use_joint = joint >= top[rows, one]
        reached = np.where(use_joint, joint, top[rows, one])
        gained = (rises.any(axis=1) | (pick > 0)) & (reached > height)
        self.at[alive] = np.where(gained[:, None], np.where(use_joint[:, None], together, alone), at)
        self.height[alive] = np.where(gained, reached, height)
        return np.asarray(gained)

    def _aside(self, at: FloatArray, step: FloatArray, own: NDArray[np.intp]) -> FloatArray:
        """Points a step away in a few coordinates at once, at random, shape (c, ASIDE, d)."""
        d = at.shape[1]
        free = ~(self.up & self.down)[own] & np.array([g is None for g in self.grids])
        if d < 2 or not free.any():
            return np.empty((len(at), 0, d))
        shape = (len(at), ASIDE, d)
        chosen = self.rng.random(shape) * np.maximum(free.sum(axis=1), 1)[:, None, None] < MOVED
        scale = step[:, None] * self.rng.choice(SCALES, shape[:2])
        way = self.rng.uniform(-1.0, 1.0, shape) * scale[..., None]
        return np.clip(at[:, None] + np.where(chosen & free[:, None], way, 0.0), 0.0, 1.0)

    def _moves(self, at: FloatArray, step: FloatArray, own: NDArray[np.intp], fresh: NDArray[np.bool_]) -> FloatArray:
        """Values to try for every coordinate: ends, and a step either way; or all that are possible."""
        width = max([2 + 2 * len(SCALES), *(len(g) for g in self.grids if g is not None)])
        moves = np.full((*at.shape, width), np.nan)
        for k, grid in enumerate(self.grids):
            if grid is not None:
                moves[fresh, k, : len(grid)] = grid
                continue
            moves[fresh, k, :2] = (0.0, 1.0)
            bends = ~(self.up | self.down)[own, k]
            for j, part in enumerate(SCALES):
                moves[:, k, 2 + 2 * j] = np.where(bends, np.maximum(at[:, k] - part * step, 0.0), np.nan)
                moves[:, k, 3 + 2 * j] = np.where(bends, np.minimum(at[:, k] + part * step, 1.0), np.nan)
        flat = (self.up & self.down)[own]
        moves[flat] = np.nan
        moves[moves == at[..., None]] = np.nan
        return moves

    def _drop_twins(self, alive: NDArray[np.intp]) -> None:
        """End climbs that have come to where another of the same function stands."""
        order = alive[np.lexsort((-self.height[alive], self.function[alive]))]
        for a, b in pairwise(order):
            if self.function[a] == self.function[b] and np.array_equal(self.at[a], self.at[b]):
                self.step[b] = 0.0

    def put_back(self, base: FloatArray) -> None:
        """Put coordinates of the best points back to the base as long as nothing is lost."""
        best = self._best
        d = self.at.shape[1]
        for k in [*range(d), *range(d)]:  # twice: one may be able to go back only after another did
            tried = self.at[best]
            moved = tried[:, k] != base[k]
            if not moved.any():
                continue
            tried[:, k] = base[k]
            seen = self.look(tried)[np.arange(self.m), np.arange(self.m)]
            height = self.height[best]
            kept = moved & np.isfinite(seen) & (seen >= height - 1e-14 * np.abs(height))  # but for the last digit
            self.at[best[kept]] = tried[kept]
            self.height[best[kept]] = np.maximum(seen[kept], height[kept])
