"""Residuals of concepts other than Nash, each from the definition: how far a profile is from what it demands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from decide.certify.tables import TOLERANCE, average, over
from decide.games.values import FloatArray

__all__ = [
    "coarse_residual",
    "commitment_residual",
    "correlated_residual",
    "level_k_residual",
    "logit_residual",
]


def correlated_residual(
    entries: FloatArray, strategies: Sequence[FloatArray], joint: FloatArray | None, **_options: Any
) -> FloatArray:
    """Compute the error of correlated equilibria: the most that disobeying one recommendation gains.

    For each player, each action it may be told and each it may do instead, the gain is weighted by the probability of
    being told so (it is not conditional on it) and divided by the player's payoff range. The options do not matter.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    strategies : sequence of numpy.ndarray, shape (n, a_i) each
        The marginals; how far they are from those of `joint` counts as error.
    joint : numpy.ndarray, shape (n, n_profiles)
        Probability of every profile, the last player's action fastest.

    Returns
    -------
    numpy.ndarray, shape (n,)
    """
    return _disobedience(entries, strategies, joint, once=True)


def coarse_residual(
    entries: FloatArray, strategies: Sequence[FloatArray], joint: FloatArray | None, **_options: Any
) -> FloatArray:
    """Compute the error of coarse correlated equilibria: the most that one action fixed beforehand gains.

    Over the player's payoff range; parameters as for `correlated_residual`.
    """
    return _disobedience(entries, strategies, joint, once=False)


def _disobedience(
    entries: FloatArray, strategies: Sequence[FloatArray], joint: FloatArray | None, *, once: bool
) -> FloatArray:
    """The most gained by doing b where told a, for one a (`once`) or whatever is told; taken action by action."""
    n_players, n = len(entries), entries.shape[-1]
    if joint is None:
        return np.full(n, np.inf)
    weight = joint.T.reshape(*entries.shape[1:-1], n)
    axes = tuple(range(n_players))
    residual: FloatArray = np.maximum(np.abs(joint.sum(axis=1) - 1.0), -joint.min(axis=1))
    for i, u in enumerate(entries):
        others = tuple(j for j in axes if j != i)
        residual = np.maximum(residual, np.abs(weight.sum(axis=others).T - strategies[i]).max(axis=1))
        scale = u.max(axis=axes) - u.min(axis=axes)
        for b in range(u.shape[i]):
            gain = (weight * (np.take(u, [b], axis=i) - u)).sum(axis=others)  # differences first: offsets cancel
            gain = gain.max(axis=0) if once else gain.sum(axis=0)
            residual = np.maximum(residual, over(gain, scale))
    return residual


def commitment_residual(
    entries: FloatArray,
    strategies: Sequence[FloatArray],
    joint: FloatArray | None = None,  # noqa: ARG001  (every residual is called alike)
    *,
    players: Sequence[str] = (),
    leader: str | None = None,
    ties: str = "strong",  # noqa: ARG001
    mixed: bool = True,  # noqa: ARG001
) -> FloatArray:
    """Compute the follower's regret over its payoff range; the leader cannot deviate, so its own does not count.

    Parameters
    ----------
    entries : numpy.ndarray, shape (2, a_0, a_1, n)
        Payoffs, games last.
    strategies : sequence of numpy.ndarray, shape (n, a_i) each
    players : sequence of str
        Names, to tell who a named leader is; if it cannot be told, both players' regrets count.
    leader : str, optional
        The first player, unless given.
    """
    x, y = strategies
    entries = entries - entries.min(axis=(1, 2), keepdims=True)  # differences survive what rounding does to averages
    values = (np.einsum("ijn,nj->in", entries[0], y), np.einsum("ijn,ni->jn", entries[1], x))
    residual = np.zeros(entries.shape[-1])
    for i in (0, 1):
        leads = i == 0 if leader is None else i < len(players) and players[i] == leader
        if not leads:
            gain = np.maximum(values[i].max(axis=0) - np.einsum("nk,kn->n", strategies[i], values[i]), 0.0)
            residual = np.maximum(residual, over(gain, np.ptp(entries[i], axis=(0, 1))))
    return residual


def logit_residual(
    entries: FloatArray,
    strategies: Sequence[FloatArray],
    joint: FloatArray | None = None,  # noqa: ARG001  (every residual is called alike)
    *,
    players: Sequence[str] = (),  # noqa: ARG001
    rationality: Any,
) -> FloatArray:
    """Compute how far strategies are from the logit replies to each other.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    strategies : sequence of numpy.ndarray, shape (n, a_i) each
    rationality : float, numpy.ndarray of shape (n,), or a mapping with these in the order of the players
        Precision per unit of payoff; where it is infinite, the player's regret over its payoff range counts.

    Returns
    -------
    numpy.ndarray, shape (n,)
        The largest distance between a probability and the logit reply's.
    """
    n = entries.shape[-1]
    residual = np.zeros(n)
    for i, precision in enumerate(_by_player(rationality, len(entries), n)):
        reply, gain = _soft_reply(entries[i], strategies, i, precision)
        away = np.abs(reply - strategies[i]).max(axis=1)
        regret = (strategies[i] * gain).sum(axis=1)
        residual = np.maximum(residual, np.where(np.isinf(precision), regret, away))
    return residual


def level_k_residual(
    entries: FloatArray,
    strategies: Sequence[FloatArray],
    joint: FloatArray | None = None,  # noqa: ARG001
    *,
    players: Sequence[str] = (),  # noqa: ARG001
    level: Any = None,
    rationality: Any = math.inf,
    level_0: Any = "uniform",
    hierarchy: Any = None,
) -> FloatArray:
    """Compute how far strategies are from what the chain of levels, written out again, predicts.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    strategies : sequence of numpy.ndarray, shape (n, a_i) each
    level, rationality, level_0, hierarchy
        As for the method; mappings are in the order of the players, and `level_0` maps on to actions.
    """
    n_players, n = len(entries), entries.shape[-1]
    precision = _by_player(rationality, n_players, n)
    if isinstance(level_0, Mapping):
        first = [np.stack([np.broadcast_to(p, n) for p in own.values()], axis=1) for own in level_0.values()]
    else:
        first = [np.full(s.shape, 1.0 / s.shape[1]) for s in strategies]
    tau = None if hierarchy is None else np.broadcast_to(np.asarray(hierarchy, dtype=np.float64), n)
    everyone = tau is not None and level is None
    tops = list(level.values()) if isinstance(level, Mapping) else [2 if level is None else level] * n_players
    highest = int(np.max(tau) + 12.0 * np.sqrt(np.max(tau)) + 40.0) if tau is not None and everyone else max(tops)
    stages = [first]
    mass = np.zeros((highest + 1, n)) if tau is None else _level_odds(tau, highest)
    for k in range(1, highest + 1):
        if tau is None:
            seen: Sequence[FloatArray] = stages[k - 1]
        else:
            share = mass[:k] / mass[:k].sum(axis=0)
            seen = [sum((share[h][:, None] * stages[h][i] for h in range(k)), np.zeros(())) for i in range(n_players)]
        stages.append([_soft_reply(entries[i], seen, i, precision[i])[0] for i in range(n_players)])
    residual = np.zeros(n)
    for i, played in enumerate(strategies):
        if everyone:
            expected = sum((mass[k][:, None] * stages[k][i] for k in range(highest + 1)), np.zeros(()))
        else:
            expected = stages[tops[i]][i]
        residual = np.maximum(residual, np.abs(expected - played).max(axis=1))
    return residual


def _by_player(rationality: Any, n_players: int, n: int) -> list[FloatArray]:
    values = list(rationality.values()) if isinstance(rationality, Mapping) else [rationality] * n_players
    return [np.broadcast_to(np.asarray(v, dtype=np.float64), n) for v in values]


def _level_odds(tau: FloatArray, highest: int) -> FloatArray:
    """Poisson probabilities of the levels, shape (highest + 1, n), by recursion."""
    odds = np.empty((highest + 1, len(tau)))
    odds[0] = np.exp(-tau)
    for k in range(1, highest + 1):
        odds[k] = odds[k - 1] * tau / k
    return odds


def _soft_reply(
    payoffs: FloatArray, profile: Sequence[FloatArray], player: int, precision: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """A player's logit reply (n, n_actions), best replies split equally at infinity; also what each action loses."""
    flat = payoffs.reshape(math.prod(payoffs.shape[:-1]), payoffs.shape[-1])
    low, high = flat.min(axis=0), flat.max(axis=0)
    against = payoffs - low  # before averaging, so that offsets leave no rounding
    for j in reversed(range(len(profile))):
        if j != player:
            against = average(against, j, profile[j])
    short = (against.max(axis=0) - against).T
    relative = over(short, (high - low)[:, None])
    exact = np.isinf(precision)[:, None]
    with np.errstate(over="ignore"):
        weight = np.where(exact, relative <= TOLERANCE, np.exp(-np.where(exact, 0.0, precision[:, None]) * short))
    return weight / weight.sum(axis=1, keepdims=True), relative
