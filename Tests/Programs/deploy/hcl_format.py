"""The part of Terraform's canonical format that hands get wrong: equals signs of neighbouring arguments stand in a column.

Follows hclwrite's rules: a line that opens a bracket, a comment and an empty line end a run of neighbours.
"""
import re

ASSIGNMENT = re.compile(r'^(\s*)("[^"]*"|[\w.\-]+|\([^=]*\))\s*=(?!=|>)\s*(.*)$')


def formatted(text):
    """The text with its equals signs where `terraform fmt` puts them."""
    output, run = [], []

    def flush():
        width = max((len(name) for _, name, _ in run), default=0)
        output.extend(f"{indent}{name.ljust(width)} = {value}" for indent, name, value in run)
        run.clear()

    for line in text.split("\n"):
        code = re.sub(r'"(?:[^"\\]|\\.)*"', '""', line.split(" #")[0])
        match = None if line.lstrip().startswith("#") else ASSIGNMENT.match(line)
        is_closed = sum(map(code.count, "([{")) == sum(map(code.count, ")]}"))
        if match and is_closed and "<<" not in code:
            if run and run[0][0] != match[1]:
                flush()
            run.append(match.groups())
            continue
        flush()
        output.append(f"{match[1]}{match[2]} = {match[3]}" if match else line)
    flush()
    return "\n".join(output)
