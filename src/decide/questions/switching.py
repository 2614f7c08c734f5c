"""For which values of a parameter which option is best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import StudyError
from decide.models import Model
from decide.questions.asking import ask
from decide.sensitivity.switching import FloatArray, Seen, regions
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
    """

    parameter: str
    options: tuple[str, ...]
    resolution: float
    precision: float

    @property
    def switches(self) -> tuple[float, ...]:
        """The values at which the answer changes."""
        return tuple(i.high for i in self[:-1])

    def at(self, value: float) -> str:
        """Return the answer at a value of the parameter."""
        for i in self:
            if i.low <= value <= i.high:
                return i.option
        raise StudyError(f"{self.parameter} is {value!r}; expected a value in [{self[0].low}, {self[-1].high}]")

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas frame, one row an interval."""
        import pandas as pd

        return pd.DataFrame(list(self))

    def __repr__(self) -> str:
        rows = "; ".join(f"{i.option} on [{i.low:.6g}, {i.high:.6g}]" for i in self)
        return f"<{self.parameter}: {rows}>"


def switch_points(
    model: Model[Any],
    parameter: str,
    *,
    base: Mapping[str, Any] | str | None = None,
    low: float | None = None,
    high: float | None = None,
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
    base : mapping or str, optional
        Values of the other parameters by name, or the name of a view.
    low, high : float, optional
        The range to look at; the parameter's own unless given.
    by : {"recommended", "selected"}
        Which answer is followed.
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
        If `model` is no model, the parameter has no finite range to look at (or only certain values, by ``choices``),
        or `resolution` or `by` is none of these.
    UnknownNameError
        If there is no such parameter, view or other name.

    Notes
    -----
    Boundaries are placed to within 1e-10 of the range. Cost: ``resolution`` solves, and about 200 for each boundary.

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
    """
    if isinstance(resolution, bool) or not isinstance(resolution, int | np.integer) or resolution < 1:
        raise StudyError(f"resolution is {resolution!r}; expected an integer from 1")
    if by not in ("recommended", "selected"):
        raise StudyError(f"by is {by!r}; expected 'recommended' or 'selected'")
    asked = ask(model, base, method=method, selection=selection, decider=decider, at=at, options=options)
    low, high = asked.range_of(parameter, low, high)
    names = frozenset({by, "option_value", "option_value_low", "option_value_high", "margin", "status"})

    def look(points: FloatArray) -> Seen:
        table = asked.worlds({parameter: points}, names)
        value = np.concatenate([table[k] for k in ("option_value", "option_value_low", "option_value_high")], axis=1)
        size = max(asked.scale, float(np.ptp(value)))
        return Seen(table[by], value, np.full(len(points), size), len(asked.options))

    scan = regions(look, low, high, resolution=int(resolution))
    found = Intervals(
        Interval(scan.edges[k], scan.edges[k + 1], asked.labels[code], scan.kinds[k], scan.kinds[k + 1])
        for k, code in enumerate(scan.labels)
    )
    found.parameter, found.options = parameter, asked.options
    found.resolution = (high - low) / resolution
    found.precision = 1e-10 * (high - low)
    return found
