#pragma once
#include <stddef.h>
#include <stdint.h>

/// Runs libFuzzer ("Using libFuzzer as a library"): the compiler's `-sanitize=fuzzer` links it.
int LLVMFuzzerRunDriver(
    int *_Nonnull argc, char *_Nonnull *_Nonnull *_Nonnull argv, int (*_Nonnull callback)(const uint8_t *_Nullable data, size_t size));
