"""Global importance: against exact answers from the literature, against scipy, and against what must not matter."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import decide
from decide import NormalForm, Parameter, Value, model
from decide.errors import DesignWarning, StudyError, UnknownNameError
from decide.sensitivity.given_data import bins_of, given_partials, number_of_bins
from decide.sensitivity.indices import Partials, indicators, paired_partials, shares_of_variance
from decide.sensitivity.sampling import plan_design, unit_points
from decide.sensitivity.shapley import orders_of, redrawn, shapley_partials
from decide.sensitivity.value_of_information import information_partials
from models_for_tests import chicken, fragile, linear, marginals, stag_hunt

PI = np.pi
# Ishigami & Homma (1990) with a = 7, b = 0.1; the values of Saltelli et al. (2008), Global Sensitivity Analysis.
FIRST, TOTAL = [0.3139, 0.4424, 0.0], [0.5576, 0.4424, 0.2437]


def ishigami(x: Any, y: Any, z: Any) -> Any:
    return np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x)


def paired(function: Any, d: int, n: int, seed: int = 0, sampling: str = "sobol") -> list[Any]:
    """Outputs of a paired design of the unit cube, replicate by replicate, one row a block."""
    plan = plan_design(n, sampling, seed)
    found = []
    for r in range(len(plan.sizes)):
        points = unit_points(plan, r, 2 * d)
        a, b = points[:, :d], points[:, d:]
        blocks = [a, b]
        for i in range(d):
            mixed = a.copy()
            mixed[:, i] = b[:, i]
            blocks.append(mixed)
        found.append(np.stack([np.asarray(function(block)).reshape(len(a), -1) for block in blocks]))
    return found


def shares(partials: Partials, confidence: float = 0.95) -> Any:
    return shares_of_variance(partials, confidence, np.zeros(partials.whole.shape[1], dtype=bool))


def cube_ishigami(u: Any) -> Any:
    return ishigami(*((2 * u - 1) * PI).T)


# ------------------------------------------------------------------ paired designs, on arrays


def test_ishigami() -> None:
    first, total = (shares(p) for p in paired_partials(paired(cube_ishigami, 3, 2**13)))
    assert first.value[:, 0] == pytest.approx(FIRST, abs=0.01)
    assert total.value[:, 0] == pytest.approx(TOTAL, abs=0.01)
    for found, exact in ((first, FIRST), (total, TOTAL)):
        assert (found.low[:, 0] <= np.array(exact) + 1e-4).all()
        assert (found.high[:, 0] >= np.array(exact) - 1e-4).all()


def test_the_g_function() -> None:
    """Saltelli & Sobol (1995): the partial variances are 1 / (3 (1 + a)**2), and products of them."""
    a = np.array([0.0, 1.0, 4.5, 9.0, 99.0])
    own = 1 / (3 * (1 + a) ** 2)
    whole = np.prod(1 + own) - 1
    first, total = (
        shares(p) for p in paired_partials(paired(lambda u: np.prod((abs(4 * u - 2) + a) / (1 + a), axis=1), 5, 2**13))
    )
    assert first.value[:, 0] == pytest.approx(own / whole, abs=0.02)
    assert total.value[:, 0] == pytest.approx(own * (whole + 1) / (1 + own) / whole, abs=0.02)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=4).filter(lambda c: max(map(abs, c)) > 0.1))
@settings(max_examples=10, deadline=None)
def test_linear_functions(weights: list[float]) -> None:
    w = np.array(weights)
    first, total = (shares(p) for p in paired_partials(paired(lambda u: u @ w, len(w), 2**13)))
    exact = w**2 / (w @ w)
    assert first.value[:, 0] == pytest.approx(exact, abs=0.02)
    assert total.value[:, 0] == pytest.approx(exact, abs=0.02)


def test_the_arithmetic_is_that_of_scipy() -> None:
    """All replicates together give `scipy.stats.sobol_indices` of all rows, for each output."""
    found = paired(lambda u: np.stack([cube_ishigami(u), u[:, 0] * u[:, 1] - 3, u[:, 2] > 0.3], axis=1), 3, 512)
    rows = np.concatenate(found, axis=1)
    f_a, f_b, f_ab = rows[0].T, rows[1].T, np.moveaxis(rows[2:], 2, 1)
    theirs = stats.sobol_indices(func={"f_A": f_a, "f_B": f_b, "f_AB": f_ab}, n=rows.shape[1])
    first, total = paired_partials(found)
    # scipy gives (output, input)
    assert first.partial[0] / first.whole[0] == pytest.approx(theirs.first_order.T, rel=1e-9, abs=1e-12)
    assert total.partial[0] / total.whole[0] == pytest.approx(theirs.total_order.T, rel=1e-9, abs=1e-12)


def test_leaving_out_a_replicate_is_computing_without_it() -> None:
    """But for the centre, which is that of all rows; totals do not depend on it."""
    found = paired(cube_ishigami, 3, 256)
    _, total = paired_partials(found)
    for r in range(len(found)):
        rest = paired_partials(found[:r] + found[r + 1 :])[1]
        assert total.partial[1 + r] == pytest.approx(rest.partial[0], rel=1e-12)


@pytest.mark.parametrize("which", [0, 1])
def test_intervals_cover_what_they_say(which: int) -> None:
    """Of 200 designs, about 95 % of the intervals hold the true index; 8 replicates, Student's t (seeded)."""
    w = np.array([3.0, 2.0, 1.0])
    exact = w**2 / (w @ w)
    hits = np.zeros(3)
    for seed in range(200):
        found = shares(paired_partials(paired(lambda u: u @ w, 3, 128, seed, "plain"))[which])
        hits += (found.low[:, 0] <= exact) & (exact <= found.high[:, 0])
    assert (hits >= 180).all(), hits  # 95 % less 3 standard errors
    assert (hits <= 200).all()


