"""What is asked of a tree: reach, beliefs, subgames, the full normal form, Kuhn's theorem both ways; the one door."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import decide
import reference
from decide import Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Value, model, solve
from decide.certify import tree_certificate
from decide.errors import FormatError, GameError, SolveError, TooLargeError
from decide.refining import CONCEPTS
from strategies import mixtures, sketches, tree, write
from test_agent_logit import beer_quiche


def named(game: ExtensiveForm, behaviour: Any) -> dict[str, dict[str, dict[str, float]]]:
    """Behaviour per information set, by name."""
    found: dict[str, Any] = {p: {} for p in game.players}
    for info, odds in zip(game.structure.infosets, behaviour, strict=True):
        found[game.players[info.player]][info.name] = dict(zip(info.actions, map(float, odds), strict=True))
    return found


def entry() -> ExtensiveForm:
    fight = {"fight": Outcome({"A": -1, "B": -1}, labels="war"), "share": Outcome({"A": 1, "B": 1}, labels="peace")}
    return ExtensiveForm(
        Decision("A", {"out": Outcome({"A": 0, "B": 2}, labels="peace"), "in": Decision("B", fight)}, infoset="entry")
    )


def forgetful_plans() -> ExtensiveForm:
    """A stops or goes on to a second move: of four full plans two are the same reduced one."""
    second = Decision("A", {"x": Outcome({"A": 1, "B": 0}), "y": Outcome({"A": 3, "B": 1})}, infoset="second")
    reply = Decision("B", {"back": second, "end": Outcome({"A": 0, "B": 2})})
    return ExtensiveForm(Decision("A", {"stop": Outcome({"A": 2, "B": 2}), "go": reply}, infoset="first"))


# ------------------------------------------------------------------ mixed and behaviour strategies


def test_the_full_normal_form_repeats_what_the_reduced_one_says_once() -> None:
    game = forgetful_plans()
    full, reduced = game.to_normal_form(reduced=False), game.to_normal_form()
    assert full.actions[0] == (
        "first: stop; second: x", "first: stop; second: y", "first: go; second: x", "first: go; second: y",
    )  # fmt: skip
    assert reduced.actions[0] == ("first: stop", "first: go; second: x", "first: go; second: y")
    assert full.payoffs[:, [0, 2, 3]].tolist() == reduced.payoffs.tolist()
    assert full.payoffs[:, 0].tolist() == full.payoffs[:, 1].tolist()
    with pytest.raises(TooLargeError, match="the normal form has 4 x 2 plans, 16 payoffs; expected at most 15"):
        game.to_normal_form(reduced=False, limit=15)
    assert solve(full, method="pure").count == 2  # they differ in what A would have done
    assert solve(reduced, method="pure").count == 1


@given(st.data(), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_kuhn_both_ways(data: st.DataObject, hidden: bool, reduced: bool) -> None:
    """A mixed strategy made of behaviour leads to every leaf as often, and leads back to it where it is reached."""
    sketch = data.draw(sketches(hidden=hidden, kinds=("whole",), actions=(1, 2)))
    root, game = write(sketch), tree(sketch)
    sizes = [len(info.actions) for info in game.structure.infosets]
    assume(np.prod(sizes) <= 150)
    form = game.to_normal_form(reduced=reduced)
    behaviour = [data.draw(mixtures(n)) for n in sizes]
    profile = form.mixed(behaviour)
    for x, n in zip(profile, form.n_actions, strict=True):
        assert x.shape == (n,)
        assert x.min() >= 0
        assert x.sum() == pytest.approx(1, abs=1e-12)
    again = form.mixed(named(game, behaviour))
    assert all(np.array_equal(x, y) for x, y in zip(profile, again, strict=True))
    expected = reference.leaf_odds(root, named(game, behaviour))
    got: dict[Any, float] = {}
    for index in np.ndindex(*form.n_actions):
        weight = float(np.prod([x[k] for x, k in zip(profile, index, strict=True)]))
        plans = {p: {h: {} for h in own} for p, own in game.infosets.items()}
        for i, k in enumerate(index):
            for h, a in form.plans[i][k]:
                info = game.structure.infosets[h]
                plans[form.players[i]][info.name] = {info.actions[a]: 1.0}
        for path, p in reference.leaf_odds(root, plans).items():
            got[path] = got.get(path, 0.0) + weight * p
    assert got == pytest.approx(expected, rel=0, abs=1e-12)
    back = form.behaviour(profile)
    assert reference.leaf_odds(root, named(game, back)) == pytest.approx(expected, rel=0, abs=1e-12)
    payoffs = game.expected_payoffs(named(game, behaviour))
    for i, p in enumerate(game.players):
        table = form.payoffs[i]
        for x in reversed(profile):
            table = table @ x
        assert table == pytest.approx(payoffs[p], rel=0, abs=1e-12 * (abs(game.payoffs).max() or 1))


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_the_full_form_has_the_reduced_one_inside(data: st.DataObject) -> None:
    """Every full plan pays what the reduced plan pays whose moves it holds."""
    game = tree(data.draw(sketches(hidden=True, kinds=("whole",), actions=(1, 2))))
    sizes = [len(info.actions) for info in game.structure.infosets]
    assume(np.prod(sizes) <= 500)
    full, reduced = game.to_normal_form(reduced=False), game.to_normal_form()
    inside = [
        [next(r for r, small in enumerate(small_plans) if set(small) <= set(plan)) for plan in plans]
        for plans, small_plans in zip(full.plans, reduced.plans, strict=True)
    ]
    for i in range(len(game.players)):
        assert np.array_equal(full.payoffs[i], reduced.payoffs[i][np.ix_(*inside)])


def test_many_at_once_and_what_is_refused() -> None:
    form = forgetful_plans().to_normal_form()
    a, b, c = np.array([[0.5, 0.5], [1, 0]]), np.array([0.25, 0.75]), np.array([[[0, 1.0]]])
    order = [info.name for info in form.tree.structure.infosets]
    given_ = [{"first": a, "go": b, "second": c}[name] for name in order]
    assert form.mixed(given_)[0].shape == (1, 2, 3)
    assert form.mixed(given_)[0].tolist() == [[[0.5, 0, 0.5], [1, 0, 0]]]
    with pytest.raises(GameError, match=r"behaviour has \[2, 2\] probabilities; expected \[2, 2, 2\]"):
        form.mixed([a, b])
    with pytest.raises(GameError, match="A's move at 'second' is missing"):
        form.mixed({"A": {"first": "go"}, "B": "end"})


# ------------------------------------------------------------------ reach, beliefs, outcomes


@given(st.data(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_reach_beliefs_and_outcomes_by_definition(data: st.DataObject, hidden: bool) -> None:
    sketch = data.draw(sketches(hidden=hidden))
    root, game = write(sketch), tree(sketch)
    s = game.structure
    play = named(game, [data.draw(mixtures(len(info.actions))) for info in s.infosets])
    leaves = reference.leaf_odds(root, play)
    odds = {leaf: leaves[tuple(s.path(leaf).split(" / ")) if leaf else ()] for leaf in s.leaves}

    def through(node: int) -> float:
        """How likely a node is: all leaves below it."""
        return sum(odds[leaf] for leaf in s.leaves if is_below(leaf, node))

    def is_below(leaf: int, node: int) -> bool:
        while leaf > node:
            leaf = s.parent[leaf]
        return leaf == node

    reach, beliefs = game.reach(play), game.beliefs(play)
    for info in s.infosets:
        player = game.players[info.player]
        total = sum(map(through, info.nodes))
        assert reach[player][info.name] == pytest.approx(total, abs=1e-12)
        held = beliefs[player][info.name]
        if total > 1e-9:
            assert held == pytest.approx({s.path(n): through(n) / total for n in info.nodes}, abs=1e-9)
        assert not held or sum(held.values()) == pytest.approx(1)
    labels = game.outcome_probabilities(play)
    for label in game.outcomes:
        expected = sum(odds[leaf] for leaf in s.leaves if label in s.rows[leaf][4])
        assert labels[label] == pytest.approx(expected, abs=1e-12)


def test_beliefs_where_nobody_goes() -> None:
    game = beer_quiche()
    pooling = {"Sender": {"weak": "beer", "strong": "beer"}, "Receiver": "leave"}
    assert game.reach(pooling) == {"Sender": {"weak": 0.1, "strong": 0.9}, "Receiver": {"beer": 1.0, "quiche": 0.0}}
    beliefs = game.beliefs(pooling)["Receiver"]
    assert beliefs["beer"] == pytest.approx({"weak / beer": 0.1, "strong / beer": 0.9})
    assert beliefs["quiche"] == {}  # nothing says who would order it
    assert game.outcome_probabilities(pooling) == {}


def test_a_batch_and_an_equilibrium() -> None:
    weak = np.array([0.1, 0.6])
    game = beer_quiche(weak)
    play = {"Sender": {"weak": "beer", "strong": {"beer": 0.5, "quiche": 0.5}}, "Receiver": "leave"}
    assert game.reach(play)["Receiver"]["beer"] == pytest.approx(weak + (1 - weak) / 2)
    assert game.beliefs(play)["Receiver"]["beer"]["weak / beer"] == pytest.approx(weak / (weak + (1 - weak) / 2))
    for e in solve(game, method="agent_logit")[0].equilibria:
        assert e.reach == game[0].reach(e.strategies)
        assert e.beliefs["Receiver"]["beer"] == pytest.approx(game[0].beliefs(e.strategies)["Receiver"]["beer"])
    table = solve(NormalForm.zero_sum([[1, -1], [-1, 1]])).equilibria[0]
    assert table.reach == {}
    assert entry().outcome_probabilities({"A": {"entry": {"in": 0.25, "out": 0.75}}, "B": "fight"}) == {
        "peace": 0.75, "war": 0.25,
    }  # fmt: skip


# ------------------------------------------------------------------ subgames


def test_subgames_by_name() -> None:
    whole, after = entry().subgames()
    assert (whole.path, whole.infosets, after.path, after.infosets) == ("start", ("entry", "in"), "in", ("in",))
    assert whole.game == ExtensiveForm(entry().subtree()) or whole.game.infosets == entry().infosets
    assert after.game.infosets == {"A": (), "B": ("in",)}
    assert after.game.expected_payoffs({"B": "share"}) == {"A": 1, "B": 1}
    assert [g.path for g in beer_quiche().subgames()] == ["start"]
    assert repr(after) == "<Subgame at in: 1 information set>"


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_what_is_perfect_in_the_whole_is_an_equilibrium_of_every_part(data: st.DataObject) -> None:
    """Names are kept, so strategies of the whole fit every part; nobody gains in any."""
    game = tree(data.draw(sketches(hidden=True, logit=False, actions=(1, 2))))
    assume(len(game.structure.rows) < 40)
    for e in solve(game, method="subgame_perfect").equilibria[:2]:
        for part in game.subgames():
            assert sorted(part.infosets) == sorted(h for own in part.game.infosets.values() for h in own)
            rows = [
                np.array([[e.strategies[part.game.players[info.player]][info.name][a] for a in info.actions]])
                for info in part.game.structure.infosets
            ]
            assert not rows or tree_certificate(part.game, rows).relative[0] <= 1e-8


def test_subgames_of_a_batch() -> None:
    stake = np.array([1.0, 2.0, 3.0])
    late = Decision("B", {"l": Outcome({"A": 1, "B": 0}), "r": Outcome({"A": 0, "B": 0})})
    game = ExtensiveForm(Decision("A", {"out": Outcome({"A": stake, "B": 0}), "in": late}))
    assert [part.game.shape for part in game.subgames()] == [(3,), (3,)]


# ------------------------------------------------------------------ one door


@model(decider="A")
def shared(*, prize: Value = Parameter(1.0, low=0.5, high=2.0)) -> ExtensiveForm:
    """Enter or stay out; the other fights or shares."""
    reply = {"fight": Outcome({"A": -1, "B": -1}), "share": Outcome({"A": prize, "B": 1})}
    return ExtensiveForm(Decision("A", {"out": Outcome({"A": 0, "B": 2}), "in": Decision("B", reply)}))


@pytest.fixture
def forms(tmp_path: Path) -> list[Any]:
    """A tree as itself, its table, its files, and the model that makes it."""
    game = shared()
    decide.write(game, tmp_path / "game.efg")
    decide.write(game, tmp_path / "game.nfg")
    return [
        game,
        game.to_normal_form(),
        str(tmp_path / "game.efg"),
        tmp_path / "game.efg",
        tmp_path / "game.nfg",
        shared,
    ]


def test_every_form_of_a_game_is_taken(forms: list[Any]) -> None:
    functions: list[Any] = [
        lambda g: decide.maximin(g, "A").strategy,
        lambda g: decide.minimax_loss(g, "B").value,
        lambda g: [(d.player, d.action) for d in decide.dominated(g, kind="weak")],
        lambda g: decide.iterated_dominance(g, kind="weak").game.actions,
        decide.rationalizable,
        lambda g: decide.bargain(g).payoffs,
        lambda g: round(decide.fit_logit(g, {"A": {"in": 3, "out": 2}}).rationality, 9),
        lambda g: decide.fictitious_play(g, iterations=20, rng=0).end[0].tolist(),
        lambda g: decide.replicator(g, time=3.0).end[1].tolist(),
        lambda g: decide.critical_discount(g, ("in", "share"), punishment=("in", "share")),
        lambda g: decide.folk_theorem(g).minmax,
        lambda g: decide.repeat(g, 2).infosets,
        lambda g: sorted(tuple(e.payoffs.values()) for e in solve(g, method="pure").equilibria),
        lambda g: sorted(tuple(e.payoffs.values()) for e in solve(g, method="nash").equilibria),
    ]
    for ask in functions:
        first, *others = map(ask, forms)
        assert all(other == first for other in others)


def test_a_tree_in_a_file_is_solved_as_a_tree(forms: list[Any]) -> None:
    for form in (forms[0], forms[2], forms[3], forms[5]):
        answer = solve(form)
        assert (answer.method, answer.count, answer.complete) == ("backward_induction", 1, True)
        assert answer.equilibria[0].payoffs == {"A": 1, "B": 1}


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ("chicken", SolveError, "the game is 'chicken'; expected the name of a .nfg or .efg file, or decide.load"),
        ("", SolveError, "the game is ''"),
        (b"game.efg", SolveError, "a bytes; expected a NormalForm"),
        ("there is none.efg", OSError, "there is none.efg"),
        (None, SolveError, "the game is None, a NoneType; expected a NormalForm"),
        ([[1, 2]], SolveError, "a list; expected a NormalForm, an ExtensiveForm, a StochasticGame, a model"),
        ("__import__('os').getcwd()", SolveError, "expected the name of a .nfg or .efg file"),
    ],
)
def test_what_is_no_game(wrong: Any, error: type[Exception], words: str) -> None:
    for ask in (solve, decide.dominated, decide.rationalizable):
        with pytest.raises(error, match=words.replace("(", r"\(").replace(")", r"\)").replace("[", r"\[")):
            ask(wrong)


def test_a_file_is_read_and_never_evaluated(tmp_path: Path) -> None:
    file = tmp_path / "evil.efg"
    file.write_text("__import__('os').remove('x')")
    with pytest.raises(FormatError, match=r"line 1.*expected NFG or EFG"):
        solve(file)


def test_a_stochastic_game_has_no_table() -> None:
    game = decide.StochasticGame([np.zeros((2, 2, 2))], [np.ones((2, 2, 1))], discount=0.9)
    assert solve(game).count == 1
    with pytest.raises(SolveError, match="a stochastic game, which has no table"):
        decide.dominated(game)


# ------------------------------------------------------------------ depth


def centipede(moves: int) -> ExtensiveForm:
    """Two who take turns; who stops is one ahead, and both gain with every turn."""
    node: Any = Outcome({"A": moves - 0.5, "B": moves - 0.5})
    for k in reversed(range(moves)):
        mover, other = ("A", "B") if k % 2 == 0 else ("B", "A")
        node = Decision(mover, {"stop": Outcome({mover: k + 1.0, other: k - 1.0}, labels=f"{k}"), "go": node})
    return ExtensiveForm(node, players=("A", "B"))


def test_a_story_of_two_thousand_moves(tmp_path: Path) -> None:
    """Built, shown, solved, certified, checked, written and read: without recursion, and in seconds."""
    began = time.perf_counter()
    game = centipede(2_000)
    assert "more nodes" in str(game)
    for method in ("backward_induction", "subgame_perfect"):
        answer = solve(game, method=method)
        assert (answer.count, answer.complete, answer.tied) == (1, True, False)
        (e,) = answer.equilibria
        assert (e.payoffs, e.regret, e.residual) == ({"A": 1, "B": -1}, 0, 0)
        assert e.outcomes["0"] == 1
        assert e.reach["B"]["go"] == 0
    for concept in CONCEPTS:
        found = decide.check(e, concept)
        assert found.holds is (None if concept in ("perfect", "intuitive criterion", "D1") else True)
        assert len(found.note) < 200
    decide.write(game, tmp_path / "deep.efg")
    assert decide.read(tmp_path / "deep.efg") == game
    parts = game.subgames()
    assert len(parts) == 2_000
    assert solve(parts[1_000].game).equilibria[0].payoffs == {"A": 1_001, "B": 999}
    assert game.subtree() is not None
    assert time.perf_counter() - began < 120  # some 5 s on an idle machine
