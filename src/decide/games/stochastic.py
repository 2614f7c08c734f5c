"""Stochastic games: play moves between states, and what is done in one decides which comes next (Shapley 1953).

In each state the players move at once, each gets a payoff, and chance, whose odds may depend on what was done, chooses
the next state. A player's payoff is the discounted sum ``sum_t discount^t u_t``; times ``1 - discount`` it is an
average per stage. Strategies are stationary: they look at the state alone.

A game may be a batch: payoffs, odds and the discount are then arrays of its shape, on the same states and actions.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from decide.errors import GameError, ProbabilityError, UnknownNameError, unknown
from decide.frozen import ByValue, read_only
from decide.games.normal import NormalForm
from decide.games.values import FloatArray, Number, as_number, check_finite

__all__ = ["StochasticGame"]

#: Transitions must sum to 1 to within this.
SUM = 1e-9
#: More states than this are refused: every step solves dense equations in them.
LARGEST_STATES = 5_000

Actions: TypeAlias = tuple[tuple[str, ...], ...]
Shape: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, eq=False, repr=False)
class StochasticGame(ByValue):
    r"""A stochastic game, or a batch: states, in each a table of payoffs, and the odds of the next state.

    Parameters
    ----------
    payoffs : sequence of array_like, shape (\*batch, n_players, a_0, ..., a_{n-1}) each
        Per state the payoff of each player at each profile of actions; sizes may differ between states.
    transitions : sequence of array_like, shape (\*batch, a_0, ..., a_{n-1}, n_states) each
        Per state and profile the probabilities of the next state. They must sum to 1 within 1e-9; they are never
        rescaled.
    discount : float or array_like
        What a payoff of the next stage is worth now, in [0, 1); the same for all players. The game carries the
        broadcast shape of all that is given as its batch.
    players, states : sequence of str, optional
        Names; ``"Row"``, ``"Column"`` for two players, else ``"1"``, ``"2"``, ...; states ``"0"``, ``"1"``, ...;
        players are needed for a batch of payoffs.
    actions : sequence of sequences of sequences of str, optional
        Per state and player the actions; ``"0"``, ``"1"``, ... unless given.

    Raises
    ------
    GameError, PayoffError, ProbabilityError
        If names, sizes, payoffs, probabilities or the discount make no sense.

    Examples
    --------
    Two neighbours. Arming in peace gains a little and may start a crisis; a crisis may end in war, which stays.

    >>> game = StochasticGame.from_states(
    ...     {
    ...         "peace": {
    ...             ("hold", "hold"): ((3, 3), "peace"),
    ...             ("hold", "arm"): ((0, 4), {"peace": 0.7, "crisis": 0.3}),
    ...             ("arm", "hold"): ((4, 0), {"peace": 0.7, "crisis": 0.3}),
    ...             ("arm", "arm"): ((1, 1), "crisis"),
    ...         },
    ...         "crisis": {
    ...             ("yield", "yield"): ((1, 1), "peace"),
    ...             ("yield", "stand"): ((0, 2), "peace"),
    ...             ("stand", "yield"): ((2, 0), "peace"),
    ...             ("stand", "stand"): ((-2, -2), "war"),
    ...         },
    ...         "war": (-5, -5),
    ...     },
    ...     players=("A", "B"),
    ...     discount=0.9,
    ... )
    >>> game
    <StochasticGame: A, B; states peace, crisis, war; discount 0.9>
    >>> game.actions[1]
    (('yield', 'stand'), ('yield', 'stand'))
    """

    payoffs: tuple[FloatArray, ...]
    transitions: tuple[FloatArray, ...]
    discount: Number
    players: tuple[str, ...]
    states: tuple[str, ...]
    actions: tuple[Actions, ...]
    shape: Shape

    def __init__(
        self,
        payoffs: Sequence[Any],
        transitions: Sequence[Any],
        *,
        discount: Any,
        players: Sequence[str] | None = None,
        states: Sequence[str] | None = None,
        actions: Sequence[Sequence[Sequence[str]]] | None = None,
    ) -> None:
        n = len(payoffs)
        if not 0 < n <= LARGEST_STATES:
            raise GameError(f"there are {n} states; expected 1 to {LARGEST_STATES}")
        names = _state_names(states, n)
        for what, given in (("transitions", transitions), ("actions", payoffs if actions is None else actions)):
            if len(given) != n:
                raise GameError(f"{what} are given for {len(given)} states; expected {n}, one entry a state")
        stages = []
        for k, name in enumerate(names):
            stages.append(_stage(name, payoffs[k], players, None if actions is None else actions[k]))
        _same_players(names, stages)
        odds = tuple(
            _odds(name, given, stage, names) for name, given, stage in zip(names, transitions, stages, strict=True)
        )
        known = StochasticGame._trusted(
            [np.array(stage.payoffs, order="K" if stage.shape else "C") for stage in stages], odds, _discount(discount),
            stages[0].players, names, tuple(stage.actions for stage in stages),
        )  # fmt: skip
        self.__dict__.update(known.__dict__)

    @classmethod
    def _trusted(
        cls,
        payoffs: Sequence[FloatArray],
        transitions: Sequence[FloatArray],
        discount: Number,
        players: tuple[str, ...],
        states: tuple[str, ...],
        actions: tuple[Actions, ...],
        shape: Shape = (),
    ) -> StochasticGame:
        """Put together what has been checked already, over the batch of all of it (and of `shape`)."""
        n = len(players)
        batches = [u.shape[: -n - 1] for u in (*payoffs, *transitions)]
        try:
            whole = np.broadcast_shapes(shape, np.shape(discount), *dict.fromkeys(batches))
        except ValueError:
            known = sorted({*batches, np.shape(discount)})
            raise GameError(f"payoffs, odds and discount have batches {known}; expected one batch") from None
        game = object.__new__(cls)
        for name, value in (
            ("payoffs", tuple(_spread(u, whole, n) for u in payoffs)),
            ("transitions", tuple(_spread(p, whole, n) for p in transitions)),
            ("discount", discount if isinstance(discount, float) else read_only(np.broadcast_to(discount, whole))),
            ("players", players),
            ("states", states),
            ("actions", actions),
            ("shape", whole),
        ):
            object.__setattr__(game, name, value)
        return game

    @classmethod
    def from_states(
        cls, states: Mapping[str, Any], *, discount: Any, players: Sequence[str] | None = None
    ) -> StochasticGame:
        """Build a game from its states, each a table.

        Parameters
        ----------
        states : mapping of str to mapping
            For every state a mapping from profile (a tuple of actions in player order; a bare action for one player) to
            a pair (payoffs, next). Payoffs are in player order or by player's name; ``next`` is the name of a state, or
            a mapping from states to probabilities that sum to 1. A state that is never left may be given by its payoffs
            alone: nobody has a choice there, and the only action is called ``"stay"``. Payoffs and probabilities may be
            arrays.
        discount, players
            As for the class.

        Returns
        -------
        StochasticGame

        Raises
        ------
        PayoffError, ProbabilityError, UnknownNameError
            If a profile is missing, probabilities do not sum to 1, or a state is not there.
        """
        if not isinstance(states, Mapping) or not states:
            raise GameError(f"states are {states!r}; expected a mapping with a table for each state")
        names = _state_names(list(states), len(states))
        count = _count_players(states, players)
        tables = [_table(name, given, names, count) for name, given in states.items()]
        stages = [_from_table(name, table, players) for name, (table, _) in zip(names, tables, strict=True)]
        _same_players(names, stages)
        odds = []
        for stage, (_, then) in zip(stages, tables, strict=True):
            rows = [then[profile] for profile in stage.profiles]
            batch = np.broadcast_shapes(*(row.shape[:-1] for row in rows))
            table = np.stack([np.broadcast_to(row, (*batch, len(names))) for row in rows], axis=-2)
            odds.append(table.reshape(*batch, *stage.n_actions, len(names)))
        return cls(
            [stage.payoffs for stage in stages], odds, discount=discount, players=stages[0].players, states=names,
            actions=[stage.actions for stage in stages],
        )  # fmt: skip

    # ------------------------------------------------------------------ what it is

    @property
    def places(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Where strategies are chosen: (player, state, actions), players in order and states within them."""
        return tuple(
            (player, state, self.actions[s][i])
            for i, player in enumerate(self.players)
            for s, state in enumerate(self.states)
        )

    def __getitem__(self, index: Any) -> StochasticGame:
        """Pick games of the batch, as an array indexes its leading axes."""
        if not self.shape:
            raise GameError("this is one game, not a batch; it cannot be indexed")
        place = np.arange(int(np.prod(self.shape))).reshape(self.shape)[index]
        at = np.unravel_index(place, self.shape)

        def pick(array: FloatArray) -> FloatArray:
            return np.asarray(array[(0,) * len(self.shape)] if _alike(array, self.shape) else array[at])

        discount = self.discount if isinstance(self.discount, float) else pick(self.discount)
        return self._trusted(
            [pick(u) for u in self.payoffs], [pick(p) for p in self.transitions],
            discount if np.ndim(discount) else float(discount), self.players, self.states, self.actions,
            np.shape(place),
        )  # fmt: skip

    def broadcast_to(self, shape: Shape) -> StochasticGame:
        """Return the game repeated over a larger batch (a view: nothing is copied)."""
        if shape == self.shape:
            return self
        try:
            fits = np.broadcast_shapes(self.shape, shape) == tuple(shape)
        except ValueError:
            fits = False
        if not fits:
            raise GameError(f"the games have shape {self.shape}; expected one that broadcasts to {shape}")
        return self._with(self.payoffs, self.transitions, self.discount, shape)

    def flat(self) -> StochasticGame:
        """Return the same games as a batch of one axis, also where it is a single game."""
        if len(self.shape) == 1:
            return self
        n, total = len(self.players), int(np.prod(self.shape))

        def line(array: FloatArray) -> FloatArray:
            known = _compact(array, self.shape) if _alike(array, self.shape) else array
            return known.reshape(1 if known is not array else total, *array.shape[-n - 1 :])

        discount = self.discount if isinstance(self.discount, float) else self.discount.reshape(total)
        return self._with([line(u) for u in self.payoffs], [line(p) for p in self.transitions], discount, (total,))

    @staticmethod
    def stack(games: Sequence[StochasticGame]) -> StochasticGame:
        """Put single games with the same states and actions into one batch, in order."""
        if not games or any(game.shape for game in games):
            raise GameError(f"games are {list(games)!r}; expected at least one, none a batch")
        first = games[0]
        if any((g.players, g.states, g.actions) != (first.players, first.states, first.actions) for g in games):
            raise GameError("games differ in their players, states or actions; expected the same")
        payoffs = [np.stack(own) for own in zip(*(game.payoffs for game in games), strict=True)]
        odds = [np.stack(own) for own in zip(*(game.transitions for game in games), strict=True)]
        return first._with(payoffs, odds, np.array([game.discount for game in games]), (len(games),))

    def _with(
        self, payoffs: Sequence[FloatArray], transitions: Sequence[FloatArray], discount: Number, shape: Shape
    ) -> StochasticGame:
        """The game with other numbers."""
        return self._trusted(payoffs, transitions, discount, self.players, self.states, self.actions, shape)

    def stage(self, state: str) -> NormalForm:
        """Return the table of one state as a game on its own, without what comes later."""
        if state not in self.states:
            raise unknown("state", state, self.states)
        s = self.states.index(state)
        return NormalForm(self.payoffs[s], players=self.players, actions=self.actions[s])

    # ------------------------------------------------------------------ other games made from it

    def over(self, horizon: int) -> StochasticGame:
        """Return the game that ends after some stages, as a stochastic game in which states know the stage.

        Parameters
        ----------
        horizon : int
            How many stages are played, at least 1.

        Returns
        -------
        StochasticGame
            States ``"peace, stage 1"``, ``"crisis, stage 1"``, ..., and ``"end"``, which pays nothing and stays. Its
            stationary strategies are those of the finite game that look at the state and the stage.

        Raises
        ------
        GameError
            If the horizon is no whole number from 1, or the game would have too many states.
        """
        if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1:
            raise GameError(f"horizon is {horizon!r}; expected a whole number of stages, at least 1")
        n = len(self.states)
        total = int(horizon) * n + 1
        if total > LARGEST_STATES:
            raise GameError(f"horizon is {horizon}: {n} states make {total}; expected at most {LARGEST_STATES} in all")
        payoffs, transitions, actions = [], [], []
        for t, s in itertools.product(range(int(horizon)), range(n)):
            now = _compact(self.transitions[s], self.shape)  # odds that are the same in all games are written out once
            odds = np.zeros((*now.shape[:-1], total))
            if t + 1 < horizon:
                odds[..., (t + 1) * n : (t + 2) * n] = now
            else:
                odds[..., -1] = 1.0
            payoffs.append(self.payoffs[s])
            transitions.append(odds)
            actions.append(self.actions[s])
        alone = (1,) * len(self.players)
        return self._trusted(
            [*payoffs, np.zeros((len(self.players), *alone))],
            [*transitions, np.eye(total)[-1].reshape(*alone, total)],
            self.discount,
            self.players,
            (*(f"{s}, stage {t + 1}" for t in range(int(horizon)) for s in self.states), "end"),
            (*actions, tuple(("stay",) for _ in self.players)),
            self.shape,
        )

    def __repr__(self) -> str:
        shown = ", ".join(self.states[:6]) + (f", ... ({len(self.states)})" if len(self.states) > 6 else "")
        batch = f"; batch {self.shape}" if self.shape else ""
        discount = f"{self.discount:g}" if isinstance(self.discount, float) else "an array"
        return f"<StochasticGame: {', '.join(self.players)}; states {shown}; discount {discount}{batch}>"


