# SPDX-License-Identifier: AGPL-3.0-or-later
"""Numbers of several nodes as one. No odoo in here."""


def groups(places):
    """Nodes that sell the stock of a common warehouse, directly or by way of others.

    :param places: {node: set of warehouses}
    :return: list of lists of nodes

    >>> groups({"a": {1}, "b": {2, 3}, "c": {3}, "d": {4}})
    [['a'], ['b', 'c'], ['d']]
    """
    found = []
    for node, warehouses in places.items():
        nodes, reach = [node], set(warehouses)
        apart = []
        for members, seen in found:
            if seen & reach:
                nodes, reach = members + nodes, reach | seen
            else:
                apart.append((members, seen))
        found = [*apart, (nodes, reach)]
    return sorted(nodes for nodes, _reach in found)


def together(numbers, places):
    """What may be promised of several nodes: never more than is there.

    Nodes with a warehouse in common show the same goods; of those the largest number
    counts, once. Numbers of others are added up.

    :param numbers: {node: units}
    :param places: {node: set of warehouses}

    >>> together({"a": 5, "b": 7, "c": 9}, {"a": {1}, "b": {2, 3}, "c": {3}})
    14
    >>> together({"a": 5}, {}), together({}, {})
    (5, 0)
    """
    if len(numbers) < 2:
        # what there is to add up mostly; five hundred times in a request
        return sum(numbers.values())
    places = {node: places.get(node, set()) for node in numbers}
    return sum(max(numbers[node] for node in group) for group in groups(places))
