"""The first screen of a brief: the question, and the answer with what it hangs on, near-ties first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from decide.evaluate import CLASSES, DEPENDS, FAILED, TIED
from decide.questions import Flip
from decide.reports.answers import Answer, by_setting
from decide.reports.facts import Facts
from decide.reports.markup import Cell, Markup, join, table, tag, text
from decide.reports.words import amount, listed, percent, plain, share, short, with_unit

__all__ = [
    "answer",
    "badge",
    "captioned",
    "code",
    "eyes",
    "moves",
    "pooled",
    "question",
    "quoted",
    "verdict",
    "worst_direction",
]

#: So many parameters that move are written out in a sentence.
TOLD = 4


def badge(facts: Facts) -> Markup | None:
    """The note on the numbers, to stand wherever numbers do."""
    return tag("span", facts.note, class_="badge") if facts.note else None


def captioned(facts: Facts, words: object) -> Markup:
    """A caption with the note on the numbers."""
    return join([words, " ", badge(facts)])


def eyes(a: Answer) -> str:
    """Whose world it is."""
    return "base values" if a.kind == "base" else a.label


def verdict(a: Answer) -> str:
    """What one answer says, without more certainty than it has."""
    if a.recommended == CLASSES[TIED]:
        return "no single option: several are worth the same, or the decider mixes"
    if a.recommended == CLASSES[DEPENDS]:
        return "depends on which equilibrium is played"
    if a.recommended == CLASSES[FAILED]:
        return f"no answer: {plain(a.note)}"
    if a.near_tie:
        return f"near-tie: {quoted(a.recommended)} or {quoted(a.rival)}"
    return quoted(a.recommended)


def quoted(option: str) -> str:
    """An option as a name: one may be called "none"."""
    return f"\u201c{option}\u201d"


def question(facts: Facts) -> Markup:
    """Who decides, where, among what."""
    at = facts.study.data.attrs["at"]
    asked = facts.question
    who = [tag("dt", "Question"), tag("dd", asked)] if asked and asked != facts.title else []
    who += [tag("dt", "Who decides"), tag("dd", facts.decider)]
    if at:
        who += [tag("dt", "When"), tag("dd", "at the information set \u201c", at, "\u201d")]
    others = [str(p) for p in facts.study.data["player"].values if str(p) != facts.decider]
    who += [tag("dt", "Who answers"), tag("dd", listed(others) if others else "nobody: chance alone")]
    options = tag("ul", *(tag("li", o) for o in facts.study.options), class_="options")
    who += [tag("dt", "Options"), tag("dd", options)]
    return tag("dl", *who, class_="question")


def answer(facts: Facts) -> Markup:
    """The answer at base and through every view, near-ties first; then what it hangs on."""
    said = [_headline(facts)]
    if facts.views:
        said.append(_by_view(facts, sorted(facts.views, key=lambda a: not a.near_tie)))
    hangs = [h for h in (_rule(facts), *_nearest(facts), _shares(facts)) if h is not None]
    if hangs:
        said.append(tag("ul", *(tag("li", h) for h in hangs), class_="hangs"))
    said.append(
        tag(
            "p",
            "This is what the model makes of its numbers, not advice: it says which option is worth most ",
            tag("em", "if"),
            " those numbers hold, and how little would have to change for another to be. ",
            "What it leaves out is listed ",
            tag("a", "below", href="#limits"),
            ".",
            class_="caution",
        )
    )
    return join(said)


def _headline(facts: Facts) -> Markup:
    """One sentence: do the views agree, and how firmly."""
    lost = _no_answers(facts)
    if facts.base is None:
        return tag("p", lost, _from_data(facts), class_="headline")
    a = facts.base
    first = f"{lost}At the base values: {_sentence(facts, a)}"
    others = [v for v in facts.views if v.kind == "view"]
    answered = [v for v in others if v.values]
    said = [first, *([_agreement(facts, a, answered)] if answered else [])]
    said += [f"The view {quoted(v.label)} has {verdict(v)}." for v in others if not v.values]
    return tag("p", " ".join(said), " ", badge(facts), class_="headline")


def _agreement(facts: Facts, a: Answer, others: Sequence[Answer]) -> str:
    """Whether the views that have an answer give the same one."""
    apart = [v for v in others if v.recommended != a.recommended]
    if apart:
        return "The views disagree: " + listed(f"for {v.label}, {verdict(v)}" for v in apart) + "."
    every, no = ("Every view", "No view")
    if len(others) + 1 < len(facts.views):
        every, no = ("Every view with an answer", "No other view")
    if a.recommended not in facts.study.options:
        return f"{no} puts an option first: the same holds through each of them."
    near = any(v.near_tie for v in (a, *others))
    return f"{every} puts the same option first{', but not firmly: see the near-ties' if near else ''}."


def _no_answers(facts: Facts) -> str:
    """That the study has no answer at all comes before anything else."""
    if "status" not in facts.study.data or not facts.study.failed.all():
        return ""
    n = facts.study.data.sizes["draw"]
    return f"The model has no answer (failed) in any of the study\u2019s {n:,} worlds. "


def _sentence(facts: Facts, a: Answer) -> str:
    if not a.rival:
        ends = {CLASSES[TIED]: "no single option is worth most", CLASSES[DEPENDS]: "it depends on the equilibrium"}
        only = f"{quoted(a.recommended)} is the only option"
        return f"{ends.get(a.recommended, only if a.recommended in facts.study.options else verdict(a))}."
    lead = amount(a.margin, facts.scale)
    if a.near_tie:
        return f"a near-tie. {quoted(a.recommended)} is ahead of {quoted(a.rival)} by only {lead}."
    return f"{quoted(a.recommended)} is worth most to {facts.decider}, {lead} more than {quoted(a.rival)}."


def _from_data(facts: Facts) -> Markup:
    """The headline where nothing but the study's own data speak."""
    if "recommended" not in facts.study.data:
        return join(["The study did not keep which option is worth most.", " ", badge(facts)])
    shares = facts.study.shares()
    shares = shares.isel(option=shares["option"].values != CLASSES[FAILED])
    if not shares["share"].values.any():
        return join(["So there is nothing to say of the options. ", badge(facts)])
    best = int(np.argmax(shares["share"].values))
    name, part = str(shares["option"].values[best]), float(shares["share"][best])
    return join(
        [f"{quoted(name)} most often: {_of_the_worlds(facts, part, float(shares['error'][best]))}. ", badge(facts)]
    )


