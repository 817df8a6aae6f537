"""Documents by the shipped mappings."""

import pytest

from adapters.scim.documents import Documents
from mappings.loader import load
from mappings.table import Mappings


@pytest.fixture(scope="session", params=["default", "posix"])
def mappings(request: pytest.FixtureRequest) -> Mappings:
    """A shipped mapping."""
    return load(request.param)


@pytest.fixture(scope="session")
def documents(mappings: Mappings) -> Documents:
    """Documents by its rows."""
    return Documents(mappings)


@pytest.fixture(scope="session")
def plain() -> Documents:
    """Documents by the rows of the default mapping."""
    return Documents(load("default"))
