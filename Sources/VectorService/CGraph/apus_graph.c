#define _GNU_SOURCE
#include "apus_graph_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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
        apus_scratch *item = graph->pool;
        graph->pool = item->next;
        free(item->visited);
        free(item->open);
        free(item->found);
        free(item->code);
        free(item->chosen);
        free(item->kept);
        free(item);
    }
    pthread_mutex_destroy(&graph->top);
    pthread_mutex_destroy(&graph->pool_lock);
    free(graph);
}

ptrdiff_t apus_graph_reserved(const apus_graph *graph) {
    size_t sum = 0;
    for (int index = 0; index < APUS_GRAPH_ARRAYS; index++) {
        size_t size = graph->arrays[index].reserved;
        if (size > 0) sum += size + size / APUS_GRAPH_PAGE + 1;
    }
    return (ptrdiff_t)sum;
}

apus_scratch *apus_take_scratch(apus_graph *graph) {
    pthread_mutex_lock(&graph->pool_lock);
    apus_scratch *item = graph->pool;
    if (item != NULL) graph->pool = item->next;
    pthread_mutex_unlock(&graph->pool_lock);
    if (item == NULL) item = calloc(1, sizeof *item);
    if (item != NULL && item->code == NULL && graph->code_size > 0) item->code = malloc(graph->code_size);
    return item;
}

void apus_give_scratch(apus_graph *graph, apus_scratch *item) {
    pthread_mutex_lock(&graph->pool_lock);
    item->next = graph->pool;
    graph->pool = item;
    pthread_mutex_unlock(&graph->pool_lock);
}

int apus_grow(apus_hit **hits, size_t *capacity, size_t needed) {
    if (*capacity >= needed) return 1;
    size_t size = needed * 2;
    apus_hit *larger = realloc(*hits, size * sizeof **hits);
    if (larger == NULL) return 0;
    *hits = larger;
    *capacity = size;
    return 1;
}

// MARK: Records

uint32_t *apus_record(const apus_graph *graph, uint32_t slot) {
    return (uint32_t *)graph->arrays[0].bytes + (size_t)slot * graph->record_words;
}

void apus_mark(apus_graph *graph, int array, const void *start, size_t size) {
    size_t first = (size_t)((const uint8_t *)start - graph->arrays[array].bytes);
    for (size_t page = first / APUS_GRAPH_PAGE; page <= (first + size - 1) / APUS_GRAPH_PAGE; page++) {
        __atomic_store_n(&graph->arrays[array].dirty[page], 1, __ATOMIC_RELAXED);
    }
}

