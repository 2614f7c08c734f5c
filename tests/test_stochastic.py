"""Stochastic games: known answers, plain value and policy iteration, and the certificate."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import decide
from decide import NormalForm, Status, StochasticGame, solve
from decide.certify import stochastic_certificate
from decide.errors import GameError, PayoffError, ProbabilityError, SolveError, UnknownNameError
from decide.solvers import shapley

PEACE = {
    "peace": {
        ("hold", "hold"): ((3, 3), "peace"),
        ("hold", "arm"): ((0, 4), {"peace": 0.7, "crisis": 0.3}),
        ("arm", "hold"): ((4, 0), {"peace": 0.7, "crisis": 0.3}),
        ("arm", "arm"): ((1, 1), "crisis"),
    },
    "crisis": {
        ("yield", "yield"): ((1, 1), "peace"),
        ("yield", "stand"): ((0, 2), "peace"),
        ("stand", "yield"): ((2, 0), "peace"),
        ("stand", "stand"): ((-2, -2), "war"),
    },
    "war": (-5, -5),
}


def neighbours(**options: Any) -> StochasticGame:
    return StochasticGame.from_states(PEACE, players=("A", "B"), **({"discount": 0.9} | options))


def absorbing(cells: dict[tuple[str, str], tuple[float, str]], rate: float) -> StochasticGame:
    """Payoffs 0 and 1 times `rate` = 1 - discount, so that values are averages per stage; "one" and "zero" stay."""
    rate = 1.0 - (1.0 - rate)
    play = {key: ((rate * u, -rate * u), then) for key, (u, then) in cells.items()}
    return StochasticGame.from_states({"play": play, "one": (rate, -rate), "zero": (0, 0)}, discount=1.0 - rate)


def drawn(rng: np.random.Generator, n: int, n_states: int, most: int, discount: float, **kind: Any) -> StochasticGame:
    payoffs, odds = [], []
    for _ in range(n_states):
        sizes = tuple(rng.integers(1, most + 1, size=n)) if "sizes" not in kind else kind["sizes"]
        u = rng.normal(size=(n, *sizes))
        payoffs.append(np.stack([u[0], -u[0]]) if kind.get("zero") else u)
        odds.append(rng.dirichlet(np.full(n_states, 0.4), size=sizes))
    return StochasticGame(payoffs, odds, discount=discount)


# ------------------------------------------------------------------ slow and obvious


def value_2x2(A: np.ndarray) -> float:
    """von Neumann's formula, after a look for a saddle point."""
    low, high = A.min(axis=1).max(), A.max(axis=0).min()
    if low == high:
        return float(low)
    (a, b), (c, d) = A
    return float((a * d - b * c) / (a + d - b - c))


def iterated(game: StochasticGame, steps: int) -> np.ndarray:
    """Shapley's iteration from 0, for tables of 2 x 2."""
    v = np.zeros(len(game.states))
    for _ in range(steps):
        v = np.array(
            [value_2x2(u[0] + game.discount * (p @ v)) for u, p in zip(game.payoffs, game.transitions, strict=False)]
        )
    return v


def worth(game: StochasticGame, play: list[list[np.ndarray]]) -> np.ndarray:
    """Values by iterating the expectation; play[player][state]."""
    v = np.zeros((len(game.players), len(game.states)))
    for _ in range(int(40 / (1 - game.discount)) + 1):
        new = np.zeros_like(v)
        for s, (u, p) in enumerate(zip(game.payoffs, game.transitions, strict=True)):
            for profile in np.ndindex(*u.shape[1:]):
                chance = np.prod([play[i][s][a] for i, a in enumerate(profile)])
                new[:, s] += chance * (u[(slice(None), *profile)] + game.discount * (v @ p[profile]))
        v = new
    return v


def gains(game: StochasticGame, play: list[list[np.ndarray]]) -> float:
    """The largest gain from any pure stationary deviation: all are tried."""
    base, best = worth(game, play), 0.0
    for i in range(len(game.players)):
        for plan in itertools.product(*(range(len(own[i])) for own in game.actions)):
            other = [list(own) for own in play]
            other[i] = [np.eye(len(game.actions[s][i]))[a] for s, a in enumerate(plan)]
            best = max(best, float((worth(game, other)[i] - base[i]).max()))
    return best


