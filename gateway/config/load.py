"""Reading the settings.

In order of precedence: environment variables (`GATEWAY_LDAP__URL`), the TOML file that
`GATEWAY_CONFIG` names, defaults. In both a secret can be in a file of its own, which
`GATEWAY_LDAP__BIND_PASSWORD_FILE` or `bind_password_file` names.
"""

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource
from pydantic_settings import SettingsError as UnreadableVariable

from gateway.config.model import Settings

PREFIX = "GATEWAY_"
CONFIG = "GATEWAY_CONFIG"
NESTED = "__"
_FILE = "_file"

Tree = dict[str, Any]
"""Values by name, sections within; not checked yet."""


class SettingsError(Exception):
    """The settings cannot be used; the message names each wrong one, a line each."""


def load_settings(path: Path | None = None) -> Settings:
    """The settings of this process.

    Args:
        path: the TOML file, instead of the one that `GATEWAY_CONFIG` names.

    Raises:
        SettingsError: something is wrong with them, or is unsafe outside dev.
    """
    named = os.environ.get(CONFIG)
    file = path or (Path(named) if named else None)
    tree = _merged(_file_tree(file) if file else {}, _variable_tree())
    try:
        return Settings(**tree)
    except ValidationError as error:
        raise SettingsError(_explained(error)) from None


def walk(
    model: type[BaseModel], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Every single setting of a model and its sections, with its path."""
    for name, field in model.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from walk(section, (*path, name))
        else:
            yield (*path, name), field


def variable(path: tuple[str, ...]) -> str:
    """The environment variable of a setting."""
    return PREFIX + NESTED.join(path).upper()


def is_secret(field: FieldInfo) -> bool:
    """Whether the setting may be in a file of its own."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _variable_tree() -> Tree:
    _check_variables()
    source = EnvSettingsSource(
        Settings, env_prefix=PREFIX, env_nested_delimiter=NESTED, env_ignore_empty=True
    )
    try:
        tree = source()
    except UnreadableVariable as error:
        msg = f"{error}: lists and tables are written as JSON"
        raise SettingsError(msg) from error
    return _with_secrets(tree)


def _check_variables() -> None:
    """Refuse likely slips under the very names that were written."""
    for path, field in walk(Settings):
        mistaken = PREFIX + "_".join(path).upper()
        if len(path) > 1 and mistaken in os.environ:
            msg = f"{mistaken} is no setting: write {variable(path)}"
            raise SettingsError(msg)
        value = os.environ.get(variable(path))
        if value and get_origin(field.annotation) is tuple and not _is_json_list(value):
            msg = f"{'.'.join(path)} ({variable(path)}): a list is written as JSON"
            raise SettingsError(msg)


def _is_json_list(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False


def _file_tree(path: Path) -> Tree:
    try:
        with path.open("rb") as file:
            return _with_secrets(tomllib.load(file))
    except OSError as error:
        msg = f"{CONFIG}: {path} cannot be read: {error.strerror}"
        raise SettingsError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{CONFIG}: {path} is not TOML: {error}"
        raise SettingsError(msg) from error


def _with_secrets(tree: Tree) -> Tree:
    """Replace the names of secrets' files by what is in them."""
    for path, field in walk(Settings):
        section = tree.get(path[0]) if len(path) == 2 else None
        name = path[-1]
        if not (is_secret(field) and isinstance(section, dict) and name + _FILE in section):
            continue
        setting = ".".join(path)
        if name in section:
            msg = f"{setting} and {setting}{_FILE} are both given"
            raise SettingsError(msg)
        section[name] = _secret(setting, section.pop(name + _FILE))
    return tree


def _secret(setting: str, file: object) -> str:
    try:
        return Path(str(file)).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{setting}{_FILE}: {file} cannot be read: {error}"
        raise SettingsError(msg) from error


def _merged(low: Tree, high: Tree) -> Tree:
    merged = dict(low)
    for name, value in high.items():
        below = merged.get(name)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[name] = _merged(below, value)
        else:
            merged[name] = value
    return merged


def _explained(error: ValidationError) -> str:
    """A line for each wrong setting, with its names in the file and the environment."""
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        path = tuple(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            message = "there is no such setting"
        known = tuple(part for part in path if not part.isdigit())
        lines.append(f"{'.'.join(path)} ({variable(known)}): {message}" if path else message)
    return "\n".join(lines)
