"""How fast and how large: the founding case at a million draws. Run ``python benchmarks/rocket_attack.py [--quick]``.

Everything is measured in this one run, in rounds in which the things compared take turns, and reported as ratios of
medians over the rounds, so that a machine that is busy for a while disturbs both sides alike.

Loop against sweep
    `decide.sweep` of `rocket_attack` on one thread, from the seed to the finished study (drawing, solving, tabulating),
    in a fresh process each time (after a sweep of 1,000 draws, so that nothing is left to import; what a process did
    before changes how fast it gets memory), against `by_hand.tree`, a scalar loop over the same tree with `math` and
    lists, timed on 1,000 draws and scaled (its draws are given to it: drawing is not timed). Once with
    ``keep=["recommended", "status"]`` against the loop that values the options, once with option values and outcome
    probabilities kept against the loop that works out both. The loop and the sweep must agree to 1e-9 on those draws
    before anything is timed. `by_hand.tight`, the loop shortened by formulas, is shown beside; it no longer walks the
    tree, and has no aim.
Workers
    The same sweep with two processes (their start included) against one. What two processes of plain arithmetic gain
    on this machine at this moment is shown beside: no sweep can gain more.
Memory
    Greatest resident size (`resource.getrusage`) of fresh processes that sweep 100,000, 200,000 and all draws, keeping
    ``recommended``. What is shown as growth is less the growth of the study's own arrays, which is what ``keep=`` asks
    for. (100,000 draws are ten replicates of 10,000, solved one at a time; from 163,840 on, replicates are of up to
    16,384, and memory has its full size.)
Import
    ``import decide`` against ``import numpy, scipy`` in fresh interleaved processes, each timing its own import.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import by_hand
import numpy as np

import decide

VALUES = ("recommended", "status")
EVERYTHING = (*VALUES, "option_value", "outcome_probability")
TOLERANCE = 1e-9
MILLION = 1_000_000

MEMORY = """
import resource, decide
data = decide.sweep(decide.load("rocket_attack"), {n}, rng=0, keep=["recommended"]).data
kept = sum(v.nbytes for v in data.variables.values())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, kept)
"""
SWEEP = """
import time, decide
model = decide.load("rocket_attack")
decide.sweep(model, 1_000, rng=0)
start = time.perf_counter()
decide.sweep(model, {n}, rng=0, keep={keep}, workers={workers})
print(time.perf_counter() - start)
"""
IMPORT = "import time; t = time.perf_counter(); import {what}; print(time.perf_counter() - t)"


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    draws: int
    by_hand: int
    rounds: int
    imports: int
    memory_rounds: int


FULL = Size(draws=MILLION, by_hand=1_000, rounds=5, imports=21, memory_rounds=3)
QUICK = Size(draws=100_000, by_hand=200, rounds=3, imports=15, memory_rounds=1)


def row(what: str, median: str = "", ratio: str = "", aim: str = "") -> None:
    """Print one line of the table."""
    print(f"{what:<62} {median:>16} {ratio:>9} {aim:>8}", flush=True)


def seconds(function: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def take_turns(timers: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Call functions that return seconds, in turns; return the median of each."""
    times: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(rounds):
        for name, timer in timers.items():
            times[name].append(timer())
    return {name: statistics.median(t) for name, t in times.items()}


