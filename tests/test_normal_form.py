"""Games in normal form: how they are made, read, cut, joined, kept and shown, and what is refused."""

from __future__ import annotations

import copy
import itertools
import pickle
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decide import NormalForm, errors
from strategies import normal_forms, tables

DILEMMA = {("C", "C"): (3, 3), ("C", "D"): (0, 5), ("D", "C"): (5, 0), ("D", "D"): (1, 1)}
MANY = np.arange(5 * 8.0).reshape(5, 2, 2, 2)


def dilemma(**options: Any) -> NormalForm:
    return NormalForm.from_table(DILEMMA, **options)


def three() -> NormalForm:
    """Three players with 2, 1 and 3 actions; every payoff tells its place."""
    table = {
        (a, b, c): {"X": 100 + i, "Y": 200 + j, "Z": 300 + 10 * i + k}
        for (i, a), (j, b), (k, c) in itertools.product(enumerate("pq"), enumerate("r"), enumerate("stu"))
    }
    return NormalForm.from_table(table, players=("X", "Y", "Z"))


# ------------------------------------------------------------------ making one


def test_a_table_says_everything() -> None:
    game = dilemma()
    assert game.players == ("Row", "Column")
    assert game.actions == (("C", "D"), ("C", "D"))
    assert game.n_actions == (2, 2)
    assert game.shape == ()
    assert game.payoffs.dtype == np.float64
    assert game.payoffs.tolist() == [[[3, 0], [5, 1]], [[3, 5], [0, 1]]]
    assert game.profiles == [("C", "C"), ("C", "D"), ("D", "C"), ("D", "D")]


def test_actions_come_in_the_order_in_which_the_table_first_names_them() -> None:
    table = {("stand", "b"): (1, 2), ("swerve", "b"): (3, 4), ("stand", "a"): (5, 6), ("swerve", "a"): (7, 8)}
    game = NormalForm.from_table(table)
    assert game.actions == (("stand", "swerve"), ("b", "a"))
    assert game.payoffs[0].tolist() == [[1, 5], [3, 7]]
    other = NormalForm.from_table(table, actions=(("swerve", "stand"), ("a", "b")))
    assert other.payoffs[0].tolist() == [[7, 3], [5, 1]]


def test_payoffs_may_be_named_by_player() -> None:
    named = {k: {"B": v[1], "A": v[0]} for k, v in DILEMMA.items()}
    assert NormalForm.from_table(named, players=("A", "B")) == dilemma(players=("A", "B"))


def test_three_players() -> None:
    game = three()
    assert game.n_actions == (2, 1, 3)
    assert game.payoffs.shape == (3, 2, 1, 3)
    for index in np.ndindex(2, 1, 3):
        assert game.payoffs[(0, *index)] == 100 + index[0]
        assert game.payoffs[(1, *index)] == 200 + index[1]
        assert game.payoffs[(2, *index)] == 300 + 10 * index[0] + index[2]


def test_one_player() -> None:
    game = NormalForm.from_table({"stay": 1, "go": 2})
    assert game == NormalForm.from_table({("stay",): (1,), ("go",): (2,)})
    assert game == NormalForm([[1, 2]], actions=[("stay", "go")])
    assert game.players == ("1",)
    assert game.actions == (("stay", "go"),)
    assert game.payoffs.tolist() == [[1, 2]]


def test_one_action_is_enough() -> None:
    game = NormalForm.bimatrix([[1, 2, 3]], [[4, 5, 6]])
    assert game.actions == (("0",), ("0", "1", "2"))
    assert game.payoffs.tolist() == [[[1, 2, 3]], [[4, 5, 6]]]
    assert NormalForm.from_table({("only", "only"): (1, 2)}).payoffs.shape == (2, 1, 1)


def test_default_names() -> None:
    assert NormalForm(np.zeros((2, 2, 3))).players == ("Row", "Column")
    assert NormalForm(np.zeros((2, 2, 3))).actions == (("0", "1"), ("0", "1", "2"))
    assert NormalForm(np.zeros((3, 2, 2, 2))).players == ("1", "2", "3")


