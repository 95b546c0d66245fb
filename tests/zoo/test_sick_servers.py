"""No sick server is called healthy, whatever its sickness, and no verdict comes late."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from piranha.probes.question import Question
from piranha.programs.recipe_files import recipe_names, recipe_text
from piranha.script.steps import StartTls
from tests.zoo import visits
from tests.zoo.all_animals import in_ci
from tests.zoo.animal import network_of
from tests.zoo.certificate import make_certificate
from tests.zoo.conftest import IS_WHOLE
from tests.zoo.errors import ERRORS
from tests.zoo.impostors import GENERIC, IMPOSTORS, LOOKS_ALIKE
from tests.zoo.sick import Behaviour, in_tls, server, talk, tls_context
from tests.zoo.visits import LATE_SECONDS, Visit

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: servers run in network namespaces"),
]

TIMEOUT_SECONDS = 0.5 if IS_WHOLE else 0.3
TRIES = 5
"""A verdict that is late every time is late; one late verdict is this machine's doing."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def behaviours(recipe: str, question: Question, certificate: str) -> dict[str, Behaviour]:
    """Every sickness that the recipe must see."""
    context = tls_context(certificate)
    begins_with_tls = question.steps[:1] == (StartTls(),)
    sick = IMPOSTORS | GENERIC
    errors = {
        f"error: {name}": talk(*parts, context=context)
        for name, parts in ERRORS.get(recipe, {}).items()
    }
    if begins_with_tls:
        sick = sick | {f"{n} in TLS": in_tls(b, context) for n, b in (sick | errors).items()}
    else:
        sick = sick | errors
    alike = LOOKS_ALIKE.get(recipe, frozenset())
    return {name: behave for name, behave in sick.items() if name not in alike}


def is_asked(recipe: str) -> bool:
    """True for the recipes over TCP."""
    is_over_tcp = b"protocol = tcp" in (recipe_text(recipe) or b"")
    return is_over_tcp and (IS_WHOLE or any(recipe in animal.recipes for animal in in_ci()))


RECIPES = [name for name in recipe_names() if is_asked(name)]


@pytest.mark.parametrize("recipe", RECIPES)
def test_no_sick_server_is_called_healthy(recipe: str, certificate: str, tmp_path: Path) -> None:
    asked = visits.question(recipe, f"timeout = {TIMEOUT_SECONDS}", tmp_path)
    with network_of(None), ExitStack() as stack:
        sick = behaviours(recipe, asked, certificate)
        ports = {name: stack.enter_context(server(behave)) for name, behave in sick.items()}
        ports["nobody listens"] = 1
        seen = visit(recipe, ports, tmp_path)
        for _ in range(TRIES - 1):
            late = {name: ports[name] for name, visit in seen.items() if is_late(visit)}
            for name, port in late.items():
                seen |= visit(recipe, {name: port}, tmp_path)
    wrong = {name: str(visit) for name, visit in seen.items() if not visit.is_sick}
    assert wrong == {}
    assert {name: visit.seconds for name, visit in seen.items() if is_late(visit)} == {}


def visit(recipe: str, ports: dict[str, int], folder: Path) -> dict[str, Visit]:
    """Ask all of these servers at the same time."""
    lines = f"timeout = {TIMEOUT_SECONDS}; port = "
    questions = [visits.question(recipe, f"{lines}{port}", folder) for port in ports.values()]
    seen = visits.ask_all(questions)
    return dict(zip(ports, (one[0] for one in seen), strict=True))


def is_late(visit: Visit) -> bool:
    return visit.seconds > TIMEOUT_SECONDS + LATE_SECONDS
