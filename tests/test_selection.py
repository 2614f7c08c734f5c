"""Rules of selection, held against textbook games and against the slow way: row by row, in plain Python."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, Status, errors, select, solve
from decide import refinements as tests_of
from decide.certify import normal_certificate
from decide.points import Points
from decide.refinements import is_strict
from decide.solvers.selection import FOR_PLAYER, RULES, pick
from strategies import normal_forms, two_players

FEW = settings(max_examples=40, deadline=None)

STAG = NormalForm.bimatrix([[9, 0], [8, 7]], [[9, 8], [0, 7]])
BATTLE = NormalForm.bimatrix([[2, 0], [0, 1]], [[1, 0], [0, 2]])
PENNIES = NormalForm.zero_sum([[1, -1], [-1, 1]])
DILEMMA = NormalForm.bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
SELTEN = NormalForm.bimatrix([[1, 0], [0, 0]], [[1, 0], [0, 0]])
CHICKEN = NormalForm.bimatrix([[0, -1], [1, -10]], [[0, 1], [-1, -10]])


def chosen(game: NormalForm, rule: Any, **options: Any) -> Any:
    """The profile chosen, as lists, or the status where there is none."""
    answer = select(solve(game, method="nash"), rule, **options)
    if answer.status is not Status.SOLVED:
        assert answer.equilibria == ()
        return answer.status
    (e,) = answer.equilibria
    return [x.round(9).tolist() for x in e.profile]


FIRST, SECOND = [[1, 0], [1, 0]], [[0, 1], [0, 1]]
NONE = Status.NO_SELECTION


@pytest.mark.parametrize(
    ("rule", "options", "game", "expected"),
    [
        ("payoff_dominant", {}, STAG, FIRST),  # Harsanyi & Selten 1988: the two criteria disagree
        ("risk_dominant", {}, STAG, SECOND),
        ("logit_limit", {}, STAG, SECOND),
        ("maximum_entropy", {}, STAG, [[0.875, 0.125]] * 2),
        ("strict", {}, STAG, NONE),
        ("perfect", {}, STAG, NONE),
        ("undominated", {}, STAG, NONE),
        ("best", {"player": "Row"}, STAG, FIRST),
        ("worst", {"player": "Row"}, STAG, SECOND),
        ("payoff_dominant", {}, BATTLE, NONE),
        ("risk_dominant", {}, BATTLE, NONE),  # the products of losses are equal
        ("best", {"player": "Row"}, BATTLE, FIRST),
        ("best", {"player": "Column"}, BATTLE, SECOND),
        ("worst", {"player": "Row"}, BATTLE, [[2 / 3, 1 / 3], [1 / 3, 2 / 3]]),
        ("payoff_dominant", {}, PENNIES, [[0.5, 0.5]] * 2),  # the only equilibrium
        ("risk_dominant", {}, PENNIES, NONE),  # none is strict: nothing to compare
        ("strict", {}, PENNIES, NONE),
        ("mixed", {}, PENNIES, [[0.5, 0.5]] * 2),
        ("mixed", {}, STAG, [[0.875, 0.125]] * 2),
        ("mixed", {}, DILEMMA, NONE),
        ("perfect", {}, PENNIES, [[0.5, 0.5]] * 2),
        ("logit_limit", {}, PENNIES, [[0.5, 0.5]] * 2),
        ("strict", {}, DILEMMA, SECOND),
        ("risk_dominant", {}, DILEMMA, SECOND),
        ("strict", {}, SELTEN, FIRST),
        ("undominated", {}, SELTEN, FIRST),
        ("perfect", {}, SELTEN, FIRST),
        ("risk_dominant", {}, SELTEN, FIRST),
        ("best", {"player": "Row"}, CHICKEN, [[0, 1], [1, 0]]),
        ("logit_limit", {}, CHICKEN, [[0.9, 0.1]] * 2),  # symmetric, so it stays in the middle
        ("maximum_entropy", {}, CHICKEN, [[0.9, 0.1]] * 2),
    ],
)
def test_textbook_games(rule: str, options: dict[str, Any], game: NormalForm, expected: Any) -> None:
    if isinstance(expected, list):
        expected = [[round(p, 9) for p in x] for x in expected]
    assert chosen(game, rule, **options) == expected


def test_every_rule_is_tested_and_described() -> None:
    assert set(RULES) == {
        "payoff_dominant", "risk_dominant", "best", "worst", "maximum_entropy", "mixed", "strict", "undominated",
        "perfect", "logit_limit",
    }  # fmt: skip
    for rule in RULES.values():
        assert (rule.__doc__ or "").strip().endswith(".")
        assert "\n" not in (rule.__doc__ or "\n")


def test_risk_dominance_of_three_may_cycle() -> None:
    """Each of three strict equilibria risk-dominates the next; without the cycle the first of them wins."""
    game = risky([[9, 5, 1], [1, 9, 5], [5, 1, 9]])
    assert solve(game, method="pure").count == 3
    assert select(solve(game, method="pure"), "risk_dominant").status is NONE
    straight = risky([[9, 5, 5], [1, 9, 5], [1, 1, 9]])
    (e,) = select(solve(straight, method="pure"), "risk_dominant").equilibria
    assert e.profile[0].tolist() == [1, 0, 0]


def risky(A: Any) -> NormalForm:
    """Return a symmetric game; ``A[k][k] - A[j][k]`` is what leaving k for j costs."""
    return NormalForm.bimatrix(A, np.array(A).T)


@pytest.mark.parametrize(("gap", "clear"), [(1e-10, False), (1e-8, True)])
def test_ties_are_within_a_share_of_the_payoff_range(gap: float, clear: bool) -> None:
    for scale in (1.0, 1e-9, 1e12):
        game = NormalForm.bimatrix(np.array([[1 + gap, 0], [0, 1]]) * scale, np.array([[1 + gap, 0], [0, 1]]) * scale)
        both = (
            select(solve(game, method="pure"), "payoff_dominant"),
            select(solve(game, method="pure"), "risk_dominant"),
        )
        for answer in (*both, select(solve(game, method="pure"), "best", player="Row")):
            assert answer.status is (Status.SOLVED if clear else NONE)
            assert answer.count == clear
            assert not clear or answer.equilibria[0].profile[0][0] == 1


def test_no_choice_is_a_status_and_nothing_else_changes() -> None:
    many = solve(NormalForm.stack([STAG, BATTLE, PENNIES]), method="nash")
    answer = select(many, "payoff_dominant")
    assert answer.status.tolist() == [Status.SOLVED, NONE, Status.SOLVED]
    assert answer.count.tolist() == [1, 0, 1]
    assert answer.complete.tolist() == many.complete.tolist()
    assert (answer.method, answer.options, answer.shape, answer.finds) == (
        many.method, many.options, many.shape, many.finds,
    )  # fmt: skip
    assert answer[0].equilibria[0] in many[0].equilibria
    assert many.count.tolist() == [3, 3, 1]
    with pytest.raises(ValueError, match="read-only"):
        answer.status[0] = 1


def test_a_game_without_equilibrium_keeps_its_status() -> None:
    answer = select(solve(NormalForm.stack([PENNIES, STAG]), method="pure"), "payoff_dominant")
    assert answer.status.tolist() == [Status.NO_EQUILIBRIUM, Status.SOLVED]
    assert select(solve(PENNIES, method="pure"), "logit_limit").status is Status.NO_EQUILIBRIUM
    assert select(solve(PENNIES, method="pure"), lambda found: found[0]).status is Status.NO_EQUILIBRIUM


def test_where_the_list_is_not_complete_it_says_so() -> None:
    some = solve(STAG, method="lemke_howson")
    sample = solve(BATTLE, method="support_enumeration")
    assert not select(sample, "best", player="Row").complete
    assert select(some, "payoff_dominant").count == 1


def test_a_function_may_choose() -> None:
    fair = lambda found: min(found, key=lambda e: abs(e.payoffs["Row"] - e.payoffs["Column"]))  # noqa: E731
    assert chosen(BATTLE, fair) == [[round(2 / 3, 9), round(1 / 3, 9)], [round(1 / 3, 9), round(2 / 3, 9)]]
    assert chosen(BATTLE, lambda found: None) is NONE
    many = select(solve(NormalForm.stack([BATTLE] * 4), method="nash")[[0, 2]], lambda found: found[-1])
    assert many.count.tolist() == [1, 1]
    grid = solve(BATTLE.broadcast_to((2, 3)), method="nash")
    assert select(grid, fair).points.owner.tolist() == list(range(6))
    assert select(grid, "best", player="Row").status.shape == (2, 3)
    with pytest.raises(errors.SolveError, match="returned 'first'; expected one of the equilibria given, or None"):
        select(solve(BATTLE, method="nash"), lambda found: "first")  # type: ignore[arg-type,return-value]
    stranger = solve(DILEMMA).equilibria[0]
    with pytest.raises(errors.SolveError, match="expected one of the equilibria given"):
        select(solve(BATTLE, method="nash"), lambda found: stranger)


TREE = ExtensiveForm(
    Chance({
        "a": (0.5, Decision("A", {"x": Outcome({"A": 1, "B": 0}), "y": Outcome({"A": 0, "B": 5})}, infoset="h")),
        "b": (0.5, Decision("A", {"x": Outcome({"A": 1, "B": 0}), "y": Outcome({"A": 0, "B": 5})}, infoset="h")),
    })
)  # fmt: skip


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda s: select(s, "payoff_dominance"), errors.UnknownNameError, "did you mean 'payoff_dominant'"),
        (lambda s: select(s, "best", player="Rw"), errors.UnknownNameError, "did you mean 'Row'"),
        (lambda s: select(s, "best"), errors.SolveError, "needs player=: the name of the player whose payoff counts"),
        (lambda s: select(s, "strict", player="Row"), errors.SolveError, "player 'Row'; expected none"),
        (lambda s: select(s, lambda f: f[0], player="Row"), errors.SolveError, "player 'Row' with a function"),
        (lambda s: select(solve(TREE), "strict"), errors.SolveError, "normal form; this is a tree"),
        (
            lambda s: select(solve(NormalForm(np.zeros((3, 2, 2, 2))), method="pure"), "risk_dominant"),
            errors.SolveError,
            "two players; this game has 3",
        ),
    ],
)
def test_what_makes_no_sense_is_said(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call(solve(BATTLE, method="nash"))


def test_trees_are_chosen_from_by_payoffs() -> None:
    answer = solve(TREE)
    for options in ({"rule": "best", "player": "A"}, {"rule": "payoff_dominant"}, {"rule": "maximum_entropy"}):
        assert select(answer, **options).equilibria == answer.equilibria


# ------------------------------------------------------------------ held against the slow way


def some_points(game: NormalForm, rng: np.random.Generator) -> Points:
    """Pure profiles of the games of a batch, none to five each, some of them twice; not equilibria, mostly."""
    n, n_games = int(rng.integers(0, 5 * game.shape[0] + 1)), game.shape[0]
    owner = np.sort(rng.integers(n_games, size=n))
    strategies = tuple(
        np.where(rng.random((n, 1)) < 0.7, np.eye(m)[rng.integers(m, size=n)], np.full((n, m), 1 / m))
        for m in game.n_actions
    )
    c = normal_certificate(game.entries()[..., owner], strategies)
    return Points(owner, strategies, c.payoffs, c.regret, c.relative, c.regret)


def slow_pick(rule: str, game: NormalForm, points: Points, player: int) -> list[int]:
    """Choose game by game, from the definitions."""
    return [slow_choice(rule, game.payoffs[g], points, np.flatnonzero(points.owner == g), player)
            for g in range(game.shape[0])]  # fmt: skip


def slow_choice(rule: str, table: np.ndarray, points: Points, rows: Any, player: int) -> int:
    profile = {r: tuple(x[r] for x in points.strategies) for r in rows}
    slack = [1e-9 * np.ptp(u) for u in table]
    payoff = points.payoffs

    def entropy(r: int) -> float:
        return -math.fsum(p * math.log(p) for x in profile[r] for p in x if p > 0)

    def at_least(r: int, s: int) -> bool:
        return all(payoff[r, i] >= payoff[s, i] - slack[i] for i in range(len(table)))

    def leave(r: int, s: int, i: int) -> float:
        own, other = ([int(x.argmax()) for x in profile[k]] for k in (r, s))
        moved = [b if j == i else a for j, (a, b) in enumerate(zip(own, other, strict=True))]
        return float(table[i][tuple(own)] - table[i][tuple(moved)]) / np.ptp(table[i])

    def safer(r: int, s: int) -> bool:
        room = 1e-9 * sum(leave(*rs, i) for rs in ((r, s), (s, r)) for i in range(2))
        return leave(r, s, 0) * leave(r, s, 1) > leave(s, r, 0) * leave(s, r, 1) + room

    strict = [r for r in rows if is_strict(table, profile[r])]
    sign = {"best": 1, "worst": -1}.get(rule, 0)
    if rule == "payoff_dominant":
        good = [r for r in rows if all(at_least(r, s) for s in rows)]
    elif rule == "risk_dominant":
        alike = {(r, s) for r, s in itertools.product(strict, strict) if same(profile[r], profile[s])}
        good = [r for r in strict if all((r, s) in alike or safer(r, s) for s in strict)]
    elif sign:
        good = [r for r in rows if all(sign * (payoff[r, player] - payoff[s, player]) >= -slack[player] for s in rows)]
    elif rule == "maximum_entropy":
        good = [r for r in rows if all(entropy(r) >= entropy(s) - 1e-9 for s in rows)]
    elif rule == "mixed":
        good = [r for r in rows if any(0 < p < 1 for x in profile[r] for p in x)]
    else:
        answers = {r: getattr(tests_of, f"is_{rule}")(table, profile[r]) for r in rows}
        good = [] if None in answers.values() else [r for r in rows if answers[r]]
    return int(good[0]) if good and all(same(profile[good[0]], profile[r]) for r in good) else -1


def same(a: Any, b: Any) -> bool:
    return all(np.allclose(x, y, rtol=0, atol=1e-9) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"logit_limit", "risk_dominant"}))
@FEW
@given(normal_forms(batch=(4,), players=(2, 3), actions=(1, 3)), st.integers(0, 10**6))
def test_rules_are_their_definitions(rule: str, game: NormalForm, seed: int) -> None:
    points = some_points(game, np.random.default_rng(seed))
    player = 1 if rule in FOR_PLAYER else None
    found = pick(rule, game.entries(), points, 4, player=player)
    assert found.tolist() == slow_pick(rule, game, points, 1)


@FEW
@given(two_players(actions=(1, 4), batch=(3,)))
def test_risk_dominance_is_its_definition(game: NormalForm) -> None:
    points = solve(game, method="pure").points
    assert pick("risk_dominant", game.entries(), points, 3).tolist() == slow_pick("risk_dominant", game, points, 0)


@settings(max_examples=15, deadline=None)
@given(two_players(actions=(2, 2), kinds=("fine",)), st.sampled_from([1e-9, 1e-3, 1e6, 1e12]))
def test_choices_do_not_depend_on_units_or_on_the_order_of_actions(game: NormalForm, scale: float) -> None:
    turned = NormalForm(game.payoffs[:, ::-1] * scale, players=game.players, actions=game.actions)
    for rule in RULES:
        options = {"player": "Ann"} if rule in FOR_PLAYER else {}
        here, there = chosen(game, rule, **options), chosen(turned, rule, **options)
        if isinstance(here, list):
            here[0] = here[0][::-1]
        assert np.allclose(here, there, atol=1e-8) if isinstance(here, list) else here is there


@FEW
@given(two_players(actions=(2, 2), kinds=("fine", "whole"), batch=(3,)))
def test_of_two_strict_equilibria_risk_dominance_is_harsanyi_and_selten(game: NormalForm) -> None:
    """Written out for 2 x 2: (u11 - u21)(v11 - v12) against (u22 - u12)(v22 - v21)."""
    found = select(solve(game, method="nash"), "risk_dominant")
    for k, (u, v) in enumerate(game.payoffs):
        first = ((u[0, 0] - u[1, 0]), (v[0, 0] - v[0, 1]))
        second = ((u[1, 1] - u[0, 1]), (v[1, 1] - v[1, 0]))
        if min(*first, *second) > 0 and not math.isclose(math.prod(first), math.prod(second), rel_tol=1e-6):
            (e,) = found[k].equilibria
            assert e.profile[0][0] == (math.prod(first) > math.prod(second))


def test_the_end_of_the_logit_branch_must_be_among_those_found() -> None:
    assert select(solve(CHICKEN, method="pure"), "logit_limit").status is NONE
    assert select(solve(STAG, method="pure"), "logit_limit").equilibria[0].payoffs["Row"] == 7
    many = solve(NormalForm.stack([PENNIES, STAG, CHICKEN]), method="pure")
    assert select(many, "logit_limit").status.tolist() == [Status.NO_EQUILIBRIUM, Status.SOLVED, NONE]


@pytest.mark.parametrize("rule", sorted(RULES))
def test_no_games_and_no_equilibria(rule: str) -> None:
    options = {"player": "Row"} if rule in FOR_PLAYER else {}
    empty = solve(PENNIES.broadcast_to((3,)), method="pure")
    assert select(empty, rule, **options).status.tolist() == [Status.NO_EQUILIBRIUM] * 3
    none = solve(PENNIES.broadcast_to((0,)), method="pure")
    assert select(none, rule, **options).status.shape == (0,)
