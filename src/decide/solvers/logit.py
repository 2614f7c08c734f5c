"""Logit quantal response equilibria on the principal branch, any number of players, batched.

In a logit equilibrium (McKelvey & Palfrey 1995) every player mixes by the logit reply to the others' mixing::

    p_ia = exp(r_i u_ia(p)) / sum_b exp(r_i u_ib(p)),

with the player's precision ``r_i`` per unit of its payoff. At precision 0 everybody mixes evenly; the solutions for
``t r``, ``t`` from 0 up, that hang together with that point are the *principal branch*. For almost all games it is a
curve, and as t grows without bound it ends in one Nash equilibrium, the *limit*. The curve may bend back; then the
same precision is met several times, and what is returned is the point met *first* on the way from 0.

The branch is followed (Turocy 2005) in the logits ``d_ia = log(p_ia / p_i0)``, in which it solves
``d_ia = t r_i (u_ia(p) - u_i0(p))`` and runs towards straight lines, so that steps grow as t does. A step predicts
along the tangent and corrects by Newton's method across it, with the arc length as the parameter, so that t may turn.
It is halved where the correction is long, Newton slow, the tangent turns or the probabilities move too far. The sign of
the determinant of the system with the tangent is the orientation of the curve: if it changes, either the step has
jumped to another branch, and is halved, or it has met a crossing of branches, which is gone straight through and
reported (`tied`; symmetric games have them: which branch to call principal is then a convention).

Where the precisions are so low that the logit reply is a contraction, the solution is the only one, and is found
without following.

Cost: about 10 to 60 steps a game, each two or three systems of sum(actions) - players + 1 equations.

When not to use it: for payoffs whose unit means nothing, because precisions are per unit of payoff; and in its limit,
which selects one Nash equilibrium, where all of them matter: use `nash`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.errors import SolveError, unknown
from decide.games.values import FloatArray
from decide.solution import Status
from decide.solvers.base import Found

if TYPE_CHECKING:
    from decide.games.normal import NormalForm

__all__ = ["Branch", "batch_number", "limit", "logit", "precisions", "prepare", "principal_branch", "shaped"]

BoolArray = NDArray[np.bool_]

#: Games followed at once.
CHUNK = 4_096
#: Attempted steps after which a game is given up.
MOST_STEPS = 2_000
#: Precision times payoff range beyond which a game is refused.
LARGEST = 1e100
#: Steps below this share of the precision cannot resolve what the curve does; a change of orientation is a crossing.
FINEST = 1e-5
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


class _Games(NamedTuple):
    """Games as the follower wants them.

    Attributes
    ----------
    gains : tuple of numpy.ndarray, shape (a_0, ..., a_i - 1, ..., n)
        Payoffs of player i's actions over its first, in shares of its payoff range.
    rate : numpy.ndarray, shape (k, n)
        Per logit, the precision (per payoff range) of the player at "time" 1; the largest of a game is 1.
    """

    gains: tuple[FloatArray, ...]
    rate: FloatArray

    def take(self, games: Any) -> _Games:
        return _Games(tuple(g[..., games] for g in self.gains), self.rate[:, games])


class _State(NamedTuple):
    """Where each game is: point (k + 1, n), tangent (k + 1, n), step and orientation (n,)."""

    x: FloatArray
    tangent: FloatArray
    step: FloatArray
    sign: FloatArray


# ------------------------------------------------------------------ the front


def logit(game: NormalForm, *, rationality: Any = None) -> Found:
    """Find the point of the principal branch at a precision; infinity asks for its limit."""
    entries = game.entries()
    precision = precisions(game, rationality)
    n = entries.shape[-1]
    infinite = np.isinf(precision).all(axis=0)
    mixed = np.isinf(precision).any(axis=0) & ~infinite
    if mixed.any():
        raise SolveError(
            "rationality is infinite for some players and finite for others; expected finite numbers, or infinity for "
            "all (the limit)"
        )
    strategies = tuple(np.zeros((n, a)) for a in game.n_actions)
    ok, crossed = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    for rows in (np.flatnonzero(~infinite), np.flatnonzero(infinite)):
        if rows.size:
            own = entries[..., rows]
            branch = limit(own) if infinite[rows[0]] else principal_branch(own, precision[:, rows])
            for whole, part in zip(strategies, branch.strategies, strict=True):
                whole[rows] = part
            ok[rows], crossed[rows] = branch.ok, branch.crossed
    owner = np.flatnonzero(ok)
    status = np.where(ok, Status.SOLVED, Status.FAILED).astype(np.int8)
    return Found(owner, tuple(s[owner] for s in strategies), ok & ~crossed, crossed, status=status)


def prepare(game: NormalForm, options: Mapping[str, Any]) -> tuple[NormalForm, dict[str, Any]]:
    """Repeat one game over an array of precisions, and write precisions by player in the order of the players."""
    settled = dict(options)
    rationality = settled.get("rationality")
    if isinstance(rationality, Mapping):
        precisions(shaped(game, rationality), rationality)
        settled["rationality"] = {p: rationality[p] for p in game.players}
    return shaped(game, rationality), settled


def shaped(game: NormalForm, *options: Any) -> NormalForm:
    """Repeat one game over the shape of options that are arrays; a batch stays as it is."""
    if game.shape:
        return game
    found: set[tuple[int, ...]] = set()
    for option in options:
        values = option.values() if isinstance(option, Mapping) else [option]
        found |= {np.shape(v) for v in values if isinstance(v, np.ndarray | list | tuple)}
    try:
        return game.broadcast_to(np.broadcast_shapes(*found))
    except ValueError:
        raise SolveError(f"options have shapes {sorted(found)}; expected shapes that broadcast to one batch") from None


def precisions(game: NormalForm, rationality: Any, method: str = "logit") -> FloatArray:
    """Read the option: the precision of each player in each game, shape (n_players, n)."""
    if rationality is None:
        raise SolveError(
            f"{method} needs rationality: the precision per unit of payoff, a number from 0 on, an array of the "
            "batch's shape, a mapping from player to these, or infinity"
        )
    if not isinstance(rationality, Mapping):
        one = batch_number(game, "rationality", rationality)
        return np.tile(one, (len(game.players), 1))
    for name in rationality:
        if name not in game.players:
            raise unknown("player (in rationality)", name, game.players)
    absent = [p for p in game.players if p not in rationality]
    if absent:
        raise SolveError(f"rationality says nothing about {', '.join(absent)}; expected a precision for every player")
    return np.stack([batch_number(game, f"rationality of {p}", rationality[p]) for p in game.players])


def batch_number(game: NormalForm, what: str, value: Any) -> FloatArray:
    """Read a number from 0 on, or an array of them, for every game of the batch, shape (n,)."""
    try:
        number = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise SolveError(f"{what} is {value!r}; expected a number from 0 on, or an array of them") from None
    if np.isnan(number).any() or (number < 0).any():
        bad = number[np.isnan(number) | (number < 0)].flat[0]
        raise SolveError(f"{what} is {float(bad)!r}; expected a number from 0 on")
    try:
        return np.broadcast_to(number, game.shape).reshape(-1)
    except ValueError:
        raise SolveError(f"{what} has shape {number.shape}; expected the batch's, {game.shape}") from None


# ------------------------------------------------------------------ the kernels


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
    scaled, span = _unit(entries)
    with np.errstate(over="ignore"):
        rate = precision * span
    return _in_chunks(scaled, rate, to_limit=False, careful=False)


def limit(entries: FloatArray) -> Branch:
    """Find the Nash equilibrium in which the principal branch ends, for each game.

    Every player's payoffs are divided by their range first: a player's precision is per payoff range.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.

    Returns
    -------
    Branch
    """
    scaled, _ = _unit(entries)
    return _in_chunks(scaled, np.ones((len(entries), entries.shape[-1])), to_limit=True, careful=False)


def _unit(entries: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Scale each player's payoffs to [0, 1]; also their ranges, shape (n_players, n)."""
    profiles = tuple(range(1, entries.ndim - 1))
    low = entries.min(axis=profiles, keepdims=True)
    span = entries.max(axis=profiles, keepdims=True) - low
    scaled = (entries - low) / np.where(span > 0, span, 1.0)
    return scaled, span.reshape(len(entries), -1)


