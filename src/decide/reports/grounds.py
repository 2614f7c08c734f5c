"""Sections on what the answer rests on: structure, criteria, equilibria, limits, parameters, making."""

from __future__ import annotations

import json

import numpy as np

from decide import plots
from decide.errors import DecideError
from decide.evaluate import CLASSES
from decide.points import Status
from decide.reports.facts import Facts
from decide.reports.markup import Cell, Markup, join, paragraphs, table, tag
from decide.reports.opening import captioned, code, quoted
from decide.reports.pictures import figure
from decide.reports.robustness import cells_of
from decide.reports.source import left_out, story_of
from decide.reports.words import amount, listed, percent, plain, short

__all__ = ["criteria", "equilibria", "limits", "making", "missing", "parameters", "story", "structure"]


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
        best = str(found["best"].values[k])
        rows.append([name, quoted(best) if best in facts.study.options else best, *cells])
    names = [str(c) for c in found["criterion"].values]
    means = _CRITERIA | {"expected value": _expected(facts)}
    told = [tag("li", tag("b", f"{name}: "), means[name]) for name in names if name in means]
    if lost := int(found.attrs["failed"]):
        told.append(tag("li", f"All of them leave out the {lost:,} worlds in which the model has no answer (failed)."))
    reached = amount(float(found.attrs["threshold"]), facts.scale)
    told.append(tag("li", f"Satisficing asks for {reached}, what the best option is worth at base."))
    counted = f"{found.attrs['draws']:,} worlds solved ({found.attrs['failed']:,} failed)"
    words = f"Criteria over {counted}; worst and best are those drawn"
    head = ["Criterion", "Favours", *facts.study.options]
    return join([table(captioned(facts, words), head, rows, numbers=range(2, len(head))), tag("ul", *told)])


def _expected(facts: Facts) -> str:
    """Over what the expected value is a mean: few parameters may have a distribution that somebody declared."""
    attrs = facts.study.data.attrs
    drawn, stated = json.loads(attrs["design"])["drawn"], json.loads(attrs.get("distributions", "{}"))
    n = sum(name in stated for name in drawn)
    uniform = (
        "" if n == len(drawn) else "; the others were drawn evenly over their ranges, by convention and not as a belief"
    )
    return f"the mean over the worlds drawn: {n} of {len(drawn)} parameters have a distribution of their own{uniform}."


_CRITERIA = {
    "maximin": "the least that an option is worth in any world drawn.",
    "maximax": "the most that an option is worth in any world drawn.",
    "minimax loss": "the most that choosing it costs against the best option of the same world; less is better.",
    "expected loss": "what choosing it costs on average against the best option of the same world; less is better.",
    "Hurwicz": "best and worst world, weighted (half and half here).",
    "Laplace": "the mean over all worlds alike; an expected value only if the draws are a belief.",
    "satisficing": "in how many worlds it is worth enough.",
    "percentile": "what it is worth at least, but for the worst 5% of the worlds.",
}


def equilibria(facts: Facts) -> Markup:
    """How the others' answers were found, how one was selected, which ties were met and what failed."""
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
        f"Where there are several, the plain values are those of the rule {quoted(attrs['selection'])}"
        f"{_RULES.get(attrs['selection'], '')}; an option is put first only if it is best in every one of them."
    )
    return tag("ul", *(tag("li", i) for i in (*items, *_counted(facts))))


_RULES = {
    "worst": ", the equilibrium in which the decider expects least",
    "best": ", the equilibrium in which the decider expects most",
}


def _counted(facts: Facts) -> list[str]:
    """What is counted over the study's worlds: several equilibria, ties, failures."""
    data, n, said = facts.study.data, facts.study.data.sizes["draw"], []
    if "n_equilibria" in data:
        most, several = int(data["n_equilibria"].max()), int((data["n_equilibria"] > 1).sum())
        said.append(f"Several equilibria in {several:,} of {n:,} worlds{f', up to {most}' if most > 1 else ''}.")
    if "recommended" in data:
        k, codes = len(facts.study.options), data["recommended"].values
        for j, name in enumerate(CLASSES[:2]):
            said.append(f"Counted as {quoted(name)}: {int((codes == k + j).sum()):,} of {n:,} worlds.")
    if "tied" in data and (tied := int(data["tied"].values.sum())):
        said.append(f"In {tied:,} worlds somebody was met who is indifferent; backward induction then splits evenly.")
    if "status" in data:
        status = data["status"].values
        failed = int(facts.study.failed.sum())
        why = [f"{int((status == s).sum()):,}: {s.message}" for s in Status if not s.ok and (status == s).any()]
        said.append(
            f"Failed: {failed:,} of {n:,} worlds{f' ({listed(why)})' if why else ''}. They count as such, never as "
            "an option."
        )
        if first := str(data.attrs.get("first_failure", "")):
            said.append(f"The first failure: {plain(first)}.")
    else:
        said.append(
            "The study did not keep the status of its worlds, so failures cannot be told apart by their reasons."
        )
    return said


