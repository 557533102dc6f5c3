"""The tree against the naive definition of RFC 6962, and against vectors of its reference implementation."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.ledger import merkle
from exchange.ledger.merkle import BadProof, Frontier, leaf_hash

# The entries and roots of the reference implementation's tests (certificate-transparency, merkletree).
ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_root(hashes: Sequence[bytes]) -> bytes:
    """MTH(D[n]) as RFC 6962 section 2.1 writes it down."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    return hashlib.sha256(b"\x01" + naive_root(hashes[:middle]) + naive_root(hashes[middle:])).digest()


def naive_path(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    if len(hashes) == 1:
        return []
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    if index < middle:
        return [*naive_path(index, hashes[:middle]), naive_root(hashes[middle:])]
    return [*naive_path(index - middle, hashes[middle:]), naive_root(hashes[:middle])]


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(b"entry %d" % at) for at in range(count)]


def reader(hashes: Sequence[bytes]) -> merkle.HashReader:
    def read(height: int, index: int) -> bytes:
        part = hashes[index << height : (index + 1) << height]
        assert len(part) == 1 << height
        return naive_root(part)

    return read


@pytest.mark.parametrize("size", range(1, 9))
def test_known_roots(size: int) -> None:
    assert merkle.root_of([leaf_hash(entry) for entry in ENTRIES[:size]]).hex() == ROOTS[size - 1]


def test_the_empty_tree() -> None:
    assert Frontier().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.tree_root(reader([]), 0) == merkle.EMPTY_ROOT


def test_a_leaf_is_not_a_node() -> None:
    pair = leaves(2)
    assert merkle.root_of(pair) != leaf_hash(pair[0] + pair[1])


@given(st.integers(0, 700))
def test_frontier_grows_as_the_definition_says(size: int) -> None:
    hashes = leaves(size)
    frontier = Frontier()
    for value in hashes:
        frontier.append(value)
    assert frontier.root() == naive_root(hashes) == merkle.tree_root(reader(hashes), size)
    assert Frontier(size, frontier.nodes).root() == frontier.root()


def test_frontier_reports_completed_tiles() -> None:
    frontier, hashes = Frontier(), leaves(512)
    completed = [(at, list(done)) for at, value in enumerate(hashes, 1) if (done := frontier.append(value))]
    assert completed == [(256, [naive_root(hashes[:256])]), (512, [naive_root(hashes[256:])])]


def test_every_inclusion_proof_of_small_trees() -> None:
    for size in range(1, 34):
        hashes = leaves(size)
        for index in range(size):
            proof = merkle.inclusion_proof(reader(hashes), index, size)
            assert proof == naive_path(index, hashes)
            merkle.verify_inclusion(index, size, hashes[index], proof, naive_root(hashes))


def test_every_consistency_proof_of_small_trees() -> None:
    for new in range(26):
        hashes = leaves(new)
        for old in range(new + 1):
            proof = merkle.consistency_proof(reader(hashes), old, new)
            merkle.verify_consistency(old, new, naive_root(hashes[:old]), naive_root(hashes), proof)


@given(st.data())
def test_a_changed_inclusion_proof_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    hashes = leaves(size)
    proof, root = merkle.inclusion_proof(reader(hashes), index, size), naive_root(hashes)
    at = data.draw(st.integers(0, len(proof) - 1))
    changed = [bytes([value[0] ^ 1]) + value[1:] if place == at else value for place, value in enumerate(proof)]
    for wrong in (changed, proof[:-1], proof[1:], [*proof, root], [root, *proof]):
        with pytest.raises(BadProof):
            merkle.verify_inclusion(index, size, hashes[index], wrong, root)
    with pytest.raises(BadProof):
        merkle.verify_inclusion((index + 1) % size, size, hashes[index], proof, root)
    with pytest.raises(BadProof):
        merkle.verify_inclusion(index, size, leaf_hash(b"another"), proof, root)


@given(st.data())
def test_a_changed_consistency_proof_is_refused(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 300))
    old = data.draw(st.integers(1, new - 1))
    hashes = leaves(new)
    proof = merkle.consistency_proof(reader(hashes), old, new)
    roots = naive_root(hashes[:old]), naive_root(hashes)
    at = data.draw(st.integers(0, len(proof) - 1))
    changed = [bytes([value[0] ^ 1]) + value[1:] if place == at else value for place, value in enumerate(proof)]
    for wrong in (changed, proof[:-1], proof[1:], [*proof, roots[0]], []):
        with pytest.raises(BadProof):
            merkle.verify_consistency(old, new, *roots, wrong)
    with pytest.raises(BadProof):
        merkle.verify_consistency(old, new, roots[1], roots[1], proof)
    with pytest.raises(BadProof):
        merkle.verify_consistency(old, new, roots[0], roots[0], proof)


def test_edges_of_proofs() -> None:
    root = naive_root(leaves(3))
    with pytest.raises(BadProof):
        merkle.verify_inclusion(0, 0, leaf_hash(b""), [], merkle.EMPTY_ROOT)
    with pytest.raises(BadProof):
        merkle.verify_consistency(3, 3, root, leaf_hash(b""), [])
    with pytest.raises(BadProof):
        merkle.verify_consistency(0, 3, root, root, [])
    with pytest.raises(BadProof):
        merkle.verify_consistency(4, 3, root, root, [])
    merkle.verify_consistency(0, 3, merkle.EMPTY_ROOT, root, [])
    with pytest.raises(IndexError):
        merkle.inclusion_proof(reader(leaves(3)), 3, 3)
    with pytest.raises(IndexError):
        merkle.consistency_proof(reader(leaves(3)), 4, 3)
    with pytest.raises(ValueError, match="nodes"):
        Frontier(3, [root])
