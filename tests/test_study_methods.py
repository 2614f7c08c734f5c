"""Sweeps by every method that takes a table, and by every selection rule: each draw is what `solve` says of it."""

from __future__ import annotations

import numpy as np
import pytest

import decide
from decide import NormalForm, Parameter, Status, Value, errors, model, select, solve
from decide.solvers.selection import RULES


@model(decider="Row")
def stag(
    *,
    hare: Value = Parameter(3.0, low=1.0, high=4.5, doc="what a hare is worth"),
    precision: Value = Parameter(2.0, low=0.5, high=6.0, doc="how exactly both choose"),
) -> NormalForm:
    """Stag hunt (Rousseau 1755): two strict equilibria and a mixed one."""
    del precision
    return NormalForm.from_table(
        {
            ("stag", "stag"): (5, 5),
            ("stag", "hare"): (0, hare),
            ("hare", "stag"): (hare, 0),
            ("hare", "hare"): (hare - 0.5, hare - 0.5),
        }
    )


@model(extends=stag, solve={"method": "logit", "rationality": "precision"})
def erring(game: NormalForm) -> NormalForm:
    """The same by logit, the precision itself in doubt."""
    return game


def worlds(n: int = 40) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {"hare": rng.uniform(1, 4.5, n), "precision": rng.uniform(0.5, 6, n)}


METHODS = {
    "logit": {"rationality": 2.0},
    "logit_limit": {},
    "level_k": {"level": 2},
    "correlated": {"objective": "welfare"},
    "coarse_correlated": {"objective": "Row", "sense": "worst"},
    "commitment": {"leader": "Row"},
    "lemke_howson": {},
    "support_enumeration": {},
}


@pytest.mark.parametrize("method", METHODS)
def test_each_draw_is_what_solve_says(method: str) -> None:
    design = worlds()
    study = decide.sweep(stag, design, method=method, **METHODS[method])
    assert not study.failed.any()
    for k in range(0, 40, 13):
        one = solve(stag(hare=design["hare"][k]), method=method, **METHODS[method])
        payoffs = [e.payoffs["Row"] for e in one.equilibria]
        assert study.data["n_equilibria"].values[k] == one.count
        chosen = float(study.data["payoff"].sel(player="Row").values[k])
        assert chosen == pytest.approx(min(payoffs), abs=1e-9)  # the worst, unless asked otherwise


def test_a_methods_option_can_be_in_doubt() -> None:
    design = worlds()
    study = decide.sweep(erring, design)
    assert study.data.attrs["method"] == "logit"
    for k in (0, 7, 39):
        game = stag(hare=design["hare"][k])
        e = solve(game, method="logit", rationality=design["precision"][k]).equilibria[0]
        odds = study.data["choice"].values[k]
        assert odds == pytest.approx([e.strategies["Row"]["stag"], e.strategies["Row"]["hare"]], abs=1e-9)
    drawn = decide.sweep(erring, 64, rng=0)
    assert np.ptp(drawn.data["precision"].values) > 4


def test_a_correlated_plan_is_not_a_product() -> None:
    """What an option is worth stands against the others' odds as they are, not hearing what the decider was told."""
    study = decide.sweep(stag, worlds(5), method="correlated", objective="fairness", sense="worst")
    for k in range(5):
        game = stag(hare=study.data["hare"].values[k])
        e = solve(game, method="correlated", objective="fairness", sense="worst").equilibria[0]
        other = e.strategies["Column"]
        expected = [sum(other[c] * game.payoffs[0, i, j] for j, c in enumerate(("stag", "hare"))) for i in range(2)]
        assert study.data["option_value"].values[k] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"best", "worst"}))
