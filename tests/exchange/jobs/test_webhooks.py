"""Deliveries to a live receiver: signed, repeated, given up; never to an address that is not allowed."""

import contextlib
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from joserfc.jwk import ECKey
from sqlmodel import Session, select

from catalog import notices, webhooks
from catalog.webhooks import Delivery, WebhookDraft
from exchange.connectors.egress import EgressRules
from exchange.identity import keys, oauth
from exchange.jobs import outbound
from exchange.jobs.outbound import Sender
from exchange.jobs.webhooks import Webhooks

TEXT = {"zh": "数据资源已撤回", "en": "The dataset was withdrawn"}


class Receiver:
    """Answers each request with the next of `script`, 204 when it is used up, and keeps what came."""

    def __init__(self):
        self.script, self.came, self.stall = [], [], threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.came.append(
                    SimpleNamespace(
                        path=self.path, headers={name.lower(): value for name, value in self.headers.items()}, body=body
                    )
                )
                answer = outer.script.pop(0) if outer.script else 204
                if answer == "stall":
                    outer.stall.wait(10)
                    return
                if answer == "garbage":
                    self.wfile.write(b"\x00\x01 no HTTP at all\r\n\r\n")
                    return
                self.send_response(answer)
                if 300 <= answer < 400:
                    self.send_header("Location", f"http://127.0.0.1:{outer.port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/in"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.stall.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    with contextlib.closing(Receiver()) as made:
        yield made


class Job:
    """The node's delivery job, driven by hand on a clock of its own."""

    def __init__(self, node, sender):
        node.webhooks.stop()
        self.node, self.time = node, datetime.now(UTC)
        self.job = Webhooks(
            node.reading, node.units, lambda session: keys.current(session, node.cipher), sender,
            node.settings.issuer, now=lambda: self.time,
        )  # fmt: skip

    def register(self, url, kinds=(), owner="health"):
        draft = WebhookDraft(owner=owner, url=url, kinds=list(kinds))
        with self.node.units.begin("person-00000001", self.time) as work:
            row = webhooks.register(work.session, draft, work.by, work.now)
            work.record("webhook.registered", row.id)
            return row.id

    def tell(self, kind="dataset.withdrawn", to="health"):
        with self.node.units.begin("person-00000001", self.time) as work:
            notices.tell(work.session, to, kind, "health/people", TEXT, work.now)

    async def round(self, later=timedelta(0)):
        self.time += later
        return await self.job.one_round()

    def deliveries(self):
        with Session(self.node.reading) as session:
            return list(session.exec(select(Delivery).order_by(Delivery.id)))

    def webhook(self, id):
        with Session(self.node.reading) as session:
            return webhooks.fetch(session, id)


@pytest.fixture
def job(node):
    return Job(node, Sender(EgressRules.parse(["health=127.0.0.1:*", "operator=127.0.0.1:*"]), seconds=0.5))


def verify(node, came, port, body=None):
    """As a receiver does: with the published keys, and the digest of what arrived."""
    with Session(node.reading) as session:
        published = {key["kid"]: ECKey.import_key(key) for key in oauth.jwks(session, datetime.now(UTC))["keys"]}

    class Keys(HTTPSignatureKeyResolver):
        def resolve_public_key(self, key_id):
            return published[key_id].public_key

    message = SimpleNamespace(method="POST", url=f"http://127.0.0.1:{port}{came.path}", headers=came.headers)
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=Keys())
    (result,) = verifier.verify(message, body=came.body if body is None else body, max_age=timedelta(minutes=5))
    return result


async def test_a_notice_arrives_signed_with_the_published_key(job, node, receiver):
    job.register(receiver.url)
    job.tell()
    assert await job.round() == 1
    (came,) = receiver.came
    result = verify(node, came, receiver.port)
    event = json.loads(came.body)
    (delivery,) = job.deliveries()
    assert event["id"] == result.nonce == delivery.id
    assert event["type"] == "urn:hutong:notice:dataset.withdrawn"
    assert (event["specversion"], event["subject"]) == ("1.0", "health/people")
    assert event["data"]["message"] == TEXT
    assert came.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert (delivery.state, delivery.status, delivery.attempts) == ("delivered", 204, 1)
    assert await job.round() == 0


async def test_a_tampered_body_does_not_verify(job, node, receiver):
    job.register(receiver.url)
    job.tell()
    await job.round()
    (came,) = receiver.came
    with pytest.raises(HTTPMessageSignaturesException):
        verify(node, came, receiver.port, body=came.body.replace(b"withdrawn", b"published"))


