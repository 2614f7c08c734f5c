"""Bayesian games: the literature's answers, brute force over plans, and bad input."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import decide
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Value, bayesian, model, solve
from decide.errors import GameError, InformationSetError, PayoffError, ProbabilityError, TooLargeError, UnknownNameError

TYPES = {"A": ("1", "2"), "B": ("x", "y")}
MOVES = {"A": ("u", "d"), "B": ("l", "r")}


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A joint prior (2, 2) and payoffs (player, type of A, type of B, move of A, move of B)."""
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(4)).reshape(2, 2), rng.integers(-9, 10, (2, 2, 2, 2, 2)).astype(float)


def by_function(payoffs: np.ndarray) -> Any:
    def pay(types: Any, moves: Any) -> Any:
        where = [own[p].index(what[p]) for own, what in ((TYPES, types), (MOVES, moves)) for p in ("A", "B")]
        return payoffs[(..., slice(None), *where)] if payoffs.ndim == 5 else np.moveaxis(payoffs, 1, 0)[(..., *where)]

    return pay


# ------------------------------------------------------------------ the literature


def test_cournot_with_a_cost_that_only_one_knows() -> None:
    # Gibbons 1992, section 3.1.A: q1 = (a - 2c + E c2)/3, q2(c2) = (a - 2 c2 + c)/3 + or - ...; here in whole numbers.
    a, c, cost = 14, 2, {"high": 4, "low": 0}

    def profits(types: Any, moves: Any) -> tuple[float, float]:
        q1, q2 = float(moves["First"]), float(moves["Second"])
        price = a - q1 - q2
        return (price - c) * q1, (price - cost[types["Second"]]) * q2

    amounts = tuple(map(str, range(2, 7)))
    game = bayesian(
        {"First": amounts, "Second": amounts}, profits, types={"Second": {"high": 0.5, "low": Fraction(1, 2)}}
    )
    found = [e.strategies for e in solve(game, method="pure").equilibria]
    assert any(
        s["First"]["uninformed"]["4"] == s["Second"]["high"]["3"] == s["Second"]["low"]["5"] == 1.0 for s in found
    )


@pytest.mark.parametrize("q", [0.4, 0.45])
def test_a_jury_of_two_that_must_agree(q: float) -> None:
    # Feddersen & Pesendorfer 1998: under unanimity the symmetric responsive equilibrium convicts even on an innocent
    # signal with the chance below (their equation for n jurors, with n = 2).
    p = 0.7
    ratio = (1 - q) * (1 - p) / (q * p)
    expected = (ratio * p - (1 - p)) / (p - ratio * (1 - p))

    def pay(state: str, moves: Any) -> tuple[float, float]:
        convicted = moves["One"] == moves["Two"] == "convict"
        loss = q if convicted and state == "innocent" else 1 - q if not convicted and state == "guilty" else 0.0
        return -loss, -loss

    signal = {"guilty": {"g": p, "i": 1 - p}, "innocent": {"g": 1 - p, "i": p}}
    game = bayesian(
        {"One": ("convict", "acquit"), "Two": ("convict", "acquit")}, pay,
        states={"guilty": 0.5, "innocent": 0.5}, signals={"One": signal, "Two": signal},
    )  # fmt: skip
    answer = solve(game, method="nash")
    symmetric = [
        e for e in answer.equilibria
        if all(abs(e.strategies[j]["i"]["convict"] - expected) < 1e-9 and e.strategies[j]["g"]["convict"] == 1.0
               for j in ("One", "Two"))
    ]  # fmt: skip
    assert len(symmetric) == 1
    view = symmetric[0].interim["One"]["i"]
    assert view.values["convict"] == pytest.approx(view.values["acquit"], abs=1e-12)  # it mixes
    assert view.beliefs["guilty / i / g"] == pytest.approx(0.5 * 0.3 * 0.7 / 0.5)
    assert sum(b for k, b in view.beliefs.items() if k.startswith("guilty")) == pytest.approx(1 - p)


