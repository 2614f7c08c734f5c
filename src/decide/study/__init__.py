"""Asking again in many worlds: `sweep` solves a model at every draw of a design, and `Study` holds what came out.

A sweep is the analyst's doubt: each world is solved as if its parameters were commonly known. Shares are shares of the
stated ranges, not probabilities, unless a joint belief was declared.
"""

from decide.study.choosing import OVER, believed, values_over
from decide.study.results import Study
from decide.study.scenarios import Scenarios
from decide.study.sweeping import Progress, Selection, progress_of, sweep

__all__ = ["OVER", "Progress", "Scenarios", "Selection", "Study", "believed", "progress_of", "sweep", "values_over"]
