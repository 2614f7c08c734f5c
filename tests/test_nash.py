"""The parts of `nash` against slow and obvious ones: minors, supports, extreme equilibria, whole numbers, laziness."""

from __future__ import annotations

import itertools
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import decide
from decide import NormalForm, Status, solve
from decide.solvers import certified, lemke_howson, supports
from decide.solvers.extreme import extreme_equilibria, integers, sure_signs, whole_numbers
from decide.solvers.minors import ROW_BY_ROW, minors, plan_of
from decide.solvers.supports import enumerate_supports, hit_supports
from exact import truth
from strategies import tables

SHAPES = [(1, 1), (1, 4), (4, 1), (2, 2), (2, 5), (5, 2), (3, 3), (4, 3), (4, 4)]


def drawn(m: int, n: int, g: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([m, n, g, seed]).normal(size=(2, m, n, g))


# ------------------------------------------------------------------ minors


@pytest.mark.parametrize("shape", SHAPES)
def test_minors_are_determinants(shape: tuple[int, int]) -> None:
    m, n = shape
    (U, _), plan = drawn(m, n, 3), plan_of(m, n)
    D = minors(U, plan)
    seen = set()
    for basis in plan.bases:
        for own, other, outside, weight, gain in zip(
            basis.own, basis.other, basis.outside, basis.weight, basis.gain, strict=True
        ):
            for p, at in enumerate(weight):
                left = [j for k, j in enumerate(other) if k != p]
                for g in range(3):
                    table = np.column_stack([np.ones(len(own)), U[np.ix_(own, left, [g])][..., 0]])
                    assert D[at, g] == pytest.approx(np.linalg.det(table), abs=1e-12)
                seen.add(int(at))
            for r, at in zip(outside, gain, strict=True):
                rows = sorted([*own, r])
                for g in range(3):
                    table = np.column_stack([np.ones(len(rows)), U[np.ix_(rows, other, [g])][..., 0]])
                    assert D[at, g] == pytest.approx(np.linalg.det(table), abs=1e-12)
                seen.add(int(at))
    assert seen == set(range(plan.size))  # nothing is computed for nobody


@pytest.mark.parametrize("shape", [(3, 3), (4, 4), (5, 3)])
def test_minors_one_by_one_equal_minors_at_once(shape: tuple[int, int]) -> None:
    U, plan = drawn(*shape, ROW_BY_ROW)[0], plan_of(*shape)
    many = minors(U, plan)
    few = np.concatenate([minors(U[..., [k]], plan) for k in range(20)], axis=1)
    assert np.array_equal(many[:, :20], few)


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_minors_of_whole_numbers_are_exact(data: st.DataObject) -> None:
    m, n = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    size = st.lists(st.integers(-(10**30), 10**30), min_size=m * n, max_size=m * n)
    U = np.array(data.draw(size), dtype=object).reshape(m, n, 1)
    plan = plan_of(m, n)
    D = minors(U, plan)
    for basis in plan.bases:
        for own, other, weight in zip(basis.own, basis.other, basis.weight, strict=True):
            left = [int(j) for j in other[1:]]
            rows = [[1, *(U[i, j, 0] for j in left)] for i in own]
            assert D[weight[0], 0] == leibniz(rows)


def leibniz(rows: list[list[int]]) -> int:
    """Return a determinant by the sum over all permutations."""
    total = 0
    for places in itertools.permutations(range(len(rows))):
        sign = (-1) ** sum(a > b for a, b in itertools.combinations(places, 2))
        product = sign
        for row, place in zip(rows, places, strict=True):
            product *= row[place]
        total += product
    return total


# ------------------------------------------------------------------ the two tiers


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("g", [1, 63, 64, 65, 700])
def test_the_fast_tier_equals_the_exact_one(shape: tuple[int, int], g: int) -> None:
    A, B = drawn(*shape, g)
    hits = hit_supports(A, B)
    assert not hits.unsure.any()
    owner, x, y = enumerate_supports(A, B, hits, 5)
    slow = extreme_equilibria(integers(A[..., :40]), integers(B[..., :40]))
    kept = owner < 45
    assert np.array_equal(owner[kept] - 5, slow.owner)
    assert np.allclose(x[kept], slow.x, rtol=0, atol=1e-9)
    assert np.allclose(y[kept], slow.y, rtol=0, atol=1e-9)
    assert not slow.degenerate.any()


@given(tables(players=(2, 2), actions=(1, 4), batch=(6,)))
@settings(max_examples=60, deadline=None)
def test_a_batch_is_solved_as_its_games_are(payoffs: np.ndarray) -> None:
    many = solve(NormalForm(payoffs, players=("a", "b")), method="nash")
    assert many.complete.all()
    for k in range(6):
        one = truth(*(own.tolist() for own in payoffs[k]))
        found = [tuple(map(tuple, e.profile)) for e in many[k].equilibria]
        assert len(found) == len(one.equilibria)
        for x, y in one.equilibria:
            exact = np.array([*map(float, x), *map(float, y)])
            assert min(np.abs(exact - np.concatenate(p)).max() for p in found) <= 1e-9
        if one.degenerate:
            assert many.degenerate[k]


@given(tables(players=(2, 2), actions=(1, 3), kinds=("whole",), batch=(5,)))
@settings(max_examples=60, deadline=None)
def test_floats_that_are_whole_numbers_give_what_integers_give(payoffs: np.ndarray) -> None:
    A, B = np.moveaxis(payoffs, 0, -1)
    (a, a_exact), (b, b_exact) = whole_numbers(A), whole_numbers(B)
    assert a_exact.all()
    assert b_exact.all()
    fast, slow = extreme_equilibria(a, b), extreme_equilibria(integers(A), integers(B))
    assert np.array_equal(fast.owner, slow.owner)
    assert np.allclose(fast.x, slow.x, rtol=0, atol=1e-15)
    assert np.allclose(fast.y, slow.y, rtol=0, atol=1e-15)
    assert np.array_equal(fast.degenerate, slow.degenerate)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_signs_that_are_sure_are_right(data: st.DataObject) -> None:
    """Payoffs of very different sizes, ties among them: what floats are trusted with equals what integers say."""
    m, n, g = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4)), 6
    sizes = st.sampled_from([0.0, 1.0, 0.1, 1 / 3, 1e-7, 1e8, 3e15, 1e-200, 1e150])
    number = st.builds(lambda a, b: a * b, sizes, st.sampled_from([-1.0, 1.0, 2.0, 3.7]))
    flat = data.draw(st.lists(number, min_size=m * n * g, max_size=m * n * g))
    U, plan = np.array(flat).reshape(m, n, g), plan_of(m, n)
    scaled, sure = sure_signs(U, plan)
    exact = minors(integers(U), plan)
    found = np.sign(minors(scaled, plan))
    for k in np.flatnonzero(sure):
        assert found[:, k].tolist() == [(x > 0) - (x < 0) for x in exact[:, k]]


