"""Files of trading partners to measure with: bytes, with a number of lines."""

NEWLINE = "~\n"


def isa(sender, receiver, number):
    return (
        f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}"
        f"*261201*1000*U*00401*{number:09d}*0*P*>"
    )


def x12(sender, functional, documents, number=1):
    """:param documents: lists of segments, ST and SE included"""
    segments = [
        isa(sender, "US", number),
        f"GS*{functional}*{sender}*US*20261201*1000*{number}*X*004010",
    ]
    for document in documents:
        segments += document
    segments += [f"GE*{len(documents)}*{number}", f"IEA*1*{number:09d}"]
    return (NEWLINE.join(segments) + NEWLINE).encode()


def stock(sender, lines, quantity, number=1):
    """An 846: three segments a line, of products BENCH-0 and so on."""
    segments = ["ST*846*0001", f"BIA*00*DD*R{number}*20261201*1000"]
    segments.append("N1*WH*Dock*92*BN")
    for index in range(lines):
        segments.append(f"LIN*{index + 1}*VN*BENCH-{index}")
        segments.append(f"QTY*17*{quantity + index % 7}*EA")
        segments.append("QTY*QH*0*EA")
    segments.append(f"CTT*{lines}")
    segments.append(f"SE*{len(segments) + 1}*0001")
    return x12(sender, "IB", [segments], number)


def orders(sender, count, number=1, first=0):
    """An interchange of 850s with three lines each."""
    documents = []
    for index in range(count):
        segments = [
            f"ST*850*{index + 1:04d}",
            f"BEG*00*SA*P{number}-{first + index}**20261201",
            "N1*ST*Bench DC*92*DC1",
            "N3*1 Depot Road",
            "N4*Joliet*IL*60431*US",
        ]
        for line in range(1, 4):
            item = (index * 3 + line) % 1000
            segments.append(f"PO1*{line}*1*EA*5.00**VN*BENCH-{item}")
        segments += ["CTT*3", f"SE*{len(segments) + 2}*{index + 1:04d}"]
        documents.append(segments)
    return x12(sender, "PO", documents, number)


def edifact_stock(lines):
    """An INVRPT: three segments a line."""
    segments = [
        "UNB+UNOC:3+SENDER:14+RECEIVER:14+261201:1000+1",
        "UNH+1+INVRPT:D:96A:UN:EAN008",
        "BGM+35+R1+9",
        "DTM+137:20261201:102",
        "NAD+SU+4012345000009::9",
    ]
    for index in range(lines):
        segments.append(f"LIN+{index + 1}++BENCH-{index}:SA")
        segments.append(f"QTY+145:{index % 90}:PCE")
        segments.append("DTM+366:20261201:102")
    segments += [f"UNT+{len(segments)}+1", "UNZ+1+1"]
    return ("'\n".join(segments) + "'\n").encode()
