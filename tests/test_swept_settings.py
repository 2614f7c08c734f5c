"""Settings swept as categories: the same draws under each, counted, saved, resumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import decide
from decide import NormalForm, Parameter, Study, Value, model, sweep
from decide.errors import Interrupted, StudyError, UnknownNameError
from models_for_tests import strike


def test_each_setting_is_solved_at_the_same_draws() -> None:
    study = sweep(strike, 300, rng=1, settings={"guarded": [True, False]})
    data = study.data
    assert data.sizes["draw"] == 600
    assert data["guarded_setting"].values.tolist() == ["True", "False"]
    assert data["guarded"].values.tolist() == [0] * 300 + [1] * 300
    for code, guarded in enumerate((True, False)):
        alone = sweep(strike, 300, rng=1, base={"guarded": guarded}).data
        own = data.isel(draw=data["guarded"].values == code)
        for name in ("p_ordered", "cost", "option_value", "recommended", "margin", "replicate", "status"):
            assert np.array_equal(own[name].values, alone[name].values), name
    frame = study.to_dataframe()
    assert frame["guarded"].tolist() == ["True"] * 300 + ["False"] * 300
    by_setting = frame.groupby("guarded")["recommended"].value_counts(normalize=True)
    assert by_setting.groupby("guarded").sum().tolist() == pytest.approx([1, 1])
    assert json.loads(data.attrs["design"])["settings"] == {"guarded": [True, False]}
    assert json.loads(data.attrs["settings"])["guarded"] == [True, False]


def test_the_shares_are_the_mean_over_settings_and_their_error_is_that_of_the_draws() -> None:
    both = sweep(strike, 2_000, rng=3, settings={"guarded": [True, False]}).shares()
    each = [sweep(strike, 2_000, rng=3, base={"guarded": g}).shares() for g in (True, False)]
    mean = (each[0]["share"].values + each[1]["share"].values) / 2
    assert both["share"].values == pytest.approx(mean, abs=1e-12)
    largest = max(float(e["error"].max()) for e in each)
    assert float(both["error"].max()) <= largest * 1.001  # the same draws twice are no more draws


def test_all_combinations_in_order() -> None:
    @model(decider="one")
    def switches(*, x: Value = Parameter(0.5, low=0, high=1), a: int = 0, b: str = "up") -> NormalForm:
        sign = 1 if b == "up" else -1
        return NormalForm.from_table({"go": sign * (x + a), "stay": 0.25 + 0 * x}, players=("one",))

    study = sweep(switches, {"x": [0.1, 0.9]}, settings={"a": [0, 1, 2], "b": ["up", "down"]})
    data = study.data
    assert data["a"].values.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert data["b"].values.tolist() == [0, 0, 1, 1] * 3
    labels = data["recommendation"].values[data["recommended"].values].tolist()
    assert labels == ["stay", "go", "stay", "stay", "go", "go", "stay", "stay", "go", "go", "stay", "stay"]


def test_saved_loaded_and_resumed(tmp_path: Path) -> None:
    study = sweep(strike, 200, rng=5, settings={"guarded": [True, False]})
    study.save(tmp_path / "run.nc")
    again = Study.load(tmp_path / "run.nc")
    assert again == study

    def stop(done: int, total: int) -> None:
        if done > total * 0.6:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        sweep(strike, 200, rng=5, settings={"guarded": [True, False]}, progress=stop)
    part = caught.value.study
    resumed = sweep(strike, 200, rng=5, settings={"guarded": [True, False]}, resume=part)
    assert resumed.data.drop_attrs().identical(study.data.drop_attrs())
    with pytest.raises(StudyError, match="expected"):
        sweep(strike, 200, rng=5, settings={"guarded": [False, True]}, resume=part)


def test_two_workers_give_the_same() -> None:
    one = sweep(strike, 120, rng=2, settings={"guarded": [True, False]})
    two = sweep(strike, 120, rng=2, settings={"guarded": [True, False]}, workers=2)
    assert one == two


@pytest.mark.parametrize(
    ("keywords", "error", "words"),
    [
        ({"settings": {"gaurded": [True]}}, UnknownNameError, "'gaurded'"),
        ({"settings": {"cost": [1.0]}}, UnknownNameError, "'cost'"),
        ({"settings": {"guarded": True}}, StudyError, "in a list"),
        ({"settings": {"guarded": []}}, StudyError, "at least one"),
        ({"settings": {"guarded": [True, True]}}, StudyError, "different"),
        ({"settings": {"guarded": [True]}, "base": {"guarded": False}}, StudyError, "one of the two"),
    ],
)
def test_bad_settings(keywords: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        sweep(strike, 10, **keywords)
    with pytest.raises(StudyError, match="structures"):
        decide.compare_views(strike, settings={"guarded": [True, False]})
