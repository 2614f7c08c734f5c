"""Games in normal form: `decide` on batches against nashpy and QuantEcon in a loop, and on single larger games.

Run ``python benchmarks/normal_form.py [--quick]``. QuantEcon and pygambit are timed where they are installed (``pip
install quantecon pygambit``); nothing of `decide` needs them. Everything in a table is measured in the same run, in
turns, and medians over the rounds are printed.

1. *All equilibria of many random games.* Payoffs are drawn independently and uniformly, so that games are
   nondegenerate. ``kernel`` tests all pairs of supports (payoffs laid out entry by entry); ``found`` is
   ``decide.solve(batch, method="nash")``, which does that and settles what is in doubt; ``certified`` also writes out
   the strategies and certifies every equilibrium. The others run a loop over a few hundred of the same games
   (QuantEcon's support enumeration after a warm-up run, so that compiling is not counted). Every equilibrium that they
   find must be among ours, or the run stops; games in which they find fewer are counted as lost.
2. *Degenerate games in the batch*: payoffs of 0, 1 and 2 in none, 1 % or all of the games.
3. *Single larger games*: all equilibria of 8 x 8, one equilibrium of 12 x 12 and 50 x 50, zero-sum 500 x 500.
4. *Memory* at its peak beyond the payoffs, in multiples of the payoffs, for two lengths of a batch and for one in which
   all games have payoffs of 0, 1 and 2.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import statistics
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import nashpy
import numpy as np
from numpy.typing import NDArray

import decide
from decide.solvers.supports import chunk_of, hit_supports

Batch = tuple[NDArray[np.float64], NDArray[np.float64]]
QUANTECON = importlib.util.find_spec("quantecon") is not None
GAMBIT = importlib.util.find_spec("pygambit") is not None


def random_games(shape: tuple[int, int], count: int, degenerate: float = 0.0) -> Batch:
    """Draw the payoff tables of both players, shape (count, m, n); some share of the games from 0, 1, 2."""
    rng = np.random.default_rng(sum(shape))
    tables = rng.random((2, count, *shape))
    some = rng.random(count) < degenerate
    tables[:, some] = rng.integers(0, 3, (2, int(some.sum()), *shape))
    return tables[0], tables[1]


def seconds(function: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def in_turns(rounds: int, *functions: Callable[[], object]) -> list[float]:
    """Return the median seconds of each function, all of them run once a round."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(rounds):
        for own, function in zip(times, functions, strict=True):
            own.append(seconds(function))
    return [statistics.median(own) for own in times]


# ------------------------------------------------------------------ the others, game by game


def by_nashpy(games: Iterable[tuple[Any, Any]]) -> list[list[Any]]:
    """Return what nashpy's support enumeration finds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [list(nashpy.Game(a, b).support_enumeration()) for a, b in games]


def quantecon_game(a: Any, b: Any) -> Any:
    """Return the game as QuantEcon's."""
    from quantecon.game_theory import NormalFormGame, Player

    return NormalFormGame((Player(np.array(a)), Player(np.array(b.T))))


def gambit_game(a: Any, b: Any) -> Any:
    """Return the game as Gambit's, by way of its file format (the row player's action fastest)."""
    import pygambit

    cells = " ".join(f"{a[i, j]!r} {b[i, j]!r}" for j in range(a.shape[1]) for i in range(a.shape[0]))
    text = f'NFG 1 R "random" {{ "Row" "Column" }} {{ {a.shape[0]} {a.shape[1]} }}\n\n{cells}\n'
    return pygambit.read_nfg(io.BytesIO(text.replace("np.float64(", "").replace(")", "").encode()))


def by_quantecon(games: Iterable[Any], method: str = "support_enumeration") -> list[Any]:
    """Return what QuantEcon finds in games that are its own already."""
    import quantecon.game_theory

    return [getattr(quantecon.game_theory, method)(game) for game in games]


