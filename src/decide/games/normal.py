"""Games in normal form: a payoff table for each player, one game or a batch of them.

``payoffs`` has shape ``(*batch, n_players, a_0, ..., a_{n-1})``: to the eye the batch comes first, in memory the
games of a batch lie side by side, so that a kernel walks through one entry of the table for all games at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import GameError, PayoffError, unknown
from decide.frozen import ByValue, FrozenMap, read_only
from decide.games.values import LARGEST, FloatArray, Number, as_exact, as_number, check_finite

__all__ = ["NormalForm"]

Profile = tuple[str, ...]

#: As text, a table has so many rows and letters a line at most.
MOST_ROWS, MOST_LETTERS = 80, 200


@dataclass(frozen=True, eq=False, repr=False)
class NormalForm(ByValue):
    r"""A game in normal form, or a batch of games with the same players and actions.

    Parameters
    ----------
    payoffs : array_like, shape (\*batch, n_players, a_0, ..., a_{n-1})
        Utility of each player at each profile. Integers, booleans, fractions, decimals and strings such as ``"1/3"``
        become float64; where that loses something the exact numbers are kept in `exact`.
    players : sequence of str, optional
        Names; needed for a batch, because they tell the axes apart. ``"Row"``, ``"Column"`` for two players, else
        ``"1"``, ``"2"``, ... unless given.
    actions : sequence of sequences of str, optional
        Each player's actions; ``"0"``, ``"1"``, ... unless given.
    outcomes : mapping of profile to str or sequence of str, optional
        Outcome labels of each profile; the profiles themselves unless given.

    Raises
    ------
    PayoffError
        If a payoff is not finite or the shape does not fit.
    GameError
        If a player has no action, or a name is used twice.

    Examples
    --------
    >>> game = NormalForm.from_table({("C", "C"): (3, 3), ("C", "D"): (0, 5), ("D", "C"): (5, 0), ("D", "D"): (1, 1)})
    >>> print(game)
    NormalForm: Row x Column
    Row \ Column |    C |    D
    C            | 3, 3 | 0, 5
    D            | 5, 0 | 1, 1
    """

    payoffs: FloatArray
    players: tuple[str, ...]
    actions: tuple[tuple[str, ...], ...]
    outcomes: FrozenMap[Profile, tuple[Hashable, ...]] | None = None
    exact: NDArray[np.object_] | None = field(default=None)

    def __init__(
        self,
        payoffs: Any,
        *,
        players: Sequence[str] | None = None,
        actions: Sequence[Sequence[str]] | None = None,
        outcomes: Mapping[Any, Any] | None = None,
    ) -> None:
        table, exact = _read_table(payoffs)
        if isinstance(players, str):
            raise GameError(f"players is {players!r}; expected a sequence of names")
        n_players = len(players) if players is not None else len(np.atleast_1d(table))
        if table.ndim < n_players + 1 or n_players == 0 or table.shape[-n_players - 1] != n_players:
            wanted = (
                "(n_players, a_0, ..., a_{n-1}); a batch needs players="
                if players is None
                else (f"(*batch, {n_players}, " + ", ".join(f"a_{k}" for k in range(n_players)) + ")")
            )
            raise PayoffError(f"payoffs has shape {table.shape}; expected {wanted}")
        shape = table.shape[table.ndim - n_players :]
        names = _names("player", players if players is not None else _default_players(n_players))
        labels = _action_names(names, shape, actions)
        good = np.abs(table) <= LARGEST
        if not good.all():
            draws = ~good.all(axis=tuple(range(table.ndim - n_players - 1, table.ndim)))
            raise PayoffError(
                f"a payoff is {float(table[~good][0])!r}; expected a finite number, at most {LARGEST:g} in size", draws
            )
        self._set(_batch_last(table, n_players), names, labels, _read_outcomes(outcomes, labels), exact)

    def _set(self, payoffs: FloatArray, players: Any, actions: Any, outcomes: Any, exact: Any) -> None:
        object.__setattr__(self, "payoffs", read_only(payoffs))
        object.__setattr__(self, "players", players)
        object.__setattr__(self, "actions", actions)
        object.__setattr__(self, "outcomes", outcomes)
        object.__setattr__(self, "exact", exact)

    @classmethod
    def _trusted(
        cls,
        payoffs: FloatArray,
        players: tuple[str, ...],
        actions: tuple[tuple[str, ...], ...],
        outcomes: FrozenMap[Profile, tuple[Hashable, ...]] | None = None,
        exact: NDArray[np.object_] | None = None,
    ) -> NormalForm:
        """Wrap a payoff array that has been checked already."""
        game = object.__new__(NormalForm)
        game._set(payoffs, players, actions, outcomes, exact)
        return game

    @classmethod
    def from_table(
        cls,
        table: Mapping[Any, Any],
        *,
        players: Sequence[str] | None = None,
        actions: Sequence[Sequence[str]] | None = None,
        outcomes: Mapping[Any, Any] | None = None,
    ) -> NormalForm:
        """Build a game from its payoff table.

        Parameters
        ----------
        table : mapping of profile to payoffs
            For every profile (a tuple of actions in player order; a bare action for one player) the payoffs, in player
            order or by player's name. Payoffs may be arrays: the game then carries their broadcast shape as its batch.
        players, actions, outcomes
            As for the class. Actions are otherwise taken in the order in which the table first names them.

        Returns
        -------
        NormalForm

        Raises
        ------
        PayoffError
            If a profile is missing, or a player's payoff is.
        """
        if not isinstance(table, Mapping):
            raise GameError(f"the payoff table is {table!r}; expected a mapping from profile to payoffs")
        if not table:
            raise GameError("the payoff table is empty; expected one entry for every profile of actions")
        rows = {(key if isinstance(key, tuple) else (key,)): value for key, value in table.items()}
        n_players = len(next(iter(rows)))
        if n_players == 0:
            raise GameError("a profile is (); expected one action for every player")
        names = _names("player", players if players is not None else _default_players(n_players))
        found: list[dict[str, None]] = [{} for _ in names]
        for profile in rows:
            if len(profile) != len(names):
                raise GameError(f"profile {profile!r} has {len(profile)} actions; expected {len(names)}, one a player")
            for seen, action in zip(found, profile, strict=True):
                seen.setdefault(action)
        shape = tuple(map(len, found)) if actions is None else tuple(map(len, actions))
        labels = _action_names(names, shape, actions if actions is not None else [tuple(f) for f in found])
        for profile in rows:
            for player, action, known in zip(names, profile, labels, strict=True):
                if action not in known:
                    raise unknown(f"action of {player} (in profile {profile!r})", action, known)
        entries = [
            _payoff_row(rows, profile, names) for profile in itertools.product(*labels)
        ]  # profile-major, then player
        return cls._from_entries(entries, names, labels, _read_outcomes(outcomes, labels))

    @classmethod
    def _from_entries(
        cls,
        entries: Sequence[Sequence[Any]],
        players: tuple[str, ...],
        actions: tuple[tuple[str, ...], ...],
        outcomes: FrozenMap[Profile, tuple[Hashable, ...]] | None,
    ) -> NormalForm:
        """Build from the payoffs of every profile (last player's action fastest), each in player order."""
        profiles = list(itertools.product(*actions))
        numbers: list[list[Number]] = []
        for profile, row in zip(profiles, entries, strict=True):
            numbers.append([])
            for player, value in zip(players, row, strict=True):
                number = as_number(value, f"payoff of {player} at {_show_profile(profile)}")
                check_finite(number, f"payoff of {player} at {_show_profile(profile)}")
                numbers[-1].append(number)
        try:
            batch = np.broadcast_shapes(*{np.shape(x) for row in numbers for x in row})
        except ValueError:
            shapes = sorted({np.shape(x) for row in numbers for x in row})
            raise PayoffError(f"payoffs have shapes {shapes}; expected shapes that broadcast to one batch") from None
        memory = np.empty((len(players), len(profiles), *batch))
        for k, row in enumerate(numbers):
            for i, number in enumerate(row):
                memory[i, k] = number
        shape = tuple(map(len, actions))
        memory = memory.reshape(len(players), *shape, *batch)
        exact = None
        if not batch:
            rational = [[as_exact(x) for x in row] for row in entries]
            exact = _keep_exact(np.array(rational, dtype=object).T.reshape(len(players), *shape), memory)
        return cls._trusted(_batch_first(memory, len(players) + 1), players, actions, outcomes, exact)

    @classmethod
    def bimatrix(
        cls,
        A: Any,
        B: Any,
        *,
        players: Sequence[str] = ("Row", "Column"),
        actions: Sequence[Sequence[str]] | None = None,
    ) -> NormalForm:
        r"""Build a two-player game from the row player's payoffs `A` and the column player's `B`.

        Parameters
        ----------
        A, B : array_like, shape (\*batch, m, n)
            Or rows of cells, ``[[x, 0], [1, y]]``, in which a cell may be an array of the batch's shape.
        players, actions
            As for the class.

        Returns
        -------
        NormalForm
        """
        first, second = _matrix(A), _matrix(B)
        for name, matrix in (("A", first), ("B", second)):
            if matrix.ndim < 2:
                raise PayoffError(f"{name} has shape {matrix.shape}; expected (*batch, m, n)")
        if first.shape[-2:] != second.shape[-2:]:
            raise PayoffError(f"A is {first.shape[-2:]} and B is {second.shape[-2:]}; expected the same m x n")
        try:
            first, second = np.broadcast_arrays(first, second)
        except ValueError:
            raise PayoffError(f"A has batch {first.shape[:-2]} and B {second.shape[:-2]}; expected one batch") from None
        return cls(np.stack([first, second], axis=-3), players=players, actions=actions)

    @classmethod
    def zero_sum(
        cls,
        A: Any,
        *,
        players: Sequence[str] = ("Row", "Column"),
        actions: Sequence[Sequence[str]] | None = None,
    ) -> NormalForm:
        r"""Build the zero-sum game in which the row player gets `A`, shape (\*batch, m, n), and the other ``-A``."""
        first = _matrix(A)
        if first.dtype == object:
            exact = [as_exact(x) for x in first.flat]
            numbers = [as_number(x, "a payoff") if e is None else e for x, e in zip(first.flat, exact, strict=True)]
            first = np.array(numbers, dtype=object).reshape(first.shape)
        return cls.bimatrix(first, -first, players=players, actions=actions)

    # ------------------------------------------------------------------ what it is

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the batch; ``()`` for one game."""
        return self.payoffs.shape[: self.payoffs.ndim - len(self.players) - 1]

    @property
    def n_actions(self) -> tuple[int, ...]:
        """How many actions each player has."""
        return tuple(map(len, self.actions))

    @property
    def profiles(self) -> list[Profile]:
        """All profiles, the last player's action fastest."""
        return list(itertools.product(*self.actions))

    def labels_at(self, profile: Profile) -> tuple[Hashable, ...]:
        """Outcome labels of a profile: the profile itself unless named."""
        return (profile,) if self.outcomes is None else self.outcomes[profile]

    def entries(self) -> FloatArray:
        """Return the payoffs as the kernels want them: shape (n_players, a_0, ..., a_{n-1}, n_games)."""
        memory = np.moveaxis(self.payoffs, range(len(self.shape)), range(-len(self.shape), 0))
        return np.ascontiguousarray(memory).reshape(len(self.players), *self.n_actions, -1)

    def player_index(self, player: str) -> int:
        """Return the position of a player."""
        if not isinstance(player, str) or player not in self.players:
            raise unknown("player", player, self.players)
        return self.players.index(player)

    # ------------------------------------------------------------------ other games made from it

    def __getitem__(self, index: Any) -> NormalForm:
        """Pick games of the batch, as an array indexes its leading axes."""
        if not self.shape:
            raise GameError("this is one game, not a batch; it cannot be indexed")
        marker = np.arange(int(np.prod(self.shape))).reshape(self.shape)[index]
        memory = self.entries()[..., marker]
        return self._trusted(
            _batch_first(memory, len(self.players) + 1), self.players, self.actions, self.outcomes, None
        )

    def broadcast_to(self, shape: tuple[int, ...]) -> NormalForm:
        """Return the game repeated over a larger batch (a view: nothing is copied)."""
        if shape == self.shape:
            return self
        payoffs = np.broadcast_to(self.payoffs, shape + self.payoffs.shape[len(self.shape) :])
        return self._trusted(payoffs, self.players, self.actions, self.outcomes, None)

    def with_action(self, player: str, action: str, payoffs: Mapping[Any, Any]) -> NormalForm:
        """Return the game in which a player has one more action.

        Parameters
        ----------
        player, action : str
            Who gets it, and its name.
        payoffs : mapping
            For every profile of the *other* players (a bare action when there is one other player) the payoffs of all
            players, in player order or by name.

        Returns
        -------
        NormalForm
        """
        i = self.player_index(player)
        if action in self.actions[i]:
            raise GameError(f"{player} has an action {action!r} already; expected a new name")
        others = self.actions[:i] + self.actions[i + 1 :]
        rows = {(key if isinstance(key, tuple) else (key,)): value for key, value in payoffs.items()}
        for key in rows:
            if len(key) != len(others) or any(a not in known for a, known in zip(key, others, strict=True)):
                raise unknown("profile of the other players", key, itertools.product(*others))
        values: Any = self.payoffs if self.exact is None else self.exact
        table: dict[Profile, Any] = {}
        for profile in itertools.product(*self.actions[:i], (*self.actions[i], action), *self.actions[i + 1 :]):
            rest = profile[:i] + profile[i + 1 :]
            if profile[i] == action:
                table[profile] = _payoff_row({profile: rows.get(rest, ())}, profile, self.players)
            else:
                at = tuple(known.index(a) for known, a in zip(self.actions, profile, strict=True))
                entries = [values[(..., k, *at)] for k in range(len(self.players))]
                table[profile] = [x.item() if x.ndim == 0 else x for x in map(np.asarray, entries)]
        actions = [(*a, action) if k == i else a for k, a in enumerate(self.actions)]
        outcomes = None
        if self.outcomes is not None:
            outcomes = {p: self.outcomes.get(p, (p,)) for p in table}
        return self.from_table(table, players=self.players, actions=actions, outcomes=outcomes)

    @staticmethod
    def stack(games: Sequence[NormalForm]) -> NormalForm:
        """Put single games with the same players and actions into one batch, in order."""
        if not games or any(game.shape for game in games):
            raise GameError(f"games are {list(games)!r}; expected at least one, none a batch")
        first = games[0]
        for game in games:
            if (game.players, game.actions, game.outcomes) != (first.players, first.actions, first.outcomes):
                raise GameError(f"games differ: {game!r} and {first!r}; expected the same players, actions and labels")
        memory = np.stack([g.payoffs for g in games], axis=-1)
        return NormalForm._trusted(
            _batch_first(memory, len(first.players) + 1), first.players, first.actions, first.outcomes
        )

    def to_nashpy(self) -> Any:
        """Return the game as a ``nashpy.Game`` (two players, one game)."""
        if len(self.players) != 2 or self.shape:
            raise GameError(
                f"nashpy takes one two-player game; this has {len(self.players)} players, batch {self.shape}"
            )
        import nashpy

        return nashpy.Game(self.payoffs[0].copy(), self.payoffs[1].copy())

    # ------------------------------------------------------------------ showing it

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.n_actions))
        batch = f", batch {self.shape}" if self.shape else ""
        return f"<NormalForm {size}: {', '.join(self.players)}{batch}>"

    def __str__(self) -> str:
        head, rows = self._cells()
        rows, more = rows[:MOST_ROWS], len(rows) - MOST_ROWS
        room = max(MOST_LETTERS // 4, *(len(row[0]) for row in rows))  # many players make a long corner
        head = [_short(head[0], room), *head[1:]]
        widths = [max(len(row[k]) for row in [head, *rows]) for k in range(len(head))]
        batch = f", the first of a batch {self.shape}" if self.shape else ""
        return "\n".join(
            [
                _short(f"NormalForm: {' x '.join(self.players)}{batch}", MOST_LETTERS),
                *(_short(_aligned(row, widths), MOST_LETTERS) for row in [head, *rows]),
                *([f"... and {more} more rows"] if more > 0 else []),
            ]
        )

    def _repr_html_(self) -> str:
        from html import escape

        head, rows = self._cells()
        top = "".join(f"<th>{escape(c)}</th>" for c in head)
        body = "".join(
            f"<tr><th>{escape(r[0])}</th>{''.join(f'<td>{escape(c)}</td>' for c in r[1:])}</tr>" for r in rows
        )
        batch = f" (the first of a batch {self.shape})" if self.shape else ""
        return (
            f"<table><caption>{escape(' x '.join(self.players))}{batch}</caption>"
            f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        """Rows: the profiles of all players but the last; columns: the last player's actions."""
        empty = 0 in self.shape
        table = self.payoffs if empty else self.payoffs[(0,) * len(self.shape)]
        corner = " / ".join(self.players[:-1]) + " \\ " if len(self.players) > 1 else ""
        head = [corner + self.players[-1], *self.actions[-1]]
        rows = []
        for index in np.ndindex(*self.n_actions[:-1]):
            name = " / ".join(a[k] for a, k in zip(self.actions[:-1], index, strict=True)) or "payoff"
            cells = (
                "" if empty else ", ".join(f"{table[(i, *index, j)]:g}" for i in range(len(self.players)))
                for j in range(self.n_actions[-1])
            )
            rows.append([name, *cells])
        return head, rows


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 4]} ..."


