"""Reading a tree: its nodes become one row each, and a pool of numbers, every one checked for each role it plays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from decide.errors import GameError, PayoffError, ProbabilityError, unknown
from decide.games.nodes import Chance, Decision, Node, Outcome
from decide.games.structure import CHANCE, DECISION, LEAF, Row, Structure, path_of
from decide.games.values import LARGEST, Number, as_number, check_finite

__all__ = ["PROBABILITY_TOLERANCE", "check_chances", "check_pool", "owned", "read_tree"]

PROBABILITY_TOLERANCE = 1e-9


def read_tree(root: Node, players: Sequence[str] | None) -> tuple[tuple[Row, ...], list[Number], tuple[str, ...]]:
    """Walk the nodes in preorder; return one row each, the pool of numbers, and the players."""
    if not isinstance(root, Node):
        raise GameError(f"the root is {root!r}; expected a Decision, Chance or Outcome")
    if isinstance(players, str):
        raise GameError(f"players is {players!r}; expected a sequence of names")
    names = None if players is None else tuple(players)
    if names is not None and len(set(names)) != len(names):
        raise GameError(f"players are {names!r}; expected different names")
    rows: list[Row] = []
    pool: list[Number] = []
    place: dict[Any, int] = {}
    alive: list[Any] = []
    precisions: dict[int, int] = {}

    def put(value: Any, what: str, error: type[GameError]) -> int:
        """Return the place of a number in the pool: scalars are shared by value, arrays by identity."""
        where = place.get((value, None) if type(value) is float else (None, id(value)))
        if where is None:
            plain = type(value) is float  # naming the place takes time, and only errors need it
            number = value if plain else as_number(value, _at(rows, parent, branch, what), error)
            key = (number, None) if isinstance(number, float) else (None, id(value))
            where = place.setdefault(key, len(pool))
            if where == len(pool):
                pool.append(number)
                alive.append(value)  # so that no other array takes over its id
        return where

    def put_precision(value: Any) -> int:
        """The same, but arrays are shared by value too, because an information set has one precision."""
        where = put(value, "rationality", GameError)
        if where not in precisions:
            equal = (k for k in precisions.values() if np.array_equal(pool[k], pool[where]))
            precisions[where] = next(equal, where)
        return precisions[where]

    stack: list[tuple[Node, int, int]] = [(root, -1, -1)]
    while stack:
        node, parent, branch = stack.pop()
        here = len(rows)
        if type(node) is Outcome:
            if names is None:
                names = tuple(node.payoffs)
            if len(node.payoffs) != len(names) or any(p not in node.payoffs for p in names):
                rows.append((parent, branch, LEAF, (), node.labels))
                if players is None:
                    _first_may_be_short(node, names, rows)
                _payoffs_differ(node, names, path_of(rows, here))
            ids = tuple([put(node.payoffs[p], p, PayoffError) for p in names])
            rows.append((parent, branch, LEAF, ids, node.labels))
        elif type(node) is Chance:
            ids = tuple([put(p, "a chance", ProbabilityError) for p, _ in node.moves.values()])
            rows.append((parent, branch, CHANCE, ids, tuple(node.moves)))
            stack.extend([(child, here, k) for k, (_, child) in enumerate(node.moves.values())][::-1])
        elif type(node) is Decision:
            precision = -1 if node.rationality is None else put_precision(node.rationality)
            rows.append((parent, branch, DECISION, node.player, tuple(node.moves), node.infoset, precision))
            stack.extend([(child, here, k) for k, child in enumerate(node.moves.values())][::-1])
        else:
            raise GameError(f"{node!r} is a {type(node).__name__}; expected a Decision, Chance or Outcome")
    assert names is not None
    return tuple(rows), pool, names


def _at(rows: Sequence[Row], parent: int, branch: int, what: str) -> str:
    """Name a number and the node it belongs to, which is the next one to be read."""
    here = (*rows, (parent, branch))
    what = what if what in ("a chance", "rationality") else f"payoff of {what}"
    return f"{what} at {path_of(here, len(rows))!r}"


def _first_may_be_short(node: Outcome, names: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Refuse a leaf, the last row, that names more players than the first, off which they were read."""
    if not set(names) < set(node.payoffs):
        return
    first = next(k for k, row in enumerate(rows) if row[2] == LEAF)
    more = [p for p in node.payoffs if p not in names]
    raise PayoffError(
        f"the leaf at {path_of(rows, first)!r} names only {', '.join(names) or 'nobody'}, while the one at "
        f"{path_of(rows, len(rows) - 1)!r} names {', '.join(more)} too; expected the same players in every Outcome, or "
        "players="
    )


def _payoffs_differ(node: Outcome, names: tuple[str, ...], path: str) -> None:
    for player in node.payoffs:
        if player not in names:
            raise unknown(f"player (in the payoffs at {path!r})", player, names)
    missing = next(p for p in names if p not in node.payoffs)
    raise PayoffError(f"payoff of {missing} is missing at {path!r}; expected one for each of {', '.join(names)}")


def owned(value: Number) -> Number:
    """Copy an array that somebody else could still write to."""
    if isinstance(value, float) or not value.flags.writeable:
        return value
    value = value.copy()
    value.flags.writeable = False
    return value


def check_pool(structure: Structure, pool: list[Number]) -> None:
    """Check every number once for each role it plays: finite payoffs, chances that sum to 1, precisions from 0."""
    payoffs: dict[int, tuple[int, int]] = {}
    chances: dict[tuple[int, ...], int] = {}
    precisions: dict[int, int] = {}
    for i, row in enumerate(structure.rows):
        if row[2] == LEAF:
            for player, k in enumerate(row[3]):
                payoffs.setdefault(k, (i, player))
        elif row[2] == CHANCE:
            chances.setdefault(row[3], i)
        elif row[6] >= 0:
            precisions.setdefault(row[6], i)
    for k, (leaf, player) in payoffs.items():
        if not np.all(np.abs(pool[k]) <= LARGEST):  # the place is named only in errors: in a deep tree it is long
            check_finite(pool[k], f"payoff of {structure.players[player]} at {structure.path(leaf)!r}")
    for ids, node in chances.items():
        check_chances([pool[k] for k in ids], partial(_chances_at, structure, node))
    for k, node in precisions.items():
        if not np.all(np.asarray(pool[k]) >= 0):
            raise GameError(
                f"rationality at {structure.path(node)!r} is {pool[k]!r}; expected a number from 0 to infinity"
            )


def _chances_at(structure: Structure, node: int) -> str:
    return f"chances at {structure.path(node)!r}"


def check_chances(odds: Sequence[Number], what: Callable[[], str]) -> None:
    """Refuse probabilities that are negative or do not sum to 1; `what` names them."""
    for p in odds:
        if not np.all(np.abs(p) <= LARGEST):
            check_finite(p, what(), ProbabilityError)
    try:
        total = np.asarray(sum(odds))
    except ValueError:
        raise ProbabilityError(f"{what()} have shapes {[np.shape(p) for p in odds]}; expected one batch") from None
    wrong = np.abs(total - 1.0) > PROBABILITY_TOLERANCE
    for p in odds:
        wrong = wrong | (np.asarray(p) < -PROBABILITY_TOLERANCE)
    if wrong.any():
        first = int(np.argmax(wrong.ravel()))
        shown = [float(np.broadcast_to(p, wrong.shape).ravel()[first]) for p in odds]
        where = wrong if wrong.ndim else None
        raise ProbabilityError(
            f"{what()} are {', '.join(f'{p:.12g}' for p in shown)} with sum {sum(shown):.12g}; "
            "expected numbers from 0 with sum 1",
            where,
        )
