"""The lessons run, their exercises answer, and what their README says of them is what they compute."""

import re
import subprocess
import sys
from fractions import Fraction
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "examples"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
FILES = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
NOTEBOOKS = (3, 4, 7, 8, 9)
ANSWERS = ("5/2", "4/25", "2", "3/8", "41/16", "12", "3", "4", "14/149", "81/256", "5", "4")
# A script is read in one sitting, a notebook has cells around its code.
MOST_LINES = {"script": 115, "notebook": 165}


def prepared(name, path):
    """Return an empty module of a file, and what fills it."""
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    return module_from_spec(spec), spec.loader.exec_module


@cache
def load(number):
    """Import a lesson as ``python examples/NN_name.py`` finds it: with its folder on the path."""
    if str(FOLDER) not in sys.path:
        sys.path.insert(0, str(FOLDER))
    path = FILES[number - 1]
    if number in NOTEBOOKS:
        pytest.importorskip("marimo", reason="lessons with sliders need the extra notebooks")
    if number == 9:
        pytest.importorskip("sklearn", reason="lesson 9 needs the extra data")
    module, execute = prepared(f"lesson_{path.stem}", path)
    execute(module)
    return module


@cache
def shown(number):
    """Run a notebook as it opens; return what its cells define."""
    _, defined = load(number).app.run()
    return defined


def moved(number, **controls):
    """Run a notebook with other controls; return what its cells define."""
    _, defined = load(number).app.run(defs=controls)
    return defined


def row(number):
    """Return what the README says a lesson finds."""
    return next(line for line in README.splitlines() if line.startswith(f"| {number} |"))


def drawn(path):
    return path.stat().st_size > 10_000


@pytest.mark.parametrize("number", range(1, len(FILES) + 1))
class TestLesson:
    def test_the_card_tells_the_truth_and_the_readme_repeats_it(self, number):
        from proofs_check.claims import GROUPS

        path, lesson = FILES[number - 1], load(number).LESSON
        kind = "notebook" if number in NOTEBOOKS else "script"
        text = path.read_text(encoding="utf-8")
        assert ("marimo.App(" in text) == (kind == "notebook")
        assert len(text.splitlines()) <= MOST_LINES[kind]
        assert lesson.number == number == int(path.name[:2])
        assert all(0 < earlier < number for earlier in lesson.before)
        assert re.fullmatch(r"[A-Z][^.]*\.", lesson.goal)
        titles = {claim.id: claim.title for group in GROUPS for claim in group}
        card = lesson.card()
        for name in lesson.claims:
            assert re.search(rf"- {name} \([A-Z_]+\): {re.escape(titles[name])}\n?", card)
        claims = ", ".join(f"[{name}](../LEDGER.md#{name.lower()})" for name in lesson.claims)
        goal = lesson.goal[0].lower() + lesson.goal[1:-1]
        assert f"| [`{path.name}`]({path.name}) | {kind} | {lesson.minutes} | {claims} | {goal} |" in README

    def test_the_exercise_answers(self, number):
        exercise = load(number).LESSON.exercise
        answer = Fraction(ANSWERS[number - 1])
        assert exercise.solution() == answer
        assert exercise.check(ANSWERS[number - 1]).right
        assert exercise.give_up().startswith(str(answer))
        assert len({Fraction(slip.answer) for slip in exercise.slips} | {answer}) == len(exercise.slips) + 1
        for slip in exercise.slips:
            reply = exercise.check(slip.answer)
            assert not reply.right
            assert slip.reply in reply.text
        for wrong, word in ((answer + 1000, "large"), (-answer, "small")):
            reply = exercise.check(wrong)
            assert not reply.right
            assert f"too {word}" in reply.text
            assert exercise.hint in reply.text


def test_the_course_is_complete():
    lessons = [load(number).LESSON for number in range(1, len(FILES) + 1)]
    assert len(lessons) == len(ANSWERS) == 12
    assert f"It takes\n{sum(lesson.minutes for lesson in lessons)} minutes in all." in README


