/*
 * An Ethernet switch in user space: one TAP device per host, made inside that host's network namespace.
 * Every frame is delivered after delay and jitter, or lost, doubled or let past others, link by link.
 *
 *   switch SEED SEGMENT:NAMESPACE:DEVICE...
 *
 * A segment (0 to 255) is a broadcast domain: frames never leave it. Ports are counted from 0 in the order
 * of the arguments. It says "ready" once all devices exist, and then takes lines on standard input; each is
 * answered by one line on standard output, "ok ..." or "error ...":
 *
 *   link FROM TO DELAY_US JITTER_US LOSS_PPM DUPLICATE_PPM REORDER_PPM   FROM and TO: a port, or * for all
 *   stats                                                                ok and counters as name=number
 *
 * Delay is uniform in [DELAY - JITTER, DELAY + JITTER], never below 0. Frames of one link keep their order,
 * as on a cable, except for those chosen by REORDER: they do not wait. Each link draws from a generator of its
 * own, seeded by SEED and its two ports, so that traffic elsewhere does not change its fate.
 * It ends with its standard input; the devices vanish with it. Source: tun(4), setns(2), tuntap.rst of Linux.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { PORTS_MAX = 256, FRAME_BYTES_MAX = 2048, QUEUE_MAX = 32768, MACS = 4096, LINE_MAX_BYTES = 256 };

struct link {
  int64_t delay_ns, jitter_ns, last_due_ns;
  uint32_t loss_ppm, duplicate_ppm, reorder_ppm;
  uint64_t random;
};

struct frame {
  int64_t due_ns;
  uint64_t sequence;
  int port;
  size_t bytes;
  unsigned char data[];
};

struct mac_entry {
  unsigned char mac[6];
  unsigned char segment, used;
  int port;
};

static struct { int fd, segment; } ports[PORTS_MAX];
static int port_count;
static struct link (*links)[PORTS_MAX];
static struct frame *queue[QUEUE_MAX];
static size_t queue_length;
static struct mac_entry macs[MACS];
static uint64_t sequence, received_count, delivered_count, lost_count, doubled_count, overtaking_count,
    full_count, refused_count;

static void fail(const char *what) {
  fprintf(stderr, "switch: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

static int happens(struct link *link, uint32_t ppm) {
  return ppm > 0 && draw(&link->random) % 1000000 < ppm;
}

static int is_before(const struct frame *a, const struct frame *b) {
  return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->sequence < b->sequence;
}

static void push(struct frame *frame) {
  size_t at = queue_length++;
  while (at > 0 && is_before(frame, queue[(at - 1) / 2])) {
    queue[at] = queue[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  queue[at] = frame;
}

static struct frame *pop(void) {
  struct frame *first = queue[0], *last = queue[--queue_length];
  size_t at = 0;
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= queue_length) break;
    if (child + 1 < queue_length && is_before(queue[child + 1], queue[child])) child += 1;
    if (!is_before(queue[child], last)) break;
    queue[at] = queue[child];
    at = child;
  }
  queue[at] = last;
  return first;
}

static void deliver(int port, const unsigned char *data, size_t bytes) {
  /* A device that is down or whose queue is full takes nothing: as a host that is off. */
  if (write(ports[port].fd, data, bytes) == (ssize_t)bytes) delivered_count += 1;
  else refused_count += 1;
}

static void enqueue(struct link *link, int port, const unsigned char *data, size_t bytes, int64_t now) {
  int64_t delay = link->delay_ns;
  if (link->jitter_ns > 0)
    delay += (int64_t)(draw(&link->random) % (uint64_t)(2 * link->jitter_ns + 1)) - link->jitter_ns;
  if (delay < 0) delay = 0;
  int64_t due = now + delay;
  if (happens(link, link->reorder_ppm)) {
    overtaking_count += 1;
    due = now;
  } else {
    if (due < link->last_due_ns) due = link->last_due_ns;
    link->last_due_ns = due;
  }
  if (due <= now) {
    deliver(port, data, bytes);
    return;
  }
  if (queue_length == QUEUE_MAX) {
    full_count += 1;
    return;
  }
  struct frame *frame = malloc(sizeof *frame + bytes);
  if (frame == NULL) fail("memory");
  frame->due_ns = due;
  frame->sequence = sequence++;
  frame->port = port;
  frame->bytes = bytes;
  memcpy(frame->data, data, bytes);
  push(frame);
}

