"""Where a person may be sent after a one-time link: a closed list, so that no link lures away."""

from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

MAX_LENGTH = 2048
_PORTS = {"https": 443, "http": 80}


def allowed(uri: str, entries: Iterable[str]) -> bool:
    """Whether `uri` is on the list.

    An entry stands for itself, to the letter (RFC 9700, 4.1.3); one that ends in `/` also for
    what lies below, on the same scheme, host and port. Fragments, user names, dot segments,
    backslashes, blanks and anything but printable ASCII are never allowed.
    """
    wanted = _split(uri)
    if wanted is None:
        return False
    return any(uri == entry or _below(wanted, entry) for entry in entries)


def _split(uri: str) -> SplitResult | None:
    if len(uri) > MAX_LENGTH or "\\" in uri or "#" in uri:
        return None
    if not all("!" <= c <= "~" for c in uri):
        return None
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc or port == 0:
        return None
    segments = parts.path.lower().replace("%2e", ".").split("/")
    return None if "." in segments or ".." in segments else parts


def _below(wanted: SplitResult, entry: str) -> bool:
    base = _split(entry)
    if base is None or not base.path.endswith("/") or base.query:
        return False
    return _origin(wanted) == _origin(base) and wanted.path.startswith(base.path)


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]
