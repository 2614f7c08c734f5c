"""What it is worth to learn an input before choosing, from draws of the inputs and of what each option is worth.

Not knowing anything more, the best option is worth max_o E[v_o]. Knowing everything it would be E[max_o v_o]; the
difference is the expected value of perfect information, EVPI. Knowing input X alone: E[max_o E[v_o | X]]; less the
same, the expected value of partial perfect information, EVPPI (Raiffa & Schlaifer 1961; Strong & Oakley 2013).

The largest of several noisy means is too large on average, so that taking maxima over estimated E[v_o | X] finds value
in inputs that carry none. Here the rule that tells which option to take at which X is learnt from all replicates but
one, and what it gains is measured in the one left out, each in turn. So noise cannot pay: a rule that is not the best
one earns less, and the estimate errs, if at all, on the low side. A rule takes the option of highest mean in each of
2, 4, 8, ... bins of X; how many bins is settled by what earned most in the other replicates. For several inputs
together there is one rule more, from sums of such means (least squares): of what they tell only together, as in a
product, little is seen.

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

from decide.sensitivity.given_data import bins_of, positions
from decide.sensitivity.indices import FloatArray, Partials, left_out

__all__ = ["information_partials"]

#: The finest bins hold so many draws.
FEWEST_IN_BIN = 16


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
    Cost: n log n for each input, and n times the squared number of members for each group of several.
    """
    count = int(replicate.max()) + 1
    values = np.asarray(values, dtype=np.float64)
    shifted = values - values.mean(axis=0).max()
    kept = int(shifted.mean(axis=0).argmax())  # the option taken without knowing more
    weight = left_out(np.bincount(replicate, minlength=count).astype(np.float64))[:, None]
    slack = 1e-9 * len(values) * float(np.ptp(values))  # what earns the same but for rounding is the same
    without = np.bincount(replicate, weights=shifted[:, kept], minlength=count)
    best = np.bincount(replicate, weights=shifted.max(axis=1), minlength=count)
    gains = []
    for members in inputs:
        earned = [rule for x in members for rule in _by_bins(x, shifted, replicate, count, kept, slack)]
        if len(members) > 1:
            earned.append(_by_sums(members, shifted, replicate, count, kept))
        gain = _best_elsewhere(np.stack(earned), slack) - without
        gains.append(np.where(np.abs(gain) <= slack, 0.0, gain))
    partial = left_out(np.stack(gains, axis=1)) / weight
    return Partials(partial[..., None], left_out(np.asarray(best - without, dtype=np.float64)[:, None]) / weight)


def _best_elsewhere(earned: FloatArray, slack: float) -> FloatArray:
    """Return what each replicate earns by the first rule that earned most in the others; rules are rows."""
    others = earned.sum(axis=1, keepdims=True) - earned
    first = (others >= others.max(axis=0) - slack).argmax(axis=0)
    return np.asarray(earned[first, np.arange(earned.shape[1])])


def _by_bins(
    x: FloatArray, values: FloatArray, replicate: NDArray[np.integer], count: int, kept: int, slack: float
) -> list[FloatArray]:
    """What is earned in each replicate by taking the option that was best in the bin elsewhere, coarsest bins first."""
    place, most = positions(x), max(2, len(x) // FEWEST_IN_BIN)
    found = []
    for n_bins in (2**k for k in range(1, most.bit_length())):
        cell = replicate * n_bins + np.minimum((place * n_bins).astype(np.intp), n_bins - 1)
        own = np.stack([np.bincount(cell, weights=v, minlength=count * n_bins) for v in values.T], axis=1)
        own = own.reshape(count, n_bins, -1)
        others = own.sum(axis=0) - own
        pick = np.where(others.max(axis=2) > others[..., kept] + slack, others.argmax(axis=2), kept)
        found.append(np.take_along_axis(own, pick[..., None], axis=2).sum(axis=(1, 2)))
    return found


def _by_sums(
    members: Sequence[FloatArray], values: FloatArray, replicate: NDArray[np.integer], count: int, kept: int
) -> FloatArray:
    """What is earned in each replicate by the option of highest value, fitted elsewhere as a sum over the members."""
    most = int(np.clip(len(values) // (2 * FEWEST_IN_BIN * len(members)), 2, 10))
    columns = [bins_of(x, most) for x in members]
    features = np.concatenate([b[:, None] == np.arange(b.max() + 1) for b in columns], axis=1).astype(np.float64)
    rows = [replicate == r for r in range(count)]
    gram = np.stack([features[own].T @ features[own] for own in rows])
    right = np.stack([features[own].T @ values[own] for own in rows])
    earned = np.empty(count)
    for r, own in enumerate(rows):
        left, told = gram.sum(axis=0) - gram[r], right.sum(axis=0) - right[r]
        slight = 1e-6 * float(np.trace(left)) / len(left)  # each member's columns sum to 1, so that sums overlap
        fitted = features[own] @ np.linalg.solve(left + max(slight, 1e-6) * np.eye(len(left)), told)
        pick = np.where(fitted.max(axis=1) > fitted[:, kept], fitted.argmax(axis=1), kept)
        earned[r] = values[own][np.arange(len(pick)), pick].sum()
    return earned
