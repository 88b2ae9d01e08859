"""Verdicts and agreement from scores that were made anywhere."""
