"""What would flip it? The founding case again, asked which of its assumptions its answer hangs on.

Run it: ``python examples/03_what_would_flip_it.py [folder for the pictures and the brief]``. It takes a minute or two.

EVERY NUMBER IS ILLUSTRATIVE: the case is one newspaper report without a single probability or payoff in it. What
comes out says what one would have to believe for each answer, not what should have been done.
"""

import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import decide

CRISIS = decide.load("rocket_attack")
VIEWS = ("base", *CRISIS.views)
WORLDS = 16_384
NEAR_TIE = 2.0  # points: closer than this is called a near-tie
CORES = 2


def about(name: str) -> str:
    p = CRISIS.parameters[name]
    return f"{p.doc} ({p.source})"


def print_tornado() -> Any:
    """Let each parameter run through its range, all others at base."""
    bars = decide.tornado(CRISIS)
    print("1  WHAT EACH ASSUMPTION ALONE DOES TO THE WORTH OF THE DECISION")
    print("   (points; the best answer taken each time; widest first)\n")
    for name in map(str, bars["parameter"].values[:12]):
        one = bars.sel(parameter=name)
        turns = int(one["flips"])
        flips = f"flips the answer {turns} time{'s' if turns > 1 else ''}" if turns else "does not flip it"
        print(f"   {name:<22}{float(one['low']):>8.2f} to {float(one['high']):>6.2f}   {flips}")
    n, turning = bars.sizes["parameter"], int((bars["flips"] > 0).sum())
    print(f"   and {n - 12} narrower ones. Of all {n}, {turning} flip the answer at base by themselves.")
    print("   A wide bar need not flip it: an assumption can move the worth of every answer alike.")
    return bars


def switches_of(name: str) -> Any:
    return decide.switch_points(CRISIS, name, resolution=100)


def print_switches(pool: Executor) -> dict[str, Any]:
    """Look along every parameter for values that change the answer."""
    names = CRISIS.space.free
    found = dict(zip(names, pool.map(switches_of, names, chunksize=4), strict=True))
    turning = {name: intervals for name, intervals in found.items() if len(intervals) > 1}
    print(f"\n2  WHERE EACH ASSUMPTION ALONE FLIPS THE ANSWER ({len(turning)} of {len(found)} do; others at base)\n")
    for name, intervals in turning.items():
        parts = "; ".join(f"{i.option} on [{i.low:.4g}, {i.high:.4g}]" for i in intervals)
        print(f"   {name} (base {float(CRISIS.parameters[name]):g}): {parts}")
        print(f"     {about(name)}")
    return turning


def strongest(turning: dict[str, Any]) -> tuple[str, str]:
    """Return the two that flip the answer by the smallest move, as a share of their range."""

    def distance(name: str) -> float:
        p = CRISIS.parameters[name]
        return min(abs(float(p) - s) / (p.high - p.low) for s in turning[name].switches)

    first, second, *_ = sorted(turning, key=distance)
    return first, second


def print_map(x: str, y: str) -> Any:
    found = decide.region_map(CRISIS, x, y, resolution=100)
    print(f"\n3  THE TWO STRONGEST TOGETHER: {x} and {y}, all others at base\n")
    for option, area in zip(found["recommendation"].values, found["area"].values, strict=True):
        if area > 0:
            print(f"   {option:<24}{area:>7.1%} of the map")
    return found


def flips_of(view: str) -> list[decide.Flip]:
    return [decide.nearest_flip(CRISIS, base=view, norm=norm, resolution=100) for norm in ("one", "largest")]


def print_flips(pool: Executor) -> dict[str, list[decide.Flip]]:
    print("\n4  THE NEAREST WORLD WITH ANOTHER ANSWER, FROM EACH VIEW: one assumption alone, then all together\n")
    found = dict(zip(VIEWS, pool.map(flips_of, VIEWS), strict=True))
    for view in VIEWS:
        alone, together = found[view]
        print(f"   {view}: {alone.instead_of}")
        if alone.found:
            (name, (now, there)), *_ = alone.changes.items()
            move = "above" if there > now else "below"
            print(
                f"     alone     {alone.distance:>6.1%}  {alone.option} once {name} is {move} {there:.4g} (now {now:g})"
            )
        else:
            print("     alone        none  no single assumption changes the answer within its range")
        worst = "if all move by so much of their ranges, the worst way"
        print(f"     together  {together.distance:>6.1%}  {together.option} {worst}")
    return found


