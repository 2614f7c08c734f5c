"""Models: a function from named, uncertain parameters to a game.

``@model`` reads the function's signature once: defaults that are a `Parameter` are parameters, all others are
settings. The result is called with any of them by name, scalars or arrays, and gives the game at those values.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import numbers
import sys
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, overload

import numpy as np

from decide.errors import DecideError, GameError, ModelError, UnknownNameError, unknown
from decide.frozen import FrozenMap
from decide.games.extensive import ExtensiveForm
from decide.games.normal import NormalForm
from decide.games.stochastic import StochasticGame
from decide.parameters import FloatArray, Parameter, Space

__all__ = ["RESERVED", "Model", "model"]

G = TypeVar("G", NormalForm, ExtensiveForm, StochasticGame)

#: Names that label the results of a study and so cannot be parameters or settings.
RESERVED = frozenset({
    "advantage", "advantage_high", "advantage_low", "choice", "choice_high", "choice_low", "complete", "draw", "game",
    "incredible", "margin", "modal_choice", "n_equilibria", "n_recommended", "n_silent", "option", "option_value",
    "option_value_high", "option_value_low", "outcome", "outcome_probability", "payoff", "player", "recommendation",
    "recommended", "replicate", "selected", "status", "status_message", "tied", "view",
})  # fmt: skip

_INHERIT: Any = object()
_LITERAL_OPTIONS = ("method", "selection")


class Model(Generic[G]):
    """A payoff model: named parameters in, a game out. Made by `model`.

    Attributes
    ----------
    name : str
        The function's name.
    function : callable
        The bare function.
    space : Space
        The parameters; ``parameters`` is the mapping by name.
    settings : mapping
        Plain values, never drawn.
    views : mapping of str to mapping
        Each party's values of the names it mentions.
    decider, at : str or None
        Whose choice is studied, and at which information set (of a stochastic game: in which state).
    solve_options : mapping
        Defaults for `decide.solve`; a string names a parameter.
    parent : Model or None
        The model it extends.
    batched : bool
        Whether the function takes arrays.
    """

    name: str
    function: Callable[..., G]
    parent: Model[Any] | None
    batched: bool
    decider: str | None
    at: str | None
    space: Space
    settings: FrozenMap[str, Any]
    views: FrozenMap[str, FrozenMap[str, Any]]
    solve_options: FrozenMap[str, Any]

    def __init__(
        self,
        function: Callable[..., G],
        *,
        decider: str | None,
        at: str | None,
        views: Mapping[str, Mapping[str, Any]],
        solve: Mapping[str, Any],
        extends: Model[Any] | None,
        batched: bool,
    ) -> None:
        if not inspect.isfunction(function):
            raise ModelError(f"{function!r} is a {type(function).__name__}; expected a function")
        self.function = function
        self.name = function.__name__
        self.parent = extends
        self.batched = batched and (extends is None or extends.batched)
        self.decider = decider
        self.at = at
        own_parameters: dict[str, Parameter]
        own_settings: dict[str, Any]
        own_parameters, own_settings = _read_signature(function, extends is not None)
        self._own = (*own_parameters, *own_settings)
        inherited = {} if extends is None else dict(extends.parameters)
        self.space = Space(inherited | own_parameters)
        self.settings = FrozenMap(({} if extends is None else dict(extends.settings)) | own_settings)
        both = set(self.settings) & set(self.parameters)
        if both:
            raise ModelError(
                f"{self.name}: {min(both)!r} is a parameter here and a setting there; expected one of the two"
            )
        self.views = self._read_views(({} if extends is None else dict(extends.views)), views)
        self.solve_options = self._read_options(solve)
        functools.update_wrapper(self, function)

    @property
    def title(self) -> str:
        """The first line of the docstring, or the name."""
        return (self.__doc__ or self.name).strip().splitlines()[0]

    @property
    def parameters(self) -> FrozenMap[str, Parameter]:
        """The parameters by name."""
        return self.space.parameters

    @property
    def base(self) -> FrozenMap[str, Any]:
        """Base value of every parameter, and every setting."""
        return FrozenMap({**self.space.base, **self.settings})

    def _read_views(
        self, inherited: dict[str, Any], views: Mapping[str, Mapping[str, Any]]
    ) -> FrozenMap[str, FrozenMap[str, Any]]:
        found: dict[str, FrozenMap[str, Any]] = dict(inherited)
        for name, values in views.items():
            if name == "base":
                raise ModelError(f"{self.name}: a view is called 'base', which is the base itself; choose another name")
            if not isinstance(values, Mapping):
                raise ModelError(f"{self.name}: view {name!r} is {values!r}; expected a mapping from name to value")
            try:
                self._check_names(values, f"parameter or setting (in view {name!r} of {self.name})")
            except UnknownNameError as error:
                raise error from None
            for key, value in values.items():
                if key in self.parameters and not _is_number(value):
                    raise ModelError(f"{self.name}: view {name!r} sets {key} to {value!r}; expected a finite number")
            found[name] = FrozenMap({**found.get(name, {}), **values})
        return FrozenMap(found)

    def _read_options(self, solve: Mapping[str, Any]) -> FrozenMap[str, Any]:
        for key, value in solve.items():
            named = value.values() if isinstance(value, Mapping) else [value]
            for name in named:
                if isinstance(name, str) and key not in _LITERAL_OPTIONS and name not in self.base:
                    raise unknown(f"parameter (solve option {key!r} of {self.name})", name, self.parameters)
        return FrozenMap(solve)

    def _check_names(self, values: Mapping[str, Any], what: str) -> None:
        for name in values:
            if name not in self.parameters and name not in self.settings:
                raise unknown(what, name, self.base)

    def values(self, base: Mapping[str, Any] | str | None = None, /, **changes: Any) -> dict[str, Any]:
        """Return a full set of values: base, then a view's or a mapping's, then the changes.

        Parameters
        ----------
        base : mapping or str, optional
            Values by name, or the name of a view (``"base"`` is the base itself).
        **changes
            Values by name.

        Returns
        -------
        dict
            Parameters as float or float64 array, settings as they are.
        """
        if isinstance(base, str):
            if base != "base" and base not in self.views:
                raise unknown(f"view of {self.name}", base, ["base", *self.views])
            base = {} if base == "base" else self.views[base]
        given = {**(base or {}), **changes}
        self._check_names(given, f"parameter or setting of {self.name}")
        found: dict[str, Any] = dict(self.base)
        for name, value in given.items():
            if isinstance(self.settings.get(name), bool) and isinstance(value, str):
                raise ModelError(f"the setting {name} is {value!r}; expected True or False")
            found[name] = _as_value(name, value, self.parameters[name].unit) if name in self.parameters else value
        return found

    def __call__(self, /, **values: Any) -> G:
        """Return the game at these values; names not given are at base.

        Parameters
        ----------
        **values
            Parameters (float or array) and settings, by name. The game's batch is the broadcast shape of all arrays.

        Raises
        ------
        UnknownNameError
            If a name is neither a parameter nor a setting.
        ModelError
            If the function does not return a game, or tests an array for truth.
        """
        return self._game(self.values(None, **values))

    def problem(self, values: Mapping[str, Any]) -> tuple[G, dict[str, Any]]:
        """Return the game at a full set of values, and the model's solve options there."""

        def value_of(option: Any) -> Any:
            return values[option] if isinstance(option, str) else option

        options = {
            key: value
            if key in _LITERAL_OPTIONS
            else {k: value_of(v) for k, v in value.items()}
            if isinstance(value, Mapping)
            else value_of(value)
            for key, value in self.solve_options.items()
        }
        return self._game(values), options

    def _game(self, values: Mapping[str, Any]) -> G:
        shapes = {name: np.shape(values[name]) for name in self.parameters}
        try:
            shape = np.broadcast_shapes(*shapes.values())
        except ValueError:
            odd = {name: s for name, s in shapes.items() if s}
            raise ModelError(f"{self.name}: arrays have shapes {odd}; expected shapes that broadcast") from None
        if shape and not self.batched:
            return self._one_by_one(values, shape)
        return self._call(values, shape).broadcast_to(shape)

    def _call(self, values: Mapping[str, Any], shape: tuple[int, ...]) -> G:
        own = {name: values[name] for name in self._own}
        try:
            if self.parent is None:
                game = self.function(**own)
            else:
                inherited = {name: values[name] for name in self.parent.base}
                game = self.function(self.parent._call(inherited, shape), **own)
        except DecideError:
            raise
        except (TypeError, ValueError) as error:
            if "truth value" in str(error):
                what = "tests an array for truth (an `if`, `and`, `min` on a parameter); use numpy.where, numpy.minimum"
            elif shape and isinstance(error, TypeError) and "arrays" in str(error):
                what = "turns an array into one number (`math.exp`, `float`, `round` on a parameter); use numpy.exp"
            else:
                raise
            raise ModelError(
                f"{self.name} {what} and so on, or declare @model(batched=False) to have it called once a draw"
            ) from error
        if not isinstance(game, NormalForm | ExtensiveForm | StochasticGame):
            kinds = "a NormalForm, an ExtensiveForm or a StochasticGame"
            raise ModelError(f"{self.name} returned {type(game).__name__}; expected {kinds}")
        if not _broadcasts(game.shape, shape):
            raise ModelError(f"{self.name} returned a batch {game.shape}; expected {shape}, that of its arguments")
        return game

    def _one_by_one(self, values: Mapping[str, Any], shape: tuple[int, ...]) -> G:
        spread = {name: np.broadcast_to(values[name], shape) for name in self.parameters}
        games: list[Any] = []
        failed, first_error = np.zeros(shape, dtype=np.bool_), None
        for index in np.ndindex(*shape):
            try:
                games.append(self._call({**values, **{name: float(v[index]) for name, v in spread.items()}}, ()))
            except GameError as error:
                failed[index], first_error = True, first_error or error
        if first_error is not None:
            raise type(first_error)(f"{first_error} (in {failed.sum()} of {failed.size} games)", failed)
        if not games:
            raise ModelError(f"{self.name}: the arrays have shape {shape}; expected at least one value")
        first: Any = games[0]
        stacked = first.stack(games)
        return stacked if len(shape) == 1 else _reshape(stacked, shape)  # type: ignore[no-any-return]

    def __reduce__(self) -> Any:
        return (_find_model, (self.function.__module__, self.function.__qualname__))

    def __repr__(self) -> str:
        return (
            f"<Model {self.name}: {len(self.parameters)} parameters, {len(self.settings)} settings, "
            f"views {', '.join(self.views) or 'none'}, decider {self.decider or 'not named'}>"
        )

    def __str__(self) -> str:
        lines = [repr(self)]
        for name, p in self.parameters.items():
            where = f"{p.choices}" if p.choices else "constant" if p.constant else f"[{p.low:g}, {p.high:g}]"
            about = "; ".join(t for t in (p.kind or "", p.doc, p.source) if t)
            lines.append(f"  {name} = {float(p):g} {where} {p.unit}" + (f" ({about})" if about else ""))
        lines += [f"  {name} = {value!r} (setting)" for name, value in self.settings.items()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        head = ("parameter", "base", "low", "high", "unit", "kind", "meaning", "source")
        rows = [_cells(name, p) for name, p in self.parameters.items()]
        body = "".join(f"<tr>{''.join(f'<td>{escape(c)}</td>' for c in row)}</tr>" for row in rows)
        top = "".join(f"<th>{c}</th>" for c in head)
        return f"<table><caption>{escape(repr(self)[1:-1])}</caption><tr>{top}</tr>{body}</table>"


def _broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    """Whether an array of one shape spreads over another."""
    try:
        return np.broadcast_shapes(small, large) == large
    except ValueError:
        return False


def _cells(name: str, p: Parameter) -> tuple[str, ...]:
    ends = ("" if end is None else f"{end:g}" for end in (p.low, p.high))
    return (name, f"{float(p):g}", *ends, p.unit, p.kind or "", p.doc, p.source)


@overload
def model(function: Callable[..., G], /) -> Model[G]: ...


@overload
def model(
    *,
    decider: str | None = ...,
    at: str | None = ...,
    views: Mapping[str, Mapping[str, Any]] = ...,
    solve: Mapping[str, Any] = ...,
    extends: Model[Any] | None = ...,
    batched: bool = ...,
) -> Callable[[Callable[..., G]], Model[G]]: ...


def model(
    function: Callable[..., G] | None = None,
    /,
    *,
    decider: str | None = _INHERIT,
    at: str | None = _INHERIT,
    views: Mapping[str, Mapping[str, Any]] | None = None,
    solve: Mapping[str, Any] = _INHERIT,
    extends: Model[Any] | None = None,
    batched: bool = True,
) -> Any:
    """Make a model of a function whose keyword arguments are parameters.

    Parameters
    ----------
    decider : str, optional
        The player whose choice is studied.
    at : str, optional
        The information set of the decision, where the decider has several first ones; of a stochastic game the state.
    views : mapping of str to mapping, optional
        Whole models of different parties: for each the values of the names it mentions; other names are at base.
    solve : mapping, optional
        Default options for `decide.solve`. A string (other than for ``method`` and ``selection``) names one of the
        model's parameters or settings, so that a method's option can be swept.
    extends : Model, optional
        The parent: its parameters, settings, views and defaults are inherited, and the function's first argument is the
        parent's game. A parameter declared again replaces the parent's and is given to both.
    batched : bool
        Whether the function takes arrays. Otherwise it is called once a draw: slower, but free to use ``if``.

    Returns
    -------
    Model

    Raises
    ------
    ModelError
        If the signature has anything but keyword arguments with defaults, a name is reserved or unknown, or a view or a
        solve option names no parameter.

    Examples
    --------
    >>> @model(decider="Row", views={"bold": {"prize": 9}})
    ... def contest(*, prize: Value = Parameter(4, low=0, high=10)) -> NormalForm:
    ...     return NormalForm.from_table({("fight", "fight"): (prize / 2 - 3, prize / 2 - 3),
    ...                                   ("fight", "yield"): (prize, 0),
    ...                                   ("yield", "fight"): (0, prize), ("yield", "yield"): (prize / 2, prize / 2)})
    >>> contest(prize=np.array([1.0, 8.0])).shape
    (2,)
    >>> contest(prise=3)
    Traceback (most recent call last):
    ...
    decide.errors.UnknownNameError: there is no parameter or setting of contest 'prise'; did you mean 'prize'? ...
    """

    def wrap(f: Callable[..., G]) -> Model[G]:
        return Model(
            f,
            decider=(extends.decider if extends else None) if decider is _INHERIT else decider,
            at=(extends.at if extends else None) if at is _INHERIT else at,
            views=views or {},
            solve=(extends.solve_options if extends else {}) if solve is _INHERIT else solve,
            extends=extends,
            batched=batched,
        )

    if extends is not None and not isinstance(extends, Model):
        raise ModelError(f"extends is {extends!r}; expected a Model")
    return wrap if function is None else wrap(function)


def _read_signature(function: Callable[..., Any], extends: bool) -> tuple[dict[str, Parameter], dict[str, Any]]:
    """Split the keyword arguments into parameters and settings."""
    name = function.__name__
    arguments = list(inspect.signature(function).parameters.values())
    if extends:
        if not arguments or arguments[0].kind is inspect.Parameter.KEYWORD_ONLY:
            raise ModelError(f"{name} extends a model; expected a first argument for the parent's game")
        arguments = arguments[1:]
    parameters: dict[str, Parameter] = {}
    settings: dict[str, Any] = {}
    for a in arguments:
        if a.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise ModelError(f"{name}: argument {a.name!r} is not keyword-only; write a bare * before the parameters")
        if a.default is inspect.Parameter.empty:
            raise ModelError(f"{name}: {a.name!r} has no default; expected a Parameter or a setting's value")
        if a.name in RESERVED:
            raise ModelError(f"{name}: {a.name!r} is a reserved name (results are labelled with it); choose another")
        if isinstance(a.default, Parameter):
            parameters[a.name] = a.default
        else:
            settings[a.name] = a.default
    return parameters, settings


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real | np.number | np.bool_) and bool(np.isfinite(float(value)))


def _as_value(name: str, value: Any, unit: str) -> float | FloatArray:
    """Read a parameter's value: scalars as float, arrays as float64, never NaN."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ModelError(f"{name} is {value!r}; expected a number or an array of numbers") from None
    if np.isnan(array).any():
        raise ModelError(f"{name} is {value!r}; expected numbers, not NaN")
    if unit == "probability" and not ((array >= 0) & (array <= 1)).all():
        raise ModelError(f"{name} is {value!r}; its unit is probability, so expected numbers in [0, 1]")
    return array if array.ndim else float(array)


def _reshape(game: Any, shape: tuple[int, ...]) -> Any:
    """Give the games of a flat batch a batch of more dimensions."""
    return game[np.arange(int(np.prod(shape))).reshape(shape)]


def _find_model(module: str, qualname: str) -> Any:
    """Find a model again in another process, by its qualified name."""
    found: Any = sys.modules.get(module) or importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, Model):
        raise ModelError(
            f"no model {qualname!r} in module {module!r}; expected it at the top level of an importable module, "
            "so that other processes can find it"
        )
    return found
