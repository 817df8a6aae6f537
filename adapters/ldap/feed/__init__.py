"""The change feed: every change of the directory, whoever made it, as it happens (RFC 4533).

Owns following one directory by the Content Synchronization Operation: its messages, its
phases, slapd's cookies, and a connection that is made again and again. Knows entries and UUIDs;
what kind of resource an entry is, and what becomes of its change, is decided by who listens.
"""