def test_bimatrix_and_zero_sum() -> None:
    A, B = np.array([[3, 0], [5, 1]]), np.array([[3, 5], [0, 1]])
    game = NormalForm.bimatrix(A, B)
    assert game == NormalForm(np.stack([A, B]))
    assert game.players == ("Row", "Column")
    assert game.actions == (("0", "1"), ("0", "1"))
    assert game.payoffs.tolist() == [A.tolist(), B.tolist()]
    assert NormalForm.zero_sum(A) == NormalForm.bimatrix(A, -A)
    named = NormalForm.bimatrix(A, B, players=("us", "them"), actions=[["C", "D"], ["C", "D"]])
    assert named == dilemma(players=("us", "them"))


@given(normal_forms())
@settings(max_examples=50, deadline=None)
def test_the_table_of_a_game_makes_the_game(game: NormalForm) -> None:
    table = {
        profile: {p: float(game.payoffs[(i, *index)]) for i, p in enumerate(game.players)}
        for profile, index in zip(game.profiles, np.ndindex(*game.n_actions), strict=True)
    }
    assert NormalForm.from_table(table, players=game.players) == game


def test_outcomes_are_the_profiles_unless_named() -> None:
    assert dilemma().labels_at(("C", "D")) == (("C", "D"),)
    labels = {p: "peace" if p == ("C", "C") else ("war", p[0]) for p in DILEMMA}
    game = dilemma(outcomes=labels)
    assert game.labels_at(("C", "C")) == ("peace",)
    assert game.labels_at(("D", "C")) == ("war", "D")
    assert game != dilemma()


# ------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("given_as", "value", "kept"),
    [
        (2, 2.0, None),
        (True, 1.0, None),
        (np.int8(-3), -3.0, None),
        (Fraction(1, 4), 0.25, None),
        (Decimal("2.5"), 2.5, None),
        ("3/2", 1.5, None),
        (0.1, 0.1, None),
        (Fraction(1, 3), 1 / 3, Fraction(1, 3)),
        ("1/3", 1 / 3, Fraction(1, 3)),
        (Decimal("0.1"), 0.1, Fraction(1, 10)),
        ("0.1", 0.1, Fraction(1, 10)),
        (2**53 + 1, float(2**53), Fraction(2**53 + 1)),
    ],
)
def test_every_kind_of_number_becomes_a_float_and_exact_ones_are_kept(given_as: Any, value: float, kept: Any) -> None:
    game = NormalForm.from_table({("a", "b"): (given_as, 0), ("a", "c"): (1, 2)})
    other = NormalForm.bimatrix([[given_as, 1]], [[0, 2]], actions=[["a"], ["b", "c"]])
    for made in (game, other):
        assert made.payoffs.dtype == np.float64
        assert made.payoffs[0, 0, 0] == value
        assert (made.exact is None) == (kept is None)
        if kept is not None:
            assert made.exact is not None
            assert made.exact[0, 0, 0] == kept
            assert made.exact[1, 0, 1] == 2


def test_exact_payoffs_survive_what_is_done_to_one_game() -> None:
    game = NormalForm.zero_sum([["1/3", 1], [0, "2/3"]])
    assert game.exact is not None
    assert game.exact[1, 1, 1] == Fraction(-2, 3)
    larger = game.with_action("Row", "new", {"0": ("1/7", 0), "1": (0, 0)})
    assert larger.exact is not None
    assert larger.exact[0, 0, 0] == Fraction(1, 3)
    assert larger.exact[0, 2, 0] == Fraction(1, 7)
    back = pickle.loads(pickle.dumps(game))
    assert back == game
    assert back.exact is not None
    assert back.exact[0, 0, 0] == Fraction(1, 3)
    assert game != NormalForm.zero_sum([[1 / 3, 1], [0, 2 / 3]])


def test_exact_payoffs_cannot_be_written_to() -> None:
    game = NormalForm.zero_sum([["1/3", 1]])
    assert game.exact is not None
    with pytest.raises(ValueError, match="read-only"):
        game.exact[0, 0, 0] = Fraction(0)


# ------------------------------------------------------------------ batches


