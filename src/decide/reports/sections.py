"""The sections of a brief, each a small function from facts to HTML; one that has nothing to say returns None."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import numpy as np

from decide import plots
from decide.errors import DecideError
from decide.evaluate import CLASSES
from decide.points import Status
from decide.reports.facts import Facts
from decide.reports.markup import Cell, Markup, join, paragraphs, table, tag
from decide.reports.opening import badge, captioned, eyes, moves, verdict
from decide.reports.pictures import figure
from decide.reports.robustness import cells_of
from decide.reports.source import left_out, story_of
from decide.reports.words import amount, listed, percent, share, short, with_unit

__all__ = ["SECTIONS", "Section"]

#: A heading's anchor, the heading, and what writes what stands under it.
Section = tuple[str, str, Callable[[Facts], Markup | None]]

#: Rows of the widest parameters, and bars of those that flip the answer.
MOST = 12


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
        _picture_of_values(facts),
        table(captioned(facts, f"What each option is worth to {facts.decider}"), head, rows, numbers=_columns(options)),
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
    assert facts.source is not None
    units = {p.unit for p in facts.source.model.parameters.values() if p.kind == "value"} - {"utility"}
    stated = f" Parameters of {facts.decider}\u2019s values are stated in: {units.pop()}." if len(units) == 1 else ""
    return (
        f"Expected payoffs of {facts.decider} at the decision, when the others answer as the model says and its own "
        f"later moves are the best ones.{stated} More is better; only differences matter."
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
    studies = {} if given else {f"this study ({n:,} worlds)": facts.study}
    studies |= {f"{view}, what it leaves open" if view != "base" else "base, all ranges": s for view, s in facts.swept.items()}
    if not studies:
        studies = {f"the {n:,} worlds given": facts.study}
    names = [str(o) for o in found["option"].values]
    rows = []
    for title, s in studies.items():
        own = s.shares()
        cells = [share(float(p), 0.0 if given and s is facts.study else float(e)) for p, e in zip(own["share"], own["error"], strict=True)]
        rows.append([title, *cells])
    kept = [k for k in range(len(names)) if k < len(facts.study.options) or any(r[k + 1] != "0%" and not r[k + 1].startswith("0.0%") for r in rows)]
    head, rows = ["Worlds", *(names[k] for k in kept)], [[r[0], *(r[k + 1] for k in kept)] for r in rows]
    said = [
        tag("p", "A share counts worlds within the ranges that were stated. It is not a probability: it would be one only if "
            "the ranges were somebody\u2019s joint belief. Wider ranges give other shares."),
        _picture_of_shares(facts, studies if len(studies) <= 12 else {}),
        table(captioned(facts, "In how many of the worlds each option is worth most, with standard errors"), head, rows,
              numbers=range(1, len(head))),
    ]  # fmt: skip
    return join(said)


def _picture_of_shares(facts: Facts, studies: dict[str, object]) -> Markup | None:
    if not facts.pictures or not studies:
        return None
    best = []
    for title, s in studies.items():
        own = s.shares()  # type: ignore[attr-defined]
        k = int(np.argmax(own["share"].values))
        best.append(f"{title}: mostly {own['option'].values[k]}, {percent(float(own['share'][k]))}")
    return figure(
        lambda ax: plots.shares(studies, ax=ax),  # type: ignore[arg-type]
        f"Stacked bars of the shares each option wins. {listed(best)}.",
        captioned(facts, "In how many of the worlds drawn each option is worth most: shares, not probabilities."),
        height=1.1 + 0.5 * len(studies),
        options=facts.study.options,
    )


def one_way(facts: Facts) -> Markup | None:
    """How far each parameter alone moves what the decision is worth."""
    bars = facts.bars
    if bars is None or facts.source is None:
        return None
    shown = bars.isel(parameter=slice(0, MOST))
    rows = []
    for k, name in enumerate(map(str, shown["parameter"].values)):
        one, p = shown.isel(parameter=k), facts.source.model.parameters[name]
        ends = [amount(float(one[end]), facts.scale) for end in ("low", "high")]
        rows.append([tag("code", name), p.doc, p.source, *ends, _turns(int(one["flips"]))])
    first, width = str(shown["parameter"].values[0]), float(shown["high"][0] - shown["low"][0])
    said = [
        tag("p", f"Each parameter runs through its whole range, all others at base. What widens the bar most is not always what changes "
            f"the answer: see the last column. {len(facts.looked)} were looked at; the widest {len(rows)} are shown."),
        _picture_of_bars(facts, f"Bars of {len(rows)} parameters, widest first: {first}, {amount(width, facts.scale)} wide. "
                         f"{sum(r[5] != 'no' for r in rows)} of them change the answer."),
        table(captioned(facts, f"What the decision is worth to {facts.decider} at least and at most, the best option taken each time"),
              ["Parameter", "Meaning", "Source", "At least", "At most", "Changes the answer"], rows, numbers=(3, 4)),
    ]  # fmt: skip
    return join(said)


def _turns(n: int) -> str:
    return "no" if n == 0 else "yes" if n == 1 else f"yes, {n} times"


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
    for start, (alone, together) in facts.flips.items():
        said = []
        for flip, words in ((alone, "By one assumption: "), (together, "By all together: ")):
            if flip is not None and flip.found:
                said.append(tag("li", tag("b", words), moves(facts, flip), "; ", flip.proof, "."))
            elif flip is not None:
                said.append(tag("li", tag("b", words), f"no other answer than \u201c{flip.instead_of}\u201d was found within the ranges."))
        items += [tag("dt", "From the base" if start == "base" else f"From {start}"), tag("dd", tag("ul", *said))]
    note = tag("p", "The nearest world with another answer: how wrong would the assumptions have to be? Distances are shares of the "
               "stated ranges; for all together, the largest move of any parameter. ", badge(facts))  # fmt: skip
    return join([tag("h3", "The nearest other answers"), note, tag("dl", *items, class_="flips")])


def _switches(facts: Facts) -> Markup:
    assert facts.source is not None
    title = tag("h3", "Which assumption alone, and where")
    if not facts.switches:
        return join([title, tag("p", f"None of the {len(facts.looked)} parameters looked at changes the answer at base by itself.")])
    rows = []
    for name, found in facts.switches.items():
        p = facts.source.model.parameters[name]
        where = tag("ul", *(tag("li", f"{i.option}: {short(i.low)} to {short(i.high)}") for i in found), class_="plain")
        base = with_unit(short(float(facts.source.values[name])), p.unit)
        rows.append([tag("code", name), p.doc, p.source, base, where])
    head = ["Parameter", "Meaning", "Source", "Base", "Worth most"]
    return join([
        title,
        _picture_of_switches(facts),
        table(captioned(facts, "For which values of one parameter which option is worth most, all others at base; the smallest move first"),
              head, rows),
        _choices(facts),
    ])  # fmt: skip


def _choices(facts: Facts) -> Markup | None:
    """Parameters with a few values only: no interval, but they may flip the answer."""
    bars, source = facts.bars, facts.source
    if bars is None or source is None:
        return None
    turning = [str(p) for p in bars["parameter"].values[bars["flips"].values > 0]]
    few = [n for n in turning if source.model.parameters[n].choices is not None]
    return tag("p", "Of those that take certain values only, these change the answer too: ", listed(few), ".") if few else None


def _picture_of_switches(facts: Facts) -> Markup | None:
    source = facts.source
    if not facts.pictures or source is None:
        return None
    shown = dict(list(facts.switches.items())[:MOST])
    base = {name: float(source.values[name]) for name in shown}
    alt = "; ".join(f"{name}: the answer changes at {listed(short(s) for s in i.switches)}" for name, i in shown.items())
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
    parts = [(float(s), str(o)) for s, o in zip(area["area"].values, area["recommendation"].values, strict=True) if s > 0]
    words = listed(f"{o} {percent(s)}" for s, o in sorted(parts, key=lambda part: -part[0]))
    said = tag("p", "Two assumptions at once, ", tag("code", x), " and ", tag("code", y), f", all others at base. Parts of the map: {words}. "
               "A view is marked where its two values lie, with its own answer: it differs from the base in other parameters as well. ", badge(facts))  # fmt: skip
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


def criteria(facts: Facts) -> Markup | None:
    """What each criterion of choice under uncertainty favours, over the study's worlds."""
    if "option_value" not in facts.study.data or "view" in facts.study.data.coords:
        return None
    try:
        found = facts.study.criteria()
    except DecideError:
        return None
    rows = []
    for k, name in enumerate(map(str, found["criterion"].values)):
        score = found["score"].values[k]
        cells = [percent(float(s)) if name == "satisficing" else amount(float(s), facts.scale) for s in score]
        rows.append([name, str(found["best"].values[k]), *cells])
    told = (
        "Maximin: the least an option is worth in any world drawn. Minimax loss: the most that choosing it can cost against the best "
        "option of the same world (less is better). Hurwicz: half the best and half the worst. Laplace: the mean, an expected value only "
        "if the draws are a belief. Satisficing: in how many worlds it reaches what the best option is worth at base "
        f"({amount(found.attrs['threshold'], facts.scale)})."
    )
    words = f"Criteria over {found.attrs['draws']:,} worlds solved ({found.attrs['failed']:,} failed); worst and best are those drawn"
    head = ["Criterion", "Favours", *facts.study.options]
    return join([tag("p", told), table(captioned(facts, words), head, rows, numbers=range(2, len(head)))])


