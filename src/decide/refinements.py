r"""Refinements of Nash equilibrium: which equilibria survive a closer look.

One game and one profile of it at a time, as arrays. Every test answers True or False where that can be decided, and
None where it cannot: nothing is guessed. A profile that is no equilibrium passes none of the refinements.

Payoffs are scaled to [0, 1] for each player; payoffs of a table that differ by at most 1e-9 of its range count as
equal, and an action is played if its probability is above 1e-9. What implies what: strict equilibria are proper,
proper ones perfect, perfect ones undominated; completely mixed equilibria are proper.

How each is decided:

- *Undominated.* By linear programming, in the form of its alternative (Farkas): a strategy is weakly dominated if some
  move of probability away from its support gains somewhere and loses nowhere. The total gain is set to 1 and the
  largest loss minimised, which stays well-conditioned where the gains are small.
- *Perfect.* Two players: undominated is the same (van Damme 1991). More players: a pure equilibrium is perfect if one
  set of trembles makes every tied action worse to first order (a linear program); it is not if a tied action is
  better however the others tremble (every profile in which it is worse needs, besides, a tremble after which it is
  better already).
- *Proper.* Two players: a lexicographic probability system that respects preferences must exist (Blume, Brandenburger
  & Dekel 1991). All orders in which a player's actions can become infinitely less likely are tried, and for each the
  levels of the system are found by linear programs, one after another, each breaking as many ties as it can (the
  ties that can be broken form a convex problem, so breaking them all at once is never wrong).
- *Evolutionarily stable.* The quadratic form of the extended support must be strictly copositive (Haigh 1975; Abakuks
  1980): positive definite in the directions of the support, and the Schur complement strictly copositive, which is
  tested on every face of the simplex.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import GameError
from decide.games.values import FloatArray

__all__ = [
    "dominance_mask",
    "is_evolutionarily_stable",
    "is_perfect",
    "is_proper",
    "is_strict",
    "is_undominated",
    "strict_mask",
]

#: Shares of the payoff range, and probabilities, that count as nothing.
TIE = 1e-9
#: The most pairs of orders tried before `is_proper` gives up.
MOST_ORDERS = 200
#: The most best replies outside the support for which `is_evolutionarily_stable` looks at every face.
MOST_OUTSIDE = 12

Profile = Sequence[FloatArray]
Order = tuple[tuple[int, ...], ...]


def is_strict(entries: FloatArray, profile: Profile) -> bool | None:
    """Tell whether everyone plays the only best reply, which is then pure (Harsanyi 1973).

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1})
        Payoffs.
    profile : sequence of numpy.ndarray, shape (a_i,) each
        Mixed strategies.

    Returns
    -------
    bool or None
        Never None.

    Examples
    --------
    >>> dilemma = np.array([[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]])
    >>> is_strict(dilemma, (np.array([0.0, 1.0]), np.array([0.0, 1.0])))
    True
    """
    _check(entries, profile)
    return bool(strict_mask(entries[..., None], tuple(np.asarray(x)[None] for x in profile))[0])


def strict_mask(entries: FloatArray, strategies: Sequence[FloatArray]) -> NDArray[np.bool_]:
    """Tell the same of one profile for each of many games.

    Parameters
    ----------
    entries : numpy.ndarray, shape (n_players, a_0, ..., a_{k-1}, n)
        Payoffs, games last.
    strategies : sequence of numpy.ndarray, shape (n, a_i) each

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
    """
    n_players, n = len(entries), entries.shape[-1]
    strict = np.ones(n, dtype=np.bool_)
    for i, u in enumerate(_unit(entries)):
        worth = np.moveaxis(u, i, 0)
        for j in reversed([j for j in range(n_players) if j != i]):
            worth = (worth * strategies[j].T).sum(axis=-2)
        best = worth >= worth.max(axis=0) - TIE
        strict &= (best.sum(axis=0) == 1) & ((strategies[i].T * best).sum(axis=0) >= 1.0 - TIE)
    return strict


def is_undominated(entries: FloatArray, profile: Profile) -> bool | None:
    """Tell whether no strategy of the profile is weakly dominated by a pure or mixed one (Luce & Raiffa 1957).

    With three players or more, dominance is against the others' joint profiles. Whether the profile is an equilibrium
    does not matter.

    Parameters
    ----------
    entries, profile
        As for `is_strict`.

    Returns
    -------
    bool or None
        None only if a linear program fails.
    """
    _check(entries, profile)
    answers = (_undominated(_table(u, i), _support(profile[i])) for i, u in enumerate(_levelled(entries)))
    return _all_of(answers)


def dominance_mask(entries: FloatArray, strategies: Sequence[FloatArray]) -> NDArray[np.bool_]:
    """Mark profiles, one for each of many games, in which an action is played that another pure one weakly dominates.

    In games of two actions each that is all the dominance there is.

    Parameters
    ----------
    entries, strategies
        As for `strict_mask`.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
    """
    dominated = np.zeros(entries.shape[-1], dtype=np.bool_)
    for i, u in enumerate(_unit(entries)):
        U = np.moveaxis(u, i, 0).reshape(u.shape[i], -1, u.shape[-1])
        for s, b in itertools.permutations(range(len(U)), 2):
            gain = U[b] - U[s]
            played = strategies[i][:, s] > TIE
            dominated |= played & (gain >= -TIE).all(axis=0) & (gain > TIE).any(axis=0)
    return dominated


def is_perfect(entries: FloatArray, profile: Profile) -> bool | None:
    """Tell whether an equilibrium is trembling-hand perfect (Selten 1975).

    Parameters
    ----------
    entries, profile
        As for `is_strict`.

    Returns
    -------
    bool or None
        Two players: decided, because perfect is then the same as undominated (van Damme 1991). Three or more:
        completely mixed or strict: True; dominated: False; other pure equilibria by first-order trembles, and None
        where these do not tell; otherwise None.
    """
    _check(entries, profile)
    if not _is_nash(entries, profile):
        return False
    if _completely_mixed(profile) or is_strict(entries, profile):
        return True
    undominated = is_undominated(entries, profile)
    if len(profile) <= 2 or not undominated:
        return undominated
    tables = _levelled(entries)
    if any(_better_however(tables[i], i, profile) for i in range(len(profile))):
        return False
    return True if _first_order_trembles(tables, profile) else None


def is_proper(entries: FloatArray, profile: Profile) -> bool | None:
    """Tell whether an equilibrium is proper (Myerson 1978): costlier mistakes are infinitely less likely.

    Parameters
    ----------
    entries, profile
        As for `is_strict`.

    Returns
    -------
    bool or None
        Strict or completely mixed: True; not perfect: False. Else decided for two players (Blume, Brandenburger &
        Dekel 1991) unless more than 200 pairs of orders would have to be tried; None for more players.

    Examples
    --------
    Myerson's game: of three equilibria one is proper, one merely perfect, one neither.

    >>> A = np.array([[1.0, 0, -9], [0, 0, -7], [-9, -7, -7]])
    >>> [is_proper(np.stack([A, A.T]), (e, e)) for e in np.eye(3)]
    [True, False, False]
    """
    _check(entries, profile)
    perfect = is_perfect(entries, profile)
    if perfect is False:
        return False
    if _completely_mixed(profile) or is_strict(entries, profile):
        return True
    if perfect is None or len(profile) != 2:
        return perfect if len(profile) == 1 else None
    return _proper_pair(_levelled(entries), profile)


def is_evolutionarily_stable(entries: FloatArray, profile: Profile) -> bool | None:
    """Tell whether a symmetric equilibrium is an evolutionarily stable strategy (Maynard Smith & Price 1973).

    Parameters
    ----------
    entries, profile
        As for `is_strict`.

    Returns
    -------
    bool or None
        None unless the game is one of two players with ``A = B^T`` and both play the same strategy, and where more
        than 12 best replies are not played. Decided by strict copositivity (Haigh 1975; Abakuks 1980).

    Examples
    --------
    Hawks and doves, value 2, cost 4: V/C hawks are stable, in a game of one population.

    >>> A = np.array([[-1.0, 2.0], [0.0, 1.0]])
    >>> is_evolutionarily_stable(np.stack([A, A.T]), (np.array([0.5, 0.5]), np.array([0.5, 0.5])))
    True
    """
    _check(entries, profile)
    if not _is_symmetric(entries, profile):
        return None
    if not _is_nash(entries, profile):
        return False
    A, x = _unit(entries[0][None, ..., None])[0, ..., 0], np.asarray(profile[0])
    worth = A @ x
    played = _support(x)
    outside = [k for k in range(len(x)) if k not in played and worth[k] >= worth.max() - TIE]
    if len(outside) > MOST_OUTSIDE:
        return None
    Q = _invasion_form(A, played[0], [*played[1:], *outside])
    return _positive_on(Q, len(played) - 1)


# ------------------------------------------------------------------ what they share


def _check(entries: FloatArray, profile: Profile) -> None:
    if entries.shape != (len(profile), *(len(x) for x in profile)):
        wanted = (len(profile), *(len(x) for x in profile))
        raise GameError(f"entries has shape {entries.shape}; expected {wanted}, to go with the profile")


def _unit(entries: FloatArray) -> FloatArray:
    """Scale each player's payoffs to [0, 1] in every game (games last); constant payoffs become 0."""
    axes = tuple(range(1, entries.ndim - 1))
    low = entries.min(axis=axes, keepdims=True)
    scale = entries.max(axis=axes, keepdims=True) - low
    return np.asarray((entries - low) / np.where(scale > 0, scale, 1.0))


