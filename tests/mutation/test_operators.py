"""The operators of the mutation run: every mutant is another program, and the ones a formula needs are there."""

import ast

import pytest

from tests.mutation.operators import mutations
from tests.mutation.report import equivalents, markdown
from tests.mutation.sample import all_mutants, reason_left_out, sample

TOY = '''"""A toy: Γ = (1 + 1/n) Λ, x[0] + 1."""
LIMIT = 10


def formula(A, B, n: int = 3, *, kappa: tuple[int, ...] = ()) -> float:
    """Return a number, 1 + 1."""
    if n < 1:
        raise ValueError(f"n = {n + 1}")
    total = (A @ B.T)[0, -1] * (1 + 1 / n)  # Γ
    for k in range(1, n):
        total -= min(k, A[k]) ** k
    return total if n < 5 else A[1:n].max()
'''

CHANGES = {
    "add to subtract": "(1 - 1 / n)",
    "subtract to add": "total += min(k, A[k]) ** k",
    "multiply to divide": "[0, -1] / (1",
    "divide to multiply": "(1 + 1 * n)",
    "drop term": "[0, -1] * (1)",
    "drop factor": "total = (1 + 1 / n)",
    "constant": "(2 + 1 / n)",
    "count up": "(1 + 1 / (n + 1))",
    "power": "** (k + 1)",
    "drop transpose": "(A @ B)[0, -1]",
    "swap matrix product": "(B.T @ A)",
    "index shift": "[1, -1]",
    "slice bound": "A[1:n - 1]",
    "range bound": "range(1, n - 1)",
    "min and max": "max(k, A[k])",
    "comparison": "n <= 5",
    "swap cases": "(A[1:n].max() if (n < 5) else total)",
}


def mutants(source=TOY):
    return [(mutation, mutation.apply(source)) for mutation in mutations(source)]


def test_no_mutant_is_the_same_program_or_another_mutant():
    programs = [ast.dump(ast.parse(text)) for _, text in mutants()]
    assert ast.dump(ast.parse(TOY)) not in programs
    assert len(set(programs)) == len(programs) > 30


@pytest.mark.parametrize("operator", CHANGES)
def test_every_operator_makes_the_change_it_is_named_for(operator):
    assert any(mutation.operator == operator and CHANGES[operator] in text for mutation, text in mutants())


def test_every_operator_of_the_toy_is_listed():
    assert {mutation.operator for mutation, _ in mutants()} - {"swap difference", "drop sign"} <= set(CHANGES)


@pytest.mark.parametrize("line", [1, 2, 5, 6, 7, 8])
def test_documents_limits_types_defaults_and_refusals_are_left_alone(line):
    assert all(mutation.line != line for mutation, _ in mutants())
    assert all(text.splitlines()[line - 1] == TOY.splitlines()[line - 1] for _, text in mutants())


@pytest.mark.parametrize(
    ("text", "operator", "new"),
    [
        ("-x", "drop sign", "(x)"),
        ("a - (b - c)", "swap difference", "(b - c) - a"),
        ("a - (b - c)", "subtract to add", "a + (b - c)"),
        ("a | b", "or to and", "a & b"),
        ("a and b", "or to and", "a or b"),
        ("not a", "negate condition", "(a)"),
        ("comb(k, i)", "count up", "comb((k + 1), i)"),
        ("transposed(w)", "drop transpose", "(w)"),
        ("number(setup.n) * y", "count up", "number((setup.n + 1)) * y"),
        ("π * α  # Γ", "multiply to divide", "π / α"),
    ],
)
def test_one_expression(text, operator, new):
    source = f"def f():\n    return ({text}\n    )\n"
    wanted = ast.dump(ast.parse(f"def f():\n    return ({new})\n"))
    found = [ast.dump(ast.parse(changed)) for mutation, changed in mutants(source) if mutation.operator == operator]
    assert wanted in found


@pytest.mark.parametrize(
    "text",
    ['"a" + "b"', "[1] + x if x is None else ()", 'f"{1 + n}"', 'refuse("n", n + 1)', "np.zeros(3).reshape(-1)"],
)
def test_text_lists_messages_and_layout_are_no_arithmetic(text):
    operators = {mutation.operator for mutation in mutations(f"def f():\n    return {text}\n")}
    assert not operators & {"add to subtract", "drop term", "swap cases", "drop sign", "comparison"}


def test_lines_before_and_after():
    mutation = next(found for found in mutations(TOY) if found.operator == "divide to multiply")
    before, after = mutation.lines(TOY)
    assert before == "total = (A @ B.T)[0, -1] * (1 + 1 / n) # Γ"
    assert after == before.replace("/", "*")


@pytest.fixture
def tree(tmp_path):
    for name in ("gamma/closed_form.py", "gamma/rational_cost.py", "cot/recursion.py", "hardness.py"):
        path = tmp_path / "theorycalc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TOY)
    return tmp_path


def test_the_sample_is_stratified_stable_and_names_are_unique(tree):
    everything = all_mutants(tree)
    assert len({mutant.name for mutant in everything}) == len(everything)
    assert {mutant.area for mutant in everything} == {"gamma", "cot", "hardness"}
    small, large = sample(everything, 30, 1), sample(everything, 60, 1)
    assert small == sample(everything, 30, 1) != sample(everything, 30, 2)
    assert set(small) <= set(large)
    assert [sum(mutant.area == area for mutant in small) for area in ("gamma", "cot", "hardness")] == [10, 10, 10]
    assert len({mutant.mutation.operator for mutant in small if mutant.area == "cot"}) == 10
    assert sample(everything, 10**6, 1) == everything


def test_what_is_left_out_says_why():
    assert reason_left_out("theorycalc/gamma/rational_cost.py", "inverse") == "cost of exact arithmetic"
    assert reason_left_out("theorycalc/gamma/closed_form.py", "gamma_pair") is None


def test_the_page_counts_what_the_rows_say(tree):
    three = all_mutants(tree)[:3]
    ends = [("killed", "mirrored tests"), ("timeout", "ledger"), ("survived", "")]
    rows = {
        mutant.name: {"status": status, "stage": stage} for mutant, (status, stage) in zip(three, ends, strict=True)
    }
    page = markdown(three, rows, {three[0].name: rows[three[0].name]}, "abc")
    assert "3 of 3 mutants tried: 2 killed, 0 argued equivalent, 1 survived. **66.7 %" in page
    assert f"`{three[2].name}`" in page
    assert "1 of 1 killed" in page


def test_every_argued_survivor_is_in_a_formula_module():
    assert all(file.startswith("theorycalc/") and len(why) > 20 for (file, _, _), why in equivalents().items())


@pytest.mark.full
def test_five_wrong_attention_layers_are_noticed_and_tried_once(tmp_path, capfd):
    from tests.mutation.__main__ import main

    out, only = tmp_path / "out", "theorycalc/gamma/attention.py"
    arguments = ["--sample", "0", "--only", only, "--limit", "5", "--quick", "--workers", "2", "--out", str(out)]
    assert main(arguments) == 0
    page = (out / "report.md").read_text()
    assert "5 of 5 mutants tried: 5 killed, 0 argued equivalent, 0 survived. **100.0 %" in page
    lines = (out / "results.jsonl").read_text().splitlines()
    assert len(lines) == 5
    assert main(arguments) == 0
    assert (out / "results.jsonl").read_text().splitlines() == lines
    assert "0 runs to do" in capfd.readouterr().err
