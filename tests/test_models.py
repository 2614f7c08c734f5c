"""Models: the contract's own examples, read literally, and what it promises about them."""

from __future__ import annotations

import importlib.util
import inspect
import math
import os
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import decide
import models_for_tests as ours
from decide import Chance, Decision, ExtensiveForm, Model, NormalForm, Outcome, Parameter, Value, errors, model
from decide.models import RESERVED
from models_for_tests import brake, chicken, hesitant, lumber, strike

# The contract's sections 1, 2 and 8, as a user types them into a file.
CONTRACT = '''
import numpy as np
import decide
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Value, model


@model(decider="Row", views={"optimist": {"crash": -2.0}, "pessimist": {"crash": -40.0}})
def chicken(
    *,
    crash: Value = Parameter(-10, low=-50, high=-1, unit="utility", kind="value", doc="payoff when nobody swerves", source="Rapoport & Guyer 1966"),
    pride: Value = Parameter(1, low=0, high=3, unit="utility", doc="gain from standing while the other swerves"),
) -> NormalForm:
    """Two drivers, one road: the docstring tells the story, the payoff table and the reference."""
    return NormalForm.from_table(
        {
            ("swerve", "swerve"): (0, 0),
            ("swerve", "stand"): (-pride, pride),
            ("stand", "swerve"): (pride, -pride),
            ("stand", "stand"): (crash, crash),
        },
        players=("Row", "Column"),
    )

game = chicken()
game = chicken(crash=-20)
games = chicken(crash=np.linspace(-50, -1, 1001))
game = chicken(**chicken.views["optimist"])

tree = ExtensiveForm(
    Chance({
        "ordered":     (0.4, Decision("US", {"strike": Outcome({"US": 1, "Iran": -2}, labels="punished"),
                                             "wait":   Outcome({"US": -1, "Iran": 1}, labels="unanswered")}, infoset="attacked")),
        "not ordered": (0.6, Decision("US", {"strike": Outcome({"US": -3, "Iran": -2}, labels=("punished", "wrong target")),
                                             "wait":   Outcome({"US": 0, "Iran": 0}, labels="calm")}, infoset="attacked")),
    })
)

answer = decide.solve(game)
answer = decide.solve(chicken)
for e in answer.equilibria:
    p: float = e.strategies["Row"]["swerve"]
    u: float = e.payoffs["Row"]
study = decide.sweep(chicken, 1_000, rng=0)
shares = study.shares()
switches = decide.switch_points(chicken, "crash")


@model(extends=chicken)
def brake(game: NormalForm, *, skid: Value = Parameter(-0.5, low=-2, high=0)) -> NormalForm:
    return game.with_action("Row", "brake", {"swerve": (0, 0), "stand": (skid, 0)})


@model
def bare(*, x: Value = Parameter(1, low=0, high=2), loud: bool = False) -> ExtensiveForm:
    return ExtensiveForm(Decision("one", {"go": Outcome({"one": np.sqrt(x) if loud else x}), "stay": Outcome({"one": 1})}))
'''  # noqa: E501


def make(source: str, name: str) -> Any:
    """Run a piece of a user's file and return one of its names."""
    scope: dict[str, Any] = {"__name__": "a_users_file"}
    exec(compile(source, "a_users_file.py", "exec"), scope)
    return scope[name]


def one_player(**parameters: Any) -> Any:
    """A decorator's worth of model: ``go`` is worth the sum of all parameters."""

    def go(**values: Any) -> NormalForm:
        return NormalForm.from_table({"go": sum(values.values()), "stay": 0.0}, players=("one",))

    def bare(*args: Any, **values: Any) -> NormalForm:
        return go(**values)

    keywords = [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=p) for n, p in parameters.items()]
    bare.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
    return bare


# ------------------------------------------------------------------ section 1


