"""Take the documentation's pictures from a demo; ``setup/screenshots`` is the front."""

import argparse
import io
import time

import browser
import databases
from demo import life as demo_life
from demo import main as demo
from PIL import Image

from . import (
    screenshots_amazon,
    screenshots_apps,
    screenshots_room,
    screenshots_scene,
)

FOLDER = databases.REPO / "docs" / "screenshots"
ABROAD = "de_DE"
"""The language of the few pictures that are taken a second time, into ``de``."""
SIZE = 1400, 900
SECONDS_OF_LIFE = 60
SECONDS_TO_GROW = 4
ORDERS_A_MINUTE = 10
READY = """
    !!document.querySelector(
        '.o_action_manager .o_view_controller, .o_dialog .o_form_view,'
        + ' .o_channel_overview canvas, .o-spreadsheet .o-figure')
    && !document.querySelector('.o_loading_indicator')
    && document.fonts.status === 'loaded'
    && [...document.images].every(image => image.complete)
"""
# Nothing that moves or pops up belongs on a picture.
STILL = """
    document.querySelectorAll('.o_notification_close').forEach(each => each.click());
    document.activeElement && document.activeElement.blur();
    const style = document.createElement('style');
    style.textContent = '* {transition: none !important; animation: none !important;'
        + ' caret-color: transparent !important}';
    document.head.append(style);
"""
BASE = "channel_inventory_base"


def screens(running, scene):
    """Name of the picture -> path in the web client, or (path, script to run there)."""
    action = f"/odoo/action-{BASE}."
    routing = "/odoo/action-channel_inventory_sale.channel_routing_rule_action"
    channel = running.channels[0].id
    web_shop = _channel(running, "woocommerce").id
    return {
        "dashboard": f"{action}channel_channel_dashboard_action",
        "overview": "/odoo/channel-overview",
        "dashboard-business": _board(running, "What It Costs"),
        "dashboard-technical": _board(running, "How It Runs"),
        "hourly-metrics": "/odoo/channel-metrics",
        "channel": f"{action}channel_channel_action/{channel}",
        "channel-orders": (
            f"{action}channel_channel_action/{channel}",
            _page("orders"),
        ),
        "channel-invoices": (
            f"{action}channel_channel_action/{channel}",
            f"{_page('orders')}; setTimeout(() => {_show('invoice_policy')}, 300)",
        ),
        "channel-woocommerce": f"{action}channel_channel_action/{web_shop}",
        "listings": f"{action}channel_listing_action",
        "levels": f"{action}channel_level_action",
        "why-this-number": f"{action}channel_level_action/{_level(running.database)}",
        "positions": f"{action}channel_position_action",
        "positions-pivot": (f"{action}channel_position_action", _switch("pivot")),
        "orders": f"{action}channel_order_action",
        "order": f"{action}channel_order_action/{_order(running.database)}",
        "order-timeline": (
            f"{action}channel_order_action/{scene.order_id}",
            _page("timeline"),
        ),
        "order-refunds": (
            f"{action}channel_order_action/{scene.order_id}",
            _page("refunds"),
        ),
        "messages": "/odoo/action-channel_inventory_sale.channel_message_action",
        "dead-letters": (
            f"{action}channel_dead_letter_action",
            "document.querySelector('.o_group_header').click()",
        ),
        "routing-rules": routing,
        "routing-rule": f"{routing}/{_routed(running)}",
        "counted-elsewhere": f"{action}channel_external_stock_action",
        "kits": "/odoo/action-channel_inventory_mrp.channel_kit_component_action",
        "exceptions": f"{action}channel_exception_action",
        "inbox": f"{action}channel_inbox_event_action",
        "publications": f"{action}channel_publication_action",
        "published-numbers": f"{action}channel_publication_line_action",
        "rules": f"{action}channel_rule_action",
        "rule": f"{action}channel_rule_action/{_proposed(running.database)}",
        "rule-preview": (
            f"{action}channel_rule_action/{_proposed(running.database)}",
            _press("action_preview"),
        ),
        "rules-to-approve": f"{action}channel_rule_approve_action",
        "groups": f"{action}channel_allocation_group_action",
        "group": f"{action}channel_allocation_group_action/{_group(running)}",
        "groups-to-approve": f"{action}channel_allocation_group_approve_action",
        "audit": f"{action}channel_audit_action",
        **_seal_screens(running, action),
        **_partner_screens(running),
    }


