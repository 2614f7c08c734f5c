"""What a solver takes and gives: `Method` describes it, `Found` holds what it found before anyone has checked it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from decide.equilibrium import Game
from decide.games.normal import NormalForm
from decide.games.values import FloatArray

__all__ = ["TIE", "Found", "Method", "Pending", "for_trees", "two_players"]

#: Payoffs closer than this share of the player's payoff range are tied.
TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Found:
    """Candidates for equilibria, not yet certified.

    Attributes
    ----------
    owner : numpy.ndarray of int, shape (n,)
        The game (flat position in the batch) each belongs to, in ascending order.
    strategies : tuple of numpy.ndarray, shape (n, n_actions)
        Per player, or per information set of a tree.
    complete, tied : numpy.ndarray of bool, shape (n_games,)
        See `decide.Solution`.
    joint : numpy.ndarray, shape (n, n_profiles), optional
        For concepts in which players need not mix independently: the probability of every profile, the last player's
        action fastest; `strategies` are then its marginals.
    status : numpy.ndarray of int8, shape (n_games,), optional
        What a method has to say beyond found or not found (a code of `decide.Status`; SOLVED where it has nothing).
    exact : tuple of numpy.ndarray of Fraction, optional
        The same strategies without rounding.
    beliefs : tuple of numpy.ndarray, shape (n, n_nodes), optional
        Trees: per information set the beliefs that go with the strategies; NaN, and all unless given, stand for Bayes'
        rule.
    """

    owner: NDArray[np.intp]
    strategies: tuple[FloatArray, ...]
    complete: NDArray[np.bool_]
    tied: NDArray[np.bool_]
    joint: FloatArray | None = None
    status: NDArray[np.int8] | None = None
    exact: tuple[NDArray[np.object_], ...] | None = None
    beliefs: tuple[FloatArray, ...] | None = None

    def pieces(self) -> Iterator[Found]:
        """Yield itself: all is written out already."""
        yield self

    def write(self) -> Found:
        """Return itself."""
        return self


@dataclass(frozen=True, eq=False)
class Pending:
    """Candidates that are known but not yet written out as strategies.

    Attributes
    ----------
    pieces : callable
        Gives them, some games after the other, so that each piece can be checked while it is at hand: `owner` counts
        through all games, `complete` and `tied` are those of the piece.
    tied : numpy.ndarray of bool, shape (n_games,)
        Known already.
    """

    pieces: Callable[[], Iterator[Found]]
    tied: NDArray[np.bool_]

    def write(self) -> Found:
        """Write all of them out."""
        pieces = list(self.pieces())
        exact = tuple(np.concatenate(x) for x in zip(*(p.exact or () for p in pieces), strict=True))
        return Found(
            owner=np.concatenate([p.owner for p in pieces]),
            strategies=tuple(np.concatenate(x) for x in zip(*(p.strategies for p in pieces), strict=True)),
            complete=np.concatenate([p.complete for p in pieces]),
            tied=self.tied,
            exact=exact or None,
        )


@dataclass(frozen=True)
class Method:
    """One row of `decide.methods`.

    Attributes
    ----------
    name : str
    takes : str
        The games it takes.
    finds : {"all", "one", "sample"}
        What it looks for.
    complete : str
        What ``complete`` means for it.
    exact : bool
        Whether its result is a closed computation, as against an iteration to a tolerance.
    concept : str
        What is an equilibrium.
    reference : str
        Author and year.
    refuses : callable
        Given a game, the reason why the method does not take it, or ``""``.
    run : callable
        Given a game and the options, what it finds.
    options : tuple of str
        The options it takes.
    residual : callable, optional
        ``residual(entries, strategies, joint, players=..., **options)`` from `decide.certify`: the concept's own error
        of each row, shape (n,), where it is not Nash. ``entries`` has shape (n_players, a_0, ..., a_{k-1}, n), one game
        a row; options that were arrays of the batch's shape come as arrays of shape (n,).
    prepare : callable, optional
        ``prepare(game, options)`` gives the game and the options as `run` and `residual` want them.
    trees : bool
        Whether it runs on the tree itself; other methods are given the tree's reduced normal form.
    check : {"regret", "local", "subgames"}
        What is certified in a tree: regret over whole plans, every information set under its beliefs, or regret over
        whole plans in every subgame.
    """

    name: str
    takes: str
    finds: str
    complete: str
    exact: bool
    concept: str
    reference: str
    refuses: Callable[[Any], str]
    run: Callable[..., Found | Pending]
    options: tuple[str, ...] = ()
    residual: Callable[..., FloatArray] | None = None
    prepare: Callable[..., tuple[Any, dict[str, Any]]] | None = None
    trees: bool = False
    check: Literal["regret", "local", "subgames"] = "regret"


def for_trees(method: Method) -> bool:
    """Whether a method is one for trees themselves."""
    return method.trees


def two_players(game: Game) -> str:
    """Say why a game is not one in normal form for two players, or nothing."""
    if not isinstance(game, NormalForm):
        return "it takes a game in normal form"
    return "" if len(game.players) == 2 else f"it takes two players; this game has {len(game.players)}"


def no_tree(game: Game) -> str:
    """Say why a game is not in normal form, or nothing."""
    return "" if isinstance(game, NormalForm) else "it takes a game in normal form"
