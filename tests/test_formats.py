"""Files: what is written is read back, the field's own examples are read, and what is broken is named and placed."""

from __future__ import annotations

import gc
import importlib.util
import math
import re
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import decide
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, errors
from decide.games.formats import parse, render
from decide.games.formats_efg import exact_odds
from decide.games.formats_tokens import distinct, quoted, written
from strategies import End, mixtures, normal_forms, rewrite, sketches, tree

SELTEN = """NFG 1 R "Selten (IJGT, 75), Figure 2, normal form"
{ "Player 1" "Player 2" } { 3 2 }

1 1 0 2 0 2 1 1 0 3 2 0
"""
SELTEN_OUTCOMES = """NFG 1 R "Selten (IJGT, 75), Figure 2, normal form" { "Player 1" "Player 2" }

{
{ "1" "2" "3" }
{ "1" "2" }
}

{
{ "" 1, 1 }
{ "" 0, 2 }
{ "" 0, 2 }
{ "" 1, 1 }
{ "" 0, 3 }
{ "" 2, 0 }
}
1 2 3 4 5 6
"""
POKER = """EFG 2 R "One-card poker, after Myerson (1991)" { "Fred" "Alice" }
"Fred sees a card; red is good for him."

c "deal" 1 "" { "Red" 1/2 "Black" 1/2 } 0
p "" 1 1 "red" { "Raise" "Fold" } 0
p "" 2 1 "raised" { "Meet" "Pass" } 0
t "" 1 "Win Big" { 2, -2 }
t "" 2 "Win" { 1, -1 }
t "" 2 "Win" { 1, -1 }
p "" 1 2 "black" { "Raise" "Fold" } 0
p "" 2 1 0
t "" 3 "Lose Big" { -2, 2 }
t "" 2
t "" 4 "Lose" { -1 1 }
"""
BAYES = """EFG 2 R "General Bayes game, one stage" { "Player 1" "Player 2" }
c "ROOT" 1 "(0,1)" { "1G" 0.500000 "1B" 0.500000 } 0
c "" 2 "(0,2)" { "2g" 0.500000 "2b" 0.500000 } 0
p "" 1 1 "(1,1)" { "H" "L" } 0
p "" 2 1 "(2,1)" { "h" "l" } 0
t "" 1 "Outcome 1" { 10.000000 2.000000 }
t "" 2 "Outcome 2" { 0.000000 10.000000 }
p "" 2 1 "(2,1)" { "h" "l" } 0
t "" 3 "Outcome 3" { 2.000000 4.000000 }
t "" 4 "Outcome 4" { 4.000000 0.000000 }
p "" 1 1 "(1,1)" { "H" "L" } 0
p "" 2 2 "(2,2)" { "h" "l" } 0
t "" 5 "Outcome 5" { 10.000000 2.000000 }
t "" 6 "Outcome 6" { 0.000000 10.000000 }
p "" 2 2 "(2,2)" { "h" "l" } 0
t "" 7 "Outcome 7" { 2.000000 4.000000 }
t "" 8 "Outcome 8" { 4.000000 0.000000 }
t "" 0
"""

#: Any text that a file can hold as a name.
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6).filter(
    lambda s: not s.endswith("\\") and '\\"' not in s
)
FLOATS = st.floats(-1e300, 1e300, allow_nan=False)


def bits(values: Any) -> bytes:
    """All bits of some floats, the sign of nought included."""
    return np.ascontiguousarray(values, dtype=np.float64).tobytes()


def table(text: str) -> NormalForm:
    game = parse(text)
    assert isinstance(game, NormalForm)
    return game


def form(text: str) -> ExtensiveForm:
    game = parse(text)
    assert isinstance(game, ExtensiveForm)
    return game


def nfg(body: str, actions: str = "{ 1 1 }", players: str = '"A" "B"') -> str:
    return f'NFG 1 R "t" {{ {players} }} {actions} {body}'


def efg(body: str, players: str = '"A" "B"') -> str:
    return f'EFG 2 R "t" {{ {players} }}\n{body}'


# ------------------------------------------------------------------ the field's own files


