"""The commands, each a thin file over the services and the dev stack."""
