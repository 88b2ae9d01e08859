"""What only shows when a dataset is looked at whole: likeness, conflicts, languages, balance."""
