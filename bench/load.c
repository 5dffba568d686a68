/* Opens thousands of websockets, publishes events as fast as they arrive, and judges what arrives. One thread, one core.
 *
 *     load PORT PUBLISHING_PORT, then commands on standard input, each answered by one line of numbers:
 *
 *     tabs FILE                 how each tab opens: the request, then what it waits for and what it says
 *     open N AT_ONCE            opens the next N of them        -> seconds, refused
 *     rooms FILE FRAME ITEM     what is published and who is in it; an events frame is FRAME bytes and for each event ITEM, one less without a
 *                               comma; with ITEM 0 each frame of FRAME bytes or more is one event. A second file goes on from the first's numbers
 *     flood SECONDS WINDOW      publishes with at most WINDOW deliveries under way -> events, deliveries, expected, seconds, own CPU seconds,
 *                               tabs lost, frames of a strange length, tabs with another count than theirs, tabs that were read and are wrong
 *     watch                     from now on events are read, and it is noted when they arrive
 *     seen FILE                 writes (tab, position, ns of the monotonic clock) of each delivery since, three u64 -> deliveries, lost tabs
 *
 * Most events are counted and not read: all of one scenario have the same length, so that of a frame tells how many it holds. Each tab's count
 * must be that of the events in its rooms, from the first flood on. Of every READ_WHOLE tabs one is read: its positions rise, and their sum is right.
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
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ (256 * 1024)
#define QUEUE (512 * 1024)
#define KEPT 2048
#define STALLED 5.0
#define LATE 0.2 /* seconds in which what comes twice may come */
#define READ_WHOLE 40

enum state { CLOSED, CONNECTING, ASKING, OPENING, READY };

struct step { char *needle, *say; uint32_t needle_size, say_size; };
struct tab {
    int fd; enum state state; struct step *steps; uint32_t count, at;
    uint64_t skip; unsigned char header[10]; int header_size; int opcode, collect, whole, disorder;
    char *kept; size_t kept_size, kept_room;
    uint64_t received, expected, sum, expected_sum, last;
};
struct room {
    char *text; uint32_t size, tab_count, *tabs; uint64_t seq, published, sum; uint32_t *seqs, *positions, seq_count, position_count;
};

static struct tab *tabs; static int tab_count, opened, open_now, refused, lost;
static struct room *rooms; static uint32_t room_count; static uint64_t position;
static uint64_t frame_size, item_size, received, strange, expected_total;
static int poller, redis_fd, port, watching, flooding;
static char *buffer, *queue; static size_t queue_size, queue_sent;
static uint64_t *seen; static size_t seen_count, seen_room;

static void die(const char *what) { perror(what); exit(1); }
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static uint64_t now_ns(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000000ull + t.tv_nsec; }
static double cpu(void) {
    struct rusage u; getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}
static void *must(void *p) { if (!p) die("memory"); return p; }
static uint32_t u32(FILE *f) { uint32_t n; if (fread(&n, 4, 1, f) != 1) die("file"); return n; }
static char *bytes(FILE *f, uint32_t *size) {
    *size = u32(f); char *p = must(malloc(*size + 1));
    if (fread(p, 1, *size, f) != *size) die("file");
    return p;
}

static int dial(int to, int wait) {
    int fd = socket(AF_INET, SOCK_STREAM | (wait ? 0 : SOCK_NONBLOCK), 0), one = 1;
    if (fd < 0) die("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(to), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(fd, (struct sockaddr *)&at, sizeof at) && errno != EINPROGRESS) die("connect");
    if (wait) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

static void tell(struct tab *t, const void *data, size_t size) {
    if (send(t->fd, data, size, MSG_NOSIGNAL) != (ssize_t)size) fprintf(stderr, "a tab could not speak\n");
}

static void say(struct tab *t, int opcode, const char *text, size_t size) {
    unsigned char frame[140] = {0x80 | opcode, 0x80 | size};
    memcpy(frame + 6, text, size);
    tell(t, frame, 6 + size);
}

static void open_next(void) {
    struct tab *t = &tabs[opened++];
    t->fd = dial(port, 0); t->state = CONNECTING; t->at = 0; t->skip = 0; t->header_size = 0; t->kept_size = 0; t->collect = 1;
    open_now++;
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = t};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, t->fd, &e)) die("epoll");
}

static void gone(struct tab *t) {
    close(t->fd);
    if (t->state == READY) lost++;
    else { open_now--; refused++; }
    t->state = CLOSED;
}

