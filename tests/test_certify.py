"""The certificate: it agrees with brute force, it lets nothing wrong through, and it owes nothing to any solver."""

from __future__ import annotations

import ast
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import decide
import reference
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, Status, solve
from decide.certify import TOLERANCE, bayes_beliefs, normal_certificate, tree_certificate
from decide.solvers import METHODS
from decide.solvers.base import Found
from strategies import mixtures, normal_forms, sketches, tree, write

SOURCE = Path(decide.__file__).parent
RUNS = settings(max_examples=60, deadline=None)


def slack(payoffs: Any) -> float:
    """Return 1e-12 of a payoff range, and what the last bits of the payoffs themselves may add."""
    return 1e-12 * float(np.ptp(payoffs)) + 4e-15 * float(np.abs(payoffs).max())


# ------------------------------------------------------------------ against brute force


@given(st.data())
@RUNS
def test_payoffs_and_regret_of_a_table(data: st.DataObject) -> None:
    game = data.draw(normal_forms(players=(1, 4)))
    mixed = [data.draw(mixtures(n)) for n in game.n_actions]
    found = normal_certificate(game.entries(), [x[None] for x in mixed])
    tables = reference.lists(game.payoffs)
    plain = [x.tolist() for x in mixed]
    regrets = reference.table_regrets(tables, plain)
    room = max(map(slack, game.payoffs))
    for i, table in enumerate(tables):
        assert abs(found.payoffs[0, i] - reference.expected_payoff(table, tables, plain)) <= slack(game.payoffs[i])
    assert abs(found.regret[0] - max(regrets)) <= room
    over = [r / np.ptp(own) if np.ptp(own) else 0.0 for r, own in zip(regrets, game.payoffs, strict=True)]
    assert found.relative[0] == pytest.approx(max(over), rel=0, abs=1e-9)


@given(st.data())
@RUNS
def test_many_tables_at_once_are_the_same_as_one_by_one(data: st.DataObject) -> None:
    batch = data.draw(normal_forms(batch=(3,)))
    mixed = [np.stack([data.draw(mixtures(n)) for _ in range(3)]) for n in batch.n_actions]
    together = normal_certificate(batch.entries(), mixed)
    for k in range(3):
        alone = normal_certificate(batch[k].entries(), [x[k : k + 1] for x in mixed])
        room = max(map(slack, batch[k].payoffs))
        assert np.allclose(together.payoffs[k], alone.payoffs[0], rtol=0, atol=room)
        assert abs(together.regret[k] - alone.regret[0]) <= room


def drawn_strategies(data: st.DataObject, game: ExtensiveForm) -> tuple[list[np.ndarray], dict[str, Any]]:
    """Draw a behaviour strategy for everyone, as arrays and by names."""
    rows = [data.draw(mixtures(len(info.actions))) for info in game.structure.infosets]
    named: dict[str, Any] = {p: {} for p in game.players}
    for info, odds in zip(game.structure.infosets, rows, strict=True):
        named[game.players[info.player]][info.name] = dict(zip(info.actions, map(float, odds), strict=True))
    return rows, named


@given(st.data(), st.booleans())
@RUNS
def test_payoffs_and_regret_of_a_tree_over_all_plans(data: st.DataObject, hidden: bool) -> None:
    sketch = data.draw(sketches(hidden=hidden, zero=True))
    root, game = write(sketch), tree(sketch)
    assume(all(reference.n_plans(root, p) <= 200 for p in game.players))
    rows, named = drawn_strategies(data, game)
    found = tree_certificate(game, [x[None] for x in rows], check="regret")
    expected, regrets = reference.expected(root, named), reference.tree_regrets(root, named)
    for i, p in enumerate(game.players):
        assert abs(found.payoffs[0, i] - expected[p]) <= slack(game.payoffs[i])
    assert abs(found.regret[0] - max(regrets.values())) <= max(map(slack, game.payoffs))
    scale = {p: np.ptp(own) for p, own in zip(game.players, game.payoffs, strict=True)}
    over = [r / scale[p] if scale[p] else 0.0 for p, r in regrets.items()]
    assert found.relative[0] == pytest.approx(max(over), rel=0, abs=1e-9)
    assert found.beliefs == ()


