"""Complex values beside their homes: what is kept as details, and what they show later.

A home holds a bare text, say the work telephone. Which types there are, which value is primary,
how it is displayed, stands in details: the whole value as it was written, under its SCIM name.
The truth of a home is the home: what was changed there is shown, what was deleted is gone, and
what was said of a value that is gone goes with it. Pure functions over JSON.
"""

from collections.abc import Callable, Iterable, Mapping

from gateway.domain.model import JsonValue

Element = dict[str, JsonValue]
"""A complex value."""
Texts = Mapping[str, str | None]
"""What the homes of a complex value hold, by sub-attribute."""
Holds = Callable[[str, str], bool]
"""Whether the home of a sub-attribute could hold a text."""
TypedHolds = Callable[[str, str, str], bool]
"""The same in a list: type, sub-attribute, text."""

_ABOUT = ("display", "formatted")
"""Sub-attributes that retell the others."""
_LABELS = {"type", "primary"}
"""Sub-attributes that are nothing by themselves."""


def kind_of(element: Element) -> str:
    """The type of an element of a list; types compare without case (RFC 7643, 2.4)."""
    kind = element.get("type")
    return kind.lower() if isinstance(kind, str) else ""


def refreshed(element: Element, texts: Texts, holds: Holds) -> Element:
    """A complex value as its homes are now; empty where nothing is left of it.

    A text that a home could hold, and does not, was deleted there. One that it could not hold
    stands in the details alone.
    """
    result = dict(element)
    for sub, now in texts.items():
        was = element.get(sub)
        if now is not None:
            result[sub] = now
        elif isinstance(was, str) and holds(sub, was):
            del result[sub]
    if result == element:
        return element
    if element:
        for sub in _ABOUT:
            if sub not in texts:
                result.pop(sub, None)
    return result if result.keys() - _LABELS else {}


def stored(element: Element, subs: Iterable[str], holds: Holds) -> Texts:
    """What the homes are to hold of a complex value."""
    texts: dict[str, str | None] = {}
    for sub in subs:
        value = element.get(sub)
        texts[sub] = value if isinstance(value, str) and holds(sub, value) else None
    return texts


def refreshed_list(
    details: list[Element], homes: Mapping[str, Texts], holds: TypedHolds
) -> list[Element]:
    """A list as its homes are now: of each type, the first element has the homes.

    `homes` are by type, in lower case. Elements that only homes know come last, in their order.
    """
    shown, met = [], set()
    for element in details:
        kind = kind_of(element)
        if kind in homes and kind not in met:
            met.add(kind)
            element = refreshed(element, homes[kind], _of_type(holds, kind))  # noqa: PLW2901 - the same one, as it is now
        if element:
            shown.append(element)
    for kind, texts in homes.items():
        if kind not in met:
            known: Element = {sub: text for sub, text in texts.items() if text is not None}
            if known:
                shown.append({**known, "type": kind})
    return shown


def stored_list(
    elements: list[Element], homes: Mapping[str, Iterable[str]], holds: TypedHolds
) -> dict[str, Texts]:
    """What the homes are to hold of a list, by type."""
    result: dict[str, Texts] = {kind: dict.fromkeys(subs) for kind, subs in homes.items()}
    met = set()
    for element in elements:
        kind = kind_of(element)
        if kind in homes and kind not in met:
            met.add(kind)
            result[kind] = stored(element, homes[kind], _of_type(holds, kind))
    return result


def _of_type(holds: TypedHolds, kind: str) -> Holds:
    return lambda sub, text: holds(kind, sub, text)
