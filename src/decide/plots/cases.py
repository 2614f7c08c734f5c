"""Pictures of the worst and best cases, of values across views, and of what the decider's own values allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from decide.plots.given import table_of
from decide.plots.looks import axes_of, finish, note_of, number, style, wrapped

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["across_views", "value_weights", "worst_case"]


def worst_case(found: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw from how little to how much each option can be worth, and the most that choosing it can lose.

    Parameters
    ----------
    found : xarray.Dataset
        From `decide.worst_case`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Bars run from the least to the greatest value. A filled end is proved, or exact if the form seen on all lines
        checked holds; an open one is the farthest found: there may be worse. With a study, the dark line inside holds
        what is left after its percentile of the worst and of the best worlds. Beside: the largest loss.

    Raises
    ------
    StudyError
        If `found` is another table.
    """
    found = table_of(found, "worst_case", "decide.worst_case", "least", "greatest", "largest_loss", "least_proof")
    ax = axes_of(ax)
    options = [str(o) for o in found["option"].values]
    looks = style(options)
    low, high = float(found["least"].min()), float(found["greatest"].max())
    room = (high - low) or 1.0
    for row, option in enumerate(options):
        one, (colour, _, hatch) = found.sel(option=option), looks[option]
        left, right = float(one["least"]), float(one["greatest"])
        ax.barh(row, right - left, left=left, height=0.5, color=colour, hatch=hatch, edgecolor="white", zorder=2)
        for at, goal in ((left, "least"), (right, "greatest")):
            face = "white" if _only_found(one, goal) else "black"
            ax.plot(at, row, marker="o", color=face, markeredgecolor="black", markersize=7, zorder=5)
        if "percentile_least" in found:
            ends = [float(one["percentile_least"]), float(one["percentile_greatest"])]
            ax.plot(ends, [row, row], color="white", linewidth=6, solid_capstyle="butt", zorder=3)
            ax.plot(ends, [row, row], color="black", linewidth=3, solid_capstyle="butt", zorder=4)
        for at, side, pad in ((left, "right", -8), (right, "left", 8)):
            ax.annotate(
                number(at), (at, row), xytext=(pad, 0), textcoords="offset points", ha=side, va="center", fontsize=9
            )
        known = " (found)" if _only_found(one, "largest_loss") else ""
        words = f"loses up to {number(float(one['largest_loss']))}{known}"
        ax.text(high + 0.26 * room, row, words, ha="left", va="center", fontsize=9)
    ax.set_yticks(range(len(options)), [wrapped(o, width=18) for o in options], fontsize=9)
    ax.set_ylim(len(options) - 0.5, -0.5)
    ax.set_xlim(low - 0.2 * room, high + 0.85 * room)
    ax.set_xticks([t for t in ax.get_xticks() if low - 0.05 * room <= t <= high + 0.05 * room])
    ax.set_xlabel(_about_cases(found), fontsize=9)
    return finish(ax, None)


def _only_found(one: xr.Dataset, goal: str) -> bool:
    """Whether a bound is no more than the farthest that was met."""
    return not str(one[f"{goal}_proof"].item()).startswith(("proved", "exact"))


def _about_cases(found: xr.Dataset) -> str:
    """What the marks mean, as far as they are there."""
    proofs = {str(p) for goal in ("least", "greatest", "largest_loss") for p in found[f"{goal}_proof"].values}
    words = [f"worth of each option to {found.attrs['decider']}, anywhere within the ranges"]
    if any(p.startswith(("proved", "exact")) for p in proofs):
        known = sorted(p.split(" in each")[0] for p in proofs if p.startswith(("proved", "exact")))
        checked = " in each parameter, as on lines checked" if known[0].startswith("exact") else ""
        words.append(f"filled end: {' or '.join(known)}{checked}")
    if any(not p.startswith(("proved", "exact")) for p in proofs):
        words.append("open end, (found): the farthest found, there may be worse")
    if "percentile_least" in found:
        words.append(f"line inside: a sample without its worst and best {found.attrs['percentile']:.0%}")
    words.append(
        f"greatest least value: “{found.attrs['best_least']}”; smallest largest loss: “{found.attrs['least_loss']}”"
    )
    return wrapped(*words, note_of(found.attrs))


