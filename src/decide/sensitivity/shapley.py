"""Shapley effects: shares of variance for inputs that move together.

Where inputs are dependent, first-order and total indices overlap or leave gaps and no longer share anything out. The
Shapley effect of an input is what it adds to c(J) = E[Var(Y | all inputs but J)], averaged over all orders in which J
can be filled up (Owen 2014; Song, Nelson & Staum 2016): effects are never negative, and sum to the variance.

Here each row takes one order. Its inputs are drawn anew one after another, each time *given those not yet redrawn*;
half the squared change of the output against the row's start estimates c(J) without bias (Jansen), and what each step
adds is the input's. A row costs one world more than there are inputs.

Dependence is a Gaussian copula: with z the normal scores of a row, z' those of another, independent one, and the scores
J redrawn, z_J becomes z'_J + S_JK inverse(S_KK) (z_K - z'_K), where K are the others and S the correlations (Matheron's
rule).

References
----------
Owen, A. B. (2014). Sobol' indices and Shapley value. SIAM/ASA Journal on Uncertainty Quantification 2.
Owen, A. B. & Prieur, C. (2017). On Shapley value for measuring importance of dependent inputs. SIAM/ASA Journal on
    Uncertainty Quantification 5.
Song, E., Nelson, B. L. & Staum, J. (2016). Shapley effects for global sensitivity analysis. SIAM/ASA Journal on
    Uncertainty Quantification 4.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from decide.sensitivity.indices import FloatArray, Partials, left_out

__all__ = ["orders_of", "redrawn", "shapley_partials"]

#: Orders taken in each replicate, and their reversals.
ORDERS = 32


def orders_of(n_rows: int, n_inputs: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return an order of the inputs for each row, shape (n_rows, n_inputs): random ones, each followed by its reversal.

    Rows that share an order are consecutive.
    """
    count = min(ORDERS, n_rows)
    drawn = [rng.permutation(n_inputs) for _ in range(-(-count // 2))]
    both = np.array([order for one in drawn for order in (one, one[::-1])])[:count]
    return np.asarray(both[np.arange(n_rows) * count // n_rows], dtype=np.intp)


def redrawn(z: FloatArray, fresh: FloatArray, which: NDArray[np.bool_], matrix: FloatArray) -> FloatArray:
    """Draw some normal scores anew, given the others.

    Parameters
    ----------
    z, fresh : numpy.ndarray, shape (n, d)
        Two independent samples of correlated normal scores.
    which : numpy.ndarray of bool, shape (d,)
        Those to draw anew.
    matrix : numpy.ndarray, shape (d, d)
        Their correlations.

    Returns
    -------
    numpy.ndarray, shape (n, d)
    """
    keep = ~which
    found = np.where(which, fresh, z)
    if which.any() and keep.any():
        weights = np.linalg.solve(matrix[np.ix_(keep, keep)], matrix[np.ix_(keep, which)])
        found[:, which] += (z - fresh)[:, keep] @ weights
    return found


def shapley_partials(replicates: Sequence[FloatArray], orders: Sequence[NDArray[np.intp]]) -> Partials:
    """Return the Shapley effects of a chain design, times the variance.

    Parameters
    ----------
    replicates : sequence of numpy.ndarray, shape (1 + n_inputs, n_rows, n_outputs)
        Outputs at the start of each row, then with the first, the first two, ... inputs of its order drawn anew.
    orders : sequence of numpy.ndarray of int, shape (n_rows, n_inputs)

    Returns
    -------
    Partials
        ``whole`` is half the squared change when all inputs are drawn anew, so that the effects sum to it.
    """
    partial, whole = [], []
    for y, order in zip(replicates, orders, strict=True):
        explained = 0.5 * (y - y[0]) ** 2
        added = np.diff(explained, axis=0)
        own = np.zeros((y.shape[0] - 1, y.shape[2]))
        for step, column in enumerate(order.T):
            np.add.at(own, column, added[step])
        partial.append(own)
        whole.append(explained[-1].sum(axis=0))
    return Partials(left_out(np.stack(partial)), left_out(np.stack(whole)))
