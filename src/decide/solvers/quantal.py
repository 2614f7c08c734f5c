"""The equations of logit equilibria: their value, their derivatives, and Newton's method at a given precision.

Unknown are the logits ``d_ia = log(p_ia / p_i0)``; the equations are ``d_ia = t r_i (u_ia(p) - u_i0(p))``. Payoffs are
in shares of each player's range. All games of a batch lie side by side, in the last axis.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.games.values import FloatArray

__all__ = [
    "BoolArray",
    "Games",
    "against",
    "contracts",
    "games_of",
    "log_slopes",
    "mixing",
    "settle",
    "slope_at",
    "solve_systems",
    "system",
    "unit",
]

BoolArray = NDArray[np.bool_]


class Games(NamedTuple):
    """Games as the follower wants them.

    Attributes
    ----------
    gains : tuple of numpy.ndarray, shape (a_0, ..., a_i - 1, ..., n)
        Payoffs of player i's actions over its first, in shares of its payoff range.
    rate : numpy.ndarray, shape (k, n)
        Per logit, the precision (per payoff range) of the player at "time" 1; the largest of a game is 1.
    """

    gains: tuple[FloatArray, ...]
    rate: FloatArray

    def take(self, games: Any) -> Games:
        """Return some of the games."""
        return Games(tuple(g[..., games] for g in self.gains), self.rate[:, games])


def games_of(scaled: FloatArray, rate: FloatArray) -> Games:
    """Take gains over each player's first action; rates are per player, shape (n_players, n)."""
    gains = tuple(np.delete(u, 0, axis=i) - np.take(u, [0], axis=i) for i, u in enumerate(scaled))
    return Games(gains, np.repeat(rate, [a - 1 for a in scaled.shape[1:-1]], axis=0))