def structure(facts: Facts) -> Markup | None:
    """The same decision under every alternative: views, settings, methods, selection rules."""
    if facts.table is None:
        return None
    others = [a for a in facts.table.rows if a.kind not in ("base", "view")]
    head, rows = cells_of(facts.table)
    fixed = facts.source.model.settings if facts.source is not None else {}
    at = listed(f"{k} = {facts.source.values[k]}" for k in fixed) if fixed and facts.source is not None else "none"
    words = (
        f"{len(others)} assumption{'s' * (len(others) > 1)} of the model itself {'were' if len(others) > 1 else 'was'} "
        "turned over, all parameters at base. "
        if others
        else ""
    )
    kept = [row for row, a in zip(rows, facts.table.rows, strict=True) if a.kind == "base" or a in others]
    caption = "Which assumption of the model itself changes the answer" if others else "The answer at base"
    cells = table(captioned(facts, caption), head, kept, numbers=range(2, len(head))) if others else None
    return join([tag("p", words, f"Settings at base: {at}."), cells, _in_every_view(facts)])


def _in_every_view(facts: Facts) -> Markup | None:
    """The settings turned over, in every view: which of them changes whose answer."""
    found = facts.structures
    if found is None:
        return None
    views, labels = ([str(x) for x in found[name].values] for name in ("view", "recommendation"))
    rows = []
    for i, name in enumerate(map(str, found["structure"].values)):
        row: list[object] = [name]
        for j in range(len(views)):
            label = labels[int(found["recommended"].values[i, j])]
            margin = float(found["margin"].values[i, j])
            ahead = f" by {amount(margin, facts.scale)}" if label in facts.study.options else ""
            flips = bool(found["flips"].values[i, j])
            near = "near-tie: " if ahead and margin < facts.near_tie else ""
            shown = f"{near}{quoted(label)}{ahead}"
            row.append(Cell(f"{shown}: another answer", "best") if flips else shown)
        rows.append(row)
    changed = int(found["flips"].values.any(axis=1).sum())
    words = f"What is worth most in every view: {changed} of {len(rows) - 1} assumptions change somebody\u2019s answer"
    picture = None
    if facts.pictures and len(rows) <= 12 and len(views) <= 8:
        picture = figure(
            lambda ax: plots.structures(found, ax=ax),
            f"A table of assumptions by views, each cell with the option worth most. {words}.",
            captioned(facts, words + "."),
            height=1.2 + 0.75 * len(rows),
            options=facts.study.options,
        )
    table_ = table(captioned(facts, words), ["Assumption", *views], rows)
    return join([table_, _narrowest(facts), picture])


def _narrowest(facts: Facts) -> Markup | None:
    """The assumption that leaves the answer at base standing by the least, where that is much less than as it is."""
    found = facts.structures
    if found is None or facts.base is None or not facts.base.rival or "base" not in map(str, found["view"].values):
        return None
    one = found.sel(view="base")
    margins = np.where(one["flips"].values, np.inf, one["margin"].values)[1:]
    k = int(np.argmin(margins))
    if not margins[k] < facts.base.margin / 2:
        return None
    near = ": a near-tie" if margins[k] < facts.near_tie else ""
    lead, least = amount(facts.base.margin, facts.scale), amount(float(margins[k]), facts.scale)
    told = f"leaves the answer at base as it is, but cuts its lead from {lead} to {least}{near}."
    return tag("p", code(str(one["structure"].values[k + 1])), f" {told}")


