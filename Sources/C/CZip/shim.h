#ifndef APUS_CZIP_SHIM_H
#define APUS_CZIP_SHIM_H

#include <zip.h>

#endif
