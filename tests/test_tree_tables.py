"""A tree by way of its normal form: neither averages over chance nor what all payoffs share may cost an equilibrium."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import exact
from decide import Chance, Decision, ExtensiveForm, Outcome, solve
from decide.games.plans import exact_entries, strategic_form
from decide.solvers import nash as table_solver
from decide.solvers.plan_tables import plan_table
from strategies import End, Sketch, rewrite, sketches, tree


def thirds(payoffs: np.ndarray, offset: float = 0.0, scale: float = 1.0) -> ExtensiveForm:
    """Three types of a third each, the last two not told apart; payoffs by type, message, reply, player."""

    def reply(kind: int, message: int) -> Decision:
        ends = {
            f"r{k}": Outcome(dict(zip("AB", offset + scale * payoffs[kind, message, k], strict=True))) for k in range(2)
        }
        return Decision("B", ends, infoset=f"m{message}")

    def sender(kind: int) -> Decision:
        return Decision("A", {f"m{m}": reply(kind, m) for m in range(2)}, infoset=f"t{min(kind, 1)}")

    return ExtensiveForm(Chance({f"t{k}": (1 / 3, sender(k)) for k in range(3)}), players=("A", "B"))


def drawn(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, size=(3, 2, 2, 2)).astype(float)


def rows(answer: Any) -> np.ndarray:
    """Return the equilibria, sorted."""
    found = np.array([np.concatenate(e.profile) for e in answer.equilibria]).round(9) + 0.0
    return found[np.lexsort(found.T[::-1])]


def true_count(payoffs: np.ndarray) -> int:
    """How many extreme equilibria the table of `thirds` has, in whole numbers: thrice the payoffs, summed by hand."""

    def total(mine: int, theirs: int, i: int) -> int:
        sent = (mine // 2, mine % 2, mine % 2)  # by type: the last two are one set
        return int(sum(payoffs[k, m, (theirs // 2, theirs % 2)[m], i] for k, m in enumerate(sent)))

    A, B = ([[total(x, y, i) for y in range(4)] for x in range(4)] for i in range(2))
    return len(exact.truth(A, B).equilibria)


@pytest.mark.parametrize("seed", [0, 5, 9, 11])
@pytest.mark.parametrize("offset", [0.0, 1e6, -1e8, 1e10, 1e12])
def test_what_all_payoffs_share_costs_no_equilibrium(seed: int, offset: float) -> None:
    """Seeds 5 and 9 lost one to the rounding of thirds even at offset 0, and the others at 1e8."""
    payoffs = drawn(seed)
    plain, moved = (solve(thirds(payoffs, o), method="nash") for o in (0.0, offset))
    assert (moved.complete, moved.tied) == (True, True)
    assert moved.count == plain.count
    assert np.allclose(rows(moved), rows(plain), rtol=0, atol=1e-9)
    assert all(e.regret <= 1e-9 * 3 for e in moved.equilibria)
    for a, b in zip(moved.equilibria, plain.equilibria, strict=True):
        assert a.payoffs["A"] == pytest.approx(b.payoffs["A"] + offset, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_the_count_is_that_of_whole_numbers(seed: int) -> None:
    """Different mixtures over plans may be one behaviour, so the tree may have fewer than its table, never more."""
    payoffs = drawn(seed)
    form = plan_table(thirds(payoffs), 1_000)
    A, B = exact_entries(form, [0])[..., 0]
    assert len(exact.truth(A, B).equilibria) == true_count(payoffs)
    assert solve(thirds(payoffs), method="nash").count <= true_count(payoffs)


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e3, 1e9, 2.0**-30, 2.0**30])
def test_units_cost_no_equilibrium(scale: float) -> None:
    for seed in range(4):
        payoffs = np.random.default_rng(seed).normal(size=(3, 2, 2, 2))
        plain, scaled = (solve(thirds(payoffs, scale=s), method="nash") for s in (1.0, scale))
        assert scaled.count == plain.count
        assert np.allclose(rows(scaled), rows(plain), rtol=0, atol=1e-9)


def test_a_batch_is_settled_game_by_game() -> None:
    """Tied games and others, side by side."""
    payoffs = np.stack(
        [drawn(s) if s % 2 else np.random.default_rng(s).normal(size=(3, 2, 2, 2)) for s in range(8)], -1
    )
    many = solve(thirds(payoffs, offset=1e6), method="nash")
    assert many.shape == (8,)
    assert many.tied.tolist()[1::2] == [True] * 4
    for k in range(8):
        alone = solve(thirds(payoffs[..., k], offset=1e6), method="nash")
        assert many[k].count == alone.count
        assert np.allclose(rows(many[k]), rows(alone), rtol=0, atol=1e-12)


@given(sketches(players=(2, 2), hidden=True, logit=False, kinds=("whole",)), st.sampled_from([1e6, 1e8, 1e12]))
@settings(max_examples=40, deadline=None)
def test_offsets_of_any_tree(sketch: Sketch, offset: float) -> None:
    def higher(node: Sketch) -> Sketch:
        if not isinstance(node, End):
            return node
        return End({p: tuple(v + offset for v in own) for p, own in node.payoffs.items()}, node.labels)

    game, moved = tree(sketch), tree(rewrite(sketch, higher))
    form = game.to_normal_form()
    assume(game.structure.infosets and form.payoffs.size <= 200 and not table_solver.refuses(form))
    a, b = solve(game, method="nash"), solve(moved, method="nash")
    assert a.count == b.count
    assert b.complete
    assert np.allclose(rows(a), rows(b), rtol=0, atol=1e-9)


@given(sketches(players=(1, 3), hidden=True, logit=False, worlds=2))
@settings(max_examples=40, deadline=None)
def test_the_exact_table_is_the_table(sketch: Sketch) -> None:
    game = tree(sketch)
    form = game.to_normal_form()
    assume(form.payoffs.size <= 500)
    games = range(2) if game.shape else range(1)
    low = game.payoffs.min(axis=-1)
    span = np.ptp(game.payoffs, axis=-1)
    shifted = strategic_form(game, 1_000, above_lowest=True)
    found = exact_entries(form, games)
    for k in games:
        of = (lambda x, k=k: x[k]) if game.shape else (lambda x: x)
        for i in range(len(game.players)):
            mine = found[(i, ..., k)].astype(float)
            slack = 1e-12 * float(of(span)[i])
            assert np.allclose(mine, of(shifted.payoffs)[i], rtol=0, atol=slack)
            assert np.allclose(mine + float(of(low)[i]), of(form.payoffs)[i], rtol=1e-12, atol=slack)


def test_chances_that_sum_to_one_but_for_rounding_break_no_tie() -> None:
    """Ten tenths are 1 - 1e-16 in floating point; a sure 3 and a lottery over 3s are worth the same."""
    lottery = Chance({f"e{k}": (0.1, Outcome({"A": 3.0, "B": 0.0})) for k in range(10)})
    game = ExtensiveForm(Decision("A", {"sure": Outcome({"A": 3.0, "B": 0.0}), "lottery": lottery}), players=("A", "B"))
    entries = exact_entries(game.to_normal_form(), [0])
    assert set(entries.ravel().tolist()) == {Fraction(0)}
    answer = solve(game, method="nash")
    assert (answer.count, answer.complete, answer.tied) == (2, True, True)
