"""What a fos has said stays until it says otherwise."""

from piranha.decisions.events import ServiceNow
from piranha.programs.fos_said import Said, ServiceSaid
from piranha.wire.report_line import (
    Armed,
    Dropped,
    FosMode,
    Held,
    Hello,
    Released,
    Report,
    ServiceMoved,
    ServiceState,
    ServiceVerdict,
    Unarmable,
)


def said(*reports: Report) -> Said:
    book = Said()
    for instant, report in enumerate(reports):
        book.take(report, float(instant))
    return book


def test_a_hello_tells_what_is_held_and_where_the_services_are() -> None:
    book = said(Hello(1, FosMode.ACTIVE, "web", 7, 3, 99.5, 2, {"http": "judged"}))
    assert (book.held_epoch, book.held_until, book.held_at) == (3, 99.5, 0.0)
    assert book.services == {"http": ServiceSaid(state="judged")}


def test_it_is_armed_until_it_says_why_not() -> None:
    assert said(Armed()).is_armed
    book = said(Armed(), Unarmable("no device eth7"))
    assert (book.is_armed, book.trouble) == (False, "no device eth7")
    assert said(Unarmable("no device eth7"), Armed()).trouble == ""


def test_what_is_held_is_as_old_as_the_last_report_of_it() -> None:
    book = said(Held(3, 50.0), Held(3, 51.0), Armed())
    assert (book.held_until, book.held_at, book.last_at) == (51.0, 1.0, 2.0)


def test_nothing_is_held_after_a_drop_or_a_release() -> None:
    assert said(Held(3, 50.0), Dropped(3, "ended")).held_epoch == 0
    assert said(Held(3, 50.0), Released(3, "asked")).held_epoch == 0


def test_a_verdict_is_as_old_as_its_last_change() -> None:
    bad = ServiceVerdict("http", False, "refused", "port 80", 1)
    worse = ServiceVerdict("http", False, "refused", "port 80, again", 2)
    service = said(bad, worse).services["http"]
    assert (service.since, service.evidence, service.is_healthy) == (0.0, "port 80, again", False)


def test_a_new_state_ends_an_old_verdict() -> None:
    bad = ServiceVerdict("http", False, "refused", "port 80", 1)
    moved = ServiceMoved("http", ServiceState.STOPPING, 30.0, "released")
    assert said(bad, moved).services["http"] == ServiceSaid(
        state="stopping", evidence="released", since=1.0
    )


def test_services_are_told_again_as_they_are_now() -> None:
    refused = ServiceVerdict("http", False, "refused", "connection refused", 1)
    judged = ServiceMoved("http", ServiceState.JUDGED, "it answers")
    assert said(judged).services_now() == (ServiceNow("http", True, ""),)
    told = said(judged, refused).services_now()
    assert told == (ServiceNow("http", True, "refused: connection refused"),)
    starting = ServiceMoved("http", ServiceState.STARTING, "asked")
    assert said(judged, refused, starting).services_now() == (ServiceNow("http", False, ""),)
