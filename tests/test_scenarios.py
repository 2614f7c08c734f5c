"""Scenario discovery: planted boxes are found, noise is not, and what is read aloud is what was measured."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import decide
from decide import Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Scenarios, Value, model
from decide.errors import StudyError, UnknownNameError
from decide.sensitivity.prim import Limits, confirm, discover, inside, measures, quasi_p
from models_for_tests import lumber, strike

# ------------------------------------------------------------------ the rule, on arrays


def planted(seed: int, n: int, d: int, sides: dict[int, tuple[float, float]], flipped: float) -> Any:
    """Return uniform points and hits inside a box, some of them turned into their opposite."""
    rng = np.random.default_rng(seed)
    points = rng.random((n, d))
    hits = np.ones(n, dtype=bool)
    for k, (low, high) in sides.items():
        hits &= (points[:, k] >= low) & (points[:, k] <= high)
    return points, hits ^ (rng.random(n) < flipped)


side = st.one_of(
    st.floats(0.25, 0.7).map(lambda a: (-math.inf, round(a, 2))),
    st.floats(0.3, 0.75).map(lambda a: (round(a, 2), math.inf)),
    st.tuples(st.floats(0.15, 0.35), st.floats(0.6, 0.85)).map(lambda t: (round(t[0], 2), round(t[1], 2))),
)


@given(st.integers(0, 1000), st.integers(3, 8), side, side, st.sampled_from([0.0, 0.05, 0.15]))
@settings(max_examples=20, deadline=None)
def test_a_planted_box_is_found(seed: int, d: int, a: Any, b: Any, flipped: float) -> None:
    points, hits = planted(seed, 4000, d, {0: a, d - 1: b}, flipped)
    box = discover(points, hits, np.full(d, 0.001))
    assert box.restricted.tolist() == [0, d - 1]
    for k, (low, high) in ((0, a), (d - 1, b)):
        for found, true in ((box.low[k], low), (box.high[k], high)):
            assert found == pytest.approx(true, abs=0.03)


@given(st.integers(0, 1000), st.permutations(range(5)), st.integers(-3, 3))
@settings(max_examples=15, deadline=None)
def test_order_and_scale_of_parameters_change_nothing(seed: int, order: list[int], power: int) -> None:
    points, hits = planted(seed, 1500, 5, {1: (0.4, math.inf), 2: (-math.inf, 0.5)}, 0.1)
    box = discover(points, hits, np.full(5, 0.001))
    scale = 2.0**power
    again = discover(points[:, order] * scale, hits, np.full(5, 0.001) * scale)
    assert (again.low / scale).tolist() == pytest.approx(box.low[order].tolist(), abs=1e-12)
    assert (again.high / scale).tolist() == pytest.approx(box.high[order].tolist(), abs=1e-12)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_measures_are_what_counting_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points, hits = rng.random((60, 3)).round(1), rng.random(60) < 0.4
    ends = np.sort(rng.random((2, 3)), axis=0).round(1)
    box = Limits(np.where(rng.random(3) < 0.3, -np.inf, ends[0]), np.where(rng.random(3) < 0.3, np.inf, ends[1]))
    kept = [all(box.low[k] <= x[k] <= box.high[k] for k in range(3)) for x in points]
    assert inside(points, box).tolist() == kept
    both = sum(a and bool(b) for a, b in zip(kept, hits, strict=True))
    coverage, density, mass = measures(points, hits, box)
    assert (coverage, density, mass) == (both / max(hits.sum(), 1), both / max(sum(kept), 1), sum(kept) / 60)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_quasi_p_is_a_binomial_tail(seed: int) -> None:
    """Against scipy's binomial distribution, the box without each restriction counted the slow way."""
    from scipy import stats

    points, hits = planted(seed, 200, 3, {0: (0.3, math.inf), 1: (-math.inf, 0.8)}, 0.2)
    box = Limits(np.array([0.3, -np.inf, 0.1]), np.array([np.inf, 0.8, 0.9]))
    kept = inside(points, box)
    for k, p in enumerate(quasi_p(points, hits, box)):
        wider = hits[inside(points, box.without(k))].mean()
        assert p == pytest.approx(stats.binom.sf((kept & hits).sum() - 1, kept.sum(), wider), rel=1e-9)


