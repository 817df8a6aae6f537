"""Keeping the mirror right: what the directory tells becomes documents, memberships and beats.

It owns how a history of events is applied (`history`, `changes`, `replica`, `sweep`), when
members of groups are asked for (`memberships`), when the mirror is said to be true (`pulse`),
and who does all that, from where, and what ends it (`session`, `leader`).

It knows ports alone: neither LDAP nor Redis, nor how the feed reaches them.
"""
