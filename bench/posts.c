/* Posts requests that were made beforehand, as fast as they are answered, over so many connections that are kept open. One thread, one core.
 *
 *     posts PORT CONNECTIONS FILE [AGAIN], then on standard input, each answered by one line of numbers:
 *
 *     run SECONDS    -> answered with 2xx, with something else, seconds, own CPU seconds, p50, p99 and worst in ms, requests that are left
 *
 * FILE holds requests, each a u32 length and its bytes; with AGAIN they begin anew at their end. Each connection has one request under way. What
 * is under way when the seconds are over is waited for and counted nowhere but in the two counts; rates are of what came within them.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER 65536
#define STALLED 30.0

struct line { int fd, busy; double began; char *request; uint32_t size, sent, got; char answer[ANSWER]; };

static struct line *lines; static int line_count, port, poller, again, under_way;
static char *file; static size_t file_size, at;
static uint64_t fine, wrong, in_time; static double *took; static size_t took_room, left;

static void die(const char *what) { perror(what); exit(1); }
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static double cpu(void) {
    struct rusage u; getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void dial(struct line *l) {
    int one = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if ((l->fd = socket(AF_INET, SOCK_STREAM, 0)) < 0) die("socket");
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(l->fd, (struct sockaddr *)&to, sizeof to)) die("connect");
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = l};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, l->fd, &e)) die("epoll");
}

static void post(struct line *l) {
    if (at >= file_size && again) at = 0;
    if (at >= file_size) return;
    memcpy(&l->size, file + at, 4);
    l->request = file + at + 4;
    at += 4 + l->size;
    left--;
    if (again && at >= file_size) left = 0;
    l->got = 0; l->busy = 1; l->began = now(); under_way++;
    if (send(l->fd, l->request, l->size, MSG_NOSIGNAL) != (ssize_t)l->size) die("send"); /* requests are smaller than the kernel's buffer */
}

/* The length of a whole answer that begins in `answer`, 0 while it is not there. */
static size_t whole(struct line *l) {
    l->answer[l->got] = 0;
    char *end = strstr(l->answer, "\r\n\r\n");
    if (!end) return 0;
    size_t head = end + 4 - l->answer, body = 0;
    for (char *p = l->answer; p && p < end; p = strstr(p, "\r\n") ? strstr(p, "\r\n") + 2 : NULL)
        if (!strncasecmp(p, "content-length:", 15)) body = strtoul(p + 15, NULL, 10);
    return l->got >= head + body ? head + body : 0;
}

static void hear(struct line *l, double until) {
    ssize_t n = recv(l->fd, l->answer + l->got, ANSWER - 1 - l->got, 0);
    if (n <= 0) { /* closed: a request that was under way has no answer */
        close(l->fd);
        if (l->busy) { l->busy = 0; under_way--; wrong++; }
        dial(l);
        if (now() < until) post(l);
        return;
    }
    l->got += n;
    if (!whole(l)) return;
    double t = now();
    int status = atoi(l->answer + 9), closes = strcasestr(l->answer, "connection: close") != NULL;
    l->busy = 0; under_way--;
    if (status >= 200 && status < 300) {
        fine++;
        if (t < until) {
            if (in_time == took_room && !(took = realloc(took, (took_room = took_room * 2 + 4096) * sizeof *took))) die("memory");
            took[in_time++] = t - l->began;
        }
    } else if (!wrong++) fprintf(stderr, "%.*s\n", (int)l->got, l->answer);
    if (closes) { close(l->fd); dial(l); }
    if (t < until) post(l);
}

static int ascending(const void *a, const void *b) { double x = *(double *)a, y = *(double *)b; return (x > y) - (x < y); }

static void run(double seconds) {
    double began = now(), until = began + seconds, worked = cpu();
    fine = wrong = in_time = 0;
    for (int i = 0; i < line_count; i++) post(&lines[i]);
    struct epoll_event events[256];
    for (double over = 0; under_way || now() < until;) {
        int n = epoll_wait(poller, events, 256, under_way ? 100 : 10);
        for (int i = 0; i < n; i++) hear(events[i].data.ptr, until);
        if (n > 0) over = now();
        if (over && now() - over > STALLED) { fprintf(stderr, "no answer for %g s\n", STALLED); break; }
        if (!under_way && at >= file_size && !again) break;
    }
    worked = cpu() - worked;
    qsort(took, in_time, sizeof *took, ascending);
    double p50 = in_time ? took[in_time / 2] : 0, p99 = in_time ? took[in_time * 99 / 100] : 0, worst = in_time ? took[in_time - 1] : 0;
    printf("%lu %lu %lu %.6f %.6f %.3f %.3f %.3f %zu\n", fine, wrong, in_time, seconds, worked, p50 * 1e3, p99 * 1e3, worst * 1e3, again ? 1 : left);
    fflush(stdout);
}

int main(int count, char **words) {
    if (count < 4) { fprintf(stderr, "posts PORT CONNECTIONS FILE [AGAIN]\n"); return 2; }
    port = atoi(words[1]); line_count = atoi(words[2]); again = count > 4;
    FILE *f = fopen(words[3], "rb");
    if (!f || fseek(f, 0, SEEK_END)) die(words[3]);
    file_size = ftell(f); rewind(f);
    if (!(file = malloc(file_size)) || fread(file, 1, file_size, f) != file_size) die("file");
    for (size_t p = 0; p < file_size; left++) { uint32_t n; memcpy(&n, file + p, 4); p += 4 + n; }
    if ((poller = epoll_create1(0)) < 0 || !(lines = calloc(line_count, sizeof *lines))) die("start");
    for (int i = 0; i < line_count; i++) dial(&lines[i]);
    char command[64]; double seconds;
    while (fgets(command, sizeof command, stdin))
        if (sscanf(command, "run %lf", &seconds) == 1) run(seconds);
    return 0;
}
