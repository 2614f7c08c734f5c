"""The pictures of a brief: drawn by `decide.plots`, embedded as SVG, the same bytes every time."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from decide import plots
from decide.errors import MissingExtraError
from decide.reports.markup import Markup, tag

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["figure", "require_matplotlib"]

#: Text is drawn as outlines, so that a picture looks the same everywhere; names are names, never formulas.
LOOKS: dict[Any, Any] = {
    "svg.fonttype": "path", "svg.hashsalt": "decide", "text.parse_math": False, "axes.unicode_minus": True,
    "font.size": 9.0, "axes.labelsize": 8.5, "xtick.labelsize": 8.5, "ytick.labelsize": 8.5, "legend.fontsize": 8.5,
    "hatch.linewidth": 0.5,
}  # fmt: skip
WIDTH = 7.2


def require_matplotlib() -> None:
    """Say at once that pictures need an extra.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise MissingExtraError(
            "the pictures of a report need matplotlib: pip install 'decide[plot]', or pictures=False"
        ) from None


def figure(
    draw: Callable[[Axes], object], alt: str, caption: object, *, height: float, options: Sequence[str] = ()
) -> Markup:
    """Draw a picture and return it as a figure with its alternative text and its caption."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(), warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        mpl.rcdefaults()  # the reader's settings are not the brief's
        mpl.rcParams.update(LOOKS)
        picture = Figure(figsize=(WIDTH, height), layout="constrained")
        draw(picture.add_subplot())
        if options:
            columns = min(len(options), 4 if sum(map(len, options)) <= 60 else 2)
            picture.legend(**plots.legend_of(options), loc="outside lower center", ncols=columns, frameon=False)
        data = _svg(picture)
        if any("missing from" in str(w.message) for w in seen):  # letters the font lacks are left to the reader's own
            mpl.rcParams["svg.fonttype"] = "none"
            data = _svg(picture)
    source = "data:image/svg+xml;base64," + base64.b64encode(data).decode("ascii")
    return tag("figure", tag("img", src=source, alt=alt), tag("figcaption", caption))


def _svg(picture: Figure) -> bytes:
    held = io.BytesIO()
    picture.savefig(held, format="svg", metadata={"Date": None, "Creator": None})
    return held.getvalue()
