"""`gateway init` and `gateway doctor` on a server that knows nothing of the gateway."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from adapters.ldap.ldif import parse
from gateway.cli.app import app
from gateway.cli.terminal import Exit
from tests.stack import debian
from tests.stack.entries import change
from tests.stack.tools import LdapTools

SERVICE_PASSWORD = "Service-secret-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A server, and the settings and files of who sets it up."""

    url: str
    local: str
    settings: Path
    admin_password: Path
    config_password: Path

    def gateway(self, *arguments: str) -> Result:
        """Run a command with these settings."""
        return CliRunner().invoke(app, [*arguments, "--config", str(self.settings)])

    def init(self, *options: str) -> Result:
        """Run `gateway init` as the administrators of both databases."""
        who = ["--config-dn", debian.CONFIG_DN, "--config-password-file", str(self.config_password)]
        admin = ["--admin-password-file", str(self.admin_password)]
        return self.gateway("init", "--url", self.url, *who, *admin, *options)

    def findings(self) -> list[dict[str, str]]:
        """What `gateway doctor` finds."""
        found: list[dict[str, str]] = json.loads(self.gateway("doctor", "--json").stdout)
        return found

    @property
    def config(self) -> LdapTools:
        """The LDAP tools as the administrator of cn=config."""
        return LdapTools(url=self.url, dn=debian.CONFIG_DN, password=debian.CONFIG_PASSWORD)

    @property
    def service(self) -> LdapTools:
        """The LDAP tools as the gateway's account."""
        dn = f"cn=gateway,ou=services,{debian.SUFFIX}"
        return LdapTools(url=self.url, dn=dn, password=SERVICE_PASSWORD)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A fresh server and settings for it."""
    settings = tmp_path / "gateway.toml"
    secrets = {"admin": debian.ADMIN_PASSWORD, "config": debian.CONFIG_PASSWORD}
    for name, secret in secrets.items():
        (tmp_path / name).write_text(f"{secret}\n")
    with debian.debian_server(tmp_path) as (url, local):
        settings.write_text(
            f'[ldap]\nurl = "{url}"\nsuffix = "{debian.SUFFIX}"\n'
            f'bind_password = "{SERVICE_PASSWORD}"\n'
        )
        yield Site(
            url=url,
            local=local,
            settings=settings,
            admin_password=tmp_path / "admin",
            config_password=tmp_path / "config",
        )


def test_a_debian_server_becomes_fit(site: Site) -> None:
    """After one run the doctor has nothing to say, and the account binds with its password."""
    done = site.init()
    assert done.exit_code == Exit.OK, done.stderr
    assert {finding["level"] for finding in site.findings()} == {"ok"}
    assert site.service.whoami().code == 0
    stored = site.service.read(site.service.dn or "", "userPassword").all("userPassword")
    assert stored[0].startswith(b"{ARGON2}")


def test_a_second_run_changes_nothing(site: Site) -> None:
    """What is there already stays, to the letter, and nothing is there twice."""
    assert site.init().exit_code == Exit.OK
    before = site.config.search("cn=config").out
    again = site.init()
    assert again.exit_code == Exit.OK, again.stderr
    assert "Mending" not in again.stderr
    assert site.config.search("cn=config").out == before


def test_the_local_root_needs_no_password_for_the_configuration(site: Site) -> None:
    """Over ldapi:// the operating system vouches for root."""
    done = site.gateway(
        "init", "--url", site.local, "--admin-password-file", str(site.admin_password)
    )
    assert done.exit_code == Exit.OK, done.stderr
    assert {finding["level"] for finding in site.findings()} == {"ok"}