@given(st.data())
@RUNS
def test_local_regret_beliefs_and_logit_error_of_a_tree(data: st.DataObject) -> None:
    sketch = data.draw(sketches(zero=True))
    root, game = write(sketch), tree(sketch)
    rows, named = drawn_strategies(data, game)
    found = tree_certificate(game, [x[None] for x in rows], check="local")
    expected, known = reference.local_regrets(root, named), reference.beliefs(root)
    residual = [0.0]
    for h, info in enumerate(game.structure.infosets):
        player = game.players[info.player]
        nodes = known[player, info.name]
        assert found.beliefs[h][0].tolist() == pytest.approx([w for _, _, w in nodes], rel=0, abs=1e-12)
        own = game.payoffs[info.player]
        if info.rationality < 0:
            assert abs(found.local_regret[0, h] - expected[player, info.name]) <= slack(own)
            residual.append(expected[player, info.name] / np.ptp(own) if np.ptp(own) else 0.0)
        else:
            assert found.local_regret[0, h] == 0
            worth = {
                a: math.fsum(w * reference.expected(n.moves[a], named, (*path, a))[player] for path, n, w in nodes)
                for a in info.actions
            }
            soft = reference.soft_choice(worth, nodes[0][1].rationality)
            residual.append(max(abs(soft[a] - p) for a, p in zip(info.actions, rows[h], strict=True)))
    assert found.residual[0] == pytest.approx(max(residual), rel=0, abs=1e-9)


@given(st.data(), st.booleans())
@settings(max_examples=30, deadline=None)
def test_many_trees_at_once_are_the_same_as_one_by_one(data: st.DataObject, local: bool) -> None:
    sketch = data.draw(sketches(worlds=3))
    batch = tree(sketch).broadcast_to((3,))
    rows = [drawn_strategies(data, batch[k])[0] for k in range(3)]
    assume(rows[0])
    check: Any = "local" if local else "subgames"
    together = tree_certificate(batch, [np.stack(x) for x in zip(*rows, strict=True)], check=check)
    for k in range(3):
        alone = tree_certificate(batch[k], [x[None] for x in rows[k]], check=check)
        room = max(map(slack, batch[k].payoffs))
        assert np.allclose(together.payoffs[k], alone.payoffs[0], rtol=0, atol=room)
        assert abs(together.regret[k] - alone.regret[0]) <= room
        assert together.residual[k] == pytest.approx(alone.residual[0], rel=0, abs=1e-9)
        if local:
            assert np.allclose(together.local_regret[k], alone.local_regret[0], rtol=0, atol=room)


def starts_a_subgame(root: Any, path: tuple[str, ...]) -> bool:
    """Whether no information set has nodes both inside and outside of what follows a path; from the definition."""
    inside: set[tuple[str, str]] = set()
    outside: set[tuple[str, str]] = set()
    for at, node in reference.walk(root):
        if isinstance(node, Decision):
            (inside if at[: len(path)] == path else outside).add((node.player, reference.name_of(node, at)))
    here = next(node for at, node in reference.walk(root) if at == path)
    twins = [
        at for at, node in reference.walk(root) if isinstance(node, Decision) and isinstance(here, Decision)
        and (node.player, reference.name_of(node, at)) == (here.player, reference.name_of(here, path))
    ]  # fmt: skip
    return not isinstance(here, Outcome) and not inside & outside and len(twins) <= 1


@given(st.data())
@RUNS
def test_regret_in_every_subgame_is_that_of_the_subgame_written_alone(data: st.DataObject) -> None:
    sketch = data.draw(sketches(hidden=True, zero=True))
    root, game = write(sketch), tree(sketch)
    assume(all(reference.n_plans(root, p) <= 200 for p in game.players))
    rows, named = drawn_strategies(data, game)
    found = tree_certificate(game, [x[None] for x in rows], check="subgames")
    scale = {p: np.ptp(own) for p, own in zip(game.players, game.payoffs, strict=True)}
    worst = found.relative[0]
    for path, node in reference.walk(root):
        if starts_a_subgame(root, path):
            own: dict[str, Any] = {p: {} for p in game.players}
            for at, then in reference.walk(node):
                if isinstance(then, Decision):
                    moves = named[then.player][reference.name_of(then, (*path, *at))]
                    own[then.player][reference.name_of(then, at)] = moves
            regrets = reference.tree_regrets(node, own)
            worst = max(worst, *(r / scale[p] if scale[p] else 0.0 for p, r in regrets.items()))
    assert found.residual[0] == pytest.approx(worst, rel=0, abs=1e-9)


