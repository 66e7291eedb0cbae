"""Musical styles as data: what their bands play, on what, how fast and how it is mixed.

Patterns have one character per sixteenth (a waltz: twelve to the bar) and are repeated as often as a bar needs:
x a stroke, o a soft one, . none; in bass lines 1 3 5 7 8 are degrees of the chord.
"""

from dataclasses import dataclass

Range = tuple[float, float]
Groove = tuple[str, str, str]  # kick, snare, hat


@dataclass(frozen=True)
class Style:
    """A style: the ranges and choices from which each of its bands draws its own habits."""

    tempo_bpm: Range
    kits: tuple[str, ...]  # kinds of drums.KINDS
    grooves: tuple[Groove, ...]
    basslines: tuple[str, ...]
    comps: tuple[str, ...]  # when the chords are struck
    progressions: tuple[str, ...]  # one chord per bar: degree of the scale I … VII, lower case minor, 7 with a seventh
    chords_on: tuple[str, ...]  # families of instruments.FAMILIES
    lead_on: tuple[str, ...]
    lead: Range  # notes of melody per sixteenth
    hold: Range  # length of chords, in sixteenths
    sources: tuple[str, ...]  # of the instruments
    swing: Range = (0.0, 0.1)  # lateness of every second eighth, in eighths
    steps: int = 16  # to the bar
    minor: float = 0.5  # share of pieces in a minor key
    levels_db: tuple[float, float, float, float] = (0.0, -2.0, -4.0, -4.0)  # drums, bass, chords, lead
    overdrive: Range = (0.0, 0.3)  # of the chords
    tilt_db: Range = (-1.0, 0.0)  # brightness of the mix, per octave
    treble_hz: Range = (6000, 10_000)  # where the mix rolls off
    reverb: Range = (0.05, 0.25)


FOUR_ON_THE_FLOOR = "x...x...x...x..."
BACKBEAT = "....x.......x..."
NONE = "................"

