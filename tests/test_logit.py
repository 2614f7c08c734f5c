"""Logit equilibria on the principal branch: closed forms, other solvers, slow followers, and what is promised."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import decide
from decide import LogitFit, NormalForm, Status, errors, fit_logit, solve
from decide.certify import TOLERANCE, logit_residual
from decide.solvers import METHODS, branch
from decide.solvers.fit import SCAN
from decide.solvers.logit import limit, principal_branch
from strategies import normal_forms

INF = math.inf
PENNIES = NormalForm.bimatrix([[9, 0], [0, 1]], [[0, 1], [1, 0]])  # McKelvey & Palfrey 1995 study A = 9 against 1
DILEMMA = NormalForm.bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])


def point(game: NormalForm, rationality: Any) -> list[np.ndarray]:
    """Return the one logit equilibrium of a game."""
    (found,) = solve(game, method="logit", rationality=rationality).equilibria
    return [np.asarray(x) for x in found.profile]


def expected(table: Any, profile: Sequence[Any], player: int) -> list[float]:
    """Payoffs of a player's actions against the others' mixing, profile by profile."""
    table = np.asarray(table)
    found = [0.0] * table.shape[player]
    for index in np.ndindex(*table.shape):
        weight = math.prod(float(profile[j][k]) for j, k in enumerate(index) if j != player)
        found[index[player]] += weight * float(table[index])
    return found


def distance(tables: Any, profile: Sequence[Any], precision: Sequence[float]) -> float:
    """Return the largest distance between a strategy and the logit reply, slowly."""
    worst = 0.0
    for i, table in enumerate(tables):
        u = expected(table, profile, i)
        weight = [math.exp(precision[i] * (v - max(u))) for v in u]
        worst = max(worst, *(abs(w / sum(weight) - p) for w, p in zip(weight, profile[i], strict=True)))
    return worst


def flow(tables: Any, end: float) -> list[np.ndarray]:
    """Follow the branch as a differential equation in the arc length, differentiating by differences."""
    from scipy.integrate import solve_ivp

    tables = [np.asarray(t, dtype=float) for t in tables]
    shape = tables[0].shape

    def mixing(d: np.ndarray) -> list[np.ndarray]:
        found, at = [], 0
        for n in shape:
            z = np.concatenate([[0.0], d[at : at + n - 1]])
            weight = np.exp(z - z.max())
            found.append(weight / weight.sum())
            at += n - 1
        return found

    def equations(x: np.ndarray) -> np.ndarray:
        mix = mixing(x[:-1])
        gains = []
        for i, table in enumerate(tables):
            u = table
            for j in reversed(range(len(shape))):
                if j != i:
                    u = np.tensordot(u, mix[j], axes=([j], [0]))
            gains.append(u[1:] - u[0])
        return np.asarray(x[:-1] - x[-1] * np.concatenate(gains))

    def tangent(_s: float, x: np.ndarray) -> np.ndarray:
        step = 1e-6
        jacobian = np.stack(
            [(equations(x + step * e) - equations(x - step * e)) / (2 * step) for e in np.eye(len(x))], axis=1
        )
        null = np.linalg.svd(jacobian)[2][-1]
        return np.asarray(null * np.sign(np.linalg.det(np.vstack([jacobian, null]))))

    def there(_s: float, x: np.ndarray) -> float:
        return float(x[-1] - end)

    there.terminal = True  # type: ignore[attr-defined]
    k = sum(shape) - len(shape)
    walk = solve_ivp(tangent, (0, 1e4), np.zeros(k + 1), events=there, rtol=1e-8, atol=1e-10)
    assert walk.status == 1
    return mixing(walk.y_events[0][0][:-1])


# ------------------------------------------------------------------ closed forms


def test_at_precision_zero_everybody_mixes_evenly() -> None:
    game = NormalForm(np.arange(54).reshape(3, 2, 3, 3) % 7, players=("A", "B", "C"))
    assert [x.tolist() for x in point(game, 0)] == [[1 / 2] * 2, [1 / 3] * 3, [1 / 3] * 3]


@pytest.mark.parametrize("rationality", [0.1, 2.0, 50.0])
def test_one_player_chooses_by_softmax(rationality: float) -> None:
    payoffs = np.array([1.0, 3.0, 2.5, -4.0])
    weight = np.exp(rationality * (payoffs - payoffs.max()))
    (found,) = point(NormalForm(payoffs[None], players=("only",)), rationality)
    assert np.allclose(found, weight / weight.sum(), rtol=0, atol=1e-15)


@pytest.mark.parametrize("rationality", [0.01, 0.5, 3.0, 40.0, 1e3])
def test_asymmetric_matching_pennies_solve_one_equation(rationality: float) -> None:
    """Row's log odds are r(10 q - 1), Column's r(1 - 2 p): one decreasing equation, so one root."""
    from scipy.optimize import brentq
    from scipy.special import expit

    p = brentq(lambda p: p - expit(rationality * (10 * expit(rationality * (1 - 2 * p)) - 1)), 0, 1, xtol=1e-15)
    row, column = point(PENNIES, rationality)
    assert abs(row[0] - p) <= 1e-12
    assert abs(column[0] - expit(rationality * (1 - 2 * p))) <= 1e-10


def test_symmetric_games_have_symmetric_points_and_dominance_is_softmax() -> None:
    for rationality in (0.3, 2.0, 9.0):
        row, column = point(DILEMMA, rationality)
        assert np.allclose(row, column, rtol=0, atol=1e-14)
        # defecting gains 2 against cooperation and 1 against defection
        assert abs(math.log(row[1] / row[0]) - rationality * (1 + row[0])) <= 1e-11


@pytest.mark.parametrize("c", [1e-12, 1e-3, 1e6, 1e15])
def test_only_precision_times_payoff_counts(c: float) -> None:
    table = np.array([[[4.0, 8, 7], [3, 6, 9], [7, 5, 3]], [[3.0, 3, 2], [4, 8, 5], [2, 1, 1]]])
    for rationality in (0.7, 2.5, 30.0):
        for x, y in zip(
            point(NormalForm(table), rationality), point(NormalForm(table * c), rationality / c), strict=True
        ):
            assert np.allclose(x, y, rtol=0, atol=1e-12)
    for x, y in zip(point(NormalForm(table), INF), point(NormalForm(table * c + 3 * c), INF), strict=True):
        assert np.allclose(x, y, rtol=0, atol=1e-9)


def test_an_offset_changes_nothing() -> None:
    table = np.array([[[4.0, 8], [7, 3]], [[3.0, 3], [4, 8]]])
    for x, y in zip(point(NormalForm(table), 2.0), point(NormalForm(table + 2.0**30), 2.0), strict=True):
        assert np.allclose(x, y, rtol=0, atol=1e-13)


# ------------------------------------------------------------------ other solvers

NINE = [[[9, 0], [0, 1]], [[0, 1], [1, 0]]]
COORDINATE = [[[1, 0], [0, 2]], [[3, 0], [0, 1]]]
CYCLE = [[[0, -1, 2], [1, 0, -1], [-1, 1, 0]], [[0, 1, -1], [-1, 0, 3], [1, -1, 0]]]
BEND_A = [[[15, 10], [16, 14]], [[18, 5], [25, 25]]]
BEND_B = [[[7, 17], [14, 18]], [[0, 21], [5, 2]]]
BEND_C = [[[0, 6, 9], [5, 4, 5], [8, 7, 2]], [[5, 7, 6], [9, 8, 4], [3, 3, 3]]]
BEND_D = [
    [[[2, 8], [9, 1]], [[0, 6], [3, 3]]],
    [[[6, 7], [0, 7]], [[3, 1], [8, 8]]],
    [[[4, 8], [8, 3]], [[1, 9], [0, 8]]],
]
THREE = [
    [[[7, 2], [9, 4]], [[4, 5], [5, 5]]],
    [[[5, 9], [8, 7]], [[7, 6], [3, 9]]],
    [[[4, 2], [8, 1]], [[8, 6], [1, 0]]],
]

#: pygambit 17.0.0b2: `qre.logit_solve_lambda(game, [precision], use_strategic=True)`; at infinity the last point of
#: `qre.logit_solve_branch`. Some of the branches bend back; between is what precisions are met several times.
GAMBIT: list[tuple[Any, float, Any]] = [
    (NINE, 2.0, [[0.860754394299, 0.139245605701], [0.19107849427, 0.80892150573]]),
    (NINE, INF, [[0.5, 0.5], [0.1, 0.9]]),
    (COORDINATE, 2.0, [[0.876569824132, 0.123430175868], [0.993390124173, 0.006609875827]]),
    (
        CYCLE,
        8.0,
        [[0.480824085765, 0.197036489695, 0.32213942454], [0.312850187132, 0.409271296034, 0.277878516834]],
    ),
    (
        CYCLE,
        INF,
        [[0.466666683802, 0.199999992526, 0.333333323672], [0.333333311216, 0.41666666127, 0.250000027515]],
    ),
    (BEND_A, 0.85, [[0.275752861423, 0.724247138577], [0.954655823216, 0.045344176784]]),
    (BEND_A, 2.551, [[0.001915184966, 0.998084815034], [0.515872984232, 0.484127015768]]),
    (BEND_B, 0.583, [[0.284753746715, 0.715246253285], [0.096627253699, 0.903372746301]]),
    (BEND_B, 0.892, [[0.002788248611, 0.997211751389], [0.931903863115, 0.068096136885]]),
    (
        BEND_C,
        2.862,
        [[0.042138307236, 0.020357639391, 0.937504053373], [0.328537023263, 0.394486785249, 0.276976191488]],
    ),
    (
        BEND_C,
        8.76,
        [[0.22259430566, 1.867e-09, 0.777405692473], [0.017414528781, 0.860193242031, 0.122392229188]],
    ),
    (
        BEND_D,
        0.621,
        [[0.576249194002, 0.423750805998], [0.237735831054, 0.762264168946], [0.253202260892, 0.746797739108]],
    ),
    (
        BEND_D,
        0.95,
        [[0.133733251002, 0.866266748998], [0.003158711578, 0.996841288422], [0.002593872557, 0.997406127443]],
    ),
    (
        THREE,
        0.5,
        [[0.834708533905, 0.165291466095], [0.311368946331, 0.688631053669], [0.915297429676, 0.084702570324]],
    ),
]

#: Tables whose branch bends back, the precisions met several times, and one beyond.
BENDS = [
    (BEND_A, 1.6785, 1.7003),
    (BEND_B, 0.4856, 0.5946),
    (BEND_C, 1.7948, 2.9199),
    (
        BEND_D,
        0.6024,
        0.6333,
    ),
]


@pytest.mark.parametrize(("tables", "rationality", "profile"), GAMBIT)
def test_gambit_finds_the_same(tables: Any, rationality: float, profile: Any) -> None:
    found = point(NormalForm(np.array(tables)), rationality)
    room = 1e-6 if rationality == INF else 2e-8  # Gambit stops at a regret of 1e-8, and near the precision asked for
    assert all(np.allclose(x, y, rtol=0, atol=room) for x, y in zip(found, profile, strict=True))


@pytest.mark.parametrize(("tables", "low", "high"), BENDS)
def test_a_branch_that_bends_back_is_passed(tables: Any, low: float, high: float) -> None:
    """Up to the turn the first point is found, beyond it the far piece; both agree with a differential equation."""
    entries = np.array(tables, dtype=float)[..., None]
    for r in (0.5 * (low + high), 1.05 * high):
        found = principal_branch(entries, np.full((len(entries), 1), r))
        assert found.ok[0]
        assert bool(found.turned[0]) == (r > high)
        for x, y in zip(found.strategies, flow(tables, r), strict=True):
            assert np.allclose(x[0], y, rtol=0, atol=1e-5)
    before, after = (np.concatenate(point(NormalForm(np.array(tables)), r)) for r in (0.999 * high, 1.001 * high))
    assert np.abs(before - after).max() > 0.02  # the first point jumps where the branch turns


@settings(max_examples=20, deadline=None)
@given(normal_forms(players=(2, 3), actions=(1, 3)), st.floats(0.01, 300.0))
def test_the_point_is_a_root_for_scipy(game: NormalForm, scaled: float) -> None:
    from scipy.optimize import root

    span = float(np.ptp(game.payoffs.reshape(len(game.players), -1), axis=1).max()) or 1.0
    solution = solve(game, method="logit", rationality=scaled / span)
    assert solution.status == Status.SOLVED
    (found,) = solution.equilibria
    precision = [scaled / span] * len(game.players)
    assert distance(game.payoffs, found.profile, precision) <= 1e-10
    assert found.residual <= 1e-10

    def away(flat: np.ndarray) -> np.ndarray:
        parts = np.split(flat, np.cumsum(game.n_actions)[:-1])
        replies = []
        for i, table in enumerate(game.payoffs):
            u = np.array(expected(table, parts, i)) * precision[i]
            weight = np.exp(u - u.max())
            replies.append(weight / weight.sum())
        return np.asarray(flat - np.concatenate(replies))

    start = np.concatenate(found.profile)
    assert np.abs(away(start)).max() <= 1e-10
    polished = root(away, start)
    if polished.success and scaled < 30:
        assert np.abs(polished.x - start).max() <= 1e-6


# ------------------------------------------------------------------ the follower


@settings(max_examples=12, deadline=None)
@given(normal_forms(batch=(4,), players=(1, 3), actions=(1, 3)), st.floats(0.1, 1e4))
def test_quick_and_careful_followers_agree(game: NormalForm, scaled: float) -> None:
    units, span = branch.unit(game.entries())
    largest = span.max(axis=0)
    rate = scaled * span / np.where(largest > 0, largest, 1.0)
    quick = branch._in_chunks(units, rate, to_limit=False, careful=False)
    slow = branch._in_chunks(units, rate, to_limit=False, careful=True)
    same = quick.ok & slow.ok & ~quick.crossed & ~slow.crossed
    assert (same | quick.crossed | slow.crossed).all()
    for x, y in zip(quick.strategies, slow.strategies, strict=True):
        assert np.abs(x - y)[same].max(initial=0.0) <= 1e-7


def test_random_games_are_followed_to_high_precision_and_to_the_limit() -> None:
    rng = np.random.default_rng(0)
    for shape in ((2, 2), (3, 4), (2, 2, 2)):
        game = NormalForm(rng.standard_normal((80, len(shape), *shape)), players=tuple("ABC"[: len(shape)]))
        for rationality in (5.0, 1e4):
            found = solve(game, method="logit", rationality=rationality)
            assert (found.status == Status.SOLVED).all()
            assert found.complete.all()
            assert found.points.residual.max() <= TOLERANCE
        ends = solve(game, method="logit", rationality=INF)
        assert ends.count.tolist() == [1] * 80
        assert ends.points.relative_regret.max() <= 1e-9
        near = principal_branch(game.entries(), np.full((len(shape), 80), 1e5) / branch.unit(game.entries())[1])
        off = [np.abs(x - y).max() for x, y in zip(near.strategies, ends.points.strategies, strict=True)]
        assert max(off) <= 0.01


def test_contraction_is_claimed_only_where_one_solution_exists() -> None:
    """Coordination on the diagonal has one solution up to precision 4 / 2 a range, and three beyond."""
    units = np.eye(2)[None].repeat(2, axis=0)[..., None].repeat(2, axis=-1)
    claimed = branch.contracts(units, np.array([[1.7, 2.1], [1.7, 2.1]]))
    assert claimed.tolist() == [True, False]
    from scipy.special import expit

    p = np.linspace(0, 1, 100_001)
    for r, n_roots in ((1.7, 1), (2.1, 3)):
        gap = p - expit(r * (2 * expit(r * (2 * p - 1)) - 1))
        assert np.count_nonzero(np.diff(np.sign(gap[gap != 0]))) == n_roots


def test_crossings_of_symmetric_games_are_gone_through_and_reported() -> None:
    for game in (
        NormalForm.bimatrix([[1, 0], [0, 1]], [[1, 0], [0, 1]]),
        NormalForm.bimatrix([[2, 0], [0, 1]], [[1, 0], [0, 2]]),
        NormalForm.bimatrix([[0, -1], [1, -10]], [[0, 1], [-1, -10]]),
    ):
        before = solve(game, method="logit", rationality=0.1)
        assert before.complete
        assert not before.tied
        after = solve(game, method="logit", rationality=5.0)
        assert after.status == Status.SOLVED
        assert after.tied
        assert not after.complete
        end = solve(game, method="logit", rationality=INF)
        assert end.status == Status.SOLVED
        assert end.tied
        assert end.equilibria[0].relative_regret <= 1e-9
    assert point(game, INF)[0] == pytest.approx([0.9, 0.1])  # chicken: the mixed one, which treats both alike


@pytest.mark.parametrize("tilt", [0.1, 1e-3, 1e-6, 1e-10, 1e-12])
def test_a_tilted_crossing_is_followed_round_the_bend_and_a_near_tie_is_reported(tilt: float) -> None:
    """The better equilibrium is reached however small its advantage; below 1e-9 the solution says what it rests on."""
    game = NormalForm.bimatrix([[1 + tilt, 0], [0, 1]], [[1 + tilt, 0], [0, 1]])
    for rationality in (20.0, INF):
        found = solve(game, method="logit", rationality=rationality)
        assert found.equilibria[0].profile[0][0] > 0.99
        assert found.tied == (tilt < 1e-9)
        assert found.complete == (tilt > 1e-9)


def test_the_stag_hunt_ends_in_the_risk_dominant_equilibrium() -> None:
    """Turocy 2005: in 2 x 2 games with two pure equilibria the branch ends in the risk dominant one."""
    hunt = NormalForm.bimatrix([[4, 0], [3, 3]], [[4, 3], [0, 3]])
    assert [x.tolist() for x in point(hunt, INF)] == [[0, 1], [0, 1]]
    safe = NormalForm.bimatrix([[9, 0], [1, 2]], [[9, 1], [0, 2]])
    assert [x.tolist() for x in point(safe, INF)] == [[1, 0], [1, 0]]


@settings(max_examples=15, deadline=None)
@given(normal_forms(players=(1, 3), actions=(1, 3)))
def test_the_limit_is_an_equilibrium_or_nothing(game: NormalForm) -> None:
    found = solve(game, method="logit", rationality=INF)
    assert found.status in (Status.SOLVED, Status.FAILED)
    for e in found.equilibria:
        assert e.relative_regret <= 1e-9
        assert e.residual <= 1e-9
        for i, table in enumerate(game.payoffs):
            u = expected(table, e.profile, i)
            gain = max(u) - math.fsum(p * v for p, v in zip(e.profile[i], u, strict=True))
            assert gain <= 1.01e-9 * np.ptp(table) + 4e-15 * np.abs(table).max()


def test_degenerate_games_end_somewhere_and_say_so() -> None:
    flat = NormalForm.bimatrix([[1, 1], [1, 1]], [[1, 1], [1, 1]])
    assert [x.tolist() for x in point(flat, INF)] == [[0.5, 0.5], [0.5, 0.5]]
    assert point(flat, 3.0)[0].tolist() == [0.5, 0.5]
    twins = NormalForm.bimatrix([[2, 1], [2, 1], [0, 0]], [[1, 0], [1, 0], [0, 3]])
    end = solve(twins, method="logit", rationality=INF)
    assert end.tied
    assert np.allclose(end.equilibria[0].profile[0], [0.5, 0.5, 0], atol=1e-3)


def test_precisions_that_cannot_be_followed_are_refused() -> None:
    answer = solve(PENNIES, method="logit", rationality=1e200)
    assert answer.status == Status.FAILED
    assert not answer.complete
    assert answer.equilibria == ()


# ------------------------------------------------------------------ batches and options


def test_a_batch_equals_its_games_one_by_one() -> None:
    rng = np.random.default_rng(1)
    game = NormalForm(rng.standard_normal((3, 4, 3, 2, 3, 2)), players=("A", "B", "C"))
    rationality = rng.uniform(0, 30, (3, 4))
    rationality[0, 0], rationality[1, 1] = INF, 0.0
    many = solve(game, method="logit", rationality=rationality)
    assert many.shape == (3, 4)
    for index in np.ndindex(3, 4):
        (one,) = solve(game[index], method="logit", rationality=rationality[index]).equilibria
        (same,) = many[index].equilibria
        assert all(np.allclose(x, y, rtol=0, atol=1e-9) for x, y in zip(one.profile, same.profile, strict=True))


def test_one_game_over_an_array_of_precisions() -> None:
    many = solve(PENNIES, method="logit", rationality=np.array([[0.5, 2.0], [8.0, INF]]))
    assert many.shape == (2, 2)
    assert many.count.tolist() == [[1, 1], [1, 1]]
    assert many[0, 1].equilibria[0].strategies["Row"]["0"] == pytest.approx(0.860754394299, abs=1e-9)
    assert many[1, 1].equilibria[0].profile[1] == pytest.approx([0.1, 0.9])


def test_every_player_may_have_its_own_precision() -> None:
    for order in (("Row", "Column"), ("Column", "Row")):
        by_name = {"Row": np.array([0.0, 2.0, 5.0]), "Column": 1.5}
        many = solve(PENNIES, method="logit", rationality={p: by_name[p] for p in order})
        assert many.shape == (3,)
        for k, r in enumerate(by_name["Row"]):
            (e,) = many[k].equilibria
            assert distance(PENNIES.payoffs, e.profile, [r, 1.5]) <= 1e-12
            assert e.residual <= 1e-12


@pytest.mark.parametrize(
    ("rationality", "words"),
    [
        (-1.0, "-1.0"),
        (float("nan"), "nan"),
        ("high", "'high'"),
        ({"Row": 1.0}, "Column"),
        ({"Row": 1.0, "Column": 1.0, "Colin": 1.0}, "Colin"),
        ({"Row": INF, "Column": 1.0}, "infinite for some"),
        ({"Row": [1.0, 2.0], "Column": [1.0, 2.0, 3.0]}, "shapes"),
        (None, "needs rationality"),
    ],
)
def test_bad_precisions_are_named(rationality: Any, words: str) -> None:
    with pytest.raises((errors.SolveError, errors.UnknownNameError), match=words):
        solve(PENNIES, method="logit", rationality=rationality)


def test_the_batch_must_fit() -> None:
    game = NormalForm(np.zeros((3, 2, 2, 2)), players=("A", "B"))
    with pytest.raises(errors.SolveError, match=r"\(2,\)"):
        solve(game, method="logit", rationality=np.ones(2))


def test_kernels_give_branches() -> None:
    entries = PENNIES.entries()
    found = principal_branch(entries, np.array([[2.0], [2.0]]))
    assert [s.shape for s in found.strategies] == [(1, 2), (1, 2)]
    assert found.ok.dtype == np.bool_
    assert not found.turned[0]
    assert limit(entries).strategies[1][0] == pytest.approx([0.1, 0.9])


# ------------------------------------------------------------------ the certificate


def test_the_residual_is_the_distance_from_the_logit_replies() -> None:
    rng = np.random.default_rng(2)
    entries = rng.standard_normal((3, 2, 3, 2, 20))
    profile = [rng.dirichlet(np.ones(n), 20) for n in (2, 3, 2)]
    precision = rng.uniform(0, 5, (3, 20))
    found = logit_residual(entries, profile, None, rationality=dict(zip("ABC", precision, strict=True)))
    for k in range(20):
        slow = distance(entries[..., k], [x[k] for x in profile], precision[:, k].tolist())
        assert abs(found[k] - slow) <= 1e-13
    assert METHODS["logit"].residual is logit_residual
    pure = [np.eye(2)[[0]], np.eye(2)[[0]]]
    assert logit_residual(PENNIES.entries(), pure, None, rationality=INF).tolist() == [1.0]


def test_a_point_off_the_branch_by_little_is_seen() -> None:
    x = np.array(point(PENNIES, 2.0))
    for step in (1e-8, 1e-3):
        moved = [x[[0]] + [step, -step], x[[1]]]
        assert logit_residual(PENNIES.entries(), moved, None, rationality=2.0)[0] > TOLERANCE


# ------------------------------------------------------------------ fitting


def frequencies(game: NormalForm, rationality: float, n: float = 1e6) -> dict[str, Any]:
    return {p: n * x for p, x in zip(game.players, point(game, rationality), strict=True)}


@pytest.mark.parametrize("rationality", [1e-4, 0.5, 12.0])
def test_exact_frequencies_give_the_precision_back(rationality: float) -> None:
    game = NormalForm(np.array([[[4.0, 8, 7], [3, 6, 9], [7, 5, 3]], [[3.0, 3, 2], [4, 8, 5], [2, 1, 7]]]))
    for g in (PENNIES, game):
        fit = fit_logit(g, frequencies(g, rationality))
        assert fit.rationality == pytest.approx(rationality, rel=1e-8, abs=1e-11)
        assert fit.low <= rationality <= fit.high
        (e,) = fit.solution.equilibria
        assert np.allclose(e.profile[0], point(g, rationality)[0], rtol=0, atol=1e-8)


def test_the_precision_scales_with_payoffs() -> None:
    counts = {"Row": [83, 17], "Column": [42, 58]}
    small = fit_logit(PENNIES, counts)
    large = fit_logit(NormalForm.bimatrix(*(PENNIES.payoffs * 1e6)), counts)
    assert large.rationality * 1e6 == pytest.approx(small.rationality, rel=1e-9)
    assert large.high * 1e6 == pytest.approx(small.high, rel=1e-8)
    assert large.log_likelihood == pytest.approx(small.log_likelihood, rel=1e-13)


def test_the_maximum_and_the_interval_are_those_of_a_grid() -> None:
    """A brute scan of the likelihood, point by point by the one equation of asymmetric pennies."""
    from scipy.optimize import brentq
    from scipy.special import expit
    from scipy.stats import chi2

    def likelihood(r: float) -> float:
        p = brentq(lambda p: p - expit(r * (10 * expit(r * (1 - 2 * p)) - 1)), 0, 1, xtol=1e-15)
        q = expit(r * (1 - 2 * p))
        return float(83 * np.log(p) + 17 * np.log(1 - p) + 42 * np.log(q) + 58 * np.log(1 - q))

    fit = fit_logit(PENNIES, {"Row": {"0": 83, "1": 17}, "Column": [42, 58]}, level=0.9)
    grid = np.linspace(0.01, 3, 3000)
    values = np.array([likelihood(r) for r in grid])
    assert abs(grid[values.argmax()] - fit.rationality) <= 1e-3
    assert fit.log_likelihood == pytest.approx(likelihood(fit.rationality), abs=1e-9)
    assert fit.log_likelihood >= values.max()
    for end in (fit.low, fit.high):
        assert 2 * (fit.log_likelihood - likelihood(end)) == pytest.approx(chi2.ppf(0.9, 1), abs=1e-7)


def test_even_play_gives_zero() -> None:
    fit = fit_logit(PENNIES, {"Row": [50, 50], "Column": [50, 50]})
    assert fit.rationality == 0
    assert fit.low == 0
    assert 0 < fit.high < 0.2
    assert fit.log_likelihood == pytest.approx(200 * math.log(0.5))
    worse = fit_logit(DILEMMA, {"Row": [60, 40], "Column": [60, 40]})  # dominated actions played more often
    assert worse.rationality == 0


def test_data_of_an_equilibrium_give_infinity() -> None:
    fit = fit_logit(DILEMMA, {"Row": [0, 50], "Column": [0, 50]})
    assert fit.rationality == INF
    assert fit.high == INF
    assert fit.log_likelihood == 0
    assert 0 < fit.low < 10
    assert fit.solution.equilibria[0].profile[0].tolist() == [0, 1]
    mixed = fit_logit(PENNIES, {"Row": [50, 50], "Column": [10, 90]})
    assert mixed.rationality == INF
    assert mixed.low > 1


def test_where_the_branch_does_not_move_nothing_is_learned() -> None:
    fit = fit_logit(NormalForm.zero_sum([[1, -1], [-1, 1]]), {"Row": [40, 30], "Column": [30, 40]})
    assert (fit.rationality, fit.low, fit.high) == (0, 0, INF)


def test_one_player_may_be_unobserved() -> None:
    fit = fit_logit(PENNIES, {"Row": 1e6 * point(PENNIES, 0.3)[0]})
    assert fit.log_likelihood >= 1e6 * float(point(PENNIES, 0.3)[0] @ np.log(point(PENNIES, 0.3)[0])) - 1e-6


def test_a_likelihood_over_a_branch_that_bends_back() -> None:
    tables, _, high = BENDS[1]
    game = NormalForm(np.array(tables))
    far = 1.5 * high
    assert fit_logit(game, frequencies(game, far)).rationality == pytest.approx(far, rel=1e-7)
    # frequencies of the middle piece: the maximum is at the edge of a jump, or on a piece, and no grid point beats it
    counts = {"Row": [15, 85], "Column": [35, 65]}
    fit = fit_logit(game, counts)
    grid = principal_branch(
        np.broadcast_to(game.entries(), (2, 2, 2, 400)), np.tile(np.linspace(0, 3, 400), (2, 1))
    ).strategies
    best = sum(np.log(x) @ np.array(list(c)) for x, c in zip(grid, counts.values(), strict=True)).max()
    assert fit.log_likelihood >= best - 1e-9


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"Roe": [1, 2]}, "Row"),
        ({"Row": {"2": 1}}, "action of Row"),
        ({"Row": [1, 2, 3]}, "expected 2"),
        ({"Row": [-1, 2]}, "from 0 on"),
        ({"Row": [0, 0]}, "all 0"),
        ({"Row": ["many", "few"]}, "numbers"),
        ([[1, 2], [3, 4]], "mapping"),
    ],
)
def test_bad_counts_are_named(counts: Any, words: str) -> None:
    with pytest.raises((errors.SolveError, errors.UnknownNameError), match=words):
        fit_logit(PENNIES, counts)


def test_bad_games_and_levels_are_named() -> None:
    with pytest.raises(errors.SolveError, match="batch"):
        fit_logit(NormalForm(np.zeros((3, 2, 2, 2)), players=("A", "B")), {"A": [1, 2]})
    with pytest.raises(errors.SolveError, match="level"):
        fit_logit(PENNIES, {"Row": [1, 2]}, level=1.0)
    with pytest.raises(errors.SolveError, match="every payoff"):
        fit_logit(NormalForm.bimatrix([[1, 1], [1, 1]], [[2, 2], [2, 2]]), {"Row": [1, 2]})
    assert decide.LogitFit is LogitFit
    assert SCAN[0] == 0
