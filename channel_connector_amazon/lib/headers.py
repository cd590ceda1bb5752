# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names of the columns of GET_MERCHANT_LISTINGS_ALL_DATA in the languages of Amazon's
marketplaces, to the English ones. Only those that are read. No odoo in here.

Collected from what public programs know; Amazon publishes no list.
"""

NAMES = {
    "seller-sku": (
        "Händler-SKU",
        "sku-vendeur",
        "SKU venditore",
        "SKU del vendedor",
        "出品者SKU",
        "卖家 SKU",
        "sku-sprzedawcy",
        "sku-البائع",
    ),
    "item-name": (
        "Artikelbezeichnung",
        "nom-produit",
        "Nome dell'articolo",
        "Título del producto",
        "商品名",
        "商品名称",
        "nazwa-produktu",
        "اسم-المنتج",
    ),
    "quantity": (
        "Menge",
        "quantité",
        "Quantità",
        "Cantidad",
        "数量",
        "ilość",
        "الكمية",
    ),
    "fulfillment-channel": (
        "fulfilment-channel",
        "Versender",
        "canal-traitement",
        "Canale di gestione",
        "Canal de gestión logística",
        "フルフィルメント・チャンネル",
        "配送渠道",
        "kanał-realizacji",
        "قناة-الشحن",
    ),
    "product-id": (
        "Produkt-ID",
        "id-produit",
        "Identificativo del prodotto",
        "Identificador del producto",
        "商品ID",
        "商品编码",
        "identyfikator-produktu",
        "رقم-المنتج",
    ),
    "product-id-type": (
        "Produkt-ID-Typ",
        "type-id-produit",
        "Tipo di identificativo del prodotto",
        "Tipo de identificador de producto",
        "商品IDタイプ",
        "商品编码类型",
        "typ-identyfikatora-produktu",
        "نوع-رقم-المنتج",
    ),
    "status": (
        "stato",
        "estado",
        "état",
        "ステータス",
        "状态",
        "durum",
        "الحالة",
    ),
    "asin1": ("ASIN 1",),
}


def plain(cell):
    """A name as it is compared: Turkish headers have the English one before their own.

    >>> plain("seller-sku (satıcı sku)"), plain('"Menge" ')
    ('seller-sku', 'menge')
    """
    return cell.partition(" (")[0].strip().strip('"').strip().lower()


HEADERS = {plain(name): ours for ours, names in NAMES.items() for name in names}
