"""Studies: what `sweep` promises about many worlds, held against a slow loop that solves one world at a time."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from scipy import stats

import decide
import models_for_tests as ours
from decide import Chance, Decision, ExtensiveForm, NormalForm, Outcome, Parameter, Status, Study, Value, errors, model
from models_for_tests import (
    chicken,
    entry,
    fragile,
    fragile_alone,
    hesitant,
    improbable,
    inspection,
    linear,
    lumber,
    marginals,
    no_labels,
    not_elementwise,
    simultaneous,
    stag_hunt,
    strike,
)

CLASSES = ["mixed or tied", "depends on equilibrium", "failed"]
ALL = [chicken, hesitant, stag_hunt, inspection, linear, lumber, strike, entry, simultaneous]
PER_OPTION = ["option_value", "advantage", "choice"]


def by_name(m: Any) -> str:
    return str(m.name)


# ------------------------------------------------------------------ the slow way


@dataclass
class World:
    """One equilibrium of one world, as a slow loop sees it."""

    payoff: dict[str, float]
    value: dict[str, float]
    choice: dict[str, float]
    outcome: dict[str, dict[str, float]]
    scale: float

    @property
    def label(self) -> str:
        best = max(self.value.values())
        top = [o for o, v in self.value.items() if v >= best - 1e-9 * self.scale]
        return top[0] if len(top) == 1 else CLASSES[0]

    def advantage(self, option: str) -> float:
        others = [v for o, v in self.value.items() if o != option]
        return self.value[option] - max(others) if others else 0.0


def text(label: Any) -> str:
    return " / ".join(label) if isinstance(label, tuple) else str(label)


def worlds(m: Any, values: dict[str, float], **keywords: Any) -> list[World]:
    """Solve one world with `decide.solve` and value every option of every equilibrium by plain loops."""
    game = m(**values)
    found = decide.solve(m, base=values, **keywords).equilibria
    read = normal_world if isinstance(game, NormalForm) else tree_world
    return [read(game, e, m.decider, m.at) for e in found]


def normal_world(game: NormalForm, e: Any, decider: str, _: str | None) -> World:
    i = game.players.index(decider)
    options = game.actions[i]
    value = dict.fromkeys(options, 0.0)
    outcome = {o: {text(x): 0.0 for p in game.profiles for x in game.labels_at(p)} for o in options}
    for profile in game.profiles:
        odds = math.prod(e.strategies[p][a] for p, a in zip(game.players, profile, strict=True) if p != decider)
        index = tuple(own.index(a) for own, a in zip(game.actions, profile, strict=True))
        value[profile[i]] += odds * float(game.payoffs[(i, *index)])
        for label in game.labels_at(profile):
            outcome[profile[i]][text(label)] += odds
    return World(dict(e.payoffs), value, dict(e.strategies[decider]), outcome, float(np.ptp(game.payoffs[i])))


def tree_world(tree: ExtensiveForm, e: Any, decider: str, at: str | None) -> World:
    at = at or next(iter(tree.infosets[decider]))
    options = list(own_paths(tree.subtree(), decider, at))
    value, outcome, choice = {}, {}, {}
    for option in options:
        total, reach = 0.0, 0.0
        seen = dict.fromkeys(tree.outcomes, 0.0)
        for weight, leaf in leaves(tree.subtree(), e.strategies, decider, at, option.split(" / ")):
            total, reach = total + weight * leaf.payoffs[decider], reach + weight
            for label in set(leaf.labels):
                seen[label] += weight
        value[option] = total / reach
        outcome[option] = {label: w / reach for label, w in seen.items()}
        choice[option] = 1.0
        here = at
        for step in option.split(" / "):
            choice[option] *= e.strategies[decider][here][step]
            here = "target"
    axis = tree.players.index(decider)
    return World(dict(e.payoffs), value, choice, outcome, float(np.ptp(tree.payoffs[axis])))


def own_paths(node: Any, decider: str, at: str, path: tuple[str, ...] = ()) -> dict[str, None]:
    """The decider's options: its moves at the set, with the moves it makes at once after them."""
    if type(node) is Outcome:
        return {}
    name = getattr(node, "infoset", None) or " / ".join(path) or "start"
    if type(node) is Decision and node.player == decider and name == at:
        found: dict[str, None] = {}
        for action, below in node.moves.items():
            if type(below) is Decision and below.player == decider:
                found |= dict.fromkeys(f"{action} / {second}" for second in below.moves)
            else:
                found[action] = None
        return found
    below = [(a, n[1] if isinstance(n, tuple) else n) for a, n in node.moves.items()]
    found = {}
    for a, n in below:
        found |= own_paths(n, decider, at, (*path, a))
    return found


def leaves(
    node: Any,
    strategies: Any,
    decider: str,
    at: str,
    option: list[str],
    path: tuple[str, ...] = (),
    weight: float = 1.0,
    there: bool = False,
) -> Iterator[tuple[float, Outcome]]:
    """Every end that can follow the option at the decision, with its probability (not conditional on being there)."""
    if type(node) is Outcome:
        if there:
            yield weight, node
        return
    if type(node) is Chance:
        for event, (p, below) in node.moves.items():
            yield from leaves(below, strategies, decider, at, option, (*path, event), weight * float(p), there)
        return
    name = node.infoset or " / ".join(path) or "start"
    if node.player == decider and (name == at or (there and option)):
        below = node.moves[option[0]]
        yield from leaves(below, strategies, decider, at, option[1:], (*path, option[0]), weight, True)
        return
    for action, below in node.moves.items():
        odds = strategies[node.player][name][action]
        yield from leaves(below, strategies, decider, at, option, (*path, action), weight * odds, there)


def scalars(study: Study, m: Any, k: int) -> dict[str, float]:
    return {name: float(study.data[name][k]) for name in m.parameters}


def worst(found: list[World], decider: str) -> list[World]:
    """The default rule: the equilibria in which the decider expects least, those of least option values first."""
    least = min(w.payoff[decider] for w in found)
    equal = [w for w in found if w.payoff[decider] <= least + 1e-9 * w.scale]
    return sorted(equal, key=lambda w: tuple(w.value.values()))


def slow_labels(found: list[World]) -> str:
    labels = {w.label for w in found}
    return labels.pop() if len(labels) == 1 else CLASSES[1]


@pytest.fixture(scope="module")
def looped() -> Callable[[Any], tuple[Study, list[list[World]]]]:
    kept: dict[str, tuple[Study, list[list[World]]]] = {}

    def get(m: Any) -> tuple[Study, list[list[World]]]:
        if m.name not in kept:
            study = decide.sweep(m, 40, rng=1)
            kept[m.name] = study, [worlds(m, scalars(study, m, k)) for k in range(40)]
        return kept[m.name]

    return get


@pytest.mark.parametrize("m", ALL, ids=by_name)
def test_values_choices_and_advantages_equal_the_slow_loop(m: Any, looped: Any) -> None:
    study, slow = looped(m)
    for k, found in enumerate(slow):
        here = study.data.isel(draw=k)
        assert int(here["n_equilibria"]) == len(found)
        assert int(here["status"]) == Status.SOLVED
        picked = worst(found, m.decider)[0]
        for option in study.options:
            numbers = {
                "option_value": [w.value[option] for w in found],
                "advantage": [w.advantage(option) for w in found],
                "choice": [w.choice[option] for w in found],
            }
            at_pick = {
                "option_value": picked.value[option],
                "advantage": picked.advantage(option),
                "choice": picked.choice[option],
            }
            for name in PER_OPTION:
                cell = here.sel(option=option)
                slack = 1e-11 * max(1.0, picked.scale)
                assert float(cell[f"{name}_low"]) == pytest.approx(min(numbers[name]), abs=slack)
                assert float(cell[f"{name}_high"]) == pytest.approx(max(numbers[name]), abs=slack)
                assert float(cell[name]) == pytest.approx(at_pick[name], abs=slack)


@pytest.mark.parametrize("m", ALL, ids=by_name)
def test_answers_payoffs_and_margins_equal_the_slow_loop(m: Any, looped: Any) -> None:
    study, slow = looped(m)
    names = [str(x) for x in study.data["recommendation"].values]
    for k, found in enumerate(slow):
        here = study.data.isel(draw=k)
        picked = worst(found, m.decider)[0]
        assert names[int(here["recommended"])] == slow_labels(found)
        assert names[int(here["selected"])] == slow_labels(worst(found, m.decider))
        margin = max(picked.advantage(o) for o in study.options)
        tied = picked.label == CLASSES[0]
        assert float(here["margin"]) == pytest.approx(0.0 if tied else margin, abs=1e-11 * max(1, picked.scale))
        for player, payoff in picked.payoff.items():
            assert float(here["payoff"].sel(player=player)) == pytest.approx(payoff, abs=1e-11 * max(1, picked.scale))
        top = max(picked.choice.values())
        likely = [o for o, p in picked.choice.items() if p >= top - 1e-9]
        assert names[int(here["modal_choice"])] == (likely[0] if len(likely) == 1 else CLASSES[0])


