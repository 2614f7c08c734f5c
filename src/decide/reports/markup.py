"""HTML written by functions: whatever is no `Markup` yet is escaped, so that no name can become code."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Cell", "Markup", "join", "paragraphs", "table", "tag", "text"]

#: Elements without content.
VOID = frozenset({"img", "meta", "wbr"})
#: Tables of at most so many rows are kept on one page.
WHOLE = 15
#: Control characters, which HTML forbids, and halves of surrogate pairs, which no file can hold.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Return a value as HTML: escaped, unless it is `Markup`.

    >>> text('<b> & "b"')
    '&lt;b&gt; &amp; &quot;b&quot;'
    """
    return value if isinstance(value, Markup) else Markup(html.escape(FORBIDDEN.sub("\ufffd", str(value)), quote=True))


def join(parts: Iterable[object], between: object = "") -> Markup:
    """Return the parts one after the other, each escaped unless it is `Markup`; None is left out."""
    return Markup(text(between).join(text(p) for p in parts if p is not None))


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """Return an element; ``class_`` stands for class, and attributes that are None are left out.

    >>> tag("p", "1 < 2", class_="small")
    '<p class="small">1 &lt; 2</p>'
    """
    own = "".join(f' {k.rstrip("_").replace("_", "-")}="{text(v)}"' for k, v in attributes.items() if v is not None)
    if name in VOID:
        return Markup(f"<{name}{own}>")
    return Markup(f"<{name}{own}>{join(children)}</{name}>")


@dataclass(frozen=True)
class Cell:
    """A cell of a table with a class of its own."""

    content: object
    class_: str


def table(
    caption: object, head: Sequence[object], rows: Iterable[Sequence[object]], *, numbers: Iterable[int] = ()
) -> Markup:
    """Return a table: the first cell of every row heads it, and columns in `numbers` are set as numbers."""
    right = frozenset(numbers)

    def cell(k: int, content: object) -> Markup:
        names = ["number"] if k in right else []
        if isinstance(content, Cell):
            names, content = [*names, content.class_], content.content
        class_ = " ".join(names) or None
        return tag("th", content, scope="row", class_=class_) if k == 0 else tag("td", content, class_=class_)

    top = tag("tr", *(tag("th", h, scope="col", class_="number" if k in right else None) for k, h in enumerate(head)))
    body = [tag("tr", *(cell(k, c) for k, c in enumerate(row))) for row in rows]
    class_ = "wide" if len(body) > WHOLE else "wide whole"
    return tag("div", tag("table", tag("caption", caption), tag("thead", top), tag("tbody", *body)), class_=class_)


def paragraphs(story: str) -> Markup:
    """Return a docstring as paragraphs; only bold, code and emphasis are read, all else stands as it is.

    >>> paragraphs("**Story.** `x` < 1.")
    '<p><strong>Story.</strong> <code>x</code> &lt; 1.</p>'
    """
    found = []
    for block in re.split(r"\n\s*\n", story.strip()):
        line = text(" ".join(block.split()))
        line = Markup(re.sub(r"\*\*(\S(?:.*?\S)?)\*\*", r"<strong>\1</strong>", line))
        line = Markup(re.sub(r"``?([^`]+)``?", r"<code>\1</code>", line))
        found.append(tag("p", line))
    return join(found)
