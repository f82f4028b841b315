"""The people of a site: GET, POST, PATCH, DELETE /api/users."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from sightline.api.access import Access
from sightline.api.account_models import NewUser, User, UserChange
from sightline.api.audit_trail import tell_audit
from sightline.api.caller import Administering
from sightline.api.paging import PAGED_HEADERS, Offset, Page, tell_total
from sightline.api.problem_docs import problems
from sightline.domain.account import Role
from sightline.pipeline.accounts import AccountRefused
from sightline.pipeline.passwords import Busy

Id = Annotated[str, Path(pattern=r"^[0-9a-z]{1,32}$", description="Id of an account.")]


def account_routes(access: Access) -> APIRouter:
    """The routes, over the accounts of `access`."""
    routes = APIRouter(prefix="/api/users", tags=["accounts"])
    accounts = access.accounts

    @routes.get("", response_model=list[User], responses={200: {"headers": PAGED_HEADERS}})
    def users(
        _caller: Administering,
        request: Request,
        response: Response,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        offset: Offset = 0,
    ) -> list[dict[str, Any]]:
        """The accounts, oldest first."""
        total, found = accounts.page(limit=limit, offset=offset)
        tell_total(request, response, Page(limit, offset), total)
        return [user_facts(one) for one in found]

    @routes.post("", response_model=User, status_code=201, responses=problems(409, 422))
    def add(_caller: Administering, request: Request, wanted: NewUser) -> dict[str, Any]:
        """Make an account. Its password has to be changed at the first sign-in."""
        with told():
            made = accounts.add(
                wanted.name, wanted.role, wanted.password, venues=wanted.venues, must_change=True
            )
        tell_audit(request, subject=f"user={made.id}", role=made.role, venues=list(made.venues))
        return user_facts(made)

    @routes.patch("/{user_id}", response_model=User, responses=problems(404, 409, 422))
    def change(caller: Administering, request: Request, user_id: Id, wanted: UserChange) -> dict[str, Any]:
        """Change an account. It takes effect at its next request; a new password or `disabled` signs it out.

        The last administrator can neither be disabled nor be made something else (409).
        """
        with told():
            changed = accounts.change(
                user_id,
                name=wanted.name,
                role=wanted.role,
                venues=wanted.venues,
                disabled=wanted.disabled,
                password=wanted.password,
                must_change=not (caller.kind == "person" and caller.id == user_id),
            )
        facts = wanted.model_dump(mode="json", exclude_none=True, exclude={"password", "name"})
        if wanted.password is not None:
            facts["password"] = "replaced"  # noqa: S105  a word for the log
        tell_audit(request, subject=f"user={user_id}", **facts)
        return user_facts(changed)

    @routes.delete("/{user_id}", status_code=204, response_class=Response, responses=problems(404, 409))
    def remove(_caller: Administering, request: Request, user_id: Id) -> Response:
        """Delete an account, and sign it out everywhere. Not the last administrator (409)."""
        with told():
            accounts.remove(user_id)
        tell_audit(request, subject=f"user={user_id}")
        return Response(status_code=204)

    return routes


def person_facts(account: Any) -> dict[str, Any]:
    """An account as itself sees it."""
    reaches_all = account.role is Role.ADMINISTRATOR
    return {
        "id": account.id,
        "name": account.name,
        "role": account.role,
        "venues": None if reaches_all else list(account.venues),
        "must_change": account.must_change,
    }


def user_facts(account: Any) -> dict[str, Any]:
    """An account as administrators see it: never the hash of its password."""
    times = ("created_at", "password_changed_at", "disabled_at")
    return person_facts(account) | {name: getattr(account, name) for name in times}


@contextmanager
def told() -> Iterator[None]:
    """Turn what the accounts refuse into an answer.

    Raises:
        HTTPException: with the reason.
    """
    try:
        yield
    except AccountRefused as error:
        raise HTTPException(error.status, str(error)) from error
    except Busy as error:
        raise HTTPException(503, str(error), headers={"Retry-After": "1"}) from error
