"""Which options are best for some of the decider's values: by hand, programs against grids, search against both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import decide
from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
from decide.errors import StudyError, UnknownNameError
from decide.sensitivity.weights import linear_regions
from models_for_tests import lumber, strike


@given(hnp.arrays(float, st.tuples(st.integers(1, 4), st.just(3)), elements=st.integers(-4, 4)))
@settings(max_examples=30, deadline=None)
def test_regions_are_what_a_grid_shows(plane: Any) -> None:
    """Every point of a fine grid at which a function is greatest lies within its range, and none beats its lead."""
    start, slope = plane[:, 0], plane[:, 1:]
    found = linear_regions(start, slope, 1e-9)
    axis = np.linspace(0, 1, 41)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    value = start + grid @ slope.T
    for i in range(len(start)):
        rest = np.delete(value, i, axis=1)
        lead = value[:, i] - rest.max(axis=1) if rest.shape[1] else np.zeros(len(grid))
        assert found.lead[i] >= lead.max() - 1e-9
        at = start + slope @ found.witness[i]
        if len(start) > 1:
            assert at[i] - np.delete(at, i).max() == pytest.approx(found.lead[i], abs=1e-7)
        own = grid[lead >= 0]
        if len(own):
            assert (found.low[i] <= own.min(axis=0) + 1e-7).all()
            assert (found.high[i] >= own.max(axis=0) - 1e-7).all()
        elif found.lead[i] < -1e-9:
            assert np.isnan(found.low[i]).all()


@model(decider="Us", views={"other": {"p": 0.9}})
def three(
    *,
    gain: Value = Parameter(1, low=0, high=2, kind="value"),
    harm: Value = Parameter(1, low=0, high=4, kind="value"),
    p: Value = Parameter(0.5, low=0, high=1, unit="probability", kind="belief"),
) -> ExtensiveForm:
    """At p = 1/2: act gain - harm / 2, wait 0, half (gain - harm / 2) / 2 - .1."""
    worth = gain - p * harm
    return ExtensiveForm(
        Decision("Us", {o: Outcome({"Us": x}) for o, x in {"act": worth, "wait": 0.0, "half": worth / 2 - 0.1}.items()})
    )


def test_regions_by_hand() -> None:
    """Act is best where gain > harm / 2: half the box; half lies under the better of the others throughout."""
    found = decide.value_weights(three)
    assert found.attrs["how"] == "linear program"
    assert found["parameter"].values.tolist() == ["gain", "harm"]
    assert found["dominated"].values.tolist() == [False, False, True]
    assert found["share"].values.tolist() == pytest.approx([0.5, 0.5, 0.0], abs=0.03)
    assert found["lead"].sel(option="act").item() == pytest.approx(1.1)  # 2 - (2 / 2 - .1), harmless
    assert found["witness"].sel(option="act").values.tolist() == pytest.approx([2, 0])
    assert found["lead"].sel(option="half").item() == pytest.approx(-0.1)
    assert found["low"].sel(option="act").values.tolist() == pytest.approx([0, 0])
    part = decide.value_weights(three, base={"gain": 1}, parameters=["harm"])
    assert part["high"].sel(option="act").item() == pytest.approx(2.0)
    assert part["low"].sel(option="wait").item() == pytest.approx(2.0)
    assert np.isnan(part["low"].sel(option="half").item())


def test_where_values_multiply_it_is_searched() -> None:
    @model(decider="Us")
    def product(
        *, a: Value = Parameter(1, low=0, high=2, kind="value"), b: Value = Parameter(1, low=0, high=2, kind="value")
    ) -> ExtensiveForm:
        worth = {"go": a * b, "stay": 1.0, "never": a * b / 2 + 0.4}
        return ExtensiveForm(Decision("Us", {o: Outcome({"Us": x}) for o, x in worth.items()}))

    found = decide.value_weights(product)
    assert found.attrs["how"] == "search"
    assert found["lead"].values.tolist() == pytest.approx([1.6, 0.6, -0.1], abs=1e-6)
    assert found["dominated"].values.tolist() == [False, False, True]
    # the part of the square of side 2 in which a b < 1: (1 + log 4) / 4
    assert found["share"].sel(option="stay").item() == pytest.approx((1 + np.log(4)) / 4, abs=0.03)


def test_the_search_agrees_with_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    from decide.questions import weights

    exact = decide.value_weights(three)
    monkeypatch.setattr(weights, "_plane", lambda field, rng: None)
    found = decide.value_weights(three)
    assert found["lead"].values.tolist() == pytest.approx(exact["lead"].values.tolist(), abs=1e-6)
    assert found["share"].values.tolist() == pytest.approx(exact["share"].values.tolist(), abs=0.03)
    inside, true = found["high"].values[:2], exact["high"].values[:2]  # ranges of draws lie inside
    assert (inside <= true + 1e-9).all()
    assert (inside >= true - 0.2).all()


def test_of_a_game() -> None:
    """US strikes wrongly at a cost it alone has: Iran's play does not hang on it, and values are linear in it."""
    found = decide.value_weights(strike)
    assert found["parameter"].values.tolist() == ["cost"]
    for option in found["option"].values:
        region = [float(found[end].sel(option=option).item()) for end in ("low", "high")]
        if not np.isnan(region[0]):
            answer = decide.sweep(strike, {"cost": [np.mean(region)]})
            assert answer.data["recommendation"].values[answer.data["recommended"].values[0]] == option


def test_what_makes_no_sense() -> None:
    with pytest.raises(StudyError, match="no parameter of kind 'value'"):
        decide.value_weights(lumber)
    with pytest.raises(UnknownNameError, match="did you mean 'p_good'"):
        decide.value_weights(lumber, parameters=["p_god"])
    with pytest.raises(StudyError, match="draws is 0"):
        decide.value_weights(three, draws=0)