def lost(ours: Any, theirs: list[list[Any]]) -> int:
    """Count the games in which they find fewer equilibria; stop if one of theirs is not among ours."""
    fewer = 0
    for k, points in enumerate(theirs):
        known = [np.concatenate(e.profile) for e in ours[k].equilibria]
        for point in points:
            if min((np.abs(np.concatenate(point) - e).max() for e in known), default=1.0) > 1e-8:
                raise SystemExit(f"the equilibrium {point} of game {k} is not among ours")
        fewer += len(points) < len(known)
    return fewer


# ------------------------------------------------------------------ the tables


def kernel(entries: NDArray[np.float64]) -> None:
    """Test all pairs of supports of a batch, chunk by chunk, and keep one bit a pair and game."""
    size = chunk_of(*entries.shape[1:3])
    for start in range(0, entries.shape[-1], size):
        hit_supports(entries[0, ..., start : start + size], entries[1, ..., start : start + size])


def many(shape: tuple[int, int], count: int, few: int, rounds: int) -> None:
    """Print one row of the first table."""
    tables = random_games(shape, count)
    batch = decide.NormalForm.bimatrix(*tables)
    entries = batch.entries()
    pairs = list(zip(tables[0][:few], tables[1][:few], strict=True))
    ours = decide.solve(batch, method="nash")
    if not ours.complete.all():
        raise SystemExit("a list is not complete")
    nashpy_lost = lost(ours, by_nashpy(pairs[: few // 4]))
    calls = [
        lambda: kernel(entries),
        lambda: decide.solve(batch, method="nash"),
        lambda: decide.solve(batch, method="nash").points,
        lambda: by_nashpy(pairs[: few // 4]),
    ]
    if QUANTECON:
        games = [quantecon_game(*pair) for pair in pairs]
        lost(ours, by_quantecon(games))
        calls.append(lambda: by_quantecon(games))
    times = in_turns(rounds, *calls)
    k, f, c = (t / count * 1e6 for t in times[:3])
    theirs = [times[3] / (few // 4) * 1e6] + [t / few * 1e6 for t in times[4:]]
    cells = " ".join(f"{t:>9,.1f} {t / f:>8,.0f} x {t / c:>7,.0f} x" for t in theirs)
    print(f"{shape[0]} x {shape[1]}  {k:>8.3f} {f:>8.3f} {c:>10.3f} {cells}   {nashpy_lost}", flush=True)


def degenerate(shape: tuple[int, int], count: int, few: int, rounds: int) -> None:
    """Print one row of the second table."""
    cells = []
    for share in (0.0, 0.01, 1.0):
        tables = random_games(shape, count, share)
        batch = decide.NormalForm.bimatrix(*tables)
        solution = decide.solve(batch, method="nash")
        if not solution.complete.all() or (share == 1.0 and not solution.degenerate.mean() > 0.5):
            raise SystemExit("a list is not complete")
        calls = [lambda b=batch: decide.solve(b, method="nash"), lambda b=batch: decide.solve(b, method="nash").points]
        if QUANTECON and share == 1.0:
            games = [quantecon_game(a, b) for a, b in zip(tables[0][:few], tables[1][:few], strict=True)]
            by_quantecon(games[:2], "vertex_enumeration")
            calls.append(lambda g=games: by_quantecon(g, "vertex_enumeration"))
        times = in_turns(rounds, *calls)
        cells.append(f"{times[0] / count * 1e6:>9.3f} {times[1] / count * 1e6:>9.3f}")
        cells += [f"{t / few * 1e6:>9.1f}" for t in times[2:]]
    print(f"{shape[0]} x {shape[1]}  " + "  ".join(cells), flush=True)


def single(name: str, shape: tuple[int, int], method: str, games: int, rounds: int) -> None:
    """Print one row of the third table."""
    rng = np.random.default_rng(7)
    tables = [rng.random((2, *shape)) for _ in range(games)]
    if method == "zero_sum":
        tables = [np.stack([t[0], -t[0]]) for t in tables]
    ours = [decide.NormalForm(t) for t in tables]
    names, calls = ["decide"], [lambda g: decide.solve(g, method=method).points]
    sets: list[list[Any]] = [ours]
    if QUANTECON:
        import quantecon.game_theory
        from quantecon.optimize import minmax

        solver = {
            "nash": quantecon.game_theory.vertex_enumeration,
            "lemke_howson": quantecon.game_theory.lemke_howson,
            "zero_sum": lambda g: minmax(g.players[0].payoff_array),
        }[method]
        names.append("QuantEcon")
        calls.append(solver)
        sets.append([quantecon_game(*t) for t in tables])
        solver(quantecon_game(*rng.random((2, 3, 3))))
    if method == "zero_sum":
        names.append("nashpy")
        calls.append(lambda g: g.linear_program())
        sets.append([nashpy.Game(t[0]) for t in tables])
    if GAMBIT and method != "zero_sum" and max(shape) <= 12:
        from pygambit.nash import enummixed_solve, lcp_solve

        names.append("Gambit, floats")
        calls.append(
            (lambda g: enummixed_solve(g, rational=False))
            if method == "nash"
            else (lambda g: lcp_solve(g, rational=False, stop_after=1))
        )
        sets.append([gambit_game(*t) for t in tables])
    times: list[list[float]] = [[] for _ in names]
    for _ in range(rounds):
        for k in range(games):
            for own, call, own_games in zip(times, calls, sets, strict=True):
                own.append(seconds(partial(call, own_games[k])))
    cells = "   ".join(
        f"{n} {statistics.median(t) * 1e3:.3f} (mean {statistics.mean(t) * 1e3:.3f})"
        for n, t in zip(names, times, strict=True)
    )
    print(f"{name:<34} {cells}", flush=True)


def memory(shape: tuple[int, int], count: int, share: float) -> None:
    """Print the peak memory of solving, strategies and certificates included, beyond the payoffs themselves."""
    batch = decide.NormalForm.bimatrix(*random_games(shape, count, share))
    decide.solve(batch[:10], method="nash").points  # noqa: B018
    tracemalloc.start()
    decide.solve(batch, method="nash").points  # noqa: B018
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    times = peak / batch.payoffs.nbytes
    print(f"{shape[0]} x {shape[1]}  {count:>10,} games, {share:>4.0%} of 0, 1, 2  {times:>5.2f} x payoffs", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Games in normal form, in batches and one by one.")
    parser.add_argument("--quick", action="store_true", help="smaller batches, fewer rounds")
    quick = parser.parse_args().quick
    small, rounds = (10, 3) if quick else (1, 5)
    print("All equilibria of random games, microseconds a game; ratios to what is found and to what is certified")
    others = "   ".join(
        f"{n:>9} {'found':>8} {'certified':>9}" for n in ["nashpy", *(["QuantEcon"] if QUANTECON else [])]
    )
    print(f"{'':<5} {'kernel':>8} {'found':>8} {'certified':>10} {others}  lost by nashpy")
    for shape, count, few in (((2, 2), 1_000_000, 2000), ((3, 3), 1_000_000, 2000), ((4, 4), 100_000, 400),
                              ((3, 5), 100_000, 400)):  # fmt: skip
        many(shape, count // small, few // (2 if quick else 1), rounds)
    print("\nGames with payoffs 0, 1, 2 among them: microseconds a game, found and certified, at 0 %, 1 % and 100 %"
          + ("; QuantEcon's vertex enumeration at 100 %" if QUANTECON else ""))  # fmt: skip
    for shape, count in (((2, 2), 200_000), ((3, 3), 100_000), ((4, 4), 20_000)):
        degenerate(shape, count // small, 300, rounds)
    print("\nSingle games, milliseconds")
    single("8 x 8, all equilibria", (8, 8), "nash", 10, rounds)
    single("12 x 12, one equilibrium", (12, 12), "lemke_howson", 40, rounds)
    single("50 x 50, one equilibrium", (50, 50), "lemke_howson", 40, rounds)
    if not quick:
        single("zero-sum 500 x 500", (500, 500), "zero_sum", 1, 3)
    print("\nPeak memory, strategies and certificates included")
    for shape in ((2, 2), (3, 3), (4, 4)):
        for count, share in ((100_000, 0.0), (400_000, 0.0), (100_000, 1.0)):
            memory(shape, count // small, share)


if __name__ == "__main__":
    main()
