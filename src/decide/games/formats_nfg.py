"""Gambit's files of games in normal form (``.nfg``), read and written.

There are two ways to name the actions (a count for each player, or the names), and two ways to give the payoffs: a flat
list, profile by profile, or a list of outcomes and then the number of the outcome at each profile, 0 where all get 0.
Profiles come with the *first* player's action fastest. What is read may mix these as it likes. What is written has the
names, and outcomes where the game has labels.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable
from fractions import Fraction
from typing import Any

import numpy as np

from decide.errors import TooLargeError
from decide.frozen import FrozenMap
from decide.games.formats_tokens import END, Tokens, Value, distinct, quoted, written
from decide.games.normal import NormalForm

__all__ = ["MOST_PLAYERS", "parse_nfg", "render_nfg"]

#: A table has one axis for each player, and numpy few axes.
MOST_PLAYERS = 30

Cell = tuple[tuple[Value, ...], tuple[str, ...]]  # payoffs in player order, labels


def parse_nfg(tokens: Tokens) -> NormalForm:
    """Read what follows the word ``NFG``."""
    players = tokens.take_header(("1",))
    if len(players) > MOST_PLAYERS:
        tokens.fail(f"{len(players)} players", f"at most {MOST_PLAYERS}")
    counts, names = _take_actions(tokens, len(players))
    if tokens.kind == "string":
        tokens.advance()  # a comment
    if tokens.at_mark("{"):
        cells, labelled = _take_outcomes(tokens, len(players), counts)
    else:
        cells, labelled = _take_payoffs(tokens, len(players), counts), False
    if tokens.kind != END:
        tokens.unexpected(f"the end of the text after {math.prod(counts)} profiles ({' x '.join(map(str, counts))})")
    actions = names or tuple(distinct([""] * n) for n in counts)
    table = np.empty((len(players), len(cells)), dtype=object)
    for k, (payoffs, _) in enumerate(cells):
        table[:, k] = payoffs
    order = tuple(range(1, len(players) + 1))
    shaped = table.reshape(len(players), *counts[::-1]).transpose(0, *order[::-1])
    game = NormalForm(shaped, players=players, actions=actions)
    if not labelled:
        return game
    profiles = ((p[::-1]) for p in itertools.product(*actions[::-1]))
    labels: dict[tuple[str, ...], tuple[Hashable, ...]] = dict(zip(profiles, (c[1] for c in cells), strict=True))
    outcomes = FrozenMap({profile: labels[profile] for profile in game.profiles})
    return NormalForm._trusted(game.payoffs, game.players, game.actions, outcomes, game.exact)


def _take_actions(tokens: Tokens, n_players: int) -> tuple[tuple[int, ...], tuple[tuple[str, ...], ...] | None]:
    """Take how many actions each player has, and their names where they are given."""
    tokens.take_mark("{", "{ and each player's actions, counted or named")
    counts: list[int] = []
    names: list[tuple[str, ...]] = []
    named = tokens.at_mark("{")
    for player in range(n_players):
        if named:
            names.append(distinct(tokens.take_names(f"player {player + 1}'s actions")))
            counts.append(len(names[-1]))
            continue
        at, shown = tokens.start, tokens.shown
        counts.append(tokens.take_whole(f"how many actions player {player + 1} has"))
        if not counts[-1]:
            tokens.fail(shown, f"at least one action of player {player + 1}", at)
    tokens.take_mark("}", f"}} after the actions of {n_players} players")
    return tuple(counts), tuple(names) if named else None


def _take_payoffs(tokens: Tokens, n_players: int, counts: tuple[int, ...]) -> list[Cell]:
    """Take the payoffs of one profile after the other."""
    cells: list[Cell] = []
    wanted = math.prod(counts)  # believed only as far as the text goes
    while len(cells) < wanted:
        if tokens.kind == END:
            tokens.unexpected(f"the payoffs of profile {len(cells) + 1} of {wanted}")
        if cells and tokens.at_mark(","):
            tokens.advance()
        cells.append((tokens.take_payoffs(n_players), ()))
    return cells


def _take_outcomes(tokens: Tokens, n_players: int, counts: tuple[int, ...]) -> tuple[list[Cell], bool]:
    """Take the outcomes, then the number of one for each profile; say whether any has a name of its own."""
    tokens.take_mark("{", "{ and the outcomes")
    outcomes: list[Cell] = [((Fraction(0),) * n_players, ())]
    while tokens.at_mark("{"):
        tokens.advance()
        name = tokens.take_string("the outcome's name in quotation marks")
        payoffs = tokens.take_payoffs(n_players)
        tokens.take_mark("}", f"}} after {n_players} payoffs")
        known = name and name != str(len(outcomes))  # its number is what Gambit calls an outcome without a name
        outcomes.append((payoffs, (name,) if known else ()))
    tokens.take_mark("}", "{ and an outcome, or } after the last")
    cells: list[Cell] = []
    wanted = math.prod(counts)
    while len(cells) < wanted:
        at, shown = tokens.start, tokens.shown
        number = tokens.take_whole(f"the outcome's number at profile {len(cells) + 1} of {wanted}")
        if number >= len(outcomes):
            tokens.fail(shown, f"an outcome's number from 0 to {len(outcomes) - 1}", at)
        cells.append(outcomes[number])
    return cells, any(labels for _, labels in outcomes)


# ------------------------------------------------------------------ writing


def render_nfg(game: NormalForm, title: str) -> str:
    """Write one game."""
    if len(game.players) > MOST_PLAYERS:
        raise TooLargeError(f"the game has {len(game.players)} players; expected at most {MOST_PLAYERS}")
    numbers: Any = game.payoffs if game.exact is None else game.exact
    own = [numbers[i].ravel(order="F") for i in range(len(game.players))]  # the first player's action fastest
    cells = [tuple(written(x) for x in row) for row in zip(*own, strict=True)]
    lines = [
        f"NFG 1 R {quoted(title)} {{ {' '.join(map(quoted, game.players))} }}",
        "",
        "{",
        *(f"{{ {' '.join(map(quoted, actions))} }}" for actions in game.actions),
        "}",
        '""',
        "",
    ]
    if game.outcomes is None:
        return "\n".join([*lines, *(" ".join(cell) for cell in cells), ""])
    profiles = (p[::-1] for p in itertools.product(*game.actions[::-1]))
    keys = [(label(game.outcomes[profile]), cell) for profile, cell in zip(profiles, cells, strict=True)]
    numbers_of = {key: k for k, key in enumerate(dict.fromkeys(keys), start=1)}
    lines += ["{", *(f"{{ {quoted(name or k)} {', '.join(cell)} }}" for (name, cell), k in numbers_of.items()), "}"]
    return "\n".join([*lines, *(str(numbers_of[key]) for key in keys), ""])


def label(labels: tuple[Hashable, ...]) -> str:
    """Write the labels of an outcome as its one name."""
    return ", ".join(map(str, labels))