def by_player(game: StochasticGame, profile: Any) -> list[list[np.ndarray]]:
    n = len(game.states)
    return [list(profile[i * n : (i + 1) * n]) for i in range(len(game.players))]


# ------------------------------------------------------------------ known answers


@pytest.mark.parametrize("rate", [1.0, 0.5, 0.1, 1e-3, 1e-5])
def test_the_big_match_is_worth_a_half_at_every_discount(rate: float) -> None:
    """Gillette 1957; Blackwell & Ferguson 1968: the row player's first action ends play, for good."""
    game = absorbing(
        {("stop", "L"): (1, "one"), ("stop", "R"): (0, "zero"), ("go", "L"): (0, "play"), ("go", "R"): (1, "play")},
        rate,
    )
    answer = solve(game)
    e = answer.equilibria[0]
    assert (answer.method, answer.status, answer.complete) == ("shapley", Status.SOLVED, True)
    assert e.payoffs["Row"] == pytest.approx(0.5, abs=1e-10)
    # x (1 - d) + ... : stopping with chance rate / (1 + rate) makes the column player indifferent.
    assert e.strategies["Row"]["play"]["stop"] == pytest.approx(rate / (1 + rate), abs=1e-9)
    assert e.strategies["Column"]["play"]["L"] == pytest.approx(0.5, abs=1e-9)
    assert e.regret <= 1e-11


@pytest.mark.parametrize("rate", [1.0, 0.5, 0.1, 1e-3, 1e-6])
def test_the_square_root_game(rate: float) -> None:
    """[[1, 0*], [0*, 1*]] (Kohlberg 1974): the average value is sqrt(rate) / (1 + sqrt(rate)), no analytic function."""
    game = absorbing(
        {("T", "L"): (1, "play"), ("T", "R"): (0, "zero"), ("B", "L"): (0, "zero"), ("B", "R"): (1, "one")}, rate
    )
    e = solve(game).equilibria[0]
    assert e.payoffs["Row"] == pytest.approx(np.sqrt(rate) / (1 + np.sqrt(rate)), rel=1e-9)
    assert e.relative_regret <= 1e-12


@pytest.mark.parametrize("method", ["shapley", "markov_perfect"])
def test_one_state_is_the_stage_game_for_ever(method: str) -> None:
    A = np.array([[2.0, -1, 0], [-3, 4, 1]])
    game = StochasticGame([[A, -A]], [np.ones((2, 3, 1))], discount=0.8)
    stage = solve(NormalForm.zero_sum(A), method="zero_sum").equilibria[0]
    e = solve(game, method=method).equilibria[0]
    assert e.payoffs["Row"] == pytest.approx(stage.payoffs["Row"] / 0.2, abs=1e-9)
    assert np.allclose(e.profile[0], stage.profile[0], atol=1e-9)


def test_repeating_what_is_best_at_once_in_the_prisoners_dilemma() -> None:
    table = np.array([[[3, 0], [5, 1]], [[3, 5], [0, 1]]])
    e = solve(StochasticGame([table], [np.ones((2, 2, 1))], discount=0.95)).equilibria[0]
    assert e.strategies == {"Row": {"0": {"0": 0.0, "1": 1.0}}, "Column": {"0": {"0": 0.0, "1": 1.0}}}
    assert e.payoffs["Column"] == pytest.approx(20)


# ------------------------------------------------------------------ against slow and obvious


@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.5, 0.9]))
@settings(max_examples=25, deadline=None)
def test_zero_sum_games_agree_with_long_iteration(seed: int, discount: float) -> None:
    game = drawn(np.random.default_rng(seed), 2, 3, 2, discount, zero=True, sizes=(2, 2))
    e = solve(game).equilibria[0]
    assert np.allclose(list(e.values["Row"].values()), iterated(game, 400), atol=1e-9)
    assert e.regret <= 1e-11


