"""The errors of the domain; none carries a status code.

    GatewayError
      Unauthenticated        no, bad or expired credentials
      Forbidden              known caller, not allowed
      NotFound               absent, deleted, or outside the caller's reach
      Conflict               the state of the directory forbids it
        Taken                a value that must be unique is in use
      StaleVersion           the resource changed since the caller read it
      Invalid                the input is wrong; names each member
      AccountLocked          a right or wrong password for a locked account
      TooManyAttempts        slow down; tells for how long
      Unavailable            a server behind the gateway cannot be reached

Each has a `detail` (a sentence for people, without secrets) and a `code` (snake_case, for
programs). One table a face (REST, SCIM) turns them into answers.
"""

from dataclasses import dataclass


class GatewayError(Exception):
    """Base of all errors that a caller can be told about."""

    code = "error"

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if code is not None:
            self.code = code


class Unauthenticated(GatewayError):
    """No, bad or expired credentials; `presented` tells whether a token came at all (RFC 6750)."""

    code = "unauthenticated"

    def __init__(
        self,
        detail: str = "Authentication is required",
        *,
        presented: bool = False,
        code: str | None = None,
    ) -> None:
        super().__init__(detail, code=code)
        self.presented = presented


class Forbidden(GatewayError):
    """The caller is known and may not do this."""

    code = "forbidden"

    def __init__(self, detail: str = "Not allowed", *, code: str | None = None) -> None:
        super().__init__(detail, code=code)


_NOUNS = {
    "usr": "User",
    "grp": "Group",
    "ou": "Organizational unit",
    "tnt": "Tenant",
    "prt": "Partner",
    "idp": "Identity provider",
    "app": "Application",
    "tok": "SCIM token",
}


class NotFound(GatewayError):
    """Absent, deleted or out of reach: the same answer, to the letter, for all three."""

    code = "not_found"

    def __init__(self, kind: str, *, detail: str | None = None, code: str | None = None) -> None:
        noun = _NOUNS.get(kind, "Resource")
        super().__init__(
            detail or f"{noun} not found",
            code=code or f"{noun.lower().replace(' ', '_')}_not_found",
        )


class Conflict(GatewayError):
    """The request is well-formed, but the state of the directory forbids it."""

    code = "conflict"


class Taken(Conflict):
    """A value that must be unique in the tenant is in use; `field` is the domain's name for it."""

    def __init__(self, field: str) -> None:
        super().__init__(f"This {field.replace('_', ' ')} is already in use", code=f"{field}_taken")
        self.field = field


class StaleVersion(GatewayError):
    """The resource changed since the version that the caller named (RFC 9110, 13.1.1)."""

    code = "version_mismatch"

    def __init__(self) -> None:
        super().__init__("The resource was changed meanwhile")


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong member of the input: where, what is wrong, and which rule says so."""

    loc: tuple[str | int, ...]
    message: str
    type: str = "value_error"


class Invalid(GatewayError):
    """The input is wrong; `problems` names each member.

    A `loc` starts with `body`, `query` or `path` where the raiser knows; a bare field name is
    completed by the face that shows it.
    """

    code = "invalid"

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{p.loc[-1]}: {p.message}" for p in problems))
        self.problems = problems


def invalid(field: str, message: str, type_: str = "value_error") -> Invalid:
    """An `Invalid` about one field of the body."""
    return Invalid(Problem(("body", field), message, type_))


class AccountLocked(GatewayError):
    """The account is locked, whatever the password."""

    code = "account_locked"

    def __init__(self) -> None:
        super().__init__("The account is locked")


class TooManyAttempts(GatewayError):
    """Too many attempts; `retry_after` in seconds."""

    code = "too_many_attempts"

    def __init__(self, retry_after: int, detail: str = "Too many attempts") -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(GatewayError):
    """A server behind the gateway cannot be reached; `retry_after` in seconds."""

    code = "unavailable"

    def __init__(
        self,
        detail: str = "The directory is not reachable",
        *,
        retry_after: int = 2,
        code: str | None = None,
    ) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after
