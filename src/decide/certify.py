"""The certificate: regret and residuals from payoffs and strategies alone, by code that no solver shares.

In a normal form, ``regret_i = max_a u_i(a, x_{-i}) - u_i(x)``, by contracting the payoff table one player at a time.

In a tree, regret is taken over whole plans, ex ante. Each leaf is weighted by chance and the others' strategies; the
weighted payoffs are summed by the deviator's own *sequence* (Romanovskii 1962, von Stengel 1996), and every
information set, the deepest first, passes its best sequence on to the one that led to it. Local regret compares moves
at one information set under its beliefs, everyone's later play given.

In a stochastic game regret is taken over whole stationary strategies, from every state: the others' strategies leave a
player a Markov decision problem, which is solved by policy iteration.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.games.extensive import CHANCE, LEAF, ExtensiveForm
from decide.games.stochastic import StochasticGame
from decide.games.values import FloatArray, Number

__all__ = [
    "TOLERANCE",
    "NormalCertificate",
    "StochasticCertificate",
    "TreeCertificate",
    "are_strategies",
    "coarse_residual",
    "commitment_residual",
    "correlated_residual",
    "exact_certificate",
    "joint_certificate",
    "level_k_residual",
    "logit_residual",
    "normal_certificate",
    "stochastic_certificate",
    "tree_certificate",
]

#: Nothing with a residual above this share of the payoff range is returned.
TOLERANCE = 1e-9
#: More actions than this are summed in one step; few are faster one by one, games side by side (measured).
MANY = 6


class NormalCertificate(NamedTuple):
    """Payoffs (n, n_players), regret and relative regret (n,) of strategy profiles."""

    payoffs: FloatArray
    regret: FloatArray
    relative: FloatArray


class TreeCertificate(NamedTuple):
    """Payoffs, regrets and local checks of behaviour strategies.

    Attributes
    ----------
    payoffs : numpy.ndarray, shape (n, n_players)
    regret, relative : numpy.ndarray, shape (n,)
        Over whole plans, ex ante; absolute, and over the player's payoff range.
    local_regret : numpy.ndarray, shape (n, n_infosets)
        In the player's units, 0 where choice is logit; empty unless beliefs are fixed by chance.
    residual : numpy.ndarray, shape (n,)
        The largest over information sets of local regret over the payoff range (exact choice) or of the distance
        from the logit probabilities.
    beliefs : tuple of numpy.ndarray, shape (n, n_nodes)
        Per information set, as fixed by chance; empty unless they are.
    """

    payoffs: FloatArray
    regret: FloatArray
    relative: FloatArray
    local_regret: FloatArray
    residual: FloatArray
    beliefs: tuple[FloatArray, ...]


def are_strategies(strategies: Sequence[FloatArray], n: int) -> NDArray[np.bool_]:
    """Whether every row is made of probability distributions: from 0, sum 1, within the tolerance; shape (n,)."""
    good = np.ones(n, dtype=np.bool_)
    for x in strategies:
        columns = [x[:, k] for k in range(x.shape[1])] if x.shape[1] <= MANY else [x.min(axis=1, initial=0.0)]
        total = x.sum(axis=1) if x.shape[1] > MANY else sum(columns, start=np.zeros(n))
        good &= np.abs(total - 1.0) <= TOLERANCE
        for column in columns:
            good &= column >= -TOLERANCE
    return good


def normal_certificate(entries: FloatArray, profile: Sequence[FloatArray]) -> NormalCertificate:
    """Compute payoffs and regret of one profile for each game.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    profile : sequence of numpy.ndarray, shape (n, a_i) each
        Mixed strategies.
    """
    n_players, n = len(entries), entries.shape[-1]
    payoffs, regret, relative = np.empty((n, n_players)), np.zeros(n), np.zeros(n)
    for i in range(n_players):
        flat = entries[i].reshape(math.prod(entries.shape[1:-1]), n)
        low = flat.min(axis=0)
        against = entries[i] - low  # a large offset must not drown the differences
        for j in reversed(range(n_players)):
            if j != i:
                against = _average(against, j, profile[j])
        own = _average(against, 0, profile[i])
        payoffs[:, i] = low + own + 0.0  # no -0.0
        gain = np.maximum(against.max(axis=0) - own, 0.0)
        regret = np.maximum(regret, gain)
        relative = np.maximum(relative, _over(gain, flat.max(axis=0) - low))
    return NormalCertificate(payoffs, regret, relative)


def _average(payoffs: FloatArray, axis: int, weights: FloatArray) -> FloatArray:
    """Average over one player's actions: weights (n, n_actions) over an axis of payoffs (..., n)."""
    n, m = weights.shape
    if m > MANY:
        shape = (m, *(1 for _ in payoffs.shape[axis + 1 : -1]), n)
        return np.asarray((payoffs * weights.T.reshape(shape)).sum(axis=axis))
    total = payoffs.take(0, axis=axis) * weights[:, 0]
    for k in range(1, m):
        total += payoffs[(slice(None),) * axis + (k,)] * weights[:, k]
    return total


