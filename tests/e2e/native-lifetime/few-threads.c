/* For LD_PRELOAD: while the environment says NO_MORE_THREADS, no thread can be started, as on a machine at its limit. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

typedef int (*create_thread)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *), void *argument) {
  if (getenv("NO_MORE_THREADS") != NULL) return EAGAIN;
  const create_thread create = (create_thread)dlsym(RTLD_NEXT, "pthread_create");
  return create(thread, attributes, work, argument);
}