@pytest.mark.parametrize("m", ALL, ids=by_name)
def test_outcome_probabilities_equal_the_slow_loop(m: Any, looped: Any) -> None:
    study, slow = looped(m)
    for k, found in enumerate(slow):
        picked = worst(found, m.decider)[0]
        for option in study.options:
            seen = study.data["outcome_probability"][k].sel(option=option)
            expected = picked.outcome[option]
            assert set(map(str, seen["outcome"].values)) == set(expected)
            for label, p in expected.items():
                assert float(seen.sel(outcome=label)) == pytest.approx(p, abs=1e-12), (option, label)


@pytest.mark.parametrize("method", ["pure", "support_enumeration", "vertex_enumeration", "lemke_howson"])
def test_other_methods_equal_the_slow_loop(method: str) -> None:
    """Also those that take one game at a time, and those that find nothing in some worlds."""
    m = stag_hunt if method != "pure" else inspection
    study = decide.sweep(m, 12, rng=1, method=method)
    assert study.data.attrs["method"] == method
    for k in range(12):
        here = study.data.isel(draw=k)
        found = worlds(m, scalars(study, m, k), method=method)
        assert int(here["n_equilibria"]) == len(found)
        if not found:
            assert int(here["status"]) == Status.NO_EQUILIBRIUM
            assert study.data["recommendation"].values[int(here["recommended"])] == "failed"
            continue
        picked = worst(found, m.decider)[0]
        assert study.data["recommendation"].values[int(here["recommended"])] == slow_labels(found)
        for option in study.options:
            assert float(here["option_value"].sel(option=option)) == pytest.approx(picked.value[option], abs=1e-9)
            assert float(here["choice"].sel(option=option)) == pytest.approx(picked.choice[option], abs=1e-9)
    solved = study.data["status"].values == Status.SOLVED
    assert solved.any()
    assert solved.all() == (method != "pure")


def test_outcome_labels_of_a_table() -> None:
    """Several on a profile, shared by profiles, and conditional on the option."""
    labels = {("a", "l"): ("war", "talks"), ("a", "r"): "war", ("b", "l"): "peace", ("b", "r"): ("peace", "talks")}

    @model(decider="P")
    def labelled(*, x: Value = Parameter(2.0, low=1, high=3)) -> NormalForm:
        table = {("a", "l"): (x, 0), ("a", "r"): (0, 1), ("b", "l"): (0, 1), ("b", "r"): (1, 0)}
        return NormalForm.from_table(table, players=("P", "Q"), outcomes=labels)

    study = decide.sweep(labelled, {"x": [2.0]})  # mixed: P plays a half the time, Q plays l a third of it
    seen = study.data["outcome_probability"][0]
    assert set(map(str, seen["outcome"].values)) == {"war", "talks", "peace"}
    expected = {"a": {"war": 1, "talks": 1 / 3, "peace": 0}, "b": {"war": 0, "talks": 2 / 3, "peace": 1}}
    for option, odds in expected.items():
        for label, p in odds.items():
            assert float(seen.sel(option=option, outcome=label)) == pytest.approx(p, abs=1e-12)


def test_values_that_are_known_by_hand() -> None:
    study = decide.sweep(lumber, {"p_good": [0.0, 1 / 6, 0.5, 1.0]})
    assert study.options == ("large", "small", "none")
    value = study.data["option_value"].values
    assert np.allclose(value, [[-180, -20, 0], [-350 / 3, 0, 0], [10, 40, 0], [200, 100, 0]], rtol=0, atol=1e-9)
    labels = study.data["recommendation"].values[study.data["recommended"].values].tolist()
    assert labels == ["none", "mixed or tied", "small", "large"]
    assert np.allclose(study.data["margin"], [20, 0, 30, 100], rtol=0, atol=1e-9)
    assert np.allclose(study.data["advantage"].values[2], [-30, 30, -40], rtol=0, atol=1e-9)
    assert np.allclose(study.data["outcome_probability"].sel(option="small", outcome="loss"), [1, 5 / 6, 0.5, 0])


def test_chicken_by_hand() -> None:
    """Mixed: P(swerve) = (crash + pride) / crash of the other; the pure ones pay the decider -pride and pride."""
    study = decide.sweep(chicken, {"crash": [-10.0], "pride": [1.0]})
    here = study.data.isel(draw=0)
    q = 0.9
    assert int(here["n_equilibria"]) == 3
    assert here["option_value_low"].values.tolist() == pytest.approx([-1.0, -10.0])
    assert here["option_value_high"].values.tolist() == pytest.approx([0.0, 1.0])
    assert here["choice_low"].values.tolist() == [0.0, 0.0]
    assert here["choice_high"].values.tolist() == [1.0, 1.0]
    assert here["option_value"].values.tolist() == pytest.approx([-1.0, -10.0])  # worst: the other stands
    best = decide.sweep(chicken, {"crash": [-10.0]}, selection="best").data.isel(draw=0)
    assert best["option_value"].values.tolist() == pytest.approx([0.0, 1.0])
    mixed = decide.sweep(chicken, {"crash": [-10.0]}, selection="mixed").data.isel(draw=0)
    assert mixed["option_value"].values.tolist() == pytest.approx([-(1 - q), -(1 - q)])
    assert mixed["choice"].values.tolist() == pytest.approx([q, 1 - q])
    assert float(mixed["margin"]) == 0.0


# ------------------------------------------------------------------ the shape of the data


def test_one_dataset_over_draws() -> None:
    study = decide.sweep(strike, 64, rng=0)
    data = study.data
    assert isinstance(data, xr.Dataset)
    assert (data.sizes["draw"], data.sizes["option"], data.sizes["player"]) == (64, 3, 2)
    for name in strike.parameters:
        assert data[name].dims == ("draw",)
        assert data[name].dtype == np.float64
    for name in PER_OPTION:
        for end in ("", "_low", "_high"):
            assert data[f"{name}{end}"].dims == ("draw", "option")
    for name in ("recommended", "selected", "modal_choice", "margin", "n_equilibria", "complete", "status"):
        assert data[name].dims == ("draw",)
    assert data["payoff"].dims == ("draw", "player")
    assert data["outcome_probability"].dims == ("draw", "option", "outcome")
    assert data["option"].values.tolist() == ["strike / depot", "strike / ships", "wait"]
    assert data["player"].values.tolist() == ["US", "Iran"]
    assert set(data["outcome"].values) == {"punished", "ships", "answered", "unanswered"}
    assert data["recommendation"].values.tolist() == ["strike / depot", "strike / ships", "wait", *CLASSES]
    assert data["complete"].dtype == bool


def test_codes_index_labelled_coordinates() -> None:
    data = decide.sweep(strike, 64, rng=0).data
    for name in ("recommended", "selected", "modal_choice", "status"):
        assert np.issubdtype(data[name].dtype, np.integer)
        labels = data[data[name].attrs["codes"]]
        assert 0 <= int(data[name].min()) <= int(data[name].max()) < labels.size
    assert data["status_message"].values[Status.SOLVED] == "solved"
    assert data["status_message"].size == len(Status)


def test_parameters_carry_their_unit_kind_and_source() -> None:
    attrs = decide.sweep(chicken, 5, rng=0).data["crash"].attrs
    assert (attrs["unit"], attrs["kind"], attrs["source"]) == ("utility", "value", "Rapoport & Guyer 1966")


def test_attributes_say_where_it_came_from() -> None:
    attrs = decide.sweep(strike, 50, rng=7, view="doubtful").data.attrs
    assert attrs["model"] == "models_for_tests:strike"
    assert attrs["method"] == "backward_induction"
    assert attrs["selection"] == "worst"
    assert (attrs["decider"], attrs["at"]) == ("US", "attacked")
    assert attrs["seed"] == "7"
    assert json.loads(attrs["base"]) == {"p_ordered": 0.1, "cost": 2.0}
    assert json.loads(attrs["settings"]) == {"guarded": True}
    design = json.loads(attrs["design"])
    assert (design["sampling"], design["draws"], design["drawn"]) == ("latin", 50, ["gain", "precision"])
    given_options = decide.sweep(strike, 5, rng=0, rationality={"Iran": 2.0}).data.attrs
    assert json.loads(given_options["options"]) == {"rationality": {"Iran": 2.0}}


