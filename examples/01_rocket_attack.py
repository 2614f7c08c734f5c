"""How should the United States answer the rocket attacks of March 2020? The founding case, from numbers to a picture.

Run it: ``make demo``, or ``python examples/01_rocket_attack.py [folder for the picture]``. It takes about a minute.

EVERY NUMBER IS ILLUSTRATIVE: the case is one newspaper report without a single probability or payoff in it. What
comes out says what the two camps of advisers would have to believe, not what should have been done.
"""

import sys
import textwrap
from pathlib import Path

import numpy as np

import decide

CRISIS = decide.load("rocket_attack")
SIMULTANEOUS = decide.load("rocket_attack_simultaneous")
VIEWS = ("base", *CRISIS.views)
LOGIT, EXACT = "opponents sometimes err (logit, precision .3)", "opponents never err (exact play)"
RULES = {LOGIT: {"exact": False}, EXACT: {"exact": True}}
WORLDS = 100_000
NEAR_TIE = 2.0  # points: closer than this is called a near-tie


def label(study: decide.Study, row: int) -> str:
    return str(study.data["recommendation"].values[int(study.data["recommended"].values[row])])


def print_values(studies: dict[str, decide.Study]) -> None:
    print("\n1  WHAT EACH ANSWER IS WORTH (points; -100 is a wider war; at 'no direct evidence'; illustrative)\n")
    for rule, study in studies.items():
        print(f"   {rule}")
        print(f"   {'':<10}" + "".join(f"{o:>22}" for o in study.options) + "   best, and by how much")
        for row, view in enumerate(VIEWS):
            margin = float(study.data["margin"].values[row])
            tie = "  NEAR-TIE" if margin < NEAR_TIE else ""
            values = "".join(f"{v:>22.2f}" for v in study.data["option_value"].values[row])
            print(f"   {view:<10}{values}   {label(study, row)} by {margin:.2f}{tie}")
        print()
    print(
        "   The views split as their holders argued, untuned, except the doves' under exact play: it favours no answer,"
    )
    print("   while the record has them behind the moderate strike (P7). Section 4 says what would change that.")


def print_outcomes(studies: dict[str, decide.Study]) -> None:
    print(
        "\n2  WHAT WOULD HAPPEN AFTER EACH ANSWER (probability of each outcome; labels need not exclude each other)\n"
    )
    study = studies[LOGIT]
    outcomes = [str(o) for o in study.data["outcome"].values]
    for row, view in enumerate(VIEWS):
        print(f"   {view:<32}" + "".join(f"{o:>18}" for o in outcomes))
        for k, option in enumerate(study.options):
            odds = study.data["outcome_probability"].values[row, k]
            print(f"     {option:<30}" + "".join(f"{p:>18.3f}" for p in odds))
    print(
        "\n   Check against 14 March (P13, the militia hit back after the moderate strike): "
        "P(attacks go on | moderate) is"
    )
    again = study.data["outcome_probability"].sel(option="moderate", outcome="attacks go on").values
    print("   " + ", ".join(f"{view} {p:.2f}" for view, p in zip(VIEWS, again, strict=True)) + ".")


def sweep_all() -> dict[tuple[str, str], decide.Study]:
    """Draw every range (for a view: those it leaves open) in 100,000 worlds."""
    keep = ["recommended", "status"]
    return {
        (rule, view): decide.sweep(
            CRISIS, WORLDS, rng=0, base=({} if view == "base" else dict(CRISIS.views[view])) | setting, keep=keep
        )
        for rule, setting in RULES.items()
        for view in VIEWS
    }


def flips(base: dict[str, float | bool]) -> dict[str, object]:
    """Look along every parameter's range for values that change the answer."""
    found = {name: decide.switch_points(CRISIS, name, base=base, resolution=100) for name in CRISIS.space.free}
    return {name: intervals for name, intervals in found.items() if len(intervals) > 1}


def distance(name: str, at: float, value: float) -> float:
    """A move along one parameter, as a share of its range."""
    p = CRISIS.parameters[name]
    return abs(at - value) / (p.high - p.low)


def print_flips() -> dict[str, object]:
    print("\n3  WHICH SINGLE ASSUMPTION WOULD FLIP THE ANSWER, AND WHERE (all others at base; smallest move first)\n")
    shown = {}
    for rule, setting in RULES.items():
        found = flips(dict(setting))
        near = {n: min(distance(n, s, float(CRISIS.parameters[n])) for s in i.switches) for n, i in found.items()}
        found = {n: found[n] for n in sorted(found, key=near.__getitem__)}
        print(f"   {rule}: {len(found)} of {len(CRISIS.space.free)} parameters")
        for name, intervals in found.items():
            p = CRISIS.parameters[name]
            parts = "; ".join(f"{i.option} on [{i.low:.4g}, {i.high:.4g}]" for i in intervals)
            print(f"     {name} (base {float(p):g}, {p.source}): {parts}")
        print()
        shown[rule] = found
    return shown


