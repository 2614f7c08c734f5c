"""How wrong a choice can be: the worst and best case of every option over the whole box of the ranges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import StudyError, unknown
from decide.models import Model
from decide.points import Status, solved
from decide.questions.asking import Asked, FloatArray, ask, those_named
from decide.sensitivity.bounding import FOUND, LINEAR, MONOTONE, PROVED, Forms, Greatest, forms, greatest
from decide.sensitivity.criteria import losses
from decide.sensitivity.sampling import seed_of
from decide.study import OVER, Selection, Study, values_over

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Arena", "arena", "worst_case"]

#: What is searched for, of each option.
GOALS = ("least", "greatest", "largest_loss")
#: What is known of a least value that was searched for.
LEAST_FOUND = "the least found"


@dataclass(frozen=True, eq=False)
class Arena:
    """A question, the parameters that may move in it, and their ranges about the base.

    Attributes
    ----------
    asked : Asked
    names : tuple of str
    base, low, high : numpy.ndarray, shape (d,)
        Where a base lies outside its range, the range is extended to it.
    grids : list of numpy.ndarray or None
        Places in the unit box that a parameter with ``choices`` may take.
    over : {"selected", "worst", "best"}
        Which of several equilibria values are taken from.
    """

    asked: Asked
    names: tuple[str, ...]
    base: FloatArray
    low: FloatArray
    high: FloatArray
    grids: list[FloatArray | None]
    over: str

    @property
    def at_base(self) -> FloatArray:
        """The base, in the unit box."""
        return np.asarray((self.base - self.low) / (self.high - self.low))

    def worlds(self, points: FloatArray) -> dict[str, FloatArray]:
        """Values of the parameters at points (n, d) of the unit box; exactly the base's, and the ends', there."""
        moved = np.clip(self.low + points * (self.high - self.low), self.low, self.high)
        moved = np.where(points == 1.0, self.high, np.where(points == self.at_base, self.base, moved))
        for k, grid in enumerate(self.grids):
            if grid is not None:
                choices = np.unique(np.asarray(self.asked.problem.model.space[self.names[k]].choices))
                moved[:, k] = choices[np.abs(points[:, k, None] - grid).argmin(axis=1)]
        return {name: moved[:, k] for k, name in enumerate(self.names)}

    def values(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What each option is worth at points of the unit box, and what it loses; NaN where there is no answer."""
        end = {"selected": "", "worst": "_low", "best": "_high"}[self.over]
        wanted = frozenset({f"option_value{end}", f"advantage{end}", "status"})
        table = self.asked.worlds(self.worlds(points), wanted)
        value = table[f"option_value{end}"]
        loss = losses(value) if self.over == "selected" else np.maximum(-table[f"advantage{end}"], 0.0)
        status = table["status"]
        found = solved(status) | ((status == Status.NO_SELECTION) & (self.over != "selected"))
        kept = np.asarray(found)[:, None]
        return np.where(kept, value, np.nan), np.where(kept, loss, np.nan)

    def goals(self, points: FloatArray) -> FloatArray:
        """What is to be made as great as possible, shape (n, 3 k): values turned round, values, losses."""
        value, loss = self.values(points)
        return np.concatenate([-value, value, loss], axis=1)

    def points(self, data: xr.Dataset) -> FloatArray:
        """Draws of a study as points of the unit box; parameters it does not have are at base."""
        columns = []
        for k, name in enumerate(self.names):
            column = data[name].values if name in data else np.full(data.sizes["draw"], self.base[k])
            columns.append((column - self.low[k]) / (self.high[k] - self.low[k]))
        return np.asarray(np.clip(np.array(columns).T, 0.0, 1.0))