def test_intervals_of_sobol_points_cover_too() -> None:
    hits = np.zeros(3)
    for seed in range(100):
        found = shares(paired_partials(paired(cube_ishigami, 3, 512, seed))[1])
        hits += (found.low[:, 0] <= np.array(TOTAL) + 1e-4) & (np.array(TOTAL) - 1e-4 <= found.high[:, 0])
    assert (hits >= 88).all(), hits


# ------------------------------------------------------------------ labels


def three_labels(u: Any) -> Any:
    """A if u < 1/2, else B or C by v < 1/2, as codes 0, 1, 2."""
    return np.where(u[:, 0] < 0.5, 0, np.where(u[:, 1] < 0.5, 1, 2))


def test_coded_indices_flip_with_the_coding_and_ours_do_not() -> None:
    """Exact: u .6 first and .8 total, v .2 and .4, whatever the labels are called."""
    coded, ours = [], []
    for codes in itertools.permutations(range(3)):
        rename = np.array(codes)
        found = [y[..., 0].astype(int) for y in paired(lambda u, r=rename: r[three_labels(u)], 2, 2**12)]
        first, _ = paired_partials([y[..., None].astype(float) for y in found])
        coded.append(shares(first).value[:, 0])
        one_hot = [p.together() for p in paired_partials([indicators(y, (0, 1, 2)) for y in found])]
        ours.append([shares(p).value[:, 0] for p in one_hot])
    ours = np.array(ours)
    assert ours[:, 0] == pytest.approx(np.tile([0.6, 0.2], (6, 1)), abs=0.01)
    assert ours[:, 1] == pytest.approx(np.tile([0.8, 0.4], (6, 1)), abs=0.01)
    assert np.ptp(ours, axis=0).max() < 1e-12
    order = {tuple(np.argsort(c)) for c in np.round(coded, 2)}
    assert len(order) == 2, "coded labels rank u and v both ways"


def label_model(names: tuple[str, str, str] = ("A", "B", "C"), order: tuple[int, ...] = (0, 1, 2)) -> Any:
    @model(decider="one")
    def toy(*, u: Value = Parameter(0.3, low=0, high=1), v: Value = Parameter(0.3, low=0, high=1)) -> NormalForm:
        worth = (0.5 - u, np.where(u > 0.5, 0.5 - v, -1.0) + 0 * u, np.where(u > 0.5, v - 0.5, -1.0) + 0 * u)
        worth = (2 * worth[0], worth[1], worth[2])
        return NormalForm.from_table({names[k]: worth[k] for k in order}, players=("one",))

    return toy


def test_the_three_labels_as_a_model() -> None:
    found = decide.sweep(label_model(), 100, rng=0).importance(draws=2048, rng=1)
    assert found["aggregated_first"].values == pytest.approx([0.6, 0.2], abs=0.01)
    assert found["aggregated_total"].values == pytest.approx([0.8, 0.4], abs=0.01)
    assert list(found["option"].values) == ["A", "B", "C", "mixed or tied", "depends on equilibrium"]
    assert found["constant"].values.tolist() == [False, False, False, True, True]
    assert found["first"].dims == ("parameter", "option")
    for name in ("first", "total", "aggregated_first", "aggregated_total", "information_share"):
        assert (found[f"{name}_low"] <= found[name]).all()
        assert (found[name] <= found[f"{name}_high"]).all()


def test_names_and_order_of_options_do_not_matter() -> None:
    plain = decide.sweep(label_model(), 100, rng=0).importance(draws=256, rng=1)
    other = decide.sweep(label_model(("Z", "Y", "X"), (2, 0, 1)), 100, rng=0).importance(draws=256, rng=1)
    for name in ("first", "total", "first_low", "total_high"):
        ours, theirs = plain[name].sel(option=["A", "B", "C"]), other[name].sel(option=["Z", "Y", "X"])
        assert ours.values == pytest.approx(theirs.values, abs=1e-12)
    for name in ("aggregated_first", "aggregated_total_low", "information_share"):
        assert plain[name].values == pytest.approx(other[name].values, abs=1e-12)


def test_names_of_parameters_do_not_matter() -> None:
    @model(decider="one")
    def renamed(
        *, zeta: Value = Parameter(0.5, low=0, high=1), alpha: Value = Parameter(0.5, low=0, high=1)
    ) -> NormalForm:
        return NormalForm.from_table({"go": zeta + alpha - 1, "stay": 0 * zeta}, players=("one",))

    one, two = (decide.sweep(m, 100, rng=0).importance(draws=128, rng=0) for m in (linear, renamed))
    for name in one.data_vars:
        assert one[name].values == pytest.approx(two[name].values, abs=1e-12)


@given(st.permutations(range(3)), st.integers(0, 5))
@settings(max_examples=10, deadline=None)
def test_order_of_inputs_and_outputs_does_not_matter_to_the_kernels(order: list[int], seed: int) -> None:
    outputs = paired(lambda u: np.stack([cube_ishigami(u), u[:, 0] > u[:, 2]], axis=1), 3, 128, seed)
    moved = [y[np.r_[0, 1, np.array(order) + 2]][..., ::-1] for y in outputs]
    for ours, theirs in zip(paired_partials(outputs), paired_partials(moved), strict=True):
        assert ours.partial[:, order][..., ::-1] == pytest.approx(theirs.partial, rel=1e-9, abs=1e-9)


