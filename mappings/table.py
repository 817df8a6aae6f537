"""What a row of a mapping can say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Codec(StrEnum):
    """How values look in the directory. `adapters/ldap/codec.py` implements each."""

    TEXT = "text"
    """Directory String (RFC 4517, 3.3.6)."""
    IA5 = "ia5"
    """IA5 String: ASCII (RFC 4517, 3.3.15)."""
    TELEPHONE = "telephone"
    """Telephone Number (RFC 4517, 3.3.31)."""
    BOOLEAN = "boolean"
    """TRUE or FALSE (RFC 4517, 3.3.3)."""
    TIME = "time"
    """Generalized Time (RFC 4517, 3.3.13)."""
    INTEGER = "integer"
    ENUM = "enum"
    """One of the row's `words`, in upper case; any other reads as absent."""
    LINK = "link"
    """A federated identity: provider, time, primary or secondary, external id."""
    REFERENCE = "reference"
    """A DN; whose id it stands for is looked up by the stores."""
    LOCK = "lock"
    """Generalized Time of a lock, or `000001010000Z` for a permanent one."""
    UUID = "uuid"
    """A UUID (RFC 4530), which makes the resource's id."""
    OPAQUE = "opaque"
    """Octets that nobody looks into."""


TEXTS = (Codec.TEXT, Codec.IA5, Codec.TELEPHONE)
"""Codecs whose values are texts as they are."""


class Values(StrEnum):
    """How many values a field shows of its attribute."""

    ONE = "one"
    FIRST = "first"
    """The first; a change replaces that one and keeps the others."""
    FURTHER = "further"
    """All but the first, of an attribute whose first value is another field's."""
    MANY = "many"


SEVERAL = (Values.MANY, Values.FURTHER)
"""Fields that show a tuple."""


class Write(StrEnum):
    """Who may write a field."""

    NEVER = "never"
    """The directory alone."""
    INTERNAL = "internal"
    """The gateway's services, not a request by its name."""
    CREATE = "create"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One row: a field that stands in an attribute.

    `default` is what an absent value reads as, and writing it is writing nothing.
    `placeholder` stands in the directory for an absent value that the schema demands.
    `auxiliary` marks attributes that the resource's auxiliary class brings. `secret` ones are
    only read where they are needed. `rest` and `scim` are the names there, None: not shown.
    """

    name: str
    attribute: str
    codec: Codec = Codec.TEXT
    values: Values = Values.ONE
    write: Write = Write.ALWAYS
    required: bool = False
    unique: bool = False
    sort: bool = False
    search: bool = False
    filter: bool = False
    words: tuple[str, ...] = ()
    secret: bool = False
    auxiliary: bool = False
    case_exact: bool = False
    max_length: int = 256
    default: str | bool | int | None = None
    placeholder: str | None = None
    rest: str | None = None
    scim: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A row for a field that stands in no attribute, but follows from others or from the place."""

    name: str
    write: Write = Write.NEVER
    sort: bool = False
    filter: bool = False
    rest: str | None = None
    scim: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """An attribute that the schema demands and no field holds; exactly one way to make it.

    `first_of`: the first of these fields that has a value; it follows them as long as nobody
    has put something else there. `text`: a template over fields, `/home/{username}`, and
    `random_integer`: a number from that range, unique by the directory; both are made with the
    entry and then left alone.
    """

    attribute: str
    first_of: tuple[str, ...] = ()
    text: str | None = None
    random_integer: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """A standard attribute that holds the custom attribute of the same name.

    A `REFERENCE` is the entry of a user of the tenant, and reads and writes as that user's id.
    `filter` is false where the server has no rule to compare values by: it can tell there who
    has any, and no more. `scim` is the path of what stands in it, None: its own name.
    """

    codec: Codec = Codec.TEXT
    filter: bool = True
    scim: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Custom:
    """Where custom attributes go.

    A text under a name of `standard` goes to that attribute, in that codec, if it can hold it;
    all else as `name=json` into `attribute`.
    """

    attribute: str
    standard: Mapping[str, Standard] = field(default_factory=dict)
    auxiliary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceMapping:
    """All rows of one kind of resource, and how its entries are made and recognised.

    `object_classes` are given to new entries, `auxiliary` is added to one (also one that an
    admin made) when it first needs an attribute of that class. An entry is of this kind when
    it has `recognise` among its object classes and all `demands` attributes.
    """

    resource: str
    container: tuple[str, ...]
    recognise: str
    rdn: str
    object_classes: tuple[str, ...]
    fields: Mapping[str, Field]
    derived: Mapping[str, Derived]
    auxiliary: str | None = None
    demands: tuple[str, ...] = ()
    generated: tuple[Generated, ...] = ()
    custom: Custom | None = None
    members: str | None = None

    def field(self, name: str) -> Field:
        """The row of that name. Raises KeyError."""
        return self.fields[name]

    @property
    def sortable(self) -> frozenset[str]:
        """Names of the fields that a listing can be ordered by."""
        rows: tuple[Field | Derived, ...] = (*self.fields.values(), *self.derived.values())
        return frozenset(row.name for row in rows if row.sort)

    @property
    def searchable(self) -> tuple[str, ...]:
        """Names of the fields that a text search looks into."""
        return tuple(f.name for f in self.fields.values() if f.search)

    @property
    def attributes(self) -> tuple[str, ...]:
        """What to ask a server for to read an entry, and to change it: all but the secrets."""
        names = ["objectClass", *(f.attribute for f in self.fields.values() if not f.secret)]
        names += [g.attribute for g in self.generated if g.first_of]
        if self.custom is not None:
            names += [self.custom.attribute, *self.custom.standard]
        return tuple(dict.fromkeys(names))

    @property
    def unique_attributes(self) -> tuple[str, ...]:
        """What the directory has to keep unique within a tenant."""
        rows = [f.attribute for f in self.fields.values() if f.unique]
        return (*rows, *(g.attribute for g in self.generated if g.random_integer))

    @property
    def auxiliary_attributes(self) -> frozenset[str]:
        """Attributes, in lower case, that the auxiliary class brings."""
        rows = {f.attribute.lower() for f in self.fields.values() if f.auxiliary}
        if self.custom is not None and self.custom.auxiliary:
            rows.add(self.custom.attribute.lower())
        return frozenset(rows)

    @property
    def fields_by_attribute(self) -> Mapping[str, str]:
        """Attributes in lower case to names of fields: what a server's complaint is about."""
        rows = sorted(self.fields.values(), key=lambda f: f.values is not Values.FURTHER)
        names = {f.attribute.lower(): f.name for f in rows}
        if self.custom is not None:
            for attribute in (self.custom.attribute, *self.custom.standard):
                names[attribute.lower()] = "custom_attributes"
        return names


@dataclass(frozen=True, slots=True, kw_only=True)
class Mappings:
    """The mappings of all kinds of resources, under their names."""

    name: str
    user: ResourceMapping
    group: ResourceMapping
    organizational_unit: ResourceMapping
    tenant: ResourceMapping
    partner: ResourceMapping
    identity_provider: ResourceMapping
    application: ResourceMapping
    scim_token: ResourceMapping
