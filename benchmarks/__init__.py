"""Proofs of speed: each program beside a baseline in the same run, so that a noisy machine shows in both."""
