"""Parameters: a float with a range, and the way from the unit cube to values."""

from __future__ import annotations

import copy
import math
import pickle
from fractions import Fraction

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats

from decide import Parameter, Space, errors
from decide.parameters import KINDS

FINITE = st.floats(-1e6, 1e6, allow_nan=False, allow_infinity=False)
UNIT = st.floats(0.0, 1.0, allow_nan=False)

DISTRIBUTIONS = {
    "normal": (stats.norm(1, 2), -1.0, 4.0, 1.0),
    "normal, upper tail": (stats.norm(0, 1), 5.0, 6.5, 5.5),
    "exponential": (stats.expon(scale=2), 0.5, 3.0, 1.0),
    "beta": (stats.beta(2, 5), 0.1, 0.9, 0.3),
    "triangular": (stats.triang(0.3, loc=2, scale=4), 2.5, 5.0, 3.0),
    "lognormal": (stats.lognorm(0.7), 0.2, 8.0, 1.0),
    "skewed uniform": (stats.uniform(-1, 5), 0.0, 2.0, 1.5),
}


# ------------------------------------------------------------------ a parameter is a float


def test_a_parameter_is_a_float_with_metadata() -> None:
    p = Parameter(
        -10, low=-50, high=-1, unit="utility", kind="value", doc="payoff when nobody swerves", source="Rapoport 1966"
    )
    assert isinstance(p, float)
    assert p == -10.0
    assert (p.low, p.high, p.unit, p.kind) == (-50.0, -1.0, "utility", "value")
    assert (p.doc, p.source, p.choices, p.distribution) == ("payoff when nobody swerves", "Rapoport 1966", None, None)
    assert type(p.low) is float
    assert type(p.high) is float


def test_arithmetic_gives_plain_floats() -> None:
    p = Parameter(2, low=0, high=4)
    for value in (p + 1, 1 - p, p * p, p / 3, -p, p**2, abs(p)):
        assert type(value) is float
    assert p + 1 == 3
    assert math.sqrt(Parameter(16, low=0, high=20)) == 4
    assert np.asarray(p).dtype == np.float64


def test_without_a_range_it_is_a_constant_in_utility_units() -> None:
    p = Parameter(3)
    assert p.constant
    assert (p.low, p.high, p.unit, p.kind, p.choices) == (None, None, "utility", None, None)
    assert p.ppf(np.array([0.0, 0.3, 1.0])).tolist() == [3.0, 3.0, 3.0]


def test_a_range_of_one_point_or_one_choice_is_a_constant() -> None:
    assert Parameter(3, low=3, high=3).constant
    assert Parameter(3, choices=[3]).constant
    assert not Parameter(3, low=3, high=3.5).constant
    assert not Parameter(3, choices=[3, 4]).constant


@pytest.mark.parametrize("number", [1, True, Fraction(1, 2), np.float32(0.5), np.int64(1), np.bool_(True), 0.25])
def test_any_real_number_is_a_base(number: object) -> None:
    p = Parameter(number, low=0, high=1)  # type: ignore[arg-type]
    assert p == float(number)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_the_four_kinds_of_the_contract(kind: str) -> None:
    assert Parameter(1, kind=kind).kind == kind


def test_there_are_no_other_kinds() -> None:
    assert set(KINDS) == {"belief", "value", "other's payoff", "structure"}


def test_it_is_frozen() -> None:
    p = Parameter(1, low=0, high=2)
    for name in ("low", "high", "unit", "kind", "choices", "doc", "source", "distribution", "anything"):
        with pytest.raises(AttributeError):
            setattr(p, name, 0.0)
    assert (p.low, p.high) == (0.0, 2.0)


def test_only_the_base_is_positional() -> None:
    with pytest.raises(TypeError):
        Parameter(1, 0, 2)  # type: ignore[misc]


def test_repr_builds_the_same_parameter() -> None:
    p = Parameter(0.25, low=0, high=1, unit="probability", kind="belief", doc="a chance", source="P4", group="g")
    again = eval(repr(p), {"Parameter": Parameter})
    assert repr(again) == repr(p)
    assert again == p
    assert again.group == "g"
    assert repr(eval(repr(Parameter(2, choices=(1, 2))), {"Parameter": Parameter})) == repr(
        Parameter(2, choices=(1, 2))
    )


