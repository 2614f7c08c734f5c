"""Assumptions of the model itself: each made otherwise, matched by name, counted, and drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import decide
from decide import NormalForm, Parameter, Value, model, structures, sweep
from decide.errors import StudyError, UnknownNameError
from models_for_tests import brake, chicken, fragile, stag_hunt, strike


def answers(table: Any, structure: str) -> list[str]:
    codes = table["recommended"].sel(structure=structure).values
    return [str(table["recommendation"].values[k]) for k in codes]


def test_the_founding_case() -> None:
    """Examples/01: exact play makes the doves recommend nothing; seen or unseen matters for them alone."""
    crisis, at_once = decide.load("rocket_attack"), decide.load("rocket_attack_simultaneous")
    table = structures(
        crisis,
        settings={"exact": [False, True], "patriots": [True, False]},
        others={"at once": at_once},
        combined=True,
    )
    assert list(map(str, table["structure"].values)) == [
        "as it is", "exact = True", "patriots = False", "at once", "exact = True + patriots = False",
        "exact = True + at once", "patriots = False + at once", "exact = True + patriots = False + at once",
    ]  # fmt: skip
    assert list(map(str, table["view"].values)) == ["base", "hawks", "doves", "analysts"]
    assert answers(table, "as it is") == ["moderate", "aggressive / on Iran", "moderate", "moderate"]
    assert answers(table, "exact = True") == ["moderate", "aggressive / on Iran", "none", "moderate"]
    assert answers(table, "at once") == ["moderate", "aggressive / on Iran", "moderate", "moderate"]
    assert np.argwhere(table["flips"].values).tolist() == [[1, 2]]
    assert table["margin"].sel(structure="as it is").values.round(2).tolist() == [2.52, 16.0, 1.62, 2.56]
    assert table["changed"].values.tolist()[:4] == ["nothing", "setting", "setting", "model"]


def test_every_cell_is_what_a_sweep_of_it_says() -> None:
    exact = {"method": "backward_induction", "rationality": None}
    table = structures(strike, settings={"guarded": [True, False]}, selections=["best"], methods={"exact": exact})
    assert [str(s) for s in table["structure"].values] == ["as it is", "guarded = False", "exact", "selection best"]
    asked: list[dict[str, Any]] = [{}, {"base": {"guarded": False}}, {"rationality": None}, {"selection": "best"}]
    for row, keywords in enumerate(asked):
        for column, view in enumerate(map(str, table["view"].values)):
            said = {} if view == "base" else dict(strike.views[view])
            design = {"cost": [said.pop("cost", 3.0)]}
            one = sweep(strike, design, **{**keywords, "base": {**said, **keywords.get("base", {})}}).data
            assert table["option_value"].values[row, column] == pytest.approx(one["option_value"].values[0])
            assert int(table["recommended"].values[row, column]) == int(one["recommended"].values[0])
            assert float(table["margin"].values[row, column]) == pytest.approx(float(one["margin"].values[0]))


def test_options_are_matched_by_name_and_missing_ones_are_told() -> None:
    table = structures(chicken, others={"with a brake": brake}, views=["base"])
    assert [str(o) for o in table["option"].values] == ["swerve", "stand", "brake"]
    assert table["offered"].values.tolist() == [[True, True, False], [True, True, True]]
    assert not np.isnan(table["option_value"].values).any()

    @model(decider="Row")
    def reordered(*, crash: Value = Parameter(-10, low=-50, high=-1), pride: Value = Parameter(1)) -> NormalForm:
        table = {
            ("stand", "swerve"): (pride, -pride), ("stand", "stand"): (crash, crash),
            ("swerve", "swerve"): (0, 0), ("swerve", "stand"): (-pride, pride),
        }  # fmt: skip
        return NormalForm.from_table(table, players=("Row", "Column"))

    same = structures(chicken, others={"reordered": reordered}, views=["base"])
    assert same["option_value"].values[0] == pytest.approx(same["option_value"].values[1])
    assert not same["flips"].values.any()


def test_a_selection_flips_what_is_selected_not_what_is_recommended() -> None:
    table = structures(stag_hunt, selections=["best"], methods=["pure"])
    assert answers(table, "as it is") == ["depends on equilibrium"]
    assert not table["flips"].values.any()
    labels = [str(x) for x in table["recommendation"].values]
    assert labels[int(table["selected"].sel(structure="selection best", view="base"))] == "stag"
    assert labels[int(table["selected"].sel(structure="method pure", view="base"))] == "hare"
    assert table["n_equilibria"].values.ravel().tolist() == [3, 2, 3]


def test_what_cannot_be_solved_is_counted_and_told() -> None:
    table = structures(chicken, others={"wrong game": stag_hunt})
    assert answers(table, "wrong game")[1:] == ["failed"] * 2  # it knows no such views
    assert "optimist" in str(table["reason"].values[1, 1])
    refused = structures(decide.load("rocket_attack"), methods=["pure"], views=["base"])
    assert answers(refused, "method pure") == ["failed"]
    assert "exact play only" in str(refused["reason"].values[1, 0])
    assert bool(refused["flips"].values[1, 0])
    with pytest.raises(StudyError, match="as it is cannot be solved for base"):
        structures(fragile, base={"x": 0.9}, selections=["best"])


def test_what_changes_nothing_is_left_out_unless_a_view_says_otherwise() -> None:
    with pytest.raises(StudyError, match="nothing is made otherwise"):
        structures(strike, settings={"guarded": [True]})

    @model(decider="Row", views={"other": {"soft": True}})
    def hard(*, x: Value = Parameter(1, low=0, high=2), soft: bool = False) -> NormalForm:
        return NormalForm.from_table({"a": x if soft else -x, "b": 0 * x}, players=("Row",))

    table = structures(hard, settings={"soft": [False, True]})
    assert [str(s) for s in table["structure"].values] == ["as it is", "soft = False", "soft = True"]
    assert table["flips"].values.tolist() == [[False, False], [False, True], [True, False]]


@pytest.mark.parametrize(
    ("keywords", "error", "words"),
    [
        ({}, StudyError, "nothing is made otherwise"),
        ({"settings": {"gaurded": [True]}}, UnknownNameError, "'gaurded'"),
        ({"settings": {"guarded": True}}, StudyError, "in a list"),
        ({"settings": {"guarded": "no"}}, StudyError, "in a list"),
        ({"settings": {"guarded": []}}, StudyError, "nothing is made otherwise"),
        ({"others": {"tree": strike()}}, StudyError, "expected a model"),
        ({"methods": ["pur"]}, UnknownNameError, "'pur'"),
        ({"methods": "pure"}, StudyError, "sequence of names"),
        ({"selections": ["wrost"]}, UnknownNameError, "'wrost'"),
        ({"selections": "worst"}, StudyError, "sequence"),
        ({"settings": {"guarded": [False]}, "views": ["sre"]}, UnknownNameError, "'sre'"),
        ({"settings": {"guarded": [False]}, "views": "sure"}, StudyError, "sequence of names"),
        ({"settings": {"guarded": [False]}, "views": []}, StudyError, "at least one"),
        ({"settings": {"guarded": [False]}, "base": "sure"}, StudyError, "values by name"),
    ],
)
def test_bad_questions(keywords: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        structures(strike, **keywords)
    with pytest.raises(StudyError, match="expected a model"):
        structures(strike(), **keywords)  # type: ignore[arg-type]


def test_the_picture_marks_what_flips() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    crisis = decide.load("rocket_attack")
    ax = decide.plots.structures(structures(crisis, settings={"exact": [True]}))
    texts = [t.get_text() for t in ax.texts]
    assert "moderate\nby 2.52" in texts
    assert "\N{BLACK UP-POINTING TRIANGLE} none\nby 1.78" in texts
    assert sum("\N{BLACK UP-POINTING TRIANGLE}" in t for t in texts) == 1
    plt.close("all")
