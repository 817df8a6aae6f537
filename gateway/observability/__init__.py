"""What operators see: log lines, the audit log, and figures for Prometheus.

Owns their form. What is worth a line or a count is decided where it happens.
"""
