"""Games in extensive form: how trees are written, checked, cut, joined, kept, shown, and turned into tables."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import reference
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, errors, solve
from strategies import End, Luck, Turn, mixtures, rewrite, sketches, tree, write

NAN, INF = float("nan"), float("inf")


def out(a: Any, b: Any, **options: Any) -> Outcome:
    return Outcome({"A": a, "B": b}, **options)


def entry() -> ExtensiveForm:
    """Entry deterrence."""
    return ExtensiveForm(
        Decision(
            "A",
            {
                "out": out(0, 2),
                "in": Decision(
                    "B", {"fight": out(-1, -1, labels="war"), "share": out(1, 1, labels=["peace", "trade"])}
                ),
            },
        )
    )


def attacked(p: Any = 0.4, *, rationality: Any = None) -> ExtensiveForm:
    """One player who does not know what chance did; the moves of the second node are written in another order."""
    return ExtensiveForm(
        Chance(
            {
                "x": (p, Decision("A", {"l": out(1, 10), "r": out(2, 20)}, infoset="h", rationality=rationality)),
                "y": (1 - p, Decision("A", {"r": out(4, 40), "l": out(3, 30)}, infoset="h", rationality=rationality)),
            }
        )
    )


def unseen(**payoffs: Any) -> Decision:
    """B moves without having seen A's move."""
    return Decision(
        "A",
        {
            a: Decision("B", {b: out(*payoffs.get(a + b, (0, 0))) for b in "lr"}, infoset="blind")
            for a in "ud"
        },
    )  # fmt: skip


def centipede(n: int) -> ExtensiveForm:
    """Rosenthal's centipede with n moves: the pot grows by one a move, whoever takes gets two more."""
    node: Any = out(n, n)
    for k in reversed(range(n)):
        taken = out(k + 2, k) if k % 2 == 0 else out(k, k + 2)
        node = Decision("AB"[k % 2], {"take": taken, "pass": node})
    return ExtensiveForm(node)


# ------------------------------------------------------------------ what a tree is


def test_players_come_in_the_order_of_the_first_outcome() -> None:
    game = entry()
    assert game.players == ("A", "B")
    assert game.shape == ()
    assert game.infosets == {"A": ("start",), "B": ("in",)}
    assert game.outcomes == ("war", "peace", "trade")
    assert game.payoffs.tolist() == [[0, -1, 1], [2, -1, 1]]


def test_players_may_be_given_in_another_order() -> None:
    game = ExtensiveForm(entry().subtree(), players=("B", "A"))
    assert game.players == ("B", "A")
    assert game.payoffs.tolist() == [[2, -1, 1], [0, -1, 1]]
    assert solve(game).equilibria[0].payoffs == {"A": 1, "B": 1}


def test_a_player_need_not_move() -> None:
    game = attacked()
    assert game.infosets == {"A": ("h",), "B": ()}
    assert solve(game).equilibria[0].strategies["B"] == {}


def test_unnamed_information_sets_are_called_by_their_path() -> None:
    move = Decision("A", {"go": out(1, 1), "stay": Decision("B", {"end": out(0, 0)})})
    game = ExtensiveForm(Chance({"rain": (0.5, move), "sun": (0.5, Decision("B", {"then": move}))}))
    assert game.infosets == {"A": ("rain", "sun / then"), "B": ("rain / stay", "sun", "sun / then / stay")}
    assert entry().infosets["A"] == ("start",)


def test_named_nodes_of_one_player_are_one_set() -> None:
    game = attacked()
    (info,) = game.structure.infosets
    assert (info.name, info.actions, len(info.nodes), info.named) == ("h", ("l", "r"), 2, True)


def test_two_players_may_use_the_same_name() -> None:
    game = ExtensiveForm(
        Decision("A", {"go": Decision("B", {"x": out(1, 2), "y": out(0, 3)}, infoset="h")}, infoset="h")
    )
    assert game.infosets == {"A": ("h",), "B": ("h",)}
    assert game.expected_payoffs({"A": "go", "B": "y"}, at="h", player="B") == {"A": 0, "B": 3}
    with pytest.raises(errors.InformationSetError, match=r"2 players.*'h'"):
        game.expected_payoffs({"A": "go", "B": "y"}, at="h")


def test_moves_in_another_order_are_the_same_moves() -> None:
    game = attacked()
    assert game.expected_payoffs({"A": "l"}) == pytest.approx({"A": 2.2, "B": 22})
    assert game.expected_payoffs({"A": "r"}) == pytest.approx({"A": 3.2, "B": 32})
    assert game.payoffs[0].tolist() == [1, 2, 4, 3]


