"""The calls about contacts, as the API's document describes them."""

from collections.abc import Mapping

from server.desk.bulk import Bulk, BulkDone
from server.desk.bulk_undo import Undone
from server.desk.contact_lines import Duplicates
from server.desk.contact_views import ReadContactShape
from server.desk.contacts import ContactChanges, NewContact
from server.desk.importing import CheckedImport, ImportShape
from server.desk.live_filters import LiveFilterChanges, LiveFilterShape, NewLiveFilter
from server.domain.wanted import Sort
from server.endpoints.contact_files import CSV
from server.endpoints.contacts import ColleagueList, ConsentList, ContactActivity, ContactConversations, ContactList, OptOut, TagList
from server.endpoints.conversations import Nothing
from server.endpoints.live_filters import LiveFilterList, MemberList
from server.endpoints.operation import LIMIT, PAGED, Asked, Operation
from server.endpoints.spreadsheet import TYPE

C = "/api/v1/contacts"
F = "/api/v1/live-filters"
CONTACTS = "Contacts"
FILTERS = "Live filters"

WANTED = (
    Asked("q", str, "Part of a name, of a number in any format, or of an e-mail address."),
    Asked("ready", bool, "Only those that are ready, or not."),
    Asked("tag", str, "Only those with this tag."),
    Asked("live_filter", str, "Only those in this live filter."),
    Asked("ids", str, "Only these, with commas between them; at most 200."),
)

CONTACT_CALLS: Mapping[str, Operation] = {
    f"GET {C}": Operation(
        CONTACTS,
        "By name, or recent: the latest conversation first.",
        ContactList,
        asks=(*WANTED, Asked("sort", Sort, "In which order.", "name"), *PAGED),
    ),
    f"POST {C}": Operation(CONTACTS, "Make a contact.", ReadContactShape, 201, NewContact, refuses=("already_exists",)),
    f"GET {C}/{{id}}": Operation(CONTACTS, "One contact.", ReadContactShape),
    f"PATCH {C}/{{id}}": Operation(
        CONTACTS,
        "What is absent stays. A number that a conversation is held with stays too.",
        ReadContactShape,
        takes=ContactChanges,
        refuses=("already_exists", "has_conversation"),
    ),
    f"DELETE {C}/{{id}}": Operation(
        CONTACTS, "Remove a contact with whom there is no conversation.", None, 204, refuses=("has_conversation",), who="manager"
    ),
    f"POST {C}/import": Operation(
        CONTACTS,
        "Take contacts over from a CSV file in UTF-8 whose first line names the columns. A line whose number a contact has already changes "
        "that contact. The import goes on by itself.",
        CheckedImport,
        asks=(
            Asked("dry_run", bool, "Change nothing, and say what would become of each line.", True),
            Asked("duplicates", Duplicates, "What becomes of a line whose number a contact has already.", "update"),
            Asked(
                "mapping",
                str,
                "JSON: what each column means, by its header: name, phone, mobile, landline, other, email, ready, tags, timezone, "
                "field:<name> or ignore. Guessed from the headers without it.",
            ),
        ),
        who="manager",
        reads=CSV,
        also=(202, "The import goes on."),
        also_gives=ImportShape,
    ),
    f"GET {C}/imports/{{id}}": Operation(CONTACTS, "How far an import is.", ImportShape, who="manager"),
    f"GET {C}/imports/{{id}}/rejected": Operation(
        CONTACTS,
        "The lines that an import or a dry run rejected, as CSV, each with why.",
        refuses=("too_many_requests",),
        who="manager",
        serves=(TYPE,),
    ),
    f"GET {C}/export": Operation(
        CONTACTS,
        "The contacts as CSV for spreadsheets: what one would run is preceded by ', phone numbers too.",
        asks=WANTED,
        refuses=("not_found", "too_many_requests"),
        who="manager",
        serves=(TYPE,),
    ),
    f"GET {C}/export/raw": Operation(
        CONTACTS,
        "The contacts as CSV for machines, every cell as it is. Never open it in a spreadsheet: contacts can put formulas into it.",
        asks=WANTED,
        refuses=("not_found", "too_many_requests"),
        who="manager",
        serves=(TYPE,),
    ),
    f"POST {C}/bulk": Operation(
        CONTACTS,
        "Do one thing to many contacts, some of them in each transaction; a dry run says how many it would be.",
        BulkDone,
        takes=Bulk,
        refuses=("not_found",),
        who="manager",
    ),
    f"POST {C}/bulk/{{id}}/undo": Operation(
        CONTACTS,
        "Take it back within a minute: what is still as it was left becomes what it was before.",
        Undone,
        takes=Nothing,
        refuses=("too_late",),
        who="manager",
    ),
    f"GET {C}/{{id}}/activity": Operation(CONTACTS, "The last 100 events of the contact itself, newest first.", ContactActivity),
    f"GET {C}/{{id}}/conversations": Operation(
        CONTACTS, "Its conversations, one for each phone that was texted with, newest activity first.", ContactConversations
    ),
    f"PUT {C}/{{id}}/opt-out": Operation(CONTACTS, "Opt one of the contact's numbers out by hand.", ReadContactShape, takes=OptOut),
    f"GET {C}/{{id}}/consent": Operation(CONTACTS, "The consent ledger of the contact's numbers, oldest first.", ConsentList),
    f"GET {F}": Operation(
        FILTERS,
        "The live filters, in the order in which they were made.",
        LiveFilterList,
        asks=(Asked("contact", str, "Only those that this contact is in."), *PAGED),
    ),
    f"POST {F}": Operation(
        FILTERS,
        "Make a live filter. All its conditions must hold; it looks at every contact before it is answered, and moves with every change "
        "from then on.",
        LiveFilterShape,
        201,
        NewLiveFilter,
        refuses=("already_exists",),
        who="manager",
    ),
    f"GET {F}/{{id}}": Operation(FILTERS, "One live filter.", LiveFilterShape),
    f"PATCH {F}/{{id}}": Operation(
        FILTERS,
        "Change its name, or its rule as a whole.",
        LiveFilterShape,
        takes=LiveFilterChanges,
        refuses=("already_exists",),
        who="manager",
    ),
    f"DELETE {F}/{{id}}": Operation(FILTERS, "Remove a live filter; its contacts stay.", None, 204, who="manager"),
    f"GET {F}/{{id}}/contacts": Operation(
        FILTERS,
        "Who is in it, in the order in which the contacts were made: what a dialer reads.",
        MemberList,
        asks=(LIMIT, Asked("after", str, "The `next` of the page before.")),
        refuses=("not_found",),
    ),
    "GET /api/v1/tags": Operation(CONTACTS, "Every tag of the account's contacts, and how many have it.", TagList),
    "GET /api/v1/colleagues": Operation("Account", "Whom a conversation can be handed to, by name.", ColleagueList, asks=PAGED),
}
