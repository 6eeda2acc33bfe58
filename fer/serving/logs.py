"""The log as one JSON object a line: no pixels, no file's content or name, no address,
and of a key only its readable beginning.
"""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

FIELDS = "fields"
"""The attribute of a record that holds more values by name."""


class JsonFormatter(logging.Formatter):
    """A record as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; an exception's traceback is one of its values."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": when, "level": record.levelname.lower(), "logger": record.name}
        line |= {"message": record.getMessage()} | getattr(record, FIELDS, {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)  # escaped: a client cannot begin a new line


def log_as_json(name: str = "") -> None:
    """Write a logger's part of the log to standard error, as JSON; by default, the whole log."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    if not name:
        logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
        return
    logger = logging.getLogger(name)
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


@contextmanager
def kept(name: str) -> Iterator[None]:
    """Leave a logger afterwards as it was: a server changes that of its requests for good."""
    logger = logging.getLogger(name)
    handlers, level, propagates = logger.handlers[:], logger.level, logger.propagate
    try:
        yield
    finally:
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logger.propagate = propagates
