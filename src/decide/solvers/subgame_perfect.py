"""Subgame-perfect equilibria: play that is a Nash equilibrium in every subgame (Selten 1965, 1975).

A subgame starts at a node that its player tells apart from all others, and no information set reaches out of it. The
tree is cut at all of them. The deepest piece is solved first: its own reduced normal form, in which what happens in the
subgames below it is worth what they are worth, is solved for all equilibria (`nash`), and every equilibrium found makes
a row of its own, with which the pieces above are solved in turn. A batch of games is a batch of rows all along: one
solve a piece, however many games.

A piece in which one player alone has a choice needs no equilibrium: every best plan makes a row. Plans that pay the
same to everybody are no tie, and the first is taken.

What is found are all subgame-perfect equilibria if no tie was met but in the piece of the root (there: the extreme
ones). A tie below leaves a player indifferent, and mixtures between its best replies, which are not listed, may support
further equilibria above: the game is flagged `tied`, and not `complete`. All in which nobody mixes are listed even
then. A tie in the piece of the root between what subgames are worth is told from a gap only where that is a payoff of
the tree, as it was written; where it is an average, which was rounded, the game is not complete either.

Cost: the product of the numbers of equilibria of the pieces, each solved as `nash` does. Up to 10,000 rows a game are
kept; a game that has more is not complete.

When not to use it: where chance alone is unseen `backward_induction` gives the same, faster; where information sets
reach across the whole tree (a signalling game) there is no proper subgame, and this is `nash` of the whole: beliefs are
what refines it then (`agent_logit`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.equilibrium import Game
from decide.errors import SolveError, TooLargeError
from decide.games.extensive import CHANCE, DECISION, LEAF, ExtensiveForm
from decide.games.nodes import Chance, Decision, Node, Outcome
from decide.games.normal import NormalForm
from decide.games.plans import StrategicForm
from decide.games.subgames import fragments_of, subgame_roots
from decide.games.values import FloatArray
from decide.solvers import nash as table_solver
from decide.solvers.base import TIE, Found
from decide.solvers.completion import completed
from decide.solvers.many_players import QUICK, n_support_profiles
from decide.solvers.plan_tables import plan_table, table_equilibria

__all__ = ["MOST_ROWS", "is_quick", "refuses", "subgame_perfect"]

#: Equilibria kept a game.
MOST_ROWS = 10_000
#: Payoffs of a piece's table, a game.
MOST_PAYOFFS = 100_000
#: What is solved without being asked: pieces in which several players move, pieces in all, plans of one who moves
#: alone, pairs of supports of two players (6 x 6), and equilibria a game.
QUICK_PIECES, QUICK_ROOTS, QUICK_PLANS, QUICK_BASES, QUICK_ROWS = 100, 1_000, 1_000, 1_000, 30


def refuses(game: Game) -> str:
    """Say why a game is no tree of exact players, or nothing."""
    if not isinstance(game, ExtensiveForm):
        return "it takes a tree"
    for info in game.structure.infosets:
        if info.rationality >= 0 and not np.isinf(game.pool[info.rationality]).all():
            return "it knows exact play only; this tree has players with a precision (rationality)"
    return ""


def is_quick(tree: ExtensiveForm) -> bool:
    """Whether a tree has proper subgames, and all its credible equilibria are few and take about a second, or less.

    Sizes are told from the tree alone. How many equilibria there are is not: the first game of a batch is solved.
    """
    roots = subgame_roots(tree.structure)
    if refuses(tree) or not 1 < len(roots) <= QUICK_ROOTS:
        return False
    fragments = fragments_of(tree.structure, roots)
    plans = [list(_plans_of(tree, fragments[root][0]).values()) for root in roots]
    if sum(len(own) > 1 for own in plans) > QUICK_PIECES or not all(map(_is_small, plans)):
        return False
    one = tree[(0,) * len(tree.shape)] if tree.shape else tree
    rows = _ends(one)
    try:
        for root in reversed(roots):
            rows = _extend(one, one.flat_pool(), rows, root, *fragments[root])
            if len(rows.owner) > QUICK_ROWS:
                return False
    except SolveError:
        return False
    return True


def _plans_of(tree: ExtensiveForm, sets: Sequence[int]) -> dict[int, int]:
    """How many plans each player that moves at some information sets has there, at most."""
    count: dict[int, int] = {}
    for h in sets:
        info = tree.structure.infosets[h]
        count[info.player] = count.get(info.player, 1) * len(info.actions)
    return count


def _is_small(plans: Sequence[int]) -> bool:
    """Whether a piece in which players have so many plans is solved in milliseconds."""
    if len(plans) < 2:
        return math.prod(plans) <= QUICK_PLANS
    if len(plans) == 2:
        return sum(plans) <= QUICK_PLANS and math.comb(sum(plans), plans[0]) <= QUICK_BASES
    return sum(plans) <= QUICK_PLANS and n_support_profiles(plans) <= QUICK


@dataclass(frozen=True, eq=False)
class _Rows:
    """Equilibria of everything below, one row each.

    Attributes
    ----------
    owner : numpy.ndarray of int, shape (r,)
    play : dict of int to numpy.ndarray, shape (r, n_actions)
        Per information set solved so far.
    worth : dict of int to numpy.ndarray, shape (n_players, r)
        Per root of a solved subgame that is still needed.
    span : numpy.ndarray, shape (n_players, n_games)
        Payoff ranges.
    complete, tied : numpy.ndarray of bool, shape (n_games,)
    """

    owner: NDArray[np.intp]
    play: dict[int, FloatArray]
    worth: dict[int, FloatArray]
    span: FloatArray
    complete: NDArray[np.bool_]
    tied: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Answer:
    """All equilibria of one piece: which row each belongs to, and what is played at its information sets."""

    parent: NDArray[np.intp]
    play: tuple[FloatArray, ...]
    complete: NDArray[np.bool_]
    tied: NDArray[np.bool_]


def subgame_perfect(tree: ExtensiveForm) -> Found:
    """Find the subgame-perfect equilibria of every game of the batch.

    Parameters
    ----------
    tree : ExtensiveForm
        One tree or a batch.

    Returns
    -------
    Found

    Raises
    ------
    SolveError
        If the normal form of a piece between two subgames is too large.
    """
    s = tree.structure
    pool, rows = tree.flat_pool(), _ends(tree)
    roots = subgame_roots(s)
    fragments = fragments_of(s, roots)
    for root in reversed(roots):
        rows = _extend(tree, pool, rows, root, *fragments[root])
    strategies = tuple(rows.play[h] for h in range(len(s.infosets)))
    return Found(rows.owner, strategies, rows.complete, rows.tied)


def _ends(tree: ExtensiveForm) -> _Rows:
    """A row a game, with nothing solved yet."""
    n = int(np.prod(tree.shape, dtype=np.intp))
    span = np.ptp(tree.payoffs.reshape(n, len(tree.players), -1), axis=2).T
    return _Rows(np.arange(n), {}, {}, span, np.ones(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_))


def _extend(
    tree: ExtensiveForm, pool: list[Any], rows: _Rows, root: int, sets: Sequence[int], nodes: Sequence[int]
) -> _Rows:
    """Solve the piece of one root for every row, and make one row of each of its equilibria."""
    numbers = pool if _same(rows.owner, len(rows.complete)) else _picked(pool, rows.owner)
    answer = _solve_piece(tree, numbers, rows, root, sets, nodes)
    n_games = len(rows.complete)
    kept = _first_of_each(rows.owner[answer.parent], n_games)
    parent = answer.parent[kept]
    play, below, moved = rows.play, dict(rows.worth), numbers
    if not _same(parent, len(rows.owner)):  # else nothing moves: a deep tree would copy all at every root
        play = {h: x[parent] for h, x in rows.play.items()}
        below = {node: w[:, parent] for node, w in rows.worth.items()}
        moved = _picked(numbers, parent)
    play = play | {h: x[kept] for h, x in zip(sets, answer.play, strict=True)}
    worth = _worth(tree, moved, below, play, root, nodes, len(parent))
    for node in nodes:
        below.pop(node, None)
    complete, tied = rows.complete.copy(), rows.tied.copy()
    complete[rows.owner[~answer.complete]] = False
    if root:  # above, mixtures of what ties here may support more
        complete[rows.owner[answer.tied]] = False
    tied[rows.owner[answer.tied]] = True
    complete[np.bincount(rows.owner[answer.parent], minlength=n_games) > MOST_ROWS] = False
    return _Rows(rows.owner[parent], play, {**below, root: worth}, rows.span, complete, tied)


def _same(index: NDArray[np.intp], n: int) -> bool:
    """Whether picking by an index of n things changes nothing."""
    return len(index) == n and bool((index == np.arange(n)).all())


def _picked(numbers: list[Any], index: NDArray[np.intp]) -> list[Any]:
    """The numbers of some rows, those that are the same in all rows as they are."""
    return [v if isinstance(v, float) else v[index] for v in numbers]


def _first_of_each(owner: NDArray[np.intp], n_games: int) -> NDArray[np.intp]:
    """The first `MOST_ROWS` rows of each game."""
    count = np.bincount(owner, minlength=n_games)
    if count.max(initial=0) <= MOST_ROWS:
        return np.arange(len(owner))
    place = np.arange(len(owner)) - (np.cumsum(count) - count)[owner]
    return np.flatnonzero(place < MOST_ROWS)


def _worth(
    tree: ExtensiveForm,
    numbers: list[Any],
    below: dict[int, FloatArray],
    play: dict[int, FloatArray],
    root: int,
    nodes: Sequence[int],
    n: int,
) -> FloatArray:
    """What a solved subgame is worth to every player, shape (n_players, n)."""
    s = tree.structure
    value: dict[int, FloatArray] = {}
    for node in [*reversed(nodes), root]:
        if node in below:
            value[node] = below[node]
        elif s.kind[node] == LEAF:
            value[node] = np.stack([np.broadcast_to(numbers[k], (n,)) for k in s.rows[node][3]])
        else:
            odds = _odds(tree, numbers, play, node)
            value[node] = sum((odds[s.branch[c]] * value.pop(c) for c in s.children[node]), np.zeros(()))
    return value[root]


def _odds(tree: ExtensiveForm, numbers: list[Any], play: dict[int, FloatArray], node: int) -> list[Any]:
    s = tree.structure
    if s.kind[node] == CHANCE:
        return [numbers[k] for k in s.rows[node][3]]
    return list(play[s.infoset_of[node]].T)


def _solve_piece(
    tree: ExtensiveForm, numbers: list[Any], rows: _Rows, root: int, sets: Sequence[int], nodes: Sequence[int]
) -> _Answer:
    """Find all equilibria of what lies between a root and the subgames below it."""
    s, r = tree.structure, len(rows.owner)
    movers = sorted({s.infosets[h].player for h in sets if len(s.infosets[h].actions) > 1})  # those with a choice
    sure, none = np.ones(r, dtype=np.bool_), np.zeros(r, dtype=np.bool_)
    if not movers or not r:
        return _Answer(np.arange(r), tuple(np.ones((r, len(s.infosets[h].actions))) for h in sets), sure, none)
    if len(sets) == 1 and s.kind[root] == DECISION and len(nodes) == len(s.children[root]):
        worth = np.stack([_end(tree, numbers, rows, c) for c in s.children[root]])
        parent, chosen, tied = _best(worth, movers[0], rows.span[:, rows.owner])
        return _Answer(parent, (np.eye(len(worth))[chosen],), sure, tied)
    piece = _piece(tree, numbers, rows, root, nodes).broadcast_to((r,))
    form = _table(piece, root, tree)
    if len(movers) == 1:
        table = np.moveaxis(form.entries(), movers[0] + 1, 1).reshape(len(s.players), form.n_actions[movers[0]], r)
        parent, chosen, tied = _best(np.moveaxis(table, 1, 0), movers[0], rows.span[:, rows.owner])
        mixed = [np.ones((len(parent), 1))] * len(s.players)
        mixed[movers[0]] = np.eye(form.n_actions[movers[0]])[chosen]
        complete = sure
    else:
        parent, mixed, complete, tied = _equilibria(form, movers)
        complete &= ~tied | _as_given(tree, rows, nodes)
    play = _in_order(completed(piece[parent], form.behaviour(mixed)), piece, sets, tree)
    return _distinct(_Answer(parent, play, complete, tied))


def _end(tree: ExtensiveForm, numbers: list[Any], rows: _Rows, node: int) -> FloatArray:
    """What an end of a piece is worth to every player, shape (n_players, r)."""
    if node in rows.worth:
        return rows.worth[node]
    return np.stack([np.broadcast_to(numbers[k], rows.owner.shape) for k in tree.structure.rows[node][3]])


def _best(
    worth: FloatArray, player: int, span: FloatArray
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """Best choices of one player, worth (n_choices, n_players, r): rows, choices, and which rows had a tie."""
    own = worth[:, player]
    best = own >= own.max(axis=0) - TIE * span[player]
    for k in range(1, len(worth)):  # what pays everybody the same as an earlier best choice is no other answer
        for j in range(k):
            same = (np.abs(worth[k] - worth[j]) <= TIE * span).all(axis=0)
            best[k] &= ~(best[j] & same)
    parent, chosen = np.nonzero(best.T)
    return parent, chosen, best.sum(axis=0) > 1


def _piece(tree: ExtensiveForm, numbers: list[Any], rows: _Rows, root: int, nodes: Sequence[int]) -> ExtensiveForm:
    """Write the piece as a tree of its own, subgames below it as outcomes."""
    s = tree.structure
    made: dict[int, Node] = {}
    for node in [*reversed(nodes), root]:
        row = s.rows[node]
        if node != root and (s.kind[node] == LEAF or node in rows.worth):
            made[node] = Outcome(dict(zip(s.players, _end(tree, numbers, rows, node), strict=True)))
        elif s.kind[node] == CHANCE:
            made[node] = Chance({
                row[4][s.branch[c]]: (numbers[row[3][s.branch[c]]], made.pop(c)) for c in s.children[node]
            })  # fmt: skip
        else:
            info = s.infosets[s.infoset_of[node]]
            moves = {info.actions[s.branch[c]]: made.pop(c) for c in s.children[node]}
            made[node] = Decision(s.players[info.player], moves, infoset=str(s.infoset_of[node]))
    return ExtensiveForm(made[root], players=s.players)


def _as_given(tree: ExtensiveForm, rows: _Rows, nodes: Sequence[int]) -> NDArray[np.bool_]:
    """Whether what the subgames below a piece are worth are payoffs of the tree: sums may have been rounded."""
    payoffs = tree.payoffs.reshape(len(rows.complete), len(tree.players), -1)[rows.owner]
    given = np.ones(len(rows.owner), dtype=np.bool_)
    for worth in (rows.worth[node] for node in nodes if node in rows.worth):
        given &= (payoffs == worth.T[:, :, None]).any(axis=2).all(axis=1)
    return given


def _table(piece: ExtensiveForm, root: int, tree: ExtensiveForm) -> StrategicForm:
    try:
        return plan_table(piece, MOST_PAYOFFS)
    except TooLargeError as error:
        path = tree.structure.path(root)
        raise SolveError(f"subgame_perfect: the piece that starts at {path!r} is too large: {error}") from None


def _equilibria(
    form: StrategicForm, movers: Sequence[int]
) -> tuple[NDArray[np.intp], list[FloatArray], NDArray[np.bool_], NDArray[np.bool_]]:
    """All equilibria of a piece's table among the players that move in it."""
    entries = form.entries()[list(movers)]
    sizes = [form.n_actions[i] for i in movers]
    payoffs = np.moveaxis(entries.reshape(len(movers), *sizes, -1), -1, 0)
    table = NormalForm(payoffs, players=[form.players[i] for i in movers])
    refusal = table_solver.refuses(table)
    if refusal:
        raise SolveError(f"subgame_perfect: a piece of the tree is too large: {refusal}")
    found = table_equilibria(table, form, movers)
    mixed = [np.ones((len(found.owner), 1))] * len(form.players)
    for i, x in zip(movers, found.strategies, strict=True):
        mixed[i] = x
    return found.owner, mixed, found.complete, found.tied


def _in_order(
    behaviour: Sequence[FloatArray], piece: ExtensiveForm, sets: Sequence[int], tree: ExtensiveForm
) -> tuple[FloatArray, ...]:
    """Behaviour by information set of the whole tree, whose actions may be listed in another order."""
    found = []
    own = {info.name: (info, x) for info, x in zip(piece.structure.infosets, behaviour, strict=True)}
    for h in sets:
        info, x = own[str(h)]
        found.append(x[:, [info.actions.index(a) for a in tree.structure.infosets[h].actions]])
    return tuple(found)


def _distinct(answer: _Answer) -> _Answer:
    """Drop rows that are the same behaviour, though different mixtures over plans."""
    columns = np.column_stack([answer.parent, *(np.round(x, 9) + 0.0 for x in answer.play)])
    _, first = np.unique(columns, axis=0, return_index=True)
    kept = np.sort(first)
    return replace(answer, parent=answer.parent[kept], play=tuple(x[kept] for x in answer.play))
