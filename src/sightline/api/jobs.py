"""Video jobs: /process and /api/batch."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from sightline.api.caller import Caller, Managing, Viewing
from sightline.api.job_models import (
    Address,
    AddressesTaken,
    AddressTaken,
    FilesTaken,
    FileTaken,
    FromWeb,
    Job,
    JobStarted,
    JobState,
    JobStats,
    JobStatus,
    JobStopped,
    Priority,
    QueueLengths,
    UploadFields,
)
from sightline.api.paging import PAGED_HEADERS, Offset, Page, tell_total
from sightline.api.problem_docs import problems
from sightline.api.streamed_files import RefusedFile, received_files
from sightline.api.streamed_upload import ReceivedFile, received_form
from sightline.errors import ConfigError, DiskFull, SourceRejected
from sightline.jobs.job_view import JobView
from sightline.jobs.video_jobs import Order, Sender, VideoJobs

MOST_FILES = 50
MOST_ADDRESSES = 100
FIELDS = tuple(UploadFields.model_fields)

JobId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="Id of a job.")]
VenueQuery = Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{1,50}$", description="Id of a venue.")]


def job_routes(jobs: VideoJobs) -> APIRouter:
    """All routes of video jobs, over `jobs`."""
    router = APIRouter(tags=["video jobs"])
    _add_uploads(router, jobs)
    _add_addresses(router, jobs)
    _add_reading(router, jobs)
    _add_changing(router, jobs)
    return router


def _add_uploads(router: APIRouter, jobs: VideoJobs) -> None:
    @router.post(
        "/process/upload",
        response_model=JobStarted,
        responses=problems(400, 401, 403, 404, 413, 415, 422, 507),
        openapi_extra=_form_of("file", several=False),
        summary="Hand over a video file",
    )
    async def upload(request: Request, caller: Managing) -> dict[str, Any]:
        """The file is analysed like a recording of the camera `camera_id`, with the rules drawn for it.

        A venue that does not exist is made in local mode, and refused with 404 otherwise."""
        async with received_form(
            request,
            file_field="file",
            fields=FIELDS,
            into=await run_in_threadpool(jobs.part),
            longest_bytes=jobs.longest_bytes,
            is_wanted=_may_be_video,
        ) as form:
            order = _order(caller, form.fields)
            try:
                job = await run_in_threadpool(_take, jobs, caller, order, form.file)
            except SourceRejected as error:
                raise HTTPException(415, f"this is not a video that can be read: {error}") from error
        return {"job_id": job.job_id}

    @router.post(
        "/api/batch/upload",
        response_model=FilesTaken,
        responses=problems(400, 401, 403, 404, 413, 422, 507),
        openapi_extra=_form_of("files", several=True),
        summary=f"Hand over up to {MOST_FILES} video files",
    )
    async def upload_several(request: Request, caller: Managing) -> FilesTaken:
        """One result per file: what is wrong with one is said there, and the others are taken."""
        async with received_files(
            request,
            file_field="files",
            fields=FIELDS,
            next_path=jobs.part,
            longest_bytes=jobs.longest_bytes,
            most_files=MOST_FILES,
            is_wanted=_may_be_video,
        ) as form:
            order = _order(caller, form.fields)
            await run_in_threadpool(jobs.require_venue, _sender(caller), order)
            return await run_in_threadpool(_take_all, jobs, caller, order, form.files)


def _add_addresses(router: APIRouter, jobs: VideoJobs) -> None:
    @router.post(
        "/process/youtube",
        response_model=JobStarted,
        responses=problems(400, 401, 403, 404, 422),
        summary="Have a video fetched from the web",
    )
    def fetch(body: FromWeb, caller: Managing) -> dict[str, Any]:
        """From the hosts of the setting `downloads.hosts` only, never from an address inside the network."""
        caller.demand(body.venue_id)
        order = Order(**body.model_dump(exclude={"url"}))
        return {"job_id": jobs.add_address(_sender(caller), order, body.url).job_id}

    @router.post(
        "/api/batch/url",
        response_model=AddressesTaken,
        response_model_exclude_none=True,
        responses=problems(400, 401, 403, 404, 422),
        summary=f"Have up to {MOST_ADDRESSES} videos fetched from the web",
    )
    def fetch_several(
        caller: Managing,
        urls: Annotated[
            list[Address],
            Body(min_length=1, max_length=MOST_ADDRESSES, examples=[["https://youtu.be/aqz-KE-bpKQ"]]),
        ],
        venue_id: VenueQuery,
        priority: Annotated[Priority, Query()] = 0,
    ) -> AddressesTaken:
        """One result per address: what is wrong with one is said there, and the others are taken."""
        order = Order(venue_id=venue_id, priority=priority)
        jobs.require_venue(_sender(caller), order)
        return AddressesTaken(jobs=[_address_taken(jobs, caller, order, url) for url in urls])


def _add_reading(router: APIRouter, jobs: VideoJobs) -> None:
    @router.get(
        "/process/status/{job_id}",
        response_model=JobStatus,
        responses=problems(401, 403, 404, 422),
        summary="How far a job is",
    )
    def status(job_id: JobId, caller: Viewing) -> JobStatus:
        """`pending`, `processing`, then `completed`, `failed` (the message says why) or `cancelled`."""
        return JobStatus.model_validate(jobs.job(caller.scope, job_id), from_attributes=True)

    @router.get(
        "/api/batch/jobs",
        response_model=list[Job],
        responses={200: {"headers": PAGED_HEADERS}, **problems(401, 403, 422)},
        summary="Jobs, newest first",
    )
    def page(
        request: Request,
        response: Response,
        caller: Viewing,
        venue_id: VenueQuery | None = None,
        status: Annotated[JobState | None, Query(description="Those in this state only.")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        offset: Offset = 0,
    ) -> list[Job]:
        """Those of the venues that the caller may see."""
        found, total = jobs.jobs(caller.scope, venue_id=venue_id, state=status, limit=limit, offset=offset)
        tell_total(request, response, Page(limit, offset), total)
        return [_shown(one) for one in found]

    @router.get(
        "/api/batch/jobs/{job_id}",
        response_model=Job,
        responses=problems(401, 403, 404, 422),
        summary="One job, with its progress",
    )
    def one(job_id: JobId, caller: Viewing) -> Job:
        """As `/process/status/{job_id}`, and more."""
        return _shown(jobs.job(caller.scope, job_id))

    @router.get(
        "/api/batch/stats",
        response_model=JobStats,
        responses=problems(401, 403, 422),
        summary="How long the queue is",
    )
    def stats(caller: Viewing, venue_id: VenueQuery | None = None) -> JobStats:
        """Also how many visitors the completed jobs came to; a file analysed again counts once."""
        found = jobs.figures(caller.scope, venue_id)
        queue = QueueLengths(**found.states, total=sum(found.states.values()))
        return JobStats(
            queue=queue,
            total_visitors_detected=found.visitors_detected,
            processor_running=found.processor_running,
        )


def _add_changing(router: APIRouter, jobs: VideoJobs) -> None:
    @router.delete(
        "/api/batch/jobs/{job_id}",
        response_model=JobStopped,
        responses=problems(400, 401, 403, 404, 422),
        summary="Stop a job",
    )
    def stop(job_id: JobId, caller: Managing) -> dict[str, str]:
        """One that waits is removed; one under way is cancelled within seconds. One that is over: 400."""
        outcome = jobs.cancel(caller.scope, job_id)
        said = "it was removed" if outcome == "removed" else "it is being cancelled"
        return {"job_id": job_id, "status": outcome, "message": said}

    @router.post(
        "/api/batch/jobs/{job_id}/retry",
        response_model=Job,
        responses=problems(400, 401, 403, 404, 422),
        summary="Try a failed job again",
    )
    def retry(job_id: JobId, caller: Managing) -> Job:
        """Its file was kept. One that has not failed: 400."""
        return _shown(jobs.retry(caller.scope, job_id))


def _shown(job: JobView) -> Job:
    return Job.model_validate(job, from_attributes=True)


def _sender(caller: Caller) -> Sender:
    return Sender(scope=caller.scope, actor=caller.actor, makes_venues=caller.kind == "local")


def _order(caller: Caller, fields: dict[str, str]) -> Order:
    """What the form asks for, once it is checked.

    Raises:
        RequestValidationError: a field is missing or wrong.
        HTTPException: 403.
    """
    try:
        checked = UploadFields.model_validate(fields)
    except ValidationError as error:
        wrong = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(wrong) from error
    caller.demand(checked.venue_id)
    return Order(**checked.model_dump())


def _take(jobs: VideoJobs, caller: Caller, order: Order, file: ReceivedFile) -> JobView:
    return jobs.add_upload(
        _sender(caller),
        order,
        file.path,
        video_name=_plain_name(file.file_name),
        sha256=file.sha256,
        size_bytes=file.size_bytes,
    )


def _take_all(jobs: VideoJobs, caller: Caller, order: Order, files: Any) -> FilesTaken:
    taken = []
    for file in files:
        name = _plain_name(file.file_name)
        reason = file.reason if isinstance(file, RefusedFile) else ""
        job_id = None
        if not reason:
            try:
                job_id = _take(jobs, caller, order, file).job_id
            except SourceRejected as error:
                reason = f"this is not a video that can be read: {error}"
            except DiskFull:
                reason = "there is no room for it here now"
        if reason:
            taken.append(FileTaken(job_id=None, filename=name, status="failed", error=reason))
        else:
            taken.append(FileTaken(job_id=job_id, filename=name, status="pending"))
    return FilesTaken(jobs=taken)


def _address_taken(jobs: VideoJobs, caller: Caller, order: Order, url: str) -> AddressTaken:
    try:
        job = jobs.add_address(_sender(caller), order, url)
    except ConfigError as error:
        return AddressTaken(url=url, status="failed", error=str(error))
    return AddressTaken(job_id=job.job_id, url=url, video_name=job.video_name, status="pending")


def _may_be_video(start: bytes) -> bool:
    """Whether a file that begins so is worth receiving: not when it is empty, or plain text."""
    try:
        text = start.decode()
    except UnicodeDecodeError:
        return True
    return not all(sign.isprintable() or sign.isspace() for sign in text)


def _plain_name(given: str) -> str:
    """The sender's name of the file, for people; never part of a path here."""
    name = given.replace("\\", "/").rpartition("/")[2]
    return "".join(sign if sign.isprintable() else "_" for sign in name)[:200] or "video"


def _form_of(file_field: str, *, several: bool) -> dict[str, Any]:
    """The documentation of a form that is read by hand, as it arrives."""
    fields = UploadFields.model_json_schema()
    one = {"type": "string", "format": "binary"}
    file = {"type": "array", "items": one, "minItems": 1, "maxItems": MOST_FILES} if several else one
    schema = {
        "type": "object",
        "required": [file_field, *fields["required"]],
        "properties": {file_field: file, **fields["properties"]},
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}
