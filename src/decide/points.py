"""How a game's solution ended, and its certified equilibria as arrays: one row each, ragged over a batch."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.frozen import ByValue
from decide.games.values import FloatArray

__all__ = ["Certified", "Points", "Status", "solved"]


class Status(enum.IntEnum):
    """How a game's solution ended; the number is what `Solution.status` of a batch holds.

    >>> Status.SOLVED.ok, Status.NOT_CERTIFIED.message
    (True, 'a point was found but its residual is above the tolerance')
    """

    SOLVED = 0
    NO_EQUILIBRIUM = 1
    NOT_CERTIFIED = 2
    FAILED = 3
    INVALID_GAME = 4
    NO_SELECTION = 5
    UNREACHED = 6
    NOT_ATTAINED = 7

    def __str__(self) -> str:
        return self.name

    @property
    def ok(self) -> bool:
        """Whether there is a certified equilibrium to speak of."""
        return self in (Status.SOLVED, Status.NOT_ATTAINED)

    @property
    def message(self) -> str:
        """What it means."""
        return _MESSAGES[self]


_MESSAGES = {
    Status.SOLVED: "solved",
    Status.NO_EQUILIBRIUM: "the method found no equilibrium",
    Status.NOT_CERTIFIED: "a point was found but its residual is above the tolerance",
    Status.FAILED: "the method failed",
    Status.INVALID_GAME: "the parameters make no valid game",
    Status.NO_SELECTION: "no equilibrium, or more than one, meets the selection rule",
    Status.NOT_ATTAINED: "the value is a supremum: strategies near the one given come as close to it as one likes",
    Status.UNREACHED: "the decision is never reached, so beliefs there are undetermined",
}


def solved(status: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Which codes are `Status.ok`."""
    return np.asarray((status == Status.SOLVED) | (status == Status.NOT_ATTAINED))


@dataclass(frozen=True, eq=False)
class Points(ByValue):
    """Certified equilibria as arrays, one row each, sorted by game.

    Attributes
    ----------
    owner : numpy.ndarray of int, shape (n,)
        Position of the game (flat) each equilibrium belongs to.
    strategies : tuple of numpy.ndarray, shape (n, n_actions) each
        Probabilities, per player (normal form) or per information set (tree).
    payoffs : numpy.ndarray, shape (n, n_players)
        Expected payoffs.
    regret, relative_regret, residual : numpy.ndarray, shape (n,)
        The largest gain from unilateral deviation, the same over each player's payoff range, and the concept's own.
    beliefs : tuple of numpy.ndarray, shape (n, n_nodes) each
        Trees: probabilities of the nodes of each information set; empty for a normal form.
    local_regret : numpy.ndarray, shape (n, n_infosets)
        Trees: the largest gain at each information set under these beliefs.
    joint : numpy.ndarray, shape (n, n_profiles)
        Concepts in which players need not mix independently: probability of every profile; empty otherwise.
    exact : tuple of numpy.ndarray of Fraction, shape (n, n_actions) each
        The strategies without rounding, where they were asked for; empty otherwise.
    """

    owner: NDArray[np.intp]
    strategies: tuple[FloatArray, ...]
    payoffs: FloatArray
    regret: FloatArray
    relative_regret: FloatArray
    residual: FloatArray
    beliefs: tuple[FloatArray, ...] = ()
    local_regret: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    joint: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    exact: tuple[NDArray[np.object_], ...] = ()

    def __len__(self) -> int:
        return len(self.owner)

    def take(self, rows: Any, owner: NDArray[np.intp] | None = None) -> Points:
        """Return some of the rows, under new owners if given."""
        return Points(
            owner=self.owner[rows] if owner is None else owner,
            strategies=tuple(s[rows] for s in self.strategies),
            payoffs=self.payoffs[rows],
            regret=self.regret[rows],
            relative_regret=self.relative_regret[rows],
            residual=self.residual[rows],
            beliefs=tuple(b[rows] for b in self.beliefs),
            local_regret=self.local_regret[rows] if self.local_regret.size else self.local_regret,
            joint=self.joint[rows] if self.joint.size else self.joint,
            exact=tuple(s[rows] for s in self.exact),
        )


@dataclass(frozen=True, eq=False)
class Certified(ByValue):
    """What is left of a method's candidates after certification.

    Attributes
    ----------
    points : Points
    complete : numpy.ndarray of bool, of the shape of the batch
    status : numpy.ndarray of int8, of the shape of the batch
    """

    points: Points
    complete: NDArray[np.bool_]
    status: NDArray[np.int8]
