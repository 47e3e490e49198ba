"""Refuses wrong answers in one sentence; cookiecutter then removes what it made. local/scaffold/answers.ts says the same."""
import re
import sys

NAME = {{ cookiecutter.name|tojson }}
CAPABILITIES = {{ cookiecutter.capabilities|tojson }}
TEXTS = {"vendor": {{ cookiecutter.vendor|tojson }}, "owner": {{ cookiecutter.owner|tojson }}}
DOCS_URL = {{ cookiecutter.docs_url|tojson }}


def wrong():
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", NAME) or len(NAME) > 30:
        return f'"{NAME}" is no name for an integration: use lower-case letters and digits, words joined by single dashes, 30 at most.'
    if NAME in ("signals", "scheduler", "optimiser", "verifier"):
        return f'"{NAME}" is the name of one of the platform\'s own functions: choose another.'
    if CAPABILITIES not in ("reads", "charger", "car", "heat"):
        return f'"{CAPABILITIES}" is no set of capabilities: choose reads, charger, car or heat.'
    for key, text in TEXTS.items():
        if not re.fullmatch(r"[^\"\\{}\r\n]{1,60}", text):
            return f'The {key} must be 1 to 60 characters without quotes, backslashes and braces.'
    if not re.fullmatch(r"https?://[^\s\"\\{}]{1,80}", DOCS_URL):
        return f'"{DOCS_URL}" is no address of documentation: it starts with https:// and has 90 characters at most.'
    return None


if wrong():
    sys.exit(wrong())
