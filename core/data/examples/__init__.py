"""The bundled example: a shop's support desk, in English and Chinese."""

from pathlib import Path

SUPPORT_DESK = Path(__file__).parent / "support_desk.jsonl"
SUPPORT_DESK_RUBRIC = SUPPORT_DESK.with_name("support_desk.rubric.yaml")