def test_a_catastrophe_beside_small_stakes_needs_no_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    """One payoff a million times the others: every game is in doubt at first, and floats settle nearly all."""
    A, B = drawn(3, 3, 300)
    A[0, 0], B[0, 0] = -1e6, -1e6
    assert hit_supports(A, B).unsure.all()
    slow = extreme_equilibria(integers(A), integers(B))
    monkeypatch.setattr("decide.solvers.nash.integers", None)
    many = solve(NormalForm(np.moveaxis(np.stack([A, B]), -1, 0), players=("a", "b")), method="nash")
    assert many.complete.all()
    assert np.array_equal(many.points.owner, slow.owner)
    assert np.allclose(many.points.strategies[0], slow.x, rtol=0, atol=1e-9)


def test_whole_numbers_know_what_they_can_hold() -> None:
    tables = np.array([[[0.1, 0.5, 2.0**60, 1e300, 0.0]], [[0.3, -3.0, 1.0, 1e-300, 0.0]]])
    scaled, exact = whole_numbers(tables.repeat(2, axis=1))
    assert exact.tolist() == [False, True, False, False, True]
    assert scaled[:, 0, 1].tolist() == [7.0, 0.0]  # 0.5 and -3 in halves, from 0


@pytest.mark.parametrize("scale", [2.0**-1000, 1e-300, 1e-12, 1.0, 1e15, 1e299])
def test_scales_at_the_end_of_floats(scale: float) -> None:
    for table in ([[3, 0], [5, 1]], [[2, 1, 0], [0, 2, 1], [1, 0, 2]]):
        A = np.array(table, dtype=float) * scale
        answer = solve(NormalForm.bimatrix(A, -A), method="nash")
        assert (answer.status, answer.complete, answer.count) == (Status.SOLVED, True, 1)


