"""Solving a study's model again, in designs whose draws belong together: pairs, and chains of conditional draws."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from decide.errors import StudyError
from decide.evaluate import Problem, Table, evaluate
from decide.points import solved
from decide.sensitivity.sampling import Plan, correlate, plan_design, unit_points
from decide.sensitivity.shapley import orders_of, redrawn

__all__ = ["Block", "Levels", "Players", "Worlds", "chains", "pairs", "plan_of", "solve_design", "under_levels"]

FloatArray = NDArray[np.float64]

#: Values of the parameters that are drawn, by name, one array a parameter.
Block: TypeAlias = dict[str, FloatArray]
#: Values of the settings that were swept, by name; blocks hold their places.
Levels: TypeAlias = Mapping[str, tuple[Any, ...]]
#: Who shares in the variance: parameters, or groups with their members.
Players: TypeAlias = Mapping[str, tuple[str, ...]]
#: From a replicate's number to two blocks that are draws of their own, and the blocks made from them.
Design: TypeAlias = Callable[[int], tuple[list[Block], list[Block]]]

#: Worlds solved at once.
CHUNK = 16_384
#: Worlds that are solved unless draws are given; fewer where the model is called once a world.
WORLDS, WORLDS_ONE_BY_ONE = 2**16, 2**13
FEWEST, MOST = 128, 4_096


@dataclass(frozen=True, eq=False)
class Worlds:
    """The worlds of a design, one entry a replicate.

    Attributes
    ----------
    answers : list of numpy.ndarray, shape (n_blocks, n_rows, ...)
        What was asked for.
    alive : list of numpy.ndarray of bool, shape (n_blocks, n_rows)
        Which worlds have an answer; elsewhere it is filler.
    draws : list of Block
        The draws of the two blocks of their own, one after the other, dropped rows included.
    option_values : list of numpy.ndarray, shape (2 * n_rows, n_options)
        What the options are worth there.
    valued : list of numpy.ndarray of bool, shape (2 * n_rows,)
        Whether they are known.
    count : int
        Worlds solved.
    complaints : list of str
        Why some made no valid game.
    """

    answers: list[NDArray[Any]]
    alive: list[NDArray[np.bool_]]
    draws: list[Block]
    option_values: list[FloatArray]
    valued: list[NDArray[np.bool_]]
    count: int
    complaints: list[str]

    @property
    def keep(self) -> list[NDArray[np.bool_]]:
        """The rows in which every world has an answer."""
        return [np.asarray(alive.all(axis=0)) for alive in self.alive]

    @property
    def failed(self) -> float:
        """The share of worlds that have no answer."""
        return 1.0 - float(np.concatenate(self.alive, axis=1).mean())

    def lost_pairs(self) -> FloatArray:
        """The share of the pairs (A, AB_i) that are not whole, for every player."""
        alive = np.concatenate(self.alive, axis=1)
        return np.asarray(1.0 - (alive[2:] & alive[0]).mean(axis=1))


def plan_of(problem: Problem, draws: int | None, n_players: int, entropy: int) -> Plan:
    """Divide the base draws into replicates of scrambled Sobol points.

    Raises
    ------
    StudyError
        If there are fewer than 128, or no whole number of them.
    """
    if draws is None:
        worlds = WORLDS if problem.model.batched else WORLDS_ONE_BY_ONE
        draws = int(np.clip(2 ** int(np.log2(worlds / (n_players + 2))), FEWEST, MOST))
    count = isinstance(draws, int | np.integer) and not isinstance(draws, bool)
    if not count or draws < FEWEST:
        raise StudyError(f"draws is {draws!r}; expected at least {FEWEST}, so that replicates tell the error")
    return plan_design(draws, "sobol", entropy)


def pairs(
    problem: Problem,
    plan: Plan,
    drawn: tuple[str, ...],
    players: Players,
    root: FloatArray | None,
    levels: Levels | None = None,
) -> Design:
    """Return the paired design: A and B, then A with each player's parameters taken from B.

    Settings that were swept are drawn too, by the places of their values, each as likely as the next.
    """
    d, space, swept = len(drawn), problem.model.space, dict(levels or {})
    wide = d + len(swept)

    def block(points: FloatArray) -> Block:
        own = space.values(correlate(points[:, :d], root), drawn)
        for k, (name, values) in enumerate(swept.items()):
            own[name] = np.minimum(np.floor(points[:, d + k] * len(values)), len(values) - 1.0)
        return own

    def design(replicate: int) -> tuple[list[Block], list[Block]]:
        points = unit_points(plan, replicate, 2 * wide)
        a, b = block(points[:, :wide]), block(points[:, wide:])
        return [a, b], [{**a, **{name: b[name] for name in members}} for members in players.values()]

    return design


def chains(
    problem: Problem,
    plan: Plan,
    drawn: tuple[str, ...],
    players: Players,
    root: FloatArray,
    orders: list[NDArray[np.intp]],
) -> Design:
    """Return the design of chains: a start and its end, then what lies between, one player more drawn anew each time.

    The order of players of every row is appended to `orders`, one array a replicate.
    """
    from scipy.special import ndtr, ndtri

    d, matrix = len(drawn), root @ root.T
    members = [np.isin(drawn, own) for own in players.values()]

    def values(z: FloatArray) -> Block:
        return problem.model.space.values(np.clip(ndtr(z), 2.0**-53, 1 - 2.0**-53), drawn)

    def design(replicate: int) -> tuple[list[Block], list[Block]]:
        points = ndtri(unit_points(plan, replicate, 2 * d))
        z, fresh = points[:, :d] @ root.T, points[:, d:] @ root.T
        rng = np.random.default_rng(np.random.SeedSequence(plan.entropy, spawn_key=(replicate, 1)))
        order = orders_of(len(z), len(members), rng)
        orders.append(order)
        chain = np.empty((len(members), *z.shape))
        starts = np.flatnonzero(np.r_[True, (order[1:] != order[:-1]).any(axis=1)])
        for start, stop in zip(starts, [*starts[1:], len(z)], strict=True):
            which = np.zeros(d, dtype=np.bool_)
            for step, player in enumerate(order[start]):
                which = which | members[player]
                chain[step, start:stop] = redrawn(z[start:stop], fresh[start:stop], which, matrix)
        return [values(z), values(chain[-1])], [values(step) for step in chain[:-1]]

    return design


def solve_design(
    problem: Problem,
    plan: Plan,
    design: Design,
    of: str,
    usable: Callable[[Table], NDArray[np.bool_]],
    levels: Levels | None = None,
) -> Worlds:
    """Solve all worlds of a design, replicate by replicate.

    Parameters
    ----------
    problem : Problem
    plan : Plan
    design : callable
    of : str
        The variable that is asked for.
    usable : callable
        From a table to whether each world has an answer.
    levels : mapping, optional
        Values of the settings that blocks hold the places of.
    """
    swept = dict(levels or {})
    wanted = frozenset({of, "status"})
    found = Worlds([], [], [], [], [], 0, [])
    count = 0
    for replicate in range(len(plan.sizes)):
        own, made = design(replicate)
        first = _solve(problem, own, wanted | {"option_value"}, found.complaints, swept)
        rest = [_solve(problem, made, wanted, found.complaints, swept)] if made else []
        table = {name: np.concatenate([first[name], *(part[name] for part in rest)]) for name in wanted}
        count += table["status"].size
        found.answers.append(table[of])
        found.alive.append(np.asarray(usable(table)))
        found.draws.append({name: np.concatenate([block[name] for block in own]) for name in own[0]})
        found.option_values.append(np.concatenate(list(first["option_value"])))
        found.valued.append(solved(first["status"]).reshape(-1))
    return Worlds(
        found.answers, found.alive, found.draws, found.option_values, found.valued, count, found.complaints
    )  # fmt: skip


def _solve(
    problem: Problem, blocks: Sequence[Block], wanted: frozenset[str], complaints: list[str], levels: Levels
) -> Table:
    """Solve blocks of one length; return a table of shape (n_blocks, n, ...)."""
    n = len(next(iter(blocks[0].values())))
    several = max(1, CHUNK // n)
    parts: list[Table] = []
    for start in range(0, len(blocks), several):
        some = blocks[start : start + several]
        values = {name: np.concatenate([block[name] for block in some]) for name in some[0]}
        table = under_levels(problem, values, n * len(some), wanted, complaints, levels)
        parts.append({name: column.reshape(len(some), n, *column.shape[1:]) for name, column in table.items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in wanted}


def under_levels(
    problem: Problem, values: Block, n: int, wanted: frozenset[str], complaints: list[str], levels: Levels
) -> Table:
    """Solve worlds, those that have the same settings together."""
    own = {name: column for name, column in values.items() if name not in levels}
    if not levels:
        return evaluate(problem, {**problem.values, **own}, n, wanted, complaints)
    found: Table = {}
    for codes in itertools.product(*(range(len(v)) for v in levels.values())):
        rows = np.flatnonzero(np.all([values[name] == code for name, code in zip(levels, codes, strict=True)], axis=0))
        if not len(rows):
            continue
        told = {name: levels[name][code] for name, code in zip(levels, codes, strict=True)}
        some = {name: column[rows] for name, column in own.items()}
        table = evaluate(problem, {**problem.values, **told, **some}, len(rows), wanted, complaints)
        for name, column in table.items():
            if name not in found:
                found[name] = np.zeros((n, *column.shape[1:]), dtype=column.dtype)
            found[name][rows] = column
    return found
