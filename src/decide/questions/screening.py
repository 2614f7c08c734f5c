"""Which of many parameters can matter at all: few worlds, each parameter moved once in each trajectory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import StudyError
from decide.models import Model
from decide.points import solved
from decide.questions.asking import ask
from decide.sensitivity.sampling import seed_of
from decide.sensitivity.screening import screen, trajectories_of
from decide.study import Selection

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["screening"]


def screening(
    model: Model[Any],
    *,
    trajectories: int = 64,
    rng: int | np.random.Generator | None = None,
    base: Mapping[str, Any] | str | None = None,
    method: str = "auto",
    selection: Selection | None = None,
    decider: str | None = None,
    at: str | None = None,
    **options: Any,
) -> xr.Dataset:
    """Screen all parameters for those that can change the recommendation, with few worlds.

    Parameters
    ----------
    model : Model
    trajectories : int
        At least 2; each solves one world more than there are parameters.
    rng : None, int or numpy.random.Generator
    base : mapping or str, optional
        Values that are kept (by name, or a view's); all other parameters move.
    method, selection, decider, at, **options
        As for `decide.sweep`.

    Returns
    -------
    xarray.Dataset
        Over ``parameter``: ``changes``, the share of steps of half the parameter's range in which the recommendation
        changes, all else staying where it was, and ``changes_error``, its standard error; of the margin, ``mu_star``,
        the mean size of its change per range, with ``mu_star_error``, ``mu``, the mean change, and ``sigma``, its
        scatter; ``steps``, how many were counted. Steps from or to a world that failed are not; the attribute
        ``failed`` is the share of worlds that did.

    Raises
    ------
    StudyError
        If no parameter is free to move, or no step has an answer at both ends.

    Notes
    -----
    A parameter that changes nothing in any step may still do so in a corner that no trajectory met: the standard error
    is never 0. Answers are compared for equality only, so that names and order do not matter. Cost:
    ``trajectories * (parameters + 1)`` solves.

    Examples
    --------
    >>> from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
    >>> @model(decider="Us")
    ... def harvest(*, rain: Value = Parameter(1, low=0, high=4), moon: Value = Parameter(2, low=1, high=3)):
    ...     return ExtensiveForm(Decision("Us", {"sow": Outcome({"Us": rain}), "keep": Outcome({"Us": 2.0})}))
    >>> screening(harvest, rng=0)["changes"].values
    array([1., 0.])
    """
    import xarray as xr

    if isinstance(trajectories, bool) or not isinstance(trajectories, int | np.integer) or trajectories < 2:
        raise StudyError(f"trajectories is {trajectories!r}; expected an integer from 2")
    asked = ask(model, base, method=method, selection=selection, decider=decider, at=at, options=options)
    fixed = model.views.get(base, {}) if isinstance(base, str) else (base or {})
    free = tuple(name for name in model.space.free if name not in fixed)
    if not free:
        raise StudyError(f"no parameter of {model.name} is free to move; expected at least one")
    seed = seed_of(rng)
    points, moved = trajectories_of(int(trajectories), len(free), np.random.default_rng(seed))
    worlds = model.space.values(points.reshape(-1, len(free)), free)
    table = asked.worlds(worlds, frozenset({"recommended", "margin", "status"}))
    shape = points.shape[:2]
    known = solved(table["status"]).reshape(shape)
    found = screen(points, moved, table["margin"].reshape(shape), table["recommended"].reshape(shape), known)
    if not found["steps"].any():
        raise StudyError(f"no step of {model.name} has an answer at both ends; expected some worlds to be solved")
    return xr.Dataset(
        {name: ("parameter", column) for name, column in found.items()}
        | {"steps": ("parameter", found["steps"].astype(np.int64))},
        coords={"parameter": list(free)},
        attrs={
            "model": model.name, "title": model.title, "decider": asked.problem.decider, "method": asked.problem.method,
            "selection": str(asked.problem.selection), "trajectories": int(trajectories), "seed": str(seed),
            "worlds": known.size, "failed": float((~known).mean()),
        },
    )  # fmt: skip
