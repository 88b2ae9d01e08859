"""Words of the Compare room."""

COMPARE: dict[str, tuple[str, str]] = {}
