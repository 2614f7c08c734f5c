"""In which corner of the space something happens: rules of few parameters, as one would read them aloud."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from decide.errors import StudyError, unknown
from decide.evaluate import CLASSES, FAILED
from decide.frozen import FrozenMap
from decide.sensitivity.prim import Limits, confirm, discover, inside, measures, quasi_p
from decide.study.choosing import column_of, values_over

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["Box", "Scenarios", "find_scenarios"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

ANSWERS = {"recommended": "is recommended", "selected": "is selected", "modal_choice": "is most likely played"}


@dataclass(frozen=True)
class Box:
    """Some ranges of some parameters, and what happens where all of them hold.

    Attributes
    ----------
    limits : mapping of str to (float, float)
        The parameters that are restricted, the one that matters most first; infinite where a side is open.
    coverage, density, mass : float
        Share of all hits that lie in the box; share of the worlds in the box that are hits; share of all worlds that
        lie in it. Over all worlds (that lie in no earlier box).
    held_out_coverage, held_out_density : float
        The same over the half of the worlds that the rule was not made from.
    quasi_p : mapping of str to float
        Probability, in the worlds held out, that chance alone gives the restriction its gain in density.
    ranges : mapping of str to (float, float)
        The lowest and highest value drawn of each.
    units : mapping of str to str
    values : mapping of str to tuple of str
        Of parameters and swept settings that take certain values only: those that the box holds, in words.
    """

    limits: Mapping[str, tuple[float, float]]
    coverage: float
    density: float
    mass: float
    held_out_coverage: float
    held_out_density: float
    quasi_p: Mapping[str, float]
    ranges: Mapping[str, tuple[float, float]]
    units: Mapping[str, str]
    values: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: FrozenMap({}))

    def __str__(self) -> str:
        (name, range_), *others = [
            (name, _either(self.values[name])) if name in self.values else _in_words(name, *ends)
            for name, ends in self.limits.items()
        ]
        return _enumerate([f"{name} is {range_}", *map(" ".join, others)])


@dataclass(frozen=True)
class Scenarios:
    """Where something happens.

    Attributes
    ----------
    boxes : tuple of Box
        Each after those before it; none if no rule does better than chance.
    what : str
        What is looked for, such as "aggressive is recommended".
    share : float
        Share of all worlds in which it happens.
    draws, failed : int
        Worlds looked at, and those left out because they failed.
    coverage, density : float
        Of all boxes together.
    """

    boxes: tuple[Box, ...]
    what: str
    share: float
    draws: int
    failed: int
    coverage: float
    density: float

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas frame, one row a restriction."""
        import pandas as pd

        rows = [
            (k, name, *ends, box.units[name], box.quasi_p[name], box.coverage, box.density, box.mass,
             box.held_out_coverage, box.held_out_density)
            for k, box in enumerate(self.boxes, 1)
            for name, ends in box.limits.items()
        ]  # fmt: skip
        columns = [
            "box", "parameter", "low", "high", "unit", "quasi_p", "coverage", "density", "mass",
            "held_out_coverage", "held_out_density",
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=columns).set_index(["box", "parameter"])

    def __str__(self) -> str:
        over = f" ({self.failed:,} that failed left out)" if self.failed else ""
        if self.share in (0.0, 1.0):
            return f"{self.what} in {'none' if self.share == 0 else 'all'} of {self.draws:,} worlds{over}"
        whole = f"{self.what} in {_percent(self.share)} of all worlds{over}"
        if not self.boxes:
            return f"{whole}; no corner was found in which it is more frequent than chance would explain"
        lines = []
        for k, box in enumerate(self.boxes):
            start = f"{self.what} in" if k == 0 else "among the other worlds, in"
            of = f"all worlds in which {self.what}" if k == 0 else "those left"
            lines.append(
                f"{start} {_percent(box.density)} of the worlds in which {box}; these hold "
                f"{_percent(box.coverage)} of {of} (in worlds held out {_percent(box.held_out_density)} "
                f"and {_percent(box.held_out_coverage)})"
            )
        return ".\n".join([*lines, f"Overall, {whole}"])


