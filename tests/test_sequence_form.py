"""The sequence form: known values, the normal form where it is small, random trees, and what is refused."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import decide
import poker
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, solve
from decide.errors import SolveError
from decide.solvers import METHODS, choose_method, lemke, sequence_form
from strategies import SCALES, End, rewrite, sketches, tree

LEDUC = -0.085606424  # to the first player, as published for these rules


def two(one: float, other: float) -> Outcome:
    return Outcome({"A": one, "B": other})


def simultaneous(table: Any) -> ExtensiveForm:
    """Return the tree in which B moves after A without seeing it."""
    return ExtensiveForm(
        Decision(
            "A",
            {
                f"a{i}": Decision("B", {f"b{j}": two(*cell) for j, cell in enumerate(row)}, infoset="unseen")
                for i, row in enumerate(table)
            },
        )
    )


def one(game: ExtensiveForm, **options: Any) -> Any:
    """Return the only equilibrium the method gives; it must be certified and called complete."""
    answer = solve(game, method="sequence_form", **options)
    assert (answer.count, answer.complete, answer.tied, answer.finds) == (1, True, False, "one"), answer
    return answer.equilibria[0]


# ------------------------------------------------------------------ slow and obvious: all plans, all profiles


def expected(node: Any, play: Mapping[str, Mapping[str, Mapping[str, float]]], path: str = "") -> np.ndarray:
    """Return both players' payoffs by walking the nodes (every set that is shared must be named)."""
    if isinstance(node, Outcome):
        return np.array([node.payoffs[p] for p in ("A", "B")])
    if isinstance(node, Chance):
        return sum(p * expected(then, play, f"{path} / {e}") for e, (p, then) in node.moves.items())
    odds = play[node.player][node.infoset or path.removeprefix(" / ") or "start"]
    return sum(odds[a] * expected(then, play, f"{path} / {a}") for a, then in node.moves.items() if odds[a] > 0)


def gain(game: ExtensiveForm, play: Mapping[str, Mapping[str, Mapping[str, float]]]) -> float:
    """Return the most that any pure plan gains, by trying every one."""
    root, most = game.subtree(), 0.0
    now = expected(root, play)
    for k, player in enumerate(("A", "B")):
        sets = [h for h in game.structure.infosets if h.player == k]
        for moves in itertools.product(*(h.actions for h in sets)):
            plan = {h.name: {a: float(a == m) for a in h.actions} for h, m in zip(sets, moves, strict=True)}
            most = max(most, expected(root, {**play, player: plan})[k] - now[k])
    return most


# ------------------------------------------------------------------ known answers


def test_kuhn_poker_is_in_the_family_of_kuhn() -> None:
    e = one(poker.kuhn())
    assert e.payoffs["One"] == pytest.approx(-1 / 18, abs=1e-12)
    assert e.payoffs["Two"] == pytest.approx(1 / 18, abs=1e-12)
    first, second = e.strategies["One"], e.strategies["Two"]
    alpha = first["J"]["bet"]
    assert -1e-12 <= alpha <= 1 / 3 + 1e-12
    assert first["K"]["bet"] == pytest.approx(3 * alpha, abs=1e-12)
    assert first["Q"]["bet"] == pytest.approx(0, abs=1e-12)
    assert first["Q check bet"]["call"] == pytest.approx(alpha + 1 / 3, abs=1e-12)
    assert first["J check bet"]["call"] == pytest.approx(0, abs=1e-12)
    assert first["K check bet"]["call"] == pytest.approx(1, abs=1e-12)
    only = {"J bet": ("call", 0), "Q bet": ("call", 1 / 3), "K bet": ("call", 1),
            "J check": ("bet", 1 / 3), "Q check": ("bet", 0), "K check": ("bet", 1)}  # fmt: skip
    for infoset, (action, odds) in only.items():
        assert second[infoset][action] == pytest.approx(odds, abs=1e-12), infoset


