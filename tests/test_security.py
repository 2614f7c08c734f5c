"""Maximin and minimax loss: textbooks, zero-sum games, exact reasoning on small tables, and what theory promises."""

from __future__ import annotations

import copy
import itertools
import pickle
from dataclasses import FrozenInstanceError
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decide import ExtensiveForm, NormalForm, Outcome, Security, errors, maximin, minimax_loss, solve
from decide.solvers import security as module
from strategies import SCALES, normal_forms, two_players

SOME = settings(max_examples=50, deadline=None)
FINE = ("whole", "fine")
RULES = [maximin, minimax_loss]


def own_table(game: NormalForm, player: str) -> list[list[float]]:
    """A player's payoffs, a row an action, a column a profile of the others."""
    i = game.player_index(player)
    rows = []
    for k in range(game.n_actions[i]):
        others = itertools.product(*(range(n) for j, n in enumerate(game.n_actions) if j != i))
        rows.append([float(game.payoffs[(i, *o[:i], k, *o[i:])]) for o in others])
    return rows


def losses(table: list[list[float]]) -> list[list[float]]:
    best = [max(column) for column in zip(*table, strict=True)]
    return [[b - u for b, u in zip(best, row, strict=True)] for row in table]


def row_game(A: Any) -> NormalForm:
    return NormalForm.bimatrix(A, np.zeros(np.shape(A)))


# ------------------------------------------------------------------ textbooks


def test_savage_s_table() -> None:
    """Where maximin and minimax loss part (Savage 1951; the table is that of Luce & Raiffa 1957, 13.2)."""
    game = row_game([[0, 100], [1, 1]])
    assert maximin(game, "Row", mixed=False).strategy == {"0": 0, "1": 1}
    assert maximin(game, "Row", mixed=False).value == 1
    loss = minimax_loss(game, "Row", mixed=False)
    assert loss.strategy == {"0": 1, "1": 0}
    assert loss.value == 1
    assert minimax_loss(game, "Row").value == pytest.approx(99 / 100)


def test_savage_s_omelette() -> None:
    """Savage 1954: a sixth egg, perhaps rotten; broken into the bowl, into a saucer, or thrown away."""
    game = row_game([[6, 0], [6, 5], [5, 5]])
    for rule, value in ((maximin, 5), (minimax_loss, 0)):
        answer = rule(game, "Row", mixed=False)
        assert answer.strategy["1"] == 1
        assert answer.value == value
        assert rule(game, "Row").value == pytest.approx(value)


def test_minimax_loss_depends_on_what_is_not_chosen() -> None:
    """An action nobody takes turns the choice between two others (Chernoff 1954)."""
    game = row_game([[0, 10, 4], [5, 2, 10]])
    assert minimax_loss(game, "Row", mixed=False).strategy["0"] == 1
    wider = row_game([[0, 10, 4], [5, 2, 10], [10, 5, 1]])
    assert minimax_loss(wider, "Row", mixed=False).strategy == {"0": 0, "1": 1, "2": 0}


def test_matching_pennies_pure_and_mixed() -> None:
    game = NormalForm.zero_sum([[1, -1], [-1, 1]])
    assert maximin(game, "Row", mixed=False).value == -1
    mixed = maximin(game, "Column")
    assert mixed.value == pytest.approx(0)
    assert mixed.strategy == {"0": pytest.approx(0.5), "1": pytest.approx(0.5)}
    assert (mixed.player, mixed.rule) == ("Column", "maximin")
    assert minimax_loss(game, "Row").rule == "minimax loss"
    assert minimax_loss(game, "Row").value == pytest.approx(1)


def test_the_others_act_as_one() -> None:
    """They spoil action 0 at (0, 0) and action 1 at (1, 1): together by half and half, alone they leave 3/4."""
    table = np.zeros((3, 2, 2, 2))
    table[0] = [[[0, 1], [1, 1]], [[1, 1], [1, 0]]]
    game = NormalForm(table)
    assert maximin(game, "1").value == pytest.approx(1 / 2)
    assert maximin(game, "1").strategy == {"0": pytest.approx(0.5), "1": pytest.approx(0.5)}
    assert maximin(game, "1", mixed=False).value == 0
    p = np.linspace(0, 1, 101)
    alone = np.maximum(1 - np.outer(p, p), 1 - np.outer(1 - p, 1 - p))
    assert alone.min() == pytest.approx(3 / 4)


