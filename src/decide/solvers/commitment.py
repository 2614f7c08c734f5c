r"""Commitment: the leader chooses a strategy, the follower sees it and replies best (von Stackelberg 1934).

A mixed commitment ``x`` is seen as a mixture, not as the action it draws. Over the region ``X(j)`` of the simplex in
which ``j`` is a best reply the leader's payoff is linear, so the best commitment is the best of as many linear programs
as the follower has actions (Conitzer & Sandholm 2006), and lies at a corner of a region.

Ties. *Strong*: the follower breaks ties for the leader; the maximum exists. *Weak*: against the leader; the value is
the supremum over ``x`` of the least payoff over the best replies. Near any commitment lies the inside of a region, in
which only replies with the same payoffs to the follower everywhere, ``E(j)``, are tied; so the supremum is the greatest
of ``max over X(j) of min over k in E(j) of u(x, k)``, over the regions with an inside (von Stengel & Zamir 2010). What
is returned then is the limit: the commitment and the reply that give the supremum. Where no commitment attains it (at
the limit the follower has another best reply that is worse for the leader) the status is NOT_ATTAINED. In
non-degenerate games the two values are the same.

Corners. At a corner of ``X(j)`` the actions that the leader mixes are as many as the replies that are tied there. For
small games all such pairs of equally large sets are tried, for all games at once: the weights are signed minors of the
differences of the follower's payoffs, and what is tied at a corner is then read off the payoffs. Every region is the
hull of its corners, so it has an inside if each other reply is worse at one of them. Games with two nearly parallel
differences, and weak ones in which equivalent replies matter, go to the linear programs, one by one.

Payoffs are scaled to [0, 1]; replies within 1e-9 are tied. The certificate checks the follower: its residual is the
follower's regret over its payoff range. The leader's own regret is not 0 in general: it would rather deviate, and
cannot. That no commitment is better is what ``complete`` says.

Cost: for actions m and n, about (m + n choose n) pairs of sets x m n x games; else n linear programs a game, and weak
ones about 2n.

When not to use it: where the commitment is not seen, not believed or can be taken back; `nash` then. Strong values rest
on the follower's goodwill, or on the leader giving up a little to buy it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.errors import SolveError
from decide.games.values import FloatArray, to_unit
from decide.points import Status
from decide.solvers.base import TIE, Found
from decide.solvers.commitment_programs import commitment_by_programs

if TYPE_CHECKING:
    from decide.games.normal import NormalForm

__all__ = ["commitment", "replies_to_actions"]

TIES = ("strong", "weak")

#: Corners are enumerated for up to so many pairs of sets, of up to so many actions; else linear programs.
MOST_PAIRS = 400
LARGEST_SET = 4
#: Games at a time, and numbers in the largest table made of them.
CHUNK, MOST_NUMBERS = 8_192, 4_000_000

#: Of values closer than this the first is kept, so pure commitments come before mixed ones.
SAME = 1e-12
#: Minors of scaled differences below PARALLEL are 0 but for rounding; from there to DOUBTFUL nobody knows.
PARALLEL, DOUBTFUL = 1e-13, 1e-6


class Commitments(NamedTuple):
    """Per game the leader's strategy (m, n), the reply, and what is to be said about it, (n,) each."""

    x: FloatArray
    reply: NDArray[np.intp]
    attained: NDArray[np.bool_]
    proved: NDArray[np.bool_]