def test_a_prisoners_dilemma_is_read_with_the_first_player_fastest() -> None:
    game = table('NFG 1 R "PD" { "Row" "Col" } { { "C" "D" } { "C" "D" } }\n""\n\n3 3 5 0 0 5 1 1')
    wanted = {("C", "C"): (3, 3), ("D", "C"): (5, 0), ("C", "D"): (0, 5), ("D", "D"): (1, 1)}
    assert game == NormalForm.from_table(wanted, players=("Row", "Col"), actions=(("C", "D"), ("C", "D")))
    (found,) = decide.solve(game, method="pure").equilibria
    assert found.payoffs == {"Row": 1, "Col": 1}


def test_the_payoff_and_the_outcome_form_of_one_game_are_one_game() -> None:
    flat, named = table(SELTEN), table(SELTEN_OUTCOMES)
    assert flat == named
    assert flat.players == ("Player 1", "Player 2")
    assert flat.actions == (("1", "2", "3"), ("1", "2"))
    assert flat.payoffs.tolist() == [[[1, 1], [0, 0], [0, 2]], [[1, 1], [2, 3], [2, 0]]]


def test_three_players_stand_in_the_order_of_the_file() -> None:
    numbers = " ".join(map(str, range(36)))
    game = table(nfg(numbers, "{ 2 3 2 }", '"A" "B" "C"'))
    for a, b, c in np.ndindex(2, 3, 2):
        place = a + 2 * b + 6 * c
        assert game.payoffs[:, a, b, c].tolist() == [3 * place, 3 * place + 1, 3 * place + 2]


def test_poker_has_its_value() -> None:
    game = form(POKER)
    assert game.players == ("Fred", "Alice")
    assert game.infosets == {"Fred": ("red", "black"), "Alice": ("raised",)}
    assert game.outcomes == ("Win Big", "Win", "Lose Big", "Lose")
    (found,) = decide.solve(game.to_normal_form(), method="nash").equilibria
    assert found.payoffs["Fred"] == pytest.approx(1 / 3)  # Myerson (1991), section 2.1: raise with red, bluff 1/3


def test_the_documented_bayesian_game_is_read() -> None:
    game = form(BAYES)
    assert len(game.structure.leaves) == 9
    assert game.infosets == {"Player 1": ("(1,1)",), "Player 2": ("(2,1)", "(2,2)")}
    assert game.payoffs[:, :4].tolist() == [[10, 0, 2, 4], [2, 10, 4, 0]]
    assert game.payoffs[:, -1].tolist() == [0, 0]


# ------------------------------------------------------------------ what the format allows


def test_space_means_nothing_outside_quotation_marks() -> None:
    words = re.findall(r'"[^"]*"|[^\s{},"]+|[{},]', POKER)
    assert form("\r\n\t\v".join(words)) == form(POKER)
    assert form(" ".join(words)) == form(POKER)
    tight = POKER.replace(" { ", "{").replace(" }", "}")
    assert tight != POKER
    assert form(tight) == form(POKER)


def test_quotation_marks_and_line_ends_inside_names() -> None:
    game = table('NFG 1 R "a \\"title\\"\n { } 1" { "the \\"A\\"" "B\\C, {x}\ny" } { 1 1 } "a\n\ncomment" 1 2')
    assert game.players == ('the "A"', "B\\C, {x}\ny")


def test_numbers_of_every_kind_are_exact() -> None:
    game = table(nfg("1/3 -2/6 .5 5. +7 1.5e3 1e-3 -4", "{ 2 2 }"))
    assert game.exact is not None
    assert game.exact[0].ravel(order="F").tolist() == [Fraction(1, 3), Fraction(1, 2), 7, Fraction(1, 1000)]
    assert game.exact[1].ravel(order="F").tolist() == [Fraction(-1, 3), 5, 1500, -4]
    assert game.payoffs[0, 0, 0] == 1 / 3
    assert table(nfg("1 0.5")).exact is None


def test_names_that_are_empty_or_repeated_become_different() -> None:
    game = table(nfg("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", '{ { "a" "a" "" "a" } { "2" "" } }', '"" ""'))
    assert game.players == ("Player 1", "Player 2")
    assert game.actions == (("a", "a (2)", "3", "a (3)"), ("2", "2 (2)"))


