"""Runs commands of scim2-cli, one a line, in one process: it takes a second to load."""

import json
import sys

import scim2_cli
from click.testing import CliRunner


def main() -> None:
    """Read `{"arguments", "input"}` from each line; write `{"code", "out", "err"}` for it."""
    for line in sys.stdin:
        command = json.loads(line)
        done = CliRunner().invoke(scim2_cli.cli, command["arguments"], input=command["input"])
        told = {"code": done.exit_code, "out": done.stdout, "err": done.stderr}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
