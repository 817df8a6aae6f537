"""Private servers on this machine: slapd and Redis in a state folder, and sample data.

Used by `gateway dev` and by the tests; knows nothing of requests or services.
"""
