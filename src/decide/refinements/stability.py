"""Evolutionary stability (Maynard Smith & Price 1973) as strict copositivity (Haigh 1975; Abakuks 1980).

A strategy is evolutionarily stable if the quadratic form of what a mutant loses is positive on the moves from it to its
best replies: positive definite in the directions of the support, and the Schur complement strictly copositive. That is
tested on every face of the simplex.

Cost: 2^k - 1 faces for k best replies that are not played, each a linear system of at most k + 1 equations; with more
than 12 (4,095 faces) the answer is None.
"""

from __future__ import annotations

import itertools

import numpy as np

from decide.games.values import FloatArray
from decide.refinements.tables import TIE, Profile

__all__ = ["invasion_form", "is_copositive", "plays_itself"]


def plays_itself(entries: FloatArray, profile: Profile) -> bool:
    """Whether the game is ``A = B^T`` and both play the same."""
    if len(profile) != 2 or entries.shape[1] != entries.shape[2]:
        return False
    room = TIE * float(np.ptp(entries[0]))
    return bool((np.abs(entries[0] - entries[1].T) <= room).all() and (np.abs(np.subtract(*profile)) <= TIE).all())


def invasion_form(A: FloatArray, base: int, actions: list[int]) -> FloatArray:
    """The form ``-(z^T A z)`` of moves z of probability from `base` to `actions`: positive where the mutant loses."""
    move = np.zeros((len(A), len(actions)))
    move[actions, np.arange(len(actions))] = 1.0
    move[base] = -1.0
    form = -(move.T @ A @ move)
    return np.asarray((form + form.T) / 2)


def is_copositive(Q: FloatArray, free: int) -> bool:
    """Whether the form is positive wherever all coordinates but the first `free` are at least 0 (and not all are)."""
    inner, mixed, outer = Q[:free, :free], Q[:free, free:], Q[free:, free:]
    if free:
        if np.linalg.eigvalsh(inner)[0] <= TIE:
            return False
        outer = outer - mixed.T @ np.linalg.solve(inner, mixed)
    faces = (
        list(face) for size in range(1, len(outer) + 1) for face in itertools.combinations(range(len(outer)), size)
    )
    return all(_least_inside(outer[np.ix_(face, face)]) > TIE for face in faces)


def _least_inside(M: FloatArray) -> float:
    """The form's stationary value in the inside of a simplex; infinite where there is none, or not just one.

    The least value on the whole simplex is attained at the only stationary point of some face: where there is a line
    of them, it leads at the same value to a smaller face.
    """
    k = len(M)
    bordered = np.block([[M, np.ones((k, 1))], [np.ones((1, k)), np.zeros((1, 1))]])
    if np.linalg.matrix_rank(bordered) <= k:
        return np.inf
    z = np.linalg.solve(bordered, np.r_[np.zeros(k), 1.0])[:k]
    return float(z @ M @ z) if (z >= -TIE).all() else np.inf
