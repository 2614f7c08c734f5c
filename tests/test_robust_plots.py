"""Pictures of robust choice say what their tables say."""

from __future__ import annotations

import matplotlib as mpl
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt

import decide
from decide.errors import StudyError
from models_for_tests import lumber, strike


def words(ax: plt.Axes) -> str:
    return "\n".join(t.get_text() for t in ax.texts)


def test_info_gap_curves() -> None:
    found = decide.info_gap(strike, horizons=3)
    fig, own = plt.subplots()
    ax = decide.plots.info_gap(found, ax=own)
    assert ax is own
    lines = {line.get_label(): line for line in ax.lines}
    for option in found["option"].values:
        assert list(lines[option].get_ydata()) == found["least"].sel(option=option).values.tolist()
    assert "required: " in words(ax)
    plt.close(fig)


def test_scenarios_bars() -> None:
    study = decide.sweep(lumber, 1_000, rng=0)
    found = study.scenarios("small")
    ax = decide.plots.scenarios(found)
    low, high = found.boxes[0].limits["p_good"]
    bar = ax.patches[1]
    start, end = found.boxes[0].ranges["p_good"]
    assert bar.get_x() == pytest.approx((low - start) / (end - start))
    assert bar.get_x() + bar.get_width() == pytest.approx((high - start) / (end - start))
    assert f"{low:.4g}" in words(ax)
    assert f"small is recommended in {found.boxes[0].density:.0%} of the worlds here" in words(ax)
    plt.close(ax.figure)
    with pytest.raises(StudyError, match="no corner was found"):
        decide.plots.scenarios(decide.sweep(lumber, 50, rng=0, base={"p_good": 0.5}).scenarios("small"))