def test_the_contracts_file_runs_as_it_is_written() -> None:
    scope: dict[str, Any] = {"__name__": "a_users_file"}
    exec(compile(CONTRACT, "a_users_file.py", "exec"), scope)
    assert isinstance(scope["chicken"], Model)
    assert scope["games"].shape == (1001,)
    assert scope["answer"].count == 3
    assert scope["tree"].players == ("US", "Iran")
    assert scope["bare"](x=4.0, loud=True).payoffs.tolist() == [[2.0, 1.0]]


def test_at_base_the_table_is_the_one_written() -> None:
    game = chicken()
    assert game.shape == ()
    assert game.players == ("Row", "Column")
    assert game.actions == (("swerve", "stand"), ("swerve", "stand"))
    assert game.payoffs.tolist() == [[[0, -1], [1, -10]], [[0, 1], [-1, -10]]]


def test_one_other_world() -> None:
    assert chicken(crash=-20).payoffs[:, 1, 1].tolist() == [-20, -20]
    assert chicken(crash=-20, pride=2).payoffs[0].tolist() == [[0, -2], [2, -20]]


def test_a_thousand_worlds() -> None:
    crash = np.linspace(-50, -1, 1001)
    games = chicken(crash=crash)
    assert games.shape == (1001,)
    assert games.payoffs.shape == (1001, 2, 2, 2)
    assert np.array_equal(games.payoffs[:, 0, 1, 1], crash)
    assert (games.payoffs[:, 0, 1, 0] == 1).all()


def test_through_one_partys_eyes() -> None:
    assert chicken.views["optimist"] == {"crash": -2.0}
    assert chicken(**chicken.views["optimist"]) == chicken(crash=-2.0)
    assert list(chicken.views) == ["optimist", "pessimist"]
    assert decide.solve(chicken, base="pessimist").game == chicken(crash=-40.0)


def test_what_a_model_says_of_itself() -> None:
    assert chicken.name == "chicken"
    assert chicken.__doc__ == "Two drivers, one road."
    assert (chicken.decider, chicken.at, chicken.batched) == ("Row", None, True)
    assert list(chicken.parameters) == ["crash", "pride"]
    assert chicken.parameters["crash"].source == "Rapoport & Guyer 1966"
    assert dict(chicken.base) == {"crash": -10.0, "pride": 1.0}
    assert dict(chicken.settings) == {}
    assert dict(strike.settings) == {"guarded": True}
    assert dict(strike.base) == {
        "p_ordered": 0.4, "cost": 3.0, "gain": 2.0, "precision": 1.5, "base_rate": 1.0, "guarded": True,
    }  # fmt: skip
    shown = str(strike)
    for word in ("p_ordered", "0.4", "[0.05, 0.95]", "probability", "belief", "guarded", "setting", "constant"):
        assert word in shown
    assert "<td>crash" in chicken._repr_html_()
    assert "Rapoport &amp; Guyer 1966" in chicken._repr_html_()


def test_views_and_parameters_cannot_be_written_to() -> None:
    with pytest.raises(TypeError):
        chicken.views["optimist"]["crash"] = 0.0  # type: ignore[index]
    with pytest.raises(TypeError):
        chicken.parameters["crash"] = Parameter(1)  # type: ignore[index]
    with pytest.raises(TypeError):
        chicken.views["third"] = {}  # type: ignore[index]


# ------------------------------------------------------------------ scalars and arrays


def test_scalars_arrive_as_float_and_arrays_as_float64() -> None:
    seen: dict[str, Any] = {}

    @model
    def spy(*, x: Value = Parameter(1, low=0, high=9), y: Value = Parameter(2), flag: object = None) -> NormalForm:
        seen.update(x=x, y=y, flag=flag)
        return NormalForm.from_table({"go": x + y, "stay": 0})

    spy()
    assert type(seen["x"]) is float
    assert type(seen["y"]) is float
    assert seen["flag"] is None
    for given_value in (3, np.int64(3), np.float32(3), np.array(3), True):
        spy(x=given_value)
        assert type(seen["x"]) is float
    marker = object()
    spy(x=[1, 2, 3], flag=marker)
    assert seen["x"].dtype == np.float64
    assert seen["x"].tolist() == [1.0, 2.0, 3.0]
    assert seen["flag"] is marker
    spy(x=np.arange(3, dtype=np.int16))
    assert seen["x"].dtype == np.float64


