"""For which values of a parameter which option is best."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from decide.errors import StudyError
from decide.models import Model
from decide.questions.asking import Asked, ask, check_answer, check_resolution
from decide.sensitivity.switching import PRECISION, regions
from decide.study import Selection

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Interval", "Intervals", "switch_points"]


@dataclass(frozen=True)
class Interval:
    """A range of a parameter over which the answer is the same.

    Attributes
    ----------
    low, high : float
        Where values were listed, the first and the last of a run.
    option : str
        The option recommended there, or the class: ``mixed or tied``, ``depends on equilibrium``, ``failed``.
    kind_low, kind_high : {"range", "crossing", "jump"}
        What ends it: the range of the parameter, two options' values that cross, or values that change abruptly
        because an equilibrium or an exact reply does.
    """

    low: float
    high: float
    option: str
    kind_low: str
    kind_high: str


class Intervals(tuple[Interval, ...]):
    """All intervals of a parameter, from low to high.

    Attributes
    ----------
    parameter : str
    options : tuple of str
        The decider's options, best anywhere or not.
    resolution : float
        Every interval wider than this is found; a narrower one may be missed.
    precision : float
        Boundaries lie within this of the true ones.
    values : tuple
        The values looked at, where they were listed; resolution and precision are then 0.
    """

    parameter: str
    options: tuple[str, ...]
    resolution: float
    precision: float
    values: tuple[Any, ...]

    @property
    def switches(self) -> tuple[float, ...]:
        """The values at which the answer changes; the last ones before a change, where values were listed."""
        return tuple(i.high for i in self[:-1])

    def at(self, value: float) -> str:
        """Return the answer at a value of the parameter."""
        if self.values:
            return self._at_listed(value)
        for i in self:
            if i.low <= value <= i.high:
                return i.option
        raise StudyError(f"{self.parameter} is {value!r}; expected a value in [{self[0].low}, {self[-1].high}]")

    def _runs(self) -> list[str]:
        place = self.values.index
        return [f"{i.option} at {', '.join(map(str, self.values[place(i.low) : place(i.high) + 1]))}" for i in self]

    def _at_listed(self, value: Any) -> str:
        if value not in self.values:
            raise StudyError(f"{self.parameter} is {value!r}; expected one of {self.values}")
        place = self.values.index(value)
        return next(i.option for i in self if place <= self.values.index(i.high))

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas frame, one row an interval."""
        import pandas as pd

        return pd.DataFrame(list(self))

    def __repr__(self) -> str:
        if self.values:
            return f"<{self.parameter}: {'; '.join(self._runs())}>"
        rows = "; ".join(f"{i.option} on [{i.low:.6g}, {i.high:.6g}]" for i in self)
        return f"<{self.parameter}: {rows}>"


