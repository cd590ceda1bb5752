"""Template databases and throw-away clones of them.

Level 0 is Odoo with its demo data and the modules our addons stand on (minutes, made
once per set of pins). Level 1 is a clone of it with the addons of this checkout
installed, made once per state of their files. A test run or a demo clones level 1,
which takes a second.

Attachments of templates are stored in the database, so ``CREATE DATABASE x TEMPLATE y``
is a complete copy, without a file store.
"""

import ast
import contextlib
import fcntl
import hashlib
import os
import re
import subprocess
import sys
import time
from configparser import RawConfigParser
from pathlib import Path

import postgres
from psycopg2 import errors, sql

REPO = Path(os.environ["CHANNEL_REPO"])
CACHE = Path(os.environ["CHANNEL_CACHE"])
ODOO = Path(os.environ["CHANNEL_ODOO"])
VENV = Path(os.environ["CHANNEL_VENV"])

BASE_MODULES = (
    "sale_management",
    "sale_stock",
    "purchase_stock",
    "sale_mrp",
    "product_expiry",
    "stock_delivery",
    "point_of_sale",
    "sale_crm",
    "queue_job",
)
# Files that leave no trace in a database, so a template survives their change.
NOT_IN_DATABASE = {"__pycache__", "i18n", "readme", "static", "tests"}
KEEP_TEMPLATES = 3
KEEP_SECONDS = 3600
STORE_ATTACHMENTS_IN_DATABASE = """
env["ir.config_parameter"].set_param("ir_attachment.location", "db")
env["ir.attachment"].force_storage()
env.cr.commit()
"""
LOAD_LANGUAGE = """
languages = env["res.lang"].with_context(active_test=False)
env["base.language.install"].create(
    {"lang_ids": [(6, 0, languages.search([("code", "=", %r)]).ids)]}
).lang_install()
env.cr.commit()
# a server that runs has read the terms of before
env.registry.clear_all_caches()
env.registry.signal_changes()
"""
MAKE_ASSETS = """
for name in ("web", "frontend", "frontend_minimal", "frontend_lazy", "tests"):
    env["ir.qweb"]._get_asset_bundle(f"web.assets_{name}", css=False, js=True).js()
    env["ir.qweb"]._get_asset_bundle(f"web.assets_{name}", css=True, js=False).css()
env.cr.commit()
"""
"""What a tour asks for; Odoo's own way makes five times as much."""


class InstallError(Exception):
    """An addon did not install; the message says where the log is."""


# --- where things are ---------------------------------------------------------------


def checkout_folder():
    """Cache folder of this checkout: configuration, logs, screenshots, file store."""
    key = hashlib.sha256(str(REPO).encode()).hexdigest()[:12]
    folder = CACHE / "checkouts" / key
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def addons():
    """Names of the addons to install: those of the checkout, or of $CHANNEL_ADDONS."""
    found = sorted(
        path.parent.name
        for path in REPO.glob("*/__manifest__.py")
        if ast.literal_eval(path.read_text()).get("installable", True)
    )
    wanted = os.environ.get("CHANNEL_ADDONS", "").replace(",", " ").split()
    if unknown := set(wanted) - set(found):
        raise InstallError(f"no such addon in CHANNEL_ADDONS: {', '.join(unknown)}")
    return wanted or found


def odoo_modules():
    """Names of Odoo's own modules below them: $CHANNEL_MODULES, or all that our addons
    work with."""
    wanted = os.environ.get("CHANNEL_MODULES", "").replace(",", " ").split()
    return tuple(wanted) or BASE_MODULES


def _with_dependencies(names):
    """``names`` and those addons of this checkout they depend on."""
    todo, found = list(names), set()
    while todo:
        manifest = REPO / todo.pop() / "__manifest__.py"
        if manifest.exists() and manifest.parent.name not in found:
            found.add(manifest.parent.name)
            todo += ast.literal_eval(manifest.read_text()).get("depends", [])
    return sorted(found)


# --- templates ----------------------------------------------------------------------


def ensure_template(env, log=print):
    """Return the name of the level-1 template for the files as they are now."""
    base = ensure_base(env, log)
    names = addons()
    if not names:
        return base
    last = checkout_folder() / "template"
    if os.environ.get("CHANNEL_KEEP_TEMPLATE") and last.exists():
        if exists(env, last.read_text()):
            log(f"kept  template {last.read_text()}, whatever changed since")
            return last.read_text()
    name = f"channel_l1_{_hash(base, *names, *_content(_with_dependencies(names)))}"
    # of its own, so that clones of different states do not wait for each other
    with lock(name):
        if not exists(env, name):
            log(f"make  template {name}: {', '.join(names)}")
            _build(env, name, names, base)
        mark_used(env, name)
    last.write_text(name)
    drop_old(env, "channel_l1_", KEEP_TEMPLATES, keep=name)
    return name


