"""Every file of the catalogue keeps the rules of the house; the founding case is exactly as its evidence states."""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import decide
from decide import Model, NormalForm, Status, catalogue, errors
from decide.parameters import KINDS

NAMES = catalogue.names()
ROCKET = [name for name in NAMES if name.startswith("rocket_attack")]


def cases(m: Model[Any]) -> list[dict[str, Any]]:
    """The base and every view, under every value of the boolean settings."""
    found = [dict(m.values(view)) for view in ("base", *m.views)]
    for name, value in m.settings.items():
        if isinstance(value, bool):
            found += [{**values, name: not value} for values in found]
    return found


# ------------------------------------------------------------------ every file


def test_one_file_is_one_model() -> None:
    files = sorted(p.stem for p in Path(catalogue.__file__).parent.glob("*.py") if p.stem != "__init__")
    assert list(NAMES) == files == sorted(NAMES)
    assert {"rocket_attack", "rocket_attack_simultaneous"} <= set(NAMES)


def test_an_unknown_model_names_the_nearest() -> None:
    with pytest.raises(errors.UnknownNameError, match=r"'rocket_atack'.*did you mean 'rocket_attack'"):
        decide.load("rocket_atack")
    with pytest.raises(errors.UnknownNameError, match="'__init__'"):
        catalogue.known("__init__")


@pytest.mark.parametrize("name", NAMES)
def test_the_file_says_what_a_file_must(name: str) -> None:
    module = importlib.import_module(f"decide.catalogue.{name}")
    m = decide.load(name)
    assert isinstance(m, Model)
    assert m.name == name
    assert m is getattr(module, name)
    assert m.__doc__
    assert m.__doc__.strip()
    story = module.__doc__ or ""
    for part in ("**Story.**", "**Payoffs.**"):
        assert part in story
    assert len(module.KNOWN) > 0
    assert m.decider in m().players


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_says_what_it_is(name: str) -> None:
    for key, p in decide.load(name).parameters.items():
        assert p.doc, key
        assert p.unit, key
        assert p.kind in KINDS, key
        assert p.source, key
        if p.low is not None and p.high is not None:
            assert p.low <= float(p) <= p.high, key
            assert math.isfinite(p.low), key
            assert math.isfinite(p.high), key


@pytest.mark.parametrize("name", NAMES)
def test_every_view_names_known_parameters(name: str) -> None:
    m = decide.load(name)
    for view, values in m.views.items():
        assert values, view
        for key, value in values.items():
            assert key in m.parameters or key in m.settings, (view, key)
            assert key in m.settings or math.isfinite(value), (view, key)