def test_the_callers_array_is_not_changed_and_not_followed() -> None:
    crash = np.array([-3.0, -4.0])
    games = chicken(crash=crash)
    crash[0] = 99.0
    assert games.payoffs[0, 0, 1, 1] == -3.0


SHAPES = st.sampled_from([(), (1,), (3,), (4, 1), (1, 3), (4, 3), (2, 1, 1)])


@given(SHAPES, SHAPES, st.floats(-50, -1), st.floats(0, 3))
@settings(deadline=None, max_examples=60)
def test_the_batch_is_the_broadcast_shape_of_all_arguments(
    a: tuple[int, ...], b: tuple[int, ...], crash: float, pride: float
) -> None:
    crashes = crash + np.arange(float(np.prod(a, dtype=int))).reshape(a)
    prides = pride + np.arange(float(np.prod(b, dtype=int))).reshape(b)
    shape = np.broadcast_shapes(a, b)
    games = chicken(crash=crashes, pride=prides)
    assert games.shape == shape
    for index in np.ndindex(*shape):
        alone = chicken(crash=np.broadcast_to(crashes, shape)[index], pride=np.broadcast_to(prides, shape)[index])
        assert np.array_equal(games.payoffs[index], alone.payoffs)


def test_an_argument_that_is_not_used_counts_for_the_batch() -> None:
    @model
    def forgetful(*, x: Value = Parameter(1, low=0, high=2), unused: Value = Parameter(0, low=0, high=1)) -> NormalForm:
        return NormalForm.from_table({"go": x, "stay": 0})

    @model
    def forgetful_tree(*, x: Value = Parameter(1), unused: Value = Parameter(0, low=0, high=1)) -> ExtensiveForm:
        return ExtensiveForm(Decision("one", {"go": Outcome({"one": x}), "stay": Outcome({"one": 0})}))

    for m in (forgetful, forgetful_tree):
        games = m(unused=np.zeros((4, 2)))
        assert games.shape == (4, 2)
        assert games.payoffs.shape == (4, 2, 1, 2)
        assert (games.payoffs[..., 0, 0] == 1).all()
        assert decide.solve(games).count.tolist() == [[1, 1]] * 4


def test_arrays_that_do_not_broadcast() -> None:
    with pytest.raises(errors.ModelError, match=r"chicken.*\(2,\).*\(3,\).*broadcast"):
        chicken(crash=np.zeros(2) - 5, pride=np.ones(3))


def test_a_model_that_invents_a_batch_is_refused() -> None:
    @model
    def inventive(*, x: Value = Parameter(1, low=0, high=2)) -> NormalForm:
        return NormalForm.from_table({"go": x + np.arange(3), "stay": 0})

    with pytest.raises(errors.ModelError, match=r"inventive returned a batch \(3,\)"):
        inventive()


@pytest.mark.parametrize("value", [math.nan, np.array([1.0, math.nan]), "many", None, [1, "a"], [[1], [1, 2]]])
def test_a_value_that_is_no_number(value: object) -> None:
    with pytest.raises(errors.ModelError, match=r"pride is .*expected"):
        chicken(pride=value)


# ------------------------------------------------------------------ truth values and batched=False


def twice_if(body: str) -> Any:
    return make(
        "from decide import *\n\n@model\ndef choosy(*, x: Value = Parameter(1, low=-1, high=2)) -> NormalForm:\n"
        f"    y = {body}\n    return NormalForm.from_table({{'go': y, 'stay': 0}})\n",
        "choosy",
    )


