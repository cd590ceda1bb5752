"""Who may do what, and an attacker who tries everything else.

How it works: ``attack/rights.py`` of the base is the one table of who may what; each
addon has the rows of its own models, fields and methods in its ``tests/rights.py``. The
tests in ``test_attack.py`` take every model, field and public method of the suite from
the registry, so that a new one without a row fails, and have people of every role
try them on records of their own company and of another one.

- ``records.py``: a record of every model, in either company, full of marks;
- ``tripwire.py``: what a try has written, told by the database itself;
- ``people.py``: one user of each role;
- ``case.py``: a try, and what became of it.
"""