@pytest.mark.parametrize("name", NAMES)
def test_base_and_views_solve_and_certify(name: str) -> None:
    m = decide.load(name)
    for values in cases(m):
        answer = decide.solve(m, base=values)
        assert answer.status is Status.SOLVED
        assert answer.count >= 1
        assert answer.complete
        for e in answer.equilibria:
            assert e.residual <= 1e-9
            assert all(0 <= p <= 1 for x in e.profile for p in x)
            assert all(abs(float(x.sum()) - 1) < 1e-12 for x in e.profile)
            assert all(math.isfinite(u) for u in e.payoffs.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_equals_its_scalars(name: str) -> None:
    m = decide.load(name)
    cube = np.random.default_rng(0).random((5, len(m.space.free)))
    arrays = m.space.values(cube)
    many = decide.solve(m, base=arrays)
    assert many.shape == (5,)
    for k in range(5):
        alone = decide.solve(m, base={n: float(v[k]) for n, v in arrays.items()})
        assert many[k].count == alone.count
        for a, b in zip(many[k].equilibria, alone.equilibria, strict=True):
            for x, y in zip(a.profile, b.profile, strict=True):
                assert np.abs(x - y).max() < 1e-12
            for player, payoff in b.payoffs.items():
                assert a.payoffs[player] == pytest.approx(payoff, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_worlds_from_all_over_the_ranges_are_solved(name: str) -> None:
    study = decide.sweep(decide.load(name), 300, rng=0, keep=["recommended", "status"])
    assert not study.failed.any()


def check_known(m: Model[Any], row: dict[str, Any]) -> None:
    """Hold one row of KNOWN against the model; a row must state something that can be checked."""
    assert row["source"], row
    base = {**m.views.get(row["base"], {}), **row["values"]} if row["base"] != "base" else dict(row["values"])
    slack = 0.5000001 * 10.0 ** -row.get("decimals", 9)
    claims = set(row) - {"base", "values", "decimals", "source"}
    assert claims, row
    assert claims <= {"option_value", "equilibria"}, f"{claims} is not checked here: teach the test"
    if "option_value" in row:
        data = decide.sweep(m, {}, base=base).data.isel(draw=0)
        assert set(row["option_value"]) == set(map(str, data["option"].values))
        for option, value in row["option_value"].items():
            assert abs(float(data["option_value"].sel(option=option)) - value) <= slack, (row, option)
    if "equilibria" in row:
        found = decide.solve(m, base=base)
        assert found.complete
        assert found.count == len(row["equilibria"])
        for known in row["equilibria"]:
            assert any(
                all(abs(e.strategies[p].get(a, math.nan) - x) <= slack for p, s in known.items() for a, x in s.items())
                for e in found.equilibria
            ), known


@pytest.mark.parametrize(("name", "k"), [(name, k) for name in NAMES for k in range(len(catalogue.known(name)))])
def test_what_is_known_holds(name: str, k: int) -> None:
    check_known(decide.load(name), catalogue.known(name)[k])


# ------------------------------------------------------------------ the founding case, number by number

B, V, W, S = "belief", "value", "other's payoff", "structure"

# name, kind, low, base, high, hawks, doves, analysts, reads
EVIDENCE: list[tuple[str, str, float, float, float, float | None, float | None, float | None, str]] = [
    ("p_iran_ordered", B, 0.05, 0.35, 0.90, 0.75, 0.25, 0.25, "P5 P6 P17"),
    ("detect", B, 0.2, 0.5, 0.8, None, None, None, "P6 P17"),
    ("control_of_proxy", B, 0.2, 0.6, 0.9, 0.85, 0.40, 0.45, "P17-P19"),
    ("control_if_ordered", B, 0.5, 0.85, 1.0, None, None, None, "P19"),
    ("p_breakable", B, 0.01, 0.12, 0.60, 0.50, 0.04, 0.04, "P5 P24 P25"),
    ("wait_option", B, 0.1, 0.5, 0.9, 0.20, 0.60, 0.70, "P25"),
    ("iran_weakness", W, 1.0, 1.4, 2.0, 1.9, 1.3, None, "P10 P26 P27"),
    ("resolve_signal", W, 0.0, 4.0, 10.0, 8.0, 2.0, None, "P11 P28"),
    ("blame", W, 0.0, 0.4, 1.0, None, None, None, "P17"),
    ("cost_answer", W, 0.0, 2.0, 8.0, None, None, None, "P10 P27"),
    ("iran_face", W, 2.0, 8.0, 20.0, 5.0, 12.0, None, "P15 P16"),
    ("iran_fear", W, 0.02, 0.15, 0.40, 0.07, 0.16, None, "P16 P27"),
    ("war_risk_agg", B, 0.05, 0.25, 0.60, 0.08, 0.40, None, "P6 P8"),
    ("war_risk_mod", B, 0.01, 0.05, 0.15, None, 0.03, None, "P6"),
    ("inadvertent", B, 0.0, 0.10, 0.40, 0.05, 0.20, None, "P6"),
    ("revenge", W, 1.0, 3.0, 6.0, None, None, None, "P15"),
    ("militia_cost", W, 0.0, 0.5, 3.0, None, None, None, "assumed"),
    ("deter_mod", W, 0.0, 3.0, 6.0, 1.0, 4.0, None, "P24"),
    ("deter_agg", W, 0.0, 5.0, 9.0, 6.0, 4.0, None, "P11 P28"),
    ("p_harm_agg", B, 0.05, 0.20, 0.50, 0.10, 0.30, None, "P14"),
    ("p_harm_mod", B, 0.01, 0.05, 0.15, None, None, None, "P7"),
    ("evict_threshold", B, 2.0, 4.0, 6.5, 5.0, 3.7, None, "P6 P12 P14"),
    ("evict_noise", S, 0.5, 1.0, 2.0, None, None, None, "assumed"),
    ("cost_cycle", V, 3.0, 12.0, 40.0, None, None, None, "P22"),
    ("cost_evict", V, 5.0, 20.0, 50.0, None, None, None, "P12"),
    ("cost_iraqi_army", V, 2.0, 8.0, 25.0, None, None, None, "P14"),
    ("value_talks", V, 10.0, 30.0, 60.0, None, None, None, "P25"),
    ("cost_inaction", V, 0.0, 4.0, 12.0, 6.0, None, None, "assumed"),
    ("cost_wrong_target", V, 0.0, 6.0, 15.0, None, None, None, "P6"),
    ("value_guilty", V, 0.0, 4.0, 12.0, None, None, None, "P5 P28"),
    ("precision", S, 0.1, 0.3, 2.0, None, None, None, "assumed"),
]

# Structural numbers: +-50 % around these, zeros constant; views set one of them: the hawks' moderate resolve, to 0.
STRUCTURE = {
    "strain_none": 0.0, "strain_moderate": 1.0, "strain_in_iraq": 2.4, "strain_on_iran": 1.4,
    "strain_patriots": 0.5, "strain_harm": 2.0, "strain_attacks": 1.0,
    "pain_none": 0.0, "pain_moderate": 0.1, "pain_in_iraq": 0.3, "pain_on_iran": 1.0,
    "resolve_none": 0.0, "resolve_moderate": 0.25, "resolve_in_iraq": 0.5, "resolve_on_iran": 1.0,
    "iran_avenge_none": 0.2, "iran_avenge_moderate": 0.3, "iran_avenge_in_iraq": 0.8, "iran_avenge_on_iran": 1.5,
    "militia_avenge_none": 0.3, "militia_avenge_moderate": 0.6, "militia_avenge_in_iraq": 1.5,
    "militia_avenge_on_iran": 0.6,
    "war_risk_none": 0.01, "war_share_in_iraq": 0.5,
    "fear_none": 0.04, "fear_moderate": 0.2, "fear_in_iraq": 0.5, "fear_on_iran": 1.0,
    "deter_none": 0.0, "deter_share_on_iran": 0.5,
    "harm_none": 0.0, "harm_on_iran": 0.0,
}  # fmt: skip

OPTIONS = ("none", "moderate", "aggressive / in Iraq", "aggressive / on Iran")

# view, choosing exactly, and the US's expected points of each option at "no direct evidence"
TABLE = [
    ("base", False, (-10.50, -7.98, -22.86, -16.25)), ("base", True, (-16.22, -2.31, -26.10, -11.72)),
    ("hawks", False, (-10.93, -6.24, -4.97, 11.03)), ("hawks", True, (-18.05, -13.08, -4.15, 12.73)),
    ("doves", False, (-11.73, -10.11, -39.00, -51.19)), ("doves", True, (-16.48, -18.25, -48.43, -60.81)),
    ("analysts", False, (-10.91, -8.35, -23.15, -18.21)), ("analysts", True, (-16.22, -2.31, -24.93, -14.50)),
]  # fmt: skip
BELIEF = {"base": 0.212, "hawks": 0.600, "doves": 0.143, "analysts": 0.143}


@pytest.fixture(scope="module")
def rocket() -> Model[Any]:
    return decide.load("rocket_attack")


@pytest.mark.parametrize("row", EVIDENCE, ids=lambda row: row[0])
def test_a_parameter_is_the_evidences(rocket: Model[Any], row: Any) -> None:
    name, kind, low, base, high, *views, reads = row
    p = rocket.parameters[name]
    assert (p.low, float(p), p.high) == (low, base, high)
    assert p.kind == kind
    assert p.distribution is None
    assert set(reads.split()) <= set(p.source.split())
    for view, value in zip(("hawks", "doves", "analysts"), views, strict=True):
        assert rocket.views[view].get(name) == value, view


@pytest.mark.parametrize("name", STRUCTURE)
def test_a_structural_number_is_the_evidences(rocket: Model[Any], name: str) -> None:
    p, base = rocket.parameters[name], STRUCTURE[name]
    assert float(p) == base
    assert p.kind == S
    assert p.group
    assert name.startswith(("war", p.group))
    if base == 0:
        assert p.constant
    else:
        assert (p.low, p.high) == (pytest.approx(base / 2), pytest.approx(base * 1.5))


def test_there_is_nothing_else_in_it(rocket: Model[Any]) -> None:
    assert list(rocket.parameters) == [*(row[0] for row in EVIDENCE), *STRUCTURE]
    assert dict(rocket.settings) == {"patriots": True, "exact": False}
    assert list(rocket.views) == ["hawks", "doves", "analysts"]
    said = {view: {row[0] for row, k in ((r, i) for r in EVIDENCE) if row[k] is not None} for view, i in
            (("hawks", 5), ("doves", 6), ("analysts", 7))}  # fmt: skip
    said["hawks"].add("resolve_moderate")
    for view, names in said.items():
        assert set(rocket.views[view]) == names
    assert rocket.views["hawks"]["resolve_moderate"] == 0.0
    assert (rocket.decider, rocket.at) == ("US", "no direct evidence")


def test_its_tree_is_the_evidences(rocket: Model[Any]) -> None:
    tree = rocket()
    assert tree.players == ("US", "Iran", "militia")
    assert set(tree.outcomes) == {"attacks go on", "evicted", "war", "talks", "innocents killed", "escalation"}
    assert set(tree.infosets["US"]) == {
        "direct evidence", "no direct evidence", "direct evidence: target", "no direct evidence: target",
    }  # fmt: skip
    moves = {tree.structure.infosets[h].actions for h in range(len(tree.structure.infosets))}
    assert moves == {
        ("none", "moderate", "aggressive"), ("in Iraq", "on Iran"), ("escalate", "tolerate", "restrain", "talk"),
        ("attack", "stop"),
    }  # fmt: skip


@pytest.mark.parametrize("name", ROCKET)
def test_illustrative_is_said(name: str) -> None:
    module = importlib.import_module(f"decide.catalogue.{name}")
    assert "illustrative" in (module.__doc__ or "").lower()
    assert "illustrative" in (decide.load(name).__doc__ or "").lower()
    assert "illustrative" in decide.sweep(decide.load(name), 5, rng=0).data.attrs["title"].lower()


@pytest.mark.parametrize(("view", "exact", "values"), TABLE)
def test_the_table_at_scalars(rocket: Model[Any], view: str, exact: bool, values: tuple[float, ...]) -> None:
    base = {**rocket.views.get(view, {}), "exact": exact}
    study = decide.sweep(rocket, {}, base=base)
    assert study.options == OPTIONS
    found = study.data["option_value"].values[0]
    assert [f"{x:.2f}" for x in found] == [f"{x:.2f}" for x in values]
    best = OPTIONS[int(np.argmax(values))]
    assert study.data["recommendation"].values[study.data["recommended"].values[0]] == best


@pytest.mark.parametrize("exact", [False, True])
def test_the_table_inside_a_batch(rocket: Model[Any], exact: bool) -> None:
    """The four rows lie scattered among a thousand other worlds."""
    rows = dict(zip(("base", "hawks", "doves", "analysts"), (0, 333, 700, 999), strict=True))
    cube = np.random.default_rng(1).random((1000, len(rocket.space.free)))
    design = {name: np.array(column) for name, column in rocket.space.values(cube).items()}
    for view, k in rows.items():
        for name in design:
            design[name][k] = rocket.values(view)[name]
    study = decide.sweep(rocket, design, base={"exact": exact})
    for view, k in rows.items():
        (values,) = [v for name, e, v in TABLE if (name, e) == (view, exact)]
        assert [f"{x:.2f}" for x in study.data["option_value"].values[k]] == [f"{x:.2f}" for x in values]


@pytest.mark.parametrize("view", BELIEF)
def test_the_belief_that_iran_ordered_at_the_set(rocket: Model[Any], view: str) -> None:
    for exact in (False, True):
        e = decide.solve(rocket, base={**rocket.views.get(view, {}), "exact": exact}).equilibria[0]
        belief = e.beliefs["US"]["no direct evidence"]
        ordered = sum(p for path, p in belief.items() if path.startswith("ordered"))
        assert f"{ordered:.3f}" == f"{BELIEF[view]:.3f}"
        assert sum(belief.values()) == pytest.approx(1.0)
        assert list(e.beliefs["US"]["direct evidence"].values()) == [1.0]


# ------------------------------------------------------------------ the founding case, by hand


class Hand:
    """The case as plain arithmetic on one world, written from the evidence and not from the tree."""

    def __init__(self, v: dict[str, Any]) -> None:
        self.v = v
        keys = ("none", "moderate", "in_iraq", "on_iran")
        for group in ("strain", "pain", "resolve", "iran_avenge", "militia_avenge", "fear"):
            setattr(self, group, {o: v[f"{group}_{k}"] for o, k in zip(OPTIONS, keys, strict=True)})
        risks = (v["war_risk_none"], v["war_risk_mod"], v["war_share_in_iraq"] * v["war_risk_agg"], v["war_risk_agg"])
        deter = (v["deter_none"], v["deter_mod"], v["deter_agg"], v["deter_share_on_iran"] * v["deter_mod"])
        harm = (v["harm_none"], v["p_harm_mod"], v["p_harm_agg"], v["harm_on_iran"])
        self.risk, self.deter, self.harm = (dict(zip(OPTIONS, x, strict=True)) for x in (risks, deter, harm))

    def end(self, o: str, guilty: bool, harmed: bool, breakable: bool, move: str, attacks: bool) -> dict[str, float]:
        v = self.v
        strain = self.strain[o] + v["strain_harm"] * harmed + v["strain_attacks"] * attacks  # type: ignore[attr-defined]
        strain += v["strain_patriots"] * v["patriots"]
        evicted = 0.5 * math.erfc((v["evict_threshold"] - strain) / v["evict_noise"] / math.sqrt(2))
        war = self.risk[o] * (1.0 if move == "escalate" else v["inadvertent"])
        us = -v["cost_cycle"] * attacks - v["cost_evict"] * evicted - 100 * war - v["cost_iraqi_army"] * harmed
        us += v["value_talks"] * (move == "talk") - v["cost_inaction"] * (o == "none")
        if o == "aggressive / on Iran":
            us += v["value_guilty"] if guilty else -v["cost_wrong_target"]
        militia = 10 * evicted
        if attacks:
            militia += v["revenge"] * (self.militia_avenge[o] + harmed) - self.deter[o] - v["militia_cost"]  # type: ignore[attr-defined]
        shown = self.resolve[o] * v["resolve_signal"]  # type: ignore[attr-defined]
        iran = 15 * evicted
        if move == "escalate":
            fear = 40 * v["iran_fear"] * self.fear[o]  # type: ignore[attr-defined]
            iran += v["iran_face"] * self.iran_avenge[o] - v["iran_weakness"] * (shown + fear + v["cost_answer"])  # type: ignore[attr-defined]
        elif move == "tolerate":
            iran -= v["iran_weakness"] * v["blame"] * attacks * shown
        elif move == "talk":
            gain = 12 * self.pain[o] * v["iran_weakness"] * (1 - v["wait_option"])  # type: ignore[attr-defined]
            iran += -10 + (gain if breakable else -50)
        return {
            "US": us, "Iran": iran, "militia": militia, "attacks go on": float(attacks), "evicted": evicted,
            "war": war, "talks": float(move == "talk"), "innocents killed": float(harmed),
            "escalation": float(move == "escalate"),
        }  # fmt: skip

    def choose(self, mover: str, ends: list[dict[str, float]]) -> dict[str, float]:
        worth = [e[mover] for e in ends]
        if self.v["exact"]:
            weights = [float(w == max(worth)) for w in worth]
        else:
            weights = [math.exp(self.v["precision"] * (w - max(worth))) for w in worth]
        return mixed([(w / sum(weights), e) for w, e in zip(weights, ends, strict=True)])

    def option(self, o: str, guilty: bool) -> dict[str, float]:
        v, parts = self.v, []
        obeys = v["control_if_ordered"] if guilty else v["control_of_proxy"]
        for harmed, p in ((True, self.harm[o]), (False, 1 - self.harm[o])):
            for breakable, q in ((True, v["p_breakable"]), (False, 1 - v["p_breakable"])):

                def end(move: str, attacks: bool, h: bool = harmed, b: bool = breakable) -> dict[str, float]:
                    return self.end(o, guilty, h, b, move, attacks)

                free = {
                    m: self.choose("militia", [end(m, True), end(m, False)]) for m in ("tolerate", "restrain", "talk")
                }
                moves = [end("escalate", True), free["tolerate"]]
                moves += [mixed([(obeys, end(m, False)), (1 - obeys, free[m])]) for m in ("restrain", "talk")]
                parts.append((p * q, self.choose("Iran", moves)))
        return mixed(parts)

    @property
    def belief(self) -> float:
        hidden = self.v["p_iran_ordered"] * (1 - self.v["detect"])
        return float(hidden / (hidden + 1 - self.v["p_iran_ordered"]))

    def unsure(self, o: str) -> dict[str, float]:
        return mixed([(self.belief, self.option(o, True)), (1 - self.belief, self.option(o, False))])


def mixed(parts: list[tuple[float, dict[str, float]]]) -> dict[str, float]:
    return {k: sum(p * e[k] for p, e in parts) for k in parts[0][1]}


@pytest.mark.parametrize(("view", "exact", "values"), TABLE)
def test_the_hand_written_case_gives_the_table(
    rocket: Model[Any], view: str, exact: bool, values: tuple[float, ...]
) -> None:
    hand = Hand({**rocket.values(view), "exact": exact})
    assert [f"{hand.unsure(o)['US']:.2f}" for o in OPTIONS] == [f"{x:.2f}" for x in values]


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("patriots", [True, False])
def test_the_tree_equals_the_hand_written_case_anywhere(rocket: Model[Any], exact: bool, patriots: bool) -> None:
    settings = {"exact": exact, "patriots": patriots}
    for at, value_of in (("no direct evidence", Hand.unsure), ("direct evidence", lambda h, o: h.option(o, True))):
        study = decide.sweep(rocket, 30, rng=3, base=settings, at=at)
        assert study.options == OPTIONS
        worth, odds = study.data["option_value"].values, study.data["outcome_probability"].values
        drawn = {n: study.data[n].values for n in rocket.parameters}
        tied = study.data["tied"].values  # near-ties of others get equal weights in the tree, the better one by hand
        assert tied.sum() <= (8 if exact else 0)
        for k in np.flatnonzero(~tied):
            hand = Hand({**{n: float(v[k]) for n, v in drawn.items()}, **settings})
            for j, o in enumerate(OPTIONS):
                by_hand = value_of(hand, o)
                assert worth[k, j] == pytest.approx(by_hand["US"], abs=1e-10)
                labels = [by_hand[str(label)] for label in study.data["outcome"].values]
                assert odds[k, j].tolist() == pytest.approx(labels, abs=1e-12)


def test_exact_play_is_the_limit_of_precision(rocket: Model[Any]) -> None:
    exact = decide.compare_views(rocket, base={"exact": True}).data
    limit = decide.compare_views(rocket, base={"precision": np.inf}).data
    assert np.allclose(exact["option_value"], limit["option_value"], rtol=0, atol=1e-9)
    assert np.array_equal(exact["recommended"], limit["recommended"])


def test_striking_iran_is_worth_less_the_likelier_the_war(rocket: Model[Any]) -> None:
    for view in ("base", "doves"):
        base = {n: v for n, v in rocket.views.get(view, {}).items() if n != "war_risk_agg"}
        study = decide.sweep(rocket, {"war_risk_agg": np.linspace(0.05, 0.6, 12)}, base=base)
        assert (np.diff(study.data["option_value"].sel(option="aggressive / on Iran")) < 0).all(), view


@pytest.mark.parametrize("view", ["base", "hawks", "doves", "analysts"])
def test_the_simultaneous_game_equals_the_hand_written_case(view: str) -> None:
    m = decide.load("rocket_attack_simultaneous")
    game = m(**dict(m.views.get(view, {})))
    assert isinstance(game, NormalForm)
    assert game.players == ("US", "Iran")
    assert game.actions == (OPTIONS, ("stand down", "continue", "escalate"))
    hand = Hand(m.values(view))
    moves = {"stand down": ("restrain", False), "continue": ("tolerate", True), "escalate": ("escalate", True)}
    for i, o in enumerate(OPTIONS):
        for j, (move, attacks) in enumerate(moves.values()):
            cell = mixed([
                (g * h, hand.end(o, guilty, harmed, False, move, attacks))
                for guilty, g in ((True, hand.belief), (False, 1 - hand.belief))
                for harmed, h in ((True, hand.harm[o]), (False, 1 - hand.harm[o]))
            ])  # fmt: skip
            assert game.payoffs[:, i, j].tolist() == pytest.approx([cell["US"], cell["Iran"]], abs=1e-10)


def test_the_simultaneous_game_has_the_same_parameters_and_views(rocket: Model[Any]) -> None:
    m = decide.load("rocket_attack_simultaneous")
    assert m.parameters == rocket.parameters
    assert m.views == rocket.views
    assert m.at is None