def _of_the_worlds(facts: Facts, part: float, error: float) -> str:
    draws = facts.study.data.sizes["draw"]
    error = error if not pooled(facts) else 0.0  # the same draws under every setting
    if facts.study.shares().attrs["sampling"] == "given":
        return f"in {percent(part)} of the {draws:,} worlds that were given"
    return f"in {share(part, error)} of {draws:,} worlds drawn from the stated ranges (a share, not a probability)"


def _by_view(facts: Facts, rows: Sequence[Answer]) -> Markup:
    head = ["Through whose eyes", "Worth most", "Ahead of", "By", "Holds in"]
    several = any(a.shares for a in rows)
    body = []
    for a in rows:
        class_ = "near" if a.near_tie else "plain"
        line: list[object] = [eyes(a), Cell(verdict(a), class_)]
        line += [quoted(a.rival) if a.rival else "", amount(a.margin, facts.scale) if a.rival else ""]
        if several:
            of_which = f"{quoted(a.recommended)}: " if a.near_tie else ""
            line.append(of_which + share(a.shares[a.recommended], a.errors[a.recommended]) if a.shares else "")
        body.append(line)
    words = f"What is worth most to {facts.decider}{facts.in_units}; near-ties (ahead by less than"
    words += f" {amount(facts.near_tie, facts.scale)}) first"
    if several:
        words += "; \u201cholds in\u201d: share of the worlds drawn from what each view leaves open"
    return table(captioned(facts, words), head if several else head[:-1], body, numbers=(3, 4))


def _rule(facts: Facts) -> Markup | None:
    """Which of several equilibria the plain numbers are of."""
    several = [a for a in facts.views if a.n_equilibria > 1]
    if not several:
        return None
    rule = str(facts.study.data.attrs["selection"])
    meant = {"worst": ("least", "count on"), "best": ("most", "hope for")}
    counts = listed(f"{a.n_equilibria} ({eyes(a)})" for a in several)
    told = f"{counts}. Single numbers are those of the rule {quoted(rule)}"
    if rule in meant:
        expects, may = meant[rule]
        told += (
            f", the equilibrium in which {facts.decider} expects {expects}: what it can {may} if one of these is played"
        )
    return join([tag("b", "Several equilibria: "), told, "."])


