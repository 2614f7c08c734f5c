"""Pictures of results: each takes ``ax=None`` and returns the Axes; nothing is computed here.

Colours are those of Okabe & Ito (2008), told apart by the colour-blind; options also differ in marker and hatching,
so that a grey print can be read. matplotlib is the extra ``decide[plot]``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from decide.errors import MissingExtraError, StudyError
from decide.evaluate import CLASSES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from decide.questions import Intervals
    from decide.study import Study

__all__ = ["legend_of", "option_values", "shares", "style", "switch_points"]

COLOURS = ("#999999", "#0072B2", "#E69F00", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "++", "oo", "**")
CLASS_COLOUR = "#E8E8E8"


def style(options: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """Return the colour, marker and hatching of every option, then of the classes that are no option."""
    found = {
        o: (COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)], HATCHES[k % len(HATCHES)])
        for k, o in enumerate(options)
    }
    return found | {c: (CLASS_COLOUR, "|", "--" if c == "failed" else "") for c in CLASSES}


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise MissingExtraError("plots need matplotlib: pip install 'decide[plot]'") from None
    return plt.subplots(layout="constrained")[1]


def shares(study: Study | Mapping[str, Study], *, by: str = "recommended", ax: Axes | None = None) -> Axes:
    """Draw how much of the stated ranges each option wins, one stacked bar a study.

    Parameters
    ----------
    study : Study or mapping of str to Study
        Several are drawn below each other, under their names.
    by : {"recommended", "selected", "modal_choice"}
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
    """
    several = study if isinstance(study, Mapping) else {"": study}
    given, ax = ax is not None, _axes(ax)
    for row, (_, one) in enumerate(several.items()):
        table, left = one.shares(by), 0.0
        looks = style(one.options)
        for option, share, error in zip(
            map(str, table["option"].values), table["share"].values, table["error"].values, strict=True
        ):
            if share == 0:
                continue
            colour, _, hatch = looks[option]
            ax.barh(row, share, left=left, color=colour, hatch=hatch, edgecolor="white", height=0.7)
            if share >= 0.07:
                text = f"{share:.0%}" if error < 0.005 else f"{share:.0%} ±{error:.0%}"
                ax.text(left + share / 2, row, text, ha="center", va="center", fontsize=9, bbox=_BOX)
            left += share
    ax.set_yticks(range(len(several)), list(several))
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
    ax.set_xlabel("share of the stated ranges (not a probability)")
    return _finish(ax, None if given else next(iter(several.values())).options)


_BOX = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}


def option_values(study: Study, *, near_tie: float = 0.0, ax: Axes | None = None) -> Axes:
    """Draw what each option is worth in each draw, one line a draw; for a handful of draws, such as views.

    Parameters
    ----------
    study : Study
        At most 20 draws; the coordinate ``view`` names them, if there is one.
    near_tie : float
        Margins below this are called a near-tie.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        The best option of each line is circled.
    """
    data = study.data
    n = data.sizes["draw"]
    if n > 20:
        raise StudyError(f"the study has {n} draws; option_values draws at most 20, one line each")
    given, ax = ax is not None, _axes(ax)
    looks = style(study.options)
    names = [str(v) for v in data["view"].values] if "view" in data.coords else [f"draw {k}" for k in range(n)]
    values = data["option_value"].values
    labels = [str(x) for x in data["recommendation"].values]
    for row in range(n):
        ax.plot([values[row].min(), values[row].max()], [row, row], color="#CCCCCC", zorder=1)
        for k, option in enumerate(study.options):
            colour, marker, _ = looks[option]
            ax.scatter(
                values[row, k], row, color=colour, marker=marker, s=55, zorder=3, edgecolor="black", linewidth=0.5
            )
        best = labels[int(data["recommended"].values[row])]
        if best in study.options:
            x = values[row, study.options.index(best)]
            ax.scatter(x, row, facecolor="none", edgecolor="black", s=210, linewidth=1.2, zorder=2)
            margin = float(data["margin"].values[row])
            text = f"{best} by {margin:.1f}" + (" (near-tie)" if margin < near_tie else "")
            ax.annotate(text, (x, row), xytext=(0, 11), textcoords="offset points", ha="right", fontsize=9)
        else:
            ax.annotate(
                best, (values[row].max(), row), xytext=(0, 11), textcoords="offset points", ha="right", fontsize=9
            )
    ax.set_yticks(range(n), names)
    ax.set_ylim(n - 0.5, -0.7)
    ax.set_xlabel(f"what each option is worth to {data.attrs['decider']}")
    return _finish(ax, None if given else study.options)


def switch_points(
    found: Mapping[str, Intervals], *, base: Mapping[str, float] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw for which values of each parameter which option is best, one bar a parameter.

    Parameters
    ----------
    found : mapping of str to Intervals
        By the name to show; from `decide.switch_points`.
    base : mapping of str to float, optional
        By the same names, where to put the mark of the base.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Every bar runs from the low to the high end of its parameter's range.
    """
    given, ax = ax is not None, _axes(ax)
    looks = style(next((i.options for i in found.values()), ()))
    for row, (name, intervals) in enumerate(found.items()):
        low, high = intervals[0].low, intervals[-1].high
        for i in intervals:
            colour, _, hatch = looks[i.option]
            left, width = (i.low - low) / (high - low), (i.high - i.low) / (high - low)
            ax.barh(row, width, left=left, color=colour, hatch=hatch, edgecolor="white", height=0.7)
        for at in intervals.switches:
            where = (at - low) / (high - low)
            ax.text(where, row, f"{at:.3g}", ha="center", va="center", fontsize=8, bbox=_BOX)
        if base is not None and name in base:
            where = (base[name] - low) / (high - low)
            ax.plot([where, where], [row - 0.42, row + 0.42], color="black", linewidth=2)
    ends = [f"{i[0].low:.3g} to {i[-1].high:.3g}" for i in found.values()]
    ax.set_yticks(range(len(found)), [f"{name}\n{e}" for name, e in zip(found, ends, strict=True)])
    ax.set_ylim(len(found) - 0.4, -0.6)
    ax.set_xlim(0, 1)
    ax.set_xticks([])
    ax.set_xlabel("from the low to the high end of each range" + ("; black line: base" if base else ""))
    return _finish(ax, None if given else next((i.options for i in found.values()), ()))


def _finish(ax: Axes, options: Sequence[str] | None) -> Axes:
    """Take away what carries nothing, and add a legend where the axes are our own."""
    if options:
        ax.figure.legend(**legend_of(options), loc="outside lower center", ncols=min(len(options), 4))
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
