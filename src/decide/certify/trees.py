"""Certificates of trees: payoffs, regret over whole plans, regret in subgames, beliefs and local regret.

Regret over whole plans: each leaf is weighted by chance and the others' strategies; the weighted payoffs are summed by
the deviator's own *sequence* (Romanovskii 1962, von Stengel 1996), and every information set, the deepest first, passes
its best sequence on to the one that led to it. For regret in every subgame the same is done from each subgame's root,
the deepest first, and a subgame stands in the one around it with its best value. Local regret compares the moves at one
information set under its beliefs, everyone's later play given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from decide.certify.tables import over
from decide.games.extensive import CHANCE, LEAF, ExtensiveForm
from decide.games.subgames import fragments_of, subgame_roots
from decide.games.values import FloatArray, Number

__all__ = ["TreeCertificate", "bayes_beliefs", "subgame_regrets", "tree_certificate"]

#: Where exact play leads with less probability than this, rounding led there.
ROUNDING = 1e-12


class TreeCertificate(NamedTuple):
    """Payoffs, regrets and local checks of behaviour strategies.

    Attributes
    ----------
    payoffs : numpy.ndarray, shape (n, n_players)
    regret, relative : numpy.ndarray, shape (n,)
        Over whole plans, ex ante; absolute, and over the player's payoff range.
    local_regret : numpy.ndarray, shape (n, n_infosets)
        In the player's units, 0 where choice is logit, NaN where there is no belief; empty unless asked for.
    residual : numpy.ndarray, shape (n,)
        The error of what is checked, over the payoff range: ``regret``: the same as `relative`; ``local``: the largest
        local regret, or distance from the logit probabilities where choice is logit, infinite where a belief is
        missing; ``subgames``: the largest gain from another plan in any subgame.
    beliefs : tuple of numpy.ndarray, shape (n, n_nodes)
        Per information set, NaN where neither play nor chance fixes them; empty unless asked for.
    """

    payoffs: FloatArray
    regret: FloatArray
    relative: FloatArray
    local_regret: FloatArray
    residual: FloatArray
    beliefs: tuple[FloatArray, ...]


def tree_certificate(
    tree: ExtensiveForm,
    strategies: Sequence[FloatArray],
    *,
    check: Literal["regret", "local", "subgames"] = "regret",
    beliefs: Sequence[FloatArray] | None = None,
) -> TreeCertificate:
    """Compute payoffs, whole-plan regret, and the error of what is checked, of behaviour strategies.

    Parameters
    ----------
    tree : ExtensiveForm
        One game, or a batch of n.
    strategies : sequence of numpy.ndarray, shape (n, n_actions) each
        Per information set.
    check : {"regret", "local", "subgames"}
        Whole plans from the root, every information set under its beliefs, or whole plans in every subgame.
    beliefs : sequence of numpy.ndarray, shape (n, n_nodes) each, optional
        For ``local``: per information set; NaN, and all unless given, are filled in by `bayes_beliefs`.

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
    everyone = _reach(tree, edge)
    in_subgames = np.zeros(n)
    for i in range(len(s.players)):
        own = sum((everyone[leaf] * above[i][s.rows[leaf][3][i]] for leaf in s.leaves), start=np.zeros(n))
        payoffs[:, i] = spans[i][0] + own
        if check == "subgames":
            roots = subgame_roots(s)
            best, held = _best_from(tree, above[i], edge, i, roots), _expected(tree, above[i], edge, i)
            for root in roots:
                in_subgames = np.maximum(in_subgames, over(best[root] - held[root], scales[i]))
        else:
            best = _best_from(tree, above[i], edge, i, (0,))
        gain = np.maximum(best[0] - own, 0.0)
        regret = np.maximum(regret, gain)
        relative = np.maximum(relative, over(gain, scales[i]))
    if check != "local":
        residual = relative if check == "regret" else np.maximum(relative, in_subgames)
        return TreeCertificate(payoffs, regret, relative, np.zeros((0, 0)), residual, ())
    believed = _filled(tree, pool, everyone, n, beliefs)
    values = [_expected(tree, above[i], edge, i) for i in range(len(s.players))]
    local_regret, residual = _check_infosets(tree, pool, strategies, values, believed, scales, n)
    return TreeCertificate(payoffs, regret, relative, local_regret, residual, believed)


