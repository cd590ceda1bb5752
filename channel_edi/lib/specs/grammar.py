# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which segments stand where in a document, as a table. No odoo in here.

A table is a ``Loop``: the segment that begins it, and what may follow, by name. "!"
says that it has to be there; a ``Loop`` inside is a group of segments that repeats.

Partners' guides put segments in other places than the standard does: the order within
a loop is not looked at, and a segment belongs to the innermost loop that knows it.
"""


class Loop:
    """One loop of a table.

    >>> order = Loop("ST", "BEG!", "REF", Loop("PO1!", "PID", Loop("N1", "N3")), "CTT")
    >>> order.has("PO1"), order.children["PO1"].has("N1"), order.required
    (True, True, ('BEG', 'PO1'))
    """

    __slots__ = ("trigger", "segments", "children", "required", "needed", "known")

    def __init__(self, trigger, *content):
        self.needed = trigger.endswith("!")
        self.trigger = trigger.rstrip("!")
        names = [each for each in content if isinstance(each, str)]
        loops = [each for each in content if isinstance(each, Loop)]
        self.segments = frozenset(name.rstrip("!") for name in names)
        self.children = {loop.trigger: loop for loop in loops}
        self.required = tuple(
            [name.rstrip("!") for name in names if name.endswith("!")]
            + [loop.trigger for loop in loops if loop.needed]
        )
        self.known = self.segments | {self.trigger}
        for loop in loops:
            self.known |= loop.known

    def has(self, name):
        return name in self.segments or name in self.children


class Node:
    """One occurrence of a loop: ``segment`` began it."""

    __slots__ = ("loop", "segment", "segments", "nodes")

    def __init__(self, loop, segment):
        self.loop, self.segment = loop, segment
        self.segments, self.nodes = [], []

    def all(self, *names):
        """Its segments of these names, those of loops inside excluded."""
        return [each for each in self.segments if each.parts[0] in names]

    def first(self, name):
        """The first of them, or None."""
        for each in self.segments:
            if each.parts[0] == name:
                return each
        return None

    def loops(self, *names):
        return [each for each in self.nodes if each.loop.trigger in names]


def walk(segments, table, context, streamed=()):
    """Sort the segments of a document into the loops of its table.

    Yields the root first, which is filled while the walk goes on; then each loop right
    below the root as soon as it is whole, so that a document of any length is read
    without holding it. Those named in ``streamed`` are not kept in the root.

    :param context: takes what is wrong (``unknown``, ``missing``)
    """
    last = next(segments, None)
    root = Node(table, last)
    yield root
    # behind whom what comes is looked for, innermost last
    path = [root]
    for segment in segments:
        name, depth, last = segment.id, len(path) - 1, segment
        while depth >= 0 and not path[depth].loop.has(name):
            depth -= 1
        if depth < 0:
            context.unknown(segment, name in table.known)
            continue
        if len(path) > depth + 1:
            closed = path[1]
            _check(path[depth + 1 :], context)
            del path[depth + 1 :]
            if depth == 0:
                yield closed
        node = path[depth]
        loop = node.loop.children.get(name)
        if loop is None:
            node.segments.append(segment)
            continue
        inner = Node(loop, segment)
        path.append(inner)
        if depth or name not in streamed:
            node.nodes.append(inner)
        elif name in node.loop.required:
            _seen(node, name)
    if len(path) > 1:
        closed = path[1]
        _check(path[1:], context)
        yield closed
    _check([root], context, last)


def gather(segments, table, context, make):
    """(root, list of what was made of the loops right below it).

    ``make``: by the segment that begins a loop, a function of its node and of how many
    were made so far; such loops are not kept.
    """
    nodes = walk(segments, table, context, tuple(make))
    root, found = next(nodes), []
    for node in nodes:
        if node.loop.trigger in make:
            found.append(make[node.loop.trigger](node, len(found)))
    return root, found


def _seen(root, name):
    """Keep one mark of a streamed loop: it is there."""
    if not root.loops(name):
        root.nodes.append(Node(root.loop.children[name], root.segment))


def _check(nodes, context, last=None):
    """Whether what has to be there is."""
    for node in nodes:
        for name in node.loop.required:
            if node.first(name) is None and not node.loops(name):
                context.missing(last or node.segment, name)
