r"""Correlated and coarse correlated equilibria, any number of players, by linear programming.

A mediator draws a profile from a distribution ``p`` that all know, and tells each player its own action, in private.
``p`` is a *correlated* equilibrium if nobody gains by disobeying (Aumann 1974, 1987): for every player ``i`` and every
pair of its actions ``a``, ``b``::

    sum over profiles s in which i is told a of  p(s) (u_i(b, s_-i) - u_i(s))  <=  0.

It is a *coarse* correlated equilibrium (Moulin & Vial 1978) if nobody gains by an action fixed before it is told
anything: the same constraints summed over ``a``, one for every ``b``. Every Nash equilibrium is correlated and every
correlated equilibrium is coarse correlated; both sets are polytopes, never empty, so an end of either is one linear
program over the probabilities of the profiles (Gilboa & Zemel 1989). scipy's HiGHS solves it, one program a game.

Which end is asked for by `objective`, and whether the most or the least of it by `sense`:

- ``"welfare"``: the sum of all payoffs, in the units as given. Nobody's payoffs are rescaled for this: where units
  differ, the sum means only what the model makes it mean.
- a player's name: that player's expected payoff. A player called ``"welfare"`` or ``"fairness"`` cannot be named.
- ``"fairness"``: the least expected payoff, each player's payoffs scaled to run from 0 to 1 over the table (players
  who always get the same are left out). Among the distributions of the best (worst) least payoff, one of the greatest
  (least) welfare, so that all payoffs that decide are determined.

The value of the objective is determined; the distribution is not, where several reach it. To find that out would cost
about one more program a profile, so it is not done; ``tied`` is set where two actions differ by so little (below) that
no constraint comes of it.

Numbers. Payoffs are scaled to [0, 1] a player, and every constraint by its own largest entry, so that a small
difference between two actions counts as a large one does; what could not gain anyone more than 1e-10 of the player's
range is no constraint. HiGHS works to 1e-10 (1e-9 where it fails else); where rounding leaves more, the solution is
corrected by least squares on the constraints that bind. ``complete`` means that HiGHS proved optimality, to that share
of the objective's range. A program that it fails to solve is a failed game, never a guess.

Cost: a program with one variable a profile and (correlated) a row for every ordered pair of a player's actions, sparse,
or (coarse) a row for every action, dense. Measured on one core: 4 ms a 3 x 3 game, 0.2 to 2 s a random 50 x 50 game,
1 to 3 s a zero-sum 30 x 30 game. When not to use it: for what players do without a mediator or a common signal
(`nash`), for large batches where a Nash equilibrium would do, and in trees, where signals may come in the course of
play (von Stengel & Forges 2008).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.errors import SolveError, unknown
from decide.games.values import FloatArray, each_to_unit
from decide.points import Status
from decide.solvers.base import TIE, Found

if TYPE_CHECKING:
    from decide.games.normal import NormalForm

__all__ = ["coarse_correlated", "correlated"]

#: Constraints by which nobody could gain more than this share of its payoff range are left out.
NO_GAIN = 1e-10
#: HiGHS' tolerances, the smallest it takes.
PRECISION = 1e-10
#: In which ways a program is tried until one succeeds: HiGHS' method, presolve, tolerances.
WAYS = (
    ("highs-ds", True, PRECISION),
    ("highs-ds", False, PRECISION),
    ("highs-ipm", True, PRECISION),
    ("highs-ds", True, 10 * PRECISION),
    ("highs-ipm", True, 10 * PRECISION),
)
#: Violations of a scaled constraint above this are corrected.
ROUNDING = 1e-13
#: Systems larger than this are not corrected.
LARGEST_CORRECTION = 1_500


def correlated(game: NormalForm, *, objective: str = "welfare", sense: str = "best") -> Found:
    """Find a correlated equilibrium of most (or least) welfare, fairness or payoff to one player.

    Parameters
    ----------
    game : NormalForm
        One game or a batch, any number of players.
    objective : str
        What is looked at: ``"welfare"``, the sum of payoffs as given; ``"fairness"``, the least payoff, each player's
        payoffs scaled to run from 0 to 1; or a player's name, its payoff. One for the whole batch.
    sense : {"best", "worst"}
        Whether the most or the least of it is wanted.

    Returns
    -------
    Found
        At most one row a game: `joint` holds the probability of every profile, shape (n, n_profiles), and `strategies`
        are its marginals. A game whose program HiGHS did not solve has no row and the status ``FAILED``.

    Raises
    ------
    SolveError
        If `objective` or `sense` is none of these.
    """
    return _solve(game, objective, sense, coarse=False)


def coarse_correlated(game: NormalForm, *, objective: str = "welfare", sense: str = "best") -> Found:
    """Find a coarse correlated equilibrium of most (or least) welfare, fairness or payoff to one player.

    Parameters
    ----------
    game : NormalForm
        One game or a batch, any number of players.
    objective : str
        What is looked at: ``"welfare"``, the sum of payoffs as given; ``"fairness"``, the least payoff, each player's
        payoffs scaled to run from 0 to 1; or a player's name, its payoff. One for the whole batch.
    sense : {"best", "worst"}
        Whether the most or the least of it is wanted.

    Returns
    -------
    Found
        At most one row a game: `joint` holds the probability of every profile, shape (n, n_profiles), and `strategies`
        are its marginals. A game whose program HiGHS did not solve has no row and the status ``FAILED``.

    Raises
    ------
    SolveError
        If `objective` or `sense` is none of these.
    """
    return _solve(game, objective, sense, coarse=True)


def _solve(game: NormalForm, objective: Any, sense: Any, *, coarse: bool) -> Found:
    if not isinstance(sense, str) or sense not in ("best", "worst"):
        raise SolveError(f"sense is {sense!r}; expected 'best' or 'worst'")
    if not isinstance(objective, str) or objective not in ("welfare", "fairness", *game.players):
        raise SolveError(str(unknown("objective", objective, ["welfare", "fairness", *game.players])))
    entries = game.entries()
    joint = np.zeros((entries.shape[-1], int(np.prod(game.n_actions))))
    solved = np.zeros(len(joint), dtype=np.bool_)
    for k in range(len(joint)):
        program = Program(entries[..., k], coarse=coarse)
        p = _optimum(program, game.players, objective, 1.0 if sense == "best" else -1.0)
        if p is not None:
            joint[k], solved[k] = p, True
    owner = np.flatnonzero(solved)
    joint = joint[owner]
    return Found(
        owner=owner,
        strategies=_marginals(joint, game.n_actions),
        complete=solved,
        tied=_near_ties(entries),
        joint=joint,
        status=np.where(solved, Status.SOLVED, Status.FAILED).astype(np.int8),
    )


def _near_ties(entries: FloatArray) -> NDArray[np.bool_]:
    """Which games have two actions that differ, but by so little somewhere that no constraint comes of it."""
    units = each_to_unit(entries)
    near = np.zeros(entries.shape[-1], dtype=np.bool_)
    for i, own in enumerate(units):
        u = np.moveaxis(own, i, 0)
        for k in range(1, len(u)):
            gap = np.abs(u[k:] - u[:-k])
            near |= ((gap > 0) & (gap <= NO_GAIN)).any(axis=tuple(range(gap.ndim - 1)))
    return near


def _marginals(joint: FloatArray, n_actions: tuple[int, ...]) -> tuple[FloatArray, ...]:
    table = joint.reshape(-1, *n_actions)
    axes = range(1, table.ndim)
    return tuple(np.asarray(table.sum(axis=tuple(j for j in axes if j != i))) for i in axes)


def _optimum(program: Program, players: tuple[str, ...], objective: str, sign: float) -> FloatArray | None:
    """Return the distribution asked for, or None if HiGHS did not get there."""
    if objective == "fairness":
        return _fairest(program) if sign > 0 else _least_fair(program)
    if objective == "welfare":
        return program.maximize(sign * program.welfare)
    return program.maximize(sign * program.values[players.index(objective)])


def _fairest(program: Program) -> FloatArray | None:
    """Maximise the least scaled payoff, then welfare without giving any of that up."""
    own = program.values[program.values.any(axis=1)]
    if not len(own):
        return program.maximize(program.welfare)
    first = program.maximize(np.zeros(own.shape[1]), floors=own)
    if first is None:
        return None
    return _then_welfare(program, 1.0, -own, -float((own @ first).min()))


def _least_fair(program: Program) -> FloatArray | None:
    """Minimise the least scaled payoff, one player at a time, then welfare among those that reach it."""
    own = program.values[program.values.any(axis=1)]
    if not len(own):
        return program.maximize(-program.welfare)
    found = [(value, program.maximize(-value)) for value in own]
    lowest = [(float(value @ p), value) for value, p in found if p is not None]
    if len(lowest) < len(own):
        return None
    level = min(worth for worth, _ in lowest)
    ends = [_then_welfare(program, -1.0, value[None], worth) for worth, value in lowest if worth <= level + TIE]
    reached = [p for p in ends if p is not None]
    return min(reached, key=lambda p: float(program.welfare @ p)) if len(reached) == len(ends) else None


def _then_welfare(program: Program, sign: float, extra: FloatArray, level: float) -> FloatArray | None:
    """Maximise (or minimise) welfare where ``extra @ p <= level``; a bit above it where rounding leaves nothing."""
    for room in (0.0, 10 * PRECISION):
        p = program.maximize(sign * program.welfare, extra=extra, right=np.full(len(extra), level + room))
        if p is not None:
            return p
    return None


class Rows(NamedTuple):
    """Constraints ``data . p[columns] <= 0``, all of one length; both of shape (n_rows, length)."""

    data: FloatArray
    columns: NDArray[np.intp]


class Program:
    """The incentive constraints of one game, and what may be maximised subject to them.

    Attributes
    ----------
    values : numpy.ndarray, shape (n_players, n_profiles)
        Payoffs, each player's scaled to run from 0 to 1; all 0 where they are constant.
    welfare : numpy.ndarray, shape (n_profiles,)
        The sum of payoffs in the units given, scaled likewise; all 0 where it is constant within a tie.
    matrix : scipy.sparse.csr_array, shape (n_rows, n_profiles)
    """

    def __init__(self, payoffs: FloatArray, *, coarse: bool) -> None:
        from scipy.sparse import csr_array

        n_players, shape = len(payoffs), payoffs.shape[1:]
        flat = payoffs.reshape(n_players, -1)
        excess = flat - flat.min(axis=1, keepdims=True)
        ranges = excess.max(axis=1, keepdims=True)
        self.values: FloatArray = excess / np.where(ranges > 0, ranges, 1.0)
        total = (excess / (float(ranges.max()) or 1.0)).sum(axis=0)
        total -= total.min()
        self.welfare: FloatArray = total / total.max() if total.max() > TIE else np.zeros_like(total)
        rows = list(incentives(self.values.reshape(payoffs.shape), coarse=coarse))
        lengths = [n for r in rows for n in [r.data.shape[1]] * len(r.data)]
        self.matrix: Any = csr_array(
            (
                np.concatenate([r.data.ravel() for r in rows]),
                np.concatenate([r.columns.ravel() for r in rows]),
                np.concatenate([[0], np.cumsum(lengths, dtype=np.intp)]),
            ),
            shape=(len(lengths), int(np.prod(shape))),
        )

    def maximize(
        self,
        gain: FloatArray,
        *,
        floors: FloatArray | None = None,
        extra: FloatArray | None = None,
        right: FloatArray | None = None,
    ) -> FloatArray | None:
        """Return an optimal distribution, or None.

        Parameters
        ----------
        gain : numpy.ndarray, shape (n_profiles,)
            What to maximise the expectation of.
        floors : numpy.ndarray, shape (n, n_profiles), optional
            Maximise the least expectation of these besides.
        extra, right : numpy.ndarray, shapes (n, n_profiles) and (n,), optional
            Further constraints ``extra @ p <= right``.
        """
        from scipy.sparse import csr_array, hstack, vstack

        n_rows, n = self.matrix.shape
        matrix, bounds, cost, total = self.matrix, right, -gain, np.ones((1, n))
        limits = np.zeros(n_rows) if bounds is None else np.r_[np.zeros(n_rows), bounds]
        if extra is not None:
            matrix = vstack([matrix, csr_array(extra)], format="csr")
        if floors is not None:  # one variable more, t <= floors @ p; payoffs are from 0 to 1, so t >= 0
            column = np.r_[np.zeros(n_rows), np.ones(len(floors))][:, None]
            matrix = hstack([vstack([matrix, csr_array(-floors)]), csr_array(column)], format="csr")
            limits, cost, total = np.zeros(len(column)), np.r_[cost, -1.0], np.r_[np.ones(n), 0.0][None]
        answer = _linear_program(cost, matrix, limits, csr_array(total))
        if answer is None:
            return None
        p = np.maximum(answer[:n], 0.0)
        return self._corrected(np.asarray(p / p.sum()))

    def _corrected(self, p: FloatArray) -> FloatArray:
        """Return p moved, by the least squares that it takes, onto the constraints that bind, if that helps."""
        slack = self.matrix @ p
        error = slack.max(initial=0.0)
        if error <= ROUNDING:
            return p
        held, used = np.flatnonzero(slack >= -PRECISION), np.flatnonzero(p > PRECISION)
        if max(len(held), len(used)) > LARGEST_CORRECTION:
            return p
        system = self.matrix[held][:, used].toarray()
        wanted = np.r_[-(system @ p[used]), 1.0 - p[used].sum()]
        moved = np.zeros_like(p)
        moved[used] = p[used] + np.linalg.lstsq(np.vstack([system, np.ones(len(used))]), wanted, rcond=None)[0]
        moved = np.maximum(moved, 0.0)
        moved /= moved.sum()
        return moved if (self.matrix @ moved).max() < error else p


def _linear_program(cost: FloatArray, matrix: Any, limits: FloatArray, total: Any) -> FloatArray | None:
    """Return an optimum, or None. Near-ties stop HiGHS now and then: it tries in other ways before it gives up."""
    from scipy.optimize import linprog

    for way, presolve, precision in WAYS:
        options = {
            "presolve": presolve,
            "primal_feasibility_tolerance": precision,
            "dual_feasibility_tolerance": precision,
        }
        answer = linprog(cost, A_ub=matrix, b_ub=limits, A_eq=total, b_eq=[1.0], method=way, options=options)
        if answer.success:
            return np.asarray(answer.x, dtype=np.float64)
    return None


def incentives(values: FloatArray, *, coarse: bool) -> Iterator[Rows]:
    """Yield each player's incentive constraints, every row scaled by its largest entry.

    Parameters
    ----------
    values : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1})
        Payoffs scaled to [0, 1].
    coarse : bool
        One constraint for every action, instead of for every ordered pair.
    """
    shape = values.shape[1:]
    index = np.arange(int(np.prod(shape))).reshape(shape)
    for i, (own, m) in enumerate(zip(values, shape, strict=True)):
        u = np.moveaxis(own, i, 0).reshape(m, -1)
        at = np.moveaxis(index, i, 0).reshape(m, -1)
        gain = u[None] - u[:, None]  # [told, done, others]
        if coarse:
            tempting = np.flatnonzero(gain.max(axis=(0, 2)) > NO_GAIN)
            data = gain[:, tempting].swapaxes(0, 1).reshape(len(tempting), u.size)
            columns = np.broadcast_to(at.ravel(), data.shape)
        else:
            told, done = np.nonzero(gain.max(axis=2) > NO_GAIN)
            data, columns = gain[told, done], at[told]
        yield Rows(data / np.abs(data).max(axis=1, initial=NO_GAIN, keepdims=True), columns)
