"""Subgames: where a tree can be cut without cutting an information set, and the pieces between the cuts."""

from __future__ import annotations

from functools import lru_cache

from decide.games.extensive import LEAF, Structure

__all__ = ["fragments_of", "subgame_roots"]


@lru_cache(maxsize=16)
def subgame_roots(s: Structure) -> tuple[int, ...]:
    """Return the roots of all subgames: nodes from which on no information set reaches out of what follows.

    In preorder, the root of the tree first; leaves are none. Cost: linear in the size of the tree.
    """
    last = list(range(len(s.rows)))  # of each node's subtree, its last node
    first_tied, last_tied = list(range(len(s.rows))), list(range(len(s.rows)))  # nodes not told apart from any in it
    for info in s.infosets:
        for node in info.nodes:
            first_tied[node], last_tied[node] = info.nodes[0], info.nodes[-1]
    for node in reversed(range(1, len(s.rows))):
        up = s.parent[node]
        last[up] = max(last[up], last[node])
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
