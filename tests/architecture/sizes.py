"""Report of files and functions that are larger than a reader likes; it never fails."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.architecture.source import Source, all_sources

FILE_LINES = 400
FUNCTION_LINES = 50
PARAMETERS = 5


def large_parts(source: Source) -> Iterator[str]:
    """One line for each thing in the file that usually means something is wrong."""
    length = len(source.text.splitlines())
    if length > FILE_LINES:
        yield f"{source.name}: {length} lines (usual limit {FILE_LINES})"
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        place = f"{source.name}:{node.lineno}: {node.name}"
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > FUNCTION_LINES:
            yield f"{place}: {length} lines (usual limit {FUNCTION_LINES})"
        count = len(node.args.posonlyargs) + len(node.args.args) - int(_is_method(node))
        if count > PARAMETERS:
            yield f"{place}: {count} positional parameters (usual limit {PARAMETERS})"


def _is_method(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return bool(node.args.args) and node.args.args[0].arg in ("self", "cls")


def main() -> None:
    sources = all_sources()
    found = [line for source in sources for line in large_parts(source)]
    print(*found, sep="\n", end="\n" if found else "")
    print(f"sizes: {len(sources)} files looked at, {len(found)} larger than usual")


if __name__ == "__main__":
    main()
