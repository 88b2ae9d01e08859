"""Task templates: labelled texts into dialogues, with their checks, rubric and metrics."""
