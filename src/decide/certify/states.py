"""Certificates of stochastic games: regret over whole stationary strategies, from every state.

The others' strategies leave a player a Markov decision problem, which is solved by policy iteration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from decide.games.stochastic import StochasticGame
from decide.games.values import FloatArray

__all__ = ["StochasticCertificate", "stochastic_certificate"]


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


def stochastic_certificate(
    game: StochasticGame, strategies: Sequence[FloatArray], *, horizon: int | None = None
) -> StochasticCertificate:
    """Check stationary strategies of a stochastic game.

    Against the others' strategies a player faces a Markov decision problem, which policy iteration solves exactly; some
    best reply is stationary (Blackwell 1962), so no deviation whatever gains more.

    Parameters
    ----------
    game : StochasticGame
    strategies : sequence of numpy.ndarray, shape (n_actions,) each
        In the order of ``game.places``.
    horizon : int, optional
        If the game is one whose stages were written out (see `StochasticGame.over`), how many: payoff ranges are then
        those of the stages, without the end, and an average is over so many.
    """
    n, n_states = len(game.players), len(game.states)
    plays = [[np.asarray(strategies[i * n_states + s]) for i in range(n)] for s in range(n_states)]
    moves = [_met(odds, play) for odds, play in zip(game.transitions, plays, strict=True)]
    values, best = np.empty((n, n_states)), np.empty((n, n_states))
    regret = relative = 0.0
    for i in range(n):
        # From the middle of the range, so that a large offset does not drown small differences.
        low = min(float(u[i].min()) for u in game.payoffs)
        high = max(float(u[i].max()) for u in game.payoffs)
        middle, span = low / 2 + high / 2, high - low
        unit = span if span > 0 else 1.0
        rewards, odds = [], []
        for s, play in enumerate(plays):
            own = (game.payoffs[s][i] - middle) / unit
            rewards.append(_met(own[..., None], play, i)[:, 0])
            odds.append(_met(game.transitions[s], play, i))
        u = np.array([play[i] @ r for play, r in zip(plays, rewards, strict=True)])
        held = _held_value(u, np.array(moves), game.discount)
        reached = _best_held(rewards, odds, game.discount)
        gain = float((reached - held).max())
        shift = middle / (1.0 - game.discount)
        values[i], best[i] = held * unit + shift, reached * unit + shift
        regret = max(regret, gain * unit)
        staged = game.payoffs if horizon is None else game.payoffs[:-1]
        scale = (max(float(u[i].max()) for u in staged) - min(float(u[i].min()) for u in staged)) / unit
        length = (1.0 - (0.0 if horizon is None else game.discount**horizon)) / (1.0 - game.discount)
        relative = max(relative, gain / (scale * length) if scale > 0 else 0.0)
    return StochasticCertificate(values, best, regret, relative)


def _met(table: FloatArray, play: Sequence[FloatArray], without: int | None = None) -> FloatArray:
    """Average a table (a_0, ..., a_{n-1}, k) over what is played, by all or by all but one."""
    for j in reversed(range(len(play))):
        if j != without:
            table = np.moveaxis(table, j, 0)
            table = np.tensordot(play[j], table, axes=(0, 0))
    return table


def _held_value(rewards: FloatArray, moves: FloatArray, discount: float) -> FloatArray:
    """Discounted value of each state under fixed play, once refined against rounding."""
    system = np.eye(len(rewards)) - discount * moves
    value = np.linalg.solve(system, rewards)
    return np.asarray(value + np.linalg.solve(system, rewards - system @ value))


def _best_held(rewards: Sequence[FloatArray], odds: Sequence[FloatArray], discount: float) -> FloatArray:
    """Solve a Markov decision problem by policy iteration (Howard 1960)."""
    policy = [int(np.argmax(r)) for r in rewards]
    value = np.full(len(policy), -np.inf)
    while True:
        held = _held_value(
            np.array([r[a] for r, a in zip(rewards, policy, strict=True)]),
            np.array([p[a] for p, a in zip(odds, policy, strict=True)]),
            discount,
        )
        if not (held > value + 1e-15 * np.abs(held)).any():
            return np.asarray(np.maximum(held, value))
        value = np.maximum(held, value)
        worth = [r + discount * (p @ held) for r, p in zip(rewards, odds, strict=True)]
        policy = [a if q[a] >= q.max() else int(np.argmax(q)) for a, q in zip(policy, worth, strict=True)]
