#define _GNU_SOURCE
#include "apus_graph_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// MARK: Insertion

// Equal distances, as among copies of one vector, are ordered by chance, which differs from node to node: copies are
// linked like a random graph and not all to the same few.
static int by_distance(const void *a, const void *b, void *salt) {
    const apus_hit *one = a, *two = b;
    if (one->distance != two->distance) return one->distance < two->distance ? -1 : 1;
    uint32_t x = (one->slot ^ *(uint32_t *)salt) * 0x9E3779B1u, y = (two->slot ^ *(uint32_t *)salt) * 0x9E3779B1u;
    return x < y ? -1 : x > y;
}

/// Keeps of `hits`, the neighbours of `centre`, those that are nearer to it than to any kept before (Algorithm 4 of the
/// paper), up to `most`; then copies of kept ones while there is room. In place, nearest first. Returns the number kept.
static uint32_t select_diverse(const apus_graph *graph, uint32_t centre, apus_hit *hits, size_t count, uint32_t most) {
    qsort_r(hits, count, sizeof *hits, by_distance, &centre);
    uint32_t kept = 0, copies = 0;
    apus_hit copy[512];
    for (size_t index = 0; index < count && kept < most; index++) {
        int diverse = 1, same = 0;
        for (uint32_t other = 0; other < kept && diverse; other++) {
            float between = apus_distance_between(graph, hits[other].slot, hits[index].slot);
            same = between <= 0;
            diverse = !same && between >= hits[index].distance;
        }
        if (diverse) {
            hits[kept++] = hits[index];
        } else if (same && copies < 512) {
            copy[copies++] = hits[index];
        }
    }
    for (uint32_t index = 0; index < copies && kept < most; index++) hits[kept++] = copy[index];
    return kept;
}

/// Adds a link from `from` to `to`, dropping the least useful one when there is no room.
static void add_link(apus_graph *graph, uint32_t from, apus_hit to, uint32_t level) {
    uint32_t most = level == 0 ? graph->bottom_links : graph->options.neighbours;
    apus_hit hits[513];
    apus_lock_node(graph, from);
    uint32_t count;
    const uint32_t *first = apus_links(graph, from, level, &count);
    int known = 0;
    for (uint32_t index = 0; index < count; index++) {
        hits[index].slot = apus_load(first + index);
        known |= hits[index].slot == to.slot;
    }
    if (!known && ((apus_load(apus_record(graph, from) + HEAD) >> 16) & 0xFF) >= level) {
        hits[count++] = to;
        if (count > most) {
            for (uint32_t index = 0; index + 1 < count; index++) {
                hits[index].distance = apus_distance_between(graph, from, hits[index].slot);
            }
            count = select_diverse(graph, from, hits, count, most);
        }
        apus_set_links(graph, from, level, hits, count);
    }
    apus_unlock_node(graph, from);
}

/// Links a node in the layers from `level` down: searches and chooses in all of them, then links both ways from the
/// bottom up. Who meets the node in a layer thus finds a way on in every layer below, however long this thread is
/// kept waiting in between.
static int connect(apus_graph *graph, apus_scratch *item, uint32_t slot, uint32_t level) {
    uint64_t entry = atomic_load(&graph->entry);
    const apus_space *space = &graph->options.space;
    apus_target query;
    if (!apus_make_target(graph, item, space->vectors + (size_t)slot * space->stride, &query)) return 0;
    uint32_t top = (uint32_t)(entry >> 32) - 1, most = graph->options.neighbours;
    uint32_t highest = level < top ? level : top;
    uint32_t kept[MAXIMUM_LEVEL + 1];
    if (!apus_grow(&item->kept, &item->kept_capacity, (size_t)(highest + 1) * most)) return 0;
    apus_hit from = {0, (uint32_t)entry};
    from.distance = apus_distance_to(graph, &query, from.slot);
    from = apus_descend(graph, &query, from, top, level);
    for (uint32_t layer = highest + 1; layer-- > 0;) {
        size_t width = graph->options.construction_candidates;
        size_t found = apus_search_layer(graph, item, &query, from, layer, width, NULL, 0);
        size_t others = 0;
        if (!apus_grow(&item->chosen, &item->chosen_capacity, found + 1)) return 0;
        for (size_t index = 0; index < found; index++) {
            if (item->found[index].slot != slot) item->chosen[others++] = item->found[index];
        }
        // With nothing alive around, a dead node at least keeps this one reachable.
        if (others == 0 && from.slot != slot) item->chosen[others++] = from;
        kept[layer] = select_diverse(graph, slot, item->chosen, others, most);
        if (kept[layer] > 0) from = item->chosen[0];
        memcpy(item->kept + (size_t)layer * most, item->chosen, kept[layer] * sizeof *item->kept);
    }
    for (uint32_t layer = 0; layer <= highest; layer++) {
        const apus_hit *hits = item->kept + (size_t)layer * most;
        apus_lock_node(graph, slot);
        apus_set_links(graph, slot, layer, hits, kept[layer]);
        apus_unlock_node(graph, slot);
        for (uint32_t index = 0; index < kept[layer]; index++) {
            add_link(graph, hits[index].slot, (apus_hit){hits[index].distance, slot}, layer);
        }
    }
    return 1;
}

