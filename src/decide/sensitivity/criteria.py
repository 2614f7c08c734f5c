"""Shares and decision criteria, from arrays.

Shares come with the error of the design that was used: the spread between independent replicates where there are
some, else that of independent draws, which a Latin hypercube never exceeds by more than a factor n/(n-1) in variance
(Owen 1997).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["CRITERIA", "decision_criteria", "shares_of"]

FloatArray = NDArray[np.float64]

CRITERIA = ("maximin", "minimax loss", "Hurwicz", "Laplace", "satisficing")


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


def decision_criteria(values: FloatArray, optimism: float, threshold: float) -> FloatArray:
    """Score every option by every criterion of `CRITERIA`, in order.

    Parameters
    ----------
    values : numpy.ndarray, shape (n, n_options)
        What each option is worth in each world.
    optimism : float
        Hurwicz's weight on the best world, in [0, 1].
    threshold : float
        What satisfices.

    Returns
    -------
    numpy.ndarray, shape (5, n_options)
        Least value; largest loss against the best option of the same world; weighted best and least; mean; share of
        worlds in which the value reaches the threshold.
    """
    least, most = values.min(axis=0), values.max(axis=0)
    loss = values.max(axis=1, keepdims=True) - values
    return np.stack([
        least,
        loss.max(axis=0),
        optimism * most + (1 - optimism) * least,
        values.mean(axis=0),
        (values >= threshold).mean(axis=0),
    ])  # fmt: skip
