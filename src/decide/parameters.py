"""Parameters: a number with its range, its marginal, its unit and its source; and the space several of them span.

A `Parameter` *is* a float (its base), so a function whose defaults are parameters can be called as it stands. A
`Space` turns points of the unit cube into values, one marginal at a time: the inverse of the distribution function,
truncated to the range.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from decide.errors import ParameterError, unknown
from decide.frozen import FrozenMap, read_only

__all__ = ["KINDS", "FloatArray", "Parameter", "Space", "Value", "describe"]

FloatArray: TypeAlias = NDArray[np.float64]

#: What a parameter of a model is inside its function: a float, or an array of floats when the game carries a batch.
Value: TypeAlias = float | FloatArray

#: What a parameter can be about.
KINDS = ("belief", "value", "other's payoff", "structure")


class Parameter(float):
    """A number one is not sure of: its base value, and the range it may lie in.

    It is a float, so it can be computed with; arithmetic gives plain floats.

    Parameters
    ----------
    base : float
        The value taken when nothing else is said.
    low, high : float, optional
        The range, both or neither. Without a range (and without choices or a distribution) it is a constant, never
        drawn.
    distribution : frozen scipy.stats distribution, optional
        The marginal inside the range, truncated to it; uniform unless said.
    unit : str
        The unit; utility units unless said.
    kind : {"belief", "value", "other's payoff", "structure"}, optional
        What the parameter is about: the decider's belief, the decider's values, another player's payoff, or the
        structure of the model.
    choices : sequence of float, optional
        The only values possible, equally likely.
    doc, source : str
        What it means, and where its value comes from.
    group : str
        A name shared by parameters that belong together.

    Raises
    ------
    ParameterError
        If the base is not finite or outside the range, if ``low > high``, or if the distribution has no mass in it.

    Examples
    --------
    >>> crash = Parameter(-10, low=-50, high=-1, unit="utility", kind="value")
    >>> crash + 1, crash.low, crash.unit
    (-9.0, -50.0, 'utility')
    """

    __slots__ = ("choices", "distribution", "doc", "group", "high", "kind", "low", "source", "unit")

    low: float | None
    high: float | None
    distribution: Any
    unit: str
    kind: str | None
    choices: tuple[float, ...] | None
    doc: str
    source: str
    group: str

    def __new__(
        cls,
        base: float,
        *,
        low: float | None = None,
        high: float | None = None,
        distribution: Any = None,
        unit: str = "utility",
        kind: str | None = None,
        choices: Iterable[float] | None = None,
        doc: str = "",
        source: str = "",
        group: str = "",
    ) -> Parameter:
        """Check everything at once, and freeze it."""
        self = super().__new__(cls, _finite("base", base))
        chosen = None if choices is None else tuple(_finite("a choice", c) for c in choices)
        if kind is not None and kind not in KINDS:
            raise ParameterError(f"kind is {kind!r}; expected one of {', '.join(map(repr, KINDS))}")
        if chosen is not None:
            if low is not None or high is not None or distribution is not None:
                raise ParameterError("give either choices or a range with its distribution, not both")
            if not chosen or float(self) not in chosen:
                raise ParameterError(f"base {float(self)!r} is not among the choices {chosen!r}")
        else:
            low, high = _range(float(self), low, high, distribution)
        for name, value in {
            "low": low, "high": high, "distribution": distribution, "unit": unit, "kind": kind,
            "choices": chosen, "doc": doc, "source": source, "group": group,
        }.items():  # fmt: skip
            object.__setattr__(self, name, value)
        return self

    @property
    def constant(self) -> bool:
        """Whether it is never drawn: it has neither range nor choices, or only one value is possible."""
        if self.choices is not None:
            return len(set(self.choices)) == 1
        return self.low is None or self.low == self.high

    def ppf(self, u: FloatArray) -> FloatArray:
        """Return the values at which the (truncated) distribution function reaches `u`, elementwise.

        Parameters
        ----------
        u : numpy.ndarray
            Probabilities in [0, 1].

        Returns
        -------
        numpy.ndarray
            Values inside the range, same shape.
        """
        u = np.asarray(u, dtype=np.float64)
        if self.constant:
            return np.full(u.shape, float(self))
        if self.choices is not None:
            at = np.minimum((u * len(self.choices)).astype(np.intp), len(self.choices) - 1)
            return np.asarray(self.choices, dtype=np.float64)[at]
        low, high = _known(self.low), _known(self.high)
        if self.distribution is None:
            values = u * (high - low)
            values += low
            return np.clip(values, low, high, out=values)
        return np.asarray(np.clip(_truncated(self.distribution, low, high, u), low, high), dtype=np.float64)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Parameter is frozen: cannot set {name!r}")

    def _options(self) -> dict[str, Any]:
        defaults: dict[str, Any] = {"unit": "utility", "doc": "", "source": "", "group": ""}
        values = {name: getattr(self, name) for name in self.__slots__}
        return {k: v for k, v in values.items() if v is not None and v != defaults.get(k)}

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (float(self), self._options()))

    def __repr__(self) -> str:
        order = ("low", "high", "choices", "distribution", "unit", "kind", "group", "doc", "source")
        options = self._options()
        if self.distribution is not None:
            options["distribution"] = _Shown(describe(self.distribution))
        return f"Parameter({float(self)!r}{''.join(f', {k}={options[k]!r}' for k in order if k in options)})"


class _Shown(str):
    """Text whose repr is itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def describe(distribution: Any) -> str:
    """Name a frozen distribution and its arguments."""
    args = [f"{a!r}" for a in getattr(distribution, "args", ())]
    named = [f"{k}={v!r}" for k, v in getattr(distribution, "kwds", {}).items()]
    name = getattr(getattr(distribution, "dist", distribution), "name", type(distribution).__name__)
    return f"{name}({', '.join(args + named)})"