def _levelled(entries: FloatArray) -> list[FloatArray]:
    """Scale one game's payoffs to [0, 1] and make equal, player by player, what is within the tolerance."""
    found = []
    for u in _unit(entries[..., None])[..., 0]:
        values, place = np.unique(u, return_inverse=True)
        first = np.concatenate([[True], np.diff(values) > TIE])
        found.append(values[first][np.cumsum(first) - 1][place].reshape(u.shape))
    return found


def _table(u: FloatArray, i: int) -> FloatArray:
    """Write a player's payoffs as a matrix: own actions by profiles of the others."""
    return np.moveaxis(u, i, 0).reshape(u.shape[i], -1)


def _support(x: FloatArray) -> list[int]:
    return [int(k) for k in np.flatnonzero(np.asarray(x) > TIE)]


def _completely_mixed(profile: Profile) -> bool:
    return all(np.min(x) > TIE for x in profile)


def _replies(u: FloatArray, i: int, profile: Profile) -> FloatArray:
    """Payoff of each action of player i when the others play the profile."""
    worth = np.moveaxis(u, i, 0)
    for j in reversed(range(len(profile))):
        if j != i:
            worth = worth @ np.asarray(profile[j])
    return worth


def _is_nash(entries: FloatArray, profile: Profile) -> bool:
    unit = _unit(entries[..., None])[..., 0]
    worth = [_replies(u, i, profile) for i, u in enumerate(unit)]
    return all(float(w.max() - w @ x) <= 2 * TIE for w, x in zip(worth, profile, strict=True))


