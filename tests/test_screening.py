"""Screening: elementary effects of functions whose effects are known, and labels that are compared and never coded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import decide
from decide import Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Value, model
from decide.errors import StudyError, UnknownNameError
from decide.sensitivity.screening import LEVELS, elementary_effects, screen, trajectories_of
from models_for_tests import chicken, fragile, linear


@given(st.integers(2, 30), st.integers(1, 12), st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_every_step_moves_one_input_by_half_its_range(count: int, d: int, seed: int) -> None:
    points, moved = trajectories_of(count, d, np.random.default_rng(seed))
    assert points.shape == (count, d + 1, d)
    assert ((points > 0) & (points < 1)).all()
    assert (np.sort(moved, axis=1) == np.arange(d)).all()
    for k in range(count):
        for step in range(d):
            change = points[k, step + 1] - points[k, step]
            assert np.flatnonzero(change).tolist() == [moved[k, step]]
            assert abs(change).max() == 0.5


def test_levels_are_equally_likely_at_both_ends_of_a_step() -> None:
    points, _ = trajectories_of(8000, 2, np.random.default_rng(0))
    for end in (points[:, 0, 0], points[:, -1, 0]):
        counts = np.bincount((end * LEVELS).astype(int), minlength=LEVELS)
        assert counts == pytest.approx(np.full(LEVELS, 1000), abs=120)


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=8), st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_linear_functions_have_their_slopes(slopes: list[float], seed: int) -> None:
    w = np.array(slopes)
    points, moved = trajectories_of(10, len(w), np.random.default_rng(seed))
    effects = elementary_effects(points, moved, points @ w)
    assert effects == pytest.approx(np.tile(w, (10, 1)), abs=1e-9)
    found = screen(points, moved, points @ w, np.zeros((10, len(w) + 1), dtype=int), np.ones((10, len(w) + 1), bool))
    assert found["mu_star"] == pytest.approx(abs(w), abs=1e-9)
    assert found["mu"] == pytest.approx(w, abs=1e-9)
    assert found["sigma"] == pytest.approx(np.zeros(len(w)), abs=1e-6)
    assert (found["changes"] == 0).all()
    assert (found["changes_error"] > 0).all()


def morris(u: Any) -> Any:
    """The test function of Morris (1991), eq. 6, with its drawn coefficients set to 0."""
    w = 2 * (u - 0.5)
    for i in (2, 4, 6):
        w[..., i] = 2 * (1.1 * u[..., i] / (u[..., i] + 0.1) - 0.5)
    y = 20 * w[..., :10].sum(axis=-1)
    for i in range(6):
        for j in range(i):
            y = y - 15 * w[..., i] * w[..., j]
    for i in range(5):
        for j in range(i):
            for k in range(j):
                y = y - 10 * w[..., i] * w[..., j] * w[..., k]
    for i in range(4):
        for j in range(i):
            for k in range(j):
                for m in range(k):
                    y = y + 5 * w[..., i] * w[..., j] * w[..., k] * w[..., m]
    return y


def test_the_function_of_morris() -> None:
    """Of 20 inputs, ten matter; 8 to 10 are linear (no scatter), the first seven are not; the last ten do nothing."""
    points, moved = trajectories_of(40, 20, np.random.default_rng(0))
    y = morris(points.copy())
    found = screen(points, moved, y, np.zeros(y.shape, dtype=int), np.ones(y.shape, bool))
    assert found["mu_star"][10:] == pytest.approx(np.zeros(10), abs=1e-9)
    assert (found["mu_star"][:10] > 10).all()
    assert found["mu_star"][7:10] == pytest.approx([40, 40, 40])
    assert found["sigma"][7:10] == pytest.approx(np.zeros(3), abs=1e-6)
    assert (found["sigma"][:7] > 5).all()


@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_counts_against_a_slow_loop(seed: int, count: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    points, moved = trajectories_of(count, d, rng)
    y, code = rng.standard_normal((count, d + 1)), rng.integers(0, 3, (count, d + 1))
    ok = rng.random((count, d + 1)) < 0.8
    found = screen(points, moved, y, code, ok)
    renamed = screen(points, moved, y, np.array([7, -2, 5])[code], ok)
    for i in range(d):
        effects, changes = [], []
        for k in range(count):
            step = moved[k].tolist().index(i)
            if ok[k, step] and ok[k, step + 1]:
                width = points[k, step + 1, i] - points[k, step, i]
                effects.append((y[k, step + 1] - y[k, step]) / width)
                changes.append(code[k, step + 1] != code[k, step])
        assert found["steps"][i] == len(effects)
        assert found["changes"][i] == renamed["changes"][i] == (pytest.approx(np.mean(changes)) if changes else 0)
        assert found["mu_star"][i] == pytest.approx(np.mean(np.abs(effects)) if effects else 0)
        if len(effects) > 1:
            assert found["sigma"][i] == pytest.approx(np.std(effects, ddof=1), abs=1e-6)
            assert found["mu_star_error"][i] == pytest.approx(
                np.std(np.abs(effects), ddof=1) / np.sqrt(len(effects)), abs=1e-6
            )


def test_a_model_is_screened() -> None:
    """rain settles the answer whenever it crosses 2, in the middle of its range; the moon does nothing."""

    @model(decider="Us", views={"wet": {"rain": 3.0}})
    def harvest(
        *,
        rain: Value = Parameter(1, low=0, high=4),
        moon: Value = Parameter(2, low=1, high=3),
        kind: Value = Parameter(1, choices=(0, 1)),
    ) -> ExtensiveForm:
        return ExtensiveForm(
            Decision("Us", {"sow": Outcome({"Us": rain}), "keep": Outcome({"Us": 2.0 + 0 * kind + 0 * moon})})
        )

    found = decide.screening(harvest, trajectories=20, rng=3)
    assert list(found["parameter"].values) == ["rain", "moon", "kind"]
    assert found["changes"].values.tolist() == [1, 0, 0]
    assert found["steps"].values.tolist() == [20, 20, 20]
    assert found["mu_star"].values[1:].tolist() == [0, 0]
    assert found.attrs["worlds"] == 80
    assert found.identical(decide.screening(harvest, trajectories=20, rng=int(found.attrs["seed"])))
    wet = decide.screening(harvest, base="wet", rng=0)
    assert list(wet["parameter"].values) == ["moon", "kind"]
    assert (wet["changes"] == 0).all()


def test_names_of_options_do_not_matter() -> None:
    def made(names: tuple[str, str]) -> Any:
        @model(decider="one")
        def two(*, x: Value = Parameter(0.5, low=0, high=1), y: Value = Parameter(0.5, low=0, high=1)) -> NormalForm:
            return NormalForm.from_table({names[0]: x + y - 1, names[1]: 0.3 * y + 0 * x}, players=("one",))

        return decide.screening(two, trajectories=30, rng=0)

    assert made(("a", "b")).identical(made(("z", "c")))


def test_failed_worlds_are_not_counted() -> None:
    found = decide.screening(fragile, trajectories=100, rng=0)
    assert 0.1 < found.attrs["failed"] < 0.4
    assert found["steps"].sel(parameter="x") < found["steps"].sel(parameter="y") < 100
    assert all(np.isfinite(v).all() for v in found.data_vars.values())

    @model(decider="one")
    def broken(*, x: Value = Parameter(0.4, low=0, high=1)) -> NormalForm:
        bad = np.where(np.abs(np.asarray(x) - 0.4) > 1e-3, np.nan, x)
        return NormalForm.from_table({"go": bad, "stay": 0 * x}, players=("one",))

    with pytest.raises(StudyError, match="no step of broken has an answer"):
        decide.screening(broken)


def test_bad_input() -> None:
    for count in (1, 0, 2.5, True, "many"):
        with pytest.raises(StudyError, match="trajectories is"):
            decide.screening(linear, trajectories=count)  # type: ignore[arg-type]
    with pytest.raises(StudyError, match="no parameter of chicken is free"):
        decide.screening(chicken, base={"crash": -2, "pride": 1})
    with pytest.raises(StudyError, match="expected a model"):
        decide.screening(lambda: None)  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="view"):
        decide.screening(chicken, base="nobody")