def ensure_with_assets(env, template, log=print):
    """Return the name of a template that also has what browsers load. Each tour would
    make that anew: what a test has made is gone after it."""
    name = f"{template}_web"
    with lock(name):
        if not exists(env, name):
            log(f"make  template {name}: what browsers load")
            building = f"{name}_building"
            drop(env, building)
            clone(env, template, building)
            mark_used(env, building)
            _odoo(env, building, "shell", "--no-http", stdin=MAKE_ASSETS)
            rename(env, building, name)
        mark_used(env, name)
    return name


def ensure_base(env, log):
    modules = odoo_modules()
    name = f"channel_l0_{_hash(VENV.name, *modules)}"
    with lock(name):
        if not exists(env, name):
            log(f"make  template {name}: Odoo and its demo data, a few minutes")
            _build(env, name, modules, finish=STORE_ATTACHMENTS_IN_DATABASE)
    return name


def _build(env, name, modules, template="template0", finish=""):
    """Build under another name and rename, so a name means a finished template."""
    building = f"{name}_building"
    drop(env, building)
    clone(env, template, building)
    mark_used(env, building)  # nobody's leftover
    with _without_own_demo(env, building):
        install(env, building, modules)
    if finish:
        _odoo(env, building, "shell", "--no-http", stdin=finish)
    rename(env, building, name)


@contextlib.contextmanager
def _without_own_demo(env, database):
    """Our addons' own demo data are no part of a template: tests and demo make what
    they need, and count it. Odoo installs those of an addon if all that it depends on
    have theirs."""
    query = "UPDATE ir_module_module SET demo = %s WHERE name = 'queue_job'"
    has_modules = "SELECT to_regclass('ir_module_module') IS NOT NULL"
    with _cursor(env, database) as cursor:
        cursor.execute(has_modules)
        [has_odoo] = cursor.fetchone()
        if has_odoo:
            cursor.execute(query, [False])
    yield
    if has_odoo:
        with _cursor(env, database) as cursor:
            cursor.execute(query, [True])


def install(env, database, modules, conf=None):
    """Install ``modules`` with demo data; raise :class:`InstallError` if one is not.

    :param conf: path of the configuration, where it is not this checkout's
    """
    arguments = ("--init", ",".join(modules), "--with-demo", "--stop-after-init")
    log = _odoo(env, database, *arguments, conf=conf)
    with _cursor(env, database) as cursor:
        cursor.execute("SELECT name FROM ir_module_module WHERE state = 'installed'")
        installed = {row[0] for row in cursor.fetchall()}
    if missing := sorted(set(modules) - installed):
        raise InstallError(f"not installed: {', '.join(missing)}: see {log}")


def load_language(env, database, code, conf=None):
    """Load language ``code`` with the terms of all that is installed."""
    script = LOAD_LANGUAGE % code
    _odoo(env, database, "shell", "--no-http", stdin=script, conf=conf)


def _odoo(env, database, *arguments, stdin="", conf=None):
    """Run Odoo on ``database``; return the path of its log."""
    log = checkout_folder() / f"{database}.log"
    command = [VENV / "bin/python", "-m", "odoo"]
    options = ["--config", conf or write_conf(env), "--database", database]
    if arguments[0] == "shell":
        command, arguments = [*command, "shell"], arguments[1:]
    with open(log, "w") as output:
        done = subprocess.run(
            [str(part) for part in (*command, *options, "--max-cron-threads=0")]
            + list(arguments),
            env=env,
            cwd=checkout_folder(),
            input=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    _show_complaints(log)
    if done.returncode:
        raise InstallError(f"Odoo stopped with {done.returncode}: see {log}")
    return log


def _show_complaints(log):
    """What went wrong belongs on the screen, not only in a log."""
    text = log.read_text(errors="replace")
    for complaint in re.findall(
        r"^\S+ \S+ \d+ (?:WARNING|ERROR|CRITICAL) (?!\S+ py\.warnings).*"
        r"(?:\n(?!\d{4}-).*)*",
        text,
        re.MULTILINE,
    ):
        print(complaint, file=sys.stderr)


def drop_old(env, beginning, how_many, keep):
    """Keep the newest few, and those that somebody who runs now may still clone."""
    with _cursor(env) as cursor:
        cursor.execute(
            "SELECT datname, coalesce(shobj_description(oid, 'pg_database'), '0')"
            " FROM pg_database WHERE starts_with(datname, %s)",
            [beginning],
        )
        used = {name: float(at) for name, at in cursor.fetchall()}
    by_age = sorted(used, key=used.get, reverse=True)
    for name in by_age[how_many:]:
        if name != keep and time.time() - used[name] > KEEP_SECONDS:
            drop(env, name)


def mark_used(env, name):
    with _cursor(env) as cursor:
        cursor.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                sql.Identifier(name), sql.Literal(str(time.time()))
            )
        )


