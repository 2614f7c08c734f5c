"""Stochastic games in batches and sweeps: a batch is its games, options are worth what they lead to, horizons end."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import decide
from decide import Parameter, Status, StochasticGame, Value, model, solve
from decide.certify import stochastic_certificate, stochastic_certificates
from decide.errors import GameError, ModelError, ProbabilityError, SolveError, UnknownNameError


def drawn(rng: np.random.Generator, n: int, n_states: int, most: int, discount: float, **kind: Any) -> StochasticGame:
    payoffs, odds = [], []
    for _ in range(n_states):
        sizes = kind.get("sizes") or tuple(rng.integers(1, most + 1, size=n))
        u = rng.normal(size=(n, *sizes))
        payoffs.append(np.stack([u[0], -u[0]]) if kind.get("zero") else u)
        odds.append(rng.dirichlet(np.full(n_states, 0.4), size=sizes))
    return StochasticGame(payoffs, odds, discount=discount)


def several(seed: int, n: int = 2, zero: bool = False) -> StochasticGame:
    """Four games with the same states and actions, and other numbers and discounts."""
    rng = np.random.default_rng(seed)
    sizes = tuple(rng.integers(2, 4, size=n)) if n > 1 else (3,)
    games = [drawn(rng, n, 3, 2, float(rng.uniform(0.3, 0.95)), sizes=sizes, zero=zero) for _ in range(4)]
    return StochasticGame.stack(games)


# ------------------------------------------------------------------ a batch is its games


@given(st.integers(0, 10**6), st.sampled_from([("shapley", 2), ("markov_perfect", 2), ("markov_perfect", 1)]),
       st.sampled_from([None, 1, 4]))  # fmt: skip
@settings(max_examples=5, deadline=None)
def test_a_batch_is_solved_as_its_games_are(seed: int, how: tuple[str, int], horizon: int | None) -> None:
    method, n = how
    games = several(seed, n, zero=method == "shapley")
    options = {} if horizon is None else {"horizon": horizon}
    many = solve(games, method=method, **options)
    for k in range(4):
        one, here = solve(games[k], method=method, **options), many[k]
        assert (one.status, one.complete, one.tied) == (here.status, here.complete, here.tied)
        for a, b in zip(one.equilibria, here.equilibria, strict=True):
            assert all(np.allclose(x, y, atol=1e-9) for x, y in zip(a.profile, b.profile, strict=True))
            assert a.payoffs == pytest.approx(dict(b.payoffs), abs=1e-9)
            assert b.relative_regret <= 1e-9


def test_three_players_side_by_side_with_a_horizon() -> None:
    games = StochasticGame.stack([drawn(np.random.default_rng(s), 3, 2, 2, 0.8, sizes=(2, 2, 2)) for s in range(4)])
    many = solve(games, method="markov_perfect", horizon=3)
    assert (many.status == Status.SOLVED).all()
    for k in range(4):
        one = solve(games[k], method="markov_perfect", horizon=3).equilibria[0]
        assert all(
            np.allclose(x, y, atol=1e-8) for x, y in zip(one.profile, many[k].equilibria[0].profile, strict=True)
        )


def test_certificates_of_a_batch_are_those_of_its_games() -> None:
    games = several(3)
    rng = np.random.default_rng(0)
    play = [rng.dirichlet(np.ones(len(own)), size=4) for _, _, own in games.places]
    rows = stochastic_certificates(games, play)
    for k in range(4):
        one = stochastic_certificate(games[k], [x[k] for x in play])
        assert np.allclose(rows.values[k], one.values, atol=1e-12)
        assert np.allclose(rows.best[k], one.best, atol=1e-12)
        assert rows.regret[k] == pytest.approx(one.regret)
        assert rows.regret[k] > 1e-3


@pytest.mark.parametrize("horizon", [1, 3])
def test_with_a_horizon_the_certificate_goes_back_from_the_end_or_solves_equations(horizon: int) -> None:
    game = drawn(np.random.default_rng(7), 2, 3, 3, 0.9).over(horizon)
    play = [np.random.default_rng(1).dirichlet(np.ones(len(own))) for _, _, own in game.places]
    back, equations = stochastic_certificate(game, play, horizon=horizon), stochastic_certificate(game, play)
    assert np.allclose(back.values, equations.values, atol=1e-12)
    assert np.allclose(back.best, equations.best, atol=1e-12)


def test_picking_stacking_and_spreading() -> None:
    games = several(5)
    assert games.shape == (4,)
    assert StochasticGame.stack([games[k] for k in range(4)]) == games
    assert games[[2, 0]][1] == games[0]
    assert games[np.array([False, True, True, False])].shape == (2,)
    assert games[1:3][0] == games[1]
    one = games[0]
    assert isinstance(one.discount, float)
    wide = one.broadcast_to((2, 3))
    assert (wide.shape, wide[1, 2] == one, wide.flat().shape) == ((2, 3), True, (6,))
    assert wide.flat()[5] == one
    assert one.broadcast_to(()) is one
    assert np.shares_memory(wide.payoffs[0], one.payoffs[0])
    square = games[np.arange(4).reshape(2, 2)]
    assert square.flat() == games
    many = solve(square, method="markov_perfect", horizon=2)
    assert many.count.shape == (2, 2)
    assert pickle.loads(pickle.dumps(games)) == games
    assert not games.payoffs[0].flags.writeable
    assert not games.discount.flags.writeable  # type: ignore[union-attr]
    assert "batch (4,)" in repr(games)
    assert games.stage("0").shape == (4,)
    with pytest.raises(GameError, match="not a batch; it cannot be indexed"):
        one[0]
    with pytest.raises(GameError, match="expected the same"):
        StochasticGame.stack([one, drawn(np.random.default_rng(0), 2, 1, 2, 0.5)])
    with pytest.raises(GameError, match="none a batch"):
        StochasticGame.stack([games])
    with pytest.raises(GameError, match="broadcast"):
        games.broadcast_to((2,))


def test_an_array_of_the_callers_is_copied() -> None:
    discount = np.array([0.5, 0.6])
    game = StochasticGame([np.zeros((1, 1))], [np.ones((1, 1))], discount=discount)
    discount[0] = 0.9
    assert game.discount[0] == 0.5  # type: ignore[index]


def test_numbers_that_differ_and_numbers_that_do_not() -> None:
    slip = np.array([0.1, 0.9])
    game = StochasticGame.from_states(
        {"calm": {("a", "b"): ((1, np.array([2.0, 3.0])), {"calm": 1 - slip, "war": slip})}, "war": (-1, -1)},
        discount=0.5, players=("A", "B"),
    )  # fmt: skip
    assert game.shape == (2,)
    assert game[1].transitions[0].tolist() == [[pytest.approx([0.1, 0.9])]]
    assert game.payoffs[1].strides[0] == 0  # the same in both games: held once
    assert game.over(2)[1] == game[1].over(2)
    value = solve(game).points.payoffs[:, 0]
    assert value.tolist() == pytest.approx([(1 + 0.5 * s * -2) / (1 - 0.5 * (1 - s)) for s in slip])


# ------------------------------------------------------------------ horizons


@given(st.integers(0, 10**6))
@settings(max_examples=2, deadline=None)
def test_a_long_horizon_tends_to_play_without_end(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for how, method in (
        ({"n": 2, "zero": True, "sizes": (2, 2)}, "shapley"),
        ({"n": 1, "sizes": (3,)}, "markov_perfect"),
    ):
        games = StochasticGame.stack([drawn(rng, n_states=3, most=3, discount=0.3, **how) for _ in range(3)])
        ends, never = solve(games, method=method, horizon=20), solve(games, method=method)
        assert np.allclose(ends.points.payoffs, never.points.payoffs, atol=1e-9)


def test_rubinstein_by_a_long_horizon() -> None:
    # Rubinstein 1982; Stahl 1972 for an end: offers in turn, and what is left shrinks by d a round. Who makes the first
    # of T offers gets 1 - d + d^2 - ... (T terms), in the limit 1 / (1 + d). Offers are written as what backward
    # induction leaves to choose: the proposer asks what the other is ready to give, or it asks too much.
    d = 0.8
    left = [0.0]
    for _ in range(40):
        left.append(1 - d * left[-1])
    assert left[-1] == pytest.approx(1 / (1 + d), abs=1e-4)
    for rounds in (1, 2, 5, 40):
        asked = left[rounds]
        game = StochasticGame.from_states(
            {
                "first": {("ask", "-"): ((asked, 1 - asked), "done"), ("too much", "-"): ((0, 0), "second")},
                "second": {("-", "ask"): ((1 - left[rounds - 1], left[rounds - 1]), "done"),
                           ("-", "too much"): ((0, 0), "first")},
                "done": (0, 0),
            },
            discount=d,
        )  # fmt: skip
        e = solve(game, horizon=rounds).equilibria[0]
        assert e.payoffs["Row"] == pytest.approx(sum((-d) ** t for t in range(rounds)))
        assert e.strategies["Row"]["first, stage 1"]["ask"] == 1.0


def stag(risk: Any) -> StochasticGame:
    """Two states in which a stag hunt is played; hunting hare pays `risk` for sure."""
    hunt = {("stag", "stag"): ((9, 9), "b"), ("stag", "hare"): ((0, risk), "b"),
            ("hare", "stag"): ((risk, 0), "b"), ("hare", "hare"): ((risk, risk), "b")}  # fmt: skip
    return StochasticGame.from_states({"a": hunt, "b": hunt}, discount=0.5)


def test_with_a_horizon_complete_means_that_every_stage_has_one_equilibrium() -> None:
    dilemma = {("c", "c"): ((3, 3), "a"), ("c", "d"): ((0, 5), "a"),
               ("d", "c"): ((5, 0), "a"), ("d", "d"): ((1, 1), "a")}  # fmt: skip
    answer = solve(StochasticGame.from_states({"a": dilemma}, discount=0.5), horizon=3)
    assert (answer.tied, answer.complete) == (False, True)
    batch = solve(stag(np.array([3.0, 9.5])), horizon=2)  # then a hare pays more than a stag: nobody hunts one
    assert (batch.tied.tolist(), batch.complete.tolist()) == ([True, False], [False, True])
    assert "not proved complete, tied" in repr(solve(stag(3.0), horizon=3))


def test_a_study_says_that_one_path_was_followed() -> None:
    @model(decider="Row", at="a")
    def hunts(*, risk: Value = Parameter(3.0, low=1, high=12)) -> StochasticGame:
        """A stag hunt, twice."""
        return stag(risk)

    study = decide.sweep(hunts, {"risk": [3.0, 9.5]}, horizon=2)
    assert "in 1 a stage had several equilibria and one path was followed; compare horizons h and h + 1" in repr(study)
    assert study.data["complete"].values.tolist() == [False, True]


@pytest.mark.parametrize(("risk", "chosen"), [(3.0, "stag"), (6.0, "hare")])
def test_of_several_equilibria_of_a_stage_the_risk_dominant_one_is_taken_and_flagged(risk: float, chosen: str) -> None:
    answer = solve(stag(risk), horizon=3)
    assert (answer.tied, answer.finds, answer.complete) == (True, "one", False)
    e = answer.equilibria[0]
    assert all(e.strategies["Row"][f"{state}, stage {t}"][chosen] == 1.0 for state in "ab" for t in (1, 2, 3))


def test_where_neither_dominates_both_mix() -> None:
    e = solve(stag(4.5), horizon=2).equilibria[0]
    assert e.strategies["Row"]["a, stage 1"]["stag"] == pytest.approx(0.5)


def test_a_stage_with_one_equilibrium_is_not_flagged() -> None:
    table = np.array([[[3, 0], [5, 1]], [[3, 5], [0, 1]]])
    assert not solve(StochasticGame([table], [np.ones((2, 2, 1))], discount=0.5), horizon=3).tied


# ------------------------------------------------------------------ models


def ladder_states(gain: Any, slip: Any, war: Any) -> dict[str, Any]:
    armed, then = {"calm": 1 - slip, "crisis": slip}, {"calm": 0.4, "crisis": 0.6}
    return {
        "calm": {("hold", "wait"): ((3, 3), "calm"), ("arm", "wait"): ((3 + gain, 2), armed)},
        "crisis": {
            ("press", "press"): ((war, war), then),
            ("press", "yield"): ((war + 2, war - 3), then),
            ("yield", "press"): ((war - 3, war + 2), then),
            ("yield", "yield"): ((war + 1, war + 1), then),
        },
    }


@model(decider="A", at="calm", views={"patient": {"discount": 0.9}, "hasty": {"discount": 0.2}})
def ladder(
    *,
    gain: Value = Parameter(1.0, low=0.5, high=2.0, unit="utility", kind="value"),
    slip: Value = Parameter(0.3, low=0.05, high=0.6, unit="probability", kind="belief"),
    war: Value = Parameter(-1.0, low=-4.0, high=0.0, unit="utility", kind="value"),
    discount: Value = Parameter(0.8, low=0.0, high=0.95, kind="value"),
) -> StochasticGame:
    """Arm in calm, which may start a crisis; in a crisis pressing dominates."""
    return StochasticGame.from_states(ladder_states(gain, slip, war), discount=discount, players=("A", "B"))


@model(decider="A", at="calm", batched=False)
def ladder_one_by_one(
    *,
    gain: Value = Parameter(1.0, low=0.5, high=2.0, unit="utility"),
    slip: Value = Parameter(0.3, low=0.05, high=0.6, unit="probability"),
    war: Value = Parameter(-1.0, low=-4.0, high=0.0, unit="utility"),
    discount: Value = Parameter(0.8, low=0.0, high=0.95),
) -> StochasticGame:
    """The same, called once a draw."""
    if not 0 <= slip <= 1:
        raise AssertionError
    return StochasticGame.from_states(ladder_states(gain, slip, war), discount=discount, players=("A", "B"))


def critical(gain: float, slip: float, war: float) -> float:
    """Arming pays until gain = d slip (V_calm - V_crisis), where holding for good gives V = 3 / (1 - d)."""
    return gain / (slip * (3 - war) + gain * 0.6)


def test_the_discount_at_which_arming_stops_paying() -> None:
    # Two stages: gain = d slip (V_calm - V_crisis), and in the last stage one arms: V_calm = 3 + gain, V_crisis = war.
    first, second = decide.switch_points(ladder, "discount", horizon=2)
    assert (first.option, second.option) == ("arm", "hold")
    assert first.high == pytest.approx(1 / (0.3 * (3 + 1 + 1)), abs=1e-6)
    # Without end the same with holding for good.
    least = critical(1.0, 0.3, -1.0)
    study = decide.sweep(ladder, {"discount": np.array([least - 1e-6, least + 1e-6])})
    assert study.to_dataframe()["recommended"].tolist() == ["arm", "hold"]
    assert study.data["margin"].values == pytest.approx([0.0, 0.0], abs=1e-5)


def test_a_sweep_knows_what_is_best_in_every_world() -> None:
    study = decide.sweep(ladder, 12, rng=1)
    d = study.data
    least = critical(d["gain"].values, d["slip"].values, d["war"].values)
    expected = np.where(d["discount"].values > least, 0, 1)
    assert (d["status"].values == Status.SOLVED).all()
    assert (d["recommended"].values == expected).all()
    again = decide.sweep(ladder_one_by_one, {name: d[name].values for name in ladder.parameters})
    assert np.allclose(again.data["option_value"].values, d["option_value"].values, atol=1e-9)
    assert np.allclose(again.data["payoff"].values, d["payoff"].values, atol=1e-9)


def test_views_are_compared() -> None:
    assert decide.compare_views(ladder).to_dataframe()["recommended"].tolist() == ["hold", "hold", "arm"]


@pytest.mark.parametrize("horizon", [None, 1, 3])
def test_options_are_worth_what_they_lead_to(horizon: int | None) -> None:
    options = {} if horizon is None else {"horizon": horizon}
    study = decide.sweep(ladder, 6, rng=2, at="crisis", **options)
    for k in range(6):
        world = {name: float(study.data[name].values[k]) for name in ladder.parameters}
        game = ladder(**world)
        e = solve(game, **options).equilibria[0]
        value = {s: e.values["A"][s if horizon is None else f"{s}, stage 2"] for s in game.states
                 if horizon is None or horizon > 1} or dict.fromkeys(game.states, 0.0)  # fmt: skip
        later = world["discount"] * (0.4 * value["calm"] + 0.6 * value["crisis"])
        now = {"press": world["war"], "yield": world["war"] - 3}  # the other presses
        got = dict(zip(study.data["option"].values.tolist(), study.data["option_value"].values[k], strict=True))
        assert got == pytest.approx({a: now[a] + later for a in now})
        at = "crisis" if horizon is None else "crisis, stage 1"
        assert study.data["payoff"].values[k].tolist() == pytest.approx([e.values[p][at] for p in ("A", "B")])


def test_an_option_is_followed_by_the_best_there_is() -> None:
    """Against fixed play of the other, by trying all the decider's plans."""
    from decide.states import find_state, state_options

    rng = np.random.default_rng(4)
    game = drawn(rng, 2, 3, 2, 0.8, sizes=(2, 2))
    play = [rng.dirichlet(np.ones(2)) for _ in range(6)]
    found = state_options(game, find_state(game, "Row", "1"), [x[None] for x in play])
    best = np.full(3, -np.inf)
    for plan in itertools.product(range(2), repeat=3):
        own = [np.eye(2)[a] for a in plan]
        best = np.maximum(best, stochastic_certificate(game, own + play[3:]).values[0])
    expected = [(game.payoffs[1][0, a] + 0.8 * game.transitions[1][a] @ best) @ play[4] for a in range(2)]
    assert found.value[0].tolist() == pytest.approx(expected)
    assert found.choice[0].tolist() == play[1].tolist()


