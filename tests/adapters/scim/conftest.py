"""The SCIM face over the directory in memory, asked in process."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest_asyncio

from gateway.domain.access import Role
from tests.gateway.rest.house import House, open_house

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
MEDIA_TYPE = "application/scim+json"


@dataclass(kw_only=True)
class Client:
    """A SCIM client of the tenant alpha; `role` and `slug` make it somebody else."""

    house: House

    async def ask(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        role: Role = Role.SCIM,
        slug: str = "alpha",
        base: str = "/scim/v2",
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> httpx.Response:
        """Ask below the base path, with a JSON body where a document is given."""
        if document is not None:
            request["json"] = document
        return await self.house.ask(
            method, base + path, role=role, slug=slug, headers=headers, **request
        )

    async def user(self, name: str = "ann", /, **more: Any) -> dict[str, Any]:
        """Make a user."""
        document = {"schemas": [USER], "userName": name, **more}
        answer = await self.ask("POST", "/Users", document)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def group(self, name: str = "team", /, *members: str, **more: Any) -> dict[str, Any]:
        """Make a group with these members."""
        document = {
            "schemas": [GROUP],
            "displayName": name,
            "members": [{"value": member} for member in members],
            **more,
        }
        answer = await self.ask("POST", "/Groups", document)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def patch(self, path: str, *operations: Any, **request: Any) -> httpx.Response:
        """Send a PATCH."""
        document = {"schemas": [PATCH], "Operations": list(operations)}
        return await self.ask("PATCH", path, document, **request)


def refusal(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The message of an answer, which must be a SCIM error of that status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.headers["x-request-id"]
    message: dict[str, Any] = answer.json()
    assert message["schemas"] == [ERROR]
    assert message["status"] == str(status)
    assert message["detail"]
    return message


@pytest_asyncio.fixture
async def scim() -> AsyncIterator[Client]:
    """A client of a fresh application."""
    async with open_house() as house:
        yield Client(house=house)
