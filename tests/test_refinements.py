"""Refinements, held against the literature, the definitions by brute force, and the theorems that connect them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from decide import errors
from decide.refinements import is_evolutionarily_stable, is_perfect, is_proper, is_strict, is_undominated
from decide.refinements.masks import dominance_mask, regular_mask, strict_mask
from strategies import KINDS, SCALES, tables

TESTS = (is_strict, is_undominated, is_perfect, is_proper, is_evolutionarily_stable)
FEW = settings(max_examples=40, deadline=None)


def pair(A: Any, B: Any) -> np.ndarray:
    return np.stack([np.array(A, dtype=float), np.array(B, dtype=float)])


def symmetric(A: Any) -> np.ndarray:
    return pair(A, np.array(A).T)


def pure(entries: np.ndarray, *actions: int) -> tuple[np.ndarray, ...]:
    return tuple(np.eye(m)[a] for m, a in zip(entries.shape[1:], actions, strict=True))


def both(*x: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array(x), np.array(x)


def equilibria(entries: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    """Some equilibria (all, where the game is not degenerate), in exact arithmetic."""
    found = reference.nash_equilibria(entries[0].tolist(), entries[1].tolist())
    return [tuple(np.array(x) for x in point) for point in found]


# ------------------------------------------------------------------ games from the literature

DILEMMA = pair([[3, 0], [5, 1]], [[3, 5], [0, 1]])
STANDARD = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0.0]])  # rock, paper, scissors
MYERSON = symmetric([[1, 0, -9], [0, 0, -7], [-9, -7, -7]])
DOMINATED = symmetric([[1, 0], [0, 0]])
ENTRY = pair([[0, 0], [-1, 1]], [[2, 2], [0, 1]])  # out, in; fight, yield
#: Columns C: the average of the first two rows is better than the third, though neither is.
BY_MIXTURE = pair([[3, 0, 1], [0, 3, 1], [1, 1, 1]], [[0, 0, 0], [0, 0, 0], [0, 0, 0]])


def van_damme() -> np.ndarray:
    """Return the game of three players with an undominated equilibrium that is not perfect (van Damme 1991, ch. 2)."""
    first = [[(1, 1, 1), (1, 0, 1)], [(1, 1, 1), (0, 0, 1)]]
    second = [[(1, 1, 0), (0, 0, 0)], [(0, 1, 0), (1, 0, 0)]]
    return np.moveaxis(np.array([first, second], dtype=float), (3, 1, 2, 0), (0, 1, 2, 3))


def horse() -> np.ndarray:
    """Return the normal form of Selten's horse (1975): D or A; d or a; L or R."""
    u = np.empty((3, 2, 2, 2))
    u[:, 0, :, 0], u[:, 0, :, 1] = np.array([[3, 3, 2]] * 2).T, 0
    u[:, 1, 0, 0], u[:, 1, 0, 1] = (4, 4, 0), (0, 0, 1)
    u[:, 1, 1, :] = 1
    return u


def third(q: float) -> np.ndarray:
    """Return hawks and doves with a third action; its quadratic form is [[2, (4 - q) / 2], [(4 - q) / 2, 1.5]]."""
    return symmetric([[-1, 2, 0], [0, 1, q], [0.5, 0.5, 0]])


def helpers(h: float) -> np.ndarray:
    """Return a game in which two actions tied with the first get `h` from each other: [[1, 1 - h], [1 - h, 1]]."""
    return symmetric([[0, 1, 1], [0, 0, h], [0, h, 0]])


def uneven() -> np.ndarray:
    """Return one with the form [[1, 4], [4, 9]]: positive on the simplex, though not at its stationary point."""
    return symmetric([[0, 1, 1], [0, 0, -3], [0, -3, -8]])


HORSE, VAN_DAMME, NOTHING = horse(), van_damme(), np.zeros((3, 2, 2, 2))
TOGETHER = np.stack([np.eye(8)[0].reshape(2, 2, 2)] * 3)

