"""Thin faces over `core.actions`: the Gradio app and the terminal commands."""
