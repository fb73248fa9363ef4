/*
 * A fast SMTP sink: answers correctly, counts what it accepts, and keeps nothing.
 *
 * Written for Hebdo's bench (see LICENSE), because a sink in Python costs more than the sender it is
 * to measure: finding the final dot of 61 KB takes 22 us there and 1 us here (memchr for the dot,
 * then a look at its neighbours). bench/sinks.py compiles it with the system's cc and starts it:
 *
 *     sink PORT [lock-step]
 *
 * Listens on 127.0.0.1 only, one thread, epoll. `lock-step` leaves PIPELINING (RFC 2920) out of the
 * answer to EHLO. SIGUSR1 prints one JSON line of what was accepted since the last one and begins
 * anew; SIGTERM ends it. A message counts when its 250 is about to be written, and never before its
 * final dot was read.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOUTHFUL (256 * 1024)
#define TAIL 4
#define LINE 1024
#define REPLIES 8192
#define SESSIONS 1024
#define ROOM (1 << 22)
#define ACCEPTED "250 2.0.0 Ok: queued as SINK\r\n"

struct session {
    int socket;
    int in_data;
    int is_leaving;
    char tail[TAIL]; /* The last bytes of content: a final dot may be cut in two. */
    size_t tail_length;
    char line[LINE]; /* A command of which the end has not come. */
    size_t line_length;
    uint64_t reader; /* Hash of the address of RCPT. */
    char replies[REPLIES];
    size_t replies_length;
};

/* How often each address got something, by its hash: open addressing, never more than half full. */
static struct { uint64_t reader; uint32_t count; } *readers;
static size_t different;
static uint64_t taken;
static uint32_t most;
static double first_at;
static int offers_pipelining = 1;
static int door, told; /* Who knocks, and what signals say. */
static char mouth[TAIL + MOUTHFUL];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* FNV-1a, 64 bits: two of a million addresses share one with a chance of 1 in 37 million. */
static uint64_t hash(const char *text, size_t length)
{
    uint64_t found = 14695981039346656037u;
    for (size_t n = 0; n < length; n++)
        found = (found ^ (unsigned char)text[n]) * 1099511628211u;
    return found ? found : 1;
}

static size_t place(uint64_t reader)
{
    size_t at = reader & (ROOM - 1);
    while (readers[at].reader && readers[at].reader != reader)
        at = (at + 1) & (ROOM - 1);
    return at;
}

static void begin_anew(void)
{
    free(readers);
    readers = calloc(ROOM, sizeof *readers);
    if (!readers)
        die("calloc");
    taken = different = most = 0;
    first_at = 0;
}

static void count(uint64_t reader)
{
    size_t at = place(reader);
    if (!taken++)
        first_at = now();
    if (!readers[at].reader) {
        readers[at].reader = reader;
        different++;
    }
    if (++readers[at].count > most)
        most = readers[at].count;
    if (different * 2 > ROOM)
        die("more readers than there is room to count");
}

static void report(void)
{
    printf("{\"taken\": %lu, \"different\": %zu, \"most\": %u, \"first_at\": %.6f}\n",
           (unsigned long)taken, different, most, first_at);
    fflush(stdout);
    begin_anew();
}

/* Writes all replies; a client that does not read them for five seconds is left. */
static int flush_replies(struct session *one)
{
    size_t written = 0;
    while (written < one->replies_length) {
        ssize_t went = send(one->socket, one->replies + written, one->replies_length - written,
                            MSG_NOSIGNAL);
        struct pollfd wanted = {.fd = one->socket, .events = POLLOUT};
        if (went >= 0)
            written += (size_t)went;
        else if (errno != EAGAIN || poll(&wanted, 1, 5000) <= 0)
            return -1;
    }
    one->replies_length = 0;
    return 0;
}

static void reply(struct session *one, const char *text)
{
    size_t length = strlen(text);
    if (one->replies_length + length > REPLIES && flush_replies(one) < 0)
        one->is_leaving = 1;
    if (one->replies_length + length > REPLIES)
        return;
    memcpy(one->replies + one->replies_length, text, length);
    one->replies_length += length;
}

static void obey(struct session *one, const char *line, size_t length)
{
    if (length >= 4 && !strncasecmp(line, "EHLO", 4)) {
        reply(one, offers_pipelining ? "250-sink.test\r\n250 PIPELINING\r\n" : "250 sink.test\r\n");
    } else if (length > 8 && !strncasecmp(line, "RCPT TO:", 8)) {
        one->reader = hash(line + 8, length - 8);
        reply(one, "250 2.1.5 Ok\r\n");
    } else if (length >= 4 && !strncasecmp(line, "DATA", 4)) {
        one->in_data = 1;
        /* The line end of DATA may be that of a dot which stands alone. */
        memcpy(one->tail, "\r\n", one->tail_length = 2);
        reply(one, "354 End with a dot\r\n");
    } else if (length >= 4 && !strncasecmp(line, "QUIT", 4)) {
        one->is_leaving = 1;
        reply(one, "221 2.0.0 Bye\r\n");
    } else {
        reply(one, "250 2.0.0 Ok\r\n");
    }
}

