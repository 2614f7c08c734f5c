"""Stories whose answers the literature knows, each solved by the methods a user would ask.

Others stand where their method is tested: beer-quiche, Selten's horse and the chain of two in `test_assessments` and
`test_agent_logit`, the battle after entry in `test_subgame_perfect`, Kuhn and Leduc poker in `test_sequence_form`.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import poker
from decide import Chance, Decision, ExtensiveForm, Outcome, check, solve
from decide.certify import tree_certificate
from decide.refinements.play import Play
from decide.refining import CONCEPTS
from test_agent_logit import horse
from test_assessments import A_MONOPOLY, C_S, C_T, D_N, chain, demands, deterrence, perfect


def rows(game: ExtensiveForm, strategies: dict[str, dict[str, dict[str, float]]]) -> list[np.ndarray]:
    """Behaviour by name as one row per information set."""
    s = game.structure
    return [np.array([[strategies[s.players[h.player]][h.name].get(a, 0.0) for a in h.actions]]) for h in s.infosets]


def gain(game: ExtensiveForm, strategies: Any) -> float:
    """The most anybody gains by another whole plan."""
    return float(tree_certificate(game, rows(game, strategies)).regret[0])


# ------------------------------------------------------------------ everything is seen


def centipede(moves: int, first: float = 0.4, second: float = 0.1) -> ExtensiveForm:
    """McKelvey & Palfrey 1992: two piles, which double at every pass; who takes gets the larger."""
    doubled = 2.0**moves
    node: Any = Outcome(dict(zip("AB", (first * doubled, second * doubled), strict=True)))
    for k in reversed(range(moves)):
        large, small = first * 2.0**k, second * 2.0**k
        taken = {"A": large, "B": small} if k % 2 == 0 else {"A": small, "B": large}
        node = Decision("AB"[k % 2], {"take": Outcome(taken), "pass": node}, infoset=f"move {k + 1}")
    return ExtensiveForm(node)


@pytest.mark.parametrize("moves", [2, 4, 6])
def test_centipede(moves: int) -> None:
    """Rosenthal 1981: the only subgame-perfect equilibrium takes everywhere, and every Nash equilibrium at once."""
    game = centipede(moves)
    for method in ("backward_induction", "subgame_perfect"):
        answer = solve(game, method=method)
        assert (answer.count, answer.complete, answer.tied) == (1, True, False)
        (e,) = answer.equilibria
        assert all(sets[h]["take"] == 1 for sets in e.strategies.values() for h in sets)
        assert e.payoffs == {"A": 0.4, "B": 0.1}
    nash = solve(game, method="nash")
    assert nash.complete
    assert nash.count > 1  # they differ in what the second player would do, but for its first move
    for e in nash.equilibria:
        assert e.strategies["A"]["move 1"]["take"] == 1
        # passing must not pay: taking now is worth 4, being taken from next 2, and passing on at least 16 (in tenths)
        assert e.strategies["B"]["move 2"]["take"] >= 6 / 7 - 1e-9


def ultimatum(pie: int) -> ExtensiveForm:
    def offer(share: int) -> Decision:
        ends = {"yes": Outcome({"P": pie - share, "R": share}), "no": Outcome({"P": 0, "R": 0})}
        return Decision("R", ends, infoset=f"offer {share}")

    return ExtensiveForm(Decision("P", {str(share): offer(share) for share in range(pie + 1)}), players=("P", "R"))


def test_ultimatum() -> None:
    """Two pure subgame-perfect equilibria, on 0 and on the smallest coin; but every division is a Nash equilibrium."""
    pie = 10
    answer = solve(ultimatum(pie), method="subgame_perfect")
    assert sorted(e.payoffs["R"] for e in answer.equilibria) == [0, 1]
    assert answer.tied
    for e in answer.equilibria:
        assert all(e.strategies["R"][f"offer {share}"]["yes"] == 1 for share in range(1, pie + 1))
    for wanted in range(pie + 1):
        threat = {
            "P": {"start": {str(wanted): 1.0}},
            "R": {f"offer {s}": {"yes": float(s >= wanted), "no": float(s < wanted)} for s in range(pie + 1)},
        }
        assert gain(ultimatum(pie), threat) == 0
        if wanted < pie:  # one coin too much
            assert gain(ultimatum(pie), {**threat, "P": {"start": {str(wanted + 1): 1.0}}}) == 1


def test_chain_store() -> None:
    """Selten 1978: without doubt about its type the store yields to everybody; deterring all is Nash, and no more."""

    def stage(k: int, history: str, store: int, got: tuple[int, ...]) -> Any:
        if k == 2:
            return Outcome({"Store": store, **{f"E{i}": g for i, g in enumerate(got)}})
        reply = Decision("Store", {
            "yield": stage(k + 1, history + "y", store + 2, (*got, 2)),
            "fight": stage(k + 1, history + "f", store, (*got, 0)),
        }, infoset=f"{history}!")  # fmt: skip
        moves = {"out": stage(k + 1, history + "o", store + 5, (*got, 1)), "in": reply}
        return Decision(f"E{k}", moves, infoset=f"after {history or 'nothing'}")

    game = ExtensiveForm(stage(0, "", 0, ()), players=("Store", "E0", "E1"))
    answer = solve(game, method="subgame_perfect")
    assert (answer.count, answer.complete) == (1, True)
    assert answer.equilibria[0].payoffs == {"Store": 4, "E0": 2, "E1": 2}
    pure = solve(game, method="pure").equilibria
    deterred = [e for e in pure if e.payoffs == {"Store": 10, "E0": 1, "E1": 1}]
    assert deterred
    assert not any(check(e, "subgame perfect").holds for e in deterred)


def wildcatter() -> ExtensiveForm:
    """Raiffa 1968: drill or not, after a test of the ground or without; thousands of dollars."""
    prior = {"dry": 0.5, "wet": 0.3, "soaking": 0.2}
    worth = {"dry": -70.0, "wet": 50.0, "soaking": 200.0}
    seen = {"none": (0.6, 0.3, 0.1), "open": (0.3, 0.4, 0.4), "closed": (0.1, 0.3, 0.5)}

    def drill(hole: str, cost: float, known: str) -> Decision:
        ends = {"drill": Outcome({"W": worth[hole] - cost}, labels=hole), "leave": Outcome({"W": -cost})}
        return Decision("W", ends, infoset=known)

    def tested(k: int, hole: str) -> Chance:
        return Chance({r: (odds[k], drill(hole, 10.0, f"structure {r}")) for r, odds in seen.items()})

    test = Chance({hole: (p, tested(k, hole)) for k, (hole, p) in enumerate(prior.items())})
    no_test = Chance({hole: (p, drill(hole, 0.0, "no test")) for hole, p in prior.items()})
    return ExtensiveForm(Decision("W", {"test": test, "do not": no_test}))


@pytest.mark.parametrize("method", ["auto", "backward_induction", "subgame_perfect", "sequence_form", "nash", "pure"])
def test_a_decision_tree_is_a_game_of_one(method: str) -> None:
    """Raiffa's oil wildcatter tests, and drills if there is any structure: 22.5, and 20 without a test."""
    game = wildcatter()
    answer = solve(game, method=method)
    assert answer.count == 1
    (e,) = answer.equilibria
    assert e.payoffs["W"] == pytest.approx(22.5)
    plan = {h: max(odds, key=odds.__getitem__) for h, odds in e.strategies["W"].items()}
    assert (plan["start"], plan["structure open"], plan["structure closed"]) == ("test", "drill", "drill")
    assert plan["structure none"] == "leave"
    assert e.outcomes["soaking"] == pytest.approx(0.2 * 0.9)
    untested = {"W": {"start": {"do not": 1.0}, "no test": {"drill": 1.0}}}
    assert game.expected_payoffs(untested)["W"] == pytest.approx(20.0)


