"""The control API under ``/_sandbox/``: JSON in, JSON out, loopback only.

``GET /_sandbox/`` lists it all. ``NAME`` in a route is a partner.
"""

from datetime import date

from ..common.control import TOOLS, Control
from . import sftp
from .partner import PartnerError

API = Control(PartnerError)
route, handle = API.route, API.handle
# of what every shop has, what makes sense without shoppers and a store
for method, path in (
    ("GET", "requests"),
    ("POST", "seed"),
    ("POST", "reset"),
    ("GET", "faults"),
    ("POST", "faults"),
    ("DELETE", "faults"),
):
    route(method, path)(TOOLS[method, path])

# {partner: {what may be done by POST NAME/do/WHAT}}
HANDS = {
    "bigmart": ("buy", "change", "cancel", "receive", "arrive", "silence"),
    "dock9": (
        *("ship", "receive", "arrive", "adjust", "move", "lose", "count", "report"),
        "silence",
    ),
    "fabrik": ("answer", "despatch", "make_goods", "report", "silence"),
}
DATES = ("ship_from", "ship_by", "cancel_after")


def find(sandbox, name):
    if name not in sandbox.partners:
        raise PartnerError(f"no partner {name}")
    return sandbox.partners[name]


@route("GET", "")
def index(sandbox, _values):
    return {
        "routes": API.names(),
        "faults": sftp.KINDS,
        "partners": {
            name: {
                "rules": partner._refusals(),
                "habits": {key: what for key, (_r, what) in partner.habits().items()},
                "hands": HANDS[name],
            }
            for name, partner in sandbox.partners.items()
        },
    }


@route("GET", "state")
def get_state(sandbox, _values):
    with sandbox.transaction():
        return {
            "url": sandbox.url,
            "now": sandbox.clock.now(),
            "due": sandbox.clock.waiting(),
            "sftp": {
                "host": sandbox.sftp.host,
                "port": sandbox.sftp.port,
                "host_key": sandbox.sftp.host_key,
                "fingerprint": sandbox.sftp.fingerprint,
            },
            "partners": {
                name: {
                    "user": partner.config.user,
                    "identity": partner.config.identity,
                    "us": partner.config.us,
                    "documents": len(partner.documents),
                    "charges": dict(partner.ledger.counts),
                    "out": sorted(partner.files("out")),
                }
                for name, partner in sandbox.partners.items()
            },
        }


@route("GET", "truth")
def get_truth(sandbox, _values):
    return sandbox.truth()


@route("POST", "step")
def post_step(sandbox, values):
    """{"seconds": n}: so much time passes, and partners look into their folders."""
    sandbox.step(values.get("seconds", 0))


@route("POST", "clock")
def post_clock(sandbox, values):
    sandbox.clock.move(values["skew"], values.get("backwards", False))


@route("POST", "calm")
def post_calm(sandbox, _values):
    sandbox.calm()


@route("POST", "host-key")
def post_host_key(sandbox, _values):
    """The server has another key from now on."""
    sandbox.sftp.change_host_key()
    return {"host_key": sandbox.sftp.host_key}


@route("GET", "NAME/documents")
def get_documents(sandbox, values, name):
    partner = find(sandbox, name)
    with sandbox.transaction():
        return {
            "documents": [
                each.row()
                for each in partner.documents
                if values.get("kind") in (None, each.kind)
            ]
        }


@route("GET", "NAME/ledger")
def get_ledger(sandbox, _values, name):
    partner = find(sandbox, name)
    return {"entries": partner.ledger.rows(), "total": str(partner.ledger.total)}


@route("GET", "NAME/truth")
def get_partner_truth(sandbox, _values, name):
    with sandbox.transaction():
        return find(sandbox, name).truth()


@route("GET", "NAME/files")
def get_files(sandbox, values, name):
    found = find(sandbox, name).files(values.get("folder", "out"))
    return {"files": {key: data.decode("latin-1") for key, data in found.items()}}


@route("GET", "NAME/rules")
def get_rules(sandbox, _values, name):
    return {"rates": find(sandbox, name).rules.rates}


@route("POST", "NAME/rules")
def post_rules(sandbox, values, name):
    """{rule: rate}: 0 never, 1 always."""
    find(sandbox, name).rules.set(**values)


@route("POST", "NAME/rules/next")
def post_rules_next(sandbox, values, name):
    """{rule: times}: at each of the next times, whatever its rate."""
    for rule, times in values.items():
        find(sandbox, name).rules.next(rule, times)


@route("GET", "NAME/config")
def get_config(sandbox, _values, name):
    return find(sandbox, name).config.shown("password", "keys")


@route("POST", "NAME/config")
def post_config(sandbox, values, name):
    find(sandbox, name).config.update(values)


@route("POST", "NAME/do/WHAT")
def post_do(sandbox, values, name, what):
    """What its people do: the arguments of the method of this name."""
    partner = find(sandbox, name)
    if what not in HANDS[name]:
        raise PartnerError(f"{name} does not {what}")
    for key in DATES:
        if key in values:
            values[key] = date.fromisoformat(values[key])
    if what == "answer" and values.get("promises"):
        values["promises"] = {
            sku: [(count, date.fromisoformat(day)) for count, day in rows]
            for sku, rows in values["promises"].items()
        }
    getattr(partner, what)(**values)
    return {"documents": [each.row() for each in partner.documents[-3:]]}


@route("POST", "NAME/resend/NUMBER")
def post_resend(sandbox, _values, name, number):
    partner = find(sandbox, name)
    partner.resend(partner.documents[int(number) - 1])
