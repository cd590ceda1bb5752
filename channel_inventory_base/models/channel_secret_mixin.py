# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import threading
from contextlib import contextmanager, nullcontext
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, config

from ..db.transaction import fresh_reading, own_transaction
from ..lib import addresses, guarded
from ..tools import crypto, options

_threads = threading.local()

USED = "channel_inventory_base.secrets"
"""Key of a cursor's cache: by which stored secrets it has gone, of each channel."""
MASK = "••••••••"
ALLOWED = "allow_private_addresses"
"""Option of the server's configuration, see ``lib.addresses``."""


def secret_field(string, **options):
    """A write-only field of the form: what is entered is stored as the secret of the
    field's name (``_get_secret``), and never shown."""
    return fields.Char(
        string,
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        groups="channel_inventory_base.group_channel_manager",
        **options,
    )


class ChannelSecretMixin(models.AbstractModel):
    """Secrets, and the small state shared by all workers of a channel."""

    _name = "channel.secret.mixin"
    _description = "Secrets of a Channel"

    def write(self, vals):
        if "base_url" in vals:
            moved = self.filtered(
                lambda each: _receiver(each.base_url) != _receiver(vals["base_url"])
            )
            moved._forget_secrets()
            moved._set_connection("unknown", False)
        return super().write(vals)

    # ------------------------------------------------------------- secrets
    def _forget_secrets(self):
        """Secrets were given for one address: they are not carried to another.

        Nor is what was learned there: its tokens, and how far its orders were pulled.
        """
        # sudo: no user may write channel.secret directly
        secrets = self.env["channel.secret"].sudo()
        secrets.search([("channel_id", "in", self.ids)]).unlink()
        # sudo: no user may write the jobs' state directly
        states = self.env["channel.shared.state"].sudo()
        states.search([("channel_id", "in", self.ids)]).unlink()
        self.invalidate_recordset(list(self._secret_fields()))

    @api.model
    def _secret_fields(self):
        """:return: {field made by ``secret_field``: name of its secret}"""
        made = self._fields.items()
        return {name: name for name, each in made if each.compute == "_compute_secrets"}

    def _compute_secrets(self):
        """Tell that there is a secret, never which."""
        # sudo: no user may read channel.secret, only whether there is one
        names = self.env["channel.secret"].sudo()._names_of(self)
        for channel in self:
            for field, name in self._secret_fields().items():
                channel[field] = MASK if (channel.id, name) in names else False

    def _inverse_secrets(self):
        """Store the secrets that were entered, and show none of them afterwards.

        Only those in the cache: while some fields are being written, the others read
        as empty, and an empty secret is one that is removed.
        """
        names = self._secret_fields()
        for channel in self:
            entered = {
                field: channel[field] for field in names if field in channel._cache
            }
            for field, value in entered.items():
                if value != MASK:
                    channel._set_secret(names[field], value)
                    shown = MASK if value else False
                    channel._fields[field]._update_cache(channel, shown)

    def _get_secret(self, name):
        """:return: the secret in clear, for the connector only; False without one"""
        return self._get_secrets(name).get(name, False)

    def _get_secrets(self, *names):
        """:return: {name: secret in clear}, of those that there are"""
        self.ensure_one()
        # sudo: no user may read channel.secret; jobs run as ordinary users
        stored = self.env["channel.secret"].sudo()._ciphertexts(self.id)
        self.env.cr.cache.setdefault(USED, {})[self.id] = stored
        return {
            name: self._decrypt(name, stored[name]) for name in names if name in stored
        }

    @contextmanager
    def _reading_afresh(self):
        """An environment that shows what is committed by now (``fresh_reading``): for
        an address and its secrets, which may be others since this job began. The
        secrets read there are those that the job has gone by."""
        used, failure = self.env.cr.cache.setdefault(USED, {}), None
        with fresh_reading(self.env) as env:
            env.cr.cache[USED] = used
            # what fails in the block has transactions of its own; this one only reads
            try:
                yield env
            except Exception as error:
                failure = error
        if failure:
            raise failure

    def _has_newer_secrets(self):
        """Whether others were entered than this job has gone by: it, and the process
        that it runs in, may know those of the time when it began."""
        used = self.env.cr.cache.get(USED, {}).get(self.id)
        if used is None:
            return False
        with own_transaction(self.env) as env:
            # sudo: no user may read channel.secret; jobs run as ordinary users
            stored = env["channel.secret"].sudo()._read_ciphertexts(self.id)
        if stored == used:
            return False
        self.env.registry.clear_cache()
        return True

    def _set_secret(self, name, value):
        self.ensure_one()
        # sudo: no user may write channel.secret directly
        secrets = self.env["channel.secret"].sudo()
        secret = secrets._find(self, name)
        if not value:
            secret.unlink()
        elif secret:
            secret.value = self._encrypt(name, value)
        else:
            secrets.create(
                {
                    "channel_id": self.id,
                    "name": name,
                    "value": self._encrypt(name, value),
                }
            )
        self.env["channel.audit"]._log(
            "channel",
            self,
            message=self.env._("Secret %s was set", name)
            if value
            else self.env._("Secret %s was removed", name),
        )

    def _encrypt(self, name, text):
        """:param name: of the secret: it opens under no other one"""
        try:
            keys = crypto.read_keys(config["config"])
            return crypto.encrypt(keys, self._place_of_secret(name), text)
        except crypto.KeyMissing as error:
            raise UserError(self._get_missing_key_message()) from error

    def _decrypt(self, name, stored):
        try:
            keys = crypto.read_keys(config["config"])
            return crypto.decrypt(keys, self._place_of_secret(name), stored)
        except crypto.KeyMissing as error:
            raise UserError(self._get_missing_key_message()) from error
        except crypto.WrongKey as error:
            raise UserError(
                self.env._(
                    "A secret of this channel was stored with another key than this "
                    "server's. Enter the secret again, or give the server the old "
                    "key too (secret_key = new,old)."
                )
            ) from error
        except crypto.WrongPlace as error:
            raise UserError(self._get_wrong_place_message(name)) from error

    def _place_of_secret(self, name):
        """The context that a secret is bound to, including the address: by SQL it could
        be changed to one that collects secrets."""
        self.ensure_one()
        return json.dumps([self.id, name, *_receiver(self.base_url)])

    def _get_wrong_place_message(self, name):
        return self.env._(
            "The stored secret %(name)s of %(channel)s was made for another channel, "
            "secret or address: the database was changed by other means than this "
            "form. It is not used. Find out what was changed, then enter the secret "
            "again.",
            name=name,
            channel=self.name,
        )

    def _get_missing_key_message(self):
        return self.env._(
            "This server has no key to encrypt secrets with. Put a Fernet key as "
            "secret_key into section [%(section)s] of the server configuration, or "
            "into the environment variable %(variable)s.",
            section=crypto.SECTION,
            variable=crypto.ENVIRONMENT_VARIABLE,
        )

    @api.model
    def _rotate_secrets(self):
        """Encrypt with the server's first key whatever another one has made.

        Tokens that renew themselves come by themselves.

        :return: how many
        """
        keys = crypto.read_keys(config["config"])
        # sudo: no user may read or write channel.secret directly
        secrets = self.env["channel.secret"].sudo().search([("value", "!=", False)])
        old = secrets.filtered(lambda each: not crypto.is_newest(keys, each.value))
        for secret in old:
            text = secret.channel_id._decrypt(secret.name, secret.value)
            secret.value = secret.channel_id._encrypt(secret.name, text)
        return len(old)

    # -------------------------------------------------------- shared state
    @contextmanager
    def _shared_state(self, key, scope=""):
        """A small dict that all workers share, locked and durable.

        :param scope: names what it belongs to instead of this channel

        Opens its own transaction: what is set is committed at the end of the block,
        whatever becomes of the caller's. Never sleep or call out inside it.
        """
        self.ensure_one()
        with own_transaction(self.env) as env:
            states = env["channel.shared.state"]
            if scope:
                record = states._lock_scoped(f"{scope}:{key}")
            else:
                record = states._lock(self.id, key)
            yield record.value
            record._save()

    def _get_shared_state(self, key, scope="", fresh=True):
        """A look at the shared dict, without the lock.

        :param fresh: as it is now: all workers write it while a job is under way, and
            so does the job. False for what may be as old as the transaction.
        """
        whose = SQL("channel_id = %s AND key = %s", self.id, key)
        if scope:
            whose = SQL("channel_id IS NULL AND key = %s", f"{scope}:{key}")
        with fresh_reading(self.env) if fresh else nullcontext(self.env) as env:
            rows = env.execute_query(
                SQL("SELECT value FROM channel_shared_state WHERE %s", whose)
            )
        return rows[0][0] if rows else {}

    @api.model
    def _http_session(self):
        """The session that adapters speak through; tests replace it.

        One a thread, so that a publisher does not open a connection for every batch;
        without cookies, so that no channel meets another's. It connects to what the
        server's configuration allows.
        """
        if not hasattr(_threads, "session"):
            _threads.session = guarded.session(_allowed_addresses)
        _threads.session.cookies.clear()
        return _threads.session

    def _webhook_url(self):
        """The address for the channel's webhooks."""
        self.ensure_one()
        return f"{self.get_base_url()}/channel/webhook/{self._door_token()}"

    def _door_token(self):
        # sudo: managers may read it, and it is needed by whoever speaks to the channel
        return self.sudo().webhook_token


def _allowed_addresses():
    """Looked at for each connection: what the configuration says counts at once."""
    return addresses.Allowed(options.read(config["config"], ALLOWED))


def _receiver(url):
    """The receiver of requests to ``url``: two sites in folders of one host are
    different."""
    parts = urlsplit((url or "").strip())
    return parts.scheme, parts.netloc, parts.path.rstrip("/"), parts.query
