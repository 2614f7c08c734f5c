"""Acceptability curves: shares and frontier along one parameter, by hand and against sweeps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import decide
from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
from decide.errors import StudyError, UnknownNameError
from models_for_tests import strike


@model(decider="payer")
def treatment(
    *,
    worth: Value = Parameter(2, low=0, high=4, kind="value", doc="of a unit of effect"),
    effect: Value = Parameter(1, low=0, high=2),
) -> ExtensiveForm:
    """Treat for a price of 2, or do not: net benefit worth * effect - 2."""
    return ExtensiveForm(
        Decision("payer", {"treat": Outcome({"payer": worth * effect - 2}), "do not": Outcome({"payer": 0.0})})
    )


def test_curve_and_frontier_by_hand() -> None:
    """Treating is best where effect > 2 / worth: a share of 1 - 1 / worth; on average above worth 2."""
    study = decide.sweep(treatment, 2_000, rng=0)
    found = study.acceptability("worth", values=[0.5, 1.25, 1.9, 2.1, 4.0])
    share = found["share"].sel(recommendation="treat").values
    assert share.tolist() == pytest.approx([0, 0.2, 1 - 1 / 1.9, 1 - 1 / 2.1, 0.75], abs=1e-3)
    assert found["frontier"].values.tolist() == ["do not", "do not", "do not", "treat", "treat"]
    assert found["frontier_share"].values.tolist() == pytest.approx([1, 0.8, 1 / 1.9, 1 - 1 / 2.1, 0.75], abs=1e-3)
    assert (found["share"].sum("recommendation") == 1).all()
    assert found.sizes["worth"] == 5
    assert study.acceptability("worth").sizes["worth"] == 21


def test_each_value_is_a_sweep() -> None:
    study = decide.sweep(strike, 300, rng=0)
    found = study.acceptability("cost", values=[1.0, 5.0])
    design = {n: study.data[n].values for n in strike.space.free if n != "cost"}
    for k, cost in enumerate((1.0, 5.0)):
        direct = decide.sweep(strike, {**design, "cost": np.full(300, cost)})
        assert found["share"].values[k].tolist() == pytest.approx(direct.shares()["share"].values.tolist())
        mean = direct.data["option_value"].mean("draw").values
        assert found["expected_value"].values[k].tolist() == pytest.approx(mean.tolist())
    assert study.acceptability("cost", values=[1.0], draws=50).attrs["draws"] == 50


@model(decider="Us")
def broken(*, x: Value = Parameter(0.4, low=0, high=1), y: Value = Parameter(0.4, low=0, high=1)) -> ExtensiveForm:
    """Makes no game where x + y > 1.5."""
    worth = np.where(np.asarray(x) + y > 1.5, np.nan, np.asarray(x))
    return ExtensiveForm(Decision("Us", {"go": Outcome({"Us": worth}), "stay": Outcome({"Us": 0.3 + 0 * y})}))


def test_failures_are_counted_like_options() -> None:
    found = decide.sweep(broken, 1_000, rng=0).acceptability("x", values=[0.1, 0.9])
    failed = found["share"].sel(recommendation="failed").values.tolist()
    assert failed == pytest.approx([0.0, 0.4], abs=5e-3)
    assert found["expected_value"].sel(option="go").values.tolist() == pytest.approx([0.1, 0.9])


def test_what_makes_no_sense(tmp_path: Any) -> None:
    study = decide.sweep(treatment, 50, rng=0)
    for keywords, words in (
        ({"values": []}, "values is"),
        ({"values": [math.nan]}, "values is"),
        ({"draws": 0}, "draws is 0"),
    ):
        with pytest.raises(StudyError, match=words):
            study.acceptability("worth", **keywords)
    with pytest.raises(UnknownNameError, match="did you mean 'worth'"):
        study.acceptability("wroth")
    study.save(tmp_path / "s.nc")
    with pytest.raises(StudyError, match="read from a file"):
        decide.Study.load(tmp_path / "s.nc").acceptability("worth")
    with pytest.raises(StudyError, match="did not keep 'effect'"):
        decide.sweep(treatment, 20, rng=0, keep=["recommended", "status"]).acceptability("worth")
