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


@pytest.mark.parametrize("p", [0.3, 0.2, 0.1])
def test_reputation_in_a_chain_of_three(p: float) -> None:
    """As in the chain of two. Beliefs after what nobody does are differences of logarithms of reach, here of 1e5: the
    corrector must stop where their rounding leaves it, or the branch ends before the limit."""
    b = 0.5
    e = solve(chain(p, b, 3), method="agent_logit").equilibria[0]
    assert e.residual <= 1e-9
    assert e.strategies["E0"]["after nothing"]["out"] == pytest.approx(float(p > b**3), abs=1e-6)
    first = min(1.0, (1 - b**2) * p / ((1 - p) * b**2))  # leaves the next entrant at b^2, or with the prior
    assert e.strategies["Incumbent"]["weak !"]["fight"] == pytest.approx(first, abs=1e-6)
    q = p / (p + (1 - p) * first)
    assert e.beliefs["E1"]["after f"]["strong / in / fight"] == pytest.approx(q, abs=1e-6)
    second = min(1.0, (1 - b) * q / ((1 - q) * b))
    assert e.strategies["Incumbent"]["weak f!"]["fight"] == pytest.approx(second, abs=1e-6)
    assert e.beliefs["E1"]["after y"]["strong / in / yield"] == pytest.approx(0.0, abs=1e-6)
    assert e.strategies["E1"]["after y"]["in"] == 1


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


# ------------------------------------------------------------------ sequential equilibria by hand


@pytest.mark.parametrize("seed", range(8))
def test_pure_sequential_equilibria_of_signalling_games_by_hand(seed: int) -> None:
    """Every pure profile, by definition. After a message that nobody sends any belief is a limit of mistakes, so there
    the reply must be best under some belief: of two types, one of the two sure ones, or where replies are worth the
    same to B; elsewhere under Bayes' rule."""
    rng = np.random.default_rng(seed)
    prior = np.array([0.25, 0.75])
    worth = rng.integers(0, 4, size=(2, 2, 2, 2)) + rng.normal(size=(2, 2, 2, 2)) / 50  # type, message, reply, player

    def reply(kind: int, m: int) -> Decision:
        ends = {f"r{k}": Outcome(dict(zip("AB", worth[kind, m, k], strict=True))) for k in range(2)}
        return Decision("B", ends, infoset=f"m{m}")

    game = ExtensiveForm(
        Chance({f"t{t}": (prior[t], Decision("A", {f"m{m}": reply(t, m) for m in range(2)}, infoset=f"t{t}"))
                for t in range(2)}), players=("A", "B"),
    )  # fmt: skip

    def best_somewhere(m: int, r: int, belief: np.ndarray | None) -> bool:
        other = worth[:, m, 1 - r, 1] - worth[:, m, r, 1]  # by type: what B loses
        return bool(other.min() <= 0 if belief is None else belief @ other <= 0)

    expected, nash = set(), set()
    for send in itertools.product(range(2), repeat=2):
        for answer in itertools.product(range(2), repeat=2):
            sender = all(
                worth[t, send[t], answer[send[t]], 0] >= worth[t, 1 - send[t], answer[1 - send[t]], 0] for t in range(2)
            )
            weights = [np.array([p * (send[t] == m) for t, p in enumerate(prior)]) for m in range(2)]
            at_play = all(best_somewhere(m, answer[m], w) for m, w in enumerate(weights) if w.sum())
            off = all(best_somewhere(m, answer[m], None) for m, w in enumerate(weights) if not w.sum())
            nash |= {(send, answer)} if sender and at_play else set()
            expected |= {(send, answer)} if sender and at_play and off else set()
    found = {}
    for e in solve(game, method="pure").equilibria:
        a, b = e.strategies["A"], e.strategies["B"]
        key = (tuple(int(a[f"t{t}"]["m1"]) for t in range(2)), tuple(int(b[f"m{m}"]["r1"]) for m in range(2)))
        found[key] = check(e, "sequential").holds
    assert set(found) == nash
    assert {key for key, holds in found.items() if holds} == expected


# ------------------------------------------------------------------ assessments that are not consistent


