"""The decision under study: which options there are, and what each is worth when the others keep their strategies.

In a normal form the options are the decider's actions. In a tree they are the paths of the decider's own moves from
an information set before which it has not moved; everything about them is conditional on being there, by the reach
that chance and the others' strategies give its nodes (or, where they never lead there, by what the method says of such
places), and the decider's later moves are the best ones. In a stochastic
game they are the decider's actions in one state, and it goes on as well as it can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from decide.certify import stochastic_certificates
from decide.errors import SolveError, unknown
from decide.games.extensive import CHANCE, ExtensiveForm, Structure
from decide.games.normal import NormalForm
from decide.games.stochastic import StochasticGame
from decide.games.subgames import subgame_roots
from decide.games.values import FloatArray, Number

__all__ = [
    "Decision",
    "StateDecision",
    "StateOptions",
    "TreeOptions",
    "discounted_range",
    "find_decision",
    "find_state",
    "normal_options",
    "state_options",
    "tree_options",
]

#: Where exact play leads with less probability than this, rounding led there.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Decision:
    """The decision under study in a tree.

    Attributes
    ----------
    infoset : int
        The decider's information set.
    options : tuple of str
        The paths of the decider's own moves, `` / `` between them.
    paths : tuple of tuple of (int, int)
        Of each option, the (information set, action) pairs it consists of.
    """

    infoset: int
    player: int
    options: tuple[str, ...]
    paths: tuple[tuple[tuple[int, int], ...], ...]


def find_decision(structure: Structure, decider: str, at: str | None) -> Decision:
    """Find the decider's decision and its options.

    Parameters
    ----------
    structure : Structure
    decider : str
    at : str or None
        Name of the information set; needed where the decider has several first ones.

    Raises
    ------
    UnknownNameError
        If the player or the set does not exist.
    SolveError
        If the decider has no move, several first ones and no `at`, or has moved before `at`.
    """
    if decider not in structure.players:
        raise unknown("player (the decider)", decider, structure.players)
    player = structure.players.index(decider)
    first = [
        h
        for h, info in enumerate(structure.infosets)
        if info.player == player and structure.sequences[player][info.nodes[0]] == 0
    ]
    if at is not None:
        h = structure.infoset_index(at, decider)
        if h not in first:
            raise SolveError(
                f"at is {at!r}, before which {decider} has moved; expected its first decision "
                "(to study a later one, make a game of what follows: ExtensiveForm(game.subtree(path)))"
            )
    elif len(first) == 1:
        h = first[0]
    else:
        names = ", ".join(repr(structure.infosets[k].name) for k in first) or "none"
        raise SolveError(f"{decider} has {len(first)} first information sets ({names}); name the decision with at=")
    paths: list[tuple[tuple[int, int], ...]] = []
    stack: list[tuple[tuple[int, int], ...]] = []
    stack.extend(((h, a),) for a in range(len(structure.infosets[h].actions))[::-1])
    while stack:
        path = stack.pop()
        then = {structure.infoset_of[structure.children[n][path[-1][1]]] for n in structure.infosets[path[-1][0]].nodes}
        follow = then.pop() if len(then) == 1 else -1
        if follow >= 0 and structure.infosets[follow].player == player:
            stack.extend((*path, (follow, a)) for a in range(len(structure.infosets[follow].actions))[::-1])
        else:
            paths.append(path)
    names_of = tuple(" / ".join(structure.infosets[k].actions[a] for k, a in path) for path in paths)
    return Decision(h, player, names_of, tuple(paths))


def normal_options(
    game: NormalForm,
    decider: str,
    owner: NDArray[np.intp],
    strategies: Sequence[FloatArray],
    joint: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Value the decider's actions against the others' strategies.

    Parameters
    ----------
    game : NormalForm
        A flat batch.
    decider : str
    owner : numpy.ndarray of int, shape (e,)
        The game each row of the strategies belongs to.
    strategies : sequence of numpy.ndarray, shape (e, n_actions)
    joint : numpy.ndarray, shape (e, n_profiles), optional
        Where players do not mix independently: the others play as if the decider had not heard what to do.

    Returns
    -------
    value : numpy.ndarray, shape (e, n_options)
    others : numpy.ndarray, shape (e, n_profiles of the others)
        How likely the others play each of their profiles, the last player's action fastest.
    """
    i = game.player_index(decider)
    entries = np.moveaxis(game.entries()[i], i, 0)[..., owner]
    if joint is not None and joint.size:
        table = joint.T.reshape(*game.n_actions, len(owner))
        others = table.sum(axis=i).reshape(-1, len(owner))
    else:
        others = np.ones((1, len(owner)))
        for x in (x for j, x in enumerate(strategies) if j != i):
            others = (others[:, None, :] * x.T[None, :, :]).reshape(len(others) * x.shape[1], len(owner))
    value = (entries.reshape(len(game.actions[i]), len(others), len(owner)) * others[None]).sum(axis=1)
    return value.T, others.T