#: Game, profile, and what it is: strict, undominated, perfect, proper, evolutionarily stable.
LITERATURE = [
    ("prisoner's dilemma", DILEMMA, pure(DILEMMA, 1, 1), (True, True, True, True, True)),
    ("dilemma, no equilibrium", DILEMMA, pure(DILEMMA, 0, 0), (False, False, False, False, False)),
    ("Selten 1975: the good one", DOMINATED, pure(DOMINATED, 0, 0), (True, True, True, True, True)),
    ("Selten 1975: the dominated one", DOMINATED, pure(DOMINATED, 1, 1), (False, False, False, False, False)),
    ("Selten 1978: empty threat", ENTRY, pure(ENTRY, 0, 0), (False, False, False, False, None)),
    ("Selten 1978: entry", ENTRY, pure(ENTRY, 1, 1), (True, True, True, True, None)),
    ("Myerson 1978: proper", MYERSON, pure(MYERSON, 0, 0), (True, True, True, True, True)),
    ("Myerson 1978: perfect", MYERSON, pure(MYERSON, 1, 1), (False, True, True, False, False)),
    ("Myerson 1978: neither", MYERSON, pure(MYERSON, 2, 2), (False, False, False, False, False)),
    ("van Damme 1991: undominated", VAN_DAMME, pure(VAN_DAMME, 1, 0, 0), (False, True, False, False, None)),
    ("van Damme 1991: perfect", VAN_DAMME, pure(VAN_DAMME, 0, 0, 0), (False, True, True, None, None)),
    ("Selten's horse: D", HORSE, pure(HORSE, 0, 1, 0), (False, True, False, False, None)),
    ("Selten's horse: A", HORSE, pure(HORSE, 1, 1, 1), (False, True, True, None, None)),
    ("pennies", pair([[1, -1], [-1, 1]], [[-1, 1], [1, -1]]), both(0.5, 0.5), (False, True, True, True, None)),
    ("hawk, dove: V/C", symmetric([[-1, 2], [0, 1]]), both(0.5, 0.5), (False, True, True, True, True)),
    ("coordination: mixed", symmetric([[2, 0], [0, 1]]), both(1 / 3, 2 / 3), (False, True, True, True, False)),
    ("coordination: pure", symmetric([[2, 0], [0, 1]]), both(0, 1), (True, True, True, True, True)),
    ("rock, paper, scissors", symmetric(STANDARD), both(1 / 3, 1 / 3, 1 / 3), (False, True, True, True, False)),
    ("good", symmetric(STANDARD + (STANDARD > 0)), both(1 / 3, 1 / 3, 1 / 3), (False, True, True, True, True)),
    ("bad", symmetric(STANDARD - (STANDARD < 0)), both(1 / 3, 1 / 3, 1 / 3), (False, True, True, True, False)),
    # x is a best reply to itself with a tie: stable if it does better against the other than that against itself
    ("tied, stable", symmetric([[1, 1], [1, 0]]), both(1, 0), (False, True, True, True, True)),
    ("tied, neutral", symmetric([[1, 1], [1, 1]]), both(1, 0), (False, True, True, True, False)),
    # half hawks, half doves; a third action is as good against them: stable by how it does against itself and both
    ("third, tied: stable", third(4), both(0.5, 0.5, 0), (False, True, True, True, True)),
    ("third, tied: not", third(0), both(0.5, 0.5, 0), (False, True, True, True, False)),
    # each of two others is beaten alone; together they help each other a little, too much, or are each other's ruin
    ("two others, stable", helpers(1.5), both(1, 0, 0), (False, True, True, True, True)),
    ("two others, not", helpers(3), both(1, 0, 0), (False, False, False, False, False)),
    ("two others, enemies", helpers(-10), both(1, 0, 0), (False, True, True, True, True)),
    ("two others, uneven enemies", uneven(), both(1, 0, 0), (False, True, True, True, True)),
    ("nothing to choose", np.zeros((2, 1, 1)), both(1), (True, True, True, True, True)),
    ("everything the same", NOTHING, pure(NOTHING, 0, 1, 0), (False, True, True, None, None)),
    ("one player", np.array([[1.0, 2.0, 2.0]]), (np.array([0, 0.5, 0.5]),), (False, True, True, True, None)),
    ("three strict", TOGETHER, pure(TOGETHER, 0, 0, 0), (True, True, True, True, None)),
    ("by a mixture", BY_MIXTURE, (np.array([0, 0, 1.0]), np.array([0, 0, 1.0])), (False, False, False, False, None)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "entries", "profile", "expected"), LITERATURE, ids=[x[0] for x in LITERATURE])
