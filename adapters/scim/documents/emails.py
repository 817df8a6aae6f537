"""The list of e-mail addresses beside its homes: the first value of `mail`, and the others.

Here homes are no types but a rank: the primary address (else the first of the home's type, else
the first) is the user's `email`, the others are `other_emails`. One address is held once,
however often and with whichever types it is in the list. Pure functions.
"""

from collections.abc import Callable
from dataclasses import dataclass

from adapters.scim.documents.plural import Element, kind_of
from gateway.domain.text import comparable

Holds = Callable[[str], bool]
"""Whether `mail` can hold an address."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """What the homes hold: `email` None where there is no address to be shown."""

    email: str | None
    others: tuple[str, ...] = ()


def stored(elements: list[Element], kind: str, holds: Holds) -> Addresses:
    """What the homes are to hold of a list; `kind` is the type that is preferred."""
    held = [element for element in elements if holds(_value(element))]
    if not held:
        return Addresses(None)
    email = _value(_leader(held, kind))
    spelled = {comparable(email): email}
    for element in held:
        spelled.setdefault(comparable(_value(element)), _value(element))
    return Addresses(email, tuple(spelled.values())[1:])


def refreshed(details: list[Element], now: Addresses, kind: str, holds: Holds) -> list[Element]:
    """A list as its homes are now; what only homes know is there without details."""
    was = _by_key(stored(details, kind, holds))
    current = _by_key(now)
    shown = [_respelled(element, was, current, holds) for element in details]
    shown = [element for element in shown if element]
    others = sorted(now.others)  # LDAP keeps no order among them
    shown += [{"value": text} for text in others if comparable(text) not in was]
    if now.email is None:
        return shown
    key = comparable(now.email)
    if key not in was:
        shown.insert(0, {"value": now.email, "type": kind})
    elif comparable(_value(_leader([e for e in shown if holds(_value(e))], kind))) == key:
        return shown
    return _led_by(shown, key, holds)


def _by_key(addresses: Addresses) -> dict[str, str]:
    texts = addresses.others if addresses.email is None else (addresses.email, *addresses.others)
    return {comparable(text): text for text in texts}


def _respelled(
    element: Element, was: dict[str, str], current: dict[str, str], holds: Holds
) -> Element:
    """An element with its address as it is spelled now; empty where that is gone."""
    value = _value(element)
    if not holds(value):
        return element
    key = comparable(value)
    if key not in current:
        return {}
    return element if current[key] == was[key] else {**element, "value": current[key]}


def _value(element: Element) -> str:
    value = element.get("value")
    return value if isinstance(value, str) else ""


def _leader(elements: list[Element], kind: str) -> Element:
    for element in elements:
        if element.get("primary") is True:
            return element
    return next((element for element in elements if kind_of(element) == kind), elements[0])


def _led_by(elements: list[Element], key: str, holds: Holds) -> list[Element]:
    """The list with the address of that key as its primary one.

    Unless an address that no home can hold is primary: then that one stays it.
    """
    result: list[Element] = []
    free = not any(e.get("primary") is True and not holds(_value(e)) for e in elements)
    for element in elements:
        value = _value(element)
        if free and comparable(value) == key:
            free = False
            result.append({**element, "primary": True})
        elif element.get("primary") is True and holds(value):
            result.append({name: part for name, part in element.items() if name != "primary"})
        else:
            result.append(element)
    return result
