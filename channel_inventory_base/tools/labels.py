def label_of(record, name, value):
    """:return: the label of a selection's value in the user's language; the value itself
    where the selection does not know it (any more)"""
    labels = dict(record._fields[name]._description_selection(record.env))
    return labels.get(value, value)