@pytest.mark.parametrize("body", ["1 if x > 0 else 2", "x > 0 and x < 1", "min(x, 1)", "max(0, x)", "not x"])
def test_the_truth_value_error_says_what_to_do(body: str) -> None:
    choosy = twice_if(body)
    choosy(x=0.5)
    with pytest.raises(errors.ModelError) as caught:
        choosy(x=np.array([0.5, -0.5]))
    message = str(caught.value)
    for word in ("choosy", "truth", "numpy.where", "@model(batched=False)"):
        assert word in message


def test_other_errors_of_the_function_come_through() -> None:
    @model
    def broken(*, x: Value = Parameter(1)) -> NormalForm:
        raise ValueError("the user's own words")

    with pytest.raises(ValueError, match=r"^the user's own words$"):
        broken()


def test_a_function_with_if_may_be_called_once_a_draw() -> None:
    crash = np.array([[-30.0, -20.0], [-10.0, -25.0]])
    games = hesitant(crash=crash, pride=2.0)
    assert games.shape == (2, 2)
    for index in np.ndindex(2, 2):
        assert np.array_equal(games.payoffs[index], hesitant(crash=crash[index], pride=2.0).payoffs)
    assert games.payoffs[0, 0, 0, 1, 1] == -60.0
    assert games.payoffs[1, 0, 0, 1, 1] == -10.0
    assert hesitant().shape == ()


def test_a_tree_may_be_called_once_a_draw() -> None:
    @model(batched=False)
    def tree(*, p: Value = Parameter(0.5, low=0, high=1)) -> ExtensiveForm:
        odds = 0.9 if p > 0.5 else float(p)
        gamble = Chance({"win": (odds, Outcome({"one": 1}, labels="won")), "lose": (1 - odds, Outcome({"one": -1}))})
        return ExtensiveForm(Decision("one", {"bet": gamble, "pass": Outcome({"one": 0})}))

    p = np.array([[0.2, 0.5, 0.8]])
    games = tree(p=p)
    assert games.shape == (1, 3)
    for k in range(3):
        assert games[0, k] == tree(p=p[0, k])


def test_batched_false_is_inherited() -> None:
    @model(extends=hesitant)
    def more(game: NormalForm, *, skid: Value = Parameter(-0.5, low=-2, high=0)) -> NormalForm:
        worse = skid - 1 if skid < -1 else skid
        return game.with_action("Row", "brake", {"swerve": (0, 0), "stand": (worse, 0)})

    games = more(crash=np.array([-30.0, -5.0]), skid=np.array([-1.5, -0.5]))
    assert games.payoffs[:, 0, 2, 1].tolist() == [-2.5, -0.5]
    assert games.payoffs[:, 0, 1, 1].tolist() == [-60.0, -5.0]


# ------------------------------------------------------------------ names


def test_a_misspelt_parameter_fails_with_both_names() -> None:
    for call in (
        lambda: chicken(prid=3),
        lambda: chicken.values(prid=3),
        lambda: decide.solve(chicken, base={"prid": 3}),
        lambda: decide.sweep(chicken, 10, base={"prid": 3}),
        lambda: decide.sweep(chicken, {"prid": [3]}),
        lambda: decide.switch_points(chicken, "prid"),
    ):
        with pytest.raises(errors.UnknownNameError, match=r"'prid'.*did you mean 'pride'"):
            call()


def test_a_misspelt_view_fails_with_both_names() -> None:
    for call in (
        lambda: chicken.values("optimst"),
        lambda: decide.solve(chicken, base="optimst"),
        lambda: decide.sweep(chicken, 10, view="optimst"),
        lambda: decide.switch_points(chicken, "crash", base="optimst"),
    ):
        with pytest.raises(errors.UnknownNameError, match=r"'optimst'.*'optimist'"):
            call()