def limits(facts: Facts) -> Markup:
    """What the model leaves out, and what a sweep is not."""
    story = story_of(facts.source.model) if facts.source is not None else ""
    own = [*facts.limits, *left_out(story)]
    source = facts.source
    unsourced = [n for n, p in source.model.parameters.items() if p.source in ("", "assumed")] if source else []
    everyone = listed([str(p) for p in facts.study.data["player"].values])
    general = [
        f"Nobody but {everyone} acts, nobody has moves that the model does not list, and no option is weighed "
        f"that is not in it.",
        "Each world is solved as if its parameters were commonly known to all players in it. The ranges are the "
        "analyst\u2019s doubt, not the players\u2019: what a player does not know belongs into the game, as chance and "
        "information sets.",
        "Shares count worlds within stated ranges. They are no probabilities, and averages over worlds are "
        "expected values only if the others see the option before they move and learn nothing from it.",
        "The others are taken to know the game and to choose as the method says. That they would find this "
        "equilibrium is an assumption.",
    ]
    if unsourced:
        general.append(
            f"{len(unsourced)} of {len(source.model.parameters) if source else 0} parameters have no source or "
            f"an assumed one: {', '.join(unsourced)}."
        )
    if facts.note:
        general.insert(0, f"On the numbers: {facts.note}.")
    told = (
        tag("ul", *(tag("li", paragraphs(t)) for t in own), class_="own")
        if own
        else tag("p", "The model itself names nothing that it leaves out.")
    )
    return join(
        [
            tag("h3", "What this model leaves out"),
            told,
            tag("h3", "What no result here is"),
            tag("ul", *(tag("li", g) for g in general)),
        ]
    )


def missing(facts: Facts) -> Markup | None:
    """What could not be computed, and why."""
    reasons: dict[str, list[str]] = {}
    for part, why in facts.trouble.items():
        reasons.setdefault(why, []).append(part)
    said = [tag("li", tag("b", f"{listed(parts)}: "), f"{plain(why)}.") for why, parts in reasons.items()]
    if facts.source is None:
        told = (
            "The study was read from a file, which holds results and not the model. So this brief has no views, no "
            "switch points, no tornado, no map, no nearest flips, no story and no ranges: give model= to have them."
        )
        said.append(tag("li", told))
    if facts.unlooked:
        said.append(
            tag("li", f"Parameters without a finite range were not looked at one by one: {', '.join(facts.unlooked)}.")
        )
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
        ends = (
            "constant"
            if p.constant
            else listed(map(short, p.choices), "or")
            if p.choices
            else f"{short(p.low or 0.0)} to {short(p.high or 0.0)}"
        )
        if p.distribution is not None:
            ends += ", not uniform"
        seen = "; ".join(f"{view} {short(float(own[name]))}" for view, own in model.views.items() if name in own)
        base = Cell(short(float(facts.source.values[name])), "number")
        rows.append([code(name), p.doc, p.unit, p.kind or "", base, Cell(ends, "number"), seen, p.source])
    head = ["Name", "Meaning", "Unit", "Kind", "Base", "Range", "Views that differ", "Source"]
    settings = [tag("li", code(k), f" = {facts.source.values[k]} (setting, never drawn)") for k in model.settings]
    return join([table(captioned(facts, "Parameters"), head, rows), tag("ul", *settings) if settings else None])


def _columns_of_data(facts: Facts) -> Markup | None:
    """The parameters as far as a study's data tell them."""
    rows = []
    for name, column in ((str(k), v) for k, v in facts.study.data.data_vars.items()):
        if "source" in column.attrs and column.dims == ("draw",):
            a, v = column.attrs, column.values
            rows.append(
                [code(name), a["doc"], a["unit"], a["kind"], short(float(v.min())), short(float(v.max())), a["source"]]
            )
    head = ["Name", "Meaning", "Unit", "Kind", "Least drawn", "Most drawn", "Source"]
    return table(captioned(facts, "Parameters, as drawn"), head, rows, numbers=(4, 5)) if rows else None


def making(facts: Facts) -> Markup:
    """Versions, design and seed: enough to do it again."""
    attrs = facts.study.data.attrs
    design = json.loads(attrs["design"])
    versions = ", ".join(f"{k} {v}" for k, v in json.loads(attrs["versions"]).items())
    held = json.loads(attrs["base"])
    drawn = len(design["drawn"])
    how = (
        "worlds given by the user"
        if design["sampling"] == "given"
        else f"{design['sampling']} sampling in {design['replicates']} replicates"
    )
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