def across_views(found: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw what each option is expected to be worth in each view.

    Parameters
    ----------
    found : xarray.Dataset
        From `decide.across_views`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        One line a view, the best of each circled and named; whiskers of two standard errors where values were drawn.
        Below, which options are best under some mixture of the views (E-admissible), and which can be left out.

    Raises
    ------
    StudyError
        If `found` is another table.
    """
    found = table_of(found, "across_views", "decide.across_views", "expected_value", "e_admissible", "maximal")
    given, ax = ax is not None, axes_of(ax)
    options, views = ([str(x) for x in found[c].values] for c in ("option", "view"))
    looks = style(options)
    values, error = (found[n].transpose("view", "option").values for n in ("expected_value", "error"))
    for row, best in enumerate(map(str, found["best"].values)):
        ax.plot([values[row].min(), values[row].max()], [row, row], color="#CCCCCC", zorder=1)
        for k, option in enumerate(options):
            colour, marker, _ = looks[option]
            ax.errorbar(
                values[row, k], row, xerr=2 * error[row, k] or None, color=colour, marker=marker, markersize=8,
                markeredgecolor="black", markeredgewidth=0.6, ecolor="black", elinewidth=1, capsize=3, zorder=3,
            )  # fmt: skip
        x = values[row, options.index(best)] if best in options else values[row].max()
        if best in options:
            ax.scatter(x, row, facecolor="none", edgecolor="black", s=230, linewidth=1.3, zorder=2)
        right = x > values.mean()
        ax.annotate(
            best, (x, row), xytext=(8 if right else -8, 11), textcoords="offset points", fontsize=9,
            ha="right" if right else "left",
        )  # fmt: skip
    ax.set_yticks(range(len(views)), views)
    ax.set_ylim(len(views) - 0.5, -0.7)
    ax.margins(x=0.08)
    ax.set_xlabel(_about_views(found, options), fontsize=9)
    return finish(ax, None if given else options)


def _about_views(found: xr.Dataset, options: list[str]) -> str:
    """Which options can be defended."""
    able = [f"“{o}”" for o, yes in zip(options, found["e_admissible"].values, strict=True) if yes]
    rest = [f"“{o}”" for o in options if f"“{o}”" not in able]
    whiskers = "; whiskers: two standard errors" if found["error"].values.any() else ""
    return wrapped(
        f"expected worth to {found.attrs['decider']} in each view, {found.attrs['means']}{whiskers}",
        f"best under some mixture of the views (E-admissible): {', '.join(able)}",
        f"best under no mixture: {', '.join(rest)}" if rest else "",
        note_of(found.attrs),
    )


def value_weights(found: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw for how much of the decider's own values each option is best, and which are best for none.

    Parameters
    ----------
    found : xarray.Dataset
        From `decide.value_weights`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Bars: the share of the decider's values, even over their ranges, for which the option alone is best, all else
        at base; whiskers of two standard errors. Beside: by how much it can lead, or must trail.

    Raises
    ------
    StudyError
        If `found` is another table.
    """
    found = table_of(found, "value_weights", "decide.value_weights", "lead", "dominated", "share", "witness")
    ax = axes_of(ax)
    options = [str(o) for o in found["option"].values]
    looks = style(options)
    for row, option in enumerate(options):
        one, (colour, _, hatch) = found.sel(option=option), looks[option]
        share, error = float(one["share"]), float(one["error"])
        ax.barh(row, share, height=0.6, color=colour, hatch=hatch, edgecolor="white", zorder=2)
        if not bool(one["dominated"]):
            ends = [max(share - 2 * error, 0.0), min(share + 2 * error, 1.0)]
            ax.plot(ends, [row, row], color="black", linewidth=1.2, marker="|", zorder=3)
        ax.text(1.03, row, _standing(one, found.attrs["how"]), ha="left", va="center", fontsize=9)
    ax.set_yticks(range(len(options)), [wrapped(o, width=18) for o in options], fontsize=9)
    ax.set_ylim(len(options) - 0.5, -0.5)
    ax.set_xlim(0, 1.85)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1.0], ["0%", "25%", "50%", "75%", "100%"])
    names = ", ".join(map(str, found["parameter"].values))
    ax.set_xlabel(
        wrapped(
            f"share of {found.attrs['decider']}'s values (even over their ranges) for which it alone is best; "
            "all else at base",
            f"values: {names}" if len(names) < 120 else f"{found.sizes['parameter']} values",
            note_of(found.attrs),
        ),
        fontsize=9,
    )
    ax = finish(ax, None)
    ax.spines["bottom"].set_bounds(0, 1)
    return ax


def _standing(one: Any, how: str) -> str:
    """Say how an option stands to the others."""
    lead, share = float(one["lead"]), float(one["share"])
    if bool(one["dominated"]):
        found = "" if how == "linear program" else " found"
        return f"dominated: best for no values{found},\nat best {number(-lead)} behind"
    rare = f"; {share:.0%} of values" if share >= 0.01 else "; under 1% of values"
    return f"leads by up to {number(lead)}{rare}"