@pytest.mark.parametrize("offset", [0.0, -1e3, 1e6, 1e12])
@pytest.mark.parametrize("scale", SCALES)
def test_kuhn_poker_in_any_units(offset: float, scale: float) -> None:
    """The offset is in units of the stakes; both are rounded to the nearest double."""
    e = one(poker.kuhn(offset * scale, scale))
    assert (e.payoffs["One"] - offset * scale) / scale == pytest.approx(-1 / 18, abs=1e-12 + 1e-15 * abs(offset))
    assert e.regret <= 4e-9 * scale


@pytest.mark.parametrize(("suits", "infosets"), [(True, 936), (False, 288)])
def test_leduc(suits: bool, infosets: int) -> None:
    game = poker.leduc(suits=suits)
    assert len(game.structure.infosets) == infosets
    answer = solve(game)
    assert answer.method == "sequence_form"
    assert answer.reason.startswith("chosen: too many plans to find all")
    assert answer.equilibria[0].payoffs["One"] == pytest.approx(LEDUC, abs=1e-9)
    assert answer.points.relative_regret[0] <= 1e-9


def test_leduc_with_a_rake_is_a_path_of_hundreds_of_pivots() -> None:
    """The house takes 5 % of what is won: not zero-sum, and worse for both."""
    e = one(poker.leduc(suits=False, rake=0.05))
    assert e.regret <= 1e-9 * 26
    assert e.payoffs["One"] + e.payoffs["Two"] < -0.1


