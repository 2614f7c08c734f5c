r"""What one player can secure in a normal form, whatever all others do: maximin, and minimax loss.

Maximin (von Neumann 1928): the strategy ``x`` that maximises ``min_r sum_i x_i u(i, r)`` over the profiles ``r`` of
all others, who act as one adversary; with three or more players that is no more than a player can count on, since
others who cannot correlate may hurt it less. Minimax loss (Savage 1951, there called regret): the same with the loss
``max_k u(k, r) - u(i, r)``, what having chosen ``i`` costs in hindsight if the others play ``r``; the greatest expected
loss is made least. Pure versions compare actions; mixed ones are a zero-sum game against the profiles of the others.

Payoffs are scaled to [0, 1] first. A saddle point, where a pure strategy is as good as any mixed one, is looked for in
all games of a batch at once, and so is the best mixture of two actions, which lies at an end or where two of the lines
``u(., r)`` cross (the upper envelope method, Dresher 1961); what is left takes one linear program a game, by HiGHS.

Cost: own actions x profiles of the others x games; for two actions profiles cubed; else one linear program a game.

When not to use it: these are rules for a player that trusts nothing about what the others want. Where their payoffs
are known, a security strategy is in general no best reply to anything they would do, and minimax loss is not
independent of irrelevant alternatives: an action that is not chosen may change which one is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from decide.errors import SolveError
from decide.frozen import ByValue, FrozenMap, read_only
from decide.games.normal import NormalForm
from decide.games.values import FloatArray, Number, to_unit
from decide.solvers import zero_sum
from decide.solvers.door import GameLike, as_table

__all__ = ["Security", "maximin", "minimax_loss"]

#: Up to so many profiles of the others, mixtures of two actions are found for all games at once.
MOST_LINES = 32
CHUNK = 8_192
#: A saddle point is one to this share of the payoff range: far below any tie, above what rounding does.
ROUNDING = 1e-14


@dataclass(frozen=True, eq=False)
class Security(ByValue):
    """What a player can secure.

    Attributes
    ----------
    player : str
    rule : {"maximin", "minimax loss"}
    strategy : mapping of str to float or array
        Probability of each action; for a batch an array of its shape.
    value : float or array
        Maximin: the least expected payoff. Minimax loss: the greatest expected loss. In the player's units.
    """

    player: str
    rule: str
    strategy: FrozenMap[str, Any]
    value: Any


def maximin(game: GameLike, player: str, *, mixed: bool = True) -> Security:
    """Find the strategy whose least payoff is greatest, all others acting as one adversary.

    Parameters
    ----------
    game : NormalForm, ExtensiveForm, Model, str or os.PathLike
        One game or a batch, any number of players. A model is taken at its base, a file is read, and a tree stands for
        its reduced normal form: the actions are its plans then.
    player : str
    mixed : bool
        Whether the player may mix; otherwise the best pure action (the first of equals).

    Returns
    -------
    Security

    Raises
    ------
    SolveError
        If it is no game or has no table, `mixed` is neither True nor False, or a linear program fails.
    UnknownNameError
        If nobody of that name plays.

    Examples
    --------
    >>> game = NormalForm.bimatrix([[3, 0], [1, 2]], [[0, 0], [0, 0]], actions=[["up", "down"], ["left", "right"]])
    >>> secure = maximin(game, "Row")
    >>> round(secure.strategy["up"], 12), secure.value
    (0.25, 1.5)
    >>> maximin(game, "Row", mixed=False).value
    1.0
    """
    table = as_table(game)
    i, own = _own_payoffs(table, player, mixed)
    x = _best(to_unit(own, (0, 1)), mixed)
    return _answer(table, i, "maximin", x, _against(x, own).min(axis=0))


def minimax_loss(game: GameLike, player: str, *, mixed: bool = True) -> Security:
    """Find the strategy whose greatest loss, in hindsight of what the others play, is least.

    Parameters
    ----------
    game : NormalForm, ExtensiveForm, Model, str or os.PathLike
        One game or a batch, any number of players. A model is taken at its base, a file is read, and a tree stands for
        its reduced normal form: the actions are its plans then.
    player : str
    mixed : bool
        Whether the player may mix; otherwise the best pure action (the first of equals).

    Returns
    -------
    Security

    Raises
    ------
    SolveError
        If it is no game or has no table, `mixed` is neither True nor False, or a linear program fails.
    UnknownNameError
        If nobody of that name plays.

    Examples
    --------
    >>> game = NormalForm.bimatrix([[10, 0], [8, 1]], [[0, 0], [0, 0]], actions=[["bold", "safe"], ["good", "bad"]])
    >>> minimax_loss(game, "Row", mixed=False).strategy, maximin(game, "Row", mixed=False).strategy
    ({'bold': 1.0, 'safe': 0.0}, {'bold': 0.0, 'safe': 1.0})
    >>> round(minimax_loss(game, "Row").value, 12)
    0.666666666667
    """
    table = as_table(game)
    i, own = _own_payoffs(table, player, mixed)
    unit = to_unit(own, (0, 1))
    x = _best(1.0 - (unit.max(axis=0) - unit), mixed)
    return _answer(table, i, "minimax loss", x, _against(x, own.max(axis=0) - own).max(axis=0))


def _own_payoffs(game: NormalForm, player: str, mixed: bool) -> tuple[int, FloatArray]:
    """Return a player's position, and its payoffs by own action and the others' profile, (m, n_others, n)."""
    if not isinstance(mixed, bool | np.bool_):
        raise SolveError(f"mixed is {mixed!r}; expected True or False")
    i = game.player_index(player)
    own = np.moveaxis(game.entries()[i], i, 0)
    n = own.shape[-1]
    return i, own.reshape(own.shape[0], int(np.prod(own.shape[1:-1], dtype=np.intp)), n)


def _against(x: FloatArray, table: FloatArray) -> FloatArray:
    """Expected entries of a table (m, n_others, n) by profile of the others, shape (n_others, n)."""
    return np.asarray((x[:, None] * table).sum(axis=0))


def _best(A: FloatArray, mixed: bool) -> FloatArray:
    """Return per game the strategy with the greatest least payoff, shape (m, n)."""
    m, others, n = A.shape
    floor = A.min(axis=1)
    x = np.asarray(np.eye(m)[floor.argmax(axis=0)].T)
    if not mixed or m == 1 or n == 0:
        return x
    (left,) = np.nonzero(floor.max(axis=0) < A.max(axis=0).min(axis=0) - ROUNDING)
    for start in range(0, len(left), CHUNK):
        here = left[start : start + CHUNK]
        if m == 2 and others <= MOST_LINES:
            x[:, here] = _best_of_two(A[..., here])
        else:
            x[:, here] = np.stack([zero_sum.maximin(A[..., k]) for k in here], axis=-1)
    return x


def _best_of_two(A: FloatArray) -> FloatArray:
    """Return the best mixtures of two actions: at an end, or where two lines cross."""
    odds = np.zeros(A.shape[-1])
    best = A[1].min(axis=0)
    rise = A[0] - A[1]
    crossings = [_crossing(A[1, r] - A[1, s], rise[s] - rise[r]) for r, s in combinations(range(A.shape[1]), 2)]
    for p in [np.ones_like(odds), *crossings]:
        least = (A[1] + p * rise).min(axis=0)
        better = least > best
        odds, best = np.where(better, p, odds), np.where(better, least, best)
    return np.stack([odds, 1.0 - odds])


def _crossing(gap: FloatArray, slope: FloatArray) -> FloatArray:
    """Where in [0, 1] two lines cross; 0, which is looked at anyway, where they do not."""
    inside = (gap * slope > 0) & (np.abs(gap) < np.abs(slope))
    return np.where(inside, gap / np.where(inside, slope, 1.0), 0.0)


def _answer(game: NormalForm, player: int, rule: str, x: FloatArray, value: FloatArray) -> Security:
    def shaped(numbers: FloatArray) -> Number:
        return read_only((numbers + 0.0).reshape(game.shape)) if game.shape else float(numbers[0]) + 0.0

    strategy = {action: shaped(odds) for action, odds in zip(game.actions[player], x, strict=True)}
    return Security(game.players[player], rule, FrozenMap(strategy), shaped(value))
