"""
The documents: each one a declared list of plates, tables and data.

Adding a plate is adding a line to the list of its document.
"""
