"""Where along one axis something holds: as long as no deviation gains, and up to the roots of the gains.

The function under study maps points to the gains of deviations, each as a share of its player's payoff range: what is
looked at holds where none is above zero. The scan is that of `decide.sensitivity.switching`; the edges it brackets are
then moved to where the gain of the deviation that breaks it goes to zero, followed by secants from outside. Where one
deviation takes over from another and neither gains there, it holds at that point alone, as a mixed equilibrium does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.sensitivity.switching import PRECISION, Seen, regions

__all__ = ["Stretch", "hold", "same_count"]

FloatArray = NDArray[np.float64]
Gains = Callable[[FloatArray], FloatArray]

#: A gain below this share of the payoff range is rounding error.
ROUNDING = 1e-13
#: A gain at a single point below this share counts as none: 1e-10 of the range beside a root it is not zero.
AT_A_POINT = 1e-8
MOST_STEPS = 60
HOLDS = -1
FAILED = -2


class Stretch(NamedTuple):
    """A range over which the same is true.

    Attributes
    ----------
    low, high : float
    code : int
        `HOLDS`, `FAILED`, or the deviation that gains most (in `same_count`: the number).
    kind_low, kind_high : str
        ``range``, ``crossing`` or ``jump``.
    """

    low: float
    high: float
    code: int
    kind_low: str
    kind_high: str


def hold(gains: Gains, low: float, high: float, *, resolution: int) -> list[Stretch]:
    """Find where no deviation gains.

    Parameters
    ----------
    gains : callable
        Points (n,) to gains (n, m), as shares of the payoff range; NaN in a row where there is no game.
    low, high : float
    resolution : int
        Equal steps of the first scan.

    Returns
    -------
    list of Stretch
        From low to high; single points at which it holds are stretches of no width.
    """

    def look(points: FloatArray) -> Seen:
        found = gains(points)
        lost = np.isnan(found).any(axis=1)
        best = np.where(lost, 0.0, found.max(axis=1, initial=-np.inf))
        code = np.where(best > ROUNDING, found.argmax(axis=1) if found.shape[1] else 0, HOLDS)
        code = np.where(lost, FAILED, code)
        return Seen(code, np.where(lost, 0.0, best)[:, None], np.ones(len(points)), -3)

    scan = regions(look, low, high, resolution=resolution)
    edges, kinds, codes = list(scan.edges), list(scan.kinds), scan.labels
    for k in range(1, len(edges) - 1):
        sides = {codes[k - 1], codes[k]}
        if HOLDS in sides and FAILED not in sides and kinds[k] == "crossing":
            outside = 1.0 if codes[k - 1] == HOLDS else -1.0
            end, until = (edges[k + 1], edges[k - 1]) if outside > 0 else (edges[k - 1], edges[k + 1])
            edges[k] = _zero(gains, edges[k], end, until, high - low)
    found: list[Stretch] = []
    for k, code in enumerate(codes):
        if k and HOLDS not in (code, codes[k - 1]) and FAILED not in (code, codes[k - 1]):
            at = gains(np.array([edges[k]]))[0]
            if at.max(initial=0.0) <= AT_A_POINT:
                found.append(Stretch(edges[k], edges[k], HOLDS, "crossing", "crossing"))
        found.append(Stretch(edges[k], edges[k + 1], code, kinds[k], kinds[k + 1]))
    return _merged(found)


def _zero(gains: Gains, edge: float, end: float, until: float, width: float) -> float:
    """Follow the largest gain down to zero by secants: from `edge`, away from `end`, no farther than `until`."""

    def worst(at: float) -> float:
        return float(gains(np.array([at]))[0].max(initial=-np.inf))

    out = float(np.sign(end - edge)) * width
    one = edge + float(np.clip((end - edge) / 4, -1e-6 * width, 1e-6 * width))
    two = edge + out * PRECISION  # just outside
    x, y = worst(one), worst(two)
    for _ in range(MOST_STEPS):
        if not x > y > 0:
            break
        at = two + (two - one) * y / (x - y)
        step = abs(at - two)
        if not min(two, until) <= at <= max(two, until):
            break
        one, two, x, y = two, at, y, worst(at)
        if step < 0.01 * PRECISION * width or y <= 0:
            break
    return two


def _merged(found: list[Stretch]) -> list[Stretch]:
    """Join neighbours that fail by different deviations: what matters is that it does not hold."""
    kept: list[Stretch] = []
    for s in found:
        last = kept[-1] if kept else None
        if last is not None and min(last.code, s.code) >= 0:
            kept[-1] = last._replace(high=s.high, kind_high=s.kind_high)
        else:
            kept.append(s)
    return kept


def same_count(
    count: Callable[[FloatArray], NDArray[np.integer]], low: float, high: float, *, resolution: int
) -> list[Stretch]:
    """Find where a number is the same.

    Parameters
    ----------
    count : callable
        Points (n,) to numbers (n,), `FAILED` where there is none.
    low, high : float
    resolution : int

    Returns
    -------
    list of Stretch
    """

    def look(points: FloatArray) -> Seen:
        return Seen(count(points), np.zeros((len(points), 1)), np.ones(len(points)), -3)

    scan = regions(look, low, high, resolution=resolution)
    ends = [("range" if kind == "range" else "jump") for kind in scan.kinds]
    return [Stretch(scan.edges[k], scan.edges[k + 1], c, ends[k], ends[k + 1]) for k, c in enumerate(scan.labels)]
