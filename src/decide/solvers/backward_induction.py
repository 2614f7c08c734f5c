"""Backward induction on trees in which chance alone separates the nodes of an information set, batched over draws.

Working from the deepest information sets up, each player chooses what is best for it (or by logit, where a precision
is named), under the beliefs that chance gives (Zermelo 1913; Kuhn 1953; logit: McKelvey & Palfrey 1998). This takes
every game of perfect information, and every game in which players may be uncertain about *nature* but see each
other's moves, such as an attack whose author is not known. Where all nodes of a set share the players' moves that led
there, their order in time fixes who can condition on what, and beliefs do not depend on strategies: so one pass finds
the equilibrium, sequentially rational everywhere.

On ties of moves that pay somebody differently, equal weights are given and the solution is flagged: it is one of
several.

The one option of `solve` here is ``rationality``, the precision of logit choice per unit of payoff: at each of its
information sets a player of precision ``r`` takes action ``a`` with probability proportional to ``exp(r v_a)``, where
``v_a`` is what the action is worth to it under its beliefs, given how all choose from there on. 0 mixes evenly;
infinity, and None, mean exact choice. It may be

- a number, for all players;
- an array, for all players: of the batch's shape, or of a shape that broadcasts with it (a single tree is repeated over
  the array);
- a mapping from player to numbers, arrays or None. Players that it does not name keep what the tree says of them
  (``Decision(..., rationality=)``; exact choice where that says nothing).

It replaces what the tree says. `solve` gives it to the tree, by ``tree.with_rationality``, before the method runs; so
`backward_induction` itself reads it off the tree and takes no options.

Cost: linear in the size of the tree, times the number of draws.

When not to use it: where a player does not see a move of another, as where they move at once (such trees are refused:
by way of the reduced normal form `nash` and other methods take them); where all Nash equilibria are asked for, also
those that rest on threats nobody would carry out (`nash` again, if play is exact); and where a tie was met, because
then what is returned is one equilibrium of several.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.equilibrium import Game
from decide.games.extensive import CHANCE, ExtensiveForm, Structure
from decide.games.values import FloatArray
from decide.solvers.base import TIE, Found, Pending
from decide.solvers.decision import Decision
from decide.solvers.program import Compiler, Program, as_rows, run

__all__ = ["Values", "backward_induction", "decision_values", "open_beliefs", "refuses"]

#: Games at once: the values of a chunk stay in the cache (measured: 2,048 to 4,096 are best).
CHUNK = 4_096


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


def backward_induction(tree: ExtensiveForm) -> Found | Pending:
    """Find the equilibrium of every game of the batch.

    Parameters
    ----------
    tree : ExtensiveForm
        One tree or a batch, with the players' precisions in it.

    Returns
    -------
    Found or Pending
        One row a game, strategies by information set. A game is complete if no tie that matters was met and chance
        reaches every information set of several nodes. Of more games than fit into one chunk only the ties are looked
        for at once: writing out all strategies takes several times as long, and waits until somebody wants them.
    """
    n = int(np.prod(tree.shape, dtype=np.intp))
    pool = tree.flat_pool()
    if n <= CHUNK:
        return _chunk(tree, pool, 0, n)
    tied = np.zeros(n, dtype=np.bool_)
    program = _ties(tree.structure)
    for start in range(0, n, CHUNK):
        stop = min(start + CHUNK, n)
        for flag in run(program, _part(pool, start, stop), TIE):
            tied[start:stop] |= flag
    return Pending(lambda: (_chunk(tree, pool, k, min(k + CHUNK, n)) for k in range(0, n, CHUNK)), tied)


def _chunk(tree: ExtensiveForm, pool: list[Any], start: int, stop: int) -> Found:
    """Write out the strategies of some games; `owner` counts through all."""
    n, infosets = stop - start, tree.structure.infosets
    numbers = _part(pool, start, stop)
    found = iter(run(_whole(tree.structure), numbers, TIE))
    strategies = tuple(as_rows([next(found) for _ in info.actions], n) for info in infosets)
    tied = np.zeros(n, dtype=np.bool_)
    for flag in found:
        tied |= flag
    return Found(np.arange(start, stop), strategies, ~tied & ~_open(tree.structure, numbers, n), tied)


def _part(pool: list[Any], start: int, stop: int) -> list[Any]:
    return [v if isinstance(v, float) else v[start:stop] for v in pool]


@lru_cache(maxsize=16)
def _whole(structure: Structure) -> Program:
    """Compile the program that gives every strategy, then every tie flag."""
    compiler = Compiler(structure, TIE, outcomes=False)
    strategies = [v for h in range(len(structure.infosets)) for v in compiler.strategy[h]]
    return compiler.program([*strategies, *dict.fromkeys(compiler.ties)])


@lru_cache(maxsize=16)
def _ties(structure: Structure) -> Program:
    """Compile the program that gives every tie flag alone."""
    compiler = Compiler(structure, TIE)
    return compiler.program(list(dict.fromkeys(compiler.ties)))


def open_beliefs(tree: ExtensiveForm, n: int) -> NDArray[np.bool_]:
    """Return in which games chance never leads to some information set of several nodes, so beliefs there are open."""
    return _open(tree.structure, tree.flat_pool(), n)


def _open(s: Structure, pool: list[Any], n: int) -> NDArray[np.bool_]:
    found = np.zeros(n, dtype=np.bool_)
    for info in s.infosets:
        if len(info.nodes) > 1:
            reach = np.zeros(n)
            for node in info.nodes:
                weight: Any = np.ones(n)
                while (up := s.parent[node]) >= 0:
                    if s.kind[up] == CHANCE:
                        weight = weight * pool[s.rows[up][3][s.branch[node]]]
                    node = up
                reach = np.maximum(reach, weight)
            found |= reach <= 0
    return found


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
    option_value += 0.0  # no -0.0: it would print as one
    payoff += 0.0
    return Values(option_value.T, choice.T, np.moveaxis(outcome, -1, 0), payoff.T, scale, tied, reached)
