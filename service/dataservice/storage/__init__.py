"""Stores behind `domain.repository.Repository`. Drivers are imported here and nowhere else."""
