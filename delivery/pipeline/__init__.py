"""The steps of .github/workflows/deploy.yaml, each a command: `python3 -m delivery.pipeline --help`.

The standard library only, so that a step with a cluster's credentials in its hands runs no code but ours.
"""
