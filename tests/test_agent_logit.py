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


@pytest.mark.parametrize("rare", [0.1, 1e-3, 5e-5, 3e-6])
def test_a_share_as_rare_as_a_type_of_chance_is_played_in_the_limit(rare: float) -> None:
    """The rare ask for sure. Of the common as many ask as leave B undecided, and B says yes half of the time."""

    def asked(kind: str) -> Decision:
        yes = Outcome({"A": 1, "B": 1 if kind == "rare" else -1})
        return Decision("B", {"yes": yes, "no": Outcome({"A": -1, "B": 0})}, infoset="asked")

    def start(kind: str) -> Decision:
        alone = Outcome({"A": 0 if kind == "common" else -2, "B": 0})
        return Decision("A", {"ask": asked(kind), "pass": alone}, infoset=kind)

    odds = {"rare": rare, "common": 1 - rare}
    game = ExtensiveForm(Chance({k: (p, start(k)) for k, p in odds.items()}), players=("A", "B"))
    e = solve(game, method="agent_logit").equilibria[0]
    assert e.strategies["A"]["common"]["ask"] == pytest.approx(rare / (1 - rare), rel=1e-9)
    assert e.strategies["B"]["asked"]["yes"] == pytest.approx(0.5, abs=1e-9)
    assert e.residual <= 1e-12


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


def by_small_steps(prior: np.ndarray, worth: np.ndarray, precision: float) -> np.ndarray | None:
    """The principal branch of a signalling game with two of everything, from its equations alone.

    Unknown are P(m1) by type and P(r1) by message; payoffs are by type, message, reply and player. The precision grows
    in small steps, and Newton's method (with differences for derivatives) starts each from the one before. None where
    it does not stay close: the branch may turn.
    """

    def error(x: np.ndarray, r: float) -> np.ndarray:
        send = np.stack([1 - x[:2], x[:2]], axis=1)  # type, message
        reply = np.stack([1 - x[2:], x[2:]], axis=1)  # message, reply
        to_send = (worth[..., 0] * reply).sum(axis=2)
        joint = prior[:, None] * send
        belief = joint / joint.sum(axis=0)
        to_reply = (belief[:, :, None] * worth[..., 1]).sum(axis=0)
        gain = np.concatenate([to_send[:, 1] - to_send[:, 0], to_reply[:, 1] - to_reply[:, 0]])
        return x - 1 / (1 + np.exp(-r * gain))

    x = np.full(4, 0.5)
    for r in np.linspace(0, precision, 1 + int(np.ceil(precision / 0.02)))[1:]:
        start = x
        for _ in range(20):
            now = error(x, r)
            slope = np.stack([(error(x + 1e-7 * e, r) - error(x - 1e-7 * e, r)) / 2e-7 for e in np.eye(4)], axis=1)
            step = np.linalg.solve(slope, now)
            x = x - step
            if np.abs(step).max() <= 1e-12 or not (x.min() > 0 and x.max() < 1):
                break
        if np.abs(x - start).max() > 0.05 or not np.abs(error(x, r)).max() <= 1e-10:
            return None
    return x


@given(st.lists(st.integers(-8, 8), min_size=16, max_size=16), st.integers(1, 4), st.sampled_from([0.3, 1.0, 2.5]))
@settings(max_examples=20, deadline=None)
def test_the_branch_is_the_one_that_small_steps_follow(entries: list[int], odds: int, precision: float) -> None:
    worth = np.array(entries, dtype=float).reshape(2, 2, 2, 2) / 2
    prior = np.array([odds, 5 - odds]) / 5
    expected = by_small_steps(prior, worth, precision)
    assume(expected is not None)

    def reply(kind: int, m: int) -> Decision:
        ends = {f"r{k}": Outcome(dict(zip("AB", worth[kind, m, k], strict=True))) for k in range(2)}
        return Decision("B", ends, infoset=f"m{m}")

    game = ExtensiveForm(
        Chance({
            f"t{t}": (prior[t], Decision("A", {f"m{m}": reply(t, m) for m in range(2)}, infoset=f"t{t}"))
            for t in range(2)
        }), players=("A", "B"),
    )  # fmt: skip
    answer = solve(game, method="agent_logit", rationality=precision)
    (e,) = answer.equilibria
    mine = [e.strategies["A"][f"t{t}"]["m1"] for t in range(2)] + [e.strategies["B"][f"m{m}"]["r1"] for m in range(2)]
    assert np.allclose(mine, expected, rtol=0, atol=1e-8)
