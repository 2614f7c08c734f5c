"""Subgame-perfect equilibria: the textbook ones, every one of them, and nothing that is not Nash in some subgame."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import decide
import exact
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Value, model, solve
from decide.errors import SolveError, TooLargeError
from decide.games.subgames import fragments_of, subgame_roots
from strategies import End, Luck, Sketch, Turn, rewrite, sketches, tree


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


def test_what_auto_says_of_ties_points_to_all_answers() -> None:
    """Backward induction gives one of several, not complete, and says who lists them."""

    def offer(share: Any) -> Decision:
        accepted = Outcome({"P": 2 - share, "R": share})
        return Decision("R", {"yes": accepted, "no": Outcome({"P": 0, "R": 0})}, infoset="offer")

    def game(share: Any) -> ExtensiveForm:
        return ExtensiveForm(Decision("P", {"leave": Outcome({"P": 0.5, "R": 1}), "ask": offer(share)}))

    one = solve(game(0.0))
    assert (one.method, one.count, one.complete, one.tied) == ("backward_induction", 1, False, True)
    assert "a tie was met" in one.reason
    assert "'subgame_perfect'" in one.reason
    every = solve(game(0.0), method="subgame_perfect")
    assert sorted(e.payoffs["P"] for e in every.equilibria) == [0.5, 2.0]
    assert "tie" not in solve(game(1.0)).reason
    many = solve(game(np.array([0.0, 1.0, 0.0])))
    assert "in 2 of 3 games" in many.reason
    assert many.tied.tolist() == [True, False, True]


def test_too_many_plans_say_what_to_do() -> None:
    """Twelve tosses seen by both: 2^12 plans each; the tree itself is small."""

    def duel(k: int) -> Decision:
        def reply(i: int) -> Decision:
            return Decision("B", {f"b{j}": Outcome({"A": i ^ j, "B": 1 - (i ^ j)}) for j in range(2)}, infoset=f"B{k}")

        return Decision("A", {f"a{i}": reply(i) for i in range(2)}, infoset=f"A{k}")

    game = ExtensiveForm(Chance({f"c{k}": (1 / 12, duel(k)) for k in range(12)}))
    with pytest.raises(TooLargeError, match=r"'subgame_perfect' and 'sequence_form' work on the tree itself"):
        solve(game, method="nash")
    some = ExtensiveForm(Chance({f"c{k}": (1 / 4, duel(k)) for k in range(4)}))
    with pytest.raises(SolveError, match=r"pairs of supports.*'sequence_form' work on the tree itself"):
        solve(some, method="nash")


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


# ------------------------------------------------------------------ against slow and exact means
#
# Everything below works on sketches, in fractions, and takes nothing from `decide`. Two equilibria are told apart by
# what they are worth to everybody from every subgame on, its *worths*: so play at sets that a player's own moves rule
# out, which changes nothing, and moves that pay everybody the same, of which the first is given, make no difference.

Path = tuple[int, ...]
Worths = dict[Path, tuple[Fraction, ...]]


class TooLarge(Exception):
    """Too much for slow means."""


def named(sketch: Sketch) -> Sketch:
    """Give every information set a name."""
    count = itertools.count()
    return rewrite(
        sketch, lambda n: replace(n, infoset=n.infoset or f"own {next(count)}") if isinstance(n, Turn) else n
    )


def children(node: Sketch) -> list[Sketch]:
    if isinstance(node, Luck):
        return [then for _, _, then in node.events]
    return [then for _, then in node.moves] if isinstance(node, Turn) else []


def below(node: Sketch, path: Path = ()) -> Iterator[tuple[Path, Sketch]]:
    """Every node with its path, the root first."""
    yield path, node
    for k, child in enumerate(children(node)):
        yield from below(child, (*path, k))


def turns(node: Sketch) -> Counter[str]:
    """How many nodes of each information set there are."""
    return Counter(str(n.infoset) for _, n in below(node) if isinstance(n, Turn))


def starts(sketch: Sketch) -> dict[Path, Sketch]:
    """Where subgames start, by definition: every information set in it lies in it whole."""
    whole = turns(sketch)
    return {
        path: node
        for path, node in below(sketch)
        if not isinstance(node, End) and all(whole[h] == n for h, n in turns(node).items())
    }


def worth(node: Sketch, play: dict[str, dict[str, Fraction]], players: Sequence[str]) -> tuple[Fraction, ...]:
    """Return everybody's expected payoffs."""
    if isinstance(node, End):
        return tuple(Fraction(node.payoffs[p][0]) for p in players)
    if isinstance(node, Luck):
        odds = [Fraction(p[0]) for _, p, _ in node.events]
    else:
        odds = [play[str(node.infoset)][a] for a, _ in node.moves]
    each = [worth(c, play, players) for c, p in zip(children(node), odds, strict=True) if p]
    used = [p for p in odds if p]
    return tuple(sum((p * w[i] for p, w in zip(used, each, strict=True)), Fraction(0)) for i in range(len(players)))


