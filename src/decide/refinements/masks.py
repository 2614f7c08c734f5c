"""What can be told of many games at once: strict, plainly dominated, plainly undominated."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from decide.games.values import FloatArray, each_to_unit
from decide.refinements.tables import TIE

__all__ = ["dominance_mask", "regular_mask", "strict_mask"]

#: More than this is clearly more than nothing.
CLEAR = 1e-6


def strict_mask(entries: FloatArray, strategies: Sequence[FloatArray]) -> NDArray[np.bool_]:
    """Tell the same of one profile for each of many games.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    strategies : sequence of numpy.ndarray, shape (n, a_i) each

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
    """
    n_players, n = len(entries), entries.shape[-1]
    strict = np.ones(n, dtype=np.bool_)
    for i, u in enumerate(each_to_unit(entries)):
        worth = np.moveaxis(u, i, 0)
        for j in reversed([j for j in range(n_players) if j != i]):
            worth = (worth * strategies[j].T).sum(axis=-2)
        best = worth >= worth.max(axis=0) - TIE
        strict &= (best.sum(axis=0) == 1) & ((strategies[i].T * best).sum(axis=0) >= 1.0 - TIE)
    return strict


def dominance_mask(entries: FloatArray, strategies: Sequence[FloatArray]) -> NDArray[np.bool_]:
    """Mark profiles, one for each of many games, in which an action is played that another pure one weakly dominates.

    In games of two actions each that is all the dominance there is.

    Parameters
    ----------
    entries, strategies
        As for `strict_mask`.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
    """
    dominated = np.zeros(entries.shape[-1], dtype=np.bool_)
    for i, u in enumerate(each_to_unit(entries)):
        U = np.moveaxis(u, i, 0).reshape(u.shape[i], -1, u.shape[-1])
        for s, b in itertools.permutations(range(len(U)), 2):
            gain = U[b] - U[s]
            played = strategies[i][:, s] > TIE
            dominated |= played & (gain >= -TIE).all(axis=0) & (gain > TIE).any(axis=0)
    return dominated


def regular_mask(entries: FloatArray, strategies: Sequence[FloatArray]) -> NDArray[np.bool_]:
    """Mark equilibria, one for each of many games, that are plainly undominated; most of an ordinary game are.

    Everyone's best replies are the actions played, and their payoffs at the profiles the others play are affinely
    independent. What dominates must then be a best reply, so on the support, and as good at each of those profiles:
    it is the strategy itself (compare regular equilibria, Harsanyi 1973).

    Parameters
    ----------
    entries, strategies
        As for `strict_mask`; the strategies are equilibria.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        Where False nothing is said.
    """
    n = entries.shape[-1]
    regular = np.ones(n, dtype=np.bool_)
    for i, u in enumerate(each_to_unit(entries)):
        U = np.moveaxis(u, i, 0).reshape(u.shape[i], -1, n)
        q = np.ones((1, n))
        for x in (x for j, x in enumerate(strategies) if j != i):
            q = (q[:, None] * x.T[None]).reshape(-1, n)
        worth, played, met = (U * q).sum(axis=1), strategies[i].T > TIE, q > CLEAR
        regular &= (played | (worth < worth.max(axis=0) - CLEAR)).all(axis=0)
        matrix = np.concatenate([U * met, np.ones((len(U), 1, n))], axis=1) * played[:, None]
        rank = (np.linalg.svd(np.moveaxis(matrix, -1, 0), compute_uv=False) > CLEAR).sum(axis=1)
        regular &= rank == played.sum(axis=0)
    return regular
