"""The photos of a request: as its body, as a form's files, or as base64 in JSON. All in memory."""

import base64
import binascii
from typing import Any, NamedTuple

from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from fer.serving.problems import Problem
from fer.serving.shapes import PhotosInJson

_EXPECTED = "image/jpeg or another image type, multipart/form-data, or application/json"
UNNAMED = "photo"
"""What a photo is called that came without a name."""


class Photo(NamedTuple):
    """A photo as it came."""

    name: str
    data: bytes


async def photos_of(request: Request, *, most: int) -> list[Photo]:
    """The photos of a request, at least one.

    Raises:
        Problem: If there are none, too many, or none can be found in it.
        ClientDisconnect: If the client leaves meanwhile.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        photos = await _in_form(request, most)
    elif kind == "application/json":
        photos = _in_json(await request.body(), most)
    elif kind.startswith("image/") or kind == "application/octet-stream":
        photos = [Photo(request.query_params.get("name", UNNAMED), await request.body())]
    else:
        given = f"'{kind[:100]}'" if kind else "none"
        raise Problem(
            "unsupported-media-type", f"The content type is {given}; expected {_EXPECTED}."
        )
    if not photos or not any(photo.data for photo in photos):
        raise Problem("no-photo", "The request has the right form, but there is no photo in it.")
    return photos


def decoded(text: str, name: str = UNNAMED) -> bytes:
    """The content of a file from base64; a data URL will do.

    Raises:
        Problem: If it is not base64.
    """
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem("invalid", f"'{name[:100]}' is not base64: {error}.") from None


def _in_json(body: bytes, most: int) -> list[Photo]:
    try:
        given = PhotosInJson.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = "/".join(map(str, first["loc"])) or "the body"
        raise Problem("invalid", f"{where}: {first['msg']}.") from None
    _check_count(len(given.photos), most)
    return [Photo(one.name, decoded(one.data, one.name)) for one in given.photos]


async def _in_form(request: Request, most: int) -> list[Photo]:
    # Starlette raises at a file too many; the bound keeps a form of tiny parts from piling up.
    parser = _InMemory(request.headers, request.stream(), max_files=most, max_fields=most)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        if error.message.startswith("Too many files"):
            _check_count(most + 1, most)
        raise Problem("bad-request", f"The form cannot be read: {error.message}") from None
    photos = []
    for name, value in form.multi_items():
        if not isinstance(value, UploadFile):
            raise Problem(
                "invalid", f"The form's field '{name[:100]}' is no file; expected photos."
            )
        photos.append(Photo(value.filename or UNNAMED, await value.read()))
        await value.close()
    return photos


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise Problem("too-many-photos", f"At most {most} are taken.", max_photos=most)


class _InMemory(MultiPartParser):
    """Starlette's would move files of over 1 MB to the disk, which photos must not touch."""

    spool_max_size: Any = 1 << 40
