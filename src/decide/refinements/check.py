"""What a refinement check of a tree answers: whether it holds, and if not, where it fails and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from decide.frozen import ByValue, FrozenMap

__all__ = ["Check", "Failure"]


@dataclass(frozen=True)
class Failure:
    """One information set at which a check fails.

    Attributes
    ----------
    player, infoset : str
    gain : float
        By how much, in the player's payoff units.
    why : str
        In words.
    """

    player: str
    infoset: str
    gain: float
    why: str


@dataclass(frozen=True, eq=False)
class Check(ByValue):
    """The answer to one refinement check.

    Attributes
    ----------
    concept : str
        What was asked.
    holds : bool or None
        None where it is not decided; `note` says why.
    failures : tuple of Failure
        Where it fails and by how much; empty where it holds.
    beliefs : mapping or None
        ``beliefs[player][infoset][path]``: those that were given, and at the other sets beliefs under which it holds
        (or, where it does not, fails by least), if the check is about beliefs. `decide.check` takes them in this form.
    note : str
        What a reader must know beside, such as why nothing was decided.
    """

    concept: str
    holds: bool | None
    failures: tuple[Failure, ...] = ()
    beliefs: FrozenMap[str, Any] | None = None
    note: str = ""
