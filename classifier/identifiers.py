"""Find personal data that has a form of its own: numbers, addresses, plates, handles, dates of birth.

Recall comes first. A number that looks like an identity number is taken for one even when its check digits are wrong, since
people mistype; numbers everyone may know (the agency's own, emergency numbers) and amounts, dates and case numbers stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum.no import fodselsnummer, kontonr

from classifier.spans import PersonalData

_GAP = r"[ \u00a0]"

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+(?:@|\s?\(at\)\s?|\s?\[at\]\s?)[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,}(?![\w-])")

_PROFILE_LINK = re.compile(
    r"(?:https?://)?(?:www\.|m\.)?"
    r"(?:facebook|fb|instagram|tiktok|snapchat|twitter|x|youtube|linkedin|reddit|threads|vk|t|discord)"
    r"\.(?:com|me|net|gg)/[^\s,;)»\"]*[^\s,;.:!?)»\"]",
    re.IGNORECASE,
)
_CHANNEL_LINK = re.compile(r"\b(?:twitch\.tv|youtu\.be|wa\.me|t\.me)/[^\s,;)»\"]*[^\s,;.:!?)»\"]", re.IGNORECASE)
_AT_NAME = re.compile(r"(?<![\w.@])@[\w][\w.]*\w")
_NAMED_HANDLE = re.compile(
    r"\b(?:snap(?:chat|en)?|insta(?:gram)?|tiktok|discord|kik|telegram|messenger|brukarnamn(?:et)?|brukernavn(?:et)?|"
    r"profil(?:en)?|nick|twitter|x-konto(?:en)?)(?:-(?:bruker|brukar|konto|profil)\w{0,3})?"
    r"(?:\s+(?:er|var|heter|heiter|namn|navn))?\s*[:=]?\s*(?:[«\"']\s*)?"
    r"(?P<handle>[a-zæøå]\w*(?:(?:[._-]+\w+)+|\d+\w*))",
    re.IGNORECASE,
)
_COLON_HANDLE = re.compile(
    r"\b(?:snap(?:chat)?|insta(?:gram)?|tiktok|discord|kik|telegram)\s?[:=]\s?(?P<handle>[\w.-]*\w)", re.IGNORECASE
)

_ID_CONTEXT = re.compile(
    r"\b(?:f\.?\s?nr|fødsels?(?:nr|nummer|nummeret|tal|talet|tall|tallet)|fodselsnummer|person(?:nr|nummer|nummeret)|"
    r"p\.?nr|d-?(?:nr|nummer)|id-?(?:nr|nummer)|ident|fnr|dnr|født|fødd|f\.)\W{0,4}(?:\w+\W{1,3}){0,3}$",
    re.IGNORECASE,
)
_ELEVEN_DIGITS = re.compile(r"(?<![\d.,/+-])\d(?:[ \u00a0.\-–]{0,2}\d){10}(?![\d/]|[.,]\d)")
_ID_SHAPE = re.compile(rf"(?<![\d/+])\d{{6}}(?:{_GAP}|[.\-–])?{_GAP}?\d{{5}}(?![\d/])")
_ID_IN_CONTEXT = re.compile(r"(?<![\d/+])\d(?:[ \u00a0.\-–]?\d){8,12}(?![\d/])")

_ACCOUNT = re.compile(rf"(?<![\d+])\d{{4}}(?:{_GAP}|\.)\d{{2}}(?:{_GAP}|\.)\d{{5}}(?!\d)")
_ACCOUNT_CONTEXT = re.compile(r"\b(?:konto\w*|bankkonto\w*|kto)\W{0,4}(?:\w+\W{1,3}){0,3}$", re.IGNORECASE)

_SEP = rf"(?:{_GAP}|[.\-])"
_PHONE = re.compile(
    rf"(?<![\d.,/§+-])(?:(?:\(?(?:\+|00)47\)?){_GAP}?)?"
    rf"(?:[2-9]\d{{7}}|[2-9]\d{{2}}{_SEP}\d{{2}}{_SEP}\d{{3}}|[2-9]\d(?:{_SEP}\d{{2}}){{3}}|[2-9]\d{{3}}{_GAP}\d{{4}}"
    rf"|[2-9]\d{{2}}{_GAP}\d{{3}}{_GAP}\d{{2}}|[2-9]\d{{4}}{_GAP}\d{{3}}|[2-9]\d{{2}}{_GAP}\d{{5}}|[2-9]\d{_GAP}\d{{3}}{_GAP}\d{{3}}"
    rf"|[2-9]\d{_GAP}\d{{6}}|[2-9]\d{{5}}{_GAP}\d{{2}})(?![\d/]|[.,-]\d)"
)
_FOREIGN_PHONE = re.compile(r"(?<![\w+])(?:\+|00)(?!47)[1-9]\d{0,2}(?:[ \u00a0().-]{0,2}\d){6,12}(?!\d)")
_PHONE_IN_CONTEXT = re.compile(
    r"\b(?:tlf|telefon(?:nr|nummer|nummeret)?|mob(?:il|ilen|ilnr|ilnummer)?|nr|nummer|nummeret|ring(?:e|te|er)?|sms)"
    r"\.?\s?:?\s?(?:er\s|var\s|på\s|til\s|frå\s|fra\s)?(?P<number>[2-9]\d?(?:[ \u00a0.]?\d){5,7})(?![\d/]|[.,]\d)",
    re.IGNORECASE,
)
_PUBLIC_PHONES = frozenset({"55553333", "55553334", "55553335", "55553336", "55553337", "55553338", "55553339"})
_NOT_A_PHONE_BEFORE = re.compile(
    r"(?:\bkr\.?|\bkroner|\bNOK|§+|\b(?:sak(?:s?nr|snummer|en|s)?|journal\w*|ref\w*|ordre\w*|vedtak\w*|arkiv\w*|"
    r"faktura\w*|kid|orgnr|org\.?\s?nr|organisasjons(?:nr|nummer)|bilagsnr|vedtaksnr|oppgave(?:nr)?|oppgåve(?:nr)?))\W{0,3}$",
    re.IGNORECASE,
)
_NOT_A_PHONE_AFTER = re.compile(r"^\s?(?:kr\b|kroner|krone\b|NOK|,-|mill|euro|€|%)", re.IGNORECASE)
_PHONE_BEFORE = re.compile(r"\b(?:tlf|telefon\w*|mob\w*|nr|nummer\w*|ring\w*|sms)\W{0,3}(?:\w+\W{1,2})?$", re.IGNORECASE)
_CALENDAR = re.compile(r"^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$")
_YEARS = re.compile(r"^(?:19|20)\d{2}\D(?:19|20)\d{2}$")

_PLATE = re.compile(rf"(?<![\w-])[A-ZÆØÅ]{{2}}{_GAP}?-?\d{{2}}{_GAP}?\d{{3}}(?!\d|[.,]\d)")
_LOOSE_PLATE = re.compile(r"(?<![\w-])[a-zæøå]{2}[ -]?\d{4,5}(?!\d|[.,]\d)", re.IGNORECASE)
_PLATE_CONTEXT = re.compile(
    r"\b(?:reg\.?\s?(?:nr|nummer|skilt|merke)?|skilt\w*|bil\w{0,4}|kjennemerk\w*|kjenneteikn\w*|moped\w*|heng[ea]r\w*|varebil\w*|"
    r"motorsykk?el\w*)\b",
    re.IGNORECASE,
)
_PLATE_CONTEXT_CHARACTERS = 40
_NOT_PLATE_LETTERS = frozenset({"KR", "NR", "AV", "PR", "CA", "PÅ", "ID", "KL", "TV", "OG", "TI", "SA", "IT"})

_MONTHS = (
    "jan(?:uar)?|feb(?:ruar)?|mars?|apr(?:il)?|mai|juni?|juli?|aug(?:ust)?|sept?(?:ember)?|okt(?:ober)?|nov(?:ember)?|"
    "des(?:ember)?"
)
_DATE = (
    rf"(?:\d{{1,2}}[./\-]\s?\d{{1,2}}(?:[./\-]\s?|\s)(?:\d{{4}}|\d{{2}})|\d{{1,2}}\.?\s?(?:{_MONTHS})\.?\s?(?:\d{{4}}|\d{{2}})?"
    rf"|\d{{4}}-\d{{2}}-\d{{2}}|\d{{6}}(?!\d)|\d{{8}}(?!\d)|\d{{2}} \d{{2}} \d{{2,4}})"
)
_BIRTHDATE = re.compile(
    rf"(?:\bf(?:ødt|ødd|odt|ødsels?dato(?:en)?|ødselsdag(?:en)?|\.\s?dato|dato|\.dag)\b\.?|\bf\.|\bf(?=\s?\d{{2}}[./]))"
    rf"\s?(?:er\s|var\s|den\s|:\s?|\(\s?|i\s)*(?P<date>{_DATE})",
    re.IGNORECASE,
)

_BIRTHDATE_BEFORE_ITS_NAME = re.compile(
    rf"(?<!\d)(?<!\d[ .-])(?P<date>{_DATE})"
    r"(?=[\s,]{1,2}(?:\(|er\s|som\s|var\s)?\(?(?:fødselsdato|fødselsdag|(?:født|fødd)\b(?!\W*\d)))",
    re.IGNORECASE,
)

_STREET_END = (
    r"(?:veien|vegen|vei|veg|gata|gaten|gate|gt\.|allé|alleen|alléen|plass|plassen|torg|torget|stien|sti|bakken|bakke|svingen|"
    r"lia|kroken|tunet|tun|haugen|ringen|brygge|brygga|kaia|kaien|terrasse|løkka|løkken|faret|jordet|åsen|smauet|smau|"
    r"stredet|strede|grenda|marka|myra|neset|vika|viken|stranda|stranden|sletta|toppen|hagen|rabben|dalen|bekken|sundet|kleiva|grend|heia|flata|flaten)"
)
_CAPITALISED = r"[A-ZÆØÅ][\wæøåÆØÅ.'-]*"
_HOUSE = (
    r"\d{1,3}(?:\s?[A-Za-z](?![\w]))?(?![\d:/]|[.,]\d)"
    r"(?!\s?(?:kr\b|kroner|prosent|%|år\b|dager|dagar|timer|timar|min))"
)
_PLACE = rf"(?:,?\s+(?:N-)?\d{{4}}\s+{_CAPITALISED}(?:\s(?:i\s)?{_CAPITALISED})?)?"
_ADDRESS = re.compile(
    rf"(?:(?:(?i:nedre|øvre|nordre|søndre|søre|gamle|gamla|store|lille|vesle|vestre|østre|indre|ytre)\s)?"
    rf"(?:(?:{_CAPITALISED}\s){{1,3}}(?:gate|vei|veg|plass|allé|terrasse|torg|brygge|gata|vegen|veien)"
    rf"|[\wæøåÆØÅ-]+{_STREET_END}|[A-ZÆØÅ][\wæøå]+{_STREET_END}))\s+(?:nr\.?\s?)?{_HOUSE}"
    rf"(?:,?\s+(?:leil\.?|leilighet|leiligheit|H)\s?\w?\d{{1,4}})?{_PLACE}"
)
_POST_BOX = re.compile(rf"\b(?:postboks|boks|pb\.?)\s?\d{{1,4}}(?:\s{_CAPITALISED})?{_PLACE}", re.IGNORECASE)
_POSTCODE_ADDRESS = re.compile(rf"\b{_CAPITALISED}(?:\s{_CAPITALISED})?\s\d{{1,3}}\s?[A-Za-z]?,?\s+\d{{4}}\s+{_CAPITALISED}")


def find_identifiers(text: str) -> Iterator[PersonalData]:
    """Yield the identifiers of `text`, surest kind first; finds may overlap, and the earlier one is then the better."""
    yield from (PersonalData(*match.span(), "EMAIL") for match in _EMAIL.finditer(text))
    for pattern in (_PROFILE_LINK, _CHANNEL_LINK, _AT_NAME):
        yield from (PersonalData(*match.span(), "HANDLE") for match in pattern.finditer(text))
    for pattern in (_NAMED_HANDLE, _COLON_HANDLE):
        yield from (PersonalData(*match.span("handle"), "HANDLE") for match in pattern.finditer(text))
    yield from _eleven_digit_numbers(text)
    for pattern in (_BIRTHDATE, _BIRTHDATE_BEFORE_ITS_NAME):
        yield from (PersonalData(*match.span("date"), "BIRTHDATE") for match in pattern.finditer(text))
    yield from _phones(text)
    yield from _plates(text)
    for pattern in (_ADDRESS, _POST_BOX, _POSTCODE_ADDRESS):
        yield from (PersonalData(*match.span(), "ADDRESS") for match in pattern.finditer(text))


def is_identity_number(digits: str) -> bool:
    """Return whether eleven digits are a valid identity number: ordinary, D-number, or synthetic (month + 40 or + 80)."""
    if len(digits) != 11 or not digits.isdigit():
        return False
    return digits[-2:] == _check_digits(digits[:9]) and _plausible_birth(digits)


def is_real_identity_number(digits: str) -> bool:
    """Return whether eleven digits could belong to a living person: valid, and not of a synthetic series."""
    return is_identity_number(digits) and int(digits[2:4]) <= 12


def _check_digits(nine: str) -> str:
    first = fodselsnummer.calc_check_digit1(nine)
    return str(first) + str(fodselsnummer.calc_check_digit2(nine + str(first)))


def _plausible_birth(digits: str) -> bool:
    day, month = int(digits[:2]), int(digits[2:4])
    day -= 40 if day > 40 else 0
    # 21-32 and 61-72 are used by health registers, 41-52 and 81-92 by synthetic test populations.
    for offset in (0, 20, 40, 60, 80):
        if 1 <= month - offset <= 12:
            return 1 <= day <= 31
    return False


def _eleven_digit_numbers(text: str) -> Iterator[PersonalData]:
    for match in _ELEVEN_DIGITS.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if is_identity_number(digits):
            yield PersonalData(*match.span(), "ID_NUMBER")
    yield from (PersonalData(*match.span(), "ACCOUNT") for match in _ACCOUNT.finditer(text))
    for match in _ID_IN_CONTEXT.finditer(text):
        if _ID_CONTEXT.search(text[max(0, match.start() - 40) : match.start()]) and not re.fullmatch(
            r"\d{1,2}[.\-]\d{1,2}[.\-]\d{2,4}", match.group()
        ):
            yield PersonalData(*match.span(), "ID_NUMBER")
    for match in _ID_SHAPE.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if _ACCOUNT_CONTEXT.search(text[max(0, match.start() - 40) : match.start()]):
            yield PersonalData(*match.span(), "ACCOUNT")
        elif _plausible_birth(digits):
            yield PersonalData(*match.span(), "ID_NUMBER")
        elif kontonr.is_valid(digits):
            yield PersonalData(*match.span(), "ACCOUNT")
        else:
            yield PersonalData(*match.span(), "ID_NUMBER")


def _phones(text: str) -> Iterator[PersonalData]:
    yield from (PersonalData(*match.span(), "PHONE") for match in _FOREIGN_PHONE.finditer(text))
    for match in _PHONE.finditer(text):
        if not _is_other_number(text, match):
            yield PersonalData(*match.span(), "PHONE")
    for match in _PHONE_IN_CONTEXT.finditer(text):
        digits = re.sub(r"\D", "", match["number"])
        after = text[match.end() : match.end() + 10]
        if len(digits) >= 7 and digits not in _PUBLIC_PHONES and not _NOT_A_PHONE_AFTER.search(after):
            yield PersonalData(*match.span("number"), "PHONE")


def _is_other_number(text: str, match: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", match.group())[-8:]
    before = text[max(0, match.start() - 25) : match.start()]
    if digits in _PUBLIC_PHONES or digits.startswith(("800", "810", "815", "820", "829")):
        return True
    if _NOT_A_PHONE_BEFORE.search(before) or _NOT_A_PHONE_AFTER.search(text[match.end() : match.end() + 10]):
        return True
    if _PHONE_BEFORE.search(before):
        return False
    return bool(_CALENDAR.match(match.group()) or _YEARS.match(match.group()))


def _plates(text: str) -> Iterator[PersonalData]:
    for match in _PLATE.finditer(text):
        if match.group()[:2] not in _NOT_PLATE_LETTERS:
            yield PersonalData(*match.span(), "PLATE")
    for match in _LOOSE_PLATE.finditer(text):
        near = text[max(0, match.start() - _PLATE_CONTEXT_CHARACTERS) : match.start()]
        if match.group()[:2].upper() not in _NOT_PLATE_LETTERS and _PLATE_CONTEXT.search(near):
            yield PersonalData(*match.span(), "PLATE")
