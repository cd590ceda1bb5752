"""Who may do what: the one table, that addons add to and the attack suite reads.

- ``rights.py``: the table and how it is put together; each addon has the rows of its
  own models, fields and methods in its ``tests/rights.py``.
"""
