#define _GNU_SOURCE
#include "apus_internal.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// Layout. The bottom layer has one record per slot: a head word, the number of the slot's first upper block, then
// 2M neighbours. An upper block is a count and M neighbours; a node of level L has L blocks in a row. Codes are
// four floats (scale, square of the norm, inverse norm, 0) and one signed byte per dimension.
//
// A node's level is a hash of its slot, so that a slot that is used again fits its old blocks.

enum { HEAD = 0, UPPER = 1, LINKS = 2, PRESENT = 1u << 31, LOCKS = 1 << 14, MAXIMUM_LEVEL = 15 };

typedef struct scratch {
    struct scratch *next;
    uint64_t *visited;
    size_t visited_words;
    apus_hit *open;
    size_t open_capacity;
    apus_hit *found;
    size_t found_capacity;
    int8_t *code;
    apus_hit *chosen;
    size_t chosen_capacity;
} scratch;

struct apus_graph {
    apus_graph_options options;
    uint32_t bottom_links;
    size_t record_words;
    size_t block_words;
    size_t code_size;
    double level_scale;
    apus_graph_array arrays[APUS_GRAPH_ARRAYS];
    _Atomic uint32_t node_limit;
    _Atomic uint32_t node_count;
    _Atomic uint32_t upper_blocks;
    // Entry slot in the low half, its level + 1 in the high half; 0 for none.
    _Atomic uint64_t entry;
    pthread_mutex_t top;
    pthread_mutex_t pool_lock;
    scratch *pool;
    atomic_flag locks[LOCKS];
};

// A query in the forms that distances need.
typedef struct {
    const float *vector;
    float inverse_norm;
    const int8_t *code;
    float scale;
    float square;
} target;

static uint32_t load(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }
static void store(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELAXED); }

// MARK: Memory

static void *reserve(size_t size) {
    void *place = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return place == MAP_FAILED ? NULL : place;
}

apus_graph *apus_graph_create(const apus_graph_options *options) {
    apus_graph *graph = calloc(1, sizeof *graph);
    if (graph == NULL) return NULL;
    graph->options = *options;
    graph->bottom_links = options->neighbours * 2;
    graph->record_words = LINKS + graph->bottom_links;
    graph->block_words = 1 + options->neighbours;
    graph->code_size = options->quantised ? (16 + options->space.dimension + 15) / 16 * 16 : 0;
    graph->level_scale = 1.0 / log(options->neighbours < 2 ? 2 : options->neighbours);
    pthread_mutex_init(&graph->top, NULL);
    pthread_mutex_init(&graph->pool_lock, NULL);
    size_t sizes[APUS_GRAPH_ARRAYS] = {
        (size_t)APUS_MAXIMUM_SLOTS * graph->record_words * 4,
        // With M of 2 or more there is on average less than one block per node.
        (size_t)APUS_MAXIMUM_SLOTS * graph->block_words * 4,
        (size_t)APUS_MAXIMUM_SLOTS * graph->code_size,
    };
    for (int index = 0; index < APUS_GRAPH_ARRAYS; index++) {
        if (sizes[index] == 0) continue;
        graph->arrays[index].reserved = sizes[index];
        graph->arrays[index].bytes = reserve(sizes[index]);
        graph->arrays[index].dirty = reserve(sizes[index] / APUS_GRAPH_PAGE + 1);
        if (graph->arrays[index].bytes == NULL || graph->arrays[index].dirty == NULL) {
            apus_graph_destroy(graph);
            return NULL;
        }
    }
    return graph;
}

void apus_graph_destroy(apus_graph *graph) {
    for (int index = 0; index < APUS_GRAPH_ARRAYS; index++) {
        apus_graph_array array = graph->arrays[index];
        if (array.bytes != NULL) munmap(array.bytes, array.reserved);
        if (array.dirty != NULL) munmap(array.dirty, array.reserved / APUS_GRAPH_PAGE + 1);
    }
    while (graph->pool != NULL) {
        scratch *item = graph->pool;
        graph->pool = item->next;
        free(item->visited);
        free(item->open);
        free(item->found);
        free(item->code);
        free(item->chosen);
        free(item);
    }
    pthread_mutex_destroy(&graph->top);
    pthread_mutex_destroy(&graph->pool_lock);
    free(graph);
}