STYLES: dict[str, Style] = {
    "blues": Style(
        tilt_db=(-1.6, -0.8), treble_hz=(4800, 6500),
        tempo_bpm=(70, 125), kits=("acoustic",), swing=(0.2, 0.36), minor=0.3,
        grooves=(("x.......x.x.....", BACKBEAT, "x.x.x.x.x.x.x.x."), ("x.....x.x.......", BACKBEAT, "x...x.x.x...x.x.")),
        basslines=("1...3...5...7...", "1.1.5.5.7.7.5.5.", "1...5...8...5..."),
        comps=("....x.......x...", "x.x.x.x.x.x.x.x.", "..x...x...x...x."),
        progressions=("I7 I7 IV7 I7 V7 IV7 I7 V7", "I7 IV7 I7 I7 V7 IV7 I7 I7"),
        chords_on=("guitar", "keyboard", "organ"), lead_on=("guitar", "reed", "keyboard"), lead=(0.15, 0.35),
        hold=(1, 4), sources=("acoustic", "electronic"), overdrive=(0.2, 0.8),
    ),
    "disco": Style(
        tilt_db=(0.3, 0.9), treble_hz=(8000, 11_000),
        tempo_bpm=(108, 128), kits=("acoustic",), minor=0.6,
        grooves=((FOUR_ON_THE_FLOOR, BACKBEAT, "..x...x...x...x."), (FOUR_ON_THE_FLOOR, BACKBEAT, "x.xxx.xxx.xxx.xx")),
        basslines=("1.8.1.8.1.8.1.8.", "1..81.8.1..81.8."), comps=("..x...x...x...x.", "x.xxx.xxx.xxx.xx", "x......x........"),
        progressions=("I vi ii V", "i VII VI V", "i iv VII III"), chords_on=("string", "guitar", "keyboard"),
        lead_on=("string", "brass", "flute"), lead=(0.08, 0.25), hold=(1, 8), sources=("acoustic", "electronic"),
    ),
    "jazz": Style(
        tilt_db=(-1.2, -0.2), treble_hz=(6500, 10_000),
        tempo_bpm=(95, 190), kits=("brushes", "acoustic"), swing=(0.2, 0.36), minor=0.4,
        grooves=((NONE, "....o.......o...", "x...x.x.x...x.x."), ("o.........o.....", NONE, "x...x.x.x...x.x.")),
        basslines=("1...3...5...7...", "1...5...3...5...", "8...7...5...3..."),
        comps=("x.....x.........", "......x.......x.", "..x.......x....."),
        progressions=("ii7 V7 I7 I7", "I7 vi7 ii7 V7", "iii7 vi7 ii7 V7"), chords_on=("keyboard", "guitar", "mallet"),
        lead_on=("reed", "brass", "keyboard", "flute"), lead=(0.2, 0.45), hold=(1, 5), sources=("acoustic",),
        levels_db=(-8, -2, -6, -1),
    ),
    "reggae": Style(
        tilt_db=(-2.2, -1.4), treble_hz=(3500, 5000),
        tempo_bpm=(65, 95), kits=("acoustic", "percussion"), swing=(0.0, 0.2),
        grooves=(("........x.......", "........x.......", "x.x.x.x.x.x.x.x."), ("x.......x.......", "........x.......", "..x...x...x...x.")),
        basslines=("1.....3.5.......", "..1.1...5.3.1...", "1..1....5..5...."), comps=("....x.......x...", "....x.x.....x.x."),
        progressions=("I IV I V", "i iv i VII", "I V vi IV"), chords_on=("guitar", "organ", "keyboard"),
        lead_on=("organ", "brass", "reed"), lead=(0.05, 0.2), hold=(0.7, 1.5), sources=("acoustic", "electronic"),
        levels_db=(-1, 1, -4, -6), reverb=(0.1, 0.35),
    ),
    "metal": Style(
        tilt_db=(-0.3, 0.4), treble_hz=(6500, 9000),
        tempo_bpm=(110, 190), kits=("acoustic",), minor=0.95,
        grooves=(("x.x.x.x.x.x.x.x.", BACKBEAT, "x...x...x...x..."), ("xxx.xxx.xxx.xxx.", BACKBEAT, "x...x...x...x..."),
                 ("x..x..x.x..x..x.", "........x.......", "x...x...x...x...")),
        basslines=("1.1.1.1.1.1.1.1.", "111.111.111.111.", "1..1..1.1..1..1."),
        comps=("x.x.x.x.x.x.x.x.", "xxx.xxx.xxx.xxx.", "x..x..x.x..x..x."), progressions=("i i VI VII", "i VII VI v", "i iv i VI"),
        chords_on=("guitar",), lead_on=("guitar", "synth_lead"), lead=(0.1, 0.5), hold=(0.8, 3), sources=("electronic",),
        levels_db=(0, -3, 0, -4), overdrive=(2, 5),
    ),
    "house": Style(
        tilt_db=(-1.7, -0.8), treble_hz=(9000, 11_000),
        tempo_bpm=(116, 132), kits=("electronic",), minor=0.8,
        grooves=((FOUR_ON_THE_FLOOR, BACKBEAT, "..x...x...x...x."), (FOUR_ON_THE_FLOOR, "....x.....o.x...", "x.x.x.x.x.x.x.xx"),
                 (FOUR_ON_THE_FLOOR, NONE, "..x...x...x...xo")),
        basslines=("..1...1...1...1.", "1..1..1...1..1..", "1.8.1.8.1.8.1.8."), comps=("x..x..x...x..x..", "..x...x...x...x.", "x......x........"),
        progressions=("i i VI VII", "i iv i v", "i VI III VII"), chords_on=("keyboard", "organ", "synth_lead", "string"),
        lead_on=("synth_lead", "organ", "mallet"), lead=(0.05, 0.3), hold=(1, 6), sources=("synthetic", "electronic"),
        reverb=(0.05, 0.35),
    ),
    "folk": Style(
        tilt_db=(-0.2, 0.5), treble_hz=(6500, 10_000),
        tempo_bpm=(80, 135), kits=("brushes", "percussion"), minor=0.3,
        grooves=((NONE, NONE, "..x...x...x...x."), ("x.......x.......", NONE, NONE), ("x.......x.......", "....o.......o...", NONE)),
        basslines=("1.......5.......", "1...5...1...5...", NONE), comps=("x.x.x.x.x.x.x.x.", "x...x.xx.xx.x.x.", "x.xx..xxx.xx..xx"),
        progressions=("I V vi IV", "I IV I V", "i VII VI VII"), chords_on=("guitar", "guitar", "keyboard"),
        lead_on=("flute", "string", "reed", "guitar"), lead=(0.1, 0.3), hold=(2, 5), sources=("acoustic",),
        levels_db=(-7, -5, -2, -3),
    ),
    "ambient": Style(
        tilt_db=(-2.7, -1.6), treble_hz=(5500, 8500),
        tempo_bpm=(55, 95), kits=("electronic", "percussion"), minor=0.6,
        grooves=((NONE, NONE, NONE), ("x...............", NONE, "....o.......o..."), (NONE, "............o...", "..o...o...o...o.")),
        basslines=("1...............", NONE, "1.......5......."), comps=("x...............", "x.......x......."),
        progressions=("I iii vi IV", "i VI III VII", "I IV I IV"), chords_on=("string", "organ", "synth_lead", "keyboard"),
        lead_on=("mallet", "flute", "synth_lead", "keyboard"), lead=(0.03, 0.2), hold=(10, 18),
        sources=("synthetic", "acoustic"), levels_db=(-9, -5, -1, -4), reverb=(0.3, 0.6),
    ),
    "funk": Style(
        tilt_db=(-0.6, 0.4), treble_hz=(6000, 9000),
        tempo_bpm=(92, 118), kits=("acoustic",), swing=(0.0, 0.15),
        grooves=(("x..x..x...x..x..", "....x..o.o..x..o", "x.x.x.x.x.x.x.x."), ("x.x.......xx....", "....x..o.o..x...", "xxxxxxxxxxxxxxxx")),
        basslines=("1..1..8...7.5..1", "1.18..1.7.5.1..."), comps=("..xx..x...xx..x.", "x..xx.x.x..xx.x.", "...x..x....x..x."),
        progressions=("i7 i7 i7 IV7", "I7 I7 IV7 I7", "i7 IV7 i7 IV7"), chords_on=("guitar", "keyboard"),
        lead_on=("brass", "reed", "synth_lead"), lead=(0.1, 0.35), hold=(0.5, 1.5), sources=("electronic", "acoustic"),
        levels_db=(0, 0, -5, -4),
    ),
    "waltz": Style(
        tilt_db=(-1.6, -0.7), treble_hz=(6000, 9000),
        tempo_bpm=(95, 180), kits=("brushes", "acoustic"), minor=0.4, steps=12,
        grooves=(("x...........", "....o...o...", "............"), ("x...........", "............", "....x...x...")),
        basslines=("1...........", "1.......5..."), comps=("....x...x...", "....x.x.x.x."), progressions=("I V7 I V7", "I IV V7 I", "i iv V7 i"),
        chords_on=("string", "keyboard", "reed"), lead_on=("string", "flute", "reed"), lead=(0.12, 0.35), hold=(1.5, 4),
        sources=("acoustic",), levels_db=(-6, -2, -4, -1), reverb=(0.15, 0.4),
    ),
}  # fmt: skip