def test_literature(name: str, entries: np.ndarray, profile: Any, expected: Any) -> None:
    assert tuple(test(entries, profile) for test in TESTS) == expected


@pytest.mark.parametrize(("name", "entries", "profile", "expected"), LITERATURE, ids=[x[0] for x in LITERATURE])
@pytest.mark.parametrize("scale", [1e-12, 1e-3, 1e9, 1e15, 2.0**-1000])
def test_units_do_not_matter(name: str, entries: np.ndarray, profile: Any, expected: Any, scale: float) -> None:
    assert tuple(test(entries * scale, profile) for test in TESTS) == expected
    moved = entries + np.ldexp(1.0, 20)
    assert tuple(test(moved, profile) for test in TESTS) == expected
    uneven = entries * np.array([scale, *[1.0] * (len(entries) - 1)]).reshape(-1, *[1] * len(entries))
    assert tuple(test(uneven, profile) for test in TESTS[:4]) == expected[:4]


def test_van_damme_is_undominated_though_it_can_not_be_trembled_to() -> None:
    """By brute force: against small independent trembles the equilibrium's first action is never a best reply."""
    u = VAN_DAMME[0]
    for p, q in itertools.product(10.0 ** -np.arange(1, 6), repeat=2):
        y, z = np.array([1 - p, p]), np.array([1 - q, q])
        worth = u @ z @ y
        assert worth[0] > worth[1]


def test_shape_is_checked() -> None:
    with pytest.raises(errors.GameError, match=r"shape \(2, 2, 2\); expected \(2, 2, 3\)"):
        is_strict(DILEMMA, (np.array([1.0, 0.0]), np.array([1.0, 0.0, 0.0])))
    with pytest.raises(errors.GameError, match=r"expected \(1, 2\)"):
        is_proper(DILEMMA, (np.array([1.0, 0.0]),))


def test_what_cannot_be_decided_is_not_guessed() -> None:
    """Six best replies outside the support each: more orders than are tried, or faces than are looked at."""
    rng = np.random.default_rng(0)
    A = np.zeros((6, 6))
    A[1:, 1:] = rng.normal(size=(5, 5)) - 2
    assert is_proper(pair(A, A.T), pure(pair(A, A.T), 0, 0)) is None
    big = np.zeros((15, 15))
    big[1:, 1:] = -1.0
    assert is_evolutionarily_stable(symmetric(big), pure(symmetric(big), 0, 0)) is None
    three = np.zeros((3, 3, 2, 2))
    three[0, :, 1, 1] = [0, 1, -1]
    mixed = (np.array([0.5, 0.5, 0.0]), *both(1, 0))
    assert is_perfect(three, mixed) is False  # b is better than both wherever they are not tied
    three[0, :, 1, 1] = [0, 0, -1]
    assert is_perfect(three, mixed) is None
    crossed = np.zeros((3, 3, 2, 2))  # perfect, by trembles that are equal: first-order ones do not tell
    crossed[0, 1:] = [[[0, 1], [-1, -1]], [[0, -1], [1, -1]]]
    assert is_undominated(crossed, pure(crossed, 0, 0, 0)) is True
    assert is_perfect(crossed, pure(crossed, 0, 0, 0)) is None
    crossed[0, 2, 0, 1] = 0.5
    crossed[0, 2, 1, 0] = -1
    assert is_perfect(crossed, pure(crossed, 0, 0, 0)) is True


