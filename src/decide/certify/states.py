"""Certificates of stochastic games: regret over whole stationary strategies, from every state.

The others' strategies leave a player a Markov decision problem, which is solved by policy iteration; where the stages
of a game that ends were written out, from the last stage back. Games of a batch are checked side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.games.stochastic import StochasticGame
from decide.games.values import FloatArray

__all__ = ["StochasticCertificate", "StochasticCertificates", "stochastic_certificate", "stochastic_certificates"]


class StochasticCertificate(NamedTuple):
    """Values and best replies of stationary strategies.

    Attributes
    ----------
    values, best : numpy.ndarray, shape (n_players, n_states)
        The discounted payoff from each state on; the same if that player alone replied as well as it can.
    regret, relative : float
        The largest gain, over players and states, from changing one's own strategy for good; the same times
        ``1 - discount``, as a share of that player's payoff range.
    """

    values: FloatArray
    best: FloatArray
    regret: float
    relative: float


class StochasticCertificates(NamedTuple):
    """The same for many rows: values and best (n, n_players, n_states), regret and relative (n,)."""

    values: FloatArray
    best: FloatArray
    regret: FloatArray
    relative: FloatArray


def stochastic_certificate(
    game: StochasticGame, strategies: Sequence[FloatArray], *, horizon: int | None = None
) -> StochasticCertificate:
    """Check stationary strategies of one stochastic game; see `stochastic_certificates`.

    Parameters
    ----------
    game : StochasticGame
        One game.
    strategies : sequence of numpy.ndarray, shape (n_actions,) each
        In the order of ``game.places``.
    horizon : int, optional
    """
    rows = stochastic_certificates(game, [np.asarray(s)[None] for s in strategies], horizon=horizon)
    return StochasticCertificate(rows.values[0], rows.best[0], float(rows.regret[0]), float(rows.relative[0]))


def stochastic_certificates(
    game: StochasticGame, strategies: Sequence[FloatArray], *, horizon: int | None = None
) -> StochasticCertificates:
    """Check stationary strategies of stochastic games.

    Against the others' strategies a player faces a Markov decision problem, which policy iteration solves exactly; some
    best reply is stationary (Blackwell 1962), so no deviation whatever gains more.

    Parameters
    ----------
    game : StochasticGame
        One game, or a batch of n.
    strategies : sequence of numpy.ndarray, shape (n, n_actions) each
        In the order of ``game.places``.
    horizon : int, optional
        If the game is one whose stages were written out (see `StochasticGame.over`), how many: payoff ranges are then
        those of the stages, without the end, and an average is over so many.
    """
    n, n_states, rows = len(game.players), len(game.states), len(strategies[0])
    game = game.broadcast_to((rows,))
    discount = np.broadcast_to(np.asarray(game.discount), (rows,))
    plays = [[np.asarray(strategies[i * n_states + s]) for i in range(n)] for s in range(n_states)]
    moves = np.stack([_met(odds, play) for odds, play in zip(game.transitions, plays, strict=True)], axis=1)
    values, best = np.empty((rows, n, n_states)), np.empty((rows, n, n_states))
    regret, relative = np.zeros(rows), np.zeros(rows)
    for i in range(n):
        # From the middle of the range, so that a large offset does not drown small differences.
        low, high = _ends(game.payoffs, i)
        middle, span = low / 2 + high / 2, high - low
        unit = np.where(span > 0, span, 1.0)
        rewards, odds = [], []
        for s, play in enumerate(plays):
            lift = (slice(None), *(None,) * n)
            own = (game.payoffs[s][:, i] - middle[lift]) / unit[lift]
            rewards.append(_met(own[..., None], play, i)[..., 0])
            odds.append(_met(game.transitions[s], play, i))
        u = np.stack([(play[i] * r).sum(axis=1) for play, r in zip(plays, rewards, strict=True)], axis=1)
        if horizon is None:
            held, reached = _held_value(u, moves, discount), _best_held(rewards, odds, discount)
        else:
            held, reached = _from_the_end(u, moves, discount), _best_from_the_end(rewards, odds, discount)
        gain = (reached - held).max(axis=1)
        shift = middle / (1.0 - discount)
        values[:, i], best[:, i] = held * unit[:, None] + shift[:, None], reached * unit[:, None] + shift[:, None]
        regret = np.maximum(regret, gain * unit)
        least, most = (low, high) if horizon is None else _ends(game.payoffs[:-1], i)
        scale = (most - least) / unit
        length = (1.0 - (0.0 if horizon is None else discount**horizon)) / (1.0 - discount)
        relative = np.maximum(relative, np.where(scale > 0, gain / np.where(scale > 0, scale * length, 1.0), 0.0))
    return StochasticCertificates(values, best, regret, relative)


def _ends(payoffs: Sequence[FloatArray], player: int) -> tuple[FloatArray, FloatArray]:
    """A player's lowest and highest payoff in each game."""
    own = [u[:, player].reshape(len(u), int(np.prod(u.shape[2:]))) for u in payoffs]
    low = np.min([u.min(axis=1) for u in own], axis=0)
    return np.asarray(low), np.asarray(np.max([u.max(axis=1) for u in own], axis=0))