static scratch *take_scratch(apus_graph *graph) {
    pthread_mutex_lock(&graph->pool_lock);
    scratch *item = graph->pool;
    if (item != NULL) graph->pool = item->next;
    pthread_mutex_unlock(&graph->pool_lock);
    if (item == NULL) item = calloc(1, sizeof *item);
    if (item != NULL && item->code == NULL && graph->code_size > 0) item->code = malloc(graph->code_size);
    return item;
}

static void give_scratch(apus_graph *graph, scratch *item) {
    pthread_mutex_lock(&graph->pool_lock);
    item->next = graph->pool;
    graph->pool = item;
    pthread_mutex_unlock(&graph->pool_lock);
}

static int grow(apus_hit **hits, size_t *capacity, size_t needed) {
    if (*capacity >= needed) return 1;
    size_t size = needed * 2;
    apus_hit *larger = realloc(*hits, size * sizeof **hits);
    if (larger == NULL) return 0;
    *hits = larger;
    *capacity = size;
    return 1;
}

// MARK: Records

static uint32_t *record(const apus_graph *graph, uint32_t slot) {
    return (uint32_t *)graph->arrays[0].bytes + (size_t)slot * graph->record_words;
}

static void mark(apus_graph *graph, int array, const void *start, size_t size) {
    size_t first = (size_t)((const uint8_t *)start - graph->arrays[array].bytes);
    for (size_t page = first / APUS_GRAPH_PAGE; page <= (first + size - 1) / APUS_GRAPH_PAGE; page++) {
        __atomic_store_n(&graph->arrays[array].dirty[page], 1, __ATOMIC_RELAXED);
    }
}

static uint32_t level_of(const apus_graph *graph, uint32_t slot) {
    // SplitMix64's finalizer.
    uint64_t mixed = (slot + 1) * 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    mixed ^= mixed >> 31;
    double uniform = ((double)(mixed >> 11) + 1.0) * 0x1p-53;
    double level = -log(uniform) * graph->level_scale;
    return level > MAXIMUM_LEVEL ? MAXIMUM_LEVEL : (uint32_t)level;
}

/// The neighbours of a node in a layer; the count is read once, and every link is checked before use.
static uint32_t *links(const apus_graph *graph, uint32_t slot, uint32_t level, uint32_t *count) {
    uint32_t *head = record(graph, slot);
    uint32_t most = level == 0 ? graph->bottom_links : graph->options.neighbours;
    uint32_t *first;
    if (level == 0) {
        *count = load(head + HEAD) & 0xFFFF;
        first = head + LINKS;
    } else {
        uint32_t block = load(head + UPPER) + level - 1;
        uint32_t node_level = (load(head + HEAD) >> 16) & 0xFF;
        if (level > node_level || block >= atomic_load_explicit(&graph->upper_blocks, memory_order_relaxed)) {
            *count = 0;
            return head + LINKS;
        }
        uint32_t *words = (uint32_t *)graph->arrays[1].bytes + (size_t)block * graph->block_words;
        *count = load(words);
        first = words + 1;
    }
    if (*count > most) *count = most;
    return first;
}

