"""Sections over the whole of the ranges: which assumption matters, and in which corner each option is worth most."""

from __future__ import annotations

import numpy as np

from decide import plots
from decide.reports.facts import Facts
from decide.reports.markup import Markup, join, table, tag
from decide.reports.opening import captioned, code, meaning, quoted
from decide.reports.pictures import figure
from decide.reports.words import percent

__all__ = ["corners", "importance"]

MOST = 12
#: What the columns are called, by the name of the index without its prefix.
INDICES = {
    "aggregated_first": "Alone",
    "aggregated_total": "With the others",
    "aggregated_shapley": "Its part",
    "information_share": "Share of the value of information",
}


def importance(facts: Facts) -> Markup | None:
    """Which parameter the answer varies with, over all ranges, with intervals."""
    found = facts.importance
    if found is None:
        return None
    kept = [name for name in INDICES if name in found]
    main = next((n for n in ("aggregated_total", "aggregated_shapley", "aggregated_first") if n in kept), None)
    if main is None or bool(found["constant"].all()):
        same = "The answer is the same in all worlds drawn: no assumption matters to it within the ranges."
        return join([tag("p", same), _left_out(facts)])
    order = np.argsort(-found[main].values, kind="stable")[:MOST]
    own = facts.source.model.parameters if facts.source is not None else {}
    rows = []
    for k in order:
        name = str(found["parameter"].values[k])
        about = (own[name].doc, own[name].source) if name in own else ("", "")
        rows.append([code(name), *about, *(_between(found, index, int(k)) for index in kept)])
    how = (
        "How much of the variation of the answer, over all ranges at once, each assumption carries: alone, and "
        "together with the others. Beside it, how much of the gain from learning everything before choosing would "
        "come from learning this one alone: an assumption may often change the answer between options that are worth "
        "nearly the same. In brackets, 95% intervals."
    )
    head = ["Parameter", "Meaning", "Source", *(INDICES[name] for name in kept)]
    words = f"The {len(rows)} assumptions that matter most, of {found.sizes['parameter']}"
    picture = None
    if facts.pictures:
        first = str(found["parameter"].values[order[0]])
        picture = figure(
            lambda ax: plots.importance(found, most=MOST, ax=ax),
            f"Bars of {len(rows)} assumptions by how much of the variation of the answer they carry, {first} first.",
            captioned(
                facts,
                "Which assumptions the answer varies with, over all ranges. Light bars: with the others; dark: alone; "
                "lines: 95% intervals; diamonds: share of the value of information.",
            ),
            height=1.6 + 0.4 * len(rows),
        )
    table_ = table(captioned(facts, words), head, rows, numbers=range(3, len(head)))
    return join([tag("p", how), _left_out(facts), table_, picture])


def _left_out(facts: Facts) -> Markup | None:
    """How much of the design could not be used: what is left is another space than the one stated."""
    dropped = float(facts.importance.attrs.get("dropped", 0.0)) if facts.importance is not None else 0.0
    if not dropped:
        return None
    return tag(
        "p",
        tag("b", f"{dropped:.1%} of the comparisons behind this table were left out: "),
        "the model has no answer in one of their worlds. The table speaks of the ranges without them, which is not "
        "quite the space that was stated.",
    )


def _between(found: object, index: str, k: int) -> str:
    value, low, high = (float(found[f"{index}{end}"].values[k]) for end in ("", "_low", "_high"))  # type: ignore[index]
    return f"{percent(max(value, 0.0))} ({percent(max(low, 0.0))} to {percent(max(high, 0.0))})"


def _with_an_answer(failed: int) -> str:
    """Of which worlds a share is one, where some have no answer."""
    return f" that have an answer ({failed:,} have none)" if failed else ""


def corners(facts: Facts) -> Markup | None:
    """In which corner of the ranges each option is worth most: a rule that can be read aloud."""
    if not facts.scenarios:
        return None
    items = []
    for option, found in facts.scenarios.items():
        items.append(tag("dt", quoted(option)))
        if found.share in (0.0, 1.0) or not found.boxes:
            items.append(tag("dd", f"{found}."))
            continue
        said = [
            tag("li", f"In {percent(box.density)} of the worlds in which {box}; these hold {percent(box.coverage)} of "
                "all worlds in which it is worth most (in worlds the rule was not made from: "
                f"{percent(box.held_out_density)} and {percent(box.held_out_coverage)}).")
            for box in found.boxes
        ]  # fmt: skip
        overall = f"Overall it is worth most in {percent(found.share)} of the worlds{_with_an_answer(found.failed)}."
        items.append(tag("dd", tag("ul", *said, tag("li", overall))))
    names = sorted({n for s in facts.scenarios.values() for b in s.boxes for n in b.limits})
    known = facts.source.model.parameters if facts.source is not None else {}
    told = [join([code(n), " ", meaning(facts, n) if n in known else None]) for n in names]
    how = (
        "Rules of few assumptions, made from one half of the worlds and measured in the other too. They say where in "
        "the ranges an option is worth most far more often than elsewhere, not why. Shares are no probabilities. "
    )
    return join(
        [
            tag("p", how),
            tag("p", "They speak of: ", join(told, "; ")) if told else None,
            tag("dl", *items, class_="flips"),
        ]
    )
