"""Users among those of many tenants, over HTTP."""

from tests.gateway.rest.house import USERS, House
from tests.gateway.services.world import PASSWORD


async def test_a_created_user_can_be_read_back(house: House) -> None:
    """What was sent is there, and the answer of the POST equals that of a GET."""
    made = await house.ask(
        "POST",
        USERS,
        json={
            "tenant_id": "alpha",
            "email": "ann@alpha.example",
            "first_name": "Ann",
            "phone": "+49 30 1234",
            "password": PASSWORD,
            "custom_attributes": {"badge": {"n": [1, 2.5, None]}, "title": "Engineer"},
        },
    )
    assert made.status_code == 201, made.text
    user = made.json()["data"]
    assert user["tenant_id"] == house.world.tenants["alpha"].id
    assert user["username"] == "ann@alpha.example"
    assert user["status"] == "ACTIVE"
    assert user["custom_attributes"] == {"badge": {"n": [1, 2.5, None]}, "title": "Engineer"}
    read = await house.ask("GET", made.headers["Location"])
    assert read.json()["data"] == user
    assert read.headers["ETag"] == made.headers["ETag"]
    assert read.json()["meta"]["request_id"] == read.headers["X-Request-ID"] == "fixed"