static void carry(int from, int to, const unsigned char *data, size_t bytes, int64_t now) {
  struct link *link = &links[from][to];
  if (happens(link, link->loss_ppm)) {
    lost_count += 1;
    return;
  }
  enqueue(link, to, data, bytes, now);
  if (happens(link, link->duplicate_ppm)) {
    doubled_count += 1;
    enqueue(link, to, data, bytes, now);
  }
}

static struct mac_entry *entry_of(const unsigned char *mac, int segment) {
  uint32_t hash = 2166136261u ^ (uint32_t)segment;
  for (int i = 0; i < 6; i++) hash = (hash ^ mac[i]) * 16777619u;
  return &macs[hash % MACS];
}

static void learn(const unsigned char *mac, int port) {
  if (mac[0] & 1) return;
  struct mac_entry *entry = entry_of(mac, ports[port].segment);
  memcpy(entry->mac, mac, 6);
  entry->segment = (unsigned char)ports[port].segment;
  entry->used = 1;
  entry->port = port;
}

static void take(int from) {
  unsigned char data[FRAME_BYTES_MAX];
  for (int count = 0; count < 64; count++) {
    ssize_t bytes = read(ports[from].fd, data, sizeof data);
    if (bytes < 14) return;
    int64_t now = now_ns();
    received_count += 1;
    learn(data + 6, from);
    const struct mac_entry *entry = entry_of(data, ports[from].segment);
    if (!(data[0] & 1) && entry->used && entry->segment == ports[from].segment &&
        memcmp(entry->mac, data, 6) == 0) {
      if (entry->port != from) carry(from, entry->port, data, (size_t)bytes, now);
      continue;
    }
    for (int to = 0; to < port_count; to++)
      if (to != from && ports[to].segment == ports[from].segment) carry(from, to, data, (size_t)bytes, now);
  }
}

static int ports_of(const char *text, int *first, int *last) {
  if (strcmp(text, "*") == 0) {
    *first = 0;
    *last = port_count - 1;
    return 1;
  }
  char *end;
  long port = strtol(text, &end, 10);
  if (*text == 0 || *end != 0 || port < 0 || port >= port_count) return 0;
  *first = *last = (int)port;
  return 1;
}

static void command(char *line) {
  char from[16], to[16];
  long long delay, jitter;
  unsigned loss, duplicate, reorder;
  int from_first, from_last, to_first, to_last;
  if (strcmp(line, "stats") == 0) {
    printf("ok received=%llu delivered=%llu lost=%llu doubled=%llu overtaking=%llu full=%llu refused=%llu waiting=%zu\n",
           (unsigned long long)received_count, (unsigned long long)delivered_count, (unsigned long long)lost_count,
           (unsigned long long)doubled_count, (unsigned long long)overtaking_count, (unsigned long long)full_count,
           (unsigned long long)refused_count, queue_length);
  } else if (sscanf(line, "link %15s %15s %lld %lld %u %u %u", from, to, &delay, &jitter, &loss, &duplicate,
                    &reorder) == 7 &&
             ports_of(from, &from_first, &from_last) && ports_of(to, &to_first, &to_last) && delay >= 0 &&
             jitter >= 0 && delay <= 60000000 && jitter <= 60000000 && loss <= 1000000 && duplicate <= 1000000 &&
             reorder <= 1000000) {
    for (int a = from_first; a <= from_last; a++)
      for (int b = to_first; b <= to_last; b++) {
        struct link *link = &links[a][b];
        link->delay_ns = delay * 1000;
        link->jitter_ns = jitter * 1000;
        link->loss_ppm = loss;
        link->duplicate_ppm = duplicate;
        link->reorder_ppm = reorder;
        /* What is under way keeps its time; what follows does not wait for it. */
        link->last_due_ns = 0;
      }
    printf("ok\n");
  } else {
    printf("error not understood: %s\n", line);
  }
  fflush(stdout);
}

