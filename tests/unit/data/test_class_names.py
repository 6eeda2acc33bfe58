"""What classes are called in data sets."""

import pytest

from fer import emotions
from fer.data.class_names import _SYMBOLS, _WORDS, ORDERS, understood
from fer.data.names import words


@pytest.mark.parametrize(
    ("names", "label"),
    [
        ("angry, Anger, 0_angry, 0 - Angry, 01.Angry, angry_images, AngryFaces", "angry"),
        ("Wut, Ärger, colère, enojo, rabbia, raiva, 生气, 愤怒, 怒り, 분노, злость, 😠", "angry"),
        ("disgusted, Disgut, discust, Ekel, dégoût, asco, disgusto, nojo, 厌恶, 🤢", "disgust"),
        ("fearfull, fearful_faces, Angst, peur, miedo, paura, medo, 恐惧, 恐れ, 공포, 😨", "fear"),
        ("Happyness, hapiness, Freude, joie, FELICIDAD, felicità, 高兴, 행복, 😀, 😄", "happy"),
        ("Neutrality, nuetral, 6-neutral, neutre, neutrale, 中性, 無表情, 중립", "neutral"),
        ("sadness, Saddness, Trauer, tristesse, tristeza, tristezza, 悲伤, 슬픔, ☹️, 😢", "sad"),
        ("suprise, Surprised, Überraschung, UEBERRASCHUNG, sorpresa, şaşkın, 惊讶的", "surprise"),
        ("contemp, Contempt_2, Verachtung, mépris, desprecio, 轻蔑, 軽蔑, 경멸, 😏", "contempt"),
    ],
)  # fmt: skip
def test_a_class_is_understood_by_its_usual_names(names: str, label: str) -> None:
    assert {name: understood(name) for name in names.split(", ")} == dict.fromkeys(
        names.split(", "), label
    )


@pytest.mark.parametrize(
    "name",
    [
        "0", "7", "007", "class0", "emotion_3", "images", "", "hungry", "content", "neural",
        "natural", "desgosto", "not_angry", "non-neutral", "happy_sad", "happily surprised",
        "CO 2", "sa_images", "train_happy", "disguised", "🙂", "Person 12",
    ],
)  # fmt: skip
def test_what_may_mean_something_else_is_not_guessed(name: str) -> None:
    assert understood(name) == ""


def test_a_misspelt_word_is_never_taken_for_the_opposite_one() -> None:
    assert [understood(name) for name in ("tearful", "madness", "unhappy")] == [
        "sad", "angry", "sad"
    ]  # fmt: skip


def test_no_word_means_two_emotions_and_every_word_is_understood() -> None:
    listed = [
        (word.replace("_", " "), label)
        for label in emotions.ALL
        for word in (*_WORDS[label].replace(";", " ").split(), *_SYMBOLS[label])
    ]
    assert all(words(word) for word, _ in listed)
    assert {(word, understood(word)) for word, _ in listed} == set(listed)


def test_the_usual_orders_of_numbers_hold_each_emotion_once() -> None:
    for _, order in ORDERS.values():
        found = [label for label in order if label]
        assert len(set(found)) == len(found)
        assert set(emotions.FER2013) <= set(found)