# ------------------------------------------------------------------ by hand and by linear programs


@given(normal_forms(kinds=FINE))
@SOME
def test_pure_by_hand(game: NormalForm) -> None:
    for player in game.players:
        table = own_table(game, player)
        floor = [min(row) for row in table]
        answer = maximin(game, player, mixed=False)
        assert answer.value == max(floor)
        assert list(answer.strategy.values()) == [float(k == floor.index(max(floor))) for k in range(len(floor))]
        worst = [max(row) for row in losses(table)]
        answer = minimax_loss(game, player, mixed=False)
        assert answer.value == min(worst)
        assert worst[list(answer.strategy.values()).index(1)] == min(worst)


def exact_two(table: list[list[Fraction]]) -> Fraction:
    """Maximin of a player with two actions: the least of lines is greatest at an end or where two cross."""
    a, b = table
    points = {Fraction(0), Fraction(1)}
    for r, s in itertools.combinations(range(len(a)), 2):
        slope = (a[r] - b[r]) - (a[s] - b[s])
        if slope:
            points.add((b[s] - b[r]) / slope)
    return max(min(p * x + (1 - p) * y for x, y in zip(a, b, strict=True)) for p in points if 0 <= p <= 1)


@given(normal_forms(players=(2, 3), actions=(1, 3), kinds=FINE))
@settings(max_examples=80, deadline=None)
def test_two_actions_against_exact_arithmetic(game: NormalForm) -> None:
    for player, n in zip(game.players, game.n_actions, strict=True):
        if n != 2:
            continue
        table = [[Fraction(x) for x in row] for row in own_table(game, player)]
        room = 1e-12 * max(1.0, float(np.ptp(game.payoffs[game.player_index(player)])))
        assert maximin(game, player).value == pytest.approx(float(exact_two(table)), abs=room)
        best = [max(c) for c in zip(*table, strict=True)]
        loss = [[u - b for b, u in zip(best, row, strict=True)] for row in table]
        assert minimax_loss(game, player).value == pytest.approx(-float(exact_two(loss)), abs=room)


@given(two_players(actions=(1, 4), kinds=FINE))
@SOME
def test_of_a_zero_sum_game_they_are_its_value(game: NormalForm) -> None:
    zero = NormalForm.zero_sum(game.payoffs[0])
    worth = solve(zero, method="zero_sum").equilibria[0].payoffs["Row"]
    room = 1e-9 * max(1.0, float(np.ptp(game.payoffs[0])))
    assert maximin(zero, "Row").value == pytest.approx(worth, abs=room)
    assert maximin(zero, "Column").value == pytest.approx(-worth, abs=room)


@given(two_players(actions=(1, 4), kinds=("whole",)))
@SOME
def test_minimax_loss_is_maximin_of_the_losses(game: NormalForm) -> None:
    player = game.players[0]
    loss = -np.array(losses(own_table(game, player)))
    assert minimax_loss(game, player).value == pytest.approx(-maximin(row_game(loss), "Row").value, abs=1e-9)


