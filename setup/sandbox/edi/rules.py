"""What partners refuse or charge, and what they do by themselves, by name.

A rule of CHARGES or REFUSALS is certain and can be switched off (rate 0); a habit has a
rate from 0 to 1. Whatever breaks a rule gets a numbered entry in the partner's ledger.
"""

# {name: what breaks it}: of every partner
ENVELOPE = {
    "unreadable": "a file that does not begin with an interchange",
    "breaks_off": "an interchange that breaks off",
    "separators": "separators that are letters, digits, blanks, or the same",
    "isa_width": "an ISA whose elements do not have their widths",
    "isa_control": "an ISA13 that is no number of nine digits",
    "isa_time": "an ISA09 or ISA10 that is no date or time",
    "wrong_identity": "an interchange or group from or to somebody else",
    "wrong_usage": "a test document where production was agreed, or the reverse",
    "wrong_version": "a group or message of another version than agreed",
    "control_gap": "a control number that does not follow the last one",
    "control_repeat": "a control number that was used and acknowledged before",
    "group_repeat": "a group's control number that was used before",
    "set_repeat": "a document's control number twice in a group or interchange",
    "envelope": "segments outside of their envelope, or a trailer missing",
    "interchange_control": "IEA02 is not ISA13",
    "group_count": "IEA01 is not the number of groups",
    "group_control": "GE02 is not GS06",
    "set_count": "GE01 is not the number of sets",
    "set_control": "SE02 is not ST02",
    "se_count": "SE01 is not the number of segments",
    "unt_count": "UNT does not tell the number of segments",
    "unt_reference": "UNT and UNH have different references",
    "unz_count": "UNZ does not tell the number of messages",
    "unz_reference": "UNZ and UNB have different references",
    "charset": "characters that the named character set does not have",
    "decimal_mark": "a number with another decimal mark than UNA declares",
    "unsupported": "a document that was not agreed",
    "guide": "segments, elements or codes against the guide",
    "missing_ack": "a document was not acknowledged in its time",
    "ack_unknown": "an acknowledgement of what was never sent",
    "ack_counts": "an AK9 whose counts are not those of its sets",
    "written_in_place": "a file written under its final name instead of renamed",
}

# {name: (rate, what happens)}: what any partner may do to what it sends
HABITS = {
    "usage_test": (0.0, "a document is marked as a test"),
    "bom": (0.0, "a file begins with a byte order mark"),
    "half_file": (0.0, "a file breaks off in the middle and stays so"),
    "growing": (0.0, "a file is there half first, and grows later"),
    "two_interchanges": (0.0, "an interchange waits for the next, in one file"),
    "same_name": (0.0, "a file has the name of its kind alone, over the last one"),
    "rewritten": (0.0, "a file is replaced under its name by its document, changed"),
    "again_same": (0.0, "a file comes again: same bytes, another name"),
    "again_new_number": (0.0, "a document comes again under new control numbers"),
    "again_changed_same_number": (0.0, "it comes again, changed, same numbers"),
    "again_changed": (0.0, "it comes again, changed, under new control numbers"),
    "ack_reject": (0.0, "a right document is rejected, and not processed"),
    "ack_late": (0.0, "an acknowledgement comes a day late"),
    "ack_never": (0.0, "an acknowledgement never comes"),
    "ack_twice": (0.0, "an acknowledgement comes twice"),
    "ack_for_nothing": (0.0, "an acknowledgement of what was never sent comes too"),
    "wrong_count": (0.0, "SE01 or UNT tells one segment too many"),
}
X12_HABITS = {
    **HABITS,
    "lf_terminators": (0.0, "segments end with a line feed alone"),
    "isa_short": (0.0, "ISA has 104 characters: its ids are not filled up"),
    "ack_errors": (0.0, "997 accepts with errors (E)"),
    "ack_partial": (0.0, "997 accepts partially (P): the first set is rejected"),
    "ack_partial_bare": (0.0, "997 says P and not which sets: none is processed"),
    "ack_bare": (0.0, "997 accepts a group without naming its sets"),
}
EDIFACT_HABITS = {
    **HABITS,
    "ack_received": (0.0, "CONTRL says received (8) and no more"),
    "cp1252": (0.0, "texts are cp1252 although UNB says UNOC"),
    "no_una": (0.0, "UNA is left out, and the decimal mark is a point"),
    "release_characters": (0.0, "texts have service characters, released"),
    "utf8": (0.0, "texts are UTF-8 under UNOY"),
}