@given(st.lists(st.sampled_from(["", "a", "a (2)", "a (3)", "1", "2", "2 (2)"]), max_size=9))
def test_distinct_names_are_distinct_and_kept_where_they_are(names: list[str]) -> None:
    made = distinct(names)
    assert len(set(made)) == len(made) == len(names)
    assert all(made)
    for k, name in enumerate(names):
        if name and name not in names[:k]:
            assert made[k] == name


def test_outcomes_are_labels() -> None:
    text = nfg('{ { "win" 1 -1 } { "" 0 1/2 } { "3" 2 2 } } 1 2 3 0', '{ { "a" "b" } { "x" "y" } }')
    game = table(text)
    assert dict(game.outcomes or {}) == {("a", "x"): ("win",), ("b", "x"): (), ("a", "y"): (), ("b", "y"): ()}
    assert game.payoffs[:, 1, 1].tolist() == [0, 0]
    assert table(render(game, "nfg")) == game
    assert table(text.replace("win", "")).outcomes is None


def test_payoffs_on_the_way_are_added_exactly() -> None:
    game = form(
        efg(
            'p "" 1 1 "" { "stay" "go" } 1 "toll" { 0.1 1 }\n'
            'c "" 1 "" { "x" 1/3 "y" 2/3 } 2 "fee" { 0.2 -1 }\n'
            't "" 3 "end" { 1e-17 1/3 }\nt "" 0\nt "" 1\n'
        )
    )
    assert game.payoffs[0].tolist() == [0.3, 0.3, 0.2]  # in floats 0.1 + 0.2 is more than 0.3
    assert game.payoffs[1].tolist() == [1 / 3, 0, 2]
    assert game.outcomes == ("toll", "fee", "end")
    assert [row[4] for row in game.structure.rows if row[2] == 0] == [
        ("toll", "fee", "end"),
        ("toll", "fee"),
        ("toll",),
    ]


def test_sets_without_names_are_called_by_path_or_number() -> None:
    body = (
        'p "" 1 1 "" { "in" "out" } 0\np "" 2 5 "" { "l" "r" } 0\nt "" 0\nt "" 0\n'
        'p "" 2 5 "" { "l" "r" } 0\nt "" 0\np "" 1 2 "" { "a" } 0\nt "" 0\n'
    )
    assert form(efg(body)).infosets == {"A": ("start", "out / r"), "B": ("set 5",)}
    clash = body.replace('1 1 ""', '1 1 "out / r"').replace('2 5 ""', '2 5 "set 5"')
    assert form(efg(clash)).infosets == {"A": ("out / r", "set 2"), "B": ("set 5",)}
    same = 'p "" 1 1 "h" { "in" } 0 p "" 1 2 "h" { "x" } 0 p "" 1 3 "h (2)" { "y" } 0 t "" 0'
    assert form(efg(same)).infosets == {"A": ("h", "h (3)", "h (2)"), "B": ()}


def test_a_path_that_two_nodes_share_is_told_apart() -> None:
    inner = 'p "" 1 {} "" {{ "b / c" "d" }} 0\np "" 1 {} "" {{ "x" }} 0 t "" 0 t "" 0\n'
    body = (
        'p "" 1 1 "" { "a" "a / b" } 0\n' + inner.format(2, 3)
        + 'p "" 1 4 "" { "c" } 0 p "" 1 5 "" { "x" } 0 t "" 0'
    )  # fmt: skip
    assert form(efg(body)).infosets["A"] == ("start", "a", "a / b / c", "a / b", "set 5")


def test_a_set_may_be_described_again_and_old_files_may_leave_its_name_out() -> None:
    body = 'c "" 1 { "x" 0.5 "y" 1/2 } 0 p "" 1 1 { "a" } 0 t "" 1 { 1 2 } p "" 1 1 { "a" } 0 t "" 1 { 1.0 2 }'
    assert form(efg(body)).payoffs.tolist() == [[1, 1], [2, 2]]


def test_an_end_is_a_game() -> None:
    game = form(efg('t "" 1 "over" { 1 -0.0 }'))
    assert bits(game.payoffs) == bits([[1.0], [-0.0]])
    assert form(render(game, "efg")) == game


# ------------------------------------------------------------------ round trips


