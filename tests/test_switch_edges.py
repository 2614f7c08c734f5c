"""Where boundaries are hard to place: bands of near-ties, edges of ties, steep lines, answers that are played."""

from __future__ import annotations

import itertools
import math
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import decide
from decide import Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Value, model, switch_points, tornado
from decide.errors import StudyError, UnknownNameError
from models_for_tests import inspection, lumber, marginals, strike


def one_player(values: Any, *, base: float = 0.5, views: Any = None) -> Any:
    """A model of one player and one parameter on [0, 1]: `values` maps x to what each option is worth."""

    @model(decider="one", views=views or {})
    def made(*, x: Value = Parameter(base, low=0, high=1)) -> NormalForm:
        return NormalForm.from_table(
            {option: v + 0 * np.asarray(x) for option, v in values(x).items()}, players=("one",)
        )

    return made


@model(decider="employer", views={"dear": {"h": 3.0}})
def workplace(
    *,
    g: Value = Parameter(1.0, low=0.5, high=3.5, doc="effort of working"),
    h: Value = Parameter(1.0, low=0.5, high=3.5, doc="cost of an inspection"),
    w: Value = Parameter(4.0, low=3.75, high=8.0, doc="wage"),
) -> NormalForm:
    """The inspection game of Fudenberg & Tirole (1991), section 1.1: only a mixed equilibrium while g, h < w."""
    v = 10.0
    return NormalForm.from_table(
        {
            ("inspect", "shirk"): (-h, 0.0 * g),
            ("inspect", "work"): (v - w - h, w - g),
            ("trust", "shirk"): (-w, w),
            ("trust", "work"): (v - w, w - g),
        },
        players=("employer", "worker"),
    )


def test_the_inspection_game_is_played_as_the_opponents_payoffs_say() -> None:
    """P(shirk) = h/w and P(inspect) = g/w: more wage, less shirking and less inspection."""
    for g, h, w in ((1.0, 1.0, 4.0), (0.7, 3.1, 5.0)):
        (e,) = decide.solve(workplace(g=g, h=h, w=w)).equilibria
        assert e.strategies["worker"]["shirk"] == pytest.approx(h / w, abs=1e-12)
        assert e.strategies["employer"]["inspect"] == pytest.approx(g / w, abs=1e-12)


def test_its_modal_actions_switch_at_one_half() -> None:
    found = switch_points(workplace, "g", by="modal_choice")
    assert [i.option for i in found] == ["trust", "inspect"]
    assert found.switches == pytest.approx((2.0,), abs=3e-10)  # g/w = 1/2
    assert found[0].kind_high == "crossing"
    worker = switch_points(workplace, "h", by="modal_choice", decider="worker")
    assert [i.option for i in worker] == ["work", "shirk"]
    assert worker.switches == pytest.approx((2.0,), abs=3e-10)  # h/w = 1/2
    wage = switch_points(workplace, "w", by="modal_choice", decider="worker", base="dear")
    assert [i.option for i in wage] == ["shirk", "work"]
    assert wage.switches == pytest.approx((6.0,), abs=4.25e-10)
    assert [i.option for i in switch_points(workplace, "g")] == ["mixed or tied"]  # no option is better than the other


def test_the_mixed_range_of_an_inspection_game_ends_where_inspecting_costs_the_harm() -> None:
    found = switch_points(inspection, "cost")
    assert found.switches == pytest.approx((3.0,), abs=4.5e-10)
    other = switch_points(inspection, "harm", base={"cost": 2.5})
    assert other.switches == pytest.approx((2.5,), abs=2e-10)


@given(st.floats(1e-7, 1e-2), st.floats(0.1, 0.9), st.sampled_from([-1.0, 1.0]))
@settings(max_examples=10, deadline=None)
def test_a_crossing_in_a_wide_band_of_near_ties_is_at_the_root(slope: float, root: float, sign: float) -> None:
    """A lead of slope 1e-7 is within the tolerance of ties over 1% of the range, and curved."""
    m = one_player(lambda x: {"a": 1 + sign * slope * (np.exp(3 * (np.asarray(x) - root)) - 1), "b": 1.0, "c": 0.0})
    found = switch_points(m, "x")
    rounding = 2e-16 / (3 * slope)
    assert found.switches == pytest.approx((root,), abs=1e-10 + 4 * rounding)
    assert found[0].kind_high == "crossing"


