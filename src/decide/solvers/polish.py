"""From a point of the principal branch far out to the Nash equilibrium near it: Newton's method on the support.

The support is what the point plays with more than a small probability. Off it probabilities are set to 0; on it every
player is made indifferent. Where that leaves a choice (equilibria that are not isolated) the least change is made.
"""

from __future__ import annotations

import numpy as np

from decide.games.values import FloatArray
from decide.solvers.quantal import BoolArray, against

__all__ = ["polish"]

#: How far from a point the equilibrium may be; from the last precisions on, before the way is given up, farther.
REACH, LAST_REACH, LAST = 1e-4, 1e-2, 3e6
#: Regret over the payoff range that an equilibrium may have.
REGRET = 2e-10


def polish(scaled: FloatArray, mix: list[FloatArray], t: FloatArray) -> tuple[list[FloatArray], BoolArray, BoolArray]:
    """Solve for the Nash equilibrium near a point of the branch, on the support that the point suggests.

    Parameters
    ----------
    scaled : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs in [0, 1].
    mix : list of numpy.ndarray, shape (a_i, n)
    t : numpy.ndarray, shape (n,)
        The precision there.

    Returns
    -------
    point : list of numpy.ndarray, shape (a_i, n)
    there : numpy.ndarray of bool, shape (n,)
        Whether it is an equilibrium, and near.
    loose : numpy.ndarray of bool, shape (n,)
        Whether the equations leave a choice: the equilibria there are not isolated.
    """
    n = t.shape[0]
    point = [m.copy() for m in mix]
    there, loose = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    reach = np.where(t < LAST, REACH, LAST_REACH)
    for threshold in (1e-2, 1e-4, 1e-6):
        left = np.flatnonzero(~there)
        if not left.size:
            break
        here = [m[:, left] for m in mix]
        inside = [m > threshold for m in here]
        worst = np.max([np.where(s, 0.0, m).max(axis=0) for s, m in zip(inside, here, strict=True)], axis=0)
        likely = np.flatnonzero(worst <= reach[left])
        if not likely.size:
            continue
        rows = left[likely]
        trial, free = _indifferent(scaled[..., rows], [m[:, rows] for m in mix], [s[:, likely] for s in inside])
        regret = _regret(scaled[..., rows], trial)
        off = np.max([np.abs(q - m[:, rows]).max(axis=0) for q, m in zip(trial, mix, strict=True)], axis=0)
        good = (regret <= REGRET) & (off <= reach[rows])
        for whole, part in zip(point, trial, strict=True):
            whole[:, rows[good]] = part[:, good]
        there[rows[good]], loose[rows[good]] = True, free[good]
    return point, there, loose


def _indifferent(
    scaled: FloatArray, mix: list[FloatArray], inside: list[BoolArray]
) -> tuple[list[FloatArray], BoolArray]:
    """Make every player indifferent on its support by Newton's method, least changes first where there is a choice."""
    n_actions = scaled.shape[1:-1]
    n_players, n, m = len(n_actions), scaled.shape[-1], sum(n_actions)
    starts = np.concatenate([[0], np.cumsum(n_actions)])
    p = [np.where(s, x, 0.0) for x, s in zip(mix, inside, strict=True)]
    p = [x / x.sum(axis=0) for x in p]
    values = np.stack([(against(scaled[i], p, (i,)) * p[i]).sum(axis=0) for i in range(n_players)])
    free = np.zeros(n, np.bool_)
    for _ in range(6):
        matrix, right = np.zeros((n, m + n_players, m + n_players)), np.zeros((n, m + n_players))
        for i in range(n_players):
            rows = slice(starts[i], starts[i + 1])
            right[:, rows] = np.where(inside[i], against(scaled[i], p, (i,)) - values[i], p[i]).T
            matrix[:, range(starts[i], starts[i + 1]), range(starts[i], starts[i + 1])] = np.where(
                inside[i], 0.0, 1.0
            ).T
            matrix[:, rows, m + i] = np.where(inside[i], -1.0, 0.0).T
            matrix[:, m + i, rows] = 1.0
            right[:, m + i] = p[i].sum(axis=0) - 1.0
            for j in range(n_players):
                if j != i:
                    block = against(scaled[i], p, (i, j))
                    block = block if i < j else np.swapaxes(block, 0, 1)
                    matrix[:, rows, starts[j] : starts[j + 1]] = np.where(inside[i][:, None], block, 0.0).transpose(
                        2, 0, 1
                    )
        left, singular, rest = np.linalg.svd(matrix)
        kept = singular > 1e-9 * singular[:, :1]
        free = np.asarray(~kept.all(axis=1))
        along = np.where(kept, (right[:, None] @ left)[:, 0] / np.where(kept, singular, 1.0), 0.0)
        move = (along[:, None] @ rest)[:, 0]
        p = [x - move[:, starts[i] : starts[i + 1]].T for i, x in enumerate(p)]
        values = values - move[:, m:].T
        if (np.abs(move).max(axis=1) <= 1e-15).all():
            break
    p = [np.where(s, np.maximum(x, 0.0), 0.0) for x, s in zip(p, inside, strict=True)]
    total = [x.sum(axis=0) for x in p]
    return [x / np.where(s > 0, s, 1.0) for x, s in zip(p, total, strict=True)], free


def _regret(scaled: FloatArray, mix: list[FloatArray]) -> FloatArray:
    """Return the largest gain from deviating, payoffs being scaled to [0, 1]."""
    worst = np.zeros(scaled.shape[-1])
    for i in range(len(mix)):
        u = against(scaled[i], mix, (i,))
        worst = np.maximum(worst, u.max(axis=0) - (u * mix[i]).sum(axis=0))
    return worst
