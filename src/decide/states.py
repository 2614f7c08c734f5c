"""A player's decision in a state of a stochastic game: its options, played now, then going on as well as it can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from decide.certify import stochastic_certificates
from decide.errors import SolveError, unknown
from decide.games.stochastic import StochasticGame
from decide.games.values import FloatArray

__all__ = ["StateDecision", "StateOptions", "discounted_range", "find_state", "state_options"]


@dataclass(frozen=True)
class StateDecision:
    """The decision under study in a stochastic game.

    Attributes
    ----------
    state, player : int
        Positions; with a horizon the state is one of the stages written out.
    options : tuple of str
        The decider's actions there.
    """

    state: int
    player: int
    options: tuple[str, ...]


def find_state(game: StochasticGame, decider: str, at: str | None, horizon: int | None = None) -> StateDecision:
    """Find the state in which the decider decides, and its options.

    Parameters
    ----------
    game : StochasticGame
        With a horizon the game whose stages were written out (`StochasticGame.over`).
    decider : str
    at : str or None
        Name of the state; needed where the decider has a choice in several. With a horizon the state at the first
        stage, unless a stage is named (``"peace, stage 2"``).
    horizon : int, optional

    Raises
    ------
    UnknownNameError
        If the player or the state does not exist.
    SolveError
        If the decider has no choice anywhere, or in several states and no `at`.
    """
    if decider not in game.players:
        raise unknown("player (the decider)", decider, game.players)
    player = game.players.index(decider)
    first = game.states if horizon is None else game.states[: (len(game.states) - 1) // horizon]
    names = [name if horizon is None else name.removesuffix(", stage 1") for name in first]
    if at is not None:
        if at not in names and at not in game.states:
            raise unknown("state (in at)", at, names)
        state = names.index(at) if at in names else game.states.index(at)
    else:
        open_ = [k for k in range(len(names)) if len(game.actions[k][player]) > 1]
        if len(open_) != 1:
            shown = ", ".join(repr(names[k]) for k in open_) or "none"
            raise SolveError(f"{decider} has a choice in {len(open_)} states ({shown}); name the decision with at=")
        state = open_[0]
    return StateDecision(state, player, game.actions[state][player])


class StateOptions(NamedTuple):
    """Options of a decision in a state: value and choice (e, n_options); payoff (e, n_players) from there on."""

    value: FloatArray
    choice: FloatArray
    payoff: FloatArray


def state_options(
    game: StochasticGame, decision: StateDecision, strategies: Sequence[FloatArray], horizon: int | None = None
) -> StateOptions:
    """Value the decider's actions in a state: played now, then as well as it can, the others' strategies given.

    Parameters
    ----------
    game : StochasticGame
        One game, or a flat batch of as many games as there are rows.
    decision : StateDecision
    strategies : sequence of numpy.ndarray, shape (e, n_actions) each
        In the order of ``game.places``.
    horizon : int, optional
    """
    rows, n_states, i, s = len(strategies[0]), len(game.states), decision.player, decision.state
    game = game.broadcast_to((rows,))
    checked = stochastic_certificates(game, strategies, horizon=horizon)
    later = np.einsum("g...t,gt->g...", game.transitions[s], checked.best[:, i])
    table = game.payoffs[s][:, i] + np.asarray(game.discount).reshape(-1, *(1,) * len(game.players)) * later
    for j in reversed(range(len(game.players))):
        if j != i:
            table = np.einsum("ga...,ga->g...", np.moveaxis(table, 1 + j, 1), strategies[j * n_states + s])
    return StateOptions(table, strategies[i * n_states + s], checked.values[:, :, s])


def discounted_range(game: StochasticGame, player: int, horizon: int | None = None) -> FloatArray:
    """Return how far apart a player's payoffs can be at most, in each game, summed over all stages (without the end).

    Parameters
    ----------
    game : StochasticGame
        As it is, or with its stages written out if there is a `horizon`.
    player : int
    horizon : int, optional
    """
    flat = game.flat()
    own = [u[:, player].reshape(len(u), -1) for u in (flat.payoffs if horizon is None else flat.payoffs[:-1])]
    span = np.max([u.max(axis=1) for u in own], axis=0) - np.min([u.min(axis=1) for u in own], axis=0)
    discount = np.asarray(flat.discount)
    return np.asarray(span * (1.0 - (0.0 if horizon is None else discount**horizon)) / (1.0 - discount))