def unit(entries: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Scale each player's payoffs to [0, 1]; also their ranges, shape (n_players, n)."""
    profiles = tuple(range(1, entries.ndim - 1))
    low = entries.min(axis=profiles, keepdims=True)
    span = entries.max(axis=profiles, keepdims=True) - low
    scaled = (entries - low) / np.where(span > 0, span, 1.0)
    return scaled, span.reshape(len(entries), -1)


def mixing(d: FloatArray, n_actions: tuple[int, ...]) -> list[FloatArray]:
    """Turn logits (k, n) into probabilities, (a_i, n) per player."""
    found, at = [], 0
    for a in n_actions:
        own = np.concatenate([np.zeros((1, d.shape[1])), d[at : at + a - 1]])
        own = np.exp(own - own.max(axis=0))
        found.append(own / own.sum(axis=0))
        at += a - 1
    return found


def against(gain: FloatArray, mix: list[FloatArray], keep: tuple[int, ...]) -> FloatArray:
    """Expect over the mixing of all players but those kept; the kept axes stay, games last."""
    n_players = len(mix)
    for j in reversed(range(n_players)):
        if j not in keep:
            p = mix[j].reshape((mix[j].shape[0],) + (1,) * (gain.ndim - j - 2) + (-1,))
            gain = (gain * p).sum(axis=j)
    return gain


def system(games: Games, n_actions: tuple[int, ...], x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Evaluate ``F = d - t r g(p)`` at x = (d, t), shape (k, n), and its derivatives, shape (k, k + 1, n)."""
    slope = slope_at(games, n_actions, mixing(x[:-1], n_actions), x[-1])
    return x[:-1] + x[-1] * slope[:, -1], slope


def slope_at(games: Games, n_actions: tuple[int, ...], mix: list[FloatArray], t: FloatArray) -> FloatArray:
    """Evaluate the derivatives of F by the logits and, in the last column (where it is ``-r g(p)``), by t."""
    k, n = games.rate.shape
    starts = np.concatenate([[0], np.cumsum([a - 1 for a in n_actions])])
    g, slope = np.empty((k, n)), np.zeros((k, k + 1, n))
    players = range(len(n_actions))
    for i in players:
        if n_actions[i] == 1:
            continue
        rows = slice(starts[i], starts[i + 1])
        others = [j for j in players if j != i and n_actions[j] > 1]
        if not others:
            g[rows] = against(games.gains[i], mix, (i,))
        for j in others:
            block = against(games.gains[i], mix, (i, j))
            block = block if i < j else np.swapaxes(block, 0, 1)
            if j == others[0]:
                g[rows] = (block * mix[j]).sum(axis=1)
            own = (block[:, 1:] - g[rows][:, None]) * mix[j][1:]
            slope[rows, starts[j] : starts[j + 1]] = -t * games.rate[rows][:, None] * own
    slope[range(k), range(k)] += 1.0
    slope[:, k] = -games.rate * g
    return slope


def solve_systems(matrix: FloatArray, right: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Solve systems (m, m, n) for right sides (m, n) by Gaussian elimination; also the sign of each determinant."""
    a = np.concatenate([matrix, right[:, None]], axis=1)
    m, n = right.shape
    sign = np.ones(n)
    for c in range(m):
        best = np.abs(a[c:, c]).argmax(axis=0)
        swap = np.flatnonzero(best)
        if swap.size:
            rows = best[swap] + c
            kept = a[c][:, swap]
            a[c][:, swap] = a[rows, :, swap].T
            a[rows, :, swap] = kept.T
            sign[swap] = -sign[swap]
        pivot = a[c, c]
        sign *= np.where(pivot < 0, -1.0, 1.0)
        a[c, c:] /= np.where(np.abs(pivot) > 1e-300, pivot, 1e-300)
        if c + 1 < m:
            a[c + 1 :, c + 1 :] -= a[c + 1 :, c : c + 1] * a[c, c + 1 :]
    y = a[:, m]
    for c in reversed(range(m - 1)):
        y[c] -= (a[c, c + 1 : m] * y[c + 1 :]).sum(axis=0)
    return y, sign


def settle(
    games: Games, n_actions: tuple[int, ...], start: FloatArray, t: FloatArray, most: int = 30
) -> tuple[FloatArray, list[FloatArray], BoolArray]:
    """Solve at a given t by Newton's method from a near point: logits, probabilities, and whether it converged.

    Logits over an action that is hardly played are large and lose the digits in which the others differ; so they are
    taken over the likeliest action here.
    """
    games, d, order = _rebase(games, n_actions, start)
    x = np.concatenate([d, t[None]])
    done = np.zeros(len(t), dtype=np.bool_)
    room = 1e-13 + 4e-16 * t
    for _ in range(most):
        F, slope = system(games, n_actions, x)
        move, _ = solve_systems(slope[:, :-1], F)
        size = np.abs(move).max(axis=0, initial=0.0)
        x[:-1] -= np.where(np.isfinite(move), move, 0.0)
        error = np.abs(F).max(axis=0, initial=0.0)
        done = np.isfinite(size) & (size <= 1e-6 * (1.0 + t)) & (error <= 1e-11 + 1e-14 * t)
        if (size <= room).all():
            break
    mix = [np.take_along_axis(p, swap, axis=0) for p, swap in zip(mixing(x[:-1], n_actions), order, strict=True)]
    return _reorder(n_actions, x[:-1], order), mix, done


def _rebase(
    games: Games, n_actions: tuple[int, ...], d: FloatArray
) -> tuple[Games, FloatArray, list[NDArray[np.intp]]]:
    """Swap every player's first action with its likeliest, so that logits are small where probabilities are large."""
    order = []
    for p in mixing(d, n_actions):
        first = p.argmax(axis=0)
        swap = np.tile(np.arange(len(p))[:, None], p.shape[1])
        swap[first, np.arange(p.shape[1])] = 0
        swap[0] = first
        order.append(swap)
    gains = []
    for i, gain in enumerate(games.gains):
        u = np.concatenate([np.zeros_like(np.take(gain, [0], axis=i)), gain], axis=i) if n_actions[i] > 1 else gain
        if n_actions[i] > 1:
            for j, swap in enumerate(order):
                shape = [1] * u.ndim
                shape[j], shape[-1] = swap.shape
                u = np.take_along_axis(u, swap.reshape(shape), axis=j)
            u = np.delete(u, 0, axis=i) - np.take(u, [0], axis=i)
        gains.append(u)
    return Games(tuple(gains), games.rate), _reorder(n_actions, d, order), order


def _reorder(n_actions: tuple[int, ...], d: FloatArray, order: list[NDArray[np.intp]]) -> FloatArray:
    """Rewrite logits for actions in another order; swaps undo themselves."""
    parts, at = [], 0
    for a, swap in zip(n_actions, order, strict=True):
        own = np.concatenate([np.zeros((1, d.shape[1])), d[at : at + a - 1]])
        own = np.take_along_axis(own, swap, axis=0)
        parts.append(own[1:] - own[0])
        at += a - 1
    return np.concatenate(parts)


def contracts(scaled: FloatArray, rate: FloatArray) -> BoolArray:
    """Whether the logit reply is a contraction at these precisions and all lower ones, so that one solution exists.

    The mean absolute deviation of a softmax's change is at most half the spread of its logits' change; the spread of
    i's logits changes by at most ``r_i D_ij / 4`` times that of j's, where D_ij is how much j's action can change the
    difference between two payoffs of i. It contracts where the matrix of these numbers has all eigenvalues below 1.
    """
    n_players = len(scaled)
    bound = np.zeros((rate.shape[1], n_players, n_players))
    for i in range(n_players):
        for j in range(n_players):
            if i == j or scaled.shape[i + 1] == 1 or scaled.shape[j + 1] == 1:
                continue
            u = np.moveaxis(scaled[i], (i, j), (0, 1))
            u = u.reshape(u.shape[0], u.shape[1], -1, u.shape[-1])
            worst = np.zeros(rate.shape[1])
            for a in range(len(u)):
                for b in range(a):
                    gap = u[a] - u[b]
                    worst = np.maximum(worst, (gap.max(axis=0) - gap.min(axis=0)).max(axis=0))
            bound[:, i, j] = rate[i] * worst / 4.0
    finite = np.asarray(np.isfinite(bound).all(axis=(1, 2)))
    power = np.where(finite[:, None, None], np.minimum(bound, 1e30), 1e30)
    return np.asarray(np.abs(np.linalg.eigvals(power)).max(axis=1) < 0.9)


def log_slopes(
    entries: FloatArray, precision: FloatArray, strategies: tuple[FloatArray, ...], rate: FloatArray
) -> tuple[FloatArray, ...]:
    """Differentiate log probabilities along the branch, as the precisions grow at the given rates.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    precision, rate : numpy.ndarray, shape (n_players, n)
        Per unit of payoff.
    strategies : tuple of numpy.ndarray, shape (n, a_i)
        The point of the branch.

    Returns
    -------
    tuple of numpy.ndarray, shape (n, a_i)
    """
    scaled, span = unit(entries)
    n_actions, n = scaled.shape[1:-1], scaled.shape[-1]
    mix = [s.T for s in strategies]
    slope = slope_at(games_of(scaled, precision * span), n_actions, mix, np.ones(n))
    pull = -slope_at(games_of(scaled, rate * span), n_actions, mix, np.ones(n))[:, -1]
    along = solve_systems(slope[:, :-1], pull)[0]
    found, at = [], 0
    for p, a in zip(strategies, n_actions, strict=True):
        own = np.concatenate([np.zeros((1, n)), along[at : at + a - 1]]).T
        found.append(own - (p * own).sum(axis=1, keepdims=True))
        at += a - 1
    return tuple(found)
