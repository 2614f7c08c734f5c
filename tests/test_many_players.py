"""Games with three or more players: every equilibrium, held against the literature, closed forms and slow searches."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import reference
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, Status, solve
from decide.games.values import each_to_unit
from decide.solvers import branch, many_players, polynomial
from decide.solvers.base import Found
from decide.solvers.many_players import all_equilibria, one_equilibrium, refuses_many
from strategies import normal_forms, tables

FEW = settings(max_examples=20, deadline=None)
SOME = settings(max_examples=60, deadline=None)
GENERIC = {"players": (3, 3), "kinds": ("fine",)}


def rows(found: Found, game: int = 0) -> list[tuple[np.ndarray, ...]]:
    """Return the equilibria of one game of the batch."""
    return [tuple(s[k] for s in found.strategies) for k in np.flatnonzero(found.owner == game)]


def seconds(found: Found, game: int = 0) -> list[list[float]]:
    """Return, for two actions each, the weights of the second actions, sorted."""
    return sorted([float(x[1]) for x in row] for row in rows(found, game))


def same(found: Sequence[Any], expected: Sequence[Any], tolerance: float = 1e-9) -> bool:
    """Whether two lists hold the same profiles, once each."""
    left = [np.concatenate(e) for e in expected]
    for row in (np.concatenate(f) for f in found):
        twins = [k for k, other in enumerate(left) if np.abs(row - other).max() <= tolerance]
        if not twins:
            return False
        left.pop(twins[0])
    return not left


def regret(table: Any, profile: Sequence[Any]) -> float:
    """Return the largest regret over the player's payoff range, by the slow reference."""
    tables_ = reference.lists(np.asarray(table, dtype=float))
    regrets = reference.table_regrets(tables_, [list(map(float, x)) for x in profile])
    return max(r / (np.ptp(own) or 1.0) for r, own in zip(regrets, np.asarray(table, dtype=float), strict=True))


def payoffs(sizes: Sequence[int], rule: Callable[[int, tuple[int, ...]], float]) -> np.ndarray:
    """Return the table in which player i gets ``rule(i, profile)``."""
    table = np.zeros((len(sizes), *sizes))
    for profile in np.ndindex(*sizes):
        for i in range(len(sizes)):
            table[(i, *profile)] = rule(i, profile)
    return table


# ------------------------------------------------------------------ the literature


def test_the_game_of_mckelvey_and_mclennan_has_nine_equilibria() -> None:
    # McKelvey & McLennan 1997, the most a nondegenerate 2 x 2 x 2 game can have
    cells = {(0, 0, 0): (9, 8, 12), (1, 1, 0): (9, 8, 2), (0, 1, 1): (3, 4, 6), (1, 0, 1): (3, 4, 4)}
    found = all_equilibria(NormalForm(payoffs((2, 2, 2), lambda i, a: cells.get(a, (0, 0, 0))[i])))
    expected = [
        (0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 2 / 3, 2 / 3), (3 / 4, 0, 3 / 4), (1 / 2, 1 / 2, 0),
        (1 / 2, 2 / 3, 3 / 4), (3 / 4, 1 / 2, 2 / 3),
    ]  # fmt: skip
    assert found.complete.all()
    assert not found.tied.any()
    assert np.allclose(seconds(found), sorted(map(list, expected)), rtol=0, atol=1e-14)


def test_the_only_equilibrium_may_be_irrational() -> None:
    # Nau, Gomez Canovas & Hansen 2004: rational payoffs, one equilibrium, in the field of sqrt(601)
    cells = {
        (0, 0, 0): (3, 0, 2), (0, 1, 0): (0, 2, 0), (1, 0, 0): (0, 1, 0), (1, 1, 0): (1, 0, 0),
        (0, 0, 1): (1, 0, 0), (0, 1, 1): (0, 1, 0), (1, 0, 1): (0, 3, 0), (1, 1, 1): (2, 0, 3),
    }  # fmt: skip
    found = all_equilibria(NormalForm(payoffs((2, 2, 2), lambda i, a: cells[a][i])))
    z = (math.sqrt(601) - 23) / 4  # of 2 z^2 + 23 z = 9: player 3 mixes its first action in with probability z
    expected = [[(1 + z) / (4 - z), (1 + 2 * z) / (3 + z), 1 - z]]
    assert found.complete.all()
    assert np.allclose(seconds(found), expected, rtol=0, atol=1e-14)


