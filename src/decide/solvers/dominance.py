r"""Dominated actions, their iterated elimination, and rationalizable actions of games in normal form.

An action ``a`` of player ``i`` is dominated by a mixed strategy ``x`` over its other actions (Luce & Raiffa 1957, 4.8)

- *strictly*, if ``u_i(x, s) > u_i(a, s)`` for every profile ``s`` of the others;
- *weakly*, if ``u_i(x, s) >= u_i(a, s)`` for every ``s`` and ``>`` for at least one;
- *very weakly*, if ``u_i(x, s) >= u_i(a, s)`` for every ``s``: duplicates dominate each other.

Dominance by another action is found by comparison. Dominance by a mixture is a linear program (Gale, Kuhn & Tucker
1951): maximise ``t`` subject to ``u_i(x, s) - u_i(a, s) >= t`` for all ``s``; for weak dominance, maximise the sum of
these advantages where none is negative. An action that is better than all others somewhere needs no program.

Strict elimination ends in the same game whatever the order, and loses no Nash equilibrium; what is left after it is
what players may do whose rationality is common knowledge (Bernheim 1984, Pearce 1984). Weak and very weak elimination
depend on the order and may lose equilibria (Samuelson 1992): here all dominated actions of all players go at once,
round by round, except that of actions that dominate each other the first stays.

Numbers. Payoffs that are whole numbers, or were given as fractions or decimals, are compared as they are: where the
linear program comes within 2e-9 of the payoff range of the boundary, it is solved again in integers, without rounding.
All other payoffs are taken to carry rounding: differences within 1e-9 of the player's payoff range (that of the whole
game, also while it shrinks) are ties, so that a strict advantage is one above that. The same tolerance remains for
mixtures over exact payoffs where a program has more than 2,000 numbers, and for all where a player's payoffs span more
than 2^51 of their common unit.

Cost: one or two linear programs an action and round, none where an action is best somewhere; measured, 0.2 to 0.5 s for
a random game of 50 x 50 actions. Many duplicates of many actions are the slow case. When not to use it: to find
equilibria (`nash`), or to throw away by weak dominance what an equilibrium may rest on.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from decide.errors import SolveError
from decide.frozen import ByValue, FrozenMap
from decide.games.normal import NormalForm
from decide.games.values import FloatArray
from decide.solvers.base import TIE
from decide.solvers.door import GameLike, as_table
from decide.solvers.simplex import simplex

__all__ = ["Dominated", "Reduction", "Removal", "dominated", "iterated_dominance", "rationalizable"]

KINDS = ("strict", "weak", "very_weak")
#: The linear program's answer is settled in integers within this share of the payoff range around 0.
DOUBT = 2e-9
#: Programs of more numbers than this are not solved in integers.
LARGEST_EXACT = 2_000
#: Payoffs of more units than this are not held exactly by floats with room for their differences.
LARGEST_WHOLE = 2**51
#: Raised payoff differences, so that HiGHS, which takes numbers below 1e-9 for 0, sees small ones.
RAISE = 1024.0


@dataclass(frozen=True, eq=False)
class Dominated(ByValue):
    """An action and a strategy that dominates it.

    Attributes
    ----------
    player, action : str
        What is dominated.
    by : mapping of str to float
        The dominating strategy: the probability of each action it uses.
    margin : float
        How much better it is, in units of the player's payoff. Strict: its least advantage over the profiles of the
        others, the largest there is. Weak and very weak: its advantages summed over all profiles of the others, so that
        it grows with their number; 0 where it is no better anywhere.
    """

    player: str
    action: str
    by: Mapping[str, float]
    margin: float


@dataclass(frozen=True, eq=False)
class Removal(ByValue):
    """An action that was removed, and why.

    Attributes
    ----------
    round : int
        From 1.
    player, action : str
    by : mapping of str to float
        A dominating strategy, over actions that were there when the round began.
    """

    round: int
    player: str
    action: str
    by: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Reduction(ByValue):
    """What iterated elimination leaves.

    Attributes
    ----------
    game : NormalForm
        The game of the actions that are left, names and outcome labels kept.
    removed : tuple of Removal
        In order: by round, then by player, then as the actions are listed.
    """

    game: NormalForm
    removed: tuple[Removal, ...]


def dominated(game: GameLike, *, kind: str = "strict", by: str = "mixed") -> tuple[Dominated, ...]:
    """Find the dominated actions of a game, each with a strategy that dominates it.

    Parameters
    ----------
    game : NormalForm, ExtensiveForm, Model, str or os.PathLike
        One game, not a batch. A model is taken at its base, a file is read, and a tree stands for its
        reduced normal form.
    kind : {"strict", "weak", "very_weak"}
        Better everywhere; nowhere worse and somewhere better; nowhere worse. Each includes the ones before it.
    by : {"mixed", "pure"}
        Whether the dominating strategy may be mixed, or must be one action.

    Returns
    -------
    tuple of Dominated
        By player, then as the actions are listed.

    Raises
    ------
    SolveError
        If the game is a batch or has no table, or `kind` or `by` is none of these.

    Notes
    -----
    Whole numbers, fractions and decimals are compared exactly; of other payoffs, differences within 1e-9 of the
    player's payoff range are ties.

    Examples
    --------
    The third action is worse than an even mixture of the others, though than neither alone:

    >>> game = NormalForm.bimatrix([[4, 0], [0, 4], [1, 1]], [[0, 0], [0, 0], [0, 0]])
    >>> dominated(game)
    (Dominated(player='Row', action='2', by={'0': 0.5, '1': 0.5}, margin=1.0),)
    >>> dominated(game, by="pure")
    ()
    """
    table = as_table(game)
    _check(table, kind, by)
    everyone = [list(range(m)) for m in table.n_actions]
    found = []
    for i, own in enumerate(_tables(table)):
        rows = _rows(own.payoffs, i, everyone)
        for a in everyone[i]:
            witness = _witness(own, rows, a, everyone[i], kind, by, best=True)
            if witness is not None:
                strategy = _named(witness, table.actions[i])
                found.append(Dominated(table.players[i], table.actions[i][a], strategy, witness.margin * own.unit))
    return tuple(found)


def iterated_dominance(game: GameLike, *, kind: str = "strict", by: str = "mixed") -> Reduction:
    """Remove dominated actions round by round until none is left.

    In a round all actions go, of all players, that are dominated in the game as it stands; of duplicates, and of
    others that dominate each other very weakly, the first stays. After strict elimination every Nash equilibrium is
    still there and the order would not have mattered. After weak and very weak elimination equilibria may be gone, and
    another order might have left another game.

    Parameters
    ----------
    game, kind, by
        As for `dominated`.

    Returns
    -------
    Reduction

    Raises
    ------
    SolveError
        As for `dominated`.

    Examples
    --------
    >>> game = NormalForm.from_table({("C", "C"): (3, 3), ("C", "D"): (0, 5), ("D", "C"): (5, 0), ("D", "D"): (1, 1)})
    >>> reduction = iterated_dominance(game)
    >>> reduction.game.actions
    (('D',), ('D',))
    >>> reduction.removed[0]
    Removal(round=1, player='Row', action='C', by={'D': 1.0})
    """
    table = as_table(game)
    _check(table, kind, by)
    tables = _tables(table)
    alive = [list(range(m)) for m in table.n_actions]
    removed: list[Removal] = []
    number = 0
    while True:
        number += 1
        gone = [_round(own, i, alive, kind, by) for i, own in enumerate(tables)]
        if not any(gone):
            return Reduction(_restricted(table, alive) if removed else table, tuple(removed))
        for i, witnesses in enumerate(gone):
            names = table.actions[i]
            removed += [
                Removal(number, table.players[i], names[a], _named(witnesses[a], names)) for a in sorted(witnesses)
            ]
            alive[i] = [a for a in alive[i] if a not in witnesses]


def rationalizable(game: GameLike) -> Mapping[str, tuple[str, ...]]:
    """Return the actions of each player that survive iterated strict dominance by mixed strategies.

    These are the rationalizable actions (Bernheim 1984, Pearce 1984): best replies to beliefs about the others over
    actions that are themselves such best replies, and so on. For two players that is the original definition. For three
    or more it holds for beliefs under which the others' actions may be correlated; under independent beliefs, as
    Bernheim and Pearce had them, fewer actions may be rationalizable.

    Parameters
    ----------
    game : NormalForm, ExtensiveForm, Model, str or os.PathLike
        One game, not a batch. A model is taken at its base, a file is read, and a tree stands for its
        reduced normal form.

    Returns
    -------
    mapping of str to tuple of str
        Actions by player, as listed in the game.

    Raises
    ------
    SolveError
        If the game is a batch or has no table.

    Examples
    --------
    >>> rationalizable(NormalForm.bimatrix([[1, 1, 0], [0, 0, 2]], [[0, 2, 1], [3, 1, 0]]))
    {'Row': ('0',), 'Column': ('1',)}
    """
    left = iterated_dominance(game).game
    return FrozenMap(dict(zip(left.players, left.actions, strict=True)))


def _check(game: NormalForm, kind: Any, by: Any) -> None:
    if game.shape:
        raise SolveError(f"this is a batch of shape {game.shape}; dominance takes one game: index the batch, game[k]")
    if not isinstance(kind, str) or kind not in KINDS:
        raise SolveError(f"kind is {kind!r}; expected 'strict', 'weak' or 'very_weak'")
    if not isinstance(by, str) or by not in ("mixed", "pure"):
        raise SolveError(f"by is {by!r}; expected 'mixed' or 'pure'")


def _restricted(game: NormalForm, alive: Sequence[Sequence[int]]) -> NormalForm:
    table: Any = game.payoffs if game.exact is None else game.exact
    actions = [[names[a] for a in kept] for names, kept in zip(game.actions, alive, strict=True)]
    labels = None if game.outcomes is None else {p: game.outcomes[p] for p in itertools.product(*actions)}
    return NormalForm(table[np.ix_(range(len(alive)), *alive)], players=game.players, actions=actions, outcomes=labels)


# ------------------------------------------------------------------ payoffs, exact where they can be


class Table(NamedTuple):
    """One player's payoffs from 0 up, in whole units where they are exact, else as shares of their range.

    ``unit`` is what one is in the player's own units, ``peak`` the largest entry (1 where all are 0).
    """

    payoffs: FloatArray
    unit: float
    peak: float
    exact: bool

    @property
    def tie(self) -> float:
        """Differences up to this are none."""
        return 0.0 if self.exact else TIE * self.peak


def _tables(game: NormalForm) -> list[Table]:
    return [_whole(own) if game.exact is None else _rational(game.exact[i], own) for i, own in enumerate(game.payoffs)]


def _whole(own: FloatArray) -> Table:
    excess = own - own.min()
    spread = float(excess.max())
    if spread <= LARGEST_WHOLE and bool((np.abs(own) <= 2**53).all() and (own == np.round(own)).all()):
        return Table(excess, 1.0, spread or 1.0, exact=True)
    return Table(excess / (spread or 1.0), spread, 1.0, exact=False)


def _rational(exact: Any, own: FloatArray) -> Table:
    low = min(exact.flat)
    units = math.lcm(*(Fraction(v).denominator for v in exact.flat))
    counts = [int((v - low) * units) for v in exact.flat]
    most = max(counts)
    if most <= LARGEST_WHOLE:
        return Table(
            np.array(counts, dtype=np.float64).reshape(own.shape),
            float(Fraction(1, units)),
            float(most or 1),
            exact=True,
        )
    shares = np.array([float(Fraction(k, most)) for k in counts]).reshape(own.shape)
    return Table(shares, float(Fraction(most, units)), 1.0, exact=False)


def _rows(payoffs: FloatArray, i: int, alive: Sequence[Sequence[int]]) -> FloatArray:
    """Return a player's payoffs as (all its actions, profiles of the others that are left)."""
    kept = [range(payoffs.shape[j]) if j == i else alive[j] for j in range(len(alive))]
    return np.moveaxis(payoffs[np.ix_(*kept)], i, 0).reshape(payoffs.shape[i], -1)