# ------------------------------------------------------------------ definitions by brute force


def dominated_exactly(rows: Sequence[Sequence[Fraction]], s: int) -> bool:
    """Whether the row `s` of three is weakly dominated by a mixture of the other two: an interval of weights."""
    b, c = (rows[k] for k in range(3) if k != s)
    low, high = Fraction(0), Fraction(1)
    for u, v, w in zip(b, c, rows[s], strict=True):  # p u + (1 - p) v >= w
        if u > v:
            low = max(low, (w - v) / (u - v))
        elif u < v:
            high = min(high, (v - w) / (v - u))
        elif u < w:
            return False
    gains = [sum(p * u + (1 - p) * v - w for u, v, w in zip(b, c, rows[s], strict=True)) for p in (low, high)]
    return low <= high and max(gains) > 0


@FEW
@given(tables(players=(2, 2), actions=(3, 3), kinds=("whole", "fine")))
def test_dominance_by_mixtures(entries: np.ndarray) -> None:
    rows = [[Fraction(x) for x in row] for row in entries[0]]
    columns = [[Fraction(x) for x in row] for row in entries[1].T]
    for s, t in itertools.product(range(3), repeat=2):
        expected = not (dominated_exactly(rows, s) or dominated_exactly(columns, t))
        assert is_undominated(entries, pure(entries, s, t)) is expected


@FEW
@given(tables(players=(2, 2), actions=(2, 4)), st.integers(0, 10**6))
def test_dominating_mixtures_are_not_overlooked(entries: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = (rng.dirichlet(np.ones(m)) * (rng.random(m) < 0.6) + np.eye(m)[0] * 0.1 for m in entries.shape[1:])
    x, y = x / x.sum(), y / y.sum()
    unit = (entries[0] - entries[0].min()) / (np.ptp(entries[0]) or 1.0)
    others = rng.dirichlet(np.full(len(x), 0.3), size=300)
    gain = others @ unit - x @ unit
    if ((gain >= 0).all(axis=1) & (gain.max(axis=1) > 1e-6)).any():
        assert is_undominated(entries, (x, y)) is False


def is_nearly_proper(entries: np.ndarray, profile: Sequence[Sequence[Fraction]], epsilon: Fraction) -> bool:
    """Myerson's condition for one positive profile and one epsilon, in exact arithmetic."""
    x, y = profile
    A = [[Fraction(v) for v in row] for row in entries[0]]
    B = [[Fraction(v) for v in row] for row in entries[1].T]
    for own, other, table in ((x, y, A), (y, x, B)):
        worth = [sum(p * v for p, v in zip(other, row, strict=True)) for row in table]
        for a, b in itertools.permutations(range(len(own)), 2):
            if worth[a] < worth[b] and own[a] > epsilon * own[b]:
                return False
    return True


def sequences(m: int, action: int) -> list[list[Any]]:
    """Ways in which everything but one action may vanish: (coefficient, power of epsilon) for each."""
    rest = list(itertools.product([(c, k) for k in (1, 2, 3) for c in (1, 2, 5)], repeat=m - 1))
    return [[*r[:action], (1, 0), *r[action:]] for r in rest]


def trembled(sequence: Any, epsilon: Fraction) -> list[Fraction]:
    weights = [c * epsilon**k for c, k in sequence]
    return [w / sum(weights) for w in weights]


def has_proper_sequence(entries: np.ndarray, actions: tuple[int, int]) -> bool:
    """Whether one of a few sequences of profiles is proper for ever smaller epsilon."""
    small = [Fraction(1, 10**5), Fraction(1, 10**7)]
    for x, y in itertools.product(*(sequences(m, a) for m, a in zip(entries.shape[1:], actions, strict=True))):
        if all(is_nearly_proper(entries, (trembled(x, e), trembled(y, e)), 6 * e) for e in small):
            return True
    return False


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(-2, 2), min_size=12, max_size=12))
def test_proper_by_explicit_sequences(numbers: list[int]) -> None:
    """2 x 3 games of small integers: some few monomials make a proper sequence exactly where there is one."""
    entries = np.array(numbers, dtype=float).reshape(2, 2, 3)
    for actions in reference.pure_equilibria(reference.lists(entries)):
        assert is_proper(entries, pure(entries, *actions)) is has_proper_sequence(entries, actions)