def rubinstein(rounds: int, d1: float, d2: float, step: float) -> float:
    """The first player's share, one round after the other: the subgame after "no" stands in as its own value."""
    left = {"1": -0.01, "2": -0.01}  # what both have, seen from the coming round, if nothing is agreed
    for k in reversed(range(rounds)):
        proposer, other = ("1", "2") if k % 2 == 0 else ("2", "1")
        no = Outcome({"1": d1 * left["1"], "2": d2 * left["2"]})
        offers = {
            f"{x:.6f}": Decision(other, {"yes": Outcome({proposer: 1.0 - x, other: x}), "no": no})
            for x in np.arange(0.0, 1.0 + step / 2, step).tolist()
        }
        answer = solve(ExtensiveForm(Decision(proposer, offers), players=("1", "2")), method="backward_induction")
        assert not answer.tied
        left = dict(answer.equilibria[0].payoffs)
    return left["1"]


@pytest.mark.parametrize(("d1", "d2"), [(0.9, 0.9), (0.8, 0.9), (0.95, 0.7)])
def test_rubinstein(d1: float, d2: float) -> None:
    """Rubinstein 1982, by 30 rounds: the first gets (1 - d2) / (1 - d1 d2), up to the grid of offers."""
    step = 0.0101  # no ties
    expected = (1 - d2) / (1 - d1 * d2)
    # a round misses the offer that leaves the other indifferent by one step at most; discounting adds up the misses
    assert rubinstein(30, d1, d2, step) == pytest.approx(expected, abs=step / (1 - d1 * d2) + (d1 * d2) ** 15)


