# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who buys, where it goes, and what is asked for. No odoo in here."""

BUYER = "BUYER"


def customer(order):
    """CustomerData's values. The mail address is one that Amazon forwards from."""
    buyer, registration = order.get("buyer"), _registration(order)
    shipping = address(order) or {}
    found = {"name": shipping.get("name", ""), "phone": shipping.get("phone", "")}
    if buyer:
        found.update(buyer.texts(email="buyerEmail", company="buyerCompanyName"))
        found["name"] = buyer.get("buyerName").text() or found["name"]
    if registration:
        found["vat"] = registration.get("taxRegistrationNumber").text()
        found["company"] = found.get("company") or registration.get("legalName").text()
    return found


def _registration(order):
    """The buyer's own tax registration, None where there is none."""
    tax = order.get("tax")
    for each in tax.all("taxRegistrations") if tax else []:
        number = each.get("taxRegistrationNumber")
        if each.get("entityType").text() == BUYER and number:
            return each
    return None


def purchase_order(order):
    """The number that a business has given the order."""
    buyer = order.get("buyer")
    return buyer.get("buyerPurchaseOrderNumber").text() if buyer else ""


def address(order):
    """AddressData's values; None where it is not told: not yet, no longer, or never."""
    recipient = order.get("recipient")
    place = recipient.get("deliveryAddress") if recipient else None
    if not place or not any(place.expect(dict, "an object").values()):
        return None
    second = place.texts(
        line="addressLine2", more="addressLine3", district="districtOrCounty"
    )
    return {
        "street2": ", ".join(filter(None, second.values())),
        **place.texts(
            name="name",
            company="companyName",
            street="addressLine1",
            zip="postalCode",
            state_code="stateOrRegion",
            country_code="countryCode",
            phone="phone",
        ),
        "city": place.get("city").text() or place.get("municipality").text(),
    }


def instructions(order):
    """What the customer says to whoever delivers."""
    recipient = order.get("recipient")
    place = recipient.get("deliveryPreference") if recipient else None
    if not place:
        return ""
    words = place.texts(where="dropOffLocation", how="addressInstruction")
    return "\n".join(filter(None, words.values()))


def wishes(item):
    """PropertyData's values: what of an item whoever packs it has to know."""
    found = []
    told = item.get("fulfillment")
    packing = told.get("packing") if told else None
    gift = packing.get("giftOption") if packing else None
    if gift:
        found += [
            ("Gift wrap", gift.get("giftWrapLevel").text()),
            ("Gift message", gift.get("giftMessage").text()),
        ]
    customization = item["product"].get("customization")
    if customization:
        found.append(("Customization", customization.get("customizedUrl").text()))
    cancellation = item.get("cancellation")
    wish = cancellation.get("cancellationRequest") if cancellation else None
    if wish:
        reason = wish.get("cancelReason").text() or wish.get("requester").text()
        found.append(("Cancellation requested", reason))
    return [{"label": label, "value": value} for label, value in found if value]
