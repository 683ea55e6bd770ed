"""A DataService in, the manifests of its children out: pure, one file a child."""
