"""Every method, held against an independent solution, against the literature, and against what it promises."""

from __future__ import annotations

import itertools
import math
import pickle
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import reference
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, Solution, Status, errors, methods, solve
from decide import solvers as rooms
from decide.solvers import METHODS
from strategies import SCALES, End, Luck, Turn, normal_forms, rewrite, sketches, tree, two_players, write

ALL = ("support_enumeration", "vertex_enumeration", "lemke_howson")
ONE_GAME = settings(max_examples=50, deadline=None)
INF = float("inf")


def tables_of(game: NormalForm) -> list[Any]:
    return reference.lists(game.payoffs)


def agree(value: float, expected: float, room: float) -> bool:
    return abs(value - expected) <= room


def alike(found: Mapping[Any, float], expected: Mapping[Any, float], room: float = 1e-12) -> bool:
    """Whether two mappings have the same keys and nearly the same numbers."""
    return found.keys() == expected.keys() and all(abs(found[k] - v) <= room for k, v in expected.items())


def close(a: Iterable[Any], b: Iterable[Any], tolerance: float = 1e-12) -> bool:
    """Whether two profiles of probability vectors are the same."""
    return all(np.allclose(x, y, rtol=0, atol=tolerance) for x, y in zip(a, b, strict=True))


def same_sets(found: Iterable[Any], expected: Iterable[Any], tolerance: float = 1e-12) -> bool:
    """Whether two collections hold the same profiles, once each."""
    found, left = list(found), list(expected)
    if len(found) != len(left):
        return False
    for point in found:
        twin = next((k for k, other in enumerate(left) if close(point, other, tolerance)), None)
        if twin is None:
            return False
        left.pop(twin)
    return True


def profiles_of(solution: Solution) -> list[Any]:
    return [e.profile for e in solution.equilibria]


def slack(payoffs: Any) -> float:
    """Return 1e-12 of a payoff range, and what the last bits of the payoffs themselves may add."""
    return 1e-12 * float(np.ptp(payoffs)) + 4e-15 * float(np.abs(payoffs).max())


def check_against_the_reference(game: NormalForm, solution: Solution) -> None:
    """Whatever a method returns is an equilibrium, once, with the payoffs and the regret it says."""
    tables = tables_of(game)
    room = [slack(own) for own in game.payoffs]
    for e in solution.equilibria:
        mixed = [x.tolist() for x in e.profile]
        assert all(min(x) >= 0 and math.isclose(math.fsum(x), 1, abs_tol=1e-12) for x in mixed)
        regrets = reference.table_regrets(tables, mixed)
        assert all(r <= 1e-9 * np.ptp(own) + s for r, own, s in zip(regrets, game.payoffs, room, strict=True))
        assert e.residual == e.regret
        assert abs(e.regret - max(regrets)) <= max(room)
        for player, table, s in zip(game.players, tables, room, strict=True):
            assert abs(e.payoffs[player] - reference.expected_payoff(table, tables, mixed)) <= s
    for e, f in itertools.combinations(solution.equilibria, 2):
        assert not close(e.profile, f.profile, 1e-9)


# ------------------------------------------------------------------ tables from the literature


@dataclass(frozen=True)
class Known:
    """A game with all its equilibria, and where they are written."""

    name: str
    game: NormalForm
    equilibria: tuple[Any, ...]
    source: str

    def pure(self) -> list[Any]:
        return [e for e in self.equilibria if all(max(x) == 1 for x in e)]


def known(name: str, A: Any, B: Any, equilibria: Any, source: str) -> Known:
    return Known(name, NormalForm.bimatrix(A, B), tuple(equilibria), source)


LITERATURE = [
    known(
        "prisoner's dilemma",
        [[3, 0], [5, 1]],
        [[3, 5], [0, 1]],
        [((0, 1), (0, 1))],
        "Tucker 1950; Luce & Raiffa 1957, 5.4",
    ),
    known(
        "chicken",
        [[0, -1], [1, -10]],
        [[0, 1], [-1, -10]],
        [((1, 0), (0, 1)), ((0, 1), (1, 0)), ((0.9, 0.1), (0.9, 0.1))],
        "Rapoport & Chammah 1966",
    ),
    known(
        "battle of the sexes",
        [[2, 0], [0, 1]],
        [[1, 0], [0, 2]],
        [((1, 0), (1, 0)), ((0, 1), (0, 1)), ((2 / 3, 1 / 3), (1 / 3, 2 / 3))],
        "Luce & Raiffa 1957, 5.3",
    ),
    known(
        "matching pennies",
        [[1, -1], [-1, 1]],
        [[-1, 1], [1, -1]],
        [((0.5, 0.5), (0.5, 0.5))],
        "von Neumann & Morgenstern 1944, 14.7",
    ),
    known(
        "rock, paper, scissors",
        [[0, -1, 1], [1, 0, -1], [-1, 1, 0]],
        [[0, 1, -1], [-1, 0, 1], [1, -1, 0]],
        [((1 / 3,) * 3, (1 / 3,) * 3)],
        "von Neumann & Morgenstern 1944, 14.7",
    ),
    known(
        "stag hunt",
        [[4, 0], [3, 3]],
        [[4, 3], [0, 3]],
        [((1, 0), (1, 0)), ((0, 1), (0, 1)), ((0.75, 0.25), (0.75, 0.25))],
        "Rousseau 1755; Skyrms 2004",
    ),
    known(
        "three by two",
        [[3, 3], [2, 5], [0, 6]],
        [[3, 2], [2, 6], [3, 1]],
        [((1, 0, 0), (1, 0)), ((0.8, 0.2, 0), (2 / 3, 1 / 3)), ((0, 1 / 3, 2 / 3), (1 / 3, 2 / 3))],
        "von Stengel 2007, example 3.3",
    ),
    known(
        "inspection",
        [[0, -10], [-1, -6]],
        [[0, 10], [0, -90]],
        [((0.9, 0.1), (0.8, 0.2))],
        "Dresher 1962; numbers of von Stengel 2021, figure 6.2",
    ),
]
IDS = [k.name for k in LITERATURE]


@pytest.mark.parametrize("case", LITERATURE, ids=IDS)
@pytest.mark.parametrize("scale", [1.0, *SCALES])
def test_nash_finds_what_the_literature_says_at_every_scale(case: Known, scale: float) -> None:
    game = NormalForm(case.game.payoffs * np.array([scale, 1.0]).reshape(2, 1, 1))
    answer = solve(game)
    assert answer.method == "nash"
    assert (answer.finds, answer.complete, answer.status, answer.tied) == ("all", True, Status.SOLVED, False)
    assert same_sets(profiles_of(answer), case.equilibria)
    check_against_the_reference(game, answer)


@pytest.mark.parametrize("case", LITERATURE, ids=IDS)
@pytest.mark.parametrize("scale", [1.0, *SCALES])
def test_pure_finds_what_the_literature_says_at_every_scale(case: Known, scale: float) -> None:
    game = NormalForm(case.game.payoffs * np.array([1.0, scale]).reshape(2, 1, 1))
    answer = solve(game, method="pure")
    assert same_sets(profiles_of(answer), case.pure())
    assert answer.complete
    assert answer.status == (Status.SOLVED if case.pure() else Status.NO_EQUILIBRIUM)


@pytest.mark.parametrize("case", LITERATURE, ids=IDS)
@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e12])
def test_nashpys_methods_find_what_the_literature_says(case: Known, method: str, scale: float) -> None:
    game = NormalForm(case.game.payoffs * scale)
    answer = solve(game, method=method)
    check_against_the_reference(game, answer)
    assert answer.status is Status.SOLVED
    for point in profiles_of(answer):
        assert any(close(point, e, 1e-9) for e in case.equilibria)
    if method == "lemke_howson":
        assert (answer.count, answer.complete, answer.finds) == (1, True, "one")
    else:
        assert same_sets(profiles_of(answer), case.equilibria, 1e-9)
        assert (answer.complete, answer.finds) == (False, "sample")


