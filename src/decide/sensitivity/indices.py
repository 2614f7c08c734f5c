"""Sobol indices of many outputs at once, with intervals from independent replicates.

The variance of an output is shared out among the inputs by a paired design (Sobol 1993): two independent tables A and
B of draws, and for each input i the table AB_i, which is A with its column i taken from B. With f centred, V its
variance and means over rows,

    first_i = mean(f(B) * (f(AB_i) - f(A))) / V        (Saltelli et al. 2010, table 2 b)
    total_i = mean((f(A) - f(AB_i)) ** 2) / (2 V)      (Jansen 1999; Saltelli et al. 2010, table 2 f)

which is what `scipy.stats.sobol_indices` computes of the same rows. Several outputs are put together by adding their
partial variances and adding their variances (Gamboa, Janon, Klein & Lagnoux 2014). An answer that is a *label* enters
as one output a label, 1 where it is the answer and 0 where not: no number is ever given to a label, so that neither
their names nor their order can matter.

The rows come in independent replicates. Every estimate is a ratio of sums over replicates; its error is the jackknife
over them (leave out one at a time), and the interval Student's.

References
----------
Gamboa, F., Janon, A., Klein, T. & Lagnoux, A. (2014). Sensitivity analysis for multidimensional and functional outputs.
    Electronic Journal of Statistics 8.
Jansen, M. J. W. (1999). Analysis of variance designs for model output. Computer Physics Communications 117.
Saltelli, A. et al. (2010). Variance based sensitivity analysis of model output. Computer Physics Communications 181.
Sobol, I. M. (1993). Sensitivity estimates for nonlinear mathematical models. Mathematical Modelling 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Partials", "Shares", "indicators", "left_out", "paired_partials", "shares_of_variance"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Partials:
    """What inputs contribute to variances: from all rows, then with each replicate left out in turn.

    Attributes
    ----------
    partial : numpy.ndarray, shape (1 + n_replicates, n_inputs, n_outputs)
    whole : numpy.ndarray, shape (1 + n_replicates, n_outputs)
        The variances, on the same scale (both may be sums).
    """

    partial: FloatArray
    whole: FloatArray

    def together(self) -> Partials:
        """Return the outputs put together as one: partial variances and variances are added."""
        return Partials(self.partial.sum(axis=2, keepdims=True), self.whole.sum(axis=1, keepdims=True))


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares of variance with their intervals, each of shape (n_inputs, n_outputs) and in [0, 1]."""

    value: FloatArray
    low: FloatArray
    high: FloatArray


def indicators(codes: NDArray[np.integer], labels: Sequence[int]) -> FloatArray:
    """Return 1 where a code is the label and 0 where not, one column a label (a new last axis)."""
    return np.stack([codes == label for label in labels], axis=-1).astype(np.float64)


def left_out(sums: FloatArray) -> FloatArray:
    """Return the sum over the first axis, then the sums with each of its entries left out."""
    total = sums.sum(axis=0, keepdims=True)
    return np.concatenate([total, total - sums])


def paired_partials(
    replicates: Sequence[FloatArray], alive: Sequence[NDArray[np.bool_]] | None = None
) -> tuple[Partials, Partials]:
    """Return first-order and total partial variances of a paired design.

    Parameters
    ----------
    replicates : sequence of numpy.ndarray, shape (2 + n_inputs, n_rows, n_outputs)
        Outputs at A, at B, and at AB_i for every input, one array a replicate; at least two replicates of at least one
        row each.
    alive : sequence of numpy.ndarray of bool, shape (2 + n_inputs, n_rows), optional
        Which of them there are; all unless given. What is not there is left out pair by pair: a total needs f(A) and
        f(AB_i), a first-order index f(B) too. So an input on which nothing that fails depends is measured over all
        worlds that are there, each as likely as before; dropping whole rows would take more of those near the failures.

    Returns
    -------
    first, total : Partials

    Notes
    -----
    An index of an input on which failures do depend is of the pairs that are there, and worlds with few partners count
    less in its total than they should.

    Outputs are centred by the mean over A and B of all replicates, so that the first entries, divided, are
    `scipy.stats.sobol_indices` of all rows. Cost: linear in the entries.
    """
    there = [np.ones(y.shape[:2], dtype=np.bool_) for y in replicates] if alive is None else list(alive)
    centre = sum(y[:2][w[:2]].sum(axis=0) for y, w in zip(replicates, there, strict=True)) / max(
        sum(int(w[:2].sum()) for w in there), 1
    )
    sums: dict[str, list[FloatArray]] = {"first": [], "total": [], "whole": []}
    counts: dict[str, list[FloatArray]] = {"first": [], "total": [], "whole": []}
    for y, w in zip(replicates, there, strict=True):
        a, b = (np.where(w[k][:, None], y[k] - centre, 0.0) for k in (0, 1))
        pair = w[2:] & w[0]
        change = np.where(pair[..., None], y[2:] - y[0], 0.0)
        sums["first"].append((b * change).sum(axis=1))
        sums["total"].append(0.5 * (change**2).sum(axis=1))
        sums["whole"].append(0.5 * (a**2 + b**2).sum(axis=0))
        for name, count in (
            ("first", (pair & w[1]).sum(axis=1)), ("total", pair.sum(axis=1)), ("whole", 0.5 * w[:2].sum())
        ):  # fmt: skip
            counts[name].append(np.asarray(count, dtype=np.float64)[..., None])
    sizes = left_out(np.array([float(y.shape[1]) for y in replicates]))
    found = {}
    for name, own in sums.items():  # on the scale of sums over all rows
        number = np.maximum(left_out(np.stack(counts[name])), 0.5)
        found[name] = left_out(np.stack(own)) * (sizes.reshape(-1, *[1] * (number.ndim - 1)) / number)
    return Partials(found["first"], found["whole"]), Partials(found["total"], found["whole"])


def shares_of_variance(
    partials: Partials, confidence: float, constant: NDArray[np.bool_], floor: float = 0.0
) -> Shares:
    """Divide partial variances by variances, with intervals.

    Parameters
    ----------
    partials : Partials
    confidence : float
        In (0, 1).
    constant : numpy.ndarray of bool, shape (n_outputs,)
        Outputs that do not vary: there is no sensitivity, and every share is 0.
    floor : float
        The smallest standard error of a partial variance, on its scale: what one row more or less may add.

    Returns
    -------
    Shares
        Estimates are cut to [0, 1], where the truth is, before their interval is laid around them, which can only
        bring both nearer to it; the interval is cut to the same.
    """
    from scipy.special import stdtrit

    whole = np.where(constant | (partials.whole <= 0), 1.0, partials.whole)
    ratio = np.where(constant, 0.0, partials.partial / whole[:, None, :])
    value, left = np.clip(ratio[0], 0.0, 1.0), ratio[1:]
    count = len(left)
    error = np.sqrt((count - 1) / count * ((left - left.mean(axis=0)) ** 2).sum(axis=0))
    error = np.where(constant, 0.0, np.maximum(error, floor / whole[0]))
    reach = float(stdtrit(count - 1, 0.5 + confidence / 2)) * error
    return Shares(value, np.clip(value - reach, 0.0, 1.0), np.clip(value + reach, 0.0, 1.0))
