"""Refinements of trees: what the literature says of its own examples, and what trembles say by computing."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, check, checks, solve
from decide.certify import bayes_beliefs, normal_certificate, tree_certificate
from decide.errors import GameError, InformationSetError, ProbabilityError, UnknownNameError
from decide.refinements.consistency import consistency
from decide.refinements.play import Play
from strategies import sketches, tree
from test_agent_logit import beer_quiche, horse, signalling

# ------------------------------------------------------------------ literature


def test_beer_and_quiche() -> None:
    """Cho & Kreps 1987: both poolings are sequential; the one on quiche fails the intuitive criterion, by 3 - 2."""
    for e in solve(beer_quiche(), method="nash").equilibria:
        found = checks(e)
        assert found["sequential"].holds
        beer = e.strategies["Sender"]["strong"]["beer"] == 1
        assert found["intuitive criterion"].holds == found["D1"].holds == beer
        if not beer:
            (failure,) = found["intuitive criterion"].failures
            assert (failure.player, failure.infoset) == ("Sender", "strong")
            assert failure.gain == pytest.approx(1.0)


def test_seltens_horse() -> None:
    """Selten 1975: (C, c, R mostly) is sequential; (D, c mostly, L) is Nash, and 2 would rather not."""
    for e in solve(horse(), method="nash").equilibria:
        sequential = e.strategies["1"]["start"]["C"] == 1
        found = checks(e)
        assert found["sequential"].holds == found["weak perfect Bayesian"].holds == sequential
        assert found["subgame perfect"].holds
        if not sequential:
            assert [f.infoset for f in found["sequential rationality"].failures] == ["C"]
            assert found["perfect"].holds is False


def test_a_threat_nobody_would_carry_out() -> None:
    fight = Decision("B", {"fight": Outcome({"A": -1, "B": -1}), "share": Outcome({"A": 1, "B": 1})})
    entry = ExtensiveForm(Decision("A", {"out": Outcome({"A": 0, "B": 2}), "in": fight}))
    threat, entered = sorted(solve(entry, method="pure").equilibria, key=lambda e: e.payoffs["A"])
    assert [c.concept for c in checks(threat) if c.holds] == ["consistency"]
    assert check(threat, "subgame perfect").failures[0].gain == 2
    assert all(c.holds for c in checks(entered) if c.concept not in ("intuitive criterion", "D1"))


def test_an_equilibrium_of_the_agents_need_not_be_one_of_the_game() -> None:
    """After Myerson 1991, section 4.1: to gain, a player must change two of its moves at once."""
    again = Decision("1", {"x": Outcome({"1": 0, "2": 0}), "y": Outcome({"1": 5, "2": 1})}, infoset="later")
    game = ExtensiveForm(
        Decision(
            "1", {"stop": Outcome({"1": 1, "2": 2}), "go": Decision("2", {"l": again, "r": Outcome({"1": 0, "2": 0})})}
        )
    )
    form = game.agent_form()
    assert form.players == ("1 at start", "2 at go", "1 at later")
    wrong = [np.array([1.0, 0.0]), np.array([1.0, 0.0]), np.array([1.0, 0.0])]  # stop, l, x
    regrets = normal_certificate(form.entries(), [x[None] for x in wrong])
    assert regrets.regret[0] == 0  # no agent gains alone
    ex_ante = tree_certificate(game, [x[None] for x in wrong])
    assert ex_ante.regret[0] == 4  # the player does


def deterrence(p_ch: float, p_def: float) -> ExtensiveForm:
    """Zagare & Kilgour 2000, unilateral deterrence with private types; payoffs below."""

    def end(kind: str, c: float, d: float) -> Outcome:
        return Outcome({"Challenger": c, "Defender": d}, labels=kind)

    def pressed(ch: str, de: str) -> Decision:
        fight = end("conflict", C["hard" if ch == "hard" else "soft"], D["hard" if de == "hard" else "soft"])
        return Decision(
            "Challenger", {"press": fight, "back down": end("backs down", C["CD"], D["CD"])}, infoset=f"{ch}, denied"
        )

    def challenged(ch: str, de: str) -> Decision:
        return Decision("Defender", {"concede": end("concedes", C["DC"], D["DC"]), "deny": pressed(ch, de)}, infoset=de)

    def start(ch: str, de: str) -> Decision:
        return Decision(
            "Challenger", {"status quo": end("status quo", C["SQ"], D["SQ"]), "demand": challenged(ch, de)}, infoset=ch
        )

    odds = {"hard": (p_ch, p_def), "soft": (1 - p_ch, 1 - p_def)}
    pairs = itertools.product(("hard", "soft"), repeat=2)
    return ExtensiveForm(
        Chance({f"{ch} {de}": (odds[ch][0] * odds[de][1], start(ch, de)) for ch, de in pairs}),
        players=("Challenger", "Defender"),
    )


C = {"DC": 1.0, "SQ": 0.6, "hard": 0.4, "CD": 0.3, "soft": 0.0}
D = {"SQ": 1.0, "CD": 0.9, "hard": 0.5, "DC": 0.3, "soft": 0.0}
C_T = (C["DC"] - C["SQ"]) / (C["DC"] - C["hard"])
C_S = (C["DC"] - C["SQ"]) / (C["DC"] - C["CD"])
D_N = (D["CD"] - D["DC"]) / (D["CD"] - D["soft"])


def demands(e: Any) -> tuple[float, float, float]:
    """P(demand) of the hard and the soft challenger, and P(deny) of the soft defender."""
    c, d = e.strategies["Challenger"], e.strategies["Defender"]
    return c["hard"]["demand"], c["soft"]["demand"], d["soft"]["deny"]


def perfect(game: ExtensiveForm) -> list[Any]:
    return [e for e in solve(game, method="nash").equilibria if check(e, "perfect Bayesian").holds]


@pytest.mark.parametrize(
    ("p_ch", "p_def", "expected"),
    [
        (0.3, 0.8, {(0, 0)}),  # certain deterrence
        (0.8, 0.8, {(0, 0)}),
        (0.8, 0.6, {(1, 0), (0, 0)}),  # separating; beliefs off the path are free, so a steadfast one stands beside
        (0.8, 0.3, {(1, 1), (0, 0)}),  # attack
    ],
)
def test_unilateral_deterrence(p_ch: float, p_def: float, expected: set[tuple[int, int]]) -> None:
    found = perfect(deterrence(p_ch, p_def))
    assert {demands(e)[:2] for e in found} == expected


def test_bluffing_in_unilateral_deterrence() -> None:
    """x of the soft challenge, y of the soft defenders deny; beside it stands a steadfast one."""
    p_ch, p_def = 0.3, 0.3
    x = p_ch * (1 - D_N) / ((1 - p_ch) * D_N)
    y = (C_S - p_def) / (1 - p_def)
    found = [demands(e) for e in perfect(deterrence(p_ch, p_def))]
    assert any(f == pytest.approx((1.0, x, y)) for f in found)
    assert any(f[:2] == (0, 0) and f[2] > y for f in found)


def test_d1_removes_the_steadfast_equilibrium_and_the_intuitive_criterion_seldom_does() -> None:
    """Where p_Def < c_t the hard would gain if the soft conceded: D1 believes that a challenge comes from the hard."""
    for p_def in (0.3, 0.6):
        steadfast = [e for e in perfect(deterrence(0.3, p_def)) if demands(e)[:2] == (0, 0)]
        assert steadfast
        for e in steadfast:
            assert check(e, "sequential").holds
            bluffers = p_def < C_S  # the soft, too, could gain: nothing can be ruled out by intuition
            assert check(e, "intuitive criterion").holds == bluffers
            d1 = check(e, "D1")
            assert not d1.holds
            assert d1.failures[0].infoset == "hard"
            gain = p_def * C["hard"] + (1 - p_def) * C["DC"] - C["SQ"]
            assert d1.failures[0].gain == pytest.approx(gain)
    certain = [e for e in perfect(deterrence(0.3, 0.8)) if demands(e)[:2] == (0, 0)]
    assert all(check(e, "D1").holds for e in certain)


def test_commitment_under_noise() -> None:
    """Bagwell 1995: payoffs (5,2) (3,1) / (6,3) (4,4), observed wrongly with .01: exactly three equilibria."""
    noise = 0.01
    worth = {("S", "S"): (5, 2), ("S", "C"): (3, 1), ("C", "S"): (6, 3), ("C", "C"): (4, 4)}

    def seen(move: str) -> Chance:
        def reply(signal: str) -> Decision:
            ends = {a: Outcome(dict(zip("12", worth[move, a], strict=True))) for a in "SC"}
            return Decision("2", ends, infoset=f"sees {signal}")

        return Chance({f"as {s}": (1 - noise if s == move else noise, reply(s)) for s in "SC"})

    answer = solve(ExtensiveForm(Decision("1", {m: seen(m) for m in "SC"}), players=("1", "2")), method="nash")
    found = sorted(
        (e.strategies["1"]["start"]["S"], e.strategies["2"]["sees S"]["S"], e.strategies["2"]["sees C"]["S"])
        for e in answer.equilibria
    )
    half = 1 / (2 * (1 - 2 * noise))
    assert answer.complete
    assert found == [
        (0.0, 0.0, 0.0), (pytest.approx(noise), pytest.approx(half), pytest.approx(0.0, abs=1e-12)),
        (pytest.approx(1 - noise), pytest.approx(1.0), pytest.approx(1 - half)),
    ]  # fmt: skip


def chain(p: float, b: float, stages: int) -> ExtensiveForm:
    """Kreps & Wilson 1982: one entrant after the other; the incumbent is weak (may yield) or strong (fights)."""

    def stage(kind: str, k: int, history: str, paid: float, got: tuple[float, ...]) -> Any:
        if k == stages:
            return Outcome({"Incumbent": paid, **{f"E{i}": g for i, g in enumerate(got)}})
        out = stage(kind, k + 1, history + "o", paid + A_MONOPOLY, (*got, 0.0))
        fight = stage(kind, k + 1, history + "f", paid + (0.0 if kind == "strong" else -1.0), (*got, b - 1.0))
        give = stage(kind, k + 1, history + "y", paid + (-1.0 if kind == "strong" else 0.0), (*got, b))
        reply = Decision("Incumbent", {"fight": fight, "yield": give}, infoset=f"{kind} {history}!")
        return Decision(f"E{k}", {"out": out, "in": reply}, infoset=f"after {history or 'nothing'}")

    return ExtensiveForm(
        Chance({"strong": (p, stage("strong", 0, "", 0.0, ())), "weak": (1 - p, stage("weak", 0, "", 0.0, ()))}),
        players=("Incumbent", *(f"E{i}" for i in range(stages))),
    )


A_MONOPOLY = 3.0


@pytest.mark.parametrize("p", [0.2, 0.05])
def test_reputation_in_a_chain_of_two(p: float) -> None:
    """Kreps & Wilson 1982: the k-th from last stays out iff p > b^k; the weak fight with odds that leave p at b."""
    b = 0.5
    e = solve(chain(p, b, 2), method="agent_logit").equilibria[0]
    out = e.strategies["E0"]["after nothing"]["out"]
    assert out == pytest.approx(float(p > b**2), abs=1e-6)
    fights = e.strategies["Incumbent"]["weak !"]["fight"]
    assert fights == pytest.approx(min(1.0, (1 - b) * p / ((1 - p) * b)), abs=1e-6)
    belief = e.beliefs["E1"]["after f"]["strong / in / fight"]
    assert belief == pytest.approx(p / (p + (1 - p) * fights), abs=1e-6)
    assert belief == pytest.approx(max(b, p), abs=1e-6)
    assert e.residual <= 1e-9


# ------------------------------------------------------------------ trembles by computing


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_limits_of_trembles_are_consistent(data: st.DataObject) -> None:
    """Beliefs computed from play that trembles by c e^K, for one small e, are found consistent with its limit."""
    game = tree(data.draw(sketches(hidden=True)))
    assume(len(game.structure.infosets) > 0)
    limit, rows = [], []
    for info in game.structure.infosets:
        n = len(info.actions)
        played = data.draw(st.lists(st.booleans(), min_size=n, max_size=n).filter(any))
        order = np.array([0 if p else data.draw(st.integers(1, 3)) for p in played])
        factor = np.array([1.0 if p else data.draw(st.sampled_from([0.5, 1.0, 2.0])) for p in played])
        limit.append(np.where(played, 1.0, 0.0) / sum(played))
        rows.append((limit[-1], order, factor))
    trembling = [np.where(k == 0, x, c * 1e-9**k) for x, k, c in rows]
    exact = [x / x.sum() for x in trembling]
    beliefs = [b[0] for b in bayes_beliefs(game, [x[None] for x in exact], least=0.0)]
    assume(all(np.isfinite(b).all() for b in beliefs))
    near = [np.where(b < 1e-4, 0.0, b) / b[b >= 1e-4].sum() for b in beliefs]
    found = consistency(Play(game, limit), near)
    assert found.holds, found.failures


def test_beliefs_against_bayes_rule_are_refused() -> None:
    game = signalling(np.random.default_rng(0), 2, 2, 2)
    e = solve(game, method="agent_logit").equilibria[0]
    assert check(e, "consistency").holds
    wrong = {"B": {"m0": dict.fromkeys(e.beliefs["B"]["m0"], 0.5)}}
    reached = any(e.strategies["A"][f"t{k}"]["m0"] > 1e-6 for k in range(2))
    assert check(e, "weak perfect Bayesian", beliefs=wrong).holds in ((False,) if reached else (True, False))


def test_two_sets_after_one_mistake_share_its_odds() -> None:
    """A's mistake m leads to B and, whatever B does, to C: off the path their beliefs about A's type are tied."""

    def third(kind: str, reply: str) -> Decision:
        ends = {a: Outcome({"A": 0.0, "B": 0.0, "C": float((a == "c1") == (kind == "t1"))}) for a in ("c1", "c2")}
        return Decision("C", ends, infoset=f"C after {reply}")

    def second(kind: str) -> Decision:
        return Decision("B", {r: third(kind, r) for r in ("x", "y")}, infoset="B")

    def first(kind: str) -> Decision:
        return Decision("A", {"stay": Outcome({"A": 1.0, "B": 0.0, "C": 0.0}), "m": second(kind)}, infoset=kind)

    game = ExtensiveForm(Chance({k: (0.5, first(k)) for k in ("t1", "t2")}), players=("A", "B", "C"))
    names = [info.name for info in game.structure.infosets]
    strategies = {"t1": [1, 0], "t2": [1, 0], "B": [0.5, 0.5], "C after x": [1, 0], "C after y": [1, 0]}
    play = Play(game, [np.array(strategies[n], dtype=float) for n in names])

    def beliefs(b: float, x: float, y: float) -> list[np.ndarray]:
        of = {"B": b, "C after x": x, "C after y": y}
        return [np.array([of[n], 1 - of[n]]) if n in of else np.ones(1) for n in names]

    assert consistency(play, beliefs(0.7, 0.7, 0.7)).holds
    assert consistency(play, beliefs(1.0, 1.0, 1.0)).holds
    off = consistency(play, beliefs(0.7, 0.7, 0.4))
    assert off.holds is False
    assert {f.infoset for f in off.failures} <= {"B", "C after x", "C after y"}
    assert max(f.gain for f in off.failures) > 0
    assert consistency(play, beliefs(1.0, 0.0, 0.5)).holds is False


@pytest.mark.parametrize("seed", range(12))
def test_limits_of_agent_logit_are_sequential(seed: int) -> None:
    game = signalling(np.random.default_rng(seed), 2, 2, 2)
    e = solve(game, method="agent_logit").equilibria[0]
    assert check(e, "sequential").holds is not False
    assert check(e, "sequential rationality").holds
    assert check(e, "consistency").holds is not False


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_backward_induction_is_sequential(data: st.DataObject) -> None:
    game = tree(data.draw(sketches())).with_rationality(None)
    for e in solve(game, method="backward_induction").equilibria:
        assert check(e, "sequential").holds
        assert check(e, "perfect Bayesian").holds


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize("weak", [0.0, 1e-12, 1.0])
def test_limits_where_chance_all_but_rules_out_a_type(weak: float) -> None:
    """No mistake of a player, however rare, makes a type of no chance believed; one of little chance may be."""
    e = solve(beer_quiche(weak), method="agent_logit").equilibria[0]
    assert check(e, "consistency").holds
    assert check(e, "sequential").holds
    for sets in (e.beliefs["Sender"], e.beliefs["Receiver"]):
        for odds in sets.values():
            if weak in (0.0, 1.0) and len(odds) == 2:
                assert [p for path, p in odds.items() if path.startswith("weak")] == [weak]


def test_small_beliefs_where_play_leads_are_beliefs() -> None:
    """A belief of 1e-12 by Bayes' rule is right, and one of 1e-3 in its place is off by that much."""
    e = solve(beer_quiche(1e-12), method="agent_logit").equilibria[0]
    wrong = {"Receiver": {"beer": {"weak / beer": 1e-3, "strong / beer": 1 - 1e-3}}}
    (failure,) = check(e, "consistency", beliefs=wrong).failures
    assert (failure.infoset, failure.gain) == ("beer", pytest.approx(1e-3))


