"""Where a profile stops being an equilibrium, and where their number changes: known answers, brute force."""

from __future__ import annotations

import itertools
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import decide
from decide import (
    Decision,
    ExtensiveForm,
    NormalForm,
    Outcome,
    Parameter,
    Value,
    equilibrium_counts,
    equilibrium_regions,
    model,
    solve,
)
from decide.errors import SolveError, StudyError, UnknownNameError
from models_for_tests import chicken, entry, fragile, hesitant, inspection, lumber, stag_hunt, strike


def game_of(first: Any, second: Any) -> Any:
    """A two-player model with one parameter on [0, 1]: payoff tables are linear in it."""
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)

    @model(decider="Row")
    def made(*, x: Value = Parameter(0.5, low=0, high=1)) -> NormalForm:
        t = np.asarray(x)[..., None, None]
        return NormalForm(np.stack([a[0] + t * a[1], b[0] + t * b[1]], axis=-3), players=("Row", "Column"))

    return made


# ------------------------------------------------------------------ known answers


def test_stag_hunt() -> None:
    """Both hunting stags holds from stag = hare on; both hunting hares always; three equilibria above, one below."""
    both = equilibrium_regions(stag_hunt, "stag", profile=("stag", "stag"))
    assert [r.holds for r in both] == [False, True]
    assert both[0].high == pytest.approx(3.0, abs=4e-10)
    assert (both[0].deviation, both[0].kind_high) in (("hunter: hare", "crossing"), ("other: hare", "crossing"))
    assert both[0].gain == pytest.approx(1.0)
    assert equilibrium_regions(stag_hunt, "stag", profile=("hare", "hare")).holds == ((2.0, 6.0),)
    counts = equilibrium_counts(stag_hunt, "stag")
    assert [(r.count, r.complete) for r in counts] == [(1, True), (3, True)]
    assert counts.switches == pytest.approx((3.0,), abs=4e-10)


def test_a_mixed_profile_holds_at_one_value_only() -> None:
    """In the inspection game the odds move with the payoffs: the base's own equilibrium holds at the base alone."""
    found = equilibrium_regions(inspection, "cost")
    assert [(r.low, r.high) for r in found if r.holds] == [(pytest.approx(1.0, abs=1e-8),) * 2]
    assert [r.holds for r in found] == [False, True, False]
    assert {found[0].deviation, found[2].deviation} == {"inspector: inspect", "inspector: trust"}
    assert found.at(found.holds[0][0])
    assert not found.at(2.0)
    # The inspector's odds of inspecting come from the inspectee's payoffs, which the cost does not enter:
    assert dict(found.strategies["inspectee"]) == {"comply": pytest.approx(2 / 3), "violate": pytest.approx(1 / 3)}


def test_chicken_by_names_odds_and_equilibrium() -> None:
    (asymmetric,) = [e for e in solve(chicken).equilibria if e.strategies["Row"]["stand"] == 1.0]
    ways = [("stand", "swerve"), {"Row": "stand", "Column": {"swerve": 1.0}}, asymmetric]
    for profile in ways:
        assert equilibrium_regions(chicken, "crash", profile=profile).holds == ((-50.0, -1.0),)
    wide = equilibrium_regions(chicken, "crash", profile=ways[0], high=3)
    assert wide.holds[0][1] == pytest.approx(-1.0, abs=53e-10)  # swerving costs pride = 1: standing against standing
    assert wide[-1].deviation == "Column: stand"
    with pytest.raises(StudyError, match="3 equilibria"):
        equilibrium_regions(chicken, "crash")


def test_two_disjoint_regions() -> None:
    """(a, a) holds while x(1 - x) is at most 3/16: below 1/4 and above 3/4."""

    @model(decider="Row")
    def split(*, x: Value = Parameter(0.1, low=0, high=1)) -> NormalForm:
        tempting = x * (1 - x) - 3 / 16
        return NormalForm.bimatrix([[0 * x, 0 * x], [tempting, 1 + 0 * x]], [[0, 0], [0, 1]], actions=(("a", "b"),) * 2)

    found = equilibrium_regions(split, "x", profile=("a", "a"))
    assert [r.holds for r in found] == [True, False, True]
    assert np.ravel(found.holds)[1:3] == pytest.approx([0.25, 0.75], abs=1e-10)
    assert found[1].gain == pytest.approx(1 / 16, abs=1e-4)
    assert found.to_dataframe()["holds"].tolist() == [True, False, True]
    assert pickle.loads(pickle.dumps(found)) == found