def test_an_unknown_name_is_a_key_error_too() -> None:
    with pytest.raises(KeyError):
        chicken(prid=3)
    with pytest.raises(ValueError, match="prid"):
        chicken(prid=3)


def test_a_view_naming_an_unknown_parameter() -> None:
    with pytest.raises(errors.UnknownNameError, match=r"view 'bold'.*'crush'.*'crash'"):
        model(decider="Row", views={"bold": {"crush": -3}})(chicken.function)


@pytest.mark.parametrize("value", ["high", math.nan, math.inf, None, [1, 2], np.array([1.0, 2.0])])
def test_a_view_sets_numbers(value: object) -> None:
    with pytest.raises(errors.ModelError, match=r"view 'bold' sets crash to .*expected a finite number"):
        model(views={"bold": {"crash": value}})(chicken.function)


def test_a_view_is_a_mapping() -> None:
    with pytest.raises(errors.ModelError, match="view 'bold' is 3; expected a mapping"):
        model(views={"bold": 3})(chicken.function)  # type: ignore[dict-item]


def test_no_view_is_called_base() -> None:
    """``base="base"`` already means something else."""
    with pytest.raises(errors.ModelError, match="'base'"):
        model(views={"base": {"crash": -3}})(chicken.function)


def test_a_view_may_say_a_setting() -> None:
    m = model(decider="US", at="attacked", views={"open": {"guarded": False}})(strike.function)
    assert m(**m.views["open"]) == strike(guarded=False)
    assert strike(guarded=False) != strike()


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_reserved_names_are_refused(name: str) -> None:
    with pytest.raises(errors.ModelError, match=f"'{name}' is a reserved name"):
        model(one_player(**{name: Parameter(1, low=0, high=2)}))
    with pytest.raises(errors.ModelError, match=f"'{name}' is a reserved name"):
        model(one_player(**{name: "a setting"}))


def test_every_name_in_a_study_is_reserved() -> None:
    data = decide.sweep(chicken, 3, rng=0).data
    for name in (*map(str, data.variables), *map(str, data.dims)):
        assert name in RESERVED or name in chicken.parameters, name


# Names that mean something in our own signatures or results: they must work as parameters, or be refused when declared.
AWKWARD = (
    "base", "self", "values", "method", "at", "view", "views", "model", "rng", "keep", "workers", "function", "name",
    "parameters", "settings", "status_message", "recommendation", "low", "high", "by", "resolution", "rationality",
    "selection", "decider", "error", "share", "criterion", "design", "options", "shape", "n", "x",
)  # fmt: skip


@pytest.mark.parametrize("name", AWKWARD)
def test_an_awkward_name_works_everywhere_or_is_refused_at_once(name: str) -> None:
    function = one_player(**{name: Parameter(1, low=-1, high=2)})
    if name in RESERVED:
        with pytest.raises(errors.ModelError, match=f"{name!r} is a reserved name"):
            model(function)
        return
    m = model(decider="one", views={"high": {name: 2.0}})(function)
    assert m(**{name: 1.5}).payoffs[0, 0] == 1.5
    assert m(**m.views["high"]).payoffs[0, 0] == 2.0
    assert m.values({name: 1.5})[name] == 1.5
    assert m.values(**{name: 1.5})[name] == 1.5
    assert decide.solve(m, base={name: -0.5}).equilibria[0].strategies["one"]["stay"] == 1.0
    study = decide.sweep(m, 20, rng=0)
    assert np.allclose(study.data[name], study.data["option_value"].sel(option="go"))
    assert decide.switch_points(m, name).switches == pytest.approx([0.0], abs=1e-9)
    assert len(study.to_dataframe()) == 20


def test_positional_arguments_are_refused() -> None:
    with pytest.raises(TypeError):
        chicken(-20)
    with pytest.raises(errors.ModelError, match=r"'x' is not keyword-only; write a bare \*"):

        @model
        def positional(x: Value = Parameter(1)) -> NormalForm:
            return NormalForm.from_table({"go": x})

    with pytest.raises(errors.ModelError, match=r"'more' is not keyword-only"):

        @model
        def open_ended(**more: Value) -> NormalForm:
            return NormalForm.from_table({"go": 1})


