"""Access rules: which of ours are missing, and whether they come first (slapd.access(5))."""

from collections.abc import Iterator, Sequence

from adapters.ldap.doctor.findings import Finding, ok, problem, warning
from adapters.ldap.doctor.ordered import change, normal, plain
from adapters.ldap.ldif import Record


def examine(subject: str, rules: Sequence[str], database: Record) -> Iterator[Finding]:
    """Our rules must be there, in our order, and before any rule that would end the search.

    Args:
        subject: what the findings are called.
        rules: ours, without the last one, which is the site's affair.
        database: the record that has the server's.
    """
    there = [normal(text) for text in database.texts("olcAccess")]
    wanted = [plain(text) for text in rules]
    missing = [rule for rule in wanted if normal(rule) not in there]
    ours = [normal(rule) for rule in wanted]
    if missing:
        placed = [f"{{{place}}}{rule}" for place, rule in enumerate(wanted) if rule in missing]
        yield problem(
            subject,
            f"{len(missing)} of {len(wanted)} are missing, by which the gateway's account does "
            "what it must, and nobody what he must not",
            change(database.dn, "add", "olcAccess", *placed),
        )
    elif [rule for rule in there if rule in ours] != ours:
        yield problem(subject, "are there in another order, so they do not do what they say")
    elif there[: len(ours)] != ours and not _closed(there, ours):
        yield warning(subject, "other rules stand among the gateway's: check what they end")
    else:
        yield ok(subject, f"all {len(ours)} are there")


def _closed(there: Sequence[str], ours: Sequence[str]) -> bool:
    """Whether what stands before our last rule lets the search go on for everybody."""
    before = there[: there.index(ours[-1])]
    return all(rule in ours or rule.endswith("by * break") for rule in before)