def test_labels_beyond_one_word() -> None:
    """2 x 80: more labels than a word has bits, in both tiers."""
    A, B = drawn(2, 80, 1)
    answer = solve(NormalForm.bimatrix(A[..., 0], B[..., 0]), method="nash")
    A[:, 70, 0] = A[:, 71, 0]  # the last two words of labels matter
    B[:, 70, 0] = B[:, 71, 0] = 10.0
    twin = solve(NormalForm.bimatrix(A[..., 0], B[..., 0]), method="nash")
    assert answer.complete
    assert answer.count % 2 == 1
    assert twin.complete
    assert twin.degenerate
    columns = {int(np.argmax(e.profile[1])) for e in twin.equilibria}
    assert columns == {70, 71}


def test_games_in_doubt_stand_in_their_place_in_the_batch() -> None:
    rng = np.random.default_rng(3)
    payoffs = rng.normal(size=(500, 2, 3, 3))
    some = rng.random(500) < 0.3
    payoffs[some] = rng.integers(0, 2, size=(int(some.sum()), 2, 3, 3))
    many = solve(NormalForm(payoffs, players=("a", "b")), method="nash")
    assert many.complete.all()
    assert not many.degenerate[~some].any()
    assert (np.diff(many.points.owner) >= 0).all()
    for k in [*np.flatnonzero(some)[:20], *np.flatnonzero(~some)[:20]]:
        alone = solve(NormalForm(payoffs[k]), method="nash")
        pairs = zip(alone.equilibria, many[int(k)].equilibria, strict=True)
        assert all(np.allclose(np.concatenate(a.profile), np.concatenate(b.profile), atol=1e-12) for a, b in pairs)


# ------------------------------------------------------------------ exact answers


def test_payoffs_given_as_fractions_stay_exact() -> None:
    game = NormalForm.bimatrix([["1/3", 0], [0, "2/3"]], [["1/7", 0], [0, "1/7"]])
    mixed = next(e for e in solve(game).equilibria if max(e.profile[0]) < 1)
    assert mixed.exact is not None
    assert mixed.exact.profile == ((Fraction(1, 2), Fraction(1, 2)), (Fraction(2, 3), Fraction(1, 3)))
    assert mixed.exact.payoffs == (Fraction(2, 9), Fraction(1, 14))
    assert mixed.exact.regret == 0
    assert solve(NormalForm.bimatrix([[1, 0], [0, 2]], [[1, 0], [0, 1]])).equilibria[0].exact is None


@pytest.mark.parametrize("bad", ["yes", 1, None, np.True_])
def test_exact_is_yes_or_no(bad: Any) -> None:
    with pytest.raises(decide.errors.SolveError, match="exact is"):
        solve(NormalForm.zero_sum([[1, 0], [0, 1]]), method="nash", exact=bad)


# ------------------------------------------------------------------ laziness


def test_strategies_are_written_once_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    A, B = drawn(3, 3, 50)
    calls = []
    original = supports.enumerate_supports
    monkeypatch.setattr("decide.solvers.nash.enumerate_supports", lambda *a: calls.append(1) or original(*a))
    many = solve(NormalForm(np.moveaxis(np.stack([A, B]), -1, 0), players=("a", "b")), method="nash")
    assert not calls
    assert not many.tied.any()
    assert not calls
    assert many.count.sum() == len(many.points)
    assert calls == [1]
    assert many.complete.all()
    assert calls == [1]


