"""What a reader is told where worlds fail, settings are swept or parameters take certain values only."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from scipy import stats

import decide
from decide import Chance, Decision, ExtensiveForm, Outcome, Parameter, Value, model, plots
from decide.errors import DecideError, DesignWarning, GameError, StudyError, UnknownNameError

__all__: list[str] = []


@model(decider="Us", views={"broken": {"p": 0.9, "q": 0.9}, "ok": {"p": 0.1}})
def frail(
    *,
    p: Value = Parameter(0.3, low=0, high=1),
    q: Value = Parameter(0.3, low=0, high=1),
    c: Value = Parameter(1, low=0, high=4, kind="value"),
    late: bool = False,
) -> ExtensiveForm:
    """No valid game where p + q > 1."""
    go = Chance({
        "a": (p, Outcome({"Us": 3 - (4 if late else 0)})), "b": (q, Outcome({"Us": 1})),
        "c": (1 - p - q, Outcome({"Us": -1})),
    })  # fmt: skip
    return ExtensiveForm(Decision("Us", {"go": go, "stay": Outcome({"Us": c - 1})}))


@model(decider="Us")
def ferry(
    *,
    toll: Value = Parameter(5, choices=[2, 5, 8]),
    wind: Value = Parameter(1, low=0, high=4),
    night: bool = False,
) -> ExtensiveForm:
    """Cross unless the toll is 8, or night has come."""
    cross = Outcome({"Us": 7 - toll - (3 if night else 0)})
    return ExtensiveForm(Decision("Us", {"cross": cross, "stay": Outcome({"Us": 0}), "row": Outcome({"Us": 1 - wind})}))


def test_a_profile_says_where_there_is_no_answer_and_the_picture_leaves_it_out() -> None:
    """Zeros where the worlds failed are filler, and are not drawn."""
    line = decide.profile(frail, "p", resolution=20)
    failed = line["failed"].values
    assert failed.sum() == 7
    assert line["p"].values[failed].min() > 0.7
    assert (line["option_value"].values[failed] == 0).all()
    ax = plots.profile(line)
    for drawn in ax.lines[:2]:
        assert np.nanmax(np.asarray(drawn.get_xdata())[np.isfinite(drawn.get_ydata())]) <= 0.7 + 1e-6
    assert "no answer" in [t.get_text() for t in ax.texts]


def test_a_view_that_failed_is_said_and_not_drawn_at_zero() -> None:
    """A broken view has no line of values."""
    ax = plots.option_values(decide.compare_views(frail))
    assert "failed: the parameters make no valid game" in [t.get_text() for t in ax.texts]
    drawn = [float(y) for c in ax.collections for _, y in np.asarray(c.get_offsets())]
    assert 1.0 not in drawn
    assert {0.0, 2.0} <= set(drawn)


# ------------------------------------------------------------------ settings that were swept


@model(decider="Us")
def as_parameter(
    *,
    toll: Value = Parameter(5, choices=[2, 5, 8]),
    wind: Value = Parameter(1, low=0, high=4),
    night: Value = Parameter(0, choices=[0, 1]),
) -> ExtensiveForm:
    """The ferry, with night as a parameter."""
    cross = Outcome({"Us": 7 - toll - 3 * night})
    return ExtensiveForm(Decision("Us", {"cross": cross, "stay": Outcome({"Us": 0}), "row": Outcome({"Us": 1 - wind})}))


def test_importance_takes_a_swept_setting_for_what_it_is_a_parameter_of_two_values() -> None:
    """As a model says in which the setting is a parameter of two values: the same points, the same worlds."""
    both = decide.sweep(ferry, 256, rng=0, settings={"night": [False, True]})
    plain = decide.sweep(as_parameter, 256, rng=0)
    for of in ("recommended", "option_value"):
        found, same = both.importance(of=of, draws=256, rng=3), plain.importance(of=of, draws=256, rng=3)
        assert found["parameter"].values.tolist() == ["toll", "wind", "night"]
        for name in same.data_vars:  # but for the order of sums
            assert found[name].values == pytest.approx(same[name].values, rel=1e-9, abs=1e-12), name
    assert float(found["aggregated_total"].sel(parameter="night")) > 0.05
    assert "night swept" in found.attrs["settings"]


def test_importance_of_a_loaded_study_counts_the_setting_too(tmp_path: Path) -> None:
    """Only the draws there are: the first-order share of night stands beside that of a model where it is drawn."""
    decide.sweep(ferry, 2048, rng=0, settings={"night": [False, True]}).save(tmp_path / "s.nc")
    found = decide.Study.load(tmp_path / "s.nc").importance()["aggregated_first"]
    exact = decide.sweep(as_parameter, 64, rng=0).importance(draws=4096, rng=0)["aggregated_first"]
    assert found.sel(parameter="night").item() == pytest.approx(exact.sel(parameter="night").item(), abs=0.03)


def test_the_draws_under_one_setting_are_the_study_swept_with_it() -> None:
    """Shares, criteria, acceptability and importance are those of a sweep with the setting fixed."""
    both = decide.sweep(ferry, 128, rng=5, settings={"night": [False, True]})
    for night in (False, True):
        own, alone = both.where(night=night), decide.sweep(ferry, 128, rng=5, base={"night": night})
        assert own.data.sizes["draw"] == 128
        assert own.shares().identical(alone.shares())
        assert own.criteria(threshold=0.0).identical(alone.criteria(threshold=0.0))
        assert own.acceptability("wind", values=[0, 2]).identical(alone.acceptability("wind", values=[0, 2]))
        assert own.importance(draws=128, rng=1).identical(alone.importance(draws=128, rng=1))
    curve = both.acceptability("wind", values=[0, 2])
    mean = sum(both.where(night=n).acceptability("wind", values=[0, 2])["share"] for n in (False, True)) / 2
    assert curve["share"].values == pytest.approx(mean.values, abs=1e-12)
    for result in (both.shares(), both.criteria(), both.dominance(), curve):
        assert "night False and True" in result.attrs["settings"]
        assert "where(night=...)" in result.attrs["settings"]
    for settings, error, words in (
        ({}, StudyError, "no setting"), ({"nigth": True}, UnknownNameError, "did you mean 'night'"),
        ({"night": 1}, StudyError, "night is 1"), ({"night": "True"}, StudyError, "night is 'True'"),
    ):  # fmt: skip
        with pytest.raises(error, match=words):
            both.where(**settings)


# ------------------------------------------------------------------ worlds that fail


@model(decider="Us")
def corner(
    *,
    p: Value = Parameter(0.3, low=0, high=1),
    q: Value = Parameter(0.3, low=0, high=1),
    c: Value = Parameter(1, low=0, high=1),
) -> ExtensiveForm:
    """No valid game where p + q > 1.7; c has nothing to do with that."""
    broken = np.asarray(p) + np.asarray(q) > 1.7
    go = np.where(broken, np.nan, p + q)
    return ExtensiveForm(Decision("Us", {"go": Outcome({"Us": go}), "stay": Outcome({"Us": 1.4 * c})}))


def test_importance_is_of_the_worlds_that_are_there_not_of_the_rows_that_are_whole() -> None:
    """Held to brute force over the worlds with an answer, for a parameter on which failures do not depend."""
    found = decide.sweep(corner, 128, rng=0).importance(rng=0)
    u = np.random.default_rng(0).random((1_000_000, 2))
    s = u.sum(axis=1)[u.sum(axis=1) <= 1.7]
    c = np.linspace(0, 1, 401)
    chance = np.searchsorted(np.sort(s), 1.4 * c, side="right") / len(s)  # of staying, given c
    mean = chance.mean()
    first = ((chance - mean) ** 2).mean() / (mean * (1 - mean))
    share = np.clip(s / 1.4, 0, 1)  # of c below which one goes, given p and q
    total = (share * (1 - share)).mean() / (mean * (1 - mean))
    got = found.sel(parameter="c", option="go")
    assert got["first"].item() == pytest.approx(first, abs=0.01)
    assert got["total"].item() == pytest.approx(total, abs=0.01)
    assert found.attrs["failed"] == pytest.approx(0.045, abs=0.005)
    assert 0.045 < found.attrs["dropped"] < 0.09
    assert "given data" in found.attrs["method"]
    assert "4.6% of worlds failed" in plots.importance(found).get_xlabel()


def test_a_broken_view_is_a_row_that_says_why() -> None:
    """In structures and across views; the reason is of the view's own world."""
    table = decide.structures(frail, settings={"late": [True]})
    labels = table["recommendation"].values[table["recommended"].values]
    assert labels[:, 1].tolist() == ["failed", "failed"]
    assert not table["flips"].sel(view="broken").any()
    assert table["flips"].sel(view="base").values.tolist() == [False, True]
    for draws in (None, 64):
        found = decide.across_views(frail, draws=draws)
        assert found["best"].sel(view="broken").item() == "failed"
        assert "0.9, 0.9, -0.8" in found["reason"].sel(view="broken").item()
        alone = decide.across_views(frail, ["base", "ok"], draws=draws)
        for name in ("least", "largest_loss", "e_admissible", "maximal", "lead"):
            assert found[name].identical(alone[name].assign_attrs(found[name].attrs)), name
        assert found["mixture"].sel(view="broken").values.tolist() == [0.0, 0.0]
        assert np.isnan(found["expected_value"].sel(view="broken").values).all()
    with pytest.raises(StudyError, match=r"no view has a world.*0.9, 0.9, -0.8"):
        decide.across_views(frail, ["broken"])


