"""Designs: points of the unit cube, in independent replicates.

A design of n draws is a stack of replicates: Latin hypercubes or scrambled Sobol or Halton sequences, each made on
its own. That is what makes an honest error possible (the spread between replicates is the design's own, not that of
plain draws), and what keeps memory bounded and workers busy: every replicate is made where it is used, from a seed of
its own. Plain draws are independent already.

scipy.stats.qmc makes the points. Correlation is a Gaussian copula: the points' normal scores are correlated, the
marginals stay as they are.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import DesignWarning, StudyError, unknown

__all__ = [
    "SAMPLING",
    "Plan",
    "correlate",
    "correlation_root",
    "plan_design",
    "seed_of",
    "unit_points",
]

FloatArray = NDArray[np.float64]

SAMPLING = ("latin", "sobol", "halton", "plain")
LARGEST_REPLICATE = 16_384
REPLICATES = 10
SOBOL_REPLICATES = 8
FEWEST_DRAWS = 100


@dataclass(frozen=True)
class Plan:
    """How n draws are made.

    Attributes
    ----------
    sampling : str
    sizes : tuple of int
        Draws of each replicate.
    entropy : int
        The seed of the first replicate's generator and, with its number, of every other's.
    """

    sampling: str
    sizes: tuple[int, ...]
    entropy: int


def seed_of(rng: int | np.random.Generator | None) -> int:
    """Return the seed that stands for `rng`: itself if an integer, drawn from a generator, or from the system."""
    if rng is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> np.uint64(1))
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(2**63))
    if isinstance(rng, bool) or not isinstance(rng, int | np.integer) or rng < 0:
        raise StudyError(f"rng is {rng!r}; expected None, an integer from 0 or a numpy.random.Generator")
    return int(rng)


def plan_design(n: float, sampling: str, entropy: int) -> Plan:
    """Divide n draws into replicates.

    Parameters
    ----------
    n : int
        Draws, at least 1; a whole float such as 1e5 will do.
    sampling : {"latin", "sobol", "halton", "plain"}
    entropy : int
        See `seed_of`.

    Raises
    ------
    StudyError
        If there is no such sampling, or n is no positive integer.
    """
    if sampling not in SAMPLING:
        raise unknown("sampling", sampling, SAMPLING)
    if isinstance(n, float) and n.is_integer():
        n = int(n)  # so that 1e5 can be written
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise StudyError(f"the number of draws is {n!r}; expected an integer from 1")
    n = int(n)
    if sampling == "sobol" and n & (n - 1):
        warnings.warn(
            f"a Sobol design of {n} draws loses its balance; take a power of two, such as {1 << n.bit_length()}",
            DesignWarning,
            stacklevel=_outside(),
        )
    few = SOBOL_REPLICATES if sampling == "sobol" else REPLICATES
    count = max(few if n >= FEWEST_DRAWS else 1, -(-n // LARGEST_REPLICATE))
    if sampling == "sobol" and n & (n - 1) == 0:
        count = 1 << (count - 1).bit_length()
    size, more = divmod(n, count)
    return Plan(sampling, tuple(size + (k < more) for k in range(count)), entropy)


def _outside() -> int:
    """How many calls up, from who asks, the first line is that is not this library's: what a warning should show."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] == "decide":
        frame, level = frame.f_back, level + 1
    return level


def unit_points(plan: Plan, replicate: int, dimension: int) -> FloatArray:
    """Return the points of one replicate, shape (size, dimension), in the open unit cube."""
    from scipy.stats import qmc

    size = plan.sizes[replicate]
    rng = np.random.default_rng(np.random.SeedSequence(plan.entropy, spawn_key=(replicate,)))
    if dimension == 0:
        return np.empty((size, 0))
    if plan.sampling == "plain":
        return rng.random((size, dimension))
    if plan.sampling == "latin":
        return np.asarray(qmc.LatinHypercube(dimension, seed=rng).random(size), dtype=np.float64)
    engine = qmc.Sobol(dimension, seed=rng) if plan.sampling == "sobol" else qmc.Halton(dimension, seed=rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the balance of Sobol points is warned of once, by plan_design
        points = np.asarray(engine.random(size), dtype=np.float64)
    return np.asarray(np.clip(points, 2.0**-53, 1 - 2.0**-53), dtype=np.float64)


def correlation_root(correlation: Mapping[tuple[str, str], float] | None, names: Sequence[str]) -> FloatArray | None:
    """Return the Cholesky factor of the copula's correlation matrix, or None for independence.

    Raises
    ------
    UnknownNameError
        If a pair names something that is not drawn.
    StudyError
        If the correlations are not between -1 and 1, or contradict each other.
    """
    if not correlation:
        return None
    matrix = np.eye(len(names))
    for pair, rho in correlation.items():
        if not (isinstance(pair, tuple) and len(pair) == 2 and pair[0] != pair[1]):
            raise StudyError(f"correlation of {pair!r}; expected a pair of two different names")
        for name in pair:
            if name not in names:
                raise unknown("parameter that is drawn (in correlation)", name, names)
        if not -1 < rho < 1:
            raise StudyError(f"correlation of {pair!r} is {rho!r}; expected a number between -1 and 1")
        i, j = names.index(pair[0]), names.index(pair[1])
        matrix[i, j] = matrix[j, i] = rho
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        raise StudyError(f"correlations {dict(correlation)!r} contradict each other (not positive definite)") from None


def correlate(points: FloatArray, root: FloatArray | None) -> FloatArray:
    """Give points of the unit cube a Gaussian copula, keeping every marginal uniform."""
    if root is None:
        return points
    from scipy.special import ndtr, ndtri

    inside = np.clip(points, 2.0**-53, 1 - 2.0**-53)
    return np.asarray(ndtr(ndtri(inside) @ root.T))


def design_note(plan: Plan) -> dict[str, Any]:
    """Describe a design for the record."""
    return {"sampling": plan.sampling, "replicates": len(plan.sizes), "draws": sum(plan.sizes), "seed": plan.entropy}
