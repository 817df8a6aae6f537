"""What outside provisioning clients do with users and groups of one tenant.

Owns: which identity provider a client acts for, external ids as links, what a client's wish
means for the directory (one operation for all of it), sources, and the brake. Knows no
protocol: what a client sends was turned into `WantedUser` and `WantedGroup` before.
"""

from gateway.services.provisioning.wanted import UNCHANGED, Unchanged, WantedGroup, WantedUser

__all__ = ["UNCHANGED", "Unchanged", "WantedGroup", "WantedUser"]
