"""Errors: the tree is as drawn, and bad input gets one that names the thing, the value and what was expected."""

from __future__ import annotations

import ast
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import decide
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Space, Study, Value, errors, model
from decide.games.formats import parse
from models_for_tests import chicken, lumber, strike

ERRORS = {name: getattr(errors, name) for name in errors.__all__ if not issubclass(getattr(errors, name), Warning)}
BUILT_IN = {e.__name__: e for e in (ValueError, KeyError, ImportError, KeyboardInterrupt)}


def drawn() -> list[tuple[str, str, tuple[str, ...]]]:
    """Read the tree in the docstring: each error's name, the error above it, and the built-in ones it also is."""
    found: list[tuple[str, str, tuple[str, ...]]] = []
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        words = line.replace("│", " ").replace("├──", "   ").replace("└──", "   ")
        depth = len(words) - len(words.lstrip())
        name = words.strip().split(" ")[0]
        if not (name.endswith("Error") or name == "Interrupted") or name not in ERRORS:
            continue
        rest = words.strip()[len(name) :].strip()
        also = tuple(rest[1 : rest.index(")")].split(", ")) if rest.startswith("(") else ()
        while above and above[-1][0] >= depth:
            above.pop()
        found.append((name, above[-1][1] if above else "", also))
        above.append((depth, name))
    return found


# ------------------------------------------------------------------ the tree


def test_the_docstring_draws_every_error() -> None:
    assert sorted(name for name, _, _ in drawn()) == sorted(ERRORS)
    assert list(errors.__all__) == sorted(errors.__all__)
    assert drawn()[0] == ("DecideError", "", ())


def test_the_one_warning_is_named() -> None:
    assert set(errors.__all__) - set(ERRORS) == {"DesignWarning"}
    assert issubclass(errors.DesignWarning, UserWarning)
    assert "`DesignWarning`" in (errors.__doc__ or "")


@pytest.mark.parametrize(("name", "above", "also"), drawn(), ids=lambda x: x if isinstance(x, str) else "")
def test_an_error_stands_where_it_is_drawn(name: str, above: str, also: tuple[str, ...]) -> None:
    error = ERRORS[name]
    if above:
        assert error.__bases__[0] is ERRORS[above]
    assert tuple(b.__name__ for b in error.__bases__[1:]) == also
    for built_in in also:
        assert issubclass(error, BUILT_IN[built_in])
    assert issubclass(error, decide.errors.DecideError)
    assert (error.__doc__ or "").strip().endswith(".") or "Parameters" in (error.__doc__ or "")


