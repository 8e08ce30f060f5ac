"""Countries as people write and read them: a code of two or three letters, or a name in English."""

from __future__ import annotations

from iso3166 import countries

from pipelines.errors import UsageError, nearest, shown


def country_code(text: str) -> str:
    """The ISO 3166 code with three letters; raises UsageError with the nearest names.

    >>> country_code("DE"), country_code("germany"), country_code("usa"), country_code("United Kingdom")
    ('DEU', 'DEU', 'USA', 'GBR')
    """
    if found := find_country(text):
        return found
    named, wanted = _names(), _wanted(text)
    near = nearest(wanted, {name: f"{code} ({name.title()})" for name, code in named.items() if len(name) > 2})
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    raise UsageError(
        f"--country {shown(text)} is not a country; expected an English name or an ISO 3166 code such as DEU.{hint}"
    )


def find_country(text: str) -> str | None:
    """The ISO 3166 code with three letters, or None where no country has that name or code.

    >>> find_country("France"), find_country("the netherlands"), find_country("Atlantis")
    ('FRA', 'NLD', None)
    """
    named, wanted = _names(), _wanted(text)
    return named.get(wanted) or named.get(wanted.removeprefix("THE ")) or OTHER_NAMES.get(wanted)


def _names() -> dict[str, str]:
    names = ((one.alpha3, (one.name, one.apolitical_name, one.alpha2, one.alpha3)) for one in countries)
    return {name.upper(): code for code, spellings in names for name in spellings}


def _wanted(text: str) -> str:
    return " ".join(text.split()).upper()


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
