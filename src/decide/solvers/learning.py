r"""Learning: fictitious play and the replicator dynamics of two-player games, on nashpy's engine.

Both are processes, not ways to solve a game; `fictitious_play` and `replicator` return their paths.

**Fictitious play** (Brown 1951). Every round each player plays a best reply to the frequencies with which the other has
played so far; both move at once. The frequencies converge to equilibrium in zero-sum games (Robinson 1951), in 2 x n
games without ties (Berger 2005) and in potential games (Monderer & Shapley 1996), and not in all others (Shapley 1964);
where they converge, they do so slowly, and play itself may cycle for ever. nashpy counts; the choice among tied best
replies is ours, because nashpy's own draws from numpy's global random state and takes rounding errors for preferences.

**Replicator dynamics** (Taylor & Jonker 1978; Taylor 1979 for two populations)::

    x_a' = x_a (u_a(y) - x . u(y))

nashpy integrates (scipy's ``odeint``). Where the game is symmetric (``A = B^T``) and both populations start alike, they
stay alike for ever, and one population is integrated: rounding errors would otherwise part them. A start at a rest
point stays there; an action with share 0 is never tried. The limit of a path from the inside is an equilibrium, where
there is one (Bomze 1986); in zero-sum games like rock-paper-scissors the path circles around it.

As methods of `solve`, a *sample*: the process is run, and where it has settled the equilibrium it settled at is given
without the rounding of a finite run: a point that solves the indifference conditions of the actions still in use,
certified like any other. The last half of the path must stay within 0.05 of it (fictitious play), or within 0.01 and
still come nearer (replicator: a small circle around an equilibrium is not settling). Where the process cycles or drifts
nothing is returned.

Payoffs are scaled to [0, 1] for each player, so time and rounds do not depend on units.

Cost: one game at a time, some 20 microseconds a round, or some milliseconds an integration. The integration does not
resolve shares below about 1e-8. When not to use them: to find equilibria. `nash` finds all, at once.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from decide.errors import SolveError, unknown
from decide.frozen import ByValue, read_only
from decide.games.normal import NormalForm
from decide.games.values import FloatArray, to_unit
from decide.solvers.base import TIE, Found, two_players
from decide.solvers.door import GameLike, as_table

__all__ = ["LearningPath", "fictitious_play", "play_method", "replicator", "replicator_method"]

MOST_ROUNDS, LONGEST = 100_000_000, 1e12

#: What `rng` may be.
Seed: TypeAlias = "int | np.random.Generator | None"  # numpy.random is imported where it is used
Start: TypeAlias = Sequence[Any] | Mapping[str, Any] | None
Pair: TypeAlias = tuple[FloatArray, FloatArray]

#: How near an equilibrium the last half of a path must stay: frequencies of play, and shares of the replicator.
NEAR_PLAY, NEAR_SHARES = 0.05, 0.01
#: Nearer than this need not come nearer still; by how much the last quarter must be nearer than the one before.
ARRIVED, NEARER = 1e-6, 0.9
#: Shares down to which an action may count as still in use, from the coarsest.
IN_USE = (1e-2, 1e-4, 1e-6, 1e-9)
#: Points of time written down by `replicator`.
STEPS = 1_001


@dataclass(frozen=True, eq=False)
class LearningPath(ByValue):
    """The path of a learning process of one game.

    Attributes
    ----------
    players : tuple of str
    actions : tuple of tuple of str
    times : numpy.ndarray, shape (n,)
        Rounds played, or points of time.
    strategies : tuple of numpy.ndarray, shape (n, n_actions) each
        Per player: frequencies of its actions so far, or shares of its population.
    """

    players: tuple[str, ...]
    actions: tuple[tuple[str, ...], ...]
    times: FloatArray
    strategies: tuple[FloatArray, ...]

    @property
    def end(self) -> tuple[FloatArray, ...]:
        """The last point of the path, a vector a player."""
        return tuple(x[-1] for x in self.strategies)


def fictitious_play(game: GameLike, *, iterations: int = 10_000, start: Start = None, rng: Seed = None) -> LearningPath:
    """Let two players of one game learn by fictitious play.

    Parameters
    ----------
    game : NormalForm, ExtensiveForm, Model, str or os.PathLike
        One game of two players. A model is taken at its base, a file is read, and a tree stands for its reduced
        normal form.
    iterations : int
        How many rounds are played.
    start : sequence or mapping by player, optional
        Weights of each player's actions in the other's mind before the first round, each adding up to one round.
        Otherwise nothing is believed, and the first round is drawn.
    rng : None, int or numpy.random.Generator
        Draws among tied best replies.

    Returns
    -------
    LearningPath
        Frequencies after each round, `start` included in them as one round where it is given.

    Raises
    ------
    SolveError
        If the game is not one of two players, or an option makes no sense.

    Examples
    --------
    >>> path = fictitious_play(NormalForm.zero_sum([[1, -1], [-1, 1]]), iterations=5_000, rng=0)
    >>> bool(abs(path.end[0][0] - 0.5) < 0.05)
    True
    """
    table = as_table(game)
    A, B = _one_game(table)
    frequencies = _play(A, B, _rounds(iterations), _start(start, table), np.random.default_rng(_seed(rng)))
    times = np.arange(1.0, len(frequencies[0]) + 1.0) - (start is not None)
    return _path(table, times, frequencies)


def replicator(game: GameLike, *, time: float = 1_000.0, start: Start = None) -> LearningPath:
    """Follow the replicator dynamics of one game.

    Parameters
    ----------
    game : NormalForm, ExtensiveForm, Model, str or os.PathLike
        One game of two players, as for `fictitious_play`. If it is symmetric and both start alike, the two
        are one population.
    time : float
        How long; payoffs are scaled to [0, 1] for each player.
    start : sequence or mapping by player, optional
        Shares at time 0, per player. Equal shares unless given.

    Returns
    -------
    LearningPath
        Shares at 1,001 points of time, evenly spaced.

    Raises
    ------
    SolveError
        If the game is not one of two players, an option makes no sense, or the integration fails.

    Examples
    --------
    Hawks and doves, value 2, cost 4: the share of hawks goes to V/C.

    >>> path = replicator(NormalForm.bimatrix([[-1, 2], [0, 1]], [[-1, 0], [2, 1]]), start=[[0.9, 0.1], [0.9, 0.1]])
    >>> path.end[0].round(6).tolist()
    [0.5, 0.5]
    """
    table = as_table(game)
    A, B = _one_game(table)
    times = np.linspace(0.0, _duration(time), STEPS)
    shares = _integrate(A, B, times, _start(start, table))
    if shares is None:
        raise SolveError(f"the replicator dynamics could not be integrated up to time {time!r}; try a shorter time")
    return _path(table, times, shares)


# ------------------------------------------------------------------ as methods


def play_method(game: NormalForm, *, iterations: Any = 10_000, start: Start = None, rng: Seed = None) -> Found:
    """Run fictitious play on each game, and return the equilibria where it has settled.

    Every game gets the same stream of random numbers, so that its answer does not depend on its place in a batch.

    Parameters
    ----------
    game : NormalForm
        One game of two players, or a batch.
    iterations : int or array of int
        How many rounds are played, from 1: a number, or an array of the batch's shape.
    start : sequence or mapping by player, optional
        For each player probabilities of its actions (a vector, or a mapping from action; actions left out have 0),
        which count as one round played before the first. The same for all games of a batch. Unless given nothing is
        believed, and the first round is drawn.
    rng : None, int or numpy.random.Generator
        Draws among tied best replies. None draws anew in every call; of a generator one number is taken, as the seed.

    Returns
    -------
    Found
        At most one row a game: none where play has not settled. Never called complete, and `tied` never set.

    Raises
    ------
    SolveError
        If `iterations`, `start` or `rng` is none of these.
    UnknownNameError
        If `start` names a player or an action that does not exist.
    """
    rounds = [_rounds(k) for k in _per_game(iterations, game, "iterations")]
    beliefs, seed = _start(start, game), _seed(rng)

    def run(A: FloatArray, B: FloatArray, k: int) -> Pair | None:
        return _play(A, B, rounds[k], beliefs, np.random.default_rng(seed))

    return _each(game, run, lambda d: bool(d.max() <= NEAR_PLAY))


def replicator_method(game: NormalForm, *, time: Any = 1_000.0, start: Start = None) -> Found:
    """Follow the replicator dynamics of each game, and return the equilibria where they have settled.

    Parameters
    ----------
    game : NormalForm
        One game of two players, or a batch.
    time : float or array
        How long they are followed, above 0, payoffs being scaled to [0, 1] for each player: a number, or an array of
        the batch's shape.
    start : sequence or mapping by player, optional
        For each player the shares of its actions at time 0 (a vector, or a mapping from action; actions left out have
        0, and are then never tried). The same for all games of a batch. Equal shares unless given.

    Returns
    -------
    Found
        At most one row a game: none where the shares have not settled, or the integration fails. Never called complete,
        and `tied` never set.

    Raises
    ------
    SolveError
        If `time` or `start` is none of these.
    UnknownNameError
        If `start` names a player or an action that does not exist.
    """
    durations = [_duration(t) for t in _per_game(time, game, "time")]
    shares = _start(start, game)

    def run(A: FloatArray, B: FloatArray, k: int) -> Pair | None:
        return _integrate(A, B, np.linspace(0.0, durations[k], STEPS), shares)

    return _each(game, run, _closing_in)


def _each(
    game: NormalForm, run: Callable[[FloatArray, FloatArray, int], Pair | None], near: Callable[[FloatArray], bool]
) -> Found:
    """Run the process on the games of a batch one by one."""
    entries = game.entries()
    n = entries.shape[-1]
    owner: list[int] = []
    points: list[Pair] = []
    for k in range(n):
        A, B = (to_unit(u) for u in entries[..., k])
        path = run(A, B, k)
        point = None if path is None else _settled(A, B, path, near)
        if point is not None:
            owner.append(k)
            points.append(point)
    strategies = tuple(
        np.array([p[i] for p in points], dtype=np.float64).reshape(len(points), m) for i, m in enumerate(game.n_actions)
    )
    never = np.zeros(n, dtype=np.bool_)
    return Found(np.array(owner, dtype=np.intp), strategies, never, never.copy())


# ------------------------------------------------------------------ the two processes


def _play(A: FloatArray, B: FloatArray, rounds: int, start: Pair | None, rng: np.random.Generator) -> Pair:
    """Frequencies after every round (and before the first, if there is a start)."""
    from nashpy.learning.fictitious_play import update_play_count

    counts = [np.zeros(m) if start is None else start[i] for i, m in enumerate(A.shape)]
    paths = [np.empty((rounds, m)) for m in A.shape]
    tables = (A, B.T)
    for t in range(rounds):
        plays = [_best_reply(U, other, rng) for U, other in zip(tables, counts[::-1], strict=True)]
        counts = [update_play_count(own, play) for own, play in zip(counts, plays, strict=True)]
        for path, own in zip(paths, counts, strict=True):
            path[t] = own
    x, y = ((p if start is None else np.vstack([start[i], p])) for i, p in enumerate(paths))
    return x / x.sum(axis=1, keepdims=True), y / y.sum(axis=1, keepdims=True)


def _best_reply(U: FloatArray, counts: FloatArray, rng: np.random.Generator) -> int:
    """One of the best replies to the counts; payoffs per round within the tolerance are tied."""
    worth = U @ counts
    best = np.flatnonzero(worth >= worth.max() - TIE * counts.sum())
    return int(best[0] if len(best) == 1 else rng.choice(best))


def _integrate(A: FloatArray, B: FloatArray, times: FloatArray, start: Pair | None) -> Pair | None:
    """Shares at each time, or None if nashpy's integration fails."""
    import nashpy

    x, y = start or tuple(np.full(m, 1.0 / m) for m in A.shape)
    alike = A.shape[0] == A.shape[1] and np.abs(A - B.T).max() <= TIE and np.array_equal(x, y)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error")  # odeint says only so that it gave up
        try:
            if alike:
                own = nashpy.Game(A, B).replicator_dynamics(y0=x, timepoints=times)
                path = (own, own.copy())
            else:
                path = nashpy.Game(A, B).asymmetric_replicator_dynamics(x0=x, y0=y, timepoints=times)
        except (Warning, ArithmeticError, ValueError):
            return None
    rows, columns = (_shares(p) for p in path)
    return None if rows is None or columns is None else (rows, columns)


