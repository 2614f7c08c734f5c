"""The whole truth about a two-player game, by slow and exact means that know nothing of `decide`.

A player's best-response polyhedron holds its mixed strategies together with what the other can get from them:
``{(x, v) : x >= 0, sum(x) = 1, no reply of the other is worth more than v}``. Every inequality that is tight at a point
is a label there: an own action not played, or a best reply of the other. `vertices` tries every choice of as many tight
inequalities as there are dimensions and keeps the points that meet all the others. A pair of vertices, one of either
polyhedron, that has every action of both players among its labels is an extreme equilibrium (Mangasarian 1964; Winkels
1979), and all equilibria are mixtures of those that may be exchanged for one another: the maximal Nash subsets, which
are the maximal sets ``X * Y`` of vertices all of whose pairs are equilibria. Those that share an equilibrium are
connected, and make up the components (Avis, Rosenberg, Savani & von Stengel 2010).

A payoff is the rational number that it is: floats are binary fractions, ``"1/3"`` is a third. Tables are scaled to
whole numbers and systems are solved without fractions (Bareiss 1968), so nothing is ever rounded.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Strategy = tuple[Fraction, ...]
Pair = tuple[Strategy, Strategy]
Subset = tuple[frozenset[Strategy], frozenset[Strategy]]
Table = list[list[Fraction]]


@dataclass(frozen=True)
class Vertex:
    """A vertex of a best-response polyhedron: the strategy, its labels, and its least slack that is not zero."""

    strategy: Strategy
    labels: frozenset[int]
    gap: Fraction | None


@dataclass(frozen=True)
class Truth:
    """What is true of a game.

    Attributes
    ----------
    equilibria : tuple of pairs of strategies
        All extreme equilibria, sorted.
    degenerate : bool
        Whether some mixed strategy has more best replies than actions it is played with.
    gap : Fraction or None
        How far the game is from being degenerate in another way than it is: the least probability, or payoff
        difference over the payoff range, that is not 0 at a vertex. None if there is none.
    """

    equilibria: tuple[Pair, ...]
    degenerate: bool
    gap: Fraction | None

    @property
    def subsets(self) -> frozenset[Subset]:
        """The maximal Nash subsets."""
        return nash_subsets(self.equilibria)

    @property
    def components(self) -> frozenset[frozenset[Subset]]:
        """The components, each as the maximal Nash subsets it is made of."""
        return components(self.subsets)


def table(payoffs: Any) -> Table:
    """Return a matrix of payoffs of any type as the exact numbers they are."""
    rows = payoffs.tolist() if hasattr(payoffs, "tolist") else payoffs
    return [[Fraction(x) for x in row] for row in rows]


def transposed(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Return the transposed matrix."""
    return [list(column) for column in zip(*rows, strict=True)]


def spread(payoffs: Table) -> Fraction:
    """Return the payoff range."""
    return max(map(max, payoffs)) - min(map(min, payoffs))


def truth(A: Any, B: Any) -> Truth:
    """Find everything out about a game."""
    mine, theirs = table(A), table(B)
    m, n = len(mine), len(mine[0])
    rows = vertices(transposed(theirs), [*range(m)], [*range(m, m + n)])
    columns = vertices(mine, [*range(m, m + n)], [*range(m)])
    everything = frozenset(range(m + n))
    found = [(p.strategy, q.strategy) for p in rows for q in columns if p.labels | q.labels == everything]
    degenerate = any(len(p.labels) > m for p in rows) or any(len(q.labels) > n for q in columns)
    gaps = [vertex.gap for vertex in (*rows, *columns) if vertex.gap is not None]
    return Truth(tuple(sorted(found)), degenerate, min(gaps, default=None))


