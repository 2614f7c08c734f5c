"""Beliefs that somebody gives: what `check` says is about those, and stricter concepts imply laxer ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, check, checks, repeat, solve
from decide.errors import GameError, InformationSetError, PayoffError, SolveError, UnknownNameError
from decide.refinements.assessments import (
    perfect_bayesian,
    sequential,
    sequential_rationality,
    weak_perfect_bayesian,
)
from decide.refinements.consistency import consistency
from decide.refinements.play import Play
from decide.refining import CONCEPTS
from strategies import mixtures, sketches, tree

ORDER = ("sequential", "perfect Bayesian", "weak perfect Bayesian", "sequential rationality")
#: What holds implies what; weak perfect Bayesian beliefs need not obey chance off the path, so it stands alone.
IMPLIED = (
    ("sequential", "perfect Bayesian"), ("sequential", "consistency"), ("perfect Bayesian", "weak perfect Bayesian"),
    ("perfect Bayesian", "subgame perfect"), ("perfect Bayesian", "sequential rationality"),
)  # fmt: skip


def hand(p: float = 0.3, cs: float = 0.5, cw: float = 2.0) -> ExtensiveForm:
    """An incumbent, strong or weak, may set a limit price at a cost; an entrant sees it; entry is fought or shared."""
    worth = {"strong": {"fight": (1, -1), "share": (0, 1)}, "weak": {"fight": (-1, -1), "share": (1, 1)}}

    def priced(kind: str, price: str) -> Decision:
        cost = {"strong": cs, "weak": cw}[kind] if price == "limit" else 0.0
        ends = {a: Outcome({"Incumbent": u - cost, "Entrant": v}) for a, (u, v) in worth[kind].items()}
        entered = Decision("Incumbent", ends, infoset=f"{kind}, {price}, entered")
        out = Outcome({"Incumbent": 4 - cost, "Entrant": 0})
        return Decision("Entrant", {"in": entered, "out": out}, infoset=f"sees {price}")

    def start(kind: str) -> Decision:
        return Decision("Incumbent", {price: priced(kind, price) for price in ("limit", "normal")}, infoset=kind)

    return ExtensiveForm(
        Chance({"strong": (p, start("strong")), "weak": (1 - p, start("weak"))}), players=("Incumbent", "Entrant")
    )


@pytest.fixture(scope="module")
def pooling() -> Any:
    """Both set the normal price; the entrant would enter after either."""
    found = solve(hand(), method="subgame_perfect").equilibria
    return next(
        e
        for e in found
        if e.strategies["Incumbent"]["strong"]["normal"] == 1 and e.strategies["Entrant"]["sees limit"]["in"] == 1
    )


def after_limit(strong: float) -> dict[str, Any]:
    return {"Entrant": {"sees limit": {"strong / limit": strong, "weak / limit": 1 - strong}}}


@pytest.mark.parametrize(("strong", "holds"), [(0.0, True), (0.3, True), (0.5, True), (0.6, False), (1.0, False)])
def test_given_beliefs_are_what_is_tested(pooling: Any, strong: float, holds: bool) -> None:
    """The entrant gains 1 from the weak and loses 1 to the strong: it enters up to odds of 1/2."""
    for concept in ORDER:
        found = check(pooling, concept, beliefs=after_limit(strong))
        assert found.holds is holds, concept
        assert found.beliefs == check(pooling, concept, beliefs=found.beliefs).beliefs
        assert found.beliefs["Entrant"]["sees limit"] == after_limit(strong)["Entrant"]["sees limit"]
        if not holds:
            (failure,) = found.failures
            assert (failure.player, failure.infoset) == ("Entrant", "sees limit")
            assert failure.gain == pytest.approx(2 * strong - 1)
    assert check(pooling, "consistency", beliefs=after_limit(strong)).holds  # any odds come of some trembles


def test_beliefs_against_bayes_rule_fail_everything_but_rationality(pooling: Any) -> None:
    wrong = {"Entrant": {"sees normal": {"strong / normal": 0.4, "weak / normal": 0.6}}}
    for concept in ("sequential", "perfect Bayesian", "weak perfect Bayesian", "consistency"):
        found = check(pooling, concept, beliefs=wrong)
        assert found.holds is False
        assert [(f.infoset, f.why) for f in found.failures] == [("sees normal", "beliefs are not those of Bayes' rule")]
        assert found.failures[0].gain == pytest.approx(0.1)
    assert check(pooling, "sequential rationality", beliefs=wrong).holds


def test_beliefs_against_chance_off_the_path() -> None:
    """Nobody goes to B's set, but only chance tells its nodes apart: 'weak' allows any beliefs, the others not."""

    def reply(kind: str) -> Decision:
        good = float(kind == "up")
        return Decision("B", {"l": Outcome({"A": -1, "B": good}), "r": Outcome({"A": -1, "B": 0.5})}, infoset="asked")

    asked = Chance({kind: (0.5, reply(kind)) for kind in ("up", "down")})
    game = ExtensiveForm(Decision("A", {"out": Outcome({"A": 0, "B": 0}), "in": asked}), players=("A", "B"))
    e = next(e for e in solve(game, method="nash").equilibria if e.strategies["B"]["asked"]["l"] == 1)
    wrong = {"B": {"asked": {"in / up": 0.75, "in / down": 0.25}}}
    assert check(e, "weak perfect Bayesian", beliefs=wrong).holds
    for concept in ("perfect Bayesian", "sequential", "consistency"):
        found = check(e, concept, beliefs=wrong)
        assert found.holds is False
        assert [(f.gain, f.why) for f in found.failures] == [(0.25, "beliefs are not what chance says")]


