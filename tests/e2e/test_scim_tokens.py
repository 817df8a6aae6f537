"""SCIM tokens at two gateways over one directory: what ends at one has ended at the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest

from adapters.ldap.ldif import Record
from gateway.services.scim_tokens import new_token
from tests.e2e.figures import sources
from tests.e2e.live import live_gateway
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools
from tests.stack.waiting import eventually, soon

TOKENS = "/api/v1/admin/scim-tokens/"
PROVIDERS = "/api/v1/admin/identity-providers/"
KNOWN, UNKNOWN = (200, 200), (401, 401)
"""How both gateways answer a SCIM token, and what is none any more."""


@pytest.fixture(scope="module")
def neighbour(
    stack: Stack, feed: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A client of a second gateway over the same servers."""
    with live_gateway(stack, tmp_path_factory.mktemp("neighbour")) as client:
        yield client


@dataclass(frozen=True, slots=True)
class Site:
    """One tenant at two gateways, and in LDAP tools."""

    api: httpx.Client
    neighbour: httpx.Client
    tools: LdapTools
    tenant: dict[str, Any]
    suffix: str

    def made(self, **more: Any) -> dict[str, Any]:
        """A new token, made at one gateway."""
        body = {"tenant_id": self.tenant["id"], "name": "okta", **more}
        answer = self.api.post(TOKENS, json=body)
        assert answer.status_code == 201, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def statuses(self, token: str) -> tuple[int, int]:
        """How the two gateways answer that bearer, asked for users over SCIM."""
        headers = {"Authorization": f"Bearer {token}"}
        first, second = (
            each.get("/scim/v2/Users", headers=headers) for each in (self.api, self.neighbour)
        )
        return first.status_code, second.status_code

    def known(self, token: str) -> None:
        """See both gateways accept that bearer, until they do so without asking anybody."""

        def unasked() -> bool:
            with sources((self.api, self.neighbour)) as counted:
                assert self.statuses(token) == KNOWN
            return counted == {"kept": 2}

        eventually(unasked)

    def entry(self, id_: str) -> Record:
        """The entry of an id, as ldapsearch shows it to an administrator."""
        uuid = id_.rpartition("_")[2]
        dashed = "-".join((uuid[:8], uuid[8:12], uuid[12:16], uuid[16:20], uuid[20:]))
        return self.tools.search(self.suffix, f"(entryUUID={dashed})", "*", "+").entry


@pytest.fixture
def site(
    stack: Stack,
    api: httpx.Client,
    neighbour: httpx.Client,
    ldap_tools: LdapTools,
    tenant: dict[str, Any],
) -> Site:
    """A new tenant of its own."""
    return Site(api, neighbour, ldap_tools, tenant, stack.suffix)


def test_the_directory_holds_what_a_token_hashes_to(site: Site) -> None:
    """An administrator sees name, provider and end, and the digest; the token itself nowhere."""
    made = site.made(expires_at="2040-01-01T00:00:00Z")
    entry = site.entry(made["id"])
    assert entry.text("cn") == "okta"
    assert entry.text("dgwTokenDigest") == sha256(made["token"].encode()).hexdigest()
    assert entry.text("dgwExpiresAt") == "20400101000000Z"
    base = site.tools.search(site.suffix, f"(o={site.tenant['slug']})", "1.1").entry.dn
    everything = site.tools.search(base, "(objectClass=*)", "*", "+")
    assert len(everything.entries) > 2
    assert made["token"].removeprefix("dgwscim_") not in everything.out
    site.known(made["token"])


def test_a_token_reaches_its_tenant_over_scim_and_nothing_else(site: Site) -> None:
    """Its tenant by id and slug; another one is as absent as none; REST is refused."""
    headers = {"Authorization": f"Bearer {site.made()['token']}"}
    other = site.api.post("/api/v1/admin/tenants/", json={"slug": f"{site.tenant['slug']}-2"})

    def asked(path: str) -> int:
        return site.neighbour.get(path, headers=headers).status_code

    for own in (site.tenant["id"], site.tenant["slug"]):
        assert asked(f"/api/v1/tenants/{own}/scim/v2/Users") == 200
        assert asked(f"/api/v1/tenants/{own}/users") == 403
    for foreign in (other.json()["data"]["id"], other.json()["data"]["slug"], "nowhere"):
        assert asked(f"/api/v1/tenants/{foreign}/scim/v2/Users") == 404
    assert asked("/api/v1/admin/users/") == asked(TOKENS) == 403


