"""Dominated actions and their elimination, held against the literature and against beliefs found in fractions."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from decide import (
    NormalForm,
    dominated,
    errors,
    iterated_dominance,
    rationalizable,
    solve,
)
from decide.solvers import dominance
from decide.solvers.simplex import simplex
from strategies import normal_forms, two_players

FEW = settings(max_examples=40, deadline=None)
KINDS = ("strict", "weak", "very_weak")
PRISONERS = NormalForm.from_table({("C", "C"): (3, 3), ("C", "D"): (0, 5), ("D", "C"): (5, 0), ("D", "D"): (1, 1)})


def names(found: Any) -> set[tuple[str, str]]:
    return {(d.player, d.action) for d in found}


def alone(*rows: Sequence[Any]) -> NormalForm:
    """A game in which only Row's payoffs matter."""
    return NormalForm.bimatrix([list(row) for row in rows], [[0] * len(rows[0])] * len(rows))


def of_row(game: NormalForm, **options: Any) -> dict[str, Any]:
    return {d.action: d for d in dominated(game, **options) if d.player == "Row"}


# ------------------------------------------------------------------ the literature


def test_the_prisoners_dilemma() -> None:
    for kind, by in itertools.product(KINDS, ("mixed", "pure")):
        found = dominated(PRISONERS, kind=kind, by=by)
        assert [(d.player, d.action, d.by) for d in found] == [("Row", "C", {"D": 1.0}), ("Column", "C", {"D": 1.0})]
        assert [d.margin for d in found] == [1.0 if kind == "strict" else 3.0] * 2
        reduction = iterated_dominance(PRISONERS, kind=kind, by=by)
        assert reduction.game == NormalForm([[[1]], [[1]]], actions=[["D"], ["D"]])
        assert [(r.round, r.player, r.action, r.by) for r in reduction.removed] == [
            (1, "Row", "C", {"D": 1.0}),
            (1, "Column", "C", {"D": 1.0}),
        ]
    assert rationalizable(PRISONERS) == {"Row": ("D",), "Column": ("D",)}


def test_dominated_by_a_mixture_only() -> None:
    """Fudenberg & Tirole 1991, figure 1.3: neither of two actions is better than the third, half and half is."""
    game = NormalForm.bimatrix([[2, -1], [-1, 2], [0, 0]], [[0, 0]] * 3, actions=[["U", "M", "D"], ["L", "R"]])
    (found,) = dominated(game)
    assert (found.player, found.action, found.by, found.margin) == ("Row", "D", {"U": 0.5, "M": 0.5}, 0.5)
    assert dominated(game, by="pure") == ()
    assert iterated_dominance(game).game.actions == (("U", "M"), ("L", "R"))


def test_bernheims_example() -> None:
    """Bernheim 1984, figure 2 (Osborne & Rubinstein 1994, figure 57.1): b4 goes by half b1 and half b3, then a4."""
    A = [[0, 2, 7, 0], [5, 3, 5, 0], [7, 2, 0, 0], [0, 0, 0, 10]]
    B = [[7, 5, 0, 1], [2, 3, 2, 1], [0, 5, 7, 1], [0, -2, 0, -1]]
    game = NormalForm.bimatrix(A, B, actions=[["a1", "a2", "a3", "a4"], ["b1", "b2", "b3", "b4"]])
    assert rationalizable(game) == {"Row": ("a1", "a2", "a3"), "Column": ("b1", "b2", "b3")}
    assert [(r.round, r.action) for r in iterated_dominance(game).removed] == [(1, "b4"), (2, "a4")]
    assert iterated_dominance(game, by="pure").removed == ()