/// Writes a node's neighbours in a layer; under the node's lock.
static void set_links(apus_graph *graph, uint32_t slot, uint32_t level, const apus_hit *hits, uint32_t count) {
    uint32_t *head = record(graph, slot);
    uint32_t *counter, *first;
    if (level == 0) {
        first = head + LINKS;
        for (uint32_t index = 0; index < count; index++) store(first + index, hits[index].slot);
        store(head + HEAD, (load(head + HEAD) & 0xFFFF0000u) | count);
        mark(graph, 0, head, graph->record_words * 4);
    } else {
        counter = (uint32_t *)graph->arrays[1].bytes + (size_t)(load(head + UPPER) + level - 1) * graph->block_words;
        for (uint32_t index = 0; index < count; index++) store(counter + 1 + index, hits[index].slot);
        store(counter, count);
        mark(graph, 1, counter, graph->block_words * 4);
    }
}

int apus_graph_contains(const apus_graph *graph, uint32_t slot) {
    return slot < atomic_load(&graph->node_limit) && (load(record(graph, slot) + HEAD) & PRESENT) != 0;
}

static void lock(apus_graph *graph, uint32_t slot) {
    while (atomic_flag_test_and_set_explicit(&graph->locks[slot & (LOCKS - 1)], memory_order_acquire)) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
}

static void unlock(apus_graph *graph, uint32_t slot) {
    atomic_flag_clear_explicit(&graph->locks[slot & (LOCKS - 1)], memory_order_release);
}

// MARK: Distances

static const int8_t *code_of(const apus_graph *graph, uint32_t slot) {
    return (const int8_t *)graph->arrays[2].bytes + (size_t)slot * graph->code_size;
}

static void encode(const apus_graph *graph, const float *vector, int8_t *code) {
    size_t count = graph->options.space.dimension;
    float largest = 0;
    for (size_t index = 0; index < count; index++) {
        float size = fabsf(vector[index]);
        if (size > largest) largest = size;
    }
    float scale = largest / 127.0f;
    float inverse = largest > 0 ? 127.0f / largest : 0;
    float square = apus_kernel_dot(vector, vector, count);
    float head[4] = {scale, square, square > 0 ? 1.0f / sqrtf(square) : 0, 0};
    memcpy(code, head, sizeof head);
    for (size_t index = 0; index < count; index++) {
        code[16 + index] = (int8_t)lrintf(vector[index] * inverse);
    }
}

static float code_distance(const apus_graph *graph, const int8_t *a, const int8_t *b) {
    const float *one = (const float *)a, *two = (const float *)b;
    float product =
        (float)apus_kernel_code_dot(a + 16, b + 16, graph->options.space.dimension) * one[0] * two[0];
    float distance;
    switch (graph->options.space.metric) {
    case APUS_L2: distance = one[1] + two[1] - 2 * product; break;
    case APUS_IP: distance = 1 - product; break;
    default: distance = 1 - product * one[2] * two[2]; break;
    }
    return distance == distance ? distance : INFINITY;
}

static float distance_to(const apus_graph *graph, const target *query, uint32_t slot) {
    if (query->code != NULL) return code_distance(graph, query->code, code_of(graph, slot));
    return apus_distance(&graph->options.space, query->vector, query->inverse_norm, slot);
}

static float distance_between(const apus_graph *graph, uint32_t a, uint32_t b) {
    if (graph->code_size > 0) return code_distance(graph, code_of(graph, a), code_of(graph, b));
    const apus_space *space = &graph->options.space;
    const float *vector = space->vectors + (size_t)a * space->stride;
    return apus_distance(space, vector, vector[space->dimension], b);
}

static void prefetch(const apus_graph *graph, uint32_t slot) {
    const char *place = graph->code_size > 0
        ? (const char *)code_of(graph, slot)
        : (const char *)(graph->options.space.vectors + (size_t)slot * graph->options.space.stride);
    __builtin_prefetch(place);
    __builtin_prefetch(place + 64);
    __builtin_prefetch(place + 128);
    __builtin_prefetch(place + 192);
}

// MARK: Search

static int is_dead(const apus_graph *graph, uint32_t slot) { return apus_bit(graph->options.dead, slot); }