def _in_chunks(scaled: FloatArray, rate: FloatArray, *, to_limit: bool, careful: bool) -> Branch:
    n = rate.shape[-1]
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
    logits = np.repeat(share, [a - 1 for a in n_actions], axis=0)
    games = _Games(
        tuple(np.delete(u, 0, axis=i) - np.take(u, [0], axis=i) for i, u in enumerate(scaled)),
        logits,
    )
    start = np.zeros((len(logits), n))
    found = tuple(np.ascontiguousarray(p.T) for p in _mix(start, n_actions))
    ok = (end == 0) if len(logits) else np.ones(n, dtype=np.bool_)
    turned, crossed = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    if not to_limit and not careful and not ok.all():
        sure = np.flatnonzero(~ok & _contracts(scaled, share * end))
        if sure.size:
            _, point, done = _settle(games.take(sure), n_actions, start[:, sure], end[sure])
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


# ------------------------------------------------------------------ the equations


def _mix(d: FloatArray, n_actions: tuple[int, ...]) -> list[FloatArray]:
    """Turn logits (k, n) into probabilities, (a_i, n) per player."""
    found, at = [], 0
    for a in n_actions:
        own = np.concatenate([np.zeros((1, d.shape[1])), d[at : at + a - 1]])
        own = np.exp(own - own.max(axis=0))
        found.append(own / own.sum(axis=0))
        at += a - 1
    return found


