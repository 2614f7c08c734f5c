"""What is handed over: a brief in one file, and a table for a paper's appendix. Compute first, then show."""

from decide.reports.robustness import RobustnessTable, robustness_table
from decide.reports.writing import report

__all__ = ["RobustnessTable", "report", "robustness_table"]
