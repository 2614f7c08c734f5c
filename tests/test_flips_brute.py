"""The nearest flip against an independent search, and against the one-parameter flips of the founding case."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decide import Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Value, load, model, nearest_flip, sweep
from decide.sensitivity.flipping import length

LOW, WIDTH = np.array([-1.0, 2.0]), np.array([2.0, 8.0])


def curved(numbers: list[float]) -> Any:
    """A model of two parameters, three options, and values that are quadratic in them; the base is the middle."""
    c = np.array(numbers).reshape(2, 6)

    @model(decider="Us")
    def made(*, x: Value = Parameter(0, low=-1, high=1), y: Value = Parameter(6, low=2, high=10)) -> ExtensiveForm:
        u, v = x, (y - 6) / 4
        worth = [a + b * u + d * v + e * u * v + f * u * u + g * v * v for a, b, d, e, f, g in c]
        ends = {"first": worth[0], "second": worth[1], "third": 0.0 * u}
        return ExtensiveForm(Decision("Us", {name: Outcome({"Us": value}) for name, value in ends.items()}))

    return made


def answers(m: Any, points: np.ndarray) -> np.ndarray:
    study = sweep(m, {"x": points[:, 0], "y": points[:, 1]}, keep=["recommended"])
    return np.asarray(study.data["recommended"].values)


@given(st.lists(st.floats(-2, 2).map(lambda k: round(k, 2)), min_size=12, max_size=12))
@settings(max_examples=5, deadline=None)
def test_no_point_of_a_dense_grid_is_nearer(numbers: list[float]) -> None:
    """201 x 201 worlds, one by one: none with another answer lies nearer than the flip, and its world was solved."""
    m = curved(numbers)
    start = int(answers(m, np.array([[0.0, 6.0]]))[0])
    grid = np.linspace(0, 1, 201)
    unit = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 2)
    codes = answers(m, LOW + unit * WIDTH)
    other = (codes != start) & (codes < 3)
    if start >= 3:
        return
    for norm in ("largest", "euclidean", "one"):
        away = length(unit - 0.5, "euclidean" if norm == "one" else norm)
        if norm == "one":
            away = np.where((unit == 0.5).any(axis=1), away, np.inf)
        flip = nearest_flip(m, norm=norm)
        brute = float(np.where(other, away, np.inf).min())
        if not np.isfinite(brute):
            continue  # the grid has none; a region between its nodes may be found all the same
        assert flip.found
        assert flip.distance <= brute + 1e-9
        assert flip.distance >= brute - 2 * 0.005 * 1.5  # no farther than a node beside the boundary
        world = {"x": 0.0, "y": 6.0} | {name: there for name, (_, there) in flip.changes.items()}
        code = int(answers(m, np.array([[world["x"], world["y"]]]))[0])
        assert ("first", "second", "third")[code] == flip.option


@given(st.floats(0.2, 3.0), st.floats(0.05, 0.45), st.floats(0.55, 0.95))
@settings(max_examples=5, deadline=None)
def test_equilibria_that_vanish(gain: float, left: float, right: float) -> None:
    """(a, a) is the only equilibrium inside a rectangle, (b, b) outside: the nearest wall is known for each norm."""

    @model(decider="Row")
    def walls(*, x: Value = Parameter(0.5, low=0, high=1), y: Value = Parameter(0.5, low=0, high=1)) -> NormalForm:
        inside = (np.asarray(x) > left) & (np.asarray(x) < right) & (np.asarray(y) > 0.02) & (np.asarray(y) < 0.98)
        a, b = np.where(inside, gain, 0.0), np.where(inside, 0.0, gain)
        return NormalForm.bimatrix([[a, a], [b, b]], [[a, b], [a, b]], actions=(("a", "b"),) * 2)

    expected = min(0.5 - left, right - 0.5, 0.48)
    for norm in ("largest", "euclidean", "one"):
        flip = nearest_flip(walls, norm=norm)
        assert (flip.instead_of, flip.option) == ("a", "b")
        assert flip.distance == pytest.approx(expected, abs=1e-6)
        assert list(flip.changes) == ["x"]


def test_the_founding_case_from_the_doves_under_exact_play() -> None:
    """Examples/01, section 4: the smallest single moves that make the doves choose the moderate strike."""
    crisis = load("rocket_attack")
    doves = {**crisis.views["doves"], "exact": True}
    first = nearest_flip(crisis, base=doves, norm="one", to="moderate")
    assert first.changes["cost_answer"] == (2.0, pytest.approx(2.157, abs=1e-3))
    assert first.distance == pytest.approx(0.020, abs=5e-4)
    for name, there in (("evict_threshold", 3.789), ("iran_face", 11.32)):
        flip = nearest_flip(crisis, base=doves, norm="one", parameters=[name], to="moderate")
        assert flip.changes[name][1] == pytest.approx(there, rel=1e-3)


def test_changes_that_move_alike_are_told_by_what_they_do() -> None:
    """With the largest norm all move by the same share: the first is the one whose move matters most."""

    @model(decider="Us")
    def three(
        *, a: Value = Parameter(0, low=-1, high=1), b: Value = Parameter(0, low=-1, high=1),
        c: Value = Parameter(0, low=-1, high=1)
    ) -> ExtensiveForm:  # fmt: skip
        return ExtensiveForm(
            Decision("Us", {"go": Outcome({"Us": 1 - 0.1 * a - 3 * b - c}), "stay": Outcome({"Us": 0.0})})
        )

    flip = nearest_flip(three)
    assert list(flip.changes) == ["b", "c", "a"]
    assert flip.distance == pytest.approx(1 / 8.2, abs=1e-8)
