"""The fastest that FastAPI can be: fixed bytes, no token looked at, no server asked.

`python -m benchmarks.bare FOLDER PORT_FILE` serves each file of the folder under its name.
"""

import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response


def application(folder: Path) -> FastAPI:
    """An application with one endpoint for all bodies, as it would be written by hand."""
    bodies = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    app = FastAPI(openapi_url=None)

    @app.get("/{name}")
    async def body(name: str) -> Response:
        return Response(bodies.get(name, b""), media_type="application/json")

    return app


def main() -> None:
    """Serve on a free port, and write down which."""
    app = application(Path(sys.argv[1]))
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    Path(sys.argv[2]).write_text(str(listener.getsockname()[1]), encoding="utf-8")
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", access_log=False, log_level="warning"
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
