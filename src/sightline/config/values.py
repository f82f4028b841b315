"""Values of the site file that are more than a number or a word: points, distances, opening hours."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

ID_PATTERN = r"^[A-Za-z0-9_-]{1,50}$"


@dataclass(frozen=True, slots=True)
class Distance:
    """How near two people must be: body heights (the default, survives perspective) or pixels."""

    value: float
    unit: Literal["body_heights", "pixels"] = "body_heights"

    def __str__(self) -> str:
        return f"{self.value:g}px" if self.unit == "pixels" else f"{self.value:g}"


def parse_distance(value: object) -> Distance:
    """`1.2` (body heights) or `650px`."""
    if isinstance(value, Distance):
        return value
    pixels = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(px)?\s*", str(value))
    if isinstance(value, bool) or not isinstance(value, int | float | str) or pixels is None:
        raise ValueError("a distance is a number of body heights (1.2) or of pixels (650px)")
    number = float(pixels[1])
    if pixels[2]:
        if not 1 <= number <= 20_000:
            raise ValueError("a distance in pixels is from 1px to 20000px")
        return Distance(number, "pixels")
    if not 0 < number <= 20:
        raise ValueError("a distance in body heights is above 0 and at most 20; pixels are written 650px")
    return Distance(number)


def parse_point(value: object) -> tuple[float, float]:
    """[x, y], each 0..1 of the picture's width and height."""
    pair = tuple(value) if isinstance(value, list | tuple) else ()
    numbers = all(isinstance(part, int | float) and not isinstance(part, bool) for part in pair)
    if len(pair) != 2 or not numbers or not all(0 <= part <= 1 for part in pair):
        raise ValueError(f"a point is [x, y], each from 0 to 1 of the picture, got {value!r:.60}")
    return (float(pair[0]), float(pair[1]))


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """Minutes since local midnight. `closes` at or before `opens` means past midnight."""

    opens: int
    closes: int

    def __str__(self) -> str:
        return f"{self.opens // 60:02}:{self.opens % 60:02}-{self.closes // 60:02}:{self.closes % 60:02}"


def parse_open_span(value: object) -> OpenSpan:
    """`09:00-19:00`; the end may be 24:00, or earlier than the start for past midnight."""
    if isinstance(value, OpenSpan):
        return value
    match = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*", str(value))
    if match is None:
        raise ValueError(f'opening hours are written "09:00-19:00", got {value!r:.40}')
    hours_a, minutes_a, hours_b, minutes_b = (int(part) for part in match.groups())
    opens, closes = hours_a * 60 + minutes_a, hours_b * 60 + minutes_b
    if minutes_a > 59 or minutes_b > 59 or opens >= 1440 or closes > 1440 or opens == closes:
        raise ValueError(f"opening hours run from 00:00 to 24:00 and are not empty, got {value!r:.40}")
    return OpenSpan(opens, closes)


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"must be a number, got {str(value).lower()}")  # noqa: TRY004  pydantic wants ValueError
    return value


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _web_address(text: str) -> str:
    if not re.match(r"^https?://[^/\s?#]+", text):
        raise ValueError("must be an address that begins with http:// or https://")
    if "@" in re.split(r"[/?#]", text, maxsplit=3)[2]:
        raise ValueError("an address holds no user and password; use the setting for the key (env:NAME)")
    return text


Id = Annotated[str, Field(pattern=ID_PATTERN)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[float, BeforeValidator(_no_truth_value)]
Count = Annotated[int, BeforeValidator(_no_truth_value)]
Share = Annotated[Number, Field(ge=0, le=1)]
Seconds = Annotated[Number, Field(ge=0, le=86_400)]
Port = Annotated[Count, Field(ge=1, le=65_535)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Color = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Words = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
Point = Annotated[
    tuple[float, float],
    BeforeValidator(parse_point),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "minItems": 2,
            "maxItems": 2,
        }
    ),
]
Reach = Annotated[
    Distance,
    PlainValidator(parse_distance),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": r"^\d+(\.\d+)?px$"},
            ]
        }
    ),
]
Hours = Annotated[
    OpenSpan,
    PlainValidator(parse_open_span),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}:\d{2}-\d{1,2}:\d{2}$"}),
]
