"""One worker process: `python -m gateway.devstack.worker FD` serves on that open socket.

uvicorn's own `--fd` takes the socket for one of the Unix domain, and so loses the addresses
of the peers, which the lockout needs.
"""

import socket
import sys

from gateway.process import loading

with loading():
    import uvicorn

    from gateway.app import from_environment

_GRACE = 5
"""Seconds for requests in flight once the end is asked for."""


def main() -> None:
    """Serve until SIGTERM."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(
        from_environment,
        factory=True,
        loop="uvloop",
        http="httptools",
        proxy_headers=False,
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=_GRACE,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
