"""Following the principal branch of logit equilibria, for all games of a batch side by side.

The curve is followed (Turocy 2005) in the logits ``d_ia = log(p_ia / p_i0)``, in which it solves
``d_ia = t r_i (u_ia(p) - u_i0(p))`` and runs towards straight lines, so that steps grow as t does. A step predicts
along the tangent and corrects by Newton's method across it, with the arc length as the parameter, so that t may turn.
It is shortened where the correction is long, Newton slow, the tangent turns or the probabilities move too far. The sign
of the determinant of the system with the tangent is the orientation of the curve: if it changes, either the step has
jumped to another branch, and is shortened, or it has met a crossing of branches, which is gone straight through and
reported. Every game has its own step; games that have arrived are dropped.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.games.values import FloatArray
from decide.solvers.polish import polish
from decide.solvers.quantal import BoolArray, Games, contracts, games_of, mixing, settle, solve_systems, system, unit

__all__ = ["Branch", "limit", "principal_branch"]

#: Games followed at once.
CHUNK = 4_096
#: Attempted steps after which a game is given up.
MOST_STEPS = 2_000
#: Precision times payoff range beyond which a game is refused.
LARGEST = 1e100
#: Steps below this share of the precision cannot resolve what the curve does; a change of orientation is a crossing.
FINEST = 1e-5
#: Where a step of logits must be this short, branches miss each other by a near-tie of about 1e-9: as good as crossing.
NARROW = 1e-5
#: On the way to the limit, the change of probabilities in a step below which a Nash equilibrium may be near.
STILL = 1e-3
#: Nor is the limit taken before this precision (per payoff range), lest crossings to come be missed.
EARLIEST = 1e3
#: Where the way to the limit is given up.
FURTHEST = 1e8


class Branch(NamedTuple):
    """A point of the principal branch of each game: strategies (n, a_i); whether found, turned, met a crossing (n,)."""

    strategies: tuple[FloatArray, ...]
    ok: BoolArray
    turned: BoolArray
    crossed: BoolArray


class _State(NamedTuple):
    """Where each game is: point (k + 1, n), tangent (k + 1, n), step and orientation (n,)."""

    x: FloatArray
    tangent: FloatArray
    step: FloatArray
    sign: FloatArray


def principal_branch(entries: FloatArray, precision: FloatArray) -> Branch:
    """Find the first point of the principal branch at a precision, for each game.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    precision : numpy.ndarray, shape (n_players, n)
        Per unit of payoff, finite, not negative. The players' precisions grow in proportion along the branch.

    Returns
    -------
    Branch
    """
    scaled, span = unit(entries)
    with np.errstate(over="ignore"):
        rate = precision * span
    return _in_chunks(scaled, rate, to_limit=False, careful=False)


def limit(entries: FloatArray, rate: FloatArray | None = None) -> Branch:
    """Find the Nash equilibrium in which the principal branch ends, for each game.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    rate : numpy.ndarray, shape (n_players, n), optional
        How the players' precisions, per unit of payoff, relate to each other along the branch. Equal per payoff range
        unless given: every player's payoffs are first divided by their range.

    Returns
    -------
    Branch
    """
    scaled, span = unit(entries)
    relative = np.ones(span.shape) if rate is None else rate * span
    return _in_chunks(scaled, relative, to_limit=True, careful=False)


def _in_chunks(scaled: FloatArray, rate: FloatArray, *, to_limit: bool, careful: bool) -> Branch:
    n = rate.shape[-1]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # steps that go wrong are not kept
        parts = [
            _chunk(scaled[..., k : k + CHUNK], rate[:, k : k + CHUNK], to_limit=to_limit, careful=careful)
            for k in range(0, max(n, 1), CHUNK)
        ]
    if len(parts) == 1:
        return parts[0]
    strategies = tuple(np.concatenate(s) for s in zip(*(p.strategies for p in parts), strict=True))
    ok, turned, crossed = (np.concatenate([p[k] for p in parts]) for k in (1, 2, 3))
    return Branch(strategies, ok, turned, crossed)


def _chunk(scaled: FloatArray, rate: FloatArray, *, to_limit: bool, careful: bool) -> Branch:
    n_actions, n = scaled.shape[1:-1], scaled.shape[-1]
    largest = rate.max(axis=0)
    allowed = largest <= LARGEST
    end = np.full(n, np.inf) if to_limit else np.where(allowed, largest, 0.0)
    share = rate / np.where(allowed & (largest > 0), largest, 1.0)
    share[:, ~allowed] = 0.0
    games = games_of(scaled, share)
    k = len(games.rate)
    start = np.zeros((k, n))
    found = tuple(np.ascontiguousarray(p.T) for p in mixing(start, n_actions))
    ok = (end == 0) if k else np.ones(n, dtype=np.bool_)
    turned, crossed = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    if not to_limit and not careful and not ok.all():
        sure = np.flatnonzero(~ok & contracts(scaled, share * end))
        if sure.size:
            _, point, done = settle(games.take(sure), n_actions, start[:, sure], end[sure])
            _put(found, sure[done], [p[:, done] for p in point])
            ok[sure] = done
    left = np.flatnonzero(~ok)
    if left.size:
        walk = _follow(games.take(left), n_actions, end[left], scaled[..., left] if to_limit else None, careful)
        _put(found, left, [s.T for s in walk.strategies])
        ok[left], turned[left], crossed[left] = walk.ok, walk.turned, walk.crossed
    return Branch(found, ok & allowed, turned, crossed)


def _put(whole: tuple[FloatArray, ...], rows: NDArray[np.intp], part: list[FloatArray]) -> None:
    """Write probabilities (a_i, m) into rows of strategies (n, a_i)."""
    for x, p in zip(whole, part, strict=True):
        x[rows] = p.T


class _Limits(NamedTuple):
    """What a step may do: correction over step, ratio of two corrections, 1 - cosine of the turn, change of p."""

    length: float
    ratio: float
    turn: float
    move: float


FAST = _Limits(0.15, 0.4, 0.08, 0.15)
CAREFUL = _Limits(0.03, 0.2, 0.005, 0.03)


def _start(games: Games, n_actions: tuple[int, ...]) -> _State:
    k, n = games.rate.shape
    x = np.zeros((k + 1, n))
    _, slope = system(games, n_actions, x)
    tangent = np.concatenate([-slope[:, k], np.ones((1, n))])
    return _State(x, tangent / np.sqrt((tangent**2).sum(axis=0)), np.full(n, 0.5), np.ones(n))


def _follow(
    games: Games, n_actions: tuple[int, ...], end: FloatArray, scaled: FloatArray | None, careful: bool
) -> Branch:
    """Follow the branch of every game from t = 0 to its end, or (`scaled` given) to its limit."""
    limits = CAREFUL if careful else FAST
    n = games.rate.shape[1]
    walk = Branch(
        tuple(np.zeros((n, a)) for a in n_actions),
        np.zeros(n, np.bool_),
        np.zeros(n, np.bool_),
        np.zeros(n, np.bool_),
    )
    state = _start(games, n_actions)
    active = np.arange(n)
    for _ in range(MOST_STEPS * (5 if careful else 1)):
        if not active.size:
            break
        new, good, crossed = _step(games, n_actions, state, end, limits)
        walk.crossed[active] |= crossed
        walk.turned[active] |= good & (new.tangent[-1] < 0)
        finished = np.zeros(len(active), np.bool_)
        if scaled is None:
            landing = np.flatnonzero(good & (new.x[-1] >= end))
            if landing.size:
                point, there = _land(games.take(landing), n_actions, state, new, landing, end[landing])
                _put(walk.strategies, active[landing[there]], [p[:, there] for p in point])
                finished[landing[there]] = True
                good[landing[~there]] = False
        else:
            still = _moved(n_actions, state.x, new.x) <= STILL
            near = np.flatnonzero(good & still & (new.tangent[-1] > 0) & (new.x[-1] > EARLIEST))
            if near.size:
                mix = [m[:, near] for m in mixing(new.x[:-1], n_actions)]
                point, there, loose = polish(scaled[..., near], mix, new.x[-1, near])
                _put(walk.strategies, active[near[there]], [p[:, there] for p in point])
                walk.crossed[active[near[there]]] |= loose[there]
                finished[near[there]] = True
        walk.ok[active[finished]] = True
        smaller = state.step * 0.4
        state = _State(
            np.where(good, new.x, state.x),
            np.where(good, new.tangent, state.tangent),
            np.where(good, new.step, np.minimum(smaller, new.step)),
            np.where(good, new.sign, state.sign),
        )
        lost = (state.step < 1e-12 * (1.0 + np.abs(state.x[-1]))) | (
            state.x[-1] > (FURTHEST if scaled is not None else np.inf)
        )
        keep = ~finished & ~lost
        if not keep.all():
            kept = np.flatnonzero(keep)
            active, end = active[kept], end[kept]
            games = games.take(kept)
            state = _State(*(s[..., kept] for s in state))
            scaled = None if scaled is None else scaled[..., kept]
    return walk


def _step(
    games: Games, n_actions: tuple[int, ...], state: _State, end: FloatArray, limits: _Limits
) -> tuple[_State, BoolArray, BoolArray]:
    """Predict and correct; also whether the step may be kept, and whether it goes through a crossing, or nearly."""
    x, tangent, h, _ = state
    rising = tangent[-1] > 0.1
    ahead = 1.05 * (end - x[-1]) / np.where(rising, tangent[-1], 1.0) + 1e-9 * (1.0 + x[-1])
    h = np.where(rising, np.minimum(h, ahead), h)
    y, first, ratio, converged = _correct(games, n_actions, x + h * tangent, tangent)
    after, sign = _tangent(games, n_actions, y, tangent)
    strain = np.max(
        [
            first / h / limits.length,
            ratio / limits.ratio,
            (1.0 - (after * tangent).sum(axis=0)) / limits.turn,
            (_moved(n_actions, x, y) / limits.move) ** 2,
        ],
        axis=0,
    )
    strain = np.where(converged & np.isfinite(strain), strain, np.inf)
    good = (strain <= 1.0) & (y[-1] > 0)
    flipped = sign != state.sign
    crossing = good & flipped & (h <= FINEST * (1.0 + x[-1]))
    good &= ~flipped | crossing
    # a maximum of t inside the step may have passed the end: then the first meeting lies inside
    turning = good & (tangent[-1] > 0) & (after[-1] <= 0) & (y[-1] < end)
    top = np.maximum(x[-1], y[-1]) + h * np.minimum(tangent[-1], -after[-1])
    good &= ~(turning & (top >= end) & (h > 1e-6 * (1.0 + x[-1])))
    grow = np.clip(0.8 / np.sqrt(np.maximum(strain, 1e-6)), 0.3, 3.0)
    step = np.where(good, h * grow, np.where(flipped & (strain <= 1.0), h * 0.1, h * 0.4))
    new_sign = np.where(crossing, sign, state.sign)
    narrow = good & (state.step <= NARROW)
    return _State(y, after, step, new_sign), good, crossing | narrow


def _correct(
    games: Games, n_actions: tuple[int, ...], predicted: FloatArray, tangent: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """Return to the curve across the tangent: point, first correction, the next over it, whether it converged."""
    y = predicted.copy()
    sizes: list[FloatArray] = []
    for _ in range(5):
        F, slope = system(games, n_actions, y)
        right = np.concatenate([F, (tangent * (y - predicted)).sum(axis=0)[None]])
        move, _ = solve_systems(np.concatenate([slope, tangent[None]]), right)
        y = y - np.where(np.isfinite(move), move, 0.0)
        sizes.append(np.sqrt((move**2).sum(axis=0)))
        # quadratic convergence: what follows a correction this small would be lost in rounding
        room = 1e-8 + 1e-15 * y[-1] ** 2
        if (sizes[-1] <= room).all():
            break
    converged = np.isfinite(sizes[-1]) & (sizes[-1] <= room)
    ratio = np.zeros(y.shape[1])
    if len(sizes) > 1:
        ratio = np.where(sizes[0] > 10 * room, sizes[1] / np.maximum(sizes[0], room), 0.0)
    return y, np.maximum(sizes[0] - room, 0.0), ratio, converged


def _tangent(
    games: Games, n_actions: tuple[int, ...], x: FloatArray, before: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the unit tangent at x that goes on from the one before, and the orientation that this gives the curve."""
    _, slope = system(games, n_actions, x)
    last = np.zeros(x.shape)
    last[-1] = 1.0
    after, sign = solve_systems(np.concatenate([slope, before[None]]), last)
    norm = np.sqrt((after**2).sum(axis=0))
    return after / np.where(np.isfinite(norm) & (norm > 0), norm, 1.0), sign


def _moved(n_actions: tuple[int, ...], x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the largest change of a probability between two points."""
    pairs = zip(mixing(x[:-1], n_actions), mixing(y[:-1], n_actions), strict=True)
    return np.asarray(np.max([np.abs(a - b).max(axis=0) for a, b in pairs], axis=0))


def _land(
    games: Games, n_actions: tuple[int, ...], old: _State, new: _State, rows: NDArray[np.intp], end: FloatArray
) -> tuple[list[FloatArray], BoolArray]:
    """Solve at t = end between two points of the branch; also whether the solution lies between them."""
    a, b = old.x[:, rows], new.x[:, rows]
    share = (end - a[-1]) / (b[-1] - a[-1])
    start = a[:-1] + share * (b[:-1] - a[:-1])
    d, mix, done = settle(games, n_actions, start, end, 12)
    length = np.sqrt(((b - a) ** 2).sum(axis=0))
    off = np.sqrt(((d - start) ** 2).sum(axis=0))
    return mix, done & (off <= 0.3 * length + 1e-9 * (1.0 + end))
