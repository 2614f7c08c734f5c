"""Following the principal branch of agent logit equilibria in a tree, for all games of a batch side by side.

Every information set is an agent, which takes action ``a`` with log-odds ``d_ha = t s_h (Q_ha - Q_h0)`` against its
first action: ``Q`` is what the action is worth under the beliefs that everybody's odds imply by Bayes' rule, everyone's
later odds given, in shares of the player's payoff range; ``s_h`` says how precise the agent is beside the most precise
one. At ``t = 0`` all mix evenly, and the solutions near it form a curve, which is followed in ``(d, t)`` as t grows: a
step predicts along the tangent and corrects by Newton's method across it, so that t may turn. A step is shortened where
the correction is long, Newton slow, the tangent turns, or odds move too far. The sign of the determinant of the system
with the tangent is the orientation of the curve: if it changes, the step has jumped to another branch, and is
shortened, or has met a crossing of branches, which is gone straight through and reported.

On the way a step only has to end near enough to the branch not to lose it; where it has to be short, the point is first
brought onto the branch, and the end is exact to rounding. Derivatives are those of `agent_slopes`. Reach is carried in
logarithms, so beliefs are right where nobody goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.games.extensive import CHANCE, LEAF, ExtensiveForm, Structure
from decide.games.values import FloatArray
from decide.solvers.agent_slopes import Numbers, crossed_chances, gaps_and_slopes, odds_and_logs
from decide.solvers.linear_systems import factor, inverted

__all__ = ["Branch", "follow"]

BoolArray = NDArray[np.bool_]

#: Games followed at once, times the unknowns.
CHUNK = 20_480
MOST_STEPS = 3_000
#: Largest change of any probability in a step.
STRIDE = 0.25
#: The first step; the share of a step, and the logit, up to which corrections are enough on the way.
FIRST = 0.5
LOOSE = 1e-2
#: Corrections in a step at most, and at most so many where the next step may be longer.
CORRECTIONS = 6
QUICK = 3
#: Share of games still on their way below which the others are taken out.
CROWD = 0.75
#: From this correction on a logit may rest where rounding leaves it, which is never more than so far from 0, in shares.
PATIENCE = 3
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
        log_chance = {
            node: _log_chance(numbers[s.rows[up][3][s.branch[node]]])
            for node, up in enumerate(s.parent)
            if up >= 0 and s.kind[up] == CHANCE
        }
        chance = {node: np.exp(p) for node, p in log_chance.items()}
        self._hold(
            {
                **{("worth", leaf): self._in_shares(numbers, leaf) for leaf in s.leaves},
                **{("log_chance", node): p for node, p in log_chance.items()},
                **{("chance", node): p for node, p in chance.items()},
                **{("on the way", node): p for node, p in crossed_chances(s, log_chance).items()},
            }
        )

    def _hold(self, parts: dict[tuple[str, int], Any]) -> None:
        """Keep what varies in one table, of which some games are quickly taken; floats are kept as they are."""
        self._constant = {key: part for key, part in parts.items() if not np.ndim(part)}
        varying = {key: np.atleast_2d(part) for key, part in parts.items() if np.ndim(part)}
        ends = np.cumsum([len(part) for part in varying.values()], dtype=np.intp)
        self._place = {
            key: slice(int(end) - len(part), int(end)) for (key, part), end in zip(varying.items(), ends, strict=True)
        }
        self._table = np.concatenate(list(varying.values())) if varying else np.empty((0, self.n))
        self._name()

    def _name(self) -> None:
        """Give the parts of the table their names."""
        parts: dict[str, dict[int, Any]] = {"worth": {}, "log_chance": {}, "chance": {}, "on the way": {}}
        for (what, node), number in self._constant.items():
            parts[what][node] = number
        for (what, node), rows in self._place.items():
            parts[what][node] = self._table[rows] if what == "worth" else self._table[rows.start]
        self.worth, self.chance, self.log_chance = parts["worth"], parts["chance"], parts["log_chance"]
        by_player = {(leaf, i): own for leaf, part in self.worth.items() for i, own in enumerate(part)}
        self.numbers = Numbers(by_player, self.chance, parts["on the way"])

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
        some._constant, some._place = self._constant, self._place
        some._table = self._table.take(rows, axis=1)
        some._name()
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
        return gaps_and_slopes(self.s, self.numbers, d)


class _Place(NamedTuple):
    """Where each game is.

    Attributes
    ----------
    x, tangent : numpy.ndarray, shape (k + 1, n)
        Logits and t; the direction of the branch there, of length 1.
    step, sign : numpy.ndarray, shape (n,)
        The next step's length; the orientation of the branch.
    odds : numpy.ndarray, shape (n_moves, n)
        All probabilities, one information set after the other.
    off : numpy.ndarray, shape (n,)
        How far from the branch the point may be.
    """

    x: FloatArray
    tangent: FloatArray
    step: FloatArray
    sign: FloatArray
    odds: FloatArray
    off: FloatArray


def _chunk(agents: _Agents, rate: FloatArray, *, polished: bool) -> Branch:
    k, n = agents.k, agents.n
    end = rate.max(axis=0, initial=0.0)
    share = rate / np.where(end > 0, end, 1.0)
    spread = np.repeat(share, np.diff(agents.starts), axis=0)
    x = np.zeros((k + 1, n))
    ok, turned, crossed = (np.zeros(n, dtype=np.bool_) for _ in range(3))
    ok |= end <= 0
    for loose in (LOOSE, 0.0) if k else ():  # what is lost, or meets a crossing, is followed again with all care
        again = np.flatnonzero(~ok | crossed)
        if len(again):
            found = _path(agents.take(again), end[again], spread[:, again], loose)
            x[:, again], ok[again], turned[again], crossed[again] = found
    ok |= k == 0
    d = _polish(agents, x[:-1]) if polished and k else x[:-1]
    log_odds = agents.log_odds(d)
    beliefs = [np.broadcast_to(b, (b.shape[0], n)) for b in agents.beliefs(log_odds)]
    return Branch(tuple(log_odds), tuple(beliefs), ok, turned, crossed)


def _path(
    agents: _Agents, end: FloatArray, spread: FloatArray, loose: float
) -> tuple[FloatArray, BoolArray, BoolArray, BoolArray]:
    """Go along the branch to the end of t; return the points, and who arrived, turned back or met a crossing."""
    n = agents.n
    x = np.zeros((agents.k + 1, n))
    ok, turned, crossed = (np.zeros(n, dtype=np.bool_) for _ in range(3))
    alive, going = np.arange(n), np.ones(n, dtype=np.bool_)
    place = _start(agents, spread)
    for _ in range(MOST_STEPS):
        place, arrived, lost, back, met = _advance(agents, spread, end, place, loose)
        turned[alive[going & back]] = True
        crossed[alive[going & met]] = True
        arrived &= going
        x[:, alive[arrived]] = place.x[:, arrived]
        ok[alive[arrived]] = True
        going &= ~(arrived | lost)
        if not going.any():
            break
        if np.count_nonzero(going) <= CROWD * len(alive):  # taking some out costs as much as a step of a few
            kept = np.flatnonzero(going)
            alive, agents, end, spread = alive[kept], agents.take(kept), end[kept], spread[:, kept]
            place, going = _Place(*(part[..., kept] for part in place)), going[kept]
    return x, ok, turned, crossed


def _odds(agents: _Agents, d: FloatArray) -> FloatArray:
    """All probabilities, one information set after the other."""
    return np.concatenate(odds_and_logs(agents.s, d)[0])


def _system(agents: _Agents, spread: FloatArray, x: FloatArray, row: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Errors (k, n) and the bordered Jacobian (k + 1, k + 1, n); every equation over 1 + t."""
    k = agents.k
    d, t = x[:-1], x[-1]
    gap, slope = agents.gaps_and_slopes(d)
    scale = 1.0 / (1.0 + np.abs(t))
    matrix = np.empty((k + 1, k + 1, x.shape[1]))
    inner = matrix[:k, :k]
    np.multiply(slope, (-t * scale * spread)[:, None], out=inner)
    inner[np.arange(k), np.arange(k)] += scale
    pull = spread * gap
    np.multiply(pull, -scale, out=matrix[:k, k])
    matrix[k] = row
    return (d - t * pull) * scale, matrix


