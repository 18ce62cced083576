/* Stand-ins for Android's libc.so, libm.so, libdl.so and liblog.so on glibc: enough to load libswipekit.so into a Linux process and to run
 * its machine code there. It shows that the code, its relocations, its imports and its unwinder work. It is not Android.
 *
 * Every name of imports.txt is a jump through `slots` (generated assembly) to glibc's function of that name; what differs between the two
 * is written out here. One source for all four libraries: LIBC or LIBLOG is defined for those that have functions of their own. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HIDDEN __attribute__((visibility("hidden")))

extern void *slots[] HIDDEN;
extern const char *const slot_names[] HIDDEN;

/* In find.c. */
extern void *glibc(const char *name);

#ifdef LIBC
int *android_errno(void) { return __errno_location(); }

/* Android's numbers of what can be asked for. */
long android_sysconf(int name) {
  long (*real)(int) = (long (*)(int))glibc("sysconf");
  switch (name) {
  case 6: return real(_SC_CLK_TCK);
  case 39:
  case 40: return real(_SC_PAGESIZE);
  case 72: return real(_SC_GETPW_R_SIZE_MAX);
  case 75: return real(_SC_THREAD_STACK_MIN);
  case 96: return real(_SC_NPROCESSORS_CONF);
  case 97: return real(_SC_NPROCESSORS_ONLN);
  default:
    fprintf(stderr, "shim: sysconf(%d)\n", name);
    errno = EINVAL;
    return -1;
  }
}

int android_system_property_get(const char *name, char *value) {
  (void)name;
  value[0] = 0;
  return 0;
}

void android_set_abort_message_(const char *message) { fprintf(stderr, "shim: abort: %s\n", message); }

/* glibc's function of this name is GNU's, which returns a string. */
int android_strerror_r(int error, char *buffer, size_t size) {
  int (*real)(int, char *, size_t) = (int (*)(int, char *, size_t))glibc("__xpg_strerror_r");
  return real(error, buffer, size);
}

/* Android's pthread_attr_t has 56 bytes, glibc's 64 on arm64: ours is kept on the heap, and its place in the first word. */
struct attributes {
  pthread_attr_t *real;
};

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))glibc(#name)

int android_attr_init(struct attributes *attributes) {
  REAL(pthread_attr_init);
  attributes->real = malloc(sizeof *attributes->real);
  return attributes->real ? real(attributes->real) : ENOMEM;
}

int android_attr_destroy(struct attributes *attributes) {
  REAL(pthread_attr_destroy);
  int result = real(attributes->real);
  free(attributes->real);
  return result;
}

int android_attr_setstacksize(struct attributes *attributes, size_t size) {
  REAL(pthread_attr_setstacksize);
  return real(attributes->real, size);
}

int android_create(pthread_t *thread, const struct attributes *attributes, void *(*start)(void *), void *argument) {
  REAL(pthread_create);
  return real(thread, attributes ? attributes->real : NULL, start, argument);
}

/* Under Android's names; the C names differ, so that glibc's headers do not clash with them. */
#define EXPORT(name, function) __asm__(".globl " #name "\n.type " #name ",%function\n.set " #name "," #function)
EXPORT(__errno, android_errno);
EXPORT(sysconf, android_sysconf);
EXPORT(__system_property_get, android_system_property_get);
EXPORT(android_set_abort_message, android_set_abort_message_);
EXPORT(strerror_r, android_strerror_r);
EXPORT(pthread_attr_init, android_attr_init);
EXPORT(pthread_attr_destroy, android_attr_destroy);
EXPORT(pthread_attr_setstacksize, android_attr_setstacksize);
EXPORT(pthread_create, android_create);
#endif

#ifdef LIBLOG
int __android_log_write(int priority, const char *tag, const char *message) {
  return fprintf(stderr, "log %d %s: %s\n", priority, tag, message);
}
#endif

/* Before the constructors of what is linked to this. */
__attribute__((constructor(101))) static void fill(void) {
  for (size_t at = 0; slot_names[at]; at++) {
    slots[at] = glibc(slot_names[at]);
    if (!slots[at]) fprintf(stderr, "shim: glibc has no %s\n", slot_names[at]);
  }
}