def _nearest(facts: Facts) -> list[Markup]:
    """The flips from the base, in a sentence each."""
    found = facts.flips.get("base")
    if found is None:
        return []
    alone, together = found.get("one"), found.get("all")
    said = []
    if alone is not None and alone.found:
        said.append(join([tag("b", "One assumption alone: "), moves(facts, alone), "."]))
    elif alone is not None:
        said.append(join([tag("b", "No assumption alone"), " changes the answer at base within its stated range."]))
    if together is not None and together.found:
        said.append(
            join([
                tag("b", "All at once: "),
                worst_direction(facts, together),
                ".",
            ])
        )  # fmt: skip
    if facts.switches:
        said.append(
            join([
                tag("b", f"{len(facts.switches)} of {len(facts.looked)} assumptions"),
                " changes the answer at base by itself: "
                if len(facts.switches) == 1
                else " change the answer at base by themselves: ",
                join(map(code, list(facts.switches)[:8]), ", "),
                " \u2026" if len(facts.switches) > 8 else "",
                " (",
                tag("a", "where", href="#flips"),
                ").",
            ])
        )  # fmt: skip
    if facts.unanswered:
        said.append(
            join([
                tag("b", "No answer: "),
                "the model has none over part of the range of ",
                join(map(code, list(facts.unanswered)[:8]), ", "),
                " \u2026" if len(facts.unanswered) > 8 else "",
                " (",
                tag("a", "where", href="#flips"),
                ").",
            ])
        )  # fmt: skip
    return said


def code(name: str) -> Markup:
    """A parameter's name, which may be broken at its underscores."""
    return tag("code", join(name.split("_"), Markup("_<wbr>")))


def _how_many(flip: Flip) -> str:
    return f"{len(flip.changes)} assumptions" if len(flip.changes) > 1 else "one assumption"


def worst_direction(facts: Facts, flip: Flip) -> str:
    """A flip by all parameters together: none of them moves far, so naming a few would mislead."""
    known = facts.source.model.parameters if facts.source is not None else {}
    fixed = [n for n in facts.looked if n not in flip.changes and known[n].choices is not None]
    stay = f" ({listed(fixed)}, which can take certain values only, stay{'s' * (len(fixed) == 1)} at base)"
    return (
        f"moving {_how_many(flip)} by at most {short(100 * flip.distance)}% of their ranges, in the direction that "
        f"matters most, gives {_answer_there(flip)}{stay if fixed else ''}"
    )


def _answer_there(flip: Flip) -> str:
    return f"{quoted(flip.option)} instead of {quoted(flip.instead_of)}"


def moves(facts: Facts, flip: Flip) -> Markup:
    """A flip in words, with what each parameter means, its unit and its source."""
    told = list(flip.changes.items())[:TOLD]
    parts = []
    for name, (a, b) in told:
        unit = flip.units[name]
        parts.append(
            join([
                code(name), " ", meaning(facts, name), "rises" if b > a else "falls",
                f" from {short(a, b)} to {with_unit(short(b, a), unit)}",
            ])
        )  # fmt: skip
    if rest := len(flip.changes) - len(told):
        parts.append(text(f"{rest} more move, none further"))
    last = join([parts[-1]])
    line = join([join(parts[:-1], ", "), " and ", last]) if len(parts) > 1 else last
    size = "of its range" if flip.norm == "one" else "of the ranges"
    return join([_answer_there(flip), " if ", line, f" ({short(100 * flip.distance)}% {size})"])


def meaning(facts: Facts, name: str) -> Markup | None:
    """What a parameter means and where its value comes from, in brackets."""
    assert facts.source is not None
    p = facts.source.model.parameters[name]
    words = "; ".join(t for t in (p.doc, p.source) if t)
    return join(["(", words, ") "]) if words else None


def _shares(facts: Facts) -> Markup | None:
    """How the study itself divides its worlds."""
    if "recommended" not in facts.study.data:
        return None
    table_ = facts.study.shares()
    pairs = sorted(zip(table_["share"].values, map(str, table_["option"].values), strict=True), key=lambda x: -x[0])
    parts = [f"{quoted(o)} {percent(float(s))}" for s, o in pairs if s > 0 and o != CLASSES[FAILED]]
    lost = next((float(s) for s, o in pairs if o == CLASSES[FAILED]), 0.0)
    if not parts:
        return None
    no = f" In the other {percent(lost)} the model has no answer (failed)." if lost > 0 else ""
    if table_.attrs["sampling"] == "given":
        if "view" in facts.study.data.coords:
            return None
        where = f"Of the {table_.attrs['draws']:,} worlds given, each option is worth most in: "
        return join([tag("b", where), ", ".join(parts), ".", no])
    where = f"Over the stated ranges ({table_.attrs['draws']:,} worlds{pooled(facts)}): "
    return join([tag("b", where), ", ".join(parts), ". Shares of the ranges, not probabilities.", no])


def pooled(facts: Facts) -> str:
    """That the study's worlds hold several settings, if they do."""
    swept = [name for name, _ in next(iter(by_setting(facts.study)), ())]
    return f", all swept values of the setting{'s' * (len(swept) > 1)} {listed(swept)} together" if swept else ""