def _alike(array: FloatArray, shape: Shape) -> bool:
    """Whether an array is the same in all games of a batch, by the way it lies in memory."""
    return bool(array.size) and not any(array.strides[: len(shape)])


def _compact(array: FloatArray, shape: Shape) -> FloatArray:
    """Undo broadcasting: axes of the batch along which nothing differs get length 1."""
    index = tuple(slice(0, 1) if array.strides[k] == 0 and size else slice(None) for k, size in enumerate(shape))
    return array[index]


def _spread(array: FloatArray, shape: Shape, n_players: int) -> FloatArray:
    """A table over the whole batch."""
    return read_only(np.broadcast_to(array, (*shape, *array.shape[-n_players - 1 :])))


def _discount(value: Any) -> Number:
    number = as_number(value, "discount", GameError)
    if isinstance(number, float):
        if not 0.0 <= number < 1.0:
            raise GameError(f"discount is {number!r}; expected a number from 0 to below 1")
        return number
    check_finite(number, "discount", GameError)
    good = (number >= 0.0) & (number < 1.0)
    if not good.all():
        bad = number[~good]
        raise GameError(
            f"discount is {float(bad.flat[0])!r} in {bad.size} of {number.size} games; expected 0 to below 1", ~good
        )
    return number.copy()


def _state_names(states: Sequence[str] | None, n: int) -> tuple[str, ...]:
    names = tuple(map(str, range(n))) if states is None else tuple(states)
    for name in names:
        if not isinstance(name, str) or not name:
            raise GameError(f"a state's name is {name!r}; expected a non-empty string")
    twice = [name for k, name in enumerate(names) if name in names[:k]]
    if twice:
        raise GameError(f"state {twice[0]!r} is named twice; expected different names")
    if len(names) != n:
        raise GameError(f"{len(names)} states are named; expected {n}")
    return names


