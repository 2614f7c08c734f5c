"""What a study's draws say of the options under uncertainty: criteria of choice, and dominance."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decide.errors import StudyError, unknown
from decide.evaluate import CLASSES
from decide.points import Status, solved
from decide.sensitivity.criteria import CRITERIA, LESS_IS_BETTER, decision_criteria, dominance, losses, winners
from decide.study.settings import pooled

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["OVER", "column_of", "criteria_of", "dominance_of", "solved_draws", "values_over"]

FloatArray = NDArray[np.float64]

#: Where several equilibria exist: which the values are taken from, and in words.
OVER = {
    "selected": "at the selected equilibrium",
    "worst": "each option at the equilibrium worst for it",
    "best": "each option at the equilibrium best for it",
}
BELIEF = "draws follow declared distributions or correlations: means are expected values under that belief"
RANGES = "draws are uniform and independent over the ranges: means weigh all worlds alike, and are nobody's belief"
GIVEN = "worlds were given: means weigh them alike, and are expected values only if they are draws from a belief"


def column_of(data: xr.Dataset, name: str) -> NDArray[Any]:
    """Return a variable's values.

    Raises
    ------
    StudyError
        If the study did not keep it.
    """
    if name not in data:
        raise StudyError(f"this study did not keep {name!r}; sweep again with keep= naming it")
    return np.asarray(data[name].values)


def solved_draws(data: xr.Dataset, over: str = "selected") -> NDArray[np.bool_]:
    """Which draws have values; where all equilibria count, those in which the selection rule chose none do too.

    Raises
    ------
    StudyError
        If no draw has.
    """
    status = column_of(data, "status")
    found = solved(status) if over == "selected" else solved(status) | (status == Status.NO_SELECTION)
    if not found.any():
        raise StudyError("no draw was solved; there is nothing to score")
    return np.asarray(found)


def values_over(data: xr.Dataset, over: str) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Return what each option is worth and what choosing it loses, in every draw that was solved, and which those are.

    Parameters
    ----------
    data : xarray.Dataset
    over : {"selected", "worst", "best"}
        See `OVER`. Losses are taken inside one equilibrium: the largest, or the smallest, over all of them.

    Returns
    -------
    values, loss : numpy.ndarray, shape (n_solved, n_options)
    kept : numpy.ndarray of bool, shape (n_draws,)
    """
    if over not in OVER:
        raise unknown("way to count several equilibria (over)", over, OVER)
    kept = solved_draws(data, over)
    if over == "selected":
        values = column_of(data, "option_value")[kept]
        return values, losses(values), kept
    end = "low" if over == "worst" else "high"
    lead = column_of(data, f"advantage_{end}")[kept]
    return column_of(data, f"option_value_{end}")[kept], np.maximum(-lead, 0.0), kept


def believed(data: xr.Dataset) -> tuple[bool, str]:
    """Whether the draws follow a declared belief, and what a mean over them means."""
    design = json.loads(data.attrs["design"])
    if design["sampling"] == "given":
        return False, GIVEN
    declared = json.loads(data.attrs.get("distributions", "{}"))
    return (True, BELIEF) if declared or design.get("correlation") else (False, RANGES)


def criteria_of(
    data: xr.Dataset, *, optimism: float, threshold: float | None, percentile: float, over: str
) -> xr.Dataset:
    """Score the options; see `decide.Study.criteria`."""
    import xarray as xr

    for name, share in (("optimism", optimism), ("percentile", percentile)):
        if not 0 <= share <= 1:
            raise StudyError(f"{name} is {share!r}; expected a number in [0, 1]")
    limit = float(data.attrs["base_value"] if threshold is None else threshold)
    if np.isnan(limit):
        why = "threshold is nan" if threshold is not None else "the base was not solved, and has no value to satisfice"
        raise StudyError(f"{why}; expected threshold= a number")
    values, loss, kept = values_over(data, over)
    options = [str(o) for o in data["option"].values]
    score = decision_criteria(values, loss, optimism, limit, percentile)
    wins = winners(score, float(np.ptp(values)))
    best = [options[int(np.argmax(w))] if w.sum() == 1 else CLASSES[0] for w in wins]
    belief, meaning = believed(data)
    names = ["expected value" if belief and name == "Laplace" else name for name in CRITERIA]
    return xr.Dataset(
        {"score": (("criterion", "option"), score), "best": ("criterion", best)},
        coords={"criterion": names, "option": options},
        attrs={
            "optimism": optimism, "threshold": limit, "percentile": percentile,
            "draws": int(kept.sum()), "failed": int((~kept).sum()), "selection": data.attrs["selection"],
            "over": over, "values": OVER[over], "means": meaning, "title": data.attrs["title"],
            "decider": data.attrs["decider"], "less_is_better": ", ".join(LESS_IS_BETTER), **pooled(data),
        },
    )  # fmt: skip


def dominance_of(data: xr.Dataset, *, over: str) -> xr.Dataset:
    """Say which options dominate which; see `decide.Study.dominance`."""
    import xarray as xr

    values, _, kept = values_over(data, over)
    options = [str(o) for o in data["option"].values]
    statewise, first, second = dominance(values)
    return xr.Dataset(
        {
            "statewise": (("option", "other"), statewise),
            "first_order": (("option", "other"), first),
            "second_order": (("option", "other"), second),
            "dominated": ("option", second.any(axis=0)),
        },
        coords={"option": options, "other": options},
        attrs={
            "draws": int(kept.sum()), "failed": int((~kept).sum()), "over": over, "values": OVER[over],
            "means": believed(data)[1], "title": data.attrs["title"], "decider": data.attrs["decider"],
            **pooled(data),
        },
    )  # fmt: skip
