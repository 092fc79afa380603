#include "apus_late_interaction.h"
#include "apus_lanes.h"

APUS_KERNEL void apus_largest_products(
    const int8_t *question, size_t count, const int8_t *rows, size_t row_count, size_t dimensions,
    int32_t *result) {
    for (size_t index = 0; index < count; index++) {
        const int8_t *token = question + index * dimensions;
        int32_t largest = INT32_MIN;
        for (size_t row = 0; row < row_count; row++) {
            const int8_t *other = rows + row * dimensions;
            int32_t product = 0;
            for (size_t place = 0; place < dimensions; place++) product += (int32_t)token[place] * other[place];
            if (product > largest) largest = product;
        }
        result[index] = largest;
    }
}
