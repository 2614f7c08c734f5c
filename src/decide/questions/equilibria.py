"""Where a profile is an equilibrium, and where the number of equilibria changes, along one parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from decide.certify import tree_certificate
from decide.certify.trees import subgame_regrets
from decide.equilibrium import Equilibrium
from decide.errors import GameError, StudyError, unknown
from decide.frozen import FrozenMap
from decide.games.extensive import ExtensiveForm
from decide.games.normal import NormalForm
from decide.models import Model
from decide.points import solved
from decide.questions.asking import FloatArray, check_resolution, range_of
from decide.sensitivity.holding import FAILED, HOLDS, hold, same_count
from decide.sensitivity.switching import PRECISION
from decide.solvers import METHODS, solve_game
from decide.solvers.decision import normal_options

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CountRegion",
    "CountRegions",
    "EquilibriumRegion",
    "EquilibriumRegions",
    "equilibrium_counts",
    "equilibrium_regions",
]

Profile: TypeAlias = Equilibrium | Mapping[str, Any] | Sequence[str]
Strategies: TypeAlias = tuple[FloatArray, ...]

CONCEPTS = ("nash", "subgame_perfect", "sequential")
#: The concept that a method certifies, by what is checked of it.
CONCEPT_OF = {"regret": "nash", "subgames": "subgame_perfect", "local": "sequential"}


@dataclass(frozen=True)
class EquilibriumRegion:
    """A range of a parameter over which a profile is an equilibrium, or is not.

    Attributes
    ----------
    low, high : float
        The same where it is one at a single value only, as a mixed profile usually is.
    holds : bool
    gain : float
        Where it does not hold, the largest gain from deviating at any value that was looked at, in the units of the
        player's payoffs; else 0.
    deviation : str
        Who gains it, and by what; ``failed`` where the parameters make no valid game.
    kind_low, kind_high : {"range", "crossing", "jump"}
        What ends it: the range of the parameter, a gain that grows from zero, or payoffs that change abruptly.
    """

    low: float
    high: float
    holds: bool
    gain: float
    deviation: str
    kind_low: str
    kind_high: str


class EquilibriumRegions(tuple[EquilibriumRegion, ...]):
    """All regions of a parameter, from low to high.

    Attributes
    ----------
    parameter : str
    concept : {"nash", "subgame_perfect", "sequential"}
    strategies : mapping
        The profile, by names as in `Equilibrium.strategies`.
    resolution : float
        Every region wider than this is found; a narrower one may be missed.
    precision : float
        Edges lie within this of the true ones.
    """

    parameter: str
    concept: str
    strategies: Mapping[str, Any]
    resolution: float
    precision: float

    @property
    def holds(self) -> tuple[tuple[float, float], ...]:
        """The ranges over which it is an equilibrium."""
        return tuple((r.low, r.high) for r in self if r.holds)

    def at(self, value: float) -> bool:
        """Return whether it is an equilibrium at a value of the parameter."""
        inside = [r.holds for r in self if r.low <= value <= r.high]
        if not inside:
            raise StudyError(f"{self.parameter} is {value!r}; expected a value in [{self[0].low}, {self[-1].high}]")
        return any(inside)

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas frame, one row a region."""
        import pandas as pd

        return pd.DataFrame(list(self))

    def __repr__(self) -> str:
        return f"<{self.parameter}: {'; '.join(_said(r) for r in self)}>"


def _said(r: EquilibriumRegion) -> str:
    where = f"on [{r.low:.6g}, {r.high:.6g}]" if r.low < r.high else f"at {r.low:.6g} alone"
    why = "" if r.holds else f" ({r.deviation})"
    return f"{'an equilibrium' if r.holds else 'none'} {where}{why}"


@dataclass(frozen=True)
class CountRegion:
    """A range of a parameter over which the number of equilibria is the same.

    Attributes
    ----------
    low, high : float
    count : int
        How many were found; -1 where no game could be solved.
    complete : bool
        Whether they were proved to be all, at every value looked at.
    kind_low, kind_high : {"range", "jump"}
        What ends it: the range of the parameter, or equilibria that appear or vanish.
    """

    low: float
    high: float
    count: int
    complete: bool
    kind_low: str
    kind_high: str