def test_the_reference_knows_the_literature_too() -> None:
    for case in LITERATURE:
        assert same_sets(reference.nash_equilibria(*case.game.payoffs.tolist()), case.equilibria)
        assert not reference.is_degenerate(*case.game.payoffs.tolist())


def test_three_players_the_volunteers_dilemma() -> None:
    """Diekmann 1985: everybody gets 2 if anybody volunteers, at a cost of 1; exactly one does."""
    table = {
        profile: [0 if "yes" not in profile else 1 if own == "yes" else 2 for own in profile]
        for profile in itertools.product(("yes", "no"), repeat=3)
    }
    game = NormalForm.from_table(table)
    answer = solve(game)
    assert (answer.method, answer.count, answer.complete, answer.tied) == ("nash", 7, True, False)
    odds = sorted(tuple(sorted(round(s["yes"], 12) for s in e.strategies.values())) for e in answer.equilibria)
    lone, two, all_three = (0, 0, 1), (0, 0.5, 0.5), (round(1 - 0.5**0.5, 12),) * 3
    assert odds == sorted([lone] * 3 + [two] * 3 + [all_three])
    pure = solve(game, method="pure")
    assert (pure.count, pure.complete, pure.tied) == (3, True, False)
    assert {p: v for e in pure.equilibria for p, v in e.payoffs.items() if e.strategies[p]["yes"]} == dict.fromkeys(
        "123", 1
    )


def test_entry_deterrence() -> None:
    """Selten 1978: the threat to fight is not credible, so of two pure Nash equilibria one is subgame perfect."""
    game = ExtensiveForm(
        Decision(
            "Entrant",
            {
                "out": Outcome({"Entrant": 1, "Incumbent": 5}),
                "in": Decision(
                    "Incumbent",
                    {
                        "cooperate": Outcome({"Entrant": 2, "Incumbent": 2}),
                        "aggressive": Outcome({"Entrant": 0, "Incumbent": 0}, labels="war"),
                    },
                ),
            },
        )
    )
    answer = solve(game)
    assert (answer.method, answer.count, answer.complete) == ("backward_induction", 1, True)
    (e,) = answer.equilibria
    assert e.strategies == {
        "Entrant": {"start": {"out": 0, "in": 1}},
        "Incumbent": {"in": {"cooperate": 1, "aggressive": 0}},
    }
    assert e.payoffs == {"Entrant": 2, "Incumbent": 2}
    assert e.outcomes == {"war": 0}
    assert e.local_regret == {"Entrant": {"start": 0}, "Incumbent": {"in": 0}}
    assert e.beliefs == {"Entrant": {"start": {"start": 1}}, "Incumbent": {"in": {"in": 1}}}
    pure = solve(game, method="pure")
    assert {
        tuple(max(s, key=s.get) for own in e.strategies.values() for s in own.values()) for e in pure.equilibria
    } == {
        ("out", "aggressive"),
        ("in", "cooperate"),
    }
    threat, answer = sorted(pure.equilibria, key=lambda e: e.payoffs["Entrant"])
    assert threat.local_regret == {"Entrant": {"start": 0}, "Incumbent": {"in": 2}}  # nobody would carry it out
    assert answer.local_regret == {"Entrant": {"start": 0}, "Incumbent": {"in": 0}}


@pytest.mark.parametrize("n", [1, 2, 6, 101])
def test_centipede(n: int) -> None:
    """Rosenthal 1981: the first player takes at once."""
    node: Any = Outcome({"A": n, "B": n})
    for k in reversed(range(n)):
        taken = {"A": k + 2, "B": k} if k % 2 == 0 else {"A": k, "B": k + 2}
        node = Decision("AB"[k % 2], {"take": Outcome(taken), "pass": node})
    answer = solve(ExtensiveForm(node))
    (e,) = answer.equilibria
    assert e.payoffs == {"A": 2, "B": 0}
    assert all(s["take"] == 1 for own in e.strategies.values() for s in own.values())
    assert answer.complete


def test_myersons_card_game() -> None:
    """Myerson 1991, 2.1: raise a black card one time in three; meet two times in three; the value is 1/3."""

    def card(colour: str, sign: int) -> Decision:
        meet = {
            "meet": Outcome({"one": 2 * sign, "two": -2 * sign}, labels="shown"),
            "pass": Outcome({"one": 1, "two": -1}),
        }
        return Decision(
            "one",
            {"raise": Decision("two", meet, infoset="raised"), "fold": Outcome({"one": sign, "two": -sign})},
            infoset=colour,
        )

    game = ExtensiveForm(Chance({"red": (0.5, card("red", 1)), "black": (0.5, card("black", -1))}))
    for method in ("auto", "nash", "zero_sum", "lemke_howson", "support_enumeration", "vertex_enumeration"):
        answer = solve(game, method=method)
        assert answer.method == (method if method != "auto" else "nash")
        (e,) = answer.equilibria
        assert e.strategies["one"]["red"]["raise"] == pytest.approx(1, abs=1e-12)
        assert e.strategies["one"]["black"]["raise"] == pytest.approx(1 / 3, abs=1e-12)
        assert e.strategies["two"]["raised"]["meet"] == pytest.approx(2 / 3, abs=1e-12)
        assert alike(e.payoffs, {"one": 1 / 3, "two": -1 / 3})
        assert alike(e.outcomes, {"shown": 2 / 3 * (1 / 2 + 1 / 6)})
    assert "does not see a move of another player" in solve(game).reason


def test_who_attacked_is_not_known() -> None:
    """The contract's attribution tree: waiting is worth -.4, striking .4 - .6 * 3 = -1.4."""
    game = ExtensiveForm(
        Chance(
            {
                "ordered": (
                    0.4,
                    Decision(
                        "US",
                        {
                            "strike": Outcome({"US": 1, "Iran": -2}, labels="punished"),
                            "wait": Outcome({"US": -1, "Iran": 1}, labels="unanswered"),
                        },
                        infoset="attacked",
                    ),
                ),
                "not ordered": (
                    0.6,
                    Decision(
                        "US",
                        {
                            "strike": Outcome({"US": -3, "Iran": -2}, labels=("punished", "wrong target")),
                            "wait": Outcome({"US": 0, "Iran": 0}, labels="calm"),
                        },
                        infoset="attacked",
                    ),
                ),
            }
        )
    )
    answer = solve(game)
    (e,) = answer.equilibria
    assert answer.method == "backward_induction"
    assert e.strategies["US"]["attacked"]["strike"] == 0
    assert alike(e.payoffs, {"US": -0.4, "Iran": 0.4}, 1e-15)
    assert alike(e.outcomes, {"punished": 0, "unanswered": 0.4, "wrong target": 0, "calm": 0.6}, 1e-15)
    assert alike(e.beliefs["US"]["attacked"], {"ordered": 0.4, "not ordered": 0.6}, 1e-15)
    assert alike(game.expected_payoffs({"US": "strike"}), {"US": -1.4, "Iran": -2}, 1e-15)
    soft = solve(game, rationality={"US": 2.0}).equilibria[0]
    assert soft.strategies["US"]["attacked"]["strike"] == pytest.approx(1 / (1 + math.exp(2.0)), abs=1e-15)
    assert soft.regret == pytest.approx(1 / (1 + math.exp(2.0)), abs=1e-15)
    assert soft.residual <= 1e-12
    assert soft.outcomes["punished"] == pytest.approx(1 / (1 + math.exp(2.0)), abs=1e-15)


# ------------------------------------------------------------------ normal forms against the reference


@given(normal_forms(actions=(1, 4)))
@ONE_GAME
def test_pure_against_brute_force(game: NormalForm) -> None:
    answer = solve(game, method="pure")
    expected = reference.pure_equilibria(tables_of(game))
    found = [tuple(int(np.argmax(x)) for x in e.profile) for e in answer.equilibria]
    assert found == sorted(expected)
    assert answer.complete
    assert answer.status == (Status.SOLVED if expected else Status.NO_EQUILIBRIUM)
    check_against_the_reference(game, answer)
    assert all(max(x) == 1 for e in answer.equilibria for x in e.profile)


