import pytest

from fer.errors import ScalingError
from fer.scaling.places import located, reason_of


def test_urls_that_nothing_reads_name_what_is_missing() -> None:
    with pytest.raises(ScalingError, match="'gs://bucket' cannot be reached: Please install gcsfs"):
        located("gs://bucket")
    with pytest.raises(ScalingError, match="Protocol not known: nowhere"):
        located("nowhere://bucket")
    with pytest.raises(ScalingError, match="Cannot parse URI"):
        located("s3://no bucket")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            "When getting information for key 'a' in bucket 'b': AWS Error NETWORK_CONNECTION "
            "during HeadObject operation: curlCode: 7, Could not connect to server",
            "the server does not answer; check AWS_ENDPOINT_URL and the network",
        ),
        ("Bucket 'b' not found. To create buckets, enable the", "there is no such bucket"),
        (
            "AWS Error SLOW_DOWN during PutObject: wait.",
            "AWS Error SLOW_DOWN during PutObject: wait",
        ),
    ],
)
def test_a_refusal_is_given_in_words(message: str, reason: str) -> None:
    assert reason_of(OSError(message)) == reason


def test_the_system_names_its_own_reasons() -> None:
    assert (
        reason_of(FileNotFoundError(2, "No such file or directory")) == "No such file or directory"
    )
