#!/usr/bin/env python3
"""The options of `podman run` that a service of a compose file stands for, one a line, so that a
test starts what owners start. A key that is not translated here is an error, not left out.

    compose_options.py COMPOSE_FILE SERVICE
"""

import os
import re
import sys

import yaml


def interpolate(text):
    """${NAME}, ${NAME:-default} of the environment; $$ is a dollar."""

    def value(match):
        if match[0] == "$$":
            return "$"
        return os.environ.get(match[1]) or match[2] or ""

    return re.sub(r"\$\$|\$\{(\w+)(?::-([^}]*))?\}", value, text)


def strings(node):
    if isinstance(node, dict):
        return {key: strings(value) for key, value in node.items()}
    if isinstance(node, list):
        return [strings(value) for value in node]
    return interpolate(node) if isinstance(node, str) else node


def repeated(option):
    return lambda values, _: [f"--{option}={value}" for value in values]


def single(option):
    return lambda value, _: [f"--{option}={value}"]


def environment(values, _):
    return [f"--env={key}={value}" for key, value in values.items()]


def volumes(values, file):
    """A directory is relative to the compose file; a name is a volume of the project."""
    options = []
    for value in values:
        source, rest = value.split(":", 1)
        if source.startswith("."):
            source = os.path.join(os.path.dirname(os.path.abspath(file)), source)
        elif not source.startswith("/"):
            source = f"av1d_{source}"
        options.append(f"--volume={source}:{rest}")
    return options


def ignored(_, __):
    return []


# What has no meaning for a single run: how the image is made, and what a manager does later.
TRANSLATIONS = {
    "build": ignored,
    "image": ignored,
    "restart": ignored,
    "cap_add": repeated("cap-add"),
    "cap_drop": repeated("cap-drop"),
    "container_name": single("name"),
    "cpu_shares": ignored,
    "environment": environment,
    "network_mode": single("network"),
    "pull_policy": ignored,
    "read_only": lambda value, _: ["--read-only", "--read-only-tmpfs=false"] if value else [],
    "security_opt": lambda values, _: [f"--security-opt={value.replace(':true', '')}" for value in values],
    "stop_grace_period": lambda value, _: [f"--stop-timeout={int(value.removesuffix('s'))}"],
    "tmpfs": repeated("tmpfs"),
    "volumes": volumes,
}


def main(file, service):
    with open(file, encoding="utf-8") as stream:
        keys = strings(yaml.safe_load(stream))["services"][service]
    for key, value in keys.items():
        if key not in TRANSLATIONS:
            sys.exit(f"{file}: {service}: the key '{key}' has no translation in compose_options.py")
        for option in TRANSLATIONS[key](value, file):
            print(option)


main(*sys.argv[1:])