def equilibria(facts: Facts) -> Markup:
    """How the others\u2019 answers were found, how one was selected, which ties were met and what failed."""
    attrs = facts.study.data.attrs
    items = [f"Method: {attrs['method']} ({attrs['concept']}; finds {attrs['finds']})."]
    if facts.solution is not None:
        s = facts.solution
        whole = "proved to be all that the method looks for" if s.complete else "not proved to be all"
        items.append(f"At base: {s.count} found, {whole}; {s.status.message}.")
        if s.count:
            worst = max(e.residual for e in s.equilibria)
            items.append(f"Each was checked again by other code; the largest error left is {worst:.1e}.")
    items.append(
        f"Where there are several, the plain values are those of the rule \u201c{attrs['selection']}\u201d"
        f"{_RULES.get(attrs['selection'], '')}; an option is put first only if it is best in every one of them."
    )
    return tag("ul", *(tag("li", i) for i in (*items, *_counted(facts))))


_RULES = {
    "worst": ", the equilibrium in which the decider expects least",
    "best": ", the equilibrium in which the decider expects most",
}


def _counted(facts: Facts) -> list[str]:
    """What is counted over the study\u2019s worlds: several equilibria, ties, failures."""
    data, n, said = facts.study.data, facts.study.data.sizes["draw"], []
    if "n_equilibria" in data:
        most, several = int(data["n_equilibria"].max()), int((data["n_equilibria"] > 1).sum())
        said.append(f"Several equilibria in {several:,} of {n:,} worlds{f', up to {most}' if most > 1 else ''}.")
    if "recommended" in data:
        k, codes = len(facts.study.options), data["recommended"].values
        for j, name in enumerate(CLASSES[:2]):
            said.append(f"Counted as \u201c{name}\u201d: {int((codes == k + j).sum()):,} of {n:,} worlds.")
    if "tied" in data and (tied := int(data["tied"].values.sum())):
        said.append(f"In {tied:,} worlds somebody was met who is indifferent; backward induction then splits evenly.")
    if "status" in data:
        status = data["status"].values
        failed = int(facts.study.failed.sum())
        why = [f"{int((status == s).sum()):,}: {s.message}" for s in Status if not s.ok and (status == s).any()]
        said.append(f"Failed: {failed:,} of {n:,} worlds{f' ({listed(why)})' if why else ''}. They count as such, never as an option.")
        if first := str(data.attrs.get("first_failure", "")):
            said.append(f"The first failure: {first}")
    else:
        said.append("The study did not keep the status of its worlds, so failures cannot be told apart by their reasons.")
    return said


