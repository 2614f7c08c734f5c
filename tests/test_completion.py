"""Play at sets that a player's own plan rules out: credible, and without a trace in what anybody gains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from decide import Chance, Decision, ExtensiveForm, Outcome, check, solve
from decide.certify import bayes_beliefs, tree_certificate
from decide.refinements.play import Play
from decide.solvers.completion import _ruled_out, completed
from strategies import mixtures, sketches, tree
from test_given_beliefs import hand


def ends(a: float, b: float) -> Outcome:
    return Outcome({"A": a, "B": b})


def regretted(bad: Any = -5.0) -> ExtensiveForm:
    """A stays out; if it went in, B would answer r; A never asks itself what it would do after l."""
    again = Decision("A", {"good": ends(0.5, 0), "bad": ends(bad, 0)})
    return ExtensiveForm(Decision("A", {"out": ends(1, 1), "in": Decision("B", {"l": again, "r": ends(0, 1)})}))


@pytest.mark.parametrize("method", ["nash", "subgame_perfect", "sequence_form", "pure", "backward_induction"])
def test_what_a_plan_rules_out_is_played_well(method: str) -> None:
    found = [e for e in solve(regretted(), method=method).equilibria if check(e, "perfect Bayesian").holds]
    assert method == "sequence_form" or len(found) == 1
    for e in solve(regretted(), method=method).equilibria:
        assert e.strategies["A"]["in / l"] == {"good": 1.0, "bad": 0.0}


def test_batches_are_filled_game_by_game() -> None:
    answer = solve(regretted(np.array([-5.0, 0.5, 2.0])), method="nash")
    for k, reply in enumerate([{"good": 1.0, "bad": 0.0}, {"good": 0.5, "bad": 0.5}, {"good": 0.0, "bad": 1.0}]):
        for e in answer[k].equilibria:
            if e.strategies["A"]["start"]["out"] == 1:
                assert e.strategies["A"]["in / l"] == reply


def test_an_entrant_learns_of_a_limit_price() -> None:
    """With a dear limit price for the weak, the strong one sets it alone, and nobody enters against it."""
    kept = [e for e in solve(hand(cw=3.5), method="nash").equilibria if check(e, "sequential").holds]
    separating = [
        e
        for e in kept
        if e.strategies["Incumbent"]["strong"]["limit"] == 1 and e.strategies["Incumbent"]["weak"]["normal"] == 1
    ]
    assert len(separating) == 1
    (e,) = separating
    assert e.strategies["Entrant"] == {"sees limit": {"in": 0, "out": 1}, "sees normal": {"in": 1, "out": 0}}
    assert e.strategies["Incumbent"]["weak, limit, entered"] == {"fight": 0.0, "share": 1.0}


def test_beliefs_need_the_fewest_mistakes() -> None:
    """B never goes further; if it did by mistake, A, which does not see how, would know of one mistake, not of two."""

    def asked(worth: float) -> Decision:
        return Decision("A", {"bet": ends(worth, 0), "pass": ends(0, 0)}, infoset="asked")

    far = Decision("B", {"end": ends(0, 2), "far": asked(-10)}, infoset="B further")
    game = ExtensiveForm(
        Decision("A", {"out": ends(5, 0), "in": Decision("B", {"end": ends(0, 2), "near": asked(1), "on": far})})
    )
    e = next(e for e in solve(game, method="nash").equilibria if e.strategies["B"]["in"]["end"] == 1)
    assert e.strategies["A"]["asked"] == {"bet": 1.0, "pass": 0.0}


def test_what_chance_rules_out_is_not_believed() -> None:
    def asked(worth: float) -> Decision:
        return Decision("A", {"bet": ends(worth, 0), "pass": ends(0, 0)}, infoset="asked")

    lot = Chance({"never": (0.0, asked(-10)), "always": (1.0, asked(1))})
    game = ExtensiveForm(Decision("A", {"out": ends(5, 0), "in": lot}), players=("A", "B"))
    (e,) = solve(game, method="nash").equilibria
    assert e.strategies["A"]["asked"] == {"bet": 1.0, "pass": 0.0}


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_replies_are_best_under_trembles(data: st.DataObject) -> None:
    """Against the slow way: let what is not played happen with 1e-7, and use Bayes' rule everywhere."""
    game = tree(data.draw(sketches(hidden=True))).with_rationality(None)
    sets = game.structure.infosets
    before = [data.draw(mixtures(len(i.actions)))[None] for i in sets]
    after = completed(game, before)
    never = _ruled_out(game.structure, before)
    if never:
        event("something is ruled out")
    for h in range(len(sets)):
        if h not in never:
            assert np.array_equal(after[h], before[h])
    assert tree_certificate(game, after).regret == pytest.approx(tree_certificate(game, before).regret, rel=1e-12)
    assume(all(np.array_equal(x, y) for x, y in zip(completed(game, after), after, strict=True)))
    trembling = [np.where(x > 0, x, 1e-7) for x in after]
    beliefs = bayes_beliefs(game, [x / x.sum(axis=1, keepdims=True) for x in trembling], least=0.0)
    play = Play(game, [x[0] for x in after])
    for h in never:
        if not np.isnan(beliefs[h]).any():
            gain = beliefs[h][0] @ play.gains(h)
            assert gain.max() <= 1e-5 * play.span[sets[h].player]


def seen(rng: np.random.Generator, depth: int) -> Any:
    """A random tree of A, B and chance in which everything is seen; no two payoffs are equal."""
    if not depth or rng.random() < 0.15:
        return ends(*rng.normal(size=2))
    below = [seen(rng, depth - 1) for _ in range(2)]
    if rng.random() < 0.15:
        return Chance({"left": (0.4, below[0]), "right": (0.6, below[1])})
    return Decision(str(rng.choice(["A", "B"])), dict(zip("lr", below, strict=True)))


@pytest.mark.parametrize("seed", range(25))
def test_where_everything_is_seen_nash_filtered_keeps_what_is_subgame_perfect(seed: int) -> None:
    """Without ties there is one, and it is pure: it must be among those of `nash`, move by move, wherever they are."""
    game = ExtensiveForm(seen(np.random.default_rng(seed), 3), players=("A", "B"))
    (credible,) = solve(game, method="subgame_perfect").equilibria
    kept = [e for e in solve(game, method="nash").equilibria if check(e, "subgame perfect").holds]
    assert [e.strategies for e in kept] == [credible.strategies]
    assert kept[0].regret <= 1e-12