# ------------------------------------------------------------------ what dominates an action


class Witness(NamedTuple):
    """A dominating strategy over actions (by position), and its margin in the table's units."""

    weights: dict[int, float]
    margin: float


def _named(witness: Witness, names: Sequence[str]) -> FrozenMap[str, float]:
    return FrozenMap({names[b]: p for b, p in sorted(witness.weights.items())})


def _round(own: Table, i: int, alive: Sequence[Sequence[int]], kind: str, by: str) -> dict[int, Witness]:
    """Return the actions of one player to remove, the last one first so that of equals the first stays."""
    rows, left, gone = _rows(own.payoffs, i, alive), list(alive[i]), {}
    for a in reversed(alive[i]):
        witness = _witness(own, rows, a, left, kind, by)
        if witness is not None:
            gone[a] = witness
            left.remove(a)
    return gone


def _witness(
    own: Table, rows: FloatArray, a: int, left: Sequence[int], kind: str, by: str, *, best: bool = False
) -> Witness | None:
    """Return what dominates an action among those left, or None; a mixture where no action does, or if it is `best`."""
    others = [b for b in left if b != a]
    if not others:
        return None
    ahead = rows[others] - rows[a]
    found = _pure(ahead, kind, own.tie)
    if by == "mixed" and len(others) > 1 and (best or found is None):
        mixed = _mixed(ahead, kind, own)
        if mixed is not None and (found is None or mixed.margin > found.margin + TIE * own.peak):
            found = mixed
    return None if found is None else Witness({others[k]: p for k, p in found.weights.items()}, found.margin)