def structure(facts: Facts) -> Markup | None:
    """The same decision under every alternative: views, settings, methods, selection rules."""
    if facts.table is None:
        return None
    others = [a for a in facts.table.rows if a.kind not in ("base", "view")]
    head, rows = cells_of(facts.table)
    fixed = facts.source.model.settings if facts.source is not None else {}
    at = listed(f"{k} = {facts.source.values[k]}" for k in fixed) if fixed and facts.source is not None else "none"
    words = f"{len(others)} assumptions of the model itself were turned over, all parameters at base. " if others else ""
    kept = [row for row, a in zip(rows, facts.table.rows, strict=True) if a.kind == "base" or a in others]
    caption = "Which assumption of the model itself changes the answer" if others else "The answer at base"
    return join([
        tag("p", words, f"Settings at base: {at}."),
        table(captioned(facts, caption), head, kept, numbers=range(2, len(head))) if others else None,
    ])  # fmt: skip


def limits(facts: Facts) -> Markup:
    """What the model leaves out, and what a sweep is not."""
    story = story_of(facts.source.model) if facts.source is not None else ""
    own = [*facts.limits, *left_out(story)]
    source = facts.source
    unsourced = [n for n, p in source.model.parameters.items() if p.source in ("", "assumed")] if source else []
    everyone = listed([str(p) for p in facts.study.data["player"].values])
    general = [
        f"Nobody but {everyone} acts, nobody has moves that the model does not list, and no option is weighed that is not in it.",
        "Each world is solved as if its parameters were commonly known to all players in it. The ranges are the analyst\u2019s doubt, not "
        "the players\u2019: what a player does not know belongs into the game, as chance and information sets.",
        "Shares count worlds within stated ranges. They are no probabilities, and averages over worlds are expected values only if the "
        "others see the option before they move and learn nothing from it.",
        "The others are taken to know the game and to choose as the method says. That they would find this equilibrium is an assumption.",
    ]
    if unsourced:
        general.append(f"{len(unsourced)} of {len(source.model.parameters) if source else 0} parameters have no source or an assumed one: {', '.join(unsourced)}.")
    if facts.note:
        general.insert(0, f"On the numbers: {facts.note}.")
    told = tag("ul", *(tag("li", paragraphs(t)) for t in own), class_="own") if own else tag("p", "The model itself names nothing that it leaves out.")
    return join([tag("h3", "What this model leaves out"), told, tag("h3", "What no result here is"), tag("ul", *(tag("li", g) for g in general))])