def _met(table: FloatArray, play: Sequence[FloatArray], without: int | None = None) -> FloatArray:
    """Average tables (rows, a_0, ..., a_{n-1}, k) over what is played, by all or by all but one."""
    for j in reversed(range(len(play))):
        if j != without:
            table = np.einsum("ra...,ra->r...", np.moveaxis(table, 1 + j, 1), play[j])
    return table


def _held_value(rewards: FloatArray, moves: FloatArray, discount: FloatArray) -> FloatArray:
    """Discounted value of each state under fixed play, once refined against rounding."""
    system = np.eye(rewards.shape[1]) - discount[:, None, None] * moves
    value = np.linalg.solve(system, rewards[..., None])
    return np.asarray((value + np.linalg.solve(system, rewards[..., None] - system @ value))[..., 0])


def _best_held(rewards: Sequence[FloatArray], odds: Sequence[FloatArray], discount: FloatArray) -> FloatArray:
    """Solve Markov decision problems by policy iteration (Howard 1960), each row until nothing improves."""
    policy = [np.argmax(r, axis=1) for r in rewards]
    value = np.full((len(discount), len(policy)), -np.inf)
    left = np.arange(len(discount))
    while len(left):
        held = _held_value(
            np.stack([_chosen(r[left], a[left]) for r, a in zip(rewards, policy, strict=True)], axis=1),
            np.stack([_chosen(p[left], a[left]) for p, a in zip(odds, policy, strict=True)], axis=1),
            discount[left],
        )
        better = (held > value[left] + 1e-15 * np.abs(held)).any(axis=1)
        value[left] = np.maximum(held, value[left])
        left, held = left[better], held[better]
        for k, (r, p) in enumerate(zip(rewards, odds, strict=True)):
            worth = r[left] + discount[left, None] * np.einsum("rat,rt->ra", p[left], held)
            keeps = _chosen(worth, policy[k][left]) >= worth.max(axis=1)
            policy[k][left] = np.where(keeps, policy[k][left], np.argmax(worth, axis=1))
    return value


def _chosen(table: FloatArray, action: NDArray[np.intp]) -> FloatArray:
    """What each row (rows, a, ...) has at its action."""
    return np.asarray(table[np.arange(len(action)), action])


def _from_the_end(rewards: FloatArray, moves: FloatArray, discount: FloatArray) -> FloatArray:
    """Value of fixed play where states lead to later ones only, but for the last, which stays."""
    value = np.zeros(rewards.shape)
    value[:, -1] = rewards[:, -1] / (1.0 - discount)
    for s in reversed(range(rewards.shape[1] - 1)):
        value[:, s] = rewards[:, s] + discount * np.einsum("rt,rt->r", moves[:, s, s + 1 :], value[:, s + 1 :])
    return value


def _best_from_the_end(rewards: Sequence[FloatArray], odds: Sequence[FloatArray], discount: FloatArray) -> FloatArray:
    """The same if one player chooses what is best in every state."""
    value = np.zeros((len(discount), len(rewards)))
    value[:, -1] = rewards[-1].max(axis=1) / (1.0 - discount)
    for s in reversed(range(len(rewards) - 1)):
        later = np.einsum("rat,rt->ra", odds[s][:, :, s + 1 :], value[:, s + 1 :])
        value[:, s] = (rewards[s] + discount[:, None] * later).max(axis=1)
    return value
