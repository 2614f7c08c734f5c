"""What a reader is told where worlds fail, settings are swept or parameters take certain values only."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")

import numpy as np

import decide
from decide import Chance, Decision, ExtensiveForm, Outcome, Parameter, Value, model, plots

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
        "a": (p, Outcome({"Us": 3 - (2 if late else 0)})), "b": (q, Outcome({"Us": 1})),
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