def _aligned(row: list[str], widths: list[int]) -> str:
    return " | ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])


def _read_table(payoffs: Any) -> tuple[FloatArray, NDArray[np.object_] | None]:
    raw = _object_or_float(payoffs)
    if raw.dtype != object:
        return raw, None
    numbers = np.array([float(as_number(x, "a payoff")) for x in raw.flat]).reshape(raw.shape)
    rational = np.array([as_exact(x) for x in raw.flat], dtype=object).reshape(raw.shape)
    return numbers, _keep_exact(rational, numbers)


def _object_or_float(values: Any) -> NDArray[Any]:
    """Read an array: float64 where nothing is lost, else objects (fractions, decimals, strings, huge integers)."""
    try:
        array = np.asarray(values)
    except (ValueError, TypeError):
        raise PayoffError("payoffs are ragged; expected a rectangular array of numbers") from None
    if array.dtype.kind == "U":
        array = np.array([as_exact(str(x)) for x in array.flat], dtype=object).reshape(array.shape)
        if any(x is None for x in array.flat):
            raise PayoffError(f"payoffs are {values!r}; expected numbers")
    if array.dtype.kind in "iu" and array.size and max(abs(int(array.max())), abs(int(array.min()))) > 2**53:
        return array.astype(object)
    if array.dtype.kind in "biuf":
        return array.astype(np.float64)
    if array.dtype == object:
        return array
    raise PayoffError(f"payoffs are an array of {array.dtype}; expected numbers")


