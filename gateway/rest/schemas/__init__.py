"""The shapes of requests and answers, as pydantic models.

Names, required flags, defaults and descriptions are the published API's. Knows the domain's
values, which answers are built from, and no service.
"""