def test_rubinstein_round_by_round_is_the_tree() -> None:
    """Stahl 1972: in one tree of three rounds, with offers of 0, 1/10, ..., 1, the same as round by round."""
    d = 0.83

    def round_(k: int) -> Any:
        if k == 3:
            return Outcome(dict.fromkeys("12", -0.01 * d**3))
        proposer, other = ("1", "2") if k % 2 == 0 else ("2", "1")

        def offer(given: float) -> Decision:
            agreed = Outcome({proposer: d**k * (1 - given), other: d**k * given})
            return Decision(other, {"yes": agreed, "no": round_(k + 1)})

        return Decision(proposer, {f"{x:.2f}": offer(x) for x in np.arange(0.0, 1.05, 0.1).tolist()})

    answer = solve(ExtensiveForm(round_(0), players=("1", "2")), method="backward_induction")
    assert answer.equilibria[0].payoffs["1"] == pytest.approx(rubinstein(3, d, d, 0.1))


# ------------------------------------------------------------------ something is not seen


def test_all_equilibria_of_seltens_horse() -> None:
    """Selten 1975: (C, c, R with 3/4 or more) and (D, c with 1/3 or more, L); the first alone are sequential."""
    game = horse()
    seen = set()
    for e in solve(game, method="nash").equilibria:
        one, two, three = e.strategies["1"]["start"], e.strategies["2"]["C"], e.strategies["3"]["3"]
        if one["C"] == 1:
            assert two["c"] == 1
            assert three["R"] >= 3 / 4 - 1e-9
        else:
            assert one["D"] == three["L"] == 1
            assert two["c"] >= 1 / 3 - 1e-9
        seen.add(one["C"])
    assert seen == {0, 1}
    for c, r in itertools.product(np.linspace(0, 1, 13), repeat=2):
        both = {"2": {"C": {"c": c, "d": 1 - c}}, "3": {"3": {"L": 1 - r, "R": r}}}
        assert (gain(game, {"1": {"start": {"C": 1.0}}, **both}) <= 1e-12) == (c == 1 and r >= 3 / 4)
        assert (gain(game, {"1": {"start": {"D": 1.0}}, **both}) <= 1e-12) == (r == 0 and c >= 1 / 3)


def test_myersons_agents_solve_another_game() -> None:
    """Myerson 1991, 4.1: among the agents stopping is an equilibrium; the player would go, and then take y."""
    again = Decision("1", {"x": Outcome({"1": 0, "2": 0}), "y": Outcome({"1": 5, "2": 1})}, infoset="later")
    two = Decision("2", {"l": again, "r": Outcome({"1": 0, "2": 0})})
    game = ExtensiveForm(Decision("1", {"stop": Outcome({"1": 1, "2": 2}), "go": two}))
    agents = solve(game.agent_form(), method="pure").equilibria
    stops = [e for e in agents if e.strategies["1 at start"]["stop"] == 1 and e.strategies["2 at go"]["l"] == 1]
    assert stops
    for e in stops:
        profile = [x[None] for x in e.profile]
        assert tree_certificate(game, profile).regret[0] == 4
    nash = solve(game, method="nash").equilibria
    assert all(e.strategies["1"]["start"]["go"] == 1 or e.strategies["2"]["go"]["r"] > 0 for e in nash)
    for e in nash:  # the other way round it holds: a Nash equilibrium is one of the agents
        table = [x[None] for x in e.profile]
        assert tree_certificate(game, table).regret[0] <= 1e-12


