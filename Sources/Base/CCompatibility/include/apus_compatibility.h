#ifndef APUS_COMPATIBILITY_H
#define APUS_COMPATIBILITY_H

#include <stddef.h>

/// Unicode's compatibility decompositions: a line for each, the character, a tab, what it stands for; in their order.
extern const char *_Nonnull const apus_compatibility;
extern const size_t apus_compatibility_size;

#endif
