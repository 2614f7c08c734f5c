"""Where the answer flips along one parameter: known answers, and the guarantees of the scan."""

from __future__ import annotations

import contextlib
import itertools
import math
import pickle
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import decide
from decide import (
    Decision,
    ExtensiveForm,
    Interval,
    NormalForm,
    Outcome,
    Parameter,
    Value,
    errors,
    model,
    sweep,
    switch_points,
)
from models_for_tests import chicken, entry, fragile, inspection, lumber, marginals, party, stag_hunt, strike

PRECISION = 1e-10


def words(found: Any) -> list[str]:
    return [i.option for i in found]


def check_cover(found: Any, low: float, high: float) -> None:
    """Whatever is found covers the range once, from low to high."""
    assert (found[0].low, found[-1].high) == (low, high)
    assert (found[0].kind_low, found[-1].kind_high) == ("range", "range")
    for a, b in itertools.pairwise(found):
        assert a.high == b.low
        assert a.kind_high == b.kind_low
        assert a.kind_high in ("crossing", "jump")
        assert a.option != b.option
    assert all(i.low < i.high for i in found)


def one_player(values: Any) -> Any:
    """A model of one player and one parameter on [0, 1]: `values` maps x to what each option is worth."""

    @model(decider="one")
    def made(*, x: Value = Parameter(0.5, low=0, high=1)) -> NormalForm:
        return NormalForm.from_table(
            {option: v + 0 * np.asarray(x) for option, v in values(x).items()}, players=("one",)
        )

    return made


# ------------------------------------------------------------------ known answers


def test_the_lumber_mill_switches_at_one_sixth_and_eight_thirteenths() -> None:
    found = switch_points(lumber, "p_good")
    assert words(found) == ["none", "small", "large"]
    assert found.switches == pytest.approx((1 / 6, 8 / 13), abs=PRECISION)
    assert [i.kind_high for i in found] == ["crossing", "crossing", "range"]
    check_cover(found, 0.0, 1.0)


def test_the_party_problem() -> None:
    """At P(sun) = 0.4 outdoors is worth 40, the porch 48, indoors 46; it flips at 3/8 and 2/3."""
    study = sweep(party, {"p_sun": [0.4]})
    assert study.data["option_value"].values[0].tolist() == pytest.approx([40.0, 48.0, 46.0])
    assert str(study.data["recommendation"].values[study.data["recommended"].values[0]]) == "porch"
    found = switch_points(party, "p_sun")
    assert words(found) == ["indoors", "porch", "outdoors"]
    assert found.switches == pytest.approx((3 / 8, 2 / 3), abs=PRECISION)
    assert found.at(0.4) == "porch"


def test_the_inspection_game_is_mixed_until_inspection_costs_the_harm() -> None:
    found = switch_points(inspection, "cost")
    assert words(found) == ["mixed or tied", "trust"]
    assert found.switches == pytest.approx((3.0,), abs=1e-6 * 4.5)  # a near-tie of 1e-9 of the payoff range around it
    other = switch_points(inspection, "harm", base={"cost": 2.5})
    assert words(other) == ["trust", "mixed or tied"]
    assert other.switches == pytest.approx((2.5,), abs=1e-6)


def test_an_answer_that_never_changes_is_one_interval() -> None:
    found = switch_points(chicken, "crash")
    assert found == (Interval(-50.0, -1.0, "depends on equilibrium", "range", "range"),)
    assert found.switches == ()
    steady = one_player(lambda x: {"good": 1 + x, "bad": x})
    assert switch_points(steady, "x") == (Interval(0.0, 1.0, "good", "range", "range"),)


def test_equilibria_appear_and_vanish() -> None:
    """Stag hunt: hare alone is an equilibrium below stag = hare, three equilibria above."""
    found = switch_points(stag_hunt, "stag")
    assert words(found) == ["hare", "depends on equilibrium"]
    assert found.switches == pytest.approx((3.0,), abs=1e-6)
    assert words(switch_points(stag_hunt, "stag", by="selected", selection="best")) == ["hare", "stag"]
    check_cover(found, 2.0, 6.0)