def test_order_of_parameters_and_equilibria_does_not_matter() -> None:
    """Other points are drawn then, so within the intervals; the actions of both players are turned round too."""

    @model(decider="hunter")
    def turned(
        *, hare: Value = Parameter(3.0, low=1, high=5), stag: Value = Parameter(4.0, low=2, high=6)
    ) -> NormalForm:
        return NormalForm.from_table(
            {
                ("hare", "hare"): {"hunter": hare, "other": hare},
                ("hare", "stag"): {"hunter": hare, "other": 0},
                ("stag", "hare"): {"hunter": 0, "other": hare},
                ("stag", "stag"): {"hunter": stag, "other": stag},
            },
            players=("hunter", "other"),
        )

    one = decide.sweep(stag_hunt, 100, rng=0).importance(draws=512, rng=1)
    two = decide.sweep(turned, 100, rng=0).importance(draws=512, rng=1).sel(parameter=["stag", "hare"])
    two = two.sel(option=one["option"])
    for name in ("first", "total", "aggregated_first", "aggregated_total"):
        assert (one[f"{name}_low"] <= two[f"{name}_high"] + 1e-12).all(), name
        assert (two[f"{name}_low"] <= one[f"{name}_high"] + 1e-12).all(), name
    assert one["variance"].sel(option="depends on equilibrium") > 0.01


def test_the_number_of_equilibria_is_a_label() -> None:
    """One equilibrium where hare > stag, three where not: only those two labels, and one is the other's complement."""
    found = decide.sweep(stag_hunt, 100, rng=0).importance(of="n_equilibria", draws=512, rng=1)
    assert list(found["option"].values) == ["1", "3"]
    assert found["total"].sel(option="1").values == pytest.approx(found["total"].sel(option="3").values)


# ------------------------------------------------------------------ models


@model(decider="one")
def ishigami_model(
    *,
    x: Value = Parameter(0.0, low=-PI, high=PI),
    y: Value = Parameter(0.0, low=-PI, high=PI),
    z: Value = Parameter(0.0, low=-PI, high=PI),
) -> NormalForm:
    """One option is worth Ishigami's function, the other nothing."""
    return NormalForm.from_table({"go": ishigami(x, y, z), "stay": 0 * x}, players=("one",))


def test_ishigami_as_a_model_with_a_constant_option() -> None:
    found = decide.sweep(ishigami_model, 100, rng=0).importance(of="option_value", draws=4096, rng=0)
    go, stay = found.sel(option="go"), found.sel(option="stay")
    assert go["first"].values == pytest.approx(FIRST, abs=0.02)
    assert go["total"].values == pytest.approx(TOTAL, abs=0.02)
    assert float(go["variance"]) == pytest.approx(0.5 + 49 / 8 + 0.1 * PI**4 / 5 + 0.01 * PI**8 / 18, rel=0.01)
    assert not go["constant"]
    assert stay["constant"]
    for name in ("first", "first_low", "first_high", "total", "total_low", "total_high", "variance"):
        assert (stay[name] == 0).all()
    assert found["aggregated_total"].values == pytest.approx(go["total"].values)


def test_a_constant_answer_is_no_sensitivity() -> None:
    @model(decider="one")
    def settled(*, x: Value = Parameter(0.5, low=0, high=1)) -> NormalForm:
        return NormalForm.from_table({"go": 2 + x, "stay": x}, players=("one",))

    study = decide.sweep(settled, 100, rng=0)
    for of in ("recommended", "advantage", "n_equilibria", "margin"):
        found = study.importance(of=of, draws=128, rng=0)
        assert found["constant"].all(), of
        assert "no sensitivity" in found.attrs["constant"]
        assert all((found[name] == 0).all() for name in found.data_vars if name != "constant")
    assert not any(np.isnan(v).any() for v in found.data_vars.values())


@pytest.mark.parametrize("of", ["recommended", "selected", "modal_choice", "n_equilibria", "option_value", "margin"])
def test_nothing_is_ever_nan(of: str) -> None:
    for m in (chicken, stag_hunt, marginals):
        found = decide.sweep(m, 100, rng=0).importance(of=of, draws=128, rng=0)
        for name, column in found.data_vars.items():
            assert np.isfinite(column.values).all(), (m.name, name)


def test_linear_margins_and_payoffs() -> None:
    study = decide.sweep(linear, 100, rng=0)
    gain = study.importance(of="advantage", draws=1024, rng=0)
    assert gain["total"].values == pytest.approx(np.full((2, 2), 0.5), abs=0.02)
    money = study.importance(of="payoff", draws=512, rng=0)
    assert money["first"].dims == ("parameter", "option")
    assert list(money["option"].values) == ["one"]
    assert "aggregated_first" not in money
    assert "not added" in money.attrs["aggregated"]
    margin = study.importance(of="margin", draws=512, rng=0)
    assert margin["total"].values == pytest.approx(margin["aggregated_total"].values[:, None])


def test_what_is_large_or_tiny_or_far_away_does_not_matter() -> None:
    found = {}
    for scale, shift in ((1.0, 0.0), (1e-150, 0.0), (1e120, 0.0), (1.0, 1e6)):

        @model(decider="one")
        def scaled(
            *,
            x: Value = Parameter(0.5, low=0, high=1),
            y: Value = Parameter(0.5, low=0, high=1),
            scale: float = scale,
            shift: float = shift,
        ) -> NormalForm:
            return NormalForm.from_table(
                {"go": scale * (2 * x + y - 1) + shift, "stay": shift + 0 * x}, players=("one",)
            )

        study = decide.sweep(scaled, 100, rng=0)
        found[scale, shift] = [study.importance(of=of, draws=256, rng=0) for of in ("option_value", "recommended")]
    for ours in found.values():
        for a, b in zip(found[1.0, 0.0], ours, strict=True):
            assert a["aggregated_total"].values == pytest.approx(b["aggregated_total"].values, rel=1e-6)
            assert a["information_share"].values == pytest.approx(b["information_share"].values, rel=1e-6)