def exact_certificate(
    payoffs: NDArray[Any], profile: Sequence[Sequence[Fraction]]
) -> tuple[tuple[Fraction, ...], Fraction]:
    """Compute payoffs and regret of one profile without rounding.

    Parameters
    ----------
    payoffs : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1})
        Fractions, or floats taken for the numbers they are.
    profile : sequence of sequence of Fraction
        Mixed strategies.
    """
    n_players, shape = len(payoffs), payoffs.shape[1:]
    against = [[Fraction(0)] * n for n in shape]
    for index in np.ndindex(*shape):
        for i in range(n_players):
            weight = math.prod((profile[j][index[j]] for j in range(n_players) if j != i), start=Fraction(1))
            if weight:
                against[i][index[i]] += weight * Fraction(payoffs[(i, *index)])
    expected = tuple(
        sum((p * u for p, u in zip(x, own, strict=True)), Fraction(0)) for x, own in zip(profile, against, strict=True)
    )
    return expected, max(max(own) - u for own, u in zip(against, expected, strict=True))


def joint_certificate(entries: FloatArray, joint: FloatArray) -> NormalCertificate:
    """Compute payoffs and regret where the profile is drawn from a joint distribution.

    Regret is what a player could gain by an action decided on *before* hearing what it is told to play (the others
    still follow what they are told): the slack of a coarse correlated equilibrium.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    joint : numpy.ndarray, shape (n, n_profiles)
        Probability of every profile, the last player's action fastest.
    """
    n_players, n = len(entries), entries.shape[-1]
    shape = entries.shape[1:-1]
    weight = joint.T.reshape(*shape, n)
    payoffs, regret, relative = np.empty((n, n_players)), np.zeros(n), np.zeros(n)
    axes = tuple(range(n_players))
    for i in range(n_players):
        low = entries[i].min(axis=axes)
        above = entries[i] - low  # a large offset must not drown the differences
        own = (weight * above).sum(axis=axes)
        payoffs[:, i] = low + own + 0.0  # no -0.0
        others = tuple(j for j in axes if j != i)
        alone = (weight.sum(axis=i, keepdims=True) * above).sum(axis=others)
        gain = np.maximum(alone.max(axis=0) - own, 0.0)
        regret = np.maximum(regret, gain)
        relative = np.maximum(relative, _over(gain, above.max(axis=axes)))
    return NormalCertificate(payoffs, regret, relative)


def correlated_residual(
    entries: FloatArray, strategies: Sequence[FloatArray], joint: FloatArray | None, **_options: Any
) -> FloatArray:
    """Compute the error of correlated equilibria: the most that disobeying one recommendation gains.

    For each player, each action it may be told and each it may do instead, the gain is weighted by the probability of
    being told so (it is not conditional on it) and divided by the player's payoff range. The options do not matter.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    strategies : sequence of numpy.ndarray, shape (n, a_i) each
        The marginals; how far they are from those of `joint` counts as error.
    joint : numpy.ndarray, shape (n, n_profiles)
        Probability of every profile, the last player's action fastest.

    Returns
    -------
    numpy.ndarray, shape (n,)
    """
    return _disobedience(entries, strategies, joint, once=True)


