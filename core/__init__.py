"""The domain: knows nothing of Gradio; importing it never imports torch."""
