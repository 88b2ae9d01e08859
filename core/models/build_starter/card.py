"""Writes the starter's model card from what was measured while it was made."""

from __future__ import annotations

from pathlib import Path

from core.models.build_starter.batches import PROSE_SHARE
from core.models.build_starter.curriculum import CHINESE_SHARE
from core.models.build_starter.pretrain import Effort

_TEMPLATE = Path(__file__).parent / "card.md"


def write(
    parameters: int, efforts: list[Effort], shares: dict[str, float], python_version: str
) -> str:
    """Return the model card as Markdown."""
    table = "\n".join(f"| {name} | {share:.0%} |" for name, share in shares.items())
    return _TEMPLATE.read_text(encoding="utf-8").format(
        millions=f"{parameters / 1e6:.2f}",
        megabytes=f"{parameters * 2 / 1e6:.1f}",
        steps=sum(effort.steps for effort in efforts),
        tokens=f"{sum(effort.tokens for effort in efforts) / 1e6:.1f}",
        cpu_minutes=f"{sum(effort.cpu_seconds for effort in efforts) / 60:.0f}",
        loss=efforts[-1].final_loss,
        prose_share=f"{PROSE_SHARE:.0%}",
        chinese_share=f"{CHINESE_SHARE:.0%}",
        python_version=python_version,
        table=table,
    )
