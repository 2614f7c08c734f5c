"""Sections on what moves the worth of the decision, and on what would change the answer."""

from __future__ import annotations

import itertools

from decide import plots
from decide.evaluate import CLASSES, FAILED
from decide.questions import Flip, Interval, Intervals
from decide.reports.facts import Facts
from decide.reports.markup import Markup, join, table, tag
from decide.reports.opening import badge, captioned, code, moves, quoted, worst_direction
from decide.reports.pictures import figure
from decide.reports.words import amount, listed, percent, short, with_unit

__all__ = ["flips", "one_way"]

#: Rows of the widest parameters, and bars of those that flip the answer.
MOST = 12


def one_way(facts: Facts) -> Markup | None:
    """How far each parameter alone moves what the decision is worth."""
    bars = facts.bars
    if bars is None or facts.source is None:
        return None
    count = bars.sizes["parameter"]
    shown = bars.isel(parameter=[k for k in range(count) if k < MOST or int(bars["flips"][k]) > 0])
    rows = []
    for k, name in enumerate(map(str, shown["parameter"].values)):
        one, p = shown.isel(parameter=k), facts.source.model.parameters[name]
        ends = [amount(float(one[end]), facts.scale) for end in ("low", "high")]
        rows.append([code(name), p.doc, p.source, *ends, _turns(facts, name, int(one["flips"]))])
    first, width = str(shown["parameter"].values[0]), float(shown["high"][0] - shown["low"][0])
    turning = sum(str(r[5]).startswith("yes") for r in rows)
    how = (
        "Each parameter runs through its whole range, all others at base. What widens the bar most need not change the "
        f"answer: see the last column. Shown are the widest {min(MOST, count)} of {count}, and all that change it."
    )
    alt = (
        f"Bars of {min(MOST, count)} parameters; the widest is {first}: {amount(width, facts.scale)} wide. "
        f"{turning} of all {count} change the answer."
    )
    words = f"What the decision is worth to {facts.decider} at least and at most, the best option taken each time"
    head = ["Parameter", "Meaning", "Source", "At least", "At most", "Changes the answer"]
    said = [
        tag("p", how),
        table(captioned(facts, words), head, rows, numbers=(3, 4)),
        _picture_of_bars(facts, alt),
    ]
    return join(said)


def _turns(facts: Facts, name: str, n: int) -> str:
    """How often a parameter changes the answer; where the model only ceases to have one, that is no other answer."""
    gap = "; no answer over a part" if name in facts.unanswered else ""
    if name in facts.unanswered:
        labels = [i.option for i in facts.unanswered[name] if i.option != CLASSES[FAILED]]
        n = sum(a != b for a, b in itertools.pairwise(labels))
    return ("no" if n == 0 else "yes" if n == 1 else f"yes, {n} times") + gap


def _picture_of_bars(facts: Facts, alt: str) -> Markup | None:
    bars = facts.bars
    if not facts.pictures or bars is None:
        return None
    n = min(MOST, bars.sizes["parameter"])
    return figure(
        lambda ax: plots.tornado(bars, most=MOST, ax=ax), alt, captioned(facts, "The tornado at base."),
        height=0.9 + 0.42 * n,
    )  # fmt: skip


def flips(facts: Facts) -> Markup | None:
    """What would change the answer: one assumption, all of them, two at a time."""
    if facts.source is None or (not facts.flips and not facts.switches):
        return None
    return join([_nearest_flips(facts), _switches(facts), _map(facts)])


def _nearest_flips(facts: Facts) -> Markup:
    items = []
    for start, found in facts.flips.items():
        said = [_flip_in_words(facts, how, flip) for how, flip in found.items()]
        items += [tag("dt", "From the base" if start == "base" else f"From {start}"), tag("dd", tag("ul", *said))]
    note = (
        "The nearest world with another answer: how wrong would the assumptions have to be? Distances are shares of "
        "the stated ranges; for all together, the largest move of any parameter. "
    )
    return join(
        [tag("h3", "The nearest other answers"), tag("p", note, badge(facts)), tag("dl", *items, class_="flips")]
    )


