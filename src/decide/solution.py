"""What solving gives back: equilibria, their certificates, and how much of the truth they are.

A `Solution` has the shape of the game that was solved. The equilibria of a batch are stored ragged, one row each,
sorted by game; nothing is padded. An `Equilibrium` is one row, read by names.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from decide.certify import exact_certificate
from decide.components import Product, connected, maximal_products
from decide.errors import SolveError
from decide.frozen import ByValue, FrozenMap, Lazy, read_only, ready
from decide.games.extensive import CHANCE, LEAF, ExtensiveForm
from decide.games.normal import NormalForm
from decide.games.values import FloatArray
from decide.refinements import is_evolutionarily_stable, is_perfect, is_proper, is_strict, is_undominated

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Certified", "Equilibrium", "Exact", "Game", "Points", "Solution", "Status", "label_text", "solved"]

Strategies: TypeAlias = tuple[FloatArray, ...]

#: Any game.
Game: TypeAlias = NormalForm | ExtensiveForm


class Status(enum.IntEnum):
    """How a game's solution ended; the number is what `Solution.status` of a batch holds.

    >>> Status.SOLVED.ok, Status.NOT_CERTIFIED.message
    (True, 'a point was found but its residual is above the tolerance')
    """

    SOLVED = 0
    NO_EQUILIBRIUM = 1
    NOT_CERTIFIED = 2
    FAILED = 3
    INVALID_GAME = 4
    NO_SELECTION = 5
    UNREACHED = 6
    NOT_ATTAINED = 7

    @property
    def ok(self) -> bool:
        """Whether there is a certified equilibrium to speak of."""
        return self in (Status.SOLVED, Status.NOT_ATTAINED)

    @property
    def message(self) -> str:
        """What it means."""
        return _MESSAGES[self]


_MESSAGES = {
    Status.SOLVED: "solved",
    Status.NO_EQUILIBRIUM: "the method found no equilibrium",
    Status.NOT_CERTIFIED: "a point was found but its residual is above the tolerance",
    Status.FAILED: "the method failed",
    Status.INVALID_GAME: "the parameters make no valid game",
    Status.NO_SELECTION: "no equilibrium, or more than one, meets the selection rule",
    Status.NOT_ATTAINED: "the value is a supremum: strategies near the one given come as close to it as one likes",
    Status.UNREACHED: "the decision is never reached, so beliefs there are undetermined",
}


def solved(status: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Which codes are `Status.ok`."""
    return np.asarray((status == Status.SOLVED) | (status == Status.NOT_ATTAINED))


@dataclass(frozen=True, eq=False)
class Points(ByValue):
    """Certified equilibria as arrays, one row each, sorted by game.

    Attributes
    ----------
    owner : numpy.ndarray of int, shape (n,)
        Position of the game (flat) each equilibrium belongs to.
    strategies : tuple of numpy.ndarray, shape (n, n_actions) each
        Probabilities, per player (normal form) or per information set (tree).
    payoffs : numpy.ndarray, shape (n, n_players)
        Expected payoffs.
    regret, relative_regret, residual : numpy.ndarray, shape (n,)
        The largest gain from unilateral deviation, the same over each player's payoff range, and the concept's own.
    beliefs : tuple of numpy.ndarray, shape (n, n_nodes) each
        Trees: probabilities of the nodes of each information set; empty for a normal form.
    local_regret : numpy.ndarray, shape (n, n_infosets)
        Trees: the largest gain at each information set under these beliefs.
    joint : numpy.ndarray, shape (n, n_profiles)
        Concepts in which players need not mix independently: probability of every profile; empty otherwise.
    exact : tuple of numpy.ndarray of Fraction, shape (n, n_actions) each
        The strategies without rounding, where they were asked for; empty otherwise.
    """

    owner: NDArray[np.intp]
    strategies: tuple[FloatArray, ...]
    payoffs: FloatArray
    regret: FloatArray
    relative_regret: FloatArray
    residual: FloatArray
    beliefs: tuple[FloatArray, ...] = ()
    local_regret: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    joint: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    exact: tuple[NDArray[np.object_], ...] = ()

    def __len__(self) -> int:
        return len(self.owner)

    def take(self, rows: Any, owner: NDArray[np.intp] | None = None) -> Points:
        """Return some of the rows, under new owners if given."""
        return Points(
            owner=self.owner[rows] if owner is None else owner,
            strategies=tuple(s[rows] for s in self.strategies),
            payoffs=self.payoffs[rows],
            regret=self.regret[rows],
            relative_regret=self.relative_regret[rows],
            residual=self.residual[rows],
            beliefs=tuple(b[rows] for b in self.beliefs),
            local_regret=self.local_regret[rows] if self.local_regret.size else self.local_regret,
            joint=self.joint[rows] if self.joint.size else self.joint,
            exact=tuple(s[rows] for s in self.exact),
        )


