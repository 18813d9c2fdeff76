"""The labelling guide for the people who label: every category and channel with its boundaries, in Bokmål, searchable.

Definitions come from the taxonomy; the boundaries restate the project's labelling guide.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from classifier.taxonomy import CATEGORIES, CHANNEL_GROUPS, CHANNELS
from classifier.web.pages.choices import CATEGORY_KEYS, CHANNEL_KEYS


@dataclass(frozen=True)
class Entry:
    """One heading of the guide: what belongs there, what does not and where that goes instead."""

    id: str
    title: str
    definition: str
    belongs: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    key: str = ""
    group: str = ""

    @property
    def words(self) -> str:
        """All that the entry says, for the search."""
        return " ".join((self.title, self.definition, *self.belongs, *self.elsewhere, self.group))


@dataclass(frozen=True)
class Section:
    """A part of the guide."""

    id: str
    title: str
    introduction: str
    entries: tuple[Entry, ...]


_CATEGORY_BOUNDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "fysisk_angrep_person": (
        (
            "Slag, spark, dytting, fastholding, spytt eller noe som kastes mot et menneske: ansatt, vekter, annen bruker.",
            "Forsøk teller fullt: slaget som bommet, koppen som ble kastet mot noen og traff veggen.",
        ),
        (
            "Noe kastes uten at noen er målet: hærverk.",
            "Knyttneve, sperret vei eller våpen som vises, uten at noen angripes: truende atferd eller trussel.",
        ),
    ),
    "haerverk": (
        (
            "Spark eller slag mot dør, vindu eller utstyr, enten det går i stykker eller ikke.",
            "Skade på en ansatts bil, telefon eller bolig, og tagging av bygget, uansett hva som ble sagt.",
            "Skudd eller brann uten et menneske som mål.",
        ),
        (
            "Dør som smelles, neve i bordet eller papirer som feies ned, uten at noe ødelegges: truende atferd eller trussel.",
            "Gjenstand kastet mot et menneske: fysisk angrep på person.",
        ),
    ),
    "trussel": (
        (
            "Ord som varsler vold eller skade mot andre enn den som snakker, også når de er vage: «du skal få angre», "
            "«neste gang kommer jeg ikke alene». Spør hva en fornuftig leser ville forstått.",
            "Oppførsel uten ord: løftet neve, fingeren, våpen som vises, noen som stenger veien, følger etter eller venter "
            "utenfor uten å røre noen.",
            "«Jeg tar livet mitt, og jeg tar dere med meg.»",
        ),
        (
            "Fortvilelse uten varsel om noe: «dere ødelegger livet mitt», «dette kommer til å gå galt» er ikke en trussel.",
            "Gjengitte, tenkte eller avkreftede handlinger er ikke handlinger: «han sa at han ikke ville slå noen».",
            "Trussel mot seg selv: trussel om selvdrap/selvskading.",
        ),
    ),
    "trussel_selvskading": (
        (
            "Utsagn om å ville ta sitt eget liv eller skade seg selv, også som press: «hvis dere ikke betaler …».",
            "Selvskading som vises eller gjøres: bilde av piller, bensin tømt over seg selv.",
        ),
        ("Den som også truer andre: truende atferd eller trussel.",),
    ),
    "hatytringer": (
        (
            "Skriftlig hets mot NAV eller mot de ansatte som gruppe, ofte anonym.",
            "Skriftlig støtte til vold mot NAV: «ikke rart at noen tar dere».",
        ),
        (
            "Hets mot én person som kan kjennes igjen, også på grunn av tro eller hudfarge: sjikane eller trakassering.",
            "En konkret trussel i teksten: truende atferd eller trussel.",
            "Muntlig raseri mot NAV: verbal utskjelling.",
            "Skriftlig utskjelling av regler, skjemaer eller satser, men ikke av folk: verbal utskjelling.",
        ),
    ),
    "sjikane_trakassering": (
        (
            "Ordene gjelder personen: utseende, tro, hudfarge, legning, helse, familie, intelligens.",
            "Et uønsket mønster mot én ansatt: førti oppringninger, seksuelle kommentarer, filming, uthenging. Også når tonen "
            "er høflig.",
            "Å ønske noen sykdom eller ulykke.",
        ),
        (
            "Ett skjellsord i farten om saken, til den som tilfeldigvis er der: verbal utskjelling.",
            "Noen som følger etter eller ligger på lur: truende atferd eller trussel.",
        ),
    ),
    "verbal_utskjelling": (
        (
            "Ordene gjelder saken, reglene, ventetiden, systemet eller NAV: roping, banning, «dere er ubrukelige».",
            "Ett skjellsord i farten til den som tok telefonen.",
            "Muntlig støtte til vold mot NAV, når det ikke antyder at den som snakker, selv vil gjøre noe.",
        ),
        (
            "Skjellsord som blir værende ved én person: sjikane eller trakassering.",
            "Skriftlig hets mot NAV eller de ansatte som gruppe: hatytringer.",
        ),
    ),
}

_CHANNEL_BOUNDS: dict[str, tuple[str, ...]] = {
    "telefon": ("En oppfølgende samtale gjør ikke en hendelse til «Telefon».",),
    "publikumsmottak": (
        "«På kontoret» uten at rommet er nevnt: hit når den det gjelder kom uten avtale, eller når andre ventet.",
        "Inngangsdøra og det som er innenfor den, hører hit. Fasade, kjellervindu og biler utenfor: annet.",
    ),
    "samtalerom": (
        "«På kontoret» uten at rommet er nevnt: hit når det var en avtale. Verken avtale eller kø: ikke oppgitt.",
        "Gruppesamlinger i NAVs lokaler hører hit.",
    ),
    "saksbehandlingssystem": (
        "«Skrev til oss» uten at systemet er nevnt: hit når det står i en dialog om en sak, ellers ikke oppgitt.",
    ),
    "sosiale_medier": ("Filmet ett sted og lagt ut på nett: hit når det er publiseringen som er handlingen.",),
    "brev": ("En lapp eller pakke lagt ved døra eller sendt hjem, er brev.",),
    "annet": ("Lokaler hos andre etater og samarbeidspartnere hører hit.",),
    "ukjent": ("Velg dette heller enn å gjette. Kanalen skal stå i teksten eller følge av den.",),
}

_METHOD = (
    Entry(
        "handling-for-ord",
        "Handling går foran trussel, og trussel foran ord",
        "Skjedde flere ting i samme hendelse, velger du den mest alvorlige. Tallet er også hurtigtasten:",
        belongs=tuple(f"{CATEGORY_KEYS[entry.id]} – {entry.name}" for entry in CATEGORIES),
    ),
    Entry(
        "det-som-skjedde",
        "Velg etter det teksten sier skjedde",
        "Ikke etter hvor ille det føltes, og ikke etter hva som ble gjort etterpå.",
        elsewhere=(
            "Anmeldelse, bortvisning og samtale etterpå sier ikke hvilken kategori det er.",
            "Tidligere hendelser som nevnes som bakgrunn, teller ikke.",
        ),
    ),
    Entry(
        "kanalen",
        "Kanalen er der den avgjørende handlingen skjedde",
        "Ikke der den ble meldt, og ikke der den ble fulgt opp.",
    ),
)

_TOOL = (
    Entry(
        "forslaget",
        "Hva et forslag er",
        "Forslaget er et regnestykke over ordene i teksten, lært av tekster som mennesker har kategorisert. Det tar aldri en "
        "avgjørelse. Endrer du det, trenger du ikke si hvorfor.",
    ),
    Entry(
        "hvor-sikkert",
        "Hvor sikkert er det?",
        "Et forslag er valgt på forhånd bare når det er sikkert. Ellers velger du selv.",
        belongs=(
            "Sikker: forslag som dette har vært riktige i minst 95 av 100 tilfeller.",
            "Nokså sikker: minst 90 % sannsynlig.",
            "Litt usikker: minst 70 % sannsynlig.",
            "Usikker: under 70 % sannsynlig, eller to er omtrent like sannsynlige.",
            "«Kan også være …»: det er en mulighet for at det står om liv og helse. Les teksten en gang til.",
        ),
    ),
    Entry(
        "blind-prove",
        "Blind prøve",
        "Noen rapporter i kvalitetskøen kommer uten forslag og uten den gamle kategorien. De er trukket ut tilfeldig, og "
        "svarene viser hvor ofte modellen egentlig har rett. De brukes aldri til opplæring.",
    ),
    Entry(
        "personopplysninger",
        "Personopplysninger",
        "Navn, fødselsnummer, telefonnummer, adresser og lignende byttes ut før teksten lagres, og du ser hva som blir borte. "
        "Verktøyet finner ikke alt. Les gjennom teksten. Det du skriver, ligger i fanen til du lagrer eller lukker den.",
    ),
)


def guide() -> tuple[Section, ...]:
    """Return the guide in the order it is read."""
    groups = {group.id: group.name for group in CHANNEL_GROUPS}
    return (
        Section("slik-velger-du", "Slik velger du", "Hver hendelse får én kategori og én kanal.", _METHOD),
        Section(
            "kategorier",
            "Kategorier",
            "Hva slags hendelse det er. Den mest alvorlige står først.",
            tuple(
                Entry(
                    f"kategori-{entry.id}",
                    entry.name,
                    entry.definition,
                    *_CATEGORY_BOUNDS[entry.id],
                    key=CATEGORY_KEYS[entry.id],
                )
                for entry in CATEGORIES
            ),
        ),
        Section(
            "kanaler",
            "Kanaler",
            "Hvor det skjedde.",
            tuple(
                Entry(
                    f"kanal-{entry.id}",
                    entry.name,
                    entry.definition,
                    _CHANNEL_BOUNDS.get(entry.id, ()),
                    key=CHANNEL_KEYS[entry.id].upper(),
                    group=groups[entry.group],
                )
                for entry in CHANNELS
            ),
        ),
        Section("verktoyet", "Verktøyet", "Ord du møter på sidene.", _TOOL),
    )


def search(sections: tuple[Section, ...], query: str) -> tuple[Section, ...]:
    """Return the sections with only the entries that hold every word of `query`, by their beginnings or within."""
    words = _plain(query).split()
    if not words:
        return sections
    kept = (
        Section(
            section.id,
            section.title,
            section.introduction,
            tuple(entry for entry in section.entries if all(word in _plain(entry.words) for word in words)),
        )
        for section in sections
    )
    return tuple(section for section in kept if section.entries)


def entry_count(sections: tuple[Section, ...]) -> int:
    """Return how many entries there are."""
    return sum(len(section.entries) for section in sections)


def link(label: str) -> str:
    """Return where the guide explains a category or a channel."""
    kind = "kategori" if label in CATEGORY_KEYS else "kanal"
    return f"/hjelp#{kind}-{label}"


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFC", text).casefold()
    return re.sub(r"[^\w]+", " ", folded)