@given(sketches(hidden=True), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_in_which_moves_are_written_changes_nothing(sketch: Any, random: Any) -> None:
    def shuffle(node: Any) -> Any:
        if isinstance(node, Turn) and node.infoset is not None:
            return Turn(node.player, tuple(random.sample(node.moves, len(node.moves))), node.infoset, node.rationality)
        return node

    game, other = tree(sketch), tree(rewrite(sketch, shuffle))
    first = {
        p: {h: next(iter(sorted(a))) for h, a in own.items()} for p, own in reference.infosets(write(sketch)).items()
    }
    expected = reference.expected(write(sketch), {p: {h: {a: 1.0} for h, a in own.items()} for p, own in first.items()})
    for g in (game, other):
        assert g.expected_payoffs(first) == pytest.approx(expected, rel=1e-12, abs=1e-12 * abs(g.payoffs).max())


def test_labels_may_be_none_one_or_several_and_shared() -> None:
    game = ExtensiveForm(Decision("A", {"a": out(0, 0), "b": out(1, 0, labels="x"), "c": out(0, 0, labels=("y", "x"))}))
    assert game.outcomes == ("x", "y")
    e = solve(game).equilibria[0]
    assert e.outcomes == {"x": 1.0, "y": 0.0}


def test_the_same_subtree_may_stand_in_several_places() -> None:
    same = Decision("B", {"x": out(1, 2), "y": out(3, 1)})
    game = ExtensiveForm(Decision("A", {"l": same, "r": same}))
    assert game.infosets["B"] == ("l", "r")
    assert game.expected_payoffs({"A": "l", "B": {"l": "x", "r": "y"}}) == {"A": 1, "B": 2}


def test_a_tree_may_be_a_single_outcome() -> None:
    game = ExtensiveForm(Outcome({"A": 1, "B": np.array([2.0, 3.0])}, labels="end"))
    assert game.shape == (2,)
    assert game.expected_payoffs({})["B"].tolist() == [2, 3]
    assert game.to_normal_form().payoffs[:, 1, 0, 0].tolist() == [2, 3]
    (e,) = solve(game[1]).equilibria
    assert (e.payoffs, e.outcomes, e.regret) == ({"A": 1, "B": 3}, {"end": 1.0}, 0)


# ------------------------------------------------------------------ numbers


def test_numbers_of_every_kind() -> None:
    game = ExtensiveForm(Decision("A", {"a": out(True, Fraction(1, 3)), "b": out("1/4", np.float32(0.5))}))
    assert game.payoffs.dtype == np.float64
    assert game.payoffs.tolist() == [[1, 0.25], [1 / 3, 0.5]]
    assert ExtensiveForm(out([1, 2], (3, 4))).payoffs.tolist() == [[[1], [3]], [[2], [4]]]


@pytest.mark.parametrize(
    "odds",
    [
        (0.7, 1 - 0.7),
        (0.1,) * 10,
        (1 / 3, 1 / 3, 1 / 3),
        (0.5, 0.5 + 0.9e-9),
        (1, 0),
        ("1/3", Fraction(2, 3)),
        (np.array([0.2, 0.7]), 1 - np.array([0.2, 0.7])),
    ],
    ids=str,
)
def test_chances_that_sum_to_one_are_taken_as_they_are(odds: Any) -> None:
    game = ExtensiveForm(Chance({f"e{k}": (p, out(2**k, 0)) for k, p in enumerate(odds)}))
    plain = [np.asarray(p if isinstance(p, np.ndarray) else float(Fraction(p))) for p in odds]
    assert np.allclose(
        game.expected_payoffs({})["A"], sum(p * 2**k for k, p in enumerate(plain)), rtol=1e-15, atol=0
    )  # never rescaled


@pytest.mark.parametrize(
    ("odds", "words"),
    [
        ((0.4, 0.5), "0.4, 0.5 with sum 0.9; expected"),
        ((0.5, 0.5 + 2e-9), "0.5, 0.500000002 with sum 1.000000002; expected"),
        ((-0.1, 1.1), "-0.1, 1.1 with sum 1; expected numbers from 0"),
        ((NAN, 1.0), "nan; expected a finite number"),
        ((INF, 1.0), "inf; expected a finite number"),
        (("x", 1.0), "'x'; expected a number"),
        ((None, 1.0), "None; expected a number"),
    ],
)
def test_chances_that_are_none_are_refused(odds: Any, words: str) -> None:
    root = Decision("A", {"go": Chance({"e": (odds[0], out(0, 0)), "f": (odds[1], out(1, 1))}), "stay": out(0, 0)})
    with pytest.raises(errors.ProbabilityError, match=words) as caught:
        ExtensiveForm(root)
    assert "'go'" in str(caught.value)


def test_the_error_says_which_games_of_a_batch_have_wrong_chances() -> None:
    p = np.array([0.1, 0.5, 0.9, -0.5])
    with pytest.raises(errors.ProbabilityError, match=r"'start' are -0.5, 1.5 with sum 1") as caught:
        attacked(p)
    assert caught.value.draws.tolist() == [False, False, False, True]
    with pytest.raises(errors.ProbabilityError, match="with sum") as caught:
        ExtensiveForm(Chance({"a": (p, out(0, 0)), "b": (0.5, out(0, 0))}))
    assert caught.value.draws.tolist() == [True, False, True, True]
    with pytest.raises(errors.PayoffError, match=r"payoff of B at 'l' .*nan") as caught:
        ExtensiveForm(Decision("A", {"l": out(0, np.array([1, NAN])), "r": out(0, 0)}))
    assert caught.value.draws.tolist() == [False, True]


def test_the_value_in_a_batch_error_reads_as_a_number() -> None:
    with pytest.raises(errors.PayoffError, match="is nan in 1 of 2 games"):
        ExtensiveForm(out(np.array([0, NAN]), 0))


# ------------------------------------------------------------------ recall


def test_a_player_may_not_forget_its_own_move() -> None:
    with pytest.raises(errors.RecallError, match=r"A forgets at 'h'.*'l'.*'r'.*perfect recall"):
        ExtensiveForm(
            Decision("A", {m: Decision("A", {"x": out(0, 0), "y": out(1, 1)}, infoset="h") for m in ("l", "r")})
        )


def test_a_player_may_not_forget_what_it_knew() -> None:
    def later() -> Decision:
        return Decision("A", {"x": out(0, 0), "y": out(1, 1)}, infoset="later")

    with pytest.raises(errors.RecallError, match="A forgets at 'later'"):
        ExtensiveForm(
            Chance({w: (0.5, Decision("A", {"go": later(), "stop": out(0, 0)}, infoset=w)) for w in ("rain", "sun")})
        )


def test_a_player_may_not_forget_that_it_moved() -> None:
    again = Decision("A", {"on": out(1, 1), "off": out(0, 0)}, infoset="drive")
    with pytest.raises(errors.RecallError, match=r"A forgets at 'drive'.*'start'.*'on'"):
        ExtensiveForm(Decision("A", {"on": again, "off": out(4, 4)}, infoset="drive"))


def test_what_others_did_need_not_be_seen() -> None:
    game = ExtensiveForm(unseen(ul=(1, 1)))
    assert game.infosets == {"A": ("start",), "B": ("blind",)}


# ------------------------------------------------------------------ what is refused

NODE = out(0, 0)
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: ExtensiveForm(3), errors.GameError, "root is 3; expected a Decision, Chance or Outcome"),
    (lambda: ExtensiveForm(entry()), errors.GameError, "root is .*expected a Decision, Chance or Outcome"),
    (lambda: Outcome({}), errors.PayoffError, r"\{\}; expected"),
    (lambda: Outcome([1, 2]), errors.PayoffError, r"\[1, 2\]; expected"),
    (lambda: ExtensiveForm(out(NAN, 0)), errors.PayoffError, "payoff of A at 'start' is nan; expected a finite"),
    (lambda: ExtensiveForm(out(0, -INF)), errors.PayoffError, "payoff of B at 'start' is -inf; expected a finite"),
    (lambda: ExtensiveForm(out(0, np.array([1, -1e301]))), errors.PayoffError, "payoff of B at 'start' is -1e.301"),
    (lambda: ExtensiveForm(out("x", 0)), errors.PayoffError, "payoff of A.* is 'x'; expected a number"),
    (lambda: ExtensiveForm(out([1, "x"], 0)), errors.PayoffError, "payoff of A.*expected"),
    (lambda: ExtensiveForm(out([[1, 2], [3]], 0)), errors.PayoffError, "payoff of A.* is .*expected a number"),
    (lambda: ExtensiveForm(out(np.zeros(2), np.zeros(3))), errors.PayoffError, r"\(2,\), \(3,\).*expected"),
    (
        lambda: ExtensiveForm(Decision("A", {"l": NODE, "r": Outcome({"A": 1})})),
        errors.PayoffError,
        "payoff of B is missing at 'r'; expected one for each of A, B",
    ),
    (
        lambda: ExtensiveForm(Decision("A", {"l": NODE, "r": Outcome({"A": 1, "B": 1, "C": 1})})),
        errors.PayoffError,
        "'l' names only A, B, while the one at 'r' names C too",
    ),
    (lambda: ExtensiveForm(Decision("Z", {"l": NODE})), errors.UnknownNameError, "who moves at 'start'.*'Z'"),
    (lambda: ExtensiveForm(NODE, players=("A",)), errors.UnknownNameError, "'B'"),
    (lambda: ExtensiveForm(NODE, players=("A", "B", "C")), errors.PayoffError, "payoff of C is missing"),
    (lambda: ExtensiveForm(NODE, players=("A", "A")), errors.GameError, "'A', 'A'.*different"),
    (lambda: Decision("", {"l": NODE}), errors.GameError, "''; expected"),
    (lambda: Decision(1, {"l": NODE}), errors.GameError, "1; expected"),
    (lambda: Decision("A", {}), errors.InformationSetError, "A has no action at a node; expected"),
    (lambda: Decision("A", {}, infoset="h"), errors.InformationSetError, "A has no action at h; expected"),
    (lambda: Decision("A", ["l"]), errors.InformationSetError, "A has no action"),
    (lambda: Decision("A", {"l": 3}), errors.GameError, "A's action 'l' leads to 3; expected"),
    (lambda: Decision("A", {0: NODE}), errors.GameError, "0; expected a (non-empty )?string"),
    (lambda: Chance({0: (1.0, NODE)}), errors.GameError, "0; expected a (non-empty )?string"),
    (lambda: Decision("A", {"l": NODE}, infoset=3), errors.GameError, "3; expected a (non-empty )?string"),
    (lambda: Outcome({1: 0}), errors.GameError, "1; expected a (non-empty )?string"),
    (lambda: Outcome({"A": 0}, labels=3), errors.GameError, "3; expected"),
    (lambda: ExtensiveForm(Outcome({"A": 1, "B": 2}), players="AB"), errors.GameError, "'AB'; expected a sequence"),
    (lambda: Chance({}), errors.ProbabilityError, r"\{\}; expected at least one"),
    (lambda: Chance({"e": NODE}), errors.ProbabilityError, "event 'e'.*expected a pair"),
    (lambda: Chance({"e": (NODE, 1.0)}), errors.ProbabilityError, "event 'e'.*expected a pair"),
    (lambda: Chance({"e": (1.0, NODE, 3)}), errors.ProbabilityError, "event 'e'.*expected a pair"),
    (
        lambda: ExtensiveForm(Chance({"e": (np.full(2, 0.5), NODE), "f": (np.full(3, 0.5), NODE)})),
        errors.ProbabilityError,
        r"\(2,\), \(3,\)",
    ),
    (lambda: attacked(rationality=-1.0), errors.GameError, "rationality.* is -1.0; expected a number from 0"),
    (lambda: attacked(rationality=NAN), errors.GameError, "rationality.* is nan; expected a number from 0"),
    (lambda: attacked(rationality="x"), errors.GameError, "rationality.* is 'x'; expected a number"),
    (
        lambda: attacked().with_rationality(np.array([1.0, -2.0])),
        errors.GameError,
        "rationality of A.*-2.*expected a number from 0",
    ),
    (lambda: attacked().with_rationality({"C": 1}), errors.UnknownNameError, "'C'"),
    (lambda: attacked().with_rationality({"A": NAN}), errors.GameError, "rationality of A is nan"),
    (
        lambda: ExtensiveForm(
            Chance(
                {
                    "x": (0.5, Decision("A", {"l": NODE, "r": NODE}, infoset="h")),
                    "y": (0.5, Decision("A", {"l": NODE, "s": NODE}, infoset="h")),
                }
            )
        ),
        errors.InformationSetError,
        "'h' of A has moves l, s at 'y'; expected l, r as at 'x'",
    ),
    (
        lambda: ExtensiveForm(
            Chance(
                {
                    "x": (0.5, Decision("A", {"l": NODE, "r": NODE}, infoset="h", rationality=1.0)),
                    "y": (0.5, Decision("A", {"l": NODE, "r": NODE}, infoset="h", rationality=2.0)),
                }
            )
        ),
        errors.InformationSetError,
        "'h' of A has two precisions",
    ),
    (
        lambda: ExtensiveForm(Decision("A", {"l": Decision("A", {"x": NODE}), "r": NODE}, infoset="l")),
        errors.InformationSetError,
        "two information sets called 'l'",
    ),
]