def plans_of(node: Sketch, player: str) -> list[dict[str, dict[str, Fraction]]]:
    """All plans of a player: a move at every set, reached or not."""
    sets = {
        str(n.infoset): [a for a, _ in n.moves] for _, n in below(node) if isinstance(n, Turn) and n.player == player
    }
    picks = itertools.product(*sets.values())
    return [
        {h: {a: Fraction(a == chosen) for a in moves} for (h, moves), chosen in zip(sets.items(), pick, strict=True)}
        for pick in picks
    ]


def nash_worths(piece: Sketch, players: Sequence[str]) -> tuple[list[tuple[Fraction, ...]], bool]:
    """What the extreme equilibria of a piece are worth, and whether it has ties, by its table without doubles."""
    plans = [plans_of(piece, p) for p in players] + [[{}]] * (2 - len(players))
    if len(plans[0]) * len(plans[1]) > 600:
        raise TooLarge
    cells = [[worth(piece, {**x, **y}, players) for y in plans[1]] for x in plans[0]]
    cells = [list(row) for row in dict.fromkeys(map(tuple, cells))]
    cells = exact.transposed(dict.fromkeys(map(tuple, exact.transposed(cells))))
    if math.comb(len(cells) + len(cells[0]), len(cells)) > 300:
        raise TooLarge
    A, B = ([[w[i] if i < len(w) else Fraction(0) for w in row] for row in cells] for i in range(2))
    truth = exact.truth(A, B)
    if truth.gap is not None and truth.gap < 1e-7:  # rounding might say otherwise
        raise TooLarge
    found = []
    for x, y in truth.equilibria:
        ends = [(p * q, w) for p, row in zip(x, cells, strict=True) for q, w in zip(y, row, strict=True)]
        found.append(tuple(sum((p * w[i] for p, w in ends), Fraction(0)) for i in range(len(players))))
    return found, truth.degenerate


def perfect_worths(sketch: Sketch, players: Sequence[str]) -> tuple[list[Worths], bool]:
    """Cut at the subgames, deepest first; the worths of each way of playing, and whether there are ties below."""
    roots = starts(sketch)

    def solved(path: Path) -> tuple[list[Worths], bool, bool]:
        ends = [q for q in roots if len(q) > len(path) and q[: len(path)] == path]
        ends = [q for q in ends if not any(p != q and q[: len(p)] == p for p in ends)]
        parts = [solved(q) for q in ends]
        found, tied = [], False
        if math.prod(len(part[0]) for part in parts) > 200:
            raise TooLarge
        for pick in itertools.product(*(part[0] for part in parts)):
            values = {
                q: End(dict(zip(players, ((w,) for w in own[q]), strict=True)))
                for q, own in zip(ends, pick, strict=True)
            }
            each, ties = nash_worths(put(roots[path], path, values), players)
            tied |= ties
            found += [{**{k: v for own in pick for k, v in own.items()}, path: w} for w in each]
        return found, any(part[1] or part[2] for part in parts), tied

    found, tied_below, _ = solved(()) if () in roots else ([{(): worth(sketch, {}, players)}], False, False)
    return found, tied_below


