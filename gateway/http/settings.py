"""What an operator can say about the HTTP side."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#]+[^\s?#]*$", max_length=2048)]


class HttpSettings(BaseModel):
    """Settings of the HTTP side; sizes in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    public_url: Url = Field(
        "http://127.0.0.1:8000",
        description="Where clients reach the gateway; links in mails start with it.",
    )
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = Field(
        (),
        description="Networks whose X-Forwarded-For is believed; of nobody when empty.",
    )
    max_body: int = Field(2**20, ge=1024, description="Largest request body, in bytes.")
    max_json_depth: int = Field(32, ge=4, le=500, description="Deepest nesting of a JSON body.")
    metrics: bool = Field(True, description="Whether /metrics answers.")
    documentation: bool = Field(True, description="Whether /docs and /openapi.json answer.")
    log_requests: bool = Field(True, description="Whether each request is logged when it is done.")
    allowed_redirects: tuple[str, ...] = Field(
        (),
        description="Addresses that a one-time link may lead to afterwards; one that ends in / "
        "stands also for what lies below it.",
    )

    @property
    def secure(self) -> bool:
        """Whether clients reach the gateway over TLS."""
        return self.public_url.startswith("https://")
