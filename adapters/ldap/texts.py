"""Upper bounds for comparisons of text: what LDAP finds is at least what the domain means.

The domain compares NFKC, case-folded, with blanks squeezed (`gateway.domain.text`); LDAP's
rules prepare texts otherwise. Where it can be shown that LDAP finds no less, it is asked;
where not, every entry with a value is a candidate:

- IA5 String: values are ASCII, where both fold `A-Z` alike. LDAP drops blanks, at most, and
  so finds no less, as long as the wanted text has none.
- Telephone Number: as well, and LDAP ignores blanks and hyphens on both sides.
- Directory String: a letter such as U+017F folds to ASCII for one and not for the other.
"""

from adapters.ldap import filters
from gateway.domain.predicate import satisfies
from gateway.domain.query import Compare, Operator
from gateway.domain.text import comparable
from mappings.table import TEXTS, Codec, Custom, Field


def text_bound(row: Field, operator: Operator, wanted: str) -> str:
    """Entries for which the comparison can be true; `wanted` in comparable form."""
    if isinstance(row.default, str) and satisfies(row.default, operator, wanted):
        return filters.EVERYTHING
    anything = filters.EVERYTHING if row.required else filters.present(row.attribute)
    if operator not in ("eq", "co", "sw", "ew") or row.codec is Codec.TEXT:
        return anything
    if not wanted.isascii():
        return filters.NOTHING
    if row.codec is Codec.TELEPHONE:
        wanted = wanted.replace(" ", "").replace("-", "")
    if not wanted or not wanted.isprintable() or " " in wanted:
        return anything
    return {
        "eq": filters.eq(row.attribute, wanted),
        "co": filters.substring(row.attribute, any_=wanted),
        "sw": filters.substring(row.attribute, initial=wanted),
        "ew": filters.substring(row.attribute, final=wanted),
    }[operator]


def custom_bound(custom: Custom, name: str, asked: Compare | None) -> str:
    """Entries whose custom attribute of that name can be as asked; None: can be there.

    It stands in its standard attribute, or as named JSON of whatever type; an LDAP tool can
    have written the name of that with more escapes than it needs.
    """
    bounds = [
        filters.substring(custom.attribute, initial=f"{name}="),
        filters.substring(custom.attribute, any_="%"),
    ]
    row = custom.standard.get(name)
    if row is not None and (asked is None or isinstance(asked.value, str)):
        home = Field(name=name, attribute=name, codec=row.codec)
        if asked is not None and isinstance(asked.value, str) and row.filter and row.codec in TEXTS:
            bounds.append(text_bound(home, asked.operator, comparable(asked.value)))
        else:
            bounds.append(filters.present(name))
    return filters.or_(*bounds)