def test_matching_pennies_as_a_tree() -> None:
    e = one(simultaneous([[(1, -1), (-1, 1)], [(-1, 1), (1, -1)]]))
    assert np.allclose([list(e.strategies[p][h].values()) for p, h in (("A", "start"), ("B", "unseen"))], 0.5)
    assert e.payoffs["A"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("table", [
    [[(2, 1), (0, 0)], [(0, 0), (1, 2)]],  # battle of the sexes: any of three
    [[(3, 3), (0, 5)], [(5, 0), (1, 1)]],  # prisoner's dilemma
    [[(0, 0), (-1, 1), (1, -1)], [(1, -1), (0, 0), (-1, 1)], [(-1, 1), (1, -1), (0, 0)]],
    [[(1, 1), (1, 1)], [(1, 1), (1, 1)]],
])  # fmt: skip
def test_a_table_as_a_tree_gives_one_of_its_equilibria(table: Any) -> None:
    e = one(simultaneous(table))
    listed = solve(NormalForm(np.moveaxis(np.array(table, dtype=float), -1, 0), players=("A", "B")), method="nash")
    own = np.concatenate([list(e.strategies["A"]["start"].values()), list(e.strategies["B"]["unseen"].values())])
    if not listed.tied:
        assert any(np.allclose(own, np.concatenate(n.profile)) for n in listed.equilibria)


def test_myerson_s_card_game() -> None:
    """Myerson (1991, figure 2.2): raise with black, with red in one case of three; meet in two cases of three."""
    game = ExtensiveForm(
        Chance({
            card: (0.5, Decision("A", {
                "raise": Decision("B", {"meet": two(2 * s, -2 * s), "pass": two(1, -1)}, infoset="raised"),
                "fold": two(s, -s),
            }, infoset=card))
            for card, s in (("black", 1), ("red", -1))
        })
    )  # fmt: skip
    e = one(game)
    assert e.strategies["A"]["black"]["raise"] == pytest.approx(1)
    assert e.strategies["A"]["red"]["raise"] == pytest.approx(1 / 3)
    assert e.strategies["B"]["raised"]["meet"] == pytest.approx(2 / 3)
    assert e.payoffs["A"] == pytest.approx(1 / 3)


def test_bagwell_s_noisy_commitment() -> None:
    """Bagwell (1995): with noise .01 there are three equilibria, and what comes back is one of them."""
    noise, table = 0.01, {("S", "S"): (5, 2), ("S", "C"): (3, 1), ("C", "S"): (6, 3), ("C", "C"): (4, 4)}

    def answer(a: str, seen: str) -> Decision:
        return Decision("B", {b: two(*table[a, b]) for b in "SC"}, infoset=f"saw {seen}")

    game = ExtensiveForm(
        Decision("A", {
            a: Chance({"right": (1 - noise, answer(a, a)), "wrong": (noise, answer(a, "SC"[a == "S"]))}) for a in "SC"
        })
    )  # fmt: skip
    e = one(game)
    found = e.strategies["A"]["start"]["S"], e.strategies["B"]["saw S"]["S"], e.strategies["B"]["saw C"]["S"]
    mix = 1 / (2 * (1 - 2 * noise))
    known = [(0, 0, 0), (1 - noise, 1, 1 - mix), (noise, mix, 0)]
    assert any(np.allclose(found, k, atol=1e-9) for k in known), found


def test_zero_sum_up_to_units_is_one_linear_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Payoffs of the second are minus thrice those of the first, plus 7: no path is followed."""
    monkeypatch.setattr(sequence_form, "follow", None)
    e = one(simultaneous([[(2, 1), (-1, 10)], [(-1, 10), (1, 4)]]))
    assert e.strategies["A"]["start"]["a0"] == pytest.approx(0.4)
    assert e.payoffs["A"] == pytest.approx(0.2)
    assert e.payoffs["B"] == pytest.approx(7 - 0.6)


# ------------------------------------------------------------------ random trees


@settings(max_examples=40, deadline=None)
@given(sketches(players=(2, 2), depth=4, actions=(1, 3), hidden=True, zero=True, logit=False, worlds=2))
def test_random_trees(sketch: Any) -> None:
    """Every game of a batch is solved, as it is alone; what it may gain is recomputed over the normal form."""
    many = solve(tree(sketch).broadcast_to((2,)), method="sequence_form")
    assert many.complete.all()
    assert (many.count == 1).all()
    for world in range(2):
        game = tree(sketch, world)
        e = one(game)
        for k, infoset in enumerate(game.structure.infosets):
            odds = list(e.strategies[game.players[infoset.player]][infoset.name].values())
            assert np.allclose(odds, many.points.strategies[k][world], atol=1e-9)
        table = game.to_normal_form(limit=10**7)
        worth = np.array([e.payoffs[p] for p in game.players])
        for i, payoffs in enumerate(table.payoffs):
            reply = payoffs_of_plans(game, table, e, i)
            spread = np.ptp([v[i] for v in leaf_payoffs(game)])
            assert reply.max() - worth[i] <= 2e-9 * spread
            assert payoffs.shape[i] == len(reply)


def leaf_payoffs(game: ExtensiveForm) -> list[np.ndarray]:
    return list(game.payoffs.T)


def payoffs_of_plans(game: ExtensiveForm, table: Any, e: Any, player: int) -> np.ndarray:
    """Return what each plan of a player earns against the other's behaviour, turned into a mixture over its plans."""
    other = 1 - player
    infosets = game.structure.infosets
    mixed = []
    for plan in table.plans[other]:
        weight = 1.0
        for h, action in plan:
            weight *= e.strategies[game.players[other]][infosets[h].name][infosets[h].actions[action]]
        mixed.append(weight)
    assert sum(mixed) == pytest.approx(1)
    payoffs = table.payoffs[player]
    return payoffs @ mixed if player == 0 else mixed @ payoffs


@settings(max_examples=30, deadline=None)
@given(sketches(players=(2, 2), depth=4, actions=(1, 3), hidden=True, zero=True, logit=False, kinds=("whole", "fine")))
def test_the_value_of_zero_sum_trees_is_that_of_the_normal_form(sketch: Any) -> None:
    def against(piece: Any) -> Any:
        if not isinstance(piece, End):
            return piece
        first, second = piece.payoffs
        return replace(piece, payoffs={first: piece.payoffs[first], second: tuple(-v for v in piece.payoffs[first])})

    game = tree(rewrite(sketch, against))
    table = game.to_normal_form(limit=10**7)
    value = solve(NormalForm(table.payoffs, players=game.players), method="zero_sum").equilibria[0].payoffs
    spread = np.ptp(game.payoffs[0])
    for player in game.players:
        assert one(game).payoffs[player] == pytest.approx(value[player], abs=4e-9 * spread)


@settings(max_examples=25, deadline=None)
@given(sketches(players=(2, 2), depth=3, actions=(1, 2), hidden=True, logit=False, kinds=("fine",)))
def test_where_nash_lists_all_it_is_among_them(sketch: Any) -> None:
    """Payoffs and all: only where the normal form is not degenerate, so that the list is finite."""
    game = tree(sketch)
    listed = solve(game, method="nash")
    if listed.complete and not listed.tied:
        e = one(game)
        own = list(e.payoffs.values())
        assert any(np.allclose(own, list(n.payoffs.values()), atol=1e-6) for n in listed.equilibria)


@settings(max_examples=30, deadline=None)
@given(sketches(players=(2, 2), depth=4, actions=(1, 3), hidden=True, zero=True, logit=False))
def test_the_path_solves_zero_sum_trees_too(sketch: Any) -> None:
    """The linear program and the path are two ways to the same value."""
    game = tree(sketch)
    shape = sequence_form._shape(game.structure)
    for _, chance, first, _ in sequence_form._numbers(game):
        ends = shape.ends
        A = np.zeros(tuple(s.size for s in shape.sides))
        np.add.at(A, ends, (chance * first)[:, 0])
        B = np.zeros_like(A)
        np.add.at(B, ends, (chance * (1 - first))[:, 0])
        even = tuple(s.plan([np.full(len(a), 1 / len(a)) for a in s.after]) for s in shape.sides)
        end = lemke.follow(A, B, shape.sides, (even[0], even[1]))
        pair = sequence_form._optimal_pair(_sparse(A), shape.sides)
        assert end is not None
        assert pair is not None
        assert end[0] @ A @ end[1] == pytest.approx(pair[0] @ A @ pair[1], abs=1e-9)


def _sparse(A: np.ndarray) -> Any:
    from scipy.sparse import csr_array

    return csr_array(A)


@pytest.mark.parametrize("seed", range(4))
def test_larger_trees_with_many_ties(seed: int) -> None:
    """Payoffs 0, 1, 2 on the tree of Kuhn poker with five cards and of simultaneous moves: degenerate throughout."""
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 3, (7, 7, 2)).tolist()
    one(simultaneous(table))

    def play(k: int, seen: str) -> Any:
        if k == 6:
            return two(int(rng.integers(0, 3)), int(rng.integers(0, 3)))
        own = seen[k % 2 :: 2]  # each sees its own moves alone
        return Decision("AB"[k % 2], {a: play(k + 1, seen + a) for a in "xy"}, infoset=f"{k} {own}")

    blind = ExtensiveForm(play(0, ""))
    e = one(blind)
    assert gain(blind, {p: dict(e.strategies[p]) for p in ("A", "B")}) <= 2e-9


