"""How the equilibria of a two-player game hang together: maximal Nash subsets and components.

Extreme equilibria are the edges of a graph between the vertices of one player and those of the other. If every pair of
``X' x Y'`` is an edge, every mixture of X' against every mixture of Y' is an equilibrium; the largest such sets are the
*maximal Nash subsets* (Millham 1974; Winkels 1979), and all equilibria lie in them. Subsets that share a vertex hang
together; the connected parts of the graph are the *components* (Avis, Rosenberg, Savani & von Stengel 2010).

Cost: one step a pair of neighbourhoods; games with many overlapping subsets have exponentially many of them.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Product", "connected", "maximal_products"]

Product = tuple[tuple[int, ...], tuple[int, ...]]


def maximal_products(edges: Sequence[tuple[int, int]]) -> list[Product]:
    """List the maximal sets X' x Y' all of whose pairs are edges, sorted.

    >>> maximal_products([(0, 0), (0, 1), (1, 1)])
    [((0,), (0, 1)), ((0, 1), (1,))]
    """
    replies: dict[int, frozenset[int]] = {}
    for x, y in edges:
        replies[x] = replies.get(x, frozenset()) | {y}
    closed = set(replies.values())
    fresh = set(closed)
    while fresh:
        fresh = {a & b for a in fresh for b in replies.values() if a & b} - closed
        closed |= fresh
    found = []
    for ys in closed:
        xs = tuple(sorted(x for x, own in replies.items() if ys <= own))
        found.append((xs, tuple(sorted(ys))))
    return sorted(found)


def connected(products: Sequence[Product]) -> list[tuple[int, ...]]:
    """Group products that share a vertex of either side; positions in the list, sorted.

    >>> connected([((0,), (0, 1)), ((0, 1), (1,)), ((2,), (2,))])
    [(0, 1), (2,)]
    """
    groups: list[set[int]] = []
    for k, (xs, ys) in enumerate(products):
        touching = [g for g in groups if any(set(xs) & set(products[j][0]) or set(ys) & set(products[j][1]) for j in g)]
        groups = [g for g in groups if g not in touching] + [{k}.union(*touching)]
    return sorted(tuple(sorted(g)) for g in groups)