def test_what_chance_explains_is_dropped() -> None:
    found = []
    for seed in range(12):
        points, hits = planted(seed, 1000, 10, {0: (0.5, math.inf)}, 0.1)
        box = discover(points[:500], hits[:500], np.full(10, 0.001))
        found.append(confirm(points[500:], hits[500:], box, 0.05).restricted.tolist())
    assert all(0 in places for places in found)
    assert np.mean([len(places) for places in found]) < 1.5
    nothing = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        points, hits = rng.random((1000, 10)), rng.random(1000) < 0.3
        box = discover(points[:500], hits[:500], np.full(10, 0.001))
        nothing.append(len(confirm(points[500:], hits[500:], box, 0.05).restricted))
    assert np.mean(nothing) < 0.5  # each restriction passes one time in twenty


def test_a_density_can_be_asked_for() -> None:
    """Density falls from 1 to 0 along one parameter: 1 - x; above x0 none is asked for."""
    rng = np.random.default_rng(0)
    points = rng.random((20_000, 2))
    hits = rng.random(20_000) < 1 - points[:, 0]
    for asked in (0.6, 0.75, 0.9):
        box = discover(points, hits, np.full(2, 0.001), density=asked)
        # the mean of 1 - x below c is 1 - c / 2
        assert box.high[0] == pytest.approx(2 * (1 - asked), abs=0.04)
        assert measures(points, hits, box)[1] == pytest.approx(asked, abs=0.005)


@pytest.mark.parametrize("hits", [np.zeros(50, dtype=bool), np.ones(50, dtype=bool)])
def test_what_happens_nowhere_or_everywhere_has_no_box(hits: Any) -> None:
    points = np.random.default_rng(0).random((50, 3))
    assert not len(discover(points, hits, np.full(3, 0.01)).restricted)
    assert not len(discover(np.empty((50, 0)), np.arange(50) < 9, np.empty(0)).restricted)


def test_constant_and_discrete_columns() -> None:
    rng = np.random.default_rng(1)
    points = np.stack([rng.integers(0, 3, 3000), np.full(3000, 7.0), rng.random(3000)], axis=1)
    box = discover(points, points[:, 0] == 1, np.array([0.1, 0.1, 0.01]))
    assert box.restricted.tolist() == [0]
    assert 0 < box.low[0] < 1 < box.high[0] < 2


# ------------------------------------------------------------------ of a study


@model(decider="Us")
def corner(
    *,
    a: Value = Parameter(0.5, low=0, high=1, unit="probability"),
    b: Value = Parameter(30, low=0, high=100, unit="km"),
    c: Value = Parameter(0, low=-1, high=1),
) -> ExtensiveForm:
    """Going is worth 1 where a > .6 and b < 40, else -1; staying is worth 0."""
    worth = np.where((np.asarray(a) > 0.6) & (np.asarray(b) < 40), 1.0, -1.0) + 0 * c
    return ExtensiveForm(Decision("Us", {"go": Outcome({"Us": worth}), "stay": Outcome({"Us": 0.0})}))


def test_a_rule_one_can_read_aloud() -> None:
    study = decide.sweep(corner, 4_000, rng=0)
    found = study.scenarios("go")
    assert isinstance(found, Scenarios)
    box = found.boxes[0]
    assert set(box.limits) == {"a", "b"}
    assert box.limits["a"] == (pytest.approx(0.6, abs=0.01), math.inf)
    assert box.limits["b"] == (-math.inf, pytest.approx(40, abs=1))
    assert box.units == {"a": "probability", "b": "km"}
    for share in (box.coverage, box.density, box.held_out_coverage, box.held_out_density):
        assert share == pytest.approx(1.0, abs=0.03)
    assert found.share == pytest.approx(0.16, abs=0.02)
    words = str(found)
    assert words.startswith("go is recommended in ")
    assert "a is above 0.6" in words or "a above 0.6" in words
    assert words.endswith("Overall, go is recommended in 16% of all worlds")
    frame = found.to_dataframe()
    assert frame.index.names == ["box", "parameter"]
    assert frame.loc[(1, "b"), "high"] == box.limits["b"][1]


