"""Certificates of games in normal form: payoffs and regret of a profile, or of a joint distribution.

``regret_i = max_a u_i(a, x_{-i}) - u_i(x)``, by contracting the payoff table one player at a time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.games.values import FloatArray

__all__ = [
    "TOLERANCE",
    "NormalCertificate",
    "are_strategies",
    "average",
    "exact_certificate",
    "joint_certificate",
    "normal_certificate",
    "over",
]

#: Nothing with a residual above this share of the payoff range is returned.
TOLERANCE = 1e-9
#: More actions than this are summed in one step; few are faster one by one, games side by side (measured).
MANY = 6


class NormalCertificate(NamedTuple):
    """Payoffs (n, n_players), regret and relative regret (n,) of strategy profiles."""

    payoffs: FloatArray
    regret: FloatArray
    relative: FloatArray


def are_strategies(strategies: Sequence[FloatArray], n: int) -> NDArray[np.bool_]:
    """Whether every row is made of probability distributions: from 0, sum 1, within the tolerance; shape (n,)."""
    good = np.ones(n, dtype=np.bool_)
    for x in strategies:
        columns = [x[:, k] for k in range(x.shape[1])] if x.shape[1] <= MANY else [x.min(axis=1, initial=0.0)]
        total = x.sum(axis=1) if x.shape[1] > MANY else sum(columns, start=np.zeros(n))
        good &= np.abs(total - 1.0) <= TOLERANCE
        for column in columns:
            good &= column >= -TOLERANCE
    return good


def normal_certificate(entries: FloatArray, profile: Sequence[FloatArray]) -> NormalCertificate:
    """Compute payoffs and regret of one profile for each game.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    profile : sequence of numpy.ndarray, shape (n, a_i) each
        Mixed strategies.
    """
    n_players, n = len(entries), entries.shape[-1]
    payoffs, regret, relative = np.empty((n, n_players)), np.zeros(n), np.zeros(n)
    for i in range(n_players):
        flat = entries[i].reshape(math.prod(entries.shape[1:-1]), n)
        low = flat.min(axis=0)
        against = entries[i] - low  # a large offset must not drown the differences
        for j in reversed(range(n_players)):
            if j != i:
                against = average(against, j, profile[j])
        own = average(against, 0, profile[i])
        payoffs[:, i] = low + own + 0.0  # no -0.0
        gain = np.maximum(against.max(axis=0) - own, 0.0)
        regret = np.maximum(regret, gain)
        relative = np.maximum(relative, over(gain, flat.max(axis=0) - low))
    return NormalCertificate(payoffs, regret, relative)


def average(payoffs: FloatArray, axis: int, weights: FloatArray) -> FloatArray:
    """Average over one player's actions: weights (n, n_actions) over an axis of payoffs (..., n)."""
    n, m = weights.shape
    if m > MANY:
        shape = (m, *(1 for _ in payoffs.shape[axis + 1 : -1]), n)
        return np.asarray((payoffs * weights.T.reshape(shape)).sum(axis=axis))
    total = payoffs.take(0, axis=axis) * weights[:, 0]
    for k in range(1, m):
        total += payoffs[(slice(None),) * axis + (k,)] * weights[:, k]
    return total


def exact_certificate(
    payoffs: NDArray[Any], profile: Sequence[Sequence[Fraction]]
) -> tuple[tuple[Fraction, ...], Fraction]:
    """Compute payoffs and regret of one profile without rounding.

    Parameters
    ----------
    payoffs : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1})
        Fractions, or floats taken for the numbers they are.
    profile : sequence of sequence of Fraction
        Mixed strategies.
    """
    n_players, shape = len(payoffs), payoffs.shape[1:]
    against = [[Fraction(0)] * n for n in shape]
    for index in np.ndindex(*shape):
        for i in range(n_players):
            weight = math.prod((profile[j][index[j]] for j in range(n_players) if j != i), start=Fraction(1))
            if weight:
                against[i][index[i]] += weight * Fraction(payoffs[(i, *index)])
    expected = tuple(
        sum((p * u for p, u in zip(x, own, strict=True)), Fraction(0)) for x, own in zip(profile, against, strict=True)
    )
    return expected, max(max(own) - u for own, u in zip(against, expected, strict=True))


def joint_certificate(entries: FloatArray, joint: FloatArray) -> NormalCertificate:
    """Compute payoffs and regret where the profile is drawn from a joint distribution.

    Regret is what a player could gain by an action decided on *before* hearing what it is told to play (the others
    still follow what they are told): the slack of a coarse correlated equilibrium.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    joint : numpy.ndarray, shape (n, n_profiles)
        Probability of every profile, the last player's action fastest.
    """
    n_players, n = len(entries), entries.shape[-1]
    shape = entries.shape[1:-1]
    weight = joint.T.reshape(*shape, n)
    payoffs, regret, relative = np.empty((n, n_players)), np.zeros(n), np.zeros(n)
    axes = tuple(range(n_players))
    for i in range(n_players):
        low = entries[i].min(axis=axes)
        above = entries[i] - low  # a large offset must not drown the differences
        own = (weight * above).sum(axis=axes)
        payoffs[:, i] = low + own + 0.0  # no -0.0
        others = tuple(j for j in axes if j != i)
        alone = (weight.sum(axis=i, keepdims=True) * above).sum(axis=others)
        gain = np.maximum(alone.max(axis=0) - own, 0.0)
        regret = np.maximum(regret, gain)
        relative = np.maximum(relative, over(gain, above.max(axis=axes)))
    return NormalCertificate(payoffs, regret, relative)


def over(gain: FloatArray, scale: FloatArray | float) -> FloatArray:
    """Gain over scale; where the scale is 0 nothing can be gained."""
    some = np.asarray(scale) > 0
    return np.where(some, gain / np.where(some, scale, 1.0), 0.0)
