"""Level-k thinking and the cognitive hierarchy, any number of players, batched: a prediction, not an equilibrium.

Level 0 plays a given mixture, evenly unless said otherwise. In *plain level-k* (Nagel 1995; Stahl & Wilson 1995) a
player of level k takes all others to be of level k - 1 and replies to them::

    s_0 given,    s_k,i = reply_i(s_{k-1,-i}).

In the *cognitive hierarchy* (Camerer, Ho & Chong 2004) levels are Poisson distributed with mean tau, and a player of
level k takes every other to be of one of the levels below, in their true proportions::

    f(h) = exp(-tau) tau^h / h!,    s_k,i = reply_i(m_k,-i),    m_k = sum_{h<k} f(h) s_h / sum_{h<k} f(h).

The others' levels are independent, so they mix independently as each player's ``m_k``. Without a level what is returned
is the *population*: the average of ``s_k`` with weights ``f(k)``, up to where these fall below 1e-12.

The reply is the best reply, ties (within 1e-9 of the player's payoff range) split equally and reported, or, with a
precision, the logit reply.

Plain level-k defaults to level 2: the lowest level that thinks about a player who thinks, and the highest that
experiments find often (Nagel 1995).

Cost: levels x players x profiles x games.

When not to use it: for players who have met before or can learn; there an equilibrium is the better prediction. Levels
and tau are found from data, not from the game; do not read a certificate of the chain as evidence for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import SolveError, unknown
from decide.games.values import FloatArray
from decide.solvers.base import TIE, Found
from decide.solvers.logit import batch_number, precisions, shaped

if TYPE_CHECKING:
    from decide.games.normal import NormalForm

__all__ = ["chain", "level_k", "poisson", "prepare"]

#: Weights of levels beyond which the population is cut off, and the largest mean level taken.
LEAST_WEIGHT = 1e-12
LARGEST_TAU = 500.0
#: The highest level taken.
HIGHEST = 100_000


def prepare(game: NormalForm, options: Mapping[str, Any]) -> tuple[NormalForm, dict[str, Any]]:
    """Repeat one game over options that are arrays, and write options by player in the order of the players."""
    settled = dict(options)
    level = settled.get("level")
    if isinstance(level, Mapping):
        settled["level"] = _by_player(game, "level", level, required=True)
    if isinstance(settled.get("rationality"), Mapping):
        settled["rationality"] = _by_player(game, "rationality", settled["rationality"], required=True)
    if isinstance(settled.get("level_0"), Mapping):
        given = _by_player(game, "level_0", settled["level_0"], required=False)
        settled["level_0"] = {p: _distribution(game, p, given.get(p, "uniform")) for p in game.players}
    first = settled.get("level_0")
    odds = [p for own in first.values() for p in own.values()] if isinstance(first, Mapping) else []
    return shaped(game, settled.get("rationality"), settled.get("hierarchy"), *odds), settled


def level_k(
    game: NormalForm,
    *,
    level: Any = None,
    rationality: Any = np.inf,
    level_0: Any = "uniform",
    hierarchy: Any = None,
) -> Found:
    """Predict by level-k thinking or, with a mean level, by the cognitive hierarchy.

    Parameters
    ----------
    game : NormalForm
        One game or a batch, any number of players.
    level : int or mapping of str to int, optional
        The players' level, from 0 to 100,000, for all of them or for each by name (then for every one); never an array.
        Unless given it is 2 in plain level-k; in the cognitive hierarchy the population is returned instead.
    rationality : float, array or mapping of str to these
        Precision of the logit reply per unit of payoff, from 0 on: a number, an array of the batch's shape (or one that
        broadcasts to it), or a mapping from every player to these. Infinity, the default, is the best reply. None is
        refused.
    level_0 : "uniform" or mapping
        What level 0 plays; evenly unless given. Otherwise by player: ``"uniform"``, a mapping from action to
        probability (actions left out have 0), or the probabilities in the order of the actions. A probability is a
        number or an array of the batch's shape. Players left out mix evenly.
    hierarchy : float or array, optional
        Mean level of the cognitive hierarchy, from 0 to 500: a number, or an array of the batch's shape. Plain level-k
        unless given.

    Returns
    -------
    Found
        One row a game. `tied` says that a best reply which counts was split between tied actions.

    Raises
    ------
    SolveError
        If an option is none of these, or a mapping of `level` or `rationality` leaves a player out.
    UnknownNameError
        If a mapping names a player or an action that does not exist.

    """
    _, settled = prepare(game, {"level": level, "level_0": level_0})
    tau = None if hierarchy is None else _mean_level(game, hierarchy)
    levels = _levels(game, settled["level"], population=tau is not None)
    start = _start(game, settled["level_0"])
    strategies, tied = chain(game.entries(), start, levels, precisions(game, rationality, "level_k"), tau)
    n = len(tied)
    return Found(np.arange(n), strategies, np.ones(n, dtype=np.bool_), tied)


def chain(
    entries: FloatArray,
    start: Sequence[FloatArray],
    levels: Sequence[int] | None,
    precision: FloatArray,
    tau: FloatArray | None,
) -> tuple[tuple[FloatArray, ...], NDArray[np.bool_]]:
    """Reply level by level.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    start : sequence of numpy.ndarray, shape (a_i, n)
        Level 0.
    levels : sequence of int, optional
        Per player; None asks for the population, and needs tau.
    precision : numpy.ndarray, shape (n_players, n)
        Per unit of payoff; infinity is the best reply.
    tau : numpy.ndarray, shape (n,), optional
        Mean level of the cognitive hierarchy; None is plain level-k.

    Returns
    -------
    strategies : tuple of numpy.ndarray, shape (n, a_i)
    tied : numpy.ndarray of bool, shape (n,)
        Whether a best reply that counts was split between tied actions.
    """
    profiles = tuple(range(1, entries.ndim - 1))
    low = entries.min(axis=profiles, keepdims=True)
    span = entries.max(axis=profiles, keepdims=True) - low
    units = (entries - low) / np.where(span > 0, span, 1.0)
    with np.errstate(over="ignore", invalid="ignore"):
        rate = np.where(np.isinf(precision), np.inf, precision * span.reshape(precision.shape))
    weights = np.zeros((0, entries.shape[-1])) if tau is None else poisson(tau)
    highest = len(weights) - 1 if levels is None else max(levels)
    own = [np.asarray(s, dtype=np.float64) for s in start]
    below, total = [np.zeros_like(s) for s in own], np.zeros(entries.shape[-1])
    found = [s if levels is None or k == 0 else s * 0.0 for s, k in zip(own, levels or [1] * len(own), strict=True)]
    if levels is None:
        found = [weights[0] * s for s in own]
    tied = np.zeros(entries.shape[-1], dtype=np.bool_)
    for k in range(1, highest + 1):
        others = own
        if tau is not None:
            share = weights[k - 1] if k <= len(weights) else np.zeros_like(total)
            below = [b + share * s for b, s in zip(below, own, strict=True)]
            total = total + share
            others = [b / total for b in below]
        replies = [_reply(u, others, i, rate[i]) for i, u in enumerate(units)]
        own = [r[0] for r in replies]
        counts = [True] * len(own)
        if levels is None:
            found = [f + weights[k] * s for f, s in zip(found, own, strict=True)]
        else:
            found = [s if level == k else f for s, f, level in zip(own, found, levels, strict=True)]
            counts = [_matters(levels, i, k, hierarchy=tau is not None) for i in range(len(own))]
        met = weights[k] > 0 if levels is None else np.ones_like(tied)
        for (_, split), matters in zip(replies, counts, strict=True):
            tied |= split & met & matters
    return tuple(np.ascontiguousarray((f / f.sum(axis=0)).T) for f in found), tied


def _matters(levels: Sequence[int], player: int, k: int, *, hierarchy: bool) -> bool:
    """Whether what a player of level k does is part of the answer, or of somebody's reasoning that leads to it."""
    if levels[player] == k:
        return True
    n = len(levels)
    if n == 1:
        return False
    if hierarchy:
        return any(top > k + (i == player) for i, top in enumerate(levels))
    # going down one level changes the player who is thought about; with three or more it may be anyone
    return any(
        top > k and ((n > 2 and top - k >= 2) or (i == player) == ((top - k) % 2 == 0)) for i, top in enumerate(levels)
    )


