#ifndef APUS_CSTEMMER_SHIM_H
#define APUS_CSTEMMER_SHIM_H

#include <libstemmer.h>

#endif
