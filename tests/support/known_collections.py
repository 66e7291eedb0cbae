"""Known collections of sound as they are handed out, small: the same folders, tables and columns, made-up sound."""

import csv
import random

import numpy as np
import soundfile as sf


def sound(path, rate_hz=8000, seconds=1.2):
    """A chord that no other path has, in noise; MP3 where the path says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(list(path.as_posix().encode()))
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    tones = sum(np.sin(2 * np.pi * hz * t) for hz in rng.uniform(80, rate_hz / 3, 4)) / 8
    sf.write(path, tones * np.linspace(1, rng.uniform(0.1, 0.9), len(t)) + rng.normal(0, 0.02, len(t)), rate_hz)


def table(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def esc50(root):
    """Five folds, two recordings of each class in each; a recording may give two takes, A and B."""
    rows = []
    for target, category in enumerate(("dog", "rain", "clock_alarm")):
        for fold in range(1, 6):
            for k in range(2):
                source = 1000 + 100 * target + fold
                name = f"{fold}-{source}-{'AB'[k]}-{target}.wav"
                rows.append([name, fold, target, category, False, source, "AB"[k]])
                sound(root / "audio" / name)
    table(root / "meta" / "esc50.csv", ["filename", "fold", "target", "category", "esc10", "src_file", "take"], rows)


def urbansound8k(root):
    """Ten folds; the slices of a recording, fsID, are in one fold."""
    rows = []
    for class_id, name in ((3, "dog_bark"), (8, "siren")):
        for fold in range(1, 11):
            for k in range(2):
                fs_id = 100000 + 100 * class_id + fold
                file = f"{fs_id}-{class_id}-0-{k}.wav"
                rows.append([file, fs_id, 4.0 * k, 4.0 * k + 1.2, 1, fold, class_id, name])
                sound(root / "audio" / f"fold{fold}" / file)
    header = ["slice_file_name", "fsID", "start", "end", "salience", "fold", "classID", "class"]
    table(root / "metadata" / "UrbanSound8K.csv", header, rows)


def fma(root):
    """tracks.csv with its three lines of header; one of the files that are known to be broken, one track of no part."""
    rows = []
    for genre in ("Folk", "Hip-Hop"):
        for split in ("training", "validation", "test"):
            for _ in range(6):
                number = len(rows) + 2
                rows.append([number, 10 * (number // 2), split, "small", genre])  # two tracks of each artist
                sound(root / "fma_small" / "000" / f"{number:06}.mp3", 16000)
    sound(root / "fma_small" / "098" / "098565.mp3", 16000, 1.6)
    rows += [[98565, 7777, "training", "small", "Folk"], [155320, 8888, "training", "large", ""]]
    header = [["", "id", "split", "subset", "genre_top"], ["track_id", "", "", "", ""]]
    table(root / "fma_metadata" / "tracks.csv", ["", "artist", "set", "set", "track"], [*header, *rows])


def medley_solos_db(root):
    """Files named after part, instrument and a random number; songs are in one part."""
    rng, rows = random.Random(0), []
    for part in ("training", "validation", "test"):
        for instrument_id, instrument in ((0, "clarinet"), (4, "piano")):
            for k in range(4):
                uuid = f"{rng.getrandbits(32):08x}-{rng.getrandbits(16):04x}-4{rng.getrandbits(12):03x}-b000-{rng.getrandbits(48):012x}"
                song = f"{part}{instrument_id}{k // 2}"
                rows.append([part, instrument, instrument_id, song, uuid])
                sound(root / f"Medley-solos-DB_{part}-{instrument_id}_{uuid}.wav")
    table(root / "Medley-solos-DB_metadata.csv", ["subset", "instrument", "instrument_id", "song_id", "uuid4"], rows)


def irmas(root):
    """Folders of instruments; the excerpts __1 to __3 are of one recording, and some names begin with a number."""
    for n, (instrument, recording) in enumerate((i, r) for i in ("cel", "cla", "voi") for r in range(6)):
        for excerpt in (1, 2, 3)[: 1 + recording % 3]:
            start = f"{n:03}__[{instrument}][dru]" if recording == 5 else f"[{instrument}]"
            sound(root / instrument / f"{start}[cla]{n + 1:04}__{excerpt}.wav")


def hf_audiofolder(root):
    """`audiofolder` of the Hugging Face Hub: a table that names its files by `file_name`."""
    rows = [[f"audio/{label}_{i}.wav", label, f"speaker {i // 2}"] for label in ("yes", "no") for i in range(8)]
    for name, *_ in rows:
        sound(root / name)
    table(root / "metadata.csv", ["file_name", "label", "speaker_id"], rows)


def kaggle_train_csv(root):
    """A table of the training clips, whose files and those to predict lie in two flat folders."""
    rows = [[f"{i:08x}.wav", ("Flute", "Gong")[i % 2], int(i > 3)] for i in range(14)]
    for name, *_ in rows:
        sound(root / "audio_train" / name)
    for i in range(3):
        sound(root / "test" / f"{i + 1000:08x}.wav")
    table(root / "train.csv", ["fname", "label", "manually_verified"], rows)
    table(root / "sample_submission.csv", ["fname", "label"], [[f"{i + 1000:08x}.wav", "Flute"] for i in range(3)])
