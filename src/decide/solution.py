"""What solving gives back: equilibria, their certificates, and how much of the truth they are.

A `Solution` has the shape of the game that was solved. The equilibria of a batch are stored ragged, one row each,
sorted by game; nothing is padded. An `Equilibrium` is one row, read by names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from decide.components import Product, connected, maximal_products
from decide.equilibrium import AnyGame, Equilibrium, equilibrium_of, label_text
from decide.errors import SolveError
from decide.frozen import ByValue, FrozenMap, Lazy, read_only, ready
from decide.games.normal import NormalForm
from decide.games.stochastic import StochasticGame
from decide.games.values import FloatArray
from decide.points import Certified, Points, Status, solved

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Solution"]

Strategies: TypeAlias = tuple[FloatArray, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Solution(ByValue):
    """What a method found, for one game or a batch.

    Attributes
    ----------
    method : str
        The method that was run (never ``"auto"``).
    finds : {"all", "one", "sample"}
        What the method looks for.
    reason : str
        Why this method, where ``auto`` chose it.
    concept : str
        What is an equilibrium here.
    complete : bool or array of bool
        Whether all of what the method `finds` was *proved* found, no more.
    status : Status or array of int8
        How it ended; codes of a batch are those of `Status`.
    tied : bool or array of bool
        Whether a tie or near-tie was met (within 1e-9 of a player's payoff range): nothing here says which of the tied
        moves is made, or a normal form is (nearly) degenerate. ``zero_sum`` and nashpy's methods do not look for ties.
    options : mapping
        The options the method was given.
    game : NormalForm, ExtensiveForm or StochasticGame
        What was solved. A stochastic game solved for a horizon is the game with its stages written out.
    """

    game: Any = field(compare=False)
    method: str
    finds: str
    concept: str
    reason: str
    options: FrozenMap[str, Any]
    _result: Lazy[Certified]
    _tied: NDArray[np.bool_]
    _selected: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the batch; ``()`` for one game."""
        shape: tuple[int, ...] = self.game.shape
        return shape

    @property
    def points(self) -> Points:
        """The equilibria as arrays, one row each, written out and certified when they are first asked for."""
        return self._result.value.points

    @property
    def _complete(self) -> NDArray[np.bool_]:
        return self._result.value.complete

    @property
    def _status(self) -> NDArray[np.int8]:
        return self._result.value.status

    @property
    def complete(self) -> Any:
        """Whether all of what the method finds was proved found."""
        return self._complete if self.shape else bool(self._complete)

    @property
    def tied(self) -> Any:
        """Whether a tie or near-tie was met."""
        return self._tied if self.shape else bool(self._tied)

    @property
    def degenerate(self) -> Any:
        """Whether the game is degenerate: what `tied` says of one solved by ``nash``.

        bool, or for a batch an array of bool of its shape. A two-player game is degenerate if some mixed strategy has
        more pure best replies than it plays actions; then equilibria may come in whole sets (see `nash_subsets`). It is
        flagged if it is, or if it comes within 1e-9 of a player's payoff range of being so. With more players: if an
        unplayed action is as good in an equilibrium, or a support profile could not be settled.

        Raises
        ------
        SolveError
            If another method solved it: only ``nash`` looks.
        """
        if self.method != "nash":
            raise SolveError(f"{self.method} does not look whether a game is degenerate; method 'nash' does")
        return self.tied

    @property
    def status(self) -> Any:
        """How it ended."""
        return self._status if self.shape else Status(int(self._status))

    @cached_property
    def count(self) -> Any:
        """How many equilibria were found."""
        n = int(np.prod(self.shape, dtype=np.intp))
        counts = np.bincount(self.points.owner, minlength=n).reshape(self.shape)
        return read_only(counts) if self.shape else int(counts)

    @cached_property
    def equilibria(self) -> tuple[Equilibrium, ...]:
        """The equilibria of a single game; of a batch take ``many[i].equilibria``."""
        if self.shape:
            raise SolveError(f"this is a batch of shape {self.shape}; take many[i].equilibria, or many.to_dataset()")
        return tuple(equilibrium_of(self.game, self.points, k) for k in range(len(self.points)))

    @cached_property
    def nash_subsets(self) -> tuple[tuple[Strategies, Strategies], ...]:
        """The maximal Nash subsets of one two-player game solved by ``nash``.

        Each is a pair (strategies of the first player, strategies of the second), tuples of arrays of shape
        (n_actions,): every mixture of the first against every mixture of the second is an equilibrium, and every
        equilibrium is in one of them, if the solution is complete and none was dropped by a selection. An isolated
        equilibrium is a pair of one strategy each (Millham 1974; Winkels 1979). Some games have exponentially many.

        Raises
        ------
        SolveError
            If this is not the solution of one two-player game in normal form by ``nash``; of a batch take
            ``many[i].nash_subsets``.

        Examples
        --------
        The column player does not care: two extreme equilibria, and every mixture of them.

        >>> from decide import NormalForm, solve
        >>> answer = solve(NormalForm.bimatrix([[1, 1], [0, 0]], [[2, 2], [0, 1]]), method="nash")
        >>> [[[s.tolist() for s in own] for own in pair] for pair in answer.nash_subsets]
        [[[[1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]]]
        >>> answer.degenerate, answer.components
        (True, ((0,),))
        """
        products, x, y = self._products
        return tuple((tuple(x[k] for k in xs), tuple(y[k] for k in ys)) for xs, ys in products)

    @cached_property
    def components(self) -> tuple[tuple[int, ...], ...]:
        """Which of the `nash_subsets` hang together: the connected sets of equilibria.

        A tuple a component: positions in the list of `nash_subsets`, ascending; every subset is in one component.

        Raises
        ------
        SolveError
            As for `nash_subsets`.
        """
        return tuple(connected(self._products[0]))

    @cached_property
    def _products(self) -> tuple[list[Product], FloatArray, FloatArray]:
        """Maximal Nash subsets as positions in the lists of the players' different strategies."""
        if (
            self.shape
            or self._selected
            or self.method != "nash"
            or len(self.game.players) != 2
            or not isinstance(self.game, NormalForm)
        ):
            raise SolveError("Nash subsets are those of all equilibria of one two-player table solved by method 'nash'")
        (x, i), (y, j) = (np.unique(s, axis=0, return_inverse=True) for s in self.points.strategies)
        edges = list(zip(i.ravel().tolist(), j.ravel().tolist(), strict=True))
        return maximal_products(edges), read_only(x), read_only(y)

    def only(self, rows: NDArray[np.intp], status: NDArray[np.int8]) -> Solution:
        """Return the same solution with some of its rows of `points`, and a status for every game (flat)."""
        result = Certified(self.points.take(rows), self._complete, read_only(status.reshape(self.shape)))
        return replace(self, _result=ready(result), _selected=True)

    def __getitem__(self, index: Any) -> Solution:
        """Pick games of the batch, as an array indexes its leading axes."""
        if not self.shape:
            raise SolveError("this is the solution of one game, not of a batch; it cannot be indexed")
        kept = np.arange(int(np.prod(self.shape))).reshape(self.shape)[index]
        flat = np.atleast_1d(kept).ravel()
        starts = np.searchsorted(self.points.owner, flat, side="left")
        stops = np.searchsorted(self.points.owner, flat, side="right")
        counts = stops - starts
        rows = np.repeat(starts - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(counts.sum())
        owner = np.repeat(np.arange(len(flat)), counts)
        return Solution(
            game=self.game[index],
            method=self.method,
            finds=self.finds,
            concept=self.concept,
            reason=self.reason,
            options=FrozenMap({k: self._at(v, index) for k, v in self.options.items()}),
            _selected=self._selected,
            _result=ready(
                Certified(
                    self.points.take(rows, owner), np.asarray(self._complete[index]), np.asarray(self._status[index])
                )
            ),
            _tied=np.asarray(self._tied[index]),
        )

    def _at(self, option: Any, index: Any) -> Any:
        """Take of an option that differs between the games of the batch what belongs to some of them."""
        if isinstance(option, Mapping):
            return FrozenMap({k: self._at(v, index) for k, v in option.items()})
        if not np.ndim(option):
            return option
        picked = np.broadcast_to(option, self.shape)[index]
        return picked if np.ndim(picked) else picked.item()

    def to_dataset(self) -> xr.Dataset:
        """Return everything as a labelled dataset: one row an equilibrium, and ``game`` says whose.

        Returns
        -------
        xarray.Dataset
            Over ``equilibrium``: ``game`` (flat position in the batch), ``probability (equilibrium, move)``,
            ``payoff (equilibrium, player)``, ``regret``, ``relative_regret``, ``residual``; over the batch: ``count``,
            ``complete``, ``status``, ``tied``. ``move`` carries the player, information set and action. Where players
            do not mix independently, also ``joint (equilibrium, profile)``.
        """
        import xarray as xr

        moves = _moves(self.game)
        stacked = self._stacked()
        batch = [f"game_{k}" for k in range(len(self.shape))]
        found = xr.Dataset(
            {
                "probability": (("equilibrium", "move"), stacked),
                "payoff": (("equilibrium", "player"), self.points.payoffs),
                "regret": ("equilibrium", self.points.regret),
                "relative_regret": ("equilibrium", self.points.relative_regret),
                "residual": ("equilibrium", self.points.residual),
                "count": (batch, np.asarray(self.count)),
                "complete": (batch, self._complete),
                "status": (batch, self._status),
                "tied": (batch, self._tied),
            },
            coords={
                "game": ("equilibrium", self.points.owner),
                "player": list(self.game.players),
                "move_player": ("move", [m[0] for m in moves]),
                "move_infoset": ("move", [m[1] for m in moves]),
                "move_action": ("move", [m[2] for m in moves]),
            },
            attrs={"method": self.method, "finds": self.finds, "concept": self.concept, "reason": self.reason},
        )
        if self.points.joint.size and isinstance(self.game, NormalForm):
            found["joint"] = (("equilibrium", "profile"), self.points.joint)
            found = found.assign_coords(profile=list(map(label_text, self.game.profiles)))
        return found

    def _stacked(self) -> FloatArray:
        """All strategies side by side, shape (n_equilibria, n_moves)."""
        return np.concatenate([np.zeros((len(self.points), 0)), *self.points.strategies], axis=1)

    def to_dataframe(self) -> Any:
        """Return the equilibria as a pandas frame, one row each."""
        import pandas as pd

        columns: dict[Any, Any] = {"game": self.points.owner}
        stacked = self._stacked()
        for k, (player, infoset, action) in enumerate(_moves(self.game)):
            columns[f"{player}: {infoset + ': ' if infoset else ''}{action}"] = stacked[:, k]
        for k, player in enumerate(self.game.players):
            columns[f"payoff of {player}"] = self.points.payoffs[:, k]
        if self.points.joint.size and isinstance(self.game, NormalForm):
            for profile, odds in zip(self.game.profiles, self.points.joint.T, strict=True):
                columns[f"joint: {label_text(profile)}"] = odds
        columns |= {"regret": self.points.regret, "residual": self.points.residual}
        return pd.DataFrame(columns)

    def __repr__(self) -> str:
        if self.shape:
            n = int(np.prod(self.shape))
            good = int(solved(self._status).sum())
            return (
                f"<Solution of {self.shape} games by {self.method} ({self.reason}): {len(self.points)} equilibria, "
                f"{good} of {n} solved, {int(self._complete.sum())} complete, {int(self._tied.sum())} tied>"
            )
        shown = "".join(f"\n  {e!r}" for e in self.equilibria)
        whole = "complete" if self.complete else "not proved complete"
        if self.complete and self.finds == "one":
            whole = "complete (it looks for one)"
        return (
            f"<Solution by {self.method} ({self.reason}): {self.status.message}, {self.count} found, {whole}"
            f"{', tied' if self.tied else ''}>{shown}"
        )


def _moves(game: AnyGame) -> list[tuple[str, str, str]]:
    if isinstance(game, NormalForm):
        return [(p, "", a) for p, own in zip(game.players, game.actions, strict=True) for a in own]
    if isinstance(game, StochasticGame):
        return [(player, state, a) for player, state, own in game.places for a in own]
    return [(game.players[h.player], h.name, a) for h in game.structure.infosets for a in h.actions]