def test_solutions_pickle_written_or_not() -> None:
    game = NormalForm.bimatrix([[1, 0], [0, 2]], [[1, 0], [0, 1]])
    fresh, read = solve(game), solve(game)
    assert read.count == 3
    assert pickle.loads(pickle.dumps(fresh)) == read == pickle.loads(pickle.dumps(read))
    assert fresh != solve(NormalForm.bimatrix([[1, 0], [0, 3]], [[1, 0], [0, 1]]))


# ------------------------------------------------------------------ Lemke and Howson


@given(tables(players=(2, 2), actions=(1, 5)), st.integers(0, 9))
@settings(max_examples=80, deadline=None)
def test_every_path_ends_in_an_equilibrium(payoffs: np.ndarray, label: int) -> None:
    """In floats and in whole numbers, whatever label is dropped; degenerate games included."""
    label %= sum(payoffs.shape[1:])
    A, B = (integers(own[..., None])[..., 0] + 1 for own in payoffs)
    whole = lemke_howson.follow(A, B, label)
    assert whole is not None
    unit = [(own - own.min()) / (np.ptp(own) or 1.0) for own in payoffs]
    floats = lemke_howson.follow(unit[0] + 1.0, unit[1] + 1.0, label)
    for pair in (whole, floats):
        x, y = pair
        assert x.sum() == pytest.approx(1)
        assert y.sum() == pytest.approx(1)
        rows, columns = unit[0] @ y, x @ unit[1]
        assert max(rows.max() - x @ rows, columns.max() - columns @ y) <= 1e-9


@pytest.mark.parametrize("n", [9, 20, 40])
def test_lemke_howson_in_larger_games(n: int) -> None:
    many = solve(NormalForm(np.random.default_rng(n).normal(size=(10, 2, n, n)), players=("a", "b")))
    assert many.method == "lemke_howson"
    assert many.complete.all()
    assert (many.points.relative_regret <= 1e-9).all()


def test_a_path_without_pure_equilibria_is_followed() -> None:
    """Shapley 1964, whose only equilibrium is completely mixed."""
    answer = solve(
        NormalForm.bimatrix([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[0, 1, 0], [0, 0, 1], [1, 0, 0]]),
        method="lemke_howson",
    )
    assert np.allclose(np.concatenate(answer.equilibria[0].profile), 1 / 3, rtol=0, atol=1e-12)


def test_a_path_too_long_for_its_budget_is_given_up() -> None:
    shapley = np.eye(3) + 1.0, np.roll(np.eye(3), 1, axis=1) + 1.0
    assert lemke_howson.follow(*shapley, 0, 2) is None
    assert lemke_howson.follow(*shapley, 0) is not None


# ------------------------------------------------------------------ how equilibria hang together


def test_components_of_a_game_with_an_edge_and_a_point() -> None:
    """von Stengel 2007: one column ties, so that equilibria form a segment beside an isolated one."""
    answer = solve(NormalForm.bimatrix([[3, 3], [2, 5], [0, 6]], [[3, 3], [2, 6], [3, 1]]))
    assert answer.degenerate
    assert answer.complete
    assert len(answer.components) == 2
    sizes = sorted((len(rows), len(columns)) for rows, columns in answer.nash_subsets)
    assert sizes == [(1, 1), (1, 2)]


def test_components_are_those_of_one_game_solved_by_nash() -> None:
    game = NormalForm.zero_sum([[1, 0], [0, 1]])
    for bad in (solve(game, method="pure"), solve(NormalForm.stack([game, game]))):
        with pytest.raises(decide.errors.SolveError, match="Nash subsets"):
            bad.nash_subsets  # noqa: B018


def test_an_interrupted_look_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    payoffs = np.random.default_rng(0).integers(0, 2, size=(60, 2, 3, 3)).astype(float)
    game = NormalForm(payoffs, players=("a", "b"))
    whole = solve(game, method="nash").points
    monkeypatch.setattr("decide.solvers.supports.MOST_GAMES", 20)
    many = solve(game, method="nash")
    original, calls = certified.normal_certificate, []

    def interrupted(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(certified, "normal_certificate", interrupted)
        with pytest.raises(KeyboardInterrupt):
            many.points  # noqa: B018
    assert many.points == whole
