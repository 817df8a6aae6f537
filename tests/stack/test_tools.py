"""The stack itself: servers that answer as the fixtures say."""

from redis import Redis

from tests.stack.stack import Stack
from tests.stack.tools import LdapTools


def test_every_identity_of_the_stack_can_bind(
    stack: Stack, ldap_tools: LdapTools, service_tools: LdapTools
) -> None:
    """The administrator and the service account bind with the passwords that the stack names."""
    assert ldap_tools.whoami().out == f"dn:{stack.admin_dn}\n"
    assert service_tools.whoami().out == f"dn:{stack.service_dn}\n"


def test_redis_of_the_stack_answers(stack: Stack) -> None:
    """Redis is reached at the URL that the stack names."""
    with Redis.from_url(stack.redis_url) as redis:
        assert redis.ping()
