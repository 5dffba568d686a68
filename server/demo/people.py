"""Who lives in the demo, and what they say."""

from collections.abc import Sequence

from server.domain.live_filter import Condition

MANAGER, AGENTS = "Mia", ("Ana", "Ben", "Dana", "Eli", "Noor")
EMAIL = f"{MANAGER.lower()}@acme.example"
"""The manager's, by which the demo's database is known."""
SUPPORT, OWN, BROKEN = "+12025550100", "+12025550101", "+12025550102"
"""The account's number, Ben's, and one whose texts the network refuses."""

CONTACTS = 200
FIRST_NAMES = "Maria Wei Omar Emma Noah Fatima Lucas Priya James Ingrid Sofia Ethan Aisha Kofi Nadia Liam Olivia Chidi Pavel Grace".split()
LAST_NAMES = (
    "Garcia Chen Haddad Novak Rossi Hassan Martin Kaya Olsen Petrov Mensah Reyes Walker Tanaka Silva Khan Moreau Okafor Berg Lopez".split()
)
CAMPAIGNS = (
    ("Spring campaign", (Condition("ready", "is", True), Condition("tag", "has", "spring"))),
    ("VIP", (Condition("tag", "has", "vip"), Condition("opted_out", "is", False))),
)
ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", None)
AREAS = ("202", "212", "303")

THREADS: Sequence[tuple[str, Sequence[str]]] = (
    # Who answers, then the lines: < from the contact, > from the agent, [ from the agent with a picture; a word alone is a deed.
    (
        "Ana",
        (
            "<Hi, can I move my appointment to Thursday?",
            ">Of course. Would 3 pm suit you?",
            "[Good, see you then. This is how to find us.",
            "<Yes, Thursday at 3 works for me",
            "noted",
            "settled",
        ),
    ),
    ("Ana", ("<What time do you open on Saturday?", ">We are open from 9 to 2 on Saturdays.", "<Perfect, thank you 🙏", "settled")),
    ("Ben", (">Hello, this is Ben from Acme. Your order is ready to be picked up.", "<Great, I will come by this afternoon", "settled")),
    ("Dana", ("<I never received the confirmation email", ">I have just sent it again. Did it arrive?", "<Got it now, thanks", "settled")),
    (
        "Ana",
        (
            "<Could you explain how the refund works?",
            ">Happy to. We refund the whole amount to the card that you paid with, which takes three to five working days after the "
            "parcel has reached us. You will get a text from us once it is on its way, and another one as soon as the bank has "
            "confirmed it. If you would rather have a voucher, tell us before Friday and we will send you the code at once.",
            "<That is clear, thanks",
            "settled",
        ),
    ),
    ("Ben", ("<How much is the deposit?", ">It is €50, paid when you book 🙂", "failed")),
    ("Dana", ("<STOP",)),
    ("Ana", (">Hello, this is Ana from Acme. Shall I hold the room for you?", "<No thanks, we found another one", "closed")),
    ("Ben", ("<Please call me after 5 pm, I am driving", "snoozed")),
    ("Dana", ("<Is my parcel on its way?", ">It left this morning.", "subscribed", "<Thank you both", "settled")),
)
NOTE = "@Ana the small room is taken on Thursday, I have put Maria into the blue one."
LATER = "Good morning. We open at 9 today, and I have put your order aside."
SAVED_REPLIES = (
    ("hours", "We are open from 9 to 6 on weekdays and from 9 to 2 on Saturdays."),
    ("address", "Hello {{contact.first_name}}, you find us at 12 Oak Street, next to the library."),
    ("thanks", "Thank you, {{contact.first_name}}. {{user.first_name}} from {{account.name}}"),
)
WAITING = (
    "Is there parking nearby?",
    "Can you send the quote again please?",
    "I would like to change my booking",
    "Do you deliver to Oak Street?",
)

QUESTIONS = (
    "Is the blue one still in stock?",
    "My parcel says delivered but it is not here",
    "Can I pay by bank transfer?",
    "What do I need to bring tomorrow?",
    "Could somebody call me back?",
    "I need to cancel Friday, sorry",
    "Do you have an opening this week?",
    "The link in the email does not work",
    "How long is the warranty?",
    "Can you add one more person to the booking?",
)
ANSWERS = (
    "Let me check for you.",
    "Yes, that works. I have put it down.",
    "I have sent it again just now.",
    "Done, you will get a confirmation by email.",
    "Somebody will call you within the hour.",
    "No problem, it is cancelled.",
    "Two years, with the receipt.",
    "We have Wednesday at 10 or Friday at 2.",
)

REPLIES: Sequence[Sequence[str]] = (
    ("Yes, Thursday at 3 works for me", "Great, see you then", "One more thing: can I bring a friend?", "Perfect, thank you"),
    ("Thanks, that helps", "Could you text me the address?", "Got it 👍"),
    ("I am on the train, one moment", "OK, that is fine by me", "Thank you so much"),
    ("Hm, is there anything earlier?", "Then I will take that one", "Bye for now"),
    ("Who is this?", "Ah, right. Yes please", "Thanks"),
    ("Sounds good", "How much would that be?", "Let us do it"),
)
"""What the first six contacts' phones answer, one line after another."""


def name_of(contact: int) -> str:
    return f"{FIRST_NAMES[contact % 20]} {LAST_NAMES[(contact * 7 + contact // 20) % 20]}"


def phone_of(contact: int) -> str:
    """Numbers that are kept for stories: 555 0110 to 0199, in a few areas."""
    return f"+1{AREAS[contact // 90]}55501{10 + contact % 90:02}"
