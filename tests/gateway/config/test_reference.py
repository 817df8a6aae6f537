"""The generated page about all settings."""

from pydantic import BaseModel

from adapters.tokens.settings import IssuerSettings
from gateway.config import Settings, describe_settings
from gateway.config.load import variable, walk


def test_every_setting_is_described() -> None:
    """Each has a row with its variable, and says what it means."""
    page = describe_settings()
    for path, field in walk(Settings):
        assert f"| `{path[-1]}` | `{variable(path)}` |" in page
        assert field.description, f"{'.'.join(path)} says nothing"
    for name, field in IssuerSettings.model_fields.items():
        assert f"| `{name}` |  |" in page
        assert field.description


def test_secrets_show_no_default_and_are_marked() -> None:
    """A page for everybody."""
    row = next(line for line in describe_settings().splitlines() if "LDAP__BIND_PASSWORD`" in line)
    assert row.endswith("Secret. |")
    assert "**" not in row


def test_every_section_is_closed_and_frozen() -> None:
    """Unknown keys are refused at every level, and nobody changes settings on the way."""

    def sections(model: type[BaseModel]) -> list[type[BaseModel]]:
        inner = [
            field.annotation
            for field in model.model_fields.values()
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        ]
        return [model, *(each for section in inner for each in sections(section))]

    every: list[type[BaseModel]] = [*sections(Settings), IssuerSettings]
    for section in every:
        assert section.model_config.get("extra") == "forbid", section
        assert section.model_config.get("frozen"), section


def test_the_page_is_a_table_everywhere() -> None:
    """No description breaks a row."""
    rows = [line for line in describe_settings().splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {5}
