import hashlib
import json

import pytest

from distill_core.assets import make_plain_english as maker
from distill_core.errors import ConfigError, DataUnavailable
from distill_core.language.skills import text
from distill_core.language.skills.text import read_text, split_paragraphs, windows
from distill_core.language.tokens import BOS, CHARACTERS, IGNORED, PAD, decode, encode


@pytest.fixture(scope="module")
def texts():
    return split_paragraphs()


def runs_of(paragraphs, words):
    found = set()
    for paragraph in paragraphs:
        split = paragraph.lower().split()
        found |= {tuple(split[start : start + words]) for start in range(len(split) - words + 1)}
    return found


def test_the_prose_is_small_and_every_character_of_it_is_in_the_vocabulary():
    assert text.FILE.stat().st_size <= 300_000
    assert set(read_text()) <= set(CHARACTERS)
    assert len(read_text()) > 250_000


def test_the_provenance_holds_the_hash_the_licence_and_the_commands():
    facts = json.loads((text.FOLDER / "provenance.json").read_text(encoding="utf-8"))
    assert facts["sha256"] == {"text.txt": hashlib.sha256(text.FILE.read_bytes()).hexdigest()}
    assert facts["characters"] == len(read_text())
    assert facts["paragraphs"] == sum(len(part) for part in split_paragraphs())
    assert facts["licence"].startswith("public domain")
    assert any("make_plain_english" in command for command in facts["commands"])
    assert set(facts["source_sha256"]) == {f"{page}.html" for page in maker.PAGES}


def test_the_splits_are_all_paragraphs_and_share_no_run_of_twelve_words(texts):
    assert sum(map(len, texts)) == len(set(read_text().strip().split("\n\n")))
    shares = [len("".join(part)) / len(read_text()) for part in texts]
    assert shares[0] == pytest.approx(0.8, abs=0.05)
    assert min(shares) > 0.05
    train, validation, test = (runs_of(part, 12) for part in texts)
    assert train
    assert not train & validation
    assert not train & test
    assert not validation & test


def test_a_paragraph_stays_in_its_split_when_others_come_or_go(texts):
    few = split_paragraphs("\n\n".join([*texts.test[:3], texts.train[0], texts.test[0]]))
    assert few.test == texts.test[:3]
    assert few.train == texts.train[:1]
    assert few.validation == ()


def test_windows_are_as_cut_by_hand():
    a, b, c, d, newline = encode("abcd\n")
    inputs, labels = windows(["ab", "cd"], length=3)  # "ab\ncd"
    assert inputs.tolist() == [[BOS, a, b], [newline, c, PAD]]
    assert labels.tolist() == [[a, b, newline], [c, d, IGNORED]]


def test_overlapping_windows_only_read_what_was_foretold_before():
    a, b, c, d, newline = encode("abcd\n")
    inputs, labels = windows(["ab", "cd"], length=3, stride=1)
    assert inputs.tolist() == [[BOS, a, b], [a, b, newline], [b, newline, c]]
    assert labels.tolist() == [[a, b, newline], [IGNORED, IGNORED, c], [IGNORED, IGNORED, d]]


@pytest.mark.parametrize("length", [1, 2, 5, 8, 40])
@pytest.mark.parametrize("size", [1, 4, 5, 6, 8, 9, 23])
def test_every_character_is_foretold_once_from_what_stands_before_it(length, size):
    written = CHARACTERS[:size]
    for stride in range(1, length + 1):
        inputs, labels = windows([written], length, stride)
        assert inputs.shape == labels.shape == (len(inputs), length)
        assert decode(labels[labels != IGNORED]) == written
        assert all((row != IGNORED).any() for row in labels)
        for row, targets in zip(inputs, labels, strict=True):
            for place in (targets != IGNORED).nonzero().flatten():
                seen, target = decode(row[: place + 1]), decode([targets[place]])
                assert f"{seen}{target}" in written
                assert len(seen) >= min(length - stride, written.index(target))


def test_no_windows_are_cut_that_cannot_be():
    with pytest.raises(ConfigError, match="windows of 8 tokens, 9 apart, cannot be cut"):
        windows(["text"], 8, 9)
    with pytest.raises(ConfigError, match="windows of 0 tokens, 0 apart, cannot be cut"):
        windows(["text"], 0)
    with pytest.raises(ConfigError, match="no characters to cut windows from"):
        windows([], 8)


def test_a_missing_or_damaged_file_is_reported_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "FILE", tmp_path / "text.txt")
    with pytest.raises(DataUnavailable, match=r"text\.txt .*restore it from the repository"):
        read_text()
    (tmp_path / "text.txt").write_bytes(b"caf\xc3\xa9")
    with pytest.raises(DataUnavailable, match=r"text\.txt .*restore it from the repository"):
        split_paragraphs()


def test_the_maker_reads_paragraphs_that_are_left_open():
    page = "<title>No</title><p>One <b>two</b>\nthree<sup>1</sup>.<p>Four<br>five.<ul><li>no<p>Six.</ul>no<pre>no</pre>"
    assert maker.paragraphs_of(page) == ["One two three.", "Four five.", "Six."]


def test_the_maker_keeps_sentences_that_are_new():
    first = "This is an ordinary sentence of more than a dozen words that says nothing much, and it is long enough."
    again = "Indeed, " + first[0].lower() + first[1:]
    code = first[:-1] + " {x = 1;}."
    open_ended = first[:-1] + ":"
    other = "Another paragraph says something else altogether, in words of its own, and so it can stay where it is."
    assert list(maker.choose([first, "Too short.", again, code, open_ended, other, first])) == [first, other]


def test_the_maker_says_how_to_fetch_what_is_missing(tmp_path):
    with pytest.raises(DataUnavailable, match="apt-get download sqlite3-doc"):
        maker.read_pages(tmp_path)


def test_the_maker_writes_text_that_its_provenance_fits(tmp_path, monkeypatch):
    sentence = (
        "Of the {} page this is the first sentence, which is long enough and unlike every other in this little test."
    )
    for place, page in enumerate(maker.PAGES):
        words = " ".join(f"w{place}x{number}" for number in range(14))
        (tmp_path / f"{page}.html").write_text(f"<p>{sentence.format(words)}</p>", encoding="utf-8")
    result = tmp_path / "made" / "text.txt"
    monkeypatch.setattr("sys.argv", ["maker", "--source", str(tmp_path), "--result", str(result)])
    maker.main()
    facts = json.loads((result.parent / "provenance.json").read_text(encoding="utf-8"))
    assert facts["sha256"]["text.txt"] == hashlib.sha256(result.read_bytes()).hexdigest()
    assert facts["characters"] == len(result.read_text())
    assert result.read_text().count("Of the w0x0") == 1