# ------------------------------------------------------------------ what is put where nothing is reached


def test_unreached_sets_get_best_replies_where_the_other_leads_there() -> None:
    """A ends the game at once; had it gone in, it would face B's move and then choose the better of two."""
    later = Decision("A", {"worse": two(-3, 0), "better": two(-2, 0)}, infoset="later")
    stop = Decision("A", {"worse": two(-3, 1), "better": two(-2, 1)}, infoset="later")
    game = ExtensiveForm(
        Decision("A", {"out": two(0, 5), "in": Decision("B", {"l": later, "r": stop}, infoset="asked")}),
    )
    e = one(game)
    assert e.strategies["A"]["start"]["out"] == 1
    assert e.strategies["A"]["later"]["better"] == 1


@pytest.mark.parametrize(("y", "odds"), [(-2, 1.0), (-1, 0.5), (0, 0.0)])
def test_sets_that_both_rule_out_get_best_replies_too(y: float, odds: float) -> None:
    """A stays out, and B would have stopped: nobody's plan leads to A's second move, but it would know what to do."""
    later = Decision("A", {"x": two(-1, 0), "y": two(y, 0)}, infoset="later")
    game = ExtensiveForm(Decision("A", {"out": two(0, 1), "in": Decision("B", {"stop": two(-1, 5), "go": later})}))
    e = one(game)
    assert (e.strategies["A"]["start"]["out"], e.strategies["B"]["in"]["stop"]) == (1, 1)
    assert dict(e.strategies["A"]["later"]) == {"x": odds, "y": 1 - odds}


