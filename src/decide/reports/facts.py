"""Everything a brief says, computed before a word of it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from decide.errors import DecideError, StudyError, unknown
from decide.evaluate import CLASSES, FAILED
from decide.questions import Flip, Intervals, nearest_flip, region_map, structures, switch_points, tornado
from decide.reports.answers import Answer, by_setting, solve_alternative
from decide.reports.robustness import RobustnessTable, checked_near_tie, drawn, every_alternative
from decide.reports.source import Source, illustrative, story_of
from decide.solution import Solution
from decide.solvers import solve
from decide.study import Progress, Scenarios, Study, progress_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Facts", "gather", "strongest"]

T = TypeVar("T")

#: A two-way map is drawn of the two parameters that flip the answer by the smallest move.
MAPPED = 2
#: So many parameters are moved together for a counterfactual one can read.
FEW = 3
#: Results that may be at hand.
MADE_BY = {"tornado": "decide.tornado", "map": "decide.region_map", "structures": "decide.structures",
           "importance": "Study.importance"}  # fmt: skip
COMPUTED = ("tornado", "map", "flips", "structures", "importance", "scenarios")


@dataclass(eq=False)
class Facts:
    """What is known when a brief is written.

    Attributes
    ----------
    study : Study
    source : Source or None
        How it asked; None for a study from a file without its model. Then only the study's own data speak.
    title, note : str
    limits : tuple of str
        What the model leaves out, as the caller says it.
    date : str
    near_tie : float
    looked : tuple of str
        Parameters that are looked at one by one; `unlooked` are those without a finite range.
    table : RobustnessTable or None
        The base and all alternatives.
    worlds : Study or None
        The base and the views that could be solved, one draw each.
    swept : dict of str to Study
        Sweeps of what the base and each view leave open.
    bars, area : xarray.Dataset or None
        The tornado and the map.
    switches : dict of str to Intervals
        Of the parameters that alone flip the answer at base, the smallest move first.
    unanswered : dict of str to Intervals
        Of the parameters along which some world has no answer.
    flips : dict of str to dict of str to Flip
        From the base and each view, by how many parameters move: ``one``, ``all``, at base also ``few``.
    solution : Solution or None
        The equilibria at base.
    structures, importance : xarray.Dataset or None
        Assumptions of the model itself made otherwise, in every view; which parameter the answer varies with.
    scenarios : mapping of str to Scenarios
        For every option that is ever worth most, in which corner of the ranges.
    trouble : dict of str to str
        Which part could not be computed, and why.
    computed : mapping
        Results that were at hand.
    """

    study: Study
    source: Source | None
    title: str
    note: str
    limits: tuple[str, ...]
    date: str
    near_tie: float
    pictures: bool = True
    looked: tuple[str, ...] = ()
    unlooked: tuple[str, ...] = ()
    table: RobustnessTable | None = None
    worlds: Study | None = None
    swept: dict[str, Study] = field(default_factory=dict)
    bars: xr.Dataset | None = None
    area: xr.Dataset | None = None
    switches: dict[str, Intervals] = field(default_factory=dict)
    unanswered: dict[str, Intervals] = field(default_factory=dict)
    flips: dict[str, dict[str, Flip]] = field(default_factory=dict)
    solution: Solution | None = None
    structures: xr.Dataset | None = None
    importance: xr.Dataset | None = None
    scenarios: Mapping[str, Scenarios] = field(default_factory=dict)
    trouble: dict[str, str] = field(default_factory=dict)
    computed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def question(self) -> str:
        """The first sentence of the story that ends in a question mark; else empty."""
        if self.source is None:
            return ""
        for told in (story_of(self.source.model), self.source.model.function.__doc__ or ""):
            first, mark, _ = " ".join(told.split()).partition("?")
            if mark and len(first) < 300 and ". " not in first:
                return f"{first}?"
        return ""

    @property
    def base(self) -> Answer | None:
        """The answer at base."""
        return self.table.rows[0] if self.table is not None else None

    @property
    def views(self) -> tuple[Answer, ...]:
        """The answers at base and in every view."""
        return () if self.table is None else tuple(a for a in self.table.rows if a.kind in ("base", "view"))

    @property
    def decider(self) -> str:
        """Whose decision it is."""
        return str(self.study.data.attrs["decider"])

    @property
    def in_units(self) -> str:
        """The unit of the decider's payoffs, as its value parameters state it, if they agree; else empty."""
        known = self.source.model.parameters.values() if self.source is not None else ()
        units = {p.unit for p in known if p.kind == "value"} - {"utility"}
        if len(units) != 1:
            return ""
        unit = units.pop()
        return f" ({unit})" if "=" in unit else f", in {unit}"

    @property
    def scale(self) -> float:
        """The size of the option values."""
        own = [abs(v) for a in (self.table.rows if self.table else ()) for v in a.values.values()]
        if not own and "option_value" in self.study.data:
            own = [float(np.abs(self.study.data["option_value"].values).max(initial=0.0))]
        return max(own, default=0.0)


