"""Settings, from variables that begin with DATASERVICE_ only."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from dataservice.errors import InvalidSettings

PREFIX = "DATASERVICE_"
_NESTED = "__"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MongoDBSettings(_Section):
    uri: SecretStr = SecretStr("")
    database: str = ""
    collection: str = ""
    driver: Literal["motor", "pymongo"] = "motor"


class SQLiteSettings(_Section):
    path: Path = Path("dataservice.db")


class DatabaseSettings(_Section):
    kind: Literal["mongodb", "sqlite", "memory"] = "sqlite"
    mongodb: MongoDBSettings = MongoDBSettings()
    sqlite: SQLiteSettings = SQLiteSettings()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "mongodb":
            given = self.mongodb
            for name, value in [
                ("URI", given.uri.get_secret_value()),
                ("DATABASE", given.database),
                ("COLLECTION", given.collection),
            ]:
                if not value:
                    raise ValueError(
                        f"{PREFIX}DATABASE__MONGODB__{name}: needed by {PREFIX}DATABASE__KIND=mongodb"
                    )
        return self


class DataSettings(_Section):
    schema_file: Path | None = None
    """A JSON Schema (2020-12). Without it any object is stored."""
    indexes_file: Path | None = None
    """`[{"fields": ["sku", "-_created_at"], "unique": true}]`."""


class JwtSettings(_Section):
    issuer: str = ""
    audience: str = ""
    jwks_url: str = Field(default="", pattern="^(https?://.+)?$")


class AuthSettings(_Section):
    mode: Literal["None", "APIKey", "JWT"] = "None"
    keys_folder: Path | None = None
    """One file for each client, as services/api_keys.py reads it. A change is taken up without a restart."""
    jwt: JwtSettings = JwtSettings()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = {
            "None": {},
            "APIKey": {"KEYS_FOLDER": self.keys_folder},
            "JWT": {f"JWT__{name.upper()}": value for name, value in self.jwt},
        }
        for name, value in needed[self.mode].items():
            if not value:
                raise ValueError(f"{PREFIX}API__AUTH__{name}: needed by {PREFIX}API__AUTH__MODE={self.mode}")
        return self


class SecondsSettings(_Section):
    """What a client is given, in seconds; one that takes longer is cut off."""

    head: float = Field(default=10, gt=0)
    """From the connection, or the first byte of a request, to the end of its header fields."""
    body: float = Field(default=10, gt=0)
    """From there to the end of its body; where a body may be of any length, for the next 4 KiB of it or its rest."""
    answer: float = Field(default=20, gt=0)
    """For the next 64 KiB of an answer, or its rest, to be taken."""
    idle: int = Field(default=5, ge=1)
    """Between an answer and the next request of a kept connection."""


class LimitSettings(_Section):
    max_body_bytes: int = Field(default=1_048_576, ge=1)
    max_page_size: int = Field(default=1000, ge=1, le=1000)
    max_bulk_items: int = Field(default=1000, ge=1, le=10_000)
    """Documents of one POST /data."""
    max_import_bytes: int | None = Field(default=None, ge=1)
    """Of one POST /data:import, whose lines have max_body_bytes each. None: no bound, since it is never held whole."""
    requests_per_second: int | None = Field(default=None, ge=1)
    """Of each caller, in this process. None: no bound."""
    burst: int | None = Field(default=None, ge=1)
    """Requests that may come at once after a pause. None: as many as in a second."""
    max_in_flight: int = Field(default=512, ge=1)
    """Requests that this process works on at once, whoever sent them."""
    max_connections: int = Field(default=8192, ge=1)
    """Open at once, whether or not anything is asked by them: each holds some kilobytes and a file descriptor."""
    seconds: SecondsSettings = SecondsSettings()


class CorsSettings(_Section):
    allowed_origins: tuple[str, ...] = ()
    """A JSON list, of `scheme://host[:port]` or `*`."""


class ApiSettings(_Section):
    auth: AuthSettings = AuthSettings()
    limits: LimitSettings = LimitSettings()
    require_if_match: bool = False
    """Whether a PUT to a document that is there, a PATCH or a DELETE must name what it changes."""
    cors: CorsSettings = CorsSettings()
    cursor_key_file: Path | None = None
    """At least 32 random bytes, the same for all replicas. Without it cursors end with the process."""


class AdminSettings(_Section):
    port: int = Field(default=9090, ge=0, le=65535)
    """0 turns the admin server off."""
    required: bool = False
    """Whether a taken port stops the start; otherwise it is a warning, so that two dev servers can run."""


class LogSettings(_Section):
    format: Literal["json", "text"] = "text"
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class TracingSettings(_Section):
    endpoint: str = Field(default="", pattern="^(https?://.+)?$")
    """Where a collector takes OTLP over HTTP, such as `http://collector:4318/v1/traces`. Empty: no tracing."""
    ratio: float = Field(default=1, ge=0, le=1)
    """Of the traces that begin here; one that a client began is followed if the client says so."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=_NESTED, frozen=True, extra="forbid"
    )

    name: str = "dataservice"
    namespace: str = ""
    host: str = "0.0.0.0"  # noqa: S104 - a container serves on all its addresses
    port: int = Field(default=8000, ge=0, le=65535)
    drain_seconds: int = Field(default=20, ge=0)
    database: DatabaseSettings = DatabaseSettings()
    data: DataSettings = DataSettings()
    api: ApiSettings = ApiSettings()
    admin: AdminSettings = AdminSettings()
    log: LogSettings = LogSettings()
    tracing: TracingSettings = TracingSettings()


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Raises InvalidSettings with one line that names the variable; `environ` is what the process was given."""
    known = set(_variables(Settings, PREFIX))
    for variable in environ:
        if variable.upper().startswith(PREFIX) and variable.upper() not in known:
            raise InvalidSettings(
                f"{variable} is not a setting of this service: remove it{_nearest(variable, known)}"
            )
    try:
        return Settings()
    except SettingsError:
        raise InvalidSettings(
            f'{PREFIX}API__CORS__ALLOWED_ORIGINS: write a JSON list, such as ["https://shop.example.com"]'
        ) from None
    except ValidationError as error:
        # The first error only: one line becomes the pod's termination message.
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        reason = first["msg"].removeprefix("Value error, ")
        if not reason.startswith(PREFIX):
            reason = f"{PREFIX}{_NESTED.join(str(part) for part in first['loc']).upper()}: {reason}"
        raise InvalidSettings(reason) from None


def _nearest(variable: str, known: set[str]) -> str:
    close = get_close_matches(variable.upper(), known, n=1)
    return f", or write {close[0]}" if close else ""


def _variables(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _variables(field.annotation, f"{prefix}{name.upper()}{_NESTED}")
        else:
            yield f"{prefix}{name.upper()}"
