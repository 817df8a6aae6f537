"""Users in files: reading and writing them, and remembering how far an import came.

Owns the three formats. What a row may say is what a request may say, judged by the same
schemas and services; nothing here knows better.
"""
