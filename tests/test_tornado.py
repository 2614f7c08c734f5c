"""One parameter at a time: true extremes inside the range, flips where they are, profiles that break at jumps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import decide
from decide import Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Value, model
from decide.errors import StudyError, UnknownNameError
from decide.sensitivity.extremes import extremes
from models_for_tests import lumber


@model(decider="Us")
def hump(
    *,
    x: Value = Parameter(0.2, low=0, high=1),
    y: Value = Parameter(0.3, low=0, high=1),
    n: Value = Parameter(1, choices=(1, 2, 4)),
) -> ExtensiveForm:
    """Going is worth most in the middle of x; staying falls in y."""
    go = 4 * n * x * (1 - x)
    return ExtensiveForm(Decision("Us", {"go": Outcome({"Us": go}), "stay": Outcome({"Us": 1 - y})}))


def test_extremes_lie_where_they_are() -> None:
    """At the ends of x going is worth 0: bars read off the two ends would show nothing."""
    bars = decide.tornado(hump)
    one = bars.sel(parameter="x")
    assert bars.attrs["held"] == "stay"
    assert (float(one["fixed_low"]), float(one["fixed_high"])) == pytest.approx((0.7, 0.7))
    assert float(one["high"]) == pytest.approx(1.0, abs=1e-12)
    assert float(one["at_high"]) == pytest.approx(0.5, abs=1e-4)  # a parabola: value to 1e-8 is place to 1e-4
    assert float(one["low"]) == pytest.approx(0.7)
    roots = [0.5 - np.sqrt(0.25 - 0.7 / 4), 0.5 + np.sqrt(0.25 - 0.7 / 4)]
    assert int(one["flips"]) == 2
    assert bool(one["has_flip"].sel(side="above"))
    assert not bool(one["has_flip"].sel(side="below"))
    assert float(one["flip"].sel(side="above")) == pytest.approx(roots[0], abs=1e-9)
    assert one["flips_to"].sel(side="above").item() == "go"
    assert float(one["flip"].sel(side="below")) == 0.0  # the end of the range


def test_the_widest_comes_first_and_choices_are_looked_at_where_they_can_be() -> None:
    bars = decide.tornado(hump)
    spread = (bars["high"] - bars["low"]).values
    assert (np.diff(spread) <= 0).all()
    one = bars.sel(parameter="n")
    assert (float(one["low"]), float(one["high"])) == pytest.approx((0.7, 4 * 4 * 0.2 * 0.8))
    assert float(one["at_high"]) == 4
    assert int(one["flips"]) == 1
    assert one["choices"].item()
    assert (
        float(one["flip"].sel(side="above")) == 2
    )  # the first choice that has another answer, not a value between two
    assert set(map(str, decide.tornado(hump, parameters=["y"])["parameter"].values)) == {"y"}


@given(
    st.lists(st.integers(-20, 20).map(lambda k: k / 10), min_size=4, max_size=4), st.floats(-5, 5), st.floats(0.5, 8)
)
@settings(max_examples=30, deadline=None)
def test_extremes_of_polynomials(coefficients: list[float], low: float, width: float) -> None:
    """Against the roots of the derivative."""
    high = low + width
    p = np.polynomial.Polynomial(coefficients).trim()
    found = extremes(lambda x: np.stack([p(x), -2 * p(x)], axis=1), low, high, resolution=64)
    critical = [r.real for r in np.atleast_1d(p.deriv().roots()) if abs(r.imag) < 1e-12 and low <= r.real <= high]
    values = [float(p(x)) for x in [low, high, *critical]]
    size = 1 + max(map(abs, values))
    assert found.low[0] == pytest.approx(min(values), abs=1e-9 * size)
    assert found.high[0] == pytest.approx(max(values), abs=1e-9 * size)
    assert found.low[1] == pytest.approx(-2 * max(values), abs=1e-9 * size)
    assert float(p(found.at_high[0])) == pytest.approx(found.high[0], abs=1e-12 * size)


def test_nothing_is_claimed_beyond_a_jump_or_where_there_is_no_value() -> None:
    def look(x: np.ndarray) -> np.ndarray:
        return np.where(x < 0.3, np.where(x < 0.1, np.nan, x), -x)[:, None]

    found = extremes(look, 0.0, 1.0, resolution=10)
    assert (found.low[0], found.at_low[0]) == (-1.0, 1.0)
    assert 0.3 - 1e-6 < found.high[0] < 0.3
    assert found.high[0] == found.at_high[0]


def test_profile_of_lumber() -> None:
    """By hand: switches at 1/6 and 8/13."""
    line = decide.profile(lumber, "p_good", resolution=10)
    assert line["switch_point"].values.tolist() == pytest.approx([1 / 6, 8 / 13], abs=1e-9)
    assert list(line["kind"].values) == ["crossing", "crossing"]
    p = line["p_good"].values
    assert line["option_value"].sel(option="large").values.tolist() == pytest.approx((380 * p - 180).tolist())
    assert len(p) == 11 + 4


def test_profile_of_the_precision_of_a_method() -> None:
    @model(decider="A")
    def duel() -> NormalForm:
        return NormalForm.bimatrix([[3, 0], [0, 1]], [[1, 0], [0, 2]], players=("A", "B"))

    @model(decider="A", solve={"method": "logit", "rationality": 1.0})
    def noisy(*, prize: Value = Parameter(3, low=1, high=5)) -> NormalForm:
        return NormalForm.bimatrix([[prize, 0], [0, 1]], [[1, 0], [0, 2]], players=("A", "B"))

    line = decide.profile(noisy, "rationality", low=0.1, high=2.0, resolution=8)
    alone = [
        decide.sweep(noisy, {"prize": [3.0]}, rationality=float(r)).data["option_value"].values[0]
        for r in line["rationality"].values[:3]
    ]
    assert np.allclose(line["option_value"].values[:3], alone, rtol=0, atol=1e-9)
    assert decide.switch_points(noisy, "rationality", low=0.1, high=2.0)[0].low == 0.1
    with pytest.raises(StudyError, match="nothing to vary"):
        decide.tornado(duel)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: decide.tornado(lumber, resolution=0), StudyError, "integer from 1"),
        (lambda: decide.tornado(lumber, parameters=["p"]), UnknownNameError, "'p'"),
        (lambda: decide.profile(lumber, "p"), UnknownNameError, "'p'"),
        (lambda: decide.profile(hump, "n"), StudyError, "n takes only"),
        (lambda: decide.profile(lumber, "p_good", resolution=True), StudyError, "True"),
        (lambda: decide.tornado("lumber"), StudyError, "'lumber'"),  # type: ignore[arg-type]
    ],
)
def test_bad_questions(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_pictures() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    ax = decide.plots.tornado(decide.tornado(hump))
    assert "“stay” kept" in ax.get_xlabel()
    assert any("“go” above 0.226" in t.get_text() for t in ax.texts)
    line = decide.plots.profile(decide.profile(lumber, "p_good"))
    assert [t.get_text() for t in line.texts] == ["0.167", "0.615"]
    plt.close("all")
