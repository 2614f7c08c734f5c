"""Frozen things: read-only arrays, immutable mappings, and equality by value for records that hold arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["ByValue", "FrozenMap", "Lazy", "Refrozen", "read_only", "ready", "same"]

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
A = TypeVar("A", bound=NDArray[Any])


class FrozenMap(Mapping[K, V]):
    """An immutable mapping that keeps its order, pickles, and equals any mapping with the same items."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[K, V]) -> None:
        object.__setattr__(self, "_items", dict(items))

    def __getitem__(self, key: K) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: cannot set {name!r}")

    def __eq__(self, other: object) -> bool:
        return same(self._items, dict(other)) if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self._items,))

    def __repr__(self) -> str:
        return repr(self._items)

    _items: dict[K, V]


def read_only(array: A) -> A:
    """Return the array, no longer writeable."""
    array.flags.writeable = False
    return array


def same(a: object, b: object) -> bool:
    """Whether two values are equal, arrays and containers of arrays included."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return bool(np.array_equal(a, b))  # type: ignore[arg-type]
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return bool(a == b)


class Lazy(Generic[T]):
    """A value that is made when it is first asked for, once; equal by value, pickled as the value."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make: Callable[[], T] | None = make

    @property
    def value(self) -> T:
        """The value."""
        if self._make is not None:
            self._value = self._make()
            self._make = None  # what it was made from may go
        return self._value

    def __eq__(self, other: object) -> bool:
        return same(self.value, other.value) if isinstance(other, Lazy) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return (ready, (self.value,))


def ready(value: T) -> Lazy[T]:
    """Wrap a value that is there already."""
    return Lazy(lambda: value)


class Refrozen:
    """Frozen also after copying and unpickling, which would make arrays writeable again."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, _refreeze(value))


def _refreeze(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return read_only(value)
    if isinstance(value, tuple) and type(value) is tuple:
        for item in value:
            _refreeze(item)
    return value


class ByValue(Refrozen):
    """Equality by value for frozen dataclasses, whose fields may be arrays (a dataclass's own would be ambiguous)."""

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(
            same(getattr(self, f.name), getattr(other, f.name))
            for f in fields(self)  # type: ignore[arg-type]
            if f.compare
        )

    __hash__ = None  # type: ignore[assignment]
