"""Run the tests on a throw-away clone of the template; ``setup/test`` is its front."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import databases
import postgres

SETUP = databases.REPO / "setup"
NO_TESTS = 5  # pytest's exit code
SECONDS_TO_CLEAN_UP = 20


def say(message):
    print(message, file=sys.stderr, flush=True)


def main(arguments):
    plain, odoo, options = split(arguments)
    if not (plain or odoo):
        plain = sorted(SETUP.glob("**/tests"))
        odoo = [databases.REPO / name for name in databases.addons()]
    codes = []
    with postgres.running() as env:
        if plain:
            codes.append(pytest([*plain, *options, "-p", "no:odoo"], env))
        if odoo:
            codes.append(test_addons([*odoo, *options], env))
    if set(codes) <= {NO_TESTS}:
        say("no test was found")
        return NO_TESTS if arguments else 0
    return next((code for code in codes if code not in (0, NO_TESTS)), 0)


def split(arguments):
    """Return (paths of tests without Odoo, paths of addon tests, other arguments)."""
    plain, odoo, options = [], [], []
    for argument in arguments:
        path = Path(argument.split("::")[0])
        if argument.startswith("-") or not path.exists():
            options.append(argument)
        elif path.resolve().is_relative_to(SETUP):
            plain.append(argument)
        else:
            odoo.append(argument)
    return plain, odoo, options


def test_addons(arguments, env):
    template = databases.ensure_template(env, log=say)
    drop_leftovers(env)
    name = f"channel_test_{os.getpid()}_{int(time.time()):x}"
    conf = databases.write_conf(env)
    env = dict(env, CHANNEL_TEST_TEMPLATE=template, CHANNEL_ODOO_CONF=str(conf))
    odoo_options = [
        f"--odoo-database={name}",
        f"--odoo-config={conf}",
        "--odoo-http",
        "--odoo-log-level=warn",
    ]
    try:
        databases.clone(env, template, name)
        return pytest([*arguments, *odoo_options], env)
    finally:
        # Tests that need databases of their own name them after the current one.
        for database in databases.names_like(env, name):
            databases.drop(env, database)


def drop_leftovers(env):
    """Drop what a killed run left (its process id is in the name)."""
    if postgres.is_external():
        return  # the process may live on another machine
    for name in databases.names_like(env, "channel_test_"):
        if not Path(f"/proc/{name.split('_')[2]}").exists():
            databases.drop(env, name)


def pytest(arguments, env):
    """Run pytest and leave none of its processes behind, however it ends."""
    cache = databases.checkout_folder() / "pytest"
    command = [sys.executable, "-m", "pytest", "-o", f"cache_dir={cache}"]
    # A debugger needs the terminal, which only this session has.
    own_session = not any("pdb" in str(argument) for argument in arguments)
    child = subprocess.Popen(
        [*command, f"--rootdir={databases.REPO}", *map(str, arguments)],
        env=env,
        start_new_session=own_session,
    )
    try:
        return child.wait()
    except KeyboardInterrupt:
        child.send_signal(signal.SIGINT)
        child.wait(SECONDS_TO_CLEAN_UP)
        raise
    finally:
        if own_session:
            kill_group(child.pid)


def kill_group(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except (postgres.PostgresError, databases.InstallError) as error:
        sys.exit(f"setup: stopped: {error}")
