"""Figures that the field knows, each with an interval."""
