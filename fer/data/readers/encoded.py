"""Text tables with an image file in each row, in base64."""

from itertools import islice
from pathlib import Path

from fer.data.compressed import Plain
from fer.data.readers.columns import Columns
from fer.data.readers.delimited import fields, read_record, records, text
from fer.data.readers.listing import stamp
from fer.data.readers.manifest import delimited_frame
from fer.data.readers.rows import Rows
from fer.data.readers.values import rows_of_values


def read_encoded_rows(
    root: Path, file: Path, columns: Columns, separator: bytes, encoding: str
) -> Rows:
    """The rows of such a table, called `<file>:<line>`."""
    plain = Plain(file)
    lines = islice(records(plain.path, encoding), int(columns.has_header), None)
    places = [(record.start, record.length) for record in lines]

    def value(row: int) -> list[str]:
        content = read_record(plain.path, encoding, *places[row])
        found = fields(content, separator)
        return [text(found[columns.encoded or 0])]

    name = file.relative_to(root).as_posix()
    frame = delimited_frame(file, columns, separator, encoding)
    return rows_of_values(name, stamp(file.stat()), columns, frame, value, is_bytes=True)
