"""Backward induction of batches larger than a chunk: ties first, strategies when asked; the same as game by game."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decide import Decision, ExtensiveForm, Outcome, solve
from decide.solvers import backward_induction as induction
from decide.solvers.base import Pending
from strategies import sketches, tree

WORLDS = 7


@given(sketches(worlds=WORLDS, zero=True), st.sampled_from((1, 2, 3)))
@settings(max_examples=12, deadline=None)
def test_in_pieces_as_one_by_one(sketch: object, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(induction, "CHUNK", chunk)
        batch = tree(sketch)  # type: ignore[arg-type]
        batch = batch if batch.shape else batch.broadcast_to((WORLDS,))
        many = solve(batch, method="backward_induction")
        assert isinstance(induction.backward_induction(batch), Pending)
        points = many.points
    assert points.owner.tolist() == list(range(WORLDS))
    for k in range(WORLDS):
        one = solve(tree(sketch, k), method="backward_induction")  # type: ignore[arg-type]
        assert (bool(many.tied[k]), bool(many.complete[k]), int(many.status[k])) == (one.tied, one.complete, 0)
        e = one.equilibria[0]
        for mine, other in zip(points.strategies, e.profile, strict=True):
            assert np.allclose(mine[k], other, rtol=0, atol=1e-12)
        own = np.array(list(e.payoffs.values()))
        assert np.allclose(points.payoffs[k], own, rtol=1e-12, atol=1e-12 * np.abs(batch.payoffs).max())
        for mine, other in zip(points.beliefs, one.points.beliefs, strict=True):
            assert np.allclose(mine[k], other[0], rtol=0, atol=1e-12, equal_nan=True)
        slack = 1e-9 * float(np.ptp(batch.payoffs))
        assert np.allclose(points.local_regret[k], one.points.local_regret[0], rtol=0, atol=slack, equal_nan=True)


def plainly(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """A, then B, then A again, three moves each, all seen: what the best replies pay, by three nested loops."""
    best_a = None
    for i in range(3):
        best_b = None
        for j in range(3):
            k = max(range(3), key=lambda k, i=i, j=j: a[i, j, k])  # type: ignore[misc]
            if best_b is None or b[i, j, k] > best_b[1]:
                best_b = (a[i, j, k], b[i, j, k])
        if best_a is None or best_b[0] > best_a[0]:  # type: ignore[index]
            best_a = best_b
    return best_a  # type: ignore[return-value]


def test_two_chunks_and_a_rest_against_nested_loops() -> None:
    n = 2 * induction.CHUNK + 5
    a, b = np.random.default_rng(0).normal(size=(2, 3, 3, 3, n))

    def last(i: int, j: int) -> Decision:
        return Decision("A", {f"c{k}": Outcome({"A": a[i, j, k], "B": b[i, j, k]}) for k in range(3)})

    def middle(i: int) -> Decision:
        return Decision("B", {f"b{j}": last(i, j) for j in range(3)})

    answer = solve(ExtensiveForm(Decision("A", {f"a{i}": middle(i) for i in range(3)})))
    assert answer.method == "backward_induction"
    assert not answer.tied.any()
    points = answer.points
    assert answer.complete.all()
    assert points.residual.max() == 0
    for k in (0, 1, induction.CHUNK - 1, induction.CHUNK, 2 * induction.CHUNK, n - 1):
        assert points.payoffs[k].tolist() == pytest.approx(plainly(a[..., k], b[..., k]), abs=1e-14)


@pytest.mark.parametrize("scale", [1e-170, 1e-90, 1e-6, 1.0, 1e9, 1e160])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_ties_are_those_of_each_game_whatever_the_others_scale_is(scale: float, offset: float) -> None:
    """Gaps around 1e-9 of each game's own range, in games of very different ranges side by side."""
    n = 200
    rng = np.random.default_rng(1)
    own = scale * 10.0 ** rng.integers(-3, 4, size=n)
    gap = rng.choice([0.0, 1e-13, 1e-3, 0.5], size=n) * own
    low, other = np.zeros(n), rng.random((3, n)) * own
    a = np.stack([own, own - gap, low]) + offset * scale

    def end(k: int) -> Outcome:
        return Outcome({"A": a[k], "B": other[k]})

    batch = ExtensiveForm(Decision("A", {f"m{k}": end(k) for k in range(3)}), players=("A", "B"))
    many = solve(batch, method="backward_induction")
    for k in range(n):
        expected = bool(gap[k] <= 1e-9 * (a[0, k] - a[2, k]))
        one = solve(batch[k], method="backward_induction")
        assert bool(many.tied[k]) == one.tied == expected
        assert many.points.strategies[0][k].tolist() == one.equilibria[0].profile[0].tolist()
        assert many.points.strategies[0][k].tolist() == ([0.5, 0.5, 0.0] if expected else [1.0, 0.0, 0.0])
