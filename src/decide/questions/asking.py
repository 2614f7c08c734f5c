"""What every question starts from: a model, settled once at a base, then solved in as many worlds as it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import StudyError, unknown
from decide.evaluate import CLASSES, PER_GAME, Problem, Table, evaluate, settle, variables
from decide.games.stochastic import StochasticGame
from decide.models import Model
from decide.parameters import Space
from decide.sensitivity.switching import Scan, Seen, regions
from decide.solvers import METHODS
from decide.states import discounted_range
from decide.study import Selection

__all__ = ["ANSWERS", "Asked", "ask", "check_answer", "check_resolution", "range_of", "those_named"]

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
            if name in PER_GAME and isinstance(value, str):
                raise StudyError(f"{name} is {value!r}; expected a number")
            problem = replace(self.problem, options={**self.problem.options, name: value})
            return evaluate(problem, self.values, 1, frozenset(variables(problem)))
        choices = model.parameters[name].choices if name in model.parameters else None
        if choices is not None and value not in choices:
            raise StudyError(f"{name} is {value!r}; expected one of its choices {choices}")
        values = model.values(self.values, **{name: value})
        return evaluate(self.problem, values, 1, frozenset(variables(self.problem)))

    def lines(self, points: Mapping[str, FloatArray], wanted: frozenset[str]) -> dict[str, Table]:
        """Solve worlds along several parameters, each alone and all else at base, in one go.

        Parameters
        ----------
        points : mapping of str to numpy.ndarray, shape (n_k,)
            Values by parameter.
        wanted : frozenset of str

        Returns
        -------
        dict of str to dict of str to numpy.ndarray
            By parameter, first axis n_k.
        """
        ends = dict(zip(points, np.cumsum([len(own) for own in points.values()]).tolist(), strict=True))
        columns = {name: np.full(max(ends.values()), float(self.values[name])) for name in points}
        for name, own in points.items():
            columns[name][ends[name] - len(own) : ends[name]] = own
        table = self.worlds(columns, wanted)
        return {
            name: {key: column[ends[name] - len(own) : ends[name]] for key, column in table.items()}
            for name, own in points.items()
        }

    def scans(self, ends: Mapping[str, tuple[float, float]], by: str, resolution: int) -> dict[str, Scan]:
        """Return the regions of the answer along several parameters, each alone.

        Parameters
        ----------
        ends : mapping of str to (float, float)
            From where to where, by parameter.
        by : str
            The answer followed.
        resolution : int
        """
        if not ends:
            return {}
        grids = {name: np.linspace(low, high, resolution + 1) for name, (low, high) in ends.items()}
        tables = self.lines(grids, self._followed(by))
        found = {}
        for name, (low, high) in ends.items():
            look = self.follow(name, by, tables[name])
            found[name] = regions(
                look, low, high, resolution=resolution, first=self._seen(by, tables[name], self._size(by, tables[name]))
            )
        return found

    def follow(self, name: str, by: str, first: Table | None = None) -> Callable[[FloatArray], Seen]:
        """Return what looks along one parameter at an answer, and at the values it is read off with their spans.

        Values are measured against the largest payoff range or spread of values seen so far, so the first look should
        be at the whole range, unless `first` is one; odds of play against 1.
        """
        size = self.scale if first is None else self._size(by, first)

        def look(points: FloatArray) -> Seen:
            nonlocal size
            table = self.worlds({name: points}, self._followed(by))
            size = max(size, self._size(by, table))
            return self._seen(by, table, size)

        return look

    def _followed(self, by: str) -> frozenset[str]:
        return frozenset({by, ANSWERS[by], f"{ANSWERS[by]}_low", f"{ANSWERS[by]}_high"})

    def _size(self, by: str, table: Table) -> float:
        if ANSWERS[by] != "option_value":
            return 1.0
        return max(self.scale, *(float(np.ptp(table[f"option_value{end}"])) for end in ("", "_low", "_high")))

    def _seen(self, by: str, table: Table, size: float) -> Seen:
        value = np.concatenate([table[f"{ANSWERS[by]}{end}"] for end in ("", "_low", "_high")], axis=1)
        return Seen(
            table[by], value, np.full(len(value), size if ANSWERS[by] == "option_value" else 1.0), len(self.options)
        )

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
        if name in self.problem.model.settings:
            raise StudyError(
                f"{name} is a setting of {self.problem.model.name}, and has no range; expected a parameter, or "
                "decide.switch_points with its values listed (values=)"
            )
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


def those_named(space: Space, parameters: Iterable[str] | str | None) -> tuple[str, ...]:
    """Return the parameters asked for, each once; all that can move unless some are named.

    Raises
    ------
    StudyError
        If they are no names.
    UnknownNameError
        If there is no such parameter.
    """
    if parameters is None:
        return space.free
    if not isinstance(parameters, Iterable):
        raise StudyError(f"parameters is {parameters!r}; expected names")
    names = tuple(dict.fromkeys([parameters] if isinstance(parameters, str) else parameters))
    for name in names:
        if name not in space.names:
            raise unknown("parameter", name, space.names)
    return names


def _finite(name: str, low: float | None, high: float | None, choices: Any) -> tuple[float, float]:
    if choices is not None:
        listed = ", ".join(f"{c:g}" for c in choices)
        raise StudyError(
            f"{name} takes only {listed}, and has no range; expected one that has, or decide.switch_points "
            "with values= some of these"
        )
    if low is None or high is None or not (np.isfinite([low, high]).all() and low < high):
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
