"""nashpy's solvers for two-player games, one game at a time, behind one door.

Payoffs are scaled to [0, 1] for each player before nashpy sees them (its tolerances are absolute), its warnings and
errors are silenced or translated, and points that differ by less than 1e-9 are one. What comes back is certified like
everything else; nashpy may lose equilibria, so nothing found here is ever called all of them.

References: support enumeration, Dickhaut & Kaplan 1991; vertex enumeration, Mangasarian 1964.

Cost: one game at a time. Support enumeration solves two linear systems for every pair of supports, (2^m - 1) (2^n - 1)
pairs. Vertex enumeration lists the vertices of both best-reply polytopes (by qhull) and compares every vertex of one
with every vertex of the other; their numbers grow exponentially with the number of actions. Measured once, a
random game of 6 x 6 actions: 0.4 s by support enumeration, 0.2 s by vertex enumeration; 7 x 7 by vertex enumeration
1 s. `nash` took 0.01 s and 0.04 s.

When not to use them: to find all equilibria. Take `nash`, which is faster and proves its list. Not in degenerate games,
where equilibria may be lost; not in games of more than some 7 x 7 actions; not for batches. They are here to compare
with.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.games.values import FloatArray, to_unit
from decide.solvers.base import Found

if TYPE_CHECKING:
    from decide.games.normal import NormalForm

__all__ = ["support_enumeration", "vertex_enumeration"]

SAME = 1e-9


Pair = tuple[FloatArray, FloatArray]


def support_enumeration(game: NormalForm) -> Found:
    """Run nashpy's support enumeration.

    Parameters
    ----------
    game : NormalForm
        One game of two players, or a batch, which is solved one game after the other.

    Returns
    -------
    Found
        The different points that nashpy gave before it ended or failed; never called complete, and `tied` never set.
    """
    return _each(game, lambda A, B: _collect(A, B, lambda g: g.support_enumeration()))


def vertex_enumeration(game: NormalForm) -> Found:
    """Run nashpy's vertex enumeration (by scipy's halfspace intersection).

    Parameters
    ----------
    game : NormalForm
        One game of two players, or a batch, which is solved one game after the other.

    Returns
    -------
    Found
        The different points that nashpy gave before it ended or failed; never called complete, and `tied` never set.
    """
    return _each(game, lambda A, B: _collect(A + 1.0, B + 1.0, lambda g: g.vertex_enumeration()))


def _each(game: NormalForm, solve: Callable[[FloatArray, FloatArray], list[Pair]]) -> Found:
    """Solve the games of a batch one by one, each player's payoffs scaled to [0, 1]."""
    entries = game.entries()
    n = entries.shape[-1]
    owner: list[int] = []
    points: list[Pair] = []
    for k in range(n):
        A, B = (to_unit(u) for u in entries[..., k])
        found = solve(A, B)
        owner += [k] * len(found)
        points += found
    strategies = tuple(
        np.array([p[i] for p in points], dtype=np.float64).reshape(len(points), m) for i, m in enumerate(game.n_actions)
    )
    return Found(np.array(owner, dtype=np.intp), strategies, np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_))


def _collect(A: FloatArray, B: FloatArray, run: Callable[[Any], Iterable[Any]]) -> list[Pair]:
    """The different points nashpy finds before it gives up."""
    import nashpy

    points: list[Pair] = []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for point in _until_error(run(nashpy.Game(A, B))):
            x, y = (_distribution(np.asarray(s, dtype=np.float64)) for s in point)
            if x is None or y is None:
                continue
            if not any(max(np.abs(x - p[0]).max(), np.abs(y - p[1]).max()) <= SAME for p in points):
                points.append((x, y))
    return points


def _until_error(found: Iterable[Any]) -> Iterable[Any]:
    """Yield what comes before nashpy (or qhull beneath it) gives up."""
    try:
        yield from found
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError):  # QhullError is a RuntimeError
        return


def _distribution(strategy: FloatArray) -> FloatArray | None:
    """Clip rounding error off a strategy; None if it is none."""
    if not np.isfinite(strategy).all() or strategy.min() < -1e-6 or not strategy.sum() > 0:
        return None
    clipped = np.maximum(strategy, 0.0)
    return np.asarray(clipped / clipped.sum(), dtype=np.float64)