def test_trees_by_each_concept() -> None:
    """Entry deterrence: to fight an entrant is no plan to keep (incredible), yet nobody can do better ex ante."""
    fights = {"fight": 1.0}
    threat = {
        "incumbent": {"capacity": "do not", "build / enter": fights, "do not / enter": "fight"},
        "entrant": {"build": "stay out", "do not": "stay out"},
    }
    nash = equilibrium_regions(entry, "fight_cost", profile=threat, concept="nash")
    assert nash.holds == ((-1.0, 3.0),)
    assert nash.concept == "nash"
    for concept in ("sequential", "subgame_perfect"):
        credible = equilibrium_regions(entry, "fight_cost", profile=threat, concept=concept)
        # not built: fighting pays -cost against 1, so up to cost = -1, the end of the range; built: 1.5 - cost >= .5
        assert credible.holds in ((), ((-1.0, -1.0),))
        assert "incumbent" in credible[-1].deviation
    own = equilibrium_regions(entry, "fight_cost", base={"fight_cost": 0.5})
    assert own.concept == "sequential"
    assert own.holds[0][1] == pytest.approx(1.0, abs=4e-10)
    assert own[-1].deviation == "incumbent at 'build/enter'" or "build" in own[-1].deviation


def test_failed_worlds_are_regions() -> None:
    found = equilibrium_regions(fragile, "x", profile=("go",))
    assert [(r.holds, r.deviation) for r in found] == [(False, "one: stay"), (True, ""), (False, "failed")]
    assert [r.high for r in found] == pytest.approx([0.25, 0.75, 1.0], abs=1e-10)
    assert [r.count for r in equilibrium_counts(fragile, "x")] == [1, -1]
    assert "failed on [0.75, 1]" in repr(equilibrium_counts(fragile, "x"))


def test_models_called_once_a_draw_and_payoffs_that_jump() -> None:
    found = equilibrium_regions(hesitant, "crash", profile=("swerve", "stand"))
    assert found.holds == ((-50.0, -1.0),)

    @model(decider="one")
    def step(*, x: Value = Parameter(0.1, low=0, high=1)) -> NormalForm:
        return NormalForm.from_table({"go": np.where(np.asarray(x) < 0.3, 1.0, -1.0), "stay": 0 * x}, players=("one",))

    jump = equilibrium_regions(step, "x", profile=("go",))
    assert jump[0].high == pytest.approx(0.3, abs=1e-10)
    assert jump[0].kind_high == "jump"


def test_one_player_trees_agree_with_switch_points() -> None:
    found = equilibrium_regions(lumber, "p_good")
    best = next(i for i in decide.switch_points(lumber, "p_good") if i.option == "small")
    assert found.holds == ((pytest.approx(best.low, abs=2e-10), pytest.approx(best.high, abs=2e-10)),)


# ------------------------------------------------------------------ against the obvious


entries = st.lists(st.integers(-5, 5), min_size=24, max_size=24)


@given(entries)
@settings(max_examples=25, deadline=None)
def test_pure_profiles_against_the_roots_of_their_deviation_gains(numbers: list[int]) -> None:
    """Payoffs linear in x: every gain is a line, and its root is known."""
    tables = np.array(numbers, dtype=float).reshape(2, 2, 2, 3)  # player, power of x, rows, columns
    m = game_of(tables[0], tables[1])
    i, j = 1, 2
    low, high = 0.0, 1.0
    gains = [tables[0][:, k, j] - tables[0][:, i, j] for k in range(2)]
    gains += [tables[1][:, i, k] - tables[1][:, i, j] for k in range(3)]
    for a, b in gains:  # a + b x <= 0
        if b > 0:
            high = min(high, -a / b)
        elif b < 0:
            low = max(low, -a / b)
        elif a > 0:
            high = -math.inf
    found = equilibrium_regions(m, "x", profile=("1", "2"), resolution=100)
    inside = [(a, b) for a, b in found.holds if b - a > 1e-6]
    if high - low > 0.011:
        assert inside == [(pytest.approx(low, abs=1e-10), pytest.approx(high, abs=1e-10))]
    elif high - low < -1e-6:
        assert not found.holds
    assert found[0].low == 0
    assert found[-1].high == 1
    for one, two in itertools.pairwise(found):
        assert one.high == two.low


