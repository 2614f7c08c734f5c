"""How the site is built: ``sphinx-build -W -b html docs docs/_build/html``. Nothing is fetched."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.pycode import ModuleAnalyzer

import decide

HERE = Path(__file__).parent

project = "decide"
author = "The decide developers"
project_copyright = "the decide developers"
version = release = decide.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "matplotlib.sphinxext.plot_directive",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]

html_theme = "furo"
html_title = "decide"
html_static_path = ["_static"]
html_copy_source = False
html_show_sourcelink = False

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings say the types
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

plot_formats = [("png", 110)]
plot_html_show_formats = False
plot_html_show_source_link = False


def check_names(_app: Any) -> None:
    """Fail if the reference does not list every public name, or lists one that is gone."""
    page = (HERE / "reference" / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^ +decide\.(\w+)$", page, flags=re.MULTILINE))
    if listed != set(decide.__all__):
        raise ValueError(f"reference/index.md lists {sorted(listed)}; expected {sorted(decide.__all__)}")


def write_parameters(_app: Any) -> None:
    """Write the table of parameters of every model of the catalogue, for the pages to include."""
    folder = HERE / "reference" / "generated"
    folder.mkdir(exist_ok=True)
    for name in decide.catalogue.names():
        table = f'<div class="table-wrapper">{decide.load(name)._repr_html_()}</div>'
        (folder / f"{name}.html").write_text(table, encoding="utf-8")


def write_methods(_app: Any) -> None:
    """Write what stands in `METHODS`, for the pages to include: never copied, so never stale."""
    folder = HERE / "reference" / "generated"
    folder.mkdir(exist_ok=True)
    rows = [("method", "finds", "what", "takes", "options")]
    modules: dict[str, list[str]] = {}
    sections = []
    for m in decide.methods():
        options = ", ".join(f"`{option}`" for option in m.options)
        rows.append((f"[`{m.name}`](#solver-{m.name})", m.finds, m.concept, m.takes, options))
        modules.setdefault(m.run.__module__, []).append(m.name)
    for module, names in modules.items():
        methods = [m for m in decide.methods() if m.name in names]
        sections += [f"(solver-{name})=" for name in names]
        sections += [f"## {', '.join(f'`{name}`' for name in names)}", ""]
        sections += [
            f"- `{m.name}` finds {'a ' if m.finds == 'sample' else ''}{m.finds}. *Complete:* {m.complete}. "
            f"*Reference:* {m.reference}."
            for m in methods
        ]
        sections += ["", "```{eval-rst}", f".. automodule:: {module}", "   :no-index:", ""]
        sections += [f".. autofunction:: {m.run.__module__}.{m.run.__qualname__}\n   :no-index:\n" for m in methods]
        sections += ["```", ""]
    head, *body = ("| " + " | ".join(row) + " |" for row in rows)
    table = [head, "|---" * len(rows[0]) + "|", *body]
    (folder / "methods.txt").write_text("\n".join(table) + "\n", encoding="utf-8")
    (folder / "solvers.txt").write_text("\n".join(sections) + "\n", encoding="utf-8")


def document_value(_app: Any, what: str, name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Give `decide.Value`, a type alias, the comment that stands above it in its own module."""
    if (what, name) == ("data", "decide.Value"):
        lines[:] = ModuleAnalyzer.for_module("decide.parameters").find_attr_docs()["", "Value"]


def setup(app: Any) -> None:
    """Connect the functions above to the build."""
    app.connect("builder-inited", check_names)
    app.connect("builder-inited", write_parameters)
    app.connect("builder-inited", write_methods)
    app.connect("autodoc-process-docstring", document_value)
