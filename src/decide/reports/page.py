"""One file: the sections of a brief under one heading, with all it needs inside."""

from __future__ import annotations

from decide.reports.facts import Facts
from decide.reports.markup import Markup, join, tag
from decide.reports.opening import answer, badge, question
from decide.reports.sections import SECTIONS

__all__ = ["page"]

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 54rem; padding: 1.2rem; color: #1a1a1a; background: #fff;
  font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.55rem; line-height: 1.2; margin: 0.2rem 0 0.6rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; padding-top: 0.5rem; border-top: 2px solid #1a1a1a; }
h3 { font-size: 1rem; margin: 1.3rem 0 0.3rem; }
p, ul, dl { margin: 0.4rem 0; }
li { margin: 0.15rem 0; overflow-wrap: anywhere; }
a { color: #0b4f8a; }
code { font: 0.88em ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
th code, td code { overflow-wrap: break-word; }
.kicker { font-size: 0.85rem; margin: 0; }
.badge { display: inline-block; font-size: 0.72rem; font-weight: 600; letter-spacing: 0.02em; padding: 0 0.4em;
  border: 1px solid #7a4b00; border-radius: 0.25em; color: #5f3a00; background: #fff6e5; white-space: nowrap; }
.question { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem; margin: 0.5rem 0 0.8rem; }
.question dt { font-weight: 600; }
.question dd { margin: 0; }
.options { display: flex; flex-wrap: wrap; gap: 0.3rem; list-style: none; margin: 0; padding: 0; }
.options li { border: 1px solid #666; border-radius: 0.25em; padding: 0 0.45em; }
#answer { border: 2px solid #1a1a1a; padding: 0.3rem 0.9rem 0.5rem; margin: 0.8rem 0; }
#answer h2 { border: 0; margin: 0.2rem 0; padding: 0; }
.headline { font-size: 1.1rem; font-weight: 600; }
.headline .badge { font-size: 0.68rem; }
.caution { font-size: 0.92rem; border-left: 4px solid #7a4b00; padding-left: 0.6rem; }
nav { font-size: 0.9rem; }
nav ul { columns: 2; padding-left: 1.1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 0.8rem 0; font-size: 0.84rem; line-height: 1.3; }
caption { text-align: left; font-weight: 600; padding: 0.2rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.2rem 0.45rem; border-bottom: 1px solid #ccc;
  overflow-wrap: break-word; }
thead th { border-bottom: 2px solid #1a1a1a; vertical-align: bottom; overflow-wrap: normal; }
tbody th { font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead th.number { white-space: normal; }
.near { font-style: italic; }
.best { font-weight: 700; text-decoration: underline; }
ul.plain { list-style: none; margin: 0; padding: 0; }
.flips dt { font-weight: 600; margin-top: 0.5rem; }
.flips dd { margin: 0 0 0 1rem; }
figure { margin: 0.8rem 0; }
figure img { max-width: 100%; height: auto; display: block; }
figcaption { font-size: 0.84rem; font-weight: 600; }
footer { margin-top: 2rem; font-size: 0.85rem; border-top: 1px solid #999; padding-top: 0.4rem; }
@page { size: A4; margin: 15mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { break-after: page; }
  table { font-size: 8pt; }
  thead { display: table-header-group; }
  tr, figure, #answer, li, .whole { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  .wide { overflow: visible; }
  a { color: inherit; text-decoration: none; }
}
"""


def page(facts: Facts) -> str:
    """Write the brief as one page."""
    written = [(name, title, write(facts)) for name, title, write in SECTIONS]
    there = [(name, title, body) for name, title, body in written if body is not None]
    contents = tag("ul", *(tag("li", tag("a", title, href=f"#{name}")) for name, title, _ in there))
    kicker = join(["Decision brief", f", {facts.date}" if facts.date else "", " ", badge(facts)])
    main = tag(
        "main",
        tag("section", tag("h2", "The answer, and what it hangs on", id="answer-title"), answer(facts),
            id="answer", aria_labelledby="answer-title"),
        tag("nav", contents, aria_label="Contents"),
        *(
            tag("section", tag("h2", title, id=f"{name}-title"), body, id=name, aria_labelledby=f"{name}-title")
            for name, title, body in there
        ),
    )  # fmt: skip
    head = tag("header", tag("p", kicker, class_="kicker"), tag("h1", facts.title), question(facts))
    foot = tag("footer", tag("p", "Written by decide from a study of the model named above. ", badge(facts)))
    top = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("title", facts.title),
        tag("style", Markup(STYLE)),
    )
    return f"<!DOCTYPE html>\n{tag('html', top, tag('body', head, main, foot), lang='en')}\n"
