"""Settings of the connection to Redis: one server, a set watched by Sentinel, or a Cluster."""

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

_Address = Annotated[str, Field(pattern=r"^[^\s/@]+:\d{1,5}$")]


class RedisSettings(BaseModel):
    """Where Redis is and how long to wait for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(
        "redis://127.0.0.1:6379/0",
        pattern=r"^(rediss?://[^\s@?#]+|unix:///[^\s@?#]+(\?db=\d+)?)$",
        description="`redis://host:port/db`, `rediss://...` (TLS) or `unix:///path?db=0`; "
        "without a password, which has a setting of its own. With Sentinel only scheme and "
        "database count.",
    )
    username: str | None = Field(None, description="User name, where Redis has ACLs.")
    password: SecretStr | None = Field(None, description="Password.")
    ca_file: Path | None = Field(
        None, description="CA certificates for `rediss://`; by default the system's."
    )
    cluster: bool = Field(
        False,
        description="Whether `url` leads to a Redis Cluster (database 0): to any node, or to "
        "several by a name with several addresses; one has to be there when a process starts.",
    )
    sentinels: tuple[_Address, ...] = Field(
        (), description="Addresses `host:port` of the Sentinels, where they watch over Redis."
    )
    sentinel_name: str = Field(
        "mymaster", min_length=1, description="The name by which Sentinel knows the server."
    )
    sentinel_password: SecretStr | None = Field(None, description="Password of the Sentinels.")
    prefix: str = Field(
        "dgw",
        pattern=r"^[A-Za-z0-9._-]{1,32}$",
        description="First part of every key, so that installations can share a server.",
    )
    connect_timeout_seconds: float = Field(0.5, gt=0, description="Time limit to connect.")
    timeout_seconds: float = Field(1.0, gt=0, description="Time limit of one command.")
    backoff_seconds: float = Field(
        1.0, ge=0, description="After a failure, calls fail at once for this time."
    )
    max_connections: int = Field(50, ge=1, description="Connections that each worker may have.")
    revocation_seconds: int = Field(
        60,
        ge=1,
        description="How long a copy of a 'tokens valid from' time may be used unasked.",
    )

    @model_validator(mode="after")
    def _cluster_stands_alone(self) -> Self:
        if self.cluster and (
            self.sentinels or not re.fullmatch(r"rediss?://[^/]+(/0?)?", self.url)
        ):
            msg = "A Redis Cluster has no Sentinels, no database but 0, and speaks TCP"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _sentinel_speaks_tcp(self) -> Self:
        if self.sentinels and self.url.startswith("unix:"):
            msg = "Sentinel works with redis:// or rediss://, not unix://"
            raise ValueError(msg)
        return self
