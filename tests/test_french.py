"""Errors and warnings are read in French: all of them, and to the last word."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from pathlib import Path

import pandas as pd
import pytest

import basinmap as bm
from basinmap.languages import catalogue, french, speaking

sys.path.insert(0, str(Path(__file__).parent))
import messages

FILES = Path(bm.__file__).parent / "french"


def holes(text):
    bare = text.replace("{{", "").replace("}}", "")
    return sorted(re.findall(r"\{(\d+)\}", bare))


def plain(text):
    return str(text).replace("\u202f", " ").replace("\u00a0", " ").replace("’", "'")


@pytest.fixture(scope="module")
def library():
    return messages.library()


@pytest.fixture(scope="module")
def found(library):
    return messages.templates(library)


# -- complete --------------------------------------------------------------------------


def test_every_message_of_the_library_has_its_french(found):
    wanted = messages.missing(found)
    told = "\n".join(messages.lines(found))
    assert not wanted, (
        "messages without French. Write their sentence in these files "
        "(PYTHONPATH=. python tests/messages.py prints the lines to be filled):\n"
        + told
    )


def test_no_french_is_left_of_a_message_that_is_gone(found):
    kept = {}
    for file in FILES.glob("*.toml"):
        if file.name != "glossary.toml":
            kept |= dict.fromkeys(messages.keys_of(file), file.name)
    left = {text: name for text, name in kept.items() if text not in found}
    assert not left, "remove these lines, or follow the message that changed"


def test_no_message_stands_in_two_files():
    every = [key for file in FILES.glob("*.toml") for key in messages.keys_of(file)]
    assert len(every) == len(set(every)) == len(catalogue())


def test_a_french_sentence_has_the_holes_of_the_english_one():
    for english, said in catalogue().items():
        assert holes(english) == holes(said), english


def test_french_is_typed_as_french():
    for said in catalogue().values():
        prose = re.sub(r"\{\d*\}", "x", said)
        assert "  " not in prose, said
        prose = re.sub(r"`[^`]*`|'[^']*'|\"[^\"]*\"", "", prose)
        prose = re.sub(r"[\w.]+\(.*?\)|\[\[\w+\]\]|https?://\S*|\{\{.*?\}\}", "", prose)
        assert not re.search(r"\w'\w", prose), said
        assert not re.search(r"\w[:;?!](\s|$)", prose), said
        assert not re.search(r"\b(the|with|write|pass|found|is|are)\b", prose), said


# -- read ------------------------------------------------------------------------------


def speech(verb):
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            verb()
        except bm.errors.BasinmapError as error:
            return plain(error)
        return plain(heard[0].message)


SAID = {
    "a type": (
        lambda: bm.rings(bm.LOUVRE_LENS, distances="1 km"),
        "distances : '1 km' ne peut servir ici ; passez des nombres : [1, 2]",
    ),
    "culprits and how many more": (
        lambda: bm.aggregate(
            pd.DataFrame(
                {"n": [1.0] * 8},
                index=pd.Index([f"5999{n}" for n in range(8)], name="commune"),
            ),
            "epci",
            measures={"n": bm.Stock()},
        ),
        "'59990', '59991', '59992', '59993', '59994' et 3 de plus",
    ),
    "a warning": (
        lambda: bm.rings(bm.LOUVRE_LENS, distances=[5, 10, 20]),
        "distance(s) sous",
    ),
    "a part after what was read": (
        lambda: bm.read_units("rien.gpkg", "commune"),
        "pas de fichier 'rien.gpkg' ; ",
    ),
    "what rows lack": (
        lambda: bm.compare("L04", bm.statistics(epci="call")[:5], "call"),
        "donnez un tableau de toutes leurs communes, par exemple bm.statistics() sans",
    ),
    "a choice": (
        lambda: bm.classify(bm.compute("L04", bm.statistics()), method="jenk"),
        "méthode inconnue, 'jenk' : ",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_a_message_is_read_in_french(name):
    verb, said = SAID[name]
    with speaking("fr"):
        assert said in speech(verb)


def test_what_was_read_is_never_translated():
    with speaking("fr"):
        said = french("unknown perimeter 'rows and places'; write 'a' or 'constant'")
    assert "'rows and places'" in said
    assert plain(french("label 'A or B' does not say of which generation: QPV")) == (
        "label 'A or B' does not say of which generation: QPV"
    )


def test_numbers_are_written_as_the_reader_writes_them():
    said = french("place: 1,234.5 is 12.5 minutes away from any street, more than ")
    assert "1,234.5 is 12.5 minutes away" in said  # no message: as it is
    said = plain(
        french(
            "place: 'Lens' is 1,234.5 minutes away from any street, more than "
            "minutes=12.5; ask for more minutes"
        )
    )
    assert "à 1 234,5 minutes" in said
    assert "minutes=12.5 ;" in said  # what is typed is typed as it is


def english_left(templates):
    """Words that are still English once what holds them is read in French."""
    return {
        words.strip(): said
        for text in templates
        for said in [french(messages.sample(text))]
        for words in re.split(r"\{\d+\}", text)
        if sum(map(str.isalpha, words)) > 8
        and messages.is_worded(words)
        and not messages.is_french(text)
        and re.search(rf"{re.escape(words.strip())}(?![a-z])", said)
    }


def test_what_is_added_to_a_message_is_read_in_french_with_it(library):
    """`msg += …`: neither the message nor what is added stays English."""
    pairs = [base + more for base, more in messages.lengthened(library)]
    assert pairs
    assert not english_left(dict.fromkeys(pairs))


def test_a_message_made_of_parts_is_read_in_french(library):
    assert not english_left(dict.fromkeys(messages.made(library)))


# -- chosen ----------------------------------------------------------------------------


def test_the_language_changes_what_is_read_and_nothing_else(monkeypatch):
    monkeypatch.setenv("BASINMAP_LANG", "en")
    with pytest.raises(bm.errors.CodeError) as caught:
        bm.communes(epci="999999999")
    english = str(caught.value)
    bm.speak("fr")
    assert bm.language() == "fr"
    assert str(caught.value) != english
    assert caught.value.args == (english,)
    bm.speak("en")
    assert str(caught.value) == english


def test_another_language_is_refused():
    with pytest.raises(bm.errors.DataError, match="unknown language 'de'"):
        bm.speak("de")


def test_the_environment_speaks_for_a_program_and_a_traceback_is_french():
    ran = subprocess.run(
        [sys.executable, "-c", "import basinmap as bm; bm.communes(epci='1')"],
        env={
            "BASINMAP_LANG": "fr",
            "PYTHONIOENCODING": "utf-8",
            "PYTHONPATH": str(Path(bm.__file__).parents[1]),
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "basinmap.errors.CodeError: code d'EPCI" in plain(ran.stderr)


def test_english_reads_no_french():
    code = (
        "import basinmap as bm, basinmap.languages as l\n"
        "try: bm.communes(epci='1')\n"
        "except bm.errors.CodeError as error: str(error)\n"
        "print(l.catalogue.cache_info().misses)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(Path(bm.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "0"


def test_a_list_of_near_names_is_set_as_french_is():
    with pytest.raises(bm.errors.CodeError) as refused:
        bm.communes(epci="246200365")
    with speaking("fr"):
        said = str(refused.value)
    assert "(CA de Lens-Liévin)\u202f; 246200380 (" in said
    assert not re.search(r"[^\s\u202f];", said)
