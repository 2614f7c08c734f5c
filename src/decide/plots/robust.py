"""Pictures of robust choice: info-gap curves, and the corners found by scenario discovery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from decide.errors import StudyError
from decide.plots.given import one_or_several, table_of
from decide.plots.looks import BOX, axes_of, finish, mark_switches, note_of, number, style, wrapped
from decide.study import Scenarios

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["info_gap", "scenarios"]


def info_gap(curves: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw the worst value of every option in boxes that grow about the base.

    Parameters
    ----------
    curves : xarray.Dataset
        From `decide.info_gap`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Lines: the least value found; the dashed line is the value required, dotted ones say where another option
        becomes the one with the best worst case.

    Raises
    ------
    StudyError
        If `curves` is another table.
    """
    curves = table_of(curves, "info_gap", "decide.info_gap", "least", "horizon", "crossing", "crossing_to")
    given, ax = ax is not None, axes_of(ax)
    options = [str(o) for o in curves["option"].values]
    looks, x = style(options), curves["horizon"].values
    for option in options:
        colour, marker, _ = looks[option]
        ax.plot(x, curves["least"].sel(option=option), color=colour, marker=marker, linewidth=2, label=option)
    ax.axhline(curves.attrs["required"], color="black", linestyle="--", linewidth=1)
    ax.annotate(
        f"required: {number(curves.attrs['required'])}", (1.0, curves.attrs["required"]), xytext=(0, 4), zorder=6,
        xycoords=("axes fraction", "data"), textcoords="offset points", ha="right", fontsize=8, bbox=BOX,
    )  # fmt: skip
    ax.set_xlim(ax.get_xlim())
    crossings = zip(curves["crossing"].values, curves["crossing_to"].values, strict=True)
    mark_switches(ax, curves["crossing"].values.tolist(), [f"“{option}” from {at:.2f}" for at, option in crossings])
    ax.set_xlabel(
        wrapped(
            "horizon: share of the way from the base to the ends of the ranges",
            f"{curves.attrs['parameters']} parameters move at once; all else at base",
            note_of(curves.attrs),
        )
    )
    ax.set_ylabel(f"least value found, to {curves.attrs['decider']}")
    ax = finish(ax, None if given else options)
    ax.spines["left"].set_visible(True)
    return ax


def scenarios(found: Scenarios, *, ax: Axes | None = None) -> Axes:
    """Draw the corners in which something happens: which part of its range each parameter is held to.

    Parameters
    ----------
    found : Scenarios
        From `decide.Study.scenarios`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Dark bars: the part of the range (light) that the rule names, its limits written beside; above each group, how
        dense the corner is, and how much of all it holds.

    Raises
    ------
    StudyError
        If `found` is something else, or no corner was found.
    """
    found = one_or_several(found, Scenarios, "scenarios", "Study.scenarios").get("", found)
    if not found.boxes:
        raise StudyError(f"no corner was found to draw ({found})")
    ours, ax, row = ax is None, axes_of(ax), 0.0
    ticks: list[float] = []
    names: list[str] = []
    for k, box in enumerate(found.boxes):
        where = found.what if k == 0 else "among the other worlds,"
        of = "all worlds in which this is so" if k == 0 else "those left"
        words = f"{where} in {box.density:.0%} of the worlds here\n(these hold {box.coverage:.0%} of {of})"
        ax.text(0.0, row, words, va="center", fontsize=9)
        for name, (low, high) in box.limits.items():
            row += 1.0
            start, end = box.ranges[name]
            width = (end - start) or 1.0
            left, right = ((min(max(x, start), end) - start) / width for x in (low, high))
            ax.barh(row, 1.0, height=0.5, color="#DDDDDD", edgecolor="none")
            ax.barh(row, right - left, left=left, height=0.5, color="#0072B2", edgecolor="none")
            for x, at, side in ((low, left, "right"), (high, right, "left")):
                if np.isfinite(x):
                    pad = -0.01 if side == "right" else 0.01
                    ax.text(at + pad, row, f"{x:.4g}", ha=side, va="center", fontsize=9, fontweight="bold")
            ticks.append(row)
            digits = 1 - int(np.floor(np.log10(width)))  # hundredths of the range
            names.append(f"{name}\n{round(start, digits):g} to {round(end, digits):g}")
        row += 1.2
    if ours:
        ax.figure.set_size_inches(6.4, 1.0 + 0.5 * row)  # type: ignore[union-attr]
    ax.set_yticks(ticks, names, fontsize=8)
    ax.set_ylim(row - 0.6, -0.6)
    ax.set_xlim(-0.01, 1.01)
    ax.set_xticks([])
    ax.set_xlabel(f"dark: the part of each range that the rule names\n(in all worlds together: {found.share:.0%})")
    ax = finish(ax, None)
    ax.spines["bottom"].set_visible(False)
    return ax