def test_arrays_in_a_table_make_a_batch_of_their_broadcast_shape() -> None:
    pride, crash = np.array([1.0, 2.0, 3.0]), np.array([[-10], [-20]])
    game = NormalForm.from_table(
        {
            ("swerve", "swerve"): (0, 0),
            ("swerve", "stand"): (-pride, pride),
            ("stand", "swerve"): (pride, -pride),
            ("stand", "stand"): (crash, crash),
        }
    )
    assert game.shape == (2, 3)
    assert game.payoffs.shape == (2, 3, 2, 2, 2)
    assert game.payoffs[1, 2].tolist() == [[[0, -3], [3, -20]], [[0, 3], [-3, -20]]]
    assert game.exact is None


def test_batches_of_matrices() -> None:
    game = NormalForm(MANY, players=("a", "b"))
    assert game.shape == (5,)
    assert NormalForm.bimatrix(MANY[:, 0], MANY[:, 1], players=("a", "b")) == game
    one = NormalForm.bimatrix(MANY[:, 0], MANY[0, 1])
    assert one.shape == (5,)
    assert np.array_equal(one.payoffs[3], np.stack([MANY[3, 0], MANY[0, 1]]))
    assert NormalForm.zero_sum(MANY).shape == (5, 2)


def test_cells_of_matrices_may_be_arrays() -> None:
    x, y = np.array([1.0, 2.0, 3.0]), np.array([[10.0], [20.0]])
    game = NormalForm.bimatrix([[x, 0], [1, y]], [[0, 1], [2, 3]])
    assert game.shape == (2, 3)
    assert game.payoffs[1, 2].tolist() == [[[3, 0], [1, 20]], [[0, 1], [2, 3]]]
    assert np.array_equal(NormalForm.zero_sum([[x, 0]]).payoffs[:, 1, 0], np.stack([-x, 0 * x], axis=-1))
    with pytest.raises(errors.PayoffError, match=r"\(2,\).*\(3,\)"):
        NormalForm.bimatrix([[np.zeros(2), np.zeros(3)]], [[0, 0]])


def test_a_batch_lies_side_by_side_in_memory() -> None:
    made = NormalForm(MANY, players=("a", "b"))
    tabled = NormalForm.from_table({("u", "l"): (MANY[:, 0, 0, 0], 0), ("u", "r"): (1, 2)})
    for game in (made, tabled):
        assert game.payoffs.strides[0] == 8
        entries = game.entries()
        assert entries.flags.c_contiguous
        assert entries.shape == (2, *game.n_actions, 5)
        assert np.array_equal(np.moveaxis(entries, -1, 0), game.payoffs)


def test_a_batch_is_indexed_like_an_array() -> None:
    game = NormalForm(MANY, players=("a", "b"), actions=(("u", "d"), ("l", "r")))
    for index in (0, -1, np.int64(2)):
        assert game[index] == NormalForm(MANY[index], players=("a", "b"), actions=game.actions)
    mask = np.array([True, False, True, False, False])
    for index in (slice(1, 4), mask, [3, 3, 0], np.array([4])):
        assert game[index] == NormalForm(MANY[index], players=("a", "b"), actions=game.actions)
    wide = NormalForm(MANY.reshape(1, 5, 2, 2, 2), players=("a", "b"))
    assert wide[0].shape == (5,)
    assert np.array_equal(wide[0, 3].payoffs, MANY[3])
    assert np.array_equal(wide[:, 3].payoffs, MANY[3:4])
    assert [np.array_equal(g.payoffs, table) for g, table in zip(game, MANY, strict=True)] == [True] * 5
    with pytest.raises(IndexError):
        game[5]


def test_a_single_game_is_not_indexed() -> None:
    with pytest.raises(errors.GameError, match="not a batch"):
        dilemma()[0]


def test_an_empty_batch_is_a_batch() -> None:
    game = NormalForm(np.zeros((0, 2, 2, 2)), players=("a", "b"))
    assert game.shape == (0,)
    assert game == NormalForm(MANY, players=("a", "b"))[:0]
    assert game.entries().shape == (2, 2, 2, 0)
    assert "(0,)" in repr(game)