def _matrix(rows: Any) -> NDArray[Any]:
    """Read a matrix, batch first; rows whose cells are arrays carry their batch in the cells."""
    if not isinstance(rows, list | tuple) or not all(isinstance(row, list | tuple) for row in rows):
        return _object_or_float(rows)
    cells = [cell for row in rows for cell in row]
    if not any(isinstance(cell, np.ndarray) and cell.ndim for cell in cells) or len({len(row) for row in rows}) != 1:
        return _object_or_float(rows)
    numbers = [as_number(cell, "a payoff") for cell in cells]
    try:
        spread = np.broadcast_arrays(*numbers)
    except ValueError:
        shapes = sorted({np.shape(x) for x in numbers})
        raise PayoffError(f"payoffs have shapes {shapes}; expected shapes that broadcast to one batch") from None
    return np.stack(spread, axis=-1).reshape(*spread[0].shape, len(rows), len(rows[0]))


def _keep_exact(rational: NDArray[np.object_], numbers: FloatArray) -> NDArray[np.object_] | None:
    """Keep rational payoffs only where the floats beside them have lost something."""
    values = list(rational.flat)
    if any(v is None for v in values):
        filled = [Fraction(float(x)) if v is None else v for v, x in zip(values, numbers.flat, strict=True)]
        if all(v is None or float(v) == v for v in values):
            return None
        values = filled
    if all(v == Fraction(float(x)) for v, x in zip(values, numbers.flat, strict=True)):
        return None
    kept = np.empty(numbers.shape, dtype=object)
    kept.flat[:] = values
    return read_only(kept)


