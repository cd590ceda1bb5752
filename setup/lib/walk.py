"""Walk a flow through the models as a reader would: how many files it goes through.

``python3 setup/lib/walk.py channel.intake._import_next`` prints the methods in the
order in which they are met and, last, the figures: methods, files, how often the next
method stands in another file than the one before, and how often that is a file that
was left before. Without arguments it prints the figures of the main flows.

Static: both branches of each ``if`` are followed, a method is entered once. A call is
followed where it is known whose method it is: ``self._x``, ``super()._x``,
``env["model"]._x``, ``order._x`` (see ``CALLED``), and ``anything._x`` where one model
alone has such a method, or a model and those that inherit from it.
"""

import ast
import sys
from collections import defaultdict
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
FLOWS = {
    "plan": "channel.planner._run",
    "publish": "channel.publisher._run",
    "capture": "channel.order._capture",
    "import": "channel.intake._import_next",
}

CALLED = {
    "channel": "channel.channel",
    "event": "channel.inbox.event",
    "listing": "channel.listing",
    "listings": "channel.listing",
    "message": "channel.message",
    "order": "channel.order",
    "orders": "channel.order",
    "publication": "channel.publication",
    "publisher": "channel.publisher",
    "refund": "channel.refund",
    "sale_order": "sale.order",
}
"""What variables of these names are, in all of the suite: roles are handed records."""

FIGURES = ("methods", "files", "changes", "returns")


class Registry:
    """Methods of the suite's models: {model: {name: [Method, the last first]}}."""

    def __init__(self, root=REPO):
        self.methods = defaultdict(lambda: defaultdict(list))
        self.parents = defaultdict(list)
        for path in sorted(root.glob("channel_*/*/*.py")):
            if path.parent.name in ("models", "wizards"):
                self._read(path, root)
        self.owners = defaultdict(set)
        for model, methods in self.methods.items():
            for name in methods:
                self.owners[name].add(model)

    def _read(self, path, root):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                names = _texts(node, "_name")
                inherits = _texts(node, "_inherit")
                model = (names or inherits or [None])[0]
                if model:
                    self.parents[model] += [each for each in inherits if each != model]
                    self._add(model, node, str(path.relative_to(root)))

    def _add(self, model, node, file):
        for child in node.body:
            if isinstance(child, ast.FunctionDef):
                self.methods[model][child.name].insert(0, Method(model, child, file))

    def find(self, model, name):
        """The methods that run for ``model.name``: its own and those it inherits."""
        found = list(self.methods[model].get(name, ()))
        for parent in self.parents.get(model, ()):
            found += self.find(parent, name)
        return found

    def find_owners(self, name):
        """The models that ``anything.name`` may be a method of, as far as that is one
        family; none where it may be anybody's."""
        owners = self.owners.get(name, ())
        if any(all(self._descends(each, head) for each in owners) for head in owners):
            return sorted(owners)
        return []

    def _descends(self, model, head):
        return model == head or any(
            self._descends(parent, head) for parent in self.parents.get(model, ())
        )


class Method:
    def __init__(self, model, node, file):
        self.model, self.node, self.file = model, node, file

    def calls(self):
        """(whose, name) of each call in the order of the text; whose: a model's name,
        None for self, "" for something else."""
        known = self._variables()
        for node in ast.walk(self.node):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield _whose(node.func.value, known), node.func.attr, node.lineno

    def _variables(self):
        """Names that are assigned to records of one model only: {name: model}, with
        None for the method's own."""
        found = defaultdict(set)
        for node in ast.walk(self.node):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                found[name].add(_whose(node.value, {name: name}))
        return {
            name: next(iter(models - {name}))
            for name, models in found.items()
            if len(models - {name}) == 1 and "" not in models
        }


def _whose(value, known):
    if isinstance(value, ast.Name):
        if value.id == "self":
            return None
        return known[value.id] if value.id in known else CALLED.get(value.id, "")
    if isinstance(value, ast.Call):
        function = value.func
        if isinstance(function, ast.Name) and function.id == "super":
            return None
        if isinstance(function, ast.Attribute) and function.attr in PASSED_THROUGH:
            return _whose(function.value, known)
    if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant):
        env = value.value
        if getattr(env, "attr", getattr(env, "id", "")) == "env":
            return value.slice.value
    return ""


# methods that return the records they are called on
PASSED_THROUGH = {
    "browse",
    "create",
    "filtered",
    "search",
    "search_fetch",
    "sorted",
    "sudo",
    "with_company",
    "with_context",
    "with_env",
    "with_user",
}


def walk(registry, flow):
    """Return the methods of ``flow`` ("model._method") in the order they are met."""
    model, _dot, name = flow.rpartition(".")
    met, order = set(), []

    def enter(model, name):
        for method in registry.find(model, name):
            key = method.file, method.node.lineno
            if key in met:
                continue
            met.add(key)
            order.append(method)
            for whose, called, _line in sorted(method.calls(), key=lambda c: c[2]):
                follow(model, whose, called)

    def follow(model, whose, called):
        if whose is None:
            enter(model, called)
        elif whose and registry.find(whose, called):
            enter(whose, called)
        else:
            for owner in registry.find_owners(called):
                enter(owner, called)

    enter(model, name)
    return order


def figures(methods):
    """Return (methods, files, changes of file, returns to a file left before)."""
    changes = returns = 0
    left, last = set(), None
    for method in methods:
        if last and method.file != last:
            changes += 1
            returns += method.file in left
            left.add(last)
        last = method.file
    return len(methods), len({each.file for each in methods}), changes, returns


def _texts(node, name):
    for child in node.body:
        if isinstance(child, ast.Assign) and _is_name(child.targets[0], name):
            value = child.value
            parts = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
            return [each.value for each in parts if isinstance(each, ast.Constant)]
    return []


def _is_name(node, name):
    return isinstance(node, ast.Name) and node.id == name


def main(arguments):
    registry = Registry()
    for flow in arguments:
        methods = walk(registry, flow)
        for method in methods:
            place = f"{method.file}:{method.node.lineno}"
            print(f"{place} {method.model}.{method.node.name}")
        numbers = zip(figures(methods), FIGURES, strict=True)
        print(", ".join(f"{number} {name}" for number, name in numbers))
    if arguments:
        return
    print("flow".ljust(10), *(name.rjust(8) for name in FIGURES))
    for name, flow in FLOWS.items():
        numbers = figures(walk(registry, flow))
        print(name.ljust(10), *(str(each).rjust(8) for each in numbers))


if __name__ == "__main__":
    main(sys.argv[1:])
