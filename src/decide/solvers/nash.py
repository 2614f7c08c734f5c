"""All equilibria: of two players all extreme ones, degenerate games included; of more, of small games.

Two players, in two tiers. Games of a batch are first solved together by the signs of minors (`supports`): a game whose
every sign is beyond doubt is nondegenerate, and the list is proved. The others, and every game for which ``exact=True``
is asked or whose payoffs were given as fractions, go to `extreme`, where payoffs become whole numbers, signs are exact,
and all extreme equilibria are found: those of which all others are mixtures (`decide.Solution.nash_subsets` says which
mixtures). So the list is proved complete in every game, and a game is flagged as degenerate if it is, or if it is
within 1e-9 of a player's payoff range of being so at some vertex.

Payoffs are taken for the exact numbers they are: a gap below the tolerance is a gap (and is flagged).

Three and more players: `many_players`.

References: Mangasarian 1964; Winkels 1979; Dickhaut & Kaplan 1991; Avis, Rosenberg, Savani & von Stengel 2010.

Cost: C(m + n, n) - 1 pairs of supports a player and game, 19 for m = n = 3, 69 for 4, 12,869 for 8, and hardly more
minors. A degenerate game costs some 60 to 90 times what another does (benchmarks/normal_form.py).

When not to use it: beyond about 8 x 8 actions take `lemke_howson`, which finds one; where only pure equilibria matter
`pure` is faster; for zero-sum games of any size take `zero_sum`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import SolveError
from decide.games.normal import NormalForm
from decide.games.values import FloatArray
from decide.solvers.base import Found, Pending
from decide.solvers.extreme import Extreme, extreme_equilibria, integers, sure_signs, whole_numbers
from decide.solvers.many_players import all_equilibria, refuses_many
from decide.solvers.minors import plan_of
from decide.solvers.supports import Hits, chunk_of, enumerate_supports, hit_supports

if TYPE_CHECKING:
    from decide.equilibrium import Game

__all__ = ["MOST_BASES", "nash", "refuses", "settled_again"]

#: The most pairs of supports of equal size, C(m + n, n): 8 x 8, 4 x 20 or 2 x 150 actions.
MOST_BASES = 13_000

Index = NDArray[np.intp]


def refuses(game: Game) -> str:
    """Say why a game is too large, or not in normal form, or nothing."""
    if not isinstance(game, NormalForm):
        return "it takes a game in normal form"
    if len(game.players) != 2:
        return refuses_many(game)
    m, n = game.n_actions
    bases = math.comb(m + n, n)
    if bases > MOST_BASES:
        return f"it takes up to {MOST_BASES:,} pairs of supports (8 x 8 actions); {m} x {n} has {_large(bases)}"
    return ""


def _large(n: int) -> str:
    return f"{n:,}" if n < 10**12 else f"about 1e{math.log10(n):.0f}"


def nash(game: NormalForm, *, exact: bool = False) -> Found | Pending:
    """Find all equilibria; strategies are written out when somebody asks for them.

    Parameters
    ----------
    game : NormalForm
    exact : bool
        Also return strategies as fractions, computed without rounding; games given as fractions always do. Two players.
    """
    if not isinstance(exact, bool):
        raise SolveError(f"exact is {exact!r}; expected True or False")
    if len(game.players) != 2:
        if exact:
            raise SolveError(f"exact=True takes two players; this game has {len(game.players)}")
        return all_equilibria(game)
    A, B = game.entries()
    m, k, n = A.shape
    exactly = exact or game.exact is not None

    def settle(here: slice, unsure: Index) -> Extreme:
        if exactly:
            return _by_integers(game, A, B)
        return _settle(A[..., here][..., unsure], B[..., here][..., unsure])

    parts: list[_Part] = []
    tied = np.zeros(n, dtype=np.bool_)
    step = max(n, 1) if exactly else chunk_of(m, k)
    for start in range(0, max(n, 1), step):
        here = slice(start, min(start + step, n))
        hits = None if exactly else hit_supports(A[..., here], B[..., here])
        unsure = np.arange(n) if hits is None else np.flatnonzero(hits.unsure)
        settled = settle(here, unsure) if len(unsure) else None
        parts.append(_Part(here, None if hits is None else hits.bits, unsure, settled))
        if settled is not None:
            tied[start + unsure] = settled.degenerate | settled.near
    return Pending(lambda: _pieces(A, B, parts, tied, settle), tied)


@dataclass(eq=False)
class _Part:
    """What is known of one chunk of games: the pairs of supports that hit, and what was settled exactly.

    What was settled is let go of when it has been written out; whoever asks once more has it settled again.
    """

    here: slice
    bits: NDArray[Any] | None
    unsure: Index
    settled: Extreme | None


def _settle(A: FloatArray, B: FloatArray) -> Extreme:
    """Find the extreme equilibria of games whose signs floats leave in doubt, some games at a time."""
    m, n, g = A.shape
    tables, plain = _floats(A, B)
    step = max(1, (1 << 18) // plan_of(m, n).size // max(m, n))
    parts: list[tuple[Index, Extreme]] = []
    for some, exactly in ((np.flatnonzero(plain), False), (np.flatnonzero(~plain), True)):
        for start in range(0, len(some), step):
            at = some[start : start + step]
            own = [integers(U[..., at]) if exactly else V[..., at] for U, V in zip((A, B), tables, strict=True)]
            parts.append((at, extreme_equilibria(*own)))
    return _gathered(parts, g)


def _floats(A: FloatArray, B: FloatArray) -> tuple[list[FloatArray], NDArray[np.bool_]]:
    """Scale payoffs so that floats are enough, and tell in which games they are."""
    m, n, _ = A.shape
    whole = [whole_numbers(U) for U in (A, B)]
    plain = whole[0][1] & whole[1][1]
    tables = [scaled for scaled, _ in whole]
    left = np.flatnonzero(~plain)
    if len(left):
        (rows, a), (columns, b) = (
            sure_signs(A[..., left], plan_of(m, n)),
            sure_signs(_across(B[..., left]), plan_of(n, m)),
        )
        sure = a & b
        plain[left[sure]] = True
        tables[0][..., left[sure]], tables[1][..., left[sure]] = rows[..., sure], _across(columns)[..., sure]
    return tables, plain


def _across(U: FloatArray) -> FloatArray:
    return U.swapaxes(0, 1)


def _by_integers(game: NormalForm, A: FloatArray, B: FloatArray) -> Extreme:
    """Find the extreme equilibria from the payoffs as they were given."""
    if game.exact is not None:
        tables: list[NDArray[Any]] = [own[..., None] for own in game.exact]
    else:
        tables = [A, B]
    return _as_they_are(*tables, fractions=True)


def _as_they_are(A: NDArray[Any], B: NDArray[Any], *, fractions: bool) -> Extreme:
    """Find the extreme equilibria of floats or fractions (m, n, g), each taken for the exact number it is."""
    m, n, g = A.shape
    step = max(1, (1 << 18) // plan_of(m, n).size)
    parts = []
    for start in range(0, g, step):
        at = np.arange(start, min(start + step, g))
        parts.append((at, extreme_equilibria(*(integers(U[..., at]) for U in (A, B)), fractions=fractions)))
    return _gathered(parts, g) if g else _nothing(m, n)


def settled_again(found: Found, games: Index, A: NDArray[np.object_], B: NDArray[np.object_]) -> Found:
    """Put in the place of what was found in some games what their payoffs say without rounding.

    Parameters
    ----------
    found : Found
    games : numpy.ndarray of int, shape (g,)
        Ascending.
    A, B : numpy.ndarray of Fraction, shape (m, n, g)
    """
    settled = _as_they_are(A, B, fractions=False)
    kept = np.flatnonzero(~np.isin(found.owner, games))
    old = (found.owner[kept], found.strategies[0][kept], found.strategies[1][kept])
    owner, x, y = _merged(old, (games[settled.owner], settled.x.astype(np.float64), settled.y.astype(np.float64)))
    tied = found.tied.copy()
    tied[games] = settled.degenerate | settled.near
    return replace(found, owner=owner, strategies=(x, y), tied=tied, exact=None)


def _gathered(parts: list[tuple[Index, Extreme]], g: int) -> Extreme:
    """Put the equilibria of several sets of games into one list, sorted by game."""
    degenerate, near = np.zeros(g, dtype=np.bool_), np.zeros(g, dtype=np.bool_)
    for at, found in parts:
        degenerate[at], near[at] = found.degenerate, found.near
    owner = np.concatenate([at[found.owner] for at, found in parts])
    order = np.argsort(owner, kind="stable")
    x, y = (np.concatenate([getattr(found, name) for _, found in parts])[order] for name in ("x", "y"))
    return Extreme(owner[order], x, y, degenerate, near)


def _nothing(m: int, n: int) -> Extreme:
    none = np.zeros(0, dtype=np.bool_)
    return Extreme(np.zeros(0, dtype=np.intp), np.zeros((0, m)), np.zeros((0, n)), none, none)


def _pieces(
    A: FloatArray,
    B: FloatArray,
    parts: list[_Part],
    tied: NDArray[np.bool_],
    settle: Callable[[slice, Index], Extreme],
) -> Iterator[Found]:
    """Write out the strategies of every equilibrium, chunk by chunk, sorted by game."""
    m, n, _ = A.shape
    for part in parts:
        games = part.here.stop - part.here.start
        owner, x, y = _nothing(m, n)[:3]
        if part.bits is not None:
            hits = Hits(part.bits, np.zeros(games, dtype=np.bool_))
            owner, x, y = enumerate_supports(A[..., part.here], B[..., part.here], hits, part.here.start)
        if len(part.unsure):
            settled = part.settled or settle(part.here, part.unsure)
            own = part.here.start + part.unsure[settled.owner]
            owner, x, y = _merged((owner, x, y), (own, settled.x, settled.y))
            part.settled = None
        exact = (x, y) if x.dtype == object else None
        strategies = (x.astype(np.float64), y.astype(np.float64)) if exact else (x, y)
        some = np.bincount(owner - part.here.start, minlength=games) > 0  # every game has one
        yield Found(owner, strategies, some, tied[part.here], exact=exact)


def _merged(a: tuple[Index, NDArray[Any], NDArray[Any]], b: tuple[Index, NDArray[Any], NDArray[Any]]) -> Any:
    if not len(a[0]):
        return b
    order = np.argsort(np.concatenate([a[0], b[0]]), kind="stable")
    return tuple(np.concatenate(pair)[order] for pair in zip(a, b, strict=True))