def _all_of(answers: Iterator[bool | None]) -> bool | None:
    """True if all are, False if one is not, None if that stays open."""
    found = list(answers)
    return False if False in found else None if None in found else True


def _program(cost: Any, **constraints: Any) -> tuple[bool | None, FloatArray]:
    """Minimise: whether there is a solution (None: the program failed), and it."""
    from scipy.optimize import linprog

    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    answer = linprog(cost, method="highs-ds", options=tight, **constraints)
    if answer.success:
        return True, np.asarray(answer.x, dtype=np.float64)
    return (False if answer.status == 2 else None), np.zeros(len(cost))


# ------------------------------------------------------------------ undominated


def _undominated(U: FloatArray, support: list[int]) -> bool | None:
    """Whether nothing weakly dominates the strategies with this support (which of them it is does not matter)."""
    D = U - U[support[0]]
    if not D.any():
        return True
    worse = D[:, None] - D[support][None]  # action b instead of action s of the support
    if ((worse >= 0).all(axis=2) & (worse > 0).any(axis=2)).any():
        return False
    if len(U) == 2:
        return True
    m, k, columns = len(U), len(support), U.shape[1]
    gains = np.vstack([D, -D[support]]).T  # weight put on each action, weight taken from each action of the support
    found, answer = _program(
        np.r_[np.zeros(m + k), 1.0],
        A_ub=np.c_[-gains, -np.ones(columns)],
        b_ub=np.zeros(columns),
        A_eq=np.vstack([np.r_[gains.sum(axis=0), 0.0], np.r_[np.ones(m), -np.ones(k), 0.0]]),
        b_eq=[1.0, 0.0],
        bounds=[(0, None)] * (m + k + 1),
    )
    if not found:
        return None if found is None else True
    return bool((gains @ answer[:-1]).min() < -TIE / 2)


