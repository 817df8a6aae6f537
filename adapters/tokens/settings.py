"""Settings of token checking and of the built-in issuer."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, model_validator

Algorithm = Literal["RS256", "ES256"]


class IssuerSettings(BaseModel):
    """One issuer whose tokens are accepted; its keys come from a URL or a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Annotated[str, Field(min_length=1, description="The `iss` claim, to the letter.")]
    audience: Annotated[
        str, Field(min_length=1, description="What `aud` must be or hold, to the letter.")
    ]
    jwks_url: HttpUrl | None = Field(None, description="Where its keys are published (RFC 7517).")
    jwks_file: Path | None = Field(None, description="Or a file with its keys.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.jwks_url is None) == (self.jwks_file is None):
            msg = "exactly one of jwks_url and jwks_file is needed"
            raise ValueError(msg)
        return self


class BuiltinIssuerSettings(BaseModel):
    """The minimal issuer: tokens for applications of the directory and the command line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(
        default=True, description="Whether it issues tokens and its tokens are accepted."
    )
    issuer: str | None = Field(
        None, min_length=1, description="Its `iss` claim; by default `http.public_url`."
    )
    audience: str = Field(
        "directory-gateway", min_length=1, description="The `aud` claim of its tokens."
    )
    private_key_file: Path = Field(
        Path("/var/lib/directory-gateway/issuer-key.pem"),
        description="PEM file of its private key; made at the first start if it is not there.",
    )
    token_lifetime_seconds: int = Field(
        3600, ge=60, le=86_400, description="How long tokens hold that applications ask for."
    )
    platform_tenant: str | None = Field(
        None,
        min_length=1,
        description="Slug of the operator's own tenant, whose applications get platform tokens; "
        "without it no application does.",
    )
    algorithm: Algorithm = Field(
        "RS256", description="Kind of the key that is made at the first start."
    )


class TokenSettings(BaseModel):
    """Whose bearer tokens are accepted, and how their keys are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuers: tuple[IssuerSettings, ...] = Field(
        (), description="Issuers whose tokens are accepted, beside the built-in one."
    )
    builtin: BuiltinIssuerSettings = BuiltinIssuerSettings()
    leeway_seconds: int = Field(
        60, ge=0, le=300, description="How far clocks may differ when times are compared."
    )
    cache_size: int = Field(10_000, ge=0, description="Verified tokens that each worker remembers.")
    keys_max_age_seconds: int = Field(
        900, ge=1, description="Age at which an issuer's keys are fetched again."
    )
    keys_max_stale_seconds: int = Field(
        86_400,
        ge=1,
        description="Age up to which keys are used while their issuer cannot be reached.",
    )
    refetch_interval_seconds: int = Field(
        30,
        ge=1,
        description="A worker fetches keys for unknown key ids at most once in this time.",
    )
    refetch_budget: int = Field(
        10,
        ge=1,
        description="How often all workers together do so for one issuer in that time.",
    )
    fetch_timeout_seconds: float = Field(5.0, gt=0, description="Time limit of one fetch of keys.")
    ca_file: Path | None = Field(
        None, description="CA certificates for the JWKS URLs; by default the system's."
    )

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [issuer.issuer for issuer in self.issuers]
        if len(set(names)) < len(names):
            msg = "an issuer is listed twice"
            raise ValueError(msg)
        return self
