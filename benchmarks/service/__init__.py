"""The service beside a naive baseline and a bare echo, in one run."""