uint32_t apus_level(const apus_graph *graph, uint32_t slot) {
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
uint32_t *apus_links(const apus_graph *graph, uint32_t slot, uint32_t level, uint32_t *count) {
    uint32_t *head = apus_record(graph, slot);
    uint32_t most = level == 0 ? graph->bottom_links : graph->options.neighbours;
    uint32_t *first;
    if (level == 0) {
        *count = apus_load(head + HEAD) & 0xFFFF;
        first = head + LINKS;
    } else {
        uint32_t block = apus_load(head + UPPER) + level - 1;
        uint32_t node_level = (apus_load(head + HEAD) >> 16) & 0xFF;
        if (level > node_level || block >= atomic_load_explicit(&graph->upper_blocks, memory_order_relaxed)) {
            *count = 0;
            return head + LINKS;
        }
        uint32_t *words = (uint32_t *)graph->arrays[1].bytes + (size_t)block * graph->block_words;
        *count = apus_load(words);
        first = words + 1;
    }
    if (*count > most) *count = most;
    return first;
}

/// Writes a node's neighbours in a layer; under the node's lock.
void apus_set_links(apus_graph *graph, uint32_t slot, uint32_t level, const apus_hit *hits, uint32_t count) {
    uint32_t *head = apus_record(graph, slot);
    uint32_t *counter, *first;
    if (level == 0) {
        first = head + LINKS;
        for (uint32_t index = 0; index < count; index++) apus_store(first + index, hits[index].slot);
        apus_store(head + HEAD, (apus_load(head + HEAD) & 0xFFFF0000u) | count);
        apus_mark(graph, 0, head, graph->record_words * 4);
    } else {
        counter = (uint32_t *)graph->arrays[1].bytes + (size_t)(apus_load(head + UPPER) + level - 1) * graph->block_words;
        for (uint32_t index = 0; index < count; index++) apus_store(counter + 1 + index, hits[index].slot);
        apus_store(counter, count);
        apus_mark(graph, 1, counter, graph->block_words * 4);
    }
}

int apus_graph_contains(const apus_graph *graph, uint32_t slot) {
    return slot < atomic_load(&graph->node_limit) && (apus_load(apus_record(graph, slot) + HEAD) & PRESENT) != 0;
}

void apus_lock_node(apus_graph *graph, uint32_t slot) {
    while (atomic_flag_test_and_set_explicit(&graph->locks[slot & (LOCKS - 1)], memory_order_acquire)) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
}

void apus_unlock_node(apus_graph *graph, uint32_t slot) {
    atomic_flag_clear_explicit(&graph->locks[slot & (LOCKS - 1)], memory_order_release);
}

// MARK: Distances

const int8_t *apus_code(const apus_graph *graph, uint32_t slot) {
    return (const int8_t *)graph->arrays[2].bytes + (size_t)slot * graph->code_size;
}

void apus_encode(const apus_graph *graph, const float *vector, int8_t *code) {
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

float apus_distance_to(const apus_graph *graph, const apus_target *query, uint32_t slot) {
    if (query->code != NULL) return code_distance(graph, query->code, apus_code(graph, slot));
    return apus_distance(&graph->options.space, query->vector, query->inverse_norm, slot);
}

float apus_distance_between(const apus_graph *graph, uint32_t a, uint32_t b) {
    if (graph->code_size > 0) return code_distance(graph, apus_code(graph, a), apus_code(graph, b));
    const apus_space *space = &graph->options.space;
    const float *vector = space->vectors + (size_t)a * space->stride;
    return apus_distance(space, vector, vector[space->dimension], b);
}

static void prefetch(const apus_graph *graph, uint32_t slot) {
    const char *place = graph->code_size > 0
        ? (const char *)apus_code(graph, slot)
        : (const char *)(graph->options.space.vectors + (size_t)slot * graph->options.space.stride);
    __builtin_prefetch(place);
    __builtin_prefetch(place + 64);
    __builtin_prefetch(place + 128);
    __builtin_prefetch(place + 192);
}

// MARK: Search

static int apus_is_dead(const apus_graph *graph, uint32_t slot) { return apus_bit(graph->options.dead, slot); }

/// Walks down from `from` by the nearest neighbour of each layer until `level` + 1 has been searched.
apus_hit apus_descend(const apus_graph *graph, const apus_target *query, apus_hit from, uint32_t top, uint32_t level) {
    uint32_t limit = atomic_load(&graph->node_limit);
    for (uint32_t layer = top; layer > level; layer--) {
        for (int moved = 1; moved;) {
            moved = 0;
            uint32_t count;
            const uint32_t *first = apus_links(graph, from.slot, layer, &count);
            for (uint32_t index = 0; index < count; index++) {
                uint32_t next = apus_load(first + index);
                if (next >= limit) continue;
                float distance = apus_distance_to(graph, query, next);
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
size_t apus_search_layer(
    const apus_graph *graph, apus_scratch *item, const apus_target *query, apus_hit from, uint32_t level, size_t width,
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
    if (!apus_grow(&item->found, &item->found_capacity, width + 1)) return 0;
    if (!apus_grow(&item->open, &item->open_capacity, 256)) return 0;
    size_t open = 0, found = 0;
    apus_heap_push(item->open, open++, from, 0);
    item->visited[from.slot >> 6] |= 1ull << (from.slot & 63);
#define ACCEPTABLE(slot) \
    (!apus_is_dead(graph, slot) && (allowed == NULL || ((slot) < bits && apus_bit(allowed, slot))))
    if (ACCEPTABLE(from.slot)) apus_heap_push(item->found, found++, from, 1);
    uint32_t fresh[1024];
    while (open > 0) {
        apus_hit nearest = apus_heap_pop(item->open, open--, 0);
        if (found == width && nearest.distance > item->found[0].distance) break;
        uint32_t count;
        const uint32_t *first = apus_links(graph, nearest.slot, level, &count);
        uint32_t unseen = 0;
        for (uint32_t index = 0; index < count && unseen < 1024; index++) {
            uint32_t next = apus_load(first + index);
            if (next >= limit || item->visited[next >> 6] & (1ull << (next & 63))) continue;
            item->visited[next >> 6] |= 1ull << (next & 63);
            fresh[unseen++] = next;
        }
        if (!apus_grow(&item->open, &item->open_capacity, open + unseen)) break;
        if (unseen > 0) prefetch(graph, fresh[0]);
        for (uint32_t index = 0; index < unseen; index++) {
            if (index + 1 < unseen) prefetch(graph, fresh[index + 1]);
            apus_hit hit = {apus_distance_to(graph, query, fresh[index]), fresh[index]};
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

int apus_make_target(apus_graph *graph, apus_scratch *item, const float *vector, apus_target *query) {
    query->vector = vector;
    query->inverse_norm = apus_inverse_norm(vector, graph->options.space.dimension);
    query->code = NULL;
    if (graph->code_size > 0) {
        if (item->code == NULL) return 0;
        apus_encode(graph, vector, item->code);
        query->code = item->code;
    }
    return 1;
}

size_t apus_graph_search(
    apus_graph *graph, const float *vector, size_t candidates, const uint64_t *allowed, size_t bits,
    apus_hit *results, size_t limit) {
    uint64_t entry = atomic_load(&graph->entry);
    if (entry == 0 || limit == 0) return 0;
    apus_scratch *item = apus_take_scratch(graph);
    if (item == NULL) return 0;
    apus_target query;
    size_t held = 0;
    if (apus_make_target(graph, item, vector, &query)) {
        apus_hit from = {0, (uint32_t)entry};
        from.distance = apus_distance_to(graph, &query, from.slot);
        from = apus_descend(graph, &query, from, (uint32_t)(entry >> 32) - 1, 0);
        size_t width = candidates > limit ? candidates : limit;
        size_t found = apus_search_layer(graph, item, &query, from, 0, width, allowed, bits);
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
    apus_give_scratch(graph, item);
    return held;
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
        || state.node_count > state.node_limit || state.top_level > (int32_t)MAXIMUM_LEVEL || state.top_level < -1) {
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
