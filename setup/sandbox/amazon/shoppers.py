"""What the background shoppers of this account put into their carts."""

from ..common.shoppers import pick_person


def make_cart(dice, marketplaces):
    first, last, country, city, code, phone, _email, street = pick_person(dice)
    name = f"{first} {last}"
    return {
        "marketplace": dice.choice(marketplaces),
        "buyer": {"buyerName": name},
        "address": {
            "name": name,
            "addressLine1": street,
            "city": city,
            "postalCode": code,
            "countryCode": country,
            "phone": phone,
        },
        "business": dice.random() < 0.1,
    }