def test_an_event_without_chance_is_never_reached() -> None:
    game = ExtensiveForm(
        Chance({"sure": (1.0, Decision("A", {"l": two(1, 0), "r": two(0, 0)}, infoset="a")),
                "never": (0.0, Decision("A", {"l": two(0, 0), "r": two(9, 0)}, infoset="a"))})
    )  # fmt: skip
    assert one(game).strategies["A"]["a"]["l"] == 1


@pytest.mark.parametrize("rare", [1e-6, 1e-9, 1e-13])
def test_rare_events(rare: float) -> None:
    def meet(table: Any, name: str) -> Decision:
        return Decision("A", {
            f"a{i}": Decision("B", {f"b{j}": two(*c) for j, c in enumerate(row)}, infoset=f"B {name}")
            for i, row in enumerate(table)
        }, infoset=f"A {name}")  # fmt: skip

    usual, odd = [[(2, 1), (0, 0)], [(0, 0), (1, 2)]], [[(3, 0), (0, 1)], [(1, 2), (2, 0)]]
    e = one(ExtensiveForm(Chance({"usual": (1 - rare, meet(usual, "usual")), "rare": (rare, meet(odd, "rare"))})))
    assert e.regret <= 1e-9


# ------------------------------------------------------------------ batches, one player, refusals


def test_a_batch_of_any_shape() -> None:
    stakes = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    games = simultaneous([[(stakes, -stakes), (-1, 1)], [(-1, 1), (1, -1)]])
    many = solve(games, method="sequence_form")
    assert many.shape == (2, 3)
    assert many.complete.all()
    for index in np.ndindex(2, 3):
        assert many[index].equilibria[0].strategies["A"]["start"]["a0"] == pytest.approx(2 / (3 + stakes[index]))


def test_chunks_of_a_batch_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stakes = np.linspace(1, 6, 7)
    games = simultaneous([[(stakes, -stakes), (-1, 2)], [(-1, 1), (1, -1)]])
    whole = solve(games, method="sequence_form").points.strategies
    monkeypatch.setattr(sequence_form, "CHUNK", 1)
    for a, b in zip(whole, solve(games, method="sequence_form").points.strategies, strict=True):
        assert np.array_equal(a, b)


def test_an_empty_batch() -> None:
    games = simultaneous([[(np.zeros(0), 1), (2, 1)]])
    assert solve(games, method="sequence_form").shape == (0,)


def test_one_player_who_cannot_see_chance() -> None:
    def leave(walk: float) -> Decision:
        return Decision("Me", {"walk": Outcome({"Me": walk}), "ride": Outcome({"Me": 1})}, infoset="door")

    game = ExtensiveForm(Chance({"dry": (0.7, leave(3)), "rain": (0.3, leave(-9))}))
    e = one(game)
    assert e.strategies["Me"]["door"]["ride"] == 1
    assert e.payoffs["Me"] == pytest.approx(1)


def test_a_tree_without_any_move() -> None:
    assert one(ExtensiveForm(two(1, 2))).payoffs["B"] == 2


def selten_s_horse() -> ExtensiveForm:
    def three(*v: float) -> Outcome:
        return Outcome(dict(zip(("1", "2", "3"), v, strict=True)))

    def third(left: Outcome, right: Outcome) -> Decision:
        return Decision("3", {"L": left, "R": right}, infoset="3")

    return ExtensiveForm(
        Decision("1", {
            "D": third(three(3, 3, 2), three(0, 0, 0)),
            "C": Decision("2", {"d": third(three(4, 4, 0), three(0, 0, 1)), "c": three(1, 1, 1)}),
        })
    )  # fmt: skip


