"""schemathesis over the OpenAPI document, against a live gateway on real servers."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation

from gateway.rest.openapi import describe
from gateway.rest.routes import routes
from tests.e2e.live import live_gateway
from tests.stack.stack import Stack

Case = schemathesis.Case[Any]

PASSWORD = "Corr3ct-horse battery"
BEARER: list[dict[str, list[str]]] = [{"bearer": []}]
ACCEPTED = ["2xx", "401", "403", "404", "409", "422"]
SERVED: dict[str, Any] = json.loads(json.dumps(describe(FastAPI(routes=routes()))))


def with_errors(served: dict[str, Any]) -> dict[str, Any]:
    """The served document, with the errors that every endpoint may answer.

    The published description, which the served one must equal, tells of successes and 422
    alone; the other statuses and their body are one decision for the whole API, so that they
    are checked here without being written into each operation.
    """
    document: dict[str, Any] = json.loads(json.dumps(served))
    schema = {"$ref": "#/components/schemas/ErrorResponse"}
    error = {"description": "Error", "content": {"application/json": {"schema": schema}}}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            statuses = {"404", "405"}
            if operation.get("security") == BEARER:
                statuses |= {"401", "403"}
            if "requestBody" in operation:
                statuses |= {"413", "415"}
            if method != "get":
                statuses.add("409")
            if path.endswith("/authenticate"):
                statuses |= {"423", "429"}
            for status in statuses:
                operation["responses"].setdefault(status, error)
    return document


schema = schemathesis.openapi.from_dict(
    with_errors(SERVED),
    config=SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "generation": {"deterministic": True, "database": "none"},
            # A schema cannot say which units and groups there are, which passwords the
            # directory's policy takes, or which names IANA gives to time zones.
            "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
            "operations": [
                {
                    # Nor that a client authenticates once, in the header or in the body
                    # (RFC 6749, 2.3).
                    "include-path-regex": "/oauth/token$",
                    "checks": {
                        "positive_data_acceptance": {"expected-statuses": [*ACCEPTED, "400"]}
                    },
                },
                {
                    # Nor which account is locked, and which address has tried too often.
                    "include-path-regex": "/authenticate$",
                    "checks": {
                        "positive_data_acceptance": {"expected-statuses": [*ACCEPTED, "423", "429"]}
                    },
                },
            ],
        }
    ),
)


class Site:
    """The live gateway, with something of every kind to ask for."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self._numbers = count()
        made = client.post("/api/v1/admin/tenants/", json={"slug": "fuzzed"})
        tenant = {"tenant_id": str(made.json()["data"]["id"])}
        self.ids = {name: self.fresh(name) for name in self._bodies()} | tenant

    def _bodies(self) -> dict[str, tuple[str, dict[str, Any]]]:
        number = next(self._numbers)
        name = {"name": f"n{number}", "tenant_id": "fuzzed"}
        user = {"email": f"u{number}@fuzzed.example", "password": PASSWORD}
        return {
            "partner_id": ("/api/v1/admin/partners/", {"slug": f"p{number}"}),
            "tenant_id": ("/api/v1/admin/tenants/", {"slug": f"t{number}"}),
            "user_id": ("/api/v1/tenants/fuzzed/users", user),
            "group_id": ("/api/v1/admin/groups/", name),
            "ou_id": ("/api/v1/tenants/fuzzed/ous", {"name": f"n{number}"}),
            "identity_provider_id": ("/api/v1/admin/identity-providers/", {**name, "type": "OIDC"}),
            "application_id": (
                "/api/v1/admin/applications/",
                {"client_id": f"c{number}", "tenant_id": "fuzzed"},
            ),
            "scim_token_id": ("/api/v1/admin/scim-tokens/", name),
        }

    def fresh(self, parameter: str) -> str:
        """The id of a new thing of the kind that a path parameter names."""
        path, body = self._bodies()[parameter]
        made = self.client.post(path, json=body)
        assert made.status_code == 201, made.text
        return str(made.json()["data"]["id"])


@pytest.fixture(scope="module")
def site(stack: Stack, feed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running gateway."""
    with live_gateway(stack, tmp_path_factory.mktemp("live")) as client:
        yield Site(client)


def test_what_is_checked_is_what_is_served(site: Site) -> None:
    """The running gateway serves the document that the examples come from."""
    served = site.client.get("/openapi.json").json()
    assert served["paths"] == SERVED["paths"]
    assert served["components"] == SERVED["components"]


@schema.parametrize()
@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_an_operation_keeps_its_description(case: Case, site: Site) -> None:
    """Whatever is sent, right or wrong: the answer is one that the description has."""
    if not is_wrong(case, ParameterLocation.PATH):
        aim(case, site)
    asks_for_token = SERVED["paths"][case.path][case.operation.method].get("security") == BEARER
    headers = {}
    if asks_for_token and not is_wrong(case, ParameterLocation.HEADER):
        headers["Authorization"] = site.client.headers["Authorization"]
    case.call_and_validate(base_url=str(site.client.base_url), headers=headers)


def is_wrong(case: Case, location: ParameterLocation) -> bool:
    """Whether that part of the request is made wrong on purpose."""
    component = case.meta.components.get(location) if case.meta else None
    return component is not None and component.mode.is_negative


def aim(case: Case, site: Site) -> None:
    """Let a path lead to something that is there, and a DELETE to something of its own."""
    for name in case.path_parameters:
        if name in site.ids:
            deletes = case.method == "DELETE" and case.path.endswith(f"{{{name}}}")
            case.path_parameters[name] = site.fresh(name) if deletes else site.ids[name]
        elif name == "slug":
            case.path_parameters[name] = "fuzzed"
