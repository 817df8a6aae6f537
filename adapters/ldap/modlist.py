"""What changes in the directory when fields change.

The attributes of a new entry, and the least modifications of one that is there. Unchanged
fields are not touched, so that two changes at a time lose nothing, and values that an LDAP tool
wrote and nobody understands stay. Knows rows and octets, not what a user is.
"""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from adapters.ldap.codec import decode, decode_fields, encode
from adapters.ldap.custom import FIELD as CUSTOM
from adapters.ldap.custom import decode_custom, encode_custom, opaque_name, references, referring
from adapters.ldap.dn import InvalidDn, Rdn
from adapters.ldap.values import Entry, Modification
from gateway.domain.errors import invalid
from mappings.table import Codec, Custom, Field, Generated, ResourceMapping, Values, Write

_PLACE = re.compile(r"\{([^{}]*)\}")

Attributes = dict[str, tuple[bytes, ...]]


def new_entry(mapping: ResourceMapping, values: Mapping[str, object]) -> Attributes:
    """The attributes of an entry with these fields; those not named take their default.

    Generated numbers are random: where the directory finds one taken, ask again.

    Raises:
        Invalid: a value cannot be held, or a required field has none.
    """
    _check_name(mapping, values)
    attributes: Attributes = {}
    for row in sorted(mapping.fields.values(), key=lambda row: row.values is Values.FURTHER):
        if row.write is not Write.NEVER:
            wanted = encode(row, values.get(row.name))
            if row.values is Values.FURTHER:
                wanted = _others(wanted, attributes.get(row.attribute, ()))
            _put(attributes, row.attribute, wanted)
    if mapping.custom is not None:
        for attribute, octets in encode_custom(mapping.custom, values.get(CUSTOM) or {}).values():
            _put(attributes, attribute, (octets,))
    for made in mapping.generated:
        _put(attributes, made.attribute, (_generate(made, values),))
    classes = [*mapping.object_classes]
    if mapping.auxiliary and any(a.lower() in mapping.auxiliary_attributes for a in attributes):
        classes.append(mapping.auxiliary)
    return {"objectClass": tuple(name.encode() for name in classes)} | attributes


def modifications(
    mapping: ResourceMapping, old: Entry, values: Mapping[str, object]
) -> list[Modification]:
    """What turns the entry into one with these fields; nothing where it is so already.

    `old` must have been read with all of `mapping.attributes`. The field that names the entry
    counts for what is generated from it alone: its own change is a ModifyDN.

    Raises:
        Invalid: a value cannot be held, or a required field is cleared.
    """
    changes: list[Modification] = []
    if old.dn.rdn.value(mapping.fields[mapping.rdn].attribute) is not None:
        _check_name(mapping, values)
    for name, row in mapping.fields.items():
        if name in values and name == mapping.rdn:
            encode(row, values[name])
        elif name in values and row.values in (Values.ONE, Values.MANY):
            changes += _field(row, old, values[name])
    changes += _firsts(mapping, old, values)
    if mapping.custom is not None and CUSTOM in values:
        changes += _custom(mapping.custom, old, values[CUSTOM] or {})
    before = decode_fields(mapping, old)
    for made in mapping.generated:
        changes += _follow(made, old, before, {**before, **values})
    return with_auxiliary(mapping, old, changes)


def _check_name(mapping: ResourceMapping, values: Mapping[str, object]) -> None:
    """Refuse a name that no entry can have in slapd's database."""
    name = values.get(mapping.rdn)
    if not isinstance(name, str):
        return
    try:
        fits = Rdn.of(mapping.fields[mapping.rdn].attribute, name).storable
    except InvalidDn:
        raise invalid(mapping.rdn, "has characters that are no Unicode text") from None
    if not fits:
        raise invalid(mapping.rdn, "is too long for the name of an entry in the directory")


def _put(attributes: Attributes, attribute: str, values: tuple[bytes, ...]) -> None:
    if values:
        attributes[attribute] = (*attributes.get(attribute, ()), *values)


def _generate(made: Generated, values: Mapping[str, object]) -> bytes:
    if made.random_integer is not None:
        low, high = made.random_integer
        return str(low + secrets.randbelow(high - low + 1)).encode()
    if made.text is not None:
        # Percent-escaped (RFC 3986, 2.1): a slash in a user name must not make a path.
        text = _PLACE.sub(lambda m: quote(str(values.get(m[1]) or ""), safe="@+"), made.text)
        return text.encode()
    return _first(made.first_of, values)


def _first(names: Iterable[str], values: Mapping[str, object]) -> bytes:
    texts = (value for name in names if isinstance(value := values.get(name), str) and value)
    return next(texts, "-").encode()


def _follow(
    made: Generated, old: Entry, before: Mapping[str, object], after: Mapping[str, object]
) -> list[Modification]:
    """Follow the fields with what is made of them, unless somebody has put something else."""
    was, becomes = _first(made.first_of, before), _first(made.first_of, after)
    held = old.get(made.attribute)
    names_it = old.dn.rdn.value(made.attribute) is not None
    if not made.first_of or was == becomes or held not in ((), (was,)) or names_it:
        return []
    return [Modification("replace", made.attribute, (becomes,))]


