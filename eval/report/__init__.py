"""From evidence to a Report: its figures, its conclusion and its cautions."""
