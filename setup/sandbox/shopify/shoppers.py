"""What the background shoppers of this store put into their carts."""

from ..common.shoppers import pick_person

VAT = [{"title": "VAT", "rate": 0.21}]


def make_cart(dice):
    first, last, country, city, code, phone, email, street = pick_person(dice)
    address = {
        "first_name": first,
        "last_name": last,
        "address1": street,
        "city": city,
        "zip": code,
        "country_code": country,
        "phone": phone,
    }
    return {
        "email": email,
        "customer": {"email": email, "first_name": first, "last_name": last},
        "shipping_address": address,
        "taxes": VAT,
        "shipping": {"title": "Standard", "price": "4.95"},
        "payment": dice.choice(("paid", "paid", "paid", "authorized", "pending")),
    }
