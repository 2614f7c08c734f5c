"""The sections of a brief in order: each a small function from facts to HTML, None where it has nothing to say."""

from __future__ import annotations

from collections.abc import Callable

from decide.reports.changes import flips, one_way
from decide.reports.deeper import corners, importance
from decide.reports.facts import Facts
from decide.reports.grounds import (
    criteria,
    equilibria,
    limits,
    making,
    missing,
    parameters,
    story,
    structure,
)
from decide.reports.markup import Markup
from decide.reports.worth import shares, values

__all__ = ["SECTIONS", "Section"]

#: A heading's anchor, the heading, and what writes what stands under it.
Section = tuple[str, str, Callable[[Facts], Markup | None]]

SECTIONS: tuple[Section, ...] = (
    ("missing", "What this brief cannot say", missing),
    ("values", "What each option is worth", values),
    ("shares", "How often each option is worth most", shares),
    ("one-way", "What moves the worth of the decision", one_way),
    ("flips", "What would change the answer", flips),
    ("importance", "Which assumption matters, over all ranges", importance),
    ("corners", "In which corner each option is worth most", corners),
    ("structure", "Assumptions of the model itself", structure),
    ("criteria", "What cautious and bold criteria favour", criteria),
    ("equilibria", "How the others\u2019 answers were found", equilibria),
    ("limits", "What the model leaves out, and what no result here is", limits),
    ("story", "The story", story),
    ("parameters", "Parameters", parameters),
    ("making", "How this was computed", making),
)
