"""The answer in one world, and its share of the ranges: a row of every table of a brief."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from decide.errors import DecideError, SolveError, unknown
from decide.points import Status
from decide.questions.asking import ask
from decide.reports.source import Source
from decide.study import Study, sweep

__all__ = [
    "NEAR",
    "Alternative",
    "Answer",
    "alternatives_of",
    "answer_of",
    "by_setting",
    "near_tie_of",
    "solve_alternative",
    "with_shares",
]

#: A margin below this share of the decider's payoff range at base is called a near-tie, unless told otherwise.
NEAR = 0.02


@dataclass(frozen=True)
class Alternative:
    """One way of asking: what is fixed, and with which keywords."""

    kind: str
    name: str
    fixed: Mapping[str, Any]
    keywords: Mapping[str, Any]
    values: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """What one alternative makes of the decision.

    Attributes
    ----------
    kind : {"base", "view", "setting", "method", "selection"}
        What differs from the base.
    name : str
    recommended : str
        The option of highest value, or the class: ``mixed or tied``, ``depends on equilibrium``, ``failed``.
    margin : float
        By how much, in the decider's payoff units; 0 where no single option is best.
    rival : str
        The next best option; empty if there is none.
    near_tie : bool
        Whether the margin is below the threshold.
    values : mapping of str to float
        What each option is worth, in the selected equilibrium; empty where the world failed.
    spread : mapping of str to (float, float)
        The least and the most it is worth over all equilibria.
    shares, errors : mapping of str to float
        How much of the ranges left open each option and class wins, with standard errors; empty if not asked for.
    n_equilibria : int
    note : str
        Why it failed, if it did.
    """

    kind: str
    name: str
    recommended: str
    margin: float
    rival: str
    near_tie: bool
    values: Mapping[str, float]
    spread: Mapping[str, tuple[float, float]]
    shares: Mapping[str, float]
    errors: Mapping[str, float]
    n_equilibria: int
    note: str = ""

    @property
    def label(self) -> str:
        """What the row is called."""
        return self.name if self.kind in ("base", "view") else f"{self.kind}: {self.name}"


def near_tie_of(source: Source) -> float:
    """Return the margin below which a tie is near: a share of the decider's payoff range at base."""
    return NEAR * source.ask().scale


def alternatives_of(source: Source, settings: Mapping[str, Iterable[Any]] | None = None) -> list[Alternative]:
    """Return the base, every view, and every setting at its other values, all else at base.

    `settings` maps names to the values to look at; those that are true or false unless given.
    """
    model = source.model
    held = {k: v for k, v in source.fixed.items() if k in model.settings}
    found = [Alternative("base", "base", source.fixed, source.keywords, source.values)]
    for view, own in model.views.items():
        found.append(Alternative("view", view, {**held, **own}, source.keywords))
    if settings is None:
        settings = {name: (False, True) for name, value in model.settings.items() if isinstance(value, bool)}
    for name, values in settings.items():
        if name not in model.settings:
            raise unknown(f"setting of {model.name}", name, model.settings)
        for value in values:
            if value != source.values[name]:
                fixed, world = {**source.fixed, name: value}, {**source.values, name: value}
                one = Alternative("setting", f"{name} = {value}", fixed, source.keywords, world)
                found.append(_with_a_method(source, one))
    return found


def _with_a_method(source: Source, one: Alternative) -> Alternative:
    """Take another method where a setting makes a game that the study's own does not take, and say which."""
    kept = {k: source.keywords[k] for k in ("selection", "decider", "at")}
    try:
        ask(source.model, one.values, **kept, method=source.keywords["method"], options=_options(source.keywords))
    except SolveError:
        try:
            method = ask(source.model, one.values, **kept).problem.method
        except DecideError:
            return one  # the row will say why it failed
        return replace(one, name=f"{one.name} (by {method})", keywords={**kept, "method": method})
    except DecideError:
        return one
    return one


def _options(keywords: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in keywords.items() if k not in ("method", "selection", "decider", "at")}


def solve_alternative(
    source: Source, one: Alternative, near_tie: float, *, strict: bool
) -> tuple[Answer, Study | None]:
    """Solve one world; a world that cannot be asked about is an answer of its own, unless `strict`."""
    try:
        study = sweep(source.model, {}, base=one.values or one.fixed, **one.keywords)
    except DecideError as error:
        if strict:
            raise
        return Answer(one.kind, one.name, "failed", 0.0, "", False, {}, {}, {}, {}, 0, str(error)), None
    return answer_of(study, 0, one.kind, one.name, near_tie), study


def by_setting(study: Study) -> dict[tuple[tuple[str, str], ...], Study]:
    """Return the worlds of every combination of swept settings, by their names and values as text; else empty."""
    names = [k.removesuffix("_setting") for k in map(str, study.data.coords) if k.endswith("_setting")]
    names = [n for n in names if n in study.data and study.data[n].attrs.get("codes") == f"{n}_setting"]
    if not names:
        return {}
    codes = np.stack([np.asarray(study.data[n].values) for n in names], axis=1)
    found = {}
    for row in np.unique(codes, axis=0):
        levels = (str(study.data[f"{n}_setting"].values[k]) for n, k in zip(names, row, strict=True))
        part = study.data.isel(draw=np.flatnonzero((codes == row).all(axis=1)))
        found[tuple(zip(names, levels, strict=True))] = Study(part)
    return found


def with_shares(answer: Answer, study: Study) -> Answer:
    """Return the same with shares of the ranges, from a sweep."""
    table = study.shares()
    names = [str(o) for o in table["option"].values]
    shares, errors = (dict(zip(names, map(float, table[k].values), strict=True)) for k in ("share", "error"))
    return replace(answer, shares=shares, errors=errors)


def answer_of(study: Study, row: int, kind: str, name: str, near_tie: float) -> Answer:
    """Read the answer of one draw."""
    data = study.data
    label = str(data["recommendation"].values[int(data["recommended"].values[row])])
    values = np.asarray(data["option_value"].values[row], dtype=np.float64)
    margin = float(data["margin"].values[row]) if label in study.options else 0.0
    failed = label == "failed"
    ends = (data[f"option_value_{end}"].values[row].tolist() for end in ("low", "high"))
    order = [study.options[k] for k in np.argsort(-values, kind="stable")]
    rival = next((o for o in order if o != label), "") if label in study.options else ""
    return Answer(
        kind=kind,
        name=name,
        recommended=label,
        margin=margin,
        rival=rival,
        near_tie=bool(rival) and margin < near_tie,
        values={} if failed else dict(zip(study.options, values.tolist(), strict=True)),
        spread={} if failed else dict(zip(study.options, zip(*ends, strict=True), strict=True)),
        shares={},
        errors={},
        n_equilibria=int(data["n_equilibria"].values[row]),
        note=Status(int(data["status"].values[row])).message if failed else "",
    )