def print_importance(study: decide.Study) -> Any:
    found = study.importance(rng=0)
    order = found["aggregated_total"].argsort().values[::-1][:10]
    print("\n5  WHICH ASSUMPTION MATTERS, OVER ALL RANGES (share of the variation of the answer, 95% intervals)\n")
    print(f"   {'':<22}{'alone':>24}{'with the others':>24}{'value of information':>24}")
    for k in order:
        line = f"   {found['parameter'].values[k]!s:<22}"
        for name in ("aggregated_first", "aggregated_total", "information_share"):
            value, low, high = (float(found[name + end][k]) for end in ("", "_low", "_high"))
            line += f"{f'{value:.2f} ({low:.2f} to {high:.2f})':>24}"
        print(line)
    return found


def print_scenarios(study: decide.Study) -> dict[str, Any]:
    print("\n6  IN WHICH CORNER OF THE RANGES EACH ANSWER IS WORTH MOST (shares of worlds, no probabilities)\n")
    found = {option: study.scenarios(option) for option in study.options}
    for option, corner in found.items():
        told = f"{corner}.".replace(f"{option} is", f"'{option}' is")  # one answer is called none
        print("\n".join(textwrap.wrap(told, 110, initial_indent="   ", subsequent_indent="     ")))
    return found


def print_structures() -> Any:
    print("\n7  WHICH ASSUMPTION OF THE MODEL ITSELF FLIPS WHOSE ANSWER\n")
    found = decide.structures(
        CRISIS,
        settings={"patriots": [False], "exact": [True]},
        others={"Iran does not see the answer": decide.load("rocket_attack_simultaneous")},
    )
    labels = found["recommendation"].values
    for i, name in enumerate(map(str, found["structure"].values)):
        print(f"   {name}")
        for j, view in enumerate(map(str, found["view"].values)):
            label, margin = str(labels[int(found["recommended"][i, j])]), float(found["margin"][i, j])
            notes = "  NEAR-TIE" * (margin < NEAR_TIE) + "  ANOTHER ANSWER" * bool(found["flips"][i, j])
            print(f"     {view:<10}{label:<24}by {margin:>6.2f}{notes}")
    return found


def print_robustness(study: decide.Study) -> None:
    print("\n8  THE SAME DECISION UNDER OTHER ASSUMPTIONS OF THE MODEL ITSELF (a table for an appendix)\n")
    print("\n".join(f"   {line}" for line in str(decide.robustness_table(study, near_tie=NEAR_TIE)).splitlines()))


def draw(folder: Path, bars: Any, turning: dict[str, Any], area: Any, matters: Any, assumptions: Any) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plots = decide.plots
    pictures: dict[str, tuple[Callable[[Any], Any], str]] = {
        "tornado": (lambda ax: plots.tornado(bars, ax=ax), "How far one assumption moves the worth of the decision"),
        "map": (lambda ax: plots.region_map(area, ax=ax), "Two assumptions at once"),
        "switch_points": (
            lambda ax: plots.switch_points(turning, base=CRISIS.base, ax=ax),
            "Where one assumption flips the answer",
        ),
        "importance": (lambda ax: plots.importance(matters, ax=ax), "Which assumption matters over all ranges"),
        "structures": (lambda ax: plots.structures(assumptions, ax=ax), "Which assumption of the model flips it"),
    }
    for name, (paint, title) in pictures.items():
        figure, ax = plt.subplots(figsize=(9, 6), layout="constrained")
        paint(ax)
        ax.set_title(f"{title} (illustrative)", loc="left")
        figure.savefig(folder / f"{name}.png", dpi=120)
        plt.close(figure)
        print(f"   {folder / name}.png")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out")
    folder.mkdir(parents=True, exist_ok=True)
    print("ROCKET ATTACKS IN IRAQ, MARCH 2020: what would flip the answer? EVERY NUMBER IS ILLUSTRATIVE.\n")
    with ProcessPoolExecutor(CORES) as pool:
        bars = print_tornado()
        turning = print_switches(pool)
        area = print_map(*strongest(turning))
        flips = print_flips(pool)
    study = decide.sweep(CRISIS, WORLDS, rng=0)
    matters = print_importance(study)
    corners = print_scenarios(study)
    assumptions = print_structures()
    print_robustness(study)
    print("\n9  PICTURES, AND A BRIEF TO HAND OVER\n")
    draw(folder, bars, turning, area, matters, assumptions)
    computed = {
        "tornado": bars, "map": area, "flips": flips, "importance": matters, "scenarios": corners,
        "structures": assumptions,
    }  # fmt: skip
    brief = decide.report(study, folder / "brief.html", near_tie=NEAR_TIE, computed=computed)
    print(f"   {brief}")


if __name__ == "__main__":
    main()