@given(normal_forms(actions=(1, 4)))
@ONE_GAME
def test_pure_flags_the_equilibria_that_rest_on_a_tie(game: NormalForm) -> None:
    tables = tables_of(game)
    expected = False
    for profile in reference.pure_equilibria(tables):
        for i, table in enumerate(tables):
            same = [
                reference.cell(table, (*profile[:i], a, *profile[i + 1 :])) for a in range(reference.sizes(tables)[i])
            ]
            expected |= sum(v >= max(same) for v in same) > 1
    assert solve(game, method="pure").tied == expected


@given(two_players())
@settings(max_examples=100, deadline=None)
def test_nash_against_exact_arithmetic(game: NormalForm) -> None:
    answer = solve(game, method="nash")
    A, B = tables_of(game)
    check_against_the_reference(game, answer)
    assert answer.complete
    if reference.is_degenerate(A, B):
        assert answer.tied
    expected = reference.nash_equilibria(A, B)
    if not answer.tied:
        assert answer.count % 2 == 1  # Wilson 1971
        assert same_sets(profiles_of(answer), expected)
        for e in answer.equilibria:
            twin = next(x for x in expected if close(e.profile, x))
            for player, table in zip(game.players, (A, B), strict=True):
                assert abs(e.payoffs[player] - reference.expected_payoff(table, (A, B), twin)) <= slack(table)
    pure = [e for e in expected if all(max(x) == 1 for x in e)]
    assert all(any(close(p, e) for e in profiles_of(answer)) for p in pure)  # degenerate or not


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 3), (4, 2), (4, 4), (1, 4)])
def test_games_without_ties_are_called_complete(shape: tuple[int, int]) -> None:
    tables = np.random.default_rng(20200312).normal(size=(500, 2, *shape))
    many = solve(NormalForm(tables, players=("a", "b")), method="nash")
    assert many.complete.all()
    assert not many.tied.any()
    assert (many.count % 2 == 1).all()
    for k in range(10):
        assert same_sets(profiles_of(many[k]), reference.nash_equilibria(*tables[k].tolist()), 1e-9)


@pytest.mark.parametrize(
    ("A", "B", "why"),
    [
        ([[0, 0], [0, 0]], [[0, 0], [0, 0]], "everything is an equilibrium"),
        ([[1, 1], [0, 0]], [[1, 1], [0, 0]], "the column player does not care"),
        (
            [[3, 3], [2, 5], [0, 6]],
            [[3, 3], [2, 6], [3, 1]],
            "von Stengel 2007, example 3.4: a tie of the column player",
        ),
        ([[1, 0], [0, 1]], [[1, 1], [0, 0]], "the column player never cares"),
        ([[2, 2], [2, 1]], [[2, 2], [1, 0]], "an equilibrium of weakly dominated actions"),
        ([[5]], [[5]], ""),
    ],
)
def test_degenerate_games_are_flagged(A: Any, B: Any, why: str) -> None:
    assert reference.is_degenerate(A, B) == bool(why)
    answer = solve(NormalForm.bimatrix(A, B))
    assert answer.complete
    assert answer.tied == answer.degenerate == bool(why)
    assert answer.status is Status.SOLVED
    check_against_the_reference(NormalForm.bimatrix(A, B), answer)


@pytest.mark.parametrize(("gap", "tied"), [(1e-10, True), (0.9e-9, True), (1.1e-9, False), (1e-6, False)])
def test_a_near_tie_is_a_tie(gap: float, tied: bool) -> None:
    """The row player's payoffs range from 0 to 1, so its two actions against the first column differ by `gap`."""
    game = NormalForm.bimatrix([[1, 0], [1 - gap, 0.5]], [[1, 0], [0, 0.5]])
    for method in ("nash", "pure"):
        answer = solve(game, method=method)
        assert answer.tied is tied
        assert [1, 0, 1, 0] in [np.concatenate(e.profile).tolist() for e in answer.equilibria]
        check_against_the_reference(game, answer)
    assert solve(game, method="nash").complete


@pytest.mark.parametrize("size", [1e-3, 1e-5, 1e-7])
def test_an_equilibrium_of_small_differences_is_found_or_the_list_is_not_called_complete(size: float) -> None:
    """Rock, paper, scissors beside a bad action with a far larger range: the determinants are as small as size^2."""
    corner = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) * size
    game = NormalForm.bimatrix(
        np.hstack([corner, [[0.0], [0.4], [1.0]]]), np.hstack([-corner, [[-1.0], [-0.6], [-0.3]]])
    )
    known = ((1 / 3, 1 / 3, 1 / 3), (1 / 3, 1 / 3, 1 / 3, 0))
    assert same_sets(reference.nash_equilibria(*game.payoffs.tolist()), [known], 1e-9)
    answer = solve(game)
    check_against_the_reference(game, answer)
    assert any(close(p, known, 1e-6) for p in profiles_of(answer)) or not answer.complete
    assert answer.complete or size < 1e-3


@given(two_players(actions=(2, 4)))
@settings(max_examples=40, deadline=None)
def test_nashpys_enumerations_find_nothing_that_is_not_there(game: NormalForm) -> None:
    A, B = tables_of(game)
    degenerate = reference.is_degenerate(A, B)
    for method in ("support_enumeration", "vertex_enumeration"):
        answer = solve(game, method=method)
        check_against_the_reference(game, answer)
        assert (answer.complete, answer.finds) == (False, "sample")
        if not degenerate:
            known = reference.nash_equilibria(A, B)
            assert all(any(close(p, e, 1e-9) for e in known) for p in profiles_of(answer))


@given(two_players(kinds=("whole",), actions=(2, 4)))
@settings(max_examples=40, deadline=None)
def test_nash_against_nashpy_where_it_is_right(game: NormalForm) -> None:
    A, B = tables_of(game)
    assume(not reference.is_degenerate(A, B))
    lifted = NormalForm(game.payoffs + 5).to_nashpy()  # its vertex enumeration wants positive payoffs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        supports, vertices = list(lifted.support_enumeration()), list(lifted.vertex_enumeration())
    assume(len(supports) % 2 == 1)
    assume(same_sets(supports, vertices, 1e-6))  # else it contradicts itself
    assert same_sets(profiles_of(solve(game, method="nash")), supports, 1e-9)


@given(two_players(actions=(2, 4)))
@settings(max_examples=40, deadline=None)
def test_lemke_howson_finds_an_equilibrium_of_every_game(game: NormalForm) -> None:
    answer = solve(game, method="lemke_howson")
    assert (answer.count, answer.status, answer.complete) == (1, Status.SOLVED, True)
    check_against_the_reference(game, answer)


@pytest.mark.parametrize("shape", [(m, n) for m in range(1, 9) for n in range(1, 9)], ids=str)
def test_lemke_howson_takes_every_shape(shape: tuple[int, int]) -> None:
    tables = np.random.default_rng(7).normal(size=(2, *shape))
    game = NormalForm(tables)
    answer = solve(game, method="lemke_howson")
    assert (answer.count, answer.status) == (1, Status.SOLVED)
    assert answer.equilibria[0].relative_regret <= 1e-9


@pytest.mark.parametrize("method", ["support_enumeration", "vertex_enumeration", "nash", "pure"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (3, 1)])
def test_a_player_with_one_action(method: str, shape: tuple[int, int]) -> None:
    tables = np.random.default_rng(7).normal(size=(2, *shape))
    game = NormalForm(tables)
    answer = solve(game, method=method)
    check_against_the_reference(game, answer)
    (best,) = reference.pure_equilibria(reference.lists(tables))
    if method != "vertex_enumeration":  # there is no polytope to walk around
        assert [tuple(int(np.argmax(x)) for x in e.profile) for e in answer.equilibria] == [best]