def test_what_is_printed_does_the_same(site: Site) -> None:
    """The printed LDIF, applied with ldapmodify, leaves nothing to mend."""
    printed = site.init("--print").stdout
    assert list(parse(printed))
    config, tree = printed.split("dn: dc=nodomain\n", 1)
    admin = site.config.as_user(debian.ADMIN_DN, debian.ADMIN_PASSWORD)
    schema = Path("/etc/ldap/schema/dyngroup.ldif").read_text()
    site.config.add(schema)
    site.config.modify(config, "-c")
    admin.modify(f"dn: dc=nodomain\n{tree}", "-c")
    assert site.service.whoami().code == 0
    assert [f for f in site.findings() if f["level"] == "problem"] == []


def test_a_wrong_password_is_said_and_changes_nothing(site: Site) -> None:
    """Who may not change the server is told which options name somebody who may."""
    site.config_password.write_text("wrong")
    done = site.init()
    assert done.exit_code == Exit.FINDINGS
    assert "--config-dn" in done.stderr
    assert not site.config.search("cn=config", "(cn=*dgw)").entries


def test_a_suffix_that_the_server_does_not_hold_is_named(site: Site) -> None:
    """The sentence says what was looked for and what is there."""
    site.settings.write_text(site.settings.read_text().replace(debian.SUFFIX, "dc=elsewhere"))
    done = site.init()
    assert done.exit_code == Exit.USAGE
    assert "dc=elsewhere" in done.stderr
    assert debian.SUFFIX in done.stderr


@pytest.mark.parametrize(
    ("dn", "attribute", "value", "subject"),
    [
        ("olcDatabase={1}mdb,cn=config", "olcLimits", None, "limits"),
        ("olcDatabase={1}mdb,cn=config", "olcAccess", "{0}", "access rules"),
        ("olcDatabase={1}mdb,cn=config", "olcLastBind", None, "lastbind"),
        ("olcDatabase={1}mdb,cn=config", "olcDbIndex", "entryUUID eq", "indexes"),
        ("olcOverlay={2}ppolicy,olcDatabase={1}mdb,cn=config", "olcPPolicyHashCleartext", None,
         "overlay ppolicy"),
        ("olcDatabase={-1}frontend,cn=config", "olcPasswordHash", None, "password hash"),
    ],
)  # fmt: skip
def test_the_doctors_ldif_mends_what_it_found(
    site: Site, dn: str, attribute: str, value: str | None, subject: str
) -> None:
    """What was taken out of the configuration is named, and its LDIF puts it back."""
    assert site.init().exit_code == Exit.OK
    lines = [f"dn: {dn}", "changetype: modify", f"delete: {attribute}"]
    lines += [f"{attribute}: {value}"] if value else []
    taken_out = site.config.modify("\n".join([*lines, ""]))
    assert taken_out.code == 0, taken_out.err
    bad = [finding for finding in site.findings() if finding["level"] != "ok"]
    assert [finding["subject"] for finding in bad] == [subject]
    mended = site.config.modify(bad[0]["ldif"])
    assert mended.code == 0, mended.err
    assert {finding["level"] for finding in site.findings()} == {"ok"}


def test_a_server_that_hides_deletions_is_found_out(site: Site) -> None:
    """Followed without the phase that names all that is there, users that are gone would stay."""
    assert site.init().exit_code == Exit.OK
    dn = "olcOverlay={3}syncprov,olcDatabase={1}mdb,cn=config"
    hidden = site.config.modify(change(dn, "replace", "olcSpNoPresent", "TRUE"))
    assert hidden.code == 0, hidden.err
    (bad,) = [finding for finding in site.findings() if finding["level"] != "ok"]
    assert (bad["level"], bad["subject"]) == ("problem", "overlay syncprov")
    assert site.config.modify(bad["ldif"]).code == 0
    assert {finding["level"] for finding in site.findings()} == {"ok"}