@pytest.mark.parametrize("alpha", [0.0, 0.1, 1 / 6, 0.25, 1 / 3])
def test_the_family_of_kuhn_poker(alpha: float) -> None:
    """Kuhn 1950: every bluff alpha in [0, 1/3] of the first player is optimal, with K bet 3 alpha; beyond, none."""
    game = poker.kuhn()

    def first(a: float) -> dict[str, dict[str, float]]:
        bets = {"J": a, "Q": 0.0, "K": 3 * a}
        calls = {"J": 0.0, "Q": a + 1 / 3, "K": 1.0}
        found = {card: {"bet": p, "check": 1 - p} for card, p in bets.items()}
        return found | {f"{card} check bet": {"call": p, "fold": 1 - p} for card, p in calls.items()}

    calls, bets = {"J": 0.0, "Q": 1 / 3, "K": 1.0}, {"J": 1 / 3, "Q": 0.0, "K": 1.0}
    second = {f"{card} bet": {"call": p, "fold": 1 - p} for card, p in calls.items()}
    second |= {f"{card} check": {"bet": p, "check": 1 - p} for card, p in bets.items()}
    play = {"One": first(alpha), "Two": second}
    assert gain(game, play) <= 1e-12
    assert game.expected_payoffs(play)["One"] == pytest.approx(-1 / 18)
    bluffing = first(alpha)
    bluffing["J"] = {"bet": alpha + 0.1, "check": 0.9 - alpha}
    assert gain(game, {"One": bluffing, "Two": second}) > 1e-3


@pytest.mark.parametrize("p_def", [0.1, 0.5, 0.65, 0.7])
@pytest.mark.parametrize("p_ch", [0.1, 0.6, 0.7, 0.9])
def test_every_region_of_unilateral_deterrence(p_ch: float, p_def: float) -> None:
    """Zagare & Kilgour 2000: the classes of perfect Bayesian equilibria, and how firm soft defenders must be in each.

    Beliefs off the path are free here, so the steadfast one stands everywhere; D1 leaves it nowhere but where nobody
    would challenge anyway.
    """
    firm = max(0.0, (C_T - p_def) / (1 - p_def))  # the least denial by soft defenders that holds off the hard
    active: tuple[float, float, float] | None
    if p_def > C_T:
        active = None
    elif p_def > C_S:
        active = (1.0, 0.0, 0.0)
    elif p_ch < D_N:
        active = (1.0, p_ch * (1 - D_N) / ((1 - p_ch) * D_N), (C_S - p_def) / (1 - p_def))
    else:
        active = (1.0, 1.0, 0.0)
    found = perfect(deterrence(p_ch, p_def))
    quiet = [e for e in found if demands(e)[:2] == (0, 0)]
    others = [e for e in found if demands(e)[:2] != (0, 0)]
    assert [demands(e) for e in others] == ([pytest.approx(active, abs=1e-9)] if active else [])
    if active and active[1] == 0:  # the hard alone challenge, and everybody knows
        assert others[0].beliefs["Defender"]["soft"]["hard soft / demand"] == pytest.approx(1.0)
    ends = sorted({round(demands(e)[2], 9) for e in quiet})
    assert ends == [pytest.approx(firm), pytest.approx(1.0)]
    assert all(check(e, "D1").holds for e in others)
    assert all(check(e, "D1").holds == (p_def > C_T) for e in quiet)


