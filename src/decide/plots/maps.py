"""Pictures of which option is best over two parameters at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from decide.plots.given import table_of
from decide.plots.looks import BOX, axes_of, note_of, style, wrapped

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["region_map"]

#: Regions smaller than this share of the map are not named inside.
NAMED = 0.02


def region_map(found: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw the map of recommendations over two parameters, with its boundaries, the base and the views.

    Parameters
    ----------
    found : xarray.Dataset
        From `decide.region_map`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Regions carry their option's colour and hatching, and its name with its share of the map. A mark with a name is
        a view; its own answer stands beside it, as views differ in other parameters too.

    Raises
    ------
    StudyError
        If `found` is another table.
    """
    from matplotlib.collections import LineCollection

    found = table_of(found, "region_map", "decide.region_map", "recommended", "area", "boundary", "view_at")
    ax = axes_of(ax)
    x, y = (str(a) for a in found["axis"].values)
    labels = [str(r) for r in found["recommendation"].values]
    looks = style(found.attrs["options"])
    codes = found["recommended"].transpose(x, y).values
    xs, ys = found[x].values, found[y].values
    for code in np.unique(codes):
        colour, _, hatch = looks[labels[code]]
        inside = np.where(codes == code, 1.0, 0.0).T
        ax.contourf(xs, ys, inside, levels=[0.5, 1.5], colors=[colour], alpha=0.55, hatches=[hatch])
        if float(found["area"][code]) >= NAMED:
            px, py = _middle(codes == code, xs, ys, found["view_at"].values)
            ax.text(px, py, f"{labels[code]}\n{float(found['area'][code]):.0%}", ha="center", va="center", bbox=BOX)
    ax.add_collection(LineCollection(list(found["boundary"].values), colors="black", linewidths=1.2))
    for k, view in enumerate(map(str, found["view"].values)):
        px, py = found["view_at"].values[k]
        ax.plot(px, py, marker="o" if k == 0 else "D", color="white", markeredgecolor="black", markersize=8, zorder=5)
        text = view if k == 0 else f"{view}: {labels[int(found['view_recommended'][k])]}"
        right = px > xs.mean()
        ax.annotate(
            text, (px, py), xytext=(-8 if right else 8, 8 if k else -14), textcoords="offset points", fontsize=8,
            ha="right" if right else "left", bbox=BOX, zorder=6,
        )  # fmt: skip
    ax.set_xlim(xs[0], xs[-1])
    ax.set_ylim(ys[0], ys[-1])
    ax.set_xlabel(wrapped(_named(found, x), *_left_out(found, xs, ys), note_of(found.attrs)))
    ax.set_ylabel(_named(found, y))
    return ax


def _left_out(found: xr.Dataset, xs: Any, ys: Any) -> list[str]:
    """What is held, and what the map does not show, or does not name."""
    area = zip(map(str, found["recommendation"].values), found["area"].values, strict=True)
    small = [f"“{label}” ({share:.1%})" for label, share in area if 0 < share < NAMED]
    off = [
        str(view)
        for view, (px, py) in zip(found["view"].values, found["view_at"].values, strict=True)
        if not (xs[0] <= px <= xs[-1] and ys[0] <= py <= ys[-1])
    ]
    views = found.sizes["view"] > 1 + len(off)
    return [
        "all else at base" + ("; views differ in other parameters too" if views else ""),
        f"too small to be named: {', '.join(small)}" if small else "",
        f"off the map: {', '.join(off)}" if off else "",
    ]


def _named(found: xr.Dataset, name: str) -> str:
    unit = found[name].attrs.get("unit", "")
    return f"{name} ({unit})" if unit else name


def _middle(inside: Any, xs: Any, ys: Any, marks: Any) -> tuple[float, float]:
    """The node farthest from the rim of a region and from the marks in it, where its name has most room."""
    from scipy.ndimage import distance_transform_edt

    away = np.ones(inside.shape, dtype=np.bool_)
    for x, y in marks:
        near = np.abs(xs - x)[:, None] < 0.15 * (xs[-1] - xs[0])
        away &= ~(near & (np.abs(ys - y)[None, :] < 0.1 * (ys[-1] - ys[0])))
    room = inside & away if (inside & away).any() else inside
    depth = distance_transform_edt(np.pad(room, 1))[1:-1, 1:-1]
    i, j = np.unravel_index(int(np.argmax(depth)), depth.shape)
    return float(xs[i]), float(ys[j])
