"""`make test-faults`: what breaks, and what comes of it. Each campaign stands in a folder of its own."""
