"""What a Hugging Face Space needs beside the app itself."""
