"""How long a settlement of so many lines takes: read, matched, posted; and what that
holds."""

import contextlib
import datetime
import gc
import json
import time
from types import SimpleNamespace
from unittest import mock

from .figures import Memory, Timings
from .session import Session

DESCRIPTION = (
    "Measure a settlement: reading its document, matching its lines with the payments"
    " of as many orders, and posting a smaller one. The channel is in this process."
)
AIM_SECONDS, AIM_MB = 30.0, 300
GROSS, FEE = "10.00", "0.59"
ODD = 100
"""Every so many lines one has no order, and is to be found."""


def add_arguments(parser):
    parser.add_argument("--lines", type=int, default=100_000, metavar="N")
    parser.add_argument(
        "--post", type=int, default=2_000, metavar="N", help="lines that are posted"
    )


def main(options, env):
    session = Session(env, {"jit": "off"}, log=_say)
    timings, memory = Timings(session), Memory(session)
    with session.databases():
        database = session.clone(session.template, "settlement")
        with session.odoo(database) as odoo:
            example = _make_example(odoo)
        _say(f"seed  {options.lines:,} orders with invoice and payment")
        with session.sql(database) as cursor:
            _multiply(cursor, example, options.lines)
        counts = {}
        for label, lines in (("all", options.lines), ("post", options.post)):
            _say(f"take  {lines:,} lines")
            content = _document(label, lines, odd=label == "all")
            counts[label] = _measure(
                session, database, timings, memory, example, label, content
            )
            del content
        with session.odoo(database) as odoo:
            settlement = odoo["channel.settlement"].search(
                [("external_id", "=", "post")]
            )
            settlement.state = "approved"
            with timings.measure("post", database):
                odoo["channel.settlement.poster"]._post(settlement)
            counts["post"]["state"] = settlement.state
            account = odoo["account.account"].browse(example["account"])
            counts["post"]["open"] = settlement._count_issues()
            counts["post"]["account"] = account.code
    return {
        "at": datetime.datetime.now().isoformat(timespec="seconds"),
        "lines": options.lines,
        "posted": options.post,
        "counts": counts,
        "seconds": timings.summary(),
        "memory": memory.peaks,
    }


# ------------------------------------------------------------------- seed
def _make_example(odoo):
    """One order with its sale, invoice and payment. :return: their ids"""
    company = odoo.company
    channel = odoo["channel.channel"].create(
        {"name": "Bench", "currency_id": company.currency_id.id, "state": "live"}
    )
    journal = odoo["account.journal"].create(
        {"name": "Gateway", "code": "BGW", "type": "bank"}
    )
    clearing = odoo["account.account"].create(
        {
            "name": "Clearing",
            "code": "101977",
            "account_type": "asset_current",
            "reconcile": True,
        }
    )
    journal.inbound_payment_method_line_ids.payment_account_id = clearing
    fees = odoo["account.account"].search([("account_type", "=", "expense")], limit=1)
    odoo["channel.settlement.account"].create({"kind": "fee", "account_id": fees.id})
    order = odoo["channel.order"].create(
        {
            "channel_id": channel.id,
            "external_id": "0",
            "name": "#0",
            "state": "imported",
            "complete": True,
            "currency_name": company.currency_id.name,
            "total": 10,
        }
    )
    product = odoo["product.product"].create(
        {"name": "Service", "type": "service", "taxes_id": False, "list_price": 10}
    )
    sale = odoo["sale.order"].create(
        {
            "partner_id": odoo["res.partner"].create({"name": "Buyer"}).id,
            "channel_order_id": order.id,
            "order_line": [
                (0, 0, {"product_id": product.id, "price_unit": 10, "tax_ids": False})
            ],
        }
    )
    sale.action_confirm()
    sale.order_line.qty_delivered = 1
    invoice = sale._create_invoices()
    invoice.action_post()
    wizard = odoo["account.payment.register"].with_context(
        active_model="account.move", active_ids=invoice.ids
    )
    payment = wizard.create({"journal_id": journal.id})._create_payments()
    odoo.flush_all()
    return {
        "channel": channel.id,
        "account": clearing.id,
        "channel_order": order.id,
        "sale_order": sale.id,
        "sale_order_line": sale.order_line.id,
        "invoice": invoice.id,
        "payment": payment.id,
        "payment_move": payment.move_id.id,
        "invoice_lines": invoice.line_ids.ids,
        "payment_lines": payment.move_id.line_ids.ids,
        "invoiced": invoice.invoice_line_ids.id,
    }


