# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where files of partners lie: one class a kind of place, all with the same methods.

No odoo in here. Errors are those of the base's ``lib.errors``. Names are of files in
one folder, never paths.

``look()`` gives all files of the incoming folder as ``entry.Entry``; ``fetch(name)``
gives bytes; ``put_away(name, how)`` moves a read file to the archive folder, deletes it
or leaves it; ``deliver(name, data)`` puts a whole file into the outgoing folder, under
another name first, and replaces no file of that name with other content (``Taken``);
``compare(name, data)`` tells whether a file in the outgoing folder has these bytes,
None where there is none.
"""