def test_truth_is_an_equilibrium_of_the_second_price_auction_and_prices_are_the_second_value() -> None:
    values = ("1", "2", "3")

    def pay(types: Any, moves: Any) -> list[float]:
        bids = [float(moves[b]) for b in ("One", "Two")]
        gain = [float(types[b]) - min(bids) for b in ("One", "Two")]
        return [g * (0.5 if bids[0] == bids[1] else float(bids[k] == max(bids))) for k, g in enumerate(gain)]

    game = bayesian(dict.fromkeys(("One", "Two"), values), pay,
                    types=dict.fromkeys(("One", "Two"), dict.fromkeys(values, 1 / 3)))  # fmt: skip
    truthful = [
        e for e in solve(game, method="pure").equilibria
        if all(e.strategies[b][v][v] == 1.0 for b in ("One", "Two") for v in values)
    ]  # fmt: skip
    assert len(truthful) == 1
    second = np.mean([min(a, b) for a in (1, 2, 3) for b in (1, 2, 3)])
    highest = np.mean([max(a, b) for a in (1, 2, 3) for b in (1, 2, 3)])
    assert sum(truthful[0].payoffs.values()) == pytest.approx(highest - second)  # Vickrey 1961
    assert truthful[0].interim["One"]["3"].payoff == pytest.approx((2 + 1 + 0) / 3)
    for v in values:  # bidding one's value is dominant, so it is best here too
        worth = truthful[0].interim["Two"][v].values
        assert worth[v] == pytest.approx(max(worth.values()))


def test_beer_and_quiche_by_this_door_is_the_tree_written_by_hand() -> None:
    # Cho & Kreps 1987: both pool, on beer or on quiche; nothing else.
    def pay(types: Any, moves: Any) -> tuple[float, float]:
        likes = {"strong": "beer", "weak": "quiche"}[types["Sender"]] == moves["Sender"]
        left = moves["Receiver"] == "leave"
        return 1.0 * likes + 2.0 * left, 1.0 * (left == (types["Sender"] == "strong"))

    actions = {"Sender": ("beer", "quiche"), "Receiver": ("fight", "leave")}
    game = bayesian(actions, pay, types={"Sender": {"strong": 0.9, "weak": 0.1}}, order=("Sender", "Receiver"))

    def after(kind: str, meal: str) -> Decision:
        return Decision(
            "Receiver",
            {a: Outcome(dict(zip(actions, pay({"Sender": kind}, {"Sender": meal, "Receiver": a}), strict=True)))
             for a in actions["Receiver"]},
            infoset=f"after {meal}",
        )  # fmt: skip

    def choose(kind: str) -> Decision:
        return Decision("Sender", {m: after(kind, m) for m in actions["Sender"]}, infoset=kind)

    assert game == ExtensiveForm(Chance({"strong": (0.9, choose("strong")), "weak": (0.1, choose("weak"))}))
    meals = set()
    for e in solve(game, method="nash").equilibria:
        beer = [e.strategies["Sender"][kind]["beer"] for kind in ("strong", "weak")]
        assert beer[0] == beer[1]
        assert beer[0] in (0.0, 1.0)
        meals.add("beer" if beer[0] else "quiche")
        seen = e.interim["Receiver"]["after beer" if beer[0] else "after quiche"]
        assert dict(seen.beliefs) == pytest.approx({"strong": 0.9, "weak": 0.1})
        unseen = e.interim["Receiver"]["after quiche" if beer[0] else "after beer"]
        assert (unseen.reach, dict(unseen.beliefs), dict(unseen.values), unseen.payoff) == (0.0, {}, {}, None)
    assert meals == {"beer", "quiche"}


