#ifndef APUS_GRAPH_INTERNAL_H
#define APUS_GRAPH_INTERNAL_H

#include "apus_internal.h"

#include <pthread.h>
#include <stdatomic.h>

// Layout. The bottom layer has one record per slot: a head word, the number of the slot's first upper block, then
// 2M neighbours. An upper block is a count and M neighbours; a node of level L has L blocks in a row. Codes are
// four floats (scale, square of the norm, inverse norm, 0) and one signed byte per dimension.
//
// A node's level is a hash of its slot, so that a slot that is used again fits its old blocks.

enum { HEAD = 0, UPPER = 1, LINKS = 2, PRESENT = 1u << 31, LOCKS = 1 << 14, MAXIMUM_LEVEL = 15 };

typedef struct apus_scratch {
    struct apus_scratch *next;
    uint64_t *visited;
    size_t visited_words;
    apus_hit *open;
    size_t open_capacity;
    apus_hit *found;
    size_t found_capacity;
    int8_t *code;
    apus_hit *chosen;
    size_t chosen_capacity;
    // What is chosen for each layer, one after the other.
    apus_hit *kept;
    size_t kept_capacity;
} apus_scratch;

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
    apus_scratch *pool;
    atomic_flag locks[LOCKS];
};

// A query in the forms that distances need.
typedef struct {
    const float *vector;
    float inverse_norm;
    const int8_t *code;
} apus_target;

static inline uint32_t apus_load(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }
static inline void apus_store(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELAXED); }

apus_scratch *apus_take_scratch(apus_graph *graph);
void apus_give_scratch(apus_graph *graph, apus_scratch *item);
int apus_grow(apus_hit **hits, size_t *capacity, size_t needed);
uint32_t *apus_record(const apus_graph *graph, uint32_t slot);
void apus_mark(apus_graph *graph, int array, const void *start, size_t size);
uint32_t apus_level(const apus_graph *graph, uint32_t slot);
/// The neighbours of a node in a layer; the count is read once, and every link is checked before use.
uint32_t *apus_links(const apus_graph *graph, uint32_t slot, uint32_t level, uint32_t *count);
/// Writes a node's neighbours in a layer; under the node's lock.
void apus_set_links(apus_graph *graph, uint32_t slot, uint32_t level, const apus_hit *hits, uint32_t count);
void apus_lock_node(apus_graph *graph, uint32_t slot);
void apus_unlock_node(apus_graph *graph, uint32_t slot);
const int8_t *apus_code(const apus_graph *graph, uint32_t slot);
void apus_encode(const apus_graph *graph, const float *vector, int8_t *code);
float apus_distance_to(const apus_graph *graph, const apus_target *query, uint32_t slot);
float apus_distance_between(const apus_graph *graph, uint32_t a, uint32_t b);
/// Walks down from `from` by the nearest neighbour of each layer until `level` + 1 has been searched.
apus_hit apus_descend(
    const apus_graph *graph, const apus_target *query, apus_hit from, uint32_t top, uint32_t level);
/// Best-first search of one layer; the nearest `width` acceptable nodes end up in `item->found`, farthest on top.
/// Returns their number.
size_t apus_search_layer(
    const apus_graph *graph, apus_scratch *item, const apus_target *query, apus_hit from, uint32_t level,
    size_t width, const uint64_t *allowed, size_t bits);
int apus_make_target(apus_graph *graph, apus_scratch *item, const float *vector, apus_target *query);

#endif
