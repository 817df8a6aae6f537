"""The servers that tests run against: one interface, native processes or containers."""