def test_matching_pennies_for_three() -> None:
    # Jordan 1993: player 1 wants to match 2, player 2 wants to match 3, player 3 wants to differ from 1
    def rule(i: int, a: tuple[int, ...]) -> float:
        alike = a[i] == a[(i + 1) % 3]
        return 1.0 if alike == (i < 2) else -1.0

    found = all_equilibria(NormalForm(payoffs((2, 2, 2), rule)))
    assert found.complete.all()
    assert seconds(found) == [[0.5, 0.5, 0.5]]


@pytest.mark.parametrize("n", [3, 4])
@pytest.mark.parametrize("cost", [0.1, 0.3, 0.75])
def test_the_volunteers_dilemma(n: int, cost: float) -> None:
    # Diekmann 1985: in every set of m >= 2 who may volunteer each does so with probability 1 - cost^(1 / (m - 1))
    found = all_equilibria(NormalForm(payoffs((2,) * n, lambda i, a: 1 - cost if a[i] else float(any(a)))))
    expected = []
    for m in range(1, n + 1):
        odds = 1.0 if m == 1 else 1 - cost ** (1 / (m - 1))
        expected += [[odds if i in who else 0.0 for i in range(n)] for who in itertools.combinations(range(n), m)]
    assert found.complete.all()
    assert not found.tied.any()
    assert np.allclose(seconds(found), sorted(expected), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("room", "odds", "pair"),
    [
        (1, 1 - math.sqrt(0.5), 0.5),  # alone at the bar: (1 - p)^2 = 1/2
        (2, math.sqrt(0.5), 0.5),  # room for two: p^2 = 1/2; with one who goes for sure the others split evenly
    ],
)
def test_el_farol_for_three(room: int, odds: float, pair: float) -> None:
    # Arthur 1994: going pays 1 if it is not too full and -1 if it is, staying 0
    found = all_equilibria(
        NormalForm(payoffs((2, 2, 2), lambda i, a: (1.0 if sum(a) <= room else -1.0) if a[i] else 0.0))
    )
    goes = 0 if room == 1 else 1
    expected = [[float(i in who) for i in range(3)] for who in itertools.combinations(range(3), room)]
    expected += [[goes if i == k else pair for i in range(3)] for k in range(3)]
    expected += [[odds] * 3]
    assert found.complete.all()
    assert np.allclose(seconds(found), sorted(expected), rtol=0, atol=1e-12)


def test_coordination_of_three_with_unequal_prizes() -> None:
    # all get k + 1 if all choose k: both mix so that 1 * q0^2 = 2 * q1^2
    found = all_equilibria(NormalForm(payoffs((2, 2, 2), lambda i, a: float(a[0] + 1) if len(set(a)) == 1 else 0.0)))
    q = 1 / (1 + math.sqrt(2))
    assert found.complete.all()
    assert np.allclose(seconds(found), [[0, 0, 0], [q] * 3, [1, 1, 1]], rtol=0, atol=1e-12)


def test_three_actions_three_players_in_closed_form() -> None:
    # i wants to be where the next player is not, weighed (1, 2, 3): indifference makes everyone avoid alike
    worth = np.array([1.0, 2.0, 3.0])
    table = payoffs((3, 3, 3), lambda i, a: worth[a[i]] if a[i] == a[(i + 1) % 3] else 0.0)
    found = all_equilibria(NormalForm(table))
    q = (1 / worth) / (1 / worth).sum()
    assert any(np.allclose(row, [q] * 3, rtol=0, atol=1e-12) for row in rows(found))
    # every nonempty set of actions has such an equilibrium; nothing else has the same support for all
    alike = [row for row in rows(found) if all(((x > 0) == (row[0] > 0)).all() for x in row)]
    assert len(alike) == 7