def _seal_screens(running, action):
    """What proves the trail, and one number."""
    seals = "/odoo/action-channel_inventory_seal.channel_audit_seal_action"
    seal = running.database.value("SELECT max(id) FROM channel_audit_seal")
    line = running.database.value(
        """
        SELECT max(line.id) FROM channel_publication_line line
          JOIN channel_audit_leaf leaf ON leaf.row_id = line.id
           AND leaf.source = 'channel.publication.line'
         WHERE line.result = 'acked'
        """
    )
    verified = (
        f"{_press('action_open_verification')};"
        f"setTimeout(() => {_press('action_verify')}, 700)"
    )
    return {
        "seals": seals,
        "seal": f"{seals}/{seal}",
        "seals-verified": (f"{seals}/{seal}", verified),
        "proof": (
            f"{action}channel_publication_line_action/{line}",
            _press("action_open_proof"),
        ),
    }


def _partner_screens(running):
    """Trading partners: their conversation, what is held, and how one is set up."""
    action = "/odoo/action-channel_edi."
    agreement = running.odoo.find_id("channel.edi.agreement", ["name", "=", "BigMart"])
    order = running.odoo.find_id("channel.edi.document", ["kind", "=", "850"])
    return {
        "edi-documents": f"{action}channel_edi_document_action",
        "edi-documents-by-state": (
            f"{action}channel_edi_document_action",
            _switch("kanban"),
        ),
        "edi-document": f"{action}channel_edi_document_action/{order}",
        "edi-agreement": f"{action}channel_edi_agreement_action/{agreement}",
        "edi-add-products": (
            f"{action}channel_edi_agreement_action/{agreement}",
            _press("action_add_products"),
        ),
        "edi-new-partner": f"{action}channel_edi_partner_action",
        "edi-interchanges": f"{action}channel_edi_interchange_action",
        "edi-mailboxes": f"{action}channel_edi_mailbox_action",
    }


def _board(running, name):
    """A spreadsheet dashboard."""
    board = running.odoo.find_id("spreadsheet.dashboard", ["name", "ilike", name])
    return f"/odoo/dashboards?dashboard_id={board}"


def _channel(running, kind):
    """The first one of a type."""
    return next(each for each in running.channels if each.type == kind)


def _switch(view):
    return f"document.querySelector('.o_switch_view.o_{view}').click()"


def _press(button):
    return f"document.querySelector('button[name={button}]').click()"


def _page(name):
    """Turn to a page of a form's notebook."""
    return f"document.querySelector('.o_notebook [name={name}]').click()"


def _show(field):
    """Scroll a field into the middle."""
    return (
        f"document.querySelector('[name={field}]').scrollIntoView({{block: 'center'}})"
    )


def _routed(running):
    return running.odoo.find_id("channel.routing.rule", ["split_cost", ">", 0])


def _group(running):
    return running.odoo.find_id("channel.allocation.group", ["state", "=", "proposed"])


def _proposed(database):
    """A change that somebody has proposed of a rule that is in effect."""
    return database.value(
        """
        SELECT id FROM channel_rule
         WHERE state = 'proposed' AND active_version_id IS NOT NULL LIMIT 1
        """
    )


def _level(database):
    """A level that several rules have worked on and several warehouses feed."""
    return database.value(
        """
        SELECT level.id FROM channel_level level
          JOIN channel_node node ON node.id = level.node_id
          JOIN channel_listing listing ON listing.id = level.listing_id
          JOIN channel_node_stock_warehouse_rel served
            ON served.channel_node_id = node.id
         WHERE level.target > 0
         GROUP BY level.id, listing.pack_qty
         ORDER BY listing.pack_qty DESC, count(*) DESC, level.target DESC, level.id
         LIMIT 1
        """
    )


