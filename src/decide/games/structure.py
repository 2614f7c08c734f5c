"""The structure of a tree: who moves where, what is told apart and what is called how, as flat tables.

Trees of equal structure share one `Structure`, so that what is derived from it (recall, sequences, a solver's plan) is
derived once, not once a chunk of draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from decide.errors import InformationSetError, RecallError, unknown

__all__ = ["CHANCE", "DECISION", "LEAF", "PATH", "Infoset", "Row", "Structure", "derive", "path_of"]

LEAF, CHANCE, DECISION = 0, 1, 2
PATH = " / "

# One node as the compiler reads it:
#   (parent, branch, LEAF, pool ids of the payoffs in player order, labels)
#   (parent, branch, CHANCE, pool ids of the probabilities, event labels)
#   (parent, branch, DECISION, player, action labels, information set or None, pool id of rationality or -1)
Row = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Infoset:
    """An information set: nodes its player cannot tell apart.

    Attributes
    ----------
    player : int
        Position of the player.
    name : str
        As given, or the path of its only node.
    actions : tuple of str
    nodes : tuple of int
    rationality : int
        Position in the pool of the logit precision, -1 for exact choice.
    named : bool
        Whether the name was given.
    """

    player: int
    name: str
    actions: tuple[str, ...]
    nodes: tuple[int, ...]
    rationality: int
    named: bool


@dataclass(frozen=True, eq=False)
class Structure:
    """Everything of a tree but its numbers. Nodes are numbered in preorder, the root is 0.

    Attributes
    ----------
    players : tuple of str
    rows : tuple
        One row a node, as the compiler read it.
    parent, branch, kind : tuple of int
        Of each node: its parent (-1 for the root), the position of the move that leads to it, and what it is.
    children : tuple of tuple of int
        Of each node, in the order of the moves of its information set.
    infoset_of : tuple of int
        Information set of each decision node, -1 elsewhere.
    infosets : tuple of Infoset
        In the order of their first node.
    sequences : tuple of tuple of int
        Per player, the number of each node's own sequence: which of its moves led there.
    sequence_table : tuple of tuple of (int, int, int)
        Per player and sequence: the sequence before, the information set, the action; sequence 0 is empty.
    history : tuple of int
        Of each node, a number that two nodes share when the same moves of all players (chance apart) led there.
    depth : tuple of int
        Of each node, how many moves of players led there.
    outcomes : tuple of str
        All outcome labels, in the order in which the tree first names them.
    """

    players: tuple[str, ...]
    rows: tuple[Row, ...]
    parent: tuple[int, ...]
    branch: tuple[int, ...]
    kind: tuple[int, ...]
    children: tuple[tuple[int, ...], ...]
    infoset_of: tuple[int, ...]
    infosets: tuple[Infoset, ...]
    sequences: tuple[tuple[int, ...], ...]
    sequence_table: tuple[tuple[tuple[int, int, int], ...], ...]
    history: tuple[int, ...]
    depth: tuple[int, ...]
    outcomes: tuple[str, ...]

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        """The leaves, in preorder."""
        return tuple(i for i, kind in enumerate(self.kind) if kind == LEAF)

    def path(self, node: int) -> str:
        """Return the labels of the moves that lead to a node, ``start`` for the root."""
        return path_of(self.rows, node)

    def paths_of(self, info: Infoset) -> list[str]:
        """Return the paths of an information set's nodes; one without a name is called by its only path already."""
        return [self.path(node) for node in info.nodes] if info.named else [info.name]

    def infoset_index(self, name: str, player: str | None = None) -> int:
        """Return the position of an information set, by its name and, where two players share it, its player."""
        found = [
            k
            for k, info in enumerate(self.infosets)
            if info.name == name and (player is None or self.players[info.player] == player)
        ]
        if not found:
            known = [i.name for i in self.infosets if player is None or self.players[i.player] == player]
            whose = f" of {player}" if player else ""
            raise unknown(f"information set{whose}", name, known)
        if len(found) > 1:
            raise InformationSetError(f"{len(found)} players have an information set {name!r}; expected player=")
        return found[0]


def path_of(rows: Sequence[Row], node: int, known: dict[int, str] | None = None) -> str:
    """The path to a node; where many are asked for, `known` keeps them, so that a deep tree is not walked each time."""
    labels: list[str] = []
    here = node
    while (up := rows[here][0]) >= 0 and not (known and here in known):
        labels.append(str(rows[up][4][rows[here][1]]))
        here = up
    start = [known[here]] if up >= 0 and known else []
    path = PATH.join([*start, *reversed(labels)]) or "start"
    if known is not None:
        known[node] = path
    return path