LOST = [  # random games of which pygambit 17.0.0b2's enumpoly loses the equilibrium written here
    (
        [
            [[[-0.13, -1.909], [-0.158, 0.09]], [[-0.705, -0.72], [1.886, -1.21]]],
            [[[-1.051, -0.809], [1.199, 2.102]], [[0.332, -0.717], [-0.428, 1.065]]],
            [[[-0.911, 1.453], [1.417, 0.07]], [[0.646, 0.75], [1.554, -1.051]]],
        ],
        [0.773506, 0.209771, 0.036982],
        1,
    ),
    (
        [
            [[[-1.111, -0.1], [0.116, -0.656]], [[0.498, -0.219], [-1.02, 0.041]]],
            [[[1.882, -0.675], [1.166, 1.378]], [[1.498, -0.823], [2.015, 0.116]]],
            [[[-0.254, -0.23], [0.602, 0.051]], [[-0.177, 1.284], [-0.723, -1.043]]],
        ],
        [0.450212, 0.600162, 0.093958],
        1,
    ),
    (
        [
            [[[-0.672, -2.026], [0.068, 0.005]], [[-1.676, 0.688], [0.867, 0.096]]],
            [[[1.668, 1.872], [-1.206, 1.037]], [[0.441, 0.418], [0.934, -0.719]]],
            [[[-0.592, -0.827], [-0.755, -0.099]], [[-1.452, -1.046], [0.578, -0.071]]],
        ],
        [0.910713, 0.395765, 0.147703],
        7,
    ),
]


@pytest.mark.parametrize(("table", "point", "count"), LOST)
def test_equilibria_that_others_lose(table: Any, point: list[float], count: int) -> None:
    found = all_equilibria(NormalForm(table))
    assert len(found.owner) == count
    assert found.complete.all()
    assert any(np.allclose(row, point, rtol=0, atol=1e-6) for row in seconds(found))


# ------------------------------------------------------------------ independent searches


