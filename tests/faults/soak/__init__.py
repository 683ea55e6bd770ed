"""What hours do to a process, as far as it can be told from minutes: memory, descriptors, changes that were missed."""
