"""Bodies that make no sense: refused in SCIM's words, never an error of the gateway."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.scim.models import DIRECTORY, ENTERPRISE
from tests.adapters.scim.conftest import ERROR, MEDIA_TYPE, Client
from tests.gateway.rest.house import open_house

NAMES = st.sampled_from(
    [
        *("userName", "displayName", "name", "emails", "active", "addresses", "roles", "groups"),
        *("members", "externalId", "password", "id", "meta", "schemas", "x509Certificates", "nope"),
        *("name.givenName", 'emails[type eq "work"].value', "emails.value", "members.value"),
        *("value", "type", "primary", "display", "$ref", "", " ", "é", "emails["),
        *('members[value eq "x"]', 'addresses[not (type eq "a")].locality', "x[y eq 1]"),
        *(ENTERPRISE, DIRECTORY, f"{ENTERPRISE}:manager", f"{DIRECTORY}:status"),
    ]
)
LEAVES = st.sampled_from(
    [None, True, False, 0, -1, 1.5, 10**40, "", "x", " ", "True", "\0", "x" * 3000, "bulkId:x"]
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4)
)
RESOURCES = st.dictionaries(NAMES, VALUES, max_size=6)
PATCHES = st.fixed_dictionaries(
    {
        "Operations": st.lists(
            st.fixed_dictionaries(
                {"op": st.sampled_from(["add", "Replace", "remove", "x", None])},
                optional={"path": NAMES | VALUES, "value": VALUES},
            ),
            max_size=3,
        )
    }
)
SEARCHES = st.dictionaries(
    st.sampled_from(["filter", "sortBy", "sortOrder", "count", "cursor", "attributes"]),
    VALUES | NAMES,
    max_size=4,
)
REQUESTS = st.one_of(
    st.tuples(st.sampled_from(["POST {kind}", "PUT {kind}/{id}"]), RESOURCES | VALUES),
    st.tuples(st.just("PATCH {kind}/{id}"), PATCHES | VALUES),
    st.tuples(st.sampled_from(["POST {kind}/.search", "POST /.search"]), SEARCHES | VALUES),
    st.tuples(
        st.just("POST /Bulk"),
        st.fixed_dictionaries(
            {
                "Operations": st.lists(
                    st.fixed_dictionaries(
                        {"method": st.sampled_from(["POST", "PUT", "PATCH", "GET"])},
                        optional={"path": NAMES, "bulkId": LEAVES, "data": RESOURCES | VALUES},
                    ),
                    max_size=3,
                )
            }
        ),
    ),
)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    requests=st.lists(
        st.tuples(st.sampled_from(["Users", "Groups"]), REQUESTS), min_size=1, max_size=8
    )
)
async def test_no_body_is_an_error_of_the_gateway(requests: list[tuple[str, Any]]) -> None:
    """Whatever is sent, the answer is what was asked for or a SCIM message of a refusal."""
    async with open_house() as house:
        scim = Client(house=house)
        ids = {"Users": (await scim.user("ann"))["id"], "Groups": (await scim.group("team"))["id"]}
        for kind, (line, document) in requests:
            method, path = line.format(kind=f"/{kind}", id=ids[kind]).split(" ", 1)
            answer = await scim.ask(method, path, content=json.dumps(document).encode())
            assert answer.status_code < 500, answer.text
            if answer.content:
                assert answer.headers["content-type"] == MEDIA_TYPE
            if answer.status_code >= 400:
                assert answer.json()["schemas"] == [ERROR]
            if path == "/Bulk" and answer.status_code == 200:
                assert all(each["status"] < "500" for each in answer.json()["Operations"])