STEP = 10_000_000
"""From the ids of one kind of copies to those of the next."""


def _multiply(cursor, example, count):
    """Copy the example's rows, with ids that are told by the number of the copy."""
    _loosen(cursor)
    sale = line = f"{STEP} + n"
    _copy(
        cursor,
        "channel_order",
        example["channel_order"],
        count,
        id=f"{STEP} + n",
        external_id="n::text",
        name="'#' || n",
    )
    _copy(
        cursor,
        "sale_order",
        example["sale_order"],
        count,
        id=sale,
        name="'B' || n",
        channel_order_id=f"{STEP} + n",
        access_token="NULL",
    )
    _copy(
        cursor,
        "sale_order_line",
        example["sale_order_line"],
        count,
        id=line,
        order_id=sale,
    )
    for number, move in ((1, "invoice"), (2, "payment_move")):
        _copy(
            cursor,
            "account_move",
            example[move],
            count,
            id=f"{number * STEP} + n",
            name=f"'{move}/' || n",
            sequence_number="n + 1000",
            access_token="NULL",
            origin_payment_id="NULL",
        )
    places = {}
    items = [(1, each) for each in example["invoice_lines"]]
    items += [(2, each) for each in example["payment_lines"]]
    for place, (number, item) in enumerate(items, 1):
        places[item] = place
        _copy(
            cursor,
            "account_move_line",
            item,
            count,
            id=f"{place * STEP} + n",
            move_id=f"{number * STEP} + n",
        )
    _copy(
        cursor,
        "account_payment",
        example["payment"],
        count,
        id=f"{STEP} + n",
        move_id=f"{2 * STEP} + n",
    )
    cursor.execute(
        "INSERT INTO sale_order_line_invoice_rel (order_line_id, invoice_line_id)"
        " SELECT %s + n, %s + n FROM generate_series(1, %s) n",
        [STEP, places[example["invoiced"]] * STEP, count],
    )
    cursor.execute(
        "INSERT INTO account_move__account_payment (invoice_id, payment_id)"
        " SELECT %s + n, %s + n FROM generate_series(1, %s) n",
        [STEP, STEP, count],
    )
    cursor.execute("ANALYZE")


TABLES = (
    "channel_order",
    "sale_order",
    "sale_order_line",
    "account_move",
    "account_move_line",
    "account_payment",
    "sale_order_line_invoice_rel",
    "account_move__account_payment",
)