def test_a_stage_may_be_named_and_large_sweeps_go_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = decide.sweep(ladder, 30, rng=3, horizon=4, at="calm, stage 2")
    assert set(whole.data["status"].values.tolist()) == {0}
    monkeypatch.setattr("decide.evaluate.WRITTEN_OUT", 500)
    parts = decide.sweep(ladder, 30, rng=3, horizon=4, at="calm, stage 2")
    for name in ("option_value", "recommended", "payoff", "status", "tied"):
        assert np.array_equal(whole.data[name].values, parts.data[name].values), name
    chosen = decide.sweep(ladder, 30, rng=3, horizon=4, at="calm, stage 2", selection=lambda found: found[0])
    assert np.array_equal(chosen.data["option_value"].values, whole.data["option_value"].values)
    assert decide.sweep(ladder, 5, rng=3, selection="best").data["status"].values.tolist() == [0] * 5
    assert solve(ladder(), selection="worst", player="A").count == 1


def test_worlds_that_make_no_game_are_counted_and_the_rest_is_solved() -> None:
    study = decide.sweep(ladder, {"discount": np.array([0.5, 1.0, 0.9]), "slip": np.array([0.3, 0.3, 0.5])})
    assert study.data["status"].values.tolist() == [0, Status.INVALID_GAME, 0]