def test_an_exact_reply_that_flips_is_a_jump() -> None:
    """The entrant stays out iff the incumbent, being entered on, would rather fight: the worth of building jumps."""
    found = switch_points(entry, "fight_cost")
    for i in found:
        middle = (i.low + i.high) / 2
        study = sweep(entry, {"fight_cost": [middle]})
        assert study.data["recommendation"].values[study.data["recommended"].values[0]] == i.option
    # Built: the incumbent fights iff 1.5 - cost > 0.5, that is cost < 1; not built: iff -cost > 1, which is the end of
    # the range. Building pays 1.5 where it deters (cost < 1) and 0.5 where not; not building pays 1.
    assert words(found)[-2:] == ["build", "do not"]
    assert found[-2].high == pytest.approx(1.0, abs=1e-6)
    assert found[-2].kind_high == "jump"


def test_a_jump_and_a_crossing_are_told_apart() -> None:
    m = one_player(lambda x: {"step": np.where(np.asarray(x) < 0.3, 2.0, 0.0), "line": 1 - 2 * (x - 0.5)})
    found = switch_points(m, "x")
    # step 2 beats line 2 - 2x below 0.3; line beats step until 1 - 2(x - 0.5) = 0, at the end of the range
    assert words(found)[:2] == ["step", "line"]
    assert found[0].high == pytest.approx(0.3, abs=PRECISION)
    assert found[0].kind_high == "jump"
    crossing = one_player(lambda x: {"a": 1000 * (x - 0.3), "b": 0.0})
    assert switch_points(crossing, "x")[0].kind_high == "crossing"


def test_a_crossing_is_exact_however_curved() -> None:
    root = math.log(2.0) / 3
    m = one_player(lambda x: {"grow": np.exp(3 * np.asarray(x)), "stay": 2.0})
    found = switch_points(m, "x")
    assert found.switches == pytest.approx((root,), abs=PRECISION)
    assert found[0].kind_high == "crossing"


def test_regions_of_the_same_option_are_kept_apart() -> None:
    m = one_player(lambda x: {"wave": np.sin(4 * math.pi * np.asarray(x)), "flat": 0.0})
    found = switch_points(m, "x")
    inside = [i for i in found if i.high - i.low > 1e-3]
    assert words(inside) == ["wave", "flat", "wave", "flat"]
    assert found.switches[:3] == pytest.approx((0.25, 0.5, 0.75), abs=PRECISION)


def test_a_region_of_ties_is_a_region() -> None:
    m = one_player(lambda x: {"a": np.maximum(np.asarray(x) - 0.6, 0.0), "b": np.maximum(0.2 - np.asarray(x), 0.0)})
    found = switch_points(m, "x")
    assert words(found) == ["b", "mixed or tied", "a"]
    assert found.switches == pytest.approx((0.2, 0.6), abs=1e-8)


def test_options_that_touch_without_crossing_do_not_switch() -> None:
    m = one_player(lambda x: {"a": (np.asarray(x) - 0.5) ** 2, "b": 0.0})
    assert words(switch_points(m, "x")) == ["a"]


def test_regions_that_fail_are_regions() -> None:
    found = switch_points(fragile, "x")
    assert words(found) == ["stay", "go", "failed"]
    assert found.switches == pytest.approx((0.25, 0.75), abs=PRECISION)
    assert [i.kind_high for i in found] == ["crossing", "jump", "range"]


def test_a_switch_at_the_very_end_of_the_range() -> None:
    m = one_player(lambda x: {"a": x, "b": 0.0})
    assert words(switch_points(m, "x")) == ["a"]
    n = one_player(lambda x: {"a": x, "b": 1.0})
    assert words(switch_points(n, "x")) == ["b"]


# ------------------------------------------------------------------ where it looks, and from where