@given(normal_forms(players=(1, 4)))
def test_a_table_is_read_back_bit_for_bit(game: NormalForm) -> None:
    back = table(render(game, "nfg"))
    assert bits(back.payoffs) == bits(game.payoffs)
    assert (back.players, back.actions, back.outcomes) == (game.players, game.actions, game.outcomes)


@given(st.lists(FLOATS, min_size=8, max_size=8))
def test_any_float_is_read_back_bit_for_bit(values: list[float]) -> None:
    game = NormalForm(np.array(values).reshape(2, 2, 2))
    assert bits(table(render(game, "nfg")).payoffs) == bits(game.payoffs)
    leaves = {str(k): Outcome({"A": v}) for k, v in enumerate(values)}
    ends = ExtensiveForm(Decision("A", leaves))  # in which 0.0 and -0.0 are one number
    assert bits(form(render(ends, "efg")).payoffs) == bits(ends.payoffs)


@given(st.lists(st.fractions(max_denominator=10**9) | st.decimals(-999, 999, places=3), min_size=4, max_size=4))
def test_exact_payoffs_stay_exact(values: list[Any]) -> None:
    game = NormalForm(np.array(values, dtype=object).reshape(1, 4), players=("A",))
    back = table(render(game, "nfg"))
    assert back == game
    assert (back.exact is None) == (game.exact is None)


@given(st.data(), st.lists(NAMES, min_size=2, max_size=2, unique=True), st.lists(NAMES, max_size=3, unique=True))
def test_names_and_labels_are_read_back(data: Any, players: list[str], labels: list[str]) -> None:
    actions = [data.draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)) for _ in players]
    shape = tuple(map(len, actions))
    outcomes = {(a, b): data.draw(st.sampled_from([*labels, ()])) for a in actions[0] for b in actions[1]}
    outcomes = {k: () if isinstance(v, str) and v.isdigit() else v for k, v in outcomes.items()}  # numbers name nothing
    size = 2 * len(actions[0]) * len(actions[1])
    values = data.draw(st.lists(st.integers(0, 2), min_size=size, max_size=size))
    game = NormalForm(np.reshape(values, (2, *shape)), players=players, actions=actions, outcomes=outcomes)
    back = table(render(game, "nfg", title=players[0]))
    assert (back.players, back.actions) == (game.players, game.actions)
    assert bits(back.payoffs) == bits(game.payoffs)
    if any(outcomes.values()):
        assert back.outcomes == game.outcomes


def one_label(piece: Any) -> Any:
    return End(piece.payoffs, piece.labels[:1]) if isinstance(piece, End) else piece


@given(sketches(players=(1, 3), logit=False, hidden=True, zero=True, permute=False))
@settings(max_examples=150)
def test_a_tree_is_read_back_the_same(sketch: Any) -> None:
    game = tree(rewrite(sketch, one_label), players=None)
    back = form(render(game, "efg"))
    assert back == game
    assert back.infosets == game.infosets


@given(sketches(players=(1, 3), logit=False, hidden=True, zero=True, permute=True))
def test_a_tree_whose_sets_list_their_moves_in_other_orders_is_the_same_game(sketch: Any) -> None:
    game = tree(sketch)
    text = render(game, "efg")
    back = form(text)
    assert render(back, "efg") == text
    evenly = {
        p: {i.name: dict.fromkeys(i.actions, 1 / len(i.actions)) for i in game.structure.infosets if i.player == k}
        for k, p in enumerate(game.players)
    }
    ours, theirs = game.expected_payoffs(evenly), back.expected_payoffs(evenly)
    for player, value in ours.items():
        assert theirs[player] == pytest.approx(value, rel=1e-9, abs=1e-12 * np.abs(game.payoffs).max())


@given(st.integers(1, 5).flatmap(mixtures))
def test_chances_are_written_to_sum_to_one_and_read_as_they_were(odds: np.ndarray) -> None:
    made = exact_odds(odds.tolist())
    assert bits([float(p) for p in made]) == bits(odds)
    assert sum(Fraction(written(p)) for p in made) == 1