def _payoff_row(rows: Mapping[Profile, Any], profile: Profile, players: tuple[str, ...]) -> Sequence[Any]:
    if profile not in rows:
        raise PayoffError(f"profile {_show_profile(profile)} has no payoffs; expected one entry for every profile")
    value = rows[profile]
    if isinstance(value, Mapping):
        for name in value:
            if name not in players:
                raise unknown(f"player (in the payoffs at {_show_profile(profile)})", name, players)
        missing = [p for p in players if p not in value]
        if missing:
            raise PayoffError(f"payoff of {missing[0]} is missing at {_show_profile(profile)}")
        return [value[p] for p in players]
    if len(players) == 1 and not isinstance(value, Sequence):
        return [value]
    if isinstance(value, str) or not hasattr(value, "__len__") or len(value) != len(players):
        raise PayoffError(
            f"payoffs at {_show_profile(profile)} are {value!r}; expected {len(players)}, for {', '.join(players)}"
        )
    return list(value)


def _show_profile(profile: Profile) -> str:
    return "(" + ", ".join(map(str, profile)) + ")"


def _default_players(n: int) -> tuple[str, ...]:
    return ("Row", "Column") if n == 2 else tuple(str(k + 1) for k in range(n))


def _names(what: str, names: Iterable[str]) -> tuple[str, ...]:
    names = (names,) if isinstance(names, str) else tuple(names)
    for name in names:
        if not isinstance(name, str) or not name:
            raise GameError(f"a {what}'s name is {name!r}; expected a non-empty string")
    twice = [name for k, name in enumerate(names) if name in names[:k]]
    if twice:
        raise GameError(f"{what} {twice[0]!r} is named twice; expected different names")
    return names


