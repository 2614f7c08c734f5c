"""The pieces a tree is written with: `Decision`, `Chance`, `Outcome`.

They are immutable and know nothing of each other's position, so the same subtree may be used in several places.
`decide.games.extensive.ExtensiveForm` reads them into flat tables and checks what only the whole tree can show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from decide.errors import GameError, InformationSetError, PayoffError, ProbabilityError

__all__ = ["Chance", "Decision", "Node", "Outcome"]


class Node:
    """A node of a game tree."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: cannot set {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("nodes do not pickle; pickle the ExtensiveForm made of them")


_set = object.__setattr__


def _check_name(what: str, name: object) -> None:
    if not (isinstance(name, str) and name):
        raise GameError(f"{what} is {name!r}; expected a non-empty string")


class Outcome(Node):
    """An end of the game.

    Parameters
    ----------
    payoffs : mapping of str to float or array
        What each player gets, by name. Every player of the game must be named.
    labels : str or sequence of str
        What happened: any number of labels, shared with other outcomes as one likes.
    """

    __slots__ = ("labels", "payoffs")

    payoffs: Mapping[str, Any]
    labels: tuple[str, ...]

    def __init__(self, payoffs: Mapping[str, Any], *, labels: str | Iterable[str] = ()) -> None:
        if not isinstance(payoffs, Mapping) or not payoffs:
            raise PayoffError(f"payoffs of an Outcome are {payoffs!r}; expected a mapping from player to payoff")
        if not isinstance(labels, str | tuple | list):
            raise GameError(f"labels of an Outcome are {labels!r}; expected a string or several")
        labels = (labels,) if isinstance(labels, str) else tuple(labels)
        for name in (*payoffs, *labels):
            _check_name("a player's or label's name", name)
        _set(self, "payoffs", MappingProxyType(dict(payoffs)))
        _set(self, "labels", labels)

    def __repr__(self) -> str:
        labels = f", labels={self.labels!r}" if self.labels else ""
        return f"Outcome({dict(self.payoffs)!r}{labels})"


class Chance(Node):
    """A move of nature.

    Parameters
    ----------
    moves : mapping of str to (float or array, Node)
        For each event its probability and what follows. Probabilities must sum to 1 within 1e-9; they are never
        rescaled.
    """

    __slots__ = ("moves",)

    moves: Mapping[str, tuple[Any, Node]]

    def __init__(self, moves: Mapping[str, tuple[Any, Node]]) -> None:
        if not isinstance(moves, Mapping) or not moves:
            raise ProbabilityError(f"moves of a Chance are {moves!r}; expected at least one event")
        for label, move in moves.items():
            _check_name("a chance event's name", label)
            if not (isinstance(move, tuple) and len(move) == 2 and isinstance(move[1], Node)):
                raise ProbabilityError(f"chance event {label!r} is {move!r}; expected a pair (probability, node)")
        _set(self, "moves", MappingProxyType(dict(moves)))

    def __repr__(self) -> str:
        return f"<Chance: {', '.join(map(str, self.moves))}>"


class Decision(Node):
    """A player's move.

    Parameters
    ----------
    player : str
        Who moves.
    moves : mapping of str to Node
        For each action what follows.
    infoset : str, optional
        The information set: nodes of one player with the same name cannot be told apart by that player, and must have
        the same actions. A node without a name is a set of its own, called by its path.
    rationality : float or array, optional
        Precision of logit choice per unit of payoff; the player chooses exactly unless said. 0 is a coin toss,
        infinity exact play.
    """

    __slots__ = ("infoset", "moves", "player", "rationality")

    player: str
    moves: Mapping[str, Node]
    infoset: str | None
    rationality: Any

    def __init__(
        self, player: str, moves: Mapping[str, Node], *, infoset: str | None = None, rationality: Any = None
    ) -> None:
        if not isinstance(player, str) or not player:
            raise GameError(f"the player of a Decision is {player!r}; expected a non-empty string")
        if not isinstance(moves, Mapping) or not moves:
            raise InformationSetError(f"{player} has no action at {infoset or 'a node'}; expected at least one")
        if infoset is not None:
            _check_name("an information set's name", infoset)
        for label, node in moves.items():
            _check_name("an action's name", label)
            if not isinstance(node, Node):
                raise GameError(
                    f"{player}'s action {label!r} leads to {node!r}; expected a Decision, Chance or Outcome"
                )
        _set(self, "player", player)
        _set(self, "moves", MappingProxyType(dict(moves)))
        _set(self, "infoset", infoset)
        _set(self, "rationality", rationality)

    def __repr__(self) -> str:
        where = f" at {self.infoset!r}" if self.infoset else ""
        return f"<Decision of {self.player}{where}: {', '.join(map(str, self.moves))}>"