@pytest.mark.parametrize(
    "p",
    [
        Parameter(3),
        Parameter(0.3, low=0.1, high=0.9, unit="probability", kind="belief", doc="d", source="P1", group="g"),
        Parameter(2, choices=(1, 2, 5)),
        Parameter(1.0, low=-1, high=4, distribution=stats.norm(1, 2)),
    ],
)
@pytest.mark.parametrize("way", ["pickle", "copy", "deepcopy"])
def test_it_pickles_and_copies_with_everything(p: Parameter, way: str) -> None:
    again = {"pickle": lambda: pickle.loads(pickle.dumps(p)), "copy": lambda: copy.copy(p)}.get(
        way, lambda: copy.deepcopy(p)
    )()
    assert type(again) is Parameter
    assert again == p
    for name in ("low", "high", "unit", "kind", "choices", "doc", "source", "group", "constant"):
        assert getattr(again, name) == getattr(p, name)
    u = np.linspace(0.01, 0.99, 9)
    assert again.ppf(u).tolist() == p.ppf(u).tolist()


# ------------------------------------------------------------------ from u to a value


def test_uniform_on_the_range_unless_said() -> None:
    p = Parameter(-10, low=-50, high=-1)
    u = np.array([0.0, 0.25, 0.5, 1.0])
    assert p.ppf(u).tolist() == (-50 + 49 * u).tolist()


def test_choices_are_equally_likely() -> None:
    p = Parameter(2, choices=(5, 1, 2))
    values = p.ppf((np.arange(3000) + 0.5) / 3000)
    assert {v: int((values == v).sum()) for v in (5.0, 1.0, 2.0)} == {5.0: 1000, 1.0: 1000, 2.0: 1000}
    assert p.ppf(np.array([0.0, 1.0])).tolist() == [5.0, 2.0]


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_scipy_marginal_is_truncated_to_the_range(name: str) -> None:
    d, low, high, base = DISTRIBUTIONS[name]
    p = Parameter(base, low=low, high=high, distribution=d)
    u = np.linspace(0.0, 1.0, 201)
    values = p.ppf(u)
    reached = (d.cdf(values) - d.cdf(low)) / (d.cdf(high) - d.cdf(low))
    assert np.abs(reached - u).max() < 1e-6
    assert values[0] == pytest.approx(low, abs=1e-6 * (high - low))
    assert values[-1] == pytest.approx(high, abs=1e-6 * (high - low))


def test_without_bounds_the_marginal_has_its_whole_support() -> None:
    p = Parameter(0.3, distribution=stats.beta(2, 5))
    assert (p.low, p.high) == (0.0, 1.0)
    q = Parameter(0.0, distribution=stats.norm(0, 3))
    assert (q.low, q.high) == (-math.inf, math.inf)
    u = np.array([0.1, 0.5, 0.9])
    assert np.allclose(q.ppf(u), stats.norm(0, 3).ppf(u), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("distribution", "low", "high", "expected"),
    [
        (stats.bernoulli(0.3), None, None, {0.0: 0.7, 1.0: 0.3}),
        (stats.randint(1, 7), None, None, dict.fromkeys((1.0, 2.0, 3.0, 4.0, 5.0, 6.0), 1 / 6)),
        (stats.randint(1, 7), 2, 4, {2.0: 1 / 3, 3.0: 1 / 3, 4.0: 1 / 3}),
        (stats.binom(2, 0.5), None, None, {0.0: 0.25, 1.0: 0.5, 2.0: 0.25}),
    ],
    ids=["bernoulli", "die", "die, 2 to 4", "binomial"],
)
def test_a_discrete_marginal_keeps_the_mass_of_its_lowest_value(
    distribution: object, low: float | None, high: float | None, expected: dict[float, float]
) -> None:
    p = Parameter(2 if low else 1, low=low, high=high, distribution=distribution)
    values = p.ppf((np.arange(1200) + 0.5) / 1200)
    assert {v: float((values == v).mean()) for v in expected} == pytest.approx(expected, abs=0.01)