def test_fixed_values_and_views_are_not_drawn() -> None:
    found = decide.sweep(chicken, 100, rng=0, view="pessimist").importance(draws=128, rng=0)
    assert list(found["parameter"].values) == ["pride"]
    alone = decide.sweep(linear, 100, rng=0, base={"y": 0.5}).importance(draws=256, rng=0)
    assert alone["aggregated_total"].values == pytest.approx([1.0], abs=1e-9)
    with pytest.raises(StudyError, match="no parameter of this study is drawn"):
        decide.sweep(chicken, 100, rng=0, base={"crash": -3, "pride": 1}).importance()


def test_choices_and_every_kind_of_marginal() -> None:
    """``go`` is worth normal + waiting share; ``stay`` count + flat: exact shares by independence."""
    found = decide.sweep(marginals, 100, rng=0).importance(of="option_value", draws=1024, rng=0)
    stay = found.sel(option="stay")
    count, flat = np.var([1, 2, 5]), 36 / 12
    exact = [0, 0, 0, count / (count + flat), flat / (count + flat)]
    assert stay["first"].values == pytest.approx(exact, abs=0.03)
    assert stay["total"].values == pytest.approx(exact, abs=0.03)


# ------------------------------------------------------------------ groups


@model(decider="one")
def grouped(
    *,
    a: Value = Parameter(0, low=-1, high=1, group="money", kind="value"),
    b: Value = Parameter(0, low=-1, high=1, group="money", kind="belief"),
    c: Value = Parameter(0, low=-1, high=1, kind="belief"),
    d: Value = Parameter(0, low=-1, high=1, group="time"),
) -> NormalForm:
    """The advantage of ``go`` is 2a + b + c d."""
    return NormalForm.from_table({"go": 2 * a + b + c * d, "stay": 0 * a}, players=("one",))


def test_groups_take_parameters_as_one() -> None:
    """Variances of 2a, b, cd are 4/3, 1/3, 1/9; together 16/9."""
    study = decide.sweep(grouped, 100, rng=0)
    own = study.importance(of="advantage", groups="group", draws=1024, rng=0)
    assert list(own["parameter"].values) == ["money", "c", "time"]
    assert list(own["members"].values) == ["a, b", "c", "d"]
    go = own.sel(option="go")
    assert go["first"].values == pytest.approx([15 / 16, 0, 0], abs=0.01)
    assert go["total"].values == pytest.approx([15 / 16, 1 / 16, 1 / 16], abs=0.01)
    both = study.importance(of="advantage", groups={"rest": ["c", "d"]}, draws=1024, rng=0).sel(option="go")
    assert list(both["parameter"].values) == ["a", "b", "rest"]
    assert both["first"].values == pytest.approx([12 / 16, 3 / 16, 1 / 16], abs=0.01)
    assert both["total"].values == pytest.approx([12 / 16, 3 / 16, 1 / 16], abs=0.01)
    kinds = study.importance(groups="kind", draws=128, rng=0)
    assert list(kinds["parameter"].values) == ["value", "belief", "d"]


def test_groups_that_make_no_sense_are_refused() -> None:
    study = decide.sweep(grouped, 100, rng=0)
    with pytest.raises(UnknownNameError, match=r"'aa'.*known: a, b"):
        study.importance(groups={"x": ["aa"]})
    with pytest.raises(StudyError, match="a is in the groups 'x' and 'y'"):
        study.importance(groups={"x": ["a"], "y": ["a", "b"]})
    with pytest.raises(StudyError, match="a group is called 'c'"):
        study.importance(groups={"c": ["a", "b"]})
    with pytest.raises(UnknownNameError, match="'unit'"):
        study.importance(groups="unit")
    with pytest.raises(StudyError, match="groups is 3"):
        study.importance(groups=3)  # type: ignore[arg-type]


# ------------------------------------------------------------------ dependent inputs


def exact_shapley(beta: Any, matrix: Any) -> Any:
    """Shapley effects of a linear function of correlated normals, by all subsets (Song, Nelson & Staum 2016)."""
    d = len(beta)

    def cost(subset: tuple[int, ...]) -> float:
        j = list(subset)
        rest = [i for i in range(d) if i not in subset]
        own = matrix[np.ix_(j, j)]
        if rest:
            cross = matrix[np.ix_(j, rest)]
            own = own - cross @ np.linalg.inv(matrix[np.ix_(rest, rest)]) @ cross.T
        return float(beta[j] @ own @ beta[j])

    effects = np.zeros(d)
    for order in itertools.permutations(range(d)):
        for k, i in enumerate(order):
            effects[i] += cost(tuple(sorted(order[: k + 1]))) - cost(tuple(sorted(order[:k])))
    return effects / effects.sum()


def test_the_slow_shapley_effects_are_those_of_owen_and_prieur() -> None:
    """Two normals: beta1**2 (1 - rho**2/2) + rho beta1 beta2 + beta2**2 rho**2/2, over the variance (2017, sec. 3)."""
    rho, b = 0.6, np.array([1.0, 2.0])
    whole = b[0] ** 2 + b[1] ** 2 + 2 * rho * b[0] * b[1]
    first = b[0] ** 2 * (1 - rho**2 / 2) + rho * b[0] * b[1] + b[1] ** 2 * rho**2 / 2
    found = exact_shapley(b, np.array([[1, rho], [rho, 1]]))
    assert found == pytest.approx([first / whole, 1 - first / whole])