def missing(facts: Facts) -> Markup | None:
    """What could not be computed, and why."""
    said = [tag("li", tag("b", f"{part}: "), why) for part, why in facts.trouble.items()]
    if facts.source is None:
        said.append(tag("li", "The study was read from a file, which holds results and not the model. So this brief has no views, no switch "
                        "points, no tornado, no map, no nearest flips, no story and no ranges: give model= to have them."))  # fmt: skip
    if facts.unlooked:
        said.append(tag("li", f"Parameters without a finite range were not looked at one by one: {', '.join(facts.unlooked)}."))
    if not facts.pictures:
        said.append(tag("li", "Pictures were left out on request."))
    return tag("ul", *said) if said else None


def story(facts: Facts) -> Markup | None:
    """The story the model tells."""
    told = story_of(facts.source.model).strip() if facts.source is not None else ""
    return paragraphs(told) if told else None


def parameters(facts: Facts) -> Markup | None:
    """Every parameter: name, meaning, unit, kind, range, base, views, source."""
    if facts.source is None:
        return _columns_of_data(facts)
    model, rows = facts.source.model, []
    for name, p in model.parameters.items():
        ends = "constant" if p.constant else listed(map(short, p.choices), "or") if p.choices else f"{short(p.low or 0.0)} to {short(p.high or 0.0)}"
        if p.distribution is not None:
            ends += ", not uniform"
        seen = "; ".join(f"{view} {short(float(own[name]))}" for view, own in model.views.items() if name in own)
        base = Cell(short(float(facts.source.values[name])), "number")
        rows.append([tag("code", name), p.doc, p.unit, p.kind or "", base, Cell(ends, "number"), seen, p.source])
    head = ["Name", "Meaning", "Unit", "Kind", "Base", "Range", "Views that differ", "Source"]
    settings = [tag("li", tag("code", k), f" = {facts.source.values[k]} (setting, never drawn)") for k in model.settings]
    return join([table(captioned(facts, "Parameters"), head, rows), tag("ul", *settings) if settings else None])


