"""`gateway settings`: what can be set, as a page."""

from gateway.cli.terminal import write
from gateway.config import describe_settings

EPILOG = "Example: gateway settings > docs/reference/settings.md"


def settings() -> None:
    """Write the reference of all settings, as Markdown."""
    write(describe_settings())
