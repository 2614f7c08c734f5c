"""The branch of agent logit equilibria: its derivatives and linear algebra against slow and obvious ones, its ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decide import Chance, Decision, ExtensiveForm, Outcome
from decide.solvers import agent_branch, linear_systems
from decide.solvers.agent_branch import Branch, follow
from decide.solvers.agent_slopes import gaps_and_slopes
from decide.solvers.linear_systems import factor
from strategies import sketches, tree


def unknowns(game: ExtensiveForm) -> int:
    """Logits of a tree."""
    return sum(len(info.actions) - 1 for info in game.structure.infosets)


def agents_of(game: ExtensiveForm) -> agent_branch._Agents:
    """A tree, or a flat batch, as its agents see it."""
    return agent_branch._Agents(game.structure, game.flat_pool(), int(np.prod(game.shape, dtype=int)))


@given(st.data(), st.integers(0, 2**32 - 1), st.sampled_from((0.1, 3.0, 300.0)))
@settings(max_examples=60, deadline=None)
def test_slopes_are_those_of_complex_steps(data: st.DataObject, seed: int, scale: float) -> None:
    """Squire & Trapp 1998: the imaginary part over the step, exact to rounding, of code that walks the tree plainly."""
    game = tree(data.draw(sketches(hidden=True, worlds=3, zero=True)))
    agents, k = agents_of(game), unknowns(game)
    if not k:
        return
    d = np.random.default_rng(seed).normal(size=(k, agents.n)) * scale
    steps = d[:, None, :] + 1j * 1e-40 * np.eye(k)[:, :, None]
    plain = agents.gaps(steps)
    gap, slope = agents.gaps_and_slopes(d)
    assert np.allclose(gap, plain[:, 0].real, rtol=0, atol=1e-13)
    assert np.allclose(slope, plain.imag / 1e-40, rtol=0, atol=1e-12)
    alone, none = gaps_and_slopes(game.structure, agents.numbers, d, slopes=False)
    assert np.array_equal(alone, gap)
    assert none.size == 0


@given(st.integers(1, 15), st.sampled_from((1, 31, 32, 100)), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_elimination_side_by_side_is_lapack_one_by_one(m: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, right = rng.normal(size=(m, m, n)), rng.normal(size=(m, n))
    matrix[0, 0, :: max(n // 3, 1)] = 0.0  # not to be divided by
    given_ = matrix.copy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear_systems, "FEWEST_GAMES", 32)
        systems = factor(matrix)
    some = np.flatnonzero(rng.random(n) < 0.5)
    found, part = systems.solve(right), systems.take(some).solve(right[:, some])
    for k in range(n):
        own = given_[:, :, k]
        if np.linalg.cond(own) < 1e6:
            assert np.allclose(own @ found[:, k], right[:, k], rtol=0, atol=1e-7 * np.abs(found[:, k]).max())
            assert systems.sign[k] == np.linalg.slogdet(own)[0]
    assert np.array_equal(part, found[:, some], equal_nan=True)


@pytest.mark.parametrize("n", [3, 600])
def test_singular_and_infinite_matrices_have_no_solution_and_harm_no_other(n: int) -> None:
    matrix = np.repeat(np.array([[2.0, 1.0], [1.0, 3.0]])[:, :, None], n, axis=2)
    matrix[:, :, 0] = 1.0
    matrix[0, 1, 1] = np.inf
    with np.errstate(all="ignore"):
        systems = factor(matrix)
        found = systems.solve(np.ones((2, n)))
    assert np.isnan(found[:, :2]).all()
    assert not systems.sign[0] or np.isnan(systems.sign[0])
    assert np.allclose(found[:, 2:], [[0.4], [0.2]], rtol=0, atol=1e-15)


def end_by_small_steps(game: ExtensiveForm, k: int, end: float) -> list[np.ndarray]:
    """One game's branch by small steps of t, corrected by plain Newton with differences; no turns."""
    one = game[k] if game.shape else game
    agents = agents_of(one)
    d = np.zeros((agents.k, 1))

    def error(d: np.ndarray, t: float) -> np.ndarray:
        return (d - t * agents.gaps(d[:, None])[:, 0])[:, 0]

    for t in np.linspace(0.0, end, 101)[1:]:
        for _ in range(3):
            here = error(d, t)
            slope = np.stack(
                [(error(d + 1e-7 * np.eye(agents.k)[:, [j]], t) - here) / 1e-7 for j in range(agents.k)], axis=1
            )
            d = d - np.linalg.solve(slope, here)[:, None]
    return [np.exp(x[:, 0]) for x in agents.log_odds(d)]