class CountRegions(tuple[CountRegion, ...]):
    """All regions of a parameter, from low to high.

    Attributes
    ----------
    parameter, method : str
    resolution, precision : float
        As for `EquilibriumRegions`.
    """

    parameter: str
    method: str
    resolution: float
    precision: float

    @property
    def switches(self) -> tuple[float, ...]:
        """The values at which the number changes."""
        return tuple(r.high for r in self[:-1])

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas frame, one row a region."""
        import pandas as pd

        return pd.DataFrame(list(self))

    def __repr__(self) -> str:
        rows = "; ".join(
            f"{r.count if r.count >= 0 else 'failed'}{'' if r.complete or r.count < 0 else ' or more'} "
            f"on [{r.low:.6g}, {r.high:.6g}]"
            for r in self
        )
        return f"<{self.parameter}, equilibria: {rows}>"


def equilibrium_regions(
    model: Model[Any],
    parameter: str,
    *,
    profile: Profile | None = None,
    base: Mapping[str, Any] | str | None = None,
    low: float | None = None,
    high: float | None = None,
    concept: str | None = None,
    resolution: int = 200,
    method: str = "auto",
    **options: Any,
) -> EquilibriumRegions:
    """Return for which values of a parameter a profile is an equilibrium, all other parameters at base.

    Parameters
    ----------
    model : Model
    parameter : str
    profile : Equilibrium, mapping or sequence of str, optional
        Strategies that stay as they are while the parameter moves: an equilibrium; by player an action or the odds of
        actions (trees: by player and information set); or in a normal form one action a player, in order. The
        equilibrium of the base, if it has only one, unless given.
    base : mapping or str, optional
        Values of the other parameters by name, or the name of a view.
    low, high : float, optional
        The range to look at; the parameter's own unless given.
    concept : {"nash", "subgame_perfect", "sequential"}, optional
        For trees: no whole plan gains; none gains in any subgame; no move gains at any information set under its
        beliefs, where play or chance gives it some. What the method certifies unless said.
    resolution : int
        The range is first looked at in this many equal steps: every region wider than a step is found.
    method, **options
        How the base is solved, as for `decide.solve`.

    Returns
    -------
    EquilibriumRegions
        A tuple of `EquilibriumRegion`.

    Raises
    ------
    StudyError
        If the base has several equilibria and no profile is given, the profile is none of this game, players choose by
        logit, or the parameter has no finite range.
    UnknownNameError
        If there is no such parameter, player, action or concept.

    Notes
    -----
    Edges are roots of the gains from deviating, to 1e-10 of the range: no tolerance of a solver is in them. A mixed
    profile is usually an equilibrium at single values only, because the odds must move with the payoffs of the others.
    Cost: ``resolution`` certificates, which are much cheaper than solves, and about 200 for each edge.

    Examples
    --------
    >>> from decide import NormalForm, Parameter, Value, model
    >>> @model(decider="hunter")
    ... def hunt(*, stag: Value = Parameter(4, low=1, high=6)) -> NormalForm:
    ...     return NormalForm.bimatrix(
    ...         [[stag, 0], [3, 3]], [[stag, 3], [0, 3]], actions=(("stag", "hare"),) * 2, players=("hunter", "other")
    ...     )
    >>> equilibrium_regions(hunt, "stag", profile=("stag", "stag"))
    <stag: none on [1, 3] (hunter: hare); an equilibrium on [3, 6]>
    >>> equilibrium_regions(hunt, "stag", profile=("hare", "hare")).holds
    ((1.0, 6.0),)
    """
    check_resolution(resolution)
    values = _values(model, base)
    low, high = range_of(model.space, parameter, low, high)
    game, strategies, method = _settled(model, values, profile, method, options)
    concept = _concept(game, concept, method)
    look, names = _gains(model, values, parameter, strategies, concept)
    worst: list[tuple[FloatArray, FloatArray, NDArray[np.intp]]] = []

    def shares(points: FloatArray) -> FloatArray:
        gain, share = look(points)
        code = np.where(np.isnan(share), -np.inf, share).argmax(axis=1)
        worst.append((points, gain[np.arange(len(points)), code], code))
        return share

    stretches = hold(shares, low, high, resolution=int(resolution))
    at, gain, code = (np.concatenate([w[k] for w in worst]) for k in range(3))
    rows = []
    for s in stretches:
        inside = (at >= s.low) & (at <= s.high) & ~np.isnan(gain)
        k = int(np.where(inside, gain, -np.inf).argmax())
        if s.code == HOLDS:
            rows.append(EquilibriumRegion(s.low, s.high, True, 0.0, "", s.kind_low, s.kind_high))
        elif s.code == FAILED:
            rows.append(EquilibriumRegion(s.low, s.high, False, 0.0, "failed", s.kind_low, s.kind_high))
        else:
            rows.append(
                EquilibriumRegion(s.low, s.high, False, float(gain[k]), names[int(code[k])], s.kind_low, s.kind_high)
            )
    found = EquilibriumRegions(rows)
    found.parameter, found.concept, found.strategies = parameter, concept, _named(game, strategies)
    found.resolution, found.precision = (high - low) / resolution, PRECISION * (high - low)
    return found


def equilibrium_counts(
    model: Model[Any],
    parameter: str,
    *,
    base: Mapping[str, Any] | str | None = None,
    low: float | None = None,
    high: float | None = None,
    resolution: int = 200,
    method: str = "auto",
    **options: Any,
) -> CountRegions:
    """Return how many equilibria there are for which values of a parameter, all others at base.

    Parameters
    ----------
    model : Model
    parameter : str
    base, low, high, resolution
        As for `equilibrium_regions`.
    method, **options
        As for `decide.solve`: what counts as an equilibrium, and whether all are looked for.

    Returns
    -------
    CountRegions
        A tuple of `CountRegion`.

    Raises
    ------
    StudyError, UnknownNameError, SolveError
        If there is no such parameter or method, or the parameter has no finite range.

    Notes
    -----
    Where equilibria appear or vanish is where the method stops finding them: with ``nash`` for two players that is
    exact to rounding, elsewhere within its tolerance of 1e-9 of the payoff range. At such a value itself a game is
    degenerate and may have more; single values are not told. Cost: ``resolution`` solves, and about 200 for each edge.

    Examples
    --------
    >>> from decide import NormalForm, Parameter, Value, model
    >>> @model(decider="hunter")
    ... def hunt(*, stag: Value = Parameter(4, low=1, high=6)) -> NormalForm:
    ...     return NormalForm.bimatrix([[stag, 0], [3, 3]], [[stag, 3], [0, 3]])
    >>> equilibrium_counts(hunt, "stag")
    <stag, equilibria: 1 on [1, 3]; 3 on [3, 6]>
    """
    check_resolution(resolution)
    values = _values(model, base)
    low, high = range_of(model.space, parameter, low, high)
    game, defaults = model.problem(values)
    asked = defaults.pop("method", "auto")
    defaults.pop("selection", None)
    first = solve_game(game, asked if method == "auto" else method, options, defaults)
    incomplete: list[FloatArray] = []

    def count(points: FloatArray) -> NDArray[np.intp]:
        counts = np.full(len(points), FAILED, dtype=np.intp)
        games, alive = _games(model, values, parameter, points)
        if games is not None:
            answer = solve_game(games, first.method, options, _defaults(model, values, parameter, points[alive]))
            counts[alive] = np.where(solved(np.asarray(answer.status)) | (answer.count == 0), answer.count, FAILED)
            incomplete.append(points[alive][~np.asarray(answer.complete)])
        return counts

    stretches = same_count(count, low, high, resolution=int(resolution))
    open_at = np.concatenate(incomplete) if incomplete else np.zeros(0)
    slack = 2 * PRECISION * (high - low)  # at its edges every game is degenerate
    found = CountRegions(
        CountRegion(
            s.low, s.high, max(s.code, -1), not ((open_at > s.low + slack) & (open_at < s.high - slack)).any(),
            s.kind_low, s.kind_high,
        )
        for s in stretches
    )  # fmt: skip
    found.parameter, found.method = parameter, first.method
    found.resolution, found.precision = (high - low) / resolution, PRECISION * (high - low)
    return found


def _values(model: Any, base: Mapping[str, Any] | str | None) -> dict[str, Any]:
    if not isinstance(model, Model):
        raise StudyError(f"{model!r} is a {type(model).__name__}; expected a model")
    return model.values(base)


def _defaults(model: Model[Any], values: Mapping[str, Any], parameter: str, points: FloatArray) -> dict[str, Any]:
    """The model's own solve options at these points, less method and selection."""
    defaults = model.problem({**values, parameter: points})[1]
    return {name: value for name, value in defaults.items() if name not in ("method", "selection")}