def _field(row: Field, old: Entry, value: object) -> list[Modification]:
    held = old.get(row.attribute)
    if row.values is Values.MANY and not row.secret:
        return _many(row, held, value)
    wanted = encode(row, value)
    if row.secret:  # what is there was not read
        return [Modification("replace", row.attribute, wanted)]
    if held == wanted or (held and decode(row, held) == value):
        return []
    if row.codec is Codec.LOCK and not wanted:
        # Only this makes slapd forget the failures that led to the lock.
        return [Modification("delete", row.attribute)]
    return [Modification("replace", row.attribute, wanted)]


def _firsts(
    mapping: ResourceMapping, old: Entry, values: Mapping[str, object]
) -> list[Modification]:
    """The changes of attributes of which one field shows the first value, another the others."""
    wanted: dict[str, dict[Values, tuple[bytes, ...]]] = {}
    for name, row in mapping.fields.items():
        if name in values and row.values in (Values.FIRST, Values.FURTHER):
            octets = encode(row, values[name])
            held = old.get(row.attribute)
            if decode(row, held) == values[name] and (held or not octets):
                octets = held[:1] if row.values is Values.FIRST else held[1:]
            wanted.setdefault(row.attribute, {})[row.values] = octets
    changes = []
    for attribute, parts in wanted.items():
        held = old.get(attribute)
        first = parts.get(Values.FIRST, held[:1])
        further = parts.get(Values.FURTHER, held[1:]) if first else ()
        changes += _listed(attribute, held, (*first, *_others(further, first)))
    return changes


def _others(values: Iterable[bytes], there: Iterable[bytes]) -> tuple[bytes, ...]:
    """The values without those that the directory takes for one that is there, or came before."""
    seen = {value.lower() for value in there}
    unlike: dict[bytes, bytes] = {}
    for value in values:
        unlike.setdefault(value.lower(), value)
    return tuple(value for lower, value in unlike.items() if lower not in seen)


def _listed(
    attribute: str, held: tuple[bytes, ...], wanted: tuple[bytes, ...]
) -> list[Modification]:
    """Have the wanted values, in their order; one that was added meanwhile stays, too."""
    if held == wanted:
        return []
    if len(held) <= 1 >= len(wanted) or not wanted:
        return [Modification("replace", attribute, wanted)]
    gone = tuple(value for value in held if value not in wanted)
    new = tuple(value for value in wanted if value not in held)
    if (*(value for value in held if value in wanted), *new) != wanted:  # another order
        gone, new = held, wanted
    changes = [Modification("delete", attribute, gone)] if gone else []
    return [*changes, Modification("add", attribute, new)] if new else changes


def _many(row: Field, held: tuple[bytes, ...], value: object) -> list[Modification]:
    """Single values come and go; those that nobody can read stay."""
    wanted = dict.fromkeys(encode(row, value))
    read = {octets: decode(row, (octets,)) for octets in held}
    targets = {decode(row, (octets,)): octets for octets in wanted}
    gone = tuple(octets for octets, seen in read.items() if seen and seen not in targets)
    there = set(read.values())
    new = tuple(octets for seen, octets in targets.items() if seen not in there)
    changes = [Modification("delete", row.attribute, gone)] if gone else []
    return [*changes, Modification("add", row.attribute, new)] if new else changes


def _custom(custom: Custom, old: Entry, values: object) -> list[Modification]:
    referred = references(referring(custom), old)
    before = encode_custom(custom, decode_custom(custom, old) | referred)
    after = encode_custom(custom, values)
    for name, dn in referred.items():
        if isinstance(values, Mapping) and values.get(name) == dn:  # in whatever spelling
            after[name] = before[name]
    changed = {n for n in before.keys() | after.keys() if before.get(n) != after.get(n)}
    gone = tuple(v for v in old.get(custom.attribute) if opaque_name(v) in changed)
    new = tuple(v for n, (a, v) in after.items() if n in changed and a == custom.attribute)
    changes = [Modification("delete", custom.attribute, gone)] if gone else []
    if new:
        changes.append(Modification("add", custom.attribute, new))
    for name in sorted(changed & custom.standard.keys()):
        held = old.get(name)
        attribute, octets = after.get(name, (custom.attribute, b""))
        if attribute == name:
            whole = (octets, *_others(held[1:], [octets]))
            if custom.standard[name].filter:
                changes += _listed(name, held, whole)
            else:  # without a rule to compare them by, single values cannot be named
                changes.append(Modification("replace", name, whole))
        elif held:
            changes.append(Modification("replace", name))
    return changes


def with_auxiliary(
    mapping: ResourceMapping, old: Entry, changes: Sequence[Modification]
) -> list[Modification]:
    """Have changes add the auxiliary class to an entry that lacks it, when it is needed first."""
    if mapping.auxiliary is None:
        return [*changes]
    name = mapping.auxiliary.encode()
    brought = mapping.auxiliary_attributes
    needed = any(change.values and change.attribute.lower() in brought for change in changes)
    if not needed or name.lower() in (held.lower() for held in old.get("objectClass")):
        return [*changes]
    return [Modification("add", "objectClass", (name,)), *changes]
