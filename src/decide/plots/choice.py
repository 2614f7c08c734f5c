"""Pictures of what to choose under uncertainty: criteria, and who dominates whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from decide.plots.given import study_of, table_of
from decide.plots.looks import BOX, axes_of, finish, note_of, number, style, wrapped
from decide.study import values_over

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from decide.study import Study

__all__ = ["criteria", "distributions", "dominance"]

#: How strong a dominance is, the strongest first, and how dark it is drawn.
KINDS = {
    "statewise": ("in every world", "#4D4D4D"),
    "first_order": ("1st order", "#8C8C8C"),
    "second_order": ("2nd order", "#C8C8C8"),
}


def criteria(found: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw how the options fare by each criterion of choice, and which one each favours.

    Parameters
    ----------
    found : xarray.Dataset
        From `Study.criteria`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        A row a criterion, a column an option; cells hold scores in the criterion's own units, which are not compared
        between rows. The option that a criterion favours has its colour and hatching, and a frame; where several are
        level none has.

    Raises
    ------
    StudyError
        If `found` is another table.
    """
    from matplotlib.patches import Rectangle

    found = table_of(found, "criteria", "Study.criteria", "score", "best", "criterion")
    ours, ax = ax is None, axes_of(ax)
    options, names = ([str(x) for x in found[c].values] for c in ("option", "criterion"))
    looks, score, best = style(options), found["score"].transpose("criterion", "option").values, found["best"].values
    for i, j in np.ndindex(score.shape):
        favoured = str(best[i]) == options[j]
        colour, _, hatch = looks[options[j]] if favoured else ("white", "", "")
        cell: dict[str, Any] = {
            "facecolor": colour,
            "hatch": hatch,
            "edgecolor": "white" if favoured else "#DDDDDD",
            "linewidth": 0.8,
        }
        ax.add_patch(Rectangle((j - 0.46, i - 0.42), 0.92, 0.84, **cell))
        if favoured:
            ax.add_patch(Rectangle((j - 0.46, i - 0.42), 0.92, 0.84, fill=False, edgecolor="black", linewidth=2.0))
        text = f"{score[i, j]:.0%}" if names[i] == "satisficing" else number(float(score[i, j]))
        weight = "bold" if favoured else "normal"
        ax.text(j, i, text, ha="center", va="center", fontsize=9, bbox=BOX if favoured else None, weight=weight)
    less = found.attrs["less_is_better"].split(", ")
    ax.set_xticks(range(len(options)), [wrapped(o, width=max(10, 60 // len(options))) for o in options], fontsize=9)
    ax.set_yticks(range(len(names)), [_criterion(found, name, name in less) for name in names], fontsize=8)
    ax.set_xlim(-0.5, len(options) - 0.5)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.xaxis.tick_top()
    ax.tick_params(axis="x", length=0)
    ax.set_xlabel(
        wrapped(
            f"scores for {found.attrs['decider']}, over {found.attrs['draws']:,} worlds; "
            "framed: what the criterion favours",
            found.attrs["means"],
            note_of(found.attrs),
        ),
        fontsize=8,
    )
    if ours:
        ax.figure.set_size_inches(max(6.4, 2.2 + 1.3 * len(options)), 1.4 + 0.5 * len(names))  # type: ignore[union-attr]
    finish(ax, None)
    ax.spines["bottom"].set_visible(False)
    return ax


def _criterion(found: xr.Dataset, name: str, less: bool) -> str:
    """A criterion, and what its score is."""
    about = {
        "maximin": "least value",
        "maximax": "greatest value",
        "minimax loss": "largest loss",
        "Hurwicz": f"{found.attrs['optimism']:.0%} greatest, {1 - found.attrs['optimism']:.0%} least",
        "Laplace": "mean, all worlds alike",
        "expected value": "mean under the belief",
        "satisficing": f"share of worlds worth \N{GREATER-THAN OR EQUAL TO} {number(found.attrs['threshold'])}",
        "expected loss": "mean loss",
        "percentile": f"value in all but {found.attrs['percentile']:.0%} of worlds",
    }
    return f"{name}\n{about[name]}{'; less is better' if less else ''}"


def dominance(found: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw which option dominates which, and how strongly.

    Parameters
    ----------
    found : xarray.Dataset
        From `Study.dominance`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        The option of the row dominates that of the column as the cell says, by the strongest kind that holds; a dash
        where it does not. Options that are dominated are named so. `distributions` shows why.

    Raises
    ------
    StudyError
        If `found` is another table.
    """
    from matplotlib.patches import Rectangle

    found = table_of(found, "dominance", "Study.dominance", "statewise", "first_order", "second_order")
    ax = axes_of(ax)
    options = [str(o) for o in found["option"].values]
    for i, j in np.ndindex(len(options), len(options)):
        kind = next((k for k in KINDS if bool(found[k].values[i, j])), "")
        words, colour = KINDS.get(kind, ("\N{EN DASH}" if i != j else "", "white" if i != j else "#F2F2F2"))
        ax.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=colour, edgecolor="#BBBBBB", linewidth=0.8))
        ax.text(j, i, words, ha="center", va="center", fontsize=8, color="white" if kind == "statewise" else "black")
    wide = max(8, 56 // len(options))
    columns = [
        wrapped(option, "(dominated)" if dominated else "", width=wide)
        for option, dominated in zip(options, found["dominated"].values, strict=True)
    ]
    ax.set_xticks(range(len(options)), columns, fontsize=8)
    ax.set_yticks(range(len(options)), [wrapped(o, width=22) for o in options], fontsize=8)
    ax.set_xlim(-0.5, len(options) - 0.5)
    ax.set_ylim(len(options) - 0.5, -0.5)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.set_xlabel(
        wrapped(
            f"the row dominates the column: in every one of {found.attrs['draws']:,} worlds; "
            "1st order: for all who like more; 2nd order: for all who like more and dislike risk",
            found.attrs["means"],
            note_of(found.attrs),
        ),
        fontsize=8,
    )
    finish(ax, None)
    ax.spines["bottom"].set_visible(False)
    return ax


def distributions(study: Study, *, over: str = "selected", ax: Axes | None = None) -> Axes:
    """Draw how the value of each option is spread over the worlds of a study, as cumulative shares.

    Parameters
    ----------
    study : Study
    over : {"selected", "worst", "best"}
        As for `Study.criteria`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        The share of the solved worlds in which an option is worth at most so much. An option whose curve lies nowhere
        above another's, and somewhere below, dominates it by first order.

    Raises
    ------
    StudyError
        If `study` is none, no draw was solved, or it did not keep the values.
    UnknownNameError
        If there is no such way to count several equilibria.
    """
    study = study_of(study, "distributions")
    values, _, kept = values_over(study.data, over)
    given, ax = ax is not None, axes_of(ax)
    looks, share = style(study.options), np.arange(1, len(values) + 1) / len(values)
    for k, option in enumerate(study.options):
        colour, marker, _ = looks[option]
        at = np.sort(values[:, k])
        ax.step(
            np.insert(at, 0, at[0]), np.insert(share, 0, 0.0), where="post", color=colour, linewidth=2, marker=marker,
            markevery=(0.03 * (k + 1), 0.15), markeredgecolor="black", markeredgewidth=0.5, label=option,
        )  # fmt: skip
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:.0%}")
    ax.set_ylabel("share of worlds worth at most this")
    left_out = f"; {int((~kept).sum()):,} failed" if not kept.all() else ""
    ax.set_xlabel(
        wrapped(
            f"what an option is worth to {study.data.attrs['decider']} ({len(values):,} worlds{left_out}); "
            "the further to the right a curve lies, the better",
            note_of(study.data.attrs),
        )
    )
    ax = finish(ax, None if given else study.options)
    ax.spines["left"].set_visible(True)
    return ax
