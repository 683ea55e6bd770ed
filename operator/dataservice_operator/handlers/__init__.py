"""Kopf's side of the operator: it brings the events in, and decides nothing."""
