"""Zero-sum games: the value and a pair of optimal strategies, by linear programming.

The row player's optimal strategy ``x`` maximises ``v`` subject to ``x^T A >= v``, ``x >= 0``, ``sum(x) = 1``; the
dual gives the column player's (von Neumann 1928; Dantzig 1951). scipy's HiGHS solves it; payoffs are scaled to [0, 1]
first. Games that are constant-sum are zero-sum after a shift and are taken too.

Cost: one linear program a game; where rounding leaves its dual too far off, one for each player.

When not to use it: it finds one pair of optimal strategies, does not say whether there are others, and never sets
`tied`; where the others matter take `nash`, which also solves large batches of small games side by side. Games whose
payoffs do not sum to a constant (within 1e-9 of the payoff range) are refused: there optimal strategies secure a least
payoff, which `decide.maximin` gives, but need not be an
equilibrium.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from decide.errors import SolveError
from decide.games.values import FloatArray, to_unit
from decide.solvers.base import TIE, Found, two_players

if TYPE_CHECKING:
    from decide.equilibrium import Game
    from decide.games.normal import NormalForm

__all__ = ["maximin", "optimal_pair", "refuses", "zero_sum"]


def refuses(game: Game) -> str:
    """Say why a game is not zero-sum for two players, or nothing."""
    reason = two_players(game)
    if reason:
        return reason
    total = game.payoffs.sum(axis=-3)
    spread = np.ptp(total, axis=(-2, -1))
    scale = np.ptp(game.payoffs, axis=(-2, -1)).max(axis=-1)
    worst = np.max(spread - TIE * scale, initial=0.0)
    return (
        f"it takes zero-sum games; here payoffs sum to different numbers (by up to {np.max(spread):g})"
        if worst > 0
        else ""
    )


def zero_sum(game: NormalForm) -> Found:
    """Find one pair of optimal strategies for each game.

    Parameters
    ----------
    game : NormalForm
        One game or a batch: two players, payoffs that sum to a constant.

    Returns
    -------
    Found
        One row a game.

    Raises
    ------
    SolveError
        If HiGHS fails to solve a linear program.
    """
    A = game.entries()[0]
    n = A.shape[-1]
    x, y = np.empty((n, A.shape[0])), np.empty((n, A.shape[1]))
    for k in range(n):
        unit = to_unit(A[..., k])
        x[k], y[k] = optimal_pair(unit)
        if (unit @ y[k]).max() - (x[k] @ unit).min() > TIE:  # the dual is not as good as a program of its own
            x[k], y[k] = maximin(unit), maximin(1.0 - unit.T)
    return Found(np.arange(n), (x, y), np.ones(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_))


def maximin(A: FloatArray) -> FloatArray:
    """Return the mixed strategy that maximises the least expected payoff of the row player."""
    return optimal_pair(A)[0]


def optimal_pair(A: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return optimal strategies of both players from one linear program and its dual.

    With payoffs B made positive, ``max sum(q), B q <= 1, q >= 0`` is solved by ``y = q / sum(q)``, and the dual
    variables, scaled to sum 1, are x (Dantzig 1951).
    """
    from scipy.optimize import linprog

    m, n = A.shape
    positive = A - A.min() + 1.0
    exact = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    answer = linprog(-np.ones(n), A_ub=positive, b_ub=np.ones(m), method="highs-ds", options=exact)
    if not answer.success:
        raise SolveError(f"the linear program of a {m} x {n} zero-sum game failed: {answer.message}")
    x, y = np.maximum(-np.asarray(answer.ineqlin.marginals), 0.0), np.maximum(np.asarray(answer.x), 0.0)
    return x / x.sum(), y / y.sum()
