"""What a hostile reading of the questions found: each was wrong once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import decide
from decide import Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Value, model
from decide.errors import StudyError, UnknownNameError
from decide.sensitivity.bounding import greatest


def choice(values: Mapping[str, Any]) -> ExtensiveForm:
    return ExtensiveForm(Decision("Us", {option: Outcome({"Us": value}) for option, value in values.items()}))


@model(decider="Us", views={"wet": {"rain": 4.0}})
def harvest(
    *, rain: Value = Parameter(1, low=0, high=4, kind="value"), seed: Value = Parameter(2, low=1, high=3, kind="value")
) -> ExtensiveForm:
    return choice({"sow": rain, "keep": seed})


@model(decider="Row")
def hawk_dove(*, cost: Value = Parameter(3, low=0.5, high=6), z: Value = Parameter(1, low=0, high=2)) -> NormalForm:
    """A fight over 2 at a cost: the mixed equilibrium is there only if it costs more than 2."""
    return NormalForm.bimatrix(
        [[1 - cost / 2, 2], [0, z]], [[1 - cost / 2, 0], [2, z]], actions=(("hawk", "dove"),) * 2
    )


def test_a_symmetric_map_is_parted_in_halves() -> None:
    @model(decider="Us")
    def two(*, a: Value = Parameter(0.2, low=-1, high=1), b: Value = Parameter(0.1, low=-1, high=1)) -> ExtensiveForm:
        return choice({"a": a, "b": b})

    for resolution in (2, 10, 120):  # more cells on the diagonal than are counted
        area = decide.region_map(two, "a", "b", resolution=resolution)["area"]
        assert area.values[:2] == pytest.approx([0.5, 0.5], abs=1e-9)


@pytest.mark.parametrize("question", [decide.tornado, decide.nearest_flip, decide.worst_case, decide.value_weights])
def test_parameters_are_named_alike_in_every_question(question: Callable[..., Any]) -> None:
    one, listed, twice = (question(harvest, parameters=p) for p in ("rain", ["rain"], ["rain", "rain"]))
    if question is decide.nearest_flip:
        assert one == listed == twice
    else:
        assert one.identical(listed)
        assert one.identical(twice)
    with pytest.raises(StudyError, match="parameters is 3; expected names"):
        question(harvest, parameters=3)
    with pytest.raises(UnknownNameError, match=r"no parameter 'rin'; did you mean 'rain'\?"):
        question(harvest, parameters=["rin"])


def test_a_choice_that_fails_is_no_bar_to_zero() -> None:
    @model(decider="Us")
    def levy(*, k: Value = Parameter(1, choices=(1, 2, 3))) -> ExtensiveForm:
        return choice({"a": np.where(k == 3, np.nan, -5 * k), "b": -20.0})

    bar = decide.tornado(levy).sel(parameter="k")
    assert (float(bar["low"]), float(bar["high"]), int(bar["failed"])) == (-10.0, -5.0, 1)
    assert (float(bar["fixed_low"]), float(bar["fixed_high"])) == (-10.0, -5.0)
    assert bar["flips_to"].values.tolist() == ["", "failed"]


def test_bars_leave_out_worlds_in_which_the_rule_selects_nothing() -> None:
    bars = decide.tornado(hawk_dove, selection="mixed", base={"cost": 1.0})
    dear = bars.sel(parameter="cost")  # with z = 1 the mixed equilibrium is worth 1 - 2 / cost
    assert float(dear["high"]) == pytest.approx(2 / 3)
    assert float(dear["low"]) == pytest.approx(0, abs=1e-6)
    idle = bars.sel(parameter="z")  # cheap fights: nobody mixes, whatever z is
    assert np.isnan([float(idle[key]) for key in ("low", "high", "at_low", "at_high", "fixed_low")]).all()
    assert bars["parameter"].values.tolist() == ["cost", "z"]
    assert np.isnan(bars.attrs["base_value"])
    decide.plots.tornado(bars)


def test_what_has_no_value_at_the_base_is_said_in_one_line() -> None:
    with pytest.raises(StudyError, match="rule selects no equilibrium"):
        decide.info_gap(hawk_dove, selection="mixed", base={"cost": 1.0})
    with pytest.raises(StudyError, match="no world was solved"):
        decide.worst_case(hawk_dove, selection="mixed", base={"cost": 1.0}, parameters=["z"])


def test_views_that_cannot_be_weighed_together_are_named() -> None:
    @model(decider="Us", views={"late": {"third": True}})
    def wait(*, rain: Value = Parameter(1, low=0, high=4), third: bool = False) -> ExtensiveForm:
        return choice({"sow": rain, "keep": 2.0} | ({"sell": 1.0} if third else {}))

    with pytest.raises(StudyError, match=r"'late' has the options \('sow', 'keep', 'sell'\)"):
        decide.across_views(wait)
    for views in ([], ["wet", "wet"]):
        with pytest.raises(StudyError, match="expected different ones, at least one"):
            decide.across_views(harvest, views)


@pytest.mark.parametrize("name", ["mixed or tied", "depends on equilibrium", "failed"])
def test_no_option_is_called_as_a_class_of_answers_is(name: str) -> None:
    @model(decider="Us")
    def odd(*, rain: Value = Parameter(1, low=0, high=4)) -> ExtensiveForm:
        return choice({name: rain, "keep": 2.0})

    for ask in (lambda: decide.sweep(odd, 8, rng=0), lambda: decide.switch_points(odd, "rain")):
        with pytest.raises(StudyError, match=f"an option {name!r}; expected another name"):
            ask()


def test_a_parameter_called_as_an_axis_of_the_result_is_named() -> None:
    @model(decider="Us")
    def odd(*, share: Value = Parameter(1, low=0, high=4), side: Value = Parameter(2, low=1, high=3)) -> ExtensiveForm:
        return choice({"sow": share, "keep": side})

    study = decide.sweep(odd, 64, rng=0)
    with pytest.raises(StudyError, match="'share' is called as something in this result"):
        study.acceptability("share")
    with pytest.raises(StudyError, match="'side' is called as something in this result"):
        decide.region_map(odd, "share", "side")
    assert study.acceptability("side", values=[1.0])["share"].sizes == {"side": 1, "recommendation": 5}


@model(decider="Row")
def feint(*, x: Value = Parameter(1.5, low=-1, high=2)) -> NormalForm:
    """Safe pays x, and is answered by left; left and right are matching pennies, worth 0 in their mixture."""
    return NormalForm.bimatrix(
        [[x, x], [1, -1], [-1, 1]], [[0, -1], [-1, 1], [1, -1]],
        actions=(("safe", "left", "right"), ("left", "right")),
    )  # fmt: skip


def test_a_mixture_without_the_option_that_was_best_is_no_band_of_a_crossing() -> None:
    """Below 1 safe is mixed with left, below 0 it is out of the mixture: no tie that values only pass through."""
    found = decide.switch_points(feint, "x")
    assert [i.option for i in found] == ["mixed or tied", "safe"]
    assert found.switches == pytest.approx((1.0,), abs=1e-6)
    assert decide.tornado(feint)["flips_to"].values.tolist() == [["mixed or tied", ""]]


@pytest.mark.parametrize("seed", range(12))
def test_switch_points_agree_with_solving_point_by_point(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m = rng.integers(2, 4), rng.integers(1, 4)
    fixed, slope, bend = rng.integers(-3, 4, size=(3, 2, n, m)).astype(float)

    @model(decider="Row")
    def game(*, x: Value = Parameter(0.37, low=-1, high=2)) -> NormalForm:
        t = np.asarray(x)[..., None, None, None]
        return NormalForm(fixed + slope * t + bend * t**2, players=("Row", "Column"))

    found = decide.switch_points(game, "x", resolution=100)
    points = np.linspace(-0.99937, 1.99911, 301)
    data = decide.sweep(game, {"x": points}).data
    wrong = [
        (at, name)
        for at, name in zip(points, data["recommendation"].values[data["recommended"].values], strict=True)
        if found.at(at) != name and min(abs(at - e) for e in (*found.switches, np.inf)) > 3 / 100
    ]
    assert not wrong, (found, wrong)


def test_a_search_follows_an_edge_at_which_values_jump() -> None:
    """Right of the edge there is nothing; along it 2 x - y rises to 0.8, though neither coordinate alone gains."""

    def look(points: np.ndarray) -> np.ndarray:
        x, y = points.T
        return np.where(x <= 0.8 * y + 0.1, 2 * x - y, -1.0)[:, None]

    for seed in range(5):
        found = greatest(look, [None, None], np.array([[0.05, 0.5]]), np.random.default_rng(seed), sample=64)
        assert found.value[0] == pytest.approx(0.8, abs=1e-4)
        assert found.value[0] <= 0.8


def test_no_bound_is_called_exact_where_worlds_are_missing() -> None:
    """The best corner has no answer: the bound lies at the edge of the gap, and is only found."""

    @model(decider="Us")
    def gap(*, a: Value = Parameter(0.1, low=0, high=1), b: Value = Parameter(0.1, low=0, high=1)) -> ExtensiveForm:
        return choice({"x": np.where(np.asarray(a) + b > 1.999, np.nan, a + b), "y": 0.5})

    found = decide.worst_case(gap)
    assert found.attrs["failed"] > 0
    assert found["greatest_proof"].sel(option="x").item() == "the largest found"
    assert float(found["greatest"].sel(option="x")) == pytest.approx(1.999, abs=1e-3)
