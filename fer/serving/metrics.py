"""What the server counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Counters of one server; labels have few values, none of which a client can choose."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Counter(
            "fer_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "fer_request_seconds", "Seconds from a request's first byte to its answer.", ["route"],
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self.active = Gauge("fer_requests_active", "Requests in progress.", registry=registry)
        self.left = Counter(
            "fer_clients_left", "Clients that left before their answer.", registry=registry
        )
        self.photos = Counter(
            "fer_photos", "Photos analysed.", ["outcome"], registry=registry
        )  # fmt: skip
        self.faces = Counter("fer_faces", "Faces answered.", registry=registry)
        self.queue = Gauge("fer_photos_queued", "Photos that wait.", registry=registry)
        self.groups = Histogram(
            "fer_group_photos", "Photos that were analysed together.", buckets=(1, 2, 4, 8),
            registry=registry,
        )  # fmt: skip
        self.jobs = Gauge("fer_jobs", "Jobs that are kept.", registry=registry)
        self.corrections = Counter("fer_corrections", "Corrections kept.", registry=registry)
