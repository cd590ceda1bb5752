# SPDX-License-Identifier: AGPL-3.0-or-later
def label_of(record, name, value):
    """:return: a selection value's label in the user's language; the value itself
    if the selection has no such value (any more)"""
    labels = dict(record._fields[name]._description_selection(record.env))
    return labels.get(value, value)
