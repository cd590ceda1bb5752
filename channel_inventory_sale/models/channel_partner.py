# SPDX-License-Identifier: AGPL-3.0-or-later
import hashlib
import re
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, email_normalize

from odoo.addons.channel_inventory_base.models.channel_order import QUIET
from odoo.addons.channel_inventory_base.tools.states import find_state

from ..tools.phone import to_e164
from ..tools.refusal import OrderRefusedError

GUESTS = ("email:", "guest:", "blanked:")
"""How ids begin that are no account's."""
PLACE = "place:"
"""How ids begin that are places: ``place:<qualifier>:<code>``."""

COUNTRY_ALIASES = {"UK": "GB", "EL": "GR"}
"""Codes in use that are not ISO's."""


def _tidy(text):
    """One space between words; False for nothing, as Odoo has it."""
    return re.sub(r"\s+", " ", text or "").strip() or False


def _join(*texts):
    return ", ".join(tidy for text in texts if (tidy := _tidy(text))) or False


class ChannelPartner(models.Model):
    """Links a customer of a channel to a contact. One row per customer of a channel.

    Linked once and always found by the channel's own id, even when the customer changes
    the e-mail address, and after contacts were merged.
    """

    _name = "channel.partner"
    _description = "Channel Customer"
    _inherit = ["channel.guarded"]
    _rec_name = "external_id"
    _order = "channel_id, id"

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    external_id = fields.Char(
        required=True,
        readonly=True,
        help="The channel's id of the customer, or a guest's e-mail or order.",
    )
    partner_id = fields.Many2one(
        "res.partner", required=True, ondelete="cascade", index=True
    )
    addresses = fields.Integer(
        readonly=True, help="Number of addresses added by orders of this channel."
    )

    _external_uniq = models.UniqueIndex(
        "(channel_id, external_id)", "The channel has this customer already."
    )

    @api.model
    def _find(self, channel, external_id):
        return self.search(
            [("channel_id", "=", channel.id), ("external_id", "=", external_id)]
        )

    @api.model
    def _find_of_accounts(self, channel, partners):
        """The ``partners`` linked to an account of the channel."""
        bound = self.search(
            [("channel_id", "=", channel.id), ("partner_id", "in", partners.ids)]
        )
        return bound.filtered(lambda each: each._is_account()).partner_id

    def _is_account(self):
        """Not what a guest is known by, nor what is left of that."""
        return not self.external_id.startswith((*GUESTS, PLACE))

    @api.model
    def _collide_on(self, partner):
        """Make two accounts that take the same contact at the same moment collide: the
        second one is tried again, and then sees whose it is."""
        self.env.execute_query(
            SQL(
                "UPDATE res_partner SET write_date = write_date WHERE id = %s "
                "RETURNING id",
                partner.id,
            )
        )

    @api.model
    def _bind(self, channel, external_id, partner):
        """Bind, or fail in a way that makes the caller's transaction start again.

        Two orders of a new customer at the same moment: the second one cannot see the
        first one's contact and has made its own. Under REPEATABLE READ ``ON CONFLICT``
        against a row that we cannot see is a serialization failure, where a
        plain INSERT would be a constraint error that nobody retries.
        """
        partner.flush_recordset()
        [[binding_id]] = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_partner
                       (channel_id, company_id, external_id, partner_id, addresses,
                        create_uid, create_date, write_uid, write_date)
                VALUES (%(channel)s, %(company)s, %(external_id)s, %(partner)s, 0,
                        %(user)s, now() AT TIME ZONE 'UTC',
                        %(user)s, now() AT TIME ZONE 'UTC')
                ON CONFLICT (channel_id, external_id)
                   DO UPDATE SET external_id = EXCLUDED.external_id
                RETURNING id
                """,
                channel=channel.id,
                company=channel.company_id.id,
                external_id=external_id,
                partner=partner.id,
                user=self.env.uid,
            )
        )
        return self.browse(binding_id)

    def _count_address(self):
        """Make two orders that add an address at the same moment collide.

        Without it both would add the same one. The second is retried, and finds it.
        """
        for binding in self:
            binding.addresses += 1

    # ------------------------------------------------------------- partner
    # Who bought, and where it goes: contacts found again rather than made again.
    def _get_partners(self, order, data):
        """Contacts for a sale order: (customer, invoice address, delivery address).

        :raise OrderRefusedError: an address that no carrier can deliver to
        """
        billing = self._prepare_address_vals(order, data.billing, data)
        shipping = self._prepare_address_vals(order, data.shipping, data)
        binding = self._get_customer(order, data, billing or shipping)
        return (
            binding.partner_id,
            self._get_place(order, data.billing)
            or self._get_address(order, binding, billing or shipping),
            self._get_place(order, data.shipping)
            or self._get_address(order, binding, shipping or billing),
        )

    # --------------------------------------------------------------- places
    # Trading partners name stores and warehouses by a code, and often by nothing else.
    @api.model
    def _get_place(self, order, address):
        """The contact that people have linked to the place that ``address``
        (schemas.AddressData or None) names; empty where it names none."""
        if not address or not address.ref:
            return self.env["res.partner"]
        return self._find(order.channel_id, f"{PLACE}{address.ref}").partner_id

    @api.model
    def _link_place(self, channel, ref, partner):
        """Orders to this place of the channel go to ``partner`` from now on."""
        binding = self._bind(channel, f"{PLACE}{ref}", partner)
        if binding.partner_id != partner:
            binding.partner_id = partner
        return binding

    @api.model
    def _list_places(self, order, data):
        """:return: {code of a place of the order: the contact linked to it, or empty},
        those without one first"""
        told = (data.shipping, data.billing, data.mark_for)
        places = {
            address.ref: self._get_place(order, address)
            for address in told
            if address and address.ref
        }
        return dict(sorted(places.items(), key=lambda place: bool(place[1])))

    @api.model
    def _complete_place(self, order, address):
        """``address`` as it is shipped to: of a linked place what its contact says."""
        place = self._get_place(order, address)
        if not place:
            return address
        return replace(
            address,
            street=place.street or "",
            city=place.city or "",
            zip=place.zip or "",
            state_code=place.state_id.code or "",
            state_name=place.state_id.name or "",
            country_code=place.country_id.code or "",
        )

    @api.model
    def _get_mark_for(self, order, data):
        """Whom the goods are for in the end; empty where the channel names nobody."""
        if not data.mark_for:
            return self.env["res.partner"]
        if place := self._get_place(order, data.mark_for):
            return place
        vals = self._prepare_address_vals(order, data.mark_for, data)
        if not vals:
            return self.env["res.partner"]
        return self._get_address(order, self._get_customer(order, data, None), vals)

    def _refuse_place(self, order, ref):
        raise OrderRefusedError(
            "address",
            self.env._(
                "The channel names the place %s by its code only, and no contact is "
                "linked to it.",
                ref,
            ),
            self.env._(
                "Press Link Place on the order and choose the contact. Orders to that "
                "place are then imported automatically."
            ),
            cause=f"{PLACE}{ref}",
            record=order.channel_id,
        )

    # ------------------------------------------------------------- customer
    def _get_customer(self, order, data, address):
        """The channel's customer: bound before, known by e-mail, or new."""
        bindings = self.env["channel.partner"]
        key = self._customer_key(order, data, address)
        binding = bindings._find(order.channel_id, key)
        if binding:
            return binding
        partner = self._find_by_email(order, data.customer)
        if partner:
            bindings._collide_on(partner)
        else:
            partner = self._create_customer(order, data.customer, address)
        return bindings._bind(order.channel_id, key, partner)

    def _customer_key(self, order, data, address):
        """The identifying key of the customer: the channel's id, e-mail, or address."""
        if data.customer.external_id:
            return data.customer.external_id
        if email := email_normalize(data.customer.email):
            return f"email:{email}"
        known = {**(address or {}), "customer": _tidy(data.customer.name)}
        known = "\n".join(str(known[each]) for each in sorted(known) if known[each])
        return f"guest:{hashlib.sha256(known.encode()).hexdigest()[:32]}"

    def _find_by_email(self, order, customer):
        """A contact of the company (or of all) with this address, the oldest first.

        Never a mere delivery or invoice address: these are of somebody. Nor for an
        account of the channel the contact of another one: two people may share an
        e-mail address, and each has orders, prices and debts of his own.
        """
        email = email_normalize(customer.email)
        if not email:
            return self.env["res.partner"]
        partners = self.env["res.partner"].search(
            [
                ("email_normalized", "=", email),
                ("company_id", "in", (False, order.company_id.id)),
                ("type", "=", "contact"),
                # goods for a company of this database would go into transit
                ("ref_company_ids", "=", False),
            ],
            order="company_id, id",
        )
        if customer.external_id:
            bindings = self.env["channel.partner"]
            partners -= bindings._find_of_accounts(order.channel_id, partners)
        return partners[:1]

    def _create_customer(self, order, customer, address):
        """A new contact lives at the address of its first order."""
        vals = dict(address or {})
        company = _tidy(customer.company)
        name = company or _tidy(customer.name) or vals.get("name") or customer.email
        country = self.env["res.country"].browse(vals.get("country_id") or [])
        phone = self._format_phone(order, customer.phone, country)
        vals.update(
            name=name or self.env._("Customer of %s", order.channel_id.name),
            email=_tidy(customer.email),
            phone=phone or vals.get("phone", False),
            company_id=order.company_id.id,
        )
        if company or customer.vat:
            vals["is_company"] = True
        if order.market_id.lang:
            vals["lang"] = order.market_id.lang
        partner = self.env["res.partner"].with_context(**QUIET).create(vals)
        self._set_vat(partner, customer)
        return partner

    def _set_vat(self, partner, customer):
        """The number as the channel tells it; one that Odoo refuses is noted for an
        accountant, and stops no order."""
        vat = _tidy(customer.vat)
        if not vat:
            return
        try:
            with self.env.cr.savepoint():
                partner.vat = vat
                partner.flush_recordset()
        except ValidationError:
            partner.invalidate_recordset(["vat"])
            partner._message_log(
                body=self.env._("Tax ID as told by the channel, not valid: %s", vat)
            )

    # -------------------------------------------------------------- address
    def _get_address(self, order, binding, vals):
        """The customer's contact with exactly this address, made when there is none.

        Of type *other*: who buys as a guest may give anybody's e-mail address, and
        Odoo would send what is sold to that contact by hand to its address of type
        *delivery*, and its invoices to that of type *invoice*.
        """
        partner = binding.partner_id
        if not vals or self._is_address(order, partner, vals):
            return partner
        owner = partner.commercial_partner_id
        found = self.env["res.partner"].search(
            [
                ("parent_id", "=", owner.id),
                ("type", "in", ("invoice", "delivery", "other")),
                *((name, "=", value) for name, value in vals.items()),
            ],
            limit=1,
        )
        if found:
            return found
        binding._count_address()
        return owner.with_context(**QUIET).create(
            {
                **vals,
                "type": "other",
                "parent_id": owner.id,
                "company_id": owner.company_id.id,
            }
        )

    def _is_address(self, order, partner, vals):
        """Whether it is the contact's own address; one without phone fits any."""
        wanted = {name: vals[name] for name in vals if name != "phone" or vals[name]}
        return wanted == partner._convert_to_write(
            {name: partner[name] for name in wanted}
        )

    def _prepare_address_vals(self, order, address, data):
        """Values of a contact, None for an address that says nothing, or names a place
        that is known.

        :raise OrderRefusedError: no country that Odoo knows, or an unknown place
        """
        if self._get_place(order, address):
            return None
        if address and address.ref and not _tidy(address.street):
            self._refuse_place(order, address.ref)
        if not address or not any(
            (address.name, address.company, address.street, address.city, address.zip)
        ):
            return None
        country = self._find_country(order, address.country_code)
        state = self._find_state(order, country, address)
        # a state that Odoo does not know is part of the address all the same
        state_text = "" if state else address.state_name or address.state_code
        return {
            "name": _join(address.company, address.name) or _tidy(data.customer.name),
            "street": _tidy(address.street),
            "street2": _join(address.street2, state_text),
            "city": _tidy(address.city),
            "zip": _tidy(address.zip),
            "state_id": state.id,
            "country_id": country.id,
            "phone": self._format_phone(order, address.phone, country),
        }

    def _country_code(self, order, code):
        code = (code or "").strip().upper()
        return COUNTRY_ALIASES.get(code, code)

    def _find_country(self, order, code):
        code = self._country_code(order, code)
        country = self.env["res.country"].search([("code", "=", code)], limit=1)
        if not country:
            raise OrderRefusedError(
                "address",
                self.env._("The address has the country code “%s”.", code)
                if code
                else self.env._("The address has no country."),
                self.env._("Correct the address on the channel, then fetch the order."),
            )
        return country

    def _find_state(self, order, country, address):
        """The state of an address, whichever way the channel writes its code."""
        states = self.env["res.country.state"]
        if not country or not (address.state_code or address.state_name):
            return states
        known = states.search([("country_id", "=", country.id)])
        found = find_state(
            country.code,
            address.state_code,
            [(each.id, each.code, each.name) for each in known],
            address.state_name,
        )
        return states.browse(found)

    # ---------------------------------------------------------------- phone
    def _format_phone(self, order, raw, country):
        """E.164 where it is a number, as given where it is not."""
        raw = _tidy(raw)
        return to_e164(raw, country.code) or raw

    def _find_odd_phones(self, order, data):
        """Telephone numbers of the order that could not be brought into one form."""
        given = [(data.customer.phone, data.shipping or data.billing)]
        given += [(each.phone, each) for each in (data.billing, data.shipping) if each]
        return sorted(
            {
                raw
                for raw, address in given
                if raw and not to_e164(raw, address.country_code if address else "")
            }
        )