@given(st.floats(0.05, 0.45), st.floats(0.5, 0.95), st.floats(1e-3, 1e3), st.sampled_from([1, 2]))
@settings(max_examples=10, deadline=None)
def test_the_edges_of_true_ties_are_where_the_lead_goes_to_zero(a: float, b: float, slope: float, power: int) -> None:
    m = one_player(
        lambda x: {
            "left": slope * np.maximum(a - np.asarray(x), 0.0) ** power,
            "right": slope * np.maximum(np.asarray(x) - b, 0.0) ** power,
        }
    )
    found = switch_points(m, "x")
    assert [i.option for i in found] == ["left", "mixed or tied", "right"]
    # a lead that touches zero is below rounding before it gets there
    assert found.switches == pytest.approx((a, b), abs=1e-10 if power == 1 else 1e-7)


def test_three_hundred_crossings_are_three_hundred_crossings() -> None:
    m = one_player(lambda x: {"wave": np.sin(300 * math.pi * np.asarray(x)), "flat": 0.0})
    for resolution in (1_000, 2_000):
        found = switch_points(m, "x", resolution=resolution)
        assert [i.option for i in found] == ["wave", "flat"] * 150
        assert found.switches == pytest.approx(tuple(np.arange(1, 300) / 300), abs=1e-10)
        assert {i.kind_high for i in found[:-1]} == {"crossing"}


@given(st.floats(-6, 6).map(lambda k: 10.0**k), st.floats(-1e3, 1e3), st.floats(0.1, 0.9))
@settings(max_examples=10, deadline=None)
def test_scale_and_offset_of_the_payoffs_change_nothing(scale: float, offset: float, root: float) -> None:
    m = one_player(lambda x: {"a": scale * (offset + np.asarray(x) - root), "b": scale * offset})
    found = switch_points(m, "x")
    assert [i.option for i in found] == ["b", "a"]
    assert found.switches == pytest.approx((root,), abs=1e-10 + 4e-16 * abs(offset))


# ------------------------------------------------------------------ listed values


def test_settings_choices_and_options_of_the_method_are_scanned_where_they_are_listed() -> None:
    found = switch_points(strike, "guarded", values=[True, False])
    assert [(i.low, i.high) for i in found] == [(True, False)]
    assert found.values == (True, False)
    counts = switch_points(marginals, "count", values=[1, 2, 5])
    assert repr(counts) == "<count: go at 1; stay at 2, 5>"
    assert counts.at(5) == "stay"
    assert (counts[0].kind_high, counts[1].kind_high, counts.switches) == ("jump", "range", (1,))
    crisis = decide.load("rocket_attack")
    exact = switch_points(crisis, "exact", values=[False, True], base="doves")
    assert repr(exact) == "<exact: moderate at False; none at True>"  # as examples/01 says
    levels = switch_points(workplace, "level", values=[0, 1, 2], method="level_k", by="modal_choice")
    assert levels.values == (0, 1, 2)
    for value, interval in zip((0, 1, 2), (levels.at(k) for k in (0, 1, 2)), strict=True):
        study = decide.sweep(workplace, {"g": [1.0]}, method="level_k", level=value)
        code = int(study.data["modal_choice"].values[0])
        assert str(study.data["recommendation"].values[code]) == interval


def test_listed_values_are_drawn_in_boxes_beside_ranges() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    found = {"guarded": switch_points(strike, "guarded", values=[True, False]), "cost": switch_points(strike, "cost")}
    ax = decide.plots.switch_points(found, base={"cost": 3.0})
    assert [t.get_text() for t in ax.texts][:2] == ["True", "False"]
    assert ax.get_yticklabels()[0].get_text() == "guarded\nlisted values"
    plt.close("all")


