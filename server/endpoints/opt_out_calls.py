"""The calls about the list of opt-outs, as the API's document describes them."""

from collections.abc import Mapping

from server.desk.importing import CheckedImport, ImportShape
from server.endpoints.contact_files import CSV
from server.endpoints.operation import Asked, Operation
from server.endpoints.spreadsheet import TYPE

O = "/api/v1/opt-outs"  # noqa: E741
OPT_OUTS = "Opt-outs"

OPT_OUT_CALLS: Mapping[str, Operation] = {
    f"POST {O}/import": Operation(
        OPT_OUTS,
        "Opt out every number of a CSV file in UTF-8: one number a line, in other columns perhaps a reason and a date. Who is opted out "
        "already, or opted in again after the line's date, is skipped. The import goes on by itself.",
        CheckedImport,
        asks=(Asked("dry_run", bool, "Opt nobody out, and say what would become of each line.", True),),
        who="manager",
        reads=CSV,
        also=(202, "The import goes on."),
        also_gives=ImportShape,
    ),
    f"GET {O}/imports/{{id}}": Operation(OPT_OUTS, "How far an import is.", ImportShape, who="manager"),
    f"GET {O}/imports/{{id}}/rejected": Operation(
        OPT_OUTS,
        "The lines that an import or a dry run rejected, as CSV, each with why.",
        refuses=("too_many_requests",),
        who="manager",
        serves=(TYPE,),
    ),
    f"GET {O}/export": Operation(
        OPT_OUTS,
        "Every number that is opted out, as CSV for spreadsheets: what one would run is preceded by ', phone numbers too.",
        refuses=("too_many_requests",),
        who="manager",
        serves=(TYPE,),
    ),
}
