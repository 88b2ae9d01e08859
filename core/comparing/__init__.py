"""Asking several models the same things and keeping what each answered."""
