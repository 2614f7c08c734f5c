"""One equilibrium, read by names: strategies, payoffs, certificate, refinements, outcomes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from decide.certify import Interim, exact_certificate, interim_views, stochastic_certificate, tree_certificate
from decide.frozen import ByValue, FrozenMap, read_only
from decide.games.extensive import CHANCE, LEAF, ExtensiveForm
from decide.games.normal import NormalForm
from decide.games.stochastic import StochasticGame
from decide.games.values import FloatArray
from decide.points import Points
from decide.refinements import is_evolutionarily_stable, is_perfect, is_proper, is_strict, is_undominated

__all__ = ["AnyGame", "Equilibrium", "Exact", "Game", "equilibrium_of", "label_text"]

#: A table or a tree.
Game: TypeAlias = NormalForm | ExtensiveForm
#: Any game that can be solved.
AnyGame: TypeAlias = Game | StochasticGame


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
        ``strategies[player][action]`` is a probability; for a tree ``strategies[player][infoset][action]``, for a
        stochastic game ``strategies[player][state][action]``.
    profile : tuple of numpy.ndarray
        The same as vectors, in player order (for a tree: in the order of the information sets; for a stochastic game:
        all states of the first player, then of the second, ...).
    payoffs : mapping of str to float
        Expected payoff of each player; in a stochastic game the discounted payoff from the first state on.
    regret : float
        The largest gain from unilateral deviation (trees: over whole plans, ex ante; stochastic games: over whole
        strategies and from every state), in the player's units.
    relative_regret : float
        The same as a share of that player's payoff range (in a stochastic game: times ``1 - discount``, which makes it
        an average per stage).
    residual : float
        The error of the concept the method solves for: for Nash the regret; for backward induction the largest local
        regret over the payoff range, or distance from the logit probabilities where choice is logit.
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
    joint: FrozenMap[tuple[str, ...], float]
    exact: Exact | None
    _game: AnyGame = field(compare=False)
    _beliefs: tuple[FloatArray, ...] = ()

    @property
    def beliefs(self) -> FrozenMap[str, Any]:
        """Trees: ``beliefs[player][infoset][path]``, the probability of each node of an information set, by its path.

        By Bayes' rule where play and chance lead to the set (where chance alone tells its nodes apart: also off the
        path), or as the method found them. A set for which neither says anything has none: an empty mapping.
        """
        return self._assessment[0]

    @property
    def local_regret(self) -> FrozenMap[str, Any]:
        """Trees: ``local_regret[player][infoset]``, the largest gain there under the beliefs, play elsewhere given.

        In the player's units; 0 where choice is logit. Sets without beliefs are left out.
        """
        return self._assessment[1]

    @cached_property
    def interim(self) -> FrozenMap[str, Any]:
        """Trees: ``interim[player][infoset]``, what a player who is there believes and expects; empty for others.

        Each is an `Interim`: ``reach``, ``beliefs`` (about what chance did), ``values`` of the actions, ``payoff``. In
        a Bayesian game (see `decide.bayesian`) this is the view of each type.
        """
        if not isinstance(self._game, ExtensiveForm):
            return FrozenMap({})
        believed = [
            tuple(self.beliefs[self._game.players[info.player]][info.name].values())
            for info in self._game.structure.infosets
        ]
        views = interim_views(self._game, self.profile, believed)
        found: dict[str, dict[str, Interim]] = {player: {} for player in self._game.players}
        for info, view in zip(self._game.structure.infosets, views, strict=True):
            found[self._game.players[info.player]][info.name] = view
        return FrozenMap({player: FrozenMap(sets) for player, sets in found.items()})

    @cached_property
    def reach(self) -> FrozenMap[str, Any]:
        """Trees: ``reach[player][infoset]``, how likely the information set is to be reached; empty for others."""
        if not isinstance(self._game, ExtensiveForm):
            return FrozenMap({})
        return FrozenMap({p: FrozenMap(sets) for p, sets in self._game.reach(self.strategies).items()})

    @cached_property
    def _assessment(self) -> tuple[FrozenMap[str, Any], FrozenMap[str, Any]]:
        if not isinstance(self._game, ExtensiveForm):
            return FrozenMap({}), FrozenMap({})
        return _beliefs_and_regrets(self._game, self.profile, self._beliefs)

    @cached_property
    def values(self) -> FrozenMap[str, FrozenMap[str, float]]:
        """Stochastic games: ``values[player][state]``, the discounted payoff from each state on; empty for others.

        In a zero-sum game they differ from the value of the game by no more than the `regret`.
        """
        if not isinstance(self._game, StochasticGame):
            return FrozenMap({})
        values = stochastic_certificate(self._game, self.profile).values.tolist()
        states = self._game.states
        return FrozenMap(
            {p: FrozenMap(dict(zip(states, v, strict=True))) for p, v in zip(self._game.players, values, strict=True)}
        )

    @cached_property
    def outcomes(self) -> FrozenMap[Hashable, float]:
        """Probability of each outcome label; labels need not exclude each other. Stochastic games have none."""
        if isinstance(self._game, StochasticGame):
            return FrozenMap({})
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
        """Whether it is an evolutionarily stable strategy (Maynard Smith & Price 1973).

        None but in a symmetric equilibrium of a symmetric two-player game, and where more than 12 best replies are not
        played.
        """
        return self._ask(is_evolutionarily_stable)

    def _ask(self, test: Callable[[FloatArray, Sequence[FloatArray]], bool | None]) -> bool | None:
        """Ask a refinement of `decide.refinements`: for independent mixtures in a normal form, else None."""
        return test(self._game.payoffs, self.profile) if isinstance(self._game, NormalForm) and not self.joint else None

    def __repr__(self) -> str:
        return self._text(4)

    def __str__(self) -> str:
        return self._text(None)

    def _text(self, most: int | None) -> str:
        """Show up to so many information sets or states of each player."""
        moves = "; ".join(f"{p}: {_show(s, most)}" for p, s in self.strategies.items())
        money = ", ".join(f"{p} {v:.6g}" for p, v in self.payoffs.items())
        together = " (drawn together: see joint)" if self.joint else ""
        return f"<Equilibrium {moves}{together} | payoffs {money} | regret {self.regret:.1e}>"


def _exact(game: AnyGame, points: Points, k: int) -> Exact | None:
    if not points.exact or not isinstance(game, NormalForm):
        return None
    profile = tuple(tuple(x[k]) for x in points.exact)
    table = game.payoffs[np.unravel_index(points.owner[k], game.shape)] if game.exact is None else game.exact
    payoffs, regret = exact_certificate(table, profile)
    return Exact(profile, payoffs, regret)


def _show(strategy: Mapping[str, Any], most: int | None) -> str:
    if all(isinstance(v, Mapping) for v in strategy.values()):
        shown = [f"at {h!r} {_show(s, most)}" for h, s in strategy.items()]
        more = most is not None and len(shown) > most
        return ", ".join(shown[:most]) + (f", ... ({len(shown)} sets)" if more else "")
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


def equilibrium_of(game: AnyGame, points: Points, k: int) -> Equilibrium:
    """Read one row by the names of its game."""
    profile = tuple(read_only(np.array(s[k])) for s in points.strategies)
    strategies: dict[str, Any] = {}
    joint: dict[tuple[str, ...], float] = {}
    if isinstance(game, NormalForm):
        if points.joint.size:
            joint = dict(zip(game.profiles, map(float, points.joint[k]), strict=True))
        for player, actions, x in zip(game.players, game.actions, profile, strict=True):
            strategies[player] = FrozenMap(dict(zip(actions, map(float, x), strict=True)))
    elif isinstance(game, StochasticGame):
        strategies = {player: {} for player in game.players}
        for (player, state, own), x in zip(game.places, profile, strict=True):
            strategies[player][state] = FrozenMap(dict(zip(own, map(float, x), strict=True)))
        strategies = {player: FrozenMap(states) for player, states in strategies.items()}
    else:
        strategies = {player: {} for player in game.players}
        for h, info in enumerate(game.structure.infosets):
            player = game.players[info.player]
            strategies[player][info.name] = FrozenMap(dict(zip(info.actions, map(float, profile[h]), strict=True)))
        strategies = {player: FrozenMap(sets) for player, sets in strategies.items()}
    return Equilibrium(
        strategies=FrozenMap(strategies),
        profile=profile,
        payoffs=FrozenMap(dict(zip(game.players, map(float, points.payoffs[k]), strict=True))),
        regret=float(points.regret[k]),
        relative_regret=float(points.relative_regret[k]),
        residual=float(points.residual[k]),
        joint=FrozenMap(joint),
        exact=_exact(game, points, k),
        _game=game,
        _beliefs=tuple(read_only(np.array(b[k])) for b in points.beliefs),
    )


def _beliefs_and_regrets(
    tree: ExtensiveForm, profile: tuple[FloatArray, ...], beliefs: tuple[FloatArray, ...]
) -> tuple[FrozenMap[str, Any], FrozenMap[str, Any]]:
    """Beliefs and local regrets of one assessment by name; beliefs that are not given are those of Bayes' rule."""
    given = [b[None] for b in beliefs] or None
    checked = tree_certificate(tree, [x[None] for x in profile], check="local", beliefs=given)
    believed: dict[str, Any] = {player: {} for player in tree.players}
    regrets: dict[str, Any] = {player: {} for player in tree.players}
    for h, info in enumerate(tree.structure.infosets):
        player, odds = tree.players[info.player], checked.beliefs[h][0].tolist()
        known = not np.isnan(odds).any()
        paths = tree.structure.paths_of(info) if known else []
        believed[player][info.name] = FrozenMap(dict(zip(paths, odds if known else [], strict=True)))
        if known:
            regrets[player][info.name] = float(checked.local_regret[0, h])
    named = [FrozenMap({player: FrozenMap(sets) for player, sets in m.items()}) for m in (believed, regrets)]
    return named[0], named[1]