def test_an_argument_without_a_default() -> None:
    with pytest.raises(errors.ModelError, match="'x' has no default; expected a Parameter or a setting's value"):

        @model
        def bare(*, x: Value) -> NormalForm:
            return NormalForm.from_table({"go": x})


@pytest.mark.parametrize("returned", [None, 3, "game", np.zeros((2, 2)), {("a", "b"): (0, 0)}])
def test_a_function_that_returns_no_game(returned: object) -> None:
    @model
    def gameless(*, x: Value = Parameter(1)) -> Any:
        return returned

    with pytest.raises(errors.ModelError, match=f"gameless returned {type(returned).__name__}; expected a NormalForm"):
        gameless()


def test_what_can_be_made_a_model() -> None:
    with pytest.raises(errors.ModelError, match="expected a function"):
        model(3)  # type: ignore[call-overload]
    with pytest.raises(errors.ModelError, match="extends is 3; expected a Model"):
        model(extends=3)  # type: ignore[call-overload]


# ------------------------------------------------------------------ the bare function


def test_the_bare_function_works_with_parameters_as_floats() -> None:
    game = chicken.function()
    assert isinstance(game, NormalForm)
    assert game == chicken()
    assert chicken.function(crash=-20.0) == chicken(crash=-20)
    assert lumber.function() == lumber()
    assert strike.function() == strike()
    assert game.payoffs.dtype == np.float64


# ------------------------------------------------------------------ solve defaults


def test_a_string_among_the_solve_defaults_names_a_parameter() -> None:
    assert strike.solve_options == {"rationality": {"Iran": "precision"}}
    for precision in (0.3, 1.5, 4.0):
        found = decide.solve(strike, base={"precision": precision}).equilibria[0]
        by_hand = decide.solve(strike(), rationality={"Iran": precision}).equilibria[0]
        assert found.strategies == by_hand.strategies
        odds = 1 / (1 + math.exp(-precision * 2.0))
        paths = strike().infosets["Iran"]
        assert found.strategies["Iran"][paths[0]]["answer"] == pytest.approx(odds, abs=1e-12)
    exact = decide.solve(strike, rationality=None).equilibria[0]
    assert exact.strategies["Iran"][paths[0]]["answer"] == 1.0


def test_so_that_a_methods_option_can_be_swept() -> None:
    study = decide.sweep(strike, {"precision": [0.3, 1.0, 4.0]})
    for k, precision in enumerate((0.3, 1.0, 4.0)):
        odds = 1 / (1 + math.exp(-precision * 2.0))
        answered = study.data["outcome_probability"][k].sel(option="strike / depot", outcome="answered")
        assert float(answered) == pytest.approx(odds, abs=1e-12)


def test_a_string_may_be_the_option_itself() -> None:
    m = model(decider="one", solve={"rationality": "sharpness"})(strike_like())
    assert decide.solve(m).equilibria[0].strategies["one"]["start"]["go"] == pytest.approx(1 / (1 + math.exp(-3)))
    assert decide.solve(m, base={"sharpness": 0}).equilibria[0].strategies["one"]["start"]["go"] == 0.5


def strike_like() -> Any:
    def tree(
        *, x: Value = Parameter(1, low=0, high=2), sharpness: Value = Parameter(3, low=0, high=5)
    ) -> ExtensiveForm:
        return ExtensiveForm(Decision("one", {"go": Outcome({"one": x}), "stay": Outcome({"one": 0})}))

    return tree


