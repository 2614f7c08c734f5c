"""Pictures say what their tables say: bar by bar, mark by mark, and nothing is written over anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

import decide
from decide import plots
from decide.errors import StudyError, UnknownNameError
from models_for_tests import entry, linear, lumber, stag_hunt, strike
from pictures import check_writing, written

mpl = pytest.importorskip("matplotlib", reason="plots are the extra decide[plot]")
mpl.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


@cache
def study() -> decide.Study:
    return decide.sweep(lumber, 256, rng=0)


@cache
def crisis() -> decide.Study:
    return decide.sweep(strike, 256, rng=0)


@cache
def result(name: str) -> Any:
    """What each picture is drawn from."""
    both = ("stag", "stag")
    made: dict[str, Callable[[], Any]] = {
        "acceptability": lambda: study().acceptability("p_good", values=[0.1, 0.3, 0.5, 0.7]),
        "across_views": lambda: decide.across_views(strike),
        "criteria": lambda: study().criteria(),
        "distributions": study,
        "dominance": lambda: crisis().dominance(),
        "equilibrium_counts": lambda: decide.equilibrium_counts(stag_hunt, "stag"),
        "equilibrium_regions": lambda: decide.equilibrium_regions(stag_hunt, "stag", profile=both),
        "flip_distances": lambda: {v: decide.nearest_flip(strike, base=v, norm="one") for v in ("base", "sure")},
        "importance": lambda: study().importance(draws=128, rng=0),
        "info_gap": lambda: decide.info_gap(lumber, horizons=4),
        "nearest_flip": lambda: decide.nearest_flip(strike, norm="euclidean"),
        "option_values": lambda: decide.compare_views(strike),
        "profile": lambda: decide.profile(lumber, "p_good"),
        "region_map": lambda: decide.region_map(strike, "p_ordered", "cost", resolution=20),
        "scenarios": lambda: study().scenarios("small"),
        "screening": lambda: decide.screening(strike, trajectories=16, rng=0),
        "shares": study,
        "structures": lambda: decide.structures(strike, settings={"guarded": [False]}),
        "switch_points": lambda: {"p_good": decide.switch_points(lumber, "p_good")},
        "tornado": lambda: decide.tornado(strike),
        "tree": lambda: entry(),
        "value_weights": lambda: decide.value_weights(strike, draws=256),
        "worst_case": lambda: decide.worst_case(strike, study=crisis()),
    }  # fmt: skip
    return made[name]()


PICTURES = sorted(set(plots.__all__) - {"legend_of", "style"})


def drawn(name: str, **keywords: Any) -> Any:
    return getattr(plots, name)(result(name), **keywords)


def words(ax: Any) -> list[str]:
    return [t.get_text() for t in ax.texts]


def label(ax: Any) -> str:
    """The text below, its line breaks taken out."""
    return ax.get_xlabel().replace("\n", " ")


def ticks(ax: Any) -> list[str]:
    return [t.get_text() for t in ax.get_yticklabels()]


def bars(ax: Any) -> list[tuple[float, float]]:
    """From where to where every rectangle runs."""
    return [(p.get_x(), p.get_x() + p.get_width()) for p in ax.patches]


# ------------------------------------------------------------------ every picture


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_can_be_read(name: str) -> None:
    check_writing(drawn(name))


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_takes_axes_and_gives_them_back(name: str) -> None:
    figure, own = plt.subplots(figsize=(7, 4))
    assert drawn(name, ax=own) is own
    assert figure.get_size_inches().tolist() == [7, 4]
    with pytest.raises(StudyError, match="ax is of type ndarray; expected one matplotlib Axes"):
        drawn(name, ax=np.zeros(2))


@pytest.mark.parametrize("name", sorted(set(PICTURES) - {"tree"}))
def test_the_wrong_thing_is_named_and_what_was_expected(name: str) -> None:
    draw, source = getattr(plots, name), "decide.sweep" if name in ("distributions", "option_values") else name
    wrong = [("tornado", "'tornado'"), (None, "None"), ([1.0], "a list"), (linear, "a Model")]
    if name not in ("distributions", "option_values", "shares"):
        wrong.append((study(), "a Study"))
    wrong.append((study().shares(), "a Dataset of share, error"))
    for given, said in wrong:
        with pytest.raises(StudyError, match=rf"^\w+ was given {said}; expected ") as caught:
            draw(given)
        expected = str(caught.value).split("expected ")[1]
        assert source in expected or name in ("shares", "switch_points", "flip_distances"), expected
        assert len(str(caught.value)) < 200


def test_nothing_to_draw_is_said() -> None:
    for draw in (plots.shares, plots.switch_points, plots.flip_distances, plots.equilibrium_counts):
        with pytest.raises(StudyError, match="was given nothing; expected"):
            draw({})
    lean = decide.sweep(lumber, 50, rng=0, keep=["recommended", "status"])
    with pytest.raises(StudyError, match="did not keep 'option_value'"):
        plots.distributions(lean)
    with pytest.raises(UnknownNameError, match="middling"):
        plots.distributions(study(), over="middling")


def test_the_check_of_writing_can_fail() -> None:
    _, ax = plt.subplots()
    ax.text(0.5, 0.5, "one word")
    check_writing(ax)
    ax.text(0.5, 0.51, "and another")
    with pytest.raises(AssertionError, match="overlap"):
        check_writing(ax)
    _, ax = plt.subplots()
    ax.text(0.9, 0.5, "a long sentence that runs out of the picture")
    with pytest.raises(AssertionError, match="leaves the picture"):
        check_writing(ax)


def test_illustrative_numbers_are_called_so() -> None:
    """A warning in the model's own words stays with its numbers."""
    rockets = decide.load("rocket_attack")
    for found, draw in (
        (decide.compare_views(rockets), plots.option_values),
        (decide.screening(rockets, trajectories=4, rng=0), plots.screening),
    ):
        ax = draw(found)
        check_writing(ax)
        assert "illustrative numbers" in label(ax)
    assert "illustrative" not in label(drawn("across_views"))