@given(st.data())
@RUNS
def test_beliefs_are_those_of_bayes_rule_where_play_leads(data: st.DataObject) -> None:
    sketch = data.draw(sketches(hidden=True, zero=True))
    root, game = write(sketch), tree(sketch)
    rows, named = drawn_strategies(data, game)
    beliefs = bayes_beliefs(game, [x[None] for x in rows])
    reach: dict[tuple[str, ...], float] = {}
    for leaf, odds in reference.leaf_odds(root, named).items():
        for k in range(len(leaf) + 1):
            reach[leaf[:k]] = reach.get(leaf[:k], 0.0) + odds
    at = {game.structure.path(i): i for i in range(len(game.structure.rows))}
    node_reach = {at[" / ".join(path) or "start"]: odds for path, odds in reach.items()}
    for info, held in zip(game.structure.infosets, beliefs, strict=True):
        weight = np.array([node_reach[node] for node in info.nodes])
        if weight.sum() > 1e-9:
            assert held[0].tolist() == pytest.approx((weight / weight.sum()).tolist(), rel=0, abs=1e-9)
        elif weight.sum() == 0 and len({game.structure.history[node] for node in info.nodes}) > 1:
            assert np.isnan(held).all()


def test_regret_is_over_whole_plans() -> None:
    """To gain, the player must change two of its moves at once."""
    again = Decision("A", {"x": Outcome({"A": 0}), "y": Outcome({"A": 5})})
    game = ExtensiveForm(Decision("A", {"stop": Outcome({"A": 1}), "go": again}))
    found = tree_certificate(game, [np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]])], check="local")
    assert found.regret.tolist() == [4]
    assert found.relative.tolist() == [0.8]
    assert found.local_regret.tolist() == [[0, 5]]
    assert found.residual.tolist() == [1]


# ------------------------------------------------------------------ nothing wrong comes through

COORDINATE = NormalForm.bimatrix([[2, 0], [0, 1]], [[1, 0], [0, 2]])


def chance_tree() -> ExtensiveForm:
    """A moves without knowing what chance did, B sees everything."""

    def after(a: float, b: float) -> Decision:
        return Decision("B", {"x": Outcome({"A": a, "B": b}), "y": Outcome({"A": 0, "B": 0})})

    return ExtensiveForm(
        Chance(
            {
                "rain": (0.25, Decision("A", {"l": after(4, 1), "r": after(1, 1)}, infoset="h")),
                "sun": (0.75, Decision("A", {"l": after(0, 1), "r": after(2, 1)}, infoset="h")),
            }
        )
    )


def cheat(monkeypatch: pytest.MonkeyPatch, method: str, *points: Any, games: int = 1, owner: Any = None) -> None:
    """Let a method return these points, with a clear conscience."""

    def run(game: Any) -> Found:
        rows = tuple(np.array(x, dtype=np.float64) for x in zip(*points, strict=True))
        where = np.zeros(len(points), dtype=np.intp) if owner is None else np.array(owner)
        return Found(where, rows, np.ones(games, dtype=np.bool_), np.zeros(games, dtype=np.bool_))

    monkeypatch.setitem(METHODS, method, replace(METHODS[method], run=run))


WRONG = {
    "not a best reply": ([1, 0], [0, 1]),
    "nearly right": ([1 - 1e-8, 1e-8], [1, 0]),
    "the mixture of the other player": ([1 / 3, 2 / 3], [1 / 3, 2 / 3]),
    "more than one": ([1, 1], [1, 1]),
    "less than one": ([0.5, 0.0], [0.5, 0.0]),
    "nothing": ([0, 0], [0, 0]),
    "below zero": ([2, -1], [1, 0]),
    "not a number": ([float("nan"), 1.0], [1.0, 0.0]),
}


