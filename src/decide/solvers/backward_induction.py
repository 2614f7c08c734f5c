"""Backward induction on trees in which chance alone separates the nodes of an information set, batched over draws.

Working from the deepest information sets up, each player chooses what is best for it (or by logit, where a precision is
named), under the beliefs that chance gives (Zermelo 1913; Kuhn 1953; logit: McKelvey & Palfrey 1998). This takes every game of
perfect information, and every game in which players may be uncertain about *nature* but see each other's moves, such as an
attack whose author is not known. Where all nodes of a set share the players' moves that led there, their order in time fixes
who can condition on what, and beliefs do not depend on strategies: so one pass finds the equilibrium, sequentially
rational everywhere.

On ties of moves that pay somebody differently, equal weights are given and the solution is flagged: it is one of several.

Cost: linear in the size of the tree, times the number of draws. Do not use it where players move simultaneously.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import SolveError, unknown
from decide.games.extensive import ExtensiveForm, Structure
from decide.games.values import FloatArray
from decide.solution import Game
from decide.solvers.base import TIE, Found
from decide.solvers.program import Compiler, Program, as_rows, run

__all__ = ["Decision", "Values", "backward_induction", "decision_values", "find_decision", "refuses"]

CHUNK = 8_192


def refuses(game: Game) -> str:
    """Say why a game is no such tree, or nothing."""
    if not isinstance(game, ExtensiveForm):
        return "it takes a tree"
    s = game.structure
    for info in s.infosets:
        if len({s.history[node] for node in info.nodes}) > 1:
            return (
                f"at {info.name!r} {s.players[info.player]} does not see a move of another player; "
                "it takes trees in which only chance is unseen"
            )
    return ""


def backward_induction(tree: ExtensiveForm) -> Found:
    """Find the equilibrium of every game of the batch."""
    n = int(np.prod(tree.shape, dtype=np.intp))
    program = _whole(tree.structure)
    pool = tree.flat_pool()
    blocks: list[list[FloatArray]] = []
    tied = np.zeros(n, dtype=np.bool_)
    for start in range(0, n, CHUNK):
        stop = min(start + CHUNK, n)
        found = iter(run(program, _part(pool, start, stop), TIE))
        blocks.append(
            [as_rows([next(found) for _ in info.actions], stop - start) for info in tree.structure.infosets]
        )
        for flag in found:
            tied[start:stop] |= flag
    strategies = tuple(
        np.concatenate([b[h] for b in blocks]) if blocks else np.zeros((0, len(info.actions)))
        for h, info in enumerate(tree.structure.infosets)
    )
    return Found(np.arange(n), strategies, ~tied, tied)


def _part(pool: list[Any], start: int, stop: int) -> list[Any]:
    return [v if isinstance(v, float) else v[start:stop] for v in pool]


@lru_cache(maxsize=16)
def _whole(structure: Structure) -> Program:
    """Compile the program that gives every strategy, then every tie flag."""
    compiler = Compiler(structure, TIE)
    strategies = [v for h in range(len(structure.infosets)) for v in compiler.strategy[h]]
    return compiler.program([*strategies, *dict.fromkeys(compiler.ties)])


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
            raise SolveError(f"at is {at!r}, before which {decider} has moved; expected its first decision")
    elif len(first) == 1:
        h = first[0]
    else:
        names = ", ".join(repr(structure.infosets[k].name) for k in first) or "none"
        raise SolveError(f"{decider} has {len(first)} first information sets ({names}); name the decision with at=")
    paths: list[tuple[tuple[int, int], ...]] = []
    stack: list[tuple[tuple[int, int], ...]] = [((h, a),) for a in range(len(structure.infosets[h].actions))][::-1]
    while stack:
        path = stack.pop()
        then = {structure.infoset_of[structure.children[n][path[-1][1]]] for n in structure.infosets[path[-1][0]].nodes}
        follow = then.pop() if len(then) == 1 else -1
        if follow >= 0 and structure.infosets[follow].player == player:
            stack.extend(((*path, (follow, a)) for a in range(len(structure.infosets[follow].actions))[::-1]))
        else:
            paths.append(path)
    names_of = tuple(" / ".join(structure.infosets[k].actions[a] for k, a in path) for path in paths)
    return Decision(h, player, names_of, tuple(paths))


@dataclass(frozen=True, eq=False)
class Values:
    """What each option is worth at the decision, for n draws.

    Attributes
    ----------
    option_value : numpy.ndarray, shape (n, n_options)
    choice : numpy.ndarray, shape (n, n_options)
        Probability that the equilibrium takes each option.
    outcome : numpy.ndarray, shape (n, n_options, n_outcomes)
        Probability of each outcome label after each option; empty unless asked for.
    payoff : numpy.ndarray, shape (n, n_players)
        Equilibrium payoffs, from the root; empty unless asked for.
    scale : numpy.ndarray, shape (n,)
        The decider's payoff range.
    tied : numpy.ndarray of bool, shape (n,)
        Whether a tie that matters was met anywhere in the tree.
    reached : numpy.ndarray of bool, shape (n,)
        Whether chance allows the decision to be reached, so that beliefs there are determined.
    """

    option_value: FloatArray
    choice: FloatArray
    outcome: FloatArray
    payoff: FloatArray
    scale: FloatArray
    tied: NDArray[np.bool_]
    reached: NDArray[np.bool_]


@lru_cache(maxsize=16)
def _at_decision(structure: Structure, decision: Decision, outcomes: bool, payoffs: bool) -> Program:
    """Compile the program that values the options of a decision, and nothing it does not need."""
    logit_later = any(info.player == decision.player and info.rationality >= 0 for info in structure.infosets)
    compiler = Compiler(structure, TIE, optimal=decision.player if logit_later else None)
    own = compiler.n_channels - 1 if logit_later else decision.player
    last = [path[-1] for path in decision.paths]
    values = [compiler.action_values[h][a] for h, a in last]
    labels = range(compiler.n_players, compiler.n_players + len(structure.outcomes)) if outcomes else range(0)
    money = compiler.value[0][: compiler.n_players] if payoffs else ()
    ties = tuple(dict.fromkeys(compiler.ties))
    steps = [compiler.strategy[h][a] for path in decision.paths for h, a in path]
    outputs = [
        *(v[own] for v in values),
        *steps,
        *(v[k] for v in values for k in labels),
        *money,
        compiler.range_of(decision.player),
        compiler.reach_total(decision.infoset),
        *ties,
    ]
    return compiler.program(outputs)


def decision_values(tree: ExtensiveForm, decision: Decision, *, outcomes: bool, payoffs: bool) -> Values:
    """Value the options of a decision by backward induction, for a flat batch (or one game)."""
    n = int(np.prod(tree.shape, dtype=np.intp))
    s = tree.structure
    program = _at_decision(s, decision, outcomes, payoffs)
    k, labels = len(decision.options), len(s.outcomes) if outcomes else 0
    option_value, choice = np.empty((k, n)), np.ones((k, n))
    outcome, payoff = np.empty((k, labels, n)), np.empty((len(s.players) if payoffs else 0, n))
    scale, tied, reached = np.empty(n), np.zeros(n, dtype=np.bool_), np.empty(n, dtype=np.bool_)
    pool = tree.flat_pool()
    for start in range(0, n, CHUNK):
        here = slice(start, min(start + CHUNK, n))
        found = iter(run(program, _part(pool, here.start, here.stop), TIE))
        for j in range(k):
            option_value[j, here] = next(found)
        for j, path in enumerate(decision.paths):
            for _ in path:
                choice[j, here] *= next(found)
        for j in range(k):
            for label in range(labels):
                outcome[j, label, here] = next(found)
        for i in range(len(payoff)):
            payoff[i, here] = next(found)
        scale[here] = next(found)
        reached[here] = np.asarray(next(found)) > 0
        for flag in found:
            tied[here] |= flag
    return Values(option_value.T, choice.T, np.moveaxis(outcome, -1, 0), payoff.T, scale, tied, reached)
