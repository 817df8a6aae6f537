"""The audit log (`gateway.ports.AuditLog`): one structured line for every change."""

import logging
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum

import structlog

from gateway.ports import Change

NAME = "gateway.audit"
"""The logger's name, by which log shippers can tell audit lines from others."""

_log = logging.getLogger(__name__)


class LoggedAudit:
    """Writes changes as lines of the logger `gateway.audit`."""

    def record(self, change: Change) -> None:
        """Write one line; what cannot be written is told, never raised."""
        try:
            facts = {f.name: plain(getattr(change, f.name)) for f in fields(change)}
            structlog.get_logger(NAME).info(
                "change", **{name: fact for name, fact in facts.items() if fact is not None}
            )
        except Exception:
            _log.exception("A change by %r could not be written to the audit log", change.actor)


def plain(value: object) -> object:
    """The value in terms of JSON: times in RFC 3339, anything unknown as text."""
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(name): plain(item) for name, item in value.items()}
        case Set():
            return sorted((plain(item) for item in value), key=str)
        case Sequence() if not isinstance(value, bytes):
            return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    return str(value)
