"""Bayesian games (Harsanyi 1967/68): players who know different things, written as the trees they are.

Chance draws a *state*; every player sees a *signal* of it, and moves. Two ways to say what is drawn:

- **types**: the state is a type for every player that has any, and each sees its own;
- **states and signals**: the state has a name, and each player sees a signal whose odds depend on it.

What comes back is an ordinary `ExtensiveForm`: chance first, then the players in order, each at an information set that
is called by what it knows. So every method for trees applies, payoffs and odds may be arrays, and a model may return
it. A pure strategy of it says what every type does: the Nash equilibria of the tree are the Bayes-Nash equilibria,
as far as types that have some chance are concerned.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from decide.errors import GameError, InformationSetError, PayoffError, ProbabilityError, TooLargeError, unknown
from decide.frozen import FrozenMap
from decide.games.extensive import ExtensiveForm
from decide.games.nodes import Chance, Decision, Node, Outcome
from decide.games.normal import NormalForm
from decide.games.reading import PROBABILITY_TOLERANCE
from decide.games.structure import PATH
from decide.games.values import Number, as_number, check_finite

__all__ = ["bayesian"]

#: What the information set of a player is called who sees nothing at all.
UNINFORMED = "uninformed"
#: Trees with more ends than this are refused.
MOST_ENDS = 200_000

#: A profile of types (in the order of `types`), or the name of a state.
State: TypeAlias = tuple[str, ...] | str
Moves: TypeAlias = tuple[tuple[str, str], ...]


def bayesian(
    actions: Mapping[str, Any],
    payoffs: Callable[..., Any] | Mapping[Any, Any],
    *,
    types: Mapping[str, Any] | None = None,
    prior: Any = None,
    states: Mapping[str, Any] | None = None,
    signals: Mapping[str, Mapping[Any, Any]] | None = None,
    order: Sequence[str | Sequence[str]] | None = None,
) -> ExtensiveForm:
    """Return the tree of a game in which players know different things.

    Parameters
    ----------
    actions : mapping of str to sequence of str
        What each player can do; the order is that of the players. Where that differs between types (or signals), a
        mapping from those to actions. Or a function ``f(own, earlier)`` of the player's type or signal (None if it has
        none) and of the moves it has seen, by player; if it gives no action, the player does not move.
    payoffs : callable or mapping
        ``payoffs(types, moves)`` with the types and the moves by player, or ``payoffs(state, moves)``. It returns what
        each player gets, by name or in order; or an `Outcome`, with labels, or any other node to go on with. Or a
        mapping from states (with types: tuples of types, in the order of `types`) to tables: a `NormalForm`, or a
        mapping from profiles to payoffs. Payoffs may be arrays.
    types : mapping of str to sequence or mapping
        The types of each player that has private information: with their odds, if they are independent; else names
        alone, and a `prior`.
    prior : mapping or array_like, optional
        The joint odds of types: by profile (a tuple in the order of `types`; a bare type if one player has any), where
        profiles that are not named cannot occur; or an array of one axis for each player with types, after those of a
        batch.
    states : mapping of str to float or array
        Instead of types: the odds of each state of the world.
    signals : mapping of str to mapping, optional
        For each player that sees something a mapping from state to the signal, or to the odds of signals. Given the
        state, signals are independent. With `types`: for players without types of their own.
    order : sequence of str or sequence, optional
        Who moves first, and so on: later players see all earlier moves. Players who move at the same time stand in a
        tuple. All at once unless given.

    Returns
    -------
    ExtensiveForm
        Information sets are called by what their player knows: ``"strong"``, ``"strong after attack"``; ``"after
        attack"`` and ``"uninformed"`` for players without types and signals.

    Raises
    ------
    ProbabilityError
        If odds are negative or do not sum to 1 within 1e-9.
    UnknownNameError
        If a player, type, state or action does not exist.
    GameError
        If types, states, signals or actions are missing or given twice, or the tree would have over 200,000 ends.

    Examples
    --------
    Iran is strong or weak and knows it; the US sees an attack, not the strength behind it.

    >>> def payoffs(types, moves):
    ...     if moves["Iran"] == "hold":
    ...         return (0, 0)
    ...     strong = types["Iran"] == "strong"
    ...     return ((2 if strong else -3), -3) if moves["US"] == "resist" else (1, -1)
    >>> game = bayesian(
    ...     {"Iran": ("attack", "hold"), "US": ("resist", "yield")},
    ...     payoffs,
    ...     types={"Iran": {"strong": 0.4, "weak": 0.6}},
    ...     order=("Iran", "US"),
    ... )
    >>> {player: sets for player, sets in game.infosets.items()}
    {'Iran': ('strong', 'weak'), 'US': ('after attack', 'after hold')}
    """
    if not isinstance(actions, Mapping) or not actions:
        raise GameError(f"actions are {actions!r}; expected a mapping from player to what it can do")
    players = tuple(actions)
    owners, draws = _draws(players, types, prior, states)
    seen = _signals(players, owners, [state for state, _ in draws], signals)
    writer = _Writer(players, actions, payoffs, owners, _groups(players, order))
    writer.check_actions(draws, seen)
    events = {}
    for state, odds in draws:
        events[_shown(state)] = odds, writer.after(state, seen)
    return ExtensiveForm(Chance(events), players=players)


# ------------------------------------------------------------------ what is drawn


def _draws(
    players: tuple[str, ...], types: Mapping[str, Any] | None, prior: Any, states: Mapping[str, Any] | None
) -> tuple[tuple[str, ...], list[tuple[State, Number]]]:
    """Return who has types, and the states with their odds."""
    if (types is None) == (states is None):
        raise GameError("expected either types= (each player sees its own) or states= (players see signals)")
    if types is None:
        if prior is not None:
            raise GameError("prior is given with states; expected the odds in states=, or types=")
        return (), [(name, odds) for name, odds in _odds("the states", states).items()]
    if not isinstance(types, Mapping) or not types:
        raise GameError(f"types are {types!r}; expected a mapping from player to its types")
    for player in types:
        if player not in players:
            raise unknown("player (in types)", player, players)
    names = {player: _names(f"types of {player}", own) for player, own in types.items()}
    if prior is None:
        return tuple(types), _independent(types, names)
    told = [player for player, own in types.items() if isinstance(own, Mapping)]
    if told:
        raise GameError(f"types of {told[0]} have odds, and there is a prior too; expected one of them")
    return tuple(types), _joint(names, prior)


def _independent(types: Mapping[str, Any], names: Mapping[str, tuple[str, ...]]) -> list[tuple[State, Number]]:
    each = []
    for player, own in types.items():
        if not isinstance(own, Mapping) and len(names[player]) > 1:
            raise GameError(f"types of {player} are {own!r}, without odds; expected a mapping to odds, or a prior")
        odds = own if isinstance(own, Mapping) else {names[player][0]: 1.0}
        each.append(_odds(f"types of {player}", odds))
    found: list[tuple[State, Number]] = []
    for profile in itertools.product(*each):
        weight: Number = 1.0
        for own_type, odds_of in zip(profile, each, strict=True):
            weight = weight * odds_of[own_type]
        found.append((profile, weight))
    return found


def _joint(names: Mapping[str, tuple[str, ...]], prior: Any) -> list[tuple[State, Number]]:
    profiles = list(itertools.product(*names.values()))
    if isinstance(prior, Mapping):
        given = {(key,) if isinstance(key, str) else tuple(key): odds for key, odds in prior.items()}
        for profile in given:
            if profile not in profiles:
                raise unknown("profile of types (in the prior)", _shown(profile), list(map(_shown, profiles)))
    else:
        table = as_number(prior, "the prior", ProbabilityError)
        sizes = tuple(map(len, names.values()))
        if np.shape(table)[-len(sizes) :] != sizes:
            raise ProbabilityError(f"the prior has shape {np.shape(table)}; expected {sizes}, after that of a batch")
        given = {p: table[(..., *index)] for p, index in zip(profiles, np.ndindex(*sizes), strict=True)}  # type: ignore[index]
    for k, (player, own) in enumerate(names.items()):
        for name in own:
            if all(profile[k] != name for profile in given):
                raise ProbabilityError(f"the prior names no profile in which {player} is {name!r}; expected one")
    odds = _odds("the prior", {PATH.join(p): given[p] for p in profiles if p in given})
    return [(p, odds[PATH.join(p)]) for p in profiles if p in given]


def _odds(what: str, given: Any) -> dict[str, Number]:
    """Read odds by name; they must sum to 1."""
    if not isinstance(given, Mapping) or not given:
        raise ProbabilityError(f"odds of {what} are {given!r}; expected a mapping from name to probability")
    _names(what, given)
    odds = {name: as_number(p, f"the chance of {name!r} ({what})", ProbabilityError) for name, p in given.items()}
    for name, p in odds.items():
        check_finite(p, f"the chance of {name!r} ({what})", ProbabilityError)
    try:
        total = np.asarray(sum(odds.values()))
    except ValueError:
        shapes = [np.shape(p) for p in odds.values()]
        raise ProbabilityError(f"odds of {what} have shapes {shapes}; expected one batch") from None
    wrong = np.abs(total - 1.0) > PROBABILITY_TOLERANCE
    for p in odds.values():
        wrong = wrong | (np.asarray(p) < -PROBABILITY_TOLERANCE)
    if wrong.any():
        first = int(np.argmax(wrong.ravel()))
        shown = [float(np.broadcast_to(p, wrong.shape).ravel()[first]) for p in odds.values()]
        raise ProbabilityError(
            f"odds of {what} are {', '.join(f'{p:.12g}' for p in shown)} with sum {sum(shown):.12g}; expected numbers "
            "from 0 with sum 1",
            wrong if wrong.ndim else None,
        )
    return odds


def _names(what: str, given: Any) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence | Mapping) or not given:
        raise GameError(f"{what} are {given!r}; expected at least one name, in a sequence or with odds")
    names = tuple(given)
    for k, name in enumerate(names):
        if not isinstance(name, str) or not name:
            raise GameError(f"one of {what} is {name!r}; expected a non-empty string")
        if name in names[:k]:
            raise GameError(f"{name!r} is twice among {what}; expected different names")
    return names


def _signals(
    players: tuple[str, ...], owners: tuple[str, ...], states: Sequence[State], signals: Any
) -> dict[str, dict[State, dict[str, Number]]]:
    """Return the odds of signals by player and state; a type is a signal that is sure."""
    found: dict[str, dict[State, dict[str, Number]]] = {
        player: {state: {state[k]: 1.0} for state in states} for k, player in enumerate(owners)
    }
    if signals is not None and not isinstance(signals, Mapping):
        raise GameError(f"signals are {signals!r}; expected a mapping from player to what it sees in each state")
    for player, given in (signals or {}).items():
        if player not in players:
            raise unknown("player (in signals)", player, players)
        if player in owners:
            raise GameError(f"{player} has types and signals; expected one of them (make its types the signals)")
        if not isinstance(given, Mapping):
            raise GameError(f"signals of {player} are {given!r}; expected a mapping from state to signal, or to odds")
        own = {_as_state(state, owners): what for state, what in given.items()}
        for state in own:
            if state not in states:
                raise unknown(f"state (in the signals of {player})", _shown(state), list(map(_shown, states)))
        found[player] = {}
        for state in states:
            if state not in own:
                raise GameError(f"{player} has no signal in state {_shown(state)!r}; expected one for every state")
            what = own[state]
            odds = {what: 1.0} if isinstance(what, str) else what
            found[player][state] = _odds(f"the signals of {player} in {_shown(state)!r}", odds)
    return found


def _as_state(key: Any, owners: tuple[str, ...]) -> Any:
    """A state as it is kept: a tuple of types, even of one; a name where there are no types."""
    return (key,) if owners and isinstance(key, str) else key


def _shown(state: Any) -> str:
    return PATH.join(map(str, state)) if isinstance(state, tuple) else str(state)


def _groups(players: tuple[str, ...], order: Any) -> tuple[tuple[str, ...], ...]:
    """Who moves at the same time, in order."""
    if order is None:
        return (players,)
    if isinstance(order, str) or not isinstance(order, Sequence):
        raise GameError(f"order is {order!r}; expected a sequence of players, or of groups that move at once")
    groups = tuple((group,) if isinstance(group, str) else tuple(group) for group in order)
    named = [player for group in groups for player in group]
    for player in named:
        if player not in players:
            raise unknown("player (in order)", player, players)
    if sorted(named) != sorted(players):
        raise GameError(f"order names {', '.join(named)}; expected each of {', '.join(players)} once")
    return groups


# ------------------------------------------------------------------ the tree


class _Writer:
    """Writes what follows a state, and keeps the names of information sets."""

    def __init__(
        self,
        players: tuple[str, ...],
        actions: Mapping[str, Any],
        payoffs: Any,
        owners: tuple[str, ...],
        groups: tuple[tuple[str, ...], ...],
    ) -> None:
        if not callable(payoffs) and not isinstance(payoffs, Mapping):
            raise PayoffError(f"payoffs are {payoffs!r}; expected a function, or a mapping from state to table")
        self.players, self.actions, self.owners = players, actions, owners
        self.turns = [(player, g) for g, group in enumerate(groups) for player in group]
        self.group_of = dict(self.turns)
        self.payoffs = payoffs
        self.tables = None if callable(payoffs) else {_as_state(k, owners): v for k, v in payoffs.items()}
        self.names: dict[tuple[str, str], tuple[str | None, Moves]] = {}
        self.ends = 0

    def check_actions(self, draws: Sequence[tuple[State, Number]], seen: Mapping[str, Any]) -> None:
        """Refuse actions that are no sequences, or that leave a type out or name one that does not exist."""
        for player, given in self.actions.items():
            if isinstance(given, Mapping):
                known = list(dict.fromkeys(name for s, _ in draws for name in seen.get(player, {}).get(s, {})))
                for name in given:
                    if name not in known:
                        raise unknown(f"type or signal of {player} (in actions)", name, known)
                for name in known:
                    if name not in given:
                        raise InformationSetError(f"{player} has no actions as {name!r}; expected some")
            for own in given.values() if isinstance(given, Mapping) else () if callable(given) else (given,):
                _names(f"actions of {player}", own)
        for state in self.tables or ():
            if state not in [s for s, _ in draws]:
                raise unknown("state (in payoffs)", _shown(state), [_shown(s) for s, _ in draws])

    def after(self, state: State, seen: Mapping[str, Any]) -> Node:
        """What follows a state: signals, then moves."""
        informed = [player for player in self.players if player in seen]
        rows: list[tuple[dict[str, str], Number]] = [({}, 1.0)]
        for player in informed:
            rows = [({**own, player: name}, odds * p) for own, odds in rows for name, p in seen[player][state].items()]
        if len(rows) == 1:
            return self._moves(state, rows[0][0], ())
        noisy = [player for player in informed if any(len(odds) > 1 for odds in seen[player].values())]
        return Chance(
            {PATH.join(own[player] for player in noisy): (odds, self._moves(state, own, ())) for own, odds in rows}
        )

    def _moves(self, state: State, own: Mapping[str, str], made: Moves) -> Node:
        """What follows some moves: the next player's, or the end."""
        turn, moves = len(made), made
        while turn < len(self.turns):
            player, group = self.turns[turn]
            past = tuple((p, a) for p, a in moves if a and self.group_of[p] < group)
            choices = self._choices(player, own.get(player), past)
            if choices:
                infoset = self._name(player, own.get(player), past)
                return Decision(
                    player,
                    {a: self._moves(state, own, (*moves, (player, a))) for a in choices},
                    infoset=infoset,
                )
            moves, turn = (*moves, (player, "")), turn + 1
        return self._end(state, {p: a for p, a in moves if a})

    def _choices(self, player: str, own: str | None, past: Moves) -> tuple[str, ...]:
        given = self.actions[player]
        if callable(given):
            found = given(own, FrozenMap(dict(past)))
            return _names(f"actions of {player} after {dict(past)!r}", found) if found else ()
        return tuple(given[own] if isinstance(given, Mapping) else given)

    def _name(self, player: str, own: str | None, past: Moves) -> str:
        """What an information set is called; with the movers' names only where it would be ambiguous."""
        for seen in (PATH.join(a for _, a in past), PATH.join(f"{p}: {a}" for p, a in past)):
            name = " ".join(part for part in (own or "", f"after {seen}" if past else "") if part) or UNINFORMED
            if self.names.setdefault((player, name), (own, past)) == (own, past):
                return name
        raise InformationSetError(f"two information sets of {player} would be called {name!r}; rename a type or action")

    def _end(self, state: State, moves: dict[str, str]) -> Node:
        self.ends += 1
        if self.ends > MOST_ENDS:
            raise TooLargeError(f"the tree would have more than {MOST_ENDS:,} ends; expected fewer types or actions")
        where = f"in {_shown(state)!r} after {PATH.join(moves.values())!r}"
        found = self._look_up(state, moves, where) if self.tables is not None else self._ask(state, moves)
        if isinstance(found, Node):
            return found
        if isinstance(found, Mapping):
            return Outcome(found)
        if isinstance(found, str) or not hasattr(found, "__len__") or len(found) != len(self.players):
            raise PayoffError(
                f"payoffs {where} are {found!r}; expected one for each of {', '.join(self.players)}, or an Outcome"
            )
        return Outcome(dict(zip(self.players, found, strict=True)))

    def _ask(self, state: State, moves: dict[str, str]) -> Any:
        drawn = state if isinstance(state, str) else FrozenMap(dict(zip(self.owners, state, strict=True)))
        return self.payoffs(drawn, FrozenMap(moves))

    def _look_up(self, state: State, moves: dict[str, str], where: str) -> Any:
        assert self.tables is not None
        if state not in self.tables:
            raise PayoffError(f"there is no table of payoffs in {_shown(state)!r}; expected one for every state")
        table = self.tables[state]
        profile = tuple(moves[p] for p in self.players if p in moves)
        if isinstance(table, NormalForm):
            if table.players != self.players:
                raise PayoffError(
                    f"the table in {_shown(state)!r} is for {', '.join(table.players)}; expected "
                    f"{', '.join(self.players)}"
                )
            for player, own in zip(self.players, table.actions, strict=True):
                if moves.get(player) not in own:
                    raise unknown(f"action of {player} (in the table of {_shown(state)!r})", moves.get(player), own)
            at = [own.index(moves[p]) for p, own in zip(self.players, table.actions, strict=True)]
            own_payoffs = np.moveaxis(table.payoffs, -1 - len(self.players), 0)
            return [own_payoff[(..., *at)] for own_payoff in own_payoffs]
        if not isinstance(table, Mapping) or profile not in table:
            raise PayoffError(f"there are no payoffs {where}; expected them under {profile!r}")
        return table[profile]