def test_weak_dominance_depends_on_the_order() -> None:
    """Osborne & Rubinstein 1994, figure 63.1: T first leaves (2, 1), B first (1, 1), both at once both."""

    def part(rows: Sequence[str]) -> NormalForm:
        table = {"T": ((1, 1), (0, 0)), "M": ((1, 1), (2, 1)), "B": ((0, 0), (2, 1))}
        return NormalForm.from_table({(r, c): table[r][k] for r in rows for k, c in enumerate("LR")})

    assert {a for _, a in names(dominated(part("TMB"), kind="weak"))} == {"T", "B"}
    assert iterated_dominance(part("MB"), kind="weak").game.actions == (("M",), ("R",))
    assert iterated_dominance(part("TM"), kind="weak").game.actions == (("M",), ("L",))
    assert iterated_dominance(part("TMB"), kind="weak").game.actions == (("M",), ("L", "R"))
    assert iterated_dominance(part("TMB"), kind="very_weak").game.actions == (("M",), ("L",))


def test_the_guessing_game() -> None:
    """Moulin 1986: guess two thirds of the average; round by round all but the lowest go."""
    guesses = range(0, 9)
    A = [[-abs(3 * x - (x + y)) for y in guesses] for x in guesses]
    game = NormalForm.bimatrix(A, np.transpose(A))
    reduction = iterated_dominance(game)
    assert reduction.game.actions == (("0", "1"), ("0", "1"))  # against 1, both 0 and 1 are off by a third
    assert [r.round for r in reduction.removed] == sorted(r.round for r in reduction.removed)
    assert reduction.removed[-1].round >= 3


def test_three_players_a_belief_may_be_correlated() -> None:
    """Osborne & Rubinstein 1994, figure 58.1: M2 is a best reply to a correlated belief, and to no independent one."""
    boxes = {"M1": [[8, 0], [0, 0]], "M2": [[4, 0], [0, 4]], "M3": [[0, 0], [0, 8]], "M4": [[3, 3], [3, 3]]}
    third = np.moveaxis(np.array(list(boxes.values())), 0, -1)
    u = np.stack([third, third, third])
    game = NormalForm(u, players=("1", "2", "3"), actions=[["U", "D"], ["L", "R"], list(boxes)])
    assert rationalizable(game)["3"] == ("M1", "M2", "M3", "M4")


# ------------------------------------------------------------------ slow and obvious


