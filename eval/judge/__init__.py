"""A language model as judge: how it is asked, examined, and held against people."""
