"""One payoff table, other rules of play: both at once, we commit first, both err, both can talk, we trust nobody.

Run it: ``python examples/04_same_table_other_rules.py``. It takes a few seconds. The table is the rocket-attack case
with both sides moving at once (illustrative numbers; see its source). Number 03 is kept for what would flip it.
"""

import numpy as np

import decide

crisis = decide.load("rocket_attack_simultaneous")
RATIONALITY = (0.25, 0.5, 1.0, 2.0, 4.0)


def mixture(strategy: dict[str, float]) -> str:
    """Show the actions that are played, and how often."""
    return ", ".join(f"{a} {p:.0%}" if p < 0.9999 else a for a, p in strategy.items() if p > 0.005)


def lottery(joint: dict[tuple[str, ...], float]) -> str:
    """Show the profiles that a plan for both may draw."""
    return "; ".join(f"{' + '.join(profile)} {p:.0%}" for profile, p in joint.items() if p > 0.005)


def say(label: str, *words: str) -> None:
    """Print one line a piece, the first behind its label."""
    for k, line in enumerate(words):
        print(f"{label if k == 0 else '':<26}{line}")


def at_once(game: decide.NormalForm) -> None:
    answer = decide.solve(game)
    for e in answer.equilibria:
        kind = "strict" if e.strict else "not strict"
        say(
            "both at once",
            f"US {mixture(e.strategies['US'])}; Iran {mixture(e.strategies['Iran'])}",
            f"US expects {e.payoffs['US']:.2f} ({kind}; all equilibria found: {answer.complete})",
        )
    removed = decide.iterated_dominance(game).removed
    say("ruled out in turn", *(f"{r.round}  {r.player}: {r.action}" for r in removed))


def commit(game: decide.NormalForm) -> None:
    for mixed, words in ((False, "US commits to one action"), (True, "US commits to odds")):
        e = decide.solve(game, method="commitment", leader="US", mixed=mixed).equilibria[0]
        weak = decide.solve(game, method="commitment", leader="US", mixed=mixed, ties="weak")
        least = " (a supremum, not attained)" if weak.status is decide.Status.NOT_ATTAINED else ""
        say(
            words,
            f"{mixture(e.strategies['US'])}; Iran then {mixture(e.strategies['Iran'])}",
            f"US expects {e.payoffs['US']:.2f}; if ties go against it {weak.equilibria[0].payoffs['US']:.2f}{least}",
        )


def err(game: decide.NormalForm) -> None:
    many = decide.solve(game, method="logit", rationality=np.array(RATIONALITY))
    for k, precision in enumerate(RATIONALITY):
        e = many[k].equilibria[0]
        say(
            f"both err, precision {precision:g}",
            f"US {mixture(e.strategies['US'])}; Iran {mixture(e.strategies['Iran'])}",
        )
    e = decide.solve(game, method="level_k", level={"US": 2, "Iran": 1}).equilibria[0]
    say("US thinks one step more", f"US {mixture(e.strategies['US'])}; Iran {mixture(e.strategies['Iran'])}")


def talk(game: decide.NormalForm) -> None:
    say("a mediator", lottery(decide.solve(game, method="correlated", objective="welfare").equilibria[0].joint))
    deal = decide.bargain(game)
    alone = deal.disagreement["US"]
    say("a binding deal", lottery(deal.joint), f"US gets {deal.payoffs['US']:.2f}; alone it can count on {alone:.2f}")


def trust_nobody(game: decide.NormalForm) -> None:
    for best in (decide.maximin(game, "US"), decide.minimax_loss(game, "US")):
        say(best.rule, f"{mixture(best.strategy)} ({best.value:.2f})")


def main() -> None:
    for view in ("hawks", "doves", "analysts"):
        game = crisis(**crisis.views[view])
        print(f"{view.upper()}\n")
        for ask in (at_once, commit, err, talk, trust_nobody):
            ask(game)
        print()
    print("OVER THE STATED RANGES: share of worlds in which each answer is best (not probabilities)\n")
    for words, method, options in (
        ("both at once", "nash", {}),
        ("both err (2 per point)", "logit", {"rationality": 2.0}),
        ("Iran replies to habit", "level_k", {"level": {"US": 2, "Iran": 1}}),
    ):
        shares = decide.sweep(crisis, 5_000, rng=0, method=method, **options).shares().to_dataframe()["share"]
        print(f"{words:<24}" + "  ".join(f"{option} {share:.1%}" for option, share in shares.items() if share > 0.001))


if __name__ == "__main__":
    main()
