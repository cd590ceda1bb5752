# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.tools import OrderedSet


class ChannelImport(models.AbstractModel):
    """Odoo's import by the names that users know: channel, SKU, internal reference.

    Odoo itself takes the first of several records that match a name, with a warning. A
    rule or a mapping for the wrong one of two channels with the same SKU is worse than
    none, so here an ambiguous name is an error of its row, and nothing of the file is
    imported.
    """

    _name = "channel.import"
    _description = "Import by Names"

    @api.model
    def load(self, fields, data):
        fields, data, problems = self._find_named(list(fields), data)
        if problems:
            return {"ids": False, "nextrow": 0, "messages": problems}
        return super().load(fields, data)

    @api.model
    def _named_fields(self):
        """Relations whose names are looked up here, those before that limit others."""
        return ["channel_id", "listing_id", "product_tmpl_id", "product_id"]

    def _find_named(self, fields, data):
        """Names into database ids.

        :return: (fields, rows, problems)
        """
        rows = [dict(zip(fields, row, strict=True)) for row in data]
        problems = []
        for name in self._named_fields():
            if name not in fields:
                continue
            known = {}
            for number, row in enumerate(rows):
                key = (row[name], self._limit_of(name, row))
                if row[name] and key not in known:
                    known[key] = self._find_by_name(name, *key)
                if row[name]:
                    row[name], problem = known[key]
                    problems += self._problem(number, name, problem)
        fields = [
            f"{name}/.id" if name in self._named_fields() else name for name in fields
        ]
        return fields, [list(row.values()) for row in rows], problems

    def _limit_of(self, name, row):
        """In which channel a listing is looked for."""
        return row.get("channel_id") if name == "listing_id" else False

    def _find_by_name(self, name, value, channel_id):
        """:return: (id as text or False, what is wrong or False)"""
        records = self.env[self._fields[name].comodel_name]
        domain = [("channel_id", "=", int(channel_id))] if channel_id else []
        found = records.name_search(value.strip(), domain, operator="=", limit=3)
        ids = OrderedSet(record_id for record_id, _label in found)
        return self._one_of(ids, self._fields[name].comodel_name, value)

    def _one_of(self, ids, model, value):
        if len(ids) == 1:
            return str(next(iter(ids))), False
        words = {"model": self.env[model]._description, "value": value}
        if ids:
            return False, self.env._(
                "“%(value)s” matches several records of %(model)s: use the external "
                "id, or add the channel.",
                **words,
            )
        return False, self.env._(
            "“%(value)s” matches no record of %(model)s that you may read.", **words
        )

    def _problem(self, number, field, message):
        """A message as Odoo's import displays it beside a row."""
        if not message:
            return []
        return [
            {
                "type": "error",
                "record": number,
                "rows": {"from": number, "to": number},
                "field": field,
                "message": message,
            }
        ]
