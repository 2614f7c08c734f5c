"""Pictures of where the answer flips along a parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from decide.plots.given import one_or_several
from decide.plots.looks import BOX, axes_of, finish, number, style, wrapped
from decide.questions.switching import Intervals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["switch_points"]


def switch_points(
    found: Mapping[str, Intervals] | Intervals, *, base: Mapping[str, float] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw for which values of each parameter which option is best, one bar a parameter.

    Parameters
    ----------
    found : mapping of str to Intervals, or Intervals
        By the name to show; from `decide.switch_points`.
    base : mapping of str to float, optional
        By the same names, where to put the mark of the base.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Every bar runs from the low to the high end of its parameter's range; listed values have a box each.

    Raises
    ------
    StudyError
        If `found` is something else, or empty.
    """
    found = one_or_several(found, Intervals, "switch_points", "decide.switch_points")
    found = {name or one.parameter: one for name, one in found.items()}
    given, ax = ax is not None, axes_of(ax)
    looks = style(next((i.options for i in found.values()), ()))
    for row, (name, intervals) in enumerate(found.items()):
        if intervals.values:
            _listed(ax, row, intervals, looks)
            continue
        low, high = intervals[0].low, intervals[-1].high
        for i in intervals:
            colour, _, hatch = looks[i.option]
            left, width = (i.low - low) / (high - low), (i.high - i.low) / (high - low)
            ax.barh(row, width, left=left, color=colour, hatch=hatch, edgecolor="white", height=0.7)
        before, shift = -1.0, 0.0
        for at in intervals.switches:
            where = (at - low) / (high - low)
            shift = (0.2 if shift <= 0 else -0.2) if where - before < 0.09 else 0.0  # neighbours by turns
            before = where
            ax.text(where, row + shift, number(at), ha="center", va="center", fontsize=8, bbox=BOX)
        if base is not None and name in base:
            where = (base[name] - low) / (high - low)
            ax.plot([where, where], [row - 0.42, row + 0.42], color="black", linewidth=2)
    ends = ["listed values" if i.values else f"{number(i[0].low)} to {number(i[-1].high)}" for i in found.values()]
    ax.set_yticks(range(len(found)), [f"{name}\n{e}" for name, e in zip(found, ends, strict=True)])
    ax.set_ylim(len(found) - 0.4, -0.6)
    ax.set_xlim(0, 1)
    ax.set_xticks([])
    words = "from the low to the high end of each range; all else at base"
    ax.set_xlabel(wrapped(words, "black line: base" if base else ""))
    return finish(ax, None if given else next((i.options for i in found.values()), ()))


def _listed(ax: Axes, row: int, intervals: Intervals, looks: Mapping[str, tuple[str, str, str]]) -> None:
    """Draw listed values as boxes of one width, each under its own name."""
    width = 1 / len(intervals.values)
    for k, value in enumerate(intervals.values):
        colour, _, hatch = looks[intervals.at(value)]
        ax.barh(row, width, left=k * width, color=colour, hatch=hatch, edgecolor="white", height=0.7)
        ax.text((k + 0.5) * width, row, str(value), ha="center", va="center", fontsize=8, bbox=BOX)