def _games(
    model: Model[Any], values: Mapping[str, Any], parameter: str, points: FloatArray
) -> tuple[Any, NDArray[np.intp]]:
    """A batch of the games at those points where there is one, and which they are."""
    alive = np.arange(len(points))
    while len(alive):
        try:
            return model.problem({**values, parameter: points[alive]})[0].broadcast_to((len(alive),)), alive
        except GameError as error:
            if error.draws is None and len(alive) > 1:  # not some worlds' numbers: the model is at fault
                raise
            alive = alive[~np.broadcast_to(True if error.draws is None else error.draws, (len(alive),))]
    return None, alive


# ------------------------------------------------------------------ the profile


def _settled(
    model: Model[Any], values: Mapping[str, Any], profile: Profile | None, method: str, options: Mapping[str, Any]
) -> tuple[NormalForm | ExtensiveForm, Strategies, str]:
    """The game at the base, the profile as arrays, and the method that the base is solved by."""
    game, defaults = model.problem(values)
    asked = defaults.pop("method", "auto")
    defaults.pop("selection", None)
    answer = solve_game(game, asked if method == "auto" else method, options, defaults)
    if METHODS[answer.method].residual is not None:
        raise StudyError(
            f"method {answer.method!r} solves for a {answer.concept}; expected a method for Nash equilibria"
        )
    game = answer.game
    if isinstance(game, ExtensiveForm):
        for info in game.structure.infosets:
            if info.rationality >= 0 and not np.isinf(game.pool[info.rationality]).all():
                who = game.players[info.player]
                raise StudyError(f"{who} chooses by logit at {info.name!r}; expected exact play (rationality=None)")
    if profile is None:
        if answer.count != 1:
            raise StudyError(f"the base has {answer.count} equilibria; expected profile=, one of them")
        return game, answer.equilibria[0].profile, answer.method
    if isinstance(profile, Equilibrium):
        profile = profile.strategies
    return game, _read_profile(game, profile), answer.method


