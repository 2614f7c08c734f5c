"""Bargaining: the axioms of Nash 1950 and Kalai & Smorodinsky 1975, known answers, and a slow search of the hull."""

from __future__ import annotations

import copy
import itertools
import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from decide import Bargain, ExtensiveForm, NormalForm, Outcome, bargain, errors, maximin
from decide.solvers.bargaining import RULES
from strategies import SCALES, two_players

SOME = settings(max_examples=60, deadline=None)
FINE = ("whole", "fine")


def points_game(*points: tuple[float, float]) -> NormalForm:
    """A game whose profiles have the given payoffs: Row picks one, Column has nothing to do."""
    return NormalForm.bimatrix([[p[0]] for p in points], [[p[1]] for p in points])


def agreed(game: NormalForm, rule: str = "nash", disagreement: Any = (0.0, 0.0)) -> tuple[float, ...]:
    threat = None if disagreement is None else dict(zip(game.players, disagreement, strict=True))
    return tuple(bargain(game, rule=rule, disagreement=threat).payoffs.values())


def best_by_search(game: NormalForm, threat: tuple[float, float], rule: str) -> float:
    """Search all segments between payoff points closely: the greatest product, or the greatest of the lesser share."""
    A, B = game.payoffs.reshape(2, -1)
    t = np.linspace(0, 1, 501)[:, None]
    pairs = np.array(list(itertools.combinations_with_replacement(range(len(A)), 2)))
    gains = [(1 - t) * u[pairs[:, 0]] + t * u[pairs[:, 1]] - d for u, d in zip((A, B), threat, strict=True)]
    fine = (gains[0] >= -1e-12) & (gains[1] >= -1e-12)
    if not fine.any():
        return -1.0
    if rule == "nash":
        return float((gains[0] * gains[1])[fine].max())
    ideal = [g[fine].max() for g in gains]
    return float(np.minimum(gains[0] / ideal[0], gains[1] / ideal[1])[fine].max()) if min(ideal) > 0 else -1.0


# ------------------------------------------------------------------ known answers


@pytest.mark.parametrize("rule", RULES)
def test_split_the_dollar(rule: str) -> None:
    game = points_game((1, 0), (0, 1), (0, 0))
    assert agreed(game, rule) == pytest.approx((0.5, 0.5))
    assert agreed(game, rule, (0.2, 0.0)) == pytest.approx((0.6, 0.4))
    assert agreed(game, rule, (0.0, 1.0)) == pytest.approx((0, 1))


def test_kalai_and_smorodinsky_1975() -> None:
    """Their objection: in the larger set everybody could get more for any payoff of the other, and 2 gets less by Nash.

    The frontier falls from (0, 1) to (1, 0.7); the small set is the hull of 0, (1, 0), (0, 1) and (3/4, 3/4).
    """
    small = points_game((0, 0), (1, 0), (0, 1), (0.75, 0.75))
    large = points_game((0, 0), (1, 0), (0, 1), (1, 0.7))
    assert agreed(small) == pytest.approx((0.75, 0.75))
    assert agreed(large) == pytest.approx((1, 0.7))
    one, two = agreed(small, "kalai_smorodinsky"), agreed(large, "kalai_smorodinsky")
    assert one == pytest.approx((0.75, 0.75))
    assert two == pytest.approx((1 / 1.3, 1 / 1.3))
    assert two[1] > one[1]


def test_battle_of_the_sexes() -> None:
    game = NormalForm.bimatrix([[2, 0], [0, 1]], [[1, 0], [0, 2]])
    answer = bargain(game)
    assert answer.disagreement == {"Row": pytest.approx(2 / 3), "Column": pytest.approx(2 / 3)}
    assert answer.payoffs == {"Row": pytest.approx(1.5), "Column": pytest.approx(1.5)}
    assert answer.joint == {
        ("0", "0"): pytest.approx(0.5),
        ("0", "1"): 0,
        ("1", "0"): 0,
        ("1", "1"): pytest.approx(0.5),
    }


def test_prisoners_cooperate() -> None:
    game = NormalForm.bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    for rule in RULES:
        answer = bargain(game, rule=rule)
        assert answer.disagreement == {"Row": 1, "Column": 1}
        assert answer.payoffs == {"Row": 3, "Column": 3}


def test_luce_and_raiffa_unequal_ideals() -> None:
    """On the segment from (4, 0) to (0, 2) over (0, 0): Nash and Kalai-Smorodinsky halve what each could get."""
    game = points_game((4, 0), (0, 2))
    for rule in RULES:
        assert agreed(game, rule) == pytest.approx((2, 1))


