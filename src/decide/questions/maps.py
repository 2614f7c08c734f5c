"""Which option is best over two parameters at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import StudyError
from decide.evaluate import check_coordinate
from decide.models import Model
from decide.questions.asking import Asked, FloatArray, ask
from decide.sensitivity.maps import area_error, map_regions
from decide.study import Selection

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["region_map"]

#: What the axes and variables of a map are called, beside the names that no parameter can have.
LABELS = ("area", "area_error", "axis", "boundary", "end", "segment", "side", "sides", "view_at", "view_recommended")


def region_map(
    model: Model[Any],
    x: str,
    y: str,
    *,
    base: Mapping[str, Any] | str | None = None,
    resolution: int = 100,
    method: str = "auto",
    selection: Selection | None = None,
    decider: str | None = None,
    at: str | None = None,
    **options: Any,
) -> xr.Dataset:
    """Map which option is recommended over the ranges of two parameters, all others at base.

    Parameters
    ----------
    model : Model
    x, y : str
        Two parameters.
    base : mapping or str, optional
        Values of the other parameters by name, or the name of a view.
    resolution : int
        Steps of the grid along each parameter, even: a region that holds a node of it is found.
    method, selection, decider, at, **options
        As for `decide.sweep`.

    Returns
    -------
    xarray.Dataset
        Over the two parameters (coordinates of their names): ``recommended`` (codes of the coordinate
        ``recommendation``: the options, then the classes), ``n_recommended`` (how many options one equilibrium or
        another would recommend), ``n_equilibria``, ``margin``, ``status``. Over ``recommendation``: ``area``, the share
        of the map, and ``area_error``. Over ``segment``: ``boundary`` (segment, end, axis), pieces of the boundaries,
        and ``sides`` (segment, side), the two answers each parts. Over ``view``: where the base lies, and those views
        that lie elsewhere (``view_at`` (view, axis)), and ``view_recommended``, the answer of the view itself, which
        may be another than the map's there, because views differ in other parameters too.

    Raises
    ------
    StudyError, UnknownNameError
        If x and y are the same, or no parameters with finite ranges.

    Notes
    -----
    The grid is never read as a boundary: along every edge between nodes that differ, the change is placed to a
    millionth of the edge. Cost: ``resolution**2`` solves, and about 250 for each such edge.

    Examples
    --------
    >>> from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
    >>> @model(decider="Us")
    ... def harvest(*, rain: Value = Parameter(1, low=0, high=4), seed: Value = Parameter(2, low=1, high=3)):
    ...     return ExtensiveForm(Decision("Us", {"sow": Outcome({"Us": rain}), "keep": Outcome({"Us": seed})}))
    >>> found = region_map(harvest, "rain", "seed", resolution=10)
    >>> found["area"].sel(recommendation=["sow", "keep"]).values.round(6)
    array([0.5, 0.5])
    """
    import xarray as xr

    if x == y:
        raise StudyError(f"x and y are both {x!r}; expected two parameters")
    if isinstance(resolution, bool) or not isinstance(resolution, int | np.integer) or resolution < 2 or resolution % 2:
        raise StudyError(f"resolution is {resolution!r}; expected an even number from 2")
    asked = ask(model, base, method=method, selection=selection, decider=decider, at=at, options=options)
    (x_low, x_high), (y_low, y_high) = asked.range_of(x), asked.range_of(y)
    for name in (x, y):
        check_coordinate(name, LABELS)
    xs, ys = np.linspace(x_low, x_high, resolution + 1), np.linspace(y_low, y_high, resolution + 1)
    names = ("recommended", "n_recommended", "n_equilibria", "margin", "status")
    grid = np.meshgrid(xs, ys, indexing="ij")
    table = asked.worlds({x: grid[0].reshape(-1), y: grid[1].reshape(-1)}, frozenset(names))
    shape = grid[0].shape

    def look(px: FloatArray, py: FloatArray) -> Any:
        return asked.worlds({x: px, y: py}, frozenset({"recommended"}))["recommended"]

    codes = table["recommended"].reshape(shape)
    fine = map_regions(look, xs, ys, codes, len(asked.labels))
    coarse = map_regions(look, xs[::2], ys[::2], codes[::2, ::2], len(asked.labels))
    marked = _marked(model, asked.values, base, x, y)
    there = [asked.values if v is None else model.values(v) for v in marked.values()]
    answers = [_answer(asked, values, x) for values in there]
    return xr.Dataset(
        {name: ((x, y), table[name].reshape(shape)) for name in names}
        | {
            "area": ("recommendation", fine.area),
            "area_error": ("recommendation", area_error(fine, coarse)),
            "boundary": (("segment", "end", "axis"), fine.segments),
            "sides": (("segment", "side"), fine.sides),
            "view_at": (("view", "axis"), [[float(v[x]), float(v[y])] for v in there]),
            "view_recommended": ("view", answers),
        },
        coords={
            x: (x, xs, {"unit": model.parameters[x].unit, "doc": model.parameters[x].doc}),
            y: (y, ys, {"unit": model.parameters[y].unit, "doc": model.parameters[y].doc}),
            "recommendation": list(asked.labels),
            "axis": [x, y],
            "view": list(marked),
        },
        attrs={
            "model": model.name,
            "title": model.title,
            "decider": asked.problem.decider,
            "method": asked.problem.method,
            "selection": str(asked.problem.selection),
            "resolution": int(resolution),
            "options": list(asked.options),
        },
    )


def _marked(
    model: Model[Any], values: Mapping[str, Any], base: Mapping[str, Any] | str | None, x: str, y: str
) -> dict[str, str | None]:
    """The base, and the views that lie elsewhere on the map."""
    found: dict[str, str | None] = {base if isinstance(base, str) else "base": None}
    for view in model.views:
        own = model.values(view)
        if view not in found and (own[x], own[y]) != (values[x], values[y]):
            found[view] = view
    return found


def _answer(asked: Asked, values: Mapping[str, Any], name: str) -> int:
    """The answer of one world, all its values given."""
    world = {name: np.array([float(values[name])])}
    return int(replace(asked, values=values).worlds(world, frozenset({"recommended"}))["recommended"][0])
