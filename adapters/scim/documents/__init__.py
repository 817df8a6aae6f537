"""What SCIM shows of the directory, and what is to be written so that it shows something else.

Owns: where each SCIM attribute stands, which the `scim` paths of the mapping rows tell (its
homes); how lists with types and primary values are kept beside homes that hold bare texts; ids,
references, times and versions as SCIM spells them. What has no home is a custom attribute under
its SCIM name; what homes show by themselves is stored nowhere else. Knows no service that would
read or write, and no HTTP.
"""

from adapters.scim.documents.documents import MEMBERSHIPS, Documents

__all__ = ["MEMBERSHIPS", "Documents"]