def _flip_in_words(facts: Facts, how: str, flip: Flip) -> Markup:
    first = {"one": "By one assumption: ", "few": "By the strongest few: ", "all": "By all together: "}[how]
    if not flip.found:
        return tag(
            "li", tag("b", first), f"no other answer than {quoted(flip.instead_of)} was found within the ranges."
        )
    said = worst_direction(facts, flip) if how == "all" else moves(facts, flip)
    return tag("li", tag("b", first), said, "; ", flip.proof, ".")


def _switches(facts: Facts) -> Markup:
    assert facts.source is not None
    title = tag("h3", "Which assumption alone, and where")
    if not facts.switches:
        none = f"None of the {len(facts.looked)} parameters looked at changes the answer at base by itself."
        return join([title, tag("p", none), _without_answer(facts)])
    rows = []
    for name, found in facts.switches.items():
        p = facts.source.model.parameters[name]
        where = tag("ul", *(tag("li", f"{_what(i)}: {_run(found, i)}") for i in found), class_="plain")
        base = with_unit(short(float(facts.source.values[name])), p.unit)
        rows.append([code(name), p.doc, p.source, base, where])
    head = ["Parameter", "Meaning", "Source", "Base", "Worth most"]
    words = "For which values of one parameter which option is worth most, all others at base; the smallest move first"
    picture = _picture_of_switches(facts)
    return join([title, picture, table(captioned(facts, words), head, rows), _without_answer(facts)])


def _what(part: Interval) -> str:
    return "no answer" if part.option == CLASSES[FAILED] else quoted(part.option)


def _run(found: Intervals, part: Interval) -> str:
    """The values of an interval; those of a parameter that takes certain values only, one by one."""
    if not found.values:
        return f"{short(part.low)} to {short(part.high)}"
    listed_ = found.values[found.values.index(part.low) : found.values.index(part.high) + 1]
    return listed((short(float(v)) for v in listed_), "or")


def _without_answer(facts: Facts) -> Markup | None:
    """Where along a parameter the model has no answer."""
    if not facts.unanswered:
        return None
    items = []
    for name, found in facts.unanswered.items():
        runs = listed(_run(found, i) for i in found if i.option == CLASSES[FAILED])
        items.append(tag("li", code(name), f": {runs}"))
    told = "Where one parameter makes the model have no answer (failed), all others at base; that is no other answer:"
    return join([tag("p", told), tag("ul", *items)])


def _picture_of_switches(facts: Facts) -> Markup | None:
    source = facts.source
    if not facts.pictures or source is None:
        return None
    shown = dict(list(facts.switches.items())[:MOST])
    base = {name: float(source.values[name]) for name in shown}
    alt = "; ".join(f"{name}: {listed(f'{_what(part)} at {_run(i, part)}' for part in i)}" for name, i in shown.items())
    more = f" The first {len(shown)} of {len(facts.switches)}." if len(shown) < len(facts.switches) else ""
    return figure(
        lambda ax: plots.switch_points(shown, base=base, ax=ax),
        f"Bars over the range of each parameter, by the option worth most. {alt}.",
        captioned(facts, f"Where one assumption alone changes the answer; black line: base.{more}"),
        height=1.0 + 0.5 * len(shown),
        options=facts.study.options,
    )


def _map(facts: Facts) -> Markup | None:
    area = facts.area
    if area is None or facts.source is None:
        return None
    x, y = (str(a) for a in area["axis"].values)
    parts = [
        (float(s), str(o)) for s, o in zip(area["area"].values, area["recommendation"].values, strict=True) if s > 0
    ]
    words = listed(
        f"{'no answer (failed)' if o == CLASSES[FAILED] else quoted(o)} {percent(s)}"
        for s, o in sorted(parts, key=lambda part: -part[0])
    )
    told = (
        f", all others at base. Parts of the map: {words}. A view is marked where its two values lie, with its own "
        "answer: it differs from the base in other parameters as well. "
    )
    said = tag("p", "Two assumptions at once, ", code(x), " and ", code(y), told, badge(facts))
    picture = None
    if facts.pictures:
        picture = figure(
            lambda ax: plots.region_map(area, ax=ax),
            f"A map over {x} and {y}, divided by the option worth most: {words}.",
            captioned(facts, f"Which option is worth most over {x} and {y}."),
            height=5.2,
            options=facts.study.options,
        )
    return join([tag("h3", "Two assumptions at once"), said, picture])