def test_myerson_by_explicit_sequences() -> None:
    assert [has_proper_sequence(MYERSON[:, :2, :], (k, k)) for k in range(2)] == [
        is_proper(MYERSON[:, :2, :], pure(MYERSON[:, :2, :], k, k)) for k in range(2)
    ]


@FEW
@given(st.lists(st.integers(-3, 3), min_size=9, max_size=9), st.integers(2, 3))
def test_stability_by_invasions(numbers: list[int], n: int) -> None:
    """A stable strategy beats every mutant that is as good against it; an unstable one does not."""
    A = np.array(numbers[: n * n], dtype=float).reshape(n, n)
    steps = [np.array(s) / 24 for s in itertools.product(range(25), repeat=n) if sum(s) == 24]
    for x, y in equilibria(symmetric(A)):
        if not np.allclose(x, y, atol=1e-12):
            continue
        stable = is_evolutionarily_stable(symmetric(A), (x, x))
        mutants = [z for z in steps if np.abs(z - x).max() > 1e-9 and abs((z - x) @ A @ x) < 1e-12]
        beaten = [(x - z) @ A @ z > 1e-12 for z in mutants]
        assert not stable or all(beaten)
        if n == 2:
            assert stable == all(beaten)


# ------------------------------------------------------------------ theorems


@FEW
@given(tables(players=(2, 2), actions=(1, 3)))
def test_what_implies_what(entries: np.ndarray) -> None:
    """Strict, proper, perfect, undominated, each implies the next; every game has a proper one (Myerson 1978)."""
    points = equilibria(entries)
    proper = [is_proper(entries, p) for p in points]
    for p, own in zip(points, proper, strict=True):
        strict, undominated, perfect = is_strict(entries, p), is_undominated(entries, p), is_perfect(entries, p)
        assert not strict or own is True
        assert own is not True or perfect is True
        assert perfect is undominated
        assert own is not None
        if entries.shape[1:] == (2, 2):  # van Damme 1991: in 2 x 2 games the perfect are proper
            assert own is perfect
    if not reference.is_degenerate(entries[0].tolist(), entries[1].tolist()):
        assert any(proper)


@FEW
@given(st.lists(st.integers(-3, 3), min_size=9, max_size=9))
def test_stable_strategies_are_proper_and_alone_on_their_support(numbers: list[int]) -> None:
    """Van Damme 1991; Bishop & Cannings 1976."""
    entries = symmetric(np.array(numbers, dtype=float).reshape(3, 3))
    points = [x for x, y in equilibria(entries) if np.allclose(x, y, atol=1e-12)]
    for x in points:
        if is_evolutionarily_stable(entries, (x, x)):
            assert is_proper(entries, (x, x)) is True
            inside = [y for y in points if (y[x == 0] == 0).all()]
            assert len(inside) == 1


@FEW
@given(tables(players=(2, 3), actions=(1, 3), kinds=KINDS), st.sampled_from(SCALES), st.integers(0, 10**6))
def test_names_of_actions_and_units_do_not_matter(entries: np.ndarray, scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(m) for m in entries.shape[1:]]
    turned = entries[np.ix_(range(len(entries)), *orders)] * scale
    for actions in reference.pure_equilibria(reference.lists(entries))[:3]:
        profile = pure(entries, *actions)
        other = tuple(x[o] for x, o in zip(profile, orders, strict=True))
        for test in TESTS[:4]:
            assert test(entries, profile) is test(turned, other)


