"""The API's description, as clients know it."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response

from gateway.rest.route import GuardedRoute
from gateway.rest.schemas.envelopes import ErrorResponse, HTTPValidationError, ValidationError

TITLE = "Directory Gateway"
_REFS = "#/components/schemas/{model}"
_DESCRIPTION = """REST over an OpenLDAP directory.

Errors beside 422 have the body of `ErrorResponse`; the statuses are 401, 403, 404, 405, 409, 412,
413, 415, 423, 429 and 503. Answers about one user carry an `ETag`, which `If-None-Match` and
`If-Match` take.
"""
_DOCS_POLICY = (
    "default-src 'none'; connect-src 'self'; img-src 'self' data: https://fastapi.tiangolo.com; "
    "script-src 'unsafe-inline' https://cdn.jsdelivr.net; "
    "style-src 'unsafe-inline' https://cdn.jsdelivr.net; frame-ancestors 'none'"
)


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document; made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=TITLE, version=app.version, description=_DESCRIPTION, routes=app.routes
        )
        _complete(document["components"])
        for route in app.routes:
            if isinstance(route, GuardedRoute) and route.include_in_schema:
                for method in route.methods or ():
                    path = route.path_format
                    _mark(document["paths"][path][method.lower()], path, route)
        app.openapi_schema = document
    return app.openapi_schema


def _complete(components: dict[str, Any]) -> None:
    """Bodies of errors as they really are, and how callers identify themselves."""
    for model in (HTTPValidationError, ValidationError, ErrorResponse):
        schema = model.model_json_schema(ref_template=_REFS)
        schema.pop("$defs", None)
        components["schemas"][model.__name__] = schema
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "client": {"type": "http", "scheme": "basic"},
    }


def _mark(operation: dict[str, Any], path: str, route: GuardedRoute) -> None:
    if route.acting is not None:
        operation["security"] = [{"bearer": []}]
    # In the order of the path, wherever in the signature they come from.
    operation.get("parameters", []).sort(
        key=lambda p: path.index(f"{{{p['name']}}}") if p["in"] == "path" else len(path)
    )


async def show_documentation() -> Response:
    """The description to read and to try."""
    page = get_swagger_ui_html(openapi_url="/openapi.json", title=TITLE)
    page.headers["Content-Security-Policy"] = _DOCS_POLICY
    return page