class TreeOptions(NamedTuple):
    """Options of a decision in a tree: value and choice (e, n_options), outcome (e, n_options, n_outcomes)."""

    value: FloatArray
    choice: FloatArray
    outcome: FloatArray
    speaks: NDArray[np.bool_]


def tree_options(
    tree: ExtensiveForm,
    decision: Decision,
    strategies: Sequence[FloatArray],
    *,
    check: str = "regret",
    beliefs: FloatArray | None = None,
) -> TreeOptions:
    """Value the options of a decision in any tree, the others' behaviour strategies given.

    Parameters
    ----------
    tree : ExtensiveForm
        One game, or a flat batch of as many games as there are rows.
    decision : Decision
    strategies : sequence of numpy.ndarray, shape (e, n_actions)
        Per information set.
    check : {"regret", "local", "subgames"}
        What the method answers for (`decide.solvers.base.Method`), which decides what it says where nobody goes.
    beliefs : numpy.ndarray, shape (e, n_nodes), optional
        What the method holds at the decision, NaN where it holds nothing; used by ``local``, where nobody goes.

    Returns
    -------
    TreeOptions
        ``speaks`` says whether an equilibrium says anything of the decision; values are 0 where it does not.

    Notes
    -----
    Where chance and the others lead to the decision, Bayes' rule gives the beliefs (the decider has not moved before).
    Where they do not, ``local`` takes what chance gives where it alone tells the nodes apart, else `beliefs`, and
    ``subgames`` takes play from the start of the smallest subgame around the decision. Who answers for the
    equilibrium path alone (``regret``) says nothing there. Nobody speaks where chance never leads there.

    Leaves are weighted by chance and the others, and summed by the decider's own sequences; its later information sets
    pass on their best action, the deepest first (equal weights on ties).
    """
    s, pool, n = tree.structure, tree.flat_pool(), len(strategies[0])
    player = decision.player
    weight, reach, speaks = _weights(tree, pool, decision, strategies, check, beliefs)
    safe = np.where(speaks, reach, 1.0)
    worth: list[Any] = [np.zeros(n)] * len(s.sequence_table[player])
    for leaf in s.leaves:
        q = s.sequences[player][leaf]
        worth[q] = worth[q] + weight[leaf] * pool[s.rows[leaf][3][player]]
    step = {pair: q for q, pair in enumerate(s.sequence_table[player])}
    own = [h for h, info in enumerate(s.infosets) if info.player == player]
    before = {h: s.sequences[player][s.infosets[h].nodes[0]] for h in own}
    on_the_way = {h for path in decision.paths for h, _ in path}
    later: dict[int, FloatArray] = {}
    for h in sorted(own, key=before.__getitem__, reverse=True):
        if h not in on_the_way:
            actions = np.stack([worth[step[before[h], h, a]] for a in range(len(s.infosets[h].actions))])
            best = actions >= actions.max(axis=0)
            later[h] = best / best.sum(axis=0)
            worth[before[h]] = worth[before[h]] + actions.max(axis=0)
    value, choice = np.empty((len(decision.paths), n)), np.ones((len(decision.paths), n))
    outcome = np.zeros((len(decision.paths), len(s.outcomes), n))
    for k, path in enumerate(decision.paths):
        last = step[before[path[-1][0]], *path[-1]]
        value[k] = np.where(speaks, worth[last] / safe, 0.0)
        for h, a in path:
            choice[k] *= strategies[h][:, a]
        plays = _own_play(s, player, last, later)
        for leaf in s.leaves:
            if (q := s.sequences[player][leaf]) in plays:
                odds = np.where(speaks, weight[leaf] * plays[q] / safe, 0.0)
                for label in dict.fromkeys(s.rows[leaf][4]):
                    outcome[k, s.outcomes.index(label)] += odds
    return TreeOptions(value.T, choice.T, np.moveaxis(outcome, -1, 0), speaks)


