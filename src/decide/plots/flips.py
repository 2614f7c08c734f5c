"""Pictures of the closest world with another answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from decide.errors import StudyError
from decide.plots.given import one_or_several
from decide.plots.looks import axes_of, finish, wrapped
from decide.questions.flips import Flip

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["flip_distances", "nearest_flip"]

RISE, FALL = ("#0072B2", ""), ("#E69F00", "///")


def nearest_flip(found: Flip, *, most: int = 12, ax: Axes | None = None) -> Axes:
    """Draw which parameters move, and how far, in the closest world found with another answer.

    Parameters
    ----------
    found : Flip
        From `decide.nearest_flip`.
    most : int
        Draw so many, those that move furthest first; how many are left out is said.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Bars from zero: by how much of its range each parameter rises (to the right) or falls; beside each name, its
        value at the base and there. The title says which answer becomes which.

    Raises
    ------
    StudyError
        If `found` is no `Flip`, or none was found: there is nothing to draw.
    """
    flip = one_or_several(found, Flip, "nearest_flip", "decide.nearest_flip").get("")
    if flip is None:
        raise StudyError("nearest_flip was given several; expected one Flip, or flip_distances to draw them")
    if not flip.found:
        raise StudyError(f"there is nothing to draw: {flip}")
    ours, ax = ax is None, axes_of(ax)
    shown = list(flip.changes)[:most]
    for row, name in enumerate(shown):
        share = flip.shares[name]
        colour, hatch = RISE if share > 0 else FALL
        ax.barh(row, share, height=0.62, color=colour, hatch=hatch, edgecolor="white", zorder=2)
        ax.annotate(
            _signed(share), (share, row), xytext=(4 if share > 0 else -4, 0),
            textcoords="offset points", ha="left" if share > 0 else "right", va="center", fontsize=8,
        )  # fmt: skip
    ax.axvline(0.0, color="black", linewidth=1.2, zorder=3)
    if ours:
        ax.figure.set_size_inches(6.4, 2.0 + 0.42 * len(shown))  # type: ignore[union-attr]
    ax.set_yticks(range(len(shown)), [_named(flip, name) for name in shown], fontsize=8)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    far = max(abs(flip.shares[name]) for name in shown) * 1.35
    ax.set_xlim(-far if min(flip.shares[n] for n in shown) < 0 else 0.0,
                far if max(flip.shares[n] for n in shown) > 0 else 0.0)  # fmt: skip
    ax.xaxis.set_major_formatter(lambda x, _: _percent(x))
    ax.locator_params(axis="x", nbins=5)
    rest = len(flip.changes) - len(shown)
    how = "no more" if flip.norm == "largest" else "less"
    ax.set_xlabel(
        wrapped(
            "move from the base, as a share of the parameter's range",
            f"distance: {flip.distance:.2%} "
            + ("of its range" if flip.norm == "one" else f"of the ranges ({flip.norm} norm)")
            + f"; {flip.proof}",
            f"not drawn: {rest} more, each by {how}" if rest > 0 else "",
        ),
        fontsize=9,
    )
    ax.set_title(wrapped(f"“{flip.option}” instead of “{flip.instead_of}”", width=54), fontsize=11)
    return finish(ax, None)


def _percent(x: float) -> str:
    """A share of a range as the axis shows it: as many digits as it takes."""
    return f"{100 * x + 0.0:.3g}%".replace("-", "\N{MINUS SIGN}")


def _signed(share: float) -> str:
    """A move as a share of the range, in words where it rounds to none."""
    return f"{share:+.1%}".replace("-", "\N{MINUS SIGN}") if abs(share) >= 0.0005 else "under 0.1%"


def _named(flip: Flip, name: str) -> str:
    """A parameter, and from where to where it moves."""
    now, there = flip.changes[name]
    digits = next((d for d in range(3, 17) if f"{now:.{d}g}" != f"{there:.{d}g}"), 17)
    values = f"{now:.{digits}g} to {there:.{digits}g}".replace("-", "\N{MINUS SIGN}")
    return f"{name}\n{values}"


def flip_distances(found: Mapping[str, Flip], *, ax: Axes | None = None) -> Axes:
    """Draw how far the closest world with another answer is from each of several, such as views.

    Parameters
    ----------
    found : mapping of str to Flip
        From `decide.nearest_flip`, by the names to show; all by one norm.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Bars from zero: the distance; beside each, which answer becomes which, and by which moves, the largest first.

    Raises
    ------
    StudyError
        If one of them is no `Flip`, or they are measured differently.
    """
    several = one_or_several(found, Flip, "flip_distances", "decide.nearest_flip")
    norms = sorted({flip.norm for flip in several.values()})
    if len(norms) > 1:
        raise StudyError(f"the flips are measured by {' and '.join(norms)}; expected one norm to compare them by")
    ours, ax = ax is None, axes_of(ax)
    far = max((flip.distance for flip in several.values() if flip.found), default=0.0) or 1.0
    for row, flip in enumerate(several.values()):
        if flip.found:
            ax.barh(row, flip.distance, height=0.34, color="#56B4E9", edgecolor="#333333", linewidth=0.6, zorder=2)
            ax.annotate(f"{flip.distance:.1%}", (flip.distance, row), xytext=(4, 0), textcoords="offset points",
                        va="center", fontsize=8)  # fmt: skip
        ax.text(0.0, row - 0.2, _moves(flip), ha="left", va="bottom", fontsize=8)
    if ours:
        ax.figure.set_size_inches(6.4, 1.4 + 0.9 * len(several))  # type: ignore[union-attr]
    ax.set_yticks(range(len(several)), list(several))
    ax.set_ylim(len(several) - 0.6, -0.75)
    ax.set_xlim(0, far * 1.18)
    ax.xaxis.set_major_formatter(lambda x, _: _percent(x))
    whose = "of its range, one parameter alone" if norms == ["one"] else f"of the ranges ({norms[0]} norm)"
    proofs = "; ".join(sorted({flip.proof for flip in several.values() if flip.found}))
    ax.set_xlabel(wrapped(f"distance to the closest world found with another answer, {whose}", proofs), fontsize=9)
    return finish(ax, None)


def _moves(flip: Flip) -> str:
    """Which answer becomes which, and how, in at most two lines."""
    if not flip.found:
        return f"“{flip.instead_of}” throughout: no other answer was found"
    name = next(iter(flip.changes))
    more = len(flip.changes) - 1
    how = " ".join(_named(flip, name).split("\n")) + (f" and {more} more" if more else "")
    return wrapped(f"“{flip.option}” instead of “{flip.instead_of}”", how, width=70)
