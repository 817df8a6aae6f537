"""What SCIM calls the fields that errors of the domain name."""

from collections.abc import Mapping

from gateway.domain.errors import Invalid, Problem, Taken
from gateway.services.provisioning.checks import EXTERNAL_ID
from mappings.table import Mappings

_CUSTOM = "custom_attributes"
_MOST = 20
"""Sentences that somebody reads: a request can have thousands of wrong members."""


class Names:
    """The attributes of SCIM by the fields of the domain, as the rows of a mapping tell them."""

    def __init__(self, mappings: Mappings) -> None:
        rows = [*mappings.group.fields.values(), *mappings.user.fields.values()]
        self._fields: Mapping[str, str] = {
            "external_id": EXTERNAL_ID,
            **{row.name: row.scim for row in rows if row.scim},
        }
        custom = mappings.user.custom
        standard = custom.standard if custom else {}
        self._custom = {name: place.scim or name for name, place in standard.items()}

    def taken(self, error: Taken) -> str:
        """The sentence about a value that is in use."""
        return f"This {self._fields.get(error.field, error.field)} is already in use"

    def invalid(self, error: Invalid) -> str:
        """The sentences about what is wrong, each with the attribute; of very many the first."""
        told = [f"{self._place(each)}: {each.message}" for each in error.problems[:_MOST]]
        untold = len(error.problems) - len(told)
        return "; ".join([*told, f"and {untold} more"] if untold else told)

    def _place(self, problem: Problem) -> str:
        loc = [str(part) for part in problem.loc]
        if loc[:1] == ["body"]:
            del loc[0]
        if loc[:1] == [_CUSTOM] and len(loc) > 1:
            del loc[0]
            return ".".join([self._custom.get(loc[0], loc[0]), *loc[1:]])
        return ".".join([self._fields.get(loc[0], loc[0]), *loc[1:]]) if loc else "body"