def arena(asked: Asked, parameters: Iterable[str] | None, over: str) -> Arena:
    """Check which parameters may move.

    Raises
    ------
    StudyError
        If none can, or one has no finite range.
    UnknownNameError
        If there is no such parameter, or way to count several equilibria.
    """
    if over not in OVER:
        raise unknown("way to count several equilibria (over)", over, OVER)
    space = asked.problem.model.space
    names = those_named(space, parameters)
    base: list[float] = []
    ends: list[tuple[float, float]] = []
    grids: list[FloatArray | None] = []
    for name in names:
        p, here = space[name], float(asked.values[name])
        base.append(here)
        if p.choices is None:
            low, high = asked.range_of(name)
            ends.append((min(low, here), max(high, here)))
            grids.append(None)
        else:
            choices = np.unique(np.asarray(p.choices, dtype=np.float64))
            if here not in choices or len(choices) < 2:
                raise StudyError(f"{name} is {here} and takes the values {p.choices}; expected the base among several")
            ends.append((float(choices[0]), float(choices[-1])))
            grids.append((choices - choices[0]) / (choices[-1] - choices[0]))
    if not names:
        raise StudyError(f"{asked.problem.model.name} has no parameter that can move; expected at least one range")
    both = np.array(ends)
    return Arena(asked, names, np.array(base), both[:, 0], both[:, 1], grids, over)


def proof_of(found: Greatest, form: Forms, looked: FloatArray, k: int, straight: NDArray[np.bool_]) -> str:
    """Say what is known of the bound of function k; `looked` is what it is at its own summit."""
    if found.everywhere:
        return PROVED
    if found.failed:  # where worlds are missing the greatest value may lie at the edge of the gap
        return FOUND
    if found.corners and straight[k]:
        return LINEAR
    slack = 1e-9 * max(abs(float(found.value[k])), abs(float(looked[k])))
    if form.monotone[k] and found.value[k] <= looked[k] + slack:
        return MONOTONE
    return FOUND


def worst_case(
    model: Model[Any],
    *,
    base: Mapping[str, Any] | str | None = None,
    parameters: Iterable[str] | None = None,
    study: Study | None = None,
    percentile: float = 0.05,
    over: str = "selected",
    rng: int | np.random.Generator | None = 0,
    method: str = "auto",
    selection: Selection | None = None,
    decider: str | None = None,
    at: str | None = None,
    **options: Any,
) -> xr.Dataset:
    """Search the whole box of the ranges for the worst and the best case of every option.

    Parameters
    ----------
    model : Model
    base : mapping or str, optional
        Values by name, or the name of a view: where parameters stay that do not move; one outside a range extends it.
    parameters : iterable of str, optional
        Those that move; all with a range or choices unless given.
    study : Study, optional
        A sweep of the same model, whose draws are shown beside the bounds and searched from.
    percentile : float
        In [0, 1]: of the study's values, this share of the worst and of the best is looked past.
    over : {"selected", "worst", "best"}
        With several equilibria: values at the selected one, or each option at the one worst or best for it.
    rng : None, int or numpy.random.Generator
        For the points from which the search starts.
    method, selection, decider, at, **options
        As for `decide.sweep`.

    Returns
    -------
    xarray.Dataset
        Over ``option``: ``least`` and ``greatest`` value, ``largest_loss`` against the best option of the same world;
        the world of each, ``at_least``, ``at_greatest``, ``at_largest_loss`` (option, parameter); and what is known of
        each, ``least_proof`` and so on: "proved", "exact if ...", or "the largest found" (or least). ``best_least`` and
        ``least_loss`` are the attributes naming the maximin and the minimax-loss option. With a study also
        ``sample_least``, ``sample_greatest``, ``sample_loss``, and ``percentile_least``, ``percentile_greatest``,
        ``percentile_loss``.

    Raises
    ------
    StudyError
        If no parameter can move, no world was solved, or an argument makes no sense.
    UnknownNameError
        If there is no such parameter or view.

    Notes
    -----
    `decide.sensitivity.bounding` says how. Never worse than any world of the study. Where others' replies change
    abruptly the least value may only be approached; what is returned was taken in a world that was solved. Worlds that
    fail are left out; ``failed`` counts those among the first that were looked at. Cost: 140,000 solves for the four
    options and all parameters of `rocket_attack`, half a minute; `parameters` takes fewer.

    Examples
    --------
    >>> from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
    >>> @model(decider="Us")
    ... def harvest(*, rain: Value = Parameter(1, low=0, high=4), seed: Value = Parameter(2, low=1, high=3)):
    ...     return ExtensiveForm(Decision("Us", {"sow": Outcome({"Us": rain}), "keep": Outcome({"Us": seed})}))
    >>> found = worst_case(harvest)
    >>> found["least"].values.tolist(), found["largest_loss"].values.tolist()
    ([0.0, 1.0], [3.0, 3.0])
    >>> found["at_largest_loss"].sel(option="sow").to_series().to_dict(), found.attrs["best_least"]
    ({'rain': 0.0, 'seed': 3.0}, 'keep')
    """
    if not 0 <= percentile <= 1:
        raise StudyError(f"percentile is {percentile!r}; expected a number in [0, 1]")
    asked = ask(model, base, method=method, selection=selection, decider=decider, at=at, options=options)
    field = arena(asked, parameters, over)
    sampled = None if study is None else _sampled(field, study, percentile)
    seed = np.random.default_rng(seed_of(rng))
    form = forms(field.goals, len(field.names), seed)
    starts = [field.at_base[None]]
    if sampled is not None:
        starts.append(sampled[1])
    found = greatest(field.goals, field.grids, np.concatenate(starts), seed, form=form)
    if np.isnan(found.value).all():
        raise StudyError("no world was solved; there is nothing to bound")
    table = _table(field, form, found)
    return table if sampled is None else table.assign(sampled[0]).assign_attrs(percentile=percentile)


