"""Numbers and names as a reader wants them: in HTML, in LaTeX and in Markdown."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

__all__ = ["amount", "latex", "listed", "markdown", "percent", "plain", "share", "short", "with_unit"]

MINUS = "\u2212"

_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "[": "{[}", "]": "{]}", "*": "{*}", "`": "{`}", "'": "{'}", '"': "{''}", "\0": "-{}",
    MINUS: "$-$", "\u201c": "``", "\u201d": "\'\'", "\u00b1": r"$\pm$", "\u2013": "--", "\u2014": "---",
}  # fmt: skip


def amount(value: float, scale: float) -> str:
    """Return a payoff with as many decimals as its scale makes worth reading.

    >>> amount(-7.978, 15.0), amount(2.5, 0.02), amount(1234567.0, 1e6)
    ('−7.98', '2.50000', '1,234,567')
    """
    if not math.isfinite(value):
        return str(value)
    size = max(abs(scale), abs(value)) if scale <= 0 or not math.isfinite(scale) else scale
    if size == 0:
        return "0"
    places = 3 - math.floor(math.log10(size))
    shown = f"{value:.4g}" if places < -6 or places > 9 else f"{value:,.{max(places, 0)}f}"
    return _signed("0" if float(shown.replace(",", "")) == 0 else shown)


def short(value: float, other: float = math.nan) -> str:
    """Return a number with three digits, or as many as tell it from the other.

    >>> short(0.0123456), short(3.9999, 4.0), short(-20)
    ('0.0123', '3.9999', '−20')
    """
    for digits in range(3, 17):
        if not math.isfinite(other) or value == other or f"{value:.{digits}g}" != f"{other:.{digits}g}":
            return _signed(f"{value:.{digits}g}")
    return _signed(repr(value))


def percent(value: float) -> str:
    """Return a share in per cent; what is not 0 or 1 never reads as if it were.

    >>> percent(0.484), percent(0.0004), percent(0.9999), percent(0.0)
    ('48%', '<1%', '>99%', '0%')
    """
    if 0 < value < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= value < 1 else f"{value:.0%}"


def share(value: float, error: float) -> str:
    """Return a share with its standard error.

    >>> share(0.484, 0.012), share(0.0004, 0.0002), share(0.0, 0.0)
    ('48.4% ±1.2%', '<0.1% ±<0.1%', '0%')
    """
    if error <= 0 or not math.isfinite(error):
        return percent(value)
    whole = "<0.1%" if 0 < value < 0.0005 else ">99.9%" if 0.9995 <= value < 1 else f"{value:.1%}"
    return f"{whole} ±{'<0.1%' if error < 0.0005 else f'{error:.1%}'}"


def with_unit(value: str, unit: str) -> str:
    """Return a number with its unit, if there is one to tell."""
    if unit in ("", "utility"):
        return value
    return f"{value} ({unit})" if "=" in unit else f"{value} {unit}"


def listed(words: Iterable[str], last: str = "and") -> str:
    """Return a list in words.

    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    found = list(words)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} {last} {found[-1]}" if found else "none"


def plain(error: str) -> str:
    """Return what an error says, for a reader who has never seen the model's code.

    >>> plain("chances at 'go' are 0.9, 0.9, -0.8 with sum 1; expected numbers from 0 with sum 1")
    'its chances at “go” are 0.9, 0.9 and −0.8, but none may be below 0'
    >>> plain("chances at 'go' are 0.9, 0.9 with sum 1.8; expected numbers from 0 with sum 1")
    'its chances at “go” (0.9 and 0.9) do not sum to 1'
    """
    if dropped := _DROPPED.match(error):
        found, what, most = dropped.groups()
        return f"in {found} of {what} it needs the model has no answer; at most {most} may be left out"
    if odds := _ODDS.match(error):
        what, where, numbers = odds.groups()
        values = [float(n) for n in numbers.split(", ")]
        told = listed(short(v) for v in values)
        if min(values) < 0:
            return f"its {what} \u201c{where}\u201d are {told}, but none may be below 0"
        return f"its {what} \u201c{where}\u201d ({told}) do not sum to 1"
    return error


_DROPPED = re.compile(r"([\d.]+%) of ([\w' ]+?) have no answer; expected at most ([\d.]+%)")
_ODDS = re.compile(r"((?:chances|odds) (?:at|of)) '?(.+?)'? are ([-\d.e+, ]+) with sum [-\d.e+]+; expected")


def latex(value: str) -> str:
    r"""Return text for LaTeX: everything that LaTeX would read as its own is escaped, line ends become blanks.

    >>> print(latex("50% of $x_1$ & [on Iran]"))
    50\% of \$x\_1\$ \& {[}on Iran{]}
    """
    line = re.sub("-(?=-)", "\0", "".join(c for c in " ".join(value.split()) if c.isprintable()))
    return "".join(_LATEX.get(c, c) for c in line)


def markdown(value: str) -> str:
    r"""Return text for a cell of a Markdown table: punctuation that Markdown or HTML reads is escaped.

    >>> print(markdown("a|b <b>*c*"))
    a\|b \<b\>\*c\*
    """
    return "".join(f"\\{c}" if c in "\\|*_`<>[]#~&$!" else c for c in " ".join(value.split()) if c.isprintable())


def _signed(shown: str) -> str:
    return MINUS + shown[1:] if shown.startswith("-") else shown