MATRIX = np.array([[1.0, 0.7, 0.0], [0.7, 1.0, -0.3], [0.0, -0.3, 1.0]])
BETA = np.array([1.0, 1.0, 2.0])


def test_shapley_effects_of_linear_functions_of_normals() -> None:
    rng = np.random.default_rng(0)
    root = np.linalg.cholesky(MATRIX)
    replicates, orders = [], []
    for _ in range(8):
        z, fresh = (rng.standard_normal((1200, 3)) @ root.T for _ in range(2))
        order = orders_of(1200, 3, rng)
        chain = [z]
        for step in range(3):
            done = np.zeros((1200, 3))
            for k in range(1200):
                which = np.isin(np.arange(3), order[k, : step + 1])
                done[k] = redrawn(z[k : k + 1], fresh[k : k + 1], which, MATRIX)[0]
            chain.append(done)
        assert np.cov(chain[1].T) == pytest.approx(MATRIX, abs=0.15), "conditional draws keep the distribution"
        replicates.append(np.stack([x @ BETA for x in chain])[..., None])
        orders.append(order)
        if len(orders) == 2:
            break
    found = shapley_partials(replicates, orders)
    effects = found.partial[0, :, 0] / found.whole[0, 0]
    assert effects.sum() == pytest.approx(1.0)
    assert effects == pytest.approx(exact_shapley(BETA, MATRIX), abs=0.05)


@model(decider="one")
def normals(
    *,
    x: Value = Parameter(0.0, distribution=stats.norm()),
    y: Value = Parameter(0.0, distribution=stats.norm()),
    z: Value = Parameter(0.0, distribution=stats.norm()),
) -> NormalForm:
    """``go`` is worth x + y + 2 z."""
    return NormalForm.from_table({"go": x + y + 2 * z, "stay": 0 * x}, players=("one",))


TOGETHER = {("x", "y"): 0.7, ("y", "z"): -0.3}


def test_correlated_parameters_get_shapley_effects_and_no_totals(tmp_path: Path) -> None:
    study = decide.sweep(normals, 4000, rng=0, correlation=TOGETHER)
    found = study.importance(of="option_value", draws=2048, rng=0)
    assert "total" not in found
    assert "dependent" in found.attrs["total"]
    go = found.sel(option="go")
    exact = exact_shapley(BETA, MATRIX)
    assert go["shapley"].values == pytest.approx(exact, abs=0.03)
    assert (go["shapley_low"] <= exact).all()
    assert (exact <= go["shapley_high"]).all()
    assert float(go["shapley"].sum()) == pytest.approx(1.0)
    alone = (MATRIX @ BETA) ** 2 / (BETA @ MATRIX @ BETA)  # corr(Y, x)**2, all being normal
    assert go["first"].values == pytest.approx(alone, abs=0.02)
    labels = study.importance(draws=1024, rng=0)
    assert float(labels["aggregated_shapley"].sum()) == pytest.approx(1.0)
    study.save(tmp_path / "s.nc")
    loaded = decide.Study.load(tmp_path / "s.nc").importance(of="option_value")
    assert "shapley" not in loaded
    assert "dependent" in loaded.attrs["total"]
    assert loaded["first"].sel(option="go").values == pytest.approx(alone, abs=0.05)


def test_groups_that_hold_all_correlations_have_totals_again() -> None:
    study = decide.sweep(normals, 100, rng=0, correlation={("x", "y"): 0.7})
    found = study.importance(of="option_value", groups={"xy": ["x", "y"]}, draws=1024, rng=0).sel(option="go")
    assert found["total"].values == pytest.approx([3.4 / 7.4, 4 / 7.4], abs=0.01)
    assert found["first"].values == pytest.approx([3.4 / 7.4, 4 / 7.4], abs=0.02)
    cut = study.importance(of="option_value", groups={"yz": ["y", "z"]}, draws=512, rng=0)
    assert "total" not in cut
    assert "first" not in cut
    assert "absent" in cut.attrs["first"]
    assert float(cut["shapley"].sel(option="go").sum()) == pytest.approx(1.0)


def test_independent_inputs_have_shapley_effects_between_first_and_total() -> None:
    """Owen (2014): and for an additive function all three are the same."""
    rng = np.random.default_rng(1)
    z, fresh = rng.standard_normal((2, 4096, 2))
    order = orders_of(4096, 2, rng)
    chain = np.stack([z, np.where(order[:, :1] == [0, 1], fresh, z), fresh])
    outputs = (chain @ [1.0, 2.0])[..., None]
    found = shapley_partials([outputs[:, ::2], outputs[:, 1::2]], [order[::2], order[1::2]])
    assert found.partial[0, :, 0] / found.whole[0, 0] == pytest.approx([0.2, 0.8], abs=0.03)


# ------------------------------------------------------------------ given data


def slow_first(x: Any, y: Any) -> float:
    """One output, bin by bin."""
    bins = bins_of(x, number_of_bins(len(x)))
    within = sum(((y[bins == b] - y[bins == b].mean()) ** 2).sum() for b in np.unique(bins))
    free = len(y) - len(np.unique(bins))
    return float(1 - (within / free) / (((y - y.mean()) ** 2).sum() / (len(y) - 1)))


