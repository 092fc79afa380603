#ifndef APUS_VECTORS_H
#define APUS_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Layer normalisation of `rows` rows in place, after adding `residual` to them:
/// y = (x - mean) / sqrt(variance + epsilon) * scale + shift.
void apus_add_layer_norm(
    float *rows_data, const float *_Nullable residual, const float *scale, const float *shift, size_t rows, size_t count,
    float epsilon);

/// Sum of three embedding rows per token, written as float.
void apus_embedding_sum(const float *word, const float *position, const float *type, float *result, size_t count);

/// Self-attention of one text for one range of heads.
///
/// `qkv` holds, per token, query, key and value rows of `hidden` floats each; `result` gets `hidden`
/// floats per token. `scratch` holds `(hidden / heads + 4) * padded` floats, `padded` being `tokens` rounded up to 32;
/// a head has a multiple of 32 dimensions.
void apus_attention(
    const float *qkv, float *result, float *scratch, size_t tokens, size_t hidden, size_t heads, size_t first_head,
    size_t end_head);

/// Gaussian error linear unit in its exact form, 0.5 x (1 + erf(x / sqrt 2)), in place.
/// erf is approximated to 1.5e-7 (Abramowitz and Stegun, 7.1.26).
void apus_gelu(float *values, size_t count);

/// Rounds floats to bfloat16 (to nearest even).
void apus_to_bfloat16(const float *values, uint16_t *result, size_t count);

/// Mean over `tokens` rows, then scaled to unit length.
void apus_mean_unit(const float *rows_data, size_t tokens, size_t count, float *result);

/// Each of `tokens` rows of `count` floats, projected to `dimensions` numbers (64), scaled to unit length and rounded to 1/127.
/// The projection is the one of token-basis.f32, which scripts/fit-token-basis.py makes.
void apus_project_tokens(
    const float *rows_data, size_t tokens, size_t count, size_t dimensions, int8_t *result);

/// Runs `body` for 0 to `count` - 1 on the OpenMP threads of the calling thread's team; serially when the
/// process has no OpenMP runtime.
void apus_parallel_for(int count, void (*body)(int, void *_Nullable), void *_Nullable context);

/// Threads that the calling thread's parallel loops use from now on.
void apus_parallel_set_threads(int count);

/// Number of the calling thread within the running loop.
int apus_parallel_thread(void);

/// Threads that a loop can use at most.
int apus_parallel_processors(void);

#pragma clang assume_nonnull end

#endif
