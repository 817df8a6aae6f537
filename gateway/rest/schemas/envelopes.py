"""What each answer is wrapped in."""

from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


def _undescribed(schema: dict[str, Any]) -> None:
    """The docstring of a generic model is for readers of the code, not of each use of it."""
    schema.pop("description", None)


def _now() -> datetime:
    return datetime.now(UTC)


class Answer(BaseModel):
    """Base of what goes out: built from domain values by attribute."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)


class MetaResponse(Answer):
    """Metadata included in API responses."""

    request_id: str | None = None
    timestamp: datetime = Field(default_factory=_now)


class PaginationMeta(Answer):
    """Pagination metadata."""

    page: int
    per_page: int
    total_items: int
    total_pages: int

    @classmethod
    def of(cls, page: int, per_page: int, total: int) -> "PaginationMeta":
        """The metadata of one page of `total` items; no items are no pages."""
        return cls(
            page=page, per_page=per_page, total_items=total, total_pages=-(-total // per_page)
        )


class ApiResponse(Answer, Generic[T]):
    """One thing."""

    model_config = ConfigDict(json_schema_extra=_undescribed)

    data: T
    meta: MetaResponse = Field(default_factory=MetaResponse)


class PaginatedResponse(Answer, Generic[T]):
    """A page of a list."""

    model_config = ConfigDict(json_schema_extra=_undescribed)

    data: list[T]
    pagination: PaginationMeta
    meta: MetaResponse = Field(default_factory=MetaResponse)


class ValidationError(BaseModel):
    """One wrong member: where, what, and which rule says so."""

    model_config = ConfigDict(json_schema_extra=_undescribed)

    loc: list[str | int]
    msg: str
    type: str


class HTTPValidationError(BaseModel):
    """The body of each 422."""

    model_config = ConfigDict(json_schema_extra=_undescribed)

    detail: list[ValidationError] = Field(default_factory=list)


class ErrorResponse(BaseModel):
    """The body of each other error: a sentence for people, a code for programs."""

    detail: str
    code: str
    request_id: str | None = None
