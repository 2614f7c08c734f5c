"""Pictures of results: each takes ``ax=None`` and returns the Axes; nothing is computed here.

matplotlib is the extra ``decide[plot]``.
"""

from decide.plots.looks import legend_of, style
from decide.plots.studies import option_values, shares
from decide.plots.switching import switch_points

__all__ = ["legend_of", "option_values", "shares", "style", "switch_points"]
