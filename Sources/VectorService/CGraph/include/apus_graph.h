#ifndef APUS_GRAPH_H
#define APUS_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// How the distance between two vectors is computed; the numbers are part of the file format.
enum { APUS_L2 = 0, APUS_COSINE = 1, APUS_IP = 2 };

/// The largest number of vectors of one collection.
enum { APUS_MAXIMUM_SLOTS = 1 << 26 };

/// Vectors at fixed places ("slots"): `stride` floats each, of which the first `dimension` are the vector, the next
/// one is the inverse of its Euclidean norm (0 for the zero vector) and the one after holds the checksum.
typedef struct {
    const float *vectors;
    size_t dimension;
    size_t stride;
    int metric;
} apus_space;

/// A slot and its distance.
typedef struct {
    float distance;
    uint32_t slot;
} apus_hit;

/// Floats from one slot to the next: the vector, two floats of trailer, rounded up to 16 bytes.
size_t apus_stride(size_t dimension);

/// 1 / Euclidean norm, 0 for the zero vector.
float apus_inverse_norm(const float *vector, size_t count);

/// Distance of a query to a slot, by the space's exact formula. `inverse_norm` is the query's.
float apus_distance(const apus_space *space, const float *query, float inverse_norm, uint32_t slot);

/// CRC-32C (Castagnoli; RFC 3720, B.4) of the bytes, continuing from `seed`.
uint32_t apus_crc32c(uint32_t seed, const void *bytes, size_t count);

/// Exact search: keeps the nearest `limit` of `slots` (or of `first` to `first + count` - 1 when NULL) in the max-heap
/// `best`, which holds `held` hits already.
///
/// A slot counts if its bit is clear in `dead` and set in `allowed` (when given); both have `bits` bits, and slots
/// beyond are skipped. Returns the number of hits held.
size_t apus_scan(
    const apus_space *space, const float *query, const uint32_t *_Nullable slots, size_t first, size_t count,
    const uint64_t *dead, const uint64_t *_Nullable allowed, size_t bits, apus_hit *best, size_t limit, size_t held);

/// A navigable small world graph (Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
/// Hierarchical Navigable Small World graphs", 2018) in flat arrays that never move.
///
/// Any number of threads may search while others insert; links are read and written as single words.
typedef struct apus_graph apus_graph;

/// What a graph is made with.
typedef struct {
    apus_space space;
    /// Neighbours a node has in the upper layers; the bottom layer has twice as many.
    uint32_t neighbours;
    uint32_t construction_candidates;
    /// Whether traversal compares 8-bit codes instead of the vectors; results are ranked again exactly.
    int quantised;
    /// Bits of slots that must not be found; outlives the graph, and bits change while it is used.
    const uint64_t *dead;
} apus_graph_options;

/// What describes a graph besides its arrays.
typedef struct {
    uint32_t node_limit;
    uint32_t node_count;
    uint32_t upper_blocks;
    uint32_t entry;
    int32_t top_level;
} apus_graph_state;

/// One of the arrays: bytes used, and one flag per page of 4096 bytes that changed since flags were cleared.
typedef struct {
    uint8_t *bytes;
    uint8_t *dirty;
    size_t used;
    size_t reserved;
} apus_graph_array;

enum { APUS_GRAPH_PAGE = 4096, APUS_GRAPH_ARRAYS = 3 };

/// Makes an empty graph; NULL when the address space cannot be reserved.
apus_graph *_Nullable apus_graph_create(const apus_graph_options *options);
void apus_graph_destroy(apus_graph *graph);

/// Bytes of address space that the graph has set aside.
ptrdiff_t apus_graph_reserved(const apus_graph *graph);

apus_graph_state apus_graph_get_state(const apus_graph *graph);

/// Takes over a state whose arrays have been loaded. Returns 0 when the state cannot be true of the arrays.
int apus_graph_set_state(apus_graph *graph, apus_graph_state state);

/// Array `index` (bottom layer, upper layers, codes).
apus_graph_array apus_graph_get_array(const apus_graph *graph, int index);

/// Inserts slots with up to `threads` threads of low priority. Slots that are in the graph are skipped.
/// Returns the number inserted, less when memory ran out.
size_t apus_graph_insert(apus_graph *graph, const uint32_t *slots, size_t count, unsigned threads);

/// Whether a slot is a node of the graph.
int apus_graph_contains(const apus_graph *graph, uint32_t slot);

/// Finds up to `limit` nearest live slots with a candidate list of `candidates`, unordered, exact distances.
///
/// `allowed` restricts the results, not the way: it has `bits` bits, slots beyond are not allowed.
size_t apus_graph_search(
    apus_graph *graph, const float *query, size_t candidates, const uint64_t *_Nullable allowed, size_t bits,
    apus_hit *results, size_t limit);

/// Links nodes again that no path from the entry leads to. Nobody may insert meanwhile. Returns how many there were.
size_t apus_graph_reconnect(apus_graph *graph);

/// Takes the nodes whose bit is set in `victims` (`bits` bits) out of the graph: their neighbours are joined to each
/// other, and nodes that no path reaches any more are inserted again. Returns the number taken out.
size_t apus_graph_remove(apus_graph *graph, const uint64_t *victims, size_t bits);

#pragma clang assume_nonnull end

#endif
