"""Every game of the corpus by `nash`, held against the whole truth that `exact` finds without `decide`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exact
from corpus import GAMES, Game, truth_of
from decide import NormalForm, Solution, solve
from exact import Truth, truth

NEAR = Fraction(1, 10**6)  # games with a smaller gap are nearly degenerate, and may be flagged or not
TIE = Fraction(1, 10**9)
each_game = pytest.mark.parametrize("name", list(GAMES))
SHAPES = sorted({game.shape for game in GAMES.values()})


def by_nash(A: Any, B: Any, **options: Any) -> Solution:
    return solve(NormalForm.bimatrix(A, B), method="nash", **options)


@cache
def solved(name: str) -> Solution:
    return by_nash(GAMES[name].A, GAMES[name].B)


@cache
def solved_exactly(name: str) -> Solution:
    return by_nash(GAMES[name].A, GAMES[name].B, exact=True)


def points(solution: Solution) -> list[tuple[list[float], ...]]:
    return [tuple(x.tolist() for x in e.profile) for e in solution.equilibria]


def clear(known: Truth) -> bool:
    """Whether nothing about a game is nearly, but not quite, a tie."""
    return known.gap is None or known.gap >= NEAR


def apart(a: Iterable[Sequence[Any]], b: Iterable[Sequence[Any]]) -> float:
    """Return the largest difference between two profiles, probability by probability."""
    return float(max(abs(p - q) for x, y in zip(a, b, strict=True) for p, q in zip(x, y, strict=True)))


def the_same(found: Sequence[Any], expected: Sequence[Any], tolerance: float) -> bool:
    """Whether two collections hold the same profiles, once each."""
    left = list(expected)
    for point in found:
        twin = next((k for k, other in enumerate(left) if apart(point, other) <= tolerance), None)
        if twin is None:
            return False
        left.pop(twin)
    return not left


# ------------------------------------------------------------------ the corpus itself


def test_the_corpus_is_broad() -> None:
    truths = [truth_of(name) for name in GAMES]
    assert len(GAMES) >= 300
    assert sum(t.degenerate for t in truths) >= 150
    assert sum(not t.degenerate and clear(t) for t in truths) >= 80
    assert sum(t.gap is not None and t.gap < TIE for t in truths) >= 30
    assert sum(len(t.components) > 1 for t in truths) >= 100
    assert sum(len(t.subsets) > len(t.components) for t in truths) >= 50
    assert {(1, 1), (1, 4), (4, 1), (2, 6), (3, 5), (5, 3), (5, 5), (8, 8)} <= set(SHAPES)


@pytest.mark.parametrize("name", [g.name for g in GAMES.values() if g.count is not None])
def test_the_truth_is_what_the_source_says(name: str) -> None:
    assert len(truth_of(name).equilibria) == GAMES[name].count


@each_game
def test_the_truth_holds(name: str) -> None:
    """What `exact` returns are equilibria, each once; an odd number of them where nothing is degenerate."""
    game, known = GAMES[name], truth_of(name)
    assert all(exact.relative_regrets(game.A, game.B, x, y) == (0, 0) for x, y in known.equilibria)
    assert len(set(known.equilibria)) == len(known.equilibria) > 0
    assert known.degenerate or len(known.equilibria) % 2 == 1
    assert {(x, y) for xs, ys in known.subsets for x in xs for y in ys} == set(known.equilibria)
    assert sum(map(len, known.components)) == len(known.subsets)


def test_the_answers_of_the_textbook() -> None:
    """Von Stengel 2007: the degenerate 3 x 2 game has a segment of equilibria and an isolated one."""
    third = Fraction(1, 3)
    top, mixed = (Fraction(1), Fraction(0), Fraction(0)), (Fraction(0), third, 2 * third)
    left, between, other = (Fraction(1), Fraction(0)), (2 * third, third), (third, 2 * third)
    known = truth_of("von Stengel 3 x 2, degenerate")
    segment, alone = (frozenset([top]), frozenset([left, between])), (frozenset([mixed]), frozenset([other]))
    assert set(known.equilibria) == {(top, left), (top, between), (mixed, other)}
    assert known.subsets == {segment, alone}
    assert known.components == {frozenset([segment]), frozenset([alone])}


def test_subsets_that_touch_make_one_component() -> None:
    """Winkels 1979: twelve extreme equilibria, in subsets that all hang together."""
    known = truth_of("Winkels")
    assert (len(known.equilibria), len(known.subsets), len(known.components)) == (12, 7, 1)


# ------------------------------------------------------------------ what nash says of it


@each_game
def test_every_point_is_an_equilibrium(name: str) -> None:
    game, solution = GAMES[name], solved(name)
    tables = exact.table(game.A), exact.table(game.B)
    assert solution.status.ok
    for e, (x, y) in zip(solution.equilibria, points(solution), strict=True):
        assert all(min(p) >= 0 and abs(sum(map(Fraction, p)) - 1) <= 1e-12 for p in (x, y))
        assert max(exact.relative_regrets(game.A, game.B, x, y)) <= TIE
        assert e.relative_regret <= 1e-9
        for table, said in zip(tables, e.payoffs.values(), strict=True):
            worth = exact.payoff(table, exact.normalised(x), exact.normalised(y))
            size = max(abs(v) for row in table for v in row)
            assert abs(Fraction(said) - worth) <= TIE * exact.spread(table) + size / 2**50 + Fraction(5e-324)


@each_game
def test_every_extreme_equilibrium_is_found(name: str) -> None:
    """However near it is to another one, or to being none."""
    found, known = points(solved(name)), truth_of(name)
    assert not [e for e in known.equilibria if all(apart(e, point) > 1e-9 for point in found)]


@each_game
def test_nothing_else_is_found_and_nothing_twice(name: str) -> None:
    found, known = points(solved(name)), truth_of(name)
    assert the_same(found, known.equilibria, 1e-9)
    assert len(found) == len({(tuple(x), tuple(y)) for x, y in found})


@each_game
def test_degenerate_games_are_flagged(name: str) -> None:
    solution, known = solved(name), truth_of(name)
    assert solution.tied == solution.degenerate
    if known.degenerate:
        assert solution.tied
    elif clear(known):
        assert not solution.tied


@each_game
def test_complete_always(name: str) -> None:
    assert solved(name).complete


def transposed(matrix: Any) -> Any:
    return matrix.T if isinstance(matrix, np.ndarray) else exact.transposed(matrix)


@each_game
def test_players_may_change_places(name: str) -> None:
    game, solution = GAMES[name], solved(name)
    other = by_nash(transposed(game.B), transposed(game.A))
    assert the_same([(x, y) for y, x in points(other)], points(solution), 1e-12)
    assert (other.tied, other.complete) == (solution.tied, solution.complete)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_batch_is_its_games_one_by_one(shape: tuple[int, int]) -> None:
    games = [game for game in GAMES.values() if game.shape == shape]
    many = by_nash(*(np.stack([game.floats[k] for game in games]) for k in (0, 1)))
    assert many.shape == (len(games),)
    for k, game in enumerate(games):
        one = by_nash(*game.floats)
        assert the_same(points(many[k]), points(one), 1e-12), game.name
        assert (many.tied[k], many.complete[k]) == (one.tied, one.complete), game.name


@each_game
def test_exact_answers_are_the_truth(name: str) -> None:
    game, solution = GAMES[name], solved_exactly(name)
    check_exactly(game.A, game.B, solution, truth_of(name))


def check_exactly(A: Any, B: Any, solution: Solution, known: Truth) -> None:
    """The fractions are the extreme equilibria, each once, with their payoffs; the floats are the fractions rounded."""
    found = [e.exact for e in solution.equilibria if e.exact is not None]
    assert len(found) == len(solution.equilibria)
    assert sorted(e.profile for e in found) == list(known.equilibria)
    assert solution.complete
    for e, point in zip(found, points(solution), strict=True):
        assert all(type(p) is Fraction for x in e.profile for p in x)
        assert point == tuple([float(p) for p in x] for x in e.profile)
        assert e.payoffs == tuple(exact.payoff(exact.table(table), *e.profile) for table in (A, B))
        assert e.regret == 0


@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (3, 3)])
def test_exact_answers_of_a_batch(shape: tuple[int, int]) -> None:
    games = [game for game in GAMES.values() if game.shape == shape and "exact" not in game.traits]
    many = by_nash(*(np.stack([game.floats[k] for game in games]) for k in (0, 1)), exact=True)
    for k, game in enumerate(games):
        check_exactly(*game.floats, many[k], truth_of(game.name))


def test_fractions_are_given_where_they_were_asked_for() -> None:
    assert all(e.exact is None for e in solved("chicken").equilibria)
    found = solved_exactly("chicken").equilibria[0].exact
    assert found is not None
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.regret = Fraction(1)  # type: ignore[misc]


@pytest.mark.parametrize("shape", SHAPES)
def test_auto_takes_nash(shape: tuple[int, int]) -> None:
    game = next(game for game in GAMES.values() if game.shape == shape)
    solution = solve(NormalForm.bimatrix(game.A, game.B))
    assert (solution.method, solution.count) == ("nash", len(truth_of(game.name).equilibria))


@pytest.mark.parametrize("size", [2**53, 2**60, 10**30])
def test_exact_answers_see_what_floats_do_not(size: int) -> None:
    """Whole numbers that differ by 1 and are the same as floats."""
    A, B = [[size + 2, size], [size + 1, size + 1]], [[size, size - 1], [0, 1]]
    known = truth(A, B)
    assert len(known.equilibria) == 3
    check_exactly(A, B, by_nash(A, B, exact=True), known)


# ------------------------------------------------------------------ which mixtures are equilibria too


def as_known(vectors: Iterable[Any], known: Iterable[exact.Strategy]) -> frozenset[exact.Strategy]:
    """Name each vector by the one true strategy it is nearest to."""
    vectors, known = list(vectors), list(known)
    named = frozenset(min(known, key=lambda s: apart([v], [s])) for v in vectors)
    assert len(named) == len(vectors)
    assert all(any(apart([v], [s]) <= 1e-9 for s in named) for v in vectors)
    return named


def check_subsets(solution: Solution, known: Truth) -> None:
    """Whatever can be mixed with what: maximal Nash subsets, and the components they make up."""
    xs, ys = ({e[k] for e in known.equilibria} for k in (0, 1))
    subsets = [(as_known(rows, xs), as_known(columns, ys)) for rows, columns in solution.nash_subsets]
    assert len(set(subsets)) == len(subsets)
    assert set(subsets) == known.subsets
    assert sorted(k for part in solution.components for k in part) == list(range(len(subsets)))
    assert {frozenset(subsets[k] for k in part) for part in solution.components} == known.components


@pytest.mark.parametrize("name", [name for name in GAMES if clear(truth_of(name))])
def test_subsets_and_components(name: str) -> None:
    check_subsets(solved(name), truth_of(name))


# ------------------------------------------------------------------ games nobody chose


@st.composite
def small_games(draw: Callable[..., Any]) -> Game:
    """Return games of up to 4 x 4 with payoffs from -2 to 2, so nearly all of them are degenerate."""
    m, n = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    payoffs = st.lists(st.lists(st.integers(-2, 2), min_size=n, max_size=n), min_size=m, max_size=m)
    return Game("drawn", draw(payoffs), draw(payoffs), "hypothesis")


@settings(max_examples=150, deadline=None)
@given(game=small_games())
def test_any_small_game(game: Game) -> None:
    known, solution = truth(game.A, game.B), by_nash(game.A, game.B)
    assert clear(known)
    assert the_same(points(solution), known.equilibria, 1e-9)
    assert solution.complete
    assert solution.tied == known.degenerate
    check_exactly(game.A, game.B, by_nash(game.A, game.B, exact=True), known)
    check_subsets(solution, known)
