#include "apus_vectors.h"

#include "apus_lanes.h"

#include <math.h>
#include <string.h>

APUS_KERNEL void apus_add_layer_norm(
    float *rows_data, const float *residual, const float *scale, const float *shift, size_t rows, size_t count,
    float epsilon) {
    for (size_t row = 0; row < rows; row++) {
        float *x = rows_data + row * count;
        lanes total = {0};
        size_t index = 0;
        if (residual != NULL) {
            const float *r = residual + row * count;
            for (; index + 16 <= count; index += 16) *(lanes *)(x + index) += *(const lanes *)(r + index);
            for (; index < count; index++) x[index] += r[index];
        }
        for (index = 0; index + 16 <= count; index += 16) total += *(const lanes *)(x + index);
        float sum = lane_sum(&total);
        for (; index < count; index++) sum += x[index];
        float mean = sum / (float)count;
        lanes squares = {0};
        for (index = 0; index + 16 <= count; index += 16) {
            lanes difference = *(const lanes *)(x + index) - mean;
            squares += difference * difference;
        }
        float variance = lane_sum(&squares);
        for (; index < count; index++) variance += (x[index] - mean) * (x[index] - mean);
        float inverse = 1.0f / sqrtf(variance / (float)count + epsilon);
        for (index = 0; index + 16 <= count; index += 16) {
            *(lanes *)(x + index) = (*(const lanes *)(x + index) - mean) * inverse * *(const lanes *)(scale + index)
                + *(const lanes *)(shift + index);
        }
        for (; index < count; index++) x[index] = (x[index] - mean) * inverse * scale[index] + shift[index];
    }
}

APUS_KERNEL void apus_embedding_sum(
    const float *word, const float *position, const float *type, float *result, size_t count) {
    for (size_t index = 0; index < count; index++) result[index] = word[index] + position[index] + type[index];
}

// exp by splitting off the power of two and a polynomial of degree 6 on [-ln2/2, ln2/2]; relative
// error below 2e-7, enough for float results. Written branch-free so that it vectorises.
static inline __attribute__((always_inline)) float exponential(float x) {
    x = x < -87.0f ? -87.0f : (x > 88.0f ? 88.0f : x);
    int32_t whole = (int32_t)(x * 1.44269504088896341f + (x < 0 ? -0.5f : 0.5f));
    float power = (float)whole;
    float r = x - power * 0.693359375f - power * -2.12194440e-4f;
    float p = 1.3888889e-3f;
    p = p * r + 8.3333333e-3f;
    p = p * r + 4.1666667e-2f;
    p = p * r + 1.6666667e-1f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    int32_t bits = (whole + 127) << 23;
    float two;
    memcpy(&two, &bits, sizeof two);
    return p * two;
}

