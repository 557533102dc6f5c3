"""Addresses in every form they come in, and names that change their mind."""

import asyncio
import socket
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.connectors.base import Connector, EgressForbidden, Limits, ProviderFailed, Upstream, UpstreamRequest
from exchange.connectors.egress import EgressRules, canonical, is_special
from exchange.connectors.gate import Gate, SystemResolver

GET = UpstreamRequest("GET", "/v1/people")
SPECIAL = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16", "198.18.0.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:ffff:169.254.169.254", "::ffff:0.0.0.0", "::127.0.0.1"),
    *("64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1", "64:ff9b:1::7f00:1", "::ffff:0:127.0.0.1"),
    *("2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::1", "100::1", "3fff::1", "5f00::1"),
]
PUBLIC = ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2400:3200::1"]


@pytest.mark.parametrize("address", SPECIAL)
@pytest.mark.parametrize("rule", ["*=api.example:443", "*=0.0.0.0/0:443", "*=[::/0]:443", "*=[::/0]:*"])
def test_a_special_address_needs_an_entry_of_its_own(address: str, rule: str) -> None:
    assert is_special(canonical(address))
    assert not EgressRules.parse([rule]).allow("health", "api.example", 443, address)
    bare = address.partition("%")[0]
    own = f"[{bare}]" if ":" in bare else bare
    assert EgressRules.parse([f"health={own}:443"]).allow("health", "api.example", 443, address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_reached_by_name_address_or_network(address: str) -> None:
    own = f"[{address}]" if ":" in address else address
    wide = "[::/0]" if canonical(address).version == 6 else "0.0.0.0/0"
    for rule in ("*=api.example:443", f"*={own}:443", f"*={wide}:443", "health=API.example.:*"):
        assert EgressRules.parse([rule]).allow("health", "api.example", 443, address), rule
    for rule in ("*=other.example:443", "*=api.example:80", "civil-affairs=api.example:443", "*=9.9.9.9:443"):
        assert not EgressRules.parse([rule]).allow("health", "api.example", 443, address), rule


def test_nothing_is_reached_without_entries() -> None:
    assert not EgressRules.parse([]).allow("health", "api.example", 443, "93.184.215.14")


def test_a_network_within_one_block_opens_it_and_only_it() -> None:
    rules = EgressRules.parse(["health=10.0.0.0/8:443", "*=[fd12::/48]:8443"])
    assert rules.allow("health", "a.internal", 443, "10.9.8.7")
    assert rules.allow("health", "a.internal", 443, "::ffff:10.9.8.7")
    assert not rules.allow("health", "a.internal", 443, "11.0.0.1")
    assert not rules.allow("health", "a.internal", 80, "10.9.8.7")
    assert not rules.allow("taxation", "a.internal", 443, "10.9.8.7")
    assert not rules.allow("health", "a.internal", 443, "64:ff9b::10.9.8.7")
    assert rules.allow("taxation", "a.internal", 8443, "fd12::1")
    assert not rules.allow("taxation", "a.internal", 8443, "fd13::1")


def test_a_network_reaching_beyond_its_block_opens_the_public_part_only() -> None:
    rules = EgressRules.parse(["*=8.0.0.0/5:443"])
    assert rules.allow("health", "x", 443, "8.8.8.8")
    assert not rules.allow("health", "x", 443, "10.0.0.1")


@pytest.mark.parametrize(
    "entry",
    [
        *("", "health", "health=", "=a:1", "health=a", "health=a:", "health=:80", "health=a:0", "health=a:65536"),
        *("health=a:http", "health=::1:80", "health=fd00::/8:80", "health=10.0.0.1/8:80", "health=300.1.1.1:80"),
        *("health=127.1:80", "health=2130706433:80", "health=[::1:80", "health=a/b:80", "health=010.0.0.1:80", "a=b:٣"),
    ],
)
def test_an_entry_that_cannot_be_read_is_refused_by_name(entry: str) -> None:
    with pytest.raises(ValueError, match="Egress entry"):
        EgressRules.parse(["*=fine.example:443", entry])


@pytest.mark.parametrize("address", ["", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "1.1.1.1:80"])
def test_what_is_no_address_is_not_allowed(address: str) -> None:
    assert not EgressRules.parse(["*=0.0.0.0/0:443", "*=127.0.0.1:443"]).allow("health", "x", 443, address)


@given(st.ip_addresses())
def test_special_is_never_less_than_what_the_standard_library_calls_not_global(address) -> None:
    unwrapped = canonical(str(address))
    assert unwrapped.is_global or is_special(unwrapped)
    assert not unwrapped.is_multicast or is_special(unwrapped)


class Names:
    """A name server that answers each question with the next of its answers."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def _service(host: str, port: int, department: str = "health") -> Upstream:
    return Upstream.at(f"http://{host}:{port}", department=department, limits=Limits(0.3, 0.3, 0.6, 4096))


async def _refused(connector: Connector, upstream: Upstream) -> None:
    try:
        with pytest.raises(EgressForbidden):
            await connector.fetch(upstream, GET)
    finally:
        await connector.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"])
async def test_loopback_is_refused_in_every_spelling(provider, transport, host: str) -> None:
    rules = EgressRules.parse(
        [f"*=localhost:{provider.port}", f"*=0.0.0.0/0:{provider.port}", f"*=[::/0]:{provider.port}"]
    )
    await _refused(transport(rules), _service(host, provider.port))
    assert provider.connections == 0


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f000001", "0177.0.0.1", "127.0.0.1."])
async def test_legacy_spellings_reach_nothing(provider, transport, host: str) -> None:
    connector = transport(EgressRules.parse([f"*={name}:{provider.port}" for name in ("localhost", "a.example")]))
    with pytest.raises((EgressForbidden, ProviderFailed)):
        await connector.fetch(_service(host, provider.port), GET)
    await connector.close()
    assert provider.connections == 0


async def test_a_name_that_changes_its_address_is_judged_each_time(provider, transport) -> None:
    rules = EgressRules.parse([f"health=api.example:{provider.port}"])
    names = Names(["93.184.215.14"], ["127.0.0.1"])
    gate = Gate(rules, _service("api.example", provider.port), names)
    assert await gate.resolve("api.example", provider.port) == ["93.184.215.14"]
    with pytest.raises(EgressForbidden):
        await gate.resolve("api.example", provider.port)
    await _refused(transport(rules, resolver=Names(["127.0.0.1"])), _service("api.example", provider.port))
    assert provider.connections == 0


async def test_only_the_allowed_of_several_addresses_is_tried(provider, transport) -> None:
    provider.plays(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
    rules = EgressRules.parse([f"health=127.0.0.1:{provider.port}"])
    names = Names(["127.0.0.2", "169.254.169.254", "127.0.0.1", "::1"])
    connector = transport(rules, resolver=names)
    assert (await connector.fetch(_service("api.example", provider.port), GET)).status == 200
    await connector.close()


async def test_the_socket_is_refused_even_when_the_resolver_was_fooled(provider, transport, monkeypatch) -> None:
    """The address of the socket itself is judged: what an answer was between two looks does not matter."""
    monkeypatch.setattr(Gate, "resolve", Names(["127.0.0.1"]).resolve)
    rules = EgressRules.parse([f"health=api.example:{provider.port}"])
    await _refused(transport(rules), _service("api.example", provider.port))
    assert provider.connections == 0


async def test_a_connection_of_one_department_never_serves_another(provider, transport) -> None:
    provider.plays(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
    connector = transport(EgressRules.parse([f"health=127.0.0.1:{provider.port}"]))
    assert (await connector.fetch(_service("127.0.0.1", provider.port), GET)).status == 200
    await _refused(connector, _service("127.0.0.1", provider.port, "taxation"))
    assert provider.connections == 1


async def test_a_name_nobody_knows_is_unreachable(provider, transport) -> None:
    class Nobody(Names):
        async def resolve(self, host: str, port: int) -> list[str]:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

    connector = transport(EgressRules.parse(["*=api.example:80"]), resolver=Nobody([]))
    with pytest.raises(ProviderFailed) as failed:
        await connector.fetch(_service("api.example", 80), GET)
    assert failed.value.reason == "unreachable"
    await connector.close()


async def test_a_slow_name_server_counts_as_slow(provider, transport) -> None:
    class Slow(Names):
        async def resolve(self, host: str, port: int) -> list[str]:
            await asyncio.sleep(5)
            return []

    connector = transport(EgressRules.parse(["*=api.example:80"]), resolver=Slow([]))
    with pytest.raises(TimeoutError):
        await connector.fetch(_service("api.example", 80), GET)
    await connector.close()


async def test_the_system_is_asked_for_names_and_repeats_no_address() -> None:
    found = await SystemResolver().resolve("localhost", 80)
    assert "127.0.0.1" in found or "::1" in found
    assert len(set(found)) == len(found)


def test_the_own_client_does_without_aiohttp() -> None:
    check = "import sys, exchange.connectors.http1; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