def crisis(p: float, audience: float, war: tuple[float, float], other: float) -> ExtensiveForm:
    """A crisis after Fearon 1994: a challenge, resistance, and then war or backing down before an audience.

    The prize is 1. `war` is what war is worth to the strong and to the weak, `other` to the one who is challenged.
    """

    def resisted(kind: str) -> Decision:
        fight = Outcome({"A": war[kind == "weak"], "B": other}, labels="war")
        return Decision(
            "A", {"fight": fight, "back down": Outcome({"A": -audience, "B": 1}, labels="backs down")},
            infoset=f"{kind}, resisted",
        )  # fmt: skip

    def start(kind: str) -> Decision:
        concede = Outcome({"A": 1, "B": 0}, labels="concession")
        challenge = Decision("B", {"concede": concede, "resist": resisted(kind)}, infoset="challenged")
        quiet = Outcome({"A": 0, "B": 1}, labels="status quo")
        return Decision("A", {"quiet": quiet, "challenge": challenge}, infoset=kind)

    return ExtensiveForm(Chance({"strong": (p, start("strong")), "weak": (1 - p, start("weak"))}), players=("A", "B"))


@pytest.mark.parametrize("p", [0.1, 0.3, 0.6, 0.7, 0.9])
@pytest.mark.parametrize("audience", [0.25, 0.5, 2.0])
def test_crisis_signalling_has_three(p: float, audience: float) -> None:
    """Challenge and bluff, or two ways to keep quiet for fear of resistance; all three are sequential, one is D1.

    The other concedes if the strong are likely enough among challengers: x = 1 / (1 - other). With few strong, the weak
    bluff until it is just so, and it resists with 1 / (1 + audience), which leaves the weak indifferent. With many, all
    challenge and it concedes. Resistance keeps the strong quiet from 1 / (1 - war) on: there is the third, on beliefs
    of x that a challenge, which nobody makes, comes from the strong.
    """
    war, other = (-0.2, -3.0), -0.5
    x = 1 / (1 - other)
    bluff = min(1.0, p * (1 - x) / ((1 - p) * x))
    resist = 1 / (1 + audience) if p < x else 0.0
    firm = 1 / (1 - war[0])
    game = crisis(p, audience, war, other)
    answer = solve(game, method="nash")
    assert answer.complete
    found = {
        (e.strategies["A"]["strong"]["challenge"], e.strategies["A"]["weak"]["challenge"],
         e.strategies["B"]["challenged"]["resist"]): e
        for e in answer.equilibria if check(e, "perfect Bayesian").holds
    }  # fmt: skip
    assert sorted(found) == [
        (0.0, 0.0, pytest.approx(firm)), (0.0, 0.0, 1.0),
        (pytest.approx(1.0), pytest.approx(bluff), pytest.approx(resist, abs=1e-12)),
    ]  # fmt: skip
    assert all(check(e, "sequential").holds for e in found.values())
    assert [check(found[key], "D1").holds for key in sorted(found)] == [False, False, True]
    active = found[max(found)]
    assert active.outcomes["war"] == pytest.approx(p * resist)
    assert active.beliefs["B"]["challenged"]["strong / challenge"] == pytest.approx(max(p, x))


def job_market(share: float, schooling: tuple[float, ...]) -> ExtensiveForm:
    """Spence 1973: the able (worth 2) find schooling half as dear as the others (worth 1); the wage is a guess.

    The employer loses the square of what its offer is off, so that it offers what it expects.
    """
    wages = (1.0, 1.25, 2.0)

    def hired(worth: int, years: float) -> Decision:
        ends = {f"{w:g}": Outcome({"Worker": w - years / worth, "Employer": -((w - worth) ** 2)}) for w in wages}
        return Decision("Employer", ends, infoset=f"{years:g} years")

    def worker(worth: int) -> Decision:
        return Decision("Worker", {f"{y:g}": hired(worth, y) for y in schooling}, infoset=f"worth {worth}")

    odds = Chance({"able": (share, worker(2)), "other": (1 - share, worker(1))})
    return ExtensiveForm(odds, players=("Worker", "Employer"))


