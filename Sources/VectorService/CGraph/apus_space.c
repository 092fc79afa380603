#include "apus_internal.h"

#include "apus_lanes.h"

#include <math.h>
#include <string.h>

APUS_KERNEL float apus_kernel_dot(const float *a, const float *b, size_t count) {
    lanes first = {0}, second = {0};
    size_t index = 0;
    for (; index + 32 <= count; index += 32) {
        first += *(const lanes *)(a + index) * *(const lanes *)(b + index);
        second += *(const lanes *)(a + index + 16) * *(const lanes *)(b + index + 16);
    }
    first += second;
    float sum = lane_sum(&first);
    for (; index < count; index++) sum += a[index] * b[index];
    return sum;
}

APUS_KERNEL float apus_kernel_l2(const float *a, const float *b, size_t count) {
    lanes first = {0}, second = {0};
    size_t index = 0;
    for (; index + 32 <= count; index += 32) {
        lanes one = *(const lanes *)(a + index) - *(const lanes *)(b + index);
        lanes two = *(const lanes *)(a + index + 16) - *(const lanes *)(b + index + 16);
        first += one * one;
        second += two * two;
    }
    first += second;
    float sum = lane_sum(&first);
    for (; index < count; index++) sum += (a[index] - b[index]) * (a[index] - b[index]);
    return sum;
}

APUS_KERNEL int32_t apus_kernel_code_dot(const int8_t *a, const int8_t *b, size_t count) {
    int32_t sum = 0;
    for (size_t index = 0; index < count; index++) sum += (int32_t)a[index] * (int32_t)b[index];
    return sum;
}

size_t apus_stride(size_t dimension) { return (dimension + 2 + 3) / 4 * 4; }

float apus_inverse_norm(const float *vector, size_t count) {
    float square = apus_kernel_dot(vector, vector, count);
    return square > 0 ? 1.0f / sqrtf(square) : 0;
}

float apus_pair_distance(const apus_space *space, const float *a, float a_inverse, const float *b, float b_inverse) {
    float distance;
    switch (space->metric) {
    case APUS_L2: distance = apus_kernel_l2(a, b, space->dimension); break;
    case APUS_IP: distance = 1.0f - apus_kernel_dot(a, b, space->dimension); break;
    default: distance = 1.0f - apus_kernel_dot(a, b, space->dimension) * a_inverse * b_inverse; break;
    }
    // An overflow ranks last instead of breaking the order.
    return distance == distance ? distance : INFINITY;
}

float apus_distance(const apus_space *space, const float *query, float inverse_norm, uint32_t slot) {
    const float *vector = space->vectors + (size_t)slot * space->stride;
    return apus_pair_distance(space, query, inverse_norm, vector, vector[space->dimension]);
}

size_t apus_scan(
    const apus_space *space, const float *query, const uint32_t *slots, size_t first, size_t count,
    const uint64_t *dead, const uint64_t *allowed, size_t bits, apus_hit *best, size_t limit, size_t held) {
    float inverse = apus_inverse_norm(query, space->dimension);
    if (limit == 0) return held;
    for (size_t index = 0; index < count; index++) {
        size_t slot = slots == NULL ? first + index : slots[index];
        // The processor foresees a walk through all slots, but not through some.
        if (slots != NULL && index + 2 < count && slots[index + 2] < bits) {
            const char *next = (const char *)(space->vectors + (size_t)slots[index + 2] * space->stride);
            for (size_t line = 0; line < space->stride * sizeof(float); line += 64) __builtin_prefetch(next + line);
        }
        if (slot >= bits || apus_bit(dead, slot) || (allowed != NULL && !apus_bit(allowed, slot))) continue;
        float distance = apus_distance(space, query, inverse, (uint32_t)slot);
        if (held < limit) {
            apus_heap_push(best, held++, (apus_hit){distance, (uint32_t)slot}, 1);
        } else if (distance < best[0].distance) {
            apus_heap_replace(best, held, (apus_hit){distance, (uint32_t)slot}, 1);
        }
    }
    return held;
}

static uint32_t crc_table[256];

__attribute__((constructor)) static void make_crc_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; bit++) value = value & 1 ? (value >> 1) ^ 0x82F63B78u : value >> 1;
        crc_table[byte] = value;
    }
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc_sse(uint32_t value, const uint8_t *bytes, size_t count) {
    uint64_t wide = value;
    for (; count >= 8; count -= 8, bytes += 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    value = (uint32_t)wide;
    for (; count > 0; count--, bytes++) value = __builtin_ia32_crc32qi(value, *bytes);
    return value;
}
#endif

uint32_t apus_crc32c(uint32_t seed, const void *bytes, size_t count) {
    uint32_t value = ~seed;
    const uint8_t *cursor = bytes;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~crc_sse(value, cursor, count);
#endif
    for (; count > 0; count--, cursor++) value = crc_table[(value ^ *cursor) & 0xFF] ^ (value >> 8);
    return ~value;
}
