"""Errors say what happened, in words and in codes."""

import inspect
import re

import pytest

from gateway.domain import errors
from gateway.domain.errors import GatewayError, Invalid, Problem, Taken, invalid

MADE = [
    errors.Unauthenticated(),
    errors.Forbidden(),
    errors.NotFound("usr"),
    errors.Conflict("Not now"),
    errors.Taken("email"),
    errors.StaleVersion(),
    errors.Invalid(Problem(("body", "email"), "is wrong")),
    errors.AccountLocked(),
    errors.TooManyAttempts(30),
    errors.Unavailable(),
]


def test_every_error_of_the_tree_is_looked_at() -> None:
    """No class of the domain's errors is missing below."""
    classes = {
        cls
        for _, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, GatewayError)
    }
    assert {type(error) for error in MADE} == classes - {GatewayError}


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
def test_an_error_has_a_sentence_and_a_code(error: GatewayError) -> None:
    """The detail is for people, the code for programs and never the base one."""
    assert error.detail
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)
    assert error.code != GatewayError.code
    assert str(error) == error.detail


def test_taken_names_the_field() -> None:
    """A taken value tells which field it is of, in all three ways."""
    error = Taken("email")
    assert (error.field, error.code) == ("email", "email_taken")
    assert "email" in error.detail


def test_invalid_names_every_member() -> None:
    """Several problems are told at once."""
    error = Invalid(Problem(("body", "email"), "is wrong"), Problem(("query", "page"), "is low"))
    assert [problem.loc[-1] for problem in error.problems] == ["email", "page"]
    assert "email: is wrong" in error.detail
    assert invalid("phone", "no").problems[0].loc == ("body", "phone")