def _table(field: Arena, form: Forms, found: Greatest) -> xr.Dataset:
    import xarray as xr

    asked, k = field.asked, len(field.asked.options)
    summits = field.goals(np.array([form.summit(j) for j in range(3 * k)]))[np.arange(3 * k), np.arange(3 * k)]
    straight = np.concatenate([form.linear[: 2 * k], np.full(k, form.linear[k : 2 * k].all())])
    discrete = any(grid is not None for grid in field.grids)
    worlds = np.array(list(field.worlds(found.point).values())).T
    data: dict[str, Any] = {}
    for j, goal in enumerate(GOALS):
        own = range(j * k, (j + 1) * k)
        data[goal] = ("option", (-1.0 if j == 0 else 1.0) * found.value[own] + 0.0)
        data[f"at_{goal}"] = (("option", "parameter"), worlds[own])
        proofs = [proof_of(found, form, summits, i, straight) for i in own]
        proofs = [FOUND if discrete and p in (LINEAR, MONOTONE) else p for p in proofs]
        data[f"{goal}_proof"] = ("option", [LEAST_FOUND if goal == "least" and p == FOUND else p for p in proofs])
    least, loss = data["least"][1], data["largest_loss"][1]
    return xr.Dataset(
        data,
        coords={"option": list(asked.options), "parameter": list(field.names)},
        attrs={
            "model": asked.problem.model.name,
            "title": asked.problem.model.title,
            "decider": asked.problem.decider,
            "best_least": _alone(asked, least, asked.scale),
            "least_loss": _alone(asked, -loss, asked.scale),
            "method": asked.problem.method,
            "selection": str(asked.problem.selection),
            "over": field.over,
            "values": OVER[field.over],
            "looked": found.looked,
            "failed": found.failed,
        },
    )


def _alone(asked: Asked, score: FloatArray, scale: float) -> str:
    """The option of highest score, or the class of ties."""
    best = np.flatnonzero(score >= np.nanmax(score) - 1e-9 * scale)
    return asked.options[int(best[0])] if len(best) == 1 else asked.labels[len(asked.options)]


def _sampled(field: Arena, study: Study, percentile: float) -> tuple[dict[str, Any], FloatArray]:
    """What a study's draws say of the same, and the draws in which it is said: points to start from."""
    if study.options != field.asked.options:
        raise StudyError(f"the study has the options {study.options}; expected {field.asked.options}")
    value, loss, kept = values_over(study.data, field.over)
    inside = field.points(study.data)[kept]
    columns = {
        "sample_least": value.min(axis=0), "sample_greatest": value.max(axis=0), "sample_loss": loss.max(axis=0),
        "percentile_least": np.quantile(value, percentile, axis=0),
        "percentile_greatest": np.quantile(value, 1 - percentile, axis=0),
        "percentile_loss": np.quantile(loss, 1 - percentile, axis=0),
    }  # fmt: skip
    rows = np.unique(np.concatenate([value.argmin(axis=0), value.argmax(axis=0), loss.argmax(axis=0)]))
    return {name: ("option", column) for name, column in columns.items()}, inside[rows]
