import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.fs import FileSystem, S3FileSystem
from typer.testing import CliRunner, Result

from fer.cli.main import app
from tests.integration.scaling.s3 import refuse_keys, s3_server

MakeFaces = Callable[..., Path]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An S3 server with a bucket; who starts after this finds it, and has keys."""
    with s3_server() as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", address)
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        files, _ = S3FileSystem.from_uri("s3://bucket?allow_bucket_creation=true")
        files.create_dir("bucket")
        yield address


def fer(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def test_photos_and_tables_of_a_bucket_are_predicted_into_it_and_resumed(
    server: str, three_nodes: Any, make: MakeFaces, tmp_path: Path
) -> None:
    folder = make("happy/1.png", "happy/2.png", "sad/3 #ü.png")
    (folder / "sad" / "broken.jpg").write_bytes(b"\xff\xd8 no")
    table = pa.table({"path": ["a.png"], "photo": [(folder / "happy" / "1.png").read_bytes()]})
    pq.write_table(table, folder / "more.parquet")
    files, bucket = FileSystem.from_uri("s3://bucket?allow_delayed_open=true")
    for file in folder.rglob("*.*"):
        with files.open_output_stream(f"{bucket}/set/{file.relative_to(folder)}") as upload:
            upload.write(file.read_bytes())
    words = ["predict", "s3://bucket/set", "--recursive", "--engine", "ray", "--model", "ferplus"]
    words += ["--detector", "none", "--out", "s3://bucket/out"]
    result = fer(*words)
    assert "5 photos, 4 faces, 1 failed" in result.stdout, result.output
    rows = pd.read_parquet("s3://bucket/out")
    names = ["happy/1.png", "happy/2.png", "sad/3 #ü.png", "sad/broken.jpg"]
    assert sorted(rows["file"]) == ["a.png", *(f"s3://bucket/set/{name}" for name in names)]
    assert "0 photos (5 before)" in fer(*words).stdout
    words = ["evaluate", "ferplus", "s3://bucket/set", "--photos", "--engine", "ray", "--json"]
    words += ["--detector", "none", "--out", "s3://bucket/figures"]
    assert json.loads(fer(*words).stdout)["photos"] == 3


def test_what_a_bucket_refuses_is_a_sentence(server: str, three_nodes: Any, tmp_path: Path) -> None:
    def problem(source: str, out: str = str(tmp_path / "out")) -> str:
        words = ["predict", source, "--engine", "ray", "--model", "ferplus", "--out", out]
        result = fer(*words, "--detector", "none")
        assert result.exit_code == 1
        return result.stderr

    assert "cannot be listed: there is no such bucket." in problem("s3://nobody/set")
    assert "for results: there is no such bucket." in problem("s3://bucket", "s3://nobody/out")
    assert "Please install gcsfs" in problem("gs://bucket/set")
    refuse_keys(server)
    assert "cannot be listed: the server denies access; check AWS_" in problem("s3://bucket")