static int insert_one(apus_graph *graph, apus_scratch *item, uint32_t slot) {
    if (slot >= APUS_MAXIMUM_SLOTS || apus_graph_contains(graph, slot)) return 0;
    uint32_t level = apus_level(graph, slot);
    uint32_t *head = apus_record(graph, slot);
    if (graph->code_size > 0) {
        const apus_space *space = &graph->options.space;
        int8_t *code = (int8_t *)apus_code(graph, slot);
        apus_encode(graph, space->vectors + (size_t)slot * space->stride, code);
        apus_mark(graph, 2, code, graph->code_size);
    }
    uint32_t old_level = (apus_load(head + HEAD) >> 16) & 0xFF;
    if (level > 0 && old_level == 0) {
        if (atomic_load(&graph->upper_blocks) + level > APUS_MAXIMUM_SLOTS) level = 0;
        if (level > 0) apus_store(head + UPPER, atomic_fetch_add(&graph->upper_blocks, level));
    }
    apus_store(head + HEAD, PRESENT | level << 16);
    for (uint32_t layer = 1; layer <= level; layer++) apus_set_links(graph, slot, layer, NULL, 0);
    apus_mark(graph, 0, head, graph->record_words * 4);
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
    // Building gives way to requests: a search does without what is not in the graph yet.
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 10);
    apus_scratch *item = apus_take_scratch(work->graph);
    if (item == NULL) return NULL;
    for (;;) {
        size_t index = atomic_fetch_add(&work->next, 1);
        if (index >= work->count) break;
        if (insert_one(work->graph, item, work->slots[index])) atomic_fetch_add(&work->done, 1);
    }
    apus_give_scratch(work->graph, item);
    return NULL;
}

size_t apus_graph_insert(apus_graph *graph, const uint32_t *slots, size_t count, unsigned threads) {
    insertion work = {.graph = graph, .slots = slots, .count = count};
    pthread_t helpers[63];
    unsigned started = 0;
    // Threads of their own even for few slots, since the caller's could not get its priority back.
    for (; started < threads && started < 63 && (started == 0 || count >= 16 * (started + 1)); started++) {
        if (pthread_create(&helpers[started], NULL, insert_share, &work) != 0) break;
    }
    if (started == 0) return 0;
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
    const uint32_t *first = apus_links(graph, slot, level, &count);
    int touched = 0;
    for (uint32_t index = 0; index < count; index++) {
        uint32_t next = apus_load(first + index);
        if (next >= limit) continue;
        if (!is_victim(victims, bits, next)) {
            hits[total++].slot = next;
            continue;
        }
        touched = 1;
        uint32_t around;
        const uint32_t *further = apus_links(graph, next, level, &around);
        for (uint32_t other = 0; other < around && total < 2000; other++) {
            uint32_t candidate = apus_load(further + other);
            if (candidate < limit && candidate != slot && !is_victim(victims, bits, candidate)
                && apus_graph_contains(graph, candidate)) {
                hits[total++].slot = candidate;
            }
        }
    }
    if (!touched) return;
    for (size_t index = 0; index < total; index++) {
        hits[index].distance = apus_distance_between(graph, slot, hits[index].slot);
    }
    // Equal slots stand next to each other in this order.
    qsort_r(hits, total, sizeof *hits, by_distance, &slot);
    size_t distinct = 0;
    for (size_t index = 0; index < total; index++) {
        if (distinct == 0 || hits[distinct - 1].slot != hits[index].slot) hits[distinct++] = hits[index];
    }
    uint32_t kept = select_diverse(graph, slot, hits, distinct, most);
    apus_lock_node(graph, slot);
    apus_set_links(graph, slot, level, hits, kept);
    apus_unlock_node(graph, slot);
}

