"""How often each option is best as one parameter takes value after value, all other doubts as they were drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import StudyError, unknown
from decide.evaluate import CLASSES, DEPENDS, FAILED, TIED, Problem, check_coordinate
from decide.points import solved
from decide.study.choosing import believed, column_of
from decide.study.resolving import under_levels
from decide.study.settings import pooled

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["acceptability_of"]

#: Values looked at unless they are given, and worlds solved at once.
POINTS = 21
BATCH = 16_384


def acceptability_of(
    data: xr.Dataset,
    problem: Problem | None,
    parameter: str,
    values: Iterable[float] | None,
    draws: int | None,
    levels: Mapping[str, tuple[Any, ...]],
) -> xr.Dataset:
    """Solve a study's draws again at every value of one parameter; see `decide.Study.acceptability`."""
    import xarray as xr

    if problem is None:
        raise StudyError("this study was read from a file and cannot ask its model again; sweep again")
    space, total = problem.model.space, data.sizes["draw"]
    if parameter in problem.model.settings:
        raise StudyError(
            f"{parameter} is a setting, and no parameter; sweep it (settings=) and take the study under each value "
            f"(study.where({parameter}=...))"
        )
    if parameter not in space.names:
        raise unknown(f"parameter of {problem.model.name}", parameter, space.names)
    if draws is not None and (isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 1):
        raise StudyError(f"draws is {draws!r}; expected an integer from 1")
    n = total if draws is None else min(int(draws), total)
    rows = np.unique(np.linspace(0, total - 1, n).astype(np.intp))
    check_coordinate(parameter, ("share", "expected_value", "frontier", "frontier_share"))
    points = _points_of(space[parameter], parameter, values)
    drawn = {name: column_of(data, name)[rows] for name in (*space.names, *levels) if name != parameter}
    options = list(problem.options_of_decider)
    share, mean = np.zeros((len(points), len(options) + len(CLASSES))), np.full((len(points), len(options)), np.nan)
    for k, x in enumerate(points):
        codes, value, good = _solved(problem, {**drawn, parameter: np.full(len(rows), x)}, levels)
        share[k] = np.bincount(codes, minlength=share.shape[1]) / len(rows)
        if good.any():
            mean[k] = value[good].mean(axis=0)
    slack = 1e-9 * (float(np.nanmax(mean) - np.nanmin(mean)) if np.isfinite(mean).any() else 0.0)
    frontier = [_highest(row, slack, len(options)) for row in mean]
    labels = [*options, *CLASSES]
    own = [share[k, code] if code < len(options) else 0.0 for k, code in enumerate(frontier)]
    return xr.Dataset(
        {
            "share": ((parameter, "recommendation"), share),
            "expected_value": ((parameter, "option"), mean),
            "frontier": (parameter, [labels[code] for code in frontier]),
            "frontier_share": (parameter, own),
        },
        coords={parameter: points, "recommendation": labels, "option": options},
        attrs={
            "parameter": parameter, "unit": space[parameter].unit, "draws": len(rows),
            "decider": problem.decider, "title": problem.model.title, "means": believed(data)[1], **pooled(data),
            "classes": ", ".join((CLASSES[TIED], CLASSES[DEPENDS], CLASSES[FAILED])),
        },
    )  # fmt: skip


def _points_of(parameter: Any, name: str, values: Iterable[float] | None) -> NDArray[np.float64]:
    if values is not None:
        points = np.asarray(list(values), dtype=np.float64)
        if points.ndim != 1 or not len(points) or not np.isfinite(points).all():
            raise StudyError(f"values is {values!r}; expected finite numbers, at least one")
        for x in points:
            if parameter.choices is not None and x not in parameter.choices:
                raise StudyError(f"{name} is {x:g}; expected one of its choices {parameter.choices}")
        return points
    if parameter.choices is not None:
        return np.unique(np.asarray(parameter.choices, dtype=np.float64))
    if parameter.low is None or not np.isfinite([parameter.low, parameter.high]).all():
        raise StudyError(f"{name} has the range [{parameter.low}, {parameter.high}]; expected a finite one, or values=")
    return np.linspace(parameter.low, parameter.high, POINTS)


def _solved(problem: Problem, columns: dict[str, Any], levels: Mapping[str, tuple[Any, ...]]) -> tuple[Any, Any, Any]:
    """Answers, option values, and which worlds have values."""
    wanted, parts = frozenset({"recommended", "option_value", "status"}), []
    n = len(next(iter(columns.values())))
    for start in range(0, n, BATCH):
        part = {name: column[start : start + BATCH] for name, column in columns.items()}
        parts.append(under_levels(problem, part, min(BATCH, n - start), wanted, [], levels))
    codes, value, status = (np.concatenate([t[k] for t in parts]) for k in ("recommended", "option_value", "status"))
    return codes, value, solved(status)


def _highest(mean: NDArray[np.float64], slack: float, k: int) -> int:
    """The option of highest mean, or the code of a class."""
    if np.isnan(mean).all():
        return k + FAILED
    best = np.flatnonzero(mean >= mean.max() - slack)
    return int(best[0]) if len(best) == 1 else k + TIED
