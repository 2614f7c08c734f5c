"""Criteria of choice and dominance: textbook tables by hand, several equilibria, declared beliefs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

import decide
from decide import Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Value, model
from decide.errors import StudyError, UnknownNameError
from decide.sensitivity.criteria import CRITERIA, decision_criteria, dominance, losses, winners
from models_for_tests import lumber, party


def by_name(values: Any, optimism: float = 0.5, threshold: float = 0.0) -> dict[str, list[int]]:
    """Return which options each criterion favours."""
    values = np.asarray(values, dtype=float)
    score = decision_criteria(values, losses(values), optimism, threshold, 0.05)
    wins = winners(score, float(np.ptp(values)))
    return {name: np.flatnonzero(row).tolist() for name, row in zip(CRITERIA, wins, strict=True)}


def test_milnors_table() -> None:
    """Milnor 1954, "Games against nature": four acts, four states; each criterion favours another act."""
    states_by_act = np.array([[2, 2, 0, 1], [1, 1, 1, 1], [0, 4, 0, 0], [1, 3, 0, 0]]).T
    found = by_name(states_by_act, optimism=0.5)
    assert found["Laplace"] == [0]  # sums 5, 4, 4, 4
    assert found["maximin"] == [1]  # Wald
    assert found["Hurwicz"] == [2]  # above .25 optimism
    assert found["minimax loss"] == [3]  # Savage: regrets 2, 3, 2, 1
    assert found["maximax"] == [2]
    assert found["expected loss"] == [0]


def test_the_umbrella_of_luce_and_raiffa() -> None:
    """A table of two acts and many states in which maximin is blind (Luce & Raiffa 1957, p. 280)."""
    n = 100
    values = np.ones((n, 2))
    values[:, 1], values[0, 1] = 100.0, 0.99  # the second is worth 100 in all states but one
    found = by_name(values)
    assert found["maximin"] == [0]
    for name in ("minimax loss", "Hurwicz", "Laplace", "maximax", "expected loss", "percentile"):
        assert found[name] == [1], name


def test_party_and_lumber_by_hand() -> None:
    found = decide.sweep(party, {"p_sun": [0.0, 0.4, 1.0]}).criteria(threshold=45.0)
    score = found["score"].to_pandas()
    assert score.loc["maximin"].tolist() == pytest.approx([0, 20, 40])
    assert score.loc["maximax"].tolist() == pytest.approx([100, 90, 50])
    assert score.loc["Laplace"].tolist() == pytest.approx([140 / 3, 158 / 3, 136 / 3])
    # best: indoors 50, porch 48, outdoors 100
    assert score.loc["minimax loss"].tolist() == pytest.approx([50, 30, 60])
    assert score.loc["expected loss"].tolist() == pytest.approx([58 / 3, 40 / 3, 62 / 3])
    assert score.loc["satisficing"].tolist() == pytest.approx([1 / 3, 2 / 3, 2 / 3])
    best = dict(zip(found["criterion"].values.tolist(), found["best"].values.tolist(), strict=True))
    assert best["satisficing"] == "mixed or tied"
    assert best["expected loss"] == best["Laplace"] == "porch"
    assert best["maximin"] == "indoors"
    sampled = decide.sweep(lumber, 2_000, rng=0).criteria(percentile=0.1)
    # the value of large is 380 p - 180, of small 120 p - 20: at the tenth part of p
    at_tenth = sampled["score"].sel(criterion="percentile")
    assert at_tenth.values.tolist() == pytest.approx([-142, -8, 0], abs=1)
    assert sampled.attrs["percentile"] == 0.1


@given(hnp.arrays(float, st.tuples(st.integers(1, 8), st.integers(1, 4)), elements=st.integers(-5, 5)))
@settings(max_examples=50, deadline=None)
def test_expected_loss_and_expected_value_agree(values: Any) -> None:
    """Mean loss is the mean of the best less the mean: the same order (Luce & Raiffa 1957)."""
    found = by_name(values)
    assert found["expected loss"] == found["Laplace"]
    assert (losses(values) >= 0).all()
    assert (losses(values).min(axis=1) == 0).all()


@given(
    hnp.arrays(float, (6, 3), elements=st.integers(-5, 5)),
    st.permutations(range(3)),
    st.sampled_from([1e-9, 1.0, 1e9]),
)
@settings(max_examples=40, deadline=None)
def test_order_and_scale_of_options_change_nothing(values: Any, order: list[int], scale: float) -> None:
    plain, turned = by_name(values), by_name(values[:, order] * scale)
    for name in CRITERIA:
        assert sorted(order[k] for k in turned[name]) == plain[name], name


# ------------------------------------------------------------------ several equilibria


@model(decider="hunter")
def hunt(*, hare: Value = Parameter(1.0, low=0.5, high=1.5), stag: Value = Parameter(3.0)) -> NormalForm:
    """Stag hunt: three equilibria everywhere, in the worst of which both hunt hares."""
    return NormalForm.from_table(
        {("stag", "stag"): (stag, stag), ("stag", "hare"): (0, hare), ("hare", "stag"): (hare, 0),
         ("hare", "hare"): (hare, hare)},
        players=("hunter", "other"),
    )  # fmt: skip


def test_criteria_at_the_worst_and_the_best_equilibrium() -> None:
    """Against hare, stag is worth 0 and hare its price; against stag, 3 and its price."""
    study = decide.sweep(hunt, {"hare": [0.5, 1.0, 1.5]})
    selected, worst, best = (study.criteria(over=o) for o in ("selected", "worst", "best"))

    def row(found: Any, name: str) -> list[float]:
        return [float(x) for x in found["score"].sel(criterion=name)]

    assert row(selected, "maximin") == row(worst, "maximin") == pytest.approx([0.0, 0.5])
    assert row(best, "maximin") == pytest.approx([3.0, 0.5])
    assert row(worst, "minimax loss") == pytest.approx([1.5, 2.5])  # stag against hare; hare at .5 against stag
    assert row(best, "minimax loss") == pytest.approx([0.0, 0.0])  # each is right in one equilibrium
    assert worst.attrs["values"] == "each option at the equilibrium worst for it"
    assert selected.attrs["over"] == "selected"
    with pytest.raises(UnknownNameError, match="'worse'; did you mean 'worst'"):
        study.criteria(over="worse")


def test_where_the_rule_chose_none_all_equilibria_still_count() -> None:
    study = decide.sweep(hunt, {"hare": [0.5, 4.0]}, selection="mixed")  # hares alone are an equilibrium at 4
    assert study.criteria().attrs["failed"] == 1
    assert study.criteria(over="worst").attrs["failed"] == 0
    assert study.criteria(over="worst").attrs["draws"] == 2


# ------------------------------------------------------------------ what a mean is


@model(decider="Us")
def believed(
    *,
    a: Value = Parameter(0.3, low=0, high=1, distribution=stats.beta(2, 5)),
    b: Value = Parameter(0.5, low=0, high=1),
    c: Value = Parameter(0.5, low=0, high=1),
) -> ExtensiveForm:
    """One parameter has a distribution."""
    return ExtensiveForm(Decision("Us", {"go": Outcome({"Us": a}), "stay": Outcome({"Us": b * c})}))


def test_a_mean_under_a_belief_is_called_expected_value(tmp_path: Any) -> None:
    def names(study: decide.Study) -> list[str]:
        return [str(c) for c in study.criteria()["criterion"].values]

    drawn = decide.sweep(believed, 400, rng=0)
    assert "expected value" in names(drawn)
    assert "Laplace" not in names(drawn)
    assert "under that belief" in drawn.criteria().attrs["means"]
    drawn.save(tmp_path / "s.nc")
    assert names(decide.Study.load(tmp_path / "s.nc")) == names(drawn)
    fixed = decide.sweep(believed, 100, rng=0, base={"a": 0.3})
    assert "Laplace" in names(fixed)
    assert "nobody's belief" in fixed.criteria().attrs["means"]
    together = decide.sweep(believed, 100, rng=0, base={"a": 0.3}, correlation={("b", "c"): 0.5})
    assert "expected value" in names(together)
    given = decide.sweep(believed, {"a": [0.1, 0.2]})
    assert "Laplace" in names(given)
    assert "were given" in given.criteria().attrs["means"]


@pytest.mark.parametrize(
    ("keywords", "words"),
    [({"percentile": 1.2}, "percentile is 1.2"), ({"threshold": math.nan}, "threshold is nan"),
     ({"optimism": -1}, "optimism is -1")],
)  # fmt: skip
def test_what_makes_no_sense(keywords: Any, words: str) -> None:
    with pytest.raises(StudyError, match=words):
        decide.sweep(lumber, 10, rng=0).criteria(**keywords)


# ------------------------------------------------------------------ dominance


def test_dominance_of_known_distributions() -> None:
    """A shift is first-order better; a mean-preserving spread second-order worse (Rothschild & Stiglitz 1970)."""
    u = (np.arange(2_000) + 0.5) / 2_000
    normal = stats.norm.ppf(u)
    rng = np.random.default_rng(0)
    values = np.stack([normal, rng.permutation(normal) + 0.1, rng.permutation(2 * normal)], axis=1)
    statewise, first, second = dominance(values)
    assert not statewise.any()
    assert first.tolist() == [[False] * 3, [True, False, False], [False] * 3]
    assert second.tolist() == [[False, False, True], [True, False, True], [False] * 3]


def test_dominance_of_lotteries_by_hand() -> None:
    """Levy 2016: F = {1, 4} or {1, 4, 4}: sorted values and running means."""
    values = np.array([[1.0, 0.0, 2.0], [4.0, 4.0, 2.0], [4.0, 5.0, 6.0]])
    statewise, first, second = dominance(values)
    # sorted: A 1 4 4; B 0 4 5; C 2 2 6. Running sums: A 1 5 9; B 0 4 9; C 2 4 10
    assert not statewise.any()
    assert not first.any()
    assert second.tolist() == [[False, True, False], [False, False, False], [False, True, False]]


@given(hnp.arrays(float, st.tuples(st.integers(1, 6), st.integers(2, 4)), elements=st.integers(-3, 3)))
@settings(max_examples=60, deadline=None)
def test_dominance_is_what_its_definition_says(values: Any) -> None:
    """By distribution functions at every value, and their sums (integrals), the slow way."""
    k = values.shape[1]
    statewise, first, second = dominance(values)
    at = np.arange(-4, 5)
    below = np.array([[(values[:, j] <= t).sum() for t in at] for j in range(k)])
    area = np.cumsum(below, axis=1)
    for i in range(k):
        for j in range(k):
            a, b = values[:, i], values[:, j]
            assert statewise[i, j] == bool((a >= b).all() and (a > b).any())
            assert first[i, j] == bool((below[i] <= below[j]).all() and (below[i] < below[j]).any())
            assert second[i, j] == bool((area[i] <= area[j]).all() and (area[i] < area[j]).any())
    assert (first | ~statewise).all()
    assert (second | ~first).all()


def test_dominance_of_a_study() -> None:
    found = decide.sweep(lumber, 500, rng=0).dominance()
    assert not found["statewise"].any()
    assert not found["dominated"].sel(option="none")
    better = decide.sweep(lumber, 500, rng=0, base={"p_good": 0.9}).dominance()
    assert better["statewise"].sel(option="large").values.tolist() == [False, True, True]
    assert better["dominated"].values.tolist() == [False, True, True]
    assert "worlds" in found.attrs["means"]
    same = decide.sweep(hunt, {"hare": [1.0]}).dominance(over="best")
    assert bool(same["first_order"].sel(option="stag", other="hare"))