def _located(error: GameError | UnknownNameError, name: str) -> tuple[Any, ...]:
    """What the same error says with the state it is about; which games of a batch are at fault is kept."""
    said = f"in state {name!r}: {error}"
    return (said, error.draws) if isinstance(error, GameError) else (said,)


def _stage(name: str, payoffs: Any, players: Sequence[str] | None, actions: Any) -> NormalForm:
    """Read the table of one state."""
    try:
        stage = NormalForm(payoffs, players=players, actions=actions)
    except (GameError, UnknownNameError) as error:
        raise type(error)(*_located(error, name)) from None
    return stage


def _from_table(name: str, table: Mapping[Any, Any], players: Sequence[str] | None) -> NormalForm:
    try:
        stage = NormalForm.from_table(table, players=players)
    except (GameError, UnknownNameError) as error:
        raise type(error)(*_located(error, name)) from None
    return stage


def _same_players(names: Sequence[str], stages: Sequence[NormalForm]) -> None:
    for name, stage in zip(names, stages, strict=True):
        if stage.players != stages[0].players:
            raise GameError(
                f"state {name!r} has {len(stage.players)} players; expected {len(stages[0].players)}, "
                f"as in state {names[0]!r}"
            )


def _odds(name: str, given: Any, stage: NormalForm, states: tuple[str, ...]) -> FloatArray:
    """Read and check the transitions of one state."""
    odds = as_number(given, f"transitions of state {name!r}", ProbabilityError)
    wanted = (*stage.n_actions, len(states))
    table = np.array(odds, order="C", ndmin=1)
    if table.shape[-len(wanted) :] != wanted:
        raise ProbabilityError(
            f"transitions of state {name!r} have shape {np.shape(odds)}; expected {wanted}, after that of a batch"
        )
    axes = tuple(range(table.ndim - len(wanted), table.ndim))
    bad = ~((table >= 0) & (table <= 1 + SUM))
    if bad.any():
        draws = bad.any(axis=axes)
        raise ProbabilityError(
            f"a transition of state {name!r} is {float(table[bad][0])!r}; expected 0 to 1",
            draws if draws.ndim else None,
        )
    total = table.sum(axis=-1)
    off = np.abs(total - 1.0)
    if np.any(off > SUM):
        worst = np.unravel_index(np.argmax(off), total.shape)
        profile = tuple(own[k] for own, k in zip(stage.actions, worst[-len(stage.players) :], strict=True))
        draws = (off > SUM).any(axis=axes[:-1])
        raise ProbabilityError(
            f"transitions of state {name!r} at {profile!r} sum to {float(total[worst])!r}; expected 1 (within {SUM:g})",
            draws if draws.ndim else None,
        )
    return table


