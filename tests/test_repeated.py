"""Repeated games: thresholds, payoff sets and trees, against long play and the literature."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from decide import NormalForm, StochasticGame, critical_discount, folk_theorem, repeat, solve
from decide.errors import GameError, SolveError, TooLargeError, UnknownNameError
from strategies import normal_forms

NAMES = [["C", "D"], ["C", "D"]]


def dilemma(T: float = 5, R: float = 3, P: float = 1, S: float = 0) -> NormalForm:
    A = np.array([[R, S], [T, P]], dtype=float)
    return NormalForm.bimatrix(A, A.T, actions=NAMES)


def against(table: np.ndarray, machine: dict[int, tuple[int, dict[int, int]]], discount: float) -> float:
    """Best payoff (a sum) against a machine: state -> (its action, my action -> next state), by value iteration."""
    v = dict.fromkeys(machine, 0.0)
    for _ in range(int(60 / (1 - discount))):
        v = {
            s: max(table[a, theirs] + discount * v[then[a]] for a in range(len(table)))
            for s, (theirs, then) in machine.items()
        }
    return v[0]


GRIM = {0: (0, {0: 0, 1: 1}), 1: (1, {0: 1, 1: 1})}
TIT_FOR_TAT = {0: (0, {0: 0, 1: 1}), 1: (1, {0: 0, 1: 1})}

payoffs = st.tuples(*[st.integers(-20, 20)] * 4).map(lambda x: tuple(sorted(set(x), reverse=True)))


@given(payoffs)
@settings(max_examples=40, deadline=None)
def test_the_dilemma_follows_the_formulas(drawn: tuple[int, ...]) -> None:
    """Friedman 1971; Axelrod 1984, proposition 2."""
    assume(len(drawn) == 4)
    T, R, P, S = drawn
    game = dilemma(T, R, P, S)
    options: dict[str, Any] = {"punishment": ("D", "D")}
    assert critical_discount(game, ("C", "C"), **options) == pytest.approx((T - R) / (T - P))
    wanted = max((T - R) / (T - P), (T - R) / (R - S))
    found = critical_discount(game, ("C", "C"), strategy="tit_for_tat", **options)
    assert found == (pytest.approx(wanted) if wanted < 1 else math.inf)


@pytest.mark.parametrize(("strategy", "machine"), [("grim", GRIM), ("tit_for_tat", TIT_FOR_TAT)])
def test_just_above_nobody_gains_from_any_plan_and_just_below_somebody_does(strategy: str, machine: Any) -> None:
    for T, R, P, S in [(5, 3, 1, 0), (10, 6, 5, -1), (4, 3, -2, -3)]:
        game = dilemma(T, R, P, S)
        d = critical_discount(game, ("C", "C"), punishment=("D", "D"), strategy=strategy)
        for discount, sustained in [(d + 0.02, True), (d - 0.02, False)]:
            stays = R / (1 - discount)
            assert (against(game.payoffs[0], machine, discount) <= stays + 1e-9) == sustained


def test_axelrods_numbers() -> None:
    """T = 5, R = 3, P = 1, S = 0: tit-for-tat is collectively stable from w = 2/3 (Axelrod 1984)."""
    game = dilemma()
    assert critical_discount(game, ("C", "C"), punishment=("D", "D")) == 0.5
    found = critical_discount(game, ("C", "C"), punishment=("D", "D"), strategy="tit_for_tat")
    assert found == pytest.approx(2 / 3)


def test_each_player_has_its_own_threshold_and_the_largest_counts() -> None:
    game = NormalForm.bimatrix([[3, 0], [5, 1]], [[3, 9], [0, 1]], actions=NAMES)
    assert critical_discount(game, ("C", "C"), punishment=("D", "D")) == pytest.approx((9 - 3) / (9 - 1))


def test_what_is_an_equilibrium_already_needs_no_patience_and_what_pays_too_little_never_holds() -> None:
    game = dilemma()
    assert critical_discount(game, ("D", "D"), punishment=("D", "D")) == 0.0
    assert critical_discount(game, ("C", "D"), punishment=("D", "D")) == math.inf
    level = NormalForm.bimatrix([[1, 0], [5, 1]], [[1, 5], [0, 1]], actions=NAMES)  # R = P: only in the limit
    assert critical_discount(level, ("C", "C"), punishment=("D", "D")) == math.inf


def test_the_punishment_may_be_a_mixed_equilibrium() -> None:
    """Chicken with a dove's payoff 3 and the mixed equilibrium at 2/3: T = 4, R = 3, P = 3 * 2/3 + 1/3."""
    game = NormalForm.bimatrix([[3, 1], [4, 0]], [[3, 4], [1, 0]], actions=NAMES)
    mixed = [e for e in solve(game).equilibria if 0.01 < e.strategies["Row"]["C"] < 0.99]
    P = mixed[0].payoffs["Row"]
    assert critical_discount(game, ("C", "C"), punishment=mixed[0]) == pytest.approx((4 - 3) / (4 - P))