def subgame_regrets(tree: ExtensiveForm, strategies: Sequence[FloatArray]) -> dict[int, FloatArray]:
    """Compute what each player could gain in each subgame by another whole plan.

    Parameters
    ----------
    tree : ExtensiveForm
        One game, or a batch of n.
    strategies : sequence of numpy.ndarray, shape (n, n_actions) each
        Per information set.

    Returns
    -------
    dict of int to numpy.ndarray, shape (n_players, n)
        By the subgame's root, a node.
    """
    s, pool = tree.structure, tree.flat_pool()
    n = len(strategies[0]) if strategies else int(np.prod(tree.shape, dtype=np.intp))
    edge = [_edge_odds(tree, pool, strategies, node) for node in range(len(s.rows))]
    roots = subgame_roots(s)
    gains: dict[int, FloatArray] = {root: np.zeros((len(s.players), n)) for root in roots}
    for i in range(len(s.players)):
        above = _less(tree, pool, i, _payoff_range(tree, pool, i)[0])
        best, held = _best_from(tree, above, edge, i, roots), _expected(tree, above, edge, i)
        for root in roots:
            gains[root][i] = np.maximum(best[root] - held[root], 0.0)
    return gains


def bayes_beliefs(
    tree: ExtensiveForm, strategies: Sequence[FloatArray], *, least: float = ROUNDING
) -> tuple[FloatArray, ...]:
    """Compute beliefs by Bayes' rule, at every information set that play and chance lead to.

    Parameters
    ----------
    tree : ExtensiveForm
        One game, or a batch of n.
    strategies : sequence of numpy.ndarray, shape (n, n_actions) each
        Per information set.
    least : float
        Sets reached with no more probability than this count as not reached.

    Returns
    -------
    tuple of numpy.ndarray, shape (n, n_nodes)
        Per information set. Where all nodes of a set share the moves of players that led there, chance alone decides,
        also off the path (equal odds where chance never leads there). NaN where neither says anything.
    """
    pool = tree.flat_pool()
    n = len(strategies[0]) if strategies else int(np.prod(tree.shape, dtype=np.intp))
    edge = [_edge_odds(tree, pool, strategies, node) for node in range(len(tree.structure.rows))]
    return _bayes(tree, pool, _reach(tree, edge), n, least)


def _filled(
    tree: ExtensiveForm, pool: list[Number], reach: list[Number], n: int, beliefs: Sequence[FloatArray] | None
) -> tuple[FloatArray, ...]:
    """Beliefs as given, by Bayes' rule where they are not."""
    noisy = any(info.rationality >= 0 for info in tree.structure.infosets)  # logit choice leads everywhere
    found = _bayes(tree, pool, reach, n, 0.0 if noisy else ROUNDING)
    if beliefs is None:
        return found
    return tuple(np.where(np.isnan(given), own, given) for given, own in zip(beliefs, found, strict=True))


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


def _reach(tree: ExtensiveForm, edge: list[Number]) -> list[Number]:
    """Probability of reaching each node."""
    s = tree.structure
    reach: list[Number] = [1.0] * len(s.rows)
    for node in range(1, len(s.rows)):
        reach[node] = reach[s.parent[node]] * edge[node]
    return reach