/* What the tab waited for is there: it says its next words, or is ready. */
static void advance(struct tab *t) {
    struct step *s = &t->steps[t->at++];
    if (s->say_size) tell(t, s->say, s->say_size);
    if (t->at == t->count) { t->state = READY; open_now--; } else t->state = OPENING;
}

static void note(struct tab *t, uint64_t at, uint64_t when) {
    if (seen_count + 3 > seen_room) seen = must(realloc(seen, (seen_room = seen_room * 2 + 4096) * sizeof *seen));
    seen[seen_count++] = t - tabs; seen[seen_count++] = at; seen[seen_count++] = when;
}

/* Reads the positions of a frame of events; in Socket.IO's they stand inside a string. */
static void read_whole(struct tab *t, char *p, char *end) {
    while ((p = memmem(p, end - p, "position", 8))) {
        for (p += 8; p < end && (*p == '"' || *p == '\\' || *p == ':'); p++);
        uint64_t at = 0;
        for (; p < end && *p >= '0' && *p <= '9'; p++) at = at * 10 + (*p - '0');
        if (at <= t->last) t->disorder++;
        t->last = at; t->sum += at;
    }
}

static void take(struct tab *t, uint64_t when) {
    char *p = t->kept; size_t n = t->kept_size;
    if (t->opcode == 9) say(t, 10, p, n < 125 ? n : 0);
    else if (t->opcode == 8) fprintf(stderr, "closed: %d %.*s\n", n >= 2 ? (unsigned char)p[0] << 8 | (unsigned char)p[1] : 0, (int)n - 2, p + 2);
    else if (n > 11 && !memcmp(p, "{\"op\":\"ping\"", 12)) say(t, 1, "{\"op\":\"pong\"}", 13);
    else if (n == 1 && *p == '2') say(t, 1, "3", 1);
    else if (t->whole) read_whole(t, p, p + n);
    else if (t->state == OPENING && memmem(p, n, t->steps[t->at].needle, t->steps[t->at].needle_size)) advance(t);
    if (watching && n > 14 && !memcmp(p, "{\"op\":\"events\"", 14)) {
        char *end = p + n;
        while ((p = memmem(p, end - p, ",\"position\":", 12))) { p += 12; note(t, strtoull(p, 0, 10), when); received++; }
    }
}

static void begin_frame(struct tab *t, int opcode, uint64_t size) {
    t->opcode = opcode & 15; t->skip = size; t->kept_size = 0; t->whole = 0;
    t->collect = watching || t->state != READY || !flooding || size < (item_size ? item_size - 1 : frame_size);
    if (!t->collect) {
        uint64_t n = 1;
        if (item_size) { n = size - frame_size + 1; if (n % item_size) strange++; n /= item_size; }
        received += n; t->received += n;
        t->whole = t->collect = (t - tabs) % READ_WHOLE == 0;
    }
}

static void feed(struct tab *t, unsigned char *p, size_t n, uint64_t when) {
    while (n) {
        if (t->skip) {
            size_t m = n < t->skip ? n : t->skip;
            if (t->collect) {
                size_t most = watching || t->whole ? SIZE_MAX / 2 : KEPT, room = most - t->kept_size, add = m < room ? m : room;
                if (t->kept_size + add > t->kept_room) t->kept = must(realloc(t->kept, t->kept_room = t->kept_size + add + 256));
                memcpy(t->kept + t->kept_size, p, add); t->kept_size += add;
            }
            p += m; n -= m; t->skip -= m;
            if (!t->skip && t->collect) take(t, when);
            continue;
        }
        if (!t->header_size && n >= 10) {
            int small = p[1] & 127;
            if (small < 126) { begin_frame(t, p[0], small); p += 2; n -= 2; }
            else if (small == 126) { begin_frame(t, p[0], p[2] << 8 | p[3]); p += 4; n -= 4; }
            else { uint64_t s = 0; for (int i = 2; i < 10; i++) s = s << 8 | p[i]; begin_frame(t, p[0], s); p += 10; n -= 10; }
        } else {
            unsigned char *h = t->header;
            h[t->header_size++] = *p++; n--;
            int small = t->header_size > 1 ? h[1] & 127 : 0, need = t->header_size < 2 ? 2 : small < 126 ? 2 : small == 126 ? 4 : 10;
            if (t->header_size < need) continue;
            uint64_t s = small;
            if (need > 2) { s = 0; for (int i = 2; i < need; i++) s = s << 8 | h[i]; }
            t->header_size = 0;
            begin_frame(t, h[0], s);
        }
        if (!t->skip && t->collect) take(t, when);
    }
}

