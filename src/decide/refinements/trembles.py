"""Dominance and trembles.

A strategy is weakly dominated if some move of probability away from its support gains somewhere and loses nowhere. By
linear programming, in the form of its alternative (Farkas): the total gain is set to 1 and the largest loss minimised,
which stays well-conditioned where the gains are small.

Of three players or more, a pure equilibrium is perfect (Selten 1975) if one set of trembles makes every tied action
worse to first order: a linear program. It is not if a tied action is better however the others tremble: every profile
in which it is worse needs, besides, a tremble after which it is better already.

Cost: undominated, one linear program a player, dense, of (own actions + actions played + 1) variables and a row for
every profile of the others, and two more; none where the player has two actions or another action dominates plainly.
First-order trembles: one program, of a variable for every unplayed action of every player and a row for every tied one.
The other test compares, for every action played and every other, all profiles of the others in which one is better with
all in which the other is: the number of these profiles squared.
"""

from __future__ import annotations

import itertools

import numpy as np

from decide.games.values import FloatArray
from decide.refinements.tables import TIE, Profile, by_action, program, replies, support

__all__ = ["better_however", "first_order_trembles", "nothing_dominates"]


def nothing_dominates(U: FloatArray, played: list[int]) -> bool | None:
    """Whether nothing weakly dominates the strategies that play these actions (how much of each does not matter)."""
    D = U - U[played[0]]
    if not D.any():
        return True
    worse = D[:, None] - D[played][None]  # action b instead of action s of the support
    if ((worse >= 0).all(axis=2) & (worse > 0).any(axis=2)).any():
        return False
    if len(U) == 2:
        return True
    m, k, columns = len(U), len(played), U.shape[1]
    gains = np.vstack([D, -D[played]]).T  # weight put on each action, weight taken from each action of the support
    found, answer = program(
        np.r_[np.zeros(m + k), 1.0],
        A_ub=np.c_[-gains, -np.ones(columns)],
        b_ub=np.zeros(columns),
        A_eq=np.vstack([np.r_[gains.sum(axis=0), 0.0], np.r_[np.ones(m), -np.ones(k), 0.0]]),
        b_eq=[1.0, 0.0],
        bounds=[(0, None)] * (m + k + 1),
    )
    if not found:
        return None if found is None else True
    return bool((gains @ answer[:-1]).min() < -TIE / 2)


def better_however(u: FloatArray, i: int, profile: Profile) -> bool:
    """Whether some action beats one that is played whatever the small trembles of the others, who are pure.

    A profile at which it is worse is outweighed if a part of the trembles it needs suffices to make it better: the
    other trembles make it infinitely less likely.
    """
    others = [x for j, x in enumerate(profile) if j != i]
    if any(len(support(x)) != 1 for x in others):
        return False
    base = np.array([support(x)[0] for x in others])
    index = np.array(list(itertools.product(*(range(len(x)) for x in others))))
    U = by_action(u, i)
    for s, b in itertools.product(support(profile[i]), range(len(U))):
        d = U[s] - U[b]
        worse, better = index[d > 0], index[d < 0]
        part = (better[None] == base) | (better[None] == worse[:, None])
        if len(better) and part.all(axis=2).any(axis=1).all():
            return True
    return False


def first_order_trembles(tables: list[FloatArray], profile: Profile) -> bool:
    """Whether one set of trembles makes every tied action of every player worse to first order (pure profiles)."""
    if any(len(support(x)) != 1 for x in profile):
        return False
    played = [support(x)[0] for x in profile]
    trembles = [(j, k) for j, x in enumerate(profile) for k in range(len(x)) if k != played[j]]
    rows = []
    for i, u in enumerate(tables):
        U = by_action(u, i)
        worth = replies(u, i, profile)
        for b in range(len(U)):
            if b == played[i] or worth[played[i]] - worth[b] > TIE or np.array_equal(U[b], U[played[i]]):
                continue
            rows.append([_lead(u, played, i, b, j, k) for j, k in trembles])
    if not rows:
        return True
    found, _ = program(
        np.ones(len(trembles)), A_ub=-np.array(rows), b_ub=-np.ones(len(rows)), bounds=[(1, None)] * len(trembles)
    )
    return found is True


def _lead(u: FloatArray, played: list[int], i: int, b: int, j: int, k: int) -> float:
    """By how much player i's action leads over `b` when player j alone trembles to `k`."""
    if j == i:
        return 0.0
    at = [k if p == j else a for p, a in enumerate(played)]
    instead = [b if p == i else a for p, a in enumerate(at)]
    return float(u[tuple(at)] - u[tuple(instead)])
