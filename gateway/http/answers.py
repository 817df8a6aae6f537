"""Whole answers that are kept as long as they are true, and sent again without asking anybody.

Owned here: which requests are the same question, and what of an answer belongs to one request
alone (its id). What makes an answer untrue is `gateway.mirror.memo`'s affair; which routes may
have theirs kept, the routes' own (`answers_kept`).

Two requests ask the same if path, query, bearer token and If-None-Match are the same: no
handler whose answers are kept looks at anything else. The token is verified each time.
"""

import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, cast

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.domain.errors import GatewayError
from gateway.http.auth import bearer_token
from gateway.http.context import REQUEST_ID_HEADER, Requests, acceptable, chosen_id
from gateway.http.metrics import RequestMetrics
from gateway.mirror.memo import Memo
from gateway.mirror.recording import recording
from gateway.ports import Metrics, TokenVerifier

_ID: Final = REQUEST_ID_HEADER.lower().encode()
_LARGEST: Final = 256 * 1024
"""Bytes of the largest answer that is kept."""

_Head = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request asks, as far as answers depend on it."""

    key: Hashable
    authorization: bytes
    offered: str | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer without its request's id, which stands between the parts of its body, if at all."""

    status: int
    route: str
    head: _Head
    parts: tuple[bytes, ...]

    def message(self, request_id: str) -> tuple[Message, Message]:
        """The answer to another request."""
        id_ = request_id.encode()
        body = id_.join(self.parts)
        headers = [
            (name, str(len(body)).encode() if name == b"content-length" else value)
            for name, value in self.head
        ]
        headers.append((_ID, id_))
        return (
            {"type": "http.response.start", "status": self.status, "headers": headers},
            {"type": "http.response.body", "body": body},
        )


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """The answers of one application, and who verifies tokens."""

    memo: Memo
    verifier: TokenVerifier
    metrics: Metrics


class AnswersMiddleware:
    """Answers from `app.state.kept_answers`, and keeps there what can be kept.

    It stands around all other layers, since what is kept has their headers; so it counts and
    logs what it answers itself.
    """

    def __init__(self, app: ASGIApp, *, requests: Requests) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI)."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        kept: KeptAnswers | None = scope["app"].state.kept_answers
        asked = _asked(scope) if kept is not None else None
        if kept is None or asked is None:
            await self._app(scope, receive, send)
        elif asked.key not in kept.memo or not await self._again(kept, asked, scope, send):
            await self._anew(kept, asked, scope, receive, send)

    async def _again(self, kept: KeptAnswers, asked: _Asked, scope: Scope, send: Send) -> bool:
        """Send the answer that is kept, if there is one that is true, and the token is good."""
        started = time.perf_counter()
        try:
            principal = await kept.verifier.verify(
                bearer_token(Headers(raw=[(b"authorization", asked.authorization)]))
            )
        except GatewayError:
            return False  # refused in the words of the face that is asked
        # After the last point where anybody else could do anything.
        answer = cast("_Kept | None", kept.memo.get(asked.key))
        if answer is None:
            return False
        request_id = chosen_id(asked.offered)
        for message in answer.message(request_id):
            await send(message)
        kept.metrics.count("kept_answers")
        metrics: RequestMetrics = scope["app"].state.request_metrics
        metrics.observe("GET", answer.route, answer.status, time.perf_counter() - started)
        self._requests.log(
            scope, answer.status, started, request_id=request_id, subject=principal.subject
        )
        return True

    async def _anew(
        self, kept: KeptAnswers, asked: _Asked, scope: Scope, receive: Receive, send: Send
    ) -> None:
        made_here = not acceptable(asked.offered)  # an id that nobody could put into the data
        gathered = _Gathered(scope, send, wanted=made_here)
        with recording() as made:
            await self._app(scope, receive, gathered)
        if made.keepable and made.interests and (answer := gathered.answer()) is not None:
            size = sum(map(len, answer.parts)) + 1000
            kept.memo.keep(asked.key, answer, made, size)


class _Gathered:
    """Sends an answer, and gathers it, if it is of a kind that can be kept."""

    def __init__(self, scope: Scope, send: Send, *, wanted: bool) -> None:
        self._scope = scope
        self._send = send
        self._wanted = wanted
        self._start: Message | None = None
        self._body = bytearray()
        self._complete = False

    async def __call__(self, message: Message) -> None:
        """Send a part of the answer (ASGI)."""
        if self._wanted:
            if message["type"] == "http.response.start":
                route = self._scope.get("route")
                self._wanted = message["status"] in (200, 304) and getattr(
                    route, "answers_kept", False
                )
                self._start = message
            else:
                self._body += message.get("body", b"")
                self._complete = not message.get("more_body", False)
                self._wanted = len(self._body) <= _LARGEST
        await self._send(message)

    def answer(self) -> _Kept | None:
        """The answer, if it can be kept: its id stands in it once, or not at all."""
        if not (self._wanted and self._complete and self._start is not None):
            return None
        headers: Sequence[tuple[bytes, bytes]] = self._start["headers"]
        ids = [value for name, value in headers if name == _ID]
        if len(ids) != 1:
            return None
        parts = tuple(bytes(self._body).split(ids[0]))
        if len(parts) > 2:
            return None
        head = [(name, value) for name, value in headers if name != _ID]
        route = str(getattr(self._scope.get("route"), "path", "none"))
        return _Kept(self._start["status"], route, head, parts)


def _asked(scope: Scope) -> _Asked | None:
    """The question; None where it is asked in a way that is left to the handlers."""
    authorization = matched = offered = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            if authorization is not None:
                return None
            authorization = value
        elif name == b"if-none-match":
            if matched is not None:
                return None
            matched = value
        elif name == _ID and offered is None:
            offered = value.decode("latin-1")
    if authorization is None:
        return None
    path = scope.get("raw_path") or scope["path"]
    key = ("answer", path, scope["query_string"], sha256(authorization).digest(), matched)
    return _Asked(key, authorization, offered)
