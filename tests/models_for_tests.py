"""Models that several tests share, at the top level of an importable module: worker processes can find them."""

from __future__ import annotations

import numpy as np
from scipy import stats

from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Value, model


@model(decider="Row", views={"optimist": {"crash": -2.0}, "pessimist": {"crash": -40.0}})
def chicken(
    *,
    crash: Value = Parameter(
        -10,
        low=-50,
        high=-1,
        unit="utility",
        kind="value",
        doc="payoff when nobody swerves",
        source="Rapoport & Guyer 1966",
    ),
    pride: Value = Parameter(1, low=0, high=3, unit="utility", doc="gain from standing while the other swerves"),
) -> NormalForm:
    """Two drivers, one road."""
    return NormalForm.from_table(
        {
            ("swerve", "swerve"): (0, 0),
            ("swerve", "stand"): (-pride, pride),
            ("stand", "swerve"): (pride, -pride),
            ("stand", "stand"): (crash, crash),
        },
        players=("Row", "Column"),
    )


@model(extends=chicken)
def brake(game: NormalForm, *, skid: Value = Parameter(-0.5, low=-2, high=0)) -> NormalForm:
    """Chicken in which Row may also brake."""
    return game.with_action("Row", "brake", {"swerve": (0, 0), "stand": (skid, 0)})


@model(decider="mill")
def lumber(*, p_good: Value = Parameter(0.5, low=0, high=1, unit="probability", kind="belief")) -> ExtensiveForm:
    """One player against chance: large 200 or -180, small 100 or -20, none 0."""

    def plant(good: float, bad: float) -> Chance:
        return Chance({
            "good": (p_good, Outcome({"mill": good}, labels="good market")),
            "bad": (1 - p_good, Outcome({"mill": bad}, labels=("bad market", "loss"))),
        })  # fmt: skip

    return ExtensiveForm(
        Decision("mill", {"large": plant(200, -180), "small": plant(100, -20), "none": Outcome({"mill": 0})})
    )


@model(decider="host")
def party(*, p_sun: Value = Parameter(0.4, low=0, high=1, unit="probability", kind="belief")) -> ExtensiveForm:
    """Where to hold a party, not knowing the weather (Howard's party problem)."""
    payoffs = {"outdoors": (100, 0), "porch": (90, 20), "indoors": (40, 50)}
    return ExtensiveForm(
        Decision(
            "host",
            {
                place: Chance({
                    "sun": (p_sun, Outcome({"host": sun}, labels="sun")),
                    "rain": (1 - p_sun, Outcome({"host": rain}, labels="rain")),
                })
                for place, (sun, rain) in payoffs.items()
            },
        )
    )  # fmt: skip


@model(
    decider="US",
    at="attacked",
    views={"sure": {"p_ordered": 1.0}, "doubtful": {"p_ordered": 0.1, "cost": 2.0}},
    solve={"rationality": {"Iran": "precision"}},
)
def strike(
    *,
    p_ordered: Value = Parameter(0.4, low=0.05, high=0.95, unit="probability", kind="belief"),
    cost: Value = Parameter(3.0, low=0.0, high=6.0, kind="value", doc="of striking the wrong one"),
    gain: Value = Parameter(2.0, low=0.0, high=5.0, kind="other's payoff", doc="Iran's gain from answering"),
    precision: Value = Parameter(1.5, low=0.2, high=4.0, kind="structure"),
    base_rate: Value = Parameter(1.0),
    guarded: bool = True,
) -> ExtensiveForm:
    """An attack whose author is not seen; a strike is followed by the choice of target, and Iran answers by logit."""

    def answer(us: Value, iran: Value, labels: tuple[str, ...]) -> Decision:
        return Decision(
            "Iran",
            {
                "answer": Outcome({"US": us - base_rate, "Iran": iran + gain}, labels=(*labels, "answered")),
                "let be": Outcome({"US": us, "Iran": iran}, labels=labels),
            },
        )

    def attacked(guilty: bool) -> Decision:
        target = Decision(
            "US",
            {
                "depot": answer(1.0 if guilty else -cost, -2.0, ("punished",)),
                "ships": answer(2.0 if guilty else -2 * cost, -3.0 if guarded else -4.0, ("punished", "ships")),
            },
            infoset="target",
        )
        wait = Outcome({"US": -1.0 if guilty else 0.0, "Iran": 1.0 if guilty else 0.0}, labels="unanswered")
        return Decision("US", {"strike": target, "wait": wait}, infoset="attacked")

    return ExtensiveForm(
        Chance({"ordered": (p_ordered, attacked(True)), "not ordered": (1 - p_ordered, attacked(False))}),
        players=("US", "Iran"),
    )


