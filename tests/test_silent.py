"""Decisions where nobody goes: what equilibria say of them, and what is left out where they say nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import decide
from decide import Chance, Decision, ExtensiveForm, Outcome, Parameter, Value, model
from decide.evaluate import evaluate, settle, variables
from decide.points import Status

METHODS = ("nash", "subgame_perfect", "agent_logit")


@model(decider="Receiver", at="sees signal")
def signalling(
    *,
    p: Value = Parameter(0.3, low=0.05, high=0.95, kind="belief", doc="the sender is strong"),
    cost: Value = Parameter(0.5, low=0.1, high=0.9, doc="of the signal to the strong"),
    dear: Value = Parameter(2.0, low=1.5, high=3.0, doc="of the signal to the weak"),
) -> ExtensiveForm:
    """The strong may signal at a bearable cost, the weak at none that pays; who is taken for strong is paid 1.

    After a signal trusting pays the receiver 1 against the strong and -1 against the weak; doubting 0.
    """

    def answered(kind: str, paid: Any, seen: str) -> Decision:
        right = 1.0 if kind == "strong" else -1.0
        return Decision("Receiver", {
            "trust": Outcome({"Sender": 1 - paid, "Receiver": right}),
            "doubt": Outcome({"Sender": 0 - paid, "Receiver": 0.0}),
        }, infoset=f"sees {seen}")  # fmt: skip

    def sender(kind: str, paid: Any) -> Decision:
        moves = {"signal": answered(kind, paid, "signal"), "quiet": answered(kind, 0.0, "nothing")}
        return Decision("Sender", moves, infoset=kind)

    strong, weak = sender("strong", cost), sender("weak", dear)
    return ExtensiveForm(Chance({"strong": (p, strong), "weak": (1 - p, weak)}), players=("Sender", "Receiver"))


def test_equilibria_that_never_lead_there_say_nothing() -> None:
    # By hand, p < 1/2: separating (signal by the strong alone, trusted; quiet is doubted), where a signal is strong
    # for sure: trust 1, doubt 0. The weak never signal: it costs them more than trust brings. All other equilibria
    # pool on quiet, and no Nash equilibrium says what a signal would mean.
    study = decide.sweep(signalling, {"p": [0.2, 0.4]}, method="nash").data
    assert study["status"].values.tolist() == [Status.SOLVED] * 2
    assert (study["n_silent"].values > 0).all()
    assert (study["n_equilibria"].values > study["n_silent"].values).all()
    for name in ("option_value", "option_value_low", "option_value_high"):
        assert study[name].values == pytest.approx(np.array([[1.0, 0.0]] * 2))
    assert study["recommendation"].values[study["recommended"].values].tolist() == ["trust"] * 2


def test_where_none_speaks_the_world_failed_and_the_study_says_why() -> None:
    # A signal that costs the strong more than it brings is never given: whatever the method that holds no beliefs.
    for method in ("nash", "subgame_perfect"):
        study = decide.sweep(signalling, {"p": [0.2, 0.2], "cost": [0.5, 1.5]}, method=method)
        assert study.data["status"].values.tolist() == [Status.SOLVED, Status.UNREACHED]
        assert study.data["n_silent"].values[1] == study.data["n_equilibria"].values[1] > 0
        assert study.data["recommendation"].values[study.data["recommended"].values].tolist() == ["trust", "failed"]
        assert "in 1 the decision is never reached" in repr(study)
        assert "in 1 some equilibria never lead to the decision" in repr(study)


def test_beliefs_of_the_limit_value_the_options_off_the_path() -> None:
    # The noise that fades: the one to whom the signal costs less is infinitely likelier to give it by mistake.
    for draws in ({"p": [0.2, 0.4], "cost": [1.5, 1.2], "dear": [2.5, 3.0]}, {"p": [0.3], "cost": [1.5]}):
        found = decide.sweep(signalling, draws, method="agent_logit").data
        assert (found["status"].values == Status.SOLVED).all()
        assert not found["n_silent"].values.any()
        for k, p in enumerate(draws["p"]):
            base = {"p": p, "cost": draws["cost"][k]} | ({"dear": draws["dear"][k]} if "dear" in draws else {})
            e = decide.solve(signalling, base=base, method="agent_logit").equilibria[0]
            view = e.interim["Receiver"]["sees signal"]
            assert view.reach == 0.0
            assert found["option_value"].values[k] == pytest.approx([view.values["trust"], view.values["doubt"]])
            assert found["option_value"].values[k] == pytest.approx([2 * view.beliefs["strong"] - 1, 0.0])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rule", ["worst", "payoff_dominant", "first"])
def test_a_batch_is_its_worlds_one_by_one(method: str, rule: str) -> None:
    rng = np.random.default_rng(4)
    draws = {"p": rng.uniform(0.05, 0.95, 6), "cost": rng.uniform(0.1, 1.9, 6), "dear": rng.uniform(1.5, 3.0, 6)}
    selection: Any = (lambda found: found[0]) if rule == "first" else rule
    problem, _ = settle(signalling, signalling.values(), method, selection, None, None, {})
    wanted = frozenset(variables(problem))
    many = evaluate(problem, {**signalling.values(), **draws}, 6, wanted)
    for k in range(6):
        one = evaluate(problem, {**signalling.values(), **{name: float(v[k]) for name, v in draws.items()}}, 1, wanted)
        for name in wanted:
            assert many[name][k] == pytest.approx(one[name][0], abs=1e-7), name


@model(decider="Home", at="met")
def landing(*, gain: Value = Parameter(1.0, low=0.5, high=2.0), loss: Value = Parameter(-1.0, low=-3, high=-0.5)):  # type: ignore[no-untyped-def]
    """A rival may land; whoever is met by Home chooses at the same time as Home. To land never pays."""

    def reply(home: str) -> Decision:
        worth = (
            {"yield": (gain, -1.0), "fight": (0.0, loss)}
            if home == "hold"
            else {"yield": (0.0, -2.0), "fight": (-1.0, -2.0)}
        )
        ends = {a: Outcome({"Home": h, "Rival": r}) for a, (h, r) in worth.items()}
        return Decision("Rival", ends, infoset="landed")

    met = Decision("Home", {"hold": reply("hold"), "leave": reply("leave")}, infoset="met")
    return ExtensiveForm(Decision("Rival", {"land": met, "stay": Outcome({"Home": 2, "Rival": 1})}))


def test_subgame_perfect_play_speaks_where_a_subgame_starts() -> None:
    # In the subgame the rival yields if -1 > loss, else it fights: hold is worth gain, or 0, and leaving 0, or -1.
    draws = {"gain": [1.0, 2.0, 1.0], "loss": [-2.0, -3.0, -0.6]}
    found = decide.sweep(landing, draws, method="subgame_perfect").data
    assert (found["status"].values == Status.SOLVED).all()
    assert not found["n_silent"].values.any()
    assert found["option_value"].values == pytest.approx(np.array([[1, 0], [2, 0], [0, -1]]))
    assert not found["incredible"].values.any()
    silent = decide.sweep(landing, draws, method="nash").data  # nothing binds what is played where nobody goes
    assert (silent["status"].values == Status.UNREACHED).all()


def test_induction_values_the_same_whether_fast_or_in_general() -> None:
    @model(decider="Guard", at="called", batched=True)
    def watch(*, p: Value = Parameter(0.5, low=0, high=1)) -> ExtensiveForm:
        """A thief that never comes, and a guard who would know by chance alone who it is."""

        def called(right: float) -> Decision:
            stays = Outcome({"Guard": 0, "Thief": 1})
            return Decision("Guard", {"go": Outcome({"Guard": right, "Thief": 0}), "stay": stays}, infoset="called")

        tempted = Chance({"armed": (p, called(-1.0)), "unarmed": (1 - p, called(1.0))})
        return ExtensiveForm(Decision("Thief", {"come": tempted, "stay away": Outcome({"Guard": 0, "Thief": 5})}))

    draws = {"p": [0.0, 0.2, 0.7, 1.0]}
    fast = decide.sweep(watch, draws).data
    general = decide.sweep(watch, draws, selection=lambda found: found[0]).data
    assert fast.attrs["method"] == "backward_induction"
    for name in ("option_value", "recommended", "status", "n_silent", "n_equilibria"):
        assert fast[name].values == pytest.approx(general[name].values), name
    assert fast["option_value"].values[:, 0] == pytest.approx(1 - 2 * np.array(draws["p"]))
