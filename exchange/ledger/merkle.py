"""The Merkle tree of RFC 6962 and RFC 9162: hashing, growing, proving, verifying. Pure; no I/O.

Hashes are 32 bytes. A `HashReader` answers `(height, index)` with the root of the complete subtree over the entries
`[index·2^height, (index+1)·2^height)`; where it finds them (tiles, memory) is its own affair.

    BadProof(ValueError)   a proof that does not lead to the given root
"""

import hashlib
from collections.abc import Callable, Sequence

HashReader = Callable[[int, int], bytes]

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


class BadProof(ValueError):
    """The proof is malformed or leads to another root than the one given."""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry), RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right), RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The tree head over these leaf (or subtree) hashes; the empty tree's for none."""
    frontier = Frontier()
    for value in hashes:
        frontier.append(value)
    return frontier.root()


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, largest first."""

    __slots__ = ("nodes", "size")

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        if len(nodes) != size.bit_count():
            raise ValueError(f"a frontier of {size} leaves has {size.bit_count()} nodes, not {len(nodes)}")
        self.size = size
        self.nodes = list(nodes)

    def append(self, value: bytes) -> Sequence[bytes]:
        """Add one leaf hash; return the roots of the 256-wide tiles that it completed, lowest level first."""
        below = self.size
        self.size = below + 1
        if not below & 1:
            self.nodes.append(value)
            return ()
        height, completed = 0, []
        while below & 1:
            value = hashlib.sha256(b"\x01" + self.nodes.pop() + value).digest()
            below >>= 1
            height += 1
            if not height & 7:
                completed.append(value)
        self.nodes.append(value)
        return completed

    def root(self) -> bytes:
        if not self.nodes:
            return EMPTY_ROOT
        value = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            value = node_hash(left, value)
        return value


def subtree_root(read: HashReader, first: int, last: int) -> bytes:
    """The root over the entries `[first, last)`, where `first` is aligned as the tree's own splits are."""
    width = last - first
    if width & (width - 1) == 0:
        height = width.bit_length() - 1
        return read(height, first >> height)
    middle = first + _split(width)
    return node_hash(subtree_root(read, first, middle), subtree_root(read, middle, last))


def tree_root(read: HashReader, size: int) -> bytes:
    return subtree_root(read, 0, size) if size else EMPTY_ROOT


def inclusion_proof(read: HashReader, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]) of RFC 9162 section 2.1.3.1, from the leaf's sibling up to the root's child."""
    if not 0 <= index < size:
        raise IndexError(f"entry {index} is not in a tree of {size} entries")
    first, last, path = 0, size, []
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            path.append(subtree_root(read, middle, last))
            last = middle
        else:
            path.append(subtree_root(read, first, middle))
            first = middle
    return path[::-1]


def consistency_proof(read: HashReader, old: int, new: int) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 9162 section 2.1.4.1; empty when `old` is 0 or equals `new`."""
    if not 0 <= old <= new:
        raise IndexError(f"a tree of {new} entries holds no earlier tree of {old}")
    if old in (0, new):
        return []
    first, last, whole, path = 0, new, True, []
    while last != old:
        middle = first + _split(last - first)
        if old <= middle:
            path.append(subtree_root(read, middle, last))
            last = middle
        else:
            path.append(subtree_root(read, first, middle))
            first, whole = middle, False
    if not whole:
        path.append(subtree_root(read, first, last))
    return path[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """RFC 9162 section 2.1.3.2, iteratively; `leaf` is the leaf hash. Raises BadProof; an empty tree proves nothing."""
    if not 0 <= index < size:
        raise BadProof(f"entry {index} cannot be in a tree of {size} entries")
    node, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise BadProof("the inclusion proof is too long")
        if node & 1 or node == last:
            value = node_hash(sibling, value)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise BadProof("the inclusion proof is too short")
    if value != root:
        raise BadProof("the inclusion proof leads to another root than the checkpoint's")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """RFC 9162 section 2.1.4.2, iteratively. Raises BadProof. Every tree continues the empty one without a proof."""
    if not 0 <= old <= new:
        raise BadProof(f"a tree of {new} entries cannot continue one of {old}")
    if old in (0, new):
        if proof or old_root != (EMPTY_ROOT if old == 0 else new_root):
            raise BadProof("two trees of the same size have different roots, or the proof is too long")
        return
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        raise BadProof("the consistency proof is too short")
    found_old, found_new = _walk_consistency(old - 1, new - 1, path)
    if found_old != old_root or found_new != new_root:
        raise BadProof("the consistency proof leads to other roots: one of the two histories was rewritten")


def _walk_consistency(node: int, last: int, path: list[bytes]) -> tuple[bytes, bytes]:
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for value in path[1:]:
        if last == 0:
            raise BadProof("the consistency proof is too long")
        if node & 1 or node == last:
            old, new = node_hash(value, old), node_hash(value, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, value)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise BadProof("the consistency proof is too short")
    return old, new


def _split(width: int) -> int:
    """The largest power of two below `width` (≥ 2)."""
    return 1 << (width - 1).bit_length() - 1