/// Walks down from `from` by the nearest neighbour of each layer until `level` + 1 has been searched.
static apus_hit descend(const apus_graph *graph, const target *query, apus_hit from, uint32_t top, uint32_t level) {
    uint32_t limit = atomic_load(&graph->node_limit);
    for (uint32_t layer = top; layer > level; layer--) {
        for (int moved = 1; moved;) {
            moved = 0;
            uint32_t count;
            const uint32_t *first = links(graph, from.slot, layer, &count);
            for (uint32_t index = 0; index < count; index++) {
                uint32_t next = load(first + index);
                if (next >= limit) continue;
                float distance = distance_to(graph, query, next);
                if (distance < from.distance) {
                    from = (apus_hit){distance, next};
                    moved = 1;
                }
            }
        }
    }
    return from;
}

/// Best-first search of one layer; the nearest `width` acceptable nodes end up in `item->found`, farthest on top.
/// Returns their number.
static size_t search_layer(
    const apus_graph *graph, scratch *item, const target *query, apus_hit from, uint32_t level, size_t width,
    const uint64_t *allowed, size_t bits) {
    uint32_t limit = atomic_load(&graph->node_limit);
    size_t words = (size_t)limit / 64 + 1;
    if (item->visited_words < words) {
        uint64_t *larger = realloc(item->visited, words * 2 * sizeof *larger);
        if (larger == NULL) return 0;
        item->visited = larger;
        item->visited_words = words * 2;
    }
    memset(item->visited, 0, words * sizeof *item->visited);
    if (!grow(&item->found, &item->found_capacity, width + 1)) return 0;
    if (!grow(&item->open, &item->open_capacity, 256)) return 0;
    size_t open = 0, found = 0;
    apus_heap_push(item->open, open++, from, 0);
    item->visited[from.slot >> 6] |= 1ull << (from.slot & 63);
#define ACCEPTABLE(slot) \
    (!is_dead(graph, slot) && (allowed == NULL || ((slot) < bits && apus_bit(allowed, slot))))
    if (ACCEPTABLE(from.slot)) apus_heap_push(item->found, found++, from, 1);
    uint32_t fresh[1024];
    while (open > 0) {
        apus_hit nearest = apus_heap_pop(item->open, open--, 0);
        if (found == width && nearest.distance > item->found[0].distance) break;
        uint32_t count;
        const uint32_t *first = links(graph, nearest.slot, level, &count);
        uint32_t unseen = 0;
        for (uint32_t index = 0; index < count && unseen < 1024; index++) {
            uint32_t next = load(first + index);
            if (next >= limit || item->visited[next >> 6] & (1ull << (next & 63))) continue;
            item->visited[next >> 6] |= 1ull << (next & 63);
            fresh[unseen++] = next;
        }
        if (!grow(&item->open, &item->open_capacity, open + unseen)) break;
        if (unseen > 0) prefetch(graph, fresh[0]);
        for (uint32_t index = 0; index < unseen; index++) {
            if (index + 1 < unseen) prefetch(graph, fresh[index + 1]);
            apus_hit hit = {distance_to(graph, query, fresh[index]), fresh[index]};
            if (found < width || hit.distance < item->found[0].distance) {
                apus_heap_push(item->open, open++, hit, 0);
                if (!ACCEPTABLE(hit.slot)) continue;
                if (found < width) {
                    apus_heap_push(item->found, found++, hit, 1);
                } else {
                    apus_heap_replace(item->found, found, hit, 1);
                }
            }
        }
    }
#undef ACCEPTABLE
    return found;
}

static int make_target(apus_graph *graph, scratch *item, const float *vector, target *query) {
    query->vector = vector;
    query->inverse_norm = apus_inverse_norm(vector, graph->options.space.dimension);
    query->code = NULL;
    if (graph->code_size > 0) {
        if (item->code == NULL) return 0;
        encode(graph, vector, item->code);
        query->code = item->code;
    }
    return 1;
}

