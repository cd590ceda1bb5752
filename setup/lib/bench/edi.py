"""How long big files of partners take, in and out, and what a document costs."""

import contextlib
import datetime
import multiprocessing
import statistics
import tempfile
import time
from pathlib import Path

from . import edi_hold, edi_made
from . import plan as bench_plan
from . import seed as bench_seed
from .figures import Memory, Timings, duration, table
from .session import Session

DESCRIPTION = (
    "Measure EDI: reading X12 and EDIFACT, a stock document of many lines in and out"
    " against the real database while orders of another partner come in, and what a"
    " document costs."
)
AIMS = {
    "x12": 300_000,
    "edifact": 150_000,
    "in_seconds": 12.0,
    "in_mb": 400,
    "held": 1.0,
    "out_seconds": 20.0,
    "document_ms": 1.0,
    "doubted_seconds": 20.0,
}
BOOKED = 2000
"""So many of the counts that were believed are booked; more takes as much longer."""
DOCUMENTS, DIFFERENCES = 1000, 100
FEW = 100
"""So many numbers change between two stock documents that go out."""
# Odoo has what the report of ``edi_made.stock`` will say.
AGREED = """
WITH wanted AS (
    SELECT id, %(quantity)s + substring(default_code from 7)::integer %% 7
               + (substring(default_code from 7)::integer < %(differences)s)::integer
               AS quantity
      FROM product_product WHERE default_code LIKE 'BENCH-%%'
),
gone AS (
    DELETE FROM stock_quant USING stock_location place, stock_warehouse house,
                                  stock_location root
     WHERE place.id = stock_quant.location_id AND house.id = %(house)s
       AND root.id = house.view_location_id
       AND place.parent_path LIKE root.parent_path || '%%'
)
INSERT INTO stock_quant (product_id, location_id, company_id, quantity,
                         reserved_quantity, in_date)
SELECT id, %(shelf)s, %(company)s, quantity, 0, now() FROM wanted
"""
# So many products of the channel are sold out; more than any rule promises without
# stock was told of each, so that its number changes.
SELL_OUT = """
UPDATE stock_quant SET quantity = 0 WHERE id IN (
    SELECT quant.id
      FROM (SELECT listing.product_id
              FROM channel_level level
              JOIN channel_listing listing ON listing.id = level.listing_id
             WHERE level.channel_id = %(channel)s AND level.target > 50
             ORDER BY listing.product_id LIMIT %(few)s) sold
      JOIN stock_quant quant ON quant.product_id = sold.product_id
      JOIN stock_location place ON place.id = quant.location_id
     WHERE place.usage = 'internal')
"""