def _columns_of_data(facts: Facts) -> Markup | None:
    """The parameters as far as a study\u2019s data tell them."""
    rows = []
    for name, column in facts.study.data.data_vars.items():
        if "source" in column.attrs and column.dims == ("draw",):
            a, v = column.attrs, column.values
            rows.append([tag("code", name), a["doc"], a["unit"], a["kind"], short(float(v.min())), short(float(v.max())), a["source"]])
    head = ["Name", "Meaning", "Unit", "Kind", "Least drawn", "Most drawn", "Source"]
    return table(captioned(facts, "Parameters, as drawn"), head, rows, numbers=(4, 5)) if rows else None


def making(facts: Facts) -> Markup:
    """Versions, design and seed: enough to do it again."""
    attrs = facts.study.data.attrs
    design = json.loads(attrs["design"])
    versions = ", ".join(f"{k} {v}" for k, v in json.loads(attrs["versions"]).items())
    held = json.loads(attrs["base"])
    drawn = len(design["drawn"])
    how = "worlds given by the user" if design["sampling"] == "given" else f"{design['sampling']} sampling in {design['replicates']} replicates"
    seed = "" if attrs["seed"] == "-1" else f", seed {attrs['seed']}"
    rows = [
        ("Model", attrs["model"]),
        ("Method and options", f"{attrs['method']}, {attrs['options']}"),
        ("Selection", attrs["selection"]),
        ("Design", f"{facts.study.data.sizes['draw']:,} worlds, {drawn} parameters drawn, {how}{seed}"),
        ("Held fixed", ", ".join(f"{k} = {v}" for k, v in held.items()) or "nothing: every range was drawn"),
        ("Settings", attrs["settings"]),
        ("Versions", versions),
    ]
    if design.get("digest"):
        rows.append(("Digest of the design", design["digest"]))
    if facts.table is not None and facts.table.draws:
        rows.append(("Worlds for the share of each view", f"{facts.table.draws:,}, Latin hypercubes"))
    return table("How this was computed", ["What", "Value"], [(k, tag("code", v)) for k, v in rows])


SECTIONS: tuple[Section, ...] = (
    ("missing", "What this brief cannot say", missing),
    ("values", "What each option is worth", values),
    ("shares", "How often each option is worth most", shares),
    ("one-way", "What moves the worth of the decision", one_way),
    ("flips", "What would change the answer", flips),
    ("structure", "Assumptions of the model itself", structure),
    ("criteria", "What cautious and bold criteria favour", criteria),
    ("equilibria", "How the others\u2019 answers were found", equilibria),
    ("limits", "What the model leaves out, and what no result here is", limits),
    ("story", "The story", story),
    ("parameters", "Parameters", parameters),
    ("making", "How this was computed", making),
)
