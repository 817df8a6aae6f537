"""What is decided: the domain, the services over its ports, and the faces they are shown by.

`adapters/` translate, `mappings/` declare. A DN, a filter, a Redis key or a status code has no
place in `domain/`, `ports/` or `services/`.
"""
