"""From what is wanted and what is observed to the writes that make them agree."""