@pytest.mark.parametrize("rule", RULES)
def test_where_one_or_none_can_gain(rule: str) -> None:
    assert agreed(points_game((0, 0), (3, 0), (1, 0)), rule) == (3, 0)  # Column's payoff is constant
    assert agreed(points_game((0, 0), (0, 2), (-1, 5)), rule) == (0, 2)  # Row is at its threat on the frontier's edge
    assert agreed(points_game((0, 5), (2, 0)), rule, (0, 5)) == (0, 5)  # nobody
    assert agreed(points_game((3, 3)), rule, (3, 3)) == (3, 3)
    assert agreed(points_game((3, 3)), rule, (1, 3)) == (3, 3)
    pennies = bargain(NormalForm.zero_sum([[1, -1], [-1, 1]]), rule=rule)
    assert list(pennies.payoffs.values()) == pytest.approx([0, 0], abs=1e-12)
    assert list(pennies.disagreement.values()) == pytest.approx([0, 0], abs=1e-12)


# ------------------------------------------------------------------ the axioms


@given(two_players(actions=(1, 4), kinds=FINE), st.sampled_from(RULES))
@SOME
def test_efficient_rational_and_of_two_profiles(game: NormalForm, rule: str) -> None:
    answer = bargain(game, rule=rule)
    room = [1e-8 * float(np.ptp(u)) + 1e-12 * float(np.abs(u).max()) for u in game.payoffs]
    weights = np.array(list(answer.joint.values()))
    assert list(answer.joint) == game.profiles
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert (weights > 0).sum() <= 2
    x = np.array(list(answer.payoffs.values()))
    for player, u, r in zip(game.players, game.payoffs, room, strict=True):
        assert answer.payoffs[player] == pytest.approx(weights @ u.ravel(), abs=r)
        assert answer.payoffs[player] >= answer.disagreement[player] - r
        assert answer.disagreement[player] == pytest.approx(maximin(game, player).value, abs=r)
    flat = game.payoffs.reshape(2, -1).T
    for a, b in itertools.combinations_with_replacement(flat, 2):  # no two profiles mix to something better for both
        for t in np.linspace(0, 1, 21):
            better = (1 - t) * a + t * b - x
            assert not (better > room).all()


@given(two_players(actions=(1, 3), kinds=("whole",)), st.sampled_from(RULES))
@SOME
def test_against_a_search(game: NormalForm, rule: str) -> None:
    answer = bargain(game, rule=rule)
    threat = tuple(answer.disagreement.values())
    gains = np.array(list(answer.payoffs.values())) - threat
    best = best_by_search(game, threat, rule)
    if best < 0:  # nothing that both could gain
        assert gains.min() <= 1e-9
    elif rule == "nash":
        assert best - 1e-9 <= np.prod(gains) <= best + 0.05
    else:
        A, B = game.payoffs.reshape(2, -1)
        grid = [(a, b) for a, b in zip(A, B, strict=True)]
        ideal = np.array([ideal_gain(grid, threat, i) for i in (0, 1)])
        assume((ideal > 1e-6).all())
        assert gains[0] / ideal[0] == pytest.approx(gains[1] / ideal[1], abs=1e-9)


def ideal_gain(points: list[tuple[float, float]], threat: tuple[float, float], i: int) -> float:
    """The most one player gains while the other keeps its threat: at a point, or where a segment crosses the threat."""
    found = [p[i] for p in points if p[1 - i] >= threat[1 - i] - 1e-12]
    for p, q in itertools.permutations(points, 2):
        if p[1 - i] < threat[1 - i] < q[1 - i]:
            t = (threat[1 - i] - p[1 - i]) / (q[1 - i] - p[1 - i])
            found.append((1 - t) * p[i] + t * q[i])
    return max(found) - threat[i]


@given(
    two_players(actions=(1, 4), kinds=("whole",)),
    st.sampled_from(RULES),
    st.sampled_from(SCALES),
    st.sampled_from([0.0, -30.0, 1e3]),
)
@SOME
def test_units_do_not_matter(game: NormalForm, rule: str, scale: float, offset: float) -> None:
    A, B = game.payoffs
    other = NormalForm([A, (B + offset) * scale], players=game.players)
    threat = [float(maximin(game, p).value) for p in game.players]
    try:
        one = agreed(game, rule, threat)
    except errors.SolveError:
        return
    two = agreed(other, rule, (threat[0], (threat[1] + offset) * scale))
    assert two[0] == pytest.approx(one[0], abs=1e-6)
    assert two[1] == pytest.approx((one[1] + offset) * scale, rel=1e-9, abs=1e-6 * scale)


@given(two_players(actions=(1, 4), kinds=FINE), st.sampled_from(RULES))
@SOME
def test_names_do_not_matter(game: NormalForm, rule: str) -> None:
    turned = NormalForm(game.payoffs[::-1].transpose(0, 2, 1), players=game.players[::-1])
    one, two = bargain(game, rule=rule).payoffs, bargain(turned, rule=rule).payoffs
    for p, u in zip(game.players, game.payoffs, strict=True):
        assert one[p] == pytest.approx(two[p], abs=1e-7 * max(float(np.ptp(u)), 1e-9))


