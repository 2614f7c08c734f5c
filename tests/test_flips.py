"""The closest world with another answer: exact where leads are linear, found where they are not, and honest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decide import (
    Decision,
    ExtensiveForm,
    NormalForm,
    Outcome,
    Parameter,
    Value,
    load,
    model,
    nearest_flip,
    solve,
    sweep,
)
from decide.errors import StudyError, UnknownNameError
from decide.sensitivity.flipping import Glance, length, nearest
from models_for_tests import lumber

SPANS = (1.0, 4.0, 0.5)


def linear(slopes: tuple[float, ...], start: float) -> Any:
    """Return a model: "go" is worth start + slopes . (x - base), "stay" 0; ranges of different width around 0."""

    @model(decider="Us")
    def go_or_stay(
        *,
        a: Value = Parameter(0, low=-SPANS[0], high=SPANS[0]),
        b: Value = Parameter(0, low=-SPANS[1], high=SPANS[1]),
        c: Value = Parameter(0, low=-SPANS[2], high=SPANS[2]),
    ) -> ExtensiveForm:
        worth = start + slopes[0] * a + slopes[1] * b + slopes[2] * c
        return ExtensiveForm(Decision("Us", {"go": Outcome({"Us": worth}), "stay": Outcome({"Us": 0.0})}))

    return go_or_stay


slope = st.floats(0.2, 3.0).flatmap(lambda x: st.sampled_from([x, -x]))


@given(st.tuples(slope, slope, slope), st.sampled_from([-1.0, 1.0]), st.floats(0.05, 0.8))
@settings(max_examples=15, deadline=None)
def test_linear_leads_have_exact_distances(slopes: tuple[float, ...], sign: float, share: float) -> None:
    """Distance of a hyperplane from a point, in shares of the ranges: dual norms of the scaled gradient."""
    scaled = np.array(slopes) * 2 * np.array(SPANS)
    size = share * np.abs(scaled).max() / 2  # so that one parameter alone can do it, and no range ends before
    m = linear(slopes, sign * size)
    expected = {
        "one": size / np.abs(scaled).max(),
        "largest": size / np.abs(scaled).sum(),
        "euclidean": size / np.linalg.norm(scaled),
    }
    for norm, distance in expected.items():
        flip = nearest_flip(m, norm=norm)
        assert flip.found
        assert flip.distance == pytest.approx(distance, rel=1e-6)
        assert (flip.instead_of, flip.option) == (("go", "stay") if sign > 0 else ("stay", "go"))
        world = {name: there for name, (_, there) in flip.changes.items()}
        payoffs = {e.strategies["Us"]["start"][flip.option] for e in solve(m(**world)).equilibria}
        assert payoffs == {1.0}


def test_ranges_that_end_early_pass_the_rest_on_to_others() -> None:
    """The steepest parameter cannot do it alone: its range ends at .5 of the way."""
    m = linear((1.0, 0.25, 0.0), 1.5)  # scaled slopes 2 and 2, from the middle: .5 each way
    flip = nearest_flip(m)
    assert flip.distance == pytest.approx(1.5 / 4, rel=1e-6)
    assert set(flip.changes) == {"a", "b"}
    assert not nearest_flip(m, norm="one").found
    assert not nearest_flip(m, parameters=["a"]).found
    assert nearest_flip(m, parameters=["a"]).distance == math.inf


def test_lumber_by_hand() -> None:
    """Large 200/-180, small 100/-20: from p = .5 on small is best; large from 8/13, none below 1/6."""
    flip = nearest_flip(lumber, norm="one")
    assert (flip.option, flip.instead_of) == ("large", "small")
    assert flip.distance == pytest.approx(8 / 13 - 1 / 2, abs=1e-8)
    assert flip.changes["p_good"] == (0.5, pytest.approx(8 / 13, abs=1e-8))
    down = nearest_flip(lumber, to="none")
    assert down.distance == pytest.approx(1 / 2 - 1 / 6, abs=1e-8)
    assert "none instead of small if p_good falls from 0.5 to 0.167" in str(down)
    assert list(down.to_dataframe().index) == ["p_good"]


def test_the_nearest_answer_need_not_lie_along_the_gradient() -> None:
    """Two ways out: a gentle slope far away, and a ridge nearby that the gradient at the base points away from."""

    @model(decider="Us")
    def ridge(*, x: Value = Parameter(0, low=-1, high=1), y: Value = Parameter(0, low=-1, high=1)) -> ExtensiveForm:
        gap = 0.5 - 0.6 * x - 5 * np.sqrt(np.maximum(-0.2 - y, 0.0))
        return ExtensiveForm(Decision("Us", {"keep": Outcome({"Us": gap}), "leave": Outcome({"Us": 0.0})}))

    flip = nearest_flip(ridge, norm="euclidean")
    grid = np.linspace(-1, 1, 401)
    x, y = np.meshgrid(grid, grid)
    gap = 0.5 - 0.6 * x - 5 * np.sqrt(np.maximum(-0.2 - y, 0.0))
    brute = float(np.sqrt((x / 2) ** 2 + (y / 2) ** 2)[gap < 0].min())
    assert flip.distance <= brute
    assert flip.distance >= brute - 0.01
    assert flip.changes["y"][1] < -0.2


def test_jumps_are_found_where_there_is_no_gradient() -> None:
    """An equilibrium that vanishes: the lead does not announce it."""

    def look(points: np.ndarray) -> Glance:
        inside = (np.abs(points - 0.5) <= [0.2, 0.3, 0.4]).all(axis=1)
        return Glance(~inside, np.ones((len(points), 1)))

    found = nearest(look, np.full(3, 0.5), "euclidean", np.random.default_rng(0))
    assert found.distance == pytest.approx(0.2, abs=1e-6)
    assert found.point is not None
    assert np.flatnonzero(found.point != 0.5).tolist() == [0]


def test_a_game_whose_equilibria_decide() -> None:
    """Stag hunt: which equilibrium is worse for Row depends on the price; the flip is verified by solving there."""

    @model(decider="Row")
    def hunt(*, hare: Value = Parameter(1, low=0, high=3), stag: Value = Parameter(4, low=2, high=6)) -> NormalForm:
        return NormalForm.from_table(
            {("stag", "stag"): (stag, stag), ("stag", "hare"): (0, hare), ("hare", "stag"): (hare, 0),
             ("hare", "hare"): (hare, hare)},
            players=("Row", "Column"),
        )  # fmt: skip

    flip = nearest_flip(hunt, by="selected")
    before = sweep(hunt, {"hare": [1.0]})
    labels = [str(x) for x in before.data["recommendation"].values]
    assert flip.instead_of == labels[int(before.data["selected"].values[0])]
    if flip.found:
        there = sweep(hunt, {name: [value] for name, (_, value) in flip.changes.items()})
        assert labels[int(there.data["selected"].values[0])] == flip.option


def test_moving_few_and_the_text() -> None:
    crisis = load("rocket_attack")
    every = nearest_flip(crisis, norm="euclidean")
    few = nearest_flip(crisis, norm="euclidean", most=3)
    one = nearest_flip(crisis, norm="one")
    assert len(few.changes) <= 3 < len(every.changes)
    assert every.distance <= few.distance <= one.distance + 1e-9
    assert "others by less" in str(every)
    shares = [
        abs(b - a) / (crisis.parameters[n].high - crisis.parameters[n].low) for n, (a, b) in every.changes.items()
    ]
    assert shares == sorted(shares, reverse=True)
    assert math.sqrt(sum(x * x for x in shares)) == pytest.approx(every.distance, rel=1e-9)
    assert nearest_flip(crisis, norm="euclidean", most=3) == few  # the same seed, the same answer


def test_no_other_answer() -> None:
    flip = nearest_flip(linear((0.1, 0.1, 0.1), 5.0))
    assert (flip.found, flip.distance, dict(flip.changes), flip.option) == (False, math.inf, {}, "go")
    assert "throughout" in str(flip)


def test_parameters_with_choices_move_alone() -> None:
    @model(decider="Us")
    def rounds(
        *, n: Value = Parameter(1, choices=(1, 2, 4)), cost: Value = Parameter(3, low=0, high=9)
    ) -> ExtensiveForm:
        return ExtensiveForm(Decision("Us", {"play": Outcome({"Us": n - cost}), "pass": Outcome({"Us": 0.0})}))

    assert nearest_flip(rounds, norm="one", parameters=["n"]).changes == {"n": (1.0, 4.0)}
    assert set(nearest_flip(rounds).changes) == {"cost"}
    with pytest.raises(StudyError, match="n takes only the values"):
        nearest_flip(rounds, parameters=["n"])


@pytest.mark.parametrize(
    ("keywords", "error", "words"),
    [
        ({"norm": "taxi"}, StudyError, ["'taxi'", "largest"]),
        ({"by": "margin"}, StudyError, ["'margin'", "recommended"]),
        ({"resolution": 0}, StudyError, ["0", "integer from 1"]),
        ({"most": 0}, StudyError, ["0", "integer from 1"]),
        ({"to": "medium"}, UnknownNameError, ["'medium'", "large"]),
        ({"to": "small"}, StudyError, ["'small'", "base"]),
        ({"parameters": ["p_god"]}, UnknownNameError, ["'p_god'", "p_good"]),
        ({"parameters": []}, StudyError, ["no parameter"]),
        ({"rng": -1}, StudyError, ["-1"]),
    ],
)
def test_bad_questions(keywords: dict[str, Any], error: type[Exception], words: list[str]) -> None:
    with pytest.raises(error) as caught:
        nearest_flip(lumber, **keywords)
    assert all(word in str(caught.value) for word in words)


def test_lengths() -> None:
    assert length(np.array([[3.0, -4.0]]), "largest").tolist() == [4]
    assert length(np.array([[3.0, -4.0]]), "euclidean").tolist() == [5]
    assert nearest(lambda p: Glance(np.ones(len(p), bool), np.zeros((len(p), 0))), np.zeros(0), "largest",
                   np.random.default_rng(0)).point is None  # fmt: skip
