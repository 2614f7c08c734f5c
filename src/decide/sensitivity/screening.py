"""Screening many inputs with few worlds: elementary effects along trajectories (Morris 1991).

A trajectory starts anywhere on an even grid and moves each input once, in random order, by half its range, all others
staying where they are; so d inputs cost d + 1 worlds. What a step changes, per unit of the input's range, is an
elementary effect. Over independent trajectories, the mean of its size is mu* (Campolongo, Cariboni & Saltelli 2007),
and its scatter, sigma, tells effects that depend on the other inputs.

An answer that is a label has no differences; of it, the share of steps in which it changes is counted.

References
----------
Campolongo, F., Cariboni, J. & Saltelli, A. (2007). An effective screening design for sensitivity analysis of large
    models. Environmental Modelling & Software 22.
Morris, M. D. (1991). Factorial sampling plans for preliminary computational experiments. Technometrics 33.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Screened", "elementary_effects", "screen", "trajectories_of"]

FloatArray = NDArray[np.float64]
Screened = dict[str, NDArray[np.float64]]

#: Levels of the grid, at the middles of as many equal parts; a step crosses half of them.
LEVELS = 8


def trajectories_of(count: int, d: int, rng: np.random.Generator) -> tuple[FloatArray, NDArray[np.intp]]:
    """Return trajectories in the unit cube, and the input that each of their steps moves.

    Parameters
    ----------
    count, d : int
        Trajectories and inputs.
    rng : numpy.random.Generator

    Returns
    -------
    points : numpy.ndarray, shape (count, d + 1, d)
        Each level of each input is as likely as every other, at every point.
    moved : numpy.ndarray of int, shape (count, d)
    """
    start = rng.integers(0, LEVELS, (count, d))
    there = (start + LEVELS // 2) % LEVELS
    moved = rng.permuted(np.tile(np.arange(d), (count, 1)), axis=1)
    turn = np.argsort(moved, axis=1)  # the step at which each input is moved
    level = np.where(np.arange(d + 1)[:, None] > turn[:, None, :], there[:, None, :], start[:, None, :])
    return (level + 0.5) / LEVELS, moved


def elementary_effects(points: FloatArray, moved: NDArray[np.intp], y: FloatArray) -> FloatArray:
    """Return what each step changes per unit of range, by input.

    Parameters
    ----------
    points, moved
        From `trajectories_of`.
    y : numpy.ndarray, shape (count, d + 1)

    Returns
    -------
    numpy.ndarray, shape (count, d)
    """
    before, after = (
        np.take_along_axis(part, moved[..., None], axis=2)[..., 0] for part in (points[:, :-1], points[:, 1:])
    )
    return _by_input(np.diff(y, axis=1) / (after - before), moved)


def screen(
    points: FloatArray, moved: NDArray[np.intp], y: FloatArray, code: NDArray[np.integer], ok: NDArray[np.bool_]
) -> Screened:
    """Sum up the trajectories, input by input.

    Parameters
    ----------
    points, moved
        From `trajectories_of`.
    y : numpy.ndarray, shape (count, d + 1)
        A number.
    code : numpy.ndarray of int, shape (count, d + 1)
        A label.
    ok : numpy.ndarray of bool, shape (count, d + 1)
        Whether there is an answer; steps from or to a world without one are not counted.

    Returns
    -------
    dict of str to numpy.ndarray, shape (d,)
        ``changes``, the share of steps in which the label changes, and its standard error (never below that of half a
        step); ``mu_star``, its standard error, ``mu`` and ``sigma`` of the number; ``steps`` counted. All are 0 for an
        input without any.
    """
    good = _by_input(ok[:, 1:] & ok[:, :-1], moved)
    steps = good.sum(axis=0)
    n = np.maximum(steps, 1)
    changed = _by_input(code[:, 1:] != code[:, :-1], moved) & good
    changes = changed.sum(axis=0) / n
    shrunk = (changes * n + 0.5) / (n + 1)
    effect = np.where(good, elementary_effects(points, moved, y), 0.0)
    mu, mu_star = effect.sum(axis=0) / n, np.abs(effect).sum(axis=0) / n
    square = (effect**2).sum(axis=0) / n
    free = n / np.maximum(n - 1, 1)
    return {
        "changes": changes,
        "changes_error": np.where(steps > 0, np.sqrt(shrunk * (1 - shrunk) / n), 0.0),
        "mu_star": mu_star,
        "mu_star_error": np.sqrt(np.maximum(square - mu_star**2, 0.0) * free / n),
        "mu": mu,
        "sigma": np.sqrt(np.maximum(square - mu**2, 0.0) * free),
        "steps": steps.astype(np.float64),
    }


def _by_input(step: NDArray[Any], moved: NDArray[np.intp]) -> NDArray[Any]:
    """Put what belongs to steps, in their order, where the inputs are, in theirs."""
    return np.take_along_axis(step, np.argsort(moved, axis=1), axis=1)