def signalling(n: int, seed: int) -> ExtensiveForm:
    """Two types, two messages, two replies; n worlds."""
    rng = np.random.default_rng(seed)
    payoffs, prior = rng.random((2, 2, 2, 2, n)), rng.uniform(0.1, 0.9, n)

    def reply(kind: int, message: int) -> Decision:
        ends = {
            f"r{k}": Outcome({"A": payoffs[0, kind, message, k], "B": payoffs[1, kind, message, k]}) for k in range(2)
        }
        return Decision("B", ends, infoset=f"m{message}")

    def sender(kind: int) -> Decision:
        return Decision("A", {f"m{m}": reply(kind, m) for m in range(2)}, infoset=f"t{kind}")

    return ExtensiveForm(Chance({"t0": (prior, sender(0)), "t1": (1 - prior, sender(1))}), players=("A", "B"))


def furthest(a: Branch, b: Branch) -> np.ndarray:
    """Largest difference of any probability, by game."""
    return np.max(
        [np.abs(np.exp(x) - np.exp(y)).max(axis=0) for x, y in zip(a.log_odds, b.log_odds, strict=True)], axis=0
    )


def test_the_end_is_that_of_small_steps_with_differences() -> None:
    game = signalling(40, 3)
    found = follow(game, np.full((4, 40), 2.5))
    assert found.ok.all()
    for k in (0, 7):
        plain = end_by_small_steps(game, k, 2.5)
        assert all(
            np.allclose(np.exp(x[:, k]), y, rtol=0, atol=1e-9) for x, y in zip(found.log_odds, plain, strict=True)
        )


@given(st.data(), st.floats(0.0, 6.0))
@settings(max_examples=25, deadline=None)
def test_loose_on_the_way_and_tight_on_the_way_end_in_the_same_point(data: st.DataObject, power: float) -> None:
    """Also with a first step and strides of a tenth, one game at a time: LAPACK then does the algebra."""
    game = tree(data.draw(sketches(hidden=True, worlds=3)))
    n = int(np.prod(game.shape, dtype=int))
    if not unknowns(game):
        return
    rate = np.full((len(game.structure.infosets), n), 10.0**power)
    quick = follow(game, rate)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agent_branch, "LOOSE", 0.0)
        patch.setattr(agent_branch, "FIRST", 0.05)
        patch.setattr(agent_branch, "STRIDE", 0.05)
        patch.setattr(agent_branch, "CHUNK", 1)
        slow = follow(game, rate)
    both = quick.ok & slow.ok & ~quick.crossed & ~slow.crossed
    assert np.array_equal(quick.ok, slow.ok)
    assert (furthest(quick, slow)[both] <= 1e-9).all()


def test_strides_do_not_lose_the_branch_in_many_random_games() -> None:
    """A thousand signalling games to a precision at which some branches have turned back on their way."""
    game = signalling(1000, 5)
    rate = np.full((4, 1000), 60.0)
    quick = follow(game, rate)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agent_branch, "LOOSE", 0.0)
        patch.setattr(agent_branch, "STRIDE", 0.08)
        slow = follow(game, rate)
    assert quick.turned.any()
    assert quick.ok.all()
    assert slow.ok.all()
    assert not quick.crossed.any()
    assert furthest(quick, slow).max() <= 1e-9