def test_selection_in_a_sweep_is_selection_in_solve(rule: str) -> None:
    design = worlds()
    study = decide.sweep(stag, design, selection=rule)
    assert study.data.attrs["selection"] == rule
    many = solve(stag(hare=design["hare"]), method="nash", selection=rule)
    status = study.data["status"].values
    assert np.array_equal(status == Status.NO_SELECTION, many.status == Status.NO_SELECTION)
    for k in np.flatnonzero(status == Status.SOLVED)[:5]:
        chosen = many[int(k)].equilibria[0].payoffs["Row"]
        assert study.data["payoff"].sel(player="Row").values[k] == pytest.approx(chosen, abs=1e-12)
    plain = decide.sweep(stag, design).data
    for name in ("option_value_low", "advantage_high", "recommended", "complete", "n_equilibria"):
        assert np.array_equal(study.data[name].values, plain[name].values)  # these run over all
    left_out = int((status == Status.NO_SELECTION).sum())
    assert study.failed.sum() == left_out
    if left_out:
        assert f"in {left_out} the rule {rule} chose none" in repr(study)
        assert set(study.data["selected"].values[study.failed]) == {len(study.options) + 2}


def test_the_decider_is_the_player_of_a_models_selection() -> None:
    best = solve(stag, selection="best")
    assert best.count == 1
    assert best.equilibria[0].payoffs["Row"] == 5
    assert solve(stag, selection="best", player="Column").equilibria[0].payoffs["Column"] == 5
    assert select(solve(stag), "best", player="Row").equilibria == best.equilibria


def test_a_supremum_counts_as_solved() -> None:
    """Weak commitment: the follower's tie at the optimum is never broken for the leader."""
    study = decide.sweep(conceding, {"prize": np.array([1.0, 2.0])}, method="commitment", leader="Row", ties="weak")
    assert study.data["status"].values.tolist() == [Status.NOT_ATTAINED] * 2
    assert not study.failed.any()


def test_a_leaders_options_are_answered_by_one_who_sees_them() -> None:
    """Help (A) keeps the rival at home; without it (B) the rival comes, though B is better against one at home."""
    table = {("A", "x"): (0, -2), ("A", "y"): (-4, -3), ("B", "x"): (2, -2), ("B", "y"): (-10, 6)}

    @model(decider="Us")
    def aid(*, cost: Value = Parameter(0.0, low=0.0, high=1.0)) -> NormalForm:
        rows = {k: (u - cost * (k[0] == "A"), v) for k, (u, v) in table.items()}
        return NormalForm.from_table(rows, players=("Us", "Rival"))

    study = decide.sweep(aid, {"cost": np.array([0.0, 0.5])}, method="commitment", mixed=False)
    assert study.data["option_value"].values.tolist() == [[0.0, -10.0], [-0.5, -10.0]]
    assert [study.options[k] for k in study.data["recommended"].values] == ["A", "A"]
    odds = study.data["outcome_probability"]
    assert odds.sel(option="B", outcome="B / y").values.tolist() == [1.0, 1.0]
    follower = decide.sweep(aid, {"cost": np.array([0.0])}, method="commitment", decider="Rival", mixed=False)
    assert follower.data["option_value"].values.tolist() == [[-2.0, -3.0]]  # the leader's action stands


@model(decider="Row")
def conceding(*, prize: Value = Parameter(1.0, low=0.5, high=2.0)) -> NormalForm:
    """Conitzer & Sandholm 2006: to commit is worth 3.5 prizes, to a mixture at which the follower is indifferent."""
    return NormalForm.from_table(
        {
            ("up", "left"): (2 * prize, 1),
            ("up", "right"): (4 * prize, 0),
            ("down", "left"): (prize, 0),
            ("down", "right"): (3 * prize, 1),
        }
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: solve(stag(), selection="riskiest"), "selection rule 'riskiest'"),
        (lambda: solve(stag(), selection="best"), "'best' needs player="),
        (lambda: solve(stag(), selection="strict", player="Row"), "'strict' was given player 'Row'; expected none"),
        (lambda: solve(stag(), player="Row"), "player is 'Row', but no selection is asked for"),
        (lambda: solve(stag(), selection="best", player="Rwo"), "'Rwo'"),
        (lambda: decide.sweep(stag, 10, rng=0, selection="riskiest"), "selection 'riskiest'"),
        (lambda: decide.sweep(stag, 10, rng=0, selection=3), "selection is 3; expected one of payoff_dominant"),
    ],
)
def test_what_is_no_selection_is_said(call: object, words: str) -> None:
    with pytest.raises(errors.DecideError, match=words):
        call()  # type: ignore[operator]