def slow_interior(table: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    """Completely mixed equilibria of a 2 x 2 x 2 game: eliminate with polynomial arithmetic and `numpy.roots`."""
    D, E, F = (np.diff(table[i], axis=i).squeeze(axis=i) for i in range(3))  # gains of the second action
    along = [np.array([g[1] - g[0], g[0]]) for g in D]  # D at y = 0 and y = 1, polynomials in z
    P, Q = along[0], along[1] - along[0]
    along = [np.array([g[1] - g[0], g[0]]) for g in E]
    R, S = along[0], along[1] - along[0]
    c0, c1, c2 = F[0, 0], F[1, 0] - F[0, 0], F[0, 1] - F[0, 0]
    c3 = F[1, 1] - F[1, 0] - F[0, 1] + F[0, 0]
    terms = [c0 * np.polymul(S, Q), -c1 * np.polymul(R, Q), -c2 * np.polymul(P, S), c3 * np.polymul(R, P)]
    found = []
    for z in np.roots(sum(terms)):
        if abs(z.imag) < 1e-12:
            z = z.real
            y = -np.polyval(P, z) / np.polyval(Q, z)
            x = -np.polyval(R, z) / np.polyval(S, z)
            if all(0 < w < 1 for w in (x, y, z)):
                found.append(tuple(np.array([1 - w, w]) for w in (x, y, z)))
    return found


def test_the_closed_form_against_polynomial_arithmetic() -> None:
    batch = np.random.default_rng(11).standard_normal((400, 3, 2, 2, 2))
    found = all_equilibria(NormalForm(batch, players=("A", "B", "C")))
    assert found.complete.all()
    assert not found.tied.any()
    some = 0
    for g, table in enumerate(batch):
        mixed = [row for row in rows(found, g) if all(0 < x[1] < 1 for x in row)]
        assert same(mixed, slow_interior(table), 1e-8)
        some += len(mixed)
    assert some > 60


@given(tables(actions=(2, 2), **GENERIC))
@FEW
def test_the_closed_form_against_subdivision(table: np.ndarray) -> None:
    found = all_equilibria(NormalForm(table))
    units = each_to_unit(NormalForm(table).entries())
    owner, strategies, settled, tied = many_players._by_supports(units)
    assume(settled.all() and found.complete.all())
    assert same(rows(found), rows(Found(owner, strategies, settled, tied)), 1e-7)


def searched(table: np.ndarray, rng: np.random.Generator, least: int) -> list[tuple[np.ndarray, ...]]:
    """Find equilibria in which `least` players mix: Newton's method on every support profile from random points."""
    n, sizes, found = len(table), table.shape[1:], []
    supports = [[s for k in range(1, a + 1) for s in itertools.combinations(range(a), k)] for a in sizes]
    for profile in itertools.product(*supports):
        if sum(len(s) > 1 for s in profile) < least:
            continue
        cut = table[np.ix_(range(n), *profile)]
        ends = np.cumsum([len(s) for s in profile])[:-1]

        def worth(x: list[np.ndarray], i: int, cut: np.ndarray = cut) -> np.ndarray:
            own = cut[i]
            for j in reversed(range(n)):
                own = own if j == i else np.tensordot(own, x[j], axes=(j, 0))
            return own

        def gaps(flat: np.ndarray, ends: np.ndarray = ends, worth: Any = worth) -> np.ndarray:
            x = np.split(flat, ends)
            return np.concatenate([*(np.diff(worth(x, i)) for i in range(n)), [p.sum() - 1 for p in x]])

        for _ in range(2):
            flat = np.concatenate([rng.dirichlet(np.ones(len(s))) for s in profile])
            for _ in range(15):
                J = np.stack([gaps(flat + h) - gaps(flat) for h in 1e-7 * np.eye(len(flat))], axis=1) / 1e-7
                step = np.linalg.lstsq(J, gaps(flat), rcond=None)[0]
                flat = flat - step
                if np.abs(step).max() < 1e-9 or np.abs(flat).max() > 10:
                    break
            if np.abs(gaps(flat)).max() > 1e-9 or flat.min() < 1e-9:
                continue
            full = [np.zeros(a) for a in sizes]
            for row, own, p in zip(full, profile, np.split(flat, ends), strict=True):
                row[list(own)] = p
            if regret(table, full) < 1e-7:
                found.append(tuple(full))
    return found


@pytest.mark.parametrize(("sizes", "seed", "least"), [((2, 2, 2, 2), 0, 4), ((3, 2, 2), 1, 3)])
def test_a_random_search_finds_nothing_more(sizes: tuple[int, ...], seed: int, least: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.standard_normal((len(sizes), *sizes))
    found = all_equilibria(NormalForm(table))
    assert found.complete.all()
    known = [np.concatenate(row) for row in rows(found)]
    for row in searched(table, rng, least):
        assert min(np.abs(np.concatenate(row) - other).max() for other in known) < 1e-6


# ------------------------------------------------------------------ what must hold


@given(normal_forms(actions=(1, 3), players=(1, 3)))
@SOME
def test_all_are_equilibria_with_the_pure_ones_among_them(game: NormalForm) -> None:
    found = all_equilibria(game)
    for row in rows(found):
        assert all(abs(x.sum() - 1) < 1e-12 and x.min() >= 0 for x in row)
        assert regret(game.payoffs, row) <= 1.1e-9
    pure = reference.pure_equilibria(reference.lists(game.payoffs))
    listed = [tuple(int(x.argmax()) for x in row) for row in rows(found) if all(x.max() == 1 for x in row)]
    assert sorted(listed) == sorted(pure)
    assert rows(found) or not found.complete.all()


@pytest.mark.parametrize("sizes", [(2, 2, 2), (3, 2, 2), (2, 2, 2, 2), (3, 3, 3)])
def test_almost_every_game_has_an_odd_number(sizes: tuple[int, ...]) -> None:
    # Wilson 1971; Harsanyi 1973
    n = {(2, 2, 2): 5_000, (3, 2, 2): 100, (2, 2, 2, 2): 30, (3, 3, 3): 10}[sizes]
    table = np.random.default_rng(3).standard_normal((n, len(sizes), *sizes))
    found = all_equilibria(NormalForm(table, players=[f"P{i}" for i in range(len(sizes))]))
    assert (found.complete & ~found.tied).all()
    count = np.bincount(found.owner, minlength=n)
    assert (count % 2 == 1).all()
    assert count.max() > 3


@given(tables(players=(2, 2), actions=(1, 3), kinds=("fine",)), st.integers(0, 2))
@SOME
def test_a_dummy_player_changes_nothing(table: np.ndarray, place: int) -> None:
    two = solve(NormalForm(table), method="nash")
    assume(two.complete and not two.tied)
    own = np.expand_dims(table, place + 1)
    three = np.insert(own, place, 0.0, axis=0)
    found = all_equilibria(NormalForm(three))
    assert found.complete.all()
    expected = [(*e.profile[:place], np.ones(1), *e.profile[place:]) for e in two.equilibria]
    assert same(rows(found), expected, 1e-8)


@st.composite
def generic(draw: Any) -> np.ndarray:
    """Return a random table for three players; no two of its numbers are related."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=3, max_size=3))
    return np.random.default_rng(draw(st.integers(0, 2**32))).standard_normal((3, *sizes))


@given(generic(), st.randoms(use_true_random=False))
@FEW
def test_order_of_players_and_actions_does_not_matter(table: np.ndarray, random: Any) -> None:
    found = all_equilibria(NormalForm(table))
    assert found.complete.all()
    order = random.sample(range(3), 3)
    shuffles = [random.sample(range(a), a) for a in table.shape[1:]]
    moved = table[np.ix_(range(3), *shuffles)].transpose(0, *(i + 1 for i in order))[order]
    expected = [tuple(row[i][shuffles[i]] for i in order) for row in rows(found)]
    again = all_equilibria(NormalForm(moved))
    assert again.complete.all()
    assert same(rows(again), expected, 1e-8)


@given(generic(), st.sampled_from([1e-12, 1e-3, 1e15]), st.sampled_from([-1e3, 0.0, 1e3]))
@FEW
def test_units_do_not_matter(table: np.ndarray, scale: float, offset: float) -> None:
    found = all_equilibria(NormalForm(table))
    assert found.complete.all()
    units = np.array([scale, 1.0, 1 / scale]).reshape(3, 1, 1, 1)
    again = all_equilibria(NormalForm((table + offset) * units))
    assert again.complete.all()
    assert same(rows(again), rows(found), 1e-7)


@pytest.mark.parametrize("sizes", [(2, 2, 2), (3, 2, 2)])
def test_a_batch_is_its_games(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(8)
    table = np.concatenate(
        [rng.standard_normal((6, 3, *sizes)), rng.integers(-2, 3, (6, 3, *sizes)), np.zeros((1, 3, *sizes))]
    )
    many = all_equilibria(NormalForm(table, players=("A", "B", "C")))
    assert (np.diff(many.owner) >= 0).all()
    for g, own in enumerate(table):
        one = all_equilibria(NormalForm(own))
        assert same(rows(many, g), rows(one), 1e-10)
        assert (many.complete[g], many.tied[g]) == (one.complete[0], one.tied[0])


def test_an_empty_batch() -> None:
    for sizes in ((2, 2, 2), (3, 2, 2)):
        game = NormalForm(np.zeros((0, 3, *sizes)), players=("A", "B", "C"))
        assert all_equilibria(game).complete.shape == one_equilibrium(game).complete.shape == (0,)


# ------------------------------------------------------------------ honesty


def test_a_game_of_ties_is_not_called_complete() -> None:
    found = all_equilibria(NormalForm(np.zeros((3, 2, 2, 2))))
    assert not found.complete.any()
    assert found.tied.all()
    assert len([r for r in rows(found) if all(x.max() == 1 for x in r)]) == 8


def test_a_duplicated_action_makes_curves() -> None:
    table = np.array(LOST[2][0])
    twice = np.concatenate([table, table[:, 1:]], axis=1)
    single, double = all_equilibria(NormalForm(table)), all_equilibria(NormalForm(twice))
    used = any(row[0][1] > 0 for row in rows(single))
    assert single.complete.all()
    assert used
    assert not double.complete.any()
    merged = [(np.array([x[0], x[1] + x[2]]), y, z) for x, y, z in rows(double)]
    assert all(any(same([m], [s], 1e-8) for m in merged) for s in rows(single))


def test_a_tie_off_the_path_is_flagged() -> None:
    # player 1 is indifferent at the only pure equilibrium: it may mix as long as the others keep to theirs
    table = payoffs((2, 2, 2), lambda i, a: 1.0 - a[i] if i else float(a[0] * (a[1] + a[2])))
    found = all_equilibria(NormalForm(table))
    assert found.tied.all()
    assert not found.complete.any()


def test_a_double_root_is_not_called_complete() -> None:
    # the gains vanish where y = z, x = z and (x - 1/2)(y - 1/2) = 0: the quadratic in z is (z - 1/2)^2
    def rule(i: int, a: tuple[int, ...]) -> float:
        x, y, z = (v - 0.5 for v in a)
        return a[i] * (y - z, x - z, 4 * x * y)[i]

    found = all_equilibria(NormalForm(payoffs((2, 2, 2), rule)))
    assert not found.complete.any()
    assert found.tied.all()
    assert any(np.allclose(row, 0.5, atol=1e-3) for row in rows(found))


def test_the_budget_is_kept_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.random.default_rng(1).standard_normal((3, 3, 3, 3))
    full = all_equilibria(NormalForm(table))
    monkeypatch.setattr(many_players, "BOXES", 0)
    less = all_equilibria(NormalForm(table))
    assert full.complete.all()
    assert not less.complete.any()
    assert less.tied.all()
    assert all(any(same([row], [other], 1e-6) for other in rows(full)) for row in rows(less))


def test_what_is_too_large_is_named() -> None:
    assert refuses_many(NormalForm(np.zeros((3, 3, 3, 3)))) == ""
    assert "4000 support profiles; this game, 5 x 5 x 5, has 29791" in refuses_many(NormalForm(np.zeros((3, 5, 5, 5))))
    tree = ExtensiveForm(Chance({"a": (1.0, Decision("A", {"x": Outcome({"A": 1})}))}))
    assert "normal form" in refuses_many(tree)


def test_roots_are_proved_apart() -> None:
    # the gains vanish where y = z, x = z and 16 x y - 8 x - 8 y + 3 = 0: two roots on one support
    def rule(i: int, a: tuple[int, ...]) -> float:
        x, y, z = a
        return a[i] * (y - z, x - z, 16 * x * y - 8 * x - 8 * y + 3)[i]

    table = payoffs((2, 2, 2), rule)
    units = each_to_unit(NormalForm(table).entries())
    tables_ = [many_players._table(units, i, ((0, 1),) * 3) for i in range(3)]
    found = polynomial.roots(tables_, (2, 2, 2), np.array([1_000]))
    assert found.settled.all()
    at = sorted({round(float(p), 9) for p in found.points[0][1]})
    assert at == [0.25, 0.75]  # 16 x^2 - 16 x + 3 = 0


# ------------------------------------------------------------------ one equilibrium


@given(normal_forms(players=(1, 4), actions=(1, 3)))
@FEW
def test_one_is_always_found_and_certified(game: NormalForm) -> None:
    answer = solve(game, method="logit_limit")
    assert (answer.count, answer.complete, answer.finds) == (1, True, "one")
    assert regret(game.payoffs, answer.equilibria[0].profile) <= 1.1e-9


def test_it_is_among_all() -> None:
    table = np.random.default_rng(21).standard_normal((100, 3, 2, 2, 2))
    game = NormalForm(table, players=("A", "B", "C"))
    every, one = all_equilibria(game), one_equilibrium(game)
    assert one.owner.tolist() == list(range(100))
    for g in range(100):
        assert any(same(rows(one, g), [row], 1e-9) for row in rows(every, g))


def nowhere(entries: np.ndarray) -> branch.Branch:
    """Fail to follow any branch."""
    n = entries.shape[-1]
    no = np.zeros(n, dtype=bool)
    return branch.Branch(tuple(np.full((n, a), 1 / a) for a in entries.shape[1:-1]), no, no, no)


JORDAN_LIKE = np.random.default_rng(93).standard_normal((30, 3, 2, 2, 2))


def test_where_the_branch_is_lost_others_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    game = NormalForm(JORDAN_LIKE, players=("A", "B", "C"))
    monkeypatch.setattr(branch, "limit", nowhere)
    found = one_equilibrium(game)
    assert found.complete.all()
    assert (found.status == Status.SOLVED).all()
    assert max(regret(t, rows(found, g)[0]) for g, t in enumerate(JORDAN_LIKE)) < 1e-9


def test_other_starting_points_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    game, true, calls = NormalForm(JORDAN_LIKE, players=("A", "B", "C")), branch.limit, []

    def later(entries: np.ndarray) -> branch.Branch:
        calls.append(entries.shape[-1])
        return nowhere(entries) if len(calls) == 1 else true(entries)

    monkeypatch.setattr(branch, "limit", later)
    monkeypatch.setattr(many_players, "_try_pure", lambda hunt: None)
    monkeypatch.setattr(many_players, "_try_supports", lambda hunt: None)
    found = one_equilibrium(game)
    assert len(calls) > 1
    assert found.complete.all()


def test_where_all_fails_nothing_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    game = NormalForm(payoffs((2, 2, 2), lambda i, a: float((a[i] == a[(i + 1) % 3]) == (i < 2)) * (1 + a[i])))
    monkeypatch.setattr(branch, "limit", nowhere)
    monkeypatch.setattr(many_players, "_try_supports", lambda hunt: None)
    monkeypatch.setattr(many_players, "newton", lambda tables, sizes, start: (list(start), np.zeros(1, dtype=bool)))
    answer = solve(game, method="logit_limit")
    assert (answer.count, answer.complete, answer.status) == (0, False, Status.FAILED)