def test_what_is_said_is_what_was_measured() -> None:
    """Limits are rounded before anything is counted."""
    study = decide.sweep(strike, 2_000, rng=0)
    for option in study.options:
        for box in study.scenarios(option).boxes:
            kept = np.ones(2_000, dtype=bool)
            for name, (low, high) in box.limits.items():
                assert all(math.isinf(x) or float(f"{x:.6g}") == pytest.approx(x, rel=1e-12) for x in (low, high))
                kept &= (study.data[name].values >= low) & (study.data[name].values <= high)
            hit = study.data["recommended"].values == study.options.index(option)
            assert box.coverage == (kept & hit).sum() / hit.sum()
            assert box.density == (kept & hit).sum() / kept.sum()
            assert box.mass == kept.mean()
            assert len(box.limits) <= 3


def test_several_corners_one_after_the_other() -> None:
    @model(decider="Us")
    def two(*, a: Value = Parameter(0.5, low=0, high=1), b: Value = Parameter(0.5, low=0, high=1)) -> ExtensiveForm:
        a, b = np.asarray(a), np.asarray(b)
        worth = np.where(((a < 0.4) & (b < 0.4)) | ((a > 0.7) & (b > 0.7)), 1.0, -1.0)
        return ExtensiveForm(Decision("Us", {"go": Outcome({"Us": worth}), "stay": Outcome({"Us": 0.0})}))

    study = decide.sweep(two, 4_000, rng=0)
    one, both = study.scenarios("go"), study.scenarios("go", boxes=3)
    assert len(one.boxes) == 1
    assert len(both.boxes) == 2
    assert both.boxes[0] == one.boxes[0]
    assert one.coverage < 0.75 < 0.97 < both.coverage
    assert both.density > 0.95
    assert "among the other worlds, in " in str(both)


def test_losses_and_values_below_a_limit() -> None:
    study = decide.sweep(lumber, 4_000, rng=0)
    # small loses against large by 260 p - 160 where p > 8/13; more than 50 from p = 210/260
    found = study.scenarios("small", loss_above=50)
    assert found.boxes[0].limits["p_good"] == (pytest.approx(21 / 26, abs=0.005), math.inf)
    assert found.what == "small loses more than 50"
    low = study.scenarios("large", value_below=0)  # 380 p - 180 < 0
    assert low.boxes[0].limits["p_good"] == (-math.inf, pytest.approx(18 / 38, abs=0.005))


@model(decider="Us")
def broken(*, x: Value = Parameter(0.4, low=0, high=1), y: Value = Parameter(0.5, low=0, high=1)) -> ExtensiveForm:
    """Makes no game where x > .8."""
    worth = np.where(np.asarray(x) > 0.8, np.nan, np.asarray(x) - y)
    return ExtensiveForm(Decision("Us", {"go": Outcome({"Us": worth}), "stay": Outcome({"Us": 0.0})}))


def test_failures_are_left_out_counted_and_can_be_looked_for() -> None:
    study = decide.sweep(broken, 2_000, rng=0)
    found = study.scenarios("go")
    assert (found.draws, found.failed) == (int((~study.failed).sum()), int(study.failed.sum()))
    assert "that failed left out" in str(found)
    where = study.scenarios("failed")
    assert (where.draws, where.failed) == (2_000, 0)
    assert where.boxes[0].limits["x"] == (pytest.approx(0.8, abs=0.01), math.inf)
    assert str(where).startswith("the answer is “failed” in ")
    none = decide.sweep(broken, {"x": [0.9, 0.95]})
    with pytest.raises(StudyError, match="no draw was solved"):
        none.scenarios("go")
    with pytest.raises(StudyError, match="no draw was solved"):
        none.scenarios("go", loss_above=0)