def test_a_revoked_token_is_refused_at_once_everywhere(site: Site) -> None:
    """Both knew it a moment before; neither does after the DELETE at one of them."""
    made, other = site.made(), site.made(name="entra")
    site.known(made["token"])
    assert site.api.delete(f"{TOKENS}{made['id']}").status_code == 204
    assert site.statuses(made["token"]) == UNKNOWN
    assert site.statuses(other["token"]) == KNOWN


def test_an_ldap_administrator_revokes_by_deleting_the_entry(site: Site) -> None:
    """What ldapdelete takes away, no gateway accepts any more."""
    made = site.made()
    site.known(made["token"])
    assert site.tools.delete(site.entry(made["id"]).dn).code == 0
    soon(lambda: site.statuses(made["token"]), UNKNOWN)
    assert site.neighbour.get(f"{TOKENS}{made['id']}").status_code == 404


def test_an_ldap_administrator_replaces_what_a_token_hashes_to(site: Site) -> None:
    """Nothing else of the entry changes: the old token is none any more, the new one is it."""
    made = site.made()
    site.known(made["token"])
    token = new_token()
    dn = site.entry(made["id"]).dn
    change = f"dn: {dn}\nchangetype: modify\nreplace: dgwTokenDigest\n"
    digest = f"dgwTokenDigest: {sha256(token.encode()).hexdigest()}\n"
    assert site.tools.modify(change + digest).code == 0
    soon(lambda: site.statuses(made["token"]), UNKNOWN)
    site.known(token)


def test_an_expired_token_is_refused_at_once_everywhere(site: Site) -> None:
    """When its time has come, and also when an administrator moves its end into the past."""
    end = datetime.now(UTC) + timedelta(seconds=3)
    passing = site.made(expires_at=end.isoformat())
    site.known(passing["token"])
    eventually(lambda: site.statuses(passing["token"]) == UNKNOWN)
    assert datetime.now(UTC) >= end.replace(microsecond=0)
    lasting = site.made(name="lasting")
    site.known(lasting["token"])
    dn = site.entry(lasting["id"]).dn
    change = f"dn: {dn}\nchangetype: modify\nreplace: dgwExpiresAt\n"
    assert site.tools.modify(f"{change}dgwExpiresAt: 20200101000000Z\n").code == 0
    soon(lambda: site.statuses(lasting["token"]), UNKNOWN)
    shown = site.neighbour.get(f"{TOKENS}{lasting['id']}").json()["data"]
    assert shown["expires_at"] == "2020-01-01T00:00:00Z"


def test_a_token_ends_with_its_provider(site: Site) -> None:
    """The client cannot act for a provider that is gone; the token is still listed."""
    body = {"tenant_id": site.tenant["id"], "name": "okta", "type": "SCIM"}
    provider = site.api.post(PROVIDERS, json=body).json()["data"]["id"]
    made = site.made(identity_provider_id=provider)
    site.known(made["token"])
    assert site.neighbour.delete(f"{PROVIDERS}{provider}").status_code == 204
    assert site.statuses(made["token"]) == UNKNOWN
    assert site.api.get(f"{TOKENS}{made['id']}").status_code == 200


def test_a_token_ends_with_a_provider_that_an_ldap_administrator_deletes(site: Site) -> None:
    """As soon as the gateways hear of it."""
    made = site.made()
    site.known(made["token"])
    assert site.tools.delete(site.entry(made["identity_provider_id"]).dn).code == 0
    soon(lambda: site.statuses(made["token"]), UNKNOWN)


def test_a_token_ends_with_its_tenant(site: Site) -> None:
    """A tenant without users is deleted with its tokens, which nobody accepts afterwards."""
    made = site.made()
    site.known(made["token"])
    assert site.api.delete(f"/api/v1/admin/tenants/{site.tenant['id']}").status_code == 204
    assert site.statuses(made["token"]) == UNKNOWN
    listed = site.api.get(TOKENS, params={"search": "okta"}).json()["data"]
    assert made["id"] not in {item["id"] for item in listed}


def test_tokens_of_many_tenants_are_one_list(site: Site) -> None:
    """Newest first, counted exactly, with the filter by tenant; names are taken once in each."""
    ids = [site.made(name=name)["id"] for name in ("a", "b", "c")]
    listed = site.api.get(TOKENS, params={"tenant_id": site.tenant["slug"], "per_page": 2})
    assert listed.json()["pagination"]["total_items"] == 3
    assert {item["id"] for item in listed.json()["data"]} <= set(ids)
    everywhere = site.neighbour.get(TOKENS, params={"per_page": 200}).json()
    assert set(ids) <= {item["id"] for item in everywhere["data"]}
    taken = site.api.post(TOKENS, json={"tenant_id": site.tenant["id"], "name": "A"})
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
