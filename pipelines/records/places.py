"""Countries as people write and read them: a code of two or three letters, or a name in English."""

from __future__ import annotations

from iso3166 import countries

from pipelines.errors import UsageError, nearest, shown


def country_code(text: str) -> str:
    """The ISO 3166 code with three letters; raises UsageError with the nearest names.

    >>> country_code("DE"), country_code("germany"), country_code("usa"), country_code("United Kingdom")
    ('DEU', 'DEU', 'USA', 'GBR')
    """
    wanted = " ".join(text.split()).upper()
    named = {}
    for country in countries:
        for name in (country.name, country.apolitical_name, country.alpha2, country.alpha3):
            named[name.upper()] = country.alpha3
    found = named.get(wanted) or named.get(_without_article(wanted)) or OTHER_NAMES.get(wanted)
    if found:
        return found
    near = nearest(wanted, {name: f"{code} ({name.title()})" for name, code in named.items() if len(name) > 2})
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    raise UsageError(
        f"--country {shown(text)} is not a country; expected an English name or an ISO 3166 code such as DEU.{hint}"
    )


OTHER_NAMES = {
    "UK": "GBR",
    "UNITED KINGDOM": "GBR",
    "IRAN": "IRN",
    "GREAT BRITAIN": "GBR",
    "SOUTH KOREA": "KOR",
    "UNITED STATES": "USA",
    "RUSSIA": "RUS",
    "TURKEY": "TUR",
    "VIETNAM": "VNM",
    "CZECH REPUBLIC": "CZE",
    "UAE": "ARE",
}
"""Names in common use beside those of the standard."""


USUAL_NAMES = {
    "GBR": "United Kingdom",
    "KOR": "South Korea",
    "MDA": "Moldova",
    "RUS": "Russia",
    "TUR": "Türkiye",
    "TWN": "Taiwan",
    "ARE": "United Arab Emirates",
    "USA": "United States",
    "VNM": "Vietnam",
    "WOR": "World average",
}
"""Names that people read with ease, where that of the standard is longer."""


def country_name(code: str) -> str:
    """The name of a country by its code with three letters; the code itself where no country has it.

    >>> country_name("FRA"), country_name("GBR"), country_name("XXX")
    ('France', 'United Kingdom', 'XXX')
    """
    if code in USUAL_NAMES:
        return USUAL_NAMES[code]
    country = countries.get(code, None)
    return country.apolitical_name if country else code


def _without_article(name: str) -> str:
    return name.removeprefix("THE ")