def _pure(ahead: FloatArray, kind: str, tie: float) -> Witness | None:
    """Return the best single action whose advantages ``ahead`` (actions, profiles) dominate, the first of equals."""
    least = ahead.min(axis=1)
    if kind == "strict":
        good, margin = least > tie, least
    else:
        good, margin = least >= -tie, np.maximum(ahead.sum(axis=1), 0.0)
        if kind == "weak":
            good &= ahead.max(axis=1) > tie
    if not good.any():
        return None
    best = int(np.argmax(np.where(good, margin, -np.inf)))
    return Witness({best: 1.0}, float(margin[best]))


def _mixed(ahead: FloatArray, kind: str, own: Table) -> Witness | None:
    """Return the best mixture whose advantages dominate, or None."""
    most = ahead.max(axis=0)
    if (most <= own.tie).any() if kind == "strict" else (most < -own.tie).any():
        return None
    scaled = ahead / own.peak
    x = _largest_least(scaled)
    least = float((x @ scaled).min())
    if own.exact and abs(least) <= DOUBT and ahead.size <= LARGEST_EXACT:
        return _exactly(ahead, kind)
    if kind != "strict" and least >= -TIE:
        x = _largest_total(scaled, min(least, 0.0))
    advantages = x @ scaled
    if kind == "strict":
        good, margin = advantages.min() > TIE, advantages.min()
    else:
        good, margin = advantages.min() >= -TIE, max(advantages.sum(), 0.0)
        good = good and (kind == "very_weak" or advantages.max() > TIE)
    weights = {int(k): float(x[k]) for k in np.flatnonzero(x)}
    return Witness(weights, float(margin) * own.peak) if good else None