def _read_profile(game: NormalForm | ExtensiveForm, profile: Any) -> Strategies:
    """Strategies as arrays, in the order of the players, or of the information sets."""
    if not isinstance(profile, Mapping):
        if isinstance(profile, str) or not isinstance(profile, Sequence) or not isinstance(game, NormalForm):
            kind = "one action a player" if isinstance(game, NormalForm) else "a mapping by player and information set"
            raise StudyError(f"profile is {profile!r}; expected {kind}, or an equilibrium")
        if len(profile) != len(game.players):
            raise StudyError(f"profile is {tuple(profile)!r}; expected {len(game.players)} actions, one a player")
        profile = dict(zip(game.players, profile, strict=True))
    for player in profile:
        if player not in game.players:
            raise unknown("player (in profile)", player, game.players)
    if isinstance(game, NormalForm):
        return tuple(_odds(profile, p, own, p) for p, own in zip(game.players, game.actions, strict=True))
    found = []
    for info in game.structure.infosets:
        player = game.players[info.player]
        sets = profile.get(player)
        if not isinstance(sets, Mapping):
            raise StudyError(f"profile says {sets!r} of {player}; expected a mapping by information set")
        found.append(_odds(sets, info.name, info.actions, f"{player} at {info.name!r}"))
    return tuple(found)


def _odds(strategies: Mapping[str, Any], key: str, actions: tuple[str, ...], who: str) -> FloatArray:
    """One strategy as an array: an action's name, or the odds of actions."""
    if key not in strategies:
        raise StudyError(f"profile says nothing of {who}; expected one of {', '.join(actions)}, or their odds")
    given = strategies[key]
    odds = dict(given) if isinstance(given, Mapping) else {given: 1.0}
    for action in odds:
        if action not in actions:
            raise unknown(f"action of {who} (in profile)", action, actions)
    found = np.array([float(odds.get(a, 0.0)) for a in actions])
    if not (np.isfinite(found).all() and found.min() >= 0 and abs(found.sum() - 1.0) <= 1e-9):
        raise StudyError(f"profile gives {who} the odds {odds}; expected probabilities that sum to 1")
    return found


