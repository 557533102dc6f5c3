"""Counting: positions are told together, points are bounded, and two tallies add up."""

from catalog.quality.tallies import MOST_POINTS, Tally


def test_positions_of_lists_are_one_point() -> None:
    tally = Tally()
    for pointer in ("/items/0/name", "/items/17/name", "/items/3"):
        tally.count(pointer, "type")
    assert tally.points == {("/items/*/name", "type"): 2, ("/items/*", "type"): 1}


def test_a_name_with_digits_is_no_position() -> None:
    tally = Tally()
    tally.count("/v2/line1", "type")
    assert list(tally.points) == [("/v2/line1", "type")]


def test_points_are_bounded_and_none_is_lost() -> None:
    tally = Tally()
    for number in range(3 * MOST_POINTS):
        tally.count(f"/a{number}", "type")
    assert len(tally.points) == MOST_POINTS + 1
    assert tally.points["", "other"] == 2 * MOST_POINTS


def test_durations_fall_into_their_bucket() -> None:
    tally = Tally()
    for seconds in (0.0004, 0.001, 0.3, 60):
        tally.took(seconds)
    assert tally.answered == 4
    assert (tally.durations[0], tally.durations[8], tally.durations[-1]) == (2, 1, 1)


def test_what_is_given_back_adds_up() -> None:
    first, second = Tally(answered=2, conforming=1, failing=1), Tally(answered=3, unanswered=1, conforming=3)
    first.count("/a", "type")
    second.count("/a", "type")
    second.modified = b"x"
    first.add(second)
    assert (first.answered, first.unanswered, first.conforming, first.failing) == (5, 1, 4, 1)
    assert first.points == {("/a", "type"): 2}
    assert first.modified == b"x"
