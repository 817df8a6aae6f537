"""`gateway serve`: the API of a configured directory and Redis."""

import os
from typing import Annotated

import typer
import uvicorn

from gateway.cli import operator
from gateway.cli.operator import ConfigFile
from gateway.container import open_services

EPILOG = "Example: GATEWAY_CONFIG=/etc/directory-gateway.toml gateway serve --workers 4"


def serve(
    config: ConfigFile = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes.")] = 1,
) -> None:
    """Serve the API until SIGTERM.

    TLS is the affair of the proxy in front; which proxies are believed is a setting.
    """
    loaded = operator.settings(config)

    async def check() -> None:
        """Open everything once, so that what is wrong is one sentence, not one a worker."""
        async with open_services(loaded):
            return

    operator.run(check)
    if config is not None:
        os.environ["GATEWAY_CONFIG"] = str(config.resolve())  # the workers read it anew
    uvicorn.run(
        "gateway.app:from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http="httptools",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
    )
