"""What every question starts from: a model, settled once at a base, then solved in as many worlds as it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import StudyError, unknown
from decide.evaluate import CLASSES, PER_GAME, Problem, Table, evaluate, settle, variables
from decide.games.stochastic import StochasticGame
from decide.models import Model
from decide.parameters import Space
from decide.sensitivity.switching import Seen
from decide.solvers import METHODS
from decide.solvers.decision import discounted_range
from decide.study import Selection

__all__ = ["ANSWERS", "Asked", "ask", "check_answer", "check_resolution", "range_of"]

FloatArray = NDArray[np.float64]

#: Which answers can be followed, and the values that each is read off.
ANSWERS = {"recommended": "option_value", "selected": "option_value", "modal_choice": "choice"}
#: Worlds solved at once.
BATCH = 16_384


@dataclass(frozen=True, eq=False)
class Asked:
    """A question about a model that has been checked and solved at its base.

    Attributes
    ----------
    problem : Problem
    values : mapping
        A full set of base values, settings included.
    base : dict of str to numpy.ndarray
        The base world's row of every variable.
    scale : float
        The decider's payoff range in the base world: what a change of value is measured against.
    """

    problem: Problem
    values: Mapping[str, Any]
    base: Table
    scale: float

    @property
    def options(self) -> tuple[str, ...]:
        """The decider's options."""
        return self.problem.options_of_decider

    @property
    def labels(self) -> tuple[str, ...]:
        """What the codes of an answer stand for: the options, then the classes."""
        return (*self.options, *CLASSES)

    @property
    def scannable(self) -> tuple[str, ...]:
        """Options of the method that may differ between worlds, and so can be looked at like parameters."""
        return tuple(name for name in METHODS[self.problem.method].options if name in PER_GAME)

    def worlds(self, points: Mapping[str, FloatArray], wanted: frozenset[str]) -> Table:
        """Solve many worlds, all else at base.

        Parameters
        ----------
        points : mapping of str to numpy.ndarray, shape (n,)
            Values of parameters, or of those options of the method that may differ between worlds.
        wanted : frozenset of str
            Names of variables; see `decide.evaluate.variables`.

        Returns
        -------
        dict of str to numpy.ndarray
            First axis n.
        """
        n = len(next(iter(points.values())))
        parts = []
        for start in range(0, max(n, 1), BATCH):
            part = {name: column[start : start + BATCH] for name, column in points.items()}
            own = {name: column for name, column in part.items() if name in self.problem.model.parameters}
            told = {name: column for name, column in part.items() if name not in own}
            problem = replace(self.problem, options={**self.problem.options, **told}) if told else self.problem
            parts.append(evaluate(problem, {**self.values, **own}, len(next(iter(part.values()))), wanted))
        return {name: np.concatenate([t[name] for t in parts]) for name in parts[0]}

    def world(self, name: str, value: Any) -> Table:
        """Solve one world in which a parameter, a setting or an option of the method has this value, all else at base.

        Raises
        ------
        StudyError
            If the value is not among the parameter's choices.
        UnknownNameError
            If there is no such name.
        """
        model, told = self.problem.model, METHODS[self.problem.method].options
        if name not in model.parameters and name not in model.settings and name not in told:
            raise unknown("parameter, setting or option of the method", name, [*model.base, *told])
        if name not in model.base:
            problem = replace(self.problem, options={**self.problem.options, name: value})
            return evaluate(problem, self.values, 1, frozenset(variables(problem)))
        choices = model.parameters[name].choices if name in model.parameters else None
        if choices is not None and value not in choices:
            raise StudyError(f"{name} is {value!r}; expected one of its choices {choices}")
        values = model.values(self.values, **{name: value})
        return evaluate(self.problem, values, 1, frozenset(variables(self.problem)))

    def follow(self, name: str, by: str) -> Callable[[FloatArray], Seen]:
        """Return what looks along one parameter at an answer, and at the values it is read off with their spans.

        Values are measured against the largest payoff range or spread of values seen so far, so the first look should
        be at the whole range; odds of play against 1.
        """
        own = ANSWERS[by]
        columns = (own, f"{own}_low", f"{own}_high")
        size = self.scale if own == "option_value" else 1.0

        def look(points: FloatArray) -> Seen:
            nonlocal size
            table = self.worlds({name: points}, frozenset({by, *columns}))
            value = np.concatenate([table[k] for k in columns], axis=1)
            size = max(size, float(np.ptp(value))) if own == "option_value" else size
            return Seen(table[by], value, np.full(len(points), size), len(self.options))

        return look

    def range_of(self, name: str, low: float | None = None, high: float | None = None) -> tuple[float, float]:
        """Return the range of a parameter, or the one given; an option of the method has none of its own.

        Raises
        ------
        StudyError
            If there is no finite range, or the parameter takes only certain values.
        UnknownNameError
            If there is no such parameter.
        """
        if name in self.scannable and name not in self.problem.model.parameters:
            return _finite(name, low, high, None)
        return range_of(self.problem.model.space, name, low, high)


def range_of(space: Space, name: str, low: float | None = None, high: float | None = None) -> tuple[float, float]:
    """Return the range of a parameter, or the one given.

    Raises
    ------
    StudyError
        If there is no finite range, or the parameter takes only certain values.
    UnknownNameError
        If there is no such parameter.
    """
    p = space[name]
    return _finite(name, p.low if low is None else low, p.high if high is None else high, p.choices)


def _finite(name: str, low: float | None, high: float | None, choices: Any) -> tuple[float, float]:
    if low is None or high is None or choices is not None or not (np.isfinite([low, high]).all() and low < high):
        raise StudyError(f"{name} has the range [{low}, {high}]; expected a finite one, or low= and high=")
    return float(low), float(high)


def ask(
    model: Model[Any],
    base: Mapping[str, Any] | str | None = None,
    *,
    method: str = "auto",
    selection: Selection | None = None,
    decider: str | None = None,
    at: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Asked:
    """Check a question and solve the base world, so that whatever is wrong is said at once.

    Parameters
    ----------
    model : Model
    base : mapping or str, optional
        Values by name, or the name of a view.
    method, selection, decider, at
        As for `decide.sweep`.
    options : mapping, optional
        Options of the method.
    """
    if not isinstance(model, Model):
        raise StudyError(f"{model!r} is a {type(model).__name__}; expected a model")
    values = model.values(base)
    problem, table = settle(model, values, method, selection, decider, at, options or {})
    return Asked(problem, values, table, _scale_of(problem, values))


def _scale_of(problem: Problem, values: Mapping[str, Any]) -> float:
    game, _ = problem.model.problem(values)
    axis = game.players.index(problem.decider)
    if isinstance(game, StochasticGame):
        return float(discounted_range(game, axis)[0])
    return float(game.payoffs[axis].max() - game.payoffs[axis].min())


def check_answer(by: Any) -> None:
    """Refuse what is no answer that can be followed."""
    if by not in ANSWERS:
        raise StudyError(f"by is {by!r}; expected {', '.join(map(repr, list(ANSWERS)[:-1]))} or {list(ANSWERS)[-1]!r}")


def check_resolution(resolution: Any) -> None:
    """Refuse what is no number of steps."""
    if isinstance(resolution, bool) or not isinstance(resolution, int | np.integer) or resolution < 1:
        raise StudyError(f"resolution is {resolution!r}; expected an integer from 1")
