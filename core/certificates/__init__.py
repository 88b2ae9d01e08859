"""Certificates: proof that what is served and exported is what was trained, or why not."""
