#ifndef APUS_INTERNAL_H
#define APUS_INTERNAL_H

#include "include/apus_graph.h"

float apus_kernel_dot(const float *a, const float *b, size_t count);
float apus_kernel_l2(const float *a, const float *b, size_t count);
int32_t apus_kernel_code_dot(const int8_t *a, const int8_t *b, size_t count);
float apus_pair_distance(const apus_space *space, const float *a, float a_inverse, const float *b, float b_inverse);

static inline int apus_bit(const uint64_t *bits, size_t index) {
    return (int)((__atomic_load_n(&bits[index >> 6], __ATOMIC_RELAXED) >> (index & 63)) & 1);
}

// Binary heaps of hits: the farthest on top when `farthest` is 1, the nearest when 0.
static inline int apus_above(apus_hit a, apus_hit b, int farthest) {
    return farthest ? a.distance > b.distance : a.distance < b.distance;
}

static inline void apus_heap_push(apus_hit *heap, size_t count, apus_hit hit, int farthest) {
    size_t place = count;
    while (place > 0) {
        size_t parent = (place - 1) / 2;
        if (!apus_above(hit, heap[parent], farthest)) break;
        heap[place] = heap[parent];
        place = parent;
    }
    heap[place] = hit;
}

/// Replaces the top and restores the order.
static inline void apus_heap_replace(apus_hit *heap, size_t count, apus_hit hit, int farthest) {
    size_t place = 0;
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= count) break;
        if (child + 1 < count && apus_above(heap[child + 1], heap[child], farthest)) child++;
        if (!apus_above(heap[child], hit, farthest)) break;
        heap[place] = heap[child];
        place = child;
    }
    heap[place] = hit;
}

/// Takes the top away; `count` is the number before.
static inline apus_hit apus_heap_pop(apus_hit *heap, size_t count, int farthest) {
    apus_hit top = heap[0];
    if (count > 1) apus_heap_replace(heap, count - 1, heap[count - 1], farthest);
    return top;
}

#endif