def _largest_least(scaled: FloatArray) -> FloatArray:
    """Return the mixture whose least advantage is largest."""
    m, n = scaled.shape
    return _program(
        np.r_[np.zeros(m), -1.0],
        np.c_[-RAISE * scaled.T, np.ones(n)],
        np.zeros(n),
        np.r_[np.ones(m), 0.0],
        [(0, None)] * m + [(None, None)],
    )[:m]


def _largest_total(scaled: FloatArray, floor: float) -> FloatArray:
    """Return the mixture of the largest total advantage, where none is below the floor."""
    m, n = scaled.shape
    return _program(-scaled.mean(axis=1), -RAISE * scaled.T, np.full(n, -RAISE * floor), np.ones(m), [(0, None)] * m)


def _program(
    cost: FloatArray, matrix: FloatArray, limits: FloatArray, total: FloatArray, bounds: list[tuple[Any, Any]]
) -> FloatArray:
    from scipy.optimize import linprog

    options = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    answer = linprog(
        cost, A_ub=matrix, b_ub=limits, A_eq=total[None], b_eq=[1.0], bounds=bounds, method="highs-ds", options=options
    )
    if not answer.success:
        raise SolveError(f"the linear program of a dominated action failed: {answer.message}")
    x = np.where(total > 0, np.asarray(answer.x, dtype=np.float64), 0.0)
    x = np.where(x > 1e-12, x, 0.0)
    return np.asarray(x / x.sum())


# ------------------------------------------------------------------ without rounding


def _exactly(ahead: FloatArray, kind: str) -> Witness | None:
    """The same from advantages that are whole numbers, in integers.

    The weights may add up to less than 1, so that all 0 is a start; a mixture that gains anything uses all of them.
    """
    columns = [[int(v) for v in column] for column in ahead.T]
    m, n = ahead.shape
    worse, limits = [[-v for v in column] for column in columns], [0] * n + [1]
    if kind == "strict":
        x = simplex([*([*row, 1] for row in worse), [1] * m + [0]], limits, [0] * m + [1])
        return _exact_witness(x[:m], x[m]) if x[m] > 0 else None
    totals = [sum(column[k] for column in columns) for k in range(m)]
    x = simplex([*worse, [1] * m], limits, totals)
    margin = sum((p * total for p, total in zip(x, totals, strict=True)), start=Fraction(0))
    if margin > 0 or kind == "weak":
        return _exact_witness(x, margin) if margin > 0 else None
    x = simplex([*worse, [1] * m], limits, [1] * m)
    return _exact_witness(x, margin) if sum(x) == 1 else None


def _exact_witness(x: Sequence[Fraction], margin: Fraction) -> Witness:
    return Witness({k: float(p) for k, p in enumerate(x) if p > 0}, float(margin))
