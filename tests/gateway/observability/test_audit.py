"""Audit lines: complete, in terms of JSON, never in anybody's way."""

import json
import logging
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest
import structlog

from gateway.domain.model import FederatedIdentity
from gateway.domain.status import UserStatus
from gateway.observability.audit import LoggedAudit, plain
from gateway.ports import Change

TIME = datetime(2027, 1, 15, 8, 30, tzinfo=UTC)


def record(change: Change) -> list[Any]:
    """What is written of a change."""
    with structlog.testing.capture_logs() as written:
        LoggedAudit().record(change)
    return written


def test_a_change_is_one_line_with_all_that_is_known() -> None:
    """Who, what, whom, where, why, before and after; what is unknown is left out."""
    change = Change(
        actor="ops",
        action="tenant.users.status",
        target="usr_1",
        tenant_id="tnt_1",
        request_id="r-1",
        reason="left",
        before={"status": UserStatus.ACTIVE, "last_login_at": None},
        after={"status": UserStatus.DISABLED, "last_login_at": TIME},
    )
    (line,) = record(change)
    assert json.loads(json.dumps(line)) == {
        "event": "change",
        "log_level": "info",
        "actor": "ops",
        "action": "tenant.users.status",
        "target": "usr_1",
        "tenant_id": "tnt_1",
        "request_id": "r-1",
        "reason": "left",
        "before": {"status": "ACTIVE", "last_login_at": None},
        "after": {"status": "DISABLED", "last_login_at": "2027-01-15T08:30:00+00:00"},
    }


def test_values_of_the_domain_become_json() -> None:
    """Times, enumerations, links, sets, read-only mappings; anything unknown as text."""
    link = FederatedIdentity(identity_provider_id="idp_1", external_id="x", linked_at=TIME)
    value = MappingProxyType(
        {"links": (link,), "names": frozenset({"b", "a"}), "raw": b"\x00", 7: 1}
    )
    seen = plain(value)
    assert json.loads(json.dumps(seen)) == {
        "links": [
            {
                "identity_provider_id": "idp_1",
                "external_id": "x",
                "linked_at": "2027-01-15T08:30:00+00:00",
                "primary": False,
            }
        ],
        "names": ["a", "b"],
        "raw": "b'\\x00'",
        "7": 1,
    }


def test_what_cannot_be_written_is_told_and_not_raised(caplog: pytest.LogCaptureFixture) -> None:
    """The change has happened: its caller is not troubled, the operator is."""

    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    with caplog.at_level(logging.ERROR):
        assert record(Change(actor="ops", action="x", target="t", after={"a": Broken()})) == []
    assert "could not be written to the audit log" in caplog.text
