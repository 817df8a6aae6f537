"""Declarations: one row a field, from which everything about the field follows.

A row tells the LDAP attribute, the codec, who may write it, whether it can be sorted, searched
and filtered by, and its names in REST and SCIM. Adapters read rows; nothing about a field is
said a second time anywhere. The rows are TOML files, one folder a mapping: `default` is the
tree that the gateway makes, `posix` an existing tree of `posixAccount` users.

This package holds no logic beyond strict loading, and knows neither LDAP's wire nor HTTP.
"""