/* The answer to the handshake may bring the first frames along. */
static void asked(struct tab *t, char *p, size_t n) {
    if (t->kept_size + n + 1 > t->kept_room) t->kept = must(realloc(t->kept, t->kept_room = t->kept_size + n + 256));
    memcpy(t->kept + t->kept_size, p, n); t->kept_size += n;
    char *end = memmem(t->kept, t->kept_size, "\r\n\r\n", 4);
    if (!end) return;
    if (t->kept_size < 12 || memcmp(t->kept + 9, "101", 3)) { gone(t); return; }
    size_t rest = t->kept_size - (end + 4 - t->kept);
    char *copy = must(malloc(rest + 1)); memcpy(copy, end + 4, rest);
    t->kept_size = 0;
    advance(t);
    feed(t, (unsigned char *)copy, rest, now_ns());
    free(copy);
}

static void readable(struct tab *t) {
    ssize_t n = recv(t->fd, buffer, READ, 0);
    if (n <= 0) { if (n == 0 || errno != EAGAIN) gone(t); return; }
    if (t->state == ASKING) asked(t, buffer, n);
    else feed(t, (unsigned char *)buffer, n, watching ? now_ns() : 0);
}

static void turn(int wait_ms) {
    static struct epoll_event events[512];
    int n = epoll_wait(poller, events, 512, wait_ms);
    for (int i = 0; i < n; i++) {
        struct tab *t = events[i].data.ptr;
        if (!t) { while (recv(redis_fd, buffer, READ, 0) > 0); continue; }
        if (t->state == CLOSED) continue;
        if (t->state == CONNECTING && events[i].events & EPOLLOUT) {
            struct epoll_event e = {.events = EPOLLIN, .data.ptr = t};
            epoll_ctl(poller, EPOLL_CTL_MOD, t->fd, &e);
            t->state = ASKING;
            tell(t, t->steps[0].say, t->steps[0].say_size);
            t->at = 1;
        }
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) readable(t);
    }
}

static void patch(char *text, const uint32_t *places, uint32_t count, uint64_t value) {
    char digits[24]; int size = sprintf(digits, "%llu", (unsigned long long)value);
    for (uint32_t i = 0; i < count; i++) memcpy(text + places[i], digits, size);
}

static void publish(uint64_t window, double until) {
    static uint64_t chance = 88172645463325252ull;
    if (queue_sent == queue_size) queue_sent = queue_size = 0;
    if (now() < until)
        while (expected_total - received < window && queue_size < QUEUE) {
            chance ^= chance << 13; chance ^= chance >> 7; chance ^= chance << 17;
            struct room *r = &rooms[chance % room_count];
            patch(r->text, r->positions, r->position_count, ++position);
            patch(r->text, r->seqs, r->seq_count, ++r->seq);
            memcpy(queue + queue_size, r->text, r->size);
            queue_size += r->size; expected_total += r->tab_count;
            r->published++; r->sum += position;
        }
    if (queue_sent < queue_size) {
        ssize_t n = send(redis_fd, queue + queue_sent, queue_size - queue_sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN) die("redis");
        if (n > 0) queue_sent += n;
    }
}

/* What each tab should have by now. What was found wrong once is not counted again. */
static void judge(int *uneven, int *wrong) {
    for (uint32_t i = 0; i < room_count; i++) {
        struct room *r = &rooms[i];
        for (uint32_t j = 0; j < r->tab_count; j++) {
            tabs[r->tabs[j]].expected += r->published;
            tabs[r->tabs[j]].expected_sum += r->sum;
        }
        r->published = r->sum = 0;
    }
    *uneven = *wrong = 0;
    for (int i = 0; i < tab_count; i++) {
        struct tab *t = &tabs[i];
        *uneven += t->received != t->expected;
        *wrong += i % READ_WHOLE == 0 && (t->disorder || t->sum != t->expected_sum);
        t->received = t->expected; t->sum = t->expected_sum; t->disorder = 0;
    }
}

static void flood(double seconds, uint64_t window) {
    uint64_t first = position, before = received, due = expected_total, already = received;
    double began = now(), ended = began, used = cpu(), until = began + seconds;
    int uneven, wrong;
    lost = 0;
    while (now() < until || received < expected_total || queue_sent < queue_size) {
        publish(window, until);
        turn(queue_sent < queue_size ? 0 : 1);
        if (received != before) { before = received; ended = now(); }
        else if (now() - ended > STALLED) break;
    }
    used = cpu() - used;
    for (double end = now() + LATE; now() < end;) turn(10);
    judge(&uneven, &wrong);
    printf("%llu %llu %llu %.6f %.3f %d %llu %d %d\n", (unsigned long long)(position - first), (unsigned long long)(received - already),
           (unsigned long long)(expected_total - due), ended - began, used, lost, (unsigned long long)strange, uneven, wrong);
    received = expected_total; strange = 0;
}

