"""What the HTTP faces share: authentication, request context, limits, conditional requests.

Owns the words of RFC 9110, 6750 and 8259. Knows neither a resource nor a status table: a face
says what an error looks like, a service what may be done.
"""