@given(st.integers(1, 4), st.data(), st.sampled_from(RULES))
@SOME
def test_equals_get_the_same(n: int, data: Any, rule: str) -> None:
    A = np.array(data.draw(st.lists(st.integers(-4, 4), min_size=n * n, max_size=n * n)), dtype=float).reshape(n, n)
    one, two = bargain(NormalForm.bimatrix(A, A.T), rule=rule).payoffs.values()
    assert one == pytest.approx(two, abs=1e-9)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=9, unique=True), st.integers(0, 8)
)
@SOME
def test_nash_does_not_heed_what_is_not_used(points: list[tuple[int, int]], which: int) -> None:
    points = [*points, (0, 0)]
    game = points_game(*points)
    answer = bargain(game, disagreement={"Row": 0, "Column": 0})
    unused = [k for k, p in enumerate(answer.joint.values()) if p == 0]
    assume(unused)
    dropped = unused[which % len(unused)]
    fewer = points_game(*(p for k, p in enumerate(points) if k != dropped))
    if max(min(p) for p in points) > 0 or all(answer.payoffs.values()):  # else any point on an axis has product 0
        assert agreed(fewer) == pytest.approx(tuple(answer.payoffs.values()), abs=1e-9)


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=6), st.integers(0, 6))
@SOME
def test_kalai_smorodinsky_is_monotone(points: list[tuple[int, int]], rise: int) -> None:
    """If what 1 can get at most stays the same and the set grows, 2 does not lose (individual monotonicity)."""
    best = max(p[0] for p in points)
    base = [*points, (0, 0), (best, 0), (0, max(p[1] for p in points))]
    more = [*base, (min(rise, best), 8)]
    small, large = (agreed(points_game(*s), "kalai_smorodinsky") for s in (base, more))
    assert large[1] >= small[1] - 1e-9


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1e15, 1e299])
@pytest.mark.parametrize("rule", RULES)
def test_huge_and_tiny_payoffs(scale: float, rule: str) -> None:
    game = points_game((4 * scale, 0), (0, 2), (0, 0))
    one, two = agreed(game, rule)
    assert one / scale == pytest.approx(2)
    assert two == pytest.approx(1)


def test_a_threat_far_away() -> None:
    """Both lose so much that what they agree on hardly matters, by either rule: the middle of the two gains."""
    game = points_game((4, 0), (0, 2))
    for rule in RULES:
        one, two = agreed(game, rule, (-1e6, -1e6))
        assert 0 <= one <= 4
        assert two == pytest.approx(2 - one / 2)


# ------------------------------------------------------------------ the front


def test_the_answer_is_frozen_and_equal_by_value() -> None:
    game = NormalForm.bimatrix([[2, 0], [0, 1]], [[1, 0], [0, 2]])
    answer = bargain(game)
    assert isinstance(answer, Bargain)
    assert answer.rule == "nash"
    assert answer == bargain(game) == pickle.loads(pickle.dumps(answer)) == copy.deepcopy(answer)
    assert answer != bargain(game, rule="kalai_smorodinsky")
    with pytest.raises(FrozenInstanceError):
        answer.rule = "other"  # type: ignore[misc]


def test_what_is_refused() -> None:
    game = points_game((4, 0), (0, 2))
    with pytest.raises(errors.SolveError, match="no bargaining rule 'nesh'; did you mean 'nash'"):
        bargain(game, rule="nesh")
    with pytest.raises(
        errors.SolveError, match="disagreement is Row 4, Column 2; expected payoffs that some agreement"
    ):
        agreed(game, disagreement=(4, 2))
    with pytest.raises(errors.SolveError, match="disagreement is Row 3, Column 2"):
        agreed(points_game((3, 1)), disagreement=(3, 2))
    with pytest.raises(errors.UnknownNameError, match="no player 'row'"):
        bargain(game, disagreement={"row": 1, "Column": 0})
    with pytest.raises(errors.SolveError, match="names no payoff of Column"):
        bargain(game, disagreement={"Row": 1})
    with pytest.raises(errors.SolveError, match=r"disagreement is \(0, 0\); expected a mapping"):
        bargain(game, disagreement=(0, 0))  # type: ignore[arg-type]
    with pytest.raises(errors.PayoffError, match="disagreement payoff of Row is 'much'; expected a number"):
        bargain(game, disagreement={"Row": "much", "Column": 0})
    with pytest.raises(errors.PayoffError, match="disagreement payoff of Row is nan"):
        bargain(game, disagreement={"Row": float("nan"), "Column": 0})
    with pytest.raises(errors.SolveError, match="expected one number"):
        bargain(game, disagreement={"Row": np.zeros(3), "Column": 0})
    with pytest.raises(errors.SolveError, match=r"has 3 players \(1, 2, 3\); expected two"):
        bargain(NormalForm(np.zeros((3, 2, 2, 2))))
    with pytest.raises(errors.SolveError, match=r"batch of shape \(4,\)"):
        bargain(NormalForm(np.zeros((4, 2, 2, 2)), players=("A", "B")))
    assert bargain(ExtensiveForm(Outcome({"A": 1, "B": 1}))).payoffs == {"A": 1, "B": 1}
    with pytest.raises(errors.SolveError, match="the game is 'chicken'; expected the name of a"):
        bargain("chicken")
