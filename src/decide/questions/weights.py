"""Which options can be best for some of the decider's values, and for which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import StudyError
from decide.models import Model
from decide.questions.asking import FloatArray, ask
from decide.questions.bounds import Arena, arena
from decide.sensitivity.bounding import greatest
from decide.sensitivity.sampling import seed_of
from decide.sensitivity.weights import Regions, linear_regions
from decide.study import OVER, Selection

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["value_weights"]

#: Random points at which linearity is checked.
CHECKS = 64


def value_weights(
    model: Model[Any],
    *,
    base: Mapping[str, Any] | str | None = None,
    parameters: Iterable[str] | None = None,
    draws: int = 4_096,
    over: str = "selected",
    rng: int | np.random.Generator | None = 0,
    method: str = "auto",
    selection: Selection | None = None,
    decider: str | None = None,
    at: str | None = None,
    **options: Any,
) -> xr.Dataset:
    """Find for which of the decider's own values each option is best, all else at base.

    Parameters
    ----------
    model : Model
    base : mapping or str, optional
        Values by name, or the name of a view; one outside a range extends it.
    parameters : iterable of str, optional
        The decider's values; the parameters of kind ``"value"`` that have a range unless given.
    draws : int
        Points, even over the ranges, from which shares are counted.
    over : {"selected", "worst", "best"}
        With several equilibria: values at the selected one, or each option at the one worst or best for it.
    rng : None, int or numpy.random.Generator
    method, selection, decider, at, **options
        As for `decide.sweep`.

    Returns
    -------
    xarray.Dataset
        Over ``option``: ``lead``, the most by which it is worth more than the best other for any values; ``dominated``,
        whether it is best for none, not even tied; ``share`` of the values (even over their ranges) for which it alone
        is best, with its ``error``; over option and parameter, ``witness``, values at which it has that lead, and
        ``low`` and ``high``, the range of each value over the region in which it is best (NaN where there is none).
        The attribute ``how`` is "linear program" or "search".

    Raises
    ------
    StudyError
        If there is no such parameter that can move, or draws is no integer from 1.
    UnknownNameError
        If there is no such parameter or view.

    Notes
    -----
    Where option values are linear in the decider's values (they are, unless she moves again later, values multiply each
    other, or others' play hangs on them), which is checked at random points, linear programs give leads and ranges
    exactly. Elsewhere they are searched for: leads are the largest found, and ranges those of the draws.

    Examples
    --------
    >>> from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
    >>> @model(decider="Us")
    ... def car(*, speed: Value = Parameter(0.5, low=0, high=1, kind="value")):
    ...     worth = {"fast": speed, "cheap": 1 - speed, "middling": 0.4 + 0 * speed}
    ...     return ExtensiveForm(Decision("Us", {o: Outcome({"Us": x}) for o, x in worth.items()}))
    >>> found = value_weights(car)
    >>> found["dominated"].values.tolist(), found["low"].values.round(6).ravel().tolist()
    ([False, False, True], [0.5, 0.0, nan])
    >>> found.attrs["how"]
    'linear program'
    """
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 1:
        raise StudyError(f"draws is {draws!r}; expected an integer from 1")
    asked = ask(model, base, method=method, selection=selection, decider=decider, at=at, options=options)
    space = asked.problem.model.space
    if parameters is None:
        parameters = [n for n in space.free if space[n].kind == "value" and space[n].choices is None]
        if not parameters:
            raise StudyError(f"{model.name} has no parameter of kind 'value' with a range; name some with parameters=")
    field = arena(asked, parameters, over)
    if any(grid is not None for grid in field.grids):
        raise StudyError("a parameter with choices has no region; leave it out")
    source = np.random.default_rng(seed_of(rng))
    points = source.random((draws, len(field.names)))
    plane = _plane(field, source)
    if plane is None:
        value = field.values(points)[0]
        found = _searched(field, points, value, source)
    else:
        value = plane[0] + points @ plane[1].T
        found = linear_regions(*plane, 1e-9 * asked.scale)
    return _table(field, found, value, "search" if plane is None else "linear program")


def _plane(field: Arena, rng: np.random.Generator) -> tuple[FloatArray, FloatArray] | None:
    """Values at the low corner (k,) and their slopes (k, d) in the unit box; None where they are not linear."""
    d = len(field.names)
    tried = np.concatenate([np.zeros((1, d)), np.eye(d), rng.random((CHECKS, d))])
    seen = field.values(tried)[0]
    if np.isnan(seen).any():
        return None
    start, slope = seen[0], (seen[1 : d + 1] - seen[0]).T
    off = np.abs(start + tried @ slope.T - seen).max()
    return (start, slope) if off <= 1e-9 * max(field.asked.scale, float(np.abs(seen).max())) else None


def _lead(value: FloatArray) -> FloatArray:
    """Each option's value less the best other's; 0 where there is no other."""
    if value.shape[1] == 1:
        return np.zeros(value.shape)
    ranked = np.sort(value, axis=1)
    top = value >= ranked[:, -1:]
    return np.asarray(value - np.where(top, ranked[:, -2:-1], ranked[:, -1:]))


def _searched(field: Arena, points: FloatArray, value: FloatArray, rng: np.random.Generator) -> Regions:
    """Leads by search, ranges from the points drawn and the point of the largest lead."""
    best = greatest(lambda p: _lead(field.values(p)[0]), field.grids, field.at_base[None], rng)
    lead, k = _lead(value), value.shape[1]
    low, high = np.full((k, points.shape[1]), np.nan), np.full((k, points.shape[1]), np.nan)
    for i in range(k):
        if best.value[i] >= -1e-9 * field.asked.scale:
            own = np.concatenate([points[lead[:, i] >= 0], best.point[[i]]])
            low[i], high[i] = own.min(axis=0), own.max(axis=0)
    return Regions(best.value, best.point, low, high)


def _table(field: Arena, found: Regions, value: FloatArray, how: str) -> xr.Dataset:
    import xarray as xr

    asked, slack = field.asked, 1e-9 * field.asked.scale
    counted = value[~np.isnan(value).any(axis=1)]
    n = max(len(counted), 1)
    wins = _lead(counted) > slack if len(asked.options) > 1 else np.ones(counted.shape, dtype=np.bool_)
    share = wins.sum(axis=0) / n
    width = field.high - field.low
    shrunk = (share * n + 0.5) / (n + 1)
    pair = ("option", "parameter")
    return xr.Dataset(
        {
            "lead": ("option", found.lead),
            "dominated": ("option", found.lead < -slack),
            "share": ("option", share),
            "error": ("option", np.sqrt(shrunk * (1 - shrunk) / n)),
            "witness": (pair, np.array(list(field.worlds(found.witness).values())).T),
            "low": (pair, field.low + found.low * width),
            "high": (pair, field.low + found.high * width),
        },
        coords={"option": list(asked.options), "parameter": list(field.names)},
        attrs={
            "model": asked.problem.model.name, "title": asked.problem.model.title,
            "decider": asked.problem.decider, "how": how, "draws": len(counted),
            "failed": len(value) - len(counted), "method": asked.problem.method,
            "selection": str(asked.problem.selection), "over": field.over, "values": OVER[field.over],
        },
    )  # fmt: skip