def _shares(path: FloatArray) -> FloatArray | None:
    """Take rounding errors off shares; None if they are none."""
    path = np.asarray(path, dtype=np.float64)
    if not np.isfinite(path).all() or path.min() < -1e-6 or np.abs(path.sum(axis=1) - 1.0).max() > 1e-4:
        return None
    path = np.maximum(path, 0.0)
    return np.asarray(path / path.sum(axis=1, keepdims=True))


# ------------------------------------------------------------------ where a process has settled


def _settled(A: FloatArray, B: FloatArray, path: Pair, near: Callable[[FloatArray], bool]) -> Pair | None:
    """Return the candidate for an equilibrium at which the path has settled, or None.

    The actions still in use are guessed from their shares at the end, the smaller ones counted in later. `near` judges
    the distances from the candidate in the last half of the path.
    """
    late_x, late_y = (p[len(p) // 2 :] for p in path)
    for share in IN_USE:
        rows, columns = (np.flatnonzero(p[-1] > share) for p in path)
        y = _indifferent(A, rows, columns, late_y[-1])
        x = _indifferent(B.T, columns, rows, late_x[-1])
        if x is None or y is None or not (_is_best(A @ y, x) and _is_best(x @ B, y)):
            continue
        if near(np.maximum(np.abs(late_x - x).max(axis=1), np.abs(late_y - y).max(axis=1))):
            return x, y
    return None


def _closing_in(distance: FloatArray) -> bool:
    """Whether shares are near, and the last quarter of the path nearer than the one before."""
    before, last = distance[: len(distance) // 2].max(), distance[len(distance) // 2 :].max()
    return bool(distance.max() <= NEAR_SHARES and (last <= ARRIVED or last <= NEARER * before))


def _indifferent(U: FloatArray, own: NDArray[np.intp], other: NDArray[np.intp], near: FloatArray) -> FloatArray | None:
    """The other's strategy on `other` nearest to `near` that makes the actions `own` equally good, or None."""
    rows = np.vstack([U[own[1:]][:, other] - U[own[0], other], np.ones(len(other))])
    goal = np.r_[np.zeros(len(own) - 1), 1.0]
    weights = near[other]
    weights = weights + np.linalg.lstsq(rows, goal - rows @ weights, rcond=TIE)[0]
    if weights.min() < -TIE or np.abs(rows @ weights - goal).max() > TIE:
        return None
    full = np.zeros(U.shape[1])
    full[other] = np.maximum(weights, 0.0)
    return np.asarray(full / full.sum())


def _is_best(worth: FloatArray, strategy: FloatArray) -> bool:
    return bool(worth.max() - worth @ strategy <= TIE)


# ------------------------------------------------------------------ what comes in


def _one_game(game: NormalForm) -> Pair:
    reason = two_players(game)
    if reason:
        raise SolveError(f"a learning process does not take this game: {reason}")
    if game.shape:
        raise SolveError(f"a path is of one game; this is a batch of shape {game.shape}: take game[i]")
    A, B = (to_unit(u) for u in game.entries()[..., 0])
    return A, B


def _path(game: NormalForm, times: FloatArray, strategies: Pair) -> LearningPath:
    return LearningPath(game.players, game.actions, read_only(times), tuple(read_only(s) for s in strategies))


def _per_game(value: Any, game: NormalForm, name: str) -> Iterator[Any]:
    """One value for each game of a batch."""
    try:
        return iter(np.broadcast_to(value, game.shape).reshape(-1).tolist())
    except ValueError:
        raise SolveError(f"{name} has shape {np.shape(value)}; expected a number or shape {game.shape}") from None


def _rounds(iterations: Any) -> int:
    whole = isinstance(iterations, int | np.integer) and not isinstance(iterations, bool)
    if not whole or not 1 <= iterations <= MOST_ROUNDS:
        raise SolveError(f"iterations is {iterations!r}; expected a whole number from 1 to {MOST_ROUNDS:,}")
    return int(iterations)


def _duration(time: Any) -> float:
    number = isinstance(time, int | float | np.integer | np.floating) and not isinstance(time, bool)
    if not number or not 0 < time <= LONGEST:
        raise SolveError(f"time is {time!r}; expected a positive number, at most {LONGEST:g}")
    return float(time)


def _seed(rng: Seed) -> int:
    """A number from which the same stream can be started again."""
    if isinstance(rng, bool) or not (rng is None or isinstance(rng, int | np.integer | np.random.Generator)):
        raise SolveError(f"rng is {rng!r}; expected None, an integer or a numpy.random.Generator")
    if isinstance(rng, int | np.integer):
        if rng < 0:
            raise SolveError(f"rng is {rng!r}; expected an integer from 0")
        return int(rng)
    return int(np.random.default_rng(rng).integers(2**63))


def _start(start: Start, game: NormalForm) -> Pair | None:
    """Read a strategy for each player."""
    if start is None:
        return None
    if isinstance(start, Mapping):
        for player in start:
            game.player_index(player)
        start = [start.get(player) for player in game.players]
    if isinstance(start, str) or not hasattr(start, "__len__") or len(start) != 2:
        raise SolveError(f"start is {start!r}; expected one strategy for each of the two players")
    x, y = (_strategy(s, p, own) for s, p, own in zip(start, game.players, game.actions, strict=True))
    return x, y


def _strategy(value: Any, player: str, actions: tuple[str, ...]) -> FloatArray:
    """Read one player's strategy, a vector or a mapping from actions."""
    wanted = f"expected {len(actions)} probabilities from 0 that sum to 1"
    if isinstance(value, Mapping):
        for action in value:
            if action not in actions:
                raise unknown(f"action of {player}", action, actions)
        value = [value.get(a, 0.0) for a in actions]
    try:
        x = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise SolveError(f"start of {player} is {value!r}; {wanted}") from None
    if x.shape != (len(actions),) or not (x >= 0).all() or not abs(x.sum() - 1.0) <= TIE:
        raise SolveError(f"start of {player} is {value!r}; {wanted}")
    return x
