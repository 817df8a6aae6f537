"""SCIM filters and orders as questions of the domain (RFC 7644, 3.4.2.2 and 3.4.2.3).

Owns: the reading of filters, what each comparison means on a document, and which of them the
domain can ask by itself, so that a store looks at little else. The rest is judged by the
documents, after a question that bounds where to look; what neither can tell is refused, with
`invalidFilter`. Knows no HTTP, no store and no LDAP.
"""

from adapters.scim.filters.lexer import FilterLimits
from adapters.scim.filters.order import sort_of
from adapters.scim.filters.parser import parse
from adapters.scim.filters.transpiler import transpile_group, transpile_user

__all__ = ["FilterLimits", "parse", "sort_of", "transpile_group", "transpile_user"]
