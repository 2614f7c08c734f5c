"""Subgame-perfect equilibria: the textbook ones, every one of them, and nothing that is not Nash in some subgame."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import decide
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Value, model, solve
from decide.certify import tree_certificate
from decide.errors import SolveError
from decide.games.subgames import fragments_of, subgame_roots
from decide.solvers import nash as table_solver
from strategies import sketches, tree


def entry_then_battle(out: Any = 2.0) -> ExtensiveForm:
    """Stay out, or enter a battle of the sexes (van Damme 1989): three equilibria follow entry."""

    def reply(a: float, b: float, c: float, d: float) -> Decision:
        return Decision(
            "B",
            {"left": Outcome({"A": a, "B": b}), "right": Outcome({"A": c, "B": d})},
            infoset="B's move",
        )

    return ExtensiveForm(
        Decision(
            "A",
            {
                "out": Outcome({"A": out, "B": 0.0}),
                "in": Decision("A", {"left": reply(3, 1, 0, 0), "right": reply(0, 0, 1, 3)}),
            },
        )
    )


def test_entry_then_a_battle() -> None:
    """Worth of entry: 3, 3/4 (mixed) and 1; so in, out, out."""
    answer = solve(entry_then_battle(), method="subgame_perfect")
    assert (answer.count, answer.complete, answer.tied) == (3, True, False)
    seen = sorted(
        (e.strategies["A"]["start"]["in"], e.strategies["A"]["in"]["left"], e.strategies["B"]["B's move"]["left"])
        for e in answer.equilibria
    )
    assert seen == [(0.0, 0.0, 0.0), (0.0, pytest.approx(0.75), pytest.approx(0.25)), (1.0, 1.0, 1.0)]
    assert solve(entry_then_battle(), method="nash").count > 0
    assert all(e.residual <= 1e-9 for e in answer.equilibria)


def test_ties_in_perfect_information_give_every_pure_answer() -> None:
    """A pie of two: offers 0 and 1; the responder to an offer of 0 is indifferent: both replies are perfect."""

    def offer(share: int) -> Decision:
        accepted = Outcome({"P": 2 - share, "R": share})
        return Decision("R", {"yes": accepted, "no": Outcome({"P": 0, "R": 0})}, infoset=f"offer {share}")

    game = ExtensiveForm(Decision("P", {"keep": offer(0), "split": offer(1)}))
    answer = solve(game, method="subgame_perfect")
    assert (answer.count, answer.complete, answer.tied) == (2, False, True)
    assert sorted((e.payoffs["P"], e.payoffs["R"]) for e in answer.equilibria) == [(1, 1), (2, 0)]
    assert solve(game).tied


def test_moves_that_pay_everybody_the_same_are_no_tie() -> None:
    game = ExtensiveForm(
        Decision("A", {"x": Outcome({"A": 1, "B": 0}), "y": Outcome({"A": 1, "B": 0}), "z": Outcome({"A": 0, "B": 5})})
    )
    answer = solve(game, method="subgame_perfect")
    assert (answer.count, answer.complete, answer.tied) == (1, True, False)


def test_a_repeated_dilemma_has_one_and_a_repeated_choice_of_two_many() -> None:
    dilemma = NormalForm.bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]], actions=(("c", "d"), ("c", "d")))
    answer = solve(decide.repeat(dilemma, 3), method="subgame_perfect")
    assert (answer.count, answer.complete) == (1, True)
    (e,) = answer.equilibria
    assert e.payoffs == {"Row": pytest.approx(3), "Column": pytest.approx(3)}


def test_a_carrot_and_a_stick_in_two_stages() -> None:
    """Benoit & Krishna 1985: with two stage equilibria, cooperation in the first stage is subgame perfect."""
    stage = NormalForm.bimatrix(
        [[4, 0, 0], [5, 1, 0], [0, 0, 3]], [[4, 5, 0], [0, 1, 0], [0, 0, 3]],
        actions=(("c", "d", "p"), ("c", "d", "p")),
    )  # fmt: skip
    answer = solve(decide.repeat(stage, 2), method="subgame_perfect")
    best = max(e.payoffs["Row"] + e.payoffs["Column"] for e in answer.equilibria)
    assert best == pytest.approx(2 * (4 + 3))


def test_a_centipede_of_two_thousand_moves() -> None:
    node: Any = Outcome({"A": 2001, "B": 1999})
    for k in reversed(range(2000)):
        mover = "AB"[k % 2]
        stop = {"A": k, "B": k}
        stop[mover] += 1
        stop["BA"[k % 2]] -= 1
        node = Decision(mover, {"stop": Outcome(stop), "go": node})
    answer = solve(ExtensiveForm(node), method="subgame_perfect")
    assert (answer.count, answer.complete) == (1, True)
    assert answer.equilibria[0].strategies["A"]["start"]["stop"] == 1


def perfect_by_definition(game: ExtensiveForm) -> list[tuple[float, ...]] | None:
    """Nash equilibria of the whole that are Nash in every subgame; None if the whole is degenerate or too large."""
    if table_solver.refuses(game.to_normal_form()):
        return None
    answer = solve(game, method="nash")
    if answer.tied or not answer.complete:
        return None
    found = []
    for e in answer.equilibria:
        rows = [x[None] for x in e.profile]
        if tree_certificate(game, rows, check="subgames").residual[0] <= 1e-9:
            found.append(tuple(np.concatenate(e.profile).round(7).tolist()))
    return sorted(found)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_it_finds_what_the_definition_admits(data: st.DataObject) -> None:
    sketch = data.draw(sketches(hidden=True))
    game = tree(sketch)
    assume(not any(info.rationality >= 0 for info in game.structure.infosets))
    assume(len(game.players) <= 2)
    try:
        answer = solve(game, method="subgame_perfect")
    except SolveError:
        return
    for e in answer.equilibria:
        assert e.residual <= 1e-9
    if not answer.tied:
        assert answer.count >= 1
        assert answer.complete
    two = len(game.players) == 2 and bool(game.structure.infosets)
    expected = perfect_by_definition(game) if two else None
    if expected is not None and not answer.tied:
        # in a nondegenerate game every set is reached by somebody's trembles alone: compare what the plans say
        mine = sorted(tuple(np.concatenate(e.profile).round(7).tolist()) for e in answer.equilibria)
        assert len(mine) == len(expected)
        assert np.allclose(mine, expected, rtol=0, atol=1e-6)


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_where_chance_alone_is_unseen_it_is_backward_induction(data: st.DataObject) -> None:
    game = tree(data.draw(sketches(logit=False)))
    mine, other = solve(game, method="subgame_perfect"), solve(game, method="backward_induction")
    if not other.tied and other.complete and not mine.tied:
        assert mine.count >= 1
        slack = 1e-9 * (1 + np.ptp(game.payoffs))
        for player, worth in other.equilibria[0].payoffs.items():
            assert any(abs(e.payoffs[player] - worth) <= slack for e in mine.equilibria)


def two_stages(n: int) -> ExtensiveForm:
    """Two 2x2 games in a row, payoffs drawn for n games."""
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 2, 2, n)), rng.normal(size=(2, 2, 2, 2, 2, n))

    def stage(k: int | None, own: Any) -> Decision:
        name = "" if k is None else f" after {k}"
        return Decision("A", {
            f"a{i}": Decision("B", {f"b{j}": own(i, j) for j in range(2)}, infoset=f"B{name}") for i in range(2)
        }, infoset=f"A{name}")  # fmt: skip

    def end(k: int, l_: int, i: int, j: int) -> Outcome:
        total = first[:, k, l_] + second[:, k, l_, i, j]
        return Outcome({"A": total[0], "B": total[1]})

    return ExtensiveForm(stage(None, lambda k, m: stage(2 * k + m, lambda i, j: end(k, m, i, j))))


def test_a_batch_is_the_same_as_one_by_one() -> None:
    games = two_stages(40)
    many = solve(games, method="subgame_perfect")
    for k in range(40):
        alone = solve(games[k], method="subgame_perfect")
        assert (many[k].count, many[k].complete) == (alone.count, alone.complete)
        for a, b in zip(many[k].equilibria, alone.equilibria, strict=True):
            assert np.allclose(np.concatenate(a.profile), np.concatenate(b.profile), rtol=0, atol=1e-12)
    assert many.complete.all()
    assert many.count.max() >= 9


def test_the_answers_of_a_sweep_run_over_all_of_them() -> None:
    @model(decider="A")
    def entry(*, out: Value = Parameter(2.0, low=0.5, high=3.5)) -> ExtensiveForm:
        return entry_then_battle(out)

    study = decide.sweep(entry, {"out": [0.5, 2.0, 3.5]}, method="subgame_perfect", at="start")
    labels = [str(x) for x in study.data["recommendation"].values]
    assert [labels[k] for k in study.data["recommended"].values] == ["in / left", "depends on equilibrium", "out"] or [
        labels[k] for k in study.data["recommended"].values
    ][1:] == ["depends on equilibrium", "out"]
    assert study.data["n_equilibria"].values.tolist() == [3, 3, 3]


def test_subgames_by_definition() -> None:
    s = entry_then_battle().structure
    assert [s.path(r) for r in subgame_roots(s)] == ["start", "in"]
    sets, nodes = fragments_of(s, subgame_roots(s))[0]
    assert [s.infosets[h].name for h in sets] == ["start"]
    assert [s.path(i) for i in nodes] == ["out", "in"]
    hidden = ExtensiveForm(
        Chance({
            "h": (0.5, Decision("A", {"x": Outcome({"A": 0}), "y": Outcome({"A": 1})}, infoset="?")),
            "t": (0.5, Decision("A", {"x": Outcome({"A": 1}), "y": Outcome({"A": 0})}, infoset="?")),
        })
    )  # fmt: skip
    assert subgame_roots(hidden.structure) == (0,)


def test_refusals() -> None:
    with pytest.raises(SolveError, match="takes a tree"):
        solve(NormalForm.bimatrix([[1, 0], [0, 1]], [[1, 0], [0, 1]]), method="subgame_perfect")
    with pytest.raises(SolveError, match="exact play only"):
        solve(entry_then_battle().with_rationality(2.0), method="subgame_perfect")
    big = {
        f"a{i}": Decision("B", {f"b{j}": Outcome({"A": i * j, "B": i - j}) for j in range(30)}, infoset="B")
        for i in range(30)
    }
    with pytest.raises(SolveError, match="pairs of supports"):
        solve(ExtensiveForm(Decision("A", big, infoset="A")), method="subgame_perfect")


def test_a_game_with_too_many_keeps_the_first_and_says_so() -> None:
    """Three equilibria in each of nine parallel battles make 19,683."""

    def battle(k: int) -> Decision:
        def reply(i: int) -> Decision:
            ends = {f"b{j}": Outcome({"A": (2 - i) * (i == j), "B": (1 + i) * (i == j)}) for j in range(2)}
            return Decision("B", ends, infoset=f"B{k}")

        return Decision("A", {f"a{i}": reply(i) for i in range(2)}, infoset=f"A{k}")

    game = ExtensiveForm(Chance({f"c{k}": (1 / 9, battle(k)) for k in range(9)}))
    answer = solve(game, method="subgame_perfect")
    assert (answer.count, answer.complete) == (10_000, False)
    rows = {tuple(np.concatenate(e.profile).round(6)) for e in itertools.islice(answer.equilibria, 200)}
    assert len(rows) == 200