def gather(
    study: Study,
    source: Source | None,
    *,
    title: str | None,
    note: str | None,
    limits: tuple[str, ...],
    date: str,
    parameters: Iterable[str] | None,
    settings: Mapping[str, Iterable[Any]] | None,
    methods: Mapping[str, Mapping[str, Any]] | None,
    near_tie: float | None,
    draws: int,
    resolution: int,
    rng: int | np.random.Generator | None,
    pictures: bool,
    computed: Mapping[str, Any],
    progress: Progress,
) -> Facts:
    """Compute everything; a part that cannot be computed is named with its reason, and the rest goes on."""
    own_title = str(study.data.attrs["title"]) if source is None else _first_line(source)
    word = note if note is not None else "illustrative numbers" if _calls(source, own_title) else ""
    shown = title if title is not None else own_title.replace(f" ({word})", "") if word else own_title
    if source is None:
        spread = float(np.ptp(study.data["option_value"].values)) if "option_value" in study.data else 0.0
        threshold = 0.02 * spread if near_tie is None else near_tie
        return Facts(study, None, shown, word, limits, date, threshold, pictures)
    facts = Facts(study, source, shown, word, limits, date, checked_near_tie(near_tie, source), pictures)
    facts.looked, facts.unlooked = _looked(source, parameters)
    facts.computed = checked_results(computed, source, study)
    for name in settings or {}:
        if name not in source.model.settings:
            raise unknown(f"setting of {source.model.name}", name, source.model.settings)
    steps: list[tuple[str, Callable[[], None]]] = [
        ("alternatives", lambda: _alternatives(facts, settings, methods, draws, rng)),
        ("equilibria", lambda: _equilibria(facts)),
        ("assumptions of the model", lambda: _structures(facts, settings)),
        ("importance", lambda: _importance(facts, rng)),
        ("scenarios", lambda: _scenarios(facts)),
        ("tornado", lambda: _bars(facts, resolution)),
        ("switch points", lambda: _switches(facts, resolution)),
        ("map", lambda: _area(facts, resolution)),
        *((f"flips: {a}", lambda a=a: _flips(facts, a, resolution, rng)) for a in ("base", *source.model.views)),
    ]
    show = progress_of(progress, "parts of the brief computed")
    for k, (name, step) in enumerate(steps):
        try:
            step()
        except DecideError as error:
            facts.trouble[name] = str(error)
        show(k + 1, len(steps))
    return facts


