"""The gateway's settings for the private servers, as the file that workers and commands read."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from gateway.devstack.redis import RedisServer
from gateway.devstack.slapd import SlapdServer
from gateway.devstack.state import StateFolder, write_atomically

SUFFIX = "dc=example,dc=org"
ISSUER = "http://directory-gateway.dev"
AUDIENCE = "directory-gateway"
_REDIRECTS = "http://localhost:3000/"

_OTHERS = ("GATEWAY_ENVIRONMENT", "GATEWAY_CONFIG", "GATEWAY_HTTP__PUBLIC_URL")
_SECTIONS = ("GATEWAY_LDAP__", "GATEWAY_REDIS__", "GATEWAY_TOKENS__BUILTIN__")

_HEADER = """\
# Settings of the servers that gateway dev runs from this folder, made anew at each start.
# Other commands work on them with GATEWAY_CONFIG naming this file.
"""


def write(
    folder: StateFolder, slapd: SlapdServer, service_password: str, redis: RedisServer, url: str
) -> Path:
    """Write the settings to where `folder.configuration` says."""
    sections: dict[str, dict[str, object]] = {
        "": {"environment": "dev"},
        "ldap": {"url": slapd.url, "suffix": SUFFIX, "bind_password": service_password},
        "redis": {"url": redis.url},
        "mail": {"transport": "log"},
        "http": {"public_url": url, "log_requests": False, "allowed_redirects": [_REDIRECTS]},
        "log": {"format": "console"},
        "tokens.builtin": {
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "private_key_file": str(folder.private_key),
        },
    }
    text = "\n".join(_section(name, values) for name, values in sections.items())
    write_atomically(folder.configuration, f"{_HEADER}\n{text}")
    return folder.configuration


def shield() -> None:
    """Take out of this process's environment what would lead away from the private servers."""
    for name in tuple(os.environ):
        if name in _OTHERS or name.startswith(_SECTIONS):
            del os.environ[name]


def _section(name: str, values: Mapping[str, object]) -> str:
    """A TOML table; for these plain values JSON's spelling is TOML's as well."""
    head = f"[{name}]\n" if name else ""
    return head + "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()
    )
