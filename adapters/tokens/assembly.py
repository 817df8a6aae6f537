"""The verifier and the issuer as the settings say."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

import httpx

from adapters.tokens.issuer import JwtIssuer
from adapters.tokens.keyfile import load_or_make
from adapters.tokens.settings import BuiltinIssuerSettings, IssuerSettings, TokenSettings
from adapters.tokens.sources import Fetch, FetchedKeys, FixedKeys, from_file, from_url
from adapters.tokens.verifier import Issuer, JwtVerifier
from gateway.ports import Clock, Throttle


def make_issuer(
    settings: BuiltinIssuerSettings, clock: Clock, *, public_url: str, dev: bool
) -> JwtIssuer | None:
    """The built-in issuer, with its key made where there is none yet; None if it is off.

    Reads and writes files, and may take a second. Raises KeyFileError.
    """
    if not settings.enabled:
        return None
    key = load_or_make(settings.private_key_file, settings.algorithm, dev=dev)
    return JwtIssuer(key, clock, issuer=settings.issuer or public_url, audience=settings.audience)


@asynccontextmanager
async def open_verifier(
    settings: TokenSettings, own: JwtIssuer | None, clock: Clock, throttle: Throttle | None
) -> AsyncIterator[JwtVerifier]:
    """A verifier of the configured issuers and our own; fetches nothing before it must."""
    async with AsyncExitStack() as ends:
        client = None
        if any(issuer.jwks_url for issuer in settings.issuers):
            client = await ends.enter_async_context(_http_client(settings))
        issuers = [
            Issuer(
                each.issuer,
                each.audience,
                FetchedKeys(each.issuer, _fetch(each, client), settings, throttle),
            )
            for each in settings.issuers
        ]
        if own is not None:
            issuers.append(Issuer(own.name, own.audience, FixedKeys(own.keys())))
        yield JwtVerifier(
            tuple(issuers),
            clock,
            leeway_seconds=settings.leeway_seconds,
            cache_size=settings.cache_size,
        )


def _fetch(issuer: IssuerSettings, client: httpx.AsyncClient | None) -> Fetch:
    if issuer.jwks_file is not None:
        return from_file(issuer.jwks_file)
    if issuer.jwks_url is None or client is None:
        msg = f"{issuer.issuer} publishes its keys nowhere"
        raise ValueError(msg)
    return from_url(client, str(issuer.jwks_url))


def _http_client(settings: TokenSettings) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=ssl.create_default_context(cafile=settings.ca_file),
        timeout=settings.fetch_timeout_seconds,
        follow_redirects=False,
        headers={"User-Agent": f"directory-gateway/{version('directory-gateway')}"},
    )
