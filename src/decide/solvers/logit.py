"""Logit quantal response equilibria on the principal branch, any number of players, batched.

In a logit equilibrium (McKelvey & Palfrey 1995) every player mixes by the logit reply to the others' mixing::

    p_ia = exp(r_i u_ia(p)) / sum_b exp(r_i u_ib(p)),

with the player's precision ``r_i`` per unit of its payoff. At precision 0 everybody mixes evenly; the solutions for
``t r``, ``t`` from 0 up, that hang together with that point are the *principal branch*. For almost all games it is a
curve, and as t grows without bound it ends in one Nash equilibrium, the *limit*. The curve may bend back; then the
same precision is met several times, and what is returned is the point met *first* on the way from 0.

The branch is followed by predictor and corrector steps along the arc length, which pass turning points (Turocy 2005;
see `decide.solvers.branch`). In symmetric games other branches may cross it. A crossing is gone straight through and
reported (`tied`, not complete): which branch to call principal from there on is a convention. So is a near-crossing,
where a tie broken by about 1e-9 of the payoff range or less decides which way the branch goes.

The limit is taken with every player's precision counted per range of its payoffs, so that it does not hang on
units: the curve is followed until a Nash equilibrium is near, which is then solved for on its support (see
`decide.solvers.polish`). Where that fails nothing is returned.

Where the precisions are so low that the logit reply is a contraction, the solution is the only one, and is found
without following.

Cost: about 10 to 60 steps a game, each two or three systems of sum(actions) - players + 1 equations.

When not to use it: for payoffs whose unit means nothing, because precisions are per unit of payoff; and in its limit,
which selects one Nash equilibrium, where all of them matter: use `nash`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import SolveError, unknown
from decide.games.values import FloatArray
from decide.points import Status
from decide.solvers.base import Found
from decide.solvers.branch import Branch, limit, principal_branch

if TYPE_CHECKING:
    from decide.games.normal import NormalForm

__all__ = [
    "Branch",
    "batch_number",
    "limit",
    "logit",
    "precisions",
    "prepare",
    "principal_branch",
    "shaped",
]


def logit(game: NormalForm, *, rationality: Any = None) -> Found:
    """Find the point of the principal branch at a precision; infinity asks for its limit.

    Parameters
    ----------
    game : NormalForm
        One game or a batch, any number of players.
    rationality : float, array or mapping of str to these
        Precision per unit of payoff, from 0 (even mixing) on. A number holds for all players and games. An array has
        the batch's shape, or one that broadcasts to it; `solve` repeats a single game over it. A mapping names every
        player, each with a number or an array. Infinity asks for the limit: in any one game for all players or for
        none. It has no default: None is refused.

    Returns
    -------
    Found
        At most one row a game; a game whose branch could not be followed has none, and the status ``FAILED``. `tied`
        says that the branch met a crossing, after which it is not called complete.

    Raises
    ------
    SolveError
        If `rationality` is None, below 0 or no number, has another shape, leaves a player out, or is infinite for some
        players of a game and finite for others.
    UnknownNameError
        If it names somebody who does not play.
    """
    entries = game.entries()
    precision = precisions(game, rationality)
    n = entries.shape[-1]
    infinite = np.asarray(np.isinf(precision).all(axis=0))
    mixed = np.isinf(precision).any(axis=0) & ~infinite
    if mixed.any():
        raise SolveError(
            "rationality is infinite for some players and finite for others; expected finite numbers, or infinity for "
            "all (the limit)"
        )
    strategies = tuple(np.zeros((n, a)) for a in game.n_actions)
    ok, crossed = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    for rows in (np.flatnonzero(~infinite), np.flatnonzero(infinite)):
        if rows.size:
            own = entries[..., rows]
            branch = limit(own) if infinite[rows[0]] else principal_branch(own, precision[:, rows])
            for whole, part in zip(strategies, branch.strategies, strict=True):
                whole[rows] = part
            ok[rows], crossed[rows] = branch.ok, branch.crossed
    owner = np.flatnonzero(ok)
    status = np.where(ok, Status.SOLVED, Status.FAILED).astype(np.int8)
    return Found(owner, tuple(s[owner] for s in strategies), ok & ~crossed, crossed, status=status)


def prepare(game: NormalForm, options: Mapping[str, Any]) -> tuple[NormalForm, dict[str, Any]]:
    """Repeat one game over an array of precisions, and write precisions by player in the order of the players."""
    settled = dict(options)
    rationality = settled.get("rationality")
    if isinstance(rationality, Mapping):
        precisions(shaped(game, rationality), rationality)
        settled["rationality"] = {p: rationality[p] for p in game.players}
    return shaped(game, rationality), settled


def shaped(game: NormalForm, *options: Any) -> NormalForm:
    """Repeat one game over the shape of options that are arrays; a batch stays as it is."""
    if game.shape:
        return game
    found: set[tuple[int, ...]] = set()
    for option in options:
        values = option.values() if isinstance(option, Mapping) else [option]
        found |= {np.shape(v) for v in values if isinstance(v, np.ndarray | list | tuple)}
    try:
        return game.broadcast_to(np.broadcast_shapes(*found))
    except ValueError:
        raise SolveError(f"options have shapes {sorted(found)}; expected shapes that broadcast to one batch") from None


def precisions(game: NormalForm, rationality: Any, method: str = "logit") -> FloatArray:
    """Read the option: the precision of each player in each game, shape (n_players, n)."""
    if rationality is None:
        raise SolveError(
            f"{method} needs rationality: the precision per unit of payoff, a number from 0 on, an array of the "
            "batch's shape, a mapping from player to these, or infinity"
        )
    if not isinstance(rationality, Mapping):
        one = batch_number(game, "rationality", rationality)
        return np.tile(one, (len(game.players), 1))
    for name in rationality:
        if name not in game.players:
            raise unknown("player (in rationality)", name, game.players)
    absent = [p for p in game.players if p not in rationality]
    if absent:
        raise SolveError(f"rationality says nothing about {', '.join(absent)}; expected a precision for every player")
    return np.stack([batch_number(game, f"rationality of {p}", rationality[p]) for p in game.players])


def batch_number(game: NormalForm, what: str, value: Any) -> FloatArray:
    """Read a number from 0 on, or an array of them, for every game of the batch, shape (n,)."""
    if isinstance(value, bool | np.bool_):
        raise SolveError(f"{what} is {value!r}; expected a number from 0 on, or an array of them")
    try:
        number = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise SolveError(f"{what} is {value!r}; expected a number from 0 on, or an array of them") from None
    if np.isnan(number).any() or (number < 0).any():
        bad = number[np.isnan(number) | (number < 0)].flat[0]
        raise SolveError(f"{what} is {float(bad)!r}; expected a number from 0 on")
    try:
        return np.broadcast_to(number, game.shape).reshape(-1)
    except ValueError:
        raise SolveError(f"{what} has shape {number.shape}; expected the batch's, {game.shape}") from None
