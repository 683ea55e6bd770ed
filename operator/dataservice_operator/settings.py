"""The operator's settings, from environment variables that begin with DATASERVICE_OPERATOR_."""

from math import inf
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from dataservice_operator import __version__

DEFAULT_IMAGE = f"ghcr.io/dataservice-dev/service:{__version__}"


class Settings(BaseSettings):
    """Built once, in main."""

    model_config = SettingsConfigDict(
        env_prefix="DATASERVICE_OPERATOR_", frozen=True, use_attribute_docstrings=True
    )

    default_image: str = DEFAULT_IMAGE
    """Image of the service for a DataService that names none."""

    watch_namespaces: Annotated[tuple[str, ...], NoDecode] = ()
    """Namespaces to watch, separated by commas; empty: the whole cluster."""

    workers: int = Field(default=16, ge=1, le=256)
    """DataServices reconciled at the same time."""

    resync_seconds: float = Field(default=600, gt=0)
    """Each DataService is reconciled at least this often (with 10 % jitter)."""

    relist_seconds: float = Field(default=3600, gt=0)
    """What is watched is listed again at least this often: it heals what a watch has lost."""

    watch_silence_seconds: float = Field(default=70, gt=0)
    """A watch that says nothing for so long, not even a bookmark, is opened again."""

    progress_deadline_seconds: int = Field(default=600, ge=10)
    """A roll that makes no progress for so long is Stalled."""

    monitoring_namespace: str = "monitoring"
    """Whose pods a NetworkPolicy lets read the metrics of a DataService's pods; empty: nobody's."""

    leader_election: bool = True
    """False only for a single operator outside the cluster."""

    lease_namespace: str = "dataservice-system"
    """Where the operator runs: its Lease is there, and NetworkPolicies let its pods of that namespace in."""

    lease_name: str = "dataservice-operator"
    lease_identity: str = ""
    """Who holds the lease; empty: the host's name and a random suffix."""

    lease_duration_seconds: float = Field(default=10, gt=0)
    lease_renew_deadline_seconds: float = Field(default=7, gt=0)
    lease_retry_seconds: float = Field(default=2, gt=0)

    probe_host: str = "0.0.0.0"  # noqa: S104 - the kubelet asks from outside the pod
    probe_port: int = Field(default=8080, ge=1, le=65535)
    metrics_port: int = Field(default=9090, ge=0, le=65535)
    """0: no metrics server."""

    log_format: Literal["json", "text"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("watch_namespaces", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("lease_renew_deadline_seconds", "lease_retry_seconds")
    @classmethod
    def _shorter(cls, value: float, info: ValidationInfo) -> float:
        """A leader tries to renew more than once before it stops, and stops before another may begin."""
        longer = _LONGER[info.field_name or ""]
        if value >= info.data.get(longer, inf):
            raise ValueError(f"write less than {longer} ({info.data[longer]:g})")
        return value


_LONGER = {
    "lease_renew_deadline_seconds": "lease_duration_seconds",
    "lease_retry_seconds": "lease_renew_deadline_seconds",
}
