r"""One Markov perfect equilibrium of a stochastic game, any number of players, by following logit choice to its limit.

In a Markov perfect equilibrium strategies look at the state alone, and in every state they are a Nash equilibrium of
the *stage game* whose payoffs are ``Q_i(s, a) = u_i(s, a) + discount * sum_t P(t | s, a) V_i(t)``; ``V`` are the
values of those same strategies. One exists (Fink 1964; Takahashi 1964). Solving the stage games and putting their
values back need not converge; this does not iterate, it follows a curve (Eibelshäuser & Poensgen 2019, after Turocy
2005): choices are logit, ``log p_a - log p_0 = prior_a + r (Q_a - Q_0)``, from precision ``r = 0``, where everybody
chooses evenly, to exact play; ``V`` solves its linear equations at every point, derivatives are exact, and the curve is
followed by arc length, so that it may turn back. As soon as the actions played can be told, the equilibrium on them is
solved for by Newton's method, and taken if nobody gains by a single deviation in any state and the curve is near it.
Where the curve from even choices gets stuck, others are tried, from priors drawn with fixed seeds.

With a horizon: backward induction, stage by stage and state by state. Two players with few actions: all equilibria of
the stage's table are found (`nash`); others: one (`many_players`). Where a stage has several, the game is flagged
`tied`, since there are other Markov perfect equilibria, and one is taken: of 2 x 2 actions with two pure equilibria the
risk-dominant one (Harsanyi & Selten 1988), or the mixed one if neither dominates; else the one logit choice leads to.
Then another may advise something else, and so may one stage more or less: a game is `complete` only if every stage was
proved to have one equilibrium, so that there is no other.

Cost: per step dense linear equations in all actions of all players and states; some 50 to 300 steps. The games of a
batch are solved one after the other. With a horizon, one table a state and stage, the games of a batch side by side.

When not to use it: it finds one equilibrium; there may be very many, and nothing says that this one is played. Two
players of a zero-sum game are better served by `shapley`. Equilibria that remember the past (grim trigger, tit-for-tat)
are not stationary: see `decide.critical_discount`. Near-ties of 1e-9 of the payoff range, and equilibria that are not
isolated, may end in ``FAILED``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from decide.games.normal import NormalForm
from decide.games.stochastic import StochasticGame
from decide.games.values import FloatArray
from decide.points import Status
from decide.solvers import many_players, nash
from decide.solvers.base import TIE, Found

if TYPE_CHECKING:
    from decide.equilibrium import Game

__all__ = ["markov_perfect", "refuses"]

Bools: TypeAlias = NDArray[np.bool_]

#: More actions than this, over all players and states, are refused: every step solves equations in all of them.
MOST_ACTIONS = 600
#: Curves that are tried, the first from even choices.
STARTS = 12
LETTERS = "abcdefghijklmnopqr"
#: Two players with up to so many pairs of supports (4 x 4): all equilibria of a stage are looked for.
FEW_BASES = 70
MOST_STEPS = 500
HIGHEST = 1e12
#: A single deviation may gain this much of the spread of the stage games' payoffs, no more.
CLOSE = 1e-11
#: How near the curve must be to an equilibrium, in probability, to be taken to lead there.
NEAR = 0.05


def refuses(game: Game | StochasticGame) -> str:
    """Say why a game is not taken, or nothing."""
    if not isinstance(game, StochasticGame):
        return "it takes a StochasticGame"
    total = sum(len(own) for _, _, own in game.places)
    return (
        f"it takes up to {MOST_ACTIONS} actions over all players and states; this game has {total}"
        if total > MOST_ACTIONS
        else ""
    )


def markov_perfect(game: StochasticGame, *, horizon: int | None = None) -> Found:
    """Find one Markov perfect equilibrium.

    Parameters
    ----------
    game : StochasticGame
        Any number of players, one game or a batch; for a horizon, as `StochasticGame.over` writes it.
    horizon : int, optional
        How many stages are played; without end unless given. Strategies then look at the stage too.

    Returns
    -------
    Found
        At most one row a game; none, and the status ``FAILED``, where every attempt failed. `complete` says that one
        was found; with a horizon, that it is the only one, since every stage was proved to have one equilibrium.
        `tied`, with a horizon, says that some stage has several.
    """
    flat = game.flat()
    n = flat.shape[0]
    if horizon is None:
        tied = np.zeros(n, dtype=np.bool_)
        each = [_stationary(flat[k]) for k in range(n)]
        done = np.array([found is not None for found in each], dtype=np.bool_)
        sure = done
        known = [found for found in each if found is not None]
        rows = [np.array([found[b] for found in known]).reshape(len(known), len(own))
                for b, (_, _, own) in enumerate(game.places)]  # fmt: skip
    else:
        play, done, tied, sure = _backwards(flat, horizon)
        rows = [own[done] for own in play]
    status = np.where(done, Status.SOLVED, Status.FAILED).astype(np.int8)
    return Found(np.flatnonzero(done), tuple(rows), done & sure, tied, status=status)


# ------------------------------------------------------------------ a horizon


def _backwards(game: StochasticGame, horizon: int) -> tuple[list[FloatArray], Bools, Bools, Bools]:
    """Solve the stages of a flat batch from the last; say which were solved, have ties, and have surely one answer."""
    n, total, rows = len(game.players), len(game.states), game.shape[0]
    n_states = (total - 1) // horizon
    discount = np.broadcast_to(np.asarray(game.discount), (rows,))
    values = np.zeros((rows, n, total))
    play: list[list[FloatArray]] = [[np.ones((rows, 1))] * n for _ in range(total)]
    done, tied = np.ones(rows, dtype=np.bool_), np.zeros(rows, dtype=np.bool_)
    sure = done.copy()
    for s in reversed(range(total - 1)):
        table = game.payoffs[s]
        then = slice((s // n_states + 1) * n_states, (s // n_states + 2) * n_states)
        if then.start < total - 1:
            later = np.einsum("g...t,git->gi...", game.transitions[s][..., then], values[..., then])
            table = table + discount.reshape(-1, *(1,) * (n + 1)) * later
        play[s], found, several, only = _stage(np.ascontiguousarray(table))
        done &= found
        tied |= several
        sure &= only
        for i in range(n):
            values[:, i, s] = _expected(table[:, i], play[s])
    return [play[s][i] for i in range(n) for s in range(total)], done, tied, sure


def _stage(tables: FloatArray) -> tuple[list[FloatArray], Bools, Bools, Bools]:
    """Solve the tables of one state, (n_games, n_players, a_0, ...): strategies; whether found, several, surely one."""
    rows, sizes = len(tables), tables.shape[2:]
    play = [np.full((rows, a), 1.0 / a) for a in sizes]
    none = np.zeros(rows, dtype=np.bool_)
    if max(sizes) == 1:
        return play, ~none, none, ~none
    game = NormalForm(tables, players=[str(i) for i in range(len(sizes))])
    left, several, sure = np.arange(rows), none, none
    if len(sizes) == 2 and math.comb(sum(sizes), sizes[0]) <= FEW_BASES:
        all_found = nash.nash(game)
        listed = all_found.write()
        count = np.bincount(listed.owner, minlength=rows)
        only = count[listed.owner] == 1
        for own, strategies in zip(play, listed.strategies, strict=True):
            own[listed.owner[only]] = strategies[only]
        left, several = np.flatnonzero(count != 1), (count != 1) | all_found.tied
        sure = ~several & listed.complete
        if tuple(sizes) == (2, 2):
            three = (count == 3) & ~all_found.tied
            rows_of = _risk_dominant(tables, listed, three)
            for own, strategies in zip(play, listed.strategies, strict=True):
                own[three] = strategies[rows_of]
            left = np.flatnonzero((count != 1) & ~three)
    done = ~none
    if len(left):
        one = many_players.one_equilibrium(game[left])
        done[left] = False
        done[left[one.owner]] = True
        several = several if len(sizes) == 2 else one.tied
        for own, strategies in zip(play, one.strategies, strict=True):
            own[left[one.owner]] = strategies
    return play, done, several, sure


def _risk_dominant(tables: FloatArray, listed: Found, three: Bools) -> NDArray[np.intp]:
    """Of two pure equilibria and a mixed one, the row of the one that risk-dominates; the mixed one if neither does."""
    rows = np.flatnonzero(three[listed.owner]).reshape(-1, 3)
    own = tables[listed.owner[rows]]  # (games, equilibria, player, a, b)
    a, b = (s[rows].argmax(axis=2) for s in listed.strategies)
    pure = np.all([s[rows].max(axis=2) == 1.0 for s in listed.strategies], axis=0)
    g, k = np.arange(len(rows))[:, None], np.arange(3)[None, :]
    loss = [own[g, k, 0, a, b] - own[g, k, 0, 1 - a, b], own[g, k, 1, a, b] - own[g, k, 1, a, 1 - b]]
    product = np.where(pure, loss[0] * loss[1], -np.inf)
    low, high = np.sort(product, axis=1)[:, 1:].T
    chosen = np.where(high - low <= TIE * high, (~pure).argmax(axis=1), product.argmax(axis=1))
    return np.asarray(rows[np.arange(len(rows)), chosen], dtype=np.intp)


def _expected(table: FloatArray, play: Sequence[FloatArray]) -> FloatArray:
    """What strategies are worth in tables (n_games, a_0, ...)."""
    for x in reversed(play):
        table = np.einsum("g...a,ga->g...", table, x)
    return table


def _average(table: FloatArray, play: Sequence[FloatArray], keep: tuple[int, ...] = ()) -> FloatArray:
    """Average tables (n_states, a_0, ..., a_{n-1}, ...) over what all but some players play."""
    left = LETTERS[: len(play)]
    for j in reversed(range(len(play))):
        if j not in keep:
            rest = left.replace(LETTERS[j], "")
            table = np.einsum(f"s{left}...,s{LETTERS[j]}->s{rest}...", table, play[j])
            left = rest
    return table


# ------------------------------------------------------------------ stationary play


class _Stages:
    """The stage games of a game at given strategies, and how they move with them.

    Strategies are one long vector ``p``: the blocks of `StochasticGame.places`, one after the other. Tables are held
    for all states together, (n_states, a_0, ..., a_{n-1}); states with fewer actions are filled up by actions that
    nobody plays.
    """

    def __init__(self, game: StochasticGame) -> None:
        self.n, self.n_states = len(game.players), len(game.states)
        self.discount = float(game.discount)
        low = np.array([min(float(u[i].min()) for u in game.payoffs) for i in range(self.n)])
        high = np.array([max(float(u[i].max()) for u in game.payoffs) for i in range(self.n)])
        unit = np.where(high > low, high - low, 1.0)
        widest = [max(len(own[i]) for own in game.actions) for i in range(self.n)]
        self.rewards = np.zeros((self.n, self.n_states, *widest))
        self.odds = np.zeros((self.n_states, *widest, self.n_states))
        for s, (u, odds) in enumerate(zip(game.payoffs, game.transitions, strict=True)):
            here: tuple[Any, ...] = tuple(slice(k) for k in u.shape[1:])
            lift = (slice(None), *(None,) * self.n)
            self.rewards[(slice(None), s, *here)] = (u - low[lift]) / unit[lift]
            self.odds[(s, *here)] = odds
        sizes = [len(own) for _, _, own in game.places]
        ends = np.cumsum(sizes)
        self.blocks = [slice(int(e) - k, int(e)) for e, k in zip(ends, sizes, strict=True)]
        self.size = int(ends[-1])
        self.state_of = np.repeat(np.tile(np.arange(self.n_states), self.n), sizes)
        self.starts = np.array([b.start for b in self.blocks])
        self.block_of = np.repeat(np.arange(len(sizes)), sizes)
        self.action_of = np.arange(self.size) - self.starts[self.block_of]
        self.own = [slice(self.blocks[i * self.n_states].start, self.blocks[(i + 1) * self.n_states - 1].stop)
                    for i in range(self.n)]  # fmt: skip
        #: Actions but the first of each block: what the logit equations are about.
        self.free = np.flatnonzero(np.arange(self.size) != self.starts[self.block_of])

    def softmax(self, z: FloatArray) -> FloatArray:
        """Probabilities from the log odds against each block's first action."""
        full = np.zeros(self.size)
        full[self.free] = z
        top = np.maximum.reduceat(full, self.starts)
        weight = np.exp(full - top[self.block_of])
        return np.asarray(weight / np.add.reduceat(weight, self.starts)[self.block_of])

    def worth(self, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what each action is worth, ``Q`` (size,), and its derivative by all probabilities (size, size)."""
        play = []
        for i, own in enumerate(self.own):
            x = np.zeros((self.n_states, self.rewards.shape[2 + i]))
            x[self.state_of[own], self.action_of[own]] = p[own]
            play.append(x)
        moves = _average(self.odds, play)
        gets = np.array([_average(r, play) for r in self.rewards])
        inverse = np.linalg.inv(np.eye(self.n_states) - self.discount * moves)
        values = gets @ inverse.T
        q, slope = np.empty(self.size), np.zeros((self.size, self.size))
        conditional = np.empty(self.size)  # what player i gets if somebody plays an action in a state
        for i, own in enumerate(self.own):
            state, action = self.state_of[own], self.action_of[own]
            table = self.rewards[i] + self.discount * (self.odds @ values[i])
            leads = _average(self.odds, play, (i,))[state, action]
            for j, other in enumerate(self.own):
                there, move = self.state_of[other], self.action_of[other]
                conditional[other] = _average(table, play, (j,))[there, move]
                if j != i:
                    pair = _average(table, play, (i, j))
                    pair = pair if i < j else pair.swapaxes(1, 2)
                    together = pair[state[:, None], action[:, None], move[None, :]]
                    slope[own, other] = np.where(state[:, None] == there[None, :], together, 0.0)
            q[own] = conditional[own]
            slope[own] += self.discount * (leads @ inverse)[:, self.state_of] * conditional
        return q, slope

    def gain(self, p: FloatArray, q: FloatArray) -> float:
        """The largest gain from a single deviation in some state."""
        best = np.maximum.reduceat(q, self.starts)
        return float((best - np.add.reduceat(p * q, self.starts)).max())


def _stationary(game: StochasticGame) -> list[FloatArray] | None:
    stages = _Stages(game)
    for start in range(STARTS):
        prior = np.zeros(len(stages.free))
        if start:
            prior = np.random.default_rng(start).normal(size=len(prior))
        for p, last in _follow(stages, prior):
            found = _nearby(stages, p, 2.0 if last else NEAR)
            if found is not None:
                return [found[b] for b in stages.blocks]
    return None


def _follow(stages: _Stages, prior: FloatArray) -> Iterator[tuple[FloatArray, bool]]:
    """Follow the logit curve, and yield the strategies each time the precision has doubled, and at the end."""
    z, r = prior.copy(), 0.0
    if not len(z):
        yield stages.softmax(z), True
        return
    tangent = np.append(np.zeros(len(z)), 1.0)
    step, due = 0.1, 1.0
    for _ in range(MOST_STEPS):
        moved = _step(stages, prior, z, r, tangent, step)
        if moved is None:
            step /= 4
            if step < 1e-9:
                break
            continue
        z, r, tangent, rounds = moved
        step *= 2.0 if rounds <= 3 else 1.2 if rounds <= 5 else 0.7
        if r > due:
            due = 2.0 * r
            yield stages.softmax(z), False
        if r > HIGHEST or r < -1.0:
            break
    yield stages.softmax(z), True


def _equations(stages: _Stages, prior: FloatArray, z: FloatArray, r: float) -> tuple[FloatArray, FloatArray]:
    """The logit equations (size,) and their derivative by log odds and precision, (size, size + 1)."""
    p = stages.softmax(z)
    q, slope = stages.worth(p)
    free, first = stages.free, stages.starts[stages.block_of[stages.free]]
    ahead = q[free] - q[first]
    same = stages.block_of[:, None] == stages.block_of[None, free]
    spread = np.where(same, -p[:, None] * p[None, free], 0.0)
    spread[free, np.arange(len(free))] += p[free]
    by_z = np.eye(len(free)) - r * (slope[free] - slope[first]) @ spread
    return z - prior - r * ahead, np.column_stack([by_z, -ahead])


def _step(
    stages: _Stages, prior: FloatArray, z: FloatArray, r: float, before: FloatArray, length: float
) -> tuple[FloatArray, float, FloatArray, int] | None:
    """Take one step along the curve: along its tangent, then back to it at a right angle."""
    _, slope = _equations(stages, prior, z, r)
    side = np.append(np.zeros(len(z)), 1.0)
    try:
        tangent = np.linalg.solve(np.vstack([slope, before]), side)
        tangent /= np.linalg.norm(tangent)
        point = np.append(z, r) + length * tangent
        for rounds in range(1, 9):
            error, slope = _equations(stages, prior, point[:-1], float(point[-1]))
            move = np.linalg.solve(np.vstack([slope, tangent]), np.append(error, 0.0))
            point = point - move
            size = float(np.linalg.norm(move))
            if not np.isfinite(size) or size > max(length, 1e-6 * float(np.linalg.norm(point))):
                return None
            if size <= 1e-9 * (1.0 + float(np.linalg.norm(point))):
                return point[:-1], float(point[-1]), tangent, rounds
    except np.linalg.LinAlgError:
        return None
    return None


def _nearby(stages: _Stages, p: FloatArray, near: float) -> FloatArray | None:
    """Look for an equilibrium on the actions that seem to be played."""
    top = np.maximum.reduceat(p, stages.starts)[stages.block_of]
    tried: list[NDArray[np.bool_]] = []
    for share in (1.0, 0.5, 0.1, 1e-2, 1e-3, 1e-5):
        support = p >= share * top
        if any(np.array_equal(support, old) for old in tried):
            continue
        tried.append(support)
        found = _on_support(stages, p, support)
        if found is not None and float(np.abs(found - p).max()) <= near:
            return found
    return None


def _on_support(stages: _Stages, p: FloatArray, support: NDArray[np.bool_]) -> FloatArray | None:
    """Solve for strategies that make the played actions equally good, by Newton's method; None if no equilibrium."""
    played = np.flatnonzero(support)
    owner = stages.block_of[played]
    firsts = np.flatnonzero(np.diff(owner, prepend=-1))
    first = played[firsts][owner]
    ties = np.flatnonzero(played != first)
    sums = (owner[None, :] == np.arange(len(stages.blocks))[:, None]).astype(np.float64)
    x = p[played] / (sums.T @ (sums @ p[played]))
    for _ in range(30):
        full = np.zeros(stages.size)
        full[played] = x
        q, slope = stages.worth(full)
        error = np.concatenate([(q[played] - q[first])[ties], sums @ x - 1.0])
        rows = (slope[played] - slope[first])[ties][:, played]
        move = np.linalg.lstsq(np.vstack([rows, sums]), error, rcond=None)[0]
        x = x - move
        if not np.abs(x).max() < 10.0:
            return None
        if np.abs(move).max() <= 1e-15:
            break
    if x.min() < -1e-10:
        return None
    full = np.zeros(stages.size)
    full[played] = np.maximum(x, 0.0)
    full /= np.add.reduceat(full, stages.starts)[stages.block_of]
    q, _ = stages.worth(full)
    spread = max(1.0, float((np.maximum.reduceat(q, stages.starts) - np.minimum.reduceat(q, stages.starts)).max()))
    return full if stages.gain(full, q) <= CLOSE * spread else None
