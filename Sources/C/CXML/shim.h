#ifndef APUS_CXML_SHIM_H
#define APUS_CXML_SHIM_H

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlreader.h>

// xmlFree is a mutable global function pointer, which language mode 6 refuses to read.
static inline void apus_xml_free(void *_Nullable pointer) { xmlFree(pointer); }

// The parser would otherwise print every complaint to standard error; callers read the last error.
static inline void apus_xml_silent(void *_Nullable context, const char *_Nullable format, ...) {
    (void)context;
    (void)format;
}
static inline void apus_xml_initialise(void) {
    xmlInitParser();
    xmlSetGenericErrorFunc(NULL, apus_xml_silent);
}

#endif
