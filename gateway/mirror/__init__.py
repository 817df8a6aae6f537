"""The pure half of the mirror: what copies of the directory's resources look like, and mean.

It owns four decisions: the bytes that a resource is kept as (`documents`, and `units` for what
is derived when they are read), the bytes that a listing is ordered by (`keys`), which questions
are the same one and which changes concern it (`canonical`, `identity`, `fields`), and what a
document means for the answer (`membership`, `glance`, `wider`).

It does no input or output, and knows neither Redis nor LDAP nor how changes arrive.
"""
