"""The application behind the front end: from an HTTP request through the gates to its response.

The way of one request: guard, proof, route, authenticate, decode, pipeline, encode; a reply to a
write waits for its commit.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Iterator
from functools import partial
from typing import Any, cast

from foulweather.gates import refusals
from foulweather.gates.authenticate import Caller, authenticate, presumed
from foulweather.gates.faults import Faults
from foulweather.gates.faults.arrival import arrive
from foulweather.gates.refusals import Family
from foulweather.gates.signed_times import check_times
from foulweather.kernel.call import Call
from foulweather.kernel.connections import ConnectionBroken
from foulweather.kernel.credentials import Credentials
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.own_hosts import OwnHosts
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.service import Service
from foulweather.kernel.services import Services
from foulweather.kernel.trace import Hop, Traces
from foulweather.kernel.why import Why
from foulweather.wire import guard, s3_forms, s3_paths
from foulweather.wire.admin import Admin
from foulweather.wire.app import STREAM, Admission, Reply
from foulweather.wire.calls import call_of
from foulweather.wire.commits import awaited, committed, once_committed
from foulweather.wire.compression import compress
from foulweather.wire.hosting import Entered, Hosted, Plan
from foulweather.wire.inside import Inside
from foulweather.wire.own_hosts import Answering
from foulweather.wire.refusing import errors_of, no_answer, refusal
from foulweather.wire.responses import plain
from foulweather.wire.route import Route, Unroutable, route
from foulweather.wire.sigv4 import Proof, access_key_of, check_scope, read_proof
from foulweather.wire.uploads import is_large, read_s3
from foulweather.wire.visits import Visits
from foulweather.world.world import World

log = logging.getLogger("foulweather")

BODY_BYTES_MAX = 16 << 20
BUFFERED = Admission(buffer_bytes_max=BODY_BYTES_MAX)
# AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html: signed by SigV4. Others judge by themselves.
SIGNED_DATA_PLANES = frozenset({"xray"})
NOWHERE = Route("", "rest-json", "")
# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
INTERNAL_FAILURE = "The request processing has failed because of an unknown error, exception or failure."


class Cloud:
    """All worlds of one server, and how a request gets into one and out again."""

    def __init__(self, world: World | Hosted, *, is_strict: bool = False, hosts: frozenset[str] = frozenset()) -> None:
        if isinstance(world, Hosted):
            first, self.services = world, world.pipeline.services
        else:
            self.services = Services()
            first = Hosted(world, self.services)
        self.worlds: dict[str, Hosted] = {first.world.name: first}
        self.is_strict = is_strict
        self.not_implemented: Counter[str] = Counter()
        self._plans: dict[tuple[str, str, str], Plan] = {}
        self.admin = Admin(self)
        self._default = first
        self._visits = Visits(self.services, self._every_world)
        self._guard = guard.Guard(hosts, self._visits.is_domain)

    @property
    def default(self) -> Hosted:
        """The world that keys enter which no other world has issued."""
        return self._default

    def start(self) -> None:
        """Let every world run on the running event loop."""
        for hosted in self.worlds.values():
            self._drive(hosted)

    def close(self) -> None:
        """Put every world away."""
        for hosted in self.worlds.values():
            hosted.close()

    def add(self, world: World) -> Hosted:
        """Host another world; its keys enter it."""
        return self.host(world, None)

    def host(self, world: World, pipeline: Pipeline | None) -> Hosted:
        """Host another world, with the pipeline that it has already (a drill's lab)."""
        hosted = self.worlds[world.name] = Hosted(world, self.services, pipeline)
        self._drive(hosted)
        return hosted

    def _drive(self, hosted: Hosted) -> None:
        """Let a world run, and what runs inside it reach its API."""
        hosted.drive()
        own = Cloud(hosted, is_strict=self.is_strict)
        Inside(own, lambda: self.admin.facts.port).opens(hosted.world)
        OwnHosts.of(hosted.world).ask = Answering(own).ask

    def is_domain(self, request: HttpRequest) -> bool:
        """Whether a request is for a name that somebody has given a data plane here."""
        return self._visits.is_domain(request)

    def put_away(self, name: str) -> None:
        """Host a world no more."""
        hosted = self.worlds.pop(name, None)
        if hosted is not None:
            self.admin.stop_followers(hosted)
            hosted.close()

    def replace(self, name: str, world: World) -> Hosted:
        """Put a world in the place of one that is put away already."""
        hosted = self.add(world)
        if name == self._default.world.name:
            self._default = hosted
        return hosted

    @property
    def visits(self) -> Visits:
        """Who finds whose data plane a name is, for whoever greets clients in TLS."""
        return self._visits

    # --- the application

    def admit(self, head: HttpRequest) -> Admission | HttpResponse:
        """Bodies are taken in whole, up to a limit, but for S3's large uploads; the admin API has its own."""
        refusal = self._guard.refusal(head)
        if refusal is not None:
            return refusal
        if head.path.startswith("/_foulweather"):
            return self.admin.admit(head)
        if s3_paths.is_form(head):
            return s3_forms.admission(head)
        return STREAM if head.method == "PUT" and is_large(head) else BUFFERED

    def handle(self, request: HttpRequest) -> Reply:
        """Answer one request."""
        refusal = self._guard.refusal(request)
        if refusal is not None:
            return refusal
        if request.path.startswith(guard.ADMIN_PATHS):
            return self.admin.handle(request)
        visited = self._visits.visited(request)
        if visited is not None:
            return self._visit(visited, request)
        if request.stream is not None and s3_paths.is_form(request):
            return self._large_form(request)
        entered = self._enter(request)
        return self._carry_out(entered, request) if isinstance(entered, Entered) else entered

    async def _large_form(self, request: HttpRequest) -> HttpResponse:
        """Answer a form whose file still arrives, once its fields are there."""
        try:
            form = await s3_forms.begun(request)
        except AwsError as error:
            return self._refuse(self._default, error, Route("s3", "rest-xml", "PutObject"))
        reply = self.handle(form)
        if isinstance(reply, HttpResponse):
            return reply
        if isinstance(reply, Awaitable):
            return await reply
        owed: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()
        given = reply.bind(owed.set_result)
        return given if given is not None else await owed

    def _enter(self, request: HttpRequest) -> Entered | Reply:
        """Who asks for what, in which world; or the refusal of a request that is no call."""
        hosted = self._default
        found = NOWHERE
        try:
            scope = access_key_of(request)
            found = route(request, scope[2] if scope is not None else "")
            key = found.service, found.protocol, found.operation
            plan = self._plans.get(key)
            family = plan.family if plan is not None else refusals.family(found.service, found.protocol)
            form = s3_forms.form_of(request, found.labels) if found.operation == "PutObject" else None
            proof = read_proof(request, family) if form is None else form.proof
            if proof is not None and len(self.worlds) > 1:
                hosted = self._world_of(proof)
            faults = Faults.of(hosted.world)
            if faults.active:
                kept_out = self._kept_out(hosted, request, found, proof, family)
                if kept_out is not None:
                    return kept_out
            elif proof is not None:
                check_times(proof, _compared_with(hosted, proof), family)
            caller = authenticate(hosted.world, proof, is_strict=self.is_strict, family=family)
            if plan is None:
                plan = self._plans[key] = Plan(self.services, found)
            if proof is None:
                if not plan.takes_anonymous:
                    raise refusals.missing(family)
                hosted = self._world_for(plan.operation.service, request)
            elif (refusal := self._guard.page_refusal(request)) and not _is_issued(hosted, proof):
                return refusal
            elif proof.service != plan.signing_name and plan.signing_name and _is_issued(hosted, proof):
                check_scope(proof, family, plan.signing_name, proof.region)
        except Unroutable as error:
            return self._unrouted(hosted, error, request)
        except AwsError as error:
            return self._refuse(hosted, error, found)
        if form is not None:
            plan = form.planned(plan, _compared_with(hosted, proof) if proof is not None else 0)
        operation = plan.operation
        call = call_of(hosted, request, operation.service.name, operation.name, plan.is_global, caller, proof)
        if faults.active:
            faults.let_in(call)
        return Entered(hosted, plan, call, proof, found.labels)

    def _carry_out(self, entered: Entered, request: HttpRequest) -> Reply:
        """Take a call through the pipeline, from the bytes of its request to those of its answer."""
        hosted, plan, call, proof, labels = entered
        service = plan.operation.service
        if service.has_traffic and "origin" in request.by_name():
            call.further_headers = self._visits.traffic(service).page_headers(hosted.world, request)
        try:
            if plan.family == "s3":
                request = read_s3(hosted, plan, call, request, proof)
                if plan.check_body is not None:
                    plan.check_body(request)
            body = plan.codec.decode(request, labels)
        except AwsError as error:
            return self._unread(hosted, plan, call, error)
        try:
            result = hosted.pipeline.run(call, plan.operation, body)
            if result.__class__ is not dict and isinstance(result, Awaitable):
                return self._later(hosted, call, plan, cast("Awaitable[dict[str, Any]]", result))
            response = _encoded(plan, call, result)
        except AwsError as error:
            return self._refused(plan, call, error)
        except Exception:
            return self._failed(hosted, plan, call)
        if plan.compresses:
            compress(request, response)
        return once_committed(hosted, response)

    def _unrouted(self, hosted: Hosted, error: Unroutable, request: HttpRequest) -> Reply:
        """What is for no operation: its service may greet whoever asks for its root; the rest is refused."""
        traffic = self._visits.addressed(error.service, hosted.world, request)
        if traffic is not None and request.method == "GET" and request.path == "/":
            reply = traffic.answer(hosted.pipeline, request)
            return once_committed(hosted, reply) if isinstance(reply, HttpResponse) else reply
        response = self._refuse(hosted, error, Route(error.service, error.protocol, ""))
        if traffic is not None:
            response.headers.extend(traffic.page_headers(hosted.world, request))
        return response

    def _visit(self, service: Service, request: HttpRequest) -> Reply:
        """Answer a user's request to a service's data plane."""
        traffic = self._visits.traffic(service)
        hosted = self._world_for(service, request)
        try:
            if self.is_strict and service.name in SIGNED_DATA_PLANES and "authorization" not in request.by_name():
                raise refusals.missing("rest-json")
            if service.asks_visitors:
                request.prove = partial(self._visitor, hosted, request)
            reply = traffic.answer(hosted.pipeline, request)
        except AwsError as error:
            return self._refuse(hosted, error, Route(service.name, "rest-json", "Visit"))
        except Exception:
            log.exception("%s %s failed at the data plane of %s", request.method, request.path, service.name)
            return plain(500)
        if isinstance(reply, HttpResponse):
            return once_committed(hosted, reply)
        return self._visited_later(hosted, service, reply)

    async def _visited_later(self, hosted: Hosted, service: Service, reply: Awaitable[HttpResponse]) -> HttpResponse:
        try:
            return await awaited(hosted, reply)
        except AwsError as error:
            return self._refuse(hosted, error, Route(service.name, "rest-json", "Visit"))

    def _visitor(self, hosted: Hosted, request: HttpRequest) -> Caller | None:
        """Who signed a visit, if anybody did."""
        proof = read_proof(request, "rest-json") if "authorization" in request.by_name() or request.query else None
        if proof is None:
            return None
        check_times(proof, _compared_with(hosted, proof), "rest-json")
        return authenticate(hosted.world, proof, is_strict=self.is_strict, family="rest-json")

    def _every_world(self) -> Iterator[World]:
        return (hosted.world for hosted in self.worlds.values())

    def _world_for(self, service: Service, request: HttpRequest) -> Hosted:
        """The world of a request that no key names: the one that has what it is for."""
        if service.has_traffic and len(self.worlds) > 1:
            traffic = self._visits.traffic(service)
            for hosted in self.worlds.values():
                if traffic.serves(hosted.world, request):
                    return hosted
        return self._default

    # --- outcomes

    async def _later(self, hosted: Hosted, call: Call, plan: Plan, waiting: Awaitable[dict[str, Any]]) -> HttpResponse:
        try:
            response = _encoded(plan, call, await waiting)
        except AwsError as error:
            return self._refused(plan, call, error)
        except Exception:
            return self._failed(hosted, plan, call)
        await committed(hosted)
        return response

    def _refused(self, plan: Plan, call: Call, error: AwsError) -> HttpResponse:
        self._count(error)
        return refusal(plan.errors, error, call)

    def _kept_out(
        self, hosted: Hosted, request: HttpRequest, found: Route, proof: Proof | None, family: Family
    ) -> Reply | None:
        """What becomes of a request that a fault keeps out, or whose signature is not of this time."""
        who = presumed(hosted.world, proof.access_key_id if proof is not None else "")
        service = self.services.find(found.service)
        is_global = service is not None and service.is_global
        call = call_of(hosted, request, found.service, found.operation, is_global, who, proof)
        now_ms = 0 if proof is None else _compared_with(hosted, proof)
        try:
            arrive(call, proof, now_ms, "" if proof is None else proof.token, family)
        except AwsError as error:
            hosted.world.state(Traces).begin(call.hop)
            hosted.pipeline.refused(call, error)
            if isinstance(error, ConnectionBroken) and error.held_ms:
                return no_answer(hosted.pipeline.hold(call, error))
            return refusal(errors_of(found), error, call)
        return None

    def _unread(self, hosted: Hosted, plan: Plan, call: Call, error: AwsError) -> HttpResponse:
        """The refusal of a request that makes no sense: on record as a call of which nothing came."""
        hosted.world.state(Traces).begin(call.hop)
        hosted.pipeline.refused(call, error)
        return self._refused(plan, call, error)

    def _failed(self, hosted: Hosted, plan: Plan, call: Call) -> HttpResponse:
        """A mistake of ours, in the words that AWS has for its own, so that clients can read them."""
        log.exception("%s:%s failed (request %s)", call.service, call.operation, call.request_id)
        why = Why("failed", "This is a mistake in foulweather: its log says more.", remedy=("foulweather logs",))
        error = AwsError("InternalFailure", INTERNAL_FAILURE, 500, why=why)
        hosted.pipeline.refused(call, error)
        return self._refused(plan, call, error)

    def _count(self, error: AwsError) -> None:
        """Count what was asked for and is not built, as `service:Operation`; AWS has a NotImplemented of its own."""
        if error.code == "NotImplemented" and ":" in (name := error.why.facts[0].resource):
            self.not_implemented[name] += 1

    def _world_of(self, proof: Proof) -> Hosted:
        """The world that issued the key."""
        for hosted in self.worlds.values():
            if proof.access_key_id in hosted.world.state(Credentials).by_id:
                return hosted
        return self._default

    def _refuse(self, hosted: Hosted, error: AwsError, found: Route) -> HttpResponse:
        """A refusal before there was a call: on record all the same."""
        world = hosted.world
        self._count(error)
        now_ms = world.clock.now_ms
        request_id = world.ids.uuid()
        hop = Hop(request_id, request_id, "", found.service, found.operation, "", "", "", now_ms, now_ms)
        hop.code = error.code
        hop.why = error.why
        traces = world.state(Traces)
        traces.begin(hop)
        traces.keep(hop)
        return errors_of(found).encode(error, request_id)


def _encoded(plan: Plan, call: Call, result: dict[str, Any]) -> HttpResponse:
    response = plan.codec.encode(result, call.request_id)
    if call.further_headers:
        response.headers.extend(call.further_headers)
    return response


def _is_issued(hosted: Hosted, proof: Proof) -> bool:
    return proof.access_key_id in hosted.world.state(Credentials).by_id


def _compared_with(hosted: Hosted, proof: Proof) -> int:
    """The time that a signature's own is compared with: as far from it as it is old on the world's clock."""
    signed_at_ms = proof.signed_at_ms
    return signed_at_ms + hosted.world.clock.since(signed_at_ms)