@given(entries)
@settings(max_examples=10, deadline=None)
def test_counts_against_solving_one_by_one(numbers: list[int]) -> None:
    tables = np.array(numbers, dtype=float).reshape(2, 2, 2, 3)
    m = game_of(tables[0], tables[1])
    found = equilibrium_counts(m, "x", resolution=60)
    for x in np.linspace(0.0037, 0.9963, 15):
        if min((abs(x - s) for s in found.switches), default=1.0) > 1e-6:
            here = next(r for r in found if r.low <= x <= r.high)
            assert here.count == solve(m(x=float(x))).count


# ------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("m", "arguments", "keywords", "error", "words"),
    [
        (stag_hunt, ("stga", ("stag", "stag")), {}, UnknownNameError, ["'stga'"]),
        (stag_hunt, ("stag", ("stag",)), {}, StudyError, ["2 actions"]),
        (stag_hunt, ("stag", ("stag", "deer")), {}, UnknownNameError, ["'deer'", "other"]),
        (stag_hunt, ("stag", "stag"), {}, StudyError, ["one action a player"]),
        (stag_hunt, ("stag", {"hunter": "stag"}), {}, StudyError, ["nothing of other"]),
        (stag_hunt, ("stag", {"hunter": {"stag": 0.7}, "other": "stag"}), {}, StudyError, ["sum to 1"]),
        (stag_hunt, ("stag", {"hunter": {"stag": math.nan}, "other": "stag"}), {}, StudyError, ["nan"]),
        (stag_hunt, ("stag", {"huntr": "stag", "other": "stag"}), {}, UnknownNameError, ["'huntr'"]),
        (stag_hunt, ("stag", ("stag", "stag")), {"resolution": 0}, StudyError, ["integer from 1"]),
        (stag_hunt, ("stag", ("stag", "stag")), {"concept": "perfect"}, UnknownNameError, ["'perfect'"]),
        (stag_hunt, ("stag", ("stag", "stag")), {"concept": "sequential"}, StudyError, ["normal form"]),
        (stag_hunt, ("stag",), {"method": "logit", "rationality": 1.0}, StudyError, ["logit", "Nash"]),
        (stag_hunt, ("stag",), {"method": "nsah"}, SolveError, ["'nsah'"]),
        (stag_hunt, ("stag", ("stag", "stag")), {"low": math.nan}, StudyError, ["nan"]),
        (strike, ("cost",), {}, StudyError, ["logit", "Iran"]),
        (entry, ("prize", ("build", "enter")), {}, StudyError, ["information set"]),
    ],
)
def test_bad_questions(m: Any, arguments: Any, keywords: dict[str, Any], error: type, words: list[str]) -> None:
    with pytest.raises(error) as caught:
        equilibrium_regions(m, arguments[0], profile=arguments[1] if arguments[1:] else None, **keywords)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_only_a_model_and_only_its_range() -> None:
    tree = ExtensiveForm(Decision("one", {"go": Outcome({"one": 1})}))
    for call in (equilibrium_counts, equilibrium_regions):
        with pytest.raises(StudyError, match="expected a model"):
            call(tree, "x")  # type: ignore[arg-type, operator]
        with pytest.raises(StudyError, match="2\\.5"):
            call(stag_hunt, "stag", resolution=2.5)  # type: ignore[operator]
    with pytest.raises(StudyError, match="expected a value in"):
        equilibrium_regions(stag_hunt, "stag", profile=("stag", "stag")).at(9.0)
