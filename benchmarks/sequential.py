"""Games over time: `decide` on batches and on single trees, and loops over lists and over Gambit.

Run ``python benchmarks/sequential.py [--quick]``. pygambit is timed where it is installed (``pip install pygambit``);
nothing of `decide` needs it. Everything in a row is measured in the same run, in turns, and medians over the rounds
are printed.

1. *Kuhn poker end to end*: built, solved, certified, and its value read; Gambit is given the tree ready-made.
2. *Kuhn poker in a batch*: as many worlds, solved one after the other.
3. *Leduc poker*, 936 information sets, and with suits merged, 288: zero-sum, by one linear program. `build`, `solve`
   (certified). Gambit: ``lp_solve`` in floats, on the smaller tree, once, because it is slow; ``lcp_solve`` is given
   two minutes, in floats, and stopped. With ``--quick`` neither.
4. *Leduc poker with a rake of 5 %*, suits merged: general-sum, by Lemke's path.
5. *A million draws of a tree of 4 stages and 3 actions* (40 information sets, 81 ends), all seen, by backward
   induction, on one thread: ``found`` is ``decide.solve(batch)``, ``certified`` also writes out every strategy and
   checks every information set of every draw. A loop in plain Python over lists does what ``found`` does and keeps the
   path of play and what it pays. Gambit has no backward induction: it is given ready-made trees, one at a time, to find
   any one equilibrium by ``logit_solve``, to a regret of .001, and is stopped after half a minute (``lcp_solve`` in
   floats did not end on one tree within two).
6. *10,000 draws of a signalling game* (two types, two messages, two replies; random payoffs and priors) by agent logit
   at a precision of 3 per payoff range, certified, and Gambit's ``qre.logit_solve_lambda`` on ready-made trees.

Loops are timed on fewer draws than batches, and all are given as draws a second. With ``--quick`` the batches are
smaller too: 100,000 and 1,000.

Values are checked: -1/18 and -0.085606424 for the first player. If one of ours is another the run stops; if one of
Gambit's is, it is printed with the regret that Gambit itself states.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

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


STAGES, ACTIONS, BOUND = 4, 3, 120.0


def staged(payoffs: Any) -> decide.ExtensiveForm:
    """Build the tree in which A and B move in turn and see all, from payoffs of shape (2, n_ends, *batch)."""

    def node(stage: int, place: int) -> Any:
        if stage == STAGES:
            return decide.Outcome({"A": payoffs[0, place], "B": payoffs[1, place]})
        return decide.Decision("AB"[stage % 2], {
            f"m{k}": node(stage + 1, place * ACTIONS + k) for k in range(ACTIONS)
        })  # fmt: skip

    return decide.ExtensiveForm(node(0, 0), players=("A", "B"))


def by_hand(a: list[float], b: list[float]) -> tuple[float, float, int]:
    """Solve one draw as one would without a library: what it pays both, and where play ends."""
    where = list(range(len(a)))
    for stage in reversed(range(STAGES)):
        own = b if stage % 2 else a
        best = []
        for k in range(0, len(own), ACTIONS):
            top = k
            for j in range(k + 1, k + ACTIONS):
                if own[j] > own[top]:
                    top = j
            best.append(top)
        a, b, where = [a[j] for j in best], [b[j] for j in best], [where[j] for j in best]
    return a[0], b[0], where[0]


def signalling(payoffs: Any, prior: Any) -> decide.ExtensiveForm:
    """Build the signalling game, from payoffs of shape (2, type, message, reply, *batch)."""

    def reply(kind: int, message: int) -> Any:
        ends = {
            f"r{k}": decide.Outcome({"A": payoffs[0, kind, message, k], "B": payoffs[1, kind, message, k]})
            for k in range(2)
        }
        return decide.Decision("B", ends, infoset=f"m{message}")

    def sender(kind: int) -> Any:
        return decide.Decision("A", {f"m{m}": reply(kind, m) for m in range(2)}, infoset=f"t{kind}")

    return decide.ExtensiveForm(
        decide.Chance({"t0": (prior, sender(0)), "t1": (1 - prior, sender(1))}), players=("A", "B")
    )


def in_gambit(tree: decide.ExtensiveForm) -> Any:
    """The tree in Gambit, by way of a file."""
    import pygambit

    from decide.games.formats import render

    return pygambit.read_efg(io.BytesIO(render(tree, "efg").encode()))


def a_second(n: int, times: float) -> str:
    """Say how many draws a second."""
    return f"{n / times:>12,.0f}"


def backward(n: int, rounds: int) -> None:
    """Time backward induction: a batch, a loop over lists, a loop over Gambit."""
    rng = np.random.default_rng(0)
    payoffs = rng.normal(size=(2, ACTIONS**STAGES, n))
    batch, few = staged(payoffs), n // 100
    draws = list(zip(payoffs[0, :, :few].T.tolist(), payoffs[1, :, :few].T.tolist(), strict=True))
    decide.solve(batch[:few])
    found = statistics.median(seconds(lambda: decide.solve(batch, method="backward_induction")) for _ in range(rounds))
    certified = seconds(lambda: decide.solve(batch, method="backward_induction").points)
    hand = statistics.median(seconds(lambda: [by_hand(a, b) for a, b in draws]) for _ in range(rounds))
    answer = decide.solve(batch[:few], method="backward_induction").points.payoffs
    if not np.allclose(answer, [by_hand(a, b)[:2] for a, b in draws], rtol=0, atol=1e-12):
        raise SystemExit("backward induction and the loop differ")
    line = f"found {a_second(n, found)}   certified {a_second(n, certified)}   by hand {a_second(few, hand)}"
    print(f"\nDraws a second, medians\n4 stages x 3 actions   {line}   ({few:,} draws)", end="")
    ratios = f"found against by hand: {hand / few / (found / n):.0f} times"
    if GAMBIT:
        took = alone("tree", 30.0)
        print(f"   Gambit {f'{took:.2g}' if took else 'none within 30'} s a draw", end="")
        ratios += f", against Gambit: {'more than' if not took else ''} {(took or 30.0) / (found / n):,.0f} times"
    print(f"\n{'':<23}{ratios}", flush=True)


def noisy(n: int, rounds: int) -> None:
    """Time agent logit: a batch, and a loop over Gambit."""
    rng = np.random.default_rng(1)
    payoffs = rng.random((2, 2, 2, 2, n))
    batch = signalling(payoffs, rng.uniform(0.1, 0.9, n))

    def solved() -> decide.Solution:
        answer = decide.solve(batch, method="agent_logit", rationality=3.0)
        if len(answer.points) != n:
            raise SystemExit(f"not all solved: {answer}")
        return answer

    ours = statistics.median(seconds(solved) for _ in range(rounds))
    print(f"Signalling, logit      certified {a_second(n, ours)}", end="")
    if GAMBIT:
        import pygambit

        few, answer = 50, solved()
        games = [in_gambit(batch[k]) for k in range(few)]
        found: list[Any] = []
        theirs = seconds(lambda: found.extend(pygambit.qre.logit_solve_lambda(g, 3.0)[0] for g in games)) / few
        off = 0.0
        for k, point in enumerate(found):
            of_player = {own: iter([[float(p) for _, p in odds] for _, odds in point.profile[own]]) for own in "AB"}
            play = [next(of_player["AB"[info.player]]) for info in batch.structure.infosets]
            mine = answer[k].equilibria[0].profile
            off = max(off, *(float(np.abs(x - y).max()) for x, y in zip(mine, play, strict=True)))
        print(f"   Gambit {a_second(1, theirs)} ({few} draws, at most {off:.0e} away)", end="")
        print(f"\n{'':<23}against Gambit: {theirs / (ours / n):.0f} times", end="")
    print(flush=True)


def alone(what: str, bound: float) -> float | None:
    """Let Gambit solve one thing in a process of its own, and return its seconds; None if it does not end in time."""
    try:
        done = subprocess.run(
            [sys.executable, __file__, "--alone", what], timeout=bound, check=True, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        return None
    return float(done.stdout)


def gambit_alone(what: str) -> None:
    """Be that process: print the seconds."""
    import pygambit

    if what == "leduc":
        game = in_gambit(poker.leduc(suits=False))
        print(seconds(lambda: pygambit.nash.lcp_solve(game, rational=False)))
    else:
        game = in_gambit(staged(np.random.default_rng(0).normal(size=(2, ACTIONS**STAGES))))
        print(seconds(lambda: pygambit.nash.logit_solve(game, maxregret=1e-3)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Games over time.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller batches, no long runs")
    parser.add_argument("--alone", choices=("leduc", "tree"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    quick = options.quick
    if options.alone:
        gambit_alone(options.alone)
        return
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
    if GAMBIT and not quick:
        took = alone("leduc", BOUND)
        print(
            f"Leduc, suits merged   Gambit's lcp_solve, floats: {took * 1e3 if took else f'not within {BOUND:.0f} s'}"
        )
    backward(100_000 if quick else 1_000_000, 3)
    noisy(1_000 if quick else 10_000, 3)


if __name__ == "__main__":
    main()
