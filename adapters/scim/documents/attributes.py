"""The attributes that clients write, each with how it is read from a user and how it is written.

One class a form: a text, a complex value, a list, the list of addresses, a reference. Which form
an attribute has, its model says; where it stands, its homes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from adapters.scim.documents import emails, plural
from adapters.scim.documents.homes import CUSTOM, Home, custom
from adapters.scim.documents.plural import Element
from adapters.scim.documents.shapes import Check, complex_value, complex_values
from gateway.domain.email import is_stand_in, looks_like_address, stand_in
from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import JsonValue, Resource, User


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to stand in fields and in custom attributes, by name; None: nothing."""

    values: dict[str, object] = field(default_factory=dict)
    custom: dict[str, JsonValue] = field(default_factory=dict)

    def put(self, home: Home, text: str | None) -> None:
        """Say what a home is to hold."""
        if home.row is not None:
            self.values[home.name] = text
        else:
            self.custom[home.name] = text


class Attribute(Protocol):
    """One attribute of users."""

    @property
    def fields(self) -> frozenset[str]:
        """All fields of a user that `read` looks at."""
        ...

    def read(self, item: Any) -> JsonValue:
        """What SCIM shows of it; None where it has no value."""
        ...

    def write(self, value: JsonValue, draft: Draft) -> None:
        """Say what is to be stored so that `read` shows that value. None: no value."""
        ...


def _fields(homes: Iterable[Home], *, details: bool) -> frozenset[str]:
    return frozenset({home.looks_at for home in homes} | ({CUSTOM} if details else set()))


class Text:
    """A single text. One that its home cannot hold is a custom attribute of its own name."""

    def __init__(self, name: str, home: Home | None, check: Check) -> None:
        self._name = name
        self._home = home or Home(name=name)
        self._beside = self._home.row is not None and not self._home.row.required
        self._check = check
        self.fields = _fields([self._home], details=self._beside)

    def read(self, item: Any) -> JsonValue:
        """The home's text, else the one that it could not hold."""
        text = self._home.read(item)
        if text is None and self._beside:
            kept = custom(item, self._name)
            text = kept if isinstance(kept, str) and not self._home.holds(kept) else None
        return text if text is not None and self._check(text) else None

    def write(self, value: JsonValue, draft: Draft) -> None:
        """Into the home if that holds it."""
        text = cast("str | None", value)
        held = text is None or not self._beside or self._home.holds(text)
        draft.put(self._home, text if held else None)
        if self._beside:
            draft.custom[self._name] = None if held else text


class Complex:
    """A single complex value; what its homes do not show stands in a custom attribute."""

    def __init__(self, name: str, homes: Iterable[Home], checks: dict[str, Check]) -> None:
        self._name = name
        self._homes = {cast("str", home.sub): home for home in homes}
        self._checks = checks
        self.fields = _fields(self._homes.values(), details=True)

    def read(self, item: Any) -> JsonValue:
        """The homes, and what is known beside them."""
        texts = {sub: home.read(item) for sub, home in self._homes.items()}
        details = complex_value(custom(item, self._name), self._checks)
        return plural.refreshed(details, texts, self._holds) or None

    def write(self, value: JsonValue, draft: Draft) -> None:
        """Texts into their homes; the whole value beside them unless they show it all."""
        element = cast("Element", value or {})
        texts = plural.stored(element, self._homes, self._holds)
        for sub, home in self._homes.items():
            draft.put(home, texts[sub])
        plain = plural.refreshed({}, texts, self._holds) == element
        draft.custom[self._name] = None if plain else element

    def _holds(self, sub: str, text: str) -> bool:
        return self._homes[sub].holds(text)