def test_solve_defaults_name_existing_parameters() -> None:
    with pytest.raises(errors.UnknownNameError, match=r"'rationality'.*'precison'.*'precision'"):
        model(solve={"rationality": {"Iran": "precison"}})(strike.function)
    with pytest.raises(errors.UnknownNameError, match=r"'rationality'.*'sharp'"):
        model(solve={"rationality": "sharp"})(strike.function)


def test_the_method_and_selection_among_the_defaults_are_words() -> None:
    m = model(decider="Row", solve={"method": "pure", "selection": "best"})(chicken.function)
    answer = decide.solve(m)
    assert (answer.method, answer.count) == ("pure", 2)
    assert decide.solve(m, method="nash").count == 3
    study = decide.sweep(m, 10, rng=0)
    assert study.data.attrs["method"] == "pure"
    assert study.data.attrs["selection"] == "best"
    assert decide.sweep(m, 10, rng=0, selection="worst").data.attrs["selection"] == "worst"


# ------------------------------------------------------------------ extending


def test_section_8_literally() -> None:
    assert list(brake.parameters) == ["crash", "pride", "skid"]
    assert brake.views == chicken.views
    assert brake.decider == "Row"
    game = brake(skid=-1.0, crash=-20)
    assert game.actions[0] == ("swerve", "stand", "brake")
    assert game.payoffs[0].tolist() == [[0, -1], [1, -20], [0, -1]]
    assert game.payoffs[1].tolist() == [[0, 1], [-1, -20], [0, 0]]
    assert brake(**brake.views["optimist"]).payoffs[0, 1, 1] == -2.0
    games = brake(skid=np.array([-2.0, -1.0, 0.0]), crash=np.array([[-5.0], [-6.0]]))
    assert games.shape == (2, 3)
    assert games.payoffs[1, 0, 0].tolist() == [[0, -1], [1, -6], [0, -2]]


def test_the_parent_is_left_as_it_was() -> None:
    assert list(chicken.parameters) == ["crash", "pride"]
    assert chicken().actions[0] == ("swerve", "stand")


def test_a_parameter_declared_again_is_given_to_both() -> None:
    seen: list[float] = []

    @model(extends=chicken, views={"optimist": {"pride": 0.5}, "newcomer": {"crash": -7}}, decider="Column")
    def proud(game: NormalForm, *, pride: Value = Parameter(2.5, low=1, high=4), loud: bool = False) -> NormalForm:
        seen.append(float(np.mean(pride)))
        return game

    assert float(proud.parameters["pride"]) == 2.5
    assert proud.parameters["pride"].high == 4.0
    assert list(proud.parameters) == ["crash", "pride"]
    assert proud().payoffs[0].tolist() == [[0, -2.5], [2.5, -10]]
    assert seen == [2.5]
    assert proud.views["optimist"] == {"crash": -2.0, "pride": 0.5}
    assert proud.views["newcomer"] == {"crash": -7}
    assert chicken.views["optimist"] == {"crash": -2.0}
    assert proud.decider == "Column"
    assert dict(proud.settings) == {"loud": False}


def test_grandchildren_and_inherited_defaults() -> None:
    @model(extends=strike)
    def same(game: ExtensiveForm) -> ExtensiveForm:
        return game

    @model(extends=same, solve={})
    def exact(game: ExtensiveForm, *, extra: Value = Parameter(0.5, low=0, high=1)) -> ExtensiveForm:
        return game

    assert (same.decider, same.at, same.solve_options) == ("US", "attacked", strike.solve_options)
    assert same() == strike()
    assert decide.solve(same).equilibria[0].strategies == decide.solve(strike).equilibria[0].strategies
    assert exact.solve_options == {}
    assert list(exact.parameters)[-1] == "extra"
    assert (
        decide.solve(exact).equilibria[0].strategies == decide.solve(strike, rationality=None).equilibria[0].strategies
    )
    assert exact(guarded=False) == strike(guarded=False)