size_t apus_graph_search(
    apus_graph *graph, const float *vector, size_t candidates, const uint64_t *allowed, size_t bits,
    apus_hit *results, size_t limit) {
    uint64_t entry = atomic_load(&graph->entry);
    if (entry == 0 || limit == 0) return 0;
    scratch *item = take_scratch(graph);
    if (item == NULL) return 0;
    target query;
    size_t held = 0;
    if (make_target(graph, item, vector, &query)) {
        apus_hit from = {0, (uint32_t)entry};
        from.distance = distance_to(graph, &query, from.slot);
        from = descend(graph, &query, from, (uint32_t)(entry >> 32) - 1, 0);
        size_t width = candidates > limit ? candidates : limit;
        size_t found = search_layer(graph, item, &query, from, 0, width, allowed, bits);
        for (size_t index = 0; index < found; index++) {
            apus_hit hit = item->found[index];
            if (query.code != NULL) {
                hit.distance = apus_distance(&graph->options.space, vector, query.inverse_norm, hit.slot);
            }
            if (held < limit) {
                apus_heap_push(results, held++, hit, 1);
            } else if (hit.distance < results[0].distance) {
                apus_heap_replace(results, held, hit, 1);
            }
        }
    }
    give_scratch(graph, item);
    return held;
}

// MARK: Insertion

static int by_distance(const void *a, const void *b) {
    const apus_hit *one = a, *two = b;
    if (one->distance != two->distance) return one->distance < two->distance ? -1 : 1;
    return one->slot < two->slot ? -1 : one->slot > two->slot;
}

/// Keeps of `hits` those that are nearer to the centre than to any kept before (Algorithm 4 of the paper), up to
/// `most`; in place, nearest first. Returns the number kept.
static uint32_t select_diverse(const apus_graph *graph, apus_hit *hits, size_t count, uint32_t most) {
    qsort(hits, count, sizeof *hits, by_distance);
    uint32_t kept = 0;
    for (size_t index = 0; index < count && kept < most; index++) {
        int diverse = 1;
        for (uint32_t other = 0; other < kept && diverse; other++) {
            diverse = distance_between(graph, hits[other].slot, hits[index].slot) >= hits[index].distance;
        }
        if (diverse) hits[kept++] = hits[index];
    }
    return kept;
}

/// Adds a link from `from` to `to`, dropping the least useful one when there is no room.
static void add_link(apus_graph *graph, uint32_t from, apus_hit to, uint32_t level) {
    uint32_t most = level == 0 ? graph->bottom_links : graph->options.neighbours;
    apus_hit hits[513];
    lock(graph, from);
    uint32_t count;
    const uint32_t *first = links(graph, from, level, &count);
    int known = 0;
    for (uint32_t index = 0; index < count; index++) {
        hits[index].slot = load(first + index);
        known |= hits[index].slot == to.slot;
    }
    if (!known && ((load(record(graph, from) + HEAD) >> 16) & 0xFF) >= level) {
        hits[count++] = to;
        if (count > most) {
            for (uint32_t index = 0; index + 1 < count; index++) {
                hits[index].distance = distance_between(graph, from, hits[index].slot);
            }
            count = select_diverse(graph, hits, count, most);
        }
        set_links(graph, from, level, hits, count);
    }
    unlock(graph, from);
}

