"""The labels everyone agrees on: seven ASYS categories, eleven channels, their order, groups and crosswalk.

Source: the agency's memo on violence and threats 2014-2021 (section 3, figure 5) and the current incident form; the
project's labelling guide restates both and adds the rules of precedence.
"""

from __future__ import annotations

from dataclasses import dataclass

from classifier.errors import UnknownLabelError

TAXONOMY_VERSION = "2026.1"
"""Changes whenever a label, a definition's meaning or the severity order does; stored with every artefact."""


@dataclass(frozen=True)
class Crosswalk:
    """Where a label goes in the agency's current incident form.

    `targets` are the form's own entries; `ask` says that the text must be read again to choose or to be sure.
    """

    targets: tuple[str, ...]
    ask: bool = False
    remark: str = ""


@dataclass(frozen=True)
class Category:
    """What kind of incident a report describes; `severity` 1 wins over 2 when both occur in the same incident."""

    id: str
    name: str
    definition: str
    severity: int
    crosswalk: Crosswalk


@dataclass(frozen=True)
class Channel:
    """Where the act that decided the category took place; `group` is physical, phone, digital or other."""

    id: str
    name: str
    definition: str
    group: str
    crosswalk: Crosswalk


@dataclass(frozen=True)
class ChannelGroup:
    """A coarser division of the channels, used in statistics."""

    id: str
    name: str


CATEGORIES: tuple[Category, ...] = (
    Category(
        id="fysisk_angrep_person",
        name="Fysisk angrep på person",
        definition=(
            "Fysisk angrep på ansatte, brukere eller andre: slag, spark, dytting, fastholding, spytting eller gjenstander "
            "som kastes mot noen. Også forsøk som ikke traff."
        ),
        severity=1,
        crosswalk=Crosswalk(("Fysisk angrep på person",)),
    ),
    Category(
        id="haerverk",
        name="Fysisk angrep på bygning eller inventar (hærverk)",
        definition=(
            "Ødeleggelse av eller maktbruk mot dører, vinduer, inventar eller utstyr, for eksempel publikums-PC-en. Også "
            "skade på en ansatts bil, telefon eller bolig, og tagging av bygget."
        ),
        severity=2,
        crosswalk=Crosswalk(("Hærverk og/eller innbrudd",), remark="Flyttet til skjemaet for fysisk sikkerhet."),
    ),
    Category(
        id="trussel",
        name="Truende atferd eller trussel",
        definition=(
            "Truende oppførsel uten ord (knyttneve, fingeren, sperrer veien, viser våpen, smeller med dør eller slår i "
            "bordet) eller trussel i ord mot andre enn seg selv, for eksempel «jeg vet hvor du bor»."
        ),
        severity=3,
        crosswalk=Crosswalk(
            ("Truende atferd/trussel",),
            remark="Trussel mot brukerens egne nærmeste: Trussel om selvskading/selvdrap.",
        ),
    ),
    Category(
        id="trussel_selvskading",
        name="Trussel om selvdrap/selvskading",
        definition=(
            "Muntlig eller skriftlig trussel om å ta sitt eget liv eller skade seg selv, i møte, på telefon, i e-post, brev "
            "eller sosiale medier. Også når det brukes som press, og når selvskading vises eller utføres."
        ),
        severity=4,
        crosswalk=Crosswalk(("Trussel om selvskading/selvdrap",)),
    ),
    Category(
        id="hatytringer",
        name="Hatytringer",
        definition=(
            "Krenkende eller fiendtlige ytringer rettet mot NAV eller de ansatte som gruppe, som regel skriftlig og ofte "
            "anonymt: på nav.no, i sosiale kanaler eller i en annen skriftlig tilbakemeldingskanal."
        ),
        severity=5,
        crosswalk=Crosswalk(("Hatytringer mot NAV",)),
    ),
    Category(
        id="sjikane_trakassering",
        name="Sjikane eller trakassering",
        definition=(
            "Personlig hets: nedsettende omtale av en person og personlige forhold (tro, hudfarge, funksjonsnedsettelse, "
            "legning, utseende, opphav, familie, helse, intelligens). Eller trakassering: handlinger eller ytringer som er "
            "ment å være eller virker krenkende, skremmende eller ydmykende, ofte gjentatte, uønskede eller seksualiserte."
        ),
        severity=6,
        crosswalk=Crosswalk(
            ("Sjikane/trakassering", "Uønsket kontakt, atferd eller kommunikasjon"),
            ask=True,
            remark=(
                "Private oppringninger, kontakt hjemme eller brudd på avtalt kontaktform uten krenkelser går til «Uønsket "
                "kontakt, atferd eller kommunikasjon»."
            ),
        ),
    ),
    Category(
        id="verbal_utskjelling",
        name="Verbal utskjelling",
        definition=(
            "Ytringer med spesielt negativt innhold: roping, banning, skremmende og kraftfulle utsagn som gjelder saken, "
            "systemet eller den som tilfeldigvis tok imot."
        ),
        severity=7,
        crosswalk=Crosswalk(("Verbal utskjelling",)),
    ),
)
"""Most severe first: acts beat threats, threats beat words (labelling guide, rule 1)."""