def _start(agents: _Agents, spread: FloatArray) -> _Place:
    k, n = agents.k, agents.n
    x = np.zeros((k + 1, n))
    gap, _ = gaps_and_slopes(agents.s, agents.numbers, x[:-1], slopes=False)
    tangent = np.concatenate([spread * gap, np.ones((1, n))])
    tangent /= np.sqrt((tangent**2).sum(axis=0))
    odds = _odds(agents, x[:-1])
    return _Place(
        x, tangent, np.full(n, FIRST), np.ones(n), odds, np.zeros(n)
    )  # the system of t = 0 has determinant > 0


def _advance(
    agents: _Agents, spread: FloatArray, end: FloatArray, place: _Place, loose: float
) -> tuple[_Place, BoolArray, BoolArray, BoolArray, BoolArray]:
    """Try one step in every game; return the places, and who has arrived, is lost, turned back or met a crossing."""
    x, tangent, step, sign, odds, off = place
    rise = np.where(tangent[-1] > 0, (end - x[-1]) / np.where(tangent[-1] > 0, tangent[-1], 1.0), np.inf)
    settling = off > 0.05 * step  # too far off for a step as short as that: go to the branch first
    last = (step >= rise) & ~settling
    way = np.where(settling, 0.0, np.minimum(step, rise))  # backwards, where the last correction went a bit too far
    guess, length = x + way * tangent, np.where(settling, step, np.abs(way))
    upright = np.zeros_like(tangent)
    upright[-1] = 1.0
    row = np.where(last, upright, tangent)  # the last step lands at the end of t
    near = np.where(last | settling, 0.0, loose * np.minimum(length, 1.0))  # on the way it is enough not to lose it
    at, ahead, facing, used, new_off = _correct(agents, spread, guess, row, near)
    done = used <= CORRECTIONS
    moved = np.sqrt(((at - guess) ** 2).sum(axis=0))
    finite: BoolArray = np.isfinite(moved) & np.isfinite(ahead).all(axis=0)
    ahead = np.where(finite, ahead, tangent)
    ahead = ahead / np.sqrt((ahead**2).sum(axis=0))
    turn = (ahead * tangent).sum(axis=0)
    back = last & (turn < 0)
    ahead, turn, facing = (np.where(back, -part, part) for part in (ahead, turn, facing))
    new_odds = _odds(agents, at[:-1])
    shift = np.abs(new_odds - odds).max(axis=0)
    size = 1.0 + np.abs(x).max(axis=0)
    short = np.where(settling, 2.0 * off, 0.5 * length) + 1e-9 * size  # a step may be as small as rounding
    good = finite & done & (moved <= short) & (shift <= STRIDE) & (turn > np.where(settling, 0.0, 0.8))
    flipped = facing != sign
    good &= ~flipped | (length <= FINEST * size)
    met = good & flipped
    easy = good & ~settling & (used <= QUICK) & (moved <= 0.1 * length) & (shift <= STRIDE / 2)
    new = _Place(
        np.where(good, at, x),
        np.where(good, ahead, tangent),
        np.where(good, np.where(easy, 2.0 * length, length), length / 3.0),
        np.where(good, facing, sign),
        np.where(good, new_odds, odds),
        np.where(good, new_off, off),
    )
    lost = ~good & (length <= 1e-13 * size)
    return new, good & last, lost, good & (ahead[-1] < 0), met


