"""Turn records of any dialogue format into OpenAI-shaped conversations."""
