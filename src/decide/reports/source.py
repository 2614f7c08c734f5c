"""How a study asked: the model, what was held fixed, and the keywords; what further questions need."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from decide.errors import StudyError
from decide.models import Model
from decide.questions.asking import Asked, ask
from decide.solvers.selection import RULES
from decide.study import Study

__all__ = ["Source", "illustrative", "left_out", "source_of", "story_of"]


@dataclass(frozen=True, eq=False)
class Source:
    """A model, and how it was asked.

    Attributes
    ----------
    model : Model
    fixed : mapping
        What was held fixed by name: values of a view, or settings.
    values : mapping
        The full set of values of the base world.
    keywords : mapping
        Method, selection, decider, information set and options, as `decide.sweep` takes them.
    """

    model: Model[Any]
    fixed: Mapping[str, Any]
    values: Mapping[str, Any]
    keywords: Mapping[str, Any]

    def ask(self) -> Asked:
        """Settle the base world, as every question does."""
        named = ("method", "selection", "decider", "at")
        given = {k: self.keywords[k] for k in named}
        options = {k: v for k, v in self.keywords.items() if k not in named}
        return ask(self.model, self.values, options=options, **given)


def source_of(study: Study, model: Model[Any] | None = None) -> Source | None:
    """Return how a study asked; None for a study read from a file if no model is given.

    Raises
    ------
    StudyError
        If the model is another one, or the file does not hold what is needed to ask again.
    """
    if not isinstance(study, Study):
        raise StudyError(f"study is {study!r}; expected a Study, such as decide.sweep returns")
    if model is not None and not isinstance(model, Model):
        raise StudyError(f"model is {model!r}; expected a Model")
    if study.problem is None:
        return None if model is None else _from_file(study, model)
    p = study.problem
    if model is not None and model is not p.model:
        raise StudyError(f"model is {model.name}, but the study is of {p.model.name} and carries it; leave model= out")
    fixed = {name: p.values[name] for name in json.loads(study.data.attrs["base"])}
    keywords = {"method": p.method, "selection": p.selection, "decider": p.decider, "at": p.at, **p.options}
    return Source(p.model, fixed, p.values, keywords)


def _from_file(study: Study, model: Model[Any]) -> Source:
    attrs = study.data.attrs
    own = f"{model.function.__module__}:{model.function.__qualname__}"
    if attrs["model"].rpartition(":")[2] != own.rpartition(":")[2]:
        raise StudyError(f"model is {own}, but the study is of {attrs['model']}; expected that one")
    fixed: dict[str, Any] = {}
    settings = json.loads(attrs["settings"])
    for name in {**json.loads(attrs["base"]), **{k: v for k, v in settings.items() if k in model.settings}}:
        if name in model.parameters:
            fixed[name] = float(json.loads(attrs["base"])[name])
        else:
            fixed[name] = _setting(model, name, settings.get(name))
    if attrs["selection"] not in RULES:
        raise StudyError(f"the study's selection is {attrs['selection']}, a function that a file does not hold")
    keywords = {
        "method": attrs["method"],
        "selection": attrs["selection"],
        "decider": attrs["decider"],
        "at": attrs["at"] or None,
        **{k: _option(k, v) for k, v in json.loads(attrs["options"]).items()},
    }
    return Source(model, fixed, model.values(fixed), keywords)


def _setting(model: Model[Any], name: str, stored: Any) -> Any:
    """A setting as it was: what a file holds of it, if that says all."""
    default = model.base.get(name)
    if stored == default or stored == repr(default):
        return default
    if isinstance(default, bool | int | float | str) and isinstance(stored, type(default)):
        return stored
    raise StudyError(f"the study's setting {name} is {stored!r}, which a file does not hold; give the study itself")


def _option(name: str, stored: Any) -> Any:
    if isinstance(stored, Mapping):
        return {k: _option(name, v) for k, v in stored.items()}
    if stored in ("inf", "-inf"):
        return float(stored)
    if isinstance(stored, str) and not stored.isidentifier():
        raise StudyError(f"the study's option {name} is {stored}, which a file does not hold; give the study itself")
    return stored


def story_of(model: Model[Any]) -> str:
    """Return the story a model tells: that of its file, if the file is named after it, then that of its docstring."""
    own = inspect.cleandoc(model.function.__doc__ or "")
    module = model.function.__module__
    if module.rpartition(".")[2] != model.name:
        return own
    told = inspect.cleandoc(getattr(sys.modules.get(module), "__doc__", None) or "")
    one, other = (" ".join(t.split()) for t in (told, own))
    if one in other:
        return own
    return told if other in one else f"{told}\n\n{own}"


def illustrative(model: Model[Any] | None, title: str) -> bool:
    """Whether a model calls its numbers illustrative, in its docstring, its file's or that of a model it extends."""
    told = [title]
    while model is not None:
        told += [story_of(model), model.function.__doc__ or ""]
        model = model.parent
    return any("illustrative" in t.lower() for t in told)


def left_out(story: str) -> tuple[str, ...]:
    """Return the paragraphs in which a story says what it leaves out."""
    words = re.compile(r"\b(leaves? out|left out|leaving out|not modelled|is not in the model|does not model)\b", re.I)
    return tuple(" ".join(block.split()) for block in re.split(r"\n\s*\n", story) if words.search(block))
