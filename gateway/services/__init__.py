"""What can be done with users, groups, tenants and credentials, one class a subject.

A service authorises, orchestrates ports and tells the audit log. It knows no framework, no
driver, no DN, no status code.
"""
