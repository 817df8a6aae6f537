"""What is said of a bearer is read back as the same bearer."""

import pytest

from adapters.tokens.claims import principal
from adapters.tokens.statement import statement
from gateway.domain.access import Principal, Role

TENANT, PARTNER = f"tnt_{'1' * 32}", f"prt_{'2' * 32}"


@pytest.mark.parametrize("role", list(Role))
def test_every_role_survives_the_round_trip(role: Role) -> None:
    """The verifier understands each kind of token that the issuer can be told to sign."""
    bearer = Principal(
        subject="somebody", role=role, tenant_id=TENANT, partner_id=PARTNER, client_id="portal"
    )
    read = principal(statement(bearer))
    facts = (read.subject, read.role, read.tenant_id, read.partner_id, read.client_id)
    assert facts == ("somebody", role, TENANT, PARTNER, "portal")


def test_the_provider_of_a_scim_client_is_kept() -> None:
    """Whom it acts for is said by its token."""
    bearer = Principal(
        subject="entra", role=Role.SCIM, tenant_id=TENANT, identity_provider_id=f"idp_{'3' * 32}"
    )
    assert principal(statement(bearer)) == bearer


def test_scopes_of_a_user_are_kept() -> None:
    """They are written as one text with blanks."""
    bearer = Principal(subject="u", role=Role.USER, scopes=frozenset({"b", "a"}))
    assert statement(bearer)["scope"] == "a b"
    assert principal(statement(bearer)).scopes == bearer.scopes
