"""How fast the gateway is, as ratios to what cannot be faster: a bare endpoint, raw LDAP.

Figures of one machine say little about another; ratios in one run do. Run it with
`make bench`, or `python -m benchmarks --help`.
"""