def _weights(
    tree: ExtensiveForm,
    pool: list[Number],
    decision: Decision,
    strategies: Sequence[FloatArray],
    check: str,
    beliefs: FloatArray | None,
) -> tuple[list[Any], FloatArray, NDArray[np.bool_]]:
    """Weights of all nodes given that the decision is come to: the set's own total, and where they mean something."""
    s = tree.structure
    nodes = s.infosets[decision.infoset].nodes
    by_chance = len({s.history[node] for node in nodes}) == 1
    noisy = any(info.rationality >= 0 for info in s.infosets)  # logit choice leads everywhere, if seldom
    least = 0.0 if by_chance or noisy else ROUNDING

    def total(weight: list[Any]) -> FloatArray:
        there = sum(np.maximum(weight[node], 0.0) for node in nodes)
        return np.asarray(np.zeros(len(strategies[0])) + there)

    weight = _others_reach(tree, pool, strategies, decision.player, {})
    reach = total(weight)
    speaks = reach > least
    if check == "regret" or speaks.all():
        return weight, reach, speaks
    chance = _others_reach(tree, pool, None, decision.player, {})
    if check == "subgames":
        start = {max(root for root in subgame_roots(s) if _is_above(s, root, nodes)): np.ones(())}
        least = 0.0 if len(nodes) == 1 else least
    elif by_chance or beliefs is None:
        start = {node: np.asarray(chance[node] if by_chance else 0.0) for node in nodes}
    else:
        possible = total(chance) > 0
        start = {node: np.where(possible, np.nan_to_num(beliefs[:, k]), 0.0) for k, node in enumerate(nodes)}
    there = _others_reach(tree, pool, strategies, decision.player, start)
    weight = [np.where(speaks, on, off) for on, off in zip(weight, there, strict=True)]
    reach = total(weight)
    return weight, reach, speaks | (reach > least)


def _is_above(structure: Structure, root: int, nodes: Sequence[int]) -> bool:
    """Whether all nodes are the root or follow it."""

    def follows(node: int) -> bool:
        while node > root:
            node = structure.parent[node]
        return node == root

    return all(map(follows, nodes))


def _others_reach(
    tree: ExtensiveForm,
    pool: list[Number],
    strategies: Sequence[FloatArray] | None,
    player: int,
    start: Mapping[int, FloatArray],
) -> list[Any]:
    """Probability that chance and the others lead to each node, the player's own moves given.

    Without strategies chance alone counts. Nodes in `start` have these weights, wherever they stand.
    """
    s = tree.structure
    weight: list[Any] = [1.0] * len(s.rows)
    for node in range(1, len(s.rows)):
        up = s.parent[node]
        if node in start:
            weight[node] = start[node]
        elif s.kind[up] == CHANCE:
            weight[node] = weight[up] * pool[s.rows[up][3][s.branch[node]]]
        elif strategies is None or s.infosets[s.infoset_of[up]].player == player:
            weight[node] = weight[up]
        else:
            weight[node] = weight[up] * strategies[s.infoset_of[up]][:, s.branch[node]]
    return weight


def _own_play(structure: Structure, player: int, last: int, later: dict[int, FloatArray]) -> dict[int, Any]:
    """How likely the player plays each of its sequences that continue `last`, choosing as in `later`."""
    plays: dict[int, Any] = {last: 1.0}
    for q, (previous, h, a) in enumerate(structure.sequence_table[player]):
        if previous in plays and h in later:  # a sequence comes after the one it continues
            plays[q] = plays[previous] * later[h][a]
    return plays