def checked_results(computed: Mapping[str, Any], source: Source, study: Study) -> Mapping[str, Any]:
    """Refuse results of another kind or another question: of another model, method, rule, base or answer."""
    if not isinstance(computed, Mapping):
        raise StudyError(f"computed is {computed!r}; expected results by name: {', '.join(COMPUTED)}")
    for name, found in computed.items():
        if name not in COMPUTED:
            raise unknown("result (in computed)", name, COMPUTED)
        _check_kind(name, found)
    base = source.ask()
    answer = base.labels[int(base.base["recommended"][0])]
    own = {"model": source.model.name, "decider": base.problem.decider, "method": base.problem.method,
           "selection": str(base.problem.selection)}  # fmt: skip
    of_study = {key: str(study.data.attrs[key]) for key in ("model", "decider", "selection")}
    as_it_is = {key: own[key] for key in ("model", "decider", "method")}
    for name, known in (("tornado", own), ("map", own), ("structures", as_it_is), ("importance", of_study)):
        for key, value in known.items() if name in computed else ():
            if (found := computed[name].attrs.get(key)) != value:
                raise StudyError(f"the {name} in computed has {key} {found!r}, but the study's is {value!r}")
    if "tornado" in computed and computed["tornado"].attrs["base_value"] != float(base.base["option_value"][0].max()):
        raise StudyError("the tornado in computed starts from another base than the study's")
    _check_importance(computed, study)
    _check_structures(computed, source)
    for option, found in computed.get("scenarios", {}).items():
        if option not in study.options:
            raise unknown("option (in computed scenarios)", option, study.options)
        if (n := found.draws + found.failed) != study.data.sizes["draw"]:
            raise StudyError(f"the scenarios in computed look at {n} worlds; the study has {study.data.sizes['draw']}")
    for start, flips in computed.get("flips", {}).items():
        if start != "base" and start not in source.model.views:
            raise unknown("view (in computed flips)", start, ["base", *source.model.views])
        for flip in flips:
            if start == "base" and flip.instead_of != answer:
                raise StudyError(
                    f"a flip in computed starts from {flip.instead_of!r}; the answer at base is {answer!r}"
                )
    return computed


def _check_kind(name: str, found: Any) -> None:
    """Refuse what is no such result at all, before anything is read from it."""
    import xarray as xr

    if name == "flips":
        right = isinstance(found, Mapping) and all(
            isinstance(flips, Iterable) and all(isinstance(flip, Flip) for flip in flips) for flips in found.values()
        )
        expected = "sequences of Flip by view"
    elif name == "scenarios":
        right = isinstance(found, Mapping) and all(isinstance(s, Scenarios) for s in found.values())
        expected = "Scenarios by option"
    else:
        column = {"tornado": "flips", "map": "area", "structures": "recommended", "importance": "constant"}[name]
        right, expected = isinstance(found, xr.Dataset) and column in found, f"what {MADE_BY[name]} returns"
    if not right:
        raise StudyError(f"{name} in computed is {_shown(found)}; expected {expected}")


def _shown(found: Any) -> str:
    """A value in an error: short, or only its type."""
    told = repr(found)
    return told if len(told) < 80 else f"a {type(found).__name__}"


def _check_importance(computed: Mapping[str, Any], study: Study) -> None:
    """An importance is that of the recommendation, over parameters that the study drew."""
    if "importance" not in computed:
        return
    found = computed["importance"]
    if found.attrs.get("of") != "recommended":
        raise StudyError(f"the importance in computed is of {found.attrs.get('of')!r}; expected of 'recommended'")
    options = [o for o in map(str, found["option"].values) if o not in CLASSES]
    if options != list(study.options):
        raise StudyError(f"the importance in computed is of the options {options}; the study's are {study.options}")


def _check_structures(computed: Mapping[str, Any], source: Source) -> None:
    """The first row of structures is the model as it is: in the base view it is the study's own base world."""
    if "structures" not in computed:
        return
    found, base = computed["structures"], source.ask()
    views = [str(v) for v in found["view"].values]
    held = {k: v for k, v in source.fixed.items() if k in source.model.settings}
    if "base" not in views or source.model.values(held) != source.values:
        return  # a study may hold parameters fixed that structures, which looks through views, leaves at base
    one = found.isel(structure=0, view=views.index("base"))
    values = one["option_value"].values
    n = len(base.options)
    same = [str(o) for o in found["option"].values][:n] == list(base.options)
    if not same or not np.allclose(values[:n], base.base["option_value"][0], rtol=1e-9, atol=1e-12):
        raise StudyError("the structures in computed start from another base than the study's")


def _kind(flip: Flip) -> str:
    """How many parameters a flip moves, as `Facts.flips` names it."""
    return "one" if flip.norm == "one" else "few" if len(flip.changes) <= FEW else "all"


