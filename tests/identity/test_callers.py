import pytest

from exchange.identity.callers import Caller, NotPermitted, at_the_console


def test_nobody_without_a_scope_is_anything(caller):
    nobody = caller()
    for require in (nobody.require_operator, nobody.require_auditor):
        with pytest.raises(NotPermitted):
            require()
    for require in (nobody.require_steward, nobody.require_steward_or_operator):
        with pytest.raises(NotPermitted):
            require("housing")


def test_an_operator_is_no_steward_unless_the_act_says_so(caller):
    operator = caller("operator")
    operator.require_operator()
    operator.require_steward_or_operator("housing")
    with pytest.raises(NotPermitted) as refused:
        operator.require_steward("housing")
    assert refused.value.scope == "steward:housing"
    assert "steward:housing" in str(refused.value)


def test_a_steward_is_steward_of_one_department(caller):
    steward = caller("steward:housing")
    steward.require_steward("housing")
    steward.require_steward_or_operator("housing")
    with pytest.raises(NotPermitted, match="steward:civil-affairs or operator"):
        steward.require_steward_or_operator("civil-affairs")
    with pytest.raises(NotPermitted):
        steward.require_steward("hous")
    with pytest.raises(NotPermitted, match="operator"):
        steward.require_operator()


def test_an_auditor_only_audits(caller):
    auditor = caller("auditor")
    auditor.require_auditor()
    with pytest.raises(NotPermitted):
        auditor.require_operator()
    with pytest.raises(NotPermitted):
        caller("operator").require_auditor()


def test_the_console_is_an_operator_and_nothing_else():
    console = at_the_console()
    console.require_operator()
    assert console.scopes == {"operator"}


def test_a_caller_cannot_be_changed():
    caller = Caller("a.b", "application", "a", "a/b")
    with pytest.raises(AttributeError):
        caller.scopes = frozenset({"operator"})