# ------------------------------------------------------------------ stochastic games


@dataclass(frozen=True)
class StateDecision:
    """The decision under study in a stochastic game.

    Attributes
    ----------
    state, player : int
        Positions; with a horizon the state is one of the stages written out.
    options : tuple of str
        The decider's actions there.
    """

    state: int
    player: int
    options: tuple[str, ...]


def find_state(game: StochasticGame, decider: str, at: str | None, horizon: int | None = None) -> StateDecision:
    """Find the state in which the decider decides, and its options.

    Parameters
    ----------
    game : StochasticGame
        With a horizon the game whose stages were written out (`StochasticGame.over`).
    decider : str
    at : str or None
        Name of the state; needed where the decider has a choice in several. With a horizon the state at the first
        stage, unless a stage is named (``"peace, stage 2"``).
    horizon : int, optional

    Raises
    ------
    UnknownNameError
        If the player or the state does not exist.
    SolveError
        If the decider has no choice anywhere, or in several states and no `at`.
    """
    if decider not in game.players:
        raise unknown("player (the decider)", decider, game.players)
    player = game.players.index(decider)
    first = game.states if horizon is None else game.states[: (len(game.states) - 1) // horizon]
    names = [name if horizon is None else name.removesuffix(", stage 1") for name in first]
    if at is not None:
        if at not in names and at not in game.states:
            raise unknown("state (in at)", at, names)
        state = names.index(at) if at in names else game.states.index(at)
    else:
        open_ = [k for k in range(len(names)) if len(game.actions[k][player]) > 1]
        if len(open_) != 1:
            shown = ", ".join(repr(names[k]) for k in open_) or "none"
            raise SolveError(f"{decider} has a choice in {len(open_)} states ({shown}); name the decision with at=")
        state = open_[0]
    return StateDecision(state, player, game.actions[state][player])


class StateOptions(NamedTuple):
    """Options of a decision in a state: value and choice (e, n_options); payoff (e, n_players) from there on."""

    value: FloatArray
    choice: FloatArray
    payoff: FloatArray


def state_options(
    game: StochasticGame, decision: StateDecision, strategies: Sequence[FloatArray], horizon: int | None = None
) -> StateOptions:
    """Value the decider's actions in a state: played now, then as well as it can, the others' strategies given.

    Parameters
    ----------
    game : StochasticGame
        One game, or a flat batch of as many games as there are rows.
    decision : StateDecision
    strategies : sequence of numpy.ndarray, shape (e, n_actions) each
        In the order of ``game.places``.
    horizon : int, optional
    """
    rows, n_states, i, s = len(strategies[0]), len(game.states), decision.player, decision.state
    game = game.broadcast_to((rows,))
    checked = stochastic_certificates(game, strategies, horizon=horizon)
    later = np.einsum("g...t,gt->g...", game.transitions[s], checked.best[:, i])
    table = game.payoffs[s][:, i] + np.asarray(game.discount).reshape(-1, *(1,) * len(game.players)) * later
    for j in reversed(range(len(game.players))):
        if j != i:
            table = np.einsum("ga...,ga->g...", np.moveaxis(table, 1 + j, 1), strategies[j * n_states + s])
    return StateOptions(table, strategies[i * n_states + s], checked.values[:, :, s])


def discounted_range(game: StochasticGame, player: int, horizon: int | None = None) -> FloatArray:
    """Return how far apart a player's payoffs can be at most, in each game, summed over all stages (without the end).

    Parameters
    ----------
    game : StochasticGame
        As it is, or with its stages written out if there is a `horizon`.
    player : int
    horizon : int, optional
    """
    flat = game.flat()
    own = [u[:, player].reshape(len(u), -1) for u in (flat.payoffs if horizon is None else flat.payoffs[:-1])]
    span = np.max([u.max(axis=1) for u in own], axis=0) - np.min([u.min(axis=1) for u in own], axis=0)
    discount = np.asarray(flat.discount)
    return np.asarray(span * (1.0 - (0.0 if horizon is None else discount**horizon)) / (1.0 - discount))
