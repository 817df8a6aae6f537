"""JSON Web Tokens (RFC 7519): who the bearer is, and a minimal issuer of our own.

Owns the allow-list of algorithms, the issuers' keys (RFC 7517) with their fetching and ageing,
the reading of claims into a `Principal`, and the issuer's private key file. Knows neither
what a principal may do nor whether its tokens were taken back: the services judge that.
"""