def test_a_server_of_an_earlier_version_is_brought_up_to_date(site: Site) -> None:
    """`gateway init` adds what our schema, indexes, rules and repairs have gained since."""
    assert site.init().exit_code == Exit.OK
    database = "olcDatabase={1}mdb,cn=config"
    refint = f"olcOverlay={{1}}refint,{database}"
    (schema,) = site.config.search("cn=schema,cn=config", "(cn=*dgw)").entries
    rules = site.config.read(database, "olcAccess").texts("olcAccess")
    newer = ("dgwTokenDigest", "dgwProviderId", "dgwExpiresAt", "dgwGroup", "dgwScimToken")

    def places(texts: tuple[str, ...], *words: str) -> list[str]:
        found = [text for text in texts if any(word in text for word in words)]
        return [text[: text.index("}") + 1] for text in reversed(found)]

    named = [f"'{name}'" for name in newer]
    for ldif in (
        change(database, "delete", "olcAccess", *places(rules, "attrs=dgwTokenDigest")),
        change(database, "delete", "olcDbIndex", "dgwTokenDigest eq", "manager eq"),
        change(refint, "replace", "olcRefintAttribute", "member dgwPartner"),
        *(
            change(schema.dn, "delete", kind, *places(schema.texts(kind), *named))
            for kind in ("olcObjectClasses", "olcAttributeTypes")
        ),
    ):
        taken_out = site.config.modify(ldif)
        assert taken_out.code == 0, (ldif, taken_out.err)
    bad = {f["subject"]: f["detail"] for f in site.findings() if f["level"] != "ok"}
    assert bad.keys() == {
        *("mapping", "schema dgw", "overlay refint", "indexes", "access rules"),
    }
    assert all(name in bad["schema dgw"] for name in newer)
    done = site.init()
    assert done.exit_code == Exit.OK, done.stderr
    assert {finding["level"] for finding in site.findings()} == {"ok"}


def test_a_configuration_that_cannot_be_read_is_said_so(site: Site) -> None:
    """Without rights on cn=config the doctor names what it could not look at, and goes on."""
    assert site.init().exit_code == Exit.OK
    gone = site.config.modify(
        "dn: olcDatabase={0}config,cn=config\nchangetype: modify\ndelete: olcAccess\n"
    )
    assert gone.code == 0, gone.err
    done = site.gateway("doctor", "--json")
    assert done.exit_code == Exit.OK
    bad = [finding for finding in json.loads(done.stdout) if finding["level"] != "ok"]
    assert [finding["subject"] for finding in bad] == ["configuration"]
    assert "not readable" in bad[0]["detail"]


def test_the_doctor_names_what_is_missing_from_the_tree(site: Site) -> None:
    """An entry that every tenant relies on is a problem, with what it is for."""
    assert site.init().exit_code == Exit.OK
    assert site.service.delete(f"cn=decoy,ou=services,{debian.SUFFIX}").code == 0
    done = site.gateway("doctor", "--json")
    assert done.exit_code == Exit.FINDINGS
    bad = [finding for finding in json.loads(done.stdout) if finding["level"] != "ok"]
    assert [finding["subject"] for finding in bad] == ["tree"]
    assert "cn=decoy" in bad[0]["detail"]


@pytest.mark.parametrize(
    ("attribute", "value", "level"),
    [("pwdSafeModify", "TRUE", "problem"), ("pwdMinLength", "0", "warning"),
     ("pwdLockout", "FALSE", "warning")],
)  # fmt: skip
def test_a_policy_that_does_harm_is_told_and_mended(
    site: Site, attribute: str, value: str, level: str
) -> None:
    """Nobody could reset a password, or guessing has no end: the LDIF puts it right."""
    assert site.init().exit_code == Exit.OK
    policy = f"cn=default,ou=policies,{debian.SUFFIX}"
    changed = site.service.modify(
        f"dn: {policy}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"
    )
    assert changed.code == 0, changed.err
    bad = [finding for finding in site.findings() if finding["level"] != "ok"]
    assert [(finding["subject"], finding["level"]) for finding in bad] == [("policy", level)]
    assert site.service.modify(bad[0]["ldif"]).code == 0
    assert {finding["level"] for finding in site.findings()} == {"ok"}