def test_a_missing_extra_is_one_line(monkeypatch):
    module, execute = prepared("course_without_extras", FOLDER / "course.py")
    monkeypatch.setattr(sys, "argv", ["12_your_own_theorem.py"])
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(
        SystemExit, match=r"12_your_own_theorem.py needs hypothesis: pip install 'theorycalc\[proofs\]'"
    ):
        execute(module)


def test_answers_are_read_with_patience():
    check = load(4).LESSON.exercise.check
    assert check(" 3 / 8 ").right
    assert check(0.375).right
    assert not check("0.374").right
    assert "exact" in check("0.374").text
    assert "−" not in check("−1").text.split()[0]
    for nonsense in ("three", "", "1/0", "nan"):
        assert "not a number" in check(nonsense).text


@pytest.mark.parametrize(
    ("number", "answer", "status", "word"), [(1, "5/2", 0, "Right"), (4, "1/4", 1, "population law")]
)
def test_a_lesson_runs_alone(number, answer, status, word):
    command = [sys.executable, str(FILES[number - 1]), "--answer", answer]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=FOLDER, check=False)
    assert run.returncode == status, run.stderr
    assert word in run.stdout
    assert not run.stderr


def test_a_program_shows_card_numbers_and_exercise(monkeypatch, capsys, tmp_path):
    module = load(1)
    monkeypatch.setattr(sys, "argv", [str(FILES[0]), str(tmp_path / "picture.png")])
    module.LESSON.run(module.main, module.show)
    text = capsys.readouterr().out
    assert text.startswith("Lesson 1. One prompt")
    assert "COT-01 (PROVED)" in text
    assert "Answer with: python examples/01_one_prompt.py --answer NUMBER" in text
    assert drawn(tmp_path / "picture.png")
    monkeypatch.setattr(sys, "argv", [str(FILES[0]), "--solution"])
    module.LESSON.run(module.main, module.show)
    assert capsys.readouterr().out.startswith("5/2. ")
    monkeypatch.setattr(sys, "argv", [str(FILES[0]), "picture.xyz"])
    with pytest.raises(SystemExit, match=r"picture\.xyz.*use one of"):
        module.LESSON.run(module.main, module.show)


def test_a_notebook_is_a_program_too(monkeypatch, capsys):
    load(8)
    monkeypatch.setattr(sys, "argv", [str(FILES[7])])
    load(8).app.run()
    text = capsys.readouterr().out
    assert text.startswith("Lesson 8. ")
    assert "The phase is overthinking" in text


def test_a_notebook_replies_to_a_typed_answer():
    import marimo as mo

    lesson = load(4).LESSON
    for answer, word in (("", "Write your answer"), ("1/4", "population law"), ("3/8", "Right: 3/8")):
        assert word in lesson.respond(answer).text
    _, defined = load(4).app.run(defs={"guess": mo.ui.text(value="5/16")})
    assert defined["guess"].value == "5/16"


def test_one_prompt(tmp_path):
    numbers = load(1).main(str(tmp_path / "picture.png"))
    assert drawn(tmp_path / "picture.png")
    assert numbers["layer"] == pytest.approx(numbers["formula"], abs=1e-14)
    assert numbers["least_squares"] == pytest.approx(numbers["w_star"], abs=1e-14)
    text, error = row(1), numbers["error"]
    assert "matrix of {} rows and {} columns".format(*numbers["shape"]) in text
    assert f"{error[1]:.3g} after one pass, and {error[4]:.3g} after four; at first it is {error[0]:.3g}" in text


