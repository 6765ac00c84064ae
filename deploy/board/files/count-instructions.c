// A plugin for qemu-user: how many instructions of the emulated processor a program ran, in all its threads.
// Source: qemu, docs/devel/tcg-plugins; of qemu-plugin.h, version 1, only what is used.
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
extern void qemu_plugin_register_vcpu_tb_trans_cb(
    qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_cb(
    struct qemu_plugin_tb *, void (*)(unsigned, void *), int flags, void *);
extern void qemu_plugin_register_atexit_cb(
    qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);

int qemu_plugin_version = 1;

enum { THREADS_MAX = 256, LINE_WORDS = 8 };

/* A cache line for each thread: none waits for another. */
static uint64_t counts[THREADS_MAX][LINE_WORDS];

static void ran(unsigned thread, void *count) { counts[thread % THREADS_MAX][0] += (uintptr_t)count; }

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_cb(block, ran, 0, (void *)(uintptr_t)qemu_plugin_tb_n_insns(block));
}

static void ended(qemu_plugin_id_t id, void *unused) {
  (void)id, (void)unused;
  uint64_t sum = 0;
  for (int thread = 0; thread < THREADS_MAX; thread++) sum += counts[thread][0];
  fprintf(stderr, "{\"instructions\":%" PRIu64 "}\n", sum);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int count, char **words) {
  (void)info, (void)count, (void)words;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, ended, NULL);
  return 0;
}
