"""The REST face: schemas, paging, one file of routes a subject, and the table of problems.

A handler is a signature and two lines; it decides nothing.
"""
