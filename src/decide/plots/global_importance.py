"""Pictures of which parameter matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import StudyError, unknown
from decide.plots.given import table_of
from decide.plots.looks import axes_of, finish, note_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["importance"]

LIGHT, DARK, MARK = "#BFE1F6", "#0072B2", "#E69F00"
WORDS = {
    "first": "alone: variance explained by knowing only this",
    "total": "with the others: variance left when all but this is known",
    "shapley": "Shapley effect: its part of the variance",
}


def importance(found: xr.Dataset, *, option: str | None = None, most: int = 12, ax: Axes | None = None) -> Axes:
    """Draw how much each parameter matters, the most important first.

    Parameters
    ----------
    found : xarray.Dataset
        From `Study.importance`.
    option : str, optional
        One of the options (or numbers) that vary; all together unless given.
    most : int
        Draw the largest so many; how many are left out, and how large they are at most, is said.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Light bars: total index, or Shapley effect; dark ones inside: first-order; lines: intervals; diamonds: the share
        of the value of information.

    Raises
    ------
    StudyError
        If `found` is another table, or holds no index to draw.
    UnknownNameError
        If there is no such option.
    """
    found = table_of(found, "importance", "Study.importance", "parameter", "option", "members", "variance")
    given = ax is not None
    columns = _columns(found, option)
    main = next(iter(columns))
    order = np.argsort(-columns[main][0], kind="stable")
    rows, rest = order[:most], order[most:]
    ax = axes_of(ax)
    for name, (value, low, high) in columns.items():
        first = name == "first" and len(columns) > 1
        look: dict[str, Any] = (
            {"height": 0.26, "color": DARK} if first else {"height": 0.66, "color": LIGHT, "edgecolor": "#333333"}
        )
        shift = 0.0 if first or len(columns) == 1 else -0.22
        at = np.arange(len(rows))
        ax.barh(at, value[rows], zorder=3 if first else 2, linewidth=0.6, label=WORDS[name], **look)
        ax.hlines(at + shift, low[rows], high[rows], color="black", linewidth=1.2, zorder=5)
        ax.plot(low[rows], at + shift, "|", color="black", markersize=5, zorder=5)
        ax.plot(high[rows], at + shift, "|", color="black", markersize=5, zorder=5)
    if "information_share" in found:
        ax.plot(
            found["information_share"].values[rows], np.arange(len(rows)) + 0.22, linestyle="", marker="D",
            color=MARK, markeredgecolor="black", markersize=7, zorder=6, clip_on=False,
            label="worth: its share of the value of learning everything",
        )  # fmt: skip
    ax.set_yticks(range(len(rows)), [_named(found, row) for row in rows], fontsize=9)
    ax.tick_params(axis="y", pad=8)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(0, None)
    ax.set_xlim(0, max(0.05, min(1.0, ax.get_xlim()[1])))
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
    ax.set_xlabel(_axis(found, option, columns[main][0][rest]))
    if not given:
        ax.figure.legend(loc="outside lower center", ncols=1, fontsize=9)
    return finish(ax, None)


def _columns(found: xr.Dataset, option: str | None) -> dict[str, tuple[Any, ...]]:
    """The indices to draw, with their intervals: the one that bars are sorted by first."""
    if option is not None and option not in found["option"].values:
        raise unknown("option", option, found["option"].values)
    if option is None and found.sizes["option"] == 1:
        option = str(found["option"].values[0])
    columns: dict[str, tuple[Any, ...]] = {}
    for name in ("total", "shapley", "first"):
        own = name if option is not None else f"aggregated_{name}"
        if own in found:
            table = found if option is None else found.sel(option=option)
            columns[name] = tuple(table[f"{own}{end}"].values for end in ("", "_low", "_high"))
    if not columns:
        raise StudyError("nothing to draw for all together; expected option= one of the options")
    return columns


def _named(found: xr.Dataset, row: int) -> str:
    """The parameter, or the group and how many are in it."""
    name, members = str(found["parameter"].values[row]), str(found["members"].values[row]).split(", ")
    return name if len(members) == 1 else f"{name} ({len(members)})"


def _axis(found: xr.Dataset, option: str | None, rest: Any) -> str:
    """What the axis says."""
    about = f"{found.attrs['of']}" + (f", “{option}”" if option is not None else "")
    text = f"share of the variance of the answer ({about})"
    text += f"\nlines: {found.attrs['confidence']:.0%} intervals"
    if "constant" in found.attrs:
        text += "; the answer is the same in every world: no sensitivity"
    if found.attrs.get("failed", 0.0):
        text += f"; {found.attrs['failed']:.1%} of worlds failed and are left out"
    if len(rest):
        text += f"; not drawn: {len(rest)} more, none above {max(rest):.0%}"
    if note := note_of(found.attrs):
        text += f"\n{note}"
    return text
