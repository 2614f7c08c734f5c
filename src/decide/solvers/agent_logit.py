"""Agent logit equilibria of trees (McKelvey & Palfrey 1998): at every information set somebody errs, and all know it.

Each information set is an agent of its own, which takes action ``a`` with probability proportional to ``exp(r Q_a)``:
``Q_a`` is what the action is worth to its player under the beliefs that everybody's odds imply, given how all choose
from there on, and ``r`` the precision per unit of payoff. Every move has some probability, so every set is reached and
Bayes' rule gives all beliefs.

Where chance alone is unseen, one pass from the end gives the only solution, exactly (`backward_induction`). Elsewhere
the *principal branch* is followed, from precision 0, where all mix evenly, to the precision asked for (`agent_branch`);
the agents' precisions grow in proportion. Whole batches are followed side by side.

Without a precision, or with an infinite one for everybody, the branch is followed to a million per payoff range, and
polished from there: moves that vanish are dropped, and what is mixed is made exactly indifferent. This is its limit, a
*sequential equilibrium* with its beliefs (Kreps & Wilson 1982; that limits of logit equilibria are sequential: McKelvey
& Palfrey 1998). Precisions grow in proportion to the payoff ranges. What is returned at sets that nobody reaches are
the beliefs of the limit.

The option is ``rationality``: a number, an array of the batch's shape, or a mapping by player; it replaces what the
tree says (``Decision(..., rationality=)``). Everybody must have a finite precision, or nobody.

Cost: a few steps to a precision of a few per payoff range, 30 to 100 to the limit, for all games at once; each of two
or three passes over the tree, with derivatives, and as many linear systems in the free probabilities.

Limits: beliefs where nobody goes are differences of logarithms of reach, known to 1e-16 of those; far along the branch
(1e5 there is common) what rests on them is right to 1e-11 of the payoff range, no better. A share of play below 1e-6,
as where a type that rare is mimicked, is not polished: it is as the branch has it, if that can be certified.

When not to use it: for all equilibria take `nash` or `subgame_perfect`; where chance alone is unseen
`backward_induction` says the same; for noise over whole plans, decided on beforehand, `logit`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from decide.equilibrium import Game
from decide.games.extensive import CHANCE, ExtensiveForm
from decide.games.values import FloatArray
from decide.points import Status
from decide.solvers import backward_induction as induction
from decide.solvers.agent_branch import Branch, follow
from decide.solvers.base import Found, Pending

__all__ = ["agent_logit", "refuses"]

#: Precision per payoff range from which the limit is taken.
LIMIT = 1e6
#: In the limit, moves with less probability than this are not made.
UNPLAYED = 1e-12
#: Sets reached with less are out of reach of floating-point numbers, and beliefs there are those of the logarithms.
OUT_OF_REACH = 1e-250


def refuses(game: Game) -> str:
    """Say why a game is not taken, or nothing."""
    if not isinstance(game, ExtensiveForm):
        return "it takes a tree; for a game in normal form take logit"
    kinds = {_is_exact(game, info.rationality) for info in game.structure.infosets}
    if induction.refuses(game) and (len(kinds) > 1 or None in kinds):
        return "it wants a finite precision for everybody, or for nobody (its limit); name all players in rationality="
    return ""


def _is_exact(tree: ExtensiveForm, where: int) -> bool | None:
    """Whether a set's choice is exact; None if it is in some games of the batch only."""
    if where < 0:
        return True
    exact = np.isinf(tree.pool[where])
    return bool(np.all(exact)) if np.all(exact) == np.any(exact) else None


def agent_logit(tree: ExtensiveForm) -> Found | Pending:
    """Find the agent logit equilibrium on the principal branch of every game, or the sequential one it ends in.

    Parameters
    ----------
    tree : ExtensiveForm
        One tree or a batch, with the players' precisions in it.

    Returns
    -------
    Found or Pending
        At most one row a game. A game is complete if its branch was followed without meeting a crossing.
    """
    if not induction.refuses(tree):
        return induction.backward_induction(tree)
    s = tree.structure
    n = int(np.prod(tree.shape, dtype=np.intp))
    pool = tree.flat_pool()
    exact = all(_is_exact(tree, info.rationality) for info in s.infosets)
    rate = np.full((len(s.infosets), n), LIMIT)
    if not exact:
        span = np.ptp(tree.payoffs, axis=-1).reshape(n, -1).T
        for h, info in enumerate(s.infosets):
            rate[h] = np.broadcast_to(pool[info.rationality], (n,)) * span[info.player]
    flat = tree if len(tree.shape) < 2 else tree[np.unravel_index(np.arange(n), tree.shape)]
    branch = follow(flat, rate, polished=exact)
    owner = np.flatnonzero(branch.ok)
    strategies = tuple(np.exp(x[:, owner]).T for x in branch.log_odds)
    if exact:
        strategies = tuple(_cleaned(x) for x in strategies)
    beliefs = _off_path(flat, strategies, branch, owner, 1e-12 if exact else OUT_OF_REACH)
    status = np.where(branch.ok, Status.SOLVED, Status.FAILED).astype(np.int8)
    return Found(
        owner, strategies, branch.ok & ~branch.crossed, np.zeros(n, dtype=np.bool_), status=status, beliefs=beliefs
    )


def _cleaned(x: FloatArray) -> FloatArray:
    """Drop what is not played in the limit."""
    kept = np.where(x < UNPLAYED, 0.0, x)
    return np.asarray(kept / kept.sum(axis=1, keepdims=True))


def _off_path(
    tree: ExtensiveForm, strategies: tuple[FloatArray, ...], branch: Branch, owner: Any, least: float
) -> tuple[FloatArray, ...]:
    """Beliefs of the branch at sets that are reached with no more than `least`; NaN, for Bayes' rule, at all others."""
    s, pool = tree.structure, tree.flat_pool()
    reach: list[Any] = [np.ones(len(owner))] * len(s.rows)
    for node in range(1, len(s.rows)):
        up = s.parent[node]
        if s.kind[up] == CHANCE:
            odds = pool[s.rows[up][3][s.branch[node]]]
            odds = odds if isinstance(odds, float) else odds[owner]
        else:
            odds = strategies[s.infoset_of[up]][:, s.branch[node]]
        reach[node] = reach[up] * odds
    found = []
    for info, held in zip(s.infosets, branch.beliefs, strict=True):
        total = np.sum([reach[node] for node in info.nodes], axis=0)
        found.append(np.where((total > least)[:, None], np.nan, held[:, owner].T))
    return tuple(found)
