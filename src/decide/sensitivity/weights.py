"""Regions of a box in which each of several linear functions is the greatest, by linear programs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Regions", "linear_regions"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Regions:
    """Where each of k functions is greatest.

    Attributes
    ----------
    lead : numpy.ndarray, shape (k,)
        The most by which it exceeds the greatest other anywhere; negative where it is greatest nowhere.
    witness : numpy.ndarray, shape (k, d)
        A point at which it has that lead.
    low, high : numpy.ndarray, shape (k, d)
        The range of each coordinate over its region; NaN where the region is empty.
    """

    lead: FloatArray
    witness: FloatArray
    low: FloatArray
    high: FloatArray


def linear_regions(start: FloatArray, slope: FloatArray, slack: float) -> Regions:
    """Find the regions of linear functions on the unit box.

    Parameters
    ----------
    start : numpy.ndarray, shape (k,)
        Values at 0.
    slope : numpy.ndarray, shape (k, d)
    slack : float
        A lead above minus this counts as none: the region is no more than a tie.

    Returns
    -------
    Regions

    Notes
    -----
    One linear program a function for the lead, and two a coordinate for the ranges.
    """
    from scipy.optimize import linprog

    k, d = slope.shape
    scale = float(np.abs(slope).sum(axis=1).max(initial=0.0) + np.ptp(start)) or 1.0
    lead, witness = np.zeros(k), np.full((k, d), 0.5)
    low, high = np.full((k, d), np.nan), np.full((k, d), np.nan)
    for i in range(k):
        gap = np.delete(slope - slope[i], i, axis=0) / scale  # (k - 1, d): what the others gain on it
        room = np.delete(start[i] - start, i) / scale
        if k > 1:
            best = linprog(
                np.append(np.zeros(d), -1.0),
                A_ub=np.column_stack([gap, np.ones(k - 1)]),
                b_ub=room,
                bounds=[(0, 1)] * d + [(None, None)],
                method="highs",
            )
            witness[i] = np.clip(best.x[:d], 0.0, 1.0)
            lead[i] = float((room - gap @ witness[i]).min()) * scale
        if lead[i] < -slack:
            continue
        for c in range(d):
            for sign, ends in ((1.0, low), (-1.0, high)):
                found = linprog(
                    sign * np.eye(d)[c], A_ub=gap, b_ub=np.maximum(room, gap @ witness[i]), bounds=[(0, 1)] * d,
                    method="highs",
                )  # fmt: skip
                ends[i, c] = found.x[c] if found.status == 0 else witness[i, c]
    return Regions(lead, witness, low, high)
