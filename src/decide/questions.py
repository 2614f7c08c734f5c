"""Questions about a model that the answer may hang on: where it flips, and what each view makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import StudyError
from decide.evaluate import CLASSES, evaluate, settle
from decide.models import Model
from decide.sensitivity.switching import FloatArray, Seen, regions
from decide.study import Selection, Study, sweep

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Interval", "Intervals", "compare_views", "switch_points"]

BATCH = 4_096


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
    if not isinstance(model, Model):
        raise StudyError(f"{model!r} is a {type(model).__name__}; expected a model")
    p = model.space[parameter]
    low = p.low if low is None else float(low)
    high = p.high if high is None else float(high)
    if low is None or high is None or p.choices is not None or not (np.isfinite([low, high]).all() and low < high):
        raise StudyError(f"{parameter} has the range [{low}, {high}]; expected a finite one, or low= and high=")
    if isinstance(resolution, bool) or not isinstance(resolution, int | np.integer) or resolution < 1:
        raise StudyError(f"resolution is {resolution!r}; expected an integer from 1")
    if by not in ("recommended", "selected"):
        raise StudyError(f"by is {by!r}; expected 'recommended' or 'selected'")
    values = model.values(base)
    problem, _ = settle(model, values, method, selection, decider, at, options)
    names = frozenset({by, "option_value", "option_value_low", "option_value_high", "margin", "status"})
    scale = _scale_of(problem, values)

    def look(points: FloatArray) -> Seen:
        parts = []
        for start in range(0, len(points), BATCH):
            part = points[start : start + BATCH]
            parts.append(evaluate(problem, {**values, parameter: part}, len(part), names))
        joined = {k: np.concatenate([t[k] for t in parts]) for k in parts[0]}
        value = np.concatenate([joined[k] for k in ("option_value", "option_value_low", "option_value_high")], axis=1)
        size = max(scale, float(np.ptp(value)))
        return Seen(joined[by], value, np.full(len(points), size), len(problem.options_of_decider))

    scan = regions(look, low, high, resolution=int(resolution))
    labels = (*problem.options_of_decider, *CLASSES)
    found = Intervals(
        Interval(scan.edges[k], scan.edges[k + 1], labels[code], scan.kinds[k], scan.kinds[k + 1])
        for k, code in enumerate(scan.labels)
    )
    found.parameter, found.options = parameter, problem.options_of_decider
    found.resolution = (high - low) / resolution
    found.precision = 1e-10 * (high - low)
    return found


def _scale_of(problem: Any, values: Mapping[str, Any]) -> float:
    """The decider's payoff range in the base world: what a change of value is measured against."""
    game, _ = problem.model.problem(values)
    axis = game.players.index(problem.decider)
    payoffs = np.moveaxis(game.payoffs, -1 - (1 if not hasattr(game, "actions") else len(game.actions)), 0)[axis]
    return float(np.ptp(payoffs))


def compare_views(
    model: Model[Any], views: Iterable[str] | None = None, *, base: Mapping[str, Any] | None = None, **keywords: Any
) -> Study:
    """Solve a model once through each party's eyes.

    Parameters
    ----------
    model : Model
    views : iterable of str, optional
        Names of views, ``"base"`` among them; the base and all views unless given.
    base : mapping, optional
        Values and settings that hold in all of them, unless a view says otherwise.
    **keywords
        As for `decide.sweep`.

    Returns
    -------
    Study
        One draw a view, in order; its data has the coordinate ``view`` along ``draw``.

    Raises
    ------
    StudyError
        If the views differ in settings, which a study has only one of each, or as for `decide.sweep`.
    UnknownNameError
        If there is no such view, or `base` names what is neither a parameter nor a setting.

    Examples
    --------
    >>> from decide import ExtensiveForm, Outcome, Parameter, Value, model
    >>> from decide import Decision as Choose
    >>> @model(decider="Us", views={"hopeful": {"rain": 3.0}})
    ... def harvest(*, rain: Value = Parameter(1, low=0, high=4), seed: Value = Parameter(2, low=1, high=3)):
    ...     return ExtensiveForm(Choose("Us", {"sow": Outcome({"Us": rain}), "keep": Outcome({"Us": seed})}))
    >>> study = compare_views(harvest)
    >>> study.data["view"].values.tolist(), study.data["option_value"].values.tolist()
    (['base', 'hopeful'], [[1.0, 2.0], [3.0, 2.0]])
    >>> study.to_dataframe()["recommended"].tolist()
    ['keep', 'sow']
    """
    if not isinstance(model, Model):
        raise StudyError(f"{model!r} is a {type(model).__name__}; expected a Model")
    if isinstance(views, str) or (base is not None and not isinstance(base, Mapping)):
        raise StudyError(f"views is {views!r} and base {base!r}; expected a sequence of names, and values by name")
    names = ["base", *model.views] if views is None else list(views)
    if not names:
        raise StudyError("views is empty; expected at least one")
    common = dict(base or {})
    rows = [
        model.values({**common, **(dict(model.views[v]) if v in model.views else model.values(v) and {})})
        for v in names
    ]
    settings = [{k: row[k] for k in model.settings} for row in rows]
    if any(s != settings[0] for s in settings):
        raise StudyError("these views differ in settings; compare them one by one, with sweep(..., base=)")
    columns = {name: np.array([row[name] for row in rows]) for name in model.parameters}
    design = {name: column for name, column in columns.items() if np.any(column != column[0])}
    same = {name: float(column[0]) for name, column in columns.items() if name not in design}
    if not design:  # one view, or views that agree: still one draw each
        design = {name: same.pop(name) * np.ones(len(names)) for name in list(same)[:1]}
    study = sweep(model, design, base={**same, **settings[0]}, **keywords)
    data = study.data.assign_coords(view=("draw", names))
    return Study(data.assign_attrs(base=json.dumps({k: str(v) for k, v in common.items()})))
