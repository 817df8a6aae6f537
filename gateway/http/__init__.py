"""What the HTTP faces share: authentication, request context, limits, conditional requests."""
