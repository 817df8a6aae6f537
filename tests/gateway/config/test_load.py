"""Reading settings: where they come from, what wins, what is refused and how that is said."""

import os
from pathlib import Path

import pytest

from gateway.config import Settings, SettingsError, load_settings
from gateway.config.load import variable, walk


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no settings of the machine that they run on."""
    for name in list(os.environ):
        if name.upper().startswith("GATEWAY_"):
            monkeypatch.delenv(name)


def toml(folder: Path, text: str) -> Path:
    """A file with these settings."""
    path = folder / "gateway.toml"
    path.write_text(text)
    return path


def refusal(path: Path | None = None) -> str:
    """What is said about settings that cannot be used."""
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    return str(caught.value)


def test_defaults_do_for_a_directory_on_this_machine() -> None:
    """Without any setting it is production, strict, with everything on loopback."""
    settings = load_settings()
    assert settings.environment == "production"
    assert settings.ldap.verify
    assert settings.mail.security == "starttls"


def test_variables_win_over_the_file_and_the_file_over_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each setting by itself: a section may come from both."""
    path = toml(tmp_path, '[ldap]\nsuffix = "dc=file"\npool_size = 3\n[redis]\nprefix = "file"')
    monkeypatch.setenv("GATEWAY_LDAP__SUFFIX", "dc=variable")
    settings = load_settings(path)
    assert settings.ldap.suffix == "dc=variable"
    assert settings.ldap.pool_size == 3
    assert settings.redis.prefix == "file"
    assert settings.ldap.bind_pool_size == Settings().ldap.bind_pool_size


def test_gateway_config_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of the environment, unless the caller names another."""
    monkeypatch.setenv("GATEWAY_CONFIG", str(toml(tmp_path, '[redis]\nprefix = "named"')))
    assert load_settings().redis.prefix == "named"
    other = tmp_path / "other.toml"
    other.write_text('[redis]\nprefix = "other"')
    assert load_settings(other).redis.prefix == "other"


def test_lists_are_json_in_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Issuers and networks as JSON; an empty variable is as if absent."""
    monkeypatch.setenv("GATEWAY_HTTP__TRUSTED_PROXIES", '["10.0.0.0/8", "fd00::/8"]')
    monkeypatch.setenv(
        "GATEWAY_TOKENS__ISSUERS",
        '[{"issuer": "https://i", "audience": "a", "jwks_url": "https://i/jwks"}]',
    )
    monkeypatch.setenv("GATEWAY_MAIL__PORT", "")
    settings = load_settings()
    assert [str(network) for network in settings.http.trusted_proxies] == ["10.0.0.0/8", "fd00::/8"]
    assert settings.tokens.issuers[0].audience == "a"
    assert settings.mail.port is None


def test_variables_of_nested_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two levels deep, and in any case of letters."""
    monkeypatch.setenv("gateway_tokens__builtin__audience", "ours")
    assert load_settings().tokens.builtin.audience == "ours"


@pytest.mark.parametrize("where", ["variable", "file"])
def test_secrets_can_be_in_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """The line end after a secret is not part of it; blanks and inner lines are."""
    secret = tmp_path / "secret"
    secret.write_text(" s3 cret\n\n")
    path = None
    if where == "variable":
        monkeypatch.setenv("GATEWAY_LDAP__BIND_PASSWORD_FILE", str(secret))
    else:
        path = toml(tmp_path, f'[ldap]\nbind_password_file = "{secret}"')
    assert load_settings(path).ldap.bind_password.get_secret_value() == " s3 cret"


def test_a_secret_from_a_variable_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the file has the secret itself."""
    secret = tmp_path / "secret"
    secret.write_text("from its file")
    monkeypatch.setenv("GATEWAY_LDAP__BIND_PASSWORD_FILE", str(secret))
    path = toml(tmp_path, '[ldap]\nbind_password = "from toml"')
    assert load_settings(path).ldap.bind_password.get_secret_value() == "from its file"