def test_versions_name_the_library_itself() -> None:
    versions = json.loads(decide.sweep(chicken, 5, rng=0).data.attrs["versions"])
    assert versions["numpy"] == np.__version__
    assert versions["decide"] == decide.__version__


def test_a_study_is_frozen_and_shows_its_shares() -> None:
    study = decide.sweep(lumber, 100, rng=0)
    with pytest.raises(AttributeError):
        study.data = xr.Dataset()  # type: ignore[misc]
    shown = repr(study)
    assert "lumber" in shown
    assert "100 draws" in shown
    assert "large" in shown
    assert "%" in shown


def test_ties_are_within_a_billionth_of_the_payoff_range() -> None:
    @model(decider="one")
    def close(*, gap: Value = Parameter(0.5, low=-1, high=1)) -> NormalForm:
        return NormalForm.from_table({"go": 100 + gap, "stay": 100, "never": 0}, players=("one",))

    study = decide.sweep(close, {"gap": [0.0, 5e-8, -5e-8, 2e-7, -2e-7]})
    labels = study.data["recommendation"].values[study.data["recommended"].values].tolist()
    assert labels == ["mixed or tied"] * 3 + ["go", "stay"]
    assert study.data["margin"].values[:3].tolist() == [0.0, 0.0, 0.0]
    assert study.data["margin"].values[3] == pytest.approx(2e-7, rel=1e-6)
    assert study.data["advantage"].values[1, 0] == pytest.approx(5e-8, rel=1e-6)  # signed, tied or not


def test_values_that_rest_on_incredible_threats_are_marked() -> None:
    """Only where the method is merely Nash in a tree, and only for options not played."""
    merely_nash = decide.sweep(simultaneous, 30, rng=0, selection="best").data
    assert (merely_nash["incredible"].values == (merely_nash["choice"].values <= 1e-9)).all()
    assert merely_nash["incredible"].values.any()
    for m in (strike, entry, chicken):
        assert not decide.sweep(m, 30, rng=0).data["incredible"].values.any()


# ------------------------------------------------------------------ randomness


def test_seed_0_is_a_seed() -> None:
    a, b = decide.sweep(chicken, 50, rng=0), decide.sweep(chicken, 50, rng=0)
    assert a == b
    assert a.data.attrs["seed"] == "0"
    assert not np.array_equal(a.data["crash"], decide.sweep(chicken, 50, rng=1).data["crash"])
    assert not np.array_equal(a.data["crash"], decide.sweep(chicken, 50).data["crash"])


def test_without_a_seed_the_one_used_is_recorded() -> None:
    study = decide.sweep(chicken, 50)
    again = decide.sweep(chicken, 50, rng=int(study.data.attrs["seed"]))
    assert study == again


def test_a_generator_is_a_source_and_is_advanced() -> None:
    rng = np.random.default_rng(5)
    first, second = decide.sweep(chicken, 50, rng=rng), decide.sweep(chicken, 50, rng=rng)
    assert first != second
    assert decide.sweep(chicken, 50, rng=np.random.default_rng(5)) == first
    assert decide.sweep(chicken, 50, rng=int(first.data.attrs["seed"])) == first


def test_the_global_random_state_is_neither_read_nor_changed() -> None:
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # type: ignore[index, union-attr]  # noqa: NPY002
    a = decide.sweep(chicken, 50, rng=0)
    assert np.array_equal(before, np.random.get_state()[1])  # type: ignore[index]  # noqa: NPY002
    np.random.seed(4)  # noqa: NPY002
    assert decide.sweep(chicken, 50, rng=0) == a


@pytest.mark.parametrize("rng", [-1, "a", 1.5, True, np.random.RandomState(0)], ids=str)
def test_no_other_source_of_randomness(rng: Any) -> None:
    with pytest.raises(errors.StudyError, match=r"rng is .*expected None, an integer from 0 or"):
        decide.sweep(chicken, 10, rng=rng)


# ------------------------------------------------------------------ designs


@pytest.mark.parametrize("sampling", ["latin", "sobol", "halton", "plain"])
def test_every_kind_of_sampling_keeps_to_the_ranges(sampling: str) -> None:
    study = decide.sweep(marginals, 256, rng=0, sampling=sampling)
    assert json.loads(study.data.attrs["design"])["sampling"] == sampling
    for name, p in marginals.parameters.items():
        values = study.data[name].values
        if p.choices is not None:
            assert set(values) == set(p.choices)
        elif p.constant:
            assert (values == float(p)).all()
        else:
            assert (values >= p.low).all()  # type: ignore[operator]
            assert (values <= p.high).all()  # type: ignore[operator]
            assert len(np.unique(values)) == 256


@pytest.mark.parametrize("sampling", ["latin", "sobol", "halton", "plain"])
def test_every_kind_of_sampling_has_the_marginals_asked_for(sampling: str) -> None:
    data = decide.sweep(marginals, 2048, rng=3, sampling=sampling, keep="parameters").data
    for name, low, high, d in (
        ("normal", -1, 4, stats.norm(1, 2)),
        ("waiting", 0, math.inf, stats.expon(scale=2)),
        ("share", 0.1, 0.9, stats.beta(2, 5)),
        ("flat", -3, 3, stats.uniform(-3, 6)),
    ):

        def cdf(x: Any, d: Any = d, low: float = low, high: float = high) -> Any:
            return (d.cdf(x) - d.cdf(low)) / (d.cdf(high) - d.cdf(low))

        assert stats.kstest(data[name].values, cdf).pvalue > 1e-3, name
    counts = np.array([(data["count"].values == c).sum() for c in (1, 2, 5)])
    assert stats.chisquare(counts).pvalue > 1e-3


def test_a_latin_design_has_one_draw_in_every_stratum_of_every_replicate() -> None:
    data = decide.sweep(chicken, 200, rng=0, sampling="latin").data
    replicates = data["replicate"].values
    for r in np.unique(replicates):
        own = data["pride"].values[replicates == r] / 3
        assert sorted((own * len(own)).astype(int)) == list(range(len(own)))
    assert len(np.unique(replicates)) == 10


def test_a_sobol_design_is_balanced_and_says_when_it_cannot_be() -> None:
    data = decide.sweep(chicken, 128, rng=0, sampling="sobol").data
    for r in np.unique(data["replicate"]):
        own = data["pride"].values[data["replicate"].values == r] / 3
        assert sorted((own * len(own)).astype(int)) == list(range(len(own)))
    with pytest.warns(errors.DesignWarning, match=r"100 draws.*128"):
        decide.sweep(chicken, 100, rng=0, sampling="sobol")


@pytest.mark.parametrize("sampling", ["latin", "sobol", "halton", "plain"])
def test_one_draw_is_a_design_too(sampling: str) -> None:
    study = decide.sweep(chicken, 1, rng=0, sampling=sampling)
    assert study.data.sizes["draw"] == 1
    assert float(study.shares()["share"].sum()) == 1.0


def test_a_model_with_nothing_to_draw() -> None:
    settled = model(decider="one")(sure_thing)
    study = decide.sweep(settled, 5, rng=0)
    assert study.data["x"].values.tolist() == [3.0] * 5
    assert float(study.shares()["share"].sel(option="go")) == 1.0


def sure_thing(*, x: Value = Parameter(3.0)) -> NormalForm:
    return NormalForm.from_table({"go": x, "stay": 0}, players=("one",))


def test_the_users_own_design_is_taken_as_it_is() -> None:
    crash = np.array([-3.0, -30.0, -7.0])
    study = decide.sweep(chicken, {"crash": crash})
    assert study.data["crash"].values.tolist() == crash.tolist()
    assert study.data["pride"].values.tolist() == [1.0, 1.0, 1.0]
    assert study.data.sizes["draw"] == 3
    design = json.loads(study.data.attrs["design"])
    assert (design["sampling"], design["drawn"]) == ("given", ["crash"])
    both = decide.sweep(chicken, {"crash": crash, "pride": [0.5, 1, 2]})
    assert both.data["pride"].values.tolist() == [0.5, 1.0, 2.0]


def test_a_design_beside_a_base() -> None:
    study = decide.sweep(chicken, {"crash": [-3, -30]}, base={"pride": 2.5})
    assert study.data["pride"].values.tolist() == [2.5, 2.5]
    with pytest.raises(errors.StudyError, match="crash is in the design and fixed"):
        decide.sweep(chicken, {"crash": [-3, -30]}, view="optimist")