def test_a_view_or_a_mapping_is_the_base() -> None:
    @model(decider="one", views={"keen": {"y": 0.9}})
    def plane(*, x: Value = Parameter(0.5, low=0, high=1), y: Value = Parameter(0.5, low=0, high=1)) -> NormalForm:
        return NormalForm.from_table({"go": x + y - 1, "stay": 0 * x}, players=("one",))

    assert switch_points(plane, "x").switches == pytest.approx((0.5,), abs=PRECISION)
    assert switch_points(plane, "x", base="keen").switches == pytest.approx((0.1,), abs=PRECISION)
    assert switch_points(plane, "x", base={"y": 0.25}).switches == pytest.approx((0.75,), abs=PRECISION)
    assert switch_points(plane, "x", base={"x": 0.9}).switches == pytest.approx((0.5,), abs=PRECISION)


def test_another_range() -> None:
    found = switch_points(lumber, "p_good", low=0.2, high=0.9)
    assert words(found) == ["small", "large"]
    check_cover(found, 0.2, 0.9)
    wide = switch_points(one_player(lambda x: {"a": x - 3, "b": 0.0}), "x", low=-10, high=10)
    assert wide.switches == pytest.approx((3.0,), abs=20 * PRECISION)


def test_a_setting_a_method_and_a_selection_are_passed_on() -> None:
    soft = switch_points(strike, "p_ordered")
    exact = switch_points(strike, "p_ordered", rationality=None)
    # Exactly, Iran always answers, so a strike costs one more: ships 2p - 6(1-p) - 1 against waiting, -p; depot
    # p - 3(1-p) - 1 against -p: depot wins from 4p - 4 = -p, p = 0.8; ships from 4p - 4 = 8p - 7, p = 0.75, by 7/9.
    assert words(exact) == ["wait", "strike / ships"]
    assert exact.switches == pytest.approx((7 / 9,), abs=PRECISION)
    odds = 1 / (1 + math.exp(-1.5 * 2.0))
    assert soft.switches == pytest.approx(((6 + odds) / 9,), abs=PRECISION)
    assert words(switch_points(stag_hunt, "hare", method="pure"))[0] == "depends on equilibrium"
    assert words(switch_points(stag_hunt, "hare", method="pure", by="selected"))[0] == "hare"


def test_another_deciders_switch() -> None:
    found = switch_points(inspection, "cost", decider="inspectee")
    assert words(found) == ["mixed or tied", "violate"]


# ------------------------------------------------------------------ what it guarantees


def test_it_says_its_resolution_and_precision() -> None:
    found = switch_points(lumber, "p_good", resolution=50)
    assert found.parameter == "p_good"
    assert found.resolution == pytest.approx(1 / 50)
    assert found.precision == pytest.approx(1e-10)
    finer = switch_points(lumber, "p_good", resolution=500)
    assert words(found) == words(finer)
    assert found.switches == pytest.approx(finer.switches, abs=2 * PRECISION)
    chicken_found = switch_points(chicken, "crash")
    assert chicken_found.resolution == pytest.approx(49 / 200)
    assert chicken_found.precision == pytest.approx(49e-10)


