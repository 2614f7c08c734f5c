"""Trees with hidden moves: `decide` by the sequence form, and Gambit on the same trees.

Run ``python benchmarks/sequential.py [--quick]``. pygambit is timed where it is installed (``pip install pygambit``);
nothing of `decide` needs it. Everything in a row is measured in the same run, in turns, and medians over the rounds
are printed.

1. *Kuhn poker end to end*: built, solved, certified, and its value read; Gambit is given the tree ready-made.
2. *Kuhn poker in a batch*: as many worlds, solved one after the other.
3. *Leduc poker*, 936 information sets, and with suits merged, 288: zero-sum, by one linear program. `build`, `solve`
   (certified). Gambit: ``lp_solve`` in floats, on the smaller tree, once, because it is slow (``lcp_solve`` did not end
   within two minutes, and is left out); with ``--quick`` not at all.
4. *Leduc poker with a rake of 5 %*, suits merged: general-sum, by Lemke's path.

Values are checked: -1/18 and -0.085606424 for the first player. If one of ours is another the run stops; if one of
Gambit's is, it is printed with the regret that Gambit itself states.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import decide

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
import poker  # the trees are built for the tests

GAMBIT = importlib.util.find_spec("pygambit") is not None
VALUES = {"kuhn": -1 / 18, "leduc": -0.085606424}


def seconds(function: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def median(rounds: int, function: Callable[[], object]) -> float:
    """Return the median seconds of a call, after one that is not counted."""
    function()
    return statistics.median(seconds(function) for _ in range(rounds))


def value(tree: decide.ExtensiveForm) -> float:
    """Solve, certify, and read what the game is worth to the first player."""
    answer = decide.solve(tree, method="sequence_form")
    if not answer.complete or answer.points.relative_regret[0] > 1e-9:
        raise SystemExit(f"not solved: {answer}")
    return float(answer.equilibria[0].payoffs["One"])


def right(name: str, found: float) -> bool:
    """Whether a value is the known one."""
    return abs(found - VALUES[name]) <= 1e-8


def check(name: str, found: float) -> None:
    """Stop if a value is not the known one."""
    if not right(name, found):
        raise SystemExit(f"the value of {name} is {found}, expected {VALUES[name]}")


def efg(tree: decide.ExtensiveForm) -> str:
    """Write a tree in Gambit's format; chances as fractions, so that they sum to 1."""
    s = tree.structure
    lines = ['EFG 2 R "poker" { ' + " ".join(f'"{p}"' for p in s.players) + " }", ""]
    for node, row in enumerate(s.rows):
        if s.kind[node] == 0:
            lines.append(f't "" {node + 1} "" {{ {" ".join(str(tree.pool[k]) for k in row[3])} }}')
        elif s.kind[node] == 1:
            odds = [Fraction(float(tree.pool[k])).limit_denominator(1000) for k in row[3]]
            moves = " ".join(f'"{a}" {p}' for a, p in zip(row[4], odds, strict=True))
            lines.append(f'c "" {node + 1} "" {{ {moves} }} 0')
        else:
            h = s.infoset_of[node]
            info = s.infosets[h]
            moves = " ".join(f'"{a}"' for a in info.actions)
            lines.append(f'p "" {info.player + 1} {h + 1} "{info.name}" {{ {moves} }} 0')
    return "\n".join(lines) + "\n"


def gambit_times(tree: decide.ExtensiveForm, name: str, rounds: int, *solvers: str) -> str:
    """Time Gambit's solvers on a tree, in floats."""
    import io

    import pygambit

    game = pygambit.read_efg(io.StringIO(efg(tree)))
    cells = []
    for solver in solvers:
        answers: list[Any] = []

        def call(solver: str = solver, answers: list[Any] = answers) -> None:
            answers.append(getattr(pygambit.nash, solver)(game, rational=False))

        times = [seconds(call) for _ in range(rounds)]
        answer = answers[-1]  # its releases differ in names
        profile = answer.equilibrium if hasattr(answer, "equilibrium") else answer.equilibria[0]
        found = float(profile.payoffs["One"] if hasattr(profile, "payoffs") else profile.payoff("One"))
        wrong = "" if right(name, found) else f" (wrong: value {found:.6f}, regret {profile.max_regret():.2g})"
        cells.append(f"{solver} {statistics.median(times) * 1e3:.2f}{wrong}")
    return "   Gambit, floats: " + "   ".join(cells)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Trees with hidden moves.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no long runs")
    quick = parser.parse_args().quick
    rounds = 3 if quick else 9
    check("kuhn", value(poker.kuhn()))
    others = gambit_times(poker.kuhn(), "kuhn", rounds, "lp_solve", "lcp_solve") if GAMBIT else ""
    print("Milliseconds, medians")
    print(f"Kuhn, end to end      {median(rounds, lambda: value(poker.kuhn())) * 1e3:>9.2f}{others}", flush=True)
    worlds = 100 if quick else 1000
    batch = poker.kuhn().broadcast_to((worlds,))
    each = median(3, lambda: decide.solve(batch, method="sequence_form").points) / worlds
    print(f"Kuhn, a world         {each * 1e3:>9.2f}   ({worlds} worlds)", flush=True)
    for suits, name in ((False, "Leduc, suits merged"), (True, "Leduc")):
        tree = poker.leduc(suits=suits)
        check("leduc", value(tree))
        build = median(rounds, lambda suits=suits: poker.leduc(suits=suits))  # type: ignore[misc]
        solve = median(rounds, lambda tree=tree: value(tree))  # type: ignore[misc]
        others = gambit_times(tree, "leduc", 1, "lp_solve") if GAMBIT and not suits and not quick else ""
        print(f"{name:<21} {solve * 1e3:>9.2f}   (built in {build * 1e3:.2f}){others}", flush=True)
    raked = poker.leduc(suits=False, rake=0.05)
    print(f"Leduc with a rake     {median(3, lambda: value(raked)) * 1e3:>9.2f}   (suits merged, Lemke's path)")


if __name__ == "__main__":
    main()