def test_bad_questions() -> None:
    e = solve(beer_quiche(), method="agent_logit").equilibria[0]
    table = solve(NormalForm.bimatrix([[1, 0], [0, 1]], [[1, 0], [0, 1]])).equilibria[0]
    with pytest.raises(GameError, match="not of a tree"):
        check(table, "sequential")
    with pytest.raises(UnknownNameError, match="'sequentiel'"):
        check(e, "sequentiel")
    with pytest.raises(UnknownNameError, match="'Nobody'"):
        check(e, "sequential", beliefs={"Nobody": {}})
    with pytest.raises(InformationSetError, match="expected all of"):
        check(e, "sequential", beliefs={"Receiver": {"beer": {"weak / beer": 1.0}}})
    with pytest.raises(ProbabilityError, match="sum 1"):
        check(e, "sequential", beliefs={"Receiver": {"beer": {"weak / beer": 0.5, "strong / beer": 0.6}}})
    with pytest.raises(UnknownNameError, match="node of 'beer'"):
        check(e, "sequential", beliefs={"Receiver": {"beer": {"weak": 1.0}}})
    assert "sequential" in repr(checks(e))
    assert list(checks(e).to_dataframe().columns) == ["holds", "why"]
    with pytest.raises(UnknownNameError, match="'d2'"):
        checks(e)["d2"]
