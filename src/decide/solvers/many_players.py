"""All equilibria of small games with any number of players, and one equilibrium of larger ones.

`all_equilibria` looks at every support profile (Dickhaut & Kaplan 1991; Porter, Nudelman & Shoham 2008), the small
ones first. On each, what makes all players indifferent is a system of equations, each affine in every player's weights
(Datta 2010), whose roots are found, and proved to be all, by subdivision (`decide.solvers.polynomial`); three players
with two actions each have a closed form (`decide.solvers.cubes`). Equilibria may be irrational (Nash 1951), so no exact
arithmetic is attempted: roots are polished to full precision and checked against all deviations.

A game is complete if every support profile was settled. It is not where equilibria form curves, or nearly do: what was
found is then given, flagged `tied`. Points nearer to each other than 1e-7 count as one.

`one_equilibrium` follows the logit correspondence to its limit (Turocy 2005), an equilibrium selection in the sense of
Harsanyi & Selten (1988), and is polished on the support it ends in; where that fails it tries pure equilibria, then
supports of few actions, then the correspondence of perturbed payoffs as a way to another starting point.

With three or more players all is done in floats: payoffs given as fractions are rounded to floats first, nothing comes
back in fractions, and `nash` refuses ``exact=True``.

Cost of `all_equilibria` (method ``nash``): ``prod(2^a_i - 1)`` support profiles a game, most of which die at once by
conditional dominance; the others take from one box to some thousands. It takes games with up to 4,000 support profiles.
When not to use it: two players (their equations are linear; there method ``nash`` takes another way, exact and faster),
many actions (use ``logit_limit``), or if only pure equilibria matter (`pure`).

Cost of `one_equilibrium` (method ``logit_limit``): some tens of steps along the branch, each a few systems of as many
equations as there are actions, and expected payoffs over all profiles; the games of a batch go side by side. Where that
fails, up to 500 support profiles and eight perturbed branches more. Measured once, random games: 0.2 s for
4 x 4 x 4 actions, 0.3 s for 6 x 6 x 6 and for 3 x 3 x 3 x 3 x 3; 8 ms each in a batch of 200 of 4 x 4 x 4.
When not to use it: where other equilibria matter; it finds one, which need not be the one that people play, and
`complete` says no more than that one was found (``nash`` finds all of small games, `pure` all pure ones). With two
players and many actions `lemke_howson` is surer, because its paths must end. For play at a finite precision take
`logit`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from decide.games.values import FloatArray, each_to_unit
from decide.points import Status
from decide.solvers import branch
from decide.solvers.base import TIE, Found, no_tree
from decide.solvers.cubes import cube_equilibria
from decide.solvers.polynomial import contract, newton, roots
from decide.solvers.pure import pure_mask

if TYPE_CHECKING:
    from decide.equilibrium import Game
    from decide.games.normal import NormalForm

__all__ = ["all_equilibria", "is_quick", "one_equilibrium", "refuses_many"]

#: The most support profiles a game may have.
PROFILES = 4_000
#: Up to so many the games of a batch (2 x 2 x 2 x 2), or a single game (3 x 3 x 3), are solved without being asked.
QUICK, QUICK_ONE = 100, 400
#: Boxes looked at on a support profile before it is left unsettled, times 2^(weights that are free): several times what
#: random games need. Games that have an unsettled support profile already, and so cannot be complete, get a part of it.
BOXES, PART = 500, 16
#: Support profiles of all games worked on at once.
AT_ONCE = 20_000
#: Of `one_equilibrium`: support profiles and boxes on each that are tried, and perturbations of the payoffs.
FEW_PROFILES, FEW_BOXES, PERTURBED = 500, 10, (1e-6, 1e-4, 1e-3, 1e-2, 1e-2, 1e-1, 1e-1, 1e-1)
#: Equilibria nearer than this are one; those of unsettled supports are kept only this far apart.
SAME, APART = 1e-7, 1e-3
#: Points farther apart than this are not one point found twice; where they are merged the game is `tied`.
ROUNDING = 1e-11

Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
Support = tuple[int, ...]


def refuses_many(game: Game) -> str:
    """Say why a game is too large for all its equilibria to be found, or nothing."""
    reason = no_tree(game)
    if reason:
        return reason
    profiles = n_support_profiles(game.n_actions)  # type: ignore[union-attr]
    if profiles > PROFILES:
        size = " x ".join(map(str, game.n_actions))  # type: ignore[union-attr]
        return f"it takes games with up to {PROFILES} support profiles; this game, {size}, has {profiles}"
    return ""


def is_quick(game: NormalForm) -> bool:
    """Whether all equilibria take milliseconds (a game of a batch) or well below a second (a single game)."""
    return n_support_profiles(game.n_actions) <= (QUICK_ONE if game.shape == () else QUICK)


def n_support_profiles(n_actions: Sequence[int]) -> int:
    """Return how many support profiles a game has.

    >>> n_support_profiles((3, 3, 3))
    343
    """
    total = 1
    for a in n_actions:
        total *= 2**a - 1
    return total


def all_equilibria(game: NormalForm) -> Found:
    """Find all equilibria of small games with any number of players.

    Parameters
    ----------
    game : NormalForm
        One game or a batch, with up to 4,000 support profiles.

    Returns
    -------
    Found
        A row for each equilibrium. A game is complete if every support profile was settled and an equilibrium was
        found; where one was not settled the game is `tied`, as it is where an action not played is as good (within 1e-9
        of the player's payoff range).
    """
    units = each_to_unit(game.entries())
    n, sizes = units.shape[-1], game.n_actions
    if sizes == (2, 2, 2):
        owner, strategies, doubtful = cube_equilibria(units)
        clear = ~doubtful[owner]
        parts = [(owner[clear], tuple(s[clear] for s in strategies))]
    else:
        parts, doubtful = [], np.ones(n, dtype=np.bool_)
    complete, tied = ~doubtful, np.zeros(n, dtype=np.bool_)
    hard = np.flatnonzero(doubtful)
    step = max(1, AT_ONCE // n_support_profiles(sizes))
    for start in range(0, len(hard), step):
        part = hard[start : start + step]
        owner, strategies, complete[part], tied[part] = _by_supports(units[..., part])
        parts.append((part[owner], strategies))
    owner = np.concatenate([np.zeros(0, dtype=np.intp), *(o for o, _ in parts)])
    order = np.argsort(owner, kind="stable")
    found = tuple(np.concatenate([np.zeros((0, a)), *(s[j] for _, s in parts)])[order] for j, a in enumerate(sizes))
    return Found(owner[order], found, complete & (np.bincount(owner, minlength=n) > 0), tied)


# ------------------------------------------------------------------ every support profile


def _by_supports(units: FloatArray) -> tuple[Ints, tuple[FloatArray, ...], Bools, Bools]:
    """Find the equilibria of a few games on every support profile; also whether all, and whether a tie was met."""
    sizes, n = units.shape[1:-1], units.shape[-1]
    settled = np.ones(n, dtype=np.bool_)
    owner, strategies = _pure_rows(units)
    firm = [np.ones(len(owner), dtype=np.bool_)]
    owners, points = [owner], [strategies]
    for counts in _counts(sizes):
        owner, strategies, sure, decided = _on_supports(units, counts, np.where(settled, BOXES, BOXES // PART))
        settled &= decided
        owners.append(owner)
        points.append(strategies)
        firm.append(sure)
    owner, sure = np.concatenate(owners), np.concatenate(firm)
    strategies = tuple(np.concatenate(s) for s in zip(*points, strict=True))
    good, near = _checked(units, owner, strategies)
    order = np.flatnonzero(good)
    order = order[np.lexsort((~sure[order], owner[order]))]
    kept, merged = _distinct(owner[order], [s[order] for s in strategies], sure[order])
    tied = ~settled
    tied[owner[order][merged]] = True
    order = order[kept]
    tied[owner[order][near[order]]] = True
    return owner[order], tuple(s[order] for s in strategies), settled, tied


def _pure_rows(units: FloatArray) -> tuple[Ints, tuple[FloatArray, ...]]:
    mask, _ = pure_mask(units)
    owner, *index = np.nonzero(np.moveaxis(mask, -1, 0))
    return owner, tuple(np.eye(a)[k] for a, k in zip(units.shape[1:-1], index, strict=True))


def _on_supports(
    units: FloatArray, counts: Sequence[int], boxes: Ints
) -> tuple[Ints, tuple[FloatArray, ...], Bools, Bools]:
    """Find candidates on all supports of given sizes.

    Parameters
    ----------
    units : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
    counts : sequence of int
        How many actions each player mixes.
    boxes : numpy.ndarray of int, shape (n,)
        The limit, as of `BOXES`.

    Returns
    -------
    owner, strategies
        Of the candidates.
    sure : numpy.ndarray of bool
        Whether the candidate is from a settled support.
    settled : numpy.ndarray of bool, shape (n,)
        Whether all these supports of the game were.
    """
    sizes, n = units.shape[1:-1], units.shape[-1]
    profiles = list(_supports(sizes, counts))
    tables = [np.concatenate([_table(units, i, p) for p in profiles], axis=-1) for i in range(len(sizes))]
    found = roots(tables, counts, np.tile(boxes, len(profiles)) * 2 ** (sum(counts) - len(counts)))
    sure = found.settled[found.owner]
    points = list(found.points)
    if not sure.all():
        loose = ~sure
        part = [t[..., found.owner[loose]] for t in tables]
        polished, good = newton(part, counts, [p[:, loose] for p in points])
        for p, q in zip(points, polished, strict=True):
            p[:, loose] = np.where(good, q, p[:, loose])
    which, owner = np.divmod(found.owner, n)
    strategies = []
    for j, a in enumerate(sizes):
        full = np.zeros((len(owner), a))
        actions = np.array([p[j] for p in profiles])[which]
        weights = np.clip(points[j].T, 0.0, None)
        np.put_along_axis(full, actions, weights / weights.sum(axis=1, keepdims=True), axis=1)
        strategies.append(full)
    return owner, tuple(strategies), sure, np.logical_and.reduce(found.settled.reshape(len(profiles), n))


def _counts(sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """How many actions each player may mix, pure profiles apart; the fewest first."""
    mixed = (c for c in itertools.product(*(range(1, a + 1) for a in sizes)) if max(c) > 1)
    return sorted(mixed, key=lambda c: (sum(c), max(c), c))


def _supports(sizes: Sequence[int], counts: Sequence[int]) -> Iterator[tuple[Support, ...]]:
    yield from itertools.product(*(itertools.combinations(range(a), k) for a, k in zip(sizes, counts, strict=True)))


def _table(units: FloatArray, i: int, supports: Sequence[Support]) -> FloatArray:
    """Payoffs of all of player i's actions, its support's first, against the others' supports."""
    outside = tuple(a for a in range(units.shape[i + 1]) if a not in supports[i])
    kept = units[i]
    for j, own in enumerate(supports):
        kept = kept.take(own + outside if j == i else own, axis=j)
    return np.moveaxis(kept, i, 0)


def _checked(units: FloatArray, owner: Ints, strategies: Sequence[FloatArray]) -> tuple[Bools, Bools]:
    """Whether no deviation gains more than the tolerance, and whether one outside the support comes as near."""
    good, near = np.ones(len(owner), dtype=np.bool_), np.zeros(len(owner), dtype=np.bool_)
    points = [s.T for s in strategies]
    for i, x in enumerate(points):
        worth = contract(np.moveaxis(units[i][..., owner], i, 0), points, (i,))
        best = worth.max(axis=0)
        good &= best - (worth * x).sum(axis=0) <= TIE
        near |= ((x <= TIE) & (worth >= best - TIE)).any(axis=0)
    return good, near


def _distinct(owner: Ints, strategies: Sequence[FloatArray], sure: Bools) -> tuple[Bools, Bools]:
    """Whether a row is far from all earlier rows of the same game; and whether it is near one, but another point."""
    stacked = np.concatenate(list(strategies), axis=1)
    room = np.where(sure, SAME, APART)
    kept, merged = np.ones(len(owner), dtype=np.bool_), np.zeros(len(owner), dtype=np.bool_)
    for back in range(1, int(np.bincount(owner).max(initial=0))):
        same = (owner[back:] == owner[:-back]) & kept[:-back]
        away = np.abs(stacked[back:] - stacked[:-back]).max(axis=1)
        same &= away <= room[back:]
        kept[back:] &= ~same
        merged[back:] |= same & (away > ROUNDING)
    return kept, merged


# ------------------------------------------------------------------ one equilibrium


class _Hunt:
    """The games for which an equilibrium is still wanted, and what was found for the others."""

    def __init__(self, units: FloatArray) -> None:
        self.units = units
        self.n = units.shape[-1]
        self.strategies = tuple(np.zeros((self.n, a)) for a in units.shape[1:-1])
        self.found, self.tied = np.zeros(self.n, dtype=np.bool_), np.zeros(self.n, dtype=np.bool_)

    @property
    def wanted(self) -> Ints:
        return np.flatnonzero(~self.found)

    def offer(self, owner: Ints, strategies: Sequence[FloatArray]) -> None:
        """Take the first equilibrium of every game that has none yet."""
        good, near = _checked(self.units, owner, strategies)
        good &= ~self.found[owner]
        _, first = np.unique(owner[good], return_index=True)
        at = np.flatnonzero(good)[first]
        for mine, theirs in zip(self.strategies, strategies, strict=True):
            mine[owner[at]] = theirs[at]
        self.found[owner[at]] = True
        self.tied[owner[at]] = near[at]

    def offer_near(self, owner: Ints, strategies: Sequence[FloatArray]) -> None:
        """Offer points that may only be close to an equilibrium: as they are, then polished on their supports."""
        self.offer(owner, strategies)
        for least in (1e-7, 1e-5, 1e-3, 1e-2):
            left = ~self.found[owner]
            if left.any():
                self.offer(owner[left], _polished(self.units, owner[left], [s[left] for s in strategies], least))


def one_equilibrium(game: NormalForm) -> Found:
    """Find one equilibrium of each game; none is given where all attempts fail.

    Parameters
    ----------
    game : NormalForm
        One game or a batch, any number of players.

    Returns
    -------
    Found
        At most one row a game; a game for which all attempts failed has none, and the status ``FAILED``. `complete`
        says that one was found; `tied`, that an action not played is as good (within 1e-9 of the player's payoff range)
        or that the branch met a crossing.
    """
    hunt = _Hunt(each_to_unit(game.entries()))
    crossed = np.zeros(hunt.n, dtype=np.bool_)
    if hunt.n:
        end = branch.limit(hunt.units)
        hunt.offer_near(np.arange(hunt.n), end.strategies)
        crossed = end.crossed & hunt.found
    _try_pure(hunt)
    _try_supports(hunt)
    _try_perturbed(hunt)
    owner = np.flatnonzero(hunt.found)
    status = np.where(hunt.found, Status.SOLVED, Status.FAILED).astype(np.int8)
    return Found(owner, tuple(s[owner] for s in hunt.strategies), hunt.found, hunt.tied | crossed, status=status)


def _polished(units: FloatArray, owner: Ints, strategies: Sequence[FloatArray], least: float) -> tuple[FloatArray, ...]:
    """Drop actions played with probability below `least`, and solve for indifference among the others."""
    ends = np.cumsum([s.shape[1] for s in strategies])[:-1]
    polished = tuple(s.copy() for s in strategies)
    patterns, which = np.unique(np.concatenate([s > least for s in strategies], axis=1), axis=0, return_inverse=True)
    for k, pattern in enumerate(patterns):
        at = np.flatnonzero(which.ravel() == k)
        supports = tuple(tuple(map(int, np.flatnonzero(part))) for part in np.split(pattern, ends))
        counts = tuple(map(len, supports))
        if min(counts) == 0:
            continue
        start = [s[at][:, own].T for s, own in zip(strategies, supports, strict=True)]
        start = [p / p.sum(axis=0) for p in start]
        x = start
        if max(counts) > 1:
            tables = [_table(units[..., owner[at]], i, supports) for i in range(len(counts))]
            x, converged = newton(tables, counts, start)
            x = [np.where(converged, p, q) for p, q in zip(x, start, strict=True)]
        for full, p, own in zip(polished, x, supports, strict=True):
            weights = np.clip(p.T, 0.0, None)
            rows = np.zeros((len(at), full.shape[1]))
            rows[:, own] = weights / weights.sum(axis=1, keepdims=True)
            full[at] = rows
    return polished


def _try_pure(hunt: _Hunt) -> None:
    wanted = hunt.wanted
    if len(wanted):
        owner, strategies = _pure_rows(hunt.units[..., wanted])
        hunt.offer(wanted[owner], strategies)


def _try_supports(hunt: _Hunt) -> None:
    """Try supports of few actions, as far as a number of support profiles."""
    sizes, spent = hunt.units.shape[1:-1], 0
    for counts in _counts(sizes):
        wanted = hunt.wanted
        spent += int(np.prod([math.comb(a, k) for a, k in zip(sizes, counts, strict=True)]))
        if not len(wanted) or spent > FEW_PROFILES:
            return
        step = max(1, AT_ONCE // n_support_profiles(sizes))
        for part in np.split(wanted, range(step, len(wanted), step)):
            owner, strategies, _, _ = _on_supports(hunt.units[..., part], counts, np.full(len(part), FEW_BOXES))
            hunt.offer(part[owner], strategies)


def _try_perturbed(hunt: _Hunt) -> None:
    """Follow the branches of games nearby, and polish their limits in the games themselves."""
    rng = np.random.default_rng(0)
    for size in PERTURBED:
        wanted = hunt.wanted
        if not len(wanted):
            return
        near = hunt.units[..., wanted]
        near = near + size * rng.uniform(-1.0, 1.0, near.shape)
        hunt.offer_near(wanted, branch.limit(near).strategies)
