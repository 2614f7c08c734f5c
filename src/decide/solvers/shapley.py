r"""Zero-sum stochastic games: value and optimal stationary strategies, by Shapley's operator and Newton steps.

Shapley (1953): the values ``v`` of the states are the only solution of ``v = T v``, where ``(T v)_s`` is the value of
the stage game ``R_s + discount * sum_t P_s(., ., t) v_t``; optimal strategies of the stage games are optimal stationary
strategies of the whole. ``T`` contracts by the discount, so ``max |v - value| <= max |T v - v| / (1 - discount)``:
from any ``v`` a bound that is certain. Iterating ``T`` alone needs about ``14 / (1 - discount)`` steps for six digits.

Pollatschek & Avi-Itzhak (1969): take as the next ``v`` the values of holding both players' optimal stage strategies for
good. That is Newton's method for ``v = T v`` (Filar & Tolwinski 1991): few steps do for any discount, but it may
cycle. So a step is taken only if it lowers ``max |T v - v|`` to nine tenths of the least so far. Otherwise the step is
that of Hoffman & Karp (1966): fix the column player's strategies and take the values of the Markov decision problem
that leaves the row player. In a run of those ``value <= v_{k+1} <= T v_k``, so it converges at least as quickly as
``T``. With a horizon, ``T`` is applied once a stage from 0.

Stage games are solved by a saddle point, in closed form (2 x 2), or by linear programming, polished on its supports.

Cost: per step one stage game a state, and linear equations in all states; some 5 to 20 steps. The games of a batch are
solved one after the other; with a horizon side by side, but for stages that need a linear program.

When not to use it: it finds one pair of optimal strategies, not all. Games that are not zero-sum go to
`markov_perfect`. Values are of discounted play: the limit of patient players exists (Mertens & Neyman
1981) but need not be attained by stationary strategies, so a discount of .999999 says little about how to play it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decide.games.stochastic import StochasticGame
from decide.games.values import FloatArray, to_unit
from decide.solvers import zero_sum
from decide.solvers.base import TIE, Found

if TYPE_CHECKING:
    from decide.equilibrium import Game

__all__ = ["prepare", "refuses", "shapley", "stage_pair", "stationary_pair"]

MOST_STEPS = 1_000
#: A Newton step is taken if it brings the error down to this share of the least so far.
GOOD = 0.9
#: So many steps without getting that much better, and rounding is all that is left.
PATIENCE = 25
EPS = 4e-16


def refuses(game: Game | StochasticGame) -> str:
    """Say why a game is no zero-sum stochastic game, or nothing."""
    if not isinstance(game, StochasticGame):
        return "it takes a StochasticGame"
    if len(game.players) != 2:
        return f"it takes two players; this game has {len(game.players)}"
    tables = [u.reshape(len(u), 2, -1) for u in game.flat().payoffs]
    spread = _range([u.sum(axis=1) for u in tables])
    scale = np.maximum(*(_range([u[:, i] for u in tables]) for i in range(2)))
    return (
        f"it takes zero-sum games; here payoffs sum to different numbers (by up to {spread.max():g})"
        if np.any(spread > TIE * scale)
        else ""
    )


def _range(numbers: Sequence[FloatArray]) -> FloatArray:
    """The range of all numbers of each game, each array (n_games, k)."""
    return np.asarray(
        np.max([u.max(axis=1) for u in numbers], axis=0) - np.min([u.min(axis=1) for u in numbers], axis=0)
    )


def prepare(game: StochasticGame, options: dict[str, Any]) -> tuple[StochasticGame, dict[str, Any]]:
    """Write out the stages of a game that ends."""
    horizon = options.get("horizon")
    return (game, {}) if horizon is None else (game.over(horizon), dict(options))


def shapley(game: StochasticGame, *, horizon: int | None = None) -> Found:
    """Find optimal stationary strategies of both players.

    Parameters
    ----------
    game : StochasticGame
        Two players whose payoffs sum to a constant, one game or a batch; for a horizon, as `StochasticGame.over` writes
        it.
    horizon : int, optional
        How many stages are played; without end unless given. Strategies then look at the stage too.

    Returns
    -------
    Found
        One row a game. The values are `Equilibrium.values`; the true value of each state differs from them by no more
        than the `regret`.
    """
    flat = game.flat()
    n = flat.shape[0]
    own = [u[:, 0] for u in flat.payoffs]
    low = np.min([u.reshape(n, -1).min(axis=1) for u in own], axis=0)
    span = _range([u.reshape(n, -1) for u in own])
    unit = np.where(span > 0, span, 1.0)
    base = low if horizon is None else np.zeros(n)  # the end pays 0, whatever the others pay
    rewards = [(u - base[:, None, None]) / unit[:, None, None] for u in own]
    discount = np.broadcast_to(np.asarray(flat.discount), (n,))
    if horizon is None:
        pairs = [
            stationary_pair([r[k] for r in rewards], [p[k] for p in flat.transitions], float(discount[k]))
            for k in range(n)
        ]
        x, y = ([np.stack(rows) for rows in zip(*side, strict=True)] for side in zip(*pairs, strict=True))
    else:
        x, y = _backwards(rewards, flat.transitions, discount, horizon)
    done = np.ones(n, dtype=np.bool_)
    return Found(np.arange(n), (*x, *y), done, ~done)


def stationary_pair(
    rewards: Sequence[FloatArray], odds: Sequence[FloatArray], discount: float
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Return optimal strategies (per state) of both players.

    Parameters
    ----------
    rewards : sequence of numpy.ndarray, shape (m, n)
        Per state what the row player gets; within [0, 1].
    odds : sequence of numpy.ndarray, shape (m, n, n_states)
    discount : float
    """

    def stages(v: FloatArray) -> tuple[float, list[FloatArray], list[FloatArray]]:
        pairs = [stage_pair(r + discount * (p @ v)) for r, p in zip(rewards, odds, strict=True)]
        error = float(np.abs(np.array([pair[2] for pair in pairs]) - v).max())
        return error, [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    _, x, y = stages(np.zeros(len(rewards)))
    v = _against(rewards, odds, y, discount, x)
    error, x, y = stages(v)
    least, best, since = error, (x, y), 0
    for _ in range(MOST_STEPS):
        if least <= EPS * max(1.0, float(np.abs(v).max())) or since > PATIENCE:
            break
        tried = _held(rewards, odds, x, y, discount)
        found = stages(tried)
        if found[0] <= GOOD * least:
            v, (error, x, y) = tried, found
        else:
            v = _against(rewards, odds, y, discount, x)
            error, x, y = stages(v)
        since = 0 if error <= GOOD * least else since + 1
        if error < least:
            least, best = error, (x, y)
    return best


def _backwards(
    rewards: Sequence[FloatArray], odds: Sequence[FloatArray], discount: FloatArray, horizon: int
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Solve games whose stages were written out, from the last stage back; arrays are (n_games, ...)."""
    n, n_states = len(discount), (len(rewards) - 1) // horizon
    v = np.zeros((n, len(rewards)))
    x: list[FloatArray] = [np.ones((n, 1))] * len(rewards)
    y: list[FloatArray] = [np.ones((n, 1))] * len(rewards)
    for s in reversed(range(len(rewards) - 1)):
        table = rewards[s]
        then = slice((s // n_states + 1) * n_states, (s // n_states + 2) * n_states)
        if then.start < len(rewards) - 1:
            table = table + discount[:, None, None] * np.einsum("gabt,gt->gab", odds[s][..., then], v[:, then])
        x[s], y[s], v[:, s] = _stage_pairs(table)
    return x, y


def _stage_pairs(A: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What `stage_pair` gives, for many games, A (n_games, m, n)."""
    m, n = A.shape[1:]
    worst, best = A.min(axis=2), A.max(axis=1)
    x, y = np.eye(m)[worst.argmax(axis=1)], np.eye(n)[best.argmin(axis=1)]
    mixed = np.flatnonzero(worst.max(axis=1) < best.min(axis=1))
    if (m, n) == (2, 2):
        x[mixed], y[mixed] = (side.T for side in _two_by_two(np.moveaxis(A[mixed], 0, -1)))
    else:
        for k in mixed:
            x[k], y[k] = _by_program(A[k])
    return x, y, np.einsum("ga,gab,gb->g", x, A, y)


def _held(
    rewards: Sequence[FloatArray],
    odds: Sequence[FloatArray],
    x: Sequence[FloatArray],
    y: Sequence[FloatArray],
    discount: float,
) -> FloatArray:
    """Values of stationary play by both."""
    moves = np.array([np.einsum("i,ijt,j->t", p, a, q) for a, p, q in zip(odds, x, y, strict=True)])
    gets = np.array([p @ a @ q for a, p, q in zip(rewards, x, y, strict=True)])
    return np.asarray(np.linalg.solve(np.eye(len(gets)) - discount * moves, gets))


def _against(
    rewards: Sequence[FloatArray],
    odds: Sequence[FloatArray],
    y: Sequence[FloatArray],
    discount: float,
    start: Sequence[FloatArray],
) -> FloatArray:
    """Values of the row player's best reply to stationary `y`: Howard's policy iteration, from its own mixtures."""
    r = [a @ q for a, q in zip(rewards, y, strict=True)]
    p = [np.tensordot(q, a, axes=(0, 1)) for a, q in zip(odds, y, strict=True)]
    play = list(start)
    v = np.full(len(r), -np.inf)
    rounding = EPS / (1.0 - discount)
    while True:
        moves = np.array([x @ a for x, a in zip(play, p, strict=True)])
        gets = np.array([x @ a for x, a in zip(play, r, strict=True)])
        new = np.linalg.solve(np.eye(len(r)) - discount * moves, gets)
        if not (new > v + rounding * np.abs(new).max()).any():
            return np.asarray(np.maximum(new, v))
        v = np.maximum(new, v)
        worth = [a + discount * (b @ new) for a, b in zip(r, p, strict=True)]
        play = [np.eye(len(q))[np.argmax(q)] for q in worth]


def stage_pair(A: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Return optimal strategies and the value of one zero-sum game.

    Parameters
    ----------
    A : numpy.ndarray, shape (m, n)
        What the row player gets.
    """
    m, n = A.shape
    worst, best = A.min(axis=1), A.max(axis=0)
    if worst.max() >= best.min():
        x, y = np.eye(m)[np.argmax(worst)], np.eye(n)[np.argmin(best)]
    elif (m, n) == (2, 2):
        x, y = _two_by_two(A)
    else:
        x, y = _by_program(A)
    return x, y, float(x @ A @ y)


def _two_by_two(A: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Optimal strategies of a 2 x 2 game without a saddle point: each makes the other indifferent."""
    d = abs(A[0, 0] - A[0, 1]), abs(A[1, 0] - A[1, 1])
    e = abs(A[0, 0] - A[1, 0]), abs(A[0, 1] - A[1, 1])
    p, q = d[1] / (d[0] + d[1]), e[1] / (e[0] + e[1])
    return np.array([p, 1.0 - p]), np.array([q, 1.0 - q])


def _by_program(A: FloatArray) -> tuple[FloatArray, FloatArray]:
    unit = to_unit(A)
    x, y = zero_sum.optimal_pair(unit)
    if _gap(unit, x, y) > TIE:
        x, y = zero_sum.maximin(unit), zero_sum.maximin(1.0 - unit.T)
    sharper = _on_supports(unit, x, y)
    return sharper if _gap(unit, *sharper) < _gap(unit, x, y) else (x, y)


def _gap(A: FloatArray, x: FloatArray, y: FloatArray) -> float:
    """How far a pair of strategies is from optimal: what one could gain plus what the other could."""
    return float((A @ y).max() - (x @ A).min())


def _on_supports(A: FloatArray, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Solve for the strategies again from what is played, to the last digit; nonsense if the supports are not right."""
    rows, columns = np.flatnonzero(x > TIE), np.flatnonzero(y > TIE)
    return _indifferent(A[np.ix_(rows, columns)].T, rows, len(x)), _indifferent(
        A[np.ix_(rows, columns)], columns, len(y)
    )


def _indifferent(A: FloatArray, support: NDArray[np.intp], size: int) -> FloatArray:
    """Odds over the columns of `A` that make all its rows worth the same."""
    m, n = A.shape
    system = np.block([[A, -np.ones((m, 1))], [np.ones((1, n)), np.zeros((1, 1))]])
    odds = np.linalg.lstsq(system, np.append(np.zeros(m), 1.0), rcond=None)[0][:n]
    odds = np.maximum(odds, 0.0)
    full = np.zeros(size)
    full[support] = odds / odds.sum() if odds.sum() > 0 else 1.0 / n
    return full