# ------------------------------------------------------------------ perfect, more than two players


def _better_however(u: FloatArray, i: int, profile: Profile) -> bool:
    """Whether some action beats one that is played whatever the small trembles of the others, who are pure.

    A profile at which it is worse is outweighed if a part of the trembles it needs suffices to make it better: the
    other trembles make it infinitely less likely.
    """
    others = [x for j, x in enumerate(profile) if j != i]
    if any(len(_support(x)) != 1 for x in others):
        return False
    base = np.array([_support(x)[0] for x in others])
    index = np.array(list(itertools.product(*(range(len(x)) for x in others))))
    U = _table(u, i)
    for s, b in itertools.product(_support(profile[i]), range(len(U))):
        d = U[s] - U[b]
        worse, better = index[d > 0], index[d < 0]
        part = (better[None] == base) | (better[None] == worse[:, None])
        if len(better) and part.all(axis=2).any(axis=1).all():
            return True
    return False


def _first_order_trembles(tables: list[FloatArray], profile: Profile) -> bool:
    """Whether one set of trembles makes every tied action of every player worse to first order (pure profiles)."""
    if any(len(_support(x)) != 1 for x in profile):
        return False
    played = [_support(x)[0] for x in profile]
    trembles = [(j, k) for j, x in enumerate(profile) for k in range(len(x)) if k != played[j]]
    rows = []
    for i, u in enumerate(tables):
        U = _table(u, i)
        worth = _replies(u, i, profile)
        for b in range(len(U)):
            if b == played[i] or worth[played[i]] - worth[b] > TIE or np.array_equal(U[b], U[played[i]]):
                continue
            rows.append([_lead(u, played, i, b, j, k) for j, k in trembles])
    if not rows:
        return True
    found, _ = _program(
        np.ones(len(trembles)), A_ub=-np.array(rows), b_ub=-np.ones(len(rows)), bounds=[(1, None)] * len(trembles)
    )
    return found is True


def _lead(u: FloatArray, played: list[int], i: int, b: int, j: int, k: int) -> float:
    """By how much player i's action leads over `b` when player j alone trembles to `k`."""
    if j == i:
        return 0.0
    at = [k if p == j else a for p, a in enumerate(played)]
    instead = [b if p == i else a for p, a in enumerate(at)]
    return float(u[tuple(at)] - u[tuple(instead)])


# ------------------------------------------------------------------ proper, two players


def _proper_pair(tables: list[FloatArray], profile: Profile) -> bool | None:
    """Try all pairs of orders of unlikelihood."""
    U, V = tables[0], tables[1].T
    x, y = (np.asarray(s) for s in profile)
    mine, theirs = list(_orders(U @ y, x)), list(_orders(V @ x, y))
    if len(mine) * len(theirs) > MOST_ORDERS:
        return None
    failed = False
    for own, other in itertools.product(mine, theirs):
        answer = _all_of(_respected(*case) for case in ((U, own, other, y), (V, other, own, x)))
        if answer:
            return True
        failed |= answer is None
    return None if failed else False