APUS_KERNEL void apus_gelu(float *values, size_t count) {
    for (size_t index = 0; index < count; index++) {
        float x = values[index];
        float z = fabsf(x) * 0.70710678118654752f;
        float t = 1.0f / (1.0f + 0.3275911f * z);
        float poly = ((((1.061405429f * t - 1.453152027f) * t) + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f;
        float erf_value = 1.0f - poly * t * exponential(-z * z);
        erf_value = x < 0 ? -erf_value : erf_value;
        values[index] = 0.5f * x * (1.0f + erf_value);
    }
}

APUS_KERNEL void apus_to_bfloat16(const float *values, uint16_t *result, size_t count) {
    for (size_t index = 0; index < count; index++) {
        uint32_t bits;
        memcpy(&bits, values + index, sizeof bits);
        result[index] = (uint16_t)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}

// Scores are computed key-major: keys of one head are first transposed to [dimension][token], so that
// sixteen scores at a time are one multiply-add per dimension, and so are the weighted value sums.
APUS_KERNEL void apus_attention(
    const float *qkv, float *result, float *scratch, size_t tokens, size_t hidden, size_t heads, size_t first_head,
    size_t end_head) {
    const size_t size = hidden / heads;
    const size_t stride = hidden * 3;
    const float scale = 1.0f / sqrtf((float)size);
    const size_t padded = (tokens + 31) / 32 * 32;
    float *keys = scratch;
    float *weights = scratch + size * padded;
    for (size_t head = first_head; head < end_head; head++) {
        const float *queries = qkv + head * size;
        const float *key_rows = qkv + hidden + head * size;
        const float *values = qkv + 2 * hidden + head * size;
        memset(keys, 0, size * padded * sizeof(float));
        for (size_t token = 0; token < tokens; token++) {
            for (size_t index = 0; index < size; index++) keys[index * padded + token] = key_rows[token * stride + index];
        }
        // Four queries together share each loaded key and value.
        for (size_t token = 0; token < tokens; token += 4) {
            size_t group = tokens - token < 4 ? tokens - token : 4;
            const float *q[4];
            for (size_t item = 0; item < 4; item++) q[item] = queries + (token + (item < group ? item : 0)) * stride;
            float *w0 = weights, *w1 = weights + padded, *w2 = weights + 2 * padded, *w3 = weights + 3 * padded;
            // Four queries by 32 keys at a time: each load feeds several multiply-adds.
            for (size_t column = 0; column < padded; column += 32) {
                lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, t0 = {0}, t1 = {0}, t2 = {0}, t3 = {0};
                for (size_t index = 0; index < size; index++) {
                    lanes one = *(const lanes *)(keys + index * padded + column);
                    lanes two = *(const lanes *)(keys + index * padded + column + 16);
                    s0 += q[0][index] * one;
                    t0 += q[0][index] * two;
                    s1 += q[1][index] * one;
                    t1 += q[1][index] * two;
                    s2 += q[2][index] * one;
                    t2 += q[2][index] * two;
                    s3 += q[3][index] * one;
                    t3 += q[3][index] * two;
                }
                *(lanes *)(w0 + column) = s0 * scale;
                *(lanes *)(w0 + column + 16) = t0 * scale;
                *(lanes *)(w1 + column) = s1 * scale;
                *(lanes *)(w1 + column + 16) = t1 * scale;
                *(lanes *)(w2 + column) = s2 * scale;
                *(lanes *)(w2 + column + 16) = t2 * scale;
                *(lanes *)(w3 + column) = s3 * scale;
                *(lanes *)(w3 + column + 16) = t3 * scale;
            }
            for (size_t item = 0; item < group; item++) {
                float *w = weights + item * padded;
                float largest = w[0];
                for (size_t index = 1; index < tokens; index++) largest = w[index] > largest ? w[index] : largest;
                for (size_t index = 0; index < tokens; index++) w[index] = exponential(w[index] - largest);
                float sum = 0;
                for (size_t index = 0; index < tokens; index++) sum += w[index];
                float inverse = 1.0f / sum;
                for (size_t index = 0; index < tokens; index++) w[index] *= inverse;
            }
            // Heads have a multiple of 32 dimensions.
            for (size_t column = 0; column < size; column += 32) {
                lanes r0 = {0}, r1 = {0}, r2 = {0}, r3 = {0}, u0 = {0}, u1 = {0}, u2 = {0}, u3 = {0};
                for (size_t index = 0; index < tokens; index++) {
                    lanes one = *(const lanes *)(values + index * stride + column);
                    lanes two = *(const lanes *)(values + index * stride + column + 16);
                    r0 += w0[index] * one;
                    u0 += w0[index] * two;
                    r1 += w1[index] * one;
                    u1 += w1[index] * two;
                    r2 += w2[index] * one;
                    u2 += w2[index] * two;
                    r3 += w3[index] * one;
                    u3 += w3[index] * two;
                }
                float *target = result + token * hidden + head * size + column;
                const lanes rows[8] = {r0, u0, r1, u1, r2, u2, r3, u3};
                for (size_t item = 0; item < group; item++) {
                    *(lanes *)(target + item * hidden) = rows[2 * item];
                    *(lanes *)(target + item * hidden + 16) = rows[2 * item + 1];
                }
            }
        }
    }
}

APUS_KERNEL void apus_mean_unit(const float *rows_data, size_t tokens, size_t count, float *result) {
    memset(result, 0, count * sizeof(float));
    for (size_t token = 0; token < tokens; token++) {
        for (size_t index = 0; index < count; index++) result[index] += rows_data[token * count + index];
    }
    double squares = 0;
    for (size_t index = 0; index < count; index++) {
        result[index] /= (float)tokens;
        squares += (double)result[index] * result[index];
    }
    float inverse = squares > 0 ? (float)(1.0 / sqrt(squares)) : 0;
    for (size_t index = 0; index < count; index++) result[index] *= inverse;
}
