#ifndef APUS_VOCABULARY_H
#define APUS_VOCABULARY_H

#include <stddef.h>

/// The WordPiece vocabulary of all-MiniLM-L6-v2 (bert-base-uncased): one entry a line, the line number is the id.
extern const char *_Nonnull const apus_vocabulary;
extern const size_t apus_vocabulary_size;

#endif
