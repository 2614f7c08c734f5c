"""One model at many values: which option is worth what, which is recommended, and what failed.

This is the game side of every question that is asked in many worlds: a batch of games is built and solved, and every
equilibrium is turned into the decider's option values; then low and high run over all equilibria, and the selection
rule picks the one the plain values are taken from. Nothing here knows where the values come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from decide.equilibrium import AnyGame, label_text
from decide.errors import GameError, ModelError, StudyError, unknown
from decide.games.extensive import ExtensiveForm
from decide.games.normal import NormalForm
from decide.games.stochastic import StochasticGame
from decide.games.values import FloatArray
from decide.models import Model
from decide.points import Status, solved
from decide.solution import Solution
from decide.solvers import METHODS, solve_game
from decide.solvers.backward_induction import decision_values, open_beliefs
from decide.solvers.base import TIE
from decide.solvers.commitment import replies_to_actions
from decide.solvers.decision import find_decision, normal_options, tree_options
from decide.solvers.selection import RULES, choose
from decide.states import discounted_range, find_state, state_options

__all__ = [
    "CLASSES",
    "DEPENDS",
    "FAILED",
    "TIED",
    "Problem",
    "Table",
    "check_coordinate",
    "evaluate",
    "settle",
    "variables",
]

#: What is counted beside the options: no single best option, not the same in every equilibrium, not solved.
CLASSES = ("mixed or tied", "depends on equilibrium", "failed")
TIED, DEPENDS, FAILED = range(3)

Table: TypeAlias = dict[str, NDArray[Any]]
#: Options that may differ between the games of a batch.
PER_GAME = ("rationality", "hierarchy", "iterations", "time")
#: Rules that are read off the option values: among equals in payoff the options decide. Others are `decide.select`'s.
SELECTIONS = ("worst", "best", "mixed")
#: Of stochastic games so many odds are written out at once.
WRITTEN_OUT = 1 << 23


@dataclass(frozen=True, eq=False)
class Problem:
    """A model and everything that is settled before it is asked in many worlds.

    Attributes
    ----------
    model : Model
    values : mapping
        A full set of base values.
    method : str
        Resolved: never ``"auto"``.
    options : mapping
        Options of the method that the caller gave (the model's own defaults are read at each world).
    selection : str or callable
    decider : str
    at : str or None
    options_of_decider, players, outcomes : tuple of str
        Labels, the same in every world.
    concept, finds : str
        Of the method.
    """

    model: Model[Any]
    values: Mapping[str, Any]
    method: str
    options: Mapping[str, Any]
    selection: Any
    decider: str
    at: str | None
    options_of_decider: tuple[str, ...]
    players: tuple[str, ...]
    outcomes: tuple[str, ...]
    concept: str
    finds: str


def variables(problem: Problem) -> dict[str, tuple[str, ...]]:
    """Return the dimensions of every variable that `evaluate` gives, by name."""
    del problem
    per_option = ("option_value", "advantage", "choice")
    table: dict[str, tuple[str, ...]] = {}
    for name in per_option:
        table |= dict.fromkeys((name, f"{name}_low", f"{name}_high"), ("draw", "option"))
    table["incredible"] = ("draw", "option")
    table |= dict.fromkeys(("recommended", "selected", "modal_choice", "margin"), ("draw",))
    table["payoff"] = ("draw", "player")
    table["outcome_probability"] = ("draw", "option", "outcome")
    table |= dict.fromkeys(("n_equilibria", "n_silent", "n_recommended", "complete", "tied", "status"), ("draw",))
    return table


def check_coordinate(name: str, labels: Iterable[str]) -> None:
    """Refuse to put a parameter's values along an axis of results in which its name already says something else.

    Raises
    ------
    StudyError
        If it does.
    """
    if name in labels:
        raise StudyError(f"the parameter {name!r} is called as something in this result is; expected another name")


def settle(
    model: Model[Any],
    values: Mapping[str, Any],
    method: str,
    selection: Any,
    decider: str | None,
    at: str | None,
    options: Mapping[str, Any],
) -> tuple[Problem, Table]:
    """Solve the base world, so that whatever is wrong with the question is said at once; return both.

    Raises
    ------
    StudyError, SolveError, UnknownNameError
        If no decider is named, the decision is ambiguous, or the method or selection does not exist or fit.
    """
    game, defaults = model.problem(values)
    default_method, default_selection = defaults.pop("method", "auto"), defaults.pop("selection", "worst")
    method = default_method if method == "auto" else method
    selection = default_selection if selection is None else selection
    decider = decider if decider is not None else model.decider
    at = at if at is not None else model.at
    if decider is None:
        raise StudyError(f"{model.name} names no decider; expected decider= one of {', '.join(game.players)}")
    if decider not in game.players:
        raise unknown("player (the decider)", decider, game.players)
    if isinstance(selection, str) and selection not in RULES:
        raise unknown("selection", selection, RULES)
    if not isinstance(selection, str) and not callable(selection):
        raise StudyError(f"selection is {selection!r}; expected one of {', '.join(RULES)}, or a function")
    if game.shape:
        raise StudyError(f"the base is a batch {game.shape}; expected one value for each name")
    for name in PER_GAME:
        value: Any = options.get(name)
        if np.ndim(value) or (isinstance(value, Mapping) and any(np.ndim(v) for v in value.values())):
            how = f"a parameter that @model(solve={{{name!r}: ...}}) names"
            raise StudyError(f"{name} is {value!r}; expected one number for all worlds, or {how}")
    solution = solve_game(game, method, options, defaults)
    if isinstance(game, NormalForm):
        if at is not None:
            raise StudyError(f"at is {at!r}, but {model.name} is in normal form and has no information sets")
        paths = game.actions[game.player_index(decider)]
        outcomes = tuple(dict.fromkeys(label_text(x) for p in game.profiles for x in game.labels_at(p)))
    elif isinstance(game, StochasticGame):
        paths = find_state(solution.game, decider, at, solution.options.get("horizon")).options
        outcomes = ()
    else:
        paths = find_decision(game.structure, decider, at).options
        outcomes = game.outcomes
    for option in paths:
        if option in CLASSES:
            what = "that is what answers are called that are no option"
            raise StudyError(f"{model.name} has an option {option!r}; expected another name, because {what}")
    problem = Problem(
        model=model,
        values=dict(values),
        method=solution.method,
        options=dict(options),
        selection=selection,
        decider=decider,
        at=at,
        options_of_decider=paths,
        players=game.players,
        outcomes=outcomes,
        concept=solution.concept,
        finds=solution.finds,
    )
    return problem, _tabulate(
        problem, _solve(problem, values, 1, frozenset(variables(problem))), 1, frozenset(variables(problem))
    )


def evaluate(
    problem: Problem,
    values: Mapping[str, Any],
    n: int,
    wanted: frozenset[str],
    complaints: list[str] | None = None,
) -> Table:
    """Solve n worlds and tabulate them.

    Parameters
    ----------
    problem : Problem
    values : mapping
        A full set of values: parameters as floats or arrays of shape (n,), settings as they are.
    n : int
    wanted : frozenset of str
        Names of variables; what nobody wants is not computed where that saves something.
    complaints : list of str, optional
        Gets the message of every error that made worlds invalid.

    Returns
    -------
    dict of str to numpy.ndarray
        First axis ``draw``. Worlds that make no valid game are marked in ``status`` and hold zeros.
    """
    alive = np.arange(n)
    while len(alive):
        some = {k: v[alive] if np.ndim(v) and len(alive) < n else v for k, v in _drawn(problem, values).items()}
        try:
            rows = _solve(problem, {**values, **some}, len(alive), wanted)
            break
        except GameError as error:
            if error.draws is None and len(alive) > 1:  # not some worlds' numbers: the model is at fault
                raise
            if complaints is not None:
                complaints.append(str(error))
            bad = np.broadcast_to(True if error.draws is None else error.draws, (len(alive),))
            if not bad.any():
                raise
            alive = alive[~bad]
    else:
        rows = _nothing(problem)
    table = _tabulate(problem, rows, len(alive), wanted)
    return table if len(alive) == n else _scatter(table, alive, n, len(problem.options_of_decider))


def _drawn(problem: Problem, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in problem.model.parameters}


@dataclass(frozen=True, eq=False)
class _Rows:
    """Option values of every equilibrium of every world that says anything of the decision, one row each, by world."""

    owner: NDArray[np.intp]
    value: FloatArray
    choice: FloatArray
    payoff: FloatArray
    outcome: FloatArray
    mixed: NDArray[np.bool_]
    incredible: NDArray[np.bool_]
    scale: FloatArray
    tied: NDArray[np.bool_]
    complete: NDArray[np.bool_]
    status: NDArray[np.int8]
    silent: NDArray[np.intp]
    picked: NDArray[np.intp] | None = None


def _nothing(problem: Problem) -> _Rows:
    k, none = len(problem.options_of_decider), np.zeros(0, dtype=np.bool_)
    return _Rows(
        np.zeros(0, dtype=np.intp), np.zeros((0, k)), np.zeros((0, k)), np.zeros((0, len(problem.players))),
        np.zeros((0, k, len(problem.outcomes))), none, np.zeros((0, k), dtype=np.bool_), np.zeros(0), none, none,
        np.zeros(0, dtype=np.int8), np.zeros(0, dtype=np.intp),
    )  # fmt: skip


def _solve(problem: Problem, values: Mapping[str, Any], n: int, wanted: frozenset[str]) -> _Rows:
    game, options = problem.model.problem(values)
    game = game.broadcast_to((n,))
    known = METHODS[problem.method].options
    options = {k: v for k, v in options.items() if k in known} | dict(problem.options)
    if "rng" in known:
        options.setdefault("rng", 0)  # each world alike, whatever the chunk it is solved in
    only = problem.selection in ("worst", "best")  # then one equilibrium needs no selection
    if isinstance(game, ExtensiveForm) and problem.method == "backward_induction" and only:
        return _induce(problem, game, options, n, wanted)
    if isinstance(game, StochasticGame) and n > (step := _at_once(game, options.get("horizon"))):
        return _on_end([_by_solving(problem, game[k : k + step], options) for k in range(0, n, step)])
    return _by_solving(problem, game, options)


def _by_solving(problem: Problem, game: AnyGame, options: Mapping[str, Any]) -> _Rows:
    solution = solve_game(game, problem.method, options)
    rows, speaks = _rows_of(problem, game, solution)
    if not speaks.all():
        rows = _speaking(rows, speaks)
        solution = solution.only(np.flatnonzero(speaks), rows.status)
    return rows if problem.selection in SELECTIONS else _pick_by_rule(problem, solution, rows)


def _speaking(rows: _Rows, speaks: NDArray[np.bool_]) -> _Rows:
    """Leave out, and count, the equilibria that say nothing of the decision; a world in which none speaks failed."""
    n = len(rows.status)
    heard = np.bincount(rows.owner[speaks], minlength=n)
    silent = np.bincount(rows.owner[~speaks], minlength=n)
    status = rows.status.copy()
    status[solved(status) & (heard == 0) & (silent > 0)] = Status.UNREACHED
    each = ("owner", "value", "choice", "payoff", "outcome", "mixed", "incredible")
    kept = {name: getattr(rows, name)[speaks] for name in each}
    return replace(rows, status=status, silent=silent, **kept)


def _at_once(game: StochasticGame, horizon: Any) -> int:
    """How many games to solve at once: with a horizon their stages are written out, with odds of all next states."""
    stages = horizon if isinstance(horizon, int) else 1
    each = stages**2 * sum(int(p[(0,) * len(game.shape)].size) for p in game.transitions)
    return max(1, WRITTEN_OUT // each)


def _on_end(parts: list[_Rows]) -> _Rows:
    """Put the rows of several sets of worlds on end."""
    starts = np.cumsum([0, *(len(part.status) for part in parts[:-1])])
    whole = {
        f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(_Rows)
        if f.name not in ("owner", "picked")
    }  # fmt: skip
    owner = np.concatenate([part.owner + start for part, start in zip(parts, starts, strict=True)])
    picked = None
    if parts[0].picked is not None:
        above = np.cumsum([0, *(len(part.owner) for part in parts[:-1])])
        places = [part.picked for part in parts if part.picked is not None]
        picked = np.concatenate([np.where(p < 0, p, p + start) for p, start in zip(places, above, strict=True)])
    return _Rows(owner=owner, picked=picked, **whole)


def _induce(problem: Problem, tree: ExtensiveForm, options: Mapping[str, Any], n: int, wanted: frozenset[str]) -> _Rows:
    """The fast way: backward induction that computes only what is asked for (one equilibrium a world)."""
    if "rationality" in options:
        tree = tree.with_rationality(options["rationality"]).broadcast_to((n,))
    decision = find_decision(tree.structure, problem.decider, problem.at)
    _same_options(problem, decision.options)
    found = decision_values(
        tree,
        decision,
        outcomes="outcome_probability" in wanted,
        payoffs="payoff" in wanted or callable(problem.selection),
    )
    rows = _Rows(
        owner=np.arange(n),
        value=found.option_value,
        choice=found.choice,
        payoff=found.payoff,
        outcome=_by_label(problem, tree.outcomes, found.outcome),
        mixed=np.zeros(n, dtype=np.bool_),
        incredible=np.zeros(found.choice.shape, dtype=np.bool_),
        scale=found.scale,
        tied=found.tied,
        complete=~found.tied & ~open_beliefs(tree, n) if "complete" in wanted else ~found.tied,
        status=np.full(n, Status.SOLVED, dtype=np.int8),
        silent=np.zeros(n, dtype=np.intp),
    )
    return rows if found.reached.all() else _speaking(rows, found.reached)


def _same_options(problem: Problem, options: tuple[str, ...]) -> None:
    if options != problem.options_of_decider:
        raise ModelError(
            f"{problem.model.name} offers {', '.join(options)} in some worlds and "
            f"{', '.join(problem.options_of_decider)} at base; expected the same options everywhere"
        )


def _by_label(problem: Problem, labels: tuple[str, ...], outcome: FloatArray) -> FloatArray:
    """Put outcome columns in the order of the problem's labels: in other worlds a tree may name them in another."""
    if labels == problem.outcomes or not outcome.shape[-1]:
        return outcome
    for label in labels:
        if label not in problem.outcomes:
            raise unknown(f"outcome of {problem.model.name} at base", label, problem.outcomes)
    ordered = np.zeros((len(problem.outcomes), *outcome.shape[:2]))
    for k, label in enumerate(labels):
        ordered[problem.outcomes.index(label)] = outcome[..., k]
    return np.moveaxis(ordered, 0, -1)


def _rows_of(problem: Problem, game: AnyGame, solution: Solution) -> tuple[_Rows, NDArray[np.bool_]]:
    """The general way: every equilibrium of a solution, whatever the method; and which say anything of the decision."""
    points, n = solution.points, int(np.prod(game.shape))
    speaks = np.ones(len(points), dtype=np.bool_)
    status = np.asarray(solution._status).reshape(-1).copy()
    mixed = np.zeros(len(points), dtype=np.bool_)
    for s in points.strategies:
        mixed |= s.max(axis=1) < 1 - TIE
    if isinstance(game, NormalForm):
        i = game.player_index(problem.decider)
        _same_options(problem, game.actions[i])
        if problem.method == "commitment" and solution.options.get("leader", game.players[0]) == problem.decider:
            value, others = _committed_options(game, i, solution)
        else:
            value, others = normal_options(game, problem.decider, points.owner, points.strategies, points.joint)
        choice = points.strategies[i]
        outcome = _normal_outcomes(problem, game, others)
        incredible = np.zeros(value.shape, dtype=np.bool_)
        flat = game.entries()[i].reshape(int(np.prod(game.n_actions)), n)
        scale = flat.max(axis=0) - flat.min(axis=0)
    elif isinstance(game, StochasticGame):
        return _rows_of_states(problem, solution), speaks
    else:
        decision = find_decision(game.structure, problem.decider, problem.at)
        _same_options(problem, decision.options)
        check = METHODS[problem.method].check
        held = points.beliefs[decision.infoset] if points.beliefs else None
        value, choice, outcome, speaks = tree_options(
            game[points.owner], decision, points.strategies, check=check, beliefs=held
        )
        outcome = _by_label(problem, game.outcomes, outcome)
        incredible = (choice <= TIE) & (check == "regret")
        flat = np.moveaxis(game.payoffs, 0, -1)[decision.player]
        scale = flat.max(axis=0) - flat.min(axis=0)
    rows = _Rows(
        owner=points.owner,
        value=value,
        choice=choice,
        payoff=points.payoffs,
        outcome=outcome,
        mixed=mixed,
        incredible=incredible,
        scale=scale,
        tied=np.asarray(solution._tied).reshape(-1),
        complete=np.asarray(solution._complete).reshape(-1),
        status=status,
        silent=np.zeros(n, dtype=np.intp),
    )
    return rows, speaks


def _rows_of_states(problem: Problem, solution: Solution) -> _Rows:
    """Every equilibrium of stochastic games; payoffs are those from the decision's state on."""
    points, horizon = solution.points, solution.options.get("horizon")
    decision = find_state(solution.game, problem.decider, problem.at, horizon)
    _same_options(problem, decision.options)
    found = state_options(solution.game[points.owner], decision, points.strategies, horizon)
    return _Rows(
        owner=points.owner,
        value=found.value,
        choice=found.choice,
        payoff=found.payoff,
        outcome=np.zeros((*found.value.shape, 0)),
        mixed=np.any([s.max(axis=1) < 1 - TIE for s in points.strategies], axis=0),
        incredible=np.zeros(found.value.shape, dtype=np.bool_),  # credible from every state
        scale=discounted_range(solution.game, decision.player, horizon),
        tied=np.asarray(solution._tied).reshape(-1),
        complete=np.asarray(solution._complete).reshape(-1),
        status=np.asarray(solution._status).reshape(-1).copy(),
        silent=np.zeros(int(np.prod(solution.shape)), dtype=np.intp),
    )


def _committed_options(game: NormalForm, leader: int, solution: Solution) -> tuple[FloatArray, FloatArray]:
    """Value the leader's actions, each answered by a follower that sees it."""
    ties = solution.options.get("ties", "strong")
    replies = replies_to_actions(game, leader=game.players[leader], ties=ties)[solution.points.owner]
    own = np.moveaxis(np.moveaxis(game.entries()[leader], leader, 0), -1, 0)[solution.points.owner]
    return np.asarray((own * replies).sum(axis=2)), replies


def _normal_outcomes(problem: Problem, game: NormalForm, others: FloatArray) -> FloatArray:
    """Probability of each label after each option, shape (e, n_options, n_outcomes).

    `others` is how they play, shape (e, n_profiles), or after each option, (e, n_options, n_profiles).
    """
    i = game.player_index(problem.decider)
    place = {label: k for k, label in enumerate(problem.outcomes)}
    found = np.zeros((len(others), len(problem.options_of_decider), len(place)))
    rest = [n for j, n in enumerate(game.n_actions) if j != i]
    for profile, index in zip(game.profiles, np.ndindex(*game.n_actions), strict=True):
        column = int(np.ravel_multi_index([k for j, k in enumerate(index) if j != i], rest)) if rest else 0
        for label in dict.fromkeys(map(label_text, game.labels_at(profile))):
            found[:, index[i], place[label]] += others[..., column] if others.ndim == 2 else others[:, index[i], column]
    return found


def _pick_by_rule(problem: Problem, solution: Solution, rows: _Rows) -> _Rows:
    """Pick by one of the rules of `decide.select`, or by the caller's function."""
    picked = choose(solution, problem.selection)
    status = rows.status.copy()
    status[solved(status) & (picked < 0)] = Status.NO_SELECTION
    return replace(rows, status=status, picked=picked)


# ------------------------------------------------------------------ from rows to a table


def _advantage(value: FloatArray) -> FloatArray:
    """Each option's value less the best other's; 0 where there is no other."""
    k = value.shape[1]
    if k == 1:
        return np.zeros(value.shape)
    columns = [value[:, j] for j in range(k)]
    found = np.empty((k, len(value)))
    for j in range(k):
        others = [c for i, c in enumerate(columns) if i != j]
        best = others[0]
        for c in others[1:]:
            best = np.maximum(best, c)
        found[j] = columns[j] - best
    return found.T


def _label(score: FloatArray, slack: FloatArray) -> NDArray[np.int16]:
    """The option with the highest score, or the class of ties."""
    columns = [score[:, j] for j in range(score.shape[1])]
    top = columns[0]
    for c in columns[1:]:
        top = np.maximum(top, c)
    edge = top - slack
    count, code = np.zeros(len(score), dtype=np.int16), np.zeros(len(score), dtype=np.int16)
    for j, c in enumerate(columns):
        best = c >= edge
        count += best
        code[best] = j
    return np.where(count == 1, code, np.int16(score.shape[1] + TIED))


def _tabulate(problem: Problem, rows: _Rows, n: int, wanted: frozenset[str]) -> Table:
    k = len(problem.options_of_decider)
    slack = TIE * rows.scale
    label = _label(rows.value, slack[rows.owner])
    advantage = _advantage(rows.value)
    count = np.bincount(rows.owner, minlength=n)
    status = rows.status.copy()
    status[(count == 0) & solved(status)] = Status.NO_EQUILIBRIUM
    if len(rows.owner) == n and bool(np.all(count == 1)):
        same_selected = np.ones(n, dtype=np.bool_)
        if rows.picked is None and problem.selection == "mixed":
            status[solved(status) & ~rows.mixed] = Status.NO_SELECTION
        pick = np.arange(n)
        recommended = label
        span: Callable[[FloatArray], tuple[FloatArray, FloatArray]] = lambda x: (x, x)  # noqa: E731
    else:
        pick, same_selected, unselected = _select(problem, rows, label, slack, count, n)
        status[solved(status) & unselected] = Status.NO_SELECTION
        lowest, highest = _span(label[:, None], rows.owner, count, n)
        recommended = np.where(lowest[:, 0] == highest[:, 0], lowest[:, 0], np.int16(k + DEPENDS)).astype(np.int16)
        span = lambda x: _span(x, rows.owner, count, n)  # noqa: E731
    unchosen = status == Status.NO_SELECTION  # solved, but the rule chose none: what runs over all stands
    failed = ~solved(status) & ~unchosen
    found: Table = {}
    for name, column in (("option_value", rows.value), ("advantage", advantage), ("choice", rows.choice)):
        if wanted & {name, f"{name}_low", f"{name}_high"}:
            found[name] = _at(column, pick)
            found[f"{name}_low"], found[f"{name}_high"] = span(column)
    found["incredible"] = _at(rows.incredible, pick)
    selected = np.where(same_selected, _at(label, pick), np.int16(k + DEPENDS)).astype(np.int16)
    modal = _label(_at(rows.choice, pick), np.full(n, TIE))
    for name, codes in (("recommended", recommended), ("selected", selected), ("modal_choice", modal)):
        missing = failed if name == "recommended" else failed | unchosen
        found[name] = np.where(missing, np.int16(k + FAILED), codes).astype(np.int16)
    best = _at(advantage, pick).max(axis=1)
    found["margin"] = np.where(best > slack, best, 0.0)
    if "payoff" in wanted:
        found["payoff"] = _at(rows.payoff, pick)
    if "outcome_probability" in wanted:
        found["outcome_probability"] = _at(rows.outcome, pick)
    found["n_equilibria"] = (count + rows.silent).astype(np.int32)
    found["n_silent"] = rows.silent.astype(np.int32)
    if "n_recommended" in wanted:
        found["n_recommended"] = _different(rows.owner, label, k, n)
    found["complete"], found["tied"] = rows.complete, rows.tied
    if failed.any() or unchosen.any():
        for name, column in found.items():
            if name not in ("recommended", "selected", "modal_choice", "n_equilibria", "n_silent", "n_recommended"):
                over_all = name.endswith(("_low", "_high")) or name in ("complete", "tied")
                missing = failed if over_all else failed | unchosen
                found[name] = np.where(
                    missing.reshape((-1,) + (1,) * (column.ndim - 1)), np.zeros((), column.dtype), column
                )
    found["status"] = status.astype(np.int8)
    return {name: column for name, column in found.items() if name in wanted}


def _different(owner: NDArray[np.intp], label: NDArray[np.int16], k: int, n: int) -> NDArray[np.int16]:
    """How many options are recommended by one equilibrium or another of each world; ties are none."""
    pairs = np.unique(owner[label < k] * k + label[label < k])
    return np.bincount(pairs // k, minlength=n).astype(np.int16)


def _at(column: NDArray[Any], pick: NDArray[np.intp]) -> NDArray[Any]:
    """Take rows; where there is none, zeros."""
    if len(column) == len(pick) and np.array_equal(pick, np.arange(len(pick))):
        return column
    if not len(column):
        return np.zeros((len(pick), *column.shape[1:]), dtype=column.dtype)
    taken = column[np.maximum(pick, 0)]
    taken[pick < 0] = 0
    return taken


def _span(column: NDArray[Any], owner: NDArray[np.intp], count: NDArray[np.intp], n: int) -> tuple[Any, Any]:
    """Least and greatest over the rows of each world; zeros where there are none."""
    low = np.zeros((n, *column.shape[1:]), dtype=column.dtype)
    high = low.copy()
    some = np.flatnonzero(count)
    if len(some):
        starts = np.searchsorted(owner, some)
        low[some] = np.minimum.reduceat(column, starts, axis=0)
        high[some] = np.maximum.reduceat(column, starts, axis=0)
    return low, high


def _select(
    problem: Problem, rows: _Rows, label: NDArray[np.int16], slack: FloatArray, count: NDArray[np.intp], n: int
) -> tuple[NDArray[np.intp], NDArray[np.bool_], NDArray[np.bool_]]:
    """Pick one equilibrium a world.

    Returns
    -------
    pick : numpy.ndarray of int, shape (n,)
        Row, -1 where there is none.
    same : numpy.ndarray of bool, shape (n,)
        Whether all equilibria that meet the rule equally well favour the same option.
    unselected : numpy.ndarray of bool, shape (n,)
        Whether the rule picks none.
    """
    if rows.picked is not None:
        return rows.picked, np.ones(n, dtype=np.bool_), rows.picked < 0
    if problem.selection == "mixed":
        meets = rows.mixed
    else:
        i = problem.players.index(problem.decider)
        alone = not rows.payoff.shape[1]  # one equilibrium a world at most, so that nobody asked what it pays
        money = np.zeros(len(rows.owner)) if alone else rows.payoff[:, i]
        low, high = _span(money[:, None], rows.owner, count, n)
        if problem.selection == "worst":
            meets = money <= (low[:, 0] + slack)[rows.owner]
        else:
            meets = money >= (high[:, 0] - slack)[rows.owner]
    kept = np.flatnonzero(meets)
    owner = rows.owner[kept]
    found = np.bincount(owner, minlength=n)
    order = np.lexsort(
        (*rows.value[kept].T[::-1], owner)
    )  # among equals the one of least option values, in option order
    pick = np.full(n, -1, dtype=np.intp)
    some = np.flatnonzero(found)
    pick[some] = kept[order][np.searchsorted(owner[order], some)]
    lowest, highest = _span(label[kept][:, None], owner, found, n)
    unselected = (found != 1) & (count > 0) if problem.selection == "mixed" else (found == 0) & (count > 0)
    return pick, lowest[:, 0] == highest[:, 0], unselected


def _scatter(table: Table, alive: NDArray[np.intp], n: int, k: int) -> Table:
    """Put the worlds that made valid games back among those that did not."""
    full: Table = {}
    for name, column in table.items():
        full[name] = np.zeros((n, *column.shape[1:]), dtype=column.dtype)
        if name in ("recommended", "selected", "modal_choice"):
            full[name][:] = k + FAILED
        if name == "status":
            full[name][:] = Status.INVALID_GAME
        full[name][alive] = column
    return full
