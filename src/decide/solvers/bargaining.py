r"""Bargaining over the profiles of a game: two players agree on a joint distribution, or take the disagreement payoffs.

What can be agreed on is the convex hull of the payoff profiles: the players may bind themselves to any lottery over
profiles. Only agreements that give both at least their disagreement payoff ``d`` count.

Nash (1950): the agreement that maximises ``(u_1 - d_1)(u_2 - d_2)``; the only rule that is Pareto efficient, symmetric,
invariant to positive affine changes of either player's payoffs, and independent of irrelevant alternatives.

Kalai & Smorodinsky (1975): the efficient agreement at which both get the same share of what they could at most gain,
``(u_1 - d_1) / (I_1 - d_1) = (u_2 - d_2) / (I_2 - d_2)``; ``I_i`` is the most that `i` gets in any agreement that gives
the other at least ``d``. Monotonicity takes the place of independence: more for `i` to gain never harms `i`.

Both lie on the Pareto frontier, the upper right chain of the hull (Andrew 1979), and are found there in closed form,
segment by segment, each player's payoffs scaled to [0, 1]. Free disposal (that payoffs may be thrown away) is not
assumed, and for two players does not matter: along the part of the frontier at or above ``d`` the gains run from one
player's ideal to the other's, so the line of equal shares meets it exactly once; what free disposal would add lies
below the frontier.

Cost: profiles x log(profiles).

When not to use it: where agreements cannot be enforced, or lotteries over profiles cannot; a strategic model (offers
and replies as a tree) then says more. The Nash solution assumes that payoffs are von Neumann-Morgenstern utilities,
money only for players who do not mind risk. With three or more players coalitions matter; this takes two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from decide.errors import SolveError, unknown
from decide.frozen import ByValue, FrozenMap
from decide.games.normal import NormalForm
from decide.games.values import FloatArray, as_number, check_finite
from decide.solvers.base import TIE
from decide.solvers.door import GameLike, as_table
from decide.solvers.security import maximin

__all__ = ["RULES", "Bargain", "bargain"]

RULES = ("nash", "kalai_smorodinsky")

#: A piece of the frontier: the two points, as positions among the payoff points, and the part between them that counts.
Piece = tuple[int, int, float, float]


@dataclass(frozen=True, eq=False)
class Bargain(ByValue):
    """An agreement.

    Attributes
    ----------
    rule : {"nash", "kalai_smorodinsky"}
    payoffs : mapping of str to float
        What each player expects from the agreement.
    joint : mapping of profile to float
        Probability of every profile; at most two are not 0.
    disagreement : mapping of str to float
        What each player gets without agreement.
    """

    rule: str
    payoffs: FrozenMap[str, float]
    joint: FrozenMap[tuple[str, ...], float]
    disagreement: FrozenMap[str, float]


def bargain(game: GameLike, *, rule: str = "nash", disagreement: Mapping[str, Any] | None = None) -> Bargain:
    """Find what two players agree on, by a rule.

    Parameters
    ----------
    game : NormalForm, ExtensiveForm, Model, str or os.PathLike
        One game of two players. A model is taken at its base, a file is read, and a tree stands for its reduced
        normal form.
    rule : {"nash", "kalai_smorodinsky"}
        Nash (1950) or Kalai & Smorodinsky (1975).
    disagreement : mapping of player to payoff, optional
        What each gets if they do not agree; each player's maximin value (see `maximin`), unless given. It need not be
        the payoff of any agreement.

    Returns
    -------
    Bargain
        Where only one of the players can gain over the disagreement, the agreement best for that one; where neither
        can, the disagreement payoffs themselves, as an agreement.

    Raises
    ------
    SolveError
        If the game is not one of two players, the rule does not exist, or no agreement gives both at least their
        disagreement payoff (to within 1e-9 of the payoff range).
    UnknownNameError
        If the disagreement names somebody else.

    Examples
    --------
    >>> chicken = NormalForm.bimatrix([[6, 2], [7, 0]], [[6, 7], [2, 0]], actions=[["yield", "stand"]] * 2)
    >>> bargain(chicken).payoffs
    {'Row': 6.0, 'Column': 6.0}
    >>> agreed = bargain(chicken, rule="kalai_smorodinsky", disagreement={"Row": 5, "Column": 2})
    >>> round(agreed.payoffs["Row"], 6), round(agreed.payoffs["Column"], 6)
    (6.306122, 4.77551)
    """
    table = as_table(game)
    _check(table, rule)
    threat = _threat(table, disagreement)
    points = table.payoffs.reshape(2, -1)
    unit, gains, tolerance = _scaled(points, np.array([threat[p] for p in table.players]))
    chain = _frontier(unit)
    pieces = _pieces(gains, chain)
    if pieces:
        weights = _nash(gains, pieces) if rule == "nash" else _equal_shares(gains, pieces)
    else:
        weights, short = _nearest(gains, chain)
        if (short > tolerance).any():
            shown = ", ".join(f"{p} {d:g}" for p, d in threat.items())
            raise SolveError(f"disagreement is {shown}; expected payoffs that some agreement gives both players")
    joint = np.zeros(points.shape[1])
    for position, weight in weights:
        joint[position] += weight
    payoffs = {p: float(u @ joint) + 0.0 for p, u in zip(table.players, points, strict=True)}
    odds = dict(zip(table.profiles, joint.tolist(), strict=True))
    return Bargain(rule, FrozenMap(payoffs), FrozenMap(odds), FrozenMap(threat))


def _check(game: NormalForm, rule: str) -> None:
    if len(game.players) != 2:
        raise SolveError(f"the game has {len(game.players)} players ({', '.join(game.players)}); expected two")
    if game.shape:
        raise SolveError(f"the game is a batch of shape {game.shape}; expected one game: take game[i]")
    if not isinstance(rule, str) or rule not in RULES:
        raise SolveError(str(unknown("bargaining rule", rule, RULES)))


def _threat(game: NormalForm, disagreement: Mapping[str, Any] | None) -> dict[str, float]:
    """What each player gets without agreement: as given, or its maximin value."""
    if disagreement is None:
        # A maximin value is a payoff or between two: what rounding adds beyond must not make it out of reach.
        return {
            p: float(np.clip(maximin(game, p).value, u.min(), u.max()))
            for p, u in zip(game.players, game.payoffs, strict=True)
        }
    if not isinstance(disagreement, Mapping):
        raise SolveError(f"disagreement is {disagreement!r}; expected a mapping from player to payoff, or None")
    for player in disagreement:
        game.player_index(player)
    threat: dict[str, float] = {}
    for player in game.players:
        if player not in disagreement:
            raise SolveError(f"disagreement names no payoff of {player}; expected one for each of {game.players}")
        what = f"the disagreement payoff of {player}"
        number = as_number(disagreement[player], what)
        if not isinstance(number, float):
            raise SolveError(f"{what} is {disagreement[player]!r}; expected one number")
        check_finite(number, what)
        threat[player] = number
    return threat


def _scaled(points: FloatArray, threat: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Payoffs and gains, per player in units of its payoff range, and how far below 0 counts as 0."""
    low = points.min(axis=1)
    spread = points.max(axis=1) - low
    away = np.abs(low - threat)
    scale = np.where(spread > 0, spread, np.where(away > 0, away, 1.0))
    unit = (points - low[:, None]) / scale[:, None]
    return unit, unit - ((threat - low) / scale)[:, None], np.where(spread > 0, TIE, 0.0)