@pytest.mark.parametrize("method", ["nash", "pure", "lemke_howson"])
@pytest.mark.parametrize("point", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("shift", [0.0, -10.0])
def test_a_wrong_point_is_rejected(monkeypatch: pytest.MonkeyPatch, method: str, point: Any, shift: float) -> None:
    cheat(monkeypatch, method, point)
    game = NormalForm(COORDINATE.payoffs + shift)
    answer = solve(game, method=method)
    assert (answer.count, answer.status, answer.complete) == (0, Status.NOT_CERTIFIED, False)
    assert answer.equilibria == ()
    assert answer.status.message in repr(answer)
    assert not answer.status.ok


@pytest.mark.parametrize("point", WRONG.values(), ids=WRONG)
def test_a_right_point_beside_a_wrong_one_is_not_all(monkeypatch: pytest.MonkeyPatch, point: Any) -> None:
    cheat(monkeypatch, "nash", ([1, 0], [1, 0]), point)
    answer = solve(COORDINATE)
    assert (answer.count, answer.status, answer.complete) == (1, Status.SOLVED, False)
    assert answer.equilibria[0].payoffs == {"Row": 2, "Column": 1}


def test_in_a_batch_only_the_games_at_fault_suffer(monkeypatch: pytest.MonkeyPatch) -> None:
    right, wrong = ([1, 0], [1, 0]), ([1, 0], [0, 1])
    cheat(monkeypatch, "nash", right, wrong, right, wrong, games=4, owner=[0, 0, 1, 3])
    many = solve(COORDINATE.broadcast_to((4,)))
    assert many.count.tolist() == [1, 1, 0, 0]
    assert many.status.tolist() == [Status.SOLVED, Status.SOLVED, Status.NO_EQUILIBRIUM, Status.NOT_CERTIFIED]
    assert many.complete.tolist() == [False, True, True, False]
    assert many[1].equilibria[0].payoffs == {"Row": 2, "Column": 1}


def test_a_wrong_point_of_a_tree_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    game = chance_tree()
    right = solve(game)
    assert right.equilibria[0].strategies["A"]["h"] == {"l": 0, "r": 1}
    rows = [x.tolist() for x in right.equilibria[0].profile]
    cheat(monkeypatch, "backward_induction", rows)
    assert solve(game).points == right.points
    for h, row in enumerate(rows):  # one information set after another plays the other move
        wrong = [row[::-1] if k == h else x for k, x in enumerate(rows)]
        cheat(monkeypatch, "backward_induction", wrong)
        answer = solve(game)
        assert (answer.count, answer.status, answer.complete) == (0, Status.NOT_CERTIFIED, False), h


@pytest.mark.parametrize("row", [[0, 0], [0.5, 0], [2, -1], [-1, 2], [1, 1], [float("nan"), 1]], ids=str)
def test_what_is_no_strategy_of_a_tree_is_rejected(monkeypatch: pytest.MonkeyPatch, row: list[float]) -> None:
    game = ExtensiveForm(Decision("A", {"l": Outcome({"A": -1}), "r": Outcome({"A": -2})}))
    cheat(monkeypatch, "backward_induction", [row])
    answer = solve(game)
    assert (answer.count, answer.status) == (0, Status.NOT_CERTIFIED)


def test_an_incredible_threat_is_no_backward_induction(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a Nash equilibrium, so regret over plans alone would let it through."""
    game = ExtensiveForm(
        Decision(
            "A",
            {
                "out": Outcome({"A": 0, "B": 2}),
                "in": Decision("B", {"fight": Outcome({"A": -1, "B": -1}), "share": Outcome({"A": 1, "B": 1})}),
            },
        )
    )
    threat = ([1.0, 0.0], [1.0, 0.0])
    certificate = tree_certificate(game, [np.array([x]) for x in threat], check="local")
    assert certificate.regret.tolist() == [0]
    assert certificate.residual.tolist() == [2 / 3]
    cheat(monkeypatch, "backward_induction", threat)
    assert solve(game).status is Status.NOT_CERTIFIED
    assert any(e.profile[0][0] == 1 for e in solve(game, method="pure").equilibria)


def test_logit_play_is_checked_against_logit(monkeypatch: pytest.MonkeyPatch) -> None:
    game = ExtensiveForm(Decision("A", {"l": Outcome({"A": 1}), "r": Outcome({"A": 0})}, rationality=1.0))
    right = 1 / (1 + math.exp(-1))
    for p, status in ((right, Status.SOLVED), (right + 1e-8, Status.NOT_CERTIFIED), (1.0, Status.NOT_CERTIFIED)):
        cheat(monkeypatch, "backward_induction", [[p, 1 - p]])
        assert solve(game).status is status
    batch = game.with_rationality(np.array([1.0, math.inf, math.inf]))
    cheat(
        monkeypatch,
        "backward_induction",
        [[right, 1 - right]], [[1.0, 0.0]], [[right, 1 - right]],
        games=3, owner=[0, 1, 2],
    )  # fmt: skip
    assert solve(batch).status.tolist() == [Status.SOLVED, Status.SOLVED, Status.NOT_CERTIFIED]


@given(normal_forms(), st.sampled_from([0.5, 2.0]))
@settings(max_examples=40, deadline=None)
def test_the_tolerance_is_a_share_of_the_payoff_range(game: NormalForm, times: float) -> None:
    """Playing the best action but for a weight that costs `times` the tolerance."""
    own = game.payoffs[0]
    n = len(game.players)
    against = own[(slice(None), *(0,) * (n - 1))]
    best, worst, spread = int(np.argmax(against)), int(np.argmin(against)), float(np.ptp(own))
    assume(against[best] > against[worst])
    weight = times * TOLERANCE * spread / (against[best] - against[worst])
    mixed = [np.eye(m)[:1] for m in game.n_actions]
    mixed[0] = (np.eye(len(against))[best] * (1 - weight) + np.eye(len(against))[worst] * weight)[None]
    only_mine = game.payoffs * np.eye(n)[0].reshape(-1, *(1,) * n)  # nobody else cares
    found = normal_certificate(NormalForm(only_mine).entries(), mixed)
    assert found.relative[0] == pytest.approx(times * TOLERANCE, rel=1e-4)
    with pytest.MonkeyPatch.context() as patch:
        cheat(patch, "pure", [x[0] for x in mixed])
        answer = solve(NormalForm(only_mine), method="pure")
    assert answer.status is (Status.SOLVED if times < 1 else Status.NOT_CERTIFIED)


# ------------------------------------------------------------------ shares no code


def imported(path: Path) -> set[str]:
    """Return every module a file imports, anywhere in it, with the names taken from it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_the_certificate_imports_no_solver() -> None:
    files = sorted((SOURCE / "certify").glob("*.py"))
    assert len(files) >= 4
    for path in files:
        ours = {name for name in imported(path) if name.startswith("decide")}
        assert ours
        assert all(
            name.startswith(("decide.games", "decide.errors", "decide.frozen", "decide.certify")) for name in ours
        )
        assert not any("nashpy" in name or "scipy" in name for name in imported(path))


#: What certifies what the solvers have found, and the table that joins the two.
JUDGES = ("__init__.py", "certified.py")
KERNELS = sorted(p for p in (SOURCE / "solvers").glob("*.py") if p.name not in JUDGES)


@pytest.mark.parametrize("path", KERNELS, ids=lambda p: p.name)
def test_no_kernel_uses_the_certificate(path: Path) -> None:
    assert not any("certify" in name for name in imported(path))


def test_the_check_sees_the_imports_it_looks_for() -> None:
    assert len(KERNELS) >= 6
    assert "decide.certify.normal_certificate" in imported(SOURCE / "solvers" / "certified.py")


def test_what_the_games_share_with_solvers_is_no_algorithm() -> None:
    for path in (SOURCE / "games").glob("*.py"):
        assert not any(name.startswith(("decide.solvers", "decide.certify")) for name in imported(path))


def test_every_method_runs_in_a_room_of_its_own() -> None:
    for method in METHODS.values():
        assert method.run.__module__.startswith("decide.solvers.")
