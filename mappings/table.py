"""What a row of a mapping can say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Codec(StrEnum):
    """How values look in the directory. `adapters/ldap/codec.py` implements each."""

    TEXT = "text"
    """Directory String or IA5 String."""
    BOOLEAN = "boolean"
    """TRUE or FALSE (RFC 4517, 3.3.3)."""
    TIME = "time"
    """Generalized Time (RFC 4517, 3.3.13)."""
    INTEGER = "integer"
    ENUM = "enum"
    """A word in upper case; how the domain's enumerations are stored."""
    LINK = "link"
    """A federated identity: provider, time, primary or secondary, external id."""
    REFERENCE = "reference"
    """A DN in the directory, the id of that entry in the domain."""
    LOCK = "lock"
    """Generalized Time of a lock, or `000001010000Z` for a permanent one."""
    OPAQUE = "opaque"
    """Octets that nobody looks into."""


class Values(StrEnum):
    """How many values a field shows of its attribute."""

    ONE = "one"
    FIRST = "first"
    """The first; a change replaces that one and keeps the others."""
    MANY = "many"


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
    """One row.

    `default` is what an absent value reads as, and writing it is writing nothing.
    `placeholder` stands in the directory for an absent value that the schema demands.
    `own_schema` marks attributes that need the auxiliary class.
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
    secret: bool = False
    case_exact: bool = False
    max_length: int = 256
    default: str | bool | int | None = None
    placeholder: str | None = None
    rest: str | None = None
    scim: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """An attribute that the schema demands and no field holds.

    `first_of`: the first of these fields that has a value. `text`: a template over fields,
    `/home/{username}`. `random_integer`: a number in that range, unique by the directory.
    """

    attribute: str
    first_of: tuple[str, ...] = ()
    text: str | None = None
    random_integer: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceMapping:
    """All rows of one kind of resource, and how its entries are made and recognised.

    `object_classes` are given to new entries, `auxiliary` is added to one (also one that an
    admin made) when it first needs an attribute of `auxiliary_attributes`. An entry is of this
    kind when it has `recognise` among its object classes and all `demands` attributes.
    """

    resource: str
    container: tuple[str, ...]
    recognise: str
    rdn: str
    object_classes: tuple[str, ...]
    auxiliary: str | None
    auxiliary_attributes: frozenset[str]
    demands: tuple[str, ...]
    fields: Mapping[str, Field]
    generated: tuple[Generated, ...] = ()
    custom: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    custom_attribute: str | None = None
    members: str | None = None

    def field(self, name: str) -> Field:
        """The row of that name. Raises KeyError."""
        return self.fields[name]

    @property
    def sortable(self) -> frozenset[str]:
        """Names of the fields that a listing can be ordered by."""
        return frozenset(f.name for f in self.fields.values() if f.sort)

    @property
    def searchable(self) -> tuple[str, ...]:
        """Names of the fields that a text search looks into."""
        return tuple(f.name for f in self.fields.values() if f.search)


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