@given(st.lists(st.floats(1e-6, 1), min_size=2, max_size=8))
def test_chances_of_many_digits_are_too(weights: list[float]) -> None:
    odds = (np.array(weights) / sum(weights)).tolist()
    made = [float(Fraction(written(p))) for p in exact_odds(odds)]
    assert sum(Fraction(written(p)) for p in exact_odds(odds)) == 1
    changed = [k for k, p in enumerate(odds) if made[k] != p]
    assert len(changed) <= 1
    assert [float(p) for p in exact_odds(made)] == made  # once is enough
    for k in changed:  # only where rounding leaves no room, and then by few units in the last place
        assert odds[k] == max(odds)
        assert abs(made[k] - odds[k]) <= 2**-52 * len(odds)
        step = 1 if sum(map(Fraction, odds)) < 1 else -1
        half = sum(abs(math.nextafter(p, step * math.inf) - p) / 2 for p in odds)
        assert abs(1 - sum(map(Fraction, odds))) > 0.99 * half


def test_chances_that_miss_one_by_more_are_left_alone() -> None:
    odds = [0.5, 0.5 + 1e-10]
    assert exact_odds(odds) == odds
    game = ExtensiveForm(Chance({"x": (odds[0], Outcome({"A": 1})), "y": (odds[1], Outcome({"A": 0}))}))
    assert form(render(game, "efg")) == game


def test_several_labels_become_one() -> None:
    leaves = {"a": Outcome({"A": 1}, labels=("war", "defeat")), "b": Outcome({"A": 1}, labels="war")}
    back = form(render(ExtensiveForm(Decision("A", leaves)), "efg"))
    assert back.outcomes == ("war, defeat", "war")


def test_a_tree_written_as_a_table_is_its_reduced_normal_form(tmp_path: Path) -> None:
    game = form(POKER)
    decide.write(game, tmp_path / "poker.NFG")
    back = decide.read(tmp_path / "poker.NFG")
    reduced = game.to_normal_form()
    assert isinstance(back, NormalForm)
    assert (back.players, back.actions) == (reduced.players, reduced.actions)
    assert bits(back.payoffs) == bits(reduced.payoffs)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_files_are_read_and_written(tmp_path: Path, mark: bytes) -> None:
    file = tmp_path / "game.txt"
    file.write_bytes(mark + POKER.replace("Fred", "Frédéric").encode())
    game = decide.read(str(file))
    assert isinstance(game, ExtensiveForm)
    assert game.players == ("Frédéric", "Alice")
    decide.write(game, tmp_path / "again.efg", title='a "title"')
    assert decide.read(tmp_path / "again.efg") == game
    assert (tmp_path / "again.efg").read_bytes().startswith(b'EFG 2 R "a \\"title\\"" {')


# ------------------------------------------------------------------ what is refused