static void listen_to_owner(void) {
  static char line[LINE_MAX_BYTES];
  static size_t length;
  char text[512];
  ssize_t bytes = read(0, text, sizeof text);
  if (bytes == 0) exit(0);
  for (ssize_t i = 0; i < bytes; i++) {
    if (text[i] == '\n') {
      line[length] = 0;
      command(line);
      length = 0;
    } else if (length < sizeof line - 1) {
      line[length++] = text[i];
    }
  }
}

static int open_tap(const char *name_space, const char *device, int home) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", name_space);
  int there = open(path, O_RDONLY | O_CLOEXEC);
  if (there < 0 || setns(there, CLONE_NEWNET) < 0) fail(path);
  close(there);
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) fail("/dev/net/tun");
  struct ifreq request;
  memset(&request, 0, sizeof request);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
  if (ioctl(fd, TUNSETIFF, &request) < 0) fail(device);
  if (setns(home, CLONE_NEWNET) < 0) fail("own namespace");
  return fd;
}

static void open_ports(int count, char **words, uint64_t seed) {
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0) fail("/proc/self/ns/net");
  for (int i = 0; i < count; i++) {
    char *segment = strtok(words[i], ":"), *name_space = strtok(NULL, ":"), *device = strtok(NULL, ":");
    if (device == NULL) {
      errno = EINVAL;
      fail("a port is SEGMENT:NAMESPACE:DEVICE");
    }
    ports[i].segment = atoi(segment) & 255;
    ports[i].fd = open_tap(name_space, device, home);
  }
  port_count = count;
  for (int a = 0; a < count; a++)
    for (int b = 0; b < count; b++) {
      uint64_t state = seed ^ ((uint64_t)(a + 1) << 32) ^ (uint64_t)(b + 1);
      links[a][b].random = draw(&state);
    }
}

int main(int argc, char **argv) {
  if (argc < 3 || argc - 2 > PORTS_MAX) {
    fprintf(stderr, "usage: switch SEED SEGMENT:NAMESPACE:DEVICE... (at most %d)\n", PORTS_MAX);
    return 2;
  }
  links = calloc(PORTS_MAX, sizeof *links);
  if (links == NULL) fail("memory");
  open_ports(argc - 2, argv + 2, strtoull(argv[1], NULL, 10));
  /* Before the programs on its hosts, else a busy machine would add what nobody asked for; if not allowed, as it is. */
  const struct sched_param first = {.sched_priority = 1};
  if (sched_setscheduler(0, SCHED_FIFO, &first) < 0) setpriority(PRIO_PROCESS, 0, -20);
  /* The kernel otherwise gathers wake-ups of 50 us. */
  prctl(PR_SET_TIMERSLACK, 1UL);
  printf("ready\n");
  fflush(stdout);
  struct pollfd polled[PORTS_MAX + 1];
  for (int i = 0; i < port_count; i++) polled[i] = (struct pollfd){ports[i].fd, POLLIN, 0};
  polled[port_count] = (struct pollfd){0, POLLIN, 0};
  for (;;) {
    int64_t now = now_ns();
    while (queue_length > 0 && queue[0]->due_ns <= now) {
      struct frame *frame = pop();
      deliver(frame->port, frame->data, frame->bytes);
      free(frame);
    }
    struct timespec wait;
    if (queue_length > 0) {
      int64_t left = queue[0]->due_ns - now_ns();
      if (left < 0) left = 0;
      wait = (struct timespec){left / 1000000000LL, left % 1000000000LL};
    }
    if (ppoll(polled, (nfds_t)port_count + 1, queue_length > 0 ? &wait : NULL, NULL) < 0 && errno != EINTR)
      fail("ppoll");
    if (polled[port_count].revents & (POLLIN | POLLHUP)) listen_to_owner();
    for (int i = 0; i < port_count; i++) {
      if (polled[i].revents & POLLIN) take(i);
      /* Its namespace was removed: it would be ready for ever. */
      if (polled[i].revents & (POLLERR | POLLNVAL)) polled[i].fd = -1;
    }
  }
}
