"""Choice under a set of priors: what each option is expected to be worth under each of them.

An option is *E-admissible* if it is best under some mixture of the priors (Levi 1974); *maximal* if no other is
expected to be worth more under every prior (Walley 1991). E-admissible options are maximal; a maximal one need not be
E-admissible. Maximin over priors is Gamma-maximin (Gilboa & Schmeidler 1989).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Admissible", "admissible"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Admissible:
    """What a set of priors says of each option.

    Attributes
    ----------
    e_admissible, maximal : numpy.ndarray of bool, shape (k,)
    mixture : numpy.ndarray, shape (k, v)
        The weights on the priors under which the option does best against the best other.
    lead : numpy.ndarray, shape (k,)
        Its expected value there, less the best other's; negative where it is not E-admissible.
    """

    e_admissible: NDArray[np.bool_]
    maximal: NDArray[np.bool_]
    mixture: FloatArray
    lead: FloatArray


def admissible(expected: FloatArray) -> Admissible:
    """Say which options are admissible.

    Parameters
    ----------
    expected : numpy.ndarray, shape (v, k)
        Expected value of each of k options under each of v priors.

    Returns
    -------
    Admissible
        Ties count as best, within 1e-9 of the range of the values.

    Notes
    -----
    One linear program an option: weights on the priors, and a lead as great as it can be.

    References
    ----------
    Levi 1974, Journal of Philosophy 71; Walley 1991, Statistical Reasoning with Imprecise Probabilities, 3.9; Utkin &
    Augustin 2005 (the linear program).
    """
    from scipy.optimize import linprog

    v, k = expected.shape
    scale = float(np.ptp(expected)) or 1.0
    mixture, lead = np.full((k, v), 1.0 / v), np.zeros(k)
    for i in range(k):
        others = np.delete(expected, i, axis=1)
        if not others.shape[1]:
            continue
        gap = (others - expected[:, [i]]).T / scale  # (k - 1, v): what the others lead by
        solved = linprog(
            np.append(np.zeros(v), -1.0),
            A_ub=np.column_stack([gap, np.ones(k - 1)]),
            b_ub=np.zeros(k - 1),
            A_eq=np.append(np.ones(v), 0.0)[None],
            b_eq=[1.0],
            bounds=[(0, 1)] * v + [(None, None)],
            method="highs",
        )
        weights = np.maximum(solved.x[:v], 0.0)
        mixture[i] = weights / weights.sum()
        lead[i] = -float((gap @ mixture[i]).max()) * scale
    slack = 1e-9 * scale
    more = (expected[:, :, None] - expected[:, None, :] > slack).all(axis=0)  # (i, j): i is worth more everywhere
    return Admissible(np.asarray(lead >= -slack), np.asarray(~more.any(axis=0)), mixture, lead)