def coarse_residual(
    entries: FloatArray, strategies: Sequence[FloatArray], joint: FloatArray | None, **_options: Any
) -> FloatArray:
    """Compute the error of coarse correlated equilibria: the most that one action fixed beforehand gains.

    Over the player's payoff range; parameters as for `correlated_residual`.
    """
    return _disobedience(entries, strategies, joint, once=False)


def _disobedience(
    entries: FloatArray, strategies: Sequence[FloatArray], joint: FloatArray | None, *, once: bool
) -> FloatArray:
    """The most gained by doing b where told a, for one a (`once`) or whatever is told; taken action by action."""
    n_players, n = len(entries), entries.shape[-1]
    if joint is None:
        return np.full(n, np.inf)
    weight = joint.T.reshape(*entries.shape[1:-1], n)
    axes = tuple(range(n_players))
    residual: FloatArray = np.maximum(np.abs(joint.sum(axis=1) - 1.0), -joint.min(axis=1))
    for i, u in enumerate(entries):
        others = tuple(j for j in axes if j != i)
        residual = np.maximum(residual, np.abs(weight.sum(axis=others).T - strategies[i]).max(axis=1))
        scale = u.max(axis=axes) - u.min(axis=axes)
        for b in range(u.shape[i]):
            gain = (weight * (np.take(u, [b], axis=i) - u)).sum(axis=others)  # differences first: offsets cancel
            gain = gain.max(axis=0) if once else gain.sum(axis=0)
            residual = np.maximum(residual, _over(gain, scale))
    return residual


def commitment_residual(
    entries: FloatArray,
    strategies: Sequence[FloatArray],
    joint: FloatArray | None = None,  # noqa: ARG001  (every residual is called alike)
    *,
    players: Sequence[str] = (),
    leader: str | None = None,
    ties: str = "strong",  # noqa: ARG001
    mixed: bool = True,  # noqa: ARG001
) -> FloatArray:
    """Compute the follower's regret over its payoff range; the leader cannot deviate, so its own does not count.

    Parameters
    ----------
    entries : numpy.ndarray, shape (2, a_0, a_1, n)
        Payoffs, games last.
    strategies : sequence of numpy.ndarray, shape (n, a_i) each
    players : sequence of str
        Names, to tell who a named leader is; if it cannot be told, both players' regrets count.
    leader : str, optional
        The first player, unless given.
    """
    x, y = strategies
    entries = entries - entries.min(axis=(1, 2), keepdims=True)  # differences survive what rounding does to averages
    values = (np.einsum("ijn,nj->in", entries[0], y), np.einsum("ijn,ni->jn", entries[1], x))
    residual = np.zeros(entries.shape[-1])
    for i in (0, 1):
        leads = i == 0 if leader is None else i < len(players) and players[i] == leader
        if not leads:
            gain = np.maximum(values[i].max(axis=0) - np.einsum("nk,kn->n", strategies[i], values[i]), 0.0)
            residual = np.maximum(residual, _over(gain, np.ptp(entries[i], axis=(0, 1))))
    return residual


def logit_residual(
    entries: FloatArray,
    strategies: Sequence[FloatArray],
    joint: FloatArray | None = None,  # noqa: ARG001  (every residual is called alike)
    *,
    players: Sequence[str] = (),  # noqa: ARG001
    rationality: Any,
) -> FloatArray:
    """Compute how far strategies are from the logit replies to each other.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    strategies : sequence of numpy.ndarray, shape (n, a_i) each
    rationality : float, numpy.ndarray of shape (n,), or a mapping with these in the order of the players
        Precision per unit of payoff; where it is infinite, the player's regret over its payoff range counts.

    Returns
    -------
    numpy.ndarray, shape (n,)
        The largest distance between a probability and the logit reply's.
    """
    n = entries.shape[-1]
    residual = np.zeros(n)
    for i, precision in enumerate(_by_player(rationality, len(entries), n)):
        reply, gain = _soft_reply(entries[i], strategies, i, precision)
        away = np.abs(reply - strategies[i]).max(axis=1)
        regret = (strategies[i] * gain).sum(axis=1)
        residual = np.maximum(residual, np.where(np.isinf(precision), regret, away))
    return residual