@given(st.sampled_from([1e-12, 1e-3, 1e15]), st.sampled_from([0.0, 7.0, -1e3]))
@settings(max_examples=12, deadline=None)
def test_thresholds_have_no_units(scale: float, offset: float) -> None:
    A = (np.array([[3.0, 0], [5, 1]]) + offset) * scale
    game = NormalForm.bimatrix(A, A.T, actions=NAMES)
    assert critical_discount(game, ("C", "C"), punishment=("D", "D")) == pytest.approx(0.5)
    theorem = folk_theorem(game)
    assert theorem.minmax["Row"] == pytest.approx((1 + offset) * scale)
    assert np.allclose(theorem.rational / scale - offset, [[1, 13 / 3], [1, 1], [13 / 3, 1], [3, 3]])


# ------------------------------------------------------------------ folk theorem


def inside(polygon: np.ndarray, point: np.ndarray, slack: float) -> bool:
    """Whether a point is in a convex polygon, counter-clockwise (or near a segment or a point)."""
    if len(polygon) == 1:
        return bool(np.abs(polygon[0] - point).max() <= slack)
    if len(polygon) == 2:
        a, b = polygon
        t = np.clip((point - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
        return bool(np.abs(a + t * (b - a) - point).max() <= slack)
    edges = np.roll(polygon, -1, axis=0) - polygon
    sides = edges[:, 0] * (point - polygon)[:, 1] - edges[:, 1] * (point - polygon)[:, 0]
    return bool((sides >= -slack).all())


@given(normal_forms(players=(2, 2), actions=(1, 3), kinds=("whole",)), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_payoff_sets_hold_what_they_should_and_no_more(game: NormalForm, seed: int) -> None:
    theorem = folk_theorem(game)
    rng = np.random.default_rng(seed)
    cells = game.payoffs.reshape(2, -1).T
    floors = np.array(list(theorem.minmax.values()))
    assert {tuple(v) for v in theorem.feasible} <= {tuple(c) for c in cells}
    assert len(theorem.rational) >= 1
    for weights in rng.dirichlet(np.full(len(cells), 0.5), size=20):
        point = weights @ cells
        assert inside(theorem.feasible, point, 1e-9)
        if (point >= floors + 1e-6).all():
            assert inside(theorem.rational, point, 1e-6)
    for vertex in theorem.rational:
        assert inside(theorem.feasible, vertex, 1e-6)
        assert (vertex >= floors - 1e-6).all()


@given(normal_forms(players=(2, 2), actions=(1, 3), kinds=("whole",)))
@settings(max_examples=40, deadline=None)
def test_minmax_is_what_the_punishment_leaves_and_no_more_than_any_equilibrium(game: NormalForm) -> None:
    theorem = folk_theorem(game)
    for i, player in enumerate(game.players):
        y = np.array(list(theorem.punishments[player].values()))
        own = np.moveaxis(game.payoffs[i], i, 0)
        assert (own @ y).max() == pytest.approx(theorem.minmax[player], abs=1e-8)
        for other in np.random.default_rng(0).dirichlet(np.ones(own.shape[1]), size=20):
            assert (own @ other).max() >= theorem.minmax[player] - 1e-8
        assert all(e.payoffs[player] >= theorem.minmax[player] - 1e-8 for e in solve(game).equilibria)


def test_matching_pennies_leave_one_point_and_minmax_is_mixed() -> None:
    theorem = folk_theorem(NormalForm.zero_sum([[1, -1], [-1, 1]]))
    assert theorem.minmax["Row"] == pytest.approx(0, abs=1e-12)
    assert theorem.punishments["Row"] == {"0": pytest.approx(0.5), "1": pytest.approx(0.5)}
    assert theorem.feasible.tolist() == [[-1, 1], [1, -1]]
    assert np.allclose(theorem.rational, [[0, 0]], atol=1e-9)


# ------------------------------------------------------------------ the tree


def test_a_dilemma_played_three_times_unravels_and_pays_the_discounted_sum() -> None:
    tree = repeat(dilemma(), 2, discount=0.5)
    assert len(tree.structure.leaves) == 16
    assert tree.infosets["Column"] == tree.infosets["Row"]
    answer = solve(tree, method="nash")
    assert answer.count >= 1
    for e in answer.equilibria:  # every Nash equilibrium of the finite dilemma defects on its path
        assert e.payoffs["Row"] == pytest.approx(1.5)


@pytest.mark.parametrize(("times", "discount"), [(1, 1.0), (2, 0.5), (3, 0.9)])
def test_every_history_pays_its_sum(times: int, discount: float) -> None:
    rng = np.random.default_rng(3)
    game = NormalForm(rng.normal(size=(3, 2, 1, 2)))
    tree = repeat(game, times, discount=discount)
    wanted = []
    for history in itertools.product(np.ndindex(*game.n_actions), repeat=times):
        wanted.append(sum(discount**t * game.payoffs[(slice(None), *one)] for t, one in enumerate(history)))
    assert np.allclose(tree.payoffs, np.array(wanted).T)


def test_a_batch_is_repeated_game_by_game() -> None:
    R = np.array([2.0, 3.0, 4.0])
    batch = NormalForm.from_table(
        {("C", "C"): (R, R), ("C", "D"): (0, 5), ("D", "C"): (5, 0), ("D", "D"): (1, 1)}, players=("Row", "Column")
    )
    trees = repeat(batch, 2)
    assert trees.shape == (3,)
    for k in range(3):
        assert np.array_equal(trees[k].payoffs, repeat(batch[k], 2).payoffs)


def test_once_is_the_game_itself() -> None:
    game = NormalForm.bimatrix([[2, 0], [0, 1]], [[1, 0], [0, 2]])
    assert np.array_equal(repeat(game, 1).to_normal_form().payoffs, game.payoffs)
    assert solve(repeat(game, 1)).count == 3


# ------------------------------------------------------------------ errors


def test_bad_input_is_named() -> None:
    game = dilemma()
    with pytest.raises(SolveError, match=r"punishment is .*Row would deviate .*expected an equilibrium of the stage"):
        critical_discount(game, ("C", "C"), punishment=("C", "C"))
    with pytest.raises(UnknownNameError, match="no action of Column \\(in the target\\) 'E'"):
        critical_discount(game, ("C", "E"), punishment=("D", "D"))
    with pytest.raises(UnknownNameError, match="no strategy 'grin'; did you mean 'grim'"):
        critical_discount(game, ("C", "C"), punishment=("D", "D"), strategy="grin")
    with pytest.raises(SolveError, match="target is 'CC'; expected a profile"):
        critical_discount(game, "CC", punishment=("D", "D"))
    with pytest.raises(SolveError, match="2 x 2 actions"):
        critical_discount(game, ("C", "C"), punishment=("C", "D"), strategy="tit_for_tat")
    with pytest.raises(SolveError, match="expected punishment= as a profile"):
        critical_discount(game, ("C", "C"), punishment=solve(game).equilibria[0], strategy="tit_for_tat")
    with pytest.raises(SolveError, match="expected 2"):
        folk_theorem(NormalForm(np.zeros((3, 2, 2, 2))))
    with pytest.raises(SolveError, match=r"a batch of shape \(4,\)"):
        folk_theorem(NormalForm(np.zeros((4, 2, 2, 2)), players=("a", "b")))
    for wrong in (None, 3):
        with pytest.raises(SolveError, match="expected a NormalForm"):
            folk_theorem(wrong)  # type: ignore[arg-type]
        with pytest.raises(SolveError, match="expected a NormalForm"):
            repeat(wrong, 2)  # type: ignore[arg-type]
    with pytest.raises(TooLargeError, match=r"4 profiles played 9 times make 4\^9 ends; expected at most 50,000"):
        repeat(game, 9)
    for times in (0, 1.5, True):
        with pytest.raises(GameError, match="expected a whole number of rounds"):
            repeat(game, times)  # type: ignore[arg-type]
    for discount in (-0.1, 1.1, math.nan):
        with pytest.raises(GameError, match="expected a number from 0 to 1"):
            repeat(game, 2, discount=discount)


@given(st.lists(payoffs, min_size=1, max_size=4))
@settings(max_examples=20, deadline=None)
def test_thresholds_of_a_batch_are_those_of_its_games(drawn: list[tuple[int, ...]]) -> None:
    assume(all(len(one) == 4 for one in drawn))
    T, R, P, S = np.array(drawn, dtype=float).T
    games = NormalForm.bimatrix([[R, S], [T, P]], [[R, T], [S, P]], actions=NAMES)
    for strategy in ("grim", "tit_for_tat"):
        found = critical_discount(games, ("C", "C"), punishment=("D", "D"), strategy=strategy)
        assert isinstance(found, np.ndarray)
        each = [
            critical_discount(games[k], ("C", "C"), punishment=("D", "D"), strategy=strategy) for k in range(len(drawn))
        ]
        assert found.tolist() == each
    table = games[np.zeros((2, 3), dtype=int)]
    shaped = critical_discount(table, ("C", "C"), punishment=("D", "D"))
    assert np.shape(shaped) == (2, 3)


def test_a_punishment_that_is_no_equilibrium_in_some_games_is_refused() -> None:
    own = np.array([1.0, -1.0])
    games = NormalForm.bimatrix([[3, 0], [5, own]], [[3, 5], [0, own]], actions=NAMES)
    with pytest.raises(SolveError, match="would deviate in 1 of 2 games"):
        critical_discount(games, ("C", "C"), punishment=("D", "D"))


@pytest.mark.parametrize(("strategy", "machine"), [("grim", GRIM), ("tit_for_tat", TIT_FOR_TAT)])
def test_the_thresholds_are_those_of_the_game_against_the_machine(strategy: str, machine: Any) -> None:
    """A stochastic game of one player, whose states are those of the other's machine, solved at both sides."""
    for T, R, P, S in [(5, 3, 1, 0), (10, 6, 5, -1)]:
        least = critical_discount(dilemma(T, R, P, S), ("C", "C"), punishment=("D", "D"), strategy=strategy)
        table = dilemma(T, R, P, S).payoffs[0]
        discount = np.array([least - 1e-3, least + 1e-3])
        game = StochasticGame(
            [table[None, :, theirs] for theirs, _ in machine.values()],
            [np.eye(2)[[then[0], then[1]]] for _, then in machine.values()],
            discount=discount,
        )
        many = solve(game)
        for k, stays in enumerate((False, True)):
            e = many[k].equilibria[0]
            assert e.payoffs["1"] >= R / (1 - discount[k]) - 1e-9
            assert (e.payoffs["1"] <= R / (1 - discount[k]) + 1e-9) == stays