def test_consistency_is_decided_where_everything_was_given(pooling: Any) -> None:
    found = checks(pooling, beliefs=check(pooling, "sequential").beliefs)
    assert found["consistency"].holds
    assert found["consistency"].note == ""
    assert "-0.0" not in repr(found["sequential"].beliefs)


def test_consistency_is_told_under_the_beliefs_that_sequential_finds(pooling: Any) -> None:
    found = checks(pooling)
    assert found["sequential"].holds
    assert found["consistency"].holds
    assert found["consistency"].beliefs == found["sequential"].beliefs
    assert found["consistency"].note == "under the beliefs found for 'sequential' at 'sees limit'"


def test_consistency_stays_open_where_no_beliefs_make_play_sequential() -> None:
    """Without beliefs for some set and none that would do, consistency is left open."""
    found = [e for e in solve(hand(), method="nash").equilibria if not check(e, "sequential").holds]
    untold = [[s for sets in e.beliefs.values() for s, odds in sets.items() if not odds] for e in found]
    assert any(untold)
    for e, names in zip(found, untold, strict=True):
        answer = check(e, "consistency")
        assert answer.holds is (None if names else True)
        assert answer.note == (f"there are no beliefs at {names[0]!r}; give beliefs=" if names else "")


# ------------------------------------------------------------------ what one set's beliefs say about another's


def tied(worth: float) -> tuple[ExtensiveForm, list[np.ndarray]]:
    """A's mistake leads to B and on to C, who knows no more of A's type: their beliefs are the same."""

    def last(kind: str) -> Decision:
        yes = Outcome({"A": 0, "B": 0, "C": worth if kind == "t1" else -1})
        return Decision("C", {"yes": yes, "no": Outcome({"A": 0, "B": 0, "C": 0})}, infoset="C")

    def first(kind: str) -> Decision:
        asked = Decision("B", {"go": last(kind), "stop": Outcome({"A": 0, "B": 0, "C": 0})}, infoset="B")
        return Decision("A", {"stay": Outcome({"A": 1, "B": 0, "C": 0}), "m": asked}, infoset=kind)

    game = ExtensiveForm(Chance({k: (0.5, first(k)) for k in ("t1", "t2")}), players=("A", "B", "C"))
    play = {"t1": [1, 0], "t2": [1, 0], "B": [1, 0], "C": [1, 0]}
    return game, [np.array(play[info.name], dtype=float) for info in game.structure.infosets]


@pytest.mark.parametrize(("b", "holds"), [(0.5, True), (0.3, True), (0.2, False), (0.0, False), (1.0, True)])
def test_beliefs_given_at_one_set_bind_those_looked_for_at_another(b: float, holds: bool) -> None:
    """C says yes if it believes t1 with at least 1/4; B's beliefs are given and C must share them."""
    game, play = tied(3.0)
    known = [np.array([b, 1 - b]) if i.name == "B" else np.full(len(i.nodes), np.nan) for i in game.structure.infosets]
    found = sequential(Play(game, play), known)
    assert found.holds is (True if holds else found.holds)
    assert found.holds is not (not holds)
    if holds:
        assert dict(found.beliefs["C"]["C"]) == pytest.approx({"t1 / m / go": b, "t2 / m / go": 1 - b}, abs=1e-6)


# ------------------------------------------------------------------ stricter concepts imply laxer ones


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_stricter_concepts_imply_laxer_ones(data: st.DataObject) -> None:
    """Whatever play and whatever beliefs, all, some or none given: also where play is no equilibrium at all."""
    game = tree(data.draw(sketches(hidden=True))).with_rationality(None)
    sets = game.structure.infosets
    play = Play(game, [data.draw(mixtures(len(info.actions))) for info in sets])
    for _ in range(data.draw(st.integers(0, 3))):  # so that much of what is asked holds
        play = _improved(play)
    beliefs = None
    if data.draw(st.booleans()):
        told = [data.draw(st.sampled_from(("nothing", "Bayes", "any"))) for _ in sets]
        beliefs = [
            data.draw(mixtures(len(info.nodes)))
            if how == "any"
            else own
            if how == "Bayes"
            else np.full(len(own), np.nan)
            for how, info, own in zip(told, sets, play.bayes, strict=True)
        ]
    found = {name: CONCEPTS[name](play, beliefs) for name in (*ORDER, "consistency", "subgame perfect")}
    for strict, lax in IMPLIED:
        if found[strict].holds:
            assert found[lax].holds, (strict, lax)
    if found["sequential"].holds:
        event("sequential")
        held = _vectors(game, found["sequential"].beliefs)
        for test in (sequential, consistency, sequential_rationality, perfect_bayesian, weak_perfect_bayesian):
            assert test(play, held).holds, test.__name__
        for own, given_ in zip(held, beliefs or (), strict=False):
            assert np.isnan(given_).any() or np.abs(own - given_).max() < 1e-12  # none was replaced


