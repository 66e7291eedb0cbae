"""The groups that the files' own tags name: by artist or, where there is none, by album."""

import re
import unicodedata
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

LONGEST = 80  # characters of a name that are kept; a longer one ends in a hash of the whole
NOBODY = frozenset({
    "", "va", "v a", "various", "various artist", "various artists", "varios artistas", "diverse interpreten", "diverse",
    "unknown", "unknown artist", "unknown album", "artist", "album", "no artist", "no album", "none", "null", "n a", "na",
    "untitled", "track", "audio", "soundtrack", "compilation", "various composers", "various performers", "diverse artiesten",
    "verschiedene", "verschiedene interpreten", "verschiedene künstler", "artistes divers", "artistes variés", "divers",
    "artisti vari", "vários artistas", "varios intérpretes", "blandade artister", "diverse artister", "różni wykonawcy",
    "разные исполнители", "разные артисты", "ヴァリアス アーティスト", "オムニバス", "群星", "unbekannt", "unbekannter künstler",
    "unbekannter interpret", "unbekanntes album", "artiste inconnu", "album inconnu", "artista desconocido",
    "artista desconhecido", "artista sconosciuto", "неизвестный исполнитель",
})  # fmt: skip
"""What stands in tags where nobody is named."""
ALBUM = "album: "  # in front of an album that stands for an artist
LOST = "\ufffd"  # stands for a letter that could not be decoded
GUEST = re.compile(r"\s*;.*|\s[(\[]?(?:(?:feat|ft|featuring)\b|f\.\s|w/).*|\s[(\[]with\b.*", re.DOTALL)
JOINED = re.compile(r"\s*[/,&+×]|\s(?:x|vs\.?|versus|with|and|und|et|y|e)\s")
SIGNS = re.compile(r"[^\w\s]|_")


class Names(NamedTuple):
    """Who made a recording and where it appeared, each in one spelling; empty: not known."""

    artist: str = ""
    album: str = ""

    @property
    def group(self) -> str:
        """The artist or, where none is named, the album."""
        return self.artist or self.of_album

    @property
    def of_album(self) -> str:
        """`album: homogenic`, so that an album is not taken for an artist of its name."""
        return f"{ALBUM}{self.album}" if self.album else ""


def names(tags: dict[str, str]) -> Names:
    """("björk", "homogenic") of {"artist": "Björk feat. Thom Yorke", "album": "Homogenic"}.

    Names that differ in case, in the form of Unicode, in blanks or in a leading "the" are one. Those that name nobody,
    "Various Artists", and those of which most letters cannot be read are passed over.
    """
    return Names(spelt(tags.get("artist", "")), spelt(tags.get("album", "")))


def groups(named: Sequence[Names]) -> list[str]:
    """The group of each file, empty for none: the artist or else the album; the album alone where all have one artist.

    Of several artists it is the first one, if that artist is there alone as well. A single album is no group either: there is
    nothing to keep apart.
    """
    by_artist = _led(_restored([name.group for name in named]))
    chosen = by_artist if len({*by_artist} - {""}) > 1 else [name.of_album for name in named]
    return chosen if len({*chosen} - {""}) > 1 else [""] * len(chosen)


def _restored(names: list[str]) -> list[str]:
    """The names, one with lost letters as the one other that it fits, if a single one does: `bj�rk` as `björk`."""
    whole = sorted({name for name in names if LOST not in name})
    broken = {name: re.compile(re.escape(name).replace(LOST, ".{1,2}")) for name in {*names} - {*whole}}
    fits = {name: [other for other in whole if pattern.fullmatch(other)] for name, pattern in broken.items()}
    return [fits[name][0] if len(fits.get(name, [])) == 1 else name for name in names]


def _led(names: list[str]) -> list[str]:
    """The names, `queen & david bowie` as `queen` if that is one of them, so that all clips of an artist stay together."""
    known = {name for name in names if name and not name.startswith(ALBUM)}
    leads = {name: [name[: joint.start()] for joint in JOINED.finditer(name)] for name in known}
    first = {name: next((lead for lead in starts if lead in known), name) for name, starts in leads.items()}
    return [first.get(name, name) for name in names]


def spelt(name: str) -> str:
    """One spelling of a name, at most LONGEST characters and a hash; empty if it names nobody or cannot be read."""
    folded = unicodedata.normalize("NFKC", _repaired(name)).casefold()
    plain = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in folded)
    plain = " ".join(GUEST.sub("", f" {plain}").split())
    plain = plain.removeprefix("the ")
    if " ".join(SIGNS.sub(" ", plain).split()) in NOBODY - {""} or not _readable(plain):
        return ""
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}… {sha256(plain.encode()).hexdigest()[:8]}"


def _repaired(name: str) -> str:
    """A name whose UTF-8 was read as Latin-1, `BjÃ¶rk`, as it was meant; any other as it is."""
    for wrong in ("latin-1", "cp1252"):
        try:
            return name.encode(wrong).decode("utf-8")
        except UnicodeError:
            pass
    return name


def _readable(name: str) -> bool:
    """Whether at least half of a name, blanks apart, is not a sign that stands for a lost letter; nothing is not."""
    letters = name.replace(" ", "")
    lost = letters.count(LOST) + letters.count("?")
    return bool(letters) and 2 * lost <= len(letters)
