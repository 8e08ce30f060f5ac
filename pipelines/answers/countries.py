"""Names of countries by their code of three letters (ISO 3166), as people say them."""

COUNTRIES = {
    "ALB": "Albania", "ARE": "United Arab Emirates", "ARG": "Argentina", "AUS": "Australia", "AUT": "Austria", "BEL": "Belgium",
    "BGR": "Bulgaria", "BIH": "Bosnia and Herzegovina", "BRA": "Brazil", "CAN": "Canada", "CHE": "Switzerland", "CHL": "Chile",
    "CHN": "China", "COL": "Colombia", "CYP": "Cyprus", "CZE": "Czechia", "DEU": "Germany", "DNK": "Denmark", "EGY": "Egypt",
    "ESP": "Spain", "EST": "Estonia", "FIN": "Finland", "FRA": "France", "GBR": "United Kingdom", "GEO": "Georgia",
    "GRC": "Greece", "HKG": "Hong Kong", "HRV": "Croatia", "HUN": "Hungary", "IDN": "Indonesia", "IND": "India", "IRL": "Ireland",
    "ISL": "Iceland", "ISR": "Israel", "ITA": "Italy", "JPN": "Japan", "KAZ": "Kazakhstan", "KEN": "Kenya", "KGZ": "Kyrgyzstan",
    "KOR": "South Korea", "KWT": "Kuwait", "LTU": "Lithuania", "LUX": "Luxembourg", "LVA": "Latvia", "MAR": "Morocco",
    "MDA": "Moldova", "MEX": "Mexico", "MLT": "Malta", "MYS": "Malaysia", "NGA": "Nigeria", "NLD": "Netherlands", "NOR": "Norway",
    "NZL": "New Zealand", "PAK": "Pakistan", "PHL": "Philippines", "POL": "Poland", "PRT": "Portugal", "QAT": "Qatar",
    "ROU": "Romania", "RUS": "Russia", "SAU": "Saudi Arabia", "SGP": "Singapore", "SRB": "Serbia", "SVK": "Slovakia",
    "SVN": "Slovenia", "SWE": "Sweden", "THA": "Thailand", "TUR": "Türkiye", "TWN": "Taiwan", "UKR": "Ukraine",
    "USA": "United States", "UZB": "Uzbekistan", "VNM": "Vietnam", "WOR": "World average", "ZAF": "South Africa",
}  # fmt: skip


def country_name(code: str) -> str:
    """The name of a country; its code where no name is known.

    >>> country_name("FRA"), country_name("XXX")
    ('France', 'XXX')
    """
    return COUNTRIES.get(code, code)
