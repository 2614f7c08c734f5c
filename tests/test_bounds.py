"""Worst cases and info-gap curves: exact where they can be, never worse than a draw, and said plainly."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import decide
from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
from decide.errors import StudyError, UnknownNameError
from decide.sensitivity.bounding import FOUND, LINEAR, MONOTONE, PROVED, forms, greatest
from models_for_tests import lumber, strike


def search(f: Any, d: int, **keywords: Any) -> Any:
    """Maximise a function of points (n, d) over the unit box."""
    rng = np.random.default_rng(0)
    look = lambda p: np.asarray(f(p)).reshape(len(p), -1)  # noqa: E731
    form = forms(look, d, rng)
    return form, greatest(look, [None] * d, np.full((1, d), 0.5), rng, form=form, **keywords)


@given(st.lists(st.floats(0.02, 0.98), min_size=1, max_size=5), st.integers(0, 99))
@settings(max_examples=8, deadline=None)
def test_a_summit_inside_the_box(top: list[float], seed: int) -> None:
    """A concave quadratic with cross terms has one summit."""
    d = len(top)
    other = np.random.default_rng(seed).uniform(-0.15, 0.15, (d, d))
    q = np.eye(d) + other + other.T
    _, found = search(lambda p: -np.einsum("ni,ij,nj->n", p - top, q, p - top), d, sample=64, corners=0)
    assert found.value[0] == pytest.approx(0.0, abs=1e-6)
    assert found.point[0] == pytest.approx(top, abs=2e-3)


@given(st.integers(0, 999), st.integers(1, 8))
@settings(max_examples=15, deadline=None)
def test_multilinear_functions_are_greatest_at_a_corner(seed: int, d: int) -> None:
    """Against all corners, the slow way."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(2,) * d)

    def f(points: Any) -> Any:
        found = np.broadcast_to(table, (len(points), *table.shape))
        for k in range(d):
            x = points[:, k].reshape(-1, *([1] * (found.ndim - 2)))
            found = found[:, 0] * (1 - x) + found[:, 1] * x
        return found

    form, found = search(f, d)
    assert form.linear.all()
    assert found.corners
    assert found.value[0] == pytest.approx(table.max(), rel=1e-12)
    assert tuple(np.round(found.point[0]).astype(int)) == np.unravel_index(table.argmax(), table.shape)


def test_forms_are_seen() -> None:
    def f(p: Any) -> Any:
        return np.stack([p[:, 0] - p[:, 1], np.exp(p[:, 0]) - p[:, 1] ** 3, (p[:, 0] - 0.5) ** 2 + p[:, 1]], axis=1)

    form = forms(f, 2, np.random.default_rng(0))
    assert form.linear.tolist() == [True, False, False]
    assert form.monotone.tolist() == [True, True, False]
    assert form.summit(1).tolist() == [1.0, 0.0]


# ------------------------------------------------------------------ of a model


def test_lumber_by_hand() -> None:
    found = decide.worst_case(lumber)
    assert found["least"].values.tolist() == [-180, -20, 0]
    assert found["greatest"].values.tolist() == [200, 100, 0]
    assert found["largest_loss"].values.tolist() == [180, 100, 200]
    assert found["at_largest_loss"].sel(parameter="p_good").values.tolist() == [0, 1, 1]
    assert (found.attrs["best_least"], found.attrs["least_loss"]) == ("none", "small")
    assert set(found["least_proof"].values) == set(found["largest_loss_proof"].values) == {LINEAR}
    part = decide.worst_case(lumber, base={"p_good": 0.7}, parameters="p_good")
    assert part["least"].equals(found["least"])


def test_never_worse_than_any_draw_and_every_world_is_what_it_says() -> None:
    study = decide.sweep(strike, 500, rng=3)
    found = decide.worst_case(strike, study=study, percentile=0.1)
    assert (found["least"] <= found["sample_least"]).all()
    assert (found["greatest"] >= found["sample_greatest"]).all()
    assert (found["largest_loss"] >= found["sample_loss"]).all()
    assert (found["percentile_least"] >= found["sample_least"]).all()
    names = [str(n) for n in found["parameter"].values]
    for goal in ("least", "greatest", "largest_loss"):
        worlds = found[f"at_{goal}"].values
        again = decide.sweep(strike, {n: worlds[:, k] for k, n in enumerate(names)}).data["option_value"].values
        own = np.diagonal(again)
        expected = again.max(axis=1) - own if goal == "largest_loss" else own
        assert found[goal].values.tolist() == pytest.approx(expected.tolist(), abs=1e-9)