def _best_from(
    tree: ExtensiveForm, pool: list[Any], edge: list[Number], player: int, roots: tuple[int, ...]
) -> dict[int, Any]:
    """The most a player can expect from each root on, all plans considered, the others' play and chance given."""
    s = tree.structure
    fragments = fragments_of(s, roots)
    own_sequence, table = s.sequences[player], s.sequence_table[player]
    step = {pair: q for q, pair in enumerate(table)}
    best: dict[int, Any] = {}
    for root in reversed(roots):
        sets, nodes = fragments[root]
        reach: dict[int, Any] = {root: 1.0}
        worth: dict[int, Any] = {own_sequence[root]: 0.0}
        for node in nodes:
            up = s.parent[node]
            mine = s.infoset_of[up] >= 0 and s.infosets[s.infoset_of[up]].player == player
            reach[node] = reach[up] if mine else reach[up] * edge[node]
            leaf = s.kind[node] == LEAF
            if leaf or node in fragments:
                value = pool[s.rows[node][3][player]] if leaf else best[node]
                worth[own_sequence[node]] = worth.get(own_sequence[node], 0.0) + reach[node] * value
        if s.kind[root] == LEAF:
            worth[own_sequence[root]] = pool[s.rows[root][3][player]]
        before = {h: own_sequence[s.infosets[h].nodes[0]] for h in sets if s.infosets[h].player == player}
        for h in sorted(before, key=before.__getitem__, reverse=True):  # later sequences continue earlier ones
            most = worth.get(step[before[h], h, 0], 0.0)
            for a in range(1, len(s.infosets[h].actions)):
                most = np.maximum(most, worth.get(step[before[h], h, a], 0.0))
            worth[before[h]] = worth.get(before[h], 0.0) + most
        best[root] = worth[own_sequence[root]]
    return best


def _bayes(
    tree: ExtensiveForm, pool: list[Number], reach: list[Number], n: int, least: float
) -> tuple[FloatArray, ...]:
    s = tree.structure
    chance: list[Number] = [1.0] * len(s.rows)
    for node in range(1, len(s.rows)):
        up = s.parent[node]
        odds = pool[s.rows[up][3][s.branch[node]]] if s.kind[up] == CHANCE else 1.0
        chance[node] = chance[up] * odds
    found = []
    for info in s.infosets:
        if len(info.nodes) == 1:
            found.append(np.ones((n, 1)))
            continue
        nature = len({s.history[node] for node in info.nodes}) == 1
        weight = _weights(chance if nature else reach, info.nodes, n)
        total = weight.sum(axis=1, keepdims=True)
        known = total > (0.0 if nature else least)
        open_ = 1 / len(info.nodes) if nature else np.nan
        found.append(np.where(known, weight / np.where(known, total, 1.0), open_))
    return tuple(found)


def _weights(reach: list[Number], nodes: Sequence[int], n: int) -> FloatArray:
    """Reach of some nodes side by side, from 0, shape (n, n_nodes)."""
    return np.asarray(np.maximum(np.stack([np.broadcast_to(reach[node], (n,)) for node in nodes], axis=1), 0.0))


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
    local, residual = np.zeros((len(s.infosets), n)).T, np.zeros(n)
    for h, info in enumerate(s.infosets):
        value = values[info.player]
        q: list[Any] = [0.0] * len(info.actions)  # an array an action: rows of a few numbers are slow to go through
        for k, node in enumerate(info.nodes):
            weight = beliefs[h][:, k] if len(info.nodes) > 1 else 1.0
            for child in s.children[node]:
                a = s.branch[child]
                q[a] = q[a] + weight * value[child]
        best: Any = q[0]
        for own in q[1:]:
            best = np.maximum(best, own)
        held = sum((own * strategies[h][:, a] for a, own in enumerate(q)), start=np.zeros(()))
        gain = np.maximum(best - held, 0.0)
        if info.rationality >= 0:
            precision = np.broadcast_to(np.asarray(pool[info.rationality]), (n,))
            logit = np.isfinite(precision)
            worth = np.stack(np.broadcast_arrays(*q, np.zeros(n))[:-1], axis=1)
            error = np.abs(strategies[h] - _softmax(worth, np.where(logit, precision, 0.0))).max(axis=1)
            residual = np.maximum(residual, np.where(logit, np.where(np.isnan(error), np.inf, error), 0.0))
            gain = np.where(logit, 0.0, gain)
        local[:, h] = gain
        shares = over(gain, scales[info.player])
        residual = np.maximum(residual, np.where(np.isnan(gain), np.inf, shares))
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