class List:
    """A list of complex values, of which the first of some types have homes."""

    def __init__(self, name: str, homes: Iterable[Home], checks: dict[str, Check]) -> None:
        self._name = name
        self._checks = checks
        self._homes: dict[str, dict[str, Home]] = {}
        for home in homes:
            kind = self._homes.setdefault(cast("str", home.type).lower(), {})
            kind[cast("str", home.sub)] = home
        all_homes = [home for kind in self._homes.values() for home in kind.values()]
        self.fields = _fields(all_homes, details=True)

    def read(self, item: Any) -> JsonValue:
        """The elements as their homes are now."""
        kept = custom(item, self._name)
        if kept is None and not self._homes:
            return None
        details = complex_values(kept, self._checks) if kept is not None else []
        texts = {kind: self._texts(item, homes) for kind, homes in self._homes.items()}
        return cast("JsonValue", plural.refreshed_list(details, texts, self._holds) or None)

    def write(self, value: JsonValue, draft: Draft) -> None:
        """Texts into their homes; the whole list beside them unless they show it all."""
        elements = cast("list[Element]", value or [])
        texts = plural.stored_list(elements, self._homes, self._holds)
        for kind, homes in self._homes.items():
            for sub, home in homes.items():
                draft.put(home, texts[kind][sub])
        plain = plural.refreshed_list([], texts, self._holds) == elements
        draft.custom[self._name] = None if plain else cast("JsonValue", elements)

    def _texts(self, item: Resource, homes: dict[str, Home]) -> dict[str, str | None]:
        found = {}
        for sub, home in homes.items():
            text = home.read(item)
            found[sub] = text if text is None or self._checks[sub](text) else None
        return found

    def _holds(self, kind: str, sub: str, text: str) -> bool:
        return self._homes[kind][sub].holds(text)


class Emails:
    """The list of addresses. Whoever has none has a stand-in, or the username, as `email`.

    An empty list in the custom attribute says that the username stands in: it is not shown.
    """

    def __init__(self, name: str, first: Home, others: Home, checks: dict[str, Check]) -> None:
        self._name = name
        self._first = first
        self._others = others
        self._kind = first.type or ""
        self._checks = checks
        self.fields = frozenset({first.name, others.name, "username", CUSTOM})

    def read(self, item: Any) -> JsonValue:
        """The addresses as `mail` has them now."""
        kept = custom(item, self._name)
        hidden = is_stand_in(item.email) or (kept == [] and item.email == item.username)
        now = emails.Addresses(None if hidden else item.email, item.other_emails)
        details = complex_values(kept, self._checks) if kept is not None else []
        shown = emails.refreshed(details, now, self._kind, self._holds)
        return cast("JsonValue", shown or None)

    def write(self, value: JsonValue, draft: Draft) -> None:
        """The addresses, if there are any to hold; see `stand_in_for` for who has none."""
        elements = cast("list[Element]", value or [])
        addresses = emails.stored(elements, self._kind, self._holds)
        draft.values[self._first.name] = addresses.email
        draft.values[self._others.name] = addresses.others
        plain = emails.refreshed([], addresses, self._kind, self._holds) == elements
        draft.custom[self._name] = None if plain else cast("JsonValue", elements)

    def stand_in_for(self, username: str, before: User | None, draft: Draft) -> None:
        """Give whoever has no address one that is not shown."""
        if draft.values[self._first.name] is not None:
            return
        nothing = draft.custom[self._name] is None
        if nothing and looks_like_address(username) and self._holds(username):
            draft.values[self._first.name] = username
            draft.custom[self._name] = []
        elif before is not None and is_stand_in(before.email):
            draft.values[self._first.name] = before.email
        else:
            draft.values[self._first.name] = stand_in()

    def _holds(self, text: str) -> bool:
        return self._first.holds(text) and not is_stand_in(text)


class Referring:
    """A complex value that names a user: its id is stored, its `$ref` follows from that."""

    def __init__(self, home: Home, endpoint: str) -> None:
        self._home = home
        self._endpoint = endpoint
        self.fields = _fields([home], details=False)

    def read(self, item: Any) -> JsonValue:
        """The id, with the address of the user where it can be one's id."""
        text = self._home.read(item)
        return None if text is None else self._shown(text)

    def _shown(self, text: str) -> Element:
        known = _user_id(text) is not None
        return {"value": text, "$ref": f"{self._endpoint}/{text}"} if known else {"value": text}

    def write(self, value: JsonValue, draft: Draft) -> None:
        """The id as it is given out, from the value or, where there is none, the address."""
        element = cast("Element", value or {})
        text = element.get("value")
        if not isinstance(text, str):
            address = element.get("$ref")
            text = _user_id(address.rpartition("/")[2]) if isinstance(address, str) else None
        draft.put(self._home, None if text is None else _user_id(text) or text)

    def changed(self, value: JsonValue, shown: JsonValue) -> JsonValue:
        """The value to write where one was shown: of id and address, the one that is new."""
        if isinstance(value, dict) and isinstance(shown, dict):
            address = value.get("$ref")
            named = _user_id(address.rpartition("/")[2]) if isinstance(address, str) else None
            if value.get("value") == shown["value"] and named is not None:
                return self._shown(named)
        return value


def _user_id(text: str) -> str | None:
    try:
        return canonical_id(Kind.USER, text)
    except NotFound:
        return None
