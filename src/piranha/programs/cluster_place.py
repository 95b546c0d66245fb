"""Which cluster a command is about, and where that cluster keeps its files on this node."""

from dataclasses import dataclass
from pathlib import Path

from piranha import defaults
from piranha.config.keywords import AT
from piranha.config.keywords import Place as FilePlace
from piranha.errors import UsageError
from piranha.programs.config_file import read_config_file
from piranha.programs.control_room import control_path
from piranha.programs.move_record import moves_path
from piranha.programs.piranhactl_options import CtlOptions


@dataclass(frozen=True, slots=True)
class ClusterPlace:
    """The files of one cluster on this node."""

    cluster: str
    control: Path
    moves: Path


def find_place(options: CtlOptions) -> ClusterPlace:
    """By the name that was given, or the one in the configuration file; where the usual file is
    missing, that of the only pulse that runs here. Raises UsageError."""
    if options.cluster is not None:
        return place_of(options.cluster)
    try:
        document = read_config_file(options.config).document
    except OSError as error:
        running = sorted(defaults.run_directory().glob("*.control"))
        if options.is_config_given or len(running) != 1:
            names = ", ".join(path.stem for path in running) or "none runs"
            raise UsageError(f"{error}; --cluster NAME names a running one ({names})") from error
        return place_of(running[0].stem)
    entry = document.root.last("cluster")
    return place_of(entry.value.text if entry else str(AT[FilePlace.GLOBAL]["cluster"].default))


def place_of(cluster: str) -> ClusterPlace:
    return ClusterPlace(
        cluster=cluster,
        control=control_path(defaults.run_directory(), cluster),
        moves=moves_path(defaults.state_directory(), cluster),
    )
