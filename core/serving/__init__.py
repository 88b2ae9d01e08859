"""One vLLM server per base model, adapters loaded into it, and proof of what is served."""
