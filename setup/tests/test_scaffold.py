"""A connector that was just made: what it is, and how far it gets."""

import ast
import os
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from . import scaffold_author

REPO = Path(__file__).parents[2]
SETUP = REPO / "setup"
NAME = "acme_market"
ADDON = f"channel_connector_{NAME}"
FINISHED = "channel_connector_finished"
CONTRACT = "test_contract_"
# what no capability switches off, and what the first one switches on
WAITING = {
    "connection_test_tells_who_it_is",
    "push_writes_and_acknowledges",
    "unknown_item_is_rejected_and_the_others_are_not",
    "wrong_credentials_are_an_auth_error",
}
# what a channel that knows the keys of messages need not be able to
REPEATED = {
    "lost_answer_to_a_parcel_is_found",
    "parcel_of_another_message_is_not_taken_for_ours",
    "refund_that_never_arrived_is_not_found",
}
# what a channel need not be able to that gives its numbers and orders one by one
UNREAD = {
    "items_that_sell_below_zero_are_told_and_stopped",
    "list_of_orders_goes_on_where_it_was_interrupted",
    "orders_are_counted_as_they_are_listed",
    "orders_are_listed_by_when_they_were_placed",
    "snapshot_dates_a_number_and_tells_commitments",
    "snapshot_goes_on_where_it_was_interrupted",
    "snapshot_has_each_number_once",
}