def _named(game: NormalForm | ExtensiveForm, strategies: Strategies) -> Mapping[str, Any]:
    """The profile by names, as in `Equilibrium.strategies`."""
    if isinstance(game, NormalForm):
        rows = zip(game.players, game.actions, strategies, strict=True)
        return FrozenMap({p: FrozenMap(dict(zip(own, x.tolist(), strict=True))) for p, own, x in rows})
    sets: dict[str, dict[str, Any]] = {p: {} for p in game.players}
    for info, x in zip(game.structure.infosets, strategies, strict=True):
        sets[game.players[info.player]][info.name] = FrozenMap(dict(zip(info.actions, x.tolist(), strict=True)))
    return FrozenMap({p: FrozenMap(own) for p, own in sets.items()})


def _concept(game: NormalForm | ExtensiveForm, concept: str | None, method: str) -> str:
    if concept is not None and concept not in CONCEPTS:
        raise unknown("concept", concept, CONCEPTS)
    if isinstance(game, NormalForm):
        if concept not in (None, "nash"):
            raise StudyError(f"concept is {concept!r}, but the game is in normal form; expected 'nash'")
        return "nash"
    return CONCEPT_OF[METHODS[method].check] if concept is None else concept


# ------------------------------------------------------------------ gains


def _gains(
    model: Model[Any], values: Mapping[str, Any], parameter: str, strategies: Strategies, concept: str
) -> tuple[Callable[[FloatArray], tuple[FloatArray, FloatArray]], list[str]]:
    """What gives the gain of every deviation at points, in payoffs and in shares of the range, and their names."""
    game, _ = model.problem(values)
    names = _deviations(game, concept)

    def look(points: FloatArray) -> tuple[FloatArray, FloatArray]:
        gain = np.full((len(points), len(names)), np.nan)
        share = gain.copy()
        games, alive = _games(model, values, parameter, points)
        if games is not None:
            play = [np.broadcast_to(x, (len(alive), len(x))) for x in strategies]
            table = isinstance(games, NormalForm)
            own, span = _of_tables(games, play) if table else _of_trees(games, play, concept)
            gain[alive], share[alive] = own, own / np.where(span > 0, span, 1.0)
        return gain, share

    return look, names


def _deviations(game: NormalForm | ExtensiveForm, concept: str) -> list[str]:
    if isinstance(game, NormalForm):
        return [f"{p}: {a}" for p, own in zip(game.players, game.actions, strict=True) for a in own]
    if concept == "sequential":
        return [f"{game.players[i.player]} at {i.name!r}" for i in game.structure.infosets]
    if concept == "nash":
        return [f"{p}: another plan" for p in game.players]
    n = len(game.structure.infosets)
    zero = subgame_regrets(
        game, [np.full((1, len(i.actions)), 1 / len(i.actions)) for i in game.structure.infosets[:n]]
    )
    return [f"{p}: another plan from {game.structure.path(r) or 'the start'!r}" for r in zero for p in game.players]


def _of_tables(game: NormalForm, play: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Gain of every action of every player over what it plays, (n, deviations), and its payoff range."""
    n = len(play[0])
    gains, spans = [], []
    for i, player in enumerate(game.players):
        value, _ = normal_options(game, player, np.arange(n), tuple(play), np.zeros((n, 0)))
        flat = game.entries()[i].reshape(-1, n)
        low = flat.min(axis=0)
        above = value - low[:, None]  # a large offset must not drown the differences
        gains.append(above - (above * play[i]).sum(axis=1, keepdims=True))
        spans.append(np.broadcast_to((flat.max(axis=0) - low)[:, None], value.shape))
    return np.concatenate(gains, axis=1), np.concatenate(spans, axis=1)


def _of_trees(tree: ExtensiveForm, play: list[FloatArray], concept: str) -> tuple[FloatArray, FloatArray]:
    """Gain of every deviation the concept allows, (n, deviations), and the payoff range of its player."""
    payoffs = np.moveaxis(tree.payoffs, 0, -1)  # (players, leaves, n)
    span = (payoffs.max(axis=1) - payoffs.min(axis=1)).T
    if concept == "sequential":
        regret = tree_certificate(tree, play, check="local").local_regret
        gain = np.where(np.isnan(regret), 0.0, regret)  # where nothing says what is believed, nothing is asked
        return gain, span[:, [info.player for info in tree.structure.infosets]]
    found = subgame_regrets(tree, play)
    roots = [0] if concept == "nash" else list(found)
    return np.concatenate([found[r].T for r in roots], axis=1), np.tile(span, len(roots))