@given(st.integers(0, 10**6), st.integers(1, 4), st.sampled_from([0.3, 0.99, 0.9999]))
@settings(max_examples=25, deadline=None)
def test_zero_sum_games_of_any_size_and_patience_are_certified(seed: int, n_states: int, discount: float) -> None:
    game = drawn(np.random.default_rng(seed), 2, n_states, 4, discount, zero=True)
    answer = solve(game)
    assert (answer.count, answer.status) == (1, Status.SOLVED)
    assert answer.equilibria[0].relative_regret <= 1e-11


@pytest.mark.parametrize("n", [2, 3])
def test_no_pure_plan_gains_against_a_markov_perfect_equilibrium(n: int) -> None:
    rng = np.random.default_rng(n)
    for _ in range(4):
        game = drawn(rng, n, 2, 2, 0.7)
        answer = solve(game, method="markov_perfect")
        e = answer.equilibria[0]
        play = by_player(game, e.profile)
        assert gains(game, play) <= 1e-9
        assert np.allclose(worth(game, play)[:, 0], list(e.payoffs.values()), atol=1e-9)


@given(st.integers(0, 10**6), st.sampled_from([(1, 4, 3), (2, 3, 3), (3, 2, 2)]), st.sampled_from([0.5, 0.9, 0.99]))
@settings(max_examples=20, deadline=None)
def test_random_games_have_a_certified_markov_perfect_equilibrium(seed: int, size: Any, discount: float) -> None:
    game = drawn(np.random.default_rng(seed), *size, discount)
    answer = solve(game)
    assert answer.status == Status.SOLVED
    assert answer.equilibria[0].relative_regret <= 1e-9


def test_a_markov_decision_problem_agrees_with_trying_all_policies() -> None:
    rng = np.random.default_rng(5)
    for n in (1, 2):  # alone, or with somebody who has no choice
        game = drawn(rng, n, 4, 3, 0.9, sizes=(3, 1)[:n])
        e = solve(game, method="markov_perfect").equilibria[0]
        best = np.full(4, -np.inf)
        for plan in itertools.product(range(3), repeat=4):
            play = [[np.eye(3)[a] for a in plan], [np.ones(1)] * 4][:n]
            best = np.maximum(best, worth_exactly(game, play)[0])
        assert np.allclose(list(e.values[game.players[0]].values()), best, atol=1e-9)


def worth_exactly(game: StochasticGame, play: list[list[np.ndarray]]) -> np.ndarray:
    """Values of pure play by linear equations."""
    where = [tuple(int(np.argmax(own[s])) for own in play) for s in range(len(game.states))]
    moves = np.array([p[a] for p, a in zip(game.transitions, where, strict=True)])
    gets = np.array([u[(slice(None), *a)] for u, a in zip(game.payoffs, where, strict=True)])
    return np.linalg.solve(np.eye(len(moves)) - game.discount * moves, gets).T


# ------------------------------------------------------------------ a horizon


@pytest.mark.parametrize("method", ["shapley", "markov_perfect"])
def test_a_horizon_is_backward_induction(method: str) -> None:
    game = drawn(np.random.default_rng(8), 2, 3, 2, 0.9, zero=True, sizes=(2, 2))
    answer = solve(game, method=method, horizon=4)
    e = answer.equilibria[0]
    values = list(e.values["Row"].values())
    assert np.allclose(values[:3], iterated(game, 4), atol=1e-9)
    assert np.allclose(values[9:12], iterated(game, 1), atol=1e-9)
    assert values[-1] == pytest.approx(0)
    assert set(e.strategies["Row"]["0, stage 1"]) == {"0", "1"}
    assert answer.options == {"horizon": 4}


def test_a_finitely_repeated_dilemma_unravels() -> None:
    table = np.array([[[3, 0], [5, 1]], [[3, 5], [0, 1]]])
    e = solve(StochasticGame([table], [np.ones((2, 2, 1))], discount=0.5), horizon=3).equilibria[0]
    assert e.payoffs["Row"] == pytest.approx(1 + 0.5 + 0.25)
    assert e.relative_regret <= 1e-12


