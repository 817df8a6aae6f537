"""What the service tells of itself, and what it does not."""

from typing import Any

import pytest

from tests.adapters.scim.conftest import Client, refusal
from tests.adapters.scim.operations import DISCOVERY, ME, Asking


async def test_the_capabilities_are_those_of_the_settings(scim: Client) -> None:
    """All that SCIM has, with its limits; events are not offered."""
    told = (await scim.ask("GET", "/ServiceProviderConfig")).json()
    assert told["patch"] == {"supported": True}
    assert told["bulk"] == {"supported": True, "maxOperations": 1000, "maxPayloadSize": 2**20}
    assert told["filter"] == {"supported": True, "maxResults": 200}
    assert told["pagination"] == {
        "cursor": True,
        "index": True,
        "defaultPaginationMethod": "index",
        "defaultPageSize": 100,
        "maxPageSize": 200,
        "cursorTimeout": 3600,
    }
    assert all(told[name]["supported"] for name in ("changePassword", "sort", "etag"))
    (scheme,) = told["authenticationSchemes"]
    assert scheme["type"] == "oauthbearertoken"
    assert "securityEvents" not in told


@pytest.mark.parametrize("asking", DISCOVERY, ids=str)
async def test_discovery_refuses_filters_and_has_no_nulls(scim: Client, asking: Asking) -> None:
    """A filter is 403 (RFC 7644, 4); other parameters are ignored; absent is absent."""
    refusal(await scim.ask("GET", asking.path, params={"filter": "id pr"}), 403)
    answer = await scim.ask("GET", asking.path, params={"startIndex": "7", "count": "0"})
    assert answer.status_code == 200
    assert not list(nulls(answer.json()))


async def test_resources_of_discovery_tell_where_they_are(scim: Client) -> None:
    """Each in a list answers at its location with the same content."""
    for path in ("/ResourceTypes", "/Schemas"):
        listed = (await scim.ask("GET", path)).json()
        assert listed["totalResults"] == len(listed["Resources"]) > 1
        for resource in listed["Resources"]:
            location = resource["meta"]["location"]
            assert location.startswith("http://127.0.0.1:8000/scim/v2/")
            alone = await scim.ask("GET", location.partition("/scim/v2")[2])
            assert alone.json() == resource


@pytest.mark.parametrize("asking", ME, ids=str)
async def test_me_is_not_implemented(scim: Client, asking: Asking) -> None:
    """A provisioning client is no user: 501, as RFC 7644 (3.11) has it."""
    refusal(await scim.ask(asking.method, asking.path, asking.body), 501)


def nulls(value: Any) -> Any:
    """Each null in a document."""
    if value is None:
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from nulls(item)