@dataclass(frozen=True, eq=False)
class Certified(ByValue):
    """What is left of a method's candidates after certification.

    Attributes
    ----------
    points : Points
    complete : numpy.ndarray of bool, of the shape of the batch
    status : numpy.ndarray of int8, of the shape of the batch
    """

    points: Points
    complete: NDArray[np.bool_]
    status: NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Exact(ByValue):
    """An equilibrium in fractions, without rounding.

    Attributes
    ----------
    profile : tuple of tuple of Fraction
        Strategies, in player order.
    payoffs : tuple of Fraction
        Expected payoffs, from the payoffs as they were given.
    regret : Fraction
        The largest gain from unilateral deviation: 0.
    """

    profile: tuple[tuple[Fraction, ...], ...]
    payoffs: tuple[Fraction, ...]
    regret: Fraction


@dataclass(frozen=True, eq=False, repr=False)
class Equilibrium(ByValue):
    """One equilibrium, with its certificate.

    Attributes
    ----------
    strategies : mapping
        ``strategies[player][action]`` is a probability; for a tree ``strategies[player][infoset][action]``.
    profile : tuple of numpy.ndarray
        The same as vectors, in player order (for a tree: in the order of the information sets).
    payoffs : mapping of str to float
        Expected payoff of each player.
    regret : float
        The largest gain from unilateral deviation (trees: over whole plans, ex ante), in the player's units.
    relative_regret : float
        The same as a share of that player's payoff range.
    residual : float
        The error of the concept the method solves for: for Nash the regret; for backward induction the largest local
        regret over the payoff range, or distance from the logit probabilities where choice is logit.
    beliefs : mapping
        Trees: per player and information set the probability of each of its nodes, by path. Empty where not defined.
    local_regret : mapping
        Trees: per player and information set the largest gain under those beliefs. Empty where not defined.
    joint : mapping
        Correlated concepts: probability of every profile; `strategies` are then each player's own odds, and the players
        do not mix independently. Empty for all others.
    exact : Exact or None
        The same in fractions, where ``exact=True`` was asked for.
    strict, undominated, perfect, proper, evolutionarily_stable : bool or None
        Refinements, of the equilibria of games in normal form; see `decide.refinements` for what each means. None where
        it is not decided, for trees, and where players do not mix independently.
    """

    strategies: FrozenMap[str, Any]
    profile: tuple[FloatArray, ...]
    payoffs: FrozenMap[str, float]
    regret: float
    relative_regret: float
    residual: float
    beliefs: FrozenMap[str, Any]
    local_regret: FrozenMap[str, Any]
    joint: FrozenMap[tuple[str, ...], float]
    exact: Exact | None
    _game: Game = field(compare=False)

    @cached_property
    def outcomes(self) -> FrozenMap[Hashable, float]:
        """Probability of each outcome label; labels need not exclude each other."""
        if isinstance(self._game, NormalForm):
            return FrozenMap(_normal_outcomes(self._game, self.profile, self.joint))
        return FrozenMap(_tree_outcomes(self._game, self.profile))

    @cached_property
    def strict(self) -> bool | None:
        """Whether everyone plays the only best reply."""
        return self._ask(is_strict)

    @cached_property
    def undominated(self) -> bool | None:
        """Whether no strategy in it is weakly dominated."""
        return self._ask(is_undominated)

    @cached_property
    def perfect(self) -> bool | None:
        """Whether it is trembling-hand perfect; None where that is not decided (some games of three players)."""
        return self._ask(is_perfect)

    @cached_property
    def proper(self) -> bool | None:
        """Whether it is proper; None where that is not decided."""
        return self._ask(is_proper)

    @cached_property
    def evolutionarily_stable(self) -> bool | None:
        """Whether it is evolutionarily stable; None but in a symmetric equilibrium of a symmetric two-player game."""
        return self._ask(is_evolutionarily_stable)

    def _ask(self, test: Callable[[FloatArray, Sequence[FloatArray]], bool | None]) -> bool | None:
        """Ask a refinement of `decide.refinements`: for independent mixtures in a normal form, else None."""
        return test(self._game.payoffs, self.profile) if isinstance(self._game, NormalForm) and not self.joint else None

    def __repr__(self) -> str:
        moves = "; ".join(f"{p}: {_show(s)}" for p, s in self.strategies.items())
        money = ", ".join(f"{p} {v:.6g}" for p, v in self.payoffs.items())
        return f"<Equilibrium {moves} | payoffs {money} | regret {self.regret:.1e}>"


