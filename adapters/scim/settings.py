"""What an operator can say about the SCIM side; sizes in bytes, times in seconds."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class ScimSettings(BaseModel):
    """Limits of the SCIM side, which `/ServiceProviderConfig` tells, and the brake."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_results: int = Field(
        200, ge=1, le=1000, description="Most resources in one answer, whatever `count` says."
    )
    default_page_size: int = Field(
        100, ge=1, le=1000, description="Resources in one answer where `count` is not given."
    )
    bulk_max_operations: int = Field(
        1000, ge=1, le=10_000, description="Most operations in one bulk request."
    )
    bulk_max_payload: int = Field(
        2**20, ge=1024, description="Largest body of a bulk request, in bytes."
    )
    filter_max_length: int = Field(
        4096, ge=64, le=65_536, description="Longest filter, in characters."
    )
    filter_max_depth: int = Field(16, ge=1, le=64, description="Deepest nesting of a filter.")
    filter_max_terms: int = Field(100, ge=1, le=1000, description="Most comparisons in one filter.")
    cursor_timeout: int = Field(
        3600, ge=10, le=86_400, description="Seconds for which a cursor can be used (RFC 9865)."
    )
    cursor_secret: SecretStr | None = Field(
        None,
        min_length=16,
        description="What cursors are sealed with; the same on all hosts. By default it follows "
        "from the gateway's own account in the directory, so that a new password of that account "
        "ends all cursors.",
    )
    brake_share: float = Field(
        0.25,
        gt=0,
        le=1,
        description="Share of a tenant's users that one SCIM token may deactivate or delete "
        "within an hour; what goes beyond is held until `gateway scim release`. 1: no brake.",
    )
    brake_minimum: int = Field(
        50, ge=0, description="Tenants with fewer users than this have no brake."
    )