@pytest.mark.parametrize(("make", "error", "words"), BAD, ids=range(len(BAD)))
def test_bad_input_is_named(make: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        make()
    assert isinstance(caught.value, errors.DecideError)


def test_the_place_named_is_the_place_at_fault() -> None:
    def game(**bad: Any) -> Decision:
        second = Decision("B", {"x": out(bad.get("payoff", 0), 5)}, infoset="h", rationality=bad.get("rationality", 3))
        luck = Chance({"e": (bad.get("chance", 1), second)})
        return Decision("A", {"l": Decision("B", {"u": out(1, 2)}), "r": luck})

    assert ExtensiveForm(game()).payoffs[0].tolist() == [1, 0]
    for what, place in (("payoff", "r / e / x"), ("chance", "r"), ("rationality", "r / e")):
        for value in ("a lot", None if what != "rationality" else object()):
            with pytest.raises(errors.GameError, match=f" at '{place}' is ") as caught:
                ExtensiveForm(game(**{what: value}))
            assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    "precision",
    [lambda: 0.5, lambda: np.float64(0.5), lambda: Fraction(1, 2), lambda: int("1000"), lambda: np.array([0.5, 1.0])],
    ids=["float", "float64", "fraction", "integer", "array"],
)
def test_equal_precisions_are_the_same_precision(precision: Callable[[], Any]) -> None:
    game = ExtensiveForm(
        Chance(
            {
                w: (0.5, Decision("A", {"l": out(1, 0), "r": out(0, 0)}, infoset="h", rationality=precision()))
                for w in "xy"
            }
        )
    )
    assert game == ExtensiveForm(write(TWO_WORLDS)).with_rationality({"A": precision()})


