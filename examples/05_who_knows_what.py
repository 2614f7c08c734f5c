"""Does a threat deter when nobody knows who means it? A story with private information, from its tree to its answers.

Run it: ``python examples/05_who_knows_what.py [folder for the game's file]``. It takes a few seconds.

A challenger may demand a change or leave things as they are. The defender may concede or deny, and a challenger who is
denied may press on, to conflict, or back down. Each side knows whether it would rather fight than give in (hard) or
not (soft), and nobody sees it of the other: unilateral deterrence with private types, after Zagare & Kilgour (2000).
Every number is made up; payoffs run from 0 to 1.
"""

import itertools
import sys
from pathlib import Path

import numpy as np

import decide
from decide import Chance, Decision, ExtensiveForm, Outcome, Parameter, Value, model


@model(decider="Defender", at="soft", solve={"method": "agent_logit", "rationality": "precision"})
def deterrence(
    *,
    p_challenger: Value = Parameter(0.3, low=0.02, high=0.98, unit="probability", doc="the challenger is hard"),
    p_defender: Value = Parameter(0.3, low=0.02, high=0.98, unit="probability", doc="the defender is hard"),
    status_quo: Value = Parameter(0.6, low=0.45, high=0.95, unit="utility", doc="the challenger's, of no demand"),
    conflict_hard: Value = Parameter(0.4, low=0.32, high=0.44, unit="utility", doc="a hard challenger's, of conflict"),
    backing_down: Value = Parameter(0.3, low=0.05, high=0.31, unit="utility", doc="the challenger's, of backing down"),
    conceding: Value = Parameter(0.3, low=0.05, high=0.6, unit="utility", kind="value", doc="the defender's"),
    precision: Value = Parameter(20.0, low=5, high=60, unit="1/utility", kind="structure", doc="of choice"),
) -> ExtensiveForm:
    """Tell of a demand, a denial and a fight: does the soft defender stand firm."""
    del precision  # read by the solver: see solve= above

    def ends(label: str, challenger: Value, defender: Value) -> Outcome:
        return Outcome({"Challenger": challenger, "Defender": defender}, labels=label)

    def story(ch: str, de: str) -> Decision:
        fight = ends("conflict", conflict_hard if ch == "hard" else 0.0, 0.5 if de == "hard" else 0.0)
        down = ends("challenger backs down", backing_down, 0.9)
        denied = Decision("Challenger", {"press": fight, "back down": down}, infoset=f"{ch}, denied")
        concede = ends("defender concedes", 1.0, conceding)
        demanded = Decision("Defender", {"concede": concede, "deny": denied}, infoset=de)
        quiet = ends("status quo", status_quo, 1.0)
        return Decision("Challenger", {"wait": quiet, "demand": demanded}, infoset=ch)

    odds = {"hard": (p_challenger, p_defender), "soft": (1 - p_challenger, 1 - p_defender)}
    pairs = itertools.product(odds, odds)
    return ExtensiveForm(
        Chance({f"{c} against {d}": (odds[c][0] * odds[d][1], story(c, d)) for c, d in pairs}),
        players=("Challenger", "Defender"),
    )


def print_tree(tree: ExtensiveForm) -> None:
    print("\n1  THE TREE (one of four; who is hard is drawn first, and each side sees its own)\n")
    print("\n".join("   " + line for line in str(tree).splitlines()[:9]))


