"""Two parameters at once: boundaries by root-finding, areas exact where boundaries are straight."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import decide
from decide import Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Value, model
from decide.errors import StudyError, UnknownNameError
from decide.sensitivity.maps import area_error, map_regions
from models_for_tests import fragile


@model(decider="Row", views={"bold": {"a": 0.5}, "same": {}})
def symmetric(*, a: Value = Parameter(-0.4, low=-1, high=1), b: Value = Parameter(0.3, low=-1, high=1)) -> NormalForm:
    """Every symmetric 2x2 game (Weibull 1995): a = u(1,1) - u(2,1), b = u(2,2) - u(1,2)."""
    return NormalForm.bimatrix([[a, 0 * a], [0 * b, b]], [[a, 0 * b], [0 * a, b]], actions=(("1", "2"), ("1", "2")))


def areas(found: Any) -> dict[str, float]:
    return {str(k): float(v) for k, v in found["area"].to_series().items()}


def test_the_four_quadrants_of_symmetric_games() -> None:
    """Dominance of one action in two quadrants, coordination (three equilibria) and hawk-dove in the others."""
    found = decide.region_map(symmetric, "a", "b", resolution=10)
    own = areas(found)
    assert own["1"] == pytest.approx(0.25, abs=1e-6)  # a > 0 > b
    assert own["2"] == pytest.approx(0.25, abs=1e-6)
    assert sum(own.values()) == pytest.approx(1.0, abs=1e-12)
    assert own["depends on equilibrium"] == pytest.approx(0.5, abs=1e-6)
    count = found["n_equilibria"].sel(a=[-0.8, 0.8], b=[-0.8, 0.8], method="nearest").values.tolist()
    assert count == [[3, 1], [1, 3]]
    different = found["n_recommended"].sel(a=0.8, b=[-0.8, 0.8], method="nearest").values.tolist()
    assert different == [1, 2]
    assert list(map(str, found["view"].values)) == ["base", "bold"]
    assert found["view_at"].values.tolist() == [[-0.4, 0.3], [0.5, 0.3]]


def two(line: Any) -> Any:
    @model(decider="Us")
    def made(*, x: Value = Parameter(0.2, low=0, high=2), y: Value = Parameter(0.5, low=-1, high=3)) -> ExtensiveForm:
        return ExtensiveForm(Decision("Us", {"go": Outcome({"Us": line(x, y)}), "stay": Outcome({"Us": 0.0})}))

    return made


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2))
@settings(max_examples=20, deadline=None)
def test_straight_boundaries_give_exact_areas(p: float, q: float, r: float) -> None:
    """Against the polygon that the line cuts off the rectangle."""
    found = decide.region_map(two(lambda x, y: p * x + q * y + r), "x", "y", resolution=8)
    corners = [(0.0, -1.0), (2.0, -1.0), (2.0, 3.0), (0.0, 3.0)]
    cut: list[tuple[float, float]] = []
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        fa, fb = p * ax + q * ay + r, p * bx + q * by + r
        if fa >= 0:
            cut.append((ax, ay))
        if fa * fb < 0:
            t = fa / (fa - fb)
            cut.append((ax + t * (bx - ax), ay + t * (by - ay)))
    x, y = np.array(cut or [(0.0, 0.0)]).T
    exact = abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2 / 8
    if max(abs(p), abs(q), abs(r)) > 1e-3:
        node_only = float(found["area_error"].max())
        assert areas(found)["go"] == pytest.approx(exact, abs=max(1e-5, 2 * node_only))


def test_a_circle_is_measured_within_the_error_that_is_told() -> None:
    found = decide.region_map(two(lambda x, y: 0.49 - (x - 1) ** 2 - (y - 1) ** 2), "x", "y", resolution=40)
    error = float(found["area_error"].sel(recommendation="go"))
    assert abs(areas(found)["go"] - np.pi * 0.49 / 8) <= error
    assert error < 1e-3
    ends = found["boundary"].values.reshape(-1, 2)
    assert np.hypot(ends[:, 0] - 1, ends[:, 1] - 1) == pytest.approx(0.7, abs=1e-6)
    assert {tuple(s) for s in found["sides"].values.tolist()} == {(0, 1)}


def test_a_boundary_through_the_nodes_is_no_region_of_ties() -> None:
    """Where x > 0.75 the game is none; else the line y = x parts the rest, and meets every node on the diagonal."""
    own = areas(decide.region_map(fragile, "x", "y", resolution=20))
    assert own["mixed or tied"] == pytest.approx(0.0, abs=1e-9)
    assert own["go"] == pytest.approx(0.75**2 / 2, abs=1e-3)
    assert own["failed"] == pytest.approx(0.25, abs=1e-3)


def test_three_answers_that_meet_count_as_error_where_no_polygon_covers() -> None:
    def look(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        angle = np.arctan2(y - 0.52, x - 0.47)
        return np.where(angle < -1, 0, np.where(angle < 1.2, 1, 2))

    x = np.linspace(0, 1, 21)
    codes = look(*(g.reshape(-1) for g in np.meshgrid(x, x, indexing="ij"))).reshape(21, 21)
    fine = map_regions(look, x, x, codes, 3)
    coarse = map_regions(look, x[::2], x[::2], codes[::2, ::2], 3)
    dense = np.linspace(0, 1, 1501)[:-1] + 1 / 3000
    truth = np.bincount(look(*(g.reshape(-1) for g in np.meshgrid(dense, dense, indexing="ij"))), minlength=3) / 1500**2
    assert fine.area.sum() == pytest.approx(1.0, abs=1e-12)
    assert 0 < fine.unsettled < 0.003
    assert (np.abs(fine.area - truth) <= area_error(fine, coarse) + 1e-4).all()


@pytest.mark.parametrize("steps", [10, 20, 50])
def test_a_wedge_that_runs_out_between_the_nodes_is_in_the_error(steps: int) -> None:
    """One answer below the line y = x/7 and to the left of x = 0.83, for y > 0: it ends in a point at the origin."""

    def look(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        inside = (y - 0.03 < (x - 0.02) / 7) & (x < 0.83) & (y > 0.03)
        return np.where(inside, 1, 0)

    x = np.linspace(0, 1, steps + 1)
    codes = look(*(g.reshape(-1) for g in np.meshgrid(x, x, indexing="ij"))).reshape(steps + 1, steps + 1)
    fine = map_regions(look, x, x, codes, 2)
    coarse = map_regions(look, x[::2], x[::2], codes[::2, ::2], 2)
    truth = 0.81**2 / 14
    assert abs(fine.area[1] - truth) <= area_error(fine, coarse)[1]
    assert fine.area.sum() == pytest.approx(1.0, abs=1e-12)


def test_renaming_and_reordering_the_options_changes_nothing() -> None:
    @model(decider="Us")
    def other(*, x: Value = Parameter(0.2, low=0, high=2), y: Value = Parameter(0.5, low=-1, high=3)) -> ExtensiveForm:
        return ExtensiveForm(Decision("Us", {"bleib": Outcome({"Us": 0.0}), "geh": Outcome({"Us": x - y * y})}))

    one = areas(decide.region_map(two(lambda x, y: x - y * y), "x", "y", resolution=20))
    two_ = areas(decide.region_map(other, "x", "y", resolution=20))
    assert two_["geh"] == pytest.approx(one["go"], abs=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: decide.region_map(symmetric, "a", "a"), StudyError, "both 'a'"),
        (lambda: decide.region_map(symmetric, "a", "c"), UnknownNameError, "'c'"),
        (lambda: decide.region_map(symmetric, "a", "b", resolution=7), StudyError, "even number"),
        (lambda: decide.region_map(symmetric, "a", "b", base="brave"), UnknownNameError, "'brave'"),
    ],
)
def test_bad_questions(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_the_picture_names_regions_and_views() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    ax = decide.plots.region_map(decide.region_map(symmetric, "a", "b", resolution=10))
    texts = [t.get_text() for t in ax.texts]
    assert "1\n25%" in texts
    assert "base" in texts
    assert "bold: depends on equilibrium" in texts
    plt.close("all")
