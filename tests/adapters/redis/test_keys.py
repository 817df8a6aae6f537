"""Keys: readable where they can be, never ambiguous."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.redis.keys import Keys

KEYS = Keys("dgw")
TEXT = st.text() | st.text("abc:~{}", max_size=4)


@given(TEXT, TEXT, TEXT, TEXT)
def test_different_things_have_different_keys(a: str, b: str, c: str, d: str) -> None:
    """No two pairs of texts share a key, and no kind shares keys with another."""
    made = [
        KEYS.account_failures(a, b),
        KEYS.account_failures(c, d),
        KEYS.address_failures(a, b),
        KEYS.valid_from(a),
        KEYS.throttle(a),
        KEYS.tally(a),
    ]
    assert len(set(made[1:])) == 5
    assert (made[0] == made[1]) is ((a, b) == (c, d))


@given(TEXT, TEXT)
def test_a_tenant_is_one_hash_tag(tenant: str, other: str) -> None:
    """A key has one pair of braces around what depends on the tenant alone."""
    keys = [KEYS.account_failures(tenant, other), KEYS.address_failures(tenant, other)]
    tags = {key[key.index("{") : key.index("}") + 1] for key in keys}
    assert len(tags) == 1
    assert all(key.count("{") == key.count("}") == 1 for key in keys)


def test_ids_and_addresses_can_be_read() -> None:
    """An operator finds what he looks for with redis-cli."""
    assert KEYS.valid_from("usr_1") == "dgw:valid-from:usr_1"
    assert KEYS.address_failures("tnt_1", "::1") == "dgw:{tnt_1}:failures:address:::1"