@pytest.mark.parametrize(
    ("keywords", "error", "words"),
    [
        ({"parameter": "count", "values": [1, 3]}, StudyError, ["count is 3", "choices"]),
        ({"parameter": "count", "values": []}, StudyError, ["at least one"]),
        ({"parameter": "count", "values": [1, 1]}, StudyError, ["different"]),
        ({"parameter": "flat", "values": [0.0], "low": -1}, StudyError, ["one of the two"]),
        ({"parameter": "flat", "values": [math.nan]}, Exception, ["nan"]),
        ({"parameter": "falt", "values": [1]}, UnknownNameError, ["'falt'", "'flat'"]),
    ],
)
def test_bad_lists(keywords: dict[str, Any], error: type[Exception], words: list[str]) -> None:
    with pytest.raises(error) as caught:
        switch_points(marginals, **keywords)
    assert all(word in str(caught.value) for word in words)
    with pytest.raises(StudyError, match="expected one of"):
        switch_points(marginals, "count", values=[1, 2]).at(5)


# ------------------------------------------------------------------ bases outside the range


def test_a_view_outside_the_range_is_looked_at_from_where_it_is() -> None:
    """At x = 1.5 "a" is best; the nearest other answer lies at 1.2, outside the range as well."""
    m = one_player(lambda x: {"a": np.asarray(x) - 1.2, "b": 0.0}, views={"far": {"x": 1.5}})
    bar = tornado(m, base="far").isel(parameter=0)
    assert bool(bar["has_flip"].sel(side="below"))
    assert float(bar["flip"].sel(side="below")) == pytest.approx(1.2, abs=1e-9)
    assert (float(bar["range_low"]), float(bar["range_high"])) == (0.0, 1.0)
    flip = decide.nearest_flip(m, base="far", norm="one")
    assert flip.changes["x"] == (1.5, pytest.approx(1.2, abs=1e-7))


def test_a_narrow_peak_at_the_base_is_in_the_bar() -> None:
    m = one_player(lambda x: {"a": np.exp(-((np.asarray(x) - 0.505) ** 2) / 1e-7), "b": -1.0}, base=0.505)
    bar = tornado(m, resolution=10).isel(parameter=0)
    assert float(bar["high"]) == pytest.approx(1.0)
    assert float(bar["at_high"]) == pytest.approx(0.505, abs=1e-6)


def test_the_world_of_a_flip_was_solved_and_is_no_tie() -> None:
    """With nearly parallel values the tie at the boundary is wider than any fixed step beyond it."""
    m = one_player(lambda x: {"a": 1 + 1e-7 * (np.asarray(x) - 0.7), "b": 1.0, "c": 0.0})
    flip = decide.nearest_flip(m, norm="one")
    assert (flip.instead_of, flip.option) == ("b", "a")
    assert flip.distance == pytest.approx(0.2, abs=1e-8)
    study = decide.sweep(m, {"x": [flip.changes["x"][1]]})
    assert str(study.data["recommendation"].values[study.data["recommended"].values[0]]) == "a"


def test_from_a_tie_at_the_base_the_next_answer_is_right_beside() -> None:
    m = one_player(lambda x: {"a": np.asarray(x) - 0.5, "b": 0.0})
    flip = decide.nearest_flip(m, norm="one")
    assert flip.instead_of == "mixed or tied"
    assert flip.distance < 1e-6
    assert flip.changes["x"][1] != 0.5


# ------------------------------------------------------------------ one answer for the same world


def test_intervals_of_a_model_agree_with_the_tornado_and_the_profile() -> None:
    for name in ("p_ordered", "cost"):
        found = switch_points(strike, name)
        bar = tornado(strike, parameters=[name]).isel(parameter=0)
        line = decide.profile(strike, name)
        assert int(bar["flips"]) == len(found) - 1
        assert line["switch_point"].values.tolist() == pytest.approx(list(found.switches), abs=1e-9)
        ends = list(itertools.pairwise(found))
        assert [str(k) for k in line["kind"].values] == [a.kind_high for a, _ in ends]
    assert switch_points(lumber, "p_good").values == ()


def test_two_disjoint_regions_of_one_option() -> None:
    """Too little and too much both call for waiting: it wins below 1/4 and above 3/4, by hand."""

    @model(decider="Us")
    def dose(*, x: Value = Parameter(0.5, low=0, high=1)) -> ExtensiveForm:
        act = Outcome({"Us": x * (1 - x)})
        return ExtensiveForm(Decision("Us", {"act": act, "wait": Outcome({"Us": 3 / 16})}))

    found = switch_points(dose, "x")
    assert [i.option for i in found] == ["wait", "act", "wait"]
    assert found.switches == pytest.approx((0.25, 0.75), abs=1e-10)
