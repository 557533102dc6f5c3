"""One duty that fails keeps no other from being done."""

import threading

from exchange.jobs import heartbeat
from exchange.jobs.heartbeat import Heartbeat


def test_a_failing_duty_is_logged_without_its_words_and_the_others_are_done(capsys):
    done = []

    def fail():
        raise ValueError("SECRET")

    Heartbeat((("first", fail), ("second", lambda: done.append(1)))).beat()
    assert done == [1]
    logged = "".join(capsys.readouterr())
    assert "ValueError" in logged
    assert "SECRET" not in logged


def test_it_beats_until_it_is_stopped(monkeypatch):
    monkeypatch.setattr(heartbeat, "SECONDS", 0.01)
    beaten, enough = [], threading.Event()

    def duty():
        beaten.append(1)
        if len(beaten) == 3:
            enough.set()

    thread = Heartbeat((("duty", duty),))
    thread.start()
    assert enough.wait(5)
    thread.stop()
    assert not thread.is_alive()
