"""`gateway scim`: provisioning clients, their tokens and what was held back."""

import typer

from gateway.cli import scim_brake, scim_tokens

app = typer.Typer(help="Provisioning clients, which speak SCIM.", no_args_is_help=True)
app.command(epilog=scim_brake.EPILOG)(scim_brake.release)
app.command(epilog=scim_tokens.TOKENS_EPILOG)(scim_tokens.tokens)
app.command(epilog=scim_tokens.REVOKE_EPILOG)(scim_tokens.revoke)
