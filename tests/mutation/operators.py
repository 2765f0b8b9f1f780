"""Every small wrong change of a formula in one source file.

A mutation replaces a stretch of the text, so all other lines and the comments stay as they are.  Left alone are
statements that hold no formula: refusals, messages, types, defaults, size limits, context managers, and the allowances
for float64 rounding (`ROUNDING`: any constant near the stated one is as good; tests/*/test_honesty.py judges them).
"""

import ast
import re
from dataclasses import dataclass

#: Functions that only refuse, only estimate cost, or only bound rounding.
NO_FORMULA = re.compile(
    r"refuse|_?require|_refuse|_?check_|_?read_|_?message|__repr__|__str__|.*_?cost|.*_latex|_show|_describe"
    r"|stated_|.*rounding|conditioning|_accuracy|_memory|_seconds|lost$|.*_bits$|jitter|_?certified|.*affordable"
)
#: Calls whose arguments are messages, argument checks or plain storage.
NO_FORMULA_CALLS = re.compile(
    "(refuse.*|_require|integer|choice|require_field|lru_cache|cast|isinstance|getattr|hasattr|field|warn"
    "|as_covariance|read_numbers|checked_steps|errstate|vectorize|certified_float64|certified_digits|Values|reshape|default_rng)$"
)
NO_FORMULA_KEYWORDS = re.compile("(strict|dtype|name|minimum|maximum|remedy|otypes|maxsize|repr|default)$")
#: Names that hold an allowance for rounding, or a size, a cost or a limit.
ROUNDING = re.compile(
    r"(relative|slack|spread|shift|growth|error|input_error|hardness_error|condition|norm|reach|guess|limit|seconds"
    r"|bits|digits|floor|uncertainty|rounding|kind|text|note|notes|title|formed|count_per_step|regimes)$"
)
_COUNTS = re.compile("([nmdkrqabijstp]|order|degree|steps|copies|size|samples|power|count|rows|top)$")
_TYPES = re.compile("(tuple|list|dict|set|type|Callable|Iterator|Iterable|Sequence|Mapping|frozenset|Literal)$")
_PAIRS = [("min", "max"), ("minimum", "maximum"), ("argmin", "argmax"), ("floor", "ceil"), ("any", "all")]
_OPPOSITE = {name: other for pair in _PAIRS for name, other in (pair, pair[::-1])}
_TOKENS: dict[type[ast.AST], tuple[str, str, str]] = {  # operator -> (text, its replacement, name)
    ast.Add: ("+", "-", "add to subtract"),
    ast.Sub: ("-", "+", "subtract to add"),
    ast.Mult: ("*", "/", "multiply to divide"),
    ast.Div: ("/", "*", "divide to multiply"),
    ast.FloorDiv: ("//", "*", "divide to multiply"),
    ast.BitOr: ("|", "&", "or to and"),
    ast.BitAnd: ("&", "|", "or to and"),
}
_BOUNDARY: dict[type[ast.AST], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
}


@dataclass(frozen=True)
class Mutation:
    """One wrong change: ``source[start:end]`` (bytes) becomes ``new``."""

    operator: str
    line: int
    index: int  # among the mutations of this operator in this line
    start: int
    end: int
    new: str
    function: str  # dotted name of the function or class around it

    def apply(self, source: str) -> str:
        """Return the mutated source."""
        data = source.encode()
        return (data[: self.start] + self.new.encode() + data[self.end :]).decode()

    def lines(self, source: str) -> tuple[str, str]:
        """Return the line before and after, with runs of blanks as one."""
        first = source.encode().rfind(b"\n", 0, self.start) + 1
        last = source.encode().find(b"\n", self.end)
        data = source.encode()
        before = data[first : last if last >= 0 else None].decode()
        after = (data[first : self.start] + self.new.encode() + data[self.end : last if last >= 0 else None]).decode()
        return " ".join(before.split()), " ".join(after.split())


def mutations(source: str) -> list[Mutation]:
    """Return all mutations of a source, in the order of the text; none of them is the same program."""
    tree = ast.parse(source)
    finder = _Finder(source)
    finder.visit(tree)
    original = ast.dump(tree)
    found: list[Mutation] = []
    seen: set[str] = {original}
    numbers: dict[tuple[int, str], int] = {}
    for line, start, end, operator, new, function in sorted(finder.found):
        key = (line, operator)
        mutation = Mutation(operator, line, numbers.get(key, 0), start, end, new, function)
        try:
            program = ast.dump(ast.parse(mutation.apply(source)))
        except SyntaxError:
            continue
        if program in seen:
            continue
        seen.add(program)
        numbers[key] = mutation.index + 1
        found.append(mutation)
    return found


