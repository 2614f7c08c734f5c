"""Pictures of studies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from decide.errors import StudyError
from decide.evaluate import CLASSES, FAILED
from decide.plots.given import one_or_several
from decide.plots.looks import BOX, axes_of, finish, style
from decide.points import solved

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from decide.study import Study

__all__ = ["option_values", "shares"]


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
    from decide.study import Study

    several = one_or_several(study, Study, "shares", "decide.sweep")
    given, ax = ax is not None, axes_of(ax)
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
                ax.text(left + share / 2, row, text, ha="center", va="center", fontsize=9, bbox=BOX)
            left += share
    ax.set_yticks(range(len(several)), list(several))
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
    ax.set_xlabel("share of the stated ranges (not a probability)")
    return finish(ax, None if given else next(iter(several.values())).options)


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
        The best option of each line is circled; a draw that failed has no line, and says so.
    """
    data = study.data
    n = data.sizes["draw"]
    if n > 20:
        raise StudyError(f"the study has {n} draws; option_values draws at most 20, one line each")
    given, ax = ax is not None, axes_of(ax)
    looks = style(study.options)
    names = [str(v) for v in data["view"].values] if "view" in data.coords else [f"draw {k}" for k in range(n)]
    values = data["option_value"].values
    labels = [str(x) for x in data["recommendation"].values]
    valued = solved(data["status"].values)
    middle = float((values[valued].min() + values[valued].max()) / 2) if valued.any() else 0.0
    for row in range(n):
        if not valued[row]:
            why = str(data["status_message"].values[int(data["status"].values[row])])
            missing = labels[int(data["recommended"].values[row])] == CLASSES[FAILED]
            ax.text(middle, row, f"{'failed' if missing else 'no value'}: {why}", ha="center", va="center", fontsize=9)
            continue
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
    return finish(ax, None if given else study.options)
