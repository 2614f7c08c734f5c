"""Learning processes: nashpy's own paths where it is right, textbook limits, and nothing where nothing settles."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable
from typing import Any

import nashpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decide import NormalForm, Status, errors, fictitious_play, replicator, solve
from strategies import normal_forms, two_players

ROCK = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0.0]])
PENNIES = NormalForm.zero_sum([[1, -1], [-1, 1]])
HAWK_DOVE = NormalForm.bimatrix([[-1, 2], [0, 1]], [[-1, 0], [2, 1]])
DILEMMA = NormalForm.bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
BATTLE = NormalForm.bimatrix([[2, 0], [0, 1]], [[1, 0], [0, 2]])
SHAPLEY = NormalForm.bimatrix([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[0, 1, 0], [0, 0, 1], [1, 0, 0]])
HALF = [0.5, 0.5]
THIRD = [1 / 3] * 3


def symmetric(A: Any) -> NormalForm:
    return NormalForm.bimatrix(A, np.array(A).T)


def profiles(answer: Any) -> list[Any]:
    return [[x.round(9).tolist() for x in e.profile] for e in answer.equilibria]


# ------------------------------------------------------------------ fictitious play


def test_frequencies_of_pennies_approach_a_half() -> None:
    """Robinson 1951; play itself goes round and round."""
    path = fictitious_play(PENNIES, iterations=4_000, rng=0)
    distance = [float(np.abs(path.strategies[0][t - 1] - 0.5).max()) for t in (10, 400, 4_000)]
    assert distance[0] > distance[1] > distance[2]
    assert distance[2] < 0.02
    assert profiles(solve(PENNIES, method="fictitious_play", iterations=4_000, rng=0)) == [[HALF, HALF]]


@pytest.mark.parametrize("game", [symmetric(ROCK), NormalForm.zero_sum(ROCK * 1e9)], ids=["one", "large"])
def test_rock_paper_scissors_by_fictitious_play(game: NormalForm) -> None:
    (found,) = solve(game, method="fictitious_play", iterations=4_000, rng=1).equilibria
    assert np.allclose(found.profile, 1 / 3, rtol=0, atol=1e-12)


def test_shapleys_game_never_settles() -> None:
    """Shapley 1964: ever longer runs; the frequencies go round for ever, and the equilibrium is not returned."""
    answer = solve(SHAPLEY, method="fictitious_play", iterations=4_000, rng=0)
    assert (answer.status, answer.count, answer.complete) == (Status.NO_EQUILIBRIUM, 0, False)
    path = fictitious_play(SHAPLEY, iterations=4_000, rng=0)
    assert np.ptp(path.strategies[0][2_000:], axis=0).min() > 0.05


def test_dominated_actions_are_left_behind() -> None:
    answer = solve(DILEMMA, method="fictitious_play", iterations=100, start=[[1, 0], [1, 0]])
    assert profiles(answer) == [[[0, 1], [0, 1]]]
    assert answer.finds == "sample"
    assert answer.concept == "Nash, where the process has settled"
    assert not answer.complete
    assert answer.equilibria[0].residual == 0


@settings(max_examples=30, deadline=None)
@given(two_players(actions=(2, 3), kinds=("fine",)), st.integers(0, 10**6))
def test_paths_are_nashpys_where_nothing_is_tied(game: NormalForm, seed: int) -> None:
    rng = np.random.default_rng(seed)
    start = [rng.dirichlet(np.ones(m)) for m in game.n_actions]
    A, B = ((u - u.min()) / (np.ptp(u) or 1.0) for u in game.payoffs)
    theirs = list(nashpy.Game(A, B).fictitious_play(iterations=200, play_counts=start))
    worth = [(A @ y, x @ B) for x, y in theirs[:-1]]
    if any(np.diff(np.sort(w))[-1] <= 1e-6 * (t + 1) for t, pair in enumerate(worth) for w in pair):
        return  # a tie: nashpy draws, or takes a rounding error for a preference
    path = fictitious_play(game, iterations=200, start=start)
    for i in range(2):
        counts = np.array([c[i] for c in theirs])
        assert np.array_equal(path.strategies[i], counts / counts.sum(axis=1, keepdims=True))
    assert path.times.tolist() == list(range(201))


def test_ties_are_drawn_evenly_and_rounding_is_no_preference() -> None:
    nothing = NormalForm(np.full((2, 3, 2), 0.1))
    path = fictitious_play(nothing, iterations=3_000, rng=0)
    assert np.abs(path.end[0] - 1 / 3).max() < 0.04
    thirds = NormalForm.bimatrix([[0.1 + 0.2, 1], [0.3, 1]], [[0, 0], [0, 0]])  # the same but for rounding
    assert 0.4 < fictitious_play(thirds, iterations=1_000, rng=0).end[0][0] < 0.6


def test_one_seed_one_path() -> None:
    first, again, other = (fictitious_play(PENNIES, iterations=300, rng=k) for k in (0, 0, 1))
    assert first == again
    assert first != other
    assert fictitious_play(PENNIES, iterations=300) != fictitious_play(PENNIES, iterations=300)
    rng = np.random.default_rng(0)
    one, two = (fictitious_play(PENNIES, iterations=300, rng=rng) for _ in range(2))
    assert one != two
    assert one == fictitious_play(PENNIES, iterations=300, rng=np.random.default_rng(0))


def test_the_global_random_state_is_untouched() -> None:
    np.random.seed(7)  # noqa: NPY002
    before = np.random.get_state()  # noqa: NPY002
    fictitious_play(PENNIES, iterations=50, rng=0)
    fictitious_play(PENNIES, iterations=50)
    solve(PENNIES, method="fictitious_play", iterations=50)
    solve(PENNIES, method="replicator")
    after = np.random.get_state()  # noqa: NPY002
    assert before[0] == after[0]
    assert np.array_equal(before[1], after[1])
    assert before[2:] == after[2:]


def test_a_game_learns_the_same_wherever_it_stands_in_a_batch() -> None:
    games = NormalForm.stack([PENNIES, BATTLE, DILEMMA, BATTLE])
    many = solve(games, method="fictitious_play", iterations=500, rng=3)
    for k in range(4):
        assert many[k].points == solve(games[k], method="fictitious_play", iterations=500, rng=3).points
    assert many[1].points == many[3].points
    rounds = np.array([1, 2_000, 500, 2_000])
    varied = solve(games, method="fictitious_play", iterations=rounds, rng=3)
    assert varied.count.tolist() == [0, 1, 1, 1]
    grid = NormalForm(games.payoffs.reshape(2, 2, 2, 2, 2), players=games.players)
    assert (
        solve(grid, method="fictitious_play", iterations=500, rng=3).points.owner.tolist() == many.points.owner.tolist()
    )


# ------------------------------------------------------------------ replicator


@pytest.mark.parametrize("share", [0.01, 0.4, 0.99])
@pytest.mark.parametrize(("value", "cost"), [(2, 4), (1, 10), (3, 4)])
def test_hawks_go_to_value_over_cost(share: float, value: float, cost: float) -> None:
    """Maynard Smith & Price 1973; one population, because the game is symmetric and both start alike."""
    game = symmetric([[(value - cost) / 2, value], [0, value / 2]])
    start = [[share, 1 - share]] * 2
    path = replicator(game, start=start)
    assert np.allclose([x[0] for x in path.end], value / cost, atol=1e-6)
    (found,) = solve(game, method="replicator", start=start).equilibria
    assert found.profile[0][0] == pytest.approx(value / cost, abs=1e-12)


def test_two_populations_of_hawks_and_doves_part() -> None:
    for x, expected in ((0.6, [[1, 0], [0, 1]]), (0.4, [[0, 1], [1, 0]])):
        assert profiles(solve(HAWK_DOVE, method="replicator", start=[[x, 1 - x], HALF])) == [expected]


def test_rock_paper_scissors_goes_round() -> None:
    """The path circles, its product of shares constant (Hofbauer & Sigmund 1998): nothing is returned."""
    for x in ([0.5, 0.25, 0.25], [0.35, 0.33, 0.32], [0.335, 0.333, 0.332]):  # circles of any size
        path = replicator(symmetric(ROCK), start=[x, x], time=300)
        assert np.allclose(path.strategies[0].prod(axis=1), np.prod(x), rtol=1e-3)
        answer = solve(symmetric(ROCK), method="replicator", start=[x, x])
        assert (answer.status, answer.count) == (Status.NO_EQUILIBRIUM, 0)


def test_a_rest_point_stays() -> None:
    """Even shares are where rock, paper, scissors rests; a share of 0 stays 0, and a wrong end is not returned."""
    assert profiles(solve(symmetric(ROCK), method="replicator")) == [[[round(1 / 3, 9)] * 3] * 2]
    assert solve(DILEMMA, method="replicator", start=[[1, 0], [1, 0]]).status is Status.NO_EQUILIBRIUM
    assert replicator(DILEMMA, start=[[1, 0], [1, 0]]).end[0].tolist() == [1, 0]


def test_good_rock_paper_scissors_settles_and_bad_does_not() -> None:
    x = [0.5, 0.3, 0.2]
    good = solve(symmetric(ROCK + (ROCK > 0)), method="replicator", start=[x, x])
    assert profiles(good) == [[[round(1 / 3, 9)] * 3] * 2]
    bad = solve(symmetric(ROCK - (ROCK < 0)), method="replicator", start=[x, x], time=100)
    assert bad.count == 0


def test_slow_decay_of_a_dominated_action() -> None:
    """Against an action that is never worse the share goes like 1 / t; the end point is not, the limit is, returned."""
    weak = symmetric([[1, 1], [1, 0]])
    path = replicator(weak)
    assert 1e-4 < path.end[0][1] < 1e-2
    assert profiles(solve(weak, method="replicator")) == [[[1, 0], [1, 0]]]


@settings(max_examples=25, deadline=None)
@given(two_players(actions=(1, 3), kinds=("fine",)), st.integers(0, 10**6))
def test_shares_are_nashpys(game: NormalForm, seed: int) -> None:
    rng = np.random.default_rng(seed)
    start = [rng.dirichlet(np.ones(m) * 5) for m in game.n_actions]
    A, B = ((u - u.min()) / (np.ptp(u) or 1.0) for u in game.payoffs)
    times = np.linspace(0, 5, 1_001)
    theirs = nashpy.Game(A, B).asymmetric_replicator_dynamics(x0=start[0], y0=start[1], timepoints=times)
    path = replicator(game, time=5, start=start)
    assert path.times.tolist() == times.tolist()
    for mine, other in zip(path.strategies, theirs, strict=True):
        assert np.allclose(mine, other, rtol=0, atol=1e-6)


# ------------------------------------------------------------------ both


@pytest.mark.parametrize(
    ("method", "options"), [("fictitious_play", {"iterations": 200, "rng": 0}), ("replicator", {})]
)
@settings(max_examples=15, deadline=None)
@given(game=two_players(actions=(1, 3), batch=(2,)))
def test_what_is_returned_is_certified(method: str, options: dict[str, Any], game: NormalForm) -> None:
    answer = solve(game, method=method, **options)
    assert (answer.points.relative_regret <= 1e-9).all()
    assert not answer.complete.any()
    assert (answer.count <= 1).all()
    assert set(answer.status.tolist()) <= {Status.SOLVED, Status.NO_EQUILIBRIUM}


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e15])
def test_units_do_not_matter(scale: float) -> None:
    for method in ("fictitious_play", "replicator"):
        options = {"rng": 0, "iterations": 500} if method == "fictitious_play" else {}
        for game in (PENNIES, BATTLE, HAWK_DOVE, DILEMMA, NormalForm(np.zeros((2, 1, 2)))):
            here = solve(game, method=method, **options)
            there = solve(NormalForm(game.payoffs * scale), method=method, **options)
            assert profiles(here) == profiles(there)
            assert here.count == 1


def test_a_path_is_frozen_and_pickles() -> None:
    path = fictitious_play(PENNIES, iterations=5, rng=0)
    assert pickle.loads(pickle.dumps(path)) == path
    with pytest.raises(ValueError, match="read-only"):
        path.strategies[0][0] = 1
    assert (path.players, path.actions) == (PENNIES.players, PENNIES.actions)
    assert all(np.allclose(x.sum(axis=1), 1) for x in path.strategies)


def test_starts_by_name() -> None:
    named = {"Row": {"1": 1.0}, "Column": [0.25, 0.75]}
    path = replicator(PENNIES, start=named, time=1)
    assert [x[0].tolist() for x in path.strategies] == [[0, 1], [0.25, 0.75]]


def three(call: Callable[[NormalForm], Any]) -> Any:
    return call(NormalForm(np.zeros((3, 2, 2, 2))))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: three(fictitious_play), "does not take this game: it takes two players; this game has 3"),
        (lambda: three(replicator), "two players; this game has 3"),
        (lambda: three(lambda g: solve(g, method="replicator")), "two players; this game has 3"),
        (lambda: replicator(PENNIES.broadcast_to((2,))), r"batch of shape \(2,\): take game\[i\]"),
        (lambda: fictitious_play(PENNIES, iterations=0), "iterations is 0; expected a whole number from 1"),
        (lambda: fictitious_play(PENNIES, iterations=True), "iterations is True"),
        (lambda: fictitious_play(PENNIES, iterations=2.5), "iterations is 2.5"),  # type: ignore[arg-type]
        (lambda: fictitious_play(PENNIES, rng="a"), "rng is 'a'; expected None, an integer"),  # type: ignore[arg-type]
        (lambda: fictitious_play(PENNIES, rng=-1), "rng is -1; expected an integer from 0"),
        (lambda: replicator(PENNIES, time=0), "time is 0; expected a positive number"),
        (lambda: replicator(PENNIES, time=float("nan")), "time is nan"),
        (lambda: replicator(PENNIES, start=[HALF]), r"start is \[\[0.5, 0.5\]\]; expected one strategy for each"),
        (lambda: replicator(PENNIES, start=[HALF, THIRD]), r"start of Column is \[0.33.*expected 2 prob"),
        (lambda: replicator(PENNIES, start=[HALF, [1, 1]]), r"start of Column is \[1, 1\]; expected 2"),
        (lambda: replicator(PENNIES, start=[HALF, [2, -1]]), r"start of Column is \[2, -1\]"),
        (lambda: replicator(PENNIES, start=[HALF, ["a", "b"]]), r"start of Column is \['a', 'b'\]"),
        (lambda: replicator(PENNIES, start={"Row": HALF}), "start of Column is None"),
        (lambda: replicator(PENNIES, start={"Row": HALF, "Column": {"1": 0.5}}), r"start of Column is \[0.0, 0.5\]"),
        (lambda: solve(PENNIES, method="replicator", iterations=3), "no option 'iterations'; expected time, start"),
        (
            lambda: solve(PENNIES.broadcast_to((2,)), method="fictitious_play", iterations=[1, 2, 3]),
            r"iterations has shape \(3,\); expected a number or shape \(2,\)",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(errors.SolveError, match=words):
        call()


def test_names_nobody_knows() -> None:
    with pytest.raises(errors.UnknownNameError, match="no action of Column 'x'"):
        replicator(PENNIES, start={"Row": HALF, "Column": {"x": 1}})
    with pytest.raises(errors.UnknownNameError, match="did you mean 'Column'"):
        replicator(PENNIES, start={"Row": HALF, "Colum": HALF})


@settings(max_examples=10, deadline=None)
@given(normal_forms(players=(2, 2), actions=(2, 3), kinds=("whole",)))
def test_fictitious_play_of_zero_sum_games_settles(game: NormalForm) -> None:
    """Robinson 1951: what it settles at has the value of the game."""
    A = game.payoffs[0]
    zero = NormalForm.zero_sum(A)
    answer = solve(zero, method="fictitious_play", iterations=2_000, rng=0)
    value = solve(zero, method="zero_sum").equilibria[0].payoffs["Row"]
    for e in answer.equilibria:
        assert e.payoffs["Row"] == pytest.approx(value, abs=1e-8)
    path = fictitious_play(zero, iterations=2_000, rng=0)
    x, y = path.end
    assert (x @ A).min() - 1e-9 <= value <= (A @ y).max() + 1e-9
    assert (A @ y).max() - (x @ A).min() <= 0.15 * (np.ptp(A) or 1.0)


def test_trees_learn_by_way_of_their_normal_form() -> None:
    from decide import Decision, ExtensiveForm, Outcome

    entry = ExtensiveForm(
        Decision("E", {
            "out": Outcome({"E": 0, "I": 2}),
            "in": Decision("I", {"fight": Outcome({"E": -1, "I": 0}), "yield": Outcome({"E": 1, "I": 1})}, infoset="h"),
        }, infoset="start")
    )  # fmt: skip
    (e,) = solve(entry, method="replicator").equilibria
    assert e.strategies["E"]["start"]["in"] == pytest.approx(1)
    assert list(itertools.chain(e.payoffs.values())) == pytest.approx([1, 1])
