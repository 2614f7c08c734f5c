"""One door for what may stand for a game: a game, a model at its base, or the name of a file.

A file is read, never evaluated. Where a question is about a table, a tree is asked by way of its reduced normal form,
whose actions are the tree's plans.
"""

from __future__ import annotations

import os
from typing import Any, TypeAlias

from decide.equilibrium import AnyGame
from decide.errors import SolveError
from decide.games.extensive import ExtensiveForm
from decide.games.formats import KINDS, read
from decide.games.normal import NormalForm
from decide.games.stochastic import StochasticGame
from decide.models import Model

__all__ = ["GameLike", "as_game", "as_table"]

#: What may stand for a game.
GameLike: TypeAlias = AnyGame | Model[Any] | str | os.PathLike[str]


def as_game(thing: GameLike) -> AnyGame:
    """Return the game that is meant.

    Parameters
    ----------
    thing : NormalForm, ExtensiveForm, StochasticGame, Model, str or os.PathLike
        A model is taken at its base; a string or path is the name of a ``.nfg`` or ``.efg`` file.

    Raises
    ------
    SolveError
        If it is none of these.
    FormatError, OSError
        If the file is no game, or cannot be read.
    """
    if isinstance(thing, Model):
        game: AnyGame = thing()
        return game
    if isinstance(thing, str | os.PathLike):
        name = os.fspath(thing)
        if isinstance(name, bytes) or not name.lower().endswith(tuple(f".{kind}" for kind in KINDS)):
            raise SolveError(
                f"the game is {name!r}; expected the name of a .nfg or .efg file, or decide.load of a model's name"
            )
        return read(name)
    if not isinstance(thing, NormalForm | ExtensiveForm | StochasticGame):
        raise SolveError(
            f"the game is {thing!r}, a {type(thing).__name__}; expected a NormalForm, an ExtensiveForm, a "
            "StochasticGame, a model, or the name of a .nfg or .efg file"
        )
    return thing


def as_table(thing: GameLike) -> NormalForm:
    """Return the payoff table that is meant; that of a tree is its reduced normal form.

    Parameters
    ----------
    thing
        As for `as_game`.

    Raises
    ------
    SolveError
        If it is no game, or a stochastic game, which has no table.
    TooLargeError
        If a tree's table would be too large.
    """
    game = as_game(thing)
    if isinstance(game, StochasticGame):
        raise SolveError(
            f"{game!r} is a stochastic game, which has no table; expected a NormalForm or an ExtensiveForm"
        )
    return game.to_normal_form() if isinstance(game, ExtensiveForm) else game
