"""Is this directory fit for the gateway? Looks, tells, and writes the LDIF that mends.

Owns the comparison of a live server with what `provision` would set up: schema, overlays,
indexes, limits, access rules, policy, tree; and the counting of entries that no caller can see
or that collide. Changes nothing.
"""
