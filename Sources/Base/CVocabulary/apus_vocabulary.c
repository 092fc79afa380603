#include "apus_vocabulary.h"

#pragma clang diagnostic ignored "-Wc23-extensions"
static const char text[] = {
#embed <vocab.txt>
};

const char *const apus_vocabulary = text;
const size_t apus_vocabulary_size = sizeof text;
