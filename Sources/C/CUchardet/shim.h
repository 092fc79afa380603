#ifndef APUS_CUCHARDET_SHIM_H
#define APUS_CUCHARDET_SHIM_H

#include <uchardet/uchardet.h>

#endif