def test_derive_gamma(tmp_path):
    numbers = load(2).main(str(tmp_path / "picture.png"))
    assert drawn(tmp_path / "picture.png")
    assert numbers["diagonal"] == numbers["by_hand"]
    assert numbers["residual"] == 0
    assert numbers["loss"] == numbers["minimal_loss"]
    assert len(numbers["steps"]) > 10
    assert numbers["descent_gap"] < 1e-10  # rate (1 − ½ p/p_max) per step, 200 steps
    text = row(2)
    assert ", ".join(map(str, numbers["diagonal"])) in text
    assert str(numbers["loss"]) in text


def test_thinking_is_newton(tmp_path):
    import theorycalc as tc

    module, found = load(3), shown(3)["found"]
    module.draw(found, str(tmp_path / "picture.png"))
    assert drawn(tmp_path / "picture.png")
    setup = tc.Setup([1, "1/4"], n=10, m=8)
    prompt = tc.montecarlo.draw_prompts(setup, 1, seed=0)
    chain = tc.iterate_cot(prompt.X[0], prompt.X[0].T @ prompt.w_star[0], setup, 12)
    assert found["w"] == pytest.approx(chain.w, abs=1e-13)
    assert f"the eigenvalues are {found['nu'][0]:.3g} and {found['nu'][1]:.3g}, and thinking converges" in row(3)
    newton = module.study(10, 8, 0, "newton")
    assert newton["error"][1] < 1e-25
    short = module.study(60, 2, 9)
    assert f"one is {short['nu'][1]:.3g}: it diverges" in row(3)
    assert "diverges" in short["said"]
    assert short["error"][12] > 100 * short["error"][0]


def test_error_and_its_rungs(tmp_path):
    import marimo as mo

    module, numbers = load(4), shown(4)["found"]
    module.draw(numbers, str(tmp_path / "picture.png"))
    assert drawn(tmp_path / "picture.png")
    last, text = numbers["last"], row(4)
    assert f"{last['population']:.2g} for m → ∞, {last['proportional']:.3g} in" in text
    assert f"{last['exact']:.3g} exactly. From k = {numbers['lost']} on" in text
    sliders = {name: mo.ui.slider(0, 1000, value=at) for name, at in (("n_slider", 40), ("m_slider", 1000))}
    longer = moved(4, alpha_slider=mo.ui.slider(0, 2, value=1), **sliders)["found"]
    assert f"with m = 1000 from k = {longer['lost']} on" in text
    assert longer["last"]["population"] == last["population"]
    assert longer["last"]["exact"] < last["exact"] / 1e4


def test_mean_and_typical(tmp_path):
    numbers = load(5).main(str(tmp_path / "picture.png"))
    assert drawn(tmp_path / "picture.png")
    assert numbers["population"] < numbers["proportional"] < numbers["exact"]
    text = row(5)
    assert f"{100 * numbers['share']:.2g} % overthink" in text
    assert f"median is {numbers['median']:.3g} and the mean {numbers['simulated_mean']:.3g}" in text
    assert f"± {numbers['stderr']:.2g}, rightly flagged as heavy-tailed from k = {numbers['heavy_tail'][0]} on" in text
    assert f"exact mean is {numbers['exact']:.3g}" in text


def test_think_longer(tmp_path):
    numbers = load(6).main(str(tmp_path / "picture.png"))
    assert drawn(tmp_path / "picture.png")
    text = row(6)
    assert f"n = {', '.join(map(str, numbers['long']))}." in text
    assert f"needs {', '.join(map(str, numbers['tied']))} for" in text
    assert all(later < before for before, later in pairwise(numbers["long"]))
    assert numbers["lost"].n is None