def test_schooling_as_a_signal() -> None:
    # Spence 1973: school separates if it costs the able less than the raise, and the others more.
    def pay(types: Any, moves: Any) -> tuple[float, float]:
        able = types["Worker"] == "able"
        wage = {"low": 1.0, "high": 2.0}[moves["Firm"]]
        school = (0.5 if able else 1.5) * (moves["Worker"] == "school")
        return wage - school, -((wage - (2.0 if able else 1.0)) ** 2)

    game = bayesian(
        {"Worker": ("school", "none"), "Firm": ("low", "high")}, pay,
        types={"Worker": {"able": 0.5, "other": 0.5}}, order=("Worker", "Firm"),
    )  # fmt: skip
    separating = [
        e for e in solve(game, method="nash").equilibria
        if e.strategies["Worker"]["able"]["school"] == e.strategies["Worker"]["other"]["none"] == 1.0
    ]  # fmt: skip
    assert len(separating) == 1
    assert separating[0].interim["Firm"]["after school"].beliefs == {"able": 1.0, "other": 0.0}
    assert dict(separating[0].payoffs) == {"Worker": (1.5 + 1.0) / 2, "Firm": 0.0}


# ------------------------------------------------------------------ brute force


def worth(prior: np.ndarray, payoffs: np.ndarray, player: int, kind: int, move: int, others: Any) -> float:
    """What a type gets from a move (times the type's chance), if the other's types play these mixtures (type, move)."""
    total = 0.0
    for other, theirs in itertools.product(range(2), range(2)):
        t, a = ((kind, other), (move, theirs)) if player == 0 else ((other, kind), (theirs, move))
        total += prior[t] * others[other][theirs] * payoffs[(player, *t, *a)]
    return total


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_equilibria_are_those_of_brute_force_over_types(seed: int) -> None:
    prior, payoffs = drawn(seed)
    game = bayesian(MOVES, by_function(payoffs), types=TYPES, prior=prior)
    expected = set()
    for plans in itertools.product(itertools.product(range(2), repeat=2), repeat=2):
        mixed = [[np.eye(2)[move] for move in plan] for plan in plans]
        if all(
            worth(prior, payoffs, i, t, plans[i][t], mixed[1 - i])
            >= worth(prior, payoffs, i, t, 1 - plans[i][t], mixed[1 - i]) - 1e-12
            for i in range(2) for t in range(2)
        ):  # fmt: skip
            expected.add(plans)
    found = set()
    for e in solve(game, method="pure").equilibria:
        found.add(tuple(
            tuple(MOVES[p].index(max(e.strategies[p][t], key=e.strategies[p][t].get)) for t in TYPES[p])
            for p in ("A", "B")
        ))  # fmt: skip
    assert found == expected


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_the_interim_view_agrees_with_its_definition(seed: int) -> None:
    prior, payoffs = drawn(seed)
    answer = solve(bayesian(MOVES, by_function(payoffs), types=TYPES, prior=prior), method="nash")
    assert answer.complete
    for e in answer.equilibria:
        play = [[np.array(list(e.strategies[p][t].values())) for t in TYPES[p]] for p in ("A", "B")]
        for i, p in enumerate(("A", "B")):
            given_own = prior if i == 0 else prior.T
            total = 0.0
            for k, t in enumerate(TYPES[p]):
                view = e.interim[p][t]
                assert view.reach == pytest.approx(given_own[k].sum())
                names = [f"{t} / {o}" if i == 0 else f"{o} / {t}" for o in TYPES["AB"[1 - i]]]
                assert dict(view.beliefs) == pytest.approx(
                    dict(zip(names, given_own[k] / given_own[k].sum(), strict=True))
                )
                values = [worth(prior, payoffs, i, k, m, play[1 - i]) / given_own[k].sum() for m in range(2)]
                assert list(view.values.values()) == pytest.approx(values)
                assert view.payoff == pytest.approx(max(values), abs=1e-8)  # every type replies as well as it can
                total += view.reach * view.payoff
            assert total == pytest.approx(e.payoffs[p])


