"""Pictures of how often each option is best as one parameter moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from decide.plots.given import table_of
from decide.plots.looks import BOX, axes_of, finish, note_of, style, wrapped

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["acceptability"]

CLASS_LINES = ("--", "-.", ":")


def acceptability(found: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw acceptability curves: how often each option is best as one parameter takes value after value.

    Parameters
    ----------
    found : xarray.Dataset
        From `Study.acceptability`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Lines: the share of worlds in which an option is the answer; grey ones: no single option is, where that happens.
        The band above, and the wide pale line (the frontier): the option of highest expected value at each value
        looked at, which need not be the one that is most often best.

    Raises
    ------
    StudyError
        If `found` is another table.
    """
    found = table_of(found, "acceptability", "Study.acceptability", "share", "frontier", "frontier_share")
    given, ax = ax is not None, axes_of(ax)
    name, options = found.attrs["parameter"], [str(o) for o in found["option"].values]
    found = found.sortby(name)
    x, looks, share = found[name].values, style(options), found["share"].transpose(name, "recommendation").values
    for k, label in enumerate(map(str, found["recommendation"].values)):
        colour, marker, _ = looks[label]
        if k < len(options):
            ax.plot(x, share[:, k], color=colour, linewidth=2, marker=marker, markeredgecolor="black",
                    markeredgewidth=0.5, markersize=5, label=label, zorder=3)  # fmt: skip
        elif share[:, k].any():
            ax.plot(x, share[:, k], color="#555555", linewidth=1.5, linestyle=CLASS_LINES[k - len(options)], zorder=2)
            ax.annotate(
                label, (x[-1], share[-1, k]), xytext=(-4, 4), textcoords="offset points", ha="right", fontsize=8
            )
    best = [str(o) for o in found["frontier"].values]
    on = np.where([o in options for o in best], found["frontier_share"].values, np.nan)
    ax.plot(x, on, color="#000000", alpha=0.18, linewidth=9, solid_capstyle="round", zorder=1)
    _band(ax, x, best, looks)
    ax.set_ylim(0, 1.16)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1.0], ["0%", "25%", "50%", "75%", "100%"])
    ax.set_ylabel("share of worlds in which it is best")
    unit = f" ({found.attrs['unit']})" if found.attrs.get("unit") else ""
    ax.set_xlabel(
        wrapped(
            f"{name}{unit}; all else as drawn, {found.attrs['draws']:,} worlds a value",
            "band on top, and wide pale line: highest expected value",
            note_of(found.attrs),
        )
    )
    ax = finish(ax, None if given else options)
    ax.spines["left"].set_visible(True)
    ax.spines["left"].set_bounds(0, 1)
    return ax


def _band(ax: Axes, x: Any, best: list[str], looks: dict[str, tuple[str, str, str]]) -> None:
    """Draw which option has the highest expected value: each value looked at stands for what lies nearest to it."""
    edges = np.concatenate([x[:1], (x[1:] + x[:-1]) / 2, x[-1:]])
    if len(x) == 1:
        edges = x[0] + np.array([-0.5, 0.5])
    ax.set_xlim(edges[0], edges[-1])
    starts = [k for k in range(len(x)) if k == 0 or best[k] != best[k - 1]]
    for start, stop in zip(starts, [*starts[1:], len(x)], strict=True):
        colour, _, hatch = looks[best[start]]
        left, right = edges[start], edges[stop]
        ax.barh(1.1, right - left, left=left, height=0.09, color=colour, hatch=hatch, edgecolor="white", zorder=3)
        if (right - left) / (edges[-1] - edges[0]) > 0.02 * len(best[start]):
            ax.text((left + right) / 2, 1.1, best[start], ha="center", va="center", fontsize=8, bbox=BOX, zorder=4)
