# SPDX-License-Identifier: AGPL-3.0-or-later
"""Marks in a customer's words, and a search for them in all of the database."""

import dataclasses
import typing

from odoo.tools import SQL

from odoo.addons.channel_inventory_base import schemas

MARK = "Zqmark"

# Text of an order that the channel or the shop writes and no customer: class -> fields.
STRUCTURE = {
    "OrderData": (
        "external_id name state payment gateway currency risk market origin taxed_by"
    ),
    "OrderLineData": "external_id listing_ref sku barcode",
    "TaxData": "title",
    "Deduction": "node_ref",
    "AddressData": "state_code country_code",
    "CustomerData": "external_id",
    "ShippingLineData": "external_id kind",
    "OrderRefundData": "external_id",
    "OrderRefundLineData": "line_ref restock node_ref",
    "OrderShipmentData": "external_id node_ref",
    "UnitsData": "line_ref",
    "TrackingData": "carrier",
}

# What retention leaves: Odoo's documents and contacts, which Odoo and its owner answer
# for. The same list is in docs/security.md. Table.column; of messages: those of models.
LEFT = {
    "res_partner": "contacts",
    "sale_order": "note of the sale order",
    "sale_order_line": "descriptions",
    "account_move": "reference of a credit note",
    "account_move_line": "descriptions",
    "account_payment": "memo",
    "stock_move": "descriptions",
    "stock_picking": "tracking number",
    "mail_message:sale.order": "chatter of documents",
    "mail_message:res.partner": "chatter of contacts",
    "mail_message:account.move": "chatter of documents",
    "mail_message:stock.picking": "chatter of documents",
}


def marked(data, cls=None, path="order"):
    """``data`` of an order with a mark in each text that a customer may have written.

    What it lacks is made: an address, a note. A field of text that nobody has named in
    ``STRUCTURE`` is marked, so a new one is not forgotten.
    """
    cls = cls or schemas.OrderData
    data, hints = dict(data), typing.get_type_hints(cls)
    known = STRUCTURE.get(cls.__name__, "").split()
    for field in dataclasses.fields(cls):
        hint, where = hints[field.name], f"{path}.{field.name}"
        inner = _inner_class(hint)
        if hint is str and field.name not in known:
            data[field.name] = f"{MARK}.{where}"
        elif inner and typing.get_origin(hint) is tuple:
            data[field.name] = [
                marked(item, inner, f"{where}{place}")
                for place, item in enumerate(data.get(field.name) or ())
            ]
        elif inner and inner.__name__ in ("AddressData", "CustomerData"):
            data[field.name] = marked(data.get(field.name) or {}, inner, where)
    if cls is schemas.AddressData:
        data.setdefault("country_code", "DE")
    return data


class Erased:
    """Time goes by, and retention runs. Mixed into cases with an open transaction."""

    def elapse(self, days=400):
        """As if all of it had happened so long ago."""
        self.env.flush_all()
        for table, column in (
            ("channel_order", "write_date"),
            ("channel_inbox_event", "received_at"),
            ("channel_exception", "last_seen"),
            ("channel_partner", "write_date"),
            ("queue_job", "date_created"),
        ):
            table, column = SQL.identifier(table), SQL.identifier(column)
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s = %s - %s * interval '1 day'",
                    *(table, column, column, days),
                )
            )
        self.env.invalidate_all()

    def retain(self, days=365):
        """Only personal data, after so many days; 0: by those of each channel."""
        retentions = self.env["channel.retention"]
        retentions.search([]).days = 0
        retentions.search([("kind", "=", "personal")]).days = days
        self.env.flush_all()
        retentions._cron_retention()
        self.env.invalidate_all()

    def assertErased(self):
        self.assertEqual(find_left_behind(self.env), {})


def _inner_class(hint):
    """The dataclass in a hint such as ``tuple[X, ...] | None``"""
    if dataclasses.is_dataclass(hint):
        return hint
    found = [_inner_class(each) for each in typing.get_args(hint)]
    return next(filter(None, found), None)


def find_marks(env, mark=MARK):
    """Every text, JSON and binary column of every table, of Odoo as well as ours.

    :return: {"table.column" or "mail_message:model.column": one of the texts}
    """
    env.flush_all()
    found = {}
    for table, columns in _text_columns(env).items():
        named = SQL(", ").join(
            SQL(
                "min(%(text)s) FILTER (WHERE %(text)s ILIKE %(mark)s)",
                text=_as_text(column, kind),
                mark=f"%{mark}%",
            )
            for column, kind in columns
        )
        split = SQL("model") if table == "mail_message" else SQL("NULL")
        rows = env.execute_query(
            SQL("SELECT %s, %s FROM %s GROUP BY 1", split, named, SQL.identifier(table))
        )
        for model, *texts in rows:
            place = f"{table}:{model}" if model else table
            for (column, _kind), text in zip(columns, texts, strict=True):
                if text is not None:
                    begin = max(0, text.lower().find(mark.lower()) - 100)
                    found[f"{place}.{column}"] = text[begin : begin + 200]
    return found


def find_left_behind(env, mark=MARK):
    """:return: as ``find_marks``, without what is left on purpose"""
    return {
        place: text
        for place, text in find_marks(env, mark).items()
        if place.rpartition(".")[0] not in LEFT
    }


def _as_text(column, kind):
    name = SQL.identifier(column)
    if kind == "bytea":
        return SQL("encode(%s, 'escape')", name)
    return SQL("%s::text", name)


def _text_columns(env):
    tables = {}
    for table, column, kind in env.execute_query(
        SQL(
            """
            SELECT c.table_name, c.column_name, c.data_type
              FROM information_schema.columns c
              JOIN information_schema.tables t USING (table_schema, table_name)
             WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
               AND c.data_type IN ('text', 'character varying', 'character', 'json',
                                   'jsonb', 'bytea', 'ARRAY')
             ORDER BY 1, 2
            """
        )
    ):
        tables.setdefault(table, []).append((column, kind))
    return tables