def test_renaming_and_reordering_options_changes_nothing() -> None:
    def make(first: str, second: str, turned: bool) -> Any:
        @model(decider="Us")
        def m(*, a: Value = Parameter(0.5, low=0, high=1), b: Value = Parameter(0.3, low=0, high=1)) -> NormalForm:
            rows = {(first, "x"): (a, 0), (second, "x"): (b * 0.7, 0)}
            return NormalForm.from_table(dict(reversed(rows.items())) if turned else rows, players=("Us", "It"))

        return m

    one = decide.sweep(make("p", "q", False), 500, rng=0).scenarios("p")
    other = decide.sweep(make("z", "y", True), 500, rng=0).scenarios("z")
    assert one.boxes == other.boxes
    assert one.boxes


def test_no_sensitivity_is_said() -> None:
    @model(decider="Us")
    def always(*, a: Value = Parameter(0.5, low=0, high=1)) -> ExtensiveForm:
        return ExtensiveForm(Decision("Us", {"go": Outcome({"Us": a + 1}), "stay": Outcome({"Us": 0.0})}))

    study = decide.sweep(always, 100, rng=0)
    assert str(study.scenarios("go")) == "go is recommended in all of 100 worlds"
    assert str(study.scenarios("stay")) == "stay is recommended in none of 100 worlds"
    assert study.scenarios("stay").boxes == ()
    assert study.scenarios("stay").to_dataframe().empty
    single = decide.sweep(always, {"a": [0.5]})
    assert single.scenarios("go").boxes == ()


def test_a_loaded_study_says_the_same(tmp_path: Any) -> None:
    study = decide.sweep(strike, 500, rng=0)
    study.save(tmp_path / "s.nc")
    assert decide.Study.load(tmp_path / "s.nc").scenarios("wait") == study.scenarios("wait")
    only = study.scenarios("wait", parameters=["cost", "gain"])
    assert all(set(box.limits) <= {"cost", "gain"} for box in only.boxes)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("larg",), UnknownNameError, "option or class 'larg'; did you mean 'large'"),
        (("large", {"by": "chosen"}), UnknownNameError, "answer to look for 'chosen'"),
        (("large", {"most": 0}), StudyError, "most is 0; expected an integer from 1"),
        (("large", {"boxes": True}), StudyError, "boxes is True"),
        (("large", {"density": 1.5}), StudyError, r"density is 1.5; expected a number in \[0, 1\]"),
        (("large", {"level": math.nan}), StudyError, "level is nan"),
        (("large", {"loss_above": 1, "value_below": 1}), StudyError, "both given"),
        (("large", {"loss_above": math.inf}), StudyError, "limit is inf; expected a finite"),
        (("failed", {"loss_above": 1}), UnknownNameError, "option 'failed'"),
        (("large", {"parameters": ["p_god"]}), UnknownNameError, "did you mean 'p_good'"),
    ],
)
def test_what_makes_no_sense(arguments: Any, error: Any, words: str) -> None:
    study = decide.sweep(lumber, 50, rng=0)
    option, keywords = arguments[0], arguments[1] if len(arguments) > 1 else {}
    with pytest.raises(error, match=words):
        study.scenarios(option, **keywords)


def test_what_was_not_kept_is_named() -> None:
    with pytest.raises(StudyError, match="did not keep its parameters"):
        decide.sweep(lumber, 20, rng=0, keep=["recommended", "status"]).scenarios("large")
    with pytest.raises(StudyError, match="did not keep 'recommended'"):
        decide.sweep(lumber, 20, rng=0, keep=["parameters", "status"]).scenarios("large")
