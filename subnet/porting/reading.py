"""Finds the calls of older SDKs in a module's syntax tree. The module is parsed, never imported or run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from subnet.porting import sdk11
from subnet.porting.members import CONFIG, Kind
from subnet.porting.names import NAMES, OLD_MODULES
from subnet.porting.resolve import ROOTS, Meaning, Scope
from subnet.porting.words import Finding, Replacement

_PATH = re.compile(r"bittensor(?:\.\w+)+")
_SDK_FLAG = re.compile(r"--(?:subtensor|wallet|axon|logging)\.\w+")
_BY_NAME = frozenset(("getattr", "hasattr", "setattr", "delattr"))
_CALLED_DENDRITE = Replacement("dendrite", "`subnet.transport.client.Client.ask_all(peers, query, seconds)`")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def uses_the_sdk(tree: ast.Module) -> bool:
    """Whether a module imports the SDK or a companion of it."""
    return any(path.split(".")[0] in ROOTS for node in ast.walk(tree) for path, _ in _imports(node))


def derived(trees: Iterable[ast.Module]) -> dict[str, Kind]:
    """Classes of a code base that derive from an old one, by name, through any number of steps."""
    scopes = [(tree, scope_of(tree, {}, customary=False)) for tree in trees]
    classes: dict[str, Kind] = {}
    while True:
        found = dict(classes)
        for tree, scope in scopes:
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    kind = _kind_of_class(node, replace(scope, classes=found))
                    found |= {node.name: kind} if kind else {}
        if found == classes:
            return classes
        classes = found


def scope_of(tree: ast.Module, classes: Mapping[str, Kind], customary: bool) -> Scope:
    """The names of a module: its imports, and the variables that plainly hold one of the old objects."""
    scope = Scope(classes, customary)
    for node in ast.walk(tree):
        for path, name in _imports(node):
            if path == "bittensor.*":
                scope.aliases |= {gone: f"bittensor.{gone}" for gone in ("Axon", "Dendrite", "Synapse")}
            elif path.split(".")[0] in ROOTS:
                scope.aliases[name] = path
            elif path.rpartition(".")[2] in classes:
                scope.kinds[name] = classes[path.rpartition(".")[2]]
    for node in ast.walk(tree):
        for target, value in _bound(node):
            name, kind = _last(target), _kind(value, scope)
            if name and kind:
                scope.kinds.setdefault(name, kind)
    return scope


class Reader(ast.NodeVisitor):
    """Collects the findings of one module."""

    def __init__(self, file: str, scope: Scope) -> None:
        self.findings: set[Finding] = set()
        self._file = file
        self._scope = scope

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        """Imports of what is gone."""
        for path, _ in _imports(node):
            meaning = self._scope.imported(path.split("."))
            if meaning is None and isinstance(node, ast.ImportFrom) and not node.level:
                meaning = self._scope.meaning([path.rpartition(".")[2]])
            if meaning:
                self._add(node, f"import {path}", meaning.replacement, guessed=False)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Imports from what is gone."""
        self.visit_Import(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """A class of one of the old kinds knows what its `self` has inherited."""
        outer = self._scope
        own = frozenset(name for part in node.body for name in _defined(part))
        self._scope = replace(outer, me=_kind_of_class(node, outer), own=own)
        self.generic_visit(node)
        self._scope = outer

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """The longest old name of a dotted chain."""
        root, parts = _chain(node)
        if isinstance(root, ast.Name):
            self._judge(node, [root.id, *parts], self._scope.meaning([root.id, *parts]), ast.unparse(root))
            return
        start = self._scope.me if _is_super(root) else _kind(root, self._scope)
        if start is not None:
            self._judge(node, ["", *parts], self._scope.meaning(parts, start), ast.unparse(root), shift=1)
        self.visit(root)

    def visit_Name(self, node: ast.Name) -> None:
        """A name alone: an imported class, a copied weight function."""
        if isinstance(node.ctx, ast.Load):
            self._judge(node, [node.id], self._scope.meaning([node.id]), node.id)

    def visit_Call(self, node: ast.Call) -> None:
        """Calls of a dendrite, arguments that constructors lost, flags, and names given as text."""
        self._arguments(node)
        root, parts = _chain(node.func)
        if isinstance(root, ast.Name):
            whole = [root.id, *parts]
            if self._dendrite_itself(whole):
                self._add(node, ".".join(whole) + "(...)", _CALLED_DENDRITE, guessed=True)
            if whole[0] in _BY_NAME and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                named = ast.Attribute(node.args[0], str(node.args[1].value), ast.Load())
                self.visit_Attribute(ast.copy_location(named, node))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """A text that is a path into the SDK, as patches and lazy imports have it."""
        if isinstance(node.value, str) and _PATH.fullmatch(node.value):
            path = node.value.split(".")
            meaning = self._scope.imported(path)
            if meaning and (path[1] in NAMES or path[1] in OLD_MODULES):
                self._add(node, node.value, meaning.replacement, guessed=False)

    def visit_arg(self, node: ast.arg) -> None:
        """Annotations may be text."""
        self._annotation(node.annotation)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Annotations may be text."""
        self._annotation(node.annotation)
        self.visit(node.target)
        if node.value:
            self.visit(node.value)

    def visit_FunctionDef(self, node: _Function) -> None:
        """Annotations may be text."""
        self._annotation(node.returns)
        for part in (*node.decorator_list, node.args, *node.body):
            self.visit(part)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Annotations may be text."""
        self.visit_FunctionDef(node)

    def _annotation(self, annotation: ast.expr | None) -> None:
        if annotation is None:
            return
        for node in ast.walk(annotation):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for part in _parsed_text(node):
                    self.visit(part)
        self.visit(annotation)

    def _dendrite_itself(self, whole: list[str]) -> bool:
        """Whether a dotted name is a dendrite itself: not its class, not a method of it."""
        if whole[0] in self._scope.aliases or whole[-1] in self._scope.classes:
            return False
        return self._scope.kind(whole) == "dendrite" and self._scope.meaning(whole) is None

    def _arguments(self, node: ast.Call) -> None:
        """Arguments that a constructor lost, and flags that the SDK declared."""
        root, parts = _chain(node.func)
        whole = [root.id, *parts] if isinstance(root, ast.Name) else []
        if whole and whole[0] in self._scope.aliases and self._scope.meaning(whole) is None:
            kept = sdk11.ARGUMENTS.get(self._scope.kind(whole) or "")
            lost = [word.arg for word in node.keywords if word.arg and kept and word.arg not in kept]
            if kept and lost:
                use = f"SDK 11 takes {', '.join(sorted(kept))}; settings come from a `subnet.settings.Settings` class"
                self._add(
                    node, f"{'.'.join(whole)}({lost[0]}=...)", Replacement("config", use), guessed=False
                )
        if parts and parts[-1] == "add_argument":
            for flag in node.args:
                text = flag.value if isinstance(flag, ast.Constant) else None
                if isinstance(text, str) and _SDK_FLAG.fullmatch(text):
                    self._add(flag, text, CONFIG["subtensor"], guessed=False)

    def _judge(
        self, node: ast.expr, parts: list[str], meaning: Meaning | None, root: str, shift: int = 0
    ) -> None:
        if meaning is not None:
            text = ".".join([root, *parts[1 : meaning.length + shift]])
            self._add(node, text, meaning.replacement, meaning.guessed)

    def _add(self, node: ast.stmt | ast.expr, found: str, use: Replacement, guessed: bool) -> None:
        text = " ".join(found.split())
        text = text if len(text) <= 80 else text[:40] + "..." + text[-37:]
        line, column = node.lineno, node.col_offset + 1
        self.findings.add(Finding(self._file, line, column, text, use.area, use.use, guessed))


def _imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    """(dotted path, local name) of each name that an import statement binds."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.split(".")[0]
            yield alias.name, alias.asname or top
            if not alias.asname and top != alias.name:
                yield top, top
    elif isinstance(node, ast.ImportFrom) and not node.level:
        for alias in node.names:
            yield f"{node.module}.{alias.name}", alias.asname or alias.name


def _bound(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """(target, value or annotation) pairs that tell what a variable holds."""
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign):
        yield from ((node.target, told) for told in (node.value, _unquoted(node.annotation)) if told)
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield node.optional_vars, node.context_expr
    elif isinstance(node, ast.arg) and node.annotation is not None:
        yield ast.Name(node.arg, ast.Load()), _unquoted(node.annotation)


def _kind(node: ast.expr, scope: Scope) -> Kind | None:
    """What an expression's value is, as far as its shape tells."""
    if isinstance(node, ast.Await | ast.Subscript):
        return _kind(node.value, scope)
    if isinstance(node, ast.Call):
        return _kind(node.func, scope)
    if isinstance(node, ast.BoolOp | ast.IfExp):
        several = node.values if isinstance(node, ast.BoolOp) else (node.body, node.orelse)
        return next((kind for kind in (_kind(value, scope) for value in several) if kind), None)
    root, parts = _chain(node)
    if isinstance(root, ast.Name):
        return scope.kind([root.id, *parts])
    start = _kind(root, scope) if parts else None
    return scope.kind(parts, start) if start else None


def _kind_of_class(node: ast.ClassDef, scope: Scope) -> Kind | None:
    kinds = (_kind(base, scope) for base in node.bases)
    return next((kind for kind in kinds if kind), None)


def _chain(node: ast.expr) -> tuple[ast.expr, list[str]]:
    """`f(x).a.b` as `f(x)` and [a, b]."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return node, parts[::-1]


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, _Function):
        yield node.name
    for target, _ in _bound(node):
        yield _last(target)


def _last(target: ast.expr) -> str:
    if isinstance(target, ast.Attribute):
        return target.attr
    return target.id if isinstance(target, ast.Name) else ""


def _unquoted(annotation: ast.expr) -> ast.expr:
    parsed = _parsed_text(annotation) if isinstance(annotation, ast.Constant) else []
    return parsed[0] if parsed else annotation


def _parsed_text(node: ast.Constant) -> list[ast.expr]:
    """The expression that a text holds, placed where the text stands; nothing when it holds none."""
    try:
        body = ast.parse(str(node.value), mode="eval").body
    except (SyntaxError, ValueError):
        return []
    for part in ast.walk(body):
        if isinstance(part, ast.expr):
            ast.copy_location(part, node)
    return [body]
