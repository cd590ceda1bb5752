"""Reports 2021-06-30: the seller's listings, as they were some hours ago."""

from dataclasses import dataclass

from ..common.clock import iso
from . import const
from .api import list_page, operation, view_document
from .errors import ApiError
from .models import MERCHANT
from .orders import read_time

MODEL = "reports_2021-06-30"
MINUTE, HOUR = 60, 3600
OFTEN = 30 * MINUTE
COLUMNS = (
    *("item-name", "item-description", "listing-id", "seller-sku", "price", "quantity"),
    *("open-date", "image-url", "item-is-marketplace", "product-id-type"),
    *("zshop-shipping-fee", "item-note", "item-condition", "zshop-category1"),
    *("zshop-browse-path", "zshop-storefront-feature", "asin1", "asin2", "asin3"),
    *("will-ship-internationally", "expedited-shipping", "zshop-boldface"),
    *("product-id", "bid-for-featured-placement", "add-delete", "pending-quantity"),
    *("fulfillment-channel", "merchant-shipping-group", "status"),
)


@dataclass(eq=False)
class Report:
    id: str
    type: str
    marketplaces: list
    created: object
    status: str = "IN_QUEUE"
    started: object = None
    ended: object = None
    document: str = None
    window: tuple = (None, None)


# --- operations


@operation(MODEL, "createReport", status=202)
def create_report(call):
    store, body = call.store, call.body
    kind, places = body["reportType"], body["marketplaceIds"]
    call.check_marketplaces(places)
    call.shop.access.need(const.LISTING)
    if kind not in const.REPORT_TYPES:
        words = f"Report type {kind} cannot be requested here."
        if kind == const.SETTLEMENT_REPORT:
            words = "Request for report type 1118 is not allowed at this time."
        call.refuse("report_type", message=words)
        raise ApiError(400, "InvalidInput", words)
    if len(places) > 1:
        words = "This report is of one marketplace."
        call.refuse("wrong_marketplace", message=words)
    since = store.clock.time() - store.config.life(OFTEN)
    often = any(
        each.type == kind
        and each.marketplaces == places
        and each.created.timestamp() > since
        for each in store.reports.values()
    )
    times = tuple(body.get(name) for name in ("dataStartTime", "dataEndTime"))
    report = Report(
        str(60000019000 + store.number()),
        kind,
        places,
        store.clock.tick(),
        window=tuple(text and read_time(text) for text in times),
    )
    store.reports[report.id] = report
    cancelled = often and store.rules.strikes("report_often")
    if cancelled:
        store.violations.note("report_often", kind)
    seconds = store.config.life(store.between(*store.config.report_minutes) * MINUTE)
    store.clock.after(seconds / 3, _start, store, report)
    store.clock.after(seconds, _end, call.shop, report, cancelled)
    return {"reportId": report.id}


@operation(MODEL, "getReport")
def get_report(call):
    return _view(_report(call))


@operation(MODEL, "getReports")
def get_reports(call):
    return list_page(call, "report", _view)


@operation(MODEL, "cancelReport")
def cancel_report(call):
    report = _report(call)
    if report.status != "IN_QUEUE":
        call.refuse("feed_cancel", message=f"Report {report.id} is {report.status}.")
        return
    report.status, report.ended = "CANCELLED", call.store.clock.now()


@operation(MODEL, "getReportDocument")
def get_report_document(call):
    return view_document(call, "reportDocumentId")


def _report(call):
    if report := call.store.reports.get(call.path["reportId"]):
        return report
    raise ApiError(404, "NotFound", f"Report {call.path['reportId']} was not found.")


def _view(report):
    view = {
        "reportId": report.id,
        "reportType": report.type,
        "marketplaceIds": report.marketplaces,
        "createdTime": iso(report.created),
        "processingStatus": report.status,
        "processingStartTime": iso(report.started),
        "processingEndTime": iso(report.ended),
        "reportDocumentId": report.document,
        "dataStartTime": iso(report.window[0]),
        "dataEndTime": iso(report.window[1]),
    }
    return {name: value for name, value in view.items() if value is not None}


# --- their life


def _start(store, report):
    if report.status == "IN_QUEUE":
        report.status, report.started = "IN_PROGRESS", store.clock.now()


def _end(shop, report, cancelled):
    store = shop.store
    if report.status != "IN_PROGRESS":
        return
    body, kind = write(store, report.marketplaces[0])
    if store.rules.strikes("report_fatal"):
        report.status = "FATAL"
        words = b"The report could not be made. Please try again later."
        report.document = shop.documents.create("text/plain", words).id
    elif cancelled or body is None or store.rules.strikes("report_empty"):
        report.status = "CANCELLED"
    else:
        report.status = "DONE"
        report.document = shop.documents.create(kind, body).id
    report.ended = store.clock.now()
    store.words.report(report)


def remember(store):
    """What reports know until the next time: cached for hours."""
    store.catalogue = [
        (listing, place, code, quantity, listing.active, price)
        for listing in store.listings.values()
        for place, price in listing.prices.items()
        for code, quantity in listing.offers or [(MERCHANT, 0)]
    ]


def write(store, marketplace):
    """(bytes, Content-Type) of the listings report; bytes None where nothing is."""
    place = const.MARKETPLACES[marketplace]
    local = store.rules.strikes("local_headers")
    names = const.LOCAL_HEADERS.get(place.country, {}) if local else {}
    charset = place.charset if local else "utf-8"
    lines = ["\t".join(names.get(column, column) for column in COLUMNS)]
    lines += [
        "\t".join(_row(*entry)) for entry in store.catalogue if entry[1] == marketplace
    ]
    body = "\r\n".join([*lines, ""]).encode(charset, "replace")
    kind = "text/plain"
    if not store.rules.strikes("charset_missing"):
        kind = f"text/plain; charset={charset}"
    return (body if len(lines) > 1 else None), kind


def _row(listing, _place, code, quantity, active, price):
    values = {
        "item-name": listing.title,
        "listing-id": f"0731{listing.sku[:8]}",
        "seller-sku": listing.sku,
        "price": "" if price is None else f"{price:.2f}",
        # of what Amazon ships itself the report tells no number
        "quantity": str(quantity) if code == MERCHANT else "",
        "open-date": listing.created.strftime("%d/%m/%Y %H:%M:%S UTC"),
        "item-is-marketplace": "y",
        "product-id-type": "1",
        "item-condition": "11",
        "asin1": listing.asin,
        "product-id": listing.asin,
        "pending-quantity": "0" if code == MERCHANT else "",
        "fulfillment-channel": code,
        "merchant-shipping-group": "Migrated Template",
        "status": "Incomplete" if listing.stub else "Active" if active else "Inactive",
    }
    return [values.get(column, "") for column in COLUMNS]
