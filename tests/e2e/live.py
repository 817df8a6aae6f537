"""A gateway on real servers, listening on a port of its own, in this process."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import uvicorn

from adapters.ldap.settings import LdapSettings
from adapters.mail.settings import MailSettings
from adapters.redis.settings import RedisSettings
from adapters.tokens.assembly import make_issuer
from adapters.tokens.settings import BuiltinIssuerSettings, TokenSettings
from gateway.app import app_from_settings
from gateway.config import Settings
from gateway.container import utc_now
from gateway.devstack.processes import free_port
from gateway.http.settings import HttpSettings
from tests.stack.stack import Stack
from tests.stack.waiting import eventually


def settings(stack: Stack, folder: Path, url: str) -> Settings:
    """Settings for a gateway at `url` over these servers, with its key in the folder."""
    ldap = {
        "url": stack.ldap_url,
        "suffix": stack.suffix,
        "bind_dn": stack.service_dn,
        "bind_password": stack.service_password,
    }
    issuer = {"private_key_file": folder / "issuer.pem", "algorithm": "ES256"}
    return Settings(
        environment="dev",
        http=HttpSettings(public_url=url, log_requests=False),
        ldap=LdapSettings.model_validate(ldap),
        redis=RedisSettings(url=stack.redis_url),
        tokens=TokenSettings(builtin=BuiltinIssuerSettings.model_validate(issuer)),
        mail=MailSettings(transport="log"),
    )


def super_admin(of: Settings) -> dict[str, str]:
    """Headers of a caller who may do everything."""
    issuer = make_issuer(of.tokens.builtin, utc_now, public_url=of.http.public_url, dev=True)
    assert issuer is not None
    claims = {"sub": "root", "role": "super_admin"}
    token = asyncio.run(issuer.issue(claims, timedelta(hours=1)))
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def live_gateway(stack: Stack, folder: Path) -> Iterator[httpx.Client]:
    """A client of a running gateway, as super admin; the gateway ends with the block."""
    url = f"http://127.0.0.1:{free_port()}"
    chosen = settings(stack, folder, url)
    config = uvicorn.Config(
        app_from_settings(chosen),
        port=httpx.URL(url).port or 0,
        log_config=None,
        access_log=False,
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started or not thread.is_alive(), seconds=20)
        headers = super_admin(chosen)
        with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(20)
