"""Requests that are not acceptable as such: refused in order, each with a SCIM message."""

import json
from collections.abc import AsyncIterator

import pytest

from gateway.domain.access import Role
from gateway.domain.errors import Unavailable
from gateway.http.settings import HttpSettings
from tests.adapters.scim.conftest import GROUP, SEARCH, USER, Client, refusal
from tests.adapters.scim.operations import OPERATIONS, Asking, furnished
from tests.gateway.rest.house import open_house

WITH_BODY = [asking for asking in OPERATIONS if asking.body is not None and asking.status != 501]
LIMIT = 2048
TOO_DEEP = b'{"a":' * 40 + b"1" + b"}" * 40
UNKNOWN = {"user": "usr_" + "0" * 32, "group": "grp_" + "0" * 32}


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/scim+json",
        "application/scim+json; charset=utf-8",
        'APPLICATION/JSON; charset="UTF-8"; x=y',
        None,
    ],
)
async def test_json_under_any_of_its_names(scim: Client, media_type: str | None) -> None:
    """Both media types, with parameters, and none at all (RFC 7644, 3.8)."""
    headers = {"Content-Type": media_type} if media_type else {}
    answer = await scim.ask("POST", "/Users", content=b'{"userName": "ann"}', headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-type"] == "application/scim+json"


@pytest.mark.parametrize("asking", WITH_BODY, ids=str)
async def test_the_body_is_judged_in_order(asking: Asking) -> None:
    """From the outside in: size and type, role, visibility, and then what it says."""

    async def long() -> AsyncIterator[bytes]:
        for _ in range(2 * 2**20 // 65_536):
            yield b" " * 65_536

    async with open_house(HttpSettings(max_body=LIMIT)) as house:
        scim = Client(house=house)
        ids = await furnished(scim)
        there, absent = asking.path.format(**ids), asking.path.format(**UNKNOWN)
        text = {"Content-Type": "text/plain"}
        right = {"Content-Type": "application/json"}
        big = await scim.ask(asking.method, absent, content=long(), headers=right, role=Role.USER)
        refusal(big, 413)
        refusal(await scim.ask(asking.method, absent, content=b"{}", headers=text), 415)
        refusal(
            await scim.ask(asking.method, absent, content=b"{", headers=right, role=Role.USER), 403
        )
        for broken in (b"", b"{", b'{"a": 1, "a": 2}', b"\xff", TOO_DEEP, b'"\\ud800"'):
            answer = await scim.ask(asking.method, there, content=broken, headers=right)
            assert refusal(answer, 400)["scimType"] == "invalidSyntax"
            elsewhere = "/api/v1/tenants/nowhere/scim/v2"
            answer = await scim.ask(
                asking.method, there, content=broken, headers=right, base=elsewhere
            )
            refusal(answer, 404)
        if absent != there:
            refusal(await scim.ask(asking.method, absent, content=b"{", headers=right), 404)
            refusal(await scim.ask(asking.method, absent, []), 404)


@pytest.mark.parametrize("body", [[], "x", 1, None])
@pytest.mark.parametrize("asking", WITH_BODY, ids=str)
async def test_a_body_that_is_no_object(scim: Client, asking: Asking, body: object) -> None:
    """400 with a keyword, never 500."""
    ids = await furnished(scim)
    answer = await scim.ask(
        asking.method, asking.path.format(**ids), content=json.dumps(body).encode()
    )
    assert refusal(answer, 400)["scimType"] in {"invalidSyntax", "invalidValue"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/Users", "GET, POST"),
        ("DELETE", "/Groups/", "GET, POST"),
        ("POST", "/Users/usr_1", "DELETE, GET, PATCH, PUT"),
        ("GET", "/Bulk", "POST"),
        ("GET", "/.search", "POST"),
        ("OPTIONS", "/Schemas", "GET"),
        *(
            (method, path, "GET")
            for method in ("POST", "PUT", "PATCH", "DELETE")
            for path in ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas")
        ),
    ],
)
async def test_a_method_that_the_endpoint_has_not(
    scim: Client, method: str, path: str, allowed: str
) -> None:
    """405, naming those that it has."""
    answer = await scim.ask(method, path)
    refusal(answer, 405)
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("path", ["/Nope", "/Users/a/b", "/Schemas/urn:nope", "/Users/grp_1"])
async def test_what_is_not_there(scim: Client, path: str) -> None:
    """404 in the same shape, for endpoints as for resources."""
    refusal(await scim.ask("GET", path), 404)


@pytest.mark.parametrize("path", ["/Users", "/Users/", "//Users", "//Users//", "/users", "/USERS/"])
async def test_slashes_and_case_of_an_endpoint_do_not_matter(scim: Client, path: str) -> None:
    """Base paths are configured with a slash too many, and endpoints are written as it comes."""
    await scim.user("ann")
    assert (await scim.ask("GET", path)).json()["totalResults"] == 1


async def test_unknown_parameters_are_ignored(scim: Client) -> None:
    """A flag that some clients add to every address says nothing here; names have no case."""
    await scim.user("ann")
    answer = await scim.ask("GET", '/Users?aadOptscim062020&FILTER=userName eq "ann"&Count=0')
    assert (answer.status_code, answer.json()["totalResults"]) == (200, 1)
    assert answer.json()["Resources"] == []


async def test_a_directory_that_is_away(scim: Client) -> None:
    """503 with a time to come back, also within a bulk request."""

    class Away:
        """Nobody answers."""

        def of_one_request(self) -> "Away":
            return self

        def __getattr__(self, name: str) -> object:
            raise Unavailable(retry_after=7)

    class Broken(Away):
        """Something is wrong that nobody has thought of."""

        def __getattr__(self, name: str) -> object:
            raise RuntimeError("a secret of the directory")

    for services, status in ((Away(), 503), (Broken(), 500)):
        async with open_house(provisioning=services) as house:
            client = Client(house=house)
            answer = await client.ask("GET", "/Users")
            message = refusal(answer, status)
            assert "secret" not in message["detail"]
            assert answer.headers.get("retry-after") == ("7" if status == 503 else None)
            operation = {"method": "DELETE", "path": "/Users/usr_1"}
            bulk = await client.ask("POST", "/Bulk", {"Operations": [operation]})
            assert bulk.json()["Operations"][0]["response"]["status"] == str(status)


async def test_figures_have_templates_and_no_ids(scim: Client) -> None:
    """What is counted by route has as many labels as there are endpoints, whatever is asked."""
    ids = await furnished(scim)
    for path in (f"/Users/{ids['user']}", "/Users/nobody", "/Nope", "/a/b/c/d", "/users/x"):
        await scim.ask("GET", path)
    figures = (await scim.house.client.get("/metrics")).text
    routes = {
        line.partition('route="')[2].partition('"')[0]
        for line in figures.splitlines()
        if "/scim/v2" in line
    }
    assert routes == {
        "/scim/v2",
        "/scim/v2/Users",
        "/scim/v2/Groups",
        "/scim/v2/Users/{id}",
    }


async def test_line_ends_in_a_path(scim: Client) -> None:
    """They are part of an id that nobody has, and of no header of the answer."""
    for path in ("/Users/a%0d%0aX-Seen:%20b", "/Users/%0a", "/%0a"):
        answer = await scim.ask("GET", path)
        refusal(answer, 404)
        assert "x-seen" not in answer.headers


async def test_not_every_wrong_member_is_told(scim: Client) -> None:
    """The first unknown members are named, and it is told how many more there are."""
    members = [{"value": f"usr_{number:032x}"} for number in range(50)]
    document = {"schemas": [GROUP], "displayName": "team", "members": members}
    detail = refusal(await scim.ask("POST", "/Groups", document), 400)["detail"]
    assert detail.count("names nothing in this tenant") == 20
    assert detail.endswith("; and 30 more")


async def test_a_choice_of_attributes_is_bounded(scim: Client) -> None:
    """Nobody names more attributes than there are; in a query, and in a body as list or text."""
    ann = await scim.user("ann")
    for name in ("attributes", "excludedAttributes"):
        for number, status in ((200, 200), (201, 400)):
            several = ["title"] * number
            text = {name: ",".join(several)}
            for path in ("/Users", f"/Users/{ann['id']}"):
                answer = await scim.ask("GET", path, params=text)
                assert answer.status_code == status, answer.text
            for body in (text, {name: several}):
                answer = await scim.ask("POST", "/Users/.search", {"schemas": [SEARCH], **body})
                assert answer.status_code == status, answer.text
                if status == 400:
                    assert refusal(answer, 400)["detail"].startswith(f"{name}: ")


async def test_refusals_name_attributes_of_scim(scim: Client) -> None:
    """What the directory calls otherwise has its SCIM name in the sentence."""
    await scim.user("ann", emails=[{"value": "ann@alpha.example"}])
    taken = refusal(await scim.ask("POST", "/Users", {"schemas": [USER], "userName": "ANN"}), 409)
    assert (taken["scimType"], taken["detail"]) == ("uniqueness", "This userName is already in use")
    await scim.user("eve", externalId="00u1")
    linked = {"schemas": [USER], "userName": "bob", "externalId": "00u1"}
    taken = refusal(await scim.ask("POST", "/Users", linked), 409)
    assert taken["detail"] == "This externalId is already in use"
    document = {"schemas": [USER], "userName": "x" * 300}
    wrong = refusal(await scim.ask("POST", "/Users", document), 400)
    assert wrong["scimType"] == "invalidValue"
    assert wrong["detail"].startswith("userName: ")