def _loosen(cursor):
    """In this database copies are right by how they are made: checking each of their
    links takes longer than all that is measured."""
    for table in TABLES:
        cursor.execute(
            "SELECT conname FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype = 'f'",
            [table],
        )
        drops = ", ".join(f'DROP CONSTRAINT "{name}"' for [name] in cursor.fetchall())
        if drops:
            cursor.execute(f"ALTER TABLE {table} {drops}")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def _copy(cursor, table, source, count, **values):
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
        [table],
    )
    columns = [column for [column] in cursor.fetchall()]
    taken = [values.get(column, f'source."{column}"') for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    cursor.execute(
        f"INSERT INTO {table} ({names}) SELECT {', '.join(taken)}"
        f" FROM {table} source, generate_series(1, %s) n WHERE source.id = %s",
        [count, source],
    )


def _document(label, lines, odd):
    """What the channel writes: a head, then a line each."""
    rows = [json.dumps({"id": label})]
    for number in range(1, lines + 1):
        missing = odd and number % ODD == 0
        ref = f"none-{number}" if missing else str(number)
        rows.append(json.dumps([f"{label}-{number}", ref]))
    return "\n".join(rows).encode()


# ---------------------------------------------------------------- measure
def _measure(session, database, timings, memory, example, label, content):
    from odoo.addons.channel_inventory_base import schemas

    with session.odoo(database) as odoo, _fake_channel(odoo):
        channel = odoo["channel.channel"].browse(example["channel"])
        document = schemas.SettlementDocument(label, label, content)
        file_id = odoo["channel.settlement.file"]._store(channel, document).id
    session.disconnect(database)
    gc.collect()
    before = _resident()
    with (
        memory.watch(label, database),
        session.odoo(database) as odoo,
        _fake_channel(odoo),
        _timed(odoo, timings, database, label),
    ):
        odoo["channel.settlement.reader"]._read(file_id)
    with session.odoo(database) as odoo:
        settlement = odoo["channel.settlement"].search([("external_id", "=", label)])
        return {
            "state": settlement.state,
            "matches": settlement._count_matches(),
            "lines": settlement.line_count,
            "growth_mb": round(memory.peaks[label]["python"] - before, 1),
        }


@contextlib.contextmanager
def _fake_channel(odoo):
    from decimal import Decimal

    from odoo.addons.channel_inventory_base import schemas

    gross, fee = Decimal(GROSS), Decimal(FEE)

    def parse(channel, content):
        rows = iter(content.split(b"\n"))
        name = json.loads(next(rows))["id"]
        yield schemas.SettlementData(name, odoo.company.currency_id.name)
        for row in rows:
            ref, order = json.loads(row)
            yield schemas.SettlementLineData(
                name, ref, "charge", gross, gross - fee, fee, order_ref=order
            )

    adapter = SimpleNamespace(_parse_settlement=parse)
    can = schemas.Capabilities(settlements=True)
    model = type(odoo["channel.channel"])
    with (
        mock.patch.object(model, "_adapter", lambda self: adapter),
        mock.patch.object(model, "_capabilities", lambda self: can),
    ):
        yield


@contextlib.contextmanager
def _timed(odoo, timings, database, label):
    """Time reading and matching by themselves."""
    steps = (
        ("read", "channel.settlement.reader", "_take_in"),
        ("match", "channel.settlement", "_match"),
    )
    with contextlib.ExitStack() as stack:
        for step, name, method in steps:
            model = type(odoo[name])
            original = getattr(model, method)

            def measured(self, *args, _step=step, _original=original):
                with timings.measure(f"{label}_{_step}", database):
                    return _original(self, *args)

            stack.enter_context(mock.patch.object(model, method, measured))
        yield


def _resident():
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def show(result):
    seconds, counts = result["seconds"], result["counts"]["all"]
    yield "| lines | read and stored | matched | process grows by |"
    yield "| ---: | ---: | ---: | ---: |"
    yield (
        f"| {result['lines']:,} | {seconds['all_read']['median']:.1f} s"
        f" | {seconds['all_match']['median']:.1f} s | {counts['growth_mb']} MB |"
    )
    yield ""
    yield (
        f"Posting {result['posted']:,} payments as one entry, each reconciled, takes"
        f" {seconds['post']['median']:.1f} s."
    )


def failures(result):
    counts, lines = result["counts"]["all"], result["lines"]
    wanted = {"matched": lines - lines // ODD, "no_order": lines // ODD}
    if counts["matches"] != wanted:
        yield f"{counts['matches']} instead of {wanted}"
    if result["counts"]["post"]["state"] != "posted":
        yield f"what was to be posted is {result['counts']['post']['state']}"
    if lines <= 100_000:
        if result["seconds"]["all_match"]["median"] > AIM_SECONDS:
            yield f"{AIM_SECONDS} s is the aim"
        if counts["growth_mb"] > AIM_MB:
            yield f"{counts['growth_mb']} MB, {AIM_MB} is the aim"


def _say(message):
    import sys

    print(f"{time.strftime('%H:%M:%S')}  {message}", file=sys.stderr, flush=True)
