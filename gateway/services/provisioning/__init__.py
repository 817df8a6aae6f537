"""What outside provisioning clients do with users and groups of one tenant.

Owns: which external ids show and how they are links, what a client's wish means for the
directory (one operation for all of it), sources, and where the brake holds. Knows no protocol:
what a client sends was turned into `WantedUser` and `WantedGroup` before.
"""

from gateway.services.provisioning.service import ProvisioningService
from gateway.services.provisioning.wanted import UNCHANGED, Unchanged, WantedGroup, WantedUser

__all__ = ["UNCHANGED", "ProvisioningService", "Unchanged", "WantedGroup", "WantedUser"]
