#ifndef APUS_CCURL_SHIM_H
#define APUS_CCURL_SHIM_H

#include <curl/curl.h>

#pragma clang assume_nonnull begin

// curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic; one wrapper for each
// kind of argument.
static inline CURLcode apus_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode apus_curl_set_off(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode apus_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode apus_curl_set_pointer(CURL *handle, CURLoption option, void *_Nullable value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode apus_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *_Nullable value) {
    return curl_easy_setopt(handle, option, value);
}
typedef size_t (*apus_curl_data_callback)(char *_Nullable, size_t, size_t, void *_Nullable);
static inline CURLcode apus_curl_set_callback(CURL *handle, CURLoption option, apus_curl_data_callback value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode apus_curl_get_pointer(CURL *handle, CURLINFO info, void *_Nullable *_Nonnull value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode apus_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLMcode apus_curl_multi_set_long(CURLM *handle, CURLMoption option, long value) {
    return curl_multi_setopt(handle, option, value);
}
typedef int (*apus_curl_socket_callback)(CURL *, curl_socket_t, int, void *_Nullable, void *_Nullable);
typedef int (*apus_curl_timer_callback)(CURLM *, long, void *_Nullable);
/// Lets others wait: `socket` says what to wait for, `timer` how long at most.
static inline void apus_curl_multi_set_callbacks(
    CURLM *handle, apus_curl_socket_callback socket, apus_curl_timer_callback timer, void *_Nullable context) {
    curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, socket);
    curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, context);
    curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, timer);
    curl_multi_setopt(handle, CURLMOPT_TIMERDATA, context);
}
// The message's payload is an anonymous union.
static inline CURLcode apus_curl_message_result(const CURLMsg *message) { return message->data.result; }

#pragma clang assume_nonnull end

#endif
