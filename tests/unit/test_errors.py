import ast
from pathlib import Path

import pytest

import fer
from fer import errors

PYTHONS_OWN = {
    "AttributeError",  # what `from fer import x` and hasattr expect
    # Caught in the function that raises them:
    "ModuleNotFoundError",
    "ReadError",
    "ValueError",
}

FILES = sorted(Path(fer.__file__).parent.rglob("*.py"))


def is_deliberate(name: str) -> bool:
    """Whether a class of `fer.errors`, or one that another module derives from these."""
    if name in vars(errors):
        return issubclass(getattr(errors, name), errors.FerError)
    derived = [
        ast.unparse(base)
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and node.name == name
        for base in node.bases
    ]
    return any(is_deliberate(base) for base in derived)


def raised() -> list[tuple[str, ast.Call]]:
    """The class and the call of every `raise Class(…)` of the library."""
    trees = [ast.walk(ast.parse(file.read_text(encoding="utf-8"))) for file in FILES]
    calls = [node.exc for tree in trees for node in tree if isinstance(node, ast.Raise)]
    return [
        (ast.unparse(call.func).rpartition(".")[2], call)
        for call in calls
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("Error")
    ]


def test_the_library_raises_only_errors_that_pages_and_commands_catch() -> None:
    names = {name for name, _ in raised()} - PYTHONS_OWN
    assert len(names) > 10
    assert [name for name in names if not is_deliberate(name)] == []


def test_a_message_ends_as_a_sentence_or_with_a_command_to_copy() -> None:
    messages = [
        ast.unparse(part)
        for name, call in raised()
        if name not in PYTHONS_OWN
        for part in call.args[:1]
        if isinstance(part, ast.Constant | ast.JoinedStr)
    ]
    assert len(messages) > 100
    plain = [text for text in messages if "python -m fer" not in text]
    assert [text for text in plain if text[-2] not in ".?}"] == []  # before the closing quote


@pytest.mark.parametrize(
    ("error", "wider"),
    [
        (errors.ImageTooSmallError, errors.ImageError),
        (errors.UnreadableImageError, errors.ImageError),
        (errors.ModelNotFoundError, errors.ModelError),
        (errors.CardError, errors.ModelError),
    ],
)
def test_an_error_is_caught_by_the_name_of_its_subject(
    error: type[errors.FerError], wider: type[errors.FerError]
) -> None:
    with pytest.raises(wider, match="why"):
        raise error("why")


def test_a_refused_frame_gives_its_reason_in_one_word_and_in_a_sentence() -> None:
    error = errors.StreamError("The camera sends too many frames.", "rate")
    assert (error.reason, str(error)) == ("rate", "The camera sends too many frames.")
