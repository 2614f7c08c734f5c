"""Choice under a set of priors: E-admissibility, maximality and maximin, by textbook cases and by definition."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import decide
from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
from decide.errors import StudyError, UnknownNameError
from decide.sensitivity.priors import admissible
from models_for_tests import lumber


def test_maximal_but_never_best() -> None:
    """Two priors (1, 0) and (0, 1) on two states; the hedge is undominated pairwise, yet best under no mixture.

    The case of Levi (1974) and Seidenfeld (2004), "A contrast between two decision rules": acts (1, 0), (0, 1) and
    the sure .4: against either alone the third is better in one prior; under every mixture one of the two is worth at
    least .5.
    """
    found = admissible(np.array([[1.0, 0.0, 0.4], [0.0, 1.0, 0.4]]))
    assert found.maximal.tolist() == [True, True, True]
    assert found.e_admissible.tolist() == [True, True, False]
    assert found.lead.tolist() == pytest.approx([0.6, 0.6, -0.1])  # against the sure .4, not the other
    assert found.mixture[2].tolist() == pytest.approx([0.5, 0.5])
    assert admissible(np.array([[1.0, 0.0, 0.6], [0.0, 1.0, 0.6]])).e_admissible.all()


def test_three_states() -> None:
    """Bets on each of three states, and a sure thing below a third: undominated pairwise, never best."""
    found = admissible(np.column_stack([np.eye(3), np.full(3, 0.3)]))
    assert found.maximal.all()
    assert found.e_admissible.tolist() == [True, True, True, False]
    assert found.lead[3] == pytest.approx(0.3 - 1 / 3)
    assert found.mixture[3].tolist() == pytest.approx([1 / 3] * 3)


@given(hnp.arrays(float, st.tuples(st.integers(1, 3), st.integers(1, 4)), elements=st.integers(-4, 4)))
@settings(max_examples=40, deadline=None)
def test_admissible_is_what_its_definition_says(expected: Any) -> None:
    """Against a grid of mixtures, the slow way; and the witness is one."""
    v, k = expected.shape
    found = admissible(expected)
    grid = [np.array(w) / 12 for w in itertools.product(range(13), repeat=v) if sum(w) == 12]
    for i in range(k):
        rest = np.delete(expected, i, axis=1)
        leads = [float((w @ expected[:, i]) - (w @ rest).max()) if k > 1 else 0.0 for w in grid]
        assert found.lead[i] >= max(leads) - 1e-9
        at = found.mixture[i]
        assert at.sum() == pytest.approx(1)
        if k > 1:
            assert at @ expected[:, i] - (at @ rest).max() == pytest.approx(found.lead[i], abs=1e-9)
        assert found.maximal[i] == (not any((expected[:, j] > expected[:, i]).all() for j in range(k)))
    assert (found.maximal | ~found.e_admissible).all()
    assert found.e_admissible.any()


@model(decider="Us", views={"wet": {"rain": 1.0}, "dry": {"rain": 0.0}})
def farm(
    *,
    rain: Value = Parameter(0.5, low=0, high=1, unit="probability"),
    hedge: Value = Parameter(0.4, low=0.2, high=0.6),
) -> ExtensiveForm:
    """Rice is worth the chance of rain, wheat that of none; leasing is worth the hedge."""
    worth = {"rice": rain, "wheat": 1 - rain, "lease": hedge}
    return ExtensiveForm(Decision("Us", {o: Outcome({"Us": x}) for o, x in worth.items()}))


def test_across_views_by_hand() -> None:
    found = decide.across_views(farm, ["wet", "dry"])
    assert found["expected_value"].values.tolist() == [[1, 0, 0.4], [0, 1, 0.4]]
    assert found["least"].values.tolist() == [0, 0, 0.4]
    assert found["largest_loss"].values.tolist() == pytest.approx([1, 1, 0.6])
    assert found["e_admissible"].values.tolist() == [True, True, False]
    assert (found.attrs["best_least"], found.attrs["least_loss"]) == ("lease", "lease")
    assert found["best"].values.tolist() == ["rice", "wheat"]
    every = decide.across_views(farm)
    assert every["view"].values.tolist() == ["base", "wet", "dry"]
    assert every["best"].values.tolist()[0] == "mixed or tied"


def test_across_views_with_draws() -> None:
    found = decide.across_views(farm, draws=2_000)
    lease = found["expected_value"].sel(option="lease")
    assert lease.values.tolist() == pytest.approx([0.4] * 3, abs=1e-3)  # a Latin hypercube's mean of a line
    assert lease.values[1] == lease.values[2]  # the same draws
    assert found["draws"].values.tolist() == [2_000] * 3
    assert (found["error"].sel(option="rice", view=["wet", "dry"]) == 0).all()
    direct = decide.sweep(farm, 2_000, rng=0, view="wet").data["option_value"].mean("draw")
    assert found["expected_value"].sel(view="wet").values.tolist() == pytest.approx(direct.values.tolist())
    fixed = decide.across_views(farm, ["wet"], base={"hedge": 0.55})
    assert fixed["expected_value"].sel(option="lease").item() == 0.55


@model(decider="Us", views={"bad": {"x": 0.9}})
def broken(*, x: Value = Parameter(0.4, low=0, high=1), y: Value = Parameter(0.4, low=0, high=1)) -> ExtensiveForm:
    """Makes no game where x > .8."""
    worth = np.where(np.asarray(x) > 0.8, np.nan, np.asarray(x))
    return ExtensiveForm(Decision("Us", {"go": Outcome({"Us": worth}), "stay": Outcome({"Us": y})}))


def test_failures_are_counted_and_left_out() -> None:
    found = decide.across_views(broken, ["base"], draws=1_000)
    assert int(found["failed"].sum()) == pytest.approx(200, abs=20)
    assert found["expected_value"].sel(option="go").item() == pytest.approx(0.4, abs=0.02)


def test_what_makes_no_sense() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'wet'"):
        decide.across_views(farm, ["wte"])
    with pytest.raises(UnknownNameError, match="did you mean 'wet'"):
        decide.across_views(farm, ["wte"], draws=10)
    with pytest.raises(StudyError, match="expected a model, and a sequence"):
        decide.across_views(farm, "wet")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="did you mean 'worst'"):
        decide.across_views(lumber, over="wrst")