def _order(database):
    """A confirmed order with more than one line, if there is one."""
    return database.value(
        """
        SELECT channel.id FROM channel_order channel
          JOIN sale_order sale ON sale.channel_order_id = channel.id
          JOIN channel_order_line line ON line.order_id = channel.id
         WHERE sale.state = 'sale'
         GROUP BY channel.id ORDER BY count(*) DESC, channel.id LIMIT 1
        """
    )


def take(running, page, name, place, folder=FOLDER):
    path, script = place if isinstance(place, tuple) else (place, "")
    page.open("about:blank")
    page.open(running.odoo.url + path)
    page.wait_for(READY, f"{name} is drawn")
    if script:
        page.evaluate(script)
        time.sleep(1)
        page.wait_for(READY, f"{name} is drawn")
    page.evaluate(STILL)
    # charts of spreadsheets grow for a while, whatever the style says
    time.sleep(SECONDS_TO_GROW if name in screenshots_room.BOARDS else 1)
    picture = Image.open(io.BytesIO(page.picture())).convert("RGB")
    # 256 colours are enough for a user interface, and a quarter of the size
    picture = picture.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    path = folder / f"{name}.png"
    picture.save(path, optimize=True)
    demo.say(f"made  {path.relative_to(databases.REPO)}")


def take_all(running, page, places):
    """Those that are wanted, in English, and some of them once more abroad."""
    for name, place in places.items():
        take(running, page, name, place)
    abroad = [name for name in places if name in screenshots_room.GERMAN]
    if not abroad:
        return
    running.speak(ABROAD)
    for name in abroad:
        take(running, page, name, places[name], FOLDER / ABROAD[:2])
    running.speak("en_US")


def read_names(words):
    parser = argparse.ArgumentParser(
        prog="setup/screenshots",
        description="Take the pictures in docs/screenshots from a demo that lives for "
        "a minute; a few of them once more in German, in docs/screenshots/de.",
    )
    parser.add_argument("names", nargs="*", help="of pictures; default: all of them")
    names = parser.parse_args(words).names
    known = {path.stem for path in FOLDER.glob("*.png")}
    for name in set(names) - known:
        # a new one is not there before it is taken
        print(f"{name}: there is no picture of that name yet", flush=True)
    return names


def main(words):
    names = read_names(words)
    (FOLDER / ABROAD[:2]).mkdir(parents=True, exist_ok=True)
    with demo.running() as running:
        if not names or set(names) & set(screenshots_room.GERMAN):
            running.learn(ABROAD)
        running.connect()
        scene = screenshots_scene.Scene(running)
        scene.prepare()
        apps = screenshots_apps.AppsScene(running)
        apps.prepare()
        room = screenshots_room.RoomScene(running)
        room.prepare()
        running.buy_unknown()
        running.shop(rate=ORDERS_A_MINUTE, count=2, cancel=demo.CANCELLED)
        end = time.monotonic() + SECONDS_OF_LIFE
        while time.monotonic() < end:
            running.life.step()
            running.partners.step()
            demo_life.pace(2, running.check)
        running.stop_shopping()
        running.wait("both sides are quiet", lambda: not running.waiting())
        places = {}
        if not names or set(names) & set(screenshots_amazon.NAMES):
            seller = screenshots_amazon.AmazonScene(
                running, _channel(running, "amazon")
            )
            seller.play()
            places |= screenshots_amazon.screens(seller, _page)
        if not names or set(names) - set(places):
            scene.play()
            places |= screens(running, scene)
            apps.play()
            places |= screenshots_apps.screens(apps, _press)
            room.play()
            places |= screenshots_room.screens(room, _page, _press)
        wanted = {
            name: place for name, place in places.items() if not names or name in names
        }
        boards = {
            name: wanted.pop(name) for name in screenshots_room.BOARDS if name in wanted
        }
        with browser.running(SIZE) as page:
            session = running.odoo.session.cookies["session_id"]
            page.set_cookie(running.odoo.url, "session_id", session)
            take_all(running, page, wanted)
            if boards:
                room.age()
                take_all(running, page, boards)
