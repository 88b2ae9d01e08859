"""Thin Gradio: shell, theme, one module a room, pure presentation, and the terminal's commands.

Importing this package imports no Gradio; it only settles how Gradio will start.
"""

from ui.quick_start import prepare

prepare()
