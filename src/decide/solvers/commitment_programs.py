"""The best commitment in one game by linear programs: the slow way, for games of any size (see `commitment`)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.games.values import FloatArray
from decide.solvers.base import TIE

__all__ = ["commitment_by_programs"]

#: HiGHS's tightest.
FEASIBLE = 1e-10
#: A reply is worse somewhere on a face if by more than this: far above what the room given to the face can feign.
APART = 1e-6

Answer = tuple[FloatArray, int, bool, bool]


def commitment_by_programs(L: FloatArray, F: FloatArray, *, weak: bool) -> Answer:
    """Find the best commitment.

    Parameters
    ----------
    L, F : numpy.ndarray, shape (m, n)
        Payoffs of the leader, who has the rows, and of the follower, scaled to [0, 1].
    weak : bool
        Whether the follower breaks ties against the leader.

    Returns
    -------
    x : numpy.ndarray, shape (m,)
    reply : int
        -1 if no program could be solved.
    attained : bool
    proved : bool
        Whether every program was solved, or proved to have no solution.
    """
    solver = _Programs(L, F)
    found = [(j, solver.best(j, weak)) for j in range(L.shape[1]) if not weak or solver.has_inside(j)]
    solved = [(j, answer) for j, answer in found if answer is not None]
    if not solved:
        return np.full(len(L), 1 / len(L)), -1, False, False
    value = max(v for _, (_, v) in solved)
    if not weak:
        j, (x, _) = next((j, a) for j, a in solved if a[1] >= value - FEASIBLE)
        return x, j, True, solver.proved
    top = [(j, x) for j, (x, v) in solved if v >= value - FEASIBLE]
    for j, x in top:
        if solver.least(x) >= value - TIE:
            return x, solver.worst(j, x), True, solver.proved
    for j, _ in top:
        point = solver.attaining(j, value)
        if point is not None:
            return point, solver.worst(j, point), True, solver.proved
    j, x = top[0]
    return x, solver.worst(j, x), False, solver.proved


class _Programs:
    """The linear programs of one game.

    Attributes
    ----------
    alike : numpy.ndarray of bool, shape (n, n)
        Which replies have the same payoffs to the follower, whatever the commitment.
    proved : bool
        Whether none has failed so far.
    """

    def __init__(self, L: FloatArray, F: FloatArray) -> None:
        self.L, self.F = L, F
        self.alike: NDArray[np.bool_] = np.abs(F[:, :, None] - F[:, None]).max(axis=0) <= TIE
        self.proved = True

    def differences(self, j: int) -> FloatArray:
        """How much better than each other reply j is, one row each, scaled to at most 1."""
        rows = (self.F[:, [j]] - self.F)[:, ~self.alike[j]].T
        return np.asarray(rows / np.abs(rows).max(axis=1, keepdims=True))

    def maximise(self, goal: FloatArray, above: FloatArray, at_least: FloatArray) -> FloatArray | None:
        """Maximise goal (x, t), x a mixture, t in [-1, 1], above (x, t) >= at_least; None if nothing is feasible."""
        from scipy.optimize import linprog

        m = len(self.L)
        answer: Any = linprog(
            -goal,
            A_ub=-above if len(above) else None,
            b_ub=-at_least if len(above) else None,
            A_eq=np.r_[np.ones(m), 0.0][None],
            b_eq=[1.0],
            bounds=[(0, None)] * m + [(-1, 1)],
            method="highs-ds",
            options={"primal_feasibility_tolerance": FEASIBLE, "dual_feasibility_tolerance": FEASIBLE},
        )
        if not answer.success:
            self.proved &= answer.status == 2  # infeasible
            return None
        x = np.maximum(np.asarray(answer.x)[:m], 0.0)
        return np.asarray(x / x.sum(), dtype=np.float64)

    def has_inside(self, j: int) -> bool:
        """Whether there are commitments after which j is better than all replies that are not like it."""
        rows = self.differences(j)
        if not len(rows):
            return True
        x = self.maximise(np.r_[np.zeros(len(self.L)), 1.0], np.c_[rows, -np.ones(len(rows))], np.zeros(len(rows)))
        return x is not None and bool((rows @ x).min() > TIE)

    def best(self, j: int, weak: bool) -> tuple[FloatArray, float] | None:
        """Return the best commitment to which j is a best reply, and its value."""
        rows, own = self.differences(j), self.L[:, self.alike[j]] if weak else self.L[:, [j]]
        if own.shape[1] == 1:
            x = self.maximise(np.r_[own[:, 0], 0.0], np.c_[rows, np.zeros(len(rows))], np.zeros(len(rows)))
        else:
            above = np.r_[np.c_[rows, np.zeros(len(rows))], np.c_[own.T, -np.ones(own.shape[1])]]
            x = self.maximise(np.r_[np.zeros(len(own)), 1.0], above, np.zeros(len(above)))
        return None if x is None else (x, float((x @ own).min()))

    def least(self, x: FloatArray) -> float:
        """What the leader gets if the follower breaks ties against it."""
        f = x @ self.F
        return float((x @ self.L)[f >= f.max() - TIE].min())

    def worst(self, j: int, x: FloatArray) -> int:
        """Of the replies like j the one that gives the leader least."""
        return int(np.where(self.alike[j], x @ self.L, np.inf).argmin())

    def attaining(self, j: int, value: float) -> FloatArray | None:
        """Return a commitment at which j is a best reply and no best reply gives the leader less than the value.

        Among the commitments with the value those in the middle of the face have the fewest best replies. Replies that
        are tied all over the face must give the leader the value too; that cuts the face, and so on until it is empty
        or every reply still tied is good enough.
        """
        rows, held = self.differences(j), self.alike[j].copy()
        others = np.nonzero(~held)[0]
        while True:
            above = np.r_[np.c_[rows, np.zeros(len(rows))], np.c_[self.L[:, held].T, np.zeros(held.sum())]]
            floor = np.r_[np.zeros(len(rows)), np.full(held.sum(), value - FEASIBLE)]
            corners = []
            for goal in rows if len(rows) else np.zeros((1, len(self.L))):
                x = self.maximise(np.r_[goal, 0.0], above, floor)
                if x is None:
                    return None
                corners.append(x)
            middle = np.mean(corners, axis=0)
            tied = others[(rows @ np.transpose(corners)).max(axis=1) <= APART] if len(rows) else others
            short = tied[(middle @ self.L)[tied] < value - TIE]
            if not len(short):
                return np.asarray(middle)
            if held[short].all():
                return None
            held[short] = True