def test_a_view_fixes_what_it_says_and_the_rest_is_drawn() -> None:
    study = decide.sweep(strike, 80, rng=0, view="doubtful")
    assert (study.data["p_ordered"].values == 0.1).all()
    assert (study.data["cost"].values == 2.0).all()
    for name in ("gain", "precision"):
        p = strike.parameters[name]
        values = study.data[name].values
        assert len(np.unique(values)) == 80
        assert float(p.low) <= values.min() < values.max() <= float(p.high)  # type: ignore[arg-type]
    assert decide.sweep(strike, 80, rng=0, base="doubtful") == study
    assert decide.sweep(strike, 20, rng=0, view="base") == decide.sweep(strike, 20, rng=0)
    assert decide.sweep(strike, 80, rng=0, base={"p_ordered": 0.1, "cost": 2.0}) == study


def test_base_may_set_a_setting() -> None:
    study = decide.sweep(strike, 20, rng=0, base={"guarded": False, "precision": 50.0})
    assert json.loads(study.data.attrs["settings"]) == {"guarded": False}
    assert (study.data["precision"].values == 50).all()
    guarded = decide.sweep(strike, 20, rng=0, base={"precision": 50.0})
    assert np.array_equal(study.data["option_value"], guarded.data["option_value"])  # it is Iran's payoff alone
    assert not np.array_equal(study.data["payoff"].sel(player="Iran"), guarded.data["payoff"].sel(player="Iran"))


def test_constants_are_never_drawn() -> None:
    data = decide.sweep(strike, 30, rng=0).data
    assert (data["base_rate"].values == 1.0).all()
    assert "base_rate" not in json.loads(data.attrs["design"])["drawn"]


def test_a_copula_achieves_the_rank_correlation_and_keeps_the_marginals() -> None:
    pairs = {("normal", "waiting"): 0.7, ("share", "flat"): -0.5}
    n = 4096
    data = decide.sweep(marginals, n, rng=2, correlation=pairs, keep="parameters").data
    alone = decide.sweep(marginals, n, rng=2, keep="parameters").data
    names = ["normal", "waiting", "share", "flat", "count"]
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            rho = pairs.get((a, b), 0.0)
            expected = 6 / math.pi * math.asin(rho / 2)  # Spearman's, of a Gaussian copula
            seen = stats.spearmanr(data[a], data[b]).statistic
            assert seen == pytest.approx(expected, abs=0.05), (a, b)
    for name in ("normal", "waiting", "share", "flat"):
        assert stats.ks_2samp(data[name], alone[name]).pvalue > 1e-3
    assert json.loads(data.attrs["design"])["correlation"] == {"normal ~ waiting": 0.7, "share ~ flat": -0.5}


def test_the_design_does_not_depend_on_what_is_kept() -> None:
    whole = decide.sweep(chicken, 60, rng=0)
    part = decide.sweep(chicken, 60, rng=0, keep=["recommended", "crash"])
    assert set(map(str, part.data.data_vars)) == {"replicate", "recommended", "crash"}
    for name in ("recommended", "crash"):
        assert np.array_equal(whole.data[name], part.data[name])
    assert part.shares().identical(whole.shares())
    assert decide.sweep(chicken, 60, rng=0, keep="recommended").data["recommended"].equals(whole.data["recommended"])


def test_keep_names_all_parameters_at_once() -> None:
    part = decide.sweep(strike, 20, rng=0, keep=["parameters", "margin"])
    assert set(map(str, part.data.data_vars)) == {"replicate", "margin", *strike.parameters}
    with pytest.raises(errors.StudyError, match=r"did not keep 'recommended'.*keep="):
        part.shares()
    with pytest.raises(errors.StudyError, match="did not keep"):
        part.criteria()


@pytest.mark.parametrize("m", [stag_hunt, strike, simultaneous], ids=by_name)
def test_every_variable_can_be_kept_alone(m: Any) -> None:
    whole = decide.sweep(m, 12, rng=0)
    for name in map(str, whole.data.data_vars):
        if name != "replicate":
            assert decide.sweep(m, 12, rng=0, keep=[name]).data[name].identical(whole.data[name]), name


# ------------------------------------------------------------------ chunks and workers


