"""Sections on what each option is worth, and how often it is worth most."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from decide import plots
from decide.evaluate import CLASSES, FAILED
from decide.reports.answers import by_setting
from decide.reports.facts import Facts
from decide.reports.markup import Cell, Markup, join, table, tag
from decide.reports.opening import captioned, eyes, pooled, verdict
from decide.reports.pictures import figure
from decide.reports.words import amount, listed, percent, share
from decide.study import Study

__all__ = ["shares", "values"]


def values(facts: Facts) -> Markup | None:
    """What each option is worth, at base and through every view."""
    if not facts.views:
        return _range_of_values(facts)
    options = facts.study.options
    head = ["Through whose eyes", *options, "Worth most", "By"]
    rows = []
    for a in facts.views:
        line: list[object] = [eyes(a)]
        for o in options:
            cell = _spread(a.values.get(o), a.spread.get(o), facts.scale)
            line.append(Cell(cell, "best") if o == a.recommended else cell)
        rows.append([*line, verdict(a), amount(a.margin, facts.scale) if a.rival else ""])
    said = [
        tag("p", _unit_of_values(facts)),
        table(
            captioned(facts, f"What each option is worth to {facts.decider}{facts.in_units}"),
            head,
            rows,
            numbers=_columns(options),
        ),
        _picture_of_values(facts),
        _outcomes(facts),
    ]
    return join(said)


def _columns(options: Iterable[str]) -> tuple[int, ...]:
    n = len(tuple(options))
    return (*range(1, n + 1), n + 2)


def _spread(value: float | None, ends: tuple[float, float] | None, scale: float) -> str:
    if value is None or ends is None:
        return "\u2014"
    shown = amount(value, scale)
    low, high = (amount(e, scale) for e in ends)
    return shown if low == high else f"{shown} ({low} to {high} over all equilibria)"


def _unit_of_values(facts: Facts) -> str:
    return (
        f"Expected payoffs of {facts.decider} at the decision, when the others answer as the model has it and its own "
        "later moves are the best ones. More is better; only differences matter."
    )


def _picture_of_values(facts: Facts) -> Markup | None:
    worlds = facts.worlds
    if not facts.pictures or worlds is None or worlds.data.sizes["draw"] > 20:
        return None
    best = listed(f"{eyes(a)}: {verdict(a)}" for a in facts.views)
    return figure(
        lambda ax: plots.option_values(worlds, near_tie=facts.near_tie, ax=ax),
        f"One line a view, one mark an option, the best one circled. {best}.",
        captioned(facts, "What each option is worth, at base and through every view."),
        height=1.3 + 0.55 * worlds.data.sizes["draw"],
        options=worlds.options,
    )


def _outcomes(facts: Facts) -> Markup | None:
    """What would follow each option at base."""
    worlds = facts.worlds
    if worlds is None or "outcome_probability" not in worlds.data or str(worlds.data["view"].values[0]) != "base":
        return None
    odds = worlds.data["outcome_probability"].isel(draw=0).transpose("option", "outcome").values
    labels = [str(o) for o in worlds.data["outcome"].values]
    keep = [k for k in range(len(labels)) if odds[:, k].max() > 0][:8]
    rows = [[o, *(percent(float(odds[i, k])) for k in keep)] for i, o in enumerate(worlds.options)]
    words = "How likely each outcome is after each option, at the base values (outcomes need not exclude each other)"
    if len(keep) < len(labels):
        words += f"; {len(keep)} of {len(labels)} outcomes are shown"
    return table(captioned(facts, words), ["Option", *(labels[k] for k in keep)], rows, numbers=range(1, len(keep) + 1))


def _range_of_values(facts: Facts) -> Markup | None:
    """What the data of a study alone say of the options' worth."""
    if "option_value" not in facts.study.data or facts.study.failed.all():
        return None
    found = facts.study.data["option_value"].values[~facts.study.failed]
    rows = [
        [o, *(amount(float(x), facts.scale) for x in (column.min(), np.median(column), column.max()))]
        for o, column in zip(facts.study.options, found.T, strict=True)
    ]
    words = f"What each option is worth to {facts.decider}, over the {len(found):,} worlds that were solved"
    return table(captioned(facts, words), ["Option", "least", "median", "most"], rows, numbers=(1, 2, 3))


def shares(facts: Facts) -> Markup | None:
    """How much of the stated ranges each option wins."""
    if "recommended" not in facts.study.data:
        return None
    found = facts.study.shares()
    given, n = found.attrs["sampling"] == "given", found.attrs["draws"]
    studies = {} if given else {f"this study ({n:,} worlds{pooled(facts)})": facts.study}
    for key, part in by_setting(facts.study).items():
        studies["this study, " + listed(f"{name} = {value}" for name, value in key)] = part
    for view, swept in facts.swept.items():
        studies["base, all ranges" if view == "base" else f"{view}, what it leaves open"] = swept
    if not studies:
        studies = {f"the {n:,} worlds given": facts.study}
    names = [str(o) for o in found["option"].values]
    rows = []
    for title, s in studies.items():
        own = s.shares()
        cells = [
            share(float(p), 0.0 if s is facts.study and (given or pooled(facts)) else float(e))
            for p, e in zip(own["share"], own["error"], strict=True)
        ]
        rows.append([title, *cells])
    kept = [
        k
        for k in range(len(names))
        if k < len(facts.study.options) or any(r[k + 1] != "0%" and not r[k + 1].startswith("0.0%") for r in rows)
    ]
    called = [f"no answer ({o})" if o == CLASSES[FAILED] else o for o in names]
    head, rows = ["Worlds", *(called[k] for k in kept)], [[r[0], *(r[k + 1] for k in kept)] for r in rows]
    told = (
        "A share counts worlds within the ranges that were stated. It is not a probability: it would be one only if "
        "the ranges were somebody\u2019s joint belief. Wider ranges give other shares."
    )
    words = "In how many of the worlds each option is worth most, with standard errors"
    said = [
        tag("p", told),
        table(captioned(facts, words), head, rows, numbers=range(1, len(head))),
        _picture_of_shares(facts, studies if len(studies) <= 12 else {}),
    ]
    return join(said)


def _picture_of_shares(facts: Facts, studies: dict[str, Study]) -> Markup | None:
    if not facts.pictures or not studies:
        return None
    best = []
    for title, s in studies.items():
        own = s.shares()
        k = int(np.argmax(own["share"].values))
        best.append(f"{title}: mostly {own['option'].values[k]}, {percent(float(own['share'][k]))}")
    return figure(
        lambda ax: plots.shares(studies, ax=ax),
        f"Stacked bars of the shares each option wins. {listed(best)}.",
        captioned(facts, "In how many of the worlds drawn each option is worth most: shares, not probabilities."),
        height=1.1 + 0.5 * len(studies),
        options=facts.study.options,
    )