class _Finder(ast.NodeVisitor):
    """Collects (line, start, end, operator, new text, function)."""

    def __init__(self, source: str) -> None:
        self.data = source.encode()
        self.starts = [0]
        for line in self.data.split(b"\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.found: list[tuple[int, int, int, str, str, str]] = []
        self.around: list[str] = []

    # ---------------------------------------------------------------------------------------- text

    def _span(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self.starts[node.lineno - 1] + node.col_offset,
            self.starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def _text(self, node: ast.expr) -> str:
        start, end = self._span(node)
        text = self.data[start:end].decode()
        simple = isinstance(node, ast.Name | ast.Constant | ast.Call | ast.Attribute | ast.Subscript)
        return text if simple else f"({text})"

    def _offer(self, node: ast.expr, operator: str, new: str) -> None:
        self._replace(*self._span(node), operator, new)

    def _replace(self, start: int, end: int, operator: str, new: str) -> None:
        line = self.data.count(b"\n", 0, start) + 1
        self.found.append((line, start, end, operator, new, ".".join(self.around)))

    def _token(self, left: ast.expr, right: ast.expr, old: str, new: str, operator: str) -> None:
        """Replace the operator between two operands."""
        start, stop = self._span(left)[1], self._span(right)[0]
        at = self.data.find(old.encode(), start, stop)
        if at >= 0:
            self._replace(at, at + len(old), operator, new)

    # ---------------------------------------------------------------------------------------- left alone

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if NO_FORMULA.match(node.name):
            return
        self.around.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self.around.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.around.append(node.name)
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef):
                self.visit(statement)
        self.around.pop()

    def visit_Raise(self, node: ast.Raise) -> None: ...

    def visit_Assert(self, node: ast.Assert) -> None: ...

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None: ...

    def visit_With(self, node: ast.With) -> None:
        for statement in node.body:
            self.visit(statement)

    def visit_If(self, node: ast.If) -> None:
        if _is_refusal(node.body[-1]):
            for statement in node.orelse:
                self.visit(statement)
        else:
            self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        names = [item.id for target in node.targets for item in ast.walk(target) if isinstance(item, ast.Name)]
        if not self.around or any(ROUNDING.match(name) for name in names):
            return
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if self.around and node.value is not None:
            self.visit(node.value)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg is None or not (NO_FORMULA_KEYWORDS.match(node.arg) or ROUNDING.match(node.arg)):
            self.visit(node.value)

    # ---------------------------------------------------------------------------------------- formulas

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name) and ROUNDING.match(node.target.id):
            return
        if _is_allowance(node.value):
            return
        if type(node.op) in _TOKENS and not _is_text(node.value):
            old, new, name = _TOKENS[type(node.op)]
            self._token(node.target, node.value, old, new, name)
        self.visit(node.target)
        self.visit(node.value)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        left, right = node.left, node.right
        if _is_allowance(node):
            return
        if _is_text(left) or _is_text(right):
            self.generic_visit(node)
            return
        if type(node.op) in _TOKENS:
            old, new, name = _TOKENS[type(node.op)]
            self._token(left, right, old, new, name)
        if isinstance(node.op, ast.Add | ast.Sub):
            self._offer(node, "drop term", self._text(left))
            if isinstance(node.op, ast.Add):
                self._offer(node, "drop term", self._text(right))
            else:
                self._offer(node, "swap difference", f"({self._text(right)} - {self._text(left)})")
        if isinstance(node.op, ast.Mult | ast.Div):
            self._offer(node, "drop factor", self._text(left))
            if isinstance(node.op, ast.Mult):
                self._offer(node, "drop factor", self._text(right))
        if isinstance(node.op, ast.MatMult):
            self._offer(node, "swap matrix product", f"({self._text(right)} @ {self._text(left)})")
        if isinstance(node.op, ast.Pow):
            self._offer(right, "power", f"({self._text(right)} + 1)")
            if not isinstance(right, ast.Constant | ast.UnaryOp):
                self._offer(right, "power", f"({self._text(right)} - 1)")
        else:
            for operand in (left, right):
                self._count_up(operand)
        self.generic_visit(node)

    def _count_up(self, node: ast.expr) -> None:
        """n → n + 1 for a name of a count, also as ``setup.n`` and inside ``field.number(setup.n)``."""
        if isinstance(node, ast.Call) and _name(node.func) == "number" and len(node.args) == 1:
            node = node.args[0]
        name = _name(node) if isinstance(node, ast.Name | ast.Attribute) else None
        if name is not None and _COUNTS.match(name):
            self._offer(node, "count up", f"({self._text(node)} + 1)")

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.USub):
            self._offer(node, "drop sign", self._text(node.operand))
        if isinstance(node.op, ast.Not):
            self._offer(node, "negate condition", self._text(node.operand))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            self._offer(node, "constant", repr(value + 1))
            if value >= 1:
                self._offer(node, "constant", repr(value - 1))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr == "T":
            self._offer(node, "drop transpose", self._text(node.value))
        elif node.attr in _OPPOSITE:
            end = self._span(node)[1]
            self._replace(end - len(node.attr), end, "min and max", _OPPOSITE[node.attr])
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        name = _name(node.func)
        owner = _name(node.func.value) if isinstance(node.func, ast.Attribute) else ""
        if NO_FORMULA_CALLS.match(name) or ROUNDING.match(owner):
            return
        if isinstance(node.func, ast.Name):
            if name in _OPPOSITE:
                self._offer(node.func, "min and max", _OPPOSITE[name])
            if name == "transposed":
                self._offer(node, "drop transpose", self._text(node.args[0]))
        else:
            self.visit(node.func)
        if name in ("range", "arange"):
            for bound in node.args[:2]:
                self._offer(bound, "range bound", f"{self._text(bound)} + 1")
                if not _is_one_more(bound):  # that is a term to drop
                    self._offer(bound, "range bound", f"{self._text(bound)} - 1")
        if name == "comb" and len(node.args) == 2:
            for argument in node.args:
                self._count_up(argument)
        for argument in node.args:
            if not (name in ("range", "arange") and isinstance(argument, ast.Constant)):
                self.visit(argument)
        for keyword in node.keywords:
            self.visit(keyword)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if _TYPES.match(_name(node.value)):
            return
        self.visit(node.value)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for part in parts:
            if isinstance(part, ast.Slice):
                for bound, step in ((part.lower, "+ 1"), (part.upper, "- 1"), (part.upper, "+ 1")):
                    if bound is not None and not (step == "- 1" and _is_one_more(bound)):
                        self._offer(bound, "slice bound", f"{self._text(bound)} {step}")
            elif isinstance(part, ast.Constant | ast.UnaryOp):
                from_end = isinstance(part, ast.UnaryOp)
                if from_end:
                    self._offer(part, "index shift", f"{self._text(part)} - 1")
                elif _is_number(part):  # towards an entry that exists
                    self._offer(part, "index shift", str(abs(ast.literal_eval(part) - 1)))
            elif isinstance(part, ast.Name) and _COUNTS.match(part.id):
                self._offer(part, "index shift", f"{part.id} - 1")
            else:
                self.visit(part)

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        if any(_is_plain(side) for side in sides):
            return
        for i, operator in enumerate(node.ops):
            if type(operator) in _BOUNDARY:
                old, new = _BOUNDARY[type(operator)]
                self._token(sides[i], sides[i + 1], old, new, "comparison")
        for side in sides:
            self.visit(side)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        if len(node.values) == 2 and not any(_is_plain(part) for value in node.values for part in ast.walk(value)):
            self._token(node.values[0], node.values[1], old, new, "or to and")
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        if (
            not _is_text(node.body)
            and not _is_allowance(node)
            and not any(_is_plain(part) for part in ast.walk(node.test))
        ):
            swapped = f"({self._text(node.orelse)} if {self._text(node.test)} else {self._text(node.body)})"
            self._offer(node, "swap cases", swapped)
        self.generic_visit(node)


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def _is_one_more(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and ast.unparse(node.right) == "1"


def _is_refusal(node: ast.stmt) -> bool:
    called = node.value.func if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else node
    return isinstance(node, ast.Raise) or _name(called).startswith("refuse")


def _is_allowance(node: ast.AST) -> bool:
    """Whether it perturbs a value at random, or is in units of the roundoff."""
    return any(_name(part) in ("jitter", "rng", "UNIT", "_UNIT_ROUNDOFF", "slack") for part in ast.walk(node))


def _is_text(node: ast.AST) -> bool:
    """Whether + joins something that is no number here: strings, lists, tuples, sets, or stretches of a word."""
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Slice) and _name(node.value) in ("cycle", "kappa", "rest", "word", "turn")
    if isinstance(node, ast.Attribute):
        return node.attr in ("word", "traces")
    literal = ast.JoinedStr | ast.List | ast.Tuple | ast.Dict | ast.Set | ast.ListComp
    return isinstance(node, literal) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


def _is_plain(node: ast.AST) -> bool:
    """Whether a comparison with this is no formula: None, strings, types and layouts."""
    if isinstance(node, ast.Constant):
        return node.value is None or isinstance(node.value, str | bool)
    return _name(node) in ("dtype", "ndim", "shape", "name", "float64", "F64", "EXACT", "is_diagonal")
