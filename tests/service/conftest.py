"""Unit tests of the service: no I/O but reading the source tree."""

from hypothesis import settings

# How long an example takes says nothing on a machine that does other things too.
settings.register_profile("service", deadline=None, max_examples=50)
settings.load_profile("service")