@given(st.integers(0, 10**6), st.integers(100, 400), st.booleans())
@settings(max_examples=20, deadline=None)
def test_given_data_against_a_slow_loop(seed: int, n: int, coarse: bool) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 5, (2, n)).astype(float) if coarse else rng.random((2, n))
    y = np.sin(3 * x[0]) + rng.standard_normal(n)
    replicate = rng.integers(0, 6, n)
    replicate[:6] = range(6)
    found = given_partials(list(x), y[:, None], replicate)
    for i in range(2):
        assert found.partial[0, i, 0] / found.whole[0, 0] == pytest.approx(slow_first(x[i], y), abs=1e-9)
    without = given_partials([x[0]], y[:, None], replicate)
    assert without.partial[:, 0] == pytest.approx(found.partial[:, 0])


def test_bins_are_even_and_never_part_equal_values() -> None:
    x = np.random.default_rng(0).random(1000)
    assert np.bincount(bins_of(x, 10)).tolist() == [100] * 10
    ties = np.repeat([0.0, 1.0, 2.0], [700, 200, 100])
    assert bins_of(ties, 10).tolist() == np.repeat([0, 1, 2], [700, 200, 100]).tolist()
    assert bins_of(np.zeros(5), 3).tolist() == [0] * 5
    mixed = np.r_[np.zeros(500), np.linspace(1, 2, 500)]
    assert len(set(bins_of(mixed, 10)[:500])) == 1


def test_a_design_of_ones_own_gives_first_order_indices() -> None:
    rng = np.random.default_rng(0)
    design = {name: rng.uniform(-PI, PI, 8000) for name in "xyz"}
    study = decide.sweep(ishigami_model, design)
    found = study.importance(of="option_value")
    assert found["first"].sel(option="go").values == pytest.approx(FIRST, abs=0.03)
    assert "total" not in found
    assert "paired design" in found.attrs["total"]
    assert found.attrs["method"].startswith("given data")
    assert found.attrs["worlds"] == 0
    back = decide.sweep(ishigami_model, {name: design[name] for name in "zyx"}).importance(of="option_value")
    for name in ("first", "first_low", "first_high", "information_share"):
        assert back[name].sel(parameter=list("xyz")).values == pytest.approx(found[name].values, abs=1e-9)
    with pytest.raises(StudyError, match="has a design of its own"):
        study.importance(draws=256)
    with pytest.raises(StudyError, match="2 members"):
        study.importance(groups={"g": ["x", "y"]})


def test_a_study_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "s.nc"
    decide.sweep(label_model(), 4000, rng=0).save(path)
    found = decide.Study.load(path).importance()
    assert found["aggregated_first"].values == pytest.approx([0.6, 0.2], abs=0.03)
    assert found["information_share"].values == pytest.approx(
        decide.sweep(label_model(), 100, rng=0).importance(draws=1024, rng=0)["information_share"].values, abs=0.05
    )
    decide.sweep(grouped, 1000, rng=0, keep=["parameters", "recommended", "status"]).save(path)
    bare = decide.Study.load(path).importance(groups={"c": ["c"]})
    assert "information_share" not in bare
    assert "did not keep option_value" in bare.attrs["information_share"]
    with pytest.raises(StudyError, match="did not keep 'margin'"):
        decide.Study.load(path).importance(of="margin")
    decide.sweep(linear, 50, rng=0).save(path)
    with pytest.raises(StudyError, match="50 draws with an answer; expected at least 100"):
        decide.Study.load(path).importance()


def test_given_data_intervals_cover() -> None:
    """Plain draws, x explains .8 of the variance; of 100 designs 95 % less three standard errors."""
    hits = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        x = rng.random((2, 2000))
        partials = given_partials(list(x), (2 * x[0] + x[1])[:, None], np.arange(2000) % 20)
        found = shares(partials)
        hits += found.low[0, 0] <= 0.8 + 0.004 and found.high[0, 0] >= 0.8 - 0.004
    assert hits >= 88


# ------------------------------------------------------------------ the value of information


def test_the_value_of_information_in_closed_form() -> None:
    """``go`` x + y - 1 against 0, both uniform: EVPI = E[t+] of a triangle = 1/6; EVPPI of x alone = 1/8."""
    found = decide.sweep(linear, 100, rng=0).importance(draws=4096, rng=0)
    assert found.attrs["perfect_information"] == pytest.approx(1 / 6, abs=0.003)
    assert found["information_value"].values == pytest.approx([1 / 8, 1 / 8], abs=0.003)
    assert found["information_share"].values == pytest.approx([0.75, 0.75], abs=0.02)
    both = decide.sweep(linear, 100, rng=0).importance(draws=2048, rng=0, groups={"all": ["x", "y"]})
    assert both["information_share"].values == pytest.approx([1.0], abs=0.02)


def test_noise_has_no_value() -> None:
    """The mean of maxima over noisy means is positive; learnt on other draws than it is paid for, it is not."""
    rng = np.random.default_rng(0)
    noise, values = rng.random((20, 1000)), rng.standard_normal((1000, 3))
    naive = []
    for x in noise:
        bins = bins_of(x, number_of_bins(1000))
        best = sum(values[bins == b].sum(axis=0).max() for b in range(bins.max() + 1)) / 1000
        naive.append(best - values.mean(axis=0).max())
    assert min(naive) > 0.05, "the naive estimate finds value in noise"
    found = information_partials([[x] for x in noise], values, np.arange(1000) % 10)
    assert np.mean(found.partial[0]) < 0.01
    assert np.mean(np.maximum(found.partial[0], 0)) < np.mean(naive) / 3


