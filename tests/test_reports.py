"""Briefs and robustness tables: what they say, how they escape, and what they refuse."""

from __future__ import annotations

import base64
import re
import stat
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import decide
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Value, model
from decide.reports.markup import VOID, paragraphs, tag, text
from decide.reports.source import left_out, story_of
from decide.reports.words import amount, latex, listed, markdown, percent, share, short, with_unit
from models_for_tests import chicken, fragile, inspection, linear, lumber, marginals, no_labels, stag_hunt, strike

HOSTILE = """<script>alert("x")</script> & 'q' $a_1$ | \\textbf{b} *c* \x00 é 猫"""


class Reader(HTMLParser):
    """Reads a page and complains of whatever is not well-formed, not accessible or not self-contained."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.words: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.sections: dict[str, str] = {}

    def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        if name not in VOID:
            self.open.append(name)
        if name in ("script", "iframe", "object", "embed", "link", "base", "form", "svg"):
            self.wrong.append(f"<{name}>")
        self.wrong += [f"{k} on {name}" for k in own if k.startswith("on")]
        for key in ("src", "href", "action"):
            value = own.get(key)
            if value is not None and not value.startswith(("#", "data:image/svg+xml;base64,")):
                self.wrong.append(f"{key}={value}")
        if name == "img":
            self.images.append(own)
            if not own.get("alt"):
                self.wrong.append("img without alt")
        if name == "th" and own.get("scope") not in ("row", "col"):
            self.wrong.append("th without scope")
        if name == "a":
            self.links.append(str(own["href"]))
        if "id" in own:
            self.ids.append(str(own["id"]))
        if re.fullmatch("h[1-6]", name):
            self.headings.append(int(name[1]))

    def handle_endtag(self, name: str) -> None:
        if not self.open or self.open.pop() != name:
            self.wrong.append(f"</{name}> closes nothing")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(path: Path) -> Reader:
    """Read a brief, and insist on all that holds of every brief."""
    raw = path.read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(raw)
    reader.close()
    assert raw.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert not reader.wrong
    assert not reader.open
    assert raw.count("<table>") == raw.count("<caption>")
    assert reader.headings[0] == 1
    assert reader.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(reader.headings, reader.headings[1:], strict=False))
    assert len(set(reader.ids)) == len(reader.ids)
    assert {link[1:] for link in reader.links} <= set(reader.ids)
    style = raw[raw.index("<style>") : raw.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "the model says" not in reader.said.lower()
    return reader


def brief(asked: Any, tmp_path: Path, n: int = 256, **options: Any) -> Reader:
    """Write a small brief and read it."""
    study = asked if isinstance(asked, decide.Study) else decide.sweep(asked, n, rng=0)
    defaults: dict[str, Any] = {"resolution": 10, "draws": 128, "pictures": False}
    return read(decide.report(study, tmp_path / "brief.html", **defaults | options))


@model(decider="Us", views={"hopeful": {"rain": 3.0}, "close": {"rain": 1.999}})
def harvest(
    *,
    rain: Value = Parameter(1, low=0, high=4, unit="mm", kind="belief", doc="rain in May", source="P7"),
    seed: Value = Parameter(2, low=1, high=3, kind="value", doc="price of seed", source="assumed"),
    irrigated: bool = False,
) -> ExtensiveForm:
    """Should we sow? A toy with illustrative numbers.

    It leaves out the second harvest.
    """
    extra = 3.0 if irrigated else 0.0
    sow = Outcome({"Us": rain + extra}, labels="sown")
    return ExtensiveForm(Decision("Us", {"sow": sow, "keep": Outcome({"Us": seed + 0 * rain})}))


@model(decider="only")
def one_option(*, x: Value = Parameter(1.0, low=0, high=2)) -> NormalForm:
    """Nothing to choose."""
    return NormalForm.from_table({"go": x}, players=("only",))


@model(decider=HOSTILE, views={HOSTILE: {"x": 2.0}})
def hostile(
    *,
    x: Value = Parameter(1.0, low=0, high=2, unit=HOSTILE, doc=HOSTILE, source=HOSTILE),
    y: Value = Parameter(1.5, low=0, high=2, doc="_hidden", source="$"),
) -> ExtensiveForm:
    """<script>alert(1)</script> **bold <b>** leaves out $x$ & ``<i>``."""
    return ExtensiveForm(
        Decision(HOSTILE, {
            HOSTILE: Outcome({HOSTILE: x}, labels=HOSTILE),
            "_" + HOSTILE: Outcome({HOSTILE: y}, labels="</td>"),
        })
    )  # fmt: skip


@model(decider="Us", views={"broken": {"p": 0.9, "q": 0.9}, "sure": {"p": 0.6}})
def frail(
    *,
    p: Value = Parameter(0.3, low=0, high=1),
    q: Value = Parameter(0.3, low=0, high=1),
    c: Value = Parameter(1, choices=[0, 1, 4], kind="value"),
) -> ExtensiveForm:
    """Two chances whose sum may pass one. It leaves out the weather."""
    odds = {"a": (p, Outcome({"Us": 3})), "b": (q, Outcome({"Us": 1})), "c": (1 - p - q, Outcome({"Us": -1}))}
    return ExtensiveForm(Decision("Us", {"go": Chance(odds), "none": Outcome({"Us": c - 1})}))


# ------------------------------------------------------------------ what a brief says


def test_a_brief_says_what_was_asked_and_what_it_hangs_on(tmp_path: Path) -> None:
    seen = brief(harvest, tmp_path)
    said = seen.said
    assert "At the base values: “keep” is worth most to Us, 1.000 more than “sow”." in said
    assert "Question Should we sow?" in said or "Should we sow?" in said
    assert "The views disagree: for hopeful, “sow”." in said
    assert "rain (rain in May; P7) rises from 1 to 2 mm (25% of its range)" in said.replace(
        "rain in May; P7 )", "rain in May; P7)"
    )
    assert "1 of 2 assumptions" in said
    assert "It leaves out the second harvest." in said
    assert "setting: irrigated = True" in said
    assert "commonly known" in said
    assert "not probabilities" in said
    assert "seed 0" in said
    assert "latin sampling" in said
    assert "1 of 2 parameters have no source or an assumed one: seed." in said


def test_a_brief_looks_over_all_ranges_and_at_the_model_itself(tmp_path: Path) -> None:
    study = decide.sweep(harvest, 512, rng=0)
    said = brief(study, tmp_path).said
    found = study.importance(rng=0)
    assert "The 2 assumptions that matter most, of 2" in said
    total = float(found["aggregated_total"].max())
    assert f"{total:.0%} (" in said[said.index("The 2 assumptions that matter most") :]
    assert "In which corner each option is worth most" in said
    assert "of the worlds in which rain is" in said
    assert "2 assumptions change somebody" not in said
    assert "1 of 1 assumptions change somebody\u2019s answer" in said
    assert "“sow” by 2.000: another answer" in said
    given = brief(decide.sweep(harvest, {"rain": [0.5, 3.0]}), tmp_path).said
    assert "In which corner" not in given


def test_near_ties_come_first_and_are_called_so(tmp_path: Path) -> None:
    said = brief(harvest, tmp_path, near_tie=0.5).said
    table = said[said.index("Through whose eyes") :]
    assert table.index("close near-tie: “keep” or “sow”") < table.index("base values “keep”")
    assert "near-tie" not in said[: said.index("Through whose eyes")].replace("near-ties (ahead", "")
    at_base = brief(harvest, tmp_path, near_tie=1.5).said
    assert "At the base values: a near-tie. “keep” is ahead of “sow” by only 1.000." in at_base


def test_illustrative_stands_wherever_numbers_do(tmp_path: Path) -> None:
    brief(harvest, tmp_path)
    raw = (tmp_path / "brief.html").read_text(encoding="utf-8")
    badge = '<span class="badge">illustrative numbers</span>'
    captions = re.findall(r"<(?:caption|figcaption)>(.*?)</(?:caption|figcaption)>", raw)
    assert captions
    assert [c for c in captions if badge not in c] == ["How this was computed"]
    assert badge in raw[: raw.index("<h1>")]
    brief(harvest, tmp_path, note="", parameters=["rain"])
    assert "badge" not in (tmp_path / "brief.html").read_text(encoding="utf-8").partition("</style>")[2]
    brief(lumber, tmp_path)
    assert "illustrative" not in (tmp_path / "brief.html").read_text(encoding="utf-8")
    assert "made up for a class" in brief(lumber, tmp_path, note="made up for a class").said


def test_the_pictures_are_inside_and_described(tmp_path: Path) -> None:
    seen = brief(harvest, tmp_path, pictures=True)
    assert len(seen.images) == 7  # values, shares, tornado, switch points, map, importance, structures
    for image in seen.images:
        data = base64.b64decode(str(image["src"]).partition(",")[2])
        assert data.startswith(b"<?xml")
        assert b"<script" not in data
        assert len(str(image["alt"])) > 40


def test_the_same_study_gives_the_same_bytes(tmp_path: Path) -> None:
    study = decide.sweep(harvest, 128, rng=0)
    options: dict[str, Any] = {"resolution": 4, "draws": 64, "parameters": ["rain"]}
    one = decide.report(study, tmp_path / "one.html", **options)
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 20, "axes.facecolor": "black"}):  # the reader's own looks change nothing
        two = decide.report(study, tmp_path / "two.html", **options)
    assert one.read_bytes() == two.read_bytes()


def test_a_date_is_printed_only_if_given(tmp_path: Path) -> None:
    assert "29 November" in brief(lumber, tmp_path, date="29 November").said


def test_a_caller_adds_what_is_left_out_and_a_title(tmp_path: Path) -> None:
    said = brief(lumber, tmp_path, limits=["fire", "flood & <b>"], title="Mill & more").said
    assert "fire" in said
    assert "flood & <b>" in said
    assert said.startswith("Decision brief Mill & more")


# ------------------------------------------------------------------ models of every kind


@pytest.mark.parametrize("one", [chicken, strike, no_labels])
def test_every_kind_of_model_has_a_brief(one: Any, tmp_path: Path) -> None:
    seen = brief(one, tmp_path)
    assert "The answer, and what it hangs on" in seen.said
    assert "How this was computed" in seen.said


def test_several_equilibria_are_told_and_selection_is_named(tmp_path: Path) -> None:
    said = brief(stag_hunt, tmp_path, parameters=["stag"]).said
    assert "At the base values: it depends on the equilibrium." in said
    assert "over all equilibria" in said
    assert "the rule “worst”, the equilibrium in which the decider expects least" in said
    assert "selection: best" in said
    assert re.search(r"Several equilibria in \d+ of 256 worlds, up to 3\.", said)


def test_views_that_all_depend_on_the_equilibrium_put_no_option_first(tmp_path: Path) -> None:
    @model(decider="A", views={"brave": {"crash": -2.0}})
    def collision(*, crash: Value = Parameter(-10, low=-50, high=-1)) -> NormalForm:
        return NormalForm.from_table({
            ("swerve", "swerve"): (0, 0), ("swerve", "stand"): (-1, 1),
            ("stand", "swerve"): (1, -1), ("stand", "stand"): (crash, crash)}, players=("A", "B"))  # fmt: skip

    said = brief(collision, tmp_path).said
    assert "it depends on the equilibrium. No view puts an option first: the same holds through each of them." in said
    assert "same option first" not in said


def test_a_mixed_equilibrium_is_no_advice(tmp_path: Path) -> None:
    assert (
        "At the base values: no single option is worth most." in brief(inspection, tmp_path, parameters=["cost"]).said
    )


def test_failed_worlds_are_counted_as_such(tmp_path: Path) -> None:
    study = decide.sweep(fragile, 256, rng=0)
    failed = int(study.failed.sum())
    assert failed > 0
    said = brief(study, tmp_path).said
    assert f"Failed: {failed} of 256 worlds" in said
    assert "the parameters make no valid game" in said
    assert "The first failure:" in said


def test_one_option_and_no_views_and_no_sources(tmp_path: Path) -> None:
    said = brief(one_option, tmp_path).said
    assert "“go” is the only option" in said
    assert "changes the answer at base by itself" in said
    assert "nobody: chance alone" in said


def test_parameters_of_certain_values_are_counted_and_shown_and_no_answer_is_no_other_answer(tmp_path: Path) -> None:
    said = brief(frail, tmp_path).said
    assert "2 of 3 assumptions change the answer at base by themselves: p , c ( where )." in said
    assert "No answer: the model has none over part of the range of p , q ( where )." in said
    assert "“go”: 0 or 1 “none”: 4" in said
    assert "“none”: 0 to 0.1 “go”: 0.1 to 0.7 no answer: 0.7 to 1" in said
    assert "p : 0.7 to 1 q : 0.7 to 1" in said
    assert "c, which can take certain values only, stays at base" in said
    bars = said[said.index("Changes the answer") :]
    assert re.search(r"q [^a-z]* no; no answer over a part", bars)
    assert re.search(r"p [^a-z]* yes; no answer over a part", bars)


def test_failures_are_told_in_plain_words_and_are_no_disagreement(tmp_path: Path) -> None:
    said = brief(frail, tmp_path).said
    assert (
        "Every view with an answer puts the same option first. "
        "The view “broken” has no answer: its chances at “go” are 0.9, 0.9 and \u22120.8, but none may be below 0."
    ) in said
    assert "The views disagree" not in said
    assert re.search(r"In the other \d\d% the model has no answer \(failed\)\.", said)
    assert "most_dropped" not in said
    assert "“failed”" not in said[: said.index("What this brief cannot say")]
    missing = said[said.index("What this brief cannot say") :]
    assert "of the worlds it needs the model has no answer; at most 10.0% may be left out." in missing


def test_swept_settings_are_told_apart(tmp_path: Path) -> None:
    study = decide.sweep(harvest, 64, rng=0, settings={"irrigated": [False, True]})
    seen = brief(study, tmp_path).said
    assert "(128 worlds, all swept values of the setting irrigated together)" in seen
    dry, wet = (decide.sweep(harvest, 64, rng=0, base={"irrigated": value}).shares() for value in (False, True))
    for value, alone in ((False, dry), (True, wet)):
        keep = float(alone["share"].sel(option="keep")), float(alone["error"].sel(option="keep"))
        row = seen[seen.index(f"this study, irrigated = {value}") :]
        assert share(*keep) in row[:80]
    rows = decide.robustness_table(study, draws=64).rows
    assert rows[0].shares["keep"] == float(dry["share"].sel(option="keep"))
    assert next(a for a in rows if a.kind == "setting").recommended == "sow"


def test_the_rule_stands_on_the_first_screen_where_there_are_several_equilibria(tmp_path: Path) -> None:
    said = brief(stag_hunt, tmp_path, parameters=["stag"]).said
    first = said[: said.index("What each option is worth")]
    assert "Several equilibria: 3 (base values)" in first
    assert "Single numbers are those of the rule “worst”, the equilibrium in which" in first
    assert "Several equilibria:" not in brief(harvest, tmp_path).said


def test_a_share_beside_a_near_tie_says_whose_it_is(tmp_path: Path) -> None:
    said = brief(harvest, tmp_path, near_tie=0.5, draws=64).said
    assert re.search(r"close near-tie: “keep” or “sow” “sow” 0\.001 “keep”: \d", said)
    assert "near-ties (ahead by less than 0.500) first" in said


def test_an_assumption_that_cuts_the_lead_is_told(tmp_path: Path) -> None:
    @model(decider="Us")
    def allied(*, x: Value = Parameter(2.0, low=1, high=3), allies: bool = True) -> ExtensiveForm:
        go = Outcome({"Us": x if allies else x - 1.99})
        return ExtensiveForm(Decision("Us", {"go": go, "stay": Outcome({"Us": 0 * x})}))

    said = brief(allied, tmp_path).said
    told = "allies = False leaves the answer at base as it is, but cuts its lead from 2.000 to 0.010: a near-tie."
    assert told in said
    assert "1 assumption of the model itself was turned over" in said
    assert "cuts its lead" not in brief(harvest, tmp_path).said


def test_options_that_read_like_no_answer_are_quoted() -> None:
    shown = decide.robustness_table(frail, draws=0)
    assert "“go”" in str(shown)
    assert "``go''" in shown.to_latex()
    assert "“" not in str(decide.robustness_table(harvest, draws=0))


def test_an_importance_says_how_much_it_left_out(tmp_path: Path) -> None:
    study = decide.sweep(frail, 256, rng=0)
    found = study.importance(draws=128, rng=0, most_dropped=0.95)
    said = brief(study, tmp_path, parameters=["c"], computed={"importance": found}).said
    assert f"{found.attrs['dropped']:.1%} of the comparisons behind this table were left out: " in said
    lost = int(study.failed.sum())
    assert f"of the worlds that have an answer ({lost:,} have none)." in said


def test_a_study_without_any_answer_says_so_first(tmp_path: Path) -> None:
    study = decide.sweep(frail, {"p": [0.8, 0.9], "q": [0.9, 0.8]})
    said = brief(study, tmp_path).said
    headline = said[said.index("The answer, and what it hangs on") :].removeprefix("The answer, and what it hangs on ")
    assert headline.startswith("The model has no answer (failed) in any of the study\u2019s 2 worlds. At the base")
    study.save(tmp_path / "run.nc")
    said = brief(decide.Study.load(tmp_path / "run.nc"), tmp_path).said
    assert "any of the study\u2019s 2 worlds. So there is nothing to say of the options." in said


def test_parameters_without_a_finite_range_are_named(tmp_path: Path) -> None:
    assert "were not looked at one by one: waiting" in brief(marginals, tmp_path).said


def test_a_view_that_makes_no_game_is_a_row_of_its_own(tmp_path: Path) -> None:
    @model(decider="one", views={"broken": {"x": 0.9}})
    def breakable(*, x: Value = Parameter(0.5, low=0, high=1)) -> NormalForm:
        return NormalForm.from_table({"go": np.where(np.asarray(x) > 0.75, np.nan, x), "stay": 0.25}, players=("one",))

    said = brief(breakable, tmp_path).said
    assert "The view “broken” has no answer: " in said
    assert "The views disagree" not in said
    found = decide.robustness_table(breakable, draws=0)
    assert [a.recommended for a in found.rows] == ["go", "failed"]
    assert "nan" in found.rows[1].note.lower() or "finite" in found.rows[1].note


# ------------------------------------------------------------------ studies of every kind


def test_a_loaded_study_says_what_is_missing_or_takes_its_model(tmp_path: Path) -> None:
    study = decide.sweep(harvest, 256, rng=0, base={"irrigated": True, "seed": 2.5})
    study.save(tmp_path / "run.nc")
    loaded = decide.Study.load(tmp_path / "run.nc")
    alone = brief(loaded, tmp_path).said
    assert "The study was read from a file" in alone
    assert "give model= to have them" in alone
    assert "illustrative numbers" in alone
    whole = brief(loaded, tmp_path, model=harvest)
    assert "give model=" not in whole.said
    assert whole.said == brief(study, tmp_path).said


def test_a_study_of_views_and_a_given_design_have_briefs(tmp_path: Path) -> None:
    said = brief(decide.compare_views(harvest), tmp_path).said
    assert "At the base values" in said
    given = brief(decide.sweep(harvest, {"rain": [0.5, 1.0, 3.0]}), tmp_path).said
    assert "Of the 3 worlds given, each option is worth most in: “keep” 67%, “sow” 33%." in given


def test_a_study_that_kept_little_has_a_brief(tmp_path: Path) -> None:
    study = decide.sweep(harvest, 256, rng=0, keep=["recommended"])
    assert "did not keep the status" in brief(study, tmp_path).said
    study.save(tmp_path / "run.nc")
    brief(decide.Study.load(tmp_path / "run.nc"), tmp_path)
    bare = decide.sweep(harvest, 256, rng=0, keep=["status"])
    brief(bare, tmp_path)
    bare.save(tmp_path / "bare.nc")
    brief(decide.Study.load(tmp_path / "bare.nc"), tmp_path)


def test_the_study_is_asked_again_as_it_was(tmp_path: Path) -> None:
    study = decide.sweep(stag_hunt, 128, rng=0, selection="best", base={"stag": 5.0})
    said = brief(study, tmp_path, parameters=["stag"]).said
    assert "the rule “best”" in said
    assert "stag = 5.0" in said
    table = decide.robustness_table(study, draws=0)
    assert table.rows[0].values["stag"] == 5.0
    assert [a.name for a in table.rows if a.kind == "selection"] == ["worst"]


def test_results_at_hand_are_not_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = decide.sweep(harvest, 64, rng=0)
    bars = decide.tornado(harvest, resolution=20)
    flips = [decide.nearest_flip(harvest, norm="one", resolution=20), decide.nearest_flip(harvest)]
    views = {v: [decide.nearest_flip(harvest, base=v)] for v in harvest.views}
    area = decide.region_map(harvest, "rain", "seed", resolution=20)
    with monkeypatch.context() as patch:
        for name in ("tornado", "nearest_flip", "region_map"):
            patch.delattr(f"decide.reports.facts.{name}")
        given = brief(study, tmp_path, computed={"tornado": bars, "map": area, "flips": {"base": flips, **views}})
    assert "The nearest other answers" in given.said
    for wrong in ({"tornado": decide.tornado(lumber)}, {"tornado": decide.tornado(harvest, base="hopeful")},
                  {"map": decide.region_map(linear, "x", "y", resolution=4)},
                  {"flips": {"base": [decide.nearest_flip(lumber)]}}):  # fmt: skip
        with pytest.raises(decide.errors.StudyError, match="in computed"):
            brief(study, tmp_path, computed=wrong)
    for name in ({"tornadoes": bars}, {"flips": {"nobody": flips}}):
        with pytest.raises(decide.errors.UnknownNameError, match="in computed"):
            brief(study, tmp_path, computed=name)


def test_results_of_another_kind_or_question_are_refused(tmp_path: Path) -> None:
    study = decide.sweep(harvest, 64, rng=0)
    other = decide.sweep(lumber, 512, rng=0)
    kinds: dict[str, Any] = {"importance": 1, "tornado": study.data, "map": "map", "structures": None,
                             "scenarios": [1], "flips": {"base": [3]}}  # fmt: skip
    for name, wrong in kinds.items():
        with pytest.raises(decide.errors.StudyError, match=f"{name} in computed is .*; expected"):
            brief(study, tmp_path, computed={name: wrong})
    with pytest.raises(decide.errors.StudyError, match="computed is 3; expected results by name"):
        brief(study, tmp_path, computed=3)
    with pytest.raises(decide.errors.StudyError, match="importance in computed has model"):
        brief(study, tmp_path, computed={"importance": other.importance(draws=128, rng=0)})
    of_margin = decide.sweep(harvest, 256, rng=0).importance(of="margin", draws=128, rng=0)
    with pytest.raises(decide.errors.StudyError, match="importance in computed is of 'margin'"):
        brief(study, tmp_path, computed={"importance": of_margin})
    dear = decide.structures(harvest, settings={"irrigated": [True]}, base={"seed": 2.5})
    with pytest.raises(decide.errors.StudyError, match="structures in computed start from another base"):
        brief(study, tmp_path, computed={"structures": dear})
    whole = decide.sweep(harvest, 256, rng=0).scenarios("sow")
    with pytest.raises(decide.errors.StudyError, match="scenarios in computed look at 256 worlds; the study has 64"):
        brief(study, tmp_path, computed={"scenarios": {"sow": whole}})
    with pytest.raises(decide.errors.UnknownNameError, match="reap"):
        brief(study, tmp_path, computed={"scenarios": {"reap": whole}})
    same = decide.structures(harvest, settings={"irrigated": [True]})
    right = {
        "structures": same,
        "importance": study.importance(draws=128, rng=0),
        "scenarios": {"sow": study.scenarios("sow")},
    }
    assert "somebody\u2019s answer" in brief(study, tmp_path, computed=right).said


def test_a_setting_nobody_declared_is_named(tmp_path: Path) -> None:
    with pytest.raises(decide.errors.UnknownNameError, match="did you mean 'irrigated'"):
        brief(harvest, tmp_path, settings={"irigated": [True]})


# ------------------------------------------------------------------ hostile names


@pytest.mark.parametrize("pictures", [False, True])
def test_names_are_never_code(tmp_path: Path, pictures: bool) -> None:
    seen = brief(
        hostile,
        tmp_path,
        n=64,
        draws=32,
        resolution=4,
        pictures=pictures,
        title=HOSTILE,
        note=HOSTILE,
        limits=HOSTILE,
        date=HOSTILE,
    )
    raw = (tmp_path / "brief.html").read_text(encoding="utf-8")
    assert "<script" not in raw.lower()
    assert "\x00" not in raw
    assert "alert(" in seen.said
    for image in seen.images:
        assert b"<script" not in base64.b64decode(str(image["src"]).partition(",")[2]).lower()


def test_hostile_names_in_a_file_are_never_code(tmp_path: Path) -> None:
    study = decide.sweep(harvest, 64, rng=0)
    data = study.data.assign_coords(
        option=["<script>1</script>", "b"], recommendation=["<script>1</script>", "b", *decide.evaluate.CLASSES]
    )
    data = data.assign_attrs(
        title=HOSTILE, first_failure="<img src=x onerror=alert(1)>", versions='{"<b>": "</code>"}', model="<i>:<u>"
    )
    brief(decide.Study(data), tmp_path)


def test_text_is_escaped_once() -> None:
    assert text("<&>") == "&lt;&amp;&gt;"
    assert text(text("<")) == "&lt;"
    assert tag("p", "<", title='"') == '<p title="&quot;">&lt;</p>'
    assert paragraphs("**<b>** ``a<b``\n\n*x* 2 * 3") == (
        "<p><strong>&lt;b&gt;</strong> <code>a&lt;b</code></p><p>*x* 2 * 3</p>"
    )
    assert text("\ud800\x07") == "\ufffd\ufffd"


# ------------------------------------------------------------------ errors come early


def test_what_cannot_be_written_is_said_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = decide.sweep(lumber, 16, rng=0)
    monkeypatch.setattr("decide.reports.writing.gather", None)
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "no" / "brief.html", tmp_path / "file" / "brief.html", "", 3, None):
        with pytest.raises(decide.errors.StudyError, match="path is"):
            decide.report(study, path)  # type: ignore[arg-type]
    for options in ({"draws": -1}, {"draws": 1.5}, {"resolution": 0}, {"resolution": True}, {"title": 3}, {"note": 1},
                    {"limits": [1]}, {"model": 3}, {"model": chicken}):  # fmt: skip
        with pytest.raises(decide.errors.StudyError, match=next(iter(options))):
            decide.report(study, tmp_path / "brief.html", **options)  # type: ignore[arg-type]
    with pytest.raises(decide.errors.StudyError, match="study is"):
        decide.report(lumber, tmp_path / "brief.html")  # type: ignore[arg-type]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), "2", True])
def test_a_threshold_that_makes_no_sense(value: Any, tmp_path: Path) -> None:
    with pytest.raises(decide.errors.StudyError, match="near_tie is"):
        brief(lumber, tmp_path, near_tie=value)
    with pytest.raises(decide.errors.StudyError, match="near_tie is"):
        decide.robustness_table(lumber, near_tie=value)


def test_parameters_are_checked(tmp_path: Path) -> None:
    with pytest.raises(decide.errors.UnknownNameError, match="rian"):
        brief(harvest, tmp_path, parameters=["rian"])
    with pytest.raises(decide.errors.StudyError, match="waiting has no finite range"):
        brief(marginals, tmp_path, parameters=["waiting"])
    assert "1 of 1 assumptions" in brief(harvest, tmp_path, parameters=["rain"]).said


def test_nothing_is_left_behind_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = decide.sweep(lumber, 16, rng=0)
    target = tmp_path / "brief.html"
    target.write_text("before")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(decide.errors.StudyError, match="No space left"):
        decide.report(study, target, resolution=5, draws=0, pictures=False)
    assert [p.name for p in tmp_path.iterdir()] == ["brief.html"]
    assert target.read_text() == "before"


def test_a_brief_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    brief(lumber, tmp_path)
    assert stat.S_IMODE((tmp_path / "brief.html").stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)


def test_without_matplotlib_there_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = decide.sweep(lumber, 16, rng=0)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(decide.errors.MissingExtraError, match=r"decide\[plot\].*pictures=False"):
        decide.report(study, tmp_path / "brief.html")
    assert "Pictures were left out" in brief(study, tmp_path).said


def test_progress_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[tuple[int, int]] = []
    brief(lumber, tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] == len(told)
    assert capsys.readouterr() == ("", "")
    brief(lumber, tmp_path, progress=True)
    assert capsys.readouterr().err.endswith("computed (100%)\n")


# ------------------------------------------------------------------ the table of an appendix


def test_a_robustness_table_has_a_row_for_every_alternative() -> None:
    found = decide.robustness_table(harvest, methods={"by tables": {"method": "pure"}}, draws=256)
    assert [a.label for a in found.rows] == [
        "base", "hopeful", "close", "setting: irrigated = True", "method: by tables",
    ]  # fmt: skip
    assert [a.recommended for a in found.rows] == ["keep", "sow", "keep", "sow", "keep"]
    assert [round(a.margin, 6) for a in found.rows] == [1, 1, 0.001, 2, 1]
    assert [a.near_tie for a in found.rows] == [False, False, True, False, False]
    frame = found.to_dataframe()
    assert frame.index.names == ["kind", "alternative"]
    base = frame.loc[("base", "base")]
    assert base["value[keep]"] == 2
    assert abs(base["share[keep]"] - 0.5) < 4 * base["error[keep]"] + 0.02
    assert abs(base[[c for c in frame if c.startswith("share[")]].sum() - 1) < 1e-12


def test_a_share_is_that_of_what_the_row_leaves_open() -> None:
    found = decide.robustness_table(harvest, draws=512)
    alone = decide.sweep(harvest, 512, rng=0, view="hopeful").shares()
    assert found.rows[1].shares["sow"] == float(alone["share"].sel(option="sow"))


def test_a_broken_view_is_a_row_whatever_is_drawn() -> None:
    for asked in (frail, decide.sweep(frail, 64, rng=0)):
        found = decide.robustness_table(asked, draws=64)
        assert [a.recommended for a in found.rows] == ["go", "failed", "go"]
        assert not found.rows[1].shares
        assert "sum 1" in found.rows[1].note
        assert found.rows[2].shares


def test_settings_of_ones_own_and_errors() -> None:
    found = decide.robustness_table(harvest, settings={"irrigated": [False, True]}, draws=0)
    assert [a.kind for a in found.rows] == ["base", "view", "view", "setting"]
    with pytest.raises(decide.errors.UnknownNameError, match="irigated"):
        decide.robustness_table(harvest, settings={"irigated": [True]})
    with pytest.raises(decide.errors.SolveError, match="pur"):
        decide.robustness_table(harvest, methods={"wrong": {"method": "pur"}}, draws=0)
    with pytest.raises(decide.errors.UnknownNameError, match="wrost"):
        decide.robustness_table(harvest, selections=["wrost"], draws=0)
    with pytest.raises(decide.errors.StudyError, match="draws"):
        decide.robustness_table(harvest, draws=True)


def test_a_loaded_study_needs_its_model(tmp_path: Path) -> None:
    study = decide.sweep(harvest, 64, rng=0)
    study.save(tmp_path / "run.nc")
    loaded = decide.Study.load(tmp_path / "run.nc")
    with pytest.raises(decide.errors.StudyError, match="model="):
        decide.robustness_table(loaded)
    assert decide.robustness_table(loaded, model=harvest) == decide.robustness_table(study)
    with pytest.raises(decide.errors.StudyError, match="expected that one"):
        decide.robustness_table(loaded, model=chicken)


def test_a_table_in_markdown() -> None:
    found = decide.robustness_table(hostile, draws=0)
    lines = found.to_markdown().splitlines()
    table = lines[2:]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1
    assert table[1] == "| --- | --- | ---: | ---: | ---: |"
    assert "<script>" not in found.to_markdown().replace(r"\<script\>", "")


def test_a_table_in_latex() -> None:
    found = decide.robustness_table(hostile, draws=0)
    for booktabs in (True, False):
        lines = found.to_latex(booktabs=booktabs).splitlines()
        rows = [line for line in lines if line.endswith(r" \\")]
        assert len(rows) == 3
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {4}
        assert any("toprule" in line for line in lines) is booktabs
    assert r"\textbf" not in found.to_latex()
    assert found.to_latex(label="tab:x} \\input{y").count("\\input") == 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a_b & c%", r"a\_b \& c\%"),
        ("#1 $x$ {y} ~ ^", r"\#1 \$x\$ \{y\} \textasciitilde{} \textasciicircum{}"),
        ("\\input{x}", r"\textbackslash{}input\{x\}"),
        ("[2mm] *", r"{[}2mm{]} {*}"),
        ("a--b <c> | d", r"a-{}-b \textless{}c\textgreater{} \textbar{} d"),
        ("two\nlines", "two lines"),
        ("\u22121 ±2", "$-$1 $\\pm$2"),
    ],
)
def test_latex_escapes(given: str, expected: str) -> None:
    assert latex(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a|b", r"a\|b"),
        ("*x* _y_ `z`", r"\*x\* \_y\_ \`z\`"),
        ("<b> [l](u) &amp; \\", r"\<b\> \[l\](u) \&amp; \\"),
        ("two\nlines", "two lines"),
    ],
)
def test_markdown_escapes(given: str, expected: str) -> None:
    assert markdown(given) == expected


# ------------------------------------------------------------------ words


def test_numbers_are_written_as_they_are_read() -> None:
    assert [amount(v, 20.0) for v in (-7.978, 0.0, -0.0001, 1234.5)] == ["\u22127.98", "0", "0", "1,234.50"]
    assert amount(float("nan"), 1.0) == "nan"
    assert amount(1e-30, 1e-30) == "1e-30"
    assert amount(3e20, 1e20) == "3e+20"
    assert amount(5.0, 0.0) == "5.000"
    assert short(2.0, 2.0000001) == "2"
    assert short(2.0000001, 2.0) == "2.0000001"
    assert short(float("inf")) == "inf"
    assert [percent(p) for p in (0, 1e-9, 0.5, 1 - 1e-9, 1)] == ["0%", "<1%", "50%", ">99%", "100%"]
    assert share(0.5, 0.01) == "50.0% ±1.0%"
    assert share(0.99999, 0.00001) == ">99.9% ±<0.1%"
    assert listed([]) == "none"
    assert with_unit("3", "points of 100 = war") == "3 (points of 100 = war)"
    assert with_unit("3", "points") == "3 points"


def test_a_file_named_after_its_model_keeps_both_stories(monkeypatch: pytest.MonkeyPatch) -> None:
    here = sys.modules[__name__]
    monkeypatch.setitem(sys.modules, "cases.harvest", here)
    monkeypatch.setattr(harvest.function, "__module__", "cases.harvest")
    monkeypatch.setattr(here, "__doc__", "A tale of farms.")
    assert story_of(harvest).startswith("A tale of farms.\n\nShould we sow?")
    assert left_out(story_of(harvest)) == ("It leaves out the second harvest.",)
    monkeypatch.setattr(here, "__doc__", f"A tale.\n\n{harvest.function.__doc__}")
    assert story_of(harvest).count("Should we sow?") == 1
    monkeypatch.setattr(here, "__doc__", None)
    assert story_of(harvest).startswith("Should we sow?")


def test_only_paragraphs_that_say_so_are_left_out() -> None:
    story = "It is a game.\n\n**Mind.** It leaves out\nthe sea.\n\nIt leaves."
    assert left_out(story) == ("**Mind.** It leaves out the sea.",)
