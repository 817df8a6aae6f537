"""The door for SCIM 2.0 (RFC 7643, RFC 7644): its face over the services stands in this package.

It translates; what may be done is decided by `gateway.services`, as for REST.
"""