@pytest.mark.parametrize("show", [str, lambda game: game._repr_html_()], ids=["str", "html"])
def test_an_empty_batch_can_be_shown(show: Callable[[NormalForm], str]) -> None:
    assert "(0,)" in show(NormalForm(MANY, players=("a", "b"))[:0])


def test_broadcast_to_copies_nothing() -> None:
    game = dilemma()
    many = game.broadcast_to((4, 3))
    assert many.shape == (4, 3)
    assert np.shares_memory(many.payoffs, game.payoffs)
    assert many[2, 1] == game
    assert game.broadcast_to(()) is game
    with pytest.raises(ValueError, match="broadcast"):
        NormalForm(MANY, players=("a", "b")).broadcast_to((3,))


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_stack_is_the_way_back_from_indexing(data: st.DataObject) -> None:
    batch = data.draw(normal_forms(batch=(3,)))
    assert NormalForm.stack([batch[k] for k in range(3)]) == batch


def test_stack_refuses_games_that_differ() -> None:
    with pytest.raises(errors.GameError, match="differ"):
        NormalForm.stack([dilemma(), dilemma(players=("a", "b"))])
    with pytest.raises(errors.GameError, match="differ"):
        NormalForm.stack([dilemma(), NormalForm(np.zeros((2, 2, 2)))])
    with pytest.raises(errors.GameError, match="differ"):
        NormalForm.stack([dilemma(), dilemma(outcomes=dict.fromkeys(DILEMMA, "x"))])


def test_stack_of_nothing_is_refused() -> None:
    with pytest.raises(errors.GameError):
        NormalForm.stack([])


# ------------------------------------------------------------------ one action more


def test_with_action_adds_an_action_and_keeps_the_rest() -> None:
    game = dilemma().with_action("Row", "wait", {"C": (2, 2), "D": {"Column": 7, "Row": 6}})
    assert game.actions == (("C", "D", "wait"), ("C", "D"))
    assert game.payoffs[:, :2].tolist() == dilemma().payoffs.tolist()
    assert game.payoffs[:, 2].tolist() == [[2, 6], [2, 7]]
    other = dilemma().with_action("Column", "wait", {("C",): (2, 4), ("D",): (6, 8)})
    assert other.actions == (("C", "D"), ("C", "D", "wait"))
    assert other.payoffs[:, :, 2].tolist() == [[2, 6], [4, 8]]


def test_with_action_of_three_players() -> None:
    game = three().with_action("Y", "new", {(a, c): (1, 2, 3) for a in "pq" for c in "stu"})
    assert game.actions == (("p", "q"), ("r", "new"), ("s", "t", "u"))
    assert np.array_equal(game.payoffs[:, :, :1], three().payoffs)
    assert game.payoffs[:, 1, 1, 2].tolist() == [1, 2, 3]


def test_with_action_of_one_player() -> None:
    game = NormalForm.from_table({"stay": 1, "go": 2}).with_action("1", "run", {(): 3})
    assert game == NormalForm.from_table({"stay": 1, "go": 2, "run": 3})


def test_with_action_of_a_batch() -> None:
    game = NormalForm(MANY, players=("a", "b"))
    larger = game.with_action("a", "new", {"0": (np.arange(5.0), 0), "1": (1, 2)})
    assert larger.shape == (5,)
    assert np.array_equal(larger.payoffs[:, :, :2], MANY)
    assert larger.payoffs[3, 0, 2].tolist() == [3, 1]
    assert larger.payoffs.strides[0] == 8