@given(two_players(actions=(1, 4)), st.sampled_from([0.0, 1.0, -3.0]))
@ONE_GAME
def test_zero_sum_finds_the_value(game: NormalForm, total: float) -> None:
    A = game.payoffs[0]
    B = np.ptp(A) * total - A
    played = NormalForm.bimatrix(A, B)
    answer = solve(played, method="zero_sum")
    assert (answer.finds, answer.count, answer.complete) == ("one", 1, True)
    (e,) = answer.equilibria
    value = reference.expected_payoff(
        A.tolist(), (A.tolist(),) * 2, reference.nash_equilibria(A.tolist(), (-A).tolist())[0]
    )
    scale = np.abs(A).max() or 1.0
    assert e.payoffs["Row"] == pytest.approx(value, rel=0, abs=1e-9 * scale)
    check_against_the_reference(played, answer)


def test_zero_sum_by_the_program_agrees_with_nash() -> None:
    A = np.random.default_rng(3).normal(size=(20, 3, 4))
    one, all_of_them = (
        solve(NormalForm.zero_sum(A, players=("a", "b")), method="zero_sum"),
        solve(NormalForm.zero_sum(A)),
    )
    assert one.shape == all_of_them.shape == (20,)
    for k in range(20):
        assert same_sets(profiles_of(one[k]), profiles_of(all_of_them[k]), 1e-9)


# ------------------------------------------------------------------ what must not matter: normal forms


@given(
    two_players(kinds=("whole",)),
    st.sampled_from([0, 1]),
    st.sampled_from([0.25, 2.0, 3.0, 1000.0]),
    st.integers(-8, 8),
)
@ONE_GAME
def test_positive_affine_change_of_one_players_payoffs_changes_no_nash_set(
    game: NormalForm, who: int, factor: float, shift: int
) -> None:
    changed = game.payoffs.copy()
    changed[who] = factor * changed[who] + shift
    other = NormalForm(changed, players=game.players, actions=game.actions)
    for method in ("nash", "pure"):
        a, b = solve(game, method=method), solve(other, method=method)
        assert same_sets(profiles_of(a), profiles_of(b))
        assert (a.complete, a.tied, a.status) == (b.complete, b.tied, b.status)
        unchanged = game.players[1 - who]
        assert sorted(e.payoffs[unchanged] for e in a.equilibria) == pytest.approx(
            sorted(e.payoffs[unchanged] for e in b.equilibria), rel=0, abs=1e-11
        )


@given(normal_forms(kinds=("whole",)), st.randoms(use_true_random=False))
@ONE_GAME
def test_order_and_names_of_players_and_actions_change_nothing_but_names(game: NormalForm, random: Any) -> None:
    n = len(game.players)
    order = random.sample(range(n), n)
    moves = [random.sample(range(m), m) for m in game.n_actions]
    table = game.payoffs
    for i, move in enumerate(moves):
        table = np.take(table, move, axis=i + 1)
    table = np.transpose(table[order], (0, *(k + 1 for k in order)))
    new_name = {p: f"player {p}" for p in game.players}
    other = NormalForm(
        table,
        players=[new_name[game.players[i]] for i in order],
        actions=[[f"do {game.actions[i][k]}" for k in moves[i]] for i in order],
    )
    for method in ("pure", *(["nash"] if n == 2 else [])):
        a, b = solve(game, method=method), solve(other, method=method)
        renamed = [
            [
                [e.strategies[new_name[p]][f"do {x}"] for x in own]
                for p, own in zip(game.players, game.actions, strict=True)
            ]
            for e in b.equilibria
        ]
        assert same_sets(profiles_of(a), renamed)
        assert (a.complete, a.tied, a.status, a.method) == (b.complete, b.tied, b.status, b.method)
        for e in a.equilibria:
            twin = next(f for f, x in zip(b.equilibria, renamed, strict=True) if close(e.profile, x))
            assert alike(twin.payoffs, {new_name[p]: v for p, v in e.payoffs.items()}, 1e-11)
            for profile, p in e.outcomes.items():
                there = tuple(f"do {profile[i]}" for i in order)
                assert twin.outcomes[there] == pytest.approx(p, rel=0, abs=1e-12)


@given(two_players(kinds=("whole",)), st.floats(-12, 12).map(lambda k: 10.0 ** round(k)))
@ONE_GAME
def test_the_unit_of_payoffs_changes_nothing(game: NormalForm, unit: float) -> None:
    other = NormalForm(game.payoffs * unit, players=game.players, actions=game.actions)
    for method in ("nash", "pure"):
        a, b = solve(game, method=method), solve(other, method=method)
        assert same_sets(profiles_of(a), profiles_of(b))
        assert (a.complete, a.tied, a.status) == (b.complete, b.tied, b.status)


# ------------------------------------------------------------------ batches


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_batch_of_tables_equals_the_loop(data: st.DataObject) -> None:
    batch = data.draw(normal_forms(batch=(4,)))
    two = len(batch.players) == 2
    for method in ("pure", *(["nash", *ALL] if two else [])):
        many = solve(batch, method=method)
        assert many.shape == many.count.shape == many.complete.shape == many.status.shape == many.tied.shape == (4,)
        for k in range(4):
            one = solve(batch[k], method=method)
            assert many[k].shape == ()
            assert same_sets(profiles_of(many[k]), profiles_of(one))
            for e, f in zip(many[k].equilibria, one.equilibria, strict=True):
                assert alike(e.payoffs, f.payoffs, max(map(slack, batch[k].payoffs)))
            assert (many.count[k], many.complete[k], many.status[k], many.tied[k]) == (
                one.count, one.complete, one.status, one.tied,
            )  # fmt: skip


