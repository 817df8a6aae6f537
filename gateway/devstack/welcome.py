"""`python -m gateway.devstack.welcome`: sample data and lines to paste, once, then the end.

For servers that something else runs, such as `docker/compose.yaml`; `gateway dev` does the
same for its own. The settings come from the environment. What was made is remembered in the
folder of the issuer's key, so that what people remove afterwards stays removed.
"""

import asyncio
import json
import sys
from pathlib import Path

from gateway.config import Settings, SettingsError, load_settings
from gateway.container import open_services
from gateway.devstack import people, ready, sample
from gateway.devstack.state import write_atomically
from gateway.domain.errors import GatewayError

_MADE = "sample.json"


async def welcome(settings: Settings) -> str:
    """Make the sample data if that was not done yet, and say what to do with it.

    Raises:
        SettingsError: the built-in issuer is switched off, so that no token can be made.
        GatewayError: the directory cannot be reached or refuses.
    """
    made = Path(settings.tokens.builtin.private_key_file).with_name(_MADE)
    async with open_services(settings) as services:
        if services.issuer is None:
            msg = "The built-in issuer is switched off: no token can be made"
            raise SettingsError(msg)
        if not made.exists():
            write_atomically(made, json.dumps(await sample.ensure(services.directory)))
        ids = json.loads(made.read_text(encoding="utf-8"))
        tokens = await ready.tokens(services.issuer, ids)
    url = str(settings.http.public_url).rstrip("/")
    slug = people.TENANTS[0].slug
    return (
        f"The API: {url}  (documentation: {url}/docs)\n\n"
        f"export TOKEN={tokens['super_admin']}\n"
        f'curl -s -H "Authorization: Bearer $TOKEN" '
        f"'{url}/api/v1/tenants/{slug}/users?per_page=3'\n"
    )


def main() -> None:
    """Write it, or one sentence about what is wrong."""
    try:
        text = asyncio.run(welcome(load_settings()))
    except (SettingsError, GatewayError, OSError) as error:
        sys.exit(str(error))
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