def _frontier(points: FloatArray) -> list[int]:
    """Corners of the Pareto frontier of the convex hull of points (2, k), from the first player's best on."""
    order = np.lexsort((-points[1], -points[0]))
    chain: list[int] = []
    for k in order:
        if chain and points[1, k] <= points[1, chain[-1]]:
            continue
        while len(chain) > 1 and _turn(points, chain[-2], chain[-1], int(k)) <= 0:
            chain.pop()
        chain.append(int(k))
    return chain


def _turn(points: FloatArray, a: int, b: int, c: int) -> float:
    """Positive if the way from a over b to c turns left."""
    (ax, ay), (bx, by), (cx, cy) = points[:, a], points[:, b], points[:, c]
    return float((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))


def _pieces(gains: FloatArray, chain: list[int]) -> list[Piece]:
    """Cut the frontier to the part at which nobody loses."""
    found = []
    for a, b in zip(chain, chain[1:] or chain, strict=False):
        (ax, ay), (bx, by) = gains[:, a], gains[:, b]
        low = 0.0 if ay >= 0 else float(ay / (ay - by)) if by > 0 else 1.0 if by == 0 else 2.0
        high = 1.0 if bx >= 0 else float(ax / (ax - bx)) if ax > 0 else 0.0 if ax == 0 else -1.0
        if low <= high:
            found.append((a, b, low, high))
    return found


def _at(gains: FloatArray, piece: Piece, t: float) -> FloatArray:
    return np.asarray((1.0 - t) * gains[:, piece[0]] + t * gains[:, piece[1]])


def _weights(piece: Piece, t: float) -> list[tuple[int, float]]:
    return [(piece[0], 1.0 - t), (piece[1], t)]


def _nash(gains: FloatArray, pieces: list[Piece]) -> list[tuple[int, float]]:
    """Maximise the product of gains: on a segment a parabola in the way along it."""
    best, where = -1.0, (pieces[0], 0.0)
    for piece in pieces:
        a, b, low, high = piece
        (ax, ay), (dx, dy) = gains[:, a], gains[:, b] - gains[:, a]
        top = -(ax / dx + ay / dy) / 2 if dx < 0 < dy else low
        t = float(min(max(top, low), high))
        product = float(np.prod(np.maximum(_at(gains, piece, t), 0.0)))
        if product > best:
            best, where = product, (piece, t)
    return _weights(*where)


def _equal_shares(gains: FloatArray, pieces: list[Piece]) -> list[tuple[int, float]]:
    """Find where both get the same share of their ideal gain: the one point at which the lead changes."""
    ideal = np.array([_at(gains, pieces[0], pieces[0][2])[0], _at(gains, pieces[-1], pieces[-1][3])[1]])
    share = np.where(ideal > 0, ideal, 1.0)
    ahead = behind = 0.0
    for piece in pieces:
        start, end = (_at(gains, piece, t) / share for t in piece[2:])
        ahead, behind = float(start[0] - start[1]), float(end[0] - end[1])
        if behind <= 0:
            break
    part = ahead / (ahead - behind) if ahead > 0 > behind else 0.0 if ahead <= 0 else 1.0
    return _weights(piece, piece[2] + part * (piece[3] - piece[2]))


def _nearest(gains: FloatArray, chain: list[int]) -> tuple[list[tuple[int, float]], FloatArray]:
    """Return the agreement at which the one who loses most loses least, and what each loses there."""
    best, where = -np.inf, ((chain[0], chain[0], 0.0, 1.0), 0.0)
    for a, b in zip(chain, chain[1:] or chain, strict=False):
        (ax, ay), (bx, by) = gains[:, a], gains[:, b]
        lead = (ax - ay) - (bx - by)
        t = float(np.clip((ax - ay) / lead, 0.0, 1.0)) if lead > 0 else 0.0
        piece = (a, b, 0.0, 1.0)
        least = float(_at(gains, piece, t).min())
        if least > best:
            best, where = least, (piece, t)
    return _weights(*where), np.maximum(-_at(gains, *where), 0.0)
