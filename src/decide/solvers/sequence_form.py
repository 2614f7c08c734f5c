"""One equilibrium of a two-player tree of any information, by the sequence form: as large as the tree, no larger.

A player's *sequence* is the list of its own moves that leads to a node; the empty one leads to the root. With perfect
recall, a mixed strategy comes down to its *realization plan*: the probability ``x(q)`` that the player makes all moves
of sequence ``q``, chance and the other permitting. Plans are the ``x >= 0`` with ``x(empty) = 1`` and, at each of its
information sets, ``sum over actions a of x(q a) = x(q)``, where ``q`` leads there; in short ``E x = e``. Payoffs
are bilinear in plans, ``x A y``, and ``A`` sums over the leaves of each pair of sequences, weighted by chance
(Romanovskii 1962; von Stengel 1996). A tree has at most as many sequences as moves, but exponentially many plans of
action, which is what the (reduced) normal form lists.

- Where payoffs sum to a constant (or do so once each player's are scaled to [0, 1]), the first player's plan solves
  ``max q(0), E x = e, F^T q <= A^T x, x >= 0``, and the dual variables are the other's. One sparse linear program
  (scipy's HiGHS); if its dual is not good enough, one for each player.
- Otherwise the conditions of an equilibrium are a linear complementarity problem, which Lemke's algorithm solves
  (Koller, Megiddo & von Stengel 1996), see `lemke`. It starts at best replies to a prior, at first the one in which
  everybody mixes evenly, and is started anew from other priors if rounding spoils what it ends in.

A plan says nothing of information sets that the player's own moves rule out. There the player is given a best reply,
see `decide.solvers.completion`.

Chance may be unseen or seen, players may see each other's moves or not. A tree with one player is taken as one in which
nobody else moves.

Cost: a linear program with one variable a sequence and one for each information set of the other, and as many nonzeros
as leaves; or about as many pivots as there are sequences, each of which costs their number squared: one to three
seconds for some 700 sequences; a tree of 2,186 did not end within five minutes. Games of a batch are
solved one after the other.

When not to use it: it finds one equilibrium and nothing says which; it does not look for ties (`tied` is never set),
and threats at information sets that the other's plan rules out need not be credible. Where only chance is unseen take
`backward_induction`; where the reduced normal form is small take `nash`, which finds all. Trees with more than two
players, and choice by logit, are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.equilibrium import Game
from decide.games.extensive import CHANCE, ExtensiveForm, Structure
from decide.games.values import FloatArray, Number
from decide.points import Status
from decide.solvers.base import TIE, Found
from decide.solvers.completion import completed
from decide.solvers.lemke import Side, best_choices, follow

__all__ = ["refuses", "sequence_form"]

#: Weights of sequences below this are none: the information sets after them count as unreached.
REACHED = 1e-12
#: Priors the path is started from, one after the other, the even one first.
PRIORS = 12
#: The most sequences of both players together that a path, which needs their number squared, is followed for.
MOST_SEQUENCES = 5_000
#: Numbers held at once for the leaves of a batch.
CHUNK = 2_000_000

Pair = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class _Shape:
    """What a structure says of the sequence form: both players' sequences, and those of each leaf."""

    sides: tuple[Side, Side]
    ends: tuple[NDArray[np.intp], NDArray[np.intp]]


def refuses(game: Game) -> str:
    """Say why a game is no tree for one or two exact players, or too large, or nothing."""
    if not isinstance(game, ExtensiveForm):
        return "it takes a tree"
    if len(game.players) > 2:
        return f"it takes up to two players; this tree has {len(game.players)}: {', '.join(game.players)}"
    for info in game.structure.infosets:
        if info.rationality >= 0 and not np.isinf(game.pool[info.rationality]).all():
            who = game.players[info.player]
            return f"it knows exact play only; {who} has a precision (rationality) at {info.name!r}"
    size = sum(side.size for side in _shape(game.structure).sides)
    if size > MOST_SEQUENCES and not all(_constant_sum(*own).all() for _, _, *own in _numbers(game)):
        return f"unless payoffs sum to a constant it takes up to {MOST_SEQUENCES:,} sequences; this tree has {size:,}"
    return ""