def test_a_batch_is_its_games() -> None:
    priors = np.stack([drawn(seed)[0] for seed in range(5)])
    payoffs = np.stack([drawn(seed)[1] for seed in range(5)])

    def pay(types: Any, moves: Any) -> Any:
        where = [own[p].index(what[p]) for own, what in ((TYPES, types), (MOVES, moves)) for p in ("A", "B")]
        return [payoffs[(slice(None), i, *where)] for i in range(2)]

    games = bayesian(MOVES, pay, types=TYPES, prior=priors)
    assert games.shape == (5,)
    for k in range(5):
        assert games[k] == bayesian(MOVES, by_function(payoffs[k]), types=TYPES, prior=priors[k])
    many = solve(games, method="nash")
    assert many.complete.all()


# ------------------------------------------------------------------ ways to say it


def test_tables_and_functions_and_the_two_ways_of_drawing_say_the_same() -> None:
    tables = {
        "calm": NormalForm.bimatrix(
            [[1, 2], [3, 4]], [[5, 6], [7, 8]], players=("A", "B"), actions=list(MOVES.values())
        ),
        "hot": {(a, b): (len(a), 9) for a in MOVES["A"] for b in MOVES["B"]},
    }
    by_state = bayesian(
        MOVES, tables, states={"calm": 0.25, "hot": 0.75}, signals={"A": {"calm": "calm", "hot": "hot"}}
    )
    by_type = bayesian(MOVES, tables, types={"A": ("calm", "hot")}, prior={"calm": 0.25, ("hot",): 0.75})
    assert by_state == by_type
    assert by_type.infosets == {"A": ("calm", "hot"), "B": ("uninformed",)}
    assert by_type.expected_payoffs({"A": "d", "B": "l"}) == {"A": 0.25 * 3 + 0.75, "B": 0.25 * 7 + 0.75 * 9}


def test_types_may_differ_in_what_they_can_do_and_players_may_not_move() -> None:
    game = bayesian(
        {"Iran": {"armed": ("strike", "hold"), "unarmed": ("hold",)},
         "US": lambda own, seen: ("answer", "wait") if seen["Iran"] == "strike" else ()},
        lambda types, moves: Outcome({"Iran": len(moves), "US": 0}, labels="war" if "US" in moves else "peace"),
        types={"Iran": {"armed": 0.3, "unarmed": 0.7}}, order=["Iran", "US"],
    )  # fmt: skip
    assert game.infosets == {"Iran": ("armed", "unarmed"), "US": ("after strike",)}
    assert game.outcomes == ("war", "peace")
    assert solve(game).equilibria[0].outcomes["war"] == pytest.approx(0.3)


def test_three_players_of_whom_two_move_at_once_and_a_node_to_go_on_with() -> None:
    last = Decision("C", {"go": Outcome({"A": 1, "B": 1, "C": 1}), "stay": Outcome({"A": 0, "B": 0, "C": 0})})
    game = bayesian(
        dict.fromkeys("ABC", ("a", "b")), lambda _types, moves: last if moves["C"] == "a" else (0, 0, 0),
        types={"B": {"t": 1.0}}, order=("A", ("B", "C")),
    )  # fmt: skip
    assert game.infosets["A"] == ("uninformed",)
    assert game.infosets["B"] == ("t after a", "t after b")
    assert set(game.infosets["C"]) > {"after a", "after b"}
    assert len(game.infosets["C"]) == 2 + 4  # the last is told apart by its path


def test_names_that_would_be_ambiguous_carry_the_movers() -> None:
    game = bayesian(
        {"A": lambda own, seen: ("go",) if own == "x" else (), "B": ("go", "no"), "C": ("s", "t")},
        lambda _state, _moves: (0, 0, 0), types={"A": {"x": 0.5, "y": 0.5}}, order=("A", "B", "C"),
    )  # fmt: skip
    assert game.infosets["C"] == ("after go / go", "after go / no", "after go", "after no")
    shuffled = bayesian(
        {"A": lambda own, _seen: ("go",) if own == "x" else (), "B": lambda _own, seen: () if seen else ("go",),
         "C": ("s",)},
        lambda _state, _moves: (0, 0, 0), types={"A": {"x": 0.5, "y": 0.5}}, order=("A", "B", "C"),
    )  # fmt: skip
    assert shuffled.infosets["C"] == ("after go", "after B: go")