def put(node: Sketch, path: Path, values: dict[Path, Any]) -> Sketch:
    """The node, with ends in the place of some that follow."""
    if path in values:
        return values[path]
    if isinstance(node, Luck):
        return replace(
            node, events=tuple((e, p, put(c, (*path, k), values)) for k, (e, p, c) in enumerate(node.events))
        )
    if isinstance(node, Turn):
        return replace(node, moves=tuple((a, put(c, (*path, k), values)) for k, (a, c) in enumerate(node.moves)))
    return node


def pure_worths(sketch: Sketch, players: Sequence[str]) -> list[Worths]:
    """The worths of all pure subgame-perfect equilibria, by definition: nobody has a better plan in any subgame."""
    roots = starts(sketch)
    every = [plans_of(sketch, p) for p in players]
    if math.prod(map(len, every)) > 500:
        raise TooLarge

    def gains(node: Sketch, play: dict[str, dict[str, Fraction]]) -> bool:
        now = worth(node, play, players)
        return any(
            worth(node, {**play, **other}, players)[i] > now[i]
            for i, p in enumerate(players)
            for other in plans_of(node, p)
        )

    found = []
    for pick in itertools.product(*every):
        play = {h: x for plan in pick for h, x in plan.items()}
        if not any(gains(node, play) for node in roots.values()):
            found.append(
                {path: worth(node, play, players) for path, node in roots.items()} or {(): worth(sketch, play, players)}
            )
    return found


def worths_of(sketch: Sketch, e: Any, players: Sequence[str]) -> Worths:
    """The worths of an equilibrium that was found."""
    play = {h: {a: Fraction(p) for a, p in odds.items()} for sets in e.strategies.values() for h, odds in sets.items()}
    return {path: worth(node, play, players) for path, node in (starts(sketch) or {(): sketch}).items()}


def missing(some: list[Worths], among: list[Worths], game: ExtensiveForm) -> list[Worths]:
    """Those that are not among others, to within a millionth of the payoff ranges."""
    slack = 1e-6 * np.ptp(game.payoffs, axis=-1) + 1e-300
    left = np.array([[[float(w) for w in own[path]] for path in sorted(own)] for own in among])
    lost = []
    for own in some:
        row = np.array([[float(w) for w in own[path]] for path in sorted(own)])
        if not len(left) or not (np.abs(left - row) <= slack).all(axis=(1, 2)).any():
            lost.append(own)
    return lost


def assert_as_defined(drawn: Sketch) -> None:
    """What is found is Nash in every subgame, and all there is wherever that is claimed."""
    sketch = named(drawn)
    game = tree(sketch)
    try:
        answer = solve(game, method="subgame_perfect")
        found = [worths_of(sketch, e, game.players) for e in answer.equilibria]
        assert answer.count >= 1 or answer.tied
        assert all(e.residual <= 1e-9 for e in answer.equilibria)
        assert answer.complete or answer.tied
        expected, tied_below = perfect_worths(sketch, game.players)
    except (SolveError, TooLarge):
        return
    assert not missing(expected, found, game)
    if answer.complete:
        assert not tied_below
        assert not missing(found, expected, game)
    if not answer.tied:
        assert len(found) == len(expected)


def paid(ann: float, bob: float) -> End:
    return End({"Ann": (ann,), "Bob": (bob,)})


#: Bob's threat to play on after b0 is never put to the test if Ann plays a1: only the definition at that subgame fixes
#: it, and one completion of the Nash equilibrium (a1, b1) of the whole does not stand for all.
UNTRIED = Turn("Ann", (
    ("a0", Turn("Bob", (
        ("b0", Turn("Bob", (
            ("b0", Turn("Ann", (("a0", paid(1.0, 0.0)), ("a1", paid(0.0, 0.0))), "h1")),
            ("b1", Turn("Ann", (("a0", paid(0.0, 1.0)), ("a1", paid(1.0, 1.0))), "h1")),
        ))),
        ("b1", paid(0.0, 0.0)),
    ), "h2")),
    ("a1", Turn("Bob", (
        ("b0", paid(0.0, 0.0)), ("b1", paid(1.0, 1.0)),
    ), "h2")),
))  # fmt: skip

