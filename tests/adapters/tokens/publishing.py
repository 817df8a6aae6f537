"""A real HTTP server that publishes keys, and can misbehave."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.adapters.certificates import Certificates


class Publisher:
    """What the server answers, and how often it was asked."""

    def __init__(self, document: Any) -> None:
        self.body = json.dumps(document).encode()
        self.status = 200
        self.headers: dict[str, str] = {}
        self.hold = threading.Event()
        self.hold.set()
        self.asked = 0
        self.asked_again = threading.Event()
        self.url = ""

    def publish(self, document: Any) -> None:
        """Answer with this from now on."""
        self.body = json.dumps(document).encode()


@contextmanager
def published(document: Any, certificates: Certificates | None = None) -> Iterator[Publisher]:
    """Serve a document on a free port of loopback, over TLS where there are certificates."""
    publisher = Publisher(document)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.asked += 1
            publisher.asked_again.set()
            publisher.hold.wait(10)
            try:
                self.send_response(publisher.status)
                for name, value in publisher.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(publisher.body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client had enough of it

        def setup(self) -> None:
            """Wait for no client that connects and says nothing."""
            self.request.settimeout(10)
            super().setup()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    scheme = "http"
    if certificates:
        scheme, tls = "https", ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificates.certificate, certificates.key)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    publisher.url = f"{scheme}://127.0.0.1:{server.server_port}/jwks.json"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield publisher
    finally:
        publisher.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()