/* Where the content that begins at `from` has ended with CR LF dot CR LF; NULL while it has not. */
static char *find_end(char *from, char *end)
{
    for (char *dot = from + 2; dot + 2 < end; dot++) {
        dot = memchr(dot, '.', (size_t)(end - dot - 2));
        if (!dot)
            return NULL;
        if (dot[-1] == '\n' && dot[-2] == '\r' && dot[1] == '\r' && dot[2] == '\n')
            return dot + 3;
    }
    return NULL;
}

/* Content up to its end or to that of what came; where to go on. `at` has TAIL bytes before it. */
static char *take_content(struct session *one, char *at, char *end)
{
    char *from = at - one->tail_length;
    char *after;
    memcpy(from, one->tail, one->tail_length);
    after = find_end(from, end);
    if (after) {
        one->in_data = 0;
        one->tail_length = 0;
        count(one->reader);
        reply(one, ACCEPTED);
        return after;
    }
    one->tail_length = end - from < TAIL ? (size_t)(end - from) : TAIL;
    memcpy(one->tail, end - one->tail_length, one->tail_length);
    return end;
}

static char *take_command(struct session *one, char *at, char *end)
{
    char *newline = memchr(at, '\n', (size_t)(end - at));
    size_t length = (size_t)((newline ? newline + 1 : end) - at);
    if (one->line_length + length > LINE) {
        one->is_leaving = 1;
        reply(one, "500 5.5.2 Too long\r\n");
        return end;
    }
    memcpy(one->line + one->line_length, at, length);
    one->line_length += length;
    if (newline) {
        size_t whole = one->line_length;
        one->line_length = 0;
        while (whole && (one->line[whole - 1] == '\n' || one->line[whole - 1] == '\r'))
            whole--;
        obey(one, one->line, whole);
    }
    return at + length;
}

static void leave(struct session *one)
{
    close(one->socket);
    free(one);
}

static void hear(struct session *one)
{
    char *at = mouth + TAIL;
    ssize_t heard = recv(one->socket, at, MOUTHFUL, 0);
    char *end = at + heard;
    if (heard < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (heard <= 0) {
        leave(one);
        return;
    }
    while (at < end && !one->is_leaving)
        at = one->in_data ? take_content(one, at, end) : take_command(one, at, end);
    if (flush_replies(one) < 0 || one->is_leaving)
        leave(one);
}

static void listen_at(int port)
{
    int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (door < 0 || bind(door, (struct sockaddr *)&address, sizeof address) || listen(door, 512))
        die("listen");
}

static void watch(int poller, int descriptor, void *whose)
{
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = whose};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &wanted))
        die("epoll_ctl");
}

static void welcome(int poller)
{
    int socket;
    while ((socket = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct session *one = calloc(1, sizeof *one);
        if (!one)
            die("calloc");
        one->socket = socket;
        reply(one, "220 sink.test ESMTP\r\n");
        if (flush_replies(one) < 0)
            leave(one);
        else
            watch(poller, socket, one);
    }
}

static void listen_to_signals(void)
{
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGUSR1);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigprocmask(SIG_BLOCK, &ours, NULL);
    told = signalfd(-1, &ours, 0);
    if (told < 0)
        die("signalfd");
}

/* Whether it goes on. */
static int heed(void)
{
    struct signalfd_siginfo what;
    if (read(told, &what, sizeof what) != sizeof what || what.ssi_signo != SIGUSR1)
        return 0;
    report();
    return 1;
}

int main(int argc, char **argv)
{
    int poller = epoll_create1(0), goes_on = 1;
    struct epoll_event events[SESSIONS];
    offers_pipelining = argc < 3 || strcmp(argv[2], "lock-step");
    listen_to_signals();
    listen_at(argc > 1 ? atoi(argv[1]) : 0);
    begin_anew();
    watch(poller, door, &door);
    watch(poller, told, &told);
    puts("ready");
    fflush(stdout);
    while (goes_on) {
        int ready = epoll_wait(poller, events, SESSIONS, -1);
        for (int n = 0; n < ready; n++) {
            void *whose = events[n].data.ptr;
            if (whose == &door)
                welcome(poller);
            else if (whose == &told)
                goes_on = heed();
            else
                hear(whose);
        }
    }
    return 0;
}
