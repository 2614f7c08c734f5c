"""What every picture must pass: nothing written outside it, and nothing written over anything else."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np


def written(ax: Any) -> list[Any]:
    """All texts of the figure that are seen: in the axes, at their ticks, in titles, labels and legends."""
    found = []
    for one in ax.figure.axes:
        found += [*one.texts, one.title, one.xaxis.label, one.yaxis.label]
        for axis, (low, high) in ((one.xaxis, sorted(one.get_xlim())), (one.yaxis, sorted(one.get_ylim()))):
            ends = (low - 1e-9 * (high - low), high + 1e-9 * (high - low))
            for tick in axis.get_major_ticks():
                if ends[0] <= tick.get_loc() <= ends[1]:
                    found += [label for label in (tick.label1, tick.label2) if label.get_visible()]
        if one.get_legend() is not None:
            found += one.get_legend().get_texts()
    for legend in ax.figure.legends:
        found += legend.get_texts()
    return [t for t in found if t.get_visible() and t.get_text().strip()]


def check_writing(ax: Any) -> None:
    """Fail if a text leaves the figure or covers another by more than two pixels."""
    figure = ax.figure
    figure.canvas.draw()
    boxes = [(t, t.get_window_extent()) for t in written(ax)]
    assert boxes
    for t, box in boxes:
        inside = (box.x0 >= -1, box.y0 >= -1, box.x1 <= figure.bbox.width + 1, box.y1 <= figure.bbox.height + 1)
        assert all(inside), f"{t.get_text()!r} leaves the picture: {np.round(box.extents)} of {figure.bbox.bounds[2:]}"
    for (t, a), (other, b) in itertools.combinations(boxes, 2):
        wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert not (wide > 2 and high > 2), f"{t.get_text()!r} and {other.get_text()!r} overlap"
