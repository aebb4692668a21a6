"""
The five documents as fixtures: their sample requests and answers, and the shape of a value, so that an answer can be
compared with a sample without typing the sample's fields again.
"""

import base64
import json
import re
import struct
import zlib
from functools import cache

from .site import TREE
from .wire import unique_pairs

FOLDER = TREE / "tests/fixtures/seeds"


@cache
def text(number):
    """The document whose name begins with `number` ("002")."""
    (path,) = FOLDER.glob(f"{number}_*.txt")
    return path.read_text("utf-8")


@cache
def documents(number):
    """The JSON objects in it, in order."""
    found, at, document = [], 0, text(number)
    decoder = json.JSONDecoder(object_pairs_hook=unique_pairs)
    while (at := document.find("{", at)) >= 0:
        try:
            value, end = decoder.raw_decode(document, at)
        except json.JSONDecodeError:
            end = at + 1  # a placeholder such as {jwt}
        else:
            found.append(value)
        at = end
    return found


def answer(number):
    return documents(number)[-1]


def example_request(number):
    request, _ = documents(number)
    return request


def claims(token):
    """Header and payload of a JWS compact token, unverified."""
    header, payload, _ = token.split(".")
    return tuple(
        json.loads(base64.urlsafe_b64decode(part + "=="), object_pairs_hook=unique_pairs) for part in (header, payload)
    )


TEXT_SHAPES = [
    ("data URI", re.compile(r"data:image/\w+;base64,[A-Za-z0-9+/]+={0,2}")),
    ("JWS", re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+")),
    ("base64", re.compile(r"[A-Za-z0-9+/]{200,}={0,2}")),
    ("UUID", re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")),
    ("date", re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")),
    ("digits", re.compile(r"\d{10,}")),
    ("lower-case hex", re.compile(r"[0-9a-f]{32}")),
    ("capitals and digits", re.compile(r"[0-9A-Z]{6}")),
    ("lower-case letters and digits", re.compile(r"[0-9a-z]{5}")),
]
FIXED_LENGTH = {"UUID", "date", "digits", "lower-case hex", "capitals and digits", "lower-case letters and digits"}


def shape(value):
    """What kind of value this is, exactly enough that a front end could depend on it."""
    if isinstance(value, dict):
        return {key: shape(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shape(member) for member in value]
    if not isinstance(value, str):
        return type(value).__name__
    for name, pattern in TEXT_SHAPES:
        if pattern.fullmatch(value):
            if name == "data URI":
                return value.partition(",")[0]
            return f"{len(value)} {name}" if name in FIXED_LENGTH else name
    return "text"


def matches(value, sample, free_text=()):
    """
    Whether `value` has the fields of `sample` in its order, each of the same shape. Fields named in `free_text` may
    be any text: names and ids of the sample's own site.
    """

    def blank(document):
        if isinstance(document, dict):
            return {key: "" if key in free_text and isinstance(member, str) else blank(member)
                    for key, member in document.items()}  # fmt: skip
        return document

    assert ordered(shape(blank(value))) == ordered(shape(blank(sample)))
    return True


def ordered(document):
    """Dicts as lists of pairs: == on dicts does not see the order."""
    if isinstance(document, dict):
        return [(key, ordered(member)) for key, member in document.items()]
    return document


def picture(value):
    """Format, width and height of an image as it stands in JSON: a data URI or bare base64."""
    data = base64.b64decode(value.partition(",")[2] or value, validate=True)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return ("png", *png_size(data))
    assert data.startswith(b"\xff\xd8") and data.endswith(b"\xff\xd9"), "neither PNG nor a whole JPEG"
    return ("jpeg", *jpeg_size(data))


def png_size(data):
    at, size, last = 8, None, None
    while at < len(data):
        length, last = struct.unpack(">I4s", data[at : at + 8])
        chunk = data[at + 4 : at + 8 + length]
        assert zlib.crc32(chunk) == struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0], "PNG checksum"
        if last == b"IHDR":
            size = struct.unpack(">II", chunk[4:12])
        at += 12 + length
    assert last == b"IEND", "PNG is cut off"
    return size


def jpeg_size(data):
    at = 2
    while True:
        marker, length = struct.unpack(">xBH", data[at : at + 4])
        if marker in (0xC0, 0xC1, 0xC2):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length