def test_intervals_of_information_cover() -> None:
    """EVPPI of x against EVPI is 3/4; the estimate errs on the low side by half a percent at 4,096 draws (seeded)."""
    hits, values = 0, []
    for seed in range(60):
        x = np.random.default_rng(seed).random((2, 4096))
        found = shares(
            information_partials([[x[0]]], np.stack([x.sum(axis=0) - 1, 0 * x[0]], axis=1), np.arange(4096) % 8)
        )
        hits += bool(found.low[0, 0] <= 0.75 <= found.high[0, 0])
        values.append(found.value[0, 0])
    assert hits >= 52
    assert 0.74 < np.mean(values) <= 0.7505


def slow_information(x: Any, values: Any, replicate: Any) -> tuple[float, float]:
    """Draw by draw: learn from the other replicates, choose, and add up what is earned, for each number of bins."""
    n, names = len(x), np.unique(replicate)
    kept = values.mean(axis=0).argmax()
    rank = np.array([(np.sum(x < a) + np.sum(x == a) / 2) / n for a in x])
    earned = []
    n_bins = 2
    while n_bins <= max(2, n // 16):
        bins = np.floor(rank * n_bins)
        own = []
        for r in names:
            others, total = replicate != r, 0.0
            for k in np.flatnonzero(replicate == r):
                same = others & (bins == bins[k])
                means = values[same].mean(axis=0) if same.any() else np.zeros(values.shape[1])
                total += values[k, means.argmax() if means.max() > means[kept] else kept] - values[k, kept]
            own.append(total)
        earned.append(own)
        n_bins *= 2
    gain = 0.0
    for r in range(len(names)):
        best = max(earned, key=lambda own, r=r: round(sum(own) - own[r], 9))
        gain += best[r]
    return gain / n, float((values.max(axis=1) - values[:, kept]).mean())


@given(st.integers(0, 10**6), st.integers(60, 200), st.integers(2, 4))
@settings(max_examples=15, deadline=None)
def test_the_value_of_information_against_a_slow_loop(seed: int, n: int, options: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 30, n).astype(float) if seed % 2 else rng.random(n)
    values = rng.standard_normal((n, options)) + np.sin(5 * x)[:, None] * np.arange(options)
    replicate = np.arange(n) % 4
    found = information_partials([[x]], values, replicate)
    gain, perfect = slow_information(x, values, replicate)
    assert found.whole[0, 0] == pytest.approx(perfect, rel=1e-9)
    assert found.partial[0, 0, 0] == pytest.approx(gain, rel=1e-6, abs=1e-9)


def test_label_variance_is_no_decision_value() -> None:
    """x settles the answer nearly always, between options worth nearly the same; y seldom, but then it matters."""

    @model(decider="one")
    def lopsided(*, x: Value = Parameter(0.4, low=0, high=1), y: Value = Parameter(0.5, low=0, high=1)) -> NormalForm:
        return NormalForm.from_table(
            {"red": 0.01 * x, "blue": 0.01 * (1 - x), "shelter": np.where(np.asarray(y) > 0.9, 10.0, -10.0) + 0 * x},
            players=("one",),
        )

    found = decide.sweep(lopsided, 100, rng=0).importance(draws=1024, rng=0)
    assert found["aggregated_total"].sel(parameter="x") > found["aggregated_total"].sel(parameter="y")
    assert found["information_share"].sel(parameter="x") < 0.01
    assert found["information_share"].sel(parameter="y") > 0.95


# ------------------------------------------------------------------ failures and bad input


def test_failed_worlds_are_counted_left_out_by_row_and_refused_when_many() -> None:
    study = decide.sweep(fragile, 100, rng=0)  # fails where x > 3/4
    with pytest.raises(StudyError, match=r"25\.\d% of the worlds.*at most 10\.0%.*first failure: .*"):
        study.importance(draws=256, rng=0)
    found = study.importance(draws=2048, rng=0, most_dropped=0.5)
    assert found.attrs["dropped"] == pytest.approx(1 - 0.75**2, abs=0.01)
    assert np.isfinite(found["aggregated_total"].values).all()
    # what is left is x in [0, 3/4] and y in [0, 1]: go if x > y
    u = np.random.default_rng(0).random((200_000, 4)) * [0.75, 1, 0.75, 1]
    go = u[:, 0] > u[:, 1]
    exact = [
        0.5 * np.mean(go != (u[:, 2] > u[:, 1])) / np.var(go),
        0.5 * np.mean(go != (u[:, 0] > u[:, 3])) / np.var(go),
    ]
    assert found["total"].sel(option="go").values == pytest.approx(exact, abs=0.05)


def test_a_loaded_study_with_failures(tmp_path: Path) -> None:
    decide.sweep(fragile, 2000, rng=0).save(tmp_path / "s.nc")
    loaded = decide.Study.load(tmp_path / "s.nc")
    with pytest.raises(StudyError, match=r"25\.\d% of the draws"):
        loaded.importance()
    assert loaded.importance(most_dropped=0.3).attrs["dropped"] == pytest.approx(0.25, abs=0.01)


def test_worlds_in_which_the_rule_chose_none() -> None:
    """``recommended`` runs over all equilibria and stands; ``selected`` does not."""
    study = decide.sweep(stag_hunt, 100, rng=0, selection="mixed")
    found = study.importance(draws=128, rng=0)
    assert found.attrs["dropped"] == 0
    assert "too few" in found.attrs["information_share"]
    with pytest.raises(StudyError, match="have no answer"):
        study.importance(of="selected", draws=128, rng=0)


@pytest.mark.parametrize("draws", [1, 64, 0, -5, 2.5, "many", True])
def test_draws_that_make_no_sense(draws: Any) -> None:
    with pytest.raises(StudyError, match="expected"):
        decide.sweep(linear, 100, rng=0).importance(draws=draws)


def test_draws_that_are_no_power_of_two_warn() -> None:
    study = decide.sweep(linear, 100, rng=0)
    with pytest.warns(DesignWarning, match="1000 draws loses its balance; take a power of two, such as 1024"):
        found = study.importance(draws=1000, rng=0)
    assert found.attrs["draws"] == 1000
    assert found["aggregated_total"].values == pytest.approx([0.66, 0.66], abs=0.1)


def test_bad_input() -> None:
    study = decide.sweep(linear, 100, rng=0)
    with pytest.raises(UnknownNameError, match="'reccomended'; did you mean 'recommended'"):
        study.importance(of="reccomended")
    for name in ("confidence", "most_dropped"):
        for value in (0, 1, -0.1, float("nan"), "high", True):
            with pytest.raises(StudyError, match=f"{name} is"):
                study.importance(**{name: value})
    with pytest.raises(StudyError, match="rng is"):
        study.importance(rng=-1)


def test_the_seed_tells_the_draws() -> None:
    study = decide.sweep(linear, 100, rng=0)
    one, two = (study.importance(draws=128, rng=3) for _ in range(2))
    assert one.identical(two)
    assert one.attrs["seed"] == "3"
    again = study.importance(draws=128)
    assert study.importance(draws=128, rng=int(again.attrs["seed"])).identical(again)
    wide, narrow = (study.importance(draws=128, rng=3, confidence=c) for c in (0.99, 0.5))
    assert (wide["first_high"] > narrow["first_high"]).sel(option=["go", "stay"]).all()
    assert (wide["first_low"] < narrow["first_low"]).sel(option=["go", "stay"]).all()


def test_a_model_called_once_a_world_has_fewer_draws() -> None:
    from models_for_tests import hesitant

    found = decide.sweep(hesitant, 20, rng=0).importance(draws=128, rng=0)
    assert found.attrs["worlds"] == 128 * 4


# ------------------------------------------------------------------ pictures and neighbours


def test_pictures_say_what_is_drawn() -> None:
    plt = pytest.importorskip("matplotlib.pyplot")
    study = decide.sweep(label_model(), 200, rng=0)
    found = study.importance(draws=256, rng=0)
    ax = decide.plots.importance(found)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["u", "v"]
    widths = [bar.get_width() for bar in ax.patches]
    assert widths[:2] == pytest.approx(found["aggregated_total"].values)
    assert widths[2:] == pytest.approx(found["aggregated_first"].values)
    assert "95% intervals" in ax.get_xlabel()
    own = plt.subplots()[1]
    assert decide.plots.importance(found, option="B", most=1, ax=own) is own
    assert [t.get_text() for t in own.get_yticklabels()] == ["u"]
    assert "1 more, none above" in own.get_xlabel()
    assert len(decide.plots.importance(study.importance(of="margin", draws=128, rng=0)).patches) == 4
    money = study.importance(of="payoff", draws=128, rng=0)
    assert len(decide.plots.importance(money).patches) == 4  # one player: its own
    with pytest.raises(UnknownNameError, match="option 'Z'"):
        decide.plots.importance(found, option="Z")
    with pytest.raises(StudyError, match="expected option="):
        decide.plots.importance(decide.sweep(stag_hunt, 100, rng=0).importance(of="payoff", draws=128, rng=0))
    chained = decide.sweep(normals, 100, rng=0, correlation=TOGETHER).importance(draws=128, rng=0)
    labels = decide.plots.importance(chained).get_legend_handles_labels()[1]
    assert any("Shapley" in text for text in labels)
    still = decide.sweep(linear, 100, rng=0, base={"x": 1.0}).importance(of="recommended", draws=128, rng=0)
    assert "no sensitivity" in decide.plots.importance(still).get_xlabel()
    plt.close("all")


def test_the_words_of_salib() -> None:
    found = decide.sweep(grouped, 100, rng=0).to_salib()
    assert found == {
        "num_vars": 4,
        "names": ["a", "b", "c", "d"],
        "bounds": [[-1.0, 1.0]] * 4,
        "groups": ["money", "money", "c", "time"],
    }
    with pytest.raises(StudyError, match="correlated"):
        decide.sweep(grouped, 100, rng=0, correlation={("a", "b"): 0.5}).to_salib()
    with pytest.raises(StudyError, match=r"normal is Parameter.*expects a uniform range"):
        decide.sweep(marginals, 100, rng=0).to_salib()
    study = decide.sweep(grouped, 100, rng=0)
    with pytest.raises(StudyError, match="read from a file"):
        decide.Study(study.data).to_salib()


def test_a_second_opinion_from_salib() -> None:
    """SALib's own design and estimator on the advantage of an option, within both intervals."""
    sobol = pytest.importorskip("SALib.sample.sobol", reason="SALib is not installed (decide[sensitivity])")
    analyze = pytest.importorskip("SALib.analyze.sobol", reason="SALib is not installed (decide[sensitivity])")
    study = decide.sweep(ishigami_model, 100, rng=0)
    problem = study.to_salib()
    points = sobol.sample(problem, 1024, calc_second_order=False, seed=0)
    worlds = decide.sweep(ishigami_model, dict(zip(problem["names"], points.T, strict=True)))
    y = worlds.data["option_value"].sel(option="go").values
    theirs = analyze.analyze(problem, y, calc_second_order=False, seed=0)
    ours = study.importance(of="option_value", draws=1024, rng=0).sel(option="go")
    for name, key in (("first", "S1"), ("total", "ST")):
        reach = theirs[f"{key}_conf"] + (ours[f"{name}_high"] - ours[f"{name}_low"]).values
        assert (np.abs(theirs[key] - ours[name].values) <= reach).all()
