"""Nchan, a module of nginx: one worker that keeps its channels in its own memory, which is the quickest way it has."""

from pathlib import Path

MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
"""Where Debian's package puts it."""
_NGINX = "/usr/sbin/nginx"
_SAYS = """\
load_module {module};
daemon off;
user root;
worker_processes 1;
worker_rlimit_nofile 16384;
pid {folder}/nchan.pid;
error_log {folder}/nchan.log error;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_buffer_size 64k;
    client_body_temp_path {folder}/nchan_body;
    proxy_temp_path {folder}/nchan_proxy;
    fastcgi_temp_path {folder}/nchan_fastcgi;
    uwsgi_temp_path {folder}/nchan_uwsgi;
    scgi_temp_path {folder}/nchan_scgi;
    nchan_shared_memory_size 256M;
    server {{
        listen 127.0.0.1:{port} backlog=2048;
        location = /tab {{
            nchan_subscriber websocket;
            nchan_channel_id $arg_rooms;
            nchan_channel_id_split_delimiter ",";
            nchan_subscriber_first_message newest;
        }}
        location = /room {{
            nchan_publisher http;
            nchan_channel_id $arg_name;
            nchan_message_timeout 5s;
            nchan_message_buffer_length 2;
        }}
    }}
}}
"""


def command(folder: Path, port: int) -> list[str | Path]:
    """Writes what nginx reads at its start; the words that start it."""
    file = folder / "nchan.conf"
    file.write_text(_SAYS.format(module=MODULE, folder=folder, port=port))
    return [_NGINX, "-p", folder, "-c", file]
