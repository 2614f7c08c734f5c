"""How fast the questions are, against the obvious loops. Run ``python benchmarks/sensitivity.py [--quick]``.

Everything is measured in this one run, in rounds in which the things compared take turns, and reported as ratios of
medians over the rounds. Loops are timed on few worlds and scaled; what they find is compared first.

Region map
    `decide.region_map` of `rocket_attack` over two parameters, 100 x 100 steps with boundaries placed to a millionth of
    an edge, against two loops over scalars. *Solve a cell*: the model called and solved at every node, one by one; for
    equal accuracy also 20 bisections on every edge whose two ends differ. *By hand*: the same with `by_hand.tree`, the
    scalar loop over the same tree that the other benchmark uses (this one has no aim: a user would have to write the
    tree twice).
One-way thresholds
    `decide.switch_points` of the 4 x 3 game `rocket_attack_simultaneous`, of every parameter that flips the answer, to
    1e-10 of the range, against reading the flip off a grid: a `decide.sweep` over equal steps finds it to one step, so
    that equal accuracy takes 1e10 of them. The sweep is timed on fewer, and scaled; both must agree to one of its
    steps.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import by_hand
import numpy as np

import decide

BISECTIONS = 20
MAP = ("evict_threshold", "cost_inaction")
ACCURACY = 1e-10


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    steps: int
    cells: int
    by_hand: int
    grid: int
    rounds: int


FULL = Size(steps=100, cells=100, by_hand=1_000, grid=100_000, rounds=5)
QUICK = Size(steps=100, cells=30, by_hand=300, grid=20_000, rounds=3)


def row(what: str, median: str = "", ratio: str = "", aim: str = "") -> None:
    """Print one line of the table."""
    print(f"{what:<66} {median:>14} {ratio:>12} {aim:>8}", flush=True)


def seconds(function: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def take_turns(functions: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Call functions in turns; return the median seconds of each."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            times[name].append(seconds(function))
    return {name: statistics.median(t) for name, t in times.items()}


# ------------------------------------------------------------------ a region map


def region(size: Size) -> None:
    """Print the time of a refined region map against loops over scalars that do the same."""
    model = decide.load("rocket_attack")
    found = decide.region_map(model, *MAP, resolution=size.steps)
    codes = found["recommended"].values
    nodes = codes.size
    edges = int((codes[1:] != codes[:-1]).sum() + (codes[:, 1:] != codes[:, :-1]).sum())
    rng = np.random.default_rng(0)
    at = [(int(i), int(j)) for i, j in rng.integers(size.steps + 1, size=(size.by_hand, 2))]
    worlds = [{MAP[0]: float(found[MAP[0]][i]), MAP[1]: float(found[MAP[1]][j])} for i, j in at]
    full = [{name: v for name, v in model.values(world).items() if name in model.parameters} for world in worlds]
    few = worlds[: size.cells]

    def cell(world: Mapping[str, float]) -> int:
        """Solve one world, and read off which option the decider takes."""
        (e,) = decide.solve(model, base=world).equilibria
        odds = e.strategies["US"]["no direct evidence"]
        target = e.strategies["US"]["no direct evidence: target"]
        best = max(odds, key=lambda move: float(odds[move]))
        chosen = best if best != "aggressive" else f"aggressive / {max(target, key=lambda t: float(target[t]))}"
        return [str(o) for o in found["recommendation"].values].index(chosen)

    hand = [int(np.argmax([option[0] for option in by_hand.tree(w, labels=True)])) for w in full]
    if hand != [int(codes[i, j]) for i, j in at] or [cell(w) for w in few] != hand[: len(few)]:
        raise SystemExit("the map and the loops recommend different options; expected the same")
    times = take_turns(
        {
            "map": lambda: decide.region_map(model, *MAP, resolution=size.steps),
            "solve": lambda: [cell(w) for w in few],
            "hand": lambda: [by_hand.tree(w) for w in full],
        },
        size.rounds,
    )
    equal = nodes + BISECTIONS * edges
    each = {"solve": times["solve"] / len(few), "hand": times["hand"] / len(full)}
    row(f"region map of rocket_attack, {nodes:,} nodes and {edges} edges of boundary:")
    row("  region_map, boundaries to a millionth of an edge, with areas", f"{times['map']:.2f} s")
    for name, what, aim in (("solve", "model and solve a cell", ">= 100"), ("hand", "tree by hand a cell", "")):
        loop = each[name] * nodes
        row(f"  {what}, nodes alone (scaled)", f"{loop:.1f} s", f"{loop / times['map']:.1f} x", aim)
        loop = each[name] * equal
        row(f"  {what}, boundaries as exact (scaled)", f"{loop:.1f} s", f"{loop / times['map']:.1f} x", aim)


# ------------------------------------------------------------------ thresholds along one parameter


def thresholds(size: Size) -> None:
    """Print the time of one-way thresholds of a 4 x 3 game against reading them off a grid."""
    model = decide.load("rocket_attack_simultaneous")
    flips = {name: decide.switch_points(model, name) for name in model.space.free}
    flips = {name: found for name, found in flips.items() if len(found) > 1}
    for name, found in flips.items():
        switches, read = found.switches, read_off(model, name, size.grid)
        step = (found[-1].high - found[0].low) / size.grid
        if len(read) != len(switches) or any(abs(a - b) > step for a, b in zip(switches, read, strict=True)):
            raise SystemExit(f"{name} flips at {switches}, and on the grid at {read}; expected the same")
    times = take_turns(
        {
            "roots": lambda: [decide.switch_points(model, name) for name in flips],
            "grid": lambda: [read_off(model, name, size.grid) for name in flips],
        },
        size.rounds,
    )
    equal = times["grid"] / (ACCURACY * size.grid)
    row(f"one-way thresholds of the 4 x 3 game, {len(flips)} parameters that flip it, each to 1e-10 of its range:")
    row("  switch_points", f"{times['roots']:.2f} s")
    row(f"  read off a grid of {size.grid:,} steps (to {1 / size.grid:.0e} only)", f"{times['grid']:.2f} s",
        f"{times['grid'] / times['roots']:.1f} x")  # fmt: skip
    row("  read off a grid, equally accurate (scaled)", f"{equal:.2g} s", f"{equal / times['roots']:.1g} x")


def read_off(model: decide.Model[Any], name: str, steps: int) -> list[float]:
    """Return the middles of the steps of a grid across which the recommendation changes."""
    p = model.parameters[name]
    assert p.low is not None
    assert p.high is not None
    points = np.linspace(p.low, p.high, steps + 1)
    codes = decide.sweep(model, {name: points}, keep=["recommended"]).data["recommended"].values
    turns = np.flatnonzero(codes[1:] != codes[:-1])
    return ((points[turns] + points[turns + 1]) / 2).tolist()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Benchmarks of the questions about what would flip it.")
    parser.add_argument("--quick", action="store_true", help="under a minute: fewer worlds and rounds")
    size = QUICK if parser.parse_args().quick else FULL
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    print(f"decide {decide.__version__}, numpy {np.__version__}, Python {platform.python_version()},", end=" ")
    print(f"{os.cpu_count()} processors, load {load}; medians of {size.rounds} rounds in turns")
    row("what", "median", "ratio", "aim")
    region(size)
    thresholds(size)


if __name__ == "__main__":
    main()
