"""The look in Gradio's own terms: quiet paper, one accent, and fonts that every machine has."""

from __future__ import annotations

from gradio.themes import Base, Color, Size

TEAL = Color(
    "#effaf8", "#d6f2ee", "#aee4dc", "#7ed0c6", "#4fb8ac", "#2a9d90",
    "#0f766e", "#0d655f", "#0b5450", "#083f3c", "#052b29",
)  # fmt: skip
STONE = Color(
    "#fbfaf8", "#f4f2ee", "#e8e4dd", "#d6d0c7", "#a9a197", "#736b63",
    "#5f5850", "#45403a", "#2d2a27", "#1e1c1a", "#141312",
)  # fmt: skip
RADIUS = Size("3px", "4px", "6px", "8px", "10px", "12px", "16px")
SANS = (
    "system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans",
    "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif",
)  # fmt: skip
MONO = (
    "ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "DejaVu Sans Mono",
    "Noto Sans Mono CJK SC", "monospace",
)  # fmt: skip


COLOURS = {
    "body_background_fill": "#fbfaf8",
    "body_background_fill_dark": "#141312",
    "body_text_color": "#1e1c1a",
    "body_text_color_dark": "#f1eee9",
    "body_text_color_subdued": "#5f5850",
    "body_text_color_subdued_dark": "#b0a89e",
    "background_fill_primary": "#ffffff",
    "background_fill_primary_dark": "#1c1a19",
    "background_fill_secondary": "#f4f2ee",
    "background_fill_secondary_dark": "#232120",
    "border_color_primary": "#e3ded6",
    "border_color_primary_dark": "#383430",
    "border_color_accent": "#0f766e",
    "border_color_accent_dark": "#4fb8ac",
    "color_accent": "#0f766e",
    "color_accent_soft": "#effaf8",
    "color_accent_soft_dark": "#12302d",
    "block_background_fill": "transparent",
    "block_background_fill_dark": "transparent",
    "block_border_width": "0px",
    "block_padding": "0px",
    "input_border_width": "1px",
    "block_shadow": "none",
    "block_label_background_fill": "transparent",
    "block_label_background_fill_dark": "transparent",
    "block_label_border_width": "0px",
    "block_label_text_weight": "500",
    "block_title_text_weight": "500",
    "block_title_text_size": "13px",
    "block_title_text_color": "#5f5850",
    "block_title_text_color_dark": "#b0a89e",
    "input_background_fill": "#ffffff",
    "input_background_fill_dark": "#161514",
    "input_border_color": "#d6d0c7",
    "input_border_color_dark": "#45403a",
    "input_border_color_focus": "#0f766e",
    "input_border_color_focus_dark": "#4fb8ac",
    "input_shadow": "none",
    "input_shadow_focus": "none",
    "input_placeholder_color": "#766e65",
    "input_placeholder_color_dark": "#948c82",
    "button_primary_background_fill": "#0f766e",
    "button_primary_background_fill_dark": "#7ed0c6",
    "button_primary_background_fill_hover": "#0b5450",
    "button_primary_background_fill_hover_dark": "#aee4dc",
    "button_primary_text_color": "#ffffff",
    "button_primary_text_color_dark": "#052b29",
    "button_secondary_background_fill": "#ffffff",
    "button_secondary_background_fill_dark": "#1c1a19",
    "button_secondary_background_fill_hover": "#f4f2ee",
    "button_secondary_background_fill_hover_dark": "#2d2a27",
    "button_secondary_border_color": "#d6d0c7",
    "button_secondary_border_color_dark": "#45403a",
    "button_border_width": "1px",
    "button_large_text_weight": "500",
    "button_small_text_weight": "500",
    "button_medium_text_weight": "500",
    "button_large_text_size": "15px",
    "button_medium_text_size": "14px",
    "slider_color": "#0f766e",
    "slider_color_dark": "#4fb8ac",
    "link_text_color": "#0f766e",
    "link_text_color_dark": "#7ed0c6",
    "error_background_fill": "#fdf1ef",
    "error_background_fill_dark": "#331a17",
}
"""Gradio's own variables; those that end in `_dark` hold in the dark."""


def theme() -> Base:
    """The theme for `launch`; colours that our CSS needs too are variables of `ui/page.css`."""
    base = Base(primary_hue=TEAL, neutral_hue=STONE, radius_size=RADIUS, font=SANS, font_mono=MONO)
    return base.set(**COLOURS)
