"""The command `gateway`: all commands, by name."""

import typer

from gateway.cli import (
    dev,
    doctor,
    exports,
    feed,
    imports,
    init,
    mappings,
    mirror,
    mismatches,
    purge,
    reference,
    scim,
    serve,
    token,
)

app = typer.Typer(
    help="REST gateway over an OpenLDAP directory.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command(epilog=serve.EPILOG)(serve.serve)
app.command(epilog=feed.EPILOG)(feed.feed)
app.command(epilog=dev.EPILOG)(dev.dev)
app.command(epilog=token.EPILOG)(token.token)
app.command(epilog=doctor.EPILOG)(doctor.doctor)
app.command(epilog=init.EPILOG)(init.init)
app.command(epilog=mismatches.EPILOG)(mismatches.mismatches)
app.command(epilog=purge.EPILOG)(purge.purge)
app.command(epilog=reference.EPILOG)(reference.reference)
app.command("import", epilog=imports.EPILOG)(imports.import_)
app.command(epilog=exports.EPILOG)(exports.export)
app.add_typer(mappings.app, name="mappings")
app.add_typer(mirror.app, name="mirror")
app.add_typer(scim.app, name="scim")
