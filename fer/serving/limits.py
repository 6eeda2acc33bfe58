"""How much one request, one client and all of them together may ask for."""

import os
from dataclasses import dataclass, fields

from fer import options
from fer.errors import ConfigError
from fer.options import option

PREFIX = "FER_API_"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Each is set by the environment variable FER_API_ and its name in capitals.

    Attributes:
        body_bytes: `body_mb` in bytes.
        memory_bytes: `memory_mb` in bytes.
        job_bytes: `job_mb` in bytes.
        max_pixels: `megapixels` in pixels.
    """

    body_mb: int = option(50, "megabytes of a request", 1, 1000)
    photos: int = option(16, "photos of a request", 1, 1000)
    megapixels: int = option(25, "megapixels of a photo", 1, 50)
    faces: int = option(100, "faces on a photo", 1, 5000)
    seconds: int = option(30, "seconds of a request, from its first byte to its answer", 1, 3600)
    requests: int = option(64, "requests at once that bring something, of all clients", 1, 10_000)
    client_requests: int = option(32, "the same of one address", 1, 10_000)
    memory_mb: int = option(500, "megabytes of all requests in progress together", 1, 100_000)
    job_mb: int = option(200, "megabytes that all jobs hold together", 1, 10_000)
    job_photos: int = option(1000, "photos of a job", 1, 100_000)
    job_seconds: int = option(300, "seconds of a job's upload", 1, 86_400)
    jobs: int = option(8, "jobs that are kept at once", 1, 1000)
    job_minutes: int = option(60, "minutes that a finished job is kept", 1, 10_000)

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ConfigError: If one is out of its range.
        """
        options.check(self, prefix="The limit ")

    @classmethod
    def from_environment(cls) -> "Limits":
        """The limits that the environment sets, and the defaults of the others.

        Raises:
            ConfigError: If a value is no whole number or out of its range.
        """
        given = {}
        for field in fields(cls):
            variable = PREFIX + field.name.upper()
            if text := os.environ.get(variable, "").strip():
                if not (text.isascii() and text.isdecimal() and len(text) < 10):
                    raise ConfigError(f"{variable} is '{text}'; expected a whole number.")
                given[field.name] = int(text)
        return cls(**given)

    @property
    def body_bytes(self) -> int:
        return self.body_mb * 1_000_000

    @property
    def memory_bytes(self) -> int:
        return self.memory_mb * 1_000_000

    @property
    def job_bytes(self) -> int:
        return self.job_mb * 1_000_000

    @property
    def max_pixels(self) -> int:
        return self.megapixels * 1_000_000