@model(decider="incumbent")
def entry(
    *, fight_cost: Value = Parameter(1.0, low=-1, high=3), prize: Value = Parameter(2.0, low=1, high=4)
) -> ExtensiveForm:
    """Build capacity or not; the entrant sees it and replies exactly; then the incumbent fights or shares, exactly."""

    def entrant(built: bool) -> Decision:
        saved = 1.5 if built else 0.0
        enter = Decision(
            "incumbent",
            {
                "fight": Outcome({"incumbent": saved - fight_cost, "entrant": -1.0}, labels="war"),
                "share": Outcome({"incumbent": 1.0 - (0.5 if built else 0.0), "entrant": 1.0}, labels="duopoly"),
            },
        )
        stay_out = Outcome({"incumbent": prize - (0.5 if built else 0.0), "entrant": 0.0}, labels="monopoly")
        return Decision("entrant", {"enter": enter, "stay out": stay_out})

    return ExtensiveForm(
        Decision("incumbent", {"build": entrant(True), "do not": entrant(False)}, infoset="capacity"),
        players=("incumbent", "entrant"),
    )


@model(decider="A")
def simultaneous(
    *, x: Value = Parameter(1.0, low=0.5, high=2.0), tilt: Value = Parameter(3.0, low=1, high=5)
) -> ExtensiveForm:
    """A tree in which B does not see A's move: only Nash by way of the normal form takes it."""

    def reply(first: tuple[Value, Value], second: tuple[Value, Value], name: str) -> Decision:
        return Decision(
            "B",
            {
                "left": Outcome({"A": first[0], "B": first[1]}, labels=("left", name)),
                "right": Outcome({"A": second[0], "B": second[1]}, labels=("right", name)),
            },
            infoset="unseen",
        )

    return ExtensiveForm(
        Decision("A", {"up": reply((x, 1.0), (0.0, 0.0), "up"), "down": reply((0.0, 0.0), (1.5, tilt), "down")})
    )


@model(decider="hunter")
def stag_hunt(
    *, stag: Value = Parameter(4.0, low=2, high=6), hare: Value = Parameter(3.0, low=1, high=5)
) -> NormalForm:
    """Three equilibria where stag > hare, one where not."""
    return NormalForm.from_table(
        {
            ("stag", "stag"): {"hunter": stag, "other": stag},
            ("stag", "hare"): {"hunter": 0, "other": hare},
            ("hare", "stag"): {"hunter": hare, "other": 0},
            ("hare", "hare"): {"hunter": hare, "other": hare},
        },
        players=("hunter", "other"),
    )


@model(decider="inspector")
def inspection(
    *,
    cost: Value = Parameter(1.0, low=0.5, high=5.0, doc="of an inspection"),
    harm: Value = Parameter(3.0, low=2.0, high=4.0, doc="of a violation nobody saw"),
) -> NormalForm:
    """Inspect or trust, comply or violate: mixed while inspecting costs less than the harm, else trust and violate."""
    return NormalForm.from_table(
        {
            ("inspect", "comply"): (-cost, 0),
            ("inspect", "violate"): (-cost, -1),
            ("trust", "comply"): (0, 0),
            ("trust", "violate"): (-harm, 1),
        },
        players=("inspector", "inspectee"),
    )


@model(decider="one")
def linear(*, x: Value = Parameter(0.5, low=0, high=1), y: Value = Parameter(0.5, low=0, high=1)) -> NormalForm:
    """One player: ``go`` is worth x + y - 1, ``stay`` nothing."""
    return NormalForm.from_table({"go": x + y - 1, "stay": 0 * x}, players=("one",))


