# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models, tools
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tools import format_list

OURS = "channel_"


class ChannelGuarded(models.AbstractModel):
    """Fields written only by the server, and fields fixed on creation.

    ``readonly=True`` protects forms only: an import, RPC, a default in the context or a
    default of a user write the field all the same. Here it is a rule of the model.

    How it works: a stored field of this suite that is read only is written with
    ``sudo()`` or not at all (``_server_fields``), and its default is the field's own.
    What the company of a record follows from stays as it was made (``_fixed_fields``);
    because Odoo looks at record rules before a write, they are looked at again after
    one that links something else; and people link records of the suite only where
    they may see them, so that nothing is read or done through a link. In wizards, whose
    answers are people's, it is this last rule that counts, for every record.

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
        """:return: set of names that only the server writes"""
        if self._transient:
            return set()
        return {
            name
            for name, field in self._fields.items()
            if field.store and field.readonly and self._is_field_of_ours(field)
        }

    @staticmethod
    def _is_field_of_ours(field):
        """Also where another addon has extended it since, with one more value of a
        selection maybe: then it is that addon's to Odoo."""
        return any(module.startswith(OURS) for module in field._modules)

    def _fixed_fields(self):
        """The fields that determine the company; records may have more than their
        model.

        :return: set of names that users set once, on creation
        """
        company = self._fields.get("company_id")
        if not company or self._transient or not self._is_ours():
            return set()
        return {(company.related or "company_id").split(".")[0]}

    @api.model
    @tools.ormcache()
    def _get_server_fields(self):
        return frozenset(self._server_fields())

    @api.model
    @tools.ormcache()
    def _get_links(self):
        """:return: names of relations that people write, to what not all may see"""
        return frozenset(
            name
            for name, field in self._fields.items()
            if field.store
            and field.type in ("many2one", "many2many")
            and self._is_link_guarded(field)
            and name not in self._get_server_fields()
        )

    @api.model
    def _is_link_guarded(self, field):
        """Records of the suite everywhere; in wizards, which look things up for the
        person that asks, Odoo's too."""
        return self._transient or field.comodel_name.startswith("channel.")

    # ---------------------------------------------------------------- CRUD
    @api.model
    def default_get(self, fields):
        """No default of a context or a user for what the server writes, not even with
        ``sudo()``: what a button makes is not what its caller's context says."""
        guarded = self._get_server_fields()
        values = super().default_get([name for name in fields if name not in guarded])
        if not self.env.su:
            self._drop_unseen_links(values)
        own = {
            name: self._fields[name].default(self)
            for name in guarded.intersection(fields)
            if self._fields[name].default
        }
        return {**values, **self._convert_to_write(own)}

    def _drop_unseen_links(self, values):
        """A form tells the name of what it links by default."""
        for name in self._get_links().intersection(values):
            field = self._fields[name]
            if field.type == "many2one" and values[name]:
                if not self._may_see_link(field, values[name]):
                    del values[name]

    def onchange(self, values, field_names, fields_spec):
        """A form is computed from what it sends: from no record of the suite that its
        user may not see, whose name would be in the answer."""
        if not self.env.su:
            values = self._without_unseen_links(values)
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def _without_unseen_links(self, values):
        """:return: the values of a form, and of the lines in it, as their user may send
        them"""
        kept = {}
        for name, value in values.items():
            field = self._fields.get(name)
            if field and field.type == "many2one" and value:
                value = self._without_unseen_link(field, value)
            elif field and field.type in ("one2many", "many2many") and value:
                value = self._without_unseen_in_lines(field, value)
            kept[name] = value
        return kept

    def _without_unseen_link(self, field, value):
        """:param value: an id; of a line in a form, all that the form itself holds"""
        if not isinstance(value, dict):
            return value if self._may_see_link(field, value) else False
        if value.get("id") and not self._may_see_link(field, value["id"]):
            return False
        model = self.env[field.comodel_name]
        if not isinstance(model, self.env.registry["channel.guarded"]):
            return value
        return model._without_unseen_links(value)

    def _without_unseen_in_lines(self, field, commands):
        model = self.env[field.comodel_name]
        if not isinstance(model, self.env.registry["channel.guarded"]):
            return commands
        return [
            [*command[:2], model._without_unseen_links(command[2])]
            if command[0] in (Command.CREATE, Command.UPDATE)
            else command
            for command in commands
        ]

    def _may_see_link(self, field, record_id):
        if not self._is_link_guarded(field):
            return True
        model = self.env[field.comodel_name].with_context(active_test=False)
        return model.has_access("read") and bool(
            model.search_count([("id", "=", record_id)])
        )

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
        records = super().create(vals_list)
        if not self.env.su:
            records._check_links(self._get_links())
        return records

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        self._check_written_by_people(vals)
        result = super().write(vals)
        self._check_links(self._get_links().intersection(vals))
        if self._may_change_company(vals):
            self.invalidate_recordset()
            self.check_access("write")
        return result

    # --------------------------------------------------------------- roles
    def _require_role(self, role):
        """For buttons whose work is done with more rights than their user has.

        :raise AccessError: the user is no ``role`` (user, operator, manager), or may
            not see one of these records
        """
        # what follows is done with more rights: not on what the user cannot even see
        self.check_access("read")
        group = f"channel_inventory_base.group_channel_{role}"
        if not self.env.su and not self.env.user.has_group(group):
            raise AccessError(
                self.env._(
                    "This requires the role %s of Channels; ask your administrator.",
                    self.env.ref(group).sudo().name,  # sudo: the name of a role
                )
            )

    # ---------------------------------------------------------------- locks
    @api.model
    def _lock_due(self, domain, **options):
        """The records of which this is so, and stays so until the transaction ends;
        without those that another transaction is at.

        :param options: of ``search``
        """
        found = self.search(domain, **options).try_lock_for_update()
        # one that was let go after it was found may be another by now
        found.invalidate_recordset()
        return found.filtered_domain(domain)

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
                "%(fields)s of %(model)s cannot be edited: it is maintained by the "
                "system, or fixed once the record exists. Use the buttons of the "
                "record, or create another one.",
                fields=format_list(self.env, sorted(labels)),
                model=self._description,
            )
        )

    def _check_links(self, names):
        """:raise AccessError: people have named a record that they may not see"""
        for name in names:
            # sudo: of many records a user is shown those that he may see
            linked = self.sudo()[name]
            linked.with_env(self.env).check_access("read")

    @api.model
    def _may_change_company(self, vals):
        """Whether the records may belong to another company after ``vals``."""
        return self._is_ours() and any(
            self._fields[name].type == "many2one" for name in vals
        )

    @api.model
    def _is_ours(self):
        return self._name.startswith("channel.")
