"""Values and pure rules: what a user, a status, a query, a lock and a mismatch are.

Standard library only. Nothing here knows HTTP, LDAP or Redis, reads a clock or does I/O.
"""
