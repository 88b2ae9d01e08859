"""What a good answer is: the schema, its files, editing, drafting, and formats of other tools."""