def commitment(game: NormalForm, *, leader: str | None = None, ties: str = "strong", mixed: bool = True) -> Found:
    """Find the leader's best commitment and the follower's reply.

    Parameters
    ----------
    game : NormalForm
        Two players.
    leader : str, optional
        Who commits; the first player, unless given.
    ties : {"strong", "weak"}
        Whether the follower breaks ties for the leader or against it.
    mixed : bool
        Whether the leader may commit to a mixture; otherwise it commits to an action.

    Raises
    ------
    UnknownNameError
        If the leader is no player.
    SolveError
        If another option is none of those above.
    """
    first = 0 if leader is None else game.player_index(leader)
    if not isinstance(ties, str) or ties not in TIES:
        raise SolveError(f"ties is {ties!r}; expected 'strong' (for the leader) or 'weak' (against it)")
    if not isinstance(mixed, bool | np.bool_):
        raise SolveError(f"mixed is {mixed!r}; expected True or False")
    entries = game.entries()
    L, F = (to_unit(np.moveaxis(entries[i], first, 0), (0, 1)) for i in (first, 1 - first))
    step = max(min(CHUNK, MOST_NUMBERS // (L.shape[0] * L.shape[1] ** 2)), 1)
    parts = [
        (_mixed if mixed else _pure)(L[..., k : k + step], F[..., k : k + step], ties == "weak")
        for k in range(0, max(L.shape[-1], 1), step)
    ]
    x = np.concatenate([p.x for p in parts], axis=1)
    reply, attained, proved = (np.concatenate([p[k] for p in parts]) for k in (1, 2, 3))
    status = np.where(attained, Status.SOLVED, Status.NOT_ATTAINED)
    owner = np.nonzero(reply >= 0)[0]
    status[reply < 0] = Status.FAILED
    strategies = (np.ascontiguousarray(x.T[owner]), np.eye(F.shape[1])[reply[owner]])
    return Found(
        owner,
        strategies if first == 0 else strategies[::-1],
        proved,
        _matters(L, F, x),
        status=status.astype(np.int8),
    )


def replies_to_actions(game: NormalForm, *, leader: str | None = None, ties: str = "strong") -> FloatArray:
    """Tell how the follower answers each action of the leader that it sees.

    Parameters
    ----------
    game : NormalForm
        A flat batch of games of two players.
    leader, ties
        As for `commitment`.

    Returns
    -------
    numpy.ndarray, shape (n_games, n_actions of the leader, n_actions of the follower)
        1 at the best reply that the tie rule picks, 0 elsewhere.
    """
    first = 0 if leader is None else game.player_index(leader)
    entries = game.entries()
    L, F = (to_unit(np.moveaxis(entries[i], first, 0), (0, 1)) for i in (first, 1 - first))
    best = F.max(axis=1, keepdims=True) - TIE <= F
    reply = np.where(best, L if ties == "strong" else -L, -np.inf).argmax(axis=1)
    return np.asarray(np.eye(F.shape[1])[reply.T])


def _expected(x: FloatArray, u: FloatArray) -> FloatArray:
    """Payoffs by reply, (n, n_games), when the leader plays x, (m, n_games)."""
    total = x[0] * u[0]
    for k in range(1, len(x)):
        total += x[k] * u[k]
    return np.asarray(total)


def _matters(L: FloatArray, F: FloatArray, x: FloatArray) -> NDArray[np.bool_]:
    """Whether the follower has best replies to x that differ for the leader."""
    own, best = _replies(L, F, x)
    return np.asarray(np.where(best, own, -1.0).max(axis=0) - np.where(best, own, 2.0).min(axis=0) > TIE)


def _replies(L: FloatArray, F: FloatArray, x: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The leader's payoff by reply, and which replies are best, (n, n_games) each."""
    f = _expected(x, F)
    return _expected(x, L), f >= f.max(axis=0) - TIE


def _pure(L: FloatArray, F: FloatArray, weak: bool) -> Commitments:
    """Commit to the action after which the best (weak: worst) of the best replies is best."""
    best = F.max(axis=1, keepdims=True) - F <= TIE
    own = np.where(best, L, 2.0 if weak else -1.0)
    reply = own.argmin(axis=1) if weak else own.argmax(axis=1)
    action = np.take_along_axis(own, reply[:, None], axis=1)[:, 0].argmax(axis=0)
    yes = np.ones(L.shape[-1], dtype=np.bool_)
    return Commitments(np.eye(L.shape[0])[action].T, reply[action, np.arange(len(action))], yes, yes)


def _mixed(L: FloatArray, F: FloatArray, weak: bool) -> Commitments:
    m, n = L.shape[:2]
    size = min(m, n)
    if size > LARGEST_SET or m + comb(m + n, n) - 1 - m * n > MOST_PAIRS:
        return _by_programs(L, F, weak)
    found, doubtful = (_weak if weak else _strong)(L, F)
    if doubtful.any():
        again = _by_programs(L[..., doubtful], F[..., doubtful], weak)
        for here, there in zip(found, again, strict=True):
            here[..., doubtful] = there
    return found


def _by_programs(L: FloatArray, F: FloatArray, weak: bool) -> Commitments:
    answers = [commitment_by_programs(L[..., k], F[..., k], weak=weak) for k in range(L.shape[-1])]
    return Commitments(
        np.array([a[0] for a in answers]).reshape(-1, L.shape[0]).T,
        np.array([a[1] for a in answers], dtype=np.intp),
        np.array([a[2] for a in answers], dtype=np.bool_),
        np.array([a[3] for a in answers], dtype=np.bool_),
    )


# ------------------------------------------------------------------ corners


def _corners(F: FloatArray, doubtful: NDArray[np.bool_]) -> Iterator[tuple[FloatArray, NDArray[np.bool_]]]:
    """Yield the points that may be corners of regions: weights (m, n_games), and in which games they are a mixture.

    Games in which a system is nearly singular, so that a corner may be lost, are marked in `doubtful`.
    """
    m, n, n_games = F.shape
    everywhere = np.ones(n_games, dtype=np.bool_)
    for i in range(m):
        x = np.zeros((m, n_games))
        x[i] = 1.0
        yield x, everywhere
    for size in range(2, min(m, n) + 1):
        for support in combinations(range(m), size):
            part = F[list(support)]
            for tied in combinations(range(n), size):
                weights, valid = _weights(part[:, tied[1:]] - part[:, tied[:1]], doubtful)
                if valid.any():
                    x = np.zeros((m, n_games))
                    x[list(support)] = weights
                    yield x, valid


def _weights(rows: FloatArray, doubtful: NDArray[np.bool_]) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the mixture (s, n_games) at which s - 1 differences (s, s - 1, n_games) are 0, and where there is one."""
    large = np.abs(rows).max(axis=0)
    several = (large > TIE).all(axis=0)  # else two of the replies are tied whatever the mixture
    rows = rows / np.where(large > TIE, large, 1.0)
    w = np.stack(_minors([[rows[i, t] for t in range(rows.shape[1])] for i in range(len(rows))]))
    size = np.abs(w).max(axis=0)
    doubtful |= several & (size > PARALLEL) & (size < DOUBTFUL)
    w = w / np.where(size > 0, size, 1.0)
    w = np.where(w.sum(axis=0) < 0, -w, w)
    valid = several & (size >= DOUBTFUL) & (w >= -SAME).all(axis=0)
    w = np.maximum(w, 0.0)
    total = w.sum(axis=0)
    valid &= total > 0
    return w / np.where(valid, total, 1.0), valid


def _minors(rows: list[list[FloatArray]]) -> list[FloatArray]:
    """Signed minors of s rows of s - 1 entries: they are orthogonal to every column."""
    s = len(rows)
    return [_determinant(rows[:i] + rows[i + 1 :]) * (-1.0) ** i for i in range(s)]


def _determinant(a: list[list[FloatArray]]) -> FloatArray:
    if len(a) == 1:
        return a[0][0]
    if len(a) == 2:
        return np.asarray(a[0][0] * a[1][1] - a[0][1] * a[1][0])
    cofactors = (
        a[i][0] * _determinant([r[1:] for k, r in enumerate(a) if k != i]) * (-1.0) ** i for i in range(len(a))
    )
    return np.asarray(sum(cofactors))


def _strong(L: FloatArray, F: FloatArray) -> tuple[Commitments, NDArray[np.bool_]]:
    """Take the best corner; also return which games are left to the linear programs."""
    m, _, n_games = L.shape
    value, X, reply = np.full(n_games, -1.0), np.zeros((m, n_games)), np.zeros(n_games, dtype=np.intp)
    doubtful = np.zeros(n_games, dtype=np.bool_)
    for x, valid in _corners(F, doubtful):
        own, best = _replies(L, F, x)
        own = np.where(best, own, -1.0)
        better = valid & (own.max(axis=0) > value + SAME)
        value = np.where(better, own.max(axis=0), value)
        reply = np.where(better, own.argmax(axis=0), reply)
        X = np.where(better, x, X)
    yes = np.ones(n_games, dtype=np.bool_)
    return Commitments(X, reply, yes, yes.copy()), doubtful


def _weak(L: FloatArray, F: FloatArray) -> tuple[Commitments, NDArray[np.bool_]]:
    """Take the best corner of a region with an inside, one that attains the value if there is one."""
    m, n, n_games = L.shape
    counts, doubtful = _leading(L, F)
    value, X, total = np.full((n, n_games), -1.0), np.zeros((n, m, n_games)), np.zeros((n, m, n_games))
    attained, several = np.zeros((2, n, n_games), dtype=np.bool_)
    above = np.zeros((n, n, n_games))  # how far, at most, reply j is better than reply k at a corner of its region
    for x, valid in _corners(F, doubtful):
        f, (own, best) = _expected(x, F), _replies(L, F, x)
        here = best & valid
        above = np.maximum(above, np.where(here[:, None], f[:, None] - f[None], 0.0))
        holds = own <= np.where(best, own, 2.0).min(axis=0) + TIE
        better, same = here & (own > value + SAME), here & (np.abs(own - value) <= SAME)
        several = (several & ~better) | (same & (np.abs(x - X).max(axis=1) > TIE))
        total = np.where(better[:, None], x, total + np.where(same[:, None], x, 0.0))
        moved = better | (same & holds & ~attained)
        value, X = np.where(better, own, value), np.where(moved[:, None], x, X)
        attained = np.where(moved, holds, attained)
    inside = (above > TIE) | (np.abs(F[:, :, None] - F[:, None]).max(axis=0) <= TIE)
    value = np.where(counts & inside.all(axis=1), value, -1.0)
    return _settled(L, F, value, X, total, attained, several, doubtful)


def _leading(L: FloatArray, F: FloatArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Mark the replies that count, and the games in which equivalent ones are worst for the leader in turn."""
    n = F.shape[1]
    alike = np.abs(F[:, :, None] - F[:, None]).max(axis=0) <= TIE
    worse = np.asarray((L[:, None] <= L[:, :, None]).all(axis=0))  # [j, k]: k is never better for the leader than j
    earlier = (np.arange(n)[None] < np.arange(n)[:, None])[..., None]
    other = ~np.eye(n, dtype=np.bool_)[..., None]
    counts = ~(alike & worse & other & (~worse.swapaxes(0, 1) | earlier)).any(axis=1)
    return counts, (alike & other & counts[:, None] & counts[None]).any(axis=(0, 1))


def _settled(
    L: FloatArray,
    F: FloatArray,
    value: FloatArray,
    X: FloatArray,
    total: FloatArray,
    attained: NDArray[np.bool_],
    several: NDArray[np.bool_],
    doubtful: NDArray[np.bool_],
) -> tuple[Commitments, NDArray[np.bool_]]:
    """Choose between the replies: one that attains the value first, at a corner or between equally good ones."""
    n = len(value)
    games = np.arange(value.shape[1])
    for j in range(n):
        middle = total[j] / np.maximum(total[j].sum(axis=0), 1.0)
        own, best = _replies(L, F, middle)
        found = several[j] & ~attained[j] & best[j] & (own[j] <= np.where(best, own, 2.0).min(axis=0) + TIE)
        X[j] = np.where(found, middle, X[j])
        attained[j] |= found
    top = value >= value.max(axis=0) - SAME
    reply = np.where((top & attained).any(axis=0), (top & attained).argmax(axis=0), top.argmax(axis=0))
    holds = attained[reply, games]
    doubtful = doubtful | (~holds & (top & several).any(axis=0)) | (value.max(axis=0) < 0)
    yes = np.ones(len(games), dtype=np.bool_)
    return Commitments(np.array(X[reply, :, games].T), reply.astype(np.intp), holds, yes), doubtful
