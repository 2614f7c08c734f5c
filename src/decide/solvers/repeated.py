r"""Repeated games: when cooperation can be sustained, which payoffs can, and the tree of a game played several times.

**Grim trigger** (Friedman 1971): play the target until somebody deviates, then a stage equilibrium for ever. With ``R``
a player's payoff at the target, ``T`` what it gets from its best deviation and ``P`` in the punishment, deviating does
not pay if ``R / (1 - d) >= T + d P / (1 - d)``, that is if the discount ``d`` is at least ``(T - R) / (T - P)``. The
punishment is an equilibrium, so this is subgame perfect.

**Tit-for-tat** (Axelrod 1984, proposition 2): do what the other did last. Against it a player faces two states, so four
stationary plans are all that matter: to defect always must not pay, ``d >= (T - R) / (T - P)``, nor to defect every
other time, ``d >= (T - R) / (R - S)``, where ``S`` is the payoff of who plays the target while the other punishes. That
makes it a Nash equilibrium; it is not subgame perfect but at special discounts.

**Folk theorem** (Friedman 1971; Fudenberg & Maskin 1986): for two patient players every feasible payoff that gives
each more than its minmax can be had in equilibrium (subgame perfect too: with two players no further condition is
needed). Feasible payoffs are the convex hull of the table's, by a public lot or by taking turns.

If a game goes on with chance ``a`` after each round and a payoff of the next round is worth ``b``, the discount is
``a b``. A game that goes on with chance ``a b`` lasts ``1 / (1 - a b)`` rounds on average, the first included.

Cost: none to speak of; minmax values are one linear program each. The tree of ``n`` rounds has ``profiles^n`` ends.

When not to use it: whether a discount above the critical one *will* lead to cooperation nobody says: always punishing
is an equilibrium too, for every discount. Where what is done changes the game itself, take `decide.StochasticGame`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from decide.equilibrium import Equilibrium
from decide.errors import GameError, SolveError, TooLargeError, unknown
from decide.frozen import ByValue, FrozenMap, read_only
from decide.games.extensive import ExtensiveForm
from decide.games.nodes import Decision, Node, Outcome
from decide.games.normal import NormalForm
from decide.games.values import FloatArray, Number, as_number, each_to_unit
from decide.solvers.base import TIE
from decide.solvers.door import GameLike, as_table
from decide.solvers.security import maximin

__all__ = ["FolkTheorem", "critical_discount", "folk_theorem", "repeat"]

#: `repeat` makes no tree with more ends than this.
MOST_ENDS = 50_000
STRATEGIES = ("grim", "tit_for_tat")
#: Points closer than this share of the payoff range are one point.
SAME = 1e-12


def critical_discount(
    game: GameLike, target: Sequence[str], *, punishment: Sequence[str] | Equilibrium, strategy: str = "grim"
) -> Number:
    """Return the least discount factor at which a profile can be sustained in the infinitely repeated game.

    Parameters
    ----------
    game : NormalForm, ExtensiveForm, Model, str or os.PathLike
        One game for two players, or a batch. A model is taken at its base, a file is read, and a tree stands for its
        reduced normal form.
    target : sequence of str
        The profile to sustain, one action a player.
    punishment : sequence of str or Equilibrium
        ``"grim"``: the stage equilibrium played for ever after a deviation, as a profile, or one that `solve` found.
        ``"tit_for_tat"``: what is done in return, a profile that differs from the target for both.
    strategy : {"grim", "tit_for_tat"}
        By reversion to a stage equilibrium (subgame perfect), or by tit-for-tat (Nash; games of 2 x 2 actions).

    Returns
    -------
    float or numpy.ndarray
        In [0, 1); infinity if no discount below 1 is enough. Of a batch an array of its shape.

    Raises
    ------
    SolveError
        If the game is not for two players, the punishment is no equilibrium of the stage (grim; of every game of a
        batch), or not the other actions of a game of 2 x 2 (tit-for-tat).
    UnknownNameError
        If there is no such action or strategy.

    Examples
    --------
    >>> dilemma = NormalForm.bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]], actions=[["C", "D"], ["C", "D"]])
    >>> critical_discount(dilemma, ("C", "C"), punishment=("D", "D"))
    0.5
    >>> round(critical_discount(dilemma, ("C", "C"), punishment=("D", "D"), strategy="tit_for_tat"), 6)
    0.666667
    >>> tempting = NormalForm.bimatrix([[3, 0], [np.array([4, 5]), 1]], [[3, np.array([4, 5])], [0, 1]])
    >>> critical_discount(tempting, ("0", "0"), punishment=("1", "1")).round(6).tolist()
    [0.333333, 0.5]
    """
    stage = as_table(game)
    _check(stage, batch=True)
    if strategy not in STRATEGIES:
        raise unknown("strategy", strategy, STRATEGIES)
    units = each_to_unit(stage.entries())
    here = _positions(stage, target, "target")
    least = np.zeros(units.shape[-1])
    if strategy == "tit_for_tat":
        if isinstance(punishment, Equilibrium):
            raise SolveError("tit-for-tat answers with an action; expected punishment= as a profile")
        _tit_for_tat(stage, units, here, _positions(stage, punishment, "punishment"), least)
    else:
        held = _punishment(stage, units, punishment)
        for i in range(2):
            own = np.moveaxis(units[i], i, 0)
            reward, tempted = own[here[i], here[1 - i]], own[:, here[1 - i]].max(axis=0)
            np.maximum(least, _threshold(tempted - reward, tempted - held[i]), out=least)
    least = np.where(least < 1.0, least, math.inf).reshape(stage.shape)
    return least if stage.shape else float(least)


def _threshold(gain: FloatArray, lever: FloatArray) -> FloatArray:
    """Return the least d from 0 on with ``gain <= d * lever``, in every game."""
    enough = np.divide(gain, lever, out=np.full(gain.shape, math.inf), where=lever > 0)
    return np.where(gain <= TIE, 0.0, enough)


def _tit_for_tat(
    game: NormalForm, units: FloatArray, here: tuple[int, ...], other: tuple[int, ...], least: FloatArray
) -> None:
    """Raise `least` to what tit-for-tat needs."""
    if game.n_actions != (2, 2) or here[0] == other[0] or here[1] == other[1]:
        raise SolveError(
            "tit-for-tat takes a game of 2 x 2 actions, and as punishment each player's other action; "
            f"here there are {game.n_actions[0]} x {game.n_actions[1]}"
        )
    for i in range(2):
        own = np.moveaxis(units[i], i, 0)
        a, b = (here[i], here[1 - i]), (other[i], other[1 - i])
        reward, punished = own[a], own[b]
        tempted, sucker = own[b[0], a[1]], own[a[0], b[1]]
        gain = tempted - reward
        np.maximum(least, _threshold(gain, tempted - punished), out=least)
        np.maximum(least, _threshold(gain, reward - sucker), out=least)


def _punishment(game: NormalForm, units: FloatArray, punishment: Any) -> list[FloatArray]:
    """Return what each player gets in the punishment, in every game; it must be an equilibrium of the stage."""
    if isinstance(punishment, Equilibrium):
        play = list(punishment.profile)
        if tuple(map(len, play)) != game.n_actions or punishment.joint:
            raise SolveError(f"the punishment has {tuple(map(len, play))} actions; expected {game.n_actions}")
    else:
        play = [np.eye(n)[k] for n, k in zip(game.n_actions, _positions(game, punishment, "punishment"), strict=True)]
    held = []
    for i, (player, u) in enumerate(zip(game.players, units, strict=True)):
        worth = np.tensordot(np.moveaxis(u, i, 0), play[1 - i], axes=(1, 0))
        held.append(play[i] @ worth)
        gain = worth.max(axis=0) - held[i]
        if np.any(gain > TIE):
            often = f" in {int((gain > TIE).sum())} of {gain.size} games" if game.shape else ""
            raise SolveError(
                f"the punishment is {punishment!r}, from which {player} would deviate{often} (gaining "
                f"{gain.max():.3g} of its payoff range); expected an equilibrium of the stage"
            )
    return held


def _positions(game: NormalForm, profile: Sequence[str], what: str) -> tuple[int, ...]:
    if isinstance(profile, str) or not isinstance(profile, Sequence) or len(profile) != len(game.players):
        raise SolveError(f"{what} is {profile!r}; expected a profile, one action for each of {', '.join(game.players)}")
    for player, action, known in zip(game.players, profile, game.actions, strict=True):
        if action not in known:
            raise unknown(f"action of {player} (in the {what})", action, known)
    return tuple(known.index(action) for action, known in zip(profile, game.actions, strict=True))


def _check(game: NormalForm, batch: bool = False) -> None:
    if game.shape and not batch:
        raise SolveError(f"this is a batch of shape {game.shape}; expected one game")
    if len(game.players) != 2:
        raise SolveError(f"the game has {len(game.players)} players; expected 2")


# ------------------------------------------------------------------ folk theorem


@dataclass(frozen=True, eq=False)
class FolkTheorem(ByValue):
    """Which payoffs patient players can get in equilibrium, as averages per round.

    Attributes
    ----------
    minmax : mapping of str to float
        What each player can be held down to, by mixed strategies of the other.
    punishments : mapping of str to mapping
        How: ``punishments[player][action]`` is what the *other* player's action is played with to hold `player` down.
    feasible : numpy.ndarray, shape (n, 2)
        Vertices of the convex hull of the payoffs, counter-clockwise from the least payoff of the first player.
    rational : numpy.ndarray, shape (m, 2)
        Vertices of the part of it that gives both at least their minmax: the individually rational set.
    """

    minmax: FrozenMap[str, float]
    punishments: FrozenMap[str, Mapping[str, float]]
    feasible: FloatArray
    rational: FloatArray


def folk_theorem(game: GameLike) -> FolkTheorem:
    """Return minmax values, feasible payoffs, and those that are individually rational too.

    Every payoff inside `rational` that gives each player more than its minmax is an equilibrium payoff of the
    infinitely repeated game if the players are patient enough.

    Parameters
    ----------
    game : NormalForm, ExtensiveForm, Model, str or os.PathLike
        One game for two players. A model is taken at its base, a file is read, and a tree stands for its reduced
        normal form.

    Returns
    -------
    FolkTheorem

    Raises
    ------
    SolveError
        If the game is a batch or not for two players.

    Examples
    --------
    >>> dilemma = NormalForm.bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]], actions=[["C", "D"], ["C", "D"]])
    >>> theorem = folk_theorem(dilemma)
    >>> theorem.minmax["Row"], theorem.feasible.tolist()
    (1.0, [[0.0, 5.0], [1.0, 1.0], [5.0, 0.0], [3.0, 3.0]])
    >>> theorem.rational.round(6).tolist()
    [[1.0, 4.333333], [1.0, 1.0], [4.333333, 1.0], [3.0, 3.0]]
    """
    stage = as_table(game)
    _check(stage)
    units = each_to_unit(stage.entries())[..., 0]
    low = stage.payoffs.min(axis=(1, 2))
    scale = stage.payoffs.max(axis=(1, 2)) - low
    floors: list[float] = []
    minmax: dict[str, float] = {}
    punishments: dict[str, Mapping[str, float]] = {}
    for i, player in enumerate(stage.players):
        # Who holds the player down maximises the least of what is left of its payoff range.
        hurt = NormalForm.zero_sum(
            1.0 - np.moveaxis(units[i], i, 0).T, actions=[stage.actions[1 - i], stage.actions[i]]
        )
        punishments[player] = maximin(hurt, "Row").strategy
        minmax[player] = float(maximin(stage, player).value)  # the same number, by the minimax theorem
        floors.append((minmax[player] - low[i]) / scale[i] if scale[i] > 0 else 0.0)
    hull = _hull(units.reshape(2, -1).T)
    rational = _merged(_above(_above(hull, 0, floors[0]), 1, floors[1]))
    return FolkTheorem(
        minmax=FrozenMap(minmax),
        punishments=FrozenMap(punishments),
        feasible=read_only(_written(hull, low, scale)),
        rational=read_only(_written(rational, low, scale)),
    )


def _written(points: FloatArray, low: FloatArray, scale: FloatArray) -> FloatArray:
    """Back from [0, 1] to payoffs; ends of the range exactly."""
    return np.asarray(np.where(points == 1.0, low + scale, low + scale * points))


def _hull(points: FloatArray) -> FloatArray:
    """Convex hull, counter-clockwise from the left and, of those, the lowest point (Andrew 1979)."""
    ordered = np.unique(points, axis=0)
    if len(ordered) < 3:
        return ordered
    chains: list[list[FloatArray]] = []
    for line in (ordered, ordered[::-1]):
        chain: list[FloatArray] = []
        for point in line:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= SAME:
                chain.pop()
            chain.append(point)
        chains.append(chain[:-1])
    return np.array(chains[0] + chains[1])


def _turn(a: FloatArray, b: FloatArray, c: FloatArray) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _above(points: FloatArray, axis: int, floor: float) -> FloatArray:
    """Cut a convex polygon (or segment, or point) along a line (Sutherland & Hodgman 1974)."""
    kept: list[FloatArray] = []
    for k, point in enumerate(points):
        before = points[k - 1]
        inside, was = point[axis] >= floor - TIE, before[axis] >= floor - TIE
        if inside != was:
            share = (floor - before[axis]) / (point[axis] - before[axis])
            kept.append(before + np.clip(share, 0.0, 1.0) * (point - before))
        if inside:
            kept.append(point)
    return np.array(kept).reshape(-1, 2)


def _merged(points: FloatArray) -> FloatArray:
    """Drop points that repeat the one before; start from the left and, of those, the highest seen first."""
    kept = [p for k, p in enumerate(points) if len(points) == 1 or np.abs(p - points[k - 1]).max() > TIE]
    return np.array(kept if kept else points[:1]).reshape(-1, 2)


# ------------------------------------------------------------------ finitely repeated


def repeat(game: GameLike, times: int, *, discount: float = 1.0) -> ExtensiveForm:
    """Return the tree of a game played several times, every player seeing all moves after each round.

    Parameters
    ----------
    game : NormalForm, ExtensiveForm, Model, str or os.PathLike
        The game of one round (taken as in `critical_discount`), any number of players; a batch gives a batch.
    times : int
        How many rounds, at least 1. The tree may have up to 50,000 ends: profiles to the power of rounds.
    discount : float
        What a payoff of the next round is worth now, in [0, 1]. Payoffs are the sum over the rounds.

    Returns
    -------
    ExtensiveForm
        Information sets are called ``"round 1"``, ``"round 2 after C / D"``, ``"round 3 after C / D, D / D"``, ...

    Raises
    ------
    TooLargeError
        If the tree would have too many ends.
    SolveError, GameError
        If the game is no table, or `times` or `discount` make no sense.

    Examples
    --------
    >>> dilemma = NormalForm.bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]], actions=[["C", "D"], ["C", "D"]])
    >>> twice = repeat(dilemma, 2)
    >>> len(twice.structure.leaves), twice.infosets["Row"][:2]
    (16, ('round 1', 'round 2 after C / C'))
    """
    stage = as_table(game)
    if isinstance(times, bool) or not isinstance(times, int | np.integer) or times < 1:
        raise GameError(f"times is {times!r}; expected a whole number of rounds, at least 1")
    weight = as_number(discount, "discount", GameError)
    if not isinstance(weight, float) or not 0.0 <= weight <= 1.0:
        raise GameError(f"discount is {discount!r}; expected a number from 0 to 1")
    profiles = math.prod(stage.n_actions)
    if int(times) * math.log(profiles) > math.log(MOST_ENDS) + TIE:
        raise TooLargeError(
            f"{profiles} profiles played {times} times make {profiles}^{times} ends; expected at most {MOST_ENDS:,}"
        )
    none = [np.zeros(stage.shape)] * len(stage.players)
    return ExtensiveForm(_rounds(stage, int(times), weight, (), none), players=stage.players)


def _rounds(game: NormalForm, left: int, discount: float, past: tuple[tuple[int, ...], ...], got: list[Any]) -> Node:
    """Build what follows some rounds; `got` is what they paid."""
    if not left:
        pays = {p: g if np.ndim(g) else float(g) for p, g in zip(game.players, got, strict=True)}
        return Outcome(pays)
    seen = ", ".join(" / ".join(own[k] for own, k in zip(game.actions, one, strict=True)) for one in past)
    name = f"round {len(past) + 1}" + (f" after {seen}" if seen else "")
    return _moves(game, left, discount, past, got, name, ())


def _moves(
    game: NormalForm,
    left: int,
    discount: float,
    past: tuple[tuple[int, ...], ...],
    got: list[Any],
    name: str,
    chosen: tuple[int, ...],
) -> Node:
    """Build the moves of one round, one player after the other, none seeing the others'."""
    i = len(chosen)
    if i == len(game.players):
        weight = discount ** len(past)
        cell = game.payoffs.reshape(*game.shape, len(game.players), -1)[
            ..., np.ravel_multi_index(chosen, game.n_actions)
        ]
        paid = [g + weight * cell[..., j] for j, g in enumerate(got)]
        return _rounds(game, left - 1, discount, (*past, chosen), paid)
    moves = {
        action: _moves(game, left, discount, past, got, name, (*chosen, k)) for k, action in enumerate(game.actions[i])
    }
    return Decision(game.players[i], moves, infoset=name)
