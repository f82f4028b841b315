"""What the routes about people, keys and the audit log take and give."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from sightline.api.typed_words import ShortName, SiteId
from sightline.domain.account import LONGEST_NAME, LONGEST_PASSWORD, SHORTEST_PASSWORD, Role

AccountName = Annotated[
    str, Field(min_length=1, max_length=LONGEST_NAME, pattern=r"^[^\x00]+$", examples=["marie"])
]
AnyPassword = Annotated[str, Field(min_length=1, max_length=1_000, examples=["four words that fit"])]
NewPassword = Annotated[
    str,
    Field(
        min_length=SHORTEST_PASSWORD,
        max_length=LONGEST_PASSWORD,
        description="Not the name, and none of those that are guessed first.",
        examples=["four words that fit"],
    ),
]
Venues = Annotated[
    list[SiteId], Field(max_length=10_000, description="Ids of the venues that may be reached.")
]


class Credentials(BaseModel):
    """Who wants to sign in."""

    name: AccountName
    password: AnyPassword


class PasswordChange(BaseModel):
    """One's own new password."""

    old: AnyPassword
    new: AnyPassword


class Person(BaseModel):
    """Somebody who can sign in. `venues` is null for administrators, who reach all."""

    id: str
    name: str
    role: Role
    venues: list[str] | None
    must_change: Annotated[bool, Field(description="Has to change the password before anything else.")]


class Session(BaseModel):
    """Who signed in, and what changes of this session have to bring in the header `X-CSRF-Token`."""

    user: Person
    csrf_token: str


class Whoever(BaseModel):
    """Who asks."""

    kind: Annotated[str, Field(description="`local` (this machine, in local mode), `key` or `person`.")]
    id: str
    name: str
    role: Role
    venues: list[str] | None
    must_change: bool
    csrf_token: Annotated[str | None, Field(description="Of the session; null without one.")]


class Message(BaseModel):
    """That it was done."""

    message: str


class User(Person):
    """An account as administrators see it."""

    created_at: datetime
    password_changed_at: datetime
    disabled_at: datetime | None


class NewUser(BaseModel):
    """An account to be made. Whoever gets it changes the password at the first sign-in."""

    model_config = ConfigDict(extra="forbid")

    name: AccountName
    role: Role
    venues: Venues = []
    password: NewPassword


class UserChange(BaseModel):
    """What is to be different; what is left out stays. A new password ends all sessions of the account."""

    model_config = ConfigDict(extra="forbid")

    name: AccountName | None = None
    role: Role | None = None
    venues: Venues | None = None
    disabled: bool | None = None
    password: NewPassword | None = None


class Key(BaseModel):
    """A key as it can be looked at: never its text. `venue_id` is null for an administrator's."""

    id: str
    venue_id: str | None
    name: str
    created_at: datetime
    revoked_at: datetime | None


class NewKey(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid")

    venue_id: Annotated[
        SiteId | None, Field(description="null: an administrator's key; only administrators make those.")
    ]
    name: Annotated[ShortName, Field(description="What it is for.", examples=["till program"])]


class KeyChange(BaseModel):
    """Another name."""

    model_config = ConfigDict(extra="forbid")

    name: ShortName


class ShownKey(Key):
    """A new key, at the only time when its text can be read."""

    api_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Entry(BaseModel):
    """Something that was done."""

    id: int
    at: datetime
    actor: Annotated[str, Field(description="`person:ID`, `key:ID`, `local`, `command line` or `nobody`.")]
    action: Annotated[str, Field(examples=["sign_in", "DELETE /api/links/{link_id}"])]
    venue_id: str | None
    subject: str
    facts: dict[str, Any]
    address: str | None
