"""What it is worth to learn an input before choosing, from draws of the inputs and of what each option is worth.

Not knowing anything more, the best option is worth max_o E[v_o]. Knowing everything it would be E[max_o v_o]; the
difference is the expected value of perfect information, EVPI. Knowing input X alone: E[max_o E[v_o | X]]; less the
same, the expected value of partial perfect information, EVPPI (Raiffa & Schlaifer 1961; Strong & Oakley 2013).

The largest of several noisy means is too large on average, so that taking maxima over estimated E[v_o | X] finds value
in inputs that carry none. Here the rule that tells which option to take at which X is learnt from all replicates but
one, and what it gains is measured in the one left out, each in turn. So noise cannot pay: a rule that is not the best
one earns less, and the estimate errs, if at all, on the low side. E[v_o | X] is a mean in bins, of several inputs
together a sum of such means (least squares), so that of a group only what adds up is seen.

References
----------
Raiffa, H. & Schlaifer, R. (1961). Applied Statistical Decision Theory.
Strong, M. & Oakley, J. E. (2013). An efficient method for computing single-parameter partial expected value of perfect
    information. Medical Decision Making 33.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from decide.sensitivity.given_data import bins_of, number_of_bins
from decide.sensitivity.indices import FloatArray, Partials, left_out

__all__ = ["information_partials"]


def information_partials(
    inputs: Sequence[Sequence[FloatArray]], values: FloatArray, replicate: NDArray[np.integer]
) -> Partials:
    """Return the expected gains of learning each input (or group of inputs), and of learning everything.

    Parameters
    ----------
    inputs : sequence of sequences of numpy.ndarray, shape (n,)
        The members of each group; one member where it is a single input.
    values : numpy.ndarray, shape (n, n_options)
        What each option is worth in each draw.
    replicate : numpy.ndarray of int, shape (n,)
        The independent replicate of each draw, from 0 up; at least two.

    Returns
    -------
    Partials
        ``partial``, shape (1 + n_replicates, n_groups, 1): EVPPI, of all draws and with one replicate left out;
        ``whole``: EVPI. Both are means over draws, in payoff units.

    Notes
    -----
    Cost: n times the squared number of bins, for each group.
    """
    count = int(replicate.max()) + 1
    sizes = np.bincount(replicate, minlength=count)
    shifted = values - values.mean(axis=0).max()
    known = np.stack([shifted[replicate == r].sum(axis=0) for r in range(count)])
    kept = (known.sum(axis=0) - known).argmax(axis=1)  # the option taken without knowing more, replicate by replicate
    without = known[np.arange(count), kept]
    best = np.array([shifted[replicate == r].max(axis=1).sum() for r in range(count)])
    gains = []
    for members in inputs:
        features = _features(members)
        taken = _learnt(features, shifted, replicate, count, kept)
        earned = np.bincount(replicate, weights=shifted[np.arange(len(shifted)), taken], minlength=count)
        gains.append(earned - without)
    weight = left_out(sizes.astype(np.float64))[:, None]
    return Partials(
        (left_out(np.stack(gains, axis=1)) / weight)[..., None], left_out((best - without)[:, None]) / weight
    )


def _features(members: Sequence[FloatArray]) -> FloatArray:
    """One column for each bin of each member, 1 where the draw is in it."""
    n = len(members[0])
    most = number_of_bins(n) if len(members) == 1 else int(np.clip(n // (40 * len(members)), 2, 10))
    columns = [bins_of(x, most) for x in members]
    return np.concatenate([bins[:, None] == np.arange(bins.max() + 1) for bins in columns], axis=1).astype(np.float64)


def _learnt(
    features: FloatArray, values: FloatArray, replicate: NDArray[np.integer], count: int, kept: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The option taken in each draw by the rule learnt from the other replicates."""
    rows = [replicate == r for r in range(count)]
    gram = np.stack([features[k].T @ features[k] for k in rows])
    right = np.stack([features[k].T @ values[k] for k in rows])
    taken = np.empty(len(values), dtype=np.intp)
    for r, own in enumerate(rows):
        others, told = gram.sum(axis=0) - gram[r], right.sum(axis=0) - right[r]
        slight = 1e-6 * max(float(np.trace(others)) / len(others), 1.0)  # bins of several members overlap in their sum
        fitted = features[own] @ np.linalg.solve(others + slight * np.eye(len(others)), told)
        stay = fitted[np.arange(len(fitted)), kept[r]]
        taken[own] = np.where(fitted.max(axis=1) > stay, fitted.argmax(axis=1), kept[r])
    return taken
