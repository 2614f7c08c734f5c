"""Agent logit equilibria: fixed points by definition, the exact recursion, the table's logit, limits with beliefs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import decide
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Value, model, solve
from decide.certify import tree_certificate
from decide.errors import SolveError
from strategies import sketches, tree


def beer_quiche(weak: Any = 0.1) -> ExtensiveForm:
    """Cho & Kreps 1987: the weak like quiche, the strong beer; the other duels only with the weak."""

    def after(kind: str, meal: str) -> Decision:
        own = float((kind == "strong") == (meal == "beer"))
        duel = Outcome({"Sender": own, "Receiver": float(kind == "weak")})
        leave = Outcome({"Sender": own + 2, "Receiver": float(kind == "strong")})
        return Decision("Receiver", {"duel": duel, "leave": leave}, infoset=meal)

    def sender(kind: str) -> Decision:
        return Decision("Sender", {meal: after(kind, meal) for meal in ("beer", "quiche")}, infoset=kind)

    return ExtensiveForm(
        Chance({"weak": (weak, sender("weak")), "strong": (1 - weak, sender("strong"))}), players=("Sender", "Receiver")
    )


#: P(beer) of the weak and of the strong, P(duel) after beer and after quiche, by precision.
GAMBIT_BEER = {
    1.0: (0.35704615961090425, 0.8040484581353058, 0.33620946996212253, 0.542105540147535),
    2.0: (0.6107678597006917, 0.9884624192437053, 0.23820915396005105, 0.8508444101175019),
}


def horse() -> ExtensiveForm:
    """Selten's horse (1975): three players, one information set of two nodes."""

    def third(left: tuple[int, int, int], right: tuple[int, int, int]) -> Decision:
        return Decision("3", {
            "L": Outcome(dict(zip("123", left, strict=True))), "R": Outcome(dict(zip("123", right, strict=True)))
        }, infoset="3")  # fmt: skip

    two = Decision("2", {"c": Outcome({"1": 1, "2": 1, "3": 1}), "d": third((4, 4, 0), (0, 0, 1))})
    return ExtensiveForm(Decision("1", {"C": two, "D": third((3, 3, 2), (0, 0, 0))}), players=("1", "2", "3"))


@given(st.data(), st.floats(0.0, 4.0))
@settings(max_examples=40, deadline=None)
def test_it_is_a_fixed_point_of_the_definition(data: st.DataObject, precision: float) -> None:
    """Certified by code that shares nothing with it: beliefs by Bayes' rule, odds by the logit rule."""
    game = tree(data.draw(sketches(hidden=True)))
    precision /= max(1.0, float(np.ptp(game.payoffs, axis=-1).max()))
    answer = solve(game, method="agent_logit", rationality=precision)
    assert answer.count == 1
    e = answer.equilibria[0]
    assert e.residual <= 1e-9
    found = tree_certificate(game.with_rationality(precision), [x[None] for x in e.profile], check="local")
    assert found.residual[0] <= 1e-9


@given(st.data(), st.floats(0.1, 3.0))
@settings(max_examples=20, deadline=None)
def test_where_chance_alone_is_unseen_it_is_the_exact_recursion(data: st.DataObject, precision: float) -> None:
    game = tree(data.draw(sketches()))
    ours = solve(game, method="agent_logit", rationality=precision)
    other = solve(game, method="backward_induction", rationality=precision)
    for a, b in zip(ours.equilibria, other.equilibria, strict=True):
        assert all(np.allclose(x, y, rtol=0, atol=1e-12) for x, y in zip(a.profile, b.profile, strict=True))


@given(st.lists(st.integers(-9, 9), min_size=12, max_size=12), st.floats(0.01, 0.6))
@settings(max_examples=20, deadline=None)
def test_two_who_move_at_once_are_the_logit_equilibrium_of_the_table(entries: list[int], precision: float) -> None:
    A, B = np.array(entries, dtype=float).reshape(2, 2, 3)
    game = NormalForm.bimatrix(A, B)
    by_table = solve(game, method="logit", rationality=precision)

    def reply(i: int) -> Decision:
        ends = {str(j): Outcome({"Row": A[i, j], "Column": B[i, j]}) for j in range(3)}
        return Decision("Column", ends, infoset="Column")

    as_tree = ExtensiveForm(Decision("Row", {str(i): reply(i) for i in range(2)}), players=("Row", "Column"))
    answer = solve(as_tree, method="agent_logit", rationality=precision)
    assume(by_table.count == 1 and by_table.complete and answer.complete)
    mine, theirs = answer.equilibria[0].profile, by_table.equilibria[0].profile
    assert all(np.allclose(x, y, rtol=0, atol=1e-8) for x, y in zip(mine, theirs, strict=True))