@given(
    st.integers(5, 60),
    st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(1.01, 3.0)), min_size=1, max_size=3),
    st.floats(-1e3, 1e3),
    st.floats(1e-3, 1e3),
)
@settings(deadline=None, max_examples=40)
def test_every_region_wider_than_a_step_is_found(
    resolution: int, tents: list[tuple[float, float]], low: float, width: float
) -> None:
    """Tents stand out of level ground; wherever one is wider than a step, both its edges are found."""
    step = 1 / resolution
    placed: list[tuple[float, float]] = []
    for c, w in tents:
        a, b = c - w * step / 2, c + w * step / 2
        if a > 1e-6 and b < 1 - 1e-6 and all(b < x - step or a > y + step for x, y in placed):
            placed.append((a, b))
    if not placed:
        return
    placed.sort()

    def values(x: Value) -> dict[str, Any]:
        at = (np.asarray(x) - low) / width
        return {"tent": np.max([(b - a) / 2 - np.abs(at - (a + b) / 2) for a, b in placed], axis=0), "ground": 0.0}

    @model(decider="one")
    def ground(*, x: Value = Parameter(low, low=low, high=low + width)) -> NormalForm:
        return NormalForm.from_table({o: v + 0 * np.asarray(x) for o, v in values(x).items()}, players=("one",))

    found = switch_points(ground, "x", resolution=resolution)
    check_cover(found, low, low + width)
    assert words(found) == ["ground", *["tent", "ground"] * len(placed)]
    edges = [low + width * e for pair in placed for e in pair]
    slack = 2e-10 * width + 4e-16 * (abs(low) + width) * 10
    assert found.switches == pytest.approx(tuple(edges), abs=slack)


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=8), st.lists(st.floats(-1, 1), min_size=4, max_size=8))
@settings(deadline=None, max_examples=30)
def test_what_it_says_of_a_region_is_true_inside_it(a: list[float], b: list[float]) -> None:
    """Two polynomials: at a hundred points, the interval's answer is the one found there alone."""
    m = one_player(lambda x: {"a": np.polyval(a, np.asarray(x)), "b": np.polyval(b, np.asarray(x)), "c": -100.0})
    found = switch_points(m, "x")
    check_cover(found, 0.0, 1.0)
    x = np.linspace(0.003, 0.997, 100)
    x = x[[min(abs(v - s) for s in (*found.switches, 9.0)) > 1e-6 for v in x]]
    if not len(x):
        return
    study = sweep(m, {"x": x})
    answers = study.data["recommendation"].values[study.data["recommended"].values].tolist()
    for v, answer in zip(x, answers, strict=True):
        gap = abs(np.polyval(a, v) - np.polyval(b, v))
        if gap > 1e-6:  # ties are within 1e-9 of a range of about 100
            assert found.at(float(v)) == answer


def test_new_answers_between_two_scan_points_get_their_own_bracket() -> None:
    """Between neighbours with different answers a third one, narrower than a step, is found on the way."""
    m = one_player(lambda x: {"low": 0.5 - x, "third": 0.001 - np.abs(np.asarray(x) - 0.5025) / 10, "high": x - 0.505})
    found = switch_points(m, "x", resolution=10)
    assert words(found) == ["low", "third", "high"]
    assert found[1].high - found[1].low < 0.1