async def test_what_failed_is_repeated_later_under_the_same_id(job, receiver):
    receiver.script = [500, "garbage"]
    job.register(receiver.url)
    job.tell()
    assert await job.round() == 1
    (delivery,) = job.deliveries()
    assert (delivery.state, delivery.status, delivery.failure) == ("pending", 500, "status")
    assert await job.round(timedelta(seconds=9)) == 0
    assert await job.round(timedelta(seconds=2)) == 1
    assert job.deliveries()[0].failure == "malformed"
    assert await job.round(timedelta(seconds=19)) == 0, "the wait has doubled"
    assert await job.round(timedelta(seconds=2)) == 1
    (delivery,) = job.deliveries()
    assert (delivery.state, delivery.attempts, delivery.failure) == ("delivered", 3, None)
    assert len({json.loads(came.body)["id"] for came in receiver.came}) == 1


async def test_a_dead_endpoint_ends_in_a_dead_letter_that_can_be_sent_again(job, node, receiver):
    receiver.script = [500] * webhooks.MOST_ATTEMPTS
    id = job.register(receiver.url)
    job.tell()
    for _ in range(webhooks.MOST_ATTEMPTS):
        assert await job.round(timedelta(hours=2)) == 1
    assert await job.round(timedelta(hours=2)) == 0
    (delivery,) = job.deliveries()
    assert (delivery.state, delivery.attempts) == ("dead", webhooks.MOST_ATTEMPTS)
    assert delivery.finished_at is not None
    with node.units.begin("person-00000001", job.time) as work:
        webhooks.retry(work.session, id, delivery.id, work.now)
    assert await job.round() == 1
    assert job.deliveries()[0].state == "delivered"


async def test_after_too_many_failures_it_is_off_and_its_owner_is_told(job, node, receiver):
    receiver.script = [500] * webhooks.MOST_FAILURES
    id = job.register(receiver.url)
    for _ in range(3):
        job.tell()
    for _ in range(webhooks.MOST_FAILURES):
        await job.round(timedelta(hours=2))
    assert not job.webhook(id).enabled
    with Session(node.reading) as session:
        told, _ = notices.page(session, ["health"], "person-00000001")
    assert told[0].kind == "webhook.disabled"
    assert told[0].subject == id
    came = len(receiver.came)
    job.tell()
    assert await job.round(timedelta(hours=2)) == 0
    assert len(receiver.came) == came


async def test_a_success_begins_the_count_anew(job, receiver):
    receiver.script = [500] * (webhooks.MOST_FAILURES - 1) + [204, 500]
    id = job.register(receiver.url)
    for _ in range(4):
        job.tell()
    for _ in range(webhooks.MOST_FAILURES + 1):
        await job.round(timedelta(hours=2))
    assert job.webhook(id).enabled


@pytest.mark.parametrize(
    ("answer", "failure", "status"),
    [(302, "redirect", 302), (308, "redirect", 308), (404, "status", 404), ("stall", "too-slow", None)],
)
async def test_what_is_no_success(job, receiver, answer, failure, status):
    receiver.script = [answer]
    job.register(receiver.url)
    job.tell()
    await job.round()
    (delivery,) = job.deliveries()
    assert (delivery.state, delivery.failure, delivery.status) == ("pending", failure, status)
    assert [came.path for came in receiver.came] == ["/in"], "nothing is followed"


class Names:
    def __init__(self, *found):
        self.found = list(found)

    async def resolve(self, host, port):
        if not self.found:
            raise OSError
        return self.found


@pytest.mark.parametrize(
    ("rules", "names", "url"),
    [
        ([], (), "http://127.0.0.1:{port}/in"),
        (["justice=127.0.0.1:*"], (), "http://127.0.0.1:{port}/in"),
        (["health=127.0.0.1:1"], (), "http://127.0.0.1:{port}/in"),
        (["health=hooks.health.test:*"], ("127.0.0.1",), "http://hooks.health.test:{port}/in"),
        (["health=hooks.health.test:*"], ("::ffff:127.0.0.1",), "http://hooks.health.test:{port}/in"),
        (["*=0.0.0.0/0:*"], ("169.254.169.254",), "http://hooks.health.test:{port}/in"),
        (["health=hooks.health.test:*"], ("10.0.0.8", "127.0.0.1"), "http://hooks.health.test:{port}/in"),
        (["*=0.0.0.0/0:*"], (), "http://[::ffff:127.0.0.1]:{port}/in"),
    ],
)
async def test_no_address_is_reached_that_is_not_allowed(node, receiver, rules, names, url):
    job = Job(node, Sender(EgressRules.parse(rules), Names(*names), seconds=2))
    job.register(url.format(port=receiver.port))
    job.tell()
    await job.round()
    assert job.deliveries()[0].failure == "forbidden-address"
    assert receiver.came == []