def test_options_differ_in_more_than_colour() -> None:
    """No two of eight options share a marker, a hatching or a colour."""
    looks = list(plots.style([f"option {k}" for k in range(8)]).values())[:8]
    assert len({marker for _, marker, _ in looks}) == len({hatch for _, _, hatch in looks}) == 8
    assert len({colour for colour, _, _ in looks}) == 8


# ------------------------------------------------------------------ what each one says


def test_criteria_hold_the_scores_and_frame_the_favoured() -> None:
    found, ax = result("criteria"), drawn("criteria")
    said = words(ax)
    k = found.sizes["option"]
    assert len(said) == found["score"].size
    least = found["score"].sel(criterion="maximin").values
    assert [float(s.replace("\N{MINUS SIGN}", "-")) for s in said[:k]] == pytest.approx(least, rel=5e-3, abs=1e-9)
    bold = [t for t in ax.texts if t.get_weight() == "bold"]
    options = [str(o) for o in found["option"].values]
    held = {ax.get_yticklabels()[round(t.get_position()[1])].get_text().split("\n")[0]: t for t in bold}
    assert {name: options[round(t.get_position()[0])] for name, t in held.items()} == {
        str(c): str(b) for c, b in zip(found["criterion"].values, found["best"].values, strict=True) if b in options
    }
    assert sum("less is better" in t for t in ticks(ax)) == 2
    assert "maximin\nleast value" in ticks(ax)


def test_a_criterion_that_favours_none_frames_none() -> None:
    found = result("criteria").copy()
    found["best"] = ("criterion", ["mixed or tied"] * found.sizes["criterion"])
    ax = plots.criteria(found)
    assert not [t for t in ax.texts if t.get_weight() == "bold"]
    check_writing(ax)


def test_dominance_says_the_strongest_kind() -> None:
    found = result("dominance").copy(deep=True)
    found["statewise"][:], found["first_order"][:], found["second_order"][:] = False, False, False
    for kind in ("statewise", "first_order", "second_order"):
        found[kind][2, 0] = True
    found["first_order"][1, 0] = found["second_order"][1, 0] = found["second_order"][2, 1] = True
    found["dominated"][:] = [True, True, False]
    ax = plots.dominance(found)
    at = {tuple(round(x) for x in t.get_position()): t.get_text() for t in ax.texts}
    assert at[0, 2] == "in every world"  # the row 2 dominates the column 0
    assert (at[0, 1], at[1, 2], at[2, 0]) == ("1st order", "2nd order", "\N{EN DASH}")
    columns = [t.get_text() for t in ax.get_xticklabels()]
    assert ["(dominated)" in c for c in columns] == [True, True, False]
    check_writing(ax)


