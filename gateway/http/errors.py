"""Refusals that only HTTP knows: the request as such is not acceptable.

HttpRefusal
  BodyTooLarge            413
  UnsupportedMediaType    415
MalformedJson             the body is no JSON that a gateway should read
"""


class HttpRefusal(Exception):
    """A refusal with the status that RFC 9110 gives it."""

    status = 400
    code = "bad_request"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class BodyTooLarge(HttpRefusal):
    """The body is longer than `limit` bytes."""

    status = 413
    code = "body_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request body exceeds {limit} bytes")


class UnsupportedMediaType(HttpRefusal):
    """The body is not of the type that the endpoint takes."""

    status = 415
    code = "unsupported_media_type"

    def __init__(self, expected: str = "application/json") -> None:
        super().__init__(f"The request body must be {expected}")


class MalformedJson(Exception):
    """The body is not JSON, or JSON that readers disagree about; `loc` is where."""

    def __init__(self, message: str, *loc: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.loc = loc