def scaffold(*arguments):
    return subprocess.run(
        [SETUP / "scaffold-connector", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("addons")
    done = scaffold(NAME, "Acme Market", "--into", folder)
    assert done.returncode == 0, done.stderr
    return folder


def texts(folder):
    return {
        str(path.relative_to(folder / ADDON)): path.read_text()
        for path in (folder / ADDON).rglob("*")
        if path.is_file() and path.suffix != ".png"
    }


def test_every_part_of_a_connector_is_there(folder):
    names = set(texts(folder))
    assert names > {
        "__manifest__.py",
        "client.py",
        "demo/channel_demo.xml",
        f"i18n/{ADDON}.pot",
        "mapper.py",
        f"models/channel_adapter_{NAME}.py",
        "models/channel_channel.py",
        "pyproject.toml",
        "readme/DESCRIPTION.md",
        "README.rst",
        "static/description/icon.svg",
        "tests/rights.py",
        "tests/shop.py",
        "tests/test_contract.py",
        "views/channel_channel_views.xml",
    }
    assert (folder / ADDON / "static/description/icon.png").exists()
    assert not [name for name in names if name.endswith(".in")]


def test_no_word_of_the_templates_is_left(folder):
    for name, text in texts(folder).items():
        assert "{{" not in text, name
        if Path(name).suffix in (".py", ".xml", ".sql"):
            assert max(map(len, text.splitlines()), default=0) <= 88, name


def test_sources_are_well_formed(folder):
    for name, text in texts(folder).items():
        if name.endswith(".py"):
            ast.parse(text, name)
        elif name.endswith(".xml"):
            ElementTree.fromstring(text.encode())


def test_manifest_is_that_of_a_connector(folder):
    manifest = ast.literal_eval(texts(folder)["__manifest__.py"])
    assert manifest["name"] == "Channel Connector Acme Market"
    assert manifest["depends"] == ["channel_inventory_base"]
    for path in manifest["data"] + manifest["demo"]:
        assert (folder / ADDON / path).exists()


@pytest.mark.parametrize(
    "arguments", [["x"], ["a_name_of_twenty4letters", "A Title of 24 Letters OK"]]
)
def test_ruff_finds_nothing_however_long_names_are(arguments, tmp_path):
    """``setup/lib/lint`` has all hooks look at a connector that was just made."""
    cache = Path(os.environ["CHANNEL_CACHE"])
    ruffs = sorted(cache.glob("pre-commit/*/py_env-*/bin/ruff"))
    if not ruffs:
        pytest.skip("setup/lib/lint, which installs ruff, was not run yet")
    done = scaffold(*arguments, "--into", tmp_path)
    assert done.returncode == 0, done.stderr
    config = ["--no-cache", f"--config={REPO / '.ruff.toml'}", tmp_path]
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [ruffs[-1], *command, *config], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


def test_what_is_left_to_write_says_what(folder):
    """Each method that is to be written raises words for its author."""
    found = 0
    for name, text in texts(folder).items():
        for node in ast.walk(ast.parse(text)) if name.endswith(".py") else ():
            if isinstance(node, ast.Raise) and "NotImplementedError" in ast.dump(node):
                [words] = node.exc.args
                assert ast.unparse(words).strip("'\""), name
                found += 1
    assert found > 15


@pytest.mark.parametrize(
    "arguments",
    [
        ["Acme"],
        ["1acme"],
        ["acme-market"],
        ["none"],
        ["woocommerce"],
        ["acme", 'Acme "Market"'],
        ["acme", "A title that is longer than lines of code bear"],
        ["acme", "--into", "/nowhere/at/all"],
    ],
)
def test_what_cannot_be_a_connector_is_refused(arguments, tmp_path):
    done = scaffold(
        *(arguments if "--into" in arguments else [*arguments, "--into", tmp_path])
    )
    assert done.returncode == 1
    assert done.stderr.startswith("setup/scaffold-connector: ")
    assert not list(tmp_path.iterdir())


def test_existing_folder_is_left_alone(folder):
    before = texts(folder)
    done = scaffold(NAME, "Other", "--into", folder)
    assert done.returncode == 1
    assert f"{ADDON} exists" in done.stderr
    assert texts(folder) == before


# ------------------------------------------------------------------- installed


@pytest.fixture(scope="module")
def outcomes(folder):
    """{(addon, name of a test): what became of it} of a connector as it is made, and of
    one that its author has finished."""
    sys.path.insert(0, str(SETUP / "lib"))
    import databases
    import run_tests

    assert scaffold("finished", "--into", folder).returncode == 0
    scaffold_author.write(folder / FINISHED)
    env = dict(os.environ)
    template = databases.ensure_template(env, log=run_tests.say)
    database = f"channel_test_{os.getpid()}_{int(time.time()):x}"
    conf = databases.write_conf(env, folder / "odoo.conf", more_addons=[folder])
    report = folder / "report.xml"
    try:
        databases.clone(env, template, database)
        databases.install(env, database, [ADDON, FINISHED], conf)
        run_tests.pytest(
            [
                folder / ADDON,
                folder / FINISHED,
                f"--rootdir={folder}",
                f"--odoo-database={database}",
                f"--odoo-config={conf}",
                "--odoo-log-level=critical",
                f"--junitxml={report}",
                "-q",
                "--tb=line",
            ],
            env,
        )
    finally:
        databases.drop(env, database)
    return dict(read(report))


def read(report):
    for case in ElementTree.parse(report).iter("testcase"):
        broken = [each for each in case if each.tag in ("error", "failure")]
        if not broken:
            what = "skipped" if case.find("skipped") is not None else "passed"
        elif all("NotImplementedError: " in each.get("message") for each in broken):
            what = "waits"
        else:
            what = "\n".join(each.text for each in broken)
        addon = case.get("classname").split(".")[0]
        yield (addon, case.get("name")), what


def of(outcomes, addon, contract):
    return {
        name.removeprefix(CONTRACT): what
        for (owner, name), what in outcomes.items()
        if owner == addon and name.startswith(CONTRACT) == contract
    }


@pytest.mark.timeout(1200)
def test_made_connector_fails_only_where_its_author_has_to_write(outcomes):
    contract = of(outcomes, ADDON, True)
    assert set(contract.values()) == {"passed", "skipped", "waits"}
    assert {name for name, what in contract.items() if what == "waits"} == WAITING


@pytest.mark.timeout(1200)
def test_capabilities_that_are_off_skip_their_tests(outcomes):
    kinds = list(of(outcomes, ADDON, True).values())
    assert kinds.count("passed") >= 5
    assert kinds.count("skipped") > 20


@pytest.mark.timeout(1200)
def test_client_and_settings_of_a_made_connector_work(outcomes):
    own = of(outcomes, ADDON, False)
    assert len(own) >= 6
    assert set(own.values()) == {"passed"}


@pytest.mark.timeout(1200)
def test_finished_connector_keeps_the_contract(outcomes):
    """What is made needs nothing more than what it asks for."""
    contract = of(outcomes, FINISHED, True)
    assert set(contract.values()) == {"passed", "skipped"}
    skipped = {name for name, what in contract.items() if what == "skipped"}
    assert skipped == REPEATED | UNREAD
