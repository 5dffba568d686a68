"""What a browser receives: templates, CSS, ES modules, and the few lines that render them.

Imports none of our rooms. `render.py` says what each template needs; `assets.py` how static files are served.
"""
