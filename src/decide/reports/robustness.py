"""The table for a paper's appendix: the same decision under every alternative, one row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from decide.errors import GameError, StudyError
from decide.models import Model
from decide.questions.asking import ask
from decide.reports.answers import (
    Alternative,
    Answer,
    alternatives_of,
    by_setting,
    near_tie_of,
    solve_alternative,
    with_shares,
)
from decide.reports.markup import Markup, table
from decide.reports.source import Source, illustrative, source_of
from decide.reports.words import amount, latex, listed, markdown, share, short
from decide.study import Study, sweep

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RobustnessTable", "cells_of", "robustness_table"]

#: Options of such names would be read as if there were no answer: then all options are quoted.
MISTAKEN = frozenset(
    {"none", "nothing", "no", "nobody", "neither", "either", "failed", "mixed", "tied", "depends", "nan"}
)
#: Draws of the ranges behind every share.
DRAWS = 4_096


@dataclass(frozen=True)
class RobustnessTable:
    """The same decision under every alternative.

    Attributes
    ----------
    rows : tuple of Answer
        The base, then views, settings, methods and selection rules.
    options : tuple of str
    decider, title, note : str
        Whose decision, of which model, and a word on the numbers (such as "illustrative numbers").
    near_tie : float
        Margins below this are near-ties, in the decider's payoff units.
    draws : int
        How many worlds every share is counted in; 0 if none is.
    """

    rows: tuple[Answer, ...]
    options: tuple[str, ...]
    decider: str
    title: str
    note: str
    near_tie: float
    draws: int

    def to_markdown(self) -> str:
        """Return a Markdown table, under a line that says what it shows."""
        head, rows = cells_of(self)
        lines = [[markdown(c) for c in row] for row in (head, *rows)]
        rule = ["---", "---", *["---:"] * (len(head) - 2)]
        body = "\n".join("| " + " | ".join(line) + " |" for line in (lines[0], rule, *lines[1:]))
        return f"{markdown(self.caption)}\n\n{body}\n"

    def to_latex(self, *, booktabs: bool = True, label: str = "tab:robustness") -> str:
        """Return a LaTeX table; with `booktabs` it needs that package."""
        head, rows = cells_of(self)
        rules = (r"\toprule", r"\midrule", r"\bottomrule") if booktabs else (r"\hline",) * 3
        lines = [" & ".join(map(latex, row)) + r" \\" for row in (head, *rows)]
        return "\n".join([
            r"\begin{table}",
            rf"\caption{{{latex(self.caption)}}}",
            rf"\label{{{''.join(c for c in label if c.isalnum() or c in ':-.')}}}",
            rf"\begin{{tabular}}{{ll{'r' * (len(head) - 2)}}}",
            rules[0], lines[0], rules[1], *lines[1:], rules[2],
            r"\end{tabular}",
            r"\end{table}",
            "",
        ])  # fmt: skip

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas frame, one row an alternative: numbers as they are, shares of every option and class."""
        import pandas as pd

        records = []
        for a in self.rows:
            record: dict[str, Any] = {"kind": a.kind, "alternative": a.name, "recommended": a.recommended}
            record |= {"margin": a.margin if a.rival else np.nan, "near_tie": a.near_tie}
            record |= {f"value[{o}]": a.values.get(o, np.nan) for o in self.options}
            record |= {f"share[{o}]": s for o, s in a.shares.items()} | {f"error[{o}]": e for o, e in a.errors.items()}
            records.append(record | {"n_equilibria": a.n_equilibria, "note": a.note})
        return pd.DataFrame(records).set_index(["kind", "alternative"])

    @property
    def caption(self) -> str:
        """What the table shows, and how its shares are to be read."""
        said = [
            f"{self.title}: what each option is worth to {self.decider} under each alternative",
            f"near-tie: ahead by less than {short(self.near_tie)}",
        ]
        if self.draws:
            said.append(
                "share: in how many of the worlds drawn from the ranges left open that option is worth most (not a "
                f"probability; {self.draws:,} worlds a row, at base those of the study where it drew them)"
            )
        line = "; ".join(said)
        return line + (f". {self.note[0].upper()}{self.note[1:]}." if self.note and self.note not in line else ".")

    def __repr__(self) -> str:
        head, rows = cells_of(self)
        widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
        return "\n".join(
            "  ".join(
                c.ljust(w) if k < 2 else c.rjust(w) for k, (c, w) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in (head, *rows)
        )

    def _repr_html_(self) -> Markup:
        head, rows = cells_of(self)
        return table(self.caption, head, rows, numbers=range(2, len(head)))


def robustness_table(
    asked: Study | Model[Any],
    *,
    model: Model[Any] | None = None,
    settings: Mapping[str, Iterable[Any]] | None = None,
    methods: Mapping[str, Mapping[str, Any]] | None = None,
    selections: Iterable[str] | None = None,
    near_tie: float | None = None,
    draws: int = DRAWS,
    rng: int | np.random.Generator | None = 0,
    note: str | None = None,
) -> RobustnessTable:
    """Tabulate the same decision under every alternative: for a paper's appendix.

    Parameters
    ----------
    asked : Study or Model
        A study is asked again as it was: with its method, options, selection rule and what it held fixed.
    model : Model, optional
        Of a study that was read from a file.
    settings : mapping of str to iterable, optional
        Values of settings to look at, all else at base; those that are true or false unless given.
    methods : mapping of str to mapping, optional
        Other ways to solve, by the name to print: keywords of `decide.sweep`, such as ``{"pure": {"method": "pure"}}``.
    selections : iterable of str, optional
        Selection rules to look at. ``"worst"`` and ``"best"`` unless given, if some world has several equilibria.
    near_tie : float, optional
        Margins below this are near-ties; 2% of the decider's payoff range at base unless given.
    draws : int
        Worlds to draw for every row's share of the ranges it leaves open; 0 for none.
    rng : None, int or numpy.random.Generator
        For those draws.
    note : str, optional
        A word on the numbers; "illustrative numbers" if the model's docstring calls them so.

    Returns
    -------
    RobustnessTable
        With ``rows``, ``to_markdown()``, ``to_latex()`` and ``to_dataframe()``.

    Raises
    ------
    StudyError
        If `asked` is neither, is a study from a file and no model is given, or a number makes no sense.
    UnknownNameError
        If there is no such setting.

    Notes
    -----
    A view or setting whose world cannot be solved is a row of its own, ``failed``, with the reason as its `note`.
    Cost: `draws` solves a row.

    Examples
    --------
    >>> from decide import Decision, ExtensiveForm, Outcome, Parameter, Value, model
    >>> @model(decider="Us", views={"hopeful": {"rain": 3.0}})
    ... def harvest(*, rain: Value = Parameter(1, low=0, high=4), seed: Value = Parameter(2, low=1, high=3)):
    ...     return ExtensiveForm(Decision("Us", {"sow": Outcome({"Us": rain}), "keep": Outcome({"Us": seed})}))
    >>> robustness_table(harvest, draws=0)
    alternative  worth most  ahead by    sow   keep
    base         keep           1.000  1.000  2.000
    hopeful      sow            1.000  3.000  2.000
    """
    source = asked_of(asked, model)
    threshold = checked_near_tie(near_tie, source)
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 0:
        raise StudyError(f"draws is {draws!r}; expected an integer from 0")
    rows = []
    for one in every_alternative(source, settings, methods, selections):
        answer, _ = solve_alternative(source, one, threshold, strict=one.kind in ("method", "selection"))
        own = asked if isinstance(asked, Study) else None
        try:
            answer = drawn(source, one, answer, int(draws), rng, own)[0]
        except GameError:
            if answer.values:
                raise
            # no world of this alternative is a game: the row says why, and has no share
        rows.append(answer)
    title = (source.model.function.__doc__ or source.model.name).strip().splitlines()[0].rstrip(".")
    word = note if note is not None else "illustrative numbers" if illustrative(source.model, title) else ""
    return RobustnessTable(
        tuple(rows), source.ask().options, str(source.keywords["decider"]), title, word, threshold, int(draws)
    )


def asked_of(asked: Study | Model[Any], model: Model[Any] | None) -> Source:
    """Read what is to be asked again."""
    if isinstance(asked, Model):
        if model is not None:
            raise StudyError("a model is given twice; expected model= only with a study from a file")
        p = ask(asked).problem
        return Source(
            asked, {}, p.values, {"method": p.method, "selection": p.selection, "decider": p.decider, "at": p.at}
        )
    found = source_of(asked, model)
    if found is None:
        raise StudyError("this study was read from a file and carries no model; expected model=")
    return found


def checked_near_tie(near_tie: float | None, source: Source) -> float:
    """Return the threshold: the one given, or the default."""
    if near_tie is None:
        return near_tie_of(source)
    if isinstance(near_tie, bool) or not isinstance(near_tie, int | float) or not 0 <= near_tie < np.inf:
        raise StudyError(f"near_tie is {near_tie!r}; expected a number from 0, in payoff units")
    return float(near_tie)


def every_alternative(
    source: Source,
    settings: Mapping[str, Iterable[Any]] | None,
    methods: Mapping[str, Mapping[str, Any]] | None,
    selections: Iterable[str] | None,
) -> Iterable[Alternative]:
    """Yield them all in the order of the table."""
    rules = None if selections is None else tuple(selections)
    found = alternatives_of(source, settings)
    yield from found
    for name, keywords in (methods or {}).items():
        kept = {k: source.keywords[k] for k in ("selection", "decider", "at")}
        yield Alternative("method", name, source.fixed, kept | dict(keywords), source.values)
    if rules is None:
        several = any(_count(source, one) > 1 for one in found)
        rules = tuple(r for r in ("worst", "best") if r != source.keywords["selection"]) if several else ()
    for rule in rules:
        yield Alternative("selection", rule, source.fixed, {**source.keywords, "selection": rule}, source.values)


def _count(source: Source, one: Alternative) -> int:
    return solve_alternative(source, one, 0.0, strict=False)[0].n_equilibria


def drawn(
    source: Source,
    one: Alternative,
    answer: Answer,
    draws: int,
    rng: int | np.random.Generator | None,
    own: Study | None = None,
) -> tuple[Answer, Study | None]:
    """Add shares of the ranges that the alternative leaves open, where something is left to draw.

    Those of the base are the study's `own`, where it drew them; of a study that swept settings, those at base.
    """
    if own is not None and one.kind == "base" and (parts := by_setting(own)):
        own = next((s for key, s in parts.items() if all(str(source.values[n]) == v for n, v in key)), None)
    sampled = own is not None and "recommended" in own.data and own.shares().attrs["sampling"] != "given"
    if draws and one.kind == "base" and own is not None and sampled:
        return with_shares(answer, own), own
    left = [name for name in source.model.space.free if name not in one.fixed]
    if not draws or not left or (not answer.values and answer.note == ""):
        return answer, None
    study = sweep(source.model, draws, rng=rng, base=one.fixed, keep=["recommended", "status"], **one.keywords)
    return with_shares(answer, study), study


def cells_of(found: RobustnessTable) -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows as they are printed."""
    scale = float(np.max([abs(v) for a in found.rows for v in a.values.values()], initial=0.0))
    head = ["alternative", "worth most", "ahead by", *found.options, *(["share"] if found.draws else [])]
    mistaken = any(o.lower() in MISTAKEN for o in found.options)

    def name(option: str) -> str:
        return f"\u201c{option}\u201d" if mistaken and option in found.options else option

    rows = []
    for a in found.rows:
        best = name(a.recommended)
        if a.near_tie:
            best = f"near-tie: {listed([best, name(a.rival)], 'or')}"
        row = [a.label, best, amount(a.margin, scale) if a.rival else ""]
        row += [amount(a.values[o], scale) if o in a.values else "" for o in found.options]
        if found.draws:
            row.append(share(a.shares[a.recommended], a.errors[a.recommended]) if a.shares else "")
        rows.append(row)
    return head, rows
