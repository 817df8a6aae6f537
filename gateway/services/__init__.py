"""What can be done with users, groups, tenants and credentials, one class a subject.

A service authorises (`access`), orchestrates ports and tells the audit log; all of them for one
set of ports are made in `all`. Refusals come in this order: Forbidden, NotFound, Invalid,
StaleVersion, Conflict. It knows no framework, no driver, no DN, no status code.
"""
