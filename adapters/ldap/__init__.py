"""The directory: OpenLDAP, spoken to through ldap3.

Owns everything that is LDAP: connections, DNs, filters, how values look in attributes, how a
change becomes modifications, and which errors of a server mean what. The tree and the rows of
the mapping come from settings and from `mappings/`; what users and tenants are, from the
domain. Knows nothing of HTTP, Redis, or who may do what.
"""