def _action_names(
    players: tuple[str, ...], shape: tuple[int, ...], actions: Sequence[Sequence[str]] | None
) -> tuple[tuple[str, ...], ...]:
    for player, n in zip(players, shape, strict=False):
        if n == 0:
            raise GameError(f"{player} has no action; expected at least one")
    if actions is None:
        return tuple(tuple(map(str, range(n))) for n in shape)
    if len(actions) != len(players):
        raise GameError(f"actions are given for {len(actions)} players; expected {len(players)}")
    labels = tuple(_names(f"action of {p}", a) for p, a in zip(players, actions, strict=True))
    if tuple(map(len, labels)) != shape:
        raise GameError(f"actions have sizes {tuple(map(len, labels))}; payoffs say {shape}")
    return labels


def _read_outcomes(
    outcomes: Mapping[Profile, Any] | None, actions: tuple[tuple[str, ...], ...]
) -> FrozenMap[Profile, tuple[Hashable, ...]] | None:
    if outcomes is None:
        return None
    profiles = list(itertools.product(*actions))
    known = set(profiles)
    for key in outcomes:
        if key not in known:
            raise unknown("profile (in outcomes)", key, profiles)
    labels: dict[Profile, tuple[Hashable, ...]] = {}
    for profile in profiles:
        if profile not in outcomes:
            raise GameError(f"outcomes has no label for {_show_profile(profile)}; expected one for every profile")
        value = outcomes[profile]
        if not isinstance(value, str | tuple | list):
            raise GameError(f"the outcome of {_show_profile(profile)} is {value!r}; expected a label or several")
        labels[profile] = (value,) if isinstance(value, str) else tuple(value)
    return FrozenMap(labels)


def _batch_last(table: FloatArray, n_players: int) -> FloatArray:
    """Copy a batch-first array so that the games of the batch are contiguous in memory; to the eye nothing changes."""
    n_batch = table.ndim - n_players - 1
    memory = np.array(np.moveaxis(table, range(n_batch), range(-n_batch, 0)), order="C", copy=True)
    return _batch_first(memory, n_players + 1)


def _batch_first(memory: FloatArray, n_game_axes: int) -> FloatArray:
    """View an array stored (game axes, batch) as (batch, game axes)."""
    n_batch = memory.ndim - n_game_axes
    return np.moveaxis(memory, range(n_game_axes, memory.ndim), range(n_batch))
