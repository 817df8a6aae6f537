"""`python -m gateway`, and the command `gateway`."""

from gateway.process import loading

with loading():
    from gateway.cli.app import app


def main() -> None:
    """Run the command line."""
    app(prog_name="gateway")


if __name__ == "__main__":
    main()
