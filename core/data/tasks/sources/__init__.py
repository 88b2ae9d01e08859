"""Readers of labelled texts: each turns the records of one shape into Labelled items."""
