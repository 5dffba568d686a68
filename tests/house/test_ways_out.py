"""Every place that lets a text leave is known, and the gate's test takes it: a new one fails here until it does."""

import ast
import re

from tests.desk.test_gate import Gate
from tests.house.tree import files, name, text

WAYS = {
    "server/desk/outbound.py: queued": ("write", "text"),
    "server/desk/outbound.py: leave": ("decide_about", "pass_time"),
    "server/desk/send.py: _send": ("write",),
    "server/desk/consent.py: _automatic": ("text",),
    "server/desk/consent.py: keep": ("review", "text"),
    "server/desk/scheduled.py: send_now": ("decide_about",),
    "server/desk/scheduled.py: _let_go": ("pass_time",),
    "server/desk/dispatch.py: record": ("hand",),
    "server/desk/quiet_hours.py: hold": ("quiet", "write"),
    "server/desk/quiet_hours.py: _look": ("quiet",),
    "server/sender.py: hand_over": ("hand",),
}
"""Where a text enters the outbox, is put back into it, or is given to a carrier; and the steps of the gate's test that go there."""
MAKERS = {"queued", "scheduled", "leave"}
OTHERS_OUTBOX = {"server/desk/deliveries.py", "server/desk/notify.py", "server/store/webhook_deliveries.py"}
"""The webhooks' own, in which no text is."""


def lets_leave(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Name) and called.id in MAKERS:
        return True
    if isinstance(called, ast.Attribute) and called.attr == "send" and isinstance(called.value, ast.Subscript):
        return True
    return any(
        keyword.arg == "next_at" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is None)
        for keyword in node.keywords
    )


def ways_in(path: str, source: str) -> set[str]:
    """The functions, the outermost of each module or class, that let a text leave."""
    found = set()
    tree = ast.parse(source)
    outermost = [each for node in tree.body for each in (node.body if isinstance(node, ast.ClassDef) else [node])]
    for function in outermost:
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and any(lets_leave(node) for node in ast.walk(function)):
            found.add(f"{path}: {function.name}")
    return found


def test_every_way_out_is_listed_and_taken_by_a_step_of_the_gates_test() -> None:
    found: set[str] = set()
    for path in files(".py"):
        module = name(path)
        if module.startswith("server/") and module != "server/store/messages.py" and module not in OTHERS_OUTBOX:
            found |= ways_in(module, text(path))
    assert found == set(WAYS)
    assert {step for steps in WAYS.values() for step in steps} <= set(dir(Gate))


def test_only_the_messages_own_module_writes_whether_and_when_a_text_may_leave() -> None:
    update = re.compile(r"update messages set (.*?) where", re.DOTALL)
    writers = {name(path): update.findall(text(path)) for path in files(".py") if name(path).startswith("server/")}
    decides = re.compile(r"\b(state|next_at|lease_until)\b")
    assert {module for module, sets in writers.items() if any(decides.search(each) for each in sets)} <= {"server/store/messages.py"}
    assert any(writers.values()), "it finds statements"
