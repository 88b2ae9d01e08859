"""Mend what is wrong with a row, without changing the row itself."""