def fresh(code: str) -> list[float]:
    """Run code in a fresh interpreter, which may keep its bytecode as usual; return the numbers it prints."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=env).stdout
    return [float(x) for x in printed.split()]


# ------------------------------------------------------------------ what is measured


def worlds_of(study: decide.Study) -> list[dict[str, float]]:
    """Return the draws of a study as a list of plain dicts."""
    names = list(decide.load("rocket_attack").parameters)
    columns = [study.data[name].values.tolist() for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def check_agreement(study: decide.Study, worlds: Sequence[Mapping[str, float]]) -> float:
    """Return the largest difference between the sweep and the loops; refuse to go on if it is not small."""
    found = np.array([by_hand.tree(w, labels=True) for w in worlds])
    short = np.array([by_hand.tight(w) for w in worlds])
    values = study.data["option_value"].values
    odds = study.data["outcome_probability"].sel(outcome=list(by_hand.LABELS)).values
    gaps = (found[..., 0] - values, found[..., 1:] - odds, short - values)
    worst = max(float(np.abs(gap).max()) for gap in gaps)
    if not worst <= TOLERANCE:
        raise SystemExit(f"the loop and the sweep differ by {worst:.3g}; expected at most {TOLERANCE:g}")
    return worst


def loop_against_sweep(size: Size) -> None:
    """Print the sweep's time against the scalar loop's, and two workers against one."""
    model = decide.load("rocket_attack")
    study = decide.sweep(model, size.by_hand, rng=0)
    worlds = worlds_of(study)
    worst = check_agreement(study, worlds)
    row(f"loop and sweep agree on {size.by_hand:,} draws", f"{worst:.1e}", "", f"{TOLERANCE:.0e}")

    def sweep(keep: Sequence[str], workers: int = 1) -> float:
        return fresh(SWEEP.format(n=size.draws, keep=list(keep), workers=workers))[0]

    found = take_turns(
        {
            "loop": lambda: seconds(lambda: [by_hand.tree(w) for w in worlds]),
            "sweep": lambda: sweep(VALUES),
            "two workers": lambda: sweep(VALUES, workers=2),
            "loop with labels": lambda: seconds(lambda: [by_hand.tree(w, labels=True) for w in worlds]),
            "sweep with labels": lambda: sweep(EVERYTHING),
            "short loop": lambda: seconds(lambda: [by_hand.tight(w) for w in worlds]),
            "one busy": lambda: seconds(lambda: busy_processes(1)),
            "two busy": lambda: seconds(lambda: busy_processes(2)),
        },
        size.rounds,
    )
    scale = {name: MILLION / (size.draws if "sweep" in name or "workers" in name else len(worlds)) for name in found}
    million = {name: found[name] * scale[name] for name in found}

    def per_million(name: str) -> str:
        return f"{million[name]:,.2f} s"

    def ratio(slow: str, fast: str) -> str:
        times = million[slow] / million[fast]
        return f"{times:.2f} x" if times < 10 else f"{times:.0f} x"

    row(f"a million draws (timed on {size.draws:,}), option values:")
    row("  scalar loop over the tree (scaled)", per_million("loop"))
    row("  sweep keeping recommended, status", per_million("sweep"), ratio("loop", "sweep"), ">= 120")
    row("  scalar loop shortened by formulas (scaled)", per_million("short loop"), ratio("short loop", "sweep"))
    row("with outcome probabilities:")
    row("  scalar loop over the tree (scaled)", per_million("loop with labels"))
    row(
        "  sweep keeping option_value, outcome_probability too",
        per_million("sweep with labels"), ratio("loop with labels", "sweep with labels"), ">= 120",
    )  # fmt: skip
    row("two workers against one:")
    row("  sweep keeping recommended, status", per_million("two workers"), ratio("sweep", "two workers"), ">= 1.8")
    gain = 2 * found["one busy"] / found["two busy"]
    row("  plain arithmetic in two processes (what the machine gives)", f"{found['two busy']:.2f} s", f"{gain:.2f} x")


def busy(steps: int) -> float:
    """Keep one processor busy."""
    x = 0.0
    for k in range(steps):
        x += k * 1e-9
    return x


def busy_processes(count: int) -> None:
    """Do the same arithmetic in so many processes at once."""
    with ProcessPoolExecutor(count) as pool:
        list(pool.map(busy, [5_000_000] * count))


def memory(size: Size) -> None:
    """Print how the greatest resident size grows with the number of draws."""
    sizes = (100_000, 200_000, max(size.draws, 300_000))
    peaks: dict[int, list[float]] = {n: [] for n in sizes}
    kept: dict[int, float] = {}
    for _ in range(size.memory_rounds):
        for n in sizes:
            peak, kept[n] = fresh(MEMORY.format(n=n))
            peaks[n].append(peak)
    peak_of = {n: statistics.median(p) / 2**20 for n, p in peaks.items()}
    row("peak memory, keeping recommended:")
    for n, mebibytes in peak_of.items():
        row(f"  {n:,} draws", f"{mebibytes:.0f} MiB", f"{mebibytes / peak_of[sizes[0]]:.2f} x")
    many = sizes[-1]
    for few in sizes[:-1]:
        asked = (kept[many] - kept[few]) / 2**20
        growth = peak_of[many] - peak_of[few] - asked
        row(f"  growth from {few:,} to {many:,}, less the {asked:.1f} MiB asked for", f"{growth:.1f} MiB", "", "~ 0")


def imports(size: Size) -> None:
    """Print the time of `import decide` against that of its two great dependencies."""
    wanted = ("numpy, scipy", "decide")
    times: dict[str, list[float]] = {what: [] for what in wanted}
    for k in range(size.imports + 1):
        for what in wanted:
            (spent,) = fresh(IMPORT.format(what=what))
            if k:  # the first of each warms the disk and writes the bytecode
                times[what].append(spent)
    base, ours = (statistics.median(times[what]) for what in wanted)
    row(f"import, {size.imports} fresh processes each:")
    row("  import numpy, scipy", f"{base * 1e3:.0f} ms")
    row("  import decide", f"{ours * 1e3:.0f} ms", f"{ours / base:.2f} x", "<= 1.5")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Benchmarks of rocket_attack.")
    parser.add_argument("--quick", action="store_true", help="under a minute: fewer draws and rounds")
    size = QUICK if parser.parse_args().quick else FULL
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    print(f"decide {decide.__version__}, numpy {np.__version__}, Python {platform.python_version()},", end=" ")
    print(f"{os.cpu_count()} processors, load {load}; medians of {size.rounds} rounds in turns")
    row("what", "median", "ratio", "aim")
    memory(size)  # first: a child's peak is never below what its parent held when it was started
    imports(size)
    loop_against_sweep(size)


if __name__ == "__main__":
    main()
