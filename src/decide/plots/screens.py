"""Pictures of which parameters can matter at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from decide.plots.given import table_of
from decide.plots.looks import axes_of, finish, note_of, wrapped

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["screening"]

BAR, MARK = "#56B4E9", "#E69F00"


def screening(found: xr.Dataset, *, most: int = 12, ax: Axes | None = None) -> Axes:
    """Draw what a screening found: how often each parameter changes the answer, and how far it moves the margin.

    Parameters
    ----------
    found : xarray.Dataset
        From `decide.screening`.
    most : int
        Draw so many, those that change the answer most often first; what is left out is said.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Bars, read below: the share of steps that change the recommendation. Diamonds, read above on a scale of their
        own: the mean size of the change of the margin (mu*). Whiskers of two standard errors on both.

    Raises
    ------
    StudyError
        If `found` is another table.
    """
    found = table_of(found, "screening", "decide.screening", "changes", "changes_error", "mu_star", "mu_star_error")
    ax = axes_of(ax)
    order = np.lexsort((-found["mu_star"].values, -found["changes"].values))
    table, rest = found.isel(parameter=order[:most]), found.isel(parameter=order[most:])
    at = np.arange(table.sizes["parameter"])
    changes, error = table["changes"].values, 2 * table["changes_error"].values
    ax.barh(at, changes, height=0.7, color=BAR, edgecolor="#333333", linewidth=0.6, zorder=2)
    ax.errorbar(
        changes, at - 0.18, xerr=[np.minimum(error, changes), error], fmt="none", ecolor="black", elinewidth=1.1,
        capsize=2.5, zorder=3,
    )  # fmt: skip
    over = ax.twiny()
    size, spread = table["mu_star"].values, 2 * table["mu_star_error"].values
    over.errorbar(
        size, at + 0.18, xerr=[np.minimum(spread, size), spread], linestyle="", marker="D", color=MARK,
        markeredgecolor="black", markersize=7, ecolor="black", elinewidth=1.1, capsize=2.5, zorder=4,
    )  # fmt: skip
    over.set_xlim(0, None)
    over.set_xlabel("diamonds: mean change of the margin over a whole range (mu*)", fontsize=9)
    ax.set_yticks(at, [str(p) for p in table["parameter"].values], fontsize=9)
    ax.set_ylim(len(at) - 0.4, -0.6)
    ax.set_xlim(0, None)
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
    left_out = ""
    if rest.sizes["parameter"]:
        left_out = f"not drawn: {rest.sizes['parameter']} more, none above {float(rest['changes'].max()):.0%}"
    ax.set_xlabel(
        wrapped(
            f"bars: share of steps of half a range that change what is recommended to {found.attrs['decider']}",
            f"whiskers: two standard errors; {found.attrs['worlds']:,} worlds",
            left_out,
            note_of(found.attrs),
        ),
        fontsize=9,
    )
    finish(over, None)
    over.spines["top"].set_visible(True)
    over.spines["bottom"].set_visible(False)
    return finish(ax, None)
