"""Pictures of what one parameter at a time does."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from decide.plots.given import table_of
from decide.plots.looks import BOX, axes_of, finish, mark_switches, note_of, number, style, wrapped
from decide.points import solved

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["profile", "tornado"]


def tornado(bars: xr.Dataset, *, most: int = 12, ax: Axes | None = None) -> Axes:
    """Draw a tornado: how far each parameter alone moves what the decision is worth.

    Parameters
    ----------
    bars : xarray.Dataset
        From `decide.tornado`.
    most : int
        Draw the widest so many; one that changes the answer takes the place of one that does not, however narrow.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Thick bars: the best option is taken every time; thin ones: the option of the base is kept. At the side, where
        the recommendation changes.

    Raises
    ------
    StudyError
        If `bars` is another table.
    """
    bars = table_of(bars, "tornado", "decide.tornado", "low", "high", "fixed_low", "fixed_high", "flips")
    ax = axes_of(ax)
    order = np.argsort(bars["flips"].values == 0, kind="stable")[:most]  # those that flip first, each the widest first
    table = bars.isel(parameter=np.sort(order))
    names = [str(p) for p in table["parameter"].values]
    for row in range(len(names)):
        one = table.isel(parameter=row)
        ax.barh(
            row, one["high"] - one["low"], left=one["low"], height=0.62, color="#56B4E9", edgecolor="none", zorder=2
        )
        left, right = float(one["fixed_low"]), float(one["fixed_high"])
        ax.barh(row, right - left, left=left, height=0.2, color="#333333", edgecolor="none", zorder=3)
    low = float(min(table["low"].min(), table["fixed_low"].min()))
    high = float(max(table["high"].max(), table["fixed_high"].max()))
    room = (high - low) or 1.0
    for row in range(len(names)):
        text = _flips_in_words(table.isel(parameter=row))
        ax.text(high + 0.03 * room, row, text, va="center", fontsize=8)
    ax.axvline(bars.attrs["base_value"], color="black", linewidth=1, zorder=4)
    ends = [
        f"{name}\n{number(float(one['range_low']))} to {number(float(one['range_high']))}"
        for name, one in zip(names, (table.isel(parameter=k) for k in range(len(names))), strict=True)
    ]
    ax.set_yticks(range(len(names)), ends, fontsize=8)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(low - 0.03 * room, high + 0.45 * room)
    ax.set_xticks([t for t in ax.get_xticks() if low - 0.03 * room <= t <= high + 0.03 * room])
    ax.set_xlabel(
        wrapped(
            f"worth to {bars.attrs['decider']}, one parameter moved at a time; line: base",
            f"light: best option each time; dark: “{bars.attrs['held']}” kept",
            note_of(bars.attrs),
        ),
        x=0.4,
    )
    return finish(ax, None)


def _flips_in_words(one: xr.Dataset) -> str:
    """Say where the answer changes next to the base."""
    words = {"below": "below", "above": "above"}
    if bool(one["choices"]):
        words = {"below": "at", "above": "at"}
    found = [
        f"“{one['flips_to'].sel(side=side).item()}” {words[side]} {number(float(one['flip'].sel(side=side)))}"
        for side in ("below", "above")
        if bool(one["has_flip"].sel(side=side))
    ]
    if not found and int(one["flips"]):
        return "changes only beyond a tie at the base"
    return "; ".join(found) if found else "no change of answer"


def profile(line: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw what every option is worth along one parameter, and where the recommendation changes.

    Parameters
    ----------
    line : xarray.Dataset
        From `decide.profile`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Bands run over all equilibria; a line breaks where an equilibrium appears or vanishes. Where there is no answer,
        none is drawn, and the background is hatched.

    Raises
    ------
    StudyError
        If `line` is another table.
    """
    line = table_of(line, "profile", "decide.profile", "option_value", "option_value_low", "switch_point", "kind")
    given, ax = ax is not None, axes_of(ax)
    name, options = line.attrs["parameter"], [str(o) for o in line["option"].values]
    x, looks = line[name].values, style(options)
    jumps = line["switch_point"].values[line["kind"].values == "jump"]
    broken = np.searchsorted(x, jumps)
    failed, unvalued = line["failed"].values, ~solved(line["status"].values)
    for k, option in enumerate(options):
        colour, marker, _ = looks[option]
        y = np.insert(np.where(unvalued, np.nan, line["option_value"].values[:, k]), broken, np.nan)
        ax.plot(np.insert(x, broken, jumps), y, color=colour, linewidth=2, marker=marker, markevery=0.11, label=option)
        low, high = (np.where(failed, np.nan, line[f"option_value_{end}"].values[:, k]) for end in ("low", "high"))
        if (high > low).any():
            ax.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    _shade(ax, x, failed, line["switch_point"].values)
    marked = ["thick line: base"] if np.isfinite(line.attrs["base"]) else []
    if marked:
        ax.axvline(line.attrs["base"], color="black", linewidth=1.5)
    ax.set_xlim(ax.get_xlim())
    mark_switches(ax, line["switch_point"].values.tolist(), [number(at) for at in line["switch_point"].values])
    if line["switch_point"].size:
        marked.append("dotted: the answer changes")
    ax.set_xlabel(wrapped("; ".join([f"{name}, all else at base", *marked]), note_of(line.attrs)))
    ax.set_ylabel(f"worth of each option to {line.attrs['decider']}")
    ax = finish(ax, None if given else options)
    ax.spines["left"].set_visible(True)
    return ax


def _shade(ax: Axes, x: NDArray[np.float64], failed: NDArray[np.bool_], switches: NDArray[np.float64]) -> None:
    """Hatch where there is no answer, from one change of the answer (or one end) to the next, and say so."""
    ends = np.unique([x[0], *switches, x[-1]])
    for start, stop in itertools.pairwise(ends):
        if failed[(x > start) & (x < stop)].all():
            ax.axvspan(start, stop, facecolor="#EEEEEE", edgecolor="#BBBBBB", hatch="//", linewidth=0, zorder=0)
            ax.annotate(
                "no answer", ((start + stop) / 2, 0.5), xycoords=("data", "axes fraction"), ha="center", va="center",
                rotation=90 if stop - start < 0.25 * (x[-1] - x[0]) else 0, fontsize=9, bbox=BOX,
            )  # fmt: skip
