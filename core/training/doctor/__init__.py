"""The failure doctor: from how a run ended to its plain cause, the evidence, and one change."""
