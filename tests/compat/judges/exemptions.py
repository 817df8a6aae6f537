"""What judges may find: the table in the documentation, and nothing else."""

import re
from pathlib import Path

_PAGE = Path(__file__).parents[3] / "docs" / "reference" / "scim-conformance.md"
_ROW = re.compile(
    r"^\| (?P<judge>scim2-tester|scim-sanity) \| `(?P<check>[^`]+)` \| (?P<outcome>[A-Z]+) "
    r"\| (?P<why>.+?) \| (?P<rfc>.+?) \|$",
    re.MULTILINE,
)


def exempt(judge: str) -> set[tuple[str, str]]:
    """Name and outcome of each check of a judge that need not succeed.

    A test compares it with all that did not: what is new fails it, and so does an exemption
    that is needed no more.
    """
    _, _, table = _PAGE.read_text(encoding="utf-8").partition("\n## Exemptions\n")
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    rows = [row for line in lines[1:] if (row := _ROW.match(line))]
    assert len(rows) == len(lines) - 1, "each exemption names judge, check, outcome, why and RFC"
    return {(row["check"], row["outcome"]) for row in rows if row["judge"] == judge}
