"""Settings of the way to the mail server."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from adapters.mail.address import parse_mailbox


def _mailbox(text: str) -> str:
    parse_mailbox(text)
    return text


class MailSettings(BaseModel):
    """How mails leave: by SMTP, or (dev only) into the log."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    transport: Literal["smtp", "log"] = Field(
        "smtp", description="`log` writes mails with their links to the log; in dev only."
    )
    host: str = Field("127.0.0.1", min_length=1, description="The mail server.")
    port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Its port; by default 465 with `tls`, 587 with `starttls`, else 25.",
    )
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection is secured; certificates are checked."
    )
    ca_file: Path | None = Field(None, description="CA certificates; by default the system's.")
    username: str | None = Field(None, description="User name, if the server wants one.")
    password: SecretStr | None = Field(None, description="Password.")
    sender: Annotated[str, AfterValidator(_mailbox)] = Field(
        "Directory Gateway <no-reply@localhost>",
        description="The From address, as `name <address>` or an address alone.",
    )
    timeout_seconds: float = Field(10.0, gt=0, description="Time limit of each step.")
    templates_dir: Path | None = Field(
        None, description="A folder whose templates stand before the shipped ones."
    )

    @model_validator(mode="after")
    def _credentials(self) -> Self:
        if (self.username is None) != (self.password is None):
            msg = "username and password belong together"
            raise ValueError(msg)
        return self

    @property
    def effective_port(self) -> int:
        """The port, or what is customary for the kind of connection."""
        return self.port or {"tls": 465, "starttls": 587, "none": 25}[self.security]