def switch_points(
    model: Model[Any],
    parameter: str,
    *,
    base: Mapping[str, Any] | str | None = None,
    low: float | None = None,
    high: float | None = None,
    values: Iterable[Any] | None = None,
    by: str = "recommended",
    resolution: int = 200,
    method: str = "auto",
    selection: Selection | None = None,
    decider: str | None = None,
    at: str | None = None,
    **options: Any,
) -> Intervals:
    """Return for which values of a parameter which option is best, all others at base.

    Parameters
    ----------
    model : Model
    parameter : str
        A parameter; or an option of the method that may differ between worlds, such as ``rationality`` (then `low` and
        `high` are needed); with `values` also a setting, or any option of the method.
    base : mapping or str, optional
        Values of the other parameters by name, or the name of a view.
    low, high : float, optional
        The range to look at; the parameter's own unless given.
    values : iterable, optional
        Look at these values only, in this order: for settings, parameters with ``choices`` and the like. An interval
        then runs from the first to the last value of a run that has the same answer.
    by : {"recommended", "selected", "modal_choice"}
        Which answer is followed: what should be done in every equilibrium, what should be done in the selected one, or
        what is done most likely in the selected one (then roots are those of the odds of play).
    resolution : int
        The range is first looked at in this many equal steps: every interval wider than a step is found.
    method, selection, decider, at, **options
        As for `decide.sweep`.

    Returns
    -------
    Intervals
        A tuple of `Interval`, with the resolution and precision it guarantees.

    Raises
    ------
    StudyError
        If `model` is no model, the parameter has no finite range to look at (or only certain values, by ``choices``:
        list them as `values`), or `resolution` or `by` is none of these.
    UnknownNameError
        If there is no such parameter, view or other name.

    Notes
    -----
    Boundaries are placed to within 1e-10 of the range: where two options' values cross, at the root of their
    difference; at an edge of a range of ties, where the lead goes to zero; at a jump, by narrowing the bracket. Where
    an equilibrium appears or vanishes, that is where the solver, with its tolerance of 1e-9 of the payoff range, stops
    accepting it; `equilibrium_regions` takes the roots of the deviation gains instead. Cost: ``resolution`` solves, and
    about 200 for each boundary.

    Examples
    --------
    >>> from decide import ExtensiveForm, Outcome, Parameter, Value, model
    >>> from decide import Decision as Choose
    >>> @model(decider="Us")
    ... def harvest(*, rain: Value = Parameter(1, low=0, high=4), seed: Value = Parameter(2, low=1, high=3)):
    ...     return ExtensiveForm(Choose("Us", {"sow": Outcome({"Us": rain}), "keep": Outcome({"Us": seed})}))
    >>> intervals = switch_points(harvest, "rain")
    >>> intervals
    <rain: keep on [0, 2]; sow on [2, 4]>
    >>> intervals[0].kind_low, intervals[0].kind_high, intervals.at(3)
    ('range', 'crossing', 'sow')
    >>> switch_points(harvest, "rain", base={"seed": 3}).switches
    (3.0,)
    >>> switch_points(harvest, "rain", values=[0, 1, 3])
    <rain: keep at 0, 1; sow at 3>
    """
    check_resolution(resolution)
    check_answer(by)
    asked = ask(model, base, method=method, selection=selection, decider=decider, at=at, options=options)
    if values is not None:
        if low is not None or high is not None:
            raise StudyError(f"values are given, and low={low!r}, high={high!r}; expected one of the two")
        return _listed(asked, parameter, values, by)
    low, high = asked.range_of(parameter, low, high)
    scan = regions(asked.follow(parameter, by), low, high, resolution=int(resolution))
    found = Intervals(
        Interval(scan.edges[k], scan.edges[k + 1], asked.labels[code], scan.kinds[k], scan.kinds[k + 1])
        for k, code in enumerate(scan.labels)
    )
    found.parameter, found.options, found.values = parameter, asked.options, ()
    found.resolution = (high - low) / resolution
    found.precision = PRECISION * (high - low)
    return found


def _listed(asked: Asked, name: str, values: Iterable[Any], by: str) -> Intervals:
    """The answer at listed values of a parameter, a setting or an option of the method: runs of the same one."""
    listed = tuple(values) if isinstance(values, Iterable) and not isinstance(values, str) else (values,)
    if len(set(map(repr, listed))) != len(listed) or not listed:
        raise StudyError(f"values are {values!r}; expected different ones, at least one")
    codes = [int(asked.world(name, value)[by][0]) for value in listed]
    turns = [0, *(k for k in range(1, len(codes)) if codes[k] != codes[k - 1]), len(codes)]
    found = Intervals(
        Interval(
            listed[start], listed[stop - 1], asked.labels[codes[start]],
            "jump" if start else "range", "jump" if stop < len(codes) else "range",
        )
        for start, stop in itertools.pairwise(turns)
    )  # fmt: skip
    found.parameter, found.options, found.values = name, asked.options, listed
    found.resolution = found.precision = 0.0
    return found
