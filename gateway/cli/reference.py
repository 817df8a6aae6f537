"""`gateway reference`: the generated pages of the reference, as Markdown."""

import json
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from gateway.cli.terminal import write
from gateway.config import describe_settings
from gateway.domain.access import ACTIONS, Reach, Role
from mappings.loader import RESOURCES, load
from mappings.table import Derived, Field, ResourceMapping

EPILOG = "Example: gateway reference settings > docs/reference/settings.md"

_ROLES = [role for role in Role if role is not Role.PLATFORM_NONE]
_ABOUT_ROWS = (
    "A row a field. `write` says who may: `always`, `create` (only then), `internal` (the gateway "
    "by itself), `never` (the directory alone). S, Q and F: can be sorted by, is searched, can be "
    "filtered.\n"
)
_ABOUT_TOLERANCES = (
    "What clients send that the RFCs do not have, and what it is taken for; the tests hold every "
    "example. All else is read as RFC 7643 and RFC 7644 say. Two more are settings of the protocol "
    "library: an `add` or `replace` at a value path that matches nothing makes the element that "
    "the filter describes, and attributes and schemas that nobody knows are ignored in bodies.\n"
)
_SHIPPED = ("default", "posix")


class Page(StrEnum):
    """The pages, by the names of their files."""

    SETTINGS = "settings"
    AUTHORITY = "authority"
    MAPPINGS = "mappings"
    COMMANDS = "commands"
    SCIM_TOLERANCES = "scim-tolerances"


def reference(
    context: typer.Context, page: Annotated[Page, typer.Argument(help="Which page.")]
) -> None:
    """Write a page of the reference."""
    pages: dict[Page, Callable[[], str]] = {
        Page.SETTINGS: describe_settings,
        Page.AUTHORITY: authority,
        Page.MAPPINGS: mappings,
        Page.COMMANDS: lambda: commands(context.find_root().command),
        Page.SCIM_TOLERANCES: tolerances,
    }
    write(pages[page]())


def authority() -> str:
    """Who may do what: the table that the gateway enforces, as it stands in the code."""
    return "\n".join(
        [
            _head("Authority", Page.AUTHORITY),
            "How far a kind of token reaches with an action: "
            + ", ".join(f"`{reach}`" for reach in Reach)
            + ". An empty cell is 403; what lies outside the reach is 404. A platform token "
            "without a scope may do nothing.\n",
            _row("Action", *(f"`{role}`" for role in _ROLES)),
            _row(*["---"] * (len(_ROLES) + 1)),
            *(
                _row(f"`{action}`", *(str(line.get(role, "")) for role in _ROLES))
                for action, line in ACTIONS.items()
            ),
            "",
        ]
    )


def mappings() -> str:
    """The rows of the shipped mappings."""
    lines = [
        _head("Mappings", Page.MAPPINGS),
        _ABOUT_ROWS,
    ]
    for name in _SHIPPED:
        loaded = load(name)
        for resource in RESOURCES:
            lines += _mapping(name, resource, getattr(loaded, resource))
    return "\n".join(lines)


def _mapping(name: str, resource: str, mapping: ResourceMapping) -> Iterator[str]:
    yield f"## {name}: {resource}\n"
    classes = ", ".join(f"`{each}`" for each in mapping.object_classes)
    auxiliary = f", `{mapping.auxiliary}` when needed" if mapping.auxiliary else ""
    yield (
        f"Below `{','.join(mapping.container)}`, named by `{mapping.rdn}`, recognised by "
        f"`{mapping.recognise}`. New entries have {classes}{auxiliary}.\n"
    )
    yield _row("Field", "Attribute", "Codec", "Values", "Write", "REST", "SCIM", "S Q F")
    yield _row(*["---"] * 8)
    for row in mapping.fields.values():
        yield _row(
            f"`{row.name}`", f"`{row.attribute}`", row.codec, row.values, row.write, *_faces(row)
        )
    for derived in mapping.derived.values():
        yield _row(f"`{derived.name}`", "(derived)", "", "", derived.write, *_faces(derived))
    for made in mapping.generated:
        how = made.text or ", else ".join(made.first_of) or "a number"
        yield _row("(generated)", f"`{made.attribute}`", "", "", f"from {how}", "", "", "")
    if mapping.custom is not None:
        yield "\nCustom attributes with a standard attribute of their name:\n"
        yield _row("Attribute", "Codec", "SCIM")
        yield _row(*["---"] * 3)
        for name, home in mapping.custom.standard.items():
            yield _row(f"`{name}`", home.codec, f"`{home.scim}`" if home.scim else "")
        yield f"\nAll others are named JSON in `{mapping.custom.attribute}`."
    yield ""


def _faces(row: Field | Derived) -> tuple[str, str, str]:
    searched = isinstance(row, Field) and row.search
    flags = [letter for letter, on in (("S", row.sort), ("Q", searched), ("F", row.filter)) if on]
    return (
        f"`{row.rest}`" if row.rest else "",
        f"`{row.scim}`" if row.scim else "",
        " ".join(flags),
    )


def commands(root: Any) -> str:
    """All commands with their options."""
    lines = [_head("Commands", Page.COMMANDS)]
    lines.append(
        "Exit codes: 0 all is well; 1 it ran and found something, or could not do all; 2 options "
        "or settings are wrong, nothing was done; 3 a server does not answer. With `--json` the "
        "result is on standard output, all else on standard error.\n"
    )
    for name, command in sorted(_leaves("gateway", root)):
        lines += _command(name, command)
    return "\n".join(lines)


def tolerances() -> str:
    """What SCIM clients are forgiven."""
    from adapters.scim.policy import TOLERANCES  # noqa: PLC0415 - SCIM's libraries load slowly

    lines = [
        _head("SCIM tolerances", Page.SCIM_TOLERANCES),
        _ABOUT_TOLERANCES,
    ]
    for one in TOLERANCES:
        lines += [
            f"## {one.name}\n",
            f"{one.what}. Sent by {', '.join(one.senders)} ({one.source}).\n",
            "```json",
            json.dumps(one.sent, ensure_ascii=False),
            "```\n",
            "is read as\n",
            "```json",
            json.dumps(one.read, ensure_ascii=False),
            "```\n",
        ]
    return "\n".join(lines)


def _leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
        return
    for part, each in below.items():
        yield from _leaves(f"{name} {part}", each)


def _command(name: str, command: Any) -> Iterator[str]:
    yield f"## `{name}`\n"
    yield f"{command.help.strip()}\n"
    yield f"{command.epilog.replace('Example: ', 'Example: `')}`\n"
    yield _row("Option", "Meaning", "Default")
    yield _row(*["---"] * 3)
    for option in command.params:
        spelled = ", ".join(f"`{each}`" for each in option.opts)
        if option.param_type_name == "argument":
            spelled = f"`{(option.metavar or option.name).upper()}`"
        if option.name != "help":
            yield _row(spelled, option.help or "", _default(option))
    yield ""


def _default(option: Any) -> str:
    if option.required:
        return "required"
    plain = option.default is None or isinstance(option.default, bool)
    return "" if plain else f"`{option.default}`"


def _head(title: str, page: Page) -> str:
    return f"# {title}\n\nGenerated by `gateway reference {page}`; do not edit.\n"


def _row(*cells: object) -> str:
    escaped = [str(cell).replace("|", r"\|") for cell in cells]
    return f"| {' | '.join(escaped)} |"