def test_profiles_that_cannot_occur() -> None:
    left_out = bayesian(MOVES, lambda _t, _m: (0, 0), types=TYPES, prior={("1", "x"): 0.5, ("2", "y"): 0.5})
    assert len(left_out.structure.leaves) == 8
    kept = bayesian(MOVES, lambda _t, _m: (0, 0), types=TYPES, prior=[[0.5, 0.0], [0.5, 0.0]])
    assert len(kept.structure.leaves) == 16
    e = solve(kept, method="pure").equilibria[0]
    assert (e.interim["B"]["y"].reach, e.interim["A"]["1"].reach) == (0.0, 0.5)
    assert dict(e.interim["A"]["1"].beliefs) == {"1 / x": 1.0, "1 / y": 0.0}


@model(decider="US")
def unknown_strength(
    *,
    strong: Value = Parameter(0.3, low=0, high=1, unit="probability", kind="belief"),
    clash: Value = Parameter(-2.0, low=-5, high=0, unit="utility"),
) -> ExtensiveForm:
    """Resist or yield to an attack, not knowing the strength behind it."""

    def pay(types: Any, moves: Any) -> tuple[Any, Any]:
        weak = types["Iran"] == "weak"
        return (0, 0) if moves["US"] == "yield" else (1, 1.0 if weak else clash)

    return bayesian({"Iran": ("attack",), "US": ("resist", "yield")}, pay,
                    types={"Iran": {"strong": strong, "weak": 1 - strong}})  # fmt: skip


def test_a_model_is_swept_over_its_beliefs() -> None:
    study = decide.sweep(unknown_strength, {"strong": np.array([0.1, 0.9]), "clash": np.array([-2.0, -2.0])})
    assert study.to_dataframe()["recommended"].tolist() == ["resist", "yield"]
    first, second = decide.switch_points(unknown_strength, "strong")
    assert (first.option, second.option) == ("resist", "yield")
    assert first.high == pytest.approx(1 / 3)


# ------------------------------------------------------------------ bad input


