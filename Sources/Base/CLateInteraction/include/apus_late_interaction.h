#ifndef APUS_LATE_INTERACTION_H
#define APUS_LATE_INTERACTION_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// For each of `count` vectors of a question, the largest inner product with a row of a text; all have
/// `dimensions` numbers, a multiple of 16. Without rows the results are `INT32_MIN`.
void apus_largest_products(
    const int8_t *question, size_t count, const int8_t *rows, size_t row_count, size_t dimensions,
    int32_t *result);

#pragma clang assume_nonnull end

#endif
