"""What all workers share for a while: failed logins, revocation times, throttles.

Owns keys, scripts and the manners towards a Redis that is away: every call then fails fast
with `Unavailable`, and works again by itself. Nothing here is the only copy of anything: the
whole of it can be flushed at any time. Knows neither LDAP nor what follows from a count.
"""
