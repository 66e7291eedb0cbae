"""The doctor's page and its terminal: limits first, paths as people read them, and a clip of each class drawn."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from support.tunes import RATE, examine, save, tune

from dalsegno.report.doctor import page, pictures, tables, terminal
from dalsegno.report.layout import templates


@pytest.fixture
def examination(tmp_path):
    for i in range(3):
        save(tmp_path / "blues & more" / f"Ü {i}.wav", tune(i, 2.0 + i))
        save(tmp_path / "rock" / f"{i}.wav", tune(10 + i, 2.0))
    save(tmp_path / "rock" / "again.wav", 0.5 * tune(0, 2.0))
    (tmp_path / "rock" / "song.m4a").write_bytes(b"x")
    rows = [f"blues & more/Ü {i}.wav,Ann" for i in range(3)] + [f"rock/{i}.wav,Bob" for i in range(3)]
    (tmp_path / "groups.csv").write_text("\n".join(["path,group", *rows, "rock/again.wav,Cy"]) + "\n")
    return examine(tmp_path)


def test_what_stands_between_backticks_is_code_and_nothing_is_markup():
    assert templates.prose("Set `a<b` or <i>.") == "Set <code>a&lt;b</code> or &lt;i&gt;."
    assert templates.prose("a folder of one ` <") == "a folder of one ` &lt;"
    assert templates.prose("takes “`a` &” for `b`") == "takes “`a` &amp;” for <code>b</code>"


def test_no_line_ends_within_an_interval():
    whole = '<span class="whole">{}</span>'
    assert (
        templates.prose("88.3% (80.9–92.9), 0.5–1.25.")
        == f"88.3% ({whole.format('80.9–92.9')}), {whole.format('0.5–1.25')}."
    )
    assert templates.prose("by −0.8 to 9, or 3–7") == f"by {whole.format('−0.8 to 9')}, or {whole.format('3–7')}"
    assert templates.prose("of few – or none, up to 3 – or 4") == "of few – or none, up to 3 – or 4"


def test_what_cannot_be_shown_stands_above_what_can(examination):
    html = page.render(examination, page.drawings(examination))
    assert (
        0
        < html.index("What these clips cannot show")
        < html.index("files can be used")
        < html.index("What they can show")
    )
    assert "Only 2 groups (" in html and examination.summary()["limits"] == examination.limits()


def test_a_table_that_is_wider_than_a_phone_says_at_its_edge_that_it_scrolls(examination):
    html = page.render(examination, [])
    assert 'classList.toggle("more"' in html and ".more { border-right" in html


def test_paths_are_as_people_read_them_and_formats_that_are_not_read_are_counted(examination):
    html = page.render(examination, page.drawings(examination))
    assert "blues &amp; more/Ü 0.wav" in html and "%20" not in html and "%C3" not in html
    assert re.search(r"<th scope=\"row\" class=\"text\">\.m4a</th><td>0</td><td>1</td>", html)


def test_clips_in_no_group_are_told_where_there_are_any_and_a_copy_is_one_of_another(examination):
    assert tables.counted_groups({"n": 1, "clips_without": 0}) == "1 group"
    assert tables.counted_groups({"n": 80, "clips_without": 1}) == "80 groups, 1 labelled clip in none"
    faulty = examination.clips.assign(excluded="")
    faulty.loc[0, "excluded"] = "exact copy: of rock/a: of b.wav"
    assert tables.left_out(faulty)["because"].to_list() == ["exact copy of rock/a: of b.wav"]


def test_two_groups_that_copies_link_are_named(examination, capsys):
    linked = tables.across_groups(examination.clips, examination.copies)
    assert linked[["links group", "with group"]].to_numpy().tolist() == [["Cy", "Ann"]]
    assert "Groups that copies link" in page.render(examination, page.drawings(examination))
    terminal.report(examination, 1)
    said = capsys.readouterr()
    assert "“Cy” and “Ann”: rock/again.wav ~ blues & more/Ü 0.wav" in said.out + said.err


def test_the_terminal_counts_classes_and_says_in_words_which_files_are_left_out(examination, capsys):
    terminal.report(examination, 1)
    said = capsys.readouterr().out
    assert "7 of 8 files can be used: 2 classes, “blues & more” (3), “rock” (4)\n" in said
    assert "1 left out, other format m4a: 'rock/song.m4a', .m4a is not read here" in said
    assert "1 remark, other format: 1 file of .m4a, not read; to convert: find " in said and "%20" not in said


def test_the_page_has_the_same_bytes_for_the_same_files_and_draws_each_class(examination, tmp_path):
    html = page.render(examination, page.drawings(examination))
    again = examine(tmp_path)
    assert html == page.render(again, page.drawings(again))
    assert html.count("<figure>") == html.count('alt="spectrogram of') == html.count('aria-label="waveform of') == 2


def test_pictures_have_no_length(tmp_path):
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for i in range(2):
            grey = np.random.default_rng(i + 10 * (label == "b")).integers(0, 255, (64, 200), np.uint8)
            Image.fromarray(grey).save(tmp_path / label / f"{i}.png")
    found = examine(tmp_path, "images")
    html = page.render(found, page.drawings(found))
    assert "4 of 4 files can be used." in html and "0 s" not in html and ">length<" not in html
    assert "A picture of each class" in html and "waveform" not in html


def test_a_rising_tone_rises_in_the_picture(tmp_path):
    t = np.arange(4 * RATE) / RATE
    save(tmp_path / "up.wav", 0.5 * np.sin(2 * np.pi * (100 * t + 400 * t**2)))
    drawn = pictures.of_audio(tmp_path / "up.wav")
    png = base64.b64decode(drawn["spectrogram"].split(",")[1])
    levels = np.asarray(Image.open(io.BytesIO(png)).convert("L")).astype(float)
    assert levels.shape == (pictures.ROWS, pictures.COLUMNS)
    highest = levels.argmin(axis=0)  # dark is loud
    assert (np.diff(highest) <= 0).all() and highest[0] > highest[-1] + 20 and len(png) < 6000
    assert drawn["wave"].startswith("M0 ") and drawn["wave"].endswith("Z")


def test_a_clip_of_a_few_samples_can_be_drawn(tmp_path):
    save(tmp_path / "x.wav", np.ones(3, np.float32))
    assert pictures.of_audio(tmp_path / "x.wav")["spectrogram"].startswith("data:image/png")