def _percent(share: float) -> str:
    """A share in as many digits as tell it from none and from all."""
    return f"{share:.0%}" if share in (0.0, 1.0) or 0.005 <= share < 0.995 else f"{100 * share:.3g}%"


def _in_words(name: str, low: float, high: float) -> tuple[str, str]:
    if np.isinf(low):
        return name, f"below {high:.6g}"
    if np.isinf(high):
        return name, f"above {low:.6g}"
    return name, f"equal to {low:.6g}" if low == high else f"between {low:.6g} and {high:.6g}"


def _either(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _enumerate(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def find_scenarios(
    data: xr.Dataset,
    option: str,
    *,
    by: str,
    loss_above: float | None,
    value_below: float | None,
    most: int,
    boxes: int,
    density: float | None,
    level: float,
    parameters: Iterable[str] | None,
) -> Scenarios:
    """Find the corners in which something happens; see `decide.Study.scenarios`."""
    for name, count in (("most", most), ("boxes", boxes)):
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
            raise StudyError(f"{name} is {count!r}; expected an integer from 1")
    for name, share in (("density", density), ("level", level)):
        if share is not None and not 0 <= share <= 1:
            raise StudyError(f"{name} is {share!r}; expected a number in [0, 1]")
    hits, kept, what = _hits(data, option, by, loss_above, value_below)
    names, points, step = _points(data, parameters)
    worlds = _Worlds(names, points[kept], hits[kept], step, _held_out(np.asarray(data["replicate"].values)[kept]))
    found: list[Box] = []
    free = np.ones(len(worlds.hits), dtype=np.bool_)
    for _ in range(boxes):
        box = worlds.corner(free, most, density, level)
        if not len(box.restricted):
            break
        units = {name: str(data[name].attrs.get("unit", "")) for name in names}
        found.append(worlds.describe(box, free, units, {name: _certain(data, name) for name in names}))
        free &= ~inside(worlds.points, box)
    covered = ~free
    return Scenarios(
        boxes=tuple(found),
        what=what,
        share=float(worlds.hits.mean()),
        draws=len(worlds.hits),
        failed=int((~kept).sum()),
        coverage=float((covered & worlds.hits).sum() / max(worlds.hits.sum(), 1)),
        density=float((covered & worlds.hits).sum() / max(covered.sum(), 1)),
    )


def _hits(
    data: xr.Dataset, option: str, by: str, loss_above: float | None, value_below: float | None
) -> tuple[BoolArray, BoolArray, str]:
    """In which draws it happens, which draws count, and what "it" is in words."""
    options = [str(o) for o in data["option"].values]
    if loss_above is not None and value_below is not None:
        raise StudyError("loss_above and value_below are both given; expected one of them")
    limit = loss_above if loss_above is not None else value_below
    if limit is None:
        if by not in ANSWERS:
            raise unknown("answer to look for", by, ANSWERS)
        labels = [*options, *CLASSES]
        if option not in labels:
            raise unknown("option or class", option, labels)
        codes, code = column_of(data, by), labels.index(option)
        failed = codes == len(options) + FAILED
        counted = np.ones(len(codes), dtype=np.bool_) if option == CLASSES[FAILED] else ~failed
        if not counted.any():
            raise StudyError("no draw was solved; there is nothing to look for")
        words = f"the answer is “{option}”" if option in CLASSES else f"{option} {ANSWERS[by]}"
        return np.asarray(codes == code), counted, words
    if option not in options:
        raise unknown("option", option, options)
    if not np.isfinite(limit):
        raise StudyError(f"the limit is {limit!r}; expected a finite number")
    values, loss, kept = values_over(data, "selected")
    k, happened = options.index(option), np.zeros(len(kept), dtype=np.bool_)
    if loss_above is not None:
        happened[kept] = loss[:, k] > limit
        return happened, kept, f"{option} loses more than {limit:g}"
    happened[kept] = values[:, k] < limit
    return happened, kept, f"{option} is worth less than {limit:g}"


def _points(data: xr.Dataset, parameters: Iterable[str] | None) -> tuple[list[str], FloatArray, FloatArray]:
    """Names and values of the parameters that vary, and the step to which the limits of each are rounded."""
    known = [str(n) for n, v in data.data_vars.items() if v.dims == ("draw",) and "kind" in v.attrs]
    if not known:
        raise StudyError("this study did not keep its parameters; sweep again with keep= naming 'parameters'")
    if parameters is None:
        names = [n for n in known if np.ptp(data[n].values) > 0]
    else:
        names = [parameters] if isinstance(parameters, str) else list(parameters)
        for name in names:
            if name not in known:
                raise unknown("parameter of this study", name, known)
    points = np.array([data[n].values for n in names], dtype=np.float64).T.reshape(data.sizes["draw"], len(names))
    width = np.ptp(np.quantile(points, [0.01, 0.99], axis=0), axis=0) if len(names) else np.zeros(0)
    width = np.where(width > 0, width, np.where(np.ptp(points, axis=0) > 0, np.ptp(points, axis=0), 1.0))
    return names, points, 10.0 ** np.floor(np.log10(width / 100))


def _certain(data: xr.Dataset, name: str) -> dict[float, str]:
    """What a parameter with choices, or a swept setting, can be, with the words for it; nothing for others."""
    attrs = data[name].attrs
    if "codes" in attrs:
        return {float(k): str(text) for k, text in enumerate(data[attrs["codes"]].values)}
    return {float(x): f"{x:.6g}" for x in json.loads(attrs.get("choices", "[]"))}


def _held_out(replicate: NDArray[np.integer]) -> BoolArray:
    """Which draws the rule is not made from: every other replicate, or every other draw if there is one alone."""
    labels = np.unique(replicate)
    if len(labels) < 2:
        return np.asarray(np.arange(len(replicate)) % 2 == 1)
    return np.asarray(np.searchsorted(labels, replicate) % 2 == 1)


@dataclass(frozen=True, eq=False)
class _Worlds:
    """The draws that count, and whether it happens in each."""

    names: list[str]
    points: FloatArray
    hits: BoolArray
    step: FloatArray
    held_out: BoolArray

    def corner(self, free: BoolArray, most: int, density: float | None, level: float) -> Limits:
        """Find a box in one half of the free worlds; keep of it what the other half confirms."""
        made, checked = free & ~self.held_out, free & self.held_out
        box = discover(self.points[made], self.hits[made], self.step, most=most, density=density, level=level)
        return confirm(self.points[checked], self.hits[checked], box, level)

    def describe(
        self, box: Limits, free: BoolArray, units: Mapping[str, str], certain: Mapping[str, Mapping[float, str]]
    ) -> Box:
        """Measure a box in all free worlds, and in those held out."""
        coverage, density, mass = measures(self.points[free], self.hits[free], box)
        out = free & self.held_out
        out_coverage, out_density, _ = measures(self.points[out], self.hits[out], box)
        p = dict(zip(box.restricted.tolist(), quasi_p(self.points[out], self.hits[out], box).tolist(), strict=True))

        def without(k: int) -> float:
            return measures(self.points[free], self.hits[free], box.without(k))[1]

        order = sorted(p, key=without)  # the one without which density falls most comes first
        return Box(
            limits=FrozenMap({self.names[k]: (float(box.low[k]), float(box.high[k])) for k in order}),
            coverage=coverage,
            density=density,
            mass=mass,
            held_out_coverage=out_coverage,
            held_out_density=out_density,
            quasi_p=FrozenMap({self.names[k]: p[k] for k in order}),
            ranges=FrozenMap(
                {self.names[k]: (float(self.points[:, k].min()), float(self.points[:, k].max())) for k in order}
            ),
            units=FrozenMap({self.names[k]: units[self.names[k]] for k in order}),
            values=FrozenMap(
                {
                    self.names[k]: tuple(text for x, text in own.items() if box.low[k] <= x <= box.high[k])
                    for k in order
                    if (own := certain[self.names[k]])
                }
            ),
        )