def _count_players(states: Mapping[str, Any], players: Sequence[str] | None) -> int:
    """How many play: as named, or as the profiles say, or as the payoffs of a state that is never left."""
    if players is not None:
        return 1 if isinstance(players, str) else len(players)
    for given in states.values():
        if isinstance(given, Mapping) and given:
            key = next(iter(given))
            return len(key) if isinstance(key, tuple) else 1
    return max((len(given) for given in states.values() if isinstance(given, Sequence)), default=1)


def _table(
    name: str, given: Any, states: tuple[str, ...], n_players: int
) -> tuple[dict[Any, Any], dict[tuple[str, ...], FloatArray]]:
    """Take the table of a state apart: payoffs by profile, and the odds of the next state by profile."""
    if not isinstance(given, Mapping) or not given:
        if isinstance(given, Mapping | str) or given is None:
            raise GameError(f"state {name!r} is {given!r}; expected a table, or the payoffs of a state never left")
        given = {("stay",) * n_players: (given, name)}
    payoffs: dict[Any, Any] = {}
    odds: dict[tuple[str, ...], FloatArray] = {}
    for key, cell in given.items():
        if not isinstance(cell, tuple | list) or len(cell) != 2 or not isinstance(cell[1], str | Mapping):
            raise GameError(
                f"state {name!r} at {key!r} is {cell!r}; expected a pair (payoffs, next state or odds of states)"
            )
        payoffs[key] = cell[0]
        odds[key if isinstance(key, tuple) else (key,)] = _next(name, key, cell[1], states)
    return payoffs, odds


def _next(name: str, profile: Any, then: str | Mapping[str, Any], states: tuple[str, ...]) -> FloatArray:
    chances: dict[int, Number] = {}
    for state, chance in ({then: 1.0} if isinstance(then, str) else then).items():
        if state not in states:
            raise unknown(f"state (after {profile!r} in {name!r})", state, states)
        number = as_number(chance, f"the chance of {state!r} after {profile!r} in {name!r}", ProbabilityError)
        chances[states.index(state)] = number
    try:
        batch = np.broadcast_shapes(*(np.shape(p) for p in chances.values()))
    except ValueError:
        shapes = [np.shape(p) for p in chances.values()]
        raise ProbabilityError(f"odds after {profile!r} in {name!r} have shapes {shapes}; expected one batch") from None
    row = np.zeros((*batch, len(states)))
    for k, number in chances.items():
        row[..., k] = number
    return row
