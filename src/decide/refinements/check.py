"""What a refinement check of a tree answers: whether it holds, and if not, where it fails and by how much."""

from __future__ import annotations

from dataclasses import dataclass

from decide.frozen import ByValue
from decide.games.values import FloatArray

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
    beliefs : tuple of numpy.ndarray, shape (n_nodes,), or None
        Per information set, beliefs under which it holds (or, where it does not, fails by least), if the check is about
        beliefs.
    note : str
        What a reader must know beside, such as why nothing was decided.
    """

    concept: str
    holds: bool | None
    failures: tuple[Failure, ...] = ()
    beliefs: tuple[FloatArray, ...] | None = None
    note: str = ""