def sequence_form(tree: ExtensiveForm) -> Found:
    """Find one equilibrium of every game of the batch.

    Parameters
    ----------
    tree : ExtensiveForm
        One or two players; a tree or a batch, which is solved one game after the other.

    Returns
    -------
    Found
        At most one row a game, strategies by information set. Where no path ended in an equilibrium the game has no
        row, is not complete, and has the status ``FAILED``: there is one, but it was not found. `tied` is never set.
    """
    n = int(np.prod(tree.shape, dtype=np.intp))
    infosets = tree.structure.infosets
    strategies = [np.empty((n, len(info.actions))) for info in infosets]
    found = np.zeros(n, dtype=np.bool_)
    shape = _shape(tree.structure)
    for start, chance, first, second in _numbers(tree):
        for k in range(chance.shape[1]):
            behaviour = _solve(shape, chance[:, k], first[:, k], second[:, k])
            found[start + k] = behaviour is not None
            for h, odds in (behaviour or {}).items():
                strategies[h][start + k] = odds
    status = np.where(found, Status.SOLVED, Status.FAILED).astype(np.int8)
    owner = np.flatnonzero(found)
    flat = tree[np.unravel_index(owner, tree.shape)] if tree.shape else tree
    kept = completed(flat, [s[found] for s in strategies])
    return Found(owner, kept, found, np.zeros(n, dtype=np.bool_), status=status)


# ------------------------------------------------------------------ from the tree to numbers


@lru_cache(maxsize=16)
def _shape(structure: Structure) -> _Shape:
    leaves = list(structure.leaves)
    sides, ends = [], []
    for player in (0, 1):
        if player >= len(structure.players):
            sides.append(Side((), (), 1, ()))
            ends.append(np.zeros(len(leaves), dtype=np.intp))
            continue
        table, numbers = structure.sequence_table[player], structure.sequences[player]
        step = {pair: q for q, pair in enumerate(table)}
        own = [(numbers[i.nodes[0]], h) for h, i in enumerate(structure.infosets) if i.player == player]
        own.sort()  # sequences are numbered as met: later ones continue earlier ones
        after = tuple(tuple(step[q, h, a] for a in range(len(structure.infosets[h].actions))) for q, h in own)
        sides.append(Side(tuple(q for q, _ in own), after, len(table), tuple(h for _, h in own)))
        ends.append(np.array([numbers[leaf] for leaf in leaves], dtype=np.intp))
    return _Shape((sides[0], sides[1]), (ends[0], ends[1]))


