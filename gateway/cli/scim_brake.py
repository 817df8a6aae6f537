"""`gateway scim release`: lets a provisioning client go on that the brake holds."""

from typing import Annotated

import typer

from gateway.cli import operator
from gateway.cli.operator import ConfigFile
from gateway.cli.terminal import screen
from gateway.container import open_services

EPILOG = "Example: gateway scim release --tenant acme"
ACTION = "cli.scim.release"


def release(
    tenant: Annotated[str, typer.Option(help="The tenant, by id or slug.")],
    config: ConfigFile = None,
) -> None:
    """Let all provisioning clients of a tenant deactivate and delete users again.

    What they did so far is forgotten: the share of users begins anew.
    """
    loaded = operator.settings(config)

    async def work() -> bool:
        async with open_services(loaded) as services:
            directory = await services.directory.tenant(tenant)
            return await services.brake.release(operator.call(ACTION), directory)

    released = operator.run(work)
    screen().print("Released" if released else "Nothing was counted", markup=False)