def test_distributions_are_cumulative_shares() -> None:
    ax, values = drawn("distributions"), study().data["option_value"].values
    for k, option in enumerate(study().options):
        line = next(one for one in ax.lines if one.get_label() == option)
        x, y = line.get_xdata(), line.get_ydata()
        for at in np.quantile(values[:, k], [0.1, 0.5, 0.9], method="lower"):
            assert y[np.searchsorted(x, at, side="right") - 1] == pytest.approx((values[:, k] <= at).mean())
    assert "256 worlds" in label(ax)


def test_acceptability_lines_and_the_band_of_the_frontier() -> None:
    found, ax = result("acceptability"), drawn("acceptability")
    for option in ("large", "small", "none"):
        line = next(one for one in ax.lines if one.get_label() == option)
        assert line.get_ydata().tolist() == found["share"].sel(recommendation=option).values.tolist()
    assert found["frontier"].values.tolist() == ["none", "small", "small", "large"]
    assert [(round(a, 9), round(b, 9)) for a, b in bars(ax)] == [(0.1, 0.2), (0.2, 0.6), (0.6, 0.7)]
    assert words(ax) == ["none", "small", "large"]
    turned = plots.acceptability(found.isel(p_good=[3, 1, 0, 2]))
    assert bars(turned) == bars(ax)  # the order of the values does not matter
    check_writing(plots.acceptability(study().acceptability("p_good", values=[0.5])))


def test_worst_cases_run_from_least_to_greatest() -> None:
    found, ax = result("worst_case"), drawn("worst_case")
    for row, option in enumerate(found["option"].values):
        one = found.sel(option=option)
        assert bars(ax)[row] == pytest.approx((float(one["least"]), float(one["greatest"])))
        assert f"loses up to {plots_number(one['largest_loss'])}" in " ".join(words(ax))
    ends = [one for one in ax.lines if one.get_marker() == "o"]
    proofs = [str(found[f"{g}_proof"].values[k]) for k in range(3) for g in ("least", "greatest")]
    filled = [one.get_markerfacecolor() == "black" for one in ends]
    assert filled == [not p.startswith("the largest found") for p in proofs]
    inner = [one.get_xdata() for one in ax.lines if one.get_linewidth() == 3]
    assert [tuple(x) for x in inner] == [
        (float(a), float(b))
        for a, b in zip(found["percentile_least"].values, found["percentile_greatest"].values, strict=True)
    ]
    assert "“wait”" in label(ax)
    bare = plots.worst_case(decide.worst_case(lumber))
    assert "line inside" not in label(bare)
    check_writing(bare)


def plots_number(value: Any) -> str:
    return f"{float(value):.3g}".replace("-", "\N{MINUS SIGN}")


def test_views_circle_the_best_and_name_the_admissible() -> None:
    found, ax = result("across_views"), drawn("across_views")
    assert words(ax) == [str(b) for b in found["best"].values]
    points = [one.get_xydata()[0] for one in ax.lines if len(one.get_xdata()) == 1]
    expected = [(x, row) for row, view in enumerate(found["expected_value"].values) for x in view]
    assert np.allclose(points, expected)
    able = found["e_admissible"].to_series()
    one, other = label(ax).split("best under no mixture")
    for option, yes in able.items():
        assert (f"“{option}”" in one, f"“{option}”" in other) == (yes, not yes)
    check_writing(plots.across_views(decide.across_views(strike, draws=64)))


def test_value_weights_are_shares_from_zero() -> None:
    found, ax = result("value_weights"), drawn("value_weights")
    assert bars(ax) == [(0.0, pytest.approx(float(s))) for s in found["share"].values]
    for text, gone in zip(words(ax), found["dominated"].values, strict=True):
        assert text.startswith("dominated: best for no values" if gone else "leads by up to ")
    assert found["dominated"].values.any()
    assert not found["dominated"].values.all()


