"""Pictures of which assumption of the model itself flips the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from decide.plots.given import table_of
from decide.plots.looks import BOX, axes_of, finish, note_of, number, style, wrapped

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["structures"]


def structures(found: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw the table of structures: one row an assumption made otherwise, one column a view.

    Parameters
    ----------
    found : xarray.Dataset
        From `decide.structures`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Cells carry the colour and hatching of the option recommended, its name and its margin. A thick frame and a
        triangle mark answers that differ from those of the model as it is (the first row, in the same column).

    Raises
    ------
    StudyError
        If `found` is another table.
    """
    from matplotlib.patches import Rectangle

    found = table_of(found, "structures", "decide.structures", "structure", "view", "recommended", "margin", "flips")
    given, ax = ax is not None, axes_of(ax)
    labels, options = ([str(x) for x in found[name].values] for name in ("recommendation", "option"))
    looks = style(options)
    codes, margin, flips = (found[name].values for name in ("recommended", "margin", "flips"))
    for i, j in np.ndindex(codes.shape):
        label = labels[int(codes[i, j])]
        colour, _, hatch = looks[label]
        ax.add_patch(
            Rectangle((j - 0.46, i - 0.42), 0.92, 0.84, facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0)
        )
        if flips[i, j]:
            ax.add_patch(Rectangle((j - 0.46, i - 0.42), 0.92, 0.84, fill=False, edgecolor="black", linewidth=2.5))
        text = f"{label}\nby {number(float(margin[i, j]))}" if label in options else label
        mark = "\N{BLACK UP-POINTING TRIANGLE} " if flips[i, j] else ""
        weight = "bold" if flips[i, j] else "normal"
        ax.text(j, i, mark + text, ha="center", va="center", fontsize=8, bbox=BOX, weight=weight)
    ax.axhline(0.5, color="black", linewidth=1)
    ax.set_xticks(range(codes.shape[1]), [str(v) for v in found["view"].values])
    ax.set_yticks(range(codes.shape[0]), [str(s).replace(" + ", "\n+ ") for s in found["structure"].values])
    ax.set_xlim(-0.5, codes.shape[1] - 0.5)
    ax.set_ylim(codes.shape[0] - 0.5, -0.5)
    ax.xaxis.tick_top()
    ax.tick_params(axis="x", length=0)
    mark = "\N{BLACK UP-POINTING TRIANGLE}"
    ax.set_xlabel(
        wrapped(
            f"recommended to {found.attrs['decider']}, and by how much",
            f"{mark}: another answer than in the first row" if flips.any() else "",
            note_of(found.attrs),
        )
    )
    if not given:
        ax.figure.set_size_inches(max(6.4, 1.6 * codes.shape[1]), 2.2 + 0.62 * codes.shape[0])  # type: ignore[union-attr]
    finish(ax, None if given else options)
    ax.spines["bottom"].set_visible(False)
    return ax
