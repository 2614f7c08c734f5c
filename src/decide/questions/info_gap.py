"""How far the world may be from the base before an option fails: info-gap robustness."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import StudyError
from decide.evaluate import CLASSES
from decide.models import Model
from decide.questions.asking import FloatArray, ask
from decide.questions.bounds import Arena, arena
from decide.sensitivity.bounding import Forms, forms, greatest
from decide.sensitivity.sampling import seed_of
from decide.study import OVER, Progress, Selection, progress_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["info_gap"]

#: Points looked at first at every horizon, half of them corners.
SAMPLE = 512
CORNERS = 256


def info_gap(
    model: Model[Any],
    *,
    base: Mapping[str, Any] | str | None = None,
    horizons: int | Sequence[float] = 11,
    required: float | None = None,
    parameters: Iterable[str] | None = None,
    over: str = "selected",
    rng: int | np.random.Generator | None = 0,
    method: str = "auto",
    selection: Selection | None = None,
    decider: str | None = None,
    at: str | None = None,
    progress: Progress = False,
    **options: Any,
) -> xr.Dataset:
    """Search for the worst and the best value of every option in boxes that grow about the base.

    Parameters
    ----------
    model : Model
    base : mapping or str, optional
        The best guess: values by name, or the name of a view; one outside a range extends it.
    horizons : int or sequence of float
        How far parameters may be from the base, as shares of the way to the ends of their ranges: so many between 0 and
        1, or these, rising.
    required : float, optional
        The value that must be reached: what the second-best option is worth at the base unless given.
    parameters : iterable of str, optional
        Those that move; all with a range unless given. Not those with ``choices``, which stay at base.
    over : {"selected", "worst", "best"}
        With several equilibria: values at the selected one, or each option at the one worst or best for it.
    rng : None, int or numpy.random.Generator
    method, selection, decider, at, progress, **options
        As for `decide.sweep`; progress counts horizons.

    Returns
    -------
    xarray.Dataset
        Over horizon and option, ``least`` (robustness) and ``greatest`` (opportuneness) value in the box; ``best``
        over horizon, the option of highest least value; over option, ``robustness``, the greatest horizon up to which
        the required value is kept (between two horizons by a straight line; -1 if it is not kept at the base) and
        ``robustness_low`` and ``robustness_high``, the horizons it lies between. ``crossing``: the horizons, by
        straight lines, at which the option of highest least value changes, with ``crossing_to``.

    Raises
    ------
    StudyError
        If no parameter can move, horizons are not rising in [0, 1], or the base was not solved.
    UnknownNameError
        If there is no such parameter or view.

    Notes
    -----
    Least values are the least *found*, as in `decide.worst_case`; each box is searched from the worst points of the one
    inside it, so that curves never rise (nor greatest values fall). Cost: that of `worst_case` for every horizon, less
    what one horizon tells the next.

    References
    ----------
    Ben-Haim 2006, Info-Gap Decision Theory, 2nd ed.

    Examples
    --------
    >>> from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
    >>> @model(decider="Us")
    ... def harvest(*, rain: Value = Parameter(3, low=0, high=4), seed: Value = Parameter(2, low=1, high=3)):
    ...     return ExtensiveForm(Decision("Us", {"sow": Outcome({"Us": rain}), "keep": Outcome({"Us": seed})}))
    >>> found = info_gap(harvest, horizons=[0, 0.5, 1], required=1.5)
    >>> found["least"].values.tolist(), found["best"].values.tolist()
    ([[3.0, 2.0], [1.5, 1.5], [0.0, 1.0]], ['sow', 'mixed or tied', 'keep'])
    >>> found["robustness"].values.tolist()
    [0.5, 0.5]
    """
    levels = _levels(horizons)
    if required is not None and (isinstance(required, bool) or not isinstance(required, int | float | np.number)):
        raise StudyError(f"required is {required!r}; expected a number")
    asked = ask(model, base, method=method, selection=selection, decider=decider, at=at, options=options)
    space = asked.problem.model.space
    if parameters is None:
        parameters = [n for n in space.free if space[n].choices is None]
    field = arena(asked, parameters, over)
    if any(grid is not None for grid in field.grids):
        raise StudyError("a parameter with choices cannot move by a share of its range; leave it out")
    k = len(asked.options)
    at_base = field.values(field.at_base[None])[0][0]
    if np.isnan(at_base).any():
        raise StudyError("the base has no option values (its rule selects no equilibrium); expected one that is solved")
    show = progress_of(progress, "horizons searched")
    least, most, failed = _curves(field, levels, np.random.default_rng(seed_of(rng)), show)
    ordered = np.sort(at_base)
    need = float(ordered[-2] if k > 1 else ordered[-1]) if required is None else float(required)
    if np.isnan(need):
        raise StudyError(f"required is {required!r}; expected a number")
    return _table(field, levels, least, most, need, failed)


def _levels(horizons: int | Sequence[float]) -> FloatArray:
    if isinstance(horizons, int | np.integer) and not isinstance(horizons, bool) and horizons >= 2:
        return np.linspace(0.0, 1.0, horizons)
    levels = np.asarray(horizons, dtype=np.float64)
    if levels.ndim != 1 or not len(levels) or not ((levels >= 0) & (levels <= 1)).all() or (np.diff(levels) <= 0).any():
        raise StudyError(f"horizons is {horizons!r}; expected an integer from 2, or rising numbers in [0, 1]")
    return levels


def _curves(
    field: Arena, levels: FloatArray, rng: np.random.Generator, show: Callable[[int, int], None]
) -> tuple[FloatArray, FloatArray, int]:
    """Least and greatest values at every horizon, shape (h, k) each, and how many points failed."""
    k = len(field.asked.options)
    form = forms(lambda p: field.goals(p)[:, : 2 * k], len(field.names), rng)
    found = np.empty((len(levels), 2 * k))
    worlds = field.base[None]  # the worst and best worlds of the boxes inside
    failed = 0
    for row, level in enumerate(levels):
        show(row, len(levels))
        if level == 0.0:
            found[row] = field.goals(field.at_base[None])[0, : 2 * k]
            continue
        low, high = field.base - level * (field.base - field.low), field.base + level * (field.high - field.base)
        box = replace(field, low=low, high=high)
        inner = np.clip((worlds - low) / (high - low), 0.0, 1.0)
        grown = level / levels[row - 1] if row and levels[row - 1] > 0 else 1.0
        out = np.clip(field.base + (worlds - field.base) * grown, low, high)
        starts = np.concatenate([box.at_base[None], inner, (out - low) / (high - low)])
        best = _search(box, starts, form, k, rng)
        found[row], failed = best.value, failed + best.failed
        if row:
            found[row] = np.fmax(found[row], found[row - 1])  # the box inside belongs to this one
        worlds = low + best.point * (high - low)
    show(len(levels), len(levels))
    return -found[:, :k] + 0.0, found[:, k:], failed


def _search(box: Arena, starts: FloatArray, form: Forms, k: int, rng: np.random.Generator) -> Any:
    return greatest(
        lambda p: box.goals(p)[:, : 2 * k], box.grids, starts, rng, form=form, sample=SAMPLE, corners=CORNERS
    )


def _table(
    field: Arena, levels: FloatArray, least: FloatArray, most: FloatArray, need: float, failed: int
) -> xr.Dataset:
    import xarray as xr

    asked, slack = field.asked, 1e-9 * field.asked.scale
    reach = [_reach(levels, least[:, j], need, slack) for j in range(least.shape[1])]
    top = least >= np.nanmax(least, axis=1, keepdims=True) - slack
    best = [asked.options[int(np.argmax(row))] if row.sum() == 1 else CLASSES[0] for row in top]
    crossings = _crossings(levels, least)
    return xr.Dataset(
        {
            "least": (("horizon", "option"), least),
            "greatest": (("horizon", "option"), most),
            "best": ("horizon", best),
            "robustness": ("option", [r[0] for r in reach]),
            "robustness_low": ("option", [r[1] for r in reach]),
            "robustness_high": ("option", [r[2] for r in reach]),
            "crossing": ("change", [c[0] for c in crossings]),
            "crossing_to": ("change", np.array([asked.options[c[1]] for c in crossings], dtype=object)),
        },
        coords={"horizon": levels, "option": list(asked.options)},
        attrs={
            "model": asked.problem.model.name, "title": asked.problem.model.title,
            "decider": asked.problem.decider, "required": need,
            "method": asked.problem.method, "selection": str(asked.problem.selection), "over": field.over,
            "values": OVER[field.over], "proof": "the least and greatest found", "failed": failed,
            "parameters": len(field.names),
        },
    )  # fmt: skip


def _reach(levels: FloatArray, curve: FloatArray, need: float, slack: float) -> tuple[float, float, float]:
    """The greatest horizon at which a falling curve keeps what is needed: by a straight line, and bracketed."""
    kept = np.flatnonzero(curve >= need - slack)
    if not len(kept):
        return -1.0, -1.0, float(levels[0])
    j = int(kept[-1])
    if j == len(levels) - 1:
        return float(levels[j]), float(levels[j]), float(levels[j])
    share = max(curve[j] - need, 0.0) / (curve[j] - curve[j + 1])
    return float(levels[j] + share * (levels[j + 1] - levels[j])), float(levels[j]), float(levels[j + 1])


def _crossings(levels: FloatArray, least: FloatArray) -> list[tuple[float, int]]:
    """Horizons at which the highest of some curves, straight between levels, is another one than before."""
    found: list[tuple[float, int]] = []
    now = int(np.nanargmax(least[0]))
    for a, b, here, there in zip(levels[:-1], levels[1:], least[:-1], least[1:], strict=True):
        share = 0.0
        while True:
            lead = here - here[now] + share * ((there - here) - (there - here)[now])
            rate = (there - here) - (there - here)[now]
            with np.errstate(divide="ignore", invalid="ignore"):
                until = np.where(rate > 0, share + np.maximum(-lead, 0.0) / rate, np.inf)
            until[now] = np.inf
            first = float(until.min())
            if not first < 1.0 - 1e-12:
                break
            share = first
            tied = np.flatnonzero(until <= first + 1e-12)
            now = int(tied[np.argmax(rate[tied])])
            found.append((float(a + share * (b - a)), now))
    return found
