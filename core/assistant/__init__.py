"""Turn what a person says into proposed actions, with or without a language model."""
