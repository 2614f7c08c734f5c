"""Shares and decision criteria, from arrays.

Shares come with the error of the design that was used: the spread between independent replicates where there are
some, else that of independent draws, which a Latin hypercube never exceeds by more than a factor n/(n-1) in variance
(Owen 1997).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["CRITERIA", "LESS_IS_BETTER", "decision_criteria", "dominance", "losses", "shares_of", "winners"]

FloatArray = NDArray[np.float64]

CRITERIA = ("maximin", "minimax loss", "Hurwicz", "Laplace", "satisficing", "maximax", "expected loss", "percentile")
LESS_IS_BETTER = ("minimax loss", "expected loss")


def shares_of(
    codes: NDArray[np.integer], n_classes: int, replicate: NDArray[np.integer]
) -> tuple[FloatArray, FloatArray]:
    """Return the share of each class and its standard error.

    Parameters
    ----------
    codes : numpy.ndarray of int, shape (n,)
        The class of each draw.
    n_classes : int
    replicate : numpy.ndarray of int, shape (n,)
        The independent replicate each draw belongs to.

    Returns
    -------
    share, error : numpy.ndarray, shape (n_classes,)

    Notes
    -----
    The error is never below that of half a draw more or less: a class not seen in n draws is not proved impossible.
    """
    n = len(codes)
    share = np.bincount(codes, minlength=n_classes) / n
    shrunk = (share * n + 0.5) / (n + 1)
    labels, sizes = np.unique(replicate, return_counts=True)
    if len(labels) < 2:
        return share, np.sqrt(shrunk * (1 - shrunk) / max(n - 1, 1))
    place = np.searchsorted(labels, replicate)
    counts = np.zeros((len(labels), n_classes))
    np.add.at(counts, (place, codes), 1.0)
    within = counts / sizes[:, None]
    spread = ((within - share) ** 2 * sizes[:, None]).sum(axis=0) / n
    floor = np.sqrt(0.5 * (1 - 0.5 / (n + 1)) / (n + 1)) / np.sqrt(n)
    return share, np.maximum(np.sqrt(spread / (len(labels) - 1)), floor)


def decision_criteria(
    values: FloatArray, loss: FloatArray, optimism: float, threshold: float, percentile: float
) -> FloatArray:
    """Score every option by every criterion of `CRITERIA`, in order.

    Parameters
    ----------
    values : numpy.ndarray, shape (n, n_options)
        What each option is worth in each world.
    loss : numpy.ndarray, shape (n, n_options)
        What choosing it costs in each world against the best there; see `losses`.
    optimism : float
        Hurwicz's weight on the best world, in [0, 1].
    threshold : float
        What satisfices.
    percentile : float
        In [0, 1].

    Returns
    -------
    numpy.ndarray, shape (8, n_options)
        Least value; largest loss; weighted best and least; mean; share of worlds in which the value reaches the
        threshold; greatest value; mean loss; the value that is reached in all but this share of the worlds.

    References
    ----------
    Luce & Raiffa 1957, Games and Decisions, ch. 13; Savage 1951 (loss).
    """
    least, most = values.min(axis=0), values.max(axis=0)
    return np.stack([
        least,
        loss.max(axis=0),
        optimism * most + (1 - optimism) * least,
        values.mean(axis=0),
        (values >= threshold).mean(axis=0),
        most,
        loss.mean(axis=0),
        np.quantile(values, percentile, axis=0, method="lower"),
    ])  # fmt: skip


def losses(values: FloatArray) -> FloatArray:
    """Return what choosing each option costs in each world, against the best option of the same world.

    >>> losses(np.array([[3.0, 1.0], [0.0, 2.0]])).tolist()
    [[0.0, 2.0], [2.0, 0.0]]
    """
    return np.asarray(values.max(axis=1, keepdims=True) - values)


def winners(score: FloatArray, scale: float) -> NDArray[np.bool_]:
    """Which options each criterion of `CRITERIA` favours, ties within 1e-9 of the scale included.

    Parameters
    ----------
    score : numpy.ndarray, shape (8, n_options)
        From `decision_criteria`.
    scale : float
        Range of the values.

    Returns
    -------
    numpy.ndarray of bool, shape (8, n_options)
    """
    signed = np.array([-1.0 if name in LESS_IS_BETTER else 1.0 for name in CRITERIA])[:, None] * score
    slack = np.array([0.0 if name == "satisficing" else 1e-9 * scale for name in CRITERIA])[:, None]
    return np.asarray(signed >= signed.max(axis=1, keepdims=True) - slack)


def dominance(values: FloatArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Say which options dominate which: in every world, and by first- and second-order stochastic dominance.

    Parameters
    ----------
    values : numpy.ndarray, shape (n, n_options)
        What each option is worth in each of n equally likely worlds.

    Returns
    -------
    statewise, first, second : numpy.ndarray of bool, shape (n_options, n_options)
        Entry (i, j): i is at least as good as j in every world; every quantile of i is at least that of j; every mean
        of the worst so many worlds of i is at least that of j. Each somewhere better, by more than 1e-9 of the
        range of the values. Statewise implies first-order, and that second-order.

    References
    ----------
    Hadar & Russell 1969; Rothschild & Stiglitz 1970; Levy 2016, Stochastic Dominance, ch. 3.
    """
    n, k = values.shape
    slack = 1e-9 * float(np.ptp(values)) if n else 0.0
    ranked = np.sort(values, axis=0)
    heaped = np.cumsum(ranked, axis=0) / np.arange(1, n + 1)[:, None]
    found = np.zeros((3, k, k), dtype=np.bool_)
    for order, column in enumerate((values, ranked, heaped)):
        for i in range(k):
            lead = column[:, i, None] - column
            found[order, i] = (lead >= -slack).all(axis=0) & (lead > slack).any(axis=0)
    return found[0], found[1], found[2]
