"""Following the principal branch of agent logit equilibria in a tree, for all games of a batch side by side.

Every information set is an agent, which takes action ``a`` with log-odds ``d_ha = t s_h (Q_ha - Q_h0)`` against its
first action: ``Q`` is what the action is worth under the beliefs that everybody's odds imply by Bayes' rule, everyone's
later odds given, in shares of the player's payoff range; ``s_h`` says how precise the agent is beside the most precise
one. At ``t = 0`` all mix evenly, and the solutions near it form a curve, which is followed in ``(d, t)`` as t grows: a
step predicts along the tangent and corrects by Newton's method across it, so that t may turn. A step is shortened where
the correction is long, Newton slow, the tangent turns, or odds move too far. The sign of the determinant of the system
with the tangent is the orientation of the curve: if it changes, the step has jumped to another branch, and is
shortened, or has met a crossing of branches, which is gone straight through and reported.

Reach is carried in logarithms, so beliefs are right where nobody goes; derivatives are those of complex arithmetic
(Squire & Trapp 1998), exact to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.games.extensive import CHANCE, LEAF, ExtensiveForm, Structure
from decide.games.values import FloatArray

__all__ = ["Branch", "follow"]

BoolArray = NDArray[np.bool_]

#: Games followed at once (times the unknowns, for the derivatives).
CHUNK = 65_536
MOST_STEPS = 3_000
#: Largest change of any probability in a step.
STRIDE = 0.25
#: Corrections in a step, with the inverse taken at its start.
CORRECTIONS = 12
#: From this correction on a logit may rest where rounding leaves it, which is never more than so far from 0, in shares.
PATIENCE = 4
ROUGHEST = 1e-6
#: Where a step is this short for the place it is at, a change of orientation is a crossing of branches.
FINEST = 1e-5
#: Shares of play below which a move is taken to vanish in the limit, in the order in which they are tried.
THRESHOLDS = (1e-3, 1e-2, 1e-4, 1e-5, 1e-6)
#: Logarithms above which a probability is one that fades slowly, and how far it is put away.
SLOW = 1e3
OUT_OF_SIGHT = 1e4
#: The logarithm of no chance at all: below that of every odds of a player, however far along the branch.
NO_CHANCE = -1e30
STEP = 1e-40


class Branch(NamedTuple):
    """A point of the branch of each game.

    Attributes
    ----------
    log_odds : tuple of numpy.ndarray, shape (n_actions, n)
        Logarithms of the probabilities, per information set.
    beliefs : tuple of numpy.ndarray, shape (n_nodes, n)
        Per information set.
    ok, turned, crossed : numpy.ndarray of bool, shape (n,)
        Whether the end was reached; whether t went back on the way; whether branches crossed.
    """

    log_odds: tuple[FloatArray, ...]
    beliefs: tuple[FloatArray, ...]
    ok: BoolArray
    turned: BoolArray
    crossed: BoolArray


def follow(tree: ExtensiveForm, rate: FloatArray, *, polished: bool = False) -> Branch:
    """Follow the branch from t = 0 to where every agent has its precision.

    Parameters
    ----------
    tree : ExtensiveForm
        A tree, or a flat batch of n.
    rate : numpy.ndarray, shape (n_infosets, n)
        Precision of each agent times its player's payoff range; finite, not negative.
    polished : bool
        Go on from there to the limit: see `_polish`.
    """
    n = rate.shape[1]
    size = max(1, CHUNK // (1 + sum(len(i.actions) - 1 for i in tree.structure.infosets)))
    pool = tree.flat_pool()
    parts = []
    for start in range(0, max(n, 1), size):
        here = slice(start, min(start + size, n))
        numbers = [v if isinstance(v, float) else v[here] for v in pool]
        with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):  # bad steps are not kept
            agents = _Agents(tree.structure, numbers, here.stop - here.start)
            parts.append(_chunk(agents, rate[:, here], polished=polished))
    if len(parts) == 1:
        return parts[0]
    log_odds, beliefs = (
        tuple(np.concatenate(x, axis=1) for x in zip(*(p[k] for p in parts), strict=True)) for k in (0, 1)
    )
    ok, turned, crossed = (np.concatenate([p[k] for p in parts]) for k in (2, 3, 4))
    return Branch(log_odds, beliefs, ok, turned, crossed)


def _log_chance(odds: Any) -> Any:
    """Logarithm of a chance, or of chances, shape (n,)."""
    return np.where(odds > 0, np.log(np.where(odds > 0, odds, 1.0)), NO_CHANCE)[()]


class _Agents:
    """The tree as the agents see it: from log-odds to what actions are worth."""

    def __init__(self, structure: Structure, numbers: Sequence[Any], n: int) -> None:
        self.s = s = structure
        self.n = n
        sizes = [len(info.actions) - 1 for info in s.infosets]
        self.starts = np.concatenate([[0], np.cumsum(sizes)]).tolist()
        self.k = self.starts[-1]
        self.log_chance = {
            node: _log_chance(numbers[s.rows[up][3][s.branch[node]]])
            for node, up in enumerate(s.parent)
            if up >= 0 and s.kind[up] == CHANCE
        }
        self.chance = {node: np.exp(p) for node, p in self.log_chance.items()}
        self.worth = {leaf: self._in_shares(numbers, leaf) for leaf in s.leaves}

    def _in_shares(self, numbers: Sequence[Any], leaf: int) -> FloatArray:
        """Payoffs at a leaf as shares of each player's range, shape (n_players, n)."""
        found = []
        for i in range(len(self.s.players)):
            low, high = self._range(numbers, i)
            span = np.where(high > low, high - low, 1.0)
            found.append(np.broadcast_to((numbers[self.s.rows[leaf][3][i]] - low) / span, (self.n,)))
        return np.stack(found)

    def _range(self, numbers: Sequence[Any], player: int) -> tuple[Any, Any]:
        if not hasattr(self, "_spans"):
            self._spans: dict[int, tuple[Any, Any]] = {}
        if player not in self._spans:
            own = [numbers[k] for k in dict.fromkeys(self.s.rows[leaf][3][player] for leaf in self.s.leaves)]
            low, high = own[0], own[0]
            for value in own[1:]:
                low, high = np.minimum(low, value), np.maximum(high, value)
            self._spans[player] = (low, high)
        return self._spans[player]

    def take(self, rows: NDArray[np.intp]) -> _Agents:
        """Return the same for some of the games."""
        some = object.__new__(_Agents)
        some.s, some.starts, some.k, some.n = self.s, self.starts, self.k, len(rows)
        some.log_chance = {k: v[rows] if np.ndim(v) else v for k, v in self.log_chance.items()}
        some.chance = {k: v[rows] if np.ndim(v) else v for k, v in self.chance.items()}
        some.worth = {k: v[:, rows] for k, v in self.worth.items()}
        return some

    def log_odds(self, d: Any) -> list[Any]:
        """Logarithms of the probabilities at each information set, from logits (k, ..., n)."""
        found = []
        for h in range(len(self.s.infosets)):
            own = d[self.starts[h] : self.starts[h + 1]]
            full = np.concatenate([np.zeros((1, *own.shape[1:]), dtype=own.dtype), own])
            top = full.real.max(axis=0)
            found.append(full - top - np.log(np.exp(full - top).sum(axis=0)))
        return found

    def beliefs(self, log_odds: Sequence[Any]) -> list[Any]:
        """Beliefs at each information set, (n_nodes, ..., n), by Bayes' rule in logarithms."""
        s = self.s
        reach: list[Any] = [0.0] * len(s.rows)
        for node in range(1, len(s.rows)):
            up = s.parent[node]
            step = self.log_chance[node] if s.kind[up] == CHANCE else log_odds[s.infoset_of[up]][s.branch[node]]
            reach[node] = reach[up] + step
        found = []
        for info in s.infosets:
            if len(info.nodes) == 1:
                found.append(np.ones((1, 1)))
                continue
            logs = np.stack(np.broadcast_arrays(*(np.atleast_1d(reach[node]) for node in info.nodes)))
            weight = np.exp(logs - logs.real.max(axis=0))
            found.append(weight / weight.sum(axis=0))
        return found

    def gaps(self, d: Any) -> Any:
        """How much more each action is worth than its agent's first, (k, ..., n), from logits (k, ..., n)."""
        s = self.s
        log_odds = self.log_odds(d)
        beliefs = self.beliefs(log_odds)
        odds = [np.exp(x) for x in log_odds]
        value: list[Any] = [None] * len(s.rows)
        lift = (slice(None), *(None,) * (d.ndim - 2), slice(None))
        for node in reversed(range(len(s.rows))):
            if s.kind[node] == LEAF:
                value[node] = self.worth[node][lift]
            elif s.kind[node] == CHANCE:
                value[node] = sum(self.chance[c] * value[c] for c in s.children[node])
            else:
                own = odds[s.infoset_of[node]]
                value[node] = sum(own[s.branch[c]] * value[c] for c in s.children[node])
        found = np.empty(d.shape, dtype=d.dtype)
        for h, info in enumerate(s.infosets):
            total = [np.zeros((), dtype=d.dtype)] * len(info.actions)
            for k, node in enumerate(info.nodes):
                for c in s.children[node]:
                    total[s.branch[c]] = total[s.branch[c]] + beliefs[h][k] * value[c][info.player]
            for a in range(1, len(info.actions)):
                found[self.starts[h] + a - 1] = total[a] - total[0]
        return found

    def gaps_and_slopes(self, d: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gaps (k, n) at logits (k, n), and their derivatives (k, k, n): of each gap, by each logit."""
        steps = d[:, None, :] + 1j * STEP * np.eye(self.k)[:, :, None]
        found = self.gaps(steps)
        return found[:, 0].real, found.imag / STEP


class _Place(NamedTuple):
    """Where each game is: point (k + 1, n), tangent (k + 1, n), step and orientation (n,)."""

    x: FloatArray
    tangent: FloatArray
    step: FloatArray
    sign: FloatArray


def _chunk(agents: _Agents, rate: FloatArray, *, polished: bool) -> Branch:
    k, n = agents.k, agents.n
    end = rate.max(axis=0, initial=0.0)
    share = rate / np.where(end > 0, end, 1.0)
    spread = np.repeat(share, np.diff(agents.starts), axis=0)
    x = np.zeros((k + 1, n))
    ok, turned, crossed = (np.zeros(n, dtype=np.bool_) for _ in range(3))
    ok |= end <= 0
    alive = np.flatnonzero(end > 0)
    if k == 0:
        ok[:] = True
        alive = alive[:0]
    place = _start(agents.take(alive), spread[:, alive])
    own, ends, spread = agents.take(alive), end[alive], spread[:, alive]
    for _ in range(MOST_STEPS):
        if not len(alive):
            break
        place, arrived, lost, back, met = _advance(own, spread, ends, place)
        turned[alive] |= back
        crossed[alive] |= met
        gone = arrived | lost
        if gone.any():
            x[:, alive[arrived]] = place.x[:, arrived]
            ok[alive[arrived]] = True
            kept = np.flatnonzero(~gone)
            alive, own, ends, spread = alive[kept], own.take(kept), ends[kept], spread[:, kept]
            place = _Place(*(part[..., kept] for part in place))
    d = _polish(agents, x[:-1]) if polished and k else x[:-1]
    log_odds = agents.log_odds(d)
    beliefs = [np.broadcast_to(b, (b.shape[0], n)) for b in agents.beliefs(log_odds)]
    return Branch(tuple(log_odds), tuple(beliefs), ok, turned, crossed)


def _system(agents: _Agents, spread: FloatArray, x: FloatArray, row: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Errors (n, k) and the bordered Jacobian (n, k + 1, k + 1); every equation over 1 + t."""
    k = agents.k
    d, t = x[:-1], x[-1]
    gap, slope = agents.gaps_and_slopes(d)
    scale = 1.0 / (1.0 + np.abs(t))
    error = (d - t * spread * gap) * scale
    matrix = np.empty((x.shape[1], k + 1, k + 1))
    inner = np.eye(k)[:, :, None] - (t * spread)[:, None, :] * slope
    matrix[:, :k, :k] = np.moveaxis(inner * scale, 2, 0)
    matrix[:, :k, k] = (-spread * gap * scale).T
    matrix[:, k, :] = row.T
    return error.T, matrix


def _start(agents: _Agents, spread: FloatArray) -> _Place:
    k, n = agents.k, agents.n
    x = np.zeros((k + 1, n))
    tangent = np.concatenate([spread * agents.gaps(x[:-1]), np.ones((1, n))])
    tangent /= np.sqrt((tangent**2).sum(axis=0))
    _, matrix = _system(agents, spread, x, tangent)
    return _Place(x, tangent, np.full(n, 0.1), np.linalg.slogdet(matrix)[0])


def _error(agents: _Agents, spread: FloatArray, x: FloatArray) -> FloatArray:
    """Errors alone, (n, k)."""
    d, t = x[:-1], x[-1]
    return np.asarray(((d - t * spread * agents.gaps(d[:, None])[:, 0]) / (1.0 + np.abs(t))).T)


def _invert(matrix: FloatArray) -> FloatArray:
    """Inverses of matrices (n, m, m); NaN where one is singular."""
    finite: BoolArray = np.asarray(np.isfinite(matrix).all(axis=(1, 2)))
    safe = np.where(finite[:, None, None], matrix, np.eye(matrix.shape[1]))
    try:
        found = np.linalg.inv(safe)
    except np.linalg.LinAlgError:
        found = np.full(matrix.shape, np.nan)
        for row in np.flatnonzero(np.linalg.slogdet(safe)[1] > -np.inf):
            found[row] = np.linalg.inv(safe[row])
    found[~finite] = np.nan
    return np.asarray(found)


def _advance(
    agents: _Agents, spread: FloatArray, end: FloatArray, place: _Place
) -> tuple[_Place, BoolArray, BoolArray, BoolArray, BoolArray]:
    """Try one step in every game; return the places, and who has arrived, is lost, turned back or met a crossing."""
    k, n = agents.k, agents.n
    x, tangent, step, sign = place
    rise = np.where(tangent[-1] > 0, (end - x[-1]) / np.where(tangent[-1] > 0, tangent[-1], 1.0), np.inf)
    last = step >= rise
    way = np.minimum(step, rise)  # backwards, where the last correction went a little too far
    guess, length = x + way * tangent, np.abs(way)
    upright = np.zeros_like(tangent)
    upright[-1] = 1.0
    row = np.where(last, upright, tangent)  # the last step lands at the end of t
    at, done, used = guess.copy(), np.zeros(n, dtype=np.bool_), np.zeros(n)
    error, matrix = _system(agents, spread, guess, row)
    rounding = 1e-14 * np.abs(guess[-1])  # of logits that are small beside t
    inverse = _invert(matrix)  # taken once a step: the corrections that follow are short
    noise = _noise(inverse, guess)
    for turn in range(CORRECTIONS):
        open_ = np.flatnonzero(~done)
        if not len(open_):
            break
        if turn:
            error = _error(agents.take(open_), spread[:, open_], at[:, open_])
        away = ((at - guess)[:, open_] * row[:, open_]).sum(axis=0)
        move = -(inverse[open_] @ np.concatenate([error, away[:, None]], axis=1)[..., None])[..., 0].T
        at[:, open_] += move
        used[open_] += 1
        size = 1.0 + np.abs(at[:, open_])
        close = 1e-10 * size + rounding[open_]
        if turn >= PATIENCE:
            close = np.maximum(close, np.minimum(noise[:, open_], ROUGHEST * size))
        done[open_] = (np.abs(move) <= close).all(axis=0)
    moved = np.sqrt(((at - guess) ** 2).sum(axis=0))
    finite: BoolArray = np.asarray(np.isfinite(at).all(axis=0) & np.isfinite(inverse).all(axis=(1, 2)))
    ahead = np.where(finite, inverse[:, :, k].T, tangent)
    ahead = ahead / np.sqrt((ahead**2).sum(axis=0))
    ahead = np.where(last & ((ahead * tangent).sum(axis=0) < 0), -ahead, ahead)
    matrix[:, k, :] = ahead.T
    facing = np.linalg.slogdet(np.where(finite[:, None, None], matrix, np.eye(k + 1)))[0]
    shift = _largest_change(agents, x[:-1], at[:-1])
    short = 0.5 * length + 1e-9 * (1.0 + np.abs(x).max(axis=0))  # a step may be as small as rounding
    good = finite & done & (moved <= short) & (shift <= STRIDE) & ((ahead * tangent).sum(axis=0) > 0.8)
    fine = length <= FINEST * (1.0 + np.abs(x).max(axis=0))
    flipped = facing != sign
    good &= ~flipped | fine
    met = good & flipped
    easy = good & (used <= 8) & (moved <= 0.1 * length) & (shift <= STRIDE / 2)
    new = _Place(
        np.where(good, at, x),
        np.where(good, ahead, tangent),
        np.where(good, np.where(easy, 2.0 * length, length), length / 3.0),
        np.where(good, facing, sign),
    )
    lost = ~good & (length <= 1e-13 * (1.0 + np.abs(x).max(axis=0)))
    return new, good & last, lost, good & (ahead[-1] < 0), met


def _noise(inverse: FloatArray, x: FloatArray) -> FloatArray:
    """How far corrections at points (k + 1, n) go for rounding alone, (k + 1, n).

    Beliefs where nobody goes are differences of logarithms of reach, which are as large as logits are: rounding leaves
    in them, and so in what actions are worth, not 1e-16 but that times the logits.
    """
    error = np.finfo(np.float64).eps * (1.0 + np.abs(x[:-1]).max(axis=0, initial=0.0))
    return np.asarray(error * np.abs(inverse[:, :, :-1]).sum(axis=2).T)


def _polish(agents: _Agents, d: FloatArray) -> FloatArray:
    """Go from logits far along the branch to the limit, where those who mix are exactly indifferent.

    Moves with less probability than a threshold are not made in the limit; their odds go to 0, but what they are to
    each other goes on deciding beliefs. What is mixed then solves equations of indifference, by Gauss-Newton steps of
    least length, in which beliefs off the path may move too. Where somebody is left with a gain, other thresholds are
    tried (a type that chance seldom draws may matter with a share of 1e-5), and the best is kept, be it the start.
    """
    found, open_ = d.copy(), np.arange(d.shape[1])
    least = _gain(agents, d, agents.gaps(d[:, None])[:, 0])
    for threshold in THRESHOLDS:
        if not len(open_):
            break
        own = agents.take(open_)
        tried, gain = _indifferent(own, d[:, open_], threshold)
        better = gain < least[open_]
        found[:, open_[better]] = tried[:, better]
        least[open_[better]] = gain[better]
        open_ = open_[gain > 1e-11]
    return found


def _indifferent(agents: _Agents, d: FloatArray, threshold: float) -> tuple[FloatArray, FloatArray]:
    """Solve for indifference on the support above a threshold; return logits, and the most anybody could gain.

    The best of all steps: once rounding is all that is left to correct, further steps only wander.
    """
    logs = agents.log_odds(d)
    played = [np.exp(x) > threshold for x in logs]
    # what fades as slowly as 1/t must not count beside what is played: out of sight, in the same order
    logs = [x - np.where(~p & (x > -SLOW), OUT_OF_SIGHT, 0.0) for x, p in zip(logs, played, strict=True)]
    d = np.concatenate([x[1:] - x[:1] for x in logs])
    modal = [x.argmax(axis=0) for x in logs]
    best, least = d, np.full(d.shape[1], np.inf)
    for _ in range(11):
        gap, slope = agents.gaps_and_slopes(d)
        gain = _gain(agents, d, gap)
        best, least = np.where(gain < least, d, best), np.fmin(gain, least)
        error, system = _equations(agents, gap, slope, played, modal)
        if np.abs(error).max(initial=0.0) <= 1e-15:
            break
        inverse = np.linalg.pinv(np.nan_to_num(system), rcond=1e-9)
        d = d - (inverse @ np.nan_to_num(error)[..., None])[..., 0].T
    return best, least


def _gain(agents: _Agents, d: FloatArray, gap: FloatArray) -> FloatArray:
    """The most any agent could gain at logits (k, n), shape (n,); infinite where that is no number."""
    gain = np.zeros(d.shape[1])
    for h, x in enumerate(agents.log_odds(d)):
        worth = np.concatenate([np.zeros((1, d.shape[1])), gap[agents.starts[h] : agents.starts[h + 1]]])
        gain = np.maximum(gain, worth.max(axis=0) - (np.exp(x) * worth).sum(axis=0))
    return np.where(np.isfinite(gain), gain, np.inf)


def _equations(
    agents: _Agents, gap: FloatArray, slope: FloatArray, played: list[BoolArray], modal: list[NDArray[np.intp]]
) -> tuple[FloatArray, FloatArray]:
    """Indifference between what is played and what is played most: errors (n, m), derivatives (n, m, k)."""
    k, n = agents.k, agents.n
    errors, rows = [], []
    games = np.arange(n)
    for h, (p, most) in enumerate(zip(played, modal, strict=True)):
        here = slice(agents.starts[h], agents.starts[h + 1])
        worth = np.concatenate([np.zeros((1, n)), gap[here]])
        moves = np.concatenate([np.zeros((1, k, n)), slope[here]])
        errors.append(np.where(p, worth - worth[most, games], 0.0))
        rows.append(np.where(p[:, None], moves - moves[most, :, games].T[None], 0.0))
    return np.concatenate(errors).T, np.moveaxis(np.concatenate(rows), 2, 0)


def _largest_change(agents: _Agents, before: FloatArray, after: FloatArray) -> FloatArray:
    """Largest change of any probability between two points."""
    change = np.zeros(before.shape[1])
    for a, b in zip(agents.log_odds(before), agents.log_odds(after), strict=True):
        change = np.maximum(change, np.abs(np.exp(a) - np.exp(b)).max(axis=0))
    return change
