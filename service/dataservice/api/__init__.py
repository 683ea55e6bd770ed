"""HTTP: routes, problems, limits."""
