"""Somebody else's connector in the simulator: how it is met, and what is left out."""

import sys
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[1]
sys.path[:0] = [str(SETUP), str(SETUP / "lib")]

import databases  # noqa: E402
from simulation import docs, main, report, rival, world  # noqa: E402

WHOLE = "\n".join(before for _name, before, _after in rival.PATCHES)


@pytest.fixture
def addon(tmp_path):
    (tmp_path / "lib").mkdir()
    return tmp_path


def test_its_copy_speaks_to_stores_without_tls(addon):
    path = addon / "lib" / "client.py"
    path.write_text(f"before\n{WHOLE}\nafter")
    rival.patch(addon)
    text = path.read_text()
    assert "https" not in text
    assert text.count("http://") == len(rival.PATCHES)
    assert (text[:6], text[-5:]) == ("before", "after")


@pytest.mark.parametrize("text", ["", f"{WHOLE}\n{WHOLE}"])
def test_a_release_that_is_another_is_refused(addon, text):
    (addon / "lib" / "client.py").write_text(text)
    with pytest.raises(databases.InstallError, match="not once"):
        rival.patch(addon)


@pytest.mark.parametrize(
    ("channels", "plays", "named"),
    [
        ("2", "alpha,charlie", "bravo"),
        ("1", "alpha", ""),
        ("charlie,bravo,delta", "charlie", "bravo, delta"),
        ("alpha,counter5", "alpha", "counter5"),
    ],
)
def test_shops_that_it_cannot_do_are_left_out_by_name(channels, plays, named):
    options = main.read(["--strategy", "shared,oca_shopify", "--channels", channels])
    assert options.channels == plays
    assert options.left_out[0].partition(": ")[2] == named
    assert [each.name for each in options.strategies] == ["shared", "oca_shopify"]


def test_without_it_nothing_is_left_out():
    options = main.read(["--channels", "3"])
    assert options.left_out == []
    assert (options.channels, options.faults) == ("3", "all")
    assert "oca_shopify" not in [each.name for each in options.strategies]


def test_faults_that_no_real_store_has_are_left_out_for_all():
    options = main.read(["--strategy", "shared,oca_shopify", "--faults", "all"])
    assert "tokens" not in options.faults.split(",")
    assert {"webhooks", "kill"} <= set(options.faults.split(","))
    only = main.read(["--strategy", "oca_shopify", "--faults", "tokens"])
    assert only.faults == "none"


@pytest.mark.parametrize(
    "arguments", [["--servers", "2"], ["--people", "all"], ["--channels", "bravo"]]
)
def test_what_it_cannot_play_at_all_is_refused_in_words(arguments):
    with pytest.raises(ValueError, match="oca_shopify"):
        main.read(["--strategy", "oca_shopify", *arguments])


def test_its_world_has_single_products_and_one_warehouse_a_location():
    whole = world.make(1, 100, "alpha,charlie", 300)
    plain = rival.simplify(world.make(1, 100, "alpha,charlie", 300))
    assert {each.kind for each in whole.listings.values()} == {"plain", "pack", "kit"}
    assert set(plain.listings) == set(plain.products) == set(whole.products)
    for sku, product in plain.products.items():
        before = whole.products[sku].stock
        assert product.stock["EAST"] == 0
        assert product.stock["WH"] == before["WH"] + before["EAST"]
        assert product.stock["WEST"] == before["WEST"]


def test_a_figure_that_nobody_has_is_no_row_and_one_that_one_has_is_a_dash():
    rows = list(
        report.table({"ours": {"lines_unaccounted": 0}, "theirs": {"orders_lost": 1}})
    )
    assert rows[2:] == ["| lost | – | 1 |", "| order lines unaccounted for | 0 | – |"]


@pytest.mark.parametrize(("faults", "name"), [("none", "calm"), ("kill", "faults")])
def test_its_rows_are_written_to_their_own_place(tmp_path, monkeypatch, faults, name):
    page = tmp_path / "accuracy.md"
    page.write_text(f"<!-- begin rival {name} --><!-- end rival {name} -->")
    monkeypatch.setattr(docs, "DOCS", page)
    summary = {
        "at": "2026-12-02",
        "command": "setup/simulate",
        "seconds": 60,
        "processors": 2,
        "faults": faults,
        "left_out": ["packs", "kits"],
        "strategies": {"theirs": {"orders_lost": 1}},
    }
    docs.write(summary, {})
    text = page.read_text()
    assert "| lost | 1 |" in text and "- packs;\n- kits.\n" in text


def test_the_report_names_what_is_left_out(tmp_path):
    summary = {
        "command": "setup/simulate",
        "at": "2026",
        "left_out": ["packs & kits"],
        "strategies": {"one": {"units_oversold": 0}},
    }
    for cause in report.CAUSES:
        summary["strategies"]["one"][f"units_oversold_{cause}"] = 0
    report.write(tmp_path, summary, {})
    assert "packs &amp; kits" in (tmp_path / "index.html").read_text()
