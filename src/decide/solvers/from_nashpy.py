"""nashpy's solvers for two-player games, one game at a time, behind one door.

Payoffs are scaled to [0, 1] for each player before nashpy sees them (its tolerances are absolute), its warnings and
errors are silenced or translated, and points that differ by less than 1e-9 are one. What comes back is certified like
everything else; nashpy may lose equilibria, so nothing found here is ever called all of them.

References: support enumeration, Dickhaut & Kaplan 1991; vertex enumeration, Mangasarian 1964; Lemke & Howson 1964.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.games.values import FloatArray
from decide.solvers.base import Found

if TYPE_CHECKING:
    from decide.games.normal import NormalForm

__all__ = ["lemke_howson", "support_enumeration", "vertex_enumeration"]

SAME = 1e-9
MAX_PIVOTS = 10_000


Pair = tuple[FloatArray, FloatArray]


def support_enumeration(game: NormalForm) -> Found:
    """Run nashpy's support enumeration. Cost grows as 2^(m+n)."""
    return _each(game, lambda A, B: (_collect(A, B, lambda g: g.support_enumeration()), False))


def vertex_enumeration(game: NormalForm) -> Found:
    """Run nashpy's vertex enumeration (by scipy's halfspace intersection)."""
    return _each(game, lambda A, B: (_collect(A + 1.0, B + 1.0, lambda g: g.vertex_enumeration()), False))


def lemke_howson(game: NormalForm) -> Found:
    """Follow Lemke-Howson paths on nashpy's lexicographic tableaux until one ends, dropping each label in turn.

    The pivots are nashpy's; the loop is ours, because nashpy's own may never end.
    """
    return _each(game, _first_path)


def _each(game: NormalForm, solve: Callable[[FloatArray, FloatArray], tuple[list[Pair], bool]]) -> Found:
    """Solve the games of a batch one by one, each player's payoffs scaled to [0, 1]."""
    entries = game.entries()
    n = entries.shape[-1]
    owner: list[int] = []
    points: list[Pair] = []
    complete = np.zeros(n, dtype=np.bool_)
    for k in range(n):
        A, B = ((u - u.min()) / (np.ptp(u) or 1.0) for u in entries[..., k])
        found, complete[k] = solve(A, B)
        owner += [k] * len(found)
        points += found
    strategies = tuple(
        np.array([p[i] for p in points], dtype=np.float64).reshape(len(points), m) for i, m in enumerate(game.n_actions)
    )
    return Found(np.array(owner, dtype=np.intp), strategies, complete, np.zeros(n, dtype=np.bool_))


def _first_path(A: FloatArray, B: FloatArray) -> tuple[list[Pair], bool]:
    """The end of the first path that ends."""
    if 1 in A.shape:  # nothing to follow: one player has no choice, and nashpy's tableaux want two actions
        x = np.eye(A.shape[0])[np.argmax(A[:, 0]) if A.shape[1] == 1 else 0]
        y = np.eye(A.shape[1])[np.argmax(B[0]) if A.shape[0] == 1 else 0]
        return [(x, y)], True
    paths = (_path(A + 1.0, B + 1.0, label) for label in range(sum(A.shape)))
    first = next((p for p in paths if p is not None), None)
    return ([] if first is None else [first]), first is not None


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


def _in_order(tableau: Any, strategy: FloatArray) -> FloatArray:
    """Put a strategy into the order of the actions: nashpy lists it in the order in which a set yields its labels."""
    return np.asarray(strategy)[np.argsort(list(tableau._original_basic_labels))]


def _path(A: FloatArray, B: FloatArray, label: int) -> tuple[FloatArray, FloatArray] | None:
    """Follow one path; None if it does not end or ends in no pair of strategies."""
    from nashpy.linalg import create_col_tableau, create_row_tableau

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            column, row = create_col_tableau(A, True), create_row_tableau(B, True)
            turns = itertools.cycle((row, column) if label in row.non_basic_variables else (column, row))
            for tableau in itertools.islice(turns, MAX_PIVOTS):
                label = tableau.pivot_and_drop_label(label)
                if column.non_basic_variables | row.non_basic_variables == column.labels:
                    x = _distribution(_in_order(row, row.to_strategy(column.non_basic_variables)))
                    y = _distribution(_in_order(column, column.to_strategy(row.non_basic_variables)))
                    good = x is not None and y is not None and (x.size, y.size) == A.shape
                    return (x, y) if good else None  # type: ignore[return-value]
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return None
    return None
