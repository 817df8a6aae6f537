"""The mirror's store in Redis (`gateway.ports.mirror`, `gateway.ports.truth`).

Owns how documents, look-ups, the log of changes, views and the feed's lease lie in Redis, and
the scripts that change them in one step each. All of a tenant lies in one slot of a Redis
Cluster; what a script does is bounded by its arguments, never by the size of a tenant. Knows
neither what documents say nor how a view is ordered.

Of a tenant there are: a hash that says how it stands (epoch, counts, a sequence for each kind,
the sequence of the last change of each field); for each kind the documents, a stream of
changes, look-ups, and what is gone; and for each view its places in order, and by id.
Counts are kept beside the things that they count: what Redis evicted is noticed at once.
"""