/// Links a node in the layers from `level` down: searches, chooses, links both ways.
static int connect(apus_graph *graph, scratch *item, uint32_t slot, uint32_t level) {
    uint64_t entry = atomic_load(&graph->entry);
    const apus_space *space = &graph->options.space;
    target query;
    if (!make_target(graph, item, space->vectors + (size_t)slot * space->stride, &query)) return 0;
    uint32_t top = (uint32_t)(entry >> 32) - 1;
    apus_hit from = {0, (uint32_t)entry};
    from.distance = distance_to(graph, &query, from.slot);
    from = descend(graph, &query, from, top, level);
    for (uint32_t layer = level < top ? level : top;; layer--) {
        size_t width = graph->options.construction_candidates;
        size_t found = search_layer(graph, item, &query, from, layer, width, NULL, 0);
        size_t others = 0;
        if (!grow(&item->chosen, &item->chosen_capacity, found + 1)) return 0;
        for (size_t index = 0; index < found; index++) {
            if (item->found[index].slot != slot) item->chosen[others++] = item->found[index];
        }
        // With nothing alive around, a dead node at least keeps this one reachable.
        if (others == 0 && from.slot != slot) item->chosen[others++] = from;
        uint32_t kept = select_diverse(graph, item->chosen, others, graph->options.neighbours);
        if (kept > 0) from = item->chosen[0];
        lock(graph, slot);
        set_links(graph, slot, layer, item->chosen, kept);
        unlock(graph, slot);
        for (uint32_t index = 0; index < kept; index++) {
            add_link(graph, item->chosen[index].slot, (apus_hit){item->chosen[index].distance, slot}, layer);
        }
        if (layer == 0) return 1;
    }
}

static int insert_one(apus_graph *graph, scratch *item, uint32_t slot) {
    if (slot >= APUS_MAXIMUM_SLOTS || apus_graph_contains(graph, slot)) return 0;
    uint32_t level = level_of(graph, slot);
    uint32_t *head = record(graph, slot);
    if (graph->code_size > 0) {
        const apus_space *space = &graph->options.space;
        int8_t *code = (int8_t *)code_of(graph, slot);
        encode(graph, space->vectors + (size_t)slot * space->stride, code);
        mark(graph, 2, code, graph->code_size);
    }
    uint32_t old_level = (load(head + HEAD) >> 16) & 0xFF;
    if (level > 0 && old_level == 0) {
        if (atomic_load(&graph->upper_blocks) + level > APUS_MAXIMUM_SLOTS) level = 0;
        if (level > 0) store(head + UPPER, atomic_fetch_add(&graph->upper_blocks, level));
    }
    store(head + HEAD, PRESENT | level << 16);
    for (uint32_t layer = 1; layer <= level; layer++) set_links(graph, slot, layer, NULL, 0);
    mark(graph, 0, head, graph->record_words * 4);
    uint32_t limit = atomic_load(&graph->node_limit);
    while (limit <= slot && !atomic_compare_exchange_weak(&graph->node_limit, &limit, slot + 1)) {}
    // Who would become the new entry keeps others from becoming it meanwhile.
    uint64_t entry = atomic_load(&graph->entry);
    int rises = entry == 0 || level > (uint32_t)(entry >> 32) - 1;
    if (rises) {
        pthread_mutex_lock(&graph->top);
        entry = atomic_load(&graph->entry);
        rises = entry == 0 || level > (uint32_t)(entry >> 32) - 1;
        if (!rises) pthread_mutex_unlock(&graph->top);
    }
    int linked = entry == 0 || connect(graph, item, slot, level);
    if (rises) {
        atomic_store(&graph->entry, (uint64_t)(level + 1) << 32 | slot);
        pthread_mutex_unlock(&graph->top);
    }
    atomic_fetch_add(&graph->node_count, 1);
    return linked;
}

typedef struct {
    apus_graph *graph;
    const uint32_t *slots;
    size_t count;
    _Atomic size_t next;
    _Atomic size_t done;
} insertion;

static void *insert_share(void *argument) {
    insertion *work = argument;
    scratch *item = take_scratch(work->graph);
    if (item == NULL) return NULL;
    for (;;) {
        size_t index = atomic_fetch_add(&work->next, 1);
        if (index >= work->count) break;
        if (insert_one(work->graph, item, work->slots[index])) atomic_fetch_add(&work->done, 1);
    }
    give_scratch(work->graph, item);
    return NULL;
}

