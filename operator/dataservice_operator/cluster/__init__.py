"""Everything that speaks to the Kubernetes API, and nothing that decides."""