def level_k_residual(
    entries: FloatArray,
    strategies: Sequence[FloatArray],
    joint: FloatArray | None = None,  # noqa: ARG001
    *,
    players: Sequence[str] = (),  # noqa: ARG001
    level: Any = None,
    rationality: Any = math.inf,
    level_0: Any = "uniform",
    hierarchy: Any = None,
) -> FloatArray:
    """Compute how far strategies are from what the chain of levels, written out again, predicts.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    strategies : sequence of numpy.ndarray, shape (n, a_i) each
    level, rationality, level_0, hierarchy
        As for the method; mappings are in the order of the players, and `level_0` maps on to actions.
    """
    n_players, n = len(entries), entries.shape[-1]
    precision = _by_player(rationality, n_players, n)
    if isinstance(level_0, Mapping):
        first = [np.stack([np.broadcast_to(p, n) for p in own.values()], axis=1) for own in level_0.values()]
    else:
        first = [np.full(s.shape, 1.0 / s.shape[1]) for s in strategies]
    tau = None if hierarchy is None else np.broadcast_to(np.asarray(hierarchy, dtype=np.float64), n)
    everyone = tau is not None and level is None
    tops = list(level.values()) if isinstance(level, Mapping) else [2 if level is None else level] * n_players
    highest = int(np.max(tau) + 12.0 * np.sqrt(np.max(tau)) + 40.0) if tau is not None and everyone else max(tops)
    stages = [first]
    mass = np.zeros((highest + 1, n)) if tau is None else _level_odds(tau, highest)
    for k in range(1, highest + 1):
        if tau is None:
            seen: Sequence[FloatArray] = stages[k - 1]
        else:
            share = mass[:k] / mass[:k].sum(axis=0)
            seen = [sum((share[h][:, None] * stages[h][i] for h in range(k)), np.zeros(())) for i in range(n_players)]
        stages.append([_soft_reply(entries[i], seen, i, precision[i])[0] for i in range(n_players)])
    residual = np.zeros(n)
    for i, played in enumerate(strategies):
        if everyone:
            expected = sum((mass[k][:, None] * stages[k][i] for k in range(highest + 1)), np.zeros(()))
        else:
            expected = stages[tops[i]][i]
        residual = np.maximum(residual, np.abs(expected - played).max(axis=1))
    return residual


def _by_player(rationality: Any, n_players: int, n: int) -> list[FloatArray]:
    values = list(rationality.values()) if isinstance(rationality, Mapping) else [rationality] * n_players
    return [np.broadcast_to(np.asarray(v, dtype=np.float64), n) for v in values]


def _level_odds(tau: FloatArray, highest: int) -> FloatArray:
    """Poisson probabilities of the levels, shape (highest + 1, n), by recursion."""
    odds = np.empty((highest + 1, len(tau)))
    odds[0] = np.exp(-tau)
    for k in range(1, highest + 1):
        odds[k] = odds[k - 1] * tau / k
    return odds