def _exact(game: Game, points: Points, k: int) -> Exact | None:
    if not points.exact or not isinstance(game, NormalForm):
        return None
    profile = tuple(tuple(x[k]) for x in points.exact)
    table = game.payoffs[np.unravel_index(points.owner[k], game.shape)] if game.exact is None else game.exact
    payoffs, regret = exact_certificate(table, profile)
    return Exact(profile, payoffs, regret)


def _show(strategy: Mapping[str, Any]) -> str:
    if all(isinstance(v, Mapping) for v in strategy.values()):
        shown = [f"at {h!r} {_show(s)}" for h, s in strategy.items()]
        return ", ".join(shown[:4]) + (f", ... ({len(shown)} sets)" if len(shown) > 4 else "")
    if any(v == 1.0 for v in strategy.values()):
        return next(a for a, v in strategy.items() if v == 1.0)
    return ", ".join(f"{a} {v:.4g}" for a, v in strategy.items() if v > 0)


def _normal_outcomes(
    game: NormalForm, profile: tuple[FloatArray, ...], joint: Mapping[tuple[str, ...], float]
) -> dict[Hashable, float]:
    found: dict[Hashable, float] = {}
    for names, index in zip(game.profiles, np.ndindex(*game.n_actions), strict=True):
        p = joint[names] if joint else float(np.prod([x[k] for x, k in zip(profile, index, strict=True)]))
        for label in dict.fromkeys(game.labels_at(names)):
            found[label] = found.get(label, 0.0) + p
    return found


def _tree_outcomes(tree: ExtensiveForm, profile: tuple[FloatArray, ...]) -> dict[Hashable, float]:
    s = tree.structure
    reach = [1.0] * len(s.rows)
    found: dict[Hashable, float] = dict.fromkeys(s.outcomes, 0.0)
    for i, row in enumerate(s.rows):
        if i:
            up = s.parent[i]
            if s.kind[up] == CHANCE:
                odds = float(tree.pool[s.rows[up][3][s.branch[i]]])
            else:
                odds = float(profile[s.infoset_of[up]][s.branch[i]])
            reach[i] = reach[up] * odds
        if row[2] == LEAF:
            for label in dict.fromkeys(row[4]):
                found[label] += reach[i]
    return found