BROKEN: list[tuple[str, str, str, str]] = [
    # what, text, where, part of the message
    ("nothing", " \n ", "line 2, column 2", "found the end of the text; expected NFG or EFG"),
    ("another format", "#AGG\n3", "line 1, column 1", "found '#AGG'; expected NFG or EFG"),
    ("a later version", 'NFG 2 R "t"', "line 1, column 5", "found '2'; expected the version, 1"),
    ("an older tree", 'EFG 1 R "t"', "line 1, column 5", "found '1'; expected the version, 2"),
    ("no type", 'EFG 2 "t"', "line 1, column 7", 'found "t"; expected R'),
    ("no title", "NFG 1 R { }", "line 1, column 9", "found '{'; expected the title"),
    ("no players", 'NFG 1 R "t" { } { }', "line 1, column 15", "at least one quoted name of the players"),
    ("players without marks", 'NFG 1 R "t" { A B }', "line 1, column 15", "found 'A'; expected at least one quoted"),
    ("a comma between players", 'NFG 1 R "t" { "A", "B" }', "line 1, column 18", "found ','; expected a quoted name"),
    ("an open quotation", 'NFG 1 R "t\n" { "A ', "line 2, column 5", "never closed; expected a closing"),
    ("an escaped end", 'NFG 1 R "t\\"', "line 1, column 9", "never closed"),
    ("too few counts", nfg("1", "{ 1 }"), "line 1, column 29", "found '}'; expected how many actions player 2 has"),
    ("too many counts", nfg("1", "{ 1 2 3 }"), "line 1, column 31", "found '3'; expected } after the actions"),
    ("no action", nfg("1", "{ 1 0 }"), "line 1, column 29", "found '0'; expected at least one action of player 2"),
    ("a negative count", nfg("1", "{ -1 2 }"), "line 1, column 27", "found '-1'; expected how many actions"),
    ("a broken count", nfg("1", "{ 1.5 2 }"), "line 1, column 27", "found '1.5'; expected how many actions"),
    ("no name", nfg("1", '{ { "a" } { } }'), "line 1, column 37", "at least one quoted name of player 2's actions"),
    ("payoffs that end", nfg("1 2 3 4 5 6 7", "{ 2 2 }"),
     "line 1, column 46", "found the end of the text; expected payoff 2"),
    ("profiles that end", nfg("1 2 3 4 5 6", "{ 2 2 }"), "line 1, column 44", "expected the payoffs of profile 4 of 4"),
    ("a payoff too many", nfg("1 2\n3"),
     "line 2, column 1", "found '3'; expected the end of the text after 1 profiles"),
    ("a word", nfg("1 x"), "line 1, column 35", "found 'x'; expected payoff 2 of 2"),
    ("code", nfg("1 __import__('os')"), "line 1, column 35", "expected payoff 2 of 2"),
    ("no number", nfg("1 nan"), "line 1, column 35", "found 'nan'"),
    ("division by nought", nfg("1 1/0"),
     "line 1, column 35", "found '1/0'; expected payoff 2 of 2, with a denominator"),
    ("a double fraction", nfg("1 1/2/3"), "line 1, column 35", "found '1/2/3'"),
    ("a broken fraction", nfg("1 .5/2"), "line 1, column 35", "found '.5/2'"),
    ("an underscore", nfg("1 1_0"), "line 1, column 35", "found '1_0'"),
    ("foreign digits", nfg("1 \u0661"), "line 1, column 35", "found '\u0661'"),
    ("too large", nfg("1 1e301"), "line 1, column 35", "at most 1e+300 in size"),
    ("a huge exponent", nfg("1 1e-99999"), "line 1, column 35", "an exponent from -1000 to 1000"),
    ("an absurd exponent", nfg("1 1e999999999"), "line 1, column 35", "found '1e999999999'"),
    ("a long number", nfg("1 " + "1" * 5000), "line 1, column 35", "found a number of 5000 characters"),
    ("a huge header", nfg("1 2", "{ 1000000000 1000000000 }"), "line 1, column 54", "profile 2 of 1000000000000000000"),
    ("a huge count", nfg("1 2", "{ 9999999999999999999 1 }"),
     "line 1, column 27", "expected how many actions player 1"),
    ("many players", nfg("1", "{ 1 }", " ".join(['"p"'] * 31)),
     "line 1, column 141", "found 31 players; expected at most 30"),
    ("no outcome", nfg("{ { 1 2 } } 1"), "line 1, column 37", "found '1'; expected the outcome's name"),
    ("an outcome's payoff", nfg('{ { "a" 1 } } 1'), "line 1, column 43", "found '}'; expected payoff 2 of 2"),
    ("three payoffs of two", nfg('{ { "a" 1 2 3 } } 1'), "line 1, column 45", "expected } after 2 payoffs"),
    ("an unknown outcome", nfg('{ { "a" 1 2 } }\n2'),
     "line 2, column 1", "found '2'; expected an outcome's number from 0 to 1"),
    ("outcomes that end", nfg('{ { "a" 1 2 } } 1', "{ 2 1 }"),
     "line 1, column 50", "outcome's number at profile 2 of 2"),
    ("no node", efg(""), "line 2, column 1", "found the end of the text; expected a node: c, p or t"),
    ("an unknown node", efg('x "" 0'), "line 2, column 1", "found 'x'; expected a node"),
    ("a node without a name", efg("t 0"), "line 2, column 3", "found '0'; expected the node's name"),
    ("player 0", efg('p "" 0 1 "" { "a" } 0'), "line 2, column 6", "found '0'; expected a player's number from 1 to 2"),
    ("player 3", efg('p "" 3 1 "" { "a" } 0'), "line 2, column 6", "found '3'; expected a player's number from 1 to 2"),
    ("set 0", efg('p "" 1 0 "" { "a" } 0'), "line 2, column 8", "found '0'; expected the information set's number"),
    ("no moves", efg('p "" 1 1 "" { } 0'), "line 2, column 15", "at least one quoted name of the moves"),
    ("an unknown set", efg('p "" 1 1 0'), "line 2, column 10", "the moves of information set 1, which is new"),
    ("a name alone", efg('p "" 1 1 "" { "a" } 0\np "" 1 1 "" 0'),
     "line 3, column 13", "the moves of information set 1"),
    ("other moves", efg('p "" 1 1 "" { "a" } 0\np "" 1 1 "" { "b" } 0'),
     "line 3, column 10", "the same as before, or none"),
    ("another name", efg('p "" 1 1 "" { "a" } 0\np "" 1 1 "x" { "a" } 0'), "line 3, column 10", "another description"),
    ("other chances", efg('c "" 1 "" { "a" 1 } 0\nc "" 1 "" { "a" 1.0000000001 } 0'), "line 3, column 8", "of event 1"),
    ("a negative chance", efg('c "" 1 "" { "a" -1 "b" 2 } 0'),
     "line 2, column 17", "found '-1'; expected a probability from 0"),
    ("chances short of 1", efg('c "" 1 "" { "a" .5 "b" .4 } 0'), "line 2, column 11", "chances with sum 0.9; expected"),
    ("a chance without a number", efg('c "" 1 "" { "a" "b" } 0'), "line 2, column 17", 'the probability of "a"'),
    ("no chance", efg('c "" 1 "" { } 0'), "line 2, column 13", "at least one move of chance"),
    ("no outcome's number", efg('t ""'), "line 2, column 5", "the outcome's number, 0 for none"),
    ("outcome 0 described", efg('t "" 0 "x" { 1 2 }'), "line 2, column 8", "a description of outcome 0"),
    ("a new outcome", efg('t "" 4'), "line 2, column 6", "found outcome 4, which is new; expected its payoffs"),
    ("an outcome's name alone", efg('t "" 4 "x"'), "line 2, column 11", "the payoffs of outcome 4"),
    ("another outcome", efg('p "" 1 1 "" { "a" } 1 "x" { 1 2 }\nt "" 1 "x" { 1 3 }'),
     "line 3, column 8", "of outcome 1"),
    ("a payoff missing", efg('t "" 4 "x" { 1 }'), "line 2, column 16", "found '}'; expected payoff 2 of 2"),
    ("a subtree missing", efg('p "" 1 1 "" { "a" "b" } 0 t "" 0'), "line 2, column 33", "expected a node"),
    ("a node too many", efg('t "" 0\r\nt "" 0'), "line 3, column 1", "the end of the text, for every move"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "says"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_what_is_broken_is_named_and_placed(text: str, where: str, says: str) -> None:
    with pytest.raises(errors.FormatError) as caught:
        parse(text, name="some.file")
    assert str(caught.value).startswith(f"some.file, {where}: found ")
    assert says in str(caught.value)
    assert "; expected " in str(caught.value)


def test_a_file_of_another_encoding_is_named_and_placed(tmp_path: Path) -> None:
    file = tmp_path / "latin.nfg"
    file.write_bytes('NFG 1 R "ok"\n{ "Fré"'.encode("latin-1"))
    with pytest.raises(
        errors.FormatError, match=r"latin.nfg, line 2, column 6: found byte 0xe9; expected text in UTF-8"
    ):
        decide.read(file)


def test_a_file_that_is_not_there_is_pythons_own_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        decide.read(tmp_path / "none.efg")


def test_forgetting_is_refused_by_name() -> None:
    forgets = 'p "" 1 1 "h" { "a" "b" } 0 p "" 1 2 "k" { "c" } 0 t "" 0 p "" 1 2 "k" { "c" } 0 t "" 0'
    with pytest.raises(errors.RecallError, match=r"some\.file: A forgets at 'k'"):
        parse(efg(forgets), name="some.file")
    absent = 'p "" 1 1 "h" { "a" "b" } 0 p "" 1 1 "h" { "a" "b" } 0 t "" 0 t "" 0 t "" 0'
    with pytest.raises(errors.RecallError, match="A forgets at 'h'"):
        parse(efg(absent))


def simple(**options: Any) -> ExtensiveForm:
    return ExtensiveForm(Decision("A", {"a": Outcome({"A": 1}), "b": Outcome({"A": np.arange(2.0)})}, **options))


UNWRITABLE: list[tuple[str, Callable[[], Any], str, str]] = [
    ("a batch", simple, "x.efg", "shape \\(2,\\); expected one game: index it first"),
    ("a table as a tree", lambda: NormalForm([[1, 2]]), "x.efg", "has no tree"),
    ("an unknown suffix", lambda: NormalForm([[1, 2]]), "x.txt", "ends in .nfg or .efg"),
    ("no suffix", lambda: NormalForm([[1, 2]]), "nfg", "ends in .nfg or .efg"),
    ("a choice rule", lambda: simple(rationality=1.0)[0], "x.efg", "with_rationality\\(None\\)"),
    ("a choice rule in a table", lambda: simple(rationality=1.0)[0], "x.nfg", "with_rationality\\(None\\)"),
    ("no game", lambda: 3, "x.nfg", "the game is a int; expected"),
    ("a backslash", lambda: NormalForm([[1]], actions=[["a\\"]]), "x.nfg", "backslash at its end"),
    ("half a character", lambda: NormalForm([[1]], actions=[["\ud800"]]), "x.nfg", "UTF-8 cannot write"),
    ("too exact", lambda: NormalForm([[Fraction(1, 3**7000)]], players=["A"]), "x.nfg", "too many digits"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "name", "says"), [u[1:] for u in UNWRITABLE], ids=[u[0] for u in UNWRITABLE])
def test_what_cannot_be_written_is_refused_and_leaves_the_file(
    make: Callable[[], Any], name: str, says: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text("before")
    with pytest.raises(errors.GameError, match=says):
        decide.write(make(), tmp_path / name)
    assert (tmp_path / name).read_text() == "before"


def test_a_kind_of_file_is_one_of_two() -> None:
    with pytest.raises(errors.GameError, match="'pdf'; expected nfg or efg"):
        render(NormalForm([[1, 2]]), "pdf")


def test_many_players_are_refused_before_a_table_is_made() -> None:
    players = [f"p{k}" for k in range(70)]
    leaf = Outcome(dict.fromkeys(players, 1.0))
    game = ExtensiveForm(Decision("p0", {"a": leaf, "b": leaf}))
    assert form(render(game, "efg")) == game
    with pytest.raises(errors.GameError, match="70 players"):
        render(game, "nfg")


# ------------------------------------------------------------------ size


def test_a_centipede_of_two_thousand_plies_is_read_and_written() -> None:
    plies = 2000
    assert plies > sys.getrecursionlimit()
    node: Any = Outcome({"A": plies, "B": 0})
    for k in reversed(range(plies)):
        node = Decision("AB"[k % 2], {"take": Outcome({"A": k, "B": 1}, labels=f"at {k}"), "pass": node})
    game = ExtensiveForm(node)
    text = render(game, "efg")
    back = form(text)
    assert back == game
    assert render(back, "efg") == text
    del node, game, back
    gc.collect()


def test_what_a_header_announces_is_not_made() -> None:
    start = time.perf_counter()
    with pytest.raises(errors.FormatError):
        parse(nfg("1 2", "{ 100000000000000000 100000000000000000 }"))
    with pytest.raises(errors.FormatError):
        parse(nfg('{ { "a" 1 2 } } 1 1', "{ 100000000000000000 3 }"))
    assert time.perf_counter() - start < 1


def test_quoting_takes_anything_but_a_backslash_before_a_mark() -> None:
    assert quoted('a"b\\c') == '"a\\"b\\c"'
    with pytest.raises(errors.GameError, match="backslash"):
        quoted('a\\"b')


def test_reading_broken_files_ends_in_a_game_or_in_our_own_error() -> None:
    path = Path(__file__).parent.parent / "benchmarks" / "fuzz_formats.py"
    spec = importlib.util.spec_from_file_location("fuzz_formats", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    endings = module.fuzz(4000, seed=7)
    assert sum(endings.values()) == 4000
    assert {"nfg", "efg", "FormatError"} <= set(endings)
    for text in module.SEEDS:
        assert module.outcome(text) in ("nfg", "efg")
