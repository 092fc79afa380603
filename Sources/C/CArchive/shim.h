#ifndef APUS_CARCHIVE_SHIM_H
#define APUS_CARCHIVE_SHIM_H

#include <archive.h>
#include <archive_entry.h>

// Macros with a cast do not reach Swift.
static inline void apus_archive_entry_set_regular(struct archive_entry *entry) {
    archive_entry_set_filetype(entry, AE_IFREG);
}

static inline int apus_archive_entry_is_regular(struct archive_entry *entry) {
    return archive_entry_filetype(entry) == AE_IFREG;
}

#endif
