"""What WooCommerce calls states where its codes are neither ISO's nor Odoo's.

Its codes are keys of ``i18n/states.php``; of most countries they are ISO 3166-2, with
or without the country in front. REST gives the code alone, so names are looked up here.
"""

NAMES = {
    "CN": dict(
        zip(
            (f"CN{number}" for number in range(1, 33)),
            (
                *("云南省", "北京市", "天津市", "河北省", "山西省", "内蒙古自治区"),
                *("辽宁省", "吉林省", "黑龙江省", "上海市", "江苏省", "浙江省"),
                *("安徽省", "福建省", "江西省", "山东省", "河南省", "湖北省"),
                *("湖南省", "广东省", "广西壮族自治区", "海南省", "重庆市", "四川省"),
                *("贵州省", "陕西省", "甘肃省", "青海省", "宁夏回族自治区"),
                *("澳门特别行政区", "西藏自治区", "新疆维吾尔自治区"),
            ),
            strict=True,
        )
    ),
    "CR": {
        "CR-A": "Alajuela",
        "CR-C": "Cartago",
        "CR-G": "Guanacaste",
        "CR-H": "Heredia",
        "CR-L": "Limón",
        "CR-P": "Puntarenas",
        "CR-SJ": "San José",
    },
    "HK": {"HONG KONG": "Hong Kong Island"},
    "IN": {"OR": "Odisha", "CT": "Chattisgarh"},
    "MX": {
        "DF": "Ciudad de México",
        "JA": "Jalisco",
        "NL": "Nuevo León",
        "AG": "Aguascalientes",
        "BC": "Baja California",
        "BS": "Baja California Sur",
        "CM": "Campeche",
        "CS": "Chiapas",
        "CH": "Chihuahua",
        "CO": "Coahuila",
        "CL": "Colima",
        "DG": "Durango",
        "GT": "Guanajuato",
        "GR": "Guerrero",
        "HG": "Hidalgo",
        "MX": "México",
        "MI": "Michoacán",
        "MO": "Morelos",
        "NA": "Nayarit",
        "OA": "Oaxaca",
        "PU": "Puebla",
        "QT": "Querétaro",
        "QR": "Quintana Roo",
        "SL": "San Luis Potosí",
        "SI": "Sinaloa",
        "SO": "Sonora",
        "TB": "Tabasco",
        "TM": "Tamaulipas",
        "TL": "Tlaxcala",
        "VE": "Veracruz",
        "YU": "Yucatán",
        "ZA": "Zacatecas",
    },
    "MY": {
        "JHR": "Johor",
        "KDH": "Kedah",
        "KTN": "Kelantan",
        "KUL": "Kuala Lumpur",
        "LBN": "Labuan",
        "MLK": "Melaka",
        "NSN": "Negeri Sembilan",
        "PHG": "Pahang",
        "PJY": "Putrajaya",
        "PLS": "Perlis",
        "PNG": "Pulau Pinang",
        "PRK": "Perak",
        "SBH": "Sabah",
        "SGR": "Selangor",
        "SWK": "Sarawak",
        "TRG": "Terengganu",
    },
    "PE": {
        "CAL": "Callao",
        "LMA": "Lima",
        "AMA": "Amazonas",
        "ANC": "Áncash",
        "APU": "Apurímac",
        "ARE": "Arequipa",
        "AYA": "Ayacucho",
        "CAJ": "Cajamarca",
        "CUS": "Cusco",
        "HUV": "Huancavelica",
        "HUC": "Huánuco",
        "ICA": "Ica",
        "JUN": "Junín",
        "LAL": "La Libertad",
        "LAM": "Lambayeque",
        "LIM": "Lima",
        "LOR": "Loreto",
        "MDD": "Madre de Dios",
        "MOQ": "Moquegua",
        "PAS": "Pasco",
        "PIU": "Piura",
        "PUN": "Puno",
        "SAM": "San Martín",
        "TAC": "Tacna",
        "TUM": "Tumbes",
        "UCA": "Ucayali",
    },
}


def name_of_state(country, code):
    """
    >>> name_of_state("MX", "DF"), name_of_state("US", "CA")
    ('Ciudad de México', '')
    """
    return NAMES.get(country, {}).get(code, "")
