"""`piranhactl recipes`: the list of all recipes, or one of them as text for lvs.cf."""

import sys

from piranha.config.complaints import did_you_mean
from piranha.errors import UsageError
from piranha.programs.recipe_files import purpose, recipe_names, recipe_text
from piranha.wire.exit_status import ExitStatus


def show_recipes(name: str) -> ExitStatus:
    """One line for each, or the file of one, byte for byte. Raises UsageError without that one."""
    if not name:
        width = max(map(len, recipe_names()), default=0)
        for known in recipe_names():
            print(f"{known:{width}}  {purpose(known)}")
        return ExitStatus.OK
    text = recipe_text(name)
    if text is None:
        raise UsageError(f'there is no recipe "{name}"{did_you_mean(name, recipe_names())}')
    sys.stdout.buffer.write(text)
    sys.stdout.flush()
    return ExitStatus.OK