@model(decider="one")
def marginals(
    *,
    normal: Value = Parameter(1.0, low=-1, high=4, distribution=stats.norm(1, 2)),
    waiting: Value = Parameter(1.0, distribution=stats.expon(scale=2)),
    share: Value = Parameter(0.3, low=0.1, high=0.9, distribution=stats.beta(2, 5)),
    count: Value = Parameter(2, choices=(1, 2, 5)),
    flat: Value = Parameter(0.0, low=-3, high=3),
    fixed: Value = Parameter(7.0),
) -> NormalForm:
    """One marginal of every kind."""
    return NormalForm.from_table({"go": normal + waiting * share, "stay": count + flat + fixed - 7}, players=("one",))


@model(decider="Row", batched=False)
def hesitant(
    *, crash: Value = Parameter(-10, low=-50, high=-1), pride: Value = Parameter(1, low=0, high=3)
) -> NormalForm:
    """Chicken with an ``if``: a loss beyond 20 is felt twice."""
    felt = 2 * crash if crash < -20 else crash
    return NormalForm.from_table(
        {
            ("swerve", "swerve"): (0, 0),
            ("swerve", "stand"): (-pride, pride),
            ("stand", "swerve"): (pride, -pride),
            ("stand", "stand"): (felt, felt),
        }
    )


@model(decider="one")
def fragile(*, x: Value = Parameter(0.5, low=0, high=1), y: Value = Parameter(0.25, low=0, high=1)) -> NormalForm:
    """No valid game where x > 0.75: a payoff is not a number there."""
    return NormalForm.from_table({"go": np.where(np.asarray(x) > 0.75, np.nan, x), "stay": y}, players=("one",))


@model(decider="one")
def improbable(*, p: Value = Parameter(0.5, low=0, high=1.25)) -> ExtensiveForm:
    """No valid game where p > 1: chances would be negative."""
    return ExtensiveForm(
        Decision(
            "one",
            {
                "bet": Chance(
                    {"win": (p, Outcome({"one": 1.0}, labels="win")), "lose": (1 - p, Outcome({"one": -1.0}))}
                ),
                "pass": Outcome({"one": 0.25}),
            },
        )
    )


@model(decider="one", batched=False)
def fragile_alone(*, x: Value = Parameter(0.5, low=0, high=1)) -> NormalForm:
    """The same kind of failure in a model that is called once a draw."""
    return NormalForm.from_table({"go": float("nan") if x > 0.75 else x, "stay": 0.25}, players=("one",))


@model(decider="one")
def not_elementwise(*, x: Value = Parameter(0.5, low=0, high=1)) -> NormalForm:
    """Compares each draw with the mean of all of them, which is no model of one world."""
    return NormalForm.from_table({"go": x - np.mean(x), "stay": 0 * x + 0.01}, players=("one",))


@model(decider="one")
def no_labels(*, x: Value = Parameter(0.5, low=0, high=1)) -> ExtensiveForm:
    """A tree none of whose outcomes has a label."""
    return ExtensiveForm(Decision("one", {"go": Outcome({"one": x}), "stay": Outcome({"one": 0.25})}))


def fewest_stags(equilibria: tuple) -> object:
    """Return the equilibrium in which the hunter goes for the stag least often (a selection rule that pickles)."""
    return min(equilibria, key=lambda e: e.strategies["hunter"]["stag"])


@model(decider="A", at="first")
def open_beliefs(*, p: Value = Parameter(0.0, low=0, high=0.4)) -> ExtensiveForm:
    """B does not know which of two events happened, and at p = 0 neither does."""

    def node(left: float, right: float) -> Decision:
        ends = {"l": Outcome({"A": 0, "B": left}), "r": Outcome({"A": 0, "B": right})}
        return Decision("B", ends, infoset="h")

    nothing = Outcome({"A": 0, "B": 0})
    luck = Chance({"no": (1 - 2 * p, nothing), "x": (p, node(1, 0)), "y": (p, node(0, 2))})
    return ExtensiveForm(Decision("A", {"go": luck, "stay": Outcome({"A": -1, "B": 0})}, infoset="first"))
