"""The commands, each a thin file over the services, the LDAP adapter or the dev stack.

Owns what a person types and reads: options, examples, progress, exit codes, JSON for programs.
Decides nothing about users: what a command does with them goes through the same services, the
same rules and the same audit log as a request.
"""