def poisson(tau: FloatArray) -> FloatArray:
    """Return the weights of the levels 0, 1, ..., shape (levels, n), summing to 1; those below 1e-12 are left out."""
    top = float(tau.max(initial=0.0))
    k = np.arange(int(top + 10.0 * np.sqrt(top) + 30.0))[:, None]
    logs = np.concatenate([np.zeros((1, 1)), np.cumsum(np.log(k[1:]), axis=0)])
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.where(k == 0, 0.0, k * np.log(tau))
    weights = np.exp(power - tau - logs)
    weights[(weights < LEAST_WEIGHT) & (k > tau)] = 0.0
    used = int(np.flatnonzero(weights.any(axis=1)).max(initial=0))
    return np.asarray(weights[: used + 1] / weights.sum(axis=0))


def _reply(
    u: FloatArray, others: Sequence[FloatArray], i: int, rate: FloatArray
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Reply to the others' mixtures, (a_i, n); also where a best reply was split between tied actions."""
    for j in reversed(range(len(others))):
        if j != i:
            p = others[j].reshape((u.shape[j],) + (1,) * (u.ndim - j - 2) + (-1,))
            u = (u * p).sum(axis=j)
    short = u - u.max(axis=0)
    exact = np.isinf(rate)
    with np.errstate(over="ignore"):
        soft = np.exp(np.where(exact, 0.0, rate) * short)
    best = short >= -TIE
    weight = np.where(exact, best, soft)
    return weight / weight.sum(axis=0), exact & (best.sum(axis=0) > 1)


# ------------------------------------------------------------------ reading the options


def _levels(game: NormalForm, level: Any, *, population: bool) -> list[int] | None:
    if level is None:
        return None if population else [2] * len(game.players)
    by_player = level if isinstance(level, Mapping) else dict.fromkeys(game.players, level)
    found = []
    for player, k in by_player.items():
        if isinstance(k, bool | np.bool_) or not isinstance(k, int | np.integer) or not 0 <= k <= HIGHEST:
            what = f"level of {player}" if isinstance(level, Mapping) else "level"
            raise SolveError(f"{what} is {k!r}; expected a whole number from 0 to {HIGHEST}")
        found.append(int(k))
    return found


def _mean_level(game: NormalForm, hierarchy: Any) -> FloatArray:
    tau = batch_number(game, "hierarchy (the mean level)", hierarchy)
    if (tau > LARGEST_TAU).any():
        raise SolveError(
            f"hierarchy is {float(tau.max(initial=0.0))!r}; expected a mean level from 0 to {LARGEST_TAU:g}"
        )
    return tau


def _start(game: NormalForm, level_0: Any) -> list[FloatArray]:
    n = int(np.prod(game.shape, dtype=np.intp))
    if isinstance(level_0, Mapping):
        return [
            np.stack([np.broadcast_to(p, game.shape).reshape(-1) for p in level_0[player].values()])
            for player in game.players
        ]
    if not isinstance(level_0, str) or level_0 != "uniform":
        raise SolveError(f"level_0 is {level_0!r}; expected 'uniform', or a mapping from player to distribution")
    return [np.full((a, n), 1.0 / a) for a in game.n_actions]


def _by_player(game: NormalForm, what: str, given: Mapping[str, Any], *, required: bool) -> dict[str, Any]:
    for name in given:
        if name not in game.players:
            raise unknown(f"player (in {what})", name, game.players)
    absent = [p for p in game.players if p not in given]
    if absent and required:
        raise SolveError(f"{what} says nothing about {', '.join(absent)}; expected an entry for every player")
    return {p: given[p] for p in game.players if p in given}


def _distribution(game: NormalForm, player: str, given: Any) -> dict[str, Any]:
    """Read one player's level 0: probabilities by action, absent ones 0, or in the order of the actions."""
    actions = game.actions[game.player_index(player)]
    if isinstance(given, str) and given == "uniform":
        return dict.fromkeys(actions, 1.0 / len(actions))
    if isinstance(given, Mapping):
        for name in given:
            if name not in actions:
                raise unknown(f"action of {player} (in level_0)", name, actions)
        odds = [given.get(a, 0.0) for a in actions]
    else:
        if isinstance(given, str) or not hasattr(given, "__len__") or len(given) != len(actions):
            raise SolveError(f"level_0 of {player} is {given!r}; expected {len(actions)} probabilities, or 'uniform'")
        odds = list(given)
    try:
        numbers = [np.asarray(p, dtype=np.float64) for p in odds]
        total = sum(numbers, start=np.zeros(()))
    except (TypeError, ValueError):
        raise SolveError(f"level_0 of {player} is {given!r}; expected probabilities") from None
    if not all((p >= 0).all() for p in numbers) or not (np.abs(total - 1.0) <= 1e-9).all():
        raise SolveError(f"level_0 of {player} is {given!r}; expected probabilities from 0 on that sum to 1")
    return {a: p if p.ndim else float(p) for a, p in zip(actions, numbers, strict=True)}
