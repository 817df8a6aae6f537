"""What is translated: one folder a language, each behind the ports of `gateway.ports`."""
