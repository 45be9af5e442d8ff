"""Counts the imports between the modules and packages of this project: ``python tools/import_graph.py [FOLDER]``.

FOLDER holds the packages (default: ``extensions`` of this checkout). For each package it prints how many children it
has, how many pairs of them import each other, and which import each other in a circle. A package imports another one if
any module of it does. An import is upward if a module imports a package that it lies in: the package must exist before
its modules, so it must not need them, nor they it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import grimp

PACKAGES = ("sphinx_await", "course_nav", "korean_search")


def circles(children: set[str], arrows: set[tuple[str, str]]) -> list[set[str]]:
    """The groups of children that reach each other."""
    reach = {child: {child} for child in children}
    grown = True
    while grown:
        grown = False
        for start, end in arrows:
            for child in children:
                if start in reach[child] and not reach[end] <= reach[child]:
                    reach[child] |= reach[end]
                    grown = True
    found: list[set[str]] = []
    for child in sorted(children):
        group = {other for other in children if other in reach[child] and child in reach[other]}
        if len(group) > 1 and group not in found:
            found.append(group)
    return found


def main(folder: str) -> int:
    """Print the table; the exit status is the number of circles."""
    sys.path.insert(0, folder)
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    total = 0
    print(f"{'package':40} children arrows circles")
    for package in sorted(module for module in graph.modules if graph.find_children(module)):
        children = set(graph.find_children(package))
        arrows = {(child, other) for child in children for other in children - {child} if _direct(graph, child, other)}
        groups = circles(children, arrows)
        total += len(groups)
        print(f"{package:40} {len(children):8} {len(arrows):6} {len(groups):7}")
        for group in groups:
            print("    circle: " + ", ".join(sorted(name.rpartition(".")[2] for name in group)))
    upward = [
        (module, package)
        for package in graph.modules
        for module in graph.find_descendants(package)
        if package in graph.find_modules_directly_imported_by(module)
    ]
    numbers = f"{len(graph.modules)} modules, {graph.count_imports()} imports, {total} circles, {len(upward)} upward"
    print("\n    upward: ".join([numbers, *(f"{module} -> {package}" for module, package in sorted(upward))]))
    return total


def _direct(graph: grimp.ImportGraph, child: str, other: str) -> bool:
    """Whether a module of one child imports a module of another."""
    inside = {child, *graph.find_descendants(child)}
    outside = {other, *graph.find_descendants(other)}
    return any(graph.find_modules_directly_imported_by(module) & outside for module in inside)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).parents[1] / "extensions")))
