"""Private servers on loopback, for `gateway dev` and the tests.

Owns starting, watching and ending slapd and Redis processes with all they keep in one
folder. Knows nothing of what is stored in them. Linux only.
"""