def test_a_secret_and_its_file_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to guess which one counts."""
    monkeypatch.setenv("GATEWAY_REDIS__PASSWORD", "a")
    monkeypatch.setenv("GATEWAY_REDIS__PASSWORD_FILE", "/b")
    assert refusal() == "redis.password and redis.password_file are both given"


def test_a_secret_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting and the path."""
    monkeypatch.setenv("GATEWAY_MAIL__PASSWORD_FILE", "/not/there")
    assert refusal().startswith("mail.password_file: /not/there cannot be read")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour = 1", "colour (GATEWAY_COLOUR): there is no such setting"),
        ("[ldap]\nurll = 1", "ldap.urll (GATEWAY_LDAP__URLL): there is no such setting"),
        ("[ldap]\nurl_file = 'x'", "ldap.url_file (GATEWAY_LDAP__URL_FILE): there is no such"),
        ("[redis]\nmax_connections = 0", "redis.max_connections (GATEWAY_REDIS__MAX_CONNECTIONS)"),
        ("[redis]\nurl = 'http://x'", "redis.url (GATEWAY_REDIS__URL)"),
        ("[redis]\nurl = 'redis://:secret@x/0'", "redis.url (GATEWAY_REDIS__URL)"),
        ("[redis]\nurl = 'rediss://x/0?ssl_cert_reqs=none'", "redis.url (GATEWAY_REDIS__URL)"),
        ("[mail]\nsender = 'no address'", "mail.sender (GATEWAY_MAIL__SENDER): not a mail"),
        ("[mail]\nusername = 'u'", "mail (GATEWAY_MAIL): username and password belong together"),
        ("environment = 'test'", "environment (GATEWAY_ENVIRONMENT)"),
        (
            "[[tokens.issuers]]\nissuer = 'i'\naudience = 'a'",
            "tokens.issuers.0 (GATEWAY_TOKENS__ISSUERS): exactly one of jwks_url and jwks_file",
        ),
        ("[tokens.builtin]\nenabled = false", "tokens: no issuers are listed and builtin.enabled"),
        ("this is not TOML", "GATEWAY_CONFIG: "),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    """Unknown and bad settings are refused under their names in file and environment."""
    assert refusal(toml(tmp_path, text)).startswith(said)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """A line each."""
    lines = refusal(toml(tmp_path, "[ldap]\na = 1\nb = 2\n[redis]\nc = 3")).splitlines()
    assert [line.split()[0] for line in lines] == ["ldap.a", "ldap.b", "redis.c"]


def test_values_are_not_told(tmp_path: Path) -> None:
    """A refused value may be a secret."""
    said = refusal(toml(tmp_path, "[redis]\nurl = 'redis://:hunter2@x/0'\npassword = ['hunter2']"))
    assert "hunter2" not in said


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The path and why."""
    said = refusal(tmp_path / "missing.toml")
    assert said.startswith("GATEWAY_CONFIG: ")
    assert "missing.toml" in said


@pytest.mark.parametrize("value", ["https://i", "{}", "[", "10.0.0.0/8,10.1.0.0/16"])
def test_lists_that_are_no_json_are_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """The setting and how to write it."""
    monkeypatch.setenv("GATEWAY_HTTP__TRUSTED_PROXIES", value)
    assert refusal() == (
        "http.trusted_proxies (GATEWAY_HTTP__TRUSTED_PROXIES): a list is written as JSON"
    )


def test_tables_that_are_no_json_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole section in one variable is JSON as well."""
    monkeypatch.setenv("GATEWAY_REDIS", "redis://x")
    assert "JSON" in refusal()


def test_a_single_underscore_is_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A likely slip is refused, not ignored."""
    monkeypatch.setenv("GATEWAY_LDAP_URL", "ldaps://directory.example")
    assert refusal() == "GATEWAY_LDAP_URL is no setting: write GATEWAY_LDAP__URL"


def test_settings_made_in_code_read_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only `load_settings` looks at the environment."""
    monkeypatch.setenv("GATEWAY_REDIS__PREFIX", "elsewhere")
    assert Settings().redis.prefix == "dgw"


def test_every_variable_name_is_unambiguous() -> None:
    """No two settings share a variable, nor a setting the variable of a secret's file."""
    names = [variable(path) for path, _ in walk(Settings)]
    files = [f"{name}_FILE" for name in names]
    assert len(set(names)) == len(names)
    assert not set(names) & set(files)