BIGMART = {
    # 855
    "answer_late": "no 855 within its hours after the 850",
    "answer_order": "an 855 for an order that is unknown, cancelled or answered",
    "answer_line": "an 855 whose lines are not those of the order",
    "answer_quantity": "ACK quantities that do not sum to PO102",
    "answer_unit": "a unit that is not the order's",
    "answer_price": "another price without saying so (IP)",
    "answer_detail": "details missing, or there against BAK02",
    # 856
    "asn_late": "a truck came without its 856",
    "asn_repeat": "a shipment id that was used before",
    "asn_order": "an 856 for an order that is unknown or cancelled",
    "asn_item": "an item that is not on the order",
    "asn_unit": "a unit that is not the order's",
    "asn_quantity": "a quantity of none, or with decimals",
    "asn_hl": "HL numbers, parents, levels or child flags that are wrong",
    "asn_count": "CTT01 is not the number of HL",
    "asn_carrier": "no bill of lading or no carrier",
    "asn_cartons": "TD102 is not the number of cartons",
    "asn_store": "a store that did not order, or more than it ordered",
    "asn_empty": "a carton without items",
    "sscc_missing": "a carton without an SSCC",
    "sscc_digit": "an SSCC of a wrong length or check digit",
    "sscc_repeat": "an SSCC that was used before",
    "sscc_unknown": "a carton on the truck that no 856 names",
    "carton_missing": "a carton of the 856 that was not on the truck",
    "asn_content": "a carton does not hold what its 856 says",
    "ship_early": "shipped before the order's window",
    "ship_late": "shipped after the order's window",
    "over_shipment": "more units than ordered",
    "under_shipment": "fewer units received by the cancel date than ordered",
    # 846
    "stock_item": "an item of the 846 that BigMart does not sell",
    "stock_unit": "a unit that is not the item's",
    "stock_quantity": "a quantity below zero, with decimals, or twice",
    "stock_old": "an 846 that is older than the last one",
    "stock_missing": "an item of ours that a full 846 leaves out",
    "stock_count": "CTT01 is not the number of LIN",
    "stock_late": "no 846 within its hours",
    "stock_oversold": "shown by the 846 and then not confirmed",
}
BIGMART_HABITS = {
    **X12_HABITS,
    "change_first": (0.0, "an 860 comes ten minutes before its 850"),
}

DOCK9 = {
    "order_carrier": "a 940 without a carrier",
    "order_repeat": "a depositor order number that was used before",
    "order_shipped": "a change or cancellation of what is shipped",
    "order_unknown": "a change or cancellation of what was never ordered",
    "order_item": "an item that the warehouse does not keep",
    "order_unit": "a unit that the warehouse does not keep it in",
    "order_total": "W7601 is not the sum of W0101",
    "order_address": "a ship-to without code and without street",
    "order_quantity": "a quantity of none, or with decimals",
    "receipt_repeat": "a 943 whose number was used before",
    "receipt_item": "a 943 with an item that the warehouse does not keep",
    "receipt_quantity": "a 943 with a quantity of none, or with decimals",
    "receipt_total": "W0301 is not the sum of W0401",
}
DOCK9_HABITS = {
    **X12_HABITS,
    "advice_late": (0.0, "a 945 comes hours after the truck has left"),
    "advice_twice": (0.0, "a 945 comes twice, under new control numbers"),
    "advice_before_ack": (0.0, "a 945 comes before the 997 of its 940"),
    "advice_unknown_lot": (0.0, "a 945 names a lot that nobody knows"),
    "advice_unknown_item": (0.0, "a 945 names an item that nobody knows"),
    "advice_total": (0.0, "W0301 of a 945 is not the sum of its lines"),
    "advice_no_exceptions": (0.0, "a 945 says N and names no lines"),
    "advice_exceptions": (0.0, "a 945 says X and names the short lines only"),
    "ships_partial": (0.0, "a part goes now and the rest hours later"),
    "ships_over": (0.0, "one unit more is shipped than was ordered"),
    "ships_substitute": (0.0, "another item is shipped in its place"),
    "stock_older": (0.0, "an 846 of an earlier moment comes after a later one"),
    "stock_truncated": (0.0, "an 846 ends in the middle of its items, well-formed"),
    "stock_zone": (0.0, "an 846 is of 23:59 of the warehouse's own day"),
    "stock_free": (0.0, "an 846 tells what is free of open orders (33), not physical"),
    "stock_physical_as_33": (0.0, "an 846 tells the physical quantity as 33"),
    "advice_corrected": (0.0, "a 945 tells one unit too many, and a 947 corrects it"),
    "correction_again": (0.0, "the same, and the 947 comes again with another number"),
    "adjustment_contradiction": (0.0, "a 947 says decrease and the sign says plus"),
    "silent": (0.0, "the warehouse neither reads nor writes for a day"),
}

FABRIK = {
    "order_repeat": "an order number that was used before",
    "order_unknown": "a change of an order that is unknown, or shipped",
    "order_item": "an item that the supplier does not make",
    "order_unit": "a unit that the supplier does not sell it in",
    "order_quantity": "a quantity of none, or below the least",
    "order_count": "CNT or CTT is not the number of lines",
    "order_date": "a delivery date in the past",
}
FABRIK_PLAY = {
    "answer_later": (0.0, "a line is confirmed for a week later"),
    "answer_split": (0.0, "a line is confirmed in two parts"),
    "answer_substitute": (0.0, "another item is confirmed in its place"),
    "answer_never": (0.0, "an order is never answered"),
    "notice_first": (0.0, "a despatch advice comes before the answer"),
    "notice_short": (0.0, "less is despatched than confirmed, without a word"),
    "notice_never": (0.0, "goods go without a despatch advice"),
    "stock_drops_item": (0.0, "a stock report leaves an item out"),
}
FABRIK_HABITS = {**EDIFACT_HABITS, **FABRIK_PLAY}
FABRIK_X12_HABITS = {**X12_HABITS, **FABRIK_PLAY}

WATCHED = {
    "app_rejected": "the app rejected a document that was right",
    "own_documents": "a document of the sandbox against its own guide: a bug in here",
    "own_work": "due work of the sandbox failed: a bug in here",
}
