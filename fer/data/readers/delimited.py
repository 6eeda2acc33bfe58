"""Text tables with any separator, encoding and quoting, read record by record.

A record keeps its place in the file, so that a column of pixels is read when it is needed.
"""

import re
from collections import deque
from collections.abc import Iterator
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple

from fer.data.compressed import opened
from fer.data.readers.encodings import legacy_encoding

SEPARATORS = (b"\t", b";", b",", b"|", b" ")
"""What may stand between fields; a space stands for any white space."""

_HEAD_BYTES = 1 << 20
_BYTE_BY_BYTE = ("", "latin-1")
_BINARY = bytes({*range(9), *range(14, 32)} - {0x1A, 0x1B})
_MAX_BYTES = 4_000_000  # of a record in several lines
_MAX_LINE = 50_000_000  # a longer one is cut: a compressed line may be longer than the memory
_QUOTED = re.compile(rb' *"([^"]*(?:""[^"]*)*)" *')
_OPEN_QUOTE = re.compile(rb'(?:^|[,;\t|]) *"[^"]*(?:""[^"]*)*$')
_SEPARATOR = re.compile(rb'"?sep=."?')
_COMMENT = re.compile(
    rb"\s*#(?!.*[,;\t|])|\s*#(?!.*(?:path|image|file|pixel|label|emotion|class|expression))", re.I
)  # a header may begin with '#', too
_WORDS = re.compile(rb'"([^"]*)"|(\S+)')


class Record(NamedTuple):
    """A row of a text table.

    Attributes:
        line: Its first line, counted from 1.
        start: Its first byte in the file.
        length: Its bytes in the file.
        content: Without the end of the line: ASCII, UTF-8 or another superset of ASCII.
    """

    line: int
    start: int
    length: int
    content: bytes


def text_encoding(path: Path) -> str | None:
    """How the lines of a text file are found: "" by their bytes, or after decoding by a codec.

    None for a file that is not text, or that cannot be read.
    """
    try:
        with opened(path) as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return None
    if head.startswith(b"\xff\xfe\0\0") or (head[2:64:4] + head[3:64:4]).count(0) > 24:
        return "utf-32-le"
    if head.startswith(b"\0\0\xfe\xff") or (head[:64:4] + head[1:64:4]).count(0) > 24:
        return "utf-32-be"
    if head.startswith(b"\xff\xfe") or head[1:64:2].count(0) > 16:
        return "utf-16-le"
    if head.startswith(b"\xfe\xff") or head[:64:2].count(0) > 16:
        return "utf-16-be"
    if not head or len(head.translate(None, _BINARY)) < len(head):
        return None
    if b"\n" in head or len(head) < _HEAD_BYTES:
        if legacy := legacy_encoding(head):
            return legacy
        return "" if b"\n" in head or b"\r" not in head else "latin-1"  # lines of old Macs
    return None


def records(path: Path, encoding: str) -> Iterator[Record]:
    """The rows of a text table, without empty ones.

    A quoted field may hold ends of lines. A quotation mark that is never closed is taken as text.
    """
    lines = _lines(path, encoding)
    waiting: deque[tuple[int, bytes]] = deque()  # read, but not part of the record before
    start = number = 0
    is_before = True  # the header
    while line := waiting.popleft() if waiting else next(lines, None):
        whole = [line]
        if b'"' in line[1] and _is_open(line[1]):
            whole += _rest(lines, waiting)
        size = sum(length for length, _ in whole)
        content = b"".join(part for _, part in whole).rstrip(b"\r\n")
        is_row = number or not _SEPARATOR.fullmatch(content)  # Excel's first line may name it
        is_before = is_before and (not content.strip() or bool(_COMMENT.match(content)))
        if is_row and not is_before and content.strip():
            yield Record(number + 1, start, size, content)
        number += len(whole)
        start += size


def _rest(
    lines: Iterator[tuple[int, bytes]], waiting: deque[tuple[int, bytes]]
) -> list[tuple[int, bytes]]:
    """The further lines of a record whose quotation mark is open; none if it is never closed."""
    more: list[tuple[int, bytes]] = []
    size = 0
    while size < _MAX_BYTES and (line := waiting.popleft() if waiting else next(lines, None)):
        more.append(line)
        size += line[0]
        if line[1].count(b'"') % 2:
            return more
    waiting.extendleft(reversed(more))
    return []


def read_record(path: Path, encoding: str, start: int, length: int) -> bytes:
    """The content of a record again, by its place in the file."""
    with path.open("rb") as file:
        file.seek(start)
        line = file.read(length)
    if encoding not in _BYTE_BY_BYTE:
        line = _as_utf8(line.decode(encoding, _errors(encoding)))
    return line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")


def fields(content: bytes, separator: bytes) -> list[bytes]:
    """The fields of a record, without quotation marks."""
    if b'"' not in content:
        return content.split(None if separator == b" " else separator)
    if separator == b" ":
        return [quoted or word for quoted, word in _WORDS.findall(content)]
    found: list[bytes] = []
    at, size = 0, len(content)
    while True:
        quoted = _QUOTED.match(content, at)
        if quoted and (quoted.end() == size or content.startswith(separator, quoted.end())):
            found.append(quoted[1].replace(b'""', b'"'))
            end = quoted.end()
        else:
            end = content.find(separator, at)
            end = size if end < 0 else end
            found.append(content[at:end])
        if end == size:
            return found
        at = end + 1


def text(field: bytes) -> str:
    """A field as text: UTF-8, or what Windows writes in the west."""
    try:
        return field.decode().strip()
    except UnicodeDecodeError:
        return field.decode("cp1252", "replace").strip()


def _is_open(content: bytes) -> bool:
    return content.count(b'"') % 2 == 1 and _OPEN_QUOTE.search(content) is not None


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, bytes]]:
    """The bytes of each line in the file, and its content."""
    if not encoding:
        with opened(path) as file:
            for number, line in enumerate(iter(partial(file.readline, _MAX_LINE), b"")):
                yield len(line), line if number else line.removeprefix(b"\xef\xbb\xbf")
        return
    errors = _errors(encoding)
    with TextIOWrapper(opened(path), encoding, errors, newline="") as decoded:
        for row in iter(partial(decoded.readline, _MAX_LINE), ""):
            content = row.encode(encoding, errors)
            yield len(content), content if encoding in _BYTE_BY_BYTE else _as_utf8(row)


def _errors(encoding: str) -> str:
    """How bytes that are no text are kept: each stands for itself, so that lengths are right."""
    return "replace" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"


def _as_utf8(line: str) -> bytes:
    return line.lstrip("\ufeff").encode("utf-8", "replace")