def test_a_sweep_may_start_from_a_base_that_is_no_game() -> None:
    """Its other worlds are solved all the same, and the study is what a sound base would have given."""
    study = decide.sweep(frail, {"p": [0.95, 0.3, 0.1]}, base={"q": 0.8})
    assert study.failed.tolist() == [True, True, False]
    assert np.isnan(study.data.attrs["base_value"])
    with pytest.raises(StudyError, match="the base was not solved"):
        study.criteria()
    assert study.criteria(threshold=0.0)["best"].sel(criterion="Laplace").item() == "go"
    with pytest.raises(GameError, match=r"0.95, 0.8, -0.75"):
        decide.sweep(frail, {"p": [0.95, 0.3]}, base={"q": 0.8})


def test_means_over_declared_distributions_are_not_said_to_weigh_worlds_alike() -> None:
    """The words are those of a study."""

    @model(decider="Us")
    def drawn(*, x: Value = Parameter(0.5, low=0, high=1, distribution=stats.beta(4, 4))) -> ExtensiveForm:
        return ExtensiveForm(Decision("Us", {"go": Outcome({"Us": x}), "stay": Outcome({"Us": 0.4})}))

    assert "declared distributions" in decide.across_views(drawn, draws=64).attrs["means"]
    assert "uniform" in decide.across_views(frail, ["ok"], draws=64).attrs["means"]