def test_extending_wants_a_place_for_the_parents_game() -> None:
    with pytest.raises(errors.ModelError, match="expected a first argument for the parent's game"):

        @model(extends=chicken)
        def gameless(*, skid: Value = Parameter(-0.5, low=-2, high=0)) -> NormalForm:
            return NormalForm.from_table({"go": skid})


def test_a_name_is_a_parameter_or_a_setting() -> None:
    with pytest.raises(errors.ModelError, match="'crash' is a parameter here and a setting there"):

        @model(extends=chicken)
        def settled(game: NormalForm, *, crash: float = -3.0) -> NormalForm:
            return game


# ------------------------------------------------------------------ pickling


@pytest.mark.parametrize("name", ["chicken", "brake", "strike", "hesitant", "marginals"])
def test_a_model_pickles_by_its_qualified_name(name: str) -> None:
    found = getattr(ours, name)
    again = pickle.loads(pickle.dumps(found))
    assert again is found
    assert name.encode() in pickle.dumps(found)
    assert len(pickle.dumps(found)) < 200  # a name, not the model


def _solve_elsewhere(found: Model[Any]) -> tuple[int, str, list[float]]:
    return os.getpid(), found.name, decide.solve(found).points.payoffs[:, 0].tolist()


def test_a_model_reaches_a_freshly_started_process() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pid, name, payoffs = pool.submit(_solve_elsewhere, brake).result(timeout=120)
    assert pid != os.getpid()
    assert name == "brake"
    assert payoffs == decide.solve(brake).points.payoffs[:, 0].tolist()


def test_a_model_that_cannot_be_found_says_so() -> None:
    hidden = make(CONTRACT, "chicken")
    with pytest.raises((errors.ModelError, ModuleNotFoundError)):
        pickle.loads(pickle.dumps(hidden))

    @model(decider="one")
    def local(*, x: Value = Parameter(1, low=0, high=2)) -> NormalForm:
        return NormalForm.from_table({"go": x, "stay": 0}, players=("one",))

    with pytest.raises(errors.ModelError, match="top level of an importable module"):
        pickle.loads(pickle.dumps(local))
    with pytest.raises(errors.StudyError, match="workers=2"):
        decide.sweep(local, 1000, rng=0, workers=2)


# ------------------------------------------------------------------ types


@pytest.fixture(scope="module")
def mypy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Check a user's file as the contract writes it, and one with mistakes; return what mypy says of both."""
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    folder = tmp_path_factory.mktemp("user")
    seen = "\nreveal_type(chicken)\nreveal_type(chicken())\nreveal_type(bare(x=2))\nreveal_type(brake)\n"
    (folder / "right.py").write_text(CONTRACT + seen)
    (folder / "wrong.py").write_text("from right import chicken\nnumber: int = chicken()\nchicken(-20)\n")
    (folder / "empty.ini").write_text("[mypy]\n")
    command = ["mypy", "--strict", "--config-file", "empty.ini", "--cache-dir", ".cache", "right.py", "wrong.py"]
    run = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )
    assert run.returncode == 1, run.stdout + run.stderr  # because of wrong.py
    return run.stdout


def test_a_users_model_passes_mypy_strict(mypy: str) -> None:
    said = [line for line in mypy.splitlines() if line.startswith("right.py")]
    assert [line for line in said if "error" in line] == []
    notes = [line.split("Revealed type is ")[1].strip('"') for line in said if "Revealed type" in line]
    assert notes == [
        "decide.models.Model[decide.games.normal.NormalForm]",
        "decide.games.normal.NormalForm",
        "decide.games.extensive.ExtensiveForm",
        "decide.models.Model[decide.games.normal.NormalForm]",
    ]


def test_mypy_sees_a_users_mistakes(mypy: str) -> None:
    said = [line for line in mypy.splitlines() if line.startswith("wrong.py")]
    assert len(said) == 2
    assert said[0].startswith("wrong.py:2: error: Incompatible types in assignment")
    assert said[1].startswith("wrong.py:3: error: Too many")
