"""Which addresses a department's services may reach, judged on the address actually connected to. Pure.

The operator's list holds entries `<department or *>=<host name, address or network>:<port or *>`, IPv6 in brackets:

    civil-affairs=127.0.0.1:9001      *=10.20.0.0/16:443      health=api.health.example:443      *=[fd12::/48]:8443

Nothing is reachable that no entry names. An entry with a host name reaches only public addresses of that name. A
special address (loopback, private, link-local, metadata, unspecified, multicast, reserved, translated) is reached only
through an entry with that very address, or with a network that lies within one special block: `0.0.0.0/0` opens the
public internet and nothing else. An IPv4-mapped IPv6 address is the IPv4 address it connects to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IANA special-purpose address registries (RFC 6890), multicast, and Azure's metadata address, which looks public.
_SPECIAL_V4 = tuple(
    IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32"),
    )
)
# The last row: NAT64 for local use (RFC 8215), Teredo and other protocol assignments, 6to4, which all hide an IPv4.
_SPECIAL_V6 = tuple(
    IPv6Network(block)
    for block in (
        *("::/96", "::ffff:0:0:0/96", "100::/64", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7"),
        *("fe80::/10", "fec0::/10", "ff00::/8"),
        *("64:ff9b:1::/48", "2001::/23", "2002::/16"),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address reached through the gateway


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry. `network` for addresses, else `host`; `port` None means every port; `special` opens special ones."""

    department: str
    host: str
    network: Network | None
    port: int | None
    special: bool

    def allows(self, host: str, address: Address, special: bool) -> bool:
        if self.network is None:
            return self.host == host and not special
        return address in self.network and (self.special or not special)


class EgressRules:
    """The operator's list, parsed. No entries: nothing may be reached."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)

    @classmethod
    def parse(cls, entries: Iterable[str]) -> "EgressRules":
        """Raises ValueError naming the entry that cannot be read."""
        return cls(map(_rule, entries))

    def allow(self, department: str, host: str, port: int, address: str) -> bool:
        """May this department's service, registered under this host name, connect to this address and port?"""
        try:
            reached = canonical(address)
        except ValueError:
            return False
        special, name = is_special(reached), _name(host)
        return any(
            rule.department in ("*", department) and rule.port in (None, port) and rule.allows(name, reached, special)
            for rule in self._rules
        )


def canonical(address: str) -> Address:
    """The address a socket would reach: without a zone, IPv4-mapped as IPv4. Raises ValueError."""
    parsed = ip_address(address.partition("%")[0])
    return parsed.ipv4_mapped or parsed if isinstance(parsed, IPv6Address) else parsed


def is_special(address: Address) -> bool:
    """Not a public unicast address, or a NAT64 form of one that is not."""
    if isinstance(address, IPv4Address):
        return any(address in block for block in _SPECIAL_V4)
    if address in _NAT64:
        return is_special(IPv4Address(int(address) & 0xFFFFFFFF))
    return any(address in block for block in _SPECIAL_V6)


def _rule(entry: str) -> Rule:
    department, equals, target = entry.strip().partition("=")
    place, colon, port = target.rpartition(":")
    bracketed = place.startswith("[") and place.endswith("]")
    if not (department and equals and place and colon) or (":" in place and not bracketed):
        raise ValueError(f"Egress entry {entry!r} is not <department or *>=<host, address or network>:<port or *>.")
    host = place[1:-1] if bracketed else place
    network = _network(host, entry)
    special = network is not None and _within_one_block(network)
    return Rule(department, _name(host), network, _port(port, entry), special)


def _network(host: str, entry: str) -> Network | None:
    """The network an entry names, None for a host name. A name that only looks like an address is refused."""
    try:
        network = ip_network(host)
    except ValueError as error:
        if "/" in host or ":" in host or host.replace(".", "").isdigit():
            raise ValueError(f"Egress entry {entry!r}: {error}.") from error
        return None
    if isinstance(network, IPv6Network) and (mapped := network.network_address.ipv4_mapped) and network.prefixlen >= 96:
        return IPv4Network((mapped, network.prefixlen - 96))
    return network


def _port(text: str, entry: str) -> int | None:
    if text == "*":
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise ValueError(f"Egress entry {entry!r}: the port is a number from 1 to 65535, or *.")
    return int(text)


def _within_one_block(network: Network) -> bool:
    if network.prefixlen == network.max_prefixlen:
        return True
    if isinstance(network, IPv4Network):
        return any(network.subnet_of(block) for block in _SPECIAL_V4)
    return any(network.subnet_of(block) for block in (_NAT64, *_SPECIAL_V6))


def _name(host: str) -> str:
    return host.lower().rstrip(".")