def _numbers(tree: ExtensiveForm) -> Iterator[tuple[int, FloatArray, FloatArray, FloatArray]]:
    """Yield, some games after the other: where they start, and per leaf and game chance and both payoffs in [0, 1]."""
    s = tree.structure
    flat = tree if len(tree.shape) == 1 else None if tree.shape else tree
    if flat is None:
        flat = tree[np.unravel_index(np.arange(int(np.prod(tree.shape))), tree.shape)]
    n = int(np.prod(tree.shape, dtype=np.intp))
    step = max(CHUNK // (3 * len(s.leaves)), 1)
    for start in range(0, n, step):
        some = flat[start : start + step] if flat.shape else flat
        pool, width = some.flat_pool(), min(step, n - start)
        reach: list[Number] = [1.0] * len(s.rows)
        for node in range(1, len(s.rows)):
            up = s.parent[node]
            odds = pool[s.rows[up][3][s.branch[node]]] if s.kind[up] == CHANCE else 1.0
            reach[node] = reach[up] * odds
        chance = np.empty((len(s.leaves), width))
        payoffs = np.zeros((2, len(s.leaves), width))
        for k, leaf in enumerate(s.leaves):
            chance[k] = np.maximum(reach[leaf], 0.0)
            for i, where in enumerate(s.rows[leaf][3]):
                payoffs[i, k] = pool[where]
        low = payoffs.min(axis=1, keepdims=True)
        scale = payoffs.max(axis=1, keepdims=True) - low
        unit = (payoffs - low) / np.where(scale > 0, scale, 1.0)
        yield start, chance, unit[0], unit[1]


def _constant_sum(first: FloatArray, second: FloatArray) -> NDArray[np.bool_]:
    """Whether payoffs in [0, 1] sum to a constant, game by game."""
    return np.asarray(np.ptp(first + second, axis=0) <= TIE)


# ------------------------------------------------------------------ one game


def _solve(shape: _Shape, chance: FloatArray, first: FloatArray, second: FloatArray) -> dict[int, FloatArray] | None:
    """Behaviour by information set of one game; None if nothing found is an equilibrium."""
    from scipy.sparse import coo_array

    sizes = tuple(side.size for side in shape.sides)
    A, B = (coo_array((chance * u, shape.ends), shape=sizes).tocsr() for u in (first, second))
    for plans in _candidates(shape, A, B, bool(_constant_sum(first, second))):
        worth = A @ plans[1], B.T @ plans[0]
        behaviour = tuple(_behaviour(shape.sides[k], plans[k], worth[k]) for k in (0, 1))
        if _gain(shape, A, B, behaviour) <= TIE / 2:
            return {
                h: odds
                for side, own in zip(shape.sides, behaviour, strict=True)
                for h, odds in zip(side.infosets, own, strict=True)
            }
    return None


def _candidates(shape: _Shape, A: Any, B: Any, constant: bool) -> Iterator[Pair]:
    """Pairs of plans to be looked at, the likeliest to be an equilibrium first."""
    if constant:
        pair = _optimal_pair(A, shape.sides)
        if pair is not None:
            yield pair
            own = _optimal_pair(B.T.tocsr(), (shape.sides[1], shape.sides[0]))
            if own is not None:
                yield pair[0], own[0]
    sides = shape.sides
    if sides[0].size + sides[1].size > MOST_SEQUENCES:
        return
    dense = A.toarray(), B.toarray()
    rng = np.random.default_rng(0)
    for k in range(PRIORS):
        prior = tuple(
            side.plan([rng.dirichlet(np.ones(len(a))) if k else np.full(len(a), 1 / len(a)) for a in side.after])
            for side in sides
        )
        end = follow(*dense, sides, (prior[0], prior[1]))
        if end is not None:
            yield end


def _behaviour(side: Side, plan: FloatArray, worth: FloatArray) -> list[FloatArray]:
    """What a plan says at each information set; where it says nothing, a best reply, or equal weights."""
    choices, worth = best_choices(side, worth)
    found = []
    for k, after in enumerate(side.after):
        weight = np.maximum(plan[list(after)], 0.0)
        if plan[side.before[k]] > REACHED and weight.sum() > 0:
            found.append(weight / weight.sum())
            continue
        own = worth[list(after)]
        best = np.eye(len(after))[choices[k]]
        found.append(best if np.ptp(own) > REACHED else np.full(len(after), 1 / len(after)))
    return found


def _gain(shape: _Shape, A: Any, B: Any, behaviour: tuple[list[FloatArray], ...]) -> float:
    """The most a player can gain, a first look at candidates; `decide.certify` has the last."""
    x, y = (side.plan(own) for side, own in zip(shape.sides, behaviour, strict=True))
    against = A @ y, B.T @ x
    return float(
        max(
            best_choices(side, worth)[1][0] - plan @ worth
            for side, worth, plan in zip(shape.sides, against, (x, y), strict=True)
        )
    )


def _optimal_pair(A: Any, sides: tuple[Side, Side]) -> Pair | None:
    """The first player's optimal plan of a zero-sum tree, and the other's from the dual; None if HiGHS fails."""
    from scipy.optimize import linprog
    from scipy.sparse import block_array, csr_array

    E, F = (csr_array(_sparse(side)) for side in sides)
    m, prices = E.shape[1], F.shape[0]
    cost = np.zeros(m + prices)
    cost[m] = -1.0
    right = np.zeros(E.shape[0])
    right[0] = 1.0
    answer = linprog(
        cost,
        A_ub=block_array([[-A.T, F.T]], format="csr"),
        b_ub=np.zeros(F.shape[1]),
        A_eq=block_array([[E, csr_array((E.shape[0], prices))]], format="csr"),
        b_eq=right,
        bounds=[(0, None)] * m + [(None, None)] * prices,
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if not answer.success:
        return None
    x, y = np.asarray(answer.x)[:m], -np.asarray(answer.ineqlin.marginals)
    return np.maximum(x, 0.0), np.maximum(y, 0.0)


def _sparse(side: Side) -> Any:
    """Return the constraints ``E`` of `Side.constraints`, sparse."""
    from scipy.sparse import coo_array

    rows, columns, values = [0], [0], [1.0]
    for k, (before, after) in enumerate(zip(side.before, side.after, strict=True), start=1):
        rows += [k] * (1 + len(after))
        columns += [before, *after]
        values += [-1.0] + [1.0] * len(after)
    return coo_array((values, (rows, columns)), shape=(1 + len(side.before), side.size))