def vertices(rows: list[list[Fraction]], n: int) -> list[list[Fraction]]:
    """The vertices of the probability vectors q of length n with row . q >= 0 for every row."""
    bounds = rows + [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    found = []
    for tight in itertools.combinations(bounds, n - 1):
        q = reference.solve_linear([*tight, [Fraction(1)] * n], [Fraction(0)] * (n - 1) + [Fraction(1)])
        if q is not None and all(sum(a * b for a, b in zip(row, q, strict=True)) >= 0 for row in bounds):
            found.append(q)
    return found


def obviously(game: NormalForm, player: int, a: int, kind: str) -> bool:
    """By beliefs: strictly dominated is never a best reply, weakly is never one to a belief in everything."""
    table = game.payoffs[player] if game.exact is None else game.exact[player]
    u = [[Fraction(x) for x in row] for row in np.moveaxis(table, player, 0).reshape(table.shape[player], -1)]
    ahead = [[x - y for x, y in zip(row, u[a], strict=True)] for b, row in enumerate(u) if b != a]
    if not ahead:
        return False
    if kind == "very_weak":
        return bool(vertices([list(column) for column in zip(*ahead, strict=True)], len(ahead)))
    beliefs = vertices([[-x for x in row] for row in ahead], len(u[a]))
    if kind == "strict":
        return not beliefs
    return not beliefs or any(not any(q[s] for q in beliefs) for s in range(len(u[a])))


def check_against_beliefs(game: NormalForm) -> None:
    for kind in KINDS:
        found = names(dominated(game, kind=kind))
        for i, player in enumerate(game.players):
            for a, action in enumerate(game.actions[i]):
                assert ((player, action) in found) == obviously(game, i, a, kind), (kind, player, action)


@settings(max_examples=50, deadline=None)
@given(two_players(actions=(1, 4), kinds=("whole", "fine")))
def test_two_players_against_beliefs(game: NormalForm) -> None:
    check_against_beliefs(game)


@FEW
@given(normal_forms(players=(3, 3), actions=(1, 2), kinds=("whole",)))
def test_three_players_against_beliefs(game: NormalForm) -> None:
    check_against_beliefs(game)


@FEW
@given(st.lists(st.fractions(-1, 1, max_denominator=7), min_size=18, max_size=18))
def test_fractions_against_beliefs(payoffs: list[Fraction]) -> None:
    table = np.array(payoffs, dtype=object).reshape(2, 3, 3)
    check_against_beliefs(NormalForm(table))


@FEW
@given(normal_forms(players=(1, 3)), st.sampled_from(KINDS), st.sampled_from(["mixed", "pure"]))
def test_the_witness_is_one(game: NormalForm, kind: str, by: str) -> None:
    for d in dominated(game, kind=kind, by=by):
        i = game.player_index(d.player)
        u = np.moveaxis(game.payoffs[i], i, 0).reshape(game.n_actions[i], -1)
        where = {name: u[k] for k, name in enumerate(game.actions[i])}
        room = 2e-12 * float(np.ptp(u)) if kind == "strict" else 1.001e-9 * float(np.ptp(u))
        assert d.action not in d.by
        assert sum(d.by.values()) == pytest.approx(1, abs=1e-12)
        assert min(d.by.values()) > 0
        assert by == "mixed" or set(d.by.values()) == {1.0}
        ahead = sum(p * where[b] for b, p in d.by.items()) - where[d.action]
        assert ahead.min() >= -room
        expected = ahead.min() if kind == "strict" else max(ahead.sum(), 0)
        assert d.margin == pytest.approx(expected, abs=10 * room)
        assert kind != "strict" or d.margin > 0


# ------------------------------------------------------------------ what must hold in every game


@FEW
@given(normal_forms(players=(1, 3)))
def test_kinds_and_ways_include_each_other(game: NormalForm) -> None:
    for by in ("pure", "mixed"):
        strict, weak, very = (names(dominated(game, kind=k, by=by)) for k in KINDS)
        assert strict <= weak <= very
    for kind in KINDS:
        margins = {(d.player, d.action): d.margin for d in dominated(game, kind=kind)}
        for d in dominated(game, kind=kind, by="pure"):
            slack = 1e-8 * float(np.ptp(game.payoffs[game.player_index(d.player)]))
            assert margins[d.player, d.action] >= d.margin - slack


@FEW
@given(two_players(actions=(1, 4), kinds=("whole", "scaled")))
def test_what_is_strictly_dominated_is_never_played(game: NormalForm) -> None:
    gone = dominated(game)
    left = iterated_dominance(game).game
    for e in solve(game).equilibria:
        assert all(e.strategies[d.player][d.action] <= 1e-9 for d in gone)
        for player, actions in zip(left.players, left.actions, strict=True):
            assert sum(e.strategies[player][a] for a in actions) == pytest.approx(1, abs=1e-9)


@FEW
@given(two_players(actions=(1, 4), kinds=("whole",)))
def test_strict_elimination_keeps_every_nash_equilibrium(game: NormalForm) -> None:
    left = iterated_dominance(game).game
    before = {tuple(sorted((p, a, round(q, 9)) for p in game.players for a, q in e.strategies[p].items() if q > 1e-12))
              for e in solve(game).equilibria}  # fmt: skip
    after = {tuple(sorted((p, a, round(q, 9)) for p in left.players for a, q in e.strategies[p].items() if q > 1e-12))
             for e in solve(left).equilibria}  # fmt: skip
    assert before == after


def without(game: NormalForm, player: str, action: str) -> NormalForm:
    i = game.player_index(player)
    k = game.actions[i].index(action)
    actions = [[a for a in own if (j, a) != (i, action)] for j, own in enumerate(game.actions)]
    return NormalForm(np.delete(game.payoffs, k, axis=i + 1), players=game.players, actions=actions)


@FEW
@given(normal_forms(players=(2, 3), actions=(1, 4), kinds=("whole",)), st.sampled_from(["mixed", "pure"]), st.data())
def test_strict_elimination_does_not_depend_on_the_order(game: NormalForm, by: str, data: Any) -> None:
    left = game
    while found := dominated(left, by=by):
        d = data.draw(st.sampled_from(found))
        left = without(left, d.player, d.action)
    assert left == iterated_dominance(game, by=by).game


@FEW
@given(normal_forms(players=(1, 3)), st.sampled_from(KINDS), st.sampled_from(["mixed", "pure"]))
def test_elimination_ends_where_nothing_is_dominated(game: NormalForm, kind: str, by: str) -> None:
    reduction = iterated_dominance(game, kind=kind, by=by)
    left = [set(actions) for actions in reduction.game.actions]
    assert all(left)
    rounds = [r.round for r in reduction.removed]
    assert rounds == sorted(rounds)
    assert sorted(set(rounds)) == list(range(1, len(set(rounds)) + 1))
    there = {p: set(a) for p, a in zip(game.players, game.actions, strict=True)}
    for number in sorted(set(rounds)):
        batch = [r for r in reduction.removed if r.round == number]
        assert all(set(r.by) <= there[r.player] for r in batch)
        for r in batch:
            there[r.player].remove(r.action)
    assert list(there.values()) == left
    if all(np.array_equal(u, np.round(u)) for u in game.payoffs):  # exact, so that the smaller range changes nothing
        assert dominated(reduction.game, kind=kind, by=by) == ()


@FEW
@given(
    normal_forms(players=(1, 3), kinds=("whole",)),
    st.sampled_from([1e-12, 0.1, 3.0, 1e9]),
    st.sampled_from([0.0, 0.3, 7.0]),
    st.sampled_from(KINDS),
    st.sampled_from(["mixed", "pure"]),
)
def test_scale_and_offset_change_only_the_margin(
    game: NormalForm, scale: float, offset: float, kind: str, by: str
) -> None:
    other = NormalForm(scale * (game.payoffs + offset), players=game.players, actions=game.actions)
    before, after = dominated(game, kind=kind, by=by), dominated(other, kind=kind, by=by)
    assert names(before) == names(after)
    for d, e in zip(before, after, strict=True):
        assert e.margin == pytest.approx(scale * d.margin, rel=1e-6, abs=scale * 1e-6)


# ------------------------------------------------------------------ ties, exact numbers, hard numbers


def test_rounding_is_a_tie() -> None:
    game = alone([0.1 + 0.2, 0.5], [0.3, 0.5])
    assert dominated(game, kind="weak") == ()
    assert set(of_row(game, kind="very_weak")) == {"0", "1"}
    half = alone([0.1, 0.3], [0.3, 0.1], [0.2, 0.2])
    assert of_row(half) == {}
    assert of_row(half, kind="weak") == {}
    assert of_row(half, kind="very_weak")["2"].by == pytest.approx({"0": 0.5, "1": 0.5})


def test_whole_numbers_are_compared_as_they_are() -> None:
    """A catastrophe of 1e12 does not hide a difference of 1."""
    game = alone([3, -(10**12)], [2, -(10**12) - 1])
    assert of_row(game)["1"].margin == 1.0
    mixed = alone([4, 0, -(10**12)], [0, 4, -(10**12)], [1, 1, -(10**12) - 1])
    assert of_row(mixed)["2"].margin == 1.0
    edge = alone([4, 0, -(10**12)], [0, 4, -(10**12)], [2, 2, -(10**12)])
    assert of_row(edge) == {}
    assert of_row(edge, kind="weak") == {}
    assert of_row(edge, kind="very_weak")["2"].by == {"0": 0.5, "1": 0.5}
    assert of_row(edge, kind="very_weak")["2"].margin == 0
    above = alone([4, 0, -(10**12)], [0, 4, -(10**12)], [2, 2, -(10**12) + 1])
    assert of_row(above, kind="very_weak") == {}
    wide = alone([0.5 + 3, -1e12], [0.5 + 2, -1e12])
    assert of_row(wide, kind="weak") == {}  # not whole: within 1e-9 of the range is a tie
    assert len(of_row(wide, kind="very_weak")) == 2


def test_fractions_are_exact() -> None:
    third = Fraction(1, 3)
    game = alone([third, 0, 1], [0, third, 1], [third / 3, 2 * third / 3, 1])
    assert game.exact is not None
    assert of_row(game, kind="weak") == {}
    assert of_row(game, kind="very_weak")["2"].by == pytest.approx({"0": 1 / 3, "1": 2 / 3}, abs=1e-15)
    small = Fraction(1, 10**12)
    better = alone([third, 0, 1 + small], [0, third, 1 + small], [third / 3, 2 * third / 3, 1])
    assert of_row(better) == {}
    assert of_row(better, kind="weak")["2"].margin == pytest.approx(1e-12, rel=1e-9)
    decimals = alone([Decimal("0.3"), Decimal("0.1")], [Decimal("0.3") - Decimal("1e-12"), Decimal("0.1")])
    assert set(of_row(decimals, kind="weak")) == {"1"}
    big = alone([2**60 + 1, 0], [2**60, 0])
    assert dominated(big, kind="weak") == ()  # a range of 2^60 units: ties are within 1e-9 of it
    offset = alone([2**60 + 1, 2**60 + 2], [2**60, 2**60])
    assert of_row(offset)["1"].margin == 1.0


def test_a_program_too_large_for_integers_uses_the_tolerance(monkeypatch: pytest.MonkeyPatch) -> None:
    low = -(10**12)
    game = alone([4, 0, low], [0, 4, low], [3, 2, low])
    assert of_row(game, kind="very_weak") == {}
    monkeypatch.setattr(dominance, "LARGEST_EXACT", 3)
    assert of_row(game, kind="weak") == {}
    assert "2" in of_row(game, kind="very_weak")


def test_of_equals_the_first_stays() -> None:
    same = alone([1, 2], [1, 2], [1, 2])
    assert of_row(same, kind="weak") == {}
    assert all(d.margin == 0 for d in of_row(same, kind="very_weak").values())
    reduction = iterated_dominance(same, kind="very_weak")
    assert reduction.game.actions == (("0",), ("0",))
    assert [(r.player, r.action) for r in reduction.removed] == [("Row", "1"), ("Row", "2"), ("Column", "1")]
    between = NormalForm.bimatrix([[1, 3], [3, 1], [2, 2]], [[0, 1], [1, 0], [0, 0]])
    assert iterated_dominance(between, kind="very_weak", by="pure").game.actions[0] == ("0", "1", "2")
    assert iterated_dominance(between, kind="very_weak").game.actions[0] == ("0", "1")


def test_names_labels_and_exact_payoffs_are_kept() -> None:
    game = NormalForm(
        [[[1, 1], [0, 0], [Fraction(4, 3), 2]], [[0, 1], [0, 1], [0, 1]]],
        players=("me", "you"),
        actions=[["a", "b", "c"], ["x", "y"]],
        outcomes={(p, q): [f"{p}{q}", "any"] for p in "abc" for q in "xy"},
    )
    reduction = iterated_dominance(game)
    left = reduction.game
    assert left.actions == (("c",), ("y",))
    assert left.players == ("me", "you")
    assert left.outcomes == {("c", "y"): ("cy", "any")}
    third = iterated_dominance(game, kind="strict", by="pure")
    assert third.game == left
    some = NormalForm(np.array([[[Fraction(1, 3), 0], [0, 1], [-1, -1]], [[0, 1], [1, 0], [0, 0]]], dtype=object))
    kept = iterated_dominance(some).game
    assert kept.exact is not None
    assert kept.exact[0, 0, 0] == Fraction(1, 3)
    nothing = NormalForm.zero_sum([[1, -1], [-1, 1]])
    assert iterated_dominance(nothing).game is nothing
    assert pickle.loads(pickle.dumps(reduction)) == reduction
    assert dominated(PRISONERS) == dominated(PRISONERS)
    with pytest.raises(AttributeError):
        reduction.game = game  # type: ignore[misc]


@pytest.mark.parametrize("shape", [(1, 1), (2, 1, 4), (2, 4, 1), (3, 1, 1, 1), (1, 5)])
@pytest.mark.parametrize("scale", [0.0, 1e-12, 1e299])
def test_small_flat_and_huge_games(shape: tuple[int, ...], scale: float) -> None:
    table = scale * np.arange(np.prod(shape)).reshape(shape)
    game = NormalForm(table, players=tuple("abc"[: shape[0]]))
    for kind, by in itertools.product(KINDS, ("mixed", "pure")):
        left = iterated_dominance(game, kind=kind, by=by).game
        expected = tuple(n if scale == 0 and kind != "very_weak" else 1 for n in shape[1:])
        assert left.n_actions == expected


@pytest.mark.parametrize("function", [dominated, iterated_dominance, rationalizable])
def test_bad_input_is_named(function: Any) -> None:
    games = NormalForm.stack([PRISONERS] * 3)
    with pytest.raises(errors.SolveError, match=r"batch of shape \(3,\).*index the batch, game\[k\]"):
        function(games)
    assert function(games[1]) == function(PRISONERS)
    with pytest.raises(errors.SolveError, match="a list; expected a NormalForm"):
        function([1, 2])
    if function is not rationalizable:
        with pytest.raises(errors.SolveError, match="kind is 'very weak'; expected 'strict', 'weak' or 'very_weak'"):
            function(PRISONERS, kind="very weak")
        with pytest.raises(errors.SolveError, match="by is 'both'; expected 'mixed' or 'pure'"):
            function(PRISONERS, by="both")


def test_a_program_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import scipy.optimize

    class Failed:
        success, message = False, "out of luck"

    monkeypatch.setattr(scipy.optimize, "linprog", lambda *a, **k: Failed())
    with pytest.raises(errors.SolveError, match="dominated action failed: out of luck"):
        dominated(alone([2, -1], [-1, 2], [0, 0]))


# ------------------------------------------------------------------ the simplex method in integers


def test_beales_example_does_not_go_in_circles() -> None:
    """Beale 1955, all rows times a common denominator; the maximum is 1/20."""
    A = [[25, -6000, -4, 900], [25, -4500, -1, 150], [0, 0, 1, 0]]
    x = simplex(A, [0, 0, 1], [75, -15000, 2, -600])
    assert sum(c * v for c, v in zip([75, -15000, 2, -600], x, strict=True)) == 5
    assert x == [Fraction(1, 25), 0, 1, 0]


@FEW
@given(st.integers(1, 4), st.integers(1, 5), st.data())
def test_the_simplex_method_agrees_with_highs(m: int, n: int, data: Any) -> None:
    from scipy.optimize import linprog

    def draw(k: int, low: int) -> list[int]:
        return data.draw(st.lists(st.integers(low, 5), min_size=k, max_size=k))

    A = [*(draw(n, -5) for _ in range(m)), [1] * n]  # the last row bounds it
    b, c = [*draw(m, 0), 3], draw(n, -5)
    x = simplex(A, b, c)
    assert min(x) >= 0
    assert all(sum(a * v for a, v in zip(row, x, strict=True)) <= bound for row, bound in zip(A, b, strict=True))
    answer = linprog([-v for v in c], A, b)
    assert float(sum(v * w for v, w in zip(c, x, strict=True))) == pytest.approx(-answer.fun, abs=1e-9)


@FEW
@given(two_players(actions=(3, 4), kinds=("whole",)), st.sampled_from(KINDS))
def test_both_ways_of_solving_the_program_agree(game: NormalForm, kind: str) -> None:
    """HiGHS with its tolerance, and integers without one, away from and on the boundary."""
    u = game.payoffs[0] - game.payoffs[0].min()
    shares = dominance.Table(u, 1.0, float(u.max()) or 1.0, exact=False)
    for a in range(len(u)):
        ahead = np.delete(u, a, axis=0) - u[a]
        rough, exact = dominance._mixed(ahead, kind, shares), dominance._exactly(ahead, kind)
        assert (rough is None) == (exact is None)
        if rough is not None and exact is not None:
            assert rough.margin == pytest.approx(exact.margin, abs=1e-8)
