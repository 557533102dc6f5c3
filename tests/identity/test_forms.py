import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.identity.forms import LONGEST, MEDIA_TYPE, UnreadableForm, read_form


@pytest.mark.parametrize("content_type", [MEDIA_TYPE, MEDIA_TYPE.upper(), f"{MEDIA_TYPE}; charset=UTF-8"])
def test_a_form_is_read(content_type):
    assert read_form(b"a=1&b=x+y%2B%E4%B8%AD&empty=", content_type) == {"a": "1", "b": "x y+中"}


@pytest.mark.parametrize(
    "content_type", [None, "", "application/json", "multipart/form-data", f"{MEDIA_TYPE}; charset=gbk", "text/plain"]
)
def test_another_type_is_refused(content_type):
    with pytest.raises(UnreadableForm, match="x-www-form-urlencoded"):
        read_form(b"a=1", content_type)


@pytest.mark.parametrize("body", [b"a=1&a=2", b"a=1&b=2&a=1", b"a=1&%61=2", b"a=&a=1"])
def test_a_parameter_comes_once(body):
    with pytest.raises(UnreadableForm, match="once"):
        read_form(body, MEDIA_TYPE)


@pytest.mark.parametrize(
    "body", [b"a=%FF", "a=é".encode(), b"\xff", b"a=" + b"x" * LONGEST, b"&".join(b"a%d=1" % n for n in range(40))]
)
def test_what_cannot_be_read_is_refused(body):
    with pytest.raises(UnreadableForm):
        read_form(body, MEDIA_TYPE)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_read_or_refused(body):
    try:
        form = read_form(body, MEDIA_TYPE)
    except UnreadableForm:
        return
    assert all(form.values())