static uint32_t node_level(const apus_graph *graph, uint32_t slot) {
    return (apus_load(apus_record(graph, slot) + HEAD) >> 16) & 0xFF;
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

/// Gives a node that nobody links to a place in its nearest neighbour's list, instead of the farthest there.
static void force_link(apus_graph *graph, uint32_t slot) {
    uint32_t count;
    const uint32_t *first = apus_links(graph, slot, 0, &count);
    if (count == 0) return;
    uint32_t nearest = apus_load(first);
    if (nearest >= atomic_load(&graph->node_limit)) return;
    apus_hit hits[513];
    apus_lock_node(graph, nearest);
    first = apus_links(graph, nearest, 0, &count);
    uint32_t farthest = 0;
    int known = 0;
    for (uint32_t index = 0; index < count; index++) {
        hits[index].slot = apus_load(first + index);
        hits[index].distance = apus_distance_between(graph, nearest, hits[index].slot);
        if (hits[index].distance > hits[farthest].distance) farthest = index;
        known |= hits[index].slot == slot;
    }
    if (!known) {
        if (count < graph->bottom_links) farthest = count++;
        hits[farthest].slot = slot;
        apus_set_links(graph, nearest, 0, hits, count);
    }
    apus_unlock_node(graph, nearest);
}

/// Walks the bottom layer from the entry; returns how many nodes had to be linked again because no path led to them.
static size_t reconnect_once(
    apus_graph *graph, apus_scratch *item, uint64_t *seen, uint32_t *queue, uint32_t limit, size_t most) {
    uint32_t entry = (uint32_t)atomic_load(&graph->entry);
    memset(seen, 0, ((size_t)limit / 64 + 1) * sizeof *seen);
    size_t head = 0, tail = 0, lost_count = 0;
    queue[tail++] = entry;
    seen[entry >> 6] |= 1ull << (entry & 63);
    for (uint32_t lost = 0;;) {
        while (head < tail) {
            uint32_t count;
            const uint32_t *first = apus_links(graph, queue[head++], 0, &count);
            for (uint32_t index = 0; index < count; index++) {
                uint32_t next = apus_load(first + index);
                if (next >= limit || seen[next >> 6] & (1ull << (next & 63))) continue;
                seen[next >> 6] |= 1ull << (next & 63);
                queue[tail++] = next;
            }
        }
        while (lost < limit && (seen[lost >> 6] & (1ull << (lost & 63)) || !apus_graph_contains(graph, lost))) lost++;
        if (lost >= limit || lost_count == most) return lost_count;
        connect(graph, item, lost, 0);
        force_link(graph, lost);
        lost_count++;
        seen[lost >> 6] |= 1ull << (lost & 63);
        queue[tail++] = lost;
    }
}

size_t apus_graph_reconnect(apus_graph *graph) {
    uint32_t limit = atomic_load(&graph->node_limit);
    size_t total = 0;
    if (atomic_load(&graph->entry) == 0) return 0;
    uint64_t *seen = malloc(((size_t)limit / 64 + 1) * sizeof *seen);
    uint32_t *queue = malloc(((size_t)limit + 1) * sizeof *queue);
    apus_scratch *item = apus_take_scratch(graph);
    if (seen != NULL && queue != NULL && item != NULL) {
        // A forced link may cost another node its last one, so that a few rounds can be needed.
        // Each costs as much as an insertion, so there is a limit; the next call goes on.
        size_t most = 1000 + limit / 100;
        for (int round = 0; round < 4 && total < most; round++) {
            size_t lost = reconnect_once(graph, item, seen, queue, limit, most - total);
            total += lost;
            if (lost == 0) break;
        }
    }
    if (item != NULL) apus_give_scratch(graph, item);
    free(queue);
    free(seen);
    return total;
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
        apus_lock_node(graph, slot);
        for (uint32_t level = 0; level <= node_level(graph, slot); level++) apus_set_links(graph, slot, level, NULL, 0);
        uint32_t *head = apus_record(graph, slot);
        apus_store(head + HEAD, apus_load(head + HEAD) & ~PRESENT);
        apus_unlock_node(graph, slot);
        atomic_fetch_sub(&graph->node_count, 1);
        removed++;
    }
    if (removed > 0) apus_graph_reconnect(graph);
    return removed;
}
