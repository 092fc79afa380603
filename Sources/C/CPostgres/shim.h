#ifndef APUS_CPOSTGRES_SHIM_H
#define APUS_CPOSTGRES_SHIM_H

#include <libpq-fe.h>

#endif
