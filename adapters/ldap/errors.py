"""What an LDAP server refuses, as exceptions, and what that means in the domain.

    LdapError
      NoSuchObject             the entry, or one above it, is not there
      EntryAlreadyExists       an entry of that name is there
      ConstraintViolation      the password policy, uniqueness, or a limit forbids it
      AssertionFailed          the entry is not as the assertion control says (RFC 4528)
      AttributeOrValueExists   the value is there already
      NoSuchAttribute          the value, or all of the attribute, is not there
      ObjectClassViolation     the schema forbids an attribute, or demands one
      InvalidSyntax            a value, or a DN, is not of its syntax
      NamingViolation          an entry of that name or class may not stand there
      NotAllowedOnNonLeaf      entries below forbid it
      UndefinedAttribute       the server's schema has no such attribute
      InsufficientAccess       the gateway's account may not do it
      UnwillingToPerform       the server will not, for a reason of its own
      InvalidCredentials       a bind was refused
      SizeLimitExceeded        more entries than the server gives out
      Unavailable              not reachable, busy, too slow, or read-only
      UnexpectedResult         anything else

One table turns result codes (RFC 4511, appendix A) into these, and one function turns these
into the domain's errors. Knows no connection.
"""

import re
from collections.abc import Mapping

from gateway.domain.errors import (
    Conflict,
    GatewayError,
    NotFound,
    StaleVersion,
    Taken,
    invalid,
)
from gateway.domain.errors import Unavailable as DomainUnavailable
from gateway.domain.ids import Kind

SERVER_DOWN = 81
"""Result code of the client itself, as in RFC 1823: no answer from any server."""


class LdapError(Exception):
    """A refusal. `name` is the result code's name in RFC 4511, `diagnostic` the server's text."""

    def __init__(
        self, result_code: int, name: str, diagnostic: str = "", matched_dn: str = ""
    ) -> None:
        super().__init__(f"{name} ({result_code}): {diagnostic}" if diagnostic else name)
        self.result_code = result_code
        self.name = name
        self.diagnostic = diagnostic
        self.matched_dn = matched_dn


class NoSuchObject(LdapError):
    """The entry, or one above it, is not there; `matched_dn` is the lowest that is."""


class EntryAlreadyExists(LdapError):
    """An entry of that name is there."""


class ConstraintViolation(LdapError):
    """The password policy, uniqueness, or a limit forbids it."""


class AssertionFailed(LdapError):
    """The entry is not as the assertion control says."""


class AttributeOrValueExists(LdapError):
    """The value is there already."""


class NoSuchAttribute(LdapError):
    """The value, or all of the attribute, is not there."""


class ObjectClassViolation(LdapError):
    """The schema forbids an attribute, or demands one."""


class InvalidSyntax(LdapError):
    """A value, or a DN, is not of its syntax."""


class NamingViolation(LdapError):
    """An entry of that name or class may not stand there."""


class NotAllowedOnNonLeaf(LdapError):
    """Entries below forbid it."""


class UndefinedAttribute(LdapError):
    """The server's schema has no such attribute, or no such rule for it."""


class InsufficientAccess(LdapError):
    """The gateway's account may not do it."""


class UnwillingToPerform(LdapError):
    """The server will not, for a reason of its own: read-only, or an operation it restricts."""


class InvalidCredentials(LdapError):
    """A bind was refused."""


class SizeLimitExceeded(LdapError):
    """More entries than the server gives out."""


class Unavailable(LdapError):
    """Not reachable, busy, too slow, or read-only.

    After a write it may stand for both outcomes; the diagnostic tells then.
    """

    def __init__(
        self,
        result_code: int = SERVER_DOWN,
        name: str = "serverDown",
        diagnostic: str = "",
        matched_dn: str = "",
    ) -> None:
        super().__init__(result_code, name, diagnostic, matched_dn)


class UnexpectedResult(LdapError):
    """A result that the gateway's requests should never see."""