def test_truncation_works_far_in_the_upper_tail() -> None:
    """As far above the mean as below it: the tail is symmetric, so must be the parameter."""
    below = Parameter(-8.5, low=-9, high=-8, distribution=stats.norm())
    above = Parameter(8.5, low=8, high=9, distribution=stats.norm())
    u = np.linspace(0.05, 0.95, 19)
    assert np.allclose(above.ppf(u), -below.ppf(1 - u), rtol=0, atol=1e-3)


@st.composite
def parameters(draw: st.DrawFn) -> Parameter:
    a, b = sorted((draw(FINITE), draw(FINITE)))
    base = min(max(a + draw(UNIT) * (b - a), a), b)
    kind = draw(st.sampled_from(["uniform", "normal", "choices"]))
    if kind == "choices":
        chosen = [base, *draw(st.lists(FINITE, max_size=4))]
        return Parameter(base, choices=chosen)
    if kind == "normal" and b - a > 1e-3:
        return Parameter(base, low=a, high=b, distribution=stats.norm(base, (b - a) / 2))
    return Parameter(base, low=a, high=b)


@given(parameters(), st.lists(UNIT, min_size=1, max_size=20))
@settings(deadline=None, max_examples=150)
def test_values_lie_inside_the_range_and_grow_with_u(p: Parameter, u: list[float]) -> None:
    points = np.sort(np.array(u))
    values = p.ppf(points)
    assert values.shape == points.shape
    assert values.dtype == np.float64
    if p.choices is not None:
        assert set(values.tolist()) <= set(p.choices)
        return
    assert p.low is not None
    assert p.high is not None
    assert (values >= p.low).all()
    assert (values <= p.high).all()
    assert (np.diff(values) >= 0).all()


