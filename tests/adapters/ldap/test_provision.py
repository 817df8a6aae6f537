"""The LDIF that makes a server fit, loaded into real servers."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.ldap import provision
from adapters.ldap.dn import Dn
from adapters.ldap.ldif import parse
from adapters.ldap.provision import Site
from gateway.devstack.processes import ChildProcess, exchange, find_binary, free_port
from tests.stack import debian
from tests.stack.entries import PASSWORD, HandmadeTenant, change, done, user
from tests.stack.tools import LdapTools

ANONYMOUS_BIND = bytes.fromhex("300c020101600702010304008000")
INVALID_CREDENTIALS = 49
CONSTRAINT_VIOLATION = 19

DEBIAN_TREE = """\
dn: dc=nodomain
objectClass: top
objectClass: dcObject
objectClass: organization
o: nodomain
dc: nodomain
"""


def slapadd(folder: Path, number: int, ldif: str) -> None:
    """Load LDIF as slapadd does."""
    command = [find_binary("slapadd", "slapd"), "-n", str(number), "-F", str(folder / "slapd.d")]
    loaded = subprocess.run(command, input=ldif, capture_output=True, text=True, check=False)
    assert loaded.returncode == 0, loaded.stderr


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run slapd on what was loaded and yield its URL."""
    port = free_port()
    url = f"ldap://127.0.0.1:{port}"
    command = [find_binary("slapd", "slapd"), "-d", "0", "-F", str(folder / "slapd.d"), "-h", url]
    process = ChildProcess("slapd", command, log=folder / "log")
    process.start(lambda: bool(exchange(port, ANONYMOUS_BIND)))
    try:
        yield url
    finally:
        process.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folders of a server."""
    for name in ("slapd.d", "data"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.mark.native_only
@pytest.mark.parametrize(
    "suffix",
    [
        "dc=example,dc=org",
        "o=Exampler",
        "ou=People of Example,o=My Organization",
        "o=Müller & Söhne",
        "o=Smith\\2C Jones",
        "o=50% (off) * a\\+b",
    ],
)
def test_any_sensible_suffix_makes_a_server(folder: Path, suffix: str) -> None:
    """Blanks, commas, letters beyond ASCII and pattern characters in the suffix are at home."""
    site = Site(suffix=suffix)
    config = provision.config_ldif(
        site,
        admin_password_hash="admin-secret",
        data_dir=folder / "data",
        run_dir=folder,
        maxsize=2**28,
        nosync=True,
    )
    slapadd(folder, 0, config)
    tree = provision.tree_ldif(
        site, service_password_hash="service-secret", decoy_password_hash="x"
    )
    slapadd(folder, 1, tree)
    with running(folder) as url:
        admin = LdapTools(url=url, dn=site.rootdn, password="admin-secret")
        service = admin.as_user(site.service_dn, "service-secret")
        tenant = HandmadeTenant(tools=admin, suffix=suffix)
        tenant.create()
        ann = tenant.add_user("ann")
        group = tenant.add_group("staff", ann)
        (shown,) = service.read(ann, "memberOf").texts("memberOf")
        assert Dn.parse(shown) == Dn.parse(group)
        taken = service.add(user("bob", tenant.people, "mail: ann@example.org"))
        assert taken.code == CONSTRAINT_VIOLATION
        assert service.modify(change(ann, "replace", "userPassword", "abc")).code != 0
        done(admin.rename(ann, "uid=usr_1", new_superior=tenant.deleted))
        gone = admin.as_user(f"uid=usr_1,{tenant.deleted}", PASSWORD)
        assert gone.whoami().code == INVALID_CREDENTIALS


@pytest.mark.native_only
def test_an_existing_server_is_made_fit_by_ldapmodify(folder: Path) -> None:
    """A fresh Debian server takes all of it, twice, and keeps its own administrators."""
    slapadd(folder, 0, debian.CONFIG.replace("@data@", str(folder / "data")))
    slapadd(folder, 1, DEBIAN_TREE)
    site = Site(suffix="dc=nodomain")
    config = provision.init_config_ldif(site, missing_schemas=("dyngroup",))
    tree = provision.init_tree_ldif(
        site, service_password_hash="Service-secret-1", decoy_password_hash="Decoy-secret-1"
    )
    with running(folder) as url:
        owner = LdapTools(url=url, dn="cn=admin,cn=config", password="config-secret")
        admin = owner.as_user("cn=admin,dc=nodomain", "data-secret")
        first = owner.modify(config, "-c")
        refused = [line for line in first.err.splitlines() if line.startswith("ldap_")]
        # the indexes that Debian has already
        assert len(refused) == 4, first.err
        done(admin.modify(tree, "-c"))
        settings = owner.read("olcDatabase={1}mdb,cn=config").values
        owner.modify(config, "-c")
        admin.modify(tree, "-c")
        service = admin.as_user(site.service_dn, "Service-secret-1")
        stored = service.read(site.service_dn, "userPassword").all("userPassword")[0]
        assert stored.startswith(b"{ARGON2}")
        tenant = HandmadeTenant(tools=service, suffix=site.suffix)
        tenant.create()
        ann = tenant.add_user("ann", "dgwStatus: DISABLED")
        assert admin.as_user(ann, PASSWORD).whoami().code == INVALID_CREDENTIALS
        assert admin.as_user(None).search(site.suffix, "(uid=ann)").entries
        assert admin.search("cn=config").code != 0
        assert (
            dict(settings).keys() == dict(owner.read("olcDatabase={1}mdb,cn=config").values).keys()
        )


@pytest.mark.parametrize(
    "site",
    [
        {"suffix": "dc=a\nolcRootPW: x"},
        {"suffix": 'dc=a" by * write'},
        {"suffix": "dc=a", "tenants_rdn": "cn=tenants"},
        {"suffix": "dc=a", "deleted_rdn": "ou=a,ou=b"},
    ],
)
def test_names_that_would_break_out_of_the_configuration_are_refused(site: dict[str, str]) -> None:
    """No name ends its line or its quoted word, and containers are units."""
    with pytest.raises(ValueError, match=r"container|Not usable"):
        Site(**site)


def test_a_suffix_that_no_entry_can_be_made_for_is_refused() -> None:
    """The suffix entry is a domain, an organization or a unit."""
    site = Site(suffix="c=DE")
    with pytest.raises(ValueError, match="dc=, o= or ou="):
        provision.tree_ldif(site, service_password_hash="x", decoy_password_hash="x")


def test_a_password_that_would_end_its_line_is_refused() -> None:
    """What is filled in stays inside its value."""
    with pytest.raises(ValueError, match="service_password_hash"):
        provision.tree_ldif(
            Site(suffix="dc=a"), service_password_hash="x\ncn: y", decoy_password_hash="x"
        )


def test_our_schema_stays_as_it_was_published() -> None:
    """Names and numbers of schema elements are for ever: append, never change."""
    (schema,) = parse((provision.packaged_files() / "schema" / "dgw.ldif").read_text("utf-8"))
    numbers = {
        text.split("NAME '")[1].split("'")[0]: text.split()[1]
        for name in ("olcAttributeTypes", "olcObjectClasses")
        for text in schema.texts(name)
    }
    assert numbers == {
        "dgwStatus": "dgwAttribute:1",
        "dgwIdentitySource": "dgwAttribute:2",
        "dgwFederatedIdentity": "dgwAttribute:3",
        "dgwMfaEnabled": "dgwAttribute:4",
        "dgwMfaFactor": "dgwAttribute:5",
        "dgwEmailVerified": "dgwAttribute:6",
        "dgwTimezone": "dgwAttribute:7",
        "dgwCustomAttribute": "dgwAttribute:8",
        "dgwTokensValidFrom": "dgwAttribute:9",
        "dgwOneTimeToken": "dgwAttribute:10",
        "dgwDeletedAt": "dgwAttribute:11",
        "dgwFormerParent": "dgwAttribute:12",
        "dgwFormerMail": "dgwAttribute:13",
        "dgwPartner": "dgwAttribute:14",
        "dgwProviderType": "dgwAttribute:15",
        "dgwScope": "dgwAttribute:16",
        "dgwTokenDigest": "dgwAttribute:17",
        "dgwProviderId": "dgwAttribute:18",
        "dgwExpiresAt": "dgwAttribute:19",
        "dgwUser": "dgwObjectClass:1",
        "dgwTenant": "dgwObjectClass:2",
        "dgwPartnerOrganization": "dgwObjectClass:3",
        "dgwIdentityProvider": "dgwObjectClass:4",
        "dgwApplication": "dgwObjectClass:5",
        "dgwGroup": "dgwObjectClass:6",
        "dgwScimToken": "dgwObjectClass:7",
    }
