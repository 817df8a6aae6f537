"""The private key of the built-in issuer: one file, made once, readable by its owner alone."""

import os
import stat
import tempfile
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from adapters.tokens.settings import Algorithm

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_DEV_MARK = b"Made in dev: refused in production.\n"
_FORBIDDEN_MODE = stat.S_IWGRP | stat.S_IRWXO


class KeyFileError(Exception):
    """The key cannot be used; the message is a sentence for the operator."""


def load_or_make(path: Path, algorithm: Algorithm, *, dev: bool) -> PrivateKey:
    """The key in the file; a new one where there is none yet.

    Several processes may do this at once: the first to finish a file wins, the others use it.
    A file appears whole or not at all. `algorithm` is that of a new key; a key that is there
    keeps its own.

    Raises:
        KeyFileError: the file cannot be read or made, holds no such key, others can read it
            or it was made in dev while `dev` is false.
    """
    try:
        if not path.exists():
            _make(path, algorithm, dev=dev)
        content, mode = path.read_bytes(), path.stat().st_mode
    except OSError as error:
        msg = f"The issuer's private key {path} can be neither read nor made: {error.strerror}"
        raise KeyFileError(msg) from error
    if not dev and mode & _FORBIDDEN_MODE:
        msg = f"The issuer's private key {path} is open to others: chmod 600 it"
        raise KeyFileError(msg)
    if not dev and content.startswith(_DEV_MARK):
        msg = f"The issuer's private key {path} was made in dev: remove it, a new one is made"
        raise KeyFileError(msg)
    return _parse(path, content)


def _make(path: Path, algorithm: Algorithm, *, dev: bool) -> None:
    key: PrivateKey
    if algorithm == "ES256":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_DEV_MARK + pem if dev else pem)
            file.flush()
            os.fsync(file.fileno())
        Path(path).hardlink_to(name)
    except FileExistsError:
        pass  # another process was first
    finally:
        Path(name).unlink(missing_ok=True)


def _parse(path: Path, content: bytes) -> PrivateKey:
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        msg = f"The issuer's private key {path} is no unencrypted PEM private key"
        raise KeyFileError(msg) from error
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048:
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1":
        return key
    msg = f"The issuer's private key {path} is neither RSA with 2048 bits or more nor P-256"
    raise KeyFileError(msg)