@pytest.mark.parametrize(("game", "words"), [
    (selten_s_horse(), "it takes up to two players; this tree has 3: 1, 2, 3"),
    (NormalForm.zero_sum([[1, 2]]), "it takes a tree"),
    (simultaneous([[(1, 1)]]).with_rationality({"B": 2.0}), "exact play only; B has a precision .* at 'unseen'"),
])  # fmt: skip
def test_refusals(game: Any, words: str) -> None:
    with pytest.raises(SolveError, match=f"sequence_form does not take this game: .*{words}"):
        solve(game, method="sequence_form")


def test_options_are_refused() -> None:
    with pytest.raises(SolveError, match="sequence_form takes no option 'exact'"):
        solve(poker.kuhn(), method="sequence_form", exact=True)


def test_too_large_for_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequence_form, "MOST_SEQUENCES", 5)
    with pytest.raises(SolveError, match=r"unless payoffs sum to a constant it takes up to 5 sequences; .* has 6"):
        solve(simultaneous([[(1, 1), (0, 0)], [(0, 0), (1, 2)]]), method="sequence_form")
    assert solve(poker.kuhn(), method="sequence_form").complete


def test_failure_is_told_and_other_priors_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    game = simultaneous([[(2, 1), (0, 0)], [(0, 0), (1, 2)]])
    whole, tried = lemke.follow, []

    def at_last(*arguments: Any) -> Any:
        tried.append(arguments[3])
        return whole(*arguments) if len(tried) == 3 else None

    monkeypatch.setattr(sequence_form, "follow", at_last)
    assert one(game).regret <= 1e-9
    assert len({tuple(prior[0]) for prior in tried}) == 3
    monkeypatch.setattr(sequence_form, "follow", lambda *_: None)
    answer = solve(game, method="sequence_form")
    assert (answer.count, answer.complete, answer.status.name) == (0, False, "FAILED")


def test_what_is_no_equilibrium_is_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the method's own look nor the certificate lets a wrong pair of plans through."""
    game = simultaneous([[(1, -1), (-1, 1)], [(-1, 1), (1, -1)]])
    monkeypatch.setattr(sequence_form, "_optimal_pair", lambda *_: (np.array([1.0, 1, 0]), np.array([1.0, 1, 0])))
    assert one(game).strategies["A"]["start"]["a0"] == pytest.approx(0.5)  # by the path
    monkeypatch.setattr(sequence_form, "_gain", lambda *_: 0.0)
    assert solve(game, method="sequence_form").status.name == "NOT_CERTIFIED"


def test_pivots_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lemke, "MOST_PIVOTS", 1)
    assert solve(poker.leduc(suits=False, rake=0.05), method="sequence_form").status.name == "FAILED"


def test_refreshing_the_tableau_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    game = simultaneous(rng.random((8, 8, 2)).tolist())
    before = one(game)
    monkeypatch.setattr(lemke, "REFRESH", 1)
    after = one(game)
    for p, h in (("A", "start"), ("B", "unseen")):
        assert np.allclose(list(before.strategies[p][h].values()), list(after.strategies[p][h].values()), atol=1e-12)


# ------------------------------------------------------------------ auto


def test_auto_takes_it_where_plans_are_too_many() -> None:
    small, large = simultaneous(np.zeros((3, 3, 2)).tolist()), simultaneous(np.zeros((9, 9, 2)).tolist())
    assert choose_method(small)[0] == "nash"
    assert choose_method(large)[0] == "sequence_form"
    assert choose_method(poker.kuhn())[0] == "sequence_form"
    assert choose_method(selten_s_horse())[0] != "sequence_form"
    assert choose_method(large.with_rationality(2.0))[0] != "sequence_form"


def test_its_row() -> None:
    row = METHODS["sequence_form"]
    assert row.trees
    assert (row.finds, row.concept, row.options) == ("one", "Nash", ())
    trees = {"backward_induction", "agent_logit", "subgame_perfect", "sequence_form"}
    assert {m.name for m in decide.methods() if m.trees} == trees
