"""The settings: what can be set, how it is read, what is refused, how it is documented.

Owns no setting but those of the whole: each part declares its own, and this composes them.
"""

from gateway.config.load import SettingsError, load_settings
from gateway.config.model import LinkSettings, Settings
from gateway.config.reference import describe_settings

__all__ = ["LinkSettings", "Settings", "SettingsError", "describe_settings", "load_settings"]