def add_arguments(parser):
    parser.add_argument("--lines", type=int, default=100_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument(
        "--differences",
        type=int,
        default=DIFFERENCES,
        metavar="N",
        help="products of which a report that is compared says something else",
    )
    parser.add_argument("--profile", action="store_true", help="print where time goes")


def main(options, env):
    return Run(options, env).measure()


class Run:
    def __init__(self, options, env):
        self.options = options
        self.session = Session(env, {"jit": "off"}, log=_say)
        self.timings = Timings(self.session)
        self.memory = Memory(self.session)
        self.result = {"lines": options.lines}
        self.sent = set()
        """Names of the stock documents that Mart has in its folder."""

    def measure(self):
        self._measure_codecs()
        with self.session.databases(), tempfile.TemporaryDirectory() as folder:
            self.folder = Path(folder)
            self._allow_folders()
            seeded = bench_seed.seeded_database(self.session, self.options.lines, 1)
            self.database = self.session.clone(seeded, "edi")
            with self.session.odoo(self.database) as odoo:
                self._make_partners(odoo)
            self._measure_documents()
            for _round in range(self.options.rounds):
                self._measure_in("external", "external")
                # the report before is another authority's, and has to be read again
                self._measure_in("reported", "changed")
                self._measure_in("reported", "reported")
                self._measure_doubted()
                self._measure_out()
        return {
            "at": datetime.datetime.now().isoformat(timespec="seconds"),
            **self.result,
            "seconds": self.timings.summary(),
            "memory": self.memory.peaks,
        }

    def _allow_folders(self):
        """Mailboxes of this run are folders, which the configuration has to allow."""
        from odoo.tools import config

        self.conf = self.folder / "odoo.conf"
        text = Path(config["config"]).read_text()
        section = "[channel_inventory]\n"
        allowed = f"{section}edi_folders = {self.folder}\n"
        self.conf.write_text(text.replace(section, allowed))
        config["config"] = str(self.conf)

    # ---------------------------------------------------------------- codecs
    def _measure_codecs(self):
        """Segments a second, with envelopes and positions."""
        from odoo.addons.channel_edi.lib import codec

        lines = self.options.lines
        for name, data, count in (
            ("x12", edi_made.stock("DOCK", lines, 5), lines * 3 + 9),
            ("edifact", edi_made.edifact_stock(lines), lines * 3 + 7),
        ):
            best = None
            for _round in range(3):
                started = time.process_time()
                [found] = codec.read(data)
                seconds = time.process_time() - started
                best = min(best or seconds, seconds)
            segments = sum(1 for each in found.documents for _s in each.segments())
            if segments < lines * 3:
                raise SystemExit(f"{name}: {segments} of {count} segments were read")
            self.result[f"{name}_segments"] = count
            self.result[f"{name}_per_second"] = round(count / best)
            _say(f"{name}  {count / best:,.0f} segments/s")

    # -------------------------------------------------------------- partners
    def _make_partners(self, odoo):
        """Dock keeps a warehouse, Mart buys, and Shop orders meanwhile."""
        mart = odoo["channel.channel"].search([("name", "=", "Bench 0")])
        house = odoo["stock.warehouse"].search([("code", "=", "BN")])
        self.ids = {"house": house.id}
        self._make_partner(odoo, "dock", "warehouse")
        house.edi_channel_id = self.ids["dock"]
        self._make_partner(odoo, "shop", "retailer", house)
        # the seed's shop with all its listings becomes the retailer
        odoo.cr.execute(
            "UPDATE channel_listing SET external_id = sku || '|EA',"
            " stock_ref = sku || '|EA' WHERE channel_id = %s",
            [mart.id],
        )
        mart.node_ids[1:].publish = False
        self._make_partner(odoo, "mart", "retailer", channel=mart)

    def _make_partner(self, odoo, name, role, house=None, channel=None):
        values = {
            "channel_type": "edi",
            "edi_role": role,
            "connection_state": "ok",
            "home_database": odoo["channel.channel"]._database_name(),
            "exception_user_id": odoo.uid,
        }
        if channel:
            channel.write(values)
        else:
            channel = odoo["channel.channel"].create(
                {"name": name.title(), "state": "paused", **values}
            )
        if house:
            odoo["channel.node"].create(
                {
                    "channel_id": channel.id,
                    "name": "All",
                    "external_id": "1",
                    "warehouse_ids": [(6, 0, house.ids)],
                }
            )
        (self.folder / name).mkdir()
        mailbox = odoo["channel.edi.mailbox"].create(
            {
                "name": name,
                "channel_id": channel.id,
                "kind": "folder",
                "incoming": str(self.folder / name),
                "outgoing": str(self.folder / name),
                "ready_when": "named",
            }
        )
        agreement = odoo["channel.edi.agreement"].create(
            {
                "name": name.title(),
                "channel_id": channel.id,
                "mailbox_id": mailbox.id,
                "their_qualifier": "ZZ",
                "their_id": name.upper(),
                "our_qualifier": "ZZ",
                "our_id": "US",
                "stock_complete": "snapshot",
                "document_ids": [(0, 0, {"direction": "out", "kind": "846"})]
                if role == "retailer" and not house
                else [],
            }
        )
        self.ids[name], self.ids[f"{name}_box"] = channel.id, mailbox.id
        self.ids[f"{name}_agreement"] = agreement.id

    # ------------------------------------------------------------- documents
    def _measure_documents(self):
        """From a stored file to its documents: without what they are about."""
        best = None
        for number in range(1, 4):
            data = edi_made.orders("SHOP", DOCUMENTS, number, number * DOCUMENTS)
            self._store("shop", f"documents{number}", data)
            before = _statements()
            with (
                self.session.odoo(self.database) as odoo,
                self.timings.measure("documents", self.database),
            ):
                channel = odoo["channel.channel"].browse(self.ids["shop"])
                odoo["channel.edi.worker"]._split_next(channel)
            # what else this machine does is no document's
            seconds = self.timings.cpu_seconds["documents"][-1]
            statements = _statements() - before
            best = min(best or seconds, seconds)
        with self.session.sql(self.database) as cursor:
            cursor.execute("SELECT count(*) FROM channel_edi_document")
            if cursor.fetchone()[0] < 3 * DOCUMENTS:
                raise SystemExit("documents are missing")
            # they are not what is measured next
            cursor.execute("UPDATE channel_edi_document SET state = 'ignored'")
        self.result["document_ms"] = round(best / DOCUMENTS * 1000, 3)
        self.result["document_statements"] = round(statements / DOCUMENTS, 3)
        _say(f"document  {best / DOCUMENTS * 1000:.3f} ms, {statements} statements")

    def _store(self, partner, name, data):
        with self.session.odoo(self.database) as odoo:
            mailbox = odoo["channel.edi.mailbox"].browse(self.ids[f"{partner}_box"])
            odoo["channel.edi.file"]._store(mailbox, name, name, data)

    # -------------------------------------------------------------------- in
    def _measure_in(self, authority, name):
        """From a stored file to committed positions, with orders coming in."""
        number = self.result.setdefault("files", 0) + 1
        self.result["files"] = number
        lines = self.options.lines
        with self.session.odoo(self.database) as odoo:
            house = odoo["stock.warehouse"].browse(self.ids["house"])
            house.channel_authority = authority
            shelf, company = house.lot_stock_id.id, house.company_id.id
        if authority == "reported":
            # it is right but for a few products
            with self.session.sql(self.database) as cursor:
                cursor.execute(
                    AGREED,
                    {
                        "house": self.ids["house"],
                        "shelf": shelf,
                        "company": company,
                        "quantity": 20 + number,
                        "differences": self.options.differences,
                    },
                )
        data = edi_made.stock("DOCK", lines, 20 + number, number)
        phase = f"in_{name}"
        with self._orders_meanwhile(phase):
            with (
                self.memory.watch(phase, self.database),
                self.timings.measure(phase, self.database),
                self._profiled(),
            ):
                self._store("dock", phase + str(number), data)
                with self.session.odoo(self.database) as odoo:
                    channel = odoo["channel.channel"].browse(self.ids["dock"])
                    odoo["channel.edi.worker"]._run(channel)
        with self.session.sql(self.database) as cursor:
            cursor.execute(
                "SELECT state, error FROM channel_edi_document"
                " WHERE channel_id = %s ORDER BY id DESC LIMIT 1",
                [self.ids["dock"]],
            )
            state, error = cursor.fetchone()
            cursor.execute(
                "SELECT count(*) FROM channel_external_stock WHERE warehouse_id = %s",
                [self.ids["house"]],
            )
            [rows] = cursor.fetchone()
        if state != "done" or (authority == "external" and rows != lines):
            raise SystemExit(f"846 in is {state}, {rows} rows: {error}")
        self._tell(phase)

    def _measure_doubted(self):
        """A report by which every product is wrong: until it is refused; then until
        what a person believes of it is recorded; and until a part of that is booked."""
        number = self.result["files"] = self.result["files"] + 1
        data = edi_made.stock("DOCK", self.options.lines, 500, number)
        with self._phase("refused"):
            self._store("dock", f"doubted{number}", data)
            with self.session.odoo(self.database) as odoo:
                channel = odoo["channel.channel"].browse(self.ids["dock"])
                odoo["channel.edi.worker"]._run(channel)
        with self.session.odoo(self.database) as odoo:
            run = odoo["channel.reconcile.run"].search([], limit=1)
            if run.state != "refused":
                raise SystemExit(f"the report is {run.state}: {run.summary}")
            run_id = run.id
        with self._phase("believed"), self.session.odoo(self.database) as odoo:
            odoo["channel.reconcile.run"].browse(run_id).action_believe()
        with self.session.odoo(self.database) as odoo:
            run = odoo["channel.reconcile.run"].browse(run_id)
            if run.pending_count != self.options.lines:
                raise SystemExit(f"{run.pending_count} differences are open")
            some = run._get_bookable()[:BOOKED]
            some.write({"state": "booking", "decision": "adjust", "reason": "bench"})
        with self._phase("booked"), self.session.odoo(self.database) as odoo:
            odoo["channel.count.booker"]._run()
        with self.session.odoo(self.database) as odoo:
            states = set(
                odoo["channel.reconcile.difference"].browse(some.ids).mapped("state")
            )
            if states != {"accepted"}:
                raise SystemExit(f"what was to be booked is {states}")

    @contextlib.contextmanager
    def _phase(self, phase):
        with (
            self.memory.watch(phase, self.database),
            self.timings.measure(phase, self.database),
            self._profiled(),
        ):
            yield
        self._tell(phase)

    def _tell(self, phase):
        wall, cpu = self.timings.seconds[phase][-1], self.timings.cpu_seconds[phase][-1]
        _say(f"{phase}  {wall:.2f} s, {cpu:.2f} s of a processor")

    def _orders_meanwhile(self, phase):
        return _OrdersMeanwhile(self, phase)

    def _profiled(self):
        if not self.options.profile:
            return contextlib.nullcontext()
        return _Profile()

    # ------------------------------------------------------------------- out
    def _measure_out(self):
        """All numbers planned and none told: from due to the renamed file."""
        with self.session.odoo(self.database) as odoo:
            channel = odoo["channel.channel"].browse(self.ids["mart"])
            # sudo is nobody's here: the seed's channel goes live
            channel.write({"state": "live", "publish_minutes": 60})
            bench_plan.full_plan(odoo)
        with self.session.sql(self.database) as cursor:
            cursor.execute(
                "UPDATE channel_level_remote SET state = 'unknown'"
                " WHERE channel_id = %s",
                [self.ids["mart"]],
            )
            cursor.execute(
                "DELETE FROM channel_shared_state WHERE channel_id = %s",
                [self.ids["mart"]],
            )
            cursor.execute("ANALYZE")
        for phase in ("out_all", "out_few"):
            if phase == "out_few":
                self._change_few()
            with (
                self.memory.watch(phase, self.database),
                self.timings.measure(phase, self.database),
                self._profiled(),
                self.session.odoo(self.database) as odoo,
            ):
                channel = odoo["channel.channel"].browse(self.ids["mart"])
                odoo["channel.publisher"]._run(channel)
                odoo["channel.edi.sender"]._run(channel)
            self._check_out(phase)
            self._tell(phase)

    def _change_few(self):
        values = {"channel": self.ids["mart"], "few": FEW}
        with self.session.sql(self.database) as cursor:
            cursor.execute(
                "DELETE FROM channel_shared_state WHERE channel_id = %(channel)s",
                values,
            )
            cursor.execute(SELL_OUT, values)

    def _check_out(self, phase):
        """One file more, with one document, in which each number is once."""
        files = {each.name for each in (self.folder / "mart").iterdir()}
        new = files - self.sent
        self.sent = files
        if len(new) != 1:
            raise SystemExit(f"{phase}: {len(new)} files were sent")
        data = (self.folder / "mart" / new.pop()).read_bytes()
        documents, told = (
            data.count(b"\n%s*" % tag) + data.count(b"~%s*" % tag)
            for tag in (b"ST", b"LIN")
        )
        with self.session.sql(self.database) as cursor:
            cursor.execute(
                "SELECT count(*) FROM channel_publication_line"
                " WHERE publication_id = (SELECT max(id) FROM channel_publication)"
            )
            [written] = cursor.fetchone()
            cursor.execute(
                "SELECT count(*) FROM channel_level WHERE channel_id = %s",
                [self.ids["mart"]],
            )
            [levels] = cursor.fetchone()
        self.result[f"{phase}_lines"] = told
        self.result[f"{phase}_rows"] = written
        self.result["levels"] = levels
        wanted = levels if phase == "out_all" else FEW
        if (documents, told, written) != (1, levels, wanted):
            raise SystemExit(
                f"{phase}: {documents} documents, {told} lines for {levels} levels,"
                f" {written} of {wanted} noted as new"
            )


class _OrdersMeanwhile:
    """Another partner's orders, in a process of its own, while the block runs."""

    def __init__(self, run, phase):
        self.run, self.phase = run, phase

    def __enter__(self):
        context = multiprocessing.get_context("spawn")
        self.ready, self.stop = context.Event(), context.Event()
        self.results = context.Queue()
        ids = self.run.ids
        what = (str(self.run.conf), self.run.database, ids["shop"], ids["shop_box"])
        first = 5000 + 1000 * self.run.result["files"]
        self.process = context.Process(
            target=edi_hold.run,
            args=(*what, first, self.ready, self.stop, self.results),
        )
        self.process.start()
        if not self.ready.wait(180):
            raise SystemExit("the other process does not start")

    def __exit__(self, *error):
        self.stop.set()
        found = []
        while (row := self.results.get(timeout=120)) is not None:
            found.append(row)
        self.process.join(60)
        if any(held < 3 for _seconds, held in found):
            raise SystemExit(f"orders without holds: {found}")
        seconds = [each for each, _held in found]
        key = f"{self.phase}_held"
        self.run.result[key] = {
            "orders": len(seconds),
            "median": round(statistics.median(seconds), 3) if seconds else None,
            "max": round(max(seconds), 3) if seconds else None,
        }


class _Profile:
    def __enter__(self):
        import cProfile

        self.profile = cProfile.Profile()
        self.profile.enable()

    def __exit__(self, *_error):
        import pstats
        import sys

        self.profile.disable()
        stats = pstats.Stats(self.profile, stream=sys.stderr)
        stats.sort_stats("cumulative").print_stats(45)


def _statements():
    import odoo

    return odoo.sql_db.sql_counter


def show(result):
    seconds = result["seconds"]
    yield (
        f"{result['lines']:,} lines. Orders of another partner came in meanwhile by a"
        " process of its own."
    )
    yield ""
    rows = [
        ("X12 read", f"{result['x12_per_second']:,} segments/s", "300,000"),
        ("EDIFACT read", f"{result['edifact_per_second']:,} segments/s", "150,000"),
        (
            "a document stored",
            f"{result['document_ms']:.2f} ms, {result['document_statements']}"
            " statements",
            "1 ms, 3",
        ),
    ]
    for phase, label in (
        ("in_external", "846 in, counted there"),
        ("in_reported", "846 in, compared"),
        ("in_changed", "846 in, compared for the first time"),
    ):
        held = result[f"{phase}_held"]
        peak = result["memory"][phase]["python"]
        rows += [
            (label, _both(seconds[phase]), "12 s"),
            ("… memory of the process", f"{peak} MB", "400 MB"),
            ("… orders held meanwhile", f"{duration(held['max'])} at most", "1 s"),
        ]
    for phase, label, aim in (
        ("refused", "846 in, compared and not believable", "20 s"),
        ("believed", "… recorded when it is believed", "20 s"),
        ("booked", f"… {BOOKED:,} of it booked", "-"),
    ):
        memory = f"{result['memory'][phase]['python']} MB"
        rows.append((label, f"{_both(seconds[phase])}, {memory}", aim))
    for phase, label in (
        ("out_all", "846 out, every number new"),
        ("out_few", f"846 out, {FEW} numbers new"),
    ):
        words = f"{_both(seconds[phase])}, {result[f'{phase}_rows']:,} rows"
        rows.append((label, words, "20 s"))
    yield from table(("what", "measured", "aim"), rows)


def _both(seconds):
    """By the clock, and without what else this machine does."""
    return (
        f"{duration(seconds['median'])}, {duration(seconds['cpu_median'])} of a"
        " processor"
    )


def failures(result):
    """Work is judged by the processor time of Odoo and PostgreSQL, what others wait
    for by the clock."""
    seconds = result["seconds"]
    for name in ("x12", "edifact"):
        if result[f"{name}_per_second"] < AIMS[name]:
            yield f"{name}: {result[f'{name}_per_second']:,} segments/s"
    if result["document_ms"] > AIMS["document_ms"]:
        yield f"{result['document_ms']} ms a document"
    for phase in ("in_external", "in_reported"):
        if seconds[phase]["cpu_median"] > AIMS["in_seconds"]:
            yield f"{phase}: {_both(seconds[phase])}"
        if result["memory"][phase]["python"] > AIMS["in_mb"]:
            yield f"{phase}: {result['memory'][phase]['python']} MB"
        if (result[f"{phase}_held"]["max"] or 0) > AIMS["held"]:
            yield f"{phase}: orders held after {result[f'{phase}_held']['max']} s"
    for phase, aim in (
        ("refused", "doubted_seconds"),
        ("believed", "doubted_seconds"),
        ("out_all", "out_seconds"),
        ("out_few", "out_seconds"),
    ):
        if seconds[phase]["cpu_median"] > AIMS[aim]:
            yield f"{phase}: {_both(seconds[phase])}"


def _say(message):
    import sys

    print(f"{time.strftime('%H:%M:%S')}  {message}", file=sys.stderr, flush=True)