def test_the_fast_way_for_two_actions_is_the_program_s(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    games = NormalForm(rng.normal(size=(60, 2, 2, 6)), players=("A", "B"))
    fast = [rule(games, "A") for rule in RULES]
    monkeypatch.setattr(module, "MOST_LINES", 0)
    for rule, other in zip(RULES, fast, strict=True):
        slow = rule(games, "A")
        assert slow.value == pytest.approx(other.value, abs=1e-9)
        assert slow.strategy["0"] == pytest.approx(other.strategy["0"], abs=1e-7)


# ------------------------------------------------------------------ what holds in every game


@given(normal_forms(players=(1, 3), kinds=FINE))
@SOME
def test_mixing_never_hurts_and_values_are_what_the_strategy_gives(game: NormalForm) -> None:
    for player in game.players:
        table = np.array(own_table(game, player))
        room = 1e-9 * max(1.0, float(np.ptp(table)))
        for rule, sign in ((maximin, 1.0), (minimax_loss, -1.0)):
            mixed, pure = rule(game, player), rule(game, player, mixed=False)
            assert sign * mixed.value >= sign * pure.value - room
            for answer in (mixed, pure):
                x = np.array(list(answer.strategy.values()))
                assert x.min() >= 0
                assert x.sum() == pytest.approx(1, abs=1e-12)
                given_to = x @ table if rule is maximin else x @ np.array(losses(table.tolist()))
                assert answer.value == pytest.approx(given_to.min() if sign > 0 else given_to.max(), abs=room)


@given(two_players(actions=(1, 3), kinds=FINE))
@SOME
def test_no_equilibrium_gives_less_than_maximin(game: NormalForm) -> None:
    for player, u in zip(game.players, game.payoffs, strict=True):
        for e in solve(game).equilibria:
            assert e.payoffs[player] >= maximin(game, player).value - 1e-8 * float(np.ptp(u))


@given(normal_forms(players=(1, 3), kinds=("whole",)), st.sampled_from(SCALES), st.sampled_from([0.0, -7.0, 1000.0]))
@SOME
def test_units_do_not_matter(game: NormalForm, scale: float, offset: float) -> None:
    other = NormalForm((game.payoffs + offset) * scale, players=game.players, actions=game.actions)
    for player in game.players:
        for mixed in (True, False):
            one, two = maximin(game, player, mixed=mixed), maximin(other, player, mixed=mixed)
            assert two.value == pytest.approx((one.value + offset) * scale, rel=1e-9, abs=1e-9 * scale)
            one, two = minimax_loss(game, player, mixed=mixed), minimax_loss(other, player, mixed=mixed)
            assert two.value == pytest.approx(one.value * scale, rel=1e-9, abs=1e-9 * scale)


@given(normal_forms(players=(1, 3), batch=(2, 3), kinds=FINE), st.booleans())
@SOME
def test_a_batch_is_its_games(game: NormalForm, mixed: bool) -> None:
    for rule in RULES:
        many = rule(game, game.players[-1], mixed=mixed)
        assert many.value.shape == (2, 3)
        for k in np.ndindex(2, 3):
            one = rule(game[k], game.players[-1], mixed=mixed)
            assert many.value[k] == one.value
            assert {a: float(p[k]) for a, p in many.strategy.items()} == one.strategy


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1.0, 1e15, 1e299])
def test_huge_and_tiny_payoffs(scale: float) -> None:
    game = row_game(np.array([[3.0, 0.0], [1.0, 2.0]]) * scale)
    assert maximin(game, "Row").value / scale == pytest.approx(1.5)
    assert maximin(game, "Row").strategy["0"] == pytest.approx(0.25)


def test_constant_payoffs_and_single_actions() -> None:
    for A in ([[7, 7], [7, 7]], [[7]], [[7, 7]], [[7], [7]]):
        game = row_game(A)
        assert maximin(game, "Row").value == 7
        assert minimax_loss(game, "Row").value == 0
        assert sum(maximin(game, "Row").strategy.values()) == 1


# ------------------------------------------------------------------ the front


def test_the_answer_is_frozen_and_equal_by_value() -> None:
    batch = NormalForm(np.random.default_rng(0).normal(size=(4, 2, 3, 2)), players=("A", "B"))
    one, two = maximin(batch, "A"), maximin(batch, "A")
    assert one == two
    assert one != maximin(batch, "B")
    assert pickle.loads(pickle.dumps(one)) == one == copy.deepcopy(one)
    assert isinstance(one, Security)
    with pytest.raises(FrozenInstanceError):
        one.value = 0  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        one.value[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        one.strategy["0"][0] = 0


@pytest.mark.parametrize("rule", RULES)
def test_what_is_refused(rule: Any) -> None:
    game = row_game([[1, 2]])
    with pytest.raises(errors.UnknownNameError, match="no player 'row'; did you mean 'Row'"):
        rule(game, "row")
    with pytest.raises(errors.SolveError, match="mixed is 1; expected True or False"):
        rule(game, "Row", mixed=1)
    assert rule(ExtensiveForm(Outcome({"A": 1})), "A").strategy == {"no move": 1.0}
    with pytest.raises(errors.SolveError, match="the game is 3, a int; expected a NormalForm"):
        rule(3, "A")


def test_an_empty_batch() -> None:
    game = NormalForm(np.zeros((0, 2, 2, 2)), players=("A", "B"))
    for rule, mixed in itertools.product(RULES, (True, False)):
        assert rule(game, "A", mixed=mixed).value.shape == (0,)
