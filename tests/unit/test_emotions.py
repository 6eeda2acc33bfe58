import pytest

from fer import emotions
from fer.errors import LabelError


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("anger", "angry"),
        ("Happiness", "happy"),
        ("AN", "angry"),
        ("HA", "happy"),
        (" Surprised ", "surprise"),
        ("SADNESS", "sad"),
        ("contempt", "contempt"),
    ],
)
def test_aliases_map_to_the_label(name: str, label: str) -> None:
    assert emotions.canonical(name) == label


def test_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(LabelError, match=r"'hungry'.*angry.*contempt"):
        emotions.canonical("hungry")


def test_fer2013_has_seven_classes_in_the_one_order() -> None:
    labels = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
    assert emotions.FER2013 == labels == emotions.ordered(labels)
    assert set(emotions.FER2013_CODES) == set(labels)


def test_ordered_puts_custom_labels_after_the_known_ones() -> None:
    assert emotions.ordered(["zeal", "sad", "awe", "angry", "sad"]) == (
        "angry",
        "sad",
        "awe",
        "zeal",
    )


def test_no_two_emotions_share_a_colour_a_symbol_or_an_alias() -> None:
    known = emotions.EMOTIONS.values()
    aliases = [alias for emotion in known for alias in (emotion.label, *emotion.aliases)]
    assert len({emotion.color for emotion in known}) == len(known)
    assert len({emotion.symbol for emotion in known}) == len(known)
    assert len(set(aliases)) == len(aliases)


def test_the_numbers_of_the_csv_are_the_published_ones() -> None:
    # "0=Angry, 1=Disgust, 2=Fear, 3=Happy, 4=Sad, 5=Surprise, 6=Neutral", the challenge's page.
    assert emotions.FER2013_CODES[6] == "neutral"
    assert emotions.FER2013_CODES[3] == "happy"
    assert sorted(emotions.FER2013_CODES) == sorted(emotions.FER2013)


def test_a_custom_label_can_be_shown() -> None:
    shown = emotions.describe("awe")
    assert (shown.label, shown.color.startswith("#")) == ("awe", True)
    assert shown.symbol