def test_no_other_error_of_ours_is_raised() -> None:
    """Whatever the library raises by name is one of the tree, or one of the few built-in ones that Python expects."""
    protocol = {"AttributeError", "TypeError", "NotImplementedError", "StopIteration", "KeyboardInterrupt"}
    for path in Path(decide.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                name = ast.unparse(node.exc.func)
                again = name in ("unknown", "error") or name.startswith("type(")  # one made or caught elsewhere
                assert name in ERRORS or name in protocol or again, f"{path.name}: {name}"


# ------------------------------------------------------------------ bad input


def outcome(**payoffs: float) -> Outcome:
    return Outcome(payoffs)


def two_moves(infoset: str | None = None, moves: tuple[str, str] = ("l", "r"), player: str = "B") -> Decision:
    return Decision(player, {m: outcome(A=1, B=0) for m in moves}, infoset=infoset)


def forgetful() -> ExtensiveForm:
    """A moves, then cannot tell which of its own moves it made."""
    later = {m: two_moves("later", player="A") for m in ("in", "out")}
    return ExtensiveForm(Decision("A", later, infoset="first"))


def deep_tree() -> ExtensiveForm:
    """A tree whose plans are too many to list: twenty-five sets of two moves behind one chance move."""
    moves = {str(k): (0.04, two_moves(f"set {k}")) for k in range(25)}
    return ExtensiveForm(Chance(moves))


def table(**keywords: Any) -> NormalForm:
    rows = {("a", "l"): (1, 2), ("a", "r"): (3, 4), ("b", "l"): (5, 6), ("b", "r"): (7, 8)}
    return NormalForm.from_table(rows | keywords.pop("rows", {}), **keywords)


def declared(**keywords: Any) -> Any:
    @model(**keywords)
    def one(*, x: Value = Parameter(1, low=0, high=2)) -> NormalForm:
        return NormalForm.from_table({"go": x, "stay": 0}, players=("one",))

    return one


def reserved() -> Any:
    @model
    def one(*, margin: Value = Parameter(1)) -> NormalForm:
        return NormalForm.from_table({"go": margin})

    return one


def unhandled() -> Any:
    @model
    def one(*, x: Value = Parameter(1)) -> Any:
        return "no game"

    return one()


def interrupt() -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    decide.sweep(chicken, 200, rng=0, progress=stop)


def two_first() -> None:
    @model(decider="A")
    def one(*, p: Value = Parameter(0.5, low=0, high=1)) -> ExtensiveForm:
        east, west = two_moves("east", player="A"), two_moves("west", player="A")
        return ExtensiveForm(Chance({"e": (p, east), "w": (1 - p, west)}))

    decide.sweep(one, 10, rng=0)


# what it is, how to make it, the error, and what its message must name: the thing, the value, what was expected
BAD: list[tuple[str, Callable[[], Any], type[Exception], list[str]]] = [
    # the issue's own list
    ("NaN payoff in a table", lambda: table(rows={("a", "l"): (math.nan, 2)}), errors.PayoffError,
     ["payoff of Row", "(a, l)", "nan", "expected a finite number"]),
    ("NaN payoff in an array", lambda: NormalForm([[[1, math.nan], [0, 0]], [[0, 0], [0, 0]]]), errors.PayoffError,
     ["payoff", "nan", "expected"]),
    ("NaN payoff in a tree", lambda: ExtensiveForm(Decision("A", {"go": outcome(A=math.nan)})), errors.PayoffError,
     ["payoff of A", "'go'", "nan", "expected a finite number"]),
    ("infinite payoff", lambda: table(rows={("b", "r"): (7, math.inf)}), errors.PayoffError,
     ["payoff of Column", "(b, r)", "inf", "expected a finite number"]),
    ("NaN payoff from a model", lambda: chicken(crash=-math.inf), errors.PayoffError, ["payoff of Row", "-inf"]),
    ("chances that do not sum to 1",
     lambda: ExtensiveForm(Chance({"x": (0.4, outcome(A=1)), "y": (0.5, outcome(A=0))})), errors.ProbabilityError,
     ["chances at 'start'", "0.4, 0.5", "0.9", "expected", "sum 1"]),
    ("a negative chance", lambda: ExtensiveForm(Chance({"x": (-0.1, outcome(A=1)), "y": (1.1, outcome(A=0))})),
     errors.ProbabilityError, ["chances at 'start'", "-0.1", "expected numbers from 0"]),
    ("a NaN chance", lambda: ExtensiveForm(Chance({"x": (math.nan, outcome(A=1)), "y": (1, outcome(A=0))})),
     errors.ProbabilityError, ["chances at 'start'", "nan", "expected"]),
    ("an information set with different moves",
     lambda: ExtensiveForm(Decision("A", {"u": two_moves("h"), "d": two_moves("h", ("l", "m"))})),
     errors.InformationSetError, ["information set 'h' of B", "l, m", "'d'", "expected l, r"]),
    ("imperfect recall", forgetful, errors.RecallError, ["A forgets at 'later'", "'in'", "'out'", "perfect recall"]),
    ("a misspelt parameter", lambda: chicken(prid=2), errors.UnknownNameError,
     ["parameter or setting of chicken", "'prid'", "did you mean 'pride'"]),
    ("a view naming an unknown parameter", lambda: declared(views={"bold": {"y": 3}}), errors.UnknownNameError,
     ["view 'bold' of one", "'y'", "known: x"]),
    ("a reserved name", reserved, errors.ModelError, ["'margin' is a reserved name", "choose another"]),
    ("low above high", lambda: Parameter(1, low=3, high=0), errors.ParameterError,
     ["low is 3", "high is 0", "expected low <= high"]),
    ("an empty action set in a tree", lambda: Decision("A", {}), errors.InformationSetError,
     ["A has no action", "expected at least one"]),
    ("an empty action set in a table", lambda: NormalForm(np.zeros((2, 0, 2))), errors.GameError,
     ["Row has no action", "expected at least one"]),
    ("an empty table", lambda: NormalForm.from_table({}), errors.GameError, ["table is empty", "expected"]),
    ("two first decisions and no at", two_first, errors.SolveError,
     ["A has 2 first information sets", "'east', 'west'", "at="]),
    # games
    ("a missing profile", lambda: NormalForm.from_table({("a", "l"): (1, 1), ("b", "r"): (1, 1)}), errors.PayoffError,
     ["profile (a, r)", "expected one entry for every profile"]),
    ("a missing payoff", lambda: table(rows={("a", "l"): {"Row": 1}}), errors.PayoffError,
     ["payoff of Column", "missing", "(a, l)"]),
    ("a payoff of nobody", lambda: table(rows={("a", "l"): {"Row": 1, "Colum": 2}}), errors.UnknownNameError,
     ["'Colum'", "did you mean 'Column'"]),
    ("too many payoffs", lambda: table(rows={("a", "l"): (1, 2, 3)}), errors.PayoffError, ["(1, 2, 3)", "expected 2"]),
    ("a payoff that is a word", lambda: table(rows={("a", "l"): ("much", 2)}), errors.PayoffError,
     ["payoff of Row", "'much'", "expected a number"]),
    ("payoffs of other batches", lambda: table(rows={("a", "l"): (np.zeros(2), np.zeros(3))}), errors.PayoffError,
     ["(2,)", "(3,)", "expected shapes that broadcast"]),
    ("a player named twice", lambda: table(players=("A", "A")), errors.GameError, ["'A' is named twice", "expected"]),
    ("an action that exists", lambda: table().with_action("Row", "b", {"l": (0, 0), "r": (0, 0)}), errors.GameError,
     ["Row has an action 'b' already", "expected a new name"]),
    ("matrices of two sizes", lambda: NormalForm.bimatrix(np.zeros((2, 2)), np.zeros((2, 3))), errors.PayoffError,
     ["(2, 2)", "(2, 3)", "expected the same"]),
    ("a payoff missing in a tree",
     lambda: ExtensiveForm(Decision("A", {"u": outcome(A=1, B=2), "d": outcome(A=1)})), errors.PayoffError,
     ["payoff of B is missing", "'d'", "expected"]),
    ("a mover who is no player", lambda: ExtensiveForm(Decision("C", {"u": outcome(A=1), "d": outcome(A=2)})),
     errors.UnknownNameError, ["'C'", "known: A"]),
    ("a move that leads nowhere", lambda: Decision("A", {"u": 3}), errors.GameError,  # type: ignore[dict-item]
     ["A's action 'u' leads to 3", "expected a Decision, Chance or Outcome"]),
    ("a chance without a probability", lambda: Chance({"x": outcome(A=1)}), errors.ProbabilityError,  # type: ignore[dict-item]
     ["chance event 'x'", "expected a pair"]),
    ("a negative precision", lambda: ExtensiveForm(Decision("A", {"u": outcome(A=1)}, rationality=-2.0)),
     errors.GameError, ["rationality", "-2.0", "expected a number from 0"]),
    ("a file with a word for a payoff", lambda: parse('NFG 1 R "t" { "A" } { 2 }\n1 x'), errors.FormatError,
     ["line 2, column 3", "'x'", "expected payoff 1 of 1"]),
    ("a normal form that is too large", lambda: deep_tree().to_normal_form(), errors.TooLargeError,
     [str(2**25), str(2**26), "expected at most 1000000"]),
    # models, parameters, spaces
    ("half a range", lambda: Parameter(1, low=0), errors.ParameterError, ["low is 0", "high is None", "expected both"]),
    ("a base outside", lambda: Parameter(9, low=0, high=2), errors.ParameterError, ["base is 9", "expected", "0", "2"]),
    ("no parameter in a space", lambda: Space({"x": 2.0}), errors.ParameterError,  # type: ignore[dict-item]
     ["'x'", "2.0", "expected a Parameter"]),
    ("a model that returns no game", unhandled, errors.ModelError, ["one returned str", "expected a NormalForm"]),
    ("a NaN value", lambda: chicken(crash=math.nan), errors.ModelError, ["crash", "nan", "expected"]),
    ("an unknown solve default", lambda: declared(solve={"rationality": "y"}), errors.UnknownNameError,
     ["'rationality'", "'y'", "known: x"]),
    # solving
    ("an unknown method", lambda: decide.solve(chicken, method="nsh"), errors.SolveError,
     ["method 'nsh'", "did you mean 'nash'"]),
    ("an unknown option", lambda: decide.solve(chicken, precision=2), errors.SolveError,
     ["no option 'precision'", "expected"]),
    ("a method for other games", lambda: decide.solve(chicken(), method="zero_sum"), errors.SolveError,
     ["zero_sum does not take this game", "sum"]),
    ("no game at all", lambda: decide.solve("chicken"), errors.SolveError,  # type: ignore[arg-type]
     ["the game is 'chicken'", "expected the name of a .nfg or .efg file, or decide.load"]),
    ("a base for a game", lambda: decide.solve(chicken(), base={"crash": 3}), errors.SolveError,
     ["base", "crash", "model"]),
    ("the rationality of nobody", lambda: decide.solve(strike(), rationality={"Irak": 3}), errors.UnknownNameError,
     ["'Irak'", "did you mean 'Iran'"]),
    # studies and questions
    ("no draws", lambda: decide.sweep(chicken, 0), errors.StudyError, ["draws is 0", "expected an integer from 1"]),
    ("an unknown selection", lambda: decide.sweep(chicken, 10, selection="worse"), errors.UnknownNameError,
     ["selection 'worse'", "did you mean 'worst'"]),
    ("a decider who does not play", lambda: decide.sweep(chicken, 10, decider="Rows"), errors.UnknownNameError,
     ["'Rows'", "did you mean 'Row'"]),
    ("a parameter without a range", lambda: decide.switch_points(strike, "base_rate"), errors.StudyError,
     ["base_rate", "None", "expected a finite one"]),
    ("a file that is no study", lambda: Study.load(__file__), errors.StudyError, ["test_errors.py", "is no study"]),
    ("a model of the catalogue that is not there", lambda: decide.load("rocket"), errors.UnknownNameError,
     ["model in the catalogue 'rocket'", "rocket_attack"]),
    ("an interruption", interrupt, errors.Interrupted, ["interrupted after", "of 200 draws", "resume="]),
]  # fmt: skip


@pytest.mark.parametrize(("make", "error", "words"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_bad_input_names_the_thing_the_value_and_what_was_expected(
    make: Callable[[], Any], error: type[Exception], words: list[str]
) -> None:
    with pytest.raises(errors.DecideError) as caught:
        make()
    assert type(caught.value) is error
    message = str(caught.value)
    for word in words:
        assert word in message, f"{word!r} is not in: {message}"
    assert "object at 0x" not in message
    assert len(message) < 600


def test_every_error_is_met_above() -> None:
    """The two that are only ever met as one of their children, and the one for absent packages, are met below."""
    met = {error.__name__ for _, _, error, _ in BAD}
    assert set(ERRORS) - met == {"DecideError", "MissingExtraError"}


def test_an_absent_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    study = decide.sweep(lumber, 50, rng=0)
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.pyplot", None)
    with pytest.raises(errors.MissingExtraError, match=r"matplotlib.*decide\[plot\]") as caught:
        decide.plots.shares(study)
    assert isinstance(caught.value, ImportError)
    assert "\n" not in str(caught.value)


def test_bad_input_is_caught_as_the_built_in_error_too() -> None:
    with pytest.raises(ValueError, match="nan"):
        table(rows={("a", "l"): (math.nan, 2)})
    with pytest.raises(KeyError):
        chicken(prid=2)
    with pytest.raises(KeyboardInterrupt):
        interrupt()


def test_an_unknown_name_reads_like_a_sentence() -> None:
    """A KeyError would otherwise show its message in quotes."""
    with pytest.raises(errors.UnknownNameError) as caught:
        chicken(prid=2)
    assert str(caught.value).startswith("there is no parameter")
    assert "\\'" not in str(caught.value)


@pytest.mark.parametrize("name", ERRORS)
def test_errors_pickle(name: str) -> None:
    """So that a worker's error reaches the caller."""
    error = ERRORS[name]("the thing is 3; expected 4")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is ERRORS[name]
    assert str(again) == "the thing is 3; expected 4"


def test_an_error_about_a_batch_says_which_games() -> None:
    with pytest.raises(errors.PayoffError) as caught:
        NormalForm.from_table({"go": np.array([1.0, math.nan, 2.0]), "stay": 0.0})
    assert caught.value.draws.tolist() == [False, True, False]
    assert "1 of 3 games" in str(caught.value)
    p = np.array([0.5, 1.5])
    with pytest.raises(errors.ProbabilityError) as chance:
        ExtensiveForm(Chance({"x": (p, outcome(A=1)), "y": (1 - p, outcome(A=0))}))
    assert chance.value.draws.tolist() == [False, True]
    again = pickle.loads(pickle.dumps(chance.value))
    assert again.draws.tolist() == [False, True]
