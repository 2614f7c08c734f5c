"""All equilibria of many random games: `decide.solve` on a batch against nashpy, game by game.

Run ``python benchmarks/normal_form.py [--quick]``. Payoffs are drawn independently and uniformly, so that games are
nondegenerate; `decide.solve(batch, method="nash")` solves the whole batch (certificates included), and nashpy's support
enumeration is timed on a few hundred of the same games and scaled. Both take turns, and medians over the rounds are
compared. Every equilibrium that nashpy finds must be among ours, or the run stops; games in which it finds fewer are
counted as lost (ours are certified, and of odd number, as in nearly all games; rounding can spoil nashpy's test).
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import nashpy
import numpy as np
from numpy.typing import NDArray

import decide

Batch = tuple[NDArray[np.float64], NDArray[np.float64]]


def random_games(size: int, count: int) -> Batch:
    """Draw the payoff tables of both players, shape (count, size, size)."""
    rng = np.random.default_rng(size)
    return rng.random((count, size, size)), rng.random((count, size, size))


def one_by_one(games: Batch, count: int) -> list[list[Any]]:
    """Return the equilibria that nashpy's support enumeration finds in each of the first games."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pairs = zip(games[0][:count], games[1][:count], strict=True)
        return [list(nashpy.Game(a, b).support_enumeration()) for a, b in pairs]


def at_once(games: Batch) -> Any:
    """Solve all games in one call."""
    return decide.solve(decide.NormalForm.bimatrix(*games), method="nash")


def seconds(function: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def lost_by_nashpy(ours: Any, theirs: list[list[Any]]) -> int:
    """Count the games in which nashpy finds fewer equilibria; stop if it finds one that is not among ours."""
    lost = 0
    for k, points in enumerate(theirs):
        known = [np.concatenate(e.profile) for e in ours[k].equilibria]
        for point in points:
            if min((np.abs(np.concatenate(point) - e).max() for e in known), default=1.0) > 1e-8:
                raise SystemExit(f"nashpy's equilibrium {point} of game {k} is not among ours")
        lost += len(points) < len(known)
    return lost


def compare(size: int, count: int, few: int, rounds: int) -> None:
    """Print one row: a batch of square games."""
    games = random_games(size, count)
    lost = lost_by_nashpy(at_once(games), one_by_one(games, few))
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(seconds(lambda: one_by_one(games, few)) / few)
        ours.append(seconds(lambda: at_once(games)) / count)
    a, b = statistics.median(ours) * 1e6, statistics.median(theirs) * 1e6
    print(f"{size} x {size}  {count:>9,} {a:>12.1f} {few:>8,} {b:>12.1f} {b / a:>8.0f} x {lost:>6}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="All equilibria of random games.")
    parser.add_argument("--quick", action="store_true", help="smaller batches, fewer rounds")
    quick = parser.parse_args().quick
    print(f"{'':<6} {'decide.solve':>22} {'nashpy':>21}")
    print(f"{'game':<6} {'games':>9} {'us a game':>12} {'games':>8} {'us a game':>12} {'ratio':>10} {'lost':>6}")
    for size, count, few in ((2, 100_000, 400), (3, 20_000, 300), (4, 2_000, 200)):
        compare(size, count // (10 if quick else 1), few // (4 if quick else 1), 3 if quick else 5)


if __name__ == "__main__":
    main()
