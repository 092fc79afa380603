#ifndef APUS_LANES_H
#define APUS_LANES_H

// One source, several instruction sets, chosen when the program starts; NEON where that is the baseline.
#if defined(__x86_64__)
#define APUS_KERNEL __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define APUS_KERNEL
#endif

typedef float lanes __attribute__((vector_size(64), aligned(4)));

// By address: passing a 64-byte vector by value has a different ABI in each clone.
static inline __attribute__((always_inline)) float lane_sum(const lanes *value) {
    const float *items = (const float *)value;
    float sum = 0;
    for (int index = 0; index < 16; index++) sum += items[index];
    return sum;
}

#endif