def test_what_is_asked_wrongly_is_said() -> None:
    with pytest.raises(
        SolveError, match=r"A has a choice in 2 states \('calm', 'crisis'\); name the decision with at="
    ):
        decide.sweep(model(decider="A")(ladder.function), 4, rng=0)
    with pytest.raises(UnknownNameError, match=r"state \(in at\) 'war'"):
        decide.sweep(ladder, 4, rng=0, at="war")
    with pytest.raises(UnknownNameError, match=r"player .* 'C'"):
        decide.sweep(ladder, 4, rng=0, decider="C")
    with pytest.raises(GameError, match="horizon is 0"):
        decide.sweep(ladder, 4, rng=0, horizon=0)
    with pytest.raises(ModelError, match="expected a NormalForm, an ExtensiveForm or a StochasticGame"):
        model(lambda: 3)()  # type: ignore[call-arg]
    with pytest.raises(ProbabilityError, match=r"a transition of state 'calm' is -0.19"):
        StochasticGame.from_states(ladder_states(1.0, np.array([0.3, 1.2]), -1.0), discount=0.5)


def test_which_games_are_at_fault_is_told() -> None:
    for change, bad in (
        ({"slip": np.array([0.3, 1.5])}, [False, True]),
        ({"war": np.array([np.inf, 0.0])}, [True, False]),
    ):
        numbers: dict[str, Any] = {"gain": 1.0, "slip": 0.3, "war": -1.0} | change
        with pytest.raises(GameError) as caught:
            StochasticGame.from_states(ladder_states(**numbers), discount=0.5, players=("A", "B"))
        assert caught.value.draws.tolist() == bad
