"""The shop, the app, webhooks, jobs and bulk operations."""

from ...common.clock import iso
from ..ids import gid
from ..resolver import VIEWS, Record, View
from .stock import InventoryItem, Location


class Shop(View):
    """The record is the store."""

    gql_type = "Shop"

    def _config(self):
        return self._record.config

    def id(self):
        return gid("Shop", self._record.shop_id)

    def name(self):
        return self._config().shop_name

    def email(self):
        return self._config().email

    def contact_email(self):
        return self._config().email

    def myshopify_domain(self):
        return self._config().shop

    def url(self):
        return f"https://{self._config().shop}"

    def primary_domain(self):
        return Record(
            "Domain",
            id=gid("Domain", self._record.shop_id),
            host=self._config().shop,
            url=self.url(),
            sslEnabled=True,
        )

    def currency_code(self):
        return self._config().currency

    def enabled_presentment_currencies(self):
        return [self._config().currency]

    def shop_address(self):
        return Record("ShopAddress", countryCodeV2=self._config().country)

    def taxes_included(self):
        return self._config().taxes_included

    def tax_shipping(self):
        return True

    def iana_timezone(self):
        return "Etc/UTC"

    def timezone_abbreviation(self):
        return "UTC"

    def timezone_offset(self):
        return "+0000"

    def timezone_offset_minutes(self):
        return 0

    def unit_system(self):
        return "METRIC_SYSTEM"

    def weight_unit(self):
        return "KILOGRAMS"

    def order_number_format_prefix(self):
        return "#"

    def order_number_format_suffix(self):
        return ""

    def created_at(self):
        return iso(self._record.created_at)

    def plan(self):
        plan = self._config().plan
        return Record(
            "ShopPlan",
            displayName=plan.title(),
            partnerDevelopment=False,
            shopifyPlus=plan in ("plus", "enterprise"),
        )


class App(View):
    gql_type = "App"

    def id(self):
        return gid("App", self._ctx.store.shop_id + 1)

    def api_key(self):
        return self._ctx.store.config.client_id

    def handle(self):
        return self._ctx.store.config.client_id

    def title(self):
        return "Sandbox App"


class AppInstallation(View):
    gql_type = "AppInstallation"

    def id(self):
        return gid("AppInstallation", self._ctx.store.shop_id + 2)

    def app(self):
        return App(None, self._ctx)

    def access_scopes(self):
        return [
            Record("AccessScope", handle=scope, description=scope.replace("_", " "))
            for scope in sorted(self._ctx.access.scopes)
        ]


class WebhookSubscription(View):
    gql_type = "WebhookSubscription"

    def topic(self):
        return self._record.topic

    def uri(self):
        return self._record.uri

    def callback_url(self):
        return self._record.uri

    def endpoint(self):
        return Record("WebhookHttpEndpoint", callbackUrl=self._record.uri)

    def format(self):
        return "JSON"

    def name(self):
        return self._record.name

    def filter(self):
        return self._record.filter or None

    def include_fields(self):
        return self._record.include_fields

    def metafield_namespaces(self):
        return []

    def api_version(self):
        return api_version(self._record.api_version)

    def created_at(self):
        return iso(self._record.created_at)

    def updated_at(self):
        return iso(self._record.updated_at)


def api_version(version):
    return Record("ApiVersion", handle=version, displayName=version, supported=True)


class Job(View):
    gql_type = "Job"

    def done(self):
        return self._record.done


class OrderCancelJobResult(View):
    """What became of a cancellation (from 2026-10 on)."""

    gql_type = "OrderCancelJobResult"

    def id(self):
        return gid("OrderCancelJobResult", self._record.id)

    def done(self):
        return self._record.done

    def status(self):
        if not self._record.done:
            return "STARTED"
        return "FAILED" if self._record.errors else "SUCCEEDED"

    def errors(self):
        return self._record.errors

    def order(self):
        return VIEWS["Order"](self._record.order, self._ctx)


class BulkOperation(View):
    gql_type = "BulkOperation"

    def status(self):
        return self._record.status

    def type(self):
        return "QUERY"

    def query(self):
        return self._record.query

    def error_code(self):
        return self._record.error_code

    def object_count(self):
        return str(self._record.objects)

    def root_object_count(self):
        return str(self._record.root_objects)

    def file_size(self):
        lines = self._record.lines
        return None if lines is None else str(len(lines.encode()))

    def url(self):
        # As in a live shop there is no file when nothing was found.
        return self._ctx.sandbox.bulk_url(self._record) if self._record.lines else None

    def partial_data_url(self):
        return None

    def created_at(self):
        return iso(self._record.created_at)

    def completed_at(self):
        return iso(self._record.completed_at)


class InventoryAdjustmentGroup(View):
    """The record is a dict of what was changed, fixed for good."""

    gql_type = "InventoryAdjustmentGroup"

    def id(self):
        return gid("InventoryAdjustmentGroup", self._record["id"])

    def created_at(self):
        return iso(self._record["created_at"])

    def reason(self):
        return self._record["reason"]

    def reference_document_uri(self):
        return self._record["document"]

    def app(self):
        return App(None, self._ctx)

    def changes(self, inventory_item_ids=None, location_ids=None, quantity_names=None):
        return [
            InventoryChange(change, self._ctx)
            for change in self._record["changes"]
            if (not inventory_item_ids or change["item"].gid in inventory_item_ids)
            and (not location_ids or change["location"].gid in location_ids)
            and (not quantity_names or change["name"] in quantity_names)
        ]


class InventoryChange(View):
    gql_type = "InventoryChange"

    def name(self):
        return self._record["name"]

    def delta(self):
        return self._record["delta"]

    def quantity_after_change(self):
        return self._record["after"]

    def ledger_document_uri(self):
        return None

    def item(self):
        return InventoryItem(self._record["item"], self._ctx)

    def location(self):
        return Location(self._record["location"], self._ctx)
