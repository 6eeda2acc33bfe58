"""What the parts of a data set are called: `train_set`, `dev`, `FER2013Valid`, `Usage`s."""

from collections.abc import Iterable
from itertools import pairwise

from fer.data.class_names import understood
from fer.data.names import words

_EVALUATION = "evaluation"

_NAMES = {
    "train": "train training trn trainset trainval entrenamiento entrainement apprentissage "
    "addestramento treino treinamento обучение 训练 训练集 訓練 訓練集 学習 학습 훈련",
    "validation": "val valid validation validate validating validset valset dev devel "
    "development devset validierung validacion validacao validazione валидация 验证 验证集 驗證 "
    "驗證集 検証 검증",
    "test": "test testing tests tst testset holdout prueba teste prova тест 测试 测试集 測試 "
    "測試集 テスト 테스트 시험",
    "public_test": "publictest",
    "private_test": "privatetest",
    _EVALUATION: "eval evaluation evaluate evalset",
}
_WORDS = {word: split for split, names in _NAMES.items() for word in words(names)}

_HINTS = {
    "tr": "train", "learn": "train", "va": "validation", "te": "test", "unseen": "test",
    "public": "public_test", "private": "private_test",
}  # fmt: skip
"""Names of parts that mean something else where no other part is beside them."""

_AROUND = frozenset(
    words(
        "set sets data dataset split part subset fold folder image images img imgs face faces "
        "photo photos picture pictures pics crop crops cropped aligned annotations x px "
        "daten datensatz satz bilder"
    )
)
"""Words that stand beside a part and change nothing: `train_images`, `TRAIN-48x48`."""

_ASIDE = frozenset(
    words(
        "backup bak unused bad removed excluded discarded deleted ignore ignored reject rejects "
        "rejected trash junk garbage rubbish wrong duplicates"
    )
)
"""Words that put a folder aside, wherever it is."""

_SET_ASIDE = _ASIDE | set(words("old older copy copies extra not no non"))
"""Words that make a part something else: `train_old` is not what to train on."""

_FERPLUS = {"fer2013train": "train", "fer2013valid": "public_test", "fer2013test": "private_test"}
"""The folders of FER+, which are FER-2013's parts under other names."""

_PUBLIC = {"public": "public_test", "private": "private_test"}


def part_of(name: str) -> str:
    """The split that a folder or a cell names by itself; "" for any other name.

    >>> part_of("train_set"), part_of("Dev"), part_of("PublicTest"), part_of("FER2013Train")
    ('train', 'validation', 'public_test', '')
    """
    split = _split_of([word for word in words(name) if word not in _AROUND])
    return "test" if split == _EVALUATION else split


def parts_of(names: Iterable[str]) -> dict[str, str]:
    """The split of each name that names one, among all that stand beside each other.

    Beside a `test`, an `eval` is for validation; without one it is the test. A longer name, such as
    `FER2013Train`, needs another one beside it that names another part.
    """
    certain, possible = {}, {}
    for name in names:
        found = words(name)
        telling = [word for word in found if word not in _AROUND]
        if split := _split_of(telling):
            certain[name] = split
        elif not _SET_ASIDE & set(found) and not understood(without_part(name)):
            possible[name] = part_within(name) or _HINTS.get(" ".join(telling), "")
    parts = {**certain, **{name: split for name, split in possible.items() if split}}
    if len(set(parts.values())) == 1:
        parts = certain
    evaluation = "validation" if "test" in parts.values() else "test"
    return {name: evaluation if split == _EVALUATION else split for name, split in parts.items()}


def part_within(name: str) -> str:
    """The split that a longer name hints at: of a table or an array; "" if none or several are.

    >>> part_within("X_train.npy"), part_within("data/test-00000-of-00001.parquet")
    ('train', 'test')
    >>> part_within("FER2013Valid/label.csv"), part_within("constraints.csv")
    ('public_test', '')
    """
    found = [
        _split_of([word]) or _split_of([word[word.rfind("y") + 1 :].lstrip("x")])
        for word in words(name)
    ]
    splits = {"test" if split == _EVALUATION else split for split in found} - {""}
    for ferplus, split in _FERPLUS.items():
        if ferplus in name.casefold():
            return split
    for first, second in pairwise(words(name)):
        if split := _split_of([first, second]):
            splits = {split}
    return splits.pop() if len(splits) == 1 else ""


def is_set_aside(name: str) -> bool:
    """Whether a folder's name puts it aside, by nothing but such words.

    >>> is_set_aside("_rejected"), is_set_aside("bad faces"), is_set_aside("old")
    (True, True, False)
    """
    found = set(words(name))
    return bool(found & _ASIDE) and found <= _SET_ASIDE | _AROUND


def without_part(name: str) -> str:
    """The words of a name that name no part: "happy" of `train_happy`."""
    return " ".join(word for word in words(name) if word not in _WORDS)


def _split_of(found: list[str]) -> str:
    if len(found) == 2 and found[0] in _PUBLIC and _WORDS.get(found[1]) == "test":
        return _PUBLIC[found[0]]
    splits = [_of_word(word) for word in found]
    if splits[:1] == ["train"] and splits[1:] == ["validation"]:
        return "train"  # `train+val`, all that is no test
    return splits[0] if len(splits) == 1 else ""


def _of_word(word: str) -> str:
    """The split that a word names, maybe with another word behind it: `traindata`."""
    if split := _WORDS.get(word):
        return split
    for around in _AROUND:
        if len(around) > 2 and word.endswith(around):
            return _WORDS.get(word.removesuffix(around).removesuffix("s"), "")
    return ""