size_t apus_graph_insert(apus_graph *graph, const uint32_t *slots, size_t count, unsigned threads) {
    insertion work = {.graph = graph, .slots = slots, .count = count};
    pthread_t helpers[63];
    unsigned started = 0;
    // Few slots are not worth a thread.
    for (; started + 1 < threads && started < 63 && count >= 16 * (started + 2); started++) {
        if (pthread_create(&helpers[started], NULL, insert_share, &work) != 0) break;
    }
    insert_share(&work);
    for (unsigned index = 0; index < started; index++) pthread_join(helpers[index], NULL);
    return atomic_load(&work.done);
}

// MARK: Removal

static int is_victim(const uint64_t *victims, size_t bits, uint32_t slot) {
    return slot < bits && apus_bit(victims, slot);
}

/// Replaces links to victims by links to the victims' own neighbours.
static void bridge(apus_graph *graph, uint32_t slot, uint32_t level, const uint64_t *victims, size_t bits) {
    uint32_t limit = atomic_load(&graph->node_limit);
    uint32_t most = level == 0 ? graph->bottom_links : graph->options.neighbours;
    apus_hit hits[2048 + 512];
    size_t total = 0;
    uint32_t count;
    const uint32_t *first = links(graph, slot, level, &count);
    int touched = 0;
    for (uint32_t index = 0; index < count; index++) {
        uint32_t next = load(first + index);
        if (next >= limit) continue;
        if (!is_victim(victims, bits, next)) {
            hits[total++].slot = next;
            continue;
        }
        touched = 1;
        uint32_t around;
        const uint32_t *further = links(graph, next, level, &around);
        for (uint32_t other = 0; other < around && total < 2000; other++) {
            uint32_t candidate = load(further + other);
            if (candidate < limit && candidate != slot && !is_victim(victims, bits, candidate)
                && apus_graph_contains(graph, candidate)) {
                hits[total++].slot = candidate;
            }
        }
    }
    if (!touched) return;
    for (size_t index = 0; index < total; index++) {
        hits[index].distance = distance_between(graph, slot, hits[index].slot);
    }
    qsort(hits, total, sizeof *hits, by_distance);
    size_t distinct = 0;
    for (size_t index = 0; index < total; index++) {
        if (distinct == 0 || hits[distinct - 1].slot != hits[index].slot) hits[distinct++] = hits[index];
    }
    uint32_t kept = select_diverse(graph, hits, distinct, most);
    lock(graph, slot);
    set_links(graph, slot, level, hits, kept);
    unlock(graph, slot);
}

static uint32_t node_level(const apus_graph *graph, uint32_t slot) {
    return (load(record(graph, slot) + HEAD) >> 16) & 0xFF;
}

/// Chooses the highest node that stays as the entry.
static void replace_entry(apus_graph *graph, const uint64_t *victims, size_t bits) {
    uint64_t entry = atomic_load(&graph->entry);
    if (entry == 0 || !is_victim(victims, bits, (uint32_t)entry)) return;
    uint64_t best = 0;
    uint32_t limit = atomic_load(&graph->node_limit);
    for (uint32_t slot = 0; slot < limit; slot++) {
        if (!apus_graph_contains(graph, slot) || is_victim(victims, bits, slot)) continue;
        uint64_t candidate = (uint64_t)(node_level(graph, slot) + 1) << 32 | slot;
        if (candidate >> 32 > best >> 32) best = candidate;
    }
    atomic_store(&graph->entry, best);
}

