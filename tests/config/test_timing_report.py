"""The timing report says what the file promises, in figures that follow from it."""

from piranha.config.timing_report import hanging_detected, refusal_detected, timing_report
from tests.config.lvs_cf import GLOBAL, WEB, service, settings, web


def report(text: str) -> str:
    return "\n".join(timing_report(settings(text)))


def test_the_default_times_have_a_kernel_lease() -> None:
    assert report(GLOBAL + WEB).splitlines() == [
        "a dead node is noticed within 5 s (deadtime), by 1 path of heartbeats every 2 s",
        "a kernel lease is in force: an address ends 3.5 s after its holder was last heard",
        "both nodes answer for an address for 0 s at most",
        "where every path is cut in both directions for longer than 1.25 s while both nodes live, "
        "nothing here bounds that time",
        "once two such nodes hear each other again both answer for at most 3.05 s",
        "a node holds its addresses alone after 3 s without a word of its partner, and knows of a "
        "pause of its own longer than 2.5 s",
        "service web: noticed within 10 s when it refuses, 20 s when it hangs; worst outage 75 s "
        "when its node dies, 120 s when it fails",
        "group default: stopped within 30 s, started within 70 s (1 service, commands and first "
        "answers at their limits)",
        "group default: after the last fault one node serves within 79 s",
        "group default: after 35 s without a release by a living partner the group is taken from "
        "it (unreleased = take)",
    ]


def test_a_short_deadtime_has_a_lease_of_its_own_and_advice() -> None:
    text = report("keepalive = 100ms\ndeadtime = 500ms\n" + GLOBAL + WEB)
    assert "no kernel lease is in force, only one that pulse and fos keep themselves" in text
    assert "at most 50 ms when one process hangs or dies, 3 s when all of them do at once" in text
    assert "a deadtime of 2.4 s with this keepalive" in text


def test_a_second_path_is_counted() -> None:
    lines = "primary_private = 192.168.9.1\nbackup_private = 192.168.9.2\n"
    assert "by 2 paths of heartbeats" in report(lines + GLOBAL + WEB)


def test_what_happens_without_a_release_is_told() -> None:
    text = report("unreleased = wait\nrelease_timeout = 40\n" + GLOBAL + WEB)
    assert "after 40 s without a release by a living partner it is waited for on and on" in text


def test_a_service_is_noticed_after_its_probes() -> None:
    asked = service("interval = 1", "timeout = 3", "fall = 2")
    assert refusal_detected(asked) == 2.0
    assert hanging_detected(asked) == 7.0


def test_a_file_without_services_promises_nothing_of_them() -> None:
    text = report(GLOBAL + WEB.replace("active = 1", "active = 0"))
    assert "service" not in text
    assert "group" not in text


def test_first_answers_count() -> None:
    assert "started within 60.5 s" in report(GLOBAL + web("first_wait = 500ms"))


def test_a_witness_bounds_what_happens_to_a_node_that_is_cut_off() -> None:
    text = report("witness = 10.0.0.254 10.0.0.253\n" + GLOBAL + WEB)
    assert "while both nodes live and see a witness, nothing here bounds that time" in text
    assert (
        "hears neither the other one nor 10.0.0.254 or 10.0.0.253 takes nothing, and drops what it "
        "holds after 3.5 s (isolation = drop)"
    ) in text
    assert "an active node without a witness for 2.5 s hands over to one that sees it" in text
    kept = report("witness = 10.0.0.254\nisolation = keep\n" + GLOBAL + WEB)
    assert "takes nothing, and keeps what it holds (isolation = keep)" in kept
    assert "while both nodes live, nothing here bounds that time" in kept


def test_a_watchdog_resets_within_the_lease_rounded_up() -> None:
    text = report("watchdog = /dev/watchdog\n" + GLOBAL + WEB)
    assert "is reset by /dev/watchdog within 4 s" in text
    assert "watchdog" not in report(GLOBAL + WEB)


FENCE = (
    'fence_cmd = "/usr/sbin/fence_ipmilan username=fence"\nstartup_wait = 3m\n'
    'fence_primary = "ip=192.168.9.1"\nfence_backup = "ip=192.168.9.2"\n'
)


def test_a_fence_bounds_what_nothing_else_does() -> None:
    text = report(FENCE + GLOBAL + WEB)
    assert "while both nodes live, one is fenced before the other takes" in text
    assert "fenced before anything is taken: within 45 s, or it is waited and tried again" in text
    assert "nothing here bounds" not in text
    taken = report("fence_failed = take\n" + FENCE + GLOBAL + WEB)
    assert "within 45 s, or it is taken all the same (fence_failed = take)" in taken
    assert "nothing here bounds that time" in taken