def test_the_horizon_may_be_long_and_the_payoffs_far_from_zero() -> None:
    game = neighbours()
    plain = solve(game, horizon=3).equilibria[0]
    moved = StochasticGame(
        [u * 3 + 1e5 for u in game.payoffs], game.transitions, discount=0.9, players=game.players, states=game.states,
        actions=game.actions,
    )  # fmt: skip
    e = solve(moved, horizon=3).equilibria[0]
    assert e.payoffs["A"] == pytest.approx(plain.payoffs["A"] * 3 + 1e5 * (1 + 0.9 + 0.81), rel=1e-12)
    assert solve(drawn(np.random.default_rng(1), 2, 2, 2, 0.99, zero=True), horizon=60).count == 1


# ------------------------------------------------------------------ scales, ties, small sizes


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e15])
@pytest.mark.parametrize("offset", [0.0, 1e3])
@pytest.mark.parametrize("zero", [True, False])
def test_scales_and_offsets_change_the_units_alone(scale: float, offset: float, zero: bool) -> None:
    game = drawn(np.random.default_rng(4), 2, 3, 2, 0.9, zero=zero, sizes=(2, 2))
    moved = StochasticGame([(u + offset) * scale for u in game.payoffs], game.transitions, discount=0.9)
    plain, e = solve(game).equilibria[0], solve(moved).equilibria[0]
    assert all(np.allclose(x, y, atol=1e-8) for x, y in zip(plain.profile, e.profile, strict=True))
    assert e.payoffs["Row"] == pytest.approx((plain.payoffs["Row"] + 10 * offset) * scale, rel=1e-9)


@pytest.mark.parametrize("method", ["shapley", "markov_perfect"])
def test_constant_payoffs_ties_and_doubled_actions(method: str) -> None:
    flat = StochasticGame([np.zeros((2, 2, 3))] * 2, [np.full((2, 3, 2), 0.5)] * 2, discount=0.9)
    assert solve(flat, method=method).equilibria[0].payoffs["Row"] == 0
    A = np.array([[1.0, -1, -1], [-1, 1, 1], [-1, 1, 1]])
    twice = StochasticGame([[A, -A]] * 2, [np.full((3, 3, 2), 0.5)] * 2, discount=0.9)
    e = solve(twice, method=method).equilibria[0]
    assert e.payoffs["Row"] == pytest.approx(0, abs=1e-9)
    alone = StochasticGame([[[[2]], [[-2]]]], [[[[1]]]], discount=0.5)
    assert solve(alone, method=method).equilibria[0].payoffs["Row"] == pytest.approx(4)


def test_states_may_differ_in_their_actions() -> None:
    e = solve(neighbours()).equilibria[0]
    assert list(e.strategies["A"]) == ["peace", "crisis", "war"]
    assert list(e.strategies["A"]["crisis"]) == ["yield", "stand"]
    assert e.values["A"]["war"] == pytest.approx(-50)
    assert e.payoffs["A"] == pytest.approx(e.values["A"]["peace"])
    assert e.outcomes == {}


# ------------------------------------------------------------------ the certificate


def test_the_certificate_sees_a_wrong_strategy_and_by_how_much() -> None:
    game = neighbours()
    good = list(solve(game).equilibria[0].profile)
    for k in (0, 1, 3, 4):
        bad = list(good)
        bad[k] = bad[k][::-1]
        check = stochastic_certificate(game, bad)
        assert check.regret == pytest.approx(gains(game, by_player(game, bad)), rel=1e-9)
        assert check.regret > 0.01
        assert np.allclose(check.values, worth(game, by_player(game, bad)), atol=1e-9)


def test_what_does_not_pass_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    right = shapley.stationary_pair

    def wrong(*args: Any) -> Any:
        x, y = right(*args)
        return [s[::-1] for s in x], y

    monkeypatch.setattr(shapley, "stationary_pair", wrong)
    game = drawn(np.random.default_rng(0), 2, 2, 2, 0.9, zero=True, sizes=(2, 2))
    answer = solve(game)
    assert (answer.count, answer.status, answer.complete) == (0, Status.NOT_CERTIFIED, False)


