"""Sensitivity analysis on arrays and functions of arrays: nothing here knows what a game is."""
