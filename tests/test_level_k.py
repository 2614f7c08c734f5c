"""Level-k thinking and the cognitive hierarchy: by hand, by formula, slowly again, and what is promised."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decide import NormalForm, Status, errors, solve
from decide.certify import TOLERANCE, level_k_residual
from decide.solvers import METHODS
from decide.solvers.level_k import poisson
from strategies import normal_forms

INF = math.inf
DILEMMA = NormalForm.bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
BATTLE = NormalForm.bimatrix([[2, 0], [0, 1]], [[1, 0], [0, 2]])
PENNIES = NormalForm.bimatrix([[9, 0], [0, 1]], [[0, 1], [1, 0]])


def beauty(n_players: int = 2, top: int = 8) -> NormalForm:
    """Guess two thirds of the average of all guesses 0, ..., top: the loss is the distance from it."""
    shape = (top + 1,) * n_players
    tables = np.empty((n_players, *shape))
    for index in np.ndindex(*shape):
        for i, own in enumerate(index):
            tables[(i, *index)] = -abs(own - 2 / 3 * sum(index) / n_players)
    return NormalForm(tables, players=[f"P{i}" for i in range(n_players)])


def predict(game: NormalForm, **options: Any) -> list[np.ndarray]:
    (found,) = solve(game, method="level_k", **options).equilibria
    return [np.asarray(x) for x in found.profile]


def reply(table: Any, others: Sequence[Any], player: int, precision: float) -> list[float]:
    """A player's reply to the others' mixing, slowly."""
    table = np.asarray(table)
    u = [0.0] * table.shape[player]
    for index in np.ndindex(*table.shape):
        weight = math.prod(float(others[j][k]) for j, k in enumerate(index) if j != player)
        u[index[player]] += weight * float(table[index])
    if precision == INF:
        best = [v >= max(u) - 1e-9 * float(np.ptp(table)) for v in u]
        return [b / sum(best) for b in best]
    weight = [math.exp(precision * (v - max(u))) for v in u]
    return [w / sum(weight) for w in weight]


def plain(tables: Any, k: int, player: int, precision: float) -> list[float]:
    """Level k's strategy by recursion."""
    n = np.asarray(tables[0]).shape
    if k == 0:
        return [1 / n[player]] * n[player]
    others = [plain(tables, k - 1, j, precision) if j != player else [1.0] * n[j] for j in range(len(n))]
    return reply(tables[player], others, player, precision)


def hierarchy(tables: Any, tau: float, precision: float, highest: int) -> list[list[list[float]]]:
    """Every level's strategies in a cognitive hierarchy: Camerer, Ho & Chong 2004."""
    shape = np.asarray(tables[0]).shape
    levels = [[[1 / n] * n for n in shape]]
    for k in range(1, highest + 1):
        f = [math.exp(-tau) * tau**h / math.factorial(h) for h in range(k)]
        seen = [[sum(f[h] * levels[h][j][a] for h in range(k)) / sum(f) for a in range(n)] for j, n in enumerate(shape)]
        levels.append([reply(tables[i], seen, i, precision) for i in range(len(shape))])
    return levels


# ------------------------------------------------------------------ by hand


def test_the_beauty_contest_by_hand() -> None:
    """Own guess x loses |2x - g| / 3 against g, so half of the other's (median) guess is best."""
    game = beauty(top=8)
    for level, guesses in ((1, {2: 1.0}), (2, {1: 1.0}), (3, {0: 0.5, 1: 0.5}), (4, {0: 1.0}), (40, {0: 1.0})):
        answer = solve(game, method="level_k", level=level)
        assert bool(answer.tied) == (level >= 3)  # half of 1 is as near to 0 as to 1
        for x in answer.equilibria[0].profile:
            assert x.tolist() == [guesses.get(k, 0.0) for k in range(9)]


def test_levels_of_the_battle_of_the_sexes() -> None:
    """Level 1 takes its favourite, level 2 yields to level 1, level 3 insists again."""
    for level, row, column in (
        (0, [0.5, 0.5], [0.5, 0.5]),
        (1, [1, 0], [0, 1]),
        (2, [0, 1], [1, 0]),
        (3, [1, 0], [0, 1]),
    ):
        found = predict(BATTLE, level=level)
        assert found[0].tolist() == row
        assert found[1].tolist() == column
    assert predict(BATTLE)[0].tolist() == [0, 1]  # level 2 unless said
    mixed = predict(BATTLE, level={"Column": 0, "Row": 3})
    assert [x.tolist() for x in mixed] == [[1, 0], [0.5, 0.5]]