def test_screening_sorts_by_changes_of_the_answer() -> None:
    found, ax = result("screening"), drawn("screening")
    ordered = found.sortby("changes", ascending=False)
    assert [b for _, b in bars(ax)] == ordered["changes"].values.tolist()
    names = ticks(ax)
    over = next(one for one in ax.figure.axes if one is not ax)
    diamonds = next(one for one in over.lines if one.get_marker() == "D").get_xdata()
    assert list(diamonds) == found["mu_star"].sel(parameter=names).values.tolist()
    assert over.get_xlim()[0] == ax.get_xlim()[0] == 0
    short = plots.screening(found, most=2)
    assert ticks(short) == names[:2]
    assert "not drawn: 2 more" in label(short)
    check_writing(short)


def test_regions_of_a_profile_and_who_deviates() -> None:
    found, ax = result("equilibrium_regions"), drawn("equilibrium_regions", base=4.0)
    assert bars(ax) == [(r.low, r.high) for r in found] == [(2, pytest.approx(3)), (pytest.approx(3), 6)]
    assert words(ax) == ["hunter: hare", "3", "equilibrium"]
    dark = [sum(p.get_facecolor()[:3]) for p in ax.patches]
    assert dark[1] < dark[0]
    marks = [one for one in ax.lines if one.get_marker() == "v"]
    assert [one.get_xdata()[0] for one in marks] == [4.0]
    mixed = next(e for e in decide.solve(stag_hunt).equilibria if 0 < e.strategies["hunter"]["stag"] < 1)
    point = decide.equilibrium_regions(stag_hunt, "stag", profile=mixed)
    several = plots.equilibrium_regions({"both hunt": found, "both mix": point})
    check_writing(several)
    diamond = [one for one in several.lines if one.get_marker() == "D"]
    assert [one.get_xdata()[0] for one in diamond] == [pytest.approx(4)]
    assert ticks(several) == ["both hunt", "both mix"]


def test_counts_of_equilibria_are_written_and_darken() -> None:
    ax = drawn("equilibrium_counts")
    assert words(ax) == ["1", "3", "3"]  # the band, its end, the next band
    grey = [sum(p.get_facecolor()[:3]) for p in ax.patches]
    assert grey[0] > grey[1]
    two = {n: decide.equilibrium_counts(stag_hunt, n) for n in ("stag", "hare")}
    both = plots.equilibrium_counts(two, base={"stag": 4, "hare": 3})
    check_writing(both)
    assert ticks(both) == ["stag\n2 to 6", "hare\n1 to 5"]
    assert bars(both)[0] == (0, pytest.approx(0.25))  # 3 of [2, 6]
    marks = [one.get_xdata()[0] for one in both.lines if one.get_marker() == "v"]
    assert marks == [0.5, 0.5]
    with pytest.raises(StudyError, match="base is nan; expected a finite number"):
        plots.equilibrium_counts(two, base=float("nan"))
    with pytest.raises(StudyError, match="was given an EquilibriumRegions; expected CountRegions"):
        plots.equilibrium_counts(result("equilibrium_regions"))


def test_the_nearest_flip_is_drawn_in_shares_of_the_ranges() -> None:
    flip, ax = result("nearest_flip"), drawn("nearest_flip")
    space = strike.space
    for (low, high), (name, (now, there)) in zip(bars(ax), flip.changes.items(), strict=True):
        move = (there - now) / (space[name].high - space[name].low)
        assert (low, high) == pytest.approx((0.0, move))  # to the left of zero where it falls
    assert np.sqrt(sum(s**2 for s in flip.shares.values())) == pytest.approx(flip.distance)
    assert ax.get_title() == f"“{flip.option}” instead of “{flip.instead_of}”"
    assert ticks(ax)[0].startswith(f"{next(iter(flip.changes))}\n")
    assert "the closest found" in label(ax)
    short = plots.nearest_flip(flip, most=1)
    assert f"not drawn: {len(flip.changes) - 1} more" in label(short)
    check_writing(short)
    alone = decide.nearest_flip(strike, norm="one")
    (name, share), *_ = alone.shares.items()
    assert abs(share) == pytest.approx(alone.distance)
    assert (share > 0) == (alone.changes[name][1] > alone.changes[name][0])
    check_writing(plots.nearest_flip(alone))


