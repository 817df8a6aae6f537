"""One tenant that an identity provider writes to, seen through SCIM, REST and LDAP tools."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from adapters.ldap.ldif import Record
from tests.stack.tools import LdapTools

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

Json = dict[str, Any]


def patch(*operations: Json, **members: Any) -> Json:
    """The body of a PATCH."""
    return {"schemas": [PATCH_OP], "Operations": list(operations), **members}


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """A client of the SCIM endpoints, with the headers that its vendor's sends."""

    http: httpx.Client
    base: str
    headers: Mapping[str, str]

    def send(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Json:
        """Send a request as it is written, and return the answer, which must be SCIM's."""
        answer = self.answer(method, path, body)
        assert answer.status_code == status, f"{answer.status_code} {answer.text}"
        if not answer.content:
            return {}
        assert answer.headers["content-type"].startswith("application/scim+json")
        document: Json = answer.json()
        if status >= 400:
            assert document["schemas"] == [ERROR]
            assert document["status"] == str(status)
        return document

    def answer(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send a request and return the answer as it came."""
        sent = {**self.headers, **headers}
        return self.http.request(method, f"{self.base}{path}", json=body, headers=sent)

    def get(self, path: str) -> Json:
        """GET that must succeed."""
        return self.send("GET", path)

    def post(self, path: str, body: Json) -> Json:
        """POST that must make something, and tell where it is."""
        answer = self.answer("POST", path, body)
        assert answer.status_code == 201, answer.text
        document: Json = answer.json()
        assert answer.headers["location"] == document["meta"]["location"]
        assert document["meta"]["location"].endswith(f"{path.partition('?')[0]}/{document['id']}")
        return document

    def put(self, path: str, body: Json) -> Json:
        """PUT that must succeed."""
        return self.send("PUT", path, body)

    def patch(self, path: str, *operations: Json) -> Json:
        """PATCH that must succeed; empty where nothing is answered."""
        answer = self.answer("PATCH", path, patch(*operations))
        assert answer.status_code in {200, 204}, answer.text
        return answer.json() if answer.content else {}

    def delete(self, path: str) -> None:
        """DELETE that must succeed."""
        self.send("DELETE", path, status=204)

    def found(self, path: str) -> list[Json]:
        """The resources of a list that must be whole in one page."""
        answer = self.get(path)
        assert LIST in answer["schemas"]
        resources: list[Json] = answer.get("Resources", [])
        assert answer["totalResults"] == len(resources)
        return resources


@dataclass(frozen=True, slots=True)
class Site:
    """One tenant, with a token for an identity provider."""

    api: httpx.Client
    tools: LdapTools
    tenant_id: str
    slug: str
    base: str
    token: str

    def provider(self, tenant: str = "", **headers: str) -> IdentityProvider:
        """An identity provider, at the tenant's base path if that is named by id or slug."""
        known = {"Authorization": f"Bearer {self.token}"}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        base = f"/api/v1/tenants/{tenant}/scim/v2" if tenant else "/scim/v2"
        return IdentityProvider(self.api, base, {**known, **sent})

    def user(self, id_: str) -> Json:
        """What REST shows of a user."""
        included = "include=groups,custom_attributes,federated_identities"
        answer = self.api.get(f"/api/v1/tenants/{self.tenant_id}/users/{id_}?{included}")
        assert answer.status_code == 200, answer.text
        data: Json = answer.json()["data"]
        return data

    def group_names(self, id_: str) -> set[str]:
        """The groups that REST shows a user in."""
        return {group["name"] for group in self.user(id_)["groups"]}

    def users(self) -> list[Json]:
        """All users, as REST lists them."""
        answer = self.api.get(f"/api/v1/tenants/{self.tenant_id}/users")
        assert answer.status_code == 200, answer.text
        data: list[Json] = answer.json()["data"]
        return data

    def person(self, uid: str) -> Record:
        """A user's entry, as ldapsearch prints it."""
        return self.tools.search(f"ou=people,{self.base}", f"(uid={uid})", "*").entry

    def has_person(self, uid: str) -> bool:
        """Whether ldapsearch finds a user of that name."""
        return bool(self.tools.search(f"ou=people,{self.base}", f"(uid={uid})", "1.1").entries)

    def members(self, name: str) -> set[str]:
        """The uids of a group's members, as ldapsearch prints them."""
        entry = self.tools.search(f"ou=groups,{self.base}", f"(cn={name})", "member").entry
        dns = (dn for dn in entry.texts("member") if dn.lower().endswith(self.base.lower()))
        return {dn.partition(",")[0].partition("=")[2] for dn in dns}

    def has_group(self, name: str) -> bool:
        """Whether ldapsearch finds a group of that name."""
        return bool(self.tools.search(f"ou=groups,{self.base}", f"(cn={name})", "1.1").entries)

    def bind(self, uid: str, password: str) -> bool:
        """Whether a user can bind."""
        return self.tools.as_user(self.person(uid).dn, password).whoami().code == 0