async def test_the_address_that_was_judged_is_the_one_connected_to(node, receiver):
    """The name is resolved once: what a second answer would say changes nothing."""
    job = Job(node, Sender(EgressRules.parse(["health=127.0.0.1:*"]), Names("127.0.0.1"), seconds=2))
    job.register(f"http://hooks.health.test:{receiver.port}/in")
    job.tell()
    await job.round()
    assert job.deliveries()[0].state == "delivered"
    assert receiver.came[0].headers["host"] == f"hooks.health.test:{receiver.port}"


async def test_a_name_without_address_and_a_closed_port(node):
    job = Job(node, Sender(EgressRules.parse(["health=127.0.0.1:*"]), Names(), seconds=2))
    job.register("http://nowhere.health.test/in")
    job.register("http://127.0.0.1:9/in")
    job.tell()
    assert await job.round() == 2
    assert {delivery.failure for delivery in job.deliveries()} == {"unknown-host", "unreachable"}


async def test_one_that_stalls_holds_up_no_other(job, receiver):
    with contextlib.closing(Receiver()) as stalling:
        stalling.script = ["stall"]
        job.register(stalling.url)
        job.register(receiver.url)
        job.tell()
        assert await job.round() == 2
        assert {delivery.state for delivery in job.deliveries()} == {"pending", "delivered"}


async def test_only_wanted_kinds_go_out_and_only_the_recipients(job, receiver):
    job.register(receiver.url, kinds=["dataset.*", "agreement.revoked"])
    for kind in ("dataset.withdrawn", "agreement.revoked", "agreement.drafted", "datasets.made"):
        job.tell(kind)
    job.tell(to="justice")
    while await job.round():
        pass
    assert [json.loads(came.body)["type"].rpartition(":")[2] for came in receiver.came] == [
        "dataset.withdrawn",
        "agreement.revoked",
    ]


async def test_what_a_dead_process_had_leased_is_taken_up_again(job, node, receiver):
    job.register(receiver.url)
    job.tell()
    with node.units.begin("webhooks", job.time) as work:
        (id,) = webhooks.due(work.session, job.time)
        assert webhooks.lease(work.session, id, job.time) is not None
        assert webhooks.lease(work.session, id, job.time) is None
    assert await job.round() == 0
    assert await job.round(webhooks.LEASE) == 1
    assert job.deliveries()[0].state == "delivered"


async def test_a_webhook_that_was_removed_under_way_is_no_trouble(job, node, receiver):
    id = job.register(receiver.url)
    job.tell()
    job.job.look()
    with node.units.begin("person-00000001", job.time) as work:
        webhooks.remove(work.session, id, None)
        work.record("webhook.removed", id)
    assert await job.round() == 1
    assert job.deliveries() == []


async def test_logs_name_no_address(job, receiver, capsys):
    receiver.script = [500]
    job.register(f"http://127.0.0.1:{receiver.port}/in-SECRET")
    job.tell()
    await job.round()
    logged = "".join(capsys.readouterr())
    assert "webhook.failed" in logged
    assert "SECRET" not in logged


def test_the_thread_itself_delivers(template, tmp_path, receiver):
    node = template.open(tmp_path, egress=("health=127.0.0.1:*",))
    with contextlib.closing(node):
        draft = WebhookDraft(owner="health", url=receiver.url)
        with node.units.begin("person-00000001", datetime.now(UTC)) as work:
            webhooks.register(work.session, draft, work.by, work.now)
            work.record("webhook.registered", "x")
            notices.tell(work.session, "health", "dataset.withdrawn", "health/people", TEXT, work.now)
        node.webhooks.wake()
        for _ in range(500):
            with Session(node.reading) as session:
                if session.exec(select(Delivery)).one().state == "delivered":
                    break
            threading.Event().wait(0.02)
        else:
            pytest.fail("it was not delivered")
    assert not node.webhooks.is_alive()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://a.example", "a.example"), ("https://a.example:8443/x", "a.example:8443"),
        ("http://a.example:80", "a.example"), ("https://[fd12::1]", "[fd12::1]"),
        ("http://[fd12::1]:81", "[fd12::1]:81"),
    ],
)  # fmt: skip
def test_the_host_header(address, expected):
    from catalog import addresses

    assert outbound.authority(addresses.origin(address)) == expected
