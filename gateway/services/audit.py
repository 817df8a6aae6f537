"""Telling the audit log: one line a change, with what differs, without secrets."""

import re
from collections.abc import Mapping
from dataclasses import fields

from gateway.domain.model import Resource
from gateway.ports import AuditLog, Change
from gateway.services.access import Call

_NOT_A_CHANGE = frozenset({"version", "updated_at"})
_SECRET = re.compile(r"pass(word|wd|phrase)|secret|token|credential|private", re.IGNORECASE)


def facts(resource: Resource | None) -> dict[str, object] | None:
    """The fields of a resource. Passwords, factors and links' secrets are no fields of any.

    Custom attributes can hold whatever a client puts there: those whose names sound secret
    are told by name alone.
    """
    if resource is None:
        return None
    names = (f.name for f in fields(resource))
    told = {name: getattr(resource, name) for name in names if name not in _NOT_A_CHANGE}
    if "custom_attributes" in told:
        told["custom_attributes"] = {
            name: "(not told)" if _SECRET.search(name) else value
            for name, value in told["custom_attributes"].items()
        }
    return told


def difference(
    before: Resource | None, after: Resource | None
) -> tuple[Mapping[str, object] | None, Mapping[str, object] | None]:
    """What changed, before and after; all there is where there is but one of them."""
    old, new = facts(before), facts(after)
    if old is None or new is None:
        return old, new
    changed = [name for name in new if old.get(name) != new[name]]
    return {n: old.get(n) for n in changed}, {n: new[n] for n in changed}


class Audit:
    """Writes the lines of the audit log for calls."""

    def __init__(self, *, log: AuditLog) -> None:
        self._log = log

    def changed(
        self,
        call: Call,
        target: str,
        *,
        tenant_id: str | None = None,
        before: Resource | None = None,
        after: Resource | None = None,
        reason: str | None = None,
        action: str | None = None,
    ) -> None:
        """Tell that the call changed `target`; `action` where it is not the call's own."""
        old, new = difference(before, after)
        self.told(
            call, target, tenant_id=tenant_id, before=old, after=new, reason=reason, action=action
        )

    def told(
        self,
        call: Call,
        target: str,
        *,
        tenant_id: str | None = None,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        reason: str | None = None,
        action: str | None = None,
    ) -> None:
        """The same, with facts that are no fields of a resource (members, links)."""
        self._log.record(
            Change(
                actor=call.principal.subject,
                action=action or call.action,
                target=target,
                tenant_id=tenant_id,
                request_id=call.request_id,
                address=call.address,
                reason=reason,
                before=before,
                after=after,
            )
        )

    def by_user(
        self, action: str, user_id: str, *, tenant_id: str, before: Resource, after: Resource
    ) -> None:
        """Tell what a user did to itself, without a call that a token came with."""
        old, new = difference(before, after)
        self._log.record(
            Change(
                actor=user_id,
                action=action,
                target=user_id,
                tenant_id=tenant_id,
                before=old,
                after=new,
            )
        )
