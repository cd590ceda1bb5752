"""What a process remembers is in this list: several servers work on one database, and
nothing may lie in one process that another must see."""

import ast
import re
from pathlib import Path

REPO = Path(__file__).parents[2]

REMEMBERED = {
    # of the code alone, which is the same on all servers
    "channel_connector_api/lib/routes.py:_patterns": "paths of the API's document",
    "channel_connector_api/lib/schema.py:_compiled": "patterns of the API's document",
    "channel_inventory_base/schemas_codec.py:_shape": "fields of a dataclass",
    "channel_inventory_base/schemas_codec.py:_loader": "how a type is read",
    "channel_inventory_base/models/channel_guarded.py:_get_server_fields": "fields of"
    " a model; Odoo forgets them with the registry",
    "channel_inventory_base/models/channel_guarded.py:_get_links": "the same",
    # of the server's own configuration
    "channel_inventory_base/tools/options.py:_section": "as long as the file has not"
    " changed, which is looked at each time",
    # of the database, with an end
    "channel_inventory_base/models/channel_secret.py:_remember_ciphertexts": "for a"
    " minute (lib/aging.py), and until Odoo tells of a change",
    "channel_inventory_base/models/channel_webhook_cache.py:_get_webhook_facts": "the"
    " same",
    "channel_inventory_dashboard/controllers/metrics.py:RECENT": "for five seconds",
    # of the process itself, and no other has to know
    "channel_inventory_base/db/jobs.py:_looked": "when this process last looked for"
    " dead jobs: each looks once a second at most",
    "channel_inventory_base/models/channel_inbox_event.py:AT_ONCE": "how much of this"
    " process's time requests may take",
    "channel_inventory_base/models/channel_secret_mixin.py:_threads": "connections of"
    " a thread, without cookies",
}
CACHES = {"cache", "lru_cache", "ormcache", "ormcache_context", "cached"}
STATEFUL = {
    "local",
    "Lock",
    "RLock",
    "Event",
    "Condition",
    "Semaphore",
    "Queue",
    "ThreadPoolExecutor",
    "deque",
    "defaultdict",
    "OrderedDict",
    "Counter",
    "WeakKeyDictionary",
    "WeakValueDictionary",
    "LRU",
    "Recent",
    "Turns",
}
CHANGING = {"add", "append", "appendleft", "clear", "discard", "extend", "insert"}
CHANGING |= {"pop", "popitem", "popleft", "remove", "setdefault", "update"}
# What is kept by a session of PostgreSQL and not by a transaction: behind a pooler it
# would be another one's (docs/scaling.md).
OF_A_SESSION = re.compile(
    r"pg_(try_)?advisory_(lock|unlock)\b|\b(UN)?LISTEN [a-z]|\bWITH HOLD\b"
    r"|\bSET (\w+_(timeout|mem|path|cost)|jit|role|enable_\w+) "
    r"|\bSET SESSION\b|\bCREATE TEMP(ORARY)? TABLE (?!.*ON COMMIT DROP)"
    r"|\b(PREPARE|DEALLOCATE) [a-z]"
)


def sources():
    for path in sorted(REPO.glob("channel_*/**/*.py")):
        if not {"tests", "demo", "migrations"} & set(path.parts):
            yield path


def name_of(node):
    """The last name of what is called or decorates, such as ``lru_cache``."""
    if isinstance(node, ast.Call):
        node = node.func
    return getattr(node, "attr", None) or getattr(node, "id", None)


def remembered(tree):
    """Yield names of functions with a cache, of stateful objects of the module, and of
    others of it that its functions change."""
    of_module = set()
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            targets = getattr(node, "targets", None) or [node.target]
            names = [each.id for each in targets if isinstance(each, ast.Name)]
            of_module.update(names)
            if isinstance(node.value, ast.Call) and name_of(node.value) in STATEFUL:
                yield from names
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            if CACHES & {name_of(each) for each in node.decorator_list}:
                yield node.name
            yield from changed(node, of_module)


def changed(function, names):
    own = {
        each.id
        for each in ast.walk(function)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    } | {each.arg for each in ast.walk(function) if isinstance(each, ast.arg)}
    for node in ast.walk(function):
        target = None
        if isinstance(node, ast.Global):
            yield from node.names
        elif isinstance(node, ast.Subscript | ast.Attribute):
            if isinstance(node.ctx, ast.Store | ast.Del):
                target = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in CHANGING:
                target = node.func.value
        if isinstance(target, ast.Name) and target.id in names - own:
            yield target.id


def texts(tree):
    """Literals that are no docstrings."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in docs:
                yield " ".join(node.value.split())


def test_nothing_else_is_remembered_by_a_process():
    found = set()
    for path in sources():
        tree = ast.parse(path.read_text())
        found |= {f"{path.relative_to(REPO)}:{name}" for name in remembered(tree)}
    assert found == set(REMEMBERED)


def test_nothing_is_kept_by_a_session_of_the_database():
    """Locks, notifications and settings of a session do not go through a pooler."""
    kept = [
        (str(path.relative_to(REPO)), text)
        for path in sources()
        for text in texts(ast.parse(path.read_text()))
        if OF_A_SESSION.search(text)
    ]
    assert kept == []


def test_what_would_be_remembered_is_found():
    code = """
KNOWN = {}
TABLE = {1: 2}
_lock = threading.Lock()
@cache
def a(): pass
def b(KNOWN): KNOWN[1] = 2
def c(): KNOWN[1] = 2
def d():
    global _last
    _last = 1
def e(): TABLE.get(1)
def f(): TABLE.update({})
"""
    assert set(remembered(ast.parse(code))) == {"_lock", "a", "KNOWN", "_last", "TABLE"}
    for text in (
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_lock(1)",
        "LISTEN queue",
        "SET work_mem = %s",
        "CREATE TEMPORARY TABLE x AS SELECT 1",
        "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
    ):
        assert OF_A_SESSION.search(text), text
    for text in (
        "SELECT pg_advisory_xact_lock(1)",
        "SET LOCAL work_mem = %s",
        "SET TRANSACTION READ ONLY",
        "UPDATE job SET state = %s",
        "CREATE TEMPORARY TABLE %s ON COMMIT DROP AS %s",
    ):
        assert not OF_A_SESSION.search(text), text
