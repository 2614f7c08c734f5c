"""Proper equilibria of two players, by the orders in which actions become infinitely less likely.

In a proper equilibrium (Myerson 1978) all actions are trembled to, and of two actions the worse is infinitely less
likely. An equilibrium is proper if and only if a lexicographic probability system for each player, of full support and
starting with its strategy, respects preferences: whatever is worse against the other's system is infinitely less likely
(Blume, Brandenburger & Dekel 1991). All orders of both players' actions are tried. For each, whether the levels of the
system exist is one linear program a level.

Cost: the orders of k unplayed actions that are equally good are the ways to rank them with ties: 1, 3, 13, 75, 541 for
k = 1, ..., 5. They multiply over the classes of equally good unplayed actions and over both players; what is worse
never comes before what is better, so actions that differ in payoff add none. With more than 200 pairs of orders the
answer is None, as it is for three or more players (unless it is plain, see `is_proper`), and where a linear program
fails and no pair of orders passes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from decide.games.values import FloatArray
from decide.refinements.tables import TIE, Profile, all_of, program, support

__all__ = ["proper_pair"]

#: The most pairs of orders that are tried.
MOST_ORDERS = 200

Order: TypeAlias = tuple[tuple[int, ...], ...]


def proper_pair(tables: list[FloatArray], profile: Profile) -> bool | None:
    """Whether an equilibrium is proper, from the levelled tables of both players; None if that would take too long."""
    U, V = tables[0], tables[1].T
    x, y = (np.asarray(s) for s in profile)
    if _count(U @ y, x) * _count(V @ x, y) > MOST_ORDERS:
        return None
    mine, theirs = list(_orders(U @ y, x)), list(_orders(V @ x, y))
    failed = False
    for own, other in itertools.product(mine, theirs):
        answer = all_of(_respected(*case) for case in ((U, own, other, y), (V, other, own, x)))
        if answer:
            return True
        failed |= answer is None
    return None if failed else False


def _orders(worth: FloatArray, strategy: FloatArray) -> Iterator[Order]:
    """All orders of a player's actions by unlikelihood: first the support, and the worse never before the better."""
    played = support(strategy)
    for parts in itertools.product(*(list(_ordered_partitions(tuple(c))) for c in _classes(worth, strategy))):
        yield (tuple(played), *itertools.chain.from_iterable(parts))


def _count(worth: FloatArray, strategy: FloatArray) -> int:
    """How many orders there are: the product of the ordered Bell numbers of the classes."""
    return math.prod(_ordered_bell(len(c)) for c in _classes(worth, strategy))


@lru_cache(maxsize=64)
def _ordered_bell(n: int) -> int:
    """The number of ways to put n things into a sequence of classes."""
    return 1 if n == 0 else sum(math.comb(n, k) * _ordered_bell(n - k) for k in range(1, n + 1))


def _classes(worth: FloatArray, strategy: FloatArray) -> list[list[int]]:
    """The actions not played, the best first, those of equal worth together."""
    played = support(strategy)
    rest = sorted((k for k in range(len(worth)) if k not in played), key=lambda k: -worth[k])
    classes: list[list[int]] = []
    for k in rest:
        if classes and worth[classes[-1][-1]] - worth[k] <= TIE:
            classes[-1].append(k)
        else:
            classes.append([k])
    return classes


def _ordered_partitions(items: tuple[int, ...]) -> Iterator[Order]:
    """All ways to put items into a sequence of classes."""
    if not items:
        yield ()
    for size in range(1, len(items) + 1):
        for first in itertools.combinations(items, size):
            for rest in _ordered_partitions(tuple(k for k in items if k not in first)):
                yield (first, *rest)


def _respected(U: FloatArray, own: Order, other: Order, strategy: FloatArray) -> bool | None:
    """Whether the other's levels can be weighted so that each class of `own` is as good as the next.

    Within a class all must be equally good at every level. A later class may be worse; once it is at one level, the
    levels after that could have it better, but need not: adding enough of the level where it was worse, it is not.
    """
    equal = np.array([U[a] - U[c[0]] for c in own for a in c[1:]]).reshape(-1, U.shape[1])
    leads = np.array([U[c[0]] - U[d[0]] for c, d in itertools.pairwise(own)]).reshape(-1, U.shape[1])
    leads = leads[leads @ strategy <= TIE]  # the others are settled at the first level, the strategy itself
    if not len(leads) and not len(equal):
        return True
    ends = list(itertools.accumulate(other))
    return all_of(_level(equal, leads, seen, new) for seen, new in itertools.pairwise(ends))


def _level(equal: FloatArray, leads: FloatArray, seen: tuple[int, ...], now: tuple[int, ...]) -> bool | None:
    """Whether there are weights for one level: above 0 on what is new in it, 0 on what comes later."""
    bounds: list[tuple[float, float | None]] = [
        (0, None) if j in seen else (1, None) if j in now else (0, 0) for j in range(equal.shape[1])
    ]
    found, _ = program(
        np.zeros(equal.shape[1]),
        A_ub=-leads if len(leads) else None,
        b_ub=np.zeros(len(leads)) if len(leads) else None,
        A_eq=equal if len(equal) else None,
        b_eq=np.zeros(len(equal)) if len(equal) else None,
        bounds=bounds,
    )
    return found