def label_text(label: Hashable) -> str:
    """Return an outcome label as text: a profile's actions joined by `` / ``."""
    return " / ".join(map(str, label)) if isinstance(label, tuple) else str(label)


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
    game : NormalForm or ExtensiveForm
        What was solved.
    """

    game: Game = field(compare=False)
    method: str
    finds: str
    concept: str
    reason: str
    options: FrozenMap[str, Any]
    _result: Lazy[Certified]
    _tied: NDArray[np.bool_]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the batch; ``()`` for one game."""
        return self.game.shape

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
        """The same of a normal form solved by ``nash``: the game is degenerate, or within 1e-9 of being so."""
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
        return tuple(_equilibrium(self.game, self.points, k) for k in range(len(self.points)))

    @cached_property
    def nash_subsets(self) -> tuple[tuple[Strategies, Strategies], ...]:
        """The maximal Nash subsets of one two-player game solved by ``nash``.

        Each is a pair (strategies of the first player, strategies of the second): every mixture of the first against
        every mixture of the second is an equilibrium, and every equilibrium is in one of them.
        """
        products, x, y = self._products
        return tuple((tuple(x[k] for k in xs), tuple(y[k] for k in ys)) for xs, ys in products)

    @cached_property
    def components(self) -> tuple[tuple[int, ...], ...]:
        """Which of the `nash_subsets` hang together: the connected sets of equilibria, as positions in that list."""
        return tuple(connected(self._products[0]))

    @cached_property
    def _products(self) -> tuple[list[Product], FloatArray, FloatArray]:
        """Maximal Nash subsets as positions in the lists of the players' different strategies."""
        if self.shape or self.method != "nash" or len(self.game.players) != 2 or not isinstance(self.game, NormalForm):
            raise SolveError("Nash subsets are those of one two-player game in normal form solved by method 'nash'")
        (x, i), (y, j) = (np.unique(s, axis=0, return_inverse=True) for s in self.points.strategies)
        edges = list(zip(i.ravel().tolist(), j.ravel().tolist(), strict=True))
        return maximal_products(edges), read_only(x), read_only(y)

    def only(self, rows: NDArray[np.intp], status: NDArray[np.int8]) -> Solution:
        """Return the same solution with some of its rows of `points`, and a status for every game (flat)."""
        result = Certified(self.points.take(rows), self._complete, read_only(status.reshape(self.shape)))
        return replace(self, _result=ready(result))

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
            options=self.options,
            _result=ready(
                Certified(
                    self.points.take(rows, owner), np.asarray(self._complete[index]), np.asarray(self._status[index])
                )
            ),
            _tied=np.asarray(self._tied[index]),
        )

    def to_dataset(self) -> xr.Dataset:
        """Return everything as a labelled dataset: one row an equilibrium, and ``game`` says whose.

        Returns
        -------
        xarray.Dataset
            Over ``equilibrium``: ``game`` (flat position in the batch), ``probability (equilibrium, move)``,
            ``payoff (equilibrium, player)``, ``regret``, ``relative_regret``, ``residual``; over the batch: ``count``,
            ``complete``, ``status``, ``tied``. ``move`` carries the player, information set and action.
        """
        import xarray as xr

        moves = _moves(self.game)
        stacked = self._stacked()
        batch = [f"game_{k}" for k in range(len(self.shape))]
        return xr.Dataset(
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
        return (
            f"<Solution by {self.method} ({self.reason}): {self.status.message}, {self.count} found, {whole}"
            f"{', tied' if self.tied else ''}>{shown}"
        )


def _moves(game: Game) -> list[tuple[str, str, str]]:
    if isinstance(game, NormalForm):
        return [(p, "", a) for p, own in zip(game.players, game.actions, strict=True) for a in own]
    return [(game.players[h.player], h.name, a) for h in game.structure.infosets for a in h.actions]


def _equilibrium(game: Game, points: Points, k: int) -> Equilibrium:
    profile = tuple(read_only(np.array(s[k])) for s in points.strategies)
    beliefs: dict[str, Any] = {}
    local: dict[str, Any] = {}
    strategies: dict[str, Any] = {}
    joint: dict[tuple[str, ...], float] = {}
    if isinstance(game, NormalForm):
        if points.joint.size:
            joint = dict(zip(game.profiles, map(float, points.joint[k]), strict=True))
        for player, actions, x in zip(game.players, game.actions, profile, strict=True):
            strategies[player] = FrozenMap(dict(zip(actions, map(float, x), strict=True)))
    else:
        strategies = {player: {} for player in game.players}
        beliefs = {player: {} for player in game.players} if points.beliefs else {}
        local = {player: {} for player in game.players} if points.local_regret.size else {}
        for h, info in enumerate(game.structure.infosets):
            player = game.players[info.player]
            strategies[player][info.name] = FrozenMap(dict(zip(info.actions, map(float, profile[h]), strict=True)))
            if beliefs:
                paths = [game.structure.path(node) for node in info.nodes]
                beliefs[player][info.name] = FrozenMap(dict(zip(paths, map(float, points.beliefs[h][k]), strict=True)))
            if local:
                local[player][info.name] = float(points.local_regret[k, h])
        strategies, beliefs, local = ({p: FrozenMap(v) for p, v in m.items()} for m in (strategies, beliefs, local))
    return Equilibrium(
        strategies=FrozenMap(strategies),
        profile=profile,
        payoffs=FrozenMap(dict(zip(game.players, map(float, points.payoffs[k]), strict=True))),
        regret=float(points.regret[k]),
        relative_regret=float(points.relative_regret[k]),
        residual=float(points.residual[k]),
        beliefs=FrozenMap(beliefs),
        local_regret=FrozenMap(local),
        joint=FrozenMap(joint),
        exact=_exact(game, points, k),
        _game=game,
    )