def _improved(play: Play) -> Play:
    """Best replies at every set, the last first, under equal odds where Bayes' rule says nothing."""
    for h in reversed(range(len(play.strategies))):
        believed = np.nan_to_num(play.bayes[h], nan=1 / len(play.bayes[h]))
        gains = believed @ play.gains(h)
        if gains.max() > 1e-9 * play.span[play.s.infosets[h].player]:
            play = Play(play.tree, [np.eye(len(gains))[gains.argmax()] if k == h else x
                                    for k, x in enumerate(play.strategies)])  # fmt: skip
    return play


def _vectors(game: ExtensiveForm, beliefs: Any) -> list[np.ndarray]:
    return [np.array(list(beliefs[game.players[i.player]][i.name].values())) for i in game.structure.infosets]


# ------------------------------------------------------------------ what is said where something is wrong


def test_an_equilibrium_stands_for_its_strategies(pooling: Any) -> None:
    game = hand()
    assert game.reach(pooling) == game.reach(pooling.strategies)
    assert game.expected_payoffs(pooling) == game.expected_payoffs(pooling.strategies)
    assert game.beliefs(pooling) == game.beliefs(pooling.strategies)
    assert game.outcome_probabilities(pooling) == game.outcome_probabilities(pooling.strategies)
    form = game.to_normal_form()
    for own, other in zip(form.mixed(pooling), form.mixed(pooling.strategies), strict=True):
        assert own.tolist() == other.tolist()


def test_what_is_no_equilibrium_is_named(pooling: Any) -> None:
    game = hand()
    answer = solve(game, method="subgame_perfect")
    with pytest.raises(GameError, match=r"takes one equilibrium, such as solution\.equilibria\[0\]; this is Solution"):
        check(answer, "sequential")
    for ask in (game.reach, game.expected_payoffs, game.to_normal_form().mixed):
        with pytest.raises(GameError, match="expected a mapping by player, or one Equilibrium"):
            ask(answer)
    with pytest.raises(GameError, match=r"has \[2, 2\] probabilities; expected \[16, 4\]"):
        game.to_normal_form().behaviour([np.array([1.0, 0.0]), np.array([1.0, 0.0])])
    with pytest.raises(GameError, match="'strong, limit, entered' is missing; expected one of fight, share, or odds"):
        game.reach({"Incumbent": {"strong": "limit"}, "Entrant": "in"})
    for wrong in ({"Entrant": {"sees limit": [0.5, 0.5]}}, {"Entrant": [0.5]}, [0.5]):
        with pytest.raises(InformationSetError, match=r"expected beliefs\[player\]\[infoset\]\[path\]"):
            check(pooling, "sequential", beliefs=wrong)
    with pytest.raises(UnknownNameError, match="known: 'strong', 'strong, limit, entered', "):
        check(pooling, "sequential", beliefs={"Incumbent": {"medium": {}}})


def test_a_payoff_forgotten_in_the_first_leaf() -> None:
    """The leaf at fault is named with the one that says more."""
    first, second = Outcome({"A": 1}), Outcome({"A": 1, "B": 2})
    with pytest.raises(PayoffError, match="the leaf at 'x' names only A, while the one at 'y' names B too"):
        ExtensiveForm(Decision("A", {"x": first, "y": second}))
    with pytest.raises(UnknownNameError, match="'B'"):
        ExtensiveForm(Decision("A", {"x": first, "y": second}), players=("A",))
    with pytest.raises(PayoffError, match="payoff of B is missing at 'y'"):
        ExtensiveForm(Decision("A", {"x": second, "y": first}))


def test_large_things_are_shown_short(pooling: Any) -> None:
    lines = str(hand().agent_form()).splitlines()
    assert len(lines) <= 83
    assert max(map(len, lines)) <= 200
    assert not any(line.endswith("...") for line in lines[2:-1])  # every payoff is there
    assert lines[-1] == "... and 48 more rows"
    assert "(6 sets)" in repr(pooling)
    assert "'weak, normal, entered'" in str(pooling)
    assert "'weak, normal, entered'" not in repr(pooling)
    year = NormalForm.bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    with pytest.raises(SolveError, match=r"has about 1e\d+; "):
        solve(repeat(year, 3), method="nash")
