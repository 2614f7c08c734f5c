"""Write a payoff model of your own, ask it questions, then extend somebody else's without copying it.

Run it: ``python examples/02_your_own_model.py``. It takes a few seconds. All numbers are made up.
"""

import decide
from decide import Chance, Decision, ExtensiveForm, Outcome, Parameter, Value, model

# ---------------------------------------------------------------- 1  your own model, one function


@model(
    decider="Defender",
    views={"optimist": {"p_hold_alone": 0.6}, "pessimist": {"p_hold_alone": 0.2, "stakes": 9.0}},
)
def reinforce_the_base(
    *,
    cost: Value = Parameter(3, low=0, high=8, unit="points", kind="value", doc="cost of reinforcing"),
    loss: Value = Parameter(20, low=5, high=40, unit="points", kind="value", doc="worth of the base to the defender"),
    p_hold_alone: Value = Parameter(0.4, low=0.1, high=0.7, unit="probability", kind="belief", doc="holds as it is"),
    p_hold_reinforced: Value = Parameter(
        0.8, low=0.6, high=1, unit="probability", kind="belief", doc="holds with help"
    ),
    stakes: Value = Parameter(6, low=1, high=12, unit="points", kind="other's payoff", doc="worth to the attacker"),
    attack_cost: Value = Parameter(2, low=0.5, high=5, unit="points", kind="other's payoff", doc="cost of attacking"),
) -> ExtensiveForm:
    """A base can be reinforced; an attacker sees whether it is, and attacks or waits."""

    def reply(price: Value, p_hold: Value) -> Decision:
        held = Outcome({"Defender": -price, "Attacker": -attack_cost}, labels="attack fails")
        lost = Outcome({"Defender": -price - loss, "Attacker": stakes - attack_cost}, labels="base lost")
        return Decision(
            "Attacker",
            {
                "attack": Chance({"held": (p_hold, held), "lost": (1 - p_hold, lost)}),
                "wait": Outcome({"Defender": -price, "Attacker": 0}, labels="deterred"),
            },
        )

    return ExtensiveForm(
        Decision("Defender", {"reinforce": reply(cost, p_hold_reinforced), "leave it": reply(0.0, p_hold_alone)})
    )


def ask() -> None:
    print("1  YOUR OWN MODEL\n")
    print(reinforce_the_base())
    answer = decide.solve(reinforce_the_base)
    e = answer.equilibria[0]
    print(f"\nsolved by {answer.method}, complete: {answer.complete}, residual {e.residual:.0e}")
    print(f"the defender plays {dict(e.strategies['Defender']['start'])}, and expects {e.payoffs['Defender']:.2f}")
    print(f"outcomes: {', '.join(f'{label} {p:.2f}' for label, p in e.outcomes.items())}\n")

    seen = decide.compare_views(reinforce_the_base).to_dataframe()
    for view, row in zip(["base", *reinforce_the_base.views], seen.itertuples(), strict=True):
        print(f"{view:<10} {row.recommended} by {row.margin:.2f}")

    study = decide.sweep(reinforce_the_base, 20_000, rng=0)
    print("\nover 20,000 worlds drawn from the ranges (shares of the ranges, not probabilities):")
    for option, row in study.shares().to_dataframe().iterrows():
        print(f"  {option:<24}{row['share']:>8.1%} +- {row['error']:.1%}")
    print("\nwhat each criterion would choose:")
    scores = study.criteria()
    for criterion, best in zip(scores["criterion"].values, scores["best"].values, strict=True):
        print(f"  {criterion:<24}{best}")
    print("\nwhere it flips:")
    for name in reinforce_the_base.space.free:
        for i in decide.switch_points(reinforce_the_base, name):
            print(f"  {name:<18} {i.low:>8.4f} to {i.high:>8.4f}   {i.option:<12} ({i.kind_low} to {i.kind_high})")


# ---------------------------------------------------------------- 2  extending a model without copying it

crisis = decide.load("rocket_attack")


@model(extends=crisis)
def with_covert_action(
    game: ExtensiveForm,
    *,
    p_disrupt: Value = Parameter(
        0.25, low=0.05, high=0.6, unit="probability", kind="belief", source="P34",
        doc="covert or cyber action stops the attacks by itself",
    ),
    p_exposed: Value = Parameter(
        0.3, low=0.05, high=0.8, unit="probability", kind="belief", source="assumed",
        doc="if it does not, it becomes known and is read as a moderate strike",
    ),
) -> ExtensiveForm:  # fmt: skip
    """The rocket-attack case with a fifth answer, covert or cyber action (P34); illustrative numbers.

    If it works, attacks stop and nobody has anything to avenge. If it fails and becomes known, what follows is what
    follows a moderate strike; if it fails unseen, what follows no answer.
    """

    def after(path: str) -> Chance:
        worked = Outcome({"US": 0.0, "Iran": 0.0, "militia": 0.0}, labels="attacks stop")
        failed = Chance(
            {
                "exposed": (p_exposed, game.subtree(f"{path} / moderate")),
                "unseen": (1 - p_exposed, game.subtree(f"{path} / none")),
            }
        )
        return Chance({"works": (p_disrupt, worked), "fails": (1 - p_disrupt, failed)})

    paths = ("ordered / no direct evidence", "not ordered")
    return game.with_move("no direct evidence", "covert", {path: after(path) for path in paths})


def extend() -> None:
    print("\n2  ROCKET ATTACK WITH A FIFTH ANSWER (P34; illustrative)\n")
    print(f"{len(crisis.parameters)} parameters inherited, views {', '.join(with_covert_action.views)}")
    study = decide.compare_views(with_covert_action)
    for view, values in zip(study.data["view"].values, study.data["option_value"].values, strict=True):
        print(f"{view:<9}" + "  ".join(f"{o} {v:.2f}" for o, v in zip(study.options, values, strict=True)))
    print("\nhow likely it must be to work, to be best:")
    for view in ("base", *with_covert_action.views):
        parts = decide.switch_points(with_covert_action, "p_disrupt", base=view)
        print(f"  {view:<9}" + "; ".join(f"{i.option} from {i.low:.4f} to {i.high:.4f}" for i in parts))


if __name__ == "__main__":
    ask()
    extend()
