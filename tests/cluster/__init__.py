"""The project's own test cluster: `python -m tests.cluster --help`."""