@FEW
@given(tables(players=(2, 2), actions=(2, 3)))
def test_a_copy_of_an_action_changes_only_strictness(entries: np.ndarray) -> None:
    copied = np.concatenate([entries, entries[:, :1]], axis=1)
    for x, y in equilibria(entries):
        longer = (np.append(x, 0.0), y)
        for test in (is_undominated, is_perfect):
            assert test(copied, longer) is test(entries, (x, y))
        assert is_proper(copied, longer) in (is_proper(entries, (x, y)), None)


@FEW
@given(tables(players=(3, 3), actions=(2, 2), kinds=("whole",)), st.integers(0, 10**6))
def test_three_players_against_random_trembles(entries: np.ndarray, seed: int) -> None:
    """No random trembles support a pure equilibrium that is called imperfect."""
    rng = np.random.default_rng(seed)
    for actions in reference.pure_equilibria(reference.lists(entries)):
        profile = pure(entries, *actions)
        perfect = is_perfect(entries, profile)
        if perfect:
            assert is_undominated(entries, profile)
        if perfect is not False:
            continue
        for _ in range(200):
            e = 10.0 ** -rng.uniform(4, 8, size=3)
            near = [(1 - t) * x + t * (1 - x) for x, t in zip(profile, e, strict=True)]
            worth = [
                np.moveaxis(u, i, 0)
                @ near[max(k for k in range(3) if k != i)]
                @ near[min(k for k in range(3) if k != i)]
                for i, u in enumerate(entries)
            ]
            assert any(w[a] < w.max() for w, a in zip(worth, actions, strict=True))


# ------------------------------------------------------------------ many games at once


@FEW
@given(tables(players=(2, 3), actions=(1, 3), batch=(4,)), st.integers(0, 10**6))
def test_masks_are_the_tests_game_by_game(payoffs: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    entries = np.moveaxis(payoffs, 0, -1)
    strategies = tuple(np.eye(m)[rng.integers(m, size=4)] for m in entries.shape[1:-1])
    strict, dominated = strict_mask(entries, strategies), dominance_mask(entries, strategies)
    for k in range(4):
        profile = tuple(x[k] for x in strategies)
        assert strict[k] == is_strict(entries[..., k], profile)
        if dominated[k]:
            assert is_undominated(entries[..., k], profile) is False
        elif max(entries.shape[1:-1]) <= 2:
            assert is_undominated(entries[..., k], profile) is True


@FEW
@given(tables(players=(2, 2), actions=(1, 3)))
def test_regular_equilibria_are_undominated_and_proper(entries: np.ndarray) -> None:
    """Van Damme 1991: regular equilibria are proper; and in a game without ties all are regular."""
    degenerate = reference.is_degenerate(entries[0].tolist(), entries[1].tolist())
    for p in equilibria(entries):
        regular = regular_mask(entries[..., None], tuple(x[None] for x in p))[0]
        assert not regular or is_undominated(entries, p) is True
        assert not regular or degenerate or is_proper(entries, p) is True


def test_regular_is_the_rule() -> None:
    rng = np.random.default_rng(0)
    marked = [
        regular_mask(entries[..., None], tuple(x[None] for x in p))[0]
        for entries in rng.normal(size=(20, 2, 3, 3))
        for p in equilibria(entries)
    ]
    assert len(marked) > 20
    assert all(marked)
    tied = pair([[1, 0], [1, 1]], [[1, 0], [1, 0]])  # both rows are played, though the second dominates the first
    assert not regular_mask(tied[..., None], (np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])))[0]
    assert not regular_mask(MYERSON[..., None], tuple(x[None] for x in pure(MYERSON, 1, 1)))[0]
    assert not regular_mask(DOMINATED[..., None], tuple(x[None] for x in pure(DOMINATED, 1, 1)))[0]