def _content(names):
    """Yield the paths and contents that decide what installing ``names`` makes."""
    for name in names:
        for path in sorted((REPO / name).rglob("*")):
            inside = path.relative_to(REPO)
            if path.is_file() and not NOT_IN_DATABASE & set(inside.parts):
                yield f"{inside}\0{hashlib.sha256(path.read_bytes()).hexdigest()}"


def _hash(*parts):
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


# --- databases ----------------------------------------------------------------------


def clone(env, template, name):
    """Create database ``name`` as a copy of ``template``."""
    with _cursor(env) as cursor:
        # Files are copied as they are: on a cluster without fsync the fastest way.
        strategy = (
            " STRATEGY file_copy" if cursor.connection.server_version >= 150000 else ""
        )
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'" + strategy).format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )


def stop_vacuums(env, name):
    """No vacuum looks at the tables of database ``name``. Tests roll back what they
    write: it would find tables empty of which the next test fills thousands of rows,
    and what PostgreSQL chooses for an empty table takes hours for a full one."""
    with _cursor(env, name) as cursor:
        cursor.execute(
            """
            DO $$ DECLARE found regclass; BEGIN
                FOR found IN SELECT oid FROM pg_class WHERE relkind = 'r'
                                AND relnamespace = 'public'::regnamespace
                LOOP
                    EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)',
                                   found);
                END LOOP;
            END $$
            """
        )


def rename(env, name, new_name):
    with _cursor(env) as cursor:
        cursor.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(name), sql.Identifier(new_name)
            )
        )


def drop(env, name):
    """Drop database ``name`` with whoever is connected to it."""
    with _cursor(env) as cursor:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
            sql.Identifier(name)
        )
        for _attempt in range(20):
            try:
                return cursor.execute(statement)
            except errors.InsufficientPrivilege:
                # a vacuum is at work there, and only a superuser may end that
                time.sleep(0.5)
        cursor.execute(statement)


def exists(env, name):
    return name in names_like(env, name)


def names_like(env, beginning):
    """Names of the databases that begin so."""
    with _cursor(env) as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)",
            [beginning],
        )
        return [row[0] for row in cursor.fetchall()]


@contextlib.contextmanager
def _cursor(env, database=None):
    with contextlib.closing(postgres.connect(env, database)) as connection:
        yield connection.cursor()


@contextlib.contextmanager
def lock(name):
    folder = CACHE / "locks"
    folder.mkdir(exist_ok=True)
    with open(folder / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# --- configuration ------------------------------------------------------------------


def job_channels():
    """:return: the job runner's channels, as the base's readme recommends them"""
    readme = (REPO / "channel_inventory_base/readme/CONFIGURE.md").read_text()
    return re.search(r"^channels = (root:\S+)$", readme, re.MULTILINE)[1]


def write_conf(env, path=None, options=None, channels="root:2", more_addons=()):
    """Write an Odoo configuration and return its path.

    ``options`` override the ``[options]`` section, for example
    ``{"workers": 3, "http_port": 8069}``; ``channels`` is queue_job's setting.
    ``more_addons``: folders of addons besides this checkout's and Odoo's.
    """
    path = Path(path or checkout_folder() / "odoo.conf")
    folder = checkout_folder()
    addons_path = [REPO, *more_addons]
    if (ODOO / "addons").is_dir():
        addons_path.append(ODOO / "addons")
    conf = RawConfigParser()
    conf["options"] = {
        "addons_path": ",".join(map(str, addons_path)),
        "data_dir": folder / "data",
        "screenshots": folder / "screenshots",
        "server_wide_modules": "base,rpc,web,queue_job",
        "with_demo": True,
        "workers": 0,
        "max_cron_threads": 0,
        "http_interface": "127.0.0.1",
        **_server_options(env),
        **(options or {}),
    }
    conf["queue_job"] = {"channels": channels}
    conf["channel_inventory"] = {
        "secret_key": made_key("secret_key"),
        "seal_key": made_key("seal_key"),
        # the shops of tests and demo are on this machine
        "allow_private_addresses": "127.0.0.0/8, ::1",
    }
    (folder / "data").mkdir(exist_ok=True)
    building = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(building, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        conf.write(file)
    building.replace(path)
    return path


def _server_options(env):
    names = {"db_host": "PGHOST", "db_port": "PGPORT", "db_user": "PGUSER"}
    return {option: env[name] for option, name in names.items() if env.get(name)}


def made_key(name):
    """A key of tests and demo, made once: what encrypts channels' secrets, what signs
    audit seals."""
    from cryptography.fernet import Fernet

    path = CACHE / name
    with lock(name):
        if not path.exists():
            with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
                file.write(Fernet.generate_key().decode())
    return path.read_text()