@pytest.mark.parametrize("m", ALL, ids=by_name)
def test_results_do_not_depend_on_chunks(m: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = decide.sweep(m, 50, rng=0)
    design = {name: drawn.data[name].values for name in m.space.free}
    whole = decide.sweep(m, design)
    for chunk in (1, 7):
        monkeypatch.setattr("decide.study.tasks.CHUNK", chunk)
        monkeypatch.setattr("decide.solvers.backward_induction.CHUNK", max(chunk - 2, 1))
        monkeypatch.setattr("decide.solvers.supports.MOST_GAMES", max(chunk - 3, 1))
        monkeypatch.setattr("decide.solvers.certified.CHUNK", max(chunk - 1, 1))
        assert decide.sweep(m, design) == whole
        assert decide.sweep(m, 50, rng=0) == drawn


@pytest.mark.parametrize("m", [chicken, hesitant, strike, fragile], ids=by_name)
def test_results_do_not_depend_on_the_number_of_workers(m: Any) -> None:
    assert decide.sweep(m, 300, rng=0, workers=2) == decide.sweep(m, 300, rng=0, workers=1)


def test_workers_take_a_users_design_and_selection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("decide.study.tasks.CHUNK", 20)
    design = {"stag": np.linspace(2, 6, 50)}
    for keywords in ({}, {"selection": ours.fewest_stags}, {"keep": ["recommended"]}):
        one = decide.sweep(stag_hunt, design, **keywords)
        assert decide.sweep(stag_hunt, design, workers=2, **keywords) == one


@pytest.mark.parametrize("workers", [0, -1, 1.5, True, "2", None])
def test_workers_is_a_number_of_processes(workers: Any) -> None:
    with pytest.raises(errors.StudyError, match=r"workers is .*expected an integer from 1"):
        decide.sweep(chicken, 10, rng=0, workers=workers)


# ------------------------------------------------------------------ shares


def test_shares_count_every_draw_once() -> None:
    for m in (chicken, lumber, fragile, inspection):
        study = decide.sweep(m, 500, rng=0)
        shares = study.shares()
        assert shares["option"].values.tolist() == [*study.options, *CLASSES]
        assert float(shares["share"].sum()) == pytest.approx(1.0, abs=1e-12)
        codes = study.data["recommended"].values
        assert shares["share"].values.tolist() == [(codes == c).mean() for c in range(len(study.options) + 3)]
        assert (shares["error"] > 0).all()
        assert "not a probability" in shares.attrs["meaning"]


def test_shares_of_other_answers() -> None:
    study = decide.sweep(stag_hunt, 300, rng=0)
    for by in ("selected", "modal_choice"):
        shares = study.shares(by)
        codes = study.data[by].values
        assert shares["share"].values.tolist() == [(codes == c).mean() for c in range(5)]
        assert shares.attrs["by"] == by
    with pytest.raises(errors.UnknownNameError, match=r"'chosen'.*recommended"):
        study.shares("chosen")


def test_shares_converge_to_what_is_known() -> None:
    """lumber: none below 1/6, large above 8/13."""
    shares = decide.sweep(lumber, 2000, rng=0).shares()
    known = {"none": 1 / 6, "small": 8 / 13 - 1 / 6, "large": 5 / 13}
    for option, share in known.items():
        cell = shares.sel(option=option)
        assert abs(float(cell["share"]) - share) < 4 * float(cell["error"]) + 1e-9
        assert float(cell["error"]) < 0.002  # a Latin hypercube in one dimension


def errors_and_spread(sampling: str, n: int, seeds: int) -> tuple[float, float, float]:
    """Root mean square of the reported error, observed spread, and share of truths within two reported errors."""
    share, error = np.empty(seeds), np.empty(seeds)
    for seed in range(seeds):
        cell = decide.sweep(linear, n, rng=seed, sampling=sampling, keep="recommended").shares().sel(option="go")
        share[seed], error[seed] = float(cell["share"]), float(cell["error"])
    truth = 0.5
    assert abs(share.mean() - truth) < 4 * share.std() / math.sqrt(seeds)
    return (
        math.sqrt((error**2).mean()), math.sqrt(((share - truth) ** 2).mean()),
        float((np.abs(share - truth) <= 2 * error).mean()),
    )  # fmt: skip


def test_errors_are_honest() -> None:
    """Over many seeds the reported error is the spread that is seen: for plain draws and for the better design."""
    reported = {}
    for sampling in ("plain", "latin"):
        reported[sampling], spread, inside = errors_and_spread(sampling, 200, 120)
        assert 0.8 < reported[sampling] / spread < 1.25, sampling
        assert inside > 0.87, sampling
    assert reported["plain"] == pytest.approx(math.sqrt(0.25 / 200), rel=0.05)
    assert reported["latin"] < 0.75 * reported["plain"]


def test_errors_of_few_draws_are_not_too_small() -> None:
    """Below a hundred draws there is one replicate, and the error is that of plain draws, which is no smaller."""
    for sampling in ("plain", "latin"):
        reported, spread, inside = errors_and_spread(sampling, 40, 80)
        assert reported > 0.85 * spread
        assert inside > 0.87


def test_a_class_that_was_not_seen_is_not_called_impossible() -> None:
    shares = decide.sweep(linear, 1000, rng=0).shares()
    cell = shares.sel(option="failed")
    assert float(cell["share"]) == 0.0
    assert 0 < float(cell["error"]) < 0.01


# ------------------------------------------------------------------ failure


@pytest.mark.parametrize(
    ("m", "name", "limit", "status"),
    [
        (fragile, "x", 0.75, Status.INVALID_GAME),
        (fragile_alone, "x", 0.75, Status.INVALID_GAME),
        (improbable, "p", 1.0, Status.INVALID_GAME),
    ],
    ids=["payoff", "one by one", "chance"],
)
def test_failed_draws_are_a_class_of_their_own(m: Any, name: str, limit: float, status: Status) -> None:
    study = decide.sweep(m, 200, rng=0)
    data = study.data
    bad = data[name].values > limit
    assert 0 < bad.sum() < 200
    assert np.array_equal(data["status"].values != Status.SOLVED, bad)
    assert (data["status"].values[bad] == status).all()
    assert np.array_equal(study.failed, bad)
    for variable in data.data_vars.values():
        if np.issubdtype(variable.dtype, np.floating):
            assert np.isfinite(variable.values).all(), variable.name
    failed = len(study.options) + 2
    for answer in ("recommended", "selected", "modal_choice"):
        assert np.array_equal(data[answer].values == failed, bad)
    for filler in (*PER_OPTION, "margin", "payoff", "outcome_probability", "n_equilibria", "complete"):
        assert not data[filler].values[bad].any(), filler
        assert data[filler].values[~bad].any(), filler
    shares = study.shares()
    assert float(shares["share"].sel(option="failed")) == bad.mean()
    assert float(shares["share"].sum()) == pytest.approx(1.0)


def test_the_other_draws_are_solved_as_if_the_failed_ones_were_not_there() -> None:
    x = np.array([0.1, 0.8, 0.5, 0.9, 0.2])
    study = decide.sweep(fragile, {"x": x})
    good = decide.sweep(fragile, {"x": x[[0, 2, 4]]})
    for name in map(str, good.data.data_vars):
        assert np.array_equal(study.data[name].values[[0, 2, 4]], good.data[name].values), name


def test_statistics_refuse_what_failed() -> None:
    study = decide.sweep(fragile, {"x": [0.1, 0.5, 0.9]}, base={"y": 0.25})
    criteria = study.criteria()
    assert criteria.attrs["draws"] == 2
    assert criteria.attrs["failed"] == 1
    assert float(criteria["score"].sel(criterion="Laplace", option="go")) == pytest.approx(0.3)
    assert float(criteria["score"].sel(criterion="maximin", option="go")) == pytest.approx(0.1)
    all_failed = decide.sweep(fragile, {"x": [0.8, 0.9]})
    assert float(all_failed.shares()["share"].sel(option="failed")) == 1.0
    with pytest.raises(errors.StudyError, match="no draw was solved"):
        all_failed.criteria()


def test_a_base_that_makes_no_game_is_said_at_once() -> None:
    with pytest.raises(errors.PayoffError, match="nan"):
        decide.sweep(fragile, 10, rng=0, base={"x": 0.9})
    with pytest.raises(errors.ProbabilityError):
        decide.switch_points(improbable, "p", base={"p": 1.2})


@model(decider="guard", at="called")
def seldom_called(*, p: Value = Parameter(0.5, low=0, high=1)) -> ExtensiveForm:
    """A decision that chance may never lead to."""
    guard = Decision("guard", {"go": Outcome({"guard": 1}), "stay": Outcome({"guard": 0})}, infoset="called")
    other = Decision("guard", {"go": Outcome({"guard": 1}), "stay": Outcome({"guard": 0})}, infoset="called")
    return ExtensiveForm(
        Chance({"one": (p / 2, guard), "two": (p / 2, other), "never": (1 - p, Outcome({"guard": 0}))})
    )


def test_a_decision_that_is_never_reached_has_no_beliefs() -> None:
    study = decide.sweep(seldom_called, {"p": [0.0, 0.5]})
    assert study.data["status"].values.tolist() == [Status.UNREACHED, Status.SOLVED]
    assert study.data["option_value"].values.tolist() == [[0, 0], [1, 0]]
    assert float(study.shares()["share"].sel(option="failed")) == 0.5


# ------------------------------------------------------------------ selection


def test_worst_and_best_by_the_deciders_expectation(looped: Any) -> None:
    study, slow = looped(stag_hunt)
    design = {n: study.data[n].values for n in ("stag", "hare")}
    for rule, pick in (("worst", min), ("best", max)):
        found = decide.sweep(stag_hunt, design, selection=rule).data
        for k, many in enumerate(slow):
            w = pick(many, key=lambda w: w.payoff["hunter"])
            assert float(found["payoff"][k].sel(player="hunter")) == pytest.approx(w.payoff["hunter"], abs=1e-12)
        assert found.attrs["selection"] == rule
    assert study.data.attrs["selection"] == "worst"  # unless said


def test_mixed_is_the_only_mixed_one_or_none() -> None:
    study = decide.sweep(stag_hunt, {"stag": [4.0, 2.0], "hare": [3.0, 3.0]}, selection="mixed")
    assert study.data["status"].values.tolist() == [Status.SOLVED, Status.NO_SELECTION]
    assert study.data["choice"].values[0].tolist() == pytest.approx([0.75, 0.25])
    assert study.data["recommendation"].values[study.data["selected"].values].tolist() == ["mixed or tied", "failed"]


def test_a_function_picks() -> None:
    study = decide.sweep(stag_hunt, {"stag": [4.0, 5.0, 2.0]}, selection=ours.fewest_stags)
    assert study.data["choice"].sel(option="stag").values.tolist() == [0.0, 0.0, 0.0]
    assert study.data["payoff"].sel(player="hunter").values.tolist() == [3.0, 3.0, 3.0]
    assert study.data.attrs["selection"] == "models_for_tests:fewest_stags"
    assert study.data["recommended"].values.tolist()[:2] == [3, 3]  # still depends on equilibrium


@pytest.mark.parametrize("m", [stag_hunt, strike], ids=by_name)
def test_a_function_may_pick_none(m: Any) -> None:
    study = decide.sweep(m, 10, rng=0, selection=lambda found: None)
    assert (study.data["status"].values == Status.NO_SELECTION).all()
    assert float(study.shares("selected")["share"].sel(option="failed")) == 1.0


@pytest.mark.parametrize("m", [stag_hunt, strike, simultaneous], ids=by_name)
def test_a_function_is_asked_in_every_world(m: Any) -> None:
    asked: list[int] = []

    def first(found: tuple[Any, ...]) -> Any:
        asked.append(len(found))
        return found[0]

    study = decide.sweep(m, {m.space.free[0]: np.linspace(*_range(m), 7)}, selection=first)
    assert asked[-7:] == study.data["n_equilibria"].values.tolist()


def _range(m: Any) -> tuple[float, float]:
    p = m.parameters[m.space.free[0]]
    return float(p.low), float(p.high)


def test_what_is_no_selection() -> None:
    with pytest.raises(errors.UnknownNameError, match=r"'wrost'.*'worst'"):
        decide.sweep(chicken, 10, rng=0, selection="wrost")
    with pytest.raises(errors.StudyError, match=r"selection is 3; expected"):
        decide.sweep(chicken, 10, rng=0, selection=3)  # type: ignore[arg-type]


# ------------------------------------------------------------------ criteria


def test_criteria_by_hand() -> None:
    study = decide.sweep(lumber, {"p_good": [0.0, 0.5, 1.0]})
    found = study.criteria(optimism=0.25, threshold=0.0)
    value = {"large": [-180, 10, 200], "small": [-20, 40, 100], "none": [0, 0, 0]}
    best = [max(v[k] for v in value.values()) for k in range(3)]
    assert found["criterion"].values.tolist() == [
        "maximin", "minimax loss", "Hurwicz", "Laplace", "satisficing", "maximax", "expected loss", "percentile",
    ]  # fmt: skip
    for option, v in value.items():
        score = found["score"].sel(option=option)
        by_hand = [
            min(v), max(b - x for b, x in zip(best, v, strict=True)), 0.25 * max(v) + 0.75 * min(v), sum(v) / 3,
            sum(x >= 0 for x in v) / 3, max(v), sum(b - x for b, x in zip(best, v, strict=True)) / 3, min(v),
        ]  # fmt: skip
        assert score.values.tolist() == pytest.approx(by_hand, abs=1e-9)
    assert found["best"].values.tolist() == ["none", "small", "small", "small", "none", "large", "small", "none"]
    assert (found.attrs["optimism"], found.attrs["threshold"]) == (0.25, 0.0)


def test_what_satisfices_is_the_best_value_at_base_unless_said() -> None:
    study = decide.sweep(lumber, 50, rng=0)
    found = study.criteria()
    assert found.attrs["threshold"] == pytest.approx(40.0)  # small, at p = 0.5
    assert found.attrs["optimism"] == 0.5
    values = study.data["option_value"].values
    score = found["score"].sel(criterion="satisficing").values
    assert score.tolist() == pytest.approx((values >= found.attrs["threshold"]).mean(axis=0).tolist())
    assert decide.Study(study.data).criteria().identical(found)


def test_several_options_may_be_best_by_a_criterion() -> None:
    study = decide.sweep(lumber, {"p_good": [1 / 6]})
    assert str(study.criteria()["best"].sel(criterion="maximin").values) == "mixed or tied"


@pytest.mark.parametrize("optimism", [-0.1, 1.1, math.nan])
def test_optimism_is_a_weight(optimism: float) -> None:
    with pytest.raises(errors.StudyError, match=r"optimism is .*expected a number in"):
        decide.sweep(lumber, 10, rng=0).criteria(optimism=optimism)


# ------------------------------------------------------------------ frames and files


def test_a_frame_has_one_row_a_draw() -> None:
    study = decide.sweep(strike, 25, rng=0)
    frame = study.to_dataframe()
    assert frame.shape[0] == 25
    assert frame.index.name == "draw"
    assert frame["cost"].tolist() == study.data["cost"].values.tolist()
    column = frame["option_value[strike / ships]"].tolist()
    assert column == study.data["option_value"].sel(option="strike / ships").values.tolist()
    assert frame["payoff[Iran]"].tolist() == study.data["payoff"].sel(player="Iran").values.tolist()
    cell = study.data["outcome_probability"].sel(option="wait", outcome="unanswered")
    assert frame["outcome_probability[wait, unanswered]"].tolist() == cell.values.tolist()
    named = study.data["recommendation"].values[study.data["recommended"].values]
    assert frame["recommended"].tolist() == named.tolist()
    assert set(frame["status"]) == {"solved"}


@pytest.mark.parametrize("m", [*ALL, fragile, marginals, no_labels], ids=by_name)
def test_a_saved_study_comes_back_as_it_was(m: Any, tmp_path: Path) -> None:
    study = decide.sweep(m, 30, rng=0)
    study.save(tmp_path / "run.nc")
    again = Study.load(tmp_path / "run.nc")
    assert again == study
    assert repr(again) == repr(study)
    assert again.options == study.options
    assert again.shares().equals(study.shares())
    assert again.criteria().equals(study.criteria())
    frame = study.to_dataframe()
    assert again.to_dataframe()[list(frame.columns)].equals(frame)  # the file may list variables in another order
    for name, variable in study.data.variables.items():
        assert again.data[name].dims == variable.dims
        assert np.array_equal(again.data[name].values, variable.values)


def test_words_of_any_language_survive(tmp_path: Path) -> None:
    @model(decider="Räuber")
    def überfall(
        *, mühe: Value = Parameter(0.5, low=0, high=1, unit="€", doc="Mühe — größer als null", source="§ 3")
    ) -> NormalForm:
        """Überfall: “ja” oder „nein“ ✓."""
        return NormalForm.from_table({"größe ✓": mühe, "nichts": 0.25}, players=("Räuber",))

    study = decide.sweep(überfall, 10, rng=0)
    study.save(str(tmp_path / "run.nc"))
    again = Study.load(str(tmp_path / "run.nc"))
    assert again == study
    assert again.options == ("größe ✓", "nichts")
    assert again.data["mühe"].attrs["doc"] == "Mühe — größer als null"


def test_the_comparison_of_views_survives(tmp_path: Path) -> None:
    study = decide.compare_views(strike)
    study.save(tmp_path / "run.nc")
    again = Study.load(tmp_path / "run.nc")
    assert again == study
    assert again.data["view"].values.tolist() == ["base", "sure", "doubtful"]


def test_the_file_opens_with_xarray_alone_and_holds_no_pickle(tmp_path: Path) -> None:
    file = tmp_path / "run.nc"
    study = decide.sweep(strike, 30, rng=0)
    study.save(file)
    script = (
        "import sys, xarray as xr\n"
        f"data = xr.open_dataset({str(file)!r})\n"
        "assert not any(name.split('.')[0] == 'decide' for name in sys.modules)\n"
        "words = [v for v in data.variables.values() if v.dtype.kind not in 'biuf']\n"
        "assert all(isinstance(x, str) for v in words for x in v.values.ravel().tolist()), words\n"
        "print(data.sizes['draw'], data['option'].values.tolist(), float(data['cost'].sum()), data.attrs['model'])\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    total = float(study.data["cost"].sum())
    assert run.stdout.strip() == f"30 {list(study.options)} {total} models_for_tests:strike"
    raw = file.read_bytes()
    assert raw[:3] == b"CDF"
    for trace in (b"pickle", b"copyreg", b"__reduce__", b"decide.models", b"\x80\x05\x95", b"\x80\x04\x95"):
        assert trace not in raw


def test_what_is_no_study_is_refused(tmp_path: Path) -> None:
    study = decide.sweep(chicken, 30, rng=0)
    study.save(tmp_path / "good.nc")
    whole = (tmp_path / "good.nc").read_bytes()
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(tmp_path / "other.nc", engine="scipy")
    (tmp_path / "empty.nc").write_bytes(b"")
    (tmp_path / "text.nc").write_text("this is no netCDF file, whatever its name says")
    (tmp_path / "noise.nc").write_bytes(np.random.default_rng(0).bytes(4096))
    (tmp_path / "cut.nc").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "head.nc").write_bytes(whole[:40])
    for name in ("other", "empty", "text", "noise", "cut", "head"):
        with pytest.raises(errors.StudyError, match=f"{name}.nc is no study"):
            Study.load(tmp_path / f"{name}.nc")
    with pytest.raises(FileNotFoundError, match=r"missing\.nc"):
        Study.load(tmp_path / "missing.nc")


# ------------------------------------------------------------------ progress, interruption, going on


def test_progress_is_called_with_done_and_total() -> None:
    seen: list[tuple[int, int]] = []
    decide.sweep(chicken, 500, rng=0, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (500, 500)
    assert len(seen) > 1
    done = [d for d, _ in seen]
    assert done == sorted(set(done))
    assert {t for _, t in seen} == {500}


def test_progress_shows_a_line_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    decide.sweep(chicken, 200, rng=0)
    quiet = capsys.readouterr()
    assert quiet.out == quiet.err == ""
    decide.sweep(chicken, 200, rng=0, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "200 of 200 worlds solved (100%)" in shown.err
    assert shown.err.endswith("\n")


def interrupted(m: Any, design: Any, after: int, **keywords: Any) -> Study:
    """Run a sweep that is stopped once `after` draws are done, and return what it saved."""

    def stop(done: int, total: int) -> None:
        if done >= after:
            raise KeyboardInterrupt

    with pytest.raises(errors.Interrupted) as caught:
        decide.sweep(m, design, progress=stop, **keywords)
    assert isinstance(caught.value, KeyboardInterrupt)
    study = caught.value.study
    assert isinstance(study, Study)
    assert after <= study.data.sizes["draw"] < (design if isinstance(design, int) else len(next(iter(design.values()))))
    assert f"after {study.data.sizes['draw']} of" in str(caught.value)
    return study


@pytest.mark.parametrize("m", [chicken, strike, fragile, hesitant], ids=by_name)
def test_an_interrupted_sweep_can_go_on(m: Any) -> None:
    whole = decide.sweep(m, 300, rng=0)
    part = interrupted(m, 300, 100, rng=0)
    n = part.data.sizes["draw"]
    for name in part.data.data_vars:
        assert np.array_equal(part.data[name], whole.data[name][:n]), name
    assert decide.sweep(m, 300, rng=0, resume=part) == whole


def test_going_on_solves_only_what_is_left() -> None:
    part = interrupted(chicken, 300, 100, rng=0)
    seen: list[int] = []
    decide.sweep(chicken, 300, rng=0, resume=part, progress=lambda done, total: seen.append(done))
    assert min(seen) > part.data.sizes["draw"]
    assert seen[-1] == 300


def test_a_sweep_may_be_interrupted_twice() -> None:
    first = interrupted(chicken, 300, 60, rng=0)
    second = interrupted(chicken, 300, 150, rng=0, resume=first)
    assert second.data.sizes["draw"] > first.data.sizes["draw"]
    assert decide.sweep(chicken, 300, rng=0, resume=second) == decide.sweep(chicken, 300, rng=0)


def test_going_on_with_workers_and_with_fixed_values() -> None:
    for keywords in ({"workers": 2}, {"view": "pessimist"}, {"base": {"pride": 2.0}}, {"selection": "best"}):
        part = interrupted(chicken, 300, 100, rng=0, **keywords)
        assert decide.sweep(chicken, 300, rng=0, resume=part, **keywords) == decide.sweep(
            chicken, 300, rng=0, **keywords
        )


@pytest.mark.parametrize("keywords", [{}, {"base": {"pride": 2.0}}], ids=["all drawn", "one fixed"])
def test_going_on_from_a_file(keywords: dict[str, Any], tmp_path: Path) -> None:
    interrupted(chicken, 300, 100, rng=0, **keywords).save(tmp_path / "part.nc")
    part = Study.load(tmp_path / "part.nc")
    assert decide.sweep(chicken, 300, rng=0, resume=part, **keywords) == decide.sweep(chicken, 300, rng=0, **keywords)


def test_going_on_with_constants_from_a_file(tmp_path: Path) -> None:
    interrupted(strike, 300, 100, rng=0).save(tmp_path / "part.nc")
    part = Study.load(tmp_path / "part.nc")
    assert decide.sweep(strike, 300, rng=0, resume=part) == decide.sweep(strike, 300, rng=0)


def test_going_on_with_a_design_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("decide.study.tasks.CHUNK", 10)
    design = {"crash": np.linspace(-50, -1, 45)}
    part = interrupted(chicken, design, 20)
    assert decide.sweep(chicken, design, resume=part) == decide.sweep(chicken, design)


def test_going_on_with_another_design_of_the_same_length_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("decide.study.tasks.CHUNK", 10)
    part = interrupted(chicken, {"crash": np.linspace(-50, -1, 45)}, 20)
    with pytest.raises(errors.StudyError, match="resume"):
        decide.sweep(chicken, {"crash": np.linspace(-9, -1, 45)}, resume=part)


def test_going_on_without_a_seed_takes_the_one_recorded() -> None:
    part = interrupted(chicken, 300, 100)
    whole = decide.sweep(chicken, 300, resume=part)
    assert whole == decide.sweep(chicken, 300, rng=int(part.data.attrs["seed"]))


@pytest.mark.parametrize(
    "change",
    [
        {"rng": 1}, {"sampling": "plain"}, {"decider": "Column"}, {"method": "pure"}, {"selection": "best"},
        {"base": {"pride": 2.0}}, {"keep": None}, {"correlation": {("crash", "pride"): 0.5}},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_going_on_with_another_question_is_refused(change: dict[str, Any]) -> None:
    asked = {"rng": 0, "keep": ["recommended"]}
    part = interrupted(chicken, 300, 100, **asked)
    with pytest.raises(errors.StudyError, match="resume"):
        decide.sweep(chicken, 300, **(asked | change), resume=part)


def test_going_on_with_another_setting_or_model_is_refused() -> None:
    part = interrupted(strike, 300, 100, rng=0)
    with pytest.raises(errors.StudyError, match="resume"):
        decide.sweep(strike, 300, rng=0, base={"guarded": False}, resume=part)
    with pytest.raises(errors.StudyError, match="resume"):
        decide.sweep(chicken, 300, rng=0, resume=part)
    with pytest.raises(errors.StudyError, match="resume"):
        decide.sweep(strike, 400, rng=0, resume=part)


# ------------------------------------------------------------------ labels are labels


@given(st.integers(0, 2**32 - 1), st.permutations(range(3)), st.permutations(range(3)), st.booleans())
@settings(deadline=None, max_examples=20)
def test_order_and_names_change_nothing_but_order_and_names(
    seed: int, rows: list[int], columns: list[int], swap: bool
) -> None:
    rng = np.random.default_rng(seed)
    A, B, slope = rng.normal(size=(3, 3)), rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    x = np.linspace(-1, 1, 9)
    own, others = ["a", "b", "c"], ["u", "v", "w"]
    new = {"a": "zeta", "b": "alpha", "c": "mu", "u": "X", "v": "Y", "w": "W"}

    @model(decider="P")
    def plain(*, x: Value = Parameter(0, low=-1, high=1)) -> NormalForm:
        table = {(own[i], others[j]): (A[i, j] + slope[i, j] * x, B[i, j]) for i in range(3) for j in range(3)}
        return NormalForm.from_table(table, players=("P", "Q"))

    @model(decider="P")
    def other(*, x: Value = Parameter(0, low=-1, high=1)) -> NormalForm:
        table = {}
        for i in rows:
            for j in columns:
                names = (new[own[i]], new[others[j]])
                pay = (A[i, j] + slope[i, j] * x, B[i, j])
                table[names[::-1] if swap else names] = pay[::-1] if swap else pay
        return NormalForm.from_table(table, players=("Q", "P") if swap else ("P", "Q"))

    one, two = decide.sweep(plain, {"x": x}), decide.sweep(other, {"x": x})
    renamed = [new[o] for o in one.options]
    for name in (*PER_OPTION, "option_value_low", "option_value_high", "choice_low", "choice_high"):
        assert np.allclose(one.data[name], two.data[name].sel(option=renamed), rtol=0, atol=1e-9), name
    for name in ("margin", "n_equilibria", "complete", "tied", "status"):
        assert np.allclose(one.data[name], two.data[name], rtol=0, atol=1e-9), name
    assert np.allclose(one.data["payoff"], two.data["payoff"].sel(player=["P", "Q"]), rtol=0, atol=1e-9)
    for name in ("recommended", "selected", "modal_choice"):
        words = [one.data["recommendation"].values[c] for c in one.data[name].values]
        theirs = [two.data["recommendation"].values[c] for c in two.data[name].values]
        assert [new.get(str(w), str(w)) for w in words] == [str(w) for w in theirs], name
    share, theirs = one.shares()["share"], two.shares()["share"]
    assert share.values[:3].tolist() == theirs.sel(option=renamed).values.tolist()


def test_the_order_of_a_trees_moves_changes_nothing() -> None:
    @model(decider="mill")
    def backwards(*, p_good: Value = Parameter(0.5, low=0, high=1)) -> ExtensiveForm:
        return ExtensiveForm(Decision("mill", dict(reversed(lumber(p_good=p_good).subtree().moves.items()))))

    one, two = decide.sweep(lumber, 60, rng=0), decide.sweep(backwards, 60, rng=0)
    assert two.options == one.options[::-1]
    order = list(one.options)
    for name in (*PER_OPTION, "outcome_probability"):
        theirs = two.data[name].sel(option=order)
        if name == "outcome_probability":
            theirs = theirs.sel(outcome=one.data["outcome"].values)
        assert np.allclose(one.data[name], theirs, rtol=0, atol=1e-12)
    assert one.shares()["share"].equals(two.shares()["share"].sel(option=one.shares()["option"]))


# ------------------------------------------------------------------ what a model must be


def test_a_model_that_mixes_worlds_is_refused() -> None:
    with pytest.raises(errors.ModelError, match=r"not_elementwise is not elementwise.*@model\(batched=False\)"):
        decide.sweep(not_elementwise, 100, rng=0)
    with pytest.raises(errors.ModelError, match="not elementwise"):
        decide.sweep(not_elementwise, {"x": [0.1, 0.5, 0.9]})


def test_it_is_refused_when_only_the_others_payoff_mixes_worlds() -> None:
    @model(decider="Row")
    def sly(*, x: Value = Parameter(0.5, low=0, high=1)) -> NormalForm:
        mean = np.mean(x)
        return NormalForm.from_table(
            {("a", "l"): (1, x - mean), ("a", "r"): (0, 0), ("b", "l"): (0, x - mean), ("b", "r"): (1, 0.01)}
        )

    with pytest.raises(errors.ModelError, match="sly is not elementwise"):
        decide.sweep(sly, 100, rng=0)


def test_a_model_that_mixes_worlds_may_be_called_one_by_one() -> None:
    m = model(decider="one", batched=False)(not_elementwise.function)
    study = decide.sweep(m, 20, rng=0)
    assert (study.data["option_value"].sel(option="go").values == 0).all()


def test_only_a_model_can_be_swept() -> None:
    for thing in (chicken(), chicken.function, None, "chicken"):
        with pytest.raises(errors.StudyError, match="expected a model"):
            decide.sweep(thing, 10)  # type: ignore[arg-type]


# ------------------------------------------------------------------ the decision


@model(decider="US")
def two_places(*, p: Value = Parameter(0.5, low=0, high=1)) -> ExtensiveForm:
    """The decider has two first information sets."""

    def act(infoset: str, gain: float) -> Decision:
        return Decision("US", {"go": Outcome({"US": gain}), "stay": Outcome({"US": 0.0})}, infoset=infoset)

    return ExtensiveForm(Chance({"east": (p, act("in the east", 1.0)), "west": (1 - p, act("in the west", -1.0))}))


def test_a_decision_must_be_named_where_there_are_several() -> None:
    with pytest.raises(errors.SolveError, match=r"US has 2 first.*'in the east', 'in the west'.*at="):
        decide.sweep(two_places, 10, rng=0)
    east = decide.sweep(two_places, 10, rng=0, at="in the east")
    assert (east.data["option_value"].sel(option="go").values == 1).all()
    west = decide.sweep(two_places, 10, rng=0, at="in the west")
    assert (west.data["option_value"].sel(option="go").values == -1).all()
    assert east.data.attrs["at"] == "in the east"


def test_a_decision_is_the_first_one() -> None:
    with pytest.raises(errors.SolveError, match=r"at is 'target', before which US has moved"):
        decide.sweep(strike, 10, rng=0, at="target")
    with pytest.raises(errors.UnknownNameError, match=r"'atacked'.*'attacked'"):
        decide.sweep(strike, 10, rng=0, at="atacked")
    with pytest.raises(errors.StudyError, match="normal form"):
        decide.sweep(chicken, 10, rng=0, at="somewhere")


def test_another_players_decision() -> None:
    study = decide.sweep(chicken, 20, rng=0, decider="Column")
    mine = decide.sweep(chicken, 20, rng=0)
    assert study.data.attrs["decider"] == "Column"
    assert np.allclose(study.data["option_value_low"], mine.data["option_value_low"])  # the game is symmetric
    with pytest.raises(errors.UnknownNameError, match=r"'Colum'.*'Column'"):
        decide.sweep(chicken, 20, rng=0, decider="Colum")


def test_somebody_must_decide() -> None:
    nobody = model(chicken.function)
    with pytest.raises(errors.StudyError, match="names no decider; expected decider= one of Row, Column"):
        decide.sweep(nobody, 10, rng=0)
    assert decide.sweep(nobody, 10, rng=0, decider="Row").options == ("swerve", "stand")


# ------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("keywords", "error", "words"),
    [
        ({"keep": ["recomended"]}, errors.UnknownNameError, ["recomended", "'recommended'"]),
        ({"keep": "crsh"}, errors.UnknownNameError, ["crsh", "'crash'"]),
        ({"sampling": "latn"}, errors.UnknownNameError, ["latn", "'latin'"]),
        ({"method": "nsh"}, errors.SolveError, ["nsh", "'nash'"]),
        ({"method": "backward_induction"}, errors.SolveError, ["backward_induction", "tree"]),
        ({"rationality": 3}, errors.SolveError, ["rationality"]),
        ({"view": "optimist", "base": {"pride": 1}}, errors.StudyError, ["view", "base"]),
        ({"correlation": {("crash", "prid"): 0.5}}, errors.UnknownNameError, ["prid", "'pride'"]),
        ({"correlation": {("crash", "crash"): 0.5}}, errors.StudyError, ["crash", "two different"]),
        ({"correlation": {"crash": 0.5}}, errors.StudyError, ["crash", "pair"]),
        ({"correlation": {("crash", "pride"): 1.5}}, errors.StudyError, ["1.5", "between -1 and 1"]),
        ({"correlation": {("crash", "pride"): 0.5}, "view": "optimist"}, errors.UnknownNameError, ["crash"]),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, dict) else "",
)
def test_bad_keywords(keywords: dict[str, Any], error: type[Exception], words: list[str]) -> None:
    with pytest.raises(error) as caught:
        decide.sweep(chicken, 20, rng=0, **keywords)
    for word in words:
        assert word in str(caught.value)


def test_correlations_that_contradict_each_other() -> None:
    pairs = {("normal", "waiting"): 0.9, ("waiting", "share"): 0.9, ("normal", "share"): -0.9}
    with pytest.raises(errors.StudyError, match="contradict"):
        decide.sweep(marginals, 20, rng=0, correlation=pairs)


@pytest.mark.parametrize("design", [0, -5, 1.5, True, "100", None, float("inf")])
def test_a_number_of_draws_is_a_positive_integer(design: Any) -> None:
    with pytest.raises(errors.StudyError, match=r"expected an integer from 1"):
        decide.sweep(chicken, design, rng=0)


@pytest.mark.parametrize(
    ("design", "error", "words"),
    [
        ({"crash": [-3, -4], "pride": [1, 2, 3]}, errors.StudyError, ["2", "3", "length"]),
        ({"crash": []}, errors.StudyError, ["0", "at least 1"]),
        ({"crash": [[-3, -4], [-5, -6]]}, errors.StudyError, ["crash", "(2, 2)"]),
        ({"crash": [-3, math.nan]}, errors.ModelError, ["crash", "nan"]),
        ({"crash": ["low", "high"]}, errors.ModelError, ["crash", "expected"]),
        ({"crsh": [-3]}, errors.UnknownNameError, ["crsh", "'crash'"]),
    ],
    ids=["lengths", "empty", "two dimensions", "not a number", "words", "unknown"],
)
def test_bad_designs(design: dict[str, Any], error: type[Exception], words: list[str]) -> None:
    with pytest.raises(error) as caught:
        decide.sweep(chicken, design)
    for word in words:
        assert word in str(caught.value)
    with pytest.raises(errors.StudyError, match="correlation is given with a design of your own"):
        decide.sweep(chicken, {"crash": [-3.0]}, correlation={("crash", "pride"): 0.5})


def test_a_design_names_parameters_not_settings() -> None:
    with pytest.raises(errors.UnknownNameError, match="'guarded'"):
        decide.sweep(strike, {"guarded": [True, False]})


# ------------------------------------------------------------------ views side by side


def test_views_side_by_side() -> None:
    study = decide.compare_views(strike)
    assert study.data["view"].values.tolist() == ["base", "sure", "doubtful"]
    assert study.data["view"].dims == ("draw",)
    for k, view in enumerate(("base", "sure", "doubtful")):
        (found,) = worlds(strike, {n: v for n, v in strike.values(view).items() if n in strike.parameters})
        for option in study.options:
            cell = study.data["option_value"][k].sel(option=option)
            assert float(cell) == pytest.approx(found.value[option], abs=1e-12)
    some = decide.compare_views(strike, ["doubtful"], base={"gain": 4.0})
    assert some.data["gain"].values.tolist() == [4.0]
    assert some.data["cost"].values.tolist() == [2.0]
    with pytest.raises(errors.UnknownNameError, match=r"'doubtfull'.*'doubtful'"):
        decide.compare_views(strike, ["doubtfull"])


def test_the_frame_of_views_names_the_views() -> None:
    frame = decide.compare_views(strike).to_dataframe()
    assert frame.index.tolist() == ["base", "sure", "doubtful"]


def test_a_sweep_is_as_complete_as_the_solution() -> None:
    """Where chance never leads to a set of several nodes, beliefs there are open, in a sweep as in `solve`."""
    study = decide.sweep(ours.open_beliefs, {"p": [0.0, 0.2]})
    assert study.data["complete"].values.tolist() == [False, True]
    assert [decide.solve(ours.open_beliefs, base={"p": p}).complete for p in (0.0, 0.2)] == [False, True]
