"""The application: everything that knows what a text or an agent is. It stands on `channels` and `web`, which know
nothing of it; inside, imports go down only: app, timer, sender and cli; endpoints, live and parts; desk; store and
carriers; domain; settings, clock, ids, log and failpoints."""
