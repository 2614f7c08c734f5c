"""Pictures of where along a parameter a profile is an equilibrium, and how many equilibria there are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from decide.errors import StudyError
from decide.plots.given import one_or_several
from decide.plots.looks import BOX, axes_of, finish, number, wrapped
from decide.questions.equilibria import CountRegions, EquilibriumRegions

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["equilibrium_counts", "equilibrium_regions"]

#: Face and hatching of a band.
HOLDS, NOT, FAILED = ("#0072B2", ""), ("#E8E8E8", ""), ("white", "xxx")
#: From few equilibria to many; each darker than the one before, in grey too.
COUNTS = ("#FFFFFF", "#D6EAF8", "#9CCBE8", "#5FA5D0", "#2B7BB5", "#08518F")
Look = tuple[str, str]


def equilibrium_regions(
    found: EquilibriumRegions | Mapping[str, EquilibriumRegions],
    *,
    base: float | Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw for which values of a parameter a profile is an equilibrium.

    Parameters
    ----------
    found : EquilibriumRegions or mapping of str to EquilibriumRegions
        From `decide.equilibrium_regions`; several are drawn below each other, under their names.
    base : float or mapping of str to float, optional
        Where to put the mark of the base: the value, or values by the name of a parameter.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Dark: it is one; pale: it is none, with who would deviate, where there is room; crossed: no valid game. A
        diamond: it is one at that value alone.

    Raises
    ------
    StudyError
        If `found` is something else.
    """
    several = one_or_several(found, EquilibriumRegions, "equilibrium_regions", "decide.equilibrium_regions")

    def look(region: Any) -> tuple[Look, str]:
        if region.holds:
            return HOLDS, "equilibrium"
        return (FAILED, "failed") if region.deviation == "failed" else (NOT, region.deviation)

    words = "dark: the profile is an equilibrium; pale: none, and who deviates"
    alone = any(r.holds and r.low == r.high for one in several.values() for r in one)
    return _draw(several, look, base, [words, "diamond: an equilibrium at that value alone" if alone else ""], ax)


def equilibrium_counts(
    found: CountRegions | Mapping[str, CountRegions],
    *,
    base: float | Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how many equilibria there are along a parameter.

    Parameters
    ----------
    found : CountRegions or mapping of str to CountRegions
        From `decide.equilibrium_counts`; several are drawn below each other, under their names.
    base : float or mapping of str to float, optional
        Where to put the mark of the base: the value, or values by the name of a parameter.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        The darker a band, the more equilibria; "or more" where they were not proved to be all; crossed: no game could
        be solved.

    Raises
    ------
    StudyError
        If `found` is something else.
    """
    several = one_or_several(found, CountRegions, "equilibrium_counts", "decide.equilibrium_counts")

    def look(region: Any) -> tuple[Look, str]:
        if region.count < 0:
            return FAILED, "failed"
        text = f"{region.count}" if region.complete else f"{region.count} or more"
        return (COUNTS[min(region.count, len(COUNTS) - 1)], ""), text

    return _draw(several, look, base, ["in the bands: the number of equilibria"], ax)


def _draw(
    several: Mapping[str, Sequence[Any]],
    look: Callable[[Any], tuple[Look, str]],
    base: float | Mapping[str, float] | None,
    words: list[str],
    ax: Axes | None,
) -> Axes:
    """Draw one bar a result; on the parameter's own scale where all share it, else from end to end of each range."""
    ours, ax = ax is None, axes_of(ax)
    names = {str(getattr(one, "parameter", "")) for one in several.values()}
    ends = {(one[0].low, one[-1].high) for one in several.values()}
    shared = len(names) == 1 and len(ends) == 1
    low, high = next(iter(ends)) if shared else (0.0, 1.0)
    for row, one in enumerate(several.values()):
        start, width = one[0].low, (one[-1].high - one[0].low) or 1.0
        _bar(ax, row, one, look, lambda x, start=start, width=width: x if shared else (x - start) / width, high - low)
        at = _base_of(base, str(getattr(one, "parameter", "")))
        if at is not None:
            place = at if shared else (at - start) / width
            ax.plot(place, row - 0.38, marker="v", color="black", markersize=8, linestyle="", zorder=5, clip_on=False)
    if ours:
        ax.figure.set_size_inches(6.4, 1.9 + 0.8 * len(several))  # type: ignore[union-attr]
    ticks = [_row_name(name, one, shared) for name, one in several.items()]
    ax.set_yticks(range(len(several)), ticks, fontsize=9)
    ax.set_ylim(len(several) - 0.3, -0.6)
    room = 0.01 * ((high - low) or 1.0)
    ax.set_xlim(low - room, high + room)
    if not shared:
        ax.set_xticks([])
    scale = (
        f"{next(iter(names))}; all else at base"
        if shared
        else "from the low to the high end of each range; all else at base"
    )
    ax.set_xlabel(wrapped(scale + ("; triangle: base" if base is not None else ""), *words), fontsize=9)
    return finish(ax, None)


def _bar(
    ax: Axes, row: int, one: Sequence[Any], look: Callable[[Any], tuple[Look, str]], place: Any, width: float
) -> None:
    """Draw the bands of one result, and write what ends them below."""
    last = -math.inf
    for region in one:
        (colour, hatch), text = look(region)
        left, right = place(region.low), place(region.high)
        if region.low == region.high:
            ax.plot(left, row, marker="D", color=colour, markeredgecolor="black", markersize=9, zorder=4)
        else:
            ax.barh(row, right - left, left=left, height=0.6, color=colour, hatch=hatch, edgecolor="#555555", zorder=2)
            if (right - left) / width > 0.019 * len(text) + 0.02:
                ax.text((left + right) / 2, row, text, ha="center", va="center", fontsize=8, bbox=BOX, zorder=3)
        inner = region is not one[-1] and (region.low < region.high or region is one[0])
        if inner and (right - last) / width > 0.07:
            ax.text(right, row + 0.34, number(region.high), ha="center", va="top", fontsize=8)
            last = right


def _row_name(name: str, one: Any, shared: bool) -> str:
    """The name of a row, with its range where there is no scale to read it from."""
    if shared:
        return wrapped(name, width=20)
    return f"{wrapped(name or one.parameter, width=20)}\n{number(one[0].low)} to {number(one[-1].high)}"


def _base_of(base: float | Mapping[str, float] | None, parameter: str) -> float | None:
    """The value to be marked."""
    found = base.get(parameter) if isinstance(base, Mapping) else base
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, float | int) or not math.isfinite(found):
        raise StudyError(f"base is {found!r}; expected a finite number, or such by the name of a parameter")
    return float(found)