def _noise(matrix: FloatArray, x: FloatArray) -> FloatArray:
    """How far corrections at points (k + 1, n) go for rounding alone, (k + 1, n); 0 where a matrix is singular.

    Beliefs where nobody goes are differences of logarithms of reach, which are as large as logits are: rounding leaves
    in them, and so in what actions are worth, not 1e-16 but that times the logits.
    """
    error = np.finfo(np.float64).eps * (1.0 + np.abs(x[:-1]).max(axis=0, initial=0.0))
    inverse = np.nan_to_num(inverted(np.moveaxis(matrix, 2, 0))[0])
    return np.asarray(error * np.abs(inverse[:, :, :-1]).sum(axis=2).T)


def _correct(
    agents: _Agents, spread: FloatArray, guess: FloatArray, row: FloatArray, near: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.intp], FloatArray]:
    """Go from a guess to the branch, at right angles to `row`, by Newton's method.

    Returns
    -------
    at : numpy.ndarray, shape (k + 1, n)
        Where each game has got to.
    ahead : numpy.ndarray, shape (k + 1, n)
        Along the branch, as seen from where the last correction began.
    facing : numpy.ndarray, shape (n,)
        Orientation of the system with that as its last row, which is that of the system with `row`, since the two
        point the same way.
    used : numpy.ndarray of int, shape (n,)
        Corrections it took; more than there are where they did not suffice.
    off : numpy.ndarray, shape (n,)
        The length of the last one where that is more than rounding, else 0.
    """
    k, n = agents.k, agents.n
    rounding = 1e-14 * np.abs(guess[-1])  # of logits that are small beside t
    at, ahead = guess.copy(), np.empty((k + 1, n))
    facing, used, off = np.empty(n), np.full(n, CORRECTIONS + 1), np.empty(n)
    open_, own, rates, before = np.arange(n), agents, spread, np.full(n, np.inf)
    for turn in range(CORRECTIONS):
        error, matrix = _system(own, rates, at[:, open_], row[:, open_])
        noise = _noise(matrix, at[:, open_]) if turn >= PATIENCE else 0.0
        systems = factor(matrix)  # which writes over it
        move = -systems.solve(np.concatenate([error, np.zeros((1, len(open_)))]))
        at[:, open_] += move
        forward = np.zeros_like(move)
        forward[-1] = 1.0
        ahead[:, open_], facing[open_] = systems.solve(forward), systems.sign
        size, share = np.abs(move), 1.0 + np.abs(at[:, open_])
        close = np.maximum(1e-10 * share + rounding[open_], np.minimum(noise, ROUGHEST * share))
        tight = (size <= close).all(axis=0)
        longest = size.max(axis=0)
        # Newton's corrections go down as their squares, and the next one would be no more than rounding
        tight |= (longest < 1e-2 * before) & (longest * (longest / before) ** 2 <= 1e-15) & (turn > 0)
        before = longest
        off[open_] = np.where(tight, 0.0, longest)
        done = tight | (longest <= near[open_])
        used[open_[done]] = turn + 1
        if done.all():
            break
        if done.any():
            kept = np.flatnonzero(~done)
            open_, own, rates, before = open_[kept], own.take(kept), rates[:, kept], before[kept]
    return at, ahead, facing, used, off


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