def test_methods_may_be_auto_or_left_unsaid() -> None:
    """As in the robustness table: only an option of the method is otherwise."""
    table = decide.structures(
        frail, views=["base"], methods={"said": {"method": "auto"}, "unsaid": {}, "named": {"method": "pure"}}
    )
    assert table["structure"].values.tolist() == ["as it is", "said", "unsaid", "named"]
    assert (table["status"].values[:3] == 0).all()
    with pytest.raises(UnknownNameError, match="'nahs'"):
        decide.structures(frail, methods={"x": {"method": "nahs"}})


# ------------------------------------------------------------------ parameters that take certain values only


def test_an_answer_flips_at_a_choice_not_between_two() -> None:
    """Up and down; the picture says "at"."""
    bars = decide.tornado(ferry, base={"toll": 5, "wind": 2}, parameters=["toll"]).isel(parameter=0)
    assert bars["flip"].values.tolist() == [2.0, 8.0]
    assert bars["has_flip"].values.tolist() == [False, True]
    down = decide.tornado(ferry, base={"toll": 8, "wind": 2}, parameters=["toll"])
    assert down["flip"].isel(parameter=0).values.tolist() == [5.0, 8.0]
    said = [t.get_text().replace("“", "").replace("”", "") for t in plots.tornado(down).texts]
    assert any("cross at 5" in text for text in said)