def test_beer_and_quiche_against_gambit() -> None:
    """Constants: pygambit 17.0.0b2, ``qre.logit_solve_lambda`` on the same tree by way of a file, P(weak) .3."""
    for precision, (weak, strong, beer, quiche) in GAMBIT_BEER.items():
        e = solve(beer_quiche(0.3), method="agent_logit", rationality=precision).equilibria[0]
        assert e.strategies["Sender"]["weak"]["beer"] == pytest.approx(weak, abs=1e-6)
        assert e.strategies["Sender"]["strong"]["beer"] == pytest.approx(strong, abs=1e-6)
        assert e.strategies["Receiver"]["beer"]["duel"] == pytest.approx(beer, abs=1e-6)
        assert e.strategies["Receiver"]["quiche"]["duel"] == pytest.approx(quiche, abs=1e-6)


def test_the_limit_of_beer_and_quiche_is_beer_with_beliefs() -> None:
    """Both drink beer; whoever orders quiche is thought weak, and has a duel."""
    e = solve(beer_quiche(), method="agent_logit").equilibria[0]
    assert e.strategies["Sender"] == {"weak": {"beer": 1, "quiche": 0}, "strong": {"beer": 1, "quiche": 0}}
    assert e.strategies["Receiver"]["quiche"]["duel"] == 1
    assert e.beliefs["Receiver"]["beer"] == {"weak / beer": pytest.approx(0.1), "strong / beer": pytest.approx(0.9)}
    assert e.beliefs["Receiver"]["quiche"]["weak / quiche"] == pytest.approx(1.0, abs=1e-6)
    assert e.payoffs["Sender"] == pytest.approx(0.1 * 2 + 0.9 * 3)
    assert e.residual <= 1e-9


def test_the_limit_of_seltens_horse_is_sequential() -> None:
    """Selten 1975: (C, c, R with enough weight) is sequential, (D, c, L) is not: 2 would deviate to d, worth 4."""
    e = solve(horse(), method="agent_logit").equilibria[0]
    assert e.strategies["1"]["start"]["C"] == 1
    assert e.strategies["2"]["C"]["c"] == 1
    assert e.strategies["3"]["3"]["R"] >= 3 / 4 - 1e-9
    assert e.residual <= 1e-9
    left = e.beliefs["3"]["3"]["D"]
    if 0 < e.strategies["3"]["3"]["L"] < 1:
        assert left == pytest.approx(1 / 3, abs=1e-6)  # 3 mixes only where 2 mu = 1 - mu


