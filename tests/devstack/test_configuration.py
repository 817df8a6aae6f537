"""The settings that `gateway dev` writes for its own servers."""

import os
from pathlib import Path

import pytest

from gateway.config import load_settings
from gateway.devstack import configuration
from gateway.devstack.redis import RedisServer
from gateway.devstack.slapd import SlapdServer
from gateway.devstack.state import StateFolder


def _write(folder: Path) -> Path:
    slapd = SlapdServer(folder / "slapd", 4711, configuration.SUFFIX, "admin", "service")
    redis = RedisServer(folder / "redis", 4712)
    state = StateFolder(folder)
    return configuration.write(state, slapd, 'ser"vice\\', redis, "http://127.0.0.1:8000")


def test_the_file_leads_to_the_private_servers(tmp_path: Path) -> None:
    """It is read as it was meant, whatever characters a password has, and by its owner alone."""
    file = _write(tmp_path)
    settings = load_settings(file)
    assert settings.dev
    assert settings.ldap.url == "ldap://127.0.0.1:4711"
    assert settings.ldap.bind_password.get_secret_value() == 'ser"vice\\'
    assert settings.redis.url == "redis://127.0.0.1:4712/0"
    assert settings.mail.transport == "log"
    assert settings.tokens.builtin.private_key_file == tmp_path / "issuer.pem"
    assert file.stat().st_mode & 0o077 == 0


def test_the_environment_does_not_lead_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sample data never goes to a directory that happens to be configured; the rest holds."""
    monkeypatch.setenv("GATEWAY_LDAP__URL", "ldaps://ldap.example.org")
    monkeypatch.setenv("GATEWAY_REDIS__URL", "redis://redis.example.org/0")
    monkeypatch.setenv("GATEWAY_CONFIG", "/etc/gateway.toml")
    monkeypatch.setenv("GATEWAY_ENVIRONMENT", "production")
    monkeypatch.setenv("GATEWAY_MAIL__HOST", "mail.example.org")
    configuration.shield()
    assert [name for name in os.environ if name.startswith("GATEWAY_")] == ["GATEWAY_MAIL__HOST"]
    settings = load_settings(_write(tmp_path))
    assert settings.ldap.url == "ldap://127.0.0.1:4711"
    assert settings.mail.host == "mail.example.org"
