"""What one parameter at a time does: the tornado, and the profile along one parameter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import StudyError
from decide.evaluate import FAILED, Table, check_coordinate
from decide.models import Model
from decide.points import solved
from decide.questions.asking import Asked, FloatArray, ask, check_resolution, those_named
from decide.sensitivity.extremes import Extremes, extremes_of_lines
from decide.sensitivity.switching import SLIVER, Scan, regions
from decide.study import Selection

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["profile", "tornado"]


def tornado(
    model: Model[Any],
    *,
    base: Mapping[str, Any] | str | None = None,
    parameters: Iterable[str] | None = None,
    resolution: int = 100,
    method: str = "auto",
    selection: Selection | None = None,
    decider: str | None = None,
    at: str | None = None,
    **options: Any,
) -> xr.Dataset:
    """Show what each parameter alone does to the value of the decision, and where it flips the answer.

    Parameters
    ----------
    model : Model
    base : mapping or str, optional
        Values of the other parameters by name, or the name of a view.
    parameters : iterable of str, optional
        All with a range unless given.
    resolution : int
        Every range is looked at in so many equal steps, then refined.
    method, selection, decider, at, **options
        As for `decide.sweep`.

    Returns
    -------
    xarray.Dataset
        Over ``parameter``, the widest first:

        - ``low``, ``high``: the least and the greatest the decision is worth to the decider as the parameter runs
          through its range and the decider takes the best option each time; true extremes, wherever in the range they
          lie. ``at_low``, ``at_high``: the values of the parameter there.
        - ``fixed_low``, ``fixed_high``, ``at_fixed_low``, ``at_fixed_high``: the same if the decider keeps to the
          option recommended at the base (attribute ``held``).
        - ``flips``: how often the recommendation changes along the range. ``flip`` (parameter, side): the value of the
          nearest change below and above the base, and ``flips_to``, the answer beyond it; ``has_flip`` says whether
          there is one (where not, `flip` is the end of the range). Where ``choices`` (parameter), only certain values
          are possible, and `flip` is the nearest of them that has another answer.
        - ``base``, ``range_low``, ``range_high``; ``failed``: how many of the worlds looked at on the grid failed.

    Raises
    ------
    StudyError, UnknownNameError
        If there is no such parameter, or it has no finite range.

    Notes
    -----
    With several equilibria the value is that of the selected one; worlds in which the rule selects none have none, and
    bars are NaN where there is none at all. Parameters with ``choices`` are looked at where they
    can be. Cost: about 2,000 solves a parameter, all parameters together in a few calls, and 200 for each change.

    Examples
    --------
    >>> from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
    >>> @model(decider="Us")
    ... def harvest(*, rain: Value = Parameter(1, low=0, high=4), seed: Value = Parameter(2, low=1, high=3)):
    ...     return ExtensiveForm(Decision("Us", {"sow": Outcome({"Us": rain}), "keep": Outcome({"Us": seed})}))
    >>> bars = tornado(harvest)
    >>> bars[["low", "high", "at_low", "at_high", "flips"]].to_dataframe()
               low  high  at_low  at_high  flips
    parameter
    rain       2.0   4.0     0.0      4.0      1
    seed       1.0   3.0     1.0      3.0      0
    """
    import xarray as xr

    check_resolution(resolution)
    asked = ask(model, base, method=method, selection=selection, decider=decider, at=at, options=options)
    names = those_named(model.space, parameters)
    if not names:
        raise StudyError(f"{model.name} has no parameter with a range; there is nothing to vary")
    code = int(asked.base["selected"][0])
    held = code if code < len(asked.options) else int(asked.base["option_value"][0].argmax())
    bars, worth = _bars(asked, names, held, resolution), _worth(asked.base, held)[0]
    bars.sort(key=lambda bar: -(bar["high"] - bar["low"]) if bar["high"] >= bar["low"] else 0.0)
    columns: dict[str, Any] = {
        key: ("parameter", [bar[key] for bar in bars])
        for key in bars[0]
        if key not in ("name", "flip", "flips_to", "has_flip")
    }
    for key in ("flip", "flips_to", "has_flip"):
        columns[key] = (("parameter", "side"), [bar[key] for bar in bars])
    return xr.Dataset(
        columns,
        coords={"parameter": [bar["name"] for bar in bars], "side": ["below", "above"]},
        attrs={
            "model": model.name,
            "title": model.title,
            "decider": asked.problem.decider,
            "held": asked.options[held],
            "recommended": asked.labels[int(asked.base["recommended"][0])],
            "base_value": float(worth[0]),
            "base_fixed": float(worth[1]),
            "method": asked.problem.method,
            "selection": str(asked.problem.selection),
            "resolution": resolution,
        },
    )


def profile(
    model: Model[Any],
    parameter: str,
    *,
    base: Mapping[str, Any] | str | None = None,
    low: float | None = None,
    high: float | None = None,
    resolution: int = 100,
    method: str = "auto",
    selection: Selection | None = None,
    decider: str | None = None,
    at: str | None = None,
    **options: Any,
) -> xr.Dataset:
    """Follow what every option is worth along one parameter, all others at base.

    Parameters
    ----------
    model : Model
    parameter : str
        A parameter, or an option of the method that may differ between worlds (then `low` and `high` are needed).
    base, low, high, resolution, method, selection, decider, at, **options
        As for `decide.switch_points`.

    Returns
    -------
    xarray.Dataset
        Over the parameter's values, those just beside every switch point among them: ``option_value`` (value, option)
        with ``_low`` and ``_high`` over all equilibria, ``recommended`` (codes of the coordinate ``recommendation``),
        ``n_equilibria``, ``status`` and ``failed``, where there is no answer: values there are filler (zeros; the plain
        ones also where a selection rule chose none, as ``status`` says). Over ``switch``: ``switch_point``, ``kind``.

    Examples
    --------
    >>> from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
    >>> @model(decider="Us")
    ... def harvest(*, rain: Value = Parameter(1, low=0, high=4), seed: Value = Parameter(2, low=1, high=3)):
    ...     return ExtensiveForm(Decision("Us", {"sow": Outcome({"Us": rain}), "keep": Outcome({"Us": seed})}))
    >>> line = profile(harvest, "rain", resolution=4)
    >>> line["switch_point"].values, line["option_value"].sel(option="sow").values[[0, -1]]
    (array([2.]), array([0., 4.]))
    """
    import xarray as xr

    check_resolution(resolution)
    asked = ask(model, base, method=method, selection=selection, decider=decider, at=at, options=options)
    check_coordinate(parameter, ("failed", "kind", "switch", "switch_point"))
    low, high = asked.range_of(parameter, low, high)
    scan = regions(asked.follow(parameter, "recommended"), low, high, resolution=resolution)
    inner = np.array(scan.edges[1:-1])
    beside = SLIVER * (high - low)  # nearer, somebody's tie would be shown as if it were a value
    points = np.unique(np.concatenate([np.linspace(low, high, resolution + 1), inner - beside, inner + beside]))
    values = ("option_value", "option_value_low", "option_value_high")
    table = asked.worlds({parameter: points}, frozenset({*values, "recommended", "n_equilibria", "status"}))
    columns: dict[str, Any] = {name: ((parameter, "option"), table[name]) for name in values}
    columns |= {name: (parameter, table[name]) for name in ("recommended", "n_equilibria", "status")}
    columns["failed"] = (parameter, table["recommended"] == len(asked.options) + FAILED)
    columns["switch_point"], columns["kind"] = ("switch", inner), ("switch", list(scan.kinds[1:-1]))
    here = asked.values.get(parameter, asked.problem.options.get(parameter, np.nan))
    return xr.Dataset(
        columns,
        coords={parameter: points, "option": list(asked.options), "recommendation": list(asked.labels)},
        attrs={
            "model": model.name,
            "title": model.title,
            "parameter": parameter,
            "decider": asked.problem.decider,
            "base": float(here),
            "method": asked.problem.method,
            "selection": str(asked.problem.selection),
        },
    )


def _bars(asked: Asked, names: tuple[str, ...], held: int, resolution: int) -> list[dict[str, Any]]:
    """All that the tornado says of each parameter; worlds of all of them are solved together."""
    space = asked.problem.model.space
    lines = [name for name in names if space[name].choices is None]
    ends = np.array([asked.range_of(name) for name in lines]).reshape(-1, 2)
    lost: dict[str, int] = {}

    def look(line: NDArray[np.intp], points: FloatArray) -> FloatArray:
        order = np.argsort(line, kind="stable")
        own = {name: points[line == k] for k, name in enumerate(lines) if (line == k).any()}
        tables = asked.lines(own, frozenset({"option_value", "recommended", "status"}))
        found = np.empty((len(points), 2))
        found[order] = np.concatenate([_worth(table, held) for table in tables.values()])
        if not lost:  # the grid
            lost.update({name: int((t["recommended"] == len(asked.labels) - 1).sum()) for name, t in tables.items()})
        return found

    widest = extremes_of_lines(look, ends[:, 0], ends[:, 1], resolution=resolution) if lines else []
    found = dict(zip(lines, widest, strict=True))
    reach = {}
    for name, (low, high) in zip(lines, ends.tolist(), strict=True):
        here = float(asked.values[name])
        if low <= here <= high:
            found[name] = _with_base(found[name], _worth(asked.base, held)[0], here)
        reach[name] = min(low, here), max(high, here)  # a view outside the range: what lies between is looked at too
    scans = asked.scans(reach, "recommended", resolution)
    for name in names:
        choices = space[name].choices
        if choices is not None:
            found[name], scans[name], lost[name] = _of_choices(asked, name, np.array(sorted(set(choices))), held)
    return [_bar(asked, name, found[name], scans[name], lost.get(name, 0)) for name in names]


def _worth(table: Table, held: int) -> FloatArray:
    """What the best option and the one held are worth; NaN where a world failed, or the rule selected nothing."""
    both = np.stack([table["option_value"].max(axis=1), table["option_value"][:, held]], axis=1)
    return np.where(solved(table["status"])[:, None], both, np.nan)


def _bar(asked: Asked, name: str, found: Extremes, scan: Scan, failed: int) -> dict[str, Any]:
    """All that the tornado says of one parameter."""
    p, at_base = asked.problem.model.space[name], float(asked.values[name])
    sides = _nearest_flips(scan, at_base, int(asked.base["recommended"][0]))
    ends = (scan.edges[0], scan.edges[-1])
    low, high = (min(p.choices), max(p.choices)) if p.choices is not None else asked.range_of(name)
    flip = [ends[k] if side is None else side[0] for k, side in enumerate(sides)]
    if p.choices is not None:  # between two of them there is nothing: the first one that has another answer
        below, above = ([c for c in p.choices if c < flip[0]], [c for c in p.choices if c > flip[1]])
        flip = [max(below) if sides[0] and below else flip[0], min(above) if sides[1] and above else flip[1]]
    return {
        "name": name,
        "low": found.low[0], "high": found.high[0], "at_low": found.at_low[0], "at_high": found.at_high[0],
        "fixed_low": found.low[1], "fixed_high": found.high[1],
        "at_fixed_low": found.at_low[1], "at_fixed_high": found.at_high[1],
        "flips": len(scan.edges) - 2,
        "flip": flip,
        "flips_to": ["" if side is None else asked.labels[side[1]] for side in sides],
        "has_flip": [side is not None for side in sides],
        "base": at_base, "choices": p.choices is not None, "range_low": low, "range_high": high, "failed": failed,
    }  # fmt: skip


def _with_base(found: Extremes, here: FloatArray, at: float) -> Extremes:
    """Extremes that take in the base: a grid may pass over the peak that it stands on."""
    less, more = here < found.low, here > found.high
    return Extremes(
        np.where(less, here, found.low), np.where(less, at, found.at_low),
        np.where(more, here, found.high), np.where(more, at, found.at_high),
    )  # fmt: skip


def _of_choices(asked: Asked, name: str, choices: FloatArray, held: int) -> tuple[Extremes, Scan, int]:
    """The same for a parameter that takes certain values only: changes lie half-way between two of them."""
    table = asked.worlds({name: choices}, frozenset({"option_value", "recommended", "status"}))
    value = _worth(table, held)
    missing = np.isnan(value)
    low, high = np.where(missing, np.inf, value).argmin(axis=0), np.where(missing, -np.inf, value).argmax(axis=0)
    where = np.where(missing.all(axis=0), np.nan, choices[[low, high]])
    both = np.arange(2)
    codes = table["recommended"]
    turns = np.flatnonzero(codes[1:] != codes[:-1])
    edges = (float(choices[0]), *((choices[turns] + choices[turns + 1]) / 2).tolist(), float(choices[-1]))
    labels = (int(codes[0]), *(int(codes[k + 1]) for k in turns))
    scan = Scan(edges, labels, ("range", *["jump"] * len(turns), "range"))
    found = Extremes(value[low, both], where[0], value[high, both], where[1])
    return found, scan, int((codes == len(asked.labels) - 1).sum())


def _nearest_flips(scan: Scan, at: float, start: int) -> tuple[tuple[float, int] | None, tuple[float, int] | None]:
    """The nearest change of the answer below and above a value: where, and to what."""
    below = above = None
    for code, low, high in zip(scan.labels, scan.edges[:-1], scan.edges[1:], strict=True):
        if code != start and high <= at:
            below = (high, code)
        if code != start and low >= at and above is None:
            above = (low, code)
    return below, above
