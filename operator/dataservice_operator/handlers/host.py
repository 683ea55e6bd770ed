"""Kopf's settings: it is the host of one watch and of the probe, and nothing else."""

from typing import Any

import kopf

from dataservice_operator.cluster.client import PAGE
from dataservice_operator.settings import Settings


def host_settings(settings: Settings) -> kopf.OperatorSettings:
    host = kopf.OperatorSettings()
    host.peering.standalone = True
    host.posting.enabled = False
    host.posting.loggers = False
    host.scanning.disabled = True
    host.watching.chunk_size = PAGE
    host.queueing.idle_timeout = 0.1  # each object's task and queue end then: by default 5 s later
    host.watching.inactivity_timeout = settings.watch_silence_seconds
    host.persistence.diffbase_storage = _NoDifferences()
    host.persistence.progress_storage = _NoProgress()
    return host


class _NoDifferences(kopf.DiffBaseStorage):
    """For handlers of changes, which there are none of: Kopf would copy each object twice to find what changed."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        return None

    def store(self, **_: Any) -> None:
        """Nothing is kept."""


class _NoProgress(kopf.ProgressStorage):
    """Likewise: Kopf would look for it in each object, in all the places where its versions have kept it."""

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        """Nothing is kept."""

    def purge(self, **_: Any) -> None:
        """Nothing was kept."""

    def touch(self, **_: Any) -> None:
        """Nobody waits for it."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        return essence