static void load_tabs(const char *path) {
    FILE *f = fopen(path, "rb"); if (!f) die(path);
    uint32_t more = u32(f);
    if (open_now || opened) fprintf(stderr, "tabs are loaded once\n");
    tabs = must(calloc(more, sizeof *tabs)); tab_count = more;
    for (uint32_t i = 0; i < more; i++) {
        struct tab *t = &tabs[i];
        t->count = u32(f); t->steps = must(calloc(t->count, sizeof *t->steps));
        for (uint32_t j = 0; j < t->count; j++) {
            t->steps[j].needle = bytes(f, &t->steps[j].needle_size);
            t->steps[j].say = bytes(f, &t->steps[j].say_size);
        }
    }
    fclose(f); printf("%d\n", tab_count);
}

static uint32_t *numbers(FILE *f, uint32_t count) {
    uint32_t *some = must(calloc(count + 1, sizeof *some));
    if (fread(some, sizeof *some, count, f) != count) die("file");
    return some;
}

static void load_rooms(const char *path) {
    FILE *f = fopen(path, "rb"); if (!f) die(path);
    uint32_t count = u32(f), last = u32(f), known = room_count;
    if (known && known != count) die("the same rooms are loaded again");
    if (last > position) position = last;
    if (!rooms) rooms = must(calloc(count, sizeof *rooms));
    room_count = count;
    for (uint32_t i = 0; i < room_count; i++) {
        struct room *r = &rooms[i];
        r->tab_count = u32(f); r->tabs = numbers(f, r->tab_count);
        uint32_t seq = u32(f); if (seq > r->seq) r->seq = seq;
        r->text = bytes(f, &r->size);
        r->seq_count = u32(f); r->seqs = numbers(f, r->seq_count);
        r->position_count = u32(f); r->positions = numbers(f, r->position_count);
    }
    flooding = 1;
    fclose(f); printf("%u\n", room_count);
}

static void watch(void) { watching = 1; received = 0; seen_count = 0; lost = 0; printf("0\n"); }

static void write_seen(const char *path) {
    watching = 0;
    FILE *f = fopen(path, "wb"); if (!f) die(path);
    fwrite(seen, sizeof *seen, seen_count, f); fclose(f);
    printf("%llu %d\n", (unsigned long long)received, lost);
}

static void open_tabs(int many, int at_once) {
    double began = now();
    int goal = opened + many; refused = 0;
    if (goal > tab_count) goal = tab_count;
    while (opened < goal || open_now) {
        while (opened < goal && open_now < at_once) open_next();
        turn(10);
        if (now() - began > 120) break;
    }
    printf("%.6f %d\n", now() - began, refused);
}

int main(int argc, char **argv) {
    char line[4096], path[4096]; double seconds; unsigned long long a, b; int many, at_once;
    if (argc != 3) return 2;
    port = atoi(argv[1]);
    poller = epoll_create1(0);
    buffer = must(malloc(READ)); queue = must(malloc(QUEUE + 256 * 1024));
    redis_fd = dial(atoi(argv[2]), 1);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = 0};
    epoll_ctl(poller, EPOLL_CTL_ADD, redis_fd, &e);
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
    size_t have = 0;
    for (;;) {
        turn(watching ? 2 : 20);
        ssize_t n = read(0, line + have, sizeof line - 1 - have);
        if (n == 0) return 0;
        if (n < 0) continue;
        have += n; line[have] = 0;
        if (!strchr(line, '\n')) continue;
        have = 0;
        if (sscanf(line, "tabs %4095s", path) == 1) load_tabs(path);
        else if (sscanf(line, "open %d %d", &many, &at_once) == 2) open_tabs(many, at_once);
        else if (sscanf(line, "rooms %4095s %llu %llu", path, &a, &b) == 3) { frame_size = a; item_size = b; load_rooms(path); }
        else if (sscanf(line, "flood %lf %llu", &seconds, &a) == 2) flood(seconds, a);
        else if (sscanf(line, "seen %4095s", path) == 1) write_seen(path);
        else if (!strncmp(line, "watch", 5)) watch();
        else return 2;
        fflush(stdout);
    }
}