def test_rounding_errors_do_not_make_it_run_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ways of computing the same number flicker; the cost stays what the docstring says, whatever the answer."""
    from decide.questions import asking

    solved, evaluate = [0], asking.evaluate

    def counting(problem: Any, values: Any, n: int, wanted: Any) -> Any:
        solved[0] += n
        assert solved[0] < 50_000, "tens of thousands of worlds solved, and no end"
        return evaluate(problem, values, n, wanted)

    monkeypatch.setattr(asking, "evaluate", counting)
    m = one_player(lambda x: {"a": 3 * x - 2 * x, "b": x})
    with contextlib.suppress(errors.StudyError):  # saying that there is no answer to follow is an answer
        check_cover(switch_points(m, "x"), 0.0, 1.0)


def test_it_is_the_advantage_that_is_zero_there() -> None:
    for m, name in ((lumber, "p_good"), (party, "p_sun"), (strike, "p_ordered"), (strike, "cost")):
        p = m.parameters[name]
        for i in switch_points(m, name)[:-1]:
            assert i.kind_high == "crossing"
            study = sweep(m, {name: [i.high]})
            best = float(study.data["advantage"].sel(option=i.option)[0])
            assert abs(best) < 1e-7 * (p.high - p.low) * 400, (m.name, name)  # type: ignore[operator]


# ------------------------------------------------------------------ what comes back


def test_an_interval_is_a_frozen_record() -> None:
    i = switch_points(lumber, "p_good")[0]
    assert isinstance(i, Interval)
    assert (i.low, i.option, i.kind_low, i.kind_high) == (0.0, "none", "range", "crossing")
    with pytest.raises(AttributeError):
        i.low = 3.0  # type: ignore[misc]
    assert i == Interval(i.low, i.high, "none", "range", "crossing")


def test_the_whole_is_a_tuple_that_shows_pickles_and_tells() -> None:
    found = switch_points(lumber, "p_good")
    assert isinstance(found, tuple)
    assert len(found) == 3
    again = pickle.loads(pickle.dumps(found))
    assert again == found
    assert (again.parameter, again.resolution, again.precision) == ("p_good", found.resolution, found.precision)
    for word in ("p_good", "none", "small", "large", "0.166667", "0.615385"):
        assert word in repr(found)
    assert [found.at(v) for v in (0.0, 0.1, 0.3, 0.9, 1.0)] == ["none", "none", "small", "large", "large"]
    for outside in (-0.1, 1.1, math.nan):
        with pytest.raises(errors.StudyError, match=r"p_good is .*expected a value in \[0"):
            found.at(outside)


def test_it_converts_to_a_frame() -> None:
    found = switch_points(lumber, "p_good")
    frame = found.to_dataframe()
    assert list(frame.columns) == ["low", "high", "option", "kind_low", "kind_high"]
    assert frame["option"].tolist() == ["none", "small", "large"]
    assert frame["high"].tolist() == [i.high for i in found]


# ------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("m", "parameter", "keywords", "error", "expected"),
    [
        (marginals, "count", {}, errors.StudyError, ["count", "expected"]),
        (marginals, "fixed", {}, errors.StudyError, ["fixed", "expected"]),
        (marginals, "waiting", {}, errors.StudyError, ["waiting", "inf", "finite"]),
        (lumber, "p_god", {}, errors.UnknownNameError, ["'p_god'", "'p_good'"]),
        (strike, "guarded", {}, errors.StudyError, ["guarded is a setting", "values="]),
        (lumber, "p_good", {"low": 0.9, "high": 0.1}, errors.StudyError, ["0.9", "0.1"]),
        (lumber, "p_good", {"low": math.nan}, errors.StudyError, ["p_good", "nan"]),
        (lumber, "p_good", {"resolution": 0}, errors.StudyError, ["resolution", "0", "integer from 1"]),
        (lumber, "p_good", {"resolution": 2.5}, errors.StudyError, ["resolution", "2.5"]),
        (lumber, "p_good", {"resolution": True}, errors.StudyError, ["resolution", "True"]),
        (lumber, "p_good", {"by": "option"}, errors.StudyError, ["by", "'option'", "recommended"]),
        (lumber, "p_good", {"selection": "wrost"}, errors.UnknownNameError, ["'wrost'", "'worst'"]),
        (lumber, "p_good", {"method": "inductoin"}, errors.SolveError, ["'inductoin'"]),
        (lumber, "p_good", {"decider": "mil"}, errors.UnknownNameError, ["'mil'", "'mill'"]),
        (lumber, "p_good", {"base": {"p_god": 1}}, errors.UnknownNameError, ["'p_god'"]),
        (lumber, "p_good", {"ratoinality": 1}, errors.SolveError, ["'ratoinality'"]),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_bad_questions(m: Any, parameter: str, keywords: dict[str, Any], error: type, expected: list[str]) -> None:
    with pytest.raises(error) as caught:
        switch_points(m, parameter, **keywords)
    for word in expected:
        assert word in str(caught.value), str(caught.value)


def test_a_constant_may_be_varied_over_a_range_that_is_given() -> None:
    found = switch_points(marginals, "fixed", low=0, high=14)
    assert words(found) == ["go", "stay"]  # go is worth 1.3, stay 2 + fixed - 7
    assert found.switches == pytest.approx((6.3,), abs=14 * PRECISION)
    with pytest.raises(errors.StudyError, match="count"):
        switch_points(marginals, "count", low=0, high=5)  # only its choices are possible


def test_only_a_model_has_switch_points() -> None:
    tree = ExtensiveForm(Decision("one", {"go": Outcome({"one": 1})}))
    for thing in (tree, None, "lumber", lumber.function):
        with pytest.raises(errors.DecideError, match="expected a model"):
            switch_points(thing, "x")  # type: ignore[arg-type]


def test_the_models_own_defaults_are_used() -> None:
    m = model(decider="hunter", solve={"method": "pure", "selection": "best"})(stag_hunt.function)
    assert words(decide.switch_points(m, "hare", by="selected")) == ["stag", "hare"]
