"""How all pictures look: colours, markers, hatching, legends.

Colours are those of Okabe & Ito (2008), told apart by the colour-blind; options also differ in marker and hatching,
so that a grey print can be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from decide.errors import MissingExtraError
from decide.evaluate import CLASSES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BOX", "axes_of", "finish", "legend_of", "style"]

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
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise MissingExtraError("plots need matplotlib: pip install 'decide[plot]'") from None
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
