"""Pure equilibria of games in normal form, any number of players, batched.

A profile is an equilibrium if no player gains by changing its own action alone (Nash 1950):
``u_i(a) = max_b u_i(b, a_{-i})`` for every player. All profiles are tested at once, for all games of the batch;
equality is within 1e-9 of the player's payoff range; payoffs given as fractions are compared as they are.

Cost: players x profiles x games.

When not to use it: it misses every equilibrium in which somebody mixes. So "none found", though `complete` and exact,
says that there is none in pure strategies, not that there is no equilibrium: every finite game has one (Nash 1951), and
`nash` finds it in mixed strategies; take `lemke_howson` or `logit_limit` where the game is too large for `nash`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from decide.games.values import FloatArray
from decide.solvers.base import TIE, Found

if TYPE_CHECKING:
    from decide.games.normal import NormalForm

__all__ = ["pure", "pure_mask"]


def pure_mask(entries: FloatArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Mark the pure equilibria, and the games with a near-tie that decides about one.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.

    Returns
    -------
    mask : numpy.ndarray of bool, shape (a_0, ..., a_{k-1}, n)
    tied : numpy.ndarray of bool, shape (n,)
        Whether an equilibrium rests on a tie between actions.
    """
    shape = entries.shape[1:]
    profiles = tuple(range(len(shape) - 1))
    mask = np.ones(shape, dtype=np.bool_)
    several = np.zeros(shape, dtype=np.bool_)
    for i, u in enumerate(entries):
        slack = TIE * (u.max(axis=profiles) - u.min(axis=profiles))
        best = u >= u.max(axis=i, keepdims=True) - slack
        several |= best.sum(axis=i, keepdims=True) > 1
        mask &= best
    return mask, np.asarray((mask & several).any(axis=profiles))


def pure(game: NormalForm) -> Found:
    """Find all pure equilibria.

    Parameters
    ----------
    game : NormalForm
        One game or a batch, any number of players.

    Returns
    -------
    Found
        A row for each equilibrium, every probability 0 or 1. A game without one has no row; `solve` gives it the status
        ``NO_EQUILIBRIUM``, and it is complete all the same.
    """
    mask, tied = pure_mask(game.entries())
    if game.exact is not None:
        mask = np.ones_like(mask)
        for i, own in enumerate(game.exact):
            mask &= (own >= own.max(axis=i, keepdims=True)).astype(np.bool_)[..., None]
    owner, *index = np.nonzero(np.moveaxis(mask, -1, 0))
    strategies = tuple(np.eye(n)[k] for n, k in zip(game.n_actions, index, strict=True))
    return Found(owner, strategies, np.ones(len(tied), dtype=np.bool_), tied)