TWO_WORLDS = Luck(
    tuple(
        (w, (0.5,), Turn("A", (("l", End({"A": (1,), "B": (0,)})), ("r", End({"A": (0,), "B": (0,)}))), "h"))
        for w in "xy"
    )
)


# ------------------------------------------------------------------ batches


def test_arrays_may_stand_anywhere() -> None:
    game = ExtensiveForm(
        Chance(
            {
                "x": (np.array([0.25, 0.5, 1.0]), Decision("A", {"l": out(np.array([[1], [2]]), 0), "r": out(0, 1)})),
                "y": (np.array([0.75, 0.5, 0.0]), out(0, 4)),
            }
        )
    )
    assert game.shape == (2, 3)
    assert game.payoffs.shape == (2, 3, 2, 3)
    assert game.payoffs[1, 2].tolist() == [[2, 0, 0], [0, 1, 4]]
    expected = game.expected_payoffs({"A": "l"})
    assert expected["A"].tolist() == [[0.25, 0.5, 1], [0.5, 1, 2]]
    assert np.broadcast_to(expected["B"], (2, 3))[1].tolist() == [3, 2, 0]


@given(st.data(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_world_of_a_batch_is_the_tree_written_for_that_world(data: st.DataObject, hidden: bool) -> None:
    sketch = data.draw(sketches(worlds=3, hidden=hidden))
    batch = tree(sketch)
    singles = [tree(sketch, k) for k in range(3)]
    assume(batch.shape)
    assert batch.shape == (3,)
    for k, single in enumerate(singles):
        assert batch[k] == single
        assert batch[k - 3] == single
    assert batch[1:].shape == (2,)
    assert batch[1:][0] == singles[1]
    assert batch[np.array([False, False, True])][0] == singles[2]


@given(st.data(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_stack_is_the_way_back_from_indexing(data: st.DataObject, hidden: bool) -> None:
    sketch = data.draw(sketches(worlds=3, hidden=hidden))
    singles = [tree(sketch, k) for k in range(3)]
    batch = ExtensiveForm.stack(singles)
    assert batch.shape == (3,)
    assert [batch[k] for k in range(3)] == singles


def test_indexing_a_batch() -> None:
    game = ExtensiveForm(out(np.arange(6.0).reshape(2, 3), np.arange(3.0)))
    assert game[1].shape == (3,)
    assert game[1, 2] == ExtensiveForm(out(5, 2))
    assert game[:, 1].shape == (2,)
    assert game[:0].shape == (0, 3)
    with pytest.raises(IndexError):
        game[2]
    with pytest.raises(errors.GameError, match="not a batch"):
        entry()[0]


def test_broadcast_to() -> None:
    many = entry().broadcast_to((2, 3))
    assert many.shape == (2, 3)
    assert many[1, 1] == entry()
    assert entry().broadcast_to(()) == entry()
    assert solve(many).shape == (2, 3)


def test_equality_does_not_depend_on_how_a_batch_was_made() -> None:
    wide = ExtensiveForm(Decision("A", {"l": out(np.ones(2), 0), "r": out(np.array([1, 2]), 0)}))
    short = ExtensiveForm(Decision("A", {"l": out(1, 0), "r": out(np.array([1, 2]), 0)}))
    assert wide == short
    assert ExtensiveForm.stack([entry(), entry()]) == entry().broadcast_to((2,))


def test_stack_refuses_trees_that_differ() -> None:
    with pytest.raises(errors.GameError, match="differ in their trees"):
        ExtensiveForm.stack([entry(), attacked()])
    with pytest.raises(errors.GameError, match="differ in their trees"):
        ExtensiveForm.stack([entry(), ExtensiveForm(entry().subtree(), players=("B", "A"))])
    with pytest.raises(errors.GameError):
        ExtensiveForm.stack([])


def test_stack_keeps_precisions() -> None:
    soft = [attacked(rationality=r) for r in (1.0, 2.0)]
    batch = ExtensiveForm.stack(soft)
    for k, game in enumerate(soft):
        assert batch[k] == game


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_stack_of_exact_and_soft_players_is_right_or_refused(order: tuple[int, int]) -> None:
    pair = [entry().with_rationality(1.0), entry()]
    games = [pair[k] for k in order]
    try:
        batch = ExtensiveForm.stack(games)
    except errors.GameError:
        return
    for k, game in enumerate(games):
        assert solve(batch[k]).equilibria[0].strategies == solve(game).equilibria[0].strategies


def test_a_tree_owns_its_numbers() -> None:
    mine = np.array([1.0, 2.0])
    game = ExtensiveForm(out(mine, 0))
    mine[:] = 9
    assert game.payoffs[:, 0, 0].tolist() == [1, 2]
    assert mine.flags.writeable


# ------------------------------------------------------------------ other trees made from one


def test_subtree() -> None:
    assert ExtensiveForm(entry().subtree()) == entry()
    assert ExtensiveForm(entry().subtree("start")) == entry()
    fight = entry().subtree("in")
    assert ExtensiveForm(fight).infosets == {"A": (), "B": ("start",)}
    assert ExtensiveForm(entry().subtree("in / share")).payoffs.tolist() == [[1], [1]]
    assert ExtensiveForm(entry().subtree(["in", "share"])).payoffs.tolist() == [[1], [1]]
    with pytest.raises(errors.UnknownNameError, match=r"'start'.*'inn'.*'in'"):
        entry().subtree("inn")
    with pytest.raises(errors.UnknownNameError, match=r"'out'.*'more'"):
        entry().subtree("out / more")


@given(sketches(worlds=2, hidden=True))
@settings(max_examples=40, deadline=None)
def test_the_whole_subtree_is_the_tree(sketch: Any) -> None:
    game = tree(sketch)
    assert ExtensiveForm(game.subtree(), players=game.players) == game


def test_with_move_adds_the_same_move_at_every_node_of_a_set() -> None:
    more = attacked().with_move("h", "s", out(7, 8))
    assert more.infosets == attacked().infosets
    assert more.expected_payoffs({"A": "s"}) == {"A": 7, "B": 8}
    for move in ("l", "r"):
        assert more.expected_payoffs({"A": move}) == attacked().expected_payoffs({"A": move})
    apart = attacked().with_move("h", "s", {"x": out(0, 0), "y": out(10, 20)})
    assert apart.expected_payoffs({"A": "s"}) == {"A": 6, "B": 12}
    assert solve(apart).equilibria[0].strategies["A"]["h"] == {"l": 0, "r": 0, "s": 1}


def test_with_move_may_add_a_whole_tree() -> None:
    more = entry().with_move("in", "sue", Chance({"win": (0.5, out(-4, 3)), "lose": (0.5, out(2, 0))}))
    assert more.infosets == entry().infosets
    assert solve(more).equilibria[0].payoffs == {"A": 0, "B": 2}
    deeper = entry().with_move("start", "ask", Decision("B", {"yes": out(9, 9), "no": out(0, 0)}))
    assert deeper.infosets == {"A": ("start",), "B": ("in", "ask")}
    assert entry() == entry()


def test_with_move_of_one_of_two_players_sets() -> None:
    game = ExtensiveForm(Decision("A", {"go": Decision("B", {"x": out(1, 2)}, infoset="h")}, infoset="h"))
    assert game.with_move("h", "y", out(0, 3), player="B").expected_payoffs({"A": "go", "B": "y"}) == {"A": 0, "B": 3}
    with pytest.raises(errors.InformationSetError, match="player="):
        game.with_move("h", "y", out(0, 3))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("hh", "s", NODE), errors.UnknownNameError, "'hh'.*'h'"),
        (("h", "l", NODE), errors.InformationSetError, "'h' has an action 'l' already"),
        (("h", "s", {"x": NODE}), errors.InformationSetError, "nothing follows 's' at 'y'"),
        (("h", "s", {"x": NODE, "y": NODE, "z": NODE}), errors.UnknownNameError, "'h' 'z'|'z'"),
        (("h", "s", Outcome({"A": 1})), errors.PayoffError, "payoff of B is missing"),
    ],
)
def test_with_move_says_what_is_wrong(arguments: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        attacked().with_move(*arguments)


def test_with_rationality() -> None:
    soft = attacked().with_rationality(0.5)
    assert soft == attacked(rationality=0.5)
    assert soft.with_rationality(None) == attacked()
    assert soft.with_rationality({"B": 1.0}) == soft
    assert soft.with_rationality({"A": None}) == attacked()
    assert entry().with_rationality({"B": 2}) == ExtensiveForm(
        Decision("A", {"out": entry().subtree("out"), "in": _soft(entry().subtree("in"), 2.0)})
    )
    many = attacked().with_rationality(np.array([0.0, 1.0, INF]))
    assert many.shape == (3,)
    assert solve(many)[0].equilibria[0].strategies["A"]["h"] == {"l": 0.5, "r": 0.5}
    assert solve(many)[2].equilibria[0].strategies["A"]["h"] == {"l": 0, "r": 1}


def _soft(node: Any, precision: float) -> Decision:
    return Decision(node.player, node.moves, infoset=node.infoset, rationality=precision)


@pytest.mark.parametrize("method", ["nash", "pure"])
def test_infinite_precision_is_exact_play_for_every_method(method: str) -> None:
    exact = solve(ExtensiveForm(unseen(ul=(1, 1), dr=(2, 2))), method=method)
    endless = solve(ExtensiveForm(unseen(ul=(1, 1), dr=(2, 2))).with_rationality(INF), method=method)
    assert [e.strategies for e in endless.equilibria] == [e.strategies for e in exact.equilibria]


# ------------------------------------------------------------------ expected payoffs


@given(st.data(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_expected_payoffs_against_the_recursion(data: st.DataObject, hidden: bool) -> None:
    sketch = data.draw(sketches(hidden=hidden))
    root, game = write(sketch), tree(sketch)
    strategies = {
        p: {h: dict(zip(a, map(float, data.draw(mixtures(len(a)))), strict=True)) for h, a in own.items()}
        for p, own in reference.infosets(root).items()
    }
    expected, got = reference.expected(root, strategies), game.expected_payoffs(strategies)
    for p in game.players:
        assert got[p] == pytest.approx(expected[p], rel=0, abs=1e-12 * (abs(game.payoffs).max() or 1))


def test_expected_payoffs_from_an_information_set_use_the_beliefs_there() -> None:
    assert attacked().expected_payoffs({"A": "r"}, at="h") == pytest.approx({"A": 3.2, "B": 32})
    game = ExtensiveForm(Chance({"no": (0.5, out(0, 0)), "yes": (0.5, attacked(0.25).subtree())}))
    assert game.expected_payoffs({"A": "l"}, at="h") == pytest.approx({"A": 2.5, "B": 25})
    assert game.expected_payoffs({"A": "l"}) == pytest.approx({"A": 1.25, "B": 12.5})
    assert entry().expected_payoffs({"B": "share"}, at="in") == {"A": 1, "B": 1}
    assert attacked(np.array([0.25, 0.5])).expected_payoffs({"A": "l"}, at="h")["A"] == pytest.approx([2.5, 2])


def test_strategies_may_mix_and_may_skip_what_is_not_reached() -> None:
    game = entry()
    assert game.expected_payoffs({"A": "out"}) == {"A": 0, "B": 2}
    mixed = {"A": {"start": {"in": 0.5, "out": 0.5}}, "B": {"in": {"share": 1}}}
    assert game.expected_payoffs(mixed) == {"A": 0.5, "B": 1.5}
    assert game.expected_payoffs(solve(game).equilibria[0].strategies) == {"A": 1, "B": 1}


@pytest.mark.parametrize(
    ("strategies", "error", "words"),
    [
        ({"A": "in"}, errors.GameError, "B's move at 'in' is missing; expected one of fight, share, or odds"),
        ({"A": "inn", "B": "share"}, errors.GameError, "A's move at 'start' is 'inn'; expected one of out, in"),
        ({"A": {"start": {"in": 0.5}}, "B": "share"}, errors.ProbabilityError, "A at 'start'.*sum 0.5"),
        ({"A": {"start": {"in": 1, "up": 0}}, "B": "share"}, errors.UnknownNameError, "'up'"),
        ({"A": {"start": {"in": 2, "out": -1}}, "B": "share"}, errors.ProbabilityError, "-1"),
        ({"A": {"start": {"in": NAN}}, "B": "share"}, errors.ProbabilityError, "nan"),
    ],
)
def test_strategies_that_are_none_are_refused(strategies: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        entry().expected_payoffs(strategies)


def test_beliefs_that_depend_on_play_are_refused() -> None:
    with pytest.raises(errors.GameError, match="'blind' depend on players' moves"):
        ExtensiveForm(unseen()).expected_payoffs({"A": "u", "B": "l"}, at="blind")
    with pytest.raises(errors.UnknownNameError, match="'hh'"):
        attacked().expected_payoffs({"A": "l"}, at="hh")


# ------------------------------------------------------------------ the normal form and the way back


def test_the_normal_form_of_entry_deterrence() -> None:
    form = entry().to_normal_form()
    assert isinstance(form, NormalForm)
    assert form.players == ("A", "B")
    assert form.actions == (("out", "in"), ("fight", "share"))
    assert form.payoffs.tolist() == [[[0, 0], [-1, 1]], [[2, 2], [-1, 1]]]
    assert form.labels_at(("in", "share")) == ("peace", "trade")


def test_plans_leave_out_what_they_rule_out_themselves() -> None:
    again = Decision("A", {"x": out(1, 0), "y": out(2, 0)})
    form = ExtensiveForm(Decision("A", {"stop": out(0, 0), "go": Decision("B", {"on": again})})).to_normal_form()
    assert form.actions == (("start: stop", "start: go; go / on: x", "start: go; go / on: y"), ("on",))
    assert form.payoffs[0, :, 0].tolist() == [0, 1, 2]


def test_a_player_without_a_move_has_one_plan() -> None:
    form = attacked().to_normal_form()
    assert form.actions == (("l", "r"), ("no move",))
    assert form.payoffs[0, :, 0].tolist() == pytest.approx([2.2, 3.2])


def test_the_normal_form_of_a_batch() -> None:
    p = np.linspace(0, 1, 6).reshape(2, 3)
    form = attacked(p).to_normal_form()
    assert form.shape == (2, 3)
    for index in np.ndindex(2, 3):
        assert np.allclose(form[index].payoffs, attacked(p[index]).to_normal_form().payoffs, rtol=1e-15, atol=0)


@given(st.data(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_profile_of_plans_pays_what_the_tree_pays(data: st.DataObject, hidden: bool) -> None:
    sketch = data.draw(sketches(hidden=hidden))
    root, game = write(sketch), tree(sketch)
    form = game.to_normal_form()
    index = [data.draw(st.integers(0, n - 1)) for n in form.n_actions]
    strategies = plan_strategies(game, form, index)
    scale = abs(game.payoffs).max() or 1
    expected = reference.expected(root, strategies)
    for i, p in enumerate(form.players):
        assert form.payoffs[(i, *index)] == pytest.approx(expected[p], rel=0, abs=1e-12 * scale)


def plan_strategies(game: ExtensiveForm, form: Any, index: list[int]) -> Any:
    """Return the pure plans of a profile by names; where a plan says nothing, anything will do."""
    found = {p: {h: {} for h in own} for p, own in game.infosets.items()}
    for i, k in enumerate(index):
        for where, action in form.plans[i][k]:
            info = game.structure.infosets[where]
            found[form.players[i]][info.name] = {info.actions[action]: 1.0}
    return found


@given(st.data(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_kuhn_the_way_back_leads_to_every_leaf_equally_often(data: st.DataObject, hidden: bool) -> None:
    sketch = data.draw(sketches(hidden=hidden, kinds=("whole",)))
    root, game = write(sketch), tree(sketch)
    form = game.to_normal_form()
    assume(np.prod(form.n_actions) <= 200)
    profile = [data.draw(mixtures(n)) for n in form.n_actions]
    behaviour = form.behaviour(profile)
    named: Any = {p: {} for p in game.players}
    for info, odds in zip(game.structure.infosets, behaviour, strict=True):
        assert odds.min() >= 0
        assert odds.sum() == pytest.approx(1, abs=1e-12)
        named[game.players[info.player]][info.name] = dict(zip(info.actions, map(float, odds), strict=True))
    mixed: dict[Any, float] = {}
    for index in np.ndindex(*form.n_actions):
        weight = float(np.prod([x[k] for x, k in zip(profile, index, strict=True)]))
        for path, p in reference.leaf_odds(root, plan_strategies(game, form, list(index))).items():
            mixed[path] = mixed.get(path, 0.0) + weight * p
    assert reference.leaf_odds(root, named) == pytest.approx(mixed, rel=0, abs=1e-12)


def test_the_way_back_takes_many_profiles_at_once() -> None:
    form = entry().to_normal_form()
    x, y = np.array([[1.0, 0], [0.25, 0.75]]), np.array([[0.5, 0.5], [0, 1.0]])
    start, then = form.behaviour((x, y))
    assert start.tolist() == x.tolist()
    assert then.tolist() == y.tolist()


def test_a_normal_form_that_is_too_large_is_refused_with_its_size() -> None:
    game = centipede(40)
    with pytest.raises(errors.TooLargeError, match=r"21 x 21 plans, 882 payoffs; expected at most 881"):
        game.to_normal_form(limit=881)
    assert game.to_normal_form(limit=882).n_actions == (21, 21)
    wide: Any = Chance({f"e{k}": (1 / 64, Decision("A", {"l": out(0, 0), "r": out(1, 1)})) for k in range(64)})
    with pytest.raises(errors.TooLargeError, match=str(2**64)):
        ExtensiveForm(wide).to_normal_form()


# ------------------------------------------------------------------ depth


def test_two_thousand_moves_need_no_recursion() -> None:
    n = 2000
    game = centipede(n)
    assert len(game.structure.rows) == 2 * n + 1
    answer = solve(game)
    (e,) = answer.equilibria
    assert answer.method == "backward_induction"
    assert e.payoffs == {"A": 2, "B": 0}
    assert e.regret == 0
    assert all(s["take"] == 1 for own in e.strategies.values() for s in own.values())
    assert game == centipede(n)
    assert pickle.loads(pickle.dumps(game)) == game
    assert len(str(game).splitlines()) < 100
    assert game._repr_html_().startswith("<pre>")
    assert "take" in repr(answer)
    assert game.expected_payoffs({"A": "pass", "B": "pass"}) == {"A": n, "B": n}
    assert ExtensiveForm(game.subtree(["pass"] * 1999)).payoffs.tolist() == [[1999, n], [2001, n]]
    assert game.with_rationality(1.0) != game
    with pytest.raises(errors.TooLargeError, match="1001 x 1001 plans, 2004002 payoffs"):
        game.to_normal_form()


# ------------------------------------------------------------------ frozen, equal by value, kept, shown


def test_nodes_and_trees_are_frozen() -> None:
    node = Decision("A", {"l": NODE})
    for thing, name in ((node, "player"), (NODE, "payoffs"), (Chance({"e": (1.0, NODE)}), "moves"), (entry(), "pool")):
        with pytest.raises(AttributeError, match=name):
            setattr(thing, name, None)
    game = attacked(np.array([0.25, 0.5]))
    for value in game.pool:
        if isinstance(value, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                value[0] = 1


def test_a_node_keeps_its_own_copy_of_what_it_was_given() -> None:
    moves, payoffs = {"l": NODE}, {"A": 1, "B": 2}
    node, leaf = Decision("A", moves), Outcome(payoffs)
    moves["r"], payoffs["C"] = NODE, 3
    assert list(node.moves) == ["l"]
    assert leaf.payoffs == {"A": 1, "B": 2}


def test_the_moves_of_a_node_cannot_be_changed() -> None:
    for mapping in (entry().subtree().moves, NODE.payoffs, Chance({"e": (1.0, NODE)}).moves):
        with pytest.raises(TypeError):
            mapping["more"] = NODE  # type: ignore[index]


def test_equality_is_by_value() -> None:
    assert entry() == entry()
    assert attacked() != attacked(0.5)
    assert attacked() != attacked(rationality=1.0)
    assert attacked(rationality=2.0) != attacked(rationality=1.0)
    assert entry() != attacked()
    assert entry() != entry().broadcast_to((1,))
    assert entry() != ExtensiveForm(entry().subtree(), players=("B", "A"))
    assert entry() != entry().with_move("in", "sue", NODE)
    assert entry() != 3
    renamed = Decision("A", {"l": out(0, 0), "r": out(1, 1)}, infoset="x")
    assert ExtensiveForm(renamed) != ExtensiveForm(Decision("A", renamed.moves))
    assert ExtensiveForm(out(0, 0, labels="x")) != ExtensiveForm(out(0, 0))
    with pytest.raises(TypeError):
        hash(entry())


@given(sketches(worlds=2, hidden=True))
@settings(max_examples=30, deadline=None)
def test_a_tree_pickles(sketch: Any) -> None:
    game = tree(sketch)
    for again in (pickle.loads(pickle.dumps(game)), copy.deepcopy(game)):
        assert again == game
        assert again.infosets == game.infosets
        assert str(again) == str(game)
    form = pickle.loads(pickle.dumps(game.to_normal_form()))
    assert form == game.to_normal_form()
    assert form.tree == game


@pytest.mark.parametrize("way", [lambda g: pickle.loads(pickle.dumps(g)), copy.deepcopy], ids=["pickle", "deepcopy"])
def test_a_copy_is_as_frozen_as_the_tree(way: Callable[[ExtensiveForm], ExtensiveForm]) -> None:
    again = way(attacked(np.array([0.25, 0.5])))
    arrays = [v for v in again.pool if isinstance(v, np.ndarray)]
    assert arrays
    assert not any(v.flags.writeable for v in arrays)


def test_repr_str_and_html() -> None:
    game = attacked(np.array([0.2, 0.4]), rationality=1.0)
    assert repr(entry()) == "<ExtensiveForm A, B: 5 nodes, 2 information sets>"
    assert repr(game) == "<ExtensiveForm A, B: 7 nodes, 1 information sets, batch (2,)>"
    assert str(entry()).splitlines() == [
        "ExtensiveForm: A, B; 5 nodes, 2 information sets",
        "start: A moves",
        "  out: A 0, B 2",
        "  in: B moves",
        "    fight: A -1, B -1 [war]",
        "    share: A 1, B 1 [peace, trade]",
    ]
    lines = str(game).splitlines()
    assert lines[0].endswith("batch (2,) (means shown)")
    assert lines[2] == "  x (0.3): A moves at 'h'"
    page = ExtensiveForm(Decision("A", {"<b>": out(0, 0, labels="x&y")}))._repr_html_()
    assert page.startswith("<pre>")
    assert "&lt;b&gt;: A 0, B 0 [x&amp;y]" in page
    assert repr(Decision("A", {"l": NODE}, infoset="h")) == "<Decision of A at 'h': l>"
    assert repr(Chance({"e": (1.0, NODE)})) == "<Chance: e>"
    assert repr(out(1, 2, labels="x")) == "Outcome({'A': 1, 'B': 2}, labels=('x',))"


def test_a_long_tree_is_cut_when_shown() -> None:
    lines = str(centipede(100)).splitlines()
    assert len(lines) == 82
    assert lines[-1] == "... and 121 more nodes"


def test_an_empty_batch_can_be_shown() -> None:
    game = attacked(np.array([0.25, 0.5]))[:0]
    assert "(0,)" in repr(game)
    assert "(0,)" in str(game)