def _orders(worth: FloatArray, strategy: FloatArray) -> Iterator[Order]:
    """All orders of a player's actions by unlikelihood: first the support, and the worse never before the better."""
    support = _support(strategy)
    rest = sorted((k for k in range(len(worth)) if k not in support), key=lambda k: -worth[k])
    classes: list[list[int]] = []
    for k in rest:
        if classes and worth[classes[-1][-1]] - worth[k] <= TIE:
            classes[-1].append(k)
        else:
            classes.append([k])
    for parts in itertools.product(*(list(_ordered_partitions(tuple(c))) for c in classes)):
        yield (tuple(support), *itertools.chain.from_iterable(parts))


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

    Within a class all must be equally good at every level; a later class may be worse, and once it is at one level,
    the levels after that no longer matter.
    """
    equal = np.array([U[a] - U[c[0]] for c in own for a in c[1:]]).reshape(-1, U.shape[1])
    leads = np.array([U[c[0]] - U[d[0]] for c, d in itertools.pairwise(own)]).reshape(-1, U.shape[1])
    leads = leads[leads @ strategy <= TIE]
    seen: set[int] = set(other[0])
    for new in other[1:]:
        while len(leads):  # weights of what is already likely may be shifted a little, as often as that tells
            _, broken = _level(equal, leads, seen, ())
            if broken is None or not broken.any():
                break
            leads = leads[~broken]
        found, broken = _level(equal, leads, seen, new)
        if not found or broken is None:
            return found
        leads = leads[~broken]
        seen |= set(new)
    return True


def _level(
    equal: FloatArray, leads: FloatArray, seen: set[int], new: tuple[int, ...]
) -> tuple[bool | None, NDArray[np.bool_] | None]:
    """Find one level of weights: whether there is one, and which leads it makes positive, as many as can be."""
    n, k = equal.shape[1], len(leads)
    if not k and not len(equal):
        return True, np.zeros(0, dtype=np.bool_)
    bounds: list[tuple[float | None, float | None]] = [
        (None, None) if j in seen else (1, None) if j in new else (0, 0) for j in range(n)
    ]
    found, answer = _program(
        np.r_[np.zeros(n), -np.ones(k)],
        A_ub=np.c_[-leads, np.eye(k)] if k else None,
        b_ub=np.zeros(k) if k else None,
        A_eq=np.c_[equal, np.zeros((len(equal), k))] if len(equal) else None,
        b_eq=np.zeros(len(equal)) if len(equal) else None,
        bounds=bounds + [(0, 1)] * k,
    )
    return (True, answer[n:] > 0.5) if found else (found, None)


# ------------------------------------------------------------------ evolutionarily stable


def _is_symmetric(entries: FloatArray, profile: Profile) -> bool:
    """Whether the game is ``A = B^T`` and both play the same."""
    if len(profile) != 2 or entries.shape[1] != entries.shape[2]:
        return False
    room = TIE * float(np.ptp(entries[0]))
    return bool((np.abs(entries[0] - entries[1].T) <= room).all() and (np.abs(np.subtract(*profile)) <= TIE).all())


def _invasion_form(A: FloatArray, base: int, actions: list[int]) -> FloatArray:
    """The form ``-(z^T A z)`` of moves z of probability from `base` to `actions`: positive where the mutant loses."""
    move = np.zeros((len(A), len(actions)))
    move[actions, np.arange(len(actions))] = 1.0
    move[base] = -1.0
    form = -(move.T @ A @ move)
    return np.asarray((form + form.T) / 2)


def _positive_on(Q: FloatArray, free: int) -> bool:
    """Whether the form is positive wherever all coordinates but the first `free` are at least 0 (and not all are)."""
    inner, mixed, outer = Q[:free, :free], Q[:free, free:], Q[free:, free:]
    if free:
        if np.linalg.eigvalsh(inner)[0] <= TIE:
            return False
        outer = outer - mixed.T @ np.linalg.solve(inner, mixed)
    faces = (
        list(face) for size in range(1, len(outer) + 1) for face in itertools.combinations(range(len(outer)), size)
    )
    return all(_least_inside(outer[np.ix_(face, face)]) > TIE for face in faces)


def _least_inside(M: FloatArray) -> float:
    """The form's stationary value in the inside of a simplex; infinite where there is none, or not just one.

    The least value on the whole simplex is attained at the only stationary point of some face: where there is a line
    of them, it leads at the same value to a smaller face.
    """
    k = len(M)
    bordered = np.block([[M, np.ones((k, 1))], [np.ones((1, k)), np.zeros((1, 1))]])
    if np.linalg.matrix_rank(bordered) <= k:
        return np.inf
    z = np.linalg.solve(bordered, np.r_[np.zeros(k), 1.0])[:k]
    return float(z @ M @ z) if (z >= -TIE).all() else np.inf
