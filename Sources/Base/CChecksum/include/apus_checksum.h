#ifndef APUS_CHECKSUM_H
#define APUS_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// Folds the longest multiple of 64 bytes at the start of `bytes` into 16 bytes that have the same remainder, beginning
/// with the register `state` of CRC-64/NVME.
///
/// Returns the number of bytes folded; 0 when the processor has no carry-less product or there are fewer than 128.
size_t apus_crc64_fold(uint64_t state, const uint8_t *bytes, size_t count, uint8_t folded[16]);

#endif
