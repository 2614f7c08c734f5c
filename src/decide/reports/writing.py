"""`report`: a study becomes one file that can be handed over."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from decide.errors import StudyError
from decide.models import Model
from decide.reports.facts import gather
from decide.reports.page import page
from decide.reports.pictures import require_matplotlib
from decide.reports.robustness import DRAWS
from decide.reports.source import source_of
from decide.study import Progress, Study

__all__ = ["report"]


def report(
    study: Study,
    path: str | os.PathLike[str],
    *,
    model: Model[Any] | None = None,
    title: str | None = None,
    note: str | None = None,
    limits: str | Iterable[str] = (),
    date: str = "",
    parameters: Iterable[str] | None = None,
    settings: Mapping[str, Iterable[Any]] | None = None,
    methods: Mapping[str, Mapping[str, Any]] | None = None,
    near_tie: float | None = None,
    draws: int = DRAWS,
    resolution: int = 100,
    rng: int | np.random.Generator | None = 0,
    pictures: bool = True,
    computed: Mapping[str, Any] | None = None,
    progress: Progress = False,
) -> Path:
    """Write a brief: one HTML file with the question, the answer, what it hangs on, and how it was computed.

    Parameters
    ----------
    study : Study
        The model is asked again as the study asked it: method, options, selection rule, and what it held fixed.
    path : str or path
        The file to write; it appears whole or not at all.
    model : Model, optional
        Of a study that was read from a file. Without it the brief says what the data alone can say, and what is
        missing.
    title : str, optional
        The first line of the model's docstring unless given.
    note : str, optional
        A word on the numbers, printed wherever they stand. "illustrative numbers" if a docstring of the model calls
        them illustrative; an empty string for none.
    limits : str or iterable of str
        What the model leaves out, beside the paragraphs of its story that say so.
    date : str
        Printed if given; nothing else in the file tells when it was written.
    parameters : iterable of str, optional
        Those looked at for tornado, switch points and flips; all with a finite range unless given.
    settings, methods
        As for `decide.robustness_table`: other assumptions of the model itself to look at.
    near_tie : float, optional
        Margins below this are near-ties; 2% of the decider's payoff range at base unless given.
    draws : int
        Worlds to draw for what the base, every view and every other assumption leave open; 0 for none.
    resolution : int
        Steps along every range.
    rng : None, int or numpy.random.Generator
        For those draws, and for the search for flips.
    pictures : bool
        Whether to draw; needs matplotlib.
    computed : mapping of str to object, optional
        Results at hand, so that they are not computed again: ``tornado``, ``map`` and ``structures``, from
        `decide.tornado`, `decide.region_map` and `decide.structures`; ``flips``, a sequence of `decide.Flip` for
        ``"base"`` or the name of a view; ``importance``, and ``scenarios`` by option, from the methods of
        `decide.Study`.
    progress : bool or callable
        Show a line on standard error, or call ``progress(done, total)`` after each part.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    StudyError
        If `study` is no study, `model` is not the study's, the file cannot be written there, or a result in `computed`
        is of another kind or of another question.
    UnknownNameError
        If there is no such parameter, setting or result.
    MissingExtraError
        If pictures are wanted and matplotlib is not installed.

    Notes
    -----
    The file needs nothing beside it: no script, no font, no link. The same study, options and versions give the same
    bytes. A part that cannot be computed is named in the brief with its reason. Cost: about as much as
    `decide.tornado` and, for the base and each view, two `decide.nearest_flip` and a sweep of `draws` worlds.

    Examples
    --------
    >>> import tempfile
    >>> from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model, sweep
    >>> @model(decider="Us", views={"hopeful": {"rain": 3.0}})
    ... def harvest(*, rain: Value = Parameter(1, low=0, high=4), seed: Value = Parameter(2, low=1, high=3)):
    ...     return ExtensiveForm(Decision("Us", {"sow": Outcome({"Us": rain}), "keep": Outcome({"Us": seed})}))
    >>> study = sweep(harvest, 1_000, rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = report(study, f"{folder}/brief.html", pictures=False)
    ...     path.name, "<h1>harvest</h1>" in path.read_text(encoding="utf-8")
    ('brief.html', True)
    """
    target = _checked_path(path)
    source = source_of(study, model)
    own = _checked_texts(title=title, note=note, date=date, limits=limits)
    for name, value, least in (("draws", draws, 0), ("resolution", resolution, 2)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise StudyError(f"{name} is {value!r}; expected an integer from {least}")
    if pictures:
        require_matplotlib()
    facts = gather(
        study, source, title=title, note=note, limits=own, date=date, parameters=parameters, settings=settings,
        methods=methods, near_tie=near_tie, draws=int(draws), resolution=int(resolution), rng=rng, pictures=pictures,
        computed={} if computed is None else computed, progress=progress,
    )  # fmt: skip
    return _write(target, page(facts))


def _checked_path(path: Any) -> Path:
    """Say before any work that a file cannot be written."""
    if not isinstance(path, str | os.PathLike) or not str(path):
        raise StudyError(f"path is {path!r}; expected the name of a file")
    target = Path(path)
    if target.is_dir():
        raise StudyError(f"path is {str(target)!r}, a folder; expected the name of a file in it")
    if not target.parent.is_dir():
        raise StudyError(f"path is {str(target)!r}, but there is no folder {str(target.parent)!r}; expected one")
    if not os.access(target.parent, os.W_OK):
        raise StudyError(f"path is {str(target)!r}, but its folder cannot be written to")
    return target


def _checked_texts(*, title: Any, note: Any, date: Any, limits: Any) -> tuple[str, ...]:
    for name, value in (("title", title), ("note", note), ("date", date)):
        if value is not None and not isinstance(value, str):
            raise StudyError(f"{name} is {value!r}; expected text")
    own = (limits,) if isinstance(limits, str) else tuple(limits)
    if not all(isinstance(line, str) for line in own):
        raise StudyError(f"limits is {limits!r}; expected text, or several")
    return own


def _write(target: Path, content: str) -> Path:
    """Write beside the target first, then put it in its place: a reader never meets half a file."""
    try:
        handle, beside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem[:40]}-", suffix=".tmp")
    except OSError as error:
        raise StudyError(f"{str(target)!r} cannot be written: {error}") from None
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(content)
        os.chmod(beside, 0o666 & ~_umask())
        os.replace(beside, target)
    except OSError as error:
        Path(beside).unlink(missing_ok=True)
        raise StudyError(f"{str(target)!r} cannot be written: {error}") from None
    return target


def _umask() -> int:
    """What the user takes away from the rights of a new file."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
