/* The limit: what one core does if nothing stands between Redis and the sockets but epoll.
 *
 *     loop PORT REDIS_PORT
 *
 * No sign-in, no rights, no envelopes. A tab says the names of its rooms, separated by blanks, and is answered "ready". Everything that one
 * read from Redis brings is gathered for each tab and written in one call.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define READ (4 << 20)
#define BUCKETS 16384
#define MOST 1024

static const char ACCEPT[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"; /* all keys are RFC 6455's example */

struct tab { int fd, open, count, waiting; struct iovec parts[MOST]; char in[8192]; size_t in_size; char *late; size_t late_size, late_sent; };
struct room { char *name; size_t size; struct tab **tabs; int count, room; struct room *next; };

static struct room *rooms[BUCKETS];
static struct tab **due; static int due_count;
static int poller, redis_fd;
static char *from_redis; static size_t redis_size;

static void die(const char *what) { perror(what); exit(1); }

static struct room *find(const char *name, size_t size, int make) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++) hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    struct room **at = &rooms[hash % BUCKETS];
    for (struct room *r = *at; r; r = r->next) if (r->size == size && !memcmp(r->name, name, size)) return r;
    if (!make) return 0;
    struct room *r = calloc(1, sizeof *r);
    r->name = strndup(name, size); r->size = size; r->next = *at; *at = r;
    dprintf(redis_fd, "*2\r\n$9\r\nSUBSCRIBE\r\n$%zu\r\n%s\r\n", size, r->name);
    return r;
}

static void join(struct tab *t, char *names) {
    for (char *name = strtok(names, " "); name; name = strtok(0, " ")) {
        struct room *r = find(name, strlen(name), 1);
        if (r->count == r->room) r->tabs = realloc(r->tabs, (r->room = r->room * 2 + 8) * sizeof *r->tabs);
        r->tabs[r->count++] = t;
    }
    if (send(t->fd, "\x81\x05ready", 7, MSG_NOSIGNAL) != 7) die("ready");
}

static void keep(struct tab *t, size_t sent) {
    size_t total = 0;
    for (int i = 0; i < t->count; i++) total += t->parts[i].iov_len;
    t->late = realloc(t->late, t->late_size + total - sent + 1);
    for (int i = 0; i < t->count; i++) {
        size_t n = t->parts[i].iov_len, skip = sent < n ? sent : n;
        sent -= skip;
        memcpy(t->late + t->late_size, (char *)t->parts[i].iov_base + skip, n - skip);
        t->late_size += n - skip;
    }
}

static void want_out(struct tab *t, int want) {
    struct epoll_event e = {.events = EPOLLIN | (want ? EPOLLOUT : 0), .data.ptr = t};
    epoll_ctl(poller, EPOLL_CTL_MOD, t->fd, &e);
    t->waiting = want;
}

static void flush(struct tab *t) {
    if (t->count && t->open) {
        ssize_t n = t->waiting ? 0 : writev(t->fd, t->parts, t->count);
        size_t total = 0;
        for (int i = 0; i < t->count; i++) total += t->parts[i].iov_len;
        if (n < 0) n = 0;
        if ((size_t)n < total) { keep(t, n); if (!t->waiting) want_out(t, 1); }
    }
    t->count = 0;
}

static void flush_late(struct tab *t) {
    ssize_t n = send(t->fd, t->late + t->late_sent, t->late_size - t->late_sent, MSG_NOSIGNAL);
    if (n > 0) t->late_sent += n;
    if (t->late_sent == t->late_size) { t->late_size = t->late_sent = 0; want_out(t, 0); }
}

/* The frame's header takes the place of what stood before the data in the answer of Redis: "$<length>\r\n" is long enough. */
static struct iovec framed(char *data, size_t size) {
    if (size < 126) { data -= 2; data[0] = 0x81; data[1] = size; return (struct iovec){data, size + 2}; }
    if (size > 65535) die("too long");
    data -= 4; data[0] = 0x81; data[1] = 126; data[2] = size >> 8; data[3] = size;
    return (struct iovec){data, size + 4};
}

static char *line_end(char *p, char *end) { return p < end ? memmem(p, end - p, "\r\n", 2) : 0; }