def test_with_action_keeps_outcome_labels() -> None:
    game = dilemma(outcomes={p: "peace" if p == ("C", "C") else ("war", p[0]) for p in DILEMMA})
    larger = game.with_action("Row", "wait", {"C": (2, 2), "D": (0, 0)})
    assert larger.labels_at(("D", "C")) == ("war", "D")
    assert larger.labels_at(("wait", "C")) == (("wait", "C"),)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("Row", "C", {"C": (0, 0), "D": (0, 0)}), errors.GameError, "'C'"),
        (("Rowe", "w", {"C": (0, 0), "D": (0, 0)}), errors.UnknownNameError, "'Rowe'.*'Row'"),
        (("Row", "w", {"C": (0, 0)}), errors.PayoffError, r"\(w, D\)"),
        (("Row", "w", {"C": (0, 0), "D": (0, 0), "E": (0, 0)}), errors.UnknownNameError, "E"),
        (("Row", "w", {"C": (0, 0), "D": (0, float("nan"))}), errors.PayoffError, r"Column at \(w, D\) is nan"),
        (("Row", "w", {"C": (0, 0), "D": (0,)}), errors.PayoffError, r"\(w, D\)"),
        (("Row", "w", {"C": (0, 0), "D": {"Row": 1}}), errors.PayoffError, "Column is missing"),
        (("Row", "", {"C": (0, 0), "D": (0, 0)}), errors.GameError, "non-empty"),
    ],
)
def test_with_action_says_what_is_wrong(arguments: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        dilemma().with_action(*arguments)


# ------------------------------------------------------------------ frozen, equal by value, kept


def test_a_game_is_frozen() -> None:
    game = dilemma()
    with pytest.raises(AttributeError):
        game.players = ("a", "b")  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        game.payoffs[0, 0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        NormalForm(MANY, players=("a", "b"))[0].payoffs[0, 0, 0] = 1.0
    labelled = dilemma(outcomes=dict.fromkeys(DILEMMA, "x"))
    assert labelled.outcomes is not None
    with pytest.raises(TypeError):
        labelled.outcomes["C", "C"] = ("y",)  # type: ignore[index]


def test_a_game_owns_its_numbers() -> None:
    mine = MANY.copy()
    game, tabled = NormalForm(mine, players=("a", "b")), NormalForm.from_table({"x": mine[:, 0, 0, 0], "y": 1})
    mine[:] = -1
    assert np.array_equal(game.payoffs, MANY)
    assert np.array_equal(tabled.payoffs[:, 0, 0], MANY[:, 0, 0, 0])
    assert mine.flags.writeable


def test_equality_is_by_value() -> None:
    assert dilemma() == dilemma()
    assert dilemma() != dilemma(players=("a", "b"))
    assert dilemma() != dilemma(outcomes=dict.fromkeys(DILEMMA, "x"))
    assert dilemma() != NormalForm(dilemma().payoffs)
    assert dilemma() != NormalForm.from_table({**DILEMMA, ("D", "D"): (1, 2)})
    assert dilemma() != dilemma().broadcast_to((1,))
    assert dilemma() != "dilemma"
    with pytest.raises(TypeError):
        hash(dilemma())


@given(normal_forms(), st.booleans())
@settings(max_examples=30, deadline=None)
def test_a_game_pickles(game: NormalForm, batch: bool) -> None:
    game = game.broadcast_to((2,)) if batch else game
    for again in (pickle.loads(pickle.dumps(game)), copy.deepcopy(game), copy.copy(game)):
        assert again == game
        assert again.players == game.players
        assert again.labels_at(game.profiles[0]) == game.labels_at(game.profiles[0])


@pytest.mark.parametrize("way", [lambda g: pickle.loads(pickle.dumps(g)), copy.deepcopy], ids=["pickle", "deepcopy"])
def test_a_copy_is_as_frozen_as_the_game(way: Callable[[NormalForm], NormalForm]) -> None:
    again = way(NormalForm(MANY, players=("a", "b")))
    with pytest.raises(ValueError, match="read-only"):
        again.payoffs[0, 0, 0, 0] = 7.0


# ------------------------------------------------------------------ shown, handed on


def test_repr_and_str() -> None:
    assert repr(dilemma()) == "<NormalForm 2 x 2: Row, Column>"
    assert repr(NormalForm(MANY, players=("a", "b"))) == "<NormalForm 2 x 2: a, b, batch (5,)>"
    assert str(dilemma()).splitlines() == [
        "NormalForm: Row x Column",
        "Row \\ Column |    C |    D",
        "C            | 3, 3 | 0, 5",
        "D            | 5, 0 | 1, 1",
    ]
    assert str(NormalForm(MANY, players=("a", "b"))).splitlines()[0] == "NormalForm: a x b, the first of a batch (5,)"
    assert str(NormalForm.from_table({"stay": 1, "go": 2.5})).splitlines() == [
        "NormalForm: 1",
        "1      | stay |  go",
        "payoff |    1 | 2.5",
    ]


def test_three_players_are_shown_with_the_last_across() -> None:
    lines = str(three()).splitlines()
    assert lines[1].split("|")[0].strip() == "X / Y \\ Z"
    assert [cell.strip() for cell in lines[1].split("|")[1:]] == ["s", "t", "u"]
    assert [cell.strip() for cell in lines[3].split("|")] == ["q / r", *(f"101, 200, {310 + k}" for k in range(3))]


def test_html_is_a_table_with_names_escaped() -> None:
    page = NormalForm.from_table({("<a>", "b"): (1, 2), ("<a>", "c&d"): (3, 4)})._repr_html_()
    assert page.startswith("<table>")
    assert page.count("<tr>") == 2
    assert "<th>&lt;a&gt;</th><td>1, 2</td><td>3, 4</td>" in page
    assert "<th>b</th><th>c&amp;d</th>" in page
    assert "<a>" not in page
    assert "first of a batch (5,)" in NormalForm(MANY, players=("a", "b"))._repr_html_()


def test_to_nashpy() -> None:
    theirs = dilemma().to_nashpy()
    assert [m.tolist() for m in theirs.payoff_matrices] == dilemma().payoffs.tolist()
    theirs.payoff_matrices[0][0, 0] = 9
    assert dilemma().payoffs[0, 0, 0] == 3
    for other in (three(), NormalForm(MANY, players=("a", "b"))):
        with pytest.raises(errors.GameError, match="one two-player game"):
            other.to_nashpy()


# ------------------------------------------------------------------ what is refused

NAN, INF = float("nan"), float("inf")
ONE = {("a", "b"): (0, 0)}

BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    # numbers
    (lambda: NormalForm.from_table({("a", "b"): (0, NAN)}), errors.PayoffError, r"Column at \(a, b\) is nan.*finite"),
    (lambda: NormalForm.from_table({("a", "b"): (-INF, 0)}), errors.PayoffError, r"Row at \(a, b\) is -inf.*finite"),
    (lambda: NormalForm.bimatrix([[0, NAN]], [[0, 0]]), errors.PayoffError, "nan.*finite"),
    (lambda: NormalForm.bimatrix([[0, 0]], [[-INF, INF]]), errors.PayoffError, "inf.*finite"),
    (lambda: NormalForm.from_table({("a", "b"): ("x", 0)}), errors.PayoffError, r"Row at \(a, b\) is 'x'.*a number"),
    (lambda: NormalForm.from_table({("a", "b"): (None, 0)}), errors.PayoffError, r"Row at \(a, b\) is None.*a number"),
    (lambda: NormalForm.from_table({("a", "b"): (1j, 0)}), errors.PayoffError, r"Row at \(a, b\) is 1j.*a number"),
    (lambda: NormalForm.bimatrix([["x"]], [[0]]), errors.PayoffError, "x"),
    (lambda: NormalForm.bimatrix([["1/0"]], [[0]]), errors.PayoffError, "1/0"),
    (lambda: NormalForm.bimatrix([[1j]], [[0]]), errors.PayoffError, "complex"),
    (lambda: NormalForm.bimatrix([[None]], [[0]]), errors.PayoffError, "None"),
    (lambda: NormalForm.zero_sum([[None, 1]]), errors.PayoffError, "None"),
    (lambda: NormalForm.zero_sum([[Fraction(1, 3), "x"]]), errors.PayoffError, "x"),
    (lambda: NormalForm.bimatrix([[10**400]], [[0]]), errors.PayoffError, "expected a"),
    (lambda: NormalForm.bimatrix([[1.7e308, -1.7e308]], [[0, 0]]), errors.PayoffError, r"1.7e\+308.*expected"),
    (lambda: NormalForm.from_table({("a", "b"): (0, -1e301)}), errors.PayoffError, r"Column at \(a, b\) is -1e\+301"),
    # shapes
    (lambda: NormalForm.bimatrix([[1, 2], [3]], [[1, 2], [3, 4]]), errors.PayoffError, "ragged"),
    (lambda: NormalForm([[[1, 2], [3]], [[1, 2], [3, 4]]]), errors.PayoffError, "ragged"),
    (lambda: NormalForm.bimatrix([[1, 2]], [[1], [2]]), errors.PayoffError, r"\(1, 2\).*\(2, 1\)"),
    (lambda: NormalForm.bimatrix([1, 2], [1, 2]), errors.PayoffError, r"A has shape \(2,\)"),
    (lambda: NormalForm.bimatrix(np.zeros((2, 1, 1)), np.zeros((3, 1, 1))), errors.PayoffError, r"\(2,\).*\(3,\)"),
    (lambda: NormalForm(np.zeros((3, 2, 2))), errors.PayoffError, r"\(3, 2, 2\).*n_players"),
    (lambda: NormalForm(np.zeros((5, 2, 2, 2))), errors.PayoffError, r"\(5, 2, 2, 2\).*players="),
    (lambda: NormalForm(np.zeros((2, 2, 2)), players=("a", "b", "c")), errors.PayoffError, r"\(2, 2, 2\).*3"),
    (lambda: NormalForm(np.zeros((2, 2, 2)), players=()), errors.GameError, "expected"),
    (lambda: NormalForm(5), errors.PayoffError, "expected"),
    (lambda: NormalForm([1, 2]), errors.PayoffError, r"\(2,\)"),
    (lambda: NormalForm.from_table({("a", "b"): (np.zeros(3), np.zeros(2))}), errors.PayoffError, r"\(2,\), \(3,\)"),
    (lambda: NormalForm.from_table({("a", "b"): 3}), errors.PayoffError, r"\(a, b\) are 3; expected 2"),
    (lambda: NormalForm.from_table({("a", "b"): (1, 2, 3)}), errors.PayoffError, r"\(a, b\).*expected 2"),
    (lambda: NormalForm.from_table({("a", "b"): "12"}), errors.PayoffError, r"\(a, b\) are '12'"),
    # profiles
    (lambda: NormalForm.from_table({}), errors.GameError, "empty"),
    (lambda: NormalForm.from_table([(1, 2)]), errors.GameError, r"\[\(1, 2\)\]; expected a mapping"),
    (lambda: NormalForm.from_table({(): ()}), errors.GameError, r"\(\)"),
    (lambda: NormalForm.from_table({**ONE, ("c", "d"): (0, 0)}), errors.PayoffError, r"\(a, d\) has no payoffs"),
    (lambda: NormalForm.from_table({**ONE, ("c",): (0, 0)}), errors.GameError, r"\('c',\) has 1.*expected 2"),
    (lambda: NormalForm.from_table(ONE, actions=(("a",), ("B",))), errors.UnknownNameError, "'b'.*Column|Column.*'b'"),
    (lambda: NormalForm.from_table({("a", "b"): {"Row": 1}}), errors.PayoffError, r"Column is missing at \(a, b\)"),
    (lambda: NormalForm.from_table({("a", "b"): {"Row": 1, "Col": 2}}), errors.UnknownNameError, "'Col'.*'Column'"),
    # actions and names
    (lambda: NormalForm(np.zeros((2, 0, 2))), errors.GameError, "Row has no action"),
    (lambda: NormalForm.bimatrix([[]], [[]]), errors.GameError, "Column has no action"),
    (lambda: NormalForm.from_table(ONE, actions=(("a",), ())), errors.GameError, "Column has no action"),
    (lambda: NormalForm.from_table(ONE, actions=(("a", "a"), ("b",))), errors.GameError, "Row 'a' is named twice"),
    (lambda: NormalForm(np.zeros((2, 2, 2)), actions=(("a", "a"), ("b", "c"))), errors.GameError, "'a' is named twice"),
    (lambda: NormalForm(np.zeros((2, 2, 2)), actions=(("a", "b"),)), errors.GameError, "1 players; expected 2"),
    (lambda: NormalForm(np.zeros((2, 2, 2)), actions=(("a",), ("b", "c"))), errors.GameError, r"\(1, 2\).*\(2, 2\)"),
    (lambda: NormalForm(np.zeros((2, 2, 2)), players=("a", "a")), errors.GameError, "'a' is named twice"),
    (lambda: NormalForm(np.zeros((2, 2, 2)), players=("a", 1)), errors.GameError, "name is 1"),
    (lambda: NormalForm(np.zeros((2, 2, 2)), players=("a", "")), errors.GameError, "''"),
    (lambda: NormalForm(np.zeros((2, 2, 2)), players="AB"), errors.GameError, "AB"),
    (lambda: NormalForm.from_table(ONE, players=("a", "b", "c")), errors.GameError, "2 actions; expected 3"),
    (lambda: NormalForm.from_table({(1, "b"): (0, 0)}), errors.GameError, "name is 1"),
    # outcomes
    (lambda: NormalForm.from_table(ONE, outcomes={("a", "b"): 3}), errors.GameError, r"\(a, b\).* 3; expected"),
    (lambda: NormalForm.from_table(ONE, outcomes={}), errors.GameError, r"no label for \(a, b\)"),
    (
        lambda: NormalForm.from_table(ONE, outcomes={("a", "b"): "x", ("a", "c"): "y"}),
        errors.UnknownNameError,
        "outcomes",
    ),
]


@pytest.mark.parametrize(("make", "error", "words"), BAD, ids=range(len(BAD)))
def test_bad_input_is_named(make: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        make()
    assert isinstance(caught.value, errors.DecideError)
    assert "np.float64" not in str(caught.value)


@given(tables(batch=(4,)), st.sampled_from([NAN, INF, -INF]), st.data())
@settings(max_examples=30, deadline=None)
def test_the_error_says_which_games_of_a_batch_are_at_fault(table: np.ndarray, bad: float, data: st.DataObject) -> None:
    n = table.ndim - 2
    place = data.draw(st.tuples(*(st.integers(0, size - 1) for size in table.shape)))
    table[place] = bad
    with pytest.raises(errors.PayoffError, match=str(bad).lstrip("-")) as caught:
        NormalForm(table, players=[f"p{k}" for k in range(n)])
    assert caught.value.draws.tolist() == [k == place[0] for k in range(4)]
    with pytest.raises(errors.PayoffError, match="payoff of 1 at") as caught:
        NormalForm.from_table({"x": np.array([0, bad, 0]), "y": 0})
    assert caught.value.draws.tolist() == [False, True, False]


def test_the_value_in_a_batch_error_reads_as_a_number() -> None:
    with pytest.raises(errors.PayoffError, match="is nan in 1 of 2 games"):
        NormalForm.from_table({"x": np.array([0, NAN]), "y": 0})


def test_cells_of_a_matrix_may_be_arrays() -> None:
    x, y = np.array([0.1, 0.2]), np.array([0.6, 0.7])
    batch = NormalForm.bimatrix([[x, y], [y, 3 * x]], [[x, 0], [1 - x, y]])
    assert batch.shape == (2,)
    for k in range(2):
        a, b = float(x[k]), float(y[k])
        assert batch[k] == NormalForm.bimatrix([[a, b], [b, 3 * a]], [[a, 0], [1 - a, b]])
    assert NormalForm.zero_sum([[x]]).payoffs.tolist() == [[[[0.1]], [[-0.1]]], [[[0.2]], [[-0.2]]]]
    with pytest.raises(errors.PayoffError, match="broadcast"):
        NormalForm.bimatrix([[x, np.zeros(3)]], [[0, 0]])


@pytest.mark.parametrize("payoff", [1e301, -1e308])
def test_payoffs_whose_differences_overflow_are_refused(payoff: float) -> None:
    with pytest.raises(errors.PayoffError, match="at most"):
        NormalForm.bimatrix([[payoff, 0]], [[0, 0]])
    with pytest.raises(errors.PayoffError, match="at most"):
        NormalForm.from_table({("a",): payoff}, players=("A",))