def _soft_reply(
    payoffs: FloatArray, profile: Sequence[FloatArray], player: int, precision: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """A player's logit reply (n, n_actions), best replies split equally at infinity; also what each action loses."""
    flat = payoffs.reshape(math.prod(payoffs.shape[:-1]), payoffs.shape[-1])
    low, high = flat.min(axis=0), flat.max(axis=0)
    against = payoffs - low  # before averaging, so that offsets leave no rounding
    for j in reversed(range(len(profile))):
        if j != player:
            against = _average(against, j, profile[j])
    short = (against.max(axis=0) - against).T
    relative = _over(short, (high - low)[:, None])
    exact = np.isinf(precision)[:, None]
    with np.errstate(over="ignore"):
        weight = np.where(exact, relative <= TOLERANCE, np.exp(-np.where(exact, 0.0, precision[:, None]) * short))
    return weight / weight.sum(axis=1, keepdims=True), relative


def _over(gain: FloatArray, scale: FloatArray | float) -> FloatArray:
    """Gain over scale; where the scale is 0 nothing can be gained."""
    some = np.asarray(scale) > 0
    return np.where(some, gain / np.where(some, scale, 1.0), 0.0)


def tree_certificate(tree: ExtensiveForm, strategies: Sequence[FloatArray], *, local: bool) -> TreeCertificate:
    """Compute payoffs, whole-plan regret and, if asked, local checks of behaviour strategies.

    Parameters
    ----------
    tree : ExtensiveForm
        One game, or a batch of n.
    strategies : sequence of numpy.ndarray, shape (n, n_actions) each
        Per information set.
    local : bool
        Also check every information set under the beliefs chance fixes; only for trees in which it does.

    Notes
    -----
    Cost: players x nodes x n.
    """
    s, pool = tree.structure, tree.flat_pool()
    n = len(strategies[0]) if strategies else int(np.prod(tree.shape, dtype=np.intp))
    payoffs, regret, relative = np.empty((n, len(s.players))), np.zeros(n), np.zeros(n)
    spans = [_payoff_range(tree, pool, i) for i in range(len(s.players))]
    scales = [high - low for low, high in spans]
    above = [_less(tree, pool, i, low) for i, (low, _) in enumerate(spans)]  # offsets must not drown differences
    edge = [_edge_odds(tree, pool, strategies, node) for node in range(len(s.rows))]
    everyone = _reach(tree, edge, None)
    for i in range(len(s.players)):
        own = sum((everyone[leaf] * above[i][s.rows[leaf][3][i]] for leaf in s.leaves), start=np.zeros(n))
        payoffs[:, i] = spans[i][0] + own
        gain = np.maximum(_best_plan(tree, above[i], _reach(tree, edge, i), i) - own, 0.0)
        regret = np.maximum(regret, gain)
        relative = np.maximum(relative, _over(gain, scales[i]))
    if not local:
        return TreeCertificate(payoffs, regret, relative, np.zeros((0, 0)), relative, ())
    beliefs = _chance_beliefs(tree, pool, n)
    values = [_expected(tree, above[i], edge, i) for i in range(len(s.players))]
    local_regret, residual = _check_infosets(tree, pool, strategies, values, beliefs, scales, n)
    return TreeCertificate(payoffs, regret, relative, local_regret, residual, beliefs)


def _less(tree: ExtensiveForm, pool: list[Number], player: int, low: Any) -> list[Any]:
    """The pool with one player's payoffs counted from its lowest; only its payoffs may be read from it."""
    shifted: list[Any] = list(pool)
    for k in {tree.structure.rows[leaf][3][player] for leaf in tree.structure.leaves}:
        shifted[k] = pool[k] - low
    return shifted


def _payoff_range(tree: ExtensiveForm, pool: list[Number], player: int) -> tuple[Any, Any]:
    """A player's lowest and highest payoff."""
    s = tree.structure
    values = [pool[k] for k in dict.fromkeys(s.rows[leaf][3][player] for leaf in s.leaves)]
    high: Any = values[0]
    low: Any = values[0]
    for value in values[1:]:
        high, low = np.maximum(high, value), np.minimum(low, value)
    return low, high


def _edge_odds(tree: ExtensiveForm, pool: list[Number], strategies: Sequence[FloatArray], node: int) -> Any:
    """Probability of the move that leads to a node, given that its parent is reached."""
    s = tree.structure
    up = s.parent[node]
    if up < 0:
        return 1.0
    if s.kind[up] == CHANCE:
        return pool[s.rows[up][3][s.branch[node]]]
    odds = strategies[s.infoset_of[up]][:, s.branch[node]]
    return odds if len(odds) != 1 else float(odds[0])  # one game: plain floats, which cost a tenth of arrays of one


def _reach(tree: ExtensiveForm, edge: list[Number], without: int | None) -> list[Number]:
    """Probability of reaching each node, not counting one player's own moves."""
    s = tree.structure
    reach: list[Number] = [1.0] * len(s.rows)
    for node in range(1, len(s.rows)):
        up = s.parent[node]
        own = s.infoset_of[up] >= 0 and s.infosets[s.infoset_of[up]].player == without
        reach[node] = reach[up] if own else reach[up] * edge[node]
    return reach


def _best_plan(tree: ExtensiveForm, pool: list[Number], reach: list[Number], player: int) -> Any:
    """The most a player can expect, all plans considered, when the others and chance weigh the leaves by `reach`."""
    s = tree.structure
    table = s.sequence_table[player]
    worth: list[Any] = [0.0] * len(table)
    for leaf in s.leaves:
        q = s.sequences[player][leaf]
        worth[q] = worth[q] + reach[leaf] * pool[s.rows[leaf][3][player]]
    own = [h for h, info in enumerate(s.infosets) if info.player == player]
    before = {h: s.sequences[player][s.infosets[h].nodes[0]] for h in own}
    step = {pair: q for q, pair in enumerate(table)}
    for h in sorted(own, key=before.__getitem__, reverse=True):  # later sequences continue earlier ones
        best = worth[step[before[h], h, 0]]
        for a in range(1, len(s.infosets[h].actions)):
            best = np.maximum(best, worth[step[before[h], h, a]])
        worth[before[h]] = worth[before[h]] + best
    return worth[0]


def _chance_beliefs(tree: ExtensiveForm, pool: list[Number], n: int) -> tuple[FloatArray, ...]:
    """Beliefs at each information set by chance alone; equal ones where chance never leads there."""
    s = tree.structure
    chance: list[Number] = [1.0] * len(s.rows)
    for node in range(1, len(s.rows)):
        up = s.parent[node]
        odds = pool[s.rows[up][3][s.branch[node]]] if s.kind[up] == CHANCE else 1.0
        chance[node] = chance[up] * odds
    found = []
    for info in s.infosets:
        weight = np.stack([np.broadcast_to(np.asarray(chance[node]), (n,)) for node in info.nodes], axis=1)
        weight = np.maximum(weight, 0.0)
        total = weight.sum(axis=1, keepdims=True)
        equal = np.full(weight.shape, 1 / len(info.nodes))
        single = len(info.nodes) == 1
        found.append(equal if single else np.where(total > 0, weight / np.where(total > 0, total, 1.0), equal))
    return tuple(found)


def _check_infosets(
    tree: ExtensiveForm,
    pool: list[Number],
    strategies: Sequence[FloatArray],
    values: list[list[Number]],
    beliefs: tuple[FloatArray, ...],
    scales: list[Number],
    n: int,
) -> tuple[FloatArray, FloatArray]:
    s = tree.structure
    local, residual = np.zeros((n, len(s.infosets))), np.zeros(n)
    for h, info in enumerate(s.infosets):
        value = values[info.player]
        q: NDArray[np.float64] = np.zeros((n, len(info.actions)))
        for k, node in enumerate(info.nodes):
            for child in s.children[node]:
                q[:, s.branch[child]] += beliefs[h][:, k] * value[child]
        if info.rationality >= 0:
            precision = np.broadcast_to(np.asarray(pool[info.rationality]), (n,))
            logit = np.isfinite(precision)
            error = np.abs(strategies[h] - _softmax(q, np.where(logit, precision, 0.0))).max(axis=1)
            residual = np.maximum(residual, np.where(logit, error, 0.0))
        else:
            logit = np.zeros(n, dtype=np.bool_)
        gain = np.maximum(q.max(axis=1) - (q * strategies[h]).sum(axis=1), 0.0)
        local[:, h] = np.where(logit, 0.0, gain)
        residual = np.maximum(residual, _over(local[:, h], scales[info.player]))
    return local, residual


def _softmax(q: FloatArray, precision: FloatArray) -> FloatArray:
    weight = np.exp(precision[:, None] * (q - q.max(axis=1, keepdims=True)))
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def _expected(tree: ExtensiveForm, pool: list[Number], edge: list[Number], player: int) -> list[Number]:
    """A player's expected payoff from every node on."""
    s = tree.structure
    value: list[Number] = [0.0] * len(s.rows)
    for node in reversed(range(len(s.rows))):
        if s.kind[node] == LEAF:
            value[node] = pool[s.rows[node][3][player]]
        else:
            value[node] = sum((edge[child] * value[child] for child in s.children[node]), start=0.0)
    return value


class StochasticCertificate(NamedTuple):
    """Values and best replies of stationary strategies.

    Attributes
    ----------
    values, best : numpy.ndarray, shape (n_players, n_states)
        The discounted payoff from each state on; the same if that player alone replied as well as it can.
    regret, relative : float
        The largest gain, over players and states, from changing one's own strategy for good; the same times
        ``1 - discount``, as a share of that player's payoff range.
    """

    values: FloatArray
    best: FloatArray
    regret: float
    relative: float


def stochastic_certificate(
    game: StochasticGame, strategies: Sequence[FloatArray], *, horizon: int | None = None
) -> StochasticCertificate:
    """Check stationary strategies of a stochastic game.

    Against the others' strategies a player faces a Markov decision problem, which policy iteration solves exactly; some
    best reply is stationary (Blackwell 1962), so no deviation whatever gains more.

    Parameters
    ----------
    game : StochasticGame
    strategies : sequence of numpy.ndarray, shape (n_actions,) each
        In the order of ``game.places``.
    horizon : int, optional
        If the game is one whose stages were written out (see `StochasticGame.over`), how many: payoff ranges are then
        those of the stages, without the end, and an average is over so many.
    """
    n, n_states = len(game.players), len(game.states)
    plays = [[np.asarray(strategies[i * n_states + s]) for i in range(n)] for s in range(n_states)]
    moves = [_met(odds, play) for odds, play in zip(game.transitions, plays, strict=True)]
    values, best = np.empty((n, n_states)), np.empty((n, n_states))
    regret = relative = 0.0
    for i in range(n):
        # From the middle of the range, so that a large offset does not drown small differences.
        low = min(float(u[i].min()) for u in game.payoffs)
        high = max(float(u[i].max()) for u in game.payoffs)
        middle, span = low / 2 + high / 2, high - low
        unit = span if span > 0 else 1.0
        rewards, odds = [], []
        for s, play in enumerate(plays):
            own = (game.payoffs[s][i] - middle) / unit
            rewards.append(_met(own[..., None], play, i)[:, 0])
            odds.append(_met(game.transitions[s], play, i))
        u = np.array([play[i] @ r for play, r in zip(plays, rewards, strict=True)])
        held = _held_value(u, np.array(moves), game.discount)
        reached = _best_held(rewards, odds, game.discount)
        gain = float((reached - held).max())
        shift = middle / (1.0 - game.discount)
        values[i], best[i] = held * unit + shift, reached * unit + shift
        regret = max(regret, gain * unit)
        staged = game.payoffs if horizon is None else game.payoffs[:-1]
        scale = (max(float(u[i].max()) for u in staged) - min(float(u[i].min()) for u in staged)) / unit
        length = (1.0 - (0.0 if horizon is None else game.discount**horizon)) / (1.0 - game.discount)
        relative = max(relative, gain / (scale * length) if scale > 0 else 0.0)
    return StochasticCertificate(values, best, regret, relative)


def _met(table: FloatArray, play: Sequence[FloatArray], without: int | None = None) -> FloatArray:
    """Average a table (a_0, ..., a_{n-1}, k) over what is played, by all or by all but one."""
    for j in reversed(range(len(play))):
        if j != without:
            table = np.moveaxis(table, j, 0)
            table = np.tensordot(play[j], table, axes=(0, 0))
    return table


def _held_value(rewards: FloatArray, moves: FloatArray, discount: float) -> FloatArray:
    """Discounted value of each state under fixed play, once refined against rounding."""
    system = np.eye(len(rewards)) - discount * moves
    value = np.linalg.solve(system, rewards)
    return np.asarray(value + np.linalg.solve(system, rewards - system @ value))


def _best_held(rewards: Sequence[FloatArray], odds: Sequence[FloatArray], discount: float) -> FloatArray:
    """Solve a Markov decision problem by policy iteration (Howard 1960)."""
    policy = [int(np.argmax(r)) for r in rewards]
    value = np.full(len(policy), -np.inf)
    while True:
        held = _held_value(
            np.array([r[a] for r, a in zip(rewards, policy, strict=True)]),
            np.array([p[a] for p, a in zip(odds, policy, strict=True)]),
            discount,
        )
        if not (held > value + 1e-15 * np.abs(held)).any():
            return np.asarray(np.maximum(held, value))
        value = np.maximum(held, value)
        worth = [r + discount * (p @ held) for r, p in zip(rewards, odds, strict=True)]
        policy = [a if q[a] >= q.max() else int(np.argmax(q)) for a, q in zip(policy, worth, strict=True)]