def _against(gain: FloatArray, mix: list[FloatArray], keep: tuple[int, ...]) -> FloatArray:
    """Expect over the mixing of all players but those kept; the kept axes stay, games last."""
    n_players = len(mix)
    for j in reversed(range(n_players)):
        if j not in keep:
            p = mix[j].reshape((mix[j].shape[0],) + (1,) * (gain.ndim - j - 2) + (-1,))
            gain = (gain * p).sum(axis=j)
    return gain


def _system(games: _Games, n_actions: tuple[int, ...], x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Evaluate ``F = d - t r g(p)`` at x = (d, t), shape (k, n), and its derivatives, shape (k, k + 1, n)."""
    d, t = x[:-1], x[-1]
    mix = _mix(d, n_actions)
    k, n = d.shape
    starts = np.concatenate([[0], np.cumsum([a - 1 for a in n_actions])])
    g, slope = np.empty((k, n)), np.zeros((k, k + 1, n))
    players = range(len(n_actions))
    for i in players:
        if n_actions[i] == 1:
            continue
        rows = slice(starts[i], starts[i + 1])
        others = [j for j in players if j != i and n_actions[j] > 1]
        if not others:
            g[rows] = _against(games.gains[i], mix, (i,))
        for j in others:
            block = _against(games.gains[i], mix, (i, j))
            block = block if i < j else np.swapaxes(block, 0, 1)
            if j == others[0]:
                g[rows] = (block * mix[j]).sum(axis=1)
            own = (block[:, 1:] - g[rows][:, None]) * mix[j][1:]
            slope[rows, starts[j] : starts[j + 1]] = -t * games.rate[rows][:, None] * own
    pull = games.rate * g
    slope[range(k), range(k)] += 1.0
    slope[:, k] = -pull
    return d - t * pull, slope


def _solve(matrix: FloatArray, right: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Solve systems (m, m, n) for right sides (m, n) by Gaussian elimination; also the sign of each determinant."""
    a = np.concatenate([matrix, right[:, None]], axis=1)
    m, n = right.shape
    sign = np.ones(n)
    for c in range(m):
        best = np.abs(a[c:, c]).argmax(axis=0)
        swap = np.flatnonzero(best)
        if swap.size:
            rows = best[swap] + c
            kept = a[c][:, swap]
            a[c][:, swap] = a[rows, :, swap].T
            a[rows, :, swap] = kept.T
            sign[swap] = -sign[swap]
        pivot = a[c, c]
        sign *= np.where(pivot < 0, -1.0, 1.0)
        a[c, c:] /= np.where(np.abs(pivot) > 1e-300, pivot, 1e-300)
        if c + 1 < m:
            a[c + 1 :, c + 1 :] -= a[c + 1 :, c : c + 1] * a[c, c + 1 :]
    y = a[:, m]
    for c in reversed(range(m - 1)):
        y[c] -= (a[c, c + 1 : m] * y[c + 1 :]).sum(axis=0)
    return y, sign


def _settle(
    games: _Games, n_actions: tuple[int, ...], start: FloatArray, t: FloatArray, most: int = 30
) -> tuple[FloatArray, list[FloatArray], BoolArray]:
    """Solve at a given t by Newton's method from a near point: logits, probabilities, and whether it converged.

    Logits over an action that is hardly played are large and lose the digits in which the others differ; so they are
    taken over the likeliest action here.
    """
    games, d, order = _rebase(games, n_actions, start)
    x = np.concatenate([d, t[None]])
    done = np.zeros(len(t), dtype=np.bool_)
    room = 1e-13 + 4e-16 * t
    for _ in range(most):
        F, slope = _system(games, n_actions, x)
        move, _ = _solve(slope[:, :-1], F)
        size = np.abs(move).max(axis=0, initial=0.0)
        x[:-1] -= np.where(np.isfinite(move), move, 0.0)
        error = np.abs(F).max(axis=0, initial=0.0)
        done = np.isfinite(size) & (size <= 1e-6 * (1.0 + t)) & (error <= 1e-11 + 1e-14 * t)
        if (size <= room).all():
            break
    mix = [np.take_along_axis(p, swap, axis=0) for p, swap in zip(_mix(x[:-1], n_actions), order, strict=True)]
    return _reorder(n_actions, x[:-1], order), mix, done


def _contracts(scaled: FloatArray, rate: FloatArray) -> BoolArray:
    """Whether the logit reply is a contraction at these precisions and all lower ones, so that one solution exists.

    The mean absolute deviation of a softmax's change is at most half the spread of its logits' change; the spread of
    i's logits changes by at most ``r_i D_ij / 4`` times that of j's, where D_ij is how much j's action can change the
    difference between two payoffs of i. It contracts where the matrix of these numbers has all eigenvalues below 1.
    """
    n_players = len(scaled)
    bound = np.zeros((rate.shape[1], n_players, n_players))
    for i in range(n_players):
        for j in range(n_players):
            if i == j or scaled.shape[i + 1] == 1 or scaled.shape[j + 1] == 1:
                continue
            u = np.moveaxis(scaled[i], (i, j), (0, 1))
            u = u.reshape(u.shape[0], u.shape[1], -1, u.shape[-1])
            worst = np.zeros(rate.shape[1])
            for a in range(len(u)):
                for b in range(a):
                    gap = u[a] - u[b]
                    worst = np.maximum(worst, (gap.max(axis=0) - gap.min(axis=0)).max(axis=0))
            bound[:, i, j] = rate[i] * worst / 4.0
    finite = np.isfinite(bound).all(axis=(1, 2))
    power = np.where(finite[:, None, None], np.minimum(bound, 1e30), 1e30)
    return np.asarray(np.abs(np.linalg.eigvals(power)).max(axis=1) < 0.9)


# ------------------------------------------------------------------ following


class _Limits(NamedTuple):
    """What a step may do: correction over step, ratio of two corrections, 1 - cos of the turn, move of a probability."""

    length: float
    ratio: float
    turn: float
    move: float


FAST = _Limits(0.15, 0.4, 0.08, 0.15)
CAREFUL = _Limits(0.03, 0.2, 0.005, 0.03)


def _start(games: _Games, n_actions: tuple[int, ...]) -> _State:
    k, n = games.rate.shape
    x = np.zeros((k + 1, n))
    F, slope = _system(games, n_actions, x)
    tangent = np.concatenate([-slope[:, k], np.ones((1, n))])
    return _State(x, tangent / np.sqrt((tangent**2).sum(axis=0)), np.full(n, 0.5), np.ones(n))


def _follow(
    games: _Games, n_actions: tuple[int, ...], end: FloatArray, scaled: FloatArray | None, careful: bool
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
                mix = [m[:, near] for m in _mix(new.x[:-1], n_actions)]
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
    games: _Games, n_actions: tuple[int, ...], state: _State, end: FloatArray, limits: _Limits
) -> tuple[_State, BoolArray, BoolArray]:
    """Predict and correct; also whether the step may be kept, and whether it goes through a crossing."""
    x, tangent, h, _ = state
    k, n = x.shape[0] - 1, x.shape[1]
    forward = np.where(tangent[-1] > 0.1, tangent[-1], 1.0)
    h = np.where(tangent[-1] > 0.1, np.minimum(h, 1.05 * (end - x[-1]) / forward + 1e-9 * (1.0 + x[-1])), h)
    predicted = x + h * tangent
    y = predicted.copy()
    sizes: list[FloatArray] = []
    for _ in range(5):
        F, slope = _system(games, n_actions, y)
        matrix = np.concatenate([slope, tangent[None]])
        right = np.concatenate([F, (tangent * (y - predicted)).sum(axis=0)[None]])
        move, _ = _solve(matrix, right)
        y = y - np.where(np.isfinite(move), move, 0.0)
        sizes.append(np.sqrt((move**2).sum(axis=0)))
        # quadratic convergence: what follows a correction this small would be lost in rounding
        room = 1e-8 + 1e-15 * y[-1] ** 2
        if (sizes[-1] <= room).all():
            break
    converged = np.isfinite(sizes[-1]) & (sizes[-1] <= room)
    F, slope = _system(games, n_actions, y)
    last = np.zeros((k + 1, n))
    last[-1] = 1.0
    after, sign = _solve(np.concatenate([slope, tangent[None]]), last)
    norm = np.sqrt((after**2).sum(axis=0))
    after = after / np.where(np.isfinite(norm) & (norm > 0), norm, 1.0)
    cosine = (after * tangent).sum(axis=0)
    moved = _moved(n_actions, x, y)
    ratio = np.where(sizes[0] > 10 * room, sizes[min(1, len(sizes) - 1)] / np.maximum(sizes[0], room), 0.0)
    ratio = ratio if len(sizes) > 1 else np.zeros(n)
    strain = np.max(
        [
            np.maximum(sizes[0] - room, 0.0) / h / limits.length,
            ratio / limits.ratio,
            (1.0 - cosine) / limits.turn,
            (moved / limits.move) ** 2,
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
    return _State(y, after, step, new_sign), good, crossing


def _moved(n_actions: tuple[int, ...], x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the largest change of a probability between two points."""
    pairs = zip(_mix(x[:-1], n_actions), _mix(y[:-1], n_actions), strict=True)
    return np.asarray(np.max([np.abs(a - b).max(axis=0) for a, b in pairs], axis=0))


def _land(
    games: _Games, n_actions: tuple[int, ...], old: _State, new: _State, rows: NDArray[np.intp], end: FloatArray
) -> tuple[list[FloatArray], BoolArray]:
    """Solve at t = end between two points of the branch; also whether the solution lies between them."""
    a, b = old.x[:, rows], new.x[:, rows]
    share = (end - a[-1]) / (b[-1] - a[-1])
    start = a[:-1] + share * (b[:-1] - a[:-1])
    d, mix, done = _settle(games, n_actions, start, end, 12)
    length = np.sqrt(((b - a) ** 2).sum(axis=0))
    off = np.sqrt(((d - start) ** 2).sum(axis=0))
    return mix, done & (off <= 0.3 * length + 1e-9 * (1.0 + end))


def _rebase(
    games: _Games, n_actions: tuple[int, ...], d: FloatArray
) -> tuple[_Games, FloatArray, list[NDArray[np.intp]]]:
    """Swap every player's first action with its likeliest, so that logits are small where probabilities are large."""
    order = []
    for p in _mix(d, n_actions):
        first = p.argmax(axis=0)
        swap = np.tile(np.arange(len(p))[:, None], p.shape[1])
        swap[first, np.arange(p.shape[1])] = 0
        swap[0] = first
        order.append(swap)
    gains = []
    for i, gain in enumerate(games.gains):
        u = np.concatenate([np.zeros_like(np.take(gain, [0], axis=i)), gain], axis=i) if n_actions[i] > 1 else gain
        if n_actions[i] > 1:
            for j, swap in enumerate(order):
                shape = [1] * u.ndim
                shape[j], shape[-1] = swap.shape
                u = np.take_along_axis(u, swap.reshape(shape), axis=j)
            u = np.delete(u, 0, axis=i) - np.take(u, [0], axis=i)
        gains.append(u)
    return _Games(tuple(gains), games.rate), _reorder(n_actions, d, order), order


def _reorder(n_actions: tuple[int, ...], d: FloatArray, order: list[NDArray[np.intp]]) -> FloatArray:
    """Rewrite logits for actions in another order; swaps undo themselves."""
    parts, at = [], 0
    for a, swap in zip(n_actions, order, strict=True):
        own = np.concatenate([np.zeros((1, d.shape[1])), d[at : at + a - 1]])
        own = np.take_along_axis(own, swap, axis=0)
        parts.append(own[1:] - own[0])
        at += a - 1
    return np.concatenate(parts)


# ------------------------------------------------------------------ the limit


def polish(scaled: FloatArray, mix: list[FloatArray], t: FloatArray) -> tuple[list[FloatArray], BoolArray, BoolArray]:
    """Solve for the Nash equilibrium near a point of the branch, on the support that the point suggests.

    Parameters
    ----------
    scaled : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs in [0, 1].
    mix : list of numpy.ndarray, shape (a_i, n)
    t : numpy.ndarray, shape (n,)
        The precision there.

    Returns
    -------
    point : list of numpy.ndarray, shape (a_i, n)
    there : numpy.ndarray of bool, shape (n,)
        Whether it is an equilibrium, and near.
    loose : numpy.ndarray of bool, shape (n,)
        Whether the equations leave a choice: the equilibria there are not isolated.
    """
    n = t.shape[0]
    point = [m.copy() for m in mix]
    there, loose = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    reach = np.where(t < FURTHEST / 30, 1e-4, 1e-2)
    for threshold in (1e-2, 1e-4, 1e-6):
        left = np.flatnonzero(~there)
        if not left.size:
            break
        here = [m[:, left] for m in mix]
        inside = [m > threshold for m in here]
        worst = np.max([np.where(s, 0.0, m).max(axis=0) for s, m in zip(inside, here, strict=True)], axis=0)
        likely = np.flatnonzero(worst <= reach[left])
        if not likely.size:
            continue
        rows = left[likely]
        trial, free = _indifferent(scaled[..., rows], [m[:, rows] for m in mix], [s[:, likely] for s in inside])
        regret = _regret(scaled[..., rows], trial)
        off = np.max([np.abs(q - m[:, rows]).max(axis=0) for q, m in zip(trial, mix, strict=True)], axis=0)
        good = (regret <= 2e-10) & (off <= reach[rows])
        for whole, part in zip(point, trial, strict=True):
            whole[:, rows[good]] = part[:, good]
        there[rows[good]], loose[rows[good]] = True, free[good]
    return point, there, loose


def _indifferent(
    scaled: FloatArray, mix: list[FloatArray], inside: list[BoolArray]
) -> tuple[list[FloatArray], BoolArray]:
    """Make every player indifferent on its support by Newton's method, least changes first where there is a choice."""
    n_actions = scaled.shape[1:-1]
    n_players, n, m = len(n_actions), scaled.shape[-1], sum(n_actions)
    starts = np.concatenate([[0], np.cumsum(n_actions)])
    p = [np.where(s, x, 0.0) for x, s in zip(mix, inside, strict=True)]
    p = [x / x.sum(axis=0) for x in p]
    values = np.stack([(_against(scaled[i], p, (i,)) * p[i]).sum(axis=0) for i in range(n_players)])
    free = np.zeros(n, np.bool_)
    for _ in range(6):
        matrix, right = np.zeros((n, m + n_players, m + n_players)), np.zeros((n, m + n_players))
        for i in range(n_players):
            rows = slice(starts[i], starts[i + 1])
            right[:, rows] = np.where(inside[i], _against(scaled[i], p, (i,)) - values[i], p[i]).T
            matrix[:, range(starts[i], starts[i + 1]), range(starts[i], starts[i + 1])] = np.where(
                inside[i], 0.0, 1.0
            ).T
            matrix[:, rows, m + i] = np.where(inside[i], -1.0, 0.0).T
            matrix[:, m + i, rows] = 1.0
            right[:, m + i] = p[i].sum(axis=0) - 1.0
            for j in range(n_players):
                if j != i:
                    block = _against(scaled[i], p, (i, j))
                    block = block if i < j else np.swapaxes(block, 0, 1)
                    matrix[:, rows, starts[j] : starts[j + 1]] = np.where(inside[i][:, None], block, 0.0).transpose(
                        2, 0, 1
                    )
        left, singular, rest = np.linalg.svd(matrix)
        kept = singular > 1e-9 * singular[:, :1]
        free = ~kept.all(axis=1)
        along = np.where(kept, (right[:, None] @ left)[:, 0] / np.where(kept, singular, 1.0), 0.0)
        move = (along[:, None] @ rest)[:, 0]
        p = [x - move[:, starts[i] : starts[i + 1]].T for i, x in enumerate(p)]
        values = values - move[:, m:].T
        if (np.abs(move).max(axis=1) <= 1e-15).all():
            break
    p = [np.where(s, np.maximum(x, 0.0), 0.0) for x, s in zip(p, inside, strict=True)]
    total = [x.sum(axis=0) for x in p]
    return [x / np.where(s > 0, s, 1.0) for x, s in zip(p, total, strict=True)], free


def _regret(scaled: FloatArray, mix: list[FloatArray]) -> FloatArray:
    """Return the largest gain from deviating, payoffs being scaled to [0, 1]."""
    worst = np.zeros(scaled.shape[-1])
    for i in range(len(mix)):
        u = _against(scaled[i], mix, (i,))
        worst = np.maximum(worst, u.max(axis=0) - (u * mix[i]).sum(axis=0))
    return worst
