# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is sealed, and how a row of it reads when it is: its *canonical text*.

The text is made of columns that are named here and that never change, in an order that
stays, of values as the database stores them: no settings of a session, no language, no
rounding has a part in it, and a column that an upgrade adds is in none of the older
forms. Forms are added and never changed, so that old leaves can be verified for ever.
"""

from dataclasses import dataclass

from odoo.tools import SQL


def moment(column):
    """A timestamp that reads the same in every session, to the microsecond."""
    return SQL(
        """to_char(%s, 'YYYY-MM-DD"T"HH24:MI:SS.US')""", SQL.identifier(*_path(column))
    )


def decimal(column):
    """A number whatever type and scale its column has: 2.50 reads 2.5."""
    return SQL("trim_scale(%s::numeric)", SQL.identifier(*_path(column)))


def columns(names):
    """:param names: of columns of ``row``, with a space between them"""
    return SQL(", ").join(SQL.identifier("row", name) for name in names.split())


def _path(column):
    return column.split(".") if "." in column else ("row", column)


@dataclass(frozen=True)
class Source:
    """One table of what is sealed.

    :param name: as it is called in leaves for ever
    :param table: the alias in all SQL below is ``row``
    :param forms: {number: SQL of a row's values, with commas}; the highest one is used
        for what is sealed from now on
    :param at: since when the row can be sealed, naive UTC; part of its leaf
    :param company: SQL of the company whose people may see it, NULL for all
    :param joins: SQL behind the table
    :param final: SQL condition of rows that do not change any more
    """

    name: str
    table: str
    forms: dict
    at: SQL
    company: SQL
    joins: SQL = SQL("")
    final: SQL = SQL("true")

    @property
    def form(self):
        return max(self.forms)

    @property
    def frm(self):
        return SQL("%s row %s", SQL.identifier(self.table), self.joins)

    def text(self, form):
        """The canonical text of ``row``: a JSON array on one line.

        :param form: its number, or SQL of it
        """
        if not isinstance(form, SQL):
            return SQL("jsonb_build_array(%s)::text", self.forms[form])
        return SQL(
            "CASE %s %s END",
            form,
            SQL(" ").join(
                SQL("WHEN %s THEN %s", number, self.text(number))
                for number in self.forms
            ),
        )


def digest(text):
    """SQL of the SHA-256 of a text, hex."""
    return SQL("encode(sha256(convert_to(%s, 'UTF8')), 'hex')", text)


def leaf_data(name, row_id, at, form, digest_of_row):
    """SQL of what the Merkle tree has of a row: it stays provable without it."""
    return SQL(
        """
        concat_ws(E'\t', %s, %s, to_char(%s, 'YYYY-MM-DD"T"HH24:MI:SS.US'), %s, %s)
        """,
        name,
        row_id,
        at,
        form,
        digest_of_row,
    )


def known(moment_or_null):
    """A row without a time was written past Odoo: it is told as a late one."""
    return SQL("COALESCE(%s, 'epoch'::timestamp)", moment_or_null)


AUDIT = Source(
    name="channel.audit",
    table="channel_audit",
    forms={
        1: SQL(
            "%s, %s, %s",
            columns("id"),
            moment("at"),
            columns(
                "channel_id company_id user_id kind res_model res_id trace message data"
            ),
        )
    },
    at=known(SQL('"row"."at"')),
    company=SQL('"row"."company_id"'),
)
# A publication may be frozen anew under another key until its outcome is known.
_ANSWERED = SQL(
    "publication.state IN ('done', 'void', 'dead') AND publication.again IS NULL"
)
_ANSWERED_AT = known(SQL("GREATEST(publication.acked_at, publication.write_date)"))
PUBLICATION = Source(
    name="channel.publication",
    table="channel_publication",
    forms={
        1: SQL(
            "%s, %s",
            columns("id channel_id company_id key trace lane payload"),
            moment("sent_at"),
        )
    },
    joins=SQL('JOIN channel_publication publication ON publication.id = "row".id'),
    at=_ANSWERED_AT,
    company=SQL('"row"."company_id"'),
    final=_ANSWERED,
)
PUBLICATION_LINE = Source(
    name="channel.publication.line",
    table="channel_publication_line",
    forms={
        1: SQL(
            "%s, %s, %s",
            columns("id publication_id level_id quantity base deducted"),
            moment("since"),
            columns("cause_trace inputs"),
        )
    },
    joins=SQL(
        'JOIN channel_publication publication ON publication.id = "row".publication_id'
    ),
    at=_ANSWERED_AT,
    company=SQL("publication.company_id"),
    final=_ANSWERED,
)
RULE_VERSION = Source(
    name="channel.rule.version",
    table="channel_rule_version",
    forms={
        1: SQL(
            "%s, %s, %s, %s, %s, %s",
            columns("id rule_id number name company_id kind sequence"),
            decimal("value"),
            columns(
                "horizon_days lead_days supplier_stock allocation_group_id channel_id "
                "node_id warehouse_id categ_id tag_id product_tmpl_id product_id "
                "listing_id"
            ),
            SQL("%s, %s", moment("valid_from"), moment("valid_until")),
            columns("reason proposed_by_id approved_by_id"),
            moment("activated_at"),
        )
    },
    at=known(SQL('"row"."activated_at"')),
    company=SQL('"row"."company_id"'),
)
SOURCES = (AUDIT, PUBLICATION, PUBLICATION_LINE, RULE_VERSION)
