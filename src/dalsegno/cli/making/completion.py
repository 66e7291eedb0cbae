"""`dalsegno completion SHELL`: a script with which the shell completes commands, options, files, recipes and models.

shtab (github.com/tqdm/shtab), which DVC has for the same purpose, writes the script from the parsers of all commands. So the
shell starts no Python at a press of the key, and `dalsegno` itself stays as quick as it is.
"""

import argparse
import importlib

import shtab

from dalsegno.cli import main

SHELLS = ("bash", "zsh", "fish")
KEYS = "for d in runs/*/* data/final/*; do ls -d $d/model.pt $d/model.npz 2>/dev/null; done | sed 's#/model.*##; s#^runs/##; s#^data/##'"
"""Shell: the models that are stored here, by key."""
NAMES = "ls recipes/*.yaml 2>/dev/null | sed 's#.*/##; s#.yaml$##'"
"""Shell: the recipes."""
PREAMBLE = {
    "bash": f"""
_dalsegno_models() {{ compgen -W "$({KEYS})" -- "$1"; compgen -f -- "$1"; }}
_dalsegno_recipes() {{ compgen -W "$({NAMES})" -- "$1"; }}
""",
    "zsh": f"""
_dalsegno_models() {{ compadd -- ${{(f)"$({KEYS})"}}; _files }}
_dalsegno_recipes() {{ compadd -- ${{(f)"$({NAMES})"}} }}
""",
    "fish": f"""
function _dalsegno_models; bash -c "{KEYS.replace("$", chr(92) + "$")}"; __fish_complete_path (commandline -ct); end
function _dalsegno_recipes; bash -c "{NAMES.replace("$", chr(92) + "$")}"; end
""",
}
COMPLETED = {
    "MODEL": dict.fromkeys(SHELLS[:2], "_dalsegno_models") | {"fish": "(_dalsegno_models)"},
    "RECIPE": dict.fromkeys(SHELLS[:2], "_dalsegno_recipes") | {"fish": "(_dalsegno_recipes)"},
    "FILE": shtab.FILE,
    "FOLDER": shtab.DIRECTORY,
    "FILE|FOLDER": shtab.FILE,
}
"""How an argument is completed, by the word that stands for it in the help."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The shell, and where its scripts lie."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = """\
bash:  dalsegno completion bash > ~/.local/share/bash-completion/completions/dalsegno
zsh:   dalsegno completion zsh > ~/.zfunc/_dalsegno     (with fpath+=~/.zfunc above compinit in ~/.zshrc)
fish:  dalsegno completion fish > ~/.config/fish/completions/dalsegno.fish"""
    parser.add_argument("shell", choices=SHELLS)


def run(arguments: argparse.Namespace) -> None:
    """Print the script."""
    print(shtab.complete(_parser(), shell=arguments.shell, preamble=PREAMBLE[arguments.shell]))


def _parser() -> argparse.ArgumentParser:
    """The parsers of all commands in one."""
    whole = argparse.ArgumentParser(prog="dalsegno")
    commands = whole.add_subparsers()
    for word, (folder, about) in main.COMMANDS.items():
        parser = commands.add_parser(word, help=about)
        importlib.import_module(f"dalsegno.cli.{folder}.{word.replace('-', '_')}").add_arguments(parser)
        _complete(parser)
    return whole


def _complete(parser: argparse.ArgumentParser) -> None:
    """Say of each argument how it is completed."""
    for action in parser._actions:
        for inner in action.choices.values() if isinstance(action, argparse._SubParsersAction) else ():
            _complete(inner)
        how = COMPLETED.get(str(action.metavar or action.dest).upper())
        if how and not action.choices:
            setattr(action, "complete", how)  # noqa: B010 (shtab's own attribute)
