"""Marketplaces, rates, roles, carriers and reasons, as Amazon documents them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Marketplace:
    """:ivar tax: who has the tax of an order: ``included`` in the price and mostly not
    told, or ``facilitator``: on top of it, Amazon's, never the seller's"""

    country: str
    name: str
    currency: str
    region: str
    tax: str = "included"
    charset: str = "utf-8"


MARKETPLACES = {
    "A1PA6795UKMFR9": Marketplace("DE", "Amazon.de", "EUR", "eu", charset="cp1252"),
    "A13V1IB3VIYZZH": Marketplace("FR", "Amazon.fr", "EUR", "eu", charset="cp1252"),
    "A2NODRKZP88ZB9": Marketplace("SE", "Amazon.se", "SEK", "eu"),
    "A1F83G8C2ARO7P": Marketplace("GB", "Amazon.co.uk", "GBP", "eu"),
    "APJ6JRA9NG5V4": Marketplace("IT", "Amazon.it", "EUR", "eu", charset="cp1252"),
    "A1RKKUPIHCS9HS": Marketplace("ES", "Amazon.es", "EUR", "eu", charset="cp1252"),
    "A1805IZSGTT6HS": Marketplace("NL", "Amazon.nl", "EUR", "eu"),
    "A1C3SOZRARQ6R3": Marketplace("PL", "Amazon.pl", "PLN", "eu"),
    "AMEN7PMS3EDWL": Marketplace("BE", "Amazon.com.be", "EUR", "eu"),
    "A28R8C7NBKEWEA": Marketplace("IE", "Amazon.ie", "EUR", "eu"),
    "A33AVAJ2PDY3EV": Marketplace("TR", "Amazon.com.tr", "TRY", "eu"),
    "ATVPDKIKX0DER": Marketplace("US", "Amazon.com", "USD", "na", "facilitator"),
    "A2EUQ1WTGCTBG2": Marketplace("CA", "Amazon.ca", "CAD", "na", "facilitator"),
    "A1AM78C64UM0Y8": Marketplace("MX", "Amazon.com.mx", "MXN", "na"),
    "A2Q3Y263D00KWC": Marketplace("BR", "Amazon.com.br", "BRL", "na"),
    "A1VC38T7YXB528": Marketplace("JP", "Amazon.co.jp", "JPY", "fe", charset="cp932"),
    "A39IBJ37TRP1C6": Marketplace("AU", "Amazon.com.au", "AUD", "fe", "facilitator"),
    "A19VAU5U5O7RUS": Marketplace("SG", "Amazon.sg", "SGD", "fe"),
}
AWS_REGIONS = {"na": "us-east-1", "eu": "eu-west-1", "fe": "us-west-2"}
FBA_CODES = {"na": "AMAZON_NA", "eu": "AMAZON_EU", "fe": "AMAZON_JP"}

# operation: (requests a second, burst)
RATES = {
    "searchOrders": (0.0056, 20),
    "getOrder": (0.5, 30),
    "confirmShipment": (2, 10),
    "patchListingsItem": (5, 5),
    "putListingsItem": (5, 10),
    "getListingsItem": (5, 10),
    "searchListingsItems": (5, 5),
    "deleteListingsItem": (5, 5),
    "getInventorySummaries": (2, 2),
    "getFeeds": (0.0222, 10),
    "createFeed": (0.0083, 15),
    "cancelFeed": (2, 15),
    "getFeed": (2, 15),
    "createFeedDocument": (0.5, 15),
    "getFeedDocument": (0.0222, 10),
    "getReports": (0.0222, 10),
    "cancelReport": (0.0222, 10),
    "createReport": (0.0167, 15),
    "getReport": (2, 15),
    "getReportDocument": (0.0167, 15),
}
NOTIFICATIONS_RATE = (1, 5)

LISTING, ORDERS, FBA, BUYERS, TAX = (
    "Product Listing",
    "Inventory and Order Tracking",
    "Amazon Fulfillment",
    "Direct-to-Consumer Shipping",
    "Tax Invoicing",
)
ROLES = (LISTING, ORDERS, FBA, BUYERS, TAX)
ROLE_OF = {
    "searchOrders": ORDERS,
    "getOrder": ORDERS,
    "confirmShipment": ORDERS,
    "getInventorySummaries": FBA,
    **dict.fromkeys(
        ("patchListingsItem", "getListingsItem", "searchListingsItems"), LISTING
    ),
}
# Blocks of an order stay out of the answer without these; nothing says so.
ROLE_OF_BLOCK = {"BUYER": BUYERS, "RECIPIENT": BUYERS, "TAX": TAX}
GRANTLESS = {
    "createDestination",
    "getDestinations",
    "getDestination",
    "deleteDestination",
    "getSubscriptionById",
    "deleteSubscriptionById",
    "sendTestNotification",
}

# Of Amazon's public feed schemas and lists, small letters or not.
CARRIERS = {
    *("usps", "ups", "upsmi", "fedex", "dhl", "fastway", "gls", "go!", "royal mail"),
    *("hermes logistik gruppe", "hermes", "evri", "parcelforce", "city link", "tnt"),
    *("dhl global mail", "ups mail innovations", "fedex smartpost", "ontrac", "osm"),
    *("canada post", "chronopost", "deutsche post", "dpd", "la poste", "sda", "yodel"),
    *("poste italiane", "smartmail", "sagawa", "yamato", "nittsu", "aramex", "dtdc"),
    *("australia post", "correos", "postnl", "postnord", "bpost", "seur", "inpost"),
    *("colissimo", "brt", "mondial relay", "lasership", "an post", "japan post"),
    *("target", "amazon shipping", "other"),
}

# All but this one put the units back on Amazon's number.
NO_INVENTORY = "NoInventory"
CANCEL_REASONS = {
    NO_INVENTORY,
    "ShippingAddressUndeliverable",
    "CustomerExchange",
    "BuyerCanceled",
    "GeneralAdjustment",
    "CarrierCreditDecision",
    "RiskAssessmentInformationNotValid",
    "CarrierCoverageFailure",
    "CustomerReturn",
    "MerchandiseNotReceived",
}
REFUND_REASONS = {
    *("NoInventory", "CustomerReturn", "GeneralAdjustment", "CouldNotShip"),
    *("DifferentItem", "Abandoned", "CustomerCancel", "PriceError", "Exchange"),
    *("ProductOutofStock", "CustomerAddressIncorrect", "Other", "TransactionRecord"),
    *("CarrierCreditDecision", "RiskAssessmentInformationNotValid"),
    *("CarrierCoverageFailure", "Undeliverable", "RefusedDelivery"),
}

LISTINGS_FEED = "JSON_LISTINGS_FEED"
ACK_XML = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
ACK_FLAT = "POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA"
REFUND_XML = "POST_PAYMENT_ADJUSTMENT_DATA"
REFUND_FLAT = "POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA"
FEED_TYPES = (LISTINGS_FEED, ACK_XML, ACK_FLAT, REFUND_XML, REFUND_FLAT)
# XML and flat listing feeds: taken, and FATAL since 2025-07-31.
DEAD_FEED_TYPES = (
    "POST_INVENTORY_AVAILABILITY_DATA",
    "POST_PRODUCT_DATA",
    "POST_PRODUCT_PRICING_DATA",
    "POST_FLAT_FILE_INVLOADER_DATA",
    "POST_FLAT_FILE_PRICEANDQUANTITYONLY_UPDATE_DATA",
)

LISTINGS_REPORT = "GET_MERCHANT_LISTINGS_ALL_DATA"
SETTLEMENT_REPORT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
REPORT_TYPES = (LISTINGS_REPORT,)
# Headers where they are not the English ones; what is not here stays English.
LOCAL_HEADERS = {
    "DE": {
        "item-name": "Artikelbezeichnung",
        "seller-sku": "Händler-SKU",
        "price": "Preis",
        "quantity": "Menge",
        "open-date": "Erstellungsdatum",
        "item-condition": "Artikelzustand",
        "asin1": "ASIN 1",
        "product-id": "Produkt-ID",
        "product-id-type": "Produkt-ID-Typ",
        "fulfillment-channel": "Versender",
        "status": "Status",
    },
    "FR": {
        "item-name": "nom-produit",
        "seller-sku": "sku-vendeur",
        "item-condition": "état-produit",
        "product-id": "id-produit",
        "product-id-type": "type-id-produit",
        "fulfillment-channel": "canal-traitement",
        "status": "état",
    },
    "IT": {
        "item-name": "Nome dell'articolo",
        "seller-sku": "SKU venditore",
        "price": "Prezzo",
        "quantity": "Quantità",
        "open-date": "Data di creazione",
        "fulfillment-channel": "Canale di gestione",
        "status": "stato",
    },
    "ES": {
        "item-name": "Título del producto",
        "seller-sku": "SKU del vendedor",
        "open-date": "Fecha de creación",
        "fulfillment-channel": "Canal de gestión logística",
        "status": "estado",
    },
    "JP": {
        "item-name": "商品名",
        "listing-id": "出品ID",
        "seller-sku": "出品者SKU",
        "price": "価格",
        "quantity": "数量",
        "open-date": "出品日",
        "product-id-type": "商品IDタイプ",
        "product-id": "商品ID",
        "pending-quantity": "在庫数",
        "fulfillment-channel": "フルフィルメント・チャンネル",
        "status": "ステータス",
    },
}