@lru_cache(maxsize=16)
def derive(rows: tuple[Row, ...], players: tuple[str, ...]) -> Structure:
    """Find information sets, children, sequences and histories, and check recall."""
    infosets, infoset_of = _find_infosets(rows, players)
    below: list[list[int]] = [[] for _ in rows]
    branch = [row[1] for row in rows]
    for i, row in enumerate(rows[1:], start=1):
        up = row[0]
        if infoset_of[up] >= 0:  # an information set's nodes may list the same moves in another order
            branch[i] = infosets[infoset_of[up]].actions.index(rows[up][4][row[1]])
        below[up].append(i)
    children = tuple(tuple(sorted(nodes, key=branch.__getitem__)) for nodes in below)
    sequences, table, history, depth = _find_sequences(rows, len(players), infosets, infoset_of, branch)
    for info in infosets:
        if len({sequences[info.player][node] for node in info.nodes}) > 1:
            a, b = _differing(info.nodes, sequences[info.player])
            raise RecallError(
                f"{players[info.player]} forgets at {info.name!r}: its own moves differ between "
                f"{path_of(rows, a)!r} and {path_of(rows, b)!r}; expected perfect recall"
            )
    labels = dict.fromkeys(label for row in rows if row[2] == LEAF for label in row[4])
    return Structure(
        players=players,
        rows=rows,
        parent=tuple(row[0] for row in rows),
        branch=tuple(branch),
        kind=tuple(row[2] for row in rows),
        children=children,
        infoset_of=infoset_of,
        infosets=infosets,
        sequences=sequences,
        sequence_table=table,
        history=history,
        depth=depth,
        outcomes=tuple(labels),
    )


def _differing(nodes: Sequence[int], numbers: Sequence[int]) -> tuple[int, int]:
    return nodes[0], next(n for n in nodes if numbers[n] != numbers[nodes[0]])


def _find_infosets(rows: tuple[Row, ...], players: tuple[str, ...]) -> tuple[tuple[Infoset, ...], tuple[int, ...]]:
    groups: dict[tuple[str, Any], list[int]] = {}
    for i, row in enumerate(rows):
        if row[2] == DECISION:
            if row[3] not in players:
                raise unknown(f"player (who moves at {path_of(rows, i)!r})", row[3], players)
            groups.setdefault((row[3], i if row[5] is None else row[5]), []).append(i)
    infoset_of = [-1] * len(rows)
    infosets: list[Infoset] = []
    taken: dict[tuple[str, str], int] = {}
    paths: dict[int, str] = {}
    for (player, key), nodes in groups.items():
        first = rows[nodes[0]]
        named = first[5] is not None
        name = str(key) if named else path_of(rows, nodes[0], paths)
        for node in nodes[1:]:
            if set(rows[node][4]) != set(first[4]):
                raise InformationSetError(
                    f"information set {name!r} of {player} has moves {', '.join(rows[node][4])} at "
                    f"{path_of(rows, node)!r}; expected {', '.join(first[4])} as at {path_of(rows, nodes[0])!r}"
                )
            if rows[node][6] != first[6]:
                raise InformationSetError(
                    f"information set {name!r} of {player} has two precisions; expected the same rationality throughout"
                )
        if (player, name) in taken:
            raise InformationSetError(f"{player} has two information sets called {name!r}; give one of them a name")
        taken[player, name] = len(infosets)
        for node in nodes:
            infoset_of[node] = len(infosets)
        infosets.append(Infoset(players.index(player), name, first[4], tuple(nodes), first[6], named))
    return tuple(infosets), tuple(infoset_of)


def _find_sequences(
    rows: tuple[Row, ...], n_players: int, infosets: tuple[Infoset, ...], infoset_of: tuple[int, ...], branch: list[int]
) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[tuple[int, int, int], ...], ...], tuple[int, ...], tuple[int, ...]]:
    """Number, for every node, the own moves of each player and the moves of all players that led there."""
    numbers = [[0] * len(rows) for _ in range(n_players + 1)]  # the last row: all players together
    tables: list[dict[tuple[int, int, int], int]] = [{(-1, -1, -1): 0} for _ in numbers]
    depth = [0] * len(rows)
    for i, row in enumerate(rows[1:], start=1):
        up = row[0]
        for own in numbers:
            own[i] = own[up]
        depth[i] = depth[up]
        h = infoset_of[up]
        if h >= 0:
            depth[i] += 1
            for k in (infosets[h].player, n_players):
                step = (numbers[k][up], h, branch[i])
                numbers[k][i] = tables[k].setdefault(step, len(tables[k]))
    own_numbers = tuple(map(tuple, numbers[:-1]))
    return own_numbers, tuple(tuple(t) for t in tables[:-1]), tuple(numbers[-1]), tuple(depth)
