"""What the background shoppers of this shop put into their carts."""

from ..common.shoppers import pick_person

VAT = [{"title": "VAT", "rate": 0.21}]


def make_cart(dice):
    first, last, country, city, code, phone, email, street = pick_person(dice)
    address = {
        "first_name": first,
        "last_name": last,
        "address_1": street,
        "city": city,
        "postcode": code,
        "country": country,
        "phone": phone,
        "email": email,
    }
    return {
        "billing": address,
        "taxes": VAT,
        "shipping": {"title": "Flat rate", "price": "4.95"},
        "payment": dice.choice(("paid", "paid", "paid", "on-hold", "pending")),
    }