BREACH_OF_SAFETY_MEASURE = Crosswalk(
    ("Brudd på etablert sikkerhetstiltak",),
    ask=True,
    remark="Gjelder uansett kategori når en utestengt bruker var til stede.",
)
"""The current form's entry that cuts across the categories."""

CHANNEL_GROUPS: tuple[ChannelGroup, ...] = (
    ChannelGroup("phone", "Telefon"),
    ChannelGroup("physical", "Fysisk oppmøte"),
    ChannelGroup("digital", "Digitale kanaler"),
    ChannelGroup("other", "Annet"),
)

_WRITTEN = Crosswalk(("Innlogget skriftlig tjeneste/e-post/brev",))

CHANNELS: tuple[Channel, ...] = (
    Channel(
        "telefon",
        "Telefon",
        "Samtaler, talepost og sentralbord.",
        "phone",
        Crosswalk(("Telefon/SMS",)),
    ),
    Channel(
        "publikumsmottak",
        "Publikumsmottak",
        "Mottaket, skranken, køen, publikums-PC-ene, inngangspartiet og døra inn.",
        "physical",
        Crosswalk(("Publikumsmottak",)),
    ),
    Channel(
        "samtalerom",
        "Samtalerom",
        "Avtalte møter i møterom eller på en ansatts kontor, også gruppesamlinger.",
        "physical",
        Crosswalk(("Samtalerom",)),
    ),
    Channel("epost", "E-post", "E-post.", "digital", _WRITTEN),
    Channel(
        "sms",
        "SMS/MMS",
        "Tekstmeldinger til eller fra et telefonnummer.",
        "digital",
        Crosswalk(("Telefon/SMS",)),
    ),
    Channel(
        "saksbehandlingssystem",
        "Digitalt saksbehandlingssystem",
        "Meldinger i dialogen eller aktivitetsplanen, «Skriv til oss», tekst i søknad, klage eller meldekort.",
        "digital",
        _WRITTEN,
    ),
    Channel(
        "internett",
        "Internett/nav.no",
        "Tilbakemeldingsskjemaet på nav.no, chat, kommentarfelt, omtaler og nettsider.",
        "digital",
        Crosswalk(("Uinnlogget chat/chatbot", "Annet"), ask=True, remark="Chat til «Uinnlogget chat/chatbot», ellers «Annet»."),
    ),
    Channel(
        "sosiale_medier",
        "Sosiale medier",
        "Facebook, Instagram, Snapchat, TikTok, X, Messenger og lignende.",
        "digital",
        Crosswalk(("Sosiale medier",)),
    ),
    Channel("brev", "Brev", "Brev, lapper og pakker.", "other", _WRITTEN),
    Channel(
        "annet",
        "Annet",
        "Et annet sted som teksten nevner: utenfor bygget, parkeringsplassen, hjemmebesøk, videomøte, hjemme hos en ansatt, "
        "en annen etats lokaler.",
        "other",
        Crosswalk(
            (
                "Utenfor NAVs lokale",
                "Hos andre tjenesteytere og samarbeidspartnere",
                "Medarbeiders private område",
                "Hjemme hos bruker",
                "Annet",
            ),
            ask=True,
        ),
    ),
    Channel(
        "ukjent",
        "Ikke oppgitt",
        "Teksten sier det ikke, og ingenting i den avgjør det.",
        "other",
        Crosswalk((), ask=True),
    ),
)

CATEGORY_IDS: tuple[str, ...] = tuple(category.id for category in CATEGORIES)
CHANNEL_IDS: tuple[str, ...] = tuple(channel.id for channel in CHANNELS)

_CATEGORY_BY_ID = {category.id: category for category in CATEGORIES}
_CHANNEL_BY_ID = {channel.id: channel for channel in CHANNELS}


def category(label: str) -> Category:
    """Return the category with this id; raises UnknownLabelError."""
    try:
        return _CATEGORY_BY_ID[label]
    except KeyError:
        raise UnknownLabelError("category", label, CATEGORY_IDS) from None


def channel(label: str) -> Channel:
    """Return the channel with this id; raises UnknownLabelError."""
    try:
        return _CHANNEL_BY_ID[label]
    except KeyError:
        raise UnknownLabelError("channel", label, CHANNEL_IDS) from None


def by_severity(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the category ids once each, most severe first; raises UnknownLabelError for one that is unknown."""
    return tuple(sorted(set(labels), key=lambda label: category(label).severity))
