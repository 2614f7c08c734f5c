"""The nearest point of a box at which an answer is another one.

Distances are measured in shares of each coordinate's range. Only finitely many points can be looked at, so what is
found is the closest *found*: an upper bound of the true distance, reached by a point that was looked at.

1. Rays from the base: along every axis, along the gradient of every rival's lead (for the largest-coordinate norm: its
   signs), and along quasi-random directions. Coordinates that reach the end of their range stop there.
   On every ray the first other answer of a grid is bracketed, and the bracket narrowed.
2. From the best few, the direction is replaced by the gradient at the boundary, and so on while that shortens the way
   (Hasofer & Lind 1974, Rackwitz & Fiessler 1978: the design point of structural reliability). Where an answer changes
   by a jump there is no such gradient, and directions near the best one are tried instead.
3. The ball inside the best distance is filled with quasi-random points; one with another answer starts again at 2.
4. Coordinates that need not move are put back.

Exact where leads are linear in the coordinates; everything is batched: a few hundred points a call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["NORMS", "Glance", "Nearest", "length", "nearest"]

FloatArray = NDArray[np.float64]

NORMS = ("largest", "euclidean")
#: Steps of the grid on a ray, and of the narrowing on the few nearest.
STEPS = 32
FEW_STEPS = 128
RAYS = 256
STARTS = 8
ROUNDS = 12
FILL = 2_048
FILLS = 4
DIFFERENCE = 1e-6
#: Boundaries are bracketed to within this share of a range.
WIDTH = 1e-11


class Glance(NamedTuple):
    """What the function gives at n points of the unit box.

    Attributes
    ----------
    flipped : numpy.ndarray of bool, shape (n,)
        Whether the answer is another one.
    lead : numpy.ndarray, shape (n, k)
        What would have to rise for it to be: one column a rival.
    """

    flipped: NDArray[np.bool_]
    lead: FloatArray


Look = Callable[[FloatArray], Glance]


@dataclass(frozen=True)
class Nearest:
    """The closest point found.

    Attributes
    ----------
    point : numpy.ndarray, shape (d,), or None
        Just beyond the boundary; None if no other answer was found.
    distance : float
        Infinity if none was found.
    looked : int
        Points looked at.
    """

    point: FloatArray | None
    distance: float
    looked: int


def length(moves: FloatArray, norm: str) -> FloatArray:
    """Length of moves, shape (..., d), by the largest coordinate or the Euclidean."""
    if norm == "largest":
        return np.asarray(np.abs(moves).max(axis=-1, initial=0.0))
    return np.asarray(np.sqrt((moves * moves).sum(axis=-1)))


def nearest(look: Look, base: FloatArray, norm: str, rng: np.random.Generator) -> Nearest:
    """Find the nearest point of the unit box with another answer.

    Parameters
    ----------
    look : callable
        Points (n, d) of the unit box to `Glance`.
    base : numpy.ndarray, shape (d,)
        Inside the unit box.
    norm : {"largest", "euclidean"}
    rng : numpy.random.Generator

    Returns
    -------
    Nearest
    """
    search = _Search(look, np.asarray(base, dtype=np.float64), norm)
    d = len(base)
    if d == 0:
        return Nearest(None, np.inf, 0)
    slopes = search.slopes(search.base[None])
    rays = np.concatenate([np.eye(d), -np.eye(d), slopes, -slopes, _directions(rng, RAYS, d, norm)])
    search.shoot(rays)
    search.improve(rng)
    for _ in range(FILLS):
        if search.best is None or not search.fill(rng):
            break
        search.improve(rng)
    search.put_back()
    return Nearest(search.best, search.distance, search.looked)


class _Search:
    """The state of one search: the best point so far."""

    def __init__(self, look: Look, base: FloatArray, norm: str) -> None:
        self._look, self.base, self.norm = look, base, norm
        self.best: FloatArray | None = None
        self.distance = np.inf
        self.looked = 0
        self.ends: list[tuple[float, FloatArray]] = []

    def look(self, points: FloatArray) -> Glance:
        """Look at points, and count them."""
        self.looked += len(points)
        return self._look(points)

    def slopes(self, at: FloatArray) -> FloatArray:
        """Directions in which each rival's lead rises fastest from points (p, d); central differences, (p * k, d)."""
        p, d = at.shape
        step = DIFFERENCE * np.eye(d)
        high, low = np.minimum(at[:, None] + step, 1.0), np.maximum(at[:, None] - step, 0.0)
        lead = self.look(np.concatenate([high.reshape(-1, d), low.reshape(-1, d)])).lead.reshape(2, p, d, -1)
        width = (high - low)[:, np.arange(d), np.arange(d)]
        gradient = np.moveaxis((lead[0] - lead[1]) / width[:, :, None], 2, 1).reshape(-1, d)
        noise = 1e-7 * np.abs(gradient).max(axis=1, keepdims=True, initial=0.0)
        gradient = np.where(np.abs(gradient) > noise, gradient, 0.0)
        return np.asarray(np.sign(gradient) if self.norm == "largest" else gradient)

    def shoot(self, rays: FloatArray) -> None:
        """Follow rays from the base to the first other answer, and keep what is nearest."""
        rays = rays[length(rays, self.norm) > 0]
        if not len(rays):
            return
        rays = rays / length(rays, self.norm)[:, None]
        reach = np.full(len(rays), min(self.distance, _farthest(self.base, self.norm)))
        share = np.linspace(0.0, 1.0, STEPS + 1)[1:]
        low, high = np.zeros(len(rays)), reach
        rays, low, high = self.bracket(rays, low, high, share)
        nearest_few = np.argsort(high, kind="stable")[: 2 * STARTS]
        rays, low, high = rays[nearest_few], low[nearest_few], high[nearest_few]
        share = np.linspace(0.0, 1.0, FEW_STEPS + 1)[1:]
        while len(rays) and (high - low).max() > WIDTH:
            rays, low, high = self.bracket(rays, low, high, share)
        if not len(rays):
            return
        points = self.along(rays, high[:, None])[:, 0]
        away = length(points - self.base, self.norm)
        self.ends = sorted([*self.ends, *zip(away.tolist(), points, strict=True)], key=lambda end: end[0])[:STARTS]
        if self.ends[0][0] < self.distance:
            self.distance, self.best = self.ends[0]

    def bracket(
        self, rays: FloatArray, low: FloatArray, high: FloatArray, share: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Narrow every ray to the step in which the answer first changes; rays on which it does not are dropped."""
        step = low[:, None] + (high - low)[:, None] * share
        flipped = self.look(self.along(rays, step).reshape(-1, len(self.base))).flipped.reshape(step.shape)
        some = np.flatnonzero(flipped.any(axis=1))
        k = flipped[some].argmax(axis=1)
        before = np.where(k > 0, step[some, np.maximum(k - 1, 0)], low[some])
        return rays[some], before, step[some, k]

    def along(self, rays: FloatArray, step: FloatArray) -> FloatArray:
        """Points at steps (n, m) of rays (n, d), held inside the box."""
        return np.clip(self.base + step[..., None] * rays[:, None, :], 0.0, 1.0)

    def improve(self, rng: np.random.Generator) -> None:
        """Shorten the way: by the gradient at the boundary, and by directions near the best."""
        spread = 0.3
        for _ in range(ROUNDS):
            before = self.distance
            if self.best is None:
                return
            slopes = self.slopes(np.array([point for _, point in self.ends[: STARTS // 2]]))
            ways = np.array([point - self.base for _, point in self.ends])
            near = ways[0] + spread * self.distance * rng.normal(size=(64, len(self.base)))
            fewer = np.where(rng.random((32, len(self.base))) < 0.7, ways[0], 0.0)
            mixed = np.concatenate([slopes, (ways[0] + slopes * self.distance) / 2, near, fewer])
            self.shoot(mixed)
            if self.distance > before * (1 - 1e-9):
                spread /= 4
                if spread < 1e-3:
                    return

    def fill(self, rng: np.random.Generator) -> bool:
        """Look inside the ball of the best distance; whether something nearer was found."""
        moves = _directions(rng, FILL, len(self.base), self.norm)
        moves *= (self.distance * rng.random((FILL, 1)) ** (1.0 / len(self.base))) / length(moves, self.norm)[:, None]
        points = np.clip(self.base + moves, 0.0, 1.0)
        hits = points[self.look(points).flipped]
        if not len(hits):
            return False
        before = self.distance
        self.shoot(hits - self.base)
        return self.distance < before * (1 - 1e-9)

    def put_back(self) -> None:
        """Put coordinates back to the base, those that moved least first, as long as the answer stays another one."""
        if self.best is None:
            return
        moved = [int(k) for k in np.argsort(np.abs(self.best - self.base)) if self.best[k] != self.base[k]]
        alone = np.tile(self.best, (len(moved), 1))
        alone[np.arange(len(moved)), moved] = self.base[moved]
        spared = self.look(alone).flipped.tolist() if moved else list[bool]()
        for k in (k for k, fine in zip(moved, spared, strict=True) if fine):  # the others are needed as it is
            tried = self.best.copy()
            tried[k] = self.base[k]
            if bool(self.look(tried[None]).flipped[0]):
                self.best = tried
        self.distance = float(length(self.best - self.base, self.norm))


def _directions(rng: np.random.Generator, n: int, d: int, norm: str) -> FloatArray:
    """Random directions: towards corners and faces of the cube, or evenly over the sphere."""
    if norm == "largest":
        corners = np.where(rng.random((n, d)) < 0.5, -1.0, 1.0)
        return np.where(rng.random((n, 1)) < 0.5, corners, rng.uniform(-1.0, 1.0, (n, d)))
    return rng.normal(size=(n, d))


def _farthest(base: FloatArray, norm: str) -> float:
    """Distance of the farthest corner of the box."""
    return float(length(np.maximum(base, 1.0 - base), norm)) or 1.0
