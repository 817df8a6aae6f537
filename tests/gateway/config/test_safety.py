"""Unsafe combinations: refused in production, allowed in dev."""

import pytest
from pydantic import SecretStr, ValidationError

from adapters.ldap.settings import LdapSettings
from adapters.mail.settings import MailSettings
from adapters.tokens.settings import BuiltinIssuerSettings, IssuerSettings, TokenSettings
from gateway.config import Settings
from gateway.config.safety import loopback


def issued(**source: str) -> TokenSettings:
    """One outside issuer."""
    return TokenSettings.model_validate(
        {"issuers": [{"issuer": "https://i", "audience": "a", **source}]}
    )


UNSAFE = [
    (
        {"ldap": LdapSettings(url="ldap://directory.example", allow_plaintext=True)},
        "ldap.allow_plaintext",
    ),
    ({"ldap": LdapSettings(url="ldaps://directory.example", verify=False)}, "ldap.verify"),
    ({"mail": MailSettings(transport="log")}, "mail.transport"),
    (
        {
            "mail": MailSettings(
                security="none", host="mx.example", username="u", password=SecretStr("p")
            )
        },
        "mail.security",
    ),
    ({"tokens": issued(jwks_url="http://keys.example/jwks")}, "tokens.issuers"),
    ({"tokens": issued(jwks_url="http://10.0.0.1/jwks")}, "tokens.issuers"),
]


@pytest.mark.parametrize(("parts", "setting"), UNSAFE)
def test_what_is_unsafe_is_refused_outside_dev_alone(
    parts: dict[str, object], setting: str
) -> None:
    """The setting is named in production; dev goes on."""
    with pytest.raises(ValidationError, match=setting):
        Settings.model_validate(parts)
    assert Settings.model_validate({"environment": "dev", **parts}).dev


@pytest.mark.parametrize(
    "parts",
    [
        {"ldap": LdapSettings(url="ldaps://directory.example")},
        {"ldap": LdapSettings(url="ldap://directory.example", start_tls=True)},
        {"tokens": issued(jwks_url="https://keys.example/jwks")},
        {"tokens": issued(jwks_url="http://127.0.0.1:9000/jwks")},
        {"tokens": issued(jwks_url="http://[::1]:9000/jwks")},
        {"tokens": issued(jwks_file="/etc/keys.json")},
        {"mail": MailSettings(security="none", host="relay.internal")},
    ],
)
def test_what_is_safe_is_accepted(parts: dict[str, object]) -> None:
    """TLS, loopback and files need no leave."""
    assert not Settings.model_validate(parts).dev


def test_plaintext_to_a_remote_directory_is_refused_everywhere_unless_allowed() -> None:
    """The directory's own settings refuse it; dev has to say that it means it."""
    with pytest.raises(ValidationError, match="clear text"):
        LdapSettings(url="ldap://directory.example")


def test_the_builtin_issuer_shares_its_name_with_no_other() -> None:
    """Tokens of one name are checked with the keys of one issuer."""
    clash = TokenSettings(
        issuers=(
            IssuerSettings.model_validate(
                {"issuer": "https://own", "audience": "a", "jwks_file": "/k"}
            ),
        ),
        builtin=BuiltinIssuerSettings(issuer="https://own"),
    )
    with pytest.raises(ValidationError, match="built-in issuer"):
        Settings(tokens=clash)


@pytest.mark.parametrize(
    ("host", "stays"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("127.0.0.53", True),
        ("::1", True),
        ("localhost.example", False),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine(host: str, stays: bool) -> None:
    """Names and addresses of this machine, and no others."""
    assert loopback(host) is stays