/// Inserts again what a walk over the bottom layer from the entry does not reach.
static void reconnect(apus_graph *graph) {
    uint64_t entry = atomic_load(&graph->entry);
    uint32_t limit = atomic_load(&graph->node_limit);
    if (entry == 0) return;
    uint64_t *seen = calloc((size_t)limit / 64 + 1, sizeof *seen);
    uint32_t *queue = malloc((size_t)limit * sizeof *queue);
    scratch *item = take_scratch(graph);
    if (seen != NULL && queue != NULL && item != NULL) {
        size_t head = 0, tail = 0;
        queue[tail++] = (uint32_t)entry;
        seen[(uint32_t)entry >> 6] |= 1ull << ((uint32_t)entry & 63);
        uint32_t lost = 0;
        for (;;) {
            while (head < tail) {
                uint32_t count;
                const uint32_t *first = links(graph, queue[head++], 0, &count);
                for (uint32_t index = 0; index < count; index++) {
                    uint32_t next = load(first + index);
                    if (next >= limit || seen[next >> 6] & (1ull << (next & 63))) continue;
                    seen[next >> 6] |= 1ull << (next & 63);
                    queue[tail++] = next;
                }
            }
            while (lost < limit && (seen[lost >> 6] & (1ull << (lost & 63)) || !apus_graph_contains(graph, lost))) {
                lost++;
            }
            if (lost >= limit) break;
            connect(graph, item, lost, 0);
            // Its own links are followed whether or not its neighbours had room for a link back.
            seen[lost >> 6] |= 1ull << (lost & 63);
            queue[tail++] = lost;
        }
    }
    if (item != NULL) give_scratch(graph, item);
    free(queue);
    free(seen);
}

size_t apus_graph_remove(apus_graph *graph, const uint64_t *victims, size_t bits) {
    uint32_t limit = atomic_load(&graph->node_limit);
    size_t removed = 0;
    replace_entry(graph, victims, bits);
    for (uint32_t slot = 0; slot < limit; slot++) {
        if (!apus_graph_contains(graph, slot) || is_victim(victims, bits, slot)) continue;
        for (uint32_t level = 0; level <= node_level(graph, slot); level++) bridge(graph, slot, level, victims, bits);
    }
    for (uint32_t slot = 0; slot < limit && slot < bits; slot++) {
        if (!is_victim(victims, bits, slot) || !apus_graph_contains(graph, slot)) continue;
        lock(graph, slot);
        for (uint32_t level = 0; level <= node_level(graph, slot); level++) set_links(graph, slot, level, NULL, 0);
        uint32_t *head = record(graph, slot);
        store(head + HEAD, load(head + HEAD) & ~PRESENT);
        unlock(graph, slot);
        atomic_fetch_sub(&graph->node_count, 1);
        removed++;
    }
    if (removed > 0) reconnect(graph);
    return removed;
}

// MARK: State

apus_graph_state apus_graph_get_state(const apus_graph *graph) {
    uint64_t entry = atomic_load(&graph->entry);
    return (apus_graph_state){
        .node_limit = atomic_load(&graph->node_limit),
        .node_count = atomic_load(&graph->node_count),
        .upper_blocks = atomic_load(&graph->upper_blocks),
        .entry = (uint32_t)entry,
        .top_level = (int32_t)(entry >> 32) - 1,
    };
}

int apus_graph_set_state(apus_graph *graph, apus_graph_state state) {
    if (state.node_limit > APUS_MAXIMUM_SLOTS || state.upper_blocks > APUS_MAXIMUM_SLOTS
        || state.node_count > state.node_limit || state.top_level > MAXIMUM_LEVEL || state.top_level < -1) {
        return 0;
    }
    if (state.top_level >= 0 && state.entry >= state.node_limit) return 0;
    atomic_store(&graph->node_limit, state.node_limit);
    atomic_store(&graph->node_count, state.node_count);
    atomic_store(&graph->upper_blocks, state.upper_blocks);
    atomic_store(&graph->entry, state.top_level < 0 ? 0 : (uint64_t)(state.top_level + 1) << 32 | state.entry);
    return 1;
}

apus_graph_array apus_graph_get_array(const apus_graph *graph, int index) {
    apus_graph_array array = graph->arrays[index];
    size_t limit = atomic_load(&graph->node_limit);
    switch (index) {
    case 0: array.used = limit * graph->record_words * 4; break;
    case 1: array.used = (size_t)atomic_load(&graph->upper_blocks) * graph->block_words * 4; break;
    default: array.used = limit * graph->code_size; break;
    }
    return array;
}
