from odoo import api, models, tools
from odoo.exceptions import AccessError
from odoo.tools import format_list

OURS = "channel_"


class ChannelGuarded(models.AbstractModel):
    """Fields that only the server writes, and fields that a record is made with.

    ``readonly=True`` is a thing of forms: an import, RPC, a default in the context or
    a default of a user write the field all the same. Here it is a rule of the model.

    How it works: a stored field of this suite that is read only is written with
    ``sudo()`` or not at all (``_server_fields``), and its default is the field's own.
    What the company of a record follows from stays as it was made (``_fixed_fields``);
    and because Odoo looks at record rules before a write, they are looked at again
    after one that links something else.

    How to use: inherit it in each model of the suite that has a table, and in each
    model of Odoo that the suite gives a read-only field. Extend the two methods that
    return names; a button that writes such a field checks who presses it, then
    writes with ``sudo()``.
    """

    _name = "channel.guarded"
    _description = "Guarded Fields"

    # --------------------------------------------------------- declarations
    @api.model
    def _server_fields(self):
        """:return: set of names that nobody writes but the server"""
        return {
            name
            for name, field in self._fields.items()
            if field.store and field.readonly and (field._module or "").startswith(OURS)
        }

    @api.model
    def _fixed_fields(self):
        """:return: set of names that people write once, when they make the record"""
        return set()

    @api.model
    @tools.ormcache()
    def _get_server_fields(self):
        return frozenset(self._server_fields())

    # ---------------------------------------------------------------- CRUD
    @api.model
    def default_get(self, fields):
        """No default of a context or a user for what the server writes, not even with
        ``sudo()``: what a button makes is not what its caller's context says."""
        guarded = self._get_server_fields()
        values = super().default_get([name for name in fields if name not in guarded])
        own = {
            name: self._fields[name].default(self)
            for name in guarded.intersection(fields)
            if self._fields[name].default
        }
        return {**values, **self._convert_to_write(own)}

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        if self.env.su:
            return vals_list
        left = self._get_server_fields() - set(default or ())
        return [
            vals and {name: vals[name] for name in vals if name not in left}
            for vals in vals_list
        ]

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self._check_made_by_people(vals)
        return super().create(vals_list)

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        self._check_written_by_people(vals)
        result = super().write(vals)
        if self._may_change_company(vals):
            self.invalidate_recordset()
            self.check_access("write")
        return result

    # -------------------------------------------------------------- checks
    @api.model
    def _check_made_by_people(self, vals):
        """:raise AccessError: a value of what the server writes, other than its own"""
        touched = [name for name in vals if name in self._get_server_fields()]
        if not touched:
            return
        own = self.new(self.default_get(touched))
        self._refuse([name for name in touched if not own._has_value(name, vals[name])])

    def _check_written_by_people(self, vals):
        """:raise AccessError: another value of what the server writes, or of what stays
        as it was made"""
        kept = self._get_server_fields() | self._fixed_fields()
        self._refuse(
            [
                name
                for name, value in vals.items()
                if name in kept
                and not all(record._has_value(name, value) for record in self)
            ]
        )

    def _has_value(self, name, value):
        """Whether writing ``value`` would change nothing."""
        field = self._fields[name]
        if field.type in ("one2many", "many2many"):
            return not value
        there = field.convert_to_cache(self[name], self, validate=False)
        return field.convert_to_cache(value, self) == there

    def _refuse(self, names):
        if not names:
            return
        labels = [self._fields[name]._description_string(self.env) for name in names]
        raise AccessError(
            self.env._(
                "%(fields)s of %(model)s cannot be written: it is kept by the system, "
                "or stays as it was when the record was made. Use the buttons of the "
                "record, or make another one.",
                fields=format_list(self.env, sorted(labels)),
                model=self._description,
            )
        )

    @api.model
    def _may_change_company(self, vals):
        """Whether the records may belong to another company after ``vals``."""
        return self._is_ours() and any(
            self._fields[name].type == "many2one" for name in vals
        )

    @api.model
    def _is_ours(self):
        return self._name.startswith("channel.")