# ------------------------------------------------------------------ the record, the table, the errors


def test_the_record_is_frozen_equal_by_value_and_pickles() -> None:
    game = neighbours()
    assert game == neighbours()
    assert game != neighbours(discount=0.8)
    again = pickle.loads(pickle.dumps(game))
    assert again == game
    assert not again.payoffs[0].flags.writeable
    with pytest.raises(AttributeError):
        game.discount = 0.5  # type: ignore[misc]
    assert game.stage("crisis") == NormalForm(
        game.payoffs[1], players=("A", "B"), actions=[["yield", "stand"], ["yield", "stand"]]
    )
    assert game.shape == ()
    assert game.over(2).states[-1] == "end"
    by_arrays = StochasticGame(
        game.payoffs, game.transitions, discount=0.9, players=("A", "B"), states=game.states, actions=game.actions
    )
    assert by_arrays == game


def test_names_and_mappings_of_payoffs_and_one_player() -> None:
    game = StochasticGame.from_states(
        {
            "well": {"use": ({"Ann": 2}, {"well": 0.5, "broken": 0.5}), "spare": ({"Ann": 1}, "well")},
            "broken": {"mend": ({"Ann": -1}, "well"), "leave": ({"Ann": 0}, "broken")},
        },
        discount=0.9,
        players=["Ann"],
    )
    answer = solve(game)
    assert answer.method == "markov_perfect"
    # Using and mending: w = 2 + .45 w + .45 b, b = -1 + .9 w; sparing is worth 10.
    w = (2 - 0.45) / (1 - 0.45 - 0.45 * 0.9)
    assert answer.equilibria[0].values["Ann"]["well"] == pytest.approx(max(w, 10))


def test_a_solution_converts_to_a_dataset_and_a_frame() -> None:
    answer = solve(neighbours())
    data = answer.to_dataset()
    assert data["move_infoset"].values.tolist()[:3] == ["peace", "peace", "crisis"]
    assert data["probability"].shape == (1, 10)
    assert "A: crisis: stand" in answer.to_dataframe().columns
    assert "markov_perfect" in repr(answer)
    assert {"shapley", "markov_perfect"} <= {m.name for m in decide.methods()}


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"discount": 1.0}, GameError, r"discount is 1.0; expected a number from 0 to below 1"),
        ({"discount": -0.1}, GameError, "discount is -0.1"),
        ({"discount": float("nan")}, GameError, "discount is nan"),
        ({"discount": [0.1, 1.2]}, GameError, r"discount is 1.2 in 1 of 2 games; expected 0 to below 1"),
        ({"discount": [0.1, float("nan")]}, GameError, "discount is nan in 1 of 2 games"),
        ({"discount": "soon"}, GameError, "discount is 'soon'; expected a number"),
    ],
)
def test_a_wrong_discount_is_named(change: Any, error: Any, says: str) -> None:
    with pytest.raises(error, match=says):
        neighbours(**change)


