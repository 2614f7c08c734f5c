"""What each view makes of a model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from decide.errors import StudyError
from decide.models import Model
from decide.study import Study, sweep

__all__ = ["compare_views"]


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
    if "settings" in keywords:
        raise StudyError("compare_views sweeps no settings; decide.structures compares them, through every view")
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
    return Study(data.assign_attrs(base=json.dumps({k: str(v) for k, v in common.items()})), study.problem)