def test_level_one_of_asymmetric_pennies_is_tied_for_column() -> None:
    answer = solve(PENNIES, method="level_k", level=1)
    assert answer.tied
    assert answer.equilibria[0].profile[0].tolist() == [1, 0]
    assert answer.equilibria[0].profile[1].tolist() == [0.5, 0.5]
    only_row = solve(PENNIES, method="level_k", level={"Row": 1, "Column": 0})
    assert not only_row.tied  # Column's reply is nobody's business here
    through = solve(PENNIES, method="level_k", level={"Row": 2, "Column": 0})
    assert through.tied  # Row of level 2 thinks of Column of level 1
    assert not solve(PENNIES, method="level_k", level=1, rationality=1.0).tied


def test_level_zero_may_be_given() -> None:
    given_ = {"Row": {"1": 1.0}, "Column": [0.25, 0.75]}
    assert [x.tolist() for x in predict(PENNIES, level=0, level_0=given_)] == [[0, 1], [0.25, 0.75]]
    assert predict(PENNIES, level=1, level_0=given_)[1].tolist() == [1, 0]
    assert predict(PENNIES, level=1, level_0={"Row": "uniform", "Column": [0, 1]})[0].tolist() == [0, 1]


# ------------------------------------------------------------------ by formula


def test_the_hierarchy_by_camerer_ho_and_chong() -> None:
    """Battle of the sexes: level 1 insists; level 2 sees level 0 and 1 in proportion 1 : tau, and so on."""
    for tau in (0.3, 1.5):
        seen_by_2 = (0.5 + tau * 0.0) / (1 + tau)  # how likely Column is to play Row's favourite, to level 2
        insists = 2 * seen_by_2 > 1 - seen_by_2
        assert predict(BATTLE, level=2, hierarchy=tau)[0].tolist() == ([1, 0] if insists else [0, 1])


def test_the_population_mixes_levels_by_poisson() -> None:
    """With a dominant action only level 0 ever plays the other."""
    for tau in (0.1, 1.5, 8.0):
        row, _ = predict(DILEMMA, hierarchy=tau)
        assert abs(row[0] - math.exp(-tau) / 2) <= 1e-11


def test_without_thinking_the_population_is_level_zero() -> None:
    assert [x.tolist() for x in predict(beauty(3, 3), hierarchy=0.0)] == [[0.25] * 4] * 3
    assert not solve(PENNIES, method="level_k", hierarchy=0.0).tied


@pytest.mark.parametrize("tau", [0.0, 1e-8, 1.61, 40.0, 500.0])
def test_weights_are_poisson(tau: float) -> None:
    from scipy.stats import poisson as known

    weights = poisson(np.array([tau, 1.0]))
    assert np.abs(weights.sum(axis=0) - 1).max() <= 1e-14
    assert np.abs(weights[:, 0] - known.pmf(np.arange(len(weights)), tau)).max() <= 1e-12


@settings(max_examples=30, deadline=None)
@given(
    normal_forms(players=(1, 3), actions=(1, 3), kinds=("whole",)), st.integers(0, 4), st.sampled_from([0.0, 0.7, INF])
)
def test_plain_levels_are_the_recursion(game: NormalForm, k: int, precision: float) -> None:
    for i, x in enumerate(predict(game, level=k, rationality=precision)):
        assert np.allclose(x, plain(game.payoffs, k, i, precision), rtol=0, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    normal_forms(players=(1, 3), actions=(1, 3), kinds=("whole",)),
    st.floats(0.05, 6.0),
    st.sampled_from([0.7, 3.0]),
)
def test_the_hierarchy_is_the_formula(game: NormalForm, tau: float, precision: float) -> None:
    levels = hierarchy(game.payoffs, tau, precision, 45)
    f = [math.exp(-tau) * tau**h / math.factorial(h) for h in range(46)]
    for i, x in enumerate(predict(game, hierarchy=tau, rationality=precision)):
        population = sum(w * np.array(s[i]) for w, s in zip(f, levels, strict=True))
        assert np.allclose(x, population, rtol=0, atol=1e-10)
    for k in (0, 1, 3):
        for i, x in enumerate(predict(game, level=k, hierarchy=tau, rationality=precision)):
            assert np.allclose(x, levels[k][i], rtol=0, atol=1e-11)


def test_high_precision_approaches_the_best_reply() -> None:
    rng = np.random.default_rng(0)
    game = NormalForm(rng.standard_normal((3, 3, 4, 2)))
    for options in ({"level": 3}, {"hierarchy": 1.5}):
        exact, noisy = predict(game, **options), predict(game, rationality=1e7, **options)
        assert all(np.allclose(x, y, rtol=0, atol=1e-9) for x, y in zip(exact, noisy, strict=True))