@pytest.mark.parametrize(
    ("states", "error", "says"),
    [
        ({}, GameError, "expected a mapping with a table"),
        ({"a": {}}, GameError, "state 'a' is {}"),
        ({"a": {("x", "y"): ((1, 2), "b")}}, UnknownNameError, r"no state \(after \('x', 'y'\) in 'a'\) 'b'"),
        ({"a": {("x", "y"): (1, 2)}}, GameError, "expected a pair"),
        ({"a": {("x", "y"): ((1, 2), {"a": 0.9})}}, ProbabilityError, "'a' at .* sum to 0.9; expected 1"),
        ({"a": {("x", "y"): ((1, 2), {"a": 1.5})}}, ProbabilityError, "'a' is 1.5; expected 0 to 1"),
        ({"a": {("x", "y"): ((1, 2), {"a": float("nan")})}}, ProbabilityError, "is nan"),
        ({"a": {("x", "y"): ((1, float("inf")), "a")}}, PayoffError, "in state 'a': payoff of Column.* inf"),
        ({"a": {("x", "y"): ((1, 2, 3), "a")}}, PayoffError, r"in state 'a': payoffs at \(x, y\)"),
        (
            {"a": {("x", "y"): ((1, 2), "a"), ("z", "w"): ((1, 2), "a")}},
            PayoffError,
            r"in state 'a': profile \(x, w\) has no payoffs",
        ),
        ({"a": {("x", "y"): (([1, 2], [1, 2, 3]), "a")}}, PayoffError, "in state 'a': payoffs have shapes"),
        (
            {"a": {("x", "y"): (([1, 2], 2), {"a": [0.5] * 3, "b": [0.5] * 3})}, "b": (0, 0)},
            GameError,
            r"have batches \[.*\(2,\), \(3,\)\]; expected one batch",
        ),
        (
            {"a": {("x", "y"): ((1, 2), {"a": [1, 0], "b": [0, 1, 1]})}, "b": (0, 0)},
            ProbabilityError,
            "expected one batch",
        ),
        ({"a": {("x", "y"): ((1, 2), {"a": [1, 0.5], "b": 0})}, "b": (0, 0)}, ProbabilityError, "sum to 0.5"),
        ({"a": {("x", "y"): ((1, 2), "a")}, "b": {("x",): ((1,), "a")}}, GameError, "'b' has 1 players; expected 2"),
    ],
)
def test_wrong_states_are_named(states: Any, error: Any, says: str) -> None:
    with pytest.raises(error, match=says):
        StochasticGame.from_states(states, discount=0.5)


def test_wrong_arrays_are_named() -> None:
    good = {"payoffs": [np.zeros((2, 1, 1))], "transitions": [np.ones((1, 1, 1))], "discount": 0.5}
    for change, error, says in [
        ({"payoffs": []}, GameError, "0 states"),
        ({"transitions": []}, GameError, "given for 0 states; expected 1"),
        ({"transitions": [np.ones((1, 1, 2))]}, ProbabilityError, r"shape \(1, 1, 2\); expected \(1, 1, 1\)"),
        ({"states": ["a", "b"]}, GameError, "2 states are named; expected 1"),
        ({"states": [""]}, GameError, "state's name is ''"),
        ({"payoffs": [np.zeros((2, 1, 1))] * 2, "transitions": [np.zeros((1, 1, 2))] * 2, "states": ["a", "a"]},
         GameError, "'a' is named twice"),
        ({"actions": [[["a"], ["b", "c"]]]}, GameError, r"in state '0': actions have sizes \(1, 2\)"),
    ]:  # fmt: skip
        with pytest.raises(error, match=says):
            StochasticGame(**(good | change))
    with pytest.raises(UnknownNameError, match="no state 'war'"):
        StochasticGame(**good).stage("war")


def test_methods_take_what_they_say() -> None:
    game = neighbours()
    with pytest.raises(SolveError, match=r"shapley does not take this game: it takes zero-sum games.*by up to"):
        solve(game, method="shapley")
    with pytest.raises(SolveError, match="it takes two players; this game has 3"):
        solve(drawn(np.random.default_rng(0), 3, 2, 2, 0.5), method="shapley")
    for method in ("nash", "pure", "zero_sum", "backward_induction", "correlated", "logit"):
        with pytest.raises(SolveError, match="does not take this game"):
            solve(game, method=method)
    for method in ("shapley", "markov_perfect"):
        with pytest.raises(SolveError, match="it takes a StochasticGame"):
            solve(NormalForm.zero_sum([[1, 2]]), method=method)
    with pytest.raises(GameError, match="horizon is 0; expected a whole number"):
        solve(game, horizon=0)
    with pytest.raises(GameError, match="horizon is 100000"):
        solve(game, horizon=100_000)
    with pytest.raises(SolveError, match="takes no option 'exact'"):
        solve(game, exact=True)
    with pytest.raises(SolveError, match="up to 600 actions"):
        solve(StochasticGame([np.zeros((1, 601))], [np.ones((601, 1))], discount=0.5))
