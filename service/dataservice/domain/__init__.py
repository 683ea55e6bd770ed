"""Documents and their rules: no HTTP, no driver, no clock of its own."""
