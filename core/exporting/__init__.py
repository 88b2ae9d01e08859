"""Exports: a tuned model as files that others load, with all that it needs to answer the same."""
