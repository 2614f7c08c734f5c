"""What actions are worth to the agents of a tree, and how that moves with everybody's logits: real derivatives, once.

For action ``a`` of information set ``h``, held by nodes ``x`` with beliefs ``mu_x``, the gap to the first action is
``G_a = sum_x mu_x (V(x a) - V(x 0))``. A logit ``d_gb`` of another set moves it in two ways. Below, at every node ``y``
of ``g``, it moves what the node is worth by ``p_gb (V(y b) - V(y))``, and that is carried up like values. Above, it
moves beliefs: ``log mu_x`` changes by ``[x is reached by b] - p_gb [x is reached through g]``, less the mean of that.

Which values are needed where, and which sets lie above and below which, depends on the tree's structure alone and is
found once. All games of a batch are worked out at once, draws contiguous in memory; reach is carried in logarithms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from decide.games.extensive import CHANCE, LEAF, Structure
from decide.games.values import FloatArray

__all__ = ["Numbers", "crossed_chances", "gaps_and_slopes", "odds_and_logs"]

#: By set, how a value changes with its logits: arrays of shape (n_actions - 1, n).
Slopes = dict[int, FloatArray]


class Numbers(NamedTuple):
    """What a tree's structure leaves open.

    Attributes
    ----------
    worth : mapping of (int, int) to numpy.ndarray, shape (n,)
        By leaf and player.
    chance : mapping of int to float or numpy.ndarray, shape (n,)
        By node, the probability that chance moves there from where it moves.
    log_chance : mapping of int to float or numpy.ndarray, shape (n,)
        By node of a set of several: the logarithm of the probability that chance leads there, moves given.
    """

    worth: Mapping[tuple[int, int], FloatArray]
    chance: Mapping[int, Any]
    log_chance: Mapping[int, Any]


class _Set(NamedTuple):
    """One information set: who moves, the children of its nodes by action, and what leads to its nodes.

    `moves` are, per node, the moves (set, action) on the way that not all nodes share; `above` are, per set with such
    moves, the actions that lead to each node, -1 where the way does not cross it.
    """

    player: int
    nodes: tuple[int, ...]
    children: tuple[tuple[int, ...], ...]
    moves: tuple[tuple[tuple[int, int], ...], ...]
    above: tuple[tuple[int, tuple[int, ...]], ...]


class _Plan(NamedTuple):
    """The order of the work: see the module.

    Attributes
    ----------
    starts : tuple of int
        Where each set's logits begin; last their number.
    groups : tuple of (tuple of int, numpy.ndarray)
        Sets with the same number of actions, and where their logits are, shape (n_sets, n_actions - 1).
    inner : tuple of (int, int, tuple of int, tuple of int)
        Nodes whose values somebody above needs, the last first: the node, its set, its children, the players.
    sets : tuple of _Set
    """

    starts: tuple[int, ...]
    groups: tuple[tuple[tuple[int, ...], Any], ...]
    inner: tuple[tuple[int, int, tuple[int, ...], tuple[int, ...]], ...]
    sets: tuple[_Set, ...]


@lru_cache(maxsize=64)
def _plan(s: Structure) -> _Plan:
    starts = tuple(np.concatenate([[0], np.cumsum([len(i.actions) - 1 for i in s.infosets], dtype=int)]).tolist())
    of_size: dict[int, list[int]] = {}
    for h, info in enumerate(s.infosets):
        of_size.setdefault(len(info.actions), []).append(h)
    groups = tuple(
        (tuple(sets), np.array([range(starts[h], starts[h + 1]) for h in sets], dtype=np.intp).reshape(len(sets), -1))
        for sets in of_size.values()
    )
    who: list[frozenset[int]] = [frozenset()] * len(s.rows)
    way: list[tuple[tuple[int, int], ...]] = [()] * len(s.rows)
    for node in range(1, len(s.rows)):
        up = s.parent[node]
        h = s.infoset_of[up]
        who[node] = who[up] if h < 0 else who[up] | {s.infosets[h].player}
        way[node] = way[up] if h < 0 else (*way[up], (h, s.branch[node]))
    inner = tuple(
        (node, s.infoset_of[node], s.children[node], tuple(sorted(who[node])))
        for node in reversed(range(len(s.rows)))
        if s.kind[node] != LEAF and who[node]
    )
    return _Plan(starts, groups, inner, tuple(_set(s, h, way) for h in range(len(s.infosets))))


def _set(s: Structure, h: int, way: Sequence[tuple[tuple[int, int], ...]]) -> _Set:
    info = s.infosets[h]
    children = tuple(s.children[node] for node in info.nodes)
    shared = set.intersection(*(set(way[node]) for node in info.nodes))
    moves = tuple(tuple(move for move in way[node] if move not in shared) for node in info.nodes)
    crossed = dict.fromkeys(g for node in moves for g, _ in node)
    above = tuple((g, tuple(dict(node).get(g, -1) for node in moves)) for g in crossed)
    return _Set(info.player, info.nodes, children, moves, above)


def crossed_chances(s: Structure, log_chance: Mapping[int, Any]) -> dict[int, Any]:
    """Logarithms of the probability that chance leads to each node of a set of several, moves given."""
    found: list[Any] = [0.0] * len(s.rows)
    for node in range(1, len(s.rows)):
        up = s.parent[node]
        found[node] = found[up] + log_chance[node] if s.kind[up] == CHANCE else found[up]
    return {node: found[node] for info in s.infosets if len(info.nodes) > 1 for node in info.nodes}


def odds_and_logs(s: Structure, d: FloatArray) -> tuple[list[FloatArray], list[FloatArray]]:
    """Probabilities (n_actions, n) at each information set, and their logarithms, from logits (k, n)."""
    odds: list[Any] = [None] * len(s.infosets)
    logs: list[Any] = [None] * len(s.infosets)
    for sets, where in _plan(s).groups:
        log = np.zeros((len(sets), where.shape[1] + 1, d.shape[1]))
        log[:, 1:] = d[where]
        log -= log.max(axis=1, keepdims=True)
        own = np.exp(log)
        total = own.sum(axis=1, keepdims=True)
        own /= total
        log -= np.log(total)
        for place, h in enumerate(sets):
            odds[h], logs[h] = own[place], log[place]
    return odds, logs


def gaps_and_slopes(
    s: Structure, numbers: Numbers, d: FloatArray, *, slopes: bool = True
) -> tuple[FloatArray, FloatArray]:
    """How much more each action is worth than its agent's first, and the derivatives by all logits.

    Parameters
    ----------
    s : Structure
    numbers : Numbers
        Of n games.
    d : numpy.ndarray, shape (k, n)
        Logits against the first action, one information set after the other.
    slopes : bool
        Whether derivatives are wanted.

    Returns
    -------
    numpy.ndarray, shape (k, n)
    numpy.ndarray, shape (k, k, n)
        Of each gap, by each logit; empty unless wanted.

    Notes
    -----
    Cost: for each node some operations on arrays of n, for the derivatives times the logits below it.
    """
    plan = _plan(s)
    k, n = d.shape
    odds, logs = odds_and_logs(s, d)
    value, moved = _values(plan, numbers, odds, slopes=slopes)
    gap = np.empty((k, n))
    slope = np.zeros((k, k, n)) if slopes else np.empty((0, 0, n))
    for h, own in enumerate(plan.sets):
        weights = _beliefs(own, numbers, logs)
        for a in range(1, plan.starts[h + 1] - plan.starts[h] + 1):
            row = plan.starts[h] + a - 1
            ahead = [value[c[a], own.player] - value[c[0], own.player] for c in own.children]
            gap[row] = ahead[0] if len(ahead) == 1 else sum(w * v for w, v in zip(weights, ahead, strict=True))
            if not slopes:
                continue
            for w, c in zip(weights, own.children, strict=True):
                for child, sign in ((c[a], 1.0), (c[0], -1.0)):
                    for g, change in moved.get((child, own.player), {}).items():
                        slope[row, plan.starts[g] : plan.starts[g + 1]] += (w * sign) * change
            if own.above:
                _by_beliefs(
                    plan, own, odds, [w * (v - gap[row]) for w, v in zip(weights, ahead, strict=True)], slope[row]
                )
    return gap, slope


def _values(
    plan: _Plan, numbers: Numbers, odds: Sequence[FloatArray], *, slopes: bool
) -> tuple[dict[tuple[int, int], Any], dict[tuple[int, int], Slopes]]:
    """What nodes are worth to players who move above them, and how that moves with the logits below."""
    value: dict[tuple[int, int], Any] = dict(numbers.worth)
    moved: dict[tuple[int, int], Slopes] = {}
    for node, h, children, players in plan.inner:
        weights = [numbers.chance[c] for c in children] if h < 0 else odds[h]
        for i in players:
            below = [value[c, i] for c in children]
            held = sum(w * v for w, v in zip(weights, below, strict=True))
            value[node, i] = held
            if not slopes:
                continue
            found: Slopes = {}
            for w, c in zip(weights, children, strict=True):
                for g, change in moved.get((c, i), {}).items():
                    found[g] = found[g] + w * change if g in found else w * change
            if h >= 0 and len(children) > 1:
                found[h] = np.stack([p * (v - held) for p, v in zip(weights[1:], below[1:], strict=True)])
            moved[node, i] = found
    return value, moved


def _beliefs(own: _Set, numbers: Numbers, logs: Sequence[FloatArray]) -> Any:
    """Beliefs at a set by Bayes' rule: 1 for one node, else an array (n_nodes, n)."""
    if len(own.nodes) == 1:
        return (1.0,)
    reach = [
        sum((logs[g][a] for g, a in moves), start=numbers.log_chance[node])
        for node, moves in zip(own.nodes, own.moves, strict=True)
    ]
    top: Any = reach[0]
    for other in reach[1:]:
        top = np.maximum(top, other)
    weights = [np.exp(log - top) for log in reach]
    total: Any = sum(weights)
    return [w / total for w in weights]


def _by_beliefs(
    plan: _Plan, own: _Set, odds: Sequence[FloatArray], pull: Sequence[FloatArray], slope: FloatArray
) -> None:
    """Add how a gap moves with beliefs to its derivatives, shape (k, n); `pull` is what each node's belief counts."""
    for g, actions in own.above:
        through: Any = 0.0
        if -1 in actions:  # else the pulls of all nodes sum to 0
            through = sum(x for x, b in zip(pull, actions, strict=True) if b >= 0)
            slope[plan.starts[g] : plan.starts[g + 1]] -= odds[g][1:] * through
        for x, b in zip(pull, actions, strict=True):
            if b > 0:
                slope[plan.starts[g] + b - 1] += x
