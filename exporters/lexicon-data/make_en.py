#!/usr/bin/env python3
"""Makes models/lexicons/en/words.tsv from two pinned registry packages. Python 3.9 or newer, nothing else.

    python3 -m pip download --no-deps --dest DIR wordfreq==3.1.1
    (cd DIR && npm pack dictionary-en@4.0.0)
    python3 exporters/lexicon-data/make_en.py DIR models/lexicons/en

Words and frequencies are those of wordfreq (its large English list, lower case). Capitals come from the dictionary, an
affix-expanded Hunspell list: a word that the dictionary has only with capitals gets them. A word that the dictionary
lacks stays where it is common enough (UNKNOWN_ZIPF). `swipekit lexicon prepare` filters further.

    python3 exporters/lexicon-data/make_en.py DIR FILE --most-frequent 100000

writes the most frequent words alone, as wordfreq has them: a list to measure accuracy with, next to what others publish.
"""

import gzip
import hashlib
import re
import sys
import tarfile
import zipfile
from pathlib import Path

WORDFREQ = ("wordfreq-3.1.1-py3-none-any.whl", "4b1c6ecffc6198be3396d5cf871c4423ca71c907c231348d352dd54d62b97473")
DICTIONARY = ("dictionary-en-4.0.0.tgz", "160cba5e6c0230d43d70b0c929e498566ff2c3c4bcf840318d98ce28e31ee756")

# Latin letters, with and without accents.
LETTERS = re.compile("[a-zß-öø-ɏ]+")
SIZE = 85_000
UNKNOWN_ZIPF = 2.5
# What the dictionary does not say: the pronoun and its contractions, and an acronym that it has as
# an element only.
CASED = {"i": "I", "i'm": "I'm", "i'll": "I'll", "i've": "I've", "i'd": "I'd", "eu": "EU"}
# Words that the dictionary has only as names or in capitals, but that are far more often written
# small.
SMALL = {"app", "apps", "blog", "blogs", "ok", "et", "al", "de", "la", "le", "les", "el", "los", "las", "des", "du", "un", "st", "pm"}


def pinned(folder, name_and_hash):
    name, expected = name_and_hash
    path = Path(folder) / name
    got = hashlib.sha256(path.read_bytes()).hexdigest()
    if got != expected:
        sys.exit(f"{path}: expected SHA-256 {expected}, got {got}")
    return path


def msgpack(data, at=0):
    """Reads the few types of MessagePack that wordfreq's lists use; returns the value and the offset behind it."""
    tag = data[at]
    at += 1
    if tag < 0x80:
        return tag, at
    if tag & 0xE0 == 0xA0:
        size, kind = tag & 0x1F, "text"
    elif tag & 0xF0 in (0x80, 0x90):
        size, kind = tag & 0x0F, "map" if tag < 0x90 else "list"
    else:
        kind, width = {0xD9: ("text", 1), 0xDA: ("text", 2), 0xDB: ("text", 4), 0xDC: ("list", 2), 0xDD: ("list", 4)}[tag]
        size = int.from_bytes(data[at : at + width], "big")
        at += width
    if kind == "text":
        return data[at : at + size].decode(), at + size
    items = []
    for _ in range(size * (2 if kind == "map" else 1)):
        item, at = msgpack(data, at)
        items.append(item)
    return (items if kind == "list" else dict(zip(items[::2], items[1::2]))), at


def frequencies(wheel):
    """Yields (word, hundredths of log10 of the frequency, negated), most frequent first."""
    with zipfile.ZipFile(wheel) as archive:
        levels, _ = msgpack(gzip.decompress(archive.read("wordfreq/data/large_en.msgpack.gz")))
    header, *levels = levels
    if header != {"format": "cB", "version": 1}:
        sys.exit(f"{wheel}: another list format: {header}")
    for level, words in enumerate(levels):
        for word in sorted(words):
            yield word, level


def expanded(package):
    """Every form of the Hunspell dictionary, with up to one prefix and one suffix."""
    with tarfile.open(package) as archive:
        affixes, words, licence = (
            archive.extractfile(f"package/{name}").read().decode() for name in ("index.aff", "index.dic", "license")
        )
    rules = {}
    for line in affixes.splitlines():
        part = line.split()
        if len(part) >= 5 and part[0] in ("PFX", "SFX"):
            strip, add = (re.sub("^0$", "", p.split("/")[0]) for p in part[2:4])
            pattern = re.compile(f"^{part[4]}" if part[0] == "PFX" else f"{part[4]}$")
            rules.setdefault(part[1], []).append((part[0], strip, add, pattern))

    def apply(stem, flags, kind):
        for flag in flags:
            for rule_kind, strip, add, pattern in rules.get(flag, ()):
                if rule_kind != kind or not pattern.search(stem):
                    continue
                if kind == "SFX" and stem.endswith(strip):
                    yield stem[: len(stem) - len(strip)] + add
                elif kind == "PFX" and stem.startswith(strip):
                    yield add + stem[len(strip) :]

    forms = set()
    for line in words.splitlines()[1:]:
        stem, _, flags = line.strip().partition("/")
        for base in [stem, *apply(stem, flags, "PFX")]:
            forms.add(base)
            forms.update(apply(base, flags, "SFX"))
    return forms, licence


def most_frequent(downloads, output, count):
    """Writes so many words of letters and apostrophes, the most frequent first."""
    rows = []
    for word, level in frequencies(pinned(downloads, WORDFREQ)):
        if LETTERS.fullmatch(word.replace("'", "")):
            rows.append(f"{word}\t{10 ** (9 - level / 100):.4g}\n")
        if len(rows) == count:
            break
    Path(output).write_text("".join(rows), encoding="utf-8", newline="\n")
    print(f"{len(rows)} words")


def main(downloads, output):
    forms, licence = expanded(pinned(downloads, DICTIONARY))
    cased = {}
    for form in sorted(forms):
        if form != form.lower():
            # Of several cased forms the one with fewest capitals: Ti before TI.
            known = cased.setdefault(form.lower(), form)
            if sum(map(str.isupper, form)) < sum(map(str.isupper, known)):
                cased[form.lower()] = form
    rows = []
    for word, level in frequencies(pinned(downloads, WORDFREQ)):
        letters = word.replace("'", "")
        if not LETTERS.fullmatch(letters) or (len(letters) == 1 and letters not in "ai"):
            continue
        known = word in forms or word in cased or word in CASED
        if not known and 9 - level / 100 < UNKNOWN_ZIPF:
            continue
        shown = CASED.get(word) or (word if word in forms or word in SMALL else cased.get(word, word))
        rows.append((shown, level))
        if len(rows) == SIZE:
            break
    rows.sort(key=lambda row: (row[1], row[0]))
    output = Path(output)
    output.mkdir(parents=True, exist_ok=True)
    with open(output / "words.tsv", "w", encoding="utf-8", newline="\n") as file:
        file.write("# word\tfrequency in a billion words; wordfreq 3.1.1 (CC BY-SA 4.0), see LICENCE.md\n")
        for word, level in rows:
            file.write(f"{word}\t{10 ** (9 - level / 100):.4g}\n")
    (output / "LICENCE-dictionary-en.txt").write_bytes(licence.encode())
    print(f"{len(rows)} words, {sum(w != w.lower() for w, _ in rows)} with capitals")


if __name__ == "__main__":
    if sys.argv[3:4] == ["--most-frequent"]:
        most_frequent(*sys.argv[1:3], int(sys.argv[4]))
    else:
        main(*sys.argv[1:3])
