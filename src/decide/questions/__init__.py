"""Questions about a model that the answer may hang on: where it flips, and what each view makes of it."""

from decide.questions.switching import Interval, Intervals, switch_points
from decide.questions.views import compare_views

__all__ = ["Interval", "Intervals", "compare_views", "switch_points"]
