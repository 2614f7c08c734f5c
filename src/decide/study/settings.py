"""Studies in which settings were swept: what pools their values, and the draws under one of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import StudyError, unknown

if TYPE_CHECKING:
    import xarray as xr

    from decide.study.results import Study

__all__ = ["pooled", "restricted", "swept_settings"]


def swept_settings(data: xr.Dataset) -> dict[str, list[Any]]:
    """Return the values of every setting that was swept, as JSON holds them."""
    return dict(json.loads(data.attrs["design"]).get("settings", {}))


def pooled(data: xr.Dataset) -> dict[str, str]:
    """Return what a result over all draws must say of settings that were swept; nothing where none was."""
    several = [f"{name} {' and '.join(map(str, own))}" for name, own in swept_settings(data).items() if len(own) > 1]
    if not several:
        return {}
    name = next(iter(swept_settings(data)))
    return {
        "settings": f"draws under {', under '.join(several)} are counted together, each value alike; "
        f"study.where({name}=...) takes those under one"
    }


def restricted(study: Study, settings: Mapping[str, Any]) -> Study:
    """Take the draws under some values of swept settings; see `Study.where`."""
    swept = swept_settings(study.data)
    if not settings:
        raise StudyError(f"no setting is named; expected one or more of {', '.join(swept) or 'those that were swept'}")
    keep, told = np.ones(study.data.sizes["draw"], dtype=np.bool_), {}
    for name, value in settings.items():
        if name not in swept:
            raise unknown("setting that was swept", name, swept)
        code = _place(name, value, swept[name])
        told[name] = study.levels[name][code] if name in study.levels else swept[name][code]
        keep &= np.asarray(study.data[name].values) == code
    data = study.data.isel(draw=np.flatnonzero(keep)).drop_vars([x for n in told for x in (n, f"{n}_setting")])
    design, base, known = (json.loads(data.attrs[key]) for key in ("design", "base", "settings"))
    left = {name: own for name, own in swept.items() if name not in told}
    plain = {name: swept[name][_place(name, settings[name], swept[name])] for name in told}
    design["draws"] = int(keep.sum())
    design |= {"settings": left}
    if not left:
        del design["settings"]
    data = data.assign_attrs(
        design=json.dumps(design), base=json.dumps(base | plain), settings=json.dumps(known | plain)
    )
    problem = study.problem and replace(study.problem, values={**study.problem.values, **told})
    return type(study)(data, problem, {name: own for name, own in study.levels.items() if name not in told})


def _place(name: str, value: Any, values: list[Any]) -> int:
    """The place of a value among those that were swept; a text is no number, and 1 is not True."""
    plain = value.item() if isinstance(value, np.generic) else value
    if not isinstance(plain, bool | int | float | str | None):
        plain = repr(plain)
    for k, other in enumerate(values):
        if type(other) is type(plain) and other == plain:
            return k
    raise StudyError(f"{name} is {value!r}; expected one of the values it was swept over: {values}")
