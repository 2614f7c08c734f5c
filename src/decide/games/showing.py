"""A tree as text: one line a node, indented by its depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from decide.games.structure import CHANCE, LEAF

if TYPE_CHECKING:
    from decide.games.extensive import ExtensiveForm

__all__ = ["tree_lines"]


def tree_lines(tree: ExtensiveForm, limit: int) -> list[str]:
    """Return the lines of at most `limit` nodes; of a batch, the means of its numbers."""
    s = tree.structure
    batch = f", batch {tree.shape} (means shown)" if tree.shape else ""
    limit = limit if 0 not in tree.shape else 0
    lines = [f"ExtensiveForm: {', '.join(s.players)}; {len(s.rows)} nodes, {len(s.infosets)} information sets{batch}"]
    for i in range(min(len(s.rows), limit)):
        depth, up = 0, s.parent[i]
        while up >= 0 and depth < 40:
            depth, up = depth + 1, s.parent[up]
        lines.append(f"{'  ' * depth}{_edge(tree, i)}: {_what(tree, i)}")
    if len(s.rows) > limit > 0:
        lines.append(f"... and {len(s.rows) - limit} more nodes")
    return lines


def _edge(tree: ExtensiveForm, node: int) -> str:
    s = tree.structure
    up = s.parent[node]
    if up < 0:
        return "start"
    label = s.rows[up][4][s.rows[node][1]]
    if s.kind[up] == CHANCE:
        return f"{label} ({np.mean(tree.pool[s.rows[up][3][s.branch[node]]]):.3g})"
    return str(label)


def _what(tree: ExtensiveForm, node: int) -> str:
    row = tree.structure.rows[node]
    if row[2] == LEAF:
        money = ", ".join(f"{p} {np.mean(tree.pool[k]):g}" for p, k in zip(tree.structure.players, row[3], strict=True))
        return f"{money} [{', '.join(row[4])}]" if row[4] else money
    if row[2] == CHANCE:
        return "chance"
    return f"{row[3]} moves" + (f" at {row[5]!r}" if row[5] is not None else "")