def _mass(distribution: Any, low: float, high: float) -> float:
    """Probability of [low, high], accurate in either tail."""
    atom = float(distribution.pmf(low)) if hasattr(distribution, "pmf") else 0.0
    return atom + float(
        max(distribution.cdf(high) - distribution.cdf(low), distribution.sf(low) - distribution.sf(high))
    )


def _truncated(distribution: Any, low: float, high: float, u: FloatArray) -> FloatArray:
    """Invert a distribution function inside [low, high]; from above where the range is in the upper tail."""
    atom = float(distribution.pmf(low)) if hasattr(distribution, "pmf") else 0.0
    if distribution.cdf(low) > 0.5:
        above, below = distribution.sf(low) + atom, distribution.sf(high)
        return np.asarray(distribution.isf(above + u * (below - above)))
    below, above = distribution.cdf(low) - atom, distribution.cdf(high)
    return np.asarray(distribution.ppf(below + u * (above - below)))


def _rebuild(base: float, options: dict[str, Any]) -> Parameter:
    return Parameter(base, **options)


def _known(bound: float | None) -> float:
    assert bound is not None
    return bound


def _finite(what: str, value: Any) -> float:
    if not isinstance(value, numbers.Real | np.floating | np.integer | np.bool_) or not math.isfinite(float(value)):
        raise ParameterError(f"{what} is {value!r}; expected a finite number")
    return float(value)


def _range(base: float, low: float | None, high: float | None, distribution: Any) -> tuple[float | None, float | None]:
    if (low is None) != (high is None):
        raise ParameterError(f"low is {low!r} and high is {high!r}; expected both or neither")
    if distribution is not None:
        if hasattr(distribution, "freeze") or not all(
            hasattr(distribution, f) for f in ("ppf", "cdf", "sf", "support")
        ):
            raise ParameterError(f"distribution is {distribution!r}; expected a frozen scipy.stats distribution")
        if low is None:
            low, high = (float(end) for end in distribution.support())
    if low is None or high is None:
        return None, None
    for name, end in (("low", low), ("high", high)):
        if not isinstance(end, numbers.Real) or math.isnan(end) or (distribution is None and math.isinf(end)):
            raise ParameterError(f"{name} is {end!r}; expected a {'finite ' if distribution is None else ''}number")
    low, high = float(low), float(high)
    if low > high:
        raise ParameterError(f"low is {low!r} and high is {high!r}; expected low <= high")
    if not low <= base <= high:
        raise ParameterError(f"base is {base!r}; expected it inside the range [{low!r}, {high!r}]")
    if distribution is not None and not _mass(distribution, low, high) > 0:
        raise ParameterError(f"distribution has no mass between low={low!r} and high={high!r}")
    return low, high


class Space:
    """Named parameters, and the map from the unit cube to their values.

    Parameters
    ----------
    parameters : mapping of str to Parameter
        In the order of the cube's coordinates. Constants belong to the space but take no coordinate.

    Examples
    --------
    >>> space = Space({"x": Parameter(0.5, low=0, high=1), "k": Parameter(3)})
    >>> space.names, space.free, dict(space.base)
    (('x', 'k'), ('x',), {'x': 0.5, 'k': 3.0})
    >>> space.values(np.array([[0.25], [0.75]]))["x"]
    array([0.25, 0.75])
    """

    __slots__ = ("parameters",)

    parameters: FrozenMap[str, Parameter]

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        for name, parameter in parameters.items():
            if not isinstance(parameter, Parameter):
                raise ParameterError(f"{name!r} is {parameter!r}; expected a Parameter")
        object.__setattr__(self, "parameters", FrozenMap(parameters))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Space is frozen: cannot set {name!r}")

    def __getitem__(self, name: str) -> Parameter:
        if name not in self.parameters:
            raise unknown("parameter", name, self.names)
        return self.parameters[name]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Space) and repr(self) == repr(other)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return (Space, (dict(self.parameters),))

    def __repr__(self) -> str:
        return f"Space({dict(self.parameters)!r})"

    @property
    def names(self) -> tuple[str, ...]:
        """All names, constants included."""
        return tuple(self.parameters)

    @property
    def free(self) -> tuple[str, ...]:
        """The names that can vary, in the order of the cube's coordinates."""
        return tuple(name for name, p in self.parameters.items() if not p.constant)

    @property
    def base(self) -> FrozenMap[str, float]:
        """Every parameter's base value."""
        return FrozenMap({name: float(p) for name, p in self.parameters.items()})

    def values(self, cube: FloatArray, names: Iterable[str] | None = None) -> dict[str, FloatArray]:
        """Map points of the unit cube to values.

        Parameters
        ----------
        cube : numpy.ndarray, shape (n, d)
            One row a draw, one column for each of `names`.
        names : iterable of str, optional
            The parameters that vary; all free ones unless said.

        Returns
        -------
        dict of str to numpy.ndarray, shape (n,)
            Read-only values of the named parameters, inside their ranges.
        """
        chosen = self.free if names is None else tuple(names)
        cube = np.asarray(cube, dtype=np.float64)
        if cube.ndim != 2 or cube.shape[1] != len(chosen):
            raise ParameterError(f"cube has shape {cube.shape}; expected (n, {len(chosen)}) for {', '.join(chosen)}")
        return {name: read_only(self[name].ppf(cube[:, k])) for k, name in enumerate(chosen)}