def vertices(worth: Table, own: Sequence[int], other: Sequence[int]) -> list[Vertex]:
    """Return the vertices of a player's best-response polyhedron.

    Parameters
    ----------
    worth : table
        One row for each reply of the other: what it gets from it against each action of the player.
    own, other : sequence of int
        The labels of the player's actions and of the other's replies.
    """
    whole, size = whole_numbers(worth)
    found: dict[Strategy, Vertex] = {}
    for support, best in bases(len(own), len(other)):
        first = whole[best[0]]
        equations = [[whole[j][i] - first[i] for i in support] + [0] for j in best[1:]]
        solved = solve([*equations, [1] * len(support) + [1]])
        if solved is None or min(solved[0]) < 0:
            continue
        weights, total = solved
        gets = [sum(w * row[i] for w, i in zip(weights, support, strict=True)) for row in whole]
        if max(gets) > gets[best[0]]:
            continue
        mixed = [Fraction(0)] * len(own)
        for i, w in zip(support, weights, strict=True):
            mixed[i] = Fraction(w, total)
        slack = dict(zip(own, mixed, strict=True))
        slack |= {j: Fraction(max(gets) - g, total * size) for j, g in zip(other, gets, strict=True)}
        tight = frozenset(label for label, s in slack.items() if s == 0)
        gap = min((s for s in slack.values() if s != 0), default=None)
        found[tuple(mixed)] = Vertex(tuple(mixed), tight, gap)
    return list(found.values())


def bases(n_own: int, n_other: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield every choice of actions played and as many best replies: with the rest unplayed, a full system."""
    for k in range(1, min(n_own, n_other) + 1):
        yield from itertools.product(itertools.combinations(range(n_own), k), itertools.combinations(range(n_other), k))


def whole_numbers(rows: Table) -> tuple[list[list[int]], int]:
    """Return a table shifted and scaled to whole numbers from 0, which changes no vertex, and its range (1 if none)."""
    low = min(map(min, rows))
    scale = math.lcm(*(x.denominator for row in rows for x in row), low.denominator)
    whole = [[int((x - low) * scale) for x in row] for row in rows]
    return whole, max(map(max, whole)) or 1


def solve(rows: list[list[int]]) -> tuple[list[int], int] | None:
    """Solve a square system, its right side in the last column: numerators over a positive denominator."""
    before = 1
    for c in range(len(rows)):
        r = next((r for r in range(c, len(rows)) if rows[r][c]), None)
        if r is None:
            return None
        rows[c], rows[r] = rows[r], rows[c]
        pivot = rows[c]
        for r, row in enumerate(rows):
            if r != c:
                rows[r] = [(pivot[c] * x - row[c] * y) // before for x, y in zip(row, pivot, strict=True)]
        before = pivot[c]
    sign = 1 if before > 0 else -1
    return [sign * row[-1] for row in rows], sign * before


def nash_subsets(equilibria: Sequence[Pair]) -> frozenset[Subset]:
    """Return the maximal Nash subsets: the largest sets X and Y all of whose pairs are among the equilibria."""
    answers: dict[Strategy, set[Strategy]] = {}
    for x, y in equilibria:
        answers.setdefault(x, set()).add(y)
    closed: set[frozenset[Strategy]] = set()
    for replies in answers.values():
        closed |= {frozenset(replies)} | {old & replies for old in closed}
    return frozenset((frozenset(x for x in answers if ys <= answers[x]), ys) for ys in closed if ys)


def components(subsets: frozenset[Subset]) -> frozenset[frozenset[Subset]]:
    """Return the groups of maximal Nash subsets that hang together by equilibria they share."""
    groups: list[set[Subset]] = []
    for subset in subsets:
        near = [g for g in groups if any(subset[0] & x and subset[1] & y for x, y in g)]
        groups = [g for g in groups if g not in near] + [{subset}.union(*near)]
    return frozenset(map(frozenset, groups))


def relative_regrets(A: Any, B: Any, x: Sequence[Any], y: Sequence[Any]) -> tuple[Fraction, Fraction]:
    """Return what either player could gain by its best reply, over its payoff range; weights may be floats."""
    mine, theirs = table(A), transposed(table(B))
    row, column = normalised(x), normalised(y)
    return _relative_regret(mine, row, column), _relative_regret(theirs, column, row)


def normalised(weights: Sequence[Any]) -> Strategy:
    """Return probabilities that sum to exactly 1, which floats need not."""
    exact = [Fraction(w) for w in weights]
    return tuple(w / sum(exact) for w in exact)


def payoff(rows: Table, x: Strategy, y: Strategy) -> Fraction:
    """Return the expected payoff."""
    return sum((p * q * rows[i][j] for i, p in enumerate(x) for j, q in enumerate(y)), Fraction(0))


def _relative_regret(rows: Table, own: Strategy, other: Strategy) -> Fraction:
    best = max(sum((q * v for q, v in zip(other, row, strict=True)), Fraction(0)) for row in rows)
    size = spread(rows)
    return (best - payoff(rows, own, other)) / size if size else Fraction(0)
