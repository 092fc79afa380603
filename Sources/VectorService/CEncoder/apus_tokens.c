#include "apus_lanes.h"
#include "apus_vectors.h"

#include <math.h>
#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"
// 384 rows of 64 little-endian floats.
static const _Alignas(64) unsigned char basis[] = {
#embed <token-basis.f32>
};

enum { dimensions_of_basis = 64 };

APUS_KERNEL void apus_project_tokens(
    const float *rows_data, size_t tokens, size_t count, size_t dimensions, int8_t *result) {
    memset(result, 0, tokens * dimensions);
    if (dimensions != dimensions_of_basis || count * dimensions * sizeof(float) != sizeof basis) return;
    const float *weights = (const float *)(const void *)basis;
    for (size_t token = 0; token < tokens; token++) {
        const float *row = rows_data + token * count;
        float sums[dimensions_of_basis] = {0};
        for (size_t index = 0; index < count; index++) {
            const float *weight = weights + index * dimensions_of_basis;
            for (size_t place = 0; place < dimensions_of_basis; place++) sums[place] += row[index] * weight[place];
        }
        float squares = 0;
        for (size_t place = 0; place < dimensions_of_basis; place++) squares += sums[place] * sums[place];
        float scale = squares > 0 ? 127 / sqrtf(squares) : 0;
        int8_t *target = result + token * dimensions_of_basis;
        for (size_t place = 0; place < dimensions_of_basis; place++) target[place] = (int8_t)lrintf(sums[place] * scale);
    }
}