def print_equilibria(tree: ExtensiveForm) -> None:
    print("\n2  ALL EQUILIBRIA, AND WHICH OF THEM SURVIVE A CLOSER LOOK\n")
    answer = decide.solve(tree, method="nash")
    print(f"   {answer.count} equilibria by the normal form (all: {answer.complete})")
    print(f"   {'demands if hard':>18}{'if soft':>10}{'soft denies':>13}   perfect Bayesian   D1")
    for e in answer.equilibria:
        c, d = e.strategies["Challenger"], e.strategies["Defender"]
        good = decide.check(e, "perfect Bayesian").holds
        word = {True: "yes", False: "no", None: "not decided"}
        steadfast = word[decide.check(e, "D1").holds] if good else ""
        row = f"   {c['hard']['demand']:>18.3f}{c['soft']['demand']:>10.3f}{d['soft']['deny']:>13.3f}"
        print(f"{row}   {word[good]:<19}{steadfast}".rstrip())
    bluff, firm = known_answer()
    print("\n   Those without a demand rest on beliefs nobody has to correct: a soft defender stands firm because it")
    print("   takes a demand, which never comes, for a soft challenger's. D1 asks who would gain most from one, and")
    print("   removes them. What is left is the paper's bluffing equilibrium, by its formulas:")
    print(f"   the soft demand with odds {bluff:.3f}, and the soft deny with odds {firm:.3f}.")


def known_answer() -> tuple[float, float]:
    """The bluff and the denial by the paper's thresholds, at the base values."""
    v = {name: float(p) for name, p in deterrence.parameters.items()}
    least = (0.9 - v["conceding"]) / 0.9  # P(hard | demand) that leaves a soft defender indifferent
    hard = (1 - v["status_quo"]) / (1 - v["backing_down"])  # P(deny) that leaves a soft challenger indifferent
    bluff = v["p_challenger"] * (1 - least) / ((1 - v["p_challenger"]) * least)
    return bluff, (hard - v["p_defender"]) / (1 - v["p_defender"])


def print_noise(tree: ExtensiveForm) -> None:
    print("\n3  IF BOTH SIDES SOMETIMES ERR (agent logit; beliefs follow from play)\n")
    print(f"   {'precision':>10}{'soft denies':>13}{'believes hard':>15}{'conflict':>10}{'concession':>12}")
    for precision in (5.0, 20.0, 60.0, None):
        e = decide.solve(tree, method="agent_logit", rationality=precision).equilibria[0]
        belief = sum(b for path, b in e.beliefs["Defender"]["soft"].items() if path.startswith("hard"))
        words = "limit" if precision is None else f"{precision:g}"
        ends = (e.outcomes["conflict"], e.outcomes["defender concedes"])
        denies = e.strategies["Defender"]["soft"]["deny"]
        print(f"   {words:>10}{denies:>13.3f}{belief:>15.3f}{ends[0]:>10.3f}{ends[1]:>12.3f}")


def print_worlds() -> None:
    print("\n4  IN 2,000 WORLDS: WHAT SHOULD A SOFT DEFENDER DO WHO HEARS A DEMAND? (shares of the stated ranges)\n")
    study = decide.sweep(deterrence, 2_000, rng=0)
    shares = study.shares()
    for option, share, error in zip(
        shares["option"].values, shares["share"].values, shares["error"].values, strict=True
    ):
        if share > 0:
            print(f"   {option:<10}{share:>6.0%}  (+-{error:.0%})")
    print("\n   and where one assumption flips the answer, all others at base:")
    for name in ("p_challenger", "p_defender", "status_quo", "conceding"):
        found = decide.switch_points(deterrence, name, resolution=50)
        print(f"     {name:<13}" + "; ".join(f"{i.option} on [{i.low:.3f}, {i.high:.3f}]" for i in found))


def print_file(tree: ExtensiveForm, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    decide.write(tree, path)
    again = decide.read(path)
    same = np.allclose(again.to_normal_form().payoffs, tree.to_normal_form().payoffs, rtol=0, atol=1e-15)
    print(f"\n5  AS A FILE that Gambit opens: {path}; read back, the same game: {bool(same)}")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out")
    print("DETERRENCE WITH PRIVATE RESOLVE. Every number is made up.")
    tree = deterrence()
    print_tree(tree)
    print_equilibria(tree)
    print_noise(tree)
    print_worlds()
    print_file(tree, folder / "deterrence.efg")


if __name__ == "__main__":
    main()