@model(decider="Us")
def finite(
    *, a: Value = Parameter(1, choices=(0, 1, 5)), b: Value = Parameter(2, choices=(2, 3)), c: Value = Parameter(7)
) -> ExtensiveForm:
    """Six worlds in all."""
    return ExtensiveForm(Decision("Us", {"go": Outcome({"Us": (a - 2) * (b - 2.5)}), "stay": Outcome({"Us": c - 7})}))


def test_where_all_worlds_can_be_looked_at_it_is_proved() -> None:
    found = decide.worst_case(finite)
    assert found["least"].values.tolist() == [-1.5, 0.0]
    assert found["greatest"].values.tolist() == [1.5, 0.0]
    assert found["largest_loss"].values.tolist() == [1.5, 1.5]
    for goal in ("least", "greatest", "largest_loss"):
        assert set(found[f"{goal}_proof"].values) == {PROVED}


def test_proofs_say_no_more_than_was_seen() -> None:
    @model(decider="Us")
    def bent(*, a: Value = Parameter(0.5, low=0, high=1), b: Value = Parameter(0.5, low=0, high=1)) -> ExtensiveForm:
        hill, steep = 1 - (a - 0.3) ** 2 - (b - 0.6) ** 2, np.exp(2 * np.asarray(a)) - np.asarray(b) ** 3
        return ExtensiveForm(Decision("Us", {"hill": Outcome({"Us": hill}), "steep": Outcome({"Us": steep})}))

    found = decide.worst_case(bent)
    assert found["greatest"].values.tolist() == pytest.approx([1, math.e**2], abs=1e-9)
    assert found["greatest_proof"].values.tolist() == [FOUND, MONOTONE]
    assert found["at_greatest"].values.tolist() == [pytest.approx([0.3, 0.6], abs=1e-5), [1, 0]]
    # hill is left behind most at (1, 0): e^2 - (1 - .49 - .36)
    assert float(found["largest_loss"].sel(option="hill")) == pytest.approx(math.e**2 - 0.15)


def test_what_does_not_matter_stays_at_base() -> None:
    found = decide.worst_case(strike)
    assert found["at_least"].sel(option="wait", parameter=["cost", "gain", "precision"]).values.tolist() == [3, 2, 1.5]


@model(decider="Us")
def broken(*, x: Value = Parameter(0.4, low=0, high=1)) -> ExtensiveForm:
    """Makes no game where x > .8."""
    worth = np.where(np.asarray(x) > 0.8, np.nan, np.asarray(x))
    return ExtensiveForm(Decision("Us", {"go": Outcome({"Us": worth}), "stay": Outcome({"Us": 0.5})}))


def test_worlds_that_fail_are_left_out_and_counted() -> None:
    found = decide.worst_case(broken)
    assert found["greatest"].values.tolist() == [pytest.approx(0.8, abs=1e-6), 0.5]
    assert found.attrs["failed"] > 100
    assert str(found["greatest_proof"].values[0]) == FOUND


def test_a_base_outside_its_range_extends_it() -> None:
    @model(decider="Us", views={"far": {"x": 3.0}})
    def wide(*, x: Value = Parameter(0.4, low=0, high=1)) -> ExtensiveForm:
        return ExtensiveForm(Decision("Us", {"go": Outcome({"Us": x}), "stay": Outcome({"Us": 0.0})}))

    assert decide.worst_case(wide)["greatest"].values.tolist() == [1, 0]
    assert decide.worst_case(wide, base="far")["greatest"].values.tolist() == [3, 0]


