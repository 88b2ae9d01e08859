"""Rubric, checks, judge, comparison, statistics and report: usable with no UI."""