def test_when_thinking_hurts(tmp_path):
    import marimo as mo

    module, opened = load(7), shown(7)["found"]
    module.draw(opened, str(tmp_path / "picture.png"))
    assert drawn(tmp_path / "picture.png")
    numbers = {5: module.study(1, 5), 8: opened, 40: module.study(1, 40)}
    text = row(7)
    assert ", ".join(str(answer["diverging"]) for answer in numbers.values()) in text
    assert ", ".join(str(answer["k_star"]) for answer in numbers.values()) in text
    assert f"{100 * numbers[8]['cure']:.2g} %" in text
    assert f"{100 * numbers[40]['cure']:.2g} %" in text
    controls = {"alpha_slider": mo.ui.slider(0, 2, value=1), "n_slider": mo.ui.slider(3, 60, value=8)}
    cured = moved(7, dose_slider=mo.ui.slider(0, 3, step=1, value=1), **controls)["found"]
    assert cured["diverging"] == 0
    assert cured["verdict"].threshold == 2  # the least dose leaves the worst skill critical, in rationals


def test_phases(tmp_path):
    import marimo as mo

    module, opened = load(8), shown(8)["found"]
    module.draw(opened, str(tmp_path / "picture.png"))
    assert drawn(tmp_path / "picture.png")
    assert opened["phase"].phase == "overthinking"
    assert f"the upper edge is {opened['upper']:.3g}" in row(8)
    assert f"from m = {opened['safe']} on" in row(8)
    assert module.study(1, 40, opened["safe"])["upper"] <= 2 < module.study(1, 40, opened["safe"] - 1)["upper"]
    sliders = {name: mo.ui.slider(0, 100, value=20) for name in ("n_slider", "m_slider")}
    assert moved(8, alpha_slider=mo.ui.slider(0, 2, value=0), **sliders)["found"]["phase"].phase == "polynomial"


def test_which_tasks(tmp_path):
    import marimo as mo

    module, opened = load(9), shown(9)["answer"]
    module.draw(opened, str(tmp_path / "picture.png"))
    assert drawn(tmp_path / "picture.png")
    assert opened["said"].splitlines()[0] in row(9)
    error, found = opened["error"], opened["found"]
    assert error["optimal"] <= error["selected"] < error["yours"] < error["uniform"]
    assert all(found.lower <= found.selection.weights + 0.02)
    assert all(found.upper >= found.selection.weights - 0.02)
    target = mo.ui.multiselect([str(digit) for digit in range(10)], value=[str(digit) for digit in range(10)])
    sliders = {"share_slider": mo.ui.slider(0, 1, value=1), "steps_slider": mo.ui.slider(1, 20, value=5)}
    everything = moved(9, target_choice=target, **sliders)["answer"]
    assert everything["error"]["yours"] == pytest.approx(everything["error"]["selected"], rel=1e-9)
    assert everything["error"]["uniform"] < error["uniform"] / 1e4


def test_train_or_think(tmp_path):
    numbers = load(10).main(str(tmp_path / "picture.png"))
    assert drawn(tmp_path / "picture.png")
    reached = {k: t for k, t in numbers["epochs"].items() if t >= 0}
    lists = [", ".join(map(str, values)) for values in (reached.values(), reached, numbers["epochs"].keys() - reached)]
    text = row(10)
    assert f"{lists[0]} steps of training suffice with k = {lists[1]} steps" in text
    assert f"none with k = {lists[2]}" in text
    assert f"{numbers['best']:.3g} after {numbers['best_epoch']} steps of training and {numbers['end']:.1e}" in text


def test_poster_panels(tmp_path):
    numbers = load(11).main(str(tmp_path / "picture.png"))
    assert drawn(tmp_path / "picture.png")
    text = row(11)
    assert all(f"{value:.2g}" in text for value in numbers["misfit"].values())
    for n, curves in numbers["b"].items():
        assert all(later < before for before, later in pairwise(curves["law for m → ∞"]))
        assert curves["exact mean"][12] > 1000
        best = int(curves["median"].argmin())
        assert best == 16 if n == 10 else f"{best} (n = {n})" in text


def test_your_own_theorem():
    numbers = load(12).main()
    assert numbers["true"] == "PROVED"
    assert numbers["false"].endswith("fails at (Setup(Lambda=[1], n=1, m=1), 1)")
