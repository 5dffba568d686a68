"""What one writes first: a Django view that verifies Twilio's signature and saves contact, conversation, message and event by the ORM, each
request in a transaction of its own. The same durability: WAL, `synchronous=FULL`.

gunicorn, one process with threads, as its documentation has it for connections that are kept. `python django_texts.py migrate` makes the
tables. The environment has DATABASE, a file, TOKEN, what Twilio signs with, and ADDRESS, what it signs.
"""

import base64
import hmac
import os
import sys
import time

from django.apps import AppConfig
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path

NAME = "texts"
TOKEN, ADDRESS = os.environ["TOKEN"].encode(), os.environ["ADDRESS"]
PRAGMAS = "pragma journal_mode=wal; pragma synchronous=full;"

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="django_texts",
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    INSTALLED_APPS=["django_texts.Texts"],
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["DATABASE"],
            "CONN_MAX_AGE": None,
            "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE", "init_command": PRAGMAS},
        }
    },
)
sys.modules.setdefault("django_texts", sys.modules[__name__])


class Texts(AppConfig):
    name = "django_texts"
    label = NAME
    path = os.path.dirname(os.path.abspath(__file__))


import django  # noqa: E402

django.setup()

from django.db import connection, models, transaction  # noqa: E402


class Contact(models.Model):
    phone = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)

    class Meta:
        app_label = NAME


class Conversation(models.Model):
    contact = models.OneToOneField(Contact, models.CASCADE)
    seq = models.BigIntegerField(default=0)
    waiting_since = models.BigIntegerField(null=True, db_index=True)
    active_at = models.BigIntegerField(default=0, db_index=True)

    class Meta:
        app_label = NAME


class Message(models.Model):
    conversation = models.ForeignKey(Conversation, models.CASCADE)
    seq = models.BigIntegerField()
    carrier_ref = models.CharField(max_length=64, unique=True)
    body = models.TextField()
    created_at = models.BigIntegerField()

    class Meta:
        app_label = NAME
        constraints = (models.UniqueConstraint(fields=["conversation", "seq"], name="message_seq"),)


class Event(models.Model):
    conversation = models.ForeignKey(Conversation, models.CASCADE)
    seq = models.BigIntegerField()
    type = models.CharField(max_length=40)
    data = models.JSONField()

    class Meta:
        app_label = NAME


def texts(request: HttpRequest) -> HttpResponse:
    fields = request.POST
    signed = ADDRESS + "".join(name + value for name, value in sorted(fields.items()))
    mac = base64.b64encode(hmac.digest(TOKEN, signed.encode(), "sha1")).decode()
    if not hmac.compare_digest(mac, request.headers.get("X-Twilio-Signature", "")):
        return HttpResponse(status=403)
    at = time.time_ns() // 1000
    with transaction.atomic():
        if not Message.objects.filter(carrier_ref=fields["MessageSid"]).exists():
            contact, _ = Contact.objects.get_or_create(phone=fields["From"], defaults={"name": fields["From"]})
            conversation, _ = Conversation.objects.get_or_create(contact=contact)
            conversation.seq += 1
            conversation.active_at = at
            conversation.waiting_since = conversation.waiting_since or at
            conversation.save()
            message = Message.objects.create(
                conversation=conversation, seq=conversation.seq, carrier_ref=fields["MessageSid"], body=fields["Body"], created_at=at
            )
            data = {"message": {"id": message.id, "body": message.body}, "conversation": {"id": conversation.id, "seq": conversation.seq}}
            Event.objects.create(conversation=conversation, seq=conversation.seq, type="message.received", data=data)
    return HttpResponse('<?xml version="1.0" encoding="UTF-8"?><Response/>', content_type="text/xml")


urlpatterns = [path(ADDRESS.partition("://")[2].partition("/")[2], texts)]
application = WSGIHandler()

if __name__ == "__main__":
    with connection.schema_editor() as editor:
        for model in (Contact, Conversation, Message, Event):
            editor.create_model(model)