def test_only_the_cheapest_separation_of_spence_is_intuitive() -> None:
    """Cho & Kreps 1987: of all pure ones only that with the shortest schooling that the others do not imitate."""
    game = job_market(0.25, (0.0, 1.1, 1.5))
    found = [e for e in solve(game, method="pure").equilibria if check(e, "perfect Bayesian").holds]
    taken = {
        tuple(max(e.strategies["Worker"][f"worth {w}"].items(), key=lambda m: m[1])[0] for w in (2, 1)): check(
            e, "intuitive criterion"
        ).holds
        for e in found
    }
    assert taken[("1.1", "0")] is True
    assert taken[("1.5", "0")] is False
    assert taken[("0", "0")] is False


# ------------------------------------------------------------------ reputation


def reputation(p: float, b: float, stages: int, game: ExtensiveForm) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Kreps & Wilson 1982 in closed form: play and beliefs at every information set of a chain."""

    def after(history: str) -> tuple[float, bool]:
        """The entrants' belief that the incumbent is strong, and whether a weak one's mixing brought them to it."""
        q, mixed = p, False
        for k, event in zip(range(stages, 0, -1), history, strict=False):
            if event == "y":
                return 0.0, False
            if event == "f" and q > 0:
                q, mixed = max(q, b ** (k - 1)), fights(q, k) < 1
        return q, mixed

    def fights(q: float, k: int) -> float:
        least = b ** (k - 1)
        return 0.0 if q == 0 or k == 1 else min(1.0, (1 - least) * q / ((1 - q) * least))

    play, beliefs = [], []
    for info in game.structure.infosets:
        if game.players[info.player] == "Incumbent":
            kind, history = info.name.removesuffix("!").partition(" ")[::2]
            fight = 1.0 if kind == "strong" else fights(after(history)[0], stages - len(history))
            play.append(np.array([fight, 1 - fight]))
            beliefs.append(np.ones(1))
            continue
        history = info.name.removeprefix("after ").removeprefix("nothing")
        q, mixed = after(history)
        threshold = b ** (stages - len(history))
        out = 1 / A_MONOPOLY if mixed and np.isclose(q, threshold) else float(q > threshold)
        play.append(np.array([out, 1 - out]))
        beliefs.append(np.array([q, 1 - q]))
    return play, beliefs


@pytest.mark.parametrize("stages", [1, 2, 3])
@pytest.mark.parametrize(("p", "b"), [(0.3, 0.5), (0.2, 0.5), (0.1, 0.5), (0.05, 0.5), (0.6, 0.5), (0.2, 0.7)])
def test_the_assessment_of_kreps_and_wilson_is_sequential(p: float, b: float, stages: int) -> None:
    game = chain(p, b, stages)
    play, beliefs = reputation(p, b, stages, game)
    for concept in ("sequential", "weak perfect Bayesian", "subgame perfect"):
        answer = CONCEPTS[concept](Play(game, play), beliefs)
        assert answer.holds, (concept, answer.failures)
    weaker = [x.copy() for x in play]
    timid = next(k for k, h in enumerate(game.structure.infosets) if h.name == f"weak {'f' * (stages - 1)}!")
    weaker[timid] = np.array([1.0, 0.0])  # nobody is left to impress
    assert not CONCEPTS["sequential"](Play(game, weaker), None).holds


@pytest.mark.parametrize(("p", "b"), [(0.2, 0.5), (0.1, 0.5), (0.05, 0.5), (0.4, 0.5), (0.6, 0.5), (0.2, 0.7)])
def test_reputation_in_a_chain_of_three(p: float, b: float) -> None:
    """Found without knowing the formula: thresholds b^k, the weak's mixing, and beliefs that stay at b^(k-1)."""
    game = chain(p, b, 3)
    (e,) = solve(game, method="agent_logit").equilibria
    play, _ = reputation(p, b, 3, game)
    belief = p
    for history in ("", "f", "ff"):
        k = 3 - len(history)
        entrant, weak = f"after {history or 'nothing'}", f"weak {history}!"
        for h, info in enumerate(game.structure.infosets):
            if info.name in (entrant, weak):
                assert e.profile[h] == pytest.approx(play[h], abs=1e-6), info.name
        if history:
            belief = max(belief, b**k)
            assert e.beliefs[f"E{3 - k}"][entrant][f"strong{' / in / fight' * (3 - k)}"] == pytest.approx(
                belief, abs=1e-6
            )
    assert e.residual <= 1e-9