def test_a_flip_that_is_not_there() -> None:
    none = decide.nearest_flip(lumber, parameters=["p_good"], base={"p_good": 0.5}, to=None)
    assert none.found
    still = decide.nearest_flip(strike, parameters=["gain"], norm="one")
    assert not still.found
    assert dict(still.shares) == {}
    with pytest.raises(StudyError, match="there is nothing to draw: wait throughout"):
        plots.nearest_flip(still)
    with pytest.raises(StudyError, match="was given several"):
        plots.nearest_flip({"base": none})
    ax = plots.flip_distances({"here": still, "there": decide.nearest_flip(strike, norm="one")})
    assert words(ax)[0] == "“wait” throughout: no other answer was found"
    assert len(ax.patches) == 1
    check_writing(ax)


def test_flips_of_several_views_are_compared_by_one_norm() -> None:
    found, ax = result("flip_distances"), drawn("flip_distances")
    assert bars(ax) == [(0, pytest.approx(flip.distance)) for flip in found.values()]
    assert ticks(ax) == list(found)
    assert any(f"“{found['base'].option}” instead of “{found['base'].instead_of}”" in w for w in words(ax))
    with pytest.raises(StudyError, match="measured by euclidean and one; expected one norm"):
        plots.flip_distances({"a": found["base"], "b": result("nearest_flip")})


# ------------------------------------------------------------------ the pictures that were there before


def test_shares_are_stacked_to_the_whole() -> None:
    table, ax = study().shares(), drawn("shares")
    table = table.isel(option=table["share"].values > 0)
    assert [b - a for a, b in bars(ax)] == pytest.approx(table["share"].values.tolist())
    assert bars(ax)[0][0] == 0
    assert bars(ax)[-1][1] == pytest.approx(1)
    assert words(ax)[0].startswith(f"{float(table['share'][0]):.0%}")


def test_option_values_circle_what_is_recommended() -> None:
    data, ax = result("option_values").data, drawn("option_values")
    assert [w.split(" by ")[0] for w in words(ax)] == ["wait", "strike / ships", "wait"]
    assert [float(w.split(" by ")[1]) for w in words(ax)] == pytest.approx(data["margin"].values, rel=5e-3)
    assert ticks(ax) == ["base", "sure", "doubtful"]


def test_switches_that_lie_close_are_still_told_apart() -> None:
    """Labels of neighbours go up and down by turns; the flags of a profile go to another level."""
    found = decide.switch_points(lumber, "p_good", low=0.1, high=10 / 13)
    wide = {"near": found, "all": result("switch_points")["p_good"]}
    check_writing(plots.switch_points(wide, base={"near": 0.5, "all": 0.5}))
    _, ax = plt.subplots(figsize=(4, 2.5), layout="constrained")
    ax.set_xlim(0, 1)
    plots.looks.mark_switches(ax, [0.5, 0.51, 0.52, 0.98], ["0.5", "0.51", "0.52", "0.98"])
    check_writing(ax)
    assert sorted(one.get_xdata()[0] for one in ax.lines) == [0.5, 0.51, 0.52, 0.98]


def test_what_a_map_does_not_show_is_said() -> None:
    ax = drawn("region_map")
    assert "off the map: sure" in label(ax)
    assert "all else at base" in label(ax)
    assert "doubtful: wait" in words(ax)


def test_one_switch_table_needs_no_name() -> None:
    found = result("switch_points")["p_good"]
    ax = plots.switch_points(found)
    assert ticks(ax) == ["p_good\n0 to 1"]
    assert bars(ax) == [(i.low, i.high) for i in found]


def test_all_that_is_written_is_looked_at() -> None:
    ax = drawn("shares")
    ax.figure.canvas.draw()
    texts = {t.get_text() for t in written(ax)}
    assert {"large", "small", "none", "0%", "100%", ax.get_xlabel()} <= texts