def print_doves() -> None:
    print("\n4  THE DOVES' VIEW UNDER EXACT PLAY: WHAT WOULD MAKE IT YIELD THE CHOICE ON RECORD, 'moderate' (P7)\n")
    view = {**CRISIS.views["doves"], "exact": True}
    moves = []
    for name, intervals in flips(view).items():
        now = float(view.get(name, CRISIS.parameters[name]))
        for i in intervals:
            if i.option == "moderate":
                to = i.low if now < i.low else i.high
                moves.append((distance(name, to, now), name, now, to))
    print("   Raw view: none. Every single-parameter move that would do, smallest first (share of the range):")
    for far, name, now, to in sorted(moves):
        print(
            f"     {far:>6.1%}  {name} from {now:g} {'above' if to > now else 'below'} {to:.4g}"
            f" ({CRISIS.parameters[name].source})"
        )
    _, name, now, to = min(moves)
    adjusted = decide.sweep(CRISIS, {}, base=view | {name: to + np.sign(to - now) * 1e-6})
    values = ", ".join(
        f"{o} {v:.2f}" for o, v in zip(adjusted.options, adjusted.data["option_value"].values[0], strict=True)
    )
    print(f"   Adjusted by the first of these: {values}.")
    print("   A choice reached by adjusting is not evidence for the model.")


def print_orders(studies: dict[str, decide.Study]) -> None:
    print(
        "\n5  DOES THE ORDER OF MOVES MATTER? "
        "(exact play; in the tree Iran sees the answer, in the 4 x 3 game it does not)\n"
    )
    tree, table = studies[EXACT], decide.compare_views(SIMULTANEOUS)
    for row, view in enumerate(VIEWS):
        seen, unseen = label(tree, row), label(table, row)
        print(
            f"   {view:<10} seen: {seen:<24} unseen: {unseen:<24} {'the same' if seen == unseen else 'THEY DISAGREE'}"
        )


def meaning(name: str) -> str:
    return "\n".join(textwrap.wrap(CRISIS.parameters[name].doc, 26))


def draw(
    studies: dict[str, decide.Study], swept: dict[tuple[str, str], decide.Study], found: dict[str, object], path: Path
) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(13, 9.5), layout="constrained", width_ratios=(1, 1))
    for ax, (rule, study) in zip(axes[0], studies.items(), strict=True):
        decide.plots.option_values(study, near_tie=NEAR_TIE, ax=ax).set_title(
            f"Worth of each answer: {rule}", loc="left", fontsize=11
        )
        ax.set_xlabel(f"points (-100: a wider war); near-tie: under {NEAR_TIE:g} points")
    bars = {f"{view}, {rule.split()[1]} err": swept[rule, view] for view in VIEWS for rule in RULES}
    decide.plots.shares(bars, ax=axes[1, 0]).set_title(
        f"Best answer in {WORLDS:,} possible worlds: shares, not probabilities", loc="left", fontsize=11
    )
    axes[1, 0].set_xlabel("share of the stated ranges; a view fixes what it says, the rest is drawn")
    for ax in axes[0]:
        ax.set_xlim(-66, 20)
    nearest = list(found[LOGIT].items())[:8]
    bars = {meaning(name): intervals for name, intervals in nearest}
    base = {meaning(name): float(CRISIS.parameters[name]) for name, _ in nearest}
    decide.plots.switch_points(bars, base=base, ax=axes[1, 1]).set_title(
        f"The {len(nearest)} of {len(CRISIS.space.free)} assumptions that alone flip the base", loc="left", fontsize=11
    )
    figure.legend(**decide.plots.legend_of(studies[EXACT].options), loc="outside lower center", ncols=4)
    figure.suptitle("Answering the rocket attacks of March 2020: every number is illustrative", fontsize=14)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def print_summary(studies: dict[str, decide.Study], swept: dict[tuple[str, str], decide.Study], path: Path) -> None:
    print(
        "\n6  SUMMARY (illustrative): recommendation at the view's own values, and its share of the ranges left open\n"
    )
    for rule, study in studies.items():
        print(f"   {rule}")
        for row, view in enumerate(VIEWS):
            best, margin = label(study, row), float(study.data["margin"].values[row])
            table = swept[rule, view].shares()
            counted = sorted(zip(table["share"].values, map(str, table["option"].values), strict=True), reverse=True)
            shares = ", ".join(f"{o} {s:.0%}" for s, o in counted if s >= 0.005)
            values = " / ".join(f"{v:.2f}" for v in study.data["option_value"].values[row])
            print(f"     {view:<9} {values:<34} {best} by {margin:.2f}{' (near-tie)' if margin < NEAR_TIE else ''}")
            print(f"     {'':<9} over {WORLDS:,} worlds: {shares}")
    print(f"\n   values in the order {' / '.join(studies[EXACT].options)}")
    print(f"   picture: {path}")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out")
    path = folder / "rocket_attack.png"
    print("ROCKET ATTACKS IN IRAQ, MARCH 2020: none, moderate or aggressive? EVERY NUMBER IS ILLUSTRATIVE.")
    studies = {rule: decide.compare_views(CRISIS, base=setting) for rule, setting in RULES.items()}
    print_values(studies)
    print_outcomes(studies)
    found = print_flips()
    print_doves()
    print_orders(studies)
    swept = sweep_all()
    draw(studies, swept, found, path)
    print_summary(studies, swept, path)


if __name__ == "__main__":
    main()
