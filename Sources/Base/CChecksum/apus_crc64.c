// CRC-64/NVME by carry-less products (Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
// Instruction", Intel 2009): 16 bytes whose remainder is wanted are moved on by D bits with two products, by
// x^(D+63) and x^(D-1) modulo the polynomial. The exponents are one less than in the paper, since the product of two
// reflected numbers comes out one place lower.

#include "apus_checksum.h"

#if defined(__x86_64__)

#include <immintrin.h>

__attribute__((target("pclmul,sse2"))) static inline __m128i apus_move(__m128i value, __m128i by, __m128i next) {
    __m128i low = _mm_clmulepi64_si128(value, by, 0x00);
    __m128i high = _mm_clmulepi64_si128(value, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

__attribute__((target("pclmul,sse2"))) static size_t apus_fold(
    uint64_t state, const uint8_t *bytes, size_t count, uint8_t folded[16]) {
    const __m128i by_512 = _mm_set_epi64x(0x62242240ace5045aLL, 0x0c32cdb31e18a84aLL);
    const __m128i by_128 = _mm_set_epi64x(0x21e9761e252621acLL, (long long)0xeadc41fd2ba3d420ULL);
    const __m128i *block = (const __m128i *)bytes;
    // Four lanes, so that a product need not wait for the one before.
    __m128i a = _mm_xor_si128(_mm_loadu_si128(block), _mm_set_epi64x(0, (long long)state));
    __m128i b = _mm_loadu_si128(block + 1);
    __m128i c = _mm_loadu_si128(block + 2);
    __m128i d = _mm_loadu_si128(block + 3);
    size_t rounds = count / 64;
    for (size_t round = 1; round < rounds; round++) {
        block += 4;
        a = apus_move(a, by_512, _mm_loadu_si128(block));
        b = apus_move(b, by_512, _mm_loadu_si128(block + 1));
        c = apus_move(c, by_512, _mm_loadu_si128(block + 2));
        d = apus_move(d, by_512, _mm_loadu_si128(block + 3));
    }
    b = apus_move(a, by_128, b);
    c = apus_move(b, by_128, c);
    d = apus_move(c, by_128, d);
    _mm_storeu_si128((__m128i *)folded, d);
    return rounds * 64;
}

size_t apus_crc64_fold(uint64_t state, const uint8_t *bytes, size_t count, uint8_t folded[16]) {
    if (count < 128 || !__builtin_cpu_supports("pclmul")) return 0;
    return apus_fold(state, bytes, count, folded);
}

#else

size_t apus_crc64_fold(uint64_t state, const uint8_t *bytes, size_t count, uint8_t folded[16]) {
    (void)state, (void)bytes, (void)count, (void)folded;
    return 0;
}

#endif
