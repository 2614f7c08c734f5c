"""What somebody found who tried to break it: each was wrong once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import decide
import models_for_tests
from decide import Decision, ExtensiveForm, NormalForm, Outcome, errors, solve

PENNIES = NormalForm.zero_sum([[1, -1], [-1, 1]])


def entry_tree() -> ExtensiveForm:
    return ExtensiveForm(
        Decision(
            "E",
            {
                "in": Decision("I", {"fight": Outcome({"E": -1, "I": -1}), "share": Outcome({"E": 1, "I": 1})}),
                "out": Outcome({"E": 0, "I": 2}),
            },
        )
    )


@pytest.mark.parametrize("options", [{"rationality": 2.0}, {"rationality": np.array([0.5, 2.0])}])
def test_logit_of_a_tree_is_that_of_its_normal_form(options: dict[str, Any]) -> None:
    tree = entry_tree()
    by_tree = solve(tree, method="logit", **options)
    table = tree.to_normal_form()
    by_table = solve(table, method="logit", **options)
    assert by_tree.shape == by_table.shape
    assert by_tree.complete is True or by_tree.complete.all()
    assert np.allclose(by_tree.points.residual, by_table.points.residual)
    assert np.allclose(by_tree.points.payoffs, by_table.points.payoffs)


def test_a_game_of_a_batch_has_its_own_options() -> None:
    game = NormalForm.bimatrix([[1, 0], [0, 2]], [[1, 0], [0, 1]])
    many = solve(game, method="logit", rationality=[1.0, 2.0, 3.0])
    assert many[1] == solve(game, method="logit", rationality=2.0)
    assert many[1:].options["rationality"].tolist() == [2.0, 3.0]
    each = solve(game, method="logit", rationality={"Row": np.array([1.0, 2.0]), "Column": 3.0})
    assert each[1].options == {"rationality": {"Row": 2.0, "Column": 3.0}}


def test_only_nash_says_whether_a_game_is_degenerate() -> None:
    zeros = NormalForm(np.zeros((2, 2, 2)))
    assert solve(zeros, method="nash").degenerate
    for method in ("lemke_howson", "zero_sum", "correlated"):
        with pytest.raises(errors.SolveError, match=f"{method} does not look"):
            solve(zeros, method=method).degenerate  # noqa: B018


def test_nash_subsets_are_those_of_all_equilibria() -> None:
    answer = solve(NormalForm.bimatrix([[1, 1], [0, 0]], [[1, 1], [0, 0]]))
    assert len(answer.nash_subsets) == 1
    with pytest.raises(errors.SolveError, match="all equilibria"):
        decide.select(answer, lambda found: found[0]).nash_subsets  # noqa: B018


def test_pure_compares_fractions_as_they_are() -> None:
    game = NormalForm.bimatrix([[1, 0], ["1.000000000000000000000000000001", 1]], [[1, 0], [0, 1]])
    for method in ("pure", "nash"):
        assert [tuple(e.profile[0]) for e in solve(game, method=method).equilibria] == [(0, 1)]


@pytest.mark.parametrize(("apart", "count", "tied"), [(8e-8, 2, True), (8e-3, 3, False)])
def test_merged_equilibria_are_told(apart: float, count: int, tied: bool) -> None:
    """The first player stays out, goes in, or goes in with a chance `apart`, at which it does not mind; two mix."""
    payoffs = np.zeros((3, 2, 2, 2))
    for x, q, r in np.ndindex(2, 2, 2):
        payoffs[0, x, q, r] = x * (q - 0.5 - apart / 4)  # in, if the second player's 1 is likelier
        payoffs[1, x, q, r] = -q * (r - 0.5)
        payoffs[2, x, q, r] = r * (q - 0.5 - x / 4)  # indifferent if the second plays 1 with .5 + x / 4
    answer = solve(NormalForm(payoffs), method="nash")
    assert (answer.count, answer.tied) == (count, tied)


@pytest.mark.parametrize(
    "call",
    [
        lambda: solve(PENNIES, method=[]),
        lambda: solve(PENNIES, method=np.array(["nash", "pure"])),
        lambda: solve(PENNIES, selection={}),
        lambda: solve(PENNIES, selection=np.array(["best"])),
        lambda: decide.select("x", "best", player="Row"),
        lambda: decide.select(solve(PENNIES), "best", player=1),
        lambda: decide.select(solve(PENNIES), "best", player=True),
        lambda: solve(PENNIES, method="commitment", leader=np.array(["Row"])),
        lambda: solve(PENNIES, method="commitment", ties=np.array(["weak", "strong"])),
        lambda: decide.dominated(PENNIES, kind=np.array(["weak", "strict"])),
        lambda: decide.dominated(PENNIES, by=["pure"]),
        lambda: decide.bargain(PENNIES, rule=np.array(["nash", "nash"])),
        lambda: decide.replicator(PENNIES, start=1),
        lambda: decide.fictitious_play(PENNIES, start=1),
        lambda: decide.fictitious_play(PENNIES, iterations=10**400),
        lambda: decide.replicator(PENNIES, time=10**400),
        lambda: solve(PENNIES, method="logit", rationality=True),
        lambda: solve(PENNIES, method="logit", rationality=10**400),
        lambda: solve(entry_tree(), method="nash", exact=True),
        lambda: decide.compare_views("hawks"),
        lambda: decide.compare_views(models_for_tests.chicken, []),
        lambda: decide.compare_views(models_for_tests.chicken, base="optimist"),
        lambda: decide.sweep(models_for_tests.chicken, 5, rng=0, selection=lambda found: 0),
        lambda: decide.sweep(models_for_tests.chicken, 5, rng=0, method="logit", rationality=[1.0, 2.0]),
    ],
)
def test_nonsense_is_named(call: Callable[[], Any]) -> None:
    with pytest.raises(errors.DecideError):
        call()


def test_a_model_cannot_misspell_an_option() -> None:
    @decide.model(decider="Row", solve={"method": "logit", "rationalty": 1})
    def pennies(*, stake: decide.Value = decide.Parameter(1.0, low=0, high=2)) -> NormalForm:
        return NormalForm.zero_sum([[stake, -stake], [-stake, stake]])

    with pytest.raises(errors.DecideError, match="'rationalty'; did you mean 'rationality'"):
        solve(pennies)


def test_learning_in_a_sweep_is_the_same_in_every_chunk() -> None:
    study = decide.sweep(models_for_tests.chicken, 6, rng=0, method="fictitious_play", iterations=200)
    again = decide.sweep(models_for_tests.chicken, 6, rng=0, method="fictitious_play", iterations=200)
    assert study == again