def test_a_corner_names_choices_and_settings_as_they_are(tmp_path: Path) -> None:
    """Also in a study from a file."""
    study = decide.sweep(ferry, 1024, rng=0, settings={"night": [False, True]})
    study.save(tmp_path / "s.nc")
    for one in (study, decide.Study.load(tmp_path / "s.nc")):
        (box,) = one.scenarios("cross", parameters=["toll"]).boxes
        assert str(box) in ("toll is 2", "toll is 2 or 5")
        assert box.values["toll"] in (("2",), ("2", "5"))
        (box,) = one.scenarios("cross", parameters=["night"]).boxes
        assert str(box) == "night is False"
    said = str(study.scenarios("cross", parameters=["night"]))
    assert "of all worlds in which cross is recommended (in worlds held out" in said


def test_a_least_value_that_was_searched_for_is_the_least_found() -> None:
    """Not the largest."""
    found = decide.worst_case(ferry)
    assert "the least found" in found["least_proof"].values.tolist() or "proved" in found["least_proof"].values[0]
    assert "the least found" not in found["largest_loss_proof"].values.tolist()


# ------------------------------------------------------------------ what is refused, and in which words


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: decide.switch_points(ferry, "night"), "night is a setting of ferry.*values="),
        (lambda: decide.profile(ferry, "night"), "night is a setting of ferry"),
        (lambda: decide.switch_points(ferry, "toll", low=2, high=8), "toll takes only 2, 5, 8.*values="),
        (lambda: decide.sweep(ferry, 100, base={"night": "no"}), "the setting night is 'no'; expected True or False"),
        (lambda: decide.sweep(ferry, {"toll": [2, 3]}), "toll is 3 in the design; expected one of its choices"),
        (lambda: decide.sweep(ferry, 64, rng=0).acceptability("toll", values=[2, 3]), "toll is 3; expected one of"),
        (lambda: decide.sweep(ferry, 64, rng=0).acceptability("night"), r"night is a setting.*where\(night="),
        (lambda: decide.sweep(ferry, 64, rng=0).importance(most_dropped=1), "most_dropped is 1;.*above 0 and below 1"),
        (lambda: decide.sweep(ferry, 64, rng=0).importance(draws=100), "draws is 100; expected at least 128"),
        (lambda: decide.info_gap(frail, required="x"), "required is 'x'; expected a number"),
        (lambda: decide.Study.load(__file__), "is no study: it is no netCDF file"),
        (lambda: plots.shares([decide.sweep(ferry, 64, rng=0)]), "shares was given .*expected Study"),
    ],
)
def test_refusals(ask: Callable[[], Any], words: str) -> None:
    """In the caller's words, without a warning first."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DecideError, match=words):
            ask()


def test_a_warning_of_the_design_shows_the_callers_line() -> None:
    """From a sweep and from importance alike."""
    study = decide.sweep(ferry, 64, rng=0)
    for ask in (lambda: decide.sweep(ferry, 100, rng=0, sampling="sobol"), lambda: study.importance(draws=200)):
        with pytest.warns(DesignWarning) as caught:
            ask()
        assert [Path(w.filename).name for w in caught] == ["test_asking.py"]


def test_the_nearest_flip_says_what_could_not_move() -> None:
    """Parameters with choices, where several move together."""
    flip = decide.nearest_flip(ferry, base={"wind": 0})
    assert flip.stayed == ("toll",)
    assert str(flip).endswith("; toll, which takes certain values only, was kept at the base")
    assert decide.nearest_flip(ferry, base={"wind": 0}, norm="one").stayed == ()
