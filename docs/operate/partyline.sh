#!/bin/sh
# `partyline init`, `doctor`, `backup` and the others as the units run: as their user, with their settings, which root alone can read.
# For /usr/local/sbin/partyline, where systemd's units run; without it they would make and read an empty SQLite file in the folder they are run in.
exec systemd-run --quiet --wait --collect --pty --pipe --uid=partyline --working-directory=/var/lib/partyline \
    --setenv=HOME=/var/lib/partyline --setenv=PARTYLINE_VAR=/var/lib/partyline --property=EnvironmentFile=/etc/partyline/env \
    --property=UMask=0077 /opt/partyline/.venv/bin/partyline "$@"
