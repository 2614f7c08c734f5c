"""How all pictures look: colours, markers, hatching, legends.

Colours are those of Okabe & Ito (2008), told apart by the colour-blind; options also differ in marker and hatching,
so that a grey print can be read.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from decide.errors import MissingExtraError, StudyError
from decide.evaluate import CLASSES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BOX", "axes_of", "finish", "legend_of", "mark_switches", "note_of", "number", "style", "wrapped"]

COLOURS = ("#999999", "#0072B2", "#E69F00", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "++", "oo", "**")
CLASS_COLOUR = "#E8E8E8"
#: The ground of a number written over a picture.
BOX = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}


def style(options: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """Return the colour, marker and hatching of every option, then of the classes that are no option."""
    found = {
        o: (COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)], HATCHES[k % len(HATCHES)])
        for k, o in enumerate(options)
    }
    return found | {c: (CLASS_COLOUR, "|", "--" if c == "failed" else "") for c in CLASSES}


def axes_of(ax: Axes | None) -> Axes:
    """Return the axes given, or new ones."""
    try:
        import matplotlib.pyplot as plt
        from matplotlib.axes import Axes
    except ImportError:
        raise MissingExtraError("plots need matplotlib: pip install 'decide[plot]'") from None
    if ax is not None:
        if not isinstance(ax, Axes):
            raise StudyError(f"ax is of type {type(ax).__name__}; expected one matplotlib Axes")
        return ax
    return plt.subplots(layout="constrained")[1]


def finish(ax: Axes, options: Sequence[str] | None) -> Axes:
    """Take away what carries nothing, and add a legend where the axes are our own."""
    if options:
        columns = min(len(options), 4 if sum(map(len, options)) <= 30 else 2)  # long names want room
        ax.figure.legend(**legend_of(options), loc="outside lower center", ncols=columns)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax


def legend_of(options: Sequence[str]) -> dict[str, Any]:
    """Return ``handles`` and ``labels`` for a legend: each option's hatched colour, and its marker on it."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    looks = style(options)
    handles = [
        (
            Patch(facecolor=looks[o][0], hatch=looks[o][2], edgecolor="white"),
            Line2D([], [], linestyle="", marker=looks[o][1], color=looks[o][0], markeredgecolor="black", markersize=8),
        )
        for o in options
    ]
    return {"handles": handles, "labels": list(options), "handlelength": 3.5, "handleheight": 1.4}


def wrapped(*sentences: str, width: int = 68) -> str:
    """Return each sentence on lines of its own, none so long that it leaves the picture."""
    return "\n".join(line for sentence in sentences if sentence for line in textwrap.wrap(sentence, width))


def number(value: float) -> str:
    """Three digits, with a true minus sign; the most that a picture should promise."""
    return f"{float(value) + 0.0:.3g}".replace("-", "\N{MINUS SIGN}")


def note_of(attrs: Mapping[Any, Any]) -> str:
    """Return the warning that must stay with numbers whose model calls them illustrative, else nothing."""
    return "illustrative numbers" if "illustrative" in str(attrs.get("title", "")).lower() else ""


def mark_switches(ax: Axes, places: Sequence[float], words: Sequence[str]) -> None:
    """Draw a dotted line at each place and write its words beside it, one below the other where they would collide.

    The limits of the x-axis are to be final.
    """
    low, high = ax.get_xlim()
    taken: list[float] = []  # how far to the right each level is written on
    for at, text in sorted(zip(map(float, places), words, strict=True)):
        share, width = (at - low) / (high - low), 0.015 * len(text) + 0.03
        right = share + width <= 1.0
        start = share if right else share - width
        level = next((k for k, end in enumerate(taken) if end <= start), len(taken))
        taken[level : level + 1] = [start + width]
        ax.axvline(at, color="black", linestyle=":", linewidth=1)
        ax.annotate(
            text, (at, 1.0), xycoords=("data", "axes fraction"), xytext=(3 if right else -3, -3 - 13 * level),
            textcoords="offset points", ha="left" if right else "right", va="top", fontsize=8, bbox=BOX, zorder=6,
        )  # fmt: skip
