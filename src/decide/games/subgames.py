"""Subgames: where a tree can be cut without cutting an information set, and the pieces between the cuts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from decide.games.extensive import DECISION, LEAF, ExtensiveForm, Structure
from decide.games.nodes import Chance, Decision, Node, Outcome

__all__ = ["Subgame", "fragments_of", "subgame_roots", "subgames_of"]


@dataclass(frozen=True, eq=False, repr=False)
class Subgame:
    """A part of a tree that can be played on its own.

    Attributes
    ----------
    path : str
        The moves that lead to where it starts; ``start`` for the whole.
    infosets : tuple of str
        The information sets in it, in the order of the tree.
    tree : ExtensiveForm
        The tree it is a part of.
    root : int
        The node it starts from.
    """

    path: str
    infosets: tuple[str, ...]
    tree: ExtensiveForm
    root: int

    @cached_property
    def game(self) -> ExtensiveForm:
        """The subgame as a tree; its information sets are called as in the whole, so strategies fit both."""
        return _as_tree(self.tree, self.root)

    def __repr__(self) -> str:
        n = len(self.infosets)
        return f"<Subgame at {self.path}: {n} information set{'' if n == 1 else 's'}>"


def subgames_of(tree: ExtensiveForm) -> tuple[Subgame, ...]:
    """Return all subgames of a tree, the whole first."""
    s = tree.structure
    last = _last_nodes(s)
    return tuple(
        Subgame(
            s.path(root), tuple(i.name for i in s.infosets if root <= i.nodes[0] <= last[root]), tree, root
        )
        for root in subgame_roots(s)
    )  # fmt: skip


def _as_tree(tree: ExtensiveForm, root: int) -> ExtensiveForm:
    """Write what follows a node as a tree, every information set under its name in the whole."""
    s, made = tree.structure, dict[int, Node]()
    for node in reversed(range(root, _last_nodes(s)[root] + 1)):
        row = s.rows[node]
        below = sorted(s.children[node], key=lambda c: s.rows[c][1])
        if row[2] == LEAF:
            made[node] = Outcome({p: tree.pool[k] for p, k in zip(s.players, row[3], strict=True)}, labels=row[4])
        elif row[2] == DECISION:
            moves = {a: made.pop(c) for a, c in zip(row[4], below, strict=True)}
            precision = tree.pool[row[6]] if row[6] >= 0 else None
            made[node] = Decision(row[3], moves, infoset=s.infosets[s.infoset_of[node]].name, rationality=precision)
        else:
            made[node] = Chance({e: (tree.pool[k], made.pop(c)) for e, k, c in zip(row[4], row[3], below, strict=True)})
    game = ExtensiveForm(made[root], players=s.players)
    return game.broadcast_to(tree.shape)


def _last_nodes(s: Structure) -> list[int]:
    """Of each node's subtree, its last node."""
    last = list(range(len(s.rows)))
    for node in reversed(range(1, len(s.rows))):
        last[s.parent[node]] = max(last[s.parent[node]], last[node])
    return last


@lru_cache(maxsize=16)
def subgame_roots(s: Structure) -> tuple[int, ...]:
    """Return the roots of all subgames: nodes from which on no information set reaches out of what follows.

    In preorder, the root of the tree first; leaves are none. Cost: linear in the size of the tree.
    """
    last = _last_nodes(s)
    first_tied, last_tied = list(range(len(s.rows))), list(range(len(s.rows)))  # nodes not told apart from any in it
    for info in s.infosets:
        for node in info.nodes:
            first_tied[node], last_tied[node] = info.nodes[0], info.nodes[-1]
    for node in reversed(range(1, len(s.rows))):
        up = s.parent[node]
        first_tied[up] = min(first_tied[up], first_tied[node])
        last_tied[up] = max(last_tied[up], last_tied[node])
    return tuple(
        i for i, kind in enumerate(s.kind) if not i or (kind != LEAF and first_tied[i] >= i and last_tied[i] <= last[i])
    )


@lru_cache(maxsize=16)
def fragments_of(s: Structure, roots: tuple[int, ...]) -> dict[int, tuple[list[int], list[int]]]:
    """Return, per root, what follows down to the next roots or leaves: information sets, and nodes in preorder.

    The nodes include those ends, but not the root itself.
    """
    heads = set(roots)
    home = [0] * len(s.rows)
    nodes: dict[int, list[int]] = {root: [] for root in roots}
    sets: dict[int, list[int]] = {root: [] for root in roots}
    for node in range(1, len(s.rows)):
        up = s.parent[node]
        home[node] = up if up in heads else home[up]
        nodes[home[node]].append(node)
    for h, info in enumerate(s.infosets):
        node = info.nodes[0]
        sets[node if node in heads else home[node]].append(h)
    return {root: (sets[root], nodes[root]) for root in roots}