def signalling(rng: np.random.Generator, types: int, messages: int, replies: int) -> ExtensiveForm:
    """A random game: a type is drawn, its owner sends a message, another replies to it without knowing the type."""
    prior = rng.dirichlet(np.ones(types))

    def reply(message: int) -> Decision:
        ends = {f"r{k}": Outcome(dict(zip("AB", rng.normal(size=2), strict=True))) for k in range(replies)}
        return Decision("B", ends, infoset=f"m{message}")

    def sender(kind: int) -> Decision:
        return Decision("A", {f"m{m}": reply(m) for m in range(messages)}, infoset=f"t{kind}")

    return ExtensiveForm(Chance({f"t{k}": (p, sender(k)) for k, p in enumerate(prior)}), players=("A", "B"))


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 2, 3), (2, 3, 2)])
def test_limits_of_random_signalling_games_are_certified_with_their_beliefs(shape: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(sum(shape))
    for _ in range(25):
        game = signalling(rng, *shape)
        answer = solve(game, method="agent_logit")
        assert answer.count == 1, answer
        e = answer.equilibria[0]
        assert e.residual <= 1e-9
        assert e.relative_regret <= 1e-9  # sequential, so Nash
        assert all(abs(sum(b.values()) - 1) < 1e-9 for sets in e.beliefs.values() for b in sets.values())


def test_a_batch_is_the_same_as_one_by_one() -> None:
    odds = np.linspace(0.05, 0.45, 9)
    many = solve(beer_quiche(odds), method="agent_logit", rationality=3.0)
    assert many.shape == (9,)
    assert many.complete.all()
    for k, p in enumerate(odds):
        alone = solve(beer_quiche(float(p)), method="agent_logit", rationality=3.0).equilibria[0]
        one = many[k].equilibria[0]
        assert all(np.allclose(x, y, rtol=0, atol=1e-9) for x, y in zip(alone.profile, one.profile, strict=True))
    swept = solve(beer_quiche(0.2), method="agent_logit", rationality=np.array([0.5, 1.0, 2.0]))
    assert swept.shape == (3,)
    limits = solve(beer_quiche(odds), method="agent_logit")
    assert (limits.count == 1).all()


def test_precision_by_player_and_zero() -> None:
    e = solve(beer_quiche(), method="agent_logit", rationality={"Sender": 0.0, "Receiver": 2.0}).equilibria[0]
    assert e.strategies["Sender"]["weak"] == {"beer": 0.5, "quiche": 0.5}
    share = 1 / (1 + np.exp(2.0 * (0.9 - 0.1)))  # beliefs are the prior
    assert e.strategies["Receiver"]["beer"]["duel"] == pytest.approx(share, abs=1e-9)


def test_offsets_and_scales_change_nothing() -> None:
    def scaled(factor: float, shift: float) -> ExtensiveForm:
        def reply(i: int) -> Decision:
            ends = {
                str(j): Outcome({"A": factor * (i - j) ** 2 + shift, "B": factor * (2 * i * j - j) + shift})
                for j in range(2)
            }
            return Decision("B", ends, infoset="B")

        return ExtensiveForm(Decision("A", {str(i): reply(i) for i in range(2)}), players=("A", "B"))

    plain = solve(scaled(1.0, 0.0), method="agent_logit", rationality=1.5).equilibria[0]
    for factor, shift in ((1e-6, 0.0), (1e9, 0.0), (1.0, 1e6)):
        other = solve(scaled(factor, shift), method="agent_logit", rationality=1.5 / factor).equilibria[0]
        assert all(np.allclose(x, y, rtol=0, atol=1e-7) for x, y in zip(plain.profile, other.profile, strict=True))


def test_a_sweep_over_a_signalling_game() -> None:
    @model(decider="Receiver", at="beer", solve={"method": "agent_logit", "rationality": "precision"})
    def meal(
        *, weak: Value = Parameter(0.3, low=0.05, high=0.45), precision: Value = Parameter(2.0, low=0.5, high=5)
    ) -> ExtensiveForm:
        return beer_quiche(weak)

    study = decide.sweep(meal, {"weak": [0.1, 0.4], "precision": [2.0, 3.0]})
    assert (study.data["status"].values == 0).all()
    for k, (p, r) in enumerate([(0.1, 2.0), (0.4, 3.0)]):
        e = solve(beer_quiche(p), method="agent_logit", rationality=r).equilibria[0]
        belief = e.beliefs["Receiver"]["beer"]["weak / beer"]
        assert study.data["option_value"].values[k].tolist() == pytest.approx([belief, 1 - belief], abs=1e-9)
        assert study.data["choice"].values[k, 0] == pytest.approx(e.strategies["Receiver"]["beer"]["duel"], abs=1e-9)


def test_refusals() -> None:
    with pytest.raises(SolveError, match="take logit"):
        solve(NormalForm.bimatrix([[1, 0], [0, 1]], [[1, 0], [0, 1]]), method="agent_logit", rationality=1.0)
    with pytest.raises(SolveError, match="for everybody, or for nobody"):
        solve(beer_quiche(), method="agent_logit", rationality={"Sender": 1.0})
    with pytest.raises(decide.errors.GameError, match="rationality"):
        solve(beer_quiche(), method="agent_logit", rationality=-1.0)
