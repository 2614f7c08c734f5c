"""Payoff tables as the refinements read them: scaled, with near-equal payoffs made equal, and what is asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

from decide.games.values import FloatArray, each_to_unit

__all__ = [
    "TIE", "Profile", "all_of", "by_action", "completely_mixed", "is_nash", "levelled", "program", "replies", "support",
]  # fmt: skip

#: Shares of the payoff range, and probabilities, that count as nothing.
TIE = 1e-9

Profile: TypeAlias = Sequence[FloatArray]


def levelled(entries: FloatArray) -> list[FloatArray]:
    """Scale one game's payoffs to [0, 1] and make equal, player by player, what is within the tolerance."""
    found = []
    for u in each_to_unit(entries[..., None])[..., 0]:
        values, place = np.unique(u, return_inverse=True)
        first = np.concatenate([[True], np.diff(values) > TIE])
        found.append(values[first][np.cumsum(first) - 1][place].reshape(u.shape))
    return found


def by_action(u: FloatArray, i: int) -> FloatArray:
    """Write a player's payoffs as a matrix: own actions by profiles of the others."""
    return np.moveaxis(u, i, 0).reshape(u.shape[i], -1)


def support(x: FloatArray) -> list[int]:
    """Return the actions a strategy plays."""
    return [int(k) for k in np.flatnonzero(np.asarray(x) > TIE)]


def completely_mixed(profile: Profile) -> bool:
    """Whether everyone plays every action."""
    return all(np.min(x) > TIE for x in profile)


def replies(u: FloatArray, i: int, profile: Profile) -> FloatArray:
    """Payoff of each action of player i when the others play the profile."""
    worth = np.moveaxis(u, i, 0)
    for j in reversed(range(len(profile))):
        if j != i:
            worth = worth @ np.asarray(profile[j])
    return worth


def is_nash(entries: FloatArray, profile: Profile) -> bool:
    """Whether nobody gains more than the tolerance."""
    worth = [replies(u, i, profile) for i, u in enumerate(each_to_unit(entries[..., None])[..., 0])]
    return all(float(w.max() - w @ x) <= 2 * TIE for w, x in zip(worth, profile, strict=True))


def all_of(answers: Iterable[bool | None]) -> bool | None:
    """True if all are, False if one is not, None if that stays open."""
    found = list(answers)
    return False if False in found else None if None in found else True


def program(cost: Any, **constraints: Any) -> tuple[bool | None, FloatArray]:
    """Minimise: whether there is a solution (None: the program failed), and it."""
    from scipy.optimize import linprog

    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    answer = linprog(cost, method="highs-ds", options=tight, **constraints)
    if answer.success:
        return True, np.asarray(answer.x, dtype=np.float64)
    return (False if answer.status == 2 else None), np.zeros(len(cost))