@pytest.mark.parametrize(
    ("keywords", "error", "words"),
    [
        ({"percentile": 2}, StudyError, "percentile is 2"),
        ({"over": "wrost"}, UnknownNameError, "did you mean 'worst'"),
        ({"parameters": ["p_god"]}, UnknownNameError, "did you mean 'p_good'"),
        ({"parameters": []}, StudyError, "no parameter that can move"),
        ({"base": "nobody"}, UnknownNameError, "nobody"),
    ],
)
def test_what_makes_no_sense(keywords: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        decide.worst_case(lumber, **keywords)
    with pytest.raises(StudyError, match="the study has the options"):
        decide.worst_case(lumber, study=decide.sweep(strike, 10, rng=0))


# ------------------------------------------------------------------ info-gap curves


@model(decider="Us", views={"off": {"x": 0.2}})
def invest(
    *, x: Value = Parameter(0.5, low=0, high=1), y: Value = Parameter(0.2, low=0.1, high=0.3), z: Value = Parameter(0.0)
) -> ExtensiveForm:
    """Risky 4 x - 1 + y, safe 2 y: curves by hand."""
    return ExtensiveForm(
        Decision("Us", {"risky": Outcome({"Us": 4 * x - 1 + y}), "safe": Outcome({"Us": 2 * y}),
                        "nothing": Outcome({"Us": z})})
    )  # fmt: skip


def test_info_gap_by_hand() -> None:
    """At horizon h: risky falls to 1.2 - 2.1 h, safe to .4 - .2 h; they cross at .8 / 1.9."""
    found = decide.info_gap(invest, horizons=5)
    h = np.linspace(0, 1, 5)
    assert found["least"].sel(option="risky").values.tolist() == pytest.approx((1.2 - 2.1 * h).tolist())
    assert found["least"].sel(option="safe").values.tolist() == pytest.approx((0.4 - 0.2 * h).tolist())
    assert found["greatest"].sel(option="risky").values.tolist() == pytest.approx((1.2 + 2.1 * h).tolist())
    assert found["crossing"].values.tolist() == pytest.approx([0.8 / 1.9])
    assert found["crossing_to"].values.tolist() == ["safe"]
    assert found["best"].values.tolist() == ["risky", "risky", "safe", "safe", "safe"]
    assert found.attrs["required"] == pytest.approx(0.4)  # safe, at the base
    assert found["robustness"].values.tolist() == pytest.approx([0.8 / 2.1, 0.0, -1.0], abs=1e-6)
    need = decide.info_gap(invest, horizons=5, required=0.25)
    assert need["robustness"].values.tolist() == pytest.approx([0.95 / 2.1, 0.75, -1.0])
    assert need["robustness_low"].values.tolist() == [0.25, 0.75, -1.0]
    assert need["robustness_high"].values.tolist() == [0.5, 1.0, 0.0]
    off = decide.info_gap(invest, base="off", horizons=[0.0, 1.0])
    assert off["least"].sel(option="risky").values.tolist() == pytest.approx([0.0, -0.9])


def test_info_gap_ends_at_the_worst_case_and_never_rises() -> None:
    found = decide.info_gap(strike, horizons=4)
    worst = decide.worst_case(strike)
    assert found["least"].isel(horizon=-1).values.tolist() == pytest.approx(worst["least"].values.tolist(), abs=1e-6)
    assert found["greatest"].isel(horizon=-1).values.tolist() == pytest.approx(
        worst["greatest"].values.tolist(), abs=1e-6
    )
    assert (np.diff(found["least"].values, axis=0) <= 0).all()
    assert (np.diff(found["greatest"].values, axis=0) >= 0).all()


@pytest.mark.parametrize("horizons", [1, True, [0.5, 0.2], [0.0, 1.5], [], [[0.1]], [math.nan]])
def test_horizons_rise_from_0_to_1(horizons: Any) -> None:
    with pytest.raises(StudyError, match="horizons is"):
        decide.info_gap(invest, horizons=horizons)


def test_choices_do_not_move_by_shares() -> None:
    with pytest.raises(StudyError, match="no parameter that can move"):
        decide.info_gap(finite)
    with pytest.raises(StudyError, match="choices cannot move"):
        decide.info_gap(finite, parameters=["a"])
    with pytest.raises(StudyError, match="required is nan"):
        decide.info_gap(invest, required=math.nan)


def test_info_gap_shows_progress_by_horizons() -> None:
    seen: list[tuple[int, int]] = []
    decide.info_gap(invest, horizons=[0, 0.5, 1], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
