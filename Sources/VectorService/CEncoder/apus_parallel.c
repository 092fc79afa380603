#define _GNU_SOURCE
#include "apus_vectors.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>

// The OpenMP runtime comes into the process with oneDNN. Its entry points are looked up rather than linked, so
// that the package needs no compiler with OpenMP and runs without the library too.
static void (*start_team)(void (*)(void *), void *, unsigned, unsigned);
static int (*thread_number)(void);
static void (*set_threads)(int);
static int (*processors)(void);
static pthread_once_t looked_up = PTHREAD_ONCE_INIT;

static void look_up(void) {
    *(void **)&start_team = dlsym(RTLD_DEFAULT, "GOMP_parallel");
    *(void **)&thread_number = dlsym(RTLD_DEFAULT, "omp_get_thread_num");
    *(void **)&set_threads = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    *(void **)&processors = dlsym(RTLD_DEFAULT, "omp_get_num_procs");
}

typedef struct {
    atomic_int next;
    int count;
    void (*body)(int, void *);
    void *context;
} loop;

static void run_share(void *argument) {
    loop *shared = argument;
    for (;;) {
        int index = atomic_fetch_add(&shared->next, 1);
        if (index >= shared->count) return;
        shared->body(index, shared->context);
    }
}

void apus_parallel_for(int count, void (*body)(int, void *), void *context) {
    pthread_once(&looked_up, look_up);
    loop shared = {.next = 0, .count = count, .body = body, .context = context};
    if (start_team == NULL) {
        run_share(&shared);
    } else {
        start_team(run_share, &shared, 0, 0);
    }
}

void apus_parallel_set_threads(int count) {
    pthread_once(&looked_up, look_up);
    if (set_threads != NULL) set_threads(count);
}

int apus_parallel_thread(void) {
    pthread_once(&looked_up, look_up);
    return thread_number == NULL ? 0 : thread_number();
}

int apus_parallel_processors(void) {
    pthread_once(&looked_up, look_up);
    int count = processors == NULL ? 1 : processors();
    return count < 1 ? 1 : count;
}
