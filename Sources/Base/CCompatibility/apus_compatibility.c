#include "apus_compatibility.h"

#pragma clang diagnostic ignored "-Wc23-extensions"
static const char text[] = {
#embed <compatibility.txt>
};

const char *const apus_compatibility = text;
const size_t apus_compatibility_size = sizeof text;
