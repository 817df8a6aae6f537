"""Log lines, as a log shipper reads them."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from gateway.observability.audit import LoggedAudit
from gateway.observability.logs import LogSettings, configure
from gateway.ports import Change


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the lines go; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:], root.level = handlers, level
    logging.getLogger("gateway.audit").setLevel(logging.NOTSET)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """All lines, each an object."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_every_library_writes_the_same_lines(stream: io.StringIO) -> None:
    """structlog, the standard library and uvicorn: one object a line, with level and time."""
    configure(LogSettings(), stream)
    structlog.get_logger("gateway.http").info("request", status=200)
    logging.getLogger("adapters.redis").warning("Redis is away: %s", "gone")
    logging.getLogger("uvicorn.error").error("bad")
    first, second, third = lines(stream)
    assert first["message"] == "request"
    assert first["status"] == 200
    assert (first["level"], first["logger"]) == ("info", "gateway.http")
    assert (second["message"], second["level"]) == ("Redis is away: gone", "warning")
    assert third["logger"] == "uvicorn.error"
    assert all(line["timestamp"].endswith("Z") for line in (first, second, third))


def test_the_request_id_is_on_every_line(stream: io.StringIO) -> None:
    """Whichever library writes it."""
    configure(LogSettings(), stream)
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        structlog.get_logger("a").info("one")
        logging.getLogger("b").info("two")
    logging.getLogger("b").info("three")
    assert [line.get("request_id") for line in lines(stream)] == ["r-1", "r-1", None]


def test_a_traceback_stays_on_its_line(stream: io.StringIO) -> None:
    """An exception is part of the object, and text with line ends cannot forge a line."""
    configure(LogSettings(), stream)
    try:
        raise ValueError("no\ngood")
    except ValueError:
        logging.getLogger("a").exception("it broke\n{}")
    (line,) = lines(stream)
    assert line["message"] == "it broke\n{}"
    assert "ValueError" in json.dumps(line["exception"])


def test_the_level_holds_for_all_but_the_audit_log(stream: io.StringIO) -> None:
    """Who silences the log does not silence the audit log."""
    configure(LogSettings(level="error"), stream)
    logging.getLogger("a").warning("unheard")
    LoggedAudit().record(Change(actor="ops", action="x", target="usr_1"))
    (line,) = lines(stream)
    assert line["logger"] == "gateway.audit"


def test_the_console_is_for_people(stream: io.StringIO) -> None:
    """No JSON, no colours where nobody can see them."""
    configure(LogSettings(format="console"), stream)
    logging.getLogger("a").warning("hello %s", "there")
    assert "hello there" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_configuring_twice_writes_once(stream: io.StringIO) -> None:
    """A worker that configures again does not double its lines."""
    configure(LogSettings(), stream)
    configure(LogSettings(), stream)
    logging.getLogger("a").warning("once")
    assert len(lines(stream)) == 1