def zero(_drawn: Any, _moves: Any) -> tuple[int, int]:
    return 0, 0


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"types": None}, GameError, "expected either types="),
        ({"states": {"s": 1}}, GameError, "expected either types="),
        ({"types": {"A": {"1": 0.4, "2": 0.5}}}, ProbabilityError, "types of A are 0.4, 0.5 with sum 0.9"),
        ({"types": {"A": {"1": -0.5, "2": 1.5}}}, ProbabilityError, "types of A are -0.5, 1.5"),
        ({"types": {"A": {"1": float("nan"), "2": 1}}}, ProbabilityError, "the chance of '1' .types of A. is nan"),
        ({"types": {"A": {"1": "half", "2": 1}}}, ProbabilityError, "is 'half'; expected a number"),
        ({"types": {"A": {"1": np.ones(2) / 2, "2": np.ones(3) / 2}}}, ProbabilityError, "expected one batch"),
        ({"types": {"A": ("1", "2")}}, GameError, "types of A are .*without odds"),
        ({"types": {"A": "12"}}, GameError, "types of A are '12'"),
        ({"types": {"A": ("1", "1")}, "prior": [1, 0]}, GameError, "'1' is twice among types of A"),
        ({"types": {"A": ("1", "")}, "prior": [1, 0]}, GameError, "one of types of A is ''"),
        ({"types": {}}, GameError, "expected a mapping from player to its types"),
        ({"types": {"Ann": {"1": 1}}}, UnknownNameError, r"player \(in types\) 'Ann'"),
        ({"types": {"A": {"1": 1.0}}, "prior": [1.0]}, GameError, "types of A have odds, and there is a prior"),
        ({"types": TYPES, "prior": [[0.5, 0.5], [0.5, 0.5]]}, ProbabilityError, "the prior are .* with sum 2"),
        ({"types": TYPES, "prior": [0.5, 0.5]}, ProbabilityError, r"the prior has shape \(2,\); expected \(2, 2\)"),
        ({"types": TYPES, "prior": {("1", "z"): 1.0}}, UnknownNameError, r"profile of types .*'1 / z'"),
        ({"types": TYPES, "prior": {("1", "x"): 1.0}}, ProbabilityError, "no profile in which A is '2'"),
        ({"types": None, "states": {"s": 1.0}, "prior": [1.0]}, GameError, "prior is given with states"),
        ({"types": None, "states": {}}, ProbabilityError, "odds of the states are {}"),
        ({"signals": {"A": {"1": "s", "2": "t"}}}, GameError, "A has types and signals"),
        ({"signals": {"C": {}}}, UnknownNameError, r"player \(in signals\) 'C'"),
        ({"signals": {"B": {"1": "s"}}}, GameError, "B has no signal in state '2'"),
        ({"signals": {"B": {"1": "s", "3": "t"}}}, UnknownNameError, r"state \(in the signals of B\) '3'"),
        ({"signals": {"B": {"1": "s", "2": {"s": 0.5}}}}, ProbabilityError, "signals of B in '2' are 0.5 with sum 0.5"),
        ({"signals": {"B": 3}}, GameError, "signals of B are 3"),
        ({"signals": 3}, GameError, "signals are 3"),
        ({"order": "AB"}, GameError, "order is 'AB'"),
        ({"order": ("A",)}, GameError, "order names A; expected each of A, B once"),
        ({"order": ("A", "B", "A")}, GameError, "order names A, B, A"),
        ({"order": ("A", "D")}, UnknownNameError, r"player \(in order\) 'D'"),
        ({"actions": {"A": {"1": ("u",)}, "B": ("l",)}}, InformationSetError, "A has no actions as '2'"),
        ({"actions": {"A": dict.fromkeys("123", ("u",)), "B": ("l",)}}, UnknownNameError, "type or signal of A"),
        ({"actions": {"A": ("u", "u"), "B": ("l",)}}, GameError, "'u' is twice among actions of A"),
        ({"actions": {"A": (), "B": ("l",)}}, GameError, r"actions of A are \(\)"),
        ({"actions": {}}, GameError, "actions are {}"),
        ({"payoffs": 3}, PayoffError, "payoffs are 3; expected a function"),
        ({"payoffs": lambda _t, _m: 3}, PayoffError, "in '1' after 'u / l' are 3; expected one for each of A, B"),
        ({"payoffs": lambda _t, _m: (1, 2, 3)}, PayoffError, r"are \(1, 2, 3\); expected one for each"),
        ({"payoffs": lambda _t, _m: {"A": 1}}, PayoffError, "payoff of B is missing"),
        ({"payoffs": lambda _t, _m: (1, float("inf"))}, PayoffError, "inf"),
        ({"payoffs": {"1": {("u", "l"): (0, 0)}}}, PayoffError, "no payoffs in '1' after 'u / r'"),
        ({"payoffs": {"1": {}, "9": {}}}, UnknownNameError, r"state \(in payoffs\) '9'"),
        ({"payoffs": {"2": {}}}, PayoffError, "no table of payoffs in '1'"),
        ({"payoffs": {"1": NormalForm.zero_sum([[1]]), "2": {}}}, PayoffError, "is for Row, Column; expected A, B"),
    ],
)  # fmt: skip
def test_wrong_words_and_numbers_are_named(change: dict[str, Any], error: type[Exception], says: str) -> None:
    good: dict[str, Any] = {"actions": MOVES, "payoffs": zero, "types": {"A": {"1": 0.5, "2": 0.5}}}
    with pytest.raises(error, match=says):
        bayesian(**(good | change))


def test_a_tree_that_would_be_too_large_is_refused() -> None:
    many = tuple(map(str, range(500)))
    with pytest.raises(TooLargeError, match="more than 200,000 ends"):
        bayesian({"A": many, "B": many}, zero, types={"A": {"1": 1.0}})


def test_games_without_information_sets_have_no_interim_view() -> None:
    assert solve(NormalForm.zero_sum([[1, 2]])).equilibria[0].interim == {}