#: Ann's last three moves pay everybody the same.
ALL_THE_SAME = Turn("Ann", (
    ("a0", Turn("Bob", (("b0", paid(4.0, 0.0)),), "h1")),
    ("a1", Turn("Bob", (
        ("b0", Turn("Ann", tuple((f"a{k}", paid(0.0, 0.0)) for k in range(3)))),
    ), "h1")),
))  # fmt: skip


def test_a_subgame_that_nobody_tries_counts_too() -> None:
    """Worked by hand: after (a0, b0) only (b1, a1) is Nash, worth 1 to both, so h2 is a coordination game."""
    answer = solve(tree(UNTRIED), method="subgame_perfect")
    assert (answer.count, answer.complete, answer.tied) == (3, True, False)
    assert sorted(e.strategies["Ann"]["start"]["a0"] for e in answer.equilibria) == [0.0, 0.5, 1.0]
    assert all(e.strategies["Ann"]["h1"]["a1"] == 1 for e in answer.equilibria)
    assert_as_defined(UNTRIED)


def test_moves_that_pay_everybody_the_same_are_told_by_the_first() -> None:
    answer = solve(tree(ALL_THE_SAME), method="subgame_perfect")
    assert (answer.count, answer.complete, answer.tied) == (1, True, False)
    assert_as_defined(ALL_THE_SAME)


@given(sketches(players=(1, 2), hidden=True, logit=False))
@example(UNTRIED)
@example(ALL_THE_SAME)
@settings(max_examples=60, deadline=None)
def test_it_finds_what_the_definition_admits(drawn: Sketch) -> None:
    assert_as_defined(drawn)


def unsure(*after: tuple[tuple[float, float], tuple[float, float]]) -> Turn:
    """Bob moves unseen, then Ann: what she and he get for a0 and a1, by his move."""
    return Turn("Bob", tuple(
        (f"b{k}", Turn("Ann", tuple((f"a{j}", paid(*w)) for j, w in enumerate(pair)), "h1"))
        for k, pair in enumerate(after)
    ), "h2")  # fmt: skip


#: Ann's moves are worth -1/3 after b1 either way, which thirds in floating point do not quite say.
THIRDS = Luck((
    ("e0", (1 / 3,), unsure(((0.0, 0.0), (0.0, 0.0)), ((3.0, 0.0), (-1.0, 0.0)), ((0.0, 0.0), (0.0, 0.0)))),
    ("e1", (2 / 3,), unsure(((0.0, 0.0), (0.0, 0.0)), ((-2.0, 0.0), (0.0, 2.0)), ((0.0, 0.0), (0.0, 0.0)))),
))  # fmt: skip


@given(sketches(players=(1, 3), hidden=True, logit=False, kinds=("whole",)))
@example(THIRDS)
@settings(max_examples=40, deadline=None)
def test_every_pure_one_is_found_however_many_ties(drawn: Sketch) -> None:
    """Whole numbers are full of ties: what is not complete still holds all pure answers."""
    sketch = named(drawn)
    game = tree(sketch)
    try:
        expected = pure_worths(sketch, game.players)
        answer = solve(game, method="subgame_perfect")
    except (SolveError, TooLarge):
        return
    assume(answer.count < 300)
    found = [worths_of(sketch, e, game.players) for e in answer.equilibria]
    assert not missing(expected, found, game)
    perfect = len(starts(sketch)) == sum(not isinstance(n, End) for _, n in below(sketch))
    if perfect:  # every piece has one mover, who picks one of the best
        assert not missing(found, expected, game)


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