def _first_line(source: Source) -> str:
    return (source.model.function.__doc__ or source.model.name).strip().splitlines()[0].rstrip(".")


def _calls(source: Source | None, title: str) -> bool:
    return illustrative(None if source is None else source.model, title)


def _looked(source: Source, parameters: Iterable[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Parameters to look at one by one, and those that have no finite range."""
    space = source.model.space
    named = space.free if parameters is None else tuple(parameters)
    finite: list[str] = []
    endless: list[str] = []
    for name in named:
        p = space[name]
        whole = p.choices is not None or (p.low is not None and np.isfinite([p.low, p.high or 0.0]).all())
        (finite if whole and not p.constant else endless).append(name)
    if parameters is not None and endless:
        raise StudyError(f"{endless[0]} has no finite range; expected parameters that can vary")
    return tuple(finite), tuple(endless)


def _alternatives(
    facts: Facts,
    settings: Mapping[str, Iterable[Any]] | None,
    methods: Mapping[str, Mapping[str, Any]] | None,
    draws: int,
    rng: int | np.random.Generator | None,
) -> None:
    """Solve the base and every alternative, and draw what each leaves open."""
    source = facts.source
    assert source is not None
    rows, worlds = [], {}
    for one in every_alternative(source, settings, methods, None):
        strict = one.kind in ("base", "method", "selection")
        answer, world = solve_alternative(source, one, facts.near_tie, strict=strict)
        try:
            answer, swept = drawn(source, one, answer, draws, rng, facts.study)
        except DecideError as error:  # a range without ends, say
            facts.trouble[f"shares: {one.name}"], swept = str(error), None
        rows.append(answer)
        if one.kind in ("base", "view"):
            if world is not None and answer.values:
                worlds[one.name] = world
            if swept is not None and swept is not facts.study and not (one.kind == "base" and by_setting(facts.study)):
                facts.swept[one.name] = swept
    facts.table = RobustnessTable(
        tuple(rows), facts.study.options, facts.decider, facts.title, facts.note, facts.near_tie, draws
    )
    facts.worlds = _side_by_side(worlds)


def _side_by_side(worlds: Mapping[str, Study]) -> Study | None:
    """Put studies of one draw each into one, with their names along ``view``."""
    import xarray as xr

    if not worlds:
        return None
    first = next(iter(worlds.values()))
    kept = ("option_value", "recommended", "margin", "status", "outcome_probability", "replicate")
    parts = [w.data.drop_vars([str(name) for name in w.data.data_vars if name not in kept]) for w in worlds.values()]
    data = xr.concat(parts, dim="draw", data_vars="all", coords="minimal", compat="override", join="override")
    return Study(data.assign_coords(view=("draw", list(worlds))).assign_attrs(first.data.attrs))


def _equilibria(facts: Facts) -> None:
    """Solve the base world once more, for its equilibria in full."""
    source = facts.source
    assert source is not None
    named = ("selection", "decider", "at")
    options = {k: v for k, v in source.keywords.items() if k not in named}
    facts.solution = solve(source.model, base=source.values, **options)


def _structures(facts: Facts, settings: Mapping[str, Iterable[Any]] | None) -> None:
    """Turn over every setting, in every view."""
    source = facts.source
    assert source is not None
    model = source.model
    if "structures" in facts.computed:
        facts.structures = facts.computed["structures"]
        return
    if settings is None:
        settings = {name: (False, True) for name, value in model.settings.items() if isinstance(value, bool)}
    if any(value != source.values[name] for name, values in settings.items() for value in values):
        held = {k: v for k, v in source.fixed.items() if k in model.settings}
        facts.structures = structures(model, settings=settings, base=held, **source.keywords)


def _importance(facts: Facts, rng: int | np.random.Generator | None) -> None:
    """Ask which parameter matters over all ranges, where the study drew them."""
    design = facts.study.shares().attrs["sampling"] if "recommended" in facts.study.data else "given"
    if "importance" in facts.computed:
        facts.importance = facts.computed["importance"]
    elif design != "given":
        facts.importance = facts.study.importance(rng=rng)


def _scenarios(facts: Facts) -> None:
    """Look for the corner in which each option that is ever worth most is so."""
    if "scenarios" in facts.computed:
        facts.scenarios = facts.computed["scenarios"]
        return
    if "recommended" not in facts.study.data or facts.study.shares().attrs["sampling"] == "given":
        return
    ever = facts.study.shares()["share"].values[: len(facts.study.options)] > 0
    facts.scenarios = {o: facts.study.scenarios(o) for o, found in zip(facts.study.options, ever, strict=True) if found}


def _bars(facts: Facts, resolution: int) -> None:
    source = facts.source
    assert source is not None
    if "tornado" in facts.computed:
        facts.bars = facts.computed["tornado"]
    elif facts.looked:
        facts.bars = tornado(
            source.model, base=source.values, parameters=facts.looked, resolution=resolution, **source.keywords
        )


def _switches(facts: Facts, resolution: int) -> None:
    """Look along those parameters that alone flip the answer."""
    source, bars = facts.source, facts.bars
    assert source is not None
    if bars is None:
        return
    space, found = source.model.space, {}
    for name in map(str, bars["parameter"].values[bars["flips"].values > 0]):
        choices = space[name].choices
        values = None if choices is None else sorted(set(choices))
        found[name] = switch_points(
            source.model, name, base=source.values, values=values, resolution=resolution, **source.keywords
        )
    asked = source.ask()
    start = asked.labels[int(asked.base["recommended"][0])]
    near = {name: _nearest(i, float(source.values[name]), start) for name, i in found.items()}
    facts.switches = {name: found[name] for name in sorted(near, key=near.__getitem__) if near[name] < np.inf}
    facts.unanswered = {name: i for name, i in found.items() if any(part.option == CLASSES[FAILED] for part in i)}


def _nearest(found: Intervals, at: float, start: str) -> float:
    """How far the nearest other answer is, as a share of the range; that there is none at all is no answer."""
    others = [i for i in found if i.option not in (start, CLASSES[FAILED])]
    width = found[-1].high - found[0].low
    return min((max(i.low - at, at - i.high, 0.0) / width for i in others), default=np.inf)


def strongest(facts: Facts, most: int) -> tuple[str, ...]:
    """Return a few parameters with a range: those that flip the answer soonest, then those of the widest bars."""
    source, bars = facts.source, facts.bars
    if source is None or bars is None:
        return ()
    widest = [str(p) for p in bars["parameter"].values if source.model.space[str(p)].choices is None]
    soonest = [name for name in facts.switches if source.model.space[name].choices is None]
    return tuple(dict.fromkeys([*soonest, *widest]))[:most]


def _area(facts: Facts, resolution: int) -> None:
    source, names = facts.source, strongest(facts, MAPPED)
    assert source is not None
    if "map" in facts.computed:
        facts.area = facts.computed["map"]
    elif len(names) == MAPPED:
        even = max(resolution - resolution % 2, 2)
        facts.area = region_map(source.model, *names, base=source.values, resolution=even, **source.keywords)


def _flips(facts: Facts, start: str, resolution: int, rng: int | np.random.Generator | None) -> None:
    """Find the closest other answer from the base or from a view, by one parameter and by all together."""
    source = facts.source
    assert source is not None
    space = source.model.space
    held = {k: v for k, v in source.fixed.items() if k in source.model.settings}
    base = source.values if start == "base" else {**held, **source.model.views[start]}
    several = tuple(n for n in facts.looked if space[n].choices is None)
    if start in facts.computed.get("flips", {}):
        facts.flips[start] = {_kind(flip): flip for flip in facts.computed["flips"][start]}
        return
    if not facts.looked:
        return
    keywords: dict[str, Any] = {"base": base, **source.keywords}
    found = {"one": nearest_flip(source.model, norm="one", parameters=facts.looked, resolution=resolution, **keywords)}
    few = strongest(facts, FEW)
    if start == "base" and 1 < len(few) < len(several):
        found["few"] = nearest_flip(source.model, parameters=few, rng=rng, **keywords)
    if len(several) > 1:
        found["all"] = nearest_flip(source.model, parameters=several, rng=rng, **keywords)
    facts.flips[start] = found
