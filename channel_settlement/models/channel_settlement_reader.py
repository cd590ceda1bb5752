# SPDX-License-Identifier: AGPL-3.0-or-later
import hashlib
import logging
import time
from datetime import timedelta, timezone
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, unique

from odoo.addons.channel_inventory_base import exceptions, schemas
from odoo.addons.channel_inventory_base.db.transaction import (
    CONFLICTS,
    LOCK_SETTLEMENT,
    fresh_reading,
    own_transaction,
    retry_on_conflict,
    try_lock,
)

from ..const import OPEN

_logger = logging.getLogger(__name__)

RUN_SECONDS = 50
BATCH = 2000
"""Lines inserted at once."""
ASKED_ORDERS = 20
"""Orders that no message has told of, fetched in one run."""
OVERLAP_DAYS = 15
"""A payout may fail days after it was issued."""
KNOWN_DAYS = 120
ENDED = ("failed", "cancelled")
REFUSED = "SETTLEMENTS"
"""Code of the error of a connector that may not read them."""
MOST_TWINS = 500


class ChannelSettlementReader(models.AbstractModel):
    """Takes settlements in: fetches, stores, reads, and has them matched and posted.

    Stored first, in a transaction of its own; then read, each file in one transaction:
    as a whole or not at all. One worker a channel at a time, so that the lines of a
    settlement are known before those of the next one are looked at.
    """

    _name = "channel.settlement.reader"
    _description = "Settlement Reader"

    # --------------------------------------------------------------- fetch
    def _fetch(self, channel):
        """Store what the channel has paid out since the last look, page by page.

        :return: True when the channel has answered, None where it tells nothing
        """
        if not channel._capabilities().settlements:
            return None
        with channel._shared_state("settlements") as state:
            state["asked_at"] = fields.Datetime.to_string(fields.Datetime.now())
            seen = state.get("seen_at")
        began = fields.Datetime.now()
        self._fetch_pages(channel, self._get_since(channel, seen))
        with channel._shared_state("settlements") as state:
            state["seen_at"] = fields.Datetime.to_string(began)
        with own_transaction(self.env) as env:
            own = channel.with_env(env)
            env["channel.exception"]._resolve_keys(own, [REFUSED])
        self._fetch_orders(channel)
        return True

    def _fetch_pages(self, channel, since):
        adapter, known, cursor = channel._adapter(), self._get_known(channel), ""
        while True:
            page = adapter._fetch_settlements(channel, since, cursor, known)
            known |= {document.key for document in page.documents}
            self._store_page(channel, page)
            cursor = page.cursor
            if not cursor:
                return

    def _store_page(self, channel, page):
        twins = []
        with own_transaction(self.env) as env:
            own = channel.with_env(env)
            for document in page.documents:
                if not env["channel.settlement.file"]._store(own, document):
                    twins.append(document.key)
        if twins:
            # the same bytes by another name: not to be read again and again
            with channel._shared_state("settlements") as state:
                state["twins"] = [*state.get("twins", ()), *twins][-MOST_TWINS:]

    def _get_since(self, channel, seen):
        """:param seen: when all had been fetched the last time, as text"""
        if seen:
            moment = fields.Datetime.to_datetime(seen) - timedelta(days=OVERLAP_DAYS)
        else:
            connected = channel.connected_at or fields.Datetime.now()
            moment = connected - timedelta(days=OVERLAP_DAYS)
        return moment.replace(tzinfo=timezone.utc)

    def _get_known(self, channel):
        with fresh_reading(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT key FROM channel_settlement_file
                     WHERE channel_id = %s AND received_at > now() AT TIME ZONE 'UTC'
                           - make_interval(days => %s)
                    """,
                    channel.id,
                    KNOWN_DAYS,
                )
            )
        twins = channel._get_shared_state("settlements").get("twins", ())
        return frozenset(row[0] for row in rows).union(twins)

    def _fetch_orders(self, channel):
        """Orders that settlements name and nobody has told of: they are asked for."""
        if not channel._capabilities().fetch or not channel._capabilities().orders:
            return
        for ref in self._get_unknown_orders(channel):
            try:
                event = channel._adapter()._fetch_order(channel, ref)
            except (exceptions.RejectedError, exceptions.MalformedDataError) as error:
                _logger.info("order %s of channel %s: %s", ref, channel.id, error)
                continue
            if event:
                with own_transaction(self.env) as env:
                    own = channel.with_env(env)
                    env["channel.inbox.event"]._store(own, [event], "fetch")

    def _get_unknown_orders(self, channel):
        # those of a settlement that this job has just matched, too
        with fresh_reading(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT line.order_ref
                      FROM channel_settlement_line line
                      JOIN channel_settlement settlement
                        ON settlement.id = line.settlement_id
                       AND settlement.state = 'exceptions'
                     WHERE line.channel_id = %s AND line.match = 'no_order'
                       AND line.order_ref <> ''
                       AND NOT EXISTS (SELECT FROM channel_order
                                        WHERE channel_id = line.channel_id
                                          AND external_id = line.order_ref)
                     LIMIT %s
                    """,
                    channel.id,
                    ASKED_ORDERS,
                )
            )
        return [row[0] for row in rows]

    # ----------------------------------------------------------------- run
    def _run(self, channel):
        """Read, match, post, find in the bank. :return: False if another worker does"""
        end = time.monotonic() + RUN_SECONDS
        with try_lock(self.env, LOCK_SETTLEMENT, channel.id) as locked:
            if not locked:
                return False
            for work, ids in self._get_work(channel):
                for res_id in ids:
                    self._do(work, res_id)
                    if time.monotonic() > end:
                        channel._wake("_job_settle")
                        return True
            if self._has_unknown(channel):
                channel._wake("_job_payouts", seconds=60)
        return True

    def _has_unknown(self, channel):
        return channel._may_talk() and bool(self._get_unknown_orders(channel))

    def _get_work(self, channel):
        """Yield (method, ids) of what is to be done, in the order to do it in; each is
        looked for when those before it are done."""
        settlements = self.env["channel.settlement"]
        domain = [("channel_id", "=", channel.id)]
        due = fields.Datetime.subtract(fields.Datetime.now(), minutes=10)
        looks = (
            ("_read", "channel.settlement.file", [("state", "=", "new")], "id"),
            (
                "_match_one",
                settlements._name,
                [
                    "|",
                    ("state", "=", "new"),
                    "&",
                    ("state", "=", "exceptions"),
                    "|",
                    ("matched_at", "=", False),
                    ("matched_at", "<", due),
                ],
                "id",
            ),
            ("_post_one", settlements._name, [("state", "=", "approved")], "id"),
            (
                "_bank_one",
                settlements._name,
                [
                    ("state", "=", "posted"),
                    ("in_bank", "=", False),
                    "|",
                    ("bank_looked_at", "=", False),
                    ("bank_looked_at", "<", due),
                ],
                "id",
            ),
        )
        for work, model, more, order in looks:
            with own_transaction(self.env) as env:
                ids = env[model].search([*domain, *more], order=order).ids
            yield work, ids

    def _do(self, work, res_id):
        """One record in a transaction of its own; what fails stays with it."""
        # accounting relies on conflicts being noticed, and so does a person who decides
        # on a line while the settlement is matched again
        careful = work in ("_match_one", "_post_one", "_bank_one")

        def attempt():
            with own_transaction(self.env, read_committed=not careful) as env:
                getattr(env["channel.settlement.reader"], work)(res_id)

        try:
            retry_on_conflict(attempt)
        except CONFLICTS:
            raise
        except UserError as error:
            self._report(work, res_id, str(error))
        except Exception as error:  # pylint: disable=broad-except
            # one settlement that breaks us must not stop all others
            _logger.exception("%s of %s failed", work, res_id)
            self._report(work, res_id, f"{type(error).__name__}: {error}")

    def _report(self, work, res_id, words):
        with own_transaction(self.env) as env:
            if work == "_read":
                env["channel.settlement.file"].browse(res_id)._set_refused(words)
                return
            settlement = env["channel.settlement"].browse(res_id)
            settlement.error = words[:1000]
            env["channel.exception"]._report(
                settlement.channel_id,
                "settlement",
                key=f"settlement:{settlement.id}",
                record=settlement,
                message=self.env._(
                    "%(settlement)s: %(error)s",
                    settlement=settlement.name,
                    error=words,
                ),
                suggestion=self.env._(
                    "Correct that in accounting; it is tried again within the hour. Or "
                    "take the settlement back."
                ),
            )

    def _match_one(self, res_id):
        self.env["channel.settlement"].browse(res_id)._match()

    def _post_one(self, res_id):
        settlement = self.env["channel.settlement"].browse(res_id)
        if settlement.try_lock_for_update():
            self.env["channel.settlement.poster"]._post(settlement)

    def _bank_one(self, res_id):
        settlement = self.env["channel.settlement"].browse(res_id)
        self.env["channel.settlement.banker"]._find(settlement)

    # ---------------------------------------------------------------- read
    def _read(self, res_id):
        """Make settlements of a file: all that is in it, or nothing."""
        file = self.env["channel.settlement.file"].browse(res_id)
        try:
            with self.env.cr.savepoint():
                settlements = self._take_in(file)
        except exceptions.ChannelError as error:
            file._set_refused(error)
            return
        file.write({"state": "read", "error": False})
        file._resolve()
        settlements._match()

    def _parse(self, file):
        content = file._bytes()
        if file.format_id:
            return file.format_id._parse(content)
        return file.channel_id._adapter()._parse_settlement(file.channel_id, content)

    def _take_in(self, file):
        """:return: the settlements of it that are to be matched"""
        takers, batch = {}, []
        for each in self._parse(file):
            if isinstance(each, schemas.SettlementData):
                known = takers.get(each.external_id)
                if known:
                    known.head = each
                else:
                    takers[each.external_id] = _Taker(self.env, file, each)
                continue
            taker = takers.get(each.settlement)
            if taker is None:
                raise exceptions.MalformedDataError(
                    f"{each.settlement!r:.60} was not told before",
                    path=f"line {each.external_id!r:.60}",
                )
            batch.append((taker, each))
            if len(batch) == BATCH:
                self._insert(batch)
                batch = []
        self._insert(batch)
        if not takers:
            raise exceptions.MalformedDataError("there is no settlement in it")
        self._give_total(file, takers)
        ids = [each for taker in takers.values() for each in taker.end().ids]
        return self.env["channel.settlement"].browse(unique(ids))

    def _give_total(self, file, takers):
        """What a person has entered beside the file."""
        if not file.has_total and not file.given_date:
            return
        if len(takers) > 1:
            raise exceptions.MalformedDataError(
                self.env._(
                    "There are %s settlements in it: import it without amount and "
                    "date.",
                    len(takers),
                )
            )
        [taker] = takers.values()
        taker.given = file

    def _insert(self, batch):
        """Insert lines, one statement for all of them."""
        if not batch:
            return
        rows = [taker.row(line) for taker, line in batch]
        columns = list(map(list, zip(*rows, strict=True)))
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO channel_settlement_line
                       (settlement_id, channel_id, company_id, currency_id, external_id,
                        kind, gross, net, fee, words, order_ref, transaction_ref,
                        refund_ref, posted_at, paid_amount, paid_currency, is_test,
                        match)
                SELECT *, 'new'
                  FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[], %s::text[],
                              %s::text[], %s::numeric[], %s::numeric[], %s::numeric[],
                              %s::text[], %s::text[], %s::text[], %s::text[],
                              %s::timestamp[], %s::numeric[], %s::text[], %s::bool[])
                ON CONFLICT DO NOTHING
                """,
                *columns,
            )
        )
        if self.env.cr.rowcount != len(rows):
            raise exceptions.MalformedDataError(
                "the same line is in it twice", path=self._get_twice(batch)
            )

    def _get_twice(self, batch):
        seen = set()
        for _taker, line in batch:
            if line.external_id in seen:
                return f"line {line.external_id!r:.60}"
            seen.add(line.external_id)
        return "a line of an earlier part"


class _Taker:
    """One settlement that is being read: its record, and the digest of its lines."""

    def __init__(self, env, file, head):
        self._env, self._file = env, file
        self.head, self.given = head, None
        self._sum = 0
        self._currency = self._find_currency(head)
        self._known = self._find_known()
        # those of another state until its lines are known
        self._settlement = env["channel.settlement"].create(
            {
                **self._prepare_vals(head),
                "state": "correction" if self._known else "new",
                "revision": len(self._known) + 1,
            }
        )

    def _find_currency(self, head):
        currencies = self._env["res.currency"].with_context(active_test=False)
        found = currencies.search([("name", "=", head.currency)])
        if not found:
            raise exceptions.MalformedDataError(
                f"{head.currency!r:.10} is no currency of Odoo", path="currency"
            )
        if not found.active:
            raise exceptions.MalformedDataError(
                self._env._(
                    "The currency %s is not active: activate it in accounting, then "
                    "retry.",
                    found.name,
                )
            )
        return found

    def _find_known(self):
        return self._env["channel.settlement"].search(
            [
                ("channel_id", "=", self._file.channel_id.id),
                ("external_id", "=", self.head.external_id),
            ]
        )

    def _prepare_vals(self, head):
        channel, given = self._file.channel_id, self.given
        deposit = head.deposit_at and _naive(head.deposit_at).date()
        total = head.total
        if given and given.has_total:
            total = Decimal(str(given.given_total))
        if given and given.given_date:
            deposit = given.given_date
        return {
            "channel_id": channel.id,
            "name": f"{channel.name} {head.external_id}",
            "external_id": head.external_id,
            "kind": head.kind,
            "gateway": head.gateway or self._file.format_id.gateway,
            "status": head.status,
            "currency_id": self._currency.id,
            "started_at": _naive(head.started_at),
            "ended_at": _naive(head.ended_at),
            "deposit_date": deposit,
            "bank_ref": head.bank_ref,
            "has_total": total is not None,
            "stated_total": float(total or 0),
            "has_balances": head.opening is not None and head.closing is not None,
            "opening": float(head.opening or 0),
            "closing": float(head.closing or 0),
            "summary": schemas.dump(head.summary),
            "file_id": self._file.id,
        }

    def row(self, line):
        """The columns of a line; its part of the digest, whatever the order."""
        text = repr(
            (
                line.external_id,
                line.kind,
                line.gross.normalize(),
                line.fee.normalize(),
                line.order_ref,
                # however many zeros a source writes it with
                line.paid_amount and line.paid_amount.normalize(),
            )
        )
        digest = hashlib.sha256(text.encode()).digest()
        self._sum = (self._sum + int.from_bytes(digest[:16], "big")) % (1 << 128)
        channel = self._file.channel_id
        return (
            self._settlement.id,
            channel.id,
            channel.company_id.id,
            self._currency.id,
            line.external_id,
            line.kind,
            line.gross,
            line.net,
            line.fee,
            line.words,
            line.order_ref,
            line.transaction_ref,
            line.refund_ref,
            _naive(line.posted_at),
            line.paid_amount,
            line.paid_currency or None,
            line.test,
        )

    def end(self):
        """Sum up, and decide what this is: new, known, corrected, or the end of one.

        :return: the settlement to match, if there is one
        """
        vals = self._prepare_vals(self.head)
        digest = hashlib.sha256(
            repr((self._sum, vals["stated_total"], vals["currency_id"])).encode()
        ).hexdigest()
        self._settlement.write({**vals, "digest": digest})
        self._settlement._sum_up()
        current = self._known.filtered(
            lambda each: each.state not in ("correction", "replaced")
        )
        if self.head.status in ENDED:
            return self._take_failure(current)
        if not current:
            return self._settlement
        if self._is_known(digest):
            # the same once more: only what has become of it is news
            self._settlement.unlink()
            current._follow_status(self.head.status, vals["deposit_date"])
            return current.filtered(lambda each: each.state == "new")
        return self._take_correction(current)

    def _is_known(self, digest):
        return digest in self._known.mapped("digest")

    def _take_failure(self, current):
        """Money that never came: what was booked of it is taken back."""
        if not current:
            self._settlement.write({"state": "void"})
            return self._settlement.browse()
        self._settlement.unlink()
        current._fail(self.head.status)
        return current.browse()

    def _take_correction(self, current):
        """Lines that differ from what is known. What nobody has approved is replaced;
        what is approved or posted stays until a person takes the correction."""
        if current.state in (*OPEN, "void"):
            current._resolve()
            current.write({"state": "replaced"})
            current.flush_recordset(["state"])
            self._settlement.write({"state": "new"})
            return self._settlement
        self._settlement._report_correction(current)
        return self._settlement.browse()


def _naive(moment):
    return moment and moment.astimezone(timezone.utc).replace(tzinfo=None)
