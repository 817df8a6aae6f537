"""The settings model, composed of those of each part."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from adapters.ldap.settings import LdapSettings
from adapters.mail.settings import MailSettings
from adapters.redis.settings import RedisSettings
from adapters.scim.settings import ScimSettings
from adapters.tokens.settings import TokenSettings
from gateway.config.safety import unsafe, unusable
from gateway.http.settings import HttpSettings
from gateway.observability.logs import LogSettings


class LinkSettings(BaseModel):
    """One-time links in mails."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lifetime_hours: float = Field(
        24.0, gt=0, le=24 * 30, description="How long a link in a mail can be used."
    )


class MirrorSettings(BaseModel):
    """The copy of the directory in Redis that `gateway feed` keeps, for fast reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(
        True,
        description="Whether to read from the mirror while it is true; without, and whenever "
        "it is not, the directory is asked.",
    )


class Settings(BaseSettings):
    """Everything that can be set. Comes from `load_settings`, or in code from its parts."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    environment: Literal["production", "dev"] = Field(
        "production", description="`dev` allows what is unsafe outside a developer's machine."
    )
    http: HttpSettings = HttpSettings()
    ldap: LdapSettings = LdapSettings()
    redis: RedisSettings = RedisSettings()
    tokens: TokenSettings = TokenSettings()
    mail: MailSettings = MailSettings()
    links: LinkSettings = LinkSettings()
    scim: ScimSettings = ScimSettings()
    mirror: MirrorSettings = MirrorSettings()
    log: LogSettings = LogSettings()

    @property
    def dev(self) -> bool:
        """Whether this is a developer's machine."""
        return self.environment == "dev"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is handed in, and nothing else: reading is `load_settings`' affair."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @model_validator(mode="after")
    def _usable(self) -> Self:
        problems = list(unusable(http=self.http, tokens=self.tokens))
        if not self.dev:
            problems += unsafe(ldap=self.ldap, mail=self.mail, tokens=self.tokens)
        if problems:
            raise ValueError("\n".join(problems))
        return self