def unasked() -> Any:
    """Nobody of either type asks, so what is believed of those who do is free, but one belief for both who are asked.

    A of type t1 or t2 stays; its mistake leads to B, and then, whatever B does, to C (as in the test above).
    """

    def third(kind: str, reply: str) -> Decision:
        ends = {a: Outcome({"A": 0.0, "B": 0.0, "C": float((a == "c1") == (kind == "t1"))}) for a in ("c1", "c2")}
        return Decision("C", ends, infoset=f"C after {reply}")

    def first(kind: str) -> Decision:
        asked = Decision("B", {r: third(kind, r) for r in ("x", "y")}, infoset="B")
        return Decision("A", {"stay": Outcome({"A": 1.0, "B": 0.0, "C": 0.0}), "m": asked}, infoset=kind)

    game = ExtensiveForm(Chance({k: (0.5, first(k)) for k in ("t1", "t2")}), players=("A", "B", "C"))
    return solve(game, method="agent_logit").equilibria[0]


@pytest.mark.parametrize("other", [0.4, 0.6, 0.9])
def test_an_inconsistent_assessment_is_named_with_how_far_off_it_is(other: float) -> None:
    """C's odds are B's after either reply: 0.7 / 0.3 and others cannot both be limits of one mistake."""
    e = unasked()
    nodes = {p: {h: list(odds) for h, odds in sets.items()} for p, sets in e.beliefs.items()}

    def beliefs(b: float, x: float, y: float) -> dict[str, dict[str, dict[str, float]]]:
        return {
            p: {h: dict(zip(nodes[p][h], (v, 1 - v), strict=True)) for h, v in own.items()}
            for p, own in {"B": {"B": b}, "C": {"C after x": x, "C after y": y}}.items()
        }

    assert check(e, "consistency", beliefs=beliefs(0.7, 0.7, 0.7)).holds
    found = check(e, "consistency", beliefs=beliefs(0.7, 0.7, other))
    assert found.holds is False
    factor = (0.7 / 0.3) / (other / (1 - other))
    factor = max(factor, 1 / factor)
    named = {f.infoset: f.gain for f in found.failures}
    assert "C after y" in named
    assert 0 < max(named.values()) <= factor - 1 + 1e-9  # no fit of trembles is off by more than the odds themselves
    assert all("odds" in f.why for f in found.failures)
    assert check(e, "sequential", beliefs=beliefs(0.7, 0.7, other)).holds is False


def test_beliefs_off_bayes_rule_are_named_with_how_far_off_they_are() -> None:
    """Where play leads, the gain is the largest distance of a belief from Bayes' rule."""
    e = solve(beer_quiche(), method="agent_logit").equilibria[0]
    for wrong in (0.0, 0.3, 1.0):
        found = check(
            e, "consistency", beliefs={"Receiver": {"beer": {"weak / beer": wrong, "strong / beer": 1 - wrong}}}
        )
        assert found.holds is False
        (failure,) = found.failures
        assert (failure.player, failure.infoset) == ("Receiver", "beer")
        assert failure.gain == pytest.approx(abs(wrong - 0.1))
        assert "Bayes" in failure.why


def test_orders_no_trembles_have_are_refused() -> None:
    """t1's mistake before t2's in B's eyes and t2's before t1's in C's: no rates do both."""
    e = unasked()
    b = {"B": dict(zip(e.beliefs["B"]["B"], (1.0, 0.0), strict=True))}
    c = {h: dict(zip(odds, (0.0, 1.0), strict=True)) for h, odds in e.beliefs["C"].items()}
    found = check(e, "consistency", beliefs={"B": b, "C": c})
    assert found.holds is False
    assert {f.infoset for f in found.failures} == {"B", "C after x", "C after y"}
    assert all(f.gain == 0 for f in found.failures)


@pytest.mark.parametrize(("doubt", "holds"), [(0.0, True), (1e-10, True), (1e-8, False), (1e-3, False)])
def test_off_the_path_a_belief_of_a_billionth_is_none(doubt: float, holds: bool) -> None:
    """B rules t2 out and C does not, or but for rounding; the docstring of `consistency` says where the line is."""
    e = unasked()
    b = {"B": dict(zip(e.beliefs["B"]["B"], (1 - doubt, doubt), strict=True))}
    c = {h: dict(zip(odds, (1.0, 0.0), strict=True)) for h, odds in e.beliefs["C"].items()}
    assert check(e, "consistency", beliefs={"B": b, "C": c}).holds is holds


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