@given(st.data(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_batch_of_trees_equals_the_loop(data: st.DataObject, hidden: bool) -> None:
    sketch = data.draw(sketches(worlds=3, hidden=hidden, logit=not hidden, zero=True, depth=2 if hidden else 3))
    batch = tree(sketch).broadcast_to((3,))
    many = solve(batch)
    for k in range(3):
        one = solve(tree(sketch, k), method=many.method)
        assert same_sets(profiles_of(many[k]), profiles_of(one))
        assert (many.count[k], many.complete[k], many.status[k], many.tied[k]) == (
            one.count, one.complete, one.status, one.tied,
        )  # fmt: skip
        for e, f in zip(many[k].equilibria, one.equilibria, strict=True):
            assert alike(e.outcomes, f.outcomes)


def test_batches_of_several_dimensions() -> None:
    tables = np.random.default_rng(5).integers(-3, 4, size=(2, 3, 2, 2, 2)).astype(float)
    game = NormalForm(tables, players=("a", "b"))
    many = solve(game)
    assert many.shape == (2, 3)
    assert many[1].shape == (3,)
    assert many[:, 1].count.tolist() == many.count[:, 1].tolist()
    for index in np.ndindex(2, 3):
        assert same_sets(profiles_of(many[index]), profiles_of(solve(game[index])))
    with pytest.raises(errors.SolveError, match=r"batch of shape \(2, 3\)"):
        many.equilibria  # noqa: B018
    with pytest.raises(errors.SolveError, match="not of a batch"):
        many[0, 0][0]
    p = np.linspace(0.1, 0.9, 6).reshape(2, 3)
    trees = ExtensiveForm(
        Chance({w: (q, Decision("A", {a: Outcome({"A": v[a]}) for a in "lr"}, infoset="h"))
                for w, q, v in (("x", p, {"l": 1.0, "r": 0.0}), ("y", 1 - p, {"l": 0.0, "r": p + 0.3}))})
    )  # fmt: skip
    answer = solve(trees)
    for index in np.ndindex(2, 3):
        q = p[index]
        best = "l" if q > (1 - q) * (q + 0.3) else "r"
        assert answer[index].equilibria[0].strategies["A"]["h"][best] == 1


def test_results_do_not_depend_on_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(11)
    game = NormalForm(rng.integers(-3, 4, size=(50, 2, 3, 3)).astype(float), players=("a", "b"))
    soft = ExtensiveForm(
        Chance({w: (0.5, Decision("A", {a: Outcome({"A": rng.normal(size=50)}) for a in "lmr"}, infoset="h"))
                for w in "xy"})
    ).with_rationality(2.0)  # fmt: skip
    whole = [solve(game), solve(game, method="pure"), solve(soft)]
    monkeypatch.setattr("decide.solvers.certified.CHUNK", 7)
    monkeypatch.setattr("decide.solvers.supports.MOST_GAMES", 4)
    monkeypatch.setattr(rooms.induction, "CHUNK", 3)
    parts = [solve(game), solve(game, method="pure"), solve(soft)]
    assert parts == whole


def test_a_batch_in_which_nothing_is_found() -> None:
    pennies = NormalForm.zero_sum([[1, -1], [-1, 1]])
    one, many = solve(pennies, method="pure"), solve(pennies.broadcast_to((3,)), method="pure")
    assert (one.count, one.status, one.complete, one.equilibria) == (0, Status.NO_EQUILIBRIUM, True, ())
    assert many.count.tolist() == [0, 0, 0]
    assert many.status.tolist() == [Status.NO_EQUILIBRIUM] * 3
    assert "found no equilibrium" in repr(one)
    assert dict(many.to_dataset().sizes)["equilibrium"] == 0
    assert len(many.to_dataframe()) == 0


@pytest.mark.parametrize("value", [1.0, np.array([1.0, 2.0, 3.0])], ids=["one", "batch"])
def test_a_tree_without_pure_equilibrium(value: Any) -> None:
    pennies = {a: {b: value * (1 if a == b else -1) for b in "ht"} for a in "ht"}
    game = ExtensiveForm(
        Decision(
            "A",
            {
                a: Decision("B", {b: Outcome({"A": v, "B": -v}) for b, v in row.items()}, infoset="blind")
                for a, row in pennies.items()
            },
        )
    )
    answer = solve(game, method="pure")
    assert np.all(np.asarray(answer.count) == 0)
    assert np.all(np.asarray(answer.status) == Status.NO_EQUILIBRIUM)
    assert np.all(solve(game).count == np.ones(game.shape))


@pytest.mark.parametrize("method", ["pure", "nash", "zero_sum", "backward_induction"])
def test_an_empty_batch_has_an_empty_solution(method: str) -> None:
    if method == "backward_induction":
        payoff = np.array([1.0, 2.0])
        game: Any = ExtensiveForm(Decision("A", {"l": Outcome({"A": payoff}), "r": Outcome({"A": 0})}))[:0]
    else:
        game = NormalForm.zero_sum(np.zeros((2, 2, 2)), players=("a", "b"))[:0]
    many = solve(game, method=method)
    assert many.shape == (0,)
    assert many.count.shape == many.status.shape == (0,)


# ------------------------------------------------------------------ trees against the reference


def induce(sketch: Any) -> tuple[ExtensiveForm, Solution, reference.Induction, dict[str, float]]:
    root = write(sketch)
    game = ExtensiveForm(root)
    answer = solve(game)
    assert answer.method == "backward_induction"
    room = {p: slack(own) for p, own in zip(game.players, game.payoffs, strict=True)}
    return game, answer, reference.Induction(root), room


@given(sketches(zero=True))
@settings(max_examples=100, deadline=None)
def test_backward_induction_against_the_recursion(sketch: Any) -> None:
    _, answer, expected, room = induce(sketch)
    (e,) = answer.equilibria
    for player, own in expected.strategies.items():
        assert e.strategies[player].keys() == own.keys()
        for infoset, odds in own.items():
            assert alike(e.strategies[player][infoset], odds)
        assert agree(e.payoffs[player], expected.payoffs[player], room[player])
    assert answer.tied == expected.tied
    assert answer.status is Status.SOLVED
    assert e.residual <= 1e-9


@given(sketches(zero=True))
@ONE_GAME
def test_outcomes_beliefs_and_regrets_of_a_tree(sketch: Any) -> None:
    game, answer, expected, room = induce(sketch)
    (e,) = answer.equilibria
    root = expected.root
    labels = dict.fromkeys(game.outcomes, 0.0) | reference.label_odds(root, expected.strategies)
    assert alike(e.outcomes, labels)
    for (player, infoset), nodes in expected.beliefs.items():
        paths = {" / ".join(path) or "start": w for path, _, w in nodes}
        assert alike(e.beliefs[player][infoset], paths)
        precision = nodes[0][1].rationality
        local = reference.local_regrets(root, expected.strategies)[player, infoset] if precision is None else 0.0
        assert agree(e.local_regret[player][infoset], local, room[player])
        assert local <= 1e-9 * np.ptp(game.payoffs[game.players.index(player)]) + room[player]
    assume(all(reference.n_plans(root, p) <= 200 for p in game.players))
    regrets = reference.tree_regrets(root, expected.strategies)
    assert agree(e.regret, max(regrets.values()), max(room.values()))


@given(sketches(logit=False))
@ONE_GAME
def test_backward_induction_is_the_best_over_all_plans(sketch: Any) -> None:
    game, answer, expected, room = induce(sketch)
    assume(all(reference.n_plans(expected.root, p) <= 200 for p in game.players))
    (e,) = answer.equilibria
    for player in game.players:
        best = reference.best_plan(expected.root, player, e.strategies)
        assert agree(e.payoffs[player], best, room[player])
    assert e.relative_regret <= 1e-12


@given(sketches(players=(1, 1), logit=False))
@ONE_GAME
def test_one_decider_gets_the_most_there_is(sketch: Any) -> None:
    _, answer, expected, room = induce(sketch)
    assume(reference.n_plans(expected.root, "Ann") <= 500)
    best = max(
        reference.expected(expected.root, {"Ann": plan})["Ann"] for plan in reference.plans(expected.root, "Ann")
    )
    assert agree(answer.equilibria[0].payoffs["Ann"], best, room["Ann"])


@given(sketches(logit=False, kinds=("whole",)))
@ONE_GAME
def test_a_tree_equals_its_normal_form(sketch: Any) -> None:
    game, answer, _, room = induce(sketch)
    form = game.to_normal_form()
    assume(form.payoffs.size <= 3000)
    nash = solve(game, method="pure")
    table = solve(form, method="pure")
    assert nash.method == table.method == "pure"
    assert (nash.count, nash.complete, nash.status, nash.tied) == (
        table.count,
        table.complete,
        table.status,
        table.tied,
    )
    for e, f in zip(nash.equilibria, table.equilibria, strict=True):
        assert said_alike(e.profile, form.behaviour(f.profile), 0)
        for p in game.players:
            assert agree(e.payoffs[p], f.payoffs[p], room[p])
        assert agree(e.regret, f.regret, max(room.values()))
    (induced,) = answer.equilibria
    if all(max(x) == 1 for x in induced.profile):  # then it is one of them
        reached = reference.leaf_odds(write(sketch), induced.strategies)
        assert any(reference.leaf_odds(write(sketch), e.strategies) == reached for e in nash.equilibria)


@given(sketches(logit=False, hidden=True, players=(2, 2), kinds=("whole",)))
@ONE_GAME
def test_a_tree_with_unseen_moves_is_solved_by_its_normal_form(sketch: Any) -> None:
    game = tree(sketch)
    form = game.to_normal_form()
    assume(max(form.n_actions) <= 4)
    answer, table = solve(game, method="nash"), solve(form, method="nash")
    assert (answer.complete, answer.tied) == (table.complete, table.tied)
    assert answer.count <= table.count
    root = write(sketch)
    for e in answer.equilibria:
        assert max(reference.tree_regrets(root, e.strategies).values()) <= 1e-8
        assert any(said_alike(e.profile, form.behaviour(f.profile)) for f in table.equilibria)
    for e, f in itertools.combinations(answer.equilibria, 2):
        assert not close(e.profile, f.profile, 1e-9)


def said_alike(behaviour: Any, plan: Any, room: float = 1e-9) -> bool:
    """Whether behaviour is what a plan says, where it says anything (equal weights stand for nothing said)."""
    said = [k for k, x in enumerate(plan) if len(x) == 1 or np.ptp(x) > 1e-9]
    return close(tuple(behaviour[k] for k in said), tuple(plan[k] for k in said), room)


def test_mixtures_over_plans_that_are_the_same_behaviour_are_one_equilibrium() -> None:
    """Half (aa, bb) and half (ab, ba) are the same behaviour: what is found twice is told once."""
    payoffs = {
        "x": {"a": {"c": (-1, 1), "d": (0, 0)}, "b": {"c": (-1, 0), "d": (0, 0)}},
        "y": {"a": {"c": (0, -1), "d": (-1, 1)}, "b": {"c": (-1, 1), "d": (1, 0)}},
    }
    game = ExtensiveForm(
        Chance({
            world: (0.5, Decision("A", {
                a: Decision("B", {b: Outcome({"A": v[0], "B": v[1]}) for b, v in then.items()}, infoset="blind")
                for a, then in moves.items()
            }, infoset=world))
            for world, moves in payoffs.items()
        })
    )  # fmt: skip
    found = solve(game, method="nash").equilibria
    assert len(found) >= 3
    for e, f in itertools.combinations(found, 2):
        assert not close(e.profile, f.profile, 1e-9)


# ------------------------------------------------------------------ what must not matter: trees


def scaled(sketch: Any, player: str, factor: float, shift: float, *, soften: bool) -> Any:
    """Change one player's payoffs, and divide its precision by the factor if asked."""

    def change(node: Any) -> Any:
        if isinstance(node, End):
            return replace(
                node, payoffs={**node.payoffs, player: tuple(factor * v + shift for v in node.payoffs[player])}
            )
        if isinstance(node, Turn) and node.player == player and node.rationality is not None and soften:
            return replace(node, rationality=node.rationality / factor)
        return node

    return rewrite(sketch, change)


@given(sketches(kinds=("whole",)), st.data(), st.sampled_from([0.25, 2.0, 3.0, 1000.0]), st.integers(-8, 8))
@settings(max_examples=60, deadline=None)
def test_positive_affine_change_of_one_players_payoffs_changes_no_choice(
    sketch: Any, data: st.DataObject, factor: float, shift: int
) -> None:
    game, answer, _, _ = induce(sketch)
    player = data.draw(st.sampled_from(game.players))
    other = solve(tree(scaled(sketch, player, factor, shift, soften=True)))
    assert same_sets(profiles_of(answer), profiles_of(other))
    assert (answer.complete, answer.tied, answer.status) == (other.complete, other.tied, other.status)
    (e,), (f,) = answer.equilibria, other.equilibria
    for p, v in e.payoffs.items():
        expected, room = (factor * v + shift, factor * 1e-12) if p == player else (v, 1e-12)
        assert abs(f.payoffs[p] - expected) <= 100 * room


def test_logit_feels_the_unit_of_payoffs_unless_precision_is_divided() -> None:
    sketch = Turn("Ann", (("l", End({"Ann": (1.0,)})), ("r", End({"Ann": (0.0,)}))), rationality=1.0)
    plain, soft, hard = (
        solve(tree(s)).equilibria[0].strategies["Ann"]["start"]["l"]
        for s in (sketch, scaled(sketch, "Ann", 10.0, 3.0, soften=True), scaled(sketch, "Ann", 10.0, 3.0, soften=False))
    )
    assert plain == pytest.approx(1 / (1 + math.exp(-1)), abs=1e-15)
    assert soft == pytest.approx(plain, abs=1e-14)
    assert hard == pytest.approx(1 / (1 + math.exp(-10)), abs=1e-15)


@given(sketches(kinds=("whole", "fine")), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_order_and_names_in_a_tree_change_nothing_but_names(sketch: Any, random: Any) -> None:
    def change(node: Any) -> Any:
        if isinstance(node, End):
            return End({f"player {p}": v for p, v in node.payoffs.items()}, tuple(f"it is {x}" for x in node.labels))
        if isinstance(node, Luck):
            return Luck(
                tuple(random.sample([(f"chance {e}", p, then) for e, p, then in node.events], len(node.events)))
            )
        return Turn(
            f"player {node.player}",
            tuple(random.sample([(f"do {a}", then) for a, then in node.moves], len(node.moves))),
            None if node.infoset is None else f"set {node.infoset}",
            node.rationality,
        )

    game, answer, _, room = induce(sketch)
    order = random.sample(game.players, len(game.players))
    other = solve(tree(rewrite(sketch, change), players=[f"player {p}" for p in order]))
    (e,), (f,) = answer.equilibria, other.equilibria
    assert (answer.complete, answer.tied, answer.status) == (other.complete, other.tied, other.status)
    named = {info.name for info in game.structure.infosets if info.named}
    for player in game.players:
        theirs = f.strategies[f"player {player}"]
        assert len(theirs) == len(e.strategies[player])
        for infoset, odds in e.strategies[player].items():
            name = f"set {infoset}" if infoset in named else _renamed_path(game, infoset)
            assert alike(theirs[name], {f"do {a}": p for a, p in odds.items()})
        assert agree(e.payoffs[player], f.payoffs[f"player {player}"], room[player])
    assert alike(f.outcomes, {f"it is {x}": p for x, p in e.outcomes.items()})


def _renamed_path(game: ExtensiveForm, path: str) -> str:
    words = [] if path == "start" else path.split(" / ")
    return " / ".join(f"chance {w}" if w.startswith("e") else f"do {w}" for w in words) or "start"


@given(sketches(kinds=("whole",)), st.sampled_from(SCALES))
@ONE_GAME
def test_the_unit_of_payoffs_changes_no_choice_in_a_tree(sketch: Any, unit: float) -> None:
    _, answer, _, _ = induce(sketch)
    for player in answer.game.players:
        sketch = scaled(sketch, player, unit, 0.0, soften=True)
    other = solve(tree(sketch))
    assert same_sets(profiles_of(answer), profiles_of(other))
    assert (answer.complete, answer.tied, answer.status) == (other.complete, other.tied, other.status)


# ------------------------------------------------------------------ ties, precision, chance


def choice(**payoffs: Any) -> ExtensiveForm:
    """Return a game in which B chooses between actions that pay A and B these."""
    return ExtensiveForm(
        Decision(
            "A",
            {
                "out": Outcome({"A": 0.5, "B": 10}),
                "in": Decision("B", {a: Outcome({"A": v[0], "B": v[1]}) for a, v in payoffs.items()}),
            },
        )
    )


def test_a_tie_gets_equal_weights_and_a_flag() -> None:
    answer = solve(choice(x=(0, 1), y=(3, 1), z=(9, 0)))
    (e,) = answer.equilibria
    assert e.strategies["B"]["in"] == {"x": 0.5, "y": 0.5, "z": 0}
    assert e.strategies["A"]["start"]["in"] == 1
    assert (answer.tied, answer.complete) == (True, False)
    assert "tied" in repr(answer)
    assert "not proved complete" in repr(answer)


def test_moves_with_the_same_payoffs_to_all_are_no_tie() -> None:
    answer = solve(choice(x=(3, 1), y=(3, 1), z=(9, 0)))
    assert answer.equilibria[0].strategies["B"]["in"] == {"x": 0.5, "y": 0.5, "z": 0}
    assert (answer.tied, answer.complete) == (False, True)


def test_a_tie_of_moves_that_are_not_best_is_none() -> None:
    answer = solve(choice(x=(3, 1), y=(0, 0), z=(9, 0)))
    assert (answer.tied, answer.complete) == (False, True)


@pytest.mark.parametrize(("gap", "tied"), [(0.0, True), (0.9e-8, True), (1.1e-8, False), (1e-6, False)])
def test_near_ties_are_measured_by_the_payoff_range(gap: float, tied: bool) -> None:
    """B's payoffs range from 0 to 10, so 1e-8 is a tie."""
    for unit in (1.0, 1e12, 1e-12):
        ends = {a: Outcome({"A": v, "B": w * unit}) for a, v, w in (("x", 3, 1), ("y", 0, 1 - gap), ("z", 9, 0))}
        out = Outcome({"A": 0.5, "B": 10 * unit})
        answer = solve(ExtensiveForm(Decision("A", {"out": out, "in": Decision("B", ends)})))
        assert answer.tied is tied
        assert answer.complete is not tied
        assert answer.equilibria[0].strategies["B"]["in"]["x"] == (0.5 if tied else 1.0)


def test_ties_are_flagged_world_by_world() -> None:
    many = solve(choice(x=(3, np.array([1.0, 2.0, 0.5])), y=(0, 1), z=(9, 0)))
    assert many.tied.tolist() == [True, False, False]
    assert many.complete.tolist() == [False, True, True]
    assert many[0].equilibria[0].strategies["B"]["in"]["x"] == 0.5


def test_logit_players_have_no_ties() -> None:
    answer = solve(choice(x=(0, 1), y=(3, 1)), rationality={"B": 2.0})
    assert (answer.tied, answer.complete) == (False, True)
    assert answer.equilibria[0].strategies["B"]["in"] == {"x": 0.5, "y": 0.5}


def test_infinite_precision_is_exact_play() -> None:
    game = choice(x=(0, 1), y=(3, 2), z=(9, 0))
    exact = solve(game)
    for rule in (None, INF, {"A": INF, "B": None}, np.array([INF, INF])):
        other = solve(game, rationality=rule)
        single = other[1] if other.shape else other
        assert single.equilibria[0].strategies == exact.equilibria[0].strategies
        assert (single.tied, single.complete) == (False, True)
    assert solve(choice(x=(0, 1), y=(3, 1)), rationality=INF).tied
    uniform = solve(game, rationality=0.0).equilibria[0].strategies["B"]["in"]
    assert alike(uniform, dict.fromkeys("xyz", 1 / 3), 1e-15)


@pytest.mark.parametrize("precision", [1e3, 1e6, 1e15])
def test_large_precision_does_not_overflow(precision: float) -> None:
    e = solve(choice(x=(0, -1000), y=(3, 1000), z=(9, 0)), rationality=precision).equilibria[0]
    assert e.strategies["B"]["in"] == {"x": 0, "y": 1, "z": 0}


def test_precision_may_differ_between_worlds_and_players() -> None:
    rules = np.array([0.0, 1.0, INF])
    many = solve(choice(x=(0, 1), y=(3, 2)), rationality={"B": rules})
    for k, r in enumerate(rules):
        expected = 1.0 if r == INF else 1 / (1 + math.exp(-r))
        assert many[k].equilibria[0].strategies["B"]["in"]["y"] == pytest.approx(expected, abs=1e-15)
        assert many[k].equilibria[0].strategies["A"]["start"]["in"] in (0, 1)
    assert np.array_equal(many.options["rationality"]["B"], rules)


def test_a_set_that_chance_never_reaches_leaves_beliefs_open() -> None:
    """Which move is best depends on beliefs that nothing fixes, so this is not the only equilibrium."""

    def node(a: float, b: float) -> Decision:
        return Decision("A", {"l": Outcome({"A": a}), "r": Outcome({"A": b})}, infoset="h")

    def game(p: Any) -> ExtensiveForm:
        return ExtensiveForm(Chance({"no": (1 - 2 * p, Outcome({"A": 0})), "x": (p, node(1, 0)), "y": (p, node(0, 2))}))

    assert solve(game(0.25)).complete
    assert solve(game(0.0)).status is Status.SOLVED
    assert not solve(game(0.0)).complete
    assert solve(game(np.array([0.0, 0.25]))).complete.tolist() == [False, True]


# ------------------------------------------------------------------ solve, methods, auto


def test_methods_is_the_table_of_methods() -> None:
    table = methods()
    assert [m.name for m in table] == list(METHODS)
    assert {"pure", "nash", "zero_sum", "backward_induction", *ALL} <= set(METHODS)
    for m in table:
        assert m.finds in ("all", "one", "sample")
        assert isinstance(m.exact, bool)
        assert m.takes
        assert m.complete
        assert m.concept
        assert any(char.isdigit() for char in m.reference)
        assert m.name in repr(table)
    frame = table.to_dataframe()
    assert frame["name"].tolist() == list(METHODS)
    assert {"takes", "finds", "complete", "exact", "concept", "reference", "options"} <= set(frame.columns)


def simultaneous(n: int, m: int, players: int = 2) -> ExtensiveForm:
    """Return a tree in which nobody sees another's move."""
    rng = np.random.default_rng(1)

    def grow(k: int) -> Any:
        if k == players:
            return Outcome(dict(zip("ABC", rng.normal(size=players).tolist(), strict=False)))
        return Decision("ABC"[k], {f"{j}": grow(k + 1) for j in range((n, m, 2)[k])}, infoset=f"h{k}")

    return ExtensiveForm(grow(0))


def drawn(*shape: int, players: Any = None) -> NormalForm:
    return NormalForm(np.random.default_rng(0).normal(size=shape), players=players)


@pytest.mark.parametrize(
    ("game", "method", "finds", "words"),
    [
        (NormalForm(np.zeros((2, 4, 4))), "nash", "all", "few actions; finds all"),
        (drawn(2, 8, 8), "nash", "all", "few actions; finds all"),
        (drawn(2, 2, 60), "nash", "all", "few actions; finds all"),
        (drawn(2, 9, 8), "lemke_howson", "one", "finds one, not all"),
        (drawn(3, 2, 12, 12, players=("a", "b")), "lemke_howson", "one", "finds one, not all"),
        (drawn(3, 2, 2, 2), "nash", "all", "few players with few actions; finds all"),
        (drawn(3, 5, 5, 5), "logit_limit", "one", "too many players or actions to find all; finds one"),
        (NormalForm([[1, 2]]), "nash", "all", "finds all"),
        (choice(x=(1, 1)), "backward_induction", "all", "only chance is unseen; finds all"),
        (simultaneous(2, 3), "nash", "all", "B does not see a move of another player.*all Nash"),
        (simultaneous(9, 9), "sequence_form", "one", "finds one"),
        (
            simultaneous(2, 2, 3),
            "nash",
            "all",
            "reduced normal form, because .*; few players with few actions; finds all Nash",
        ),
    ],
    ids=repr,
)
def test_auto_says_what_it_chose_and_why(game: Any, method: str, finds: str, words: str) -> None:
    answer = solve(game)
    assert (answer.method, answer.finds) == (method, finds)
    assert answer.reason.startswith("chosen: ")
    assert re.search(words, answer.reason)
    assert answer.reason in repr(answer)
    asked = solve(game, method=method)
    assert asked.reason == "as asked"
    assert (asked.points, asked.concept) == (answer.points, answer.concept)
    assert answer.concept == METHODS[method].concept


PENNIES = NormalForm.zero_sum([[1, -1], [-1, 1]])
TREE = choice(x=(1, 1), y=(0, 0))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: solve(PENNIES, method="nsh"), "'nsh'.*did you mean 'nash'"),
        (lambda: solve(PENNIES, method=""), "''"),
        (lambda: solve(TREE, method="backwards_induction"), "'backwards_induction'.*'backward_induction'"),
        (lambda: solve(PENNIES, method="nash", rationality=2.0), "nash takes no option 'rationality'; expected exact"),
        (lambda: solve(PENNIES, depth=2), "nash takes no option 'depth'"),
        (lambda: solve(TREE, rationalty=2.0), "takes no option 'rationalty'; expected rationality"),
        (lambda: solve(TREE, method="pure", rationality=2.0), "pure takes no option 'rationality'"),
        (lambda: solve(PENNIES, base={"x": 1}), "base is .*a game has no parameters"),
        (lambda: solve([[1, 2]]), r"\[\[1, 2\]\], a list; expected"),
        (lambda: solve(TREE.subtree()), ", a Decision; expected"),
        (lambda: solve(NormalForm(np.zeros((3, 5, 5, 5))), method="nash"), "nash does not take.*support profiles"),
        (lambda: solve(PENNIES, method="nash", exact="yes"), "exact is 'yes'; expected True or False"),
        (lambda: solve(drawn(3, 2, 2, 2), method="nash", exact=True), "exact=True takes two players.*3"),
        (lambda: solve(NormalForm(np.zeros((2, 9, 8))), method="nash"), "nash does not take.*9 x 8 has 24,310"),
        (lambda: solve(LITERATURE[0].game, method="zero_sum"), "zero_sum does not take.*different numbers"),
        (lambda: solve(NormalForm(np.zeros((3, 2, 2, 2))), method="zero_sum"), "two players.*3"),
        (lambda: solve(PENNIES, method="backward_induction"), "takes a tree"),
        (lambda: solve(simultaneous(2, 2), method="backward_induction"), "'h1' B does not see"),
        (lambda: solve(simultaneous(9, 8), method="nash"), "normal form: .*9 x 8"),
        (lambda: solve(TREE.with_rationality(1.0), method="nash"), "exact play only"),
        (lambda: solve(simultaneous(2, 2).with_rationality(1.0)), "exact play only"),
    ],
)
def test_what_solve_does_not_do_is_said(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(errors.SolveError, match=words):
        call()


def test_rationality_of_nobody_is_refused() -> None:
    with pytest.raises(errors.UnknownNameError, match="'C'"):
        solve(TREE, rationality={"C": 1.0})
    with pytest.raises(errors.GameError, match="rationality of A is -1"):
        solve(TREE, rationality=-1)


# ------------------------------------------------------------------ what comes back


def test_an_equilibrium_is_read_by_names() -> None:
    yes, no = "swerve", "stand"
    game = NormalForm.from_table(
        {(yes, yes): (0, 0), (yes, no): (-1, 1), (no, yes): (1, -1), (no, no): (-10, -10)},
        outcomes={(yes, yes): "calm", (yes, no): "calm", (no, yes): "calm", (no, no): ("crash", "news")},
    )
    answer = solve(game)
    mixed = next(e for e in answer.equilibria if max(e.profile[0]) < 1)
    assert mixed.strategies["Row"]["swerve"] == pytest.approx(0.9, abs=1e-15)
    assert [x.tolist() for x in mixed.profile] == [list(s.values()) for s in mixed.strategies.values()]
    assert alike(mixed.payoffs, {"Row": -0.1, "Column": -0.1}, 1e-15)
    assert alike(mixed.outcomes, {"calm": 0.99, "crash": 0.01, "news": 0.01}, 1e-15)
    twice = NormalForm([[1, 0]], outcomes={("0",): ("x", "x"), ("1",): "y"})
    assert solve(twice).equilibria[0].outcomes == {"x": 1, "y": 0}
    plain = next(e for e in solve(NormalForm(game.payoffs)).equilibria if max(e.profile[0]) < 1)
    assert alike(plain.outcomes, {("0", "0"): 0.81, ("0", "1"): 0.09, ("1", "0"): 0.09, ("1", "1"): 0.01}, 1e-15)
    assert "regret" in repr(mixed)
    assert "swerve 0.9, stand 0.1" in repr(mixed)


def test_numbers_by_name_can_be_compared_with_a_tolerance() -> None:
    (e,) = solve(PENNIES).equilibria
    assert e.payoffs == pytest.approx({"Row": 0, "Column": 0}, abs=1e-12)
    assert e.strategies["Row"] == pytest.approx({"0": 0.5, "1": 0.5}, abs=1e-12)
    assert e.payoffs != pytest.approx({"Row": 1, "Column": 0}, abs=1e-12)
    assert e.payoffs != pytest.approx({"Row": 0}, abs=1e-12)


def test_solutions_are_frozen_and_equal_by_value() -> None:
    answer = solve(PENNIES)
    assert answer == solve(PENNIES)
    assert answer.equilibria == solve(PENNIES).equilibria
    assert answer != solve(PENNIES, method="zero_sum")
    (e,) = answer.equilibria
    for thing, name in ((answer, "method"), (e, "regret")):
        with pytest.raises(AttributeError):
            setattr(thing, name, None)
    with pytest.raises(TypeError):
        e.strategies["Row"]["0"] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        e.profile[0][0] = 1.0
    many = solve(PENNIES.broadcast_to((2,)))
    for array in (many.count, many.complete, many.status, many.tied):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    assert pickle.loads(pickle.dumps(answer)) == answer
    assert pickle.loads(pickle.dumps(answer)).equilibria == answer.equilibria


def test_a_batch_of_solutions_becomes_a_dataset_and_a_frame() -> None:
    games = NormalForm.stack([LITERATURE[0].game, LITERATURE[1].game])
    many = solve(games)
    data = many.to_dataset()
    assert data["game"].values.tolist() == [0, 1, 1, 1]
    assert data["count"].values.tolist() == [1, 3]
    assert data["complete"].values.all()
    assert data["move_player"].values.tolist() == ["Row", "Row", "Column", "Column"]
    assert data["move_action"].values.tolist() == ["0", "1", "0", "1"]
    assert data["player"].values.tolist() == ["Row", "Column"]
    assert data.attrs["method"] == "nash"
    for k, e in enumerate(e for i in range(2) for e in many[i].equilibria):
        assert data["probability"].values[k].tolist() == [*e.profile[0], *e.profile[1]]
        assert data["payoff"].values[k].tolist() == list(e.payoffs.values())
    frame = many.to_dataframe()
    assert frame["game"].tolist() == [0, 1, 1, 1]
    assert frame["Row: 0"].tolist() == data["probability"].values[:, 0].tolist()
    assert frame["payoff of Column"].tolist() == data["payoff"].values[:, 1].tolist()
    named = solve(TREE).to_dataframe()
    assert named["B: in: x"].tolist() == [1.0]
    assert solve(TREE).to_dataset()["move_infoset"].values.tolist() == ["start", "start", "in", "in"]


def test_a_tree_without_moves_becomes_a_dataset_and_a_frame() -> None:
    answer = solve(ExtensiveForm(Outcome({"A": np.array([1.0, 2.0])})))
    assert answer.to_dataset()["payoff"].values.tolist() == [[1], [2]]
    assert answer.to_dataframe()["payoff of A"].tolist() == [1, 2]


def test_picking_from_a_batch() -> None:
    games = NormalForm.stack([LITERATURE[k].game for k in (0, 1, 2)])
    many = solve(games)
    assert many[-1] == many[2]
    assert many[1:].count.tolist() == [3, 3]
    assert many[[2, 0]].count.tolist() == [3, 1]
    assert many[np.array([False, True, False])][0].equilibria == many[1].equilibria
    assert many[[2, 0]][1].equilibria == many[0].equilibria
    assert many[1].method == many.method
    assert "3 games" in repr(many) or "(3,) games" in repr(many)
    with pytest.raises(IndexError):
        many[3]


@pytest.mark.parametrize("method", ["lemke_howson", "support_enumeration", "vertex_enumeration"])
def test_nashpy_takes_a_batch_game_by_game(method: str) -> None:
    games = NormalForm(np.random.default_rng(5).normal(size=(4, 2, 3, 3)), players=("a", "b"))
    many = solve(games, method=method)
    assert many.status.tolist() == [Status.SOLVED] * 4
    for k in range(4):
        assert many[k].points == solve(games[k], method=method).points


def test_zero_equilibria_of_two_players_are_never_all() -> None:
    games = NormalForm(np.random.default_rng(6).normal(size=(500, 2, 2, 2)), players=("a", "b"))
    answer = solve(games, method="nash")
    assert (answer.count[answer.complete] > 0).all()
