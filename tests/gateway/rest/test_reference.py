"""The OpenAPI document against the published facts of the Users API, field by field."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from gateway.rest.openapi import describe
from gateway.rest.routes import routes

REFERENCE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "reference.json").read_text(encoding="utf-8")
)
OPERATIONS: list[dict[str, Any]] = REFERENCE["operations"]


def named(operation: dict[str, Any]) -> str:
    """How a test of an operation is called."""
    return f"{operation['method']} {operation['path']}"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document that clients are served."""
    described: dict[str, Any] = json.loads(json.dumps(describe(FastAPI(routes=routes()))))
    return described


def notation(schema: dict[str, Any]) -> str:
    """A schema in the reference's words: `array of X`, `string (email) | null`, `any`."""
    if not schema:
        return "any"
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(notation(option) for option in schema["anyOf"])
    if schema["type"] == "array":
        return f"array of {notation(schema['items'])}"
    form = schema.get("format")
    return f"{schema['type']} ({form})" if form else str(schema["type"])


def parameters(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The parameters of an operation, as the reference lists them."""
    return [
        {
            "name": parameter["name"],
            "in": parameter["in"],
            "required": parameter["required"],
            "type": notation(parameter["schema"]),
            "description": parameter.get("description"),
        }
        for parameter in operation.get("parameters", [])
    ]


def body_of(content: dict[str, Any] | None) -> str | None:
    """The type of a JSON body; None where there is no body."""
    if content is None:
        return None
    assert list(content) == ["application/json"]
    return notation(content["application/json"]["schema"])


@pytest.mark.parametrize("expected", OPERATIONS, ids=named)
def test_an_operation_is_described_as_published(
    document: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Parameters, bodies, statuses and texts of each endpoint equal the reference."""
    operation = document["paths"][expected["path"]][expected["method"].lower()]
    body = operation.get("requestBody")
    assert {
        "method": expected["method"],
        "path": expected["path"],
        "summary": operation["summary"],
        "description": operation["description"],
        "parameters": parameters(operation),
        "request_body": body and {"required": body["required"], "type": body_of(body["content"])},
        "responses": {
            status: body_of(response.get("content"))
            for status, response in operation["responses"].items()
        },
    } == expected


@pytest.mark.parametrize("name", REFERENCE["schemas"])
def test_a_schema_is_described_as_published(document: dict[str, Any], name: str) -> None:
    """Fields, types, required flags, defaults, values and descriptions equal the reference."""
    expected = REFERENCE["schemas"][name]
    schema = document["components"]["schemas"][name]
    described: dict[str, Any] = {"description": schema.get("description")}
    if "enum" in expected:
        described |= {"type": schema["type"], "enum": schema["enum"]}
    else:
        described["fields"] = [
            {
                "name": field,
                "type": notation(property_),
                "required": field in schema.get("required", []),
                "default": property_.get("default"),
            }
            for field, property_ in schema["properties"].items()
        ]
    assert described == expected


def test_the_paths_of_the_reference_hold_nothing_else(document: dict[str, Any]) -> None:
    """On the published paths there are the published methods and the agreed extra one."""
    published = {(o["path"], o["method"].lower()) for o in OPERATIONS}
    paths = {path for path, _ in published}
    described = {(path, method) for path in paths for method in document["paths"][path]}
    assert described - published == {("/api/v1/admin/users/identity-source/mismatches", "post")}


def test_each_operation_asks_for_a_token_or_is_public(document: dict[str, Any]) -> None:
    """Every published operation requires a bearer token, whatever parameters it shows."""
    for expected in OPERATIONS:
        operation = document["paths"][expected["path"]][expected["method"].lower()]
        assert operation["security"] == [{"bearer": []}]


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    """Client generators get one name an operation."""
    ids = [
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
    ]
    assert len(set(ids)) == len(ids)


def test_every_reference_in_the_document_resolves(document: dict[str, Any]) -> None:
    """No schema is named that is not there."""
    text = json.dumps(document)
    named_schemas = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named_schemas <= set(document["components"]["schemas"])
