"""Reading a body: never more than the limit, and JSON only where all readers agree on it."""

import json
import math
from email.message import Message
from typing import NoReturn

from starlette.requests import Request

from gateway.http.errors import BodyTooLarge, MalformedJson, UnsupportedMediaType


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body.

    Raises:
        BodyTooLarge: it says that it is longer, or turns out to be; no more is read then.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise BodyTooLarge(limit)
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > limit:
            raise BodyTooLarge(limit)
    return bytes(chunks)


def require_json(content_type: str | None) -> None:
    """Refuse a body that does not call itself JSON (RFC 6839: also `+json`).

    Raises:
        UnsupportedMediaType: it is something else, or in a charset other than UTF-8.
    """
    header = Message()
    header["content-type"] = content_type or ""
    subtype = header.get_content_subtype()
    if header.get_content_maintype() != "application" or not (
        subtype == "json" or subtype.endswith("+json")
    ):
        raise UnsupportedMediaType
    if str(header.get_param("charset") or "utf-8").lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise UnsupportedMediaType("application/json in UTF-8")


def parse_json(raw: bytes, *, max_depth: int) -> object:
    """The document, if RFC 8259 leaves no doubt about it (as I-JSON, RFC 7493, asks for).

    Raises:
        MalformedJson: no JSON; bytes that are no UTF-8; a member named twice; a number that
            is none (NaN) or has no end; half of a surrogate pair; deeper than `max_depth`.
    """
    try:
        document = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_members,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        raise MalformedJson("not UTF-8", error.start) from error
    except json.JSONDecodeError as error:
        raise MalformedJson(error.msg, error.pos) from error
    except RecursionError as error:
        raise MalformedJson(f"nested deeper than {max_depth}") from error
    _walk(document, max_depth)
    return document


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise MalformedJson("member named twice", _shown(name))
            seen.add(name)
    return members


def _no_number(text: str) -> NoReturn:
    raise MalformedJson(f"{text} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise MalformedJson("number out of range")
    return number


def _integer(text: str) -> int:
    # Also keeps Python's limit on digits out of sight.
    if len(text) > 310:
        raise MalformedJson("number out of range")
    return int(text)


def _walk(document: object, max_depth: int) -> None:
    """Refuse what the parser lets through: depth, and text that has no UTF-8 form."""
    waiting: list[tuple[object, tuple[str | int, ...]]] = [(document, ())]
    while waiting:
        value, loc = waiting.pop()
        if isinstance(value, str):
            if not value.isascii() and _has_surrogate(value):
                raise MalformedJson("half of a surrogate pair is no character", *loc)
        elif isinstance(value, dict | list):
            if len(loc) >= max_depth:
                raise MalformedJson(f"nested deeper than {max_depth}")
            if isinstance(value, list):
                waiting.extend((item, (*loc, index)) for index, item in enumerate(value))
                continue
            for name, member in value.items():
                if not name.isascii() and _has_surrogate(name):
                    raise MalformedJson("half of a surrogate pair is no character", *loc)
                waiting.append((member, (*loc, name)))


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _shown(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8")