# RFC 4511, 4.1.9, with those of RFC 4528 (122) and RFC 3909 (118-121).
RESULTS: Mapping[int, tuple[str, type[LdapError]]] = {
    1: ("operationsError", UnexpectedResult),
    2: ("protocolError", UnexpectedResult),
    3: ("timeLimitExceeded", Unavailable),
    4: ("sizeLimitExceeded", SizeLimitExceeded),
    5: ("compareFalse", UnexpectedResult),
    6: ("compareTrue", UnexpectedResult),
    7: ("authMethodNotSupported", UnexpectedResult),
    8: ("strongerAuthRequired", InsufficientAccess),
    10: ("referral", Unavailable),
    11: ("adminLimitExceeded", SizeLimitExceeded),
    12: ("unavailableCriticalExtension", UnexpectedResult),
    13: ("confidentialityRequired", InsufficientAccess),
    14: ("saslBindInProgress", UnexpectedResult),
    16: ("noSuchAttribute", NoSuchAttribute),
    17: ("undefinedAttributeType", UndefinedAttribute),
    18: ("inappropriateMatching", UndefinedAttribute),
    19: ("constraintViolation", ConstraintViolation),
    20: ("attributeOrValueExists", AttributeOrValueExists),
    21: ("invalidAttributeSyntax", InvalidSyntax),
    32: ("noSuchObject", NoSuchObject),
    33: ("aliasProblem", UnexpectedResult),
    34: ("invalidDNSyntax", InvalidSyntax),
    36: ("aliasDereferencingProblem", UnexpectedResult),
    48: ("inappropriateAuthentication", InvalidCredentials),
    49: ("invalidCredentials", InvalidCredentials),
    50: ("insufficientAccessRights", InsufficientAccess),
    51: ("busy", Unavailable),
    52: ("unavailable", Unavailable),
    53: ("unwillingToPerform", UnwillingToPerform),
    54: ("loopDetect", UnexpectedResult),
    64: ("namingViolation", NamingViolation),
    65: ("objectClassViolation", ObjectClassViolation),
    66: ("notAllowedOnNonLeaf", NotAllowedOnNonLeaf),
    67: ("notAllowedOnRDN", ObjectClassViolation),
    68: ("entryAlreadyExists", EntryAlreadyExists),
    69: ("objectClassModsProhibited", ObjectClassViolation),
    71: ("affectsMultipleDSAs", UnexpectedResult),
    80: ("other", UnexpectedResult),
    118: ("canceled", Unavailable),
    119: ("noSuchOperation", UnexpectedResult),
    120: ("tooLate", UnexpectedResult),
    121: ("cannotCancel", UnexpectedResult),
    122: ("assertionFailed", AssertionFailed),
}


def from_result(code: int, diagnostic: str = "", matched_dn: str = "") -> LdapError:
    """The exception for a result code other than success; unknown codes are unexpected."""
    name, kind = RESULTS.get(code, (f"result{code}", UnexpectedResult))
    return kind(code, name, diagnostic, matched_dn)


def translate(
    error: LdapError,
    *,
    kind: Kind,
    fields: Mapping[str, str] | None = None,
    name_field: str = "name",
) -> GatewayError:
    """What a refusal means in the domain.

    Args:
        error: the refusal.
        kind: what the operation was about; a missing entry is one of these.
        fields: attribute names in lower case to the domain's fields that stand in them.
        name_field: the field that names the entry, for refusals of the name itself.
    """
    field = _named_field(error, fields or {})
    match error:
        case NoSuchObject():
            return NotFound(kind)
        case AssertionFailed():
            return StaleVersion()
        case EntryAlreadyExists():
            return Taken(name_field)
        case ConstraintViolation():
            return _constraint(error, field, name_field)
        case InvalidSyntax() | AttributeOrValueExists():
            return invalid(field or name_field, _NOT_TAKEN)
        case ObjectClassViolation() if field is not None:
            return invalid(field, "the directory's schema demands or forbids it")
        case ObjectClassViolation() | NamingViolation() | NoSuchAttribute():
            return Conflict("The entry in the directory does not allow this change")
        case NotAllowedOnNonLeaf():
            return Conflict("There are entries below this one", code="not_empty")
        case Unavailable() | SizeLimitExceeded() | UnwillingToPerform():
            return DomainUnavailable(f"The directory does not answer: {error.name}")
        case _:
            return DomainUnavailable(
                f"The directory is not set up for the gateway: {error.name}",
                code="directory_misconfigured",
            )


_NOT_TAKEN = "is not a value that the directory takes here"


def _constraint(error: LdapError, field: str | None, name_field: str) -> GatewayError:
    """Tell apart the reasons for constraintViolation, by the texts of slapd's overlays."""
    if error.diagnostic.startswith("non-unique"):
        return Taken(field or name_field)
    if "password" in error.diagnostic.lower():
        return invalid("password", error.diagnostic, "password_refused")
    return invalid(field or name_field, _NOT_TAKEN)


def _named_field(error: LdapError, fields: Mapping[str, str]) -> str | None:
    """The field whose attribute the server's text names first, as `mail` in `(|(mail=x))`."""
    for word in re.findall(r"[a-z][a-z0-9-]*", error.diagnostic.lower()):
        if word in fields:
            return fields[word]
    return None
