"""Run the tests on throw-away clones of the template; ``setup/test`` is its front.

All of them are run in several streams at once, one a processor; each takes the next
part when it is done with one. What fails there runs once more, alone, and is named
whatever comes of it. What the arguments choose is run in one.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import databases
import postgres

SETUP = databases.REPO / "setup"
SOME_FAILED = 1  # pytest's exit code
NO_TESTS = 5  # pytest's exit code
SECONDS_TO_CLEAN_UP = 20
SECONDS_OF_STATEMENT = 240
"""What takes longer waits for what never comes. Less than a test's own time, which
cannot end a statement: the error then names it."""
STREAMS = int(os.environ.get("CHANNEL_STREAMS") or min(os.cpu_count(), 4))
PARTS = 4
"""So many a stream: few enough that starting Odoo for each costs little, enough that
the streams end together."""
TRIED_AGAIN = 8
"""Tests at most: where more fail, it is not that the machine was busy."""

groups = set()
"""Process groups of the runs of pytest that are under way."""


def say(message):
    print(message, file=sys.stderr, flush=True)


def main(arguments):
    plain, odoo, options = split(arguments)
    whole = not (plain or odoo)
    with postgres.running() as env:
        if whole and STREAMS > 1:
            codes = try_again(test_all(options, env), options, env)
        else:
            codes = test_chosen(
                *(all_tests() if whole else (plain, odoo)), options, env
            )
    if set(codes) <= {NO_TESTS}:
        say("no test was found")
        return NO_TESTS if arguments else 0
    return next((code for code in codes if code not in (0, NO_TESTS)), 0)


def all_tests():
    """Return (folders of tests without Odoo, folders of addons)."""
    plain = sorted(SETUP.glob("**/tests"))
    return plain, [databases.REPO / name for name in databases.addons()]


def test_chosen(plain, odoo, options, env):
    codes = []
    if plain:
        codes.append(pytest([*plain, *options, "-p", "no:odoo"], env))
    if odoo:
        codes.append(test_addons([*odoo, *options], env))
    return codes


def test_all(options, env):
    """Run all tests in parts, ``STREAMS`` of them at a time, and print the output of
    each part as a whole."""
    printing = threading.Lock()
    drop_leftovers(env)

    def run(number, part):
        log = databases.checkout_folder() / f"tests-{number}.log"
        # pytest keeps what failed in runs before this one, too
        last_failed_file(number).unlink(missing_ok=True)
        name = template.result() if needs_template(part) else ""
        began = time.monotonic()
        with open(log, "w+") as output:
            if is_odoo(part):
                code = test_on_clone(name, [*part, *options], env, output, number)
            else:
                code = pytest([*part, *options, "-p", "no:odoo"], env, output, number)
            with printing:
                took = time.monotonic() - began
                folders = {file.relative_to(databases.REPO).parts[0] for file in part}
                where = ", ".join(sorted(folders))
                say(f"test  {len(part)} files of {where} in {took:.0f} s")
                output.seek(0)
                sys.stdout.writelines(output)
                sys.stdout.flush()
        return code

    with ThreadPoolExecutor(STREAMS) as streams:
        # minutes on one processor: what needs no template is tested meanwhile
        template = streams.submit(ensure_template, env)
        running = [streams.submit(run, *each) for each in enumerate(parts())]
        try:
            return [each.result() for each in running]
        except BaseException:
            streams.shutdown(wait=False, cancel_futures=True)
            for group in list(groups):  # their threads clean up after them
                kill_group(group)
            raise


def try_again(codes, options, env):
    """Run alone what failed beside other streams, where a test's patience may end
    before its turn comes, and return the exit codes with those of this second try.

    What passes now is named all the same: it may be a race that shows under load only.
    """
    failed = {number: last_failed(number) for number, code in enumerate(codes) if code}
    tests = [test for part in failed.values() for test in part]
    for test in tests:
        say(f"test  failed beside other streams: {test}")
    told = all(failed.values()) and set(codes) <= {0, SOME_FAILED}
    if not tests or not told or len(tests) > TRIED_AGAIN:
        return codes
    again = test_chosen(*split(tests)[:2], options, env)
    if not any(again):
        say(f"test  passed alone, look at it: {', '.join(tests)}")
    return again


def last_failed(number):
    """Return the tests that failed in a part's last run, as pytest takes them."""
    file = last_failed_file(number)
    failed = json.loads(file.read_text()) if file.exists() else {}
    return [f"{databases.REPO}/{test}" for test in sorted(failed)]


def last_failed_file(number):
    return cache_folder(number) / "v/cache/lastfailed"


def cache_folder(number):
    return databases.checkout_folder() / f"pytest-{number}"


def ensure_template(env):
    template = databases.ensure_template(env, log=say)
    return databases.ensure_with_assets(env, template, log=say)


def needs_template(part):
    """Whether its tests begin with a template, or make clones of it."""
    return not part[0].is_relative_to(SETUP / "sandbox")


def parts():
    """Lists of test files: those of a folder without Odoo, and as many parts of all
    that need Odoo as keep the streams busy to the end, each as long as the others:
    starting Odoo for each addon would cost minutes. Those that need no template come
    first, then those that make databases of their own, which is slow."""
    plain, odoo = all_tests()
    found = [sorted(folder.glob("test_*.py")) for folder in plain]
    files = [file for folder in odoo for file in folder.rglob("tests/test_*.py")]
    pieces = [[] for _number in range(STREAMS * PARTS)]
    for file in sorted(files, key=lambda at: at.stat().st_size, reverse=True):
        min(pieces, key=size).append(file)
    found += [sorted(piece) for piece in pieces]
    found = filter(None, found)
    return sorted(found, key=lambda part: (needs_template(part), is_odoo(part)))


def is_odoo(part):
    return not part[0].is_relative_to(SETUP)


def size(files):
    return sum(file.stat().st_size for file in files)


def split(arguments):
    """Return (paths of tests without Odoo, paths of addon tests, other arguments)."""
    plain, odoo, options = [], [], []
    for argument in arguments:
        path = Path(argument.split("::")[0])
        if path.suffix == ".py" and not path.exists():
            sys.exit(f"setup: there is no {path}")
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
    return test_on_clone(template, arguments, env)


def test_on_clone(template, arguments, env, output=None, number=0):
    name = f"channel_test_{os.getpid()}_{int(time.time()):x}{number:02d}"
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
        databases.stop_vacuums(env, name)
        return pytest([*arguments, *odoo_options], env, output, number)
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


def pytest(arguments, env, output=None, number=0):
    """Run pytest and leave none of its processes behind, however it ends."""
    cache = cache_folder(number)
    command = [sys.executable, "-m", "pytest", "-o", f"cache_dir={cache}"]
    waits = f"-c statement_timeout={SECONDS_OF_STATEMENT}s"
    env = dict(env, PGOPTIONS=f"{env.get('PGOPTIONS', '')} {waits}".strip())
    # A debugger needs the terminal, which only this session has.
    own_session = not any("pdb" in str(argument) for argument in arguments)
    child = subprocess.Popen(
        [*command, f"--rootdir={databases.REPO}", *map(str, arguments)],
        env=env,
        stdout=output,
        stderr=output and subprocess.STDOUT,
        start_new_session=own_session,
    )
    groups.add(child.pid)
    try:
        return child.wait()
    except KeyboardInterrupt:
        child.send_signal(signal.SIGINT)
        child.wait(SECONDS_TO_CLEAN_UP)
        raise
    finally:
        groups.discard(child.pid)
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
