"""What Jinja itself makes of templates in the environment of Hugging Face, a judge of ours.

    python3 render.py CASES RESULTS

CASES has {"template": text, "variables": object} a line; RESULTS gets {"text": …} or {"error": …} a line.
"""
import functools
import json
import sys

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(jinja2.ext.Extension):
    """The tags around what the model is to say; here they only go."""

    tags = {"generation"}

    def parse(self, parser):
        next(parser.stream)
        return parser.parse_statements(["name:endgeneration"], drop_needle=True)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


environment = ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols, Generation]
)
environment.filters["tojson"] = to_json
environment.globals["raise_exception"] = raise_exception


@functools.cache
def compiled(template):
    return environment.from_string(template)


def render(case):
    try:
        return {"text": compiled(case["template"]).render(**case["variables"])}
    except Exception as failure:
        return {"error": str(failure)}


with open(sys.argv[1], encoding="utf-8") as cases, open(sys.argv[2], "w", encoding="utf-8") as results:
    for line in cases:
        print(json.dumps(render(json.loads(line))), file=results)