# ------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Parameter(1, low=2, high=0), ["low", "2", "0"]),
        (lambda: Parameter(1, low=0), ["low", "high", "0"]),
        (lambda: Parameter(1, high=3), ["low", "high", "3"]),
        (lambda: Parameter(math.nan), ["base", "nan", "finite"]),
        (lambda: Parameter(math.inf), ["base", "inf", "finite"]),
        (lambda: Parameter("1"), ["base", "'1'", "number"]),
        (lambda: Parameter(None), ["base", "None", "number"]),
        (lambda: Parameter([1.0]), ["base", "[1.0]", "number"]),
        (lambda: Parameter(1j), ["base", "1j", "number"]),
        (lambda: Parameter(5, low=0, high=1), ["base", "5", "0", "1"]),
        (lambda: Parameter(-0.5, low=0, high=1), ["base", "-0.5", "0", "1"]),
        (lambda: Parameter(1, low=0, high=math.inf), ["high", "inf", "finite"]),
        (lambda: Parameter(1, low=-math.inf, high=2), ["low", "inf", "finite"]),
        (lambda: Parameter(1, low=math.nan, high=2), ["low", "nan"]),
        (lambda: Parameter(1, low="0", high=2), ["low", "'0'"]),
        (lambda: Parameter(1, kind="guess"), ["kind", "guess", "belief"]),
        (lambda: Parameter(1, choices=[2, 3]), ["base", "1", "choices"]),
        (lambda: Parameter(1, choices=[]), ["choices"]),
        (lambda: Parameter(1, choices=[1, math.nan]), ["choice", "nan", "finite"]),
        (lambda: Parameter(1, choices=[1, 2], low=0, high=3), ["choices", "range"]),
        (lambda: Parameter(1, choices=[1, 2], distribution=stats.norm()), ["choices", "distribution"]),
        (lambda: Parameter(1, low=0, high=2, distribution="normal"), ["distribution", "'normal'", "frozen"]),
        (lambda: Parameter(5, low=4, high=6, distribution=stats.uniform()), ["distribution", "4", "6"]),
        (lambda: Parameter(5, distribution=stats.uniform()), ["base", "5"]),
        (lambda: Parameter(0.5, low=0, high=1, distribution=stats.beta), ["distribution", "frozen"]),
        (lambda: Parameter(0, low=-1, high=1, distribution=stats.norm), ["distribution", "frozen"]),
        (lambda: Parameter(0, low="a", high=1, distribution=stats.norm()), ["low", "'a'"]),
        (lambda: Parameter(0, low=-1, high=math.nan, distribution=stats.norm()), ["high", "nan"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_bad_input_names_thing_value_and_expectation(make: object, words: list[str]) -> None:
    with pytest.raises(errors.ParameterError) as caught:
        make()  # type: ignore[operator]
    for word in words:
        assert word in str(caught.value), (word, str(caught.value))


# ------------------------------------------------------------------ spaces


def space() -> Space:
    return Space({
        "x": Parameter(0.5, low=0, high=1),
        "k": Parameter(3),
        "n": Parameter(1, choices=(1, 2)),
        "y": Parameter(0.0, low=-2, high=2, distribution=stats.norm()),
    })  # fmt: skip


def test_a_space_knows_names_free_ones_and_base() -> None:
    s = space()
    assert s.names == ("x", "k", "n", "y")
    assert s.free == ("x", "n", "y")
    assert dict(s.base) == {"x": 0.5, "k": 3.0, "n": 1.0, "y": 0.0}
    assert all(type(v) is float for v in s.base.values())
    assert s["y"].high == 2.0


def test_the_cube_has_one_column_a_free_parameter() -> None:
    s = space()
    cube = np.array([[0.25, 0.1, 0.5], [0.75, 0.9, 0.5]])
    values = s.values(cube)
    assert list(values) == ["x", "n", "y"]
    assert values["x"].tolist() == [0.25, 0.75]
    assert values["n"].tolist() == [1.0, 2.0]
    assert np.allclose(values["y"], 0, atol=1e-12)
    for column in values.values():
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 9.0


def test_some_names_only_in_the_order_given() -> None:
    values = space().values(np.array([[0.5, 0.25]]), ["y", "x"])
    assert list(values) == ["y", "x"]
    assert values["x"].tolist() == [0.25]


def test_the_cube_is_left_alone() -> None:
    cube = np.random.default_rng(0).random((5, 3))
    kept = cube.copy()
    space().values(cube)
    assert np.array_equal(cube, kept)
    cube[0, 0] = 0.0  # still ours to write


@pytest.mark.parametrize("shape", [(3,), (4, 2), (4, 4), (2, 3, 1)])
def test_a_cube_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(errors.ParameterError, match=r"cube has shape .*expected \(n, 3\)"):
        space().values(np.zeros(shape))


def test_an_unknown_name_names_the_nearest() -> None:
    with pytest.raises(errors.UnknownNameError, match=r"'yy'.*'y'"):
        space()["yy"]
    with pytest.raises(errors.UnknownNameError, match="'z'"):
        space().values(np.zeros((1, 1)), ["z"])


def test_only_parameters_make_a_space() -> None:
    with pytest.raises(errors.ParameterError, match=r"'x' is 0\.5; expected a Parameter"):
        Space({"x": 0.5})  # type: ignore[dict-item]


def test_a_space_is_frozen_pickles_and_equals_by_value() -> None:
    s = space()
    with pytest.raises(AttributeError):
        s.parameters = {}  # type: ignore[assignment, misc]
    with pytest.raises(TypeError):
        s.parameters["x"] = Parameter(1)  # type: ignore[index]
    again = pickle.loads(pickle.dumps(s))
    assert again == s
    assert space() == s
    assert Space({"x": Parameter(0.5, low=0, high=1)}) != Space({"x": Parameter(0.5, low=0, high=2)})
    assert Space({"x": Parameter(0.5, low=0, high=1)}) != Space({"y": Parameter(0.5, low=0, high=1)})


def test_the_space_does_not_follow_later_changes_of_the_mapping() -> None:
    mapping = {"x": Parameter(0.5, low=0, high=1)}
    s = Space(mapping)
    mapping["z"] = Parameter(1)
    assert s.names == ("x",)


@given(st.lists(st.tuples(UNIT, UNIT, UNIT), min_size=1, max_size=30))
@settings(deadline=None, max_examples=60)
def test_every_value_is_that_of_its_own_parameter(points: list[tuple[float, float, float]]) -> None:
    s, cube = space(), np.array(points)
    values = s.values(cube)
    for k, name in enumerate(s.free):
        assert values[name].tolist() == [float(s[name].ppf(np.array([u]))[0]) for u in cube[:, k]]