@pytest.mark.parametrize("scale", [1e-12, 1e15])
def test_scale_and_offset_change_nothing(scale: float) -> None:
    rng = np.random.default_rng(1)
    table = rng.integers(-4, 5, (2, 3, 3)).astype(float)
    for options in ({"level": 3}, {"hierarchy": 2.0}):
        base = predict(NormalForm(table), **options)
        moved = predict(NormalForm((table + 16) * scale), **options)
        assert all(np.allclose(x, y, rtol=0, atol=1e-12) for x, y in zip(base, moved, strict=True))
    for x, y in zip(
        predict(NormalForm(table), rationality=2.0),
        predict(NormalForm(table * scale), rationality=2.0 / scale),
        strict=True,
    ):
        assert np.allclose(x, y, rtol=0, atol=1e-13)


# ------------------------------------------------------------------ batches


def test_a_batch_equals_its_games_one_by_one() -> None:
    rng = np.random.default_rng(2)
    game = NormalForm(rng.integers(-3, 4, (4, 5, 3, 2, 3, 2)).astype(float), players=("A", "B", "C"))
    tau, rationality = rng.uniform(0, 4, (4, 5)), rng.uniform(0, 3, (4, 5))
    rationality[0] = INF
    tau[1, 1] = 0.0
    for options in ({"hierarchy": tau}, {"hierarchy": tau, "rationality": rationality}, {"rationality": rationality}):
        many = solve(game, method="level_k", **options)
        assert (many.status == Status.SOLVED).all()
        for index in np.ndindex(4, 5):
            one = solve(game[index], method="level_k", **{k: v[index] for k, v in options.items()})
            assert bool(many.tied[index]) == one.tied
            for x, y in zip(many[index].equilibria[0].profile, one.equilibria[0].profile, strict=True):
                assert np.allclose(x, y, rtol=0, atol=1e-12)


def test_one_game_over_arrays_of_options() -> None:
    many = solve(DILEMMA, method="level_k", hierarchy=np.array([0.0, 1.0, 3.0]))
    assert many.shape == (3,)
    assert many.points.strategies[0][:, 0] == pytest.approx(np.exp([-0.0, -1.0, -3.0]) / 2, abs=1e-11)
    noisy = solve(DILEMMA, method="level_k", level=1, rationality=np.array([0.0, INF]))
    assert noisy.points.strategies[0].tolist() == [[0.5, 0.5], [0, 1]]
    game = NormalForm(np.stack([PENNIES.payoffs] * 2), players=("Row", "Column"))
    start = solve(
        game, method="level_k", level=1, level_0={"Row": {"0": np.array([1.0, 0.2]), "1": np.array([0.0, 0.8])}}
    )
    assert start.points.strategies[1].tolist() == [[0, 1], [1, 0]]


# ------------------------------------------------------------------ the certificate and what is refused


def test_the_residual_sees_another_answer() -> None:
    entries = BATTLE.entries()
    right = [x[None] for x in predict(BATTLE, level=2)]
    assert level_k_residual(entries, right, None, level=2)[0] == 0
    assert level_k_residual(entries, right, None, level=1)[0] == 1
    assert level_k_residual(entries, right, None, level=2, rationality=3.0)[0] > 1e-3
    population = [x[None] for x in predict(BATTLE, hierarchy=1.5)]
    assert level_k_residual(entries, population, None, hierarchy=1.5)[0] <= 1e-11
    assert level_k_residual(entries, population, None, hierarchy=1.5001)[0] > TOLERANCE
    moved = [population[0] + [[1e-8, -1e-8]], population[1]]
    assert level_k_residual(entries, moved, None, hierarchy=1.5)[0] > TOLERANCE


def test_it_says_that_it_is_no_equilibrium() -> None:
    row = METHODS["level_k"]
    assert "not an equilibrium" in row.concept
    assert row.finds == "one"
    answer = solve(BATTLE, method="level_k")
    assert answer.complete
    assert answer.equilibria[0].regret > 0
    assert answer.equilibria[0].residual == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"level": -1}, "-1"),
        ({"level": 1.5}, "1.5"),
        ({"level": True}, "True"),
        ({"level": {"Row": 1}}, "Column"),
        ({"level": {"Row": 1, "Column": 2, "Col": 3}}, "Col"),
        ({"hierarchy": -0.5}, "-0.5"),
        ({"hierarchy": INF}, "inf"),
        ({"hierarchy": 1e4}, "10000"),
        ({"rationality": -2.0}, "-2.0"),
        ({"level_0": "even"}, "'even'"),
        ({"level_0": {"Row": [0.5, 0.6]}}, "sum to 1"),
        ({"level_0": {"Row": [1.0]}}, "expected 2"),
        ({"level_0": {"Row": {"2": 1.0}}}, "action of Row"),
        ({"level_0": {"Rowe": [1.0, 0.0]}}, "Rowe"),
        ({"level_0": {"Row": ["a", "b"]}}, "probabilities"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises((errors.SolveError, errors.UnknownNameError), match=words):
        solve(BATTLE, method="level_k", **options)