/* One bulk string: its place and size, and what follows; 0 if it is not all there. */
static char *bulk(char *p, char *end, char **data, size_t *size) {
    char *stop = line_end(p, end);
    if (!stop) return 0;
    *size = strtoul(p + 1, 0, 10); *data = stop + 2;
    return stop + 2 + *size + 2 <= end ? stop + 2 + *size + 2 : 0;
}

static void heard(void) {
    ssize_t n = read(redis_fd, from_redis + redis_size, READ - redis_size);
    if (n <= 0) { if (n < 0 && errno == EAGAIN) return; die("redis"); }
    redis_size += n;
    char *p = from_redis, *end = from_redis + redis_size;
    while (p < end && *p == '*') {
        char *kind, *name, *data, *q = line_end(p, end); size_t kinds, names, size;
        if (!q || !(q = bulk(q + 2, end, &kind, &kinds)) || !(q = bulk(q, end, &name, &names))) break;
        if (kinds != 7) { if (!(q = line_end(q, end))) break; p = q + 2; continue; }
        if (!(q = bulk(q, end, &data, &size))) break;
        struct room *r = find(name, names, 0);
        if (r) {
            struct iovec frame = framed(data, size);
            for (int i = 0; i < r->count; i++) {
                struct tab *t = r->tabs[i];
                if (!t->count) due[due_count++] = t;
                t->parts[t->count++] = frame;
                if (t->count == MOST) { flush(t); due_count -= due[due_count - 1] == t; }
            }
        }
        p = q;
    }
    for (int i = 0; i < due_count; i++) flush(due[i]);
    due_count = 0;
    redis_size = end - p;
    memmove(from_redis, p, redis_size);
}

static void gone(struct tab *t) { close(t->fd); t->open = 0; }

static void spoken(struct tab *t) {
    ssize_t n = read(t->fd, t->in + t->in_size, sizeof t->in - 1 - t->in_size);
    if (n <= 0) { if (n == 0 || errno != EAGAIN) gone(t); return; }
    t->in_size += n; t->in[t->in_size] = 0;
    if (t->open == 1) {
        char *end = strstr(t->in, "\r\n\r\n");
        if (!end) return;
        if (send(t->fd, ACCEPT, sizeof ACCEPT - 1, MSG_NOSIGNAL) < 0) die("accept");
        t->open = 2; t->in_size = 0;
        return;
    }
    unsigned char *h = (unsigned char *)t->in; size_t size = h[1] & 127, at = 2;
    if (t->in_size < 2) return;
    if (size == 126) { size = h[2] << 8 | h[3]; at = 4; }
    if (t->in_size < at + 4 + size) return;
    for (size_t i = 0; i < size; i++) t->in[at + 4 + i] ^= t->in[at + i % 4];
    t->in[at + 4 + size] = 0; t->in_size = 0;
    if ((h[0] & 15) == 1) join(t, t->in + at + 4);
}

static int bound(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 2048)) die("listen");
    return fd;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    static struct epoll_event events[1024];
    static int listening;
    poller = epoll_create1(0);
    from_redis = malloc(READ); due = malloc(65536 * sizeof *due);
    redis_fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(redis_fd, (struct sockaddr *)&at, sizeof at)) die("redis");
    listening = bound(atoi(argv[1]));
    struct epoll_event for_redis = {.events = EPOLLIN, .data.ptr = &redis_fd}, for_new = {.events = EPOLLIN, .data.ptr = &listening};
    epoll_ctl(poller, EPOLL_CTL_ADD, redis_fd, &for_redis);
    epoll_ctl(poller, EPOLL_CTL_ADD, listening, &for_new);
    for (;;) {
        int n = epoll_wait(poller, events, 1024, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == &redis_fd) { heard(); continue; }
            if (events[i].data.ptr == &listening) {
                int fd = accept4(listening, 0, 0, SOCK_NONBLOCK), one = 1;
                if (fd < 0) continue;
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                struct tab *t = calloc(1, sizeof *t);
                t->fd = fd; t->open = 1;
                struct epoll_event e = {.events = EPOLLIN, .data.ptr = t};
                epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e);
                continue;
            }
            struct tab *t = events[i].data.ptr;
            if (t->open && events[i].events & EPOLLOUT) flush_late(t);
            if (t->open && events[i].events & (EPOLLIN | EPOLLHUP)) spoken(t);
        }
    }
}
